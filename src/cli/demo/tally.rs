//! Keeps the books of the day: what the outputs of the topics add up to. Reads what consumers read, nothing else.

use super::render::{Incident, Summary, TeamLoad, Tickets, next_steps};
use super::world::World;
use crate::alert::AlertEvent;
use crate::log::Record;
use crate::pipeline::{FollowUpAction, Outcome};
use crate::route::{Severity, TicketAction};
use crate::service::local::LocalPipeline;
use crate::wire::{FOLLOW_UP_TYPE, ITEM_TYPE};
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Texts kept, so that examples can be shown: a few hours of them.
const TEXTS_MAX: usize = 8_192;

/// What has come out so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    outcomes: BTreeMap<String, u64>,
    items: u64,
    dead_letter_reasons: BTreeMap<String, u64>,
    by_team: BTreeMap<String, TeamLoad>,
    noise_kinds: BTreeMap<String, u64>,
    /// By incident id.
    incidents: BTreeMap<String, Incident>,
    tickets: Tickets,
    cases: BTreeSet<String>,
    /// Cases of the items that wait for watch.
    waiting: BTreeMap<String, String>,
    /// Of public mentions, by mention id.
    texts: BTreeMap<String, String>,
    /// Their ids, the oldest first.
    order: VecDeque<String>,
}

/// What is read of a value on a public topic.
#[derive(Debug, Deserialize)]
struct Value {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    item_id: String,
    route: Option<Route>,
    ticket: Option<Ticket>,
    action: Option<FollowUpAction>,
    noise: Option<String>,
    incident_id: Option<String>,
    mention: Option<Mention>,
}

#[derive(Debug, Deserialize)]
struct Mention {
    mention_id: String,
    #[serde(default)]
    text: String,
}

#[derive(Debug, Deserialize)]
struct Route {
    team: String,
    case_id: String,
    severity: Severity,
}

#[derive(Debug, Deserialize)]
struct Ticket {
    action: TicketAction,
}

impl Tally {
    /// Reads what came out since the last time.
    pub(super) fn read(
        &mut self,
        outputs: &BTreeMap<String, Vec<Record>>,
        alerts: &[AlertEvent],
    ) -> anyhow::Result<()> {
        for alert in alerts.iter().filter(|alert| alert.suppressed.is_none()) {
            let known = self.incidents.entry(alert.incident_id.clone());
            known.and_modify(|incident| incident.follow(alert)).or_insert_with(|| Incident::of(alert));
        }
        for (topic, records) in outputs {
            let routed = topic.contains(".routed.");
            for record in records.iter().filter(|_| routed || topic.ends_with(".mentions")) {
                let value: Value = serde_json::from_slice(record.value.as_deref().unwrap_or_default())
                    .with_context(|| format!("a value on {topic} is not as documented"))?;
                if routed { self.routed(value) } else { self.mention(value) }
            }
        }
        Ok(())
    }

    /// Texts of the examples of an alert, those that are still known.
    pub(super) fn examples(&self, alert: &AlertEvent) -> Vec<&str> {
        alert.examples.iter().filter_map(|id| self.texts.get(id).map(String::as_str)).collect()
    }

    fn mention(&mut self, value: Value) {
        if let Some(kind) = value.noise {
            // what nobody needs to see, our own voice included, is no example either
            *self.noise_kinds.entry(kind).or_default() += 1;
        } else if let Some(mention) = value.mention {
            self.remember(mention);
        }
    }

    fn remember(&mut self, Mention { mention_id, text }: Mention) {
        if self.texts.insert(mention_id.clone(), text).is_none() {
            self.order.push_back(mention_id);
        }
        if self.order.len() > TEXTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.texts.remove(&oldest);
        }
    }

    fn routed(&mut self, value: Value) {
        match (value.kind.as_str(), value.route, value.ticket) {
            (ITEM_TYPE, Some(route), Some(ticket)) => {
                let load = self.by_team.entry(route.team).or_default();
                load.items += 1;
                load.s1 += u64::from(route.severity == Severity::S1);
                load.s2 += u64::from(route.severity == Severity::S2);
                match ticket.action {
                    TicketAction::Upsert => self.ticket(route.case_id),
                    TicketAction::Pending => {
                        self.tickets.pending += 1;
                        self.waiting.insert(value.item_id, route.case_id);
                    }
                    TicketAction::None => {}
                }
            }
            (FOLLOW_UP_TYPE, ..) => {
                let case = self.waiting.remove(&value.item_id);
                match (value.action, case) {
                    (Some(FollowUpAction::Attach), _) => self.attached(value.incident_id),
                    (Some(FollowUpAction::Release), Some(case)) => self.ticket(case),
                    _ => {}
                }
            }
            // alerts stand on the topic of their team too
            _ => {}
        }
    }

    fn attached(&mut self, incident_id: Option<String>) {
        self.tickets.attached += 1;
        if let Some(incident) = incident_id.and_then(|id| self.incidents.get_mut(&id)) {
            incident.attached += 1;
        }
    }

    fn ticket(&mut self, case: String) {
        self.tickets.upsert += 1;
        self.cases.insert(case);
    }

    /// Takes the committed counts over.
    pub(super) fn count(&mut self, pipeline: &LocalPipeline) {
        let (outcomes, reasons) = pipeline.counts();
        self.items = outcomes.total();
        self.outcomes = Outcome::ALL.iter().map(|one| (one.as_str().to_owned(), outcomes.get(*one))).collect();
        self.dead_letter_reasons = reasons;
    }

    /// What is told at the end.
    pub(super) fn summary(self, records: usize, took: Duration, world: &World) -> Summary {
        let mut incidents: Vec<Incident> = self.incidents.into_values().collect();
        incidents.sort_by(|a, b| a.onset.cmp(&b.onset).then(a.title.cmp(&b.title)));
        #[allow(clippy::cast_precision_loss)] // a day
        let event_seconds = (world.end.as_seconds() - world.start.as_seconds()) as f64;
        let mut summary = Summary {
            records: records as u64,
            items: self.items,
            outcomes: self.outcomes,
            by_team: self.by_team,
            noise_kinds: self.noise_kinds,
            dead_letter_reasons: self.dead_letter_reasons,
            incidents,
            truth: world.truth.clone(),
            tickets: Tickets { cases: self.cases.len() as u64, ..self.tickets },
            next_steps: Vec::new(),
            wall_seconds: took.as_secs_f64(),
            event_seconds,
        };
        summary.next_steps = next_steps(&summary);
        summary
    }
}
