//! Watch: from signals and state to alerts and follow-ups. Decides what needs counts or history.

mod night;

use super::{Pending, QueryState, Signal, SourceTurn, WatchState};
use crate::alert::TERMS_MAX;
use crate::alert::{
    AlertEvent, AlertKind, AlertState, Confidence, Episode, Rise, Rule, Scene, classify, is_independent, is_sour,
    may_be_a_morning, meets, risen, silence,
};
use crate::detect::{Bucket, Judgement, Mood, Partial, PendingItem, Series, Settings, Windowed};
use crate::mention::Timestamp;
use crate::route::{Severity, TicketAction};
use crate::rules::{AlertRule, DetectSettings, Pack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// People in an outage on several platforms that make it S1.
const MANY_PEOPLE: u64 = 100;
/// Mentions on a platform that make it one of several.
const PLATFORM_MENTIONS: u64 = 10;

/// Evaluations of a series in a week.
const BUCKETS_PER_WEEK: f64 = 60_480.0;

/// What a follow-up does to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum FollowUpAction {
    Attach,
    Hold,
    Release,
    Reroute,
    Escalate,
}

/// A later decision about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// The item.
    pub item_id: String,
    /// Higher than the item's.
    pub revision: u64,
    /// What to do.
    pub action: FollowUpAction,
    /// The incident, for `attach`.
    pub incident_id: Option<String>,
    /// Whose topic it goes to.
    pub team: String,
    /// Thread of the item: its record is placed by it.
    pub thread: String,
    /// What the ticketing system is to do now.
    pub ticket: TicketAction,
    /// End of the log bucket that decided.
    pub at: Timestamp,
    /// Why.
    pub reasons: Vec<String>,
}

/// What watch decided.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Verdict {
    Alert(Box<AlertEvent>),
    FollowUp(FollowUp),
}

/// Takes one signal. Each log bucket that every clock has passed is closed: merged whole, evaluated once.
pub fn watch(signal: Signal, state: &mut WatchState, pack: &Pack) -> Vec<Verdict> {
    state.touch();
    match signal {
        Signal::Partial { query, log, event, partial } => state.hold(query, log, event, &partial),
        Signal::Clocks(clocks) => state.hear(clocks),
        Signal::Members { at, members } => state.state_members(at, members),
        Signal::Exclusion { at, source, excluded } => state.exclude(at, source, excluded),
        Signal::Heard(heard) => state.hear_sources(&heard),
    }
    let mut verdicts = Vec::new();
    while let Some(bucket) = state.next_closable() {
        let (missing, told_before) = (state.members.missing(bucket), verdicts.len());
        let turns = state.close_sources(bucket, &missing);
        verdicts.extend(turns.iter().filter(|_| state.speaks).filter_map(|turn| source_alert(turn, bucket, pack)));
        let silences = state.sources.stretches().to_vec();
        for (query, partials) in state.close(bucket) {
            let of_query = state.query(&query);
            of_query.series.advance_past(bucket, of_query.tracker.volume_open(), &silences);
            evaluate(&query, bucket, &partials, of_query, pack, &mut verdicts);
            let open = of_query.is_waiting();
            state.note_open(&query, open);
        }
        if !missing.is_empty() {
            verdicts.iter_mut().skip(told_before).for_each(|verdict| say_incomplete(verdict, &missing));
        }
    }
    if state.is_done() {
        verdicts.extend(at_last(state));
    }
    verdicts
}

/// Nothing comes any more: nothing is kept any longer.
fn at_last(state: &mut WatchState) -> Vec<Verdict> {
    let mut told = Vec::new();
    let keeps = |query: &&String| state.queries().get(*query).is_some_and(|of_query| !of_query.kept.is_empty());
    for query in state.open().iter().filter(keeps).cloned().collect::<Vec<_>>() {
        let of_query = state.query(&query);
        told.extend(night::rest(of_query).into_iter().map(alert));
        let open = of_query.is_waiting();
        state.note_open(&query, open);
    }
    told
}

/// A source that turned silent, or is back.
fn source_alert(turn: &SourceTurn, bucket: Bucket, pack: &Pack) -> Option<Verdict> {
    let rule = pack.alert_rule(AlertKind::SilentSource, "");
    let enabled = rule.enabled;
    let event = silence(turn.platform, &turn.turn, bucket, &told_rule(rule), &pack.digest);
    enabled.then(|| alert(event))
}

fn told_rule(rule: AlertRule) -> Rule {
    let AlertRule { team, severity, ack_minutes, next_step, reply, .. } = rule;
    Rule { team, severity, ack_minutes, next_step, reply }
}

fn alert(event: AlertEvent) -> Verdict {
    Verdict::Alert(Box::new(event))
}

/// An alert says which partitions were not heard when it was decided.
fn say_incomplete(verdict: &mut Verdict, missing: &[String]) {
    if let Verdict::Alert(event) = verdict {
        event.incomplete = Some(missing.to_vec());
        event.confidence = event.confidence.map(Confidence::lowered);
    }
}

/// One query, one bucket: counts first, then alerts, then the items that waited.
fn evaluate(
    query: &str,
    bucket: Bucket,
    partials: &Pending,
    state: &mut QueryState,
    pack: &Pack,
    verdicts: &mut Vec<Verdict>,
) {
    for (event, partial) in partials {
        state.series.merge(*event, partial);
        state.threads.take(*event, bucket, partial);
    }
    let settings = settings(&pack.detection(query));
    let judgement = state.series.judge(state.tracker.volume_open(), &settings);
    let counted = volume(query, bucket, &judgement, state, &settings, pack);
    let felt = mood(query, bucket, &judgement, state, &settings, pack);
    let told = night::tell(counted.into_iter().chain(felt).collect(), bucket, state, pack);
    verdicts.extend(told.into_iter().map(alert));
    let waiting = partials.values().flat_map(|partial| &partial.pending);
    verdicts.extend(waiting.map(|(item_id, item)| Verdict::FollowUp(decide_waiting(item_id, item, bucket, state))));
}

fn volume(
    query: &str,
    bucket: Bucket,
    judgement: &Judgement,
    state: &mut QueryState,
    settings: &Settings,
    pack: &Pack,
) -> Option<AlertEvent> {
    let free = state.tracker.free_buckets(bucket);
    let (counts, reports) = (up_to(&judgement.windows, free), up_to(&judgement.reports, free));
    let spread = || risen(counts, settings).and_then(|window| rise(query, window, state, settings, pack));
    let rise = reported(query, reports, state, pack).or_else(spread);
    let step = state.tracker.step_volume(query, bucket, judgement, rise.as_ref(), settings)?;
    let episode = state.tracker.volume.as_ref()?;
    if step.state == AlertState::Opened {
        let since = bucket.0.saturating_sub(episode.onset.0) + 1;
        state.series.mark_incident(usize::try_from(since).unwrap_or(1));
    }
    let of_rise = rise.filter(|rise| rise.reports == episode.reports).map(|rise| rise.window);
    let window = of_rise.or_else(|| episode.window(judgement))?;
    let told = Told { query, bucket, episode, buckets: window.buckets };
    Some(tell(told, state, pack, |scene| scene.volume(step.state, &window)))
}

/// Those of the windows, shortest first, that reach no further back.
fn up_to(windows: &[Windowed], buckets: usize) -> &[Windowed] {
    &windows[..windows.partition_point(|window| window.buckets <= buckets)]
}

/// A window that meets the minimum effect, and people behind it.
fn rise(query: &str, window: &Windowed, state: &QueryState, settings: &Settings, pack: &Pack) -> Option<Rise> {
    let evidence = state.series.evidence(window.buckets);
    let kind = classify(&evidence, window, &state.series, settings);
    let few_people = evidence.people.distinct() < settings.people;
    if (few_people && kind != Some(AlertKind::Amplification)) || may_be_a_morning(kind, window, &state.series) {
        return None;
    }
    let rule = pack.alert_rule(kind.unwrap_or(AlertKind::Spike), query);
    if !rule.enabled || !meets(window, &self::settings(&rule.detect)) {
        return None;
    }
    let severity = severity(kind, rule.severity, &evidence, &state.series);
    let onset = state.series.onset(window.buckets, window.expected);
    Some(Rise { window: *window, kind, onset, severity, reports: false })
}

/// Several people who report trouble independently are an outage, however few they are among all that is said.
fn reported(query: &str, reports: &[Windowed], state: &QueryState, pack: &Pack) -> Option<Rise> {
    let kind = AlertKind::Outage;
    let settings = settings(&pack.detection_of(kind, query));
    // the shortest one: it knows soonest when it is over
    let window = reports.iter().find(|window| meets(window, &settings))?;
    let rule = pack.alert_rule(kind, query);
    let evidence = state.series.evidence(window.buckets);
    let severity = severity(Some(kind), rule.severity, &evidence, &state.series);
    let onset = state.series.onset_of_reports(window.buckets, window.expected);
    let rise = Rise { window: *window, kind: Some(kind), onset, severity, reports: true };
    (rule.enabled && is_independent(&evidence, window, &state.series, &settings)).then_some(rise)
}

/// The minimum effect of the pack; the risk of one evaluation is the wished false alerts spread over a week of buckets.
fn settings(detect: &DetectSettings) -> Settings {
    let risk = detect.false_alerts_per_key_week / BUCKETS_PER_WEEK;
    Settings {
        floor: u64::from(detect.floor),
        ratio: detect.ratio,
        excess: f64::from(detect.excess),
        people: u64::from(detect.people),
        surprise: -libm::log10(risk),
        ..Settings::default()
    }
}

/// The rule's severity, raised where the evidence is graver: an outage of many people on several platforms; a spike of
/// many people who are angry.
fn severity(kind: Option<AlertKind>, at_least: Severity, evidence: &Partial, series: &Series) -> Severity {
    let platforms = evidence.platforms.values().filter(|count| **count >= PLATFORM_MENTIONS).count();
    let people = evidence.people.distinct();
    match kind {
        Some(AlertKind::Outage) if people >= MANY_PEOPLE && platforms >= 2 => Severity::S1,
        Some(AlertKind::Spike) if people >= MANY_PEOPLE / 2 && is_sour(evidence, series) => at_least.min(Severity::S2),
        _ => at_least,
    }
}

fn mood(
    query: &str,
    bucket: Bucket,
    judgement: &Judgement,
    state: &mut QueryState,
    settings: &Settings,
    pack: &Pack,
) -> Option<AlertEvent> {
    let mood = judgement.mood.as_ref();
    let notable = mood.is_some_and(|mood| mood.deviations >= settings.mood_deviations);
    let buckets = mood.map_or(0, |mood| mood.buckets);
    let evidence = if notable { state.series.evidence(buckets) } else { Partial::default() };
    let rule = pack.alert_rule(AlertKind::SentimentShift, query);
    // who has no service is in no good mood: while that is told, the mood is no news
    let is_told = state.tracker.mood.as_ref().is_some_and(Episode::is_open);
    let is_news = |mood: &&Mood| !state.tracker.volume_open() && mood.buckets <= state.tracker.free_buckets(bucket);
    let mood = mood.filter(|mood| rule.enabled && (is_told || is_news(mood)));
    let step = state.tracker.step_mood(query, bucket, mood, &evidence, rule.severity, settings)?;
    let episode = state.tracker.mood.as_ref()?;
    let mood = mood.copied().unwrap_or_default();
    let told = Told { query, bucket, episode, buckets };
    Some(tell(told, state, pack, |scene| scene.mood(step.state, &mood)))
}

/// What is told: which alert, when, and over how many buckets its evidence reaches.
#[derive(Clone, Copy)]
struct Told<'a> {
    query: &'a str,
    bucket: Bucket,
    episode: &'a Episode,
    buckets: usize,
}

fn tell(told: Told<'_>, state: &QueryState, pack: &Pack, event: impl Fn(Scene<'_>) -> AlertEvent) -> AlertEvent {
    let Told { query, bucket: at, episode, buckets } = told;
    let rule = told_rule(pack.alert_rule(episode.kind, query));
    let evidence = state.series.evidence(buckets);
    let said = state.series.said(&evidence, buckets, episode.reports, TERMS_MAX);
    let thread = evidence.largest_thread().and_then(|hash| state.threads.story(hash, at));
    let (series, evidence, said) = (&state.series, &evidence, &said);
    let scene = Scene { query, at, episode, rule: &rule, series, evidence, said, thread, pack: &pack.digest };
    event(scene)
}

/// An item that waited: it belongs to the open incident of its query, or it gets a ticket of its own.
fn decide_waiting(item_id: &str, item: &PendingItem, bucket: Bucket, state: &QueryState) -> FollowUp {
    let incident = state.tracker.volume.as_ref().filter(|episode| episode.is_open());
    let (action, ticket, reason) = match incident {
        Some(episode) => {
            let kind = episode.kind.as_str();
            (FollowUpAction::Attach, TicketAction::None, format!("{kind} is open on the query it matched"))
        }
        None => {
            (FollowUpAction::Release, TicketAction::Upsert, "no incident is open on the query it matched".to_owned())
        }
    };
    FollowUp {
        item_id: item_id.to_owned(),
        revision: item.revision + 1,
        action,
        incident_id: incident.map(|episode| episode.incident_id.clone()),
        team: item.team.clone(),
        thread: item.thread.clone(),
        ticket,
        at: bucket.end(),
        reasons: vec![reason],
    }
}

#[cfg(test)]
mod tests;
