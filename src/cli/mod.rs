//! Commands: one file each. They must never hold logic of their own: they read, call, write.

pub mod detect;

/// The streams of a command, so that tests can hold them.
pub struct Io<'a> {
    /// Standard input.
    pub stdin: &'a mut dyn std::io::BufRead,
    /// Standard output.
    pub stdout: &'a mut dyn std::io::Write,
    /// Standard error.
    pub stderr: &'a mut dyn std::io::Write,
}

/// How a command ended: exit codes 0, 1, 2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All is well.
    Ok,
    /// It ran, and found problems.
    Findings,
    /// It could not run: usage or environment.
    Unusable,
}
