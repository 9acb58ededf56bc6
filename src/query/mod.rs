//! What an owner listens for: boolean queries, compiled into one structure, matched in one pass with exact spans.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `lex`, `term`, `value`, `regex`, `parse`, `mix` | a query's text → its tree, or every fault in it |
//! | `ast`, `field`, `print` | the tree, tests on fields, and a tree as text again |
//! | `resolve` | queries that name queries |
//! | `compile`, `triggers`, `index`, `fuzzy` | many trees → one table of terms, and what leads to which query |
//! | `evaluate`, `places`, `scratch` | does a query hold in a text, and where |
//! | `fields` | what is known of a mention besides its text |
//! | `diagnostic` | faults in words, with their place and a suggestion |
//! | `lint`, `explain` | what is odd about a query, and what it means in English |
//! | `import` | queries of other tools in this language, with every step that changes one |
//!
//! # Grammar
//! ```text
//! query    = level
//! level    = operand { "AND" operand | "NOT" operand }        one of the two lines: OR stands with neither
//!          | operand { "OR" operand }
//! operand  = distant { near distant }                         every near of a chain the same
//! near     = "NEAR/" number [ "f" ]                           number at most 100; f: in this order
//! distant  = atom | group "~" number | phrase "~" number      group: an AND of words and ORs of words
//! atom     = group | phrase | case | regex | field | reference | fuzzy | word
//! group    = "(" level ")"
//! phrase   = '"' words '"'                                    straight or curly quotes
//! case     = "{" words "}"                                    exactly this case
//! regex    = "/" expression "/"                               with case, on the text as written; "\/" for a slash
//! field    = name ":" ( value | phrase | "[" a "TO" b "]" | "(" value { "OR" value } ")" )
//! reference= "@{" name "}"                                    another query of the set
//! fuzzy    = word ( "~1" | "~2" )                             5 to 32 letters
//! word     = characters up to a space, bracket or quote; "#tag", "@handle", "$TICK", emoji, signs;
//!            "?" is one letter, "*" at the end any ending
//! comment  = "<<<" anything ">>>"                             anywhere
//! ```
//! NEAR binds tightest and is read from the left; NOT takes away from everything before it on its level:
//! `a AND b NOT c` is `(a AND b) NOT c`. `a OR b NOT c` and every other mix with OR is refused.
//!
//! # Meaning
//! - A word is a whole token in any case, also in `#nimbus` and `@nimbus` and as a part of `#NimbusDown`; an accent in a
//!   query asks for that accent. A bare term of several tokens is a phrase of them: `t-mobile` finds "t mobile", 任天堂
//!   its three characters; a katakana word is also found within a longer one. Signs within a phrase do not count.
//! - Between two places lie as many words as positions between their nearest ends. `NEAR/n` wants two places that share
//!   no word, `n` words between them at most. A NEAR beside a NEAR stands where it is tightest: from its first to its
//!   last word, and no such place within. `~n` wants a place of every part such that no two have more than `n` words
//!   between them; these may share words.
//! - An edit inserts, deletes or replaces a letter or swaps two neighbours; a gap between two words is one edit too.
//! - `brand:nimbus` stands where the name does, misspelt or not, and may be near something: see [`crate::text::brands`].
//!   Which names there are is the pack's to say; without a pack there are none.
//! - Fields: see [`field`]. Before the scores a test on language, sentiment or intent is unknown.
//! - Look-alike letters and invisible characters within a word do not hide it; a [`Match`] says so: [`Disguise`].
//!
//! A query never reads anything but the text and [`Fields`], keeps nothing between texts, and costs nothing while
//! none of the words it needs is there. The same queries give the same set, with the same digest.

pub mod ast;
mod compile;
mod diagnostic;
mod evaluate;
pub mod explain;
pub mod field;
mod fields;
mod fuzzy;
pub mod import;
mod index;
mod lex;
pub mod lint;
mod mix;
mod parse;
mod places;
mod print;
mod regex;
mod resolve;
mod scratch;
mod term;
#[cfg(test)]
mod tests;
mod triggers;
mod value;

pub use compile::REGEXES_MAX;
pub use diagnostic::{Diagnostic, Refused};
pub use evaluate::{REGEX_SPANS_MAX, SPANS_MAX};
pub use fields::Fields;
pub use parse::{DEPTH_MAX, DISTANCE_MAX, NEARS_MAX, QUERY_BYTES_MAX, SPELLINGS_MAX, TERMS_MAX, parse};
pub use places::PARTS_MAX;
pub use regex::{REGEX_BYTES_MAX, REGEX_SIZE_MAX};
pub use resolve::{EXPANDED_DEPTH_MAX, EXPANDED_TERMS_MAX};
pub use scratch::Scratch;

use crate::mention::hex;
use crate::text::{Document, Span};
use ast::Truth;
use compile::TooMany;
use evaluate::Evaluation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Version of the language's meaning, part of the digest.
const MEANING_VERSION: &str = "groundswell-query-2";

/// A query that may match: decided by text and platform fields, or waiting for the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Place of the query in the set.
    pub query: u32,
    /// True when nothing the scores bring can change the answer.
    pub settled: bool,
}

/// How a matched word was hidden from word filters, if it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disguise {
    /// Written in letters that look like those asked for (`ɴimbus`).
    pub look_alike: bool,
    /// Written with invisible characters within (`n\u{200b}imbus`).
    pub zero_width: bool,
}

impl Disguise {
    /// True when the words stand there as they are spelt.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A query that matched, with what it matched in the original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Place of the query in the set.
    pub query: u32,
    /// Sorted, without repeats, at most [`SPANS_MAX`]; empty for queries on fields only.
    pub spans: Vec<Span>,
    /// Whether what it matched was hidden.
    pub disguise: Disguise,
}

/// Many queries compiled into one structure. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct QuerySet {
    program: compile::Program,
    digest: String,
}

impl QuerySet {
    /// Compiles query texts; their places in the slice are their numbers. None can name another.
    ///
    /// # Errors
    /// Every fault of every query, ascending by query and place. An empty query is a fault.
    pub fn compile<S: AsRef<str>>(queries: &[S]) -> Result<Self, Vec<Refused>> {
        Self::compile_named(&[], queries)
    }

    /// Compiles query texts of which `names[i]` names the one at `i`, so that others may say `@{name}`.
    ///
    /// # Errors
    /// Every fault of every query, ascending by query and place; faults of references only where there is no other.
    pub fn compile_named<S: AsRef<str>>(names: &[&str], queries: &[S]) -> Result<Self, Vec<Refused>> {
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
        let resolved = resolve::resolve(names, &trees)?;
        let program = compile::compile(trees, &resolved).map_err(|too_many| {
            let message = match too_many {
                TooMany::Terms => "the queries are too many to number".to_owned(),
                TooMany::Regexes => format!("the set has more than {REGEXES_MAX} different regular expressions"),
            };
            vec![Refused { query: last, diagnostic: Diagnostic::new(0..0, message).suggest("split the set") }]
        })?;
        Ok(Self { program, digest: digest(names, queries) })
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

    /// 16 hex digits over the names, the texts and the version of their meaning, in order.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The words that the queries look for as they are spelt, folded; some more than once.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.program.terms.vocabulary()
    }

    /// As [`Self::find`], with memory of its own.
    #[must_use]
    pub fn candidates(&self, document: &Document, fields: &Fields<'_>) -> Vec<Candidate> {
        let mut scratch = Scratch::default();
        self.find(document, fields, &mut scratch);
        scratch.candidates
    }

    /// The queries that match, or may match once the scores are known. Ascending, without repeats. A field of the
    /// scores that is `None` is not known yet; a query that is surely false whatever it turns out to be is left out.
    /// Allocates nothing once `scratch` has seen as large a text.
    pub fn find<'s>(&self, document: &Document, fields: &Fields<'_>, scratch: &'s mut Scratch) -> &'s [Candidate] {
        scratch.candidates.clear();
        scratch.queries.clear();
        scratch.work = 0;
        self.lead(document, fields, scratch);
        let mut queries = std::mem::take(&mut scratch.queries);
        queries.sort_unstable();
        queries.dedup_by_key(|found| triggers::query_of(*found).0);
        let mut candidates = std::mem::take(&mut scratch.candidates);
        let mut evaluation = self.evaluation(document, fields, scratch);
        for (query, is_decided) in queries.iter().map(|found| triggers::query_of(*found)) {
            let truth = match is_decided {
                true => Truth::True,
                false => self.root(query).map_or(Truth::False, |root| evaluation.truth(root)),
            };
            if truth != Truth::False {
                candidates.push(Candidate { query, settled: truth == Truth::True });
            }
        }
        scratch.queries = queries;
        scratch.candidates = candidates;
        &scratch.candidates
    }

    /// Calls `matched` for each candidate of the last [`Self::find`] that does match, ascending, with `fields`
    /// complete: what is still `None` is none, and `language:en` is false. `document` must be that of `find`.
    pub fn finish_with(
        &self,
        document: &Document,
        fields: &Fields<'_>,
        scratch: &mut Scratch,
        mut matched: impl FnMut(Match),
    ) {
        let candidates = std::mem::take(&mut scratch.candidates);
        let mut evaluation = self.evaluation(document, &fields.complete(), scratch);
        for candidate in &candidates {
            let Some(root) = self.root(candidate.query) else { continue };
            if candidate.settled || evaluation.truth(root) == Truth::True {
                matched(evaluation.matched(candidate.query, root));
            }
        }
        scratch.candidates = candidates;
    }

    /// The queries that do match, with `fields` complete: what is still `None` is none, and `language:en` is false.
    /// `candidates` are those of the same document. Ascending, without repeats.
    #[must_use]
    pub fn finish(&self, candidates: &[Candidate], document: &Document, fields: &Fields<'_>) -> Vec<Match> {
        let mut matches = Vec::new();
        if candidates.is_empty() {
            return matches;
        }
        let mut scratch = Scratch::default();
        self.scan(document, fields, &mut scratch);
        scratch.candidates = candidates.to_vec();
        scratch.candidates.sort_unstable_by_key(|candidate| candidate.query);
        scratch.candidates.dedup_by_key(|candidate| candidate.query);
        self.finish_with(document, fields, &mut scratch, |found| matches.push(found));
        matches
    }

    fn evaluation<'e>(
        &'e self,
        document: &'e Document,
        fields: &Fields<'e>,
        scratch: &'e mut Scratch,
    ) -> Evaluation<'e> {
        Evaluation {
            program: &self.program,
            document,
            hits: &scratch.text,
            title_hits: &scratch.title,
            fields: *fields,
            pool: &mut scratch.pool,
            names: &mut scratch.names,
            work: &mut scratch.work,
        }
    }

    /// Puts the hits of text and title into the scratch, sorted.
    fn scan(&self, document: &Document, fields: &Fields<'_>, scratch: &mut Scratch) {
        self.scan_text(document, scratch);
        self.program.terms.add_brands(&fields.brands, &mut scratch.text);
        scratch.text.sort_unstable();
        scratch.text.dedup();
        self.scan_title(fields, scratch);
    }

    fn scan_text(&self, document: &Document, scratch: &mut Scratch) {
        scratch.text.clear();
        let Scratch { text, plain, work, .. } = scratch;
        self.program.terms.scan(document, &mut index::Found { hits: text, plain, work });
    }

    fn scan_title(&self, fields: &Fields<'_>, scratch: &mut Scratch) {
        scratch.title.clear();
        let Some(title) = fields.title.filter(|_| self.program.has_titles) else { return };
        scratch.title_document.read(title);
        let Scratch { title, title_document, plain, work, .. } = scratch;
        self.program.terms.scan(title_document, &mut index::Found { hits: title, plain, work });
        title.sort_unstable();
        title.dedup();
    }

    /// Scans, and appends every query that something found leads to.
    fn lead(&self, document: &Document, fields: &Fields<'_>, scratch: &mut Scratch) {
        self.scan_text(document, scratch);
        let Scratch { text, leads, queries, present, .. } = scratch;
        leads.clear();
        present.begin(self.program.terms.len());
        self.program.terms.scan_pairs(text, |pair| leads.push(pair));
        self.program.terms.add_brands(&fields.brands, text);
        text.sort_unstable();
        text.dedup();
        leads.extend(text.chunk_by(|one, other| one.term == other.term).map(|same| same[0].term));
        leads.sort_unstable();
        leads.dedup();
        leads.iter().for_each(|lead| present.add(*lead));
        for lead in leads.iter() {
            let led = self.program.triggers.of_lead(*lead).iter();
            queries.extend(led.filter(|led| led.besides.holds(|term| present.has(term))).map(|led| led.found));
        }
        self.lead_by_regexes(document, scratch);
        self.scan_title(fields, scratch);
        let Scratch { title, queries, names, .. } = scratch;
        for same in title.chunk_by(|one, other| one.term == other.term) {
            queries.extend_from_slice(self.program.triggers.of_title(same[0].term));
        }
        self.program.triggers.of_fields(fields, names, queries);
        scratch.work += scratch.queries.len() as u64;
    }

    fn lead_by_regexes(&self, document: &Document, scratch: &mut Scratch) {
        let regexes = &self.program.regexes;
        let Scratch { leads, queries, work, .. } = scratch;
        leads.clear();
        leads.extend_from_slice(&regexes.always);
        if let Some(literals) = &regexes.literals {
            for found in literals.find_overlapping_iter(document.text()) {
                *work += 1;
                let regex = regexes.of_literal.get(found.pattern().as_usize()).copied();
                // A literal repeated over the text must not fill the memory.
                if regex.is_some() && leads.last().copied() != regex {
                    leads.extend(regex);
                }
                if leads.len() > regexes.compiled.len() * 2 + 64 {
                    leads.sort_unstable();
                    leads.dedup();
                }
            }
        }
        leads.sort_unstable();
        leads.dedup();
        for lead in leads.iter() {
            queries.extend_from_slice(self.program.triggers.of_regex(*lead));
        }
    }

    fn root(&self, query: u32) -> Option<u32> {
        self.program.roots.get(query as usize).copied()
    }
}

fn digest<S: AsRef<str>>(names: &[&str], queries: &[S]) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(MEANING_VERSION);
    for (index, query) in queries.iter().enumerate() {
        part(names.get(index).copied().unwrap_or_default());
        part(query.as_ref());
    }
    hex(&hash.finalize()[..8])
}
