//! WhatsApp Cloud API: webhook deliveries with messages, echoes of what the business wrote, and receipts.
//!
//! Every message is between a person and the business: direct, and never public. Authors are phone numbers; they leave
//! here as given, and triage hashes them before anything is decided or written. An edit and a revocation name the first
//! message; an edit tells its own time alone.

use super::change::Change;
use super::json::{self, Id, Key, Outline, SECONDS, Text, Time, given, given_id, missing};
use super::{Item, Normalized, Reject, found, item};
use crate::mention::{Action, Author, Container, Kind, Media, Mention, Platform, Timestamp, Visibility, mention_id};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const SHAPE: &str = "whatsapp";

#[derive(Deserialize)]
struct Delivery<'a> {
    #[serde(borrow)]
    entry: Option<Vec<Entry<'a>>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: Option<Vec<Change<'a>>>,
}

#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    contacts: Option<Vec<Contact<'a>>>,
    #[serde(borrow)]
    messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    message_echoes: Option<Vec<&'a RawValue>>,
    statuses: Option<Vec<IgnoredAny>>,
    errors: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    display_phone_number: Option<Text<'a>>,
    #[serde(borrow)]
    phone_number_id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Contact<'a> {
    #[serde(borrow)]
    wa_id: Option<Id<'a>>,
    #[serde(borrow)]
    user_id: Option<Id<'a>>,
    #[serde(borrow)]
    profile: Option<Profile<'a>>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    /// Left out for people who hide their number; then there is the id of the user.
    #[serde(borrow)]
    from: Option<Id<'a>>,
    #[serde(borrow)]
    from_user_id: Option<Id<'a>>,
    #[serde(default)]
    timestamp: Time<SECONDS>,
    #[serde(borrow)]
    context: Option<Context<'a>>,
    #[serde(borrow)]
    edit: Option<Earlier<'a>>,
    #[serde(borrow)]
    revoke: Option<Earlier<'a>>,
}

/// An edit or a revocation of an earlier message.
#[derive(Deserialize)]
struct Earlier<'a> {
    #[serde(borrow)]
    original_message_id: Option<Id<'a>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
}

/// What a message says, by its type.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<TextBody<'a>>,
    #[serde(borrow)]
    image: Option<Attached<'a>>,
    #[serde(borrow)]
    video: Option<Attached<'a>>,
    #[serde(borrow)]
    audio: Option<Attached<'a>>,
    #[serde(borrow)]
    document: Option<Attached<'a>>,
    #[serde(borrow)]
    sticker: Option<Attached<'a>>,
    #[serde(borrow)]
    button: Option<Button<'a>>,
    #[serde(borrow)]
    interactive: Option<Interactive<'a>>,
    #[serde(borrow)]
    order: Option<Order<'a>>,
}

#[derive(Deserialize)]
struct TextBody<'a> {
    #[serde(borrow)]
    body: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Attached<'a> {
    #[serde(borrow)]
    caption: Option<Text<'a>>,
    #[serde(borrow)]
    filename: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Button<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Interactive<'a> {
    #[serde(borrow)]
    button_reply: Option<Chosen<'a>>,
    #[serde(borrow)]
    list_reply: Option<Chosen<'a>>,
}

#[derive(Deserialize)]
struct Chosen<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

/// Reads one document: a delivery, or the value of one of its changes, as some bridges pass it on.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if outline.has(Key::MessagingProduct) {
        return read_value(text, items);
    }
    let delivery: Delivery<'_> = json::parse(text, SHAPE)?;
    let entries = delivery.entry.ok_or_else(|| missing("entry"))?;
    for change in entries.into_iter().filter_map(|entry| entry.changes).flatten() {
        item(items, |items| read_change(&change, items));
    }
    Ok(())
}

fn read_change(change: &Change<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    match change.field() {
        "messages" | "smb_message_echoes" | "standby" => read_value(change.value()?, items),
        // what happens to the account, its templates and its numbers
        _ => {
            items.push(Ok(Normalized::NotContent("account_notice")));
            Ok(())
        }
    }
}

fn read_value(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let value: Value<'_> = json::parse(text, SHAPE)?;
    let before = items.len();
    for (messages, is_echo) in [(&value.messages, false), (&value.message_echoes, true)] {
        for message in messages.iter().flatten() {
            items.push(read_message(message.get(), &value, is_echo));
        }
    }
    items.extend(value.statuses.iter().flatten().map(|_| Ok(Normalized::NotContent("receipt"))));
    if items.len() == before {
        let what = if value.errors.is_some() { "error" } else { "unknown_type" };
        items.push(Ok(Normalized::NotContent(what)));
    }
    Ok(())
}

fn read_message(text: &str, value: &Value<'_>, is_echo: bool) -> Item {
    let message: Message<'_> = json::parse(text, SHAPE)?;
    let body: Body<'_> = json::parse(text, SHAPE)?;
    let kind = body.kind.as_ref().map(Text::as_str).ok_or_else(|| missing("type"))?;
    if let Some(what) = not_content(kind) {
        return Ok(Normalized::NotContent(what));
    }
    let at = message.timestamp.0.ok_or_else(|| missing("timestamp"))?;
    let change = match kind {
        "edit" => Some(message.edit.as_ref().ok_or_else(|| missing("edit"))?),
        "revoke" => Some(message.revoke.as_ref().ok_or_else(|| missing("revoke"))?),
        _ => None,
    };
    let id = change.map_or(message.id.as_ref(), |change| change.original_message_id.as_ref());
    let mut mention = Mention::new(Platform::Whatsapp, "", given_id(id).ok_or_else(|| missing("id"))?);
    (mention.kind, mention.visibility) = (Kind::Dm, Visibility::Direct);
    mention.author = author(&message, value, is_echo);
    mention.container = value.metadata.as_ref().and_then(container);
    mention.parent_id = message
        .context
        .as_ref()
        .and_then(|context| given_id(context.id.as_ref()))
        .map(|id| mention_id(Platform::Whatsapp, "", id));
    match (kind, change) {
        ("revoke", _) => (mention.action, mention.deleted_at) = (Action::Delete, Some(at)),
        (_, Some(edit)) => set_edit(&mut mention, edit, at)?,
        _ => {
            mention.created_at = Some(at);
            set_words(&mut mention, &body, kind)?;
        }
    }
    found(mention)
}

/// When the message was first sent is not told again: the time of the edit is the only one there is.
fn set_edit(mention: &mut Mention, edit: &Earlier<'_>, at: Timestamp) -> Result<(), Reject> {
    let body: Body<'_> = json::parse(edit.message.ok_or_else(|| missing("edit.message"))?.get(), SHAPE)?;
    let kind = body.kind.as_ref().map(Text::as_str).ok_or_else(|| missing("edit.message.type"))?;
    (mention.action, mention.created_at, mention.edited_at) = (Action::Update, Some(at), Some(at));
    set_words(mention, &body, kind)
}

fn not_content(kind: &str) -> Option<&'static str> {
    match kind {
        "reaction" => Some("reaction"),
        "system" | "request_welcome" => Some("system"),
        "unsupported" | "unknown" | "errors" => Some("unsupported"),
        "text" | "image" | "video" | "audio" | "voice" | "document" | "sticker" | "location" | "contacts"
        | "button" | "interactive" | "order" | "edit" | "revoke" => None,
        _ => Some("unknown_type"),
    }
}

/// Who wrote: the customer, or the business itself in an echo.
fn author(message: &Message<'_>, value: &Value<'_>, is_echo: bool) -> Option<Author> {
    let from = given_id(message.from.as_ref()).or_else(|| given_id(message.from_user_id.as_ref()));
    let contact = value.contacts.iter().flatten().find(|contact| {
        let ids = [given_id(contact.wa_id.as_ref()), given_id(contact.user_id.as_ref())];
        !is_echo && from.is_some() && ids.contains(&from)
    });
    let id = from.map(str::to_owned);
    let profile = contact.and_then(|contact| contact.profile.as_ref());
    let (handle, name) = profile.map_or((None, None), |p| (given(p.username.as_ref()), given(p.name.as_ref())));
    (id.is_some() || name.is_some()).then(|| Author { id, handle, name, is_brand: is_echo, ..Author::default() })
}

/// The number of the business that was written to.
fn container(metadata: &Metadata<'_>) -> Option<Container> {
    let id = given_id(metadata.phone_number_id.as_ref())?.to_owned();
    Some(Container { kind: "number".to_owned(), id, name: given(metadata.display_phone_number.as_ref()) })
}

/// Media may have no words; whoever writes or chooses must say what.
fn set_words(mention: &mut Mention, body: &Body<'_>, kind: &str) -> Result<(), Reject> {
    let interactive = body.interactive.as_ref();
    let chosen = interactive.and_then(|chosen| chosen.button_reply.as_ref().or(chosen.list_reply.as_ref()));
    let attached = match kind {
        "image" => body.image.as_ref(),
        "video" => body.video.as_ref(),
        "audio" | "voice" => body.audio.as_ref(),
        "document" => body.document.as_ref(),
        "sticker" => body.sticker.as_ref(),
        _ => None,
    };
    let words = match kind {
        "text" => Some(body.text.as_ref().and_then(|text| text.body.as_ref()).ok_or_else(|| missing("text.body"))?),
        "button" => {
            Some(body.button.as_ref().and_then(|button| button.text.as_ref()).ok_or_else(|| missing("button.text"))?)
        }
        // a form that was filled in has no title
        "interactive" => chosen.and_then(|chosen| chosen.title.as_ref()),
        "order" => body.order.as_ref().and_then(|order| order.text.as_ref()),
        _ => attached.and_then(|attached| attached.caption.as_ref()),
    };
    mention.text = words.map(|words| json::without_nul(words.as_str())).unwrap_or_default();
    if !matches!(kind, "text" | "button" | "interactive") {
        let alt = attached.and_then(|attached| given(attached.filename.as_ref()));
        mention.media.push(Media { kind: kind.to_owned(), url: None, alt });
    }
    Ok(())
}
