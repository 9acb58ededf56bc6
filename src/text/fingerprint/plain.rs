//! Templates of texts in plain letters and numbers, which most are: one look at each byte, and no branch that depends on it, since
//! guessing wrong where words end costs more than the looks.

use super::super::lookalike::plain_shape;
use std::ops::Range;

/// What a byte is that ends a word, and one that is none of a word and does not end it.
const END: u8 = 0;
const NOTHING: u8 = 1;

/// What a byte of a plain text is: one of the above or the letter that it looks like.
static LOOKS: [u8; 256] = {
    let mut looks = [END; 256];
    let mut letter = b'a';
    while letter <= b'z' {
        looks[letter as usize] = plain_shape(letter);
        letter += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        looks[digit as usize] = super::NUMBER as u8;
        digit += 1;
    }
    let mut signs: &[u8] = b"'_!|";
    while let [sign, others @ ..] = signs {
        looks[*sign as usize] = NOTHING;
        signs = others;
    }
    looks
};

/// Puts the words of these parts of a folded text, each behind a space, and their letters in place of others. False
/// where the text is not plain: then they are worth nothing.
pub(super) fn read(folded: &str, parts: &[Range<usize>], spaced: &mut Vec<u8>, letters: &mut Vec<u8>) -> bool {
    spaced.clear();
    letters.clear();
    for part in parts {
        let part = folded.as_bytes().get(part.clone()).unwrap_or_default();
        if !is_plain(part) {
            return false;
        }
        read_part(part, spaced, letters);
    }
    !may_be_special(spaced)
}

/// True where no byte may stand for another letter than it is, and none is beyond ASCII; no digit is beside anything that
/// would make it part of a word.
fn is_plain(part: &[u8]) -> bool {
    let is_odd = |byte: u8| !byte.is_ascii() | (byte == b'@') | (byte == b'$');
    let is_sign = |byte: u8| (byte == b'!') | (byte == b'|');
    let is_of_word = |byte: u8| byte.is_ascii_lowercase() | is_sign(byte) | (byte == b'\'') | (byte == b'_');
    let odd = part.iter().fold(false, |odd, byte| odd | is_odd(*byte));
    let pairs = part.iter().zip(part.get(1..).unwrap_or_default());
    !pairs.fold(odd, |odd, (byte, next)| {
        let is_sign_letter = is_sign(*byte) & next.is_ascii_lowercase();
        let is_digit_of_word =
            (byte.is_ascii_digit() & is_of_word(*next)) | (is_of_word(*byte) & next.is_ascii_digit());
        odd | is_sign_letter | is_digit_of_word
    })
}

/// False where no word, squeezed, is more than its letters: `rt`, a repost, or `htp` and `htps`, the scheme of a link. They
/// are told by how they begin, which few others do.
fn may_be_special(spaced: &[u8]) -> bool {
    let begins =
        |[space, first, second]: &[u8; 3]| (*space == b' ') & (*second == b't') & ((*first == b'r') | (*first == b'h'));
    spaced.array_windows().fold(false, |any, three| any | begins(three))
}

/// Reads what begins and ends between words.
fn read_part(part: &[u8], spaced: &mut Vec<u8>, letters: &mut Vec<u8>) {
    let (mut at, mut to) = (spaced.len(), letters.len());
    let (mut before, mut last) = (END, letters.last().copied().unwrap_or(END));
    // no more than a space before all of it
    spaced.resize(at + part.len() + 2, 0);
    letters.resize(to + part.len() + 1, 0);
    for byte in part {
        let look = LOOKS[usize::from(*byte)];
        let is_letter = look > NOTHING;
        // what is written and does not count is written over
        spaced[at] = b' ';
        at += usize::from(is_letter & (before == END));
        spaced[at] = look;
        at += usize::from(is_letter & (look != before));
        letters[to] = look;
        to += usize::from(is_letter & (look != last));
        before = if look == NOTHING { before } else { look };
        last = if is_letter { look } else { last };
    }
    spaced.truncate(at);
    letters.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::super::Template;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_texts_are_read_as_word_by_word(text in "([a-y]{1,3}|rt|RT|http|https|['_!|.,# ]|@x|https://a.example/b|[0-9]{1,3}|5){0,24}") {
            let mut template = Template::default();
            template.read(&text);
            let read = (template.spaced.clone(), template.letters.clone());
            template.read_words();
            prop_assert_eq!(read, (template.spaced, template.letters), "{}", text);
        }
    }
}
