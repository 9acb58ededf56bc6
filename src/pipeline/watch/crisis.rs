//! Whether an alert is a crisis: by what the pack says of its kind and severity. It begins with the event that tells of
//! that severity and ends with the alert; one that opens again begins a new one.

use super::Say;
use crate::alert::{AlertEvent, Slot};
use crate::detect::Bucket;
use crate::pipeline::WatchState;
use crate::rules::Pack;

/// Marks an event that people are told of with the crisis it opens, or belongs to.
pub(super) fn mark(
    event: &mut AlertEvent,
    say: &Say,
    slot: Slot,
    query: &str,
    at: Bucket,
    state: &mut WatchState,
    pack: &Pack,
) {
    let Some(episode) = state.query(query).tracker.slot_mut(slot) else { return };
    if say.state.opens() {
        episode.crisis = None;
    }
    let plan = pack.crisis_plan(event.kind, event.severity, at.end());
    let Some(plan) = plan.filter(|_| event.suppressed.is_none()) else { return };
    let begins = episode.crisis.is_none() && !say.state.ends();
    if begins {
        episode.crisis = Some(at);
    }
    if let Some(opened) = episode.crisis {
        event.tell_crisis(&plan, opened.end(), begins || say.calls());
    }
}
