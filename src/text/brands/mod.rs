//! Names that people misspell: the brands and products of a list, found in a text however they are written there.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `letters` | a word as letters: what was written, what it looks like, how it sounds |
//! | `nearness` | whether a word is a slip of a name, and which |
//! | `index` | which names a word may be a slip of, without looking at the others |
//! | `list`, `found` | the names, and what is told of one that was found |
//! | `common` | words that are no slip of any name, and words that stand beside a name in a tag |
//!
//! Found are: the name as spelt; in look-alike letters (`0rb1ta`); in two words (`or bita`) or in one (`nimbuspay`), also
//! beside a word in a hashtag or handle (`#orbitafail`); with slips of the hand (a letter doubled, missing, added, swapped,
//! beside the right key) as many as its length allows; and by its sound (`Zefir`). A name of up to four letters is found
//! as spelt and in look-alike letters only. Never a slip: a word of `common`, a word that the list protects, and an
//! inflection of the name (`orbital`, `kestrels`).
//!
//! Cost is linear in the text, whatever the number of names. Nothing is allocated once the memory has seen as large a
//! text. Finds names; never says what is meant by them.

mod common;
mod found;
mod index;
mod letters;
mod list;
mod nearness;
#[cfg(test)]
mod tests;

pub use found::{Found, NamedBrand, Seen, Slip, TOLD_MAX, Why};
pub use list::{Listed, NAME_WORDS_MAX, key, word_count};
pub use nearness::{NAME_LETTERS_MAX, SLIP_LETTERS_MIN};

use super::{Document, Span, Token, TokenKind, hash_word};
use index::{Filed, Index, Shape, Table};
use letters::{Letter, Plain, Sound, Word, shape};
use list::{Draft, Name, Use};
use nearness::{Reading, SOUND_LETTERS_MIN, Spelling, as_spelt, reading};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Names found in one text; the first ones are kept.
pub const FOUND_MAX: usize = 256;
/// What a name as spelt, in look-alike letters or in other words costs at most.
const NEAR_COST_MAX: u8 = 1;
/// Names begun and not ended at one place of a text.
const CHAINS_MAX: usize = 1_024;

/// True for a word that is never read as a slip of a name.
#[must_use]
pub fn is_common(word: &str) -> bool {
    static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| common::words().collect());
    COMMON.contains(key(word).as_str())
}

/// Names compiled into one structure. Immutable; cheap to share.
#[derive(Debug, Default)]
pub struct Brands {
    names: Vec<Name>,
    spellings: Vec<Spelling>,
    /// For each spelling.
    uses: Vec<Vec<Use>>,
    index: Index,
    /// Words that are no slip.
    ordinary: Table,
    /// Words beside a name in a tag, longest first.
    affixes: Vec<Vec<char>>,
}

/// What finding needs in memory, kept for the next text.
#[derive(Debug, Default)]
pub struct Memory {
    word: Word,
    merged: Vec<Letter>,
    near: Vec<u32>,
    chains: Vec<Chain>,
    found: Vec<Found>,
}

/// A name of several words of which the first ones were read.
#[derive(Debug, Clone, Copy)]
struct Chain {
    found: Found,
    next: u8,
    /// One word of a name may be inexact.
    is_inexact: bool,
}

/// A word of a text with what its neighbours need to know.
#[derive(Debug, Clone, Copy)]
struct Piece {
    shape: Shape,
    span: Span,
    position: u32,
    position_end: u32,
    is_ordinary: bool,
    letters: usize,
}

impl Brands {
    /// Compiles a list. `ordinary` are words besides the common ones that are no slip of a name. Names without letters,
    /// or beyond [`NAME_LETTERS_MAX`] or [`NAME_WORDS_MAX`], are never found.
    #[must_use]
    pub fn compile<'w>(list: &[Listed], ordinary: impl IntoIterator<Item = &'w str>) -> Self {
        let mut draft = Draft::default();
        let mut names = Vec::with_capacity(list.len());
        for (number, listed) in (0_u32..).zip(list) {
            draft.add(number, listed.name(), false);
            listed.also.iter().for_each(|also| draft.add(number, also, true));
            let mut not: Vec<u64> = listed.not.iter().map(|word| hash_word(key(word).as_bytes())).collect();
            not.sort_unstable();
            let (brand_key, product_key) = (key(&listed.brand), listed.product.as_deref().map(key));
            names.push(Name { listed: listed.clone(), brand_key, product_key, not });
        }
        let is_spelling = |word: &str| draft.numbers.contains_key(word);
        let ordinary = ordinary.into_iter().map(key).filter(|word| !is_spelling(word));
        let words = common::words().map(str::to_owned).chain(ordinary);
        let ordinary = Table::of(words.map(|word| (hash_word(word.as_bytes()), 0)).collect());
        let shapes: Vec<Vec<char>> =
            draft.spellings.iter().map(|name| name.letters.iter().copied().map(shape).collect()).collect();
        let filed = (0_u32..).zip(&draft.spellings).zip(&shapes).map(|((number, name), shapes)| Filed {
            number,
            shapes,
            sound: name.sound.as_ref(),
        });
        let index = Index::of(filed);
        let affixes = common::affixes();
        Self { names, index, spellings: draft.spellings, uses: draft.uses, ordinary, affixes }
    }

    /// True when there is nothing to find.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many names there are, products counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The names in a text, ascending by place, without overlaps, at most [`FOUND_MAX`].
    pub fn see<'a>(&'a self, document: &Document, memory: &'a mut Memory) -> Seen<'a> {
        memory.found.clear();
        memory.chains.clear();
        if !self.is_empty() {
            self.read(document, memory);
            memory.settle();
        }
        Seen { brands: Some(self), found: &memory.found }
    }

    fn read(&self, document: &Document, memory: &mut Memory) {
        let mut tag_end = 0;
        let mut last: Option<Piece> = None;
        for token in document.tokens() {
            match token.kind {
                TokenKind::Entity => tag_end = token.folded.end,
                TokenKind::Symbol => {}
                TokenKind::Word | TokenKind::Part => {
                    let is_in_tag = token.folded.start < tag_end;
                    let Some(piece) = self.token(document, token, is_in_tag, memory) else { continue };
                    if let Some(before) = last.filter(|before| before.position_end == piece.position) {
                        self.pair(document, &before, &piece, memory);
                    }
                    last = Some(piece);
                }
            }
            if memory.found.len() >= 4 * FOUND_MAX {
                break;
            }
        }
    }

    /// Reads one token: as a whole, by the pieces that signs part it into, and without what stands beside a name in a tag.
    fn token(&self, document: &Document, token: &Token, is_in_tag: bool, memory: &mut Memory) -> Option<Piece> {
        if let Some(piece) = self.no_name(document, token, is_in_tag, memory) {
            return Some(piece);
        }
        let mut word = std::mem::take(&mut memory.word);
        let is_word = word.read(document.original(token.original), token.original.start);
        let piece = is_word.then(|| {
            let is_ordinary = !word.has_letter || self.ordinary.has(token.hash);
            let shape = Shape::of(word.letters.iter().map(|letter| letter.shape));
            let letters = word.letters.len();
            let (position, position_end) = (token.position, token.position_end);
            let piece = Piece { shape, span: token.original, position, position_end, is_ordinary, letters };
            let place = Place { is_drawn_out: word.is_drawn_out, ..Place::of(&piece) };
            let before = memory.found.len();
            self.pieces(&word, place, memory);
            if is_in_tag {
                self.within_tag(&word.letters, place, memory);
            }
            // what has a name in it as spelt is not another name misspelt
            let is_named = memory.found[before..].iter().any(|found| found.cost <= NEAR_COST_MAX);
            let is_pieced = is_named || !word.joints.is_empty();
            self.word(&word.letters, shape, Place { is_pieced, ..place }, memory);
            piece
        });
        memory.word = word;
        piece
    }

    /// A word that is no name, nor a word of one, found out by its folded text: what most words are.
    fn no_name(&self, document: &Document, token: &Token, is_in_tag: bool, memory: &mut Memory) -> Option<Piece> {
        let folded = Some(document.token_text(token)).filter(|_| {
            !is_in_tag && token.original.end - token.original.start == token.folded.end - token.folded.start
        });
        let plain = Plain::of(folded?)?;
        let shape = Shape::of(plain.shapes().iter().copied());
        let is_ordinary = !plain.has_letter || self.ordinary.has(token.hash);
        let letters = plain.shapes().len();
        memory.near.clear();
        memory.near.extend(self.index.of_shape(shape));
        if !is_ordinary && may_slip(letters) {
            self.index.near(plain.shapes(), plain.sound(), shape, &mut memory.near);
        }
        let (position, position_end) = (token.position, token.position_end);
        let piece = Piece { shape, span: token.original, position, position_end, is_ordinary, letters };
        memory.near.is_empty().then_some(piece)
    }

    /// Each part between the signs of a word: `orbita.example`, `l'orbita`, `orbita's`.
    fn pieces(&self, word: &Word, place: Place, memory: &mut Memory) {
        let mut from = 0;
        let last = (!word.joints.is_empty()).then_some(word.letters.len());
        for to in word.joints.iter().copied().chain(last) {
            if let Some(letters) = word.letters.get(from..to).filter(|part| part.len() > 1) {
                self.part_of_word(letters, Place { is_drawn_out: false, ..place }, memory);
            }
            from = to;
        }
    }

    /// `#orbitafail`, `@orbita_help`, `#boycottorbita2024`.
    fn within_tag(&self, letters: &[Letter], place: Place, memory: &mut Memory) {
        let mut rest = letters;
        let figures = rest.iter().rev().take_while(|letter| letter.seen.is_ascii_digit()).count();
        if figures > 1 {
            rest = &rest[..rest.len() - figures];
        }
        for _ in 0..2 {
            let Some(shorter) = self.affixes.iter().find_map(|affix| without(rest, affix)) else { break };
            rest = shorter;
            self.part_of_word(rest, Place { is_tag: true, ..place }, memory);
        }
        if figures > 1 && rest.len() + figures == letters.len() {
            self.part_of_word(rest, Place { is_tag: true, ..place }, memory);
        }
    }

    fn part_of_word(&self, letters: &[Letter], place: Place, memory: &mut Memory) {
        let (Some(first), Some(last)) = (letters.first(), letters.last()) else { return };
        let span = Span { start: first.start, end: last.end };
        let shape = Shape::of(letters.iter().map(|letter| letter.shape));
        self.word(letters, shape, Place { span, is_ordinary: false, ..place }, memory);
    }

    /// Reads letters as names and as words of names.
    fn word(&self, letters: &[Letter], shape: Shape, place: Place, memory: &mut Memory) {
        let mut near = std::mem::take(&mut memory.near);
        near.clear();
        near.extend(self.index.of_shape(shape));
        let is_slip_possible = !place.is_ordinary && !place.is_pieced && may_slip(letters.len());
        if is_slip_possible {
            let mut shapes = ['\0'; letters::WORD_LETTERS_MAX];
            shapes.iter_mut().zip(letters).for_each(|(place, letter)| *place = letter.shape);
            self.index.near(&shapes[..letters.len()], Sound::of(letters), shape, &mut near);
        }
        near.sort_unstable();
        near.dedup();
        for spelling in &near {
            let Some(name) = self.spellings.get(*spelling as usize) else { continue };
            let found = match is_slip_possible {
                true => reading(letters, name, || self.is_protected(letters)),
                false => as_spelt(letters, &name.letters).filter(|found| found.why == Why::Exact || !place.is_ordinary),
            };
            if let Some(found) = found {
                self.uses(*spelling, found, letters, place, memory);
            }
        }
        memory.near = near;
        self.merged(letters, place, memory);
    }

    /// `rn` read as `m`, `vv` as `w`.
    fn merged(&self, letters: &[Letter], place: Place, memory: &mut Memory) {
        let twin = |pair: &[Letter]| match (pair[0].seen, pair[1].seen) {
            ('r', 'n') => Some('m'),
            ('v', 'v') => Some('w'),
            _ => None,
        };
        if !letters.windows(2).any(|pair| twin(pair).is_some()) {
            return;
        }
        let mut merged = std::mem::take(&mut memory.merged);
        merged.clear();
        let mut at = 0;
        while at < letters.len() {
            let pair = letters.get(at..at + 2);
            match pair.and_then(|pair| Some((pair, twin(pair)?))) {
                Some((pair, seen)) => {
                    let (start, end) = (pair[0].start, pair[1].end);
                    merged.push(Letter { seen, shape: shape(seen), is_trick: true, is_foreign: true, start, end });
                    at += 2;
                }
                None => {
                    merged.push(letters[at]);
                    at += 1;
                }
            }
        }
        let shape = Shape::of(merged.iter().map(|letter| letter.shape));
        for spelling in self.index.of_shape(shape) {
            let found = self.spellings.get(spelling as usize).and_then(|name| as_spelt(&merged, &name.letters));
            if let Some(found) = found.filter(|_| !place.is_ordinary) {
                self.uses(spelling, found, letters, place, memory);
            }
        }
        memory.merged = merged;
    }

    /// What a word that reads as a spelling is part of.
    fn uses(&self, spelling: u32, read: Reading, letters: &[Letter], place: Place, memory: &mut Memory) {
        let hash = (read.why > Why::Lookalike).then(|| hash_seen(letters));
        for used in self.uses.get(spelling as usize).into_iter().flatten() {
            let Some(name) = self.names.get(used.name as usize) else { continue };
            if hash.is_some_and(|hash| name.not.binary_search(&hash).is_ok()) {
                continue;
            }
            let found = place.found(used, read);
            if used.parts > 1 {
                memory.chain(used, found);
            } else if !read.needs_company {
                memory.found.push(found);
            }
        }
    }

    /// Two words that are one name: `or bita`. One of them at least is a word by itself nowhere.
    fn pair(&self, document: &Document, before: &Piece, after: &Piece, memory: &mut Memory) {
        let gap = document.original(Span { start: before.span.end, end: after.span.start });
        let span = Span { start: before.span.start, end: after.span.end };
        let place = Place { span, position: before.position, ..Place::of(after) };
        if matches!(gap, "$" | "@" | "!" | "|") {
            return self.spelt_with_sign(document, place, memory);
        }
        let are_short = before.letters < 2 || after.letters < 2;
        if !is_gap(gap) || are_short || (before.is_ordinary && after.is_ordinary) {
            return;
        }
        let Some(shape) =
            before.shape.joined(after.shape).filter(|_| before.letters + after.letters > SLIP_LETTERS_MIN)
        else {
            return;
        };
        if self.index.of_shape(shape).next().is_none() {
            return;
        }
        let mut word = std::mem::take(&mut memory.word);
        if word.read(document.original(span), span.start) {
            for spelling in self.index.of_shape(shape) {
                let found =
                    self.spellings.get(spelling as usize).and_then(|name| as_spelt(&word.letters, &name.letters));
                let is_whole = |used: &&Use| used.parts == 1 && used.why != Why::Joined;
                let whole = self.uses.get(spelling as usize).into_iter().flatten().filter(is_whole);
                for used in whole.filter(|_| found.is_some()) {
                    let found = Found { why: Why::Split, slip: Slip::None, cost: 1, ..place.found(used, SPELT) };
                    memory.found.push(found);
                }
            }
        }
        memory.word = word;
    }

    /// `orb!ta`: a sign for a letter.
    fn spelt_with_sign(&self, document: &Document, place: Place, memory: &mut Memory) {
        let mut word = std::mem::take(&mut memory.word);
        if word.read(document.original(place.span), place.span.start) {
            let shape = Shape::of(word.letters.iter().map(|letter| letter.shape));
            self.word(&word.letters, shape, Place { is_ordinary: false, ..place }, memory);
        }
        memory.word = word;
    }

    /// True for a word, or the inflection of one, that is no slip.
    fn is_protected(&self, letters: &[Letter]) -> bool {
        let is_ordinary = |letters: &[Letter]| self.ordinary.has(hash_seen(letters));
        let ends = |ending: &str| {
            let from = letters.len().checked_sub(ending.len()).filter(|from| *from > 2);
            from.filter(|from| letters[*from..].iter().map(|letter| letter.seen).eq(ending.chars()))
        };
        let inflected = |ending: &&str| ends(ending).is_some_and(|to| is_ordinary(&letters[..to]));
        is_ordinary(letters) || ["s", "es", "d", "ed", "r", "er", "ing", "ly", "n", "en"].iter().any(inflected)
    }
}

/// True for words long enough to be a slip of a name, or of a word of one.
fn may_slip(letters: usize) -> bool {
    letters >= SOUND_LETTERS_MIN
}

/// A reading that says nothing.
const SPELT: Reading = Reading { why: Why::Exact, slip: Slip::None, cost: 0, needs_company: false };

/// What may stand between the halves of a name.
fn is_gap(gap: &str) -> bool {
    let mut chars = gap.chars();
    let is_one =
        chars.next().is_some_and(|c| matches!(c, ' ' | '-' | '.' | '_' | '·' | '\u{a0}' | '\u{2010}'..='\u{2013}'));
    is_one && chars.next().is_none()
}

/// The hash of letters as they are seen.
fn hash_seen(letters: &[Letter]) -> u64 {
    let mut bytes = [0_u8; letters::WORD_LETTERS_MAX * 4];
    let mut length = 0;
    for letter in letters.iter().take(letters::WORD_LETTERS_MAX) {
        length += letter.seen.encode_utf8(&mut bytes[length..]).len();
    }
    hash_word(&bytes[..length])
}

/// Letters without an affix at their end or beginning; `None` where nothing long enough is left.
fn without<'l>(letters: &'l [Letter], affix: &[char]) -> Option<&'l [Letter]> {
    let rest = letters.len().checked_sub(affix.len()).filter(|rest| *rest > 1)?;
    let is_affix = |part: &[Letter]| part.iter().map(|letter| letter.seen).eq(affix.iter().copied());
    match (is_affix(&letters[rest..]), is_affix(&letters[..affix.len()])) {
        (true, _) => Some(&letters[..rest]),
        (_, true) => Some(&letters[affix.len()..]),
        _ => None,
    }
}

/// Where a word stands, and what is known of it.
#[derive(Debug, Clone, Copy)]
struct Place {
    span: Span,
    position: u32,
    position_end: u32,
    /// Only as spelt.
    is_ordinary: bool,
    /// Only as spelt or in look-alike letters: the parts between its signs are read apart.
    is_pieced: bool,
    is_tag: bool,
    is_drawn_out: bool,
}

impl Place {
    fn of(piece: &Piece) -> Self {
        let Piece { span, position, position_end, is_ordinary, .. } = *piece;
        Self { span, position, position_end, is_ordinary, is_pieced: false, is_tag: false, is_drawn_out: false }
    }

    fn found(&self, used: &Use, read: Reading) -> Found {
        let Self { span, position, position_end, is_tag, is_drawn_out, .. } = *self;
        let (why, slip, cost) = match (read.why, used.slip) {
            (Why::Exact, Slip::None) if is_drawn_out => (Why::Slip, Slip::DrawnOut, 2),
            (Why::Exact, Slip::None) if is_tag && used.parts == 1 => (Why::Joined, Slip::Tag, 1),
            (Why::Exact, slip) => (used.why, slip, u8::from(used.why != Why::Exact)),
            _ => (read.why, read.slip, read.cost),
        };
        Found { name: used.name, span, position, position_end, why, slip, cost }
    }
}

impl Memory {
    /// Begins a name of several words, or goes on with one.
    fn chain(&mut self, used: &Use, found: Found) {
        let is_inexact = found.cost > 1;
        if used.part == 0 {
            self.chains.retain(|chain| chain.found.position_end >= found.position);
            if self.chains.len() < CHAINS_MAX {
                self.chains.push(Chain { found, next: 1, is_inexact });
            }
            return;
        }
        for at in 0..self.chains.len() {
            let chain = self.chains[at];
            let goes_on = chain.found.name == used.name
                && chain.next == used.part
                && chain.found.position_end == found.position
                && !(chain.is_inexact && is_inexact);
            if !goes_on {
                continue;
            }
            let worst = if found.cost > chain.found.cost { found } else { chain.found };
            let span = Span { start: chain.found.span.start, end: found.span.end };
            let whole = Found {
                span,
                position: chain.found.position,
                position_end: found.position_end,
                cost: chain.found.cost.saturating_add(found.cost),
                ..worst
            };
            if used.part + 1 == used.parts {
                self.found.push(whole);
            } else {
                let is_inexact = chain.is_inexact || is_inexact;
                self.chains[at] = Chain { found: whole, next: used.part + 1, is_inexact };
            }
        }
    }

    /// Of names over the same letters the longest stays, then the nearest, then the first of the list.
    fn settle(&mut self) {
        self.found.sort_unstable_by_key(|found| {
            (found.span.start, std::cmp::Reverse(found.span.end), found.cost, found.name, found.slip)
        });
        let mut end = 0;
        self.found.retain(|found| {
            let stays = found.span.start >= end;
            if stays {
                end = found.span.end;
            }
            stays
        });
        self.found.truncate(FOUND_MAX);
    }
}
