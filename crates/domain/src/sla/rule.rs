//! The rules themselves. What they give has version 1, and no calendar's version: who sets a term on a ticket knows both.

use super::{Deadline, DeadlineName, Rung, Step, StepKind, ladder, step};
use crate::{
    calendar::{Calendar, Hours, URP, local_date, rome},
    words::{Kind, Office},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};

/// One working day from arrival to protocol number and office: `C1`. Receipt starts the term and its day doesn't count
/// (c.c. art. 2963): the closing of the first working day strictly after the local day of arrival, whatever the hour.
pub fn take_in_charge(calendar: &Calendar, received_at: Timestamp) -> Deadline {
    let days = calendar.terms().take_in_charge;
    Rule { calendar, office: URP }.working_days(DeadlineName::TakeInCharge, received_at, days)
}

/// Feasible or not: counted as `C1`, to the fifth working day of the office, or to another one that the city chose.
pub fn first_answer(
    calendar: &Calendar,
    received_at: Timestamp,
    office: Option<&Office>,
    kind: Option<Kind>,
) -> Deadline {
    let days = calendar.terms().first_answer_days(office, kind);
    Rule { calendar, office: code(office) }.working_days(DeadlineName::FirstAnswer, received_at, days)
}

/// What was promised for `date`, at `from`: the closing of that day, or of the first working day after it.
pub fn resolution(calendar: &Calendar, from: Timestamp, date: Date, office: Option<&Office>) -> Deadline {
    let rule = Rule { calendar, office: code(office) };
    rule.day(DeadlineName::Resolution, from, "promised/2", vec![Step::new(StepKind::Promised, date)], date)
}

/// News to the citizen: so many days after the last word, at the closing of that day or of the next working day.
pub fn news(calendar: &Calendar, from: Timestamp, office: Option<&Office>) -> Deadline {
    let days = calendar.terms().news;
    let date = local_date(from).saturating_add(i64::from(days).days());
    let steps = vec![Step::new(StepKind::Days, date).counting(days)];
    Rule { calendar, office: code(office) }.day(DeadlineName::News, from, &format!("news{days}/1"), steps, date)
}

/// The citizen's answer to a question: counted as `C1` in the URP's hours. He is reminded when the day of the reminder
/// opens.
pub fn citizen_reply(calendar: &Calendar, asked_at: Timestamp) -> Deadline {
    let terms = calendar.terms();
    let rule = Rule { calendar, office: URP };
    let mut deadline = rule.working_days(DeadlineName::CitizenReply, asked_at, terms.citizen_reply);
    let reminded = calendar.urp().working_day_after(local_date(asked_at), terms.reminder);
    let reminder = calendar.urp().opening_time(reminded).unwrap_or(deadline.due).min(deadline.due);
    for (rung, at) in &mut deadline.rungs {
        if *rung == Rung::Near {
            *at = reminder;
        }
    }
    deadline
}

/// Silence from `from` on closes what is answered: so many days later, at the same time of the day.
pub fn auto_close(calendar: &Calendar, from: Timestamp) -> Deadline {
    let days = calendar.terms().auto_close;
    let later = from.to_zoned(rome()).checked_add(i64::from(days).days());
    let due = later.map_or(Timestamp::MAX, |due| due.timestamp());
    let mut deadline = Deadline::plain(DeadlineName::AutoClose, 1, from, due, &format!("quiet{days}/1"));
    deadline.steps = vec![Step::new(StepKind::Days, local_date(due)).counting(days)];
    deadline
}

/// The working time that was left when the term stopped, from `now` on. It never ends before it did.
pub fn resumed(
    calendar: &Calendar,
    stopped: &Deadline,
    left_seconds: u64,
    now: Timestamp,
    office: Option<&Office>,
) -> Deadline {
    let rule = Rule { calendar, office: if stopped.name == DeadlineName::TakeInCharge { URP } else { code(office) } };
    let left = SignedDuration::from_secs(i64::try_from(left_seconds).unwrap_or(i64::MAX));
    let due = rule.hours().after(now, left);
    let minutes = u32::try_from(left_seconds / 60).unwrap_or(u32::MAX);
    let steps = vec![Step::new(StepKind::Resumed, local_date(now)).counting(minutes)];
    rule.deadline(stopped.name, now, "left/1".to_owned(), steps, due.max(stopped.due))
}

fn code(office: Option<&Office>) -> &str {
    office.map_or(URP, |office| &office.0)
}

struct Rule<'a> {
    calendar: &'a Calendar,
    office: &'a str,
}

impl Rule<'_> {
    fn hours(&self) -> Hours<'_> {
        self.calendar.hours(self.office)
    }

    fn working_days(&self, name: DeadlineName, from: Timestamp, days: u32) -> Deadline {
        let arrival = local_date(from);
        let last = self.hours().working_day_after(arrival, days);
        let mut steps = vec![Step::new(StepKind::Arrived, arrival)];
        steps.extend(step::days(self.hours(), arrival, last));
        let rule = if days == 1 { "C1/2".to_owned() } else { format!("C1x{days}/2") };
        self.deadline(name, from, rule, steps, self.closing(last))
    }

    fn day(&self, name: DeadlineName, from: Timestamp, rule: &str, mut steps: Vec<Step>, date: Date) -> Deadline {
        let worked = self.hours().working_day_from(date);
        steps.extend(step::moved(self.hours(), date, worked));
        self.deadline(name, from, rule.to_owned(), steps, self.closing(worked))
    }

    fn closing(&self, date: Date) -> Timestamp {
        self.hours().closing_time(date).unwrap_or(Timestamp::MAX)
    }

    fn deadline(
        &self,
        name: DeadlineName,
        from: Timestamp,
        rule: String,
        mut steps: Vec<Step>,
        due: Timestamp,
    ) -> Deadline {
        steps.push(Step::new(StepKind::Due, local_date(due)));
        let hours = self.hours();
        let (worked, rungs) = ladder::rungs(hours, self.calendar.terms(), name, from, due);
        let working_seconds = worked.as_secs().unsigned_abs();
        Deadline { working_seconds, rungs, steps, ..Deadline::plain(name, 1, from, due, &rule) }
    }
}
