//! Folding: the one form in which queries and texts meet, with a map back to the original.
//!
//! NFKC, full case folding, accents and other detachable marks dropped, invisible characters dropped, every
//! apostrophe straight. Marks that are letters in their script (Thai vowels, Indic viramas, kana voicing) stay.
//! Linear in the length of the text but for runs of kept marks, which are sorted. Never loses the way back: every
//! folded range has an original range on character boundaries.

use super::Span;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_compatible};

/// Bytes of a text that are read; what lies beyond is not seen. Keeps every offset within 32 bits.
pub const TEXT_BYTES_MAX: usize = 128 << 20;

/// A folded text and the way back to its original.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// Where each part of it came from.
    pub map: OffsetMap,
    /// Memory for [`Folder::marks`].
    marks: Vec<Mark>,
}

/// A kept mark with its class and where it came from.
type Mark = (u8, char, Range<u32>);

/// From byte ranges of the folded text to byte ranges of the original.
#[derive(Debug, Clone, Default)]
pub struct OffsetMap {
    /// Ascending by `folded`; empty when folding moved nothing (ASCII).
    pieces: Vec<Piece>,
}

/// A folded range and where it came from: byte for byte when the lengths are equal, else as one whole.
#[derive(Debug, Clone)]
struct Piece {
    folded: Range<u32>,
    original: Range<u32>,
}

impl Piece {
    fn is_verbatim(&self) -> bool {
        self.folded.len() == self.original.len()
    }
}

impl OffsetMap {
    /// The original range of a non-empty folded range. A letter takes the marks dropped after it along.
    #[must_use]
    pub fn original(&self, folded: Range<u32>) -> Span {
        if self.pieces.is_empty() {
            return Span { start: folded.start, end: folded.end };
        }
        Span { start: self.start(folded.start), end: self.end(folded.end) }
    }

    fn piece_at(&self, folded: u32) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.folded.start <= folded);
        after.checked_sub(1).and_then(|index| self.pieces.get(index))
    }

    fn start(&self, folded: u32) -> u32 {
        self.piece_at(folded).map_or(0, |piece| {
            let inside = if piece.is_verbatim() { folded - piece.folded.start } else { 0 };
            piece.original.start + inside
        })
    }

    fn end(&self, folded: u32) -> u32 {
        self.piece_at(folded.saturating_sub(1)).map_or(0, |piece| {
            if piece.is_verbatim() && folded < piece.folded.end {
                piece.original.start + (folded - piece.folded.start)
            } else {
                piece.original.end
            }
        })
    }
}

/// Folds a text and remembers where everything came from.
#[must_use]
pub fn fold(text: &str) -> Folded {
    let mut folded = Folded::default();
    fold_into(text, &mut folded);
    folded
}

/// Folds a text in place of another one, in the same memory.
pub(crate) fn fold_into(text: &str, folded: &mut Folded) {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    folded.text.clear();
    folded.map.pieces.clear();
    if text.is_ascii() {
        folded.text.push_str(text);
        folded.text.make_ascii_lowercase();
        return;
    }
    let mut folder = Folder::reusing(folded, text.len());
    let mut rest = text.char_indices();
    while let Some((start, c)) = rest.next() {
        let source = place(start)..place(rest.offset());
        if c.is_ascii() {
            folder.push(c.to_ascii_lowercase(), &source);
        } else if stays_as_it_is(c) {
            folder.push(c, &source);
        } else {
            fold_char(c, |folded| folder.push(folded, &source), true);
            folder.dropped_until(source.end);
        }
    }
    *folded = folder.finish();
}

/// The folded text alone.
#[must_use]
pub fn fold_str(text: &str) -> String {
    fold(text).text
}

/// Texts are cut at [`TEXT_BYTES_MAX`], and folding lengthens a character at most elevenfold: 32 bits hold every place.
fn place(byte: usize) -> u32 {
    u32::try_from(byte).expect("a text is cut before its offsets leave 32 bits")
}

/// Scripts without case or detachable marks, whose characters fold to themselves; saves the table look-ups.
fn stays_as_it_is(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{304a}' | '\u{4e00}'..='\u{9fff}' | '\u{1f300}'..='\u{1f9ff}')
}

/// Emits what one character folds to, alone and before composition; marks that would be dropped are not among it.
pub(super) fn for_each_folded(c: char, emit: impl FnMut(char)) {
    fold_char(c, emit, true);
}

/// Emits what one character folds to before composition; marks are left out where `drop_marks`.
fn fold_char(c: char, mut emit: impl FnMut(char), drop_marks: bool) {
    normal_chars(c, |plain| {
        if drop_marks && is_detachable_mark(plain) {
            return;
        }
        for folded in case_folded(plain) {
            normal_chars(folded, |again| {
                if !(drop_marks && is_detachable_mark(again)) {
                    emit(again);
                }
            });
        }
    });
}

/// Compatibility decomposition without invisible characters, with every apostrophe straight.
fn normal_chars(c: char, mut emit: impl FnMut(char)) {
    if is_apostrophe(c) {
        return emit('\'');
    }
    // A trademark sign is a sign, not the letters t and m at the end of a name.
    if matches!(c, '\u{2122}' | '\u{2120}') {
        return emit(c);
    }
    decompose_compatible(c, |part| {
        if is_apostrophe(part) {
            emit('\'');
        } else if !is_ignorable(part) && !is_ignorable(c) {
            emit(part);
        }
    });
}

/// Full case folding: the lower case of the upper case, which also opens ß and evens out ς.
fn case_folded(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{b4}' | '\u{ff07}')
}

/// Marks that are written onto a letter without making another one: accents, points, overlays, frames.
/// Kept: nuktas (7), kana voicing (8), viramas (9) and the vowel and tone signs of Thai, Lao, Tibetan, Telugu.
fn is_detachable_mark(c: char) -> bool {
    if matches!(c, '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}') {
        return true;
    }
    matches!(canonical_combining_class(c), 1 | 10..=36 | 200..=240)
}

/// Default-ignorable code points (Unicode's `DerivedCoreProperties`): invisible, a common trick to split words.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Puts decomposed characters into canonical order, composes them again and keeps the map.
struct Folder {
    out: String,
    pieces: Vec<Piece>,
    /// The last starter in `out`, when the next character may still compose with it.
    starter: Option<(usize, char)>,
    /// Kept marks since that starter, waiting to be ordered.
    marks: Vec<Mark>,
}

impl Folder {
    /// Writes into the memory of an emptied text.
    fn reusing(folded: &mut Folded, bytes: usize) -> Self {
        let Folded { text: mut out, map: OffsetMap { pieces }, marks } = std::mem::take(folded);
        out.reserve(bytes);
        Self { out, pieces, starter: None, marks }
    }

    fn push(&mut self, c: char, source: &Range<u32>) {
        if c.is_ascii() {
            self.settle_marks();
            self.starter = None;
            return self.append(c, source);
        }
        let class = canonical_combining_class(c);
        if class != 0 {
            self.marks.push((class, c, source.clone()));
            return;
        }
        self.settle_marks();
        if !self.compose_with_starter(c, source) {
            self.starter = Some((self.out.len(), c));
            self.append(c, source);
        }
    }

    fn settle_marks(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        let mut marks = std::mem::take(&mut self.marks);
        if !marks.is_sorted_by_key(|(class, ..)| *class) {
            // Marks that change places cannot be told apart in the original: each is the whole run.
            let run = marks[0].2.start..marks[marks.len() - 1].2.end;
            marks.iter_mut().for_each(|(.., source)| *source = run.clone());
            marks.sort_by_key(|(class, ..)| *class);
        }
        for (_, c, source) in marks.drain(..) {
            // Composes only while nothing was written since the starter, which is when nothing can block it.
            if !self.compose_with_starter(c, &source) {
                self.append(c, &source);
            }
        }
        self.marks = marks;
    }

    fn compose_with_starter(&mut self, c: char, source: &Range<u32>) -> bool {
        let Some((at, starter)) = self.starter else { return false };
        if at + starter.len_utf8() != self.out.len() {
            return false;
        }
        let Some(whole) = compose(starter, c) else { return false };
        let original = self.take_last_char(at).start..source.end;
        self.append(whole, &original);
        self.starter = Some((at, whole));
        true
    }

    /// Removes the character that starts at `at` and is the last one; returns its original range.
    fn take_last_char(&mut self, at: usize) -> Range<u32> {
        let at_place = place(at);
        self.out.truncate(at);
        let Some(mut piece) = self.pieces.pop() else { return 0..0 };
        if piece.folded.start == at_place {
            return piece.original;
        }
        // Only a verbatim piece holds several characters.
        let start = piece.original.start + (at_place - piece.folded.start);
        let taken = start..piece.original.end;
        piece.folded.end = at_place;
        piece.original.end = start;
        self.pieces.push(piece);
        taken
    }

    fn append(&mut self, c: char, source: &Range<u32>) {
        let start = place(self.out.len());
        self.out.push(c);
        let end = place(self.out.len());
        if let Some(last) = self.pieces.last_mut()
            && last.is_verbatim()
            && last.original.end == source.start
            && source.len() == c.len_utf8()
        {
            last.folded.end = end;
            last.original.end = source.end;
            return;
        }
        self.pieces.push(Piece { folded: start..end, original: source.clone() });
    }

    /// Lets the last character own what was dropped after it.
    fn dropped_until(&mut self, end: u32) {
        if self.marks.is_empty()
            && let Some(last) = self.pieces.last_mut()
            && last.original.end < end
        {
            // Within a verbatim run only its last character may grow: give it a piece of its own.
            let width = self.out.chars().next_back().map_or(0, |c| place(c.len_utf8()));
            if last.is_verbatim() && place(last.folded.len()) > width {
                let (folded, original) = (last.folded.end, last.original.end);
                last.folded.end -= width;
                last.original.end -= width;
                self.pieces.push(Piece { folded: folded - width..folded, original: original - width..end });
            } else {
                last.original.end = end;
            }
        }
    }

    fn finish(mut self) -> Folded {
        self.settle_marks();
        Folded { text: self.out, map: OffsetMap { pieces: self.pieces }, marks: self.marks }
    }
}

/// The letters of a word with what folding takes away: for query words that insist on marks or case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exact {
    letters: Vec<Letter>,
    keeps_case: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Letter {
    base: char,
    marks: Vec<char>,
}

impl Exact {
    /// Reads a word; `keeps_case` makes upper and lower case different.
    #[must_use]
    pub fn new(word: &str, keeps_case: bool) -> Self {
        Self { letters: letters(word, keeps_case), keeps_case }
    }

    /// True when upper and lower case are different.
    #[must_use]
    pub fn keeps_case(&self) -> bool {
        self.keeps_case
    }

    /// The letters with their marks: a word that reads back as this one.
    #[must_use]
    pub fn text(&self) -> String {
        let chars =
            self.letters.iter().flat_map(|letter| std::iter::once(letter.base).chain(letter.marks.iter().copied()));
        chars.nfc().collect()
    }

    /// True when folding would lose nothing that this word insists on.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.keeps_case && self.letters.iter().all(|letter| letter.marks.is_empty())
    }

    /// True when `original` has every letter, and every mark this word has. A bare letter takes any mark.
    #[must_use]
    pub fn accepts(&self, original: &str) -> bool {
        self.accepts_chars(original.chars())
    }

    /// As [`Self::accepts`], for a word that is not in one piece.
    #[must_use]
    pub fn accepts_chars(&self, original: impl Iterator<Item = char>) -> bool {
        let seen = self.compared(original, |_| false);
        seen.agrees && seen.letters == self.letters.len()
    }

    /// As [`Self::accepts`], for a word that is only the beginning, with `any` standing for any letter.
    #[must_use]
    pub fn accepts_start(&self, original: &str, any: char) -> bool {
        let seen = self.compared(original.chars(), |base| base == any);
        seen.agrees && seen.letters >= self.letters.len()
    }

    /// Reads a word beside this one, letter by letter, without memory of its own.
    fn compared(&self, original: impl Iterator<Item = char>, is_any: impl Fn(char) -> bool) -> Compared<'_> {
        let mut compared = Compared { wanted: &self.letters, letters: 0, marks: Marks::default(), agrees: true };
        for_each_plain(original, self.keeps_case, |c| compared.push(c, &is_any));
        compared.end_letter();
        compared
    }
}

/// A word as far as it was read beside the letters that are wanted.
struct Compared<'e> {
    wanted: &'e [Letter],
    /// Letters read so far.
    letters: usize,
    /// Of the last letter read.
    marks: Marks,
    agrees: bool,
}

impl Compared<'_> {
    fn push(&mut self, c: char, is_any: impl Fn(char) -> bool) {
        if self.letters > 0 && is_detachable_mark(c) {
            return self.marks.add(c);
        }
        self.end_letter();
        let wanted = self.wanted.get(self.letters);
        self.agrees &= wanted.is_none_or(|wanted| is_any(wanted.base) || wanted.base == c);
        self.letters += 1;
        self.marks = Marks { any: wanted.is_none_or(|wanted| is_any(wanted.base)), ..Marks::default() };
    }

    fn end_letter(&mut self) {
        let last = self.letters.checked_sub(1).and_then(|last| self.wanted.get(last));
        self.agrees &=
            last.is_none_or(|wanted| self.marks.any || wanted.marks.is_empty() || self.marks.are(&wanted.marks));
    }
}

/// Marks on one letter that are compared; a letter in a text may carry any number.
const MARKS_MAX: usize = 16;

/// The marks of one letter, sorted and without repeats.
#[derive(Default)]
struct Marks {
    chars: [char; MARKS_MAX],
    count: usize,
    /// More than are compared: equal to nothing.
    too_many: bool,
    /// Whatever they are is fine.
    any: bool,
}

impl Marks {
    fn add(&mut self, mark: char) {
        let Err(at) = self.chars[..self.count].binary_search(&mark) else { return };
        if self.count == MARKS_MAX {
            self.too_many = true;
            return;
        }
        self.chars[at..=self.count].rotate_right(1);
        self.chars[at] = mark;
        self.count += 1;
    }

    fn are(&self, wanted: &[char]) -> bool {
        !self.too_many && self.chars[..self.count] == *wanted
    }
}

fn letters(word: &str, keeps_case: bool) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(word.len());
    let mut push = |c: char| match letters.last_mut() {
        Some(letter) if is_detachable_mark(c) => letter.marks.push(c),
        _ => letters.push(Letter { base: c, marks: Vec::new() }),
    };
    for_each_plain(word.chars(), keeps_case, &mut push);
    for letter in &mut letters {
        letter.marks.sort_unstable();
        letter.marks.dedup();
    }
    letters
}

/// Calls `emit` with what a word is made of: letters, folded unless case is kept, and marks after theirs.
fn for_each_plain(word: impl Iterator<Item = char>, keeps_case: bool, mut emit: impl FnMut(char)) {
    for c in word {
        if keeps_case {
            normal_chars(c, &mut emit);
        } else {
            fold_char(c, &mut emit, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_to_the_plain_form() {
        for (text, folded) in [
            ("NIMBUS", "nimbus"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("\u{1e9e}", "ss"),
            ("café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("ＮＩＭＢＵＳ　ｐａｙ", "nimbus pay"),
            ("n\u{200b}im\u{ad}bus", "nimbus"),
            ("ﬁne", "fine"),
            ("levi’s", "levi's"),
            ("levi＇s", "levi's"),
            ("don´t", "don't"),
            ("Σίσυφος", "σισυφοσ"),
            ("İstanbul", "istanbul"),
            ("Nimbus™", "nimbus™"),
            ("ｻｯｶｰ", "サッカー"),
            ("ｶﾞ", "ガ"),
            ("か\u{3099}", "が"),
            ("삼성", "삼성"),
            ("\u{1109}\u{1161}\u{11b7}", "삼"),
            ("ผู้เริ่ม", "ผู้เริ่ม"),
            ("𝓷𝓲𝓶𝓫𝓾𝓼", "nimbus"),
            ("Ёлка й", "елка и"),
            ("1\u{fe0f}\u{20e3}", "1"),
            ("👍\u{1f3ff}", "👍\u{1f3ff}"),
        ] {
            assert_eq!(fold_str(text), folded, "{text}");
        }
    }

    fn original_of<'t>(text: &'t str, folded: &Folded, range: Range<usize>) -> &'t str {
        let span = folded.map.original(place(range.start)..place(range.end));
        &text[span.start as usize..span.end as usize]
    }

    #[test]
    fn maps_back_to_the_original() {
        for (text, needle, original) in [
            ("a CAFÉ b", "cafe", "CAFÉ"),
            ("a cafe\u{301} b", "cafe", "cafe\u{301}"),
            ("ab\u{301}c", "b", "b\u{301}"),
            ("ab\u{301}c", "a", "a"),
            ("ab\u{301}c", "c", "c"),
            ("x n\u{200b}imbus y", "nimbus", "n\u{200b}imbus"),
            ("«Straße»", "strasse", "Straße"),
            ("é ｶﾞ b", "ガ", "ｶﾞ"),
            ("é \u{1109}\u{1161}\u{11b7} b", "삼", "\u{1109}\u{1161}\u{11b7}"),
            ("ﷺ nimbus", "nimbus", "nimbus"),
            ("任天堂だ", "天堂", "天堂"),
        ] {
            let folded = fold(text);
            let at = folded.text.find(needle).expect("the needle is in the folded text");
            assert_eq!(original_of(text, &folded, at..at + needle.len()), original, "{text}");
        }
    }

    #[test]
    fn a_mark_in_the_query_asks_for_it() {
        let accepts = |query: &str, text: &str| Exact::new(query, false).accepts(text);
        assert!(accepts("café", "CAFÉ"));
        assert!(accepts("café", "cafe\u{301}"));
        assert!(!accepts("café", "cafe"));
        assert!(!accepts("café", "cafè"));
        assert!(accepts("cafe", "café"));
        assert!(accepts("résume", "résumé"));
        assert!(!accepts("résume", "resumé"));
        assert!(Exact::new("BT", true).accepts("BT"));
        assert!(!Exact::new("BT", true).accepts("bt"));
        assert!(Exact::new("L’Oréal", true).accepts("L'Oréal"));
        assert!(Exact::new("nimbus", false).is_plain());
    }

    #[test]
    fn every_character_folds_to_a_fixed_point() {
        for c in '\0'..=char::MAX {
            let once = fold_str(&format!("é{c}"));
            assert_eq!(fold_str(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn long_runs_cost_their_length() {
        let text = format!("a{}\u{e01}{}", "\u{301}".repeat(200_000), "\u{e48}\u{e38}".repeat(100_000));
        let folded = fold(&text);
        assert!(folded.text.starts_with("a\u{e01}"));
        assert_eq!(fold(&format!("é{}", "a".repeat(1 << 20))).text.len(), (1 << 20) + 1);
    }

    proptest! {
        #[test]
        fn folding_is_idempotent_and_maps_to_boundaries(text in "[aAéßﷺ\u{301}\u{200b}\u{e48}\u{3099}かｶﾞ삼\u{1100}\u{1161}👍' ]{0,24}") {
            let folded = fold(&text);
            prop_assert_eq!(&fold_str(&folded.text), &folded.text);
            let mut last = 0;
            for (start, c) in folded.text.char_indices() {
                let span = folded.map.original(place(start)..place(start + c.len_utf8()));
                prop_assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
                prop_assert!(span.start < span.end && span.start >= last);
                last = span.start;
            }
        }

        #[test]
        fn a_slow_and_the_fast_path_agree(text in "[ -~]{0,40}") {
            let slow = fold(&format!("{text}é"));
            prop_assert_eq!(format!("{}e", fold(&text).text), slow.text);
        }
    }
}
