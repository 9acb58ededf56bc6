//! What of a state is learned, and outlives the run that learned it: series with their alerts, and the rhythm of sources.
//!
//! Not learned are the partitions of the run and their clocks, what waits for a bucket, people's cases and clocks, and
//! open hours of share of voice. What was learned from a log bucket is not counted again: raw topics may still hold a
//! part of the history.

use super::{Head, Queries, WatchState};
use crate::detect::{Bucket, Partial};
use crate::pipeline::UndoLimits;
use std::collections::BTreeMap;

impl WatchState {
    /// What this state has learned, as the state of a deployment that begins after it.
    #[must_use]
    pub fn learned(&self) -> Self {
        let head = Head {
            members: super::Members::default(),
            closed: self.closed,
            started: self.started,
            sources: self.sources.clone(),
            counted_to: self.closed,
            swept_to: None,
        };
        Self::begun(head, self.queries.clone(), UndoLimits::default())
    }

    /// A state that begins with what was learned: all of it is to be in the first snapshot.
    #[must_use]
    pub fn begun(head: Head, queries: Queries, undo: UndoLimits) -> Self {
        let changed = queries.keys().collect();
        let mut state = Self::restored(head, queries, BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), undo);
        state.changed_queries = changed;
        state
    }

    /// The last log bucket of the history that was learned from; none where there is no such history.
    #[must_use]
    pub fn counted_to(&self) -> Option<Bucket> {
        self.counted_to
    }

    /// Whether what was read in this log bucket was counted by the history that was learned from.
    pub(super) fn is_counted(&self, log: Bucket) -> bool {
        self.counted_to.is_some_and(|to| log <= to)
    }

    /// What is left of a partial that history has counted: items that wait for a decision. None: nothing.
    pub(super) fn undecided(partial: &Partial) -> Option<Partial> {
        let pending = partial.pending.clone();
        (!pending.is_empty()).then(|| Partial { pending, ..Partial::default() })
    }
}
