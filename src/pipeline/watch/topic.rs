//! New topics of a query: looked for every other minute, told as one alert of kind `emerging`.

use super::{Say, Step, Told, told_rule};
use crate::alert::{AlertEvent, AlertKind, AlertState, Scene, Slot};
use crate::detect::{Bucket, Distinctive, Form, Said, Settings, Topic};
use crate::pipeline::terms::may_be_topic;
use crate::pipeline::{QueryState, WatchState};
use crate::rules::Pack;

/// A series that has not seen a day and a night knows no greeting of the morning: only hashtags and links are new to it.
const DAY_SECONDS: i64 = 86_400;
/// Before it is so old, nothing is new to it: two hours.
const COLD_SECONDS: i64 = 7_200;

/// One look at one query, where one is due.
pub(super) fn step(query: &str, bucket: Bucket, state: &mut QueryState, pack: &Pack) -> Option<Say> {
    let rule = pack.alert_rule(AlertKind::Emerging, query);
    let age = state.series.age_seconds();
    if !rule.enabled || age < COLD_SECONDS || !state.tracker.topics.is_due(bucket) {
        return None;
    }
    if let Some(withdrawn) = super::withdraw::topic_put_right(query, bucket, state, pack) {
        return Some(withdrawn);
    }
    let QueryState { series, tracker, .. } = state;
    let settings = settings(query, bucket, pack);
    let (beside, topics) = (tracker.beside(bucket), &mut tracker.topics);
    // where there are too few people for a topic there is none to look for, and of most queries there are
    if series.counted_in_hour() < people_min(&settings) && !topics.is_open() {
        topics.look(query, bucket, &[], beside, rule.severity);
        return None;
    }
    let hour = series.last_hour();
    let hour = hour.heard();
    let asked = pack.query_of(query).map_or("", |query| query.text.as_str());
    let knows_days = age >= DAY_SECONDS;
    let fits =
        |term: &str| (knows_days || matches!(Form::of(term), Form::Hashtag | Form::Link)) && may_be_topic(term, asked);
    let found = hour.topics(&settings, fits);
    let opened = topics.look(query, bucket, &found, beside, rule.severity);
    let stepped = opened.or_else(|| {
        let people = if topics.is_open() { hour.people_of(topics.term()) } else { 0 };
        topics.follow(bucket, people, people_min(&settings))
    })?;
    let over = topics.episode().filter(|_| stepped == AlertState::Resolved);
    let why = over.map(|episode| super::usual_by_now(episode, bucket)).unwrap_or_default();
    Some(Say { why, ..Say::new(stepped) })
}

/// The event of an alert on a topic.
pub(super) fn tell(step: &Step, say: &Say, at: Bucket, state: &WatchState, pack: &Pack) -> Option<AlertEvent> {
    let of_query = state.of_query(&step.query)?;
    let episode = of_query.tracker.slot(Slot::Topic)?;
    let settings = settings(&step.query, at, pack);
    let topic = of_query.series.last_hour().heard().topic(of_query.tracker.topics.term(), &settings, 0.0);
    let moved = super::gather::members(&step.query, episode, state, pack);
    let told = Told { query: &step.query, at, episode, buckets: 0, moved: &moved, say };
    Some(event(told, &topic, of_query, pack, people_min(&settings)))
}

fn event(told: Told<'_>, topic: &Topic, state: &QueryState, pack: &Pack, people_min: u64) -> AlertEvent {
    let Told { query, at, episode, moved, say, .. } = told;
    let rule = &told_rule(pack.alert_rule(episode.kind, query), at, pack);
    let share = |people: f64| people / topic.of.max(1) as f64;
    let term = Distinctive {
        term: topic.term.clone(),
        people: topic.people,
        share: share(topic.people as f64),
        usual: share(topic.expected),
        deviations: 0.0,
    };
    let said = &Said { terms: vec![term], typical: topic.examples.clone() };
    let overlaid = pack.overlaid_alert(episode.kind, query, at.end());
    let (series, evidence, calls, pack) = (&state.series, &topic.evidence, say.calls(), &pack.digest);
    let scene = Scene { query, at, episode, rule, series, evidence, said, thread: None, moved, calls, pack };
    let mut event = scene.topic(say.state, topic, people_min);
    event.explain.extend(say.why.iter().cloned());
    event.explain.extend(overlaid);
    event
}

fn settings(query: &str, at: Bucket, pack: &Pack) -> Settings {
    super::settings(&pack.detection_of(AlertKind::Emerging, query, at.end()))
}

/// People who make a topic, at least.
fn people_min(settings: &Settings) -> u64 {
    settings.floor.max(settings.people)
}
