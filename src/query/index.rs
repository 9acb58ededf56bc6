//! Which words of all queries stand in a text: one table of terms, looked up once per token.
//!
//! A table of token hashes and not an Aho-Corasick automaton over the text: queries ask for whole words, so the token
//! boundaries are needed anyway, one look-up per token finds every term that ends there, whatever their number, and
//! the table stays small at 100,000 terms (an automaton of that size leaves the cache). Wildcards are looked up by what
//! stands before the wildcard. The choice is hidden here.

use super::ast::{Shape, Word};
use crate::text::{Document, Token, hash_word};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// No term.
const NONE: u32 = u32::MAX;

/// A term standing in a text. Ordered by term, then by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub term: u32,
    /// Position of the first word.
    pub position: u32,
    /// Position after the last word.
    pub position_end: u32,
    /// Index of the token in its document.
    pub token: u32,
}

/// Every distinct word of a set of queries, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct TermTable {
    terms: Vec<Entry>,
    numbers: HashMap<Word, u32>,
    /// First term for the hash of a whole token.
    whole: ByHash,
    /// First term for the hash of a pattern's prefix.
    prefixes: ByHash,
    /// Lengths in bytes that prefixes have, ascending.
    prefix_lengths: Vec<usize>,
    /// Two terms in a row that lead to phrases, numbered after the terms.
    pairs: HashMap<u64, u32, BuildHasherDefault<AlreadyHashed>>,
}

/// The key of two terms in a row. A bijection for one factor, so different pairs have different keys.
fn pair_key(first: u32, second: u32) -> u64 {
    // An odd factor mixes the bits that the table looks at; xxh3 would be slower and no better.
    ((u64::from(first) << 32) | u64::from(second)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
}

type ByHash = HashMap<u64, u32, BuildHasherDefault<AlreadyHashed>>;

#[derive(Debug)]
struct Entry {
    word: Word,
    /// The next term with the same hash.
    next: u32,
}

impl TermTable {
    /// The number of a word, new or known. `None` when there are more than 32 bits can number.
    pub fn number(&mut self, word: Word) -> Option<u32> {
        if let Some(number) = self.numbers.get(&word) {
            return Some(*number);
        }
        let number = u32::try_from(self.terms.len()).ok().filter(|number| *number != NONE)?;
        let (by_hash, key) = match &word.shape {
            Shape::Whole(folded) => (&mut self.whole, folded),
            Shape::Pattern(pattern) => {
                let length = pattern.prefix.len();
                if let Err(at) = self.prefix_lengths.binary_search(&length) {
                    self.prefix_lengths.insert(at, length);
                }
                (&mut self.prefixes, &pattern.prefix)
            }
        };
        let next = by_hash.insert(hash_word(key.as_bytes()), number).unwrap_or(NONE);
        self.numbers.insert(word.clone(), number);
        self.terms.push(Entry { word, next });
        Some(number)
    }

    /// True when a term is one word and not a pattern: few of them stand at one position.
    pub fn is_whole(&self, term: u32) -> bool {
        self.terms.get(term as usize).is_some_and(|entry| matches!(entry.word.shape, Shape::Whole(_)))
    }

    /// The number of two terms in a row, new or known; after the numbers of all terms, which must be there already.
    pub fn number_pair(&mut self, first: u32, second: u32) -> Option<u32> {
        let next = u32::try_from(self.terms.len() + self.pairs.len()).ok()?;
        Some(*self.pairs.entry(pair_key(first, second)).or_insert(next))
    }

    /// Calls `found` for every numbered pair that stands in a row among hits in the order of the text.
    fn scan_pairs(&self, hits: &[Hit], mut found: impl FnMut(u32)) {
        for (index, hit) in hits.iter().enumerate().filter(|(_, hit)| self.is_whole(hit.term)) {
            let near = hits[index + 1..].iter().take_while(|next| next.position <= hit.position_end);
            for next in near.filter(|next| next.position == hit.position_end && self.is_whole(next.term)) {
                if let Some(pair) = self.pairs.get(&pair_key(hit.term, next.term)) {
                    found(*pair);
                }
            }
        }
    }

    /// Every place where a term stands, sorted, and the numbers of terms and pairs that are there, in any order.
    pub fn scan_leads(&self, document: &Document) -> (Vec<Hit>, Vec<u32>) {
        let mut hits = self.hits(document);
        let mut leads = Vec::new();
        if !self.pairs.is_empty() {
            self.scan_pairs(&hits, |pair| leads.push(pair));
        }
        hits.sort_unstable();
        leads.extend(hits.chunk_by(|one, other| one.term == other.term).map(|same| same[0].term));
        leads.sort_unstable();
        leads.dedup();
        (hits, leads)
    }

    /// Frees what only compiling needs.
    pub fn close(&mut self) {
        self.numbers = HashMap::new();
        self.terms.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.terms.len()
    }

    pub fn pair_count(&self) -> usize {
        self.pairs.len()
    }

    /// The folded text that decides how common a term is: the word, or what stands before its wildcard.
    pub fn stem(&self, term: u32) -> &str {
        self.terms.get(term as usize).map_or("", |entry| match &entry.word.shape {
            Shape::Whole(folded) => folded,
            Shape::Pattern(pattern) => &pattern.prefix,
        })
    }

    /// Every place where a term stands in a document, sorted.
    pub fn scan(&self, document: &Document) -> Vec<Hit> {
        let mut hits = self.hits(document);
        hits.sort_unstable();
        hits
    }

    /// Every place where a term stands, in the order of the text.
    fn hits(&self, document: &Document) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, token) in (0_u32..).zip(document.tokens()) {
            if let Some(first) = self.whole.get(&token.hash) {
                self.chain(*first, index, token, document, &mut hits);
            }
            if !self.prefix_lengths.is_empty() {
                self.scan_prefixes(index, token, document, &mut hits);
            }
        }
        hits
    }

    fn scan_prefixes(&self, index: u32, token: &Token, document: &Document, hits: &mut Vec<Hit>) {
        let text = document.token_text(token).as_bytes();
        for prefix in self.prefix_lengths.iter().map_while(|length| text.get(..*length)) {
            if let Some(first) = self.prefixes.get(&hash_word(prefix)) {
                self.chain(*first, index, token, document, hits);
            }
        }
    }

    /// Checks every term of one hash against a token: equal hashes are a hint, not a proof.
    fn chain(&self, first: u32, index: u32, token: &Token, document: &Document, hits: &mut Vec<Hit>) {
        let mut term = first;
        while let Some(entry) = self.terms.get(term as usize) {
            if accepts(&entry.word, token, document) {
                let (position, position_end) = (token.position, token.position_end);
                hits.push(Hit { term, position, position_end, token: index });
            }
            term = entry.next;
        }
    }
}

/// True when a token is what a word of a query asks for.
pub(super) fn accepts(word: &Word, token: &Token, document: &Document) -> bool {
    let folded = document.token_text(token);
    match &word.shape {
        Shape::Whole(wanted) => {
            wanted == folded && word.exact.as_ref().is_none_or(|exact| exact.accepts(document.original(token.original)))
        }
        Shape::Pattern(pattern) => {
            let original = document.original(token.original);
            pattern.accepts(folded)
                && word.exact.as_ref().is_none_or(|exact| exact.accepts_start(original, super::ast::Pattern::ANY))
        }
    }
}

/// The hits of one term among sorted hits.
pub(super) fn hits_of(hits: &[Hit], term: u32) -> &[Hit] {
    let start = hits.partition_point(|hit| hit.term < term);
    let length = hits[start..].partition_point(|hit| hit.term == term);
    &hits[start..start + length]
}

/// Passes a hash through: the keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only u64 keys are used, which arrive by `write_u64`; anything else is folded in all the same.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
