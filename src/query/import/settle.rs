//! From what was read to what can be written: takes out what was lost and says which way that moves the meaning, joins
//! exclusions with what they are taken from, and gives every NEAR sides that it can have here. Bounded: a NEAR that is
//! spread over a group counts against a budget.

use super::tree::{Form, Tree};
use super::{Effect, Steps};
use crate::query::diagnostic::Diagnostic;
use std::ops::Range;

/// NEARs that one query may become.
const NEARS_MAX: usize = 200;
/// Words of the longest distance of ours.
const DISTANCE_WORDS_MAX: u32 = 100;

/// `None` when nothing is left, or a fault was pushed.
pub(super) fn settle(tree: Tree, steps: &mut Steps<'_>) -> Option<Tree> {
    let span = tree.span.clone();
    let kept = Settler { steps, nears: 0 }.tree(tree, Effect::Wider)?;
    if let Form::Not(_) = kept.form {
        let fault = Diagnostic::new(span, "a query of only exclusions matches everything else");
        steps.fault(fault.suggest("write what to look for before NOT"));
    }
    steps.faults.is_empty().then_some(kept)
}

struct Settler<'s, 't> {
    steps: &'s mut Steps<'t>,
    nears: usize,
}

impl Settler<'_, '_> {
    /// `gone` is what the loss of this part does to the matches of the query.
    fn tree(&mut self, tree: Tree, gone: Effect) -> Option<Tree> {
        let Tree { form, span, field } = tree;
        let form = match form {
            Form::Lost(number) => {
                self.steps.losses.get_mut(number).into_iter().for_each(|loss| loss.effect = gone);
                return None;
            }
            Form::Term(_) | Form::Test(_) => form,
            Form::All(parts) => return self.all(parts, gone, span),
            Form::Any(parts) => return self.any(parts, gone, span),
            Form::Except(base, excluded) => return self.except(*base, excluded, gone, span),
            Form::Not(inner) => Form::Not(Box::new(self.negative(*inner)?)),
            Form::Near { sides, distance, is_ordered } => {
                let (left, right) = *sides;
                // A side that is gone leaves the other without its condition.
                let left = self.tree(left, Effect::Wider);
                let right = self.tree(right, Effect::Wider);
                let (left, right) = match (left, right) {
                    (Some(left), Some(right)) => (left, right),
                    (one, other) => return one.or(other),
                };
                return Some(self.near(left, right, (distance, is_ordered), &span));
            }
            Form::Within { parts, distance } => return self.within(parts, distance, span),
        };
        Some(Tree { form, span, field })
    }

    fn all(&mut self, parts: Vec<Tree>, gone: Effect, span: Range<usize>) -> Option<Tree> {
        let gone = if parts.len() > 1 { Effect::Wider } else { gone };
        let (mut wanted, mut excluded) = (Vec::new(), Vec::new());
        for part in parts {
            match self.tree(part, gone) {
                Some(Tree { form: Form::Not(inner), .. }) => excluded.push(*inner),
                Some(Tree { form: Form::All(inner), .. }) => wanted.extend(inner),
                Some(part) => wanted.push(part),
                None => {}
            }
        }
        joined(wanted, excluded, span)
    }

    fn any(&mut self, parts: Vec<Tree>, gone: Effect, span: Range<usize>) -> Option<Tree> {
        let gone = if parts.len() > 1 { Effect::Narrower } else { gone };
        let mut kept = Vec::new();
        for part in parts {
            match self.tree(part, gone) {
                Some(Tree { form: Form::Not(_), span, .. }) => {
                    let fault =
                        Diagnostic::new(span, "OR NOT matches almost everything: NOT takes away from something");
                    self.steps.fault(fault.suggest("write (a OR b) NOT c"));
                }
                Some(Tree { form: Form::Any(inner), .. }) => kept.extend(inner),
                Some(part) => kept.push(part),
                None => {}
            }
        }
        if kept.is_empty() { None } else { Some(Tree::any(kept, span)) }
    }

    fn except(&mut self, base: Tree, excluded: Vec<Tree>, gone: Effect, span: Range<usize>) -> Option<Tree> {
        let base = self.tree(base, gone);
        let mut kept = Vec::new();
        for part in excluded {
            match self.negative(part) {
                Some(Tree { form: Form::Not(_), span, .. }) => {
                    let fault = Diagnostic::new(span, "an exclusion of an exclusion: say what is wanted instead");
                    self.steps.fault(fault.suggest("write a AND b"));
                }
                Some(part) => kept.push(part),
                None => {}
            }
        }
        let base = base?;
        match base.form {
            Form::Not(inner) => {
                kept.insert(0, *inner);
                joined(Vec::new(), kept, span)
            }
            _ => joined(vec![base], kept, span),
        }
    }

    /// A part that is excluded: what is lost there moves the query the other way.
    fn negative(&mut self, part: Tree) -> Option<Tree> {
        let places = part.span.clone();
        let kept = self.tree(part, Effect::Narrower);
        for loss in &mut self.steps.losses {
            let is_inside = places.start <= loss.span.start as usize && loss.span.end as usize <= places.end;
            if is_inside {
                loss.effect = loss.effect.flipped();
            }
        }
        kept
    }

    /// A group with a distance holds words and ORs of words; tests and exclusions stand beside it.
    fn within(&mut self, parts: Vec<Tree>, distance: u32, span: Range<usize>) -> Option<Tree> {
        let (mut near, mut tests, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match self.tree(part, Effect::Wider) {
                Some(Tree { form: Form::Not(inner), .. }) => excluded.push(*inner),
                Some(part) if is_words(&part) => {
                    // One place would do for both.
                    near.extend((!near.contains(&part)).then_some(part));
                }
                Some(part) => {
                    let why = "only words have a distance: this part counts wherever it is";
                    self.steps.lose(&part.span, "AND beside the group with the distance", why, Effect::Wider);
                    tests.push(part);
                }
                None => {}
            }
        }
        if near.len() > 1 {
            tests.insert(0, Tree::new(Form::Within { parts: near, distance }, span.clone()));
        } else {
            near.extend(tests);
            tests = near;
        }
        joined(tests, excluded, span)
    }

    fn near(&mut self, left: Tree, right: Tree, how: (u32, bool), span: &Range<usize>) -> Tree {
        self.nears += 1;
        if self.nears > NEARS_MAX {
            if self.nears == NEARS_MAX + 1 {
                let fault = Diagnostic::new(span.clone(), format!("NEAR would become more than {NEARS_MAX} NEARs"));
                self.steps.fault(fault.suggest("split the query into several"));
            }
            return left;
        }
        if how.0 > DISTANCE_WORDS_MAX {
            let why = "the distance is larger than any here: anywhere in the text";
            self.steps.lose(span, "AND", why, Effect::Wider);
            return joined(vec![left, right], Vec::new(), span.clone()).expect("two parts are wanted");
        }
        for (side, other) in [(&left, &right), (&right, &left)] {
            if let Some(tree) = self.without_place(side, other, span) {
                return tree;
            }
        }
        if !is_side(&left) {
            return self.spread(left, span, |this, part| this.near(part, right.clone(), how, span));
        }
        if !is_side(&right) {
            return self.spread(right, span, |this, part| this.near(left.clone(), part, how, span));
        }
        Tree::near(left, right, how, span.clone())
    }

    /// A test or an exclusion cannot be near anything: it stands beside what it should have been near.
    fn without_place(&mut self, side: &Tree, other: &Tree, span: &Range<usize>) -> Option<Tree> {
        let why = match side.form {
            Form::Test(_) => "a test on a field has no place in the text: asked for beside it",
            Form::Not(_) => "an exclusion has no place in the text: taken from the whole text",
            _ => return None,
        };
        self.steps.lose(&side.span, "beside the NEAR", why, Effect::Other);
        match &side.form {
            Form::Not(inner) => joined(vec![other.clone()], vec![(**inner).clone()], span.clone()),
            _ => joined(vec![other.clone(), side.clone()], Vec::new(), span.clone()),
        }
    }

    /// NEAR on a side that has no one place: on each of its parts that have.
    fn spread(&mut self, side: Tree, span: &Range<usize>, mut near: impl FnMut(&mut Self, Tree) -> Tree) -> Tree {
        let place = side.span.clone();
        match side.form {
            Form::All(parts) => {
                let why = "NEAR joins words and ORs of them: said of each part of the AND";
                self.steps.lose(&place, "NEAR on each part", why, Effect::Same);
                let parts = parts.into_iter().map(|part| near(self, part)).collect();
                Tree::all(parts, span.clone())
            }
            Form::Any(parts) => {
                let (words, others): (Vec<Tree>, Vec<Tree>) = parts.into_iter().partition(is_side);
                let mut spread = Vec::new();
                if !words.is_empty() {
                    spread.push(near(self, Tree::any(words, place)));
                }
                spread.extend(others.into_iter().map(|part| near(self, part)));
                Tree::any(spread, span.clone())
            }
            Form::Except(base, excluded) => {
                let why = "an exclusion inside NEAR is taken from the whole text, not from the words nearby";
                self.steps.lose(&place, "NOT beside the NEAR", why, Effect::Narrower);
                let base = near(self, *base);
                Tree::new(Form::Except(Box::new(base), excluded), span.clone())
            }
            Form::Within { ref parts, .. } => {
                let why =
                    "a group with a distance has several places: each of its words is near, and they are together";
                self.steps.lose(&place, "AND of both", why, Effect::Wider);
                let words = parts.iter().cloned().map(|part| near(self, part)).collect();
                Tree::all(vec![Tree::all(words, place), side], span.clone())
            }
            _ => side,
        }
    }
}

/// Wanted parts without excluded ones.
fn joined(wanted: Vec<Tree>, excluded: Vec<Tree>, span: Range<usize>) -> Option<Tree> {
    if wanted.is_empty() {
        let inner = if excluded.is_empty() { return None } else { Tree::any(excluded, span.clone()) };
        return Some(Tree::new(Form::Not(Box::new(inner)), span));
    }
    let base = Tree::all(wanted, span.clone());
    if excluded.is_empty() {
        return Some(base);
    }
    match base.form {
        Form::Except(base, mut before) => {
            before.extend(excluded);
            Some(Tree::new(Form::Except(base, before), span))
        }
        _ => Some(Tree::new(Form::Except(Box::new(base), excluded), span)),
    }
}

/// Words, or any of words.
fn is_words(tree: &Tree) -> bool {
    match &tree.form {
        Form::Term(_) => true,
        Form::Any(parts) => parts.iter().all(is_words),
        _ => false,
    }
}

/// What NEAR can join.
fn is_side(tree: &Tree) -> bool {
    match &tree.form {
        Form::Term(_) | Form::Near { .. } => true,
        Form::Any(parts) => parts.iter().all(is_side),
        _ => false,
    }
}
