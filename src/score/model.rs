//! The learned model at work: one pass over a text, one row of weights per feature, every head at once.
//!
//! Pure, linear in the text, equal on every machine. It must never guess: below a head's floor the answer is
//! `unknown`, with the probabilities as they are.

use super::artefact::{ArtefactError, LANGUAGES_MAX, Parts};
use super::calibrate::{best, round4, sigmoid, softmax};
use super::explain::explain;
use super::features::{Feature, Features, extract, language_ids};
use super::head::Head;
use super::heads::{
    ABUSE, COLUMNS, EMOTION, FRUSTRATION, HeadSpec, INCIDENT, INTENT, NOISE, SARCASM, SENTIMENT, SPECS, STRIDE, Shape,
    THREAT, UNKNOWN, URGENCY,
};
use super::pii::find_pii;
use super::tokens::Reading;
use super::{EmotionScore, IntentScore, LabelScore, LanguageScore, Probability, Scores, SentimentScore};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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
    /// What one step of a word's or a piece's weight counts, before the column's scale.
    pub(crate) word_share: f64,
    pub(crate) piece_share: f64,
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
        self.score_with(text, lang, &BTreeMap::new())
    }

    /// As [`Model::score`], with heads of the user's own, by name.
    #[must_use]
    pub fn score_with(&self, text: &str, lang: Option<&str>, heads: &BTreeMap<String, Head>) -> Scores {
        let reading = Reading::new(text);
        let features = extract(&reading);
        let logits = self.logits(&features);
        let empty = features.words.is_empty();
        let answer = |head: usize| self.answer(head, &logits, empty);
        let sentiment = answer(SENTIMENT);
        let emotion = answer(EMOTION);
        let intent = answer(INTENT);
        let flag = |head: usize| Probability { probability: round4(self.flag(head, &logits, empty)) };
        let explain = explain(&self.parts, &reading, &features, &logits, &sentiment.p, &intent.p);
        Scores {
            language: self.language(&reading, lang),
            sentiment: sentiment_score(&sentiment),
            emotion: EmotionScore {
                label: emotion.label.to_owned(),
                probabilities: emotion.by_label(),
                frustration: flag(FRUSTRATION).probability,
            },
            intents: intents(&intent),
            urgency: answer(URGENCY).score(),
            noise: answer(NOISE).score(),
            abuse: flag(ABUSE),
            threat: flag(THREAT),
            sarcasm: flag(SARCASM),
            incident: flag(INCIDENT),
            entities: entities(text),
            fingerprint: fingerprint(&reading),
            pii: find_pii(text),
            heads: heads.iter().map(|(name, head)| (name.clone(), head.answer(&features))).collect(),
            explain,
        }
    }

    /// Sums the rows of a text.
    pub(crate) fn logits(&self, features: &Features) -> Logits {
        let words = sum_rows(&self.parts.main, features.words.iter().map(|f| f.id));
        let pieces = sum_rows(&self.parts.main, features.pieces.iter().map(|f| f.id));
        let (word_share, piece_share) = (share(features.words.len()), share(features.pieces.len()));
        let mut z = [0.0; COLUMNS];
        for (column, z) in z.iter_mut().enumerate() {
            let sum = f64::from(words[column]) * word_share + f64::from(pieces[column]) * piece_share;
            *z = sum * f64::from(self.parts.scale[column]) + f64::from(self.parts.bias[column]);
        }
        Logits { z, word_share, piece_share }
    }

    fn answer(&self, head: usize, logits: &Logits, empty: bool) -> Answer {
        let spec = &SPECS[head];
        let mut p = logits.z[spec.first..spec.first + spec.width()].to_vec();
        softmax(&mut p);
        let (top, probability) = best(&p);
        let known = !empty && probability >= f64::from(self.parts.floor[head]);
        // nothing to read is nothing to act on, for heads that have a label for it
        let label = match (known, empty) {
            (true, _) => spec.labels[top],
            (false, true) if head == URGENCY => "routine",
            (false, true) if head == NOISE => "low_value",
            _ => UNKNOWN,
        };
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
        let mut ids = Vec::with_capacity(512);
        language_ids(reading, &mut ids);
        let p = self.language_probabilities(&ids);
        let (top, confidence) = best(&p);
        if ids.is_empty() || p.is_empty() {
            return LanguageScore { code: UNKNOWN.to_owned(), confidence: 0.0 };
        }
        let known = confidence >= f64::from(self.parts.language_floor);
        let code = if known { self.parts.languages[top].as_str() } else { UNKNOWN };
        LanguageScore { code: code.to_owned(), confidence: round4(confidence) }
    }

    fn language_probabilities(&self, ids: &[u32]) -> Vec<f64> {
        let sums: [i32; LANGUAGES_MAX] = sum_rows(&self.parts.language, ids.iter().copied());
        let share = share(ids.len());
        let column = |n: usize| {
            f64::from(sums[n]) * share * f64::from(self.parts.language_scale[n])
                + f64::from(self.parts.language_bias[n])
        };
        let mut p: Vec<f64> = (0..self.parts.languages.len()).map(column).collect();
        softmax(&mut p);
        p
    }
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

/// Sums rows of a table. In runs short enough for 16-bit sums, which the compiler turns into wide instructions.
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
    p: Vec<f64>,
    label: &'static str,
    probability: f64,
}

impl Answer {
    fn score(&self) -> LabelScore {
        LabelScore { label: self.label.to_owned(), probability: round4(self.probability) }
    }

    fn by_label(&self) -> BTreeMap<String, f64> {
        self.spec.labels.iter().zip(&self.p).map(|(label, &p)| ((*label).to_owned(), round4(p))).collect()
    }
}

fn sentiment_score(answer: &Answer) -> SentimentScore {
    SentimentScore {
        label: answer.label.to_owned(),
        score: round4(answer.p[2] - answer.p[0]),
        probabilities: answer.by_label(),
    }
}

fn intents(answer: &Answer) -> Vec<IntentScore> {
    let score = |(label, &p): (&&str, &f64)| IntentScore { id: (*label).to_owned(), probability: round4(p) };
    let mut intents: Vec<IntentScore> = answer.spec.labels.iter().zip(&answer.p).map(score).collect();
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

/// Stand-in until the text module's own: the integrator replaces it.
fn entities(_text: &str) -> Vec<crate::mention::Entity> {
    Vec::new()
}

/// Stand-in until the text module's own: a hash of the folded words, links and handles left out.
fn fingerprint(reading: &Reading) -> String {
    use super::tokens::Kind;
    let mut words = String::new();
    for token in reading.tokens.iter().filter(|t| matches!(t.kind, Kind::Word | Kind::Number | Kind::Hashtag)) {
        words.extend(reading.cells_of(token).iter().map(|c| c.ch));
        words.push(' ');
    }
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(words.as_bytes()))
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
