//! The matrix: intent × condition → owner, answer, handoff, path, tier, approvals, clocks.

mod inherit;

use super::approvals::{self, Approval};
use super::condition::{self, Condition};
use super::fields::Fields;
use super::intents::{NO_INTENT, TIERS};
use super::problem::Problem;
use super::sheet::{Ctx, Kind};
use super::yaml::Place;
use crate::route::Tier;

/// Rows in order; the first whose intent and condition hold decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// How long an approval may take where it does not say, seconds.
    pub approve_seconds: i64,
}

impl Default for Matrix {
    /// Nobody owns anything; an approval may take an hour.
    fn default() -> Self {
        Self { rows: Vec::new(), approve_seconds: 3_600 }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name in decision records.
    pub id: String,
    /// For which intent; `none` is the catch-all.
    pub intent: String,
    /// When, besides.
    pub when: Condition,
    /// Who owns it.
    pub team: String,
    /// What the public answer is to do.
    pub public_response: String,
    /// Where the conversation moves in private.
    pub private_handoff: String,
    /// What kind of ticket it is.
    pub ticket: String,
    /// Who is next, in order: teams or contacts.
    pub path: Vec<String>,
    /// How much a machine may do.
    pub tier: Tier,
    /// Who must approve a public answer.
    pub approvals: Vec<Approval>,
    /// When an answer is due.
    pub respond: Clock,
    /// When it should be over, seconds after the event.
    pub resolve_seconds: i64,
    /// Comes in crowds: the ticket waits for watch.
    pub crowd: bool,
    /// Where it stands.
    pub(super) place: Problem,
    /// Where its path stands.
    pub(super) path_place: Problem,
}

/// Response times in seconds after the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// S1, at any hour.
    pub crisis_seconds: i64,
    /// S2, at any hour.
    pub urgent_seconds: i64,
    /// Else, in the owner's business hours.
    pub business_seconds: i64,
    /// Else, outside them.
    pub outside_seconds: i64,
}

impl Default for Clock {
    /// 15 min, 30 min, 1 h, 4 h: the operations playbook.
    fn default() -> Self {
        Self { crisis_seconds: 900, urgent_seconds: 1800, business_seconds: 3600, outside_seconds: 14_400 }
    }
}

#[derive(Clone, Copy)]
struct Defaults {
    respond: Clock,
    resolve_seconds: i64,
}

pub(super) fn read(fields: &Fields<'_>) -> Matrix {
    let mut approve_seconds = Matrix::default().approve_seconds;
    let mut defaults = Defaults { respond: Clock::default(), resolve_seconds: 172_800 };
    if let Some(table) = fields.map("defaults", "defaults", &["respond", "resolve", "approve"]) {
        defaults.respond = read_clock(&table, defaults.respond);
        defaults.resolve_seconds = table.duration("resolve").unwrap_or(defaults.resolve_seconds);
        approve_seconds = table.duration("approve").unwrap_or(approve_seconds);
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for entries in inherit::resolved(fields) {
        let Some(row) = read_row(fields.ctx, &entries, defaults) else { continue };
        let same = rows.iter().find(|other| other.intent == row.intent && other.when == row.when);
        let earlier = if open.contains(&row.intent) {
            Some(format!("an earlier row takes every \"{}\"", row.intent))
        } else {
            same.map(|other| format!("row \"{}\" has the same condition", other.id))
        };
        if let Some(earlier) = earlier {
            let message = format!("row \"{}\" is never reached: {earlier}", row.id);
            fields.ctx.problem(entries.at, message, "put it before that row, or remove it".to_owned());
        }
        if row.when == Condition::default() {
            open.push(row.intent.clone());
        }
        rows.push(row);
    }
    if !open.iter().any(|intent| intent == NO_INTENT) {
        let at = fields.entries().find(|(k, _)| k.name == "rows").map_or(Place::TOP, |(k, _)| k.at);
        let message = "the matrix has no catch-all: a row of intent \"none\" without a condition";
        fields.ctx.problem(
            at,
            message,
            "add \"- {id: other, intent: none, team: support, …}\" as the last row".to_owned(),
        );
    }
    Matrix { rows, approve_seconds }
}

fn read_clock(parent: &Fields<'_>, default: Clock) -> Clock {
    let keys = ["crisis", "urgent", "business", "outside"];
    let Some(fields) = parent.map("respond", "respond", &keys) else { return default };
    Clock {
        crisis_seconds: fields.duration("crisis").unwrap_or(default.crisis_seconds),
        urgent_seconds: fields.duration("urgent").unwrap_or(default.urgent_seconds),
        business_seconds: fields.duration("business").unwrap_or(default.business_seconds),
        outside_seconds: fields.duration("outside").unwrap_or(default.outside_seconds),
    }
}

const ROW_KEYS: [&str; 15] = [
    "id",
    "like",
    "about",
    "intent",
    "when",
    "team",
    "public_response",
    "private_handoff",
    "ticket",
    "path",
    "tier",
    "approvals",
    "respond",
    "resolve",
    "crowd",
];

fn read_row(ctx: Ctx<'_>, entries: &inherit::Entries, defaults: Defaults) -> Option<Row> {
    let fields = Fields::of_entries(ctx, entries.at, "a row", &entries.list);
    let id = fields.define(Kind::Row);
    fields.text_if("about");
    let intent = fields.word("intent");
    if let Some(word) = intent.as_ref().filter(|w| w.text != NO_INTENT) {
        ctx.refer(Kind::Intent, word.text, word.at);
    }
    let team = fields.reference("team", Kind::Team);
    let path = read_path(&fields);
    let row = Row {
        id: id.unwrap_or_default(),
        intent: intent.map(|w| w.text.to_owned()).unwrap_or_default(),
        when: condition::read(&fields),
        team: team.unwrap_or_default(),
        public_response: fields.text("public_response").unwrap_or_default(),
        private_handoff: fields.text("private_handoff").unwrap_or_default(),
        ticket: fields.text_if("ticket").unwrap_or_else(|| "ticket".to_owned()),
        path,
        tier: fields.choice("tier", &TIERS).unwrap_or(Tier::Assisted),
        approvals: approvals::read(&fields),
        respond: read_clock(&fields, defaults.respond),
        resolve_seconds: fields.duration("resolve").unwrap_or(defaults.resolve_seconds),
        crowd: fields.flag("crowd").unwrap_or(false),
        place: ctx.blank(entries.at),
        path_place: ctx.blank(fields.node("path").map_or(entries.at, |node| node.at)),
    };
    Some(row).filter(|r| !r.intent.is_empty())
}

/// A path must name somebody.
fn read_path(fields: &Fields<'_>) -> Vec<String> {
    let path = fields.references("path", Kind::Party);
    if path.is_empty() {
        let at = fields.node("path").map_or(fields.at, |node| node.at);
        let message = "the path names nobody: who is next when the clock runs out?";
        fields.ctx.problem(at, message, "write path: [a team or contact of teams.yaml]".to_owned());
    }
    path
}
