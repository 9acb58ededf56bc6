//! What numbers and words with digits look like: an amount, a share, a short code, a phone number, "150ppm".
//!
//! The same digits are hardly ever met twice, their shape is. Pure functions of a token and the signs that touch it: no
//! token is made of a sign, and nothing is read that is not next to digits.

use super::features::mix;
use super::tokens::{Cell, Reading, Token};

/// The last step of a count of digits: longer numbers look alike.
const DIGITS_MAX: usize = 13;
const PHONE_DIGITS_MIN: usize = 9;
const SHORT_CODE_DIGITS: usize = 5;
const SEED_NUMBER: u64 = 0x23;
const SEED_SIGN: u64 = 0x24;
const SEED_SHAPE: u64 = 0x25;

/// What stands beside a number and says what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Money = 1,
    Percent,
    Plus,
}

/// How a number looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) digits: usize,
    /// It has a point, a comma or a colon inside.
    is_pointed: bool,
    /// Phone numbers begin with a zero, amounts hardly ever.
    is_zero_led: bool,
    pub(crate) sign: Option<Sign>,
}

impl Look {
    pub(crate) fn of(reading: &Reading, token: &Token) -> Self {
        let cells = reading.cells_of(token);
        let digits = cells.iter().filter(|cell| cell.ch.is_ascii_digit()).count();
        let at = |place: Option<usize>| place.and_then(|place| reading.cells.get(place)).map_or(' ', |cell| cell.ch);
        let before = at((token.from as usize).checked_sub(1));
        let behind = at(Some(token.to as usize));
        let sign = match (before, behind) {
            ('£' | '$' | '€', _) | (_, '£' | '$' | '€') => Some(Sign::Money),
            (_, '%') => Some(Sign::Percent),
            (_, '+') => Some(Sign::Plus),
            _ => None,
        };
        Self { digits, is_pointed: digits < cells.len(), is_zero_led: at(Some(token.from as usize)) == '0', sign }
    }

    /// As many digits as phone numbers have, in a row.
    pub(crate) fn is_phone(&self) -> bool {
        self.digits >= PHONE_DIGITS_MIN
    }

    /// As many as the short numbers that are written to have.
    pub(crate) fn is_short_code(&self) -> bool {
        self.digits == SHORT_CODE_DIGITS && !self.is_pointed
    }

    /// The hash of how many digits it has, and how they stand.
    pub(crate) fn class(&self) -> u64 {
        let digits = self.digits.min(DIGITS_MAX) as u64;
        mix(SEED_NUMBER, digits << 2 | u64::from(self.is_pointed) << 1 | u64::from(self.is_zero_led))
    }

    /// The hash of its sign.
    pub(crate) fn sign_hash(&self) -> Option<u64> {
        self.sign.map(|sign| mix(SEED_SIGN, sign as u64))
    }

    /// The hash of what it may be, in a few kinds: what it is in pairs with the words around it.
    pub(crate) fn kind(&self) -> u64 {
        let kind = match (self.sign, self.digits) {
            (Some(Sign::Money), _) => 7,
            (Some(Sign::Percent), _) => 8,
            (_, 0..=2) => 1,
            _ if self.is_pointed => 2,
            (_, 3..=4) => 3,
            (_, 5..=6) => 4,
            (_, 7..=8) => 5,
            _ => 6,
        };
        mix(SEED_NUMBER, kind)
    }
}

/// The hash of how a word with digits looks: what follows the digits it begins with ("150ppm" and "50ppm" are one),
/// else how often letters and digits change.
pub(crate) fn shape(cells: &[Cell]) -> u64 {
    let is_digit = |cell: &Cell| cell.ch.is_ascii_digit();
    let led = cells.iter().take_while(|cell| is_digit(cell)).count();
    let tail = &cells[led..];
    if led > 0 && !tail.iter().any(is_digit) {
        return tail.iter().fold(SEED_SHAPE, |hash, cell| mix(hash, u64::from(u32::from(cell.ch))));
    }
    let changes = cells.windows(2).filter(|two| is_digit(&two[0]) != is_digit(&two[1])).count() as u64;
    mix(SEED_SHAPE, changes.min(3) << 33 | u64::from(led > 0) << 32)
}

/// How names of sites end that people write without a scheme.
const SITE_ENDS: [&str; 14] =
    ["com", "net", "org", "co", "info", "biz", "tv", "uk", "de", "fr", "es", "br", "io", "me"];

/// Whether a word ends the name of a site: `kino.example.com`, `kino.co`.
pub(crate) fn ends_site(reading: &Reading, token: &Token) -> bool {
    let cells = &reading.cells[..token.from as usize];
    let [.., before, point] = cells else { return false };
    let letters = reading.cells_of(token);
    let is_end = |end: &&str| end.len() == letters.len() && end.chars().zip(letters).all(|(ch, cell)| cell.ch == ch);
    point.ch == '.' && before.ch.is_alphanumeric() && SITE_ENDS.iter().any(is_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        let reading = Reading::new(text);
        Look::of(&reading, &reading.tokens[0])
    }

    #[test]
    fn signs_next_to_a_number_are_read() {
        for (text, want) in [
            ("£5", Some(Sign::Money)),
            ("20€", Some(Sign::Money)),
            ("$1,200", Some(Sign::Money)),
            ("50%", Some(Sign::Percent)),
            ("18+", Some(Sign::Plus)),
            ("£ 5", None),
            ("5", None),
        ] {
            assert_eq!(look(text).sign, want, "{text}");
        }
    }

    #[test]
    fn numbers_of_one_kind_look_alike() {
        for (a, b, alike) in [
            ("82242", "60601", true),
            ("09061200418", "08712400602", true),
            ("82242", "09061200418", false),
            ("£200", "$9.99", true),
            ("200", "£200", false),
            ("12:30", "2003", false),
        ] {
            assert_eq!(look(a).kind() == look(b).kind(), alike, "{a} {b}");
        }
        assert_ne!(look("02071234567").class(), look("12071234567").class());
    }

    #[test]
    fn sites_are_known_by_their_ends() {
        let ends = |text: &str| {
            let reading = Reading::new(text);
            reading.tokens.iter().any(|token| ends_site(&reading, token))
        };
        for (text, want) in [
            ("see kino.com now", true),
            ("Kino.co.uk", true),
            ("call me.com on", true),
            ("good.but late", false),
            ("ok .com", false),
            ("com", false),
        ] {
            assert_eq!(ends(text), want, "{text}");
        }
    }

    #[test]
    fn words_with_digits_look_alike_by_what_follows() {
        let shape = |text: &str| shape(&Reading::new(text).cells);
        for (a, b, alike) in [
            ("150ppm", "50ppm", true),
            ("150p", "150ppm", false),
            ("HL4", "M20", true),
            ("W1J6HL", "EC1A", false),
            ("4U", "U4", false),
        ] {
            assert_eq!(shape(a) == shape(b), alike, "{a} {b}");
        }
    }
}
