//! A department's system: it takes its office's tickets in charge, says when the work will be done, and resolves them. It
//! may be killed at any moment: what it handled and where it goes on stand in one file, replaced as a whole.

mod calls;
mod store;

use anyhow::{Result, bail};
use calls::{Tickets, advice};
use clap::Parser;
use jiff::{ToSpan as _, Zoned};
use segnalalo_proto::registry::v1::{
    DeclareFeasible, ExecuteRequest, Resolve, TakeInCharge, TicketRef, WatchRequest, execute_request::Command,
    ticket_ref::By,
};
use std::{path::PathBuf, time::Duration};
use store::{Kind, Step, Store};
use tonic::{Status, Streaming};

#[derive(Debug, Parser)]
pub struct Options {
    #[arg(long, default_value = "http://127.0.0.1:50051")]
    registry: String,
    /// PEM: who vouches for the registry's certificate.
    #[arg(long)]
    ca: Option<String>,
    /// PEM: our own certificate, where one is wanted.
    #[arg(long, requires = "key")]
    certificate: Option<String>,
    #[arg(long, requires = "certificate")]
    key: Option<String>,
    #[arg(long, default_value = "token")]
    token_file: String,
    #[arg(long, default_value = "office.json")]
    state: PathBuf,
    /// Seconds that the work takes.
    #[arg(long, default_value_t = 86_400)]
    works: i64,
    /// Prints what was handled, a line each, and no more.
    #[arg(long)]
    show: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let store = Store::open(&options.state)?;
    if options.show {
        for handled in &store.state.handled {
            println!("{} {} {} {}", handled.position, handled.event_id, handled.event, handled.ticket);
        }
        return Ok(());
    }
    let tickets = calls::connect(&options)?;
    Office { store, tickets, works: options.works }.run().await
}

struct Office {
    store: Store,
    tickets: Tickets,
    works: i64,
}

#[expect(clippy::disallowed_methods, reason = "a program outside the city has its machine's clock")]
fn now() -> Zoned {
    Zoned::now()
}

impl Office {
    /// Until no call makes sense any more.
    async fn run(mut self) -> Result<()> {
        loop {
            let request = WatchRequest { after_position: self.store.state.cursor };
            let refused = match self.tickets.watch(request).await {
                Ok(events) => self.follow(events.into_inner()).await?,
                Err(status) => Some(status),
            };
            match refused.as_ref().map(advice).transpose()? {
                Some(Some(wait)) => tokio::time::sleep(wait).await,
                Some(None) => bail!("{refused:?}"),
                // The registry stopped, or starts again.
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Every event of the office, once, in order; between them the steps that are due. `None`: the stream ended.
    async fn follow(
        &mut self,
        mut events: Streaming<segnalalo_proto::registry::v1::WatchResponse>,
    ) -> Result<Option<Status>> {
        loop {
            let due = self.store.first();
            let wait = due.as_ref().map_or(u64::MAX >> 32, |(_, step)| {
                u64::try_from(step.due - now().timestamp().as_second()).unwrap_or(0)
            });
            tokio::select! {
                biased;
                event = events.message() => match event {
                    Ok(Some(event)) => {
                        let day = now().date().saturating_add(7.days()).to_string();
                        self.store.handle(&event, now().timestamp().as_second(), self.works, &day)?;
                        println!("{} {}", event.position, event.event);
                    }
                    Ok(None) => return Ok(None),
                    Err(status) => return Ok(Some(status)),
                },
                () = tokio::time::sleep(Duration::from_secs(wait)) => {
                    if let Some((key, step)) = due {
                        self.take(&key, &step).await?;
                    }
                }
            }
        }
    }

    /// Sends a step. What became of it is noted once the registry has answered; until then it stays due.
    async fn take(&mut self, key: &str, step: &Step) -> Result<()> {
        let request = ExecuteRequest {
            idempotency_key: key.to_owned(),
            ticket: Some(TicketRef { by: Some(By::TicketId(step.ticket.clone())) }),
            command: Some(command(step)),
            ..ExecuteRequest::default()
        };
        match self.tickets.execute(request).await {
            Ok(answer) if answer.get_ref().repeated => self.store.settle(key, "repeated".to_owned()),
            Ok(_) => self.store.settle(key, "done".to_owned()),
            Err(status) => match advice(&status)? {
                Some(wait) => {
                    tokio::time::sleep(wait).await;
                    Ok(())
                }
                // Somebody else was first, or the ticket is another office's by now: a person may look.
                None => self.store.settle(key, format!("refused: {}", status.message())),
            },
        }
    }
}

fn command(step: &Step) -> Command {
    match step.kind {
        Kind::Take => Command::TakeInCharge(TakeInCharge::default()),
        Kind::Feasible => Command::DeclareFeasible(DeclareFeasible {
            expected_by: step.day.clone(),
            text: "La squadra passa in settimana.".to_owned(),
        }),
        Kind::Resolve => Command::Resolve(Resolve { text: "Lavoro eseguito.".to_owned() }),
    }
}
