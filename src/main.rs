//! The binary: arguments, one call, an exit code.

use clap::Parser;
use groundswell::cli::{Exit, Io, match_};
use std::io::{BufReader, BufWriter, Write as _};

#[derive(Parser)]
#[command(name = "groundswell")]
enum Command {
    Match(match_::MatchArgs),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    let Command::Match(args) = Command::parse();
    let mut stdout = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut stdin = BufReader::with_capacity(1 << 16, std::io::stdin().lock());
    let mut stderr = std::io::stderr().lock();
    let exit = match_::run(&args, &mut Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr })?;
    stdout.flush()?;
    Ok(match exit {
        Exit::Ok => 0.into(),
        Exit::Findings => 1.into(),
        Exit::Unusable => 2.into(),
    })
}
