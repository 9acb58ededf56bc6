//! From many trees to one structure: numbered terms, flat operations, and for each query the words or field values
//! without which it cannot match.
//!
//! Of an AND only the rarest side leads to the query, of an OR every side, of a phrase its rarest two words in a row. How rare a word
//! is, is estimated from its length, a list of very common words, and how many queries of the set use it; a wrong
//! estimate costs time, never a match.

use super::ast::{FieldTest, Node};
use super::index::TermTable;
use std::collections::BTreeMap;

/// One step of a compiled query; numbers point into [`Program`].
#[derive(Debug, Clone)]
pub(super) enum Op {
    /// The term stands somewhere.
    Term(u32),
    /// The terms stand in a row; a range of [`Program::phrases`].
    Phrase(Slice),
    Field(FieldTest),
    /// Ranges of [`Program::children`].
    All(Slice),
    Any(Slice),
    /// The first child and none of the others.
    Except(Slice),
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
    /// The root operation of each query.
    pub roots: Vec<u32>,
    pub terms: TermTable,
    pub triggers: Triggers,
}

/// What leads to which queries.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    /// For each term, then each pair, where its queries begin in `queries`; one more at the end.
    starts: Vec<u32>,
    queries: Vec<u32>,
    platforms: BTreeMap<&'static str, Vec<u32>>,
    kinds: BTreeMap<&'static str, Vec<u32>>,
    languages: BTreeMap<String, Vec<u32>>,
    /// Smallest number of followers and query, ascending.
    followers: Vec<(i64, u32)>,
}

impl Triggers {
    /// The queries that a term or a pair of terms leads to.
    pub fn of_lead(&self, term: u32) -> &[u32] {
        let bound = |index: usize| self.starts.get(index).copied().unwrap_or(0) as usize;
        self.queries.get(bound(term as usize)..bound(term as usize + 1)).unwrap_or_default()
    }

    /// Appends the queries that the fields lead to.
    pub fn of_fields(&self, fields: &super::Fields<'_>, queries: &mut Vec<u32>) {
        queries.extend(self.platforms.get(fields.platform).into_iter().flatten());
        queries.extend(self.kinds.get(fields.kind).into_iter().flatten());
        if !self.languages.is_empty() {
            match fields.language {
                // Not known yet: each of them may match.
                None => queries.extend(self.languages.values().flatten()),
                Some(tag) => {
                    let primary = super::ast::primary_subtag(tag).to_ascii_lowercase();
                    queries.extend(self.languages.get(&primary).into_iter().flatten());
                }
            }
        }
        if let Some(count) = fields.author_followers {
            let reached = self.followers.partition_point(|(min, _)| *min <= count);
            queries.extend(self.followers[..reached].iter().map(|(_, query)| query));
        }
    }
}

/// What a query cannot do without.
#[derive(Debug, Clone)]
enum Trigger {
    Term(u32),
    /// Two terms in a row.
    Pair(u32, u32),
    Field(FieldTest),
}

/// Compiles trees; their places are the numbers of the queries. `None` when there is more than 32 bits can number.
pub(super) fn compile(trees: Vec<Node>) -> Option<Program> {
    let mut program = Program::default();
    for tree in trees {
        let root = program.add(tree)?;
        program.roots.push(root);
    }
    let usage = program.usage();
    program.arrange(&usage);
    let triggers: Vec<Vec<Trigger>> = program.roots.iter().map(|root| program.triggers_of(*root, &usage).1).collect();
    program.triggers = index(&triggers, &mut program.terms)?;
    program.terms.close();
    Some(program)
}

impl Program {
    fn add(&mut self, node: Node) -> Option<u32> {
        let op = match node {
            Node::Field(test) => Op::Field(test),
            Node::Words(words) => self.add_words(words)?,
            Node::All(nodes) => Op::All(self.add_children(nodes)?),
            Node::Any(nodes) => Op::Any(self.add_children(nodes)?),
            Node::Except(base, others) => {
                let mut nodes = vec![*base];
                nodes.extend(others);
                Op::Except(self.add_children(nodes)?)
            }
        };
        let number = u32::try_from(self.ops.len()).ok()?;
        self.ops.push(op);
        Some(number)
    }

    fn add_words(&mut self, words: Vec<super::ast::Word>) -> Option<Op> {
        let start = u32::try_from(self.phrases.len()).ok()?;
        let length = u32::try_from(words.len()).ok()?;
        let mut terms = Vec::with_capacity(words.len());
        for word in words {
            terms.push(self.terms.number(word)?);
        }
        if let [term] = terms[..] {
            return Some(Op::Term(term));
        }
        self.phrases.extend(terms);
        Some(Op::Phrase(Slice { start, length }))
    }

    fn add_children(&mut self, nodes: Vec<Node>) -> Option<Slice> {
        let mut numbers = Vec::with_capacity(nodes.len());
        for node in nodes {
            numbers.push(self.add(node)?);
        }
        let start = u32::try_from(self.children.len()).ok()?;
        let length = u32::try_from(numbers.len()).ok()?;
        self.children.extend(numbers);
        Some(Slice { start, length })
    }

    /// How often each term is used by the set.
    fn usage(&self) -> Vec<u32> {
        let mut usage = vec![0_u32; self.terms.len()];
        let single = self.ops.iter().filter_map(|op| if let Op::Term(term) = op { Some(term) } else { None });
        for term in single.chain(&self.phrases) {
            usage[*term as usize] = usage[*term as usize].saturating_add(1);
        }
        usage
    }

    /// Puts the parts of every AND in the order rarest first, where evaluation stops soonest.
    fn arrange(&mut self, usage: &[u32]) {
        for index in 0..self.ops.len() {
            if let Op::All(slice) = self.ops[index] {
                let mut parts: Vec<u32> = slice.of(&self.children).to_vec();
                parts.sort_by_cached_key(|part| self.cost_of(*part, usage));
                let start = slice.start as usize;
                self.children[start..start + parts.len()].copy_from_slice(&parts);
            }
        }
    }

    fn cost_of(&self, op: u32, usage: &[u32]) -> u64 {
        match &self.ops[op as usize] {
            Op::Term(_) | Op::Phrase(_) | Op::Field(_) => self.triggers_of(op, usage).0,
            // Groups last: they take longest to say no.
            Op::All(_) | Op::Any(_) | Op::Except(_) => u64::MAX,
        }
    }

    fn triggers_of(&self, op: u32, usage: &[u32]) -> (u64, Vec<Trigger>) {
        match &self.ops[op as usize] {
            Op::Term(term) => (self.commonness(*term, usage), vec![Trigger::Term(*term)]),
            Op::Phrase(slice) => self.phrase_trigger(slice.of(&self.phrases), usage),
            Op::Field(test) => (field_commonness(test), vec![Trigger::Field(test.clone())]),
            Op::All(slice) => slice
                .of(&self.children)
                .iter()
                .map(|child| self.triggers_of(*child, usage))
                .min_by_key(|(cost, _)| *cost)
                .unwrap_or_default(),
            Op::Any(slice) => slice.of(&self.children).iter().map(|child| self.triggers_of(*child, usage)).fold(
                (0, Vec::new()),
                |(cost, mut all), (more, triggers)| {
                    all.extend(triggers);
                    (cost.saturating_add(more), all)
                },
            ),
            Op::Except(slice) => {
                slice.of(&self.children).first().map(|base| self.triggers_of(*base, usage)).unwrap_or_default()
            }
        }
    }

    /// The rarest two whole words in a row, else the rarest word.
    fn phrase_trigger(&self, terms: &[u32], usage: &[u32]) -> (u64, Vec<Trigger>) {
        let cost = |term: u32| self.commonness(term, usage);
        let pairs = terms.windows(2).filter(|pair| pair.iter().all(|term| self.terms.is_whole(*term)));
        if let Some(pair) = pairs.min_by_key(|pair| cost(pair[0]).saturating_mul(cost(pair[1]))) {
            let rarer = cost(pair[0]).min(cost(pair[1]));
            return (rarer / 16, vec![Trigger::Pair(pair[0], pair[1])]);
        }
        let rarest = terms.iter().copied().min_by_key(|term| cost(*term));
        rarest.map(|term| (cost(term), vec![Trigger::Term(term)])).unwrap_or_default()
    }

    /// A guess how often a term stands in a text; only comparisons between terms matter.
    fn commonness(&self, term: u32, usage: &[u32]) -> u64 {
        let stem = self.terms.stem(term);
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
        let used = usage.get(term as usize).copied().unwrap_or(0);
        by_length * by_language * (u64::from(used) + 8)
    }
}

/// Fields say little: a term is always the better lead.
fn field_commonness(test: &FieldTest) -> u64 {
    match test {
        FieldTest::Followers { .. } => 1 << 50,
        FieldTest::Kind(_) => 1 << 51,
        FieldTest::Platform(_) => 1 << 52,
        FieldTest::Language(_) => 1 << 53,
    }
}

/// Words in every third text.
const VERY_COMMON: [&str; 48] = [
    "a", "about", "all", "an", "and", "are", "at", "be", "but", "can", "for", "from", "get", "have", "i", "i'm", "in",
    "is", "it", "it's", "just", "like", "me", "my", "no", "not", "now", "of", "on", "one", "or", "out", "so", "that",
    "the", "they", "this", "to", "up", "was", "we", "what", "when", "why", "with", "you", "your", "will",
];

/// Turns the triggers of each query around: from trigger to queries.
fn index(triggers: &[Vec<Trigger>], terms: &mut TermTable) -> Option<Triggers> {
    let mut by_lead: Vec<(u32, u32)> = Vec::new();
    let mut index = Triggers::default();
    for (query, triggers) in triggers.iter().enumerate() {
        let query = u32::try_from(query).ok()?;
        for trigger in triggers {
            match trigger {
                Trigger::Term(term) => by_lead.push((*term, query)),
                Trigger::Pair(first, second) => by_lead.push((terms.number_pair(*first, *second)?, query)),
                Trigger::Field(FieldTest::Platform(platform)) => {
                    index.platforms.entry(platform.as_str()).or_default().push(query);
                }
                Trigger::Field(FieldTest::Kind(kind)) => index.kinds.entry(kind.as_str()).or_default().push(query),
                Trigger::Field(FieldTest::Language(tag)) => {
                    index.languages.entry(tag.clone()).or_default().push(query);
                }
                Trigger::Field(FieldTest::Followers { min, .. }) => index.followers.push((*min, query)),
            }
        }
    }
    by_lead.sort_unstable();
    by_lead.dedup();
    index.followers.sort_unstable();
    index.starts = vec![0; terms.len() + terms.pair_count() + 1];
    for (lead, _) in &by_lead {
        index.starts[*lead as usize + 1] += 1;
    }
    for place in 1..index.starts.len() {
        index.starts[place] += index.starts[place - 1];
    }
    index.queries = by_lead.into_iter().map(|(_, query)| query).collect();
    Some(index)
}
