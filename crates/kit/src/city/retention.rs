//! How long content is kept: `retention.toml`. What the rules mean for a ticket is the domain's matter. Every fault names its
//! line, its field and what was expected.

use super::{Error, file::File};
use jiff::civil::Time;
use segnalalo_domain::{
    desk::TicketRef,
    personal_data,
    retention::{Hold, Period, Rule, RuleName, Rules},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, path::Path};
use toml::Spanned;

const FILE: &str = "retention.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// `02:30`
    run_at: Spanned<String>,
    rule: Vec<Spanned<Written>>,
    #[serde(default)]
    hold: Vec<Spanned<Held>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    period: Spanned<String>,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    ticket: Spanned<String>,
    act: Spanned<String>,
}

/// Reads `retention.toml` in the city's folder.
///
/// # Errors
/// Names the file, the line, the field and what was expected.
pub fn load(city: &Path) -> Result<Rules, Error> {
    let (file, text) = File::text(city, FILE)?;
    build(&Checker { file: &file, text: &text })
}

struct Checker<'a> {
    file: &'a File,
    text: &'a str,
}

fn build(checker: &Checker<'_>) -> Result<Rules, Error> {
    let content: Content = checker.file.parse(checker.text)?;
    let mut rules = BTreeMap::new();
    for (number, written) in content.rule.into_iter().enumerate() {
        let (name, rule) = checker.rule(number, written, &rules)?;
        rules.insert(name, rule);
    }
    if let Some(missing) = RuleName::ALL.iter().find(|name| !rules.contains_key(name)) {
        let expected = format!("a [[rule]] named \"{missing}\" (period = \"forever\" keeps it)");
        return Err(checker.file.invalid("rule", expected));
    }
    let holds = content.hold.into_iter().enumerate().map(|(number, held)| checker.hold(number, held));
    Ok(Rules {
        holds: holds.collect::<Result<_, _>>()?,
        run_at: checker.time(&content.run_at)?,
        rules,
        sha256: Sha256::digest(checker.text.as_bytes()).into(),
    })
}

impl Checker<'_> {
    fn wrong<T>(&self, at: &Spanned<T>, field: impl AsRef<str>, expected: impl Into<String>) -> Error {
        self.file.invalid_at(self.text, &at.span(), field, expected)
    }

    fn rule(
        &self,
        number: usize,
        written: Spanned<Written>,
        before: &BTreeMap<RuleName, Rule>,
    ) -> Result<(RuleName, Rule), Error> {
        let Written { name, period, source } = written.into_inner();
        let field = |field: &str| format!("rule[{number}].{field}");
        let known = RuleName::from_code(name.get_ref()).ok_or_else(|| {
            let known = RuleName::ALL.iter().map(|name| name.code()).collect::<Vec<_>>().join(", ");
            self.wrong(&name, field("name"), format!("one of {known}, found {:?}", name.get_ref()))
        })?;
        if before.contains_key(&known) {
            return Err(self.wrong(&name, field("name"), format!("each rule once: {known} is there twice")));
        }
        let kept = period.get_ref().parse::<Period>().map_err(|_| {
            let longest = Period::LONGEST;
            let expected = format!(
                "from 1 to {longest} days, months or years, like \"90 days\", or \"forever\"; found {:?}",
                period.get_ref()
            );
            self.wrong(&period, field("period"), expected)
        })?;
        Ok((known, Rule { period: kept, source: self.lasting(&source, &field("source"))? }))
    }

    fn hold(&self, number: usize, held: Spanned<Held>) -> Result<Hold, Error> {
        let Held { ticket, act } = held.into_inner();
        let named = ticket.get_ref().trim().to_owned();
        let code = named.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("s-"));
        let name =
            if code { Some(TicketRef::Code(named.clone())) } else { named.parse().ok().map(TicketRef::Protocol) };
        let name = name.ok_or_else(|| {
            let expected = format!("a number or code, like \"2026/0000001\" or \"S-7K3M9\", found {named:?}");
            self.wrong(&ticket, format!("hold[{number}].ticket"), expected)
        })?;
        Ok(Hold { ticket: name, named, act: self.lasting(&act, &format!("hold[{number}].act"))? })
    }

    /// What stays in the log, or is shown to everybody, names nobody.
    fn lasting(&self, text: &Spanned<String>, field: &str) -> Result<String, Error> {
        let words = text.get_ref().trim();
        if words.is_empty() {
            return Err(self.wrong(text, field, "the law, plan or act that it rests on"));
        }
        match personal_data::find(words, &[]).first() {
            Some(found) => {
                Err(self.wrong(text, field, format!("nothing personal: it stays for ever, and has {found}")))
            }
            None => Ok(words.to_owned()),
        }
    }

    fn time(&self, text: &Spanned<String>) -> Result<Time, Error> {
        let read = || {
            let (hour, minute) = text.get_ref().split_once(':')?;
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            (digits(hour) && digits(minute)).then_some(())?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        read().ok_or_else(|| self.wrong(text, "run_at", format!("a time like \"02:30\", found {:?}", text.get_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;
    use segnalalo_domain::protocol::Cited;

    const BIELLA: &str = include_str!("../../../../deploy/biella/retention.toml");

    fn parse(text: &str) -> Result<Rules, Error> {
        build(&Checker { file: &File::named(FILE), text })
    }

    #[test]
    fn biella_keeps_what_its_plan_says() {
        let rules = parse(BIELLA).unwrap();
        assert_eq!((rules.run_at, rules.holds.len()), (time(2, 30, 0, 0), 0));
        for (name, period) in [
            (RuleName::Content, "5 years"),
            (RuleName::Chat, "1 year"),
            (RuleName::Attachments, "1 year"),
            (RuleName::NotPertinent, "90 days"),
            (RuleName::Spam, "90 days"),
            (RuleName::NoTicket, "90 days"),
            (RuleName::Notices, "30 days"),
        ] {
            assert_eq!(rules.rules[&name].period.to_string(), period, "{name}");
        }
    }

    #[test]
    fn a_hold_names_a_ticket_by_number_or_code() {
        let text = format!(
            "{BIELLA}\n[[hold]]\nticket = \"2026/0000012\"\nact = \"ricorso 5/2027\"\n[[hold]]\nticket = \"s-7k3m9\"\nact = \"x\""
        );
        let holds = parse(&text).unwrap().holds;
        assert_eq!(holds[0].ticket, TicketRef::Protocol(Cited { year: Some(2026), number: 12 }));
        assert_eq!(holds[1].ticket, TicketRef::Code("s-7k3m9".to_owned()));
    }

    #[test]
    fn a_fault_names_line_and_field() {
        let hold = |ticket: &str, act: &str| format!("{BIELLA}\n[[hold]]\nticket = \"{ticket}\"\nact = \"{act}\"\n");
        for (text, said) in [
            (BIELLA.replace("02:30", "2.30"), "run_at: expected a time like \"02:30\", found \"2.30\""),
            (BIELLA.replace("02:30", "24:30"), "run_at: expected a time"),
            (BIELLA.replace("\"chat\"", "\"spam\""), "expected each rule once: spam is there twice"),
            (BIELLA.replace("\"chat\"", "\"chats\""), "name: expected one of content, chat, attachments"),
            (BIELLA.replace("\"5 years\"", "\"5 anni\""), "period: expected from 1 to 3650 days, months or years"),
            (BIELLA.replace("\"notices\"", "\"notices\"\n[x]"), "retention.toml"),
            (hold("dodici", "ricorso"), "hold[0].ticket: expected a number or code"),
            (hold("2026/0000012", " "), "hold[0].act: expected the law, plan or act"),
            (hold("2026/0000012", "chiamare 347 1234567"), "hold[0].act: expected nothing personal"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let last = BIELLA.rfind("[[rule]]").unwrap();
        let error = parse(&BIELLA[..last]).unwrap_err().to_string();
        assert!(error.contains("rule: expected a [[rule]] named \"notices\""), "{error}");
        let line = BIELLA.lines().position(|line| line == "period = \"5 years\"").unwrap() + 1;
        let error = parse(&BIELLA.replace("\"5 years\"", "\"0 years\"")).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}: rule[")), "{error}");
    }
}
