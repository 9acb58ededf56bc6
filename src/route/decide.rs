//! From one mention and its scores to its route, ticket and decision record.
//!
//! 1. Intents above their threshold, and those that triggers add, are the candidates; with none, the catch-all.
//! 2. Triggers raise their severity; the most severe owns (then the more probable, then the earlier row). The teams of
//!    the others are told.
//! 3. The matrix says who, how, at which tier and how fast; triggers add a stricter tier, approvals, people of the path.
//!
//! Every choice leaves a rule and a reason with the numbers compared.

use super::facts::Facts;
use super::{Approver, Decision, Route, Routing, Rung, Severity, Tier, reply, ticket};
use crate::mention::{Mention, Timestamp, hash64};
use crate::rules::{Folded, Holiday, NO_INTENT, Opening, Pack, QueryRule, Row, Trigger};
use crate::score::{IntentScore, Scores};
use std::collections::BTreeSet;

/// Routes a mention that matched (or was addressed to an own account: then `matched` may be empty).
///
/// `folded` is what it says; `event_at` its clamped event time, where the clocks start. A pure function: equal arguments,
/// equal routing.
#[must_use]
pub fn decide(
    mention: &Mention,
    folded: &Folded,
    matched: &[&QueryRule],
    scores: &Scores,
    event_at: Timestamp,
    pack: &Pack,
    model_digest: &str,
) -> Routing {
    let facts = Facts::new(mention, matched, scores, &pack.lists, folded);
    let mut record = Record::default();
    record.matched(matched);
    let fired = fired(&facts, pack);
    let candidates = candidates(&facts, pack, &fired);
    let owner = candidates.iter().min_by(|a, b| a.order(b)).expect("without an intent there is the catch-all");
    record.owner(owner, &candidates, &fired);
    let row = row_of(&facts, pack, owner, &fired);
    record.add(format!("matrix:{}", row.id), format!("row {} gives {} to {}", row.id, owner.intent, row.team));
    let mut route = assemble(&facts, pack, owner, row, event_at, &mut record);
    let rungs = rungs(&facts, pack, owner, &fired, event_at);
    route.also = told_as_well(&facts, pack, owner, &candidates, &fired, &route.team);
    tighten(&mut route, row, &fired, &mut record);
    let mut approvers = approvers(pack, row, &fired);
    route.priority = priority(&facts, route.severity, route.tier);
    if !mention.is_public() {
        route.public_response = "none".to_owned();
        route.also.clear();
        record.add(
            "visibility:private".to_owned(),
            "not public: only its owner is told, nothing is said in public".to_owned(),
        );
    }
    route.reply = reply::suggested(&facts, row, &route, event_at, pack);
    if let Some(reply) = route.reply.as_ref().and_then(|reply| pack.reply(&reply.id)) {
        reply.approvals.iter().for_each(|asked| add_approver(&mut approvers, pack.approver(asked)));
    }
    record.accounts(&facts, row, &fired, &route);
    route.approvals = approvers.iter().map(|approver| approver.who.clone()).collect();
    let ticket = ticket::ticket(&facts, row, &route, &record.reasons);
    if row.crowd {
        record.add(format!("crowd:{}", row.id), "comes in crowds: the ticket waits for the next bucket".to_owned());
    }
    let decision = Decision {
        pack: pack.digest.clone(),
        model: model_digest.to_owned(),
        layer: pack.additions.layer.as_ref().map(|layer| layer.digest().to_owned()),
        rules: record.rules,
        reasons: record.reasons,
        approvals: approvers.iter().map(|approver| approver.from(event_at)).collect(),
        explain: Vec::new(),
    };
    Routing { route, ticket, decision, approvers, rungs }
}

/// Rules and reasons, in order.
#[derive(Default)]
struct Record {
    rules: Vec<String>,
    reasons: Vec<String>,
}

impl Record {
    fn add(&mut self, rule: String, reason: String) {
        self.rules.push(rule);
        self.reasons.push(reason);
    }

    fn matched(&mut self, matched: &[&QueryRule]) {
        for query in matched {
            self.add(format!("query:{}", query.id), format!("query {} matched", query.id));
        }
        if matched.iter().all(|query| query.mark) {
            self.add("addressed".to_owned(), "addressed to an own account".to_owned());
        }
    }

    /// What the pack's accounts know that was asked for by what decided, each part once.
    fn accounts(&mut self, facts: &Facts<'_>, row: &Row, fired: &[Fired<'_>], route: &Route) {
        let conditions = fired.iter().map(|fired| &fired.trigger.when).chain([&row.when]);
        let of_reply = route.reply.as_ref().and_then(|reply| facts.of_account_for(reply));
        for (part, said) in conditions.flat_map(|when| facts.of_account(when)).chain(of_reply) {
            let rule = format!("account:{part}");
            if !self.rules.contains(&rule) {
                self.add(rule, said);
            }
        }
    }

    /// Why this intent owns, and why at this severity.
    fn owner(&mut self, owner: &Candidate, candidates: &[Candidate], fired: &[Fired<'_>]) {
        self.add(format!("intent:{}", owner.intent), owner.reason.clone());
        for fired in fired.iter().filter(|f| f.raises(owner)) {
            let severity = fired.trigger.severity.unwrap_or(owner.severity).as_str();
            let reason = format!("{}: at least {severity}", fired.reasons.join(", "));
            self.add(format!("severity:{}", fired.trigger.id), reason);
        }
        for other in candidates.iter().filter(|c| c.intent != owner.intent) {
            let (a, b) = (owner.severity.as_str(), other.severity.as_str());
            let reason = format!("{} ({b}, {:.2}) comes after {} ({a})", other.intent, other.probability, owner.intent);
            self.add(format!("also:{}", other.intent), reason);
        }
    }
}

/// A trigger whose condition holds.
pub(super) struct Fired<'a> {
    pub(super) trigger: &'a Trigger,
    reasons: Vec<String>,
}

impl Fired<'_> {
    /// Whether its severity is for this intent: the one it adds, else those its condition names, else all.
    fn concerns(&self, intent: &str) -> bool {
        let named = &self.trigger.when.intents;
        match &self.trigger.intent {
            Some(added) => added == intent,
            None => named.is_empty() || named.iter().any(|i| i == intent),
        }
    }

    /// Whether it made the candidate more severe than it would be without any trigger.
    fn raises(&self, candidate: &Candidate) -> bool {
        self.concerns(&candidate.intent) && self.trigger.severity.is_some_and(|s| s < candidate.base)
    }
}

/// An intent that might own the item.
#[derive(Debug, Clone)]
struct Candidate {
    intent: String,
    /// 1 where a trigger added it.
    probability: f64,
    base: Severity,
    severity: Severity,
    /// Place of its first row in the matrix.
    rank: usize,
    reason: String,
}

impl Candidate {
    fn new(pack: &Pack, intent: &str, probability: f64, reason: String) -> Self {
        let base = pack.intents.get(intent).map_or(Severity::S4, |i| i.severity);
        let rank = pack.matrix.rows.iter().position(|row| row.intent == intent).unwrap_or(usize::MAX);
        Self { intent: intent.to_owned(), probability, base, severity: base, rank, reason }
    }

    /// The smaller owns.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let severity = self.severity.cmp(&other.severity);
        severity.then(other.probability.total_cmp(&self.probability)).then(self.rank.cmp(&other.rank))
    }
}

/// Whether a trigger that holds gives the item to a person.
pub(super) fn for_a_person(facts: &Facts<'_>, pack: &Pack) -> bool {
    fired(facts, pack).iter().any(|fired| fired.trigger.tier == Some(Tier::Human))
}

/// Ids of the triggers of a pack that fire for a mention, in the pack's order.
#[must_use]
pub fn fired_triggers<'p>(
    mention: &Mention,
    folded: &Folded,
    matched: &[&QueryRule],
    scores: &Scores,
    pack: &'p Pack,
) -> Vec<&'p str> {
    let facts = Facts::new(mention, matched, scores, &pack.lists, folded);
    fired(&facts, pack).into_iter().map(|fired| fired.trigger.id.as_str()).collect()
}

/// The intents of a pack whose threshold the scores reach, best first, without the catch-all.
pub fn seen_intents<'s>(scores: &'s Scores, pack: &Pack) -> Vec<&'s str> {
    reached(scores, pack).map(|(score, _)| score.id.as_ref()).collect()
}

/// The same with the threshold that each reaches.
pub(super) fn reached<'s>(scores: &'s Scores, pack: &Pack) -> impl Iterator<Item = (&'s IntentScore, f64)> {
    let named = scores.intents.iter().filter(|score| score.id != NO_INTENT);
    let known = named.filter_map(|score| Some((score, pack.intents.get(&score.id)?.threshold)));
    known.filter(|(score, threshold)| score.probability >= *threshold)
}

fn above_threshold(facts: &Facts<'_>, pack: &Pack) -> Vec<Candidate> {
    let candidate = |(score, threshold): (&IntentScore, f64)| {
        let reason = format!("{} {:.2}, at least {threshold:.2}", score.id, score.probability);
        Candidate::new(pack, &score.id, score.probability, reason)
    };
    reached(facts.scores, pack).map(candidate).collect()
}

fn fired<'a>(facts: &Facts<'_>, pack: &'a Pack) -> Vec<Fired<'a>> {
    let found = above_threshold(facts, pack);
    let names = |trigger: &Trigger| {
        let asked = &trigger.when.intents;
        let is_catch_all = found.is_empty() && asked.iter().any(|i| i == NO_INTENT);
        asked.is_empty() || is_catch_all || found.iter().any(|c| asked.contains(&c.intent))
    };
    let triggers = pack.intents.triggers.iter().filter(|trigger| names(trigger));
    triggers.filter_map(|trigger| Some(Fired { trigger, reasons: facts.hold(&trigger.when)? })).collect()
}

fn candidates(facts: &Facts<'_>, pack: &Pack, fired: &[Fired<'_>]) -> Vec<Candidate> {
    let mut all = above_threshold(facts, pack);
    for fired in fired {
        let Some(intent) = &fired.trigger.intent else { continue };
        let reason = format!("{}: {intent}", fired.reasons.join(", "));
        match all.iter_mut().find(|c| c.intent == *intent) {
            Some(known) => known.probability = 1.0,
            None => all.push(Candidate::new(pack, intent, 1.0, reason)),
        }
    }
    if all.is_empty() {
        let reason = "no intent above its threshold".to_owned();
        all.push(Candidate::new(pack, NO_INTENT, 0.0, reason));
    }
    for candidate in &mut all {
        for fired in fired.iter().filter(|f| f.concerns(&candidate.intent)) {
            candidate.severity = candidate.severity.min(fired.trigger.severity.unwrap_or(Severity::S4));
        }
    }
    all
}

/// The first row that holds; a checked pack has an unconditional one for every intent, and a catch-all.
fn row_of<'a>(facts: &Facts<'_>, pack: &'a Pack, candidate: &Candidate, fired: &[Fired<'_>]) -> &'a Row {
    let of = |intent: &str| pack.row(intent, |when| facts.row_holds(when, intent, candidate.severity, fired));
    of(&candidate.intent).or_else(|| of(NO_INTENT)).expect("a checked pack has a catch-all row")
}

fn assemble(
    facts: &Facts<'_>,
    pack: &Pack,
    owner: &Candidate,
    row: &Row,
    event_at: Timestamp,
    record: &mut Record,
) -> Route {
    let seconds = respond_seconds(pack, row, owner.severity, event_at, record);
    Route {
        team: row.team.clone(),
        also: Vec::new(),
        intent: owner.intent.clone(),
        severity: owner.severity,
        priority: 0,
        tier: row.tier,
        approvals: Vec::new(),
        public_response: row.public_response.clone(),
        private_handoff: row.private_handoff.clone(),
        path: row.path.clone(),
        respond_by: event_at.plus_seconds(seconds),
        resolve_by: event_at.plus_seconds(row.resolve_seconds),
        case_id: case_id(facts.mention, &owner.intent),
        incident_id: None,
        reply: None,
    }
}

/// What the matrix says at the graver severities that the pack's rules may raise it to.
fn rungs(facts: &Facts<'_>, pack: &Pack, owner: &Candidate, fired: &[Fired<'_>], event_at: Timestamp) -> Vec<Rung> {
    let raises = pack.intents.raises.iter().filter(|raise| raise.concerns(&owner.intent));
    let graver: BTreeSet<Severity> = raises.map(|raise| raise.severity).filter(|s| *s < owner.severity).collect();
    let rung = |severity: Severity| {
        let row = row_of(facts, pack, &Candidate { severity, ..owner.clone() }, fired);
        let mut path = Vec::new();
        fired.iter().for_each(|fired| add_new(&mut path, &fired.trigger.path));
        add_new(&mut path, &row.path);
        let respond_seconds = respond_seconds(pack, row, severity, event_at, &mut Record::default());
        Rung { severity, row: row.id.clone(), team: row.team.clone(), path, respond_seconds }
    };
    graver.into_iter().map(rung).collect()
}

/// Whose word a public answer needs: by the row, then by the triggers, each once and as soon as any of them asks.
fn approvers(pack: &Pack, row: &Row, fired: &[Fired<'_>]) -> Vec<Approver> {
    let mut approvers = Vec::new();
    for asked in row.approvals.iter().chain(fired.iter().flat_map(|fired| &fired.trigger.approvals)) {
        add_approver(&mut approvers, pack.approver(asked));
    }
    approvers
}

fn add_approver(to: &mut Vec<Approver>, approver: Approver) {
    match to.iter_mut().find(|known| known.who == approver.who) {
        Some(known) => known.seconds = known.seconds.min(approver.seconds),
        None => to.push(approver),
    }
}

/// Which of the row's clocks runs: S1 and S2 at any hour, the rest by the owner's business hours and holidays.
fn respond_seconds(pack: &Pack, row: &Row, severity: Severity, event_at: Timestamp, record: &mut Record) -> i64 {
    let hours = pack.teams.get(&row.team).map(|team| &team.hours);
    let zone = hours.map_or("UTC", |hours| hours.zone_name.as_str());
    let opening = hours.map_or(Opening::Closed, |hours| hours.opening(event_at));
    let (name, seconds, why) = match (severity, opening) {
        (Severity::S1, _) => ("crisis", row.respond.crisis_seconds, "S1, any hour".to_owned()),
        (Severity::S2, _) => ("urgent", row.respond.urgent_seconds, "S2, any hour".to_owned()),
        (_, Opening::Open) => {
            ("business", row.respond.business_seconds, format!("in business hours of {} ({zone})", row.team))
        }
        (_, closed) => {
            if let Opening::Holiday(Holiday { name, calendar, .. }) = closed {
                record.add(format!("holiday:{calendar}"), format!("{name}: {} does not work that day", row.team));
            }
            ("outside", row.respond.outside_seconds, format!("outside business hours of {} ({zone})", row.team))
        }
    };
    record.add(format!("clock:{name}"), format!("{why}: answer within {} min", seconds / 60));
    seconds
}

/// Order of work: S1 80, S2 60, S3 35, S4 10, and at most 19 for the rest: urgency (now 6, soon 3), reach (one per
/// power of ten of followers, at most 6), a person's own case (4), negative sentiment (3). Never crosses a severity.
fn priority(facts: &Facts<'_>, severity: Severity, tier: Tier) -> u8 {
    let base = match severity {
        Severity::S1 => 80,
        Severity::S2 => 60,
        Severity::S3 => 35,
        Severity::S4 => 10,
    };
    let urgency = match facts.scores.urgency.label.as_ref() {
        "now" => 6,
        "soon" => 3,
        _ => 0,
    };
    let reach = facts.followers().and_then(i64::checked_ilog10).unwrap_or(0).min(6);
    let human = if tier == Tier::Human { 4 } else { 0 };
    let negative = if facts.scores.sentiment.label == "negative" { 3 } else { 0 };
    base + urgency + u8::try_from(reach).unwrap_or(6) + human + negative
}

/// Author × issue: `case-` and 16 hex digits. Without an author, the mention stands for itself.
fn case_id(mention: &Mention, intent: &str) -> String {
    let author = mention.author.as_ref().and_then(|author| author.key());
    let who = author.map_or_else(|| mention.identity().to_owned(), |key| format!("{}:{key}", mention.platform));
    format!("case-{:016x}", hash64(&[&who, intent]))
}

/// The owners of the other intents and the teams that triggers name, without the owner, each once.
fn told_as_well(
    facts: &Facts<'_>,
    pack: &Pack,
    owner: &Candidate,
    candidates: &[Candidate],
    fired: &[Fired<'_>],
    team: &str,
) -> Vec<String> {
    let mut others: Vec<&Candidate> = candidates.iter().filter(|c| c.intent != owner.intent).collect();
    others.sort_by(|a, b| a.order(b));
    let mut also = Vec::new();
    let teams = others.into_iter().map(|c| &row_of(facts, pack, c, fired).team);
    for name in teams.chain(fired.iter().flat_map(|f| &f.trigger.also)) {
        if name != team && !also.contains(name) {
            also.push(name.clone());
        }
    }
    also
}

/// A trigger's tier and people count for the whole item, whichever intent owns it. Says why the tier is what
/// it is: the triggers that ask for it, else the row.
fn tighten(route: &mut Route, row: &Row, fired: &[Fired<'_>], record: &mut Record) {
    let mut path = Vec::new();
    for Fired { trigger, .. } in fired {
        if let Some(tier) = trigger.tier.filter(|tier| strictness(*tier) > strictness(route.tier)) {
            route.tier = tier;
        }
        add_new(&mut path, &trigger.path);
    }
    for Fired { trigger, reasons } in fired.iter().filter(|fired| fired.trigger.tier == Some(route.tier)) {
        record.add(format!("tier:{}", trigger.id), format!("{}: {}", reasons.join(", "), meaning(route.tier)));
    }
    if route.tier == row.tier {
        let reason = format!("row {} says {}: {}", row.id, route.tier.as_str(), meaning(route.tier));
        record.add("tier:row".to_owned(), reason);
    }
    add_new(&mut path, &route.path);
    route.path = path;
}

/// What a tier means for people.
fn meaning(tier: Tier) -> &'static str {
    match tier {
        Tier::Automatic => "no person is needed",
        Tier::Assisted => "a person decides, with help",
        Tier::Human => "a person owns it",
    }
}

fn add_new(to: &mut Vec<String>, names: &[String]) {
    for name in names {
        if !to.contains(name) {
            to.push(name.clone());
        }
    }
}

fn strictness(tier: Tier) -> u8 {
    match tier {
        Tier::Automatic => 0,
        Tier::Assisted => 1,
        Tier::Human => 2,
    }
}
