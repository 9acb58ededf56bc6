//! One source and how often it is heard: when is its silence no accident any more?
//!
//! # Method
//! 1. **Rate** by hour × {weekday, weekend} of UTC: the mean of the last eight such hours, drawn to zero by one hour more
//!    that was silent. An hour of the week that was never heard of expects nothing, so a first weekend is no silence.
//! 2. **Size of a gap**: what was to be expected in it. Counted so, the gaps of a steady source are exponential whatever
//!    the hour (time rescaling; Brown et al. 2002), and a busy hour and a slow night are measured alike.
//! 3. **Odds**: a gap in which M were to be expected, by a source that n were heard of, has the chance (1 + M/n)^−n: a
//!    Poisson count of zero whose rate is known from n only (Gelman 2013, 2.6). It must be below 1 in 10^8, and the gap
//!    four times as large as the largest from which the source came back by itself: a source that comes in bursts shows
//!    its own tail.
//!
//! State is a dozen numbers and 48 rates. When a silence would be no accident is known when a source is heard, so nobody
//! has to look at it in between. It must never judge a source that is known for less than two days, nor learn the hours
//! in which it was told to be silent.

use super::{BUCKET_SECONDS, Bucket};
use libm::{log, log1p};
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3600 / BUCKET_SECONDS;
/// Hours × {weekday, weekend}.
const SLOTS: usize = 48;
/// Hours of a slot that are remembered.
const MEMORY: f32 = 8.0;
/// Buckets that a source must be known for: two days.
const KNOWN: i64 = 48 * HOUR;
/// Records that must have been heard.
const RECORDS_MIN: f64 = 50.0;
/// −ln of the chance of a gap, at least: 1 in 10^8.
const ODDS: f64 = 18.42;
/// How much larger than any gap before.
const LARGER: f64 = 4.0;
/// No gap is shorter than ten minutes: a connector may be started anew.
const GAP_MIN: i64 = HOUR / 6;
/// What is not decided within two weeks is no silence but an end.
const LOOK_AHEAD_HOURS: i64 = 14 * 24;
/// A gap of a source that was told to be silent teaches at most this much more than the largest before.
const LESSON: f64 = 1.5;
/// Hours of a gap that are learned as silent, at most: a week.
const LEARNED_HOURS: i64 = 7 * 24;
/// Of the size of the largest gap so much is left after each that is learned as a day goes by: a half-life of two weeks.
const LARGEST_KEPT_PER_DAY: f64 = 0.952;
/// Records that make a return: one may be a straggler.
const BACK_RECORDS: u64 = 3;

/// How often one source is heard, and whether it is silent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    since: Bucket,
    /// The last bucket it was heard in.
    last: Bucket,
    /// Records of the hour that `last` is in.
    in_hour: u64,
    /// Faded sum of all records.
    known: f64,
    /// Mean records by hour of {weekday, weekend}, and of how many hours.
    slots: Vec<(f32, f32)>,
    /// Size of the largest gap, faded.
    largest: f64,
    /// When its silence is no accident; none where it cannot be said.
    due: Option<Bucket>,
    /// Told to be silent.
    silent: bool,
    /// Records since then.
    returned: u64,
}

/// What a source has turned to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// It is silent, since the bucket after the last it was heard in.
    Silent(Gap),
    /// It is heard again.
    Back(Gap),
}

/// A stretch in which a source was not heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// First bucket of it.
    pub since: Bucket,
    /// Records that were to be expected in it.
    pub expected: f64,
    /// Seconds that the source is known for.
    pub known_seconds: i64,
    /// −log10 of the chance of it.
    pub surprise: f64,
}

impl Source {
    /// A source that was just heard for the first time.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        let slots = vec![(0.0, 0.0); SLOTS];
        let (since, last) = (bucket, bucket);
        Self { since, last, in_hour: 0, known: 0.0, slots, largest: 0.0, due: None, silent: false, returned: 0 }
    }

    /// True while it is told to be silent.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// The first bucket in which it is missed; while it is silent or too little known, none.
    #[must_use]
    pub fn due(&self) -> Option<Bucket> {
        self.due.filter(|_| !self.silent)
    }

    /// So many records were heard in a bucket; buckets come in order.
    pub fn hear(&mut self, bucket: Bucket, records: u64) -> Option<Turn> {
        if records == 0 {
            return None;
        }
        if self.silent {
            self.returned = self.returned.saturating_add(records);
            if self.returned < BACK_RECORDS {
                return None;
            }
        }
        let gap = self.gap(bucket);
        let back = self.silent.then_some(Turn::Back(gap));
        if self.is_known() {
            let lesson = if self.silent { gap.expected.min(LESSON * self.largest) } else { gap.expected };
            self.largest = self.largest.max(lesson);
        }
        self.learn_until(bucket);
        self.silent = false;
        self.returned = 0;
        self.last = bucket;
        self.in_hour = self.in_hour.saturating_add(records);
        self.known += records as f64;
        self.due = self.is_known().then(|| self.next_due()).flatten();
        back
    }

    /// Time has come to `bucket`: is it missed?
    pub fn miss(&mut self, bucket: Bucket) -> Option<Turn> {
        if self.due().is_none_or(|due| bucket < due) {
            return None;
        }
        self.silent = true;
        self.returned = 0;
        Some(Turn::Silent(self.gap(bucket)))
    }

    /// It is read no more: a silence that was told is over.
    pub fn leave(&self, bucket: Bucket) -> Option<Turn> {
        self.silent.then(|| Turn::Back(self.gap(bucket)))
    }

    /// It cannot be said whether it is silent: asked again in ten minutes.
    pub fn postpone(&mut self, bucket: Bucket) {
        self.due = Some(bucket.plus(GAP_MIN));
    }

    fn is_known(&self) -> bool {
        self.last.0.saturating_sub(self.since.0) >= KNOWN && self.known >= RECORDS_MIN
    }

    /// What is missing from the last bucket it was heard in up to this one.
    fn gap(&self, bucket: Bucket) -> Gap {
        let since = self.last.plus(1);
        let mut expected = 0.0;
        let mut at = since;
        for _ in 0..=LOOK_AHEAD_HOURS {
            if at >= bucket {
                break;
            }
            let end = hour_end(at).min(bucket);
            expected += self.rate(at) * (end.0 - at.0) as f64;
            at = end;
        }
        let known_seconds = since.0.saturating_sub(self.since.0).saturating_mul(BUCKET_SECONDS);
        Gap { since, expected, known_seconds, surprise: self.odds(expected) / std::f64::consts::LN_10 }
    }

    /// −ln of the chance of a gap in which so many were to be expected.
    fn odds(&self, expected: f64) -> f64 {
        self.known * log1p(expected / self.known.max(1.0))
    }

    /// When a gap that begins now is large enough, at the rates of the hours to come.
    fn next_due(&self) -> Option<Bucket> {
        // odds = ODDS, solved for what is expected
        let wanted = self.known * (libm::exp(ODDS / self.known) - 1.0);
        let wanted = wanted.max(LARGER * self.largest);
        let mut expected = 0.0;
        let mut at = self.last.plus(1);
        for _ in 0..LOOK_AHEAD_HOURS {
            let (end, rate) = (hour_end(at), self.rate(at));
            let more = rate * (end.0 - at.0) as f64;
            if expected + more >= wanted {
                let buckets = libm::ceil((wanted - expected) / rate) as i64;
                return Some(at.plus(buckets).max(self.last.plus(1 + GAP_MIN)));
            }
            expected += more;
            at = end;
        }
        None
    }

    /// Records expected in a bucket.
    fn rate(&self, bucket: Bucket) -> f64 {
        let (mean, hours) = self.slots[slot(bucket)];
        f64::from(mean * hours / (hours + 1.0)) / HOUR as f64
    }

    /// The hours that are over by `bucket` are learned: the one it was heard in, and the silent ones after it. The hours
    /// of a silence that was told are not.
    fn learn_until(&mut self, bucket: Bucket) {
        let (from, to) = (self.last.0.div_euclid(HOUR), bucket.0.div_euclid(HOUR));
        if to <= from {
            return;
        }
        let heard = std::mem::take(&mut self.in_hour);
        self.learn(self.last, heard);
        if !self.silent {
            for hour in (from + 1..to).take(usize::try_from(LEARNED_HOURS).unwrap_or(0)) {
                self.learn(Bucket(hour * HOUR), 0);
            }
        }
        let days = ((to - from) as f64 / 24.0).min(365.0);
        self.largest *= libm::exp(days * log(LARGEST_KEPT_PER_DAY));
        self.known *= libm::exp(days * log(LARGEST_KEPT_PER_DAY));
    }

    fn learn(&mut self, bucket: Bucket, records: u64) {
        let (mean, hours) = &mut self.slots[slot(bucket)];
        *hours = (*hours + 1.0).min(MEMORY);
        *mean += (records as f32 - *mean) / *hours;
    }
}

/// Hour × {weekday, weekend}; the first day of 1970 was a Thursday.
fn slot(bucket: Bucket) -> usize {
    let hours = bucket.0.div_euclid(HOUR);
    let weekend = (hours.div_euclid(24) + 3).rem_euclid(7) >= 5;
    usize::try_from(hours.rem_euclid(24)).unwrap_or(0) + if weekend { 24 } else { 0 }
}

fn hour_end(bucket: Bucket) -> Bucket {
    Bucket((bucket.0.div_euclid(HOUR) + 1).saturating_mul(HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday.
    const MONDAY: i64 = 20_458 * 24 * HOUR;

    fn dice(place: i64, seed: u64) -> f64 {
        crate::mention::hash64(&[&place.to_string(), &seed.to_string()]) as f64 / u64::MAX as f64
    }

    /// Plays days of a source of so many records a day, quiet at night; `shape` says the rate of a bucket beside it.
    fn play(
        source: &mut Source,
        days: std::ops::Range<i64>,
        a_day: f64,
        seed: u64,
        shape: impl Fn(i64) -> f64,
    ) -> Vec<(i64, Turn)> {
        let mut told = Vec::new();
        for step in days.start * 24 * HOUR..days.end * 24 * HOUR {
            let bucket = Bucket(MONDAY + step);
            let hour = step.div_euclid(HOUR) % 24;
            let by_hour = if hour < 6 { 0.2 } else { 1.25 };
            let rate = a_day / (24 * HOUR) as f64 * by_hour * shape(step);
            let records = u64::from(dice(step, seed) < rate);
            told.extend(source.miss(bucket).map(|turn| (step, turn)));
            told.extend(source.hear(bucket, records).map(|turn| (step, turn)));
        }
        told
    }

    fn silent_from(day: f64, hours: f64) -> impl Fn(i64) -> f64 {
        let from = (day * 24.0 * HOUR as f64) as i64;
        let to = from + (hours * HOUR as f64) as i64;
        move |step| if (from..to).contains(&step) { 0.0 } else { 1.0 }
    }

    #[test]
    fn a_source_that_goes_silent_is_missed_once_and_is_back_once() {
        for (a_day, delay_hours) in [(4_000.0, 0.5), (400.0, 3.0), (60.0, 12.0)] {
            let mut source = Source::new(Bucket(MONDAY));
            let told = play(&mut source, 0..12, a_day, 1, silent_from(9.5, 24.0));
            let [(missed, Turn::Silent(gap)), (back, Turn::Back(whole))] = told[..] else {
                panic!("{a_day} a day: {told:?}")
            };
            let after = (missed as f64 / HOUR as f64) - 9.5 * 24.0;
            assert!((0.0..=delay_hours).contains(&after), "{a_day} a day: after {after} h");
            assert!(gap.surprise >= 7.9 && gap.expected > 15.0 && whole.expected > gap.expected, "{gap:?} {whole:?}");
            assert!(back as f64 / HOUR as f64 - 10.5 * 24.0 < delay_hours && !source.is_silent());
        }
    }

    #[test]
    fn ordinary_weeks_of_small_and_bursty_sources_are_no_silence() {
        let weekend_off = |step: i64| if step.div_euclid(24 * HOUR) % 7 >= 5 { 0.0 } else { 1.4 };
        // everything of three hours comes in one
        let bursts = |step: i64| if step.div_euclid(HOUR) % 3 == 0 { 3.0 } else { 0.0 };
        for seed in 0..20 {
            for a_day in [3.0, 30.0, 300.0, 3_000.0] {
                for (name, told) in [
                    ("steady", play(&mut Source::new(Bucket(MONDAY)), 0..21, a_day, seed, |_| 1.0)),
                    ("no weekend", play(&mut Source::new(Bucket(MONDAY)), 0..21, a_day, seed, weekend_off)),
                    ("bursts", play(&mut Source::new(Bucket(MONDAY)), 0..21, a_day, seed, bursts)),
                ] {
                    assert!(told.is_empty(), "{name}, {a_day} a day, seed {seed}: {told:?}");
                }
            }
        }
    }

    #[test]
    fn a_young_source_is_not_missed_and_silence_is_not_learned() {
        let mut young = Source::new(Bucket(MONDAY));
        assert_eq!(play(&mut young, 0..4, 4_000.0, 2, silent_from(1.5, 48.0)), []);
        let mut source = Source::new(Bucket(MONDAY));
        play(&mut source, 0..9, 1_000.0, 3, |_| 1.0);
        let noon = Bucket(MONDAY + 9 * 24 * HOUR + 12 * HOUR);
        let before = source.rate(noon);
        play(&mut source, 9..12, 1_000.0, 3, silent_from(9.0, 48.0));
        assert!(source.rate(noon) > 0.8 * before, "{} of {before}", source.rate(noon));
    }

    #[test]
    fn silence_is_known_beforehand() {
        let mut source = Source::new(Bucket(MONDAY));
        play(&mut source, 0..4, 1_000.0, 4, |_| 1.0);
        let due = source.due().expect("it is known");
        let (mut early, mut late) = (source.clone(), source.clone());
        assert_eq!(early.miss(due.plus(-1)), None);
        assert!(matches!(late.miss(due), Some(Turn::Silent(_))));
        assert_eq!(late.due(), None, "once");
        assert_eq!(late.hear(due.plus(5), 1), None, "a straggler is no return");
        assert!(matches!(late.hear(due.plus(6), 2), Some(Turn::Back(_))));
        source.postpone(due);
        assert_eq!(source.due(), Some(due.plus(GAP_MIN)));
    }
}
