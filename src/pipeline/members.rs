//! Which raw partitions watch waits for, and how far each of them is: said by records of the signals log alone.
//!
//! | record | who writes it | what it says |
//! | --- | --- | --- |
//! | `Signal::Members` | the triage worker that owns the smallest raw partition | from bucket `at` on exactly these are waited for |
//! | `Signal::Exclusion` | the watch worker that owns signals partition 0 | from bucket `at` on this one is not waited for, or is again |
//! | `Signal::Clocks` | every triage worker | how far its partitions are |
//!
//! Why these writers: ownership of a partition is exclusive and fenced by the log, so the transactions that move the
//! smallest raw partition are in one total order, which every signals partition shows; no coordinator is needed. The
//! smallest partition is itself waited for and its worker states `at` no earlier than its clock has been told, so no
//! watch partition has closed `at` before it reads the statement. Who is excluded can only be seen by watch, which
//! hears all clocks, and one of its partitions speaks for all.
//!
//! The last word counts, from its bucket on: what was said before about that bucket or later ones is void. A bucket
//! that is closed stays closed: a word about it counts from the next one. Saying the same again changes nothing, so
//! statements are repeated now and then, and a stale one (from a worker with an older configuration) heals.
//!
//! It must never ask who spoke last, or what time it is.

use super::SourceClock;
use crate::detect::Bucket;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that wait for their bucket, per subject; the latest is replaced when there are more.
const PLANNED_MAX: usize = 64;

/// The raw partitions of one signals partition's watch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Members {
    stated: Timeline<BTreeSet<String>>,
    excluded: BTreeMap<String, Timeline<bool>>,
    clocks: BTreeMap<String, SourceClock>,
}

/// How one partition stands, by the last word about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// `raw.<platform>/<partition>`.
    pub source: &'a str,
    /// The bucket it is in; none while it has no clock, or was not heard.
    pub reached: Option<Bucket>,
    /// Its input has ended.
    pub ended: bool,
    /// Nobody waits for it.
    pub excluded: bool,
}

impl Members {
    /// Takes note of how far clocks are. One of a partition that is no member counts once it is.
    pub fn hear(&mut self, clocks: Vec<SourceClock>) {
        for clock in clocks {
            self.clocks.insert(clock.source.clone(), clock);
        }
    }

    /// From bucket `at` on exactly these are waited for; the first statement counts from the beginning.
    pub fn state(&mut self, at: Bucket, members: Vec<String>) {
        let members: BTreeSet<String> = members.into_iter().collect();
        if members.is_empty() {
            return;
        }
        if self.stated.last().is_empty() {
            self.stated.now = members;
        } else {
            self.stated.change(at, members);
        }
    }

    /// From bucket `at` on this one is not waited for, or is again.
    pub fn exclude(&mut self, at: Bucket, source: String, excluded: bool) {
        self.excluded.entry(source).or_default().change(at, excluded);
    }

    /// This bucket is closed: what was planned up to it is in effect.
    pub fn settle(&mut self, closed: Bucket) {
        self.stated.settle(closed);
        self.excluded.retain(|_, excluded| {
            excluded.settle(closed);
            excluded.now || !excluded.later.is_empty()
        });
    }

    /// True when every partition that is waited for at this bucket has passed it.
    #[must_use]
    pub fn have_passed(&self, bucket: Bucket) -> bool {
        let mut waited_for = self.waited_for(bucket).peekable();
        waited_for.peek().is_some() && waited_for.all(|source| self.has_passed(source, bucket))
    }

    /// True when the input of every member has ended.
    #[must_use]
    pub fn have_ended(&self) -> bool {
        let members = self.stated.last();
        !members.is_empty() && members.iter().all(|source| self.clocks.get(source).is_some_and(|clock| clock.ended))
    }

    /// The furthest bucket that a clock is in.
    #[must_use]
    pub fn furthest(&self) -> Option<Bucket> {
        self.clocks.values().filter_map(|clock| clock.reached).max()
    }

    /// When the middle one of the members of a bucket first had a clock: one wrong first post does not decide.
    #[must_use]
    pub fn middle_since(&self, bucket: Bucket) -> Option<Bucket> {
        // what people say counts nothing
        let counted = self.stated.at(bucket).iter().filter(|source| !is_of_people(source));
        let clocks = counted.filter_map(|source| self.clocks.get(source));
        let mut since: Vec<Bucket> = clocks.filter_map(|clock| clock.since).collect();
        since.sort_unstable();
        since.get(since.len() / 2).copied()
    }

    /// The members at this bucket, excluded ones among them.
    pub fn at(&self, bucket: Bucket) -> impl Iterator<Item = &str> {
        self.stated.at(bucket).iter().map(String::as_str)
    }

    /// Whether what people say is read at this bucket.
    #[must_use]
    pub fn hear_people(&self, bucket: Bucket) -> bool {
        self.stated.at(bucket).iter().any(|source| is_of_people(source))
    }

    /// The members that are excluded at this bucket: alerts of it are incomplete.
    #[must_use]
    pub fn missing(&self, bucket: Bucket) -> Vec<String> {
        let members = self.stated.at(bucket).iter();
        members.filter(|source| self.is_excluded(source, bucket)).cloned().collect()
    }

    /// Every member by the last word about it, in order.
    pub fn standings(&self) -> impl Iterator<Item = Standing<'_>> {
        self.stated.last().iter().map(|source| {
            let clock = self.clocks.get(source);
            Standing {
                source,
                reached: clock.and_then(|clock| clock.reached),
                ended: clock.is_some_and(|clock| clock.ended),
                excluded: self.excluded.get(source).is_some_and(|excluded| *excluded.last()),
            }
        })
    }

    fn waited_for(&self, bucket: Bucket) -> impl Iterator<Item = &String> {
        self.stated.at(bucket).iter().filter(move |source| !self.is_excluded(source, bucket))
    }

    fn is_excluded(&self, source: &str, bucket: Bucket) -> bool {
        self.excluded.get(source).is_some_and(|excluded| *excluded.at(bucket))
    }

    /// The smallest bucket that one of those waited for has not passed; none where there is none.
    #[must_use]
    pub fn standing_at(&self, bucket: Bucket) -> Option<Bucket> {
        self.waited_for(bucket).map(|source| self.clocks.get(source).and_then(|clock| clock.reached)).min().flatten()
    }

    /// A partition without a clock has passed nothing.
    fn has_passed(&self, source: &str, bucket: Bucket) -> bool {
        self.clocks.get(source).is_some_and(|clock| clock.ended || clock.reached > Some(bucket))
    }
}

/// Partitions of what people say are named `feedback/<partition>`.
fn is_of_people(source: &str) -> bool {
    source.starts_with("feedback/")
}

/// A value, and what it will be from later buckets on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Timeline<T> {
    now: T,
    later: BTreeMap<Bucket, T>,
}

impl<T: PartialEq> Timeline<T> {
    fn at(&self, bucket: Bucket) -> &T {
        self.later.range(..=bucket).next_back().map_or(&self.now, |(_, value)| value)
    }

    fn last(&self) -> &T {
        self.later.last_key_value().map_or(&self.now, |(_, value)| value)
    }

    fn change(&mut self, at: Bucket, value: T) {
        self.later.split_off(&at);
        if *self.last() == value {
            return;
        }
        if self.later.len() >= PLANNED_MAX {
            self.later.pop_last();
        }
        self.later.insert(at, value);
    }

    fn settle(&mut self, closed: Bucket) {
        let later = self.later.split_off(&closed.plus(1));
        if let Some((_, value)) = std::mem::replace(&mut self.later, later).pop_last() {
            self.now = value;
        }
    }
}

#[cfg(test)]
mod tests;
