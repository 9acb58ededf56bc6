//! The memory that matching one mention needs, kept for the next one: after the first few mentions nothing is allocated.

use super::Candidate;
use super::field::Names;
use crate::text::{Document, Span};

/// A term standing in a text. Ordered by term, then by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub term: u32,
    /// Position of the first word.
    pub position: u32,
    /// Position after the last word; equal to `position` for signs.
    pub position_end: u32,
    /// In the original text.
    pub span: Span,
    /// True when it stands there in look-alike letters.
    pub is_disguised: bool,
}

/// Where something stands: positions, and bytes of the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub position: u32,
    pub position_end: u32,
    pub span: Span,
    pub is_disguised: bool,
}

impl Place {
    /// The place from the first to the last of two.
    pub fn hull(self, other: Self) -> Self {
        Self {
            position: self.position.min(other.position),
            position_end: self.position_end.max(other.position_end),
            span: Span { start: self.span.start.min(other.span.start), end: self.span.end.max(other.span.end) },
            is_disguised: self.is_disguised || other.is_disguised,
        }
    }
}

impl From<&Hit> for Place {
    fn from(hit: &Hit) -> Self {
        let Hit { position, position_end, span, is_disguised, .. } = *hit;
        Self { position, position_end, span, is_disguised }
    }
}

/// Reusable memory of [`QuerySet::find`](super::QuerySet::find), and what it found of the last text. One for each
/// thread; may be used with several sets in turn.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The terms found in the text, and in the title; sorted.
    pub(super) text: Vec<Hit>,
    pub(super) title: Vec<Hit>,
    pub(super) title_document: Document,
    pub(super) plain: String,
    pub(super) names: Names,
    pub(super) leads: Vec<u32>,
    /// Queries led to, as `triggers` tells them.
    pub(super) queries: Vec<u32>,
    pub(super) present: Present,
    pub(super) candidates: Vec<Candidate>,
    pub(super) pool: Pool,
    pub(super) work: u64,
}

/// Which terms stand in the text at hand.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// The text in which each term stood last, counted from 1.
    last_text: Vec<u32>,
    text: u32,
}

impl Present {
    /// Forgets the last text; `terms` is how many terms there are.
    pub fn begin(&mut self, terms: usize) {
        self.text = self.text.wrapping_add(1);
        if self.text == 0 {
            self.last_text.fill(0);
            self.text = 1;
        }
        if self.last_text.len() < terms {
            self.last_text.resize(terms, 0);
        }
    }

    pub fn add(&mut self, term: u32) {
        if let Some(last) = self.last_text.get_mut(term as usize) {
            *last = self.text;
        }
    }

    pub fn has(&self, term: u32) -> bool {
        self.last_text.get(term as usize).is_some_and(|last| *last == self.text)
    }
}

impl Scratch {
    /// Steps taken for the last text: tokens, look-ups, terms and places looked at. For tests of linear time.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work
    }
}

/// Places a new list has room for: what most words of most posts need.
const PLACES: usize = 16;

/// Lists of places, borrowed in turn.
#[derive(Debug, Default)]
pub(super) struct Pool {
    free: Vec<Vec<Place>>,
}

impl Pool {
    /// An empty list.
    pub fn take(&mut self) -> Vec<Place> {
        self.free.pop().unwrap_or_else(|| Vec::with_capacity(PLACES))
    }

    /// Takes a list back; one without memory is not worth keeping.
    pub fn give(&mut self, mut places: Vec<Place>) {
        if places.capacity() > 0 {
            places.clear();
            self.free.push(places);
        }
    }
}
