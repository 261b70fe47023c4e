//! Events of the emergency register.

use super::date;
use crate::{
    convert::{
        Malformed,
        field::{Checked, bytes, counted},
        time,
    },
    event::v1::{self as wire, envelope::Event as Wire},
};
use segnalalo_domain::{
    event::{EmergencyImport, EmergencyOpening, Register},
    protocol::EmergencyNumber,
};

/// Of the four events of the emergency register: others are written by `register`.
pub(super) fn to_wire(event: &Register) -> Wire {
    match event {
        Register::EmergencyOpened(opening) => Wire::EmergencyRegisterOpened(wire::EmergencyRegisterOpened {
            from: Some(time::to_wire(opening.from)),
            until: Some(time::to_wire(opening.until)),
            cause: opening.cause.clone(),
            authorised_by: opening.authorised_by.clone(),
            act: opening.act.clone(),
        }),
        Register::EmergencyExtended { until, authorised_by, act } => {
            Wire::EmergencyRegisterExtended(wire::EmergencyRegisterExtended {
                until: Some(time::to_wire(*until)),
                authorised_by: authorised_by.clone(),
                act: act.clone(),
            })
        }
        Register::EmergencyClosed { at } => {
            Wire::EmergencyRegisterClosed(wire::EmergencyRegisterClosed { at: Some(time::to_wire(*at)) })
        }
        Register::EmergencyImported(import) => Wire::EmergencyRegisterImported(import_to_wire(import)),
        Register::NumberAssigned { .. } | Register::NumberAnnulled { .. } | Register::DayExported { .. } => {
            super::to_wire(event)
        }
    }
}

pub(super) fn from_wire(event: &Wire) -> Checked<Register> {
    match event {
        Wire::EmergencyRegisterOpened(event) => Ok(Register::EmergencyOpened(EmergencyOpening {
            from: time::required(&event.from, "from")?,
            until: time::required(&event.until, "until")?,
            cause: event.cause.clone(),
            authorised_by: event.authorised_by.clone(),
            act: event.act.clone(),
        })),
        Wire::EmergencyRegisterExtended(event) => Ok(Register::EmergencyExtended {
            until: time::required(&event.until, "until")?,
            authorised_by: event.authorised_by.clone(),
            act: event.act.clone(),
        }),
        Wire::EmergencyRegisterClosed(event) => Ok(Register::EmergencyClosed { at: time::required(&event.at, "at")? }),
        Wire::EmergencyRegisterImported(event) => import_from_wire(event).map(Register::EmergencyImported),
        _ => Err(Malformed("stream")),
    }
}

fn import_to_wire(import: &EmergencyImport) -> wire::EmergencyRegisterImported {
    let total =
        |(day, records): &(jiff::civil::Date, u32)| wire::EmergencyTotal { day: day.to_string(), records: *records };
    wire::EmergencyRegisterImported {
        sha256: import.sha256.to_vec(),
        first: import.first.to_string(),
        last: import.last.to_string(),
        totals: import.totals.iter().map(total).collect(),
    }
}

fn import_from_wire(event: &wire::EmergencyRegisterImported) -> Checked<EmergencyImport> {
    let total =
        |total: &wire::EmergencyTotal| Ok((date(&total.day, "totals.day")?, counted(total.records, "totals.records")?));
    Ok(EmergencyImport {
        sha256: bytes(&event.sha256, "sha256")?,
        first: number(&event.first, "first")?,
        last: number(&event.last, "last")?,
        totals: event.totals.iter().map(total).collect::<Checked<_>>()?,
    })
}

fn number(text: &str, field: &'static str) -> Checked<EmergencyNumber> {
    text.parse().map_err(|_| Malformed(field))
}
