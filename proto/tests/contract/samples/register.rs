//! Events of the protocol register.

use super::{Make, protocol};
use crate::source::Source;
use segnalalo_domain::{
    event::{DayExport, EmergencyImport, EmergencyOpening, Register, Registration},
    id::TicketId,
    protocol::EmergencyNumber,
    words::Channel,
};

pub const ALL: &[Make<Register>] = &[
    |source| Register::NumberAssigned {
        protocol: protocol(source),
        ticket: TicketId(source.bytes()),
        subject: source.text("Segnalazione: Strade, marciapiedi e segnaletica"),
        registration: source.newer(registration).map(Box::new),
    },
    |source| Register::NumberAnnulled {
        protocol: protocol(source),
        ticket: TicketId(source.bytes()),
        reason: source.text("registrata due volte"),
        act: source.text("determina 12/2026"),
        date: source.newer(Source::date),
    },
    |source| Register::DayExported {
        day: source.date(),
        export: Box::new(DayExport {
            head_position: source.number().into(),
            head_hash: source.bytes(),
            registrations: source.number(),
            annulments: source.number(),
            csv: source.bytes(),
            xml: source.bytes(),
            text: source.bytes(),
            public_key: source.bytes(),
            signature: source.bytes(),
        }),
    },
    |source| {
        Register::EmergencyOpened(EmergencyOpening {
            from: source.instant(),
            until: source.instant(),
            cause: source.text("guasto alla rete"),
            authorised_by: source.text("il responsabile del protocollo"),
            act: source.text("provvedimento 3/2026"),
        })
    },
    |source| Register::EmergencyExtended {
        until: source.instant(),
        authorised_by: source.text("il responsabile del protocollo"),
        act: source.text("provvedimento 4/2026"),
    },
    |source| Register::EmergencyClosed { at: source.instant() },
    |source| {
        Register::EmergencyImported(EmergencyImport {
            sha256: source.bytes(),
            first: emergency(source),
            last: emergency(source),
            totals: vec![(source.date(), source.number()), (source.date(), source.number())],
        })
    },
];

fn registration(source: &mut Source) -> Registration {
    Registration {
        date: source.date(),
        arrived_at: source.instant(),
        channel: source.pick(Channel::ALL),
        office: source.office(),
        classification: source.text("VI/5"),
        deadline_rule: source.text("C1/1"),
        digest: source.bytes(),
        document: vec![source.number().into(), source.number().into()],
        emergency: source.maybe(emergency),
        sealed: source.sealed(),
    }
}

fn emergency(source: &mut Source) -> EmergencyNumber {
    EmergencyNumber { year: 2026, number: source.number() }
}
