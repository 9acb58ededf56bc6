//! One file per command. Commands read arguments and streams, call the library, and say how it went.

use std::io::{BufRead, Write};

pub mod normalize;

/// The streams a command talks to.
pub struct Io<'a> {
    /// What comes in.
    pub stdin: &'a mut dyn BufRead,
    /// What goes out.
    pub stdout: &'a mut dyn Write,
    /// What a person should know.
    pub stderr: &'a mut dyn Write,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All well (0).
    Ok,
    /// It ran and found problems (1).
    Findings,
    /// It could not run (2).
    Unusable,
}
