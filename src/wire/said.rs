//! What people and ticketing systems say back, as it goes to `social.feedback` when it comes over HTTP: the fields that
//! are read and no others, so that nothing else of a ticket stays in the topic.

use super::{CloudEvent, Topics, WireError};
use crate::case::{FEEDBACK_TYPE, Said};
use crate::log::{Output, Place};
use crate::mention::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing said, on `social.feedback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackRecord {
    /// [`FEEDBACK_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// Its own id, of 1 to 128 bytes: the same id twice is said once.
    pub feedback_id: String,
    /// Id of an item, a case or an alert, of 1 to 128 bytes.
    pub about: String,
    /// intent, urgency, noise, team, claimed, ticket, customer, ack, approval_requested, approved, rejected,
    /// response_published, resolved, reopened, false_alarm or csat.
    pub kind: String,
    /// A label, a ticket, a customer, a rating of 1 to 5 …, of at most 256 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Who says it, of at most 128 bytes: an id, never the name of a customer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// When it was so, RFC 3339.
    pub at: Timestamp,
}

/// A record of feedback, placed by what it is about.
///
/// # Errors
/// When it has no JSON form.
pub fn said_record(topics: &Topics, said: &Said) -> Result<Output, WireError> {
    let Said { at, feedback_id, about, kind, value, by } = said;
    let record = FeedbackRecord {
        kind_of_value: FEEDBACK_TYPE.to_owned(),
        feedback_id: feedback_id.clone(),
        about: about.clone(),
        kind: kind.as_str().to_owned(),
        value: value.clone(),
        by: by.clone(),
        at: *at,
    };
    let cloud = CloudEvent { kind: FEEDBACK_TYPE, id: feedback_id, at: *at, origin: None };
    Ok(Output {
        topic: topics.feedback.clone(),
        place: Place::Hashed(about.clone().into_bytes()),
        key: Some(about.clone().into_bytes()),
        value: Some(serde_json::to_vec(&record)?),
        headers: cloud.headers(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{SaidKind, read};

    #[test]
    fn what_is_written_is_read_as_it_was_said() {
        let at: Timestamp = "2026-03-02T09:00:00.25Z".parse().expect("a time");
        for kind in SaidKind::ALL {
            for value in ["", "4", "a \"quoted\" \u{1F600} one"] {
                let [feedback_id, about, by] = ["f-1", "item-1", ""].map(str::to_owned);
                let said = Said { at, feedback_id, about, kind: *kind, value: value.to_owned(), by };
                let output = said_record(&Topics::new("t."), &said).expect("it has a JSON form");
                assert_eq!((&*output.topic, output.key.as_deref()), ("t.feedback", Some(&b"item-1"[..])));
                assert_eq!(read(&output.value.expect("a value")), Ok(said));
            }
        }
    }
}
