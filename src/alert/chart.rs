//! The chart of an alert: the counts that led to it, against what was expected.
//!
//! ```text
//! event ─▶ plot (its words and numbers) ─▶ drawing (marks, in one geometry) ─▶ svg | png
//! ```
//! Drawn from the event alone. Its numbers are those of the event: the last point is `observed`, the dashed line is
//! `expected`, the band ends at `upper`. Both pictures are made of the same marks, so neither can say what the other
//! does not. It must never show a text of a post.

mod drawing;
mod plot;
mod png;
mod svg;

pub use plot::Plot;
pub use png::NoPicture;

use crate::detect::BUCKET_SECONDS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Buckets between two points: five minutes.
pub(super) const STEP_BUCKETS: usize = 30;

/// Counts of the deciding window over the time before: each point is the sum of one window, the last ends at `at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chart {
    /// Length of the window, seconds.
    pub window_seconds: i64,
    /// From one point to the next, seconds.
    pub step_seconds: i64,
    /// Sums, oldest first; the last is `observed`.
    pub counts: Vec<u64>,
}

impl Chart {
    /// Points of windows of so many buckets.
    #[must_use]
    pub(super) fn new(buckets: usize, counts: Vec<u64>) -> Self {
        let seconds = |buckets: usize| i64::try_from(buckets).unwrap_or(0) * BUCKET_SECONDS;
        Self { window_seconds: seconds(buckets), step_seconds: seconds(STEP_BUCKETS), counts }
    }
}

#[cfg(test)]
mod tests;
