//! What citizens attach: fetched from Meta while it is there (WhatsApp keeps it for seven days, signed links expire
//! sooner), and handed to the registry, which keeps it. What is to be fetched is a function of the log: attachments
//! received minus attachments settled; an attachment ends stored, or failed with a reason.
//!
//! | module | does |
//! |---|---|
//! | `pending` | what is to be fetched, and when again |
//! | `fetch` | one attachment from Meta |
//! | `keeper` | one attachment to the registry |
//! | `job` | one message's attachments, from box to registry |

mod fetch;
mod job;
mod keeper;
mod pending;

pub use fetch::Fetcher;
pub use job::{Courier, End};
pub use keeper::Keeper;
pub use pending::JobId;

use crate::board::Board;
use pending::Pending;
use segnalalo_domain::event::Recorded;
use segnalalo_kit::clock::SharedClock;
use std::collections::HashMap;
use tokio::task::{Id, JoinError, JoinSet};

/// Messages whose attachments are fetched at the same time: a large film doesn't hold back the photos behind it.
const AT_ONCE: usize = 3;

type Ended = Result<(Id, (JobId, End)), JoinError>;

/// Fetching, beside sending: neither waits for the other.
pub struct Media {
    courier: Courier,
    clock: SharedClock,
    pending: Pending,
    tasks: JoinSet<(JobId, End)>,
    running: HashMap<Id, JobId>,
}

impl Media {
    pub fn new(courier: Courier, clock: SharedClock) -> Self {
        Self { courier, clock, pending: Pending::default(), tasks: JoinSet::new(), running: HashMap::new() }
    }

    pub fn apply(&mut self, recorded: &Recorded) {
        self.pending.apply(recorded);
    }

    /// The log begins anew, or has been read to the head that it had at start.
    pub fn reset(&mut self) {
        self.pending = Pending::default();
    }

    pub fn caught_up(&mut self) {
        self.pending.caught_up();
    }

    /// Begins what is due.
    pub fn begin(&mut self) {
        let room = AT_ONCE.saturating_sub(self.tasks.len());
        for job in self.pending.take(self.clock.now(), room) {
            let courier = self.courier.clone();
            let id = job.id;
            let task = self.tasks.spawn(async move { (id, courier.run(job).await) });
            self.running.insert(task.id(), id);
        }
    }

    /// The next one that ends; for ever while none runs.
    pub async fn ended(&mut self) -> Ended {
        match self.tasks.join_next_with_id().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    pub fn told(&mut self, ended: Ended, board: &Board) {
        let now = self.clock.now();
        match ended {
            Ok((task, (job, end))) => {
                self.running.remove(&task);
                for outcome in &end.outcomes {
                    board.media(outcome);
                }
                self.pending.ended(job, &end, now);
            }
            Err(error) => {
                tracing::error!(%error, "fetching an attachment panicked: it is tried again");
                if let Some(job) = self.running.remove(&error.id()) {
                    self.pending.ended(job, &End::again("panicked"), now);
                }
            }
        }
        board.media_waiting(self.pending.len());
    }
}
