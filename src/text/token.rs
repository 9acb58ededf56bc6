//! Tokens: the words of a folded text (Unicode word boundaries, UAX #29), each with its place in the original.
//!
//! Positions count words and emoji; a phrase is a chain of tokens where each ends at the position where the next
//! begins. A hashtag in CamelCase also gives its words, over the same positions, and an entity is also found with its
//! sign (`#nimbus`). Where Unicode sees one word, there is one: `@nimbus's` is the entity `@nimbus` and the word
//! `nimbus's`, as in other search engines. Symbols take no position. Never splits an acronym letter by letter
//! (`OpenSSL` is open, ssl).

use super::fold::Folded;
use super::{Span, entity, hash_word};
use unicode_segmentation::UnicodeSegmentation;

/// One place where a word of a query can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Hash of the folded bytes, for look-ups.
    pub hash: u64,
    /// Place in the folded text.
    pub folded: Span,
    /// Place in the original text.
    pub original: Span,
    /// Position of the first word it covers, counted from 0.
    pub position: u32,
    /// Position after the last word it covers; equal to `position` for symbols.
    pub position_end: u32,
    /// What it is.
    pub kind: TokenKind,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A word, or an emoji.
    Word,
    /// A word inside a hashtag.
    Part,
    /// A hashtag, handle or cashtag with its sign.
    Entity,
    /// A currency, percent or other sign.
    Symbol,
}

/// The tokens of a folded text, ascending by position. `original` is the text that `folded` was made of.
#[must_use]
pub fn tokens(original: &str, folded: &Folded) -> Vec<Token> {
    let mut tokens = Vec::new();
    tokens_into(original, folded, &mut tokens, &mut Memory::default());
    tokens
}

/// What reading needs besides the tokens, kept for the next text.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    tags: Vec<entity::Tag>,
    /// The letters of a hashtag, and the bounds of its words.
    letters: Vec<(usize, Case)>,
    parts: Vec<(usize, usize)>,
}

/// Puts the tokens of a folded text in place of others, in the same memory.
pub(super) fn tokens_into(original: &str, folded: &Folded, tokens: &mut Vec<Token>, memory: &mut Memory) {
    tokens.clear();
    tokens.reserve(folded.text.len() / 5 + 1);
    entity::tags_into(&folded.text, &mut memory.tags);
    let mut reader = Reader { original, folded, memory, next_tag: 0, open_tag: None, tokens, position: 0 };
    for_each_segment(&folded.text, |start, end| reader.segment(start, end));
}

/// Calls `emit` with the bounds of every word, emoji and symbol of a folded text, ascending.
fn for_each_segment(text: &str, mut emit: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Folded text has no marks that could cling to a space, so a space always ends a word: each chunk can be
        // split by itself, and ASCII chunks without tables.
        if is_space(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().position(|byte| is_space(*byte)).unwrap_or(bytes.len() - at);
        let chunk = &text[at..end];
        if chunk.is_ascii() {
            ascii_segments(chunk.as_bytes(), |start, stop| emit(at + start, at + stop));
        } else {
            unicode_segments(chunk, |start, stop| emit(at + start, at + stop));
        }
        at = end;
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

fn unicode_segments(chunk: &str, mut emit: impl FnMut(usize, usize)) {
    for (start, segment) in chunk.split_word_bound_indices() {
        let keep = segment.chars().any(char::is_alphanumeric) || segment.chars().next().is_some_and(is_sign);
        if keep {
            emit(start, start + segment.len());
        }
    }
}

fn ascii_segments(chunk: &[u8], mut emit: impl FnMut(usize, usize)) {
    let mut at = 0;
    while at < chunk.len() {
        let byte = chunk[at];
        if !is_word_byte(byte) {
            if is_ascii_symbol(byte) {
                emit(at, at + 1);
            }
            at += 1;
            continue;
        }
        let end = ascii_word_end(chunk, at);
        if chunk[at..end].iter().any(u8::is_ascii_alphanumeric) {
            emit(at, end);
        }
        at = end;
    }
}

/// UAX #29 for ASCII: rules WB5 to WB13b.
fn ascii_word_end(chunk: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = chunk.get(at) {
        if is_word_byte(byte) {
            at += 1;
            continue;
        }
        let (before, after) = (chunk[at - 1], chunk.get(at + 1).copied().unwrap_or(b' '));
        let joins = match byte {
            b'.' | b'\'' => {
                (before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
                    || (before.is_ascii_digit() && after.is_ascii_digit())
            }
            b':' => before.is_ascii_alphabetic() && after.is_ascii_alphabetic(),
            b',' | b';' => before.is_ascii_digit() && after.is_ascii_digit(),
            _ => false,
        };
        if !joins {
            break;
        }
        at += 2;
    }
    at
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_ascii_symbol(byte: u8) -> bool {
    matches!(byte, b'%' | b'$' | b'&' | b'+' | b'=')
}

/// True for signs one may search for by themselves: currency, percent, arrows, dingbats, emoji.
pub(crate) fn is_sign(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_ascii_symbol) || is_emoji(c) || is_symbol(c)
}

fn is_symbol(c: char) -> bool {
    matches!(c,
        '\u{a2}'..='\u{a7}' | '\u{a9}' | '\u{ae}' | '\u{b0}'..='\u{b1}' | '\u{b6}' | '\u{d7}' | '\u{f7}'
        | '\u{2030}'..='\u{2031}' | '\u{20a0}'..='\u{20cf}' | '\u{2100}'..='\u{22ff}' | '\u{2500}'..='\u{25ff}')
}

/// Pictographs, which stand in a text like words.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{231a}'..='\u{231b}' | '\u{23e9}'..='\u{23f3}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b07}'
        | '\u{2b1b}'..='\u{2b1c}' | '\u{2b50}' | '\u{2b55}' | '\u{1f000}'..='\u{1faff}')
}

struct Reader<'t> {
    original: &'t str,
    folded: &'t Folded,
    memory: &'t mut Memory,
    next_tag: usize,
    /// A tag whose words are being read: its index in `tokens` and where it ends in the folded text.
    open_tag: Option<(usize, usize)>,
    tokens: &'t mut Vec<Token>,
    position: u32,
}

impl Reader<'_> {
    fn segment(&mut self, start: usize, end: usize) {
        self.close_tag(start);
        let text = &self.folded.text[start..end];
        if !text.chars().any(|c| c.is_alphanumeric() || is_emoji(c)) {
            self.push(start, end, self.position, TokenKind::Symbol);
            return;
        }
        let tag = self.open_tag_at(start);
        self.memory.parts.clear();
        if tag.is_some_and(|tag| tag.is_hashtag && tag.end >= end) {
            self.find_parts(start, end);
        }
        let parts = self.memory.parts.len();
        let after = self.position + u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        self.push(start, end, after, TokenKind::Word);
        for part in 0..parts {
            let (from, to) = self.memory.parts[part];
            self.push(from, to, self.position + 1, TokenKind::Part);
            self.position += 1;
        }
        self.position = after;
    }

    /// Opens the tag whose name begins within the word at `start`, if there is one.
    fn open_tag_at(&mut self, start: usize) -> Option<entity::Tag> {
        while self.memory.tags.get(self.next_tag).is_some_and(|tag| tag.end <= start) {
            self.next_tag += 1;
        }
        let tag = *self.memory.tags.get(self.next_tag).filter(|tag| tag.value_start <= start)?;
        self.next_tag += 1;
        self.open_tag = Some((self.tokens.len(), tag.end));
        self.push(tag.start, tag.end, self.position + 1, TokenKind::Entity);
        Some(tag)
    }

    /// When the words of the open tag are over, lets it cover all of their positions.
    fn close_tag(&mut self, next_start: usize) {
        if let Some((index, end)) = self.open_tag
            && let Some(tag) = self.tokens.get_mut(index)
        {
            if next_start >= end {
                self.open_tag = None;
            } else {
                tag.position_end = self.position + 1;
                return;
            }
            tag.position_end = tag.position_end.max(self.position);
        }
    }

    /// Puts into memory the words of a hashtag in CamelCase or `snake_case`; none where it is one word.
    fn find_parts(&mut self, start: usize, end: usize) {
        let (folded, original) = (self.folded, self.original);
        let Memory { letters, parts, .. } = &mut *self.memory;
        letters.clear();
        let letter = |(at, c)| (start + at, Case::of(original_char(original, folded, start + at), c));
        letters.extend(folded.text[start..end].char_indices().map(letter));
        let mut from = start;
        for (index, &(at, case)) in letters.iter().enumerate() {
            if case == Case::Separator {
                if at > from {
                    parts.push((from, at));
                }
                from = at + 1;
            } else if at > from {
                let before = letters[index - 1].1;
                let after = letters.get(index + 1).map_or(Case::Separator, |next| next.1);
                if begins_word(before, case, after) {
                    parts.push((from, at));
                    from = at;
                }
            }
        }
        if end > from {
            parts.push((from, end));
        }
        if parts.len() < 2 {
            parts.clear();
        }
    }

    fn push(&mut self, start: usize, end: usize, position_end: u32, kind: TokenKind) {
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else { return };
        self.tokens.push(Token {
            hash: hash_word(&self.folded.text.as_bytes()[start..end]),
            folded: Span { start: from, end: to },
            original: self.folded.map.original(from..to),
            position: self.position,
            position_end,
            kind,
        });
    }
}

/// The original character that the folded one at a place came from.
fn original_char(original: &str, folded: &Folded, folded_at: usize) -> Option<char> {
    let at = u32::try_from(folded_at).ok()?;
    let span = folded.map.original(at..at + 1);
    original.get(span.start as usize..).and_then(|rest| rest.chars().next())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    Digit,
    Separator,
}

impl Case {
    /// Reads the case of the original character; scripts without case count as lower.
    fn of(original: Option<char>, folded: char) -> Self {
        match original.unwrap_or(folded) {
            '_' => Self::Separator,
            c if c.is_uppercase() => Self::Upper,
            c if c.is_numeric() => Self::Digit,
            _ => Self::Lower,
        }
    }
}

/// A word begins at a capital after small letters or digits, at the last capital of an acronym before small letters
/// (`SSLDown`), and where digits and small letters meet a capital. `OpenSSL` stays open, ssl; `iPhone15` iphone-like
/// names keep their digits.
fn begins_word(before: Case, here: Case, after: Case) -> bool {
    match (before, here) {
        (Case::Lower | Case::Digit, Case::Upper) => true,
        (Case::Upper, Case::Upper) => after == Case::Lower,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let document = Document::new(text);
        document.tokens().iter().map(|token| document.token_text(token).to_owned()).collect()
    }

    #[test]
    fn splits_at_word_boundaries() {
        for (text, expected) in [
            ("Nimbus is DOWN!", "nimbus is down"),
            ("nimbusville", "nimbusville"),
            ("can't log-in", "can't log in"),
            ("can’t", "can't"),
            ("booking.com t-mobile h&m", "booking.com t mobile h & m"),
            ("v1.2.3 and 1,000.5", "v1.2.3 and 1,000.5"),
            ("任天堂だ", "任 天 堂 だ"),
            ("삼성전자 폰", "삼성전자 폰"),
            ("down 😡😡 100%", "down 😡 😡 100 %"),
            ("👨‍👩‍👧 🇺🇸", "👨 👩 👧 🇺🇸"),
            ("___ ... —", ""),
            ("#nimbus", "#nimbus nimbus"),
            ("@Nimbus_Help hi", "@nimbus_help nimbus_help hi"),
            ("$NMB up", "$ $nmb nmb up"),
            ("#NimbusDown", "#nimbusdown nimbusdown nimbus down"),
            ("#OpenSSL", "#openssl openssl open ssl"),
            ("#SSLDown", "#ssldown ssldown ssl down"),
            ("#NIMBUS", "#nimbus nimbus"),
            ("#Nimbus2Go", "#nimbus2go nimbus2go nimbus2 go"),
            ("#nimbus_down", "#nimbus_down nimbus_down nimbus down"),
            ("#ÉcoleDown", "#ecoledown ecoledown ecole down"),
            ("#nimbus.Great", "#nimbus nimbus.great"),
            ("@nimbus's", "@nimbus nimbus's"),
            ("＃Ｎｉｍｂｕｓ", "#nimbus nimbus"),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn positions_chain() {
        let document = Document::new("see #NimbusDown now 50% off #日本語 x");
        let shown: Vec<String> = document
            .tokens()
            .iter()
            .map(|token| format!("{}:{}-{}", document.token_text(token), token.position, token.position_end))
            .collect();
        assert_eq!(
            shown.join(" "),
            "see:0-1 #nimbusdown:1-3 nimbusdown:1-3 nimbus:1-2 down:2-3 now:3-4 50:4-5 %:5-5 off:5-6 \
             #日本語:6-9 日:6-7 本:7-8 語:8-9 x:9-10"
        );
    }

    #[test]
    fn long_inputs_cost_their_length() {
        for unit in ["a", "é", "'a", "a.", "#A", "#Aa", "@a", "$", "👍🏿", "a\u{200d}", "ก\u{e48}", "🇺", "1,", "任"]
        {
            let text = unit.repeat((1 << 20) / unit.len());
            let document = Document::new(&text);
            assert!(document.tokens().len() <= text.len() + 2, "{unit}");
        }
    }

    /// What UAX #29 says, by the crate that implements it.
    fn reference(text: &str) -> Vec<(usize, usize)> {
        text.split_word_bound_indices()
            .filter(|(_, segment)| segment.chars().any(char::is_alphanumeric))
            // A kept mark after a space clings to the space there; here it stands alone.
            .map(|(at, segment)| (at + segment.len() - segment.trim_start_matches(' ').len(), at + segment.len()))
            .collect()
    }

    fn ours(text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for_each_segment(text, |start, end| {
            if text[start..end].chars().any(char::is_alphanumeric) {
                found.push((start, end));
            }
        });
        found
    }

    proptest! {
        #[test]
        fn ascii_agrees_with_the_standard(text in "[a1_.,:;'# %-]{0,24}") {
            prop_assert_eq!(ours(&text), reference(&text));
        }

        #[test]
        fn folded_text_agrees_with_the_standard(text in "\\PC{0,24}") {
            let folded = super::super::fold::fold_str(&text);
            prop_assert_eq!(ours(&folded), reference(&folded));
        }

        #[test]
        fn tokens_lie_on_boundaries_and_fold_to_themselves(text in "[aBé# @$_.😡任ガß\u{301}\u{200b}]{0,24}") {
            let document = Document::new(&text);
            let mut last = 0;
            for token in document.tokens() {
                let original = document.original(token.original);
                prop_assert!(token.position >= last && token.position_end >= token.position);
                last = token.position;
                let folded = super::super::fold::fold_str(original);
                prop_assert!(folded.contains(document.token_text(token)), "{} {}", original, document.token_text(token));
            }
        }
    }
}
