//! Facebook and Instagram: webhook deliveries (`changes` of pages and accounts, `messaging` of their direct messages), and
//! posts and comments as the Graph API gives them, alone or in pages.
//!
//! One delivery holds changes of several entries. A comment of Instagram has no time of its own: that of its entry counts.
//! What only names an id whose body must be fetched (`mentions` of Instagram) is a pointer and no content.

use super::change::Change;
use super::json::{self, Id, Key, MILLIS, Outline, SECONDS, Text, Time, given, given_id, missing};
use super::{Item, Normalized, Reject, found, item};
use crate::mention::{
    Action, Author, Container, Counts, Kind, Media, Mention, Platform, Timestamp, Visibility, mention_id,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const SHAPE: &str = "meta";

#[derive(Deserialize)]
struct Delivery<'a> {
    #[serde(borrow)]
    entry: Option<Vec<Entry<'a>>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    /// Seconds with changes, milliseconds with messages.
    time: Option<i64>,
    #[serde(borrow)]
    changes: Option<Vec<Change<'a>>>,
    #[serde(borrow)]
    messaging: Option<Vec<&'a RawValue>>,
}

/// A change of a page's feed, or a mention of a page.
#[derive(Deserialize)]
struct Feed<'a> {
    #[serde(borrow)]
    item: Option<Text<'a>>,
    #[serde(borrow)]
    verb: Option<Text<'a>>,
    #[serde(borrow)]
    post_id: Option<Id<'a>>,
    #[serde(borrow)]
    comment_id: Option<Id<'a>>,
    #[serde(borrow)]
    parent_id: Option<Id<'a>>,
    #[serde(borrow)]
    from: Option<Sender<'a>>,
    #[serde(borrow)]
    sender_id: Option<Id<'a>>,
    #[serde(borrow)]
    sender_name: Option<Text<'a>>,
    #[serde(default)]
    created_time: Time<SECONDS>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    link: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Sender<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

/// A comment on Instagram, as a webhook brings it.
#[derive(Deserialize)]
struct Comment<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Sender<'a>>,
    #[serde(borrow)]
    parent_id: Option<Id<'a>>,
    #[serde(borrow)]
    media: Option<Place<'a>>,
}

#[derive(Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Messaging<'a> {
    #[serde(borrow)]
    sender: Option<Place<'a>>,
    #[serde(default)]
    timestamp: Time<MILLIS>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    read: Option<IgnoredAny>,
    delivery: Option<IgnoredAny>,
    reaction: Option<IgnoredAny>,
    postback: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    mid: Option<Id<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    is_echo: Option<bool>,
    is_deleted: Option<bool>,
    #[serde(borrow)]
    attachments: Option<Vec<Attachment<'a>>>,
    #[serde(borrow)]
    reply_to: Option<ReplyTo<'a>>,
}

#[derive(Deserialize)]
struct Attachment<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ReplyTo<'a> {
    #[serde(borrow)]
    mid: Option<Id<'a>>,
}

/// A post or a comment of the Graph API, of either platform.
#[derive(Deserialize)]
struct Node<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(default)]
    created_time: Time<SECONDS>,
    #[serde(default)]
    timestamp: Time<SECONDS>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    story: Option<Text<'a>>,
    #[serde(borrow)]
    caption: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    permalink_url: Option<Text<'a>>,
    #[serde(borrow)]
    permalink: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Sender<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
    #[serde(borrow)]
    owner: Option<Place<'a>>,
    #[serde(borrow)]
    parent: Option<Place<'a>>,
    #[serde(borrow)]
    media_type: Option<Text<'a>>,
    #[serde(borrow)]
    media_url: Option<Text<'a>>,
    reactions: Option<Counted>,
    comments: Option<Counted>,
    shares: Option<Shares>,
    like_count: Option<i64>,
    comment_count: Option<i64>,
    comments_count: Option<i64>,
}

#[derive(Deserialize)]
struct Counted {
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    total_count: Option<i64>,
}

#[derive(Deserialize)]
struct Shares {
    count: Option<i64>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
}

/// Reads one document of `platform`.
pub(super) fn read(platform: Platform, text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if outline.has(Key::Data) {
        let page: Page<'_> = json::parse(text, SHAPE)?;
        let nodes = page.data.ok_or_else(|| missing("data"))?;
        items.extend(nodes.iter().map(|node| read_node(platform, node.get())));
        return Ok(());
    }
    if !outline.has(Key::Entry) {
        items.push(read_node(platform, text));
        return Ok(());
    }
    let delivery: Delivery<'_> = json::parse(text, SHAPE)?;
    for entry in delivery.entry.ok_or_else(|| missing("entry"))? {
        for change in entry.changes.iter().flatten() {
            items.push(read_change(platform, change, &entry));
        }
        for message in entry.messaging.iter().flatten() {
            item(items, |items| {
                items.push(read_messaging(platform, message.get(), &entry));
                Ok(())
            });
        }
    }
    Ok(())
}

fn read_change(platform: Platform, change: &Change<'_>, entry: &Entry<'_>) -> Item {
    match (platform, change.field()) {
        (Platform::Facebook, "feed" | "mention") => read_feed(change.value()?, entry),
        (Platform::Instagram, "comments" | "live_comments") => read_comment(change.value()?, entry),
        (Platform::Instagram, "mentions" | "story_insights") => Ok(Normalized::NotContent("pointer")),
        _ => Ok(Normalized::NotContent("account_notice")),
    }
}

/// When the delivery was made; of entries with changes in seconds.
fn entry_time(entry: &Entry<'_>) -> Option<Timestamp> {
    entry.time.and_then(Timestamp::from_seconds)
}

fn place(entry: &Entry<'_>, kind: &str) -> Option<Container> {
    given_id(entry.id.as_ref()).map(|id| Container { kind: kind.to_owned(), id: id.to_owned(), name: None })
}

fn read_feed(text: &str, entry: &Entry<'_>) -> Item {
    let feed: Feed<'_> = json::parse(text, SHAPE)?;
    let kind = feed.item.as_ref().map(Text::as_str).ok_or_else(|| missing("item"))?;
    let action = match (kind, feed.verb.as_ref().map_or("add", Text::as_str)) {
        ("reaction" | "like", _) => return Ok(Normalized::NotContent("reaction")),
        ("post" | "status" | "photo" | "video" | "share" | "comment" | "link" | "album" | "note", verb) => match verb {
            "add" => Action::Create,
            "edit" | "edited" | "update" => Action::Update,
            "remove" | "delete" => Action::Delete,
            "hide" => Action::Restrict,
            _ => return Ok(Normalized::NotContent("moderation")),
        },
        _ => return Ok(Normalized::NotContent("unknown_type")),
    };
    let id = if kind == "comment" { &feed.comment_id } else { &feed.post_id };
    let id = given_id(id.as_ref()).ok_or_else(|| missing("post_id or comment_id"))?;
    let mut mention = Mention::new(Platform::Facebook, "", id);
    mention.action = action;
    set_feed_place(&mut mention, &feed, kind);
    mention.container = place(entry, "page");
    mention.author = feed_author(&feed);
    mention.created_at = feed.created_time.0.or_else(|| entry_time(entry));
    match action {
        Action::Delete => mention.deleted_at = entry_time(entry),
        Action::Restrict => mention.visibility = Visibility::Private,
        Action::Update => mention.edited_at = entry_time(entry).or(mention.created_at),
        _ => {}
    }
    mention.text = feed.message.as_ref().map(|text| json::without_nul(text.as_str())).unwrap_or_default();
    if let Some(link) = given(feed.link.as_ref()) {
        mention.media.push(Media { kind: kind.to_owned(), url: Some(link), alt: None });
    }
    if matches!(action, Action::Create | Action::Update) && mention.media.is_empty() && feed.message.is_none() {
        return Err(missing("message"));
    }
    found(mention)
}

/// The parent of a comment is the post, or the comment that it answers.
fn set_feed_place(mention: &mut Mention, feed: &Feed<'_>, kind: &str) {
    if kind != "comment" {
        return;
    }
    let scoped = |id: &str| mention_id(Platform::Facebook, "", id);
    let post = given_id(feed.post_id.as_ref());
    let parent = given_id(feed.parent_id.as_ref()).or(post);
    mention.kind = if parent == post { Kind::Comment } else { Kind::Reply };
    (mention.thread_id, mention.parent_id) = (post.map(scoped), parent.map(scoped));
}

fn feed_author(feed: &Feed<'_>) -> Option<Author> {
    let from = feed.from.as_ref();
    let id = given_id(from.and_then(|from| from.id.as_ref())).or_else(|| given_id(feed.sender_id.as_ref()));
    let name = given(from.and_then(|from| from.name.as_ref())).or_else(|| given(feed.sender_name.as_ref()));
    let id = id.map(str::to_owned);
    (id.is_some() || name.is_some()).then(|| Author { id, name, ..Author::default() })
}

fn read_comment(text: &str, entry: &Entry<'_>) -> Item {
    let comment: Comment<'_> = json::parse(text, SHAPE)?;
    let id = given_id(comment.id.as_ref()).ok_or_else(|| missing("id"))?;
    let scoped = |id: &str| mention_id(Platform::Instagram, "", id);
    let mut mention = Mention::new(Platform::Instagram, "", id);
    mention.created_at = entry_time(entry);
    mention.container = place(entry, "account");
    mention.author = comment.from.as_ref().map(person);
    let post = comment.media.as_ref().and_then(|media| given_id(media.id.as_ref()));
    let parent = given_id(comment.parent_id.as_ref());
    mention.kind = if parent.is_some() { Kind::Reply } else { Kind::Comment };
    (mention.thread_id, mention.parent_id) = (post.map(scoped), parent.or(post).map(scoped));
    mention.text = json::without_nul(comment.text.as_ref().ok_or_else(|| missing("text"))?.as_str());
    found(mention)
}

fn person(from: &Sender<'_>) -> Author {
    Author {
        id: given_id(from.id.as_ref()).map(str::to_owned),
        handle: given(from.username.as_ref()),
        name: given(from.name.as_ref()),
        ..Author::default()
    }
}

fn read_messaging(platform: Platform, text: &str, entry: &Entry<'_>) -> Item {
    let messaging: Messaging<'_> = json::parse(text, SHAPE)?;
    let Some(message) = &messaging.message else {
        let Messaging { read, delivery, reaction, postback, .. } = &messaging;
        let names = [
            (read.is_some() || delivery.is_some(), "receipt"),
            (reaction.is_some(), "reaction"),
            (postback.is_some(), "postback"),
        ];
        let name = names.into_iter().find(|(is, _)| *is).map_or("unknown_type", |(_, name)| name);
        return Ok(Normalized::NotContent(name));
    };
    let id = given_id(message.mid.as_ref()).ok_or_else(|| missing("message.mid"))?;
    let mut mention = Mention::new(platform, "", id);
    (mention.kind, mention.visibility) = (Kind::Dm, Visibility::Direct);
    mention.created_at = Some(messaging.timestamp.0.ok_or_else(|| missing("timestamp"))?);
    mention.container = place(entry, if platform == Platform::Facebook { "page" } else { "account" });
    let sender = messaging.sender.as_ref().and_then(|sender| given_id(sender.id.as_ref()));
    let is_brand = message.is_echo == Some(true);
    mention.author = sender.map(|id| Author { id: Some(id.to_owned()), is_brand, ..Author::default() });
    let answered = message.reply_to.as_ref().and_then(|reply| given_id(reply.mid.as_ref()));
    mention.parent_id = answered.map(|id| mention_id(platform, "", id));
    if message.is_deleted == Some(true) {
        (mention.action, mention.deleted_at) = (Action::Delete, mention.created_at);
        return found(mention);
    }
    let attached = message.attachments.iter().flatten().take(64);
    let media = |one: &Attachment<'_>| Media {
        kind: given(one.kind.as_ref()).unwrap_or_else(|| "media".to_owned()),
        url: None,
        alt: None,
    };
    mention.media = attached.map(media).collect();
    match &message.text {
        Some(text) => mention.text = json::without_nul(text.as_str()),
        None if mention.media.is_empty() => return Err(missing("message.text")),
        None => {}
    }
    found(mention)
}

/// A post or a comment. A comment of Facebook may lack its id: then it stands in its address.
fn read_node(platform: Platform, text: &str) -> Item {
    let node: Node<'_> = json::parse(text, SHAPE)?;
    let url = given(node.permalink_url.as_ref()).or_else(|| given(node.permalink.as_ref()));
    let told = url.as_deref().and_then(|url| url.split_once("comment_id=")).map(|(before, id)| {
        let post = before.split("/posts/").nth(1).and_then(|rest| rest.split(['/', '?']).next());
        let id = id.split('&').next().unwrap_or(id);
        post.map_or_else(|| id.to_owned(), |post| format!("{post}_{id}"))
    });
    let is_comment = told.is_some()
        || node.comment_count.is_some()
        || (platform == Platform::Instagram && node.text.is_some() && node.caption.is_none());
    let id = given_id(node.id.as_ref()).map(str::to_owned).or(told).ok_or_else(|| missing("id"))?;
    let mut mention = Mention::new(platform, "", &id);
    mention.kind = if is_comment { Kind::Comment } else { Kind::Post };
    let parent = node.parent.as_ref().and_then(|parent| given_id(parent.id.as_ref()));
    mention.parent_id = parent.map(|id| mention_id(platform, "", id));
    // media found by a hashtag has no time
    mention.created_at = node.created_time.0.or(node.timestamp.0);
    mention.author = node_author(&node);
    let words = [&node.message, &node.caption, &node.text, &node.story].into_iter().flatten().next();
    let has_media = node.media_type.is_some() || node.media_url.is_some();
    mention.text = match words {
        Some(words) => json::without_nul(words.as_str()),
        None if has_media || url.is_some() => String::new(),
        None => return Err(missing("message")),
    };
    if has_media {
        let kind = given(node.media_type.as_ref()).unwrap_or_else(|| "media".to_owned()).to_lowercase();
        mention.media.push(Media { kind, url: given(node.media_url.as_ref()), alt: None });
    }
    let total = |counted: &Option<Counted>| counted.as_ref()?.summary.as_ref()?.total_count;
    mention.counts = Counts {
        likes: total(&node.reactions).or(node.like_count),
        replies: total(&node.comments).or(node.comment_count).or(node.comments_count),
        reposts: node.shares.as_ref().and_then(|shares| shares.count),
        ..Counts::default()
    };
    mention.url = url;
    found(mention)
}

fn node_author(node: &Node<'_>) -> Option<Author> {
    let mut author = node.from.as_ref().map(person).unwrap_or_default();
    let owner = node.owner.as_ref().and_then(|owner| given_id(owner.id.as_ref()));
    author.id = author.id.or_else(|| owner.map(str::to_owned));
    author.handle = author.handle.or_else(|| given(node.username.as_ref()));
    author.key().is_some().then_some(author)
}
