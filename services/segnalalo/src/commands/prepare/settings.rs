//! What the city gives the processes, handed out: each role's folder gets the variables that the role needs, one file
//! each, and no other. They come from a folder of secrets; for a demo, what is missing is drawn or made up.

use super::file;
use crate::failure::Failure;
use std::{fs, path::Path};

/// How a demo gets it.
enum Demo {
    Draw,
    Say(&'static str),
    Never,
}
use Demo::{Draw, Never, Say};

struct Setting {
    variable: &'static str,
    roles: &'static [&'static str],
    demo: Demo,
}

const fn setting(variable: &'static str, roles: &'static [&'static str], demo: Demo) -> Setting {
    Setting { variable, roles, demo }
}

/// Page and number are those of tests/fixtures.
const SETTINGS: [Setting; 23] = [
    setting("SEGNALALO_MASTER_KEY", &["registry", "triage", "notifier", "operator"], Draw),
    setting("SEGNALALO_MASTER_KEY_PREVIOUS", &["registry"], Never),
    setting("SEGNALALO_OPERATOR_KEY", &["registry", "operator"], Draw),
    setting("SEGNALALO_GRPC_TLS_CERT", &["registry"], Never),
    setting("SEGNALALO_GRPC_TLS_KEY", &["registry"], Never),
    setting("SEGNALALO_GRPC_TLS_CLIENT_CA", &["registry"], Never),
    setting("SEGNALALO_REGISTRY_CA", &["notifier", "operator"], Never),
    setting("SEGNALALO_REGISTRY_CERT", &["notifier", "operator"], Never),
    setting("SEGNALALO_REGISTRY_KEY", &["notifier", "operator"], Never),
    setting("FACEBOOK_APP_SECRET", &["ingest-facebook", "graph-sim"], Draw),
    setting("FACEBOOK_APP_SECRET_PREVIOUS", &["ingest-facebook"], Never),
    setting("FACEBOOK_VERIFY_TOKEN", &["ingest-facebook", "graph-sim"], Draw),
    setting("FACEBOOK_PAGE_ID", &["ingest-facebook", "notifier", "graph-sim"], Say("104587321965874")),
    setting("FACEBOOK_PAGE_TOKEN", &["notifier", "graph-sim"], Draw),
    setting("WHATSAPP_APP_SECRET", &["ingest-whatsapp", "graph-sim"], Draw),
    setting("WHATSAPP_APP_SECRET_PREVIOUS", &["ingest-whatsapp"], Never),
    setting("WHATSAPP_VERIFY_TOKEN", &["ingest-whatsapp", "graph-sim"], Draw),
    setting("WHATSAPP_PHONE_NUMBER_ID", &["ingest-whatsapp", "notifier", "graph-sim"], Say("106540352242922")),
    setting("WHATSAPP_TOKEN", &["notifier", "graph-sim"], Draw),
    setting("GRAPH_API_URL", &["notifier", "operator"], Say("http://graph-sim:8090")),
    setting("GRAPH_API_VERSION", &["notifier", "operator"], Never),
    setting("SEGNALALO_PUBLIC_NUMBERS", &["registry"], Never),
    setting(
        "SEGNALALO_DEMO_CLOCK",
        &["registry", "triage", "sla-clock", "notifier", "ingest-facebook", "ingest-whatsapp", "graph-sim", "operator"],
        Say("on"),
    ),
];

/// Says that the keys' folder is a demo's: what was drawn there is kept.
const DEMO: &str = "DEMO";

/// Hands out what `secrets` holds. What it no longer holds is taken away, but in a demo.
///
/// # Errors
/// A file can't be read or written; or a city's secrets would join those of a demo.
pub fn hand_out(keys: &Path, secrets: Option<&Path>, demo: bool) -> Result<(), Failure> {
    let mark = keys.join("broker").join(DEMO);
    if demo && !mark.exists() {
        file::put(&mark, "what is drawn here stands for no city\n", 0o444)?;
    }
    let demo = mark.exists();
    for setting in &SETTINGS {
        let given = secrets.map(|folder| read(&folder.join(setting.variable))).transpose()?.flatten();
        if demo && given.is_some() && matches!(setting.demo, Draw) {
            let why = format!("{}: these keys are a demo's: a city begins with new volumes", setting.variable);
            return Err(Failure::usage(why));
        }
        match given.or(if demo { invented(keys, setting)? } else { None }) {
            Some(value) => each(keys, setting, |file| {
                if read(file)?.as_ref() == Some(&value) { Ok(()) } else { file::put(file, &value, 0o400) }
            })?,
            None => each(keys, setting, |file| match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Failure::failed(format!("{}: {error}", file.display())))
                }
                _ => Ok(()),
            })?,
        }
    }
    Ok(())
}

fn each(keys: &Path, setting: &Setting, mut act: impl FnMut(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
    setting.roles.iter().try_for_each(|role| act(&keys.join(role).join(setting.variable)))
}

/// As it was drawn, for all roles the same.
fn invented(keys: &Path, setting: &Setting) -> Result<Option<String>, Failure> {
    match setting.demo {
        Never => Ok(None),
        Say(value) => Ok(Some(value.to_owned())),
        Draw => {
            for role in setting.roles {
                if let Some(drawn) = read(&keys.join(role).join(setting.variable))? {
                    return Ok(Some(drawn));
                }
            }
            Ok(Some(hex::encode(rand::random::<[u8; 32]>())))
        }
    }
}

/// `None`: it isn't there, or is empty.
fn read(file: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::from(
            anyhow::Error::from(error)
                .context(format!("{}: this program's user must be able to read it", file.display())),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_gets_what_it_needs_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let (keys, secrets) = (place.path().join("keys"), place.path().join("secrets"));
        fs::create_dir(&secrets).unwrap();
        fs::write(secrets.join("FACEBOOK_APP_SECRET"), "s3cret\n").unwrap();
        hand_out(&keys, Some(&secrets), false).unwrap_or_else(|failure| panic!("{failure}"));
        let at = |role: &str| read(&keys.join(role).join("FACEBOOK_APP_SECRET")).ok().flatten();
        assert_eq!(at("ingest-facebook").as_deref(), Some("s3cret"));
        assert_eq!(at("ingest-whatsapp").or_else(|| at("notifier")).or_else(|| at("registry")), None);
        fs::remove_file(secrets.join("FACEBOOK_APP_SECRET")).unwrap();
        hand_out(&keys, Some(&secrets), false).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(at("ingest-facebook"), None, "what is taken back is taken back");
    }

    #[test]
    fn certificates_go_to_those_who_speak_tls_line_by_line_as_they_were() {
        let place = tempfile::tempdir().unwrap();
        let (keys, secrets) = (place.path().join("keys"), place.path().join("secrets"));
        fs::create_dir(&secrets).unwrap();
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        for name in ["SEGNALALO_GRPC_TLS_CERT", "SEGNALALO_GRPC_TLS_KEY", "SEGNALALO_REGISTRY_CA"] {
            fs::write(secrets.join(name), format!("{pem}\n")).unwrap();
        }
        hand_out(&keys, Some(&secrets), false).unwrap_or_else(|failure| panic!("{failure}"));
        let at = |role: &str, name: &str| read(&keys.join(role).join(name)).ok().flatten();
        assert_eq!(at("registry", "SEGNALALO_GRPC_TLS_CERT").as_deref(), Some(pem));
        assert_eq!(at("notifier", "SEGNALALO_REGISTRY_CA"), at("operator", "SEGNALALO_REGISTRY_CA"));
        assert_eq!(at("notifier", "SEGNALALO_GRPC_TLS_KEY"), None);
    }

    #[test]
    fn a_demo_draws_once_and_a_citys_secrets_stay_out_of_it() {
        let place = tempfile::tempdir().unwrap();
        let keys = place.path().join("keys");
        let hand = |secrets: Option<&Path>, demo| hand_out(&keys, secrets, demo);
        hand(None, true).unwrap_or_else(|failure| panic!("{failure}"));
        let key = |role: &str| fs::read_to_string(keys.join(role).join("SEGNALALO_MASTER_KEY")).unwrap();
        let first = key("registry");
        assert_eq!(first, key("notifier"));
        hand(None, false).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(key("triage"), first);
        fs::write(place.path().join("FACEBOOK_APP_SECRET"), "real").unwrap();
        assert!(hand(Some(place.path()), false).unwrap_err().to_string().contains("FACEBOOK_APP_SECRET"));
    }
}
