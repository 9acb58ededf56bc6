//! Does every text that has one thing also have another? Says yes only where it is sure; knows nothing of texts.

use crate::query::ast::{Form, Node, Shape, Word};

/// True when every text that matches `node` surely matches `other`.
pub(super) fn implies(node: &Node, other: &Node) -> bool {
    if node == other {
        return true;
    }
    match (&node.form, &other.form) {
        (_, Form::Any(parts)) if !matches!(node.form, Form::Any(_)) => parts.iter().any(|part| implies(node, part)),
        (_, Form::All(parts)) => parts.iter().all(|part| implies(node, part)),
        (Form::Any(parts), _) => !parts.is_empty() && parts.iter().all(|part| implies(part, other)),
        (Form::All(parts) | Form::Within { parts, .. }, _) => parts.iter().any(|part| implies(part, other)),
        (Form::Except(base, _), _) => implies(base, other),
        (Form::Near { sides, .. }, _) => implies(&sides.0, other) || implies(&sides.1, other),
        (Form::Words(words), Form::Words(wanted)) => has_run(words, wanted),
        _ => false,
    }
}

/// True when `wanted` stands within `words`, in a row.
fn has_run(words: &[Word], wanted: &[Word]) -> bool {
    let fits = |window: &[Word]| window.iter().zip(wanted).all(|(word, wanted)| word_implies(word, wanted));
    !wanted.is_empty() && words.windows(wanted.len()).any(fits)
}

/// True when every token that is `word` is `wanted` too.
fn word_implies(word: &Word, wanted: &Word) -> bool {
    if word == wanted {
        return true;
    }
    if wanted.exact.is_some() && wanted.exact != word.exact {
        return false;
    }
    match (&word.shape, &wanted.shape) {
        // `#nimbus` is found by `nimbus` as well.
        (Shape::Whole(word), Shape::Whole(wanted)) => word.trim_start_matches(['#', '@']) == wanted || word == wanted,
        (Shape::Whole(word), Shape::Pattern(pattern)) => pattern.accepts(word),
        (Shape::Whole(word), Shape::Fuzzy(fuzzy)) => *word == fuzzy.word,
        (Shape::Pattern(word), Shape::Pattern(wanted)) => {
            wanted.is_open && wanted.rest.is_empty() && word.prefix.starts_with(&wanted.prefix)
        }
        (word, wanted) => word == wanted,
    }
}
