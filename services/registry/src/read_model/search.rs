//! A word index: which tickets hold a word, or one that begins like it. Accents and case don't count.

use segnalalo_domain::id::TicketId;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct WordIndex {
    tickets: BTreeMap<String, BTreeSet<TicketId>>,
}

impl WordIndex {
    pub fn add(&mut self, ticket: TicketId, text: &str) {
        for word in words(text) {
            self.tickets.entry(word).or_default().insert(ticket);
        }
    }

    /// Takes out every word of these tickets.
    pub fn forget(&mut self, tickets: &BTreeSet<TicketId>) {
        if tickets.is_empty() {
            return;
        }
        self.tickets.retain(|_, of| {
            of.retain(|ticket| !tickets.contains(ticket));
            !of.is_empty()
        });
    }

    /// Takes over what another index says of one ticket.
    pub fn take(&mut self, ticket: TicketId, from: Self) {
        for (word, tickets) in from.tickets {
            if tickets.contains(&ticket) {
                self.tickets.entry(word).or_default().insert(ticket);
            }
        }
    }

    /// Tickets that hold every word of the query; none for a query without words.
    pub fn find(&self, query: &str) -> BTreeSet<TicketId> {
        words(query)
            .map(|word| self.beginning_with(&word))
            .reduce(|all, some| all.intersection(&some).copied().collect())
            .unwrap_or_default()
    }

    fn beginning_with(&self, word: &str) -> BTreeSet<TicketId> {
        self.tickets
            .range(word.to_owned()..)
            .take_while(|(known, _)| known.starts_with(word))
            .flat_map(|(_, tickets)| tickets.iter().copied())
            .collect()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).map(fold).collect())
}

/// Italian's accented vowels, and its neighbours' letters.
fn fold(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_there_and_its_beginning_is_enough() {
        let (a, b) = (TicketId([1; 16]), TicketId([2; 16]));
        let mut index = WordIndex::default();
        index.add(a, "Buca profonda in via Italia, di fronte al caffè");
        index.add(b, "Lampione spento in via Torino");
        assert_eq!(index.find("via buca"), BTreeSet::from([a]));
        assert_eq!(index.find("VIA"), BTreeSet::from([a, b]));
        assert_eq!(index.find("lamp"), BTreeSet::from([b]));
        assert_eq!(index.find("caffe"), BTreeSet::from([a]));
        assert!(index.find("via fontana").is_empty());
        assert!(index.find("  ").is_empty());
    }
}
