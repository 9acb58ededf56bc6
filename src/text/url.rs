//! Links in plain text: with a protocol any host that looks like one, without it only well-known endings.
//!
//! Follows twitter-text's rules for what may surround, begin and end a link. Never resolves or opens anything.

use super::entity::run_length;
use super::next_byte;
use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

/// Characters of a host label; longer ones make the whole host invalid (RFC 1035).
const LABEL_CHARS_MAX: usize = 63;
/// Characters of the name in a t.co link; longer ones are no link.
const TCO_NAME_CHARS_MAX: usize = 40;
/// Bytes of a known ending.
const ENDING_BYTES: RangeInclusive<usize> = 2..=20;
/// Brackets within brackets in a path.
const NESTED_BRACKETS_MAX: u32 = 2;

/// Endings that are common without a protocol, ascending; two-letter country codes are tested apart.
const GENERIC_ENDINGS: &[&str] = &[
    "academy",
    "agency",
    "app",
    "art",
    "asia",
    "bank",
    "bar",
    "bid",
    "bike",
    "biz",
    "blog",
    "cafe",
    "cam",
    "capital",
    "care",
    "cat",
    "center",
    "chat",
    "church",
    "city",
    "click",
    "cloud",
    "club",
    "codes",
    "coffee",
    "com",
    "community",
    "company",
    "consulting",
    "cool",
    "coop",
    "design",
    "dev",
    "digital",
    "dog",
    "earth",
    "edu",
    "email",
    "energy",
    "events",
    "exchange",
    "expert",
    "express",
    "family",
    "fans",
    "farm",
    "finance",
    "fit",
    "fm",
    "foundation",
    "fun",
    "fund",
    "gallery",
    "game",
    "games",
    "global",
    "gmbh",
    "gov",
    "group",
    "guru",
    "health",
    "help",
    "host",
    "house",
    "info",
    "ink",
    "int",
    "international",
    "jobs",
    "land",
    "law",
    "legal",
    "life",
    "link",
    "live",
    "lol",
    "london",
    "ltd",
    "market",
    "marketing",
    "media",
    "mil",
    "mobi",
    "moe",
    "money",
    "museum",
    "name",
    "net",
    "network",
    "news",
    "ninja",
    "nyc",
    "one",
    "online",
    "org",
    "page",
    "partners",
    "party",
    "photo",
    "photography",
    "photos",
    "pics",
    "plus",
    "press",
    "pro",
    "pub",
    "red",
    "report",
    "review",
    "reviews",
    "rocks",
    "run",
    "sale",
    "school",
    "science",
    "services",
    "shop",
    "show",
    "site",
    "social",
    "software",
    "solutions",
    "space",
    "store",
    "stream",
    "studio",
    "support",
    "systems",
    "tax",
    "team",
    "tech",
    "tel",
    "today",
    "tokyo",
    "tools",
    "top",
    "tours",
    "toys",
    "trade",
    "travel",
    "tube",
    "university",
    "video",
    "vip",
    "watch",
    "web",
    "website",
    "wiki",
    "win",
    "work",
    "works",
    "world",
    "xn--p1ai",
    "xxx",
    "xyz",
    "zone",
    "рф",
    "みんな",
    "中国",
    "香港",
    "한국",
];

/// ISO 3166-1 country codes in use as endings, and `eu`, `su`, `uk`, `ac`.
const COUNTRY_ENDINGS: &str = " ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br \
bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk \
fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo \
jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv \
mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd \
se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va \
vc ve vg vi vn vu wf ws ye yt za zm zw ";

/// The links of a text, ascending, without overlaps.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    links_into(text, &mut found);
    found
}

/// Puts the links of a text, ascending, without overlaps, in place of others.
pub(super) fn links_into(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    found.clear();
    let mut at = 0;
    // A link has a "://" or a dot between two labels: walk from one such place to the next.
    while let Some(here) = next_byte(bytes, at, |byte| (byte == b'.') | (byte == b':')) {
        let floor = at;
        if bytes[here] == b':' {
            let Some((start, host)) = protocol_around(text, here, floor) else {
                at = here + 1;
                continue;
            };
            let (link, next) = link_with_protocol(text, start, host);
            found.extend(link);
            at = next;
        } else {
            let (link, next) = bare_link(text, here, floor);
            found.extend(link);
            at = next;
        }
    }
}

/// `http` or `https` before the colon at `colon`, with `//` after it, at a place where a link may begin.
fn protocol_around(text: &str, colon: usize, floor: usize) -> Option<(usize, usize)> {
    let rest = text[colon..].strip_prefix("://")?;
    let host = text.len() - rest.len();
    let before = &text.as_bytes()[floor..colon];
    let start = ["https", "http"].into_iter().find_map(|name| {
        let tail = before.len().checked_sub(name.len()).and_then(|from| before.get(from..))?;
        tail.eq_ignore_ascii_case(name.as_bytes()).then(|| colon - name.len())
    })?;
    let allowed =
        text[..start].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric() && !"@＠$#＃".contains(c));
    allowed.then_some((start, host))
}

/// The link that begins at `start`, and where to go on reading.
fn link_with_protocol(text: &str, start: usize, host: usize) -> (Option<Range<usize>>, usize) {
    let run = run_length(&text[host..], is_host_char);
    let Some(length) = host_length(&text[host..host + run], Endings::Any) else {
        return (None, host + run);
    };
    let end = host + length;
    if text[host..end].eq_ignore_ascii_case("t.co") && text[end..].starts_with('/') {
        return short_link(text, start, end);
    }
    let end = rest_of_link(text, end);
    (Some(start..end), end)
}

/// `https://t.co/name`, with a query string or without.
fn short_link(text: &str, start: usize, host_end: usize) -> (Option<Range<usize>>, usize) {
    let name = run_length(&text[host_end + 1..], |c| c.is_ascii_alphanumeric());
    let end = host_end + 1 + name;
    if name > TCO_NAME_CHARS_MAX {
        return (None, end);
    }
    let end = query_end(text, end);
    (Some(start..end), end)
}

/// A link without a protocol around the dot at `dot`; nothing before `floor` is looked at again.
fn bare_link(text: &str, dot: usize, floor: usize) -> (Option<Range<usize>>, usize) {
    // the end of a sentence, mostly
    if text.as_bytes().get(dot + 1).is_none_or(u8::is_ascii_whitespace) {
        return (None, dot + 1);
    }
    let begin = text[floor..dot].char_indices().rev().take_while(|(_, c)| is_bare_host_char(*c)).last();
    let Some(start) = begin.map(|(offset, _)| floor + offset) else { return (None, dot + 1) };
    let run_end = start + run_length(&text[start..], |c| is_bare_host_char(c) || c == '.');
    let host = &text[start..run_end];
    let before = text[..start].chars().next_back();
    let allowed = before.is_none_or(|c| !c.is_ascii_alphanumeric() && !"@＠$#＃-_./".contains(c));
    let length = host_length(host, Endings::Known).filter(|length| !text[start + length..].starts_with(['@', '+']));
    match length.filter(|_| allowed) {
        Some(length) => {
            let end = rest_of_link(text, start + length);
            (Some(start..end), end.max(run_end))
        }
        None => (None, run_end.max(dot + 1)),
    }
}

/// Length of a host at the beginning of `text`, for `@user@host`.
pub(super) fn bare_host_length(text: &str) -> Option<usize> {
    let run = run_length(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    host_length(&text[..run], Endings::Known)
}

/// Length of a handle that is a domain (`alice.bsky.social`): lower case, and with an ending that is no word one
/// could begin a sentence with unless it has three labels.
pub(super) fn domain_handle_length(text: &str) -> Option<usize> {
    let run = run_length(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
    if text[run..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let length = host_length(&text[..run], Endings::Known)?;
    let host = &text[..length];
    let plain = [".com", ".org", ".net", ".edu", ".gov", ".social", ".app", ".dev"];
    (host.matches('.').count() >= 2 || plain.iter().any(|ending| host.ends_with(ending))).then_some(length)
}

/// Which last labels make a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endings {
    Any,
    Known,
}

/// Bytes of the longest valid host at the beginning of `run`.
fn host_length(run: &str, endings: Endings) -> Option<usize> {
    let mut best = None;
    let mut at = 0;
    // The last valid label may not have underscores if it stands right before the ending.
    let mut before_has_underscore = false;
    for (index, label) in run.split('.').enumerate() {
        if index > 0
            && !before_has_underscore
            && let Some(length) = ending_length(label, endings)
        {
            best = Some(at + length);
        }
        if !is_label(label) {
            // An invalid label right at the beginning, or before any ending, spoils the host.
            break;
        }
        before_has_underscore = label.contains('_');
        at += label.len() + 1;
    }
    best
}

fn is_label(label: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c != '-' && c != '_');
    let is_punycode = label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    edge(label.chars().next())
        && edge(label.chars().next_back())
        && label.chars().take(LABEL_CHARS_MAX + 1).count() <= LABEL_CHARS_MAX
        && (label.is_ascii() || !is_punycode)
}

/// Bytes of the ending that `label` is, or begins with before a character of another script.
fn ending_length(label: &str, endings: Endings) -> Option<usize> {
    let ascii = run_length(label, |c| c.is_ascii());
    let whole = &label[..if ascii == 0 { label.len() } else { ascii }];
    let known = is_known_ending(whole, endings);
    let any = endings == Endings::Any
        && whole.len() > 1
        && (whole.bytes().all(|byte| byte.is_ascii_alphabetic()) || whole.starts_with("xn--"));
    (known || any).then_some(whole.len())
}

fn is_known_ending(label: &str, endings: Endings) -> bool {
    if !ENDING_BYTES.contains(&label.len()) {
        return false;
    }
    // "is down.It was" is prose: an ending is written in one case.
    let one_case = label.chars().all(|c| !c.is_uppercase()) || label.chars().all(|c| !c.is_lowercase());
    if endings == Endings::Known && !one_case {
        return false;
    }
    let lower = if label.is_ascii() { Cow::Borrowed(label) } else { Cow::Owned(label.to_lowercase()) };
    is_country(lower.as_bytes()) || is_generic(&lower)
}

fn is_generic(label: &str) -> bool {
    let lower = || label.bytes().map(|byte| byte.to_ascii_lowercase());
    GENERIC_ENDINGS.binary_search_by(|ending| ending.bytes().cmp(lower())).is_ok()
}

/// The second letters of country codes, a bit each, by the first.
const COUNTRIES: [u32; 26] = {
    let mut countries = [0; 26];
    let codes = COUNTRY_ENDINGS.as_bytes();
    let mut at = 1;
    // a space and two letters each
    while at + 1 < codes.len() {
        countries[(codes[at] - b'a') as usize] |= 1 << (codes[at + 1] - b'a');
        at += 3;
    }
    countries
};

fn is_country(label: &[u8]) -> bool {
    let [first, second] = label else { return false };
    let letter = |byte: &u8| byte.is_ascii_alphabetic().then(|| byte.to_ascii_lowercase() - b'a');
    let both = letter(first).zip(letter(second));
    both.is_some_and(|(first, second)| COUNTRIES[usize::from(first)] & (1 << second) != 0)
}

/// Port, path and query after a host that ends at `end`.
fn rest_of_link(text: &str, end: usize) -> usize {
    let mut end = end;
    if let Some(port) = text[end..].strip_prefix(':') {
        let digits = run_length(port, |c| c.is_ascii_digit());
        end += if digits > 0 { digits + 1 } else { 0 };
    }
    if text[end..].starts_with('/') {
        end = path_end(text, end);
    }
    query_end(text, end)
}

/// Reads a path with balanced brackets and takes back what cannot be its end. Brackets nest [`NESTED_BRACKETS_MAX`]
/// deep, so that what is read again after an open bracket stays short.
fn path_end(text: &str, start: usize) -> usize {
    let mut last_good = start + 1;
    let mut open: Option<usize> = None;
    let mut depth = 0_u32;
    for (offset, c) in text[start..].char_indices() {
        let after = start + offset + c.len_utf8();
        match c {
            '(' if depth == NESTED_BRACKETS_MAX => break,
            '(' => {
                if depth == 0 {
                    open = Some(last_good);
                }
                depth += 1;
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    last_good = after;
                }
            }
            c if is_path_char(c) => {
                if is_path_end(c) {
                    last_good = after;
                }
            }
            _ => break,
        }
    }
    // A bracket that never closes is not part of the link.
    if depth > 0 { open.unwrap_or(last_good) } else { last_good }
}

fn query_end(text: &str, start: usize) -> usize {
    if !text[start..].starts_with('?') {
        return start;
    }
    let mut last_good = start;
    for (offset, c) in text[start..].char_indices() {
        if !(c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)) {
            break;
        }
        if c.is_ascii_alphanumeric() || "-_&=#/".contains(c) {
            last_good = start + offset + 1;
        }
    }
    last_good
}

fn is_path_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!*';:=+,.$/%#[]-_~@|&–".contains(c) || is_path_letter(c)
}

fn is_path_end(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-=_#/".contains(c) || is_path_letter(c)
}

fn is_path_letter(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{400}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}') && c != '×' && c != '÷'
}

fn is_bare_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (matches!(c, '\u{c0}'..='\u{24f}') && c != '×' && c != '÷')
}

fn is_host_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    }
    !c.is_whitespace()
        && !c.is_control()
        && !is_direction_mark(c)
        && !matches!(c, '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{feff}')
}

pub(super) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_in_order_and_of_the_lengths_told() {
        assert!(GENERIC_ENDINGS.is_sorted());
        assert!(GENERIC_ENDINGS.iter().all(|ending| ENDING_BYTES.contains(&ending.len())));
        assert!(is_generic("COM") && is_generic("みんな") && !is_generic("comm"));
    }
}
