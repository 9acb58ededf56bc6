//! From a vendor's text to its pieces; decides nothing about meaning.

use super::{Dialect, Effect, Steps};
use crate::query::diagnostic::Diagnostic;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece<'q> {
    pub kind: PieceKind<'q>,
    /// Bytes of the query.
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind<'q> {
    Open,
    Close,
    And,
    Or,
    /// `NOT`, `AND NOT`, `ANDNOT`.
    Not,
    /// `-` right before a term.
    Minus,
    /// `NEAR/6f`; without a number where none was written.
    Near {
        distance: Option<u32>,
        is_ordered: bool,
    },
    Word(&'q str),
    Phrase(&'q str),
    /// `{BT}`
    Case(&'q str),
    /// `++` or `+` right before a term.
    Plus {
        keeps_case: bool,
    },
    /// `name:`; its value comes next.
    Field(&'q str),
    /// What stands between `[` and `]`.
    Range(&'q str),
    /// `~5`
    Distance(u32),
}

/// Splits a query into pieces, and gives its comments apart.
pub(super) fn lex<'q>(dialect: Dialect, query: &'q str, steps: &mut Steps<'_>) -> (Vec<Piece<'q>>, Vec<&'q str>) {
    let mut lexer = Lexer { dialect, query, at: 0, steps, notes: Vec::new() };
    let mut pieces: Vec<Piece<'q>> = Vec::new();
    while lexer.skip_blank() {
        let start = lexer.at;
        let after_field = matches!(pieces.last(), Some(Piece { kind: PieceKind::Field(_), .. }));
        if let Some(kind) = lexer.next_kind(after_field) {
            pieces.push(Piece { kind, span: start..lexer.at });
        }
    }
    let notes = lexer.notes;
    (pieces, notes)
}

struct Lexer<'q, 'q2, 's> {
    dialect: Dialect,
    query: &'q str,
    at: usize,
    steps: &'s mut Steps<'q2>,
    notes: Vec<&'q str>,
}

impl<'q> Lexer<'q, '_, '_> {
    fn rest(&self) -> &'q str {
        &self.query[self.at..]
    }

    /// Passes spaces and comments; false at the end.
    fn skip_blank(&mut self) -> bool {
        loop {
            self.at = self.query.len() - self.rest().trim_start_matches(is_blank).len();
            let Some(inside) = self.rest().strip_prefix("<<<") else { return self.at < self.query.len() };
            let Some(length) = inside.find(">>>") else {
                let place = self.at..self.at + 3;
                self.steps.fault(Diagnostic::new(place, "comment is not closed").suggest("write >>> at its end"));
                self.at = self.query.len();
                return false;
            };
            self.notes.push(&inside[..length]);
            self.at += length + 6;
        }
    }

    fn next_kind(&mut self, after_field: bool) -> Option<PieceKind<'q>> {
        let c = self.rest().chars().next()?;
        match c {
            '(' => self.sign(1, PieceKind::Open),
            ')' => self.sign(1, PieceKind::Close),
            '{' => self.enclosed('{', '}').map(PieceKind::Case),
            '[' => self.enclosed('[', ']').map(PieceKind::Range),
            '~' => self.distance(),
            '^' => self.boost(),
            '-' if self.precedes_term(1) => self.sign(1, PieceKind::Minus),
            '+' if self.rest().starts_with("++") && self.precedes_term(2) => {
                self.sign(2, PieceKind::Plus { keeps_case: true })
            }
            '+' if self.precedes_term(1) => self.sign(1, PieceKind::Plus { keeps_case: false }),
            c if is_quote(c) => self.phrase(),
            ']' | '}' => {
                let place = self.at..self.at + 1;
                self.steps.fault(Diagnostic::new(place, format!("{c} has no meaning here")).suggest("remove it"));
                self.sign(1, PieceKind::Close).filter(|_| false)
            }
            _ => Some(self.word(after_field)),
        }
    }

    fn sign(&mut self, length: usize, kind: PieceKind<'q>) -> Option<PieceKind<'q>> {
        self.at += length;
        Some(kind)
    }

    /// True when a term begins `length` bytes further on.
    fn precedes_term(&self, length: usize) -> bool {
        let next = self.rest().get(length..).and_then(|rest| rest.chars().next());
        next.is_some_and(|c| c.is_alphanumeric() || is_quote(c) || matches!(c, '(' | '#' | '@' | '{'))
    }

    fn enclosed(&mut self, open: char, close: char) -> Option<&'q str> {
        let start = self.at + 1;
        let Some(length) = self.query[start..].find(close) else {
            let place = self.at..start;
            let fault = Diagnostic::new(place, format!("{open} is not closed"));
            self.steps.fault(fault.suggest(format!("write {close} after it")));
            self.at = self.query.len();
            return None;
        };
        self.at = start + length + 1;
        Some(&self.query[start..start + length])
    }

    /// Quotes may be straight or curly, and need not be a pair.
    fn phrase(&mut self) -> Option<PieceKind<'q>> {
        let open = self.at;
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        let Some(length) = self.rest().find(is_quote) else {
            let fault = Diagnostic::new(open..self.at, "quote is not closed");
            self.steps.fault(fault.suggest("write \" after the last word of the phrase"));
            self.at = self.query.len();
            return None;
        };
        let inside = &self.rest()[..length];
        self.at += length;
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        Some(PieceKind::Phrase(inside))
    }

    fn distance(&mut self) -> Option<PieceKind<'q>> {
        let digits = digits(&self.rest()[1..]);
        let place = self.at..self.at + 1 + digits.len();
        self.at = place.end;
        match digits.parse() {
            Ok(number) => Some(PieceKind::Distance(number)),
            Err(_) => {
                let fault = Diagnostic::new(place, "~ needs a number of words");
                self.steps.fault(fault.suggest("write for example \"apple juice\"~5"));
                None
            }
        }
    }

    /// `^9` orders what a reader sees, and matches nothing more or less.
    fn boost(&mut self) -> Option<PieceKind<'q>> {
        let length = 1 + digits(&self.rest()[1..]).len();
        let place = self.at..self.at + length;
        self.at += length;
        self.steps.lose(
            &place,
            "",
            "preference among hits: decides what is shown first, not what matches",
            Effect::Same,
        );
        None
    }

    fn word(&mut self, after_field: bool) -> PieceKind<'q> {
        let rest = self.rest();
        let mut length = rest.find(ends_word).unwrap_or(rest.len());
        if let Some(comment) = rest[..length].find("<<<") {
            length = comment;
        }
        // `~5` and `^9` belong to what stands before them.
        if let Some(end) = rest[..length].find(['~', '^']).filter(|end| *end > 0 && !after_field) {
            length = end;
        }
        let word = &rest[..length.max(rest.chars().next().map_or(1, char::len_utf8))];
        if after_field {
            self.at += word.len();
            return PieceKind::Word(word);
        }
        if let Some(operator) = self.operator(word) {
            self.at += word.len();
            return operator;
        }
        match field_name(word) {
            Some(name) => {
                self.at += name.len() + 1;
                PieceKind::Field(name)
            }
            None => {
                self.at += word.len();
                PieceKind::Word(word)
            }
        }
    }

    fn operator(&self, word: &str) -> Option<PieceKind<'q>> {
        let upper = if self.dialect == Dialect::Meltwater { word.to_ascii_uppercase() } else { word.to_owned() };
        match upper.as_str() {
            "AND" => return Some(PieceKind::And),
            "OR" => return Some(PieceKind::Or),
            "NOT" | "ANDNOT" => return Some(PieceKind::Not),
            _ => {}
        }
        let (rest, is_onear) = match upper.strip_prefix("ONEAR") {
            Some(rest) => (rest, true),
            None => (upper.strip_prefix("NEAR")?, false),
        };
        let number = match rest.strip_prefix('/') {
            Some(number) => number,
            None if rest.is_empty() => "",
            None => return None,
        };
        let forwards = number.strip_suffix(['f', 'F']);
        let number = forwards.unwrap_or(number);
        let distance = if number.is_empty() { None } else { Some(number.parse().ok()?) };
        Some(PieceKind::Near { distance, is_ordered: is_onear || forwards.is_some() })
    }
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}')
}

fn ends_word(c: char) -> bool {
    is_blank(c) || is_quote(c) || matches!(c, '(' | ')' | '{' | '}' | '[' | ']')
}

/// `name` of `name:…`; an address is no field.
fn field_name(word: &str) -> Option<&str> {
    let (name, value) = word.split_once(':')?;
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_name = starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    (is_name && !value.starts_with("//")).then_some(name)
}
