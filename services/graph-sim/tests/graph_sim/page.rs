use crate::given::{PHONE, rehearsal};
use serde_json::json;

#[tokio::test]
async fn the_page_and_all_its_files_are_served_and_ask_nobody_else() {
    let rehearsal = rehearsal().await;
    let get = async |path: &str| rehearsal.http.get(format!("{}{path}", rehearsal.base)).send().await.unwrap();
    let page = get("/").await.text().await.unwrap();
    assert!(page.contains("lang=\"it\""));
    let mut files: Vec<&str> = page.split('"').filter(|part| part.starts_with("/_sim/assets/")).collect();
    files.extend([
        "/_sim/assets/clock.js",
        "/_sim/assets/parts.js",
        "/_sim/assets/wall.js",
        "/_sim/assets/phone.js",
        "/_sim/assets/messenger.js",
    ]);
    assert!(files.len() >= 7);
    for file in files {
        let answer = get(file).await;
        assert!(answer.status().is_success(), "{file}");
        let text = answer.text().await.unwrap();
        let foreign = text.replace("http://www.w3.org/2000/svg", "").replace("https?:", "");
        assert!(!foreign.contains("http:") && !foreign.contains("https:"), "{file}");
    }
}

#[tokio::test]
async fn news_of_an_answer_comes_on_the_stream() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    let url = format!("{}/_sim/stream?phone={PHONE}", rehearsal.base);
    let mut stream = rehearsal.http.get(url).send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    rehearsal.send_whatsapp("Presa in carico", "aa.1").await;
    let news = stream.chunk().await.unwrap().unwrap();
    assert!(news.starts_with(b"event: changed"));
    let state = rehearsal.see("state").await;
    let messages = state["chats"][0]["messages"].as_array().unwrap();
    assert_eq!(messages[1]["text"], "Presa in carico");
    assert_eq!(messages[1]["from"], "city");
}

#[tokio::test]
async fn a_citizen_without_a_name_or_words_is_told_so() {
    let rehearsal = rehearsal().await;
    for body in [json!({"author": " ", "text": "ciao"}), json!({"author": "Ada", "text": " "})] {
        let url = format!("{}/_sim/facebook/posts", rehearsal.base);
        let answer = rehearsal.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }
    let nowhere = rehearsal.http.get(format!("{}/nowhere/1", rehearsal.base)).send().await.unwrap();
    assert_eq!(nowhere.status(), 404);
}

#[tokio::test]
async fn where_there_is_no_demo_s_clock_nothing_moves_and_the_page_shows_no_lever() {
    let rehearsal = rehearsal().await;
    assert_eq!(rehearsal.see("state").await["clock_moves"], false);
    let before = rehearsal.see("clock").await["now"].clone();
    let url = format!("{}/_sim/clock", rehearsal.base);
    let answer = rehearsal.http.post(url).json(&json!({"advance": "1d"})).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("SEGNALALO_DEMO_CLOCK"));
    assert_eq!(rehearsal.see("clock").await["now"], before);
}
