use crate::given::{PAGE, Rehearsal, answer, code, rehearsal};
use serde_json::{Value, json};

async fn post(rehearsal: &Rehearsal) -> String {
    let said = json!({"author": "Giulia Ramella", "text": "Buca in via Italia #segnalaloaBiella"});
    id(&rehearsal.act("facebook/posts", said).await)
}

fn id(done: &Value) -> String {
    done["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_pages_comment_stands_under_the_post_and_comes_back_as_a_webhook_of_the_page() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    let (status, done) = rehearsal.post(&format!("{post}/comments"), json!({"message": "Presa in carico"})).await;
    assert_eq!(status, 200);
    let events = rehearsal.receiver.count(2).await;
    assert_eq!(events[0]["item"], "post");
    assert_eq!(events[0]["from"]["name"], "Giulia Ramella");
    let echo = &events[1];
    assert_eq!((&echo["item"], &echo["verb"]), (&json!("comment"), &json!("add")));
    assert_eq!(echo["from"]["id"], PAGE);
    assert_eq!(echo["comment_id"], done["id"]);
    assert_eq!(echo["parent_id"], post);
    let (accepted, refused) = rehearsal.ledger().await;
    assert_eq!(accepted.len(), 1);
    assert!(refused.is_empty());
    let entry = json!({
        "n": 1, "at": "2026-03-02T09:00:00Z", "channel": "facebook_comment", "to": post, "in_thread": post,
        "text": "Presa in carico", "provider_id": done["id"], "callback": null,
    });
    assert_eq!(accepted[0], entry);
}

#[tokio::test]
async fn a_form_does_as_well_as_json_and_the_token_may_be_a_parameter() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    let url = format!("{}/v19.0/{post}/comments", rehearsal.base);
    let request = rehearsal.http.post(url).header("content-type", "application/x-www-form-urlencoded");
    let (status, done) = answer(request.body("message=Citt%C3%A0+s%C3%AC&access_token=page-token")).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(rehearsal.ledger().await.0[0]["text"], "Città sì");
}

#[tokio::test]
async fn comments_are_read_back_by_page_and_filter_and_order() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    let first = json!({"author": "Marco", "text": "anch'io"});
    let root = id(&rehearsal.act(&format!("facebook/posts/{post}/comments"), first).await);
    rehearsal.post(&format!("{root}/comments"), json!({"message": "Grazie"})).await;
    rehearsal.post(&format!("{post}/comments"), json!({"message": "Fatto"})).await;

    let (_, top) = rehearsal.get(&format!("{post}/comments?fields=message")).await;
    assert_eq!(messages(&top), ["anch'io", "Fatto"]);
    assert!(top["data"][0].get("from").is_none());
    let path = format!("{post}/comments?fields=id,message,from,created_time,parent{{id}}&filter=stream&limit=2");
    let (_, page) = rehearsal.get(&path).await;
    assert_eq!(messages(&page), ["anch'io", "Grazie"]);
    assert_eq!(page["data"][1]["parent"]["id"], root);
    assert_eq!(page["data"][1]["from"]["id"], PAGE);
    assert_eq!(page["data"][1]["created_time"], "2026-03-02T09:00:00+0000");
    let after = page["paging"]["cursors"]["after"].as_str().unwrap();
    let (_, rest) = rehearsal.get(&format!("{path}&after={after}")).await;
    assert_eq!(messages(&rest), ["Fatto"]);
    assert!(rest["paging"].get("next").is_none());
    let next = rehearsal.http.get(page["paging"]["next"].as_str().unwrap()).bearer_auth("page-token");
    assert_eq!(messages(&answer(next).await.1), ["Fatto"]);
    let (_, back) = rehearsal.get(&format!("{post}/comments?order=reverse_chronological&filter=stream")).await;
    assert_eq!(messages(&back), ["Fatto", "Grazie", "anch'io"]);
    let (_, replies) = rehearsal.get(&format!("{root}/comments")).await;
    assert_eq!(messages(&replies), ["Grazie"]);
}

fn messages(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|comment| comment["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_ledger_tells_the_root_comment_of_an_answer_in_a_thread() {
    let rehearsal = rehearsal().await;
    let own = id(&rehearsal.act("facebook/page-posts", json!({"text": "Lavori in corso"})).await);
    let path = format!("facebook/posts/{own}/comments");
    let root = id(&rehearsal.act(&path, json!({"author": "Marco", "text": "buca #segnalaloaBiella"})).await);
    let reply = id(&rehearsal.act(&path, json!({"author": "Elena", "text": "vero", "parent": root})).await);
    rehearsal.post(&format!("{reply}/comments"), json!({"message": "Grazie"})).await;
    assert_eq!(rehearsal.ledger().await.0[0]["in_thread"], root);
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_the_refusal_is_in_the_ledger() {
    let rehearsal = rehearsal().await;
    let gone = post(&rehearsal).await;
    let url = format!("{}/_sim/facebook/posts/{gone}", rehearsal.base);
    assert!(rehearsal.http.delete(url).send().await.unwrap().status().is_success());
    let refused = rehearsal.post(&format!("{gone}/comments"), json!({"message": "Ciao"})).await;
    assert_eq!(code(&refused), (400, 100, 33));
    let empty = post(&rehearsal).await;
    assert_eq!(code(&rehearsal.post(&format!("{empty}/comments"), json!({"message": " "})).await), (400, 100, 0));
    let (accepted, refused) = rehearsal.ledger().await;
    assert!(accepted.is_empty());
    assert_eq!(refused.len(), 2);
    assert_eq!(refused[0]["subcode"], 33);
}

#[tokio::test]
async fn without_the_right_token_nothing_is_done() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    let url = format!("{}/v25.0/{post}/comments", rehearsal.base);
    let ask = || rehearsal.http.post(&url).json(&json!({"message": "Ciao"}));
    assert_eq!(code(&answer(ask()).await), (401, 190, 0));
    assert_eq!(code(&answer(ask().bearer_auth("number-token")).await), (401, 190, 0));
    for (state, subcode) in [("expired", 463), ("password_changed", 460)] {
        rehearsal.act("token", json!({"state": state, "product": "facebook"})).await;
        assert_eq!(code(&answer(ask().bearer_auth("page-token")).await), (401, 190, subcode));
    }
    rehearsal.act("token", json!({"state": "ok"})).await;
    assert_eq!(answer(ask().bearer_auth("page-token")).await.0, 200);
    assert_eq!(rehearsal.ledger().await.0.len(), 1);
}

#[tokio::test]
async fn edits_hiding_reactions_and_removals_are_told() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    let path = format!("facebook/posts/{post}/comments");
    let comment = id(&rehearsal.act(&path, json!({"author": "Marco", "text": "uno"})).await);
    rehearsal.act(&format!("facebook/posts/{post}"), json!({"text": "Buca in via Torino #segnalaloaBiella"})).await;
    rehearsal.act(&format!("facebook/comments/{comment}"), json!({"text": "due"})).await;
    rehearsal.act("facebook/reactions", json!({"on": comment, "author": "Elena", "reaction": "like"})).await;
    assert_eq!(rehearsal.post(&comment, json!({"is_hidden": true})).await.1["success"], true);
    assert_eq!(answer(rehearsal.graph("DELETE", &comment)).await.1["success"], true);
    let events = rehearsal.receiver.count(7).await;
    let told: Vec<(&str, &str)> =
        events.iter().map(|event| (event["item"].as_str().unwrap(), event["verb"].as_str().unwrap())).collect();
    let expected = [
        ("post", "add"),
        ("comment", "add"),
        ("post", "edit"),
        ("comment", "edited"),
        ("reaction", "add"),
        ("comment", "hide"),
        ("comment", "remove"),
    ];
    assert_eq!(told, expected);
    assert_eq!(events[4]["comment_id"], comment);
    assert!(events[6].get("message").is_none());
    assert_eq!(code(&rehearsal.get(&comment).await), (400, 100, 33));
}

#[tokio::test]
async fn a_photograph_comes_with_a_link_where_it_is() {
    let rehearsal = rehearsal().await;
    let said = json!({"author": "Marco", "text": "guardate #segnalaloaBiella", "photo": "buca"});
    rehearsal.act("facebook/posts", said).await;
    let events = rehearsal.receiver.count(1).await;
    assert_eq!(events[0]["item"], "photo");
    let photo = rehearsal.http.get(events[0]["link"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/jpeg");
}

#[tokio::test]
async fn a_colleagues_comment_is_the_pages_but_not_in_the_ledger() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    rehearsal.act("facebook/colleague", json!({"thread": post, "text": "Ci pensiamo noi"})).await;
    let events = rehearsal.receiver.count(2).await;
    assert_eq!(events[1]["from"]["id"], PAGE);
    assert!(rehearsal.ledger().await.0.is_empty());
}

#[tokio::test]
async fn the_feed_shows_the_newest_posts_with_what_was_asked_for() {
    let rehearsal = rehearsal().await;
    let post = post(&rehearsal).await;
    rehearsal.later(1).await;
    rehearsal.act("facebook/page-posts", json!({"text": "Avviso"})).await;
    rehearsal.post(&format!("{post}/comments"), json!({"message": "Grazie"})).await;
    let (_, feed) = rehearsal.get(&format!("{PAGE}/feed?fields=message,from,comments{{message}}&limit=10")).await;
    assert_eq!(messages(&feed), ["Avviso", "Buca in via Italia #segnalaloaBiella"]);
    assert_eq!(feed["data"][1]["comments"]["data"][0]["message"], "Grazie");
    let (_, visitors) = rehearsal.get("me/visitor_posts?since=2026-03-02T08:00:00Z").await;
    assert_eq!(visitors["data"].as_array().unwrap().len(), 1);
    let (_, none) = rehearsal.get(&format!("{PAGE}/feed?until=2026-03-02T08:00:00Z")).await;
    assert!(none["data"].as_array().unwrap().is_empty());
}
