//! Two packs over the same recorded payloads: which items and alerts they decide differently, and by which rules.

use super::drive::{self, Driven, Recorded};
use super::seen::{self, About, End, Routed, Seen};
use crate::alert::{AlertEvent, AlertKind};
use crate::cli::{Exit, Io};
use crate::mention::Timestamp;
use crate::route::{Difference, Severity, TicketAction, differences};
use anyhow::Context as _;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Examples of each difference.
const EXAMPLES_MAX: usize = 3;
/// Onsets so far apart are those of one event.
const SAME_EVENT_MICROS: u64 = 1_800_000_000;

/// What is compared and where the answer goes.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The pack as it is.
    pub old: &'a Path,
    /// The pack as it may be.
    pub new: &'a Path,
    /// The payloads.
    pub recorded: &'a Recorded,
    /// Where `diff.json` and `changed.ndjson` go.
    pub output: &'a Path,
}

/// `diff.json`.
#[derive(Debug, Serialize)]
pub struct PackDiff {
    /// Digest of the pack as it is.
    pub old: String,
    /// Digest of the pack as it may be.
    pub new: String,
    /// Input lines.
    pub records: u64,
    /// Items that matched under one of them at least.
    pub items: u64,
    /// Of them decided differently.
    pub changed: u64,
    /// What is different, most items first.
    pub changes: Vec<Change>,
    /// Alerts by how they differ.
    pub alerts: Alerts,
}

/// Items of which one thing is different in the same way.
#[derive(Debug, Serialize)]
pub struct Change {
    /// `outcome`, `team`, `severity`, `tier` …
    pub field: &'static str,
    /// As it is.
    pub old: String,
    /// As it would be.
    pub new: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// One item.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// The item.
    pub item_id: String,
    /// The mention.
    pub mention_id: String,
    /// The start of its text; absent for what is not public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Rules that decided only before.
    pub rules_gone: Vec<String>,
    /// Rules that decide only now.
    pub rules_new: Vec<String>,
}

/// Alerts that people are told of, by query, kind and onset.
#[derive(Debug, Default, Serialize)]
pub struct Alerts {
    /// In both.
    pub same: u64,
    /// Only with the pack as it is.
    pub gone: Vec<String>,
    /// Only with the pack as it may be.
    pub new: Vec<String>,
    /// In both, with another severity or owner.
    pub changed: Vec<String>,
}

/// A line of `changed.ndjson`.
#[derive(Serialize)]
struct Changed<'a> {
    #[serde(flatten)]
    example: &'a Example,
    changes: BTreeMap<&'static str, [&'a str; 2]>,
}

/// Items of one run by id and revision, the alerts, and what the run came to.
struct Ran {
    digest: String,
    items: HashMap<(String, u64), Seen>,
    alerts: BTreeMap<String, Told>,
    driven: Driven,
}

/// One alert, at its greatest severity.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    kind: AlertKind,
    query: String,
    onset: Timestamp,
    severity: Severity,
    team: String,
}

/// Runs both packs and tells how they differ.
///
/// # Errors
/// When a file cannot be read or written, or a run cannot go on.
pub fn run(comparison: &Comparison<'_>, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let Comparison { old, new, recorded, output } = comparison;
    let Some(old) = ran(old, recorded, io)? else { return Ok(Exit::Findings) };
    let Some(new) = ran(new, recorded, io)? else { return Ok(Exit::Findings) };
    fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display()))?;
    let changed = output.join("changed.ndjson");
    let file = File::create(&changed).with_context(|| format!("cannot make {}", changed.display()))?;
    let mut file = BufWriter::new(file);
    let mut found = BTreeMap::new();
    let (mut items, mut differing) = (0, 0);
    for (before, after) in pairs(&old, &new) {
        items += 1;
        let changes = changes(before, after);
        if changes.is_empty() {
            continue;
        }
        differing += 1;
        let example = example(before, after);
        write_line(&mut file, &example, &changes).with_context(|| format!("cannot write {}", changed.display()))?;
        add(&mut found, &example, changes);
    }
    file.flush().with_context(|| format!("cannot write {}", changed.display()))?;
    let mut changes: Vec<Change> = found.into_values().collect();
    changes
        .sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.field, &a.old, &a.new).cmp(&(b.field, &b.old, &b.new))));
    let difference = PackDiff {
        alerts: alerts(&old.alerts, &new.alerts),
        records: new.driven.records,
        items,
        changed: differing,
        changes,
        old: old.digest,
        new: new.digest,
    };
    write(&output.join("diff.json"), &difference)?;
    writeln!(io.stdout, "{}", difference.in_words()).context("cannot write to stdout")?;
    Ok(Exit::Ok)
}

fn write(path: &PathBuf, difference: &PackDiff) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(difference)?;
    text.push(b'\n');
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn write_line(file: &mut impl std::io::Write, example: &Example, changes: &[Difference]) -> std::io::Result<()> {
    let changes = changes.iter().map(|change| (change.field, [change.old.as_str(), change.new.as_str()])).collect();
    serde_json::to_writer(&mut *file, &Changed { example, changes })?;
    file.write_all(b"\n")
}

/// One pack over the payloads; none where it has problems.
fn ran(folder: &Path, recorded: &Recorded, io: &mut Io<'_>) -> anyhow::Result<Option<Ran>> {
    let Some(pack) = drive::load(folder, &recorded.queries, io)? else { return Ok(None) };
    let (mut items, mut alerts) = (HashMap::new(), BTreeMap::new());
    let driven = drive::drive(recorded, &pack, io, |(outputs, told)| {
        items.extend(seen::items(&outputs)?.into_iter().map(|seen| ((seen.item_id.clone(), seen.revision), seen)));
        told.iter().filter(|event| event.suppressed.is_none()).for_each(|event| note(&mut alerts, event));
        Ok(())
    })?;
    Ok(Some(Ran { digest: pack.digest.clone(), items, alerts, driven }))
}

/// The greatest severity an alert came to counts.
fn note(alerts: &mut BTreeMap<String, Told>, event: &AlertEvent) {
    let told = alerts.entry(event.alert_id.clone()).or_insert_with(|| Told {
        kind: event.kind,
        query: event.series.get("query").cloned().unwrap_or_default(),
        onset: event.onset,
        severity: event.severity,
        team: event.team.clone(),
    });
    told.severity = told.severity.min(event.severity);
}

/// Every item that one of them has, in the order of its post.
fn pairs<'a>(old: &'a Ran, new: &'a Ran) -> Vec<(Option<&'a Seen>, Option<&'a Seen>)> {
    let mut keys: Vec<_> =
        old.items.keys().chain(new.items.keys().filter(|key| !old.items.contains_key(*key))).collect();
    let at = |key: &&(String, u64)| old.items.get(*key).or_else(|| new.items.get(*key)).and_then(|seen| seen.at);
    keys.sort_by(|a, b| (at(a), a).cmp(&(at(b), b)));
    keys.into_iter().map(|key| (old.items.get(key), new.items.get(key))).collect()
}

/// What is different about one item.
fn changes(old: Option<&Seen>, new: Option<&Seen>) -> Vec<Difference> {
    let end = |seen: Option<&Seen>| seen.map_or("unmatched", |seen| seen.end.as_str()).to_owned();
    match (old.map(|seen| &seen.end), new.map(|seen| &seen.end)) {
        (Some(End::Routed(old)), Some(End::Routed(new))) => fields(old, new),
        _ => Difference::of("outcome", end(old), end(new)).into_iter().collect(),
    }
}

fn fields(old: &Routed, new: &Routed) -> Vec<Difference> {
    let answer = |routed: &Routed| format!("{} min", routed.respond_seconds.div_euclid(60));
    let more = [
        Difference::of("ticket", action(old.action), action(new.action)),
        Difference::of("answer within", answer(old), answer(new)),
    ];
    differences(&old.route, &new.route).into_iter().chain(more.into_iter().flatten()).collect()
}

fn action(action: TicketAction) -> &'static str {
    match action {
        TicketAction::Upsert => "upsert",
        TicketAction::Pending => "pending",
        TicketAction::None => "none",
    }
}

fn example(old: Option<&Seen>, new: Option<&Seen>) -> Example {
    let rules = |seen: Option<&Seen>| seen.map_or(Vec::new(), |seen| seen.rules.clone());
    let (before, after) = (rules(old), rules(new));
    let only = |these: &[String], those: &[String]| these.iter().filter(|r| !those.contains(r)).cloned().collect();
    let seen = old.or(new);
    let nothing = About { mention_id: String::new(), excerpt: None };
    let About { mention_id, excerpt } = seen.map_or(nothing, |seen| seen.about.clone());
    Example {
        item_id: seen.map_or_else(String::new, |seen| seen.item_id.clone()),
        mention_id,
        text: excerpt,
        rules_gone: only(&before, &after),
        rules_new: only(&after, &before),
    }
}

fn add(found: &mut BTreeMap<Difference, Change>, example: &Example, changes: Vec<Difference>) {
    for difference in changes {
        let Difference { field, old, new } = difference.clone();
        let change = found.entry(difference).or_insert(Change { field, old, new, count: 0, examples: Vec::new() });
        change.count += 1;
        if change.examples.len() < EXAMPLES_MAX {
            change.examples.push(example.clone());
        }
    }
}

/// Another pack may see the same event begin a little earlier or later.
fn alerts(old: &BTreeMap<String, Told>, new: &BTreeMap<String, Told>) -> Alerts {
    let mut alerts = Alerts::default();
    let mut left: Vec<&Told> = new.values().collect();
    left.sort_by_key(|told| told.onset);
    for before in old.values() {
        match left.iter().position(|after| before.is_of_one_event_with(after)).map(|place| left.remove(place)) {
            None => alerts.gone.push(before.name()),
            Some(after) if (before.severity, &before.team) == (after.severity, &after.team) => alerts.same += 1,
            Some(after) => alerts.changed.push(format!("{}: {} → {}", before.name(), before.held(), after.held())),
        }
    }
    alerts.new = left.into_iter().map(Told::name).collect();
    alerts
}

impl Told {
    fn is_of_one_event_with(&self, other: &Self) -> bool {
        let apart = self.onset.as_micros().abs_diff(other.onset.as_micros());
        self.kind == other.kind && self.query == other.query && apart <= SAME_EVENT_MICROS
    }

    fn name(&self) -> String {
        format!("{} on {} at {}", self.kind.as_str(), self.query, self.onset)
    }

    fn held(&self) -> String {
        format!("{} of {}", self.severity.as_str(), self.team)
    }
}

impl PackDiff {
    /// For people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = format!(
            "{} → {}: {} records, {} items matched, {} of them decided differently",
            self.old, self.new, self.records, self.items, self.changed
        );
        for change in &self.changes {
            text.push_str(&format!("\n{:>7}  {}: {} → {}", change.count, change.field, change.old, change.new));
            for example in &change.examples {
                text.push_str(&format!("\n         {}", example.in_words()));
            }
        }
        let Alerts { same, gone, new, changed } = &self.alerts;
        text.push_str(&format!(
            "\nalerts: {same} the same, {} gone, {} new, {} changed",
            gone.len(),
            new.len(),
            changed.len()
        ));
        for (sign, names) in [("-", gone), ("+", new), ("~", changed)] {
            names.iter().for_each(|name| text.push_str(&format!("\n  {sign} {name}")));
        }
        text
    }
}

impl Example {
    fn in_words(&self) -> String {
        let text = self.text.as_deref().unwrap_or("(not public)");
        let mut words = format!("{} “{text}”", self.mention_id);
        for (sign, rules) in [("-", &self.rules_gone), ("+", &self.rules_new)] {
            rules.iter().for_each(|rule| words.push_str(&format!(" {sign}{rule}")));
        }
        words
    }
}
