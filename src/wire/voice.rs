//! Share of voice as it is published: one brand on one topic in one hour, compacted to the newest of each key.

use super::{CloudEvent, Topics, WireError};
use crate::log::{Output, Place};
use crate::mention::Timestamp;
use crate::pipeline::{VoiceTold, is_own_brand};
use crate::rules::Pack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `type` of a share of voice.
pub const VOICE_TYPE: &str = "groundswell.voice.v1";

/// What is said of one brand on one topic in one hour, on `social.voice`. Of two of one key the higher revision counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VoiceRecord {
    /// [`VOICE_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// The brand, as the pack writes it.
    pub brand: String,
    /// A brand of our own; false for a competitor.
    pub own: bool,
    /// The query that brought the mentions in, or `all`.
    pub topic: String,
    /// Begin of the hour, by event time.
    pub hour: Timestamp,
    /// Counts up with every telling of the hour; the same for all brands of a topic.
    pub revision: u32,
    /// Nothing will be added to it any more.
    pub closed: bool,
    /// Mentions, noise apart.
    pub mentions: u64,
    /// Its share of the mentions of all brands on this topic in this hour, 0..1.
    pub share: f64,
    /// Authors of the mentions; exact below 128, an estimate from there on.
    pub people: u64,
    /// Mentions of positive sentiment.
    pub positive: u64,
    /// Mentions of neutral sentiment.
    pub neutral: u64,
    /// Mentions of negative sentiment.
    pub negative: u64,
    /// Mean sentiment score of the mentions, -1..1; 0 without any.
    pub sentiment: f64,
    /// Followers of the authors, summed over mentions.
    pub reach: u64,
    /// Noise that names it, counted nowhere else.
    pub noise: u64,
    /// What was read in this hour after its own was closed, counted nowhere else.
    pub late: u64,
}

impl VoiceRecord {
    /// All brands of an hour of one topic, in the order of their names.
    #[must_use]
    pub fn of(told: &VoiceTold, pack: &Pack) -> Vec<Self> {
        let all: u64 = told.brands.values().map(|counts| counts.mentions).fold(0, u64::saturating_add);
        let one = |(brand, counts): (&String, &crate::detect::BrandCounts)| Self {
            kind_of_value: VOICE_TYPE.to_owned(),
            brand: brand.clone(),
            own: is_own_brand(brand, pack),
            topic: told.topic.clone(),
            hour: told.hour.start(),
            revision: told.revision,
            closed: told.closed,
            mentions: counts.mentions,
            share: rounded(if all == 0 { 0.0 } else { counts.mentions as f64 / all as f64 }),
            people: counts.people.distinct(),
            positive: counts.positive,
            neutral: counts.mentions.saturating_sub(counts.positive.saturating_add(counts.negative)),
            negative: counts.negative,
            sentiment: rounded(counts.sentiment()),
            reach: counts.reach,
            noise: counts.noise,
            late: counts.late,
        };
        told.brands.iter().map(one).collect()
    }

    /// Its key in the topic.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.brand, self.topic, self.hour)
    }
}

/// Four digits after the point.
fn rounded(value: f64) -> f64 {
    libm::round(value * 10_000.0) / 10_000.0
}

/// A record, told at `at`.
///
/// # Errors
/// When it has no JSON form.
pub fn voice_record(topics: &Topics, record: &VoiceRecord, at: Timestamp) -> Result<Output, WireError> {
    let key = record.key();
    let id = format!("{key}:{}", record.revision);
    Ok(Output {
        topic: topics.voice.clone(),
        place: Place::Hashed(key.clone().into_bytes()),
        key: Some(key.into_bytes()),
        value: Some(serde_json::to_vec(record)?),
        headers: CloudEvent { kind: VOICE_TYPE, id: &id, at, origin: None }.headers(),
    })
}
