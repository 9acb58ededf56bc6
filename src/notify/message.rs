//! An alert event in words: readable in ten seconds at 3 a.m., no statistics above the fold, no text of any post.

use crate::alert::{AlertEvent, AlertKind, AlertState, Crisis, Nature, Trend};
use crate::mention::Timestamp;
use crate::route::ApprovalDue;
use std::fmt::Write as _;

/// Terms shown; more are not read.
const TERMS_MAX: usize = 5;
/// Characters of a headline, a reply or a step; an alert is no letter.
const FIELD_CHARS_MAX: usize = 300;

/// From so many texts on, of which so many stand for a mention each, they are people's own.
const OWN_TEXTS_MIN: u64 = 5;
const OWN_SHARE: f64 = 0.6;

/// The words for one alert event. Plain text; whoever renders it escapes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `S2 · Probable outage: Nimbus login`.
    pub headline: String,
    /// What was seen, a sentence each.
    pub facts: Vec<String>,
    /// Who does what by when, a sentence each.
    pub actions: Vec<String>,
}

impl Message {
    /// The words for `event`; with `redact`, what looks personal is taken out.
    #[must_use]
    pub fn new(event: &AlertEvent, redact: bool) -> Self {
        let clean = |text: &str| {
            let text = if redact { redacted(text) } else { text.to_owned() };
            shortened(&text)
        };
        let headline = format!("{} · {}{}", event.severity.as_str(), state_words(event), clean(&event.headline));
        let mut facts = vec![counts(event)];
        facts.extend(places(event));
        facts.extend(terms(event, &clean));
        facts.extend(texts(event));
        facts.extend(event.nature.map(|nature| nature_words(nature).to_owned()));
        facts.extend(event.thread.as_ref().map(|thread| format!("In numbers, {}.", thread.in_words())));
        facts.extend(event.trend.and_then(trend_words).map(str::to_owned));
        facts.extend(confidence(event));
        facts.extend(event.incomplete.as_ref().map(|missing| format!("Incomplete: {} not heard.", missing.join(", "))));
        Self { headline, facts, actions: actions(event) }
    }

    /// One field without what looks personal.
    #[must_use]
    pub fn clean(text: &str) -> String {
        redacted(text)
    }

    /// Everything in one plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}", self.headline, self.facts.join(" "));
        if !self.actions.is_empty() {
            let _ = write!(text, "\n{}", self.actions.join(" "));
        }
        text
    }
}

fn state_words(event: &AlertEvent) -> &'static str {
    match event.state {
        AlertState::Opened => "",
        AlertState::Updated if stands_in(event) => "Not approved in time: ",
        AlertState::Updated if event.escalation.is_some() => "Nobody has taken it: ",
        AlertState::Updated if event.late => "Still on: ",
        AlertState::Updated => "Escalated: ",
        AlertState::Resolved => "Resolved: ",
        AlertState::Reopened => "Again: ",
        AlertState::Withdrawn => "Withdrawn: ",
    }
}

fn counts(event: &AlertEvent) -> String {
    if event.kind == AlertKind::SilentSource {
        let passed = span_words(event.at.as_seconds().saturating_sub(event.onset.as_seconds()));
        let (since, expected) = (clock_words(event.onset), number(event.expected));
        return format!("Nothing for {passed}, since {since}; usually about {expected} posts in that time.");
    }
    let what = if event.kind == AlertKind::SentimentShift { "negative mentions" } else { "mentions" };
    format!(
        "{} {what} by {} people in {} (usually about {}, at most {}), since {}.",
        number(event.observed),
        event.people,
        span_words(event.at.as_seconds().saturating_sub(event.onset.as_seconds())),
        number(event.expected),
        number(event.upper.floor()),
        clock_words(event.onset),
    )
}

fn places(event: &AlertEvent) -> Option<String> {
    let mut platforms: Vec<(&String, u64)> = event.platforms.iter().map(|(name, count)| (name, *count)).collect();
    platforms.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let words: Vec<String> = platforms.iter().map(|(name, count)| format!("{} {count}", platform_name(name))).collect();
    (!words.is_empty()).then(|| format!("{}.", words.join(", ")))
}

fn terms(event: &AlertEvent, clean: &dyn Fn(&str) -> String) -> Option<String> {
    let terms: Vec<String> = event.terms.iter().take(TERMS_MAX).map(|term| format!("\"{}\"", clean(term))).collect();
    (!terms.is_empty()).then(|| format!("Often: {}.", terms.join(", ")))
}

/// Many texts are people; few are not, whatever their number.
fn texts(event: &AlertEvent) -> Option<String> {
    Some(match event.kind {
        AlertKind::SilentSource => return None,
        AlertKind::Amplification => {
            format!("Only {} different texts from {} accounts: copies, not people.", event.texts, event.people)
        }
        _ if event.texts >= OWN_TEXTS_MIN && event.texts as f64 >= OWN_SHARE * event.observed => {
            format!("{} different texts: people, not copies.", event.texts)
        }
        _ => format!("{} different texts.", event.texts),
    })
}

fn nature_words(nature: Nature) -> &'static str {
    match nature {
        Nature::IndividualGoesViral => "One post goes round: an individual goes viral.",
        Nature::SystemicIssue => "Many have the same trouble: a systemic issue.",
    }
}

fn trend_words(trend: Trend) -> Option<&'static str> {
    match trend {
        Trend::Growing => Some("Still growing."),
        Trend::Steady => None,
        Trend::Fading => Some("Growing no more."),
    }
}

fn confidence(event: &AlertEvent) -> Option<String> {
    let confidence = event.confidence?.as_str();
    Some(format!("Confidence {confidence}, against {} of history.", span_words(event.baseline_age)))
}

fn actions(event: &AlertEvent) -> Vec<String> {
    let mut actions = Vec::new();
    if event.state.ends() {
        actions.push(format!("Owner: {}; nothing left to acknowledge.", event.team));
        return actions;
    }
    actions.extend(event.escalation.as_ref().map(|called| match &called.stands_in_for {
        None => format!("Called now: {} (step {}).", called.party, called.step),
        Some(who) => format!("Called now: {}, in place of {who}.", called.party),
    }));
    actions.push(match event.ack_by {
        Some(by) => format!("Owner: {}; acknowledge by {}.", event.team, clock_words(by)),
        None => format!("Owner: {}.", event.team),
    });
    actions.extend(event.next_step.as_deref().map(|step| sentence(&format!("Next: {}", shortened(step)))));
    actions.extend(event.crisis.as_ref().map(crisis_words));
    let statement = event.crisis.as_ref().and_then(|crisis| crisis.statement.as_deref());
    actions.extend(statement.map(|text| format!("Holding statement: {}", shortened(text))));
    actions.extend(event.reply.as_deref().map(|reply| format!("Approved line: {}", shortened(reply))));
    actions
}

fn stands_in(event: &AlertEvent) -> bool {
    event.escalation.as_ref().is_some_and(|called| called.stands_in_for.is_some())
}

/// Who runs a crisis, and whose word it needs by when.
fn crisis_words(crisis: &Crisis) -> String {
    let roles: Vec<String> =
        crisis.roles.iter().map(|(role, who)| format!("{} {who}", role.replace('_', " "))).collect();
    let approval = |needed: &ApprovalDue| {
        let deputy = needed.deputy.as_ref().map_or_else(String::new, |deputy| format!(", else {deputy}"));
        format!("{} by {}{deputy}", needed.who, clock_words(needed.due))
    };
    let approvals: Vec<String> = crisis.approvals.iter().map(approval).collect();
    let mut words = format!("CRISIS, run by {}", crisis.team);
    if !roles.is_empty() {
        let _ = write!(words, " ({})", roles.join(", "));
    }
    if !approvals.is_empty() {
        let _ = write!(words, "; a public answer needs {}", approvals.join("; "));
    }
    words + "."
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// Whole numbers plainly, small ones with one decimal: "about 0.4" says more than "about 0".
fn number(value: f64) -> String {
    if !value.is_finite() {
        "?".to_owned()
    } else if value.abs() < 9.95 && (value - libm::round(value)).abs() > 0.05 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
#[must_use]
pub fn span_words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let two = |whole: i64, unit: &str, rest: i64, rest_unit: &str| match rest {
        0 => format!("{whole} {unit}"),
        _ => format!("{whole} {unit} {rest} {rest_unit}"),
    };
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// `02:51 UTC`: the day is that of the alert, and `UTC` because nobody's zone is known here.
fn clock_words(at: Timestamp) -> String {
    let seconds = at.as_seconds().rem_euclid(86_400);
    format!("{:02}:{:02} UTC", seconds / 3600, seconds % 3600 / 60)
}

/// A platform's slug as people write it.
#[must_use]
pub fn platform_name(slug: &str) -> String {
    match slug {
        "x" => "X".to_owned(),
        "tiktok" => "TikTok".to_owned(),
        "youtube" => "YouTube".to_owned(),
        "linkedin" => "LinkedIn".to_owned(),
        _ => {
            let mut letters = slug.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            format!("{first}{}", letters.as_str().replace('_', " "))
        }
    }
}

fn shortened(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match flat.char_indices().nth(FIELD_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &flat[..cut]),
        None => flat,
    }
}

/// Handles, mail addresses, links and numbers of seven digits or more become `[…]`, word by word.
fn redacted(text: &str) -> String {
    let personal = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        word.contains('@') || word.contains("://") || digits >= 7
    };
    text.split(' ').map(|word| if personal(word) { "[…]" } else { word }).collect::<Vec<_>>().join(" ")
}
