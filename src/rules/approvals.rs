//! Whose word a public answer needs, by when, and who stands in: in rows, triggers, replies and the crisis protocol.
//!
//! A name alone has the time of `defaults: approve` and the deputy of that contact; a mapping says what is different.

use super::fields::Fields;
use super::paths::path_findings;
use super::problem::{Finding, Problem};
use super::sheet::{Ctx, Kind};
use super::yaml::{Node, Value};
use super::{Pack, Row};
use crate::query::lint::Severity as Lint;
use crate::route::Approver;

/// An approval as the pack asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// A team or contact.
    pub who: String,
    /// Who stands in, where that is said here.
    pub deputy: Option<String>,
    /// How long it may take, seconds, where that is said here.
    pub seconds: Option<i64>,
    /// Where it stands.
    pub(super) place: Problem,
}

pub(super) fn read(fields: &Fields<'_>) -> Vec<Approval> {
    fields.list("approvals").filter_map(|node| read_approval(fields.ctx, node)).collect()
}

fn read_approval(ctx: Ctx<'_>, node: &Node) -> Option<Approval> {
    if let Value::Text(text) = &node.value {
        let who = text.trim().to_owned();
        ctx.refer(Kind::Party, &who, node.at);
        return Some(Approval { who, deputy: None, seconds: None, place: ctx.blank(node.at) });
    }
    let fields = Fields::open(ctx, node, "an approval", &["who", "by", "deputy"])?;
    let who = fields.reference("who", Kind::Party);
    let deputy = fields.reference_if("deputy", Kind::Party);
    let seconds = fields.duration("by");
    Some(Approval { who: who?, deputy, seconds, place: ctx.blank(fields.at) })
}

impl Pack {
    /// Whose word it is, with the time and the deputy that hold.
    #[must_use]
    pub fn approver(&self, asked: &Approval) -> Approver {
        let Approval { who, deputy, seconds, .. } = asked;
        let usual = || self.contacts.get(who).and_then(|contact| contact.deputy.clone());
        let deputy = deputy.clone().or_else(usual);
        Approver { who: who.clone(), deputy, seconds: seconds.unwrap_or(self.matrix.approve_seconds) }
    }
}

/// Approvals that nobody stands in for, or that reach nobody.
pub(super) fn findings(pack: &Pack) -> Vec<Finding> {
    let of_row = |row: &Row| row.approvals.clone();
    let of_rows = pack.matrix.rows.iter().flat_map(of_row);
    let of_triggers = pack.intents.triggers.iter().flat_map(|trigger| trigger.approvals.clone());
    let of_replies = pack.replies.list.iter().flat_map(|reply| reply.approvals.clone());
    let asked = of_rows.chain(of_triggers).chain(of_replies);
    let mut found: Vec<Finding> = asked.flat_map(|asked| of_approval(pack, &asked)).collect();
    found.sort();
    // a row that is like another has its approvals, which stand in one place
    found.dedup();
    found
}

/// What is wrong with one of them.
pub(super) fn of_approval(pack: &Pack, asked: &Approval) -> Vec<Finding> {
    let Approver { who, deputy, .. } = pack.approver(asked);
    let finding = |message: String, fix: String| {
        let problem = Problem { message, suggestion: Some(fix), ..asked.place.clone() };
        vec![Finding { problem, code: "approval-without-deputy", severity: Lint::Error }]
    };
    let Some(deputy) = deputy else {
        let message = format!("nobody stands in for \"{who}\", whose approval is needed");
        let fix = format!("write {{who: {who}, deputy: …}}, or give the contact a \"deputy\" in teams.yaml");
        return finding(message, fix);
    };
    if deputy == who {
        return finding(format!("\"{who}\" stands in for itself"), "name somebody else as \"deputy\"".to_owned());
    }
    path_findings(pack, &format!("the approval of \"{who}\""), &[who.clone(), deputy], &asked.place)
}
