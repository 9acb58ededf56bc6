//! Which (mention id, version) stood among the last 100,000 records of a partition.
//!
//! Entries carry the number of their record, so a rebuilt window equals the one that was lost.

use std::collections::{HashMap, VecDeque};

/// The duplicate window of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateWindow {
    records_max: u64,
    latest: HashMap<u128, u64>,
    order: VecDeque<(u64, u128)>,
}

impl DuplicateWindow {
    /// A window over this many records.
    #[must_use]
    pub fn new(records_max: u64) -> Self {
        Self { records_max, latest: HashMap::new(), order: VecDeque::new() }
    }

    /// Notes a key at a record (numbers never fall) and says whether it stood in the window already.
    pub fn note(&mut self, key: u128, record: u64) -> bool {
        let oldest = record.saturating_sub(self.records_max);
        while let Some((number, old)) = self.order.front().copied()
            && number < oldest
        {
            self.order.pop_front();
            if self.latest.get(&old) == Some(&number) {
                self.latest.remove(&old);
            }
        }
        self.order.push_back((record, key));
        self.latest.insert(key, record).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_looking_back(keys in proptest::collection::vec(0u128..12, 0..120), size in 1u64..20) {
            let mut window = DuplicateWindow::new(size);
            for (index, key) in keys.iter().enumerate() {
                let back = index.saturating_sub(usize::try_from(size).unwrap());
                let stood = keys[back..index].contains(key);
                prop_assert_eq!(window.note(*key, index as u64), stood, "{}", index);
            }
        }

        #[test]
        fn the_tail_rebuilds_it(keys in proptest::collection::vec(0u128..12, 30..120), size in 1u64..20) {
            let cut = keys.len() - 10;
            let mut whole = DuplicateWindow::new(size);
            let mut rebuilt = DuplicateWindow::new(size);
            for (index, key) in keys.iter().enumerate() {
                let expected = whole.note(*key, index as u64);
                if index + usize::try_from(size).unwrap() >= cut {
                    let got = rebuilt.note(*key, index as u64);
                    prop_assert!(index < cut || got == expected, "{}", index);
                }
            }
        }
    }
}
