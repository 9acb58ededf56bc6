//! Texts by key, and those that share most keys with another one. A table of fixed size; work is bounded by it.

use super::shingles::KEYS;

/// Texts remembered under one key: as many as half a cache line holds.
const BUCKET: usize = 4;
/// Buckets for each text that is remembered.
const BUCKETS: usize = 2;
/// Keys that a text shares with those it is compared with; texts that share half of their shingles share four of
/// twelve as a rule, others one at most.
const SHARED_KEYS_MIN: usize = 2;
/// Texts that one is compared with, those sharing most keys first.
pub(super) const CANDIDATES_MAX: usize = 4;

/// Numbers of texts by key: a table of fixed size, each bucket with the latest texts of its keys.
#[derive(Debug)]
pub(super) struct Buckets {
    buckets: Vec<Bucket>,
}

/// The latest texts of the keys that fall together.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
struct Bucket([Slot; BUCKET]);

/// A text under a key: the upper bits of the key, and the number plus one; zero where nothing is.
#[derive(Debug, Clone, Copy, Default)]
struct Slot(u64);

/// Bits of a slot that hold the number; enough for a million texts a second over twelve days.
const NUMBER_BITS: u32 = 40;

impl Slot {
    fn new(key: u32, number: u64) -> Self {
        Self(Self::tag(key) << NUMBER_BITS | ((number + 1) & ((1 << NUMBER_BITS) - 1)))
    }

    /// What a slot keeps of a key; the lower bits chose the bucket.
    fn tag(key: u32) -> u64 {
        u64::from(key >> 8)
    }

    fn order(self) -> u64 {
        self.0 & ((1 << NUMBER_BITS) - 1)
    }

    /// True where it holds a text under this key.
    fn is_of(self, key: u32) -> bool {
        (self.0 >> NUMBER_BITS == Self::tag(key)) & (self.order() > 0)
    }
}

impl Buckets {
    pub(super) fn new(texts_max: usize) -> Self {
        Self { buckets: vec![Bucket::default(); BUCKETS * texts_max.next_power_of_two()] }
    }

    /// The place of a key's bucket.
    fn place(&self, key: u32) -> usize {
        key as usize & (self.buckets.len() - 1)
    }

    pub(super) fn add(&mut self, keys: &[u32], number: u64) {
        for key in keys {
            let place = self.place(*key);
            if let Some(oldest) = self.buckets[place].0.iter_mut().min_by_key(|slot| slot.order()) {
                *oldest = Slot::new(*key, number);
            }
        }
    }

    /// The texts that share most keys, of equals the latest first, and how many they are. Of at most [`KEYS`] keys.
    pub(super) fn candidates(&self, keys: &[u32]) -> ([u64; CANDIDATES_MAX], usize) {
        // all buckets are fetched before one is looked at, so that memory is waited for once
        let mut fetched = [Bucket::default(); KEYS];
        fetched.iter_mut().zip(keys).for_each(|(bucket, key)| *bucket = self.buckets[self.place(*key)]);
        let (mut met, mut count) = ([0; COUNTED_MAX], 0);
        for (bucket, key) in fetched.iter().zip(keys) {
            for slot in bucket.0 {
                // which slots are of the key cannot be guessed: others are written over
                met[count] = slot.order();
                count += usize::from(slot.is_of(*key));
            }
        }
        let mut tally = Tally::default();
        met[..count].iter().for_each(|order| tally.count(order - 1));
        let least = keys.len().min(SHARED_KEYS_MIN);
        let mut shared = [(0, 0); CANDIDATES_MAX];
        for next in tally.counted().filter(|(keys, _)| *keys >= least) {
            let place = shared.partition_point(|best| *best > next);
            if place < CANDIDATES_MAX {
                shared.copy_within(place..CANDIDATES_MAX - 1, place + 1);
                shared[place] = next;
            }
        }
        (shared.map(|(_, number)| number), shared.partition_point(|(keys, _)| *keys > 0))
    }
}

/// Most numbers that are counted, and places to count them in.
const COUNTED_MAX: usize = KEYS * BUCKET;
const PLACES: usize = 64;

const _: () = assert!(COUNTED_MAX < PLACES && PLACES.is_power_of_two() && PLACES <= 256 && KEYS < 256);

/// How often each number was met: a small open table, since most are met once and sorting them would be most of the work.
struct Tally {
    /// A number plus one and, in the lower eight bits, how often it was met; zero where nothing is.
    places: [u64; PLACES],
    /// The places in use, and how many they are.
    used: [u8; COUNTED_MAX],
    count: usize,
}

impl Default for Tally {
    fn default() -> Self {
        Self { places: [0; PLACES], used: [0; COUNTED_MAX], count: 0 }
    }
}

impl Tally {
    /// Takes note of a number; of no more than [`COUNTED_MAX`] of them.
    fn count(&mut self, number: u64) {
        // numbers go up one by one, so their lower bits spread them
        let mut place = number as u8;
        loop {
            place %= PLACES as u8;
            let met = &mut self.places[usize::from(place)];
            if *met == 0 {
                *met = (number + 1) << 8 | 1;
                self.used[self.count] = place;
                self.count += 1;
                return;
            }
            if *met >> 8 == number + 1 {
                *met += 1;
                return;
            }
            place = place.wrapping_add(1);
        }
    }

    /// How often, and which number.
    fn counted(&self) -> impl Iterator<Item = (usize, u64)> {
        let met = self.used[..self.count].iter().map(|place| self.places[usize::from(*place)]);
        met.map(|met| ((met & 0xff) as usize, (met >> 8) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by sorting.
    fn naive(buckets: &Buckets, keys: &[u32]) -> Vec<u64> {
        let mut numbers = Vec::new();
        for &key in keys {
            let slots = buckets.buckets[buckets.place(key)].0.iter();
            numbers.extend(slots.filter(|slot| slot.is_of(key)).map(|slot| slot.order() - 1));
        }
        numbers.sort_unstable();
        let runs = numbers.chunk_by(|a, b| a == b).map(|run| (run.len(), run[0]));
        let mut runs: Vec<_> =
            runs.filter(|(keys_shared, _)| *keys_shared >= keys.len().min(SHARED_KEYS_MIN)).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.iter().take(CANDIDATES_MAX).map(|(_, number)| *number).collect()
    }

    proptest! {
        #[test]
        fn candidates_are_those_that_sorting_finds(texts in prop::collection::vec(prop::collection::btree_set(0_u32..40, 0..KEYS), 0..60)) {
            let mut buckets = Buckets::new(16);
            for (number, keys) in texts.iter().enumerate() {
                // far apart in the table's order, near in its places
                let (keys, number): (Vec<u32>, u64) = (keys.iter().map(|key| key << 5).collect(), number as u64 * 64);
                let (candidates, count) = buckets.candidates(&keys);
                prop_assert_eq!(&candidates[..count], naive(&buckets, &keys));
                buckets.add(&keys, number);
            }
        }
    }
}
