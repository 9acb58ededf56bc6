//! Which questions the model answers: the heads, their labels, and where each label's weights stand in a row.
//!
//! The order here is the order of the columns of the artefact: append at the end, never reorder, or old artefacts
//! would be misread.

use std::ops::Range;

/// How the labels of a head share probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Exactly one label holds: probabilities sum to one.
    Choice,
    /// A yes-or-no question of one column.
    Flag,
}

/// One head: a contiguous range of columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadSpec {
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [&'static str],
    pub(crate) first: usize,
    pub(crate) shape: Shape,
}

impl HeadSpec {
    /// How many columns it takes.
    pub(crate) const fn width(&self) -> usize {
        self.labels.len()
    }

    /// Its columns among those of all heads.
    pub(crate) fn columns(&self) -> Range<usize> {
        self.first..self.first + self.width()
    }
}

/// Columns used, of the [`STRIDE`] a row holds.
pub(crate) const COLUMNS: usize = 32;
/// Bytes of one row: a power of two, so a row never straddles a cache line.
pub(crate) const STRIDE: usize = 32;
/// Most labels of one head.
pub(crate) const LABELS_MAX: usize = 7;
/// Number of heads.
pub(crate) const HEADS: usize = 14;

pub(crate) const SENTIMENT: usize = 0;
pub(crate) const EMOTION: usize = 1;
pub(crate) const FRUSTRATION: usize = 2;
pub(crate) const INTENT: usize = 3;
pub(crate) const URGENCY: usize = 4;
pub(crate) const NOISE: usize = 5;
pub(crate) const ABUSE: usize = 6;
pub(crate) const THREAT: usize = 7;
pub(crate) const SARCASM: usize = 8;
pub(crate) const INCIDENT: usize = 9;
pub(crate) const LEGAL: usize = 10;
pub(crate) const DISTRESS: usize = 11;
pub(crate) const DANGER: usize = 12;
pub(crate) const PRESS: usize = 13;

/// All heads, by the constants above.
pub(crate) const SPECS: [HeadSpec; HEADS] = [
    choice("sentiment", &["negative", "neutral", "positive"], 0),
    choice("emotion", &["anger", "joy", "optimism", "sadness", "none"], 3),
    flag("frustration", &["frustration"], 8),
    choice("intent", &["billing", "defect", "outage", "safety", "presales", "reputation", "none"], 9),
    choice("urgency", &["routine", "soon", "now"], 16),
    choice("noise", &["none", "spam", "giveaway", "bot", "low_value"], 19),
    flag("abuse", &["abuse"], 24),
    flag("threat", &["threat"], 25),
    flag("sarcasm", &["sarcasm"], 26),
    flag("incident", &["incident"], 27),
    flag("legal", &["legal"], 28),
    flag("distress", &["distress"], 29),
    flag("danger", &["danger"], 30),
    flag("press", &["press"], 31),
];

const fn choice(name: &'static str, labels: &'static [&'static str], first: usize) -> HeadSpec {
    HeadSpec { name, labels, first, shape: Shape::Choice }
}

const fn flag(name: &'static str, labels: &'static [&'static str], first: usize) -> HeadSpec {
    HeadSpec { name, labels, first, shape: Shape::Flag }
}

/// The label that stands for "below the floor".
pub(crate) const UNKNOWN: &str = "unknown";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_contiguous_and_fit_a_row() {
        let mut next = 0;
        for spec in SPECS {
            assert_eq!(spec.first, next, "{}", spec.name);
            assert_eq!(spec.shape == Shape::Flag, spec.width() == 1, "{}", spec.name);
            next += spec.width();
        }
        assert_eq!(next, COLUMNS);
        const { assert!(COLUMNS <= STRIDE) };
        assert_eq!(SPECS.iter().map(HeadSpec::width).max(), Some(LABELS_MAX));
    }
}
