//! Everything that is known of items and alerts, by their ids, whatever order it was read in.

use super::voice::Voiced;
use crate::alert::AlertEvent;
use crate::case::{Said, SaidKind};
use crate::mention::Timestamp;
use crate::route::{ApprovalDue, Severity, TicketAction, Tier};
use std::collections::{BTreeMap, BTreeSet};

/// Microseconds before and after a response in which the mood is looked at.
const AROUND_MICROS: i64 = 1_800_000_000;

/// An item as it was routed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagged {
    /// The item.
    pub item_id: String,
    /// Its revision.
    pub revision: u64,
    /// When it was posted.
    pub at: Timestamp,
    /// The owner.
    pub team: String,
    /// The intent that owns it.
    pub intent: String,
    /// How severe.
    pub severity: Severity,
    /// How much a machine may do.
    pub tier: Tier,
    /// What the ticketing system was told.
    pub action: TicketAction,
    /// Its case.
    pub case_id: String,
    /// When an answer is due.
    pub respond_by: Timestamp,
    /// Its thread.
    pub thread: String,
    /// Whose word a public answer needs.
    pub approvals: Vec<ApprovalDue>,
}

/// A follow-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The item.
    pub item_id: String,
    /// Higher than the item's.
    pub revision: u64,
    /// Why it calls somebody; none where it calls nobody.
    pub called: Option<Called>,
    /// What the ticketing system is told now.
    pub action: Option<TicketAction>,
    /// The incident it belongs to now.
    pub incident_id: Option<String>,
}

/// Why a follow-up calls somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// Nobody has answered: the next of the path.
    Unanswered,
    /// Time has made the issue more severe: its owner.
    Raised,
    /// An approval did not come: the deputy.
    Deputy,
}

/// A mention, for the mood around a response.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// When it was posted.
    pub at: Timestamp,
    /// Its thread.
    pub thread: String,
    /// Queries that matched.
    pub queries: Vec<String>,
    /// Its sentiment × 100; none where it was not scored.
    pub sentiment_percent: Option<i64>,
    /// It is noise.
    pub noise: bool,
}

/// One item with all that was said and decided about it.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// By revision: the first is how it was first assigned.
    pub(super) routed: BTreeMap<u64, Tagged>,
    pub(super) moved: BTreeMap<u64, Moved>,
    pub(super) said: BTreeMap<(Timestamp, String), Said>,
}

/// Mentions on one side of a response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) mentions: u64,
    pub(super) scored: u64,
    pub(super) sentiment_percent: i64,
}

/// A response that was published, and what was said around it.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) about: String,
    pub(super) at: Timestamp,
    pub(super) before: Side,
    pub(super) after: Side,
}

/// What stands in the topics.
#[derive(Debug, Default)]
pub struct Ledger {
    pub(super) works: BTreeMap<String, Work>,
    pub(super) noise: BTreeMap<String, Timestamp>,
    pub(super) alerts: BTreeMap<String, BTreeMap<(Timestamp, u64), AlertEvent>>,
    pub(super) said: BTreeSet<String>,
    /// By when it was published, and the feedback that told of it.
    pub(super) responses: BTreeMap<(Timestamp, String), Response>,
    /// By topic, brand and hour.
    pub(super) voices: BTreeMap<(String, String, Timestamp), Voiced>,
}

impl Ledger {
    /// An hour of a share of voice.
    pub fn voice(&mut self, voiced: Voiced) {
        let key = (voiced.topic.clone(), voiced.brand.clone(), voiced.hour);
        if self.voices.get(&key).is_none_or(|known| known.revision <= voiced.revision) {
            self.voices.insert(key, voiced);
        }
    }

    /// An item as it was routed. Of the same revision twice, one counts.
    pub fn route(&mut self, item: Tagged) {
        self.works.entry(item.item_id.clone()).or_default().routed.insert(item.revision, item);
    }

    /// An item that ended as noise.
    pub fn drop(&mut self, item_id: &str, at: Timestamp) {
        self.noise.entry(item_id.to_owned()).or_insert(at);
    }

    /// A follow-up.
    pub fn follow_up(&mut self, moved: Moved) {
        self.works.entry(moved.item_id.clone()).or_default().moved.insert(moved.revision, moved);
    }

    /// An event of an alert.
    pub fn alert(&mut self, event: AlertEvent) {
        let events = self.alerts.entry(event.alert_id.clone()).or_default();
        let order = u64::from(matches!(event.state, crate::alert::AlertState::Resolved));
        events.insert((event.at, order), event);
    }

    /// Feedback; the same twice counts once.
    pub fn say(&mut self, said: Said) {
        if !self.said.insert(said.feedback_id.clone()) {
            return;
        }
        if said.kind == SaidKind::ResponsePublished {
            let (before, after) = (Side::default(), Side::default());
            let response = Response { about: said.about.clone(), at: said.at, before, after };
            self.responses.insert((said.at, said.feedback_id.clone()), response);
        }
        self.works.entry(said.about.clone()).or_default().said.insert((said.at, said.feedback_id.clone()), said);
    }

    /// A mention; call it after everything else, for what is said around a response to be known.
    pub fn hear(&mut self, heard: &Heard) {
        if heard.noise {
            return;
        }
        let Self { works, alerts, responses, .. } = self;
        let micros = heard.at.as_micros();
        let first = (Timestamp::clamped(micros - AROUND_MICROS), String::new());
        for ((at, _), response) in responses.range_mut(first..) {
            let apart = micros - at.as_micros();
            if apart < -AROUND_MICROS {
                break;
            }
            if !is_of(&response.about, heard, works, alerts) {
                continue;
            }
            let side = if apart < 0 { &mut response.before } else { &mut response.after };
            side.mentions += 1;
            if let Some(percent) = heard.sentiment_percent {
                side.scored += 1;
                side.sentiment_percent += percent;
            }
        }
    }
}

/// What is said about an alert is what its query finds, about an item what stands in its thread.
fn is_of(
    about: &str,
    heard: &Heard,
    works: &BTreeMap<String, Work>,
    alerts: &BTreeMap<String, BTreeMap<(Timestamp, u64), AlertEvent>>,
) -> bool {
    if let Some(event) = alerts.get(about).and_then(|events| events.values().next()) {
        return event.series.get("query").is_some_and(|query| heard.queries.contains(query));
    }
    let work = works.get(about).and_then(|work| work.routed.values().next());
    work.is_some_and(|item| item.thread == heard.thread)
}
