//! Bottom-k samples: the k smallest fixed hashes of a set, with something summed for each.
//!
//! A key among the k smallest of a union is among the k smallest of every part that holds it, so merging parts in any
//! grouping gives the same bytes as counting the whole (Cohen & Kaplan 2007). Below k the sample is the set itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that merges in any order and grouping.
pub trait Merge {
    /// Takes `other` in.
    fn merge(&mut self, other: &Self);
}

impl Merge for u64 {
    fn merge(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }
}

/// Bottom-k sample of hashed keys, `K` at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BottomK<V, const K: usize> {
    kept: BTreeMap<u64, V>,
}

impl<V, const K: usize> Default for BottomK<V, K> {
    fn default() -> Self {
        Self { kept: BTreeMap::new() }
    }
}

impl<V: Merge + Clone, const K: usize> BottomK<V, K> {
    /// Counts one occurrence of a key.
    pub fn add(&mut self, hash: u64, value: &V) {
        if let Some(kept) = self.kept.get_mut(&hash) {
            kept.merge(value);
            return;
        }
        self.kept.insert(hash, value.clone());
        if self.kept.len() > K {
            self.kept.pop_last();
        }
    }

    /// Takes another sample of the same kind in.
    pub fn merge(&mut self, other: &Self) {
        for (hash, value) in &other.kept {
            self.add(*hash, value);
        }
    }

    /// Distinct keys: exact below `K`, estimated from the k-th smallest hash from there on.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        match self.kept.last_key_value() {
            Some((largest, _)) if self.kept.len() >= K => {
                let below = u128::from(self.kept.len() as u64 - 1) << 64;
                u64::try_from(below / u128::from((*largest).max(1))).unwrap_or(u64::MAX)
            }
            _ => self.kept.len() as u64,
        }
    }

    /// The kept keys and values, by hash.
    pub fn iter(&self) -> impl Iterator<Item = (&u64, &V)> {
        self.kept.iter()
    }

    /// Keys kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// True when nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_grouping_gives_the_same(keys in proptest::collection::vec(0u64..40, 0..200), cut in 0usize..200) {
            let mut whole = BottomK::<u64, 8>::default();
            let (mut left, mut right) = (whole.clone(), whole.clone());
            for (index, key) in keys.iter().enumerate() {
                whole.add(*key, &1);
                if index < cut { left.add(*key, &1) } else { right.add(*key, &1) }
            }
            right.merge(&left);
            prop_assert_eq!(whole, right);
        }
    }

    #[test]
    fn distinct_is_exact_then_close() {
        let mut sample = BottomK::<u64, 256>::default();
        for key in 0..200u64 {
            sample.add(xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes()), &1);
            sample.add(xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes()), &1);
        }
        assert_eq!(sample.distinct(), 200);
        for key in 0..10_000u64 {
            sample.add(xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes()), &1);
        }
        assert!((8_000..12_000).contains(&sample.distinct()), "{}", sample.distinct());
    }
}
