//! From a term as written to the words it asks for: the same folding and word boundaries as for texts, plus wildcards,
//! marks and case.
//!
//! A bare term of several tokens (`t-mobile`, `h&m`, 任天堂) is a phrase of them. Signs between words do not count;
//! a term that is one sign or emoji asks for it.

use super::ast::{Fuzzy, Pattern, Shape, Word};
use super::diagnostic::Diagnostic;
use crate::text::entity::is_whole_tag;
use crate::text::fold::{Exact, fold, fold_str};
use crate::text::token::{TokenKind, tokens};
use std::ops::Range;

/// Bytes of the longest word that can be asked for.
const WORD_BYTES_MAX: usize = 1024;

/// Stands for `*` while the term is folded and split; a letter, as [`Pattern::ANY`] is.
const OPEN_END: char = '\u{a8fb}';

/// Reads a bare word or the inside of a phrase. `span` is where faults point.
pub(super) fn words(term: &str, span: &Range<usize>, is_phrase: bool) -> Result<Vec<Word>, Diagnostic> {
    if !is_phrase && term.starts_with(['#', '@', '$', '＃', '＠']) && term.chars().nth(1).is_some() {
        return tag(term, span).map(|word| vec![word]);
    }
    let has_wildcards = term.contains(['*', '?']);
    if has_wildcards && term.contains([Pattern::ANY, OPEN_END]) {
        return Err(Diagnostic::new(span.clone(), "this letter cannot stand beside a wildcard"));
    }
    if !has_wildcards {
        return split(term, span, |original, folded| Ok(plain_word(original, folded)));
    }
    check_wildcards(term, span)?;
    let marked = term.replace('?', "\u{a66e}").replace('*', "\u{a8fb}");
    split(&marked, span, |original, folded| wildcard_word(original, folded, span))
}

/// Reads the inside of `{…}`: the same words, in exactly this case.
pub(super) fn cased_words(term: &str, span: &Range<usize>) -> Result<Vec<Word>, Diagnostic> {
    if term.contains(['*', '?']) {
        return Err(Diagnostic::new(
            span.clone(),
            "a wildcard cannot stand within { }: what it matches has no case to compare",
        )
        .suggest("write the word whole, or without { }"));
    }
    let exact = |original: &str, folded: &str| {
        Ok(Word { shape: Shape::Whole(folded.to_owned()), exact: Some(Exact::new(original, true)) })
    };
    split(term, span, exact)
}

/// Reads `nimbus~1`.
pub(super) fn fuzzy(term: &str, span: &Range<usize>) -> Result<Vec<Word>, Diagnostic> {
    let (stem, edits) = term.rsplit_once('~').unwrap_or((term, ""));
    let edits = match edits {
        "1" => 1,
        "2" => 2,
        _ => {
            return Err(Diagnostic::new(span.clone(), "a word may differ by 1 or 2 edits")
                .suggest(format!("write {stem}~1 or {stem}~2")));
        }
    };
    let is_tag = stem.starts_with(['#', '@', '$', '＃', '＠']);
    let words = if is_tag || stem.contains(['*', '?']) { Vec::new() } else { words(stem, span, true)? };
    let [Word { shape: Shape::Whole(word), .. }] = &words[..] else {
        return Err(Diagnostic::new(span.clone(), "only a single plain word can differ by edits")
            .suggest("write one word, without sign or wildcard"));
    };
    let letters = word.chars().count();
    if letters < Fuzzy::LETTERS_MIN || letters > Fuzzy::LETTERS_MAX {
        let fault = format!("a word with edits has {} to {} letters", Fuzzy::LETTERS_MIN, Fuzzy::LETTERS_MAX);
        return Err(Diagnostic::new(span.clone(), fault).suggest("write the spellings with OR"));
    }
    Ok(vec![Word { shape: Shape::Fuzzy(Fuzzy { word: word.clone(), edits }), exact: None }])
}

/// Reads a hashtag, handle or cashtag with its sign.
pub(super) fn tag(term: &str, span: &Range<usize>) -> Result<Word, Diagnostic> {
    if let Some(stem) = term.strip_suffix('*').filter(|stem| !stem.contains(['*', '?'])) {
        if stem.chars().count() < 3 || !is_whole_tag(&fold_str(stem)) {
            return Err(too_short(span));
        }
        let pattern = Pattern { prefix: fold_str(stem), rest: String::new(), is_open: true };
        let exact = Some(Exact::new(stem, false)).filter(|exact| !exact.is_plain());
        return Ok(Word { shape: Shape::Pattern(pattern), exact });
    }
    let folded = fold_str(term);
    if is_whole_tag(&folded) {
        return Ok(plain_word(term, &folded));
    }
    let name = term.trim_start_matches(['#', '@', '$', '＃', '＠']);
    Err(Diagnostic::new(span.clone(), "not a hashtag, handle or cashtag: it has a character that none can have")
        .suggest(format!("write {name:?} in quotes to find the words")))
}

fn plain_word(original: &str, folded: &str) -> Word {
    let exact = Some(Exact::new(original, false)).filter(|exact| !exact.is_plain());
    Word { shape: Shape::Whole(folded.to_owned()), exact }
}

/// `*` stands at the end of a word, after two letters; `?` never stands first.
fn check_wildcards(term: &str, span: &Range<usize>) -> Result<(), Diagnostic> {
    for word in term.split_whitespace() {
        if word.starts_with(['*', '?']) {
            return Err(Diagnostic::new(span.clone(), "a wildcard cannot stand first")
                .suggest("write at least the first letter, two before *"));
        }
        if word.find('*').is_some_and(|at| at + 1 < word.len()) {
            return Err(Diagnostic::new(span.clone(), "* can only stand at the end of a word")
                .suggest("use ? for exactly one letter"));
        }
    }
    Ok(())
}

fn wildcard_word(original: &str, folded: &str, span: &Range<usize>) -> Result<Word, Diagnostic> {
    if !folded.contains([Pattern::ANY, OPEN_END]) {
        return Ok(plain_word(original, folded));
    }
    let stem = folded.strip_suffix(OPEN_END);
    let is_open = stem.is_some();
    let stem = stem.unwrap_or(folded);
    let first = stem.find(Pattern::ANY).unwrap_or(stem.len());
    let (prefix, rest) = stem.split_at(first);
    if prefix.is_empty() || (is_open && stem.chars().count() < 2) || rest.contains(OPEN_END) {
        return Err(too_short(span));
    }
    let exact = Exact::new(original.trim_end_matches(OPEN_END), false);
    let pattern = Pattern { prefix: prefix.to_owned(), rest: rest.to_owned(), is_open };
    Ok(Word { shape: Shape::Pattern(pattern), exact: Some(exact).filter(|exact| !exact.is_plain()) })
}

fn too_short(span: &Range<usize>) -> Diagnostic {
    Diagnostic::new(span.clone(), "* needs at least two letters before it, ? at least one")
        .suggest("write more of the word")
}

/// Splits a term as texts are split. Words and emoji count; a sign counts where nothing else is there.
fn split(
    term: &str,
    span: &Range<usize>,
    word_of: impl Fn(&str, &str) -> Result<Word, Diagnostic>,
) -> Result<Vec<Word>, Diagnostic> {
    let folded = fold(term);
    let tokens = tokens(term, &folded);
    let of_kind = |kind| tokens.iter().filter(move |token| token.kind == kind);
    let mut words = Vec::new();
    let chosen: Vec<_> = match of_kind(TokenKind::Word).next() {
        Some(_) => of_kind(TokenKind::Word).collect(),
        None => of_kind(TokenKind::Symbol).collect(),
    };
    for token in &chosen {
        let original = &term[token.original.start as usize..token.original.end as usize];
        let text = &folded.text[token.folded.start as usize..token.folded.end as usize];
        if text.len() > WORD_BYTES_MAX {
            return Err(Diagnostic::new(span.clone(), format!("a word is longer than {WORD_BYTES_MAX} bytes")));
        }
        words.push(word_of(original, text)?);
    }
    match (words.len(), chosen.first().map(|token| token.kind)) {
        (0, _) => Err(Diagnostic::new(span.clone(), "there is nothing here to search for")
            .suggest("write a word, a hashtag, a handle or an emoji")),
        (2.., Some(TokenKind::Symbol)) => {
            Err(Diagnostic::new(span.clone(), "several signs in a row cannot be searched for")
                .suggest("write one sign"))
        }
        _ => Ok(words),
    }
}
