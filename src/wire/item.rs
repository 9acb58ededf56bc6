//! The public values: enriched mention, routed item, follow-up, alert.

use super::{CloudEvent, RECORD_BYTES_MAX, Topics, WireError};
use crate::alert::{ALERT_TYPE, AlertEvent};
use crate::case::Step;
use crate::log::{Output, Place};
use crate::mention::{Mention, Timestamp};
use crate::pipeline::{Decided, FollowUp, FollowUpAction, Matched};
use crate::route::{Decision, Route, Severity, Ticket, TicketAction};
use crate::rules::Pack;
use crate::score::Scores;
use crate::text::brands::NamedBrand;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `type` of a routed item.
pub const ITEM_TYPE: &str = "groundswell.item.v1";
/// `type` of a follow-up.
pub const FOLLOW_UP_TYPE: &str = "groundswell.followup.v1";
/// `type` of an enriched mention.
pub const MENTION_TYPE: &str = "groundswell.mention.v1";

/// An item as its team receives it, on `social.routed.<team>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoutedItem {
    /// [`ITEM_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// Upsert on this.
    pub item_id: String,
    /// Take the higher one.
    pub revision: u64,
    /// The mention.
    pub mention: Mention,
    /// What the model says.
    pub scores: Scores,
    /// Where it goes.
    pub route: Route,
    /// What the ticketing system is to do.
    pub ticket: Ticket,
    /// Why.
    pub decision: Decision,
    /// What matched.
    pub matches: Vec<Matched>,
    /// Brands and products of the pack that it names, misspelt or not, with how each was written; the first ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<NamedBrand>,
    /// Where to look.
    pub links: Links,
    /// What was left out because the record would have been too large.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<String>,
    /// Kinds of personal data that were taken out: each stands in the text as its kind in brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Links {
    /// The post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
}

/// A matched mention as published on `social.mentions`, noise included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MentionRecord {
    /// [`MENTION_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// The item it is.
    pub item_id: String,
    /// Take the higher one.
    pub revision: u64,
    /// How it ended: routed or noise.
    pub outcome: PublishedOutcome,
    /// Why it is noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<String>,
    /// The mention.
    pub mention: Mention,
    /// What matched.
    pub matches: Vec<Matched>,
    /// Brands and products of the pack that it names, misspelt or not, with how each was written; the first ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<NamedBrand>,
    /// What the model says; absent for own voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// Where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RoutedMention>,
    /// Why; for noise in brief.
    pub decision: Decision,
    /// What was left out because the record would have been too large.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<String>,
    /// Kinds of personal data that were taken out: each stands in the text as its kind in brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
}

/// How a published mention ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PublishedOutcome {
    Routed,
    Noise,
}

/// Where a published mention went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoutedMention {
    /// The owner.
    pub team: String,
    /// The intent that owns it.
    pub intent: String,
    /// How severe.
    pub severity: Severity,
    /// Its case.
    pub case_id: String,
}

/// A later decision about an item, on the topic of its team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowUpRecord {
    /// [`FOLLOW_UP_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// The item.
    pub item_id: String,
    /// Higher than the item's.
    pub revision: u64,
    /// What to do.
    pub action: FollowUpAction,
    /// The incident, for `attach`, and for `release` where it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// Who is called, for `escalate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<FollowUpStep>,
    /// Whose approval did not come, for `escalate` where a deputy is asked instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in_for: Option<String>,
    /// How severe its case is now, for `escalate` where time has raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The case that is meant then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// When an answer is due then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<Timestamp>,
    /// Whose it is now; not that of the topic where time has raised it into other hands, who read it on theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// What the ticketing system is to do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<FollowUpTicket>,
    /// Why.
    pub reasons: Vec<String>,
}

/// The step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowUpStep {
    /// Who is called: a team or a contact of the pack.
    pub party: String,
    /// From 1.
    pub number: u32,
    /// When the next one is called; absent after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Timestamp>,
}

/// The ticket part of a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowUpTicket {
    /// What to do.
    pub action: TicketAction,
}

impl FollowUpStep {
    fn of(step: &Step) -> Self {
        Self { party: step.party.clone(), number: step.number, by: step.by }
    }
}

/// The enriched mention of a decided item; none for what is not public.
///
/// # Errors
/// When it has no JSON form.
pub fn mention_record(
    topics: &Topics,
    pack: &Pack,
    model: &str,
    decided: &Decided,
) -> Result<Option<Output>, WireError> {
    if !decided.mention.is_public() {
        return Ok(None);
    }
    let routing = decided.routing.as_ref();
    let queries = || decided.matches.iter().map(|matched| format!("query:{}", matched.query));
    let brief = || Decision {
        pack: pack.digest.clone(),
        model: model.to_owned(),
        layer: pack.additions.layer.as_ref().map(|layer| layer.digest().to_owned()),
        rules: queries()
            .chain(decided.noise.iter().map(|noise| noise.rule.clone()))
            .chain(decided.overlaid.iter().map(|overlaid| overlaid.rule.clone()))
            .collect(),
        reasons: (decided.noise.iter().map(|noise| noise.reason.clone()))
            .chain(decided.overlaid.iter().map(|overlaid| overlaid.reason.clone()))
            .collect(),
        approvals: Vec::new(),
        explain: Vec::new(),
    };
    let scores = decided.scores.as_ref();
    let mut record = MentionRecord {
        kind_of_value: MENTION_TYPE.to_owned(),
        item_id: decided.item_id.clone(),
        revision: decided.revision,
        outcome: if decided.noise.is_some() { PublishedOutcome::Noise } else { PublishedOutcome::Routed },
        noise: decided.noise.as_ref().map(|noise| noise.kind.clone()),
        mention: decided.mention.clone(),
        matches: decided.matches.clone(),
        brands: decided.brands.clone(),
        scores: decided.scores.clone(),
        route: routing.map(|routing| RoutedMention {
            team: routing.route.team.clone(),
            intent: routing.route.intent.clone(),
            severity: routing.route.severity,
            case_id: routing.route.case_id.clone(),
        }),
        decision: match routing {
            Some(routing) => routing.decision.clone().explained(scores, &["intent"]),
            None => brief().explained(scores, &["noise"]),
        },
        omitted: Vec::new(),
        redacted: decided.redacted.clone(),
    };
    let value = fitted(&mut record, |record, step| {
        step.apply(&mut record.mention, record.scores.as_mut(), &mut record.decision);
        record.omitted.push(step.name().to_owned());
    })?;
    Ok(Some(output(&topics.mentions, decided, MENTION_TYPE, &decided.mention.mention_id, value)))
}

/// The routed item; none for noise.
///
/// # Errors
/// When it has no JSON form.
pub fn routed_record(topics: &Topics, pack: &Pack, decided: &Decided) -> Result<Option<Output>, WireError> {
    let (Some(routing), Some(scores)) = (&decided.routing, &decided.scores) else { return Ok(None) };
    let mut item = RoutedItem {
        kind_of_value: ITEM_TYPE.to_owned(),
        item_id: decided.item_id.clone(),
        revision: decided.revision,
        mention: decided.mention.clone(),
        scores: scores.clone(),
        route: routing.route.clone(),
        ticket: routing.ticket.clone(),
        decision: routing.decision.clone().explained(Some(scores), &["intent"]),
        matches: decided.matches.clone(),
        brands: decided.brands.clone(),
        links: Links { post: decided.mention.url.clone() },
        omitted: Vec::new(),
        redacted: decided.redacted.clone(),
    };
    let value = fitted(&mut item, |item, step| {
        step.apply(&mut item.mention, Some(&mut item.scores), &mut item.decision);
        item.omitted.push(step.name().to_owned());
    })?;
    let topic = topics.routed(pack.topic(&routing.route.team));
    Ok(Some(output(&topic, decided, ITEM_TYPE, &decided.item_id, value)))
}

/// An alert event on `social.alerts`.
///
/// # Errors
/// When it has no JSON form.
pub fn alert_record(topics: &Topics, event: &AlertEvent) -> Result<Output, WireError> {
    alert_on(&topics.alerts, event)
}

/// The same event on the topic of the team that owns it.
///
/// # Errors
/// When it has no JSON form.
pub fn routed_alert(topics: &Topics, pack: &Pack, event: &AlertEvent) -> Result<Output, WireError> {
    alert_on(&topics.routed(pack.topic(&event.team)), event)
}

fn alert_on(topic: &Arc<str>, event: &AlertEvent) -> Result<Output, WireError> {
    let id = event.event_id();
    let cloud = CloudEvent { kind: ALERT_TYPE, id: &id, at: event.at, origin: None };
    let key = event.alert_id.clone().into_bytes();
    Ok(Output {
        topic: topic.clone(),
        place: Place::Hashed(key.clone()),
        key: Some(key),
        value: Some(serde_json::to_vec(event)?),
        headers: cloud.headers(),
    })
}

/// A follow-up on the topic of the item's team, in the partition of the item.
///
/// # Errors
/// When it has no JSON form.
pub fn follow_up_record(topics: &Topics, pack: &Pack, follow_up: &FollowUp) -> Result<Output, WireError> {
    follow_up_on(topics.routed(pack.topic(&follow_up.team)), follow_up)
}

/// The same on the topic of whose it is now; none where that is the same.
///
/// # Errors
/// When it has no JSON form.
pub fn handed_over_record(topics: &Topics, pack: &Pack, follow_up: &FollowUp) -> Result<Option<Output>, WireError> {
    let (old, new) = (pack.topic(&follow_up.team), pack.topic(follow_up.owner()));
    (old != new).then(|| follow_up_on(topics.routed(new), follow_up)).transpose()
}

fn follow_up_on(topic: Arc<str>, follow_up: &FollowUp) -> Result<Output, WireError> {
    let raised = follow_up.raised.as_deref();
    let record = FollowUpRecord {
        kind_of_value: FOLLOW_UP_TYPE.to_owned(),
        item_id: follow_up.item_id.clone(),
        revision: follow_up.revision,
        action: follow_up.action,
        incident_id: follow_up.incident_id.clone(),
        step: follow_up.step.as_deref().map(FollowUpStep::of),
        stands_in_for: follow_up.stands_in_for.clone(),
        severity: raised.map(|raised| raised.severity),
        case_id: raised.map(|raised| raised.case_id.clone()),
        respond_by: raised.and_then(|raised| raised.respond_by),
        team: Some(follow_up.owner().to_owned()),
        ticket: Some(FollowUpTicket { action: follow_up.ticket }),
        reasons: follow_up.reasons.clone(),
    };
    let id = format!("{}:{}", follow_up.item_id, follow_up.revision);
    let cloud = CloudEvent { kind: FOLLOW_UP_TYPE, id: &id, at: follow_up.at, origin: None };
    Ok(Output {
        topic,
        place: Place::Hashed(follow_up.thread.clone().into_bytes()),
        key: Some(follow_up.item_id.clone().into_bytes()),
        value: Some(serde_json::to_vec(&record)?),
        headers: cloud.headers(),
    })
}

fn output(topic: &Arc<str>, decided: &Decided, kind: &str, key: &str, value: Vec<u8>) -> Output {
    let id = format!("{}:{}", decided.item_id, decided.revision);
    let origin = decided.mention.raw_ref.as_ref();
    Output {
        topic: topic.clone(),
        place: Place::Hashed(decided.mention.thread().as_bytes().to_vec()),
        key: Some(key.as_bytes().to_vec()),
        value: Some(value),
        headers: CloudEvent { kind, id: &id, at: decided.event_at, origin }.headers(),
    }
}

/// The record as JSON, after as many omissions as it takes to keep it under its limit.
fn fitted<T: Serialize>(record: &mut T, omit: impl Fn(&mut T, Omit)) -> Result<Vec<u8>, WireError> {
    let mut value = serde_json::to_vec(record)?;
    for step in Omit::ALL {
        if value.len() <= RECORD_BYTES_MAX {
            break;
        }
        omit(record, step);
        value = serde_json::to_vec(record)?;
    }
    Ok(value)
}

/// What a record that is too large loses, in this order.
#[derive(Debug, Clone, Copy)]
enum Omit {
    Explanation,
    RawText,
    Text,
}

impl Omit {
    const ALL: [Self; 3] = [Self::Explanation, Self::RawText, Self::Text];

    fn name(self) -> &'static str {
        match self {
            Self::Explanation => "explanation",
            Self::RawText => "text_raw",
            Self::Text => "text",
        }
    }

    fn apply(self, mention: &mut Mention, scores: Option<&mut Scores>, decision: &mut Decision) {
        match self {
            Self::Explanation => {
                decision.explain.clear();
                if let Some(scores) = scores {
                    scores.explain.clear();
                    scores.entities.clear();
                    scores.pii.clear();
                }
            }
            Self::RawText => mention.text_raw = None,
            Self::Text => {
                mention.text.clear();
                mention.entities.clear();
                (mention.title, mention.content_warning, mention.brand_reply) = (None, None, None);
                mention.media.clear();
                mention.rule_hits.clear();
            }
        }
    }
}
