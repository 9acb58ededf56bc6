//! From an episode and its evidence to the event that is published: numbers first, words made of the same numbers.

use super::chart::STEP_BUCKETS;
use super::{
    ALERT_TYPE, AlertEvent, AlertKind, AlertState, Chart, Confidence, Episode, MoodTurn, Moved, Nature, Rule,
    ThreadEvidence, TopicEvidence, Trend,
};
use crate::detect::{Bucket, Counted, Distinctive, Example, Mood, Partial, Said, Series, ThreadStory, Topic, Windowed};
use crate::route::Severity;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A topic is looked for in an hour.
const HOUR_BUCKETS: usize = 360;
const HOUR_MINUTES: usize = 60;
/// How a shift of mood begins its headline.
const TURNING: &str = "Mood is turning";
/// Terms told at most.
pub const TERMS_MAX: usize = 5;

/// Everything an event is told from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The query.
    pub query: &'a str,
    /// Bucket that was closed.
    pub at: Bucket,
    /// The alert.
    pub episode: &'a Episode,
    /// What the pack says about it.
    pub rule: &'a Rule,
    /// The series.
    pub series: &'a Series,
    /// What the window holds.
    pub evidence: &'a Partial,
    /// What it says more than usual.
    pub said: &'a Said,
    /// The largest thread of the window, as it stands.
    pub thread: Option<ThreadStory>,
    /// What moves with it.
    pub moved: &'a [Moved],
    /// Somebody is called: it opens, opens again or becomes more severe.
    pub calls: bool,
    /// Digest of the pack.
    pub pack: &'a str,
}

/// The numbers an event speaks of.
#[derive(Debug, Clone, Copy)]
struct Figures {
    observed: f64,
    expected: f64,
    upper: f64,
    minutes: usize,
}

impl Scene<'_> {
    /// The event of an alert on counts.
    #[must_use]
    pub fn volume(&self, state: AlertState, window: &Windowed) -> AlertEvent {
        let figures = Figures {
            observed: window.observed as f64,
            expected: tenth(window.expected),
            upper: window.upper,
            minutes: window.buckets / 6,
        };
        let mut event = self.event(state, figures);
        let counted = if self.episode.reports { "reports of trouble" } else { "mentions" };
        event.explain.push(format!(
            "{} {counted} in {} min, {} expected, at most {} usual; chance 1 in 10^{:.0}",
            window.observed, figures.minutes, figures.expected, figures.upper, window.surprise
        ));
        let counted = if self.episode.reports { Counted::Reports } else { Counted::Mentions };
        event.chart = Some(self.chart(window.buckets, counted));
        event.explain.extend(describe(self.evidence, self.series));
        event.explain.extend(self.said.terms.iter().map(word_of));
        event.explain.extend(self.reading());
        event.nature = self.nature();
        if self.episode.kind == AlertKind::Viral {
            event.thread = self.thread.map(|story| ThreadEvidence::of(&story));
            event.explain.extend(event.thread.map(|thread| thread.in_words()));
        }
        if !state.ends() {
            let (most, minutes) = (window.calm_most(), figures.minutes);
            let ends = format!("over when no more than {most:.0} are counted in {minutes} min, for three minutes");
            event.explain.push(ends.clone());
            event.resolves_when = Some(ends);
            event.trend = Some(self.series.trend(window.buckets).into());
            event.confidence = Some(Confidence::of_count(window.surprise, event.people, event.baseline_age));
        }
        event.explain.push(format!("the baseline is {} old", age(self.series.age_seconds())));
        event
    }

    /// The event of an alert on mood.
    #[must_use]
    pub fn mood(&self, state: AlertState, mood: &Mood) -> AlertEvent {
        let spread = mood.expected * (1.0 - self.series.usual_negative());
        let figures = Figures {
            observed: mood.negative as f64,
            expected: tenth(mood.expected),
            upper: libm::floor(mood.expected + 3.0 * libm::sqrt(spread.max(0.0))),
            minutes: mood.buckets / 6,
        };
        let mut event = self.event(state, figures);
        let turn = MoodTurn::of(mood.effect, &self.series.mix().take_apart(self.evidence));
        if turn.is_of_mix() && !state.ends() {
            event.headline = event.headline.replacen(TURNING, "The mood differs as others speak", 1);
        }
        event.explain.push(format!(
            "{} of {} mentions in {} min are negative ({:.0} %), usually {:.0} %; mean sentiment {:.2} worse, {:.1} standard deviations",
            mood.negative,
            mood.mentions,
            figures.minutes,
            100.0 * mood.negative as f64 / mood.mentions.max(1) as f64,
            100.0 * self.series.usual_negative(),
            mood.effect,
            mood.deviations
        ));
        event.explain.extend(self.said.terms.iter().map(word_of));
        event.chart = Some(self.chart(mood.buckets, Counted::Negative));
        event.explain.extend(louder(self.evidence, self.series));
        if !state.ends() {
            event.explain.push(turn.in_words());
            event.turn = Some(turn);
            event.resolves_when =
                Some("over when the mood is half as far from the usual, for three minutes".to_owned());
            event.confidence = Some(Confidence::of_mood(mood.deviations, event.people, event.baseline_age));
        }
        event
    }

    /// The event of an alert on a new topic, which `people_min` people made one.
    #[must_use]
    pub fn topic(&self, state: AlertState, topic: &Topic, people_min: u64) -> AlertEvent {
        let (observed, expected) = (topic.people as f64, tenth(topic.expected));
        let figures = Figures { observed, expected, upper: topic.upper as f64, minutes: HOUR_MINUTES };
        let mut event = self.event(state, figures);
        event.texts = topic.texts;
        let since = self.episode.since.start();
        let (name, of_all) = (&topic.term, format!("{} of {} people say it", topic.people, topic.of));
        event.explain.push(format!(
            "\u{201c}{name}\u{201d}: {of_all} within an hour, {expected} expected; in {} different texts; chance 1 in 10^{:.0}",
            topic.texts, topic.surprise
        ));
        event.explain.extend(louder(self.evidence, self.series));
        event.topic = Some(TopicEvidence::of(topic, self.episode.since));
        event.chart = Some(Chart::new(HOUR_BUCKETS, topic.growth.clone()));
        if !state.ends() {
            event.headline = format!(
                "New topic: \u{201c}{name}\u{201d} on {}. {} people since {since}, in {} different texts (usually about {expected})",
                self.query, topic.people, topic.texts
            );
            let ends = format!("over when fewer than {} people say it within an hour", people_min.div_ceil(2));
            event.explain.push(ends.clone());
            event.resolves_when = Some(ends);
            event.trend = Some(trend(&topic.growth));
            event.confidence = Some(Confidence::of_count(topic.surprise, topic.people, event.baseline_age));
        } else {
            let over = if state == AlertState::Withdrawn { "Withdrawn" } else { "Over" };
            event.headline = format!("{over}: new topic \u{201c}{name}\u{201d} on {}", self.query);
        }
        event.explain.push(format!("the vocabulary is {} old", age(self.series.age_seconds())));
        event
    }

    fn chart(&self, buckets: usize, counted: Counted) -> Chart {
        Chart::new(buckets, self.series.rolling(buckets, STEP_BUCKETS, counted))
    }

    fn nature(&self) -> Option<Nature> {
        match self.episode.kind {
            AlertKind::Viral => Some(Nature::IndividualGoesViral),
            AlertKind::Outage => Some(Nature::SystemicIssue),
            _ => None,
        }
    }

    /// Whether one post goes round or many people have the same trouble.
    fn reading(&self) -> Option<String> {
        let largest = self.evidence.largest_thread().map_or(0, |(_, thread)| thread.mentions);
        match self.episode.kind {
            AlertKind::Viral => Some(format!(
                "an individual goes viral, one post goes round: {largest} of {} answer or pass on the same one",
                self.evidence.mentions
            )),
            AlertKind::Outage => Some(format!(
                "a systemic issue, many have the same trouble: {} people report it, the largest thread holds {largest} posts",
                self.evidence.reporters.distinct()
            )),
            _ => None,
        }
    }

    fn event(&self, state: AlertState, figures: Figures) -> AlertEvent {
        let Self { query, at, episode, rule, series, evidence, said, thread: _, moved, calls, pack } = *self;
        let people = if episode.reports {
            evidence.reporters.distinct().min(evidence.outage)
        } else {
            evidence.people.distinct().min(evidence.mentions)
        };
        let wakes = calls && episode.severity <= Severity::S2;
        let name = |platform: &crate::mention::Platform| platform.as_str().to_owned();
        AlertEvent {
            kind_of_value: ALERT_TYPE.to_owned(),
            alert_id: episode.alert_id.clone(),
            incident_id: episode.incident_id.clone(),
            kind: episode.kind,
            state,
            severity: episode.severity,
            series: BTreeMap::from([("query".to_owned(), query.to_owned())]),
            team: rule.team.clone(),
            onset: episode.onset.start(),
            at: at.end(),
            observed: figures.observed,
            expected: figures.expected,
            upper: figures.upper,
            ratio: tenth(figures.observed / figures.expected.max(0.1)),
            people,
            texts: evidence.texts.distinct().min(evidence.mentions),
            platforms: evidence.platforms.iter().map(|(platform, count)| (name(platform), *count)).collect(),
            languages: evidence.languages.clone(),
            reach: evidence.reach,
            trend: None,
            evidence: moved.to_vec(),
            terms: said.terms.iter().map(|term| term.term.clone()).collect(),
            thread: None,
            nature: None,
            turn: None,
            topic: None,
            chart: None,
            examples: examples(evidence, &said.typical),
            headline: headline(query, episode, state, figures, people),
            baseline_age: series.age_seconds(),
            confidence: None,
            resolves_when: None,
            suppressed: None,
            late: false,
            incomplete: None,
            ack_by: rule.ack_minutes.filter(|_| wakes).map(|minutes| at.end().plus_seconds(minutes * 60)),
            next_step: rule.next_step.clone().filter(|_| wakes),
            escalation: None,
            crisis: None,
            reply: rule.reply.clone(),
            explain: Vec::new(),
            pack: Some(pack.to_owned()),
        }
    }
}

/// Whether people still join a topic: the last ten minutes of its hour against the ten before.
fn trend(growth: &[u64]) -> Trend {
    let at = |back: usize| growth.len().checked_sub(1 + back).and_then(|place| growth.get(place)).copied().unwrap_or(0);
    let (last, before) = (at(0).saturating_sub(at(2)), at(2).saturating_sub(at(4)));
    match last.cmp(&before) {
        Ordering::Greater => Trend::Growing,
        Ordering::Equal => Trend::Steady,
        Ordering::Less => Trend::Fading,
    }
}

fn headline(query: &str, episode: &Episode, state: AlertState, figures: Figures, people: u64) -> String {
    let what = match episode.kind {
        AlertKind::Outage => "Probable outage",
        AlertKind::Viral => "Viral thread",
        AlertKind::SentimentShift => TURNING,
        AlertKind::Amplification => "Few voices, many posts",
        AlertKind::Spike => "Unusually many mentions",
        AlertKind::Emerging => "New topic",
        AlertKind::SilentSource => "Silent source",
    };
    let Figures { observed, expected, upper, minutes } = figures;
    let unit = match episode.kind {
        AlertKind::SentimentShift => "negative posts",
        AlertKind::Outage if episode.reports => "reports",
        _ => "posts",
    };
    match state {
        AlertState::Resolved => format!("Over: {} on {query}", what.to_lowercase()),
        AlertState::Withdrawn => format!("Withdrawn: {} on {query}", what.to_lowercase()),
        AlertState::Opened | AlertState::Updated | AlertState::Reopened => format!(
            "{what}: {query}. {observed} {unit} by {people} people in {minutes} min (usually about {expected}, at most {upper})"
        ),
    }
}

/// What the evidence is made of, in words.
#[must_use]
pub fn describe(evidence: &Partial, series: &Series) -> Vec<String> {
    let mentions = evidence.mentions.max(1) as f64;
    let percent = |count: u64| 100.0 * count as f64 / mentions;
    let mut lines = vec![
        format!("{} people, {} distinct texts", evidence.people.distinct(), evidence.texts.distinct()),
        format!("{:.0} % negative, usually {:.0} %", percent(evidence.negative), 100.0 * series.usual_negative()),
        format!("{:.0} % tell of trouble, usually {:.0} %", percent(evidence.outage), 100.0 * series.usual_outage()),
    ];
    if let Some((_, thread)) = evidence.largest_thread() {
        let people = thread.people.distinct().min(thread.mentions);
        lines.push(format!("largest thread: {} posts by {people} people", thread.mentions));
    }
    lines.extend(louder(evidence, series));
    if evidence.noise > 0 {
        lines.push(format!("{:.0} % noise", percent(evidence.noise)));
    }
    lines
}

/// Platforms and languages that are louder than usual.
fn louder(evidence: &Partial, series: &Series) -> Vec<String> {
    let words = |(name, share, usual): (String, f64, f64)| {
        format!("{name} brings {:.0} % of it, usually {:.0} %", 100.0 * share, 100.0 * usual)
    };
    series.mix().louder(evidence).into_iter().map(words).collect()
}

/// A term, and how many say it.
fn word_of(term: &Distinctive) -> String {
    let (share, usual) = (100.0 * term.share, 100.0 * term.usual);
    format!("\u{201c}{}\u{201d} is said by {share:.0} % of the people, usually by {usual:.0} %", term.term)
}

/// The widest reach, the most typical, the first; others of these where one stands for two. Three at most, each once.
fn examples(evidence: &Partial, typical: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let ids = |examples: &[Example]| examples.iter().map(|example| example.mention_id.clone()).collect::<Vec<_>>();
    let (widest, first) = (ids(&evidence.widest), ids(&evidence.first));
    let three = widest.iter().take(1).chain(typical.iter().take(1)).chain(first.iter().take(1));
    let others = typical.iter().chain(&first).chain(&widest);
    three.chain(others).filter(|id| seen.insert(id.as_str())).take(3).cloned().collect()
}

/// In the largest whole unit.
pub(super) fn age(seconds: i64) -> String {
    match seconds / 3_600 {
        0..48 => format!("{} h", seconds / 3_600),
        hours => format!("{} days", hours / 24),
    }
}

pub(super) fn tenth(value: f64) -> f64 {
    libm::round(value * 10.0) / 10.0
}
