//! One alert per event: opened, updated, resolved, reopened or withdrawn under one id, with its evidence in words.

mod chart;
mod confidence;
mod crisis;
mod episode;
mod event;
mod incident;
mod kind;
mod severity;
mod silence;
mod source;
mod thread;
mod topic;
mod turn;

pub use chart::{Chart, NoPicture, Plot};
pub use confidence::Confidence;
pub use crisis::{Crisis, CrisisPlan};
pub use episode::{Episode, Opening, Rise, Rule, Tracker, Transition, Withdrawal, has_turned, meets, risen};
pub use event::{Scene, TERMS_MAX, describe};
pub use incident::{MEMBERS_MAX, Moved, Slot, facets, gravity, is_echo, lead_order, moved, moves_together};
pub use kind::{classify, is_by_few, is_independent, is_sour, may_be_a_morning};
pub use severity::grade;
pub use silence::{Suppressed, SuppressedBy, inhibits};
pub use source::silent_source;
pub use thread::{Nature, ShareForecast, ThreadEvidence};
pub use topic::{Beside, TopicEvidence, TopicForm, Topics};
pub use turn::MoodTurn;

use crate::detect;
use crate::mention::Timestamp;
use crate::route::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `type` of an alert event.
pub const ALERT_TYPE: &str = "groundswell.alert.v1";

/// What kind of finding an alert stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AlertKind {
    Spike,
    Outage,
    Viral,
    SentimentShift,
    Amplification,
    Emerging,
    SilentSource,
}

impl AlertKind {
    /// The name used in JSON, ids and packs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Outage => "outage",
            Self::Viral => "viral",
            Self::SentimentShift => "sentiment_shift",
            Self::Amplification => "amplification",
            Self::Emerging => "emerging",
            Self::SilentSource => "silent_source",
        }
    }
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AlertState {
    Opened,
    Updated,
    Resolved,
    Reopened,
    Withdrawn,
}

impl AlertState {
    /// The name used in JSON, keys and file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// It is over, or turned out to be none.
    #[must_use]
    pub fn ends(self) -> bool {
        matches!(self, Self::Resolved | Self::Withdrawn)
    }

    /// It opens, or opens again.
    #[must_use]
    pub fn opens(self) -> bool {
        matches!(self, Self::Opened | Self::Reopened)
    }
}

/// Where the counts of an open alert are going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Trend {
    Growing,
    Steady,
    Fading,
}

impl From<detect::Trend> for Trend {
    fn from(trend: detect::Trend) -> Self {
        match trend {
            detect::Trend::Growing => Self::Growing,
            detect::Trend::Steady => Self::Steady,
            detect::Trend::Fading => Self::Fading,
        }
    }
}

/// A step of the path of an alert that nobody has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Escalation {
    /// From 1.
    pub step: u32,
    /// Who is called: a team or a contact of the pack.
    pub party: String,
    /// Whose approval did not come in time, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in_for: Option<String>,
}

/// One event in the life of an alert, as published on `social.alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertEvent {
    /// [`ALERT_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// The alert; the same from opened to resolved.
    pub alert_id: String,
    /// The incident it belongs to.
    pub incident_id: String,
    /// What kind of finding.
    pub kind: AlertKind,
    /// What happened to it.
    pub state: AlertState,
    /// How severe.
    pub severity: Severity,
    /// Which series: `{"query": …}` and facets.
    pub series: BTreeMap<String, String>,
    /// Who owns it.
    pub team: String,
    /// Since when (event time).
    pub onset: Timestamp,
    /// End of the log bucket that decided.
    pub at: Timestamp,
    /// Mentions in the deciding window (of a shift of mood: negative ones; of an outage, often: its reports; of a new topic:
    /// people who say it).
    pub observed: f64,
    /// Expected there.
    pub expected: f64,
    /// Largest that would still be usual.
    pub upper: f64,
    /// Observed / expected.
    pub ratio: f64,
    /// Distinct authors.
    pub people: u64,
    /// Distinct texts.
    pub texts: u64,
    /// Mentions by platform.
    pub platforms: BTreeMap<String, u64>,
    /// Mentions by language.
    pub languages: BTreeMap<String, u64>,
    /// Sum of followers of the authors sampled: an upper bound of unique readers, estimated.
    pub reach: u64,
    /// Whether the counts still grow; absent once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// What moves with it and is not told apart: other series of its incident, its own platforms and languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Moved>,
    /// Words, pairs of words, hashtags and links that are said more than usual, each by three people at least; the most telling first.
    pub terms: Vec<String>,
    /// The thread that most of it stands in, where it goes round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadEvidence>,
    /// Whether one post goes round or many have the same trouble, where that is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<Nature>,
    /// A turn of mood taken apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<MoodTurn>,
    /// What is new, where that is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicEvidence>,
    /// The counts that led to it, to be drawn against `expected` and `upper`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// Mention ids: the one of widest reach, the most typical, the first.
    pub examples: Vec<String>,
    /// One sentence.
    pub headline: String,
    /// Age of the baseline, seconds.
    pub baseline_age: i64,
    /// How sure it is; absent once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What would end it, in words; absent once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolves_when: Option<String>,
    /// Why nobody is told of this event; absent where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppressed>,
    /// It opened before and is told only now: what kept it back has ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
    /// Sources that were not heard when this was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Vec<String>>,
    /// When someone must have taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack_by: Option<Timestamp>,
    /// What happens then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Nobody has taken it: who is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// The crisis that it has opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crisis: Option<Crisis>,
    /// Approved wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The numbers behind it, in words.
    pub explain: Vec<String>,
    /// Digest of the pack that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
}

impl AlertEvent {
    /// `<alert_id>:<state>:<at>`, and the step where somebody is called: the same on every attempt, of no two events.
    #[must_use]
    pub fn event_id(&self) -> String {
        let Self { alert_id, state, at, escalation, .. } = self;
        let step = escalation.as_ref().map_or_else(String::new, |called| match &called.stands_in_for {
            None => format!(":step-{}", called.step),
            Some(who) => format!(":approval-{who}"),
        });
        format!("{alert_id}:{}:{at}{step}", state.as_str())
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}
