//! Watch: from signals and state to alerts and follow-ups. Decides what needs counts or history.

mod crisis;
mod gather;
mod hush;
mod night;
mod people;
mod topic;
mod withdraw;

pub use people::CaseTold;

use self::people::Round;
use super::{Pending, QueryState, Signal, SourceTurn, VoiceTold, WatchState};
use crate::alert::TERMS_MAX;
use crate::alert::{
    AlertEvent, AlertKind, AlertState, Confidence, Episode, Moved, Rise, Rule, Scene, Slot, classify, facets, grade,
    is_by_few, is_independent, may_be_a_morning, meets, risen, silent_source,
};
use crate::case;
use crate::detect::{Bucket, Judgement, Mood, Partial, PendingItem, Series, Settings, Stretch, Windowed};
use crate::mention::Timestamp;
use crate::route::{Severity, TicketAction};
use crate::rules::{AlertRule, DetectSettings, Pack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Once in so many buckets (a minute) it is looked at whether an open incident has become more severe.
const GRADED_EVERY: i64 = 6;
/// Longest look back for that: an hour of buckets.
const GRADED_OVER: i64 = 360;

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
    /// The incident, for `attach`, and for `release` where it is over.
    pub incident_id: Option<String>,
    /// Whose topic it goes to.
    pub team: String,
    /// Thread of the item: its record is placed by it.
    pub thread: String,
    /// What the ticketing system is to do now.
    pub ticket: TicketAction,
    /// Who is called, for `escalate`.
    pub step: Option<Box<case::Step>>,
    /// Whose approval did not come, for `escalate` to a deputy.
    pub stands_in_for: Option<String>,
    /// What time has raised it to, for `escalate`.
    pub raised: Option<Box<RaisedTo>>,
    /// End of the log bucket that decided; of an escalation, when it was due.
    pub at: Timestamp,
    /// Why.
    pub reasons: Vec<String>,
}

/// What time has raised a case to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedTo {
    /// The case.
    pub case_id: String,
    /// How severe it is now.
    pub severity: Severity,
    /// Who owns that by the matrix.
    pub team: String,
    /// When an answer is due now; none where somebody has it in hand.
    pub respond_by: Option<Timestamp>,
}

impl FollowUp {
    /// Whose the item is now.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.raised.as_ref().map_or(&self.team, |raised| &raised.team)
    }
}

/// What watch decided.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Verdict {
    Alert(Box<AlertEvent>),
    FollowUp(FollowUp),
    Case(Box<CaseTold>),
    Measured(case::Measured),
    Voice(Box<VoiceTold>),
}

impl Verdict {
    /// Somebody is called who was not before: for a `case`, an `alert` or an `approval` of one, at which step.
    #[must_use]
    pub fn calls(&self) -> Option<(&'static str, u32)> {
        match self {
            Self::Alert(event) => event.escalation.as_ref().map(|called| match called.stands_in_for {
                None => ("alert", called.step),
                Some(_) => ("approval", called.step),
            }),
            Self::FollowUp(follow_up) => follow_up.step.as_ref().map(|step| ("case", step.number)),
            Self::Case(_) | Self::Measured(_) | Self::Voice(_) => None,
        }
    }
}

/// Takes one signal. Each log bucket that every clock has passed is closed: merged whole, evaluated once.
pub fn watch(signal: Signal, state: &mut WatchState, pack: &Pack) -> Vec<Verdict> {
    state.touch();
    let mut verdicts = Vec::new();
    match signal {
        Signal::Partial { query, log, event, partial } => state.hold(query, log, event, &partial),
        Signal::Clocks(clocks) => state.hear(clocks),
        Signal::Members { at, members } => state.state_members(at, members),
        Signal::Exclusion { at, source, excluded } => state.exclude(at, source, excluded),
        Signal::Heard(heard) => state.hear_sources(&heard),
        Signal::Items { log, items } => state.arrive(log, items),
        Signal::Feedback { log, said } => state.hear_people(log, said),
        Signal::Threads { log, posts } => state.hear_threads(log, posts),
        Signal::Tick(at) => verdicts.extend(people::tick(at, state, pack)),
        Signal::Voice { log, hour, topic, brands } => state.hold_voice(log, hour.min(log), topic, &brands),
    }
    while let Some(bucket) = state.next_closable() {
        let (missing, told_before) = (state.members.missing(bucket), verdicts.len());
        let turns = state.close_sources(bucket, &missing);
        verdicts.extend(turns.iter().filter(|_| state.speaks).filter_map(|turn| source_alert(turn, bucket, pack)));
        let silences = state.sources.stretches().to_vec();
        let mut round = Round::of(bucket, state, pack);
        verdicts.extend(round.enter(state));
        let due = state.close(bucket).into_iter();
        let step = |(query, counts)| step(query, bucket, counts, &silences, state, pack);
        let mut steps: Vec<Step> = due.map(step).collect();
        gather::gather(&mut steps, bucket, state, pack);
        for step in &steps {
            tell_step(step, bucket, &mut round, state, pack, &mut verdicts);
            let open = state.query(&step.query).is_waiting();
            state.note_open(&step.query, open);
        }
        let stepped = steps.iter().map(|step| (step.query.as_str(), step.suspected)).collect();
        verdicts.extend(round.decide_held(&stepped, state));
        let follows = round.follow(&verdicts[told_before..], state);
        verdicts.extend(follows);
        if !missing.is_empty() {
            verdicts.iter_mut().skip(told_before).for_each(|verdict| say_incomplete(verdict, &missing));
        }
        verdicts.extend(state.close_voice(bucket).into_iter().map(voice));
        steps.iter().for_each(|step| state.lay_to_rest(&step.query, bucket));
        state.sweep(bucket, pack);
    }
    if state.is_done() {
        verdicts.extend(people::rest(state, pack));
        verdicts.extend(at_last(state));
        verdicts.extend(state.rest_voice().into_iter().map(voice));
    }
    verdicts
}

/// Nothing comes any more: nothing is kept any longer.
fn at_last(state: &mut WatchState) -> Vec<Verdict> {
    let mut told = Vec::new();
    let keeps = |query: &&String| state.of_query(query).is_some_and(|of_query| !of_query.kept.is_empty());
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
    let event = silent_source(turn.platform, &turn.turn, bucket, &told_rule(rule, bucket, pack), &pack.digest);
    enabled.then(|| alert(event))
}

/// What is told of a rule; of its wording nothing that is expired by then.
fn told_rule(rule: AlertRule, at: Bucket, pack: &Pack) -> Rule {
    let reply = pack.alert_reply(&rule, at.end());
    let AlertRule { team, severity, ack_minutes, next_step, .. } = rule;
    Rule { team, severity, ack_minutes, next_step, reply }
}

fn alert(event: AlertEvent) -> Verdict {
    Verdict::Alert(Box::new(event))
}

fn voice(told: VoiceTold) -> Verdict {
    Verdict::Voice(Box::new(told))
}

/// An alert says which partitions were not heard when it was decided.
fn say_incomplete(verdict: &mut Verdict, missing: &[String]) {
    if let Verdict::Alert(event) = verdict {
        event.incomplete = Some(missing.to_vec());
        event.confidence = event.confidence.map(Confidence::lowered);
    }
}

/// What one bucket of one query came to, before it is told.
#[derive(Debug)]
struct Step {
    query: String,
    counts: Pending,
    judgement: Judgement,
    rise: Option<Rise>,
    /// Something has risen, whether or not it is an alert, or not yet.
    suspected: bool,
    volume: Option<Say>,
    mood: Option<Say>,
    topic: Option<Say>,
}

impl Step {
    fn say(&self, slot: Slot) -> &Option<Say> {
        match slot {
            Slot::Counts => &self.volume,
            Slot::Mood => &self.mood,
            Slot::Topic => &self.topic,
        }
    }
}

/// What is to be told of one alert.
#[derive(Debug, Clone, PartialEq)]
struct Say {
    state: AlertState,
    /// It became more severe.
    graver: bool,
    /// It was kept back and is told only now.
    late: bool,
    /// What besides its counts is to be said.
    why: Vec<String>,
}

impl Say {
    fn new(state: AlertState) -> Self {
        Self { state, graver: false, late: false, why: Vec::new() }
    }

    /// Somebody is called.
    fn calls(&self) -> bool {
        self.graver || self.state.opens()
    }
}

/// One query, one bucket: counts first, then its alerts, one step each.
fn step(
    query: String,
    bucket: Bucket,
    counts: Pending,
    silences: &[Stretch],
    state: &mut WatchState,
    pack: &Pack,
) -> Step {
    let held = gather::is_held(&query, state, pack);
    let state = state.query(&query);
    count(bucket, &counts, silences, state);
    let settings = settings(&pack.detection(&query, bucket.end()));
    let judgement = state.series.judge(state.tracker.volume_open(), &settings);
    let rise = find_rise(&query, bucket, &judgement, state, &settings, pack);
    let suspected = [&judgement.windows, &judgement.reports].into_iter().any(|of| risen(of, &settings).is_some());
    let withdrawn = if held { None } else { withdraw::put_right(&query, bucket, state, pack) };
    let volume = withdrawn.or_else(|| {
        let before = state.tracker.volume.as_ref().map(|episode| episode.severity);
        let stepped = state.tracker.step_volume(&query, bucket, &judgement, rise.as_ref(), &settings, held);
        say_volume(&query, bucket, stepped.map(|step| step.state), before, rise.as_ref(), state, pack)
    });
    let mood = withdraw::mood_put_right(&query, bucket, state, pack)
        .or_else(|| step_mood(&query, bucket, &judgement, state, &settings, pack));
    let topic = topic::step(&query, bucket, state, pack);
    Step { query, counts, judgement, rise, suspected, volume, mood, topic }
}

/// Takes the counts of a bucket in. What is told teaches nothing, save what lasts so long that it is no event any more.
fn count(bucket: Bucket, counts: &Pending, silences: &[Stretch], state: &mut QueryState) {
    let QueryState { series, tracker, threads, .. } = state;
    let (in_incident, in_mood) = tracker.frozen(bucket);
    series.advance(bucket, in_incident, in_mood, silences);
    if tracker.is_open() && !in_incident && !in_mood {
        series.adopt();
    }
    for (event, partial) in counts {
        series.merge(*event, partial);
        threads.take(*event, bucket, partial);
    }
}

fn find_rise(
    query: &str,
    bucket: Bucket,
    judgement: &Judgement,
    state: &QueryState,
    settings: &Settings,
    pack: &Pack,
) -> Option<Rise> {
    let free = state.tracker.free_buckets(bucket);
    let (counts, reports) = (up_to(&judgement.windows, free), up_to(&judgement.reports, free));
    let at = bucket.end();
    let spread = || risen(counts, settings).and_then(|window| rise(query, at, window, state, settings, pack));
    reported(query, at, reports, state, pack).or_else(spread)
}

/// What is to be said of a step of the counts; also where there is none and the incident became more severe.
fn say_volume(
    query: &str,
    bucket: Bucket,
    stepped: Option<AlertState>,
    before: Option<Severity>,
    rise: Option<&Rise>,
    state: &mut QueryState,
    pack: &Pack,
) -> Option<Say> {
    let opens = stepped.is_some_and(AlertState::opens);
    if opens {
        begin(bucket, rise, state);
    }
    let why = escalate(query, bucket, opens, state, pack);
    let episode = state.tracker.volume.as_ref()?;
    let mut say = match stepped {
        Some(stepped) => Say::new(stepped),
        None if why.is_empty() => return None,
        None => Say::new(AlertState::Updated),
    };
    say.graver = !opens && before.is_some_and(|before| episode.severity < before);
    say.why = if say.state == AlertState::Resolved { usual_by_now(episode, bucket) } else { why };
    say.why.extend(by_few(episode));
    Some(say)
}

/// An alert on counts opens: what belongs to it already is no longer learned.
fn begin(bucket: Bucket, rise: Option<&Rise>, state: &mut QueryState) {
    state.series.freeze();
    let people = rise.map_or(0, |rise| state.series.evidence(rise.window.buckets).people.distinct());
    if let Some(episode) = &mut state.tracker.volume {
        let since = bucket.0.saturating_sub(episode.since.0) + 1;
        state.series.mark_incident(usize::try_from(since).unwrap_or(1));
        episode.people = people;
    }
}

/// Once a minute: an open incident that has come to more is more severe, and the reasons say why. Never less.
fn escalate(query: &str, bucket: Bucket, opens: bool, state: &mut QueryState, pack: &Pack) -> Vec<String> {
    let QueryState { series, tracker, .. } = state;
    let Some(episode) = tracker.volume.as_mut().filter(|episode| episode.is_open()) else { return Vec::new() };
    if !opens && bucket.0.rem_euclid(GRADED_EVERY) != 0 {
        return Vec::new();
    }
    let over = bucket.0.saturating_sub(episode.since.0).saturating_add(1).clamp(1, GRADED_OVER);
    let evidence = series.evidence(usize::try_from(over).unwrap_or(1));
    let at_least = pack.alert_rule(episode.kind, query).severity;
    let (severity, reasons) = grade(Some(episode.kind), at_least, &evidence, series, Some(episode.people));
    if severity < episode.severity || (opens && severity == episode.severity) {
        episode.severity = severity;
        return reasons;
    }
    Vec::new()
}

/// Why it is no outage though it began like one.
fn by_few(episode: &Episode) -> Option<String> {
    let is_by_few = episode.few.is_some() && episode.kind == AlertKind::Amplification;
    is_by_few.then(|| "it began like an outage and turned out to be the work of a few accounts".to_owned())
}

/// Why it ends though it goes on.
fn usual_by_now(episode: &Episode, at: Bucket) -> Vec<String> {
    let days = episode.outlasted_days(at).into_iter();
    days.map(|days| format!("it has lasted for {days} days: this is taken as usual from now on")).collect()
}

/// What is told of a query: its alerts, then the items that waited.
fn tell_step(
    step: &Step,
    bucket: Bucket,
    round: &mut Round<'_>,
    state: &mut WatchState,
    pack: &Pack,
    verdicts: &mut Vec<Verdict>,
) {
    let mut events = Vec::new();
    for slot in Slot::ALL {
        let Some(say) = hush::due(step, slot, bucket, state, pack) else { continue };
        let event = match slot {
            Slot::Counts => tell_volume(step, &say, bucket, state, pack),
            Slot::Mood => tell_mood(step, &say, bucket, state, pack),
            Slot::Topic => topic::tell(step, &say, bucket, state, pack),
        };
        let Some(mut event) = event else { continue };
        hush::mark(&mut event, &say, slot, &step.query, bucket, state, pack);
        crisis::mark(&mut event, &say, slot, &step.query, bucket, state, pack);
        events.push(event);
    }
    let told = night::tell(events, bucket, state.query(&step.query), pack);
    verdicts.extend(told.into_iter().map(alert));
    for (item_id, item) in step.counts.values().flat_map(|partial| &partial.pending) {
        let decide = |may_wait, state: &WatchState| {
            people::decided(waiting(item_id, item), bucket, state.of_query(&step.query), may_wait)
        };
        let mut decided = decide(step.suspected, state);
        // a case that is not known cannot wait
        if decided.is_none() && !round.hold(item_id, state) {
            decided = decide(false, state);
        }
        verdicts.extend(decided.map(Verdict::FollowUp));
    }
}

/// What a follow-up is told of an item that waited.
fn waiting(item_id: &str, item: &PendingItem) -> case::Told {
    let PendingItem { revision, team, thread, .. } = item.clone();
    case::Told { item_id: item_id.to_owned(), team, thread, revision: revision + 1 }
}

fn tell_volume(step: &Step, say: &Say, at: Bucket, state: &WatchState, pack: &Pack) -> Option<AlertEvent> {
    let of_query = state.of_query(&step.query)?;
    let episode = of_query.tracker.volume.as_ref()?;
    let of_rise = step.rise.as_ref().filter(|rise| rise.reports == episode.reports).map(|rise| rise.window);
    let window = of_rise.or_else(|| episode.window(&step.judgement))?;
    let mut moved = gather::members(&step.query, episode, state, pack);
    if say.calls() {
        moved.extend(parts(&step.query, &window, &of_query.series));
    }
    let told = Told { query: &step.query, at, episode, buckets: window.buckets, moved: &moved, say };
    Some(tell(told, of_query, pack, |scene| scene.volume(say.state, &window)))
}

/// Platforms and languages that make up a rise.
fn parts(query: &str, window: &Windowed, series: &Series) -> Vec<Moved> {
    let (now, before) = (series.evidence(window.buckets), series.evidence_before(window.buckets));
    facets(query, &now, &before, series.expected(window.buckets))
}

fn tell_mood(step: &Step, say: &Say, at: Bucket, state: &WatchState, pack: &Pack) -> Option<AlertEvent> {
    let of_query = state.of_query(&step.query)?;
    let episode = of_query.tracker.mood.as_ref()?;
    let mood = step.judgement.mood.unwrap_or_default();
    let moved = gather::members(&step.query, episode, state, pack);
    let told = Told { query: &step.query, at, episode, buckets: mood.buckets, moved: &moved, say };
    Some(tell(told, of_query, pack, |scene| scene.mood(say.state, &mood)))
}

/// Those of the windows, shortest first, that reach no further back.
fn up_to(windows: &[Windowed], buckets: usize) -> &[Windowed] {
    &windows[..windows.partition_point(|window| window.buckets <= buckets)]
}

/// A window that meets the minimum effect, and people behind it.
fn rise(
    query: &str,
    at: Timestamp,
    window: &Windowed,
    state: &QueryState,
    settings: &Settings,
    pack: &Pack,
) -> Option<Rise> {
    let evidence = state.series.evidence(window.buckets);
    let kind = classify(&evidence, window, &state.series, settings);
    let few_people = evidence.people.distinct() < settings.people;
    if (few_people && kind != Some(AlertKind::Amplification)) || may_be_a_morning(kind, window, &state.series) {
        return None;
    }
    let kind_or_spike = kind.unwrap_or(AlertKind::Spike);
    let rule = pack.alert_rule(kind_or_spike, query);
    let detect = pack.detection_of(kind_or_spike, query, at);
    if !rule.enabled || !meets(window, &self::settings(&detect)) {
        return None;
    }
    let (severity, _) = grade(kind, rule.severity, &evidence, &state.series, None);
    let onset = state.series.onset(window.buckets, window.expected);
    let (people, by_few) = (evidence.people.distinct(), is_by_few(&evidence));
    Some(Rise { window: *window, kind, onset, severity, reports: false, people, by_few })
}

/// Several people who report trouble independently are an outage, however few they are among all that is said.
fn reported(query: &str, at: Timestamp, reports: &[Windowed], state: &QueryState, pack: &Pack) -> Option<Rise> {
    let kind = AlertKind::Outage;
    let settings = settings(&pack.detection_of(kind, query, at));
    // the shortest one: it knows soonest when it is over
    let window = reports.iter().find(|window| meets(window, &settings))?;
    let rule = pack.alert_rule(kind, query);
    let evidence = state.series.evidence(window.buckets);
    let (severity, _) = grade(Some(kind), rule.severity, &evidence, &state.series, None);
    let onset = state.series.onset_of_reports(window.buckets, window.expected);
    let people = evidence.reporters.distinct();
    let rise = Rise { window: *window, kind: Some(kind), onset, severity, reports: true, people, by_few: false };
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

fn step_mood(
    query: &str,
    bucket: Bucket,
    judgement: &Judgement,
    state: &mut QueryState,
    settings: &Settings,
    pack: &Pack,
) -> Option<Say> {
    let mood = judgement.mood.as_ref();
    let notable = mood.is_some_and(|mood| mood.deviations >= settings.mood_deviations);
    let buckets = mood.map_or(0, |mood| mood.buckets);
    let evidence = if notable { state.series.evidence(buckets) } else { Partial::default() };
    let rule = pack.alert_rule(AlertKind::SentimentShift, query);
    // who has no service is in no good mood: while that is told, the mood is no news
    let is_told = state.tracker.mood.as_deref().is_some_and(Episode::is_open);
    let is_news = |mood: &&Mood| !state.tracker.volume_open() && mood.buckets <= state.tracker.free_buckets(bucket);
    let mood = mood.filter(|mood| rule.enabled && (is_told || is_news(mood)));
    let step = state.tracker.step_mood(query, bucket, mood, &evidence, rule.severity, settings)?;
    if step.state.opens() && !state.tracker.volume_open() {
        state.series.freeze();
    }
    let over = state.tracker.mood.as_ref().filter(|_| step.state == AlertState::Resolved);
    let why = over.map(|episode| usual_by_now(episode, bucket)).unwrap_or_default();
    Some(Say { why, ..Say::new(step.state) })
}

/// What is told: which alert, when, over how many buckets its evidence reaches, and what moves with it.
#[derive(Clone, Copy)]
struct Told<'a> {
    query: &'a str,
    at: Bucket,
    episode: &'a Episode,
    buckets: usize,
    moved: &'a [Moved],
    say: &'a Say,
}

fn tell(told: Told<'_>, state: &QueryState, pack: &Pack, event: impl Fn(Scene<'_>) -> AlertEvent) -> AlertEvent {
    let Told { query, at, episode, buckets, moved, say } = told;
    let rule = &told_rule(pack.alert_rule(episode.kind, query), at, pack);
    let series = &state.series;
    let evidence = &series.evidence(buckets);
    let said = &series.said(evidence, buckets, episode.reports, TERMS_MAX);
    let thread = evidence.largest_thread().and_then(|(hash, _)| state.threads.story(hash, at));
    let overlaid = pack.overlaid_alert(episode.kind, query, at.end());
    let (calls, pack) = (say.calls(), &pack.digest);
    let mut event = event(Scene { query, at, episode, rule, series, evidence, said, thread, moved, calls, pack });
    event.explain.extend(say.why.iter().cloned());
    event.explain.extend(overlaid);
    event
}

#[cfg(test)]
mod tests;
