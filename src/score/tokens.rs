//! Reading a text for the model: folded characters with a map back to bytes, and tokens over them.
//!
//! One pass each, linear in the text. This is the model's own reading: what it folds is part of the artefact's
//! meaning, so it must never change without training anew; matching has its own folding in `text`.

use unicode_normalization::char::{compose, decompose_compatible};

/// One folded character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) ch: char,
    /// First byte in the original text.
    pub(crate) at: u32,
    /// Written as a capital.
    pub(crate) upper: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    Hashtag,
    Handle,
    Url,
    Emoji,
    /// A run of `!`, `?`, `…` and the like.
    Marks,
    /// `:)`, `:(`, `<3`.
    Smiley,
}

/// A token: a range of cells, without the sign of a hashtag or handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// First cell.
    pub(crate) from: u32,
    /// One past the last cell.
    pub(crate) to: u32,
    /// First byte in the text, with the sign.
    pub(crate) start: u32,
    /// One past the last byte in the text.
    pub(crate) end: u32,
}

/// A text, read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The folded characters in a row where all are ASCII, and a word's worth of zeros behind them; else nothing.
    plain: String,
    pub(crate) cells: Vec<Cell>,
    pub(crate) tokens: Vec<Token>,
}

/// Texts longer than this are read only so far: no post needs more, and spans stay within `u32`.
pub(crate) const BYTES_MAX: usize = 200_000;

impl Reading {
    /// Folds and cuts a text.
    pub(crate) fn new(text: &str) -> Self {
        let mut reading = Self::default();
        reading.read(text);
        reading
    }

    /// Folds and cuts a text in place of another one.
    pub(crate) fn read(&mut self, text: &str) {
        let text = clip(text);
        self.tokens.clear();
        self.plain.clear();
        self.cells.clear();
        let (cells, tokens, text_len) = (&mut self.cells, &mut self.tokens, text.len());
        if text.is_ascii() {
            self.plain.push_str(text);
            self.plain.make_ascii_lowercase();
            fold_plain(text, cells);
            Cutter { letters: self.plain.as_bytes(), tokens, text_len }.run();
            self.plain.push_str(ZEROS);
        } else {
            fold(text, cells);
            Cutter { letters: cells.as_slice(), tokens, text_len }.run();
        }
    }

    /// The cells of a token.
    pub(crate) fn cells_of(&self, token: &Token) -> &[Cell] {
        &self.cells[token.from as usize..token.to as usize]
    }

    /// The characters of a token, in a text of ASCII.
    pub(crate) fn plain_letters(&self, token: &Token) -> Option<&str> {
        // one byte is one cell there
        self.plain.get(token.from as usize..token.to as usize).filter(|_| !self.plain.is_empty())
    }

    /// The same and what is behind them, always as many; nothing where they are more than so many.
    pub(crate) fn plain_behind(&self, token: &Token) -> Option<&str> {
        let (from, to) = (token.from as usize, token.to as usize);
        self.plain.get(from..from + PLAIN_WORD_MAX).filter(|_| to - from <= PLAIN_WORD_MAX)
    }

    /// The same, eight in a number, with zeros behind them; nothing where they are more than so many.
    pub(crate) fn plain_word(&self, token: &Token) -> Option<PackedWord> {
        let length = (token.to - token.from) as usize;
        let behind = self.plain.as_bytes().get(token.from as usize..)?.first_chunk::<PLAIN_WORD_MAX>()?;
        let (eights, _) = behind.as_chunks::<8>();
        // copied whole, since copies of many lengths cost more than their bytes
        let of_word = |at: usize| match length.saturating_sub(8 * at) {
            0 => 0,
            letters => u64::MAX >> (64 - 8 * letters.min(8)),
        };
        (length <= PLAIN_WORD_MAX).then(|| std::array::from_fn(|at| u64::from_le_bytes(eights[at]) & of_word(at)))
    }
}

/// Letters of a word that is copied as a whole.
pub(crate) const PLAIN_WORD_MAX: usize = 24;
/// The bytes of a word, eight in a number.
pub(crate) type PackedWord = [u64; PLAIN_WORD_MAX / 8];
const ZEROS: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const _: () = assert!(ZEROS.len() == PLAIN_WORD_MAX);

fn clip(text: &str) -> &str {
    let mut end = text.len().min(BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The cells of the characters of ASCII.
static PLAIN: [Cell; 128] = {
    let mut cells = [Cell { ch: '\0', at: 0, upper: false }; 128];
    let mut byte: u8 = 0;
    while byte < 128 {
        let ch = byte.to_ascii_lowercase() as char;
        cells[byte as usize] = Cell { ch, at: 0, upper: byte.is_ascii_uppercase() };
        byte += 1;
    }
    cells
};

/// Folds a text of ASCII.
fn fold_plain(text: &str, cells: &mut Vec<Cell>) {
    let plain = |(at, byte): (u32, &u8)| Cell { at, ..PLAIN[usize::from(*byte) % PLAIN.len()] };
    cells.extend((0..).zip(text.as_bytes()).map(plain));
}

fn fold(text: &str, cells: &mut Vec<Cell>) {
    let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    cells.reserve(text.len());
    for (n, ch) in text.char_indices() {
        let at = at(n);
        if ch.is_ascii() {
            cells.push(Cell { ch: ch.to_ascii_lowercase(), at, upper: ch.is_ascii_uppercase() });
        } else {
            fold_wide(ch, at, cells);
        }
    }
}

fn fold_wide(ch: char, at: u32, cells: &mut Vec<Cell>) {
    match ch {
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{00B4}' => cells.push(Cell { ch: '\'', at, upper: false }),
        '\u{201C}' | '\u{201D}' => cells.push(Cell { ch: '"', at, upper: false }),
        '\u{00A0}' | '\u{202F}' => cells.push(Cell { ch: ' ', at, upper: false }),
        _ if ignorable(ch) => {}
        '\u{0300}'..='\u{036F}' => {
            if let Some(last) = cells.last_mut()
                && let Some(joined) = compose(last.ch, ch)
            {
                last.ch = joined;
            }
        }
        '\u{FF00}'..='\u{FFEF}' | '\u{1D400}'..='\u{1D7FF}' | '\u{2100}'..='\u{214F}' | '\u{FB00}'..='\u{FB06}' => {
            decompose_compatible(ch, |c| push_lower(c, at, cells));
        }
        _ => push_lower(ch, at, cells),
    }
}

fn push_lower(ch: char, at: u32, cells: &mut Vec<Cell>) {
    let upper = ch.is_uppercase();
    if upper {
        cells.extend(ch.to_lowercase().map(|ch| Cell { ch, at, upper }));
    } else {
        cells.push(Cell { ch, at, upper });
    }
}

/// Characters that are not seen: joiners, selectors, direction marks, skin tones.
pub(crate) fn ignorable(ch: char) -> bool {
    matches!(ch,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{1F3FB}'..='\u{1F3FF}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a folded character is a pictograph.
pub(crate) fn emoji(ch: char) -> bool {
    matches!(ch,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{3030}' | '\u{303D}' | '\u{00A9}' | '\u{00AE}' | '\u{2122}')
}

fn wordy(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_alphabetic() } else { ch.is_alphabetic() || mark(ch) }
}

/// Vowel signs and the like, which `is_alphabetic` leaves out in some scripts.
fn mark(ch: char) -> bool {
    !emoji(ch) && unicode_normalization::char::is_combining_mark(ch)
}

fn digit(ch: char) -> bool {
    ch.is_ascii_digit()
}

/// The folded characters of a text: its cells, or its bytes where all are ASCII, of which a cache line holds more.
trait Letters {
    fn len(&self) -> usize;
    /// A blank beyond the last one.
    fn at(&self, place: usize) -> char;
    /// Where it begins in the text.
    fn byte(&self, place: usize) -> Option<u32>;
    /// How many in a row are so, from a place on that is not beyond the end.
    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize;
}

impl Letters for [Cell] {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> char {
        self.get(place).map_or(' ', |cell| cell.ch)
    }

    fn byte(&self, place: usize) -> Option<u32> {
        self.get(place).map(|cell| cell.at)
    }

    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        self[from..].iter().take_while(|cell| is(cell.ch)).count()
    }
}

impl Letters for [u8] {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> char {
        self.get(place).map_or(' ', |byte| char::from(*byte))
    }

    fn byte(&self, place: usize) -> Option<u32> {
        if place < self.len() { u32::try_from(place).ok() } else { None }
    }

    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        self[from..].iter().take_while(|byte| is(char::from(**byte))).count()
    }
}

struct Cutter<'a, L: ?Sized> {
    letters: &'a L,
    tokens: &'a mut Vec<Token>,
    text_len: usize,
}

impl<L: Letters + ?Sized> Cutter<'_, L> {
    fn run(&mut self) {
        let mut i = 0;
        while i < self.letters.len() {
            i = self.step(i);
        }
    }

    /// Cuts what begins at cell `i`; returns where to go on.
    fn step(&mut self, i: usize) -> usize {
        let ch = self.at(i);
        match ch {
            ' ' | '\n' | '\t' | '\r' => i + 1,
            'h' | 'w' if self.url_at(i) => {
                let to = self.until(i, |c| c.is_whitespace() || matches!(c, '<' | '>' | '"'));
                self.push(Kind::Url, i, i, to)
            }
            '@' | '#' => self.tagged(i),
            ':' | ';' | '=' | '<' => self.smiley(i),
            '!' | '?' | '…' => self.marks(i),
            '.' if self.at(i + 1) == '.' => self.marks(i),
            _ if wordy(ch) || digit(ch) => self.word(i),
            _ if emoji(ch) => self.push(Kind::Emoji, i, i, i + 1),
            _ => i + 1,
        }
    }

    fn at(&self, i: usize) -> char {
        self.letters.at(i)
    }

    fn until(&self, from: usize, stop: impl Fn(char) -> bool) -> usize {
        from + self.letters.run(from, |c| !stop(c))
    }

    fn starts(&self, i: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(n, c)| self.at(i + n) == c)
    }

    fn url_at(&self, i: usize) -> bool {
        self.starts(i, "http://") || self.starts(i, "https://") || self.starts(i, "www.")
    }

    /// Pushes cells `from..to`; `sign` is where the token's span begins.
    fn push(&mut self, kind: Kind, sign: usize, from: usize, to: usize) -> usize {
        let cell = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let byte = |n: usize| self.letters.byte(n).unwrap_or(cell(self.text_len));
        self.tokens.push(Token { kind, from: cell(from), to: cell(to), start: byte(sign), end: byte(to) });
        to
    }

    fn tagged(&mut self, i: usize) -> usize {
        let handle = self.at(i) == '@';
        let to = self.until(i + 1, |c| !(wordy(c) || digit(c) || c == '_' || (handle && c == '.')));
        if to == i + 1 {
            return i + 1;
        }
        self.push(if handle { Kind::Handle } else { Kind::Hashtag }, i, i + 1, to)
    }

    fn smiley(&mut self, i: usize) -> usize {
        if self.starts(i, "<3") {
            return self.push(Kind::Smiley, i, i, i + 2);
        }
        let nose =
            usize::from(matches!(self.at(i + 1), '-' | '\'' | 'o' if self.at(i + 1) != 'o' || self.at(i + 2) == ')'));
        let mouth = self.at(i + 1 + nose);
        let after = self.at(i + 2 + nose);
        let face = matches!(mouth, ')' | '(' | 'd' | 'p' | '/' | '\\' | '|' | '*' | ']' | '[' | 'o');
        if self.at(i) != '<' && face && !wordy(after) && !digit(after) && after != '/' {
            return self.push(Kind::Smiley, i, i, i + 2 + nose);
        }
        i + 1
    }

    fn marks(&mut self, i: usize) -> usize {
        let to = self.until(i, |c| !matches!(c, '!' | '?' | '…' | '.'));
        self.push(Kind::Marks, i, i, to)
    }

    fn word(&mut self, i: usize) -> usize {
        let mut to = i;
        let mut letters = false;
        loop {
            let plain = self.letters.run(to, |c| c.is_ascii_alphabetic());
            letters |= plain > 0;
            to += plain;
            let ch = self.at(to);
            let inside = (ch == '\'' && letters && wordy(self.at(to + 1)))
                || (!letters && matches!(ch, '.' | ',' | ':') && to > i && digit(self.at(to + 1)));
            if wordy(ch) {
                letters = true;
            } else if !digit(ch) && !inside {
                break;
            }
            to += 1;
        }
        self.push(if letters { Kind::Word } else { Kind::Number }, i, i, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let reading = Reading::new(text);
        let show = |t: &Token| {
            let body: String = reading.cells_of(t).iter().map(|c| c.ch).collect();
            assert!(text.is_char_boundary(t.start as usize) && text.is_char_boundary(t.end as usize), "{text}");
            format!("{:?}:{body}", t.kind)
        };
        reading.tokens.iter().map(show).collect()
    }

    #[test]
    fn cuts_what_people_write() {
        for (text, want) in [
            ("Don't PAY £9.40!!", &["Word:don't", "Word:pay", "Number:9.40", "Marks:!!"][..]),
            (
                "@Orbita_help #BoycottOrbita https://a.b/c?d :-(",
                &["Handle:orbita_help", "Hashtag:boycottorbita", "Url:https://a.b/c?d", "Smiley::-("],
            ),
            ("up since 12:30 :) <3", &["Word:up", "Word:since", "Number:12:30", "Smiley::)", "Smiley:<3"]),
            ("👍🏽❤️ ok", &["Emoji:👍", "Emoji:❤", "Word:ok"]),
            ("cafe\u{301} ＮＯ\u{200b}W", &["Word:café", "Word:now"]),
            ("error 503 on x2", &["Word:error", "Number:503", "Word:on", "Word:x2"]),
            ("", &[]),
            ("# @ : ", &[]),
        ] {
            assert_eq!(cut(text), want, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_clipped_at_a_character() {
        let reading = Reading::new(&"é".repeat(BYTES_MAX));
        assert_eq!(reading.cells.len(), BYTES_MAX / 2);
    }
}
