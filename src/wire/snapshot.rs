//! Snapshots of watch's state: the keys that changed, and a header, in one transaction. Newest record per key counts.
//!
//! Why so: a log bucket is closed within one signal, so every cut between two signals is a cut at a bucket boundary,
//! and what waits for later buckets is part of it. A value that is larger than a record may be stands in parts. What
//! stands there already with the same bytes is not written again. The header counts all records of the partition and
//! carries a hash over them and one over itself: a record that is missing, damaged or of somebody else is found when
//! the snapshot is read, which must never be used in part.
//!
//! What one snapshot writes is bounded by what changed since the last: whoever takes them takes one as soon as so many
//! keys have changed, and one transaction changes few.

use super::{Topics, WireError};
use crate::case::Page;
use crate::detect::Bucket;
use crate::fault::{Bug, is_planted};
use crate::log::{Output, Place};
use crate::pipeline::{Changes, Head, PartialKey, Pending, Queries, Table, VoiceKey, VoicePage, WatchState, Watched};
use crate::rules::{Pack, PackSource};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// Version of the state format.
pub const STATE_FORMAT: u8 = 10;
/// Largest part of a value, bytes; well below the largest record.
const PART_BYTES_MAX: usize = 512 << 10;
/// Key of the header.
const HEADER: &[u8] = b"header";
/// What keys of pages of the book begin with.
const PAGE: &str = "page:";
/// What keys of share of voice begin with.
const VOICE: &str = "voice:";
/// Bytes of the hash that ends a header.
const HASH_BYTES: usize = 16;

/// What a snapshot says about itself. Written last, in the transaction of its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Offset of the next signal after the cut.
    pub next: i64,
    /// Digest of the pack by which the signals after the cut are decided, until the next snapshot.
    pub pack: String,
    /// What is not kept by key.
    pub head: Head,
    /// Records of the partition besides this one.
    records: u64,
    /// Order-free hash over them.
    digest: u128,
}

/// Records of a state partition: the newest value of each key.
pub type StateRecords = BTreeMap<Vec<u8>, Vec<u8>>;

/// Which records stand in a state partition besides the header, by key: a hash of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written(Table<u128>);

impl Written {
    /// Count, and a sum of hashes that does not depend on their order.
    fn seal<'a>(hashes: impl Iterator<Item = &'a u128>) -> (u64, u128) {
        hashes.fold((0, 0), |(count, sum), hash| (count + 1, sum.wrapping_add(*hash)))
    }

    /// The records of a snapshot are in the log.
    pub fn landed(&mut self, changes: BTreeMap<Vec<u8>, Option<u128>>) {
        for (key, hash) in changes {
            match hash {
                Some(hash) => self.0.insert(key, hash),
                None => self.0.remove(key),
            };
        }
    }
}

/// A snapshot to be written.
#[derive(Debug)]
pub struct Snapshot {
    /// Its records, the header last.
    pub records: Vec<Output>,
    /// For [`Written::landed`].
    pub changes: BTreeMap<Vec<u8>, Option<u128>>,
}

/// Where a snapshot cuts.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// Partition of the signals and of the state topic.
    pub partition: i32,
    /// Offset of the next signal.
    pub next: i64,
    /// The pack that decides from there on.
    pub pack: &'a Pack,
}

/// A snapshot of what changed since the last one. What is no more gets a tombstone.
///
/// # Errors
/// When something has no binary form.
pub fn snapshot(topics: &Topics, cut: Cut<'_>, state: &WatchState, written: &Written) -> Result<Snapshot, WireError> {
    let mut writer = Writer { topics, cut, written, records: Vec::new(), changes: BTreeMap::new() };
    let Changes { queries, pending, pages, voice } = state.changes();
    for query in queries {
        let value = state.queries().get(query).map(Watched::encode).transpose()?;
        writer.put(format!("query:{query}").as_bytes(), value.as_deref());
    }
    for key in pending {
        let value = state.pending().get(key).map(postcard::to_allocvec).transpose()?;
        writer.put(format!("pending:{}:{}", key.0.0, key.1).as_bytes(), value.as_deref());
    }
    for key in pages {
        let value = state.pages().get(key).map(postcard::to_allocvec).transpose()?;
        writer.put(format!("{PAGE}{key}").as_bytes(), value.as_deref());
    }
    for key in voice {
        let value = state.voice().get(key).map(postcard::to_allocvec).transpose()?;
        writer.put(voice_key(key).as_bytes(), value.as_deref());
    }
    writer.put_pack()?;
    writer.finish(state.head())
}

struct Writer<'a> {
    topics: &'a Topics,
    cut: Cut<'a>,
    written: &'a Written,
    records: Vec<Output>,
    changes: BTreeMap<Vec<u8>, Option<u128>>,
}

impl Writer<'_> {
    /// A value in as many parts as it takes; none: it is no more.
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        let parts: Vec<&[u8]> = match value {
            None => Vec::new(),
            Some([]) => vec![&[]],
            Some(value) => value.chunks(PART_BYTES_MAX).collect(),
        };
        for (number, part) in parts.iter().enumerate() {
            let mut bytes = vec![STATE_FORMAT];
            if number == 0 {
                bytes.extend(u32::try_from(parts.len()).unwrap_or(u32::MAX).to_le_bytes());
            }
            bytes.extend_from_slice(part);
            self.record(part_key(number, key), Some(bytes));
        }
        let surplus = (parts.len()..).map(|number| part_key(number, key));
        for key in surplus.take_while(|key| self.written.0.contains_key(key)).collect::<Vec<_>>() {
            self.record(key, None);
        }
    }

    /// The pack's sources, once: whoever restores decides by them what it decided.
    fn put_pack(&mut self) -> Result<(), WireError> {
        let key = format!("pack:{}", self.cut.pack.digest).into_bytes();
        if self.written.0.contains_key(&key) {
            return Ok(());
        }
        let is_pack = |key: &Vec<u8>| key.starts_with(b"pack:");
        for other in self.written.0.iter().map(|(key, _)| key).filter(is_pack).collect::<Vec<_>>() {
            self.put(&other, None);
        }
        let value = postcard::to_allocvec(&self.cut.pack.source)?;
        self.put(&key, Some(&value));
        Ok(())
    }

    fn record(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let hash = value.as_ref().map(|value| hash(&key, value));
        if self.written.0.get(&key).copied() == hash {
            return;
        }
        self.changes.insert(key.clone(), hash);
        self.push(key, value);
    }

    fn push(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.records.push(Output {
            topic: self.topics.state.clone(),
            place: Place::Exact(self.cut.partition),
            key: Some(key),
            value,
            headers: Vec::new(),
        });
    }

    fn finish(mut self, head: Head) -> Result<Snapshot, WireError> {
        let all = Written::seal(self.written.0.values());
        let old = Written::seal(self.changes.keys().filter_map(|key| self.written.0.get(key)));
        let new = Written::seal(self.changes.values().flatten());
        let (records, digest) = (all.0 - old.0 + new.0, all.1.wrapping_sub(old.1).wrapping_add(new.1));
        let Cut { next, pack, .. } = self.cut;
        let header = Header { next, pack: pack.digest.clone(), head, records, digest };
        let mut bytes = postcard::to_extend(&header, vec![STATE_FORMAT])?;
        bytes.extend(hash(HEADER, &bytes).to_le_bytes());
        if is_planted(Bug::TornSnapshot) {
            let mut number = 0;
            self.records.retain(|_| {
                number += 1;
                number % 3 != 0
            });
        }
        self.push(HEADER.to_vec(), Some(bytes));
        Ok(Snapshot { records: self.records, changes: self.changes })
    }
}

fn voice_key(key: &VoiceKey) -> String {
    match key {
        VoiceKey::Waiting(bucket, topic) => format!("{VOICE}waiting:{}:{topic}", bucket.0),
        VoiceKey::Hour(bucket, topic) => format!("{VOICE}hour:{}:{topic}", bucket.0),
    }
}

/// The key of a page of share of voice, read back; without what it begins with.
fn read_voice_key(name: &str) -> Option<VoiceKey> {
    let (kind, rest) = name.split_once(':')?;
    let (bucket, topic) = rest.split_once(':')?;
    let (bucket, topic) = (Bucket(bucket.parse().ok()?), topic.to_owned());
    match kind {
        "waiting" => Some(VoiceKey::Waiting(bucket, topic)),
        "hour" => Some(VoiceKey::Hour(bucket, topic)),
        _ => None,
    }
}

fn part_key(number: usize, key: &[u8]) -> Vec<u8> {
    if number == 0 { key.to_vec() } else { [format!("part:{number}:").as_bytes(), key].concat() }
}

fn hash(key: &[u8], value: &[u8]) -> u128 {
    xxh3_128(&[&(key.len() as u64).to_le_bytes(), key, value].concat())
}

/// A snapshot read back.
#[derive(Debug)]
pub struct Restored {
    /// What it says about itself.
    pub header: Header,
    /// Series and alerts by query id.
    pub queries: Queries,
    /// What waits for its bucket.
    pub pending: BTreeMap<PartialKey, Pending>,
    /// Cases, alarms and what waits for them, by key.
    pub pages: BTreeMap<String, Page>,
    /// Share of voice.
    pub voice: BTreeMap<VoiceKey, VoicePage>,
    /// The pack's sources.
    pub pack: PackSource,
    /// What stands in the partition.
    pub written: Written,
}

/// Reads all records of a state partition; none when there are none.
///
/// # Errors
/// When they are of another version, damaged, or not one whole snapshot.
pub fn read_snapshot(mut records: StateRecords) -> Result<Option<Restored>, WireError> {
    let Some(header) = records.remove(HEADER) else {
        return if records.is_empty() { Ok(None) } else { Err(torn(format!("{} records, no header", records.len()))) };
    };
    let header = read_header(&header)?;
    let written = Written(records.iter().map(|(key, value)| (key, hash(key, value))).collect());
    let (count, digest) = Written::seal(written.0.values());
    if (count, digest) != (header.records, header.digest) {
        let what = if count == header.records { "others" } else { "not the same number" };
        return Err(torn(format!("{count} records, the header tells of {}: {what}", header.records)));
    }
    let (mut queries, mut pending) = (Queries::new(), BTreeMap::new());
    let (mut pages, mut voice) = (BTreeMap::new(), BTreeMap::new());
    let mut pack = None;
    for key in records.keys() {
        let Some(name) = std::str::from_utf8(key).ok().filter(|name| !name.starts_with("part:")) else { continue };
        let value = whole(&records, key)?;
        if let Some(query) = name.strip_prefix("query:") {
            queries.insert(query, Watched::decode(&value, header.head.closed)?);
        } else if let Some(page) = name.strip_prefix(PAGE) {
            pages.insert(page.to_owned(), postcard::from_bytes(&value)?);
        } else if let Some(name) = name.strip_prefix(VOICE) {
            let key = read_voice_key(name).ok_or_else(|| torn("a key that is no hour of a topic".to_owned()))?;
            voice.insert(key, postcard::from_bytes(&value)?);
        } else if let Some((log, query)) = name.strip_prefix("pending:").and_then(|rest| rest.split_once(':')) {
            let log = log.parse().map_err(|_| torn("a key that is no log bucket".to_owned()))?;
            let partials: Pending = postcard::from_bytes(&value)?;
            pending.insert((Bucket(log), query.to_owned()), partials);
        } else if name.strip_prefix("pack:") == Some(&header.pack) {
            pack = Some(postcard::from_bytes(&value)?);
        } else {
            return Err(torn("a record of no kind that this release knows".to_owned()));
        }
    }
    let pack = pack.ok_or_else(|| torn(format!("pack {} is missing", header.pack)))?;
    Ok(Some(Restored { header, queries, pending, pages, voice, pack, written }))
}

fn read_header(bytes: &[u8]) -> Result<Header, WireError> {
    let rest = body(bytes)?;
    let at = rest.len().saturating_sub(HASH_BYTES);
    let (rest, seal) = rest.split_at(at);
    if hash(HEADER, &bytes[..1 + at]).to_le_bytes() != *seal {
        return Err(torn("the header is damaged".to_owned()));
    }
    Ok(postcard::from_bytes(rest)?)
}

/// A value from its parts.
fn whole(records: &StateRecords, key: &[u8]) -> Result<Vec<u8>, WireError> {
    let missing = || torn("a part of a value is missing".to_owned());
    let first = body(records.get(key).ok_or_else(missing)?)?;
    let (count, first) = first.split_first_chunk::<4>().ok_or_else(missing)?;
    let mut value = first.to_vec();
    for number in 1..u32::from_le_bytes(*count) {
        let part = records.get(&part_key(number as usize, key)).ok_or_else(missing)?;
        value.extend_from_slice(body(part)?);
    }
    Ok(value)
}

/// What follows the version byte.
fn body(bytes: &[u8]) -> Result<&[u8], WireError> {
    match bytes.split_first() {
        Some((&STATE_FORMAT, rest)) => Ok(rest),
        found => Err(WireError::Version { found: found.map_or(0, |(version, _)| *version), reads: STATE_FORMAT }),
    }
}

fn torn(found: String) -> WireError {
    WireError::Torn { found }
}

/// Hash of everything in a state that decides: equal states have equal hashes, wherever and however they came to be.
///
/// # Errors
/// When something has no binary form.
pub fn state_hash(state: &WatchState) -> Result<u128, WireError> {
    let queries = state.queries().after(None).map(|(query, kept)| Ok((query, kept.encode()?)));
    let queries: Vec<(String, Cow<'_, [u8]>)> = queries.collect::<Result<_, WireError>>()?;
    let whole: (Head, _, &BTreeMap<PartialKey, Pending>, _, _, _) =
        (state.head(), queries, state.pending(), state.open(), state.pages(), state.voice());
    Ok(xxh3_128(&postcard::to_allocvec(&whole)?))
}

#[cfg(test)]
mod tests;
