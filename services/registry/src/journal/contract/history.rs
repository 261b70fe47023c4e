//! Proving a history, and moving it from one log to another.

use super::contract;
use crate::journal::{
    Error, Journal,
    archive::{self, Imported},
    fixtures::{all, batch, cause, fill, opening_of, ticket},
    verify::verify,
};
use bytes::Bytes;
use segnalalo_proto::record;

contract! {
    fn verify_names_the_record_in_which_a_bit_was_flipped<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 40);
        let records = all(&journal);
        for position in [1, 17, 40] {
            let good = &records[position as usize - 1];
            for bit in [0, 39, 300, good.len() * 8 - 1] {
                let mut bytes = good.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                E::overwrite(&journal, position, bytes.into());
                let report = verify(&*journal.reader()).unwrap();
                assert_eq!(report.fault.map(|fault| fault.position), Some(position), "bit {bit}");
                assert_eq!(report.records, position - 1);
            }
            E::overwrite(&journal, position, good.clone());
        }
        assert_eq!(verify(&*journal.reader()).unwrap().fault, None);
    }

    /// Every byte of the log, one of its bits each: which one changes from byte to byte and from record to record.
    fn verify_names_the_record_of_any_byte_in_which_a_bit_was_flipped<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 12);
        for (position, good) in (1_u64..).zip(all(&journal)) {
            for byte in 0..good.len() {
                let mut bytes = good.to_vec();
                bytes[byte] ^= 1 << ((byte as u64 + position) % 8);
                E::overwrite(&journal, position, bytes.into());
                let report = verify(&*journal.reader()).unwrap();
                assert_eq!(report.fault.map(|fault| fault.position), Some(position), "byte {byte} of {position}");
                assert_eq!(report.records, position - 1);
            }
            E::overwrite(&journal, position, good);
        }
        assert_eq!(verify(&*journal.reader()).unwrap().fault, None);
    }

    fn verify_names_the_place_where_a_record_was_dropped_swapped_or_put_in<E>() {
        const LAST: usize = 15;
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, LAST as u64);
        let good = all(&original);
        let first_fault = |records: &[Bytes]| {
            let engine = E::new();
            let mut journal = engine.open();
            journal.import(&good).unwrap();
            for (position, bytes) in (1..).zip(records.iter().take(LAST)) {
                E::overwrite(&journal, position, bytes.clone());
            }
            verify(&*journal.reader()).unwrap().fault.map(|fault| fault.position as usize)
        };
        assert_eq!(first_fault(&good), None);
        for at in 0..LAST - 1 {
            let mut dropped = good.clone();
            dropped.remove(at);
            assert_eq!(first_fault(&dropped), Some(at + 1), "dropped");
            let mut swapped = good.clone();
            swapped.swap(at, at + 1);
            assert_eq!(first_fault(&swapped), Some(at + 1), "swapped with its neighbour");
            let mut inserted = good.clone();
            inserted.insert(at + 1, good[at].clone());
            assert_eq!(first_fault(&inserted), Some(at + 2), "put in a second time");
        }
        let mut swapped = good.clone();
        swapped.swap(2, 12);
        assert_eq!(first_fault(&swapped), Some(3), "swapped with a distant one");
    }

    fn verify_finds_a_record_that_was_replaced_by_a_well_formed_one<E>() {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 20);
        let records = all(&journal);
        for position in [9, 20] {
            let good = &records[position as usize - 1];
            let mut forged = record::decode(good).unwrap();
            forged.envelope.trace_parent = "forged".to_owned();
            let bytes = record::encode_envelope(&forged.prev, &forged.envelope);
            E::overwrite(&journal, position, bytes.into());
            let fault = verify(&*journal.reader()).unwrap().fault.unwrap();
            // The chain breaks at the next record, or at the head that the log remembers.
            assert_eq!(fault.position, (position + 1).min(20), "{}", fault.what);
            E::overwrite(&journal, position, good.clone());
        }
    }

    fn a_suffix_of_the_same_history_is_imported_byte_for_byte<E>() {
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, 60);
        let records = all(&original);
        let target = E::new();
        let mut journal = target.open();
        journal.import(&records[..20]).unwrap();
        journal.import(&records[20..]).unwrap();
        journal.import(&[]).unwrap();
        assert_eq!(all(&journal), records);
        drop(journal);
        let mut journal = target.open();
        let (reader, original) = (journal.reader(), original.reader());
        assert_eq!(reader.head(), original.head());
        assert_eq!(reader.handled(&cause(33)).unwrap(), Some(33));
        assert_eq!(reader.stream_version(&ticket(2)).unwrap(), original.stream_version(&ticket(2)).unwrap());
        journal.append(&[batch(500).expecting(ticket(2), 12).note(ticket(2), 10)]).unwrap();
    }

    fn a_suffix_of_another_history_is_refused_whole<E>() {
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, 10);
        let records = all(&original);
        let target = E::new();
        let mut journal = target.open();
        journal.append(&[opening_of(2)]).unwrap();
        let error = journal.import(&records[1..]).unwrap_err();
        assert!(matches!(error, Error::Fork { position: 2 }), "{error:?}");
        let target = E::new();
        let mut journal = target.open();
        journal.import(&records[..3]).unwrap();
        let gap = journal.import(&records[4..]).unwrap_err();
        assert!(matches!(gap, Error::Refused { position: 4, .. }), "{gap:?}");
        let mut bytes = records[4].to_vec();
        bytes[50] ^= 1;
        let damaged = journal.import(&[records[3].clone(), bytes.into()]).unwrap_err();
        assert!(matches!(damaged, Error::Refused { position: 5, .. }), "{damaged:?}");
        assert_eq!(journal.reader().head().position, 3);
    }

    fn a_record_of_an_unknown_kind_is_imported_and_counted<E>() {
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, 3);
        let mut records = all(&original);
        let last = record::decode(&records[2]).unwrap();
        let mut newer = last.envelope;
        newer.stream = "neighbourhood/riva".to_owned();
        (newer.version, newer.event) = (1, None);
        records[2] = record::encode_envelope(&last.prev, &newer).into();
        let target = E::new();
        let mut journal = target.open();
        journal.import(&records).unwrap();
        let report = verify(&*journal.reader()).unwrap();
        assert_eq!((report.fault, report.unknown, report.records), (None, 1, 3));
    }

    fn an_exported_log_is_imported_into_an_empty_or_a_shorter_one<E>() {
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, 600);
        let mut file = Vec::new();
        let head = archive::export(&*original.reader(), &mut file).unwrap();
        assert_eq!(head, original.reader().head());
        let target = E::new();
        let mut journal = target.open();
        let imported = archive::import(&mut journal, file.as_slice()).unwrap();
        assert_eq!(imported, Imported { known: 0, added: 600 });
        assert_eq!(all(&journal), all(&original));
        original.append(&[batch(9000).note(ticket(1), 10)]).unwrap();
        file.clear();
        archive::export(&*original.reader(), &mut file).unwrap();
        let imported = archive::import(&mut journal, file.as_slice()).unwrap();
        assert_eq!(imported, Imported { known: 600, added: 1 });
        assert_eq!(journal.reader().head(), original.reader().head());
    }

    fn an_export_that_is_cut_damaged_or_foreign_is_refused<E>() {
        let source = E::new();
        let mut original = source.open();
        fill(&mut original, 5);
        let mut file = Vec::new();
        archive::export(&*original.reader(), &mut file).unwrap();
        let import = |bytes: &[u8]| archive::import(&mut E::new().open(), bytes);
        for length in 0..file.len() {
            let error = import(&file[..length]).unwrap_err();
            let named = matches!(error, archive::Error::CutOff(_) | archive::Error::NotAnExport);
            assert!(named, "{length}: {error:?}");
        }
        assert!(matches!(import(b"PK\x03\x04 and so on, a zip file"), Err(archive::Error::NotAnExport)));
        let mut longer = file.clone();
        longer.push(0);
        assert!(matches!(import(&longer), Err(archive::Error::Damaged { after: 5, .. })));
        let mut flipped = file.clone();
        let middle = file.len() / 2;
        flipped[middle] ^= 1;
        assert!(import(&flipped).is_err());
        let target = E::new();
        let mut other = target.open();
        other.append(&[opening_of(2)]).unwrap();
        let error = archive::import(&mut other, file.as_slice()).unwrap_err();
        assert!(matches!(error, archive::Error::Journal(Error::Fork { position: 1 })), "{error:?}");
    }
}
