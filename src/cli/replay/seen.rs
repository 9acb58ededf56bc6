//! What became of items, read back from the records of a run: as much as tools compare and count.

use crate::log::Record;
use crate::mention::{Mention, Timestamp};
use crate::route::{Decision, Route, TicketAction};
use crate::wire::{ITEM_TYPE, PublishedOutcome};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Characters of a text that are quoted.
const EXCERPT_CHARS: usize = 90;

/// One item as it was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The item.
    pub item_id: String,
    /// Its revision: edits are decided anew.
    pub revision: u64,
    /// When it was posted.
    pub at: Option<Timestamp>,
    /// What is said of it.
    pub about: About,
    /// How it ended.
    pub end: End,
    /// Rules that decided, in order.
    pub rules: Vec<String>,
}

/// What an item can be told by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The mention.
    pub mention_id: String,
    /// The start of its text; none of what is not public.
    pub excerpt: Option<String>,
}

/// How an item that matched ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Noise of this kind.
    Noise(String),
    /// Routed.
    Routed(Routed),
}

/// Where a routed item went.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// Its route.
    pub route: Route,
    /// What the ticketing system was told.
    pub action: TicketAction,
    /// Seconds after the post until an answer is due.
    pub respond_seconds: i64,
}

/// The parts of a routed item that are read back.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind_of_value: String,
    item_id: String,
    revision: u64,
    mention: Mention,
    route: Route,
    ticket: Ticket,
    decision: Decision,
}

#[derive(Deserialize)]
struct Ticket {
    action: TicketAction,
}

/// The parts of an enriched mention that are read back.
#[derive(Deserialize)]
struct Enriched {
    item_id: String,
    revision: u64,
    outcome: PublishedOutcome,
    noise: Option<String>,
    mention: Mention,
    decision: Decision,
}

/// The items among the records of a run: those routed by their teams' topics, noise by that of mentions.
///
/// # Errors
/// When a record is not what the run should have written.
pub fn items(outputs: &BTreeMap<String, Vec<Record>>) -> Result<Vec<Seen>, serde_json::Error> {
    let mut seen = Vec::new();
    for (topic, records) in outputs {
        let values = records.iter().filter_map(|record| record.value.as_deref());
        if topic.contains(".routed.") {
            for value in values.filter(|value| is_item(value)) {
                seen.extend(routed(serde_json::from_slice(value)?));
            }
        } else if topic.ends_with(".mentions") {
            for value in values {
                seen.extend(noise(serde_json::from_slice(value)?));
            }
        }
    }
    Ok(seen)
}

/// Follow-ups and alerts stand on the same topic; the type is the first field.
fn is_item(value: &[u8]) -> bool {
    let head = &value[..value.len().min(64)];
    head.windows(ITEM_TYPE.len()).any(|window| window == ITEM_TYPE.as_bytes())
}

fn routed(item: Item) -> Option<Seen> {
    let Item { kind_of_value, item_id, revision, mention, route, ticket, decision } = item;
    if kind_of_value != ITEM_TYPE {
        return None;
    }
    let at = mention.created_at;
    let respond_seconds = at.map_or(0, |at| (route.respond_by.as_micros() - at.as_micros()).div_euclid(1_000_000));
    let end = End::Routed(Routed { route, action: ticket.action, respond_seconds });
    Some(Seen { item_id, revision, at, about: about(&mention), end, rules: decision.rules })
}

fn noise(mention: Enriched) -> Option<Seen> {
    let Enriched { item_id, revision, outcome, noise, mention, decision } = mention;
    let end = End::Noise(noise.filter(|_| outcome == PublishedOutcome::Noise)?);
    Some(Seen { item_id, revision, at: mention.created_at, about: about(&mention), end, rules: decision.rules })
}

fn about(mention: &Mention) -> About {
    let line = mention.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let excerpt = mention.is_public().then(|| line.chars().take(EXCERPT_CHARS).collect());
    About { mention_id: mention.mention_id.clone(), excerpt }
}

impl End {
    /// `routed`, or the kind of noise.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Noise(kind) => kind,
            Self::Routed(_) => "routed",
        }
    }
}
