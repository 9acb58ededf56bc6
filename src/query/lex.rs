//! From a query's text to its pieces; decides nothing about meaning.

use super::diagnostic::Diagnostic;
use std::ops::Range;

/// A piece of a query and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lexeme<'q> {
    pub kind: LexemeKind<'q>,
    /// Bytes of the query.
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LexemeKind<'q> {
    Open,
    Close,
    And,
    Or,
    Not,
    /// What follows NEAR: `/6`, `/6f`, or nothing.
    Near(&'q str),
    /// Everything up to a space, bracket or quote.
    Word(&'q str),
    /// What stands between quotes.
    Phrase(&'q str),
    /// What stands between `{` and `}`.
    Case(&'q str),
    Field {
        name: &'q str,
        value: Value<'q>,
    },
    /// The digits of `~5` after a phrase or a bracket.
    Distance(&'q str),
    /// What stands between `/` and `/`.
    Regex(&'q str),
    /// The name in `@{name}`.
    Reference(&'q str),
}

/// What stands after `field:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'q> {
    Plain(&'q str),
    /// What stands between `[` and `]`.
    Range(&'q str),
    /// `field:(a OR b)`; the bracket is not consumed.
    Group,
}

/// Splits a query into pieces; faults are pushed and what they hurt is left out.
pub(super) fn lex<'q>(query: &'q str, faults: &mut Vec<Diagnostic>) -> Vec<Lexeme<'q>> {
    let mut lexer = Lexer { query, at: 0, faults };
    let mut lexemes = Vec::new();
    while lexer.skip_blank() {
        let start = lexer.at;
        if let Some(kind) = lexer.next_kind() {
            lexemes.push(Lexeme { kind, span: start..lexer.at });
        }
    }
    lexemes
}

struct Lexer<'q, 'f> {
    query: &'q str,
    at: usize,
    faults: &'f mut Vec<Diagnostic>,
}

impl<'q> Lexer<'q, '_> {
    fn rest(&self) -> &'q str {
        &self.query[self.at..]
    }

    /// Passes spaces and comments; false at the end.
    fn skip_blank(&mut self) -> bool {
        loop {
            self.at = self.query.len() - self.rest().trim_start_matches(is_blank).len();
            if !self.rest().starts_with("<<<") {
                return self.at < self.query.len();
            }
            let start = self.at;
            if let Some(length) = self.rest().find(">>>") {
                self.at += length + 3;
            } else {
                let fault = Diagnostic::new(start..start + 3, "comment is not closed");
                self.faults.push(fault.suggest("write >>> at its end"));
                self.at = self.query.len();
            }
        }
    }

    fn next_kind(&mut self) -> Option<LexemeKind<'q>> {
        let c = self.rest().chars().next()?;
        match c {
            '(' => self.single(LexemeKind::Open),
            ')' => self.single(LexemeKind::Close),
            '~' => self.distance(),
            '{' => self.enclosed('{', "}", "write } after the word").map(LexemeKind::Case),
            '@' if self.rest().starts_with("@{") => {
                self.at += 1;
                self.enclosed('{', "}", "write } after the name").map(LexemeKind::Reference)
            }
            '/' => self.regex(),
            c if is_quote(c) => self.phrase(c),
            '[' | ']' | '}' => {
                let fault = Diagnostic::new(self.at..self.at + 1, format!("{c} has no meaning here"));
                self.faults.push(fault.suggest("put what you look for in quotes"));
                self.at += 1;
                None
            }
            _ => Some(self.word()),
        }
    }

    fn single(&mut self, kind: LexemeKind<'q>) -> Option<LexemeKind<'q>> {
        self.at += 1;
        Some(kind)
    }

    /// `~5`; a lone `~` is a word, which says that there is nothing in it to search for.
    fn distance(&mut self) -> Option<LexemeKind<'q>> {
        let digits = self.rest()[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len() - 1);
        if digits == 0 {
            return Some(self.word());
        }
        let number = &self.rest()[1..=digits];
        self.at += 1 + digits;
        Some(LexemeKind::Distance(number))
    }

    /// What stands between `open`, which is next, and `close`.
    fn enclosed(&mut self, open: char, close: &str, suggestion: &str) -> Option<&'q str> {
        let start = self.at;
        self.at += open.len_utf8();
        if let Some(length) = self.rest().find(close) {
            let inside = &self.rest()[..length];
            self.at += length + close.len();
            return Some(inside);
        }
        self.faults.push(Diagnostic::new(start..self.at, format!("{open} is not closed")).suggest(suggestion));
        self.at = self.query.len();
        None
    }

    /// Quotes may be straight or curly, as word processors write them.
    fn phrase(&mut self, open: char) -> Option<LexemeKind<'q>> {
        let start = self.at;
        self.at += open.len_utf8();
        if let Some(length) = self.rest().find(is_quote) {
            let inside = &self.rest()[..length];
            self.at += length;
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            return Some(LexemeKind::Phrase(inside));
        }
        let fault = Diagnostic::new(start..self.at, "quote is not closed");
        self.faults.push(fault.suggest("write \" after the last word of the phrase"));
        self.at = self.query.len();
        None
    }

    fn regex(&mut self) -> Option<LexemeKind<'q>> {
        let mut escaped = false;
        let end = self.rest()[1..].find(|c| {
            let ends = c == '/' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(length) = end else {
            let fault = Diagnostic::new(self.at..self.at + 1, "regular expression is not closed");
            self.faults.push(fault.suggest("put the text in quotes if it is none"));
            self.at = self.query.len();
            return None;
        };
        let inside = &self.rest()[1..=length];
        self.at += length + 2;
        Some(LexemeKind::Regex(inside))
    }

    fn word(&mut self) -> LexemeKind<'q> {
        let rest = self.rest();
        let mut length = rest.find(ends_word).unwrap_or(rest.len());
        if let Some(comment) = rest[..length].find("<<<") {
            length = comment;
        }
        let word = &rest[..length];
        self.at += length;
        match word {
            "AND" => LexemeKind::And,
            "OR" => LexemeKind::Or,
            "NOT" => LexemeKind::Not,
            _ if is_near(word) => LexemeKind::Near(&word["NEAR".len()..]),
            _ => match field_name(word) {
                Some(name) => LexemeKind::Field { name, value: self.value(&word[name.len() + 1..]) },
                None => LexemeKind::Word(word),
            },
        }
    }

    fn value(&mut self, plain: &'q str) -> Value<'q> {
        if !plain.is_empty() {
            return Value::Plain(plain);
        }
        match self.rest().chars().next() {
            Some('[') => Value::Range(self.enclosed('[', "]", "write ] after the last number").unwrap_or_default()),
            Some(c) if is_quote(c) => match self.phrase(c) {
                Some(LexemeKind::Phrase(inside)) => Value::Plain(inside),
                _ => Value::Plain(""),
            },
            Some('(') => Value::Group,
            _ => Value::Plain(""),
        }
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

fn ends_word(c: char) -> bool {
    is_blank(c) || is_quote(c) || matches!(c, '(' | ')' | '{' | '}' | '[' | ']')
}

fn is_near(word: &str) -> bool {
    word.strip_prefix("NEAR").is_some_and(|rest| {
        let number = rest.strip_prefix('/').map(|number| number.strip_suffix('f').unwrap_or(number));
        rest.is_empty() || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn field_name(word: &str) -> Option<&str> {
    let (name, _) = word.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> String {
        let mut faults = Vec::new();
        let lexemes = lex(query, &mut faults);
        let show = |lexeme: &Lexeme<'_>| match lexeme.kind {
            LexemeKind::Word(_) => format!("w<{}>", &query[lexeme.span.clone()]),
            LexemeKind::Phrase(inside) => format!("p<{inside}>"),
            kind => format!("{kind:?}").split_whitespace().next().unwrap_or_default().to_owned(),
        };
        let mut parts: Vec<String> = lexemes.iter().map(show).collect();
        parts.extend(faults.iter().map(|fault| format!("!{}-{}", fault.span.start, fault.span.end)));
        parts.join(" ")
    }

    #[test]
    fn splits_a_query() {
        for (query, expected) in [
            ("nimbus AND(down OR\"log in\")", "w<nimbus> And Open w<down> Or p<log in> Close"),
            ("a <<<note AND>>> OR b<<<x>>>", "w<a> Or w<b>"),
            ("{BT} NOT “curly quotes”", "Case(\"BT\") Not p<curly quotes>"),
            ("kind:quote author_followers:[1 TO 2]", "Field Field"),
            ("a NEAR/6f b NEAR c", "w<a> Near(\"/6f\") w<b> Near(\"\") w<c>"),
            (
                "\"a b\"~5 /E-[0-9]/ @{acme} nimbus~1",
                "p<a b> Distance(\"5\") Regex(\"E-[0-9]\") Reference(\"acme\") w<nimbus~1>",
            ),
            ("levi's h&m t-mobile booking.com", "w<levi's> w<h&m> w<t-mobile> w<booking.com>"),
            ("a ] \"b", "w<a> !2-3 !4-5"),
            ("<<<x", "!0-3"),
            ("/a", "!0-1"),
            ("{a", "!0-1"),
        ] {
            assert_eq!(shown(query), expected, "{query}");
        }
    }
}
