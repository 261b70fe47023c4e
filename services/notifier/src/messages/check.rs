//! Whether the city's texts hold, before the first citizen reads one: every variable known, what may be missing guarded,
//! what must be said said.

use super::{PRIVATE, PUBLIC, key, limit};
use minijinja::Environment;
use segnalalo_domain::{template::Template, words::Channel};
use std::collections::BTreeMap;

/// The link to the information on personal data: known to every text.
pub(super) const PRIVACY: &str = "privacy";

/// What a citizen may get first: it must say where to read how his data are used (GDPR art. 13).
fn informs(template: Template) -> bool {
    matches!(template, Template::Receipt | Template::ReceiptAsk | Template::Emergency)
}

/// Variables that a reply may come without.
fn optional(template: Template) -> &'static [&'static str] {
    match template {
        Template::Feasible | Template::Resolved => &["words"],
        Template::Progress => &["expected_by"],
        Template::Reopened => &["protocol"],
        Template::Status => &["office", "expected_by"],
        Template::Receipt | Template::ReceiptAsk => &["reopens"],
        Template::Emergency
        | Template::TakenInCharge
        | Template::Question
        | Template::Reminder
        | Template::NotFeasible
        | Template::Answer
        | Template::NotPertinent
        | Template::StatusUnknown
        | Template::StatusAskNumber
        | Template::Thanks => &[],
    }
}

/// Without these the citizen isn't told what he must be told.
fn essential(name: &str) -> bool {
    matches!(name, "words" | "code" | "protocol" | "reference" | "state" | "take_in_charge_by" | "answer_by")
}

/// What is wrong with a text.
pub(super) fn problem(texts: &Environment<'_>, template: Template, form: &str) -> Option<String> {
    let known = template.variables();
    let parsed = match texts.get_template(&key(template, form)) {
        Ok(parsed) => parsed,
        Err(error) => return Some(error.to_string()),
    };
    let used = parsed.undeclared_variables(false);
    let unknown =
        used.iter().filter(|name| name.as_str() != PRIVACY && !known.contains(&name.as_str())).collect::<Vec<_>>();
    if !unknown.is_empty() {
        return Some(format!("it has no variables {unknown:?}; expected some of {known:?}"));
    }
    if informs(template) && !used.contains(PRIVACY) {
        return Some(format!("expected {{{{ {PRIVACY} }}}} in it: it may be the first message that he gets"));
    }
    // The number says more than the code: where both are there, one of them will do.
    let said = |name: &str| used.contains(name) || (name == "code" && used.contains("protocol"));
    if let Some(missing) = known.iter().find(|name| essential(name) && !said(name)) {
        return Some(format!("expected {{{{ {missing} }}}} in it"));
    }
    let render = |left_out: &[&str]| {
        let present = known.iter().filter(|name| !left_out.contains(name));
        parsed.render(present.map(|name| (*name, "x")).collect::<BTreeMap<_, _>>())
    };
    let text = match render(&[]) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    if render(optional(template)).is_err() {
        let optional = optional(template);
        return Some(format!("{optional:?} may be missing: expected {{% if … %}}…{{% endif %}} around"));
    }
    let longest = shortest_limit(form);
    (text.chars().count() > longest).then(|| format!("expected {longest} characters at most"))
}

fn shortest_limit(form: &str) -> usize {
    let reads = |channel: &&Channel| (form == PUBLIC) == channel.is_public();
    debug_assert!(form == PUBLIC || form == PRIVATE);
    Channel::ALL.iter().filter(reads).map(|channel| limit(*channel)).min().unwrap_or_default()
}
