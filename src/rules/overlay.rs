//! At three in the morning: what one person changes of the pack for at most 72 hours, with a name, a reason and an end.
//!
//! `overlay.yaml` is a file of the pack like any other: checked with it, part of its digest, taken up like every change of
//! it. Why its entries end by event time and by log time, and not when the clock on the wall says so: what was decided
//! under an entry is decided so again by a replay, to the byte, and an entry that is forgotten does nothing any more. It
//! must never decide without naming itself: `overlay:ID` stands in what it touches.

use super::alerts::{AlertPatch, KINDS};
use super::fields::{Fields, Word};
use super::problem::{Finding, Problem};
use super::queries::{self, Placed};
use super::sheet::{Ctx, Kind};
use super::silences::{self, Silence};
use super::yaml::Node;
use super::{DetectSettings, Pack};
use crate::alert::AlertKind;
use crate::mention::Timestamp;
use crate::query::Match;
use crate::query::lint::Severity as Lint;

/// The longest an entry may last, seconds.
pub const OVERLAY_SECONDS_MAX: i64 = 72 * 3_600;
/// Entries at once, at most: of more, the pack is what should be changed.
pub const OVERLAY_ENTRIES_MAX: usize = 50;

/// One entry of `overlay.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayEntry {
    /// Its name.
    pub id: String,
    /// Whose word it is: a team or a contact.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on it holds.
    pub from: Timestamp,
    /// When it holds no more.
    pub until: Timestamp,
    /// What it changes.
    pub change: Change,
    /// Where it begins in its file.
    pub place: Problem,
}

/// What an entry changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// One more query of the entry's name is watched.
    Watch {
        /// What it says.
        query: String,
        /// Who owns its alerts.
        team: Option<String>,
    },
    /// Posts that hold a term are no match of a query.
    Exclude {
        /// The query of the pack.
        query: String,
        /// The term, itself a query.
        term: String,
    },
    /// Alerts of a query take more, or less, to open.
    Threshold {
        /// The query.
        query: String,
        /// Only this kind.
        kind: Option<AlertKind>,
        /// What is different.
        patch: Box<AlertPatch>,
    },
    /// Alerts are not told.
    Silence,
}

/// An entry that changed a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlaid {
    /// `overlay:ID`, for the decision record.
    pub rule: String,
    /// What it did, by whose word and why.
    pub reason: String,
}

impl OverlayEntry {
    /// Whether it holds at that time.
    #[must_use]
    pub fn is_on(&self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// Its name in decision records.
    #[must_use]
    pub fn rule(&self) -> String {
        format!("overlay:{}", self.id)
    }

    /// Whether it brings the query of that id.
    pub(super) fn defines(&self, query: &str) -> bool {
        match self.change {
            Change::Watch { .. } => self.id == query,
            Change::Exclude { .. } => self.rule() == query,
            Change::Threshold { .. } | Change::Silence => false,
        }
    }

    fn did(&self, what: &str) -> Overlaid {
        let reason = format!("{what}, until {}, by {}: {}", self.until, self.author, self.reason);
        Overlaid { rule: self.rule(), reason }
    }

    fn threshold(&self, kind: Option<AlertKind>, query: &str, at: Timestamp) -> Option<&AlertPatch> {
        match &self.change {
            Change::Threshold { query: of, kind: only, patch } if of == query && self.is_on(at) => {
                (only.is_none() || *only == kind).then_some(&**patch)
            }
            _ => None,
        }
    }
}

impl Pack {
    /// Takes out of what matched a post of that time what the overlay takes out, and tells the entries that mattered.
    pub fn overlaid(&self, matches: &mut Vec<Match>, at: Timestamp) -> Vec<Overlaid> {
        let mut told = Vec::new();
        for entry in &self.overlay {
            match &entry.change {
                Change::Watch { .. } => {
                    let Some(number) = self.numbers.get(&entry.id) else { continue };
                    if !entry.is_on(at) {
                        matches.retain(|found| found.query != *number);
                    } else if matches.iter().any(|found| found.query == *number) {
                        told.push(entry.did("watched for a time"));
                    }
                }
                Change::Exclude { query, .. } => {
                    let mark = self.numbers.get(&entry.rule());
                    let holds = matches.iter().any(|found| Some(&found.query) == mark) && entry.is_on(at);
                    let target = self.numbers.get(query).filter(|_| holds);
                    let before = matches.iter().filter(|found| Some(&found.query) != mark).count();
                    matches.retain(|found| Some(&found.query) != mark && Some(&found.query) != target);
                    if matches.len() < before {
                        told.push(entry.did(&format!("no match of {query} for a time")));
                    }
                }
                Change::Threshold { .. } | Change::Silence => {}
            }
        }
        told
    }

    /// What it takes to open at that time, where the pack asks for this.
    pub(super) fn overlaid_detection(
        &self,
        asked: DetectSettings,
        kind: Option<AlertKind>,
        query: &str,
        at: Timestamp,
    ) -> DetectSettings {
        let patches = self.overlay.iter().filter_map(|entry| entry.threshold(kind, query, at));
        patches.fold(asked, DetectSettings::patched)
    }

    /// The entries that speak about alerts of a kind on a query at that time, for their explanation.
    #[must_use]
    pub fn overlaid_alert(&self, kind: AlertKind, query: &str, at: Timestamp) -> Vec<String> {
        let concerns = |entry: &&OverlayEntry| match &entry.change {
            Change::Watch { .. } => entry.id == query && entry.is_on(at),
            _ => entry.threshold(Some(kind), query, at).is_some(),
        };
        let told = |entry: &OverlayEntry| {
            let Overlaid { rule, reason } = entry.did(entry.change.as_str());
            format!("{rule}: {reason}")
        };
        self.overlay.iter().filter(concerns).map(told).collect()
    }
}

impl Change {
    /// What it is, in a word or two.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Watch { .. } => "watched for a time",
            Self::Exclude { .. } => "excluded for a time",
            Self::Threshold { .. } => "other thresholds for a time",
            Self::Silence => "silenced for a time",
        }
    }
}

/// Entries that hold no more at `now`.
pub(super) fn overdue(entries: &[OverlayEntry], now: Timestamp) -> Vec<Finding> {
    let past = entries.iter().filter(|entry| entry.until <= now);
    let finding = |entry: &OverlayEntry| {
        let message = format!("overlay \"{}\" ended at {}: it changes nothing any more", entry.id, entry.until);
        let fix = format!(
            "groundswell overlay remove {0}; to keep it for good, groundswell overlay patch {0} first",
            entry.id
        );
        let problem = Problem { message, suggestion: Some(fix), ..entry.place.clone() };
        Finding { problem, code: "past-overlay", severity: Lint::Error }
    };
    past.map(finding).collect()
}

const KEYS: [&str; 9] = ["id", "author", "reason", "from", "until", "watch", "exclude", "threshold", "silence"];

pub(super) fn read<'a>(
    fields: &Fields<'a>,
    into: &mut Vec<OverlayEntry>,
    queries: &mut Vec<Placed<'a>>,
    silences: &mut Vec<Silence>,
) {
    let nodes = fields.list("entries");
    if nodes.len() > OVERLAY_ENTRIES_MAX {
        let message = format!("{} entries, at most {OVERLAY_ENTRIES_MAX}", nodes.len());
        fields.ctx.problem(fields.at, message, "change the pack itself".to_owned());
    }
    for node in nodes {
        into.extend(read_entry(fields.ctx, node, queries, silences));
    }
}

fn read_entry<'a>(
    ctx: Ctx<'a>,
    node: &'a Node,
    queries: &mut Vec<Placed<'a>>,
    silences: &mut Vec<Silence>,
) -> Option<OverlayEntry> {
    let fields = Fields::open(ctx, node, "an overlay entry", &KEYS)?;
    let place = ctx.blank(fields.at);
    let id = fields.define(Kind::Overlay);
    let author = fields.reference("author", Kind::Party);
    let reason = fields.text("reason");
    let from = fields.word("from").and_then(|word| read_time(ctx, "from", &word));
    let until = fields.word("until");
    let end = until.as_ref().and_then(|word| read_time(ctx, "until", word));
    if let (Some(from), Some(end), Some(word)) = (from, end, &until) {
        check_length(ctx, from, end, word);
    }
    let changes = KEYS[5..].iter().filter(|key| fields.node(key).is_some()).count();
    if changes != 1 {
        let message = format!("an overlay entry changes one thing, this one {changes}");
        ctx.problem(fields.at, message, "write one of watch, exclude, threshold, silence".to_owned());
    }
    let (id, author, reason, from, until) = (id?, author?, reason?, from?, end?);
    let mut entry = OverlayEntry { id, author, reason, from, until, change: Change::Silence, place };
    if let Some(table) = fields.map("silence", "a silence", &["queries", "kinds", "team", "up_to"]) {
        silences.push(silences::of_overlay(&table, &entry));
        return Some(entry);
    }
    entry.change = read_change(&fields, &entry, queries)?;
    Some(entry)
}

fn read_change<'a>(fields: &Fields<'a>, entry: &OverlayEntry, queries: &mut Vec<Placed<'a>>) -> Option<Change> {
    if let Some(table) = fields.map("watch", "a watch", &["query", "team"]) {
        let (word, team) = (table.word("query"), table.reference_if("team", Kind::Team));
        let word = word?;
        let at = fields.word("id").map_or(fields.at, |id| id.at);
        fields.ctx.define(Kind::Query, &entry.id, at);
        let query = word.text.to_owned();
        queries.push(queries::of_overlay(fields.ctx, &entry.id, &entry.reason, &word, team.clone(), false));
        return Some(Change::Watch { query, team });
    }
    if let Some(table) = fields.map("exclude", "an exclusion", &["query", "term"]) {
        let (query, word) = (table.reference("query", Kind::Query), table.word("term"));
        let (query, word) = (query?, word?);
        let term = word.text.to_owned();
        queries.push(queries::of_overlay(fields.ctx, &entry.rule(), &entry.reason, &word, None, true));
        return Some(Change::Exclude { query, term });
    }
    let table = fields.map("threshold", "a threshold", &["query", "kind", "floor", "ratio", "excess", "people"])?;
    let (query, kind) = (table.reference("query", Kind::Query), table.choice("kind", &KINDS));
    let patch = AlertPatch {
        floor: table.small("floor"),
        ratio: table.number("ratio", 1.0, 1000.0),
        excess: table.small("excess"),
        people: table.small("people"),
        ..AlertPatch::default()
    };
    if patch == AlertPatch::default() {
        let message = "a threshold that changes nothing";
        fields.ctx.problem(table.at, message, "write floor, ratio, excess or people".to_owned());
    }
    Some(Change::Threshold { query: query?, kind, patch: Box::new(patch) })
}

fn check_length(ctx: Ctx<'_>, from: Timestamp, until: Timestamp, word: &Word<'_>) {
    let seconds = until.as_seconds() - from.as_seconds();
    if seconds <= 0 {
        ctx.problem(word.at, "it ends before it begins", "write an end after \"from\"".to_owned());
    } else if seconds > OVERLAY_SECONDS_MAX {
        let latest = from.plus_seconds(OVERLAY_SECONDS_MAX);
        let fix = format!("write at most \"{latest}\", or change the pack itself");
        ctx.problem(word.at, "an overlay lasts for at most 72 hours", fix);
    }
}

fn read_time(ctx: Ctx<'_>, key: &str, word: &Word<'_>) -> Option<Timestamp> {
    let time = word.text.parse().ok();
    if time.is_none() {
        let fix = "write it with its offset: \"2026-03-05T17:00:00Z\"".to_owned();
        ctx.problem(word.at, format!("\"{key}\" is no time"), fix);
    }
    time
}
