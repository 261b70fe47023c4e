use crate::{
    broker::Broker,
    records::{append, chain},
};
use segnalalo_kit::bus::AppendError;

#[tokio::test]
async fn an_empty_log_has_no_last_record() {
    let broker = Broker::start();
    let log = broker.filled().await.events_log();
    assert_eq!(log.last().await.unwrap(), None);
    assert_eq!(log.get(1).await.unwrap(), None);
}

#[tokio::test]
async fn records_get_their_position_as_sequence_singly_and_in_batches() {
    let broker = Broker::start();
    let log = broker.filled().await.events_log();
    let records = chain("a", 1300);
    append(&log, 0, &records[..1]).await;
    append(&log, 1, &records[1..40]).await;
    append(&log, 40, &records[40..]).await;
    let (position, last) = log.last().await.unwrap().unwrap();
    assert_eq!((position, &last), (1300, &records[1299].1));
    for position in [1, 2, 40, 41, 1041] {
        let found = log.get(position as u64).await.unwrap().unwrap();
        assert_eq!(found, records[position - 1].1);
    }
}

#[tokio::test]
async fn an_append_at_the_wrong_place_tells_where_the_log_ends() {
    let broker = Broker::start();
    let log = broker.filled().await.events_log();
    let records = chain("a", 10);
    append(&log, 0, &records[..5]).await;
    for expected in [0, 4, 6] {
        for part in [&records[5..6], &records[5..8]] {
            let outcome = log.append(expected, part).await;
            assert!(matches!(outcome, Err(AppendError::WrongLast { actual: 5 })), "{expected}: {outcome:?}");
        }
    }
    append(&log, 5, &records[5..]).await;
}

#[tokio::test]
async fn without_the_stream_an_append_is_unavailable() {
    let broker = Broker::start();
    let log = broker.bus().await.events_log();
    let records = chain("a", 2);
    for part in [&records[..1], &records[..]] {
        let outcome = log.append(0, part).await;
        assert!(matches!(outcome, Err(AppendError::Unavailable(_))), "{outcome:?}");
    }
    log.last().await.unwrap_err();
}
