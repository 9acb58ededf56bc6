//! Mail addresses, from their `@` to both sides.

use super::Found;

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;

/// The mail address whose `@` stands at `at`; its local part does not begin before `floor`.
pub(super) fn find(bytes: &[u8], at: usize, floor: usize) -> Option<Found> {
    let local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
    let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let reach = at.saturating_sub(LOCAL_MAX).max(floor);
    let mut start = at;
    while start > reach && local(bytes[start - 1]) {
        start -= 1;
    }
    while start < at && !bytes[start].is_ascii_alphanumeric() {
        start += 1;
    }
    // a handle of the fediverse, `@ana@host.example`
    if start > 0 && bytes[start - 1] == b'@' {
        return None;
    }
    let mut end = at + 1;
    while end < bytes.len() && end - at <= DOMAIN_MAX && host(bytes[end]) {
        end += 1;
    }
    while end > at + 1 && !bytes[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let domain = &bytes[at + 1..end];
    let dot = domain.iter().rposition(|&b| b == b'.')?;
    let top = &domain[dot + 1..];
    let sound = start < at && dot > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    (sound && !domain.starts_with(b".") && !domain.starts_with(b"-")).then_some(("email", start, end))
}
