//! When an intent counts, how severe it is to begin with, what raises it, and what is noise.

use super::approvals::{self, Approval};
use super::condition::{self, Condition, SEVERITIES};
use super::fields::Fields;
use super::raises;
use super::sheet::{Ctx, Kind};
use super::yaml::Node;
use crate::route::{Raise, Severity, Sign, Tier};
use std::collections::BTreeMap;

/// The intent of what matched and has none above its threshold: the catch-all.
pub const NO_INTENT: &str = "none";

/// The labels of the noise head that can be given a threshold.
pub const NOISE_LABELS: [&str; 4] = ["spam", "giveaway", "bot", "low_value"];

/// One intent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// As the model, a head or a trigger names it.
    pub id: String,
    /// Counts from this probability on, 0..1.
    pub threshold: f64,
    /// Before any trigger.
    pub severity: Severity,
}

/// What changes severity, tier or owner when its condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Its name in decision records.
    pub id: String,
    /// When it fires.
    pub when: Condition,
    /// At least this severe: for the intent it adds, else for those its condition names, else for all.
    pub severity: Option<Severity>,
    /// At least this tier.
    pub tier: Option<Tier>,
    /// Adds this intent, with certainty.
    pub intent: Option<String>,
    /// Teams told as well.
    pub also: Vec<String>,
    /// Who must approve a public answer.
    pub approvals: Vec<Approval>,
    /// Goes before the row's path.
    pub path: Vec<String>,
}

/// What no person needs to see.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NoiseRule {
    /// From which probability a label counts as noise; labels not named never do.
    pub thresholds: BTreeMap<String, f64>,
    /// Never noise when all intents but none together have at least this probability: what may be somebody's matter.
    pub unless_any_intent: Option<f64>,
    /// Never noise from this probability of a threat on.
    pub unless_threat: Option<f64>,
    /// Never noise when a trigger gives it to a person.
    pub unless_human: bool,
    /// Never noise when a part of it, read alone, is somebody's matter.
    pub unless_part: bool,
    /// Never noise when one of these queries matched: a complaint within a reply to a giveaway.
    pub unless_queries: Vec<String>,
}

/// Everything of `intents/`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intents {
    /// In the order of files and lines.
    pub list: Vec<Intent>,
    /// In the order of files and lines.
    pub triggers: Vec<Trigger>,
    /// What is noise.
    pub noise: NoiseRule,
    /// What time may raise the severity by, in the order of files and lines.
    pub raises: Vec<Raise>,
}

impl Intents {
    /// Whether it counts how threads grow.
    #[must_use]
    pub fn counts_threads(&self) -> bool {
        self.raises.iter().any(|raise| raise.sign == Sign::Thread)
    }

    /// How severe an issue of `severity` is with so many contacts, or posts in its threads, within so many seconds, and
    /// the rules that say so.
    #[must_use]
    pub fn raised(
        &self,
        intent: &str,
        severity: Severity,
        sign: Sign,
        count: u64,
        within_seconds: i64,
    ) -> (Severity, Vec<&Raise>) {
        let holds = |raise: &&Raise| raise.concerns(intent) && raise.holds(sign, count, within_seconds);
        let rules: Vec<&Raise> = self.raises.iter().filter(|raise| raise.severity < severity).filter(holds).collect();
        (rules.iter().map(|raise| raise.severity).fold(severity, Severity::min), rules)
    }

    /// The intent of that name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Intent> {
        self.list.iter().find(|intent| intent.id == id)
    }
}

pub(super) fn read(fields: &Fields<'_>, into: &mut Intents) {
    for node in fields.list("intents") {
        into.list.extend(read_intent(fields.ctx, node));
    }
    for node in fields.list("triggers") {
        into.triggers.extend(read_trigger(fields.ctx, node));
    }
    raises::read(fields, &mut into.raises);
    if let Some(node) = fields.node("noise") {
        if into.noise != NoiseRule::default() {
            fields.ctx.problem(node.at, "\"noise\" stands in two files", "keep one of them".to_owned());
        }
        into.noise = read_noise(fields).unwrap_or_default();
    }
}

fn read_intent(ctx: Ctx<'_>, node: &Node) -> Option<Intent> {
    let fields = Fields::open(ctx, node, "an intent", &["id", "about", "threshold", "severity"])?;
    let id = fields.define(Kind::Intent);
    let threshold = fields.share("threshold").unwrap_or(0.5);
    let severity = fields.choice("severity", &SEVERITIES).unwrap_or(Severity::S4);
    fields.text_if("about");
    Some(Intent { id: id?, threshold, severity })
}

/// The three tiers by name.
pub(super) const TIERS: [(&str, Tier); 3] =
    [("automatic", Tier::Automatic), ("assisted", Tier::Assisted), ("human", Tier::Human)];

fn read_trigger(ctx: Ctx<'_>, node: &Node) -> Option<Trigger> {
    let keys = ["id", "about", "when", "severity", "tier", "intent", "also", "approvals", "path"];
    let fields = Fields::open(ctx, node, "a trigger", &keys)?;
    let id = fields.define(Kind::Trigger);
    fields.text_if("about");
    let trigger = Trigger {
        id: id.unwrap_or_default(),
        when: condition::read(&fields),
        severity: fields.choice("severity", &SEVERITIES),
        tier: fields.choice("tier", &TIERS),
        intent: fields.reference_if("intent", Kind::Intent),
        also: fields.references("also", Kind::Team),
        approvals: approvals::read(&fields),
        path: fields.references("path", Kind::Party),
    };
    if fields.node("when").is_none() {
        ctx.problem(fields.at, "a trigger without a condition always fires", "add \"when: {…}\"".to_owned());
    }
    let asked_at = fields.node("when").map_or(fields.at, |node| node.at);
    if !trigger.when.severity.is_empty() {
        let message = "a trigger decides severity and cannot ask for it";
        ctx.problem(asked_at, message, "use \"severity\" in the conditions of matrix rows".to_owned());
    }
    if !trigger.when.triggers.is_empty() {
        let message = "a trigger cannot ask for other triggers";
        ctx.problem(asked_at, message, "use \"triggers\" in the conditions of matrix rows".to_owned());
    }
    Some(trigger).filter(|t| !t.id.is_empty())
}

fn read_noise(parent: &Fields<'_>) -> Option<NoiseRule> {
    let fields = parent.map("noise", "noise", &["spam", "giveaway", "bot", "low_value", "unless"])?;
    let mut rule = NoiseRule::default();
    for label in NOISE_LABELS {
        if let Some(threshold) = fields.share(label) {
            rule.thresholds.insert(label.to_owned(), threshold);
        }
    }
    if let Some(unless) = fields.map("unless", "unless", &["any_intent", "threat", "human", "part", "queries"]) {
        rule.unless_any_intent = unless.share("any_intent");
        rule.unless_threat = unless.share("threat");
        rule.unless_human = unless.flag("human").unwrap_or(false);
        rule.unless_part = unless.flag("part").unwrap_or(false);
        rule.unless_queries = unless.references("queries", Kind::Query);
    }
    Some(rule)
}
