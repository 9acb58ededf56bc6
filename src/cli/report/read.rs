//! Public records of the topics into a ledger.

use super::super::stored::{Stored, Which};
use crate::alert::{ALERT_TYPE, AlertEvent};
use crate::case;
use crate::mention::Mention;
use crate::pipeline::{FollowUpAction, Matched};
use crate::report::{Called, Heard, Ledger, Moved, Tagged, Voiced};
use crate::route::{ApprovalDue, Route, TicketAction};
use crate::wire::{FOLLOW_UP_TYPE, FollowUpRecord, ITEM_TYPE, MENTION_TYPE, PublishedOutcome, VoiceRecord};
use serde::Deserialize;

/// Which kind of record it is.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", borrow)]
    name: std::borrow::Cow<'a, str>,
}

/// The parts of a routed item that count.
#[derive(Deserialize)]
struct Item {
    item_id: String,
    revision: u64,
    mention: Mention,
    route: Route,
    ticket: Ticket,
    decision: Decision,
}

#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    approvals: Vec<ApprovalDue>,
}

#[derive(Deserialize)]
struct Ticket {
    action: TicketAction,
}

/// The parts of an enriched mention that count.
#[derive(Deserialize)]
struct Enriched {
    item_id: String,
    outcome: PublishedOutcome,
    mention: Mention,
    matches: Vec<Matched>,
    scores: Option<Scores>,
}

#[derive(Deserialize)]
struct Scores {
    sentiment: Sentiment,
}

#[derive(Deserialize)]
struct Sentiment {
    score: f64,
}

/// Reads everything that stands there.
///
/// # Errors
/// When it cannot be read, or a record is not what its type says.
pub fn ledger(stored: &Stored) -> anyhow::Result<Ledger> {
    let mut ledger = Ledger::default();
    stored.each(Which::Others, &mut |topic, value| add(&mut ledger, topic, value))?;
    stored.each(Which::Mentions, &mut |_, value| hear(&mut ledger, value))?;
    stored.each(Which::Voice, &mut |_, value| {
        ledger.voice(voiced(serde_json::from_slice(value)?));
        Ok(())
    })?;
    Ok(ledger)
}

fn add(ledger: &mut Ledger, topic: &str, value: &[u8]) -> anyhow::Result<()> {
    if topic.ends_with("feedback") {
        // what is no feedback was refused by triage, and stands among the dead letters
        if let Ok(said) = case::read(value) {
            ledger.say(said);
        }
        return Ok(());
    }
    let typed: Typed<'_> = serde_json::from_slice(value)?;
    match typed.name.as_ref() {
        ITEM_TYPE => ledger.route(tagged(serde_json::from_slice(value)?)),
        FOLLOW_UP_TYPE => ledger.follow_up(moved(serde_json::from_slice(value)?)),
        // its owner's copy stands among the routed ones
        ALERT_TYPE if topic.ends_with("alerts") => ledger.alert(serde_json::from_slice::<AlertEvent>(value)?),
        _ => {}
    }
    Ok(())
}

fn hear(ledger: &mut Ledger, value: &[u8]) -> anyhow::Result<()> {
    let typed: Typed<'_> = serde_json::from_slice(value)?;
    if typed.name != MENTION_TYPE {
        return Ok(());
    }
    let Enriched { item_id, outcome, mention, matches, scores } = serde_json::from_slice(value)?;
    let Some(at) = mention.created_at else { return Ok(()) };
    let noise = outcome == PublishedOutcome::Noise;
    if noise {
        ledger.drop(&item_id, at);
    }
    ledger.hear(&Heard {
        at,
        thread: mention.thread().to_owned(),
        queries: matches.into_iter().map(|matched| matched.query).collect(),
        sentiment_percent: scores.map(|scores| libm::round(scores.sentiment.score * 100.0) as i64),
        noise,
    });
    Ok(())
}

fn tagged(item: Item) -> Tagged {
    let Item { item_id, revision, mention, route, ticket, decision } = item;
    Tagged {
        item_id,
        revision,
        at: mention.created_at.unwrap_or(route.respond_by),
        team: route.team,
        intent: route.intent,
        severity: route.severity,
        tier: route.tier,
        action: ticket.action,
        case_id: route.case_id,
        respond_by: route.respond_by,
        thread: mention.thread().to_owned(),
        approvals: decision.approvals,
    }
}

/// Why it calls somebody.
fn called(follow_up: &FollowUpRecord) -> Option<Called> {
    (follow_up.action == FollowUpAction::Escalate).then_some(match follow_up {
        FollowUpRecord { severity: Some(_), .. } => Called::Raised,
        FollowUpRecord { stands_in_for: Some(_), .. } => Called::Deputy,
        _ => Called::Unanswered,
    })
}

fn voiced(record: VoiceRecord) -> Voiced {
    let VoiceRecord { brand, own, topic, hour, revision, mentions, positive, negative, sentiment, reach, .. } = record;
    Voiced { topic, brand, hour, revision, own, mentions, positive, negative, sentiment, reach }
}

fn moved(follow_up: FollowUpRecord) -> Moved {
    Moved {
        called: called(&follow_up),
        item_id: follow_up.item_id,
        revision: follow_up.revision,
        action: follow_up.ticket.map(|ticket| ticket.action),
        incident_id: follow_up.incident_id,
    }
}
