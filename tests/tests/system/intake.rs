//! What is refused leaves no trace, and what isn't understood is seen.

use super::city::{City, SOON};
use segnalalo_proto::registry::v1::ListNoticesRequest;
use segnalalo_tests::harness::{Service, wait_for};

fn fixture(name: &str) -> Vec<u8> {
    let path = segnalalo_tests::harness::root().join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason_and_leaves_no_trace() {
    let city = City::start().await;
    let before = city.verify().await.records;
    let url = format!("{}/webhook", city.processes.url(Service::IngestWhatsapp));
    let body = fixture("whatsapp/01-text.json");
    for signature in ["", "sha256=00", "sha1=0123456789abcdef0123456789abcdef01234567"] {
        assert_eq!(city.http.post(&url, signature, &body).await.unwrap().status, 401, "{signature:?}");
    }
    let wrong = city.http.post_signed(&url, "another secret", &body).await.unwrap();
    assert_eq!(wrong.status, 401);
    let huge = vec![b' '; 10_000_000];
    let secret = city.processes.app_secret(Service::IngestWhatsapp);
    assert_eq!(city.http.post_signed(&url, secret, &huge).await.unwrap().status, 413);
    let broken = city.http.post_signed(&url, secret, b"{\"object\":").await.unwrap();
    assert_eq!(broken.status, 400);
    assert!(broken.body.len() > 10, "a reason is given: {}", broken.body);
    assert_eq!(city.verify().await.records, before, "nothing of it is in the log");
}

#[tokio::test]
async fn an_unknown_kind_is_answered_200_and_is_seen() {
    let city = City::start().await;
    let unknown = br#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"field_of_tomorrow","value":{"metadata":{"phone_number_id":"106540352242922"},"news":1}}]}]}"#;
    let answer = city.http.webhook(&city.processes, Service::IngestWhatsapp, unknown).await.unwrap();
    assert_eq!(answer.status, 200);
    let notice = wait_for("the notice is listed", SOON, async || {
        let mut client = city.tickets_client().await;
        let notices = client.list_notices(ListNoticesRequest { limit: 10 }).await.unwrap().into_inner().notices;
        notices.into_iter().find(|notice| notice.subject.contains("field_of_tomorrow"))
    })
    .await
    .unwrap();
    assert!(!notice.known && notice.raw.contains("news"));

    let kind = br#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"393601075737","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Ugo"},"wa_id":"393339998888"}],"messages":[{"from":"393339998888","id":"wamid.TOMORROW","timestamp":"1795000000","type":"hologram","hologram":{"x":1}}]}}]}]}"#;
    assert_eq!(city.http.webhook(&city.processes, Service::IngestWhatsapp, kind).await.unwrap().status, 200);
    let ticket = wait_for("a citizen's message of unknown kind is a ticket", SOON, async || {
        city.tickets().await.into_iter().next()
    })
    .await
    .unwrap();
    let story = city.history(&ticket).await;
    assert!(story.iter().any(|entry| entry.facts.get("raw").is_some_and(|raw| raw.contains("hologram"))), "{story:#?}");
}

#[tokio::test]
async fn the_handshake_is_answered_with_the_challenge_only_for_the_right_token() {
    let city = City::start().await;
    for (service, token) in
        [(Service::IngestFacebook, "verify-the-page"), (Service::IngestWhatsapp, "verify-the-number")]
    {
        let base = format!(
            "{}/webhook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token",
            city.processes.url(service)
        );
        let right = city.http.get(&format!("{base}={token}")).await.unwrap();
        assert_eq!((right.status, right.body.as_str()), (200, "1158201444"));
        let wrong = city.http.get(&format!("{base}=guess")).await.unwrap();
        assert_eq!(wrong.status, 403);
        assert!(!wrong.body.contains("1158201444"));
    }
}
