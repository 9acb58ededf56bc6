//! A tree as a query again: what is written here parses to an equal tree. Not the text it came from: notes are gone,
//! brackets stand exactly where they are needed.

use super::ast::{Form, Node, Pattern, Shape, Word};
use std::fmt::{Display, Formatter, Result, Write as _};

/// How tightly what stands around a node binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Nothing,
    /// Beside AND, OR or NOT: a NEAR needs no brackets.
    Operator,
    /// Beside NEAR.
    Near,
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_node(self, Around::Nothing, f)
    }
}

fn write_node(node: &Node, around: Around, f: &mut Formatter<'_>) -> Result {
    match &node.form {
        Form::Words(words) => write_words(words, f),
        Form::Regex(pattern) => write!(f, "/{pattern}/"),
        Form::Field(test) => write!(f, "{test}"),
        Form::Reference(name) => write!(f, "@{{{name}}}"),
        Form::All(nodes) => bracketed(around > Around::Nothing, f, |f| write_joined(nodes, " AND ", f)),
        Form::Any(nodes) => bracketed(around > Around::Nothing, f, |f| write_joined(nodes, " OR ", f)),
        Form::Except(base, others) => bracketed(around > Around::Nothing, f, |f| {
            write_node(base, Around::Operator, f)?;
            others.iter().try_for_each(|other| {
                f.write_str(" NOT ")?;
                write_node(other, Around::Operator, f)
            })
        }),
        Form::Near { sides, distance, is_ordered } => bracketed(around == Around::Near, f, |f| {
            write_node(&sides.0, Around::Near, f)?;
            write!(f, " NEAR/{distance}{} ", if *is_ordered { "f" } else { "" })?;
            write_node(&sides.1, Around::Near, f)
        }),
        Form::Within { parts, distance } => {
            bracketed(true, f, |f| write_joined(parts, " AND ", f))?;
            write!(f, "~{distance}")
        }
    }
}

fn bracketed(are_needed: bool, f: &mut Formatter<'_>, inside: impl FnOnce(&mut Formatter<'_>) -> Result) -> Result {
    if !are_needed {
        return inside(f);
    }
    f.write_char('(')?;
    inside(f)?;
    f.write_char(')')
}

fn write_joined(nodes: &[Node], operator: &str, f: &mut Formatter<'_>) -> Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        write_node(node, Around::Operator, f)?;
    }
    Ok(())
}

/// Words as a term: `{BT}` where case counts, bare where it is an entity, a fuzzy or one plain word, else in quotes.
pub(super) fn write_words(words: &[Word], f: &mut Formatter<'_>) -> Result {
    let keeps_case = words.iter().any(|word| word.exact.as_ref().is_some_and(crate::text::fold::Exact::keeps_case));
    let text = words.iter().map(written).collect::<Vec<_>>().join(" ");
    if keeps_case {
        return write!(f, "{{{text}}}");
    }
    match words {
        [Word { shape: Shape::Fuzzy(_), .. }] => f.write_str(&text),
        [_] if is_bare(&text) => f.write_str(&text),
        _ => write!(f, "\"{text}\""),
    }
}

/// True for what needs no quotes: no operator, nothing that the language gives a meaning.
fn is_bare(text: &str) -> bool {
    !matches!(text.to_lowercase().as_str(), "and" | "or" | "not")
        && !text.starts_with(['/', '~'])
        && !text.contains([':', '~', '<', '(', ')', '[', ']', '{', '}', '"'])
        && text.chars().any(|c| !c.is_whitespace())
}

fn written(word: &Word) -> String {
    let shape = match &word.shape {
        Shape::Whole(folded) => folded.clone(),
        Shape::Pattern(pattern) => format!("{}{}", pattern.prefix, pattern.rest),
        Shape::Fuzzy(fuzzy) => return format!("{}~{}", fuzzy.word, fuzzy.edits),
    };
    let mut text = word.exact.as_ref().map_or(shape, crate::text::fold::Exact::text);
    if let Shape::Pattern(pattern) = &word.shape {
        text = text.replace(Pattern::ANY, "?");
        if pattern.is_open {
            text.push('*');
        }
    }
    text
}
