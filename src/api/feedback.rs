//! A body into what was said: one event or an array of them, all of them or none.
//!
//! Every event is read by the reader of the topic, so nothing is taken here that would be a dead letter there.

use crate::case::{self, Said, SaidKind};
use crate::normalize::{Reason, Reject};
use serde::Serialize;
use serde_json::value::RawValue;

/// Events in one request, at most.
pub const EVENTS_MAX: usize = 500;

/// What is wrong with one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// JSON Pointer to it; empty for the body as a whole.
    pub place: String,
    /// The kind of trouble, as dead letters name it.
    pub reason: &'static str,
    /// Which field, or where. Never a value.
    pub detail: String,
    /// What to do.
    pub action: String,
}

impl Flaw {
    fn of(place: String, reject: &Reject) -> Self {
        let (reason, detail) = (reject.reason.as_str(), reject.detail.clone());
        Self { place, reason, detail, action: action(reject) }
    }

    fn of_body(reason: Reason, detail: String) -> Self {
        Self::of(String::new(), &Reject::new(reason, detail))
    }
}

/// Reads a body: an event, or an array of at most [`EVENTS_MAX`].
///
/// # Errors
/// Everything that is wrong with it, in the order of the events; then nothing of it is to be taken.
pub fn read_batch(body: &[u8]) -> Result<Vec<Said>, Vec<Flaw>> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return case::read(body).map(|said| vec![said]).map_err(|reject| vec![Flaw::of(String::new(), &reject)]);
    }
    let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| {
        let reason = if error.is_eof() { Reason::Truncated } else { Reason::NotJson };
        vec![Flaw::of_body(reason, format!("line {} column {}", error.line(), error.column()))]
    })?;
    if events.is_empty() {
        return Err(vec![Flaw::of_body(Reason::Empty, "an array without events".to_owned())]);
    }
    if events.len() > EVENTS_MAX {
        let detail = format!("{} events, at most {EVENTS_MAX}", events.len());
        return Err(vec![Flaw::of_body(Reason::TooLarge, detail)]);
    }
    let (mut said, mut flaws) = (Vec::with_capacity(events.len()), Vec::new());
    for (place, event) in events.iter().enumerate() {
        match case::read(event.get().as_bytes()) {
            Ok(read) => said.push(read),
            Err(reject) => flaws.push(Flaw::of(format!("/{place}"), &reject)),
        }
    }
    if flaws.is_empty() { Ok(said) } else { Err(flaws) }
}

/// What whoever sent it is to do.
fn action(reject: &Reject) -> String {
    let kinds = || SaidKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    match reject.reason {
        Reason::UnknownShape if reject.detail.starts_with("kind") => format!("write one of: {}", kinds()),
        Reason::UnknownShape => format!("write \"type\": \"{}\"", case::FEEDBACK_TYPE),
        Reason::MissingField => format!("fill {}: the template's placeholder may be empty", reject.detail),
        Reason::BadTime => "write at as RFC 3339 with its offset: 2026-03-02T09:00:00Z".to_owned(),
        Reason::TooLarge => {
            "send less: ids and labels, no texts of customers; many events in several requests".to_owned()
        }
        Reason::WrongType => "send an object, or an array of objects, whose fields are texts".to_owned(),
        Reason::Empty => "send an event, or an array of events".to_owned(),
        _ => "send JSON in UTF-8; values in a template must be escaped as JSON".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(id: &str) -> Value {
        json!({"type": case::FEEDBACK_TYPE, "feedback_id": id, "about": "item-1", "kind": "claimed", "by": "ana",
            "at": "2026-03-02T09:00:00Z", "text": "not ours to keep"})
    }

    fn changed(name: &str, to: Value) -> Value {
        let mut event = event("f");
        event[name] = to;
        event
    }

    #[test]
    fn one_event_or_many() {
        let ids = |body: &str| -> Vec<String> {
            let said = read_batch(body.as_bytes()).expect("feedback");
            said.into_iter().map(|said| said.feedback_id).collect()
        };
        assert_eq!(ids(&event("a").to_string()), ["a"]);
        assert_eq!(ids(&format!(" \n{}", json!([event("a"), event("b")]))), ["a", "b"]);
        let most: Vec<Value> = (0..EVENTS_MAX).map(|n| event(&n.to_string())).collect();
        assert_eq!(ids(&json!(most).to_string()).len(), EVENTS_MAX);
    }

    #[test]
    fn every_flaw_is_told_with_its_place_and_what_to_do() {
        let many: Vec<Value> = (0..=EVENTS_MAX).map(|n| event(&n.to_string())).collect();
        let cases = [
            ("", vec![("", "empty", "send an event")]),
            ("[]", vec![("", "empty", "send an event")]),
            ("[{", vec![("", "truncated", "JSON")]),
            ("[1 2]", vec![("", "not_json", "JSON")]),
            ("7", vec![("", "wrong_type", "object")]),
            (&json!(many).to_string(), vec![("", "too_large", "several requests")]),
            (&changed("kind", json!("secret")).to_string(), vec![("", "unknown_shape", "one of: intent, urgency")]),
            (
                &json!([event("a"), changed("at", json!("secret")), event("b"), changed("about", json!("")), 1])
                    .to_string(),
                vec![
                    ("/1", "bad_time", "RFC 3339"),
                    ("/3", "missing_field", "fill about"),
                    ("/4", "wrong_type", "object"),
                ],
            ),
            (
                &json!([changed("type", json!("secret"))]).to_string(),
                vec![("/0", "unknown_shape", case::FEEDBACK_TYPE)],
            ),
        ];
        for (body, expected) in cases {
            let flaws = read_batch(body.as_bytes()).expect_err(body);
            let told: Vec<_> = flaws.iter().map(|flaw| (flaw.place.as_str(), flaw.reason)).collect();
            assert_eq!(told, expected.iter().map(|(place, reason, _)| (*place, *reason)).collect::<Vec<_>>(), "{body}");
            for (flaw, (_, _, action)) in flaws.iter().zip(&expected) {
                assert!(flaw.action.contains(action), "{}", flaw.action);
                assert!(!format!("{flaw:?}").contains("secret"), "{flaw:?}");
            }
        }
        assert_eq!(read_batch(b"[\xff]").expect_err("not UTF-8")[0].reason, "not_json");
    }
}
