//! How long each term is: the city's choice, within what it has promised in public.

use crate::words::{Kind, Office};
use jiff::SignedDuration;

/// Days, and working time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Working days to a protocol number and an office.
    pub take_in_charge: u32,
    /// Working days to feasible or not.
    pub first_answer: u32,
    /// Other numbers of working days, by office and kind; the first that fits counts.
    pub first_answer_of: Vec<FirstAnswer>,
    /// Days that may pass in a long case without a word to the citizen.
    pub news: u32,
    /// Working days that a citizen has to answer a question.
    pub citizen_reply: u32,
    /// Working days after which he is reminded.
    pub reminder: u32,
    /// Days of silence that close what is answered.
    pub auto_close: u32,
    /// Working time after the end of a term, until the head of the office hears of it.
    pub head_after: SignedDuration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    /// `None`: any.
    pub office: Option<Office>,
    pub kind: Option<Kind>,
    pub working_days: u32,
}

impl Terms {
    /// Working days to the first answer of this office on this kind of message.
    pub fn first_answer_days(&self, office: Option<&Office>, kind: Option<Kind>) -> u32 {
        let fits = |own: &&FirstAnswer| {
            own.office.as_ref().is_none_or(|wanted| Some(wanted) == office)
                && own.kind.is_none_or(|wanted| Some(wanted) == kind)
        };
        self.first_answer_of.iter().find(fits).map_or(self.first_answer, |own| own.working_days)
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            take_in_charge: 1,
            first_answer: 5,
            first_answer_of: Vec::new(),
            news: 30,
            citizen_reply: 10,
            reminder: 5,
            auto_close: 14,
            head_after: SignedDuration::from_hours(4),
        }
    }
}
