//! Rows that are like another: what a row does not say itself, the other says for it.
//!
//! Own keys override whole: a row with its own `when` has nothing of the other's. `id`, `like` and `about` are never
//! taken over. A row that would be like itself, or that changes nothing, is a fault.

use super::ROW_KEYS;
use crate::rules::fields::Fields;
use crate::rules::sheet::Kind;
use crate::rules::yaml::{Key, Node, Place, Value};
use std::collections::BTreeMap;

/// What every row says of itself.
const OWN_KEYS: [&str; 3] = ["id", "like", "about"];

/// Keys and values of one row, those it takes over among them.
pub(super) struct Entries {
    pub(super) at: Place,
    pub(super) list: Vec<(Key, Node)>,
}

/// The rows in their order, with what they take over.
pub(super) fn resolved(fields: &Fields<'_>) -> Vec<Entries> {
    let rows: Vec<Fields<'_>> =
        fields.list("rows").filter_map(|node| Fields::open(fields.ctx, node, "a row", &ROW_KEYS)).collect();
    let mut named: BTreeMap<&str, &Fields<'_>> = BTreeMap::new();
    for row in &rows {
        if let Some(id) = text(row, "id") {
            named.entry(id).or_insert(row);
        }
    }
    rows.iter().map(|row| Entries { at: row.at, list: entries(row, &named) }).collect()
}

fn entries(row: &Fields<'_>, named: &BTreeMap<&str, &Fields<'_>>) -> Vec<(Key, Node)> {
    let mut list: Vec<(Key, Node)> = row.entries().cloned().collect();
    if let Some(word) = row.word_if("like") {
        row.ctx.refer(Kind::Row, word.text, word.at);
        if row.entries().all(|(key, _)| OWN_KEYS.contains(&key.name.as_str())) {
            let message = format!("the row changes nothing of \"{}\"", word.text);
            row.ctx.problem(row.at, message, "set what is different, or remove the row".to_owned());
        }
    }
    // a chain of rows without a ring is at most as long as there are rows
    let mut next = text(row, "like").and_then(|like| named.get(like));
    for _ in 0..named.len() {
        let Some(base) = next else { return list };
        for (key, node) in base.entries() {
            let is_new = list.iter().all(|(own, _)| own.name != key.name);
            if is_new && !OWN_KEYS.contains(&key.name.as_str()) {
                list.push((key.clone(), node.clone()));
            }
        }
        next = text(base, "like").and_then(|like| named.get(like));
    }
    if next.is_some() {
        let at = row.node("like").map_or(row.at, |node| node.at);
        row.ctx.problem(at, "the row is like itself, by way of others", "name a row that stands alone".to_owned());
    }
    list
}

fn text<'a>(row: &Fields<'a>, key: &str) -> Option<&'a str> {
    match &row.node(key)?.value {
        Value::Text(text) => Some(text.trim()),
        _ => None,
    }
}
