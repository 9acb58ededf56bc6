//! A drawing as SVG: text that a browser renders, without scripts or links.

use super::drawing::{DASH, DASH_STEP, Drawing, Ink, Mark};
use super::plot::{HEIGHT, WIDTH};
use std::fmt::Write as _;

impl Drawing {
    /// The whole picture.
    pub(super) fn svg(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{}\"/>\n",
            colour(Ink::Paper)
        );
        for mark in self.marks() {
            svg.push_str(&element(mark));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn element(mark: &Mark) -> String {
    match mark {
        Mark::Area { from, to, ink } => format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>\n",
            from.x,
            from.y,
            to.x - from.x,
            to.y - from.y,
            colour(*ink)
        ),
        Mark::Dashes { from, to, y, ink } => format!(
            "<line x1=\"{from}\" x2=\"{to}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{}\" stroke-dasharray=\"{DASH} {}\"/>\n",
            colour(*ink),
            DASH_STEP - DASH
        ),
        Mark::Line { points, ink } => {
            let points: Vec<String> = points.iter().map(|point| format!("{:.1},{:.1}", point.x, point.y)).collect();
            format!(
                "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>\n",
                colour(*ink),
                points.join(" ")
            )
        }
        Mark::Words { at, ends, text } => {
            let anchor = if *ends { " text-anchor=\"end\"" } else { "" };
            format!("<text x=\"{}\" y=\"{}\"{anchor}>{}</text>\n", at.x, at.y, escaped(text))
        }
    }
}

fn colour(ink: Ink) -> String {
    ink.rgb().iter().fold("#".to_owned(), |mut text, part| {
        let _ = write!(text, "{part:02x}");
        text
    })
}

/// What XML asks for; control characters are left out.
fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
        out
    })
}
