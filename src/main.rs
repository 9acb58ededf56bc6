//! Arguments → one call. The only place that picks an exit code.

use clap::Parser;
use groundswell::cli::{self, Cli, Exit, Io};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut stdin, mut stderr) = (io::stdin().lock(), io::stderr());
    let mut stdout = io::BufWriter::new(io::stdout());
    let ended = cli::run(&cli, &mut Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr });
    let ended = ended.and_then(|exit| Ok(stdout.flush().map(|()| exit)?));
    ExitCode::from(match ended {
        Ok(Exit::Ok) => 0,
        Ok(Exit::Findings) => 1,
        Ok(Exit::Unusable) => 2,
        // whoever read our output has read enough
        Err(error) if is_closed_pipe(&error) => 0,
        Err(error) => {
            // nothing is left to say it with when stderr is gone
            let _ = writeln!(stderr, "groundswell: {error:#}");
            2
        }
    })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
