//! Details and threads of queries of which nothing is heard any more.
//!
//! A series moves only when something is said of it, and keeps the details of its last post until then; of a million
//! quiet ones that is most of what they take. So as a bucket is closed, a few series are looked at, and what no answer
//! can depend on any more is dropped. A round takes an hour of closed buckets. It must never change what is told.

use super::WatchState;
use crate::detect::Bucket;
use std::ops::Bound::{Excluded, Unbounded};

/// Closed buckets in which every series is looked at once.
const ROUND: usize = 360;

impl WatchState {
    /// Looks at the next series of the round.
    pub fn sweep(&mut self, closed: Bucket) {
        let looks = self.queries.len() / ROUND + 1;
        let from = self.swept_to.as_deref().map_or(Unbounded, Excluded);
        let next = self.queries.range::<str, _>((from, Unbounded)).take(looks);
        let (mut stale, mut last, mut looked) = (Vec::new(), None, 0);
        for (query, state) in next {
            if state.series.has_stale(closed) || state.threads.have_stale(closed) {
                stale.push(query.clone());
            }
            (last, looked) = (Some(query), looked + 1);
        }
        self.swept_to = last.filter(|_| looked == looks).cloned();
        for query in stale {
            let state = self.query(&query);
            state.series.drop_stale(closed);
            state.threads.drop_stale(closed);
        }
    }
}
