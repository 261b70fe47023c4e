//! Whether the process can do its work. Each part says so for itself; the process is ready when all parts are. Alive is
//! who answers at all: that needs no state.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// `None`: ready.
type Parts = BTreeMap<&'static str, Option<String>>;

/// The readiness of one process; clones share it.
#[derive(Debug, Clone)]
pub struct Health {
    service: &'static str,
    parts: Arc<Mutex<Parts>>,
}

/// One part's say. Not ready until it says so.
#[derive(Debug, Clone)]
pub struct Component {
    name: &'static str,
    health: Health,
}

impl Health {
    pub fn new(service: &'static str) -> Self {
        Self { service, parts: Arc::default() }
    }

    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The same name twice is the same component.
    pub fn component(&self, name: &'static str) -> Component {
        self.lock().entry(name).or_insert_with(|| Some("starting".to_owned()));
        Component { name, health: self.clone() }
    }

    pub fn is_ready(&self) -> bool {
        self.lock().values().all(Option::is_none)
    }

    /// Component and reason, of those that aren't ready.
    pub fn not_ready(&self) -> Vec<(&'static str, String)> {
        let reason = |(name, why): (&&'static str, &Option<String>)| Some((*name, why.clone()?));
        self.lock().iter().filter_map(reason).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Component {
    pub fn ready(&self) {
        if self.set(None) {
            tracing::info!(service = self.health.service, component = self.name, "ready");
        }
    }

    /// `why` is shown to operators: nothing personal.
    pub fn not_ready(&self, why: &str) {
        if self.set(Some(why.to_owned())) {
            tracing::warn!(service = self.health.service, component = self.name, why, "not ready");
        }
    }

    /// Whether that is news.
    fn set(&self, state: Option<String>) -> bool {
        let before = self.health.lock().insert(self.name, state.clone());
        before != Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_all_its_parts_are() {
        let health = Health::new("notifier");
        let broker = health.component("broker");
        let log = health.component("log");
        broker.ready();
        assert_eq!(health.not_ready(), [("log", "starting".to_owned())]);
        log.ready();
        assert!(health.is_ready());
        health.component("broker").not_ready("gone");
        assert_eq!(health.not_ready(), [("broker", "gone".to_owned())]);
    }
}
