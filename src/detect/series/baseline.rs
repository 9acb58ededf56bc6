//! What is usual for a series: levels with a half-life of a day, and how much its five-minute counts scatter.

use super::{BLOCK, Cell, LEARN_AFTER};
use crate::detect::{BUCKET_SECONDS, Level};
use serde::{Deserialize, Serialize};

/// Half-life of the level: 24 h.
const HALF_LIFE_SECONDS: f64 = 86_400.0;
/// Length of a bucket.
const STEP_SECONDS: f64 = BUCKET_SECONDS as f64;

/// What was learned of a series, bucket by bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Baseline {
    pub(super) mentions: Level,
    pub(super) negative: Level,
    pub(super) outage: Level,
    pub(super) sentiment: Level,
    pub(super) sentiment_squares: Level,
    dispersion: Level,
    block_sum: u32,
    block_cells: u32,
}

impl Default for Baseline {
    fn default() -> Self {
        let level = Level::new(HALF_LIFE_SECONDS);
        Self {
            mentions: level,
            negative: level,
            outage: level,
            sentiment: level,
            sentiment_squares: level,
            dispersion: level,
            block_sum: 0,
            block_cells: 0,
        }
    }
}

impl Baseline {
    /// Mentions per bucket that are usual.
    pub(super) fn usual(&self) -> f64 {
        self.mentions.mean().unwrap_or(0.0)
    }

    /// Variance over mean of five-minute counts, at least 1.
    pub(super) fn spread(&self) -> f64 {
        self.dispersion.mean().unwrap_or(1.0).max(1.0)
    }

    /// So many empty buckets at once.
    pub(super) fn learn_silence(&mut self, buckets: u32) {
        let Self { mentions, negative, outage, sentiment, sentiment_squares, .. } = self;
        for level in [mentions, negative, outage, sentiment, sentiment_squares] {
            level.learn_zeros(buckets, STEP_SECONDS);
        }
    }

    pub(super) fn learn(&mut self, cell: &Cell) {
        // winsorised: one wild bucket that was no incident must not carry a day
        let cap = if self.mentions.weight() > LEARN_AFTER as f64 { 5.0 * self.usual() + 5.0 } else { f64::MAX };
        let kept = f64::from(cell.mentions).min(cap);
        let scale = if cell.mentions == 0 { 0.0 } else { kept / f64::from(cell.mentions) };
        learn(&mut self.mentions, kept, STEP_SECONDS);
        learn(&mut self.negative, f64::from(cell.negative) * scale, STEP_SECONDS);
        learn(&mut self.outage, f64::from(cell.outage) * scale, STEP_SECONDS);
        learn(&mut self.sentiment, f64::from(cell.sentiment_percent) * scale, STEP_SECONDS);
        learn(&mut self.sentiment_squares, f64::from(cell.sentiment_squares) * scale, STEP_SECONDS);
        self.block_sum = self.block_sum.saturating_add(cell.mentions);
        self.block_cells += 1;
        if self.block_cells == BLOCK {
            self.learn_block();
        }
    }

    /// Variance over mean of five-minute counts.
    fn learn_block(&mut self) {
        let expected = (self.usual() * f64::from(BLOCK)).max(0.5);
        let off = f64::from(self.block_sum) - expected;
        learn(&mut self.dispersion, (off * off / expected).min(25.0), STEP_SECONDS * f64::from(BLOCK));
        self.block_sum = 0;
        self.block_cells = 0;
    }
}

fn learn(level: &mut Level, value: f64, step_seconds: f64) {
    level.fade(step_seconds);
    level.learn(value);
}
