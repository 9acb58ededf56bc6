//! Temporary: runs `detect` until the real command line takes its place.
use clap::Parser;
use groundswell::cli::{Exit, Io, detect};
#[derive(Parser)]
enum Args {
    Detect(detect::DetectArgs),
}
fn main() -> anyhow::Result<std::process::ExitCode> {
    let Args::Detect(args) = Args::parse();
    let (mut stdin, mut stdout, mut stderr) =
        (std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr().lock());
    let exit = detect::run(&args, &mut Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr })?;
    Ok(match exit {
        Exit::Ok => 0,
        Exit::Findings => 1,
        Exit::Unusable => 2,
    }
    .into())
}
