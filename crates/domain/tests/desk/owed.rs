//! Nobody is forgotten: not in a thread with others, not after a merge, a slip with spam, or a question in between.

use super::given::{Given, acting_on, concluded, conversation_id, message_id, received, sealed, templates, words};
use jiff::SignedDuration;
use segnalalo_domain::{
    desk::{Action, Command, EditMessage, Subject, TicketRef},
    event::{Event, Stream, conversation::Event as Said, ticket::Event as Happened},
    id::{PersonId, TicketId},
    retention::{Rule, RuleName, Rules},
    sealed::Scope,
    sla::DeadlineName,
    template::Template,
    ticket::Phase,
    words::{Channel, Conclusion, Kind, Office},
};

const WHATSAPP: Channel = Channel::Whatsapp;
const POST: Channel = Channel::FacebookPost;
const COMMENT: Channel = Channel::FacebookComment;

fn at_office(code: Option<&str>, kind: Kind) -> Conclusion {
    Conclusion { office: code.map(|code| Office(code.into())), ..concluded(kind) }
}

fn office(desk: &Given, ticket: TicketId) -> Option<&str> {
    desk.desk.tickets[&ticket].office.as_ref().map(|office| office.0.as_str())
}

fn do_to(desk: &mut Given, ticket: TicketId, action: Action) -> Vec<Event> {
    desk.when(acting_on(ticket, action))
}

fn person(name: &str) -> PersonId {
    PersonId::derived(&[name.as_bytes()])
}

#[test]
fn in_a_public_thread_anothers_report_is_his_own_wherever_he_wrote_it() {
    let mut desk = Given::nothing();
    desk.says("thread/mario", POST, "buca", concluded(Kind::Report));
    let marios = desk.last_ticket().0;
    // Below Mario's comment, hours later, about something else.
    desk.later(SignedDuration::from_hours(5));
    let mut below = received("thread/ugo", COMMENT, "lampione");
    below.quoted = Some(message_id("buca"));
    desk.when(Command::ReceiveMessage(below));
    let events = desk.concludes("thread/ugo", "lampione", at_office(Some("LUCE"), Kind::Report));
    assert_eq!(templates(&events), [Template::Receipt]);
    // Within minutes, about the same office, and triage says nothing.
    desk.says("thread/lia", COMMENT, "anche qui", concluded(Kind::Report));
    desk.arrives("thread/piero", COMMENT, "e qui");
    desk.gives_up("thread/piero", "e qui");
    assert_eq!(desk.desk.tickets.len(), 4);
    // His word on somebody else's report stays there.
    let events = desk.says("thread/lia", COMMENT, "confermo", concluded(Kind::FollowUp));
    assert!(templates(&events).is_empty() && desk.desk.tickets.len() == 4, "{marios}");
}

#[test]
fn the_hashtag_that_is_added_later_makes_a_report_of_what_was_kept() {
    let mut desk = Given::nothing();
    desk.says("thread/mario", POST, "buca", concluded(Kind::Report));
    let mut aside = received("thread/ugo", COMMENT, "lampione spento");
    aside.addressed = false;
    desk.when(Command::ReceiveMessage(aside));
    desk.concludes("thread/ugo", "lampione spento", at_office(Some("LUCE"), Kind::Report));
    assert_eq!(desk.desk.tickets.len(), 1);

    let edit = || EditMessage {
        message: message_id("lampione spento"),
        sealed: sealed("#segnalaloaBiella lampione spento"),
        as_new: received("thread/ugo", COMMENT, "lampione spento"),
    };
    let events = desk.when(Command::EditMessage(edit()));
    let anew = events.iter().find_map(|event| match event {
        Event::Conversation(Said::MessageReceived { message, addressed: true, .. }) => Some(*message),
        _ => None,
    });
    let Some(message) = anew else { panic!("{events:?}") };
    desk.when(Command::GiveUpOnTriage {
        conversation: conversation_id("thread"),
        message,
        reason: segnalalo_domain::event::conversation::GivenUp::TimedOut,
    });
    let events = desk.when(Command::RouteNext { conversation: conversation_id("thread") });
    assert_eq!(templates(&events), [Template::Receipt]);
    let events = desk.when(Command::EditMessage(edit()));
    assert_eq!(events.len(), 1, "once: {events:?}");
}

#[test]
fn a_persons_choice_of_office_outlives_triages_second_thoughts() {
    let mut desk = Given::nothing();
    desk.arrives("mario", WHATSAPP, "buca");
    desk.gives_up("mario", "buca");
    let (first, _) = desk.last_ticket();
    do_to(&mut desk, first, Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    desk.concludes("mario", "buca", at_office(None, Kind::Report));
    assert_eq!(office(&desk, first), Some("LUCE"));

    desk.says("anna", WHATSAPP, "non so", at_office(None, Kind::Report));
    let (second, _) = desk.last_ticket();
    do_to(&mut desk, second, Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    desk.says("anna", WHATSAPP, "aggiungo", at_office(Some("STRADE"), Kind::FollowUp));
    assert_eq!(office(&desk, second), Some("LUCE"));
}

#[test]
fn who_comes_back_from_spam_is_owed_again_what_was_dropped() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::AskCitizen { words: words("dove?") });
    desk.act(Action::MarkSpam);
    let events = desk.act(Action::LiftSpam);
    assert_eq!(templates(&events), [Template::TakenInCharge], "the number; the question's words are gone");
    let state = desk.last_ticket().1;
    assert_eq!((state.phase, state.paused.len()), (Phase::TakenInCharge, 0));
    assert!(!state.term(DeadlineName::FirstAnswer).unwrap().done);
    assert!(state.term(DeadlineName::CitizenReply).is_none_or(|term| term.done));
    desk.act(Action::AskCitizen { words: words("dove?") });
    assert_eq!(desk.phase(), Phase::AwaitingCitizen);
}

#[test]
fn what_others_were_merged_into_is_no_spam_and_keeps_the_earliest_promise() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    let marios = desk.last_ticket().0;
    let told = desk.desk.tickets[&marios].term(DeadlineName::TakeInCharge).unwrap().deadline.due;
    desk.later(SignedDuration::from_hours(24));
    desk.says("anna", WHATSAPP, "buca anche io", concluded(Kind::Report));
    let annas = desk.last_ticket().0;
    do_to(&mut desk, marios, Action::Merge { into: TicketRef::Id(annas) });
    let term = desk.desk.tickets[&annas].term(DeadlineName::TakeInCharge).unwrap();
    assert_eq!(term.deadline.due, told, "Mario was told so");
    assert!(!term.deadline.rungs.is_empty() || term.deadline.calendar == 0);
    assert_eq!(desk.refused(&acting_on(annas, Action::MarkSpam)), "FOLLOWED");
}

#[test]
fn an_office_that_gets_a_ticket_while_the_citizen_is_asked_can_work_on_it_after() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::SendBack { reason: words("non nostro") });
    desk.act(Action::AskCitizen { words: words("dove?") });
    desk.act(Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    assert_eq!(desk.phase(), Phase::AwaitingCitizen);
    desk.says("mario", WHATSAPP, "in via Italia", concluded(Kind::FollowUp));
    assert_eq!(desk.phase(), Phase::TakenInCharge);
    desk.act(Action::Resolve { words: words("") });
}

#[test]
fn what_came_before_a_question_is_not_its_answer() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.arrives("mario", WHATSAPP, "è pericolosa");
    desk.later(SignedDuration::from_secs(20));
    desk.act(Action::AskCitizen { words: words("dove?") });
    desk.concludes("mario", "è pericolosa", concluded(Kind::FollowUp));
    assert_eq!(desk.phase(), Phase::AwaitingCitizen);
    desk.later(SignedDuration::from_hours(3));
    desk.says("mario", WHATSAPP, "via Roma 3", concluded(Kind::Report));
    assert_eq!((desk.phase(), desk.desk.tickets.len()), (Phase::TakenInCharge, 1));
}

/// Whoever an event's box names, the key is his whom it concerns: his erasure takes it, another's doesn't.
#[test]
fn a_reply_and_an_operators_words_hang_on_the_key_of_whom_they_concern() {
    let mut desk = Given::nothing();
    desk.says("anna", WHATSAPP, "buca", concluded(Kind::Report));
    let annas = desk.last_ticket().0;
    desk.says("bruno", WHATSAPP, "buca anche io", concluded(Kind::Report));
    let brunos = desk.last_ticket().0;
    do_to(&mut desk, brunos, Action::Merge { into: TicketRef::Id(annas) });
    let mut said = words("non è nostro");
    said.sealed.person = Some(person("anna"));
    do_to(&mut desk, annas, Action::DeclareNotPertinent { words: said });
    let bruno = conversation_id("bruno");
    let reply = desk.log.iter().rev().find(|recorded| {
        recorded.stream == Stream::Conversation(bruno)
            && matches!(recorded.event, Event::Conversation(Said::ReplyRequested { .. }))
    });
    let lock = desk.desk.lock_for(reply.unwrap());
    assert_eq!((lock.owner, lock.scope), (person("bruno"), Scope::Dialogue(bruno, Some(annas))));

    desk.says("thread/dario", POST, "lampione", concluded(Kind::Report));
    desk.says("thread/carla", COMMENT, "albero", at_office(Some("LUCE"), Kind::Report));
    let mut said = words("nota");
    said.sealed.person = Some(person("dario"));
    desk.act(Action::AddNote { words: said });
    let note = desk.log.last().unwrap();
    assert!(matches!(note.event, Event::Ticket(Happened::NoteAdded { .. })));
    assert_eq!(desk.desk.lock_for(note).owner, person("carla"));
}

/// What somebody asked about another's ticket goes by the rule for what belongs to no ticket, and takes nobody else's along.
#[test]
fn a_question_on_the_state_of_anothers_ticket_is_erased_in_its_own_time() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    let marios = desk.last_ticket().0;
    let asks = Conclusion { protocol: Some("0000001/2026".into()), ..concluded(Kind::StatusQuery) };
    desk.says("lucia", WHATSAPP, "q", asks);
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, desk.accepted()));
    desk.later(SignedDuration::from_hours(24 * 91));
    let lucia = conversation_id("lucia");
    let over = desk.desk.over(Subject::Conversation(lucia), &rules("90 days"), desk.now);
    let scopes = over.into_iter().flat_map(|over| over.scopes).collect::<Vec<_>>();
    assert!(scopes.contains(&Scope::Message(message_id("q"))), "{scopes:?}");
    assert!(scopes.contains(&Scope::Dialogue(lucia, Some(marios))), "{scopes:?}");
    assert!(desk.desk.over(Subject::Ticket(marios), &rules("90 days"), desk.now).is_empty(), "it is open");
}

fn rules(period: &str) -> Rules {
    let rule = || Rule { period: period.parse().unwrap(), source: "act".into() };
    let rules = RuleName::ALL.iter().map(|name| (*name, rule())).collect();
    Rules { rules, holds: Vec::new(), run_at: jiff::civil::time(2, 30, 0, 0), sha256: [0; 32] }
}
