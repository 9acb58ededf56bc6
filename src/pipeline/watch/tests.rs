//! Worlds of signals: what opens, what does not, and that the way signals were cut leaves no trace.

mod crisis;
mod gathered;
mod order;
mod people;
mod voice;
mod withdrawn;

use super::*;
use crate::alert::Nature;
use crate::detect::Contribution;
use crate::mention::Platform;
use crate::pipeline::SourceClock;
use crate::rules;
use proptest::prelude::*;
use std::collections::BTreeMap;

const QUERY: &str = "nimbus-brand";
/// Where the worlds begin: some afternoon.
const START: i64 = 176_760_360;

#[derive(Clone, Copy, PartialEq)]
enum Burst {
    None,
    Outage,
    Thread,
    Bots,
    Swell,
    Handful,
    /// A dozen accounts that tell of trouble, at first one post each.
    Campaign,
}

fn pack() -> Pack {
    rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean")
}

/// A pseudo-random number that depends on nothing but its arguments.
fn dice(bucket: i64, index: u64, sides: u64) -> u64 {
    crate::mention::hash64(&[&bucket.to_string(), &index.to_string()]) % sides
}

fn post(bucket: i64, index: u64) -> Contribution {
    let person = dice(bucket, index, 1 << 40);
    Contribution {
        counts: true,
        at: Bucket(bucket).start(),
        platform: if person.is_multiple_of(2) { Platform::X } else { Platform::Reddit },
        language: "en".into(),
        negative: person.is_multiple_of(4),
        sentiment_percent: if person.is_multiple_of(4) { -60 } else { 40 },
        outage: false,
        noise: false,
        repost: false,
        person,
        text: person,
        thread: None,
        followers: person % 1000,
        prominent: false,
        alarm: false,
        example: Some(format!("x:{person}")),
        terms: Vec::new(),
        pending: None,
    }
}

/// Three and a half hours of a post every 40 s or so, and at three hours the burst.
fn world(burst: Burst) -> Vec<(i64, Contribution)> {
    let mut posts = Vec::new();
    for step in 0..1260 {
        let bucket = START + step;
        let usual = if burst == Burst::Swell { 1 + u64::from(step > 900) } else { 1 };
        let count = u64::from(dice(bucket, 99, 4) == 0) * usual;
        let extra = match burst {
            Burst::Outage | Burst::Thread | Burst::Bots | Burst::Campaign if (1080..1110).contains(&step) => 4,
            Burst::Handful if step == 1080 => 6,
            _ => 0,
        };
        for index in 0..count + extra {
            let mut item = post(bucket, index);
            if index >= count {
                shape(&mut item, burst, bucket, index);
            }
            posts.push((bucket, item));
        }
    }
    posts
}

fn shape(item: &mut Contribution, burst: Burst, bucket: i64, index: u64) {
    match burst {
        Burst::Outage => {
            (item.negative, item.outage, item.sentiment_percent) = (true, true, -70);
            let waiting = PendingItem {
                revision: 0,
                team: "support".into(),
                thread: format!("t{bucket}-{index}"),
                intent: "outage".into(),
            };
            item.pending = Some((format!("item-{bucket}-{index}"), waiting));
        }
        Burst::Thread => item.thread = Some(7),
        Burst::Bots => (item.person, item.text) = (item.person % 6, 1),
        Burst::Campaign => {
            (item.negative, item.outage, item.sentiment_percent) = (true, true, -70);
            item.person = u64::try_from(bucket - START - 1080).unwrap_or(0) * 4 % 12 + index % 4;
        }
        Burst::None | Burst::Swell | Burst::Handful => {}
    }
}

/// Feeds a world; a cut after each `chunk` posts tells partials, then clocks of two partitions.
fn run(posts: &[(i64, Contribution)], chunks: &[usize], pack: &Pack) -> Vec<Verdict> {
    let mut state = WatchState::default();
    state.state_members(Bucket(START), vec!["a/0".into(), "a/1".into()]);
    let mut verdicts = Vec::new();
    let mut rest = posts;
    let mut turn = 0;
    while !rest.is_empty() {
        let length = chunks[turn % chunks.len()].clamp(1, rest.len());
        let (chunk, later) = rest.split_at(length);
        let reached = Bucket(chunk.last().expect("not empty").0);
        for signal in partials(chunk).into_iter().chain([clocks(reached, false)]) {
            verdicts.extend(watch(signal, &mut state, pack));
        }
        (rest, turn) = (later, turn + 1);
    }
    let last = Bucket(posts.last().expect("not empty").0);
    verdicts.extend(watch(clocks(last, true), &mut state, pack));
    assert!(state.is_done());
    verdicts
}

fn partials(chunk: &[(i64, Contribution)]) -> Vec<Signal> {
    let mut merged: BTreeMap<Bucket, Partial> = BTreeMap::new();
    for (bucket, item) in chunk {
        merged.entry(Bucket(*bucket)).or_default().add(item);
    }
    let signal = |(bucket, partial)| Signal::Partial {
        query: QUERY.into(),
        log: bucket,
        event: bucket,
        partial: Box::new(partial),
    };
    merged.into_iter().map(signal).collect()
}

fn clocks(reached: Bucket, ended: bool) -> Signal {
    let clock =
        |source: &str| SourceClock { source: source.into(), reached: Some(reached), since: Some(Bucket(START)), ended };
    Signal::Clocks(vec![clock("a/0"), clock("a/1")])
}

fn events(verdicts: &[Verdict]) -> impl Iterator<Item = &AlertEvent> {
    verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Alert(event) => Some(&**event),
        Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
    })
}

fn alerts(verdicts: &[Verdict]) -> Vec<(AlertKind, AlertState)> {
    events(verdicts).map(|event| (event.kind, event.state)).collect()
}

#[test]
fn one_alert_of_the_fitting_kind() {
    let pack = pack();
    for (burst, kind) in
        [(Burst::Outage, AlertKind::Outage), (Burst::Thread, AlertKind::Viral), (Burst::Bots, AlertKind::Amplification)]
    {
        let told = alerts(&run(&world(burst), &[50], &pack));
        assert_eq!(told.first(), Some(&(kind, AlertState::Opened)), "{told:?}");
        assert_eq!(told.last(), Some(&(kind, AlertState::Resolved)), "{told:?}");
        assert_eq!(told.iter().filter(|(_, state)| *state == AlertState::Opened).count(), 1, "{told:?}");
    }
}

#[test]
fn what_begins_like_an_outage_may_be_the_work_of_a_few() {
    let verdicts = run(&world(Burst::Campaign), &[50], &pack());
    let told: Vec<&AlertEvent> = events(&verdicts).collect();
    let mut kinds: Vec<AlertKind> = told.iter().map(|event| event.kind).collect();
    kinds.dedup();
    assert_eq!(kinds, [AlertKind::Outage, AlertKind::Amplification]);
    assert_eq!(told.iter().filter(|event| event.state == AlertState::Opened).count(), 1);
    let explains = |event: &&&AlertEvent| event.explain.iter().any(|line| line.ends_with("the work of a few accounts"));
    assert!(told.iter().find(|event| event.kind != kinds[0]).is_some_and(|event| explains(&event)), "{told:?}");
}

fn opened(verdicts: &[Verdict]) -> AlertEvent {
    events(verdicts).find(|event| event.state == AlertState::Opened).cloned().expect("one opens")
}

#[test]
fn a_post_that_goes_round_is_told_from_a_failure_of_many() {
    let pack = pack();
    let viral = opened(&run(&world(Burst::Thread), &[50], &pack));
    assert_eq!(viral.nature, Some(Nature::IndividualGoesViral));
    let thread = viral.thread.expect("its thread");
    let forecast = thread.forecast.expect("enough to say");
    assert!(thread.posts >= 6 && thread.people.abs_diff(thread.posts) <= 1 && thread.growing, "{thread:?}");
    assert!((500 * thread.posts / 3..999 * thread.posts).contains(&thread.reach), "{thread:?}");
    assert!(forecast.low <= forecast.predicted && forecast.predicted <= forecast.high, "{thread:?}");
    assert!(forecast.low >= thread.posts as f64 && forecast.high <= 21.0 * thread.posts as f64, "{thread:?}");
    assert!(viral.explain.contains(&thread.in_words()), "{:?}", viral.explain);
    let outage = opened(&run(&world(Burst::Outage), &[50], &pack));
    assert_eq!((outage.nature, outage.thread), (Some(Nature::SystemicIssue), None));
}

/// Four days of two sources; one of them dies at noon of the fourth, for six hours.
fn with_a_silence(speaks: bool, at_once: usize) -> Vec<AlertEvent> {
    use crate::pipeline::Heard;
    const HOUR: i64 = 360;
    let pack = pack();
    let mut state = WatchState::default();
    state.speaks = speaks;
    let members = ["a/0", "a/1", "raw.x/0", "raw.bluesky/0"].map(str::to_owned);
    state.state_members(Bucket(START), members.to_vec());
    let sources = |reached, ended| {
        let clock = |source: &String| SourceClock {
            source: source.clone(),
            reached: Some(reached),
            since: Some(Bucket(START)),
            ended,
        };
        Signal::Clocks(members.iter().map(clock).collect())
    };
    let mut told = Vec::new();
    let steps: Vec<i64> = (0..96 * HOUR).step_by(12).collect();
    for chunk in steps.chunks(at_once) {
        let mut heard = Vec::new();
        for step in chunk {
            let one = |platform| Heard { platform, log: Bucket(START + step), records: 2 };
            heard.push(one(Platform::X));
            if !(84 * HOUR..90 * HOUR).contains(step) {
                heard.push(one(Platform::Bluesky));
            }
        }
        told.extend(watch(Signal::Heard(heard), &mut state, &pack));
        told.extend(watch(sources(Bucket(START + chunk[chunk.len() - 1] + 1), false), &mut state, &pack));
    }
    told.extend(watch(sources(Bucket(START + 96 * HOUR), true), &mut state, &pack));
    assert!(state.is_done());
    told.into_iter()
        .map(|verdict| match verdict {
            Verdict::Alert(event) => *event,
            Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => {
                panic!("nothing waits")
            }
        })
        .collect()
}

#[test]
fn a_silent_source_is_told_once_by_one_partition() {
    let told = with_a_silence(true, 1);
    let states: Vec<_> = told.iter().map(|event| (event.kind, event.state)).collect();
    let kind = AlertKind::SilentSource;
    assert_eq!(states, [(kind, AlertState::Opened), (kind, AlertState::Resolved)]);
    let (opened, resolved) = (&told[0], &told[1]);
    assert_eq!((opened.series["source"].as_str(), opened.team.as_str()), ("bluesky", "platform"));
    assert!(opened.alert_id == resolved.alert_id && opened.onset == resolved.onset);
    let missed = opened.at.as_seconds() - opened.onset.as_seconds();
    assert!((600..3_600).contains(&missed), "after {missed} s");
    assert!(opened.headline.contains("Silent source: bluesky. Nothing for"), "{}", opened.headline);
    assert_eq!(with_a_silence(true, 777), told, "however it was cut");
    assert_eq!(with_a_silence(false, 1), [], "the other partitions know and are silent");
}

#[test]
fn ordinary_days_are_silent() {
    let pack = pack();
    for burst in [Burst::None, Burst::Swell, Burst::Handful] {
        assert_eq!(alerts(&run(&world(burst), &[50], &pack)), []);
    }
}

#[test]
fn items_of_an_open_incident_are_attached_and_the_others_released() {
    let verdicts = run(&world(Burst::Outage), &[50], &pack());
    let follow_ups: Vec<&FollowUp> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::FollowUp(follow_up) => Some(follow_up),
            Verdict::Alert(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
        })
        .collect();
    assert_eq!(follow_ups.len(), 120, "every item that waited is decided once");
    let attached = follow_ups.iter().filter(|follow_up| follow_up.action == FollowUpAction::Attach).count();
    let released = follow_ups.iter().filter(|follow_up| follow_up.action == FollowUpAction::Release).count();
    assert!(released <= 40 && attached >= 80, "{released} released, {attached} attached");
    assert!(follow_ups.iter().all(|f| (f.incident_id.is_some()) == (f.action == FollowUpAction::Attach)));
}

/// A report a minute, for nine days.
fn new_level() -> Vec<(i64, Contribution)> {
    let quiet = world(Burst::None);
    let from = START + 1260;
    let reports = (0..9 * 1440).map(|minute| {
        let bucket = from + 6 * minute;
        let mut item = post(bucket, 7);
        (item.negative, item.outage, item.sentiment_percent) = (true, true, -70);
        (bucket, item)
    });
    quiet.into_iter().chain(reports).collect()
}

#[test]
fn what_lasts_for_seven_days_is_usual_and_what_lasts_for_three_is_not() {
    let verdicts = run(&new_level(), &[2000], &pack());
    let told: Vec<&AlertEvent> = events(&verdicts).filter(|event| event.state != AlertState::Updated).collect();
    let states: Vec<_> = told.iter().map(|event| (event.kind, event.state)).collect();
    assert_eq!(states, [(AlertKind::Outage, AlertState::Opened), (AlertKind::Outage, AlertState::Resolved)]);
    let lasted = (told[1].at.as_seconds() - told[0].at.as_seconds()) / 3600;
    assert!((167..171).contains(&lasted), "{lasted} hours");
    assert!(told[1].explain.iter().any(|line| line.contains("7 days")), "{:?}", told[1].explain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Promise 3 for watch: transaction bounds leave no trace.
    #[test]
    fn the_cut_leaves_no_trace(chunks in proptest::collection::vec(1usize..120, 1..6)) {
        let pack = pack();
        let posts = world(Burst::Outage);
        prop_assert_eq!(run(&posts, &chunks, &pack), run(&posts, &[usize::MAX], &pack));
    }
}
