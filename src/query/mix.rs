//! How the operands of one level belong together: the node they make, and the mixes that are refused because readers
//! would disagree on them.

use super::ast::{Form, Node};
use super::diagnostic::{Diagnostic, span_of};
use super::parse::{Operator, Parser, Part, faulty};

/// Longest piece of a query that a suggestion repeats, in bytes.
const QUOTED_BYTES_MAX: usize = 200;

impl Parser<'_, '_> {
    /// Makes one node of a level, after checking which operators meet there.
    pub(super) fn combine(&mut self, parts: Vec<Part>) -> Node {
        let ends = parts.first().zip(parts.last());
        let span = span_of(&ends.map_or(0..0, |(first, last)| first.span.start..last.span.end));
        self.check_missing(&parts);
        self.check_mix(&parts);
        let has_or = parts.iter().skip(1).any(|part| part.operator == Operator::Or);
        let (mut wanted, mut excluded) = (Vec::new(), Vec::new());
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 && part.operator == Operator::Not {
                excluded.push(part.node);
            } else {
                wanted.push(part.node);
            }
        }
        let base = match wanted.pop() {
            None => faulty(),
            Some(only) if wanted.is_empty() => only,
            Some(last) => {
                wanted.push(last);
                let form = if has_or { Form::Any(wanted) } else { Form::All(wanted) };
                Node { form, span }
            }
        };
        if excluded.is_empty() { base } else { Node { form: Form::Except(Box::new(base), excluded), span } }
    }

    /// Reports each run of terms that stand side by side.
    fn check_missing(&mut self, parts: &[Part]) {
        let mut index = 1;
        while index < parts.len() {
            if parts[index].operator != Operator::Missing {
                index += 1;
                continue;
            }
            let first = index - 1;
            while parts.get(index).is_some_and(|part| part.operator == Operator::Missing) {
                index += 1;
            }
            let run = &parts[first..index];
            let fault = self.side_by_side(run);
            self.faults.push(fault);
        }
    }

    fn side_by_side(&self, run: &[Part]) -> Diagnostic {
        let written: Vec<&str> = run.iter().map(|part| &self.query[part.span.clone()]).collect();
        let span = run[0].span.start..run[run.len() - 1].span.end;
        let inner = &written[1..written.len() - 1];
        if let Some(word) = inner.iter().find(|word| matches!(word.to_lowercase().as_str(), "and" | "or" | "not")) {
            let upper = word.to_uppercase();
            let place =
                run.iter().find(|part| &self.query[part.span.clone()] == *word).map_or(span, |part| part.span.clone());
            return Diagnostic::new(place, format!("operators are written in upper case: {upper}, not {word}"))
                .suggest(format!("write {upper}, or put the words in quotes"));
        }
        let fault = Diagnostic::new(span.clone(), "two terms side by side: say how they belong together");
        let joined = written.join(" AND ");
        if joined.len() > QUOTED_BYTES_MAX {
            return fault.suggest("write AND or OR between them, or put the words in quotes");
        }
        let are_plain = written.iter().all(|word| !word.contains(['"', '(', '{', ':', '“', '”', '„', '#', '@', '$']));
        if are_plain {
            return fault.suggest(format!("write \"{}\" for words in a row, or {joined}", written.join(" ")));
        }
        fault.suggest(format!("write {joined}"))
    }

    /// OR may not share a level with AND or NOT.
    fn check_mix(&mut self, parts: &[Part]) {
        let operators = || parts.iter().enumerate().skip(1).filter(|(_, part)| part.operator != Operator::Missing);
        let Some((_, first)) = operators().next() else { return };
        let is_or = first.operator == Operator::Or;
        let Some((index, odd)) = operators().find(|(_, part)| (part.operator == Operator::Or) != is_or) else { return };
        let name = |operator| match operator {
            Operator::Or => "OR",
            Operator::Not => "NOT",
            _ => "AND",
        };
        let pair = format!("{} and {}", name(first.operator), name(odd.operator));
        let fault = Diagnostic::mix(odd.operator_span.clone(), format!("{pair} stand side by side without brackets"));
        let before = &self.query[parts[0].span.start..parts[index - 1].span.end];
        let after = &self.query[odd.span.clone()];
        let short = before.len() + after.len() <= QUOTED_BYTES_MAX;
        let fault = if short {
            fault.suggest(format!(
                "write ({before}) {} {after}, or put brackets where you mean them",
                name(odd.operator)
            ))
        } else {
            fault.suggest("put brackets around what belongs together")
        };
        self.faults.push(fault);
    }
}
