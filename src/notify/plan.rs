//! Which alert events are told, and to which receivers. Pure, and bounded in memory.

use crate::alert::{AlertEvent, AlertState};
use crate::config::{Notify, Receiver};
use crate::route::Severity;
use std::collections::{BTreeMap, VecDeque};

/// Receivers under this name get the alerts of teams that have none of their own.
pub const DEFAULT_TEAM: &str = "default";

/// Alerts whose severity is remembered.
const ALERTS_MAX: usize = 10_000;

/// The receivers of `team`, or those of [`DEFAULT_TEAM`].
#[must_use]
pub fn receivers_of<'a>(config: &'a Notify, team: &str) -> &'a [Receiver] {
    let of = |name: &str| config.receivers.get(name).filter(|receivers| !receivers.is_empty());
    of(team).or_else(|| of(DEFAULT_TEAM)).map_or(&[], Vec::as_slice)
}

/// Those who are to be told of an event: the one channel that observes, else who is called now, else its team; of a
/// crisis also the team that runs it, and whoever has a role in it and receivers of their own. Each receiver once.
#[must_use]
pub fn told_of<'a>(config: &'a Notify, event: &AlertEvent) -> Vec<&'a Receiver> {
    if let Some(observer) = &config.observe {
        return receivers_of(config, observer).iter().collect();
    }
    let mut told: Vec<&Receiver> = receivers_of(config, party(event)).iter().collect();
    if let Some(crisis) = event.crisis.as_ref().filter(|_| event.escalation.is_none()) {
        let of_roles = crisis.roles.values().filter_map(|who| config.receivers.get(who)).flatten();
        for receiver in receivers_of(config, &crisis.team).iter().chain(of_roles) {
            if !told.contains(&receiver) {
                told.push(receiver);
            }
        }
    }
    told
}

/// Whose an event is: who is called now, where somebody is, else its team.
fn party(event: &AlertEvent) -> &str {
    event.escalation.as_ref().map_or(&event.team, |called| &called.party)
}

/// The event as the channel that observes gets it: it says whose it would be. None where nobody observes.
#[must_use]
pub fn observed(config: &Notify, event: &AlertEvent) -> Option<AlertEvent> {
    config.observe.as_ref()?;
    let headline = format!("[observing, for {}] {}", party(event), event.headline);
    Some(AlertEvent { headline, ..event.clone() })
}

/// Knows what was told of each alert, to tell an escalation from an ordinary update.
#[derive(Debug, Default)]
pub struct Planner {
    told: BTreeMap<String, Severity>,
    oldest_first: VecDeque<String>,
}

impl Planner {
    /// Whether people are told of `event`: opened, reopened, resolved and withdrawn always; updated when it is more
    /// severe than what was told, when the next of its path is called, or when that is not known (after a restart: rather
    /// twice than never). What is suppressed never.
    #[must_use]
    pub fn is_told(&self, event: &AlertEvent) -> bool {
        if event.suppressed.is_some() {
            return false;
        }
        match event.state {
            AlertState::Updated if event.late || event.escalation.is_some() => true,
            AlertState::Updated => self.told.get(&event.alert_id).is_none_or(|told| event.severity < *told),
            AlertState::Opened | AlertState::Reopened | AlertState::Resolved | AlertState::Withdrawn => true,
        }
    }

    /// People were told of `event`.
    pub fn told(&mut self, event: &AlertEvent) {
        if self.told.insert(event.alert_id.clone(), event.severity).is_some() {
            return;
        }
        self.oldest_first.push_back(event.alert_id.clone());
        if self.oldest_first.len() > ALERTS_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.told.remove(&oldest);
        }
    }
}
