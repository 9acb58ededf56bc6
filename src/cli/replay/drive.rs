//! One pack over recorded payloads: the pipeline on the local log, fed piece by piece.

use super::{input, ticks};
use crate::alert::AlertEvent;
use crate::config::pack::read_pack;
use crate::config::{Config, process_environment};
use crate::log::Record;
use crate::mention::Timestamp;
use crate::pipeline::Outcomes;
use crate::rules::Pack;
use crate::score::Model;
use crate::service::local::{Layout, LocalPipeline};
use crate::service::triage::ClockPolicy;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::Io;

/// Lines decided between two looks at what came of them.
const CHUNK_LINES: usize = 5_000;

/// What is replayed.
#[derive(Debug, clap::Args)]
pub struct Recorded {
    /// NDJSON of raw payloads; several are read one after the other.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub input: Vec<PathBuf>,
    /// The configuration whose `decisions` section decided live; the defaults where it is not given.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Partitions of every raw topic.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1024))]
    pub partitions: i32,
    /// Ticks of the live run: the values of its `clock` topic, one a line. Its raw topics must be given whole, with as
    /// many partitions.
    #[arg(long, value_name = "FILE")]
    pub ticks: Option<PathBuf>,
    /// Watch one more query as a series of that name.
    #[arg(long = "query", value_name = "NAME=QUERY")]
    pub queries: Vec<String>,
}

/// What a run came to, besides its outputs.
#[derive(Debug)]
pub struct Driven {
    /// Input lines.
    pub records: u64,
    /// Items by outcome.
    pub outcomes: Outcomes,
    /// Dead letters by reason.
    pub reasons: BTreeMap<String, u64>,
    /// From when to when the records reach, in event time.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// What came of one piece of the input: records by topic, and alert events.
pub type Piece = (BTreeMap<String, Vec<Record>>, Vec<AlertEvent>);

/// Runs a pack over the recorded payloads; `each` sees what comes of every piece, in order.
///
/// # Errors
/// When a file cannot be read, a stage cannot go on, or `each` says so.
pub fn drive(
    recorded: &Recorded,
    pack: &Arc<Pack>,
    io: &mut Io<'_>,
    each: impl FnMut(Piece) -> anyhow::Result<()>,
) -> anyhow::Result<Driven> {
    Ok(learn(recorded, pack, io, each)?.0)
}

/// The same; with the pipeline as it was left.
///
/// # Errors
/// As [`drive`].
pub fn learn(
    recorded: &Recorded,
    pack: &Arc<Pack>,
    io: &mut Io<'_>,
    mut each: impl FnMut(Piece) -> anyhow::Result<()>,
) -> anyhow::Result<(Driven, LocalPipeline)> {
    let (config, warnings) = Config::load(recorded.config.as_deref(), process_environment(), &Vec::new())?;
    for warning in warnings {
        writeln!(io.stderr, "warning: {warning}")?;
    }
    let read_ticks = |path: &Path| ticks::read(path, &config.kafka.prefix, recorded.partitions);
    let ticks = recorded.ticks.as_deref().map(read_ticks).transpose()?.unwrap_or_default();
    let mut survey = input::survey(&recorded.input, recorded.partitions)?;
    // a partition without a record was heard of all the same
    survey.members.extend(ticks.raw.keys().copied());
    let hears_people = survey.hears_people || !ticks.feedback.is_empty();
    let feedback_partitions = if hears_people { input::FEEDBACK_PARTITIONS } else { 0 };
    let layout = Layout {
        members: survey.members,
        raw_partitions: recorded.partitions,
        signals_partitions: i32::try_from(config.decisions.signals_partitions)?,
        duplicate_window_records: u64::from(config.decisions.duplicate_window_records),
    };
    // the wall clock is never asked for anything that counts
    let (clock, wall) = (ClockPolicy::Data, || Timestamp::clamped(0));
    let mut pipeline =
        LocalPipeline::hearing(&layout, feedback_partitions, Arc::clone(pack), Model::shipped(), clock, wall);
    pipeline.set_recorded_ticks_of_feedback(ticks.raw, ticks.feedback);
    pipeline.set_redact(config.decisions.redact);
    pipeline.set_phone_key(config.decisions.phone_key());
    let mut lines = input::Lines::open(&recorded.input)?;
    let progress = super::super::progress::bar(survey.lines, "replay");
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
        each((pipeline.take_outputs(), pipeline.take_alerts()))?;
        if last {
            break;
        }
    }
    progress.finish_and_clear();
    let (outcomes, reasons) = pipeline.counts();
    Ok((Driven { records: survey.lines, outcomes, reasons, span: pipeline.span() }, pipeline))
}

/// A pack with the queries of the command line; none where it has problems, which go to stderr.
///
/// # Errors
/// When the folder cannot be read, or a query has no name.
pub fn load(folder: &Path, queries: &[String], io: &mut Io<'_>) -> anyhow::Result<Option<Arc<Pack>>> {
    let mut extra = Vec::with_capacity(queries.len());
    for query in queries {
        let (name, text) = query.split_once('=').with_context(|| format!("--query {query}: expected NAME=QUERY"))?;
        extra.push((name.trim().to_owned(), text.trim().to_owned()));
    }
    let files = read_pack(folder)?;
    Ok(super::super::check::load(&files, &extra, io)?.map(Arc::new))
}
