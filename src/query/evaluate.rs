//! Whether a compiled query holds in a text, and what of the text it matched.
//!
//! Works on token positions. A phrase is a chain of hits where each ends at the position where the next begins. Bounded:
//! depth by the parser, time by the number of hits, spans by [`SPANS_MAX`].

use super::Fields;
use super::ast::Truth;
use super::compile::{Op, Program};
use super::index::{Hit, hits_of};
use crate::text::{Document, Span};

/// Spans given for one query and one text; the first ones are kept.
pub const SPANS_MAX: usize = 1_000;

/// One text under evaluation: where the terms stand, and what else is known.
pub(super) struct Evaluation<'e> {
    pub program: &'e Program,
    pub document: &'e Document,
    /// Sorted.
    pub hits: &'e [Hit],
    pub fields: Fields<'e>,
}

/// Beginnings of a phrase: the first token and the position where the next word must begin.
type Chains = Vec<(u32, u32, u32)>;

impl Evaluation<'_> {
    pub fn truth(&self, op: u32) -> Truth {
        let Some(op) = self.program.ops.get(op as usize) else { return Truth::False };
        match op {
            Op::Term(term) => (!hits_of(self.hits, *term).is_empty()).into(),
            Op::Phrase(slice) => (!self.chains(slice.of(&self.program.phrases)).is_empty()).into(),
            Op::Field(test) => test.test(&self.fields),
            Op::All(slice) => self.every(slice.of(&self.program.children).iter().map(|child| self.truth(*child))),
            Op::Any(slice) => !self.every(slice.of(&self.program.children).iter().map(|child| !self.truth(*child))),
            Op::Except(slice) => match slice.of(&self.program.children).split_first() {
                Some((base, others)) => self.every(
                    std::iter::once_with(|| self.truth(*base)).chain(others.iter().map(|other| !self.truth(*other))),
                ),
                None => Truth::False,
            },
        }
    }

    /// The least of several answers, asked for only until one is no.
    fn every(&self, answers: impl Iterator<Item = Truth>) -> Truth {
        let mut least = Truth::True;
        for answer in answers {
            least = least.min(answer);
            if least == Truth::False {
                break;
            }
        }
        least
    }

    /// What a true query matched: sorted, without repeats, at most [`SPANS_MAX`].
    pub fn spans(&self, root: u32) -> Vec<Span> {
        let mut spans = Vec::new();
        self.collect(root, &mut spans);
        spans.sort_unstable();
        spans.dedup();
        spans.truncate(SPANS_MAX);
        spans
    }

    /// Only parts that hold add spans; what NOT takes away never does.
    fn collect(&self, op: u32, spans: &mut Vec<Span>) {
        match self.program.ops.get(op as usize) {
            Some(Op::Term(term)) => {
                let hits = hits_of(self.hits, *term).iter().take(SPANS_MAX);
                spans.extend(hits.filter_map(|hit| self.span(hit.token, hit.token)));
            }
            Some(Op::Phrase(slice)) => {
                let chains = self.chains(slice.of(&self.program.phrases));
                spans.extend(chains.iter().take(SPANS_MAX).filter_map(|(_, first, last)| self.span(*first, *last)));
            }
            Some(Op::All(slice) | Op::Any(slice)) => {
                for child in slice.of(&self.program.children) {
                    if self.truth(*child) == Truth::True {
                        self.collect(*child, spans);
                    }
                }
            }
            Some(Op::Except(slice)) => {
                slice.of(&self.program.children).iter().take(1).for_each(|base| self.collect(*base, spans));
            }
            Some(Op::Field(_)) | None => {}
        }
    }

    fn span(&self, first: u32, last: u32) -> Option<Span> {
        let tokens = self.document.tokens();
        let (first, last) = (tokens.get(first as usize)?, tokens.get(last as usize)?);
        Some(Span {
            start: first.original.start.min(last.original.start),
            end: last.original.end.max(first.original.end),
        })
    }

    /// Every place where the terms stand in a row, as (position after it, first token, last token), ascending. Where
    /// several chains end at one position, the one that begins first stands for all.
    fn chains(&self, terms: &[u32]) -> Chains {
        let mut lists = terms.iter().map(|term| hits_of(self.hits, *term));
        // Most phrases fail on a word that is nowhere: nothing is allocated before that is known.
        if lists.clone().any(<[Hit]>::is_empty) {
            return Chains::new();
        }
        let Some(first) = lists.next() else { return Chains::new() };
        // Symbols cover no position and are not part of a row.
        let covers = |hit: &&Hit| hit.position_end > hit.position;
        let mut chains: Chains =
            first.iter().filter(covers).map(|hit| (hit.position_end, hit.token, hit.token)).collect();
        for list in lists {
            chains.sort_unstable();
            chains.dedup_by_key(|chain| chain.0);
            let mut next = Chains::new();
            let mut hits = list.iter().filter(covers).peekable();
            for (end, first, _) in chains {
                while hits.next_if(|hit| hit.position < end).is_some() {}
                while let Some(hit) = hits.next_if(|hit| hit.position == end) {
                    next.push((hit.position_end, first, hit.token));
                }
            }
            chains = next;
            if chains.is_empty() {
                break;
            }
        }
        chains.sort_unstable();
        chains.dedup_by_key(|chain| chain.0);
        chains
    }
}
