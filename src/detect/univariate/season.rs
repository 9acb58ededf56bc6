//! What a row is expected to be: a level times the share of its hour, both learned from the rows before it.
//!
//! The level forgets by half-life; the season is 24 hours × {weekday, weekend}, a ratio to the level, so that a shift
//! of the level needs no relearning. Eight weeks of mentions do not carry a raw weekly profile: every hour is shrunk
//! towards the same hour of all days, and that towards 1. It must never see a row before the row was judged.

use crate::detect::level::Level;

const HOUR: f64 = 3600.0;
const MICROS_PER_HOUR: i64 = 3_600_000_000;
/// 1970-01-01 was a Thursday, the fourth day of a week that starts on Monday.
const EPOCH_WEEKDAY: i64 = 3;
const HOURS: usize = 24;
/// The shrinking, in hours seen: a working week of the same hour weighs as much as the prior.
const PRIOR_HOURS: f64 = 5.0;
/// Half-life of a season's hour, in hours seen of it: four weeks of days.
const HALF_LIFE_HOURS: f64 = 28.0;
/// A row longer than an hour tells no more about an hour than an hour does.
const ROW_HOURS_MAX: f64 = 1.0;
/// Levels below this many per row are too small to divide by.
const LEVEL_MIN: f64 = 0.05;
/// No hour is believed to be more than this many times busier or quieter than the mean.
const SHARE_MAX: f64 = 5.0;

/// An hour of the week as the season knows it: 0–23 of a weekday, 24–47 of a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour(usize);

impl Hour {
    /// Of microseconds since 1970 (UTC; a series without a zone is taken as UTC).
    pub(super) fn of(micros: i64) -> Self {
        Self::of_hours(micros.div_euclid(MICROS_PER_HOUR))
    }

    fn of_hours(hours: i64) -> Self {
        let weekend = (hours.div_euclid(24) + EPOCH_WEEKDAY).rem_euclid(7) >= 5;
        let hour = usize::try_from(hours.rem_euclid(24)).unwrap_or(0);
        Self(if weekend { HOURS + hour } else { hour })
    }

    /// The same hour of the other kind of day.
    fn twin(self) -> Self {
        Self((self.0 + HOURS) % (2 * HOURS))
    }
}

/// Faded sums of one hour: of rows over the level, and of time seen, in hours.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    ratio: f64,
    hours: f64,
}

/// Level and season of one series.
#[derive(Debug, Clone)]
pub(super) struct Expectation {
    level: Level,
    seen: [Seen; 2 * HOURS],
}

impl Expectation {
    pub(super) fn new(half_life_seconds: f64) -> Self {
        Self { level: Level::new(half_life_seconds), seen: [Seen::default(); 2 * HOURS] }
    }

    /// Lets time pass.
    pub(super) fn fade(&mut self, step_seconds: f64) {
        self.level.fade(step_seconds);
    }

    /// What a row of this hour should hold; `None` before the first row.
    pub(super) fn of(&self, hour: Hour) -> Option<f64> {
        self.level.mean().map(|level| level * self.share(hour))
    }

    /// How much busier than the mean this hour is, shrunk.
    fn share(&self, hour: Hour) -> f64 {
        let (own, twin) = (self.seen[hour.0], self.seen[hour.twin().0]);
        let all = (own.ratio + twin.ratio + PRIOR_HOURS) / (own.hours + twin.hours + PRIOR_HOURS);
        let share = (own.ratio + all * PRIOR_HOURS) / (own.hours + PRIOR_HOURS);
        share.clamp(1.0 / SHARE_MAX, SHARE_MAX)
    }

    /// Learns a row, winsorised by whoever calls.
    pub(super) fn learn(&mut self, hour: Hour, value: f64, step_seconds: f64) {
        let share = self.share(hour);
        let level = self.level.mean().unwrap_or(value);
        self.level.learn(value / share);
        let hours = (step_seconds / HOUR).min(ROW_HOURS_MAX);
        let seen = &mut self.seen[hour.0];
        let keep = libm::exp2(-hours / HALF_LIFE_HOURS);
        seen.ratio = seen.ratio * keep + (value / level.max(LEVEL_MIN)).min(SHARE_MAX) * hours;
        seen.hours = seen.hours * keep + hours;
    }

    /// The level alone.
    #[cfg(test)]
    pub(super) fn level(&self) -> Option<f64> {
        self.level.mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_know_the_weekend() {
        for (text, want) in [
            ("2015-02-27T21:42:53Z", 21),      // a Friday
            ("2015-02-28T00:00:00Z", 24),      // a Saturday
            ("2015-03-01T23:59:59Z", 24 + 23), // a Sunday
            ("2015-03-02T00:00:00Z", 0),
            ("1969-12-27T05:00:00Z", 24 + 5), // a Saturday before 1970
        ] {
            let at: jiff::Timestamp = text.parse().expect("a time");
            assert_eq!(Hour::of(at.as_microsecond()), Hour(want), "{text}");
        }
        assert_eq!(Hour(30).twin(), Hour(6));
    }

    #[test]
    fn a_day_and_night_are_learned_within_weeks_and_shrunk_before() {
        let mut expectation = Expectation::new(48.0 * HOUR);
        let mut after = Vec::new();
        for row in 0..21 * 288_i64 {
            let hour = Hour::of_hours(row / 12);
            let value = if (row / 12) % 24 < 12 { 4.0 } else { 12.0 };
            expectation.fade(300.0);
            expectation.learn(hour, value, 300.0);
            if row % 288 == 287 {
                after.push(expectation.of(Hour(3)).expect("learned"));
            }
        }
        assert!(after[0] > 5.5, "one day is not believed: {}", after[0]);
        assert!((4.0..5.0).contains(&after[20]), "three weeks are: {}", after[20]);
    }

    #[test]
    fn silence_and_one_row_after_it_leave_a_finite_share() {
        let mut expectation = Expectation::new(48.0 * HOUR);
        for row in 0..20_000_i64 {
            expectation.fade(300.0);
            expectation.learn(Hour::of_hours(row / 12), 0.0, 300.0);
        }
        for _ in 0..100 {
            expectation.learn(Hour(3), 1e12, 300.0);
        }
        let share = expectation.share(Hour(3));
        assert!((0.2..=5.0).contains(&share), "{share}");
        assert!(expectation.of(Hour(3)).is_some_and(f64::is_finite));
    }
}
