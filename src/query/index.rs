//! Which words of all queries stand in a text: one table of terms, looked up once per token.
//!
//! A table of token hashes and not an Aho-Corasick automaton over the text: queries ask for whole words, so the token
//! boundaries are needed anyway, one look-up per token finds every term that ends there, whatever their number, and
//! the table stays small at 100,000 terms (an automaton of that size leaves the cache; PERFORMANCE.md, scan of 10,000
//! literals: 0.34 GB/s against 0.24 of a DFA of 76 MB). Each class of terms has the structure that suits it:
//!
//! | terms | found by |
//! | --- | --- |
//! | whole words | hash of the token, and of its plain form where it has look-alike letters |
//! | wildcards | hash of what stands before the wildcard |
//! | fuzzy words | hashes of the token with letters taken away ([`FuzzyIndex`]) |
//! | brands | elsewhere ([`crate::text::brands`]): they are told, not looked for |
//! | katakana words | an automaton within katakana tokens, which are written without spaces |
//!
//! Chinese, hiragana and Thai come as tokens of one character, so that words in a row are substrings there.
//! The choice is hidden here.

use super::ast::{Shape, Word};
use super::fuzzy::{FuzzyIndex, Letters};
use super::scratch::Hit;
use crate::text::brands::{self, Found as Brand, Seen, Why};
use crate::text::lookalike::plain_form;
use crate::text::{AsIs, Document, Span, Token, TokenKind, hash_word};
use aho_corasick::AhoCorasick;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// No term.
pub(super) const NONE: u32 = u32::MAX;

/// Every distinct word of a set of queries, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct TermTable {
    terms: Vec<Entry>,
    /// The same as far as whole words go, small enough to stay in the cache.
    spelt: Spelt,
    numbers: HashMap<Word, u32>,
    /// Terms of brands, by key.
    brands: HashMap<String, u32>,
    /// First term for the hash of a whole token.
    whole: ByHash,
    /// First term for the hash of a pattern's prefix.
    prefixes: ByHash,
    /// Lengths in bytes that prefixes have, ascending.
    prefix_lengths: Vec<usize>,
    fuzzy: FuzzyIndex,
    /// Terms of katakana only, and the automaton that finds them.
    katakana: Vec<u32>,
    katakana_words: Option<AhoCorasick>,
    /// Two terms in a row that lead to phrases, numbered after the terms.
    pairs: ByHash,
}

/// The key of two terms in a row. A bijection for one factor, so different pairs have different keys.
fn pair_key(first: u32, second: u32) -> u64 {
    // An odd factor mixes the bits that the table looks at; xxh3 would be slower and no better.
    ((u64::from(first) << 32) | u64::from(second)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
}

/// A table whose keys are hashes already.
pub(super) type ByHash = HashMap<u64, u32, BuildHasherDefault<AsIs>>;

#[derive(Debug)]
struct Entry {
    word: Word,
    /// The next term with the same hash.
    next: u32,
}

/// How terms are spelt, side by side: what most comparisons need.
#[derive(Debug, Default)]
struct Spelt {
    letters: String,
    words: Vec<SpeltWord>,
}

#[derive(Debug, Clone, Copy)]
struct SpeltWord {
    /// Of its letters.
    start: u32,
    end: u32,
    /// The next term with the same hash.
    next: u32,
    /// True when the original has to be looked at too.
    is_exact: bool,
}

impl Spelt {
    /// `None` when there are more letters than 32 bits can number.
    fn of(terms: &[Entry]) -> Option<Self> {
        let mut spelt = Self { letters: String::new(), words: Vec::with_capacity(terms.len()) };
        for Entry { word, next } in terms {
            let start = u32::try_from(spelt.letters.len()).ok()?;
            if let Shape::Whole(folded) = &word.shape {
                spelt.letters.push_str(folded);
            }
            let end = u32::try_from(spelt.letters.len()).ok()?;
            spelt.words.push(SpeltWord { start, end, next: *next, is_exact: word.exact.is_some() });
        }
        Some(spelt)
    }
}

/// What a scan writes to, and how much it looked at.
pub(super) struct Found<'f> {
    pub hits: &'f mut Vec<Hit>,
    /// Memory for a plain form.
    pub plain: &'f mut String,
    pub work: &'f mut u64,
}

impl TermTable {
    /// The number of a word, new or known. `None` when there are more than 32 bits can number.
    pub fn number(&mut self, word: Word) -> Option<u32> {
        if let Some(number) = self.numbers.get(&word) {
            return Some(*number);
        }
        let number = u32::try_from(self.terms.len()).ok().filter(|number| *number != NONE)?;
        let next = match &word.shape {
            Shape::Whole(folded) => {
                if is_katakana(folded) {
                    self.katakana.push(number);
                }
                self.whole.insert(hash_word(folded.as_bytes()), number).unwrap_or(NONE)
            }
            Shape::Pattern(pattern) => {
                let length = pattern.prefix.len();
                if let Err(at) = self.prefix_lengths.binary_search(&length) {
                    self.prefix_lengths.insert(at, length);
                }
                self.prefixes.insert(hash_word(pattern.prefix.as_bytes()), number).unwrap_or(NONE)
            }
            Shape::Fuzzy(fuzzy) => {
                self.fuzzy.add(number, fuzzy)?;
                NONE
            }
        };
        self.numbers.insert(word.clone(), number);
        self.terms.push(Entry { word, next });
        Some(number)
    }

    /// The number of a brand, new or known. No text leads to it: what was seen is put in by [`Self::add_brands`].
    pub fn number_brand(&mut self, name: &str) -> Option<u32> {
        let key = brands::key(name);
        if let Some(number) = self.brands.get(&key) {
            return Some(*number);
        }
        let number = u32::try_from(self.terms.len()).ok().filter(|number| *number != NONE)?;
        self.terms.push(Entry { word: Word { shape: Shape::Whole(key.clone()), exact: None }, next: NONE });
        self.brands.insert(key, number);
        Some(number)
    }

    /// Appends the places of the brands that were seen in a text.
    pub fn add_brands(&self, seen: &Seen<'_>, hits: &mut Vec<Hit>) {
        if self.brands.is_empty() {
            return;
        }
        seen.for_each_key(|key, found| {
            let Brand { position, position_end, span, why, .. } = *found;
            let hit = |term| Hit { term, position, position_end, span, is_disguised: why == Why::Lookalike };
            hits.extend(self.brands.get(key).copied().map(hit));
        });
    }

    /// The whole words of the set, as they are looked for: without signs, patterns and brands.
    pub fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let is_brand = |key: &str, number: u32| self.brands.get(key) == Some(&number);
        (0_u32..).zip(&self.terms).filter_map(move |(number, entry)| match &entry.word.shape {
            Shape::Whole(word) if !is_brand(word, number) => Some(word.as_str()),
            _ => None,
        })
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
    pub fn scan_pairs(&self, hits: &[Hit], mut found: impl FnMut(u32)) {
        if self.pairs.is_empty() {
            return;
        }
        let is_part = |hit: &Hit| hit.position < hit.position_end && self.is_whole(hit.term);
        for (index, hit) in hits.iter().enumerate().filter(|(_, hit)| is_part(hit)) {
            let near = hits[index + 1..].iter().take_while(|next| next.position <= hit.position_end);
            for next in near.filter(|next| next.position == hit.position_end && is_part(next)) {
                if let Some(pair) = self.pairs.get(&pair_key(hit.term, next.term)) {
                    found(*pair);
                }
            }
        }
    }

    /// Ends numbering: builds what needs all terms and frees what only compiling needs. False when the terms are too
    /// large for an automaton.
    pub fn close(&mut self) -> bool {
        self.numbers = HashMap::new();
        self.terms.shrink_to_fit();
        match Spelt::of(&self.terms) {
            Some(spelt) => self.spelt = spelt,
            None => return false,
        }
        if self.katakana.is_empty() {
            return true;
        }
        let words = self.katakana.iter().map(|term| self.stem(*term));
        let built = AhoCorasick::new(words);
        self.katakana_words = built.ok();
        self.katakana_words.is_some()
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
            Shape::Fuzzy(fuzzy) => &fuzzy.word,
        })
    }

    /// Appends every place where a term stands, in the order of the text.
    pub fn scan(&self, document: &Document, found: &mut Found<'_>) {
        let is_ascii = document.text().is_ascii();
        *found.work += document.tokens().len() as u64;
        for (index, token) in document.tokens().iter().enumerate() {
            if let Some(first) = self.whole.get(&token.hash) {
                let original = document.original(token.original);
                self.whole_words(*first, document.token_text(token), Some(original), token, found);
            }
            if !self.prefix_lengths.is_empty() {
                let original = document.original(token.original);
                self.scan_prefixes(document.token_text(token), Some(original), token, found);
            }
            if !is_ascii {
                self.scan_plain_form(token, document, found);
                self.scan_katakana(token, document, found);
            }
            if !self.fuzzy.is_empty() {
                self.scan_fuzzy(index, token, document, found);
            }
        }
    }

    fn scan_prefixes(&self, text: &str, original: Option<&str>, token: &Token, found: &mut Found<'_>) {
        let bytes = text.as_bytes();
        for prefix in self.prefix_lengths.iter().map_while(|length| bytes.get(..*length)) {
            *found.work += 1 + prefix.len() as u64 / 32;
            if let Some(first) = self.prefixes.get(&hash_word(prefix)) {
                self.patterns(*first, text, original, token, found);
            }
        }
    }

    /// Checks every whole word of one hash against a token: equal hashes are a hint, not a proof. Without an original the
    /// token is disguised, and terms that insist on more than its plain form are not found.
    fn whole_words(&self, first: u32, text: &str, original: Option<&str>, token: &Token, found: &mut Found<'_>) {
        let mut term = first;
        while let Some(spelt) = self.spelt.words.get(term as usize) {
            *found.work += 1;
            if self.spelt.letters.get(spelt.start as usize..spelt.end as usize) == Some(text)
                && (!spelt.is_exact || self.is_accepted(term, text, original))
            {
                found.hits.push(Hit::of(term, token, original.is_none()));
            }
            term = spelt.next;
        }
    }

    fn is_accepted(&self, term: u32, text: &str, original: Option<&str>) -> bool {
        self.terms.get(term as usize).is_some_and(|entry| accepts(&entry.word, text, original))
    }

    /// The same for patterns with one prefix.
    fn patterns(&self, first: u32, text: &str, original: Option<&str>, token: &Token, found: &mut Found<'_>) {
        let mut term = first;
        while let Some(entry) = self.terms.get(term as usize) {
            *found.work += 1;
            if accepts(&entry.word, text, original) {
                found.hits.push(Hit::of(term, token, original.is_none()));
            }
            term = entry.next;
        }
    }

    fn scan_plain_form(&self, token: &Token, document: &Document, found: &mut Found<'_>) {
        let text = document.token_text(token);
        if text.is_ascii() || !plain_form(document.original(token.original), found.plain) {
            return;
        }
        let plain = std::mem::take(found.plain);
        if let Some(first) = self.whole.get(&hash_word(plain.as_bytes())) {
            self.whole_words(*first, &plain, None, token, found);
        }
        self.scan_prefixes(&plain, None, token, found);
        *found.plain = plain;
    }

    fn scan_katakana(&self, token: &Token, document: &Document, found: &mut Found<'_>) {
        let Some(words) = &self.katakana_words else { return };
        let text = document.token_text(token);
        if text.is_ascii() {
            return;
        }
        for within in words.find_overlapping_iter(text) {
            *found.work += 1;
            let Some(term) = self.katakana.get(within.pattern().as_usize()).copied() else { continue };
            let start = token.folded.start as usize;
            let place = document.original_place(start + within.start()..start + within.end());
            let exact = self.terms.get(term as usize).and_then(|entry| entry.word.exact.as_ref());
            if within.len() < text.len() && exact.is_none_or(|exact| exact.accepts(document.original(place))) {
                found.hits.push(Hit { span: place, ..Hit::of(term, token, false) });
            }
        }
    }

    /// A token by itself, and with each word that follows it.
    fn scan_fuzzy(&self, index: usize, token: &Token, document: &Document, found: &mut Found<'_>) {
        let text = document.token_text(token);
        if !is_word(token) || !self.fuzzy.may_begin(text) {
            return;
        }
        *found.work += 1;
        let Some(letters) = Letters::of(&[text]) else { return };
        let hits = &mut *found.hits;
        self.fuzzy.search(&letters, 0, |term| hits.push(Hit::of(term, token, false)));
        let tokens = document.tokens().get(index + 1..).unwrap_or_default();
        let until = tokens.partition_point(|next| next.position <= token.position_end);
        let from = tokens.partition_point(|next| next.position < token.position_end);
        for next in tokens[from..until].iter().filter(|next| is_word(next)) {
            *found.work += 1;
            let Some(letters) = Letters::of(&[text, document.token_text(next)]) else { continue };
            self.fuzzy.search(&letters, 1, |term| hits.push(Hit::of(term, token, false).until(next)));
        }
    }
}

/// Words and parts of hashtags may be misspelt; an entity is its name, and a sign has no spelling.
fn is_word(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Part) && token.position_end > token.position
}

/// Katakana words of two letters or more are found within longer ones.
fn is_katakana(folded: &str) -> bool {
    let mut letters = folded.chars();
    letters.clone().nth(1).is_some() && letters.all(|c| matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30fe}'))
}

/// True when a folded token is what a word of a query asks for.
fn accepts(word: &Word, folded: &str, original: Option<&str>) -> bool {
    let exact = |accepts: &dyn Fn(&crate::text::fold::Exact, &str) -> bool| match (&word.exact, original) {
        (None, _) => true,
        (Some(exact), Some(original)) => accepts(exact, original),
        (Some(_), None) => false,
    };
    match &word.shape {
        Shape::Whole(wanted) => wanted == folded && exact(&|exact, original| exact.accepts(original)),
        Shape::Pattern(pattern) => {
            pattern.accepts(folded) && exact(&|exact, original| exact.accepts_start(original, super::ast::Pattern::ANY))
        }
        Shape::Fuzzy(_) => false,
    }
}

impl Hit {
    fn of(term: u32, token: &Token, is_disguised: bool) -> Self {
        let Token { position, position_end, original: span, .. } = *token;
        Self { term, position, position_end, span, is_disguised }
    }

    /// The same, up to the end of another token.
    fn until(self, last: &Token) -> Self {
        let span = Span { start: self.span.start.min(last.original.start), end: self.span.end.max(last.original.end) };
        Self { position_end: last.position_end, span, ..self }
    }
}
