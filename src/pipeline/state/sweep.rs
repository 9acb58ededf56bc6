//! Queries of which nothing is heard any more.
//!
//! A series moves only when something is said of it, and keeps the details of its last post until then; of a million
//! quiet ones that is most of what they take. So as a bucket is closed, a few queries are looked at: what no answer can
//! depend on any more is dropped, and the rest is encoded. One that rests and is not watched any more is let go, so the
//! pack bounds how many series there are. A round takes an hour of closed buckets. It must never change what is told of
//! what is watched.

use super::{WatchState, Watched};
use crate::detect::Bucket;
use crate::rules::Pack;
use std::ops::Bound::{Excluded, Unbounded};

/// Closed buckets in which every query is looked at once.
const ROUND: usize = 360;

/// What is to be done about a query.
enum Due {
    LayToRest,
    LetGo,
}

impl Due {
    fn of(query: &str, kept: &Watched, closed: Bucket, pack: &Pack) -> Option<Self> {
        match kept {
            Watched::Awake(state) => state.is_still(closed).then_some(Self::LayToRest),
            Watched::Resting(_) => (!pack.query_of(query).is_some_and(|query| query.watch)).then_some(Self::LetGo),
        }
    }
}

impl WatchState {
    /// Looks at the next queries of the round.
    pub fn sweep(&mut self, closed: Bucket, pack: &Pack) {
        let looks = self.queries.len() / ROUND + 1;
        let from = self.swept_to.as_deref().map_or(Unbounded, Excluded);
        let (mut looked, mut last, mut found) = (0, None, Vec::new());
        for (query, kept) in self.queries.range::<str, _>((from, Unbounded)).take(looks) {
            found.extend(Due::of(query, kept, closed, pack).map(|due| (query.clone(), due)));
            (looked, last) = (looked + 1, Some(query));
        }
        self.swept_to = last.filter(|_| looked == looks).cloned();
        for (query, due) in found {
            match due {
                Due::LayToRest => self.lay_to_rest(&query, closed),
                Due::LetGo => self.let_go(&query),
            }
        }
    }

    fn lay_to_rest(&mut self, query: &str, closed: Bucket) {
        if self.of_query(query).is_some_and(|state| state.has_stale(closed)) {
            self.query(query).drop_stale(closed);
        }
        // no change: its bytes are the same
        if let Some(kept) = self.queries.get_mut(query) {
            kept.rest(closed);
        }
    }

    fn let_go(&mut self, query: &str) {
        self.touch_query(query);
        self.queries.remove(query);
    }
}
