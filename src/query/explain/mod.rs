//! A query in English: one sentence where it is small, a short outline where it is long: what, near what, only where,
//! except what. Lists of alternatives are counted and shown by their first. Reads trees only; says nothing of texts.

#[cfg(test)]
mod tests;
mod words;

use super::ast::{Form, Node};
use std::fmt;
use words::{count, field, leaf, list, sample};

/// Terms of a query that is still said in one sentence.
const SENTENCE_TERMS_MAX: usize = 12;
/// Lines of an outline.
pub const OUTLINE_LINES_MAX: usize = 40;
/// Branches of an OR that an outline shows one by one.
const BRANCHES_MAX: usize = 8;

/// The meaning of a query, without a line end after the last line.
#[must_use]
pub fn explain(query: &Node) -> String {
    if terms(query) <= SENTENCE_TERMS_MAX {
        return sentence(query);
    }
    let mut lines = Vec::new();
    outline(query, 0, "What", &mut lines);
    cut(&lines).iter().map(Line::to_string).collect::<Vec<_>>().join("\n")
}

/// One line of an outline.
#[derive(Debug, Clone)]
struct Line {
    depth: usize,
    text: String,
    /// Lines that it stands for.
    lines: usize,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", "  ".repeat(self.depth), self.text)
    }
}

/// At most as many lines as an outline may have: the deepest are left out first, and where that is not enough, those in
/// the middle, as a query says first what it wants and last what it does not.
fn cut(lines: &[Line]) -> Vec<Line> {
    let deepest = lines.iter().map(|line| line.depth).max().unwrap_or(0);
    for depth in (0..=deepest).rev() {
        let kept = down_to(lines, depth);
        if kept.len() <= OUTLINE_LINES_MAX {
            return kept;
        }
    }
    let mut kept = down_to(lines, 0);
    let middle = OUTLINE_LINES_MAX / 2..OUTLINE_LINES_MAX / 2 + kept.len() - OUTLINE_LINES_MAX + 1;
    let left_out = kept[middle.clone()].iter().map(|line| line.lines).sum();
    kept.splice(middle, [more(0, left_out)]);
    kept
}

/// The lines as deep as this at most; each run of deeper ones becomes one line that counts them.
fn down_to(lines: &[Line], depth: usize) -> Vec<Line> {
    let runs = lines.chunk_by(|one, other| (one.depth > depth) == (other.depth > depth));
    let kept = |run: &[Line]| if run[0].depth > depth { vec![more(depth + 1, run.len())] } else { run.to_vec() };
    runs.flat_map(kept).collect()
}

fn more(depth: usize, lines: usize) -> Line {
    Line { depth, text: format!("… {}", count(lines, "more line", "more lines")), lines }
}

/// Words, phrases, tests and references of a query.
#[must_use]
pub fn terms(node: &Node) -> usize {
    let below: usize = node.children().map(terms).sum();
    below.max(usize::from(node.children().next().is_none()))
}

/// Finds mentions that …
fn sentence(query: &Node) -> String {
    let (base, excluded) = parts_of(query);
    let (fields, texts): (Vec<&Node>, Vec<&Node>) = base.into_iter().partition(|part| is_field(part));
    let mut out = "Finds mentions".to_owned();
    let said: Vec<String> = texts.iter().map(|part| say(part, texts.len() > 1)).collect();
    if !said.is_empty() {
        out.push_str(" that say ");
        out.push_str(&said.join(" and "));
    }
    for (index, part) in fields.iter().enumerate() {
        out.push_str(if said.is_empty() && index == 0 { " " } else { ", " });
        out.push_str(&field_part(part));
    }
    if !excluded.is_empty() {
        let said: Vec<String> = excluded.iter().map(|part| say_any(part)).collect();
        out.push_str(", but not ");
        out.push_str(&said.join(", nor "));
    }
    out.push('.');
    out
}

/// What must all hold, and what must not, on the first level.
fn parts_of(query: &Node) -> (Vec<&Node>, Vec<&Node>) {
    let (base, excluded) = match &query.form {
        Form::Except(base, excluded) => (&**base, excluded.iter().collect()),
        _ => (query, Vec::new()),
    };
    match &base.form {
        Form::All(parts) => (parts.iter().collect(), excluded),
        _ => (vec![base], excluded),
    }
}

fn is_field(node: &Node) -> bool {
    match &node.form {
        Form::Field(_) => true,
        Form::Any(parts) => parts.iter().all(is_field),
        _ => false,
    }
}

fn field_part(node: &Node) -> String {
    match &node.form {
        Form::Field(test) => field(test),
        Form::Any(parts) => {
            let said: Vec<String> = parts.iter().take(BRANCHES_MAX).map(field_part).collect();
            let more = parts.len().saturating_sub(BRANCHES_MAX);
            let rest = if more > 0 { format!(" or {more} more") } else { String::new() };
            format!("{}{rest}", said.join(" or "))
        }
        _ => node.to_string(),
    }
}

/// Something that a mention says, or must not say.
fn say_any(node: &Node) -> String {
    if is_field(node) { format!("any {}", field_part(node)) } else { say(node, false) }
}

/// `is_within` when words stand around it, so that alternatives need their brackets.
fn say(node: &Node, is_within: bool) -> String {
    match &node.form {
        Form::Words(_) | Form::Regex(_) | Form::Reference(_) => leaf(node),
        Form::Field(_) => format!("something {}", field_part(node)),
        Form::Any(parts) => alternatives(parts, is_within),
        Form::All(parts) => {
            let said: Vec<String> = parts.iter().map(|part| say(part, true)).collect();
            bracketed(is_within, &said.join(" and "))
        }
        Form::Except(base, excluded) => {
            let said: Vec<String> = excluded.iter().map(|part| say(part, true)).collect();
            bracketed(is_within, &format!("{} without {}", say(base, true), said.join(" or ")))
        }
        Form::Near { sides, distance, is_ordered } => {
            let (left, right) = (say(&sides.0, true), say(&sides.1, true));
            bracketed(is_within, &near(&left, &right, *distance, *is_ordered))
        }
        Form::Within { parts, distance } => {
            let said: Vec<String> = parts.iter().map(|part| say(part, true)).collect();
            bracketed(is_within, &format!("{} within {distance} words of each other", said.join(" and ")))
        }
    }
}

fn near(left: &str, right: &str, distance: u32, is_ordered: bool) -> String {
    match (distance, is_ordered) {
        (0, true) => format!("{left} right before {right}"),
        (0, false) => format!("{left} right beside {right}"),
        (_, true) => format!("{left} and then, at most {distance} words later, {right}"),
        (_, false) => format!("{left} at most {distance} words from {right}"),
    }
}

fn alternatives(parts: &[Node], is_within: bool) -> String {
    if parts.iter().all(|part| part.children().next().is_none()) {
        let said: Vec<String> =
            parts.iter().map(|part| if is_field(part) { field_part(part) } else { leaf(part) }).collect();
        return if is_within { format!("one of {}", said.join(", ")) } else { list(&said, "or") };
    }
    let said: Vec<String> = parts.iter().map(|part| say(part, true)).collect();
    bracketed(is_within, &said.join(" or "))
}

fn bracketed(are_needed: bool, text: &str) -> String {
    if are_needed { format!("({text})") } else { text.to_owned() }
}

/// Lines for a part: its label, what it asks for, and below it what stands near, what limits it, what is excepted.
fn outline(node: &Node, depth: usize, label: &str, lines: &mut Vec<Line>) {
    let (base, excluded) = parts_of(node);
    let (fields, texts): (Vec<&Node>, Vec<&Node>) = base.into_iter().partition(|part| is_field(part));
    // what belongs to one branch of several stands below it
    let below = depth + usize::from(label == "-");
    for (index, part) in texts.iter().enumerate() {
        let (depth, label) = if index == 0 { (depth, label) } else { (below, "and what") };
        text_lines(part, depth, label, lines);
    }
    for (index, part) in fields.iter().enumerate() {
        let (depth, label) = if texts.is_empty() && index == 0 { (depth, label) } else { (below, "Only") };
        line(depth, label, &field_part(part), lines);
    }
    for part in excluded {
        let summary = summary(part);
        line(below, "Except", &summary, lines);
    }
}

fn text_lines(node: &Node, depth: usize, label: &str, lines: &mut Vec<Line>) {
    match &node.form {
        Form::Near { sides, distance, is_ordered } => {
            text_lines(&sides.0, depth, label, lines);
            let how = match (distance, is_ordered) {
                (0, true) => "right before".to_owned(),
                (0, false) => "right beside".to_owned(),
                (_, true) => format!("then, at most {distance} words later"),
                (_, false) => format!("near, at most {distance} words away"),
            };
            text_lines(&sides.1, depth + 1, &how, lines);
        }
        Form::Within { parts, distance } => {
            line(depth, label, &format!("all of these within {distance} words of each other"), lines);
            parts.iter().for_each(|part| line(depth + 1, "-", &summary(part), lines));
        }
        Form::Any(parts) if parts.iter().any(|part| part.children().next().is_some()) => {
            branches(parts, depth, label, lines);
        }
        Form::Except(..) | Form::All(_) if depth < 3 => outline(node, depth, label, lines),
        _ => line(depth, label, &summary(node), lines),
    }
}

/// An OR with more than words in it: its words together, the others one by one.
fn branches(parts: &[Node], depth: usize, label: &str, lines: &mut Vec<Line>) {
    let (leaves, groups): (Vec<&Node>, Vec<&Node>) = parts.iter().partition(|part| part.children().next().is_none());
    line(depth, label, "any of these", lines);
    if !leaves.is_empty() {
        line(depth + 1, "-", &sample(&leaves), lines);
    }
    for group in groups.iter().take(BRANCHES_MAX) {
        if depth < 2 { outline(group, depth + 1, "-", lines) } else { line(depth + 1, "-", &summary(group), lines) }
    }
    if groups.len() > BRANCHES_MAX {
        line(depth + 1, "-", &count(groups.len() - BRANCHES_MAX, "more group", "more groups"), lines);
    }
}

/// A part in a few words.
fn summary(node: &Node) -> String {
    match &node.form {
        Form::Any(parts) => {
            let (leaves, groups): (Vec<&Node>, Vec<&Node>) =
                parts.iter().partition(|part| part.children().next().is_none());
            let mut said = Vec::new();
            if !leaves.is_empty() {
                said.push(sample(&leaves));
            }
            said.extend(groups.iter().take(3).map(|group| summary(group)));
            if groups.len() > 3 {
                said.push(count(groups.len() - 3, "more group", "more groups"));
            }
            said.join("; or ")
        }
        _ if terms(node) <= SENTENCE_TERMS_MAX => say_any(node),
        Form::All(parts) => parts.iter().map(summary).collect::<Vec<_>>().join(" and "),
        Form::Near { sides, distance, is_ordered } => {
            near(&summary(&sides.0), &summary(&sides.1), *distance, *is_ordered)
        }
        Form::Except(base, excluded) => {
            let terms = excluded.iter().map(terms).sum();
            format!("{} without {}", summary(base), count(terms, "term", "terms"))
        }
        _ => format!("a group of {}", count(terms(node), "term", "terms")),
    }
}

fn line(depth: usize, label: &str, text: &str, lines: &mut Vec<Line>) {
    let colon = if label == "-" { "" } else { ":" };
    lines.push(Line { depth, text: format!("{label}{colon} {text}"), lines: 1 });
}
