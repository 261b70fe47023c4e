//! Messages that triage says nothing on: after 30 s the URP gets them unclassified. Nobody is forgotten because a
//! process is down.

use crate::{
    world::World,
    writer::{Request, Writer},
};
use segnalalo_domain::{
    Timestamp,
    desk::{Command, TRIAGE_PATIENCE_SECONDS},
    event::conversation::GivenUp,
    id::CauseId,
};
use segnalalo_kit::{clock::SharedClock, shutdown::Shutdown};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

/// Looks every second, until shutdown. Triage has its 30 s from our start on at least: what it concluded while we were
/// away still waits to be taken in.
pub async fn run(writer: Writer, clock: SharedClock, shutdown: Shutdown) {
    let first = begins_at(clock.now());
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if clock.now() < first {
            continue;
        }
        for request in writer.read(|world| overdue(world, clock.now())) {
            // What fails now is found again at the next look.
            let _ = writer.execute(request).await;
        }
    }
}

/// When a registry that started at `start` may lose its patience for the first time.
pub fn begins_at(start: Timestamp) -> Timestamp {
    start + jiff::SignedDuration::from_secs(TRIAGE_PATIENCE_SECONDS)
}

/// A request for each message that triage has had its time for.
pub fn overdue(world: &World, now: Timestamp) -> Vec<Request> {
    let overdue = world.desk.overdue_for_triage(now).into_iter();
    overdue
        .map(|(conversation, message)| Request {
            cause: CauseId::derived(&[b"patience", &message.0]),
            command: Command::GiveUpOnTriage { conversation, message, reason: GivenUp::TimedOut },
            occurred_at: None,
            trace_parent: String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Batch, Journal as _, Memory},
        register::Registrar,
        writer::Rules,
    };
    use segnalalo_domain::{
        calendar,
        desk::ReceiveMessage,
        id::{ConversationId, MessageId},
        sealed::{Scheme, Sealed},
        words::{Channel, ContentType},
    };
    use segnalalo_kit::{city::Offices, clock::ManualClock};
    use segnalalo_proto::sealed::NoKeys;
    use std::{
        path::Path,
        sync::{Arc, RwLock},
    };

    fn message() -> Command {
        Command::ReceiveMessage(ReceiveMessage {
            conversations: vec![ConversationId([1; 16])],
            message: MessageId([2; 16]),
            channel: Channel::Whatsapp,
            person: None,
            addressed: true,
            content_type: ContentType::Text,
            attachments: 0,
            has_text: true,
            quoted: None,
            sealed: Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() },
        })
    }

    #[tokio::test]
    async fn what_waited_while_we_were_away_gets_its_thirty_seconds_again() {
        let clock = Arc::new(ManualClock::new("2026-11-23T09:00:00Z".parse().unwrap()));
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH)]).unwrap();
        let world = World::replay(&*journal.reader(), &NoKeys, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let offices = Arc::new(Offices::load(city).unwrap());
        let registrar = Arc::new(Registrar::load(city).unwrap());
        let rules = Rules {
            calendar: calendar::article(),
            offices,
            registrar,
            clock: clock.clone(),
            keyring: None,
            blobs: None,
        };
        let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules);
        let (cause, trace_parent) = (CauseId([3; 16]), String::new());
        writer.execute(Request { cause, command: message(), occurred_at: None, trace_parent }).await.unwrap();
        let tickets = || writer.read(|world| world.desk.tickets.len());

        // The registry stood still for an hour.
        clock.advance(jiff::SignedDuration::from_hours(1));
        let shutdown = Shutdown::new();
        let running = tokio::spawn(run(writer.clone(), clock.clone(), shutdown.clone()));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(tickets(), 0, "triage's conclusion may be waiting");
        clock.advance(jiff::SignedDuration::from_secs(30));
        while tickets() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shutdown.cancel();
        running.await.unwrap();
    }
}
