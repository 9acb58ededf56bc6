//! The crisis protocol: who runs a crisis, in which roles, whose word it needs, and what is said meanwhile. An alert
//! opens it by its severity and kind; it ends with its alert.

use super::alerts::KINDS;
use super::approvals::{self, Approval};
use super::condition::SEVERITIES;
use super::fields::Fields;
use super::paths::path_findings;
use super::problem::{Finding, Problem};
use super::sheet::Kind;
use super::{AlertRules, Pack};
use crate::alert::{AlertKind, CrisisPlan};
use crate::mention::Timestamp;
use crate::query::lint::Severity as Lint;
use crate::route::Severity;

/// Roles that a crisis team has; the first one must be filled.
pub(super) const ROLES: [&str; 4] = ["incident_lead", "executive", "legal", "media"];

/// The crisis protocol of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crisis {
    /// Alerts of this severity, and graver ones, open it.
    pub from: Severity,
    /// Alerts of these kinds; none named: of every kind but silent sources.
    pub kinds: Vec<AlertKind>,
    /// Who runs it; a team of the pack.
    pub team: String,
    /// Role and who has it, in the order of the protocol.
    pub roles: Vec<(&'static str, String)>,
    /// When somebody must have taken it, seconds after it opened; none: as the alert says.
    pub acknowledge_seconds: Option<i64>,
    /// Who is called when nobody takes it, before those of the alert.
    pub path: Vec<String>,
    /// Whose word a public answer needs.
    pub approvals: Vec<Approval>,
    /// Id of the approved holding statement.
    pub statement: Option<String>,
    pub(super) place: Problem,
    path_place: Problem,
}

impl Crisis {
    /// Whether an alert opens it.
    #[must_use]
    pub fn is_opened_by(&self, kind: AlertKind, severity: Severity) -> bool {
        let of_kind = kind != AlertKind::SilentSource && (self.kinds.is_empty() || self.kinds.contains(&kind));
        of_kind && severity <= self.from
    }
}

const KEYS: [&str; 8] = ["from", "kinds", "team", "roles", "acknowledge", "path", "approvals", "statement"];

pub(super) fn read(parent: &Fields<'_>, into: &mut AlertRules) {
    let Some(fields) = parent.map("crisis", "the crisis protocol", &KEYS) else { return };
    if into.crisis.is_some() {
        let message = "the crisis protocol stands in two files";
        fields.ctx.problem(fields.at, message, "keep one of them".to_owned());
    }
    fields.word("from");
    let from = fields.choice("from", &SEVERITIES);
    let team = fields.reference("team", Kind::Team);
    let crisis = Crisis {
        from: from.unwrap_or(Severity::S1),
        kinds: fields.choices("kinds", &KINDS),
        team: team.unwrap_or_default(),
        roles: read_roles(&fields),
        acknowledge_seconds: fields.duration("acknowledge"),
        path: fields.references("path", Kind::Party),
        approvals: approvals::read(&fields),
        statement: fields.reference_if("statement", Kind::Reply),
        place: fields.ctx.blank(fields.at),
        path_place: fields.ctx.blank(fields.node("path").map_or(fields.at, |node| node.at)),
    };
    into.crisis = Some(crisis);
}

fn read_roles(parent: &Fields<'_>) -> Vec<(&'static str, String)> {
    let Some(fields) = parent.map("roles", "the roles of a crisis", &ROLES) else {
        let message = "the crisis protocol lacks \"roles\"";
        parent.ctx.problem(parent.at, message, "add \"roles: {incident_lead: …}\"".to_owned());
        return Vec::new();
    };
    fields.word("incident_lead");
    let role = |name: &'static str| Some((name, fields.reference_if(name, Kind::Party)?));
    ROLES.into_iter().filter_map(role).collect()
}

impl Pack {
    /// What the protocol says of an alert of that kind and severity; none where it opens no crisis. `at` decides whether
    /// the statement is still valid.
    #[must_use]
    pub fn crisis_plan(&self, kind: AlertKind, severity: Severity, at: Timestamp) -> Option<CrisisPlan> {
        let crisis = self.alerts.crisis.as_ref().filter(|crisis| crisis.is_opened_by(kind, severity))?;
        let statement = crisis.statement.as_deref().and_then(|id| self.reply(id)).filter(|reply| reply.is_valid(at));
        Some(CrisisPlan {
            team: crisis.team.clone(),
            roles: crisis.roles.iter().map(|(role, who)| ((*role).to_owned(), who.clone())).collect(),
            approvers: crisis.approvals.iter().map(|asked| self.approver(asked)).collect(),
            acknowledge_seconds: crisis.acknowledge_seconds,
            next_step: self.usual_next_step(&crisis.path),
            statement: statement.and_then(|reply| self.replies.filled(&reply.text, &|_| None)),
        })
    }

    /// Who is called when nobody takes an alert: those of the crisis first, where it is one, then those of its rule.
    #[must_use]
    pub fn alert_path(&self, kind: AlertKind, query: &str, in_crisis: bool) -> Vec<String> {
        let of_crisis = self.alerts.crisis.iter().filter(|_| in_crisis).flat_map(|crisis| crisis.path.clone());
        let mut path: Vec<String> = Vec::new();
        for party in of_crisis.chain(self.alert_rule(kind, query).path) {
            if !path.contains(&party) {
                path.push(party);
            }
        }
        path
    }
}

/// What is wrong with the protocol: nobody is called, no word is asked for, nothing can be said, or nobody stands in.
pub(super) fn findings(pack: &Pack) -> Vec<Finding> {
    let Some(crisis) = &pack.alerts.crisis else { return Vec::new() };
    let mut found = Vec::new();
    let mut lacks = |message: &str, fix: &str| {
        let problem = Problem { message: message.to_owned(), suggestion: Some(fix.to_owned()), ..crisis.place.clone() };
        found.push(Finding { problem, code: "crisis-incomplete", severity: Lint::Error });
    };
    if crisis.path.is_empty() {
        lacks("the crisis protocol has no path: nobody is next", "write path: [a team, a contact]");
    }
    if crisis.approvals.is_empty() {
        lacks("the crisis protocol asks for nobody's approval", "write approvals: [{who: …, by: 30m, deputy: …}]");
    }
    if crisis.statement.is_none() {
        lacks("the crisis protocol has no holding statement", "write statement: the id of a reply in replies/");
    }
    if !crisis.path.is_empty() {
        found.extend(path_findings(pack, "the crisis protocol", &crisis.path, &crisis.path_place));
    }
    found.extend(crisis.approvals.iter().flat_map(|asked| approvals::of_approval(pack, asked)));
    found
}
