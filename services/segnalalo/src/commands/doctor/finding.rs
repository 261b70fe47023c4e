//! What a check found: how bad it is, a code for scripts, and the values that the city's words are filled in with.

use crate::phrases::{Part, Phrases};
use serde_json::{Value, json};

/// The worst counts for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Ok,
    Warning,
    Error,
}

impl Verdict {
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// `check.code` is the phrase of `[doctor]` that says what was seen, `check.code do` what to do about it. No value is ever a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: &'static str,
    pub verdict: Verdict,
    pub code: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Finding {
    pub fn ok(check: &'static str, code: &'static str) -> Self {
        Self { check, verdict: Verdict::Ok, code, values: Vec::new() }
    }

    pub fn warning(check: &'static str, code: &'static str) -> Self {
        Self { verdict: Verdict::Warning, ..Self::ok(check, code) }
    }

    pub fn error(check: &'static str, code: &'static str) -> Self {
        Self { verdict: Verdict::Error, ..Self::ok(check, code) }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// In one line: verdict, check, what was seen; what to do.
    pub fn line(&self, phrases: &Phrases) -> String {
        let (verdict, check) = (phrases.word("verdict", self.verdict.code()), phrases.word("check", self.check));
        let seen = self.seen(phrases);
        let todo = self.todo(phrases).map(|todo| format!(" → {todo}")).unwrap_or_default();
        format!("{verdict:<11}{check:<15}{seen}{todo}")
    }

    pub fn json(&self, phrases: &Phrases) -> Value {
        json!({
            "check": self.check,
            "verdict": self.verdict.code(),
            "code": self.code,
            "seen": self.seen(phrases),
            "do": self.todo(phrases),
        })
    }

    fn seen(&self, phrases: &Phrases) -> String {
        self.say(&format!("{}.{}", self.check, self.code), phrases)
    }

    fn todo(&self, phrases: &Phrases) -> Option<String> {
        let key = format!("{}.{} do", self.check, self.code);
        phrases.raw(Part::Doctor, &key).is_some().then(|| self.say(&key, phrases))
    }

    fn say(&self, key: &str, phrases: &Phrases) -> String {
        let values = self.values.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
        // One line each, whatever a value holds.
        phrases.say(Part::Doctor, key, &values).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What is bad; or that all is well.
pub fn or_ok(bad: Vec<Finding>, ok: Finding) -> Vec<Finding> {
    if bad.is_empty() { vec![ok] } else { bad }
}

/// What went wrong, and why, and why that.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::config::Vars;
    use std::{fs, path::Path};

    fn sources(folder: &Path) -> String {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() }).collect()
    }

    /// Every finding in the sources has its words, and every bad one says what to do.
    #[test]
    fn every_finding_is_worded() {
        let phrases = Phrases::load(&Vars::from_pairs([("SEGNALALO_CITY", "nowhere")]));
        let phrases = phrases.unwrap_or_else(|why| panic!("{why}"));
        let checks = phrases.codes("check");
        let text = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/doctor"));
        let text = text.split_whitespace().collect::<String>();
        let mut found = 0;
        for verdict in ["ok", "warning", "error"] {
            for after in text.split(&format!("Finding::{verdict}(\"")).skip(1) {
                let mut parts = after.split('"');
                let (check, code) = (parts.next().unwrap(), parts.nth(1).unwrap());
                // This test's own words.
                if !check.bytes().all(|letter| letter.is_ascii_lowercase()) {
                    continue;
                }
                let key = format!("{check}.{code}");
                let known = phrases.raw(Part::Doctor, &key).is_some();
                assert!(known, "[doctor] has no {key:?}");
                let todo = phrases.raw(Part::Doctor, &format!("{key} do")).is_some();
                assert_eq!(todo, verdict != "ok", "[doctor] {key:?} do");
                assert!(checks.contains(&check), "[words.check] has no {check:?}");
                found += 1;
            }
        }
        assert!(found > 90, "{found}");
    }
}
