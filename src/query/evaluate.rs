//! Whether a compiled query holds in a text, and what of the text it matched.
//!
//! Works on token positions. Bounded: depth by the parser and by what a set may expand to, time by the number of hits,
//! spans by [`SPANS_MAX`], searches of a regular expression by [`REGEX_SPANS_MAX`].

use super::ast::Truth;
use super::compile::{Op, Program, Slice};
use super::field::Names;
use super::places::{Parts, are_within, in_a_row, keep_within, sort};
use super::scratch::{Hit, Place, Pool};
use super::{Disguise, Fields, Match};
use crate::text::lookalike::is_invisible;
use crate::text::{Document, Span};

/// Spans given for one query and one text; the first ones are kept.
pub const SPANS_MAX: usize = 1_000;
/// Spans given for one regular expression: each costs a search.
pub const REGEX_SPANS_MAX: usize = 16;

/// One text under evaluation: where the terms stand, and what else is known.
pub(super) struct Evaluation<'e> {
    pub program: &'e Program,
    pub document: &'e Document,
    /// Sorted.
    pub hits: &'e [Hit],
    /// The same of the title.
    pub title_hits: &'e [Hit],
    pub fields: Fields<'e>,
    pub pool: &'e mut Pool,
    pub names: &'e mut Names,
    pub work: &'e mut u64,
}

/// The hits of one term among sorted hits.
fn hits_of(hits: &[Hit], term: u32) -> &[Hit] {
    let start = hits.partition_point(|hit| hit.term < term);
    let length = hits[start..].iter().take_while(|hit| hit.term == term).count();
    &hits[start..start + length]
}

/// True when a term is among sorted hits.
fn has_hit(hits: &[Hit], term: u32) -> bool {
    hits.get(hits.partition_point(|hit| hit.term < term)).is_some_and(|hit| hit.term == term)
}

impl<'e> Evaluation<'e> {
    pub fn truth(&mut self, op: u32) -> Truth {
        let program = self.program;
        let Some(op) = program.ops.get(op as usize) else { return Truth::False };
        *self.work += 1;
        match op {
            Op::Term(term) => has_hit(self.hits, *term).into(),
            Op::Phrase(slice) => self.has_row(slice.of(&program.phrases), self.hits).into(),
            Op::Title(slice) => self.has_row(slice.of(&program.phrases), self.title_hits).into(),
            Op::Regex(regex) => {
                *self.work += self.document.text().len() as u64;
                program
                    .regexes
                    .compiled
                    .get(*regex as usize)
                    .is_some_and(|regex| regex.is_match(self.document.text()))
                    .into()
            }
            Op::Field(test) => match program.fields.get(*test as usize) {
                Some(test) => test.test(&self.fields, self.names),
                None => Truth::False,
            },
            Op::All(slice) => {
                let mut least = Truth::True;
                for child in slice.of(&program.children) {
                    least = least.min(self.truth(*child));
                    if least == Truth::False {
                        break;
                    }
                }
                least
            }
            Op::Any(slice) => self.any(slice.of(&program.children)),
            Op::Except(slice) => match slice.of(&program.children).split_first() {
                Some((base, others)) => match self.truth(*base) {
                    Truth::False => Truth::False,
                    truth => truth.min(!self.any(others)),
                },
                None => Truth::False,
            },
            Op::Near(slice, nearness) => {
                let [left, right] = *slice.of(&program.children) else { return Truth::False };
                let places = self.places(left);
                let mut holds = false;
                if !places.is_empty() {
                    let others = self.places(right);
                    holds = nearness.holds(&places, &others, self.work);
                    self.pool.give(others);
                }
                self.pool.give(places);
                holds.into()
            }
            Op::Within(slice, distance) => {
                let parts = self.parts(*slice);
                let holds = are_within(parts.lists(), *distance, self.pool, self.work);
                parts.give_to(self.pool);
                holds.into()
            }
        }
    }

    fn any(&mut self, ops: &[u32]) -> Truth {
        let mut most = Truth::False;
        for op in ops {
            most = most.max(self.truth(*op));
            if most == Truth::True {
                break;
            }
        }
        most
    }

    /// Most phrases fail on a word that is nowhere: nothing is gathered before that is known.
    fn has_row(&mut self, terms: &[u32], hits: &[Hit]) -> bool {
        if !terms.iter().all(|term| has_hit(hits, *term)) {
            return false;
        }
        let places = self.row(terms, hits);
        let found = !places.is_empty();
        self.pool.give(places);
        found
    }

    fn row(&mut self, terms: &[u32], hits: &[Hit]) -> Vec<Place> {
        let (mut places, mut spare) = (self.pool.take(), self.pool.take());
        in_a_row(terms.iter().map(|term| hits_of(hits, *term)), &mut places, &mut spare, self.work);
        self.pool.give(spare);
        places
    }

    /// Where words, ORs of them and NEARs stand, sorted. A NEAR stands where it is tightest.
    fn places(&mut self, op: u32) -> Vec<Place> {
        let program = self.program;
        match program.ops.get(op as usize) {
            Some(Op::Term(term)) => {
                let mut places = self.pool.take();
                places.extend(hits_of(self.hits, *term).iter().map(Place::from));
                *self.work += places.len() as u64;
                sort(&mut places);
                places
            }
            Some(Op::Phrase(slice)) => {
                let terms = slice.of(&program.phrases);
                if terms.iter().all(|term| has_hit(self.hits, *term)) {
                    self.row(terms, self.hits)
                } else {
                    self.pool.take()
                }
            }
            Some(Op::Any(slice)) => {
                let mut all = self.pool.take();
                for child in slice.of(&program.children) {
                    let places = self.places(*child);
                    all.extend_from_slice(&places);
                    self.pool.give(places);
                }
                sort(&mut all);
                all
            }
            Some(Op::Near(slice, nearness)) => {
                let [left, right] = *slice.of(&program.children) else { return self.pool.take() };
                let (left, right, mut hulls) = (self.places(left), self.places(right), self.pool.take());
                nearness.tightest(&left, &right, &mut hulls, self.work);
                self.pool.give(left);
                self.pool.give(right);
                hulls
            }
            _ => self.pool.take(),
        }
    }

    /// The places of every part of a group with a distance; none after the first that is nowhere.
    fn parts(&mut self, slice: Slice) -> Parts {
        let children = slice.of(&self.program.children);
        let mut parts = Parts::new(children.len());
        for (part, child) in parts.lists_mut().iter_mut().zip(children) {
            *part = self.places(*child);
            if part.is_empty() {
                break;
            }
        }
        parts
    }

    /// What a true query matched.
    pub fn matched(&mut self, query: u32, root: u32) -> Match {
        let mut places = self.pool.take();
        self.collect(root, &mut places);
        let look_alike = places.iter().any(|place| place.is_disguised);
        let mut spans: Vec<Span> = places.iter().map(|place| place.span).collect();
        self.pool.give(places);
        spans.sort_unstable();
        spans.dedup();
        spans.truncate(SPANS_MAX);
        let zero_width =
            !self.document.text().is_ascii() && spans.iter().any(|span| hides(self.document.original(*span)));
        Match { query, spans, disguise: Disguise { look_alike, zero_width } }
    }

    /// Only parts that hold add places; what NOT takes away never does.
    fn collect(&mut self, op: u32, into: &mut Vec<Place>) {
        let program = self.program;
        match program.ops.get(op as usize) {
            Some(Op::Term(term)) => into.extend(hits_of(self.hits, *term).iter().take(SPANS_MAX).map(Place::from)),
            Some(Op::Phrase(slice)) => {
                let places = self.row(slice.of(&program.phrases), self.hits);
                into.extend(places.iter().take(SPANS_MAX));
                self.pool.give(places);
            }
            Some(Op::Regex(regex)) => self.collect_regex(*regex, into),
            Some(Op::All(slice) | Op::Any(slice)) => {
                for child in slice.of(&program.children) {
                    if self.truth(*child) == Truth::True {
                        self.collect(*child, into);
                    }
                }
            }
            Some(Op::Except(slice)) => {
                slice.of(&program.children).iter().take(1).for_each(|base| self.collect(*base, into));
            }
            Some(Op::Near(slice, nearness)) => {
                let [left, right] = *slice.of(&program.children) else { return };
                let (mut left, mut right) = (self.places(left), self.places(right));
                nearness.keep(&mut left, &mut right, self.pool, self.work);
                into.extend(left.iter().take(SPANS_MAX).chain(right.iter().take(SPANS_MAX)));
                self.pool.give(left);
                self.pool.give(right);
            }
            Some(Op::Within(slice, distance)) => {
                let mut parts = self.parts(*slice);
                keep_within(parts.lists_mut(), *distance, self.pool, self.work);
                into.extend(parts.lists().iter().flat_map(|part| part.iter().take(SPANS_MAX)));
                parts.give_to(self.pool);
            }
            Some(Op::Field(_) | Op::Title(_)) | None => {}
        }
    }

    fn collect_regex(&mut self, regex: u32, into: &mut Vec<Place>) {
        let text = self.document.text();
        let Some(regex) = self.program.regexes.compiled.get(regex as usize) else { return };
        *self.work += text.len() as u64;
        for found in regex.find_iter(text).take(REGEX_SPANS_MAX) {
            let (Ok(start), Ok(end)) = (u32::try_from(found.start()), u32::try_from(found.end())) else { continue };
            let span = Span { start, end };
            into.push(Place { position: 0, position_end: 0, span, is_disguised: false });
        }
    }
}

/// True when something invisible stands between two letters of a Latin, Greek or Cyrillic word. Other scripts, and
/// emoji, need invisible characters to be written right.
fn hides(matched: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() && (c < '\u{590}' || ('\u{1d00}'..'\u{2000}').contains(&c));
    let mut last = None;
    let mut is_hidden = false;
    for c in matched.chars() {
        if is_invisible(c) {
            is_hidden |= last.is_some_and(is_letter);
        } else if is_hidden && is_letter(c) {
            return true;
        } else {
            is_hidden = false;
            last = Some(c);
        }
    }
    false
}
