//! Meta: whether the tokens are good and until when, whether the app secrets are those of the tokens' apps, whether page,
//! number and account send their webhooks to us, and whether the templates are approved. What Meta answers is judged by
//! `meta/judge.rs`.

mod graph;
mod judge;

use super::{
    finding::{Finding, or_ok},
    place::Place,
};
use crate::failure::Failure;
use futures::future::join_all;
use graph::{Graph, Trouble};
use jiff::{SignedDuration, Timestamp};
use judge::Channel;
use segnalalo_kit::config::Vars;
use segnalalo_notifier::messages::Messages;
use serde_json::Value;

/// By how much this machine is ahead of Meta; `None`: Meta wasn't reached.
pub type Ahead = Option<SignedDuration>;

/// # Errors
/// A variable is wrong.
pub async fn look(place: &Place, now: Timestamp) -> Result<(Vec<Finding>, Ahead), Failure> {
    let vars = place.vars_of("notifier");
    let graph = Graph::from_vars(&vars).map_err(Failure::config)?;
    let host = vars.optional("SEGNALALO_HOST");
    let templates = Messages::load(&place.city()?).map(|messages| messages.whatsapp_templates()).unwrap_or_default();
    let facebook = Asked::new(Channel::Facebook, &vars, &place.vars_of("ingest-facebook"));
    let whatsapp = Asked::new(Channel::Whatsapp, &vars, &place.vars_of("ingest-whatsapp"));
    let findings = async |asked: Option<Asked>| match asked {
        // Which variable is missing was said by the check of the variables.
        None => vec![Finding::warning("meta", "no_variables")],
        Some(asked) => asked.look(&graph, host.as_deref(), &templates, now).await,
    };
    let (mut all, others) = tokio::join!(findings(facebook), findings(whatsapp));
    all.extend(others);
    Ok((all, graph.ahead()))
}

struct Asked {
    channel: Channel,
    token: String,
    secret: String,
    /// The page's or the number's id.
    object: String,
    /// The WhatsApp account's, when it is given.
    account: Option<String>,
}

impl Asked {
    fn new(channel: Channel, notifier: &Vars, ingest: &Vars) -> Option<Self> {
        let secret = |vars: &Vars, name: &str| Some(vars.secret(name).ok()?.expose().trim().to_owned());
        Some(Self {
            token: secret(notifier, channel.token())?,
            secret: secret(ingest, channel.app_secret())?,
            object: notifier.optional(channel.object_id())?,
            account: notifier.optional("WHATSAPP_BUSINESS_ACCOUNT_ID").filter(|_| channel == Channel::Whatsapp),
            channel,
        })
    }

    async fn look(
        &self,
        graph: &Graph,
        host: Option<&str>,
        templates: &[(String, String)],
        now: Timestamp,
    ) -> Vec<Finding> {
        let channel = self.channel;
        let app = match graph.get("app", &self.token, &[]).await {
            Ok(answer) => judge::text(&answer, "id"),
            Err(trouble) => return vec![judge::refused(channel, "app", &trouble)],
        };
        let as_app = format!("{app}|{}", self.secret);
        let debugged = graph.get("debug_token", &as_app, &[("input_token", &self.token)]).await;
        let token = debugged.as_ref().ok().map(|answer| answer["data"].clone());
        let mut bad = match &debugged {
            Ok(answer) => judge::token(channel, &answer["data"], now),
            Err(Trouble::Refused { .. }) => {
                vec![Finding::error("meta", "other_app").with("name", channel.app_secret())]
            }
            Err(trouble) => vec![judge::refused(channel, "debug_token", trouble)],
        };
        let subscriptions = format!("{app}/subscriptions");
        if token.is_some() {
            bad.extend(match graph.get(&subscriptions, &as_app, &[]).await {
                Ok(answer) => judge::dashboard(channel, &answer["data"], host),
                Err(trouble) => vec![judge::refused(channel, &subscriptions, &trouble)],
            });
        }
        bad.extend(match channel {
            Channel::Facebook => self.page(graph, &app).await,
            Channel::Whatsapp => self.number(graph, &app, token.as_ref(), templates).await,
        });
        let until = judge::until(token.as_ref());
        or_ok(bad, Finding::ok("meta", "ok").with("channel", channel.name()).with("until", until))
    }

    async fn page(&self, graph: &Graph, app: &str) -> Vec<Finding> {
        let channel = self.channel;
        let me = graph.get("me", &self.token, &[("fields", "id,name")]).await;
        let edge = format!("{}/subscribed_apps", self.object);
        let subscribed = graph.get(&edge, &self.token, &[]).await;
        let mut bad = match me {
            Ok(answer) => judge::page(&answer, &self.object),
            Err(trouble) => vec![judge::refused(channel, "me", &trouble)],
        };
        bad.extend(match subscribed {
            Ok(answer) => judge::page_subscribed(&answer["data"], app),
            Err(trouble) => vec![judge::refused(channel, &edge, &trouble)],
        });
        bad
    }

    async fn number(
        &self,
        graph: &Graph,
        app: &str,
        token: Option<&Value>,
        templates: &[(String, String)],
    ) -> Vec<Finding> {
        let channel = self.channel;
        let fields = "display_phone_number,verified_name,status,quality_rating,name_status";
        let mut bad = match graph.get(&self.object, &self.token, &[("fields", fields)]).await {
            Ok(answer) => judge::number(&answer),
            Err(trouble) => vec![judge::refused(channel, &self.object, &trouble)],
        };
        let Some(account) = self.account.clone().or_else(|| judge::account(token?)) else {
            bad.push(Finding::warning("meta", "no_account"));
            return bad;
        };
        let edge = format!("{account}/subscribed_apps");
        bad.extend(match graph.get(&edge, &self.token, &[]).await {
            Ok(answer) => judge::account_subscribed(&answer["data"], app),
            Err(trouble) => vec![judge::refused(channel, &edge, &trouble)],
        });
        let edge = format!("{account}/message_templates");
        let asked = join_all(templates.iter().map(async |(name, language)| {
            let found = graph.get(&edge, &self.token, &[("name", name), ("fields", "name,language,status")]).await;
            (name.as_str(), language.as_str(), found)
        }));
        let mut found = Vec::new();
        for (name, language, answer) in asked.await {
            match answer {
                Ok(answer) => found.push((name, judge::template(&answer["data"], name, language))),
                Err(trouble) => {
                    bad.push(judge::refused(channel, &edge, &trouble));
                    return bad;
                }
            }
        }
        bad.extend(judge::templates(&found));
        bad
    }
}
