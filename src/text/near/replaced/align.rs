//! Two rows of words side by side: where they differ.

use std::ops::Range;

/// The parts of two rows of words, each behind a space, from the first word that differs to the last one.
pub(in super::super) fn differing<'t>(one: &'t str, other: &'t str) -> [&'t str; 2] {
    let start = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let start = one[..one.floor_char_boundary(start)].rfind(' ').unwrap_or(0);
    let (one, other) = (&one[start..], &other[start..]);
    let same = one.bytes().rev().zip(other.bytes().rev()).take_while(|(one, other)| one == other).count();
    let end = |words: &str| {
        let tail = words.ceil_char_boundary(words.len() - same);
        words[tail..].find(' ').map_or(words.len(), |at| tail + at)
    };
    [&one[..end(one)], &other[..end(other)]]
}

/// The words of a row; of scripts without spaces each character.
pub(super) fn words_of(spaced: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in spaced.split(' ').filter(|word| !word.is_empty()) {
        if word.is_ascii() || !word.contains(is_unspaced) {
            words.push(word);
        } else {
            words.extend(word.split_inclusive(|_| true));
        }
    }
    words
}

/// Kanji, kana.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// A run of words of each text, by their places.
pub(super) type Gap = [Range<usize>; 2];

/// Where the words of two texts are not those of their longest common subsequence: runs between two of its words.
pub(super) fn gaps(one: &[&str], other: &[&str]) -> Vec<Gap> {
    let longest = Longest::new(one, other);
    let (mut gaps, mut from, mut at) = (Vec::new(), (0, 0), (0, 0));
    loop {
        let (i, j) = at;
        let is_end = i == one.len() && j == other.len();
        if is_end || (i < one.len() && j < other.len() && one[i] == other[j]) {
            if at != from {
                gaps.push([from.0..i, from.1..j]);
            }
            if is_end {
                return gaps;
            }
            at = (i + 1, j + 1);
            from = at;
        } else if j == other.len() || (i < one.len() && longest.of(i + 1, j) >= longest.of(i, j + 1)) {
            at.0 += 1;
        } else {
            at.1 += 1;
        }
    }
}

/// Lengths of the longest common subsequences of what is left of two rows of words behind a word of each.
struct Longest {
    lengths: Vec<u16>,
    width: usize,
}

impl Longest {
    fn new(one: &[&str], other: &[&str]) -> Self {
        let width = other.len() + 1;
        let mut longest = Self { lengths: vec![0; (one.len() + 1) * width], width };
        for (i, word) in one.iter().enumerate().rev() {
            for (j, other) in other.iter().enumerate().rev() {
                let length = if word == other {
                    longest.of(i + 1, j + 1) + 1
                } else {
                    longest.of(i + 1, j).max(longest.of(i, j + 1))
                };
                longest.lengths[i * width + j] = length;
            }
        }
        longest
    }

    fn of(&self, i: usize, j: usize) -> u16 {
        self.lengths[i * self.width + j]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is outside of the gaps is the same in both, and no gap of both begins or ends with the same word.
        #[test]
        fn what_is_in_no_gap_is_common(one in prop::collection::vec("[a-c]", 0..12), other in prop::collection::vec("[a-c]", 0..12)) {
            let [one, other] = [&one, &other].map(|words| words.iter().map(String::as_str).collect::<Vec<&str>>());
            let gaps = gaps(&one, &other);
            let outside = |words: &[&str], side: usize| {
                let is_in = |at: &usize| gaps.iter().any(|gap| gap[side].contains(at));
                (0..words.len()).filter(|at| !is_in(at)).map(|at| words[at].to_owned()).collect::<Vec<String>>()
            };
            prop_assert_eq!(outside(&one, 0), outside(&other, 1));
            for [own, others] in gaps {
                let (own, others) = (&one[own], &other[others]);
                prop_assert!(!own.iter().any(|word| others.contains(word)), "{:?} {:?}", own, others);
            }
        }

        #[test]
        fn what_differs_is_between_what_both_begin_and_end_with(one in "( [a-b]{1,2}){0,5}", other in "( [a-b]{1,2}){0,5}") {
            let [own, others] = differing(&one, &other);
            let (head, tail) = (one.find(own).unwrap_or(0), one.len() - own.len());
            prop_assert!(one.ends_with(own) || one.contains(own), "{}", head + tail);
            prop_assert_eq!(own == others, one == other || own.is_empty() && others.is_empty());
        }
    }
}
