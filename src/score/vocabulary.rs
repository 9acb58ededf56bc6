//! Words met before: what each gives to the sums of a text, remembered, so that a common word costs one look-up.
//!
//! What is remembered is a pure function of the word and the model's tables, compared letter by letter: scores are the
//! same whatever was read before. Memory is bounded: two words per key, the latest stay.

use super::ahead::fetch;
use super::artefact::{LANGUAGES_MAX, Parts};
use super::features::{mix, row_of, spelled_tokens, top, unit_of};
use super::heads::STRIDE;
use super::language::{LETTERS_MAX, word_ids};
use super::rows::{Total, sum_rows, sum_run};
use super::tokens::{Cell, Kind, PLAIN_WORD_MAX, PackedWord, Reading, Token};
use super::word::{PIECES_MAX, Word, pieces, read_word};

/// Words remembered: all but the rare ones of a stream in several languages, in 4 MB.
const WORDS_REMEMBERED: usize = 1 << 14;
const PLACES: usize = WORDS_REMEMBERED / 2;
/// Bytes of the letters of a word that is remembered; longer ones are rare.
const LETTER_BYTES_MAX: usize = PLAIN_WORD_MAX;

const _: () = assert!(PIECES_MAX < 256 && LETTER_BYTES_MAX * 4 + 6 < 256, "sums of a word fit 16 bits");

/// What the pieces of a text's words sum up to.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) pieces: Total<STRIDE>,
    pub(crate) piece_count: usize,
    /// The part of each word's unit, for telling it back.
    pub(crate) by_unit: Vec<(u32, [i16; STRIDE])>,
    pub(crate) language: LanguageSum,
}

/// What the pieces that tell the language sum up to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LanguageSum {
    pub(crate) columns: Total<LANGUAGES_MAX>,
    pub(crate) count: usize,
    letters: usize,
}

impl LanguageSum {
    fn wants_more(&self) -> bool {
        self.letters < LETTERS_MAX
    }
}

impl Sums {
    fn add_pieces(&mut self, unit: u32, sum: &[i16; STRIDE], count: u16) {
        if count > 0 {
            self.pieces.add(sum, count);
            self.piece_count += usize::from(count);
            self.by_unit.push((unit, *sum));
        }
    }

    fn clear(&mut self) {
        let mut by_unit = std::mem::take(&mut self.by_unit);
        by_unit.clear();
        *self = Self { by_unit, ..Self::default() };
    }
}

/// One word and what it gives, in whole cache lines. Words are far from each other in memory, so those of a text are
/// fetched together.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Known {
    letters: PackedWord,
    /// Bytes of the letters; none where nothing is remembered.
    length: u8,
    given: Given,
}

#[derive(Debug, Clone, Copy)]
struct Given {
    word: Word,
    pieces: [i16; STRIDE],
    piece_count: u16,
    /// None until it is asked for: long texts tell their language by their first words.
    language: Option<([i16; LANGUAGES_MAX], u16)>,
}

impl Given {
    const NOTHING: Self = Self { word: Word::NOTHING, pieces: [0; STRIDE], piece_count: 0, language: None };
}

impl Known {
    const NOTHING: Self = Self { letters: [0; LETTER_BYTES_MAX / 8], length: 0, given: Given::NOTHING };

    /// Something of its beginning, its middle and its end.
    fn ends(&self) -> [u8; 3] {
        let language = self.given.language.map_or(0, |(sum, _)| sum[LANGUAGES_MAX - 1]);
        [self.length, self.given.pieces[0] as u8, language as u8]
    }

    fn is(&self, key: &Key) -> bool {
        // number by number: a comparison of all bytes at once would wait until the key, just made, is in memory
        let differs = self.letters.iter().zip(key.letters).fold(0, |differs, (own, other)| differs | (own ^ other));
        (differs == 0) & (self.length == key.length)
    }
}

/// Marks of the two latest words of one place: a part of their hashes, and which was met last. Small, and so at hand:
/// they tell which of the two a word may be without a look at either.
#[derive(Debug, Clone, Copy)]
struct Marks {
    of: [u32; 2],
    latest: u8,
}

impl Marks {
    const NOTHING: Self = Self { of: [0; 2], latest: 0 };

    /// Where a word is, if it is there, else where it comes: in place of the one met earlier.
    fn find(&self, mark: u32) -> usize {
        // which of the two it is cannot be guessed: it is counted, not asked
        let [one, other] = self.of.map(|of| of == mark);
        usize::from(if one | other { other } else { self.latest == 0 })
    }

    /// The same of a word that is met.
    fn meet(&mut self, mark: u32) -> usize {
        let at = self.find(mark);
        self.of[at] = mark;
        self.latest = at as u8;
        at
    }
}

/// Words met before, of one model.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Empty until the first word, and for ever where nothing is to be remembered.
    marks: Vec<Marks>,
    /// Two for each place.
    known: Vec<Known>,
    is_forgetful: bool,
    spelled: Spelled,
    /// Memory for the next words of a text, by their places in it.
    keys: Vec<(u32, Option<Key>)>,
    /// The words of a text.
    words: Vec<Word>,
}

/// Memory for a word that is read letter by letter.
#[derive(Debug, Default)]
struct Spelled {
    letters: Vec<char>,
    /// Rows of its pieces, listed before they are summed: their look-ups need not wait for each other.
    ids: Vec<u32>,
}

impl Vocabulary {
    /// One that remembers nothing: for a single text.
    pub(crate) fn forgetful() -> Self {
        Self { is_forgetful: true, ..Self::default() }
    }

    /// Forgets all words.
    pub(crate) fn clear(&mut self) {
        self.marks.fill(Marks::NOTHING);
        self.known.fill(Known::NOTHING);
    }

    fn remembers(&mut self) -> bool {
        if self.marks.is_empty() && !self.is_forgetful {
            self.marks = vec![Marks::NOTHING; PLACES];
            self.known = vec![Known::NOTHING; WORDS_REMEMBERED];
        }
        !self.is_forgetful
    }

    /// Reads the words of a text and sums anew; the language only where it is asked for.
    pub(crate) fn read(&mut self, parts: &Parts, reading: &Reading, reads_language: bool, sums: &mut Sums) -> &[Word] {
        sums.clear();
        self.words.clear();
        let remembers = self.remembers();
        let key_of = |token: &Token| Key::of(reading, token).filter(|_| remembers);
        let mut tokens = spelled_tokens(reading);
        let mut keys = std::mem::take(&mut self.keys);
        loop {
            keys.clear();
            keys.extend(tokens.by_ref().take(FETCHED).map(|(at, token)| (at, key_of(token))));
            fetch(keys.iter().filter_map(|(_, key)| key.as_ref()).flat_map(|key| self.known[self.find(key)].ends()));
            for (at, key) in &keys {
                let token = &reading.tokens[*at as usize];
                let reads_language = reads_language && token.kind == Kind::Word && sums.language.wants_more();
                let word = WordToRead { cells: reading.cells_of(token), unit: unit_of(*at), reads_language };
                let word = match key {
                    Some(key) => self.read_word(parts, key, &word, sums),
                    None => self.spelled.read_long(parts, &word, sums),
                };
                self.words.push(word);
            }
            if keys.len() < FETCHED {
                break;
            }
        }
        self.keys = keys;
        &self.words
    }

    /// Where a word is or comes.
    fn find(&self, key: &Key) -> usize {
        2 * key.place + self.marks[key.place].find(key.mark)
    }

    fn read_word(&mut self, parts: &Parts, key: &Key, word: &WordToRead<'_>, sums: &mut Sums) -> Word {
        let Self { marks, known, spelled, .. } = self;
        let known = &mut known[2 * key.place + marks[key.place].meet(key.mark)];
        if !known.is(key) {
            *known = Known { letters: key.letters, length: key.length, given: spelled.given(parts, word.cells) };
        }
        let given = &mut known.given;
        sums.add_pieces(word.unit, &given.pieces, given.piece_count);
        if word.reads_language {
            let (sum, count) = given.language.get_or_insert_with(|| spelled.language(parts, word.cells));
            sums.language.columns.add(sum, *count);
            sums.language.count += usize::from(*count);
            sums.language.letters += word.cells.len();
        }
        given.word
    }
}

/// Words that are fetched together before one is read.
const FETCHED: usize = 32;

/// A word of a text, and what is to be read of it.
struct WordToRead<'a> {
    cells: &'a [Cell],
    unit: u32,
    reads_language: bool,
}

/// The letters of a word, how many bytes they are, and where it is remembered under which mark.
#[derive(Debug)]
struct Key {
    letters: PackedWord,
    length: u8,
    mark: u32,
    place: usize,
}

impl Key {
    /// Nothing where the letters are too many.
    fn of(reading: &Reading, token: &Token) -> Option<Self> {
        let cells = reading.cells_of(token);
        let (letters, length) = match reading.plain_word(token) {
            Some(letters) => (letters, cells.len()),
            None => utf8(cells)?,
        };
        let hash = letters.iter().fold(0, |hash, eight| mix(hash, *eight));
        let (place, mark) = (top(hash, PLACES.ilog2()) as usize, hash as u32);
        Some(Self { letters, length: u8::try_from(length).ok()?, mark, place })
    }
}

/// The letters and how many bytes they are; nothing where they are too many.
fn utf8(cells: &[Cell]) -> Option<(PackedWord, usize)> {
    let (mut letters, mut length) = ([0; LETTER_BYTES_MAX], 0);
    for cell in cells {
        let width = cell.ch.len_utf8();
        cell.ch.encode_utf8(letters.get_mut(length..length + width)?);
        length += width;
    }
    let (eights, _) = letters.as_chunks::<8>();
    Some((std::array::from_fn(|at| u64::from_le_bytes(eights[at])), length))
}

impl Spelled {
    /// What a word is, and the sum and number of its pieces.
    fn word(&mut self, parts: &Parts, cells: &[Cell]) -> (Word, [i16; STRIDE], u16) {
        let Self { letters, ids } = self;
        let word = read_word(cells, letters);
        ids.clear();
        pieces(letters, |id| ids.push(row_of(id)));
        let (sum, count) = sum_run(&parts.main, &mut ids.iter().copied());
        (word, sum, count)
    }

    /// A word that is too long to be remembered, or where nothing is.
    fn read_long(&mut self, parts: &Parts, word: &WordToRead<'_>, sums: &mut Sums) -> Word {
        let (read, pieces, piece_count) = self.word(parts, word.cells);
        sums.add_pieces(word.unit, &pieces, piece_count);
        if word.reads_language {
            let ids = &mut self.ids;
            ids.clear();
            word_ids(word.cells, |id| ids.push(id));
            sums.language.columns.add_large(&sum_rows(&parts.language, ids.iter().copied()));
            sums.language.count += ids.len();
            sums.language.letters += word.cells.len();
        }
        read
    }

    fn given(&mut self, parts: &Parts, cells: &[Cell]) -> Given {
        let (word, pieces, piece_count) = self.word(parts, cells);
        Given { word, pieces, piece_count, language: None }
    }

    /// The sum and number of the pieces that tell the language.
    fn language(&mut self, parts: &Parts, cells: &[Cell]) -> ([i16; LANGUAGES_MAX], u16) {
        self.ids.clear();
        word_ids(cells, |id| self.ids.push(id));
        sum_run(&parts.language, &mut self.ids.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::super::artefact::tests::small;
    use super::super::features::{Feature, extract, walk};
    use super::super::language::language_ids;
    use super::*;
    use proptest::prelude::*;

    /// A model in which every row is another one.
    fn parts() -> Parts {
        let mut parts = small();
        let weight = |row: usize, column: usize| (((row * 31 + column * 17) >> 3) % 251) as i32 - 125;
        for (row, weights) in parts.main.iter_mut().enumerate() {
            *weights = std::array::from_fn(|column| weight(row, column) as i8).into();
        }
        for (row, weights) in parts.language.iter_mut().enumerate() {
            *weights = std::array::from_fn(|column| weight(row, column) as i8).into();
        }
        parts
    }

    /// What is remembered must equal what is read letter by letter.
    fn check(parts: &Parts, vocabulary: &mut Vocabulary, text: &str) {
        let reading = Reading::new(text);
        let (mut sums, mut features) = (Sums::default(), super::super::features::Features::default());
        walk(&reading, vocabulary.read(parts, &reading, true, &mut sums), &mut features);
        let naive = extract(&reading);
        let ids = |list: &[Feature]| list.iter().map(|f| (f.id, f.unit)).collect::<Vec<_>>();
        assert_eq!(ids(&features.words), ids(&naive.words), "{text}");
        assert_eq!(ids(&features.concepts), ids(&naive.concepts), "{text}");
        assert_eq!(sums.piece_count, naive.pieces.len(), "{text}");
        assert_eq!(sums.pieces.get(), sum_rows(&parts.main, naive.pieces.iter().map(Feature::row)), "{text}");
        for (unit, sum) in &sums.by_unit {
            let of_unit = naive.pieces.iter().filter(|f| f.unit == *unit).map(Feature::row);
            assert_eq!(sum.map(i32::from), sum_rows(&parts.main, of_unit), "{text}");
        }
        let mut language = Vec::new();
        language_ids(&reading, &mut language);
        assert_eq!(sums.language.count, language.len(), "{text}");
        assert_eq!(sums.language.columns.get(), sum_rows(&parts.language, language.iter().copied()), "{text}");
    }

    #[test]
    fn words_are_remembered_as_they_are_read() {
        let parts = parts();
        for mut vocabulary in [Vocabulary::default(), Vocabulary::forgetful()] {
            let long = "langewortverbindung".repeat(9);
            for text in [
                "",
                "I can't log in, can't pay 😡 #CantLogIn",
                "привет",
                long.as_str(),
                "I can't log in again",
                "150ppm 4U",
            ] {
                check(&parts, &mut vocabulary, text);
            }
            assert_eq!(vocabulary.known.is_empty(), vocabulary.is_forgetful);
        }
    }

    #[test]
    fn random_texts_in_one_memory() {
        let (parts, vocabulary) = (parts(), std::cell::RefCell::new(Vocabulary::default()));
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
        let texts = "([a-eé#@ ]{1,6}|nicht|refund|soooo |ПРИВЕТ |[0-9]{1,4}[a-z% ]|[!?.]{1,3}){0,90}";
        let ran = runner.run(&texts, |text| {
            check(&parts, &mut vocabulary.borrow_mut(), &text);
            Ok(())
        });
        assert!(ran.is_ok(), "{ran:?}");
    }
}
