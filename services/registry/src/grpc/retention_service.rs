//! Retention over the wire: the rules, and runs that an operator begins.

use super::{command, status};
use crate::{
    retention::{Error, Found, Retention, Run},
    world::World,
};
use segnalalo_domain::{
    desk::Subject, event::Removal, id::TicketId, rejection::Rejection, retention::Rules, sealed::Scope,
};
use segnalalo_proto::{
    convert::actor_to_wire,
    registry::v1::{self as wire, retention_service_server::RetentionService},
    time,
};
use std::{collections::BTreeMap, sync::Arc};
use tonic::{Request, Response, Status};

pub struct RetentionDesk(pub Arc<Retention>);

#[tonic::async_trait]
impl RetentionService for RetentionDesk {
    async fn show_retention(
        &self,
        _request: Request<wire::ShowRetentionRequest>,
    ) -> Result<Response<wire::ShowRetentionResponse>, Status> {
        let Rules { rules, holds, sha256, .. } = &self.0.rules;
        let (next_at, days) = self.0.next();
        let unknown = self.0.unknown_holds();
        let rule = |(name, rule): (&segnalalo_domain::retention::RuleName, &segnalalo_domain::retention::Rule)| {
            wire::RetentionRule { name: name.to_string(), period: rule.period.to_string(), source: rule.source.clone() }
        };
        let hold = |hold: &segnalalo_domain::retention::Hold| wire::RetentionHold {
            ticket: hold.named.clone(),
            act: hold.act.clone(),
            unknown: unknown.contains(&hold.named),
        };
        let last = self.0.last().map_err(|error| failed(&error))?;
        Ok(Response::new(wire::ShowRetentionResponse {
            rules: rules.iter().map(rule).collect(),
            holds: holds.iter().map(hold).collect(),
            rules_sha256: sha256.to_vec(),
            next_at: Some(time::to_wire(next_at)),
            waits_because: days.map(|_| "long_pause".to_owned()).unwrap_or_default(),
            last: last.map(|run| self.told(&run)),
        }))
    }

    async fn run_retention(
        &self,
        request: Request<wire::RunRetentionRequest>,
    ) -> Result<Response<wire::RunRetentionResponse>, Status> {
        let request = request.into_inner();
        if request.dry_run {
            let found = self.0.look().await.map_err(|error| failed(&error))?;
            let removed = self.0.writer.read(|world| removed(&would(&found, &self.0.rules), world));
            let kept = self.kept(&found);
            return Ok(Response::new(wire::RunRetentionResponse { removed, kept, position: 0 }));
        }
        let actor = command::actor(request.actor.as_ref()).map_err(|rejection| status::rejected(&rejection))?;
        let (run, found) = self.0.erase(actor).await.map_err(|error| failed(&error))?;
        let told = self.told(&run);
        let kept = self.kept(&found);
        Ok(Response::new(wire::RunRetentionResponse { removed: told.removed, kept, position: run.position }))
    }
}

impl RetentionDesk {
    fn told(&self, run: &Run) -> wire::RetentionRun {
        let removals = run.steps.iter().flat_map(|step| &step.removals).cloned();
        let last = run.steps.last();
        wire::RetentionRun {
            day: last.map(|step| step.day.to_string()).unwrap_or_default(),
            at: Some(time::to_wire(run.at)),
            actor: Some(actor_to_wire(&run.actor)),
            rules_sha256: last.map(|step| step.rules.to_vec()).unwrap_or_default(),
            removed: self.0.writer.read(|world| removed(&removals.collect::<Vec<_>>(), world)),
            position: run.position,
            complete: last.is_some_and(|step| step.complete),
        }
    }

    fn kept(&self, found: &Found) -> Vec<wire::RetentionKept> {
        self.0.writer.read(|world| {
            let kept = found.kept.iter().map(|(ticket, reason)| wire::RetentionKept {
                ticket: name(*ticket, world),
                why: reason.code().to_owned(),
            });
            kept.collect()
        })
    }
}

/// As a run would note it.
fn would(found: &Found, rules: &Rules) -> Vec<Removal> {
    let one = found.due.iter().map(|due| {
        let count = |is: fn(&Scope) -> bool| {
            u32::try_from(due.keys.iter().filter(|(scope, _)| is(scope)).count()).unwrap_or(u32::MAX)
        };
        Removal {
            rule: due.rule.code().to_owned(),
            period: rules.rules.get(&due.rule).map(|rule| rule.period.to_string()).unwrap_or_default(),
            keys: count(|_| true),
            messages: count(|scope| matches!(scope, Scope::Message(_))),
            attachments: count(|scope| matches!(scope, Scope::Media(_))),
            tickets: match due.subject {
                Subject::Ticket(id) => vec![id],
                Subject::Conversation(_) | Subject::Notices(_) => Vec::new(),
            },
        }
    });
    one.collect()
}

/// One for each rule.
fn removed(removals: &[Removal], world: &World) -> Vec<wire::RetentionRemoved> {
    let mut all = BTreeMap::<&str, wire::RetentionRemoved>::new();
    for removal in removals {
        let sum = all.entry(&removal.rule).or_insert_with(|| wire::RetentionRemoved {
            rule: removal.rule.clone(),
            period: removal.period.clone(),
            ..wire::RetentionRemoved::default()
        });
        sum.keys += removal.keys;
        sum.messages += removal.messages;
        sum.attachments += removal.attachments;
        sum.tickets.extend(removal.tickets.iter().map(|ticket| name(*ticket, world)));
    }
    all.into_values().collect()
}

fn name(ticket: TicketId, world: &World) -> String {
    super::person_service::name(ticket, world)
}

fn failed(error: &Error) -> Status {
    match error {
        Error::UnknownHold(_) => status::rejected(&Rejection::Invalid { field: "hold", problem: error.to_string() }),
        Error::Clock { .. } | Error::Broker(_) => status::clock_unsure(&error.to_string()),
        Error::Journal(error) => status::unreadable(error),
        Error::Writer(error) => status::failed(error),
        Error::Keyring(_) | Error::CutOff => {
            tracing::error!(?error, "retention");
            status::log_unreadable()
        }
    }
}
