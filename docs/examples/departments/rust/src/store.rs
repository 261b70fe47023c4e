//! What must outlive a crash: one file, replaced as a whole.

use anyhow::{Context as _, Result, ensure};
use segnalalo_proto::registry::v1::WatchResponse;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Take,
    Feasible,
    Resolve,
}

/// What an event of a ticket leads to.
fn next(event: &str) -> Option<(Kind, &'static str)> {
    match event {
        "ticket_opened" | "ticket_reopened" | "ticket_reassigned" => Some((Kind::Take, "take")),
        "ticket_taken_in_charge" => Some((Kind::Feasible, "feasible")),
        "ticket_feasible" => Some((Kind::Resolve, "resolve")),
        _ => None,
    }
}

/// All that will be sent is settled before it is sent: sent again, it is the same command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub ticket: String,
    pub kind: Kind,
    /// ISO 8601 date that is promised to the citizen.
    pub day: String,
    /// Unix seconds before which it isn't sent.
    pub due: i64,
    /// What became of it.
    pub outcome: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handled {
    pub position: u64,
    pub event_id: String,
    pub event: String,
    pub ticket: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub cursor: u64,
    pub handled: Vec<Handled>,
    /// By idempotency key.
    pub steps: BTreeMap<String, Step>,
}

pub struct Store {
    file: PathBuf,
    pub state: State,
}

impl Store {
    /// # Errors
    /// The file is there and can't be read.
    pub fn open(file: &Path) -> Result<Self> {
        let state = match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("reading {}", file.display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        Ok(Self { file: file.to_owned(), state })
    }

    /// The event's effect and the cursor, in one file: both are there after a crash, or neither. `now` and `works` in
    /// seconds, `day` is what a citizen would be promised.
    ///
    /// # Errors
    /// The file can't be written, or the event isn't the next one.
    pub fn handle(&mut self, event: &WatchResponse, now: i64, works: i64, day: &str) -> Result<()> {
        let mut state = self.state.clone();
        ensure!(event.position > state.cursor, "{} was handled already", event.position);
        let event_id = hex::encode(&event.event_id);
        if let Some((kind, word)) = next(&event.event) {
            let due = if kind == Kind::Resolve { now + works } else { now };
            let step = Step { ticket: event.ticket_id.clone(), kind, day: day.to_owned(), due, outcome: None };
            state.steps.insert(format!("{word}-{event_id}"), step);
        }
        let (position, ticket) = (event.position, event.ticket_id.clone());
        state.handled.push(Handled { position, event_id, event: event.event.clone(), ticket });
        state.cursor = position;
        self.replace(state)
    }

    /// # Errors
    /// The file can't be written.
    pub fn settle(&mut self, key: &str, outcome: String) -> Result<()> {
        let mut state = self.state.clone();
        if let Some(step) = state.steps.get_mut(key) {
            step.outcome = Some(outcome);
        }
        self.replace(state)
    }

    /// The open step that is due first, with its key.
    pub fn first(&self) -> Option<(String, Step)> {
        let open = self.state.steps.iter().filter(|(_, step)| step.outcome.is_none());
        open.min_by_key(|(_, step)| step.due).map(|(key, step)| (key.clone(), step.clone()))
    }

    /// Written beside it and renamed: a reader sees the old file or the new one, also after the power failed.
    fn replace(&mut self, state: State) -> Result<()> {
        let new = self.file.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&state)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.file)?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        self.state = state;
        Ok(())
    }
}
