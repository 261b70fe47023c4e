//! A real browser: Debian's chromium, headless, driven by its chromedriver (`scripts/browser` sees to both).

use super::{Folder, child::Child, ports, wait_for};
use anyhow::{Context as _, Result};
use fantoccini::{Client, ClientBuilder, Locator, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use std::{path::Path, process::Command, time::Duration};

const SOON: Duration = Duration::from_secs(20);

pub struct Browser {
    pub client: Client,
    // The driver takes the browser with it; both end before their folder goes.
    _driver: Child,
    _folder: Folder,
}

impl Browser {
    /// A window of this size, in pixels.
    ///
    /// # Errors
    /// There is no chromedriver, or it doesn't start a browser.
    pub async fn open(width: u32, height: u32) -> Result<Self> {
        let folder = Folder::new("browser")?;
        let port = ports::free();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let driver = Child::spawn("chromedriver", command, &folder.join("chromedriver.log"))
            .context("chromedriver isn't there: scripts/browser fetches it")?;
        // chromium takes no path with a step back in it.
        let profile = folder.path().canonicalize()?.join("profile");
        let options = json!({ "goog:chromeOptions": { "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=it",
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.display()),
        ] } });
        let capabilities: Capabilities = serde_json::from_value(options)?;
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

    /// Types into an element, after what it holds was taken out.
    ///
    /// # Errors
    /// It isn't there.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        let element = self.client.wait().at_most(SOON).for_element(Locator::Css(css)).await?;
        element.clear().await?;
        Ok(element.send_keys(text).await?)
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
        wait_for(&format!("{css} shows {words:?}"), SOON, async || {
            let text = self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()?;
            text.contains(words).then_some(text)
        })
        .await
    }

    /// # Errors
    /// The file can't be written.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        let png = self.client.screenshot().await?;
        std::fs::write(file, png).with_context(|| format!("writing {}", file.display()))
    }
}
