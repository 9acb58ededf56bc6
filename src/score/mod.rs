//! What a post says between the lines: one learned model, many heads, each calibrated and explained.

mod ahead;
mod answers;
pub(crate) mod artefact;
pub(crate) mod calibrate;
pub(crate) mod concepts;
mod exp;
pub(crate) mod explain;
pub(crate) mod features;
mod head;
pub(crate) mod heads;
pub(crate) mod language;
pub(crate) mod layer;
mod model;
mod parts;
mod phrases;
mod pii;
pub(crate) mod rows;
mod signs;
mod spare;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
mod told;
pub mod train;
mod vocabulary;
pub(crate) mod word;

pub use answers::Answers;
pub use artefact::ArtefactError;
pub use head::{HEAD_LABELS_MAX, Head, HeadError};
pub use layer::{LAYER_ROWS_MAX, Layer, LayerError};
pub use model::{Model, Scratch};
pub use parts::{PARTS_MAX, parts};
pub use pii::find_pii;
pub use told::{fold_into_rest, told_within};

use crate::mention::Entity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A label: the model's own cost no memory.
pub type Label = Cow<'static, str>;

/// What a deployment adds to the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// Classifiers of its own, by name.
    pub heads: BTreeMap<String, Head>,
    /// What people corrected.
    pub layer: Option<Layer>,
}

impl Additions {
    /// True where the model stands alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.layer.is_none()
    }
}

/// Everything the model says of one text. Labels may be `unknown` where a head is below its calibrated floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scores {
    /// Which language.
    pub language: LanguageScore,
    /// How it feels about its subject.
    pub sentiment: SentimentScore,
    /// Which emotion.
    pub emotion: EmotionScore,
    /// What the author wants, best first: billing, defect, outage, safety, presales, reputation, none.
    pub intents: Vec<IntentScore>,
    /// How soon someone must look: routine, soon, now.
    pub urgency: LabelScore,
    /// Whether a person needs to see it: none, spam, giveaway, bot, `low_value`.
    pub noise: LabelScore,
    /// Insult, slur, hate.
    pub abuse: Probability,
    /// Threat of harm.
    pub threat: Probability,
    /// Says the opposite of what it means.
    pub sarcasm: Probability,
    /// A real incident, not a figure of speech.
    pub incident: Probability,
    /// What a person must decide.
    pub risk: Risk,
    /// Mentions, hashtags, cashtags, links, by UTF-8 byte offsets of the scored text.
    pub entities: Vec<Entity>,
    /// Near-duplicate fingerprint, 16 hex digits, a pure function of the text.
    pub fingerprint: String,
    /// Personal data found.
    pub pii: Vec<Pii>,
    /// Heads of the user's own, by name.
    pub heads: BTreeMap<String, LabelScore>,
    /// What the scores were made of.
    pub explain: Vec<Explanation>,
}

/// Language of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LanguageScore {
    /// ISO 639-1 or `unknown`.
    pub code: String,
    /// 0..1.
    pub confidence: f64,
}

/// Sentiment of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentimentScore {
    /// negative, neutral, positive or unknown.
    pub label: Label,
    /// -1..1: P(positive) - P(negative).
    pub score: f64,
    /// By label.
    pub probabilities: SentimentProbabilities,
}

/// Sums to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentimentProbabilities {
    /// 0..1.
    pub negative: f64,
    /// 0..1.
    pub neutral: f64,
    /// 0..1.
    pub positive: f64,
}

/// Emotion of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionScore {
    /// anger, joy, sadness, optimism, none or unknown.
    pub label: Label,
    /// By label.
    pub probabilities: EmotionProbabilities,
    /// 0..1.
    pub frustration: f64,
}

/// Sums to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionProbabilities {
    /// 0..1.
    pub anger: f64,
    /// 0..1.
    pub joy: f64,
    /// 0..1.
    pub none: f64,
    /// 0..1.
    pub optimism: f64,
    /// 0..1.
    pub sadness: f64,
}

impl EmotionProbabilities {
    /// That of one label; nothing for `unknown`.
    #[must_use]
    pub fn of(&self, label: &str) -> Option<f64> {
        match label {
            "anger" => Some(self.anger),
            "joy" => Some(self.joy),
            "none" => Some(self.none),
            "optimism" => Some(self.optimism),
            "sadness" => Some(self.sadness),
            _ => None,
        }
    }
}

/// One intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntentScore {
    /// Its name.
    pub id: Label,
    /// 0..1, calibrated.
    pub probability: f64,
}

/// A label with its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelScore {
    /// The label, or `unknown`.
    pub label: Label,
    /// 0..1, of the best label.
    pub probability: f64,
}

/// A yes-or-no head.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probability {
    /// 0..1.
    pub probability: f64,
}

/// What no machine should answer alone; each 0..1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Risk {
    /// Danger to people: injury, fire, violence, children.
    pub danger: f64,
    /// Someone may hurt themselves.
    pub distress: f64,
    /// Legal action, or a complaint to an authority.
    pub legal: f64,
    /// The press, or who speaks to it.
    pub press: f64,
}

/// Personal data found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pii {
    /// email, phone, card, iban …
    #[serde(rename = "type")]
    pub kind: Label,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One feature's part in one head's score; the parts and the bias sum to the score (a log-odds).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Which head and label, as `head.label`.
    pub head: Label,
    /// The feature as a reader knows it, or `bias`, or `rest` for all that is not listed.
    pub feature: Label,
    /// First byte of its occurrence, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// One past its last byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u32>,
    /// Its signed part.
    pub weight: f64,
}
