//! The register that operators kept by hand, read from its file: CSV (RFC 4180) in UTF-8 with semicolons, as spreadsheets in
//! Italy write it. Its columns are called as `register.toml` says, in any order. The first fault is named with line and
//! column, and nothing of the file is taken.

use crate::identity::Identity;
use segnalalo_domain::{
    Timestamp,
    calendar::rome,
    desk::{HandReport, HandRow, HandWhat, TicketRef},
    id::{ConversationId, PersonId},
    protocol::EmergencyNumber,
    rejection::Rejection,
    words::{Channel, Office},
};
use segnalalo_kit::city::HandColumns;
use segnalalo_proto::{
    common::v1::{Author, PersonalContent, author::IdType},
    sealed,
};

/// Rows of one file at most: they are one append.
const MOST_ROWS: usize = 500;
/// Characters of one cell at most.
const LONGEST: usize = 4000;
const BOM: &str = "\u{feff}";
/// Of Italy, where a mobile number is written without.
const COUNTRY: &str = "39";

/// # Errors
/// `BadRow` with line and column; `Invalid` when the file isn't one of these at all.
pub fn read(file: &[u8], columns: &HandColumns, identity: &Identity) -> Result<Vec<HandRow>, Rejection> {
    let text = std::str::from_utf8(file).map_err(|error| invalid(&format!("it isn't UTF-8: {error}")))?;
    // The reader counts a line too few where two bytes end it.
    let text = text.strip_prefix(BOM).unwrap_or(text).replace("\r\n", "\n");
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| invalid(&error.to_string()))?.clone();
    let places = Places::of(&header, columns)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| invalid(&error.to_string()))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(invalid(&format!("more than {MOST_ROWS} rows: make several files of it")));
        }
        let line = record.position().map_or(0, csv::Position::line);
        let cells = Cells { record: &record, places: &places, columns, line };
        rows.push(cells.row(header.len(), identity)?);
    }
    if rows.is_empty() {
        return Err(invalid("it has no row"));
    }
    Ok(rows)
}

/// Columns by their names in the code.
const COLUMNS: [&str; 10] =
    ["number", "date", "time", "sender", "contact", "channel", "text", "place", "office", "ticket"];

/// What the city calls a column.
pub fn heading<'a>(columns: &'a HandColumns, column: &'a str) -> &'a str {
    match column {
        "number" => &columns.number,
        "date" => &columns.date,
        "time" => &columns.time,
        "sender" => &columns.sender,
        "contact" => &columns.contact,
        "channel" => &columns.channel,
        "text" => &columns.text,
        "place" => &columns.place,
        "office" => &columns.office,
        "ticket" => &columns.ticket,
        other => other,
    }
}

/// Where each column stands, in the order of `COLUMNS`.
struct Places([usize; COLUMNS.len()]);

impl Places {
    fn of(header: &csv::StringRecord, columns: &HandColumns) -> Result<Self, Rejection> {
        let known = COLUMNS.map(|column| heading(columns, column));
        if let Some(foreign) = header.iter().find(|name| !known.contains(name)) {
            let problem = format!("no column is called so: {}", known.join(";"));
            return Err(Rejection::BadRow { line: 1, column: foreign.to_owned(), problem });
        }
        let mut places = [0; COLUMNS.len()];
        for (place, name) in places.iter_mut().zip(known) {
            let mut found = header.iter().enumerate().filter(|(_, heading)| *heading == name).map(|(at, _)| at);
            *place = match (found.next(), found.next()) {
                (Some(at), None) => at,
                (None, _) => return Err(bad(1, name, "the column is missing")),
                (Some(_), Some(_)) => return Err(bad(1, name, "the column is there twice")),
            };
        }
        Ok(Self(places))
    }
}

struct Cells<'a> {
    record: &'a csv::StringRecord,
    places: &'a Places,
    columns: &'a HandColumns,
    line: u64,
}

impl<'a> Cells<'a> {
    fn row(&self, width: usize, identity: &Identity) -> Result<HandRow, Rejection> {
        if self.record.len() != width {
            let last = COLUMNS[COLUMNS.len() - 1];
            return Err(self.bad(last, &format!("{width} cells are wanted, and there are {}", self.record.len())));
        }
        if let Some(column) = COLUMNS.iter().find(|column| self.cell(column).chars().count() > LONGEST) {
            return Err(self.bad(column, &format!("more than {LONGEST} characters")));
        }
        let number: EmergencyNumber =
            self.cell("number").parse().map_err(|error| self.bad("number", &format!("{error}")))?;
        let at = self.at()?;
        let what = match self.cell("ticket") {
            "" => HandWhat::Report(self.report(number, identity)?),
            named => HandWhat::Ticket(self.ticket(named)?),
        };
        let office = Office(self.filled("office")?.to_ascii_uppercase());
        Ok(HandRow { line: self.line, number, at, office, what })
    }

    /// «27/11/2026» or «2026-11-27», and «9:05»; on the wall in Biella.
    fn at(&self) -> Result<Timestamp, Rejection> {
        let written = self.filled("date")?;
        let date = || {
            if let Ok(date) = written.parse::<jiff::civil::Date>() {
                return Some(date);
            }
            let mut parts = written.split('/').map(str::trim);
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        };
        let date = date().ok_or_else(|| self.bad("date", "a day like 27/11/2026 is wanted"))?;
        let time = || {
            let (hour, minute) = self.cell("time").split_once([':', '.'])?;
            jiff::civil::Time::new(hour.trim().parse().ok()?, minute.trim().parse().ok()?, 0, 0).ok()
        };
        let time = time().ok_or_else(|| self.bad("time", "a time like 09:05 is wanted"))?;
        let at = rome().to_ambiguous_timestamp(date.to_datetime(time)).compatible();
        at.map_err(|_| self.bad("date", "there is no such moment"))
    }

    fn ticket(&self, named: &str) -> Result<TicketRef, Rejection> {
        let by_hand = ["sender", "contact", "text", "place"].into_iter().find(|column| !self.cell(column).is_empty());
        if let Some(column) = by_hand {
            let problem = format!("it must be empty beside {}: the report has its own", self.columns.ticket);
            return Err(self.bad(column, &problem));
        }
        if named.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("s-")) {
            return Ok(TicketRef::Code(named.to_owned()));
        }
        Err(self.bad("ticket", "a code like S-7K3M9 is wanted"))
    }

    fn report(&self, number: EmergencyNumber, identity: &Identity) -> Result<HandReport, Rejection> {
        let name = self.filled("sender")?.to_owned();
        let text = self.filled("text")?.to_owned();
        let code = self.filled("channel")?;
        let channel = Channel::from_code(code).ok_or_else(|| {
            let known = Channel::ALL.iter().map(|channel| channel.code()).collect::<Vec<_>>().join(", ");
            self.bad("channel", &format!("one of {known} is wanted"))
        })?;
        let author = Author { id: self.contact()?, id_type: IdType::Phone as i32, name, ..Author::default() };
        let own = number.to_string();
        let person = identity.person(&author).unwrap_or_else(|| PersonId::derived(&[b"emergency", own.as_bytes()]));
        let place = self.cell("place").to_owned();
        let content = PersonalContent { author: Some(author), text, place, ..PersonalContent::default() };
        Ok(HandReport {
            channel,
            // Of its own: nobody knows where he could be answered, and another conversation must not forget it.
            conversation: ConversationId::derived(&[b"emergency", own.as_bytes()]),
            person,
            sealed: sealed::seal(Some(person), &content),
        })
    }

    /// Digits as WhatsApp writes a number; empty when none is given.
    fn contact(&self) -> Result<String, Rejection> {
        let written = self.cell("contact");
        if !written.chars().all(|letter| letter.is_ascii_digit() || "+ .-/".contains(letter)) {
            return Err(self.bad("contact", "a telephone number is wanted, or nothing"));
        }
        let digits = written.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = digits.strip_prefix("00").map_or(digits.clone(), str::to_owned);
        let national = digits.starts_with('3') && (9..=10).contains(&digits.len()) && !written.starts_with('+');
        Ok(if national { format!("{COUNTRY}{digits}") } else { digits })
    }

    fn filled(&self, column: &str) -> Result<&'a str, Rejection> {
        match self.cell(column) {
            "" => Err(self.bad(column, "it must be given")),
            text => Ok(text),
        }
    }

    fn cell(&self, column: &str) -> &'a str {
        let place = COLUMNS.iter().position(|known| *known == column).map(|at| self.places.0[at]);
        place.and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    fn bad(&self, column: &str, problem: &str) -> Rejection {
        bad(self.line, heading(self.columns, column), problem)
    }
}

fn bad(line: u64, column: &str, problem: &str) -> Rejection {
    Rejection::BadRow { line, column: column.to_owned(), problem: problem.to_owned() }
}

fn invalid(problem: &str) -> Rejection {
    Rejection::Invalid { field: "file", problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::city::Register;
    use std::path::Path;

    const TEMPLATE: &str = include_str!("../../../../deploy/biella/emergency-register.csv");

    fn rows(lines: &[&str]) -> Result<Vec<HandRow>, Rejection> {
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let columns = Register::load(city).unwrap().emergency;
        let file = format!("{BOM}{}\r\n{}", TEMPLATE.trim_end(), lines.join("\r\n"));
        read(file.as_bytes(), &columns, &Identity::new([1; 32]))
    }

    #[test]
    fn rows_of_the_city_s_template_are_read_and_empty_ones_left_out() {
        let rows = rows(&[
            "E-2026/0001;27/11/2026;9:05;Anna Rossi;333 1112222;whatsapp;Buca, \"enorme\";via Italia;strade;",
            ";;;;;;;;;",
            "E-2026/0002;2026-11-27;10.30;;;;;;LUCE;S-7K3M9",
        ])
        .unwrap();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(rows[0].at.to_string(), "2026-11-27T08:05:00Z");
        let HandWhat::Report(report) = &rows[0].what else { panic!("{:?}", rows[0]) };
        let content = segnalalo_proto::sealed::Opener::open(&segnalalo_proto::sealed::NoKeys, &report.sealed).unwrap();
        assert_eq!((content.text.as_str(), content.author.unwrap().id.as_str()), ("Buca, \"enorme\"", "393331112222"));
        assert_eq!(rows[1].what, HandWhat::Ticket(TicketRef::Code("S-7K3M9".to_owned())));
    }

    #[test]
    fn a_fault_names_its_line_and_the_column_as_the_city_calls_it() {
        let good = "E-2026/0001;27/11/2026;09:05;Anna;;whatsapp;Buca;;STRADE;";
        for (line, said) in [
            ("2026/0000001;27/11/2026;09:05;Anna;;whatsapp;Buca;;STRADE;", "line 3, column numero: a number of the"),
            ("E-2026/0002;27/13/2026;09:05;Anna;;whatsapp;Buca;;STRADE;", "line 3, column data: a day like"),
            ("E-2026/0002;27/11/2026;9;Anna;;whatsapp;Buca;;STRADE;", "line 3, column ora: a time like"),
            ("E-2026/0002;27/11/2026;09:05;;;whatsapp;Buca;;STRADE;", "line 3, column mittente: it must be given"),
            ("E-2026/0002;27/11/2026;09:05;Anna;casa;whatsapp;Buca;;STRADE;", "line 3, column recapito: a telephone"),
            ("E-2026/0002;27/11/2026;09:05;Anna;;fax;Buca;;STRADE;", "line 3, column canale: one of facebook_post"),
            ("E-2026/0002;27/11/2026;09:05;Anna;;whatsapp;Buca;;;", "line 3, column ufficio: it must be given"),
            ("E-2026/0002;27/11/2026;09:05;;;;;;STRADE;12", "line 3, column segnalazione: a code like"),
            ("E-2026/0002;27/11/2026;09:05;Anna;;;;;STRADE;S-7K3M9", "line 3, column mittente: it must be empty"),
            ("E-2026/0002;27/11/2026;09:05", "line 3, column segnalazione: 10 cells are wanted, and there are 3"),
        ] {
            let error = rows(&[good, line]).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(rows(&[]).unwrap_err().to_string().contains("it has no row"));
    }
}
