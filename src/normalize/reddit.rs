//! Reddit: comments (t1), posts (t3) and private messages (t4), alone or in listings, with nested replies.
//!
//! Full names ("t3_48fbm9") are unique by themselves. A score is a like count and may be negative. A text of
//! `[deleted]` or `[removed]` means that the content is gone.

use super::json::{self, Id, Outline, SECONDS, Text, Time, given, given_id, missing};
use super::rebase::{Escapes, MAX_ENTITIES, Rebased, Unit};
use super::{Item, Normalized, Reject, found, item};
use crate::mention::{
    Action, Author, Container, Counts, Entity, EntityKind, Kind, Media, Mention, Platform, Visibility, mention_id,
};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;
use std::fmt;

const SHAPE: &str = "reddit";
const HOST: &str = "https://www.reddit.com";

#[derive(Deserialize)]
struct Thing<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Children<'a>>,
}

/// A thing of which nothing is extracted.
#[derive(Deserialize)]
struct Other<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    data: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Children<'a> {
    #[serde(borrow)]
    children: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    name: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    author: Option<Text<'a>>,
    #[serde(borrow)]
    author_fullname: Option<Id<'a>>,
    #[serde(default)]
    created_utc: Time<SECONDS>,
    #[serde(default)]
    edited: Edited,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    selftext: Option<Text<'a>>,
    /// Read for its first character alone, as `body_html`.
    #[serde(borrow)]
    selftext_html: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(borrow)]
    body_html: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<Text<'a>>,
    #[serde(borrow)]
    parent_id: Option<Id<'a>>,
    #[serde(borrow)]
    link_id: Option<Id<'a>>,
    #[serde(borrow)]
    first_message_name: Option<Id<'a>>,
    #[serde(borrow)]
    crosspost_parent: Option<Id<'a>>,
    #[serde(borrow)]
    subreddit: Option<Text<'a>>,
    #[serde(borrow)]
    subreddit_type: Option<Text<'a>>,
    #[serde(borrow)]
    permalink: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    is_self: Option<bool>,
    score: Option<i64>,
    num_comments: Option<i64>,
    #[serde(borrow)]
    removed_by_category: Option<Text<'a>>,
    #[serde(borrow)]
    replies: Option<&'a RawValue>,
}

/// `false`, `true` (long ago), or the time of the edit.
#[derive(Debug, Default, Clone, Copy)]
struct Edited {
    is_edited: bool,
    at: Time<SECONDS>,
}

impl<'de> Deserialize<'de> for Edited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EditedVisitor;
        impl<'de> Visitor<'de> for EditedVisitor {
            type Value = Edited;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("false or a time")
            }
            fn visit_bool<E: de::Error>(self, is_edited: bool) -> Result<Edited, E> {
                Ok(Edited { is_edited, at: Time(None) })
            }
            fn visit_unit<E: de::Error>(self) -> Result<Edited, E> {
                Ok(Edited::default())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Edited, E> {
                at(de::value::I64Deserializer::new(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Edited, E> {
                at(de::value::U64Deserializer::new(number))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Edited, E> {
                at(de::value::F64Deserializer::new(number))
            }
        }
        fn at<'de, D: Deserializer<'de>>(number: D) -> Result<Edited, D::Error> {
            Ok(Edited { is_edited: true, at: Time::deserialize(number)? })
        }
        deserializer.deserialize_any(EditedVisitor)
    }
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    match outline.kind {
        "t1" | "t3" | "t4" => read_thing(text, items),
        "Listing" => read_listing(text, items),
        _ => {
            let other: Other<'_> = json::parse(text, SHAPE)?;
            let kind = other.kind.as_ref().map(Text::as_str).ok_or_else(|| missing("kind"))?;
            other.data.ok_or_else(|| missing("data"))?;
            items.push(Ok(Normalized::NotContent(not_content(kind))));
            Ok(())
        }
    }
}

fn not_content(kind: &str) -> &'static str {
    match kind {
        "more" => "more",
        "t2" => "account",
        "t5" => "subreddit",
        "t6" => "award",
        _ => "unknown_type",
    }
}

fn read_listing(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let listing: Listing<'_> = json::parse(text, SHAPE)?;
    listing.kind.ok_or_else(|| missing("kind"))?;
    let children = listing.data.and_then(|data| data.children).ok_or_else(|| missing("data.children"))?;
    for child in children {
        let child = child.get();
        item(items, |items| read(child, &json::outline(child)?, items));
    }
    Ok(())
}

fn read_thing(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let thing: Thing<'_> = json::parse(text, SHAPE)?;
    let kind = thing.kind.as_ref().map(Text::as_str).ok_or_else(|| missing("kind"))?;
    let data = thing.data.as_ref().ok_or_else(|| missing("data"))?;
    items.push(read_content(kind, data));
    // replies come after what they reply to; the depth of the document bounds the recursion
    if let Some(replies) = data.replies.map(RawValue::get).filter(|replies| replies.starts_with('{')) {
        item(items, |items| read(replies, &json::outline(replies)?, items));
    }
    Ok(())
}

fn read_content(kind: &str, data: &Data<'_>) -> Item {
    let name = full_name(kind, data)?;
    let mut mention = Mention::new(Platform::Reddit, "", &name);
    mention.created_at = Some(data.created_utc.0.ok_or_else(|| missing("data.created_utc"))?);
    set_author(&mut mention, data);
    match kind {
        "t3" => set_post(&mut mention, data)?,
        "t4" => set_message(&mut mention, data)?,
        _ => set_comment(&mut mention, data)?,
    }
    mention.entities = links(&mention.text);
    mention.url = permalink(data, &name);
    mention.container =
        given(data.subreddit.as_ref()).map(|id| Container { kind: "subreddit".to_owned(), id, name: None });
    if kind != "t4" {
        mention.counts.likes = data.score;
        if matches!(data.subreddit_type.as_ref().map(Text::as_str), Some("private" | "employees_only")) {
            mention.visibility = Visibility::Private;
        }
    }
    set_versions(&mut mention, data);
    found(mention)
}

fn full_name(kind: &str, data: &Data<'_>) -> Result<String, Reject> {
    if let Some(name) = given_id(data.name.as_ref()) {
        return Ok(name.to_owned());
    }
    let id = given_id(data.id.as_ref()).ok_or_else(|| missing("data.name"))?;
    Ok(format!("{kind}_{id}"))
}

fn set_author(mention: &mut Mention, data: &Data<'_>) {
    let handle = given(data.author.as_ref()).filter(|author| !is_gone(author));
    let id = given_id(data.author_fullname.as_ref()).map(str::to_owned);
    if handle.is_some() || id.is_some() {
        let url = handle.as_ref().map(|handle| format!("{HOST}/user/{handle}"));
        mention.author = Some(Author { id, handle, url, ..Author::default() });
    }
}

fn set_post(mention: &mut Mention, data: &Data<'_>) -> Result<(), Reject> {
    let escapes = escapes(data.selftext_html);
    let title = plain(data.title.as_ref().ok_or_else(|| missing("data.title"))?.as_str(), escapes);
    let body = data.selftext.as_ref().map(|text| plain(text.as_str(), escapes)).unwrap_or_default();
    mention.text = match (title.is_empty(), body.is_empty()) {
        (_, true) => title.clone(),
        (true, _) => body,
        _ => format!("{title}\n\n{body}"),
    };
    mention.title = Some(title).filter(|title| !title.is_empty());
    mention.reposted_id = given_id(data.crosspost_parent.as_ref()).map(scoped);
    mention.counts = Counts { replies: data.num_comments, ..Counts::default() };
    if data.is_self == Some(false) {
        let link = given(data.url.as_ref()).map(|url| Media { kind: "link".to_owned(), url: Some(url), alt: None });
        mention.media.extend(link);
    }
    Ok(())
}

fn set_comment(mention: &mut Mention, data: &Data<'_>) -> Result<(), Reject> {
    mention.text = body(data)?;
    let parent = given_id(data.parent_id.as_ref());
    mention.kind = if parent.is_some_and(|parent| parent.starts_with("t1_")) { Kind::Reply } else { Kind::Comment };
    mention.parent_id = parent.map(scoped);
    mention.thread_id = given_id(data.link_id.as_ref()).map(scoped);
    Ok(())
}

fn set_message(mention: &mut Mention, data: &Data<'_>) -> Result<(), Reject> {
    mention.text = body(data)?;
    mention.title = data.subject.as_ref().map(|subject| plain(subject.as_str(), escapes(data.body_html)));
    mention.kind = Kind::Dm;
    mention.visibility = Visibility::Direct;
    mention.parent_id = given_id(data.parent_id.as_ref()).map(scoped);
    mention.thread_id = given_id(data.first_message_name.as_ref()).map(scoped);
    Ok(())
}

fn body(data: &Data<'_>) -> Result<String, Reject> {
    let body = data.body.as_ref().ok_or_else(|| missing("data.body"))?;
    Ok(plain(body.as_str(), escapes(data.body_html)))
}

/// Edits keep the id. What is gone is a delete, whoever took it away; what only a moderator hid is out of sight.
fn set_versions(mention: &mut Mention, data: &Data<'_>) {
    if data.edited.is_edited {
        mention.edited_at = data.edited.at.0;
        mention.action = Action::Update;
    }
    let text = data.selftext.as_ref().or(data.body.as_ref()).map_or("", Text::as_str);
    let removed_by = data.removed_by_category.as_ref().map(Text::as_str);
    if is_gone(text) || matches!(removed_by, Some("deleted" | "author")) {
        mention.action = Action::Delete;
    } else if removed_by.is_some() {
        mention.action = Action::Restrict;
        mention.visibility = Visibility::Private;
    }
}

fn is_gone(text: &str) -> bool {
    matches!(
        text,
        "[deleted]" | "[removed]" | "[deleted by user]" | "[ Removed by Reddit ]" | "[ Removed by moderator ]"
    )
}

/// Without `raw_json=1` Reddit escapes `&`, `<` and `>` in every text; the HTML twin shows whether it did.
fn escapes(html: Option<&RawValue>) -> Escapes {
    let is_raw = html.is_some_and(|html| html.get().starts_with("\"<") || html.get().starts_with("\"\\u003c"));
    if is_raw { Escapes::Keep } else { Escapes::Undo }
}

fn plain(raw: &str, escapes: Escapes) -> String {
    Rebased::new(raw, escapes, Unit::Byte, false).text
}

fn permalink(data: &Data<'_>, name: &str) -> Option<String> {
    if let Some(path) = given(data.permalink.as_ref()) {
        return Some(if path.starts_with('/') { format!("{HOST}{path}") } else { path });
    }
    let subreddit = data.subreddit.as_ref().map(Text::as_str).filter(|name| !name.is_empty());
    let post = given_id(data.link_id.as_ref()).and_then(|link| link.strip_prefix("t3_"));
    match (subreddit, post, name.strip_prefix("t1_"), name.strip_prefix("t3_")) {
        (Some(subreddit), Some(post), Some(id), _) => Some(format!("{HOST}/r/{subreddit}/comments/{post}/_/{id}/")),
        (_, _, _, Some(id)) => Some(format!("{HOST}/comments/{id}/")),
        _ => None,
    }
}

fn scoped(name: &str) -> String {
    mention_id(Platform::Reddit, "", name)
}

/// Addresses as they stand in the text; Reddit sends no list of them.
pub(super) fn links(text: &str) -> Vec<Entity> {
    let mut links = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("http")) {
        let start = from + at;
        let rest = &text[start..];
        from = start + "http".len();
        if !rest.starts_with("https://") && !rest.starts_with("http://") {
            continue;
        }
        let is_end = |c: char| c.is_whitespace() || matches!(c, ')' | ']' | '>' | '<' | '"' | '|' | '\u{fffd}');
        let value =
            rest[..rest.find(is_end).unwrap_or(rest.len())].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '\'']);
        from = start + value.len().max("http".len());
        let (Ok(first), Ok(end)) = (u32::try_from(start), u32::try_from(start + value.len())) else { break };
        if value.len() > "https://".len() {
            links.push(Entity { kind: EntityKind::Url, value: value.to_owned(), start: first, end });
        }
        if links.len() == MAX_ENTITIES {
            break;
        }
    }
    links
}
