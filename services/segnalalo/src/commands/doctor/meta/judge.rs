//! What Meta's answers mean. Pure: JSON in, findings out. Names and meanings of fields are those of Meta's reference of
//! debug_token, subscribed_apps, subscriptions, phone numbers and message templates (Graph API v25.0).

use super::graph::{Trouble, instant};
use crate::commands::doctor::finding::Finding;
use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::calendar::local_date;
use serde_json::Value;

/// Time enough to draw another token.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What the city is told of a page (docs/operations.md).
const PAGE_FIELDS: [&str; 5] = ["feed", "messages", "message_echoes", "message_deliveries", "message_reads"];
const PAGE_SCOPES: [&str; 5] = [
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
];
const NUMBER_SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];
/// Meta's code for a token that it doesn't take, and the subcode of one whose time is over.
const TOKEN: i64 = 190;
const EXPIRED: i64 = 463;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Facebook,
    Whatsapp,
}

impl Channel {
    pub fn name(self) -> &'static str {
        match self {
            Self::Facebook => "Facebook",
            Self::Whatsapp => "WhatsApp",
        }
    }

    pub fn token(self) -> &'static str {
        match self {
            Self::Facebook => "FACEBOOK_PAGE_TOKEN",
            Self::Whatsapp => "WHATSAPP_TOKEN",
        }
    }

    pub fn app_secret(self) -> &'static str {
        match self {
            Self::Facebook => "FACEBOOK_APP_SECRET",
            Self::Whatsapp => "WHATSAPP_APP_SECRET",
        }
    }

    pub fn object_id(self) -> &'static str {
        match self {
            Self::Facebook => "FACEBOOK_PAGE_ID",
            Self::Whatsapp => "WHATSAPP_PHONE_NUMBER_ID",
        }
    }

    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Facebook => &PAGE_SCOPES,
            Self::Whatsapp => &NUMBER_SCOPES,
        }
    }

    /// Of the app's webhooks: the object's name, and its fields.
    fn webhook(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Facebook => ("page", &PAGE_FIELDS),
            Self::Whatsapp => ("whatsapp_business_account", &["messages"]),
        }
    }

    /// As deploy/Caddyfile publishes it.
    fn path(self) -> &'static str {
        match self {
            Self::Facebook => "/facebook",
            Self::Whatsapp => "/whatsapp",
        }
    }
}

pub fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_default().to_owned()
}

/// A question that Meta didn't answer. `what` names a variable or an edge.
pub fn refused(channel: Channel, what: &str, trouble: &Trouble) -> Finding {
    let finding = match trouble {
        Trouble::Unreachable(why) => Finding::error("meta", "unreachable").with("why", why),
        Trouble::Refused { code: TOKEN, subcode: EXPIRED, .. } => {
            return Finding::error("meta", "expired").with("name", channel.token()).with("at", "");
        }
        Trouble::Refused { code: TOKEN, subcode, message } => Finding::error("meta", "bad_token")
            .with("name", channel.token())
            .with("subcode", subcode)
            .with("why", message),
        Trouble::Refused { code, message, .. } => {
            Finding::error("meta", "refused").with("code", code).with("why", message)
        }
    };
    finding.with("channel", channel.name()).with("what", what)
}

/// `data` of debug_token.
pub fn token(channel: Channel, data: &Value, now: Timestamp) -> Vec<Finding> {
    let about = |finding: Finding| finding.with("name", channel.token());
    let ends = instant(&data["expires_at"]);
    let day = |at: Option<Timestamp>| at.map(|at| local_date(at).to_string()).unwrap_or_default();
    if data["is_valid"] != true {
        let error = &data["error"];
        if error["subcode"].as_i64() == Some(EXPIRED) || ends.is_some_and(|ends| ends <= now) {
            return vec![about(Finding::error("meta", "expired")).with("at", day(ends))];
        }
        let why = text(error, "message");
        return vec![
            about(Finding::error("meta", "bad_token"))
                .with("subcode", error["subcode"].as_i64().unwrap_or_default())
                .with("why", why),
        ];
    }
    let mut bad = Vec::new();
    let accessed = instant(&data["data_access_expires_at"]);
    if let Some(first) = [ends, accessed].into_iter().flatten().min().filter(|first| first.duration_since(now) < SOON) {
        bad.push(about(Finding::warning("meta", "expires")).with("at", day(Some(first))));
    }
    let has =
        |scope: &&&str| data["scopes"].as_array().is_some_and(|scopes| scopes.iter().any(|known| known == *scope));
    let missing = channel.scopes().iter().filter(|scope| !has(scope)).copied().collect::<Vec<_>>();
    if !missing.is_empty() {
        bad.push(about(Finding::error("meta", "scopes")).with("scopes", missing.join(", ")));
    }
    bad
}

/// For the line that says that all is well; empty: for ever.
pub fn until(data: Option<&Value>) -> String {
    data.and_then(|data| instant(&data["expires_at"])).map(|at| local_date(at).to_string()).unwrap_or_default()
}

/// The account that a token may manage: when it is one alone.
pub fn account(data: &Value) -> Option<String> {
    let scopes = data["granular_scopes"].as_array()?;
    let mut ids = scopes
        .iter()
        .filter(|scope| scope["scope"] == "whatsapp_business_management")
        .flat_map(|scope| scope["target_ids"].as_array().into_iter().flatten())
        .filter_map(Value::as_str);
    let first = ids.next()?;
    ids.all(|other| other == first).then(|| first.to_owned())
}

/// `/me`, with the page's token.
pub fn page(me: &Value, wanted: &str) -> Vec<Finding> {
    if me["id"] == wanted {
        return Vec::new();
    }
    vec![
        Finding::error("meta", "other_page")
            .with("name", text(me, "name"))
            .with("id", text(me, "id"))
            .with("page", wanted),
    ]
}

/// `/{page}/subscribed_apps`.
pub fn page_subscribed(apps: &Value, app: &str) -> Vec<Finding> {
    let ours = apps.as_array().into_iter().flatten().find(|known| known["id"] == app);
    let Some(ours) = ours else { return vec![Finding::error("meta", "page_unsubscribed")] };
    let missing = lacking(&PAGE_FIELDS, &ours["subscribed_fields"], |field| field);
    match missing.is_empty() {
        true => Vec::new(),
        false => vec![Finding::error("meta", "page_fields").with("fields", missing)],
    }
}

/// `/{account}/subscribed_apps`.
pub fn account_subscribed(apps: &Value, app: &str) -> Vec<Finding> {
    let of_app = |known: &Value| known["whatsapp_business_api_data"]["id"] == app;
    match apps.as_array().is_some_and(|apps| apps.iter().any(of_app)) {
        true => Vec::new(),
        false => vec![Finding::error("meta", "account_unsubscribed")],
    }
}

/// `/{app}/subscriptions`: what was set up in the dashboard.
pub fn dashboard(channel: Channel, subscriptions: &Value, host: Option<&str>) -> Vec<Finding> {
    let (object, fields) = channel.webhook();
    let about = |finding: Finding| finding.with("channel", channel.name()).with("object", object);
    let ours = subscriptions.as_array().into_iter().flatten().find(|known| known["object"] == object);
    let Some(ours) = ours.filter(|ours| ours["active"] == true) else {
        return vec![about(Finding::error("meta", "no_webhook"))];
    };
    let mut bad = Vec::new();
    let missing = lacking(fields, &ours["fields"], |field| &field["name"]);
    if !missing.is_empty() {
        bad.push(about(Finding::error("meta", "webhook_fields")).with("fields", missing));
    }
    let callback = text(ours, "callback_url");
    if let Some(wanted) = host.map(|host| format!("https://{host}{}", channel.path()))
        && callback != wanted
    {
        bad.push(about(Finding::warning("meta", "other_callback")).with("callback", callback).with("wanted", wanted));
    }
    bad
}

/// Those of `wanted` that aren't in the list, with commas.
fn lacking(wanted: &[&str], list: &Value, name: impl Fn(&Value) -> &Value) -> String {
    let has = |field: &&&str| list.as_array().into_iter().flatten().any(|known| name(known) == **field);
    wanted.iter().filter(|field| !has(field)).copied().collect::<Vec<_>>().join(", ")
}

/// The number itself.
pub fn number(answer: &Value) -> Vec<Finding> {
    let (status, quality) = (text(answer, "status"), text(answer, "quality_rating"));
    let about = |finding: Finding| finding.with("number", text(answer, "display_phone_number"));
    let mut bad = Vec::new();
    // Not every number tells it.
    if !status.is_empty() && status != "CONNECTED" {
        bad.push(about(Finding::error("meta", "number")).with("status", status));
    }
    if quality == "RED" {
        bad.push(about(Finding::warning("meta", "quality")).with("quality", quality));
    }
    bad
}

/// The status of a template in a language; `None`: there is none.
pub fn template(found: &Value, name: &str, language: &str) -> Option<String> {
    let of_it = |known: &&Value| known["name"] == name && known["language"] == language;
    Some(text(found.as_array()?.iter().find(of_it)?, "status"))
}

pub fn templates(found: &[(&str, Option<String>)]) -> Vec<Finding> {
    let bad = found.iter().filter(|(_, status)| status.as_deref() != Some("APPROVED"));
    let shown = bad.map(|(name, status)| match status {
        Some(status) => format!("{name} ({status})"),
        None => (*name).to_owned(),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    if shown.is_empty() { Vec::new() } else { vec![Finding::warning("meta", "templates").with("templates", shown)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DAY: i64 = 86_400;

    fn codes(findings: Vec<Finding>) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_token_is_good_or_old_or_lacks_something() {
        let now = "2026-11-28T12:00:00Z".parse::<Timestamp>().unwrap();
        let ends = |days: i64| now.as_second() + days * DAY;
        let seen = |data: Value| codes(token(Channel::Whatsapp, &data, now));
        let good = json!({"is_valid": true, "expires_at": 0, "data_access_expires_at": 0, "scopes": NUMBER_SCOPES});
        let with = |name: &str, value: Value| {
            let mut data = good.clone();
            data[name] = value;
            data
        };
        assert!(seen(good.clone()).is_empty());
        assert!(seen(with("expires_at", json!(ends(90)))).is_empty());
        assert_eq!(seen(with("expires_at", json!(ends(7)))), ["expires"]);
        assert_eq!(seen(with("data_access_expires_at", json!(ends(7)))), ["expires"]);
        assert_eq!(seen(with("scopes", json!(["whatsapp_business_messaging"]))), ["scopes"]);
        let expired = json!({"is_valid": false, "error": {"code": 190, "subcode": 463}});
        assert_eq!(seen(expired), ["expired"]);
        assert_eq!(seen(json!({"is_valid": false, "expires_at": ends(-1)})), ["expired"]);
        assert_eq!(seen(json!({"is_valid": false, "error": {"code": 190, "subcode": 460}})), ["bad_token"]);
    }

    #[test]
    fn what_meta_refuses_is_told_by_its_code() {
        let code = |code, subcode| {
            let trouble = Trouble::Refused { code, subcode, message: "no".to_owned() };
            refused(Channel::Facebook, "me", &trouble).code
        };
        assert_eq!([code(190, 463), code(190, 467), code(200, 0)], ["expired", "bad_token", "refused"]);
        let away = Trouble::Unreachable("no route".to_owned());
        assert_eq!(refused(Channel::Facebook, "me", &away).code, "unreachable");
    }

    #[test]
    fn webhooks_come_from_page_account_and_app() {
        let app = |fields: &[&str]| json!([{"id": "9"}, {"id": "7", "subscribed_fields": fields}]);
        assert!(page_subscribed(&app(&PAGE_FIELDS), "7").is_empty());
        assert_eq!(codes(page_subscribed(&app(&["feed"]), "7")), ["page_fields"]);
        assert_eq!(codes(page_subscribed(&app(&PAGE_FIELDS), "8")), ["page_unsubscribed"]);
        let account = json!([{"whatsapp_business_api_data": {"id": "7"}}]);
        assert!(account_subscribed(&account, "7").is_empty());
        assert_eq!(codes(account_subscribed(&json!([]), "7")), ["account_unsubscribed"]);
        let set_up = |active: bool, field: &str| {
            json!([{"object": "whatsapp_business_account", "active": active, "callback_url": "https://a.it/whatsapp",
                "fields": [{"name": field, "version": "v25.0"}]}])
        };
        let seen = |active, field, host| codes(dashboard(Channel::Whatsapp, &set_up(active, field), host));
        assert!(seen(true, "messages", None).is_empty());
        assert!(seen(true, "messages", Some("a.it")).is_empty());
        assert_eq!(seen(true, "account_update", Some("b.it")), ["webhook_fields", "other_callback"]);
        assert_eq!(seen(false, "messages", None), ["no_webhook"]);
        assert_eq!(codes(dashboard(Channel::Facebook, &set_up(true, "feed"), None)), ["no_webhook"]);
    }

    #[test]
    fn page_number_and_templates_are_ours_and_in_order() {
        assert!(page(&json!({"id": "1", "name": "Biella"}), "1").is_empty());
        assert_eq!(codes(page(&json!({"id": "2", "name": "Ivrea"}), "1")), ["other_page"]);
        assert!(number(&json!({"status": "CONNECTED", "quality_rating": "GREEN"})).is_empty());
        assert!(number(&json!({"quality_rating": "UNKNOWN"})).is_empty());
        assert_eq!(codes(number(&json!({"status": "FLAGGED", "quality_rating": "RED"}))), ["number", "quality"]);
        let list = json!([{"name": "a", "language": "it", "status": "APPROVED"}, {"name": "b", "language": "en", "status": "APPROVED"}]);
        assert_eq!(template(&list, "a", "it").as_deref(), Some("APPROVED"));
        assert_eq!(template(&list, "b", "it"), None);
        assert!(templates(&[("a", Some("APPROVED".to_owned()))]).is_empty());
        assert_eq!(codes(templates(&[("a", Some("REJECTED".to_owned())), ("b", None)])), ["templates"]);
        let of = |ids: &[&str]| {
            account(&json!({"granular_scopes": [
                {"scope": "whatsapp_business_management", "target_ids": ids}, {"scope": "other", "target_ids": ["3"]},
            ]}))
        };
        assert_eq!([of(&["1"]), of(&["1", "2"]), of(&[])], [Some("1".to_owned()), None, None]);
    }
}
