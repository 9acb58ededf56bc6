//! The learned model at work: one pass over a text, one row of weights per feature, every head at once.
//!
//! Pure, linear in the text, equal on every machine. It must never guess: below a head's floor the answer is
//! `unknown`, with the probabilities as they are.

use super::answers::{Asked, silence};
use super::artefact::{ArtefactError, LANGUAGES_MAX, Parts};
use super::calibrate::{NEGLIGIBLE, best, round4};
use super::exp::exp_all;
use super::explain::{Counts, Evidence, Memory, counts, explain};
use super::features::{Feature, Features, GROUPS, extract, walk};
use super::heads::{COLUMNS, INTENT, NOISE, SENTIMENT, SPECS, STRIDE, Shape, UNKNOWN};
use super::pii::find_pii;
use super::rows::sum_rows;
use super::spare::Spare;
use super::tokens::Reading;
use super::vocabulary::{LanguageSum, Sums, Vocabulary};
use super::{Additions, Answers, LanguageScore, Scores};
use crate::mention::hex;
use crate::text::Template;
use sha2::{Digest, Sha256};
use std::sync::{LazyLock, OnceLock};
use xxhash_rust::xxh3::xxh3_64;

/// A learned model: weights, calibration, floors. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Model {
    parts: Parts,
    counts: Vec<Counts>,
    /// Tells one model's memory from another's.
    id: u64,
    digest: OnceLock<String>,
}

/// Memory that scoring uses again from text to text: faster, and the same scores. One for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The model whose sums are remembered.
    of: u64,
    reading: Reading,
    features: Features,
    vocabulary: Vocabulary,
    sums: Sums,
    told: Memory,
    template: Template,
    spare: Spare,
}

impl Scratch {
    /// For one text: nothing is remembered.
    fn for_once() -> Self {
        Self { vocabulary: Vocabulary::forgetful(), ..Self::default() }
    }

    /// Takes an answer that is done with, whose memory the next one uses.
    pub fn take_back(&mut self, scores: Scores) {
        self.spare.take(scores);
    }

    /// The template of the text that was scored last.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }
}

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_bytes!("artefact/model.bin")).expect("the shipped artefact is of this release's format")
});

/// What was made of a text on the way to its answers.
struct Read {
    logits: Logits,
    p: [f64; COLUMNS],
}

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
        Ok(Self { counts: counts(&parts), parts, id: xxh3_64(bytes), digest: OnceLock::new() })
    }

    /// First 16 hex digits of the SHA-256 of its bytes. Worked out when it is first asked for.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest(&self.parts.to_bytes()))
    }

    /// Everything the model says of a text. `lang` is the platform's own tag, if any: it is taken at its word.
    #[must_use]
    pub fn score(&self, text: &str, lang: Option<&str>) -> Scores {
        self.score_with(text, lang, &Additions::default())
    }

    /// As [`Model::score`], with what a deployment adds.
    #[must_use]
    pub fn score_with(&self, text: &str, lang: Option<&str>, additions: &Additions) -> Scores {
        self.score_in(text, lang, additions, &mut Scratch::for_once())
    }

    /// As [`Model::score_with`], in memory that was used for other texts.
    #[must_use]
    pub fn score_in(&self, text: &str, lang: Option<&str>, additions: &Additions, scratch: &mut Scratch) -> Scores {
        let (answers, read) = self.read(text, lang, additions, scratch);
        scratch.template.read(text);
        let Scratch { reading, features, sums, told, template, spare, .. } = scratch;
        let layer = additions.layer.as_ref();
        let (parts, counts, logits) = (&self.parts, &self.counts, &read.logits);
        let evidence = Evidence { parts, counts, layer, reading, features, sums, logits };
        let of_head = |head: usize| (head, &read.p[SPECS[head].columns()]);
        let noise_is_told = !matches!(answers.noise.label.as_ref(), "none" | UNKNOWN);
        let explain = if noise_is_told {
            explain(&evidence, [SENTIMENT, INTENT, NOISE].map(of_head), told, spare)
        } else {
            explain(&evidence, [SENTIMENT, INTENT].map(of_head), told, spare)
        };
        let mut fingerprint = spare.name();
        template.push_hex(&mut fingerprint);
        let Answers { language, sentiment, emotion, intents, urgency, noise, .. } = answers;
        let Answers { abuse, threat, sarcasm, incident, risk, .. } = answers;
        Scores {
            language,
            sentiment,
            emotion,
            intents,
            urgency,
            noise,
            abuse,
            threat,
            sarcasm,
            incident,
            risk,
            entities: crate::text::entities(text),
            fingerprint,
            pii: find_pii(text),
            heads: additions.heads.iter().map(|(name, head)| (name.clone(), head.answer(features))).collect(),
            explain,
        }
    }

    /// What the heads say of a text, and nothing else: as in [`Model::score_in`], for about half of its time.
    #[must_use]
    pub fn answers_in(&self, text: &str, lang: Option<&str>, additions: &Additions, scratch: &mut Scratch) -> Answers {
        self.read(text, lang, additions, scratch).0
    }

    /// Reads a text into the memory and asks every head.
    fn read(&self, text: &str, lang: Option<&str>, additions: &Additions, scratch: &mut Scratch) -> (Answers, Read) {
        let given = lang.and_then(given_language);
        self.sum(text, given, scratch);
        let Scratch { reading, features, sums, spare, .. } = scratch;
        let mut logits = self.logits(features, sums);
        if !additions.is_empty() {
            // what is added looks at every piece, not at sums of them
            features.pieces = extract(reading).pieces;
        }
        if let Some(layer) = &additions.layer {
            layer.add_to(features, &mut logits);
        }
        let mut p = probabilities(&logits.z);
        let is_empty = features.words.is_empty();
        if is_empty {
            silence(&mut p);
        }
        let language = self.language(&sums.language, given, spare);
        let asked = Asked { p: &p, floor: &self.parts.floor, reading, is_empty };
        (asked.answers(language, spare.intents()), Read { logits, p })
    }

    /// Reads a text into the memory and sums what it is made of; its language only where it is not given.
    fn sum(&self, text: &str, given: Option<&str>, scratch: &mut Scratch) {
        if scratch.of != self.id {
            scratch.vocabulary.clear();
            scratch.of = self.id;
        }
        scratch.reading.read(text);
        let Scratch { reading, vocabulary, sums, features, .. } = scratch;
        walk(reading, vocabulary.read(&self.parts, reading, given.is_none(), sums), features);
    }

    /// Sums the rows of a text whose pieces are summed already.
    fn logits(&self, features: &Features, read: &Sums) -> Logits {
        self.logits_with(features, &read.pieces.get(), read.piece_count)
    }

    /// Sums the rows of a text that was read letter by letter, as it is for learning.
    pub(crate) fn logits_of(&self, features: &Features) -> Logits {
        let pieces = sum_rows(&self.parts.main, features.pieces.iter().map(Feature::row));
        self.logits_with(features, &pieces, features.pieces.len())
    }

    fn logits_with(&self, features: &Features, pieces: &[i32; STRIDE], piece_count: usize) -> Logits {
        let sum = |list: &[Feature]| sum_rows(&self.parts.main, list.iter().map(Feature::row));
        let sums = [sum(&features.words), *pieces, sum(&features.concepts)];
        let shares = shares([features.words.len(), piece_count, features.concepts.len()]);
        let mut z = [0.0; COLUMNS];
        for (column, z) in z.iter_mut().enumerate() {
            let sum: f64 = sums.iter().zip(shares).map(|(sums, share)| f64::from(sums[column]) * share).sum();
            *z = sum * f64::from(self.parts.scale[column]) + f64::from(self.parts.bias[column]);
        }
        Logits { z, shares }
    }

    /// Which language, by the words alone; a given tag wins.
    fn language(&self, sum: &LanguageSum, given: Option<&str>, spare: &mut Spare) -> LanguageScore {
        if let Some(code) = given {
            return LanguageScore { code: code.to_ascii_lowercase(), confidence: 1.0 };
        }
        if sum.count == 0 || self.parts.languages.is_empty() {
            return LanguageScore { code: spare.named(UNKNOWN), confidence: 0.0 };
        }
        let (top, confidence) = self.best_language(sum);
        let known = confidence >= f64::from(self.parts.language_floor);
        let code = if known { self.parts.languages[top].as_str() } else { UNKNOWN };
        LanguageScore { code: spare.named(code), confidence: round4(confidence) }
    }

    /// The likeliest language and its probability.
    fn best_language(&self, sum: &LanguageSum) -> (usize, f64) {
        let (mut z, share) = ([f64::NEG_INFINITY; LANGUAGES_MAX], share(sum.count));
        let columns = self.parts.language_scale.iter().zip(&self.parts.language_bias);
        for ((z, sum), (scale, bias)) in z.iter_mut().zip(sum.columns.get()).zip(columns) {
            *z = f64::from(sum) * share * f64::from(*scale) + f64::from(*bias);
        }
        let (top, _) = best(&z);
        below_best(&mut z);
        exp_all(&mut z);
        // the power of the best one is one
        (top, 1.0 / z.iter().sum::<f64>())
    }
}

/// What the log-odds of all columns say, head by head.
fn probabilities(z: &[f64; COLUMNS]) -> [f64; COLUMNS] {
    let mut p = *z;
    for spec in &SPECS {
        let of_head = &mut p[spec.columns()];
        match spec.shape {
            Shape::Choice => below_best(of_head),
            Shape::Flag => of_head[0] = -of_head[0],
        }
    }
    exp_all(&mut p);
    for spec in &SPECS {
        let of_head = &mut p[spec.columns()];
        let sum: f64 = of_head.iter().sum();
        match spec.shape {
            Shape::Choice => of_head.iter_mut().for_each(|p| *p /= sum),
            Shape::Flag => of_head[0] = 1.0 / (1.0 + of_head[0]),
        }
    }
    p
}

/// Log-odds against the largest; what counts nothing beside it is nothing.
fn below_best(z: &mut [f64]) {
    let (_, most) = best(z);
    z.iter_mut().for_each(|z| *z = if *z - most < NEGLIGIBLE { f64::NEG_INFINITY } else { *z - most });
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
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

/// The primary subtag of a given language tag, unless it says nothing.
fn given_language(tag: &str) -> Option<&str> {
    let code = tag.split(['-', '_']).next().unwrap_or_default();
    let says = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
    let is_nothing = |nothing: &&str| code.eq_ignore_ascii_case(nothing);
    let nothing = ["und", "zxx", "mul", "mis", "qme", "qam", "qct", "qht", "qst", "xx"];
    (says && !nothing.iter().any(is_nothing)).then_some(code)
}
