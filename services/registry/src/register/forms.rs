//! The three forms of a daily register: a table and a document for machines, with the names of AgID's segnatura where it has
//! one, and a page for people. The same day gives the same bytes. Nothing personal is in them; the sender is in the table
//! only when somebody who may see him asked for it.

mod csv;
mod page;
mod xml;

pub use csv::{Senders, table};
pub use page::Page;
pub use xml::document;

use super::day::{Day, Emergency, Row, What, local};
use segnalalo_kit::city::Register as Book;

/// A form can't be written.
#[derive(Debug, thiserror::Error)]
#[error("the {form} of the daily register can't be written")]
pub struct Error {
    pub form: &'static str,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(form: &'static str) -> impl Fn(E) -> Error {
    move |source| Error { form, source: source.into() }
}

/// What the forms say of the register as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    pub book: &'a Book,
    pub day: &'a Day,
}

/// Of days on which something happened to the emergency register; others have the columns that they always had.
const OF_EMERGENCY: [&str; 6] = [
    "DataInizioEmergenza",
    "OraInizioEmergenza",
    "DataFineEmergenza",
    "OraFineEmergenza",
    "ProvvedimentoEmergenza",
    "TotaliEmergenza",
];

/// A row's fields by name, in the order of the table; empty ones are there too.
fn fields(row: &Row, day: &Day) -> Vec<(&'static str, String)> {
    let (date, hour) = local(row.recorded_at);
    let number = row.protocol.map(|protocol| format!("{:07}", protocol.number)).unwrap_or_default();
    let year = row.protocol.map(|protocol| protocol.year.to_string()).unwrap_or_default();
    let mut fields = vec![
        ("Tipo", String::new()),
        ("NumeroRegistrazione", number),
        ("AnnoRegistrazione", year),
        ("DataRegistrazione", String::new()),
        ("OraRegistrazione", String::new()),
        ("Oggetto", String::new()),
        ("Canale", String::new()),
        ("DataArrivo", String::new()),
        ("OraArrivo", String::new()),
        ("Ufficio", String::new()),
        ("Classificazione", String::new()),
        ("RegolaTermini", String::new()),
        ("Impronta", String::new()),
        ("AlgoritmoImpronta", String::new()),
        ("NumeroEmergenza", String::new()),
        ("DataAnnullamento", String::new()),
        ("OraAnnullamento", String::new()),
        ("MotivoAnnullamento", String::new()),
        ("ProvvedimentoAnnullamento", String::new()),
        ("Operatore", row.operator.clone()),
        ("PosizioneRegistro", row.position.to_string()),
    ];
    if day.has_emergency() {
        fields.extend(OF_EMERGENCY.map(|name| (name, String::new())));
    }
    let mut set = |name: &str, value: String| {
        if let Some(field) = fields.iter_mut().find(|(known, _)| *known == name) {
            field.1 = value;
        }
    };
    match &row.what {
        What::Registration { subject, record } => {
            set("Tipo", "registrazione".to_owned());
            set("DataRegistrazione", record.as_ref().map_or(date, |record| record.date.to_string()));
            set("OraRegistrazione", hour);
            set("Oggetto", subject.clone());
            if let Some(record) = record {
                let (date, hour) = local(record.arrived_at);
                set("Canale", record.channel.code().to_owned());
                set("DataArrivo", date);
                set("OraArrivo", hour);
                set("Ufficio", record.office.0.clone());
                set("Classificazione", record.classification.clone());
                set("RegolaTermini", record.deadline_rule.clone());
                set("Impronta", base64(&record.digest));
                set("AlgoritmoImpronta", "SHA-256".to_owned());
                set("NumeroEmergenza", record.emergency.map(|number| number.to_string()).unwrap_or_default());
            }
        }
        What::Annulment { reason, act } => {
            set("Tipo", "annullamento".to_owned());
            set("DataAnnullamento", date);
            set("OraAnnullamento", hour);
            set("MotivoAnnullamento", reason.clone());
            set("ProvvedimentoAnnullamento", act.clone());
        }
        What::Emergency(emergency) => {
            set("DataRegistrazione", date);
            set("OraRegistrazione", hour);
            for (name, value) in of_emergency(emergency) {
                set(name, value);
            }
        }
    }
    fields
}

fn of_emergency(emergency: &Emergency) -> Vec<(&'static str, String)> {
    let from = |at| {
        let (date, hour) = local(at);
        [("DataInizioEmergenza", date), ("OraInizioEmergenza", hour)]
    };
    let to = |at| {
        let (date, hour) = local(at);
        [("DataFineEmergenza", date), ("OraFineEmergenza", hour)]
    };
    let kind = |name: &str| ("Tipo", format!("emergenza {name}"));
    match emergency {
        Emergency::Opened(opening) => {
            let act = [opening.authorised_by.as_str(), &opening.act].into_iter().filter(|part| !part.is_empty());
            let act = act.collect::<Vec<_>>().join(", ");
            let own = [kind("aperta"), ("Oggetto", opening.cause.clone()), ("ProvvedimentoEmergenza", act)];
            own.into_iter().chain(from(opening.from)).chain(to(opening.until)).collect()
        }
        Emergency::Extended { until, act } => {
            [kind("prorogata"), ("ProvvedimentoEmergenza", act.clone())].into_iter().chain(to(*until)).collect()
        }
        Emergency::Closed { at } => [kind("chiusa")].into_iter().chain(to(*at)).collect(),
        Emergency::Imported(import) => {
            let totals = import.totals.iter().map(|(day, records)| format!("{day}: {records}"));
            let totals = totals.collect::<Vec<_>>().join(", ");
            let numbers = format!("{} - {}", import.first, import.last);
            vec![kind("importata"), ("NumeroEmergenza", numbers), ("TotaliEmergenza", totals)]
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}
