//! The log under force: the process killed in the middle of appends, the end of its file torn.

use super::{
    super::{
        Error, Journal,
        fixtures::{all, batch, fill, opening, ticket},
        verify::verify,
    },
    Sled,
};
use bytes::Bytes;
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};
use tempfile::tempdir;

const FOLDER: &str = "SEGNALALO_TEST_LOG";

#[expect(clippy::disallowed_methods, reason = "how a test tells its child process where to write")]
fn folder_of_child() -> Option<String> {
    std::env::var(FOLDER).ok()
}

/// Runs in the child: appends until it is killed, and says what is acknowledged.
#[test]
fn child_of_the_next_test() {
    let Some(folder) = folder_of_child() else {
        return;
    };
    let mut journal = Sled::open(Path::new(&folder)).unwrap();
    let mut number = journal.reader().head().position;
    if number == 0 {
        journal.append(&[opening()]).unwrap();
    }
    loop {
        let group: Vec<_> = (0..5)
            .map(|_| {
                number += 1;
                let size = if number.is_multiple_of(50) { 40_000 } else { 300 };
                batch(number).note(ticket((number % 7) as u8), size)
            })
            .collect();
        let ranges = journal.append(&group).unwrap();
        println!("acknowledged {}", ranges[4].end - 1);
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_the_kill_of_the_process() {
    let folder = tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 1..=5_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_of_the_next_test", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let Some(position) = line.unwrap().strip_prefix("acknowledged ").map(str::to_owned) else {
                continue;
            };
            acknowledged = position.parse().unwrap();
            if acknowledged >= round * 150 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let journal = Sled::open(folder.path()).unwrap();
        let report = verify(&*journal.reader()).unwrap();
        assert_eq!(report.fault, None);
        assert!(report.records >= acknowledged, "{} < {acknowledged}", report.records);
        // Whole groups only.
        assert_eq!((report.records - 1) % 5, 0);
    }
    assert!(acknowledged >= 750);
}

#[test]
fn a_file_with_a_torn_end_gives_a_shorter_log_or_none_but_never_a_wrong_one() {
    let source = tempdir().unwrap();
    let mut journal = Sled::open(source.path()).unwrap();
    fill(&mut journal, 400);
    let records = all(&journal);
    // Still open: the files are as a crash leaves them, and all that is torn is the last that was written.
    for kept in tear_everywhere(source.path(), &records) {
        let kept = kept.expect("sled goes on from the last whole group");
        assert_eq!((kept - 1) % 64, 0, "{kept} isn't the end of a group");
    }
    drop(journal);
    // Opened again, and so summed up by sled: what is torn now isn't the end, and may be more than it can bear.
    drop(Sled::open(source.path()).unwrap());
    tear_everywhere(source.path(), &records);
}

/// How many records are left after each tear; `None` where the log refuses to open.
fn tear_everywhere(source: &Path, records: &[Bytes]) -> Vec<Option<u64>> {
    let size = fs::metadata(source.join("db")).unwrap().len();
    let tear_at = |step: u64| {
        let folder = tempdir().unwrap();
        copy(source, folder.path());
        let at = (size * step / 40 + 4_321).min(size);
        tear(&folder.path().join("db"), at, size, step.is_multiple_of(2));
        match Sled::open(folder.path()) {
            Ok(journal) => Some(check(journal, records)),
            Err(Error::Unopenable { .. } | Error::Damaged { .. }) => None,
            Err(error) => panic!("torn at {at} of {size}: {error:?}"),
        }
    };
    (0..40).map(tear_at).collect()
}

/// The log is the beginning of the one it was, and the rest can be imported. How long it was.
fn check(mut journal: Sled, records: &[Bytes]) -> u64 {
    let kept = all(&journal);
    assert_eq!(kept, records[..kept.len()]);
    assert_eq!(verify(&*journal.reader()).unwrap().fault, None);
    journal.import(&records[kept.len()..]).unwrap();
    assert_eq!(all(&journal), records);
    kept.len() as u64
}

fn tear(file: &Path, at: u64, size: u64, cut: bool) {
    let mut bytes = fs::read(file).unwrap();
    bytes.truncate(at as usize);
    if !cut {
        bytes.resize(size as usize, 0);
    }
    fs::write(file, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
