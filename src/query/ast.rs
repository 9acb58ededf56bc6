//! A query as a tree, after parsing and before compiling. Plain values; nothing here looks at a text.

use crate::mention::{Kind, Platform};
use crate::text::fold::Exact;

/// A query or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// One word, or several in a row. Never empty.
    Words(Vec<Word>),
    /// A test on a field.
    Field(FieldTest),
    /// Every part.
    All(Vec<Node>),
    /// At least one part.
    Any(Vec<Node>),
    /// The first, and none of the others.
    Except(Box<Node>, Vec<Node>),
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

/// A test on what is known of a mention besides its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldTest {
    /// `platform:mastodon`
    Platform(Platform),
    /// `kind:quote`
    Kind(Kind),
    /// `language:en`; primary subtag, lower case.
    Language(String),
    /// `author_followers:[50000 TO 99999999]`; both ends included.
    Followers {
        /// Smallest number that passes.
        min: i64,
        /// Largest number that passes.
        max: i64,
    },
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

impl FieldTest {
    /// Tests what is known. Only a language is ever unknown yet; unknown followers pass no test.
    #[must_use]
    pub fn test(&self, fields: &super::Fields<'_>) -> Truth {
        match self {
            Self::Platform(platform) => (fields.platform == platform.as_str()).into(),
            Self::Kind(kind) => (fields.kind == kind.as_str()).into(),
            Self::Language(wanted) => {
                fields.language.map_or(Truth::Unknown, |tag| primary_subtag(tag).eq_ignore_ascii_case(wanted).into())
            }
            Self::Followers { min, max } => {
                fields.author_followers.is_some_and(|count| (*min..=*max).contains(&count)).into()
            }
        }
    }
}

/// `en` of `en-GB` or `en_GB`.
#[must_use]
pub fn primary_subtag(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}
