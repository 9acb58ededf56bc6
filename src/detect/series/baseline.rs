//! What is usual for a series: levels with a half-life of a day, and how much its five-minute counts scatter.
//!
//! Every level learns each bucket, so they share their weight. They are means as [`Level`] has them.

use super::cells::Counts;
use super::{BLOCK, LEARN_AFTER};
use crate::detect::{BUCKET_SECONDS, Level};
use serde::{Deserialize, Serialize};

/// Half-life of the levels: 24 h.
const HALF_LIFE_SECONDS: f64 = 86_400.0;
/// What a bucket leaves of them: 2^(−10 s / 24 h).
const KEPT_OF_BUCKET: f64 = 0.999_919_777_849_848_4;

/// Length of a block.
const BLOCK_SECONDS: f64 = (BUCKET_SECONDS * BLOCK as i64) as f64;
/// No block expects fewer mentions.
const BLOCK_LEAST: f64 = 0.5;

/// What was learned of a series, bucket by bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// Faded sums.
    pub(super) mentions: f64,
    pub(super) negative: f64,
    pub(super) outage: f64,
    pub(super) sentiment: f64,
    pub(super) sentiment_squares: f64,
    /// Faded number of buckets.
    weight: f64,
    dispersion: Level,
    block_sum: u32,
    block_cells: u32,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            mentions: 0.0,
            negative: 0.0,
            outage: 0.0,
            sentiment: 0.0,
            sentiment_squares: 0.0,
            weight: 0.0,
            dispersion: Level::new(HALF_LIFE_SECONDS),
            block_sum: 0,
            block_cells: 0,
        }
    }
}

impl Baseline {
    /// Mentions per bucket that are usual.
    pub(super) fn usual(&self) -> f64 {
        if self.weight > 0.0 { self.mentions / self.weight } else { 0.0 }
    }

    /// Variance over mean of five-minute counts, at least 1.
    pub(super) fn spread(&self) -> f64 {
        self.dispersion.mean().unwrap_or(1.0).max(1.0)
    }

    /// So many empty buckets at once, of which the scatter of counts learns nothing.
    pub(super) fn learn_silence(&mut self, buckets: u32) {
        self.pass(buckets);
    }

    /// So many buckets, one after the other, in each of which this was counted.
    pub(super) fn learn(&mut self, cell: &Counts, buckets: usize) {
        if cell.is_empty() {
            return self.learn_empty(buckets);
        }
        (0..buckets).for_each(|_| self.learn_counts(cell));
    }

    /// As learning one empty bucket after the other, but for rounding: sums and weights differ by less than 10^-9 of
    /// themselves. A rate only falls while nothing is counted, so once a block expects the least it may, all after it do.
    fn learn_empty(&mut self, buckets: usize) {
        let mut left = u32::try_from(buckets).unwrap_or(u32::MAX);
        while left > 0 {
            let cells = left.min(BLOCK - self.block_cells.min(BLOCK - 1));
            self.pass(cells);
            self.count(cells, 0);
            left -= cells;
            if self.block_cells == 0 && self.expected_of_block() <= BLOCK_LEAST {
                self.learn_least_blocks(left / BLOCK);
                left %= BLOCK;
            }
        }
    }

    /// So many empty blocks that each expect the least.
    fn learn_least_blocks(&mut self, blocks: u32) {
        if blocks > 0 {
            self.pass(blocks.saturating_mul(BLOCK));
            self.dispersion.learn_evenly(surprise_of_block(0, BLOCK_LEAST), blocks, BLOCK_SECONDS);
        }
    }

    /// The closed form of fading and counting an empty bucket, that often.
    fn pass(&mut self, buckets: u32) {
        let keep = libm::exp2(-(BUCKET_SECONDS as f64) * f64::from(buckets) / HALF_LIFE_SECONDS);
        self.fade(keep);
        self.weight += (1.0 - keep) / (1.0 - KEPT_OF_BUCKET);
    }

    pub(super) fn learn_counts(&mut self, cell: &Counts) {
        // winsorised: one wild bucket that was no incident must not carry a day
        let cap = if self.weight > LEARN_AFTER as f64 { 5.0 * self.usual() + 5.0 } else { f64::MAX };
        let kept = f64::from(cell.mentions).min(cap);
        let scale = if cell.mentions == 0 { 0.0 } else { kept / f64::from(cell.mentions) };
        self.fade(KEPT_OF_BUCKET);
        self.weight += 1.0;
        self.mentions += kept;
        self.negative += f64::from(cell.negative) * scale;
        self.outage += f64::from(cell.outage) * scale;
        self.sentiment += f64::from(cell.sentiment_percent) * scale;
        self.sentiment_squares += f64::from(cell.sentiment_squares) * scale;
        self.count(1, cell.mentions);
    }

    /// Counts towards the block that is being filled.
    fn count(&mut self, cells: u32, mentions: u32) {
        self.block_sum = self.block_sum.saturating_add(mentions);
        self.block_cells = self.block_cells.saturating_add(cells);
        if self.block_cells >= BLOCK {
            self.learn_block();
        }
    }

    fn fade(&mut self, keep: f64) {
        self.mentions *= keep;
        self.negative *= keep;
        self.outage *= keep;
        self.sentiment *= keep;
        self.sentiment_squares *= keep;
        self.weight *= keep;
    }

    /// Variance over mean of five-minute counts.
    fn learn_block(&mut self) {
        self.dispersion.fade(BLOCK_SECONDS);
        self.dispersion.learn(surprise_of_block(self.block_sum, self.expected_of_block()));
        self.block_sum = 0;
        self.block_cells = 0;
    }

    fn expected_of_block(&self) -> f64 {
        (self.usual() * f64::from(BLOCK)).max(BLOCK_LEAST)
    }
}

/// Variance over mean, as one block shows it.
fn surprise_of_block(counted: u32, expected: f64) -> f64 {
    let off = f64::from(counted) - expected;
    (off * off / expected).min(25.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Baseline {
        /// Equal to one that was learned bucket by bucket.
        pub(in super::super) fn is_but_for_rounding(&self, other: &Self) -> bool {
            let numbers = |baseline: &Self| {
                let Self { mentions, negative, outage, sentiment, sentiment_squares, weight, .. } = *baseline;
                [mentions, negative, outage, sentiment, sentiment_squares, weight, baseline.usual(), baseline.spread()]
            };
            // sums of moods come near nothing: against what they are made of
            let is_near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * (a.abs() + b.abs() + self.mentions + 1e-3);
            let blocks = |baseline: &Self| (baseline.block_sum, baseline.block_cells);
            blocks(self) == blocks(other) && numbers(self).into_iter().zip(numbers(other)).all(is_near)
        }
    }

    /// The walk bucket by bucket that the closed form stands for.
    fn walk(baseline: &mut Baseline, buckets: usize) {
        (0..buckets).for_each(|_| baseline.learn_counts(&Counts::default()));
    }

    proptest! {
        #[test]
        fn empty_buckets_at_once_are_empty_buckets_one_by_one(
            steps in prop::collection::vec((0usize..1_100, 0u32..40, -3i32..3), 1..30),
        ) {
            let (mut at_once, mut one_by_one) = (Baseline::default(), Baseline::default());
            for (gap, mentions, mood) in steps {
                let sentiment_percent = mood * mentions.cast_signed();
                let cell = Counts { mentions, negative: mentions / 3, sentiment_percent, ..Counts::default() };
                at_once.learn(&Counts::default(), gap);
                walk(&mut one_by_one, gap);
                at_once.learn(&cell, 1);
                one_by_one.learn(&cell, 1);
                prop_assert!(at_once.is_but_for_rounding(&one_by_one), "{at_once:?} {one_by_one:?}");
            }
        }
    }

    #[test]
    fn levels_that_share_their_weight_are_levels_to_the_bit() {
        let mut baseline = Baseline::default();
        let mut levels = [Level::new(HALF_LIFE_SECONDS); 2];
        for bucket in 0..20_000u32 {
            let mentions = if bucket % 7 == 0 { bucket % 11 } else { 0 };
            let cell = Counts { mentions, sentiment_percent: -3 * mentions.cast_signed(), ..Counts::default() };
            let usual = levels[0].mean().unwrap_or(0.0);
            let cap = if levels[0].weight() > LEARN_AFTER as f64 { 5.0 * usual + 5.0 } else { f64::MAX };
            let kept = f64::from(mentions).min(cap);
            let scale = if mentions == 0 { 0.0 } else { kept / f64::from(mentions) };
            for (level, value) in levels.iter_mut().zip([kept, f64::from(cell.sentiment_percent) * scale]) {
                level.fade(BUCKET_SECONDS as f64);
                level.learn(value);
            }
            baseline.learn(&cell, 1);
            if bucket == 9_000 {
                levels.iter_mut().for_each(|level| level.learn_evenly(0.0, 400, BUCKET_SECONDS as f64));
                baseline.learn_silence(400);
            }
            let [mentions, sentiment] = levels;
            assert_eq!(baseline.mentions.to_bits(), mentions.sum().to_bits(), "{bucket}");
            assert_eq!(baseline.sentiment.to_bits(), sentiment.sum().to_bits(), "{bucket}");
            assert_eq!(baseline.weight.to_bits(), mentions.weight().to_bits(), "{bucket}");
        }
        assert_eq!(baseline.usual().to_bits(), levels[0].mean().unwrap_or_default().to_bits());
    }
}
