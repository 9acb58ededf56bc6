//! Whether a word is a slip of a name, and which slip it is. Letters in, a reading out; knows no text.
//!
//! Edits are those of optimal string alignment (insert, delete, replace, swap of neighbours). A letter replaced by one
//! that people do not take it for (neither a neighbour on the keyboard, nor a vowel for a vowel, nor its look-alike)
//! counts twice. What ends like an inflection of the name (`orbitas`, `orbital`) is another word.

use super::letters::{Letter, Sound, shape};
use super::{Slip, Why};

/// Letters of the longest name.
pub const NAME_LETTERS_MAX: usize = 24;
/// Names shorter than this are found only as they are spelt, and in look-alike letters.
pub const SLIP_LETTERS_MIN: usize = 5;
/// From so many letters on two edits are allowed.
const TWO_EDITS_LETTERS_MIN: usize = 8;
/// From so many letters on two letters may be missing, or two more.
const TWO_MISSING_LETTERS_MIN: usize = 10;
/// Edits more that a word may have where it sounds like the name: `ph` for `f` is two.
const EDITS_OF_SOUND: u8 = 2;
/// Letters that a word, or a part of a name, must have to be known by its sound.
pub(super) const SOUND_LETTERS_MIN: usize = 3;
/// Letters of the longest word that can be near a name.
pub(super) const NEAR_LETTERS_MAX: usize = NAME_LETTERS_MAX + 4;

/// A name, or one word of it, as it is compared.
#[derive(Debug)]
pub(super) struct Spelling {
    pub letters: Box<[char]>,
    pub sound: Option<Sound>,
}

/// How a word reads as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub why: Why,
    pub slip: Slip,
    /// The lower the nearer; 0 as spelt.
    pub cost: u8,
    /// True when it says something only beside the other words of a name.
    pub needs_company: bool,
}

impl Reading {
    fn new(why: Why, slip: Slip, cost: u8) -> Self {
        Self { why, slip, cost, needs_company: false }
    }
}

/// Edits a name of so many letters may suffer.
pub(super) fn edits_allowed(letters: usize) -> u8 {
    match letters {
        TWO_EDITS_LETTERS_MIN.. => 2,
        SLIP_LETTERS_MIN.. => 1,
        _ => 0,
    }
}

/// How a word reads as a name; `None` where it does not. `is_protected` is asked last.
pub(super) fn reading(word: &[Letter], name: &Spelling, is_protected: impl FnOnce() -> bool) -> Option<Reading> {
    let letters = &name.letters[..];
    if let Some(same) = as_spelt(word, letters) {
        return Some(same);
    }
    if letters.len().min(word.len()) < SOUND_LETTERS_MIN || word.len() > NEAR_LETTERS_MAX {
        return None;
    }
    let sounds = || match (&name.sound, Sound::of(word)) {
        (Some(name), Some(word)) => name.as_bytes() == word.as_bytes(),
        _ => false,
    };
    if letters.len() < SLIP_LETTERS_MIN {
        let is_heard = word.len() == letters.len() && sounds() && !is_protected();
        let reading = Reading { needs_company: true, ..Reading::new(Why::Phonetic, Slip::Sound, 3) };
        return is_heard.then_some(reading);
    }
    let allowed = edits_allowed(letters.len());
    let found = match distance(word, letters, allowed, weight) {
        Some(edits) if is_plausible(word, letters, edits) => Some(slip_of(word, letters, edits, sounds)),
        _ => {
            let heard = distance(word, letters, allowed + EDITS_OF_SOUND, |_, _| 1).filter(|_| sounds());
            heard.map(|edits| Reading::new(Why::Phonetic, Slip::Sound, 2 + 2 * edits))
        }
    };
    found.filter(|_| !is_protected())
}

/// The name as spelt, or in look-alike letters.
pub(super) fn as_spelt(word: &[Letter], name: &[char]) -> Option<Reading> {
    let is_alike = word.len() == name.len() && word.iter().zip(name).all(|(letter, wanted)| letter.is(*wanted));
    let is_spelt = || word.iter().zip(name).all(|(letter, wanted)| letter.seen == *wanted && !letter.is_foreign);
    is_alike.then(|| match is_spelt() {
        true => Reading::new(Why::Exact, Slip::None, 0),
        false => Reading::new(Why::Lookalike, Slip::None, 1),
    })
}

/// Edits between a word and a name where they are at most `most`; `weight` is what replacing a letter counts.
fn distance(word: &[Letter], name: &[char], most: u8, weight: impl Fn(char, char) -> u8) -> Option<u8> {
    if word.len().abs_diff(name.len()) > usize::from(most) {
        return None;
    }
    let mut rows = [[0_u8; NAME_LETTERS_MAX + 1]; 3];
    for (column, cell) in (0_u8..).zip(rows[0].iter_mut().take(name.len() + 1)) {
        *cell = column;
    }
    for (row, letter) in word.iter().enumerate() {
        let (here, above, before) = ((row + 1) % 3, row % 3, (row + 2) % 3);
        rows[here][0] = u8::try_from(row + 1).unwrap_or(u8::MAX);
        let mut least = rows[here][0];
        for (column, wanted) in name.iter().enumerate() {
            let replaced = if letter.is(*wanted) { 0 } else { weight(letter.seen, *wanted) };
            let missing_or_more = rows[above][column + 1].min(rows[here][column]) + 1;
            let mut cell = missing_or_more.min(rows[above][column] + replaced);
            if row > 0 && column > 0 && word[row - 1].is(*wanted) && letter.is(name[column - 1]) {
                cell = cell.min(rows[before][column - 1] + 1);
            }
            rows[here][column + 1] = cell;
            least = least.min(cell);
        }
        if least > most.saturating_add(1) {
            return None;
        }
    }
    Some(rows[word.len() % 3][name.len()]).filter(|edits| *edits <= most)
}

/// What a letter in place of another counts.
fn weight(seen: char, wanted: char) -> u8 {
    let are_alike = shape(seen) == shape(wanted);
    if are_alike || are_neighbors(seen, wanted) || (is_vowel(seen) && is_vowel(wanted)) { 1 } else { 2 }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// True for keys beside each other on a keyboard (QWERTY, and where QWERTZ has y and z).
pub(super) fn are_neighbors(one: char, other: char) -> bool {
    let swapped = |c| match c {
        'y' => 'z',
        'z' => 'y',
        c => c,
    };
    let touch = |one, other| match (key_place(one), key_place(other)) {
        (Some((row, x)), Some((other_row, other_x))) => match row.abs_diff(other_row) {
            0 => x.abs_diff(other_x) == KEY_WIDTH,
            1 => x.abs_diff(other_x) < KEY_WIDTH,
            _ => false,
        },
        _ => false,
    };
    touch(one, other) || touch(swapped(one), swapped(other))
}

/// Width of a key, in quarters of one: rows are shifted against each other by one and by two.
const KEY_WIDTH: usize = 4;

/// Row, and where in it, in quarters of a key.
fn key_place(letter: char) -> Option<(usize, usize)> {
    const ROWS: [(&str, usize); 3] = [("qwertyuiop", 0), ("asdfghjkl", 1), ("zxcvbnm", 3)];
    let in_row = |(row, (keys, shift)): (usize, &(&str, usize))| Some((row, keys.find(letter)? * KEY_WIDTH + shift));
    ROWS.iter().enumerate().find_map(in_row)
}

/// Whether people slip so: what is left out are other words that happen to be near.
fn is_plausible(word: &[Letter], name: &[char], edits: u8) -> bool {
    let (more, fewer) = (word.len() > name.len(), word.len() < name.len());
    let common = prefix(word, name);
    if edits > 1 {
        let is_long = name.len() >= TWO_MISSING_LETTERS_MIN;
        let is_end = common == word.len().min(name.len()) && more != fewer;
        return word[0].is(name[0]) && !is_end && (is_long || word.len().abs_diff(name.len()) < 2);
    }
    let last = name.len() - 1;
    match (more, fewer) {
        (true, _) => is_plausible_addition(word, name, common),
        (_, true) if common == word.len() => is_plausible_cut(name),
        (_, true) => common > 0 || name.len() > SLIP_LETTERS_MIN,
        _ if is_swapped(word, name, common) => common > 0 || name.len() > SLIP_LETTERS_MIN,
        _ => {
            let (seen, wanted) = (word[common].seen, name[common]);
            let is_vowel_for_vowel = common > 0 && common < last && is_vowel(seen) && is_vowel(wanted);
            is_vowel_for_vowel || shape(seen) == shape(wanted) || are_neighbors(seen, wanted)
        }
    }
}

/// Whether a letter too many, at `at`, is a slip.
fn is_plausible_addition(word: &[Letter], name: &[char], at: usize) -> bool {
    let added = word[at].seen;
    let touches = |place: usize| name.get(place).is_some_and(|beside| are_neighbors(added, *beside));
    if at == name.len() {
        // endings of the five languages make another word of a name
        let is_ending = "sdrnlyaeo".contains(added);
        return added == name[at - 1] || (touches(at - 1) && !is_ending);
    }
    match at {
        0 => touches(0),
        _ => name.len() > SLIP_LETTERS_MIN || added == name[at - 1] || touches(at) || touches(at - 1),
    }
}

/// Whether a name without its last letter is a slip: not where that reads as its singular.
fn is_plausible_cut(name: &[char]) -> bool {
    match name {
        [.., before, 's'] => matches!(before, 'u' | 's' | 'i') && name.len() > SLIP_LETTERS_MIN,
        _ => name.len() > SLIP_LETTERS_MIN,
    }
}

fn is_swapped(word: &[Letter], name: &[char], at: usize) -> bool {
    match (word.get(at..at + 2), name.get(at..at + 2)) {
        (Some([one, other]), Some(wanted)) => one.is(wanted[1]) && other.is(wanted[0]),
        _ => false,
    }
}

/// How many letters both begin with.
fn prefix(word: &[Letter], name: &[char]) -> usize {
    word.iter().zip(name).take_while(|(letter, wanted)| letter.is(**wanted)).count()
}

/// Names a slip that was found plausible.
fn slip_of(word: &[Letter], name: &[char], edits: u8, sounds: impl FnOnce() -> bool) -> Reading {
    if edits > 1 {
        let is_one = || distance(word, name, 1, |_, _| 1).is_some();
        let (why, slip) = match sounds() {
            true => (Why::Phonetic, Slip::Sound),
            false if is_one() => (Why::Slip, Slip::Replaced),
            false => (Why::Slip, Slip::Several),
        };
        return Reading::new(why, slip, 2 + 2 * edits);
    }
    let at = prefix(word, name);
    let (slip, cost) = if word.len() > name.len() {
        if word[at].seen == word[at - usize::from(at > 0)].seen && at > 0 {
            (Slip::Doubled, 2)
        } else {
            (Slip::Added, 4)
        }
    } else if word.len() < name.len() {
        if at > 0 && name[at] == name[at - 1] { (Slip::Single, 2) } else { (Slip::Missing, 4) }
    } else if is_swapped(word, name, at) {
        (Slip::Swapped, 3)
    } else if shape(word[at].seen) == shape(name[at]) {
        (Slip::Alike, 2)
    } else if are_neighbors(word[at].seen, name[at]) {
        (Slip::Neighbor, 3)
    } else {
        (Slip::Replaced, 4)
    };
    let is_of_sound = matches!(slip, Slip::Added | Slip::Missing | Slip::Neighbor | Slip::Replaced) && sounds();
    if is_of_sound { Reading::new(Why::Phonetic, Slip::Sound, 3) } else { Reading::new(Why::Slip, slip, cost) }
}
