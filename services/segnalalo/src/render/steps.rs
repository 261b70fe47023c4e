//! How a deadline was counted, in the city's words.

use crate::phrases::{Part, Phrases};
use jiff::Timestamp;
use segnalalo_domain::sla::{Deadline, Step, StepKind};

/// A heading with the rule, then step by step.
pub fn told(deadline: &Deadline, from: Timestamp, phrases: &Phrases) -> Vec<String> {
    let name = phrases.word("deadline", deadline.name.code());
    let name = crate::phrases::sentence(name);
    let heading = phrases.say(Part::Steps, "heading", &[("deadline", &name), ("rule", &deadline.rule)]);
    let steps = deadline.steps.iter().map(|step| one(step, deadline, from, phrases));
    [heading].into_iter().chain(steps).collect()
}

fn one(step: &Step, deadline: &Deadline, from: Timestamp, phrases: &Phrases) -> String {
    let count = if step.count == 0 { String::new() } else { step.count.to_string() };
    let at = match step.kind {
        StepKind::Arrived => phrases.instant(from),
        StepKind::Due => phrases.instant(deadline.due),
        _ => String::new(),
    };
    let date = phrases.date(step.date);
    let values = [("date", date.as_str()), ("count", &count), ("note", &step.note), ("at", &at)];
    phrases.say(Part::Steps, step.kind.code(), &values)
}
