//! What is not told though it is decided: silenced by the pack, planned, or narrower than an alert that is open.
//!
//! Its events are written with the reason; what kept it back may end while it is open, and then it is told once. The end of
//! an alert is told exactly where people know of the alert.

use super::{Say, Step, gather};
use crate::alert::{AlertEvent, AlertKind, AlertState, Episode, Slot, Suppressed, SuppressedBy, inhibits, is_echo};
use crate::detect::Bucket;
use crate::pipeline::WatchState;
use crate::rules::{Pack, Silenceable};

/// What is to be told of an alert in this bucket: what its step says, or that nothing keeps it back any more.
pub(super) fn due(step: &Step, slot: Slot, at: Bucket, state: &WatchState, pack: &Pack) -> Option<Say> {
    let say = step.say(slot).as_ref();
    let episode = state.of_query(&step.query)?.tracker.slot(slot)?;
    let quiet = say.is_none_or(|say| say.state == AlertState::Updated);
    let held = episode.untold.as_ref().filter(|_| quiet && episode.is_open() && episode.led_by.is_none());
    let Some(held) = held.filter(|_| reason(&step.query, slot, at, state, pack).is_none()) else { return say.cloned() };
    let mut say = say.cloned().unwrap_or_else(|| Say::new(AlertState::Updated));
    (say.graver, say.late) = (true, true);
    say.why.push(format!("it opened at {}; what kept it back has ended: {}", episode.since.start(), held.reason));
    Some(say)
}

/// Marks an event as not told where something keeps it back, and notes what people know.
pub(super) fn mark(
    event: &mut AlertEvent,
    say: &Say,
    slot: Slot,
    query: &str,
    at: Bucket,
    state: &mut WatchState,
    pack: &Pack,
) {
    let kept_back = if say.calls() { reason(query, slot, at, state, pack) } else { None };
    let Some(episode) = state.query(query).tracker.slot_mut(slot) else { return };
    if say.state.opens() {
        (episode.known, episode.untold) = (false, None);
    }
    if say.calls() {
        episode.known |= kept_back.is_none();
        episode.untold.clone_from(&kept_back);
        event.suppressed = kept_back;
    } else if !episode.known {
        event.suppressed.clone_from(&episode.untold);
    }
    event.late = say.late;
    if say.state.ends() {
        episode.untold = None;
    }
}

/// What keeps an alert of that query back now.
fn reason(query: &str, slot: Slot, at: Bucket, state: &WatchState, pack: &Pack) -> Option<Suppressed> {
    let episode = state.of_query(query)?.tracker.slot(slot)?;
    let team = pack.alert_rule(episode.kind, query).team;
    let alert = Silenceable { query, kind: episode.kind, team: &team, severity: episode.severity };
    pack.silenced(alert, at.end()).or_else(|| inhibited(query, slot, episode, at, state, pack))
}

/// A wider alert of its group is open and told, or it is the echo of an incident on its own counts.
fn inhibited(
    query: &str,
    slot: Slot,
    episode: &Episode,
    at: Bucket,
    state: &WatchState,
    pack: &Pack,
) -> Option<Suppressed> {
    if episode.known {
        return None;
    }
    let by = |wider: &Episode, on: &str, how: &str| Suppressed {
        by: SuppressedBy::Inhibition,
        id: wider.alert_id.clone(),
        reason: format!("{} on {on} {how}", wider.kind.as_str()),
    };
    let counts = state.of_query(query)?.tracker.slot(Slot::Counts);
    let told = |wider: &Episode| wider.untold.is_none();
    let echo = counts.filter(|of| slot == Slot::Mood && told(of) && is_echo(AlertKind::SentimentShift, of, at));
    if let Some(of) = echo {
        return Some(by(of, query, "has just ended: this is its echo"));
    }
    let group = pack.group_of(query)?;
    let mut open = gather::others(query, group).filter_map(|other| {
        let wider = other.of(state).filter(|wider| wider.is_open() && wider.led_by.is_none() && told(wider))?;
        let is_parent = group.parent.as_ref() == Some(&other.query);
        inhibits(wider, is_parent, episode).then(|| by(wider, &other.query, "is open and wider"))
    });
    open.next()
}
