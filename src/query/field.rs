//! `field:value`: which fields there are, what their values look like, and whether a mention passes.
//!
//! | field | value | passes |
//! | --- | --- | --- |
//! | `platform`, `kind` | a known one | that one |
//! | `language` | two or three letters | that primary subtag, given or detected |
//! | `brand` | name of a brand or product of the pack | it stands in the text, also misspelt; a brand's name stands for its products too |
//! | `author` | handle or id, with or without `@` | that account, in any case |
//! | `author_followers` | number or `[a TO b]`, `*` for an open end | known and within, both ends included |
//! | `author_verified` | `true` or `false` | known and so |
//! | `country` | two letters | given and that one |
//! | `url` | host or host and path, without scheme | an address (its own, or a link in it) of that host or below, that begins so |
//! | `site` | host | its own address is there or below |
//! | `hashtag`, `mentions` | tag or handle | marked up, or written in the text |
//! | `container` | id or name | that one, in any case |
//! | `rating` | number or range, three decimals | stars given, within |
//! | `sentiment`, `intent` | label | what the scores say; unknown before |
//! | `thread` | id | the thread it belongs to |
//! | `title` | words | they stand in a row in the title |
//!
//! What a mention does not have passes no test. A test reads [`Fields`] and nothing else.

use super::Fields;
use super::ast::{Truth, Word};
use crate::mention::{EntityKind, Kind, Platform};
use crate::text::brands::key;
use crate::text::fold::{Folded, fold_into};

/// A test on what is known of a mention besides its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldTest {
    /// `platform:mastodon`
    Platform(Platform),
    /// `kind:quote`
    Kind(Kind),
    /// `language:en`; primary subtag, lower case.
    Language(String),
    /// `author:nimbushelp`; folded, without `@`.
    Author(String),
    /// `author_followers:[50000 TO 99999999]`; both ends included.
    Followers {
        /// Smallest number that passes.
        min: i64,
        /// Largest number that passes.
        max: i64,
    },
    /// `author_verified:true`
    Verified(bool),
    /// `brand:"nimbus pay"`; folded.
    Brand(String),
    /// `country:DE`; upper case.
    Country(String),
    /// `url:nimbus.example/status`; lower case, without scheme and `www.`.
    Url(String),
    /// `site:nimbus.example`; lower case, without `www.`.
    Site(String),
    /// `hashtag:nimbusdown`; the word with its sign.
    Hashtag(Word),
    /// `mentions:nimbushelp`; the word with its sign.
    Mentions(Word),
    /// `container:technology`; folded.
    Container(String),
    /// `rating:[1 TO 2]`; thousandths, both ends included.
    Rating {
        /// Smallest that passes.
        min: i64,
        /// Largest that passes.
        max: i64,
    },
    /// `sentiment:negative`
    Sentiment(String),
    /// `intent:outage`
    Intent(String),
    /// `thread:x:123`
    Thread(String),
    /// `title:"log in"`; the words in a row.
    Title(Vec<Word>),
}

/// Every field's name, in the order of the alphabet.
pub const FIELD_NAMES: [&str; 18] = [
    "author",
    "author_followers",
    "author_verified",
    "brand",
    "container",
    "country",
    "hashtag",
    "intent",
    "kind",
    "language",
    "mentions",
    "platform",
    "rating",
    "sentiment",
    "site",
    "thread",
    "title",
    "url",
];

/// The labels of sentiment.
pub(super) const SENTIMENTS: [&str; 3] = ["negative", "neutral", "positive"];

impl FieldTest {
    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Platform(_) => "platform",
            Self::Kind(_) => "kind",
            Self::Language(_) => "language",
            Self::Author(_) => "author",
            Self::Followers { .. } => "author_followers",
            Self::Verified(_) => "author_verified",
            Self::Brand(_) => "brand",
            Self::Country(_) => "country",
            Self::Url(_) => "url",
            Self::Site(_) => "site",
            Self::Hashtag(_) => "hashtag",
            Self::Mentions(_) => "mentions",
            Self::Container(_) => "container",
            Self::Rating { .. } => "rating",
            Self::Sentiment(_) => "sentiment",
            Self::Intent(_) => "intent",
            Self::Thread(_) => "thread",
            Self::Title(_) => "title",
        }
    }

    /// Tests what is known of the mention. Brands and the words of hashtags, mentions and titles are looked for in the
    /// text by the engine; here the marked-up entities count, and a title never passes.
    #[must_use]
    pub fn test(&self, fields: &Fields<'_>, names: &mut Names) -> Truth {
        match self {
            Self::Platform(platform) => (fields.platform == platform.as_str()).into(),
            Self::Kind(kind) => (fields.kind == kind.as_str()).into(),
            Self::Language(wanted) => {
                fields.language.map_or(Truth::Unknown, |tag| primary_subtag(tag).eq_ignore_ascii_case(wanted).into())
            }
            Self::Author(wanted) => names.is_author(wanted, fields).into(),
            Self::Followers { min, max } => {
                fields.author_followers.is_some_and(|count| (*min..=*max).contains(&count)).into()
            }
            Self::Verified(wanted) => (fields.author_verified == Some(*wanted)).into(),
            Self::Brand(wanted) => fields.names(&key(wanted)).into(),
            Self::Country(wanted) => fields.country.is_some_and(|country| country.eq_ignore_ascii_case(wanted)).into(),
            Self::Url(wanted) => fields.addresses().any(|address| is_under(address, wanted)).into(),
            Self::Site(wanted) => fields.url.is_some_and(|address| is_host_or_below(host(address), wanted)).into(),
            Self::Hashtag(word) => fields.has_entity(EntityKind::Hashtag, word, names).into(),
            Self::Mentions(word) => fields.has_entity(EntityKind::Mention, word, names).into(),
            Self::Container(wanted) => {
                fields.container.iter().flatten().any(|name| names.folds_to(name, wanted)).into()
            }
            Self::Rating { min, max } => {
                fields.rating_thousandths.is_some_and(|rating| (*min..=*max).contains(&rating)).into()
            }
            Self::Sentiment(wanted) => fields.sentiment.map_or(Truth::Unknown, |label| (label == wanted).into()),
            Self::Intent(wanted) => {
                fields.intents.map_or(Truth::Unknown, |ids| ids.iter().any(|id| id == wanted).into())
            }
            Self::Thread(wanted) => (fields.thread == Some(wanted.as_str())).into(),
            Self::Title(_) => Truth::False,
        }
    }
}

/// Memory in which names are folded before they are compared.
#[derive(Debug, Default)]
pub struct Names(Folded);

impl Names {
    /// A name as it is compared.
    pub(super) fn fold(&mut self, name: &str) -> &str {
        fold_into(name, &mut self.0);
        &self.0.text
    }

    /// A host as it is looked up: in lower case where it is ASCII.
    pub(super) fn lower(&mut self, host: &str) -> &str {
        self.0.text.clear();
        self.0.text.push_str(host);
        self.0.text.make_ascii_lowercase();
        &self.0.text
    }

    /// True when a name folds to what was asked for; what is plain already is compared without folding.
    pub(super) fn folds_to(&mut self, name: &str, wanted: &str) -> bool {
        name.eq_ignore_ascii_case(wanted) || (!name.is_ascii() && self.fold(name) == wanted)
    }

    fn is_author(&mut self, wanted: &str, fields: &Fields<'_>) -> bool {
        let handle = fields.author_handle.map(|handle| handle.trim_start_matches('@'));
        [handle, fields.author_id].into_iter().flatten().any(|name| self.folds_to(name, wanted))
    }
}

/// An address without scheme and `www.`.
pub(super) fn bare_address(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    match rest.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") => &rest[4..],
        _ => rest,
    }
}

/// The host of an address, without `www.`, user and port.
pub(super) fn host(address: &str) -> &str {
    let rest = bare_address(address);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let place = &rest[..end];
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    place.split_once(':').map_or(place, |(host, _)| host)
}

fn is_host_or_below(host: &str, wanted: &str) -> bool {
    let Some(start) = host.len().checked_sub(wanted.len()) else { return false };
    host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(wanted))
        && (start == 0 || host.as_bytes()[start - 1] == b'.')
}

/// True when an address is on the wanted host or below, and its path begins as wanted.
fn is_under(address: &str, wanted: &str) -> bool {
    let (wanted_host, wanted_path) = match wanted.find('/') {
        Some(slash) => wanted.split_at(slash),
        None => (wanted, ""),
    };
    let rest = bare_address(address);
    let path = &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..];
    is_host_or_below(host(address), wanted_host)
        && (wanted_path == "/"
            || path.get(..wanted_path.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted_path)))
}

/// `en` of `en-GB` or `en_GB`.
#[must_use]
pub fn primary_subtag(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_by_host_and_path() {
        for (address, wanted, expected) in [
            ("https://www.nimbus.example/status/5", "nimbus.example", true),
            ("https://status.nimbus.example", "nimbus.example", true),
            ("https://notnimbus.example/", "nimbus.example", false),
            ("http://nimbus.example.evil.test/", "nimbus.example", false),
            ("https://Nimbus.Example/Status/5", "nimbus.example/status", true),
            ("https://nimbus.example/blog", "nimbus.example/status", false),
            ("nimbus.example", "nimbus.example/", true),
            ("https://user@nimbus.example:8080/a", "nimbus.example/a", true),
            ("https://evil.test/?u=nimbus.example", "nimbus.example", false),
            ("", "nimbus.example", false),
            ("https://é.example/é", "é.example/é", true),
        ] {
            assert_eq!(is_under(address, wanted), expected, "{address} {wanted}");
        }
    }
}
