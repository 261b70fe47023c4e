//! Reading a body with a bound: in bytes, and in time. What is over the limit is still read on for a while and thrown
//! away, so that the sender hears the answer instead of a broken connection.

use axum::body::Body;
use futures::StreamExt as _;
use std::time::Duration;

/// A body that takes longer isn't a platform's.
const LONGEST: Duration = Duration::from_secs(10);
/// How much more than the limit is read before the connection is given up.
const PATIENCE: usize = 4;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    TooLarge,
    TooSlow,
    Broken,
}

pub(super) async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Failure> {
    tokio::time::timeout(LONGEST, collect(body, limit)).await.unwrap_or(Err(Failure::TooSlow))
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Failure::Broken)?;
        received = received.saturating_add(chunk.len());
        if received > limit.saturating_mul(PATIENCE) {
            break;
        }
        if received <= limit {
            bytes.extend_from_slice(&chunk);
        }
    }
    if received > limit { Err(Failure::TooLarge) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_of_the_limit_is_read_and_one_byte_more_is_too_large() {
        assert_eq!(read(Body::from(vec![1; 8]), 8).await.unwrap().len(), 8);
        assert_eq!(read(Body::from(vec![1; 9]), 8).await, Err(Failure::TooLarge));
        assert_eq!(read(Body::from(vec![1; 1000]), 8).await, Err(Failure::TooLarge));
    }
}
