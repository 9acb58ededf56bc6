//! The command line: one file per command. They read, call and write; what they decide stands elsewhere.

pub mod check;
pub mod test;

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
