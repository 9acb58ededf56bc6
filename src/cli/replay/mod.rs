//! `groundswell replay`: recorded payloads through triage and watch, as they would have been decided live.

mod budget;
mod burden;
mod charts;
mod diff;
pub(super) mod drive;
mod input;
mod report;
pub(super) mod seen;
mod ticks;
mod truth;

pub(super) use burden::{Burden, burden};

use super::{Exit, Io};
use anyhow::Context as _;
use drive::{Driven, Recorded};
use std::path::PathBuf;

/// Run a rule pack over recorded mentions, and say how well it did; or two, and say how they differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  groundswell replay --rules rules --input day.ndjson --output out\n  \
groundswell replay --diff rules new-rules --input day.ndjson --output out\n\n\
Input is one payload a line, optionally prefixed with `platform:key<TAB>`: topic and record key. A line\n\
`feedback:key<TAB>{json}` is what people said back; where there is one, the clocks of people run.")]
pub struct ReplayArgs {
    /// The rule pack.
    #[arg(long, value_name = "DIR", required_unless_present = "diff")]
    rules: Option<PathBuf>,
    /// Instead of one pack, the one that decides now and the one that may: which items and alerts would change, with
    /// examples and the rules that differ.
    #[arg(long, value_names = ["OLD", "NEW"], num_args = 2, conflicts_with_all = ["rules", "truth", "charts"])]
    diff: Option<Vec<PathBuf>>,
    #[command(flatten)]
    recorded: Recorded,
    /// Where the topics and the report go, one NDJSON a topic.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// One chart (SVG) for each alert event that opens, grows or opens again goes here.
    #[arg(long, value_name = "DIR")]
    charts: Option<PathBuf>,
    /// What the history has taught goes here: `groundswell run --baseline FILE` begins with it.
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    baseline: Option<PathBuf>,
    /// What really happened: the truth.json of the load generator.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// What is asked of precision, recall, delay and alerts a day; a miss is exit 1.
    #[arg(long, value_name = "FILE", requires = "truth")]
    budget: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(args: &ReplayArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    if let Some([old, new]) = args.diff.as_deref() {
        return diff::run(&diff::Comparison { old, new, recorded: &args.recorded, output: &args.output }, io);
    }
    let rules = args.rules.as_deref().context("--rules says which pack decides")?;
    let Some(pack) = drive::load(rules, &args.recorded.queries, io)? else { return Ok(Exit::Findings) };
    let truth = args.truth.as_deref().map(truth::read).transpose()?;
    let budget = args.budget.as_deref().map(budget::read).transpose()?;
    let mut writer = report::Writer::create(&args.output)?;
    let mut alerts = Vec::new();
    let (driven, pipeline) = drive::learn(&args.recorded, &pack, io, |(outputs, told)| {
        alerts.extend(told);
        writer.write(&outputs)
    })?;
    let Driven { records, outcomes, reasons, span } = driven;
    if let Some(file) = &args.baseline {
        let bytes = pipeline.baseline()?.encode()?;
        std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(folder) = &args.charts {
        charts::write(folder, &alerts)?;
    }
    let judged = truth.map(|truth| truth::judge(&truth, &alerts));
    let verdict = judged.as_ref().zip(budget.as_ref()).map(|(judged, budget)| budget.check(judged));
    let burden = burden(&alerts, span, &pack);
    let report = report::Report::new(records, &outcomes, reasons, &alerts, burden, judged, verdict);
    writer.finish(&report)?;
    writeln!(io.stdout, "{}", report.in_words()).context("cannot write to stdout")?;
    Ok(if report.within_budget() { Exit::Ok } else { Exit::Findings })
}
