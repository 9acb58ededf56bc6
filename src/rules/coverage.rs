//! What of a pack no test shows: queries, triggers, rows, approved wordings and alerts' settings.
//!
//! Only compares; whoever runs the tests says what they came to ([`Covered`]).

use super::checks::{Asked, Check, CrisisAsked};
use super::problem::{Finding, Problem};
use super::sheet::{Kind, Sheet};
use super::{Condition, Pack, Row, reread};
use crate::alert::AlertKind;
use crate::query::lint::Severity as Lint;
use std::collections::BTreeSet;

/// What the tests of a pack came to, all of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Triggers that fired.
    pub fired: BTreeSet<String>,
    /// Triggers that did not fire for an item that was routed.
    pub quiet: BTreeSet<String>,
    /// Rows of the matrix that decided.
    pub rows: BTreeSet<String>,
    /// Wordings that were suggested.
    pub replies: BTreeSet<String>,
}

/// What no test of the pack shows, in the order of files and lines.
#[must_use]
pub fn untested(pack: &Pack, covered: &Covered) -> Vec<Finding> {
    let sheet = Sheet::default();
    reread(pack, &sheet, |_| true, |_| ());
    let mut found = Vec::new();
    let mut miss = |kind: Kind, id: &str, message: String, fix: &str| {
        let Some(place) = sheet.place(kind, id) else { return };
        let problem = Problem { message, suggestion: Some(fix.to_owned()), ..place };
        found.push(Finding { problem, code: "untested", severity: Lint::Error });
    };
    // what ends within three days is tested by whoever looks at it
    let is_overlay = |id: &str| pack.overlay.iter().any(|entry| entry.defines(id));
    for query in pack.queries.iter().filter(|query| !is_overlay(&query.id)) {
        let hit = pack.cases.iter().any(|case| case.expect.hits.contains(&query.id));
        let missed = pack.cases.iter().any(|case| case.expect.misses.contains(&query.id));
        if !(hit && missed) {
            let lacks = if hit { "does not match" } else { "matches" };
            let message = format!("query \"{}\" has no test that it {lacks}", query.id);
            miss(Kind::Query, &query.id, message, "add tests with \"match\" and with \"no_match\" of it");
        }
    }
    for trigger in &pack.intents.triggers {
        let id = &trigger.id;
        if !covered.fired.contains(id) {
            miss(Kind::Trigger, id, format!("trigger \"{id}\" fires in no test"), "add a test in which it fires");
        } else if !covered.quiet.contains(id) {
            miss(Kind::Trigger, id, format!("trigger \"{id}\" fires in every test"), "add one in which it does not");
        }
    }
    for row in pack.matrix.rows.iter().filter(|row| !covered.rows.contains(&row.id)) {
        miss(Kind::Row, &row.id, format!("row \"{}\" is reached by no test", row.id), "add a test that reaches it");
    }
    for row in pack.matrix.rows.iter().filter(|row| covered.rows.contains(&row.id) && !is_left(pack, row, covered)) {
        let message = format!("no test of \"{}\" goes past row \"{}\"", row.intent, row.id);
        miss(Kind::Row, &row.id, message, "add a test that fails its condition and reaches another row");
    }
    let of_alerts: BTreeSet<&str> = pack.alerts_tested().map(|(_, _, reply)| reply).collect();
    for reply in &pack.replies.list {
        if !covered.replies.contains(&reply.id) && !of_alerts.contains(reply.id.as_str()) {
            let message = format!("reply \"{}\" is suggested by no test", reply.id);
            miss(Kind::Reply, &reply.id, message, "add a test that expects \"reply\"");
        }
    }
    for raise in &pack.intents.raises {
        let fires = |check: &Check| match &check.about {
            Asked::Raise(asked) => asked.raised(pack).1.iter().any(|one| one.id == raise.id),
            Asked::Alert(_) | Asked::Hours(_) => false,
        };
        if !pack.checks.iter().any(fires) {
            let message = format!("rule \"{}\" raises nothing in any test", raise.id);
            miss(
                Kind::Raise,
                &raise.id,
                message,
                "add \"- {name: …, raise: {intent: …, severity: S3, …}, expect: …}\"",
            );
        }
    }
    found.extend(untested_alerts(pack));
    found.extend(untested_crisis(pack));
    found.sort();
    found
}

/// Whether an item of the row's intent was seen to go elsewhere; a row without a condition cannot be passed.
fn is_left(pack: &Pack, row: &Row, covered: &Covered) -> bool {
    let others = pack.matrix.rows.iter().filter(|other| other.intent == row.intent && other.id != row.id);
    row.when == Condition::default() || { others }.any(|other| covered.rows.contains(&other.id))
}

fn untested_alerts(pack: &Pack) -> Vec<Finding> {
    let is_tested = |kind: Option<AlertKind>, query: Option<&str>| {
        pack.alerts_tested().any(|(one, of, _)| kind.is_none_or(|kind| kind == one) && (query.is_none() || query == of))
    };
    let kinds = pack.alerts.kinds.iter().filter(|(kind, _)| !is_tested(Some(**kind), None));
    let of_kinds = kinds.map(|(kind, patch)| (format!("alerts of kind {}", kind.as_str()), patch));
    let overrides = pack.alerts.overrides.iter().filter(|over| !is_tested(over.kind, Some(&over.query)));
    let of_queries = overrides.map(|over| (format!("alerts of \"{}\"", over.query), &over.patch));
    let finding = |(what, patch): (String, &super::AlertPatch)| {
        let message = format!("no test says what holds of {what}");
        let fix = "add \"- {name: …, alert: {kind: …, query: …}, expect: {…}}\" to the tests".to_owned();
        let problem = Problem { message, suggestion: Some(fix), ..patch.place.clone()? };
        Some(Finding { problem, code: "untested", severity: Lint::Error })
    };
    of_kinds.chain(of_queries).filter_map(finding).collect()
}

/// A protocol of which no test shows that it opens.
fn untested_crisis(pack: &Pack) -> Option<Finding> {
    let crisis = pack.alerts.crisis.as_ref()?;
    let is_of_one = |check: &Check| match &check.about {
        Asked::Alert(asked) => asked.crisis.as_ref().is_some_and(CrisisAsked::is_of_one),
        Asked::Hours(_) | Asked::Raise(_) => false,
    };
    if pack.checks.iter().any(is_of_one) {
        return None;
    }
    let message = "no test says what holds of a crisis".to_owned();
    let fix =
        "add \"- {name: …, alert: {kind: …, severity: S1}, expect: {crisis: {team: …}}}\" to the tests".to_owned();
    let problem = Problem { message, suggestion: Some(fix), ..crisis.place.clone() };
    Some(Finding { problem, code: "untested", severity: Lint::Error })
}

impl Pack {
    /// Kind, query and expected wording of every test of an alert.
    fn alerts_tested(&self) -> impl Iterator<Item = (AlertKind, Option<&str>, &str)> {
        self.checks.iter().filter_map(|check| match &check.about {
            Asked::Alert(asked) => Some((asked.kind, asked.query.as_deref(), asked.reply.as_deref().unwrap_or("none"))),
            Asked::Hours(_) | Asked::Raise(_) => None,
        })
    }
}
