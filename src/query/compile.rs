//! From many trees to one structure: numbered terms, flat operations, and for each query the words or field values
//! without which it cannot match.
//!
//! Of an AND (a NEAR, a group with a distance) only the rarest side leads to the query, of an OR every side, of a
//! phrase its rarest two words in a row. How rare a word is, is estimated from its length, a list of very common words,
//! and how many queries of the set use it; a wrong estimate costs time, never a match.

use super::ast::{Form, Node, Word};
use super::field::FieldTest;
use super::index::TermTable;
use super::places::Nearness;
use super::regex;
use super::resolve::Resolved;
use super::triggers::{Besides, Lead, Trigger, Triggers};
use aho_corasick::AhoCorasick;
use std::collections::HashMap;

/// Different regular expressions in one set.
pub const REGEXES_MAX: usize = 2_000;

/// One step of a compiled query; numbers point into [`Program`].
#[derive(Debug, Clone)]
pub(super) enum Op {
    /// The term stands somewhere.
    Term(u32),
    /// The terms stand in a row; a range of [`Program::phrases`].
    Phrase(Slice),
    /// The same in the title.
    Title(Slice),
    Regex(u32),
    Field(u32),
    /// Ranges of [`Program::children`].
    All(Slice),
    Any(Slice),
    /// The first child and none of the others.
    Except(Slice),
    /// Two children.
    Near(Slice, Nearness),
    Within(Slice, u32),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    start: u32,
    length: u32,
}

impl Slice {
    pub fn of<T>(self, items: &[T]) -> &[T] {
        items.get(self.start as usize..(self.start + self.length) as usize).unwrap_or_default()
    }
}

/// Every query of a set, flat.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub ops: Vec<Op>,
    pub children: Vec<u32>,
    pub phrases: Vec<u32>,
    pub fields: Vec<FieldTest>,
    pub regexes: Regexes,
    /// The root operation of each query.
    pub roots: Vec<u32>,
    pub terms: TermTable,
    pub triggers: Triggers,
    /// True when a query asks for words of the title.
    pub has_titles: bool,
}

/// The regular expressions of a set, and the literals that lead to them.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    pub compiled: Vec<::regex::Regex>,
    pub literals: Option<AhoCorasick>,
    /// The expression of each literal.
    pub of_literal: Vec<u32>,
    /// Expressions without literals: every text is searched.
    pub always: Vec<u32>,
}

/// Why a set cannot be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    Terms,
    Regexes,
}

/// Compiles trees; their places are the numbers of the queries.
pub(super) fn compile(trees: Vec<Node>, resolved: &Resolved<'_>) -> Result<Program, TooMany> {
    let mut draft = Draft { resolved, program: Program::default(), patterns: HashMap::new(), tests: HashMap::new() };
    draft.program.roots = vec![0; trees.len()];
    let mut trees: Vec<Option<Node>> = trees.into_iter().map(Some).collect();
    for query in &resolved.order {
        let Some(tree) = trees.get_mut(*query).and_then(Option::take) else { continue };
        let root = draft.add(tree)?;
        draft.program.roots[*query] = root;
    }
    let mut program = draft.program;
    program.regexes.close().ok_or(TooMany::Regexes)?;
    let costs = program.costs();
    program.arrange(&costs);
    let triggers: Vec<Vec<Lead>> = program.roots.iter().map(|root| program.leads_of(*root, &costs).1).collect();
    let regex_count = program.regexes.compiled.len();
    program.triggers = Triggers::new(&triggers, &mut program.terms, regex_count).ok_or(TooMany::Terms)?;
    if program.terms.close() { Ok(program) } else { Err(TooMany::Terms) }
}

/// A program in the making.
struct Draft<'d> {
    resolved: &'d Resolved<'d>,
    program: Program,
    /// Numbers of expressions and tests that are there already.
    patterns: HashMap<String, u32>,
    tests: HashMap<FieldTest, u32>,
}

fn number(index: usize) -> Result<u32, TooMany> {
    u32::try_from(index).map_err(|_| TooMany::Terms)
}

impl Draft<'_> {
    fn add(&mut self, node: Node) -> Result<u32, TooMany> {
        let op = match node.form {
            Form::Reference(name) => return Ok(self.program.roots[self.resolved.number(&name)]),
            Form::Words(words) => self.words(words)?,
            Form::Regex(pattern) => Op::Regex(self.regex(pattern)?),
            Form::Field(test) => self.field(test)?,
            Form::All(nodes) => Op::All(self.children(nodes)?),
            Form::Any(nodes) => Op::Any(self.children(nodes)?),
            Form::Except(base, others) => {
                let nodes = std::iter::once(*base).chain(others).collect();
                Op::Except(self.children(nodes)?)
            }
            Form::Near { sides, distance, is_ordered } => {
                let (left, right) = *sides;
                Op::Near(self.children(vec![left, right])?, Nearness { distance, is_ordered })
            }
            Form::Within { parts, distance } => Op::Within(self.children(parts)?, distance),
        };
        self.push(op)
    }

    fn push(&mut self, op: Op) -> Result<u32, TooMany> {
        let number = number(self.program.ops.len())?;
        self.program.ops.push(op);
        Ok(number)
    }

    fn words(&mut self, words: Vec<Word>) -> Result<Op, TooMany> {
        let (start, length) = (number(self.program.phrases.len())?, number(words.len())?);
        let mut terms = Vec::with_capacity(words.len());
        for word in words {
            terms.push(self.program.terms.number(word).ok_or(TooMany::Terms)?);
        }
        if let [term] = terms[..] {
            return Ok(Op::Term(term));
        }
        self.program.phrases.extend(terms);
        Ok(Op::Phrase(Slice { start, length }))
    }

    fn children(&mut self, nodes: Vec<Node>) -> Result<Slice, TooMany> {
        let numbers = nodes.into_iter().map(|node| self.add(node)).collect::<Result<Vec<u32>, TooMany>>()?;
        self.slice(&numbers)
    }

    fn slice(&mut self, numbers: &[u32]) -> Result<Slice, TooMany> {
        let (start, length) = (number(self.program.children.len())?, number(numbers.len())?);
        self.program.children.extend_from_slice(numbers);
        Ok(Slice { start, length })
    }

    /// A brand is a term that stands where it was seen; a tag or handle is also found in the text; a title is its words.
    fn field(&mut self, test: FieldTest) -> Result<Op, TooMany> {
        match test {
            FieldTest::Brand(name) => self.program.terms.number_brand(&name).map(Op::Term).ok_or(TooMany::Terms),
            FieldTest::Hashtag(ref word) | FieldTest::Mentions(ref word) => {
                let term = self.program.terms.number(word.clone()).ok_or(TooMany::Terms)?;
                let written = self.push(Op::Term(term))?;
                let test = self.test(test)?;
                let marked = self.push(Op::Field(test))?;
                Ok(Op::Any(self.slice(&[written, marked])?))
            }
            FieldTest::Title(words) => {
                self.program.has_titles = true;
                Ok(match self.words(words)? {
                    Op::Term(term) => {
                        let start = number(self.program.phrases.len())?;
                        self.program.phrases.push(term);
                        Op::Title(Slice { start, length: 1 })
                    }
                    Op::Phrase(slice) => Op::Title(slice),
                    other => other,
                })
            }
            test => self.test(test).map(Op::Field),
        }
    }

    fn test(&mut self, test: FieldTest) -> Result<u32, TooMany> {
        if let Some(known) = self.tests.get(&test) {
            return Ok(*known);
        }
        let new = number(self.program.fields.len())?;
        self.program.fields.push(test.clone());
        self.tests.insert(test, new);
        Ok(new)
    }

    fn regex(&mut self, pattern: String) -> Result<u32, TooMany> {
        if let Some(known) = self.patterns.get(&pattern) {
            return Ok(*known);
        }
        if self.patterns.len() >= REGEXES_MAX {
            return Err(TooMany::Regexes);
        }
        let new = number(self.patterns.len())?;
        self.program.regexes.compiled.push(regex::compile(&pattern).map_err(|_| TooMany::Regexes)?);
        self.patterns.insert(pattern, new);
        Ok(new)
    }
}

impl Regexes {
    /// Gathers the literals of every expression into one automaton.
    fn close(&mut self) -> Option<()> {
        let mut literals = Vec::new();
        for (number, compiled) in (0_u32..).zip(&self.compiled) {
            match regex::literals(compiled.as_str()) {
                Some(found) => {
                    self.of_literal.extend(std::iter::repeat_n(number, found.len()));
                    literals.extend(found);
                }
                None => self.always.push(number),
            }
        }
        if !literals.is_empty() {
            self.literals = Some(AhoCorasick::new(literals).ok()?);
        }
        Some(())
    }
}

impl Program {
    /// A guess for each term how often it stands in a text; only comparisons between terms matter.
    fn costs(&self) -> Vec<u64> {
        let mut usage = vec![0_u32; self.terms.len()];
        let single = self.ops.iter().filter_map(|op| if let Op::Term(term) = op { Some(term) } else { None });
        for term in single.chain(&self.phrases) {
            usage[*term as usize] = usage[*term as usize].saturating_add(1);
        }
        (0_u32..).zip(usage).map(|(term, used)| commonness(self.terms.stem(term), used)).collect()
    }

    /// Puts the parts of every AND in the order rarest first, where evaluation stops soonest.
    fn arrange(&mut self, costs: &[u64]) {
        for index in 0..self.ops.len() {
            if let Op::All(slice) = self.ops[index] {
                let mut parts: Vec<u32> = slice.of(&self.children).to_vec();
                parts.sort_by_cached_key(|part| self.cost_of(*part, costs));
                let start = slice.start as usize;
                self.children[start..start + parts.len()].copy_from_slice(&parts);
            }
        }
    }

    fn cost_of(&self, op: u32, costs: &[u64]) -> u64 {
        match &self.ops[op as usize] {
            Op::Term(_) | Op::Phrase(_) | Op::Field(_) | Op::Title(_) => self.leads_of(op, costs).0,
            // Groups late, for they take longer to say no; expressions last.
            Op::All(_) | Op::Any(_) | Op::Except(_) => u64::MAX - 2,
            Op::Near(..) | Op::Within(..) => u64::MAX - 1,
            Op::Regex(_) => u64::MAX,
        }
    }

    /// What leads to an operation, with a guess how often it does.
    fn leads_of(&self, op: u32, costs: &[u64]) -> (u64, Vec<Lead>) {
        match &self.ops[op as usize] {
            Op::Term(term) => (cost_of_term(*term, costs), vec![lead(Trigger::Term(*term), true)]),
            Op::Phrase(slice) => self.phrase_lead(slice.of(&self.phrases), costs),
            Op::Title(slice) => {
                let rarest = slice.of(&self.phrases).iter().min_by_key(|term| cost_of_term(**term, costs));
                let leads = |term: &u32| (cost_of_term(*term, costs), vec![lead(Trigger::Title(*term), false)]);
                rarest.map(leads).unwrap_or_default()
            }
            Op::Regex(regex) => (REGEX_COMMONNESS, vec![lead(Trigger::Regex(*regex), false)]),
            Op::Field(test) => self
                .fields
                .get(*test as usize)
                .map(|test| (field_commonness(test), vec![lead(Trigger::Field(test.clone()), false)]))
                .unwrap_or_default(),
            Op::All(slice) => self.leads_of_all(slice.of(&self.children), true, costs),
            Op::Near(slice, _) | Op::Within(slice, _) => self.leads_of_all(slice.of(&self.children), false, costs),
            Op::Any(slice) => slice.of(&self.children).iter().map(|child| self.leads_of(*child, costs)).fold(
                (0, Vec::new()),
                |(cost, mut all), (more, leads)| {
                    all.extend(leads);
                    (cost.saturating_add(more), all)
                },
            ),
            Op::Except(slice) => match slice.of(&self.children).split_first() {
                Some((base, others)) => self.leads_of_except(*base, others, costs),
                None => Default::default(),
            },
        }
    }

    /// The rarest part leads; of the others one is asked for before the query is evaluated. Where the parts are two and
    /// AND joins them, that may be all there is to know.
    fn leads_of_all(&self, parts: &[u32], is_and: bool, costs: &[u64]) -> (u64, Vec<Lead>) {
        let mut ways: Vec<(u64, Vec<Lead>)> = parts.iter().map(|part| self.leads_of(*part, costs)).collect();
        let Some(first) = (0..parts.len()).min_by_key(|index| ways[*index].0) else { return Default::default() };
        let (cost, mut leads) = std::mem::take(&mut ways[first]);
        let others = (0..parts.len()).filter(|index| *index != first);
        let also = others.filter_map(|index| Some((ways[index].0, self.terms_of(parts[index], costs)?)));
        let Some((_, (also, is_all))) = also.min_by_key(|(cost, _)| *cost) else {
            leads.iter_mut().for_each(|lead| lead.decides = false);
            return (cost, leads);
        };
        for lead in &mut leads {
            let is_free = lead.besides == Besides::Nothing;
            lead.decides &= is_free && is_and && is_all && parts.len() == 2;
            if is_free {
                lead.besides = Besides::Either(also);
            }
        }
        (cost, leads)
    }

    /// The base leads. Where what is taken away is one or two words, they are asked for before anything is evaluated.
    fn leads_of_except(&self, base: u32, others: &[u32], costs: &[u64]) -> (u64, Vec<Lead>) {
        let (cost, mut leads) = self.leads_of(base, costs);
        let taken = match *others {
            [one] => self.terms_of(one, costs).filter(|(_, is_all)| *is_all).map(|(terms, _)| terms),
            _ => None,
        };
        for lead in &mut leads {
            match taken.filter(|_| lead.besides == Besides::Nothing) {
                Some(terms) => lead.besides = Besides::Neither(terms),
                None => lead.decides = false,
            }
        }
        (cost, leads)
    }

    /// At most two terms of which one stands wherever an operation holds, and whether it holds wherever one stands.
    fn terms_of(&self, op: u32, costs: &[u64]) -> Option<([u32; 2], bool)> {
        match &self.ops[op as usize] {
            Op::Term(term) => Some(([*term; 2], true)),
            Op::Phrase(slice) => {
                let rarest = slice.of(&self.phrases).iter().min_by_key(|term| cost_of_term(**term, costs));
                rarest.map(|term| ([*term; 2], false))
            }
            Op::Any(slice) => match *slice.of(&self.children) {
                [one, other] => {
                    let (one, other) = (self.terms_of(one, costs)?, self.terms_of(other, costs)?);
                    let are_single = one.0[0] == one.0[1] && other.0[0] == other.0[1];
                    are_single.then_some(([one.0[0], other.0[0]], one.1 && other.1))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The rarest two whole words in a row, else the rarest word.
    fn phrase_lead(&self, terms: &[u32], costs: &[u64]) -> (u64, Vec<Lead>) {
        let cost = |term: u32| cost_of_term(term, costs);
        let pairs = terms.windows(2).filter(|pair| pair.iter().all(|term| self.terms.is_whole(*term)));
        if let Some(pair) = pairs.min_by_key(|pair| cost(pair[0]).saturating_mul(cost(pair[1]))) {
            let rarer = cost(pair[0]).min(cost(pair[1]));
            return (rarer / 16, vec![lead(Trigger::Pair(pair[0], pair[1]), terms.len() == 2)]);
        }
        let rarest = terms.iter().copied().min_by_key(|term| cost(*term));
        rarest.map(|term| (cost(term), vec![lead(Trigger::Term(term), false)])).unwrap_or_default()
    }
}

/// How common a word is, by its length, a list of very common words, and how many queries of the set use it.
fn commonness(stem: &str, used: u32) -> u64 {
    let by_length = match stem.len() {
        0..=1 => 512,
        2 => 256,
        3 => 96,
        4 => 48,
        5 => 24,
        6 => 12,
        7..=9 => 8,
        _ => 4,
    };
    let by_language = if VERY_COMMON.contains(&stem) { 30 } else { 1 };
    by_length * by_language * (u64::from(used) + 8)
}

fn cost_of_term(term: u32, costs: &[u64]) -> u64 {
    costs.get(term as usize).copied().unwrap_or(u64::MAX)
}

fn lead(trigger: Trigger, decides: bool) -> Lead {
    Lead { trigger, besides: Besides::Nothing, decides }
}

/// A term is the better lead, and every field that has few mentions for each value.
const REGEX_COMMONNESS: u64 = 1 << 46;

/// Fields of names lead to few mentions, those of labels to many.
fn field_commonness(test: &FieldTest) -> u64 {
    match test {
        FieldTest::Thread(_) => 1,
        FieldTest::Author(_)
        | FieldTest::Brand(_)
        | FieldTest::Hashtag(_)
        | FieldTest::Mentions(_)
        | FieldTest::Title(_) => 64,
        FieldTest::Url(_) | FieldTest::Container(_) => 1 << 10,
        FieldTest::Site(_) => 1 << 45,
        FieldTest::Rating { .. } => 1 << 47,
        FieldTest::Country(_) => 1 << 48,
        FieldTest::Followers { .. } => 1 << 50,
        FieldTest::Kind(_) => 1 << 51,
        FieldTest::Platform(_) => 1 << 52,
        FieldTest::Verified(_) => 1 << 53,
        FieldTest::Language(_) => 1 << 54,
        FieldTest::Sentiment(_) | FieldTest::Intent(_) => 1 << 55,
    }
}

/// Words in every third text.
const VERY_COMMON: [&str; 48] = [
    "a", "about", "all", "an", "and", "are", "at", "be", "but", "can", "for", "from", "get", "have", "i", "i'm", "in",
    "is", "it", "it's", "just", "like", "me", "my", "no", "not", "now", "of", "on", "one", "or", "out", "so", "that",
    "the", "they", "this", "to", "up", "was", "we", "what", "when", "why", "with", "you", "your", "will",
];
