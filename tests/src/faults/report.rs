//! What the runs showed, as the table of docs/reliability.md.

use super::{Outcome, mistakes::Hunt, rows};
use crate::harness::root;
use anyhow::{Context as _, Result};
use std::fmt::Write as _;

const ROWS: [&str; 2] = ["<!-- rows: written by `make faults ARGS=--write` -->", "<!-- end of rows -->"];
const MISTAKES: [&str; 2] = ["<!-- mistakes: written by `make faults ARGS=--write` -->", "<!-- end of mistakes -->"];
/// Characters of a finding that a table has room for.
const FINDING: usize = 110;

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
        starting("I2", "sent") + starting("I1", "in the log"),
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
            None => outcome.findings.iter().map(|finding| cut(finding)).collect::<Vec<_>>().join("; "),
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

/// One line of a hunt.
pub fn line_of_mistake(hunt: &Hunt) -> String {
    let seconds = hunt.with.took.as_secs_f64();
    let said = match hunt.proof() {
        Ok(proof) => format!("found     {seconds:>5.1} s  {}", cut(proof)),
        Err(why) => format!("NOT FOUND {seconds:>5.1} s  {why:#}"),
    };
    format!("{:<38} {:<30} {said}", hunt.mistake.name, hunt.mistake.row)
}

pub fn total_of_mistakes(hunts: &[Hunt]) -> String {
    let found = hunts.iter().filter(|hunt| hunt.proof().is_ok()).count();
    format!("{found} of {} mistakes found", hunts.len())
}

fn table_of_mistakes(hunts: &[Hunt]) -> Result<String> {
    let mut table = String::from(
        "| mistake | what is wrong | row | without it | with it, the checker said |\n|---|---|---|---|---|\n",
    );
    for hunt in hunts {
        let without = if hunt.without.is_green() { "green" } else { "red" };
        let said = match hunt.proof() {
            Ok(proof) => cut(proof),
            Err(why) => format!("**not found**: {}", cut(&format!("{why:#}"))),
        };
        let mistake = hunt.mistake;
        writeln!(table, "| {} | {} | {} | {without} | {said} |", mistake.name, mistake.wrong, mistake.row)?;
    }
    Ok(table)
}

/// On one line, and as long as a table bears.
fn cut(finding: &str) -> String {
    let mut text = finding.chars().take(FINDING).collect::<String>().replace(['\n', '|'], " ");
    if finding.chars().count() > FINDING {
        text.push('…');
    }
    text
}

/// Puts the table of rows into docs/reliability.md.
///
/// # Errors
/// The file or its marks aren't there.
pub fn write_rows(outcomes: &[Outcome]) -> Result<()> {
    write(ROWS, &format!("{}\n{}", table(outcomes)?, total(outcomes)))
}

/// The same for the mistakes.
///
/// # Errors
/// As `write_rows`.
pub fn write_mistakes(hunts: &[Hunt]) -> Result<()> {
    write(MISTAKES, &format!("{}\n{}", table_of_mistakes(hunts)?, total_of_mistakes(hunts)))
}

fn write([begin, end]: [&str; 2], written: &str) -> Result<()> {
    let path = root().join("docs/reliability.md");
    let text = std::fs::read_to_string(&path).context("docs/reliability.md")?;
    let (before, rest) = text.split_once(begin).with_context(|| format!("docs/reliability.md has no {begin:?}"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("docs/reliability.md has no {end:?}"))?;
    std::fs::write(&path, format!("{before}{begin}\n{written}\n{end}{after}")).context("docs/reliability.md")
}
