//! Records as people read them: what happened, who did it, the words, and the facts by name.

use segnalalo_domain::{
    event::{
        ChannelEvent, Event, Log, Recorded, Register,
        conversation::{Event as Conversation, Route},
        ticket::Event as Ticket,
    },
    id::TicketId,
    sealed::Sealed,
    ticket::Phase,
};
use segnalalo_proto::{
    common::v1::{PersonalContent, attachment::Type},
    convert,
    convert::{actor_to_wire, channel_to_wire},
    event_name,
    registry::v1 as wire,
    sealed::{self, Opener},
    time,
};
use std::collections::BTreeMap;

/// A record of an unknown kind, or a damaged one, is an entry too: it says so.
pub fn entry(record: &[u8], opener: &dyn Opener) -> wire::HistoryEntry {
    let Ok(recorded) = convert::read(record) else {
        return wire::HistoryEntry { event: "unknown".to_owned(), ..wire::HistoryEntry::default() };
    };
    let mut telling = Telling::new(opener);
    telling.tell(&recorded.event);
    wire::HistoryEntry {
        position: recorded.position,
        at: Some(time::to_wire(recorded.occurred_at)),
        actor: Some(actor_to_wire(&recorded.actor)),
        event: event_name(&recorded.event).to_owned(),
        channel: telling.channel,
        text: telling.text,
        author: telling.author,
        facts: telling.facts,
    }
}

/// `None` for a record that is no notice.
pub fn notice(record: &[u8], opener: &dyn Opener) -> Option<wire::Notice> {
    let Recorded { position, occurred_at, event: Event::Channel(event), .. } = convert::read(record).ok()? else {
        return None;
    };
    let ChannelEvent::NoticeReceived { channel, subject, known, sealed } = event;
    Some(wire::Notice {
        position,
        at: Some(time::to_wire(occurred_at)),
        channel: channel_to_wire(channel),
        subject,
        raw: opener.open(&sealed).unwrap_or_default().raw,
        known,
    })
}

/// Why a reply needs a person, from the record that says so.
pub fn held(known: wire::HeldReply, record: Option<&[u8]>) -> wire::HeldReply {
    let Some(recorded) = record.and_then(|record| convert::read(record).ok()) else {
        return known;
    };
    let (code, detail) = match recorded.event {
        Event::Conversation(
            Conversation::ReplyHeld { code, detail, .. } | Conversation::SendRefused { code, detail, .. },
        ) => (code, detail),
        Event::Conversation(Conversation::DeliveryReported { error_code, error_detail, .. }) => {
            (error_code, error_detail)
        }
        _ => Default::default(),
    };
    wire::HeldReply { code, detail, held_at: Some(time::to_wire(recorded.recorded_at)), ..known }
}

/// As the platform names him.
fn sender(content: &PersonalContent) -> String {
    let author = content.author.as_ref();
    author.map(|author| if author.name.is_empty() { &author.id } else { &author.name }).cloned().unwrap_or_default()
}

struct Telling<'a> {
    opener: &'a dyn Opener,
    channel: i32,
    text: String,
    author: String,
    facts: BTreeMap<String, String>,
}

impl<'a> Telling<'a> {
    fn new(opener: &'a dyn Opener) -> Self {
        Self { opener, channel: 0, text: String::new(), author: String::new(), facts: BTreeMap::new() }
    }

    /// What can't be read any more says so.
    fn open(&mut self, sealed: &Sealed) -> PersonalContent {
        match self.opener.open(sealed) {
            Ok(content) => content,
            Err(error) => {
                let code = if matches!(error, sealed::Error::Erased) { "erased" } else { "unreadable" };
                self.fact("content", code);
                PersonalContent::default()
            }
        }
    }

    fn fact(&mut self, name: &str, value: impl ToString) -> &mut Self {
        let value = value.to_string();
        if !value.is_empty() {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Log(Log::KeysErased(erased)) => {
                self.fact("keys", erased.keys.len()).fact("rule", &erased.rule).fact("reason", &erased.reason);
            }
            Event::Log(Log::CalendarAdopted { version, sha256, .. }) => {
                let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                self.fact("version", version).fact("sha256", sha256);
            }
            // They are of no ticket.
            Event::Log(
                Log::Opened { .. } | Log::ObservationNoted { .. } | Log::RetentionApplied(_) | Log::Access(_),
            )
            | Event::Channel(_) => {}
            Event::Conversation(event) => self.conversation(event),
            Event::Ticket(event) => self.ticket(event),
            Event::Register(Register::NumberAssigned { protocol, subject, registration, .. }) => {
                self.fact("protocol", protocol).fact("subject", subject);
                if let Some(registration) = registration {
                    self.fact("date", registration.date).fact("classification", &registration.classification);
                    self.fact("digest", hex::encode(registration.digest));
                    self.fact("emergency", registration.emergency.map(|it| it.to_string()).unwrap_or_default());
                    self.author = sender(&self.open(&registration.sealed));
                }
            }
            Event::Register(Register::NumberAnnulled { protocol, reason, act, .. }) => {
                self.fact("protocol", protocol).fact("reason", reason).fact("act", act);
            }
            // They are of no ticket.
            Event::Register(_) => {}
        }
    }

    fn content(&mut self, sealed: &Sealed) {
        let content = self.open(sealed);
        self.author = sender(&content);
        self.text = content.text;
        let attachments = content.attachments.iter().map(|attachment| match attachment.r#type() {
            Type::Location => match (attachment.latitude, attachment.longitude) {
                (Some(latitude), Some(longitude)) => format!("location {latitude},{longitude}"),
                _ => "location".to_owned(),
            },
            other => other.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
        });
        let attachments = attachments.collect::<Vec<_>>().join("; ");
        self.fact("attachments", attachments).fact("raw", content.raw).fact("place", content.place);
        self.fact("because", content.because.join(" · "));
    }

    fn words(&mut self, words: Option<&Sealed>) {
        if let Some(words) = words {
            self.text = self.open(words).text;
        }
    }

    /// An operator's reason: a fact, not words for the citizen.
    fn written(&mut self, name: &str, words: Option<&Sealed>) {
        if let Some(words) = words {
            let text = self.open(words).text;
            self.fact(name, text);
        }
    }

    fn conversation(&mut self, event: &Conversation) {
        match event {
            Conversation::MessageReceived { channel, content_type, sealed, .. } => {
                self.channel = channel_to_wire(*channel);
                self.content(sealed);
                self.fact("content_type", content_type);
            }
            Conversation::MessageEdited { sealed, .. } | Conversation::ColleagueAnswered { sealed, .. } => {
                self.content(sealed)
            }
            Conversation::IdentityChanged { sealed, .. } => self.content(sealed),
            Conversation::MessageRemoved { verb, .. } => {
                self.fact("verb", verb);
            }
            Conversation::MessageReacted { reaction, .. } => {
                self.fact("reaction", reaction);
            }
            Conversation::MessageConcluded { conclusion, sealed, .. } => {
                self.content(sealed);
                let office = conclusion.office.as_ref().map(ToString::to_string).unwrap_or_default();
                self.fact("kind", conclusion.kind).fact("office", office).fact("urgency", conclusion.urgency);
                self.fact("confidence", format!("{:.2}", conclusion.confidence));
                self.fact("protocol", conclusion.protocol.clone().unwrap_or_default());
                self.fact("rules_version", &conclusion.rules_version);
            }
            Conversation::TriageGivenUp { reason, .. } => {
                self.fact("reason", reason);
            }
            Conversation::MessageRouted { route, .. } => {
                let route = match route {
                    Route::OpenedTicket(_) => "opened_ticket",
                    Route::JoinedTicket(_) => "joined_ticket",
                    Route::StatusAnswered(_) => "status_answered",
                    Route::QuestionAsked(_) => "question_asked",
                    Route::Noted(_) => "noted",
                };
                self.fact("route", route);
            }
            Conversation::MediaStored { attachment, file, .. } => {
                self.fact("attachment", attachment.index + 1).fact("media_type", &file.media_type);
                self.fact("size", file.size);
            }
            Conversation::MediaFailed { attachment, code } => {
                self.fact("attachment", attachment.index + 1).fact("media_failure", code);
            }
            _ => self.sending(event),
        }
    }

    fn sending(&mut self, event: &Conversation) {
        match event {
            Conversation::ReplyRequested { reply, template, variables, words, .. } => {
                self.words(words.as_ref());
                self.fact("reply", reply).fact("template", template);
                for (name, value) in variables {
                    self.fact(name, value);
                }
            }
            Conversation::SendAttempted { reply, attempt, sealed, .. } => {
                self.content(sealed);
                self.fact("reply", reply).fact("attempt", attempt);
            }
            Conversation::SendAccepted { reply, attempt, proof, .. } => {
                self.fact("reply", reply).fact("attempt", attempt).fact("proof", proof);
            }
            Conversation::SendRefused { reply, attempt, code, detail, last, retry_at } => {
                self.fact("reply", reply).fact("attempt", attempt).fact("code", code).fact("detail", detail);
                self.fact("final", last);
                self.fact("retry_at", retry_at.map(|at| at.to_string()).unwrap_or_default());
            }
            Conversation::SendUnknown { reply, attempt, detail } => {
                self.fact("reply", reply).fact("attempt", attempt).fact("detail", detail);
            }
            Conversation::ReplyHeld { reply, code, detail } => {
                self.fact("reply", reply).fact("code", code).fact("detail", detail);
            }
            Conversation::ReplyDropped { reply, reason } => {
                self.fact("reply", reply).fact("reason", reason);
            }
            Conversation::DeliveryReported { reply, status, error_code, error_detail } => {
                self.fact("reply", reply).fact("status", status).fact("code", error_code).fact("detail", error_detail);
            }
            _ => {}
        }
    }

    fn ticket(&mut self, event: &Ticket) {
        match event {
            Ticket::Opened { channel, code, classification, deadlines, .. } => {
                self.channel = channel_to_wire(*channel);
                self.fact("code", code).fact("state", Phase::Received);
                self.classification(classification);
                for deadline in deadlines {
                    self.fact(deadline.name.code(), deadline.due);
                }
            }
            Ticket::Reclassified { classification, .. } => self.classification(classification),
            Ticket::TakenInCharge { protocol, office } => {
                self.fact("protocol", protocol).fact("office", office);
            }
            Ticket::Reassigned { office, reason, words } | Ticket::SentBack { office, reason, words } => {
                self.fact("office", office).fact("reason", reason);
                self.written("reason", words.as_ref());
            }
            Ticket::CitizenAsked { automatic, words } => {
                self.words(words.as_ref());
                self.fact("automatic", automatic);
            }
            Ticket::Feasible { expected_by, words } => {
                self.words(words.as_ref());
                self.fact("expected_by", expected_by);
            }
            Ticket::ProgressReported { expected_by, words } => {
                self.words(Some(words));
                self.fact("expected_by", expected_by.map(|date| date.to_string()).unwrap_or_default());
            }
            Ticket::Answered { words }
            | Ticket::NotFeasible { words }
            | Ticket::NotPertinent { words }
            | Ticket::NoteAdded { words } => self.words(Some(words)),
            Ticket::Resolved { words } => self.words(words.as_ref()),
            Ticket::Closed { reason, note, words } => {
                self.fact("reason", reason).fact("note", note);
                self.written("note", words.as_ref());
            }
            Ticket::Reopened { reason, words, .. } => {
                self.fact("reason", reason);
                self.written("reason", words.as_ref());
            }
            Ticket::Merged { into: other } | Ticket::Absorbed { from: other } => self.other(*other),
            Ticket::DeadlineSet { deadline } => {
                self.fact("deadline", deadline.name).fact("due", deadline.due).fact("rule", &deadline.rule);
                self.fact("why", deadline.why.map(|why| why.to_string()).unwrap_or_default());
                self.fact("version", deadline.version).fact("calendar", deadline.calendar);
            }
            Ticket::DeadlineReached { deadline, rung, due_at, to, .. } => {
                self.fact("deadline", deadline).fact("rung", rung).fact("due", due_at).fact("to", to);
            }
            Ticket::DeadlinePaused { deadline, left_seconds, .. } => {
                self.fact("deadline", deadline).fact("left_seconds", left_seconds);
            }
            Ticket::MessageJoined { .. }
            | Ticket::CitizenAnswered { .. }
            | Ticket::WaitEnded
            | Ticket::MarkedSpam
            | Ticket::SpamLifted
            | Ticket::EmergencyFlagged { .. } => {}
        }
    }

    fn classification(&mut self, classification: &segnalalo_domain::event::ticket::Classification) {
        self.fact("kind", classification.kind.map(|kind| kind.code()).unwrap_or_default());
        self.fact("office", classification.office.as_ref().map(ToString::to_string).unwrap_or_default());
        self.fact("urgency", classification.urgency);
    }

    fn other(&mut self, other: TicketId) {
        self.fact("ticket", other);
    }
}
