//! A query as a tree, after parsing and before compiling. Plain values with their places in the query's text; nothing
//! here looks at a mention. `Display` writes a tree as a query again, with every bracket it needs (see `print`).

use super::field::FieldTest;
use crate::text::Span;
use crate::text::fold::Exact;

/// A query or a part of one. Two nodes are equal when they ask for the same, wherever they stand.
#[derive(Debug, Clone, Eq)]
pub struct Node {
    /// What it asks for.
    pub form: Form,
    /// Its bytes in the query's text, brackets around it left out.
    pub span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

/// What a [`Node`] asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One word, or several in a row. Never empty.
    Words(Vec<Word>),
    /// A regular expression that is found in the text as written.
    Regex(String),
    /// A test on a field.
    Field(FieldTest),
    /// `@{name}`: what that query of the set asks for.
    Reference(String),
    /// Every part.
    All(Vec<Node>),
    /// At least one part.
    Any(Vec<Node>),
    /// The first, and none of the others.
    Except(Box<Node>, Vec<Node>),
    /// The two sides with at most so many words between them. Sides are words, brands, ORs of sides, and NEARs.
    Near {
        /// What is near what.
        sides: Box<(Node, Node)>,
        /// Words between, at most.
        distance: u32,
        /// True when the first side must stand first.
        is_ordered: bool,
    },
    /// A place of every part such that no two of them have more words between them. Parts are words, brands and ORs of
    /// them.
    Within {
        /// At least two, all different.
        parts: Vec<Node>,
        /// Words between any two of them, at most.
        distance: u32,
    },
}

/// What one token must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word {
    /// What its folded form must be.
    pub shape: Shape,
    /// What its original form must have besides (marks, case); `None` where folding decides alone.
    pub exact: Option<Exact>,
}

/// A folded form, or many.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Exactly this.
    Whole(String),
    /// Any of these.
    Pattern(Pattern),
    /// This, or nearly this, also split in two.
    Fuzzy(Fuzzy),
}

/// `refund*` or `colo?r`, folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    /// What stands before the first wildcard; never empty.
    pub prefix: String,
    /// What follows, with [`Pattern::ANY`] for `?`.
    pub rest: String,
    /// True when any ending may follow (`*`).
    pub is_open: bool,
}

impl Pattern {
    /// Stands for "exactly one letter" in `rest`. A letter of one Old Slavonic word, so that word boundaries fall
    /// around it as around any letter.
    pub const ANY: char = '\u{a66e}';

    /// True when a folded token has this form.
    #[must_use]
    pub fn accepts(&self, folded: &str) -> bool {
        let Some(tail) = folded.strip_prefix(self.prefix.as_str()) else { return false };
        let mut tail = tail.chars();
        for wanted in self.rest.chars() {
            match tail.next() {
                Some(c) if c == wanted || (wanted == Self::ANY && c.is_alphanumeric()) => {}
                _ => return false,
            }
        }
        self.is_open || tail.next().is_none()
    }
}

/// `nimbus~1`: up to so many edits. An edit inserts, deletes or replaces a letter or swaps two neighbours; a gap
/// between two words (a space, a hyphen) is one edit too. The first letter is fixed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fuzzy {
    /// The word, folded; [`Fuzzy::LETTERS_MIN`] to [`Fuzzy::LETTERS_MAX`] letters.
    pub word: String,
    /// 1 or 2.
    pub edits: u8,
}

impl Fuzzy {
    /// Letters of the shortest word whose spelling may vary; shorter ones turn into other words.
    pub const LETTERS_MIN: usize = 5;
    /// Letters of the longest.
    pub const LETTERS_MAX: usize = 32;
}

/// An answer that may have to wait for the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// No.
    False,
    /// Depends on a field that is not known yet.
    Unknown,
    /// Yes.
    True,
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl Node {
    /// The nodes directly below, in the order of the text.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        let (first, rest): (Vec<&Self>, &[Self]) = match &self.form {
            Form::All(nodes) | Form::Any(nodes) | Form::Within { parts: nodes, .. } => (Vec::new(), nodes),
            Form::Except(base, others) => (vec![base], others),
            Form::Near { sides, .. } => (vec![&sides.0, &sides.1], &[]),
            Form::Words(_) | Form::Regex(_) | Form::Field(_) | Form::Reference(_) => (Vec::new(), &[]),
        };
        first.into_iter().chain(rest)
    }

    /// The first part that cannot be a side of NEAR, or a part of a group with a distance where `in_group`. References
    /// count as words: what they lead to is looked at when the set is compiled.
    #[must_use]
    pub fn without_place(&self, in_group: bool) -> Option<&Self> {
        match &self.form {
            Form::Words(_) | Form::Reference(_) | Form::Field(FieldTest::Brand(_)) => None,
            Form::Any(nodes) => nodes.iter().find_map(|node| node.without_place(in_group)),
            Form::Near { .. } if !in_group => None,
            _ => Some(self),
        }
    }
}
