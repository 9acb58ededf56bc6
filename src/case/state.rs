//! A case: one author × one issue, over all their posts, with what was decided and said of it, by reference.
//!
//! Everything of one log bucket enters in a total order, so a case is a pure function of the records: what came in
//! which transaction leaves no trace. What it keeps is bounded: the latest posts, the latest entries, and counts.

use super::work::Terms;
use super::{Alarm, Approvals, Clock, Measure, Measured, Overdue, Raised, Rise, Said, SaidKind, Step, Work};
use crate::mention::Timestamp;
use crate::route::{Approver, Raise, Rung, Severity, Tier};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Posts of a case that are named, the latest ones.
pub const ITEMS_MAX: usize = 32;
/// Entries of a timeline, the latest ones; the first stays.
pub const TIMELINE_MAX: usize = 48;
/// Posts of one case whose decision may be put off; of more the decision is taken at once.
const HELD_MAX: usize = ITEMS_MAX / 2;
/// Follow-ups of one revision of an item take the numbers up to the next one.
const FOLLOW_UPS_MAX: u64 = 15;

/// Who decides about an item that comes in a crowd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Crowd {
    /// What its query is counted by: that part of watch decides.
    pub group: String,
    /// The query whose incident it may belong to.
    pub query: String,
}

/// What triage says of one routed item. Ordered by time, then id, then revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseItem {
    /// When it happened, clamped.
    pub at: Timestamp,
    /// The item.
    pub item_id: String,
    /// Of two the higher counts.
    pub revision: u64,
    /// Author × issue.
    pub case_id: String,
    /// Who owns it.
    pub team: String,
    /// The intent that owns it.
    pub intent: String,
    /// How severe.
    pub severity: Severity,
    /// How much a machine may do.
    pub tier: Tier,
    /// It has a ticket, or waits for one; else it is for information.
    pub ticket: bool,
    /// Thread key its record is placed by.
    pub thread: String,
    /// Who is next when the clock runs out.
    pub path: Vec<String>,
    /// When an answer is due.
    pub respond_by: Timestamp,
    /// When it should be over.
    pub resolve_by: Timestamp,
    /// Anyone can read it.
    pub public: bool,
    /// The thread that it begins, by hash.
    pub starts: Option<u64>,
    /// Whose word a public answer needs.
    pub approvers: Vec<Approver>,
    /// What the matrix says of it at graver severities.
    pub rungs: Vec<Rung>,
    /// Triage left it for watch to decide.
    pub crowd: Option<Crowd>,
}

impl CaseItem {
    /// Key of its case, and what its place in the signals is made of. What is decided by a query's incidents is kept
    /// where the query is counted.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.crowd {
            None => format!("case:{}", self.case_id),
            Some(crowd) => format!("case:{}/{}", self.case_id, crowd.group),
        }
    }

    /// Seconds to answer.
    fn respond_seconds(&self) -> i64 {
        self.respond_by.as_seconds().saturating_sub(self.at.as_seconds())
    }
}

/// How one item of a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It has a ticket.
    Ticketed,
    /// Watch is to decide.
    Waiting,
    /// It belongs to an incident.
    Attached,
    /// Its incident is over.
    Told,
}

/// An item by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRef {
    /// Which.
    pub item_id: String,
    /// As triage gave it.
    pub revision: u64,
    /// Last revision told of it, by triage or in a follow-up.
    pub told: u64,
    /// Whose topic it went to.
    pub team: String,
    /// Thread key its record is placed by.
    pub thread: String,
    /// When its answer is due.
    pub respond_by: Timestamp,
    /// How it stands.
    pub standing: Standing,
    /// Until when its decision is put off, at the latest.
    pub held_until: Option<Timestamp>,
    /// When it was posted.
    pub posted: Timestamp,
    /// It has a ticket, or waits for one.
    pub ticket: bool,
    /// What was measured of it.
    pub work: Work,
}

impl ItemRef {
    fn has_ticket(&self) -> bool {
        self.ticket && self.standing == Standing::Ticketed
    }

    fn hear(&mut self, said: &Said) -> Vec<Measure> {
        let ticketed = self.has_ticket();
        let terms = Terms { posted: self.posted, respond_by: self.respond_by, ticketed, team: &self.team };
        self.work.hear(said, terms)
    }

    /// When its answer is due, where it has a ticket and nobody has answered.
    fn is_due(&self) -> Option<Timestamp> {
        (self.has_ticket() && self.work.is_awaited()).then_some(self.respond_by)
    }

    /// What the next follow-up is told of; none where the numbers of its revision are used up.
    fn next_told(&mut self) -> Option<Told> {
        if self.told >= self.revision.saturating_add(FOLLOW_UPS_MAX) {
            return None;
        }
        self.told += 1;
        let Self { item_id, team, thread, told, .. } = self;
        Some(Told { item_id: item_id.clone(), team: team.clone(), thread: thread.clone(), revision: *told })
    }
}

/// What a follow-up is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The item.
    pub item_id: String,
    /// Whose topic it goes to.
    pub team: String,
    /// Thread key its record is placed by.
    pub thread: String,
    /// Revision of the follow-up.
    pub revision: u64,
}

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Its first post.
    Opened,
    /// Another post.
    Item,
    /// A post belongs to an incident.
    Attached,
    /// A post has a ticket of its own, or its incident is over.
    Released,
    /// The next of the path was called.
    Escalated,
    /// Time has made it more severe.
    Raised,
    /// An approval did not come in time: whoever stands in was called.
    Overdue,
    /// Somebody said something.
    Said(SaidKind),
}

impl What {
    /// The name used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Item => "item",
            Self::Attached => "attached",
            Self::Released => "released",
            Self::Escalated => "escalated",
            Self::Raised => "raised",
            Self::Overdue => "approval_overdue",
            Self::Said(kind) => kind.as_str(),
        }
    }
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// An item, an incident, or what was said.
    pub about: String,
    /// Who said it, or was called.
    pub by: String,
    /// What was said.
    pub value: String,
}

/// Where a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// Watch is to decide.
    Waiting,
    /// It belongs to an incident.
    Attached,
    /// Nobody has answered.
    Open,
    /// Somebody works on it.
    Claimed,
    /// An answer stands.
    Responded,
    /// It is over.
    Resolved,
}

impl CaseState {
    /// The name used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Attached => "attached",
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Responded => "responded",
            Self::Resolved => "resolved",
        }
    }
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Author × issue.
    pub case_id: String,
    /// Where a query's incidents decide: which query, counted by what.
    pub crowd: Option<Crowd>,
    /// Who owns its latest post.
    pub team: String,
    /// The issue.
    pub intent: String,
    /// The most severe of its posts.
    pub severity: Severity,
    /// Its first post.
    pub opened: Timestamp,
    /// When something was last heard of it.
    pub last: Timestamp,
    /// Its latest posts, oldest first.
    pub items: Vec<ItemRef>,
    /// All of its posts.
    pub items_total: u64,
    /// When the latest one should be over.
    pub resolve_by: Timestamp,
    /// The ticket, as feedback says.
    pub ticket: Option<String>,
    /// The customer, as feedback says.
    pub customer: Option<String>,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// When an answer was published.
    pub responded: Option<Timestamp>,
    /// When it was over.
    pub closed: Option<Timestamp>,
    /// The incident it belongs, or belonged, to.
    pub incident_id: Option<String>,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// Entries there ever were.
    pub entries_total: u64,
    /// How often it was written.
    pub revision: u64,
    path: Vec<String>,
    respond_seconds: i64,
    clock: Option<Clock>,
    rise: Rise,
    approvals: Approvals,
}

impl Case {
    /// The case that its first post opens.
    #[must_use]
    pub fn new(item: &CaseItem) -> Self {
        let mut case = Self {
            case_id: item.case_id.clone(),
            crowd: item.crowd.clone(),
            team: item.team.clone(),
            intent: item.intent.clone(),
            severity: item.severity,
            opened: item.at,
            last: item.at,
            items: Vec::new(),
            items_total: 0,
            resolve_by: item.resolve_by,
            ticket: None,
            customer: None,
            claimed_by: None,
            responded: None,
            closed: None,
            incident_id: None,
            timeline: Vec::new(),
            entries_total: 0,
            revision: 0,
            path: Vec::new(),
            respond_seconds: 0,
            clock: None,
            rise: Rise::default(),
            approvals: Approvals::default(),
        };
        case.note(item.at, What::Opened, &item.item_id, "", "");
        case
    }

    /// A post of its author. `runs`: people can be heard, so its clock runs; not yet where watch is to decide.
    pub fn take(&mut self, item: &CaseItem, runs: bool) -> Option<Measured> {
        let standing = if item.crowd.is_some() { Standing::Waiting } else { Standing::Ticketed };
        self.last = self.last.max(item.at);
        if let Some(known) = self.items.iter_mut().find(|known| known.item_id == item.item_id) {
            // an edit is decided anew, but answered once
            if item.revision > known.revision {
                (known.revision, known.told) = (item.revision, item.revision);
                (known.standing, known.held_until, known.ticket) = (standing, None, item.ticket);
            }
            return None;
        }
        if self.items_total > 0 {
            self.note(item.at, What::Item, &item.item_id, "", "");
        }
        self.items_total += 1;
        let (item_id, team, thread) = (item.item_id.clone(), item.team.clone(), item.thread.clone());
        let (revision, told, respond_by, held_until) = (item.revision, item.revision, item.respond_by, None);
        let (posted, ticket, work) = (item.at, item.ticket, Work::default());
        self.items.push(ItemRef {
            item_id,
            revision,
            told,
            team,
            thread,
            respond_by,
            standing,
            held_until,
            posted,
            ticket,
            work,
        });
        if self.items.len() > ITEMS_MAX {
            // one that is held is still to be decided
            let oldest = self.items.iter().position(|item| item.held_until.is_none());
            self.items.remove(oldest.unwrap_or(0));
        }
        self.severity = self.severity.min(item.severity);
        self.team.clone_from(&item.team);
        (self.path, self.respond_seconds) = (item.path.clone(), item.respond_seconds());
        self.resolve_by = item.resolve_by;
        self.rise.take(item.at, item.public, item.starts, &item.rungs);
        self.approvals.need(&item.approvers);
        // whoever writes again has not been answered
        (self.responded, self.closed) = (None, None);
        if standing == Standing::Ticketed && runs {
            self.start(item.respond_by);
        }
        let what = Measure::Arrived { tier: item.tier, severity: item.severity };
        Some(Measured { team: item.team.clone(), intent: self.intent.clone(), what })
    }

    /// The clock runs from now on; one that runs already stays.
    fn start(&mut self, by: Timestamp) {
        let runs = self.clock.as_ref().is_some_and(|clock| !clock.is_stopped());
        if !runs && self.claimed_by.is_none() {
            self.clock = Some(Clock::new(by, self.respond_seconds, &self.path));
        }
    }

    /// Watch has decided about an item that waited: it belongs to this incident.
    pub fn attach(&mut self, item_id: &str, incident_id: &str, revision: u64, at: Timestamp) {
        self.incident_id = Some(incident_id.to_owned());
        self.decided(item_id, Standing::Attached, revision);
        self.note(at, What::Attached, item_id, "", incident_id);
    }

    /// Watch has decided about an item that waited: it has a ticket of its own, and a clock.
    pub fn release(&mut self, item_id: &str, revision: u64, at: Timestamp, runs: bool) {
        if let Some(by) = self.decided(item_id, Standing::Ticketed, revision).filter(|_| runs) {
            self.start(by);
        }
        self.note(at, What::Released, item_id, "", "");
    }

    fn decided(&mut self, item_id: &str, standing: Standing, revision: u64) -> Option<Timestamp> {
        let item = self.items.iter_mut().find(|item| item.item_id == item_id)?;
        (item.standing, item.told, item.held_until) = (standing, item.told.max(revision), None);
        Some(item.respond_by)
    }

    /// Puts the decision about an item off until then. False where it is not known, or too many wait already.
    #[must_use]
    pub fn hold(&mut self, item_id: &str, until: Timestamp) -> bool {
        let held = self.items.iter().filter(|item| item.held_until.is_some()).count();
        let item = self.items.iter_mut().find(|item| item.item_id == item_id && held < HELD_MAX);
        item.map(|item| item.held_until = Some(until)).is_some()
    }

    /// Items whose decision is put off, each with what a follow-up is told of, and until when.
    #[must_use]
    pub fn held(&self) -> Vec<(Told, Timestamp)> {
        let held = self.items.iter().filter_map(|item| Some((item.clone().next_told()?, item.held_until?)));
        held.collect()
    }

    /// Its incident is over: the items that are to be told so, each with thread and revision of that.
    pub fn let_go(&mut self, at: Timestamp) -> Vec<Told> {
        let incident = self.incident_id.clone().unwrap_or_default();
        let mut told = Vec::new();
        for item in self.items.iter_mut().filter(|item| item.standing == Standing::Attached) {
            item.standing = Standing::Told;
            told.extend(item.next_told());
        }
        for Told { item_id, .. } in &told {
            self.note(at, What::Released, item_id, "", &incident);
        }
        told
    }

    /// True while an incident is to say when it is over.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.items.iter().any(|item| item.standing == Standing::Attached)
    }

    /// Somebody says something of it, or of one of its items; what that comes to.
    pub fn hear(&mut self, said: &Said) -> Vec<Measured> {
        if said.kind.stops()
            && let Some(clock) = &mut self.clock
        {
            clock.stop();
        }
        self.approvals.hear(said);
        if matches!(said.kind, SaidKind::ResponsePublished | SaidKind::Resolved | SaidKind::FalseAlarm) {
            self.rise.answered();
        }
        match said.kind {
            SaidKind::Claimed | SaidKind::Ack => self.claimed_by = Some(said.by.clone()),
            SaidKind::Ticket => self.ticket = Some(said.value.clone()),
            SaidKind::Customer => self.customer = Some(said.value.clone()),
            SaidKind::ResponsePublished => self.responded = Some(said.at),
            SaidKind::Resolved | SaidKind::FalseAlarm => self.closed = Some(said.at),
            SaidKind::Reopened => self.reopen(said.at),
            SaidKind::Intent | SaidKind::Urgency | SaidKind::Noise | SaidKind::Team | SaidKind::Csat => {}
            SaidKind::ApprovalRequested | SaidKind::Approved | SaidKind::Rejected => {}
        }
        self.note(said.at, What::Said(said.kind), &said.about, &said.by, &said.value);
        let Some(item) = self.items.iter_mut().find(|item| item.item_id == said.about) else { return Vec::new() };
        let (team, intent) = (&item.team.clone(), &self.intent);
        let measured = |what| Measured { team: team.clone(), intent: intent.clone(), what };
        item.hear(said).into_iter().map(measured).collect()
    }

    /// Tickets whose answer was due before `now` and is not there.
    pub fn miss(&mut self, now: Timestamp) -> Vec<Measured> {
        let intent = &self.intent;
        let missed =
            |item: &mut ItemRef| Measured { team: item.team.clone(), intent: intent.clone(), what: item.work.miss() };
        self.items.iter_mut().filter(|item| item.is_due().is_some_and(|due| due < now)).map(missed).collect()
    }

    /// The next of the path was called for an item.
    pub fn escalated(&mut self, item_id: &str) -> Option<Measured> {
        let item = self.items.iter_mut().find(|item| item.item_id == item_id)?;
        let what = item.work.escalate()?;
        Some(Measured { team: item.team.clone(), intent: self.intent.clone(), what })
    }

    fn reopen(&mut self, at: Timestamp) {
        (self.closed, self.responded, self.claimed_by) = (None, None, None);
        if let Some(clock) = &mut self.clock {
            clock.restart(at);
        }
    }

    /// Others have posted in threads that its author began, in the log bucket that ends then.
    pub fn grow(&mut self, ends: Timestamp, posts: u64) {
        self.rise.grow(ends, posts);
    }

    /// Threads that its author began, by hash, the latest ones.
    #[must_use]
    pub fn threads(&self) -> &[u64] {
        self.rise.threads()
    }

    /// What has made it more severe by `now`, the end of a log bucket, with the item it is told of: the latest one with a ticket,
    /// without which it stays as it is. `heard`: answers are known of.
    pub fn raise(&mut self, now: Timestamp, heard: bool, rules: &[Raise]) -> Option<(Raised, Told)> {
        let is_ticketed = |item: &ItemRef| item.standing == Standing::Ticketed;
        if self.closed.is_some() || !self.items.iter().any(is_ticketed) {
            return None;
        }
        let raised = self.rise.run(&self.intent, self.severity, now, heard, rules)?;
        let told = self.items.iter_mut().rev().find(|item| is_ticketed(item)).and_then(ItemRef::next_told)?;
        self.severity = raised.severity;
        if let Some(rung) = &raised.rung {
            self.team.clone_from(&rung.team);
            (self.path, self.respond_seconds) = (rung.path.clone(), rung.respond_seconds);
            let by = now.plus_seconds(rung.respond_seconds);
            if let Some(clock) = &mut self.clock {
                clock.hasten(by);
                clock.lead(&rung.path);
            }
        }
        self.note(now, What::Raised, &told.item_id, "", raised.severity.as_str());
        Some((raised, told))
    }

    /// When somebody is to be called: the next of the path, or whoever stands in for a word that did not come.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.calls_at().into_iter().chain(self.approvals.due()).min()
    }

    /// When the next of the path is to be called.
    #[must_use]
    pub fn calls_at(&self) -> Option<Timestamp> {
        self.clock.as_ref().and_then(Clock::due)
    }

    /// The next approval that did not come by `now`, with the item it is told of, the latest one.
    pub fn run_approvals(&mut self, now: Timestamp) -> Option<(Overdue, Told)> {
        let overdue = self.approvals.run(now)?;
        let told = self.items.last_mut().and_then(ItemRef::next_told)?;
        self.note(overdue.at, What::Overdue, &told.item_id, &overdue.deputy, &overdue.who);
        Some((overdue, told))
    }

    /// When it is to be looked at: somebody is to be called, an item was held for long enough, or an answer is overdue.
    #[must_use]
    pub fn next_look(&self) -> Option<Timestamp> {
        // the answer may come at the very instant that it is due
        let overdue = |item: &ItemRef| item.is_due().map(|due| Timestamp::clamped(due.as_micros() + 1));
        let looks = self.items.iter().flat_map(|item| [item.held_until, overdue(item)]).flatten();
        looks.chain(self.due()).min()
    }

    /// The next step that is due by `now`, with the item it is told of: the latest one with a ticket.
    pub fn run(&mut self, now: Timestamp) -> Option<(Step, Told)> {
        let clock = self.clock.as_mut()?;
        let step = clock.run(now)?;
        let item = self.items.iter_mut().rev().find(|item| item.standing == Standing::Ticketed);
        let Some(told) = item.and_then(ItemRef::next_told) else {
            // nothing is left to tell it of
            clock.stop();
            return None;
        };
        self.note(step.at, What::Escalated, &told.item_id, &step.party, &step.number.to_string());
        Some((step, told))
    }

    /// Steps of its path that were taken.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.clock.as_ref().map_or(0, Clock::taken)
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> CaseState {
        let all = |standing: Standing| self.items.iter().any(|item| item.standing == standing);
        if self.closed.is_some() {
            CaseState::Resolved
        } else if self.responded.is_some() {
            CaseState::Responded
        } else if self.claimed_by.is_some() || self.ticket.is_some() {
            CaseState::Claimed
        } else if all(Standing::Ticketed) {
            CaseState::Open
        } else if all(Standing::Waiting) {
            CaseState::Waiting
        } else if all(Standing::Attached) {
            CaseState::Attached
        } else {
            CaseState::Resolved
        }
    }

    /// What it is forgotten by: since when it is over, or was last heard of.
    #[must_use]
    pub fn idle_since(&self) -> Timestamp {
        self.closed.unwrap_or(self.last)
    }

    fn note(&mut self, at: Timestamp, what: What, about: &str, by: &str, value: &str) {
        self.last = self.last.max(at);
        self.entries_total += 1;
        let [about, by, value] = [about, by, value].map(str::to_owned);
        self.timeline.push(Entry { at, what, about, by, value });
        if self.timeline.len() > TIMELINE_MAX {
            // how it began is worth more than what came second
            self.timeline.remove(1);
        }
    }
}

/// What stands in the book of a part of watch under one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Page {
    /// Items of a log bucket that is not closed, by case and id: of two revisions the later.
    Arrivals(BTreeMap<(String, String), CaseItem>),
    /// What was said in a log bucket that is not closed.
    Said(BTreeSet<Said>),
    /// Posts in threads in a log bucket that is not closed, by hash of the thread.
    Threads(BTreeMap<u64, u64>),
    /// A case.
    Case(Box<Case>),
    /// An open alert that people know of.
    Alarm(Box<Alarm>),
}

impl Page {
    /// Bytes in memory, about: what bounds are counted in.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// An item with its ids and its path.
        const ITEM: usize = 400;
        /// A reference or an entry, with its texts.
        const LINE: usize = 200;
        match self {
            Self::Arrivals(items) => items.len() * ITEM,
            Self::Said(said) => said.len() * ITEM,
            Self::Threads(posts) => posts.len() * size_of::<(u64, u64)>(),
            Self::Case(case) => size_of::<Case>() + (case.items.len() + case.timeline.len()) * LINE,
            Self::Alarm(_) => 16 * ITEM,
        }
    }
}
