//! Alerts that turn out to be none.

use super::*;
use crate::alert::{Slot, Withdrawal};
use crate::detect::{Judgement, Settings, Windowed};

/// Feeds posts that were read in other buckets than they belong to, by the bucket in which they were read.
fn run_late(posts: &[(i64, i64, Contribution)]) -> Vec<AlertEvent> {
    let pack = pack();
    let mut state = WatchState::default();
    state.state_members(Bucket(START), vec!["a/0".into(), "a/1".into()]);
    let mut merged: BTreeMap<(Bucket, Bucket), Partial> = BTreeMap::new();
    for (log, event, item) in posts {
        merged.entry((Bucket(*log), Bucket(*event))).or_default().add(item);
    }
    let last = Bucket(posts.iter().map(|(log, ..)| *log).max().expect("not empty"));
    let signals = merged.into_iter().map(|((log, event), partial)| {
        let partial = Box::new(partial);
        Signal::Partial { query: QUERY.into(), log, event, partial }
    });
    let verdicts = signals.chain([clocks(last, true)]).flat_map(|signal| watch(signal, &mut state, &pack));
    let events = verdicts.collect::<Vec<_>>().into_iter().filter_map(|verdict| match verdict {
        Verdict::Alert(event) => Some(*event),
        Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
    });
    events.collect()
}

/// The outage of these worlds, and what is read of the two hours before it when it has been told for a minute or two:
/// nothing, or as many reports as were counted then.
fn reports(late: bool) -> Vec<(i64, i64, Contribution)> {
    let mut posts: Vec<_> = world(Burst::Outage).into_iter().map(|(at, item)| (at, at, item)).collect();
    for step in 360..1080 {
        for index in 0..if late { 4 } else { 0 } {
            let mut item = post(START + step, 500 + index);
            item.outage = true;
            posts.push((START + 1105, START + step, item));
        }
    }
    posts
}

#[test]
fn late_posts_that_put_it_right_withdraw_an_alert_once() {
    let states = |events: &[AlertEvent]| -> Vec<AlertState> {
        let told = events.iter().filter(|event| event.kind == AlertKind::Outage && event.state != AlertState::Updated);
        told.map(|event| event.state).collect()
    };
    assert_eq!(states(&run_late(&reports(false))), [AlertState::Opened, AlertState::Resolved]);
    let told = run_late(&reports(true));
    assert_eq!(states(&told), [AlertState::Opened, AlertState::Withdrawn], "{told:?}");
    let withdrawn = told.iter().find(|event| event.state == AlertState::Withdrawn).expect("it is");
    let opened = &told[0];
    assert_eq!(opened.alert_id, withdrawn.alert_id);
    assert!(withdrawn.at.as_seconds() - opened.at.as_seconds() <= 900);
    assert!(withdrawn.explain.iter().any(|line| line.contains("came late")), "{:?}", withdrawn.explain);
    assert!(withdrawn.headline.starts_with("Withdrawn: probable outage"), "{}", withdrawn.headline);
    assert!(withdrawn.resolves_when.is_none() && withdrawn.ack_by.is_none());
}

#[test]
fn what_is_unusual_by_now_is_not_withdrawn() {
    let window = |observed, surprise| Windowed { buckets: 90, observed, expected: 1.0, upper: 6.0, surprise };
    let usual = window(1, 0.0);
    for (reports, windows, of_reports, want) in [
        (true, usual, window(7, 8.0), true),
        (true, window(7, 8.0), usual, false),
        (false, window(7, 8.0), usual, true),
        (true, usual, window(7, 5.9), false),
        // however surprising, not even twice as many
        (true, usual, window(1, 8.0), false),
    ] {
        let now = Judgement { windows: vec![usual, windows], reports: vec![of_reports, usual], mood: None };
        assert_eq!(withdraw::is_unusual(&now, reports, &Settings::default()), want, "{now:?}");
    }
}

#[test]
fn what_a_person_calls_a_false_alarm_ends_and_is_learned() {
    let mut state = WatchState::default();
    state.started = Some(Bucket(0));
    let of_query = state.query(QUERY);
    assert!(withdraw::withdraw(Slot::Mood, Bucket(9), Withdrawal::FalseAlarm, "x".into(), of_query).is_none());
    let (pack, mut state) = (pack(), WatchState::default());
    state.state_members(Bucket(START), vec!["a/0".into(), "a/1".into()]);
    for signal in partials(&world(Burst::Outage)[..420]) {
        drop(watch(signal, &mut state, &pack));
    }
    drop(watch(clocks(Bucket(START + 1100), false), &mut state, &pack));
    let open = state.of_query(QUERY).and_then(|of_query| of_query.tracker.volume.clone()).expect("it is open");
    assert!(open.is_open(), "{open:?}");
    let of_query = state.query(QUERY);
    let say = withdraw::withdraw(Slot::Counts, Bucket(START + 1100), Withdrawal::FalseAlarm, "no".into(), of_query);
    assert_eq!(say.map(|say| (say.state, say.why)), Some((AlertState::Withdrawn, vec!["no".to_owned()])));
    assert!(!of_query.is_waiting() && of_query.tracker.frozen(Bucket(START + 1101)) == (false, false));
}

/// A post in every bucket, from one of which on everybody says something: sour words, or a new topic in words of their own.
fn steady(turns: i64, shape: impl Fn(&mut Contribution)) -> Vec<(i64, i64, Contribution)> {
    let posts = (0..1260).map(|step| {
        let mut item = post(START + step, 0);
        item.terms = vec![format!("own{}", item.person), format!("my{}", item.person)];
        if step >= turns {
            shape(&mut item);
        }
        (START + step, START + step, item)
    });
    posts.collect()
}

/// The same with so many posts more that belong to every third bucket before one, and are read in that one.
fn and_late(
    mut posts: Vec<(i64, i64, Contribution)>,
    read: i64,
    late: impl Fn(i64, &mut Contribution),
) -> Vec<AlertEvent> {
    for step in read - 360..read - 10 {
        let mut item = post(START + step, 700);
        late(step, &mut item);
        posts.push((START + read, START + step, item));
    }
    run_late(&posts)
}

/// States of the alerts of a kind, with what the last one explains.
fn told_of(kind: AlertKind, events: &[AlertEvent]) -> (Vec<AlertState>, String) {
    let told: Vec<&AlertEvent> = events.iter().filter(|event| event.kind == kind).collect();
    let why = told.last().map(|event| format!("{}\n{}", event.headline, event.explain.join("\n"))).unwrap_or_default();
    (told.iter().map(|event| event.state).collect(), why)
}

#[test]
fn a_mood_that_late_posts_put_right_is_withdrawn() {
    let sour = |item: &mut Contribution| (item.negative, item.sentiment_percent) = (true, -60);
    let usual = |_: i64, _: &mut Contribution| {};
    let fond = |_: i64, item: &mut Contribution| (item.negative, item.sentiment_percent) = (false, 60);
    let told = |events: &[AlertEvent]| told_of(AlertKind::SentimentShift, events);
    let (states, why) = told(&run_late(&steady(1080, sour)));
    assert_eq!(states, [AlertState::Opened], "{why}");
    let (states, why) = told(&and_late(steady(1080, sour), 1150, fond));
    assert_eq!(states[..2], [AlertState::Opened, AlertState::Withdrawn], "{why}");
    assert!(why.contains("came late"), "{why}");
    let (states, why) =
        told(&and_late(steady(1080, sour), 1150, |step, item| if step > 900 { sour(item) } else { usual(step, item) }));
    assert_eq!(states, [AlertState::Opened], "late and as sour: {why}");
}

#[test]
fn a_topic_that_was_copies_all_along_is_withdrawn() {
    const NAME: &str = "#zephyrnext";
    let own = |item: &mut Contribution| {
        if item.person.is_multiple_of(4) {
            item.terms.push(NAME.to_owned());
        }
    };
    let told = |events: &[AlertEvent]| told_of(AlertKind::Emerging, events);
    let (states, why) = told(&run_late(&steady(1080, own)));
    assert_eq!(states.first(), Some(&AlertState::Opened), "{why}");
    assert!(!states.contains(&AlertState::Withdrawn), "{why}");
    let copy = |step: i64, item: &mut Contribution| {
        item.terms = if step >= 1080 { vec![NAME.to_owned()] } else { Vec::new() };
    };
    let (states, why) = told(&and_late(steady(1080, own), 1190, copy));
    assert_eq!(states, [AlertState::Opened, AlertState::Withdrawn], "{why}");
    assert!(why.contains("came late") && why.contains(NAME), "{why}");
    let others = |step: i64, item: &mut Contribution| {
        let words = [format!("own{}", item.person), format!("my{}", item.person)];
        item.terms = words.into_iter().chain((step >= 1080).then(|| NAME.to_owned())).collect();
    };
    let (states, why) = told(&and_late(steady(1080, own), 1190, others));
    assert!(!states.contains(&AlertState::Withdrawn) && states.first() == Some(&AlertState::Opened), "{why}");
}
