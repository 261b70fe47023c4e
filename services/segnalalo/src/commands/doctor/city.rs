//! The city's files, read as the processes read them.

use super::finding::{Finding, causes, or_ok};
use segnalalo_kit::city::{Dates, Offices, Register, Streets, calendar, retention};
use std::path::Path;

/// Each file is read by all who read it; a fault names file and key.
pub fn look(city: &Path) -> Vec<Finding> {
    let reads: [Result<(), String>; 10] = [
        said(Offices::load(city)),
        said(calendar::load(city)),
        said(Dates::load(city)),
        said(Register::load(city)),
        said(Streets::load(city)),
        said(retention::load(city)),
        said(segnalalo_ingest_facebook::channels::hashtag(city)),
        said(segnalalo_triage::classify::Classifier::load(city)),
        said(segnalalo_notifier::messages::Messages::load(city)),
        segnalalo_registry::register::forms::Page::load(city).map(|_| ()).map_err(|error| format!("{error:#}")),
    ];
    let read = reads.len();
    let mut faults = reads.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    faults.sort();
    faults.dedup();
    let bad = faults.into_iter().map(|why| Finding::error("city", "wrong").with("why", why)).collect();
    or_ok(bad, Finding::ok("city", "ok").with("city", city.display()).with("count", read))
}

fn said<T, E: std::error::Error>(read: Result<T, E>) -> Result<(), String> {
    read.map(|_| ()).map_err(|error| causes(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::PathBuf};

    fn biella() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")
    }

    #[test]
    fn biella_s_files_are_right_and_a_broken_one_is_named() {
        assert_eq!(look(&biella()).iter().map(|finding| finding.code).collect::<Vec<_>>(), ["ok"]);
        let place = tempfile::tempdir().unwrap();
        copy(&biella(), place.path());
        fs::write(place.path().join("dates.toml"), "nonsense").unwrap();
        let findings = look(place.path());
        assert!(findings.iter().all(|finding| finding.code == "wrong"), "{findings:?}");
        assert!(format!("{findings:?}").contains("dates.toml"), "{findings:?}");
    }

    fn copy(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
            let target = to.join(entry.file_name().unwrap());
            if entry.is_dir() {
                fs::create_dir(&target).unwrap();
                copy(&entry, &target);
            } else {
                fs::copy(&entry, target).unwrap();
            }
        }
    }
}
