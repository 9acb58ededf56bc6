//! What one text has in place of words of another one: posts of one template about another thing, place or person are
//! no copies of each other, however much else is the same.
//!
//! The words are aligned (longest common subsequence). Between two words that both texts have, each may have words of its
//! own. Words that one of them has there alone were added or left out, which is an edit; words that both have there are
//! an edit where they are nearly the same letters (misspelt, joined, cut), are found elsewhere in the other text, say
//! nothing of what the post is about (`the`), are numbers both, or say the same. Looks at words as templates have
//! them, so case, accents of look-alikes and signs are gone.

mod align;
mod same;
mod words;

pub(super) use self::align::differing;
use self::align::{Gap, gaps, is_unspaced, words_of};
use self::same::{are_opposite, is_near, is_same};
use self::words::Meaning;
use super::super::Template;

/// Words between the first that differs and the last, of texts that are compared; longer ones are left to their shingles.
const WORDS_MAX: usize = 48;
/// What is replaced is no trifle from this share of a text's letters on: one of so many.
const LETTERS_OF_REPLACED: usize = 48;
/// Letters of the shortest word that says what a post is about, in scripts with letters.
const LETTERS_MIN: usize = 3;
/// Of so many words, more than one with digits: the text is in leet.
const LEET_WORDS: usize = 3;

/// True where one text has other things in place of those of the other; of templates' words, each behind a space, and the
/// parts where they differ. `written` are the texts as they were given, where that is known: of words with digits, only
/// those tell the digits.
pub(super) fn are_others([one, other]: [&str; 2], [own, others]: [&str; 2], written: [&str; 2]) -> bool {
    if own.is_empty() || others.is_empty() {
        return false;
    }
    let begin = one.starts_with(own) && other.starts_with(others);
    let end = one.ends_with(own) && other.ends_with(others);
    let (own, others) = (words_of(own), words_of(others));
    if own.len() > WORDS_MAX || others.len() > WORDS_MAX {
        return false;
    }
    if are_exchanged(&own, &others) {
        return true;
    }
    let gaps = gaps(&own, &others);
    let is_replaced = |[at, other_at]: &&Gap| {
        let is_first = begin && at.start == 0 && other_at.start == 0;
        let is_last = end && at.end == own.len() && other_at.end == others.len();
        !is_edited(&own[at.clone()], &others[other_at.clone()], [is_first, is_last])
    };
    let replaced: Vec<&Gap> = gaps.iter().filter(is_replaced).collect();
    if replaced.is_empty() {
        return false;
    }
    let all_own: Vec<&str> = gaps.iter().flat_map(|[at, _]| &own[at.clone()]).copied().collect();
    let all_others: Vec<&str> = gaps.iter().flat_map(|[_, at]| &others[at.clone()]).copied().collect();
    let is_enough = |numbered: &[String]| {
        let letters = replaced.iter().map(|[at, other_at]| {
            let own = weight(&own[at.clone()], &all_others, numbered);
            own.min(weight(&others[other_at.clone()], &all_own, numbered))
        });
        let letters: usize = letters.sum();
        letters > 0 && letters * LETTERS_OF_REPLACED >= one.len().min(other.len())
    };
    is_enough(&[]) && {
        let numbered = words_with_digits(written);
        numbered.is_empty() || is_enough(&numbered)
    }
}

/// True where two things are in each other's place beside a word that says how they stand: one is better *than* the
/// other, somebody went *from* one to the other.
fn are_exchanged(one: &[&str], other: &[&str]) -> bool {
    let ([first, between @ .., last], [other_first, other_between @ .., other_last]) = (one, other) else {
        return false;
    };
    first == other_last
        && last == other_first
        && between == other_between
        && is_weighty(first)
        && is_weighty(last)
        && !is_same(first, last)
        && between.iter().any(|word| words::is_relation(word))
}

/// The words of texts that were written with digits, as they look; none of a text in leet, where most are.
fn words_with_digits(texts: [&str; 2]) -> Vec<String> {
    let mut template = Template::default();
    let mut words = Vec::new();
    for text in texts {
        let numbered = || text.split_whitespace().filter(|word| word.contains(char::is_numeric));
        if numbered().count() * LEET_WORDS > text.split_whitespace().count() {
            continue;
        }
        for word in numbered() {
            template.read(word);
            words.extend(template.spaced().split(' ').map(str::to_owned));
        }
    }
    words
}

/// True for a kanji or katakana: they say what a sentence is about, hiragana are endings and particles.
fn is_character(c: char) -> bool {
    is_unspaced(c) && !matches!(c, '\u{3040}'..='\u{309f}')
}

/// True where two runs are one, misspelt, joined to one word or censored, or one is cut where its text begins or ends.
fn is_edited(run: &[&str], other: &[&str], [is_first, is_last]: [bool; 2]) -> bool {
    let (Some((first, last)), Some((other_first, other_last))) = (ends(run), ends(other)) else { return true };
    if run.len() == 1 && other.len() == 1 && are_opposite(first, other_first) {
        return false;
    }
    let is_cut = |word: &str, other: &str, is_part: fn(&str, &str) -> bool| {
        word != other && (is_part(word, other) || is_part(other, word))
    };
    // what is between was put in signs: `sh*t`
    let is_censored = |run: &[&str], whole: &[&str], first: &str, last: &str| {
        run.len() > 1 && whole.len() == 1 && whole[0].starts_with(first) && whole[0].ends_with(last)
    };
    (is_last && is_cut(first, other_first, |word, start| word.starts_with(start)))
        || (is_first && is_cut(last, other_last, |word, end| word.ends_with(end)))
        || is_censored(run, other, first, last)
        || is_censored(other, run, other_first, other_last)
        || is_near(&run.concat(), &other.concat())
}

/// The first and the last word of a run; nothing where it has none.
fn ends<'w>(run: &[&'w str]) -> Option<(&'w str, &'w str)> {
    Some((run.first()?, run.last()?))
}

/// Letters of those words of a run that say what a text is about and that the other text has not.
fn weight(run: &[&str], others: &[&str], numbered: &[String]) -> usize {
    let is_own = |word: &&&str| !others.iter().any(|other| is_same(word, other));
    let is_number = |word: &str| numbered.iter().any(|number| number == word);
    run.iter().filter(|word| is_weighty(word) && !is_number(word)).filter(is_own).map(|word| word.len()).sum()
}

fn is_weighty(word: &str) -> bool {
    if !word.is_ascii() && word.contains(is_unspaced) {
        return word.contains(is_character);
    }
    word.chars().nth(LETTERS_MIN - 1).is_some() && words::meaning(word) != Some(Meaning::Nothing)
}
