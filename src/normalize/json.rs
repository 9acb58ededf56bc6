//! Guards before parsing, and the field types that payload structs are made of.
//!
//! [`outline`] looks once over the whole document: how deep it is and which keys stand at the top. The typed structs
//! of the platforms then read only what they need, borrowed; serde's derive rejects a key that stands twice, a wrong
//! type, a number out of range and a lone surrogate in those fields, and skips everything else. Nothing here keeps
//! text of a payload in an error.

use super::time;
use super::{Reason, Reject};
use crate::mention::Timestamp;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Deepest nesting that is accepted, in the whole document.
pub(super) const MAX_DEPTH: usize = 128;

const BAD_TIME: &str = "unreadable time";
const BAD_NUMBER: &str = "number out of range";

macro_rules! keys {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Keys at the top of a document that tell shapes and message types apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Key { $($name),+ }

        impl Key {
            fn parse(name: &[u8]) -> Option<Self> {
                $(if name == $text.as_bytes() { return Some(Self::$name); })+
                None
            }
        }
    };
}

keys! {
    Data = "data", Kind = "kind", Did = "did", Commit = "commit", Identity = "identity", Account = "account",
    TimeUs = "time_us", Content = "content", Event = "event", Payload = "payload", Stream = "stream",
    Status = "status", Statuses = "statuses", Visibility = "visibility", SpoilerText = "spoiler_text",
    Reblog = "reblog", LastStatus = "last_status", Ancestors = "ancestors", Descendants = "descendants",
    Accounts = "accounts", Type = "type", Includes = "includes", MatchingRules = "matching_rules", Errors = "errors",
    Meta = "meta", Title = "title", IdStr = "id_str", User = "user", Text = "text", FullText = "full_text",
    SearchMetadata = "search_metadata", Delete = "delete", ScrubGeo = "scrub_geo", Limit = "limit",
    Disconnect = "disconnect", Warning = "warning", StatusWithheld = "status_withheld",
    UserWithheld = "user_withheld", ForUserId = "for_user_id", Friends = "friends", FriendsStr = "friends_str",
    Control = "control", Drop = "drop", Undrop = "undrop", Info = "info", UserDelete = "user_delete",
    UserUndelete = "user_undelete", UserProtect = "user_protect", UserUnprotect = "user_unprotect",
    UserSuspend = "user_suspend", UserUnsuspend = "user_unsuspend", TweetEdit = "tweet_edit", Target = "target",
    DirectMessage = "direct_message", Announcement = "announcement",
    UserProfile = "user_profile_modification", UpdateId = "update_id", Message = "message",
    EditedMessage = "edited_message", ChannelPost = "channel_post", EditedChannelPost = "edited_channel_post",
    BusinessMessage = "business_message", Ok = "ok", Result = "result", ErrorCode = "error_code", Object = "object",
    Entry = "entry", MessagingProduct = "messaging_product", MessageId = "message_id", From = "from", Chat = "chat",
    Date = "date", SenderChat = "sender_chat", Op = "op", T = "t", D = "d", ChannelId = "channel_id",
    Author = "author", CreatedTime = "created_time", PermalinkUrl = "permalink_url", Permalink = "permalink",
    Story = "story", MediaType = "media_type", Username = "username", SentAt = "timestamp",
}

/// What stands at the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Blank,
    Object,
    Array,
    Scalar,
}

/// What one look over a document shows; it says nothing about its being valid JSON.
#[derive(Debug, Clone)]
pub(super) struct Outline<'a> {
    pub root: Root,
    /// How many keys the root object has.
    pub key_count: u32,
    keys: u128,
    /// First byte of the value of `data`, 0 without one.
    pub data: u8,
    /// The value of `kind` where it is a string without escapes.
    pub kind: &'a str,
    /// The value of `object` where it is a string without escapes.
    pub object: &'a str,
}

impl Outline<'_> {
    /// Whether the root object has `key`.
    pub fn has(&self, key: Key) -> bool {
        self.keys & (1 << key as u8) != 0
    }

    /// Whether the root object has any of `keys`.
    pub fn has_any(&self, keys: &[Key]) -> bool {
        keys.iter().any(|&key| self.has(key))
    }
}

/// Looks once over the whole document, in time linear in its length.
///
/// # Errors
/// [`Reason::TooDeep`] past [`MAX_DEPTH`] open brackets.
pub(super) fn outline(text: &str) -> Result<Outline<'_>, Reject> {
    let bytes = text.as_bytes();
    let mut seen = Outline { root: root(bytes), key_count: 0, keys: 0, data: 0, kind: "", object: "" };
    let (mut at, mut depth, mut key_next) = (0, 0usize, false);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                if key_next && depth == 1 {
                    key_next = false;
                    note_key(text, at + 1, end, &mut seen);
                }
                at = end;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Reject::new(Reason::TooDeep, format!("byte {at}")));
                }
                key_next = depth == 1 && byte == b'{';
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => key_next = depth == 1 && seen.root == Root::Object,
            _ => {}
        }
        at += 1;
    }
    Ok(seen)
}

fn root(bytes: &[u8]) -> Root {
    match bytes.iter().find(|byte| !is_space(**byte)) {
        None => Root::Blank,
        Some(b'{') => Root::Object,
        Some(b'[') => Root::Array,
        Some(_) => Root::Scalar,
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Index of the quote that closes the string starting at `at`, or the length.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at += plain_run(bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at,
            _ => return bytes.len(),
        }
    }
}

/// How many bytes come before the first quote or backslash, eight at a time.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let holds = |word: u64, byte: u8| {
        let x = word ^ (ONES * u64::from(byte));
        x.wrapping_sub(ONES) & !x & (ONES << 7)
    };
    let mut run = 0;
    for chunk in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*chunk);
        let hits = holds(word, b'"') | holds(word, b'\\');
        if hits != 0 {
            return run + (hits.trailing_zeros() / 8) as usize;
        }
        run += 8;
    }
    let rest = bytes.get(run..).unwrap_or_default();
    run + rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len())
}

fn note_key<'a>(text: &'a str, start: usize, end: usize, seen: &mut Outline<'a>) {
    seen.key_count = seen.key_count.saturating_add(1);
    let bytes = text.as_bytes();
    let Some(key) = bytes.get(start..end).and_then(Key::parse) else { return };
    seen.keys |= 1 << key as u8;
    if !matches!(key, Key::Data | Key::Kind | Key::Object) {
        return;
    }
    let rest = bytes.get(end + 1..).unwrap_or_default();
    let Some(skip) = rest.iter().position(|byte| !is_space(*byte) && *byte != b':') else { return };
    let at = end + 1 + skip;
    match key {
        Key::Data if seen.data == 0 => seen.data = bytes[at],
        Key::Kind if seen.kind.is_empty() && bytes[at] == b'"' => {
            seen.kind = text.get(at + 1..string_end(bytes, at + 1)).unwrap_or_default();
        }
        Key::Object if seen.object.is_empty() && bytes[at] == b'"' => {
            seen.object = text.get(at + 1..string_end(bytes, at + 1)).unwrap_or_default();
        }
        _ => {}
    }
}

/// Parses `text` as `T`; `what` names the shape in the detail of a reject.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, Reject> {
    serde_json::from_str(text).map_err(|error| reject(&error, what))
}

/// Whether `text` is JSON at all.
pub(super) fn check(text: &str) -> Result<(), Reject> {
    parse::<IgnoredAny>(text, "document").map(drop)
}

/// The elements of a JSON array.
pub(super) fn elements(text: &str) -> Result<Vec<&RawValue>, Reject> {
    parse(text, "array")
}

/// A reject for a mandatory field that is missing or null.
pub(super) fn missing(field: &str) -> Reject {
    Reject::new(Reason::MissingField, field)
}

/// The message of a serde error may quote the payload: only its kind, its place and our own field name leave here.
fn reject(error: &serde_json::Error, what: &str) -> Reject {
    let message = error.to_string();
    let reason = reason(error, &message);
    let place = format!("line {} column {}", error.line(), error.column());
    let detail = match (reason, message.split('`').nth(1)) {
        (Reason::DuplicateKey | Reason::MissingField, Some(field)) => format!("{what}, field {field}, {place}"),
        _ => format!("{what}, {place}"),
    };
    Reject::new(reason, detail)
}

fn reason(error: &serde_json::Error, message: &str) -> Reason {
    use serde_json::error::Category;
    const BY_MESSAGE: [(&str, Reason); 9] = [
        (BAD_TIME, Reason::BadTime),
        (BAD_NUMBER, Reason::NumberRange),
        ("invalid value: integer", Reason::NumberRange),
        ("invalid value: floating", Reason::NumberRange),
        ("duplicate field", Reason::DuplicateKey),
        ("missing field", Reason::MissingField),
        ("lone leading surrogate", Reason::LoneSurrogate),
        ("unexpected end of hex escape", Reason::LoneSurrogate),
        ("invalid unicode code point", Reason::LoneSurrogate),
    ];
    if let Some((_, reason)) = BY_MESSAGE.iter().find(|(start, _)| message.starts_with(start)) {
        return *reason;
    }
    match error.classify() {
        Category::Eof => Reason::Truncated,
        Category::Data => Reason::WrongType,
        Category::Syntax | Category::Io => Reason::NotJson,
    }
}

/// A string, borrowed from the payload where it holds no escapes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// An id given as a string or as an integer; printed as given, never through a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id<'a>(pub Cow<'a, str>);

impl Id<'_> {
    /// The id, unless it is empty.
    pub fn given(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl<'de> Visitor<'de> for IdVisitor {
            type Value = Id<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an integer")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Id<'de>, E> {
                Ok(Id(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id<'de>, E> {
                Ok(Id(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id<'de>, E> {
                Ok(Id(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id<'de>, E> {
                Ok(Id(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Id<'de>, E> {
                Err(E::custom(BAD_NUMBER))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// Seconds, as [`Time`] reads bare numbers.
pub(super) const SECONDS: u32 = 1;
/// Milliseconds.
pub(super) const MILLIS: u32 = 1_000;
/// Microseconds.
pub(super) const MICROS: u32 = 1_000_000;

/// A point in time in any of the written forms of [`time::parse`], or a number (also as a string) of 1/`PER_SECOND`
/// seconds since 1970 (no number, if that is 0). Absent, null and the empty string are `None`; anything else unreadable is an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Time<const PER_SECOND: u32>(pub Option<Timestamp>);

/// A time that is always written out, never a number.
pub(super) type Written = Time<0>;

impl<'de, const PER_SECOND: u32> Deserialize<'de> for Time<PER_SECOND> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor(i64);
        impl<'de> Visitor<'de> for TimeVisitor {
            type Value = Option<Timestamp>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Timestamp>, E> {
                if text.is_empty() {
                    return Ok(None);
                }
                time::parse(text, self.0).map(Some).ok_or_else(|| E::custom(BAD_TIME))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<Timestamp>, E> {
                time::from_units(number, self.0).map(Some).ok_or_else(|| E::custom(BAD_TIME))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Timestamp>, E> {
                i64::try_from(number).map_err(|_| E::custom(BAD_TIME)).and_then(|number| self.visit_i64(number))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<Timestamp>, E> {
                time::from_float(number, self.0).map(Some).ok_or_else(|| E::custom(BAD_TIME))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Option<Timestamp>, E> {
                Ok(None)
            }
        }
        deserializer.deserialize_any(TimeVisitor(i64::from(PER_SECOND))).map(Time)
    }
}

/// Every NUL becomes U+FFFD: it is legal JSON and illegal almost everywhere else.
pub(super) fn without_nul(text: &str) -> String {
    if text.as_bytes().contains(&0) { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// A text that is there and not empty.
pub(super) fn given(text: Option<&Text<'_>>) -> Option<String> {
    text.map(Text::as_str).filter(|text| !text.is_empty()).map(without_nul)
}

/// The id, where it is there and not empty.
pub(super) fn given_id<'a>(id: Option<&'a Id<'_>>) -> Option<&'a str> {
    id.and_then(Id::given)
}

/// A language tag as given; `und` and its like, and what is no tag at all, are `None`.
pub(super) fn language(text: Option<&Text<'_>>) -> Option<String> {
    let tag = text?.as_str();
    let is_tag =
        (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    // qaa to qtz are private use: X marks texts of emoji, links or tags alone with them
    let is_unknown = matches!(tag, "und" | "zxx" | "mis" | "mul" | "art") || (tag.len() == 3 && tag.starts_with('q'));
    (is_tag && !is_unknown).then(|| tag.replace('_', "-"))
}
