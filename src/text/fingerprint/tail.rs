//! What is said at the end of a text to whoever reads it, and is no part of what the text says: that more is to be read
//! behind a link, whose words they are, that it be shared.

/// Such phrases, folded.
#[rustfmt::skip]
const TAILS: &[&str] = &[
    "read more", "read more at", "read more here", "see more", "learn more", "more at", "more here", "continue reading",
    "full story", "full article", "read the full story", "read the full article", "click here", "link in bio", "via",
    "h/t", "please share", "pls share", "plz share", "please retweet", "pls retweet", "please rt", "pls rt", "plz rt",
    "smh", "lol", "lmao",
    "leer mas", "lee mas", "ver mas", "seguir leyendo", "leia mais", "ler mais", "saiba mais", "continue lendo",
    "lire la suite", "lire plus", "en savoir plus", "mehr lesen", "weiterlesen", "mehr dazu", "leggi tutto",
    "leggi di piu", "continua a leggere", "lees meer", "lees verder", "читать далее", "подробнее",
];

/// Which three bytes the phrases end with, as a set of 1024 bits: most texts end with others.
static ENDS: [u64; 16] = {
    let mut ends = [0; 16];
    let mut tails = TAILS;
    while let [tail, others @ ..] = tails {
        let (word, bit) = end_of(tail.as_bytes());
        ends[word] |= bit;
        tails = others;
    }
    ends
};

/// The place of a text's last three bytes in that set; the first where it has fewer.
const fn end_of(text: &[u8]) -> (usize, u64) {
    let [.., a, b, c] = text else { return (0, 1) };
    let place = ((*a as usize) << 6) ^ ((*b as usize) << 3) ^ *c as usize;
    (place >> 6 & 15, 1 << (place & 63))
}

/// The text before such a phrase at its end; nothing where there is none.
pub(super) fn before(text: &str) -> Option<&str> {
    let is_word = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric();
    let text = &text[..text.as_bytes().iter().rposition(is_word)? + 1];
    let text = if text.ends_with(|c: char| c.is_ascii()) { text } else { trimmed(text) };
    let (word, bit) = end_of(text.as_bytes());
    if ENDS[word] & bit == 0 {
        return None;
    }
    let tail = TAILS.iter().filter_map(|tail| text.strip_suffix(tail));
    tail.filter(|before| !before.ends_with(char::is_alphanumeric)).min_by_key(|before| before.len())
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_told_from_words_that_end_like_them() {
        for (text, before_it) in [
            ("nimbus is down... read more:", Some("nimbus is down... ")),
            ("nimbus is down (via", Some("nimbus is down (")),
            ("read the full story", Some("")),
            ("no silvia", None),
            ("no more", None),
            ("", None),
        ] {
            assert_eq!(before(text), before_it, "{text}");
        }
    }
}
