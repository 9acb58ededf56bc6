//! A coarse set of a text's shingles, which tells most texts from each other without a sketch of either.
//!
//! Never turns away what a comparison would keep: what it says is a bound (Bloom 1970, with one hash).

/// Words of the set: at the length of a post few of its bits are taken.
const WORDS: usize = 16;

/// One bit for each shingle.
#[derive(Debug)]
pub(super) struct Outline {
    bits: [u64; WORDS],
    /// Bits that are taken.
    taken: usize,
    /// Shingles that share their bit with another one, at most.
    hidden: usize,
}

impl Outline {
    /// Of the hashes of all shingles of a text.
    pub(super) fn new(shingles: &[u32]) -> Self {
        let mut bits = [0; WORDS];
        for (word, bit) in shingles.iter().copied().map(place) {
            bits[word] |= bit;
        }
        let taken = count(bits);
        Self { bits, taken, hidden: shingles.len() - taken }
    }

    /// False only where less than this share, in percent, of two texts' shingles is the same.
    pub(super) fn may_share(&self, other: &Self, percent: usize) -> bool {
        let both = count(std::array::from_fn(|at| self.bits[at] & other.bits[at]));
        let same_at_most = both + self.hidden.min(other.hidden);
        let all_at_least = self.taken + other.taken - both;
        same_at_most * 100 >= all_at_least * percent
    }
}

fn count(bits: [u64; WORDS]) -> usize {
    bits.iter().map(|word| word.count_ones() as usize).sum()
}

fn place(hash: u32) -> (usize, u64) {
    ((hash >> 6) as usize % WORDS, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn nothing_that_shares_enough_is_turned_away(
            own in prop::collection::btree_set(0_u32..3000, 0..120),
            other in prop::collection::btree_set(0_u32..3000, 0..120),
            shared in prop::collection::btree_set(0_u32..3000, 0..120),
            percent in 1_usize..100,
        ) {
            let [own, other]: [BTreeSet<u32>; 2] = [&own | &shared, &other | &shared];
            let lists = [&own, &other].map(|set| set.iter().copied().collect::<Vec<u32>>());
            let outlines = [Outline::new(&lists[0]), Outline::new(&lists[1])];
            if (&own & &other).len() * 100 >= (&own | &other).len() * percent {
                prop_assert!(outlines[0].may_share(&outlines[1], percent));
            }
        }
    }

    #[test]
    fn others_are_turned_away() {
        let of = |range: std::ops::Range<u32>| range.map(|n| n.wrapping_mul(0x9e37_79b9) >> 3).collect::<Vec<u32>>();
        let (one, other) = (of(0..90), of(1000..1090));
        assert!(!Outline::new(&one).may_share(&Outline::new(&other), 20));
        assert!(Outline::new(&one).may_share(&Outline::new(&one), 100));
    }
}
