//! What the runs showed, as the table of docs/reliability.md.

use super::{Outcome, rows};
use crate::harness::root;
use anyhow::{Context as _, Result};
use std::fmt::Write as _;

const BEGIN: &str = "<!-- rows: written by `make faults ARGS=--write` -->";
const END: &str = "<!-- end of rows -->";

/// One line of a run.
pub fn line(outcome: &Outcome) -> String {
    let word = match &outcome.not_shown {
        Some(why) => return format!("{:<32} not shown: {why}", outcome.row),
        None if outcome.is_green() => "green",
        None => "RED",
    };
    format!(
        "{:<32} {word:<6} {:>3} injected {:>4} answered 200 {:>3} refused {:>4} sent {:>2} held {:>5.1} s",
        outcome.row,
        outcome.injected,
        outcome.answered,
        outcome.refused,
        outcome.sent,
        outcome.held,
        outcome.took.as_secs_f64(),
    )
}

/// The counts of all.
pub fn total(outcomes: &[Outcome]) -> String {
    let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(count).sum::<usize>();
    let starting = |mark: &str, word: &str| {
        let findings = outcomes.iter().flat_map(|outcome| &outcome.findings);
        findings.filter(|finding| finding.starts_with(mark) && finding.contains(word)).count()
    };
    format!(
        "{} rows, {} green, {} not shown: {} messages answered 200, {} requests refused, {} faults injected, \
         {} sent, {} held; lost {}, doubled {}",
        outcomes.len(),
        outcomes.iter().filter(|outcome| outcome.is_green() && outcome.not_shown.is_none()).count(),
        outcomes.iter().filter(|outcome| outcome.not_shown.is_some()).count(),
        sum(|outcome| outcome.answered),
        sum(|outcome| outcome.refused),
        sum(|outcome| outcome.injected),
        sum(|outcome| outcome.sent),
        sum(|outcome| outcome.held),
        starting("I1", "lost"),
        starting("I2", "sent") + starting("I1", "times"),
    )
}

fn table(outcomes: &[Outcome]) -> Result<String> {
    let mut table = String::from(
        "| row | injected | must hold | seen | answered 200 | refused | sent | held |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut group = "";
    for outcome in outcomes {
        let row = rows::named(outcome.row)?;
        if row.group != group {
            group = row.group;
            writeln!(table, "| **{group}** | | | | | | | |")?;
        }
        let seen = match &outcome.not_shown {
            Some(_) => "not shown on that machine".to_owned(),
            None if outcome.is_green() => format!("{} times; it held", outcome.injected),
            None => outcome.findings.join("; "),
        };
        let Outcome { answered, refused, sent, held, .. } = outcome;
        writeln!(
            table,
            "| {} | {} | {} | {seen} | {answered} | {refused} | {sent} | {held} |",
            row.name, row.injected, row.holds
        )?;
    }
    Ok(table)
}

/// Puts the table into docs/reliability.md.
///
/// # Errors
/// The file or its marks aren't there.
pub fn write(outcomes: &[Outcome]) -> Result<()> {
    let path = root().join("docs/reliability.md");
    let text = std::fs::read_to_string(&path).context("docs/reliability.md")?;
    let (before, rest) = text.split_once(BEGIN).context("docs/reliability.md has no place for rows")?;
    let (_, after) = rest.split_once(END).context("docs/reliability.md has no end of rows")?;
    let text = format!("{before}{BEGIN}\n{}\n{}\n{END}{after}", table(outcomes)?, total(outcomes));
    std::fs::write(&path, text).context("docs/reliability.md")
}
