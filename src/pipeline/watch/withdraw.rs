//! Alerts that turn out to be none: posts that came late put right what they were opened for, or a person says so.
//!
//! A withdrawn alert is told once, with its reason. Its counts are learned like others, and what rises later opens anew.

use super::{Say, settings};
use crate::alert::{AlertState, Slot, Withdrawal, meets};
use crate::detect::Bucket;
use crate::pipeline::QueryState;
use crate::rules::Pack;

/// For so many buckets (15 min) after it opened late posts may show that an alert was none.
const MAY_BE_LATE: i64 = 90;
/// Late posts did it where they raise what was to be expected by so much; the level alone drifts less.
const PUT_RIGHT: f64 = 1.1;

/// Withdraws the open alert of a slot because of `why`; none where none is open.
pub(super) fn withdraw(slot: Slot, at: Bucket, by: Withdrawal, why: String, state: &mut QueryState) -> Option<Say> {
    let since = state.tracker.slot(slot)?.since;
    if !state.tracker.withdraw(slot, at, by) {
        return None;
    }
    if slot != Slot::Topic {
        let marked = at.0.saturating_sub(since.0).saturating_add(1);
        state.series.unmark_incident(usize::try_from(marked).unwrap_or(0));
    }
    Some(Say { why: vec![why], ..Say::new(AlertState::Withdrawn) })
}

/// The alert on counts is looked at again as it stood when it opened, with all that came since then of that time: it is
/// withdrawn where it would not open.
pub(super) fn put_right(query: &str, at: Bucket, state: &mut QueryState, pack: &Pack) -> Option<Say> {
    let episode = state.tracker.volume.as_ref().filter(|episode| episode.is_open())?;
    let opening = episode.opening.filter(|opening| at.0.saturating_sub(opening.at.0) <= MAY_BE_LATE)?;
    let age = usize::try_from(at.0.saturating_sub(opening.at.0)).ok()?;
    let settings = settings(&pack.detection_of(opening.kind, query, opening.at.end()));
    let again = state.series.judge_again(opening.buckets as usize, age, opening.reports, &settings);
    if meets(&again, &settings) || again.expected < PUT_RIGHT * opening.expected {
        return None;
    }
    let counted = if opening.reports { "reports" } else { "posts" };
    let why = format!(
        "posts that came late put it right: {} {counted} were counted and {:.1} were to be expected, not {:.1}",
        again.observed, again.expected, opening.expected
    );
    withdraw(Slot::Counts, at, Withdrawal::PutRight, why, state)
}
