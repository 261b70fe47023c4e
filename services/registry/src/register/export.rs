//! The daily register made, signed, kept and noted in the log. The first export of a day counts: later ones give its bytes
//! again, from the folder or written anew at the same head. Days are exported as soon as they are over, and those that were
//! missed when the registry is up again (the law asks for the next working day).

use super::{
    Registrar,
    day::{Date, Day},
    forms::{self, Page, Senders, Sheet},
    manifest::{self, Signer},
    shelf::{Forms, Shelf},
};
use crate::{
    journal::{self, Head, Reader},
    writer::{self, Request, Writer},
};
use segnalalo_domain::{
    desk::{Command, ExportDay},
    event::{DayExport, Event, Register},
    id::CauseId,
};
use segnalalo_kit::{clock::SharedClock, shutdown::Shutdown};
use segnalalo_proto::{convert, sealed::Opener};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

const EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} isn't over, and in the future nothing is registered")]
    Future(Date),
    /// The forms are written otherwise now, and the folder has lost those of then.
    #[error(
        "the register of {0} was exported with other words or by another version, and registers/ has lost its files: \
         restore them from a backup"
    )]
    Changed(Date),
    #[error(transparent)]
    Form(#[from] forms::Error),
    #[error("the folder registers/ can't be read or written")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error("the export can't be noted in the log")]
    Writer(#[from] writer::Error),
}

/// A day's register.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    pub forms: Forms,
    /// `None`: the day isn't over, and nothing is signed.
    pub manifest: Option<String>,
}

pub struct Exporter {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub registrar: Arc<Registrar>,
    pub page: Page,
    pub signer: Arc<Signer>,
    pub shelf: Shelf,
    pub clock: SharedClock,
    /// One export at a time: the nightly one and an operator's must not sign two heads.
    pub turn: Mutex<()>,
}

impl Exporter {
    /// A day's register: made if it wasn't, else as it was made. That of today is provisional.
    ///
    /// # Errors
    /// `Future`, `Changed`; the rest when log or folder fail.
    pub async fn day(&self, day: Date) -> Result<Exported, Error> {
        let _turn = self.turn.lock().await;
        if let Some(export) = self.exported(day)? {
            return self.again(day, &export);
        }
        let today = self.writer.read(|world| world.desk.register.date(self.clock.now()));
        if day > today {
            return Err(Error::Future(day));
        }
        let head = self.reader.head();
        let (forms, gathered) = self.forms(day, head)?;
        if day == today {
            return Ok(Exported { forms, manifest: None });
        }
        let mut export = DayExport {
            head_position: head.position,
            head_hash: head.hash,
            registrations: count(gathered.registrations()),
            annulments: count(gathered.annulments()),
            csv: Sha256::digest(&forms.csv).into(),
            xml: Sha256::digest(&forms.xml).into(),
            text: Sha256::digest(&forms.text).into(),
            public_key: [0; 32],
            signature: [0; 64],
        };
        self.signer.sign(day, &mut export);
        // Files first: a fact in the log whose files were never there would say too much.
        let manifest = manifest::write(day, &export);
        self.shelf.put(day, &forms, &manifest)?;
        let request = Request {
            cause: CauseId::derived(&[b"register-day", day.to_string().as_bytes()]),
            command: Command::ExportDay(ExportDay { day, export }),
            occurred_at: None,
            trace_parent: String::new(),
        };
        self.writer.execute(request).await?;
        tracing::info!(%day, registrations = gathered.registrations(), "the daily register is exported");
        Ok(Exported { forms, manifest: Some(manifest) })
    }

    /// The table with a column for the senders. Nothing of it is kept or signed.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn with_senders(&self, day: Date, opener: &dyn Opener) -> Result<Vec<u8>, Error> {
        let head = match self.exported(day)? {
            Some(export) => Head { position: export.head_position, hash: export.head_hash },
            None => self.reader.head(),
        };
        let day = self.gather(day, head)?;
        Ok(forms::table(Sheet { book: &self.registrar.book, day: &day }, Senders::Shown(opener))?)
    }

    /// Exports what is over, looking every few seconds, until shutdown; at first writes files again that the folder lost.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        for day in self.writer.read(|world| world.desk.register.exported.clone()) {
            if !self.shelf.has(day)
                && let Err(error) = self.day(day).await
            {
                tracing::error!(%day, error = %chain(&error), "a daily register's files can't be written again");
            }
        }
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            for day in self.due() {
                if let Err(error) = self.day(day).await {
                    tracing::error!(%day, error = %chain(&error), "the daily register can't be exported yet");
                    break;
                }
            }
        }
    }

    /// Days that are over, on which something was registered, and that have no register yet.
    fn due(&self) -> Vec<Date> {
        self.writer.read(|world| {
            let register = &world.desk.register;
            let days = world.read.register.before(register.date(self.clock.now()));
            days.filter(|day| !register.exported.contains(day)).collect()
        })
    }

    /// What the log says of a day's export.
    pub fn exported(&self, day: Date) -> Result<Option<DayExport>, Error> {
        let Some(position) = self.writer.read(|world| world.read.register.export_of(day)) else {
            return Ok(None);
        };
        let record = self.reader.read(position)?.and_then(|record| convert::read(&record).ok());
        Ok(record.and_then(|recorded| match recorded.event {
            Event::Register(Register::DayExported { export, .. }) => Some(*export),
            _ => None,
        }))
    }

    fn again(&self, day: Date, export: &DayExport) -> Result<Exported, Error> {
        let manifest = Some(manifest::write(day, export));
        if let Some(forms) = self.shelf.get(day)?.filter(|forms| forms.are(export)) {
            return Ok(Exported { forms, manifest });
        }
        let head = Head { position: export.head_position, hash: export.head_hash };
        let (forms, _) = self.forms(day, head)?;
        if !forms.are(export) {
            return Err(Error::Changed(day));
        }
        self.shelf.put(day, &forms, &manifest::write(day, export))?;
        Ok(Exported { forms, manifest })
    }

    fn forms(&self, day: Date, head: Head) -> Result<(Forms, Day), Error> {
        let day = self.gather(day, head)?;
        let sheet = Sheet { book: &self.registrar.book, day: &day };
        let csv = forms::table(sheet, Senders::LeftOut)?;
        let forms = Forms { csv, xml: forms::document(sheet)?, text: self.page.write(sheet)? };
        Ok((forms, day))
    }

    fn gather(&self, day: Date, head: Head) -> Result<Day, Error> {
        let positions = self.writer.read(|world| world.read.register.of(day).to_vec());
        Ok(Day::gather(&*self.reader, day, &positions, head)?)
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// With what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
