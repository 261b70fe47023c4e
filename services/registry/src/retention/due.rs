//! What is over and still has a key. The world is read a little at a time: the writer waits meanwhile.

use crate::{
    keyring::{self, Keyring},
    writer::Writer,
};
use segnalalo_domain::{
    Timestamp,
    desk::{Due, Over, Reason, Standing, Subject},
    id::TicketId,
    retention::Rules,
    sealed::Scope,
};

/// Subjects that are looked at under one lock.
const SLICE: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub due: Vec<Due>,
    /// Whose time is over, and who are kept.
    pub kept: Vec<(TicketId, Reason)>,
}

/// # Errors
/// The keyring's.
pub(super) fn find(writer: &Writer, keyring: &Keyring, rules: &Rules, now: Timestamp) -> Result<Found, keyring::Error> {
    let mut subjects = writer.read(|world| {
        let tickets = world.desk.tickets.keys().copied().map(Subject::Ticket);
        let conversations = world.desk.conversations.keys().copied().map(Subject::Conversation);
        let notices = world.desk.notice_days.iter().copied().map(Subject::Notices);
        tickets.chain(conversations).chain(notices).collect::<Vec<_>>()
    });
    subjects.sort_unstable();
    let mut found = Found::default();
    for slice in subjects.chunks(SLICE) {
        let over = writer.read(|world| {
            let mut over = Vec::new();
            for subject in slice {
                if let Subject::Ticket(id) = subject
                    && let Standing::KeptFor(reason) = world.desk.standing(*id, rules, now)
                {
                    found.kept.push((*id, reason));
                }
                over.extend(world.desk.over(*subject, rules, now).into_iter().map(|over| (*subject, over)));
            }
            over
        });
        for (subject, Over { rule, scopes }) in over {
            let keys = keyed(&scopes, keyring)?;
            if !keys.is_empty() {
                found.due.push(Due { rule, subject, keys });
            }
        }
    }
    Ok(found)
}

fn keyed(scopes: &[Scope], keyring: &Keyring) -> Result<Vec<(Scope, segnalalo_domain::id::KeyId)>, keyring::Error> {
    let mut keys = Vec::new();
    for scope in scopes {
        keys.extend(keyring.of_scope(*scope)?.map(|(key, _)| (*scope, key)));
    }
    Ok(keys)
}
