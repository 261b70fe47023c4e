//! What is particular to sled: its lock, its files, torn tails, lagging indexes, a disk that fails.

use super::{
    super::{
        Error, Journal,
        fixtures::{all, batch, cause, fill, opening, ticket},
        verify::verify,
    },
    Disk, Marker, Sled, disk, keys, open_db, recovery,
};
use std::{io, path::Path};
use tempfile::tempdir;

impl Sled {
    /// Puts other bytes in a record's place, behind the journal's back.
    pub(in super::super) fn overwrite(&self, position: u64, bytes: &[u8]) {
        harm(&self.shared.db, |batch, _| keys::insert_record(batch, position, bytes));
    }
}

fn harm(db: &sled::Db, change: impl FnOnce(&mut sled::Batch, &sled::Db)) {
    let mut batch = sled::Batch::default();
    change(&mut batch, db);
    db.apply_batch(batch).unwrap();
    db.flush().unwrap();
}

/// A closed log of so many records, changed behind its back.
fn harmed(folder: &Path, records: u64, change: impl FnOnce(&mut sled::Batch, &sled::Db)) {
    fill(&mut Sled::open(folder).unwrap(), records);
    harm(&open_db(folder).unwrap(), change);
}

#[test]
fn a_second_registry_is_told_that_the_log_is_in_use() {
    let folder = tempdir().unwrap();
    let journal = Sled::open(folder.path()).unwrap();
    let error = Sled::open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Locked(_)), "{error:?}");
    drop(journal);
    Sled::open(folder.path()).unwrap();
}

#[test]
fn nothing_is_kept_outside_the_synced_file() {
    let folder = tempdir().unwrap();
    let mut journal = Sled::open(folder.path()).unwrap();
    journal.append(&[opening()]).unwrap();
    for number in 1..40 {
        let large = if number % 10 == 0 { 3_000_000 } else { 6_100 };
        let group = [batch(number).note(ticket(1), large).note(ticket(2), 6_100)];
        journal.append(&group).unwrap();
        assert_eq!(blobs(folder.path()), 0);
    }
    drop(journal);
    let journal = Sled::open(folder.path()).unwrap();
    assert_eq!(verify(&*journal.reader()).unwrap().records, 79);
    assert_eq!(blobs(folder.path()), 0);
}

fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("blobs")).unwrap().count()
}

#[test]
fn a_torn_tail_is_cut_off_set_aside_and_mended_by_an_import() {
    let folder = tempdir().unwrap();
    let mut journal = Sled::open(folder.path()).unwrap();
    fill(&mut journal, 1500);
    let records = all(&journal);
    let head = journal.reader().head();
    drop(journal);
    harm(&open_db(folder.path()).unwrap(), |batch, _| {
        batch.remove(keys::piece(b'r', 1498, 0));
        keys::insert_record(batch, 1499, &records[1498][..100]);
        keys::insert_record(batch, 1500, &vec![0; records[1499].len()]);
    });
    let mut journal = Sled::open(folder.path()).unwrap();
    let reader = journal.reader();
    assert_eq!(reader.head().position, 1497);
    assert_eq!(verify(&*reader).unwrap().fault, None);
    assert_eq!(reader.handled(&cause(1497)).unwrap(), Some(1497));
    assert_eq!(reader.handled(&cause(1498)).unwrap(), None);
    assert_eq!(reader.stream_version(&ticket(1500_u64.rem_euclid(5) as u8)).unwrap(), 299);
    assert!(journal.shared.db.contains_key(keys::piece(b'x', 1499, 0)).unwrap());
    journal.import(&records[1497..]).unwrap();
    assert_eq!(journal.reader().head(), head);
    drop((journal, reader));
    assert_eq!(all(&Sled::open(folder.path()).unwrap()), records);
}

#[test]
fn damage_that_good_records_follow_is_refused_and_named() {
    let folder = tempdir().unwrap();
    harmed(folder.path(), 30, |batch, _| keys::insert_record(batch, 20, &[0; 200]));
    for _ in 0..2 {
        let error = Sled::open(folder.path()).err().unwrap();
        assert!(matches!(error, Error::Damaged { position: 20, .. }), "{error:?}");
    }
}

#[test]
fn verify_names_the_record_that_is_missing() {
    let folder = tempdir().unwrap();
    let mut journal = Sled::open(folder.path()).unwrap();
    fill(&mut journal, 20);
    let records = all(&journal);
    for position in 1..=20 {
        harm(&journal.shared.db, |batch, _| batch.remove(keys::piece(b'r', position, 0)));
        let fault = verify(&*journal.reader()).unwrap().fault.unwrap();
        assert_eq!(fault.position, position, "{}", fault.what);
        journal.overwrite(position, &records[position as usize - 1]);
    }
    assert_eq!(verify(&*journal.reader()).unwrap().fault, None);
}

#[test]
fn a_log_of_which_nothing_can_be_read_is_not_thrown_away() {
    let folder = tempdir().unwrap();
    harmed(folder.path(), 10, |batch, _| {
        (1..=10).for_each(|position| keys::insert_record(batch, position, &[0; 200]));
    });
    let error = Sled::open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Damaged { position: 1, .. }), "{error:?}");
}

#[test]
fn a_record_of_a_newer_format_is_not_taken_for_a_torn_one() {
    let folder = tempdir().unwrap();
    harmed(folder.path(), 10, |batch, db| {
        let key = keys::piece(b'r', 10, 0);
        let mut bytes = db.get(&key).unwrap().unwrap().to_vec();
        bytes[0] = 2;
        batch.insert(key, bytes);
    });
    let error = Sled::open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Damaged { position: 10, .. }), "{error:?}");
}

#[test]
fn a_broken_chain_is_refused_at_opening() {
    let folder = tempdir().unwrap();
    let mut other = super::super::Memory::default();
    other.append(&[super::super::fixtures::opening_of(2)]).unwrap();
    let foreign = all(&other).remove(0);
    harmed(folder.path(), 10, |batch, _| keys::insert_record(batch, 1, &foreign));
    let error = Sled::open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Damaged { position: 2, .. }), "{error:?}");
}

#[test]
fn indexes_that_lag_or_are_missing_are_built_anew() {
    let changes: [fn(&mut sled::Batch); 4] = [
        |batch| batch.remove(&b"m"[..]),
        |batch| batch.remove(keys::cause(&cause(2490))),
        |batch| {
            let stream = super::super::draft::StreamKey::of(&ticket(3));
            batch.insert(keys::stream_head(&stream), &7_u64.to_be_bytes());
        },
        |batch| {
            let stream = super::super::draft::StreamKey::of(&ticket(4));
            batch.remove(keys::version(&stream, 500));
        },
    ];
    let folder = tempdir().unwrap();
    fill(&mut Sled::open(folder.path()).unwrap(), 2500);
    for change in changes {
        harm(&open_db(folder.path()).unwrap(), |batch, _| change(batch));
        let mut journal = Sled::open(folder.path()).unwrap();
        let reader = journal.reader();
        assert_eq!(reader.head().position, 2500);
        assert_eq!(reader.stream_version(&ticket(3)).unwrap(), 500);
        assert_eq!(reader.read_stream(&ticket(4), 0, 1000).unwrap().len(), 500);
        for number in [2, 1300, 2490] {
            assert_eq!(reader.handled(&cause(number)).unwrap(), Some(number));
        }
        let conflict = journal.append(&[batch(9999).expecting(ticket(3), 7).note(ticket(3), 1)]);
        assert!(matches!(conflict, Err(Error::VersionConflict { actual: 500, .. })));
    }
}

struct Failing {
    left: u32,
}

impl Disk for Failing {
    fn sync(&mut self) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or_else(|| io::Error::other("EIO"))?;
        Ok(())
    }
}

#[test]
fn after_a_failed_sync_nothing_is_shown_and_nothing_more_is_written() {
    let folder = tempdir().unwrap();
    let db = open_db(folder.path()).unwrap();
    let head = recovery::recover(&db, &mut Failing { left: 0 }).unwrap();
    let marker = Marker::look(folder.path()).unwrap();
    let mut journal = Sled::with_disk(db, head, Box::new(Failing { left: 2 }), marker);
    journal.append(&[opening()]).unwrap();
    journal.append(&[batch(1).note(ticket(1), 10)]).unwrap();
    let durable = journal.reader().head();
    let error = journal.append(&[batch(2).note(ticket(1), 10)]).unwrap_err();
    assert!(matches!(error, Error::Fatal(_)), "{error:?}");
    let reader = journal.reader();
    assert_eq!(reader.head(), durable);
    assert_eq!(reader.read(3).unwrap(), None);
    assert_eq!(reader.read_all(0, 10).unwrap().len(), 2);
    assert_eq!(reader.stream_version(&ticket(1)).unwrap(), 1);
    assert_eq!(reader.read_stream(&ticket(1), 0, 10).unwrap().len(), 1);
    assert_eq!(reader.handled(&cause(2)).unwrap(), None);
    assert_eq!(*reader.subscribe().borrow(), 2);
    let error = journal.append(&[batch(3).note(ticket(1), 10)]).unwrap_err();
    assert!(matches!(error, Error::Halted), "{error:?}");
    assert!(matches!(journal.import(&[]), Err(Error::Halted)));
}

#[test]
fn one_group_takes_one_sync() {
    let folder = tempdir().unwrap();
    let db = open_db(folder.path()).unwrap();
    let mut real = disk::OneHandle::open(folder.path()).unwrap();
    let head = recovery::recover(&db, &mut real).unwrap();
    let marker = Marker::look(folder.path()).unwrap();
    let mut journal = Sled::with_disk(db, head, Box::new(Failing { left: 2 }), marker);
    journal.append(&[opening()]).unwrap();
    let group: Vec<_> = (1..=64).map(|number| batch(number).note(ticket(1), 10)).collect();
    journal.append(&group).unwrap();
    assert_eq!(journal.reader().head().position, 65);
}

#[test]
fn a_log_that_lost_everything_is_not_taken_for_a_new_one() {
    for name in ["db", "conf"] {
        let folder = tempdir().unwrap();
        fill(&mut Sled::open(folder.path()).unwrap(), 10);
        // sled's threads may hold the files a moment longer.
        drop(open_db(folder.path()).unwrap());
        let file = folder.path().join(name);
        let size = std::fs::metadata(&file).unwrap().len();
        std::fs::write(&file, vec![0; size as usize]).unwrap();
        let error = Sled::open(folder.path()).err().unwrap();
        assert!(matches!(error, Error::Unopenable { .. }), "{name}: {error:?}");
    }
}

#[test]
fn a_file_in_the_folders_place_is_refused_with_its_name() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("log");
    std::fs::write(&file, b"").unwrap();
    let error = Sled::open(&file).err().unwrap();
    assert!(matches!(&error, Error::Unopenable { folder, .. } if *folder == file), "{error:?}");
}
