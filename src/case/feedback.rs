//! What people and ticketing systems say back, `groundswell.feedback.v1`: read, bounded, or refused with the reason.
//!
//! It must never put a value into a reject: what people say stays in the topic.

use crate::mention::Timestamp;
use crate::normalize::{Reason, Reject};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `type` of feedback.
pub const FEEDBACK_TYPE: &str = "groundswell.feedback.v1";

/// The largest record that is read, bytes.
const RECORD_BYTES_MAX: usize = 16 << 10;
/// Longest id, or name of who says it, bytes.
const ID_BYTES_MAX: usize = 128;
/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 256;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal),+ $(,)?) => {
        /// What is said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum SaidKind { $($(#[$doc])* $name),+ }

        impl SaidKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name used in JSON, timelines and metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $slug),+ } }

            fn of(slug: &str) -> Option<Self> { match slug { $($slug => Some(Self::$name),)+ _ => None } }
        }
    };
}

kinds! {
    /// The right intent.
    Intent = "intent",
    /// The right urgency.
    Urgency = "urgency",
    /// Whether it is noise.
    Noise = "noise",
    /// The right team.
    Team = "team",
    /// Somebody works on it.
    Claimed = "claimed",
    /// The ticket that was made.
    Ticket = "ticket",
    /// The customer that the author is.
    Customer = "customer",
    /// Somebody knows.
    Ack = "ack",
    /// A public answer waits for somebody's word.
    ApprovalRequested = "approval_requested",
    /// It may be published.
    Approved = "approved",
    /// It may not.
    Rejected = "rejected",
    /// A public answer stands.
    ResponsePublished = "response_published",
    /// It is over.
    Resolved = "resolved",
    /// It is not over.
    Reopened = "reopened",
    /// There was nothing.
    FalseAlarm = "false_alarm",
    /// How content the customer is.
    Csat = "csat",
}

impl SaidKind {
    /// Nobody need be called any more.
    #[must_use]
    pub fn stops(self) -> bool {
        let over = matches!(self, Self::Resolved | Self::FalseAlarm | Self::ResponsePublished);
        over || matches!(self, Self::Claimed | Self::Ticket | Self::Ack)
    }
}

/// One thing said. Its order is that of time, then of ids: total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// When, as its author says.
    pub at: Timestamp,
    /// Its own id: the same id twice is said once.
    pub feedback_id: String,
    /// Id of an item, a case or an alert.
    pub about: String,
    /// What.
    pub kind: SaidKind,
    /// A label, a ticket, a customer …; may be empty.
    pub value: String,
    /// Who says it: an id, never a name of a customer.
    pub by: String,
}

/// Reads one record.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(value: &[u8]) -> Result<Said, Reject> {
    if value.len() > RECORD_BYTES_MAX {
        return Err(Reject::new(Reason::TooLarge, format!("{} bytes, at most {RECORD_BYTES_MAX}", value.len())));
    }
    if value.iter().all(u8::is_ascii_whitespace) {
        return Err(Reject::new(Reason::Empty, "no bytes"));
    }
    let text = std::str::from_utf8(value)
        .map_err(|error| Reject::new(Reason::NotUtf8, format!("byte {}", error.valid_up_to())))?;
    let root: Value = serde_json::from_str(text).map_err(|error| {
        let reason = if error.is_eof() { Reason::Truncated } else { Reason::NotJson };
        Reject::new(reason, format!("line {} column {}", error.line(), error.column()))
    })?;
    let Value::Object(fields) = root else { return Err(Reject::new(Reason::WrongType, "root is no object")) };
    if fields.get("type").and_then(Value::as_str) != Some(FEEDBACK_TYPE) {
        return Err(Reject::new(Reason::UnknownShape, format!("type is not {FEEDBACK_TYPE}")));
    }
    let at = required(&fields, "at", ID_BYTES_MAX)?;
    let at = at.parse().map_err(|_| Reject::new(Reason::BadTime, "at is not RFC 3339"))?;
    let kind = required(&fields, "kind", ID_BYTES_MAX)?;
    let kind = SaidKind::of(&kind).ok_or_else(|| Reject::new(Reason::UnknownShape, "kind is of no known name"))?;
    Ok(Said {
        at,
        feedback_id: required(&fields, "feedback_id", ID_BYTES_MAX)?,
        about: required(&fields, "about", ID_BYTES_MAX)?,
        kind,
        value: optional(&fields, "value", VALUE_BYTES_MAX)?,
        by: optional(&fields, "by", ID_BYTES_MAX)?,
    })
}

fn required(fields: &Map<String, Value>, name: &str, bytes_max: usize) -> Result<String, Reject> {
    let text = optional(fields, name, bytes_max)?;
    if text.is_empty() { Err(Reject::new(Reason::MissingField, name)) } else { Ok(text) }
}

/// Numbers and truth values are as good as their text; what is not there is empty.
fn optional(fields: &Map<String, Value>, name: &str, bytes_max: usize) -> Result<String, Reject> {
    let text = match fields.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(plain @ (Value::Number(_) | Value::Bool(_))) => plain.to_string(),
        Some(Value::Array(_) | Value::Object(_)) => return Err(Reject::new(Reason::WrongType, name)),
    };
    if text.len() > bytes_max {
        return Err(Reject::new(Reason::TooLarge, format!("{name}: {} bytes, at most {bytes_max}", text.len())));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn good() -> Value {
        json!({"type": FEEDBACK_TYPE, "feedback_id": "f1", "about": "item-1", "kind": "claimed", "value": "",
            "by": "ana", "at": "2026-03-02T09:00:00Z"})
    }

    #[test]
    fn what_is_said_is_read() {
        for kind in SaidKind::ALL {
            let mut value = good();
            value["kind"] = kind.as_str().into();
            value["value"] = json!(4);
            let said = read(value.to_string().as_bytes()).expect("it is feedback");
            assert_eq!((said.kind, said.value.as_str(), said.by.as_str()), (*kind, "4", "ana"));
        }
        let stopping: Vec<&str> = SaidKind::ALL.iter().filter(|kind| kind.stops()).map(|kind| kind.as_str()).collect();
        assert_eq!(stopping, ["claimed", "ticket", "ack", "response_published", "resolved", "false_alarm"]);
    }

    #[test]
    fn what_is_not_is_refused_with_its_reason_and_without_its_value() {
        let changed = |name: &str, to: Value| {
            let mut value = good();
            value[name] = to;
            value.to_string()
        };
        let cases = [
            (" \n".to_owned(), Reason::Empty, "no bytes"),
            ("{".to_owned(), Reason::Truncated, "line 1 column 1"),
            ("nope".to_owned(), Reason::NotJson, "line 1 column 2"),
            ("[]".to_owned(), Reason::WrongType, "root is no object"),
            (changed("type", json!("secret")), Reason::UnknownShape, "type is not groundswell.feedback.v1"),
            (changed("kind", json!("secret")), Reason::UnknownShape, "kind is of no known name"),
            (changed("at", json!("secret")), Reason::BadTime, "at is not RFC 3339"),
            (changed("about", json!("")), Reason::MissingField, "about"),
            (changed("feedback_id", Value::Null), Reason::MissingField, "feedback_id"),
            (changed("by", json!(["secret"])), Reason::WrongType, "by"),
            (changed("value", json!("v".repeat(257))), Reason::TooLarge, "value: 257 bytes, at most 256"),
            (changed("value", json!("v".repeat(20_000))), Reason::TooLarge, "bytes, at most 16384"),
        ];
        for (text, reason, detail) in cases {
            let reject = read(text.as_bytes()).expect_err(&text);
            assert_eq!(reject.reason, reason, "{text}");
            assert!(reject.detail.contains(detail) && !reject.detail.contains("secret"), "{}", reject.detail);
        }
        assert_eq!(read(b"\xff").expect_err("not UTF-8").reason, Reason::NotUtf8);
    }
}
