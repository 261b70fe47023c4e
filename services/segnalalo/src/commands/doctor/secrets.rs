//! The variables: what each process lacks, as the process itself would say it; what doesn't look like what it should be; what
//! belongs to a rehearsal. And the files in which secrets stand. No value is ever told.

use super::{
    finding::{Finding, or_ok},
    place::Place,
};
use crate::processes;
use segnalalo_kit::config::Vars;
use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

/// May be given as files.
pub const NAMES: [&str; 14] = [
    "SEGNALALO_NATS_NKEY",
    "SEGNALALO_MASTER_KEY",
    "SEGNALALO_MASTER_KEY_PREVIOUS",
    "SEGNALALO_OPERATOR_KEY",
    "SEGNALALO_GRPC_TLS_KEY",
    "SEGNALALO_REGISTRY_KEY",
    "FACEBOOK_APP_SECRET",
    "FACEBOOK_APP_SECRET_PREVIOUS",
    "FACEBOOK_VERIFY_TOKEN",
    "FACEBOOK_PAGE_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_APP_SECRET_PREVIOUS",
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_TOKEN",
];
/// Of tests/fixtures and of every rehearsal: everybody can read them.
const FIXTURES: [(&str, &str); 2] =
    [("FACEBOOK_PAGE_ID", "104587321965874"), ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922")];

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As `openssl rand -hex 32` gives it, or longer than one guesses.
    Random,
    /// 32 hexadecimal digits (Meta's dashboard).
    AppSecret,
    /// Ours, said to Meta once.
    Word,
    /// Begins with EAA.
    AccessToken,
    Digits,
    Numbers,
    Https,
    Recover,
}
use Form::{AccessToken, AppSecret, Digits, Https, Numbers, Random, Recover, Word};

/// Variable, whose it is, its form.
const RULES: [(&str, &str, Form); 14] = [
    ("SEGNALALO_MASTER_KEY", "registry", Random),
    ("SEGNALALO_OPERATOR_KEY", "registry", Random),
    ("FACEBOOK_APP_SECRET", "ingest-facebook", AppSecret),
    ("FACEBOOK_VERIFY_TOKEN", "ingest-facebook", Word),
    ("FACEBOOK_PAGE_ID", "ingest-facebook", Digits),
    ("FACEBOOK_PAGE_TOKEN", "notifier", AccessToken),
    ("WHATSAPP_APP_SECRET", "ingest-whatsapp", AppSecret),
    ("WHATSAPP_VERIFY_TOKEN", "ingest-whatsapp", Word),
    ("WHATSAPP_PHONE_NUMBER_ID", "ingest-whatsapp", Digits),
    ("WHATSAPP_TOKEN", "notifier", AccessToken),
    ("WHATSAPP_BUSINESS_ACCOUNT_ID", "notifier", Digits),
    ("SEGNALALO_PUBLIC_NUMBERS", "registry", Numbers),
    ("GRAPH_API_URL", "notifier", Https),
    ("REGISTRY_KEYRING", "registry", Recover),
];

/// All of them.
pub fn look(place: &Place) -> Vec<Finding> {
    let mut bad = missing(place);
    for (name, process, form) in RULES {
        // What can't be read was said by `missing`.
        if let Ok(Some(value)) = place.vars_of(process).secret_optional(name) {
            bad.extend(judge(name, form, value.expose(), place.rehearsal));
        }
    }
    let all_well = if place.rehearsal { Finding::ok("variables", "rehearsal") } else { Finding::ok("variables", "ok") };
    or_ok(bad, all_well)
}

/// What keeps a process from starting.
fn missing(place: &Place) -> Vec<Finding> {
    type Read = fn(&Vars) -> Result<crate::host::Process, crate::failure::Failure>;
    let all: [(&str, Read); 6] = [
        ("registry", processes::registry),
        ("triage", processes::triage),
        ("sla-clock", processes::sla_clock),
        ("notifier", processes::notifier),
        ("ingest-facebook", processes::ingest_facebook),
        ("ingest-whatsapp", processes::ingest_whatsapp),
    ];
    let wrong = |(name, read): (&str, Read)| {
        let failure = read(&place.vars_of(name)).err()?;
        Some(Finding::error("variables", "missing").with("process", name).with("why", failure))
    };
    all.into_iter().filter_map(wrong).collect()
}

/// `None`: it looks right.
fn judge(name: &'static str, form: Form, value: &str, rehearsal: bool) -> Option<Finding> {
    let about = |finding: Finding| Some(finding.with("name", name));
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(form, Numbers | Random | Word) && value.chars().any(char::is_whitespace) {
        return about(Finding::error("variables", "spaces"));
    }
    match form {
        Digits if !digits => return about(Finding::error("variables", "digits")),
        Random if different_letters(value) < 10 => return about(Finding::error("variables", "guessable")),
        Numbers if !value.chars().all(|letter| letter.is_ascii_digit() || ", +".contains(letter)) => {
            return about(Finding::error("variables", "numbers"));
        }
        Recover => return about(Finding::warning("variables", "recover")),
        _ => {}
    }
    if rehearsal {
        return None;
    }
    let hexadecimal = value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    match form {
        Digits if FIXTURES.contains(&(name, value)) => about(Finding::error("variables", "of_demo")),
        Https if !value.starts_with("https://") => about(Finding::error("variables", "not_meta")),
        AppSecret if !hexadecimal => about(Finding::warning("variables", "app_secret")),
        AccessToken if !value.starts_with("EAA") => about(Finding::warning("variables", "access_token")),
        Word if value.len() < 16 => about(Finding::warning("variables", "short")),
        _ => None,
    }
}

fn different_letters(value: &str) -> usize {
    value.chars().collect::<std::collections::BTreeSet<_>>().len()
}

/// Who may read a file, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    pub mode: u32,
    pub owner: u32,
    pub owner_of_folder: u32,
}

pub fn look_at_files(place: &Place) -> Vec<Finding> {
    let files = place.secret_files();
    let bad = files.iter().filter_map(|file| judge_file(file, &rights(file))).collect();
    let code = if files.is_empty() { Finding::ok("files", "none") } else { Finding::ok("files", "ok") };
    or_ok(bad, code.with("count", files.len()))
}

fn rights(file: &Path) -> io::Result<Rights> {
    let (own, folder) = (fs::metadata(file)?, fs::metadata(file.parent().unwrap_or(file))?);
    // Whether it can be read is what counts.
    fs::File::open(file)?;
    Ok(Rights { mode: own.mode() & 0o777, owner: own.uid(), owner_of_folder: folder.uid() })
}

fn judge_file(file: &Path, seen: &io::Result<Rights>) -> Option<Finding> {
    let about = |finding: Finding| Some(finding.with("file", file.display()));
    match seen {
        Err(error) => about(Finding::error("files", "unreadable").with("why", error)),
        Ok(rights) if rights.mode & 0o077 != 0 => {
            about(Finding::error("files", "open").with("mode", format!("{:03o}", rights.mode)))
        }
        Ok(rights) if rights.owner != rights.owner_of_folder => {
            about(Finding::warning("files", "owner").with("owner", rights.owner).with("other", rights.owner_of_folder))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_looks_like_what_it_should_be() {
        let code = |form, value: &str, rehearsal| judge("FACEBOOK_PAGE_ID", form, value, rehearsal).map(|bad| bad.code);
        let of_city = |form, value: &str| code(form, value, false);
        assert_eq!(of_city(Digits, "104500000000001"), None);
        assert_eq!(of_city(Digits, "biella"), Some("digits"));
        assert_eq!(of_city(Digits, "104587321965874"), Some("of_demo"));
        assert_eq!(code(Digits, "104587321965874", true), None);
        assert_eq!(of_city(Random, &"ab".repeat(32)), Some("guessable"));
        assert_eq!(of_city(Random, "c0ffee0123456789abcdef0123456789c0ffee0123456789abcdef0123456789"), None);
        assert_eq!(of_city(AccessToken, "EAAB12 34"), Some("spaces"));
        assert_eq!(of_city(AppSecret, "0123456789abcdef0123456789abcdef"), None);
        assert_eq!(of_city(AppSecret, "secret"), Some("app_secret"));
        assert_eq!(of_city(AccessToken, "EAAB1234"), None);
        assert_eq!(of_city(AccessToken, "token"), Some("access_token"));
        assert_eq!(of_city(Word, "hello"), Some("short"));
        assert_eq!(of_city(Word, "a-word-that-is-long-enough"), None);
        assert_eq!(of_city(Https, "http://127.0.0.1:8090"), Some("not_meta"));
        assert_eq!(code(Https, "http://127.0.0.1:8090", true), None);
        assert_eq!(of_city(Numbers, "+39 015 35071, 393601075737"), None);
        assert_eq!(of_city(Numbers, "zero"), Some("numbers"));
        assert_eq!(of_city(Recover, "recover"), Some("recover"));
    }

    #[test]
    fn a_secret_s_file_is_its_owner_s_alone() {
        let judged = |mode, owner| {
            let seen = Ok(Rights { mode, owner, owner_of_folder: 10001 });
            judge_file(Path::new("/keys/x"), &seen).map(|bad| bad.code)
        };
        assert_eq!([judged(0o400, 10001), judged(0o600, 10001)], [None, None]);
        assert_eq!([judged(0o440, 10001), judged(0o400, 0)], [Some("open"), Some("owner")]);
        let missing = rights(Path::new("/not/there"));
        assert_eq!(judge_file(Path::new("/not/there"), &missing).map(|bad| bad.code), Some("unreadable"));
    }
}
