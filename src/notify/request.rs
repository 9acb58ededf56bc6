//! A message as the request a receiver understands: Slack's incoming-webhook format, or a signed generic webhook.

use super::{Message, picture::Picture};
use crate::alert::{ALERT_TYPE, AlertEvent, AlertKind, AlertState};
use crate::config::{Notify, Receiver};
use crate::mention::{Timestamp, hex, mac};
use crate::route::Severity;
use hmac::Mac;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Slack's limit for the text of a section, characters.
const SLACK_SECTION_CHARS_MAX: usize = 3000;

/// One POST, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to. A secret for some receivers: it is never logged.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// The event's own id: the same on every attempt and after every crash.
#[must_use]
pub fn idempotency_key(event: &AlertEvent) -> String {
    event.event_id()
}

/// What tells `receiver` of `event`, as `notify` says it. `now` (seconds since the epoch) goes into the signature only.
#[must_use]
pub fn request(receiver: &Receiver, event: &AlertEvent, notify: &Notify, now: i64) -> Request {
    let (key, redact, picture) = (idempotency_key(event), notify.redact, Picture::of(event, notify));
    let json_type = ("Content-Type", "application/json".to_owned());
    match receiver {
        Receiver::Slack(slack) => Request {
            url: slack.url.expose().to_owned(),
            headers: vec![json_type, ("Idempotency-Key", key)],
            body: slack_body(&Message::new(event, redact), event, picture).to_string(),
        },
        Receiver::Webhook(webhook) => {
            let body = webhook_body(event, &key, redact, picture).to_string();
            let signature = sign(webhook.secret.expose(), now, &body);
            let headers = vec![json_type, ("X-Groundswell-Signature", signature), ("Idempotency-Key", key)];
            Request { url: webhook.url.expose().to_owned(), headers, body }
        }
    }
}

/// `t=<unix>,v1=<hex hmac-sha256 of "t.body">`. A receiver checks it over the bytes as received, in constant time, and
/// refuses an old `t`.
#[must_use]
pub fn sign(secret: &str, at: i64, body: &str) -> String {
    let mac = mac(secret.as_bytes(), &[at.to_string().as_bytes(), b".", body.as_bytes()]);
    format!("t={at},v1={}", hex(&mac.finalize().into_bytes()))
}

/// `{"id", "type", "event", "charts"?}`, the event as published, without what looks personal.
fn webhook_body(event: &AlertEvent, key: &str, redact: bool, picture: Option<Picture>) -> Value {
    let kind = if is_test(event) { "groundswell.notification.test.v1" } else { "groundswell.notification.v1" };
    let mut value = serde_json::to_value(event).unwrap_or(Value::Null);
    if redact {
        value["headline"] = Message::clean(&event.headline).into();
        value["terms"] = event.terms.iter().map(|term| Message::clean(term)).collect();
    }
    let mut body = json!({ "id": key, "type": kind, "event": value });
    if let Some(picture) = picture {
        body["charts"] = json!({ "png": picture.png, "svg": picture.svg });
    }
    body
}

fn slack_body(message: &Message, event: &AlertEvent, picture: Option<Picture>) -> Value {
    let section = |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": cut(text) } });
    let mut blocks = vec![
        section(format!("*{}*", slack_escaped(&message.headline))),
        section(slack_escaped(&message.facts.join(" "))),
        section(slack_escaped(&message.actions.join("\n"))),
    ];
    blocks.extend(picture.map(|picture| {
        let said = message.facts.first().map_or("", String::as_str);
        json!({ "type": "image", "image_url": picture.png, "alt_text": said })
    }));
    let ids = format!("{} · {}", event.incident_id, event.alert_id);
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": cut(slack_escaped(&ids)) }] }));
    // The text is what a notification shows; the blocks are what the channel shows.
    json!({ "text": slack_escaped(&message.text()), "blocks": blocks })
}

/// Slack's three control characters: without this, `<!channel>` in a term would wake everybody.
fn slack_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SLACK_SECTION_CHARS_MAX - 1) {
        Some((place, _)) => format!("{}…", &text[..place]),
        None => text,
    }
}

const TEST_ID: &str = "test";

fn is_test(event: &AlertEvent) -> bool {
    event.incident_id == TEST_ID
}

/// An event that nobody can take for a real one.
#[must_use]
pub fn test_event(team: &str, at: Timestamp) -> AlertEvent {
    AlertEvent {
        kind_of_value: ALERT_TYPE.to_owned(),
        alert_id: format!("{TEST_ID}-{}", at.as_seconds()),
        incident_id: TEST_ID.to_owned(),
        kind: AlertKind::Spike,
        state: AlertState::Opened,
        severity: Severity::S4,
        series: BTreeMap::from([("query".to_owned(), TEST_ID.to_owned())]),
        team: team.to_owned(),
        onset: at,
        at,
        observed: 0.0,
        expected: 0.0,
        upper: 0.0,
        ratio: 1.0,
        people: 0,
        texts: 0,
        platforms: BTreeMap::new(),
        languages: BTreeMap::new(),
        reach: 0,
        trend: None,
        evidence: Vec::new(),
        terms: Vec::new(),
        thread: None,
        nature: None,
        turn: None,
        topic: None,
        chart: None,
        examples: Vec::new(),
        headline: "TEST: nothing happened. Groundswell can reach you here.".to_owned(),
        baseline_age: 0,
        confidence: None,
        resolves_when: None,
        suppressed: None,
        late: false,
        incomplete: None,
        ack_by: None,
        next_step: Some("nothing: this is a test sent by `groundswell notify --test`".to_owned()),
        escalation: None,
        crisis: None,
        reply: None,
        explain: Vec::new(),
        pack: None,
    }
}
