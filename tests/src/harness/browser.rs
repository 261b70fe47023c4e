//! A real browser: Debian's chromium, headless, driven by its chromedriver (`scripts/browser` sees to both).

use super::{Folder, child::Child, ports, wait_for, wait_until};
use anyhow::{Context as _, Result};
use fantoccini::{Client, ClientBuilder, Locator, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{path::Path, process::Command, time::Duration};

const SOON: Duration = Duration::from_secs(30);

/// What the page is looked at on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Desk,
    /// Upright and coarse, for one picture of much.
    Poster,
    Phone,
}

pub struct Browser {
    pub client: Client,
    // The driver takes the browser with it; both end before their folder goes.
    _driver: Child,
    _folder: Folder,
}

impl Browser {
    /// An empty page.
    ///
    /// # Errors
    /// There is no chromedriver, or it doesn't start a browser.
    pub async fn open(screen: Screen) -> Result<Self> {
        let folder = Folder::new("browser")?;
        let port = ports::free();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let driver = Child::spawn("chromedriver", command, &folder.join("chromedriver.log"))
            .context("chromedriver isn't there: scripts/browser fetches it")?;
        // chromium takes no path with a step back in it.
        let profile = folder.path().canonicalize()?.join("profile");
        let capabilities = capabilities(screen, &profile)?;
        let url = format!("http://127.0.0.1:{port}");
        let mut last = String::new();
        let client = wait_for("chromedriver opens a browser", SOON, async || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let opened = builder.capabilities(capabilities.clone()).connect(&url).await;
            opened.map_err(|error| last = format!("{error:?}")).ok()
        });
        let client = client.await.with_context(|| last)?;
        Ok(Self { client, _driver: driver, _folder: folder })
    }

    /// Clicks into an element and types where the caret then is, as a person does.
    ///
    /// # Errors
    /// It isn't there.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        self.click(css).await?;
        Ok(self.client.find(Locator::Css(css)).await?.send_keys(text).await?)
    }

    /// # Errors
    /// It isn't there, or can't be clicked.
    pub async fn click(&self, css: &str) -> Result<()> {
        Ok(self.client.wait().at_most(SOON).for_element(Locator::Css(css)).await?.click().await?)
    }

    /// Waits until the element shows these words; all that it shows.
    ///
    /// # Errors
    /// It doesn't.
    pub async fn shows(&self, css: &str, words: &str) -> Result<String> {
        let what = format!("{css} shows {words:?}");
        let mut last = String::from("it isn't there");
        let shown = wait_for(&what, SOON, async || {
            last = self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()?;
            last.contains(words).then(|| last.clone())
        });
        shown.await.with_context(|| last)
    }

    /// What an expression of JavaScript is in the page.
    ///
    /// # Errors
    /// It throws.
    pub async fn value(&self, expression: &str) -> Result<Value> {
        Ok(self.client.execute(&format!("return {expression}"), Vec::new()).await?)
    }

    /// Waits until an expression of JavaScript is true in the page.
    ///
    /// # Errors
    /// It doesn't become true.
    pub async fn holds(&self, expression: &str) -> Result<()> {
        wait_until(expression, SOON, async || self.value(expression).await.is_ok_and(|value| value == true)).await
    }

    /// Returns when the browser has ended, so that its folder can go.
    ///
    /// # Errors
    /// The driver doesn't answer.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.clone().close().await?)
    }

    /// # Errors
    /// The file can't be written.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        let png = self.client.screenshot().await?;
        std::fs::write(file, png).with_context(|| format!("writing {}", file.display()))
    }
}

fn capabilities(screen: Screen, profile: &Path) -> Result<Capabilities> {
    let mut options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=it",
        // It ends with its driver, even if that is killed: nobody holds the pipe's other end any more.
        "--remote-debugging-pipe",
        "--disable-lcd-text", "--hide-scrollbars", "--window-size=1280,1000",
        format!("--user-data-dir={}", profile.display()),
    ] });
    let metrics = match screen {
        Screen::Desk => None,
        Screen::Poster => Some(json!({ "width": 1100, "height": 1400, "pixelRatio": 0.8, "touch": false })),
        Screen::Phone => Some(json!({ "width": 390, "height": 844, "pixelRatio": 1.0, "mobile": true, "touch": true })),
    };
    if let Some(metrics) = metrics {
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    Ok(serde_json::from_value(json!({ "goog:chromeOptions": options }))?)
}
