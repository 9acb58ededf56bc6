//! One file per command.

pub mod demo;
pub mod notify;

/// Where a command reads and writes.
pub struct Io<'a> {
    /// Its input.
    pub stdin: &'a mut dyn std::io::BufRead,
    /// Its output.
    pub stdout: &'a mut dyn std::io::Write,
    /// What is for people only.
    pub stderr: &'a mut dyn std::io::Write,
}

/// How a command ended; `main` makes it the exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0
    Ok,
    /// 1: it found problems.
    Findings,
    /// 2: it could not run.
    Unusable,
}
