//! How ids are made. Pure functions of what the payload says: the same post has the same id everywhere.

use super::Platform;
use xxhash_rust::xxh3::xxh3_64;

/// A native id with the scope it is unique in (instance, chat, channel, type).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedId {
    /// Empty where the platform's ids are unique by themselves.
    pub scope: String,
    /// The id as given.
    pub native_id: String,
}

/// `platform:scope:native_id`, the scope left out where empty.
#[must_use]
pub fn mention_id(platform: Platform, scope: &str, native_id: &str) -> String {
    let platform = platform.as_str();
    if scope.is_empty() { format!("{platform}:{native_id}") } else { format!("{platform}:{scope}:{native_id}") }
}

/// Longer words than this, less a byte, are joined on the heap, bytes.
const SHORT: usize = 64;

/// A fixed 64-bit hash (XXH3, seed 0) over parts joined by a byte that no UTF-8 text holds.
/// Part of the stored formats: do not change it.
#[must_use]
pub fn hash64(parts: &[&str]) -> u64 {
    // a word is hashed where it costs no allocation
    let mut room = [0xff; SHORT];
    if let [part] = parts
        && let Some(joined) = room.get_mut(..=part.len())
    {
        joined[..part.len()].copy_from_slice(part.as_bytes());
        return xxh3_64(joined);
    }
    let mut joined = Vec::with_capacity(parts.iter().map(|p| p.len() + 1).sum());
    for part in parts {
        joined.extend_from_slice(part.as_bytes());
        joined.push(0xff);
    }
    xxh3_64(&joined)
}
