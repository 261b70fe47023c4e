//! The faults, one row each: what is injected, what must hold, and how it is done. A row says how often it saw the fault
//! happen; healing and checking are the same for all.

mod broker;
mod input;
mod kills;
mod people;
mod platform;
mod storage;
mod time;
mod versions;

use super::city::City;
use anyhow::Result;
use futures::future::LocalBoxFuture;

/// What came of an injection.
pub enum Injected {
    /// So often it was seen to happen.
    Times(usize),
    /// This machine can't show it, and why.
    NotShown(String),
}

type Inject = for<'a> fn(&'a mut City) -> LocalBoxFuture<'a, Result<Injected>>;

pub struct Row {
    pub name: &'static str,
    /// As in docs/reliability.md.
    pub group: &'static str,
    pub injected: &'static str,
    pub holds: &'static str,
    pub inject: Inject,
}

/// A row for one function of a module.
macro_rules! row {
    ($name:literal, $group:literal, $injected:literal, $holds:literal, $function:path) => {
        crate::faults::rows::Row {
            name: $name,
            group: $group,
            injected: $injected,
            holds: $holds,
            inject: |city| Box::pin($function(city)),
        }
    };
}
use row;

/// Every row, in the order of the table.
pub fn all() -> Vec<Row> {
    [
        kills::rows(),
        broker::rows(),
        storage::rows(),
        time::rows(),
        input::rows(),
        platform::rows(),
        people::rows(),
        versions::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// # Errors
/// There is none of that name.
pub fn named(name: &str) -> Result<Row> {
    let names = || all().iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    let found = all().into_iter().find(|row| row.name == name);
    found.ok_or_else(|| anyhow::anyhow!("no row is called {name:?}; there are {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let mut names = all().iter().map(|row| row.name).collect::<Vec<_>>();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
