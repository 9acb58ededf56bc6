//! A week (or any period) in figures. See the table at the top of the module for what each means.

use super::figures::{Ratio, Spread};
use super::ledger::{Called, Ledger, Response, Side, Tagged, Work};
use super::voice::{Voices, voices};
use crate::case::{Said, SaidKind};
use crate::mention::Timestamp;
use crate::route::{ApprovalDue, TicketAction};
use serde::Serialize;
use std::collections::BTreeMap;

/// An answer within so many seconds is one within the hour.
const HOUR_MICROS: i64 = 3_600_000_000;
/// From this rating on, somebody is satisfied; ratings go from 1 to 5.
const SATISFIED: f64 = 4.0;

/// A period in figures.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct WeekReport {
    /// Items posted in the period that were routed.
    pub routed: u64,
    /// Of what matched, noise.
    pub noise_filtered: Ratio,
    /// Tags that people agreed with.
    pub tags_agreed: Ratio,
    /// The same by the intent that was tagged.
    pub tags_agreed_by_intent: BTreeMap<String, Ratio>,
    /// By the intent that was tagged, then by what people said it is.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    /// Routed to the right team at first.
    pub routed_right: Ratio,
    /// Answered in time.
    pub in_time: Ratio,
    /// The same by `intent/team`.
    pub in_time_by_owner: BTreeMap<String, Ratio>,
    /// Answered within the hour; the target is 0.9.
    pub within_hour: Ratio,
    /// Without escalation; the target is 0.8.
    pub without_escalation: Ratio,
    /// Items of which somebody more was called, by why.
    pub called: CalledItems,
    /// From the post to the answer.
    pub first_response: Spread,
    /// From the first claim to the last resolution.
    pub handling: Spread,
    /// Reopened after they were resolved.
    pub reopened: Ratio,
    /// Resolved, and nobody claimed them.
    pub closed_by_itself: Ratio,
    /// What people had to look at, by `team/tier`.
    pub load: BTreeMap<String, Load>,
    /// Items claimed by each person.
    pub reviewers: BTreeMap<String, u64>,
    /// What customers said of it.
    pub satisfaction: Satisfaction,
    /// Who was asked for approval, and how it went.
    pub approvals: Approvals,
    /// Responses, and what was said around them.
    pub responses: Vec<Mood>,
    /// What was said of our brands and of competitors.
    pub voice: Voices,
}

/// Items of which somebody more was called; one may be among several.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct CalledItems {
    /// The next of the path, as nobody had answered.
    pub unanswered: u64,
    /// The owner, as time had raised the severity.
    pub raised: u64,
    /// A deputy, as an approval had not come.
    pub deputies: u64,
}

/// What came to one queue.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Items.
    pub items: u64,
    /// Of them with a ticket of their own.
    pub tickets: u64,
    /// Of them claimed by somebody.
    pub claimed: u64,
    /// Items by severity.
    pub severities: BTreeMap<&'static str, u64>,
}

/// Ratings of 1 to 5.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Satisfaction {
    /// Ratings.
    pub ratings: u64,
    /// Their mean; none without one.
    pub mean: Option<f64>,
    /// Of 4 or 5.
    pub satisfied: Ratio,
}

/// Approvals of public answers.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Approvals {
    /// Asked for.
    pub requested: u64,
    /// Given.
    pub approved: u64,
    /// Refused.
    pub rejected: u64,
    /// From the question to the answer.
    pub answered: Spread,
    /// Of the answers of those whose word the item needs, those that came in time.
    pub in_time: Ratio,
    /// Of the same, those that a deputy gave.
    pub by_deputy: Ratio,
}

/// What was said half an hour before and after a response.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mood {
    /// The item or alert.
    pub about: String,
    /// When it was published.
    pub at: Timestamp,
    /// Mentions before.
    pub mentions_before: u64,
    /// Mentions after.
    pub mentions_after: u64,
    /// Mean sentiment before, -1..1; none where nothing was scored.
    pub sentiment_before: Option<f64>,
    /// Mean sentiment after.
    pub sentiment_after: Option<f64>,
}

impl Mood {
    pub(super) fn of(response: &Response) -> Self {
        let mean = |side: Side| (side.scored > 0).then(|| side.sentiment_percent as f64 / 100.0 / side.scored as f64);
        Self {
            about: response.about.clone(),
            at: response.at,
            mentions_before: response.before.mentions,
            mentions_after: response.after.mentions,
            sentiment_before: mean(response.before),
            sentiment_after: mean(response.after),
        }
    }
}

/// The figures of what was posted from `from` on and before `until`. What is due by then and not answered is late.
#[must_use]
pub fn week(ledger: &Ledger, from: Timestamp, until: Timestamp) -> WeekReport {
    let within = |at: Timestamp| (from..until).contains(&at);
    let mut report = WeekReport::default();
    let (mut responses, mut handlings, mut approvals, mut ratings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for work in ledger.works.values() {
        let Some(first) = work.first().filter(|first| within(first.at)) else { continue };
        report.routed += 1;
        report.noise_filtered.add(false);
        report.judge_tags(first, work);
        report.judge_clock(first, work, until, &mut responses);
        report.judge_end(work, &mut handlings);
        report.count_load(first, work);
        report.called.count(work);
        report.approvals.count(work, &mut approvals);
        ratings.extend(work.of(SaidKind::Csat).filter_map(|said| said.value.parse::<f64>().ok()));
    }
    ledger.noise.values().filter(|at| within(**at)).for_each(|_| report.noise_filtered.add(true));
    report.first_response = Spread::of(responses);
    report.handling = Spread::of(handlings);
    report.approvals.answered = Spread::of(approvals);
    report.satisfaction = Satisfaction::of(&ratings);
    report.responses = ledger.responses.values().filter(|response| within(response.at)).map(Mood::of).collect();
    report.responses.sort_by(|a, b| (a.at, &a.about).cmp(&(b.at, &b.about)));
    report.voice = voices(ledger, from, until);
    report
}

impl WeekReport {
    fn judge_tags(&mut self, first: &Tagged, work: &Work) {
        if let Some(right) = work.of(SaidKind::Intent).next_back().map(|said| said.value.clone()) {
            let agrees = right == first.intent;
            self.tags_agreed.add(agrees);
            self.tags_agreed_by_intent.entry(first.intent.clone()).or_default().add(agrees);
            *self.confusion.entry(first.intent.clone()).or_default().entry(right).or_default() += 1;
        }
        if work.is_taken_up() {
            let names_another = |said: &Said| said.value != first.team;
            self.routed_right.add(!work.of(SaidKind::Team).any(names_another));
        }
    }

    fn judge_clock(&mut self, first: &Tagged, work: &Work, until: Timestamp, responses: &mut Vec<i64>) {
        if work.action() != Some(TicketAction::Upsert) {
            return;
        }
        let answered = work.answered_at();
        if let Some(at) = answered {
            responses.push(seconds_between(first.at, at));
        }
        if answered.is_none() && first.respond_by >= until {
            return;
        }
        let in_time = answered.is_some_and(|at| at <= first.respond_by);
        self.in_time.add(in_time);
        self.in_time_by_owner.entry(format!("{}/{}", first.intent, first.team)).or_default().add(in_time);
        let micros = answered.map(|at| at.as_micros() - first.at.as_micros());
        self.within_hour.add(micros.is_some_and(|micros| micros <= HOUR_MICROS));
        self.without_escalation.add(!work.was_called(Called::Unanswered));
    }

    fn judge_end(&mut self, work: &Work, handlings: &mut Vec<i64>) {
        let Some(resolved) = work.of(SaidKind::Resolved).next().map(|said| said.at) else { return };
        let claimed = work.of(SaidKind::Claimed).next().map(|said| said.at);
        self.reopened.add(work.of(SaidKind::Reopened).any(|said| said.at >= resolved));
        self.closed_by_itself.add(claimed.is_none());
        let last = work.of(SaidKind::Resolved).next_back().map_or(resolved, |said| said.at);
        handlings.extend(claimed.filter(|claimed| *claimed <= last).map(|claimed| seconds_between(claimed, last)));
    }

    fn count_load(&mut self, first: &Tagged, work: &Work) {
        let load = self.load.entry(format!("{}/{}", first.team, first.tier.as_str())).or_default();
        load.items += 1;
        load.tickets += u64::from(work.action() == Some(TicketAction::Upsert));
        *load.severities.entry(first.severity.as_str()).or_default() += 1;
        let mut claims = work.of(SaidKind::Claimed).peekable();
        load.claimed += u64::from(claims.peek().is_some());
        for said in claims {
            *self.reviewers.entry(said.by.clone()).or_default() += 1;
        }
    }
}

impl CalledItems {
    fn count(&mut self, work: &Work) {
        self.unanswered += u64::from(work.was_called(Called::Unanswered));
        self.raised += u64::from(work.was_called(Called::Raised));
        self.deputies += u64::from(work.was_called(Called::Deputy));
    }
}

impl Approvals {
    fn count(&mut self, work: &Work, answered: &mut Vec<i64>) {
        let mut asked = None;
        let mut open: Vec<(&ApprovalDue, Timestamp)> = Vec::new();
        for said in work.said.values() {
            match said.kind {
                SaidKind::ApprovalRequested => {
                    self.requested += 1;
                    asked = Some(said.at);
                    let needed = work.first().map_or(&[][..], |first| &first.approvals);
                    let named = needed.iter().any(|one| one.who == said.value);
                    for one in needed.iter().filter(|one| !named || one.who == said.value) {
                        open.retain(|(known, _)| known.who != one.who);
                        open.push((one, said.at));
                    }
                }
                SaidKind::Approved => self.approved += 1,
                SaidKind::Rejected => self.rejected += 1,
                _ => continue,
            }
            if said.kind != SaidKind::ApprovalRequested {
                self.judge(said, work, &mut open);
                answered.extend(asked.take().map(|asked| seconds_between(asked, said.at)));
            }
        }
    }
}

impl Approvals {
    /// Whose word it is: of whom it names, else of who says it, or stands in for them, else of the one asked first.
    fn judge(&mut self, said: &Said, work: &Work, open: &mut Vec<(&ApprovalDue, Timestamp)>) {
        let of = |is: &dyn Fn(&ApprovalDue) -> bool| open.iter().position(|(one, _)| is(one));
        let named = of(&|one| one.who == said.value).or_else(|| of(&|one| one.who == said.by));
        let place = named.or_else(|| of(&|one| one.deputy.as_ref() == Some(&said.by))).or_else(|| of(&|_| true));
        let (Some(place), Some(first)) = (place, work.first()) else { return };
        let (one, asked) = open.remove(place);
        let allowed = one.due.as_micros() - first.at.as_micros();
        self.in_time.add(said.at.as_micros() - asked.as_micros() <= allowed);
        self.by_deputy.add(one.deputy.as_ref() == Some(&said.by));
    }
}

impl Satisfaction {
    fn of(ratings: &[f64]) -> Self {
        let mut satisfied = Ratio::default();
        ratings.iter().for_each(|rating| satisfied.add(*rating >= SATISFIED));
        let mean = (!ratings.is_empty()).then(|| ratings.iter().sum::<f64>() / ratings.len() as f64);
        Self { ratings: ratings.len() as u64, mean, satisfied }
    }
}

impl Work {
    /// As it was first assigned.
    pub(super) fn first(&self) -> Option<&Tagged> {
        self.routed.values().next()
    }

    /// What the ticketing system was told last.
    pub(super) fn action(&self) -> Option<TicketAction> {
        let (revision, routed) = self.routed.iter().next_back()?;
        let moved = self.moved.range(revision..).rev().find_map(|(_, moved)| moved.action);
        Some(moved.unwrap_or(routed.action))
    }

    /// What was said of one kind, in time order.
    pub(super) fn of(&self, kind: SaidKind) -> impl DoubleEndedIterator<Item = &Said> {
        self.said.values().filter(move |said| said.kind == kind)
    }

    fn was_called(&self, why: Called) -> bool {
        self.moved.values().any(|moved| moved.called == Some(why))
    }

    fn is_taken_up(&self) -> bool {
        let takes = |said: &Said| {
            matches!(
                said.kind,
                SaidKind::Claimed
                    | SaidKind::Ticket
                    | SaidKind::Ack
                    | SaidKind::Team
                    | SaidKind::ResponsePublished
                    | SaidKind::Resolved
            )
        };
        self.said.values().any(takes)
    }

    fn answered_at(&self) -> Option<Timestamp> {
        let answers = |said: &&Said| matches!(said.kind, SaidKind::ResponsePublished | SaidKind::Resolved);
        self.said.values().find(answers).map(|said| said.at)
    }
}

pub(super) fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_micros() - from.as_micros()).div_euclid(1_000_000)
}
