use super::{Make, protocol};
use crate::source::Source;
use segnalalo_domain::{
    event::ticket::{Classification, CloseReason, Event},
    id::{ConversationId, MessageId, TicketId},
    sla::{Deadline, DeadlineName, Rung, Step, StepKind, Why},
    words::{Channel, Kind, Urgency},
};

pub const ALL: &[Make<Event>] = &[
    |source| Event::Opened {
        conversation: ConversationId(source.bytes()),
        message: message(source),
        code: source.text("S-7K3M9"),
        channel: source.pick(Channel::ALL),
        public: source.flag(),
        classification: classification(source),
        received_at: source.instant(),
        deadlines: source.maybe(|source| vec![deadline(source), deadline(source)]).unwrap_or_default(),
        sealed: source.maybe(Source::sealed),
    },
    |source| Event::Reclassified { classification: classification(source), sealed: source.maybe(Source::sealed) },
    |source| Event::MessageJoined { message: message(source) },
    |source| Event::TakenInCharge { protocol: protocol(source), office: source.office() },
    |source| Event::Reassigned {
        office: source.office(),
        reason: source.text("competenza"),
        words: source.newer(Source::sealed),
    },
    |source| Event::SentBack {
        office: source.office(),
        reason: source.text("strada provinciale"),
        words: source.newer(Source::sealed),
    },
    |source| Event::CitizenAsked { automatic: source.flag(), words: source.maybe(Source::sealed) },
    |source| Event::CitizenAnswered { message: message(source) },
    |source| Event::Answered { words: source.sealed() },
    |source| Event::Feasible { expected_by: source.date(), words: source.maybe(Source::sealed) },
    |source| Event::NotFeasible { words: source.sealed() },
    |source| Event::ProgressReported { expected_by: source.maybe(Source::date), words: source.sealed() },
    |source| Event::Resolved { words: source.maybe(Source::sealed) },
    |source| Event::NotPertinent { words: source.sealed() },
    |source| Event::Closed {
        reason: source.pick(CloseReason::ALL),
        note: source.text("sopralluogo fatto"),
        words: source.newer(Source::sealed),
    },
    |source| Event::Reopened {
        reason: source.text("citizen_objects"),
        message: source.maybe(message),
        words: source.newer(Source::sealed),
    },
    |source| Event::Merged { into: ticket(source) },
    |source| Event::Absorbed { from: ticket(source) },
    |_| Event::MarkedSpam,
    |_| Event::SpamLifted,
    |source| Event::NoteAdded { words: source.sealed() },
    |source| Event::DeadlineSet { deadline: deadline(source) },
    |source| Event::DeadlineReached {
        deadline: source.pick(DeadlineName::ALL),
        version: source.number(),
        rung: source.pick(Rung::ALL),
        due_at: source.instant(),
        to: source.newer(|source| source.text("URP")).unwrap_or_default(),
    },
    |source| Event::DeadlinePaused {
        deadline: source.pick(DeadlineName::ALL),
        version: source.number(),
        left_seconds: source.number().into(),
    },
    |_| Event::WaitEnded,
    |source| Event::EmergencyFlagged { message: message(source) },
];

fn message(source: &mut Source) -> MessageId {
    MessageId(source.bytes())
}

fn ticket(source: &mut Source) -> TicketId {
    TicketId(source.bytes())
}

fn deadline(source: &mut Source) -> Deadline {
    Deadline {
        name: source.pick(DeadlineName::ALL),
        version: source.number(),
        from: source.instant(),
        due: source.instant(),
        rule: source.text("C1/1"),
        calendar: source.newer(Source::number).unwrap_or_default(),
        why: source.newer(|source| source.pick(Why::ALL)),
        working_seconds: source.newer(Source::number).unwrap_or_default().into(),
        rungs: source.newer(|source| vec![(source.pick(Rung::ALL), source.instant())]).unwrap_or_default(),
        steps: source.newer(|source| vec![step(source), step(source)]).unwrap_or_default(),
    }
}

fn step(source: &mut Source) -> Step {
    Step {
        kind: source.pick(StepKind::ALL),
        date: source.date(),
        count: source.number(),
        note: source.text("Santo Stefano"),
    }
}

fn classification(source: &mut Source) -> Classification {
    Classification {
        kind: source.maybe(|source| source.pick(Kind::ALL)),
        office: source.maybe(Source::office),
        second_office: source.maybe(Source::office),
        confidence: source.share(),
        urgency: source.pick(Urgency::ALL),
        place_key: source.maybe(Source::bytes),
    }
}
