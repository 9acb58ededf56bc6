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
use super::rows::{Row as _, lowered};
use super::spare::Spare;
use super::tokens::{BYTES_MAX, Reading, Token};
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
type UnitParts = [f64; HEADS_TOLD];

/// Memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    units: Vec<UnitParts>,
}

/// Units told per head.
const UNITS_MAX: usize = 6;
/// Letters of a word that are told.
const LETTERS_TOLD: usize = 40;
/// A part that rounds to nothing is not told.
const PART_MIN: f64 = 5e-4;

/// What a text was read as, and what was made of it.
pub(crate) struct Evidence<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) counts: &'a [Counts],
    pub(crate) layer: Option<&'a Layer>,
    pub(crate) reading: &'a Reading,
    pub(crate) features: &'a Features,
    pub(crate) sums: &'a Sums,
    pub(crate) logits: &'a Logits,
}

/// Explains the best label of each of the heads, given with their probabilities.
pub(crate) fn explain<const N: usize>(
    evidence: &Evidence<'_>,
    heads: [(usize, &[f64]); N],
    Memory { units }: &mut Memory,
    spare: &mut Spare,
) -> Vec<Explanation> {
    const { assert!(N <= HEADS_TOLD) };
    let mut told = spare.explain();
    if evidence.features.words.is_empty() {
        return told;
    }
    told.reserve(N * (UNITS_MAX + 2));
    let odds = heads.map(|(head, p)| {
        let (first, second) = top_two(p);
        Odds::new(evidence, SPECS[head].first + first, SPECS[head].first + second)
    });
    sum_units(evidence, &odds, units);
    for (n, odds) in odds.iter().enumerate() {
        let largest = largest(units.iter().map(|unit| unit[n].abs()));
        tell(evidence, odds, |unit| units[unit][n], largest, (&mut told, spare));
    }
    told
}

/// What each weight of a column counts, by its byte as it is lifted.
pub(crate) type Counts = [f64; 256];

/// What the weights of every column count.
pub(crate) fn counts(parts: &Parts) -> Vec<Counts> {
    let of_column = |scale: &f32| std::array::from_fn(|byte| f64::from(lowered(byte as u8)) * f64::from(*scale));
    parts.scale.iter().map(of_column).collect()
}

/// One column against another.
struct Odds<'a> {
    column: usize,
    other: usize,
    scale: f64,
    other_scale: f64,
    counts: &'a Counts,
    other_counts: &'a Counts,
}

impl<'a> Odds<'a> {
    fn new(evidence: &Evidence<'a>, column: usize, other: usize) -> Self {
        let Evidence { parts, counts, .. } = evidence;
        let (scale, other_scale) = (f64::from(parts.scale[column]), f64::from(parts.scale[other]));
        Self { column, other, scale, other_scale, counts: &counts[column], other_counts: &counts[other] }
    }

    fn of_row(&self, row: &[u8; STRIDE]) -> f64 {
        let count = |counts: &Counts, column: usize| counts[usize::from(row[column % STRIDE])];
        count(self.counts, self.column) - count(self.other_counts, self.other)
    }

    fn of_sum(&self, sum: &[i16; STRIDE]) -> f64 {
        f64::from(sum[self.column]) * self.scale - f64::from(sum[self.other]) * self.other_scale
    }

    /// The difference of two figures that there are for every column.
    fn between(&self, figures: impl Fn(usize) -> f64) -> f64 {
        figures(self.column) - figures(self.other)
    }
}

const _: () = assert!(GROUPS == 3 && COLUMNS <= STRIDE);

/// The part of every unit in each of the odds.
fn sum_units<const N: usize>(evidence: &Evidence<'_>, odds: &[Odds<'_>; N], units: &mut Vec<UnitParts>) {
    units.clear();
    units.resize(evidence.features.units.len(), [0.0; HEADS_TOLD]);
    let [words, pieces, concepts] = evidence.logits.shares;
    let mut add = |list: &[Feature], share: f64| {
        for feature in list {
            let row = evidence.parts.main[feature.row() as usize].lifted();
            let unit = &mut units[feature.unit as usize];
            unit.iter_mut().zip(odds).for_each(|(sum, odds)| *sum += share * odds.of_row(row));
        }
    };
    add(&evidence.features.words, words);
    add(&evidence.features.concepts, concepts);
    for (unit, row) in &evidence.sums.by_unit {
        units[*unit as usize].iter_mut().zip(odds).for_each(|(sum, odds)| *sum += pieces * odds.of_sum(row));
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
    odds: &Odds<'_>,
    part: impl Fn(usize) -> f64,
    (largest, count): ([usize; UNITS_MAX], usize),
    (told, spare): (&mut Vec<Explanation>, &mut Spare),
) {
    let head: &'static str = &NAMES[odds.column];
    let total = odds.between(|column| evidence.logits.z[column]);
    let bias = round4(odds.between(|column| f64::from(evidence.parts.bias[column])));
    let mut rest = total - bias;
    for &unit in &largest[..count] {
        let weight = round4(part(unit));
        rest -= weight;
        let (feature, start, end) = name(evidence.reading, evidence.features.units[unit], spare);
        told.push(Explanation { head: head.into(), feature, start, end, weight });
    }
    for (feature, weight) in [("bias", bias), ("rest", round4(rest))] {
        told.push(Explanation { head: head.into(), feature: feature.into(), start: None, end: None, weight });
    }
}

fn name(reading: &Reading, unit: Unit, spare: &mut Spare) -> (Label, Option<u32>, Option<u32>) {
    let (from, to, mark) = match unit {
        Unit::Style(name) => return (name.into(), None, None),
        Unit::One(n) => (n, n, ""),
        Unit::Pair(n) => (n, n + 1, ""),
        Unit::Edge(n) => (n, n, "edge:"),
    };
    let (from, to) = (&reading.tokens[from as usize], &reading.tokens[to as usize]);
    let mut name = spare.name();
    name.push_str(mark);
    push_letters(&mut name, reading, from);
    if from.start != to.start {
        name.push(' ');
        push_letters(&mut name, reading, to);
    }
    (name.into(), Some(from.start), Some(to.end))
}

fn push_letters(name: &mut String, reading: &Reading, token: &Token) {
    if let Some(behind) = reading.plain_behind(token) {
        // a copy of a fixed size is a few moves; what is too much is taken back
        let end = name.len() + (token.to - token.from) as usize;
        name.push_str(behind);
        return name.truncate(end);
    }
    match reading.plain_letters(token) {
        Some(letters) => name.push_str(&letters[..letters.len().min(LETTERS_TOLD)]),
        None => name.extend(reading.cells_of(token).iter().take(LETTERS_TOLD).map(|cell| cell.ch)),
    }
}

fn top_two(p: &[f64]) -> (usize, usize) {
    let (first, _) = best(p);
    let mut others = [f64::NEG_INFINITY; LABELS_MAX];
    others[..p.len()].copy_from_slice(p);
    others[first] = f64::NEG_INFINITY;
    (first, best(&others[..p.len()]).0)
}

/// Units by size of their part, and how many: at most [`UNITS_MAX`], none that rounds to nothing; of equals the first.
fn largest(sizes: impl Iterator<Item = f64>) -> ([usize; UNITS_MAX], usize) {
    let mut top = [0; UNITS_MAX];
    for (unit, size) in sizes.enumerate() {
        let mut next = if size < PART_MIN { 0 } else { size.to_bits() & !UNIT_MASK | (UNIT_MASK - unit as u64) };
        if next <= top[UNITS_MAX - 1] {
            continue;
        }
        // each place keeps the larger one and hands the other one on: which it is cannot be guessed
        for kept in &mut top {
            (*kept, next) = (next.max(*kept), next.min(*kept));
        }
    }
    let count = top.iter().filter(|rank| **rank > 0).count();
    (top.map(|rank| (UNIT_MASK - (rank & UNIT_MASK)) as usize), count)
}

/// Lower bits of a part's rank, the size of the part being in the upper ones: the unit, the first the largest. The size is
/// cut to nine digits by it.
const UNIT_MASK: u64 = (1 << 20) - 1;
const _: () = assert!(4 * (BYTES_MAX as u64) < UNIT_MASK, "a text has two units for each token, and a few more");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_largest_are_those_that_sorting_finds(steps in prop::collection::vec(0_u16..40, 0..60)) {
            let parts: Vec<f64> = steps.iter().map(|steps| f64::from(*steps) * 1e-4).collect();
            let mut sorted: Vec<usize> = (0..parts.len()).filter(|at| parts[*at] >= PART_MIN).collect();
            sorted.sort_by(|a, b| parts[*b].total_cmp(&parts[*a]));
            sorted.truncate(UNITS_MAX);
            let (order, count) = largest(parts.into_iter());
            prop_assert_eq!(&order[..count], sorted);
        }
    }
}
