//! Cases, the clocks of people, and what they say: what enters before the counts of a bucket, and what follows them.
//!
//! Of one log bucket the posts enter their cases first, then what was said, then come the counts, then the clocks that
//! are due by its end. Posts come before what is said of them: who answers within ten seconds is heard too. A tick runs
//! the clocks that are due by it and nothing else, save that it hears first what was said: nobody is called who has
//! answered.
//!
//! Clocks run only where what people say is read: else nobody could ever answer.

use super::withdraw::withdraw;
use super::{FollowUp, FollowUpAction, RaisedTo, Verdict, alert};
use crate::alert::{AlertEvent, AlertState, Withdrawal};
use crate::case::{Alarm, Case, CaseItem, Measure, Measured, Overdue, Page, Raised, Said, SaidKind, Step, Told};
use crate::detect::Bucket;
use crate::mention::Timestamp;
use crate::pipeline::book::forgotten;
use crate::pipeline::{QueryState, WatchState};
use crate::route::TicketAction;
use crate::rules::Pack;
use std::collections::{BTreeMap, BTreeSet};

/// So long is an item held at most while a rise is suspected, seconds: a rise of no kind opens after two minutes.
const HELD_SECONDS: i64 = 120;

/// A case as it is to be written: none where it is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseTold {
    /// Its key in the topic.
    pub key: String,
    /// The case.
    pub case: Option<Case>,
}

/// One round over the book: in which bucket, by which pack, and what it changes.
pub(super) struct Round<'a> {
    bucket: Bucket,
    /// The time that counts as now.
    now: Timestamp,
    runs: bool,
    pack: &'a Pack,
    changed: BTreeSet<String>,
    measured: Vec<Measured>,
    /// Cases whose author's threads have grown.
    grown: BTreeSet<String>,
}

impl<'a> Round<'a> {
    /// The round of a bucket that is closed.
    pub(super) fn of(bucket: Bucket, state: &WatchState, pack: &'a Pack) -> Self {
        let runs = state.members.hear_people(bucket);
        let (changed, grown) = (BTreeSet::new(), BTreeSet::new());
        Self { bucket, now: bucket.end(), runs, pack, changed, measured: Vec::new(), grown }
    }

    /// What arrived and what was said, before the counts.
    pub(super) fn enter(&mut self, state: &mut WatchState) -> Vec<Verdict> {
        let (mut items, mut said) = (Vec::<CaseItem>::new(), Vec::<Said>::new());
        let mut posts = BTreeMap::<u64, u64>::new();
        for key in state.book().due(self.bucket) {
            match state.take_waiting(&key) {
                Some(Page::Arrivals(arrived)) => items.extend(arrived.into_values()),
                Some(Page::Said(words)) => said.extend(words),
                Some(Page::Threads(threads)) => {
                    threads.into_iter().for_each(|(thread, count)| *posts.entry(thread).or_default() += count);
                }
                Some(Page::Case(_) | Page::Alarm(_)) | None => {}
            }
        }
        items.sort_unstable();
        said.sort_unstable();
        items.iter().for_each(|item| self.take(item, state));
        posts.iter().for_each(|(thread, count)| self.grow(*thread, *count, state));
        said.iter().filter_map(|said| self.hear(said, state)).collect()
    }

    fn take(&mut self, item: &CaseItem, state: &mut WatchState) {
        let (key, runs) = (item.key(), self.runs);
        let measured = state.turn(&key, |page| {
            let case = page.get_or_insert_with(|| Page::Case(Box::new(Case::new(item))));
            if let Page::Case(case) = case { case.take(item, runs) } else { None }
        });
        self.measured.extend(measured);
        self.changed.insert(key);
    }

    /// Others have posted in a thread: what its author said there has grown.
    fn grow(&mut self, thread: u64, posts: u64, state: &mut WatchState) {
        for key in state.book().of_thread(thread) {
            state.turn(&key, |page| {
                if let Some(Page::Case(case)) = page {
                    case.grow(self.now, posts);
                }
            });
            self.grown.insert(key);
        }
    }

    /// What is told of what was said: that an alert was none.
    fn hear(&mut self, said: &Said, state: &mut WatchState) -> Option<Verdict> {
        let mut told = None;
        for key in state.book().about(&said.about) {
            let query = state.turn(&key, |page| match page {
                Some(Page::Case(case)) => {
                    self.measured.extend(case.hear(said));
                    None
                }
                Some(Page::Alarm(alarm)) => {
                    hear_alarm(alarm, said);
                    (said.kind == SaidKind::FalseAlarm).then(|| alarm.query.clone())
                }
                Some(Page::Arrivals(_) | Page::Said(_) | Page::Threads(_)) | None => None,
            });
            match query {
                Some(query) => told = told.or(self.withdraw(&key, &query, said, state)),
                None => drop(self.changed.insert(key)),
            }
        }
        told
    }

    /// There was nothing: the alert ends, and what it is made of opens it no more while it goes on.
    fn withdraw(&self, key: &str, query: &str, said: &Said, state: &mut WatchState) -> Option<Verdict> {
        let slot = state.of_query(query)?.tracker.open_slot(&said.about)?;
        let of_query = state.query(query);
        withdraw(slot, self.bucket, Withdrawal::FalseAlarm, "a false alarm".to_owned(), of_query)?;
        let waits = of_query.is_waiting();
        state.note_open(query, waits);
        let event = state.turn(key, |page| match page.take() {
            Some(Page::Alarm(alarm)) => Some(alarm.withdrawn(self.now, &said.by)),
            Some(Page::Arrivals(_) | Page::Said(_) | Page::Threads(_) | Page::Case(_)) | None => None,
        });
        event.map(alert)
    }

    /// Items that were held: decided as their query is evaluated, or once they were held for long enough. `stepped`: the
    /// queries that were evaluated in this bucket, and whether something has risen on them.
    pub(super) fn decide_held(&mut self, stepped: &BTreeMap<&str, bool>, state: &mut WatchState) -> Vec<Verdict> {
        let is_due = |query: &str, until: Timestamp| until <= self.now || stepped.contains_key(query);
        let held: Vec<_> =
            state.book().held_items().into_iter().filter(|(query, _, until)| is_due(query, *until)).collect();
        let decide = |(query, told, until): (String, Told, Timestamp)| {
            let may_wait = until > self.now && stepped.get(query.as_str()).is_some_and(|suspected| *suspected);
            decided(told, self.bucket, state.of_query(&query), may_wait).map(Verdict::FollowUp)
        };
        held.into_iter().filter_map(decide).collect()
    }

    /// The decision about an item is put off, where its case is known. False where it must be taken now.
    pub(super) fn hold(&mut self, item_id: &str, state: &mut WatchState) -> bool {
        let until = self.now.plus_seconds(HELD_SECONDS);
        state.book().about(item_id).iter().any(|key| {
            state.turn(key, |page| match page {
                Some(Page::Case(case)) if case.crowd.is_some() => case.hold(item_id, until),
                _ => false,
            })
        })
    }

    /// What follows from what the counts have decided, and from the time.
    pub(super) fn follow(mut self, decided: &[Verdict], state: &mut WatchState) -> Vec<Verdict> {
        for verdict in decided {
            match verdict {
                Verdict::Alert(event) => self.note_alert(event, state),
                Verdict::FollowUp(follow_up) => self.note_decision(follow_up, state),
                Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => {}
            }
        }
        let mut verdicts = self.let_go(state);
        verdicts.extend(self.raise(state));
        self.call(state, &mut verdicts);
        self.write(state, verdicts)
    }

    fn note_alert(&mut self, event: &AlertEvent, state: &mut WatchState) {
        if event.suppressed.is_some() || !self.runs {
            return;
        }
        let key = format!("alert:{}", event.alert_id);
        let over = matches!(event.state, AlertState::Resolved | AlertState::Withdrawn);
        let query = event.series.get("query").map_or("", String::as_str);
        let in_crisis = event.crisis.is_some();
        let path = if over { Vec::new() } else { self.pack.alert_path(event.kind, query, in_crisis) };
        state.turn(&key, |page| match page {
            _ if over => *page = None,
            Some(Page::Alarm(alarm)) => alarm.follow(event, &path),
            _ => *page = Some(Page::Alarm(Box::new(Alarm::new(event, &path)))),
        });
    }

    /// An item of a crowd was decided.
    fn note_decision(&mut self, follow_up: &FollowUp, state: &mut WatchState) {
        let FollowUp { item_id, revision, incident_id, at, .. } = follow_up;
        let runs = self.runs;
        for key in state.book().about(item_id) {
            let changed = state.turn(&key, |page| {
                let Some(Page::Case(case)) = page else { return false };
                if case.crowd.is_none() {
                    return false;
                }
                match incident_id {
                    Some(incident) => case.attach(item_id, incident, *revision, *at),
                    None => case.release(item_id, *revision, *at, runs),
                }
                true
            });
            if changed {
                self.changed.insert(key);
            }
        }
    }

    /// Incidents that are over: what was held for them is told so, all at once. As many as there are cases at most.
    fn let_go(&mut self, state: &mut WatchState) -> Vec<Verdict> {
        let is_over =
            |query: &&String| !state.of_query(query.as_str()).is_some_and(|of_query| of_query.tracker.volume_open());
        let over: Vec<String> = state.book().attached().keys().filter(is_over).cloned().collect();
        let mut verdicts = Vec::new();
        for query in over {
            let keys = state.book().attached().get(&query).cloned().unwrap_or_default();
            for key in keys {
                let at = self.now;
                let told = state.turn(&key, |page| match page {
                    Some(Page::Case(case)) => {
                        let told = case.let_go(at);
                        Some((told, case.incident_id.clone()))
                    }
                    _ => None,
                });
                let Some((told, incident)) = told else { continue };
                let follow_up = |told| released(told, incident.as_deref(), at);
                verdicts.extend(told.into_iter().map(follow_up).map(Verdict::FollowUp));
                self.changed.insert(key);
            }
        }
        verdicts
    }

    /// Cases that time has made more severe.
    fn raise(&mut self, state: &mut WatchState) -> Vec<Verdict> {
        let (now, runs, pack) = (self.now, self.runs, self.pack);
        if pack.intents.raises.is_empty() {
            return Vec::new();
        }
        let looked: BTreeSet<String> = self.changed.union(&std::mem::take(&mut self.grown)).cloned().collect();
        let mut verdicts = Vec::new();
        for key in looked {
            let raised = state.turn(&key, |page| match page {
                Some(Page::Case(case)) => {
                    let (raised, told) = case.raise(now, runs, &pack.intents.raises)?;
                    let respond_by = case.calls_at();
                    Some(raised_to(&case.case_id, raised, told, respond_by, now, pack))
                }
                _ => None,
            });
            if let Some(follow_up) = raised {
                verdicts.push(Verdict::FollowUp(follow_up));
                self.changed.insert(key);
            }
        }
        verdicts
    }

    /// Clocks that are due: the next of the path is called, or whoever stands in for a word that did not come.
    fn call(&mut self, state: &mut WatchState, verdicts: &mut Vec<Verdict>) {
        let (now, pack) = (self.now, self.pack);
        let name = |party: &str| pack.name_of(party).to_owned();
        for key in state.book().due_by(now) {
            let (runs, measured) = (self.runs, &mut self.measured);
            let called = state.turn(&key, |page| match page {
                Some(Page::Case(case)) => {
                    let steps = std::iter::from_fn(|| case.run(now)).collect::<Vec<_>>();
                    measured.extend(steps.iter().filter_map(|(_, told)| case.escalated(&told.item_id)));
                    // where nobody is heard, nobody can answer
                    let missed = case.miss(now);
                    measured.extend(missed.into_iter().filter(|_| runs));
                    let steps = steps.into_iter().map(|(step, told)| escalated(step, told, name));
                    let overdue = std::iter::from_fn(|| case.run_approvals(now)).collect::<Vec<_>>();
                    let overdue = overdue.into_iter().map(|(overdue, told)| stood_in(&overdue, told, name));
                    steps.chain(overdue).map(Verdict::FollowUp).collect()
                }
                Some(Page::Alarm(alarm)) => std::iter::from_fn(|| alarm.run(now, name)).map(alert).collect(),
                Some(Page::Arrivals(_) | Page::Said(_) | Page::Threads(_)) | None => Vec::new(),
            });
            if called.iter().any(|verdict| matches!(verdict, Verdict::FollowUp(_))) {
                self.changed.insert(key);
            }
            verdicts.extend(called);
        }
    }

    /// Every case that changed once, and those that are forgotten.
    fn write(mut self, state: &mut WatchState, mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
        let is_forgotten = |key: &String| match state.book().pages().get(key) {
            Some(Page::Case(case)) => forgotten(case) <= self.now,
            _ => false,
        };
        let mut gone: BTreeSet<String> = state.book().due(self.bucket).into_iter().filter(is_forgotten).collect();
        gone.extend(state.book().surplus());
        for key in &gone {
            state.turn(key, |page| *page = None);
            verdicts.push(told(key, None));
        }
        self.changed.retain(|key| !gone.contains(key) && key.starts_with("case:"));
        for key in &self.changed {
            let case = state.turn(key, |page| match page {
                Some(Page::Case(case)) => {
                    case.revision += 1;
                    Some((**case).clone())
                }
                _ => None,
            });
            verdicts.extend(case.map(|case| told(key, Some(case))));
        }
        verdicts.extend(self.measured.into_iter().map(|measured| Verdict::Measured(bounded(measured, self.pack))));
        verdicts
    }
}

/// What people name is counted by the names of the pack: there are only so many.
fn bounded(mut measured: Measured, pack: &Pack) -> Measured {
    if let Measure::Tagged { said } = &mut measured.what
        && pack.intents.get(said).is_none()
        && said != "none"
    {
        "other".clone_into(said);
    }
    measured
}

/// Wall time was recorded: what was said is heard, and who is due by then is called.
pub(super) fn tick(at: Timestamp, state: &mut WatchState, pack: &Pack) -> Vec<Verdict> {
    let bucket = state.closed.unwrap_or(Bucket::FIRST);
    let mut round = Round { now: at, ..Round::of(bucket, state, pack) };
    let mut said: Vec<Said> = Vec::new();
    for key in state.book().pages().keys().filter(|key| key.starts_with("said:")).cloned().collect::<Vec<_>>() {
        if let Some(Page::Said(words)) = state.take_waiting(&key) {
            said.extend(words);
        }
    }
    said.sort_unstable();
    let mut verdicts: Vec<Verdict> = said.iter().filter_map(|said| round.hear(said, state)).collect();
    round.call(state, &mut verdicts);
    round.write(state, verdicts)
}

fn hear_alarm(alarm: &mut Alarm, said: &Said) {
    alarm.hear_approvals(said);
    if said.kind.stops() {
        alarm.stop();
    } else if said.kind == SaidKind::Reopened {
        alarm.restart(said.at);
    }
}

fn told(key: &str, case: Option<Case>) -> Verdict {
    let key = key.strip_prefix("case:").unwrap_or(key).to_owned();
    Verdict::Case(Box::new(CaseTold { key, case }))
}

/// The input has ended: what is held is decided as it stands.
pub(super) fn rest(state: &mut WatchState, pack: &Pack) -> Vec<Verdict> {
    let held = state.book().held_items();
    if held.is_empty() {
        return Vec::new();
    }
    let round = Round::of(state.closed.unwrap_or(Bucket::FIRST), state, pack);
    let decide = |(query, told, _): (String, Told, Timestamp)| {
        decided(told, round.bucket, state.of_query(&query), false).map(Verdict::FollowUp)
    };
    let mut verdicts: Vec<Verdict> = held.into_iter().filter_map(decide).collect();
    let follows = round.follow(&verdicts, state);
    verdicts.extend(follows);
    verdicts
}

/// An item that waited: it belongs to the open incident of its query, or it gets a ticket of its own; none where there is
/// no incident and it may wait for one.
pub(super) fn decided(told: Told, bucket: Bucket, query: Option<&QueryState>, may_wait: bool) -> Option<FollowUp> {
    let tracker = query.map(|of_query| &of_query.tracker);
    let incident = tracker.and_then(|tracker| tracker.volume.as_ref()).filter(|episode| episode.is_open());
    if may_wait && incident.is_none() {
        return None;
    }
    let (action, ticket, reason) = match incident {
        Some(episode) => {
            let kind = episode.kind.as_str();
            (FollowUpAction::Attach, TicketAction::None, format!("{kind} is open on the query it matched"))
        }
        None => {
            (FollowUpAction::Release, TicketAction::Upsert, "no incident is open on the query it matched".to_owned())
        }
    };
    let incident_id = incident.map(|episode| episode.incident_id.clone());
    Some(FollowUp { incident_id, ..follow_up(told, action, ticket, bucket.end(), vec![reason]) })
}

/// A follow-up that says no more than what is done, and why.
fn follow_up(
    told: Told,
    action: FollowUpAction,
    ticket: TicketAction,
    at: Timestamp,
    reasons: Vec<String>,
) -> FollowUp {
    let Told { item_id, team, thread, revision } = told;
    let (incident_id, step, stands_in_for, raised) = (None, None, None, None);
    FollowUp { item_id, revision, action, incident_id, team, thread, ticket, step, stands_in_for, raised, at, reasons }
}

/// Somebody is to act on it, with its ticket.
fn escalates(told: Told, at: Timestamp, reasons: Vec<String>) -> FollowUp {
    follow_up(told, FollowUpAction::Escalate, TicketAction::Upsert, at, reasons)
}

/// An item whose incident is over: it never had a ticket, and gets none.
fn released(told: Told, incident: Option<&str>, at: Timestamp) -> FollowUp {
    let reasons = vec!["the incident it was held for is over".to_owned()];
    let incident_id = incident.map(str::to_owned);
    FollowUp { incident_id, ..follow_up(told, FollowUpAction::Release, TicketAction::None, at, reasons) }
}

fn escalated(step: Step, told: Told, name: impl Fn(&str) -> String) -> FollowUp {
    let reason = format!("nobody has answered by {}: {} is next, step {}", step.at, name(&step.party), step.number);
    let follow_up = escalates(told, step.at, vec![reason]);
    FollowUp { step: Some(Box::new(step)), ..follow_up }
}

/// A word did not come in time: whoever stands in is asked.
fn stood_in(overdue: &Overdue, told: Told, name: impl Fn(&str) -> String) -> FollowUp {
    let Overdue { who, deputy, at } = overdue;
    let step = Step { party: deputy.clone(), number: 1, at: *at, by: None, next: None };
    let reason = format!("{} has not approved by {at}: {} is asked instead", name(who), name(deputy));
    let stands_in_for = Some(who.clone());
    FollowUp { step: Some(Box::new(step)), stands_in_for, ..escalates(told, *at, vec![reason]) }
}

/// Time has made a case more severe: its owner is told how severe it is now, why, and by when to answer.
fn raised_to(
    case_id: &str,
    raised: Raised,
    told: Told,
    respond_by: Option<Timestamp>,
    at: Timestamp,
    pack: &Pack,
) -> FollowUp {
    let Raised { severity, mut reasons, rung } = raised;
    let team = rung.as_ref().map_or_else(|| told.team.clone(), |rung| rung.team.clone());
    reasons.extend(rung.map(|rung| format!("row {} gives it to {}", rung.row, pack.name_of(&rung.team))));
    let raised = RaisedTo { case_id: case_id.to_owned(), severity, team, respond_by };
    FollowUp { raised: Some(Box::new(raised)), ..escalates(told, at, reasons) }
}
