//! The rungs of a term, at shares of its working time.

use super::{Deadline, DeadlineName, Rung};
use crate::calendar::{Hours, Terms};
use jiff::{SignedDuration, Timestamp};

/// When a rung stands: the instant that was stored with the deadline. Deadlines from before they were stored have
/// theirs at shares of the time on the wall clock, and the last rung four hours after the end.
pub fn rung_at(deadline: &Deadline, rung: Rung) -> Timestamp {
    match deadline.rungs.iter().find(|(known, _)| *known == rung) {
        Some((_, at)) => *at,
        None => on_the_wall_clock(deadline, rung),
    }
}

fn on_the_wall_clock(deadline: &Deadline, rung: Rung) -> Timestamp {
    const HEAD_AFTER: SignedDuration = SignedDuration::from_hours(4);
    // A term that begins after its end is over at its end.
    let span = deadline.from.duration_until(deadline.due).max(SignedDuration::ZERO);
    let from = deadline.from.min(deadline.due);
    let gone = match rung {
        Rung::Half => span / 2,
        Rung::Near => span / 5 * 4,
        Rung::Past => span,
        Rung::Head => span.saturating_add(HEAD_AFTER),
    };
    from.checked_add(gone).unwrap_or(deadline.due)
}

/// At 50 %, 80 % and 100 % of the working time from beginning to end, and the city's further time after it. A term
/// without working time in it has all its rungs at its end. Gives the working time as well.
pub(super) fn rungs(
    hours: Hours<'_>,
    terms: &Terms,
    name: DeadlineName,
    from: Timestamp,
    due: Timestamp,
) -> (SignedDuration, Vec<(Rung, Timestamp)>) {
    let worked = hours.worked(from, due).collect::<Vec<_>>();
    let total = worked.iter().map(|(begins, ends)| begins.duration_until(*ends)).sum::<SignedDuration>();
    let at = |rung: &Rung| match rung {
        Rung::Half => share(&worked, total, 1, 2).unwrap_or(due),
        Rung::Near => share(&worked, total, 4, 5).unwrap_or(due),
        Rung::Past => due,
        Rung::Head => hours.after(due, terms.head_after),
    };
    (total, name.rungs().iter().map(|rung| (*rung, at(rung))).collect())
}

/// The instant by which a share of the working time has gone, to the second; `None` when there is none.
fn share(worked: &[(Timestamp, Timestamp)], total: SignedDuration, part: i64, of: i64) -> Option<Timestamp> {
    let seconds = i128::from(total.as_secs()) * i128::from(part) / i128::from(of);
    let mut left = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
    for (begins, ends) in worked {
        let here = begins.duration_until(*ends);
        if here >= left {
            return begins.checked_add(left).ok();
        }
        left -= here;
    }
    None
}
