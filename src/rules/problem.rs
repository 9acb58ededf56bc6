//! What is wrong with a pack, where, and what to write instead.

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
    let best = known.iter().map(|k| (distance(word, k), *k)).min()?;
    let limit = (word.chars().count() / 3).max(1);
    if best.0 <= limit || (word.len() >= 3 && best.1.starts_with(word)) {
        return Some(format!("did you mean \"{}\"?", best.1));
    }
    let more = if known.len() > 12 { " …" } else { "" };
    known.truncate(12);
    Some(format!("known: {}{more}", known.join(", ")))
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words, compared without case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().take(64).collect();
    let b: Vec<char> = b.to_lowercase().chars().take(64).collect();
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(ca != cb)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, want) in [("", "", 0), ("", "abc", 3), ("team", "tema", 1), ("support", "suport", 1), ("a", "b", 1)] {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }

    #[test]
    fn suggestions() {
        let known = ["support", "finance", "legal"];
        assert_eq!(suggest("suport", known).as_deref(), Some("did you mean \"support\"?"));
        assert_eq!(suggest("fin", known).as_deref(), Some("did you mean \"finance\"?"));
        assert_eq!(suggest("zebra", known).as_deref(), Some("known: finance, legal, support"));
        assert_eq!(suggest("x", []), None);
    }
}
