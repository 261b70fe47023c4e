//! What several processes must know about the city itself: its offices. Read once at start from the city's folder
//! (`SEGNALALO_CITY`); every fault names the file, the key and what was expected. It holds no rule about tickets, and
//! the calendar and the texts are read by those who use them.

pub mod calendar;
mod dates;
mod file;
mod offices;
mod register;
pub mod retention;
mod streets;

pub use dates::Dates;
pub use offices::{Office, Offices};
pub use register::{HandColumns, Register};
pub use streets::Streets;

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: the file can't be read", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: this isn't the TOML that was expected", file.display())]
    Malformed {
        file: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("{}: {key}: expected {expected}", file.display())]
    Invalid { file: PathBuf, key: String, expected: String },
}
