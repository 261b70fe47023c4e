//! The steps themselves: what each action writes into the ticket, the register and the conversations.

use super::super::daily::impersonal;
use super::{Action, Reopener, Words, news::News, reopen, set_auto_close};
use crate::{
    desk::{Context, Decision, Desk, terms::Terms},
    event::{
        Register, Registration,
        ticket::{CloseReason, Event},
    },
    id::{PersonId, TicketId},
    protocol::{EmergencyNumber, ProtocolNumber},
    rejection::Rejection,
    sealed::{Scheme, Sealed},
    sla::{self, DeadlineName, Why},
    template::Template,
    ticket,
    words::{ActorType, Office},
};
use jiff::civil::Date;

pub(super) struct Step<'a> {
    pub desk: &'a Desk,
    pub id: TicketId,
    pub ticket: &'a ticket::State,
    pub context: &'a Context<'a>,
    pub decision: Decision,
    pub by_hand: Option<ByHand>,
}

/// A number of the emergency register, for what is taken in charge now.
#[derive(Debug, Clone, Copy)]
pub(in crate::desk) struct ByHand {
    pub number: EmergencyNumber,
    /// Ordinary numbers that are given before it in the same decision.
    pub given: u32,
    /// Whose report it is, while the desk doesn't know it yet.
    pub person: Option<PersonId>,
}

impl<'a> Step<'a> {
    pub fn take(mut self, action: &Action) -> Result<Decision, Rejection> {
        match action {
            Action::TakeInCharge { office } => self.take_in_charge(office.as_ref())?,
            Action::Reassign { office, reason } => self.reassign(office, reason)?,
            Action::SendBack { reason } => self.send_back(reason)?,
            Action::AskCitizen { words } => self.ask(words)?,
            Action::Answer { words } => {
                let sealed = self.required(words)?;
                self.conclude(Event::Answered { words: sealed.clone() }, Template::Answer, Some(sealed));
            }
            Action::DeclareFeasible { expected_by, words } => self.feasible(*expected_by, words)?,
            Action::ReportProgress { expected_by, words } => self.progress(*expected_by, words)?,
            Action::DeclareNotFeasible { words } => {
                let sealed = self.required(words)?;
                self.conclude(Event::NotFeasible { words: sealed.clone() }, Template::NotFeasible, Some(sealed));
            }
            Action::DeclareNotPertinent { words } => {
                let sealed = self.required(words)?;
                self.conclude(Event::NotPertinent { words: sealed.clone() }, Template::NotPertinent, Some(sealed));
            }
            Action::Resolve { words } => {
                let sealed = self.optional(words)?;
                self.conclude(Event::Resolved { words: sealed.clone() }, Template::Resolved, sealed);
            }
            Action::Close { reason } => {
                let event = Event::Closed {
                    reason: CloseReason::Operator,
                    note: String::new(),
                    words: (!reason.is_empty).then(|| reason.sealed.clone()),
                };
                self.decision.ticket(self.id, event);
            }
            Action::Reopen { reason } => {
                let who = Reopener::Operator(reason_of(reason)?);
                let now = self.context.now;
                let terms = self.terms();
                reopen(&mut self.decision, &terms, who, now);
            }
            Action::Merge { into } => self.merge(into)?,
            Action::MarkSpam => self.mark_spam()?,
            Action::LiftSpam => self.lift_spam(),
            Action::AddNote { words } => {
                if words.is_empty {
                    return Err(Rejection::Missing("text"));
                }
                self.decision.ticket(self.id, Event::NoteAdded { words: words.sealed.clone() });
            }
            Action::AnnulProtocol { reason, act } => self.annul(reason, act)?,
        }
        Ok(self.decision)
    }

    fn take_in_charge(&mut self, office: Option<&Office>) -> Result<(), Rejection> {
        let office = office.or(self.ticket.office.as_ref()).cloned().unwrap_or_else(Office::urp);
        let name = self.known(&office)?;
        let protocol = match self.ticket.protocol {
            Some(protocol) if !self.ticket.annulled => protocol,
            _ => self.assign_number(&office, &name),
        };
        self.decision.ticket(self.id, Event::TakenInCharge { protocol, office: office.clone() });
        let ticket = ticket::State { protocol: Some(protocol), office: Some(office.clone()), ..self.ticket.clone() };
        let terms = Terms { ticket: &ticket, ..self.terms() };
        terms.follow_office(&mut self.decision, Some(&office), ticket.classification.kind);
        terms.resume(&mut self.decision, self.context.now, &[DeadlineName::TakeInCharge, DeadlineName::News]);
        terms.renew_news(&mut self.decision, Why::Told);
        let extra = [("office", office.to_string())];
        let by_person = self.by_person();
        News { id: self.id, ticket: &ticket, context: self.context }.tell(
            &mut self.decision,
            Template::TakenInCharge,
            &extra,
            None,
            by_person,
        );
        Ok(())
    }

    /// The subject is born neutral: it can never be changed (DPR 445/2000 art. 53), so no word of the citizen is in it. Who
    /// can open boxes adds what only they tell: street, sender, digest.
    fn assign_number(&mut self, office: &Office, office_name: &str) -> ProtocolNumber {
        let date = self.desk.register.date(self.context.now);
        let mut protocol = self.desk.register.next(date);
        protocol.number += self.by_hand.map_or(0, |by_hand| by_hand.given);
        let rule = self.ticket.term(sla::DeadlineName::TakeInCharge).map(|term| term.deadline.rule.clone());
        let registration = Registration {
            date,
            arrived_at: self.ticket.received_at,
            channel: self.ticket.channel,
            office: office.clone(),
            classification: String::new(),
            deadline_rule: rule.unwrap_or_default(),
            digest: [0; 32],
            document: Vec::new(),
            emergency: self.by_hand.map(|by_hand| by_hand.number),
            sealed: Sealed {
                scheme: Scheme::Plain,
                person: self.by_hand.and_then(|by_hand| by_hand.person),
                payload: Vec::new(),
            },
        };
        self.decision.register(Register::NumberAssigned {
            protocol,
            ticket: self.id,
            subject: office_name.to_owned(),
            registration: Some(Box::new(registration)),
        });
        protocol
    }

    fn reassign(&mut self, office: &Office, reason: &Words) -> Result<(), Rejection> {
        self.known(office)?;
        let words = (!reason.is_empty).then(|| reason.sealed.clone());
        self.decision.ticket(self.id, Event::Reassigned { office: office.clone(), reason: String::new(), words });
        let terms = self.terms();
        terms.follow_office(&mut self.decision, Some(office), self.ticket.classification.kind);
        Ok(())
    }

    fn send_back(&mut self, reason: &Words) -> Result<(), Rejection> {
        let words = Some(reason_of(reason)?);
        let office = self.ticket.office.clone().unwrap_or_else(Office::urp);
        self.decision.ticket(self.id, Event::SentBack { office, reason: String::new(), words });
        Ok(())
    }

    fn ask(&mut self, words: &Words) -> Result<(), Rejection> {
        let sealed = self.required(words)?;
        let event = Event::CitizenAsked { automatic: false, words: Some(sealed.clone()) };
        self.decision.ticket(self.id, event);
        let terms = self.terms();
        terms.pause(&mut self.decision);
        self.tell(Template::Question, &[], Some(sealed));
        Ok(())
    }

    fn feasible(&mut self, expected_by: Date, words: &Words) -> Result<(), Rejection> {
        let sealed = self.optional(words)?;
        self.not_past(expected_by)?;
        let event = Event::Feasible { expected_by, words: sealed.clone() };
        self.decision.ticket(self.id, event);
        self.set_resolution(expected_by);
        let terms = self.terms();
        terms.renew_news(&mut self.decision, Why::Told);
        self.tell(Template::Feasible, &[("expected_by", expected_by.to_string())], sealed);
        Ok(())
    }

    fn progress(&mut self, expected_by: Option<Date>, words: &Words) -> Result<(), Rejection> {
        let sealed = self.required(words)?;
        if let Some(date) = expected_by {
            self.not_past(date)?;
        }
        self.decision.ticket(self.id, Event::ProgressReported { expected_by, words: sealed.clone() });
        if let Some(date) = expected_by {
            self.set_resolution(date);
        }
        let terms = self.terms();
        terms.renew_news(&mut self.decision, Why::Told);
        let date = expected_by.map(|date| date.to_string()).unwrap_or_default();
        self.tell(Template::Progress, &[("expected_by", date)], Some(sealed));
        Ok(())
    }

    fn conclude(&mut self, event: Event, template: Template, words: Option<Sealed>) {
        self.decision.ticket(self.id, event);
        let terms = self.terms();
        set_auto_close(&mut self.decision, &terms, self.context.now);
        self.tell(template, &[], words);
    }

    fn annul(&mut self, reason: &str, act: &str) -> Result<(), Rejection> {
        let reason = impersonal("reason", filled("reason", reason)?)?;
        let act = impersonal("act", filled("act", act)?)?;
        let protocol = self.ticket.protocol.ok_or(Rejection::Missing("protocol number"))?;
        if self.ticket.annulled {
            return Err(Rejection::AlreadyAnnulled(protocol.to_string()));
        }
        let date = Some(self.desk.register.date(self.context.now));
        self.decision.register(Register::NumberAnnulled { protocol, ticket: self.id, reason, act, date });
        Ok(())
    }

    fn set_resolution(&mut self, date: Date) {
        let office = self.ticket.office.as_ref();
        let deadline = sla::resolution(self.context.calendar, self.context.now, date, office);
        let terms = self.terms();
        terms.set(&mut self.decision, deadline, Why::Promised);
    }

    pub(super) fn tell(&mut self, template: Template, extra: &[(&str, String)], words: Option<Sealed>) {
        let by_person = self.by_person();
        let news = News { id: self.id, ticket: self.ticket, context: self.context };
        news.tell(&mut self.decision, template, extra, words, by_person);
    }

    pub(super) fn terms(&self) -> Terms<'a> {
        Terms { desk: self.desk, id: self.id, ticket: self.ticket, context: self.context }
    }

    pub(super) fn by_person(&self) -> bool {
        self.decision.actor.kind == ActorType::Person
    }

    fn known(&self, office: &Office) -> Result<String, Rejection> {
        (self.context.office_name)(&office.0).ok_or_else(|| Rejection::UnknownOffice(office.to_string()))
    }

    fn not_past(&self, date: Date) -> Result<(), Rejection> {
        let today = self.context.now.to_zoned(crate::calendar::rome()).date();
        if date < today {
            return Err(Rejection::Invalid {
                field: "expected_by",
                problem: format!("{date} is past (today is {today})"),
            });
        }
        Ok(())
    }

    /// Text is required where a citizen is told no, or anything that only words can say.
    fn required(&self, words: &Words) -> Result<Sealed, Rejection> {
        if words.is_empty {
            return Err(Rejection::Missing("text"));
        }
        self.publishable(words)?;
        Ok(words.sealed.clone())
    }

    fn optional(&self, words: &Words) -> Result<Option<Sealed>, Rejection> {
        self.publishable(words)?;
        Ok((!words.is_empty).then(|| words.sealed.clone()))
    }

    fn publishable(&self, words: &Words) -> Result<(), Rejection> {
        let followed_in_public = |conversation| {
            let state = self.desk.conversations.get(conversation);
            state.and_then(|state| state.channel).is_some_and(|channel| channel.is_public())
        };
        let public = self.ticket.public || self.ticket.followers.iter().any(followed_in_public);
        if public && !words.personal.is_empty() {
            return Err(Rejection::PersonalDataInPublic(words.personal.join(", ")));
        }
        Ok(())
    }
}

/// Among colleagues: never shown to the citizen.
fn reason_of(words: &Words) -> Result<Sealed, Rejection> {
    if words.is_empty { Err(Rejection::Missing("reason")) } else { Ok(words.sealed.clone()) }
}

fn filled<'a>(field: &'static str, text: &'a str) -> Result<&'a str, Rejection> {
    if text.trim().is_empty() { Err(Rejection::Missing(field)) } else { Ok(text) }
}
