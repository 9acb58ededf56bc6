//! What a misspelt word was probably meant to be. Suggests, never corrects.

/// Longer words are compared by their beginnings.
const LETTERS_MAX: usize = 64;
/// A beginning shorter than this says nothing, and shorter words must be nearer.
const LETTERS_MIN: usize = 3;

/// The entry of `known` that `word` was probably meant to be: the fewest edits away, at most a third of its letters,
/// else one that begins with it or it with one. Case does not count; of equally near ones the first by name.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let letters: Vec<char> = word.to_lowercase().chars().take(LETTERS_MAX).collect();
    let allowed = letters.len().div_ceil(3).saturating_sub(usize::from(letters.len() < LETTERS_MIN));
    let begins = |candidate: &[char]| {
        letters.len().min(candidate.len()) >= LETTERS_MIN
            && (candidate.starts_with(&letters) || letters.starts_with(candidate))
    };
    let near = known.into_iter().filter_map(|name| {
        let candidate: Vec<char> = name.to_lowercase().chars().take(LETTERS_MAX).collect();
        let edits = edits(&letters, &candidate);
        (edits <= allowed || begins(&candidate)).then_some((edits > allowed, edits, name))
    });
    near.min().map(|(_, _, name)| name)
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words: optimal string alignment.
#[must_use]
pub fn edits(a: &[char], b: &[char]) -> usize {
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(ca != cb)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Most edits that are looked for by [`are_within`].
const EDITS_MAX: usize = 16;
/// Entries of a row that so many edits can reach, and one more at each end.
const BAND: usize = 2 * EDITS_MAX + 3;

/// Whether two words are so few [`edits`] apart, at most [`EDITS_MAX`]. Looks only where so few can lead (Ukkonen 1985)
/// and no further than there is hope: words that are nothing alike cost little.
#[must_use]
pub(crate) fn are_within(a: &[char], b: &[char], most: usize) -> bool {
    let most = most.min(EDITS_MAX);
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    // of a row `i`, entry `n` is that of column `i + n - most - 1`; what is outside of the word or the band is too far
    let far = most + 1;
    let mut before = [far; BAND];
    let mut last = [far; BAND];
    (0..=most).for_each(|column| last[column + most + 1] = column);
    for (i, ca) in a.iter().enumerate() {
        let mut row = [far; BAND];
        let mut least = far;
        for n in 1..=2 * most + 1 {
            // the column is that of row `i + 1`
            let Some(column) = (i + n).checked_sub(most).filter(|column| *column <= b.len()) else { continue };
            let mut best = (last[n + 1] + 1).min(row[n - 1] + 1);
            if column > 0 {
                let cb = b[column - 1];
                best = best.min(last[n] + usize::from(*ca != cb));
                if i > 0 && column > 1 && *ca == b[column - 2] && a[i - 1] == cb {
                    best = best.min(before[n] + 1);
                }
            } else {
                best = best.min(i + 1);
            }
            row[n] = best.min(far);
            least = least.min(row[n]);
        }
        // a swap reaches over one row
        if least.min(last.iter().copied().min().unwrap_or(far)) > most {
            return false;
        }
        (before, last) = (last, row);
    }
    last[b.len() + most + 1 - a.len()] <= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_band_says_what_the_whole_table_says(a in "[abc]{0,20}", b in "[abc]{0,20}", most in 0_usize..=EDITS_MAX) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(are_within(&a, &b, most), edits(&a, &b) <= most);
        }

        #[test]
        fn edited_words_are_within_their_edits(
            word in "[a-f]{0,64}",
            changes in prop::collection::vec((0_usize..64, "[a-f]"), 0..9),
            most in 0_usize..=9,
        ) {
            let a: Vec<char> = word.chars().collect();
            let mut b = a.clone();
            for (at, change) in changes {
                let letter = change.chars().next().unwrap_or('a');
                match at % 4 {
                    0 => b.insert(at % (b.len() + 1), letter),
                    1 if !b.is_empty() => drop(b.remove(at % b.len())),
                    2 if b.len() > 1 => {
                        let first = at % (b.len() - 1);
                        b.swap(first, first + 1);
                    }
                    _ => b.push(letter),
                }
            }
            prop_assert_eq!(are_within(&a, &b, most), edits(&a, &b) <= most);
        }
    }

    #[test]
    fn counts_edits() {
        for (a, b, want) in [("", "", 0), ("", "abc", 3), ("team", "tema", 1), ("support", "suport", 1), ("a", "b", 1)]
        {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!((edits(&a, &b), edits(&b, &a)), (want, want), "{a:?} {b:?}");
        }
    }

    #[test]
    fn guesses_what_was_meant() {
        let keys: &[&str] = &["brokers", "prefix", "properties"];
        let fields: &[&str] = &["language", "kind", "platform", "x", "mastodon"];
        let teams: &[&str] = &["support", "finance", "finances-eu", "legal"];
        for (word, known, want) in [
            ("broker", keys, Some("brokers")),
            ("prefx", keys, Some("prefix")),
            ("zzz", keys, None),
            ("", keys, None),
            ("langauge", fields, Some("language")),
            ("Mastadon", fields, Some("mastodon")),
            ("lang", fields, Some("language")),
            ("y", fields, None),
            ("fin", teams, Some("finance")),
            ("finances", teams, Some("finance")),
            ("zebra", teams, None),
            ("S5", &["S1", "S2"], None),
            ("tuesday", &["mon", "tue"], Some("tue")),
            ("x", &[], None),
        ] {
            assert_eq!(nearest(word, known.iter().copied()), want, "{word}");
        }
    }
}
