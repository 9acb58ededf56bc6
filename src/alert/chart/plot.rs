//! What a chart shows of an event, and where on the paper it stands.

use super::drawing::{Drawing, Ink, Mark, Point};
use super::png::NoPicture;
use crate::alert::AlertEvent;
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// The paper, in units: a pixel of an SVG, two of a PNG.
pub(super) const WIDTH: f64 = 640.0;
pub(super) const HEIGHT: f64 = 240.0;
/// Room for words above, and for times below.
const TOP: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const SIDE: f64 = 16.0;
/// Where the lines of words stand, by their baselines.
const TITLE: f64 = 20.0;
const NUMBERS: f64 = 40.0;
const TIMES: f64 = HEIGHT - 8.0;
/// Characters of a title; more do not fit.
const TITLE_CHARS_MAX: usize = 96;
/// Points of a line at most: there is no room for more. Of more, the last are shown.
const POINTS_MAX: usize = 600;

/// The words and numbers of one event that its chart shows; enough to draw it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    title: String,
    observed: f64,
    expected: f64,
    upper: f64,
    window_seconds: i64,
    step_seconds: i64,
    counts: Vec<u64>,
    at: Timestamp,
}

impl Plot {
    /// Of an event; none where it has no counts. `clean` is what may be shown of its headline.
    #[must_use]
    pub fn of(event: &AlertEvent, clean: impl Fn(&str) -> String) -> Option<Self> {
        let chart = event.chart.as_ref().filter(|chart| !chart.counts.is_empty())?;
        let title = clean(event.headline.split(". ").next().unwrap_or_default());
        Some(Self {
            title: title.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect(),
            observed: event.observed,
            expected: event.expected,
            upper: event.upper,
            window_seconds: chart.window_seconds,
            step_seconds: chart.step_seconds,
            counts: chart.counts[chart.counts.len().saturating_sub(POINTS_MAX)..].to_vec(),
            at: event.at,
        })
    }

    /// As SVG, without scripts or links.
    #[must_use]
    pub fn svg(&self) -> String {
        self.drawing().svg()
    }

    /// As PNG, twice as large; the same bytes for the same plot.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, NoPicture> {
        self.drawing().png()
    }

    /// The paper's geometry, once for both.
    pub(super) fn drawing(&self) -> Drawing {
        let most = self.counts.iter().map(|count| *count as f64).fold(self.upper.max(1.0), f64::max);
        let y = |value: f64| HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
        let last = self.counts.len().saturating_sub(1).max(1) as f64;
        let x = |place: usize| SIDE + place as f64 / last * (WIDTH - 2.0 * SIDE);
        let (left, right) = (SIDE, WIDTH - SIDE);
        let words = |x: f64, y: f64, ends: bool, text: String| Mark::Words { at: Point::new(x, y), ends, text };
        let points = self.counts.iter().enumerate().map(|(place, count)| Point::new(x(place), y(*count as f64)));
        let minutes = self.window_seconds / 60;
        let numbers = format!(
            "{} in {minutes} min; expected {} (dashed), at most {} (band)",
            self.observed, self.expected, self.upper
        );
        let steps = i64::try_from(self.counts.len().saturating_sub(1)).unwrap_or(0);
        let from = self.at.plus_seconds(steps.saturating_mul(self.step_seconds).saturating_neg());
        Drawing::new(vec![
            Mark::Area { from: Point::new(left, y(self.upper)), to: Point::new(right, y(0.0)), ink: Ink::Band },
            Mark::Dashes { from: left, to: right, y: y(self.expected), ink: Ink::Expected },
            Mark::Line { points: points.collect(), ink: Ink::Observed },
            words(left, TITLE, false, self.title.clone()),
            words(left, NUMBERS, false, numbers),
            words(left, TIMES, false, from.to_string()),
            words(right, TIMES, true, self.at.to_string()),
        ])
    }
}
