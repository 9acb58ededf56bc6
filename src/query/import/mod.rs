//! Queries of other tools in our language: the same meaning, or every step where it changes, by name and place.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `lex` | a vendor's text → pieces |
//! | `parse` | pieces → tree, with that vendor's precedence |
//! | `term`, `field`, `country` | a word or `name:value` → ours, or what is lost |
//! | `settle` | takes out what was lost, gives NEAR sides it can have, says which way the meaning moved |
//! | `write` | tree → our text, over several lines where it is long |
//!
//! # What the vendors' public manuals say, and how it is read here
//! | | Brandwatch | Talkwalker | Meltwater |
//! | --- | --- | --- | --- |
//! | operators | upper case | upper case | any case |
//! | AND beside OR | needs brackets, refused | AND binds tighter | NOT, then AND, then OR |
//! | side by side | AND | AND; tests of one field OR | AND |
//! | exclusion | `NOT` | `AND NOT`, `NOT`, `-word` | `NOT`, `ANDNOT`, `-word` |
//! | proximity | `NEAR/n`, `NEAR/nf`, `"a b"~n`, `(…)~n` | `NEAR/n`, `ONEAR/n`, `"a b"~n` | `NEAR` (4), `NEAR/n`, `ONEAR`, `ONEAR/n`, `"a b"~n` |
//! | exact case | `{BT}`, once `raw:` | `++word` | – |
//!
//! What comes out always parses in our language. Nothing is dropped in silence: a part that cannot be carried is a
//! [`Loss`], and where nothing sensible would be left the query is refused. Never guesses at a field it does not know.

mod country;
mod field;
mod lex;
mod parse;
mod settle;
mod term;
#[cfg(test)]
mod tests;
mod tree;
mod write;

use super::diagnostic::{Diagnostic, cut, span_of};
use crate::text::Span;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization as _;

/// Columns of the longest line that is written, where words allow.
pub const COLUMNS_MAX: usize = 100;

/// Whose language a query is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Brandwatch Consumer Research.
    Brandwatch,
    /// Talkwalker, also as Hootsuite Listening.
    Talkwalker,
    /// Meltwater Explore and Media Intelligence.
    Meltwater,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Brandwatch, Self::Talkwalker, Self::Meltwater];

    /// The vendor's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Brandwatch => "Brandwatch",
            Self::Talkwalker => "Talkwalker",
            Self::Meltwater => "Meltwater",
        }
    }
}

/// Which way a step moves what the query matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The same mentions, as far as our manuals go.
    Same,
    /// More mentions than before.
    Wider,
    /// Fewer mentions than before.
    Narrower,
    /// Some more and some fewer.
    Other,
}

impl Effect {
    /// As programs read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Other => "other",
        }
    }

    fn flipped(self) -> Self {
        match self {
            Self::Wider => Self::Narrower,
            Self::Narrower => Self::Wider,
            same => same,
        }
    }
}

/// A step at which the query did not keep its exact words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Bytes of the vendor's query.
    pub span: Span,
    /// What stood there; cut where long.
    pub was: String,
    /// What stands for it now; empty where nothing does.
    pub became: String,
    /// Why, in words.
    pub why: String,
    /// What that does to the matches.
    pub effect: Effect,
}

/// A query in our language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The query over several lines where it is long; parses without a fault.
    pub query: String,
    /// The same on one line, as files with one query a line want it.
    pub line: String,
    /// Every step that changed something, ascending by place.
    pub losses: Vec<Loss>,
}

/// Carries a vendor's query over.
///
/// # Errors
/// What stands in the way, with its place in the vendor's text: the query is not that vendor's, or what it asks for
/// cannot be asked for here, or it is longer or deeper than any query of ours may be.
pub fn import(dialect: Dialect, query: &str) -> Result<Import, Vec<Diagnostic>> {
    if query.len() > super::QUERY_BYTES_MAX {
        let fault = Diagnostic::new(0..query.len(), format!("query is longer than {} bytes", super::QUERY_BYTES_MAX));
        return Err(vec![fault.suggest("split it into several queries")]);
    }
    let keeps_accents = dialect != Dialect::Talkwalker;
    let mut steps = Steps { query, keeps_accents, losses: Vec::new(), faults: Vec::new() };
    let (pieces, notes) = lex::lex(dialect, query, &mut steps);
    if !steps.faults.is_empty() {
        return Err(steps.refusal());
    }
    let tree = parse::parse(dialect, &pieces, &mut steps);
    if !steps.faults.is_empty() {
        return Err(steps.refusal());
    }
    let Some(tree) = settle::settle(tree, &mut steps) else { return Err(steps.refusal()) };
    let head: String = notes.iter().map(|note| format!("<<<{note}>>>\n")).collect();
    let text = head + &write::pretty(&tree, COLUMNS_MAX);
    let line = write::flat(&tree);
    match super::parse(&text) {
        Ok(_) => Ok(Import { query: text, line, losses: steps.sorted() }),
        Err(faults) => Err(not_ours(query, faults)),
    }
}

/// What our own parser says of an imported query, about the whole of the vendor's.
fn not_ours(query: &str, faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let about = |fault: Diagnostic| {
        let said = Diagnostic::new(0..query.len(), format!("cannot be asked for here: {}", fault.message));
        Diagnostic { suggestion: fault.suggestion, ..said }
    };
    let mut said: Vec<Diagnostic> = faults.into_iter().map(about).collect();
    said.dedup();
    said
}

/// Longest piece of a query that a loss repeats, in characters.
const SHOWN_CHARS_MAX: usize = 80;
/// Faults reported for one query.
const FAULTS_MAX: usize = 20;

/// What is gathered on the way.
struct Steps<'q> {
    query: &'q str,
    /// Whether an accent asks for that accent.
    keeps_accents: bool,
    losses: Vec<Loss>,
    faults: Vec<Diagnostic>,
}

impl Steps<'_> {
    /// Names a step; gives its number, so that its effect can be said once its surroundings are known.
    fn lose(
        &mut self,
        span: &std::ops::Range<usize>,
        became: impl Into<String>,
        why: impl Into<String>,
        effect: Effect,
    ) -> usize {
        let was = shortened(self.query.get(span.clone()).unwrap_or_default());
        let became = shortened(&became.into());
        self.losses.push(Loss { span: span_of(span), was, became, why: why.into(), effect });
        self.losses.len() - 1
    }

    /// A word or phrase as the vendor compares it: Talkwalker without accents, and ours finds both when it has none.
    fn compared<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.keeps_accents || text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(unaccented(text)) }
    }

    fn fault(&mut self, fault: Diagnostic) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    fn refusal(mut self) -> Vec<Diagnostic> {
        if self.faults.is_empty() {
            let fault = Diagnostic::new(0..self.query.len(), "nothing of this query can be carried over");
            self.faults.push(fault.suggest("write a word to look for"));
        }
        self.faults.sort_by_key(|fault| fault.span);
        self.faults
    }

    fn sorted(mut self) -> Vec<Loss> {
        self.losses.sort_by_key(|loss| loss.span);
        self.losses
    }
}

/// Latin letters without their accents.
fn unaccented(text: &str) -> String {
    let mut base = ' ';
    let is_kept = |c: &char| {
        let is_mark = matches!(c, '\u{300}'..='\u{36f}');
        if !is_mark {
            base = *c;
        }
        !is_mark || !base.is_ascii_alphabetic()
    };
    text.nfd().filter(is_kept).nfc().collect()
}

fn shortened(text: &str) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), SHOWN_CHARS_MAX)
}
