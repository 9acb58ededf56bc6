//! How long watch waits for a raw partition that holds everyone back: under a live clock, not for ever.
//!
//! A partition is proposed for exclusion when, for `exclude_after` of wall time without a break, it was behind the
//! furthest clock by more than a minute and stood still, or was behind by more than ten minutes, twice of what triage
//! lets its own partitions run apart. It is proposed to be waited for again once it is as far as the slowest of those
//! that are waited for.
//!
//! Why wall time may be read here: it decides only what is proposed. What counts is the record in the signals log,
//! which every watch partition, restore and replay of these signals applies at the bucket it states.

use crate::detect::Bucket;
use crate::mention::Timestamp;
use crate::pipeline::{Members, Standing};
use std::collections::BTreeMap;
use std::time::Duration;

/// A clock within so many buckets of the furthest holds nobody back: a minute.
const NEAR_BUCKETS: i64 = 6;
/// One further behind is late even while it moves: ten minutes.
const LATE_BUCKETS: i64 = 60;

/// A proposal that had no effect for so long is made again: a minute.
const AGAIN_AFTER_MICROS: i64 = 60 * 1_000_000;

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// From this bucket on.
    pub at: Bucket,
    /// The partition.
    pub source: String,
    /// False: it is waited for again.
    pub excluded: bool,
}

/// Who holds everyone back, and since when.
#[derive(Debug)]
pub struct Patience {
    exclude_after: Duration,
    waits: BTreeMap<String, (Timestamp, Option<Bucket>)>,
    /// Whether it was to be excluded, and when that was proposed.
    proposed: BTreeMap<String, (bool, Timestamp)>,
}

impl Patience {
    /// Waits for so long.
    #[must_use]
    pub fn new(exclude_after: Duration) -> Self {
        Self { exclude_after, waits: BTreeMap::new(), proposed: BTreeMap::new() }
    }

    /// Nothing that was proposed is known to be in the log, and time counts from now.
    pub fn forget(&mut self) {
        self.waits.clear();
        self.proposed.clear();
    }

    /// Looks at the clocks as all signals so far tell them; `now` is wall time.
    pub fn look(&mut self, members: &Members, now: Timestamp) -> Vec<Proposal> {
        let waited_for = || members.standings().filter(|standing| !standing.excluded && !standing.ended);
        let furthest = waited_for().filter_map(|standing| standing.reached).max();
        let slowest = waited_for().map(|standing| standing.reached).min().flatten();
        let Some(furthest) = furthest else { return Vec::new() };
        let mut proposals = Vec::new();
        for standing in members.standings() {
            let proposal = if standing.excluded {
                let is_back = standing.ended || (slowest.is_some() && standing.reached >= slowest);
                is_back.then(|| (furthest.plus(1), false))
            } else {
                let holds_back = self.has_waited(&standing, furthest, now);
                holds_back.then(|| (standing.reached.unwrap_or(Bucket::FIRST), true))
            };
            match proposal {
                Some((at, excluded)) if self.is_news(standing.source, excluded, now) => {
                    proposals.push(Proposal { at, source: standing.source.to_owned(), excluded });
                }
                Some(_) => {}
                None => drop(self.proposed.remove(standing.source)),
            }
        }
        proposals
    }

    /// True when this was not proposed a moment ago; that may have been aborted, and saying it twice does no harm.
    fn is_news(&mut self, source: &str, excluded: bool, now: Timestamp) -> bool {
        let age = |at: Timestamp| now.as_micros().saturating_sub(at.as_micros());
        let known = self
            .proposed
            .get(source)
            .is_some_and(|(what, at)| *what == excluded && (0..AGAIN_AFTER_MICROS).contains(&age(*at)));
        if !known {
            self.proposed.insert(source.to_owned(), (excluded, now));
        }
        !known
    }

    /// True when a partition has held everyone back for long enough.
    fn has_waited(&mut self, standing: &Standing<'_>, furthest: Bucket, now: Timestamp) -> bool {
        let behind = standing.reached.map_or(i64::MAX, |reached| furthest.0.saturating_sub(reached.0));
        if standing.ended || behind <= NEAR_BUCKETS {
            self.waits.remove(standing.source);
            return false;
        }
        let (since, at) = self.waits.entry(standing.source.to_owned()).or_insert((now, standing.reached));
        let moved = std::mem::replace(at, standing.reached) != standing.reached;
        if (moved && behind <= LATE_BUCKETS) || now < *since {
            *since = now;
        }
        let lasted = now.as_micros().saturating_sub(since.as_micros());
        lasted >= i64::try_from(self.exclude_after.as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::SourceClock;

    fn members(clocks: &[(&str, Option<i64>)]) -> Members {
        let mut members = Members::default();
        members.state(Bucket(0), clocks.iter().map(|(source, _)| (*source).to_owned()).collect());
        tell(&mut members, clocks);
        members
    }

    fn tell(members: &mut Members, clocks: &[(&str, Option<i64>)]) {
        let clock = |(source, reached): &(&str, Option<i64>)| SourceClock {
            source: (*source).to_owned(),
            reached: reached.map(Bucket),
            since: None,
            ended: false,
        };
        members.hear(clocks.iter().map(clock).collect());
    }

    /// Two partitions over some minutes of wall time: where `a` and `b` are in each; the minute in which `a` is first
    /// proposed.
    fn proposed(steps: &[(Option<i64>, i64)]) -> Option<usize> {
        let mut patience = Patience::new(Duration::from_secs(300));
        let mut members = members(&[("a", None), ("b", None)]);
        let mut found = None;
        for (minute, (a, b)) in steps.iter().enumerate() {
            tell(&mut members, &[("a", *a), ("b", Some(*b))]);
            let proposals = patience.look(&members, Timestamp::clamped(minute as i64 * 60_000_000));
            assert!(proposals.iter().all(|one| one.source == "a" && one.excluded), "{proposals:?}");
            found = found.or((!proposals.is_empty()).then_some(minute));
        }
        found
    }

    #[test]
    fn who_holds_everyone_back_is_proposed() {
        let run = |a: &dyn Fn(i64) -> Option<i64>| -> Vec<(Option<i64>, i64)> {
            (0..20).map(|minute| (a(minute), 1_000 + minute * 6)).collect()
        };
        assert_eq!(proposed(&run(&|minute| Some(1_000 + minute * 6))), None, "side by side");
        assert_eq!(proposed(&run(&|minute| Some(994 + minute * 6))), None, "a minute behind");
        assert_eq!(proposed(&run(&|minute| Some(970 + minute * 6))), None, "five minutes behind, and moving");
        assert_eq!(proposed(&run(&|minute| Some(900 + minute * 6))), Some(5), "far behind, though it moves");
        assert_eq!(proposed(&run(&|_| Some(1_000))), Some(7), "it stands: over a minute behind at 2, five later");
        assert_eq!(proposed(&run(&|_| None)), Some(5), "no clock at all");
        let hiccup = |minute| Some(if minute < 6 { 1_000 } else { 1_000 + minute * 6 });
        assert_eq!(proposed(&run(&hiccup)), None, "back in time");
    }

    #[test]
    fn who_has_caught_up_is_proposed_to_return() {
        let mut patience = Patience::new(Duration::from_secs(300));
        let mut all = members(&[("a", Some(100)), ("b", Some(500)), ("c", Some(510))]);
        all.exclude(Bucket(100), "a".into(), true);
        let wall = Timestamp::clamped(0);
        assert_eq!(patience.look(&all, wall), [], "still behind");
        tell(&mut all, &[("a", Some(499))]);
        assert_eq!(patience.look(&all, wall), []);
        tell(&mut all, &[("a", Some(500))]);
        let back = Proposal { at: Bucket(511), source: "a".into(), excluded: false };
        assert_eq!(patience.look(&all, wall), std::slice::from_ref(&back));
        assert_eq!(patience.look(&all, wall), [], "proposed already");
        assert_eq!(
            patience.look(&all, wall.plus_seconds(60)),
            std::slice::from_ref(&back),
            "the proposal did not land"
        );
        patience.forget();
        assert_eq!(patience.look(&all, wall), [back], "another worker does not know of it");
    }

    #[test]
    fn nobody_is_proposed_while_nobody_is_ahead() {
        let mut patience = Patience::new(Duration::ZERO);
        let wall = Timestamp::clamped(0);
        assert_eq!(patience.look(&Members::default(), wall), []);
        assert_eq!(patience.look(&members(&[("a", None), ("b", None)]), wall), []);
        assert_eq!(patience.look(&members(&[("a", Some(3))]), wall), []);
    }
}
