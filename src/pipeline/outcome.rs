//! The six ends an item can come to. Every item comes to exactly one, tried in this order.

use serde::{Deserialize, Serialize};

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Outcome {
    DeadLetter,
    NotContent,
    Duplicate,
    Unmatched,
    Noise,
    Routed,
}

impl Outcome {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::DeadLetter, Self::NotContent, Self::Duplicate, Self::Unmatched, Self::Noise, Self::Routed];

    /// The name used in reports and metric labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeadLetter => "dead_letter",
            Self::NotContent => "not_content",
            Self::Duplicate => "duplicate",
            Self::Unmatched => "unmatched",
            Self::Noise => "noise",
            Self::Routed => "routed",
        }
    }
}

/// How many items came to each end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes([u64; 6]);

impl Outcomes {
    /// Counts one item.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// Items that came to this end.
    #[must_use]
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// All items.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Self) {
        for (to, more) in self.0.iter_mut().zip(other.0) {
            *to += more;
        }
    }
}
