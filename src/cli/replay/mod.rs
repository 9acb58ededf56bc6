//! `groundswell replay`: recorded payloads through triage and watch, as they would have been decided live.

mod budget;
mod burden;
mod charts;
mod input;
mod report;
mod ticks;
mod truth;

use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::config::{Config, process_environment};
use crate::mention::Timestamp;
use crate::rules::{self, Pack};
use crate::score::Model;
use crate::service::local::{Layout, LocalPipeline};
use crate::service::triage::ClockPolicy;
use anyhow::Context as _;
use std::path::PathBuf;
use std::sync::Arc;

/// Lines decided between two looks at the alerts.
const CHUNK_LINES: usize = 5_000;

/// Run a rule pack over recorded mentions, and say how well it did.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell replay --rules rules --input day.ndjson --output out\n\n\
Input is one payload a line, optionally prefixed with `platform:key<TAB>`: topic and record key. A line\n\
`feedback:key<TAB>{json}` is what people said back; where there is one, the clocks of people run.")]
pub struct ReplayArgs {
    /// The rule pack.
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    /// The configuration whose `decisions` section decided live; the defaults where it is not given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Watch one more query as a series of that name.
    #[arg(long = "query", value_name = "NAME=QUERY")]
    queries: Vec<String>,
    /// NDJSON of raw payloads; several are read one after the other.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    input: Vec<PathBuf>,
    /// Ticks of the live run: the values of its `clock` topic, one a line. Its raw topics must be given whole, with as
    /// many partitions.
    #[arg(long, value_name = "FILE")]
    ticks: Option<PathBuf>,
    /// Where the topics and the report go, one NDJSON a topic.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// One chart (SVG) for each alert event that opens, grows or opens again goes here.
    #[arg(long, value_name = "DIR")]
    charts: Option<PathBuf>,
    /// Partitions of every raw topic.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1024))]
    partitions: i32,
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
    let Some(pack) = load(args, io)? else { return Ok(Exit::Findings) };
    let truth = args.truth.as_deref().map(truth::read).transpose()?;
    let budget = args.budget.as_deref().map(budget::read).transpose()?;
    let (config, warnings) = Config::load(args.config.as_deref(), process_environment(), &Vec::new())?;
    for warning in warnings {
        writeln!(io.stderr, "warning: {warning}")?;
    }
    let ticks =
        args.ticks.as_deref().map(|path| ticks::read(path, &config.kafka.prefix, args.partitions)).transpose()?;
    let ticks = ticks.unwrap_or_default();
    let mut survey = input::survey(&args.input, args.partitions)?;
    // a partition without a record was heard of all the same
    survey.members.extend(ticks.raw.keys().copied());
    let hears_people = survey.hears_people || !ticks.feedback.is_empty();
    let feedback_partitions = if hears_people { input::FEEDBACK_PARTITIONS } else { 0 };
    let layout = Layout {
        members: survey.members,
        raw_partitions: args.partitions,
        signals_partitions: i32::try_from(config.decisions.signals_partitions)?,
        duplicate_window_records: u64::from(config.decisions.duplicate_window_records),
    };
    let pack = Arc::new(pack);
    // the wall clock is never asked for anything that counts
    let (clock, wall) = (ClockPolicy::Data, || Timestamp::clamped(0));
    let mut pipeline =
        LocalPipeline::hearing(&layout, feedback_partitions, Arc::clone(&pack), Model::shipped(), clock, wall);
    pipeline.set_recorded_ticks_of_feedback(ticks.raw, ticks.feedback);
    pipeline.set_redact(config.decisions.redact);
    let mut writer = report::Writer::create(&args.output)?;
    let mut lines = input::Lines::open(&args.input)?;
    let progress = super::progress::bar(survey.lines, "replay");
    let mut alerts = Vec::new();
    loop {
        let chunk = lines.next_chunk(CHUNK_LINES)?;
        let last = chunk.lines() == 0;
        progress.inc(chunk.lines() as u64);
        if last {
            pipeline.finish()?;
        } else {
            pipeline.say(chunk.said)?;
            pipeline.feed(chunk.records)?;
        }
        writer.write(&pipeline.take_outputs())?;
        alerts.extend(pipeline.take_alerts());
        if last {
            break;
        }
    }
    progress.finish_and_clear();
    if let Some(folder) = &args.charts {
        charts::write(folder, &alerts)?;
    }
    let judged = truth.map(|truth| truth::judge(&truth, &alerts));
    let verdict = judged.as_ref().zip(budget.as_ref()).map(|(judged, budget)| budget.check(judged));
    let (outcomes, reasons) = pipeline.counts();
    let burden = burden::burden(&alerts, pipeline.span(), &pack);
    let report = report::Report::new(survey.lines, &outcomes, reasons, &alerts, burden, judged, verdict);
    writer.finish(&report)?;
    writeln!(io.stdout, "{}", report.in_words()).context("cannot write to stdout")?;
    Ok(if report.within_budget() { Exit::Ok } else { Exit::Findings })
}

/// The pack with the queries of the command line; its problems go to stderr.
fn load(args: &ReplayArgs, io: &mut Io<'_>) -> anyhow::Result<Option<Pack>> {
    let mut extra = Vec::with_capacity(args.queries.len());
    for query in &args.queries {
        let (name, text) = query.split_once('=').with_context(|| format!("--query {query}: expected NAME=QUERY"))?;
        extra.push((name.trim().to_owned(), text.trim().to_owned()));
    }
    let files = read_pack(&args.rules)?;
    match rules::load(&files, &extra) {
        Ok(pack) => Ok(Some(pack)),
        Err(problems) => {
            super::check::print_problems(&files, &problems, io.stderr)?;
            Ok(None)
        }
    }
}
