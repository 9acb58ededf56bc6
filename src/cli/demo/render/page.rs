//! How a page of the demo is set: wrapped lines, tables with bars, colours. Knows nothing of what it says.

use crate::alert::AlertState;
use crate::mention::Timestamp;
use crate::route::Severity;
use std::fmt::Write as _;

/// Columns that text is wrapped at.
const WIDTH: usize = 100;
/// Columns that the lines of an alert are set in by: the clock and two blanks.
pub(super) const INDENT: &str = "       ";
/// Columns of a full bar.
const BAR: usize = 24;
/// Rows of a table; the rest is added up.
pub(super) const ROWS_MAX: usize = 10;

/// One row of a table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    name: String,
    count: u64,
    note: String,
}

impl Row {
    pub(super) fn new(name: &str, count: u64, note: &str) -> Self {
        Self { name: printable(name), count, note: printable(note) }
    }
}

pub(super) fn heading(out: &mut String, paint: &Paint, text: &str) {
    let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, paint.bold(text));
}

/// Rows by count, the largest first, with bars; what is beyond [`ROWS_MAX`] in one row.
pub(super) fn table(out: &mut String, mut rows: Vec<Row>, paint: &Paint) {
    let total = rows.iter().map(|row| row.count).sum();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then(a.name.cmp(&b.name)));
    if rows.len() > ROWS_MAX {
        let rest = rows.drain(ROWS_MAX - 1..).map(|row| row.count).sum();
        rows.push(Row::new("others", rest, ""));
    }
    let name_width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(14);
    for Row { name, count, note } in rows {
        let bar = format!("{:<BAR$}", bar(count, total));
        let line = format!("  {name:<name_width$} {:>9} {}  ", thousands(count), percent(count, total));
        let line = format!("{line}{}  {}", paint.cyan(&bar), paint.dim(&note));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// In eighths of a column, so that small shares are seen.
fn bar(count: u64, total: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * (BAR as u128) * 8 / u128::from(total.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(BAR * 8).min(BAR * 8).max(usize::from(count > 0));
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn percent(count: u64, total: u64) -> String {
    let tenths = (u128::from(count) * 1000 + u128::from(total) / 2) / u128::from(total.max(1));
    format!("{:>5} %", format!("{}.{}", tenths / 10, tenths % 10))
}

/// `70,512`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `09:40`, from seconds of the day.
#[must_use]
pub fn time_of_day(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 3600 % 24, seconds % 3600 / 60)
}

pub(super) fn clock(at: Timestamp) -> String {
    time_of_day(at.as_seconds().rem_euclid(86_400).unsigned_abs())
}

/// Without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// At most `chars` characters, with a sign where something is missing.
pub(super) fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((cut, _)) => format!("{}…", text[..cut].trim_end()),
        None => text.to_owned(),
    }
}

/// Sets text in lines of [`WIDTH`]; the first line begins with the first indent, the others with the second.
pub(super) fn wrap(out: &mut String, indents: [&str; 2], text: &str) {
    let [mut indent, others] = indents;
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
            indent = others;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// Escape codes, or none.
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn by(&self, state: AlertState, severity: Severity, text: &str) -> String {
        let code = match (state, severity) {
            (AlertState::Resolved, _) => "32",
            (AlertState::Withdrawn, _) => "2",
            (_, Severity::S1) => "1;97;41",
            (_, Severity::S2) => "1;31",
            (_, Severity::S3) => "1;33",
            (_, Severity::S4) => "1;36",
        };
        self.with(code, text)
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn cyan(&self, text: &str) -> String {
        self.with("36", text)
    }
}
