//! Telling a score back: which words it was made of. Exact, because the model is a sum.
//!
//! What is told is the log-odds of the chosen label against the runner-up, `ln(p1 / p2)`: the listed units, the bias
//! and `rest` sum to it. A unit's part is all its features: the word, its pieces, its negation,
//! what it is about.

use super::artefact::Parts;
use super::calibrate::{best, round4};
use super::features::{Features, Unit};
use super::heads::{HeadSpec, SPECS};
use super::layer::Layer;
use super::model::{Logits, unit_parts};
use super::tokens::Reading;
use super::{Explanation, Label};
use std::sync::LazyLock;

/// `head.label` of every column.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let columns = |spec: &'static HeadSpec| spec.labels.iter().map(|label| format!("{}.{label}", spec.name));
    SPECS.iter().flat_map(columns).collect()
});

/// Units told per head.
const UNITS_MAX: usize = 6;

/// Explains the best label of each of the heads, given with their probabilities.
pub(crate) fn explain(
    parts: &Parts,
    layer: Option<&Layer>,
    reading: &Reading,
    features: &Features,
    logits: &Logits,
    heads: &[(usize, &[f64])],
) -> Vec<Explanation> {
    let mut told = Vec::with_capacity(heads.len() * (UNITS_MAX + 2));
    if features.words.is_empty() {
        return told;
    }
    for &(head, p) in heads {
        Telling { parts, layer, reading, features, logits, spec: &SPECS[head] }.tell(p, &mut told);
    }
    told
}

struct Telling<'a> {
    parts: &'a Parts,
    layer: Option<&'a Layer>,
    reading: &'a Reading,
    features: &'a Features,
    logits: &'a Logits,
    spec: &'static HeadSpec,
}

impl Telling<'_> {
    fn tell(&self, p: &[f64], told: &mut Vec<Explanation>) {
        let (first, second) = top_two(p);
        let (a, b) = (self.spec.first + first, self.spec.first + second);
        let sums = self.sums(a, b);
        let total = self.logits.z[a] - self.logits.z[b];
        let bias = round4(f64::from(self.parts.bias[a]) - f64::from(self.parts.bias[b]));
        let head = &NAMES[a];
        let mut rest = total - bias;
        for unit in largest(&sums) {
            let weight = round4(sums[unit]);
            rest -= weight;
            let (feature, start, end) = self.name(self.features.units[unit]);
            told.push(Explanation { head: head.as_str().into(), feature, start, end, weight });
        }
        for (feature, weight) in [("bias", bias), ("rest", round4(rest))] {
            let head = head.as_str().into();
            told.push(Explanation { head, feature: feature.into(), start: None, end: None, weight });
        }
    }

    /// The part of every unit in `z[a] - z[b]`.
    fn sums(&self, a: usize, b: usize) -> Vec<f64> {
        let (scale_a, scale_b) = (f64::from(self.parts.scale[a]), f64::from(self.parts.scale[b]));
        let mut sums = vec![0.0; self.features.units.len()];
        let weight = |_: &Parts, row: &[i8; _]| f64::from(row[a]) * scale_a - f64::from(row[b]) * scale_b;
        for (group, share) in self.features.groups().into_iter().zip(self.logits.shares) {
            unit_parts(self.parts, group, share, weight, &mut sums);
        }
        if let Some(layer) = self.layer {
            layer.add_units(self.features, self.logits.shares, (a, b), &mut sums);
        }
        sums
    }

    fn name(&self, unit: Unit) -> (Label, Option<u32>, Option<u32>) {
        let tokens = &self.reading.tokens;
        let (from, to, mark) = match unit {
            Unit::Style(name) => return (format!("style:{name}").into(), None, None),
            Unit::One(n) => (n, n, ""),
            Unit::Pair(n) => (n, n + 1, ""),
            Unit::Edge(n) => (n, n, "edge:"),
        };
        let (from, to) = (&tokens[from as usize], &tokens[to as usize]);
        let mut name = mark.to_owned();
        name.extend(self.reading.cells_of(from).iter().take(40).map(|c| c.ch));
        if from.start != to.start {
            name.push(' ');
            name.extend(self.reading.cells_of(to).iter().take(40).map(|c| c.ch));
        }
        (name.into(), Some(from.start), Some(to.end))
    }
}

fn top_two(p: &[f64]) -> (usize, usize) {
    let (first, _) = best(p);
    let mut others = p.to_vec();
    others[first] = f64::NEG_INFINITY;
    (first, best(&others).0)
}

/// Units by size of their part, at most [`UNITS_MAX`], none that rounds to nothing.
fn largest(sums: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(UNITS_MAX + 1);
    for (unit, sum) in sums.iter().enumerate() {
        if sum.abs() < 5e-4 {
            continue;
        }
        let place = order.iter().position(|&o| sums[o].abs() < sum.abs()).unwrap_or(order.len());
        if place < UNITS_MAX {
            order.insert(place, unit);
            order.truncate(UNITS_MAX);
        }
    }
    order
}
