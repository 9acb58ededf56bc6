//! One file per command.

pub mod score;
pub mod train;

/// The streams of a command.
pub struct Io<'a> {
    /// Standard input.
    pub stdin: &'a mut dyn std::io::BufRead,
    /// Standard output.
    pub stdout: &'a mut dyn std::io::Write,
    /// Standard error.
    pub stderr: &'a mut dyn std::io::Write,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0.
    Ok,
    /// 1: found problems.
    Findings,
    /// 2: usage or environment.
    Unusable,
}
