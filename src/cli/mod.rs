//! One file per command.

/// Where a command reads and writes.
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
    /// Done, nothing found.
    Ok,
    /// Done, with findings.
    Findings,
    /// Wrong usage or environment.
    Unusable,
}

#[cfg(feature = "kafka")]
pub mod topics;
