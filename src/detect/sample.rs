//! Bottom-k samples: the k smallest fixed hashes of a set, with something summed for each.
//!
//! A key among the k smallest of a union is among the k smallest of every part that holds it, so merging parts in any
//! grouping gives the same bytes as counting the whole (Cohen & Kaplan 2007). Below k the sample is the set itself.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

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

/// Bottom-k sample of hashed keys, `K` at most. Written as a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct BottomK<V, const K: usize> {
    /// Ascending by key.
    #[serde(deserialize_with = "ascending")]
    kept: Vec<(u64, V)>,
}

/// Keys that do not ascend are no sample: what is searched would not be found.
fn ascending<'de, V: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<(u64, V)>, D::Error> {
    let kept = Vec::<(u64, V)>::deserialize(from)?;
    let ascends = kept.is_sorted_by(|a, b| a.0 < b.0);
    if ascends { Ok(kept) } else { Err(D::Error::custom("the keys of a sample do not ascend")) }
}

impl<V, const K: usize> Default for BottomK<V, K> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<V: Merge + Clone, const K: usize> BottomK<V, K> {
    /// Counts one occurrence of a key.
    pub fn add(&mut self, hash: u64, value: &V) {
        let place = match self.kept.binary_search_by_key(&hash, |(known, _)| *known) {
            Ok(place) => return self.kept[place].1.merge(value),
            Err(place) => place,
        };
        if place >= K {
            return;
        }
        self.kept.truncate(K - 1);
        self.make_room();
        self.kept.insert(place, (hash, value.clone()));
    }

    /// A small sample has no room to spare: most hold one key or two.
    fn make_room(&mut self) {
        if self.kept.len() == self.kept.capacity() {
            self.kept.reserve_exact((self.kept.len() / 2).max(1));
        }
    }

    /// Takes another sample of the same kind in.
    pub fn merge(&mut self, other: &Self) {
        if let [(hash, value)] = &other.kept[..] {
            return self.add(*hash, value);
        }
        if other.kept.is_empty() {
            return;
        }
        let mut merged = Vec::with_capacity((self.kept.len() + other.kept.len()).min(K));
        let mut ours = std::mem::take(&mut self.kept).into_iter().peekable();
        let mut theirs = other.kept.iter().peekable();
        while merged.len() < K {
            let next = ours.peek().map(|(hash, _)| *hash).into_iter().chain(theirs.peek().map(|(hash, _)| *hash)).min();
            let Some(next) = next else { break };
            let their = theirs.next_if(|(hash, _)| *hash == next).map(|(_, value)| value);
            let kept = match (ours.next_if(|(hash, _)| *hash == next), their) {
                (Some((_, mut value)), Some(their)) => {
                    value.merge(their);
                    Some(value)
                }
                (Some((_, value)), None) => Some(value),
                (None, their) => their.cloned(),
            };
            merged.extend(kept.map(|value| (next, value)));
        }
        self.kept = merged;
    }

    /// Distinct keys: exact below `K`, estimated from the k-th smallest hash from there on.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        match self.kept.last() {
            Some((largest, _)) if self.kept.len() >= K => {
                let below = u128::from(self.kept.len() as u64 - 1) << 64;
                u64::try_from(below / u128::from((*largest).max(1))).unwrap_or(u64::MAX)
            }
            _ => self.kept.len() as u64,
        }
    }

    /// The kept keys and values, by hash.
    pub fn iter(&self) -> impl Iterator<Item = (&u64, &V)> {
        self.kept.iter().map(|(hash, value)| (hash, value))
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
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn any_grouping_gives_the_same(keys in proptest::collection::vec(0u64..40, 0..200), cut in 0usize..200) {
            let mut whole = BottomK::<u64, 8>::default();
            let (mut left, mut right) = (whole.clone(), whole.clone());
            for (index, key) in keys.iter().enumerate() {
                whole.add(*key, &1);
                if index < cut { left.add(*key, &1) } else { right.add(*key, &1) }
            }
            let mut model = BTreeMap::<u64, u64>::new();
            keys.iter().for_each(|key| *model.entry(*key).or_default() += 1);
            prop_assert!(whole.iter().eq(model.iter().take(8)));
            right.merge(&left);
            prop_assert_eq!(whole, right);
        }
    }

    #[test]
    fn it_is_written_as_a_map_and_keys_that_do_not_ascend_are_refused() {
        let mut sample = BottomK::<u64, 8>::default();
        [9, 3, 700].iter().for_each(|key| sample.add(*key, &1));
        let map = BTreeMap::from([(9u64, 1u64), (3, 1), (700, 1)]);
        let bytes = postcard::to_allocvec(&sample).unwrap();
        assert_eq!(bytes, postcard::to_allocvec(&map).unwrap());
        assert_eq!(postcard::from_bytes::<BottomK<u64, 8>>(&bytes).unwrap(), sample);
        for keys in [vec![(3u64, 1u64), (3, 1)], vec![(9, 1), (3, 1)]] {
            assert!(postcard::from_bytes::<BottomK<u64, 8>>(&postcard::to_allocvec(&keys).unwrap()).is_err());
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
