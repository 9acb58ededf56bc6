//! The binary form of signals. Canonical: equal values have equal bytes. A version byte stands first.

use super::{Topics, WireError};
use crate::detect::{Bucket, Partial};
use crate::log::{Output, Place};
use crate::pipeline::{Signal, SourceClock};

/// Version of the signals format.
const FORMAT: u8 = 1;

/// A partial aggregate, placed by its query.
///
/// # Errors
/// When it has no binary form.
pub fn partial_record(
    topics: &Topics,
    query: &str,
    log: Bucket,
    event: Bucket,
    partial: Partial,
) -> Result<Output, WireError> {
    let key = format!("query:{query}").into_bytes();
    let signal = Signal::Partial { query: query.to_owned(), log, event, partial: Box::new(partial) };
    record(topics, Place::Hashed(key.clone()), key, &signal)
}

/// The clocks of a worker, for one signals partition.
///
/// # Errors
/// When they have no binary form.
pub fn clocks_record(
    topics: &Topics,
    partition: i32,
    members: Vec<String>,
    clocks: Vec<SourceClock>,
) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"source:clocks".to_vec(), &Signal::Clocks { members, clocks })
}

fn record(topics: &Topics, place: Place, key: Vec<u8>, signal: &Signal) -> Result<Output, WireError> {
    let value = postcard::to_extend(signal, vec![FORMAT])?;
    Ok(Output { topic: topics.signals.clone(), place, key: Some(key), value: Some(value), headers: Vec::new() })
}

/// Reads a signal.
///
/// # Errors
/// When it is of another version or damaged.
pub fn decode_signal(bytes: &[u8]) -> Result<Signal, WireError> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => Ok(postcard::from_bytes(rest)?),
        found => Err(WireError::Version { found: found.map_or(0, |(version, _)| *version), reads: FORMAT }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let topics = Topics::new("social.");
        let output = partial_record(&topics, "q", Bucket(2), Bucket(1), Partial::default()).unwrap();
        let read = decode_signal(&output.value.unwrap()).unwrap();
        let Signal::Partial { query, log, event, .. } = read else { unreachable!("a partial was written") };
        assert_eq!((query.as_str(), log, event), ("q", Bucket(2), Bucket(1)));
        assert!(matches!(decode_signal(&[9, 1]), Err(WireError::Version { found: 9, reads: 1 })));
        assert!(decode_signal(&[]).is_err() && decode_signal(&[1, 200]).is_err());
    }
}
