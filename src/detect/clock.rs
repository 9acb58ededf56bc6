//! The clock of a raw partition: a pure function of its records in offset order, and of its ticks.
//!
//! It is the largest event time seen, save that a jump of more than ten minutes counts only at its third confirming
//! record within 64: one post dated in ten years must not make everything after it late. A new partition has no
//! clock until three records agree; until then its records stand in the bucket of the earliest time seen, and it
//! holds watch back.

use super::Bucket;
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// A step forward larger than this, in µs, must be confirmed.
pub const JUMP_MICROS: i64 = 10 * 60 * 1_000_000;
/// Records that confirm a jump, the first included.
pub const CONFIRMATIONS: usize = 3;
/// The confirming records lie within this many records.
pub const WITHIN_RECORDS: u64 = 64;

/// Event time reached by one raw partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionClock {
    /// µs; none until three records agree or a tick says so.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    reached: Option<i64>,
    /// The instant first reached, µs.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    /// Smallest event time seen before there was a clock, µs.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    floor: Option<i64>,
    /// Records seen.
    #[serde(rename = "n")]
    records: u64,
    /// (record number, µs) of unconfirmed jumps among the last 64 records.
    #[serde(rename = "j", default, skip_serializing_if = "Vec::is_empty")]
    jumps: Vec<(u64, i64)>,
    /// The input has ended.
    #[serde(rename = "e", default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
}

impl PartitionClock {
    /// Takes the next record; `at` is its largest event time, none where it has none.
    pub fn observe(&mut self, at: Option<Timestamp>) {
        self.records += 1;
        self.ended = false;
        let oldest = self.records.saturating_sub(WITHIN_RECORDS);
        self.jumps.retain(|(record, _)| *record > oldest);
        let Some(at) = at.map(Timestamp::as_micros) else { return };
        match self.reached {
            Some(reached) if at <= reached.saturating_add(JUMP_MICROS) => self.reached = Some(reached.max(at)),
            _ => {
                self.jumps.push((self.records, at));
                self.confirm();
            }
        }
        if self.reached.is_none() {
            self.floor = Some(self.floor.map_or(at, |floor| floor.min(at)));
        }
        self.absorb();
    }

    /// Applies a recorded tick: wall time, trusted.
    pub fn tick(&mut self, at: Timestamp) {
        self.reached = Some(self.reached.map_or(at.as_micros(), |reached| reached.max(at.as_micros())));
        self.absorb();
    }

    /// The input has ended: this partition holds nobody back any more.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// True when the input has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Number of records seen.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The instant reached; none until the partition has a clock.
    #[must_use]
    pub fn reached(&self) -> Option<Timestamp> {
        self.reached.map(Timestamp::clamped)
    }

    /// The instant it had when it first had one: since when this partition is watched.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        self.since.map(Timestamp::clamped)
    }

    /// The instant that the last record stands at: nothing of it may be later.
    #[must_use]
    pub fn limit(&self) -> Timestamp {
        Timestamp::clamped(self.reached.or(self.floor).unwrap_or(0))
    }

    /// The log bucket that the last record was read in.
    #[must_use]
    pub fn log_bucket(&self) -> Bucket {
        Bucket::of(self.limit())
    }

    /// Steps to the time that three unconfirmed jumps agree on: the third largest.
    fn confirm(&mut self) {
        let mut times: Vec<i64> = self.jumps.iter().map(|(_, at)| *at).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        if let Some(agreed) = times.get(CONFIRMATIONS - 1) {
            self.reached = Some(self.reached.map_or(*agreed, |reached| reached.max(*agreed)));
        }
    }

    /// Takes in jumps that are no jumps any more, smallest first: each may bring the next within reach.
    fn absorb(&mut self) {
        let Some(mut reached) = self.reached else { return };
        self.jumps.sort_unstable_by_key(|(record, at)| (*at, *record));
        for (_, at) in &self.jumps {
            if *at <= reached.saturating_add(JUMP_MICROS) {
                reached = reached.max(*at);
            }
        }
        self.jumps.retain(|(_, at)| *at > reached.saturating_add(JUMP_MICROS));
        self.jumps.sort_unstable();
        self.reached = Some(reached);
        self.since = self.since.or(self.reached);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock_after(seconds: &[i64]) -> PartitionClock {
        let mut clock = PartitionClock::default();
        for at in seconds {
            clock.observe(Timestamp::from_seconds(*at));
        }
        clock
    }

    fn reached(seconds: &[i64]) -> Option<i64> {
        clock_after(seconds).reached().map(Timestamp::as_seconds)
    }

    #[test]
    fn jumps_are_confirmed() {
        let far = 3_000_000_000;
        let cases: &[(&[i64], Option<i64>)] = &[
            (&[], None),
            (&[100], None),
            (&[100, 101], None),
            (&[100, 103, 101], Some(103)),
            (&[100, 103, 101, 90], Some(103)),
            (&[100, 100, 100, far], Some(100)),
            (&[100, 100, 100, far, far], Some(100)),
            (&[100, 100, 100, far, far, far], Some(far)),
            (&[100, 100, 100, far, far + 1, far + 700], Some(far + 1)),
            (&[0, 1000, 1001, 1002], Some(1002)),
            (&[far, 1000, 1001], Some(1001)),
            (&[far, 1000, 1001, 1002], Some(1002)),
            (&[100, 100, 100, 700], Some(700)),
            (&[100, 100, 100, 701], Some(100)),
            (&[100, 100, 100, 1200, 650], Some(1200)),
        ];
        for (seconds, expected) in cases {
            assert_eq!(reached(seconds), *expected, "{seconds:?}");
        }
    }

    #[test]
    fn far_apart_jumps_do_not_confirm() {
        let mut seconds = vec![100, 100, 100, 5000];
        seconds.extend([100; 63]);
        seconds.extend([5000, 5001]);
        assert_eq!(reached(&seconds), Some(100), "the first of the three is 65 records back");
        seconds.push(5002);
        assert_eq!(reached(&seconds), Some(5002));
    }

    #[test]
    fn ticks_and_the_end_move_it() {
        let mut clock = PartitionClock::default();
        clock.tick(Timestamp::clamped(5_000_000));
        assert_eq!(clock.limit().as_seconds(), 5);
        clock.tick(Timestamp::clamped(1_000_000));
        assert_eq!(clock.limit().as_seconds(), 5, "never back");
        clock.end();
        assert!(clock.is_ended());
        clock.observe(None);
        assert!(!clock.is_ended(), "a record after the end starts it again");
    }

    /// The rule as written, over the whole history, without state.
    fn naive(seconds: &[i64]) -> Option<i64> {
        let mut reached: Option<i64> = None;
        let mut open: Vec<(usize, i64)> = Vec::new();
        for (index, at) in seconds.iter().enumerate() {
            open.retain(|(record, _)| index - record < 64);
            let is_jump = reached.is_none_or(|r| *at > r + 600);
            if is_jump {
                open.push((index, *at));
                let mut sorted: Vec<i64> = open.iter().map(|(_, t)| *t).collect();
                sorted.sort_unstable();
                sorted.reverse();
                if sorted.len() >= 3 {
                    reached = Some(sorted[2].max(reached.unwrap_or(i64::MIN)));
                }
            } else {
                reached = reached.max(Some(*at));
            }
            while let Some(r) = reached
                && let Some(position) = open.iter().position(|(_, t)| *t <= r + 600)
            {
                let (_, at) = open.remove(position);
                reached = Some(r.max(at));
            }
        }
        reached
    }

    proptest! {
        #[test]
        fn equals_the_naive_model(seconds in proptest::collection::vec(0i64..4000, 0..200)) {
            prop_assert_eq!(reached(&seconds), naive(&seconds));
        }

        #[test]
        fn survives_its_encoding(seconds in proptest::collection::vec(0i64..1_000_000, 0..100)) {
            let clock = clock_after(&seconds);
            let text = serde_json::to_string(&clock).unwrap();
            prop_assert!(text.len() < 2200, "{} bytes", text.len());
            prop_assert_eq!(serde_json::from_str::<PartitionClock>(&text).unwrap(), clock);
        }
    }
}
