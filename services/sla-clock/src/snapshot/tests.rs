use super::*;

const BUILD: Build = Build { size: 1, modified_nanos: 2 };
const MARK: Mark = Mark { position: 7, hash: [9; 32] };

#[test]
fn it_is_read_as_it_was_written_and_by_the_same_build_only() {
    let bytes = encode(&Timers::default(), &MARK, BUILD);
    let (timers, mark) = decode(&bytes, BUILD).unwrap();
    assert_eq!((timers.len(), mark), (0, MARK));
    let other = Build { size: 3, ..BUILD };
    assert!(matches!(decode(&bytes, other), Err(Unusable::OtherBuild)));
}

#[test]
fn whatever_is_damaged_is_known_as_such() {
    let bytes = encode(&Timers::default(), &MARK, BUILD);
    for flipped in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[flipped] ^= 1;
        assert!(decode(&damaged, BUILD).is_err(), "byte {flipped}");
    }
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length], BUILD).is_err(), "length {length}");
    }
}

#[test]
fn a_folder_without_one_says_so_and_the_new_one_takes_the_place_of_the_old() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().join("sla-clock"));
    assert!(matches!(folder.load(BUILD), Err(Unusable::Absent)));
    folder.store(b"half").unwrap();
    assert!(matches!(folder.load(BUILD), Err(Unusable::Damaged)));
    folder.store(&encode(&Timers::default(), &MARK, BUILD)).unwrap();
    assert_eq!(folder.load(BUILD).unwrap().1, MARK);
    let running = Build::running().unwrap();
    assert_eq!(Some(running), Build::running());
    assert_ne!(running, BUILD);
}
