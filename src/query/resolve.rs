//! References between the queries of a set: who names whom, in which order to compile, and everything that may be wrong
//! with it. After this a reference is a number. Bounded: what a query leads to has at most [`EXPANDED_TERMS_MAX`] terms.

use super::ast::{Form, Node};
use super::diagnostic::{Diagnostic, Refused};
use super::parse::NO_PLACE;
use std::collections::BTreeMap;

/// Terms of a query with those of every query that it names, each as often as it is named.
pub const EXPANDED_TERMS_MAX: usize = 20_000;
/// Parts within parts, those of the queries named counted too.
pub const EXPANDED_DEPTH_MAX: usize = 600;

/// The queries of a set by name, and an order in which every query comes after those it names.
#[derive(Debug, Default)]
pub(super) struct Resolved<'n> {
    numbers: BTreeMap<&'n str, usize>,
    /// Every query once.
    pub order: Vec<usize>,
}

impl Resolved<'_> {
    /// The query of a name that was found to exist.
    pub fn number(&self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_default()
    }
}

/// What a query comes to with all it leads to.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    terms: usize,
    depth: usize,
    /// True when it can stand beside NEAR; and in a group with a distance.
    has_place: (bool, bool),
}

/// Resolves the references of a set. `names[i]` names `trees[i]`; there may be fewer names than trees.
pub(super) fn resolve<'n>(names: &[&'n str], trees: &[Node]) -> Result<Resolved<'n>, Vec<Refused>> {
    let mut resolved = Resolved { numbers: BTreeMap::new(), order: Vec::with_capacity(trees.len()) };
    for (number, name) in names.iter().enumerate().take(trees.len()).filter(|(_, name)| !name.is_empty()) {
        resolved.numbers.entry(*name).or_insert(number);
    }
    let references: Vec<Vec<&Node>> = trees.iter().map(references).collect();
    let mut refused = unknown(&resolved, &references);
    if !refused.is_empty() {
        return Err(refused);
    }
    order(&mut resolved, &references);
    if resolved.order.len() < trees.len() {
        return Err(cycles(&resolved, &references));
    }
    let mut sizes = vec![Size::default(); trees.len()];
    for query in resolved.order.clone() {
        let size = size_of(&trees[query], &resolved, &sizes);
        sizes[query] = size;
        refused.extend(too_large(size, &trees[query]).map(|diagnostic| Refused { query, diagnostic }));
        misplaced(&trees[query], &resolved, &sizes, &mut |diagnostic| refused.push(Refused { query, diagnostic }));
    }
    refused.sort_by_key(|refused| (refused.query, refused.diagnostic.span));
    if refused.is_empty() { Ok(resolved) } else { Err(refused) }
}

fn references(tree: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    let mut stack = vec![tree];
    while let Some(node) = stack.pop() {
        if let Form::Reference(_) = node.form {
            found.push(node);
        }
        stack.extend(node.children());
    }
    found.sort_by_key(|node| node.span);
    found
}

fn name_of(node: &Node) -> &str {
    if let Form::Reference(name) = &node.form { name } else { "" }
}

fn fault(node: &Node, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(node.span.start as usize..node.span.end as usize, message)
}

fn unknown(resolved: &Resolved<'_>, references: &[Vec<&Node>]) -> Vec<Refused> {
    let mut refused = Vec::new();
    for (query, nodes) in references.iter().enumerate() {
        for node in nodes.iter().filter(|node| !resolved.numbers.contains_key(name_of(node))) {
            let name = name_of(node);
            let diagnostic = fault(node, format!("no query is called {name:?}"));
            let meant = crate::text::nearest(name, resolved.numbers.keys().copied());
            let diagnostic = match meant {
                Some(meant) => diagnostic.suggest(format!("did you mean @{{{meant}}}?")),
                None => diagnostic.suggest("write the name of another query of the same set"),
            };
            refused.push(Refused { query, diagnostic });
        }
    }
    refused
}

/// Fills in the order; queries that are part of a cycle, or lead to one, are left out.
fn order(resolved: &mut Resolved<'_>, references: &[Vec<&Node>]) {
    let mut named_by: Vec<Vec<usize>> = vec![Vec::new(); references.len()];
    let mut waiting: Vec<usize> = references.iter().map(Vec::len).collect();
    for (query, nodes) in references.iter().enumerate() {
        for node in nodes {
            named_by[resolved.number(name_of(node))].push(query);
        }
    }
    resolved.order.extend((0..references.len()).filter(|query| waiting[*query] == 0));
    let mut next = 0;
    while let Some(&query) = resolved.order.get(next) {
        next += 1;
        for &other in &named_by[query] {
            waiting[other] -= 1;
            if waiting[other] == 0 {
                resolved.order.push(other);
            }
        }
    }
}

fn cycles(resolved: &Resolved<'_>, references: &[Vec<&Node>]) -> Vec<Refused> {
    let mut is_ordered = vec![false; references.len()];
    resolved.order.iter().for_each(|query| is_ordered[*query] = true);
    let mut refused = Vec::new();
    for query in (0..references.len()).filter(|query| !is_ordered[*query]) {
        for node in references[query].iter().filter(|node| !is_ordered[resolved.number(name_of(node))]) {
            let diagnostic = fault(node, format!("@{{{}}} leads in a circle", name_of(node)));
            refused.push(Refused { query, diagnostic: diagnostic.suggest("write out what one of the queries means") });
        }
    }
    refused
}

/// Depth first; the parser bounds the depth of one tree.
fn size_of(node: &Node, resolved: &Resolved<'_>, sizes: &[Size]) -> Size {
    if let Form::Reference(name) = &node.form {
        let size = sizes[resolved.number(name)];
        return Size { depth: size.depth + 1, ..size };
    }
    let terms = if let Form::Words(words) = &node.form { words.len() } else { 1 };
    let is_words = matches!(node.form, Form::Words(_));
    let (is_any, is_near) = (matches!(node.form, Form::Any(_)), matches!(node.form, Form::Near { .. }));
    let mut size = Size { terms, depth: 1, has_place: (is_words || is_any || is_near, is_words || is_any) };
    for child in node.children() {
        let below = size_of(child, resolved, sizes);
        size.terms = size.terms.saturating_add(below.terms);
        size.depth = size.depth.max(below.depth + 1);
        size.has_place.0 &= below.has_place.0;
        size.has_place.1 &= below.has_place.1;
    }
    size
}

fn too_large(size: Size, tree: &Node) -> Option<Diagnostic> {
    let message = if size.terms > EXPANDED_TERMS_MAX {
        format!("with the queries it names it has more than {EXPANDED_TERMS_MAX} terms")
    } else if size.depth > EXPANDED_DEPTH_MAX {
        format!("with the queries it names it is deeper than {EXPANDED_DEPTH_MAX} parts")
    } else {
        return None;
    };
    Some(fault(tree, message).suggest("name fewer queries"))
}

/// References beside NEAR, or in a group with a distance, to queries that have no one place in the text.
fn misplaced(tree: &Node, resolved: &Resolved<'_>, sizes: &[Size], report: &mut dyn FnMut(Diagnostic)) {
    let mut stack = vec![(tree, false, false)];
    while let Some((node, near, group)) = stack.pop() {
        if let Form::Reference(name) = &node.form {
            let (beside_near, in_group) = sizes[resolved.number(name)].has_place;
            if (near && !beside_near) || (group && !in_group) {
                report(fault(node, NO_PLACE).suggest("name a query that is an OR of words"));
            }
        }
        let near = near || matches!(node.form, Form::Near { .. });
        let group = group || matches!(node.form, Form::Within { .. });
        stack.extend(node.children().map(|child| (child, near, group)));
    }
}
