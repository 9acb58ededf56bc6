//! A shadow pack beside the live one: what it would have decided about the same record. It decides nothing.

use super::{Context, Decided, Item, Memory, PhoneKey, Raw, triage};
use crate::mention::Timestamp;
use crate::route::{Difference, differences};
use crate::rules::Pack;
use crate::score::Model;

/// Records in which the shadow knows a mention again: more than one payload can hold. That something was read before is
/// for the live pack to tell.
const WINDOW: u64 = 16;

/// One mention that two packs decide differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// The item.
    pub item_id: String,
    /// The mention.
    pub mention_id: String,
    /// Thread of the mention: its record is placed by it.
    pub thread: String,
    /// Event time, clamped.
    pub at: Timestamp,
    /// How they differ, the live pack's first.
    pub differences: Vec<Difference>,
}

/// What the shadow would have decided differently about the items of a record; `phones` as the live pack has it.
#[must_use]
pub fn shadow(
    raw: &Raw<'_>,
    live: &[Item],
    phones: &PhoneKey,
    pack: &Pack,
    model: &Model,
    memory: &mut Memory,
) -> Vec<Shadowed> {
    let mut context = Context::new(WINDOW);
    context.phones = phones.clone();
    let others = triage(raw, &mut context, pack, model, memory);
    live.iter().zip(&others).filter_map(|(live, other)| compare(live, other)).collect()
}

/// None where they agree, or where there is nothing to decide.
fn compare(live: &Item, other: &Item) -> Option<Shadowed> {
    let is_again = matches!(live, Item::Duplicate);
    let decided = live.decided().or_else(|| other.decided()).filter(|_| !is_again)?;
    let differences = match (live.decided().and_then(route), other.decided().and_then(route)) {
        (Some(live), Some(other)) => differences(live, other),
        _ => Difference::of("outcome", end(live), end(other)).into_iter().collect(),
    };
    (!differences.is_empty()).then(|| Shadowed {
        item_id: decided.item_id.clone(),
        mention_id: decided.mention.mention_id.clone(),
        thread: decided.mention.thread().to_owned(),
        at: decided.event_at,
        differences,
    })
}

fn route(decided: &Decided) -> Option<&crate::route::Route> {
    decided.routing.as_ref().map(|routing| &routing.route)
}

/// The outcome; of noise, which.
fn end(item: &Item) -> String {
    let noise = item.decided().and_then(|decided| decided.noise.as_ref());
    noise.map_or_else(|| item.outcome().as_str().to_owned(), |noise| format!("noise: {}", noise.kind))
}
