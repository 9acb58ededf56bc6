//! `groundswell detect`: a series of counts in, an anomaly score for every row out.
//!
//! One row is read, scored, written and flushed before the next is looked at; memory does not grow with the input.
//! It must never change, drop or reorder a row: the timestamp goes out byte for byte as it came in.

use super::csv::{Lines, field, fields, unquoted};
use super::{Exit, Io};
use crate::detect::univariate::{Settings, Univariate, VALUE_MAX};
use crate::mention::Timestamp;
use anyhow::Context;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A larger configuration is a mistake.
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Rows complained about one by one; the rest are only counted.
const COMPLAINTS_MAX: u64 = 20;

/// Score a series of counts for anomalies, row by row, without looking ahead.
///
/// Reads CSV with header `timestamp,value` on stdin (further columns are ignored) and writes CSV with header
/// `timestamp,anomaly_score` on stdout: one line per row, at once, the score in [0, 1]: from 0.5 a burst of unusual size,
/// below it a rise that lasts, 0 otherwise; each is told once, and again only when it grows.
/// Timestamps may be RFC 3339, `2015-02-26 21:42:53` or epoch seconds. A row whose value cannot be read scores 0, is
/// named on stderr, and makes the exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell detect < mentions_per_5_minutes.csv > scores.csv")]
pub struct DetectArgs {
    /// YAML whose section `detect` changes the method's constants, for example `detect: {record_hours: 12}`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When stdin cannot be read or stdout cannot be written. A bad configuration or a missing header is reported on
/// stderr and ends as [`Exit::Unusable`].
pub fn run(args: &DetectArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let detector = match settings(args.config.as_deref()).and_then(|settings| Ok(Univariate::new(settings)?)) {
        Ok(detector) => detector,
        Err(error) => {
            writeln!(io.stderr, "error: {error:#}")?;
            return Ok(Exit::Unusable);
        }
    };
    let mut lines = Lines::new(&mut *io.stdin);
    let Some(columns) = lines.next()?.then(|| Columns::of_header(&lines.bytes)).flatten() else {
        writeln!(io.stderr, "error: the first line must name the columns `timestamp` and `value`")?;
        return Ok(Exit::Unusable);
    };
    writeln!(io.stdout, "timestamp,anomaly_score")?;
    io.stdout.flush()?;
    let bad = score_rows(detector, columns, &mut lines, io.stdout, io.stderr)?;
    if bad > COMPLAINTS_MAX {
        writeln!(io.stderr, "error: {bad} bad rows in all")?;
    }
    Ok(if bad == 0 { Exit::Ok } else { Exit::Findings })
}

/// Scores every row; returns how many were bad.
fn score_rows(
    mut detector: Univariate,
    columns: Columns,
    lines: &mut Lines<'_>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u64> {
    let mut bad = 0;
    while lines.next()? {
        if lines.bytes.is_empty() {
            continue;
        }
        let timestamp = field(&lines.bytes, columns.timestamp).unwrap_or_default();
        let value = if lines.is_cut() { Err("the line is longer than 64 KiB") } else { columns.value_of(&lines.bytes) };
        if let Err(problem) = value {
            bad += 1;
            if bad <= COMPLAINTS_MAX {
                writeln!(stderr, "error: line {}: {problem}; the row scores 0", lines.number)?;
            }
        }
        let score = detector.observe(time_of(unquoted(timestamp)), value.ok());
        stdout.write_all(timestamp)?;
        writeln!(stdout, ",{score:.6}")?;
        stdout.flush()?;
    }
    Ok(bad)
}

/// The settings of a configuration file's section `detect`; other sections belong to other commands.
fn settings(config: Option<&Path>) -> anyhow::Result<Settings> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Sections {
        detect: Settings,
    }
    let Some(path) = config else { return Ok(Settings::default()) };
    let name = path.display();
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read {name}"))?;
    anyhow::ensure!(text.len() as u64 <= CONFIG_BYTES_MAX, "{name} is larger than 1 MiB");
    if text.trim().is_empty() {
        return Ok(Settings::default());
    }
    let sections: Sections = serde_saphyr::from_str(&text).with_context(|| format!("cannot understand {name}"))?;
    Ok(sections.detect)
}

/// Where the two columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    timestamp: usize,
    value: usize,
}

impl Columns {
    fn of_header(line: &[u8]) -> Option<Self> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let place = |name: &[u8]| fields(line).position(|field| unquoted(field).eq_ignore_ascii_case(name));
        Some(Self { timestamp: place(b"timestamp")?, value: place(b"value")? })
    }

    fn value_of(self, line: &[u8]) -> Result<f64, &'static str> {
        let text = unquoted(field(line, self.value).ok_or("there is no value")?);
        let text = std::str::from_utf8(text).map_err(|_| "the value is not a number")?;
        let value: f64 = text.parse().map_err(|_| "the value is not a number")?;
        if (0.0..=VALUE_MAX).contains(&value) { Ok(value) } else { Err("the value is not a count from 0 to 2^40") }
    }
}

/// RFC 3339, a date and time without zone (taken as UTC), or seconds since 1970; `None` when it is none of them.
fn time_of(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-')
        && let Ok(seconds) = text.parse::<f64>()
    {
        // f64 holds microseconds of this century exactly; `as` saturates, and the range is checked next
        #[expect(clippy::cast_possible_truncation, reason = "saturates, then checked")]
        return Timestamp::from_micros((seconds * 1e6).round() as i64);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let at = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Timestamp::from_micros(at.as_microsecond())
}

#[cfg(test)]
mod tests;
