//! Reports of trouble, judged apart from how much is said: eight people who cannot log in are an outage of a brand
//! that two hundred posts a day name, though nobody would see it in the counts.
//!
//! What is expected is the largest of three: their usual rate, the rate of the hour before, and their usual share of
//! what else is said in the window. So neither a Monday morning nor a launch nor a name in the news is an outage: there
//! the reports grow no faster than the talk around them.

use super::{LEARN_AFTER, Series, Settings, VOLUME_WINDOWS, Windowed};
use crate::detect::Bucket;
use crate::detect::poisson::{negative_binomial_upper_tail_log10, upper_bound};
use libm::{exp10, log10};

/// Share of reports where a series has not shown its own yet, and how many mentions that opinion weighs.
const PRIOR_SHARE: f64 = 0.05;
const PRIOR_MENTIONS: f64 = 40.0;
/// Fewer reports are not worth a look.
const WORTH_A_LOOK: u64 = 4;
/// More rises than this are not told apart from a count that is new in every bucket: a report in each of five minutes.
const RISES_MAX: u64 = 30;
/// Fewer than this are never expected of a window.
const LEAST: f64 = 0.05;

impl Series {
    /// Every window of reports, shortest first.
    pub(super) fn reported_windows(&self, open: bool, settings: &Settings) -> Vec<Windowed> {
        VOLUME_WINDOWS.iter().map(|buckets| self.reported(*buckets, 0, open, settings)).collect()
    }

    pub(super) fn reported(&self, buckets: usize, back: usize, open: bool, settings: &Settings) -> Windowed {
        let window = self.cells.sums(back, buckets, open);
        let before = self.cells.sums(back.saturating_add(buckets), LEARN_AFTER, false);
        let (length, length_before) = (f64::from(window.cells), f64::from(before.cells));
        let share = self.report_share();
        let others = window.mentions.saturating_sub(window.reports) as f64;
        let by_rate = share * self.usual() * length;
        let by_hour = if before.cells > 0 { before.reports as f64 * length / length_before } else { 0.0 };
        let by_share = others * share / (1.0 - share);
        let expected = by_rate.max(by_hour).max(by_share).max(LEAST);
        let mut judged = Windowed { buckets, observed: window.reports, expected, upper: expected, surprise: 0.0 };
        if open || window.reports >= WORTH_A_LOOK {
            // a thinned negative binomial keeps its dispersion; and the share is known from so many reports only
            let mentions = (self.usual() * length).max(1.0);
            let dispersion = (self.spread() - 1.0) / mentions.max(window.mentions as f64) + 1.0 / self.known_reports();
            let leave = leave(buckets, window.reports);
            judged.surprise = negative_binomial_upper_tail_log10(window.reports, expected, dispersion) + leave;
            judged.upper = upper_bound(expected, dispersion, exp10(leave - settings.surprise)) as f64;
        }
        judged
    }

    /// Usual share of reports, 0.5 at most, drawn towards the prior while little is known.
    fn report_share(&self) -> f64 {
        let known = self.baseline.mentions + PRIOR_MENTIONS;
        ((self.baseline.outage + PRIOR_SHARE * PRIOR_MENTIONS) / known).clamp(0.0, 0.5)
    }

    fn known_reports(&self) -> f64 {
        self.baseline.outage + PRIOR_SHARE * PRIOR_MENTIONS
    }

    /// The first bucket of the rise among the last `buckets`: from where on the reports exceed twice the expected most.
    #[must_use]
    pub fn onset_of_reports(&self, buckets: usize, expected: f64) -> Bucket {
        let usual = 2.0 * expected / buckets.max(1) as f64;
        let alike = self.cells.alike(0, buckets);
        let cells: Vec<(usize, u32)> =
            alike.flat_map(|cells| cells.ages.rev().map(move |age| (age, cells.counts.outage))).collect();
        let (mut sum, mut most, mut since) = (0.0, f64::NEG_INFINITY, self.first_of(buckets));
        for (age, reports) in cells.into_iter().rev() {
            sum += f64::from(reports) - usual;
            if reports > 0 && sum >= most {
                (most, since) = (sum, self.bucket_of(age));
            }
        }
        since
    }
}

/// How much less surprise is asked for than of a count that is new in every bucket, −log10: a longer window is looked at
/// anew less often, and a count rises at a report only, however often it is looked at. So the expected number of
/// times per week that chance alone comes to `reports` is that of a look every `buckets / reports` buckets (Rice 1944,
/// for the up-crossings of a scan statistic: Naus 1982); the wished rate of false alerts stays what it is.
fn leave(buckets: usize, reports: u64) -> f64 {
    let rises = reports.clamp(WORTH_A_LOOK, RISES_MAX.min(buckets as u64)) as f64;
    log10(buckets as f64 / rises)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Partial;

    /// Three days of a mention every seven minutes, one in twenty a report.
    fn small() -> Series {
        let mut series = Series::new(Bucket(0));
        for bucket in 1..=25_920 {
            series.advance(Bucket(bucket), false, false, &[]);
            if bucket % 43 == 0 {
                let outage = u64::from(bucket % 860 == 0);
                series.merge(Bucket(bucket), &Partial { mentions: 1, outage, ..Partial::default() });
            }
        }
        series
    }

    fn quarter(series: &Series) -> Windowed {
        series.judge(false, &Settings::default()).reports[2]
    }

    #[test]
    fn eight_reports_in_a_quarter_of_an_hour_surprise_where_few_are_usual() {
        let mut series = small();
        assert!(quarter(&series).surprise < 1.0 && quarter(&series).expected < 0.3);
        for place in 0..8 {
            series.merge(Bucket(25_920 - 10 * place), &Partial { mentions: 1, outage: 1, ..Partial::default() });
        }
        let judged = quarter(&series);
        assert!(judged.observed >= 8 && judged.surprise > 6.5, "{judged:?}");
        assert!((25_840..=25_850).contains(&series.onset_of_reports(90, judged.expected).0));
    }

    #[test]
    fn reports_that_grow_with_the_talk_around_them_do_not() {
        let mut series = small();
        for place in 0..80 {
            let outage = u64::from(place % 10 == 0);
            series.merge(Bucket(25_920 - place), &Partial { mentions: 2, outage, ..Partial::default() });
        }
        let judged = quarter(&series);
        assert!(judged.observed >= 8 && judged.surprise < 4.0, "{judged:?}");
    }
}
