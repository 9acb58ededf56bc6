//! The envelope of what could not be read: the bytes as they came, and why, in headers.

use super::{Topics, header};
use crate::log::{Output, Place, Record};
use crate::mention::hex;
use crate::normalize::Reject;
use sha2::{Digest, Sha256};

/// Larger values are kept up to this many bytes, with length and SHA-256 of the whole.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// The record's own headers are kept up to this many bytes together.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Values up to this size are kept whole.
const WHOLE_BYTES_MAX: usize = super::RECORD_BYTES_MAX;

/// The dead letter of one rejected item of a record.
#[must_use]
pub fn dead_letter(topics: &Topics, record: &Record, reject: &Reject) -> Output {
    let name = |name: &str| format!("__groundswell.errors.{name}");
    let size: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let mut headers = if size <= HEADER_BYTES_MAX { record.headers.clone() } else { Vec::new() };
    if size > HEADER_BYTES_MAX {
        headers.push(header(&name("headers-dropped"), &record.headers.len().to_string()));
    }
    headers.extend([
        header(&name("reason"), reject.reason.as_str()),
        header(&name("stage"), topics.stage(&record.source.topic)),
        header(&name("detail"), &reject.detail),
        header(&name("index"), &reject.index.to_string()),
        header(&name("topic"), &record.source.topic),
        header(&name("partition"), &record.source.partition.to_string()),
        header(&name("offset"), &record.offset.to_string()),
    ]);
    let mut value = record.value.clone();
    if let Some(bytes) = value.as_mut().filter(|bytes| bytes.len() > WHOLE_BYTES_MAX) {
        headers.push(header(&name("length"), &bytes.len().to_string()));
        headers.push(header(&name("sha256"), &hex(&Sha256::digest(&*bytes))));
        bytes.truncate(KEPT_BYTES_MAX);
    }
    let place = Place::Hashed(record.key.clone().unwrap_or_default());
    Output { topic: topics.dead_letter.clone(), place, key: record.key.clone(), value, headers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TopicPartition;
    use crate::normalize::Reason;

    fn letter(value: Vec<u8>, headers: usize) -> Output {
        let reject = Reject { reason: Reason::NotJson, detail: "line 1 column 1".into(), index: 3 };
        let record = Record {
            source: TopicPartition::new("social.raw.x", 2),
            offset: 41,
            key: Some(b"k".to_vec()),
            value: Some(value),
            headers: vec![("h".into(), vec![b'x'; 100]); headers],
            appended_at_ms: None,
        };
        dead_letter(&Topics::new("social."), &record, &reject)
    }

    fn text<'a>(letter: &'a Output, name: &str) -> Option<&'a str> {
        let found = letter.headers.iter().find(|(known, _)| known == &format!("__groundswell.errors.{name}"));
        found.map(|(_, value)| std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn the_bytes_are_untouched_and_the_headers_say_why_and_where() {
        let letter = letter(b"\xff\xfe not json".to_vec(), 1);
        assert_eq!(letter.value.as_deref(), Some(&b"\xff\xfe not json"[..]));
        let names = ["reason", "stage", "detail", "index", "topic", "partition", "offset"];
        let said: Vec<_> = names.iter().map(|name| text(&letter, name).unwrap()).collect();
        assert_eq!(said, ["not_json", "normalize", "line 1 column 1", "3", "social.raw.x", "2", "41"]);
        assert!(letter.headers.iter().any(|(name, _)| name == "h"));
    }

    #[test]
    fn what_is_too_large_is_cut_and_told() {
        let letter = letter(vec![b'a'; WHOLE_BYTES_MAX + 1], 10_000);
        assert_eq!(letter.value.as_ref().map(Vec::len), Some(KEPT_BYTES_MAX));
        assert_eq!(text(&letter, "length"), Some("900001"));
        assert_eq!(text(&letter, "sha256").map(str::len), Some(64));
        assert_eq!(text(&letter, "headers-dropped"), Some("10000"));
    }
}
