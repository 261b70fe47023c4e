use super::*;
use crate::graph::Token;
use axum::{
    Json, Router,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use segnalalo_kit::{config::Vars, http};
use serde_json::json;
use std::time::Duration;

const PHOTO: &[u8] = b"a photo of a hole";

/// Meta with one photo under several addresses.
async fn meta() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let link = format!("{url}/bytes");
    let photo = || async { ([("content-type", "image/jpeg")], PHOTO) };
    let router = Router::new()
        .route("/v25.0/here", get(move || async move { Json(json!({ "url": link })) }))
        .route("/v25.0/elsewhere", get(|| async { Json(json!({ "url": "https://fbcdn.net.example/photo" })) }))
        .route("/v25.0/unknown", get(|| async { Json(json!({ "error": { "code": 100, "error_subcode": 33 } })) }))
        .route("/v25.0/busy", get(|| async { Json(json!({ "error": { "code": 130_429 } })) }))
        .route(
            "/bytes",
            get(|headers: HeaderMap| async move {
                let allowed = headers.get("authorization").is_some_and(|value| value == "Bearer whatsapp-token");
                if allowed { PHOTO.into_response() } else { StatusCode::UNAUTHORIZED.into_response() }
            }),
        )
        .route("/photo", get(photo))
        .route("/page", get(|| async { ([("content-type", "text/html; charset=utf-8")], "<p>log in</p>") }))
        .route("/moved", get(|| async { Redirect::temporary("/photo") }))
        .route("/away", get(|| async { Redirect::temporary("http://127.0.0.1:9/secret") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn fetcher(url: &str) -> Fetcher {
    let vars = Vars::from_pairs([("WHATSAPP_TOKEN", "whatsapp-token"), ("FACEBOOK_PAGE_TOKEN", "page-token")]);
    let graph = GraphConfig {
        url: url.to_owned(),
        version: "v25.0".to_owned(),
        page_id: "1".to_owned(),
        phone_number_id: "2".to_owned(),
        page_token: Token::new(&vars, "FACEBOOK_PAGE_TOKEN").unwrap(),
        whatsapp_token: Token::new(&vars, "WHATSAPP_TOKEN").unwrap(),
    };
    Fetcher { client: http::client(Duration::from_secs(5)), graph, largest: 64 }
}

fn sent(media_id: &str) -> Attachment {
    Attachment {
        media_id: media_id.to_owned(),
        mime_type: "image/jpeg".to_owned(),
        sha256: STANDARD.encode(Sha256::digest(PHOTO)),
        ..Attachment::default()
    }
}

fn linked(url: String) -> Attachment {
    Attachment { url, ..Attachment::default() }
}

#[tokio::test]
async fn whatsapp_gives_a_link_for_an_id_and_the_bytes_for_the_token() {
    let fetcher = fetcher(&meta().await);
    assert_eq!(fetcher.whatsapp_media(&sent("here")).await.unwrap().bytes, PHOTO);
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_webhook_are_not_taken() {
    let fetcher = fetcher(&meta().await);
    let other = Attachment { sha256: STANDARD.encode(Sha256::digest(b"another")), ..sent("here") };
    assert_eq!(fetcher.whatsapp_media(&other).await, Err(Failure::Few("altered")));
}

#[tokio::test]
async fn what_meta_no_longer_has_is_asked_for_a_few_times_and_what_is_busy_for_as_long_as_it_takes() {
    let fetcher = fetcher(&meta().await);
    assert_eq!(fetcher.whatsapp_media(&sent("unknown")).await, Err(Failure::Few("gone")));
    assert_eq!(fetcher.whatsapp_media(&sent("busy")).await, Err(Failure::Later("error 130429".to_owned())));
    assert_eq!(fetcher.whatsapp_media(&sent("")).await, Err(Failure::Final("no_file")));
}

#[tokio::test]
async fn a_link_is_followed_within_metas_network_and_nowhere_else() {
    let url = meta().await;
    let fetcher = fetcher(&url);
    let photo = File { media_type: "image/jpeg".to_owned(), bytes: PHOTO.to_vec() };
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/photo"))).await.unwrap(), photo);
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/moved"))).await.unwrap(), photo);
    let foreign = Err(Failure::Final("foreign_address"));
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/away"))).await, foreign);
    assert_eq!(fetcher.whatsapp_media(&sent("elsewhere")).await, foreign);
    for address in [
        "http://169.254.169.254/latest/meta-data",
        "http://scontent.xx.fbcdn.net/photo",
        "https://scontent.xx.fbcdn.net:8443/photo",
        "https://evilfbcdn.net/photo",
        "file:///etc/passwd",
        "",
    ] {
        assert_eq!(fetcher.linked_file(&linked(address.to_owned())).await, foreign, "{address}");
    }
    assert_eq!(
        fetcher.allowed("https://scontent.xx.fbcdn.net/photo").map(|url| url.to_string()).ok().as_deref(),
        Some("https://scontent.xx.fbcdn.net/photo")
    );
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/round"))).await, Err(Failure::Few("gone")));
}

#[tokio::test]
async fn a_page_is_no_attachment_and_what_is_too_large_is_left() {
    let url = meta().await;
    let mut fetcher = fetcher(&url);
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/page"))).await, Err(Failure::Final("no_file")));
    fetcher.largest = PHOTO.len() - 1;
    assert_eq!(fetcher.linked_file(&linked(format!("{url}/photo"))).await, Err(Failure::Final("too_large")));
}

#[tokio::test]
async fn an_expired_link_is_gone_and_nobody_there_is_asked_again() {
    let url = meta().await;
    assert_eq!(fetcher(&url).linked_file(&linked(format!("{url}/nothing"))).await, Err(Failure::Few("gone")));
    let nobody = fetcher("http://127.0.0.1:9");
    assert!(matches!(nobody.whatsapp_media(&sent("here")).await, Err(Failure::Later(_))));
}
