//! The whole life of a report, from the citizen's words to the solution and back, on both channels.

use super::city::{City, SOON, Sent};
use segnalalo_domain::calendar::local_date;
use segnalalo_kit::clock::{Clock as _, SystemClock};
use segnalalo_proto::{
    common::v1::TicketState,
    event::v1::{Envelope, envelope::Event as Wire},
    registry::v1::{DeclareFeasible, Resolve, TakeInCharge, Ticket, execute_request::Command},
};
use segnalalo_tests::harness::{wait_for, wait_until};

fn in_two_weeks() -> String {
    let today = local_date(SystemClock.now());
    today.checked_add(jiff::Span::new().days(14)).unwrap().to_string()
}

async fn reaches(city: &City, ticket: &Ticket, state: TicketState) {
    wait_until(&format!("the ticket is {state:?}"), SOON, async || {
        city.tickets().await.iter().any(|known| known.ticket_id == ticket.ticket_id && known.state() == state)
    })
    .await
    .unwrap();
}

/// Takes a reported ticket through to its reopening; `writes` is the citizen's word. What he got, in order.
async fn drive(city: &City, words: &str, to: &str, objects: impl AsyncFn()) -> Vec<Sent> {
    let ticket = city.ticket(words).await;
    assert_eq!(ticket.state(), TicketState::Received);
    assert_eq!(ticket.office, "STRADE");
    city.got(to, &ticket.code).await;

    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge::default())).await;
    assert!(!ticket.protocol.is_empty());
    city.got(to, &ticket.protocol).await;

    let expected_by = in_two_weeks();
    city.act(
        &ticket,
        Command::DeclareFeasible(DeclareFeasible { expected_by: expected_by.clone(), text: String::new() }),
    )
    .await;
    city.got(to, &expected_by[..4]).await;

    city.act(&ticket, Command::Resolve(Resolve { text: "Abbiamo chiuso la buca.".to_owned() })).await;
    city.got(to, "Abbiamo chiuso la buca.").await;

    objects().await;
    reaches(city, &ticket, TicketState::Reopened).await;
    wait_until("the reopening is told", SOON, async || {
        city.sent().await.iter().filter(|sent| sent.to.contains(to)).count() >= 5
    })
    .await
    .unwrap();
    city.sent().await.into_iter().filter(|sent| sent.to.contains(to)).collect()
}

#[tokio::test]
async fn a_report_lives_its_life_on_whatsapp() {
    let city = City::start().await;
    let citizen = "393331112222";
    city.whatsapp(citizen, "Buongiorno, c'è una buca profonda in via Italia davanti al 12").await;
    let got = drive(&city, "buca profonda in via Italia", citizen, async || {
        city.whatsapp(citizen, "non è risolto, la buca c'è ancora").await;
    })
    .await;
    assert_eq!(got.len(), 5, "receipt, taken in charge, feasible, resolved, reopened, once each: {got:#?}");
    assert!(got.iter().all(|sent| sent.channel == "whatsapp"));
    assert!(got[1].text.contains("/0000001"), "the number stands in the text: {}", got[1].text);
    assert_eq!(city.tickets().await.len(), 1);
    assert_eq!(city.verify().await.fault, "");
}

#[tokio::test]
async fn a_report_lives_its_life_on_facebook() {
    let city = City::start().await;
    let post = city
        .post("Lucia Bianchi", "#segnalaloaBiella c'è una buca profonda in via Torino, qualcuno si farà male")
        .await;
    let got = drive(&city, "buca profonda in via Torino", &post, async || {
        city.comment(&post, "Lucia Bianchi", "non è risolto, la buca c'è ancora").await;
    })
    .await;
    assert_eq!(got.len(), 5, "receipt, taken in charge, feasible, resolved, reopened, once each: {got:#?}");
    for sent in &got {
        assert_eq!(sent.channel, "facebook_comment", "each answer stands under the post");
        assert!(!sent.text.contains("Lucia") && !sent.text.contains("Bianchi"), "nothing personal in public");
    }
    let ticket = city.ticket("buca profonda in via Torino").await;
    let story = city.history(&ticket).await.into_iter().map(|entry| entry.event).collect::<Vec<_>>();
    for event in [
        "message_received",
        "message_concluded",
        "ticket_opened",
        "send_accepted",
        "ticket_resolved",
        "ticket_reopened",
    ] {
        assert!(story.iter().any(|known| known == event), "{event} is missing in {story:?}");
    }
    assert_eq!(city.verify().await.fault, "");
}

/// The trace id of an envelope's traceparent.
fn trace_id(envelope: &Envelope) -> &str {
    envelope.trace_parent.split('-').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn one_trace_runs_from_the_webhook_through_the_log_to_the_post() {
    let city = City::start().await;
    city.whatsapp("393335556666", "lampione spento in via Torino 3").await;
    let ticket = city.ticket("lampione spento").await;
    city.got("393335556666", &ticket.code).await;
    let wanted: [fn(&Wire) -> bool; 4] = [
        |event| matches!(event, Wire::MessageReceived(_)),
        |event| matches!(event, Wire::MessageConcluded(_)),
        |event| matches!(event, Wire::TicketOpened(_)),
        |event| matches!(event, Wire::SendAttempted(_)),
    ];
    let found = wait_for("the log has the post too", SOON, async || {
        let head = city.verify().await.records;
        let log = city.log(usize::try_from(head).unwrap()).await;
        let first =
            |wanted: &fn(&Wire) -> bool| log.iter().find(|known| known.event.as_ref().is_some_and(wanted)).cloned();
        wanted.iter().map(first).collect::<Option<Vec<Envelope>>>()
    })
    .await
    .unwrap();
    let received = &found[0];
    assert_eq!(trace_id(received).len(), 32, "the webhook begins a trace: {:?}", received.trace_parent);
    for event in &found[1..] {
        assert_eq!(trace_id(event), trace_id(received), "at position {}", event.position);
    }
}
