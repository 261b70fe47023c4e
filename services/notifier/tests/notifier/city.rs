//! Citizens who are owed answers, and the process that sends them.

use super::{broker::Broker, platform::Platform, registry::Registry};
use segnalalo_domain::{
    event::conversation::Event as Said,
    id::{ConversationId, MessageId, ReplyId},
    template::Template,
    words::{Channel, ContentType},
};
use segnalalo_kit::{
    clock::SystemClock, config::Vars, health::Health, service::Deps, shutdown::Shutdown, telemetry::Metrics,
};
use segnalalo_notifier::{App, Config};
use segnalalo_proto::{
    common::v1::{Address, PersonalContent, address::To},
    observation::v1::send_outcome::Outcome,
    sealed,
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::timeout};

pub const PAGE: &str = "104587321965874";
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than any pause that the tests set.
const QUIET: Duration = Duration::from_millis(1_500);

pub struct City {
    pub platform: Platform,
    pub registry: Registry,
    broker: Broker,
}

pub struct Notifier {
    pub metrics: Metrics,
    pub health: Health,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Notifier {
    pub async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
    }

    /// As kill -9 does.
    pub async fn kill(self) {
        self.running.abort();
        let _ = self.running.await;
    }
}

pub fn conversation(n: u8) -> ConversationId {
    ConversationId([n; 16])
}

pub fn reply(n: u8) -> ReplyId {
    ReplyId([n; 16])
}

impl City {
    pub async fn start() -> Self {
        let broker = Broker::start();
        Self { platform: Platform::start().await, registry: Registry::start(&broker).await, broker }
    }

    pub async fn notifier(&self) -> Notifier {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        let vars = Vars::from_pairs([
            ("SEGNALALO_CITY", city.to_str().unwrap()),
            ("SEGNALALO_REGISTRY_URL", &self.registry.url),
            ("GRAPH_API_URL", &self.platform.url),
            ("FACEBOOK_PAGE_ID", PAGE),
            ("FACEBOOK_PAGE_TOKEN", "page"),
            ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922"),
            ("WHATSAPP_TOKEN", "whatsapp"),
            ("NOTIFIER_READ_BACK_MS", "100"),
            ("NOTIFIER_PROOF_WAIT_S", "2"),
            ("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all"),
        ]);
        let (health, metrics, shutdown) = (Health::new("notifier"), Metrics::new("notifier"), Shutdown::new());
        let deps = Deps {
            bus: self.broker.connect("notifier").await,
            clock: Arc::new(SystemClock),
            health: health.clone(),
            metrics: metrics.clone(),
        };
        let app = App::build(Config::from_vars(&vars).unwrap(), deps).unwrap();
        let running = tokio::spawn(app.run(shutdown.clone()));
        timeout(PATIENCE, async {
            while !health.is_ready() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{:?}", health.not_ready()));
        Notifier { metrics, health, shutdown, running }
    }

    /// Somebody writes on a channel.
    pub async fn writes(&self, n: u8, channel: Channel) {
        let to = match channel {
            Channel::FacebookPost | Channel::FacebookComment => To::FacebookObjectId(format!("{PAGE}_{n}")),
            Channel::Messenger => To::MessengerPsid(format!("psid-{n}")),
            Channel::Whatsapp => To::WhatsappPhone(format!("3934700000{n:02}")),
        };
        let content = PersonalContent { address: Some(Address { to: Some(to) }), ..PersonalContent::default() };
        let received = Said::MessageReceived {
            message: MessageId([n; 16]),
            channel,
            person: None,
            public: channel.is_public(),
            addressed: true,
            content_type: ContentType::Text,
            attachments: 0,
            has_text: true,
            quoted: None,
            sealed: sealed::seal(None, &content),
        };
        self.registry.append(conversation(n), received).await;
    }

    /// An answer is owed, known by its code.
    pub async fn owes(&self, n: u8, answer: u8, code: &str) {
        let requested = Said::ReplyRequested {
            reply: reply(answer),
            ticket: None,
            template: Template::Emergency,
            variables: BTreeMap::from([("code".to_owned(), code.to_owned())]),
            words: None,
            by_person: false,
            in_reply_to: None,
        };
        self.registry.append(conversation(n), requested).await;
    }

    /// Waits for so many POSTs, and that no more come; the codes that they carried, in order.
    pub async fn sent(&self, count: usize) -> Vec<String> {
        self.wait("POSTs", async || self.platform.posts().len() >= count).await;
        tokio::time::sleep(QUIET).await;
        let code = |text: &str| Some(format!("S-{}", text.split("S-").nth(1)?.split('.').next()?));
        let codes = self.platform.posts().iter().map(|post| code(post.text()).unwrap()).collect::<Vec<_>>();
        assert_eq!(codes.len(), count, "{codes:?}");
        codes
    }

    /// Waits until the registry was told so many outcomes; their kinds, in order.
    pub async fn told(&self, count: usize) -> Vec<&'static str> {
        self.wait("outcomes", async || self.registry.told().await.len() >= count).await;
        let kind = |outcome: Option<Outcome>| match outcome.unwrap() {
            Outcome::Accepted(_) => "accepted",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::Held(_) => "held",
            Outcome::Erased(_) => "erased",
        };
        self.registry.told().await.into_iter().map(|told| kind(told.outcome)).collect()
    }

    async fn wait(&self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !condition().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let posts = || self.platform.posts().len();
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("no {what} in time; {} POSTs", posts()));
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.registry.stop();
    }
}
