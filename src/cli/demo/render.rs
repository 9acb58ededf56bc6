//! What the demo prints: alerts as they come, and at the end what went where. Plain text; colours only when told that
//! somebody is looking.

mod page;
mod steps;
#[cfg(test)]
mod tests;

use super::world::{TruthEvent, World};
use crate::alert::{AlertEvent, AlertKind, AlertState};
use crate::mention::Timestamp;
use crate::notify::{Message, platform_name, span_words};
use crate::route::Severity;
use crate::rules::Pack;
pub use page::time_of_day;
use page::{INDENT, Paint, Row, clock, heading, printable, shortened, table, thousands, wrap};
use std::collections::BTreeMap;
use std::fmt::Write as _;
pub use steps::next_steps;

/// Examples quoted under an alert.
const EXCERPTS_MAX: usize = 2;
/// Characters of an example.
const EXCERPT_CHARS: usize = 88;

/// What the demo tells at the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Raw records read.
    pub records: u64,
    /// Items they gave; the outcomes sum to it.
    pub items: u64,
    /// Items by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Routed items by owning team.
    pub by_team: BTreeMap<String, TeamLoad>,
    /// Noise by kind.
    pub noise_kinds: BTreeMap<String, u64>,
    /// Dead letters by reason.
    pub dead_letter_reasons: BTreeMap<String, u64>,
    /// Every alert in its last state, in order of onset.
    pub incidents: Vec<Incident>,
    /// What was put into the day, in order of onset.
    pub truth: Vec<TruthEvent>,
    /// What ticketing systems were asked to do.
    pub tickets: Tickets,
    /// What an operator would do next, most urgent first; [`next_steps`] suggests them.
    pub next_steps: Vec<String>,
    /// How long it took.
    pub wall_seconds: f64,
    /// How much event time went by.
    pub event_seconds: f64,
}

/// What a team got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TeamLoad {
    /// Items.
    pub items: u64,
    /// Of them S1.
    pub s1: u64,
    /// Of them S2.
    pub s2: u64,
}

/// An alert in its last state.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// What and where: `Probable outage: nimbus-cloud`.
    pub title: String,
    /// What kind of finding.
    pub kind: AlertKind,
    /// Where it is in its life.
    pub state: AlertState,
    /// The gravest it was.
    pub severity: Severity,
    /// Who owns it.
    pub team: String,
    /// Since when.
    pub onset: Timestamp,
    /// When it was opened.
    pub opened: Timestamp,
    /// When its last event was told.
    pub at: Timestamp,
    /// Distinct authors in the window, the most that were told while it was open.
    pub people: u64,
    /// Items that watch attached to it.
    pub attached: u64,
}

impl Incident {
    /// As its first event tells it.
    #[must_use]
    pub fn of(event: &AlertEvent) -> Self {
        Self {
            title: title(event).to_owned(),
            kind: event.kind,
            state: event.state,
            severity: event.severity,
            team: event.team.clone(),
            onset: event.onset,
            opened: event.at,
            at: event.at,
            people: event.people,
            attached: 0,
        }
    }

    /// Takes its next event.
    pub fn follow(&mut self, event: &AlertEvent) {
        (self.state, self.at) = (event.state, event.at);
        self.severity = self.severity.min(event.severity);
        if !self.is_over() {
            self.people = self.people.max(event.people);
        }
    }

    fn is_over(&self) -> bool {
        self.state.ends()
    }
}

/// What ticketing systems were asked to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tickets {
    /// Items with a ticket of their own or of their case.
    pub upsert: u64,
    /// Items that waited for watch.
    pub pending: u64,
    /// Items attached to an incident.
    pub attached: u64,
    /// Distinct cases.
    pub cases: u64,
}

/// What a newcomer is told first.
#[must_use]
pub fn introduction(seed: u64, world: &World, pack: &Pack) -> String {
    let mut platforms: Vec<String> = Vec::new();
    for record in &world.records {
        let name = platform_name(record.platform.as_str());
        if !platforms.contains(&name) {
            platforms.push(name);
        }
    }
    platforms.sort();
    let text = format!(
        "A day at Nimbus, an invented company (seed {seed}): {} raw records from {}, through triage and watch on a log \
         in memory, with the built-in rule pack ({} queries, {} teams). Alerts print as they open; times are UTC.",
        thousands(world.records.len() as u64),
        listed(&platforms),
        pack.queries.len(),
        pack.teams.len(),
    );
    let mut out = String::new();
    wrap(&mut out, ["", ""], &text);
    out
}

/// `X, Reddit and Mastodon`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A few lines for one alert event, ending in a line end; `examples` are texts of its examples.
#[must_use]
pub fn alert_lines(event: &AlertEvent, examples: &[&str], colours: bool) -> String {
    let message = Message::new(event, true);
    let paint = Paint(colours);
    let state = match event.state {
        AlertState::Updated => "Escalated: ",
        AlertState::Reopened => "Again: ",
        // the others say it themselves
        AlertState::Opened | AlertState::Resolved | AlertState::Withdrawn => "",
    };
    let line = format!("{} · {state}{}", event.severity.as_str(), printable(&Message::clean(title(event))));
    let mut out = format!("{}  {}\n", paint.dim(&clock(event.at)), paint.by(event.state, event.severity, &line));
    match event.state {
        AlertState::Resolved | AlertState::Withdrawn => {
            let lasted = span_words(event.at.as_seconds().saturating_sub(event.onset.as_seconds()));
            wrap(&mut out, [INDENT; 2], &format!("After {lasted}. Owner: {}.", printable(&event.team)));
        }
        AlertState::Updated => wrap(&mut out, [INDENT; 2], &facts(event, &message)),
        AlertState::Opened | AlertState::Reopened => {
            wrap(&mut out, [INDENT; 2], &facts(event, &message));
            let speaking = if examples_speak(event.kind) { EXCERPTS_MAX } else { 0 };
            for example in examples.iter().take(speaking) {
                let excerpt = shortened(&printable(&Message::clean(example)), EXCERPT_CHARS);
                let _ = writeln!(out, "{INDENT}{}", paint.dim(&format!("“{excerpt}”")));
            }
            // the approved line is last where there is one; it stands alone, to be copied
            let own = message.actions.len() - usize::from(event.reply.is_some());
            wrap(&mut out, [INDENT; 2], &printable(&message.actions[..own].join(" ")));
            wrap(&mut out, [INDENT; 2], &printable(&message.actions[own..].join(" ")));
        }
    }
    out
}

/// Examples are the widest heard and the first: in a rise they show what it is about, but they need be neither the
/// negative ones of a turn of mood nor the copies of a flood.
fn examples_speak(kind: AlertKind) -> bool {
    !matches!(kind, AlertKind::SentimentShift | AlertKind::Amplification | AlertKind::SilentSource)
}

/// The headline up to its numbers.
fn title(event: &AlertEvent) -> &str {
    event.headline.split_once(". ").map_or(event.headline.as_str(), |(title, _)| title)
}

/// The counts of the window that decided, then what the message has besides: where, which terms, how many texts.
///
/// The headline and the explanation know the window; the first fact of a message only knows the onset.
fn facts(event: &AlertEvent, message: &Message) -> String {
    let counts = if event.kind == AlertKind::SentimentShift {
        event.explain.first().and_then(|line| line.split(';').next())
    } else {
        event.headline.split_once(". ").map(|(_, counts)| counts)
    };
    let since = clock(event.onset);
    let first = counts.map_or_else(|| message.facts[0].clone(), |counts| format!("{counts}, since {since}."));
    let rest = message.facts.iter().skip(1).cloned();
    printable(&std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" "))
}

/// The end of the demo: what went where, what was noise, what happened, what to do next.
#[must_use]
pub fn summary(summary: &Summary, colours: bool) -> String {
    let paint = Paint(colours);
    let mut out = String::new();
    heading(&mut out, &paint, &took(summary));
    let outcome = |(name, count): (&String, &u64)| Row::new(name, *count, outcome_words(name));
    table(&mut out, summary.outcomes.iter().map(outcome).collect(), &paint);
    if !summary.by_team.is_empty() {
        heading(&mut out, &paint, "Routed to");
        table(&mut out, summary.by_team.iter().map(|(team, load)| load.row(team)).collect(), &paint);
    }
    for (title, counts) in
        [("Noise, set aside", &summary.noise_kinds), ("Could not be read", &summary.dead_letter_reasons)]
    {
        if !counts.is_empty() {
            heading(&mut out, &paint, title);
            table(&mut out, counts.iter().map(|(name, count)| Row::new(name, *count, "")).collect(), &paint);
        }
    }
    tickets(&mut out, &summary.tickets, &paint);
    heading(&mut out, &paint, "Alerts");
    incidents(&mut out, &summary.incidents, &paint);
    if !summary.truth.is_empty() {
        heading(&mut out, &paint, "What was put into the day, and when it was found");
        truth(&mut out, summary);
    }
    if !summary.next_steps.is_empty() {
        heading(&mut out, &paint, "What you would do next");
        for (place, step) in summary.next_steps.iter().enumerate() {
            wrap(&mut out, [&format!("  {}. ", place + 1), "     "], &printable(step));
        }
    }
    out
}

fn took(summary: &Summary) -> String {
    let rate = if summary.wall_seconds > 0.0 { summary.event_seconds / summary.wall_seconds } else { 0.0 };
    format!(
        "{} records, {} items in {:.1} s ({} of event time, {} times as fast)",
        thousands(summary.records),
        thousands(summary.items),
        summary.wall_seconds,
        span_words(whole(summary.event_seconds)),
        thousands(whole(rate).unsigned_abs()),
    )
}

#[allow(clippy::cast_possible_truncation)] // saturates, and nobody reads past a century
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// What an outcome means, for who sees it the first time.
fn outcome_words(name: &str) -> &'static str {
    match name {
        "dead_letter" => "not readable: kept, with the reason",
        "not_content" => "likes, follows, deletes",
        "duplicate" => "seen before",
        "unmatched" => "not about us: counted, not kept",
        "noise" => "about us, no work for anybody",
        "routed" => "work for a team",
        _ => "",
    }
}

impl TeamLoad {
    fn row(&self, team: &str) -> Row {
        let urgent = |count: u64, severity: &str| (count > 0).then(|| format!("{} {severity}", thousands(count)));
        let urgent: Vec<String> = [urgent(self.s1, "S1"), urgent(self.s2, "S2")].into_iter().flatten().collect();
        Row::new(team, self.items, &urgent.join(", "))
    }
}

fn tickets(out: &mut String, tickets: &Tickets, paint: &Paint) {
    if *tickets == Tickets::default() {
        return;
    }
    heading(out, paint, "Tickets");
    let text = format!(
        "{} items in {} cases asked for a ticket. {} waited for the counts: {} of them joined an incident instead.",
        thousands(tickets.upsert),
        thousands(tickets.cases),
        thousands(tickets.pending),
        thousands(tickets.attached),
    );
    wrap(out, ["  ", "  "], &text);
}

fn incidents(out: &mut String, incidents: &[Incident], paint: &Paint) {
    if incidents.is_empty() {
        out.push_str("  none\n");
    }
    let width = incidents.iter().map(|incident| incident.title.chars().count()).max().unwrap_or(0);
    for incident in incidents {
        let end = if incident.is_over() { clock(incident.at) } else { "now".to_owned() };
        let line = format!("{} {:width$}", incident.severity.as_str(), printable(&incident.title));
        let people = format!("{} people at most", thousands(incident.people));
        let state = format!("{:?}", incident.state).to_lowercase();
        let _ = writeln!(
            out,
            "  {}  {}  {}",
            paint.dim(&format!("{}–{end:5}", clock(incident.onset))),
            paint.by(incident.state, incident.severity, &line),
            paint.dim(&format!("{state}; {}; {people}", incident.team)),
        );
    }
}

/// Each thing that was put into the day, with the first alert of its kind that was opened after it began.
fn truth(out: &mut String, summary: &Summary) {
    for event in &summary.truth {
        let found = |incident: &&Incident| {
            incident.kind == event.kind && incident.opened >= event.onset && incident.opened <= event.end
        };
        let found = match summary.incidents.iter().find(found) {
            Some(incident) => {
                let after = incident.opened.as_seconds().saturating_sub(event.onset.as_seconds());
                format!("alert after {}", span_words(after))
            }
            None => "no alert".to_owned(),
        };
        let kind = event.kind.as_str().replace('_', " ");
        let _ = writeln!(out, "  {}  {kind:<15} {:<14} {found}", clock(event.onset), event.brand);
    }
}
