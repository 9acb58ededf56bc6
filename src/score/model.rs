//! The learned model at work: one pass over a text, one row of weights per feature, every head at once.
//!
//! Pure, linear in the text, equal on every machine. It must never guess: below a head's floor the answer is
//! `unknown`, with the probabilities as they are.

use super::artefact::{ArtefactError, LANGUAGES_MAX, Parts};
use super::calibrate::{best, round4, sigmoid, softmax};
use super::explain::explain;
use super::features::{Feature, Features, GROUPS, extract, language_ids};
use super::heads::{
    ABUSE, COLUMNS, DANGER, DISTRESS, EMOTION, FRUSTRATION, HeadSpec, INCIDENT, INTENT, LABELS_MAX, LEGAL, NOISE,
    PRESS, SARCASM, SENTIMENT, SPECS, STRIDE, Shape, THREAT, UNKNOWN, URGENCY,
};
use super::pii::find_pii;
use super::tokens::{Kind, Reading};
use super::{
    Additions, EmotionProbabilities, EmotionScore, IntentScore, LabelScore, LanguageScore, Probability, Risk, Scores,
    SentimentProbabilities, SentimentScore,
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// A learned model: weights, calibration, floors. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Model {
    parts: Parts,
    digest: String,
}

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_bytes!("artefact/model.bin")).expect("the shipped artefact is of this release's format")
});

/// Log-odds of all columns of one text, and what is needed to tell them back.
#[derive(Debug)]
pub(crate) struct Logits {
    pub(crate) z: [f64; COLUMNS],
    /// What one step of a weight counts, by group of features, before the column's scale.
    pub(crate) shares: [f64; GROUPS],
}

impl Model {
    /// The model that ships with this release.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a model's bytes, as written by `train model`.
    ///
    /// # Errors
    /// Where they are not a model of this release's format.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let parts = Parts::from_bytes(bytes)?;
        Ok(Self { parts, digest: digest(bytes) })
    }

    /// First 16 hex digits of the SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Everything the model says of a text. `lang` is the platform's own tag, if any: it is taken at its word.
    #[must_use]
    pub fn score(&self, text: &str, lang: Option<&str>) -> Scores {
        self.score_with(text, lang, &Additions::default())
    }

    /// As [`Model::score`], with what a deployment adds.
    #[must_use]
    pub fn score_with(&self, text: &str, lang: Option<&str>, additions: &Additions) -> Scores {
        let reading = Reading::new(text);
        let features = extract(&reading);
        let mut logits = self.logits(&features);
        if let Some(layer) = &additions.layer {
            layer.add_to(&features, &mut logits);
        }
        let empty = features.words.is_empty();
        let answer = |head: usize| if empty { silence(head) } else { self.answer(head, &logits) };
        let language = self.language(&reading, lang);
        let sentiment = answer(SENTIMENT);
        let emotion = answer(EMOTION);
        let intent = answer(INTENT);
        let flag = |head: usize| Probability { probability: round4(self.flag(head, &logits, empty)) };
        let noise = answer(NOISE);
        let noise_score = noise_score(&noise, is_read(&language.code, &reading));
        let heads = [(SENTIMENT, &sentiment), (INTENT, &intent), (NOISE, &noise)].map(|(h, a)| (h, a.probabilities()));
        let told = if matches!(noise_score.label.as_ref(), "none" | UNKNOWN) { &heads[..2] } else { &heads[..] };
        let explain = explain(&self.parts, additions.layer.as_ref(), &reading, &features, &logits, told);
        Scores {
            noise: noise_score,
            language,
            sentiment: sentiment_score(&sentiment),
            emotion: emotion_score(&emotion, flag(FRUSTRATION).probability),
            intents: intents(&intent),
            urgency: answer(URGENCY).score(),
            abuse: flag(ABUSE),
            threat: flag(THREAT),
            sarcasm: flag(SARCASM),
            incident: flag(INCIDENT),
            risk: Risk {
                danger: flag(DANGER).probability,
                distress: flag(DISTRESS).probability,
                legal: flag(LEGAL).probability,
                press: flag(PRESS).probability,
            },
            entities: crate::text::entities(text),
            fingerprint: format!("{:016x}", crate::text::fingerprint(text)),
            pii: find_pii(text),
            heads: additions.heads.iter().map(|(name, head)| (name.clone(), head.answer(&features))).collect(),
            explain,
        }
    }

    /// Sums the rows of a text.
    pub(crate) fn logits(&self, features: &Features) -> Logits {
        let groups = features.groups();
        let sums = groups.map(|group| sum_rows(&self.parts.main, group.iter().map(|f| f.id)));
        let shares = shares(groups.map(<[Feature]>::len));
        let mut z = [0.0; COLUMNS];
        for (column, z) in z.iter_mut().enumerate() {
            let sum: f64 = sums.iter().zip(shares).map(|(sums, share)| f64::from(sums[column]) * share).sum();
            *z = sum * f64::from(self.parts.scale[column]) + f64::from(self.parts.bias[column]);
        }
        Logits { z, shares }
    }

    fn answer(&self, head: usize, logits: &Logits) -> Answer {
        let spec = &SPECS[head];
        let mut p = [0.0; LABELS_MAX];
        p[..spec.width()].copy_from_slice(&logits.z[spec.first..spec.first + spec.width()]);
        softmax(&mut p[..spec.width()]);
        let (top, probability) = best(&p[..spec.width()]);
        let label = if probability >= f64::from(self.parts.floor[head]) { spec.labels[top] } else { UNKNOWN };
        Answer { spec, p, label, probability }
    }

    fn flag(&self, head: usize, logits: &Logits, empty: bool) -> f64 {
        let spec = &SPECS[head];
        debug_assert_eq!(spec.shape, Shape::Flag);
        if empty { 0.0 } else { sigmoid(logits.z[spec.first]) }
    }

    /// Which language, by the words alone; a given tag wins.
    fn language(&self, reading: &Reading, lang: Option<&str>) -> LanguageScore {
        if let Some(code) = lang.and_then(given_language) {
            return LanguageScore { code, confidence: 1.0 };
        }
        let mut ids = Vec::with_capacity(1024);
        language_ids(reading, &mut ids);
        let mut p = [0.0; LANGUAGES_MAX];
        let p = &mut p[..self.parts.languages.len()];
        self.language_probabilities(&ids, p);
        let (top, confidence) = best(p);
        if ids.is_empty() || p.is_empty() {
            return LanguageScore { code: UNKNOWN.to_owned(), confidence: 0.0 };
        }
        let known = confidence >= f64::from(self.parts.language_floor);
        let code = if known { self.parts.languages[top].as_str() } else { UNKNOWN };
        LanguageScore { code: code.to_owned(), confidence: round4(confidence) }
    }

    fn language_probabilities(&self, ids: &[u32], p: &mut [f64]) {
        let sums: [i32; LANGUAGES_MAX] = sum_rows(&self.parts.language, ids.iter().copied());
        let share = share(ids.len());
        let columns = self.parts.language_scale.iter().zip(&self.parts.language_bias);
        for ((p, sum), (scale, bias)) in p.iter_mut().zip(sums).zip(columns) {
            *p = f64::from(sum) * share * f64::from(*scale) + f64::from(*bias);
        }
        softmax(p);
    }
}

/// Languages whose noise the model was taught.
const TAUGHT: [&str; 5] = ["en", "es", "pt", "fr", "de"];
/// Below so many words a language that is not known may be any of them.
const SHORT_WORDS: usize = 4;

/// Whether the model can tell noise in this language: what it cannot read it must not throw away.
fn is_read(language: &str, reading: &Reading) -> bool {
    let words = || reading.tokens.iter().filter(|t| t.kind == Kind::Word).count();
    TAUGHT.contains(&language) || (language == UNKNOWN && words() < SHORT_WORDS)
}

/// What is said of a text without anything to read: nothing to act on.
fn silence(head: usize) -> Answer {
    let spec = &SPECS[head];
    let wanted = match head {
        SENTIMENT => "neutral",
        URGENCY => "routine",
        _ => "none",
    };
    let top = spec.labels.iter().position(|label| *label == wanted).unwrap_or(0);
    let mut p = [0.0; LABELS_MAX];
    p[top] = 1.0;
    let label = if head == NOISE { UNKNOWN } else { wanted };
    Answer { spec, p, label, probability: 1.0 }
}

fn noise_score(answer: &Answer, is_read: bool) -> LabelScore {
    let score = answer.score();
    if is_read || score.label == "none" { score } else { LabelScore { label: UNKNOWN.into(), ..score } }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::with_capacity(16), |mut hex, byte| {
        // writing to a string cannot fail
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What one of `count` features counts: the sum of many weak signs grows with the root of their number.
pub(crate) fn share(count: usize) -> f64 {
    if count == 0 { 0.0 } else { 1.0 / libm::sqrt(count as f64) }
}

/// How much a group of features counts beside the others: words, pieces, concepts.
const GROUP_WEIGHTS: [f64; GROUPS] = [1.0, 1.0, 0.5];

/// What one feature of each group counts in a text.
pub(crate) fn shares(groups: [usize; GROUPS]) -> [f64; GROUPS] {
    std::array::from_fn(|group| share(groups[group]) * GROUP_WEIGHTS[group])
}

/// Sums rows of a table. In runs short enough for 16-bit sums, which the compiler turns into wide instructions, but not
/// where it has inlined them into something larger.
#[inline(never)]
pub(crate) fn sum_rows<const N: usize>(table: &[[i8; N]], ids: impl Iterator<Item = u32>) -> [i32; N] {
    const RUN: u32 = 256;
    let mut total = [0_i32; N];
    let mut part = [0_i16; N];
    let mut left = RUN;
    for id in ids {
        let row = &table[id as usize];
        for (sum, &weight) in part.iter_mut().zip(row) {
            *sum += i16::from(weight);
        }
        left -= 1;
        if left == 0 {
            flush(&mut total, &mut part);
            left = RUN;
        }
    }
    flush(&mut total, &mut part);
    total
}

fn flush<const N: usize>(total: &mut [i32; N], part: &mut [i16; N]) {
    for (sum, part) in total.iter_mut().zip(part.iter_mut()) {
        *sum += i32::from(*part);
        *part = 0;
    }
}

struct Answer {
    spec: &'static HeadSpec,
    /// By label; as many as the head has.
    p: [f64; LABELS_MAX],
    label: &'static str,
    probability: f64,
}

impl Answer {
    fn probabilities(&self) -> &[f64] {
        &self.p[..self.spec.width()]
    }

    fn score(&self) -> LabelScore {
        LabelScore { label: self.label.into(), probability: round4(self.probability) }
    }
}

fn sentiment_score(answer: &Answer) -> SentimentScore {
    let [negative, neutral, positive] = [0, 1, 2].map(|n| round4(answer.p[n]));
    SentimentScore {
        label: answer.label.into(),
        score: round4(answer.p[2] - answer.p[0]),
        probabilities: SentimentProbabilities { negative, neutral, positive },
    }
}

fn emotion_score(answer: &Answer, frustration: f64) -> EmotionScore {
    let [anger, joy, optimism, sadness, none] = [0, 1, 2, 3, 4].map(|n| round4(answer.p[n]));
    EmotionScore {
        label: answer.label.into(),
        probabilities: EmotionProbabilities { anger, joy, none, optimism, sadness },
        frustration,
    }
}

fn intents(answer: &Answer) -> Vec<IntentScore> {
    let labels = answer.spec.labels.iter().zip(answer.probabilities());
    let mut intents: Vec<IntentScore> =
        labels.map(|(&label, &p)| IntentScore { id: label.into(), probability: round4(p) }).collect();
    intents.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    intents
}

/// The primary subtag of a given language tag, unless it says nothing.
fn given_language(tag: &str) -> Option<String> {
    let code = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let says = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_lowercase());
    (says && !matches!(code.as_str(), "und" | "zxx" | "mul" | "mis" | "qme" | "qam" | "qct" | "qht" | "qst" | "xx"))
        .then_some(code)
}

/// The unit's part in a column: all its features, in weight steps.
pub(crate) fn unit_parts(
    parts: &Parts,
    features: &[Feature],
    share: f64,
    weight: impl Fn(&Parts, &[i8; STRIDE]) -> f64,
    sums: &mut [f64],
) {
    for feature in features {
        sums[feature.unit as usize] += share * weight(parts, &parts.main[feature.id as usize]);
    }
}
