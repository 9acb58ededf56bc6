//! One word of feedback, as people and ticketing systems give it.

use crate::mention::Timestamp;
use serde::{Deserialize, Deserializer};

/// `type` of feedback.
const FEEDBACK_TYPE: &str = "groundswell.feedback.v1";

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SaidKind {
    Intent,
    Team,
    Claimed,
    Ticket,
    Ack,
    ApprovalRequested,
    Approved,
    Rejected,
    ResponsePublished,
    Resolved,
    Reopened,
    FalseAlarm,
    Csat,
}

impl SaidKind {
    /// In words, for a timeline.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Intent => "the intent was put right",
            Self::Team => "the team was put right",
            Self::Claimed => "claimed",
            Self::Ticket => "a ticket was made",
            Self::Ack => "acknowledged",
            Self::ApprovalRequested => "approval was asked for",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::ResponsePublished => "a response was published",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::FalseAlarm => "called a false alarm",
            Self::Csat => "rated",
        }
    }
}

/// One word of feedback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Its type; another one is not feedback.
    #[serde(rename = "type", default = "usual_type")]
    kind_of_value: String,
    /// The same word twice is one.
    pub feedback_id: String,
    /// An item or an alert.
    pub about: String,
    /// What is said.
    pub kind: SaidKind,
    /// The intent, team, ticket or rating.
    #[serde(default, deserialize_with = "text_or_number")]
    pub value: Option<String>,
    /// Who says it.
    #[serde(default)]
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Said {
    /// Reads one; none where the value is something else.
    ///
    /// # Errors
    /// When it calls itself feedback and is none.
    pub fn read(value: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        let said: Self = serde_json::from_slice(value)?;
        Ok(Some(said).filter(|said| said.kind_of_value == FEEDBACK_TYPE))
    }
}

fn usual_type() -> String {
    FEEDBACK_TYPE.to_owned()
}

fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}
