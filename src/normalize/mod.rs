//! Payload → mentions, "nothing to extract", or a reject with its reason.
//!
//! One raw record holds any number of mentions, so [`normalize`] returns a list, never empty, in payload order. A bad
//! item of a batch is rejected under its index and the good ones are kept. Values only: no I/O, no clock, and no text
//! of a payload in a reject.
//!
//! A platform is one file with one `read` function. To add one: the file, its [`shape::Shape`] with the keys that tell
//! it apart, and its line in [`read`].

mod bluesky;
mod change;
mod discord;
mod entities;
mod fills;
mod html;
mod json;
mod mastodon;
mod meta;
mod rebase;
mod reddit;
mod shape;
mod telegram;
mod time;
mod whatsapp;
mod x;
mod x_v1;
mod x_v1_notices;
mod x_v2;
mod x_v2_events;

#[cfg(test)]
mod tests;

pub use fills::{Fills, fills};

use crate::mention::{Mention, Platform};
use json::{Outline, Root};
use shape::Shape;
use std::fmt;

/// The largest payload that is read, in bytes. Kafka's own default limit is 1 MiB; API pages can be larger.
pub const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024;

/// Platforms whose payloads are read.
pub const PLATFORMS: [Platform; 9] = [
    Platform::X,
    Platform::Mastodon,
    Platform::Bluesky,
    Platform::Reddit,
    Platform::Telegram,
    Platform::Whatsapp,
    Platform::Discord,
    Platform::Facebook,
    Platform::Instagram,
];

/// What one item of a payload turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalized {
    /// Content, an edit, a delete, or an author's action (`action` says which).
    Mention(Box<Mention>),
    /// Well formed, with nothing to extract; says what it was (`like`, `identity`, …), fit for a metric label.
    NotContent(&'static str),
}

/// Why an item could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Reject {
    /// The kind of trouble, fit for a metric label.
    pub reason: Reason,
    /// Where it is: a field or a line and column. Never text of the payload.
    pub detail: String,
    /// Place within the batch, from 0.
    pub index: u32,
}

impl Reject {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), index: 0 }
    }
}

/// Kinds of trouble. Names are stable: they are metric labels and dead-letter reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Larger than [`MAX_PAYLOAD_BYTES`].
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Nested deeper than 128 levels.
    TooDeep,
    /// No bytes, white space only, or an empty object.
    Empty,
    /// JSON that ends too early.
    Truncated,
    /// Not JSON.
    NotJson,
    /// A field that is read has another JSON type than it must.
    WrongType,
    /// A time that cannot be read.
    BadTime,
    /// A key that is read stands twice in one object.
    DuplicateKey,
    /// Half of a surrogate pair in a text that is read.
    LoneSurrogate,
    /// A number that does not fit the field it is in.
    NumberRange,
    /// A field that the type must have is missing or null.
    MissingField,
    /// JSON in which nothing of the platform can be recognised.
    UnknownShape,
    /// There is no normaliser for the platform yet.
    UnsupportedPlatform,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::TooLarge,
        Self::NotUtf8,
        Self::TooDeep,
        Self::Empty,
        Self::Truncated,
        Self::NotJson,
        Self::WrongType,
        Self::BadTime,
        Self::DuplicateKey,
        Self::LoneSurrogate,
        Self::NumberRange,
        Self::MissingField,
        Self::UnknownShape,
        Self::UnsupportedPlatform,
    ];

    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::TooDeep => "too_deep",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::NotJson => "not_json",
            Self::WrongType => "wrong_type",
            Self::BadTime => "bad_time",
            Self::DuplicateKey => "duplicate_key",
            Self::LoneSurrogate => "lone_surrogate",
            Self::NumberRange => "number_range",
            Self::MissingField => "missing_field",
            Self::UnknownShape => "unknown_shape",
            Self::UnsupportedPlatform => "unsupported_platform",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One item of a payload, or why it could not be read.
pub type Item = Result<Normalized, Reject>;

/// Reads one raw payload. Never empty; the place in the list is the place in the batch.
///
/// With a `platform` its shapes alone are tried (for X: API v2, v1.1 and their notices); with `None` the shape decides.
/// A JSON array at the root is a batch of payloads.
#[must_use]
pub fn normalize(platform: Option<Platform>, value: &[u8]) -> Vec<Item> {
    let mut items = Vec::with_capacity(1);
    if let Err(reject) = document(platform, value, &mut items) {
        items.clear();
        items.push(Err(reject));
    }
    if items.is_empty() {
        items.push(Ok(Normalized::NotContent("empty_page")));
    }
    for (index, item) in items.iter_mut().enumerate() {
        if let Err(reject) = item {
            reject.index = u32::try_from(index).unwrap_or(u32::MAX);
        }
    }
    items
}

/// The platform a payload comes from, by its shape; `None` when it cannot be told.
#[must_use]
pub fn detect(value: &[u8]) -> Option<Platform> {
    let text = std::str::from_utf8(value).ok()?;
    let outline = json::outline(text).ok()?;
    match outline.root {
        Root::Object => shape::detect(&outline).map(Shape::platform),
        Root::Array => {
            let first = json::elements(text).ok()?.first()?.get();
            shape::detect(&json::outline(first).ok()?).map(Shape::platform)
        }
        Root::Blank | Root::Scalar => None,
    }
}

fn document(platform: Option<Platform>, value: &[u8], items: &mut Vec<Item>) -> Result<(), Reject> {
    if value.len() > MAX_PAYLOAD_BYTES {
        return Err(Reject::new(Reason::TooLarge, format!("{} bytes", value.len())));
    }
    let text = std::str::from_utf8(value)
        .map_err(|error| Reject::new(Reason::NotUtf8, format!("byte {}", error.valid_up_to())))?;
    if let Some(platform) = platform
        && !shape::is_supported(platform)
    {
        return Err(Reject::new(Reason::UnsupportedPlatform, platform.as_str()));
    }
    let outline = json::outline(text)?;
    match outline.root {
        // X keeps its streams open with blank lines
        Root::Blank if platform == Some(Platform::X) => items.push(Ok(Normalized::NotContent("heartbeat"))),
        Root::Blank => return Err(Reject::new(Reason::Empty, "no bytes")),
        Root::Object => object(platform, text, &outline, items)?,
        Root::Array => {
            for element in json::elements(text)? {
                item(items, |items| element_of(platform, element.get(), items));
            }
        }
        Root::Scalar => {
            json::check(text)?;
            return Err(Reject::new(Reason::WrongType, "root is neither an object nor an array"));
        }
    }
    Ok(())
}

/// Runs `read` for one item of a batch, so that its trouble stays its own.
fn item(items: &mut Vec<Item>, read: impl FnOnce(&mut Vec<Item>) -> Result<(), Reject>) {
    let before = items.len();
    if let Err(reject) = read(items) {
        items.truncate(before);
        items.push(Err(reject));
    }
}

fn element_of(platform: Option<Platform>, text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let outline = json::outline(text)?;
    if outline.root != Root::Object {
        return Err(Reject::new(Reason::WrongType, "item is not an object"));
    }
    object(platform, text, &outline, items)
}

fn object(platform: Option<Platform>, text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    let shape = match platform {
        Some(platform) => shape::of(platform, outline),
        None => shape::detect(outline),
    };
    let Some(shape) = shape else {
        json::check(text)?;
        let reason = if outline.key_count == 0 { Reason::Empty } else { Reason::UnknownShape };
        return Err(Reject::new(reason, "no key of a known shape"));
    };
    read(shape, text, outline, items)
}

fn read(shape: Shape, text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    match shape {
        Shape::XV2 => x_v2::read(text, outline, items),
        Shape::XV1 => x_v1::read(text, outline, items),
        Shape::Mastodon => mastodon::read(text, outline, items),
        Shape::Bluesky => bluesky::read(text, items),
        Shape::Reddit => reddit::read(text, outline, items),
        Shape::Telegram => telegram::read(text, outline, items),
        Shape::Whatsapp => whatsapp::read(text, outline, items),
        Shape::Discord => discord::read(text, outline, items),
        Shape::Facebook | Shape::Instagram => meta::read(shape.platform(), text, outline, items),
    }
}

/// A mention as an item.
fn found(mention: Mention) -> Item {
    Ok(Normalized::Mention(Box::new(mention)))
}
