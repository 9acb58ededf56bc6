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

#[cfg(test)]
mod tests {
    use super::*;

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
