//! The command line: one file per command. Reads arguments and streams, calls the library, writes what it says.

pub mod match_;

/// The streams a command works on; tests pass their own.
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
    /// Everything is fine: code 0.
    Ok,
    /// The command ran and found problems: code 1.
    Findings,
    /// Usage or environment: code 2.
    Unusable,
}
