//! The sources as watch hears them: what each brought in every log bucket, who is silent, and in which stretches.
//!
//! Triage tells, for each raw partition, how many records its clock has left behind in a log bucket; a platform is the
//! sum of its partitions, so one partition that goes silent is no silent source. Every partition of watch hears all of
//! it, because the baselines of its series rest while a source they live on is silent; one of them speaks.
//!
//! It must never ask when something was heard: only in which log bucket it was read.

use crate::detect::{Bucket, Gap, Source, Stretch, Turn};
use crate::mention::Platform;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stretches kept: a series learns what is an hour old, and one without mentions for a while learns later.
const STRETCHES_MAX: usize = 64;

/// What a raw partition's clock left behind in one log bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Of which platform.
    pub platform: Platform,
    /// In which log bucket.
    pub log: Bucket,
    /// Records that could be read and were not known.
    pub records: u64,
}

/// A turn of one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceTurn {
    /// Which.
    pub platform: Platform,
    /// To what.
    pub turn: Turn,
}

/// Everything heard of sources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    /// Log buckets that are not closed yet.
    waiting: BTreeMap<Bucket, BTreeMap<Platform, u64>>,
    known: BTreeMap<Platform, Source>,
    /// Silences, the open ones without an end, oldest first.
    stretches: Vec<Stretch>,
}

impl Sources {
    /// Takes note of what was heard; of a bucket that is closed it counts in the next one, `open`.
    pub(super) fn hear(&mut self, heard: &[Heard], open: Bucket) {
        for one in heard {
            let sum = self.waiting.entry(one.log.max(open)).or_default().entry(one.platform).or_default();
            *sum = sum.saturating_add(one.records);
        }
    }

    /// The next bucket in which something was heard, or somebody is missed.
    pub(super) fn next(&self) -> Option<Bucket> {
        let missed = self.known.values().filter_map(Source::due);
        self.waiting.keys().next().copied().into_iter().chain(missed).min()
    }

    /// True when nothing waits for its bucket to close.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The input has ended: what waits for later buckets than the last counts there.
    pub(super) fn gather(&mut self, last: Bucket) {
        for (_, platforms) in self.waiting.split_off(&last.plus(1)) {
            let heard: Vec<Heard> =
                platforms.into_iter().map(|(platform, records)| Heard { platform, log: last, records }).collect();
            self.hear(&heard, last);
        }
    }

    /// A bucket is closed: who turned silent, and who is back? `missing` names partitions that were not waited for; of
    /// their platforms nothing can be said. A platform that is read no more is forgotten, and its silence over.
    pub(super) fn close(
        &mut self,
        bucket: Bucket,
        missing: &[String],
        is_read: &dyn Fn(Platform) -> bool,
    ) -> Vec<SourceTurn> {
        let later = self.waiting.split_off(&bucket.plus(1));
        let mut turns = Vec::new();
        for (log, platforms) in std::mem::replace(&mut self.waiting, later) {
            for (platform, records) in platforms {
                let source = self.known.entry(platform).or_insert_with(|| Source::new(log));
                turns.extend(source.hear(log, records).map(|turn| SourceTurn { platform, turn }));
            }
        }
        self.known.retain(|platform, source| {
            let platform = *platform;
            let keeps = is_read(platform);
            if !keeps {
                turns.extend(source.leave(bucket).map(|turn| SourceTurn { platform, turn }));
            }
            keeps
        });
        for (platform, source) in &mut self.known {
            let is_missing = missing.iter().any(|name| is_of(*platform, name));
            if source.due().is_some_and(|due| due <= bucket) && is_missing {
                source.postpone(bucket);
            }
            turns.extend(source.miss(bucket).map(|turn| SourceTurn { platform: *platform, turn }));
        }
        for turn in &turns {
            self.note(*turn, bucket);
        }
        turns
    }

    fn note(&mut self, SourceTurn { platform, turn }: SourceTurn, bucket: Bucket) {
        match turn {
            Turn::Silent(Gap { since, .. }) => self.stretches.push(Stretch { platform, since, until: None }),
            Turn::Back(_) => {
                let open = |stretch: &&mut Stretch| stretch.platform == platform && stretch.until.is_none();
                if let Some(stretch) = self.stretches.iter_mut().find(open) {
                    stretch.until = Some(bucket);
                }
            }
        }
        if self.stretches.len() > STRETCHES_MAX {
            self.stretches.remove(0);
        }
    }

    /// In which stretches which source was silent.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

/// Partitions are named `raw.<platform>/<partition>`.
pub(super) fn is_of(platform: Platform, source: &str) -> bool {
    let topic = source.rsplit_once('/').map_or(source, |(topic, _)| topic);
    topic.strip_prefix("raw.") == Some(platform.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 360;

    /// Four days of two sources, a record a minute each; from `silent` on of one of them nothing.
    fn four_days(silent: i64, missing: &[String]) -> Vec<(Bucket, SourceTurn)> {
        four_days_of(silent, missing, |_| true)
    }

    fn four_days_of(silent: i64, missing: &[String], is_read: fn(Bucket) -> bool) -> Vec<(Bucket, SourceTurn)> {
        let mut sources = Sources::default();
        let mut turns = Vec::new();
        for step in (0..96 * HOUR).step_by(6) {
            let bucket = Bucket(1_000_000 + step);
            let one = |platform| Heard { platform, log: bucket, records: 1 };
            sources.hear(&[one(Platform::X)], bucket);
            if step < silent || step > silent + 12 * HOUR {
                sources.hear(&[one(Platform::Reddit)], bucket);
            }
            while let Some(next) = sources.next().filter(|next| *next <= bucket) {
                let reads = |platform| platform == Platform::X || is_read(next);
                turns.extend(sources.close(next, missing, &reads).into_iter().map(|turn| (next, turn)));
            }
        }
        turns
    }

    #[test]
    fn who_is_silent_is_missed_and_back() {
        let turns = four_days(72 * HOUR, &[]);
        let told: Vec<_> =
            turns.iter().map(|(_, turn)| (turn.platform, matches!(turn.turn, Turn::Silent(_)))).collect();
        assert_eq!(told, [(Platform::Reddit, true), (Platform::Reddit, false)]);
        let after = turns[0].0.0 - 1_000_000 - 72 * HOUR;
        assert!((60..HOUR).contains(&after), "after {after} buckets");
        assert_eq!(four_days(96 * HOUR, &[]), []);
    }

    #[test]
    fn a_platform_that_is_read_no_more_is_forgotten() {
        // it was missed already; and it never will be
        let told = four_days_of(72 * HOUR, &[], |bucket| bucket.0 < 1_000_000 + 76 * HOUR);
        let told: Vec<_> = told.iter().map(|(_, turn)| matches!(turn.turn, Turn::Silent(_))).collect();
        assert_eq!(told, [true, false]);
        assert_eq!(four_days_of(72 * HOUR, &[], |bucket| bucket.0 < 1_000_000 + 72 * HOUR), []);
    }

    #[test]
    fn of_a_platform_that_is_not_waited_for_nothing_is_said() {
        assert_eq!(four_days(72 * HOUR, &["raw.reddit/3".to_owned()]), []);
        assert_eq!(four_days(72 * HOUR, &["raw.x/0".to_owned()]).len(), 2);
    }
}
