//! Brands and products by the names people are to be understood by, however they misspell them (`brands.yaml`).
//!
//! Reads the list and says what is wrong or odd about it; [`crate::text::brands`] finds the names. A query asks for one
//! with `brand:`; a name that no brand has is a fault of the query.

use super::fields::{Fields, Word};
use super::problem::{Finding, Problem, suggest};
use super::queries::Placed;
use super::sheet::{Ctx, Sheet};
use super::yaml::{Node, Value};
use crate::query::ast::{Form, Node as QueryNode};
use crate::query::field::FieldTest;
use crate::query::lint::Severity;
use crate::query::{Diagnostic, parse};
use crate::text::brands::{
    Brands, Listed, NAME_LETTERS_MAX, NAME_WORDS_MAX, SLIP_LETTERS_MIN, is_common, key, word_count,
};
use crate::text::edits;
use std::collections::BTreeSet;
use std::ops::Range;

/// Names of one pack, products and other spellings counted.
const NAMES_MAX: usize = 20_000;
/// Longer lists are not searched for names near each other.
const COMPARED_NAMES_MAX: usize = 2_000;
/// Letters of the shortest name.
const LETTERS_MIN: usize = 2;

/// The names of a pack, in its order.
#[derive(Default)]
pub(super) struct Names {
    list: Vec<Entry>,
    keys: BTreeSet<String>,
    spellings: usize,
    /// True when a file of them was read.
    is_read: bool,
}

/// One name, and where it stands.
struct Entry {
    listed: Listed,
    key: String,
    blank: Problem,
}

const KEYS: [&str; 5] = ["name", "about", "products", "also", "not"];

pub(super) fn read(fields: &Fields<'_>, into: &mut Names) {
    into.is_read = true;
    for node in fields.list("brands") {
        read_brand(fields.ctx, node, into);
    }
}

fn read_brand(ctx: Ctx<'_>, node: &Node, into: &mut Names) -> Option<()> {
    let fields = Fields::open(ctx, node, "a brand", &KEYS)?;
    fields.text_if("about");
    let name = fields.word("name")?;
    into.add(&fields, &name, name.text, None);
    for product in fields.list("products") {
        read_product(ctx, product, name.text, into);
    }
    Some(())
}

/// A product is its name, or a mapping like a brand's.
fn read_product(ctx: Ctx<'_>, node: &Node, brand: &str, into: &mut Names) -> Option<()> {
    if let Value::Text(text) = &node.value {
        let word = Word { text: text.trim(), at: node.at };
        into.add_one(
            ctx,
            &word,
            Listed { brand: brand.to_owned(), product: Some(word.text.to_owned()), ..Listed::default() },
        );
        return Some(());
    }
    let fields = Fields::open(ctx, node, "a product", &["name", "about", "also", "not"])?;
    fields.text_if("about");
    let name = fields.word("name")?;
    into.add(&fields, &name, brand, Some(name.text.to_owned()));
    Some(())
}

impl Names {
    fn add(&mut self, fields: &Fields<'_>, name: &Word<'_>, brand: &str, product: Option<String>) {
        let own = key(name.text);
        let mut listed = Listed { brand: brand.to_owned(), product, ..Listed::default() };
        for word in fields.words("not") {
            if key(word.text) == own {
                let message = format!("\"{}\" is the name itself: it cannot be protected from it", cut(word.text));
                fields.ctx.problem(word.at, message, "remove it, or protect another word".to_owned());
            }
            listed.not.push(word.text.to_owned());
        }
        for word in fields.words("also") {
            let is_protected = listed.not.iter().any(|not| key(not) == key(word.text));
            if is_protected {
                let message = format!("\"{}\" stands under \"also\" and under \"not\"", cut(word.text));
                fields.ctx.problem(word.at, message, "keep one of the two".to_owned());
            }
            self.check_name(fields.ctx, &word);
            listed.also.push(word.text.to_owned());
        }
        self.add_one(fields.ctx, name, listed);
    }

    fn add_one(&mut self, ctx: Ctx<'_>, name: &Word<'_>, listed: Listed) {
        self.check_name(ctx, name);
        let key = key(name.text);
        if !self.keys.insert(key.clone()) {
            let message = format!("the name \"{}\" stands here twice", cut(name.text));
            ctx.problem(name.at, message, "remove one of the two".to_owned());
        }
        self.list.push(Entry { listed, key, blank: ctx.blank(name.at) });
    }

    /// What makes a name or spelling unfit to be looked for.
    fn check_name(&mut self, ctx: Ctx<'_>, name: &Word<'_>) {
        let letters = key(name.text).chars().count();
        let message = if letters == 0 {
            "a name without letters or digits".to_owned()
        } else if letters < LETTERS_MIN {
            format!("the name \"{}\" is too short: it would be found everywhere", name.text)
        } else if letters > NAME_LETTERS_MAX || word_count(name.text) > NAME_WORDS_MAX {
            format!("the name is longer than {NAME_LETTERS_MAX} letters or {NAME_WORDS_MAX} words")
        } else {
            self.spellings += 1;
            if self.spellings == NAMES_MAX + 1 {
                ctx.problem(name.at, format!("more than {NAMES_MAX} names"), "list fewer".to_owned());
            }
            return;
        };
        ctx.problem(name.at, message, "write the name as people know it, or ask for it with a query".to_owned());
    }

    /// Notes queries that ask for a brand that is not there.
    pub(super) fn check(&self, queries: &[Placed<'_>], sheet: &Sheet) {
        if !self.is_read && sheet.mentions("brands.yaml") {
            return;
        }
        for query in queries.iter().filter(|query| query.rule.text.contains("brand:")) {
            let Ok(tree) = parse(&query.rule.text) else { continue };
            self.check_node(&tree, query, sheet);
        }
    }

    fn check_node(&self, node: &QueryNode, query: &Placed<'_>, sheet: &Sheet) {
        if let Form::Field(FieldTest::Brand(name)) = &node.form {
            let wanted = key(name);
            if !self.keys.contains(&wanted) {
                let place = value_place(&query.rule.text, node.span.start as usize..node.span.end as usize, name);
                let fix = suggest(name, self.list.iter().map(|entry| entry.listed.name()));
                let fix = fix.unwrap_or_else(|| "list it in brands.yaml".to_owned());
                let fault = Diagnostic::new(place, format!("no brand or product \"{}\" in brands.yaml", cut(name)));
                sheet.add(query.problem(&fault.suggest(fix)));
            }
        }
        node.children().for_each(|child| self.check_node(child, query, sheet));
    }

    /// What is odd about the list.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, entry) in self.list.iter().enumerate() {
            let name = entry.listed.name();
            if entry.key.chars().count() < SLIP_LETTERS_MIN {
                let message = format!("\"{name}\" is short: it is found only as spelt and in look-alike letters");
                findings.push(entry.finding("short-brand", message, "list its misspellings under \"also\""));
            } else if is_common(name) {
                let message = format!("\"{name}\" is a common word: every text with it names the brand");
                findings.push(entry.finding(
                    "common-brand",
                    message,
                    "ask for it beside other words: brand:… NEAR/5 …",
                ));
            }
            let before = self.list[..at].iter().filter(|_| self.list.len() <= COMPARED_NAMES_MAX);
            if let Some(near) = before.into_iter().find(|other| are_near(&other.key, &entry.key)) {
                let message =
                    format!("\"{name}\" is one edit from \"{}\": a slip may be read as either", near.listed.name());
                findings.push(entry.finding("near-brands", message, "list each one's misspellings under \"also\""));
            }
        }
        findings
    }

    /// The names of products.
    pub(super) fn products(&self) -> impl Iterator<Item = &str> {
        self.list.iter().filter_map(|entry| entry.listed.product.as_deref())
    }

    /// The names made ready to be found; `words` are those of the pack's queries.
    pub(super) fn compile<'w>(self, words: impl Iterator<Item = &'w str>) -> Brands {
        let list: Vec<Listed> = self.list.into_iter().map(|entry| entry.listed).collect();
        Brands::compile(&list, words)
    }
}

impl Entry {
    fn finding(&self, code: &'static str, message: String, suggestion: &str) -> Finding {
        let problem = Problem { message, suggestion: Some(suggestion.to_owned()), ..self.blank.clone() };
        Finding { problem, code, severity: Severity::Warning }
    }
}

/// Where the name itself stands within `brand:…`.
fn value_place(query: &str, place: Range<usize>, name: &str) -> Range<usize> {
    let found = query.get(place.clone()).and_then(|text| text.find(name));
    found.map_or(place.clone(), |at| place.start + at..place.start + at + name.len())
}

fn are_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    one.len().min(other.len()) >= SLIP_LETTERS_MIN && one.len().abs_diff(other.len()) < 2 && edits(&one, &other) == 1
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
