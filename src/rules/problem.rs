//! What is wrong with a pack, where, and what to write instead.

use crate::query::lint::Severity;
use crate::text::nearest;
use serde::Serialize;
use std::fmt;

/// One fault of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, as it was given to [`super::load`]; `--query NAME` for a query of the command line.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// The offending text, one line, cut to 120 characters; empty where something is missing.
    pub text: String,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

/// Something odd in a pack that works, see [`crate::query::lint`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Where, what, and what to write instead.
    #[serde(flatten)]
    pub problem: Problem,
    /// Which lint.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " ({suggestion})"),
            None => Ok(()),
        }
    }
}

/// What to say after a word that is none of `known`: the nearest of them, else all (at most 12).
pub(super) fn suggest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() {
        return None;
    }
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean \"{near}\"?"));
    }
    let more = if known.len() > 12 { " …" } else { "" };
    known.truncate(12);
    Some(format!("known: {}{more}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["support", "finance", "legal"];
        assert_eq!(suggest("suport", known).as_deref(), Some("did you mean \"support\"?"));
        assert_eq!(suggest("fin", known).as_deref(), Some("did you mean \"finance\"?"));
        assert_eq!(suggest("zebra", known).as_deref(), Some("known: finance, legal, support"));
        assert_eq!(suggest("finances", known).as_deref(), Some("did you mean \"finance\"?"));
        assert_eq!(suggest("tuesday", ["mon", "tue"]).as_deref(), Some("did you mean \"tue\"?"));
        assert_eq!(suggest("S5", ["S1", "S2"]).as_deref(), Some("known: S1, S2"));
        assert_eq!(suggest("x", []), None);
    }
}
