//! What is usual for a series: levels with a half-life of a day, and how much its five-minute counts scatter.
//!
//! Every level learns each bucket, so they share their weight. They are means as [`Level`] has them. Most series are
//! quiet, and pass hours at once: what is left of a level after so many buckets is computed once, and a baseline is
//! written without what follows from the rest.
//!
//! [`Level`]: crate::detect::Level

use super::cells::Counts;
use super::{BLOCK, LEARN_AFTER};
use crate::detect::BUCKET_SECONDS;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};
use std::fmt::Formatter;
use std::sync::LazyLock;

/// Half-life of the levels: 24 h.
const HALF_LIFE_SECONDS: f64 = 86_400.0;
/// What a bucket leaves of them: 2^(−10 s / 24 h).
const KEPT_OF_BUCKET: f64 = 0.999_919_777_849_848_4;

/// No block expects fewer mentions.
const BLOCK_LEAST: f64 = 0.5;
/// Below this weight every block seen is so long ago that it says nothing any more.
const FORGOTTEN_WEIGHT: f64 = 1e-9;

/// What is left of a level after so many buckets, and what learning each of them has added.
#[derive(Debug, Clone, Copy)]
struct Passed {
    /// 0..1.
    keep: f64,
    /// Weight of the buckets.
    buckets: f64,
    /// Weight of the blocks that they are; of whole blocks alone.
    blocks: f64,
}

/// Blocks that are computed beforehand: more than grow old at once.
const BLOCKS_KNOWN: u32 = 48;
/// By buckets, up to a block, and by blocks.
static PASSED: LazyLock<[Vec<Passed>; 2]> = LazyLock::new(|| {
    [(0..=BLOCK).map(Passed::computed).collect(), (0..=BLOCKS_KNOWN).map(|n| Passed::computed(n * BLOCK)).collect()]
});

impl Passed {
    fn after(buckets: u32) -> Self {
        let [few, blocks] = &*PASSED;
        let known = if buckets <= BLOCK {
            few.get(buckets as usize)
        } else if buckets.is_multiple_of(BLOCK) {
            blocks.get((buckets / BLOCK) as usize)
        } else {
            None
        };
        known.copied().unwrap_or_else(|| Self::computed(buckets))
    }

    fn computed(buckets: u32) -> Self {
        let after = |buckets: u32| libm::exp2(-(BUCKET_SECONDS as f64) * f64::from(buckets) / HALF_LIFE_SECONDS);
        let keep = after(buckets);
        let weight = |keep_one: f64| (1.0 - keep) / (1.0 - keep_one);
        Self { keep, buckets: weight(KEPT_OF_BUCKET), blocks: weight(after(BLOCK)) }
    }
}

/// Numbers that fade.
const LEVELS: usize = 8;
/// What is written of a baseline, at most.
const PARTS: usize = 1 + LEVELS + 2;

/// What was learned of a series, bucket by bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Baseline {
    /// Faded sums.
    pub(super) mentions: f64,
    pub(super) negative: f64,
    pub(super) outage: f64,
    pub(super) sentiment: f64,
    pub(super) sentiment_squares: f64,
    /// Faded number of buckets.
    weight: f64,
    /// Faded sum over blocks: variance over mean, as each showed it.
    scatter: f64,
    /// Faded number of blocks.
    blocks: f64,
    block_sum: u32,
    block_cells: u32,
}

impl Baseline {
    /// Mentions per bucket that are usual.
    pub(super) fn usual(&self) -> f64 {
        if self.weight > 0.0 { self.mentions / self.weight } else { 0.0 }
    }

    /// Variance over mean of five-minute counts, at least 1.
    pub(super) fn spread(&self) -> f64 {
        if self.blocks > FORGOTTEN_WEIGHT { (self.scatter / self.blocks).max(1.0) } else { 1.0 }
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
            let passed = self.pass(blocks.saturating_mul(BLOCK));
            self.scatter = self.scatter * passed.keep + surprise_of_block(0, BLOCK_LEAST) * passed.blocks;
            self.blocks = self.blocks * passed.keep + passed.blocks;
        }
    }

    /// The closed form of fading and counting an empty bucket, that often.
    fn pass(&mut self, buckets: u32) -> Passed {
        let passed = Passed::after(buckets);
        self.fade(passed.keep);
        self.weight += passed.buckets;
        passed
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
        let keep = Passed::after(BLOCK).keep;
        let surprise = surprise_of_block(self.block_sum, self.expected_of_block());
        self.scatter = self.scatter * keep + surprise;
        self.blocks = self.blocks * keep + 1.0;
        self.block_sum = 0;
        self.block_cells = 0;
    }

    fn expected_of_block(&self) -> f64 {
        (self.usual() * f64::from(BLOCK)).max(BLOCK_LEAST)
    }

    /// The levels, in the order in which they are written.
    fn levels(&mut self) -> [&mut f64; LEVELS] {
        let Self { mentions, negative, outage, sentiment, sentiment_squares, weight, scatter, blocks, .. } = self;
        [mentions, negative, outage, sentiment, sentiment_squares, weight, blocks, scatter]
    }

    /// What a level is that is not written: 0, or the scatter of a series whose blocks hold one mention at most and expect
    /// no more than the least. Each of them surprises by a half then, so it follows from their weight to the bit.
    fn unwritten(&self, place: usize) -> f64 {
        if place == LEVELS - 1 { self.blocks * surprise_of_block(0, BLOCK_LEAST) } else { 0.0 }
    }
}

/// Variance over mean, as one block shows it.
fn surprise_of_block(counted: u32, expected: f64) -> f64 {
    let off = f64::from(counted) - expected;
    (off * off / expected).min(25.0)
}

/// A byte that says which levels are written, those, and the block that is being filled.
impl Serialize for Baseline {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let levels = self.clone().levels().map(|level| *level);
        let is_written = |place: usize| levels[place].to_bits() != self.unwritten(place).to_bits();
        let written = (0..LEVELS).fold(0, |written: u8, place| written | u8::from(is_written(place)) << place);
        let mut tuple = to.serialize_tuple(PARTS)?;
        tuple.serialize_element(&written)?;
        for (_, level) in levels.iter().enumerate().filter(|(place, _)| written >> place & 1 == 1) {
            tuple.serialize_element(level)?;
        }
        tuple.serialize_element(&self.block_sum)?;
        tuple.serialize_element(&self.block_cells)?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Baseline {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_tuple(PARTS, Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Baseline;

    fn expecting(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        to.write_str("a baseline")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Baseline, A::Error> {
        let mut baseline = Baseline::default();
        let written: u8 = part(&mut parts)?;
        for place in 0..LEVELS {
            let is_written = written >> place & 1 == 1;
            let level = if is_written { part(&mut parts)? } else { baseline.unwritten(place) };
            *baseline.levels()[place] = level;
        }
        (baseline.block_sum, baseline.block_cells) = (part(&mut parts)?, part(&mut parts)?);
        Ok(baseline)
    }
}

fn part<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(parts: &mut A) -> Result<T, A::Error> {
    parts.next_element()?.ok_or_else(|| A::Error::custom("a baseline ends early"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Level;
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
                let written = postcard::to_allocvec(&at_once).unwrap();
                prop_assert_eq!(postcard::from_bytes::<Baseline>(&written).unwrap(), at_once.clone());
                prop_assert!(postcard::from_bytes::<Baseline>(&written[..written.len() - 1]).is_err());
            }
        }
    }

    #[test]
    fn levels_that_share_their_weight_are_levels_to_the_bit() {
        let mut baseline = Baseline::default();
        let mut levels = [Level::new(HALF_LIFE_SECONDS); 2];
        let (mut dispersion, mut block) = (Level::new(HALF_LIFE_SECONDS), 0);
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
            block += mentions;
            baseline.learn(&cell, 1);
            if bucket % BLOCK == BLOCK - 1 {
                dispersion.fade(BUCKET_SECONDS as f64 * f64::from(BLOCK));
                dispersion.learn(surprise_of_block(std::mem::take(&mut block), baseline.expected_of_block()));
            }
            assert_eq!(baseline.scatter.to_bits(), dispersion.sum().to_bits(), "{bucket}");
            assert_eq!(baseline.blocks.to_bits(), dispersion.weight().to_bits(), "{bucket}");
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
        assert_eq!(baseline.spread().to_bits(), dispersion.mean().unwrap_or_default().max(1.0).to_bits());
    }

    #[test]
    fn what_is_known_beforehand_is_what_is_computed() {
        for buckets in 0..2_000 {
            let (known, computed) = (Passed::after(buckets), Passed::computed(buckets));
            assert_eq!(known.keep.to_bits(), computed.keep.to_bits(), "{buckets}");
            assert_eq!(known.buckets.to_bits(), computed.buckets.to_bits(), "{buckets}");
            assert_eq!(known.blocks.to_bits(), computed.blocks.to_bits(), "{buckets}");
        }
    }

    #[test]
    fn a_quiet_series_is_written_without_what_follows() {
        let mut baseline = Baseline::default();
        baseline.learn(&Counts::default(), 700);
        for gap in [2_000, 500, 1_079] {
            baseline
                .learn(&Counts { mentions: 1, sentiment_percent: 20, sentiment_squares: 400, ..Counts::default() }, 1);
            baseline.learn(&Counts::default(), gap);
            baseline.learn_silence(70);
        }
        assert_eq!((baseline.scatter, baseline.negative), (baseline.blocks / 2.0, 0.0));
        // a byte, five levels that are neither nothing nor follow, and the block
        let written = postcard::to_allocvec(&baseline).unwrap();
        assert_eq!(written.len(), 1 + 5 * 8 + 2);
        assert_eq!(postcard::from_bytes::<Baseline>(&written).unwrap(), baseline);
    }
}
