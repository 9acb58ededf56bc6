//! Temporary: only the score and train commands.
use clap::Parser;
use groundswell::cli::{Exit, Io, score, train};

#[derive(Parser)]
enum Cli {
    Score(score::ScoreArgs),
    Train(train::TrainArgs),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    let cli = Cli::parse();
    let mut stdin = std::io::stdin().lock();
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    let mut stderr = std::io::stderr();
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let exit = match &cli {
        Cli::Score(args) => score::run(args, &mut io)?,
        Cli::Train(args) => train::run(args, &mut io)?,
    };
    Ok(match exit {
        Exit::Ok => 0,
        Exit::Findings => 1,
        Exit::Unusable => 2,
    }
    .into())
}
