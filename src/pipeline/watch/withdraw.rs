//! Alerts that turn out to be none: posts that came late put right what they were opened for, or a person says so.
//!
//! A withdrawn alert is told once, with its reason. Its counts are learned like others, and what rises later opens anew.

use super::{Say, settings};
use crate::alert::{AlertKind, AlertState, Episode, Opening, Slot, Withdrawal, has_turned, meets};
use crate::detect::{Bucket, Judgement, Settings};
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
/// withdrawn where it would not open, and what is counted by now is usual. Else it would open again, in a minute's time.
pub(super) fn put_right(query: &str, at: Bucket, state: &mut QueryState, pack: &Pack) -> Option<Say> {
    let (opening, age) = opened(state.tracker.volume.as_deref(), at)?;
    let settings = settings(&pack.detection_of(opening.kind, query, opening.at.end()));
    let again = state.series.judge_again(opening.buckets as usize, age, opening.reports, &settings);
    if meets(&again, &settings) || again.expected < PUT_RIGHT * opening.expected {
        return None;
    }
    if is_unusual(&state.series.judge(true, &settings), opening.reports, &settings) {
        return None;
    }
    let counted = if opening.reports { "reports" } else { "posts" };
    let why = format!(
        "posts that came late put it right: {} {counted} were counted and {:.1} were to be expected, not {:.1}",
        again.observed, again.expected, opening.expected
    );
    withdraw(Slot::Counts, at, Withdrawal::PutRight, why, state)
}

/// Whether any window holds more than is usual by now, even if it is too little to open an alert.
pub(super) fn is_unusual(now: &Judgement, reports: bool, settings: &Settings) -> bool {
    let windows = if reports { &now.reports } else { &now.windows };
    windows.iter().any(|window| window.surprise >= settings.surprise && window.ratio() >= settings.ratio)
}

/// The same of the alert on mood: the window that opened it, with the posts of that time which came since.
pub(super) fn mood_put_right(query: &str, at: Bucket, state: &mut QueryState, pack: &Pack) -> Option<Say> {
    let (opening, age) = opened(state.tracker.mood.as_deref(), at)?;
    let settings = settings(&pack.detection_of(AlertKind::SentimentShift, query, opening.at.end()));
    let again = state.series.mood_of(opening.buckets as usize, age, &settings)?;
    // usually so many are negative of so many: that grows only as posts come
    let came = again.expected > 0.0 && again.expected >= PUT_RIGHT * opening.expected;
    if !came || has_turned(&again, &settings) {
        return None;
    }
    let why = format!(
        "posts that came late put it right: {} of {} mentions were negative, and {:.1} were to be expected, not {:.1}",
        again.negative, again.mentions, again.expected, opening.expected
    );
    withdraw(Slot::Mood, at, Withdrawal::PutRight, why, state)
}

/// The same of the alert on a topic: what came since of the hour that opened it shows copies, or the answers to one post.
/// Of that hour the oldest minutes may be forgotten; whoever is missing speaks for nobody, so more people must be there.
pub(super) fn topic_put_right(query: &str, at: Bucket, state: &mut QueryState, pack: &Pack) -> Option<Say> {
    let topics = &state.tracker.topics;
    let (opened, people) = topics.opening().filter(|_| topics.is_open())?;
    age(opened, at)?;
    let settings = settings(&pack.detection_of(AlertKind::Emerging, query, opened.end()));
    let hour = state.series.last_hour_until(opened);
    let hour = hour.heard();
    let again = hour.people_of(topics.term());
    if (again as f64) < PUT_RIGHT * people as f64 || hour.is_independent(topics.term(), &settings) {
        return None;
    }
    let why = format!(
        "posts that came late put it right: {again} people had said it by then, not {people}, as copies of few texts or \
         in one thread"
    );
    withdraw(Slot::Topic, at, Withdrawal::PutRight, why, state)
}

/// What an open alert was opened on, and how many buckets ago, while late posts may still put it right.
fn opened(episode: Option<&Episode>, at: Bucket) -> Option<(Opening, usize)> {
    let opening = episode.filter(|episode| episode.is_open())?.opening?;
    Some((opening, age(opening.at, at)?))
}

/// The buckets since then, where late posts may still put it right.
fn age(opened: Bucket, at: Bucket) -> Option<usize> {
    let age = at.0.saturating_sub(opened.0);
    usize::try_from(age).ok().filter(|_| age <= MAY_BE_LATE)
}
