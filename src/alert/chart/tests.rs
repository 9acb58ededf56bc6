use super::Plot;
use super::drawing::{Ink, Mark};
use crate::alert::AlertEvent;

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

fn plot(headline: &str, counts: &[u64]) -> Option<Plot> {
    Plot::of(&event(headline, counts), str::to_owned)
}

/// A decoded picture.
struct Picture {
    width: usize,
    height: usize,
    palette: Vec<u8>,
    pixels: Vec<u8>,
}

impl Picture {
    fn of(plot: &Plot) -> Self {
        let bytes = plot.png().expect("encoded");
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
        decoder.set_transformations(png::Transformations::IDENTITY);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let shape = reader.next_frame(&mut pixels).expect("a frame");
        let palette = reader.info().palette.as_ref().expect("a palette").to_vec();
        Self { width: shape.width as usize, height: shape.height as usize, palette, pixels }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let ink = usize::from(self.pixels[y * self.width + x]);
        [self.palette[3 * ink], self.palette[3 * ink + 1], self.palette[3 * ink + 2]]
    }

    /// Whether the ink is at most so many pixels away.
    fn near(&self, x: f64, y: f64, ink: Ink) -> bool {
        let around = |at: f64, most: usize| {
            let at = (2.0 * at).round() as usize;
            at.saturating_sub(2)..(at + 3).min(most)
        };
        around(y, self.height).any(|row| around(x, self.width).any(|column| self.at(column, row) == ink.rgb()))
    }

    /// The first and the last row of a column that the ink has.
    fn rows(&self, x: usize, ink: Ink) -> Option<(usize, usize)> {
        let mut rows = (0..self.height).filter(|row| self.at(x, *row) == ink.rgb());
        let first = rows.next()?;
        Some((first, rows.next_back().unwrap_or(first)))
    }
}

#[test]
fn the_chart_shows_the_numbers_of_the_event() {
    let svg = plot("Probable outage: <q> & co. 30 posts", &[5, 7, 30]).expect("it has counts").svg();
    assert!(svg.contains("<text x=\"16\" y=\"20\">Probable outage: &lt;q&gt; &amp; co</text>"), "{svg}");
    assert!(svg.contains(">30 in 5 min; expected 6.6 (dashed), at most 20 (band)<"), "{svg}");
    // the largest count stands at the top, the last one at the right; the band ends two thirds up
    assert!(svg.contains("624.0,56.0\""), "{svg}");
    assert!(svg.contains("y=\"108\" width=\"608.0\" height=\"104.0\""), "{svg}");
    assert!(svg.contains(">2026-03-02T09:33:00Z<") && svg.contains(">2026-03-02T09:43:00Z<"), "{svg}");
    assert_eq!(plot("none", &[]), None);
    assert!(plot("one", &[3]).is_some_and(|plot| !plot.svg().contains("NaN")));
}

#[test]
fn the_png_has_the_band_the_line_and_the_threshold_where_the_svg_has_them() {
    let picture = Picture::of(&plot("Probable outage: q. 30 posts", &[5, 7, 30]).expect("it has counts"));
    assert_eq!((picture.width, picture.height), (1280, 480));
    // a column between two dashes, before the line comes down on it: the band from 20 (108) to 0 (212), twice as large
    assert_eq!(picture.rows(42, Ink::Band), Some((216, 423)));
    assert_eq!(picture.at(42, 215), Ink::Paper.rgb(), "above the threshold is paper");
    // 6.6 of 30 on 156 units above 212: 177.7; a dash is 8 pixels of 14, from the left of the band
    assert_eq!(picture.rows(34, Ink::Expected), Some((354, 355)));
    assert_eq!(picture.rows(41, Ink::Expected), None, "and a gap follows");
    // three points, and half-way between the last two
    for (x, y) in [(16.0, 186.0), (320.0, 175.6), (472.0, 115.8), (624.0, 56.0)] {
        assert!(picture.near(x, y, Ink::Observed), "no line at {x},{y}");
    }
    assert!(!picture.near(320.0, 115.8, Ink::Observed), "the line is elsewhere");
}

#[test]
fn every_mark_is_in_both_pictures() {
    for counts in [&[3][..], &[0, 0, 9], &[5, 7, 30, 12, 44, 2, 90, 90, 1]] {
        let plot = plot("Viral thread: q. 30 posts", counts).expect("it has counts");
        let (picture, svg) = (Picture::of(&plot), plot.svg());
        for mark in plot.drawing().marks() {
            match mark {
                Mark::Area { from, to, ink } => {
                    assert!(svg.contains(&format!("<rect x=\"{}\" y=\"{}\"", from.x, from.y)), "{svg}");
                    assert!(picture.near(to.x - 1.0, from.y + 1.0, *ink), "{counts:?}: no band");
                }
                Mark::Dashes { from, y, ink, .. } => {
                    assert!(svg.contains(&format!("y1=\"{y:.1}\"")), "{svg}");
                    assert!(picture.near(from + 1.0, *y, *ink), "{counts:?}: no dash");
                }
                Mark::Line { points, ink } => {
                    for point in points.iter().filter(|_| points.len() > 1) {
                        assert!(svg.contains(&format!("{:.1},{:.1}", point.x, point.y)), "{svg}");
                        assert!(picture.near(point.x, point.y, *ink), "{counts:?}: no line at {point:?}");
                    }
                }
                Mark::Words { at, ends, text } => {
                    assert!(svg.contains(text.as_str()), "{svg}");
                    let inside = if *ends { at.x - 2.5 } else { at.x + 2.5 };
                    assert!((0..8).any(|up| picture.near(inside, at.y - f64::from(up), Ink::Words)), "{text}");
                }
            }
        }
    }
}

#[test]
fn letters_of_many_scripts_are_drawn_and_none_is_dropped() {
    let wide = |title: &str| {
        let picture = Picture::of(&plot(title, &[1, 2]).expect("it has counts"));
        let inked = |x: usize| (0..56).any(|row| picture.at(x, row) == Ink::Words.rgb());
        (0..title.chars().count()).filter(|letter| (0..10).any(|x| inked(32 + 10 * letter + x))).count()
    };
    for title in ["Störung", "сбой", "διακοπή", "Łódź", "şğı", "障害", "\u{201c}x\u{201d}"] {
        assert_eq!(wide(title), title.chars().count(), "{title}");
    }
    let bytes = |title: &str| plot(title, &[1, 2]).expect("it has counts").png().expect("encoded");
    assert_ne!(bytes("сбой"), bytes("????"), "Cyrillic is no question marks");
    assert_eq!(bytes("障"), bytes("?"));
}

#[test]
fn the_same_plot_is_the_same_bytes() {
    let plot = plot("Mood is turning: q. 30 posts", &[1, 8, 3, 30]).expect("it has counts");
    let first = plot.png().expect("encoded");
    assert_eq!(first, plot.png().expect("encoded"));
    assert!(first.len() < 20_000, "{} bytes", first.len());
}
