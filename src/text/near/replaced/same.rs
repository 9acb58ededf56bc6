//! Words of templates that are one word in two spellings, or two words that say the same.

use super::super::super::are_within;
use super::align::is_unspaced;
use super::words;

/// Edits that a word may have, in percent of its letters, and always one.
const EDITS: usize = 28;
/// Letters that the end of a word may have more: of its plural, or of another tense.
const ENDING_LETTERS: usize = 3;
/// Beginnings that make a word say the opposite, as they look: `un`, `in`, `im`, `ir`, `dis`, `des`.
const DENYING: [&str; 6] = ["un", "ln", "lm", "lr", "dls", "des"];
/// Letters of the shortest word that one of them is before.
const DENIED_LETTERS_MIN: usize = 4;
/// Consonants of the shortest word that is left of one without its vowels, and of one that has kept some.
const CONSONANTS_MIN: usize = 2;
const CONSONANTS_BESIDE_VOWELS_MIN: usize = 4;

/// True for one word in two spellings, or two that say the same. A character of a script without spaces is itself only.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let is_character = |word: &str| !word.is_ascii() && word.contains(is_unspaced);
    let meaning = words::meaning(one);
    let begins = |word: &str, longer: &str| longer.starts_with(word) && longer.len() - word.len() <= ENDING_LETTERS;
    one == other
        || !(are_opposite(one, other) || is_character(one) || is_character(other))
            && ((meaning.is_some() && meaning == words::meaning(other))
                || begins(one, other)
                || begins(other, one)
                || is_near(one, other)
                || has_same_letters(one, other)
                || is_without_vowels(one, other)
                || is_without_vowels(other, one))
}

/// True where one is the other with a beginning that denies it: `possible`, `impossible`.
pub(super) fn are_opposite(one: &str, other: &str) -> bool {
    let is_denied = |longer: &str, word: &str| {
        word.len() >= DENIED_LETTERS_MIN && longer.strip_suffix(word).is_some_and(|start| DENYING.contains(&start))
    };
    is_denied(one, other) || is_denied(other, one)
}

/// True where few letters differ.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let letters = |word: &str| word.replace("rn", "m").chars().collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    let shorter = one.len().min(other.len());
    are_within(&one, &other, (shorter * EDITS / 100).max(1))
}

/// True for a word whose letters changed places, however often each is there: doubled ones are single in a template.
fn has_same_letters(one: &str, other: &str) -> bool {
    let has_all = |word: &str, letters: &str| letters.chars().all(|letter| word.contains(letter));
    one.chars().next() == other.chars().next()
        && one.chars().next_back() == other.chars().next_back()
        && has_all(one, other)
        && has_all(other, one)
}

/// True for a word of which another one left vowels out, `i` among them, which looks like `l`.
fn is_without_vowels(word: &str, other: &str) -> bool {
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'o' | 'u');
    let consonants = |word: &str| word.chars().filter(|c| !is_vowel(*c) && *c != 'l').collect::<String>();
    let left = consonants(word);
    let least = if word.contains(is_vowel) { CONSONANTS_BESIDE_VOWELS_MIN } else { CONSONANTS_MIN };
    left.len() >= least && left == consonants(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_and_words_of_one_meaning() {
        for (one, other) in [
            ("lamp", "lapm"),
            ("parcel", "parcels"),
            ("broken", "damaged"),
            ("candles", "cndls"),
            ("apparently", "apprntly"),
            ("storm", "storrn"),
            ("never", "nveer"),
            ("arrived", "arived"),
        ] {
            assert!(is_same_as_written(one, other) && is_same_as_written(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("lamp", "sofa"),
            ("possible", "impossible"),
            ("friendly", "unfriendly"),
            ("banking", "parking"),
            ("wine", "ink"),
            ("train", "tram"),
            ("冷", "炊"),
        ] {
            assert!(!is_same_as_written(one, other) && !is_same_as_written(other, one), "{one} {other}");
        }
    }

    fn is_same_as_written(one: &str, other: &str) -> bool {
        let look = |word| super::super::super::claim::looks(&mut crate::text::Template::default(), word);
        is_same(&look(one), &look(other))
    }
}
