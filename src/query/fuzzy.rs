//! Words that may be spelt otherwise: which of all fuzzy terms a token is near to.
//!
//! Every term is filed under what is left of it when letters are taken away, one for each edit; a token is looked up
//! the same way, so that two spellings meet where they are equal (the idea of Wolf Garbe's `SymSpell`), and is then
//! compared letter by letter. The first letter is fixed. Bounded by [`Fuzzy::LETTERS_MAX`].

use super::ast::Fuzzy;
use super::index::ByHash;
use crate::text::hash_word;
use std::collections::BTreeMap;

/// Longest token that can be near a term.
const TOKEN_LETTERS_MAX: usize = Fuzzy::LETTERS_MAX + 2;

/// A short word as letters, on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    letters: [char; TOKEN_LETTERS_MAX],
    length: usize,
}

impl Letters {
    /// The letters of several pieces in a row; `None` when they are more than any term can be near to.
    pub fn of(pieces: &[&str]) -> Option<Self> {
        let mut word = Self { letters: ['\0'; TOKEN_LETTERS_MAX], length: 0 };
        for c in pieces.iter().flat_map(|piece| piece.chars()) {
            *word.letters.get_mut(word.length)? = c;
            word.length += 1;
        }
        (word.length > 0).then_some(word)
    }

    fn as_slice(&self) -> &[char] {
        &self.letters[..self.length]
    }

    /// The hash of the letters but those at two places.
    fn hash_without(&self, first: usize, second: usize) -> u64 {
        let mut bytes = [0_u8; TOKEN_LETTERS_MAX * 4];
        let mut length = 0;
        for (place, c) in self.as_slice().iter().enumerate() {
            if place != first && place != second {
                length += c.encode_utf8(&mut bytes[length..]).len();
            }
        }
        hash_word(&bytes[..length])
    }

    /// Calls `emit` with the hash of the word and of every word with up to `edits` letters less. The first stays.
    fn for_each_variant(&self, edits: u8, mut emit: impl FnMut(u64)) {
        const NONE: usize = usize::MAX;
        emit(self.hash_without(NONE, NONE));
        if edits == 0 {
            return;
        }
        for first in 1..self.length {
            emit(self.hash_without(first, NONE));
            if edits > 1 {
                for second in first + 1..self.length {
                    emit(self.hash_without(first, second));
                }
            }
        }
    }
}

/// How many variants a word of so many letters has.
pub(super) fn variant_count(letters: usize, edits: u8) -> usize {
    let places = letters.saturating_sub(1);
    1 + places + if edits > 1 { places * places.saturating_sub(1) / 2 } else { 0 }
}

/// Which lengths the terms of one first letter have, and how far they reach.
#[derive(Debug, Clone, Copy)]
struct Reach {
    shortest: usize,
    longest: usize,
    edits: u8,
}

/// Every fuzzy term of a set.
#[derive(Debug, Default)]
pub(super) struct FuzzyIndex {
    /// First link for the hash of a variant.
    variants: ByHash,
    /// Term and next link.
    links: Vec<(u32, u32)>,
    terms: Vec<(u32, Letters, u8)>,
    by_first_letter: BTreeMap<char, Reach>,
}

const NONE: u32 = u32::MAX;

impl FuzzyIndex {
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Files a term. `None` when there is more than 32 bits can number.
    pub fn add(&mut self, term: u32, fuzzy: &Fuzzy) -> Option<()> {
        let Some(word) = Letters::of(&[&fuzzy.word]) else { return Some(()) };
        let index = u32::try_from(self.terms.len()).ok()?;
        self.terms.push((term, word, fuzzy.edits));
        let reach = Reach { shortest: word.length, longest: word.length, edits: fuzzy.edits };
        let known = self.by_first_letter.entry(word.letters[0]).or_insert(reach);
        known.shortest = known.shortest.min(word.length);
        known.longest = known.longest.max(word.length);
        known.edits = known.edits.max(fuzzy.edits);
        let mut fits = true;
        let (links, variants) = (&mut self.links, &mut self.variants);
        word.for_each_variant(fuzzy.edits, |hash| {
            let Some(link) = u32::try_from(links.len()).ok().filter(|link| *link != NONE) else {
                fits = false;
                return;
            };
            let next = variants.insert(hash, link).unwrap_or(NONE);
            links.push((index, next));
        });
        fits.then_some(())
    }

    /// True when a word that begins so may be near a term, alone or with what follows.
    pub fn may_begin(&self, text: &str) -> bool {
        text.chars().next().is_some_and(|first| self.by_first_letter.contains_key(&first))
    }

    /// Calls `found` with every term within its edits of these letters, of which `spent` are spent already. A term may
    /// be given several times.
    pub fn search(&self, word: &Letters, spent: u8, mut found: impl FnMut(u32)) {
        let Some(reach) = self.by_first_letter.get(&word.letters[0]) else { return };
        let edits = reach.edits.saturating_sub(spent);
        let margin = usize::from(edits);
        if reach.edits < spent || word.length + margin < reach.shortest || word.length > reach.longest + margin {
            return;
        }
        let mut last = NONE;
        word.for_each_variant(edits, |hash| {
            let mut link = self.variants.get(&hash).copied().unwrap_or(NONE);
            while let Some(&(index, next)) = self.links.get(link as usize) {
                let (term, wanted, allowed) = &self.terms[index as usize];
                if index != last && *allowed >= spent && is_near(wanted.as_slice(), word.as_slice(), allowed - spent) {
                    found(*term);
                    last = index;
                }
                link = next;
            }
        });
    }
}

/// True when at most `edits` edits lie between two words; an edit inserts, deletes or replaces a letter or swaps two
/// neighbours, of which no letter is edited twice.
fn is_near(a: &[char], b: &[char], edits: u8) -> bool {
    if a.first() != b.first() || a.len().abs_diff(b.len()) > usize::from(edits) {
        return false;
    }
    let mut rows = [[0_u8; TOKEN_LETTERS_MAX + 1]; 3];
    for (column, cell) in (0_u8..).zip(rows[0].iter_mut().take(b.len() + 1)) {
        *cell = column;
    }
    for (row, ca) in a.iter().enumerate() {
        let (here, above, before) = ((row + 1) % 3, row % 3, (row + 2) % 3);
        rows[here][0] = u8::try_from(row + 1).unwrap_or(u8::MAX);
        let mut least = rows[here][0];
        for (column, cb) in b.iter().enumerate() {
            let replaced = rows[above][column] + u8::from(ca != cb);
            let mut cell = replaced.min(rows[above][column + 1] + 1).min(rows[here][column] + 1);
            if row > 0 && column > 0 && a[row - 1] == *cb && *ca == b[column - 1] {
                cell = cell.min(rows[before][column - 1] + 1);
            }
            rows[here][column + 1] = cell;
            least = least.min(cell);
        }
        if least > edits.saturating_add(1) {
            return false;
        }
    }
    rows[a.len() % 3][b.len()] <= edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [
            ("nimbus", "nimbus", 0),
            ("nimbus", "nimbs", 1),
            ("nimbus", "nimbuss", 1),
            ("nimbus", "nimbas", 1),
            ("nimbus", "nibmus", 1),
            ("nimbus", "nmibsu", 2),
            ("nimbus", "nibus", 1),
            ("nimbuspay", "nimbspya", 2),
            ("nimbus", "numbat", 3),
        ] {
            let (one, other) = (Letters::of(&[a]).expect("short"), Letters::of(&[b]).expect("short"));
            for allowed in 0..=2 {
                assert_eq!(is_near(one.as_slice(), other.as_slice(), allowed), edits <= allowed, "{a} {b} {allowed}");
                assert_eq!(is_near(other.as_slice(), one.as_slice(), allowed), edits <= allowed, "{b} {a} {allowed}");
            }
        }
        assert!(!is_near(&['a', 'b'], &['c', 'b'], 2), "the first letter is fixed");
    }

    #[test]
    fn variants_are_counted() {
        for (word, edits) in [("nimbus", 1), ("nimbus", 2), ("nimbuspayments", 2)] {
            let mut count = 0;
            Letters::of(&[word]).expect("short").for_each_variant(edits, |_| count += 1);
            assert_eq!(count, variant_count(word.len(), edits));
        }
    }
}
