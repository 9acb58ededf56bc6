//! The command line: one file per command. They read, call and write; what they decide stands elsewhere.

pub mod detect;
pub mod normalize;
pub mod notify;
mod progress;
pub mod replay;

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
    Normalize(normalize::NormalizeArgs),
    Replay(replay::ReplayArgs),
    Detect(detect::DetectArgs),
}

/// Runs the command.
///
/// # Errors
/// When it could not run; the error says what to do.
pub fn run(cli: &Cli, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Normalize(args) => normalize::run(args, io),
        Command::Replay(args) => replay::run(args, io),
        Command::Detect(args) => detect::run(args, io),
    }
}
