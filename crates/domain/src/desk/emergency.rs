//! Days without the system (DPR 445/2000 art. 63): when registering by hand began and ended, and what was registered so. It
//! gets ordinary numbers, all in one append, and keeps those that it had.

use super::{
    Context, Decision, Desk, TicketRef,
    action::{ByHand, take_in_charge_by_hand},
    daily::impersonal,
    routing::free_code,
};
use crate::{
    calendar::rome,
    event::{
        EmergencyImport, EmergencyOpening, Register,
        conversation::{Event as Said, Route},
        ticket::{Classification, Event as TicketEvent},
    },
    id::{CauseId, ConversationId, MessageId, PersonId, TicketId},
    protocol::EmergencyNumber,
    rejection::Rejection,
    sealed::Sealed,
    sla::{self, Why},
    ticket,
    words::{Actor, Channel, ContentType, Kind, Office, Urgency},
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// How long the first authorisation lasts, and a further one at most (art. 63 c. 1 and 2).
const FIRST: SignedDuration = SignedDuration::from_hours(24);
const FURTHER: SignedDuration = SignedDuration::from_hours(24 * 7);

#[derive(Debug, Clone, PartialEq)]
pub struct EmergencyRegister {
    pub step: EmergencyStep,
    pub actor: Actor,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EmergencyStep {
    Open {
        from: Timestamp,
        cause: String,
        /// Who answers for the register, and his act; the act may be empty.
        authorised_by: String,
        act: String,
    },
    Extend {
        until: Timestamp,
        authorised_by: String,
        act: String,
    },
    Close {
        at: Timestamp,
    },
    Import {
        /// Of the file.
        sha256: [u8; 32],
        rows: Vec<HandRow>,
    },
}

/// A line of the register that was kept by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandRow {
    /// In the file, for refusals.
    pub line: u64,
    pub number: EmergencyNumber,
    /// When it was registered.
    pub at: Timestamp,
    pub office: Office,
    pub what: HandWhat,
}

#[derive(Debug, Clone, PartialEq)]
pub enum HandWhat {
    /// A report that reached the system meanwhile.
    Ticket(TicketRef),
    /// One that it knows nothing of.
    Report(HandReport),
}

#[derive(Debug, Clone, PartialEq)]
pub struct HandReport {
    pub channel: Channel,
    pub conversation: ConversationId,
    pub person: PersonId,
    /// Sender, words, place, and where he is answered.
    pub sealed: Sealed,
}

pub(super) fn step(desk: &Desk, command: &EmergencyRegister, context: &Context<'_>) -> Result<Decision, Rejection> {
    let mut decision = Decision::by(command.actor.clone());
    let event = match &command.step {
        EmergencyStep::Open { from, cause, authorised_by, act } => {
            Register::EmergencyOpened(open(desk, *from, cause, (authorised_by, act), context)?)
        }
        EmergencyStep::Extend { until, authorised_by, act } => extend(desk, *until, (authorised_by, act))?,
        EmergencyStep::Close { at } => close(desk, *at, context)?,
        EmergencyStep::Import { sha256, rows } => {
            return Import { desk, context, decision }.take(*sha256, rows);
        }
    };
    decision.register(event);
    Ok(decision)
}

fn open(
    desk: &Desk,
    from: Timestamp,
    cause: &str,
    (authorised_by, act): (&str, &str),
    context: &Context<'_>,
) -> Result<EmergencyOpening, Rejection> {
    if desk.register.emergency().is_some() {
        return Err(invalid("emergency", "it is open already: close it first"));
    }
    if from > context.now {
        return Err(invalid("from", "it lies in the future"));
    }
    let before = desk.register.emergencies.last().and_then(|emergency| emergency.closed_at);
    if before.is_some_and(|closed_at| from < closed_at) {
        return Err(invalid("from", "the emergency register was closed only after that"));
    }
    Ok(EmergencyOpening {
        from,
        until: from.saturating_add(FIRST).unwrap_or(Timestamp::MAX),
        cause: impersonal("cause", given("cause", cause)?)?,
        authorised_by: given("authorised_by", authorised_by)?.to_owned(),
        act: impersonal("act", act)?,
    })
}

fn extend(desk: &Desk, until: Timestamp, (authorised_by, act): (&str, &str)) -> Result<Register, Rejection> {
    let emergency = desk.register.emergency().ok_or_else(not_open)?;
    if until <= emergency.until {
        return Err(invalid("until", &format!("it is authorised until {} already", emergency.until)));
    }
    if until.duration_since(emergency.until) > FURTHER {
        return Err(invalid("until", "a week at a time is the most (DPR 445/2000 art. 63 c. 2)"));
    }
    let (authorised_by, act) = (given("authorised_by", authorised_by)?.to_owned(), given("act", act)?);
    Ok(Register::EmergencyExtended { until, authorised_by, act: impersonal("act", act)? })
}

fn close(desk: &Desk, at: Timestamp, context: &Context<'_>) -> Result<Register, Rejection> {
    let emergency = desk.register.emergency().ok_or_else(not_open)?;
    if at < emergency.opening.from {
        return Err(invalid("at", "it was opened only after that"));
    }
    if at > context.now {
        return Err(invalid("at", "it lies in the future"));
    }
    if at > emergency.until {
        let problem = format!("it is authorised until {} only: extend it first", emergency.until);
        return Err(invalid("at", &problem));
    }
    Ok(Register::EmergencyClosed { at })
}

struct Import<'a> {
    desk: &'a Desk,
    context: &'a Context<'a>,
    decision: Decision,
}

impl Import<'_> {
    fn take(mut self, sha256: [u8; 32], rows: &[HandRow]) -> Result<Decision, Rejection> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Err(Rejection::Missing("a row"));
        };
        let mut before = None;
        let mut tickets = BTreeSet::new();
        let mut totals = BTreeMap::<Date, u32>::new();
        for (given, row) in (0..).zip(rows) {
            self.check(row, before)?;
            let id = self.register(row, given)?;
            if !tickets.insert(id) {
                return Err(bad(row, "ticket", "the same report stands in a row before"));
            }
            *totals.entry(day(row.at)).or_default() += 1;
            before = Some(row);
        }
        let totals = totals.into_iter().collect();
        let import = EmergencyImport { sha256, first: first.number, last: last.number, totals };
        self.decision.register(Register::EmergencyImported(import));
        Ok(self.decision)
    }

    fn check(&self, row: &HandRow, before: Option<&HandRow>) -> Result<(), Rejection> {
        let register = &self.desk.register;
        if let Some(known) = register.by_emergency.get(&row.number) {
            return Err(bad(row, "number", &format!("{} was imported already, as {known}", row.number)));
        }
        if i32::from(row.number.year) != i32::from(day(row.at).year()) {
            return Err(bad(row, "number", &format!("its year isn't that of {}", day(row.at))));
        }
        if let Some(before) = before {
            if row.number <= before.number {
                return Err(bad(row, "number", &format!("it must come after {}", before.number)));
            }
            if row.at < before.at {
                return Err(bad(row, "time", "it lies before that of the row above"));
            }
        }
        let covers = |emergency: &&crate::register::Emergency| {
            emergency.opening.from <= row.at && emergency.closed_at.is_none_or(|closed_at| row.at <= closed_at)
        };
        match register.emergencies.iter().find(covers) {
            None => return Err(bad(row, "time", "no emergency register was open then")),
            Some(emergency) if emergency.closed_at.is_none() => {
                return Err(bad(row, "time", "the emergency register is still open: close it first"));
            }
            Some(_) => {}
        }
        match (self.context.office_name)(&row.office.0) {
            None => Err(bad(row, "office", &format!("no office has the code {}", row.office))),
            Some(_) => Ok(()),
        }
    }

    /// One row, with its ordinary number.
    fn register(&mut self, row: &HandRow, given: u32) -> Result<TicketId, Rejection> {
        let desk = self.desk;
        // What each row brings about has ids of its own.
        let cause = CauseId::derived(&[&self.context.cause.0, row.number.to_string().as_bytes()]);
        let context = Context { cause, ..*self.context };
        match &row.what {
            HandWhat::Ticket(name) => {
                let (id, ticket) = desk.find(name).map_err(|error| bad(row, "ticket", &error.to_string()))?;
                if ticket.protocol.is_some() {
                    return Err(bad(row, "ticket", "it has an ordinary number already"));
                }
                self.take_in_charge(row, (id, ticket), given, None, &context)?;
                Ok(id)
            }
            HandWhat::Report(report) => {
                let message = MessageId::derived(&[b"emergency", row.number.to_string().as_bytes()]);
                let id = TicketId::derived(&[b"ticket", &message.0]);
                self.happened(row.at);
                self.decision.conversation(report.conversation, received(report, message));
                let opened = self.opened(row, report, message);
                let state = ticket::evolve(None, &opened, row.at);
                self.happened(row.at);
                self.decision.ticket(id, opened);
                if let Some(state) = state {
                    self.take_in_charge(row, (id, &state), given, Some(report.person), &context)?;
                }
                let routed = Said::MessageRouted { message, route: Route::OpenedTicket(id) };
                self.decision.conversation(report.conversation, routed);
                Ok(id)
            }
        }
    }

    fn take_in_charge(
        &mut self,
        row: &HandRow,
        (id, ticket): (TicketId, &ticket::State),
        given: u32,
        person: Option<PersonId>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let by_hand = ByHand { number: row.number, given, person };
        let actor = self.decision.actor.clone();
        let own = take_in_charge_by_hand(self.desk, (id, ticket), &row.office, by_hand, actor, context);
        let own = own.map_err(|error| bad(row, "ticket", &error.to_string()))?;
        for (stream, event) in own.events {
            if matches!(&event, crate::Event::Ticket(TicketEvent::TakenInCharge { .. })) {
                self.happened(row.at.max(ticket.received_at));
            }
            self.decision.events.push((stream, event));
        }
        Ok(())
    }

    /// Of the event that comes next.
    fn happened(&mut self, at: Timestamp) {
        self.decision.happened.insert(self.decision.events.len(), at);
    }

    fn opened(&self, row: &HandRow, report: &HandReport, message: MessageId) -> TicketEvent {
        let (calendar, kind) = (self.context.calendar, Some(Kind::Report));
        let take_in_charge = sla::take_in_charge(calendar, row.at);
        let first_answer = sla::first_answer(calendar, row.at, Some(&row.office), kind);
        TicketEvent::Opened {
            conversation: report.conversation,
            message,
            code: free_code(self.desk, message),
            channel: report.channel,
            public: report.channel.is_public(),
            classification: Classification {
                kind,
                office: Some(row.office.clone()),
                second_office: None,
                confidence: 1.0,
                urgency: Urgency::Normal,
                place_key: None,
            },
            received_at: row.at,
            deadlines: [take_in_charge, first_answer].map(|term| self.desk.counted(term, Why::Opened)).into(),
            sealed: None,
        }
    }
}

fn received(report: &HandReport, message: MessageId) -> Said {
    Said::MessageReceived {
        message,
        channel: report.channel,
        person: Some(report.person),
        public: report.channel.is_public(),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: report.sealed.clone(),
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(rome()).date()
}

fn bad(row: &HandRow, column: &'static str, problem: &str) -> Rejection {
    Rejection::BadRow { line: row.line, column: column.to_owned(), problem: problem.to_owned() }
}

fn invalid(field: &'static str, problem: &str) -> Rejection {
    Rejection::Invalid { field, problem: problem.to_owned() }
}

fn not_open() -> Rejection {
    invalid("emergency", "no emergency register is open")
}

fn given<'a>(field: &'static str, text: &'a str) -> Result<&'a str, Rejection> {
    let text = text.trim();
    if text.is_empty() { Err(Rejection::Missing(field)) } else { Ok(text) }
}
