//! A new ticket, with its terms and its receipt.

use super::{Routing, classification};
use crate::{
    desk::Desk,
    event::{
        conversation::Route,
        ticket::{Classification, Event as TicketEvent},
    },
    id::{MessageId, TicketId},
    sla::{self, Why},
    template::Template,
    words::{ContentType, Kind, Urgency},
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

impl Routing<'_> {
    pub(super) fn open(&mut self) -> Route {
        let id = TicketId::derived(&[b"ticket", &self.pending.message.0]);
        let code = free_code(self.desk, self.pending.message);
        let received_at = self.pending.occurred_at;
        let calendar = self.context.calendar;
        let take_in_charge = sla::take_in_charge(calendar, received_at);
        let by = take_in_charge.due;
        let classification =
            self.conclusion.map_or_else(unclassified, |conclusion| classification(conclusion, self.context));
        let kind = classification.kind;
        let first_answer = sla::first_answer(calendar, received_at, classification.office.as_ref(), kind);
        self.decision.ticket(
            id,
            TicketEvent::Opened {
                conversation: self.id,
                message: self.pending.message,
                code: code.clone(),
                channel: self.pending.channel,
                public: self.pending.channel.is_public(),
                classification,
                received_at,
                deadlines: [take_in_charge, first_answer].map(|term| self.desk.counted(term, Why::Opened)).into(),
                sealed: self.sealed.cloned(),
            },
        );
        if kind == Some(Kind::Emergency) {
            self.decision.ticket(id, TicketEvent::EmergencyFlagged { message: self.pending.message });
        }
        self.acknowledge(id, kind, &code, by);
        Route::OpenedTicket(id)
    }

    fn acknowledge(&mut self, id: TicketId, kind: Option<Kind>, code: &str, by: jiff::Timestamp) {
        let colleague_was_faster = self.conversation.colleague_at.is_some_and(|at| at >= self.pending.occurred_at);
        let template = match kind {
            Some(Kind::Emergency) => Template::Emergency,
            Some(Kind::AbusiveOrSpam) => return,
            _ if colleague_was_faster => return,
            _ if !self.pending.has_text || self.pending.content_type == ContentType::Unsupported => {
                Template::ReceiptAsk
            }
            _ => Template::Receipt,
        };
        if template == Template::ReceiptAsk {
            self.decision.ticket(id, TicketEvent::CitizenAsked { automatic: true, words: None });
        }
        let mut variables =
            BTreeMap::from([("code".to_owned(), code.to_owned()), ("take_in_charge_by".to_owned(), by.to_string())]);
        let hours = self.context.calendar.channel(self.pending.channel);
        if let Some(reopens) = hours.next_opening(self.context.now).filter(|opens| *opens > self.context.now) {
            variables.insert("reopens".to_owned(), reopens.to_string());
        }
        self.reply(template, Some(id), variables);
    }
}

fn unclassified() -> Classification {
    Classification {
        kind: None,
        office: None,
        second_office: None,
        confidence: 0.0,
        urgency: Urgency::Normal,
        place_key: None,
    }
}

/// Crockford's alphabet: nothing in it can be misread aloud or on paper.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A short code that no ticket has, derived from the message: `S-7K3M9`.
pub(in crate::desk) fn free_code(desk: &Desk, message: MessageId) -> String {
    (0_u32..)
        .map(|round| {
            let digest = Sha256::new().chain_update(message.0).chain_update(round.to_be_bytes()).finalize();
            let letters = digest[..5].iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
            format!("S-{}", letters.collect::<String>())
        })
        .find(|code| !desk.codes.contains_key(code))
        .expect("33 million codes outlast any city's reports")
}
