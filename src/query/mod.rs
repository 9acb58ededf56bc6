//! What an owner listens for: boolean queries, compiled into one structure, matched in one pass with exact spans.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `lex`, `term`, `field`, `parse`, `ast` | a query's text → its tree, or every fault in it |
//! | `compile`, `index` | many trees → one table of terms, and what leads to which query |
//! | `evaluate` | does a query hold in a text, and where |
//! | `diagnostic` | faults in words, with their place and a suggestion |
//! | `import` | queries of other tools in this language, with every step that changes one |
//!
//! # The language so far
//! `nimbus` is a whole word in any case, also in `#nimbus` and `@nimbus`; an accent in a query asks for that accent.
//! `"log in"` is words in a row, and so is a bare term of several tokens: `t-mobile` finds "t mobile", 任天堂 its three
//! characters. `#tag`, `@handle`, `$TICK` and emoji are exactly that; `%` and other signs stand alone only, and signs
//! within a phrase do not count. `refund*`, `colo?r`, `{BT}`, `<<<notes>>>`, `AND`, `OR`, `NOT`, brackets, and
//! `platform:`, `language:`, `kind:`, `author_followers:[a TO b]`. What the full language has besides is refused by name.
//!
//! A query never reads anything but the text and [`Fields`], keeps nothing between texts, and costs nothing while
//! none of the words it needs is there.

pub mod ast;
mod compile;
mod diagnostic;
mod evaluate;
mod field;
pub mod import;
mod index;
mod lex;
mod parse;
mod term;
#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Refused};
pub use evaluate::SPANS_MAX;
pub use parse::{DEPTH_MAX, QUERY_BYTES_MAX, TERMS_MAX, parse};

use crate::text::{Document, Span};
use ast::Truth;
use evaluate::Evaluation;

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
    /// Sorted, without repeats, at most [`SPANS_MAX`]; empty for queries on fields only.
    pub spans: Vec<Span>,
}

/// Many queries compiled into one structure. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct QuerySet {
    program: compile::Program,
}

impl QuerySet {
    /// Compiles query texts; their places in the slice are their numbers.
    ///
    /// # Errors
    /// Every fault of every query, ascending by query and place. An empty query is a fault.
    pub fn compile<S: AsRef<str>>(queries: &[S]) -> Result<Self, Vec<Refused>> {
        let mut trees = Vec::with_capacity(queries.len());
        let mut refused = Vec::new();
        for (query, text) in queries.iter().enumerate() {
            match parse(text.as_ref()) {
                Ok(tree) => trees.push(tree),
                Err(faults) => {
                    refused.extend(faults.into_iter().map(|diagnostic| Refused { query, diagnostic }));
                }
            }
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let last = trees.len().saturating_sub(1);
        let program = compile::compile(trees).ok_or_else(|| {
            let diagnostic = Diagnostic::new(0..0, "the queries are too many to number").suggest("split the set");
            vec![Refused { query: last, diagnostic }]
        })?;
        Ok(Self { program })
    }

    /// How many queries the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.program.roots.len()
    }

    /// True for a set without queries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.program.roots.is_empty()
    }

    /// The queries that match, or may match once the scores are known. Ascending, without repeats. A language that is
    /// `None` is not known yet; a query that is surely false whatever it turns out to be is left out.
    #[must_use]
    pub fn candidates(&self, document: &Document, fields: &Fields<'_>) -> Vec<Candidate> {
        let (hits, leads) = self.program.terms.scan_leads(document);
        let mut queries = Vec::new();
        for lead in leads {
            queries.extend_from_slice(self.program.triggers.of_lead(lead));
        }
        self.program.triggers.of_fields(fields, &mut queries);
        if queries.is_empty() {
            return Vec::new();
        }
        queries.sort_unstable();
        queries.dedup();
        let evaluation = Evaluation { program: &self.program, document, hits: &hits, fields: *fields };
        let judge = |query: u32| match evaluation.truth(self.root(query)?) {
            Truth::False => None,
            truth => Some(Candidate { query, settled: truth == Truth::True }),
        };
        queries.into_iter().filter_map(judge).collect()
    }

    /// The queries that do match, with `fields` complete: a language that is still `None` is none, and `language:en`
    /// is false. `candidates` are those of the same document. Ascending, without repeats.
    #[must_use]
    pub fn finish(&self, candidates: &[Candidate], document: &Document, fields: &Fields<'_>) -> Vec<Match> {
        if candidates.is_empty() {
            return Vec::new();
        }
        let hits = self.program.terms.scan(document);
        let fields = Fields { language: fields.language.or(Some("")), ..*fields };
        let evaluation = Evaluation { program: &self.program, document, hits: &hits, fields };
        let judge = |candidate: &Candidate| {
            let root = self.root(candidate.query)?;
            let holds = candidate.settled || evaluation.truth(root) == Truth::True;
            holds.then(|| Match { query: candidate.query, spans: evaluation.spans(root) })
        };
        let mut matches: Vec<Match> = candidates.iter().filter_map(judge).collect();
        matches.sort_by_key(|found| found.query);
        matches.dedup_by_key(|found| found.query);
        matches
    }

    fn root(&self, query: u32) -> Option<u32> {
        self.program.roots.get(query as usize).copied()
    }
}
