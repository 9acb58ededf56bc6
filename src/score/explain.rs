//! Telling a score back: which words it was made of. Exact, because the model is a sum.
//!
//! What is told is the log-odds of the chosen label against the runner-up, `ln(p1 / p2)`: the listed units, the bias
//! and `rest` sum to it. A unit's part is all its features: the word, its pieces, its negation, what it is about.

use super::artefact::Parts;
use super::calibrate::{best, round4};
use super::features::{Feature, Features, GROUPS, Unit};
use super::heads::{COLUMNS, LABELS_MAX, SPECS, STRIDE};
use super::layer::Layer;
use super::model::Logits;
use super::tokens::{Reading, Token};
use super::vocabulary::Sums;
use super::{Explanation, Label};
use std::sync::LazyLock;

/// `head.label` of every column.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let columns = |spec: &'static super::heads::HeadSpec| spec.labels.iter().map(|l| format!("{}.{l}", spec.name));
    SPECS.iter().flat_map(columns).collect()
});

/// Most heads that are told back.
const HEADS_TOLD: usize = 3;
/// One unit's part in each of the heads that are told.
pub(crate) type UnitParts = [f64; HEADS_TOLD];
/// Units told per head.
const UNITS_MAX: usize = 6;
/// Letters of a word that are told.
const LETTERS_TOLD: usize = 40;
/// A part that rounds to nothing is not told.
const PART_MIN: f64 = 5e-4;

/// What a text was read as, and what was made of it.
pub(crate) struct Evidence<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) layer: Option<&'a Layer>,
    pub(crate) reading: &'a Reading,
    pub(crate) features: &'a Features,
    pub(crate) sums: &'a Sums,
    pub(crate) logits: &'a Logits,
}

/// Explains the best label of each of the heads, at most three, given with their probabilities; `units` is memory to
/// use again.
pub(crate) fn explain(
    evidence: &Evidence<'_>,
    heads: &[(usize, &[f64])],
    units: &mut Vec<UnitParts>,
) -> Vec<Explanation> {
    let mut told = Vec::with_capacity(heads.len() * (UNITS_MAX + 2));
    if evidence.features.words.is_empty() {
        return told;
    }
    let odds_of = |&(head, p): &(usize, &[f64])| {
        let (first, second) = top_two(p);
        Odds::new(evidence.parts, SPECS[head].first + first, SPECS[head].first + second)
    };
    let odds: Vec<Odds> = heads.iter().take(HEADS_TOLD).map(odds_of).collect();
    sum_units(evidence, &odds, units);
    for (n, odds) in odds.iter().enumerate() {
        tell(evidence, odds, |unit| units[unit][n], largest(units.iter().map(|unit| unit[n])), &mut told);
    }
    told
}

/// One column against another.
struct Odds {
    column: usize,
    other: usize,
    scale: f64,
    other_scale: f64,
}

impl Odds {
    fn new(parts: &Parts, column: usize, other: usize) -> Self {
        Self { column, other, scale: f64::from(parts.scale[column]), other_scale: f64::from(parts.scale[other]) }
    }

    fn of<T: Copy + Into<f64>>(&self, row: &[T; STRIDE]) -> f64 {
        row[self.column].into() * self.scale - row[self.other].into() * self.other_scale
    }

    /// The difference of two figures that there are for every column.
    fn between(&self, figures: impl Fn(usize) -> f64) -> f64 {
        figures(self.column) - figures(self.other)
    }
}

const _: () = assert!(GROUPS == 3 && COLUMNS <= STRIDE);

/// The part of every unit in each of the odds.
fn sum_units(evidence: &Evidence<'_>, odds: &[Odds], units: &mut Vec<UnitParts>) {
    units.clear();
    units.resize(evidence.features.units.len(), [0.0; HEADS_TOLD]);
    let [words, pieces, concepts] = evidence.logits.shares;
    let mut add = |list: &[Feature], share: f64| {
        for feature in list {
            let row = &evidence.parts.main[feature.id as usize];
            let unit = &mut units[feature.unit as usize];
            unit.iter_mut().zip(odds).for_each(|(sum, odds)| *sum += share * odds.of(row));
        }
    };
    add(&evidence.features.words, words);
    add(&evidence.features.concepts, concepts);
    for (unit, row) in &evidence.sums.by_unit {
        units[*unit as usize].iter_mut().zip(odds).for_each(|(sum, odds)| *sum += pieces * odds.of(row));
    }
    if let Some(layer) = evidence.layer {
        for (n, odds) in odds.iter().enumerate() {
            let columns = (odds.column, odds.other);
            layer.add_units(evidence.features, evidence.logits.shares, columns, |unit, part| units[unit][n] += part);
        }
    }
}

fn tell(
    evidence: &Evidence<'_>,
    odds: &Odds,
    part: impl Fn(usize) -> f64,
    (largest, count): ([usize; UNITS_MAX], usize),
    told: &mut Vec<Explanation>,
) {
    let head: &'static str = &NAMES[odds.column];
    let total = odds.between(|column| evidence.logits.z[column]);
    let bias = round4(odds.between(|column| f64::from(evidence.parts.bias[column])));
    let mut rest = total - bias;
    for &unit in &largest[..count] {
        let weight = round4(part(unit));
        rest -= weight;
        let (feature, start, end) = name(evidence.reading, evidence.features.units[unit]);
        told.push(Explanation { head: head.into(), feature, start, end, weight });
    }
    for (feature, weight) in [("bias", bias), ("rest", round4(rest))] {
        told.push(Explanation { head: head.into(), feature: feature.into(), start: None, end: None, weight });
    }
}

fn name(reading: &Reading, unit: Unit) -> (Label, Option<u32>, Option<u32>) {
    let (from, to, mark) = match unit {
        Unit::Style(name) => return (format!("style:{name}").into(), None, None),
        Unit::One(n) => (n, n, ""),
        Unit::Pair(n) => (n, n + 1, ""),
        Unit::Edge(n) => (n, n, "edge:"),
    };
    let (from, to) = (&reading.tokens[from as usize], &reading.tokens[to as usize]);
    let mut name = String::with_capacity(32);
    name.push_str(mark);
    push_letters(&mut name, reading, from);
    if from.start != to.start {
        name.push(' ');
        push_letters(&mut name, reading, to);
    }
    (name.into(), Some(from.start), Some(to.end))
}

fn push_letters(name: &mut String, reading: &Reading, token: &Token) {
    reading.cells_of(token).iter().take(LETTERS_TOLD).for_each(|cell| name.push(cell.ch));
}

fn top_two(p: &[f64]) -> (usize, usize) {
    let (first, _) = best(p);
    let mut others = [f64::NEG_INFINITY; LABELS_MAX];
    others[..p.len()].copy_from_slice(p);
    others[first] = f64::NEG_INFINITY;
    (first, best(&others[..p.len()]).0)
}

/// Units by size of their part, and how many: at most [`UNITS_MAX`], none that rounds to nothing.
fn largest(parts: impl Iterator<Item = f64>) -> ([usize; UNITS_MAX], usize) {
    let (mut order, mut sizes, mut count) = ([0; UNITS_MAX], [0.0; UNITS_MAX], 0);
    let mut least = PART_MIN;
    for (unit, part) in parts.enumerate() {
        let size = part.abs();
        if size < least {
            continue;
        }
        let place = sizes[..count].iter().position(|other| *other < size).unwrap_or(count);
        if place == UNITS_MAX {
            continue;
        }
        count = (count + 1).min(UNITS_MAX);
        for at in (place + 1..count).rev() {
            (order[at], sizes[at]) = (order[at - 1], sizes[at - 1]);
        }
        (order[place], sizes[place]) = (unit, size);
        least = if count == UNITS_MAX { sizes[UNITS_MAX - 1] } else { PART_MIN };
    }
    (order, count)
}
