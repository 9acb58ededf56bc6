//! From a query's text to its tree, or to every fault in it.
//!
//! One level is a chain of operands and operators. AND and NOT may share a level (`a AND b NOT c` is
//! `(a AND b) NOT c`); OR may share one with neither. After a fault parsing goes on, so that all are reported; a query
//! with a fault never reaches the engine. Bounded: length, depth and number of terms.

use super::ast::Node;
use super::diagnostic::Diagnostic;
use super::lex::{Lexeme, LexemeKind, lex};
use super::{field, term};
use std::ops::Range;

/// Bytes of the longest query.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;
/// Brackets within brackets.
pub const DEPTH_MAX: usize = 64;
/// Words, phrases' words and field tests in one query.
pub const TERMS_MAX: usize = 2_000;
/// Faults reported for one query; more say nothing new.
const FAULTS_MAX: usize = 20;
/// Longest piece of a query that a suggestion repeats, in bytes.
const QUOTED_BYTES_MAX: usize = 200;

/// Parses a query.
///
/// # Errors
/// Every fault, ascending by place; at most twenty.
pub fn parse(query: &str) -> Result<Node, Vec<Diagnostic>> {
    if query.len() > QUERY_BYTES_MAX {
        let fault = Diagnostic::new(0..query.len(), format!("query is longer than {QUERY_BYTES_MAX} bytes"));
        return Err(vec![fault.suggest("split it into several queries")]);
    }
    let mut faults = Vec::new();
    let lexemes = lex(query, &mut faults);
    let mut parser = Parser { query, lexemes: &lexemes, at: 0, terms: 0, faults };
    let node = parser.query();
    let mut faults = parser.faults;
    if faults.is_empty() {
        return Ok(node);
    }
    faults.sort_by_key(|fault| fault.span);
    faults.truncate(FAULTS_MAX);
    Err(faults)
}

struct Parser<'q, 'l> {
    query: &'q str,
    lexemes: &'l [Lexeme<'q>],
    at: usize,
    terms: usize,
    faults: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    Not,
    /// Nothing stands between two operands: a fault.
    Missing,
}

/// An operand with the operator before it.
struct Part {
    operator: Operator,
    operator_span: Range<usize>,
    node: Node,
    span: Range<usize>,
}

/// Stands where a fault was; never compiled.
fn faulty() -> Node {
    Node::Any(Vec::new())
}

impl<'q> Parser<'q, '_> {
    fn query(&mut self) -> Node {
        if self.lexemes.is_empty() && self.faults.is_empty() {
            let fault = Diagnostic::new(0..self.query.len(), "the query is empty");
            self.faults.push(fault.suggest("write a word to look for"));
        }
        let mut node = faulty();
        while self.at < self.lexemes.len() {
            node = self.level(0);
            if let Some(LexemeKind::Close) = self.peek() {
                let fault = Diagnostic::new(self.here(), ") closes no bracket");
                self.faults.push(fault.suggest("remove it, or write ( before the group"));
                self.at += 1;
            }
        }
        node
    }

    fn peek(&self) -> Option<LexemeKind<'q>> {
        self.lexemes.get(self.at).map(|lexeme| lexeme.kind)
    }

    /// Place of the next piece, or the end of the query.
    fn here(&self) -> Range<usize> {
        self.lexemes.get(self.at).map_or(self.query.len()..self.query.len(), |lexeme| lexeme.span.clone())
    }

    fn fault(&mut self, fault: Diagnostic) -> Node {
        self.faults.push(fault);
        faulty()
    }

    /// A chain of operands up to a closing bracket or the end.
    fn level(&mut self, depth: usize) -> Node {
        let mut parts = Vec::new();
        while let Some(kind) = self.peek() {
            let start = self.here();
            let operator = match kind {
                LexemeKind::Close => break,
                LexemeKind::And | LexemeKind::Near => Operator::And,
                LexemeKind::Or => Operator::Or,
                LexemeKind::Not => Operator::Not,
                _ => Operator::Missing,
            };
            if operator == Operator::Missing {
                self.operand_into(&mut parts, operator, start, depth);
                continue;
            }
            if kind == LexemeKind::Near {
                self.faults.push(Diagnostic::unsupported(start.clone(), "NEAR"));
            }
            self.at += 1;
            if parts.is_empty() {
                self.lonely_operator(operator, &start);
            }
            let operator = self.after_operator(operator, &start);
            self.operand_into(&mut parts, operator, start, depth);
        }
        self.combine(parts)
    }

    /// An operator with nothing before it.
    fn lonely_operator(&mut self, operator: Operator, span: &Range<usize>) {
        let fault = if operator == Operator::Not {
            Diagnostic::new(
                span.clone(),
                "NOT needs something before it: a query of only negatives matches everything else",
            )
            .suggest("write what to look for first, for example nimbus NOT weather")
        } else {
            let name = &self.query[span.clone()];
            Diagnostic::new(span.clone(), format!("{name} has nothing before it")).suggest(format!("remove {name}"))
        };
        self.faults.push(fault);
    }

    /// Reports operators after an operator and passes over them; `AND NOT` is read as NOT.
    fn after_operator(&mut self, operator: Operator, span: &Range<usize>) -> Operator {
        let mut operator = operator;
        while let Some(LexemeKind::And | LexemeKind::Or | LexemeKind::Not) = self.peek() {
            let next = self.here();
            let both = span.start..next.end;
            let fault = if operator == Operator::And && self.peek() == Some(LexemeKind::Not) {
                operator = Operator::Not;
                Diagnostic::new(both, "NOT stands between two terms by itself, without AND").suggest("write a NOT b")
            } else if operator == Operator::Or && self.peek() == Some(LexemeKind::Not) {
                Diagnostic::new(both, "OR NOT matches almost everything: NOT takes away from what stands before it")
                    .suggest("write (a OR b) NOT c")
            } else {
                Diagnostic::new(next.clone(), "two operators in a row").suggest("remove one of them")
            };
            self.faults.push(fault);
            self.at += 1;
        }
        operator
    }

    fn operand_into(&mut self, parts: &mut Vec<Part>, operator: Operator, operator_span: Range<usize>, depth: usize) {
        let start = self.here();
        if let None | Some(LexemeKind::Close) = self.peek() {
            let name = &self.query[operator_span.clone()];
            let fault = Diagnostic::new(operator_span.clone(), format!("{name} has nothing after it"));
            self.faults.push(fault.suggest(format!("write a term after {name}, or remove it")));
            return;
        }
        let node = self.operand(depth);
        let end = self.lexemes.get(self.at.wrapping_sub(1)).map_or(start.end, |lexeme| lexeme.span.end);
        while let Some(LexemeKind::Distance) = self.peek() {
            let span = self.here();
            self.faults.push(Diagnostic::unsupported(span, "a distance (~)"));
            self.at += 1;
        }
        parts.push(Part { operator, operator_span, node, span: start.start..end });
    }

    fn operand(&mut self, depth: usize) -> Node {
        let span = self.here();
        let Some(lexeme) = self.lexemes.get(self.at) else { return faulty() };
        let kind = lexeme.kind;
        self.at += 1;
        let words = match kind {
            LexemeKind::Open => return self.group(&span, depth),
            LexemeKind::Field { name, value } => return self.field(name, value, &span),
            LexemeKind::Word(word) if is_fuzzy(word) => {
                Err(Diagnostic::unsupported(span, "a spelling distance (word~1)"))
            }
            LexemeKind::Word(word) => term::words(word, &span, false),
            LexemeKind::Phrase(text) => term::words(text, &span, true),
            LexemeKind::Case(text) => term::cased_words(text, &span),
            LexemeKind::Regex => Err(Diagnostic::unsupported(span, "a regular expression")),
            LexemeKind::Reference => Err(Diagnostic::unsupported(span, "a reference to another query")),
            _ => Err(Diagnostic::new(span, "this has no meaning here").suggest("remove it")),
        };
        match words {
            Ok(words) => {
                self.count_terms(words.len());
                Node::Words(words)
            }
            Err(fault) => self.fault(fault),
        }
    }

    fn field(&mut self, name: &str, value: super::lex::Value<'_>, span: &Range<usize>) -> Node {
        self.count_terms(1);
        let result = field::field(name, value, span);
        if value == super::lex::Value::Group {
            // The group belongs to this fault: it is read and left out, with its own faults.
            self.skip_group();
        }
        match result {
            Ok(test) => Node::Field(test),
            Err(fault) => self.fault(fault),
        }
    }

    fn skip_group(&mut self) {
        let mut depth = 0_usize;
        while let Some(kind) = self.peek() {
            self.at += 1;
            match kind {
                LexemeKind::Open => depth += 1,
                LexemeKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn count_terms(&mut self, count: usize) {
        let before = self.terms;
        self.terms += count;
        if before <= TERMS_MAX && self.terms > TERMS_MAX {
            let fault = Diagnostic::new(0..self.query.len(), format!("query has more than {TERMS_MAX} terms"));
            self.faults.push(fault.suggest("split it into several queries"));
        }
    }

    /// A group whose opening bracket, at `open`, was just read.
    fn group(&mut self, open: &Range<usize>, depth: usize) -> Node {
        if depth >= DEPTH_MAX {
            let fault = Diagnostic::new(open.clone(), format!("brackets are nested deeper than {DEPTH_MAX}"));
            self.faults.push(fault.suggest("remove brackets that change nothing"));
            self.at = self.lexemes.len();
            return faulty();
        }
        let is_empty = self.peek() == Some(LexemeKind::Close);
        let node = self.level(depth + 1);
        if self.peek() == Some(LexemeKind::Close) {
            let close = self.here();
            self.at += 1;
            if is_empty {
                let fault = Diagnostic::new(open.start..close.end, "the brackets are empty");
                self.faults.push(fault.suggest("write a term between them, or remove them"));
            }
        } else if self.faults.iter().all(|fault| !fault.message.starts_with("brackets are nested")) {
            let fault = Diagnostic::new(open.clone(), "( is not closed");
            self.faults.push(fault.suggest("write ) at the end of the group"));
        }
        node
    }

    /// Makes one node of a level, after checking which operators meet there.
    fn combine(&mut self, parts: Vec<Part>) -> Node {
        self.check_missing(&parts);
        self.check_mix(&parts);
        let has_or = parts.iter().skip(1).any(|part| part.operator == Operator::Or);
        let (mut wanted, mut excluded) = (Vec::new(), Vec::new());
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 && part.operator == Operator::Not {
                excluded.push(part.node);
            } else {
                wanted.push(part.node);
            }
        }
        let base = match wanted.pop() {
            None => faulty(),
            Some(only) if wanted.is_empty() => only,
            Some(last) => {
                wanted.push(last);
                if has_or { Node::Any(wanted) } else { Node::All(wanted) }
            }
        };
        if excluded.is_empty() { base } else { Node::Except(Box::new(base), excluded) }
    }

    /// Reports each run of terms that stand side by side.
    fn check_missing(&mut self, parts: &[Part]) {
        let mut index = 1;
        while index < parts.len() {
            if parts[index].operator != Operator::Missing {
                index += 1;
                continue;
            }
            let first = index - 1;
            while parts.get(index).is_some_and(|part| part.operator == Operator::Missing) {
                index += 1;
            }
            let run = &parts[first..index];
            let fault = self.side_by_side(run);
            self.faults.push(fault);
        }
    }

    fn side_by_side(&self, run: &[Part]) -> Diagnostic {
        let written: Vec<&str> = run.iter().map(|part| &self.query[part.span.clone()]).collect();
        let span = run[0].span.start..run[run.len() - 1].span.end;
        let inner = &written[1..written.len() - 1];
        if let Some(word) = inner.iter().find(|word| matches!(word.to_lowercase().as_str(), "and" | "or" | "not")) {
            let upper = word.to_uppercase();
            let place =
                run.iter().find(|part| &self.query[part.span.clone()] == *word).map_or(span, |part| part.span.clone());
            return Diagnostic::new(place, format!("operators are written in upper case: {upper}, not {word}"))
                .suggest(format!("write {upper}, or put the words in quotes"));
        }
        let fault = Diagnostic::new(span.clone(), "two terms side by side: say how they belong together");
        let joined = written.join(" AND ");
        if joined.len() > QUOTED_BYTES_MAX {
            return fault.suggest("write AND or OR between them, or put the words in quotes");
        }
        let are_plain = written.iter().all(|word| !word.contains(['"', '(', '{', ':', '“', '”', '„', '#', '@', '$']));
        if are_plain {
            return fault.suggest(format!("write \"{}\" for words in a row, or {joined}", written.join(" ")));
        }
        fault.suggest(format!("write {joined}"))
    }

    /// OR may not share a level with AND or NOT.
    fn check_mix(&mut self, parts: &[Part]) {
        let operators = || parts.iter().enumerate().skip(1).filter(|(_, part)| part.operator != Operator::Missing);
        let Some((_, first)) = operators().next() else { return };
        let is_or = first.operator == Operator::Or;
        let Some((index, odd)) = operators().find(|(_, part)| (part.operator == Operator::Or) != is_or) else { return };
        let name = |operator| match operator {
            Operator::Or => "OR",
            Operator::Not => "NOT",
            _ => "AND",
        };
        let pair = format!("{} and {}", name(first.operator), name(odd.operator));
        let fault = Diagnostic::new(odd.operator_span.clone(), format!("{pair} stand side by side without brackets"));
        let before = &self.query[parts[0].span.start..parts[index - 1].span.end];
        let after = &self.query[odd.span.clone()];
        let short = before.len() + after.len() <= QUOTED_BYTES_MAX;
        let fault = if short {
            fault.suggest(format!(
                "write ({before}) {} {after}, or put brackets where you mean them",
                name(odd.operator)
            ))
        } else {
            fault.suggest("put brackets around what belongs together")
        };
        self.faults.push(fault);
    }
}

/// `nimbus~1`
fn is_fuzzy(word: &str) -> bool {
    word.rsplit_once('~')
        .is_some_and(|(stem, edits)| !stem.is_empty() && edits.bytes().all(|byte| byte.is_ascii_digit()))
}
