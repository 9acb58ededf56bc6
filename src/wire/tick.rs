//! Ticks: the only way wall time enters. Written by triage in the transaction that applies them.

use super::{Topics, WireError};
use crate::log::{Output, Place, TopicPartition};
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// Wall time recorded at the end of a silent partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// `topic/partition`.
    pub source: String,
    /// Applies before the record at this offset.
    pub before_offset: i64,
    /// The time.
    pub at: Timestamp,
}

/// The record of a tick.
///
/// # Errors
/// When it has no JSON form.
pub fn tick_record(
    topics: &Topics,
    source: &TopicPartition,
    before_offset: i64,
    at: Timestamp,
) -> Result<Output, WireError> {
    let key = source.to_string().into_bytes();
    let tick = Tick { source: source.to_string(), before_offset, at };
    Ok(Output {
        topic: topics.clock.clone(),
        place: Place::Hashed(key.clone()),
        key: Some(key),
        value: Some(serde_json::to_vec(&tick)?),
        headers: Vec::new(),
    })
}
