//! A person: who wrote, what we hold on him, and its erasure (GDPR art. 15 and 17). Finding and exporting read the log
//! outside the writer's lock; an erasure is one command to the writer.
//!
//! | file | does |
//! |---|---|
//! | `directory` | who wrote, by number, name or ticket; which ids are one person |
//! | `dossier` | everything that is held on one |
//! | `erasure` | what an erasure takes, and takes effect in |

pub mod directory;
pub mod dossier;
pub mod erasure;

#[cfg(test)]
mod tests;
