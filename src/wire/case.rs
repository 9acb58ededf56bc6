//! A case as it is published: a timeline by reference, compacted to the newest of each key.

use super::{CloudEvent, Topics, WireError};
use crate::case::{self, Case, ItemRef, Standing};
use crate::log::{Output, Place};
use crate::mention::Timestamp;
use crate::pipeline::CaseTold;
use crate::route::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `type` of a case.
pub const CASE_TYPE: &str = "groundswell.case.v1";

/// One author × one issue over all their posts, on `social.cases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseRecord {
    /// [`CASE_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// Author × issue.
    pub case_id: String,
    /// Of a crowd: what the query is counted by whose incidents decide. Such a part stands under a key of its own,
    /// `<case_id>/<part>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Counts up with every record of the key.
    pub revision: u64,
    /// waiting, attached, open, claimed, responded or resolved.
    pub state: String,
    /// Who owns its latest post.
    pub team: String,
    /// The issue.
    pub intent: String,
    /// The most severe of its posts.
    pub severity: Severity,
    /// Its first post.
    pub opened_at: Timestamp,
    /// When something was last heard of it.
    pub last_at: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// When an answer was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Timestamp>,
    /// Its latest posts, oldest first.
    pub items: Vec<CaseItemRecord>,
    /// All of its posts.
    pub items_total: u64,
    /// Thread of the latest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The ticket, as feedback says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The customer, as feedback says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Who works on it, as feedback says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// The incident it belongs, or belonged, to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// Steps of its path that were taken.
    pub steps: u32,
    /// When the next of the path is called; absent where nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalates_at: Option<Timestamp>,
    /// When it should be over.
    pub resolve_by: Timestamp,
    /// What happened, oldest first: the first entry and the latest ones.
    pub timeline: Vec<TimelineEntry>,
    /// Entries there ever were.
    pub entries_total: u64,
}

/// A post of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseItemRecord {
    /// The item.
    pub item_id: String,
    /// Last revision told of it.
    pub revision: u64,
    /// ticketed, waiting, attached or told.
    pub standing: String,
    /// When its answer is due.
    pub respond_by: Timestamp,
}

/// What happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// opened, item, attached, released, escalated, raised, approval_overdue, or the kind of feedback.
    pub what: String,
    /// The item, or what the feedback is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Who said it, or was called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// What was said; the incident; the step.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// The record of a case; a tombstone where it is forgotten.
///
/// # Errors
/// When it has no JSON form.
pub fn case_record(topics: &Topics, told: &CaseTold) -> Result<Output, WireError> {
    let CaseTold { key, case } = told;
    let case_id = key.split('/').next().unwrap_or(key);
    let (value, headers) = match case {
        None => (None, Vec::new()),
        Some(case) => {
            let id = format!("{key}:{}", case.revision);
            let cloud = CloudEvent { kind: CASE_TYPE, id: &id, at: case.last, origin: None };
            (Some(serde_json::to_vec(&CaseRecord::of(case))?), cloud.headers())
        }
    };
    Ok(Output {
        topic: topics.cases.clone(),
        place: Place::Hashed(case_id.as_bytes().to_vec()),
        key: Some(key.clone().into_bytes()),
        value,
        headers,
    })
}

impl CaseRecord {
    fn of(case: &Case) -> Self {
        Self {
            kind_of_value: CASE_TYPE.to_owned(),
            case_id: case.case_id.clone(),
            part: case.crowd.as_ref().map(|crowd| crowd.group.clone()),
            revision: case.revision,
            state: case.state().as_str().to_owned(),
            team: case.team.clone(),
            intent: case.intent.clone(),
            severity: case.severity,
            opened_at: case.opened,
            last_at: case.last,
            resolved_at: case.closed,
            responded_at: case.responded,
            items: case.items.iter().map(CaseItemRecord::of).collect(),
            items_total: case.items_total,
            thread: case.items.last().map(|item| item.thread.clone()),
            ticket: case.ticket.clone(),
            customer: case.customer.clone(),
            claimed_by: case.claimed_by.clone(),
            incident_id: case.incident_id.clone(),
            steps: case.steps(),
            escalates_at: case.calls_at(),
            resolve_by: case.resolve_by,
            timeline: case.timeline.iter().map(TimelineEntry::of).collect(),
            entries_total: case.entries_total,
        }
    }
}

impl CaseItemRecord {
    fn of(item: &ItemRef) -> Self {
        let standing = match item.standing {
            Standing::Ticketed => "ticketed",
            Standing::Waiting => "waiting",
            Standing::Attached => "attached",
            Standing::Told => "told",
        };
        let (revision, respond_by) = (item.told, item.respond_by);
        Self { item_id: item.item_id.clone(), revision, standing: standing.to_owned(), respond_by }
    }
}

impl TimelineEntry {
    fn of(entry: &case::Entry) -> Self {
        let case::Entry { at, what, about, by, value } = entry;
        let [about, by, value] = [about, by, value].map(Clone::clone);
        Self { at: *at, what: what.as_str().to_owned(), about, by, value }
    }
}
