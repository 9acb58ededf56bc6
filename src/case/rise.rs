//! What raises the severity of a case while it goes on: its author writes again unanswered, its threads grow.
//!
//! Counts and times only, of closed log buckets, so it is the same on every run. Up only: what was told graver is never
//! told lighter.

use crate::mention::Timestamp;
use crate::route::{CONTACTS_MAX, Raise, Rung, Severity, Sign, THREAD_WITHIN_MAX};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Posts of threads are counted by slots of so many seconds (5 min).
const SLOT_SECONDS: i64 = 300;
/// Slots that are kept.
const SLOTS_MAX: i64 = THREAD_WITHIN_MAX / SLOT_SECONDS;
/// Threads of its author's that a case counts, the latest ones.
pub const THREADS_MAX: usize = 8;

/// What is counted of one case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rise {
    /// Times of its author's public posts since the last answer, the latest ones, in order.
    contacts: Vec<Timestamp>,
    /// Threads that its author began, by hash, the latest ones.
    threads: Vec<u64>,
    /// Posts of others in them, by slot.
    posts: BTreeMap<i64, u64>,
    /// Rules that have raised it since the last answer.
    raised: BTreeSet<String>,
    /// What the matrix says of its latest post at graver severities.
    rungs: Vec<Rung>,
}

/// What has risen, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// How severe it is now.
    pub severity: Severity,
    /// Why, one line each.
    pub reasons: Vec<String>,
    /// What the matrix says of that severity.
    pub rung: Option<Rung>,
}

impl Rise {
    /// A new post of the author.
    pub fn take(&mut self, at: Timestamp, public: bool, starts: Option<u64>, rungs: &[Rung]) {
        self.rungs = rungs.to_vec();
        if public {
            let place = self.contacts.partition_point(|one| *one <= at);
            self.contacts.insert(place, at);
            if self.contacts.len() > CONTACTS_MAX {
                self.contacts.remove(0);
            }
        }
        if let Some(thread) = starts.filter(|thread| !self.threads.contains(thread)) {
            self.threads.push(thread);
            if self.threads.len() > THREADS_MAX {
                self.threads.remove(0);
            }
        }
    }

    /// Threads that its author began, by hash.
    #[must_use]
    pub fn threads(&self) -> &[u64] {
        &self.threads
    }

    /// Others have posted in one of its threads, in the log bucket that ends then.
    pub fn grow(&mut self, ends: Timestamp, posts: u64) {
        let slot = slot(ends);
        *self.posts.entry(slot).or_default() += posts;
        self.posts = self.posts.split_off(&(slot - SLOTS_MAX));
    }

    /// An answer stands, or it is over: what comes next is counted anew.
    pub fn answered(&mut self) {
        self.contacts.clear();
        self.raised.clear();
    }

    /// What has risen above `severity` by `now`, the end of a log bucket, once for each rule. `heard`: answers are known of.
    pub fn run(
        &mut self,
        intent: &str,
        severity: Severity,
        now: Timestamp,
        heard: bool,
        rules: &[Raise],
    ) -> Option<Raised> {
        let concerns = |rule: &&Raise| rule.concerns(intent) && rule.severity < severity;
        let news: Vec<(&Raise, u64)> = rules
            .iter()
            .filter(concerns)
            .filter(|rule| (heard || rule.sign == Sign::Thread) && !self.raised.contains(&rule.id))
            .map(|rule| (rule, self.count(rule, now)))
            .filter(|(rule, count)| *count >= u64::from(rule.least))
            .collect();
        let severity = news.iter().map(|(rule, _)| rule.severity).min()?;
        self.raised.extend(news.iter().map(|(rule, _)| rule.id.clone()));
        let reasons = news.iter().map(|(rule, count)| rule.reason(*count)).collect();
        let rung = self.rungs.iter().find(|rung| rung.severity == severity).cloned();
        Some(Raised { severity, reasons, rung })
    }

    fn count(&self, rule: &Raise, now: Timestamp) -> u64 {
        match rule.sign {
            Sign::Contacts => {
                let Some(last) = self.contacts.last() else { return 0 };
                let from = last.plus_seconds(-rule.within_seconds);
                self.contacts.iter().filter(|at| **at >= from).count() as u64
            }
            Sign::Thread => {
                let slots = (rule.within_seconds / SLOT_SECONDS).max(1);
                let from = slot(now) - slots + 1;
                self.posts.range(from..).map(|(_, posts)| posts).sum()
            }
        }
    }
}

/// The slot that a log bucket lies in, by its end.
fn slot(ends: Timestamp) -> i64 {
    ends.as_micros().saturating_sub(1).div_euclid(SLOT_SECONDS * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::clamped(seconds * 1_000_000)
    }

    fn rule(sign: Sign, least: u32, within_seconds: i64, severity: Severity) -> Raise {
        let id = format!("{least}-{within_seconds}");
        Raise { id, intents: vec!["billing".into()], sign, least, within_seconds, severity }
    }

    #[test]
    fn the_nth_contact_within_the_time_raises_once_until_there_is_an_answer() {
        let rules = [rule(Sign::Contacts, 3, 3_600, Severity::S2)];
        // when its author writes; how severe it is, how often it rises
        let cases: [(&[i64], Severity, usize); 6] = [
            (&[0, 1_800], Severity::S3, 0),
            (&[0, 1_800, 3_600], Severity::S3, 1),
            (&[0, 1_800, 3_601], Severity::S3, 0),
            (&[3_600, 0, 1_800], Severity::S3, 1),
            (&[0, 10, 20, 30, 40], Severity::S3, 1),
            (&[0, 10, 20], Severity::S2, 0),
        ];
        for (posts, severity, times) in cases {
            let (mut rise, mut risen) = (Rise::default(), Vec::new());
            for post in posts {
                rise.take(at(*post), true, None, &[]);
                risen.extend(rise.run("billing", severity, at(10), true, &rules));
            }
            assert_eq!(risen.len(), times, "{posts:?} {severity:?}");
        }
        let mut rise = Rise::default();
        (0..3).for_each(|post| rise.take(at(post), true, None, &[]));
        assert_eq!(rise.run("outage", Severity::S4, at(10), true, &rules), None, "another intent");
        assert_eq!(rise.run("billing", Severity::S4, at(10), false, &rules), None, "nobody could have answered");
        let mut answered = rise.clone();
        answered.answered();
        assert_eq!(answered.run("billing", Severity::S4, at(10), true, &rules), None, "it was answered");
        let raised = rise.run("billing", Severity::S4, at(10), true, &rules).expect("it rises");
        let reason = "repeat_contact: 3 in 1 h without an answer, at least 3: at least S2";
        assert_eq!((raised.severity, raised.reasons), (Severity::S2, vec![reason.to_owned()]));
        let mut private = Rise::default();
        (0..3).for_each(|post| private.take(at(post), false, None, &[]));
        assert_eq!(private.run("billing", Severity::S4, at(10), true, &rules), None, "not public");
    }

    #[test]
    fn a_thread_that_grows_within_the_time_raises_and_what_is_kept_is_bounded() {
        let rules = [rule(Sign::Thread, 10, 600, Severity::S2), rule(Sign::Thread, 100, 600, Severity::S1)];
        type Posts = &'static [(i64, u64)];
        // bucket and posts; what it rises to at the last
        let cases: [(Posts, Option<Severity>); 5] = [
            (&[(0, 9)], None),
            (&[(0, 10)], Some(Severity::S2)),
            (&[(0, 5), (30, 5)], Some(Severity::S2)),
            (&[(0, 5), (60, 5)], None),
            (&[(0, 60), (30, 60)], Some(Severity::S1)),
        ];
        for (posts, risen) in cases {
            let mut rise = Rise::default();
            posts.iter().for_each(|(bucket, posts)| rise.grow(at(*bucket * 10 + 10), *posts));
            let last = at(posts.last().expect("one").0 * 10 + 10);
            let raised = rise.run("billing", Severity::S3, last, false, &rules);
            assert_eq!(raised.map(|raised| raised.severity), risen, "{posts:?}");
        }
        let mut rise = Rise::default();
        for number in 0..10_000 {
            rise.take(at(number), true, Some(number.unsigned_abs()), &[]);
            rise.grow(at(number * 10), 1);
        }
        assert_eq!((rise.contacts.len(), rise.threads.len()), (CONTACTS_MAX, THREADS_MAX));
        assert!(rise.posts.len() <= 74, "{} slots", rise.posts.len());
    }
}
