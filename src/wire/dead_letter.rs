//! The envelope of what could not be read: the bytes as they came, and why, in headers.

use super::{Topics, header};
use crate::log::{Output, Place, Record};
use crate::normalize::Reject;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Larger values are kept up to this many bytes, with length and SHA-256 of the whole.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// Values up to this size are kept whole.
const WHOLE_BYTES_MAX: usize = super::RECORD_BYTES_MAX;

/// The dead letter of one rejected item of a record.
#[must_use]
pub fn dead_letter(topics: &Topics, record: &Record, reject: &Reject) -> Output {
    let name = |name: &str| format!("__groundswell.errors.{name}");
    let mut headers = record.headers.clone();
    headers.extend([
        header(&name("reason"), reject.reason.as_str()),
        header(&name("stage"), "normalize"),
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
