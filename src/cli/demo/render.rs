//! What the demo prints: alerts as they come, and at the end what went where. Plain text; colours only when told that
//! somebody is looking.

use crate::alert::{AlertEvent, AlertKind, AlertState};
use crate::mention::Timestamp;
use crate::notify::{Message, platform_name, span_words};
use crate::route::Severity;
use crate::rules::Pack;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::world::World;

/// Columns that text is wrapped at.
const WIDTH: usize = 100;
/// Columns that the lines of an alert are set in by: the clock and two blanks.
const INDENT: &str = "       ";
/// Columns of a full bar.
const BAR: usize = 30;
/// Teams, kinds and reasons listed; the rest is added up.
const ROWS_MAX: usize = 10;

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
    pub by_team: BTreeMap<String, u64>,
    /// Noise by kind.
    pub noise_kinds: BTreeMap<String, u64>,
    /// Dead letters by reason.
    pub dead_letter_reasons: BTreeMap<String, u64>,
    /// Every alert in its last state, in order of onset.
    pub incidents: Vec<Incident>,
    /// What ticketing systems were asked to do.
    pub tickets: Tickets,
    /// What an operator would do next, most urgent first; [`next_steps`] suggests them.
    pub next_steps: Vec<String>,
    /// How long it took.
    pub wall_seconds: f64,
    /// How much event time went by.
    pub event_seconds: f64,
}

/// An alert in its last state.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// One sentence.
    pub headline: String,
    /// What kind of finding.
    pub kind: AlertKind,
    /// Where it is in its life.
    pub state: AlertState,
    /// How severe.
    pub severity: Severity,
    /// Who owns it.
    pub team: String,
    /// Since when.
    pub onset: Timestamp,
    /// Distinct authors.
    pub people: u64,
}

impl Incident {
    /// The state that `event` leaves its alert in.
    #[must_use]
    pub fn of(event: &AlertEvent) -> Self {
        Self {
            headline: event.headline.clone(),
            kind: event.kind,
            state: event.state,
            severity: event.severity,
            team: event.team.clone(),
            onset: event.onset,
            people: event.people,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, AlertState::Resolved | AlertState::Withdrawn)
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
    let mut platforms: BTreeMap<&str, u64> = BTreeMap::new();
    for record in &world.records {
        *platforms.entry(record.platform.as_str()).or_default() += 1;
    }
    let platforms: Vec<String> = platforms.keys().map(|slug| platform_name(slug)).collect();
    let mut out = String::new();
    wrap(
        &mut out,
        "",
        &format!(
            "A day at Nimbus, an invented company (seed {seed}): {} raw records from {}, through triage and watch on a \
             log in memory, with the built-in rule pack ({} queries, {} teams). Alerts print as they open; times are UTC.",
            thousands(world.records.len() as u64),
            listed(&platforms),
            pack.queries.len(),
            pack.teams.len(),
        ),
    );
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

/// `09:40`, from seconds of the day.
#[must_use]
pub fn time_of_day(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 3600 % 24, seconds % 3600 / 60)
}

/// Two to four lines for one alert event, ending in a line end.
#[must_use]
pub fn alert_line(event: &AlertEvent, colours: bool) -> String {
    let message = Message::new(event, true);
    let paint = Paint(colours);
    let clock = paint.dim(&clock(event.at));
    let headline = paint.by(event.state, event.severity, &printable(&message.headline));
    let mut out = format!("{clock}  {headline}\n");
    match event.state {
        AlertState::Resolved | AlertState::Withdrawn => {
            let lasted = span_words(event.at.as_seconds().saturating_sub(event.onset.as_seconds()));
            let over = format!(
                "After {lasted}; {} people, {} different texts. Owner: {}.",
                event.people, event.texts, event.team
            );
            wrap(&mut out, INDENT, &printable(&over));
        }
        _ => {
            wrap(&mut out, INDENT, &printable(&message.facts.join(" ")));
            // The approved line is last where there is one; it stands alone, to be copied.
            let own = message.actions.len() - usize::from(event.reply.is_some());
            wrap(&mut out, INDENT, &printable(&message.actions[..own].join(" ")));
            wrap(&mut out, INDENT, &printable(&message.actions[own..].join(" ")));
        }
    }
    out
}

/// The end of the demo: what went where, what was noise, what happened, what to do next.
#[must_use]
pub fn summary(summary: &Summary, colours: bool) -> String {
    let paint = Paint(colours);
    let mut out = String::new();
    heading(&mut out, &paint, &took(summary));
    table(&mut out, &summary.outcomes, summary.items, &paint);
    for (title, counts) in [
        ("Routed to", &summary.by_team),
        ("Noise, set aside", &summary.noise_kinds),
        ("Could not be read", &summary.dead_letter_reasons),
    ] {
        if !counts.is_empty() {
            heading(&mut out, &paint, title);
            table(&mut out, counts, counts.values().sum(), &paint);
        }
    }
    let tickets = &summary.tickets;
    if *tickets != Tickets::default() {
        heading(&mut out, &paint, "Tickets");
        let _ = writeln!(
            out,
            "  {} items in {} cases asked for a ticket; {} waited for the counts, {} of them joined an incident",
            thousands(tickets.upsert),
            thousands(tickets.cases),
            thousands(tickets.pending),
            thousands(tickets.attached),
        );
    }
    heading(&mut out, &paint, "Alerts");
    incidents(&mut out, &summary.incidents, &paint);
    if !summary.next_steps.is_empty() {
        heading(&mut out, &paint, "What you would do next");
        for (place, step) in summary.next_steps.iter().enumerate() {
            let _ = writeln!(out, "  {}. {}", place + 1, printable(step));
        }
    }
    out
}

/// What an operator would do next, from what the summary says: open alerts by severity, then the queues.
#[must_use]
pub fn next_steps(summary: &Summary) -> Vec<String> {
    let mut open: Vec<&Incident> = summary.incidents.iter().filter(|incident| !incident.is_over()).collect();
    open.sort_by_key(|incident| (incident.severity, incident.onset));
    let mut steps: Vec<String> = open.iter().take(3).map(|i| format!("{}: {}", i.team, advice(i))).collect();
    let over = summary.incidents.iter().filter(|incident| incident.state == AlertState::Resolved).count();
    if over > 0 {
        steps.push(format!(
            "look back at {}: was the owner right, was the alert in time",
            plural(over, "resolved alert")
        ));
    }
    if let Some((team, items)) = summary.by_team.iter().max_by_key(|(_, items)| **items) {
        steps.push(format!(
            "{team}: start with the oldest S1 and S2 of {} items (topic social.routed.{team})",
            thousands(*items)
        ));
    }
    let dead: u64 = summary.dead_letter_reasons.values().sum();
    if dead > 0 {
        let fix = "fix the source, then `groundswell dead-letter redrive`";
        steps.push(format!("platform: {} records could not be read; {fix}", thousands(dead)));
    }
    steps
}

fn advice(incident: &Incident) -> String {
    let what = match incident.kind {
        AlertKind::Outage => "confirm the outage, post the status line",
        AlertKind::Viral => "read the thread, agree on one answer or on none",
        AlertKind::SentimentShift => "read a sample of the negative ones, find what changed",
        AlertKind::Amplification => "do not answer the copies, report the accounts",
        AlertKind::Emerging | AlertKind::Spike => "read the examples, decide whether it is yours",
        AlertKind::SilentSource => "check the collector of the silent source",
    };
    format!("{what} ({})", printable(&incident.headline))
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

fn incidents(out: &mut String, incidents: &[Incident], paint: &Paint) {
    if incidents.is_empty() {
        out.push_str("  none\n");
    }
    for incident in incidents {
        let state = format!("{:?}", incident.state).to_lowercase();
        let line = format!("{} {}", incident.severity.as_str(), printable(&incident.headline));
        let _ = writeln!(
            out,
            "  {}  {}  {}",
            paint.dim(&clock(incident.onset)),
            paint.by(incident.state, incident.severity, &line),
            paint.dim(&format!("({state}; {}; {} people)", incident.team, thousands(incident.people))),
        );
    }
}

fn heading(out: &mut String, paint: &Paint, text: &str) {
    let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, paint.bold(text));
}

/// Rows by count, the largest first, with bars; what is beyond [`ROWS_MAX`] in one row.
fn table(out: &mut String, counts: &BTreeMap<String, u64>, total: u64, paint: &Paint) {
    let mut rows: Vec<(String, u64)> = counts.iter().map(|(name, count)| (printable(name), *count)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    if rows.len() > ROWS_MAX {
        let rest = rows.drain(ROWS_MAX - 1..).map(|(_, count)| count).sum();
        rows.push(("others".to_owned(), rest));
    }
    let name_width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(14);
    for (name, count) in rows {
        let _ = writeln!(
            out,
            "  {name:<name_width$} {:>9} {}  {}",
            thousands(count),
            percent(count, total),
            paint.cyan(&bar(count, total))
        );
    }
}

/// In eighths of a column, so that small shares are seen.
fn bar(count: u64, total: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * (BAR as u128) * 8 / u128::from(total.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(BAR * 8).min(BAR * 8).max(usize::from(count > 0));
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn percent(count: u64, total: u64) -> String {
    let tenths = (u128::from(count) * 1000 + u128::from(total) / 2) / u128::from(total.max(1));
    format!("{:>5} %", format!("{}.{}", tenths / 10, tenths % 10))
}

/// `70,512`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("the {what}") } else { format!("the {count} {what}s") }
}

#[allow(clippy::cast_possible_truncation)] // saturates, and nobody reads past a century
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn clock(at: Timestamp) -> String {
    time_of_day(at.as_seconds().rem_euclid(86_400).unsigned_abs())
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn wrap(out: &mut String, indent: &str, text: &str) {
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// Escape codes, or none.
struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn by(&self, state: AlertState, severity: Severity, text: &str) -> String {
        let code = match (state, severity) {
            (AlertState::Resolved, _) => "32",
            (AlertState::Withdrawn, _) => "2",
            (_, Severity::S1) => "1;97;41",
            (_, Severity::S2) => "1;31",
            (_, Severity::S3) => "1;33",
            (_, Severity::S4) => "1;36",
        };
        self.with(code, text)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn cyan(&self, text: &str) -> String {
        self.with("36", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::test_event;

    fn event(state: AlertState) -> AlertEvent {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        AlertEvent {
            kind: AlertKind::Outage,
            state,
            severity: Severity::S2,
            headline: "Probable outage: nimbus-cloud\x1b[2J".to_owned(),
            onset: at("2026-03-02T09:40:00Z"),
            observed: 131.0,
            expected: 2.1,
            upper: 8.0,
            people: 118,
            texts: 120,
            platforms: [("x".to_owned(), 80), ("reddit".to_owned(), 51)].into(),
            ack_by: Some(at("2026-03-02T10:13:00Z")),
            next_step: Some("the duty manager is called".to_owned()),
            reply: Some(
                "We see login problems and are working on them; updates on the status page every half hour.".to_owned(),
            ),
            ..test_event("engineering", at("2026-03-02T09:43:00Z"))
        }
    }

    #[test]
    fn an_alert_is_a_few_plain_lines() {
        assert_eq!(
            alert_line(&event(AlertState::Opened), false),
            "09:43  S2 · Probable outage: nimbus-cloud [2J\n       \
             131 mentions by 118 people in 3 min (usually about 2.1, at most 8), since 09:40 UTC. X 80,\n       \
             Reddit 51. 120 different texts.\n       \
             Owner: engineering; acknowledge by 10:13 UTC. Next: the duty manager is called.\n       \
             Approved line: We see login problems and are working on them; updates on the status page\n       \
             every half hour.\n"
        );
        assert_eq!(
            alert_line(&event(AlertState::Resolved), false),
            "09:43  S2 · Resolved: Probable outage: nimbus-cloud [2J\n       \
             After 3 min; 118 people, 120 different texts. Owner: engineering.\n"
        );
    }

    #[test]
    fn colours_only_when_told() {
        for state in [AlertState::Opened, AlertState::Updated, AlertState::Withdrawn] {
            assert!(!alert_line(&event(state), false).contains('\x1b'));
            let coloured = alert_line(&event(state), true);
            assert!(coloured.contains("\x1b[") && !coloured.contains("\x1b[2J"), "only our own codes: {coloured:?}");
        }
    }

    fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn the_summary_says_what_went_where_and_what_next() {
        let mut told = Summary {
            records: 70_512,
            items: 70_512,
            outcomes: counts(&[("unmatched", 58_000), ("routed", 9_000), ("noise", 400), ("dead_letter", 3_112)]),
            by_team: counts(&[("support", 6_000), ("finance", 3_000)]),
            dead_letter_reasons: counts(&[("not_json", 3_112)]),
            incidents: vec![Incident::of(&event(AlertState::Resolved)), Incident::of(&event(AlertState::Opened))],
            tickets: Tickets { upsert: 8_000, pending: 1_000, attached: 400, cases: 7_500 },
            wall_seconds: 40.0,
            event_seconds: 86_400.0,
            ..Summary::default()
        };
        told.next_steps = next_steps(&told);
        assert_eq!(told.next_steps.len(), 4, "{:?}", told.next_steps);
        assert!(told.next_steps[0].starts_with("engineering: confirm the outage"), "{:?}", told.next_steps);
        let text = summary(&told, false);
        for part in [
            "70,512 records, 70,512 items in 40.0 s (24 h of event time, 2,160 times as fast)\n  unmatched         58,000  82.3 %  ████",
            "  dead_letter        3,112   4.4 %  █▎\n",
            "\nRouted to\n  support            6,000  66.7 %",
            "8,000 items in 7,500 cases asked for a ticket; 1,000 waited for the counts, 400 of them joined an incident",
            "  09:40  S2 Probable outage: nimbus-cloud [2J  (resolved; engineering; 118 people)\n",
            "What you would do next\n  1. engineering: confirm",
        ] {
            assert!(text.contains(part), "{part}\nin\n{text}");
        }
        assert!(!text.contains('\x1b') && !text.contains("Noise"), "{text}");
    }

    #[test]
    fn many_rows_are_added_up() {
        let many: BTreeMap<String, u64> = (0..30).map(|n| (format!("reason-{n:02}"), 10)).collect();
        let mut out = String::new();
        table(&mut out, &many, 300, &Paint(false));
        assert_eq!(out.lines().count(), ROWS_MAX);
        assert!(out.contains("others") && out.contains("210"), "{out}");
    }
}
