//! What every engine must do. Each test runs on each engine.

mod append;
mod history;

use super::fixtures::{Engine, InMemory, OnSled, all, fill};
use bytes::Bytes;

macro_rules! contract {
    ($($(#[$doc:meta])* fn $name:ident<$engine:ident>() $body:block)*) => {
        $($(#[$doc])* fn $name<$engine: crate::journal::fixtures::Engine>() $body)*

        mod in_memory {
            use crate::journal::fixtures::InMemory;
            $(#[test] fn $name() { super::$name::<InMemory>(); })*
        }
        mod on_sled {
            use crate::journal::fixtures::OnSled;
            $(#[test] fn $name() { super::$name::<OnSled>(); })*
        }
    };
}
use contract;

/// Both engines give the same bytes: a log can move from one to another.
#[test]
fn all_engines_write_the_same_log() {
    fn records<E: Engine>() -> Vec<Bytes> {
        let engine = E::new();
        let mut journal = engine.open();
        fill(&mut journal, 30);
        all(&journal)
    }
    assert_eq!(records::<InMemory>(), records::<OnSled>());
}
