//! Mentions, hashtags, cashtags and links in plain text, where the platform did not mark them up.
//!
//! The rules are those of twitter-text, widened where other platforms need it: handles up to 64 characters, fediverse
//! handles (`@user@host.example`) and domain handles (`@alice.bsky.social`). Never looks at what an entity means.

use super::{next_byte, url};
use crate::mention::{Entity, EntityKind};
use unicode_normalization::char::is_combining_mark;

/// Longest handle read as one, in characters; a longer run is no handle.
const HANDLE_CHARS_MAX: usize = 64;

/// The entities of a text, ascending by place, without overlaps; offsets are UTF-8 bytes of `text`.
#[must_use]
pub fn entities(text: &str) -> Vec<Entity> {
    let text = &text[..text.floor_char_boundary(super::fold::TEXT_BYTES_MAX)];
    let links = url::links(text);
    let mut found = Vec::new();
    let mut next_link = 0;
    for_each_tag(text, Scripts::AsciiHandles, |tag| {
        while links.get(next_link).is_some_and(|link| link.end <= tag.start) {
            next_link += 1;
        }
        if links.get(next_link).is_none_or(|link| tag.end <= link.start) {
            found.push(entity(tag.kind, &text[tag.value_start..tag.end], tag.start, tag.end));
        }
    });
    found.extend(links.iter().map(|link| entity(EntityKind::Url, &text[link.clone()], link.start, link.end)));
    found.sort_by_key(|entity| entity.start);
    found
}

fn entity(kind: EntityKind, value: &str, start: usize, end: usize) -> Entity {
    let place = |byte| u32::try_from(byte).expect("a text is cut before its offsets leave 32 bits");
    Entity { kind, value: value.to_owned(), start: place(start), end: place(end) }
}

/// A hashtag, handle or cashtag found in a folded text; byte offsets of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    /// Where its sign is.
    pub start: usize,
    /// Where its name begins.
    pub value_start: usize,
    /// One past its name.
    pub end: usize,
    pub is_hashtag: bool,
}

/// Puts the hashtags, handles and cashtags of a folded text, ascending, in place of others. Those in the path of a link
/// are left out.
pub(super) fn tags_into(folded: &str, found: &mut Vec<Tag>) {
    found.clear();
    for_each_tag(folded, Scripts::AnyHandles, |tag| {
        if folded.as_bytes().get(tag.start.wrapping_sub(1)) != Some(&b'/') {
            let is_hashtag = tag.kind == EntityKind::Hashtag;
            found.push(Tag { start: tag.start, value_start: tag.value_start, end: tag.end, is_hashtag });
        }
    });
}

/// Reads a folded text as one hashtag, handle or cashtag and nothing else.
pub(crate) fn is_whole_tag(folded: &str) -> bool {
    let sign = sign_at(folded, 0);
    let tag = sign.and_then(|(kind, width)| tag_at(folded, 0, kind, width, Scripts::AnyHandles));
    tag.is_some_and(|tag| tag.end == folded.len())
}

/// In which scripts handles are read. No large platform gives out others than ASCII, so nothing else is an entity;
/// people write them all the same (@任天堂), and a query may ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scripts {
    AsciiHandles,
    AnyHandles,
}

struct Found {
    kind: EntityKind,
    start: usize,
    value_start: usize,
    end: usize,
}

/// True of what a sign begins with: signs are ASCII, or full-width forms that begin with 0xEF.
fn may_be_sign(byte: u8) -> bool {
    (byte == b'#') | (byte == b'@') | (byte == b'$') | (byte == 0xef)
}

fn for_each_tag(text: &str, scripts: Scripts, mut emit: impl FnMut(Found)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(next) = next_byte(bytes, at, may_be_sign) {
        at = next;
        let Some((kind, width)) = sign_at(text, at) else {
            at += 1;
            continue;
        };
        match tag_at(text, at, kind, width, scripts) {
            Some(tag) => {
                at = tag.end;
                emit(tag);
            }
            None => at += width,
        }
    }
}

/// The kind of entity that the sign at `at` announces, and the sign's width in bytes.
fn sign_at(text: &str, at: usize) -> Option<(EntityKind, usize)> {
    let sign = text.get(at..)?.chars().next()?;
    let kind = match sign {
        '#' | '＃' => EntityKind::Hashtag,
        '@' | '＠' => EntityKind::Mention,
        '$' => EntityKind::Cashtag,
        _ => return None,
    };
    Some((kind, sign.len_utf8()))
}

fn tag_at(text: &str, start: usize, kind: EntityKind, sign_width: usize, scripts: Scripts) -> Option<Found> {
    let before = &text[..start];
    let value_start = start + sign_width;
    let value = &text[value_start..];
    let length = match kind {
        EntityKind::Mention => may_precede_handle(before).then(|| handle_length(value, scripts)).flatten(),
        EntityKind::Hashtag => may_precede_hashtag(before).then(|| hashtag_length(value)).flatten(),
        _ => may_precede_cashtag(before).then(|| cashtag_length(value)).flatten(),
    }?;
    Some(Found { kind, start, value_start, end: value_start + length })
}

fn may_precede_handle(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        None => true,
        Some(c) if !(c.is_ascii_alphanumeric() || "_!#$%&*@＠".contains(c)) => true,
        // "RT@handle"
        Some('t' | 'T') => {
            matches!(back.next(), Some('r' | 'R'))
                && back.next().is_none_or(|c| !(c.is_ascii_alphanumeric() || "_+~.-".contains(c)))
        }
        Some(_) => false,
    }
}

fn handle_length(value: &str, scripts: Scripts) -> Option<usize> {
    let name = run_length(value, |c| c.is_ascii_alphanumeric() || c == '_');
    if name == 0 && scripts == Scripts::AnyHandles {
        let name = run_length(value, |c| c.is_alphanumeric() || c == '_' || is_combining_mark(c));
        return (1..=HANDLE_CHARS_MAX * 3).contains(&name).then_some(name);
    }
    if name == 0 || name > HANDLE_CHARS_MAX {
        return None;
    }
    let rest = &value[name..];
    if let Some(host) = rest.strip_prefix('@') {
        return url::bare_host_length(host).map(|length| name + 1 + length);
    }
    let next = rest.chars().next();
    if next.is_some_and(|c| c == '＠' || is_accented_latin(c)) || rest.starts_with("://") {
        return None;
    }
    Some(url::domain_handle_length(value).unwrap_or(name))
}

fn is_accented_latin(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}') && c != '×' && c != '÷'
}

fn may_precede_hashtag(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| matches!(c, '\u{fe0e}' | '\u{fe0f}') || (c != '&' && !is_hashtag_char(c)))
}

fn hashtag_length(value: &str) -> Option<usize> {
    if value.starts_with(['\u{fe0f}', '\u{20e3}']) {
        return None;
    }
    let length = run_length(value, is_hashtag_char);
    let rest = &value[length..];
    let has_letter = value[..length].chars().any(|c| is_letter(c) || is_combining_mark(c));
    (has_letter && !rest.starts_with(['#', '＃']) && !rest.starts_with("://")).then_some(length)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_hashtag_special(c)
}

fn is_hashtag_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    (c.is_alphanumeric() || is_combining_mark(c) || is_hashtag_special(c)) && !matches!(c, '\u{20dd}'..='\u{20e4}')
}

fn is_hashtag_special(c: char) -> bool {
    matches!(
        c,
        '_' | '\u{200c}'
            | '\u{200d}'
            | '\u{a67e}'
            | '\u{5be}'
            | '\u{5f3}'
            | '\u{5f4}'
            | '\u{ff5e}'
            | '\u{301c}'
            | '\u{309b}'
            | '\u{309c}'
            | '\u{30a0}'
            | '\u{30fb}'
            | '\u{3003}'
            | '\u{f0b}'
            | '\u{f0c}'
            | '\u{b7}'
    )
}

fn may_precede_cashtag(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| c.is_whitespace() || url::is_direction_mark(c))
}

fn cashtag_length(value: &str) -> Option<usize> {
    let letters = run_length(value, |c| c.is_ascii_alphabetic());
    if !(1..=6).contains(&letters) {
        return None;
    }
    let mut length = letters;
    if value[letters..].starts_with(['.', '_']) {
        let suffix = run_length(&value[letters + 1..], |c| c.is_ascii_alphabetic());
        if (1..=2).contains(&suffix) {
            length += 1 + suffix;
        }
    }
    value[length..].chars().next().is_none_or(|c| c.is_whitespace() || c.is_ascii_punctuation()).then_some(length)
}

/// Bytes of the longest beginning of `text` whose characters all satisfy `accept`.
pub(super) fn run_length(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accept(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let show = |found: &Entity| {
            let kind = match found.kind {
                EntityKind::Mention => "@",
                EntityKind::Hashtag => "#",
                EntityKind::Cashtag => "$",
                EntityKind::Url => "url:",
            };
            format!("{kind}{}", found.value)
        };
        entities(text).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn finds_what_people_write() {
        for (text, expected) in [
            (
                "@NimbusHelp my #NimbusDown and $NMB, see nimbus.example.com/status.",
                "@NimbusHelp #NimbusDown $NMB url:nimbus.example.com/status",
            ),
            ("mail me at someone@nimbus.com", ""),
            ("RT@nimbus: hi", "@nimbus"),
            ("hey @alice.bsky.social and @bob@mastodon.social!", "@alice.bsky.social @bob@mastodon.social"),
            ("thanks @nimbus.It works", "@nimbus"),
            ("#1 #2024 #1st", "#1st"),
            ("https://medium.com/@nimbus/#top", "url:https://medium.com/@nimbus/#top"),
            ("(https://en.example.org/wiki/Nimbus_(cloud))", "url:https://en.example.org/wiki/Nimbus_(cloud)"),
            ("$5 and $NMBX.A and US$NMB", "$NMBX.A"),
            ("down.Nimbus sucks. Really.Bad", ""),
            ("＃日本 ＠nimbus", "#日本 @nimbus"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    /// Where the shared data is, if it is here at all.
    fn shared() -> std::path::PathBuf {
        std::env::var_os("GROUNDSWELL_SHARED")
            .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").into(), Into::into)
    }

    /// What a suite expects, as plain strings.
    fn expected_values(case: &serde_json::Value) -> Vec<String> {
        let plain = |item: &serde_json::Value| {
            let of = |key: &str| item.get(key).and_then(serde_json::Value::as_str);
            let value = item.as_str().or_else(|| ["url", "hashtag", "cashtag", "screen_name"].into_iter().find_map(of));
            value.unwrap_or_default().to_owned()
        };
        case["expected"].as_array().map(|items| items.iter().map(plain).collect()).unwrap_or_default()
    }

    #[test]
    fn conforms_to_twitter_text() {
        let path = shared().join("data/twitter-text/extract.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("not run: the shared conformance data is not there");
            return;
        };
        let data: serde_json::Value = serde_json::from_str(&text).expect("the suite is JSON");
        let (mut right, mut all) = (0, 0);
        for (suite, cases) in data["tests"].as_object().expect("suites by name") {
            let kind = match suite.as_str() {
                name if name.starts_with("mentions_or_lists") || name.starts_with("replies") => continue,
                name if name.starts_with("mentions") => EntityKind::Mention,
                name if name.starts_with("hashtags") => EntityKind::Hashtag,
                name if name.starts_with("cashtags") => EntityKind::Cashtag,
                _ => EntityKind::Url,
            };
            for case in cases.as_array().expect("a list of cases") {
                let text = case["text"].as_str().expect("a text");
                let found = entities(text);
                let values: Vec<String> =
                    found.iter().filter(|entity| entity.kind == kind).map(|entity| entity.value.clone()).collect();
                all += 1;
                if values == expected_values(case) {
                    right += 1;
                } else {
                    println!("{suite} {}: {} -> {values:?}", case["i"], case["description"]);
                }
            }
        }
        println!("twitter-text extract: {right} of {all}");
        assert!(all >= 100 && right * 100 >= all * 99, "{right} of {all}");
    }

    #[test]
    fn long_inputs_cost_their_length() {
        for unit in ["@a", "#a", "$A ", "a.", "a.com ", "http://", "http://a.com/(", "@a@a.", "a-", "é.", "://", "."] {
            let text = unit.repeat((1 << 20) / unit.len());
            assert!(entities(&text).len() <= text.len(), "{unit}");
        }
    }

    proptest! {
        #[test]
        fn entities_are_ordered_and_lie_on_boundaries(text in "[a@#$.:/é任 ()\u{fe0f}＃tco-]{0,40}") {
            let mut last = 0;
            for entity in entities(&text) {
                prop_assert!(entity.start >= last && entity.end > entity.start);
                prop_assert!(text[entity.start as usize..entity.end as usize].ends_with(&entity.value));
                last = entity.end;
            }
        }
    }
}
