//! Queries of which nothing is heard any more.
//!
//! A series moves only when something is said of it, and keeps the details of its last post until then; of a million
//! quiet ones that is most of what they take. So as a bucket is closed, a few queries are looked at: what no answer can
//! depend on any more is dropped, and the rest is encoded. One of which there is nothing to drop nor to tell, and that is
//! not watched any more, is let go, so the pack bounds how many series there are. A round takes an hour of closed buckets.
//! It must never change what is told of what is watched, and what it does must follow from the state alone.

use super::{WatchState, Watched};
use crate::detect::Bucket;
use crate::rules::Pack;

/// Closed buckets in which every query is looked at once.
const ROUND: usize = 360;

/// What is to be done about a query that is still.
enum Due {
    Drop,
    LayToRest,
    LetGo,
}

impl Due {
    fn of(query: &str, kept: &Watched, closed: Bucket, pack: &Pack) -> Option<Self> {
        let state = kept.still(closed)?;
        if state.has_stale(closed) {
            Some(Self::Drop)
        } else if state.may_rest(closed) && !pack.query_of(query).is_some_and(|query| query.watch) {
            Some(Self::LetGo)
        } else {
            kept.awake().map(|_| Self::LayToRest)
        }
    }
}

impl WatchState {
    /// Looks at the next queries of the round.
    pub fn sweep(&mut self, closed: Bucket, pack: &Pack) {
        let looks = self.queries.len() / ROUND + 1;
        let (mut looked, mut last, mut found) = (0, None, Vec::new());
        for (query, kept) in self.queries.after(self.swept_to.as_deref()).take(looks) {
            found.extend(Due::of(&query, kept, closed, pack).map(|due| (query.clone(), due)));
            (looked, last) = (looked + 1, Some(query));
        }
        self.swept_to = last.filter(|_| looked == looks);
        for (query, due) in found {
            if !matches!(due, Due::LayToRest) {
                self.touch_query(&query);
            }
            if matches!(due, Due::LetGo) {
                self.queries.remove(&query);
            } else if let Some(kept) = self.queries.get_mut(&query) {
                kept.sweep(closed, &mut self.spare);
            }
        }
    }

    /// Encodes a query that is quiet or still. No change: its bytes are the same.
    pub fn lay_to_rest(&mut self, query: &str, closed: Bucket) {
        if let Some(kept) = self.queries.get_mut(query) {
            kept.rest(closed, &mut self.spare);
        }
    }
}
