//! What watch knows of one signals partition: clocks, what waits for its bucket to close, and the series.
//!
//! Everything is kept in key order, so that walking it is the same everywhere. What changed since the last snapshot
//! is noted by key; a snapshot is those keys and the header, written as one cut.

use super::{Members, SourceClock};
use crate::alert::Tracker;
use crate::detect::{Bucket, Partial, Series};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Series and alerts of one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryState {
    /// Counts and baseline.
    pub series: Series,
    /// Alerts.
    pub tracker: Tracker,
}

/// What waits for one log bucket of one query to close, by event bucket.
pub type Pending = BTreeMap<Bucket, Partial>;
/// Log bucket and query id.
pub type PartialKey = (Bucket, String);

/// The state of one signals partition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchState {
    /// The raw partitions, and their clocks as far as heard.
    pub members: Members,
    /// The last log bucket that was closed.
    pub closed: Option<Bucket>,
    /// Since when counts are watched.
    pub started: Option<Bucket>,
    /// Partials of log buckets that are not closed yet.
    pub pending: BTreeMap<PartialKey, Pending>,
    /// Series and alerts by query id.
    pub queries: BTreeMap<String, QueryState>,
    open: BTreeSet<String>,
    changed_queries: BTreeSet<String>,
    changed_pending: BTreeSet<PartialKey>,
}

impl WatchState {
    /// A state read back: what is open follows from the queries.
    #[must_use]
    pub fn restored(mut self) -> Self {
        let open = self.queries.iter().filter(|(_, state)| state.tracker.is_open());
        self.open = open.map(|(query, _)| query.clone()).collect();
        self
    }

    /// Puts a partial where it waits for its bucket. One that comes after its bucket was closed (from a partition that
    /// joined late) waits for the next.
    pub fn hold(&mut self, query: String, log: Bucket, event: Bucket, partial: &Partial) {
        let log = self.not_closed(log);
        let key = (log, query);
        self.pending.entry(key.clone()).or_default().entry(event).or_default().merge(partial);
        self.changed_pending.insert(key);
    }

    /// Takes note of how far clocks are.
    pub fn hear(&mut self, clocks: Vec<SourceClock>) {
        self.members.hear(clocks);
    }

    /// From bucket `at` on, or the next one that can still be closed, exactly these partitions are waited for.
    pub fn state_members(&mut self, at: Bucket, members: Vec<String>) {
        self.members.state(self.not_closed(at), members);
    }

    /// From bucket `at` on, or the next one that can still be closed, a partition is not waited for, or is again.
    pub fn exclude(&mut self, at: Bucket, source: String, excluded: bool) {
        self.members.exclude(self.not_closed(at), source, excluded);
    }

    /// True when the input has ended everywhere and nothing waits.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.members.have_ended() && self.pending.is_empty()
    }

    /// The next bucket that can be closed: every clock has passed it, and there is something in it, or an open alert
    /// for which time matters. Once all input has ended, up to the last bucket there is: what was read by partitions
    /// without a clock counts there.
    pub fn next_closable(&mut self) -> Option<Bucket> {
        let last = if self.members.have_ended() { Some(self.gather()?) } else { None };
        let waiting = self.pending.keys().next().map(|(log, _)| *log);
        let timer = self.closed.filter(|_| !self.open.is_empty()).map(|closed| closed.plus(1));
        let next = waiting.into_iter().chain(timer).min()?;
        if !last.map_or_else(|| self.members.have_passed(next), |last| next <= last) {
            return None;
        }
        if self.started.is_none() {
            self.started = self.members.middle_since(next);
        }
        Some(next)
    }

    /// Takes out what waited for a bucket, and names every query that has something to decide in it.
    pub fn close(&mut self, bucket: Bucket) -> BTreeMap<String, Pending> {
        let mut due: BTreeMap<String, Pending> =
            self.open.iter().map(|query| (query.clone(), Pending::new())).collect();
        let later = self.pending.split_off(&(bucket.plus(1), String::new()));
        for ((log, query), partials) in std::mem::replace(&mut self.pending, later) {
            self.changed_pending.insert((log, query.clone()));
            due.insert(query, partials);
        }
        self.closed = Some(bucket);
        self.members.settle(bucket);
        self.changed_queries.extend(due.keys().cloned());
        due
    }

    /// The state of a query, silent so far where it is new.
    pub fn query(&mut self, query: &str) -> &mut QueryState {
        let started = self.started.or(self.closed).unwrap_or(Bucket(0));
        self.queries
            .entry(query.to_owned())
            .or_insert_with(|| QueryState { series: Series::new(started), tracker: Tracker::default() })
    }

    /// Notes whether a query has an open alert.
    pub fn note_open(&mut self, query: &str, open: bool) {
        if open {
            self.open.insert(query.to_owned());
        } else {
            self.open.remove(query);
        }
    }

    /// Keys changed since this was last asked.
    pub fn take_changes(&mut self) -> (BTreeSet<String>, BTreeSet<PartialKey>) {
        (std::mem::take(&mut self.changed_queries), std::mem::take(&mut self.changed_pending))
    }

    /// A bucket that is not closed yet: this one, or the next that can be.
    fn not_closed(&self, bucket: Bucket) -> Bucket {
        self.closed.map_or(bucket, |closed| bucket.max(closed.plus(1)))
    }

    /// The last bucket of an input that has ended; moves what waits for later ones there.
    fn gather(&mut self) -> Option<Bucket> {
        let last = self.members.furthest().or_else(|| self.pending.keys().map(|(log, _)| *log).max())?;
        let later = self.pending.split_off(&(last.plus(1), String::new()));
        for ((log, query), partials) in later {
            self.changed_pending.insert((log, query.clone()));
            for (event, partial) in partials {
                self.hold(query.clone(), last, event.min(last), &partial);
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(source: &str, reached: Option<i64>, ended: bool) -> SourceClock {
        SourceClock { source: source.into(), reached: reached.map(Bucket), since: reached.map(Bucket), ended }
    }

    /// Source, bucket it has reached, whether it has ended.
    type Clock = (&'static str, Option<i64>, bool);

    fn state(clocks: &[Clock], waiting: &[i64]) -> WatchState {
        let mut state = WatchState::default();
        for log in waiting {
            state.hold("q".into(), Bucket(*log), Bucket(*log), &Partial::default());
        }
        state.state_members(Bucket(0), vec!["a".to_owned(), "b".to_owned()]);
        state.hear(clocks.iter().map(|(source, reached, ended)| clock(source, *reached, *ended)).collect());
        state
    }

    #[test]
    fn a_bucket_closes_when_every_clock_has_passed_it() {
        let cases: &[(&[Clock], &[i64], Option<i64>)] = &[
            (&[], &[5], None),
            (&[("a", Some(9), false)], &[5], None),
            (&[("a", Some(9), false), ("b", None, false)], &[5], None),
            (&[("a", Some(9), false), ("b", Some(5), false)], &[5], None),
            (&[("a", Some(9), false), ("b", Some(6), false)], &[5], Some(5)),
            (&[("a", Some(9), false), ("b", Some(6), false)], &[], None),
            (&[("a", Some(9), false), ("b", None, true)], &[8], Some(8)),
            (&[("a", Some(9), true), ("b", Some(4), true)], &[9], Some(9)),
            (&[("a", Some(9), true), ("b", None, true)], &[90], Some(9)),
            (&[("a", None, true), ("b", None, true)], &[7], Some(7)),
        ];
        for (clocks, waiting, expected) in cases {
            assert_eq!(state(clocks, waiting).next_closable(), expected.map(Bucket), "{clocks:?} {waiting:?}");
        }
    }

    #[test]
    fn what_comes_after_its_bucket_waits_for_the_next() {
        let mut state = state(&[("a", Some(9), false), ("b", Some(9), false)], &[5]);
        assert_eq!(state.close(Bucket(5)).len(), 1);
        state.hold("q".into(), Bucket(3), Bucket(3), &Partial::default());
        assert_eq!(state.next_closable(), Some(Bucket(6)));
    }
}
