//! Phrases of a text: its runs of words that stand in the lexicon.
//!
//! Found for all words before anything is made of one: the lexicon is large, and a look at it waits for memory, so that
//! all looks of a text are made in a row.

use super::concepts::{Entry, Lexicon, PHRASE_WORDS_MAX};
use super::features::is_spelled;
use super::tokens::{Kind, Reading};
use super::word::Word;

/// What may be a phrase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    /// The word it ends with, by its number among the words of the text.
    pub(crate) word: usize,
    key: u64,
    /// What it is about; nothing where it is no phrase.
    pub(crate) entry: Option<&'static Entry>,
}

/// Puts what may be phrases of a text in place of others, by their last words, the shorter ones first. No phrase goes
/// on beyond marks.
pub(crate) fn phrases_into(reading: &Reading, words: &[Word], phrases: &mut Vec<Phrase>) {
    let lexicon = Lexicon::shipped();
    phrases.clear();
    let (mut begin, mut end) = (0, 0);
    for token in &reading.tokens {
        if token.kind == Kind::Marks {
            begin = end;
        } else if is_spelled(token.kind) {
            end += 1;
            if !words[end - 1].roles.ends_any() {
                continue;
            }
            for length in 2..=PHRASE_WORDS_MAX.min(end - begin) {
                let run = &words[end - length..end];
                let keys = may_be_phrase(run).then(|| lexicon.phrase_key(run.iter().map(|word| word.plain)));
                phrases.extend(keys.flatten().map(|key| Phrase { word: end - 1, key, entry: None }));
            }
        }
    }
    phrases.iter_mut().for_each(|phrase| phrase.entry = lexicon.phrase(phrase.key));
}

fn may_be_phrase(run: &[Word]) -> bool {
    let ends = run.first().zip(run.last());
    ends.is_some_and(|(first, last)| first.roles.may_make_phrase(last.roles, run.len()))
}

#[cfg(test)]
mod tests {
    use super::super::word::Spelling;
    use super::*;

    fn ends(text: &str) -> Vec<usize> {
        let (reading, mut spelling, mut phrases) = (Reading::new(text), Spelling::default(), Vec::new());
        spelling.read(&reading);
        phrases_into(&reading, &spelling.words, &mut phrases);
        phrases.iter().filter(|phrase| phrase.entry.is_some()).map(|phrase| phrase.word).collect()
    }

    #[test]
    fn are_found_where_they_end_and_not_across_marks() {
        for (text, want) in [
            ("", &[][..]),
            ("xq", &[]),
            ("xq money back", &[2]),
            ("xq #money 50 back xq", &[2]),
            ("xq money! back", &[]),
            ("xq money back, xq money back", &[2, 5]),
        ] {
            assert_eq!(ends(text), want, "{text}");
        }
    }
}
