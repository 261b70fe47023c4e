//! After the storm: everything is up, connected and right, and time goes on until nothing is left to do. Operators are
//! diligent, at once or only after twelve days.

use super::{check, city::City, disk::WriteFault, storm, time::Process};
use jiff::{SignedDuration, Timestamp};

const DAYS: i64 = 60;
const LAZY: SignedDuration = SignedDuration::from_hours(12 * 24);
/// By then nothing of the storm is under way any more.
const REDELIVERED: SignedDuration = SignedDuration::from_mins(10);
/// More rounds than any history needs.
const ROUNDS: usize = 22_000;
/// From here on what waits for a person is looked at by the hour: he may be twelve days away.
const HOURLY: usize = 19_000;

pub fn heal(city: &mut City) -> Result<(), String> {
    city.calm = true;
    city.posts_in_the_storm = city.meta.posts;
    city.ledger_cut = false;
    city.cut.clear();
    city.events.lock().reachable = true;
    city.time.set_right();
    city.note("the storm is over");
    city.registry.plan.set(WriteFault::None);
    city.registry.reconnect()?;
    for process in Process::ALL {
        city.start(process)?;
    }
    let begun = city.time.now();
    let work_from = if city.dice.chance(30) { begun + LAZY } else { begun };
    let mut late = city.operators.done.clone();
    let mut worked = false;
    for round in 0..ROUNDS {
        let now = city.time.now();
        if drain(city)? {
            continue;
        }
        if now >= work_from {
            // What was under way when the registry died comes again after half a minute.
            worked = worked || {
                let said = check::rungs_are_said(city);
                if now > work_from + REDELIVERED {
                    said.clone()?;
                }
                said.is_ok()
            };
            if worked && operate(city) {
                continue;
            }
        }
        if now > begun + SignedDuration::from_hours(7 * 24) && !late.is_empty() {
            // A week later somebody sends it all once more.
            for request in std::mem::take(&mut late) {
                city.execute(request);
            }
            city.meta.webhooks.extend(weeks_later(city));
            continue;
        }
        let pause = if round < HOURLY { SignedDuration::from_secs(5) } else { SignedDuration::from_hours(1) };
        match next(city, work_from, pause) {
            Some(at) if at <= begun + SignedDuration::from_hours(24 * DAYS) => {
                city.time.advance(at.duration_since(now).max(SignedDuration::from_millis(1)));
                let now = city.time.now();
                city.meta.land(&city.people, &mut city.dice, now);
            }
            _ => return Ok(()),
        }
    }
    Err(format!("there is no end to it: {}", what_is_left(city)))
}

fn weeks_later(city: &City) -> Vec<super::meta::Webhook> {
    let at = city.time.now();
    city.meta.answered.values().map(|inbound| super::meta::Webhook { inbound: inbound.clone(), at }).collect()
}

/// One piece of everybody's work; false when nobody had any.
fn drain(city: &mut City) -> Result<bool, String> {
    let mut any = false;
    for process in Process::ALL {
        any |= city.start(process)?;
    }
    while city.deliver() {
        any = true;
    }
    any |= city.ghost();
    any |= city.intake(256)?;
    any |= city.patience();
    any |= city.relay()?;
    any |= city.triage(512);
    any |= city.clock(512);
    any |= city.notifier_reads(512);
    any |= city.notifier_tells();
    any |= city.answer();
    Ok(any)
}

fn operate(city: &mut City) -> bool {
    if let Some(request) = city.operators.unanswered.pop() {
        city.execute(request);
        return true;
    }
    if storm::settle(city) {
        return true;
    }
    match city.operators.diligent(&city.registry) {
        Some(request) => city.execute(request),
        None => false,
    }
}

/// When something may happen again. `None`: never.
fn next(city: &City, work_from: Timestamp, pause: SignedDuration) -> Option<Timestamp> {
    let now = city.time.now();
    let mut at = Vec::new();
    at.extend(city.inbound.next_at());
    at.extend(city.observed.next_at());
    at.extend(city.meta.webhooks.iter().map(|webhook| webhook.at));
    at.extend(city.meta.late.iter().map(|(at, ..)| *at));
    at.extend(city.clock.as_ref().and_then(super::readers::SlaClock::next_at));
    at.push(work_from);
    if city.notifier.as_ref().is_some_and(|notifier| notifier.waits() || !notifier.is_idle()) {
        // Its own pauses are its secret.
        at.push(now + pause);
    }
    if city.triage.as_ref().is_some_and(|triage| !triage.is_idle()) {
        at.push(now + SignedDuration::from_secs(1));
    }
    if city.registry.world().is_some_and(|world| !world.desk.waiting.is_empty()) {
        at.push(now + SignedDuration::from_secs(1));
    }
    at.into_iter().map(|at| at.max(now)).filter(|at| *at > now).min()
}

fn what_is_left(city: &City) -> String {
    format!(
        "{} on INBOUND, {} on OBSERVED, {} webhooks, notifier {}",
        city.inbound.len(),
        city.observed.len(),
        city.meta.webhooks.len(),
        if city.notifier.as_ref().is_some_and(super::notifier::Notifier::waits) { "owes" } else { "owes nothing" },
    )
}
