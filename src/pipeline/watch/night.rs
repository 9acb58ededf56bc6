//! Nights are for what cannot wait: an alert below S2 that would open between 22 and 7 by its team's own clock is kept
//! and told at 7, with its end where it is over by then. When it grows to S2 it is told at once.
//!
//! It must never keep back what was told before: the end of an alert that people know of is told at any hour.

use crate::alert::{AlertEvent, AlertState};
use crate::detect::Bucket;
use crate::mention::Timestamp;
use crate::pipeline::QueryState;
use crate::route::Severity;
use crate::rules::Pack;

/// Hours in which nobody is called for less than S2.
const NIGHT: [std::ops::Range<u8>; 2] = [0..7, 22..24];
/// Events kept per query; of more, those of an alert that only grew are let go.
const KEPT_MAX: usize = 8;

/// What of this bucket's events is to be told now, after what was kept and is due.
pub(super) fn tell(events: Vec<AlertEvent>, bucket: Bucket, state: &mut QueryState, pack: &Pack) -> Vec<AlertEvent> {
    let mut told = due(bucket, state, pack);
    for event in events {
        if event.suppressed.is_some() {
            told.push(event);
            continue;
        }
        if event.state == AlertState::Withdrawn && forget(&event, state) {
            continue;
        }
        let known = state.kept.iter().any(|kept| kept.alert_id == event.alert_id);
        let opens = event.late || event.state.opens();
        if event.severity > Severity::S2 && (opens || known) && is_night(&event.team, event.at, pack) {
            keep(event, state);
        } else {
            told.extend(release(bucket, state, |kept| kept.alert_id == event.alert_id));
            told.push(event);
        }
    }
    told
}

/// Of what is kept and turns out to be none nobody is told at all.
fn forget(event: &AlertEvent, state: &mut QueryState) -> bool {
    let before = state.kept.len();
    let opens = |kept: &AlertEvent| kept.state == AlertState::Opened && kept.alert_id == event.alert_id;
    if state.kept.iter().any(opens) {
        state.kept.retain(|kept| kept.alert_id != event.alert_id);
    }
    state.kept.len() < before
}

/// The input has ended: what is kept is told as it was decided.
pub(super) fn rest(state: &mut QueryState) -> Vec<AlertEvent> {
    std::mem::take(&mut state.kept)
}

/// What was kept for a morning that has come.
fn due(bucket: Bucket, state: &mut QueryState, pack: &Pack) -> Vec<AlertEvent> {
    let morning = |kept: &AlertEvent| !is_night(&kept.team, bucket.end(), pack);
    if state.kept.is_empty() { Vec::new() } else { release(bucket, state, morning) }
}

fn release(bucket: Bucket, state: &mut QueryState, which: impl Fn(&AlertEvent) -> bool) -> Vec<AlertEvent> {
    let (mut released, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut state.kept).into_iter().partition(which);
    state.kept = kept;
    for event in &mut released {
        event.explain.push(format!("kept back over the night: decided at {}", event.at));
        event.at = bucket.end();
    }
    released
}

fn keep(event: AlertEvent, state: &mut QueryState) {
    let grown = |kept: &AlertEvent| kept.state == AlertState::Updated && kept.alert_id == event.alert_id;
    if event.state == AlertState::Updated {
        state.kept.retain(|kept| !grown(kept));
    }
    if state.kept.len() < KEPT_MAX {
        state.kept.push(event);
    }
}

fn is_night(team: &str, at: Timestamp, pack: &Pack) -> bool {
    let hour = pack.teams.get(team).map(|team| team.hours.hour(at));
    hour.is_some_and(|hour| NIGHT.iter().any(|night| night.contains(&hour)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertKind;
    use crate::rules;

    /// Seconds of a winter day in Berlin, where UTC is an hour behind.
    const MIDNIGHT: i64 = 1_767_654_000;

    fn event(alert: &str, state: AlertState, severity: Severity, hour: i64) -> AlertEvent {
        let at = Bucket((MIDNIGHT + hour * 3_600) / 10).end();
        let event = serde_json::json!({
            "type": "groundswell.alert.v1", "alert_id": alert, "incident_id": "i", "kind": AlertKind::Spike,
            "state": state, "severity": severity, "series": {"query": "q"}, "team": "comms", "onset": at, "at": at,
            "observed": 1.0, "expected": 1.0, "upper": 1.0, "ratio": 1.0, "people": 1, "texts": 1, "platforms": {},
            "languages": {}, "reach": 0, "terms": [], "examples": [], "headline": "", "baseline_age": 0, "explain": []
        });
        serde_json::from_value(event).expect("an event")
    }

    #[test]
    fn what_can_wait_is_told_in_the_morning() {
        use AlertState::{Opened, Resolved, Updated, Withdrawn};
        use Severity::{S1, S2, S3};
        let pack = rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean");
        // hour, events of that hour, what is told then
        type Step = (i64, Vec<(&'static str, AlertState, Severity)>, Vec<(&'static str, AlertState)>);
        let cases: Vec<(&str, Vec<Step>)> = vec![
            ("by day", vec![(12, vec![("a", Opened, S3)], vec![("a", Opened)])]),
            ("urgent", vec![(3, vec![("a", Opened, S1)], vec![("a", Opened)])]),
            (
                "over by the morning",
                vec![
                    (2, vec![("a", Opened, S3)], vec![]),
                    (4, vec![("a", Resolved, S3)], vec![]),
                    (6, vec![], vec![]),
                    (7, vec![], vec![("a", Opened), ("a", Resolved)]),
                    (8, vec![], vec![]),
                ],
            ),
            (
                "none, after all",
                vec![
                    (2, vec![("a", Opened, S3)], vec![]),
                    (3, vec![("a", Withdrawn, S3)], vec![]),
                    (7, vec![], vec![]),
                ],
            ),
            (
                "it grows",
                vec![
                    (2, vec![("a", Opened, S3)], vec![]),
                    (3, vec![("a", Updated, S2)], vec![("a", Opened), ("a", Updated)]),
                ],
            ),
            (
                "known before",
                vec![
                    (20, vec![("a", Opened, S3)], vec![("a", Opened)]),
                    (23, vec![("a", Resolved, S3)], vec![("a", Resolved)]),
                ],
            ),
        ];
        for (name, steps) in cases {
            let mut state = QueryState::new(Bucket(0));
            for (hour, events, expected) in steps {
                let bucket = Bucket((MIDNIGHT + hour * 3_600) / 10);
                let events = events.into_iter().map(|(id, step, severity)| event(id, step, severity, hour)).collect();
                let told = tell(events, bucket, &mut state, &pack);
                let told: Vec<_> = told.iter().map(|event| (event.alert_id.as_str(), event.state)).collect();
                assert_eq!(told, expected, "{name}, at {hour}");
            }
        }
    }
}
