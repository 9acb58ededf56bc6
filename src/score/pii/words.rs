//! The words around a place in a text, one by one and no further than a fixed reach.

/// Bytes around a number in which words are looked at.
const REACH: usize = 64;
/// A word, its place, and what stands between it and the place that was left before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) gap: &'t str,
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’' | '-')
}

/// The words after `at`, one by one, within [`REACH`]; a word that goes further is left out.
pub(super) fn words_after(text: &str, at: usize) -> impl Iterator<Item = Word<'_>> {
    let limit = text.ceil_char_boundary(at.saturating_add(REACH).min(text.len()));
    let mut left = at;
    std::iter::from_fn(move || {
        let rest = &text[left..limit];
        let start = left + rest.find(in_word)?;
        let length = text[start..limit].find(|c| !in_word(c));
        let end = match length {
            Some(length) => start + length,
            None if limit == text.len() => limit,
            None => return None,
        };
        let word = Word { text: &text[start..end], start, end, gap: &text[left..start] };
        left = end;
        Some(word)
    })
}

/// The words before `at`, the nearest first, within [`REACH`] and not before `floor`.
pub(super) fn words_before(text: &str, at: usize, floor: usize) -> impl Iterator<Item = Word<'_>> {
    let limit = text.floor_char_boundary(at.saturating_sub(REACH)).max(floor);
    let mut left = at;
    std::iter::from_fn(move || {
        let rest = text.get(limit..left)?;
        let (last, c) = rest.char_indices().rfind(|(_, c)| in_word(*c))?;
        let end = limit + last + c.len_utf8();
        let start = match text[limit..end].char_indices().rfind(|(_, c)| !in_word(*c)) {
            Some((at, c)) => limit + at + c.len_utf8(),
            None if limit == floor => limit,
            None => return None,
        };
        let word = Word { text: &text[start..end], start, end, gap: &text[end..left] };
        left = start;
        Some(word)
    })
}

pub(super) fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

pub(super) fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}
