//! Mail addresses, from their `@` to both sides, or from what people write so that machines do not find it: `(at)`, or,
//! of the domains that most people have theirs at, ` at gmail dot com`.

use super::Found;
use super::cue::{self, Words};

/// Words for `@` and for a dot between blanks.
const SAID_AT: [&str; 2] = [" at ", " arroba "];
const SAID_DOT: [&str; 4] = [" dot ", " punto ", " ponto ", " point "];
/// Who most people have their address from: of others, `us at nimbus dot com` may be a place.
static PROVIDERS: Words = Words::new(&[
    "gmail",
    "googlemail",
    "hotmail",
    "outlook",
    "yahoo",
    "icloud",
    "proton",
    "protonmail",
    "gmx",
    "aol",
    "live",
    "msn",
    "yandex",
    "orange",
    "wanadoo",
    "libero",
    "terra",
    "uol",
    "bol",
]);
/// What may stand behind such a name.
static TOPS: Words =
    Words::new(&["com", "net", "org", "de", "fr", "es", "it", "br", "uk", "me", "ru", "at", "ch", "co"]);
/// Words before an address: `sign in at outlook.com` is none.
static CUES: Words =
    Words::new(&["mail", "mails", "email", "emails", "correo", "correio", "courriel", "address", "reach"]);
/// What stands in brackets for `@`, and for a dot.
const AT: [&[u8]; 3] = [b"at", b"@", b"arroba"];
const DOTS: [&[u8]; 5] = [b"dot", b".", b"punto", b"ponto", b"point"];
/// Names in the domain of such an address, at most.
const LABELS_MAX: usize = 6;

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;

/// The mail address whose `@` stands at `at`; its local part does not begin before `floor`.
pub(super) fn find(bytes: &[u8], at: usize, floor: usize) -> Option<Found> {
    let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let start = local_start(bytes, at, floor);
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

/// Where the local part that ends at `end` begins; `end` where there is none.
fn local_start(bytes: &[u8], end: usize, floor: usize) -> usize {
    let local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
    let reach = end.saturating_sub(LOCAL_MAX).max(floor);
    let mut start = end;
    while start > reach && local(bytes[start - 1]) {
        start -= 1;
    }
    while start < end && !bytes[start].is_ascii_alphanumeric() {
        start += 1;
    }
    start
}

/// The address around the bracket at `at`: `ana (at) mail.example`, `ana[at]mail[dot]example`.
pub(super) fn find_spelt(bytes: &[u8], at: usize, floor: usize) -> Option<Found> {
    let mut end = bracketed(bytes, at, &AT)?;
    let before = at - usize::from(at > floor && bytes[at - 1] == b' ');
    let start = local_start(bytes, before, floor);
    for label in 0..LABELS_MAX {
        let from = end + usize::from(bytes.get(end) == Some(&b' '));
        let rest = bytes.get(from..)?;
        let length = rest.iter().take(LOCAL_MAX).take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        if length == 0 {
            return None;
        }
        end = from + length;
        let is_domain = label > 0 && length >= 2 && rest[..length].iter().all(u8::is_ascii_alphabetic);
        let spaced = end + usize::from(bytes.get(end) == Some(&b' '));
        let is_dot = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
        match if is_dot { Some(end + 1) } else { bracketed(bytes, spaced, &DOTS) } {
            Some(next) => end = next,
            None => return (is_domain && start < before).then_some(("email", start, end)),
        }
    }
    None
}

/// Addresses that are said rather than written, in order: `ana.b at gmail dot com`, `ana arroba hotmail punto es`.
pub(super) fn find_said(text: &str) -> impl Iterator<Item = Found> {
    SAID_AT.into_iter().flat_map(move |at| text.match_indices(at)).filter_map(move |(place, at)| {
        let start = local_start(text.as_bytes(), place, 0);
        let from = place + at.len();
        let name = word(&text[from..]);
        let dot = &text[from + name.len()..];
        let said = SAID_DOT.into_iter().find_map(|said| dot.strip_prefix(said));
        let rest = said.or_else(|| dot.strip_prefix('.'))?;
        let top = word(rest);
        let is_marked = || text.as_bytes()[start..place].iter().any(|b| !b.is_ascii_alphabetic());
        let is_meant = said.is_some() || is_marked() || cue::before(text, start, &CUES);
        let is_address = start < place && PROVIDERS.has(name) && TOPS.has(top) && is_meant;
        is_address.then(|| ("email", start, text.len() - rest.len() + top.len()))
    })
}

/// The letters and digits that a text begins with.
fn word(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_alphanumeric).count()]
}

/// One past the bracket that begins at `at` and holds one of these words, and nothing else.
fn bracketed(bytes: &[u8], at: usize, words: &[&[u8]]) -> Option<usize> {
    let close = match bytes.get(at)? {
        b'(' => b')',
        b'[' => b']',
        _ => return None,
    };
    let inside = bytes.get(at + 1..)?;
    let is_here = |word: &&&[u8]| {
        inside.get(..word.len()).is_some_and(|written| written.eq_ignore_ascii_case(word))
            && inside.get(word.len()) == Some(&close)
    };
    words.iter().find(is_here).map(|word| at + word.len() + 2)
}
