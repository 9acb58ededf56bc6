//! The chart of an alert: the counts that led to it, against what was expected.
//!
//! Drawn from the event alone, as an SVG without scripts or links. Its numbers are those of the event: the last point is
//! `observed`, the line is `expected`, the band ends at `upper`. It must never show a text of a post.

use super::AlertEvent;
use crate::detect::BUCKET_SECONDS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Buckets between two points: five minutes.
pub(super) const STEP_BUCKETS: usize = 30;
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
/// Room for words above, and for times below.
const TOP: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const SIDE: f64 = 16.0;
/// Characters of a title; more do not fit.
const TITLE_CHARS_MAX: usize = 96;

/// Counts of the deciding window over the time before: each point is the sum of one window, the last ends at `at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chart {
    /// Length of the window, seconds.
    pub window_seconds: i64,
    /// From one point to the next, seconds.
    pub step_seconds: i64,
    /// Sums, oldest first; the last is `observed`.
    pub counts: Vec<u64>,
}

impl Chart {
    /// Points of windows of so many buckets.
    #[must_use]
    pub(super) fn new(buckets: usize, counts: Vec<u64>) -> Self {
        let seconds = |buckets: usize| i64::try_from(buckets).unwrap_or(0) * BUCKET_SECONDS;
        Self { window_seconds: seconds(buckets), step_seconds: seconds(STEP_BUCKETS), counts }
    }

    /// The chart of an event as SVG; none where it has no counts.
    #[must_use]
    pub fn svg(event: &AlertEvent) -> Option<String> {
        let chart = event.chart.as_ref().filter(|chart| !chart.counts.is_empty())?;
        let most = chart.counts.iter().map(|count| *count as f64).fold(event.upper.max(1.0), f64::max);
        let y = |value: f64| HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
        let last = (chart.counts.len() - 1).max(1) as f64;
        let x = |place: usize| SIDE + place as f64 / last * (WIDTH - 2.0 * SIDE);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
        );
        let (upper, bottom, expected) = (y(event.upper), y(0.0), y(event.expected));
        let (left, width, right) = (SIDE, WIDTH - 2.0 * SIDE, WIDTH - SIDE);
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{upper:.1}\" width=\"{width}\" height=\"{:.1}\" fill=\"#dde6f0\"/>",
            bottom - upper
        );
        let _ = writeln!(
            svg,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{expected:.1}\" y2=\"{expected:.1}\" stroke=\"#5b7a99\" \
             stroke-dasharray=\"4 3\"/>"
        );
        let points: Vec<String> = chart
            .counts
            .iter()
            .enumerate()
            .map(|(place, count)| format!("{:.1},{:.1}", x(place), y(*count as f64)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"#b3261e\" stroke-width=\"2\" points=\"{}\"/>",
            points.join(" ")
        );
        let mut text = |x: f64, y: f64, end: bool, words: &str| {
            let anchor = if end { " text-anchor=\"end\"" } else { "" };
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", escaped(words));
        };
        let minutes = chart.window_seconds / 60;
        text(left, 20.0, false, event.headline.split(". ").next().unwrap_or_default());
        let numbers = format!(
            "{} in {minutes} min; expected {} (dashed), at most {} (band)",
            event.observed, event.expected, event.upper
        );
        text(left, 40.0, false, &numbers);
        let span = i64::try_from(chart.counts.len() - 1).unwrap_or(0) * chart.step_seconds;
        text(left, HEIGHT - 8.0, false, &event.at.plus_seconds(-span).to_string());
        text(right, HEIGHT - 8.0, true, &event.at.to_string());
        svg.push_str("</svg>\n");
        Some(svg)
    }
}

/// What XML asks for; control characters are left out, and what does not fit.
fn escaped(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX);
    kept.fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(headline: &str, counts: &[u64]) -> AlertEvent {
        let at = "2026-03-02T09:43:00Z";
        let event = serde_json::json!({
            "type": "groundswell.alert.v1", "alert_id": "a", "incident_id": "i", "kind": "outage", "state": "opened",
            "severity": "S2", "series": {"query": "q"}, "team": "t", "onset": at, "at": at, "observed": 30.0,
            "expected": 6.6, "upper": 20.0, "ratio": 4.5, "people": 1, "texts": 1, "platforms": {}, "languages": {},
            "reach": 0, "terms": [], "examples": [], "headline": headline, "baseline_age": 0, "explain": [],
            "chart": {"window_seconds": 300, "step_seconds": 300, "counts": counts},
        });
        serde_json::from_value(event).expect("an event")
    }

    #[test]
    fn the_chart_shows_the_numbers_of_the_event() {
        let svg = Chart::svg(&event("Probable outage: <q> & co. 30 posts", &[5, 7, 30])).expect("it has counts");
        assert!(svg.contains("<text x=\"16\" y=\"20\">Probable outage: &lt;q&gt; &amp; co</text>"), "{svg}");
        assert!(svg.contains(">30 in 5 min; expected 6.6 (dashed), at most 20 (band)<"), "{svg}");
        // the largest count stands at the top, the last one at the right; the band ends two thirds up
        assert!(svg.contains("624.0,56.0\""), "{svg}");
        assert!(svg.contains("y=\"108.0\" width=\"608\" height=\"104.0\""), "{svg}");
        assert!(svg.contains(">2026-03-02T09:33:00Z<") && svg.contains(">2026-03-02T09:43:00Z<"), "{svg}");
        assert_eq!(Chart::svg(&event("none", &[])), None);
        assert!(Chart::svg(&event("one", &[3])).is_some_and(|svg| !svg.contains("NaN")));
    }
}
