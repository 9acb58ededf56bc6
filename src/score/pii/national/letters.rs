//! National ids that begin with letters. Each is asked with the place of its first letter, and says where it ends.

use super::checks::{codice_letter, curp_digit, dni_letter};
use crate::score::pii::cue::{self, Words};
use crate::score::pii::ends_run;

static NIE: Words = Words::new(&["nie", "nif"]);
static PAN: Words = Words::new(&["pan", "pancard", "income tax"]);

/// The word of `N` letters and digits at `start`, in upper case, if it ends there.
fn word<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    let end = start + N;
    let mut word: [u8; N] = bytes.get(start..end)?.try_into().ok()?;
    word.make_ascii_uppercase();
    (word.iter().all(u8::is_ascii_alphanumeric) && ends_run(bytes, end)).then_some(word)
}

/// True where `word` has the shape of `mask`: `A` a letter, `0` a digit, `*` either.
fn has_shape(word: &[u8], mask: &[u8]) -> bool {
    word.iter().zip(mask).all(|(b, mask)| match mask {
        b'A' => b.is_ascii_alphabetic(),
        b'0' => b.is_ascii_digit(),
        _ => true,
    })
}

fn is_upper(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| !b.is_ascii_lowercase())
}

/// Spain, foreigners: X, Y or Z, seven digits, the letter that checks them; dashes may stand between.
pub(in crate::score::pii) fn nie(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let dash = |at: usize| at + usize::from(bytes.get(at) == Some(&b'-'));
    let lead = u32::from(b"XYZ".iter().position(|b| *b == bytes[start].to_ascii_uppercase())? as u8);
    let from = dash(start + 1);
    let digits = bytes.get(from..from + 7)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(lead, |number, b| number * 10 + u32::from(b - b'0'));
    let last = dash(from + 7);
    let sound = bytes.get(last)?.to_ascii_uppercase() == dni_letter(number) && ends_run(bytes, last + 1);
    let plain = || is_upper(&bytes[start..=last]) && !cue::named_otherwise(text, start);
    (sound && (plain() || cue::near(text, start, last + 1, &NIE))).then_some(last + 1)
}

/// United Kingdom, National Insurance: two letters, six digits, A to D; in pairs or in one.
pub(in crate::score::pii) fn nino(bytes: &[u8], start: usize) -> Option<usize> {
    let (first, second) = (*bytes.get(start)?, *bytes.get(start + 1)?);
    let never = matches!(
        (first, second),
        (b'B', b'G') | (b'G', b'B') | (b'K' | b'T', b'N') | (b'N', b'K' | b'T') | (b'Z', b'Z')
    );
    if !first.is_ascii_uppercase() || !second.is_ascii_uppercase() || b"DFIQUV".contains(&first) {
        return None;
    }
    if never || b"DFIQUVO".contains(&second) {
        return None;
    }
    // a gap before each pair and the last letter, or none at all
    let spaced = bytes.get(start + 2) == Some(&b' ');
    let gap = |at: usize| (!spaced || bytes.get(at) == Some(&b' ')).then_some(at + usize::from(spaced));
    let mut at = start + 2;
    for _ in 0..3 {
        at = gap(at)?;
        bytes.get(at..at + 2).filter(|pair| pair.iter().all(u8::is_ascii_digit))?;
        at += 2;
    }
    at = gap(at)?;
    let suffix = bytes.get(at).is_some_and(|b| matches!(b, b'A'..=b'D'));
    (suffix && ends_run(bytes, at + 1)).then_some(at + 1)
}

/// Mexico, CURP: eighteen letters and digits with a date, a sex, a state and a check digit.
pub(in crate::score::pii) fn curp(bytes: &[u8], start: usize) -> Option<usize> {
    let word: [u8; 18] = word(bytes, start)?;
    let sound = has_shape(&word, b"AAAA000000AAAAAA*0") && is_date(&word[6..10]) && b"HMX".contains(&word[10]);
    (sound && curp_digit(&word[..17]) == word[17]).then_some(start + 18)
}

/// Month and day as four digits.
fn is_date(digits: &[u8]) -> bool {
    let pair = |at: usize| (digits[at] - b'0') * 10 + digits[at + 1] - b'0';
    matches!(pair(0), 1..=12) && matches!(pair(2), 1..=31)
}

/// India, tax: five letters of which the fourth says whose, four digits, a letter; only where it is named.
pub(in crate::score::pii) fn pan(text: &str, start: usize) -> Option<usize> {
    let word: [u8; 10] = word(text.as_bytes(), start)?;
    let sound = has_shape(&word, b"AAAAA0000A") && b"ABCFGHJLPTK".contains(&word[3]);
    let end = start + 10;
    (sound && cue::near(text, start, end, &PAN)).then_some(end)
}

/// Italy, fiscal code: sixteen letters and digits. A digit may be a letter where two people had the same; the first
/// never is here.
pub(in crate::score::pii) fn codice_fiscale(bytes: &[u8], start: usize) -> Option<usize> {
    let word: [u8; 16] = word(bytes, start)?;
    let digits = [6, 7, 9, 10, 12, 13, 14].iter().all(|&at| word[at].is_ascii_digit() || is_for_digit(word[at]));
    let sound = has_shape(&word, b"AAAAAA**A**A***A") && b"ABCDEHLMPRST".contains(&word[8]);
    (digits && sound && codice_letter(&word[..15]) == word[15]).then_some(start + 16)
}

fn is_for_digit(letter: u8) -> bool {
    b"LMNPQRSTUV".contains(&letter)
}
