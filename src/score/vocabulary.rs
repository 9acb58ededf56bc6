//! Words met before: what each gives to the sums of a text, remembered, so that a common word costs one look-up.
//!
//! What is remembered is a pure function of the word and the model's tables, compared letter by letter: scores are the
//! same whatever was read before. Memory is bounded: two words per key, the latest stay.

use super::artefact::{LANGUAGES_MAX, Parts};
use super::features::{Words, mix, top};
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

/// One word and what it gives, in whole cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Known {
    letters: PackedWord,
    /// Bytes of the letters; none where nothing is remembered.
    length: u8,
    /// Met after the other one of its key.
    is_latest: bool,
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
    const NOTHING: Self =
        Self { letters: [0; LETTER_BYTES_MAX / 8], length: 0, is_latest: false, given: Given::NOTHING };

    fn is(&self, key: &Key) -> bool {
        // number by number: a comparison of all bytes at once would wait until the key, just made, is in memory
        let differs = self.letters.iter().zip(key.letters).fold(0, |differs, (own, other)| differs | (own ^ other));
        (differs == 0) & (self.length == key.length)
    }
}

/// The two latest words of one key.
#[derive(Debug, Clone, Copy)]
struct Place([Known; 2]);

impl Place {
    const NOTHING: Self = Self([Known::NOTHING; 2]);

    /// What a word gives; worked out where neither is this word, in place of the one met earlier.
    fn given(&mut self, key: &Key, give: impl FnOnce() -> Given) -> &mut Given {
        // which of the two it is cannot be guessed, and a wrong guess would wait for memory: it is counted, not asked
        let [one, other] = [self.0[0].is(key), self.0[1].is(key)];
        let is_known = one | other;
        let place = usize::from(if is_known { other } else { self.0[0].is_latest });
        let known = &mut self.0[place];
        if !is_known {
            *known = Known { letters: key.letters, length: key.length, is_latest: true, given: give() };
        }
        self.0[place].is_latest = true;
        self.0[1 - place].is_latest = false;
        &mut self.0[place].given
    }
}

/// Words met before, of one model.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Empty until the first word, and for ever where nothing is to be remembered.
    places: Vec<Place>,
    is_forgetful: bool,
    spelled: Spelled,
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
        self.places.fill(Place::NOTHING);
    }

    fn remembers(&mut self) -> bool {
        if self.places.is_empty() && !self.is_forgetful {
            self.places = vec![Place::NOTHING; PLACES];
        }
        !self.is_forgetful
    }
}

/// Reads the words of one text.
pub(crate) struct Reader<'a> {
    parts: &'a Parts,
    vocabulary: &'a mut Vocabulary,
    sums: &'a mut Sums,
    reads_language: bool,
}

impl<'a> Reader<'a> {
    /// Sums anew; the language only where it is asked for.
    pub(crate) fn new(
        parts: &'a Parts,
        vocabulary: &'a mut Vocabulary,
        sums: &'a mut Sums,
        reads_language: bool,
    ) -> Self {
        sums.clear();
        Self { parts, vocabulary, sums, reads_language }
    }

    /// Of a word that is too long to be remembered, or where nothing is.
    fn read_long(&mut self, cells: &[Cell], unit: u32, is_word: bool) -> Word {
        let (word, pieces, piece_count) = self.vocabulary.spelled.word(self.parts, cells);
        self.sums.add_pieces(unit, &pieces, piece_count);
        if is_word && self.reads_language && self.sums.language.wants_more() {
            let ids = &mut self.vocabulary.spelled.ids;
            ids.clear();
            word_ids(cells, |id| ids.push(id));
            let sum = sum_rows(&self.parts.language, ids.iter().copied());
            let language = &mut self.sums.language;
            language.columns.add_large(&sum);
            language.count += ids.len();
            language.letters += cells.len();
        }
        word
    }
}

impl Words for Reader<'_> {
    fn read(&mut self, reading: &Reading, token: &Token, unit: u32) -> Word {
        let (cells, is_word) = (reading.cells_of(token), token.kind == Kind::Word);
        let Some(key) = Key::of(reading, token).filter(|_| self.vocabulary.remembers()) else {
            return self.read_long(cells, unit, is_word);
        };
        let Vocabulary { places, spelled, .. } = &mut *self.vocabulary;
        let given = places[key.place].given(&key, || spelled.given(self.parts, cells));
        self.sums.add_pieces(unit, &given.pieces, given.piece_count);
        if is_word && self.reads_language && self.sums.language.wants_more() {
            let (sum, count) = given.language.get_or_insert_with(|| spelled.language(self.parts, cells));
            let language = &mut self.sums.language;
            language.columns.add(sum, *count);
            language.count += usize::from(*count);
            language.letters += cells.len();
        }
        given.word
    }
}

/// The letters of a word, how many bytes they are, and where it is remembered.
struct Key {
    letters: PackedWord,
    length: u8,
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
        Some(Self { letters, length: u8::try_from(length).ok()?, place: top(hash, PLACES.ilog2()) as usize })
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
        pieces(letters, |id| ids.push(id));
        let (sum, count) = sum_run(&parts.main, &mut ids.iter().copied());
        (word, sum, count)
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
            weights.0.iter_mut().enumerate().for_each(|(column, w)| *w = weight(row, column) as i8);
        }
        for (row, weights) in parts.language.iter_mut().enumerate() {
            weights.0.iter_mut().enumerate().for_each(|(column, w)| *w = weight(row, column) as i8);
        }
        parts
    }

    /// What is remembered must equal what is read letter by letter.
    fn check(parts: &Parts, vocabulary: &mut Vocabulary, text: &str) {
        let reading = Reading::new(text);
        let (mut sums, mut features) = (Sums::default(), super::super::features::Features::default());
        walk(&reading, &mut Reader::new(parts, vocabulary, &mut sums, true), &mut features);
        let naive = extract(&reading);
        let ids = |list: &[Feature]| list.iter().map(|f| (f.id, f.unit)).collect::<Vec<_>>();
        assert_eq!(ids(&features.words), ids(&naive.words), "{text}");
        assert_eq!(ids(&features.concepts), ids(&naive.concepts), "{text}");
        assert_eq!(sums.piece_count, naive.pieces.len(), "{text}");
        assert_eq!(sums.pieces.get(), sum_rows(&parts.main, naive.pieces.iter().map(|f| f.id)), "{text}");
        for (unit, sum) in &sums.by_unit {
            let of_unit = naive.pieces.iter().filter(|f| f.unit == *unit).map(|f| f.id);
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
            for text in ["", "I can't log in, can't pay 😡 #CantLogIn", "привет", long.as_str(), "I can't log in again"]
            {
                check(&parts, &mut vocabulary, text);
            }
        }
        assert!(Vocabulary::forgetful().places.is_empty());
    }

    #[test]
    fn random_texts_in_one_memory() {
        let (parts, vocabulary) = (parts(), std::cell::RefCell::new(Vocabulary::default()));
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
        let texts = "([a-eé#@ ]{1,6}|nicht|refund|soooo |ПРИВЕТ |[0-9]{1,4} |[!?.]{1,3}){0,30}";
        let ran = runner.run(&texts, |text| {
            check(&parts, &mut vocabulary.borrow_mut(), &text);
            Ok(())
        });
        assert!(ran.is_ok(), "{ran:?}");
    }
}
