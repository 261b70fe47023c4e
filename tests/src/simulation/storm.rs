//! The storm: what happens next is drawn. Every process does a piece of its work now and then, dies between any two
//! pieces, loses its links and its clock, while people write and operators act.

use super::{
    city::{City, Step},
    time::Process,
};
use jiff::SignedDuration;

/// Steps of one storm.
const STEPS: usize = 420;
/// So often of a hundred, a lull comes after a step.
const LULLS: u32 = 8;

pub fn rage(city: &mut City) -> Result<(), String> {
    for process in Process::ALL {
        city.start(process)?;
    }
    // Half of the histories have none: nothing is sent until it is over, and much is late.
    let lulls = if city.dice.chance(50) { LULLS } else { 0 };
    for _ in 0..STEPS {
        step(city)?;
        if city.dice.chance(lulls) {
            lull(city)?;
        }
    }
    Ok(())
}

/// For a moment most things work, and what was asked for goes its whole way to Meta: POSTs run into trouble, and
/// processes die around them. Without this, all would be broken at once, and nothing would ever be sent in a storm.
fn lull(city: &mut City) -> Result<(), String> {
    for process in Process::ALL {
        if !city.reaches_broker(process) && city.dice.chance(60) {
            turn_link(city, process)?;
        }
        if city.dice.chance(90) {
            city.start(process)?;
        }
    }
    city.ledger_cut &= city.dice.chance(40);
    while city.deliver() {}
    for _ in 0..3 {
        city.intake(64)?;
        city.relay()?;
        city.triage(64);
        city.notifier_reads(256);
        answers(city)?;
        if city.dice.chance(8) {
            let process = *city.dice.pick(&[Process::Notifier, Process::Registry]);
            city.kill(process);
            city.start(process)?;
        }
        while city.notifier_tells() && city.dice.chance(90) {}
    }
    Ok(())
}

fn step(city: &mut City) -> Step {
    let most = 1 + city.dice.below(12);
    match city.dice.below(1000) {
        0..120 => Ok(write(city)),
        120..200 => Ok(city.deliver()),
        200..340 => city.intake(most),
        340..450 => city.relay(),
        450..540 => Ok(city.triage(most)),
        540..570 => Ok(city.clock(most * 4)),
        570..640 => Ok(city.notifier_reads(most * 4)),
        640..720 => answers(city),
        720..760 => Ok(city.notifier_tells()),
        760..775 => Ok(city.patience()),
        775..860 => {
            time(city);
            Ok(true)
        }
        860..915 => Ok(operate(city)),
        915..935 => {
            let process = *city.dice.pick(&Process::ALL);
            city.kill(process);
            Ok(true)
        }
        935..965 => {
            let process = *city.dice.pick(&Process::ALL);
            city.start(process)
        }
        965..985 => links(city),
        985..989 => Ok(wrong_clock(city)),
        989..992 => Ok(lose(city)),
        992..996 => Ok(city.ghost()),
        _ => {
            let at = city.dice.below(city.people.len());
            let now = city.time.now();
            city.meta.colleague(&city.people[at], now);
            Ok(true)
        }
    }
}

/// What a reply asks for on its way comes quickly, more often than not: the relay runs beside it, and time goes on.
fn answers(city: &mut City) -> Step {
    let mut any = city.answer();
    while any && city.dice.chance(75) {
        if city.dice.chance(70) {
            city.relay()?;
        }
        let pause = city.dice.between(0, 2_500);
        city.time.advance(SignedDuration::from_millis(pause));
        any = city.answer();
    }
    Ok(any)
}

/// Somebody writes, perhaps several things in a row.
fn write(city: &mut City) -> bool {
    let writing = |person: &&usize| city.people[**person].left > 0;
    let all = (0..city.people.len()).collect::<Vec<_>>();
    let left = all.iter().filter(writing).copied().collect::<Vec<_>>();
    if left.is_empty() {
        return false;
    }
    let at = *city.dice.pick(&left);
    let many = if city.dice.chance(40) { 3 } else { 1 };
    for _ in 0..many {
        if city.people[at].left == 0 {
            break;
        }
        let others = city.people.clone();
        let now = city.time.now();
        let line = city.people[at].act(&others, &mut city.meta, &mut city.dice, now);
        city.note(line);
        let pause = city.dice.between(0, 1500);
        city.time.advance(SignedDuration::from_millis(pause));
    }
    true
}

fn time(city: &mut City) {
    let by = match city.dice.below(100) {
        0..60 => SignedDuration::from_millis(city.dice.between(50, 3_000)),
        60..80 => SignedDuration::from_secs(city.dice.between(3, 70)),
        80..93 => SignedDuration::from_mins(city.dice.between(1, 90)),
        _ => SignedDuration::from_hours(city.dice.between(2, 30)),
    };
    city.time.advance(by);
    let now = city.time.now();
    city.meta.land(&city.people, &mut city.dice, now);
}

fn operate(city: &mut City) -> bool {
    if city.dice.chance(25) && !city.operators.unanswered.is_empty() {
        let request = city.operators.unanswered.remove(0);
        return city.execute(request);
    }
    if city.dice.chance(8) && !city.operators.done.is_empty() {
        let request = city.dice.pick(&city.operators.done).clone();
        city.note("the same command once more");
        return city.execute(request);
    }
    if city.dice.chance(15) {
        return settle(city);
    }
    let now = city.time.now();
    match city.operators.anything(&city.registry, &mut city.dice, now) {
        Some(request) => city.execute(request),
        None => false,
    }
}

pub fn settle(city: &mut City) -> bool {
    let Some((reply, request)) = city.operators.settle(&city.registry, &city.meta, &mut city.dice) else {
        return false;
    };
    let verdict = request.verdict();
    let (line, done) = match city.registry.settle(request) {
        None => ("no answer".to_owned(), false),
        Some(Ok(receipt)) => (format!("done at {}", receipt.position), true),
        Some(Err(status)) => (format!("refused ({})", status.message()), false),
    };
    city.note(format!("operator settles {reply} ({verdict:?}): {line}"));
    done
}

fn links(city: &mut City) -> Step {
    let process = *city.dice.pick(&Process::ALL);
    if city.dice.chance(20) {
        city.ledger_cut = !city.ledger_cut;
        city.note(format!("notifier and registry: {}", if city.ledger_cut { "cut" } else { "mended" }));
        return Ok(true);
    }
    turn_link(city, process)?;
    Ok(true)
}

/// Cuts or mends it.
fn turn_link(city: &mut City, process: Process) -> Result<(), String> {
    let reaches = city.reaches_broker(process);
    city.note(format!("{process} and broker: {}", if reaches { "cut" } else { "mended" }));
    if process == Process::Registry {
        city.events.lock().reachable = !reaches;
        if !reaches {
            city.registry.reconnect()?;
        }
    } else if reaches {
        city.cut.insert(process);
    } else {
        city.cut.remove(&process);
    }
    Ok(())
}

fn wrong_clock(city: &mut City) -> bool {
    let process = *city.dice.pick(&Process::ALL);
    let by = match city.dice.below(5) {
        0 => SignedDuration::ZERO,
        1 => SignedDuration::from_hours(city.dice.between(-30, 0)),
        2 => SignedDuration::from_hours(city.dice.between(0, 30)),
        _ => SignedDuration::from_secs(city.dice.between(-3600, 3600)),
    };
    city.time.set_wrong(process, by);
    city.note(format!("{process}'s clock is wrong by {by:#}"));
    true
}

/// EVENTS loses its end; or the log does, when EVENTS has all of it.
fn lose(city: &mut City) -> bool {
    let many = city.dice.between(1, 12).unsigned_abs();
    if city.dice.chance(50) {
        if city.log_is_behind {
            return false;
        }
        let left = {
            let mut events = city.events.lock();
            let left = events.records.len().saturating_sub(usize::try_from(many).unwrap_or(0));
            events.records.truncate(left);
            left
        };
        city.note(format!("EVENTS loses its end: {left} are left"));
        // It came back as a broker does: everybody connects anew.
        return city.registry.reconnect().is_ok();
    }
    if city.registry.is_up() || city.registry.log().head().position != city.events.lock().records.len() as u64 {
        return false;
    }
    city.registry.lose_tail(many);
    city.log_is_behind = true;
    city.note(format!("the log loses {many} records that EVENTS has"));
    true
}
