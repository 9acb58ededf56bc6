//! Telegram: updates of the Bot API, as a webhook brings them or in pages of `getUpdates`.
//!
//! A message id is unique in its chat only, so the chat is the scope of a mention id. Offsets of entities are UTF-16
//! units. A private chat is a direct message; a group or channel without a public name is out of public sight. What
//! nobody wrote (joins, pins, topics, dice) is a service message and no content.

use super::json::{self, Id, Key, Outline, SECONDS, Text, Time, given, given_id, missing};
use super::rebase::{Escapes, MAX_ENTITIES, Rebased, Unit};
use super::{Item, Normalized, Reject, found, item};
use crate::mention::{
    Action, Author, Container, Entity, EntityKind, Kind, Media, Mention, Platform, Visibility, mention_id,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const SHAPE: &str = "telegram";
const HOST: &str = "https://t.me";
/// Most deletes that one update may hold.
const MAX_DELETED: usize = 1_000;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    result: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    edited_message: Option<&'a RawValue>,
    #[serde(borrow)]
    channel_post: Option<&'a RawValue>,
    #[serde(borrow)]
    edited_channel_post: Option<&'a RawValue>,
    #[serde(borrow)]
    business_message: Option<&'a RawValue>,
    #[serde(borrow)]
    edited_business_message: Option<&'a RawValue>,
    #[serde(borrow)]
    deleted_business_messages: Option<Deleted<'a>>,
    message_reaction: Option<IgnoredAny>,
    message_reaction_count: Option<IgnoredAny>,
    callback_query: Option<IgnoredAny>,
    inline_query: Option<IgnoredAny>,
    chosen_inline_result: Option<IgnoredAny>,
    poll: Option<IgnoredAny>,
    poll_answer: Option<IgnoredAny>,
    my_chat_member: Option<IgnoredAny>,
    chat_member: Option<IgnoredAny>,
    chat_join_request: Option<IgnoredAny>,
    chat_boost: Option<IgnoredAny>,
    removed_chat_boost: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Deleted<'a> {
    #[serde(borrow)]
    chat: Option<Chat<'a>>,
    #[serde(borrow)]
    message_ids: Option<Vec<Id<'a>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    message_id: Option<Id<'a>>,
    #[serde(borrow)]
    message_thread_id: Option<Id<'a>>,
    #[serde(borrow)]
    from: Option<User<'a>>,
    #[serde(borrow)]
    sender_chat: Option<Chat<'a>>,
    #[serde(borrow)]
    chat: Option<Chat<'a>>,
    #[serde(default)]
    date: Time<SECONDS>,
    #[serde(default)]
    edit_date: Time<SECONDS>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    entities: Option<Vec<Mark<'a>>>,
    #[serde(borrow)]
    caption: Option<Text<'a>>,
    #[serde(borrow)]
    caption_entities: Option<Vec<Mark<'a>>>,
    #[serde(borrow)]
    reply_to_message: Option<Replied<'a>>,
    #[serde(borrow)]
    external_reply: Option<Origin<'a>>,
    #[serde(borrow)]
    forward_origin: Option<Origin<'a>>,
    /// Before version 7.0 of the API, as the one after it.
    #[serde(borrow)]
    forward_from_chat: Option<Chat<'a>>,
    #[serde(borrow)]
    forward_from_message_id: Option<Id<'a>>,
    #[serde(borrow)]
    poll: Option<Poll<'a>>,
    #[serde(borrow)]
    document: Option<Document<'a>>,
    photo: Option<IgnoredAny>,
    video: Option<IgnoredAny>,
    video_note: Option<IgnoredAny>,
    animation: Option<IgnoredAny>,
    audio: Option<IgnoredAny>,
    voice: Option<IgnoredAny>,
    #[serde(borrow)]
    sticker: Option<Sticker<'a>>,
    paid_media: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    is_bot: Option<bool>,
    #[serde(borrow)]
    first_name: Option<Text<'a>>,
    #[serde(borrow)]
    last_name: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Chat<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Replied<'a> {
    #[serde(borrow)]
    message_id: Option<Id<'a>>,
    #[serde(borrow)]
    chat: Option<Chat<'a>>,
}

/// Where a forwarded or a quoted message came from, as far as it is told.
#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow)]
    chat: Option<Chat<'a>>,
    #[serde(borrow)]
    message_id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    offset: Option<i64>,
    length: Option<i64>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
}

#[derive(Deserialize)]
struct Poll<'a> {
    #[serde(borrow)]
    question: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    file_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Sticker<'a> {
    #[serde(borrow)]
    emoji: Option<Text<'a>>,
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    New,
    Edited,
    /// Through the account of a business, which sees both sides of a chat.
    Business,
    EditedBusiness,
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if !outline.has(Key::Ok) {
        return read_update(text, items);
    }
    let page: Page<'_> = json::parse(text, SHAPE)?;
    match page.result {
        Some(updates) => updates.iter().for_each(|update| item(items, |items| read_update(update.get(), items))),
        None => items.push(Ok(Normalized::NotContent("error"))),
    }
    Ok(())
}

fn read_update(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let update: Update<'_> = json::parse(text, SHAPE)?;
    let ways = [
        (update.message, Way::New),
        (update.channel_post, Way::New),
        (update.edited_message, Way::Edited),
        (update.edited_channel_post, Way::Edited),
        (update.business_message, Way::Business),
        (update.edited_business_message, Way::EditedBusiness),
    ];
    if let Some((message, way)) = ways.into_iter().find_map(|(message, way)| Some((message?, way))) {
        items.push(read_message(message.get(), way));
    } else if let Some(deleted) = &update.deleted_business_messages {
        read_deleted(deleted, items)?;
    } else {
        items.push(Ok(Normalized::NotContent(not_content(&update))));
    }
    Ok(())
}

fn not_content(update: &Update<'_>) -> &'static str {
    let names = [
        (update.message_reaction.is_some() || update.message_reaction_count.is_some(), "reaction"),
        (update.callback_query.is_some(), "callback"),
        (update.inline_query.is_some() || update.chosen_inline_result.is_some(), "inline_query"),
        (update.poll.is_some() || update.poll_answer.is_some(), "poll"),
        (update.my_chat_member.is_some() || update.chat_member.is_some(), "membership"),
        (update.chat_join_request.is_some(), "membership"),
        (update.chat_boost.is_some() || update.removed_chat_boost.is_some(), "chat_boost"),
    ];
    names.into_iter().find(|(is, _)| *is).map_or("unknown_type", |(_, name)| name)
}

fn read_deleted(deleted: &Deleted<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    let chat = deleted.chat.as_ref().and_then(|chat| given_id(chat.id.as_ref())).ok_or_else(|| missing("chat.id"))?;
    let ids = deleted.message_ids.as_ref().ok_or_else(|| missing("message_ids"))?;
    for id in ids.iter().take(MAX_DELETED).filter_map(Id::given) {
        let mut mention = Mention::new(Platform::Telegram, chat, id);
        mention.action = Action::Delete;
        (mention.kind, mention.visibility) = (Kind::Dm, Visibility::Private);
        items.push(found(mention));
    }
    Ok(())
}

fn read_message(text: &str, way: Way) -> Item {
    let message: Message<'_> = json::parse(text, SHAPE)?;
    let id = given_id(message.message_id.as_ref()).ok_or_else(|| missing("message_id"))?;
    let chat = message.chat.as_ref().ok_or_else(|| missing("chat"))?;
    let chat_id = given_id(chat.id.as_ref()).ok_or_else(|| missing("chat.id"))?;
    let created_at = message.date.0.ok_or_else(|| missing("date"))?;
    let media = media(&message);
    if message.text.is_none() && message.caption.is_none() && media.is_empty() {
        // every message says something, if only that somebody joined
        return if is_bare(text)? { Err(missing("text")) } else { Ok(Normalized::NotContent("service_message")) };
    }
    let mut mention = Mention::new(Platform::Telegram, chat_id, id);
    (mention.created_at, mention.edited_at, mention.media) = (Some(created_at), message.edit_date.0, media);
    if matches!(way, Way::Edited | Way::EditedBusiness) || mention.edited_at.is_some() {
        mention.action = Action::Update;
    }
    mention.author = author(&message, chat, way);
    set_place(&mut mention, chat, chat_id, id);
    set_references(&mut mention, &message, chat_id);
    set_words(&mut mention, &message);
    found(mention)
}

/// Whether a message holds nothing but who, where and when.
fn is_bare(text: &str) -> Result<bool, Reject> {
    const ENVELOPE: [Key; 6] = [Key::MessageId, Key::From, Key::Chat, Key::Date, Key::SenderChat, Key::Text];
    let outline = json::outline(text)?;
    let known = ENVELOPE.into_iter().filter(|key| outline.has(*key)).count();
    Ok(usize::try_from(outline.key_count).is_ok_and(|count| count == known))
}

/// A channel or an anonymous admin speaks as a chat; a channel's own posts need not say so.
fn author(message: &Message<'_>, chat: &Chat<'_>, way: Way) -> Option<Author> {
    let user = message.from.as_ref();
    let is_channel = chat.kind.as_ref().is_some_and(|kind| kind.as_str() == "channel");
    let speaks_as = message.sender_chat.as_ref().or(if user.is_none() && is_channel { Some(chat) } else { None });
    if let Some(chat) = speaks_as {
        let (id, handle) = (given_id(chat.id.as_ref()).map(str::to_owned), given(chat.username.as_ref()));
        let url = handle.as_ref().map(|handle| format!("{HOST}/{handle}"));
        return Some(Author { id, handle, name: given(chat.title.as_ref()), url, ..Author::default() });
    }
    let user = user?;
    let (id, handle) = (given_id(user.id.as_ref()), given(user.username.as_ref()));
    let is_business = matches!(way, Way::Business | Way::EditedBusiness);
    let names = [user.first_name.as_ref(), user.last_name.as_ref()];
    let name = names.into_iter().filter_map(given).collect::<Vec<_>>().join(" ");
    Some(Author {
        id: id.map(str::to_owned),
        url: handle.as_ref().map(|handle| format!("{HOST}/{handle}")),
        handle,
        name: Some(name).filter(|name| !name.is_empty()),
        is_bot: user.is_bot,
        // a chat with a customer bears the customer's id
        is_brand: is_business && id != given_id(chat.id.as_ref()),
        ..Author::default()
    })
}

fn set_place(mention: &mut Mention, chat: &Chat<'_>, chat_id: &str, id: &str) {
    let kind = chat.kind.as_ref().map_or("chat", Text::as_str);
    let public_name = given(chat.username.as_ref()).filter(|_| kind != "private");
    if kind == "private" {
        mention.kind = Kind::Dm;
    }
    if public_name.is_none() {
        mention.visibility = Visibility::Private;
    }
    mention.url = public_name.map(|name| format!("{HOST}/{name}/{id}"));
    mention.container =
        Some(Container { kind: kind.to_owned(), id: chat_id.to_owned(), name: given(chat.title.as_ref()) });
}

/// A forward from a channel is a repost of that post; from people it is a post whose source is not told.
fn set_references(mention: &mut Mention, message: &Message<'_>, chat_id: &str) {
    let scoped = |scope: &str, id: &str| mention_id(Platform::Telegram, scope, id);
    let of_origin = |origin: &Origin<'_>| {
        let chat = origin.chat.as_ref().and_then(|chat| given_id(chat.id.as_ref()))?;
        Some(scoped(chat, given_id(origin.message_id.as_ref())?))
    };
    let before = || {
        let chat = message.forward_from_chat.as_ref().and_then(|chat| given_id(chat.id.as_ref()))?;
        Some(scoped(chat, given_id(message.forward_from_message_id.as_ref())?))
    };
    mention.parent_id = message.reply_to_message.as_ref().and_then(|replied| {
        let chat = replied.chat.as_ref().and_then(|chat| given_id(chat.id.as_ref())).unwrap_or(chat_id);
        Some(scoped(chat, given_id(replied.message_id.as_ref())?))
    });
    mention.thread_id = given_id(message.message_thread_id.as_ref()).map(|id| scoped(chat_id, id));
    mention.quoted_id = message.external_reply.as_ref().and_then(of_origin);
    mention.reposted_id = message.forward_origin.as_ref().and_then(of_origin).or_else(before);
    if mention.kind != Kind::Dm {
        mention.kind = match (&mention.reposted_id, &mention.quoted_id, &mention.parent_id) {
            (Some(_), ..) => Kind::Repost,
            (_, Some(_), _) => Kind::Quote,
            (_, _, Some(_)) => Kind::Reply,
            _ => Kind::Post,
        };
    }
}

fn set_words(mention: &mut Mention, message: &Message<'_>) {
    let question = message.poll.as_ref().and_then(|poll| poll.question.as_ref());
    let (raw, marks) = match (&message.text, &message.caption) {
        (Some(text), _) => (text.as_str(), message.entities.as_deref()),
        (None, Some(caption)) => (caption.as_str(), message.caption_entities.as_deref()),
        _ => (question.map_or("", Text::as_str), None),
    };
    let marks = marks.unwrap_or_default();
    let text = Rebased::new(raw, Escapes::Keep, Unit::Utf16, !marks.is_empty());
    let mut entities: Vec<Entity> = marks.iter().take(MAX_ENTITIES).filter_map(|mark| entity(mark, &text)).collect();
    entities.sort_by_key(|entity| (entity.start, entity.end));
    (mention.text, mention.entities) = (text.text, entities);
}

fn entity(mark: &Mark<'_>, text: &Rebased) -> Option<Entity> {
    let start = mark.offset?;
    let range = text.range(start, start.checked_add(mark.length?)?)?;
    let shown = text.slice(range);
    let (kind, value) = match mark.kind.as_ref()?.as_str() {
        "mention" => (EntityKind::Mention, shown.trim_start_matches('@').to_owned()),
        "text_mention" => (EntityKind::Mention, given_id(mark.user.as_ref()?.id.as_ref())?.to_owned()),
        "hashtag" => (EntityKind::Hashtag, tag(shown, '#')),
        "cashtag" => (EntityKind::Cashtag, tag(shown, '$')),
        "url" => (EntityKind::Url, shown.to_owned()),
        "text_link" => (EntityKind::Url, given(mark.url.as_ref())?),
        _ => return None,
    };
    (!value.is_empty()).then_some(Entity { kind, value, start: range.0, end: range.1 })
}

/// The word of a tag, without the channel that it may be bound to (`#word@channel`).
fn tag(shown: &str, sign: char) -> String {
    let word = shown.trim_start_matches(sign);
    word.split_once('@').map_or(word, |(word, _)| word).to_owned()
}

fn media(message: &Message<'_>) -> Vec<Media> {
    let plain = [
        ("photo", message.photo.is_some()),
        ("video", message.video.is_some() || message.video_note.is_some()),
        ("animation", message.animation.is_some()),
        ("audio", message.audio.is_some()),
        ("voice", message.voice.is_some()),
        ("paid_media", message.paid_media.is_some()),
        ("poll", message.poll.is_some()),
    ];
    let of = |kind: &str, alt| Media { kind: kind.to_owned(), url: None, alt };
    let mut media: Vec<Media> = plain.into_iter().filter(|(_, is)| *is).map(|(kind, _)| of(kind, None)).collect();
    if let Some(document) = message.document.as_ref().filter(|_| message.animation.is_none()) {
        media.push(of("document", given(document.file_name.as_ref())));
    }
    media.extend(message.sticker.as_ref().map(|sticker| of("sticker", given(sticker.emoji.as_ref()))));
    media
}
