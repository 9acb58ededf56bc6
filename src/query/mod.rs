//! What an owner listens for: boolean queries, compiled into one structure, matched in one pass with exact spans.

use crate::text::{Document, Span};

/// What is known of a mention besides its text. `language` is the given tag, else the detected one, else unknown yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// Platform slug.
    pub platform: &'a str,
    /// Kind slug.
    pub kind: &'a str,
    /// BCP 47 or ISO 639-1; compared by primary subtag.
    pub language: Option<&'a str>,
    /// Followers of the author.
    pub author_followers: Option<i64>,
}

/// A query that may match: decided by text and platform fields, or waiting for the scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Place of the query in the set.
    pub query: u32,
    /// True when nothing the scores bring can change the answer.
    pub settled: bool,
}

/// A query that matched, with what it matched in the original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Place of the query in the set.
    pub query: u32,
    /// Sorted, without repeats; empty for queries on fields only.
    pub spans: Vec<Span>,
}

/// A fault in a query's text, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Byte range in the query's text.
    pub span: Span,
    /// What is wrong, in words, lower case, no full stop.
    pub message: String,
    /// What to write instead, where that is known.
    pub suggestion: Option<String>,
}

/// A fault in one query of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Place of the query in the input.
    pub query: usize,
    /// What is wrong with it.
    pub diagnostic: Diagnostic,
}

/// Many queries compiled into one automaton. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct QuerySet {}

impl QuerySet {
    /// Compiles query texts; their places in the slice are their numbers.
    ///
    /// # Errors
    /// Every fault of every query.
    pub fn compile<S: AsRef<str>>(_queries: &[S]) -> Result<Self, Vec<Refused>> {
        Ok(Self {})
    }

    /// The queries that match, or may match once the scores are known. Ascending, without repeats.
    #[must_use]
    pub fn candidates(&self, _document: &Document, _fields: &Fields<'_>) -> Vec<Candidate> {
        Vec::new()
    }

    /// The queries that do match, with `fields` complete. Ascending, without repeats.
    #[must_use]
    pub fn finish(&self, _candidates: &[Candidate], _document: &Document, _fields: &Fields<'_>) -> Vec<Match> {
        Vec::new()
    }
}
