//! Groups of queries that are one thing to their owners: what moves together in one is one incident.

use super::fields::{Fields, Word};
use super::sheet::{Ctx, Kind};
use super::yaml::Node;

/// Queries of one group at most: all of it is counted in one place.
const QUERIES_MAX: usize = 64;

/// Queries whose series are held together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub id: String,
    /// The widest of its queries, where one holds the others: it leads, and while its alert is open the others are
    /// not told.
    pub parent: Option<String>,
    /// Its queries, the parent among them.
    pub queries: Vec<String>,
}

pub(super) fn read(fields: &Fields<'_>, into: &mut Vec<Group>) {
    for node in fields.list("groups") {
        if let Some(group) = read_group(fields.ctx, node, into) {
            into.push(group);
        }
    }
}

fn read_group(ctx: Ctx<'_>, node: &Node, known: &[Group]) -> Option<Group> {
    let fields = Fields::open(ctx, node, "a group", &["id", "parent", "queries"])?;
    let id = fields.define(Kind::Group);
    let parent = fields.word_if("parent");
    let words: Vec<Word<'_>> = parent.into_iter().chain(fields.words("queries")).collect();
    let mut queries: Vec<String> = Vec::new();
    for word in &words {
        ctx.refer(Kind::Query, word.text, word.at);
        if let Some(other) = known.iter().find(|group| group.queries.iter().any(|query| query == word.text)) {
            let message = format!("query \"{}\" is in the group \"{}\" already", word.text, other.id);
            ctx.problem(word.at, message, "a query is in one group at most: take it out of one of them".to_owned());
        }
        queries.push(word.text.to_owned());
    }
    queries.sort_unstable();
    queries.dedup();
    if !(2..=QUERIES_MAX).contains(&queries.len()) {
        let message = format!("a group has 2 to {QUERIES_MAX} queries, not {}", queries.len());
        ctx.problem(fields.at, message, "write \"queries: [one, another]\"".to_owned());
    }
    let parent = fields.text_if("parent");
    Some(Group { id: id?, parent, queries })
}
