//! The shingles of a text, by their hashes, and the keys chosen from them.
//!
//! Letters of ASCII, which most are, make a shingle that is a number as it stands; others are spread first, so that a
//! shingle has one hash whatever text it is in.

/// Letters of a shingle, and of one whose hash is a key: longer ones are rarer, so fewer texts share them by chance.
const SHINGLE: usize = 4;
const KEY_SHINGLE: usize = 5;
/// Keys of a text: the least hash of each part of the range of all hashes, where it has one (Li, Owen and Zhang 2012).
pub(super) const KEYS: usize = 12;
/// Letters of a text that are compared; what follows counts in the fingerprint only.
pub(super) const LETTERS_MAX: usize = 4096;

/// Hashes of a text, in memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Shingles {
    /// Of all its shingles, in their order.
    pub(super) hashes: Vec<u32>,
    /// Ascending.
    pub(super) keys: Vec<u32>,
    letters: Vec<u64>,
}

impl Shingles {
    /// Reads the letters of a text in place of another one's.
    pub(super) fn read(&mut self, letters: &str) {
        let Self { hashes, keys, letters: spread } = self;
        hashes.clear();
        keys.clear();
        let mut least = [NO_KEY; KEYS];
        if letters.is_ascii() {
            let letters = &letters.as_bytes()[..letters.len().min(LETTERS_MAX)];
            hashes.extend(letters.array_windows().map(|run| hash_of(packed(run))));
            letters.array_windows().for_each(|run| keep_least(&mut least, key_of(longer(run))));
        } else {
            spread.clear();
            spread.extend(letters.chars().take(LETTERS_MAX).map(value));
            hashes.extend(spread.array_windows::<SHINGLE>().map(|run| hash_of(row(run))));
            spread.array_windows::<KEY_SHINGLE>().for_each(|run| keep_least(&mut least, key_of(row(run))));
        }
        keys.extend(least.into_iter().filter(|key| *key != NO_KEY));
    }
}

/// Stands where no shingle has its hash.
const NO_KEY: u32 = u32::MAX;

fn keep_least(least: &mut [u32; KEYS], hash: u32) {
    let part = (u64::from(hash) * KEYS as u64) >> 32;
    let least = &mut least[part as usize % KEYS];
    *least = hash.min(*least);
}

/// The value of a letter: of ASCII its number, of others one that fills all bits.
fn value(letter: char) -> u64 {
    let number = u64::from(u32::from(letter));
    if letter.is_ascii() { number } else { number.wrapping_mul(SPREAD[0]) }
}

/// The letters of a run as one number.
fn row<const N: usize>(values: &[u64; N]) -> u64 {
    let in_place = |(place, value): (usize, &u64)| value.wrapping_shl(8 * place as u32);
    values.iter().enumerate().map(in_place).fold(0, u64::wrapping_add)
}

/// The same of letters of ASCII.
fn packed(run: &[u8; SHINGLE]) -> u64 {
    u64::from(u32::from_le_bytes(*run))
}

fn longer(&[a, b, c, d, e]: &[u8; KEY_SHINGLE]) -> u64 {
    packed(&[a, b, c, d]) | u64::from(e) << 32
}

/// Odd numbers without a pattern.
const SPREAD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

fn hash_of(row: u64) -> u32 {
    upper_half(row.wrapping_mul(SPREAD[1]))
}

/// More is done for keys, since the least are chosen.
fn key_of(row: u64) -> u32 {
    let once = row.wrapping_mul(SPREAD[0]);
    upper_half((once ^ (once >> 32)).wrapping_mul(SPREAD[1]))
}

/// The upper 32 bits.
pub(super) fn upper_half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(letters: &str) -> Shingles {
        let mut shingles = Shingles::default();
        shingles.read(letters);
        shingles
    }

    proptest! {
        #[test]
        fn a_shingle_has_one_hash_in_every_text(text in "[a-e]{0,12}[a-z#]{0,60}|(ab|abcde){0,60}") {
            let (plain, beside) = (read(&text), read(&format!("{text}é")));
            let of_plain = plain.hashes.len();
            prop_assert_eq!(&plain.hashes, &beside.hashes[..of_plain]);
            prop_assert_eq!(of_plain, (text.len() + 1).saturating_sub(SHINGLE));
        }

        #[test]
        fn keys_are_the_least_of_their_parts(text in "[a-e]{0,12}[a-zé任]{0,60}|(ab|abcde){0,60}") {
            let letters: Vec<u64> = text.chars().map(value).collect();
            let mut keys: Vec<u32> = letters.array_windows::<KEY_SHINGLE>().map(|run| key_of(row(run))).collect();
            keys.sort_unstable();
            keys.dedup_by_key(|key| (u64::from(*key) * KEYS as u64) >> 32);
            prop_assert_eq!(read(&text).keys, keys);
        }
    }

    #[test]
    fn letters_beyond_ascii_make_shingles_of_their_own() {
        let texts = ["任天堂株", "天任堂株", "任天株堂", "任天堂式", "абвг", "вбаг", "éaaa", "aéaa", "aaéa", "aaaé"];
        let hashes: std::collections::BTreeSet<u32> = texts.iter().map(|text| read(text).hashes[0]).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
