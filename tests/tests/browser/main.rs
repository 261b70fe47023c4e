//! The rehearsal as a newcomer sees it: the page in a real browser, the operator's program beside it. Nothing is
//! reloaded: what the city answers must arrive by itself. With `UPDATE_SCREENSHOTS=1` the pictures in `docs/` are made.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there, and its folder is kept")]

use segnalalo_kit::config::Vars;
use segnalalo_tests::harness::{Broker, Browser, Processes, Service, root};

const WALL: &str = "#posts";
const CHAT: &str = "#chat";

struct Newcomer {
    processes: Processes,
    browser: Browser,
    _broker: Broker,
}

impl Newcomer {
    async fn arrives() -> Self {
        let broker = Broker::start().await.unwrap();
        let mut processes = Processes::new(&broker).unwrap();
        processes.set("SEGNALALO_OPERATOR", "anna");
        processes.start_all().await.unwrap();
        let browser = Browser::open(1280, 1000).await.unwrap();
        browser.client.goto(&processes.url(Service::GraphSim)).await.unwrap();
        browser.shows("#live", "in diretta").await.unwrap();
        Self { processes, browser, _broker: broker }
    }

    /// The operator's command line; what it printed.
    fn operator(&self, arguments: &[&str]) -> String {
        let output = self.processes.command(&[&["ticket"], arguments].concat()).unwrap().output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    async fn picture(&self, name: &str) {
        if Vars::process().optional("UPDATE_SCREENSHOTS").is_some() {
            self.browser.screenshot(&root().join("docs/screenshots").join(name)).await.unwrap();
        }
    }
}

/// The public code in a text: `S-7K3M9`.
fn code(text: &str) -> &str {
    let start = text.rfind("S-").unwrap_or_else(|| panic!("no code in {text:?}"));
    &text[start..start + 7]
}

fn in_two_weeks() -> String {
    use segnalalo_kit::clock::{Clock as _, SystemClock};
    let today = segnalalo_domain::calendar::local_date(SystemClock.now());
    today.checked_add(jiff::Span::new().days(14)).unwrap().to_string()
}

#[tokio::test]
async fn a_newcomer_plays_citizen_and_operator_once_around() {
    let newcomer = Newcomer::arrives().await;
    let browser = &newcomer.browser;

    // On the wall.
    browser
        .type_into("#post-text", "Il lampione davanti alla scuola di via Torino è spento #segnalaloaBiella")
        .await
        .unwrap();
    browser.click("#post-form button[type=submit]").await.unwrap();
    let wall = browser.shows(WALL, "Codice S-").await.unwrap();
    let on_facebook = code(&wall).to_owned();

    // On the phone.
    browser.type_into("#chat-text", "Buongiorno, c'è una buca profonda in via Italia davanti al 12").await.unwrap();
    browser.click("#chat-form .send").await.unwrap();
    let chat = browser.shows(CHAT, "S-").await.unwrap();
    let on_whatsapp = code(&chat).to_owned();
    assert_ne!(on_facebook, on_whatsapp);
    newcomer.picture("receipts.png").await;
    assert!(chat.contains("112") && wall.contains("112"), "who writes is told where emergencies go");

    // In the URP.
    let list = newcomer.operator(&["list"]);
    assert!(list.contains(&on_facebook) && list.contains(&on_whatsapp), "{list}");
    for (ticket, place, number) in [(&on_whatsapp, CHAT, "/0000001"), (&on_facebook, WALL, "/0000002")] {
        newcomer.operator(&["take-in-charge", ticket]);
        browser.shows(place, number).await.unwrap();
        newcomer.operator(&["feasible", ticket, "--by", &in_two_weeks()]);
        browser.shows(place, "entro").await.unwrap();
        newcomer.operator(&["resolve", ticket, "--text", "Abbiamo finito stamattina."]);
        browser.shows(place, "Abbiamo finito stamattina.").await.unwrap();
    }

    // And the citizen again.
    browser.type_into("#chat-text", "non è risolto, la buca c'è ancora").await.unwrap();
    browser.click("#chat-form .send").await.unwrap();
    browser.shows(CHAT, "riaperto").await.unwrap();
    newcomer.picture("wall-and-phone.png").await;
    let story = newcomer.operator(&["show", &on_whatsapp]);
    assert!(story.contains("riaperta") && story.contains("buca profonda"), "{story}");
    newcomer.browser.client.clone().close().await.unwrap();
}
