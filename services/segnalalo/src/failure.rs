//! Why a command of the line ended badly, in words for who typed it; and the exit code for the script that did.

use std::{fmt, process::ExitCode};

/// Bad configuration or a bad argument (sysexits: EX_USAGE).
const USAGE: u8 = 64;
/// Somebody needed isn't there (EX_UNAVAILABLE).
const UNAVAILABLE: u8 = 69;
const FAILED: u8 = 1;

#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The configuration or an argument is wrong; the message names the variable.
    pub fn config(error: impl Into<anyhow::Error>) -> Self {
        Self { message: format!("{:#}", error.into()), code: USAGE }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: USAGE }
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: UNAVAILABLE }
    }

    /// It was refused, or it failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: FAILED }
    }

    /// The same with a line more.
    #[must_use]
    pub fn with(mut self, line: &str) -> Self {
        self.message.push('\n');
        self.message.push_str(line);
        self
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// What a service says when it can't go on.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
