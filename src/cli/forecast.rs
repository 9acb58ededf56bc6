//! `groundswell forecast`: the events of cascades in, how far each will have spread in seven days out.
//!
//! One row is read at a time and only sums are kept, so memory grows with the number of cascades, not with their size.
//! It must never let a row after a horizon reach the forecast of that horizon.

use super::csv::{Lines, field, fields, unquoted};
use super::{Exit, Io};
use crate::detect::forecast::measure::{Outcome, Table};
use crate::detect::forecast::{Cascade, FOLLOWERS_MAX, Forecaster, HORIZONS_SECONDS, Seen};
use anyhow::Context;
use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

/// Rows complained about one by one; the rest are only counted.
const COMPLAINTS_MAX: u64 = 20;
/// Ten years: whoever shares a post later than that has a broken clock.
const SECONDS_MAX: f64 = 315_576_000.0;

/// Forecast how often posts will have been shared in seven days, from their first minutes.
///
/// Reads CSV with header `cascade,seconds,followers` on stdin (further columns are ignored): one row per event, the first
/// of a cascade the post at 0 seconds, then its shares in time order, with the followers of each author. Cascades may
/// come one after the other or interleaved. Writes CSV with header `cascade,at_seconds,predicted,low,high` on stdout:
/// four lines per cascade, at 600, 1800, 3600 and 21600 seconds, each from the events up to that time only. `predicted`
/// counts the shares within seven days of the post, those already seen included; eight in ten end from `low` to `high`.
///
/// A line is written when the first row of its cascade after that time is read. What is left at the end of the input is
/// written then, as if nothing had happened since the cascade's last row; cut the input at a time to ask for a forecast
/// at that time, and ignore later lines. A row that cannot be used (not a number, before the row above it, of a cascade
/// without a post) is left out, named on stderr, and makes the exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell forecast < events.csv > forecasts.csv\n  \
    groundswell forecast --truth index.csv < events.csv > forecasts.csv  # figures on stderr")]
pub struct ForecastArgs {
    /// Write what count × median multiplier says instead, for comparison
    #[arg(long)]
    pub baseline: bool,
    /// CSV with columns `cascade,retweets_7d`: prints how good the forecasts were, with the baseline's beside, on stderr
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When stdin cannot be read or stdout cannot be written. A missing header or an unreadable truth is reported on stderr
/// and ends as [`Exit::Unusable`].
pub fn run(args: &ForecastArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let truths = match args.truth.as_deref().map(truths).transpose() {
        Ok(truths) => truths,
        Err(error) => {
            writeln!(io.stderr, "error: {error:#}")?;
            return Ok(Exit::Unusable);
        }
    };
    let mut lines = Lines::new(&mut *io.stdin);
    let Some(columns) = lines.next()?.then(|| Columns::of_header(&lines.bytes)).flatten() else {
        writeln!(io.stderr, "error: the first line must name the columns `cascade`, `seconds` and `followers`")?;
        return Ok(Exit::Unusable);
    };
    let mut output =
        Output { args, truths, table: Table::default(), forecaster: Forecaster::shipped(), io: &mut *io.stdout };
    output.io.write_all(b"cascade,at_seconds,predicted,low,high\n")?;
    let bad = read_rows(columns, &mut lines, &mut output, io.stderr)?;
    if bad > COMPLAINTS_MAX {
        writeln!(io.stderr, "error: {bad} bad rows in all")?;
    }
    if output.truths.is_some() {
        write!(io.stderr, "{}", output.table)?;
    }
    Ok(if bad == 0 { Exit::Ok } else { Exit::Findings })
}

/// Takes every row, then tells what is left; returns how many rows were bad.
fn read_rows(
    columns: Columns,
    lines: &mut Lines<'_>,
    output: &mut Output<'_>,
    stderr: &mut dyn Write,
) -> anyhow::Result<u64> {
    let (mut cascades, mut bad) = (Cascades::default(), 0);
    while lines.next()? {
        if lines.bytes.trim_ascii().is_empty() {
            continue;
        }
        let row = if lines.is_cut() { Err("the line is longer than 64 KiB") } else { columns.row(&lines.bytes) };
        if let Err(problem) = row.and_then(|row| cascades.check(&row).map(|()| row)).map(|row| cascades.take(&row)) {
            bad += 1;
            if bad <= COMPLAINTS_MAX {
                writeln!(stderr, "error: line {}: {problem}; the row is left out", lines.number)?;
            }
            continue;
        }
        cascades.tell(output)?;
    }
    cascades.tell_rest(output)?;
    Ok(bad)
}

/// Where the three columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    cascade: usize,
    seconds: usize,
    followers: usize,
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row<'a> {
    /// As written.
    pub(super) cascade: &'a [u8],
    pub(super) seconds: f64,
    pub(super) followers: f64,
}

impl Columns {
    pub(super) fn of_header(line: &[u8]) -> Option<Self> {
        let place = |name| place(line, name);
        Some(Self { cascade: place("cascade")?, seconds: place("seconds")?, followers: place("followers")? })
    }

    pub(super) fn row(self, line: &[u8]) -> Result<Row<'_>, &'static str> {
        let cascade = field(line, self.cascade).unwrap_or_default().trim_ascii();
        if unquoted(cascade).is_empty() {
            return Err("the cascade has no name");
        }
        let seconds =
            number(line, self.seconds, SECONDS_MAX).ok_or("the seconds are not a number from 0 to ten years")?;
        let followers = number(line, self.followers, FOLLOWERS_MAX)
            .ok_or("the followers are not a number from 0 to 10,000,000,000")?;
        Ok(Row { cascade, seconds, followers })
    }
}

/// Which column of the header has this name.
pub(super) fn place(header: &[u8], name: &str) -> Option<usize> {
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    fields(header).position(|field| unquoted(field).eq_ignore_ascii_case(name.as_bytes()))
}

/// The number in a column, when it is one from 0 to `most`.
fn number(line: &[u8], place: usize, most: f64) -> Option<f64> {
    let text = std::str::from_utf8(unquoted(field(line, place)?)).ok()?;
    text.parse().ok().filter(|number| (0.0..=most).contains(number))
}

/// The cascades of the input, in the order of their posts.
#[derive(Default)]
struct Cascades {
    places: HashMap<Box<[u8]>, usize>,
    all: Vec<Entry>,
    /// What the last row made due: place and what was seen.
    due: Vec<(usize, Seen)>,
}

struct Entry {
    name: Box<[u8]>,
    last_seconds: f64,
    cascade: Cascade,
}

impl Cascades {
    fn check(&self, row: &Row<'_>) -> Result<(), &'static str> {
        match self.places.get(row.cascade) {
            None if row.seconds > 0.0 => Err("the cascade has no post, which is its first row, at 0 seconds"),
            Some(&place) if row.seconds < self.all[place].last_seconds => {
                Err("the seconds are before those of the cascade's last row")
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, row: &Row<'_>) {
        let Some(&place) = self.places.get(row.cascade) else {
            let (name, cascade) = (Box::from(row.cascade), Cascade::new(row.followers));
            self.places.insert(Box::from(row.cascade), self.all.len());
            self.all.push(Entry { name, last_seconds: 0.0, cascade });
            return;
        };
        let entry = &mut self.all[place];
        entry.last_seconds = row.seconds;
        self.due.extend(std::iter::from_fn(|| entry.cascade.due(row.seconds)).map(|seen| (place, seen)));
        if !entry.cascade.is_told() {
            entry.cascade.observe(row.seconds, row.followers);
        }
    }

    fn tell(&mut self, output: &mut Output<'_>) -> anyhow::Result<()> {
        if self.due.is_empty() {
            return Ok(());
        }
        for (place, seen) in self.due.drain(..) {
            output.tell(&self.all[place].name, &seen)?;
        }
        Ok(output.io.flush()?)
    }

    fn tell_rest(&mut self, output: &mut Output<'_>) -> anyhow::Result<()> {
        for entry in &mut self.all {
            while let Some(seen) = entry.cascade.due(f64::INFINITY) {
                output.tell(&entry.name, &seen)?;
            }
        }
        Ok(output.io.flush()?)
    }
}

/// Where forecasts go.
struct Output<'a> {
    args: &'a ForecastArgs,
    truths: Option<HashMap<Vec<u8>, f64>>,
    table: Table,
    forecaster: Forecaster,
    io: &'a mut dyn Write,
}

impl Output<'_> {
    fn tell(&mut self, cascade: &[u8], seen: &Seen) -> anyhow::Result<()> {
        let (forecast, baseline) = (self.forecaster.forecast(seen), self.forecaster.baseline(seen));
        if let Some(&truth) = self.truths.as_ref().and_then(|truths| truths.get(unquoted(cascade))) {
            self.table.forecast[seen.horizon].push(Outcome { said: forecast, truth });
            self.table.baseline[seen.horizon].push(Outcome { said: baseline, truth });
        }
        let said = if self.args.baseline { baseline } else { forecast };
        self.io.write_all(cascade)?;
        let at = HORIZONS_SECONDS[seen.horizon];
        writeln!(self.io, ",{at},{:.1},{:.1},{:.1}", said.predicted, said.low, said.high)?;
        Ok(())
    }
}

/// The true sizes, by cascade.
fn truths(path: &Path) -> anyhow::Result<HashMap<Vec<u8>, f64>> {
    let name = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
    let mut file = BufReader::new(file);
    let mut lines = Lines::new(&mut file);
    let places = lines.next()?.then(|| Some((place(&lines.bytes, "cascade")?, place(&lines.bytes, "retweets_7d")?)));
    let (cascade, size) = places.flatten().with_context(|| format!("{name} lacks `cascade` or `retweets_7d`"))?;
    let mut truths = HashMap::new();
    while lines.next()? {
        if lines.bytes.trim_ascii().is_empty() {
            continue;
        }
        let truth = number(&lines.bytes, size, 1e12).filter(|truth| *truth >= 1.0);
        let truth = truth.with_context(|| format!("{name}: line {}: no count of 1 or more", lines.number))?;
        truths.insert(unquoted(field(&lines.bytes, cascade).unwrap_or_default()).to_vec(), truth);
    }
    Ok(truths)
}

#[cfg(test)]
mod tests;
