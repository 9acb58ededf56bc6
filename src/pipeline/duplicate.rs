//! Which (mention id, version) stood among the last 100,000 records of a partition.
//!
//! Entries carry the number of their record, so a rebuilt window equals the one that was lost. What the open
//! transaction did is kept step by step, so that an abort does not cost reading the whole window again; over a bound
//! it is not, and the window must be rebuilt.

use std::collections::{HashMap, VecDeque};

/// Steps kept to undo a transaction.
const STEPS_MAX: usize = 100_000;

/// The duplicate window of one partition.
#[derive(Debug, Clone)]
pub struct DuplicateWindow {
    records_max: u64,
    latest: HashMap<u128, u64>,
    order: VecDeque<(u64, u128)>,
    steps: Vec<Step>,
    over: bool,
}

/// One change, and what it takes to go back.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The oldest entry left, and its key with it where it stood nowhere else.
    Left { record: u64, key: u128, was_latest: bool },
    /// A key was noted; before, it stood at this record.
    Noted { key: u128, before: Option<u64> },
}

/// What it holds counts, not what it can go back to.
impl PartialEq for DuplicateWindow {
    fn eq(&self, other: &Self) -> bool {
        (self.records_max, &self.latest, &self.order) == (other.records_max, &other.latest, &other.order)
    }
}

impl Eq for DuplicateWindow {}

impl DuplicateWindow {
    /// A window over this many records.
    #[must_use]
    pub fn new(records_max: u64) -> Self {
        let (latest, order, steps) = (HashMap::new(), VecDeque::new(), Vec::new());
        Self { records_max, latest, order, steps, over: false }
    }

    /// Notes a key at a record (numbers never fall) and says whether it stood in the window already.
    pub fn note(&mut self, key: u128, record: u64) -> bool {
        let oldest = record.saturating_sub(self.records_max);
        while let Some((number, old)) = self.order.front().copied()
            && number < oldest
        {
            self.order.pop_front();
            let was_latest = self.latest.get(&old) == Some(&number);
            if was_latest {
                self.latest.remove(&old);
            }
            self.keep(Step::Left { record: number, key: old, was_latest });
        }
        self.order.push_back((record, key));
        let before = self.latest.insert(key, record);
        self.keep(Step::Noted { key, before });
        before.is_some()
    }

    fn keep(&mut self, step: Step) {
        if self.steps.len() >= STEPS_MAX {
            self.over = true;
            self.steps.clear();
        }
        if !self.over {
            self.steps.push(step);
        }
    }

    /// What was noted so far is in the log: there is no way back any more.
    pub fn landed(&mut self) {
        self.steps.clear();
        self.over = false;
    }

    /// Goes back to where the last transaction landed. False when too much was noted: the window is of no use any more
    /// and must be rebuilt.
    #[must_use]
    pub fn undo(&mut self) -> bool {
        if self.over {
            return false;
        }
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Noted { key, before } => {
                    self.order.pop_back();
                    match before {
                        Some(record) => drop(self.latest.insert(key, record)),
                        None => drop(self.latest.remove(&key)),
                    }
                }
                Step::Left { record, key, was_latest } => {
                    self.order.push_front((record, key));
                    if was_latest {
                        self.latest.insert(key, record);
                    }
                }
            }
        }
        true
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

    proptest! {
        #[test]
        fn what_was_undone_was_never_noted(
            before in proptest::collection::vec(0u128..12, 0..40),
            aborted in proptest::collection::vec(0u128..12, 0..40),
            size in 1u64..20,
        ) {
            let mut window = DuplicateWindow::new(size);
            for (index, key) in before.iter().enumerate() {
                window.note(*key, index as u64);
            }
            window.landed();
            let untouched = window.clone();
            for (index, key) in aborted.iter().enumerate() {
                window.note(*key, (before.len() + index) as u64);
            }
            prop_assert!(window.undo());
            prop_assert_eq!(window, untouched);
        }
    }

    #[test]
    fn over_the_bound_it_says_so_until_the_next_transaction() {
        let mut window = DuplicateWindow::new(10);
        for record in 0..STEPS_MAX as u64 {
            window.note(u128::from(record), record);
        }
        assert!(!window.undo(), "the steps are more than are kept");
        window.landed();
        window.note(1, u64::MAX);
        assert!(window.undo());
    }
}
