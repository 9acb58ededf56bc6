//! Queries of which nothing is heard any more.
//!
//! A series moves only when something is said of it, and keeps the details of its last post until then; of a million
//! quiet ones that is most of what they take. So as a bucket is closed, a few queries are looked at: what no answer can
//! depend on any more is dropped, and the rest is encoded. A round takes an hour of closed buckets. It must never change
//! what is told.

use super::WatchState;
use crate::detect::Bucket;
use std::ops::Bound::{Excluded, Unbounded};

/// Closed buckets in which every query is looked at once.
const ROUND: usize = 360;

impl WatchState {
    /// Looks at the next queries of the round.
    pub fn sweep(&mut self, closed: Bucket) {
        let looks = self.queries.len() / ROUND + 1;
        let from = self.swept_to.as_deref().map_or(Unbounded, Excluded);
        let next = self.queries.range::<str, _>((from, Unbounded)).take(looks);
        let looked: Vec<(&String, bool)> =
            next.map(|(query, kept)| (query, kept.awake().is_some_and(|state| state.is_still(closed)))).collect();
        self.swept_to = looked.last().filter(|_| looked.len() == looks).map(|(query, _)| (*query).clone());
        let still: Vec<String> =
            looked.into_iter().filter(|(_, still)| *still).map(|(query, _)| query.clone()).collect();
        still.iter().for_each(|query| self.lay(query, closed));
    }

    /// Drops what is stale of a still query, and lays it to rest.
    fn lay(&mut self, query: &str, closed: Bucket) {
        if self.of_query(query).is_some_and(|state| state.has_stale(closed)) {
            self.query(query).drop_stale(closed);
        }
        // no change: its bytes are the same
        if let Some(kept) = self.queries.get_mut(query) {
            kept.rest(closed);
        }
    }
}
