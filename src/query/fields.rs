//! What queries may know of a mention besides its text. Borrowed; nothing is derived here.

use super::ast::{Shape, Word};
use super::field::Names;
use crate::mention::{Entity, EntityKind, Mention};
use crate::text::brands::Seen;

/// What is known of a mention besides its text. What it does not have passes no test. `language`, `sentiment` and
/// `intents` are not known before the scores: until then they are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// Platform slug.
    pub platform: &'a str,
    /// Kind slug.
    pub kind: &'a str,
    /// The given tag, else the detected one: BCP 47 or ISO 639-1; compared by primary subtag.
    pub language: Option<&'a str>,
    /// Handle of the author.
    pub author_handle: Option<&'a str>,
    /// The platform's id of the author.
    pub author_id: Option<&'a str>,
    /// Followers of the author.
    pub author_followers: Option<i64>,
    /// Whether the platform verified the author.
    pub author_verified: Option<bool>,
    /// ISO 3166-1 alpha-2, as given.
    pub country: Option<&'a str>,
    /// The mention's own address.
    pub url: Option<&'a str>,
    /// Handles, hashtags and links that were marked up.
    pub entities: &'a [Entity],
    /// Id and name of the place within the platform.
    pub container: [Option<&'a str>; 2],
    /// Stars times 1000.
    pub rating_thousandths: Option<i64>,
    /// negative, neutral, positive.
    pub sentiment: Option<&'a str>,
    /// The intents that the scores see.
    pub intents: Option<&'a [&'a str]>,
    /// The thread it belongs to.
    pub thread: Option<&'a str>,
    /// The title.
    pub title: Option<&'a str>,
    /// The brands and products of a pack that stand in the text.
    pub brands: Seen<'a>,
}

impl<'a> Fields<'a> {
    /// What a mention says of itself; of the scores only a language that was detected already, and no brands.
    #[must_use]
    pub fn of(mention: &'a Mention) -> Self {
        let author = mention.author.as_ref();
        let container = mention.container.as_ref();
        Self {
            platform: mention.platform.as_str(),
            kind: mention.kind.as_str(),
            language: mention.lang.as_deref().or(mention.lang_detected.as_deref()),
            author_handle: author.and_then(|author| author.handle.as_deref()),
            author_id: author.and_then(|author| author.id.as_deref()),
            author_followers: author.and_then(|author| author.followers),
            author_verified: author.and_then(|author| author.verified),
            country: mention.geo.as_ref().and_then(|geo| geo.country.as_deref()),
            url: mention.url.as_deref(),
            entities: &mention.entities,
            container: [
                container.map(|container| container.id.as_str()),
                container.and_then(|container| container.name.as_deref()),
            ],
            rating_thousandths: mention.rating.and_then(|rating| thousandths(rating.value)),
            sentiment: None,
            intents: None,
            thread: Some(mention.thread()),
            title: mention.title.as_deref(),
            brands: Seen::default(),
        }
    }

    /// With nothing left unknown: what the scores did not bring is none.
    #[must_use]
    pub fn complete(self) -> Self {
        Self {
            language: self.language.or(Some("")),
            sentiment: self.sentiment.or(Some("")),
            intents: self.intents.or(Some(&[])),
            ..self
        }
    }

    /// True when a brand or product of this key stands in the text.
    pub(super) fn names(&self, wanted: &str) -> bool {
        let mut is_named = false;
        self.brands.for_each_key(|key, _| is_named |= key == wanted);
        is_named
    }

    /// Its own address and the links in it.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let links = self.entities.iter().filter(|entity| entity.kind == EntityKind::Url);
        self.url.into_iter().chain(links.map(|entity| entity.value.as_str()))
    }

    /// True when an entity of this kind is what a word with its sign asks for.
    pub(super) fn has_entity(&self, kind: EntityKind, word: &Word, names: &mut Names) -> bool {
        let mut of_kind = self.entities.iter().filter(|entity| entity.kind == kind).map(|entity| entity.value.as_str());
        let sign = if kind == EntityKind::Mention { '@' } else { '#' };
        let signed = |value: &'a str| std::iter::once(sign).chain(value.chars());
        let exact = |value| word.exact.as_ref().is_none_or(|exact| exact.accepts_chars(signed(value)));
        match &word.shape {
            Shape::Whole(folded) => of_kind.any(|value| names.folds_to(value, unsigned(folded)) && exact(value)),
            Shape::Pattern(pattern) => of_kind.any(|value| names.fold(value).starts_with(unsigned(&pattern.prefix))),
            Shape::Fuzzy(_) => false,
        }
    }
}

/// A tag or handle without its sign.
pub(super) fn unsigned(folded: &str) -> &str {
    folded.trim_start_matches(['#', '@', '$'])
}

/// Stars as a whole number; none for what no review can have.
fn thousandths(stars: f64) -> Option<i64> {
    let scaled = (stars * 1000.0).round();
    #[allow(clippy::cast_possible_truncation)]
    (scaled.abs() < 1e12).then_some(scaled as i64)
}
