//! Whatever comes in whatever order: no ticket is without an answer due, no number without a ticket, nothing is said twice,
//! and replay gives the same desk again.

use super::given::{Given, acting_on, concluded, conversation_id, message_id, received, sealed, words};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*, sample::Index};
use segnalalo_domain::{
    desk::{
        Action, BeginAttempt, Command, Conclude, DeliveryReport, Desk, EditMessage, Outcome, ReachDeadline,
        ReactToMessage, RecordOutcome, RemoveMessage, SettleReply, TicketRef, Verdict,
    },
    event::{
        Event, Register, Stream,
        conversation::{DeliveryStatus, Event as Said, GivenUp, Proof, RemovalVerb},
        ticket::Event as Happened,
    },
    id::{ConversationId, MessageId, ReplyId, TicketId},
    sla::{DeadlineName, Rung, rung_at},
    ticket::Phase,
    words::{Actor, ActorType, Channel, Kind, Office},
};
use std::collections::{HashMap, HashSet};

/// Two citizens in private, and a thread in which two write.
const WRITERS: [(&str, Channel); 4] = [
    ("mario", Channel::Whatsapp),
    ("anna", Channel::Messenger),
    ("thread/lucia", Channel::FacebookComment),
    ("thread/piero", Channel::FacebookComment),
];

/// Something that may happen. Indices choose among what there is then; what there isn't is refused, or nothing.
#[derive(Debug, Clone)]
enum Step {
    Writes { writer: usize, again: Option<Index> },
    Concludes { message: Index, kind: Kind },
    GivesUp { message: Index },
    Routes { writer: usize },
    Edits { message: Index },
    Removes { message: Index },
    Reacts { message: Index },
    Acts { ticket: Index, other: Index, action: u8, stale: bool },
    Begins { reply: Index, next: bool },
    Ends { reply: Index, how: u8 },
    Reported { reply: Index, failed: bool },
    Settles { reply: Index, verdict: u8 },
    Rings { ticket: Index, term: Index, rung: Rung, old: bool },
    AdoptsCalendar,
    Waits { minutes: i64 },
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL)
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        6 => (0..WRITERS.len(), prop::option::weighted(0.2, index()))
            .prop_map(|(writer, again)| Step::Writes { writer, again }),
        6 => (index(), kind()).prop_map(|(message, kind)| Step::Concludes { message, kind }),
        1 => index().prop_map(|message| Step::GivesUp { message }),
        6 => (0..WRITERS.len()).prop_map(|writer| Step::Routes { writer }),
        1 => index().prop_map(|message| Step::Edits { message }),
        1 => index().prop_map(|message| Step::Removes { message }),
        1 => index().prop_map(|message| Step::Reacts { message }),
        10 => (index(), index(), any::<u8>(), prop::bool::weighted(0.1))
            .prop_map(|(ticket, other, action, stale)| Step::Acts { ticket, other, action, stale }),
        4 => (index(), prop::bool::weighted(0.9)).prop_map(|(reply, next)| Step::Begins { reply, next }),
        4 => (index(), any::<u8>()).prop_map(|(reply, how)| Step::Ends { reply, how }),
        1 => (index(), any::<bool>()).prop_map(|(reply, failed)| Step::Reported { reply, failed }),
        1 => (index(), any::<u8>()).prop_map(|(reply, verdict)| Step::Settles { reply, verdict }),
        6 => (index(), index(), prop::sample::select(Rung::ALL), prop::bool::weighted(0.1))
            .prop_map(|(ticket, term, rung, old)| Step::Rings { ticket, term, rung, old }),
        1 => Just(Step::AdoptsCalendar),
        4 => (1..3 * 24 * 60_i64).prop_map(|minutes| Step::Waits { minutes }),
    ]
}

/// The desk, and what was put to it.
struct World {
    given: Given,
    messages: Vec<(&'static str, String)>,
    tickets: Vec<TicketId>,
    replies: Vec<(ConversationId, ReplyId)>,
}

fn pick<T: Clone>(of: &[T], index: &Index) -> Option<T> {
    (!of.is_empty()).then(|| index.get(of).clone())
}

impl World {
    fn new() -> Self {
        Self { given: Given::nothing(), messages: Vec::new(), tickets: Vec::new(), replies: Vec::new() }
    }

    fn take(&mut self, step: &Step) {
        if let Step::Waits { minutes } = step {
            self.given.later(SignedDuration::from_mins(*minutes));
            return;
        }
        let Some(command) = self.command(step) else {
            return;
        };
        if self.given.decide(&command).is_err() {
            return;
        }
        for event in self.given.when(command) {
            match event {
                Event::Ticket(Happened::Opened { message, .. }) => {
                    let (id, ticket) = self.given.last_ticket();
                    assert_eq!(ticket.message, message);
                    self.tickets.push(id);
                }
                Event::Conversation(Said::ReplyRequested { reply, .. }) => {
                    self.replies.push((self.given.desk.replies[&reply], reply));
                }
                _ => {}
            }
        }
    }

    fn command(&mut self, step: &Step) -> Option<Command> {
        let message = |index: &Index| pick(&self.messages, index);
        Some(match step {
            Step::Writes { writer, again } => {
                let (from, channel) = WRITERS[*writer];
                let (from, name) = match again.as_ref().and_then(message) {
                    Some(known) => known,
                    None => (from, format!("{from} {}", self.messages.len())),
                };
                self.messages.push((from, name.clone()));
                Command::ReceiveMessage(received(from, channel, &name))
            }
            Step::Concludes { message: index, kind } => {
                let (from, name) = message(index)?;
                Command::Conclude(Conclude {
                    conversation: conversation_id(from),
                    message: message_id(&name),
                    conclusion: concluded(*kind),
                    sealed: sealed("reasons"),
                })
            }
            Step::GivesUp { message: index } => {
                let (from, name) = message(index)?;
                let (conversation, message) = (conversation_id(from), message_id(&name));
                Command::GiveUpOnTriage { conversation, message, reason: GivenUp::TimedOut }
            }
            Step::Routes { writer } => {
                let conversation = conversation_id(WRITERS[*writer].0);
                self.given.desk.is_ready(conversation).then_some(Command::RouteNext { conversation })?
            }
            Step::Edits { message: index } => {
                let (from, name) = message(index)?;
                let as_new = received(from, Channel::Whatsapp, &name);
                Command::EditMessage(EditMessage { message: message_id(&name), sealed: sealed("edited"), as_new })
            }
            Step::Removes { message: index } => Command::RemoveMessage(RemoveMessage {
                message: message_id(&message(index)?.1),
                verb: RemovalVerb::Removed,
            }),
            Step::Reacts { message: index } => Command::ReactToMessage(ReactToMessage {
                message: message_id(&message(index)?.1),
                person: None,
                reaction: "👍".to_owned(),
            }),
            Step::Acts { ticket, other, action, stale } => {
                let id = pick(&self.tickets, ticket)?;
                let into = pick(&self.tickets, other)?;
                let Command::Act(mut act) = acting_on(id, self.action(*action, into)) else { return None };
                act.expected_version = stale.then_some(self.given.desk.tickets[&id].version.saturating_sub(1));
                Command::Act(act)
            }
            Step::Begins { reply, next } => {
                let (conversation, reply) = pick(&self.replies, reply)?;
                let attempts = self.given.desk.conversations[&conversation].replies[&reply].attempts;
                Command::BeginAttempt(BeginAttempt {
                    conversation,
                    reply,
                    attempt: attempts + u32::from(*next),
                    text_sha256: [7; 32],
                    sealed: sealed("text"),
                })
            }
            Step::Ends { reply, how } => {
                let (conversation, reply) = pick(&self.replies, reply)?;
                let attempt = self.given.desk.conversations[&conversation].replies[&reply].attempts;
                Command::RecordOutcome(RecordOutcome { conversation, reply, attempt, outcome: outcome(*how, reply) })
            }
            Step::Reported { reply, failed } => {
                let (conversation, reply) = pick(&self.replies, reply)?;
                let attempt = self.given.desk.conversations[&conversation].replies[&reply].attempts;
                Command::ReportDelivery(DeliveryReport {
                    message: None,
                    callback: Some((reply, attempt)),
                    watermark: None,
                    status: if *failed { DeliveryStatus::Failed } else { DeliveryStatus::Delivered },
                    error_code: if *failed { "131026".to_owned() } else { String::new() },
                    error_detail: String::new(),
                    sealed: sealed("wamid"),
                })
            }
            Step::Settles { reply, verdict } => Command::SettleReply(SettleReply {
                reply: pick(&self.replies, reply)?.1,
                actor: Actor { kind: ActorType::Person, name: "anna".into() },
                verdict: [Verdict::Arrived, Verdict::Resend, Verdict::Drop][usize::from(*verdict % 3)],
                sealed: sealed(""),
            }),
            Step::Rings { ticket, term, rung, old } => self.rung(ticket, term, *rung, *old)?,
            Step::AdoptsCalendar => Command::AdoptCalendar,
            Step::Waits { .. } => return None,
        })
    }

    /// What sla-clock would say, or would have said of an older version. It speaks of what is past only.
    fn rung(&self, ticket: &Index, term: &Index, rung: Rung, old: bool) -> Option<Command> {
        let id = pick(&self.tickets, ticket)?;
        let term = pick(&self.given.desk.tickets[&id].terms, term)?;
        let due_at = rung_at(&term.deadline, rung);
        (due_at <= self.given.now && term.deadline.name.rungs().contains(&rung)).then_some(())?;
        Some(Command::ReachDeadline(ReachDeadline {
            ticket: id,
            deadline: term.deadline.name,
            version: term.deadline.version - u32::from(old),
            rung,
            due_at,
        }))
    }

    fn action(&self, action: u8, into: TicketId) -> Action {
        let office = |code: &str| Office(code.to_owned());
        let promised = self.given.now.to_zoned(segnalalo_domain::calendar::rome()).date();
        match action % 17 {
            0 | 1 => Action::TakeInCharge { office: None },
            2 => Action::TakeInCharge { office: Some(office("LUCE")) },
            3 => Action::Reassign { office: office("LUCE"), reason: words("non nostro") },
            4 => Action::SendBack { reason: words("non nostro") },
            5 => Action::AskCitizen { words: words("dove?") },
            6 => Action::Answer { words: words("sì") },
            7 => Action::DeclareFeasible {
                expected_by: promised.saturating_add(jiff::Span::new().days(9)),
                words: words(""),
            },
            8 => Action::ReportProgress { expected_by: None, words: words("si lavora") },
            9 => Action::DeclareNotFeasible { words: words("non si può") },
            10 => Action::DeclareNotPertinent { words: words("non è nostro") },
            11 => Action::Resolve { words: words("") },
            12 => Action::Close { reason: words("fatto") },
            13 => Action::Reopen { reason: words("non è fatto") },
            14 => Action::Merge { into: TicketRef::Id(into) },
            15 => Action::MarkSpam,
            _ => Action::LiftSpam,
        }
    }

    /// What must hold of the desk at every moment.
    fn check(&self) {
        let desk = &self.given.desk;
        for (id, ticket) in &desk.tickets {
            let running = ticket.terms.iter().filter(|term| !term.done).map(|term| term.deadline.name);
            let running = running.collect::<Vec<_>>();
            if ticket.phase.is_open() {
                assert!(!running.is_empty(), "nobody owes {} an answer: {ticket:?}", ticket.code);
            }
            if ticket.phase == Phase::AwaitingCitizen {
                assert!(running.contains(&DeadlineName::CitizenReply), "it waits for ever: {ticket:?}");
            }
            if matches!(ticket.phase, Phase::Closed | Phase::Merged) {
                assert_eq!(running, [], "{:?} is over", ticket.code);
            }
            let names = ticket.terms.iter().chain(ticket.paused.iter().map(|paused| &paused.term));
            let mut names = names.map(|term| term.deadline.name).collect::<Vec<_>>();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "a term twice: {ticket:?}");
            if ticket.phase == Phase::TakenInCharge {
                assert!(ticket.protocol.is_some(), "taken in charge without a number: {ticket:?}");
            }
            if let Some(protocol) = ticket.protocol {
                assert_eq!(desk.register.numbers.get(&protocol), Some(id), "the register knows whose it is");
            }
        }
        for (protocol, ticket) in &desk.register.numbers {
            assert!(desk.tickets.contains_key(ticket), "{protocol} has no ticket");
        }
    }

    /// What must hold of the log as a whole.
    fn check_log(&self) {
        let mut told = Told::default();
        for recorded in &self.given.log {
            told.note(&recorded.stream, &recorded.event);
        }
        for id in &self.tickets {
            let (mut id, mut ticket) = (*id, &self.given.desk.tickets[id]);
            // Who was merged into another hears what that one hears.
            while let (false, Some(into)) = (told.answered.contains(&id), ticket.merged_into) {
                (id, ticket) = (into, &self.given.desk.tickets[&into]);
            }
            // Whom triage holds for abusive hears nothing until a person has looked, for whom the terms run.
            let abusive = ticket.classification.kind == Some(Kind::AbusiveOrSpam);
            let unseen = abusive && ticket.phase == Phase::Received;
            let answered = told.answered.contains(&id) || unseen || ticket.phase == Phase::Spam;
            assert!(answered, "nobody answers {} ({}): {ticket:?}", ticket.code, ticket.phase);
        }
        let mut again = Desk::default();
        for recorded in &self.given.log {
            again.apply(recorded);
        }
        assert_eq!(again, self.given.desk, "replay gives another desk");
    }
}

/// What the log said so far.
#[derive(Default)]
struct Told {
    received: HashSet<MessageId>,
    routed: HashSet<MessageId>,
    answered: HashSet<TicketId>,
    accepted: HashSet<ReplyId>,
    attempts: HashMap<ReplyId, u32>,
    rungs: HashSet<(TicketId, DeadlineName, u32, Rung)>,
    take_in_charge: HashMap<TicketId, Timestamp>,
    numbers: HashMap<u16, u32>,
}

impl Told {
    fn note(&mut self, stream: &Stream, event: &Event) {
        match (stream, event) {
            (_, Event::Conversation(said)) => self.note_said(said),
            (Stream::Ticket(id), Event::Ticket(happened)) => self.note_happened(*id, happened),
            (_, Event::Register(Register::NumberAssigned { protocol, .. })) => {
                let last = self.numbers.entry(protocol.year).or_default();
                *last += 1;
                assert_eq!(protocol.number, *last, "a gap in the register of {}", protocol.year);
            }
            _ => {}
        }
    }

    fn note_said(&mut self, said: &Said) {
        match said {
            Said::MessageReceived { message, .. } => assert!(self.received.insert(*message), "{message} came twice"),
            Said::MessageRouted { message, .. } => assert!(self.routed.insert(*message), "{message} was routed twice"),
            Said::ReplyRequested { ticket, .. } => self.answered.extend(*ticket),
            Said::SendAttempted { reply, attempt, .. } => {
                assert!(!self.accepted.contains(reply), "{reply} is sent again though it arrived");
                let last = self.attempts.insert(*reply, *attempt).unwrap_or_default();
                assert_eq!(*attempt, last + 1, "attempts follow one another");
            }
            Said::SendAccepted { reply, .. } => {
                self.accepted.insert(*reply);
            }
            _ => {}
        }
    }

    fn note_happened(&mut self, id: TicketId, happened: &Happened) {
        match happened {
            Happened::Opened { deadlines, .. } => {
                let due = deadlines.iter().find(|known| known.name == DeadlineName::TakeInCharge).unwrap().due;
                assert_eq!(self.take_in_charge.insert(id, due), None, "{id} is opened twice");
            }
            Happened::DeadlineSet { deadline } if deadline.name == DeadlineName::TakeInCharge => {
                let before = self.take_in_charge.insert(id, deadline.due).unwrap();
                assert!(deadline.due >= before, "what he was told moves earlier: {deadline:?}");
            }
            Happened::DeadlineReached { deadline, version, rung, .. } => {
                assert!(self.rungs.insert((id, *deadline, *version, *rung)), "{id} {deadline} {rung} twice");
            }
            _ => {}
        }
    }
}

fn outcome(how: u8, reply: ReplyId) -> Outcome {
    match how % 7 {
        0..3 => Outcome::Accepted {
            sent_message: Some(MessageId::derived(&[b"sent", &reply.0])),
            proof: Proof::Response,
            sealed: sealed("wamid"),
        },
        3 | 4 => Outcome::Refused { code: "4".into(), detail: String::new(), last: how % 7 == 4, retry_at: None },
        5 => Outcome::Unknown { detail: "reset".into() },
        _ => Outcome::Held { code: "unknown".into(), detail: String::new() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_nobody_is_forgotten_and_nothing_happens_twice(steps in vec(step(), 1..90)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.check_log();
    }
}

/// The strategy reaches what it is there for: otherwise its properties would hold of nothing.
#[test]
fn the_steps_reach_every_phase_and_every_fate_of_a_reply() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let (mut phases, mut fates, mut numbers, mut rungs) = (HashSet::new(), HashSet::new(), 0, 0);
    for _ in 0..200 {
        let steps = vec(step(), 60..90).new_tree(&mut runner).unwrap().current();
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            phases.extend(world.given.desk.tickets.values().map(|ticket| ticket.phase.code()));
        }
        let conversations = world.given.desk.conversations.values();
        fates.extend(conversations.flat_map(|known| known.replies.values()).map(|reply| format!("{:?}", reply.status)));
        numbers += world.given.desk.register.numbers.len();
        let reached = |recorded: &&segnalalo_domain::event::Recorded| {
            matches!(recorded.event, Event::Ticket(Happened::DeadlineReached { .. }))
        };
        rungs += world.given.log.iter().filter(reached).count();
    }
    let missing = Phase::ALL.iter().filter(|phase| !phases.contains(phase.code())).collect::<Vec<_>>();
    assert_eq!(missing, [] as [&Phase; 0]);
    assert_eq!(fates.len(), 7, "{fates:?}");
    assert!(numbers > 100 && rungs > 100, "{numbers} numbers, {rungs} rungs");
}
