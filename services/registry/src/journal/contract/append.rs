//! Appending and reading.

use super::contract;
use crate::journal::{
    Error, Head, Journal,
    fixtures::{all, batch, cause, fill, opening, opening_of, ticket},
    verify::verify,
};
use segnalalo_domain::event::Stream;
use segnalalo_proto::{convert, record};

contract! {
    fn an_empty_log_has_nothing_and_says_so<E>() {
        let engine = E::new();
        let reader = engine.open().reader();
        assert_eq!(reader.head(), Head::EMPTY);
        assert!(reader.read_all(0, 10).unwrap().is_empty());
        assert_eq!(reader.read(0).unwrap(), None);
        assert_eq!(reader.read(1).unwrap(), None);
        assert_eq!(reader.stream_version(&Stream::Log).unwrap(), 0);
        assert_eq!(verify(&*reader).unwrap().fault, None);
    }

    fn records_are_read_in_the_order_they_were_appended<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 200);
        let records = all(&journal);
        assert_eq!(records.len(), 200);
        let mut prev = record::NO_PREVIOUS;
        for (position, bytes) in (1..).zip(&records) {
            let record = record::decode(bytes).unwrap();
            assert_eq!(record.prev, prev);
            prev = record::hash(bytes);
            assert_eq!(convert::from_wire(record.envelope).unwrap().position, position);
        }
        let reader = journal.reader();
        assert_eq!(reader.head(), Head { position: 200, hash: prev });
        assert_eq!(reader.read(7).unwrap().as_ref(), Some(&records[6]));
        assert_eq!(reader.read(201).unwrap(), None);
        assert_eq!(reader.read_all(198, 10).unwrap().len(), 2);
        assert_eq!(reader.read_all(10, 3).unwrap().len(), 3);
        assert!(reader.read_all(u64::MAX, 3).unwrap().is_empty());
    }

    fn a_stream_is_read_from_any_version<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 50);
        let reader = journal.reader();
        let version = reader.stream_version(&ticket(3)).unwrap();
        assert_eq!(version, 10);
        let records = reader.read_stream(&ticket(3), 4, 100).unwrap();
        let versions: Vec<_> = records.iter().map(|(version, _)| *version).collect();
        assert_eq!(versions, [5, 6, 7, 8, 9, 10]);
        for (version, bytes) in records {
            let envelope = record::decode(&bytes).unwrap().envelope;
            assert_eq!((envelope.stream, envelope.version), (ticket(3).to_string(), version));
        }
        assert_eq!(reader.read_stream(&ticket(3), 0, 2).unwrap().len(), 2);
        assert!(reader.read_stream(&ticket(3), 10, 2).unwrap().is_empty());
        assert!(reader.read_stream(&ticket(9), 0, 2).unwrap().is_empty());
    }

    fn a_wrong_version_is_refused_and_nothing_of_the_group_is_written<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 10);
        let before = journal.reader().head();
        let error = journal
            .append(&[
                batch(100).expecting(ticket(7), 0).note(ticket(7), 10),
                batch(101).expecting(ticket(7), 0).note(ticket(7), 10),
            ])
            .unwrap_err();
        assert!(
            matches!(error, Error::VersionConflict { stream, expected: 0, actual: 1 } if stream == ticket(7)),
            "{error:?}"
        );
        let reader = journal.reader();
        assert_eq!(reader.head(), before);
        assert_eq!(reader.stream_version(&ticket(7)).unwrap(), 0);
        assert_eq!(reader.handled(&cause(100)).unwrap(), None);
        assert_eq!(verify(&*reader).unwrap().fault, None);
        journal.append(&[batch(100).expecting(ticket(7), 0).note(ticket(7), 10)]).unwrap();
        assert_eq!(journal.reader().head().position, 11);
    }

    fn the_batches_of_a_group_see_each_other<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        journal.append(&[opening()]).unwrap();
        let ranges = journal
            .append(&[
                batch(1).expecting(ticket(1), 0).note(ticket(1), 10).note(ticket(2), 10),
                batch(2).expecting(ticket(1), 1).note(ticket(1), 10),
                batch(3).expecting(ticket(2), 1).expecting(ticket(1), 2).note(ticket(3), 10),
            ])
            .unwrap();
        assert_eq!(ranges, [2..4, 4..5, 5..6]);
        let reader = journal.reader();
        assert_eq!(reader.stream_version(&ticket(1)).unwrap(), 2);
        assert_eq!(reader.handled(&cause(1)).unwrap(), Some(3));
        assert_eq!(reader.handled(&cause(3)).unwrap(), Some(5));
    }

    fn a_cause_is_handled_once_also_after_reopening<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 10);
        drop(journal);
        let mut journal = engine.open();
        assert_eq!(journal.reader().handled(&cause(4)).unwrap(), Some(4));
        assert_eq!(journal.reader().handled(&cause(400)).unwrap(), None);
        let again = journal.append(&[batch(4).note(ticket(1), 10)]).unwrap_err();
        assert!(matches!(again, Error::AlreadyHandled { position: 4, .. }), "{again:?}");
        let twice = [batch(50).note(ticket(1), 10), batch(50).note(ticket(1), 10)];
        let twice = journal.append(&twice).unwrap_err();
        assert!(matches!(twice, Error::AlreadyHandled { position: 11, .. }), "{twice:?}");
        assert_eq!(journal.reader().head().position, 10);
    }

    fn a_reopened_log_has_the_same_head_and_goes_on<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 100);
        let (head, records) = (journal.reader().head(), all(&journal));
        drop(journal);
        let mut journal = engine.open();
        assert_eq!(journal.reader().head(), head);
        assert_eq!(all(&journal), records);
        journal.append(&[batch(1000).expecting(ticket(3), 20).note(ticket(3), 10)]).unwrap();
        assert_eq!(verify(&*journal.reader()).unwrap().records, 101);
    }

    fn records_of_every_size_come_back_byte_for_byte<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        journal.append(&[opening()]).unwrap();
        let sizes = [0, 1, 6_000, 6_144, 7_168, 7_169, 8_192, 131_072, 140_000, 3_000_000];
        for (number, size) in (1..).zip(sizes) {
            journal.append(&[batch(number).note(ticket(1), size)]).unwrap();
        }
        // Many of them at once: leaves that fill up side by side.
        let group: Vec<_> = (100..160).map(|number| batch(number).note(ticket(2), 7_168)).collect();
        journal.append(&group).unwrap();
        let records = all(&journal);
        for (bytes, size) in records[1..].iter().zip(sizes) {
            assert!(bytes.len() >= size && bytes.len() < size + 400, "{}", bytes.len());
        }
        drop(journal);
        let journal = engine.open();
        assert_eq!(all(&journal), records);
        assert_eq!(verify(&*journal.reader()).unwrap().fault, None);
    }

    fn what_could_not_be_read_back_is_not_written<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        journal.append(&[opening()]).unwrap();
        // A ticket's event on another aggregate's stream.
        let error = journal.append(&[batch(1).note(Stream::Register, 10)]).unwrap_err();
        assert!(matches!(error, Error::Refused { position: 2, .. }), "{error:?}");
        let error = journal.append(&[batch(2)]).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        let error = journal.append(&[batch(3).note(ticket(1), 9_000_000)]).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        assert_eq!(journal.reader().head().position, 1);
    }

    fn a_log_begins_with_its_opening_and_has_no_other<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        let error = journal.append(&[batch(1).note(ticket(1), 10)]).unwrap_err();
        assert!(matches!(error, Error::Refused { position: 1, .. }), "{error:?}");
        journal.append(&[opening()]).unwrap();
        let mut second = opening_of(2);
        second.expected.clear();
        let error = journal.append(&[second]).unwrap_err();
        assert!(matches!(error, Error::Refused { position: 2, .. }), "{error:?}");
    }

    fn subscribers_hear_of_new_records_and_of_the_end<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        let mut head = journal.reader().subscribe();
        assert_eq!(*head.borrow_and_update(), 0);
        fill(&mut journal, 3);
        assert!(head.has_changed().unwrap());
        assert_eq!(*head.borrow_and_update(), 3);
        let reader = journal.reader();
        drop(journal);
        assert!(head.has_changed().is_err());
        assert_eq!(reader.head().position, 3);
    }
}
