//! Which message becomes which ticket.

use super::given::{Given, concluded, conversation_id, message_id, opened, received, sealed, templates};
use jiff::SignedDuration;
use segnalalo_domain::{
    desk::{Action, Command, Conclude, EditMessage},
    event::{
        Event,
        conversation::{Event as Said, Route},
        ticket::Event as Happened,
    },
    template::Template,
    ticket::Phase,
    words::{Channel, Conclusion, Kind, Office, Stance},
};

const WHATSAPP: Channel = Channel::Whatsapp;

fn about(office: &str, place: u8) -> Conclusion {
    Conclusion { office: Some(Office(office.into())), place_key: Some([place; 16]), ..concluded(Kind::Report) }
}

#[test]
fn a_report_becomes_a_ticket_with_its_terms_and_a_receipt() {
    let mut desk = Given::nothing();
    let events = desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    assert_eq!(opened(&events), 1);
    assert_eq!(templates(&events), [Template::Receipt]);
    let (_, ticket) = desk.last_ticket();
    assert_eq!(ticket.phase, Phase::Received);
    assert_eq!(ticket.terms[0].deadline.due, "2026-11-24T16:00:00+01:00".parse().unwrap());
    assert!(ticket.code.starts_with("S-") && ticket.code.len() == 7, "{}", ticket.code);
}

#[test]
fn the_same_message_twice_changes_nothing() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    assert!(desk.arrives("mario", WHATSAPP, "buca").is_empty());
}

#[test]
fn three_quick_messages_never_open_three_tickets() {
    let mut desk = Given::nothing();
    for name in ["one", "two", "three"] {
        desk.arrives("mario", WHATSAPP, name);
    }
    // Triage answers in any order; the last conclusion waits for the first.
    assert_eq!(opened(&desk.concludes("mario", "three", concluded(Kind::Report))), 0);
    assert_eq!(opened(&desk.concludes("mario", "one", concluded(Kind::Report))), 1);
    assert_eq!(opened(&desk.concludes("mario", "two", concluded(Kind::Report))), 0);
    assert_eq!(desk.desk.tickets.len(), 1);
    let routed = desk
        .log
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::Conversation(Said::MessageRouted { message, .. }) => Some(*message),
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(routed, ["one", "two", "three"].map(message_id));
}

#[test]
fn another_place_or_office_opens_another_ticket_even_at_once() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "a", about("STRADE", 1));
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "b", about("STRADE", 2))), 1);
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "c", about("LUCE", 2))), 1);
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "d", about("LUCE", 2))), 0);
}

#[test]
fn what_triage_has_no_office_for_is_no_other_subject() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "a", about("STRADE", 1));
    let no_office = Conclusion { office: Some(Office::urp()), ..concluded(Kind::Report) };
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "a pin on the map", no_office.clone())), 0);
    desk.says("lucia", WHATSAPP, "photo", no_office);
    assert_eq!(opened(&desk.says("lucia", WHATSAPP, "text", about("LUCE", 1))), 0);
    assert_eq!(desk.last_ticket().1.office, Some(Office("LUCE".into())));
}

#[test]
fn a_later_report_opens_its_own_ticket() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "a", concluded(Kind::Report));
    desk.later(SignedDuration::from_mins(11));
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "b", concluded(Kind::Report))), 1);
}

#[test]
fn a_photo_first_and_its_text_after_are_one_report_that_the_text_classifies() {
    let mut desk = Given::nothing();
    let mut photo = received("mario", WHATSAPP, "photo");
    photo.has_text = false;
    photo.attachments = 1;
    desk.when(Command::ReceiveMessage(photo));
    let unknown = Conclusion { office: None, ..concluded(Kind::Report) };
    let events = desk.concludes("mario", "photo", unknown);
    assert_eq!(templates(&events), [Template::ReceiptAsk]);
    assert_eq!(desk.phase(), Phase::Received, "an automatic question never pauses the clock");
    let events = desk.says("mario", WHATSAPP, "text", concluded(Kind::Report));
    assert_eq!(opened(&events), 0);
    assert_eq!(desk.last_ticket().1.office, Some(Office("STRADE".into())));
}

#[test]
fn without_a_conclusion_the_urp_gets_it_unclassified_and_a_late_one_still_classifies() {
    let mut desk = Given::nothing();
    desk.arrives("mario", WHATSAPP, "buca");
    assert!(desk.desk.overdue_for_triage(desk.now).is_empty());
    desk.later(SignedDuration::from_secs(30));
    assert_eq!(desk.desk.overdue_for_triage(desk.now), [(conversation_id("mario"), message_id("buca"))]);
    let events = desk.gives_up("mario", "buca");
    assert_eq!(opened(&events), 1);
    assert_eq!(desk.last_ticket().1.classification.kind, None);
    assert!(desk.desk.overdue_for_triage(desk.now).is_empty());
    let late = desk.concludes("mario", "buca", concluded(Kind::Report));
    assert!(late.iter().any(|event| matches!(event, Event::Ticket(Happened::Reclassified { .. }))));
    assert_eq!(desk.last_ticket().1.classification.kind, Some(Kind::Report));
}

#[test]
fn an_emergency_is_answered_with_112_at_once_also_when_it_comes_late_or_joins() {
    let mut desk = Given::nothing();
    let events = desk.says("mario", WHATSAPP, "gas", concluded(Kind::Emergency));
    assert_eq!(templates(&events), [Template::Emergency]);
    assert!(desk.last_ticket().1.emergency);

    desk.says("lucia", WHATSAPP, "lampione", concluded(Kind::Report));
    let events = desk.says("lucia", WHATSAPP, "fili", concluded(Kind::Emergency));
    assert_eq!(templates(&events), [Template::Emergency]);
    assert_eq!(opened(&events), 0);

    desk.arrives("ugo", WHATSAPP, "frana");
    desk.gives_up("ugo", "frana");
    assert_eq!(templates(&desk.concludes("ugo", "frana", concluded(Kind::Emergency))), [Template::Emergency]);
}

#[test]
fn a_status_query_is_answered_by_number_by_conversation_or_with_a_question() {
    let mut desk = Given::nothing();
    let asks =
        |protocol: Option<&str>| Conclusion { protocol: protocol.map(str::to_owned), ..concluded(Kind::StatusQuery) };
    assert_eq!(templates(&desk.says("lucia", WHATSAPP, "q1", asks(None))), [Template::StatusAskNumber]);
    assert_eq!(templates(&desk.says("lucia", WHATSAPP, "q2", asks(Some("0000001/2026")))), [Template::StatusUnknown]);
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    assert_eq!(templates(&desk.says("mario", WHATSAPP, "q3", asks(None))), [Template::Status]);
    desk.act(Action::TakeInCharge { office: None });
    let events = desk.says("lucia", WHATSAPP, "q4", asks(Some("0000001/2026")));
    let Some(Event::Conversation(Said::ReplyRequested { variables, .. })) =
        events.iter().find(|event| matches!(event, Event::Conversation(Said::ReplyRequested { .. })))
    else {
        panic!("no answer")
    };
    assert_eq!(variables["reference"], "2026/0000001");
    assert_eq!(variables["state"], "taken_in_charge");
    assert_eq!(variables["office"], "STRADE");
    assert_eq!(desk.desk.tickets.len(), 1, "asking opens nothing");
}

#[test]
fn abuse_gets_no_receipt_but_a_person_sees_it() {
    let mut desk = Given::nothing();
    let events = desk.says("mario", WHATSAPP, "spam", Conclusion { office: None, ..concluded(Kind::AbusiveOrSpam) });
    assert_eq!(opened(&events), 1);
    assert!(templates(&events).is_empty());
}

#[test]
fn a_report_right_after_abuse_is_a_ticket_of_its_own_and_gets_its_receipt() {
    let mut desk = Given::nothing();
    let abuse = || Conclusion { office: None, ..concluded(Kind::AbusiveOrSpam) };
    desk.says("mario", WHATSAPP, "abuse", abuse());
    assert_eq!(opened(&desk.says("mario", WHATSAPP, "more abuse", abuse())), 0);
    let events = desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    assert_eq!((opened(&events), templates(&events)), (1, vec![Template::Receipt]));
    let events = desk.says("mario", WHATSAPP, "e allora?", concluded(Kind::FollowUp));
    assert_eq!(opened(&events), 0, "it is about the report");
}

#[test]
fn what_is_not_pertinent_is_still_received_for_an_answer() {
    let mut desk = Given::nothing();
    let events = desk.says("mario", WHATSAPP, "candelo", Conclusion { office: None, ..concluded(Kind::NotPertinent) });
    assert_eq!((opened(&events), templates(&events)), (1, vec![Template::Receipt]));
}

#[test]
fn a_strangers_comment_is_kept_in_a_known_thread_and_ignored_elsewhere() {
    let mut desk = Given::nothing();
    let mut comment = received("thread1/ugo", Channel::FacebookComment, "anche qui");
    comment.addressed = false;
    let ignored = desk.decide(&Command::ReceiveMessage(comment.clone())).unwrap();
    assert!(ignored.ignored && ignored.events.is_empty());
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    desk.when(Command::ReceiveMessage(comment));
    let events = desk.concludes("thread1/ugo", "anche qui", concluded(Kind::Report));
    assert_eq!(opened(&events), 0);
    assert!(
        events.iter().any(|event| matches!(
            event,
            Event::Conversation(Said::MessageRouted { route: Route::JoinedTicket(_), .. })
        ))
    );
    assert!(templates(&events).is_empty());
}

#[test]
fn only_who_began_a_public_thread_closes_or_reopens_it() {
    let mut desk = Given::nothing();
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::Resolve { words: super::given::words("") });
    let objects = Conclusion { stance: Stance::Objects, ..concluded(Kind::FollowUp) };
    desk.says("thread1/ugo", Channel::FacebookComment, "not true", objects.clone());
    assert_eq!(desk.phase(), Phase::Resolved);
    desk.says("thread1/ugo", Channel::FacebookComment, "bravi", concluded(Kind::Thanks));
    assert_eq!(desk.phase(), Phase::Resolved);
    desk.says("thread1/mario", Channel::FacebookComment, "still there", objects);
    assert_eq!(desk.phase(), Phase::Reopened);
}

#[test]
fn a_hashtag_added_by_an_edit_is_a_report_and_other_edits_are_kept() {
    let mut desk = Given::nothing();
    let edit = |addressed: bool| {
        let mut as_new = received("thread2/mario", Channel::FacebookPost, "post2");
        as_new.addressed = addressed;
        Command::EditMessage(EditMessage { message: message_id("post2"), sealed: sealed("new"), as_new })
    };
    assert!(desk.decide(&edit(false)).unwrap().ignored);
    assert!(matches!(desk.when(edit(true))[..], [Event::Conversation(Said::MessageReceived { .. })]));
    assert!(matches!(desk.when(edit(true))[..], [Event::Conversation(Said::MessageEdited { .. })]));
}

#[test]
fn a_conclusion_on_what_we_never_saw_changes_nothing() {
    let desk = Given::nothing();
    let decision = desk
        .decide(&Command::Conclude(Conclude {
            conversation: conversation_id("nobody"),
            message: message_id("nothing"),
            conclusion: concluded(Kind::Report),
            sealed: sealed(""),
        }))
        .unwrap();
    assert!(decision.events.is_empty() && !decision.ignored, "it is noted");
}
