//! Whether the master key that is given is the one under which the keyring is wrapped, and the keyring the log's. While the
//! registry runs it has the files, and has made sure itself: then it is asked, with the token that comes from the key.

use super::{finding::Finding, place::Place};
use crate::failure::Failure;
use segnalalo_kit::{
    master_key::{MasterKey, Purpose},
    rpc::{self, Rpc},
};
use segnalalo_proto::registry::v1::{ListClientsRequest, client_service_client::ClientServiceClient};
use segnalalo_registry::{
    journal,
    keyring::{
        Error, Keyring,
        tally::{self, Opening},
    },
};
use std::{fs, os::unix::fs::MetadataExt as _, path::Path, time::Duration};
use tonic::Code;

const PATIENCE: Duration = Duration::from_secs(10);

/// What the registry says to who has this master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registry {
    Knows,
    Refuses,
    Away,
}

/// # Errors
/// A variable is wrong.
pub async fn look(place: &Place) -> Result<Finding, Failure> {
    match ask(place).await {
        Registry::Knows => return Ok(Finding::ok("keyring", "running")),
        Registry::Refuses => return Ok(Finding::error("keyring", "refused")),
        Registry::Away => {}
    }
    let vars = place.vars_of("registry");
    // What is wrong with them was said by the check of the variables.
    let (Ok(master), Ok(previous)) = (MasterKey::from_vars(&vars), MasterKey::previous(&vars)) else {
        return Ok(Finding::warning("keyring", "no_master"));
    };
    let data = place.data()?;
    tokio::task::spawn_blocking(move || on_disk(&data, &master, previous.as_ref()))
        .await
        .map_err(|error| Failure::failed(error.to_string()))
}

async fn ask(place: &Place) -> Registry {
    let called = async {
        // The notifier's token always comes out of the master key, the operator's may not; and it knows who vouches for the registry.
        let vars = place.vars_of("notifier").with([(rpc::TOKEN, "")]);
        let rpc = Rpc::from_vars(&vars, Purpose::NotifierToken).ok()?;
        let channel = rpc.endpoint().ok()?.connect_timeout(PATIENCE).timeout(PATIENCE).connect().await.ok()?;
        Some(ClientServiceClient::new(rpc.signed(channel)).list_clients(ListClientsRequest {}).await)
    };
    match tokio::time::timeout(PATIENCE * 2, called).await.ok().flatten() {
        // The notifier may not ask that: who is refused for it is known.
        Some(Err(status)) if status.code() == Code::PermissionDenied => Registry::Knows,
        Some(Err(status)) if status.code() == Code::Unauthenticated => Registry::Refuses,
        Some(Ok(_)) => Registry::Knows,
        _ => Registry::Away,
    }
}

/// Opening a database writes in its folder: only its owner does.
fn on_disk(data: &Path, master: &MasterKey, previous: Option<&MasterKey>) -> Finding {
    let folder = data.join("keyring");
    let about = |finding: Finding| finding.with("folder", folder.display());
    let Ok(owner) = fs::metadata(folder.join("db")).map(|metadata| metadata.uid()) else {
        return about(Finding::ok("keyring", "none"));
    };
    if fs::metadata("/proc/self").map(|own| own.uid()).ok() != Some(owner) {
        return about(Finding::warning("keyring", "not_ours")).with("owner", owner);
    }
    let failed = |finding: Finding, why: &dyn std::fmt::Display| about(finding).with("why", why);
    let keyring = match Keyring::open(&folder, master, previous) {
        Ok(Some(keyring)) => keyring,
        Ok(None) => return about(Finding::ok("keyring", "none")),
        Err(Error::OtherMaster(_)) => return about(Finding::error("keyring", "other_master")),
        Err(error) => return failed(Finding::error("keyring", "broken"), &error),
    };
    let log = data.join("log");
    if !log.join("db").exists() {
        return about(Finding::ok("keyring", "ok"));
    }
    let opened = journal::open(&log).map_err(|error| error.to_string());
    let opening = opened.and_then(|log| tally::keyring_of(log.reader().as_ref()).map_err(|error| error.to_string()));
    match opening {
        Ok(Opening::Keyring(wanted)) if wanted != keyring.id() => about(Finding::error("keyring", "foreign")),
        Ok(_) => about(Finding::ok("keyring", "ok")),
        Err(why) => failed(Finding::error("keyring", "broken"), &why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::config::Vars;

    fn master(text: &str) -> MasterKey {
        MasterKey::from_vars(&Vars::from_pairs([("SEGNALALO_MASTER_KEY", text.repeat(40))])).unwrap()
    }

    #[test]
    fn a_keyring_opens_with_its_own_master_key_alone() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(on_disk(place.path(), &master("a"), None).code, "none");
        drop(Keyring::create(&place.path().join("keyring"), &master("a")).unwrap());
        assert_eq!(on_disk(place.path(), &master("a"), None).code, "ok");
        assert_eq!(on_disk(place.path(), &master("b"), None).code, "other_master");
        let _held = Keyring::open(&place.path().join("keyring"), &master("a"), None).unwrap();
        assert_eq!(on_disk(place.path(), &master("a"), None).code, "broken", "somebody has it open");
    }
}
