//! From pieces to a tree, with the precedence of their dialect. What a leaf means stands in `term` and `field`.

use super::lex::{Piece, PieceKind};
use super::tree::{Form, Tree};
use super::{Dialect, Effect, Steps, field, term};
use crate::query::DEPTH_MAX;
use crate::query::diagnostic::Diagnostic;
use std::ops::Range;

/// Words between two places for a bare NEAR, which Meltwater alone has.
const MELTWATER_NEAR_WORDS: u32 = 4;

pub(super) fn parse(dialect: Dialect, pieces: &[Piece<'_>], steps: &mut Steps<'_>) -> Tree {
    let mut parser = Parser { dialect, pieces, at: 0, steps, depth: 0, field: None };
    let tree = parser.any_level();
    while parser.peek() == Some(PieceKind::Close) {
        let fault = Diagnostic::new(parser.here(), ") closes no bracket");
        parser.steps.fault(fault.suggest("remove it, or write ( before the group"));
        parser.at += 1;
    }
    if parser.at < pieces.len() && parser.steps.faults.is_empty() {
        let fault = Diagnostic::new(parser.here(), "this has no meaning here");
        parser.steps.fault(fault.suggest("remove it"));
    }
    tree
}

struct Parser<'q, 'p, 's, 't> {
    dialect: Dialect,
    pieces: &'p [Piece<'q>],
    at: usize,
    steps: &'s mut Steps<'t>,
    depth: usize,
    /// The field whose group is being read: `url:(a OR b)`.
    field: Option<&'q str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Not,
    /// Nothing was written between.
    Beside,
}

struct Part {
    join: Join,
    tree: Tree,
}

impl<'q> Parser<'q, '_, '_, '_> {
    fn peek(&self) -> Option<PieceKind<'q>> {
        self.pieces.get(self.at).map(|piece| piece.kind)
    }

    fn here(&self) -> Range<usize> {
        let end = self.pieces.last().map_or(0, |piece| piece.span.end);
        self.pieces.get(self.at).map_or(end..end, |piece| piece.span.clone())
    }

    /// From `start` to the end of what was read last.
    fn since(&self, start: usize) -> Range<usize> {
        let end = self.pieces.get(self.at.wrapping_sub(1)).map_or(start, |piece| piece.span.end);
        start..end.max(start)
    }

    /// A chain with OR between its parts.
    fn any_level(&mut self) -> Tree {
        let start = self.here().start;
        let (first, mut has_and) = self.all_level();
        let mut parts = vec![first];
        let mut odd = None;
        while self.peek() == Some(PieceKind::Or) {
            let operator = self.here();
            self.at += 1;
            let (part, is_chain) = self.all_level();
            has_and |= is_chain;
            odd = odd.or(Some(operator));
            parts.push(part);
        }
        let span = self.since(start);
        if let Some(operator) = odd.filter(|_| has_and) {
            self.mixed(&operator, &span);
        }
        Tree::any(parts, span)
    }

    /// AND and OR on one level: refused or read, as the vendor does.
    fn mixed(&mut self, operator: &Range<usize>, span: &Range<usize>) {
        if self.dialect == Dialect::Brandwatch {
            let fault = Diagnostic::mix(operator.clone(), "AND or NOT stand side by side with OR, without brackets");
            self.steps.fault(fault.suggest("put brackets around what belongs together, as Brandwatch asks too"));
            return;
        }
        let why = "AND and NOT bind tighter than OR there; here the brackets are written";
        self.steps.lose(span, "the same with brackets", why, Effect::Same);
    }

    /// A chain with AND, NOT or nothing between its parts; true when one of these is written. Words side by side bind
    /// tighter than OR everywhere.
    fn all_level(&mut self) -> (Tree, bool) {
        let start = self.here().start;
        let mut parts: Vec<Part> = Vec::new();
        loop {
            let place = self.here();
            let join = self.join();
            match self.peek() {
                None | Some(PieceKind::Close | PieceKind::Or) => {
                    self.check_end(join, &place, parts.is_empty());
                    break;
                }
                Some(PieceKind::And | PieceKind::Near { .. } | PieceKind::Distance(_)) => {
                    let fault = Diagnostic::new(self.here(), "this operator has nothing before it");
                    self.steps.fault(fault.suggest("remove it, or write a term before it"));
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            if join == Join::And && parts.is_empty() {
                let fault = Diagnostic::new(place.clone(), "AND has nothing before it");
                self.steps.fault(fault.suggest("remove it, or write a term before it"));
            }
            let tree = self.near_level();
            parts.push(Part { join, tree });
        }
        let is_chain = parts.iter().any(|part| part.join != Join::Beside);
        let span = self.since(start);
        (self.combine(parts, span), is_chain)
    }

    /// What stands before the next operand. Several negations in a row are one.
    fn join(&mut self) -> Join {
        let mut join = Join::Beside;
        loop {
            join = match self.peek() {
                Some(PieceKind::And) if join == Join::Beside => Join::And,
                Some(PieceKind::Not | PieceKind::Minus) => Join::Not,
                _ => return join,
            };
            self.at += 1;
        }
    }

    fn check_end(&mut self, join: Join, place: &Range<usize>, is_empty: bool) {
        if join != Join::Beside {
            let fault = Diagnostic::new(place.clone(), "the operator has nothing after it");
            self.steps.fault(fault.suggest("write a term after it, or remove it"));
        } else if is_empty {
            let fault = Diagnostic::new(place.clone(), "a term is missing here");
            self.steps.fault(fault.suggest("write a word, or remove the operator or brackets"));
        }
    }

    fn combine(&mut self, parts: Vec<Part>, span: Range<usize>) -> Tree {
        let (mut wanted, mut excluded): (Vec<Tree>, Vec<Tree>) = (Vec::new(), Vec::new());
        let mut beside: Option<Range<usize>> = None;
        for part in parts {
            if part.join == Join::Not {
                excluded.push(part.tree);
                continue;
            }
            let is_beside = part.join == Join::Beside && !(wanted.is_empty() && excluded.is_empty());
            match wanted.last_mut().filter(|_| is_beside) {
                Some(last) if last.field.is_some() && last.field == part.tree.field => {
                    self.alternatives(last, part.tree);
                    continue;
                }
                _ => {}
            }
            if is_beside {
                let first = wanted.last().map_or(part.tree.span.start, |last| last.span.start);
                beside = Some(beside.map_or(first, |range| range.start)..part.tree.span.end);
            }
            wanted.push(part.tree);
        }
        if let Some(place) = beside {
            let why = "terms without an operator between them are read as AND";
            self.steps.lose(&place, "AND between them", why, Effect::Same);
        }
        if wanted.is_empty() {
            return Tree::new(Form::Not(Box::new(Tree::any(excluded, span.clone()))), span);
        }
        let base = Tree::all(wanted, span.clone());
        if excluded.is_empty() {
            return base;
        }
        Tree::new(Form::Except(Box::new(base), excluded), span)
    }

    /// `site:a site:b`: results of both, as the manual says.
    fn alternatives(&mut self, last: &mut Tree, next: Tree) {
        let span = last.span.start..next.span.end;
        let why = "tests of one field side by side are alternatives";
        self.steps.lose(&span, "OR between them", why, Effect::Same);
        let field = last.field;
        let before = std::mem::replace(last, Tree::new(Form::Any(Vec::new()), span.clone()));
        let mut parts = match before.form {
            Form::Any(parts) => parts,
            _ => vec![before],
        };
        parts.push(next);
        *last = Tree { field, ..Tree::new(Form::Any(parts), span) };
    }

    fn near_level(&mut self) -> Tree {
        let start = self.here().start;
        let mut tree = self.distant();
        while let Some(PieceKind::Near { distance, is_ordered }) = self.peek() {
            let place = self.here();
            self.at += 1;
            let words = self.near_words(distance, &place);
            if let None | Some(PieceKind::Close | PieceKind::Or | PieceKind::And | PieceKind::Not) = self.peek() {
                let fault = Diagnostic::new(place, "NEAR has nothing after it");
                self.steps.fault(fault.suggest("write what must be near after it"));
                return tree;
            }
            let right = self.distant();
            tree = Tree::near(tree, right, (words, is_ordered), self.since(start));
        }
        tree
    }

    fn near_words(&mut self, distance: Option<u32>, place: &Range<usize>) -> u32 {
        if let Some(words) = distance {
            return words;
        }
        if self.dialect == Dialect::Meltwater {
            return MELTWATER_NEAR_WORDS;
        }
        let fault = Diagnostic::new(place.clone(), format!("NEAR without a distance is not {}", self.dialect.name()));
        self.steps.fault(fault.suggest("write for example NEAR/5"));
        0
    }

    /// An operand, perhaps with `~5` after it.
    fn distant(&mut self) -> Tree {
        let start = self.here().start;
        let mut tree = self.operand();
        while let Some(PieceKind::Distance(distance)) = self.peek() {
            let place = self.here();
            self.at += 1;
            tree = self.within(tree, distance, &place, start);
        }
        tree
    }

    fn within(&mut self, tree: Tree, distance: u32, place: &Range<usize>, start: usize) -> Tree {
        let span = self.since(start);
        let parts = match tree.form {
            Form::All(parts) => parts,
            Form::Term(ref text) if text.starts_with('"') && text.contains(' ') => {
                let words = text.trim_matches('"').split_whitespace();
                words.map(|word| Tree::new(Form::Term(term::quoted_if_needed(word)), tree.span.clone())).collect()
            }
            _ => {
                let why = "a distance needs several words, or an AND of them; it had nothing to measure";
                self.steps.lose(place, "", why, Effect::Other);
                return tree;
            }
        };
        Tree::new(Form::Within { parts, distance }, span)
    }

    fn operand(&mut self) -> Tree {
        let span = self.here();
        let Some(kind) = self.peek() else { return Tree::new(Form::All(Vec::new()), span) };
        self.at += 1;
        match kind {
            PieceKind::Open => self.group(&span),
            PieceKind::Field(name) => self.field(name, &span),
            PieceKind::Plus { keeps_case } => self.plus(keeps_case, &span),
            kind => match self.field {
                Some(name) => self.value(name, kind, &span, &span),
                None => self.term(kind, span),
            },
        }
    }

    fn term(&mut self, kind: PieceKind<'q>, span: Range<usize>) -> Tree {
        match kind {
            PieceKind::Word(word) => term::word(word, span, self.steps),
            PieceKind::Phrase(text) => term::phrase(text, span, self.steps),
            PieceKind::Case(text) => term::cased(text, span, self.steps),
            _ => {
                let fault = Diagnostic::new(span.clone(), "this has no meaning here");
                self.steps.fault(fault.suggest("remove it"));
                Tree::new(Form::All(Vec::new()), span)
            }
        }
    }

    /// `++word` and `+word`, of Talkwalker: exactly these signs, and for the first exactly this case.
    fn plus(&mut self, keeps_case: bool, plus: &Range<usize>) -> Tree {
        let place = self.here();
        let span = plus.start..place.end;
        let text = match self.peek() {
            Some(PieceKind::Word(text) | PieceKind::Phrase(text)) if keeps_case => text,
            _ => {
                let (why, effect) = if keeps_case {
                    ("exact case can be asked for of a word or a phrase, not of a group", Effect::Wider)
                } else {
                    let why =
                        "a sign before a term asks for its exact characters; words are found whole, signs do not count";
                    (why, Effect::Same)
                };
                self.steps.lose(&span, "the term without the sign", why, effect);
                let kept = std::mem::replace(&mut self.steps.keeps_accents, true);
                let tree = self.operand();
                self.steps.keeps_accents = kept;
                return tree;
            }
        };
        self.at += 1;
        term::cased(text, span, self.steps)
    }

    fn group(&mut self, open: &Range<usize>) -> Tree {
        if self.depth >= DEPTH_MAX {
            let fault = Diagnostic::new(open.clone(), format!("brackets are nested deeper than {DEPTH_MAX}"));
            self.steps.fault(fault.suggest("remove brackets that change nothing"));
            self.at = self.pieces.len();
            return Tree::new(Form::All(Vec::new()), open.clone());
        }
        self.depth += 1;
        let tree = self.any_level();
        self.depth -= 1;
        if self.peek() == Some(PieceKind::Close) {
            self.at += 1;
        } else if self.steps.faults.iter().all(|fault| !fault.message.starts_with("brackets are nested")) {
            let fault = Diagnostic::new(open.clone(), "( is not closed");
            self.steps.fault(fault.suggest("write ) at the end of the group"));
        }
        Tree { span: self.since(open.start), ..tree }
    }

    /// `name:` and what stands after it.
    fn field(&mut self, name: &'q str, at: &Range<usize>) -> Tree {
        let place = self.here();
        match self.peek() {
            Some(PieceKind::Open) => {
                self.at += 1;
                let outer = self.field.replace(name);
                let tree = self.group(&place);
                self.field = outer;
                tree
            }
            Some(kind @ (PieceKind::Word(_) | PieceKind::Phrase(_) | PieceKind::Range(_) | PieceKind::Case(_))) => {
                self.at += 1;
                self.value(name, kind, &(at.start..place.end), &place)
            }
            _ => {
                let fault = Diagnostic::new(at.clone(), format!("{name}: has no value"));
                self.steps.fault(fault.suggest(format!("write a value after {name}:")));
                Tree::new(Form::All(Vec::new()), at.clone())
            }
        }
    }

    fn value(&mut self, name: &str, kind: PieceKind<'q>, span: &Range<usize>, place: &Range<usize>) -> Tree {
        match kind {
            PieceKind::Word(text) | PieceKind::Phrase(text) | PieceKind::Case(text) => {
                let is_phrase = !matches!(kind, PieceKind::Word(_));
                field::field(name, text, is_phrase, span, self.steps)
            }
            PieceKind::Range(text) => field::range(name, text, span, self.steps),
            _ => self.term(kind, place.clone()),
        }
    }
}
