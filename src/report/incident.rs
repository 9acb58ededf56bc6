//! The story of one incident: what happened when, how far it reached, who took it and how the mood went.

use super::ledger::{Ledger, Work};
use super::week::{Mood, seconds_between};
use crate::alert::{AlertEvent, AlertState};
use crate::case::SaidKind;
use crate::mention::Timestamp;
use crate::route::{Severity, TicketAction};
use serde::Serialize;

/// The story of one incident.
#[derive(Debug, PartialEq, Serialize)]
pub struct IncidentReport {
    /// The incident.
    pub incident_id: String,
    /// Its alerts.
    pub alerts: Vec<String>,
    /// What it is, in a sentence: the headline of its gravest moment.
    pub headline: String,
    /// The greatest severity it came to.
    pub severity: Severity,
    /// Who owns it.
    pub team: String,
    /// Since when.
    pub onset: Timestamp,
    /// From its onset until it was told.
    pub told_after_seconds: i64,
    /// From being told until somebody acknowledged it; none where nobody did.
    pub acknowledged_after_seconds: Option<i64>,
    /// From its onset until it was over; none while it lasts.
    pub over_after_seconds: Option<i64>,
    /// Most people in one window.
    pub people_most: u64,
    /// Widest reach in one window, estimated.
    pub reach_most: u64,
    /// Items attached to it.
    pub attached: u64,
    /// Items of the same people's cases that have a ticket of their own.
    pub tickets: u64,
    /// Digests of the packs that decided.
    pub packs: Vec<String>,
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// Responses, and what was said around them.
    pub responses: Vec<Mood>,
}

/// One moment of the story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// Who did or said it; nobody where the pipeline did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The story of the incident, or of the incident of the alert, of that id; none where the topics hold neither.
#[must_use]
pub fn incident(ledger: &Ledger, id: &str) -> Option<IncidentReport> {
    let all = || ledger.alerts.values().flat_map(|events| events.values());
    let incident_id = all().find(|event| event.incident_id == id || event.alert_id == id)?.incident_id.clone();
    let mut events: Vec<&AlertEvent> = all().filter(|event| event.incident_id == incident_id).collect();
    events.sort_by(|a, b| (a.at, &a.alert_id).cmp(&(b.at, &b.alert_id)));
    let gravest = *events.iter().min_by_key(|event| (event.severity, event.at))?;
    let onset = events.iter().map(|event| event.onset).min()?;
    let told = events.iter().find(|event| event.suppressed.is_none()).map_or(gravest.at, |event| event.at);
    let mut alerts: Vec<String> = events.iter().map(|event| event.alert_id.clone()).collect();
    alerts.sort_unstable();
    alerts.dedup();
    let about: Vec<&Work> = alerts.iter().chain([&incident_id]).filter_map(|id| ledger.works.get(id)).collect();
    let acknowledged = about.iter().flat_map(|work| work.of(SaidKind::Ack).chain(work.of(SaidKind::Claimed)));
    let acknowledged = acknowledged.map(|said| said.at).min();
    let last = events.last().filter(|event| matches!(event.state, AlertState::Resolved | AlertState::Withdrawn));
    let mut packs: Vec<String> = events.iter().filter_map(|event| event.pack.clone()).collect();
    packs.sort_unstable();
    packs.dedup();
    let belongs = |work: &&Work| work.moved.values().any(|moved| moved.incident_id.as_ref() == Some(&incident_id));
    let items: Vec<&Work> = ledger.works.values().filter(belongs).collect();
    let responses = ledger.responses.values().filter(|response| alerts.contains(&response.about));
    Some(IncidentReport {
        headline: gravest.headline.clone(),
        severity: gravest.severity,
        team: gravest.team.clone(),
        told_after_seconds: seconds_between(onset, told),
        acknowledged_after_seconds: acknowledged.map(|at| seconds_between(told, at)),
        over_after_seconds: last.map(|event| seconds_between(onset, event.at)),
        people_most: events.iter().map(|event| event.people).max().unwrap_or(0),
        reach_most: events.iter().map(|event| event.reach).max().unwrap_or(0),
        attached: items.len() as u64,
        tickets: items.iter().filter(|work| work.action() == Some(TicketAction::Upsert)).count() as u64,
        packs,
        moments: moments(onset, &events, &about),
        responses: responses.map(Mood::of).collect(),
        onset,
        alerts,
        incident_id,
    })
}

fn moments(onset: Timestamp, events: &[&AlertEvent], about: &[&Work]) -> Vec<Moment> {
    let mut moments = vec![Moment { at: onset, what: "it began, by what is known now".to_owned(), by: None }];
    for event in events {
        let kept = event.suppressed.as_ref().map(|kept| format!(" (not told: by {})", kept.by.as_str()));
        let (severity, state) = (event.severity.as_str(), event.state.as_str());
        let what = format!("{severity} {state}: {}{}", event.headline, kept.unwrap_or_default());
        moments.push(Moment { at: event.at, what, by: None });
    }
    for said in about.iter().flat_map(|work| work.said.values()) {
        let value = if said.value.is_empty() { String::new() } else { format!(": {}", said.value) };
        let by = Some(said.by.clone()).filter(|by| !by.is_empty());
        moments.push(Moment { at: said.at, what: format!("{}{value}", said.kind.as_str().replace('_', " ")), by });
    }
    moments.sort();
    moments
}
