//! Messages that triage says nothing on: after 30 s the URP gets them unclassified. Nobody is forgotten because a
//! process is down.

use crate::writer::{Request, Writer};
use segnalalo_domain::{desk::Command, event::conversation::GivenUp, id::CauseId};
use segnalalo_kit::{clock::SharedClock, shutdown::Shutdown};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

/// Looks every second, until shutdown.
pub async fn run(writer: Writer, clock: SharedClock, shutdown: Shutdown) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let overdue = writer.read(|world| world.desk.overdue_for_triage(clock.now()));
        for (conversation, message) in overdue {
            let request = Request {
                cause: CauseId::derived(&[b"patience", &message.0]),
                command: Command::GiveUpOnTriage { conversation, message, reason: GivenUp::TimedOut },
                occurred_at: None,
                trace_parent: String::new(),
            };
            // What fails now is found again at the next look.
            let _ = writer.execute(request).await;
        }
    }
}
