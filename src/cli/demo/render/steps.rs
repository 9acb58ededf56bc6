//! What an operator would do next, from what the summary says.

use super::page::{clock, thousands};
use super::{Incident, Summary, TeamLoad};
use crate::alert::{AlertKind, AlertState};

/// Alerts advised on.
const ALERTS_MAX: usize = 6;
/// Teams whose queues are named.
const TEAMS_MAX: usize = 4;

/// Alerts by severity, open ones first; then the queues in which something urgent waits; then what could not be read.
#[must_use]
pub fn next_steps(summary: &Summary) -> Vec<String> {
    let mut alerts: Vec<&Incident> =
        summary.incidents.iter().filter(|incident| incident.state != AlertState::Withdrawn).collect();
    alerts.sort_by_key(|incident| (incident.is_over(), incident.severity, incident.onset));
    let mut steps: Vec<String> = alerts.iter().take(ALERTS_MAX).map(|incident| advice(incident)).collect();
    let mut queues: Vec<(&String, &TeamLoad)> =
        summary.by_team.iter().filter(|(_, load)| load.s1 + load.s2 > 0).collect();
    queues.sort_by(|(a, x), (b, y)| (y.s1, y.s2).cmp(&(x.s1, x.s2)).then(a.cmp(b)));
    steps.extend(queues.iter().take(TEAMS_MAX).map(|(team, load)| queue(team, load)));
    let dead: u64 = summary.dead_letter_reasons.values().sum();
    if dead > 0 {
        steps.push(format!(
            "platform: {} records could not be read; they wait untouched on social.dead-letter, with the reason",
            thousands(dead)
        ));
    }
    steps
}

fn queue(team: &str, load: &TeamLoad) -> String {
    let count = |count: u64, severity: &str| (count > 0).then(|| format!("{} {severity}", thousands(count)));
    let urgent: Vec<String> = [count(load.s1, "S1"), count(load.s2, "S2")].into_iter().flatten().collect();
    format!("{team}: {} before the other items on social.routed.{team}", urgent.join(" and "))
}

fn advice(incident: &Incident) -> String {
    let Incident { title, team, attached, onset, .. } = incident;
    let what = match incident.kind {
        AlertKind::Outage if incident.is_over() => {
            format!("tell people that it is over and answer the {} reports attached to it", thousands(*attached))
        }
        AlertKind::Outage => "confirm it, post the approved line on the status page".to_owned(),
        AlertKind::Viral => "read the thread, agree on one answer or on none".to_owned(),
        AlertKind::SentimentShift => {
            format!("read a sample of the negative posts since {}, find what changed", clock(*onset))
        }
        AlertKind::Amplification => "do not answer the copies, report the accounts".to_owned(),
        AlertKind::Emerging | AlertKind::Spike => "read the examples, decide whether it is yours".to_owned(),
        AlertKind::SilentSource => "check the collector of the silent source".to_owned(),
    };
    format!("{team}: {what} ({title})")
}
