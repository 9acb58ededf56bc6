//! What is wrong with a query, where, and what to write instead. Words only; nothing here decides.

use crate::text::Span;
use std::fmt::Write as _;
use std::ops::Range;

/// A fault in a query's text, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Byte range in the query's text, on character boundaries.
    pub span: Span,
    /// What is wrong, in words, lower case, no full stop.
    pub message: String,
    /// What to write instead, where that is known.
    pub suggestion: Option<String>,
    /// True when operators stand on one level without brackets.
    pub is_mix: bool,
}

/// A fault in one query of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Place of the query in the input.
    pub query: usize,
    /// What is wrong with it.
    pub diagnostic: Diagnostic,
}

/// Characters of a query shown on each side of a fault.
const CONTEXT_CHARS: usize = 60;

impl Diagnostic {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span: span_of(&span), message: message.into(), suggestion: None, is_mix: false }
    }

    /// Operators stand on one level without brackets.
    pub(super) fn mix(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { is_mix: true, ..Self::new(span, message) }
    }

    pub(crate) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// The same fault, said of this place.
    pub(super) fn within(mut self, span: Range<usize>) -> Self {
        self.span = span_of(&span);
        self
    }

    /// The fault as people read it, over several lines: `place:COLUMN: message`, the query, a caret line and the
    /// suggestion. The column counts characters from 1. Never longer than a few hundred characters.
    #[must_use]
    pub fn render(&self, place: &str, query: &str) -> String {
        let start = query.floor_char_boundary(self.span.start as usize);
        let end = query.floor_char_boundary(self.span.end as usize).max(start);
        let column = query[..start].chars().count();
        let marked = query[start..end].chars().count().clamp(1, CONTEXT_CHARS);
        let shown_from = column.saturating_sub(CONTEXT_CHARS);
        let shown: String = query
            .chars()
            .skip(shown_from)
            .take(column - shown_from + marked + CONTEXT_CHARS)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut out = format!("{place}:{}: {}\n", column + 1, self.message);
        let (indent, carets) = (" ".repeat(column - shown_from), "^".repeat(marked));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  | {}\n  | {indent}{carets}", shown.trim_end());
        if let Some(suggestion) = &self.suggestion {
            let _ = writeln!(out, "  = {suggestion}");
        }
        out
    }
}

/// A query is at most 64 KiB, so its places fit; what does not is held to the largest place.
pub(super) fn span_of(range: &Range<usize>) -> Span {
    let place = |byte| u32::try_from(byte).unwrap_or(u32::MAX);
    Span { start: place(range.start), end: place(range.end) }
}

/// At most so many characters of a text, the last of them an ellipsis where it is longer.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_place() {
        let fault = Diagnostic::new(5..10, "odd word").suggest("write \"café\"");
        assert_eq!(
            fault.render("pack.txt:3", "café odd"),
            "pack.txt:3:5: odd word\n  | café odd\n  |     ^^^^\n  = write \"café\"\n"
        );
        let long = format!("{}x{}", "é".repeat(500), "a".repeat(500));
        assert!(Diagnostic::new(1000..1001, "odd").render("p:1", &long).len() < 600);
        assert!(Diagnostic::new(9..99, "odd").render("p:1", "é").contains("^"));
    }
}
