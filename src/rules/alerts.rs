//! What an alert needs before it opens, who owns it and what follows, by kind and by query.

use super::condition::SEVERITIES;
use super::crisis::{self, Crisis};
use super::fields::Fields;
use super::groups::{self, Group};
use super::problem::Problem;
use super::replies::Reply;
use super::sheet::{Ctx, Kind};
use super::silences::{self, Silence};
use super::yaml::Node;
use crate::alert::AlertKind;
use crate::route::Severity;
use std::collections::BTreeMap;

/// Minimum effect and risk of the detector (DETECTION: all at once).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectSettings {
    /// Observed mentions in the window, at least.
    pub floor: u32,
    /// Observed / expected, at least.
    pub ratio: f64,
    /// Observed − expected, at least.
    pub excess: u32,
    /// Distinct authors, at least (the detector also asks for 0.3 of the observed).
    pub people: u32,
    /// Wished false alerts per series and week: where the risk of the statistic comes from.
    pub false_alerts_per_key_week: f64,
}

impl Default for DetectSettings {
    fn default() -> Self {
        Self { floor: 8, ratio: 2.0, excess: 6, people: 5, false_alerts_per_key_week: 0.1 }
    }
}

impl DetectSettings {
    /// The same where a patch says nothing else.
    #[must_use]
    pub(super) fn patched(self, patch: &AlertPatch) -> Self {
        Self {
            floor: patch.floor.unwrap_or(self.floor),
            ratio: patch.ratio.unwrap_or(self.ratio),
            excess: patch.excess.unwrap_or(self.excess),
            people: patch.people.unwrap_or(self.people),
            ..self
        }
    }

    /// The wished rate of false alerts as a risk per look, −log10 p, for a series that is looked at every
    /// `bucket_seconds` (looks overlap, so the true rate is lower).
    #[must_use]
    pub fn surprise(&self, bucket_seconds: u32) -> f64 {
        const WEEK_SECONDS: f64 = 604_800.0;
        let looks = WEEK_SECONDS / f64::from(bucket_seconds.max(1));
        libm::log10(looks / self.false_alerts_per_key_week).max(0.0)
    }
}

/// What one place of the pack says about alerts; `None` leaves it as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertPatch {
    /// Whether it opens at all.
    pub enabled: Option<bool>,
    /// Who owns it.
    pub team: Option<String>,
    /// How severe to begin with.
    pub severity: Option<Severity>,
    /// When someone must have taken it, seconds after opening.
    pub acknowledge_seconds: Option<i64>,
    /// Who is next, in order.
    pub path: Vec<String>,
    /// What happens when nobody takes it, in words.
    pub next_step: Option<String>,
    /// Id of the approved reply.
    pub reply: Option<String>,
    /// As in [`DetectSettings`].
    pub floor: Option<u32>,
    /// As in [`DetectSettings`].
    pub ratio: Option<f64>,
    /// As in [`DetectSettings`].
    pub excess: Option<u32>,
    /// As in [`DetectSettings`].
    pub people: Option<u32>,
    /// Where it stands: at its path, where it has one.
    pub(super) place: Option<Problem>,
}

/// A patch for the alerts of one query.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertOverride {
    /// The query.
    pub query: String,
    /// Only this kind, else all.
    pub kind: Option<AlertKind>,
    /// What is different.
    pub patch: AlertPatch,
}

/// Everything of `alerts/`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertRules {
    /// Who owns alerts that nothing else gives to somebody, and those of `--query`.
    pub team: Option<String>,
    /// Settings of every kind.
    pub detect: DetectSettings,
    /// By kind.
    pub kinds: BTreeMap<AlertKind, AlertPatch>,
    /// By query, in the order of files and lines.
    pub overrides: Vec<AlertOverride>,
    /// Queries that are held together, in the order of files and lines.
    pub groups: Vec<Group>,
    /// Silences and maintenance windows, in the order of files and lines.
    pub silences: Vec<Silence>,
    /// What follows when an alert is a crisis.
    pub crisis: Option<Crisis>,
}

/// What is to happen with an alert of one kind and query: everything resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// Whether it opens at all.
    pub enabled: bool,
    /// Who owns it; a team of the pack.
    pub team: String,
    /// How severe to begin with.
    pub severity: Severity,
    /// Minutes until someone must have taken it, at least 1; none where nobody is woken.
    pub ack_minutes: Option<i64>,
    /// Who is next, in order: teams or contacts.
    pub path: Vec<String>,
    /// What happens then, in words.
    pub next_step: Option<String>,
    /// Approved wording, while it is valid.
    pub reply: Option<Reply>,
    /// What it takes to open.
    pub detect: DetectSettings,
}

/// Every kind, with its name in packs.
pub(super) const KINDS: [(&str, AlertKind); 7] = [
    ("spike", AlertKind::Spike),
    ("outage", AlertKind::Outage),
    ("viral", AlertKind::Viral),
    ("sentiment_shift", AlertKind::SentimentShift),
    ("amplification", AlertKind::Amplification),
    ("emerging", AlertKind::Emerging),
    ("silent_source", AlertKind::SilentSource),
];

impl AlertRules {
    /// The patches that speak about a kind and a query, weakest first.
    pub(super) fn layers(&self, kind: impl Into<Option<AlertKind>>, query: &str) -> impl Iterator<Item = &AlertPatch> {
        let kind = kind.into();
        let by_kind = kind.and_then(|kind| self.kinds.get(&kind)).into_iter();
        let concerns = move |o: &&AlertOverride| o.query == query && (o.kind.is_none() || o.kind == kind);
        by_kind.chain(self.overrides.iter().filter(concerns).map(|o| &o.patch))
    }

    /// What it takes for an alert of this query, and of this kind where it is known, to open.
    #[must_use]
    pub fn detect_for(&self, kind: Option<AlertKind>, query: &str) -> DetectSettings {
        self.layers(kind, query).fold(self.detect, DetectSettings::patched)
    }
}

/// The severity of a kind where the pack is silent.
pub(super) fn usual_severity(kind: AlertKind) -> Severity {
    match kind {
        AlertKind::Outage | AlertKind::Viral => Severity::S2,
        AlertKind::Amplification => Severity::S4,
        _ => Severity::S3,
    }
}

/// Seconds to acknowledge where the pack is silent: 15 min, 30 min, 4 h; a digest wakes nobody.
pub(super) fn usual_acknowledge(severity: Severity) -> Option<i64> {
    match severity {
        Severity::S1 => Some(900),
        Severity::S2 => Some(1800),
        Severity::S3 => Some(14_400),
        Severity::S4 => None,
    }
}

pub(super) fn read(fields: &Fields<'_>, into: &mut AlertRules) {
    if let Some(team) = fields.reference_if("team", Kind::Team) {
        into.team = Some(team);
    }
    if let Some(table) =
        fields.map("detect", "detect", &["floor", "ratio", "excess", "people", "false_alerts_per_key_week"])
    {
        let was = into.detect;
        into.detect = DetectSettings {
            floor: table.small("floor").unwrap_or(was.floor),
            ratio: table.number("ratio", 1.0, 1000.0).unwrap_or(was.ratio),
            excess: table.small("excess").unwrap_or(was.excess),
            people: table.small("people").unwrap_or(was.people),
            false_alerts_per_key_week: table
                .number("false_alerts_per_key_week", 0.000_001, 1000.0)
                .unwrap_or(was.false_alerts_per_key_week),
        };
    }
    read_kinds(fields, into);
    for node in fields.list("queries") {
        into.overrides.extend(read_override(fields.ctx, node));
    }
    groups::read(fields, &mut into.groups);
    silences::read(fields, &mut into.silences);
    crisis::read(fields, into);
}

fn read_kinds(fields: &Fields<'_>, into: &mut AlertRules) {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let Some(table) = fields.map("kinds", "kinds", &names) else { return };
    for (name, kind) in KINDS {
        let Some(patch) = table.map(name, "an alert kind", &PATCH_KEYS[2..]) else { continue };
        if into.kinds.contains_key(&kind) {
            let message = format!("alert kind \"{name}\" stands in two files");
            fields.ctx.problem(patch.at, message, "keep one of them".to_owned());
        }
        into.kinds.insert(kind, read_patch(&patch));
    }
}

const PATCH_KEYS: [&str; 13] = [
    "query",
    "kind",
    "enabled",
    "team",
    "severity",
    "acknowledge",
    "path",
    "next_step",
    "reply",
    "floor",
    "ratio",
    "excess",
    "people",
];

fn read_override(ctx: Ctx<'_>, node: &Node) -> Option<AlertOverride> {
    let fields = Fields::open(ctx, node, "alerts of a query", &PATCH_KEYS)?;
    let query = fields.reference("query", Kind::Query);
    let kind = fields.choice("kind", &KINDS);
    let patch = read_patch(&fields);
    Some(AlertOverride { query: query?, kind, patch })
}

fn read_patch(fields: &Fields<'_>) -> AlertPatch {
    AlertPatch {
        enabled: fields.flag("enabled"),
        team: fields.reference_if("team", Kind::Team),
        severity: fields.choice("severity", &SEVERITIES),
        acknowledge_seconds: fields.duration("acknowledge"),
        path: fields.references("path", Kind::Party),
        next_step: fields.text_if("next_step"),
        reply: fields.reference_if("reply", Kind::Reply),
        floor: fields.small("floor"),
        ratio: fields.number("ratio", 1.0, 1000.0),
        excess: fields.small("excess"),
        people: fields.small("people"),
        place: Some(fields.ctx.blank(fields.node("path").map_or(fields.at, |node| node.at))),
    }
}
