//! A vendor's query between reading and writing. Leaves are already in our language.

use std::ops::Range;

/// A query or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    pub form: Form,
    /// Bytes of the vendor's query.
    pub span: Range<usize>,
    /// Name of the field that this tests, where it is one test.
    pub field: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A word, phrase or `{…}`, as we write it: has a place in the text.
    Term(String),
    /// `field:value`, as we write it.
    Test(String),
    /// Could not be carried over; the number of the loss that says so.
    Lost(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    /// The first, and none of the others.
    Except(Box<Tree>, Vec<Tree>),
    /// An exclusion that stands alone; what it is taken from stands one level up.
    Not(Box<Tree>),
    Near {
        sides: Box<(Tree, Tree)>,
        distance: u32,
        is_ordered: bool,
    },
    Within {
        parts: Vec<Tree>,
        distance: u32,
    },
}

impl Tree {
    pub(super) fn new(form: Form, span: Range<usize>) -> Self {
        Self { form, span, field: None }
    }

    /// All of the parts; one part is itself.
    pub(super) fn all(parts: Vec<Self>, span: Range<usize>) -> Self {
        Self::joined(parts, span, Form::All)
    }

    /// Any of the parts; one part is itself.
    pub(super) fn any(parts: Vec<Self>, span: Range<usize>) -> Self {
        Self::joined(parts, span, Form::Any)
    }

    fn joined(mut parts: Vec<Self>, span: Range<usize>, form: fn(Vec<Self>) -> Form) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Self::new(form(parts), span)
            }
            None => Self::new(form(parts), span),
        }
    }

    pub(super) fn near(left: Self, right: Self, (distance, is_ordered): (u32, bool), span: Range<usize>) -> Self {
        Self::new(Form::Near { sides: Box::new((left, right)), distance, is_ordered }, span)
    }
}
