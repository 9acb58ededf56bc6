//! One event is one alert, whatever it does.

use super::*;

fn windowed(observed: u64, expected: f64) -> Windowed {
    let surprise = crate::detect::poisson::poisson_upper_tail_log10(observed, expected);
    let upper = crate::detect::poisson::upper_bound(expected, 0.0, 1e-6) as f64;
    Windowed { buckets: 30, observed, expected, upper, surprise }
}

/// Feeds five-minute counts, one per bucket, and collects what is told.
fn told(counts: &[u64], kind: Option<AlertKind>) -> Vec<(usize, AlertState)> {
    let settings = Settings::default();
    let mut tracker = Tracker::default();
    let mut told = Vec::new();
    for (index, observed) in counts.iter().enumerate() {
        let at = Bucket(1000 + i64::try_from(index).unwrap());
        let judgement = Judgement { windows: vec![windowed(*observed, 3.0)], reports: Vec::new(), mood: None };
        let rise = risen(&judgement.windows, &settings).map(|window| Rise {
            window: *window,
            kind,
            onset: at,
            severity: Severity::S2,
            reports: false,
            people: *observed,
            by_few: false,
        });
        if let Some(step) = tracker.step_volume("q", at, &judgement, rise.as_ref(), &settings, false) {
            told.push((index, step.state));
        }
    }
    told
}

#[test]
fn one_event_is_one_alert() {
    use AlertState::{Opened, Reopened, Resolved, Updated};
    let outage = Some(AlertKind::Outage);
    let quiet = [3u64; 20];
    let burst = |height: u64, length: usize| vec![height; length];
    let case = |parts: &[&[u64]]| parts.concat();
    assert_eq!(told(&case(&[&quiet]), outage), []);
    assert_eq!(told(&case(&[&quiet, &[15], &quiet]), outage), [], "one evaluation is not enough");
    assert_eq!(told(&case(&[&quiet, &burst(15, 2), &quiet]), outage), [(21, Opened), (39, Resolved)]);
    assert_eq!(told(&case(&[&quiet, &burst(90, 1), &quiet]), outage)[0], (20, Opened), "sure at once");
    let grown = told(&case(&[&quiet, &burst(15, 5), &burst(45, 5), &quiet]), outage);
    assert_eq!(grown, [(21, Opened), (25, Updated), (47, Resolved)]);
    let again = told(&case(&[&quiet, &burst(40, 5), &quiet, &burst(40, 5), &quiet]), outage);
    assert_eq!(again.iter().map(|(_, state)| *state).collect::<Vec<_>>(), [Opened, Resolved, Reopened, Resolved]);
}

#[test]
fn a_rise_of_no_kind_waits_two_minutes() {
    let counts = [&[3u64; 5][..], &[25; 30]].concat();
    assert_eq!(told(&counts, None), [(17, AlertState::Opened)]);
    let weaker = [&[3u64; 5][..], &[40; 30], &[3; 40], &[40; 30]].concat();
    assert_eq!(told(&weaker, None).len(), 2, "no stronger than the last: left alone");
}

fn rise(kind: Option<AlertKind>, window: Windowed, at: Bucket) -> Rise {
    let (people, severity) = (window.observed, Severity::S2);
    Rise { window, kind, onset: at, severity, reports: false, people, by_few: false }
}

/// An outage opens, and as many buckets later a rise of this kind comes, by so many people and posts.
#[test]
fn an_outage_may_turn_out_to_be_the_work_of_a_few_and_a_crowd_is_graver_again() {
    use AlertKind::{Amplification, Outage, Spike};
    let settings = Settings::default();
    for (name, later, expected) in [
        ("a few", vec![(10, Amplification, 13, true)], vec![Outage, Amplification]),
        ("copies by many", vec![(10, Amplification, 80, false)], vec![Outage]),
        ("too late", vec![(90, Amplification, 13, true)], vec![Outage]),
        ("lesser", vec![(10, Spike, 13, true)], vec![Outage]),
        ("the same few", vec![(10, Amplification, 13, true), (12, Outage, 20, false)], vec![Outage, Amplification]),
        (
            "once only",
            vec![(10, Amplification, 13, true), (20, Outage, 26, false), (30, Amplification, 13, true)],
            vec![Outage, Amplification, Outage],
        ),
    ] {
        let (mut tracker, mut kinds) = (Tracker::default(), Vec::new());
        let judgement = Judgement { windows: vec![windowed(100, 3.0)], reports: Vec::new(), mood: None };
        let first = (0, Outage, 40, false);
        for (place, kind, people, by_few) in std::iter::once(first).chain(later) {
            let at = Bucket(1000 + place);
            let rise = Rise { people, by_few, ..rise(Some(kind), judgement.windows[0], at) };
            if tracker.step_volume("q", at, &judgement, Some(&rise), &settings, false).is_some() {
                kinds.extend(tracker.volume.as_ref().map(|episode| episode.kind));
            }
        }
        assert_eq!(kinds, expected, "{name}");
    }
}

/// It has ended as the work of 13, and within the hour an outage is read again.
#[test]
fn the_work_of_a_few_that_comes_back_is_theirs_unless_a_crowd_joins() {
    use AlertKind::{Amplification, Outage};
    let settings = Settings::default();
    for (people, observed, expected) in
        [(20, 100, None), (20, 200, Some(Amplification)), (25, 200, Some(Amplification)), (26, 100, Some(Outage))]
    {
        let mut tracker = Tracker::default();
        let mut step = |place: i64, kind, people, by_few, observed| {
            let at = Bucket(1000 + place);
            let judgement = Judgement { windows: vec![windowed(observed, 3.0)], reports: Vec::new(), mood: None };
            let risen = risen(&judgement.windows, &settings);
            let rise = risen.map(|window| Rise { people, by_few, ..rise(Some(kind), *window, at) });
            let told = tracker.step_volume("q", at, &judgement, rise.as_ref(), &settings, false);
            told.and_then(|told| Some((told.state, tracker.volume.as_ref()?.kind)))
        };
        assert_eq!(step(0, Outage, 40, false, 100), Some((AlertState::Opened, Outage)));
        assert_eq!(step(10, Amplification, 13, true, 100), Some((AlertState::Updated, Amplification)));
        let ended = (11..60).filter_map(|place| step(place, Amplification, 0, false, 3)).next();
        assert_eq!(ended, Some((AlertState::Resolved, Amplification)));
        let again = (60..62).filter_map(|place| step(place, Outage, people, false, observed)).next();
        assert_eq!(again, expected.map(|kind| (AlertState::Reopened, kind)), "{people} people, {observed} posts");
    }
}

#[test]
fn what_was_none_opens_anew_and_a_false_alarm_is_left_alone_while_it_lasts() {
    let settings = Settings::default();
    for (by, kinds, expected) in [
        (Withdrawal::PutRight, [AlertKind::Outage; 2], vec![AlertState::Opened; 2]),
        (Withdrawal::FalseAlarm, [AlertKind::Outage; 2], vec![AlertState::Opened]),
        (Withdrawal::FalseAlarm, [AlertKind::Spike, AlertKind::Outage], vec![AlertState::Opened; 2]),
    ] {
        let (mut tracker, mut told) = (Tracker::default(), Vec::new());
        for place in 0..900 {
            let at = Bucket(1000 + place);
            if place == 20 {
                assert!(tracker.withdraw(Slot::Counts, at, by) && !tracker.withdraw(Slot::Counts, at, by));
            }
            let judgement = Judgement { windows: vec![windowed(40, 3.0)], reports: Vec::new(), mood: None };
            let kind = Some(kinds[usize::from(place > 20)]);
            let window = judgement.windows[0];
            let rise = rise(kind, window, at);
            let step = tracker.step_volume("q", at, &judgement, Some(&rise), &settings, false);
            told.extend(step.map(|step| step.state));
        }
        assert_eq!(told, expected, "{by:?} {kinds:?}");
    }
}
