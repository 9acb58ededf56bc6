//! The event of a source that is silent, for those who keep the pipeline running.

use super::event::{age, tenth};
use super::{ALERT_TYPE, AlertEvent, AlertKind, AlertState, Confidence, Rule};
use crate::detect::{Bucket, Gap, Turn};
use crate::mention::{Platform, hash64};
use std::collections::BTreeMap;

/// What is told of a source's turn in the bucket that was just closed.
#[must_use]
pub fn silent_source(platform: Platform, turn: &Turn, at: Bucket, rule: &Rule, pack: &str) -> AlertEvent {
    let (state, gap) = match turn {
        Turn::Silent(gap) => (AlertState::Opened, gap),
        Turn::Back(gap) => (AlertState::Resolved, gap),
    };
    let opened = state == AlertState::Opened;
    let Gap { since, expected, known_seconds, surprise } = *gap;
    let (source, minutes) = (platform.as_str(), (at.plus(1).0 - since.0) / 6);
    let expected = tenth(expected);
    let ids = [source, &since.0.to_string()];
    let headline = if opened {
        format!("Silent source: {source}. Nothing for {minutes} min (usually about {expected} posts in that time)")
    } else {
        format!("Over: silent source on {source}")
    };
    let explain = vec![
        format!("0 records in {minutes} min, {expected} expected at these hours; chance 1 in 10^{surprise:.0}"),
        "the baselines of what it brings rest until it is back, for a day at most".to_owned(),
        format!("the source is known for {}", age(known_seconds)),
    ];
    AlertEvent {
        kind_of_value: ALERT_TYPE.to_owned(),
        alert_id: format!("alert-{:016x}", hash64(&["source", ids[0], ids[1]])),
        incident_id: format!("incident-{:016x}", hash64(&["source", ids[0], ids[1]])),
        kind: AlertKind::SilentSource,
        state,
        severity: rule.severity,
        series: BTreeMap::from([("source".to_owned(), source.to_owned())]),
        team: rule.team.clone(),
        onset: since.start(),
        at: at.end(),
        observed: 0.0,
        expected,
        upper: expected,
        ratio: 0.0,
        people: 0,
        texts: 0,
        platforms: BTreeMap::new(),
        languages: BTreeMap::new(),
        reach: 0,
        trend: None,
        terms: Vec::new(),
        thread: None,
        nature: None,
        turn: None,
        topic: None,
        chart: None,
        examples: Vec::new(),
        headline,
        baseline_age: known_seconds,
        evidence: Vec::new(),
        suppressed: None,
        late: false,
        confidence: opened.then_some(Confidence::High),
        resolves_when: opened.then(|| "over when three records have come again".to_owned()),
        incomplete: None,
        ack_by: rule.ack_minutes.filter(|_| opened).map(|minutes| at.end().plus_seconds(minutes * 60)),
        next_step: rule.next_step.clone().filter(|_| opened),
        escalation: None,
        crisis: None,
        reply: None,
        explain,
        pack: Some(pack.to_owned()),
    }
}
