//! The work on items as metrics: what `groundswell report week` says of a period, counted while it happens.
//!
//! Labels are of the pack: its teams, its intents, tiers and severities. What each means stands in `case::Measure`;
//! which query gives which figure of the report, in the README.

use super::metrics::{counters, registered};
use crate::case::{Measure, Measured};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Registry};

/// Upper bounds of how long an answer takes, seconds: a minute to a week. The hour is a target.
const ANSWER_SECONDS: [f64; 12] =
    [60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0, 345_600.0, 604_800.0];
/// Ratings of 1 to 5; who gives more than 3.99 is satisfied.
const RATINGS: [f64; 6] = [1.0, 2.0, 3.0, 3.99, 4.0, 5.0];

/// Counts of the work on items.
pub(super) struct WorkMetrics {
    arrived: IntCounterVec,
    tagged: IntCounterVec,
    taken_up: IntCounterVec,
    rerouted: IntCounterVec,
    claimed: IntCounterVec,
    responses: IntCounterVec,
    first_response: HistogramVec,
    escalated: IntCounterVec,
    resolved: IntCounterVec,
    handling: HistogramVec,
    reopened: IntCounterVec,
    ratings: HistogramVec,
}

impl WorkMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name: &str, help: &str, labels: &[&str]| counters(registry, name, help, labels);
        let spread = |name: &str, help: &str, labels: &[&str], bounds: &[f64]| {
            let opts = HistogramOpts::new(name, help).buckets(bounds.to_vec());
            registered(registry, HistogramVec::new(opts, labels)?)
        };
        let owner = ["intent", "team"];
        Ok(Self {
            arrived: count("queue_items_total", "Items that came to a queue.", &["team", "tier", "severity"])?,
            tagged: count("intent_feedback_total", "Words on an item's intent.", &["decided", "said", "agrees"])?,
            taken_up: count("taken_up_items_total", "Items that somebody took up.", &["team"])?,
            rerouted: count("rerouted_items_total", "Items that somebody gave to another team.", &["team"])?,
            claimed: count("claimed_items_total", "Items that somebody claimed.", &["team"])?,
            responses: count(
                "responses_total",
                "Tickets answered in time, or late: answered after they were due, or overdue.",
                &["intent", "team", "result"],
            )?,
            first_response: spread(
                "first_response_seconds",
                "From the post to the answer of its ticket.",
                &owner,
                &ANSWER_SECONDS,
            )?,
            escalated: count("escalated_items_total", "Items of which the next of the path was told.", &owner)?,
            resolved: count("resolved_items_total", "Items resolved, claimed before or not.", &["team", "claimed"])?,
            handling: spread(
                "handling_seconds",
                "From the first claim to the first resolution.",
                &["team"],
                &ANSWER_SECONDS,
            )?,
            reopened: count("reopened_items_total", "Items reopened after they were resolved.", &["team"])?,
            ratings: spread("csat_rating", "How content customers are, 1 to 5.", &["team"], &RATINGS)?,
        })
    }

    pub(super) fn measure(&self, Measured { team, intent, what }: &Measured) {
        let (team, intent) = (team.as_str(), intent.as_str());
        let responded = |result| self.responses.with_label_values(&[intent, team, result]).inc();
        match what {
            Measure::Arrived { tier, severity } => {
                self.arrived.with_label_values(&[team, tier.as_str(), severity.as_str()]).inc();
            }
            Measure::Tagged { said } => {
                let agrees = if said == intent { "yes" } else { "no" };
                self.tagged.with_label_values(&[intent, said, agrees]).inc();
            }
            Measure::TakenUp => self.taken_up.with_label_values(&[team]).inc(),
            Measure::Rerouted => self.rerouted.with_label_values(&[team]).inc(),
            Measure::Claimed => self.claimed.with_label_values(&[team]).inc(),
            Measure::Answered { after_micros, in_time } => {
                self.first_response.with_label_values(&[intent, team]).observe(seconds(*after_micros));
                if let Some(in_time) = in_time {
                    responded(if *in_time { "in_time" } else { "late" });
                }
            }
            Measure::Overdue => responded("late"),
            Measure::Escalated => self.escalated.with_label_values(&[intent, team]).inc(),
            Measure::Resolved { claimed_for_micros } => {
                let claimed = if claimed_for_micros.is_some() { "yes" } else { "no" };
                self.resolved.with_label_values(&[team, claimed]).inc();
                if let Some(micros) = claimed_for_micros {
                    self.handling.with_label_values(&[team]).observe(seconds(*micros));
                }
            }
            Measure::Reopened => self.reopened.with_label_values(&[team]).inc(),
            Measure::Rated { percent } => {
                self.ratings.with_label_values(&[team]).observe(*percent as f64 / 100.0);
            }
        }
    }
}

fn seconds(micros: i64) -> f64 {
    micros.max(0) as f64 / 1e6
}
