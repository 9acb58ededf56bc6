//! What the X formats share: ids, addresses, authors, the place of entities.
//!
//! All formats of X give the same ids, so that a post has one identity whichever way it came.

use super::json::MILLIS;
use super::rebase::{Escapes, MAX_ENTITIES, Rebased, Unit};
use super::time;
use crate::mention::{Action, Author, Entity, EntityKind, Kind, Mention, Platform, Timestamp, Visibility, mention_id};

/// An empty public mention.
pub(super) fn mention(id: &str) -> Mention {
    Mention::new(Platform::X, "", id)
}

/// The mention id of a native id.
pub(super) fn scoped(id: &str) -> String {
    mention_id(Platform::X, "", id)
}

/// The permalink; it resolves without the handle too.
pub(super) fn permalink(handle: Option<&str>, id: &str) -> String {
    format!("https://x.com/{}/status/{id}", handle.unwrap_or("i"))
}

/// An author of whom the id alone is known.
pub(super) fn author(id: Option<&str>) -> Option<Author> {
    id.map(|id| Author { id: Some(id.to_owned()), ..Author::default() })
}

/// The address of a profile.
pub(super) fn profile(handle: &str) -> String {
    format!("https://x.com/{handle}")
}

/// The time in a snowflake id; `None` for older ids. Used where a payload leaves `created_at` out.
pub(super) fn snowflake(id: &str) -> Option<Timestamp> {
    /// 2010-11-04T01:42:54.657Z, in ms.
    const EPOCH: i64 = 1_288_834_974_657;
    let id: i64 = id.parse().ok()?;
    // ids were plain counters up to about 3e10; 2^40 is four minutes into the snowflakes
    if id < 1 << 40 { None } else { time::from_units((id >> 22) + EPOCH, i64::from(MILLIS)) }
}

/// The text as sent, made plain; `with_map` where entities will be placed.
pub(super) fn plain(raw: &str, with_map: bool) -> Rebased {
    Rebased::new(raw, Escapes::Undo, Unit::CodePoint, with_map)
}

/// Puts text and entities into the mention.
pub(super) fn set_text(mention: &mut Mention, raw: &str, marks: &[Mark<'_>]) {
    let text = plain(raw, !marks.is_empty());
    mention.entities = place(&text, marks);
    if text.changed {
        mention.text_raw = Some(super::json::without_nul(raw));
    }
    mention.text = text.text;
}

/// A post with an author who is told by id alone went away, or out of sight.
pub(super) fn removal(id: &str, author_id: Option<&str>, action: Action, at: Option<Timestamp>) -> Mention {
    let mut mention = mention(id);
    mention.author = author(author_id);
    mention.action = action;
    match action {
        Action::Delete => mention.deleted_at = at,
        _ => {
            mention.observed_at = at;
            mention.visibility = Visibility::Private;
        }
    }
    mention
}

/// Everything of an author went away, or out of sight.
pub(super) fn author_removal(id: &str, action: Action, at: Option<Timestamp>) -> Mention {
    let mut mention = Mention::new(Platform::X, "author", id);
    mention.author = author(Some(id));
    mention.action = action;
    match action {
        Action::AuthorDelete => mention.deleted_at = at,
        _ => {
            mention.observed_at = at;
            mention.visibility = Visibility::Private;
        }
    }
    mention
}

/// The kind of a post by what it refers to: a repost is nothing else, a reply that quotes counts as a quote.
pub(super) fn kind(is_repost: bool, is_quote: bool, is_reply: bool) -> Kind {
    match (is_repost, is_quote, is_reply) {
        (true, ..) => Kind::Repost,
        (_, true, _) => Kind::Quote,
        (_, _, true) => Kind::Reply,
        _ => Kind::Post,
    }
}

/// Whether a text is how X writes a retweet that it does not otherwise mark ("RT @ana: …").
pub(super) fn is_marked_repost(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("RT @") else { return false };
    let handle = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (1..=15).contains(&handle) && rest[handle..].starts_with(": ")
}

/// An entity as sent: what it is, its word (tag, handle or the address shown), its value, its code points.
#[derive(Debug)]
pub(super) struct Mark<'a> {
    pub kind: EntityKind,
    pub word: &'a str,
    pub value: &'a str,
    pub at: Option<(i64, i64)>,
}

/// Finds the marks in the final text: by their offsets where the text there agrees, else by their word. Marks that are
/// not in the text (it may be cut) are left out.
fn place(text: &Rebased, marks: &[Mark<'_>]) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::with_capacity(marks.len().min(MAX_ENTITIES));
    for mark in marks.iter().take(MAX_ENTITIES).filter(|mark| !mark.word.is_empty()) {
        let told =
            mark.at.and_then(|(start, end)| text.range(start, end)).filter(|range| is_at(mark, text.slice(*range)));
        let after = entities.iter().filter(|e| e.kind == mark.kind && e.value == mark.value).map(|e| e.end).max();
        let Some((start, end)) = told.or_else(|| search(&text.text, mark, after.unwrap_or(0))) else { continue };
        entities.push(Entity { kind: mark.kind, value: mark.value.to_owned(), start, end });
    }
    entities.sort_by_key(|entity| (entity.start, entity.end));
    entities.dedup();
    entities
}

/// The signs that open an entity of this kind.
fn signs(kind: EntityKind) -> &'static [char] {
    match kind {
        EntityKind::Hashtag => &['#', '＃'],
        EntityKind::Mention => &['@', '＠'],
        EntityKind::Cashtag => &['$'],
        EntityKind::Url => &[],
    }
}

fn is_at(mark: &Mark<'_>, slice: &str) -> bool {
    match mark.kind {
        EntityKind::Url => slice == mark.word,
        kind => slice.strip_prefix(signs(kind)).is_some_and(|word| word.eq_ignore_ascii_case(mark.word)),
    }
}

/// First place of the mark at or after byte `from`. Looks at the first 64 KiB only, so that many marks stay cheap.
fn search(text: &str, mark: &Mark<'_>, from: u32) -> Option<(u32, u32)> {
    let window = text.get(..text.floor_char_boundary(64 * 1024))?;
    let from = from as usize;
    let (start, end) = if mark.kind == EntityKind::Url {
        let start = from + window.get(from..)?.find(mark.word)?;
        (start, start + mark.word.len())
    } else {
        window.get(from..)?.match_indices(signs(mark.kind)).find_map(|(at, sign)| {
            let (start, word) = (from + at, from + at + sign.len());
            let end = word + mark.word.len();
            let found = window.get(word..end)?;
            found.eq_ignore_ascii_case(mark.word).then_some((start, end))
        })?
    };
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(raw: &str, marks: &[Mark<'_>]) -> Vec<(String, String)> {
        let text = plain(raw, true);
        let show = |e: &Entity| (text.slice((e.start, e.end)).to_owned(), e.value.clone());
        place(&text, marks).iter().map(show).collect()
    }

    #[test]
    fn places_by_offset_else_by_word() {
        let tag = |word, at| Mark { kind: EntityKind::Hashtag, word, value: word, at };
        let one = |shown: &str, value: &str| (shown.to_owned(), value.to_owned());
        assert_eq!(placed("🎉 a&amp;b #Juno", &[tag("juno", Some((10, 15)))]), [one("#Juno", "juno")]);
        assert_eq!(placed("🎉 a&amp;b #Juno", &[tag("juno", Some((11, 16)))]), [one("#Juno", "juno")], "wrong offsets");
        assert_eq!(placed("#a #a", &[tag("a", None), tag("a", None)]).len(), 2, "each its own place");
        assert_eq!(placed("no tag", &[tag("juno", Some((0, 2)))]), []);
        let link = Mark { kind: EntityKind::Url, word: "https://t.co/a", value: "https://ex.test/a", at: Some((0, 1)) };
        assert_eq!(placed("see https://t.co/a", &[link]), [one("https://t.co/a", "https://ex.test/a")]);
    }

    #[test]
    fn tells_time_from_snowflakes_alone() {
        assert_eq!(snowflake("1780000000000000011").map(|at| at.to_string()), Some("2024-04-15T22:27:25.457Z".into()));
        for id in ["20", "1099511627775", "-1", "x", "", "99999999999999999999"] {
            assert_eq!(snowflake(id), None, "{id}");
        }
    }

    #[test]
    fn knows_a_marked_repost() {
        for (text, want) in [
            ("RT @ana: hi", true),
            ("RT @ana hi", false),
            ("RT @: hi", false),
            ("rt @ana: hi", false),
            ("RT @averyveryverylongname: hi", false),
        ] {
            assert_eq!(is_marked_repost(text), want, "{text}");
        }
    }
}
