//! Proves the register against the log: numbers without gaps, days that don't step back, digests that are those of what was
//! registered, daily registers that are signed by this registry at a head that the log had. `log verify` proves the log
//! itself.

use super::{
    day::Date,
    document::{self, Part},
    manifest, part,
    shelf::Shelf,
};
use crate::journal::{self, Reader};
use segnalalo_domain::{
    event::{DayExport, EmergencyImport, Event, Recorded, Register, Registration, Stream},
    protocol::{EmergencyNumber, ProtocolNumber},
};
use segnalalo_proto::{
    convert, record,
    sealed::{self, Opener},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

const CHUNK: usize = 256;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub numbers: u64,
    pub annulled: u64,
    pub days: u64,
    /// Digests that were computed again and are the same.
    pub recomputed: u64,
    /// Documents that were erased: their digest proves nothing any more, and nothing else is wrong with them.
    pub erased: u64,
    /// From before the whole record was kept.
    pub without_record: u64,
    /// Times without the system, and the numbers that were first given by hand in them.
    pub emergencies: u64,
    pub by_hand: u64,
    pub faults: Vec<Fault>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub what: What,
    /// Number, day or position.
    pub of: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum What { $($(#[$doc])* $variant),* }

        impl What {
            /// Stable.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

codes! {
    /// A record of the register can't be read.
    Unreadable = "unreadable",
    /// Not the number that follows.
    Gap = "gap",
    /// The day lies before that of the number before.
    StepsBack = "steps_back",
    /// A number that was never given was annulled, or one twice.
    BadAnnulment = "bad_annulment",
    /// What was registered isn't what is in the log.
    Digest = "digest",
    /// It can't be opened, and was not erased.
    Unopenable = "unopenable",
    /// The emergency register was opened, extended or closed when it couldn't be.
    BadEmergency = "bad_emergency",
    /// A number of the emergency register was taken in twice, or isn't what its import says.
    BadImport = "bad_import",
    /// A registration of a day stands behind the head at which that day was exported.
    AddedLater = "added_later",
    /// The signature isn't that of its key.
    Signature = "signature",
    /// Signed by another key than this registry's.
    ForeignKey = "foreign_key",
    /// The log never had this head.
    Head = "head",
    /// The manifest isn't what the log says of that day's export, or the log says nothing.
    NotInLog = "not_in_log",
    /// A file isn't the one that was signed.
    File = "file",
    /// Not a manifest.
    NoManifest = "no_manifest",
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what.code(), self.of)
    }
}

/// What is verified against.
pub struct Verifier<'a> {
    pub reader: &'a dyn Reader,
    pub opener: &'a dyn Opener,
    pub public_key: [u8; 32],
    pub shelf: &'a Shelf,
    /// What the log says of a day's export.
    pub noted: &'a dyn Fn(Date) -> Option<DayExport>,
}

impl Verifier<'_> {
    /// The whole register.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn register(&self) -> Result<Report, journal::Error> {
        let mut walk = Walk::of(self);
        let mut version = 0;
        loop {
            let records = self.reader.read_stream(&Stream::Register, version, CHUNK)?;
            let Some((last, _)) = records.last() else {
                return Ok(walk.report);
            };
            version = *last;
            for (version, record) in &records {
                match convert::read(record) {
                    Ok(recorded) => walk.step(&recorded)?,
                    Err(_) => walk.report.fault(What::Unreadable, version),
                }
            }
        }
    }

    /// One manifest, as somebody has kept it; `files` are digests of the forms beside it, by extension.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn manifest(
        &self,
        text: &str,
        files: &[(String, [u8; 32])],
        report: &mut Report,
    ) -> Result<(), journal::Error> {
        let Some((day, export)) = manifest::read(text) else {
            report.fault(What::NoManifest, "");
            return Ok(());
        };
        report.days += 1;
        self.export(day, &export, report)?;
        if (self.noted)(day).as_ref() != Some(&export) {
            report.fault(What::NotInLog, day);
        }
        for (form, digest) in files {
            let signed = match form.as_str() {
                "csv" => export.csv,
                "xml" => export.xml,
                _ => export.text,
            };
            if signed != *digest {
                report.fault(What::File, format!("{day} ({form})"));
            }
        }
        Ok(())
    }

    /// Signature, key and head.
    fn export(&self, day: Date, export: &DayExport, report: &mut Report) -> Result<(), journal::Error> {
        if !manifest::is_signed(day, export) {
            report.fault(What::Signature, day);
        }
        if export.public_key != self.public_key {
            report.fault(What::ForeignKey, day);
        }
        let record = self.reader.read(export.head_position)?;
        if record.is_none_or(|record| record::hash(&record) != export.head_hash) {
            report.fault(What::Head, day);
        }
        Ok(())
    }

    /// The document's digest, computed again.
    fn digest(
        &self,
        protocol: ProtocolNumber,
        registration: &Registration,
        report: &mut Report,
    ) -> Result<(), journal::Error> {
        let content = match self.opener.open(&registration.sealed) {
            Ok(content) => content,
            Err(sealed::Error::Erased) => {
                report.erased += 1;
                return Ok(());
            }
            Err(_) => {
                report.fault(What::Unopenable, protocol);
                return Ok(());
            }
        };
        let mut parts = Vec::<Part>::new();
        for position in &registration.document {
            let record = self.reader.read(*position)?.and_then(|record| convert::read(&record).ok());
            parts.extend(record.and_then(|recorded| part(&recorded, self.opener)));
        }
        if document::digest(&content.document_nonce, &parts) == registration.digest {
            report.recomputed += 1;
        } else if parts.iter().any(|part| part.content.is_none()) {
            report.erased += 1;
        } else {
            report.fault(What::Digest, protocol);
        }
        Ok(())
    }
}

impl Report {
    pub(super) fn fault(&mut self, what: What, of: impl ToString) {
        self.faults.push(Fault { what, of: of.to_string() });
    }
}

struct Walk<'a> {
    verifier: &'a Verifier<'a>,
    report: Report,
    last: Option<ProtocolNumber>,
    last_date: Option<Date>,
    given: BTreeSet<ProtocolNumber>,
    annulled: BTreeSet<ProtocolNumber>,
    /// The last number of each day, and where it stands.
    days: BTreeMap<Date, (ProtocolNumber, u64)>,
    exported: BTreeSet<Date>,
    /// The emergency register is open.
    open: bool,
    by_hand: BTreeSet<EmergencyNumber>,
    /// Of the import that isn't noted yet.
    imported: Vec<EmergencyNumber>,
}

impl<'a> Walk<'a> {
    fn of(verifier: &'a Verifier<'a>) -> Self {
        Self {
            verifier,
            report: Report::default(),
            last: None,
            last_date: None,
            given: BTreeSet::new(),
            annulled: BTreeSet::new(),
            days: BTreeMap::new(),
            exported: BTreeSet::new(),
            open: false,
            by_hand: BTreeSet::new(),
            imported: Vec::new(),
        }
    }

    fn step(&mut self, recorded: &Recorded) -> Result<(), journal::Error> {
        let Event::Register(event) = &recorded.event else {
            self.report.fault(What::Unreadable, recorded.position);
            return Ok(());
        };
        match event {
            Register::NumberAssigned { protocol, registration, .. } => {
                self.number(recorded.position, *protocol, registration.as_deref())
            }
            Register::NumberAnnulled { protocol, .. } => {
                self.report.annulled += 1;
                if !self.given.contains(protocol) || !self.annulled.insert(*protocol) {
                    self.report.fault(What::BadAnnulment, protocol);
                }
                Ok(())
            }
            Register::DayExported { day, export } => self.day(*day, export),
            Register::EmergencyOpened(_) => {
                self.report.emergencies += 1;
                self.emergency(recorded.position, false, true);
                Ok(())
            }
            Register::EmergencyExtended { .. } => {
                self.emergency(recorded.position, true, true);
                Ok(())
            }
            Register::EmergencyClosed { .. } => {
                self.emergency(recorded.position, true, false);
                Ok(())
            }
            Register::EmergencyImported(import) => {
                self.import(import);
                Ok(())
            }
        }
    }

    fn emergency(&mut self, position: u64, was_open: bool, open: bool) {
        if self.open != was_open {
            self.report.fault(What::BadEmergency, position);
        }
        self.open = open;
    }

    /// It says of which numbers it is, and how many there are.
    fn import(&mut self, import: &EmergencyImport) {
        let taken = std::mem::take(&mut self.imported);
        let counted = import.totals.iter().map(|(_, records)| u64::from(*records)).sum::<u64>();
        let ends = (taken.first(), taken.last());
        if ends != (Some(&import.first), Some(&import.last)) || counted != taken.len() as u64 {
            self.report.fault(What::BadImport, format!("{} - {}", import.first, import.last));
        }
    }

    fn number(
        &mut self,
        position: u64,
        protocol: ProtocolNumber,
        registration: Option<&Registration>,
    ) -> Result<(), journal::Error> {
        self.report.numbers += 1;
        let follows = match self.last {
            None => protocol.number == 1,
            Some(before) if before.year == protocol.year => protocol.number == before.number + 1,
            Some(before) => protocol.year > before.year && protocol.number == 1,
        };
        if !follows {
            self.report.fault(What::Gap, protocol);
        }
        self.last = Some(protocol);
        self.given.insert(protocol);
        let Some(registration) = registration else {
            self.report.without_record += 1;
            return Ok(());
        };
        if let Some(number) = registration.emergency {
            self.report.by_hand += 1;
            self.imported.push(number);
            if !self.by_hand.insert(number) {
                self.report.fault(What::BadImport, number);
            }
        }
        if self.last_date.is_some_and(|last| registration.date < last) {
            self.report.fault(What::StepsBack, protocol);
        }
        if self.exported.contains(&registration.date) {
            self.report.fault(What::AddedLater, protocol);
        }
        self.last_date = self.last_date.max(Some(registration.date));
        self.days.insert(registration.date, (protocol, position));
        self.verifier.digest(protocol, registration, &mut self.report)
    }

    fn day(&mut self, day: Date, export: &DayExport) -> Result<(), journal::Error> {
        self.report.days += 1;
        self.verifier.export(day, export, &mut self.report)?;
        self.exported.insert(day);
        if let Some((protocol, position)) = self.days.get(&day)
            && *position > export.head_position
        {
            self.report.fault(What::AddedLater, protocol);
        }
        // Files that were lost are written again at the next start; those that are there must be the signed ones.
        match self.verifier.shelf.get(day) {
            Ok(Some(forms)) if !forms.are(export) => self.report.fault(What::File, day),
            Ok(_) => {}
            Err(_) => self.report.fault(What::File, day),
        }
        Ok(())
    }
}
