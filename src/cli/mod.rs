//! The command line: one file per command. They read, call and write; what they decide stands elsewhere.

pub mod accounts;
pub mod check;
mod csv;
pub mod demo;
pub mod detect;
pub mod explain;
pub mod forecast;
pub mod init;
pub mod match_;
pub mod normalize;
pub mod notify;
pub mod overlay;
pub mod preview;
mod progress;
pub mod query;
pub mod replay;
pub mod report;
pub mod run;
pub mod score;
mod stored;
pub mod test;
#[cfg(feature = "kafka")]
pub mod topics;
pub mod train;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Where a command reads and writes, so that tests can hold the other ends.
pub struct Io<'a> {
    /// Standard input.
    pub stdin: &'a mut dyn std::io::BufRead,
    /// Standard output.
    pub stdout: &'a mut dyn std::io::Write,
    /// Standard error.
    pub stderr: &'a mut dyn std::io::Write,
}

impl Io<'_> {
    /// Answers programs: a line of JSON on standard output.
    fn write_json(&mut self, value: &serde_json::Value) -> anyhow::Result<()> {
        serde_json::to_writer(&mut *self.stdout, value).context("cannot write the answer")?;
        writeln!(self.stdout)?;
        Ok(())
    }
}

/// How a command ended; `main` makes it the exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: all is well.
    Ok,
    /// 1: it ran, and found problems.
    Findings,
    /// 2: it could not run: usage or environment.
    Unusable,
}

/// Groundswell: public posts in, work for the right team and one explained alert per event out.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Replay(replay::ReplayArgs),
    Preview(preview::PreviewArgs),
    Report(report::ReportArgs),
    Normalize(normalize::NormalizeArgs),
    Match(match_::MatchArgs),
    Query(query::QueryArgs),
    Score(score::ScoreArgs),
    Train(train::TrainArgs),
    Detect(detect::DetectArgs),
    Forecast(forecast::ForecastArgs),
    Init(init::InitArgs),
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Explain(explain::ExplainArgs),
    Notify(notify::NotifyArgs),
    Overlay(overlay::OverlayArgs),
    Accounts(accounts::AccountsArgs),
    #[cfg(feature = "kafka")]
    Topics(topics::TopicsArgs),
}

/// Runs the command.
///
/// # Errors
/// When it could not run; the error says what to do.
pub fn run(cli: &Cli, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Demo(args) => demo::run(args, io),
        Command::Run(args) => run::run(args, io),
        Command::Replay(args) => replay::run(args, io),
        Command::Preview(args) => preview::run(args, io),
        Command::Report(args) => report::run(args, io),
        Command::Normalize(args) => normalize::run(args, io),
        Command::Match(args) => match_::run(args, io),
        Command::Query(args) => query::run(args, io),
        Command::Score(args) => score::run(args, io),
        Command::Train(args) => train::run(args, io),
        Command::Detect(args) => detect::run(args, io),
        Command::Forecast(args) => forecast::run(args, io),
        Command::Init(args) => init::run(args, io),
        Command::Check(args) => check::run(args, io),
        Command::Test(args) => test::run(args, io),
        Command::Explain(args) => explain::run(args, io),
        Command::Notify(args) => notify::run(args, io),
        Command::Overlay(args) => overlay::run(args, io),
        Command::Accounts(args) => accounts::run(args, io),
        #[cfg(feature = "kafka")]
        Command::Topics(args) => topics::run(args, io),
    }
}
