//! What one word gives to the features wherever it stands: a pure function of its folded letters.
//!
//! That is what lets a word be read once and remembered (see [`super::vocabulary`]): nothing here may look at the text
//! around it.

use super::concepts::{Entry, Lexicon, Roles, STEM_LETTERS_MIN, plain};
use super::features::{Feature, WORD_ROWS, below, hash_letters, hash_str, mix, spelled_tokens, unit_of};
use super::tokens::{Cell, Reading};
use std::sync::LazyLock;

/// Words up to this length have no pieces worth reading.
const PIECE_WORD_MIN: usize = 4;
/// Pieces are read of so many characters of one word; a longer "word" is no word.
const PIECE_WORD_MAX: usize = 40;
/// Letters of a piece, the bounds of the word among them.
const PIECE_LETTERS: std::ops::RangeInclusive<usize> = 3..=5;
/// Most pieces of a word.
pub(crate) const PIECES_MAX: usize = 3 * PIECE_WORD_MAX;
/// Different concepts of one word that are read, more than any word has.
const CONCEPTS_MAX: usize = 15;
const SEED_PIECE: u64 = 0x54;

const NEGATORS: [&str; 40] = [
    "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "hardly", "barely", "cant",
    "cannot", "wont", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "aint", "couldnt", "wouldnt",
    "shouldnt", "havent", "hasnt", "hadnt", "nunca", "nada", "jamás", "não", "nao", "nem", "jamais", "pas", "nicht",
    "kein", "keine", "nie",
];

static NEGATOR_HASHES: LazyLock<[u64; NEGATORS.len()]> = LazyLock::new(|| NEGATORS.map(hash_str));

/// A word, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    /// Of its letters as they are counted.
    pub(crate) hash: u64,
    /// Of those without accents: its key in the lexicon, alone and in phrases.
    pub(crate) plain: u64,
    /// What it is about.
    pub(crate) concepts: Concepts,
    /// Letters were repeated to stress it.
    pub(crate) is_stretched: bool,
    /// It negates what follows.
    pub(crate) is_negator: bool,
    /// Digits stand among its letters.
    pub(crate) has_digits: bool,
    /// What it may be in phrases of the lexicon.
    pub(crate) roles: Roles,
}

impl Word {
    pub(crate) const NOTHING: Self = Self {
        hash: 0,
        plain: 0,
        concepts: Concepts { numbers: [0; CONCEPTS_MAX], count: 0 },
        is_stretched: false,
        is_negator: false,
        has_digits: false,
        roles: Roles::NONE,
    };
}

/// Numbers of concepts, each once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Concepts {
    numbers: [u8; CONCEPTS_MAX],
    count: u8,
}

impl Concepts {
    fn add(&mut self, entry: Option<&Entry>) {
        for &concept in entry.map_or(&[][..], Entry::as_slice) {
            let count = usize::from(self.count);
            if count < CONCEPTS_MAX && !self.as_slice().contains(&concept) {
                self.numbers[count] = concept;
                self.count += 1;
            }
        }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.numbers[..usize::from(self.count)]
    }
}

/// Reads a word; its letters as they are counted are left in `letters`.
pub(crate) fn read_word(cells: &[Cell], letters: &mut Vec<char>) -> Word {
    let is_stretched = normalize(cells, letters);
    let hash = hash_letters(letters.iter().copied());
    let (plain, concepts) = look_up(letters);
    let is_negator = NEGATOR_HASHES.contains(&hash);
    let has_digits = cells.iter().any(|cell| cell.ch.is_ascii_digit());
    Word { hash, plain, concepts, is_stretched, is_negator, has_digits, roles: Lexicon::shipped().roles(plain) }
}

/// The key of a word in the lexicon, and what its stems and it itself are about.
fn look_up(letters: &[char]) -> (u64, Concepts) {
    let (lexicon, mut concepts, mut hash) = (Lexicon::shipped(), Concepts::default(), 0);
    for (n, &letter) in letters.iter().take(PIECE_WORD_MAX).enumerate() {
        hash = mix(hash, u64::from(u32::from(plain(letter))));
        if n + 1 >= STEM_LETTERS_MIN {
            concepts.add(lexicon.stem(hash));
        }
    }
    concepts.add(lexicon.word(hash));
    (hash, concepts)
}

/// The pieces of a word with these letters: its runs of three to five, bounds included.
pub(crate) fn pieces(letters: &[char], mut emit: impl FnMut(u32)) {
    if letters.len() < PIECE_WORD_MIN {
        return;
    }
    let length = letters.len().min(PIECE_WORD_MAX);
    let at = |n: usize| if n == 0 || n > length { 0x20 } else { u64::from(u32::from(letters[n - 1])) };
    for from in 0..length {
        let mut hash = mix(mix(SEED_PIECE, at(from)), at(from + 1));
        for last in PIECE_LETTERS.map(|size| from + size - 1).take_while(|last| *last <= length + 1) {
            hash = mix(hash, at(last));
            emit(below(hash, WORD_ROWS));
        }
    }
}

/// Reads every word letter by letter and lists its pieces: how texts are read for learning.
#[derive(Debug, Default)]
pub(crate) struct Spelling {
    pub(crate) words: Vec<Word>,
    pub(crate) pieces: Vec<Feature>,
}

impl Spelling {
    pub(crate) fn read(&mut self, reading: &Reading) {
        let mut letters = Vec::new();
        for (at, token) in spelled_tokens(reading) {
            let unit = unit_of(at);
            self.words.push(read_word(reading.cells_of(token), &mut letters));
            pieces(&letters, |id| self.pieces.push(Feature { id, unit }));
        }
    }
}

/// Writes the word as it is counted: no apostrophes, no stretching, look-alikes and leet undone. True if stretched.
fn normalize(cells: &[Cell], letters: &mut Vec<char>) -> bool {
    letters.clear();
    let (mut ascii, mut digits, mut wide) = (0, 0, 0);
    let mut run = 0;
    let mut stretched = false;
    for cell in cells {
        if cell.ch == '\'' || cell.ch == '_' {
            continue;
        }
        run = if letters.last() == Some(&cell.ch) { run + 1 } else { 0 };
        if run >= 2 && !cell.ch.is_ascii_digit() {
            stretched = true;
            continue;
        }
        ascii += u32::from(cell.ch.is_ascii_alphabetic());
        digits += u32::from(cell.ch.is_ascii_digit());
        wide += u32::from(!cell.ch.is_ascii());
        letters.push(cell.ch);
    }
    if ascii >= 1 && wide >= 1 {
        letters.iter_mut().for_each(|c| *c = twin(*c));
    }
    if ascii >= 3 && digits >= 1 && digits <= ascii {
        unleet(letters);
    }
    stretched
}

/// The Latin letter a look-alike stands for.
fn twin(ch: char) -> char {
    match ch {
        'а' | 'α' => 'a',
        'е' => 'e',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'х' => 'x',
        'у' => 'y',
        'і' | 'ι' => 'i',
        'ѕ' => 's',
        'ј' => 'j',
        'к' => 'k',
        'т' => 't',
        'ν' => 'v',
        _ => ch,
    }
}

/// Undoes digits that stand for letters: those with a letter behind them.
fn unleet(letters: &mut [char]) {
    for i in 0..letters.len().saturating_sub(1) {
        if letters[i + 1].is_alphabetic() {
            letters[i] = match letters[i] {
                '0' => 'o',
                '1' => 'i',
                '3' => 'e',
                '4' => 'a',
                '5' => 's',
                '7' => 't',
                other => other,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        let reading = Reading::new(text);
        let mut letters = Vec::new();
        normalize(reading.cells_of(&reading.tokens[0]), &mut letters);
        letters.into_iter().collect()
    }

    #[test]
    fn words_are_counted_in_one_form() {
        for (text, want) in [
            ("Don’t", "dont"),
            ("sooooo", "soo"),
            ("0rbita", "orbita"),
            ("h4ck3d", "hacked"),
            ("раypal", "paypal"),
            ("2fa", "2fa"),
            ("привет", "привет"),
            ("x2", "x2"),
        ] {
            assert_eq!(normal(text), want, "{text}");
        }
    }

    #[test]
    fn no_word_has_more_pieces_than_told() {
        for (length, want) in [(3, 0), (4, 9), (PIECE_WORD_MAX, PIECES_MAX - 3), (500, PIECES_MAX - 3)] {
            let mut count = 0;
            pieces(&vec!['a'; length], |_| count += 1);
            assert_eq!(count, want, "{length}");
        }
    }
}
