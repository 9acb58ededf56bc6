//! `groundswell preview`: what a pack would have meant for each team, told from recorded payloads.

use super::replay::drive::{self, Driven, Recorded};
use super::replay::seen::{self, End, Seen};
use super::replay::{Burden, burden};
use super::{Exit, Io, check::Format};
use crate::pipeline::Outcome;
use crate::route::TicketAction;
use crate::rules::{NO_INTENT, Pack};
use anyhow::Context as _;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Rules told as the noisiest.
const NOISIEST: usize = 10;
/// Rules that somebody chose to write, by how they begin in a decision record; every item has a row and a clock.
const BY_CHOICE: [&str; 3] = ["query:", "severity:", "noise:"];
/// From this share of all items on, a pack that leaves so many to its catch-all row should get another row.
const CATCH_ALL_MUCH: f64 = 0.3;

/// Say what a pack would mean: items and tickets a day for each team, alerts a week, the share of noise and of the
/// catch-all, the noisiest rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell preview --rules my-rules --input day.ndjson\n\n\
Input is that of replay. Nothing is written.")]
pub struct PreviewArgs {
    /// The rule pack.
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    #[command(flatten)]
    recorded: Recorded,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What a pack would mean.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// Digest of the pack.
    pub pack: String,
    /// Input lines.
    pub records: u64,
    /// Days of event time they span.
    pub days: f64,
    /// Items that matched.
    pub matched: u64,
    /// Share of them that is noise, 0..1.
    pub noise_ratio: f64,
    /// Share of the routed ones that nothing but the catch-all takes, 0..1.
    pub catch_all_ratio: f64,
    /// By team.
    pub teams: BTreeMap<String, TeamLoad>,
    /// Calls by alerts in seven days.
    pub calls_per_week: f64,
    /// Of them S1 or S2.
    pub urgent_per_week: f64,
    /// Queries and triggers by how many items they are part of, most first.
    pub noisiest: Vec<Noisy>,
}

/// What comes to one team.
#[derive(Debug, Default, Serialize)]
pub struct TeamLoad {
    /// Items a day.
    pub items_per_day: f64,
    /// Tickets a day: cases of which an item asks for one, or waits for watch to say so.
    pub tickets_per_day: f64,
    /// Of its items, those that a person must own.
    pub human: u64,
    /// Calls by alerts in seven days.
    pub calls_per_week: f64,
    #[serde(skip)]
    items: u64,
    #[serde(skip)]
    cases: BTreeSet<String>,
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct Noisy {
    /// `query:…`, `severity:…` (a trigger), `noise:…`.
    pub rule: String,
    /// Items it is part of.
    pub items: u64,
    /// Of them noise.
    pub noise: u64,
}

/// Counts that grow with the run.
#[derive(Debug, Default)]
struct Tally {
    matched: u64,
    noise: u64,
    routed: u64,
    catch_all: u64,
    teams: BTreeMap<String, TeamLoad>,
    rules: BTreeMap<String, [u64; 2]>,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be read, or the output not written.
pub fn run(args: &PreviewArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let Some(pack) = drive::load(&args.rules, &args.recorded.queries, io)? else { return Ok(Exit::Findings) };
    let (mut tally, mut alerts) = (Tally::default(), Vec::new());
    let driven = drive::drive(&args.recorded, &pack, io, |(outputs, told)| {
        alerts.extend(told);
        seen::items(&outputs)?.iter().for_each(|seen| tally.add(seen));
        Ok(())
    })?;
    let burden = burden(&alerts, driven.span, &pack);
    let preview = preview(tally, &driven, &burden, &pack);
    match args.format {
        Format::Json => io.write_json(&serde_json::to_value(&preview)?)?,
        Format::Text => write!(io.stdout, "{}", preview.in_words()).context("cannot write to stdout")?,
    }
    Ok(Exit::Ok)
}

impl Tally {
    fn add(&mut self, seen: &Seen) {
        self.matched += 1;
        let is_noise = matches!(seen.end, End::Noise(_));
        let names = |rule: &&String| BY_CHOICE.iter().any(|kind| rule.starts_with(kind));
        for rule in seen.rules.iter().filter(names) {
            let [items, noise] = self.rules.entry(rule.clone()).or_default();
            *items += 1;
            *noise += u64::from(is_noise);
        }
        let End::Routed(routed) = &seen.end else {
            self.noise += 1;
            return;
        };
        self.routed += 1;
        self.catch_all += u64::from(routed.route.intent == NO_INTENT);
        let team = self.teams.entry(routed.route.team.clone()).or_default();
        team.items += 1;
        team.human += u64::from(routed.route.tier == crate::route::Tier::Human);
        if routed.action != TicketAction::None {
            team.cases.insert(routed.route.case_id.clone());
        }
    }
}

fn preview(tally: Tally, driven: &Driven, burden: &Burden, pack: &Pack) -> Preview {
    let ratio = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    let per_week = |count: u64| count as f64 * 7.0 / burden.days;
    let mut teams = tally.teams;
    for (name, called) in &burden.teams {
        teams.entry(name.clone()).or_default().calls_per_week = per_week(called.calls);
    }
    for team in teams.values_mut() {
        team.items_per_day = team.items as f64 / burden.days;
        team.tickets_per_day = team.cases.len() as f64 / burden.days;
    }
    let noisy = |(rule, [items, noise]): (String, [u64; 2])| Noisy { rule, items, noise };
    let mut noisiest: Vec<Noisy> = tally.rules.into_iter().map(noisy).collect();
    noisiest.sort_by(|a, b| b.items.cmp(&a.items).then_with(|| a.rule.cmp(&b.rule)));
    noisiest.truncate(NOISIEST);
    Preview {
        pack: pack.digest.clone(),
        records: driven.records,
        days: burden.days,
        matched: driven.outcomes.get(Outcome::Noise) + driven.outcomes.get(Outcome::Routed),
        noise_ratio: ratio(tally.noise, tally.matched),
        catch_all_ratio: ratio(tally.catch_all, tally.routed),
        teams,
        calls_per_week: per_week(burden.calls),
        urgent_per_week: per_week(burden.urgent),
        noisiest,
    }
}

impl Preview {
    /// For people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let percent = |ratio: f64| 100.0 * ratio;
        let mut text = format!(
            "{} records over {:.1} days, {} items matched: {:.0} % noise; of the others {:.0} % are left to the catch-all\n\n",
            self.records,
            self.days,
            self.matched,
            percent(self.noise_ratio),
            percent(self.catch_all_ratio)
        );
        text.push_str("team                 items a day   tickets a day   for a person   calls a week\n");
        for (name, team) in &self.teams {
            text.push_str(&format!(
                "{name:<20} {:>11.1} {:>15.1} {:>14} {:>14.1}\n",
                team.items_per_day, team.tickets_per_day, team.human, team.calls_per_week
            ));
        }
        text.push_str(&format!(
            "\ncalls a week: {:.1}, of them S1 or S2: {:.1}\n\nnoisiest rules:\n",
            self.calls_per_week, self.urgent_per_week
        ));
        for Noisy { rule, items, noise } in &self.noisiest {
            text.push_str(&format!("{items:>8} items, {noise} of them noise: {rule}\n"));
        }
        if self.days < 1.0 {
            text.push_str("\nless than a day was recorded: what is told for a day or a week is a guess\n");
        }
        if self.catch_all_ratio > CATCH_ALL_MUCH {
            text.push_str(
                "\nmuch is left to the catch-all: look at its items, and give what recurs a row or a trigger\n",
            );
        }
        text
    }
}
