//! Snapshots of watch's state: the keys that changed, and a header, in one transaction. Newest record per key counts.

use super::{Topics, WireError};
use crate::detect::Bucket;
use crate::log::{Output, Place};
use crate::pipeline::{Members, Pending, QueryState, WatchState};
use serde::{Deserialize, Serialize};

/// Version of the state format.
pub const STATE_FORMAT: u8 = 2;

/// What a snapshot says about itself. Written last, in the transaction of its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Offset of the next signal after the cut.
    pub next: i64,
    /// Digest of the pack that was active.
    pub pack: String,
    /// The raw partitions and their clocks.
    pub members: Members,
    /// Last closed log bucket.
    pub closed: Option<Bucket>,
    /// Since when counts are watched.
    pub started: Option<Bucket>,
}

/// Kinds of keys in the state topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum StateKey {
    Header,
    Query(String),
    Pending(Bucket, String),
}

impl StateKey {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Header => b"header".to_vec(),
            Self::Query(query) => format!("query:{query}").into_bytes(),
            Self::Pending(log, query) => format!("pending:{}:{query}", log.0).into_bytes(),
        }
    }
}

/// Reads the key of a state record; none where it is of no kind this release knows.
#[must_use]
pub fn state_key(key: &[u8]) -> Option<StateKey> {
    let key = std::str::from_utf8(key).ok()?;
    if key == "header" {
        return Some(StateKey::Header);
    }
    if let Some(query) = key.strip_prefix("query:") {
        return Some(StateKey::Query(query.to_owned()));
    }
    let (log, query) = key.strip_prefix("pending:")?.split_once(':')?;
    Some(StateKey::Pending(Bucket(log.parse().ok()?), query.to_owned()))
}

/// A snapshot of what changed since the last one. What is no more gets a tombstone.
///
/// # Errors
/// When something has no binary form.
pub fn snapshot_records(
    topics: &Topics,
    partition: i32,
    next: i64,
    pack: &str,
    state: &mut WatchState,
) -> Result<Vec<Output>, WireError> {
    let (queries, pending) = state.take_changes();
    let mut records = Vec::with_capacity(queries.len() + pending.len() + 1);
    let mut write = |key: &StateKey, value: Option<Vec<u8>>| {
        records.push(Output {
            topic: topics.state.clone(),
            place: Place::Exact(partition),
            key: Some(key.encode()),
            value,
            headers: Vec::new(),
        });
    };
    for query in queries {
        let value = state.queries.get(&query).map(encode).transpose()?;
        write(&StateKey::Query(query), value);
    }
    for (log, query) in pending {
        let key = (log, query);
        let value = state.pending.get(&key).map(encode).transpose()?;
        write(&StateKey::Pending(key.0, key.1), value);
    }
    let header = Header {
        next,
        pack: pack.to_owned(),
        members: state.members.clone(),
        closed: state.closed,
        started: state.started,
    };
    write(&StateKey::Header, Some(encode(&header)?));
    Ok(records)
}

/// Reads a header.
///
/// # Errors
/// When it is of another version or damaged.
pub fn decode_header(bytes: &[u8]) -> Result<Header, WireError> {
    decode(bytes)
}

/// Reads the state of a query.
///
/// # Errors
/// When it is of another version or damaged.
pub fn decode_query(bytes: &[u8]) -> Result<QueryState, WireError> {
    decode(bytes)
}

/// Reads what waits for a bucket.
///
/// # Errors
/// When it is of another version or damaged.
pub fn decode_pending(bytes: &[u8]) -> Result<Pending, WireError> {
    decode(bytes)
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, WireError> {
    Ok(postcard::to_extend(value, vec![STATE_FORMAT])?)
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, WireError> {
    match bytes.split_first() {
        Some((&STATE_FORMAT, rest)) => Ok(postcard::from_bytes(rest)?),
        found => Err(WireError::Version { found: found.map_or(0, |(version, _)| *version), reads: STATE_FORMAT }),
    }
}
