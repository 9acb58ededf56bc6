//! A user's own classifier from a table: learned on four fifths, measured on the fifth, then learned on all.

use super::data::table;
use super::metrics::Tally;
use super::quantize;
use super::rng::Rng;
use super::sgd::{Example, Recipe, Store, learn};
use super::{TrainError, digest};
use crate::score::calibrate::{best, fit_temperature};
use crate::score::features::extract;
use crate::score::head::{HEAD_BITS, HEAD_LABELS_MAX, Head, own_row};
use crate::score::tokens::Reading;
use serde_json::{Value, json};

/// A finished head.
#[derive(Debug)]
pub struct TrainedHead {
    /// The classifier.
    pub head: Head,
    /// Rows, labels, figures on the held-back fifth.
    pub metrics: Value,
}

/// Learns a head from a table with a header line.
///
/// # Errors
/// When the columns are missing, or there are fewer than two labels, or too many, or too few rows.
pub fn train_head(tsv: &str, text: &str, label: &str, seed: u64) -> Result<TrainedHead, TrainError> {
    let rows = table(tsv, &[text, label])
        .ok_or_else(|| TrainError::Table(format!("the table has no columns {text} and {label}")))?;
    let mut labels: Vec<String> = rows.iter().map(|r| r[1].clone()).filter(|l| !l.is_empty()).collect();
    labels.sort_unstable();
    labels.dedup();
    if !(2..=HEAD_LABELS_MAX).contains(&labels.len()) {
        let found = labels.len();
        return Err(TrainError::Table(format!("a head needs 2 to {HEAD_LABELS_MAX} labels, the table has {found}")));
    }
    let (store, examples) = examples(&rows, &labels, seed);
    if examples.len() < 10 {
        return Err(TrainError::Table(format!("a head needs at least 10 rows, the table has {}", examples.len())));
    }
    let recipe = Recipe {
        epochs: 10,
        rate: 0.15,
        decay: 1e-5,
        balance: 0.5,
        // a few rows per label, and labels that people confuse: certainty there is learned by heart
        smoothing: 0.1,
        width: labels.len(),
        rows: 1 << HEAD_BITS,
        seed,
        concepts_only: false,
        prunes: true,
        pace: 0.0,
    };
    let tried = learn(&store, &examples, &recipe, None, false);
    let mut tally = Tally::default();
    let mut held = Vec::new();
    for e in examples.iter().filter(|e| e.held) {
        let z: Vec<f64> = tried.logits(&store, e.text).into_iter().map(f64::from).collect();
        tally.choice(usize::from(e.label), best(&z).0);
        held.push((z, usize::from(e.label)));
    }
    let slope = if held.len() < 20 { 1.0 } else { fit_temperature(&held) };
    let finished = learn(&store, &examples, &recipe, None, true);
    let head = small(&finished, labels, slope);
    let mut metrics = tally.to_json();
    metrics["rows"] = json!(examples.len());
    metrics["digest"] = json!(digest(&head.to_bytes()));
    metrics["labels"] = per_label(&head.labels, &examples, &tally);
    Ok(TrainedHead { head, metrics })
}

fn examples(rows: &[Vec<String>], labels: &[String], seed: u64) -> (Store, Vec<Example>) {
    let mut rng = Rng::new(seed);
    let mut store = Store::default();
    let mut examples = Vec::new();
    for row in rows {
        let Ok(label) = labels.binary_search(&row[1]) else { continue };
        let features = extract(&Reading::new(&row[0]));
        let text = store.add(features.groups().map(|group| group.iter().map(own_row)));
        let label = u8::try_from(label).expect("labels are bounded");
        examples.push(Example { text, label, weight: 1.0, held: rng.below(5) == 0, source: 0 });
    }
    (store, examples)
}

fn small(linear: &super::sgd::Linear, labels: Vec<String>, slope: f64) -> Head {
    let width = labels.len();
    let columns: Vec<(Vec<i8>, f32)> = (0..width).map(|c| quantize::column(linear, c)).collect();
    let weights = (0..1 << HEAD_BITS).flat_map(|row| columns.iter().map(move |c| c.0[row])).collect();
    Head {
        labels,
        scale: columns.iter().map(|c| (f64::from(c.1) * slope) as f32).collect(),
        bias: linear.bias.iter().map(|&b| (f64::from(b) * slope) as f32).collect(),
        weights,
    }
}

fn per_label(labels: &[String], examples: &[Example], tally: &Tally) -> Value {
    let figures = labels.iter().enumerate().map(|(index, label)| {
        let rows = examples.iter().filter(|e| usize::from(e.label) == index).count();
        let (precision, recall, f1) = tally.f1(index);
        let r = crate::score::calibrate::round4;
        (label.clone(), json!({"rows": rows, "precision": r(precision), "recall": r(recall), "f1": r(f1)}))
    });
    Value::Object(figures.collect())
}
