//! The binary form of signals. Canonical: equal values have equal bytes. A version byte stands first.

use super::{Topics, WireError};
use crate::case::{CaseItem, Said};
use crate::detect::{Bucket, Partial};
use crate::log::{Output, Place, partition_for};
use crate::mention::Timestamp;
use crate::pipeline::{Brands, Heard, Signal, SourceClock};
use crate::rules::Pack;

/// Version of the signals format.
const FORMAT: u8 = 7;

/// A partial aggregate of a query, placed by what its counts are held together with.
///
/// # Errors
/// When it has no binary form.
pub fn partial_record(
    topics: &Topics,
    pack: &Pack,
    query: &str,
    (log, event): (Bucket, Bucket),
    partial: Partial,
) -> Result<Output, WireError> {
    let key = format!("query:{query}").into_bytes();
    let signal = Signal::Partial { query: query.to_owned(), log, event, partial: Box::new(partial) };
    record(topics, Place::Hashed(pack.counted_by(query).into_bytes()), key, &signal)
}

/// The clocks of a worker's partitions, for one signals partition.
///
/// # Errors
/// When they have no binary form.
pub fn clocks_record(topics: &Topics, partition: i32, clocks: Vec<SourceClock>) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"source:clocks".to_vec(), &Signal::Clocks(clocks))
}

/// What clocks of a worker's partitions left behind, for one signals partition.
///
/// # Errors
/// When it has no binary form.
pub fn heard_record(topics: &Topics, partition: i32, heard: Vec<Heard>) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"source:heard".to_vec(), &Signal::Heard(heard))
}

/// Which raw partitions there are from bucket `at` on, for one signals partition.
///
/// # Errors
/// When it has no binary form.
pub fn members_record(topics: &Topics, partition: i32, at: Bucket, members: Vec<String>) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"source:members".to_vec(), &Signal::Members { at, members })
}

/// That a raw partition is not waited for from bucket `at` on, or is again, for one signals partition.
///
/// # Errors
/// When it has no binary form.
pub fn exclusion_record(
    topics: &Topics,
    partition: i32,
    at: Bucket,
    source: &str,
    excluded: bool,
) -> Result<Output, WireError> {
    let key = format!("source:{source}").into_bytes();
    let signal = Signal::Exclusion { at, source: source.to_owned(), excluded };
    record(topics, Place::Exact(partition), key, &signal)
}

/// Routed items of one log bucket for one signals partition: see [`case_partition`].
///
/// # Errors
/// When they have no binary form.
pub fn items_record(topics: &Topics, partition: i32, log: Bucket, items: Vec<CaseItem>) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"case:items".to_vec(), &Signal::Items { log, items })
}

/// The signals partition that keeps the case of an item: by the case; of a crowd, where its query is counted.
#[must_use]
pub fn case_partition(item: &CaseItem, partitions: i32) -> i32 {
    match &item.crowd {
        None => partition_for(item.key().as_bytes(), partitions),
        Some(crowd) => partition_for(crowd.group.as_bytes(), partitions),
    }
}

/// What people said in one log bucket, for one signals partition.
///
/// # Errors
/// When it has no binary form.
pub fn feedback_record(topics: &Topics, partition: i32, log: Bucket, said: Vec<Said>) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"source:feedback".to_vec(), &Signal::Feedback { log, said })
}

/// Posts in threads in one log bucket, for one signals partition.
///
/// # Errors
/// When they have no binary form.
pub fn threads_record(
    topics: &Topics,
    partition: i32,
    log: Bucket,
    posts: Vec<(u64, u64)>,
) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"case:threads".to_vec(), &Signal::Threads { log, posts })
}

/// Wall time recorded by watch in one signals partition.
///
/// # Errors
/// When it has no binary form.
pub fn watch_tick_record(topics: &Topics, partition: i32, at: Timestamp) -> Result<Output, WireError> {
    record(topics, Place::Exact(partition), b"case:tick".to_vec(), &Signal::Tick(at))
}

/// What is said of brands on one topic in one hour, read in one log bucket.
///
/// # Errors
/// When it has no binary form.
pub fn voice_signal(
    topics: &Topics,
    log: Bucket,
    hour: Bucket,
    topic: String,
    brands: Brands,
) -> Result<Output, WireError> {
    let key = format!("voice:{topic}").into_bytes();
    record(topics, Place::Hashed(key.clone()), key, &Signal::Voice { log, hour, topic, brands })
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
    use crate::rules;

    #[test]
    fn what_is_written_is_read_back() {
        let topics = Topics::new("social.");
        let pack = rules::load(&rules::shipped(), &[]).unwrap();
        let output = partial_record(&topics, &pack, "q", (Bucket(2), Bucket(1)), Partial::default()).unwrap();
        assert_eq!((&output.key, &output.place), (&Some(b"query:q".to_vec()), &Place::Hashed(b"query:q".to_vec())));
        let member = |query| partial_record(&topics, &pack, query, (Bucket(2), Bucket(1)), Partial::default()).unwrap();
        assert_eq!(member("nimbus-pay").place, member("nimbus-cloud").place, "one group, one place");
        let read = decode_signal(&output.value.unwrap()).unwrap();
        let Signal::Partial { query, log, event, .. } = read else { unreachable!("a partial was written") };
        assert_eq!((query.as_str(), log, event), ("q", Bucket(2), Bucket(1)));
        let members = vec!["raw.x/0".to_owned(), "raw.x/1".to_owned()];
        let output = members_record(&topics, 3, Bucket(7), members.clone()).unwrap();
        assert_eq!(output.place, Place::Exact(3));
        assert_eq!(decode_signal(&output.value.unwrap()).unwrap(), Signal::Members { at: Bucket(7), members });
        let output = exclusion_record(&topics, 0, Bucket(8), "raw.x/1", true).unwrap();
        let exclusion = Signal::Exclusion { at: Bucket(8), source: "raw.x/1".into(), excluded: true };
        assert_eq!(decode_signal(&output.value.unwrap()).unwrap(), exclusion);
        let tick = watch_tick_record(&topics, 2, Timestamp::clamped(7)).unwrap();
        assert_eq!((&tick.place, &tick.key), (&Place::Exact(2), &Some(b"case:tick".to_vec())));
        assert_eq!(decode_signal(&tick.value.unwrap()).unwrap(), Signal::Tick(Timestamp::clamped(7)));
        let said = crate::case::read(
            br#"{"type":"groundswell.feedback.v1","feedback_id":"f","about":"i","kind":"ack","at":"2026-03-02T09:00:00Z"}"#,
        );
        let said = vec![said.unwrap()];
        let output = feedback_record(&topics, 1, Bucket(3), said.clone()).unwrap();
        assert_eq!(decode_signal(&output.value.unwrap()).unwrap(), Signal::Feedback { log: Bucket(3), said });
        let brands = Brands::from([("Nimbus".to_owned(), crate::detect::BrandCounts::default())]);
        let output = voice_signal(&topics, Bucket(4), Bucket(0), "all".to_owned(), brands.clone()).unwrap();
        assert_eq!(output.place, Place::Hashed(b"voice:all".to_vec()));
        let voice = Signal::Voice { log: Bucket(4), hour: Bucket(0), topic: "all".to_owned(), brands };
        assert_eq!(decode_signal(&output.value.unwrap()).unwrap(), voice);
        let other = |found| matches!(found, Err(WireError::Version { found: 1 | 9, reads: FORMAT }));
        assert!(other(decode_signal(&[1, 1])) && other(decode_signal(&[9, 1])));
        assert!(decode_signal(&[]).is_err() && decode_signal(&[FORMAT, 200]).is_err());
    }
}
