//! Learning the shipped artefact and a user's own heads: seeded, single-threaded, byte for byte repeatable.
//!
//! Learns twice: first without what is held back, to calibrate and to measure; then with our own posts, the spam and
//! the language rows in full, which is what ships. Never reads a file itself: the caller brings a reader, and
//! [`data::Loader`] refuses every set outside the allow-list.

mod corpus;
pub mod data;
mod feedback;
mod head;
mod layer;
pub(crate) mod metrics;
mod pace;
mod posts;
mod quantize;
mod rng;
mod sgd;

pub use feedback::{FeedbackCounts, ItemCounts, Joined, ReadFeedback, ReadItem, join};
pub use head::{TrainedHead, train_head};
pub use layer::{TrainedLayer, train_layer};

use super::artefact::Parts;
use super::calibrate::{best, fit_lifts, fit_platt, fit_temperature, round4, sigmoid, softmax};
use super::features::{LANGUAGE_BITS, MAIN_BITS};
use super::heads::{
    ABUSE, COLUMNS, DANGER, DISTRESS, EMOTION, HEADS, INTENT, LEGAL, NOISE, PRESS, SARCASM, SENTIMENT, SPECS, Shape,
    THREAT, URGENCY,
};
use super::model::digest;
use corpus::{Corpus, EMOJI, LENGTHS, OWN, SMS, SOURCES, TWEETS};
use data::{ALLOWED, Loader};
use metrics::Tally;
use serde_json::{Value, json};
use sgd::{Example, Lean, Linear, Recipe, Store, learn};

/// Why training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The file is not on the allow-list.
    #[error("{0} may not train the shipped artefact")]
    NotAllowed(String),
    /// The reader failed.
    #[error("cannot read {path}: {cause}")]
    Read {
        /// `set/file`.
        path: String,
        /// What the reader said.
        cause: String,
    },
    /// A table lacks the columns.
    #[error("{0} has not the expected columns")]
    Columns(String),
    /// A user's table cannot be learned from.
    #[error("{0}")]
    Table(String),
}

/// A finished artefact.
#[derive(Debug)]
pub struct Trained {
    /// What [`super::Model::parse`] reads.
    pub bytes: Vec<u8>,
    /// Data sets with terms and counts, digest, figures on what was held back.
    pub manifest: Value,
}

/// Learns the artefact. `read` gives the text of `set/file`; `slice` above 0 takes only about that many rows a file, and own posts.
///
/// # Errors
/// When a set cannot be read.
pub fn train_model(
    read: &mut dyn FnMut(&str) -> Result<String, String>,
    seed: u64,
    slice: usize,
) -> Result<Trained, TrainError> {
    let mut loader = Loader::new(read, slice);
    let corpus = corpus::build(&mut loader, seed)?;
    let measured = learn_all(&corpus, seed, false).rounded();
    let calibration = calibrate(&corpus, &measured);
    let figures = measure(&corpus, &measured, &calibration);
    let finished = learn_all(&corpus, seed, true);
    let parts = assemble(&corpus, &finished, &calibration);
    let bytes = parts.to_bytes();
    let manifest = json!({
        "artefact": {"format": "gsmodel2", "bytes": bytes.len(), "digest": digest(&bytes), "seed": seed},
        "data": data_sets(loader.counts(), corpus.own_posts),
        "held_back": figures,
    });
    Ok(Trained { bytes, manifest })
}

/// All weights, before they are made small.
struct Weights {
    heads: Vec<Linear>,
    language: Linear,
}

impl Weights {
    /// As they ship: one byte each.
    fn rounded(self) -> Self {
        let heads = self.heads.iter().map(quantize::rounded).collect();
        Self { heads, language: quantize::rounded(&self.language) }
    }
}

fn recipe(head: usize, seed: u64) -> Recipe {
    let width = SPECS[head].width();
    let base = Recipe {
        epochs: 6,
        rate: 0.12,
        decay: 1e-5,
        balance: 0.5,
        smoothing: 0.0,
        width,
        rows: 1 << MAIN_BITS,
        seed: seed ^ head as u64,
        concepts_only: false,
        // what is asked is written by ourselves, hardly anything twice: a word of one post is one more there
        prunes: ![INTENT, URGENCY, THREAT, DISTRESS, DANGER, LEGAL, PRESS].contains(&head),
        // where the sign is a tone rather than a word, as of sarcasm, counts of words mislead
        pace: match head {
            EMOTION | LEGAL => 0.5,
            SENTIMENT => 0.4,
            INTENT | URGENCY | NOISE | ABUSE | THREAT | DISTRESS | DANGER => 0.3,
            _ => 0.0,
        },
    };
    match head {
        // slowly and often: what many people call a mood is a matter of many weak signs
        SENTIMENT => Recipe { balance: 0.9, rate: 0.025, epochs: 12, decay: 2e-4, smoothing: 0.12, ..base },
        EMOTION | SARCASM => Recipe { balance: 0.7, ..base },
        INTENT => Recipe { balance: 1.0, rate: 0.06, epochs: 8, ..base },
        URGENCY => Recipe { balance: 0.8, ..base },
        NOISE => Recipe { balance: 0.4, ..base },
        // few posts are grave, many look it: as frequent as they come, and no post is believed wholly
        THREAT | DISTRESS | DANGER | PRESS => Recipe { balance: 0.2, smoothing: 0.05, ..base },
        // who goes to law says so in words of the law: all others would be learned by heart
        LEGAL => Recipe { balance: 0.2, smoothing: 0.05, concepts_only: true, ..base },
        _ => base,
    }
}

fn learn_all(corpus: &Corpus, seed: u64, all: bool) -> Weights {
    let store = &corpus.store;
    // official validation parts stay out even of what ships, so that anyone can measure on them; what we drew
    // ourselves from a part for training is learned in the end
    let reuse = |head: usize| -> Vec<Example> {
        let keep = |e: &&Example| !all || !e.held || [OWN, SMS].contains(&e.source);
        corpus.heads[head].iter().filter(keep).copied().collect()
    };
    let mut heads: Vec<Option<Linear>> = (0..HEADS).map(|_| None).collect();
    for head in (0..HEADS).filter(|&h| h != SENTIMENT) {
        heads[head] = Some(learn(store, &reuse(head), &recipe(head, seed), None, all));
    }
    let emoji = Recipe { width: EMOJI, epochs: 3, balance: 0.3, ..recipe(SENTIMENT, seed ^ 0xE) };
    let emoji = learn(store, &corpus.emoji, &emoji, None, true);
    let aux = [EMOTION, SARCASM, ABUSE].map(|h| heads[h].as_ref().expect("learned above"));
    let aux = side_by_side(&[aux[0], aux[1], aux[2], &emoji]);
    let lean = Lean { on: &aux, rate: 4.0 };
    heads[SENTIMENT] = Some(learn(store, &reuse(SENTIMENT), &recipe(SENTIMENT, seed), Some(lean), all));
    let language = Recipe {
        epochs: 8,
        rate: 0.25,
        decay: 0.0,
        balance: 0.2,
        smoothing: 0.0,
        width: corpus.languages.len(),
        rows: 1 << LANGUAGE_BITS,
        seed: seed ^ 0x1A,
        concepts_only: false,
        prunes: true,
        pace: 0.0,
    };
    let language = learn(&corpus.language_store, &corpus.language, &language, None, all);
    Weights { heads: heads.into_iter().map(|h| h.expect("every head is learned")).collect(), language }
}

/// Several heads as one wide one.
fn side_by_side(parts: &[&Linear]) -> Linear {
    let width: usize = parts.iter().map(|p| p.width).sum();
    let rows = parts[0].weights.len() / parts[0].width;
    let mut weights = Vec::with_capacity(rows * width);
    for row in 0..rows {
        for part in parts {
            weights.extend_from_slice(&part.weights[row * part.width..(row + 1) * part.width]);
        }
    }
    Linear { width, weights, bias: parts.iter().flat_map(|p| p.bias.iter().copied()).collect() }
}

/// Per head slope and offset of the log-odds (offset only for yes-or-no heads), and the language's.
struct Calibration {
    heads: Vec<(f64, f64)>,
    /// By column: what a label that must not be missed is given on top.
    lifts: [f64; COLUMNS],
    language: f64,
}

/// Intents that cost most where they are missed, and how many of them are to be found among held-back posts: a little
/// more than is promised, because real posts are not ours.
const MUST_FIND: [(&str, f64); 2] = [("outage", 0.9), ("safety", 0.86)];

/// What the intents that must not be missed are given on top, fitted on our own held-back posts.
fn lifts(corpus: &Corpus, weights: &Weights, slope: f64) -> [f64; COLUMNS] {
    let spec = &SPECS[INTENT];
    let rows: Vec<(Vec<f64>, usize)> = held(&corpus.store, &weights.heads[INTENT], &corpus.heads[INTENT])
        .filter(|(_, e)| e.source == OWN)
        .map(|(z, e)| (z.into_iter().map(|v| v * slope).collect(), usize::from(e.label)))
        .collect();
    let place = |(wanted, recall): (&str, f64)| Some((spec.labels.iter().position(|l| *l == wanted)?, recall));
    let must_find: Vec<(usize, f64)> = MUST_FIND.into_iter().filter_map(place).collect();
    let mut lifts = [0.0; COLUMNS];
    lifts[spec.columns()].copy_from_slice(&fit_lifts(&rows, &must_find, spec.width()));
    lifts
}

fn held<'a>(
    store: &'a Store,
    linear: &'a Linear,
    examples: &'a [Example],
) -> impl Iterator<Item = (Vec<f64>, Example)> {
    let logits = |e: &Example| linear.logits(store, e.text).into_iter().map(f64::from).collect();
    examples.iter().filter(|e| e.held).map(move |e| (logits(e), *e))
}

fn calibrate(corpus: &Corpus, weights: &Weights) -> Calibration {
    let temperature = |store: &Store, linear: &Linear, examples: &[Example]| {
        let rows: Vec<_> = held(store, linear, examples).map(|(z, e)| (z, usize::from(e.label))).collect();
        if rows.is_empty() { 1.0 } else { fit_temperature(&rows) }
    };
    let head = |head: usize| {
        let (linear, examples) = (&weights.heads[head], &corpus.heads[head]);
        match SPECS[head].shape {
            // the official posts are labelled by many people: what is calibrated on them holds elsewhere
            Shape::Choice if head == SENTIMENT => {
                let tweets: Vec<Example> = examples.iter().filter(|e| e.source == TWEETS).copied().collect();
                (temperature(&corpus.store, linear, &tweets), 0.0)
            }
            Shape::Choice => (temperature(&corpus.store, linear, examples), 0.0),
            Shape::Flag => {
                let rows: Vec<_> = held(&corpus.store, linear, examples).map(|(z, e)| (z[0], e.label == 1)).collect();
                fit_platt(&rows)
            }
        }
    };
    let heads: Vec<(f64, f64)> = (0..HEADS).map(head).collect();
    Calibration {
        lifts: lifts(corpus, weights, heads[INTENT].0),
        heads,
        language: temperature(&corpus.language_store, &weights.language, &corpus.language),
    }
}

/// Figures per head and source on what was held back.
fn measure(corpus: &Corpus, weights: &Weights, calibration: &Calibration) -> Value {
    let mut figures = json!({});
    for (index, spec) in SPECS.iter().enumerate() {
        let (slope, offset) = calibration.heads[index];
        let lifts = &calibration.lifts[spec.first..];
        let rows: Vec<_> = held(&corpus.store, &weights.heads[index], &corpus.heads[index]).collect();
        for (source, name) in SOURCES {
            let mut tally = Tally::default();
            for (z, e) in rows.iter().filter(|(_, e)| e.source == source) {
                let mut z = z.clone();
                z.iter_mut().zip(lifts).for_each(|(v, lift)| *v = *v * slope + offset + lift);
                match spec.shape {
                    Shape::Flag => tally.flag(e.label == 1, sigmoid(z[0])),
                    Shape::Choice => {
                        softmax(&mut z);
                        let (answer, probability) = best(&z);
                        tally.choice_at(usize::from(e.label), answer, probability);
                    }
                }
            }
            if tally.len() > 0 {
                let mut figure = tally.to_json();
                if spec.shape == Shape::Choice {
                    figure["labels"] = tally.by_label(spec.labels);
                }
                figures[format!("{}.{name}", spec.name)] = figure;
            }
        }
    }
    figures["language"] = language_figures(corpus, weights, calibration);
    figures
}

/// The floor of the language head: below it, the answer is wrong twice as often as right. Of short texts many are
/// right that are not sure: a floor of a half would call one right answer in fifteen unknown.
const LANGUAGE_FLOOR: f64 = 0.33;

fn language_figures(corpus: &Corpus, weights: &Weights, calibration: &Calibration) -> Value {
    let mut figures = json!({});
    for (source, name) in LENGTHS {
        let (mut tally, mut answered) = (Tally::default(), Tally::default());
        let rows = held(&corpus.language_store, &weights.language, &corpus.language);
        for (mut z, e) in rows.filter(|(_, e)| e.source == source) {
            z.iter_mut().for_each(|v| *v *= calibration.language);
            softmax(&mut z);
            let (top, p) = best(&z);
            tally.choice(usize::from(e.label), top);
            if p >= LANGUAGE_FLOOR {
                answered.choice(usize::from(e.label), top);
            }
        }
        figures[name] = tally.to_json();
        figures[name]["answered"] = json!(round4(answered.len() as f64 / tally.len().max(1) as f64));
        figures[name]["accuracy_answered"] = json!(round4(answered.accuracy()));
    }
    figures
}

/// Below these probabilities of the best label a choice answers `unknown`: only where it is all but a tie.
const FLOORS: [f32; HEADS] = [0.36, 0.25, 0.0, 0.0, 0.36, 0.26, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

fn assemble(corpus: &Corpus, weights: &Weights, calibration: &Calibration) -> Parts {
    let (mut scale, mut bias) = (Vec::new(), Vec::new());
    let mut columns: Vec<Vec<i8>> = Vec::new();
    for (linear, &(slope, offset)) in weights.heads.iter().zip(&calibration.heads) {
        for column in 0..linear.width {
            let (steps, step) = quantize::column(linear, column);
            columns.push(steps);
            scale.push((f64::from(step) * slope) as f32);
            let lift = calibration.lifts[bias.len()];
            bias.push((f64::from(linear.bias[column]) * slope + offset + lift) as f32);
        }
    }
    let language: Vec<(Vec<i8>, f32)> =
        (0..weights.language.width).map(|column| quantize::column(&weights.language, column)).collect();
    let cool = |v: f32| (f64::from(v) * calibration.language) as f32;
    Parts {
        main: quantize::rows(&columns),
        scale,
        bias,
        floor: FLOORS.to_vec(),
        languages: corpus.languages.clone(),
        language_scale: language.iter().map(|(_, step)| cool(*step)).collect(),
        language_bias: weights.language.bias.iter().map(|&b| cool(b)).collect(),
        language: quantize::rows(&language.into_iter().map(|(steps, _)| steps).collect::<Vec<_>>()),
        language_floor: LANGUAGE_FLOOR as f32,
    }
}

fn data_sets(counts: &[(String, usize)], own: usize) -> Value {
    let mut sets: Vec<Value> = ALLOWED
        .iter()
        .map(|set| {
            let files: serde_json::Map<String, Value> = counts
                .iter()
                .filter_map(|(path, n)| Some((path.strip_prefix(set.name)?.strip_prefix('/')?.to_owned(), json!(n))))
                .collect();
            json!({"name": set.name, "licence": set.licence, "attribution": set.attribution, "rows": files})
        })
        .collect();
    sets.push(json!({
        "name": "own posts", "licence": "as this repository", "attribution": "written for this project",
        "rows": {"generated": own},
    }));
    Value::Array(sets)
}

#[cfg(test)]
mod tests;
