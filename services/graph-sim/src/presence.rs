//! Which chats a citizen has open before him: there messages are read as they come. A chat is open as long as its page's
//! stream of news is.

use jiff::Timestamp;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Presence {
    phones: BTreeMap<String, usize>,
    threads: BTreeMap<String, usize>,
    /// Up to where each Messenger thread was read.
    read_until: BTreeMap<String, Timestamp>,
}

impl Presence {
    pub fn open_phone(&mut self, phone: &str) {
        *self.phones.entry(phone.to_owned()).or_default() += 1;
    }

    pub fn close_phone(&mut self, phone: &str) {
        close(&mut self.phones, phone);
    }

    pub fn is_phone_open(&self, phone: &str) -> bool {
        self.phones.contains_key(phone)
    }

    pub fn open_thread(&mut self, person: &str) {
        *self.threads.entry(person.to_owned()).or_default() += 1;
    }

    pub fn close_thread(&mut self, person: &str) {
        close(&mut self.threads, person);
    }

    pub fn is_thread_open(&self, person: &str) -> bool {
        self.threads.contains_key(person)
    }

    /// Whether that is news.
    pub fn read_until(&mut self, person: &str, at: Timestamp) -> bool {
        let before = self.read_until.insert(person.to_owned(), at);
        before.is_none_or(|before| before < at)
    }
}

fn close(open: &mut BTreeMap<String, usize>, key: &str) {
    if let Some(count) = open.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            open.remove(key);
        }
    }
}
