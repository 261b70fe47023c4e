//! Somebody who has just started the demo: a page open in a browser, and a terminal.

use segnalalo_kit::config::Vars;
use segnalalo_tests::harness::{Broker, Browser, Processes, Screen, Service, root};
use std::fs;

pub const WALL: &str = "#posts";
pub const CHAT: &str = "#chat";

/// The repository is no place for large pictures. In bytes.
const LARGEST_PICTURE: u64 = 250_000;

pub struct Newcomer {
    pub browser: Browser,
    processes: Processes,
    _broker: Broker,
}

impl Newcomer {
    pub async fn arrives() -> Self {
        let broker = Broker::start().await.unwrap();
        let mut processes = Processes::new(&broker).unwrap();
        processes.set("SEGNALALO_OPERATOR", "anna");
        processes.start_all().await.unwrap();
        let browser = page(&processes, Screen::Desk).await;
        browser.value("window.opened = true").await.unwrap();
        Self { browser, processes, _broker: broker }
    }

    /// On the city's wall. The hashtag stands in the field already.
    pub async fn posts(&self, text: &str) {
        self.browser.type_into("#post-text", text).await.unwrap();
        self.browser.click("#post-form button[type=submit]").await.unwrap();
    }

    /// On the WhatsApp phone.
    pub async fn writes(&self, text: &str) {
        self.browser.type_into("#chat-text", text).await.unwrap();
        self.browser.click("#chat-form .send").await.unwrap();
    }

    /// Waits until the pane shows these words; all that it shows.
    pub async fn reads(&self, pane: &str, words: &str) -> String {
        self.browser.shows(pane, words).await.unwrap()
    }

    /// In the terminal, as the URP: `segnalalo ticket ...`; what it printed.
    pub fn operates(&self, arguments: &[&str]) -> String {
        let output = self.processes.command(&[&["ticket"], arguments].concat()).unwrap().output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// The page is still the one that was opened first.
    pub async fn never_reloaded(&self) -> bool {
        self.browser.value("window.opened === true").await.unwrap() == true
    }

    /// The same page, on another screen.
    pub async fn opens_on(&self, screen: Screen) -> Browser {
        page(&self.processes, screen).await
    }
}

async fn page(processes: &Processes, screen: Screen) -> Browser {
    let browser = Browser::open(screen).await.unwrap();
    browser.client.goto(&processes.url(Service::GraphSim)).await.unwrap();
    browser.shows("#live", "in diretta").await.unwrap();
    browser
}

/// When nothing moves any more, if pictures are asked for.
pub async fn picture(browser: &Browser, name: &str) {
    if Vars::process().optional("UPDATE_SCREENSHOTS").is_none() {
        return;
    }
    browser.holds("document.getAnimations().length === 0").await.unwrap();
    let file = root().join("docs/screenshots").join(name);
    browser.screenshot(&file).await.unwrap();
    let size = fs::metadata(&file).unwrap().len();
    assert!(size < LARGEST_PICTURE, "{name} has {size} bytes");
}
