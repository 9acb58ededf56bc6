//! Mastodon: statuses, notifications, conversations, contexts and search results of the REST API, and the envelopes of
//! the streaming API, whose payload is JSON inside a string.
//!
//! A status id is unique only on the instance that serves it, and a payload does not name that instance; the scope of
//! a mention id is the host in the status's global `uri`, which is what tells equal ids apart. Identity is the `uri`.
//! A streamed delete carries the bare id, so its mention id has no scope: it is matched by native id.

use super::json::{self, Id, Key, Outline, Text, Written, given, given_id, missing};
use super::{Item, Normalized, Reason, Reject, found, html};
use crate::mention::{Action, Author, Counts, Kind, Media, Mention, Platform, Visibility, mention_id};
use serde::Deserialize;
use serde_json::value::RawValue;

const SHAPE: &str = "mastodon";
/// Most attachments kept of one post.
const MAX_MEDIA: usize = 64;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(default)]
    created_at: Written,
    #[serde(default)]
    edited_at: Written,
    #[serde(borrow)]
    account: Option<Account<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    spoiler_text: Option<Text<'a>>,
    #[serde(borrow)]
    visibility: Option<Text<'a>>,
    #[serde(borrow)]
    language: Option<Text<'a>>,
    #[serde(borrow)]
    in_reply_to_id: Option<Id<'a>>,
    #[serde(borrow)]
    in_reply_to_account_id: Option<Id<'a>>,
    #[serde(borrow)]
    reblog: Option<Box<Original<'a>>>,
    #[serde(borrow)]
    quote: Option<Quote<'a>>,
    #[serde(borrow)]
    mentions: Option<Vec<Addressee<'a>>>,
    #[serde(borrow)]
    media_attachments: Option<Vec<Attachment<'a>>>,
    #[serde(borrow)]
    poll: Option<Poll<'a>>,
    #[serde(borrow)]
    card: Option<Card<'a>>,
    favourites_count: Option<i64>,
    reblogs_count: Option<i64>,
    replies_count: Option<i64>,
    quotes_count: Option<i64>,
}

/// The status that a reblog carries whole.
#[derive(Deserialize)]
struct Original<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    spoiler_text: Option<Text<'a>>,
    #[serde(borrow)]
    language: Option<Text<'a>>,
    #[serde(borrow)]
    quote: Option<Quote<'a>>,
    #[serde(borrow)]
    media_attachments: Option<Vec<Attachment<'a>>>,
    #[serde(borrow)]
    poll: Option<Poll<'a>>,
    #[serde(borrow)]
    card: Option<Card<'a>>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    acct: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
    #[serde(borrow)]
    display_name: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    followers_count: Option<i64>,
    bot: Option<bool>,
}

/// Mastodon 4.4 wraps the quoted status with a state, and nests it only once; forks give the status itself.
#[derive(Deserialize)]
struct Quote<'a> {
    #[serde(borrow)]
    quoted_status: Option<Reference<'a>>,
    #[serde(borrow)]
    quoted_status_id: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Addressee<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Attachment<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    remote_url: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Poll<'a> {
    #[serde(borrow)]
    options: Option<Vec<PollOption<'a>>>,
}

#[derive(Deserialize)]
struct PollOption<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Card<'a> {
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Conversation<'a> {
    #[serde(borrow)]
    last_status: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    ancestors: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    descendants: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    statuses: Option<Vec<&'a RawValue>>,
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if outline.has(Key::Event) && !outline.has(Key::Account) {
        items.push(read_envelope(text));
    } else if outline.has_any(&[Key::Ancestors, Key::Descendants, Key::Statuses]) {
        let batch: Batch<'_> = json::parse(text, SHAPE)?;
        let lists = [batch.ancestors, batch.statuses, batch.descendants];
        let statuses = lists.into_iter().flatten().flatten();
        items.extend(statuses.map(|status| read_status(status.get(), false)));
    } else {
        items.push(read_entity(text, outline));
    }
    Ok(())
}

/// Reads a status, a notification or a conversation.
fn read_entity(text: &str, outline: &Outline<'_>) -> Item {
    const OF_STATUS: [Key; 4] = [Key::Content, Key::Visibility, Key::SpoilerText, Key::Reblog];
    if outline.has(Key::LastStatus) {
        return read_conversation(text);
    }
    if outline.has(Key::Type) && !outline.has_any(&OF_STATUS) {
        return read_notification(text);
    }
    if !outline.has(Key::Account) && !outline.has_any(&OF_STATUS) {
        json::check(text)?;
        let reason = if outline.key_count == 0 { Reason::Empty } else { Reason::UnknownShape };
        return Err(Reject::new(reason, "no key of a known entity"));
    }
    read_status(text, false)
}

fn read_envelope(text: &str) -> Item {
    let envelope: Envelope<'_> = json::parse(text, SHAPE)?;
    let event = envelope.event.as_ref().ok_or_else(|| missing("event"))?;
    let not_content = match event.as_str() {
        "update" | "status.update" | "delete" | "notification" | "conversation" => None,
        "filters_changed" => Some("filters_changed"),
        "announcement" | "announcement.reaction" | "announcement.delete" => Some("announcement"),
        "notifications_merged" => Some("notifications_merged"),
        _ => Some("unknown_type"),
    };
    if let Some(what) = not_content {
        return Ok(Normalized::NotContent(what));
    }
    let payload = envelope.payload.ok_or_else(|| missing("payload"))?.get();
    let decoded: Option<Text<'_>> =
        if payload.starts_with('"') { Some(json::parse(payload, "payload")?) } else { None };
    // some collectors decode the inner document already
    let inner = decoded.as_ref().map_or(payload, Text::as_str);
    if event.as_str() == "delete" {
        return read_delete(inner);
    }
    let outline = json::outline(inner)?;
    let item = match event.as_str() {
        "notification" => read_notification(inner),
        "conversation" => read_conversation(inner),
        "status.update" => read_status(inner, true),
        _ => read_entity(inner, &outline),
    };
    item.map_err(|reject| Reject { detail: format!("payload, {}", reject.detail), ..reject })
}

/// The payload of a delete is the bare id.
fn read_delete(inner: &str) -> Item {
    let id = inner.trim();
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_id {
        return Err(missing("payload id"));
    }
    let mut mention = Mention::new(Platform::Mastodon, "", id);
    mention.action = Action::Delete;
    found(mention)
}

fn read_conversation(text: &str) -> Item {
    let conversation: Conversation<'_> = json::parse(text, SHAPE)?;
    match conversation.last_status {
        Some(status) => read_status(status.get(), false),
        None => Ok(Normalized::NotContent("conversation")),
    }
}

/// Only what somebody wrote is content: a favourite or a reblog names an own post.
fn read_notification(text: &str) -> Item {
    let notification: Notification<'_> = json::parse(text, SHAPE)?;
    let kind = notification.kind.as_ref().map_or("", Text::as_str);
    match (kind, notification.status) {
        ("mention" | "status" | "quote", Some(status)) => read_status(status.get(), false),
        ("update" | "quoted_update", Some(status)) => read_status(status.get(), true),
        ("favourite" | "pleroma:emoji_reaction", _) => Ok(Normalized::NotContent("like")),
        ("reblog", _) => Ok(Normalized::NotContent("reblog_notice")),
        ("follow" | "follow_request", _) => Ok(Normalized::NotContent("follow")),
        _ => Ok(Normalized::NotContent("notification")),
    }
}

fn read_status(text: &str, is_edit: bool) -> Item {
    let status: Status<'_> = json::parse(text, SHAPE)?;
    let id = given_id(status.id.as_ref()).ok_or_else(|| missing("id"))?;
    let scope = host(status.uri.as_ref());
    let mut mention = Mention::new(Platform::Mastodon, scope, id);
    mention.native_uri = given(status.uri.as_ref());
    mention.url = given(status.url.as_ref()).or_else(|| mention.native_uri.clone());
    mention.created_at = Some(status.created_at.0.ok_or_else(|| missing("created_at"))?);
    mention.edited_at = status.edited_at.0;
    if is_edit || mention.edited_at.is_some() {
        mention.action = Action::Update;
    }
    mention.author = status.account.as_ref().map(author);
    mention.visibility = visibility(status.visibility.as_ref());
    set_references(&mut mention, &status);
    set_words(&mut mention, &status)?;
    if mention.kind != Kind::Repost {
        mention.counts = Counts {
            likes: status.favourites_count,
            reposts: status.reblogs_count,
            replies: status.replies_count,
            quotes: status.quotes_count,
            ..Counts::default()
        };
    }
    found(mention)
}

fn set_references(mention: &mut Mention, status: &Status<'_>) {
    let parent = given_id(status.in_reply_to_id.as_ref());
    mention.parent_id = parent.map(|id| mention_id(Platform::Mastodon, parent_host(status), id));
    let reblog = status.reblog.as_ref();
    mention.reposted_id = reblog.and_then(|reblog| scoped(reblog.id.as_ref(), reblog.uri.as_ref()));
    mention.quoted_id = status.quote.as_ref().and_then(quoted);
    mention.kind = match (mention.visibility, reblog.is_some(), status.quote.is_some(), parent.is_some()) {
        (Visibility::Direct, ..) => Kind::Dm,
        (_, true, ..) => Kind::Repost,
        (_, _, true, _) => Kind::Quote,
        (.., true) => Kind::Reply,
        _ => Kind::Post,
    };
}

/// Text, language, warning and attachments: of the original for a reblog, which has none of its own.
fn set_words(mention: &mut Mention, status: &Status<'_>) -> Result<(), Reject> {
    let own = status.content.as_ref().ok_or_else(|| missing("content"))?;
    let original = status.reblog.as_deref();
    let whole = original.and_then(|original| original.content.as_ref()).filter(|_| own.as_str().is_empty());
    let raw = whole.unwrap_or(own).as_str();
    let has_quote = status.quote.is_some() || original.is_some_and(|original| original.quote.is_some());
    let plain = html::to_text(raw, has_quote);
    if plain.text != raw {
        mention.text_raw = Some(json::without_nul(raw));
    }
    mention.text = plain.text;
    mention.entities = plain.entities;
    mention.lang = json::language(status.language.as_ref())
        .or_else(|| json::language(original.and_then(|original| original.language.as_ref())));
    mention.content_warning = given(status.spoiler_text.as_ref())
        .or_else(|| given(original.and_then(|original| original.spoiler_text.as_ref())));
    mention.media = match original {
        Some(original) => media(original.media_attachments.as_deref(), original.poll.as_ref(), original.card.as_ref()),
        None => media(status.media_attachments.as_deref(), status.poll.as_ref(), status.card.as_ref()),
    };
    Ok(())
}

fn author(account: &Account<'_>) -> Author {
    Author {
        id: given_id(account.id.as_ref()).map(str::to_owned),
        handle: given(account.acct.as_ref()).or_else(|| given(account.username.as_ref())),
        name: given(account.display_name.as_ref()),
        url: given(account.url.as_ref()),
        followers: account.followers_count,
        is_bot: account.bot,
        ..Author::default()
    }
}

fn visibility(text: Option<&Text<'_>>) -> Visibility {
    match text.map(Text::as_str) {
        Some("unlisted") => Visibility::Unlisted,
        Some("private" | "limited" | "local" | "mutual" | "list") => Visibility::Private,
        Some("direct") => Visibility::Direct,
        _ => Visibility::Public,
    }
}

fn media(attachments: Option<&[Attachment<'_>]>, poll: Option<&Poll<'_>>, card: Option<&Card<'_>>) -> Vec<Media> {
    let attached = attachments.unwrap_or_default().iter().take(MAX_MEDIA).map(|media| Media {
        kind: given(media.kind.as_ref()).unwrap_or_else(|| "media".to_owned()),
        url: given(media.url.as_ref()).or_else(|| given(media.remote_url.as_ref())),
        alt: given(media.description.as_ref()),
    });
    let mut media: Vec<Media> = attached.collect();
    let options = poll.and_then(|poll| poll.options.as_deref()).unwrap_or_default();
    let titles: Vec<String> =
        options.iter().take(MAX_MEDIA).filter_map(|option| given(option.title.as_ref())).collect();
    if !titles.is_empty() {
        media.push(Media { kind: "poll".to_owned(), url: None, alt: Some(titles.join(" | ")) });
    }
    if let Some(card) = card {
        media.push(Media { kind: "card".to_owned(), url: given(card.url.as_ref()), alt: given(card.title.as_ref()) });
    }
    media
}

fn quoted(quote: &Quote<'_>) -> Option<String> {
    let nested = quote.quoted_status.as_ref().and_then(|status| scoped(status.id.as_ref(), status.uri.as_ref()));
    let shallow = || given_id(quote.quoted_status_id.as_ref()).map(|id| mention_id(Platform::Mastodon, "", id));
    nested.or_else(shallow).or_else(|| scoped(quote.id.as_ref(), quote.uri.as_ref()))
}

fn scoped(id: Option<&Id<'_>>, uri: Option<&Text<'_>>) -> Option<String> {
    given_id(id).map(|id| mention_id(Platform::Mastodon, host(uri), id))
}

/// The instance of the status replied to, found through its author: the replier, or somebody who is addressed.
fn parent_host<'s>(status: &'s Status<'_>) -> &'s str {
    let own = host(status.uri.as_ref());
    let Some(author) = given_id(status.in_reply_to_account_id.as_ref()) else { return own };
    let addressed = status.mentions.iter().flatten().find(|addressee| given_id(addressee.id.as_ref()) == Some(author));
    let is_self = status.account.as_ref().and_then(|account| given_id(account.id.as_ref())) == Some(author);
    match addressed {
        Some(addressee) if !is_self => host(addressee.url.as_ref()),
        _ => own,
    }
}

/// The host in an address, without what could break a mention id apart.
fn host<'t>(address: Option<&'t Text<'_>>) -> &'t str {
    let rest = address.map_or("", Text::as_str).split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}
