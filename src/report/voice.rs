//! Share of voice over a period: what is said of each brand on each topic, put together from its hours.
//!
//! People are not summed: who speaks in two hours is one.

use super::ledger::Ledger;
use crate::mention::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is said of one brand on one topic in one hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Voiced {
    /// The query that brought the mentions in, or `all`.
    pub topic: String,
    /// The brand.
    pub brand: String,
    /// Begin of the hour.
    pub hour: Timestamp,
    /// Of two of one brand, topic and hour the higher counts.
    pub revision: u32,
    /// A brand of our own.
    pub own: bool,
    /// Mentions, noise apart.
    pub mentions: u64,
    /// Of positive sentiment.
    pub positive: u64,
    /// Of negative sentiment.
    pub negative: u64,
    /// Mean sentiment, -1..1.
    pub sentiment: f64,
    /// Followers of the authors, summed over mentions.
    pub reach: u64,
}

/// The same over a period.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct BrandVoice {
    /// A brand of our own.
    pub own: bool,
    /// Mentions, noise apart.
    pub mentions: u64,
    /// Their share of the mentions of all brands on the topic, 0..1; none without any.
    pub share: Option<f64>,
    /// Of positive sentiment.
    pub positive: u64,
    /// Of neutral sentiment.
    pub neutral: u64,
    /// Of negative sentiment.
    pub negative: u64,
    /// Mean sentiment over mentions, -1..1; none without any.
    pub sentiment: Option<f64>,
    /// Followers of the authors, summed over mentions.
    pub reach: u64,
    /// Sum of sentiments.
    #[serde(skip)]
    sum: f64,
}

/// By topic, then by brand.
pub type Voices = BTreeMap<String, BTreeMap<String, BrandVoice>>;

/// The hours that begin from `from` on and before `until`.
pub(super) fn voices(ledger: &Ledger, from: Timestamp, until: Timestamp) -> Voices {
    let mut voices = Voices::new();
    let hours = ledger.voices.values().filter(|hour| (from..until).contains(&hour.hour));
    for hour in hours {
        voices.entry(hour.topic.clone()).or_default().entry(hour.brand.clone()).or_default().add(hour);
    }
    for brands in voices.values_mut() {
        let all = mentions_of(brands);
        brands.values_mut().for_each(|voice| voice.finish(all));
    }
    voices
}

/// Mentions of all brands of a topic.
#[must_use]
pub fn mentions_of(brands: &BTreeMap<String, BrandVoice>) -> u64 {
    brands.values().map(|voice| voice.mentions).fold(0, u64::saturating_add)
}

impl BrandVoice {
    fn add(&mut self, hour: &Voiced) {
        self.own = hour.own;
        self.mentions = self.mentions.saturating_add(hour.mentions);
        self.positive = self.positive.saturating_add(hour.positive);
        self.negative = self.negative.saturating_add(hour.negative);
        self.reach = self.reach.saturating_add(hour.reach);
        self.sum += hour.sentiment * hour.mentions as f64;
    }

    fn finish(&mut self, all: u64) {
        self.neutral = self.mentions.saturating_sub(self.positive.saturating_add(self.negative));
        self.share = (all > 0).then(|| self.mentions as f64 / all as f64);
        self.sentiment = (self.mentions > 0).then(|| self.sum / self.mentions as f64);
    }
}
