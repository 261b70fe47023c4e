//! Daily registers: made once, signed, the same ever after; and the proof of the whole.

use crate::given::{MARIO, Registry};
use segnalalo_domain::{
    desk::Action,
    event::{DayExport, Event, Register},
};
use segnalalo_kit::shutdown::Shutdown;
use segnalalo_proto::convert;
use segnalalo_registry::register::{
    day::Date,
    export::{Error, Exporter},
    forms::Page,
    manifest::{self, Signer},
    shelf::Shelf,
    verify::{Report, Verifier, What},
};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

pub struct Desk {
    pub registry: Registry,
    pub exporter: Arc<Exporter>,
    folder: TempDir,
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

impl Desk {
    pub fn start() -> Self {
        let (registry, folder) = (Registry::start(), tempfile::tempdir().unwrap());
        let exporter = Arc::new(exporter(&registry, folder.path()));
        Self { registry, exporter, folder }
    }

    pub fn verify(&self) -> Report {
        self.verifying(self.exporter.signer.public_key(), |verifier| verifier.register())
    }

    fn verifying<T>(
        &self,
        public_key: [u8; 32],
        look: impl FnOnce(&Verifier<'_>) -> Result<T, segnalalo_registry::journal::Error>,
    ) -> T {
        let noted = |day| self.exporter.exported(day).unwrap();
        let verifier = Verifier {
            reader: &*self.registry.reader,
            opener: &*self.registry.keyring,
            public_key,
            shelf: &self.exporter.shelf,
            noted: &noted,
        };
        look(&verifier).unwrap()
    }

    fn exports(&self) -> Vec<(Date, DayExport)> {
        let records = self.registry.reader.read_all(0, 1000).unwrap();
        let events = records.iter().map(|(_, record)| convert::read(record).unwrap().event);
        events
            .filter_map(|event| match event {
                Event::Register(Register::DayExported { day, export }) => Some((day, *export)),
                _ => None,
            })
            .collect()
    }
}

fn exporter(registry: &Registry, folder: &Path) -> Exporter {
    let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
    Exporter {
        writer: registry.writer.clone(),
        reader: registry.reader.clone(),
        registrar: registry.registrar.clone(),
        page: Page::load(city).unwrap(),
        signer: Arc::new(Signer::new(&registry.keyring.pepper())),
        shelf: Shelf::below(folder),
        clock: registry.clock.clone(),
        turn: tokio::sync::Mutex::default(),
    }
}

#[tokio::test]
async fn a_day_that_is_over_is_signed_and_has_the_same_bytes_ever_after() {
    let desk = Desk::start();
    desk.registry.report("one").await;
    desk.registry.set("2026-11-27T23:59:59+01:00");
    desk.registry.report("two").await;
    let provisional = desk.exporter.day(day("2026-11-27")).await.unwrap();
    assert_eq!(provisional.manifest, None, "the day isn't over");
    assert!(matches!(desk.exporter.day(day("2026-11-29")).await, Err(Error::Future(_))));

    desk.registry.set("2026-11-28T00:00:00+01:00");
    let first = desk.exporter.day(day("2026-11-27")).await.unwrap();
    let (csv, xml, page) = (text(&first.forms.csv), text(&first.forms.xml), text(&first.forms.text));
    assert_eq!(csv.lines().count(), 3, "a header and two rows");
    assert!(csv.contains("0000001;2026;2026-11-27;09:00:00;Segnalazione: Strade"), "{csv}");
    assert!(xml.contains("<NumeroRegistrazione>0000002</NumeroRegistrazione>"), "{xml}");
    assert!(page.contains("2026/0000002  Segnalazione: Strade") && page.contains("23:59:59"), "{page}");
    for form in [&csv, &xml, &page] {
        assert!(!form.contains("Rossi") && !form.contains("393331234567") && !form.contains("Buca"), "{form}");
    }

    // Later: more is registered, an old number annulled, the registry moved.
    desk.registry.set("2026-11-30T10:00:00+01:00");
    desk.registry.report("three").await;
    let ticket = desk.registry.writer.read(|world| *world.desk.register.numbers.values().next().unwrap());
    let annul = Action::AnnulProtocol { reason: "registrata due volte".into(), act: "determina 12/2026".into() };
    desk.registry.acts(ticket, annul).await;
    assert_eq!(desk.exporter.day(day("2026-11-27")).await.unwrap(), first);
    let elsewhere = tempfile::tempdir().unwrap();
    let again = exporter(&desk.registry, elsewhere.path()).day(day("2026-11-27")).await.unwrap();
    assert_eq!(again, first, "written anew from the log alone");

    // The annulment is of its own day.
    desk.registry.set("2026-12-01T10:00:00+01:00");
    let later = desk.exporter.day(day("2026-11-30")).await.unwrap();
    let csv = text(&later.forms.csv);
    assert!(csv.contains("annullamento;0000001;2026") && csv.contains("determina 12/2026"), "{csv}");
    let (_, export) = manifest::read(&later.manifest.unwrap()).unwrap();
    assert_eq!((export.registrations, export.annulments), (1, 1));
    assert_eq!(desk.verify().faults, []);
}

#[tokio::test]
async fn the_nightly_export_catches_up_after_the_system_was_down_and_does_each_day_once() {
    let desk = Desk::start();
    desk.registry.report("one").await;
    desk.registry.set("2026-11-30T10:00:00+01:00");
    desk.registry.report("two").await;
    desk.registry.set("2026-12-24T10:00:00+01:00");
    for _ in 0..2 {
        let shutdown = Shutdown::new();
        let running = tokio::spawn(desk.exporter.clone().run(shutdown.clone()));
        while desk.exports().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        shutdown.cancel();
        running.await.unwrap();
    }
    let days = desk.exports().into_iter().map(|(day, _)| day.to_string()).collect::<Vec<_>>();
    assert_eq!(days, ["2026-11-27", "2026-11-30"]);
    for file in ["11-27.csv", "11-27.xml", "11-27.txt", "11-27.sig", "11-30.sig"] {
        assert!(desk.folder.path().join("registers/2026").join(file).is_file(), "{file}");
    }
    let report = desk.verify();
    assert_eq!((report.numbers, report.days, report.recomputed, report.faults), (2, 2, 2, vec![]));
}

#[tokio::test]
async fn after_an_erasure_the_register_is_clean_and_says_what_was_erased() {
    let desk = Desk::start();
    desk.registry.report("one").await;
    desk.registry.set("2026-11-28T10:00:00+01:00");
    let before = desk.exporter.day(day("2026-11-27")).await.unwrap();
    desk.registry.erase(MARIO).await;
    let report = desk.verify();
    assert_eq!((report.numbers, report.recomputed, report.erased, report.faults), (1, 0, 1, vec![]));
    let elsewhere = tempfile::tempdir().unwrap();
    let again = exporter(&desk.registry, elsewhere.path());
    assert_eq!(again.day(day("2026-11-27")).await.unwrap(), before, "nothing of him was in it");
    let senders = again.with_senders(day("2026-11-27"), &*desk.registry.keyring).unwrap();
    assert!(text(&senders).lines().nth(1).unwrap().ends_with(";-"), "{}", text(&senders));
}

#[tokio::test]
async fn the_senders_are_shown_only_where_they_were_asked_for() {
    let desk = Desk::start();
    desk.registry.report("one").await;
    let senders = desk.exporter.with_senders(day("2026-11-27"), &*desk.registry.keyring).unwrap();
    assert!(text(&senders).contains("Mario Rossi 393331234567"), "{}", text(&senders));
}

#[tokio::test]
async fn a_changed_file_a_forged_manifest_and_a_foreign_key_are_named() {
    let desk = Desk::start();
    desk.registry.report("one").await;
    desk.registry.set("2026-11-28T10:00:00+01:00");
    let exported = desk.exporter.day(day("2026-11-27")).await.unwrap();
    let own = desk.exporter.signer.public_key();
    let faults = |key: [u8; 32], manifest: &str, files: &[(String, [u8; 32])]| {
        let mut report = Report::default();
        desk.verifying(key, |verifier| verifier.manifest(manifest, files, &mut report));
        report.faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>()
    };
    let manifest = exported.manifest.unwrap();
    assert_eq!(faults(own, &manifest, &[]), []);
    assert_eq!(faults([9; 32], &manifest, &[]), [What::ForeignKey]);
    assert_eq!(faults(own, &manifest, &[("csv".to_owned(), [0; 32])]), [What::File]);
    let more = manifest.replace("registrations 1", "registrations 2");
    assert_eq!(faults(own, &more, &[]), [What::Signature, What::NotInLog]);
    assert_eq!(faults(own, "hello", &[]), [What::NoManifest]);

    // Signed rightly, but of a log that never was.
    let (day, mut export) = manifest::read(&manifest).unwrap();
    export.head_hash = [1; 32];
    desk.exporter.signer.sign(day, &mut export);
    assert_eq!(faults(own, &manifest::write(day, &export), &[]), [What::Head, What::NotInLog]);

    std::fs::write(desk.folder.path().join("registers/2026/11-27.csv"), "something else").unwrap();
    assert_eq!(desk.verify().faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>(), [What::File]);
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
