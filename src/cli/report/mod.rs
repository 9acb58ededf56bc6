//! `groundswell report`: what people made of a week's items, and the story of an incident, from the topics.

mod read;
mod table;

use super::stored::Stored;
use super::{Exit, Io};
use crate::mention::Timestamp;
use crate::report::{incident, week};
use anyhow::Context as _;
use table::Table;

/// Tell a week in figures (agreement, routing, clocks, load, satisfaction), or the story of an incident.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  groundswell report week --from out --and feedback.ndjson\n  groundswell report week --since \
2026-03-02 --until 2026-03-09 --format html > week.html\n  groundswell report inc-4f1c0b7a52d9e083 --format csv\n\n\
Without --from, Kafka is read as the configuration says; nothing is written there."
)]
pub struct ReportArgs {
    /// `week`, or the id of an incident or alert
    #[arg(value_name = "WEEK|ID")]
    what: String,
    #[command(flatten)]
    stored: Stored,
    /// First day or instant (UTC) of the period: 2026-03-02 or 2026-03-02T00:00:00Z; seven days before its end unless given
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Timestamp>,
    /// End of the period, itself not part of it; now unless given
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

/// How a report is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets: metric, of, value, count.
    Csv,
    /// One page that needs nothing else.
    Html,
}

/// A day or an instant.
fn parse_time(text: &str) -> Result<Timestamp, String> {
    let day = text.len() == 10;
    let instant = if day { format!("{text}T00:00:00Z") } else { text.to_owned() };
    instant.parse().map_err(|_| format!("\"{text}\" is no time: write 2026-03-02 or 2026-03-02T09:00:00Z"))
}

/// Runs it.
///
/// # Errors
/// When the topics cannot be read or the report not written.
pub fn run(args: &ReportArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let ledger = read::ledger(&args.stored)?;
    let (json, table) = if args.what == "week" {
        let until = args.until.unwrap_or_else(|| Timestamp::clamped(jiff::Timestamp::now().as_microsecond()));
        let since = args.since.unwrap_or_else(|| until.plus_seconds(-7 * 86_400));
        let report = week(&ledger, since, until);
        (serde_json::to_value(&report)?, Table::of_week(&report, &since.to_string(), &until.to_string()))
    } else {
        let Some(report) = incident(&ledger, &args.what) else {
            writeln!(io.stderr, "groundswell: no incident or alert \"{}\" stands in these topics", args.what)?;
            return Ok(Exit::Findings);
        };
        (serde_json::to_value(&report)?, Table::of_incident(&report))
    };
    match args.format {
        ReportFormat::Json => io.write_json(&json)?,
        ReportFormat::Csv => write!(io.stdout, "{}", table.csv()).context("cannot write the report")?,
        ReportFormat::Html => write!(io.stdout, "{}", table.html()).context("cannot write the report")?,
        ReportFormat::Text => write!(io.stdout, "{}", table.words()).context("cannot write the report")?,
    }
    Ok(Exit::Ok)
}
