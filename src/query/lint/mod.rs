//! What is odd about a query that is no fault: words that say nothing, branches that can never match, slips of typing.
//!
//! | code | severity | what it finds |
//! | --- | --- | --- |
//! | `syntax` | error | what the parser refuses |
//! | `mix` | error | AND, OR, NOT or NEAR on one level without brackets |
//! | `never-matches` | error | an exclusion that removes the query's own terms |
//! | `dead-branch` | warning | an OR branch that a NOT takes away again |
//! | `duplicate-branch` | warning | the same twice, or a word beside a wildcard that finds it |
//! | `matches-everything` | warning | a word, range or expression that is in almost every text |
//! | `short-wildcard` | warning | `*` after two letters |
//! | `far-near` | warning | more than ten words between |
//! | `site-www` | warning | `www.` that no host is compared with |
//! | `smart-quotes` | warning | curly quotes |
//! | `lower-case-operator` | warning | `and`, `or`, `not` as words, operators inside quotes |
//! | `look-alike` | warning | letters of another alphabet, invisible characters |
//!
//! A lint never changes what a query means. Bounded: at most [`LINTS_MAX`] are given.

mod implied;
#[cfg(test)]
mod tests;

use super::ast::{Form, Node, Pattern, Shape, Word};
use super::diagnostic::{Diagnostic, cut};
use super::field::FieldTest;
use crate::text::fold::fold_str;
use crate::text::lookalike::{is_invisible, plain_form};
use serde::Serialize;
use std::ops::Range;

/// Lints given for one query; more say nothing new.
pub const LINTS_MAX: usize = 100;
/// Characters of a part that a message repeats.
const SHOWN_CHARS_MAX: usize = 40;
/// Words between, beyond which nearness says little.
const NEAR_WORDS_MAX: u32 = 10;
/// Words that are in almost every English text.
const COMMON_WORDS: [&str; 30] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "have", "i", "in", "is", "it", "me", "my", "not",
    "of", "on", "or", "so", "that", "the", "this", "to", "was", "we", "with", "you",
];

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The query cannot be used, or can never match.
    Error,
    /// It works, and may not do what was meant.
    Warning,
}

impl Severity {
    /// As programs read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Which lint; see the table of this module.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where, what and what to write instead.
    pub diagnostic: Diagnostic,
}

/// Every finding, ascending by place. References to other queries are not followed.
#[must_use]
pub fn lint(query: &str) -> Vec<Lint> {
    let mut lints = match super::parse(query) {
        Ok(tree) => {
            let mut linter = Linter { query, lints: Vec::new() };
            linter.node(&tree);
            linter.lints
        }
        Err(faults) => faults.into_iter().map(of_fault).collect(),
    };
    lints.sort_by_key(|lint| (lint.diagnostic.span, lint.code));
    lints.dedup();
    lints.truncate(LINTS_MAX);
    lints
}

fn of_fault(diagnostic: Diagnostic) -> Lint {
    Lint { code: if diagnostic.is_mix { "mix" } else { "syntax" }, severity: Severity::Error, diagnostic }
}

struct Linter<'q> {
    query: &'q str,
    lints: Vec<Lint>,
}

impl<'q> Linter<'q> {
    fn add(
        &mut self,
        code: &'static str,
        place: Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        let severity = if code == "never-matches" { Severity::Error } else { Severity::Warning };
        let diagnostic = Diagnostic::new(place, message).suggest(suggestion);
        self.lints.push(Lint { code, severity, diagnostic });
    }

    /// Lints a part and all below it; as deep as the parser lets brackets go.
    fn node(&mut self, node: &Node) {
        let written = self.written(node);
        match &node.form {
            Form::Words(words) => self.words(words, node, written),
            Form::Field(test) => self.field(test, node, written),
            Form::Regex(pattern) => self.regex(pattern, node),
            Form::All(parts) | Form::Any(parts) => self.duplicates(parts),
            Form::Except(base, excluded) => {
                self.duplicates(excluded);
                self.exclusions(base, excluded);
            }
            Form::Near { distance, .. } | Form::Within { distance, .. } => self.distance(*distance, node),
            Form::Reference(_) => {}
        }
        node.children().for_each(|child| self.node(child));
    }

    fn written(&self, node: &Node) -> &'q str {
        self.query.get(place(node)).unwrap_or_default()
    }

    fn words(&mut self, words: &[Word], node: &Node, written: &str) {
        self.smart_quotes(node, written);
        self.look_alikes(node, written);
        self.operators_as_words(node, written);
        for word in words {
            self.short_wildcard(word, node);
        }
        if let [Word { shape: Shape::Whole(word), exact: None }] = words
            && COMMON_WORDS.contains(&word.as_str())
        {
            let message = format!("\"{word}\" is in almost every text");
            self.add("matches-everything", place(node), message, "remove it, or write it within a phrase");
        }
    }

    fn short_wildcard(&mut self, word: &Word, node: &Node) {
        let Shape::Pattern(pattern) = &word.shape else { return };
        let letters = pattern.prefix.chars().chain(pattern.rest.chars().filter(|c| *c != Pattern::ANY));
        let count = letters.filter(|c| c.is_alphanumeric()).count();
        if pattern.is_open && count <= 2 {
            let message = format!("* after {count} letters finds thousands of words");
            self.add("short-wildcard", place(node), message, "write more of the word, or the words themselves with OR");
        }
    }

    fn smart_quotes(&mut self, node: &Node, written: &str) {
        if written.starts_with(['\u{201c}', '\u{201d}', '\u{201e}']) {
            let inside = written.trim_matches(['\u{201c}', '\u{201d}', '\u{201e}', '"']);
            let message = "curly quotes, as word processors write them: other tools may take them for letters";
            self.add("smart-quotes", place(node), message, format!("write \"{inside}\""));
        }
    }

    fn look_alikes(&mut self, node: &Node, written: &str) {
        for word in written.split_whitespace() {
            let mut plain = String::new();
            let shown: String = word.chars().filter(|c| !is_invisible(*c)).collect();
            let has_hidden = shown.len() < word.len();
            if !plain_form(&shown, &mut plain) {
                if !has_hidden {
                    continue;
                }
                plain = fold_str(&shown);
            }
            let message = if has_hidden {
                "an invisible character within a word"
            } else {
                "letters that look like others: the plain spelling is a different word"
            };
            self.add("look-alike", place(node), message, format!("write {plain}"));
        }
    }

    fn operators_as_words(&mut self, node: &Node, written: &str) {
        let is_quoted = written.starts_with(['"', '\u{201c}', '\u{201d}', '\u{201e}']);
        if !is_quoted {
            if matches!(written, "and" | "or" | "not" | "near") {
                let message = format!("{written} is a word here: operators are upper case");
                self.add("lower-case-operator", place(node), message, format!("write {}", written.to_uppercase()));
            }
            return;
        }
        let inner = written.trim_matches(['"', '\u{201c}', '\u{201d}', '\u{201e}']);
        let is_operator = |word: &&str| matches!(*word, "AND" | "OR" | "NOT") || word.starts_with("NEAR/");
        let count = inner.split_whitespace().count();
        if let Some(word) = inner.split_whitespace().skip(1).find(is_operator).filter(|_| count > 2) {
            let message = format!("{word} within quotes is a word to look for, no operator");
            self.add("lower-case-operator", place(node), message, "close the quote before it, and open it after it");
        }
    }

    fn field(&mut self, test: &FieldTest, node: &Node, written: &str) {
        let is_all = match test {
            FieldTest::Followers { min, max } => *min <= 0 && *max == i64::MAX,
            FieldTest::Rating { min, max } => *min <= 0 && *max == i64::MAX,
            _ => false,
        };
        if is_all {
            let message = "every number is in this range";
            self.add("matches-everything", place(node), message, "remove it, or give the range an end that matters");
        }
        if let FieldTest::Site(host) | FieldTest::Url(host) = test
            && written.to_ascii_lowercase().contains("www.")
        {
            let message = "hosts are compared without www.";
            self.add("site-www", place(node), message, format!("write {}:{host}", test.name()));
        }
        if let FieldTest::Title(words) = test {
            words.iter().for_each(|word| self.short_wildcard(word, node));
        }
    }

    fn regex(&mut self, pattern: &str, node: &Node) {
        let Ok(regex) = super::regex::compile(pattern) else { return };
        if ["a", "7", "-"].iter().filter(|text| regex.is_match(text)).count() > 1 {
            let message = "the expression finds a single character of almost any kind";
            self.add("matches-everything", place(node), message, "ask for letters that must be there");
        }
    }

    fn distance(&mut self, distance: u32, node: &Node) {
        if distance > NEAR_WORDS_MAX {
            let message = format!("{distance} words between are hardly near: longer than most sentences");
            self.add("far-near", place(node), message, "write 10 or less, or AND for anywhere in the text");
        }
    }

    fn duplicates(&mut self, parts: &[Node]) {
        for (index, part) in parts.iter().enumerate() {
            if self.lints.len() >= LINTS_MAX {
                return;
            }
            let earlier = &parts[..index];
            if earlier.contains(part) {
                let message = format!("{part} stands here twice");
                self.add("duplicate-branch", place(part), message, "remove one of them");
                continue;
            }
            let wildcard =
                parts.iter().find(|other| *other != part && is_pattern(other) && implied::implies(part, other));
            if let Some(other) = wildcard.filter(|_| matches!(&part.form, Form::Words(words) if words.len() == 1)) {
                let message = format!("{other} finds {part} already");
                self.add("duplicate-branch", place(part), message, "remove it, or the wildcard if it finds too much");
            }
        }
    }

    fn exclusions(&mut self, base: &Node, excluded: &[Node]) {
        for part in excluded {
            if implied::implies(base, part) {
                let message = "the exclusion removes the query's own terms: nothing can match";
                self.add("never-matches", place(part), message, "exclude something narrower, for example a phrase");
            } else {
                self.dead_branches(base, part);
            }
        }
    }

    fn dead_branches(&mut self, node: &Node, excluded: &Node) {
        if self.lints.len() >= LINTS_MAX {
            return;
        }
        if let Form::Any(branches) = &node.form {
            for branch in branches {
                if implied::implies(branch, excluded) {
                    let message = format!(
                        "this branch can never match: NOT {} takes it away",
                        cut(&excluded.to_string(), SHOWN_CHARS_MAX)
                    );
                    self.add("dead-branch", place(branch), message, "remove the branch, or exclude something narrower");
                } else {
                    self.dead_branches(branch, excluded);
                }
            }
            return;
        }
        if !matches!(node.form, Form::Except(..)) {
            node.children().for_each(|child| self.dead_branches(child, excluded));
        }
    }
}

fn is_pattern(node: &Node) -> bool {
    matches!(&node.form, Form::Words(words) if matches!(words[..], [Word { shape: Shape::Pattern(_), .. }]))
}

fn place(node: &Node) -> Range<usize> {
    node.span.start as usize..node.span.end as usize
}
