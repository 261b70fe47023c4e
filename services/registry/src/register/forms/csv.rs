//! The table: CSV (RFC 4180) in UTF-8, with semicolons, as spreadsheets in Italy read it.

use super::{Error, Sheet, failed, fields};
use crate::register::day::{Day, Row, What};
use segnalalo_proto::sealed::{self, Opener};

/// Whether a column with the senders is written, and who opens their boxes.
#[derive(Clone, Copy)]
pub enum Senders<'a> {
    LeftOut,
    Shown(&'a dyn Opener),
}

/// # Errors
/// Only when memory fails.
pub fn table(sheet: Sheet<'_>, senders: Senders<'_>) -> Result<Vec<u8>, Error> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let book = sheet.book;
    let head = (sheet.day.head.position.to_string(), hex::encode(sheet.day.head.hash));
    let before = [
        ("CodiceAmministrazione", book.administration.as_str()),
        ("CodiceAOO", book.area.as_str()),
        ("CodiceRegistro", book.code.as_str()),
    ];
    let after = [("PosizioneTesta", head.0.as_str()), ("ImprontaTesta", head.1.as_str())];
    let shown = match senders {
        Senders::LeftOut => None,
        Senders::Shown(opener) => Some(opener),
    };
    let names = before.iter().chain(&after).map(|(name, _)| *name).collect::<Vec<_>>();
    let (first, last) = names.split_at(before.len());
    let own = columns(sheet.day);
    let header = first.iter().copied().chain(own.iter().copied()).chain(last.iter().copied());
    writer.write_record(header.chain(shown.map(|_| "Mittente"))).map_err(failed("table"))?;
    for row in &sheet.day.rows {
        let own = fields(row, sheet.day);
        let cells = before.iter().map(|(_, value)| *value).chain(own.iter().map(|(_, value)| value.as_str()));
        let sender = shown.map(|opener| sender(row, opener));
        let cells = cells.chain(after.iter().map(|(_, value)| *value)).chain(sender.as_deref());
        writer.write_record(cells).map_err(failed("table"))?;
    }
    writer.into_inner().map_err(|error| failed("table")(error.to_string()))
}

fn columns(day: &Day) -> Vec<&'static str> {
    let row = Row {
        position: 0,
        protocol: None,
        recorded_at: segnalalo_domain::Timestamp::UNIX_EPOCH,
        operator: String::new(),
        what: What::Annulment { reason: String::new(), act: String::new() },
    };
    fields(&row, day).into_iter().map(|(name, _)| name).collect()
}

/// "-" for one who was erased or whom nobody knows.
fn sender(row: &Row, opener: &dyn Opener) -> String {
    let What::Registration { record: Some(record), .. } = &row.what else {
        return String::new();
    };
    match opener.open(&record.sealed) {
        Ok(content) => content.author.map_or_else(
            || "-".to_owned(),
            |author| [author.name, author.id].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
        ),
        Err(sealed::Error::Erased) => "-".to_owned(),
        Err(error) => {
            tracing::error!(position = row.position, %error, "a sender can't be read");
            "?".to_owned()
        }
    }
}
