//! The crisis that an alert has opened: who runs it, whose word it needs by when, and what may be said meanwhile.

use super::AlertEvent;
use crate::mention::Timestamp;
use crate::route::{ApprovalDue, Approver};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the pack's protocol says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrisisPlan {
    /// Who runs it.
    pub team: String,
    /// Who has which role.
    pub roles: BTreeMap<String, String>,
    /// Whose word a public answer needs.
    pub approvers: Vec<Approver>,
    /// When somebody must have taken it, seconds after it opened.
    pub acknowledge_seconds: Option<i64>,
    /// What happens when nobody takes it, in words.
    pub next_step: Option<String>,
    /// The approved holding statement, while it is valid.
    pub statement: Option<String>,
}

/// A crisis, as an alert tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Crisis {
    /// Who runs it: a team of the pack.
    pub team: String,
    /// When it opened: end of the log bucket in which the alert came to that severity.
    pub opened: Timestamp,
    /// It has ended, with its alert.
    pub over: bool,
    /// Who has which role: `incident_lead`, `executive`, `legal`, `media`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// Whose word a public answer needs, by when, and who stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovalDue>,
    /// The approved holding statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

impl Crisis {
    /// One that opened at that time, as the plan has it.
    #[must_use]
    pub fn new(plan: &CrisisPlan, opened: Timestamp, over: bool) -> Self {
        let approvals = plan.approvers.iter().filter(|_| !over).map(|approver| approver.from(opened)).collect();
        let statement = plan.statement.clone().filter(|_| !over);
        Self { team: plan.team.clone(), opened, over, roles: plan.roles.clone(), approvals, statement }
    }
}

impl AlertEvent {
    /// Says that a crisis is open, since `opened`. Where somebody is called, they must take it as soon as the protocol
    /// asks, and those of the protocol are next.
    pub fn tell_crisis(&mut self, plan: &CrisisPlan, opened: Timestamp, calls: bool) {
        let over = self.state.ends();
        let since = if over { "is over" } else { "is open" };
        self.explain.push(format!("a crisis {since}: {} runs it, since {opened}", plan.team));
        if calls && !over {
            let by = plan.acknowledge_seconds.map(|seconds| self.at.plus_seconds(seconds));
            self.ack_by = self.ack_by.into_iter().chain(by).min();
            self.next_step = plan.next_step.clone().or_else(|| self.next_step.take());
        }
        self.crisis = Some(Crisis::new(plan, opened, over));
    }
}
