//! The pieces that tell the language: one to four letters of the words, without handles, links and hashtags.

use super::features::{LANGUAGE_BITS, mix, top};
use super::tokens::{Cell, Kind, Reading};

/// Letters read for the language: more does not help, and keeps the work bounded.
pub(crate) const LETTERS_MAX: usize = 240;
const SEED_LANGUAGE: u64 = 0x59;

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
    let mut window = [0x20_u64; 4];
    for cell in cells.iter().take(LETTERS_MAX) {
        shift(&mut window, u64::from(u32::from(cell.ch)), &mut emit);
    }
    shift(&mut window, 0x20, &mut emit);
}

/// Adds a letter and emits the pieces that end with it, read backwards.
fn shift(window: &mut [u64; 4], letter: u64, emit: &mut impl FnMut(u32)) {
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
}
