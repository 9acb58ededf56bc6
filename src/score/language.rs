//! What tells the language: pieces of one to four letters of the words, the words and their longer ends, without
//! handles, links and hashtags; of a script that gives its language away, each letter only says which script it is.

use super::features::{LANGUAGE_BITS, hash_letters, mix, top};
use super::tokens::{Cell, Kind, Reading};

/// Letters read for the language: more does not help, and keeps the work bounded.
pub(crate) const LETTERS_MAX: usize = 240;
const SEED_LANGUAGE: u64 = 0x59;
const SEED_SCRIPT: u64 = 0x5E;
const SEED_WHOLE: u64 = 0x5F;
const SEED_BEGINNING: u64 = 0x60;
const SEED_ENDING: u64 = 0x61;
/// Letters of the beginning and of the ending of a longer word; a word no longer than a piece is one already.
const END_LETTERS: usize = 5;
const PIECE_LETTERS: usize = 4;

/// Ids of the pieces of a text's words, in place of others.
pub(crate) fn language_ids(reading: &Reading, ids: &mut Vec<u32>) {
    ids.clear();
    let mut seen = 0;
    for token in reading.tokens.iter().filter(|t| t.kind == Kind::Word) {
        let cells = reading.cells_of(token);
        word_ids(cells, |id| ids.push(id));
        seen += cells.len();
        if seen >= LETTERS_MAX {
            return;
        }
    }
}

/// Ids of the pieces of one word, its bounds included; of a very long one those of its beginning.
pub(crate) fn word_ids(cells: &[Cell], mut emit: impl FnMut(u32)) {
    let mut window = [0x20_u64; PIECE_LETTERS];
    for cell in cells.iter().take(LETTERS_MAX) {
        if let Some(script) = lone_script(cell.ch) {
            window = [0x20; PIECE_LETTERS];
            emit(top(mix(SEED_SCRIPT, u64::from(u32::from(script))), LANGUAGE_BITS));
        } else {
            shift(&mut window, u64::from(u32::from(cell.ch)), &mut emit);
        }
    }
    if window[0] != 0x20 {
        shift(&mut window, 0x20, &mut emit);
        whole(cells, &mut emit);
    }
}

/// Emits the word as a whole, and its beginning and ending, where they are longer than a piece.
fn whole(cells: &[Cell], emit: &mut impl FnMut(u32)) {
    let cells = &cells[..cells.len().min(LETTERS_MAX)];
    let mut part = |seed: u64, cells: &[Cell]| {
        emit(top(mix(seed, hash_letters(cells.iter().map(|c| c.ch))), LANGUAGE_BITS));
    };
    if cells.len() >= PIECE_LETTERS {
        part(SEED_WHOLE, cells);
    }
    if cells.len() > END_LETTERS {
        part(SEED_BEGINNING, &cells[..END_LETTERS]);
        part(SEED_ENDING, &cells[cells.len() - END_LETTERS..]);
    }
}

/// Adds a letter and emits the pieces that end with it, read backwards.
fn shift(window: &mut [u64; PIECE_LETTERS], letter: u64, emit: &mut impl FnMut(u32)) {
    *window = [letter, window[0], window[1], window[2]];
    let mut hash = SEED_LANGUAGE;
    for (size, &c) in window.iter().enumerate() {
        hash = mix(hash, c);
        if size > 0 || letter != 0x20 {
            emit(top(hash, LANGUAGE_BITS));
        }
        if size > 0 && c == 0x20 {
            return;
        }
    }
}

/// The script a letter is of, where only one of the languages we tell apart is written in it: one sign is enough
/// there, and its many pieces would only crowd the table. A letter stands for its script.
fn lone_script(ch: char) -> Option<char> {
    Some(match ch {
        // most letters are Latin: told first
        '\0'..='\u{036F}' => return None,
        // Greek, Hebrew, Devanagari, Bengali, Tamil, Telugu, Thai
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => '\u{0370}',
        '\u{0590}'..='\u{05FF}' => '\u{0590}',
        '\u{0900}'..='\u{097F}' => '\u{0900}',
        '\u{0980}'..='\u{09FF}' => '\u{0980}',
        '\u{0B80}'..='\u{0BFF}' => '\u{0B80}',
        '\u{0C00}'..='\u{0C7F}' => '\u{0C00}',
        '\u{0E00}'..='\u{0E7F}' => '\u{0E00}',
        // kana, Hangul
        '\u{3040}'..='\u{30FF}' => '\u{3040}',
        '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}' => '\u{AC00}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_bounded() {
        let mut ids = Vec::new();
        for text in ["ab ".repeat(50_000), "ab".repeat(50_000)] {
            language_ids(&Reading::new(&text), &mut ids);
            assert!(ids.len() < 1_500, "{}", ids.len());
        }
    }

    #[test]
    fn longer_words_are_told_by_their_ends_too() {
        let count = |text: &str| {
            let mut ids = Vec::new();
            language_ids(&Reading::new(text), &mut ids);
            ids.len()
        };
        // every piece that ends with a letter or with the end of the word
        let pieces = |letters: usize| 2 + 3 + 4 * (letters - 2) + 3;
        for (word, more) in [("für", 0), ("auch", 1), ("nicht", 1), ("werden", 3), ("geschwindigkeit", 3)] {
            assert_eq!(count(word), pieces(word.chars().count()) + more, "{word}");
        }
    }

    #[test]
    fn a_script_of_one_language_is_told_by_any_letter() {
        let ids = |text: &str| {
            let mut ids = Vec::new();
            language_ids(&Reading::new(text), &mut ids);
            ids
        };
        for (some, other) in [("ขอบคุณ", "เชียงใหม"), ("안녕", "세계"), ("καλή", "μέρα"), ("ありがと", "カタカナ")]
        {
            let mut kinds = [ids(some), ids(other)].concat();
            kinds.dedup();
            assert_eq!(kinds.len(), 1, "{some} {other}");
        }
        assert_eq!(ids("of").len(), 8);
    }
}
