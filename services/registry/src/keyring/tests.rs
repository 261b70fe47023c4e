use super::*;
use crate::{
    journal::{Batch, Journal as _, Memory},
    world::World,
};
use segnalalo_domain::{Timestamp, event::Stream, id::MessageId, sealed::Place};
use segnalalo_kit::config::Vars;

const OWNER: PersonId = PersonId([1; 16]);
const LOCK: Lock = Lock { owner: OWNER, scope: Scope::Message(MessageId([2; 16])) };
const PLACE: Place = Place { stream: Stream::Register, version: 1 };

fn master(text: &str) -> MasterKey {
    let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", format!("{text}, and long enough for any test"))]);
    MasterKey::from_vars(&vars).unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn content() -> PersonalContent {
    PersonalContent { text: "Buca in via Italia".into(), ..PersonalContent::default() }
}

fn locked(keyring: &Keyring) -> Sealed {
    let (id, key) = keyring.key_for(&LOCK).unwrap();
    keyring.sync().unwrap();
    sealed::lock(&sealed::seal(None, &content()).payload, OWNER, id, &key, PLACE)
}

/// A log that this keyring locks.
fn log_of(id: KeyringId) -> Memory {
    let mut journal = Memory::default();
    journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH).locked_by(id)]).unwrap();
    journal
}

#[test]
fn a_scope_has_one_key_also_after_a_restart_and_another_scope_another() {
    let folder = folder();
    let keyring = Keyring::create(folder.path(), &master("one")).unwrap();
    let sealed = locked(&keyring);
    let key = keyring.key_for(&LOCK).unwrap();
    let other = Lock { scope: Scope::Media(MessageId([2; 16])), ..LOCK };
    assert_ne!(keyring.key_for(&other).unwrap().0, key.0);
    drop(keyring);
    let keyring = Keyring::open(folder.path(), &master("one"), None).unwrap().unwrap();
    assert_eq!(keyring.key_for(&LOCK).unwrap(), key);
    assert_eq!(keyring.open(&sealed).unwrap(), content());
    assert_eq!(keyring.of_owner(OWNER).unwrap(), [(key.0, LOCK.scope)], "what wasn't synced is not there");
}

#[test]
fn what_was_erased_does_not_open_again_and_the_scope_gets_a_new_key() {
    let folder = folder();
    let keyring = Keyring::create(folder.path(), &master("one")).unwrap();
    let sealed = locked(&keyring);
    let key = sealed.key().unwrap();
    assert_eq!(keyring.erase(&[key]).unwrap(), 1);
    assert!(matches!(keyring.open(&sealed), Err(sealed::Error::Erased)));
    assert_ne!(keyring.key_for(&LOCK).unwrap().0, key);
    assert!(keyring.of_owner(OWNER).unwrap().is_empty());
    drop(keyring);
    let keyring = Keyring::open(folder.path(), &master("one"), None).unwrap().unwrap();
    assert!(matches!(keyring.open(&sealed), Err(sealed::Error::Erased)));
}

#[test]
fn a_kill_between_an_erasure_s_event_and_the_deletion_is_finished_at_the_next_start() {
    let keyring = Keyring::temporary(&master("one")).unwrap();
    let sealed = locked(&keyring);
    let mut journal = log_of(keyring.id());
    let erased = Batch::erased_again(vec![sealed.key().unwrap()], Timestamp::UNIX_EPOCH);
    journal.append(&[erased]).unwrap();
    assert_eq!(keyring.open(&sealed).unwrap(), content());
    let mut tally = tally::Tally::default();
    World::replay(&*journal.reader(), &keyring, |recorded| tally.note(recorded)).unwrap();
    let settled = tally.settle(&keyring, Path::new("nowhere")).unwrap();
    assert!(settled.back, "what was read with it is read again");
    assert!(matches!(keyring.open(&sealed), Err(sealed::Error::Erased)));
    assert_eq!(tally.settle(&keyring, Path::new("nowhere")).unwrap(), tally::Settled::default());
}

#[test]
fn no_key_stands_readable_in_the_folder() {
    let folder = folder();
    let keyring = Keyring::create(folder.path(), &master("one")).unwrap();
    let (_, key) = keyring.key_for(&LOCK).unwrap();
    keyring.sync().unwrap();
    let (pepper, root) = (keyring.pepper, keyring.store.root().clone());
    drop(keyring);
    let bytes = std::fs::read(folder.path().join("db")).unwrap();
    for secret in [key.expose(), &pepper, root.expose()] {
        assert!(!bytes.windows(32).any(|window| window == secret));
    }
}

#[test]
fn the_master_secret_is_replaced_by_giving_both_once() {
    let folder = folder();
    let (old, new) = (master("one"), master("two"));
    let keyring = Keyring::create(folder.path(), &old).unwrap();
    let (sealed, pepper) = (locked(&keyring), keyring.pepper());
    drop(keyring);
    assert!(matches!(Keyring::open(folder.path(), &new, None), Err(Error::OtherMaster(_))));
    drop(Keyring::open(folder.path(), &new, Some(&old)).unwrap().unwrap());
    assert!(matches!(Keyring::open(folder.path(), &old, None), Err(Error::OtherMaster(_))));
    let keyring = Keyring::open(folder.path(), &new, None).unwrap().unwrap();
    assert_eq!(keyring.open(&sealed).unwrap(), content());
    assert_eq!(keyring.pepper(), pepper, "everybody is still recognised");
}

#[test]
fn a_log_takes_its_own_keyring_and_no_other_and_none_is_made_over_a_lost_one() {
    let (own, other) = (folder(), folder());
    let master = master("one");
    let keyring = Keyring::create(own.path(), &master).unwrap();
    locked(&keyring);
    let log = log_of(keyring.id());
    let stranger = log_of([9; 16]);
    let plain = {
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH)]).unwrap();
        journal
    };
    drop(keyring);
    let open = |folder: &tempfile::TempDir, log: &Memory| for_log(folder.path(), &*log.reader(), &master, None);
    assert!(open(&own, &log).is_ok());
    assert!(matches!(open(&own, &stranger), Err(Error::Foreign { .. })));
    assert!(matches!(open(&own, &Memory::default()), Err(Error::WithoutLog(_))));
    assert!(matches!(open(&own, &plain), Err(Error::Unsealed)));
    assert!(matches!(open(&other, &log), Err(Error::Missing { .. })));
    assert!(!other.path().join("db").exists(), "looking makes nothing");
    assert!(open(&other, &Memory::default()).is_ok(), "a new log gets a new keyring");
}

#[test]
fn every_refusal_says_what_to_do() {
    let folder = PathBuf::from("data/keyring");
    let refusals = [
        Error::Missing { wanted: [1; 16], folder: folder.clone() },
        Error::Older { missing: 3, first: 17, folder: folder.clone() },
        Error::OtherMaster(folder.clone()),
        Error::WithoutLog(folder),
    ];
    for refusal in refusals.map(|refusal| refusal.to_string()) {
        assert!(refusal.contains("data/keyring") || refusal.contains("REGISTRY_KEYRING"), "{refusal}");
        assert!(["Restore", "Give", "move"].iter().any(|word| refusal.contains(word)), "{refusal}");
    }
}
