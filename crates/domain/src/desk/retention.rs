//! Whose time is over: what may be erased by the city's rules, from the state alone. Nothing that somebody still needs is:
//! an open ticket's content, where the answer to one goes, what was not sent yet, what is on hold. Nothing here opens a box,
//! and which keys there are is not known here.

use super::{Context, Decision, Desk, keys};
use crate::{
    conversation,
    event::{Event, KeysErased, Log, Removal, RetentionApplied, Stream},
    id::{ConversationId, KeyId, MessageId, TicketId},
    rejection::Rejection,
    retention::{RuleName, Rules},
    sealed::Scope,
    ticket::{self, Phase},
    words::{Actor, Channel},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Ticket(TicketId),
    /// What was said in it of no ticket.
    Conversation(ConversationId),
    /// Notices of one day (UTC).
    Notices(Date),
}

/// What a rule takes of a subject. A scope is taken by one rule only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    pub rule: RuleName,
    pub scopes: Vec<Scope>,
}

/// How a ticket stands to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Somebody still works on it, or its time runs.
    Kept,
    /// Its time is over, and it is kept because of this.
    KeptFor(Reason),
    Over(Vec<Over>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is on hold.
    Hold,
    /// The city owes a message that was neither sent nor given up.
    Unsent,
}

impl Reason {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Unsent => "unsent",
        }
    }
}

/// One step of a run. Who asks has found out which scopes have a key.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplyRetention {
    /// Of the run, in Europe/Rome.
    pub day: Date,
    pub rules: Rules,
    pub due: Vec<Due>,
    /// The run's last step.
    pub complete: bool,
    pub actor: Actor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub rule: RuleName,
    pub subject: Subject,
    pub keys: Vec<(Scope, KeyId)>,
}

/// Looks once more at each: somebody may have written since. What is needed again stays, without a word.
pub(super) fn apply(desk: &Desk, command: &ApplyRetention, context: &Context<'_>) -> Result<Decision, Rejection> {
    let mut decision = Decision::by(command.actor.clone());
    let mut removals = BTreeMap::<RuleName, Removal>::new();
    for due in &command.due {
        let Some(rule) = command.rules.rules.get(&due.rule) else {
            continue;
        };
        let over = desk.over(due.subject, &command.rules, context.now);
        let over = over.into_iter().filter(|over| over.rule == due.rule).flat_map(|over| over.scopes);
        let over = over.collect::<HashSet<_>>();
        let taken = due.keys.iter().filter(|(scope, _)| over.contains(scope)).collect::<Vec<_>>();
        if taken.is_empty() {
            continue;
        }
        let removal = removals.entry(due.rule).or_insert_with(|| Removal {
            rule: due.rule.code().to_owned(),
            period: rule.period.to_string(),
            ..Removal::default()
        });
        let ticket = match due.subject {
            Subject::Ticket(id) => Some(id),
            Subject::Conversation(_) | Subject::Notices(_) => None,
        };
        removal.tickets.extend(ticket);
        for (scope, _) in &taken {
            removal.keys += 1;
            removal.messages += u32::from(matches!(scope, Scope::Message(_)));
            removal.attachments += u32::from(matches!(scope, Scope::Media(_)));
        }
        for keys in taken.chunks(keys::MOST_KEYS) {
            let erased = KeysErased {
                keys: keys.iter().map(|(_, key)| *key).collect(),
                person: None,
                ticket,
                rule: due.rule.code().to_owned(),
                reason: rule.source.clone(),
            };
            decision.events.push((Stream::Log, Event::Log(Log::KeysErased(erased))));
        }
    }
    let applied = RetentionApplied {
        day: command.day,
        rules: command.rules.sha256,
        removals: removals.into_values().collect(),
        complete: command.complete,
    };
    decision.events.push((Stream::Log, Event::Log(Log::RetentionApplied(applied))));
    Ok(decision)
}

/// The day that a notice belongs to.
pub(super) fn notice_day(recorded_at: Timestamp) -> Date {
    recorded_at.to_zoned(TimeZone::UTC).date()
}

impl Desk {
    /// What the rules take of a subject at this moment.
    pub fn over(&self, subject: Subject, rules: &Rules, now: Timestamp) -> Vec<Over> {
        match subject {
            Subject::Ticket(id) => match self.standing(id, rules, now) {
                Standing::Over(over) => over,
                Standing::Kept | Standing::KeptFor(_) => Vec::new(),
            },
            Subject::Conversation(id) => self.conversation_over(id, rules, now),
            Subject::Notices(day) => {
                let ended = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
                let is_over = ended.is_ok_and(|ended| is_over(rules, RuleName::Notices, ended.timestamp(), now));
                let over = Over { rule: RuleName::Notices, scopes: vec![Scope::Notices(day)] };
                is_over.then_some(over).into_iter().collect()
            }
        }
    }

    /// One that was merged stands as the one it lives on in.
    pub fn standing(&self, id: TicketId, rules: &Rules, now: Timestamp) -> Standing {
        let (Some(own), Some(living)) = (self.tickets.get(&id), self.tickets.get(&self.living(id))) else {
            return Standing::Kept;
        };
        let Some(ended_at) = living.ended_at.filter(|_| living.phase != Phase::Merged) else {
            return Standing::Kept;
        };
        let since = ended_at.max(living.last_message_at).max(own.last_message_at);
        let due = rules_of(living).iter().copied().filter(|rule| is_over(rules, *rule, since, now));
        let due = due.collect::<Vec<_>>();
        if due.is_empty() {
            return Standing::Kept;
        }
        if self.is_held(id, rules) {
            return Standing::KeptFor(Reason::Hold);
        }
        if self.conversations_of(own).any(|(_, state)| owes(state, Some(id))) {
            return Standing::KeptFor(Reason::Unsent);
        }
        let mut taken = HashSet::new();
        let over = due.into_iter().map(|rule| {
            let scopes = self.scopes_of(id, own, rule);
            Over { rule, scopes: scopes.into_iter().filter(|scope| taken.insert(*scope)).collect() }
        });
        Standing::Over(over.filter(|over| !over.scopes.is_empty()).collect())
    }

    fn scopes_of(&self, id: TicketId, own: &ticket::State, rule: RuleName) -> Vec<Scope> {
        let (media, chat) = (rule == RuleName::Attachments, rule == RuleName::Chat);
        let all = !media && !chat;
        let mut scopes = Vec::new();
        for (conversation, state) in self.conversations_of(own) {
            if all || chat {
                scopes.push(Scope::Dialogue(conversation, Some(id)));
            }
            for (message, _) in
                state.messages.iter().filter(|(message, of)| **of == Some(id) && !state.apart.contains_key(*message))
            {
                if all || media {
                    scopes.push(Scope::Media(*message));
                }
                if all && !self.is_needed(state, *message) {
                    scopes.push(Scope::Message(*message));
                }
            }
        }
        if all {
            scopes.push(Scope::Ticket(id));
        }
        scopes
    }

    fn conversation_over(&self, id: ConversationId, rules: &Rules, now: Timestamp) -> Vec<Over> {
        let Some(state) = self.conversations.get(&id) else {
            return Vec::new();
        };
        if state.tickets.iter().any(|ticket| self.is_held(*ticket, rules)) {
            return Vec::new();
        }
        let mut over = Vec::new();
        let apart = state.apart.iter().filter(|(message, written_at)| {
            is_over(rules, RuleName::NoTicket, **written_at, now) && !self.is_needed(state, **message)
        });
        let apart = apart.flat_map(|(message, _)| [Scope::Media(*message), Scope::Message(*message)]);
        over.push(Over { rule: RuleName::NoTicket, scopes: apart.collect() });
        let rule = if state.tickets.is_empty() { RuleName::NoTicket } else { RuleName::Chat };
        if !self.is_active(state)
            && let Some(since) = self.last_word(state)
            && is_over(rules, rule, since, now)
        {
            let of_others =
                state.replies.values().filter_map(|reply| reply.ticket).filter(|ticket| !self.hears(id, *ticket));
            let tickets = of_others.map(Some).chain([None]).collect::<BTreeSet<_>>();
            over.push(Over { rule, scopes: tickets.into_iter().map(|ticket| Scope::Dialogue(id, ticket)).collect() });
        }
        over.retain(|over| !over.scopes.is_empty());
        over
    }

    /// Whether the news of a ticket go to the conversation. Who asked for the state of another's was told that once.
    fn hears(&self, id: ConversationId, ticket: TicketId) -> bool {
        let ticket = self.tickets.get(&ticket);
        ticket.is_some_and(|ticket| ticket.conversation == id || ticket.followers.contains(&id))
    }

    /// When something last happened in a conversation that isn't active.
    fn last_word(&self, state: &conversation::State) -> Option<Timestamp> {
        let sent = state.replies.values().filter_map(|reply| reply.attempted_at);
        let ended = state.tickets.iter().filter_map(|id| self.tickets.get(&self.living(*id))?.ended_at);
        [state.last_message_at, state.colleague_at].into_iter().flatten().chain(sent).chain(ended).max()
    }

    /// Somebody still waits for an answer there.
    fn is_active(&self, state: &conversation::State) -> bool {
        let open = |id: &TicketId| self.tickets.get(&self.living(*id)).is_some_and(|ticket| ticket.phase.is_open());
        !state.pending.is_empty()
            || state.tickets.iter().any(open)
            || state.replies.values().any(|reply| !reply.status.is_settled())
    }

    /// Where an answer goes stands in the latest message, under a public post in the first.
    fn is_needed(&self, state: &conversation::State, message: MessageId) -> bool {
        let public = state.channel.is_some_and(Channel::is_public);
        let first = state.first.filter(|_| public);
        [first, state.last].contains(&Some(message)) && self.is_active(state)
    }

    fn is_held(&self, id: TicketId, rules: &Rules) -> bool {
        let living = self.living(id);
        rules.holds.iter().any(|hold| self.find(&hold.ticket).is_ok_and(|(held, _)| self.living(held) == living))
    }

    fn conversations_of<'a>(
        &'a self,
        ticket: &'a ticket::State,
    ) -> impl Iterator<Item = (ConversationId, &'a conversation::State)> {
        let all = std::iter::once(&ticket.conversation).chain(&ticket.followers);
        all.filter_map(|id| Some((*id, self.conversations.get(id)?)))
    }
}

/// Those that a ticket falls under, the ones with the narrowest claim first.
fn rules_of(ticket: &ticket::State) -> &'static [RuleName] {
    match (ticket.phase, ticket.outcome) {
        (Phase::Spam, _) => &[RuleName::Spam],
        (_, Some(Phase::NotPertinent)) => &[RuleName::NotPertinent],
        _ => &[RuleName::Attachments, RuleName::Chat, RuleName::Content],
    }
}

fn is_over(rules: &Rules, rule: RuleName, since: Timestamp, now: Timestamp) -> bool {
    rules.rules.get(&rule).is_some_and(|rule| rule.period.end(since) <= now)
}

fn owes(state: &conversation::State, ticket: Option<TicketId>) -> bool {
    state.replies.values().any(|reply| reply.ticket == ticket && !reply.status.is_settled())
}
