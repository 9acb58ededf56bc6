//! Letters that look like others, as written to slip past a word filter (`ɴimbus`, `nimbuѕ`).
//!
//! The plain form of such a word is a second form beside the folded one: folding itself keeps scripts apart, since
//! `сор` is a Russian word and no `cop`. A word has a plain form where it mixes Latin letters with look-alikes of them,
//! or is written in Latin letters of odd shapes (small capitals). After the confusables of Unicode TS 39.

use super::fold::for_each_folded;

/// Puts the plain form of a word into `plain` and says whether it has one: Latin letters only, other than `original`
/// folded. Empty where it has none. `original` is the word as written.
pub(crate) fn plain_form(original: &str, plain: &mut String) -> bool {
    plain.clear();
    let (mut latin, mut foreign, mut odd) = (false, false, false);
    for c in original.chars() {
        if c.is_ascii() {
            latin |= c.is_ascii_alphabetic();
            plain.push(c.to_ascii_lowercase());
        } else if let Some(twin) = odd_latin(c) {
            odd = true;
            plain.push(twin);
        } else if let Some(twin) = foreign_twin(c) {
            foreign = true;
            plain.push(twin);
        } else {
            let mut is_ascii = true;
            for_each_folded(c, |folded| {
                is_ascii &= folded.is_ascii();
                latin |= folded.is_ascii_alphabetic();
                plain.push(folded);
            });
            if !is_ascii {
                plain.clear();
                return false;
            }
        }
    }
    let has_form = odd || (foreign && latin);
    if !has_form {
        plain.clear();
    }
    has_form
}

/// The skeleton of a name: what a reader in a hurry takes it for. Letters only as they look, without accents, signs and
/// spaces, digits as the letters they stand for (but at the end of a name, where years and numbers stand), `rn` as `m`,
/// `vv` as `w`, and one letter for all that look like `l`.
pub(crate) fn skeleton(name: &str) -> String {
    let mut plain = if name.is_ascii() { name.to_ascii_lowercase() } else { latin(name) };
    if plain.contains(is_stroke) {
        plain = without_strokes_between_words(&plain);
    }
    let figures = plain.trim_end_matches(|c: char| !c.is_alphabetic());
    // one digit or two at the end may be letters too: `nimbu5`
    let letters = if plain.len() - figures.len() <= 1 { plain.len() } else { figures.len() };
    let shape = |(at, c): (usize, char)| if at < letters { letter_of(c) } else { c };
    let shaped: String = plain.char_indices().map(shape).filter(|c| c.is_alphanumeric()).collect();
    shaped.replace("rn", "m").replace("vv", "w")
}

/// Signs that look like a letter inside a word only: `n!mbus`, not `!! nimbus !!` nor `nimbus | help`.
fn is_stroke(c: char) -> bool {
    matches!(c, '!' | '|')
}

fn without_strokes_between_words(name: &str) -> String {
    let mut before = ' ';
    let mut ahead = name.chars().skip(1).chain([' ']);
    let is_kept = |c: &char| {
        let next = ahead.next().unwrap_or(' ');
        let is_inside = [before, next].iter().all(|c| c.is_alphanumeric() || matches!(c, '@' | '$'));
        before = *c;
        !is_stroke(*c) || is_inside
    };
    name.chars().filter(is_kept).collect()
}

/// A name folded, in the Latin letters that its letters look like.
fn latin(name: &str) -> String {
    let mut latin = String::with_capacity(name.len());
    for c in name.chars() {
        match odd_latin(c).or_else(|| foreign_twin(c)) {
            Some(twin) => latin.push(twin),
            None => for_each_folded(c, |folded| latin.push(folded)),
        }
    }
    latin
}

/// The letter that a digit or sign stands for in a name.
pub(super) const fn letter_of(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | 'i' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// The shapes of the ASCII characters, which are some, too.
const ASCII_SHAPES: [u8; 128] = {
    let mut shapes = [0; 128];
    let mut byte: u8 = 0;
    while byte < 128 {
        shapes[byte as usize] = match byte {
            b'@' => b'a',
            b'v' => b'n',
            b'y' => b'u',
            other => letter_of(other as char) as u8,
        };
        byte += 1;
    }
    shapes
};

/// One letter for all that look alike, of a folded character: case is gone there, so a letter counts as what either of
/// its cases looks like, and `n` is `v`, `u` is `y` because Greek has a letter that looks like one in each case. Digits
/// and signs are the letters they stand for. Whole words in look-alikes are told as well; nothing is a word any more.
pub(crate) fn shape(c: char) -> char {
    if let Some(shaped) = ASCII_SHAPES.get(c as usize) {
        return char::from(*shaped);
    }
    let upper = || c.to_uppercase().next().and_then(foreign_twin);
    odd_latin(c).or_else(|| foreign_twin(c)).or_else(upper).map_or(c, shape)
}

/// As [`shape`], of a byte of ASCII.
pub(super) const fn plain_shape(byte: u8) -> u8 {
    ASCII_SHAPES[byte as usize % ASCII_SHAPES.len()]
}

/// True when a character splits a word without being seen.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{34f}' | '\u{feff}' | '\u{180e}')
}

/// Latin letters of other shapes that folding keeps: small capitals, letters of phonetics. Not those that an alphabet
/// has of its own (ł, đ, ı).
pub(super) fn odd_latin(c: char) -> Option<char> {
    Some(match c {
        'ᴀ' | 'ɑ' | 'ⱥ' => 'a',
        'ʙ' | 'ƀ' => 'b',
        'ᴄ' | 'ƈ' | 'ȼ' => 'c',
        'ᴅ' => 'd',
        'ᴇ' | 'ɇ' => 'e',
        'ꜰ' => 'f',
        'ɢ' | 'ɡ' | 'ǥ' | 'ɠ' => 'g',
        'ʜ' | 'ɦ' => 'h',
        'ɪ' | 'ɩ' => 'i',
        'ᴊ' | 'ȷ' | 'ɉ' => 'j',
        'ᴋ' => 'k',
        'ʟ' | 'ƚ' | 'ɫ' => 'l',
        'ᴍ' | 'ɱ' => 'm',
        'ɴ' | 'ƞ' => 'n',
        'ᴏ' | 'ɵ' => 'o',
        'ᴘ' | 'ƥ' | 'ᵽ' => 'p',
        'ʀ' | 'ɍ' | 'ɾ' => 'r',
        'ꜱ' | 'ʂ' => 's',
        'ᴛ' | 'ƭ' => 't',
        'ᴜ' | 'ʊ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ʏ' | 'ɏ' => 'y',
        'ᴢ' | 'ƶ' | 'ȥ' => 'z',
        _ => return None,
    })
}

/// Cyrillic, Greek, Armenian and Cherokee letters that look like a Latin one, by the case they are written in.
pub(super) fn foreign_twin(c: char) -> Option<char> {
    Some(match c {
        'а' | 'А' | 'α' | 'Α' | 'Ꭺ' => 'a',
        'В' | 'Β' | 'Ᏼ' | 'Ь' | 'ь' => 'b',
        'с' | 'С' | 'ϲ' | 'Ϲ' | 'Ꮯ' => 'c',
        'ԁ' | 'Ꭰ' | 'Ԁ' => 'd',
        'е' | 'Е' | 'Ε' | 'Ꭼ' | 'ҽ' => 'e',
        'ց' => 'g',
        'һ' | 'Н' | 'Η' | 'հ' | 'Ꮋ' => 'h',
        'і' | 'І' | 'ι' | 'Ι' => 'i',
        'ј' | 'Ј' | 'Ꭻ' => 'j',
        'К' | 'к' | 'κ' | 'Κ' | 'Ꮶ' => 'k',
        'ӏ' | 'Ӏ' | 'Ꮮ' => 'l',
        'М' | 'м' | 'Μ' | 'Ꮇ' => 'm',
        'ո' | 'Ν' | 'п' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'Օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' | 'Ꮲ' => 'p',
        'ԛ' | 'Ԛ' | 'զ' => 'q',
        'г' | 'Ꮢ' => 'r',
        'ѕ' | 'Ѕ' | 'Տ' | 'Ꮪ' => 's',
        'Т' | 'т' | 'Τ' | 'τ' | 'Ꭲ' => 't',
        'υ' | 'ս' | 'Ս' => 'u',
        'ν' | 'ѵ' | 'Ѵ' | 'Ꮩ' => 'v',
        'ԝ' | 'Ԝ' | 'ω' | 'Ꮃ' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' | 'ү' | 'Ү' => 'y',
        'Ζ' | 'Ꮓ' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skeletons() {
        for (name, expected) in [
            ("Nimbus", "nlmbus"),
            ("n1mbu5", "nlmbus"),
            ("N_i-m.b u\u{200b}s", "nlmbus"),
            ("nіmbuѕ", "nlmbus"),
            ("ɴɪᴍʙᴜꜱ", "nlmbus"),
            ("nirnbus", "nlmbus"),
            ("nimbus1987", "nlmbus1987"),
            ("vvave", "wave"),
            ("n!mbus", "nlmbus"),
            ("‼️ Nimbus!! ‼️", "nlmbus"),
            ("Nimbus | Help", "nlmbushelp"),
            ("", ""),
        ] {
            assert_eq!(skeleton(name), expected, "{name}");
        }
    }

    #[test]
    fn plain_letters_fold_to_small_ones() {
        let ascii: String = (' '..='~').collect();
        assert_eq!(latin(&ascii), ascii.to_ascii_lowercase());
    }

    #[test]
    fn shapes_are_one_for_all_cases_and_scripts() {
        for twins in ["aаαᴀ4@", "eе3", "oоο0", "nνvɴп", "uυyуᴜ", "iі1l|!", "sѕ5$", "bв8", "hнһ", "kкκ", "mмᴍ"]
        {
            let shapes: Vec<char> = twins.chars().map(shape).collect();
            assert!(shapes.iter().all(|one| *one == shapes[0]), "{twins}: {shapes:?}");
        }
        for c in "acdefghjkmopqrstwxz269日ж#".chars() {
            assert_eq!(shape(c), c);
        }
    }

    #[test]
    fn plain_forms() {
        for (word, expected) in [
            ("ɴimbus", "nimbus"),
            ("ɴɪᴍʙᴜꜱ", "nimbus"),
            ("nіmbuѕ", "nimbus"),
            ("Νimbus", "nimbus"),
            ("Nimbüѕ", "nimbus"),
            ("рау1x", "pay1x"),
            ("nimbus", ""),
            ("café", ""),
            ("сор", ""),
            ("Nimbus日ѕ", ""),
            ("", ""),
        ] {
            let mut plain = "before".to_owned();
            assert_eq!(plain_form(word, &mut plain), !expected.is_empty(), "{word}");
            assert_eq!(plain, expected, "{word}");
        }
    }
}
