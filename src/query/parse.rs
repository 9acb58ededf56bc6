//! From a query's text to its tree, or to every fault in it.
//!
//! One level is a chain of operands and operators. NEAR binds tightest; AND and NOT may share a level (`a AND b NOT c`
//! is `(a AND b) NOT c`); OR may share one with neither. After a fault parsing goes on, so that all are reported; a
//! query with a fault never reaches the engine. Bounded: length, depth, number of terms, distances.

use super::ast::{Form, Node, Shape, Word};
use super::diagnostic::{Diagnostic, span_of};
use super::fuzzy::variant_count;
use super::lex::{Lexeme, LexemeKind, Value, lex};
use super::places::PARTS_MAX;
use super::{regex, term, value};
use std::ops::Range;

/// Bytes of the longest query.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;
/// Brackets within brackets.
pub const DEPTH_MAX: usize = 64;
/// Words, phrases' words, field tests and references in one query.
pub const TERMS_MAX: usize = 4_000;
/// Words between two places, in NEAR and `~`.
pub const DISTANCE_MAX: u32 = 100;
/// NEARs in a chain or within each other.
pub const NEARS_MAX: usize = 8;
/// Ways to spell the fuzzy words of one query that are filed.
pub const SPELLINGS_MAX: usize = 50_000;
/// Faults reported for one query; more say nothing new.
const FAULTS_MAX: usize = 20;

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
    let mut parser = Parser { query, lexemes: &lexemes, at: 0, terms: 0, spellings: 0, faults };
    let node = parser.query();
    let mut faults = parser.faults;
    if faults.is_empty() {
        return Ok(node);
    }
    faults.sort_by_key(|fault| fault.span);
    faults.truncate(FAULTS_MAX);
    Err(faults)
}

pub(super) struct Parser<'q, 'l> {
    pub(super) query: &'q str,
    lexemes: &'l [Lexeme<'q>],
    at: usize,
    terms: usize,
    spellings: usize,
    pub(super) faults: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Not,
    /// Nothing stands between two operands: a fault.
    Missing,
}

/// An operand with the operator before it.
pub(super) struct Part {
    pub operator: Operator,
    pub operator_span: Range<usize>,
    pub node: Node,
    /// With the brackets around it.
    pub span: Range<usize>,
}

/// Stands where a fault was; never compiled.
pub(super) fn faulty() -> Node {
    Node { form: Form::Any(Vec::new()), span: span_of(&(0..0)) }
}

/// True for what stands for a fault, so that no second fault is made of it.
fn is_faulty(node: &Node) -> bool {
    matches!(&node.form, Form::Any(nodes) if nodes.is_empty())
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
                LexemeKind::And | LexemeKind::Near(_) => Operator::And,
                LexemeKind::Or => Operator::Or,
                LexemeKind::Not => Operator::Not,
                _ => Operator::Missing,
            };
            if operator == Operator::Missing {
                self.operand_into(&mut parts, operator, start, depth);
                continue;
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
        let node = self.near_chain(depth);
        parts.push(Part { operator, operator_span, node, span: start.start..self.last_end(&start) });
    }

    /// Where the piece that was read last ends.
    fn last_end(&self, start: &Range<usize>) -> usize {
        self.lexemes.get(self.at.wrapping_sub(1)).map_or(start.end, |lexeme| lexeme.span.end.max(start.end))
    }

    /// An operand, or several with NEAR between them: read from the left, all with the same distance.
    fn near_chain(&mut self, depth: usize) -> Node {
        let start = self.here();
        let mut node = self.distant_operand(depth);
        let mut nears: Option<(u32, bool)> = None;
        let mut length = 0;
        while let Some(LexemeKind::Near(written)) = self.peek() {
            let operator = self.here();
            self.at += 1;
            let near = self.near_distance(written, &operator);
            if nears.is_some_and(|before| before != near) {
                let fault = Diagnostic::mix(operator.clone(), "NEARs of different distance stand without brackets");
                self.faults.push(fault.suggest("put brackets around the NEAR that belongs together"));
            }
            nears = Some(near);
            length += 1;
            if length > NEARS_MAX {
                let fault = Diagnostic::new(operator.clone(), format!("more than {NEARS_MAX} NEARs in a chain"));
                self.faults.push(fault.suggest("split it into several queries"));
                self.at = self.lexemes.len();
                return faulty();
            }
            if let None | Some(LexemeKind::Close | LexemeKind::And | LexemeKind::Or | LexemeKind::Not) = self.peek() {
                let fault = Diagnostic::new(operator, "NEAR has nothing after it");
                self.faults.push(fault.suggest("write what must be near after it"));
                break;
            }
            let other = self.distant_operand(depth);
            node = self.near(node, other, near, &(start.start..self.last_end(&start)));
        }
        node
    }

    fn near(&mut self, left: Node, right: Node, (distance, is_ordered): (u32, bool), span: &Range<usize>) -> Node {
        for side in [&left, &right] {
            if let Some(wrong) = side.without_place(false).filter(|wrong| !is_faulty(wrong)) {
                let fault = Diagnostic::new(wrong.span.start as usize..wrong.span.end as usize, NO_PLACE);
                self.faults.push(fault.suggest("write for example (a NEAR/5 b) AND c"));
            }
        }
        Node { form: Form::Near { sides: Box::new((left, right)), distance, is_ordered }, span: span_of(span) }
    }

    /// `/6f` as (6, in order).
    fn near_distance(&mut self, written: &str, span: &Range<usize>) -> (u32, bool) {
        let digits = written.trim_start_matches('/');
        let is_ordered = digits.ends_with('f');
        let digits = digits.trim_end_matches('f');
        if digits.is_empty() {
            let fault = Diagnostic::new(span.clone(), "NEAR needs a distance");
            self.faults.push(fault.suggest("write for example NEAR/5, or NEAR/5f for this order"));
        }
        (self.distance(digits, span), is_ordered)
    }

    fn distance(&mut self, digits: &str, span: &Range<usize>) -> u32 {
        let distance = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
        distance.filter(|distance| *distance <= DISTANCE_MAX).unwrap_or_else(|| {
            let fault = Diagnostic::new(span.clone(), format!("the distance is larger than {DISTANCE_MAX} words"));
            self.faults.push(fault.suggest("use AND for words anywhere in the text"));
            0
        })
    }

    /// An operand, perhaps with a distance: `"a b"~5`, `(a AND b)~5`.
    fn distant_operand(&mut self, depth: usize) -> Node {
        let start = self.here();
        let mut node = self.operand(depth);
        while let Some(LexemeKind::Distance(digits)) = self.peek() {
            let place = self.here();
            self.at += 1;
            let distance = self.distance(digits, &place);
            node = match within(node, distance, &(start.start..place.end), &place) {
                Ok(node) => node,
                Err(fault) => self.fault(fault),
            };
        }
        node
    }

    fn operand(&mut self, depth: usize) -> Node {
        let span = self.here();
        let Some(lexeme) = self.lexemes.get(self.at) else { return faulty() };
        let kind = lexeme.kind;
        self.at += 1;
        let form = match kind {
            LexemeKind::Open => return self.group(&span, depth),
            LexemeKind::Field { name, value } => return self.field(name, value, &span),
            LexemeKind::Word(word) if is_fuzzy(word) => term::fuzzy(word, &span).map(Form::Words),
            LexemeKind::Word(word) => term::words(word, &span, false).map(Form::Words),
            LexemeKind::Phrase(text) => term::words(text, &span, true).map(Form::Words),
            LexemeKind::Case(text) => term::cased_words(text, &span).map(Form::Words),
            LexemeKind::Regex(pattern) => regex::check(pattern, &span).map(|()| Form::Regex(pattern.to_owned())),
            LexemeKind::Reference(name) => reference(name, &span),
            _ => Err(Diagnostic::new(span.clone(), "this has no meaning here").suggest("remove it")),
        };
        match form {
            Ok(form) => {
                self.count_terms(if let Form::Words(words) = &form { words.len() } else { 1 });
                self.count_spellings(&form);
                Node { form, span: span_of(&span) }
            }
            Err(fault) => self.fault(fault),
        }
    }

    fn field(&mut self, name: &str, written: Value<'_>, span: &Range<usize>) -> Node {
        if written == Value::Group {
            return self.field_group(name, span);
        }
        self.count_terms(1);
        match value::field(name, written, span) {
            Ok(test) => Node { form: Form::Field(test), span: span_of(span) },
            Err(fault) => self.fault(fault),
        }
    }

    /// `platform:(x OR mastodon)`: any of several values. Its opening bracket is next.
    fn field_group(&mut self, name: &str, span: &Range<usize>) -> Node {
        let from = self.at;
        self.skip_group();
        let inside = self.lexemes.get(from + 1..self.at.saturating_sub(1)).unwrap_or_default();
        let end = self.last_end(span);
        let mut tests = Vec::new();
        for (index, lexeme) in inside.iter().enumerate() {
            let text = match lexeme.kind {
                LexemeKind::Or if index % 2 == 1 => continue,
                LexemeKind::Word(text) | LexemeKind::Phrase(text) if index % 2 == 0 => text,
                _ => "",
            };
            self.count_terms(1);
            // Faults point at the value: the place before it would hold the name.
            let start = (lexeme.span.start + lexeme.span.len() - text.len()).saturating_sub(name.len() + 1);
            match value::field(name, Value::Plain(text), &(start..lexeme.span.end)) {
                _ if text.is_empty() => self.faults.push(not_a_value(name, lexeme.span.clone())),
                Ok(test) => tests.push(Node { form: Form::Field(test), span: span_of(&lexeme.span) }),
                Err(fault) => self.faults.push(fault.within(lexeme.span.clone())),
            }
        }
        if inside.len().is_multiple_of(2) {
            self.faults.push(not_a_value(name, span.start..end));
        }
        let form = Form::Any(tests);
        Node { form, span: span_of(&(span.start..end)) }
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

    fn count_spellings(&mut self, form: &Form) {
        let Form::Words(words) = form else { return };
        let [Word { shape: Shape::Fuzzy(fuzzy), .. }] = &words[..] else { return };
        let before = self.spellings;
        self.spellings += variant_count(fuzzy.word.chars().count(), fuzzy.edits);
        if before <= SPELLINGS_MAX && self.spellings > SPELLINGS_MAX {
            let message = format!("the fuzzy words of the query come to more than {SPELLINGS_MAX} spellings");
            self.faults
                .push(Diagnostic::new(0..self.query.len(), message).suggest("use ~1 in place of ~2, or fewer words"));
        }
    }

    fn count_terms(&mut self, count: usize) {
        let before = self.terms;
        self.terms += count;
        if before <= TERMS_MAX && self.terms > TERMS_MAX {
            let fault =
                Diagnostic::new(0..self.query.len(), format!("query has more than {TERMS_MAX} words and tests"));
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
}

/// Said of what cannot be near anything.
pub(super) const NO_PLACE: &str = "NEAR and ~ join words, phrases and ORs of them; this has no one place in the text";

fn reference(name: &str, span: &Range<usize>) -> Result<Form, Diagnostic> {
    let name = name.trim();
    if name.is_empty() {
        return Err(
            Diagnostic::new(span.clone(), "the reference has no name").suggest("write for example @{acme-brand}")
        );
    }
    Ok(Form::Reference(name.to_owned()))
}

fn not_a_value(name: &str, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(span, "a group after a field holds values with OR between them")
        .suggest(format!("write {name}:(a OR b)"))
}

/// `(a AND "b c")~5` or `"a b"~5`.
fn within(node: Node, distance: u32, span: &Range<usize>, place: &Range<usize>) -> Result<Node, Diagnostic> {
    let inside = node.span;
    let parts = match node.form {
        Form::All(parts) => parts,
        Form::Words(words) => {
            words.into_iter().map(|word| Node { form: Form::Words(vec![word]), span: inside }).collect()
        }
        Form::Any(nodes) if nodes.is_empty() => return Ok(faulty()),
        _ => Vec::new(),
    };
    if parts.len() < 2 {
        return Err(Diagnostic::new(
            place.clone(),
            "a distance needs several words in quotes, or an AND of words in brackets",
        )
        .suggest("write for example \"refund nimbus\"~5, or (refund AND \"nimbus pay\")~5"));
    }
    if parts.len() > PARTS_MAX {
        return Err(Diagnostic::new(place.clone(), format!("a group with a distance has more than {PARTS_MAX} parts"))
            .suggest("use fewer words, or an OR of several groups"));
    }
    if let Some(wrong) = parts.iter().find_map(|part| part.without_place(true)).filter(|wrong| !is_faulty(wrong)) {
        return Err(Diagnostic::new(wrong.span.start as usize..wrong.span.end as usize, NO_PLACE)
            .suggest("take it out of the group with the distance"));
    }
    if let Some(index) = (1..parts.len()).find(|index| parts[..*index].contains(&parts[*index])) {
        let twice = parts[index].span;
        return Err(Diagnostic::new(
            twice.start as usize..twice.end as usize,
            "a word stands twice: one place would do for both",
        )
        .suggest("use NEAR, which needs two places"));
    }
    Ok(Node { form: Form::Within { parts, distance }, span: span_of(span) })
}

/// `nimbus~1`
fn is_fuzzy(word: &str) -> bool {
    word.rsplit_once('~')
        .is_some_and(|(stem, edits)| !stem.is_empty() && edits.bytes().all(|byte| byte.is_ascii_digit()))
}
