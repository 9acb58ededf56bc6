//! What really happened, as the load generator wrote it, against the alerts that opened.

use crate::alert::{AlertEvent, AlertKind, AlertState};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An alert counts for an event until so long after its end.
const AFTER_SECONDS: f64 = 1800.0;
const DAY_SECONDS: f64 = 86_400.0;

/// `truth.json`; what else it holds is not read.
#[derive(Debug, Deserialize)]
pub struct Truth {
    event_time: [f64; 2],
    events: Vec<TrueEvent>,
}

/// One injected event.
#[derive(Debug, Deserialize)]
struct TrueEvent {
    #[serde(rename = "type")]
    kind: String,
    alert: bool,
    brand: Option<String>,
    onset: f64,
    end: f64,
}

impl TrueEvent {
    fn fitting(&self) -> Option<AlertKind> {
        match self.kind.as_str() {
            "outage" => Some(AlertKind::Outage),
            "viral_cascade" => Some(AlertKind::Viral),
            "bot_flood" => Some(AlertKind::Amplification),
            "sentiment_shift" => Some(AlertKind::SentimentShift),
            _ => None,
        }
    }

    /// True when the alert is about this event: its series, its time.
    fn explains(&self, alert: &AlertEvent) -> bool {
        let at = alert.at.as_micros() as f64 / 1e6;
        let same = |brand: &String| alert.series.get("query").is_some_and(|query| query.eq_ignore_ascii_case(brand));
        self.alert && self.brand.as_ref().is_some_and(same) && at >= self.onset && at <= self.end + AFTER_SECONDS
    }
}

/// How well alerts met events, overall or for one kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Injected events that ask for an alert.
    pub events: u64,
    /// Of them met by an alert of the fitting kind.
    pub found: u64,
    /// Alerts that opened.
    pub opened: u64,
    /// Of them about an event.
    pub right: u64,
    /// `right / opened`; 1 when none opened.
    pub precision: f64,
    /// `found / events`; 1 when there were none.
    pub recall: f64,
    /// Longest time from onset to the alert.
    pub delay_seconds_max: f64,
    /// Alerts opened per day of event time.
    pub alerts_per_day: f64,
}

/// One event and what was made of it.
#[derive(Debug, Clone, Serialize)]
pub struct Met {
    /// As the generator calls it.
    pub event: String,
    /// Its series.
    pub brand: String,
    /// Kind of the alert that met it.
    pub kind: Option<AlertKind>,
    /// From onset to the alert.
    pub delay_seconds: Option<f64>,
    /// Alerts opened about it; one is right.
    pub alerts: u64,
}

/// The judgement.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Overall.
    pub overall: Figures,
    /// By alert kind.
    pub kinds: BTreeMap<&'static str, Figures>,
    /// By event.
    pub events: Vec<Met>,
    /// Ids of alerts about nothing.
    pub false_alerts: Vec<String>,
}

/// Reads `truth.json`.
///
/// # Errors
/// When it cannot be read or is of another shape.
pub fn read(path: &Path) -> anyhow::Result<Truth> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a truth file of the generator", path.display()))
}

/// Holds the alerts that opened against the events.
#[must_use]
pub fn judge(truth: &Truth, alerts: &[AlertEvent]) -> Judged {
    let opened: Vec<&AlertEvent> = alerts.iter().filter(|alert| alert.state == AlertState::Opened).collect();
    let mut overall = Figures::default();
    let mut kinds: BTreeMap<&'static str, Figures> = BTreeMap::new();
    let mut events = Vec::new();
    let mut right = BTreeSet::new();
    for event in truth.events.iter().filter(|event| event.alert) {
        let about: Vec<&&AlertEvent> = opened.iter().filter(|alert| event.explains(alert)).collect();
        right.extend(about.iter().map(|alert| alert.alert_id.clone()));
        let fitting = about.iter().find(|alert| event.fitting() == Some(alert.kind));
        let delay = fitting.map(|alert| alert.at.as_micros() as f64 / 1e6 - event.onset);
        for figures in [&mut overall, kinds.entry(event.fitting().map_or("none", AlertKind::as_str)).or_default()] {
            figures.events += 1;
            figures.found += u64::from(fitting.is_some());
            figures.delay_seconds_max = figures.delay_seconds_max.max(delay.unwrap_or(0.0));
        }
        events.push(Met {
            event: event.kind.clone(),
            brand: event.brand.clone().unwrap_or_default(),
            kind: about.first().map(|alert| alert.kind),
            delay_seconds: delay,
            alerts: about.len() as u64,
        });
    }
    for alert in &opened {
        for figures in [&mut overall, kinds.entry(alert.kind.as_str()).or_default()] {
            figures.opened += 1;
            figures.right += u64::from(right.contains(&alert.alert_id));
        }
    }
    let days = ((truth.event_time[1] - truth.event_time[0]) / DAY_SECONDS).max(1e-9);
    for figures in kinds.values_mut().chain([&mut overall]) {
        figures.precision = ratio(figures.right, figures.opened);
        figures.recall = ratio(figures.found, figures.events);
        figures.alerts_per_day = figures.opened as f64 / days;
    }
    let is_false = |alert: &&&AlertEvent| !right.contains(&alert.alert_id);
    let false_alerts = opened.iter().filter(is_false).map(|alert| alert.alert_id.clone()).collect();
    Judged { overall, kinds, events, false_alerts }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
