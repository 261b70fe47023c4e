//! Waiting, as a value that is passed in: for tests whose time is not the machine's.

use std::time::Duration;

#[async_trait::async_trait]
pub trait Pauses: Send + Sync {
    async fn wait(&self, pause: Duration);
}

/// By the runtime's timer.
#[derive(Debug, Clone, Copy)]
pub struct Timer;

#[async_trait::async_trait]
impl Pauses for Timer {
    async fn wait(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}
