//! People on Facebook, by the id under which the page sees them: the same in comments and in Messenger.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Page-scoped.
    pub id: String,
    /// Empty: we were never told.
    pub name: String,
}

#[derive(Debug, Default)]
pub struct People {
    by_id: BTreeMap<String, Person>,
}

impl People {
    pub fn meet(&mut self, person: Person) {
        self.by_id.insert(person.id.clone(), person);
    }

    pub fn get(&self, id: &str) -> Option<&Person> {
        self.by_id.get(id)
    }

    /// In the rehearsal a name is one person.
    pub fn named(&self, name: &str) -> Option<&Person> {
        self.by_id.values().find(|person| person.name == name)
    }
}
