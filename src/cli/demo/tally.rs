//! Keeps the books of the day: what the outputs of the topics add up to. Reads what consumers read, nothing else.

use super::render::{Incident, Summary, Tickets, next_steps};
use super::world::World;
use crate::alert::AlertEvent;
use crate::log::Record;
use crate::pipeline::{FollowUpAction, Outcome};
use crate::route::TicketAction;
use crate::service::local::LocalPipeline;
use crate::wire::{FOLLOW_UP_TYPE, ITEM_TYPE};
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What has come out so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    outcomes: BTreeMap<String, u64>,
    items: u64,
    dead_letter_reasons: BTreeMap<String, u64>,
    by_team: BTreeMap<String, u64>,
    noise_kinds: BTreeMap<String, u64>,
    /// By alert id, in its last state.
    incidents: BTreeMap<String, Incident>,
    tickets: Tickets,
    cases: BTreeSet<String>,
    /// Cases of the items that wait for watch.
    waiting: BTreeMap<String, String>,
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
}

#[derive(Debug, Deserialize)]
struct Route {
    team: String,
    case_id: String,
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
        for (topic, records) in outputs {
            let routed = topic.contains(".routed.");
            for record in records.iter().filter(|_| routed || topic.ends_with(".mentions")) {
                let value: Value = serde_json::from_slice(record.value.as_deref().unwrap_or_default())
                    .with_context(|| format!("a value on {topic} is not as documented"))?;
                if routed { self.routed(value) } else { self.mention(value) }
            }
        }
        for alert in alerts {
            self.incidents.insert(alert.alert_id.clone(), Incident::of(alert));
        }
        Ok(())
    }

    fn mention(&mut self, value: Value) {
        if let Some(kind) = value.noise {
            *self.noise_kinds.entry(kind).or_default() += 1;
        }
    }

    fn routed(&mut self, value: Value) {
        match (value.kind.as_str(), value.route, value.ticket) {
            (ITEM_TYPE, Some(route), Some(ticket)) => {
                *self.by_team.entry(route.team).or_default() += 1;
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
                    (Some(FollowUpAction::Attach), _) => self.tickets.attached += 1,
                    (Some(FollowUpAction::Release), Some(case)) => self.ticket(case),
                    _ => {}
                }
            }
            // alerts stand on the topic of their team too
            _ => {}
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
        incidents.sort_by(|a, b| a.onset.cmp(&b.onset).then(a.headline.cmp(&b.headline)));
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
            tickets: Tickets { cases: self.cases.len() as u64, ..self.tickets },
            next_steps: Vec::new(),
            wall_seconds: took.as_secs_f64(),
            event_seconds,
        };
        summary.next_steps = next_steps(&summary);
        summary
    }
}
