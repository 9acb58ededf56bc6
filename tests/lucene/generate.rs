//! Random boolean queries over the words and phrases of given texts, in our language and in the oracle's postfix.

use std::collections::{BTreeSet, HashMap};

/// A query.
#[derive(Debug, Clone)]
pub enum Tree {
    /// One word, or several in a row.
    Words(Vec<String>),
    /// All of these.
    And(Vec<Tree>),
    /// One of these.
    Or(Vec<Tree>),
    /// The first without the second.
    Not(Box<[Tree; 2]>),
}

impl Tree {
    /// In our language, every group in brackets.
    pub fn query(&self) -> String {
        let group = |parts: &[Self], by: &str| {
            let parts: Vec<String> = parts.iter().map(Self::query).collect();
            format!("({})", parts.join(by))
        };
        match self {
            Self::Words(words) if words.len() == 1 => words[0].clone(),
            Self::Words(words) => format!("\"{}\"", words.join(" ")),
            Self::And(parts) => group(parts, " AND "),
            Self::Or(parts) => group(parts, " OR "),
            Self::Not(parts) => group(&**parts, " NOT "),
        }
    }

    /// As the oracle reads it.
    pub fn postfix(&self) -> String {
        let group = |parts: &[Self], end: String| {
            let parts: Vec<String> = parts.iter().map(Self::postfix).collect();
            format!("{}\t{end}", parts.join("\t"))
        };
        match self {
            Self::Words(words) if words.len() == 1 => format!("t:{}", words[0]),
            Self::Words(words) => format!("p:{}", words.join(" ")),
            Self::And(parts) => group(parts, format!("and:{}", parts.len())),
            Self::Or(parts) => group(parts, format!("or:{}", parts.len())),
            Self::Not(parts) => group(&**parts, "not".to_owned()),
        }
    }
}

/// Makes queries that have a chance to match: words that must stand together are taken from one text.
pub struct Generator {
    texts: Vec<Vec<String>>,
    /// How many texts have a word.
    spread: HashMap<String, usize>,
    state: u64,
}

/// A word of more texts than this is taken once in [`OFTEN`] only: nobody listens for "the", and Lucene takes its time.
const COMMON: usize = 150;
const OFTEN: usize = 20;

/// Letters and digits, with single apostrophes or full stops between them: one token to everybody.
fn is_word(part: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '\'' | '.');
    let ends = part.starts_with(|c: char| c.is_ascii_lowercase()) && part.ends_with(|c: char| c.is_ascii_lowercase());
    ends && part.chars().all(inner) && !part.contains("..") && !part.contains("''") && !part.contains(".'")
        // a full stop or an apostrophe joins letters with letters and digits with digits only
        && (part.chars().all(|c| !matches!(c, '\'' | '.')) || part.chars().all(|c| !c.is_ascii_digit()))
}

impl Generator {
    pub fn new(texts: &[String], seed: u64) -> Self {
        let words = |text: &String| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        let texts = texts.iter().map(words).filter(|words: &Vec<_>| words.iter().filter(|w| is_word(w)).count() > 5);
        let texts: Vec<Vec<String>> = texts.collect();
        let mut spread = HashMap::new();
        for text in &texts {
            for word in text.iter().collect::<BTreeSet<_>>() {
                *spread.entry(word.clone()).or_default() += 1;
            }
        }
        Self { texts, spread, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn roll(&mut self, below: usize) -> usize {
        // splitmix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    fn text(&mut self) -> usize {
        self.roll(self.texts.len())
    }

    /// A word or phrase of this text.
    fn words(&mut self, text: usize) -> Tree {
        let wanted = [1, 1, 1, 2, 2, 3][self.roll(6)];
        loop {
            let length = self.texts[text].len();
            let from = self.roll(length);
            let common = self.spread[&self.texts[text][from]] > COMMON;
            if common && self.roll(OFTEN) > 0 {
                continue;
            }
            let run: Vec<String> =
                self.texts[text][from..].iter().take(wanted).take_while(|word| is_word(word)).cloned().collect();
            if !run.is_empty() {
                return Tree::Words(run);
            }
        }
    }

    fn tree(&mut self, depth: usize, text: usize) -> Tree {
        match self.roll(if depth == 0 { 2 } else { 8 }) {
            0 | 1 => self.words(text),
            2..=4 => Tree::And((0..2 + self.roll(2)).map(|_| self.tree(depth - 1, text)).collect()),
            5 | 6 => {
                let mut parts = vec![self.tree(depth - 1, text)];
                for _ in 0..1 + self.roll(3) {
                    let other = self.text();
                    parts.push(self.tree(depth - 1, other));
                }
                Tree::Or(parts)
            }
            _ => {
                let other = self.text();
                Tree::Not(Box::new([self.tree(depth - 1, text), self.tree(depth - 1, other)]))
            }
        }
    }
}

impl Iterator for Generator {
    type Item = Tree;

    fn next(&mut self) -> Option<Tree> {
        let text = self.text();
        let depth = self.roll(4);
        Some(self.tree(depth, text))
    }
}
