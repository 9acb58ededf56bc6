//! Discord: dispatches of the gateway, and messages as the REST API gives them, alone or in a list.
//!
//! Ids are snowflakes, unique by themselves. A server's channels are for its members, so a message there is private
//! unless it is a direct one: on the gateway that is a message without a server. A message of the REST API never names
//! its server. An update without a time of editing is a link preview, and the same version as before.

use super::json::{self, Id, Key, Outline, Text, Written, given, given_id, missing};
use super::rebase::MAX_ENTITIES;
use super::{Item, Normalized, Reject, found};
use crate::mention::{
    Action, Author, Container, Counts, Entity, EntityKind, Kind, Media, Mention, Platform, Visibility, mention_id,
};
use serde::Deserialize;
use serde_json::value::RawValue;

const SHAPE: &str = "discord";
const HOST: &str = "https://discord.com/channels";
/// Most attachments kept of one message.
const MAX_MEDIA: usize = 64;
/// Most deletes that one dispatch may hold.
const MAX_DELETED: usize = 1_000;
/// Types of messages that somebody wrote: plain, reply, command, start of a thread, context menu command.
const WRITTEN: [i64; 5] = [0, 19, 20, 21, 23];

#[derive(Deserialize)]
struct Dispatch<'a> {
    op: Option<i64>,
    #[serde(borrow)]
    t: Option<Text<'a>>,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Gone<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    ids: Option<Vec<Id<'a>>>,
    #[serde(borrow)]
    channel_id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    channel_id: Option<Id<'a>>,
    #[serde(borrow)]
    guild_id: Option<Id<'a>>,
    #[serde(rename = "type")]
    kind: Option<i64>,
    #[serde(borrow)]
    author: Option<User<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(default)]
    timestamp: Written,
    #[serde(default)]
    edited_timestamp: Written,
    #[serde(borrow)]
    mentions: Option<Vec<User<'a>>>,
    #[serde(borrow)]
    message_reference: Option<Reference<'a>>,
    #[serde(borrow)]
    message_snapshots: Option<Vec<Snapshot<'a>>>,
    #[serde(borrow)]
    attachments: Option<Vec<Attachment<'a>>>,
    reactions: Option<Vec<Reaction>>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
    #[serde(borrow)]
    global_name: Option<Text<'a>>,
    bot: Option<bool>,
}

/// The message replied to (type 0) or passed on (type 1).
#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(rename = "type")]
    kind: Option<i64>,
    #[serde(borrow)]
    message_id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Snapshot<'a> {
    #[serde(borrow)]
    message: Option<Quoted<'a>>,
}

#[derive(Deserialize)]
struct Quoted<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Attachment<'a> {
    #[serde(borrow)]
    content_type: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    filename: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Reaction {
    count: Option<i64>,
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if !outline.has(Key::Op) {
        items.push(read_message(text, false, false));
        return Ok(());
    }
    let dispatch: Dispatch<'_> = json::parse(text, SHAPE)?;
    if dispatch.op != Some(0) {
        items.push(Ok(Normalized::NotContent("gateway")));
        return Ok(());
    }
    let kind = dispatch.t.as_ref().map(Text::as_str).ok_or_else(|| missing("t"))?;
    let payload = || dispatch.d.map(RawValue::get).ok_or_else(|| missing("d"));
    match kind {
        "MESSAGE_CREATE" => items.push(read_message(payload()?, true, false)),
        "MESSAGE_UPDATE" => items.push(read_message(payload()?, true, true)),
        "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK" => read_gone(payload()?, items)?,
        _ => items.push(Ok(Normalized::NotContent(not_content(kind)))),
    }
    Ok(())
}

fn not_content(kind: &str) -> &'static str {
    match kind {
        _ if kind.starts_with("MESSAGE_REACTION") => "reaction",
        _ if kind.starts_with("MESSAGE_POLL") => "poll",
        _ if kind.starts_with("GUILD_MEMBER") => "membership",
        _ if kind.starts_with("GUILD") || kind.starts_with("CHANNEL") || kind.starts_with("THREAD") => "server",
        "TYPING_START" | "PRESENCE_UPDATE" => "presence",
        "READY" | "RESUMED" => "gateway",
        _ => "unknown_type",
    }
}

fn read_gone(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let gone: Gone<'_> = json::parse(text, SHAPE)?;
    let ids: Vec<&str> = gone.id.iter().chain(gone.ids.iter().flatten()).filter_map(Id::given).collect();
    if ids.is_empty() {
        return Err(missing("d.id"));
    }
    for id in ids.into_iter().take(MAX_DELETED) {
        let mut mention = Mention::new(Platform::Discord, "", id);
        (mention.action, mention.visibility) = (Action::Delete, Visibility::Private);
        mention.container = container(gone.channel_id.as_ref());
        items.push(found(mention));
    }
    Ok(())
}

fn container(channel: Option<&Id<'_>>) -> Option<Container> {
    given_id(channel).map(|id| Container { kind: "channel".to_owned(), id: id.to_owned(), name: None })
}

fn read_message(text: &str, is_live: bool, is_update: bool) -> Item {
    let message: Message<'_> = json::parse(text, SHAPE)?;
    let id = given_id(message.id.as_ref()).ok_or_else(|| missing("id"))?;
    if !WRITTEN.contains(&message.kind.unwrap_or(0)) {
        return Ok(Normalized::NotContent("system"));
    }
    if is_update && message.content.is_none() {
        // an update may tell only what has changed, such as a preview
        return Ok(Normalized::NotContent("partial_update"));
    }
    let mut mention = Mention::new(Platform::Discord, "", id);
    mention.created_at = Some(message.timestamp.0.ok_or_else(|| missing("timestamp"))?);
    mention.edited_at = message.edited_timestamp.0;
    if mention.edited_at.is_some() {
        mention.action = Action::Update;
    }
    mention.author = message.author.as_ref().map(author);
    set_place(&mut mention, &message, id, is_live);
    set_references(&mut mention, message.message_reference.as_ref());
    set_words(&mut mention, &message)?;
    mention.media = media(message.attachments.as_deref().unwrap_or_default());
    let reactions = message.reactions.as_ref();
    let likes = reactions.map(|all| all.iter().filter_map(|one| one.count).fold(0, i64::saturating_add));
    mention.counts = Counts { likes, ..Counts::default() };
    found(mention)
}

fn author(user: &User<'_>) -> Author {
    Author {
        id: given_id(user.id.as_ref()).map(str::to_owned),
        handle: given(user.username.as_ref()),
        name: given(user.global_name.as_ref()),
        is_bot: user.bot,
        ..Author::default()
    }
}

fn set_place(mention: &mut Mention, message: &Message<'_>, id: &str, is_live: bool) {
    let (guild, channel) = (given_id(message.guild_id.as_ref()), given_id(message.channel_id.as_ref()));
    mention.container = container(message.channel_id.as_ref());
    mention.visibility = Visibility::Private;
    if is_live && guild.is_none() {
        (mention.kind, mention.visibility) = (Kind::Dm, Visibility::Direct);
    }
    let place = guild.or((mention.kind == Kind::Dm).then_some("@me"));
    mention.url = place.zip(channel).map(|(place, channel)| format!("{HOST}/{place}/{channel}/{id}"));
}

fn set_references(mention: &mut Mention, reference: Option<&Reference<'_>>) {
    let Some(reference) = reference else { return };
    let id = given_id(reference.message_id.as_ref()).map(|id| mention_id(Platform::Discord, "", id));
    let kind = if reference.kind == Some(1) {
        mention.reposted_id = id;
        Kind::Repost
    } else {
        mention.parent_id = id;
        Kind::Reply
    };
    if mention.kind != Kind::Dm {
        mention.kind = kind;
    }
}

/// What was passed on has no words of its own: those of the original stand in its snapshot.
fn set_words(mention: &mut Mention, message: &Message<'_>) -> Result<(), Reject> {
    let own = message.content.as_ref().ok_or_else(|| missing("content"))?;
    let passed_on = message.message_snapshots.as_ref().and_then(|all| all.first()?.message.as_ref()?.content.as_ref());
    let text = passed_on.filter(|_| own.as_str().is_empty()).unwrap_or(own);
    mention.text = json::without_nul(text.as_str());
    mention.entities = mentions(&mention.text, message.mentions.as_deref().unwrap_or_default());
    mention.entities.extend(super::reddit::links(&mention.text));
    mention.entities.sort_by_key(|entity| (entity.start, entity.end));
    mention.entities.truncate(MAX_ENTITIES);
    Ok(())
}

/// `<@id>` and `<@!id>` as they stand in the text, by name where the message tells it.
fn mentions(text: &str, users: &[User<'_>]) -> Vec<Entity> {
    let entity = |(at, _): (usize, &str)| {
        let rest = text.get(at + "<@".len()..)?;
        let id = rest.get(..rest.find('>')?)?.trim_start_matches('!');
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let end = at + "<@".len() + rest.find('>')? + 1;
        let user = users.iter().find(|user| given_id(user.id.as_ref()) == Some(id));
        let value = user.and_then(|user| given(user.username.as_ref())).unwrap_or_else(|| id.to_owned());
        let (start, end) = (u32::try_from(at).ok()?, u32::try_from(end).ok()?);
        is_id.then_some(Entity { kind: EntityKind::Mention, value, start, end })
    };
    text.match_indices("<@").take(MAX_ENTITIES).filter_map(entity).collect()
}

fn media(attachments: &[Attachment<'_>]) -> Vec<Media> {
    let one = |attachment: &Attachment<'_>| {
        let kind = attachment.content_type.as_ref().map_or("file", Text::as_str);
        Media {
            kind: kind.split('/').next().unwrap_or(kind).to_owned(),
            url: given(attachment.url.as_ref()),
            alt: given(attachment.description.as_ref()).or_else(|| given(attachment.filename.as_ref())),
        }
    };
    attachments.iter().take(MAX_MEDIA).map(one).collect()
}
