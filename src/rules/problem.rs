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
    let long_enough = |short: &str| short.len() >= 3;
    let begins = |k: &&&str| (long_enough(word) && k.starts_with(word)) || (long_enough(k) && word.starts_with(**k));
    let near = if best.0 <= word.chars().count().div_ceil(3).saturating_sub(usize::from(!long_enough(word))) {
        Some(best.1)
    } else {
        known.iter().find(begins).copied()
    };
    if let Some(near) = near {
        return Some(format!("did you mean \"{near}\"?"));
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
        for (a, b, want) in [("", "", 0), ("", "abc", 3), ("team", "tema", 1), ("support", "suport", 1), ("a", "b", 1)]
        {
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
        assert_eq!(suggest("finances", known).as_deref(), Some("did you mean \"finance\"?"));
        assert_eq!(suggest("tuesday", ["mon", "tue"]).as_deref(), Some("did you mean \"tue\"?"));
        assert_eq!(suggest("S5", ["S1", "S2"]).as_deref(), Some("known: S1, S2"));
        assert_eq!(suggest("x", []), None);
    }
}
