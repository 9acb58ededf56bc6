//! Rises that last: the rows of the last half hour somewhat above what is usual, none of them decisive.
//!
//! A sum over a window is carried by its largest row, and the streams of a talked-about name are full of single rows a
//! hundred times the usual. Here each row is compressed and held to a few scales first, so that only *many* raised rows
//! make a large mean. A row below what is usual says nothing against a rise: most such rows came before it, and who makes
//! up for them first is late. And what has been raised for hours is no rise any more: the three hours before the last one
//! are a second expectation, and the larger counts. State is bounded: two windows, those hours, a mean and three scales.

use super::window::{Scale, Trailing};
use crate::detect::level::Level;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// Five minutes find a rise soon, thirty tell it from a spike.
const WINDOWS_SECONDS: [f64; 2] = [5.0 * MINUTE, 30.0 * MINUTE];
/// What each counts for: the longer somewhat more, for it is the surer.
const WEIGHTS: [f64; 2] = [0.4, 0.6];
/// The hours before: from four hours ago to one hour ago, so that a rise of minutes is not expected of itself.
const BEFORE_SECONDS: [f64; 2] = [4.0 * HOUR, HOUR];
/// How much of what those hours were raised by is expected: somewhat more than all, for a rise of hours often goes on.
const BEFORE_WEIGHT: f64 = 1.2;
/// Fewer rows of those hours tell nothing.
const BEFORE_ROWS_MIN: f64 = 7.0;
/// Dispersion of the compression: variance = mean + dispersion × mean², as bursts of people are; rows below five a
/// step are Poisson-like, rows far above are judged by their ratio.
const DISPERSION: f64 = 0.2;
/// No row counts for more than this many scales.
const ROW_SCALES_MAX: f64 = 2.5;
/// Rows are held in parts of this: their sums are exact, so that a half hour in which nothing was raised sums to zero,
/// of which no scale learns.
const GRAIN: f64 = 1024.0;
/// Half-life of the mean of compressed rows: compression moves the mean below zero, the more the burstier a series.
const MEAN_HALF_LIFE_SECONDS: f64 = DAY;
/// Rows are learned by that mean as at most this.
const MEAN_ROW_MAX: f64 = 3.0;
/// Half-life of the scales: two weeks of rises that came to nothing.
const SCALE_HALF_LIFE_SECONDS: f64 = 14.0 * DAY;
/// Scales are no smaller than half the spread of Poisson noise (the compressed rows of a sparse series spread less).
const SCALE_MIN: f64 = 0.5;
/// Outliers are learned by the scales as this many of them.
const SCALE_OUTLIER: f64 = 4.0;

/// The lasting rise of one series.
#[derive(Debug, Clone)]
pub(super) struct Lasting {
    mean: Level,
    row_scale: Scale,
    before: Before,
    windows: [(Trailing, Scale); 2],
}

impl Lasting {
    pub(super) fn new() -> Self {
        let scale = || Scale::new(SCALE_HALF_LIFE_SECONDS, SCALE_MIN, SCALE_OUTLIER);
        Self {
            mean: Level::new(MEAN_HALF_LIFE_SECONDS),
            row_scale: scale(),
            before: Before::new(),
            windows: WINDOWS_SECONDS.map(|span| (Trailing::new(span), scale())),
        }
    }

    /// Lets time pass.
    pub(super) fn fade(&mut self, step_seconds: f64, now: f64) {
        self.mean.fade(step_seconds);
        self.row_scale.fade(step_seconds);
        self.before.forget(now);
        for (rows, scale) in &mut self.windows {
            rows.forget(now);
            scale.fade(step_seconds);
        }
    }

    /// How far the rows up to this one are raised, in scales before this row; then learns it.
    pub(super) fn deviation(&mut self, now: f64, value: f64, expected: f64) -> f64 {
        let compressed = compressed_residual(value, expected);
        let over_usual = compressed - self.mean.mean().unwrap_or(0.0);
        let most = ROW_SCALES_MAX * self.row_scale.get();
        let residual = over_usual - BEFORE_WEIGHT * self.before.mean().max(0.0);
        let held = (residual.clamp(0.0, most) * GRAIN).round() / GRAIN;
        self.before.push(now, over_usual.min(most));
        self.mean.learn(compressed.min(MEAN_ROW_MAX));
        self.row_scale.learn(residual);
        let mut sum = 0.0;
        for ((rows, scale), weight) in self.windows.iter_mut().zip(WEIGHTS) {
            rows.push(now, held, 0.0);
            let raised = rows.sums().0 / rows.rows().sqrt();
            sum += weight * raised / scale.get();
            scale.learn(raised);
        }
        sum
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.before.longer.len()
            + self.before.shorter.len()
            + self.windows.iter().map(|(rows, _)| rows.len()).sum::<usize>()
    }
}

/// The hours before the last one: those of a longer span that are not of a shorter one.
#[derive(Debug, Clone)]
struct Before {
    longer: Trailing,
    shorter: Trailing,
}

impl Before {
    fn new() -> Self {
        let [longer, shorter] = BEFORE_SECONDS.map(Trailing::new);
        Self { longer, shorter }
    }

    fn forget(&mut self, now: f64) {
        self.longer.forget(now);
        self.shorter.forget(now);
    }

    fn push(&mut self, now: f64, residual: f64) {
        self.longer.push(now, residual, 0.0);
        self.shorter.push(now, residual, 0.0);
    }

    /// Their mean; 0 where they are too few.
    fn mean(&self) -> f64 {
        let rows = self.longer.rows() - self.shorter.rows();
        if rows < BEFORE_ROWS_MIN { 0.0 } else { (self.longer.sums().0 - self.shorter.sums().0) / rows }
    }
}

/// Difference after the transform that steadies the variance of a negative binomial: 2/√φ · asinh √(φ (x + 3/8)).
///
/// F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948).
fn compressed_residual(value: f64, expected: f64) -> f64 {
    let compress = |count: f64| libm::asinh((DISPERSION * (count + 0.375)).sqrt());
    2.0 / DISPERSION.sqrt() * (compress(value) - compress(expected.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviations of a steady series of 20 ± 4 with `rows` laid over it from row 3000 on.
    fn highest(rows: &[f64]) -> f64 {
        let mut lasting = Lasting::new();
        let mut highest = f64::MIN;
        for row in 0..3100_usize {
            let usual = 20.0 + [0.0, 4.0, -3.0, 1.0, -4.0, 3.0, 2.0][row % 7];
            let value = row.checked_sub(3000).and_then(|at| rows.get(at)).map_or(usual, |&over| over);
            let now = 300.0 * row as f64;
            lasting.fade(300.0, now);
            let deviation = lasting.deviation(now, value, 20.0);
            if row >= 3000 {
                highest = highest.max(deviation);
            }
        }
        highest
    }

    #[test]
    fn eight_raised_rows_count_for_more_than_one_giant() {
        let giant = highest(&[100_000.0]);
        let lasting = highest(&[50.0; 8]);
        assert!(lasting > 2.0 * giant, "{lasting} against {giant}");
    }

    #[test]
    fn rows_below_the_usual_do_not_make_a_rise_late() {
        let rise = [50.0; 3];
        let after_quiet: Vec<f64> = [8.0; 4].into_iter().chain(rise).collect();
        let after_usual: Vec<f64> = [20.0; 4].into_iter().chain(rise).collect();
        assert!(highest(&after_quiet) >= 0.95 * highest(&after_usual));
    }

    #[test]
    fn half_hours_without_a_raised_row_are_exactly_nothing() {
        let mut lasting = Lasting::new();
        for row in 0..2000_u32 {
            let now = 300.0 * f64::from(row);
            lasting.fade(300.0, now);
            let deviation = lasting.deviation(now, if row % 50 < 2 { 40.3 } else { 1.7 }, 20.0);
            assert!(row % 50 < 8 || deviation <= 0.0, "{row}: {deviation}");
        }
    }

    #[test]
    fn the_hours_before_are_those_from_four_hours_ago_to_one() {
        let mut before = Before::new();
        let means: Vec<f64> = (0..96)
            .map(|row| {
                before.forget(300.0 * f64::from(row));
                before.push(300.0 * f64::from(row), if row < 48 { 1.0 } else { 5.0 });
                before.mean()
            })
            .collect();
        for (row, mean) in [(17, 0.0), (19, 1.0), (59, 1.0), (78, 3.0), (95, 5.0)] {
            assert!((means[row] - mean).abs() < 0.2, "{row}: {} instead of {mean}", means[row]);
        }
    }

    #[test]
    fn compression_is_anscombes_root_for_small_counts_and_a_ratio_for_large() {
        let small = compressed_residual(0.5, 0.0) / crate::detect::residual::anscombe_residual(0.5, 0.0);
        assert!((0.9..1.1).contains(&small), "{small}");
        let (tenfold, hundredfold) = (compressed_residual(1e6, 1e5), compressed_residual(1e7, 1e5));
        assert!((hundredfold / tenfold - 2.0).abs() < 0.01);
    }
}
