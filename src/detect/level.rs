//! A moving mean that forgets by half-life: what is usual for a series lately.
//!
//! Two numbers of state and a half-life. It must never read a clock: whoever feeds it says how much event time has
//! passed, so the same rows give the same level in any replay.

use super::Bucket;
use serde::{Deserialize, Serialize};

/// Buckets in which what is remembered for its shape fades to a half: a week, which knows a weekend.
const WEEK_BUCKETS: f32 = 60_480.0;

/// What is left, 0..1, of sums that were last faded `at`; notes that they are faded up to `bucket`. An earlier bucket
/// fades nothing.
pub(super) fn kept_of_week(at: &mut Option<Bucket>, bucket: Bucket) -> f32 {
    let passed = at.map_or(0, |at| bucket.0.saturating_sub(at.0)).clamp(0, 1 << 20);
    *at = Some(at.map_or(bucket, |at| at.max(bucket)));
    libm::exp2f(-(passed as f32) / WEEK_BUCKETS)
}

/// Below this weight everything seen is so long ago that it says nothing any more.
const FORGOTTEN_WEIGHT: f64 = 1e-9;

/// Exponentially weighted mean over event time.
///
/// Every observation starts with weight 1, and all weights halve in `half_life_seconds`. The mean is the weighted sum
/// over the sum of weights, so it is unbiased from the first observation on (no start at zero to grow out of).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Level {
    half_life_seconds: f64,
    sum: f64,
    weight: f64,
}

impl Level {
    /// An empty level. A half-life that is not a positive number is held to one second.
    #[must_use]
    pub fn new(half_life_seconds: f64) -> Self {
        let half_life_seconds = if half_life_seconds.is_finite() { half_life_seconds.max(1.0) } else { 1.0 };
        Self { half_life_seconds, sum: 0.0, weight: 0.0 }
    }

    /// Lets `elapsed_seconds` of event time pass (negative or not a number: none).
    pub fn fade(&mut self, elapsed_seconds: f64) {
        if elapsed_seconds > 0.0 {
            let keep = libm::exp2(-elapsed_seconds / self.half_life_seconds);
            self.sum *= keep;
            self.weight *= keep;
        }
    }

    /// Learns one observation at the present instant; ignored when it is not finite.
    pub fn learn(&mut self, value: f64) {
        if value.is_finite() {
            self.sum += value;
            self.weight += 1.0;
        }
    }

    /// Learns a value `count` times, each after `step_seconds`, at once: the closed form of fading and learning it that
    /// often.
    #[cfg(test)]
    pub(super) fn learn_evenly(&mut self, value: f64, count: u32, step_seconds: f64) {
        let keep_one = libm::exp2(-step_seconds / self.half_life_seconds);
        let keep = libm::exp2(-step_seconds * f64::from(count) / self.half_life_seconds);
        let learned = (1.0 - keep) / (1.0 - keep_one);
        self.sum = self.sum * keep + value * learned;
        self.weight = self.weight * keep + learned;
    }

    /// The faded sum of what was learned.
    #[cfg(test)]
    pub(super) fn sum(&self) -> f64 {
        self.sum
    }

    /// The mean of what was learned; `None` while nothing was, or once all of it is forgotten.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.weight > FORGOTTEN_WEIGHT).then(|| self.sum / self.weight)
    }

    /// Sum of the faded weights: about how many recent observations the mean rests on.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn empty_and_forgotten_have_no_mean() {
        let mut level = Level::new(60.0);
        assert_eq!(level.mean(), None);
        level.learn(5.0);
        assert_eq!(level.mean(), Some(5.0));
        level.fade(60.0 * 40.0);
        assert_eq!(level.mean(), None);
    }

    #[test]
    fn a_half_life_halves_the_weight_of_the_past() {
        let mut level = Level::new(3600.0);
        level.learn(10.0);
        level.fade(3600.0);
        level.learn(40.0);
        // (0.5 · 10 + 1 · 40) / 1.5
        assert!((level.mean().expect("two observations") - 30.0).abs() < 1e-12);
        assert!((level.weight() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn values_at_once_are_values_one_by_one() {
        for value in [0.0, 0.5] {
            let mut one_by_one = Level::new(3600.0);
            one_by_one.learn(7.0);
            let mut at_once = one_by_one;
            for _ in 0..500 {
                one_by_one.fade(10.0);
                one_by_one.learn(value);
            }
            at_once.learn_evenly(value, 500, 10.0);
            assert!((one_by_one.sum() - at_once.sum()).abs() < 1e-9);
            assert!((one_by_one.weight() - at_once.weight()).abs() < 1e-9);
        }
    }

    #[test]
    fn bad_input_changes_nothing() {
        let mut level = Level::new(f64::NAN);
        level.learn(3.0);
        level.learn(f64::INFINITY);
        level.learn(f64::NAN);
        level.fade(f64::NAN);
        level.fade(-1e9);
        assert_eq!(level.mean(), Some(3.0));
    }

    proptest! {
        #[test]
        fn equals_the_weighted_mean_written_out(rows in prop::collection::vec((0.0..500.0_f64, 0.0..1e4_f64), 1..40)) {
            let half_life = 700.0;
            let mut level = Level::new(half_life);
            for (elapsed, value) in &rows {
                level.fade(*elapsed);
                level.learn(*value);
            }
            let (mut age, mut sum, mut weight) = (0.0, 0.0, 0.0);
            for (elapsed, value) in rows.iter().rev() {
                let share = libm::exp2(-age / half_life);
                sum += share * value;
                weight += share;
                age += elapsed;
            }
            let want = sum / weight;
            prop_assert!((level.mean().expect("rows were learned") - want).abs() < 1e-6 * (1.0 + want));
        }
    }
}
