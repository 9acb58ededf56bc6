//! A word as letters: what was written, what it looks like, and how it sounds. Knows no names.

use crate::text::fold::for_each_folded;
use crate::text::lookalike::{foreign_twin, letter_of, odd_latin};
use std::sync::LazyLock;

/// Letters of the longest word that is looked at.
pub(super) const WORD_LETTERS_MAX: usize = 48;

/// One letter of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// Folded.
    pub seen: char,
    /// One for all letters that look like it.
    pub shape: char,
    /// True when it may stand for another letter of its shape: a digit, a sign, a letter of another alphabet, a capital
    /// I among small letters.
    pub is_trick: bool,
    /// True when it is of another alphabet, or of an odd form: never as spelt.
    pub is_foreign: bool,
    /// Bytes of the text.
    pub start: u32,
    pub end: u32,
}

impl Letter {
    /// True when it is that letter, or passes for it.
    pub fn is(&self, wanted: char) -> bool {
        self.seen == wanted || (self.is_trick && self.shape == shape(wanted))
    }

    /// What a reader reads, for the sound.
    fn read(&self) -> char {
        if self.seen.is_ascii_alphabetic() { self.seen } else { self.shape }
    }
}

/// One letter for all that look alike.
pub(super) fn shape(letter: char) -> char {
    letter_of(if letter == '@' { 'a' } else { letter })
}

/// A word read from a text. Its memory is kept for the next.
#[derive(Debug, Default)]
pub(super) struct Word {
    pub letters: Vec<Letter>,
    /// Where signs stood between letters: the number of letters before each.
    pub joints: Vec<usize>,
    /// True when a letter was repeated more than twice; it is kept once: nobody counts the letters of a cry.
    pub is_drawn_out: bool,
    /// False for figures only.
    pub has_letter: bool,
    /// How often the last letter was repeated.
    run: usize,
}

impl Word {
    /// Reads the word at `start` of a text. False, and empty, where it has nothing to read or too much.
    pub fn read(&mut self, written: &str, start: u32) -> bool {
        self.letters.clear();
        self.joints.clear();
        (self.is_drawn_out, self.has_letter, self.run) = (false, false, 0);
        let style = Style::of(written);
        let mut at = start;
        for c in written.chars() {
            let end = at + u32::try_from(c.len_utf8()).unwrap_or(1);
            self.push(c, &style, at, end);
            at = end;
            if self.letters.len() > WORD_LETTERS_MAX {
                self.letters.clear();
                return false;
            }
        }
        !self.letters.is_empty()
    }

    fn push(&mut self, c: char, style: &Style, start: u32, end: u32) {
        let letter = |seen, is_trick| Letter { seen, shape: shape(seen), is_trick, is_foreign: false, start, end };
        if c.is_ascii_alphanumeric() || matches!(c, '$' | '@' | '!' | '|') {
            let is_capital_i = c == 'I' && style.has_small;
            return self.add(letter(c.to_ascii_lowercase(), !c.is_ascii_alphabetic() || is_capital_i));
        }
        if c.is_ascii() {
            return self.joint();
        }
        if let Some(twin) = odd_latin(c).or_else(|| foreign_twin(c).filter(|_| style.has_latin)) {
            return self.add(Letter { is_foreign: true, ..letter(twin, true) });
        }
        let mut is_seen = false;
        for_each_folded(c, |folded| {
            is_seen = true;
            match folded.is_alphanumeric() {
                true => self.add(letter(folded, false)),
                false => self.joint(),
            }
        });
        if let Some(last) = self.letters.last_mut().filter(|_| !is_seen) {
            // a mark or something invisible belongs to the letter before it
            last.end = end;
        }
    }

    fn add(&mut self, letter: Letter) {
        self.has_letter |= letter.seen.is_alphabetic();
        let is_after_joint = self.joints.last() == Some(&self.letters.len());
        let Some(last) = self.letters.last_mut().filter(|last| last.seen == letter.seen && !is_after_joint) else {
            self.run = 1;
            return self.letters.push(letter);
        };
        self.run += 1;
        if self.run < 3 || !letter.seen.is_alphabetic() {
            return self.letters.push(letter);
        }
        last.end = letter.end;
        if self.run == 3 {
            self.is_drawn_out = true;
            self.letters.pop();
            if let Some(last) = self.letters.last_mut() {
                last.end = letter.end;
            }
        }
    }

    fn joint(&mut self) {
        let before = self.letters.len();
        if before > 0 && self.joints.last() != Some(&before) {
            self.joints.push(before);
        }
    }
}

/// A word that is read as it is folded: plain letters and figures, nothing repeated, nothing that may be two letters.
/// Most words are, and most of them are no name: that is found out without reading them letter by letter.
pub(super) struct Plain {
    shapes: [char; WORD_LETTERS_MAX],
    read: [u8; WORD_LETTERS_MAX],
    length: usize,
    pub has_letter: bool,
}

/// [`shape`] of every ASCII byte.
static SHAPES: LazyLock<[u8; 128]> = LazyLock::new(|| {
    let of = |byte: usize| u8::try_from(byte).ok().and_then(|byte| u8::try_from(shape(char::from(byte))).ok());
    std::array::from_fn(|byte| of(byte).unwrap_or_default())
});

impl Plain {
    /// `None` where the word has to be read letter by letter.
    pub fn of(folded: &str) -> Option<Self> {
        let bytes = folded.as_bytes();
        if bytes.len() > WORD_LETTERS_MAX {
            return None;
        }
        let (mut plain, shapes) = (
            Self {
                shapes: ['\0'; WORD_LETTERS_MAX],
                read: [0; WORD_LETTERS_MAX],
                length: bytes.len(),
                has_letter: false,
            },
            &*SHAPES,
        );
        let (mut last, mut before) = (0, 0);
        for (at, &byte) in bytes.iter().enumerate() {
            let is_pair = (byte == b'n' && last == b'r') || (byte == b'v' && last == b'v');
            if !byte.is_ascii_alphanumeric() || is_pair || (byte == last && byte == before) {
                return None;
            }
            let shape = shapes[usize::from(byte)];
            let is_letter = byte.is_ascii_alphabetic();
            plain.has_letter |= is_letter;
            plain.shapes[at] = char::from(shape);
            plain.read[at] = if is_letter { byte } else { shape };
            (before, last) = (last, byte);
        }
        Some(plain)
    }

    pub fn shapes(&self) -> &[char] {
        &self.shapes[..self.length]
    }

    /// How it sounds; `None` where that is not known.
    pub fn sound(&self) -> Option<Sound> {
        let read = &self.read[..self.length];
        read.iter().all(u8::is_ascii_lowercase).then(|| Sound::of_plain(read))
    }
}

/// What decides how the characters of a word are read.
struct Style {
    has_latin: bool,
    has_small: bool,
}

impl Style {
    fn of(written: &str) -> Self {
        let mut style = Self { has_latin: false, has_small: false };
        for c in written.chars() {
            style.has_latin |= c.is_ascii_alphabetic();
            style.has_small |= c.is_ascii_lowercase();
        }
        style
    }
}

/// The sound of a word: letters that are heard alike are one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    codes: [u8; WORD_LETTERS_MAX * 2],
    length: usize,
}

impl Sound {
    /// `None` where a letter is not one of `a` to `z`: how it sounds is not known here.
    pub fn of(letters: &[Letter]) -> Option<Self> {
        let mut plain = [0_u8; WORD_LETTERS_MAX];
        for (place, letter) in plain.iter_mut().zip(letters) {
            *place = u8::try_from(letter.read()).ok().filter(u8::is_ascii_lowercase)?;
        }
        plain.get(..letters.len()).map(Self::of_plain)
    }

    /// The same of letters from `a` to `z`, at most [`WORD_LETTERS_MAX`].
    fn of_plain(letters: &[u8]) -> Self {
        let mut sound = Self { codes: [0; WORD_LETTERS_MAX * 2], length: 0 };
        sound.hear(letters);
        sound
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.codes[..self.length]
    }

    fn push(&mut self, code: u8) {
        if self.length == 0 || self.codes[self.length - 1] != code {
            self.codes[self.length] = code;
            self.length += 1;
        }
    }

    /// Rules common to the spellings of English, Spanish, Portuguese, French and German names: what is left when people
    /// write what they hear.
    fn hear(&mut self, word: &[u8]) {
        let mut at = 0;
        while let Some(&c) = word.get(at) {
            let next = word.get(at + 1).copied().unwrap_or(0);
            let is_last = at + 1 == word.len();
            let (codes, used): (&[u8], usize) = match (c, next) {
                (b'p', b'h') => (b"f", 2),
                (b's', b'c') if word.get(at + 2) == Some(&b'h') => (b"x", 3),
                (b's' | b'c', b'h') => (b"x", 2),
                (b'c' | b'q', b'k') => (b"k", 2),
                (b'q', b'u') => (b"k", 2),
                (b'c', b'e' | b'i' | b'y') => (b"s", 1),
                (b'c' | b'q', _) => (b"k", 1),
                (b'x', _) => (b"ks", 1),
                (b'z', _) => (b"s", 1),
                (b'k', b'n') | (b'w', b'r') if at == 0 => (b"", 1),
                (b'd', b't') => (b"t", 2),
                (b'h', _) if at > 0 && !is_vowel(word[at - 1]) => (b"", 1),
                (b'e', b'e' | b'a' | b'i' | b'y') | (b'i' | b'y', b'e') => (b"i", 2),
                (b'y', _) => (b"i", 1),
                (b'o', b'o' | b'u') => (b"u", 2),
                (b'a', b'u' | b'w') | (b'o', b'w' | b'a') => (b"o", 2),
                (b'e', _) if is_last && at > 2 => (b"", 1),
                _ => (std::slice::from_ref(&word[at]), 1),
            };
            codes.iter().for_each(|code| self.push(*code));
            at += used;
        }
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}
