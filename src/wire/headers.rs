//! CloudEvents in binary mode, and a W3C trace context that follows the raw record.

use crate::log::Headers;
use crate::mention::{RawRef, Timestamp, hash64};
use xxhash_rust::xxh3::xxh3_128;

/// A header by name.
#[must_use]
pub fn header(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}

/// The CloudEvents attributes of one output.
#[derive(Debug, Clone, Copy)]
pub struct CloudEvent<'a> {
    /// `type` of the value.
    pub kind: &'a str,
    /// Unique among the outputs of its type; the same on replay.
    pub id: &'a str,
    /// Event time.
    pub at: Timestamp,
    /// The raw record it stems from; none for what watch decides.
    pub origin: Option<&'a RawRef>,
}

impl CloudEvent<'_> {
    /// As record headers.
    #[must_use]
    pub fn headers(&self) -> Headers {
        let mut headers = vec![
            header("ce_specversion", "1.0"),
            header("ce_type", self.kind),
            header("ce_source", "groundswell"),
            header("ce_id", self.id),
            header("ce_time", &self.at.to_string()),
            header("content-type", "application/json"),
        ];
        if let Some(origin) = self.origin {
            headers.push(header("traceparent", &traceparent(origin)));
        }
        headers
    }
}

/// Trace of a raw record: the same for everything that stems from it.
fn traceparent(origin: &RawRef) -> String {
    let place = format!("{}/{}/{}", origin.topic, origin.partition, origin.offset);
    let span = hash64(&[&place, &origin.index.to_string()]).max(1);
    format!("00-{:032x}-{span:016x}-01", xxh3_128(place.as_bytes()).max(1))
}
