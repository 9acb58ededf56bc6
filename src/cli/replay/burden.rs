//! The burden of alerts: who is called how often, and at which hour of their own day.
//!
//! A call is what people are told to look at: an alert that opens, opens again, or becomes more severe. The end of one
//! calls nobody, nor does what is suppressed.

use crate::alert::{AlertEvent, AlertState};
use crate::mention::Timestamp;
use crate::route::Severity;
use crate::rules::Pack;
use serde::Serialize;
use std::collections::BTreeMap;

const DAY_MICROS: i64 = 86_400_000_000;
/// Local hours in which only S1 and S2 may call: from 22 to 7.
const NIGHT: [std::ops::Range<u8>; 2] = [0..7, 22..24];

/// Calls of one team.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TeamBurden {
    /// All of them.
    pub calls: u64,
    /// By severity.
    pub severities: BTreeMap<&'static str, u64>,
    /// By hour of the team's own time zone, midnight first.
    pub hours: [u64; 24],
}

/// Calls of everybody.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Burden {
    /// Days of event time, at least one second of them.
    pub days: f64,
    /// All calls.
    pub calls: u64,
    /// Calls per day.
    pub calls_per_day: f64,
    /// Calls of the day (UTC) that had most.
    pub calls_per_day_most: u64,
    /// Of severity S1 or S2.
    pub urgent: u64,
    /// Less than S2, between 22 and 7 by the clock of the team.
    pub idle_at_night: u64,
    /// By team.
    pub teams: BTreeMap<String, TeamBurden>,
}

/// Counts the calls of alerts that came within a span of event time.
#[must_use]
pub fn burden(alerts: &[AlertEvent], span: Option<(Timestamp, Timestamp)>, pack: &Pack) -> Burden {
    let mut burden = Burden { days: days(span), ..Burden::default() };
    let (mut told, mut by_day) = (BTreeMap::new(), BTreeMap::new());
    for alert in alerts.iter().filter(|alert| alert.suppressed.is_none()) {
        let before = told.insert(&alert.alert_id, alert.severity);
        if !calls(alert, before) {
            continue;
        }
        let hour = pack.teams.get(&alert.team).map_or(0, |team| team.hours.hour(alert.at));
        let team = burden.teams.entry(alert.team.clone()).or_default();
        team.calls += 1;
        *team.severities.entry(alert.severity.as_str()).or_default() += 1;
        if let Some(count) = team.hours.get_mut(usize::from(hour)) {
            *count += 1;
        }
        burden.calls += 1;
        *by_day.entry(alert.at.as_micros().div_euclid(DAY_MICROS)).or_insert(0) += 1;
        let urgent = alert.severity <= Severity::S2;
        burden.urgent += u64::from(urgent);
        burden.idle_at_night += u64::from(!urgent && NIGHT.iter().any(|night| night.contains(&hour)));
    }
    burden.calls_per_day = burden.calls as f64 / burden.days;
    burden.calls_per_day_most = by_day.into_values().max().unwrap_or(0);
    burden
}

fn days(span: Option<(Timestamp, Timestamp)>) -> f64 {
    let micros = span.map_or(0, |(from, to)| to.as_micros().saturating_sub(from.as_micros()));
    (micros as f64 / DAY_MICROS as f64).max(1.0 / 86_400.0)
}

fn calls(alert: &AlertEvent, before: Option<Severity>) -> bool {
    match alert.state {
        AlertState::Opened | AlertState::Reopened => true,
        AlertState::Updated => alert.late || before.is_some_and(|before| alert.severity < before),
        AlertState::Resolved | AlertState::Withdrawn => false,
    }
}

impl Burden {
    /// For people: one line, and one for each team that was called.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = format!(
            "calls: {} in {:.1} days ({} of them S1 or S2, {} below S2 at night), at most {} on one day",
            self.calls, self.days, self.urgent, self.idle_at_night, self.calls_per_day_most
        );
        for (name, team) in &self.teams {
            let at = team.hours.iter().enumerate().filter(|(_, count)| **count > 0);
            let at: Vec<String> = at.map(|(hour, count)| format!("{hour:02}h {count}")).collect();
            let by: Vec<String> = team.severities.iter().map(|(name, count)| format!("{name} {count}")).collect();
            text.push_str(&format!("\n  {name}: {} ({}) at {}", team.calls, by.join(", "), at.join(", ")));
        }
        text
    }
}
