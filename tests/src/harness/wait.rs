//! Waiting for what a test expects, as long as it may take and no longer.

use anyhow::{Result, bail};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer.
///
/// # Errors
/// There was none in time; `what` says for what it waited.
pub async fn wait_for<T>(what: &str, timeout: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let end = tokio::time::Instant::now() + timeout;
    loop {
        if let Some(answer) = probe().await {
            return Ok(answer);
        }
        if tokio::time::Instant::now() >= end {
            bail!("waited {timeout:?} in vain: {what}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same for a condition.
///
/// # Errors
/// It didn't come true in time.
pub async fn wait_until(what: &str, timeout: Duration, mut condition: impl AsyncFnMut() -> bool) -> Result<()> {
    wait_for(what, timeout, async || condition().await.then_some(())).await
}
