//! Arguments → one call; the only place that picks an exit code.

use clap::Parser;
use groundswell::cli::{Exit, Io, normalize};

#[derive(Parser)]
enum Command {
    Normalize(normalize::NormalizeArgs),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    let Command::Normalize(args) = Command::parse();
    let mut io = Io {
        stdin: &mut std::io::stdin().lock(),
        stdout: &mut std::io::stdout().lock(),
        stderr: &mut std::io::stderr().lock(),
    };
    Ok(match normalize::run(&args, &mut io)? {
        Exit::Ok => 0.into(),
        Exit::Findings => 1.into(),
        Exit::Unusable => 2.into(),
    })
}
