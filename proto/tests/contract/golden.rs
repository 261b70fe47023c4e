//! Golden files: the bytes of every version of every event, as they may stand in a log. They must be readable for
//! ever. A file is written once (`UPDATE_GOLDEN=1`, for events that have none yet) and never changed after that.

use crate::{samples, source::Source};
use segnalalo_domain::event::Recorded;
use segnalalo_proto::{convert, event_name, record};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("v{version}"))
}

/// The first version of every event, and its newest where that is another; each with its folder. Files of versions
/// between stay and are read as well.
fn goldens() -> Vec<(u32, Recorded)> {
    let version = |sample: &Recorded| convert::to_wire(sample).schema_version;
    let newer = samples::all(Source::newest).into_iter().map(|sample| (version(&sample), sample));
    let first = samples::all(Source::full).into_iter().map(|sample| (1, sample));
    first.chain(newer.filter(|(version, _)| *version > 1)).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test has no kit::config, and nothing in production reads this")]
fn may_write() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1")
}

fn write_missing() {
    for (version, sample) in goldens() {
        fs::create_dir_all(folder(version)).unwrap();
        let path = folder(version).join(event_name(&sample.event));
        let binary = path.with_extension("bin");
        if !binary.exists() {
            fs::write(binary, record::encode(&record::NO_PREVIOUS, &sample)).unwrap();
            // For people only: no test reads it.
            fs::write(path.with_extension("txt"), format!("{sample:#?}\n")).unwrap();
        }
    }
}

#[test]
fn what_was_written_once_is_read_as_it_was_meant() {
    if may_write() {
        write_missing();
    }
    for (version, sample) in goldens() {
        let path = folder(version).join(event_name(&sample.event)).with_extension("bin");
        let bytes = fs::read(&path)
            .unwrap_or_else(|_| panic!("{} is missing: a new event? UPDATE_GOLDEN=1 writes it", path.display()));
        let record = record::decode(&bytes).unwrap();
        assert_eq!(record.envelope.schema_version, version, "{}", path.display());
        assert_eq!(
            convert::from_wire(record.envelope),
            Ok(sample),
            "{}: old logs hold this. If its meaning changed, that is a new version (convert::schema)",
            path.display()
        );
    }
}

#[test]
fn no_golden_file_lost_its_event() {
    let known: BTreeSet<_> = samples::all(Source::full).iter().map(|sample| event_name(&sample.event)).collect();
    for entry in fs::read_dir(folder(1)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(known.contains(name), "{name} is in old logs and can't be read any more");
    }
}
