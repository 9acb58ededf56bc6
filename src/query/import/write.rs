//! A settled tree as a query of ours: on one line, or over several where it is long. Brackets stand where our language
//! asks for them.

use super::tree::{Form, Tree};
use std::fmt::Write as _;

/// Columns that each bracket moves its inside to the right.
const INDENT: usize = 2;

/// What stands around a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Nothing,
    /// AND, OR or NOT.
    Operator,
    Near,
}

/// On one line.
pub(super) fn flat(tree: &Tree) -> String {
    let mut out = String::new();
    write_flat(tree, Around::Nothing, &mut out);
    out
}

fn write_flat(tree: &Tree, around: Around, out: &mut String) {
    let is_bracketed = needs_brackets(tree, around);
    if is_bracketed {
        out.push('(');
    }
    match &tree.form {
        Form::Term(text) | Form::Test(text) => out.push_str(text),
        Form::All(parts) => write_joined(parts, " AND ", out),
        Form::Any(parts) => write_joined(parts, " OR ", out),
        Form::Except(base, excluded) => {
            write_flat(base, base_around(base), out);
            for part in excluded {
                out.push_str(" NOT ");
                write_flat(part, Around::Operator, out);
            }
        }
        Form::Near { sides, .. } => {
            write_flat(&sides.0, Around::Near, out);
            out.push(' ');
            out.push_str(&operator(tree));
            out.push(' ');
            write_flat(&sides.1, Around::Near, out);
        }
        Form::Within { parts, distance } => {
            out.push('(');
            write_joined(parts, " AND ", out);
            // Writing to a string cannot fail.
            let _ = write!(out, ")~{distance}");
        }
        // Settled trees have neither.
        Form::Lost(_) | Form::Not(_) => {}
    }
    if is_bracketed {
        out.push(')');
    }
}

/// `a AND b NOT c` needs no brackets; `a OR b` before NOT does.
fn base_around(base: &Tree) -> Around {
    if matches!(base.form, Form::All(_)) { Around::Nothing } else { Around::Operator }
}

fn write_joined(parts: &[Tree], operator: &str, out: &mut String) {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(operator);
        }
        write_flat(part, Around::Operator, out);
    }
}

fn needs_brackets(tree: &Tree, around: Around) -> bool {
    match tree.form {
        Form::All(_) | Form::Any(_) | Form::Except(..) => around > Around::Nothing,
        Form::Near { .. } => around == Around::Near,
        _ => false,
    }
}

fn operator(tree: &Tree) -> String {
    match tree.form {
        Form::Near { distance, is_ordered: true, .. } => format!("NEAR/{distance}f"),
        Form::Near { distance, .. } => format!("NEAR/{distance}"),
        _ => String::new(),
    }
}

/// Over as many lines as it takes.
pub(super) fn pretty(tree: &Tree, columns: usize) -> String {
    let mut page = Page { lines: Vec::new(), columns };
    page.part(tree, Around::Nothing, 0, "", "");
    page.lines.join("\n")
}

struct Page {
    lines: Vec<String>,
    columns: usize,
}

impl Page {
    /// Writes a part, after `before` and before `after`, from column `indent` on.
    fn part(&mut self, tree: &Tree, around: Around, indent: usize, before: &str, after: &str) {
        let mut text = String::new();
        write_flat(tree, around, &mut text);
        let is_leaf = matches!(tree.form, Form::Term(_) | Form::Test(_));
        if is_leaf || indent + before.len() + text.chars().count() + after.len() <= self.columns {
            return self.line(indent, &format!("{before}{text}{after}"));
        }
        let is_within = matches!(tree.form, Form::Within { .. });
        let is_bracketed = is_within || needs_brackets(tree, around);
        // An operator needs a line of its own where no bracket follows it.
        if !is_bracketed && !before.is_empty() {
            self.line(indent, before.trim_end());
        }
        let inner = if is_bracketed { indent + INDENT } else { indent };
        if is_bracketed {
            self.line(indent, &format!("{before}("));
        }
        self.inside(tree, inner);
        let distance = match tree.form {
            Form::Within { distance, .. } => format!("~{distance}"),
            _ => String::new(),
        };
        if is_bracketed {
            self.line(indent, &format!("){distance}{after}"));
        }
    }

    fn inside(&mut self, tree: &Tree, indent: usize) {
        match &tree.form {
            Form::All(parts) | Form::Within { parts, .. } => self.joined(parts, "AND ", indent),
            Form::Any(parts) => self.joined(parts, "OR ", indent),
            Form::Except(base, excluded) => {
                self.part(base, base_around(base), indent, "", "");
                for part in excluded {
                    self.part(part, Around::Operator, indent, "NOT ", "");
                }
            }
            Form::Near { sides, .. } => {
                self.part(&sides.0, Around::Near, indent, "", "");
                self.part(&sides.1, Around::Near, indent, &format!("{} ", operator(tree)), "");
            }
            _ => {}
        }
    }

    /// Parts with an operator before each but the first; short ones share lines.
    fn joined(&mut self, parts: &[Tree], operator: &str, indent: usize) {
        let mut open = String::new();
        for (index, part) in parts.iter().enumerate() {
            let before = if index > 0 { operator } else { "" };
            let mut text = before.to_owned();
            write_flat(part, Around::Operator, &mut text);
            let width = text.chars().count();
            let is_short = width <= self.columns / 3;
            let fits = indent + open.chars().count() + 1 + width <= self.columns;
            if !open.is_empty() && (!is_short || !fits) {
                self.line(indent, &std::mem::take(&mut open));
            }
            if is_short {
                let gap = if open.is_empty() { "" } else { " " };
                open.push_str(gap);
                open.push_str(&text);
            } else {
                self.part(part, Around::Operator, indent, before, "");
            }
        }
        if !open.is_empty() {
            self.line(indent, &open);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.lines.push(format!("{}{text}", " ".repeat(indent)));
    }
}
