//! Who owns an item, how fast, at which tier, and why: the matrix of intent × severity, applied to one mention.
//!
//! Decides from the mention, its matches, its scores and the pack: nothing else. What needs counts or history is
//! decided by watch.

mod decide;
mod difference;
mod facts;
mod matter;
mod noise;
mod raise;
mod reply;
#[cfg(test)]
mod tests;
mod ticket;

pub use decide::{decide, fired_triggers, seen_intents};
pub use difference::{Difference, differences};
pub use matter::{Matter, sift};
pub use noise::Noise;
pub use raise::{CONTACTS_MAX, Raise, Sign, THREAD_WITHIN_MAX};

use crate::mention::Timestamp;
use crate::score::{Explanation, Scores, told_within};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// S1 (danger, wakes people) to S4 (digest). `S1 < S2`: the smaller is the more severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub enum Severity {
    S1,
    S2,
    S3,
    S4,
}

impl Severity {
    /// `S1` … `S4`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::S4 => "S4",
        }
    }
}

/// How much a machine may do with the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Acknowledgement, tagging, pointers: no person needed.
    Automatic,
    /// A person decides with tags, urgency and a draft before them.
    Assisted,
    /// A person owns it from the start: threats, legal, harassment, regulated topics, distress.
    Human,
}

impl Tier {
    /// `automatic`, `assisted` or `human`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Assisted => "assisted",
            Self::Human => "human",
        }
    }
}

/// Where an item goes and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// The owner.
    pub team: String,
    /// Teams told as well.
    pub also: Vec<String>,
    /// The intent that owns it.
    pub intent: String,
    /// How severe.
    pub severity: Severity,
    /// Order of work, 0 to 100.
    pub priority: u8,
    /// How much a machine may do.
    pub tier: Tier,
    /// Who must approve a public answer.
    pub approvals: Vec<String>,
    /// What the public answer is to do: acknowledge, hold …
    pub public_response: String,
    /// Where the conversation is to move in private.
    pub private_handoff: String,
    /// Who is next when the clock runs out: teams or contacts of the pack.
    pub path: Vec<String>,
    /// When an answer is due.
    pub respond_by: Timestamp,
    /// When it should be over.
    pub resolve_by: Timestamp,
    /// Author × issue, a pure function of the mention.
    pub case_id: String,
    /// The incident it belongs to, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// Approved wording for the answer; never for what a person owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<SuggestedReply>,
}

/// An approved wording, as it may be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedReply {
    /// Its name in the pack.
    pub id: String,
    /// The wording, with its variables filled in.
    pub text: String,
    /// Where it may be said: public or private.
    pub channel: String,
    /// ISO 639-1.
    pub language: String,
}

/// What a ticketing system is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketAction {
    /// One ticket per case: create it or add to it.
    Upsert,
    /// Wait: watch says at the next bucket.
    Pending,
    /// No ticket.
    None,
}

/// The ticket an item asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// What to do.
    pub action: TicketAction,
    /// One line.
    pub subject: String,
    /// What an agent reads first.
    pub body: String,
    /// low, normal, high or urgent.
    pub priority: String,
    /// For the receiver's filters.
    pub tags: Vec<String>,
}

/// Why it was decided so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Digest of the pack.
    pub pack: String,
    /// Digest of the model.
    pub model: String,
    /// Digest of the layer of corrections on top of it, where the pack has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Rules that decided: `query:…`, `matrix:…`, `tier:…`.
    pub rules: Vec<String>,
    /// The same in words, in order.
    pub reasons: Vec<String>,
    /// Who must approve a public answer, by when, and who stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovalDue>,
    /// What the score that decided was made of: the intent's, or the noise's. The parts of a head sum to its score, at
    /// most [`EXPLAIN_BYTES_MAX`] as JSON; smaller parts than fit count as `rest`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explain: Vec<Explanation>,
}

/// Bytes of JSON that the explanation in a decision record may take.
pub const EXPLAIN_BYTES_MAX: usize = 1024;

impl Decision {
    /// The same record with what the scores say of their making, of these heads.
    #[must_use]
    pub fn explained(self, scores: Option<&Scores>, heads: &[&str]) -> Self {
        let is_asked = |part: &&Explanation| part.head.split('.').next().is_some_and(|head| heads.contains(&head));
        let explain = scores.map_or(&[][..], |scores| &scores.explain);
        let explain = told_within(explain.iter().filter(is_asked).cloned().collect(), EXPLAIN_BYTES_MAX);
        Self { explain, ..self }
    }
}

/// Whose word a public answer needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Approver {
    /// A team or contact of the pack.
    pub who: String,
    /// Who stands in when they do not answer in time; none where nobody does.
    pub deputy: Option<String>,
    /// How long they have, seconds.
    pub seconds: i64,
}

impl Approver {
    /// By when, of what happened, or was asked, at `from`.
    #[must_use]
    pub fn from(&self, from: Timestamp) -> ApprovalDue {
        ApprovalDue { who: self.who.clone(), deputy: self.deputy.clone(), due: from.plus_seconds(self.seconds) }
    }
}

impl std::fmt::Display for Approver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { who, deputy, seconds } = self;
        let deputy = deputy.as_ref().map_or_else(String::new, |deputy| format!(", else {deputy}"));
        write!(f, "{who} within {} min{deputy}", seconds / 60)
    }
}

/// Whose word a public answer needs, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDue {
    /// A team or contact of the pack.
    pub who: String,
    /// Who is asked instead when they have not answered by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<String>,
    /// By when.
    pub due: Timestamp,
}

/// What the matrix says of an item at a graver severity than its own: taken when time has raised it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rung {
    /// The severity.
    pub severity: Severity,
    /// The row that decides there.
    pub row: String,
    /// Who owns it there.
    pub team: String,
    /// Who is next when the clock runs out.
    pub path: Vec<String>,
    /// How long there is for an answer, seconds.
    pub respond_seconds: i64,
}

/// What triage says about a matched item.
#[derive(Debug, Clone, PartialEq)]
pub struct Routing {
    /// Where it goes.
    pub route: Route,
    /// What the ticketing system is to do.
    pub ticket: Ticket,
    /// Why.
    pub decision: Decision,
    /// Whose word a public answer needs, with how long they have.
    pub approvers: Vec<Approver>,
    /// What holds at graver severities that time may raise it to; the gravest first.
    pub rungs: Vec<Rung>,
}
