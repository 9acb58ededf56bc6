//! `groundswell demo`: the seeded day of an invented company through the same triage and watch as in production.
//!
//! Nothing is faked on the way: payloads in platform shapes go into the local log, and what comes out of its topics
//! is told. The same seed tells the same story, however fast it is told.

pub mod render;
mod tally;
#[cfg(test)]
mod tests;
pub mod world;

use super::{Exit, Io};
use crate::alert::AlertEvent;
use crate::log::{Record, partition_for};
use crate::mention::Timestamp;
use crate::rules::{self, Pack};
use crate::score::Model;
use crate::service::local::{Layout, LocalPipeline, RawRecord};
use anyhow::{Context as _, anyhow};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tally::Tally;
use world::{POSTS, World, WorldRecord};

/// Event time decided between two looks at the alerts, seconds: so fine that they come one by one.
const STEP_SECONDS: i64 = 60;
/// Partitions of every raw topic, and of the signals.
const PARTITIONS: i32 = 1;
/// Records in which a mention read before is known again.
const DUPLICATE_WINDOW: u64 = 100_000;

/// Watch a seeded day go by: raw posts in, alerts as they open, and at the end what went where.
///
/// Some seventy thousand posts of an invented company's day, in the payload shapes of four platforms, go through the
/// same triage and watch as on Kafka, on a log in memory, with the rule pack that is built in. Four things happen:
/// an outage, a turn of mood, a viral thread and a flood of copies.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell demo --seed 3 --duration 20\n\n\
There is no console yet: --no-console changes nothing until there is one.")]
pub struct DemoArgs {
    /// Which day: the same number gives the same posts and the same alerts
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Wall seconds that the day takes, about; 0 is as fast as possible
    #[arg(long, default_value_t = 40, value_name = "S")]
    duration: u32,
    /// Without the live page (there is none yet)
    #[arg(long)]
    no_console: bool,
    /// Wait for ctrl-c at the end
    #[arg(long)]
    keep_open: bool,
}

/// Runs it.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &DemoArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let pace = Pace { began: Instant::now(), duration: Duration::from_secs(args.duration.into()) };
    let pack = Arc::new(shipped_pack()?);
    let world = world::world(args.seed, POSTS);
    let mut show = Show { io, bar: progress(&world), colours: colours() };
    show.write(&render::introduction(args.seed, &world, &pack))?;
    let mut tally = Tally::default();
    let pipeline = play(&world, pack, &mut |step| {
        tally.read(&step.outputs, &step.alerts)?;
        show.step(&step, &tally)?;
        pace.wait(step.number, steps(&world));
        Ok(())
    })?;
    show.bar.finish_and_clear();
    tally.count(&pipeline);
    let told = tally.summary(world.records.len(), pace.began.elapsed(), &world);
    show.write(&format!("\n{}", render::summary(&told, show.colours)))?;
    if args.keep_open {
        wait_for_interrupt(io)?;
    }
    Ok(Exit::Ok)
}

/// What came out in one step of the day.
struct Step {
    /// Steps gone by, this one included.
    number: u64,
    /// By topic.
    outputs: BTreeMap<String, Vec<Record>>,
    alerts: Vec<AlertEvent>,
}

/// The day, step by step. What comes out depends on the world and the pack only, never on who listens.
fn play(
    world: &World,
    pack: Arc<Pack>,
    listen: &mut dyn FnMut(Step) -> anyhow::Result<()>,
) -> anyhow::Result<LocalPipeline> {
    let mut pipeline = LocalPipeline::new(&layout(world), pack, Model::shipped());
    let number_of = |at: Timestamp| (at.as_seconds() - world.start.as_seconds()).div_euclid(STEP_SECONDS) + 1;
    for records in world.records.chunk_by(|a, b| number_of(a.at) == number_of(b.at)) {
        pipeline.feed(records.iter().map(raw).collect())?;
        let number = records.last().map_or(0, |last| number_of(last.at).unsigned_abs());
        listen(Step { number, outputs: pipeline.take_outputs(), alerts: pipeline.take_alerts() })?;
    }
    pipeline.finish()?;
    listen(Step { number: steps(world), outputs: pipeline.take_outputs(), alerts: pipeline.take_alerts() })?;
    Ok(pipeline)
}

fn steps(world: &World) -> u64 {
    let seconds = world.end.as_seconds() - world.start.as_seconds();
    u64::try_from(seconds / STEP_SECONDS).unwrap_or(0)
}

fn layout(world: &World) -> Layout {
    let member = |record: &WorldRecord| (record.platform, partition_for(record.key.as_bytes(), PARTITIONS));
    Layout {
        members: world.records.iter().map(member).collect(),
        raw_partitions: PARTITIONS,
        signals_partitions: PARTITIONS,
        duplicate_window_records: DUPLICATE_WINDOW,
    }
}

fn raw(record: &WorldRecord) -> RawRecord {
    RawRecord { platform: record.platform, key: record.key.clone().into_bytes(), value: record.value.clone() }
}

fn shipped_pack() -> anyhow::Result<Pack> {
    let problems = |problems: Vec<rules::Problem>| {
        anyhow!("the built-in pack has {} problems: see groundswell check", problems.len())
    };
    rules::load(&rules::shipped(), &[]).map_err(problems)
}

/// Spreads the day over the wall seconds asked for; where the machine is slower, it runs on without a pause.
struct Pace {
    began: Instant,
    duration: Duration,
}

impl Pace {
    #[allow(clippy::cast_precision_loss)] // minutes of a day
    fn wait(&self, step: u64, steps: u64) {
        let share = (step as f64 / steps.max(1) as f64).min(1.0);
        sleep(self.duration.mul_f64(share).saturating_sub(self.began.elapsed()));
    }
}

/// Where the day is shown: lines on stdout, a bar on stderr when somebody is looking.
struct Show<'a, 'io> {
    io: &'a mut Io<'io>,
    bar: ProgressBar,
    colours: bool,
}

impl Show<'_, '_> {
    fn step(&mut self, step: &Step, tally: &Tally) -> anyhow::Result<()> {
        for alert in step.alerts.iter().filter(|alert| alert.suppressed.is_none()) {
            self.write(&format!("\n{}", render::alert_lines(alert, &tally.examples(alert), self.colours)))?;
        }
        self.bar.set_position(step.number);
        self.bar.set_message(render::time_of_day(step.number.saturating_mul(STEP_SECONDS.unsigned_abs())));
        Ok(())
    }

    /// At once: whoever reads along sees it when it happens.
    fn write(&mut self, text: &str) -> anyhow::Result<()> {
        let Self { io, bar, .. } = self;
        bar.suspend(|| io.stdout.write_all(text.as_bytes()).and_then(|()| io.stdout.flush()))
            .context("cannot write to stdout")
    }
}

fn progress(world: &World) -> ProgressBar {
    super::progress::bar(steps(world), "00:00")
}

/// Colours are for terminals, and for those who do not forbid them (<https://no-color.org>).
fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn wait_for_interrupt(io: &mut Io<'_>) -> anyhow::Result<()> {
    writeln!(io.stderr, "\nthe day is over; ctrl-c ends the demo")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c()).context("cannot wait for ctrl-c")
}
