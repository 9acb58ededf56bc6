//! Several series of one group: who leads, who joins, who takes over, who is kept back.

use super::*;
use crate::alert::SuppressedBy;

/// Minutes after the start at which the first thing happens.
const FROM: i64 = 240;

/// What happens to a query from a minute on, for so many minutes.
#[derive(Clone, Copy)]
enum Happens {
    /// Four reports in every bucket.
    Reports,
    /// Four posts in every bucket, by six accounts, of one text.
    Bots,
    /// Every post is negative.
    Sour,
}

/// A query, what happens to it, since which minute after [`FROM`], for how long.
type Happening = (&'static str, Happens, i64, i64);

/// Query, kind, state, and whether it is kept back.
type Told<'a> = (&'a str, AlertKind, AlertState, bool);

/// A post in every bucket of every query, and what happens besides, until three hours after [`FROM`].
fn signals(queries: &[&str], happenings: &[Happening]) -> Vec<(Bucket, String, Partial)> {
    let mut signals = Vec::new();
    for step in 0..(FROM + 180) * 6 {
        let bucket = START + step;
        for (number, query) in (1u64..).zip(queries) {
            let mut partial = Partial::default();
            let on = happenings.iter().filter(|(of, _, since, minutes)| {
                let since = (FROM + since) * 6;
                of == query && (since..since + minutes * 6).contains(&step)
            });
            let on: Vec<Happens> = on.map(|(_, what, ..)| *what).collect();
            let mut usual = post(bucket, 1000 * number);
            if on.iter().any(|what| matches!(what, Happens::Sour)) {
                (usual.negative, usual.sentiment_percent) = (true, -60);
            }
            partial.add(&usual);
            for index in (1..5).map(|index| 1000 * number + index) {
                for burst in on.iter().filter_map(|what| match what {
                    Happens::Reports => Some(Burst::Outage),
                    Happens::Bots => Some(Burst::Bots),
                    Happens::Sour => None,
                }) {
                    let mut item = post(bucket, index);
                    shape(&mut item, burst, bucket, index);
                    item.pending = None;
                    partial.add(&item);
                }
            }
            signals.push((Bucket(bucket), (*query).to_owned(), partial));
        }
    }
    signals
}

fn play(queries: &[&str], happenings: &[Happening], pack: &Pack) -> Vec<AlertEvent> {
    let mut state = WatchState::default();
    state.state_members(Bucket(START), vec!["a/0".into(), "a/1".into()]);
    let mut verdicts = Vec::new();
    let signals = signals(queries, happenings);
    let last = signals.last().expect("not empty").0;
    for (bucket, query, partial) in signals {
        let signal = Signal::Partial { query, log: bucket, event: bucket, partial: Box::new(partial) };
        verdicts.extend(watch(signal, &mut state, pack));
        if bucket.0 % 30 == 0 {
            verdicts.extend(watch(clocks(bucket, false), &mut state, pack));
        }
    }
    verdicts.extend(watch(clocks(last, true), &mut state, pack));
    let alert = |verdict| match verdict {
        Verdict::Alert(event) => Some(*event),
        Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
    };
    verdicts.into_iter().filter_map(alert).collect()
}

/// Query, kind, state and whether it is kept back, of all but plain updates.
fn told(events: &[AlertEvent]) -> Vec<Told<'_>> {
    let mut told: Vec<Told<'_>> = Vec::new();
    for event in events {
        let (query, kind) = (event.series["query"].as_str(), event.kind);
        let changed = told.last().is_none_or(|(of, was, ..)| (*of, *was) != (query, kind));
        if event.state != AlertState::Updated || changed {
            told.push((query, kind, event.state, event.suppressed.is_some()));
        }
    }
    told
}

const CLOUD: &str = "nimbus-cloud";
const PAY: &str = "nimbus-pay";

#[test]
fn what_moves_together_is_told_once() {
    use AlertKind::{Amplification, Outage, SentimentShift};
    use AlertState::{Opened, Resolved, Updated};
    use Happens::{Bots, Reports, Sour};
    let opened_and_over = |query, kind| vec![(query, kind, Opened, false), (query, kind, Resolved, false)];
    let cases: Vec<(&str, Vec<Happening>, Vec<Told<'_>>)> = vec![
        ("alone", vec![(CLOUD, Reports, 0, 10)], opened_and_over(CLOUD, Outage)),
        ("both", vec![(CLOUD, Reports, 0, 30), (PAY, Reports, 10, 20)], opened_and_over(CLOUD, Outage)),
        ("in one bucket", vec![(PAY, Reports, 0, 20), (CLOUD, Reports, 0, 20)], opened_and_over(CLOUD, Outage)),
        ("few voices join", vec![(CLOUD, Reports, 0, 30), (PAY, Bots, 10, 10)], opened_and_over(CLOUD, Outage)),
        (
            "few voices first",
            vec![(PAY, Bots, 0, 20), (CLOUD, Reports, 10, 20)],
            vec![
                (PAY, Amplification, Opened, false),
                (CLOUD, Outage, Updated, false),
                (CLOUD, Outage, Resolved, false),
            ],
        ),
        (
            "the mood first",
            vec![(CLOUD, Sour, 0, 100), (CLOUD, Reports, 70, 15)],
            vec![
                (CLOUD, SentimentShift, Opened, false),
                (CLOUD, Outage, Updated, false),
                (CLOUD, Outage, Resolved, false),
            ],
        ),
        (
            "few voices late",
            vec![(CLOUD, Reports, 0, 120), (PAY, Bots, 90, 10)],
            vec![
                (CLOUD, Outage, Opened, false),
                (PAY, Amplification, Opened, true),
                (PAY, Amplification, Resolved, true),
                (CLOUD, Outage, Resolved, false),
            ],
        ),
    ];
    let pack = pack();
    for (name, happenings, expected) in cases {
        let events = play(&[CLOUD, PAY], &happenings, &pack);
        assert_eq!(told(&events), expected, "{name}: {:?}", events.iter().map(|e| &e.headline).collect::<Vec<_>>());
        let kept = events.iter().filter_map(|event| event.suppressed.as_ref());
        assert!(kept.into_iter().all(|kept| kept.by == SuppressedBy::Inhibition), "{name}");
        let mut alerts: Vec<&str> = events.iter().map(|event| event.alert_id.as_str()).collect();
        alerts.sort_unstable();
        alerts.dedup();
        assert_eq!(alerts.len(), if name == "few voices late" { 2 } else { 1 }, "{name}: one name");
        let severities: Vec<Severity> =
            events.iter().filter(|event| event.alert_id == alerts[0]).map(|event| event.severity).collect();
        assert!(severities.is_sorted_by(|a, b| a >= b), "{name}: never less severe: {severities:?}");
    }
}

#[test]
fn the_one_that_leads_ends_with_its_last_member() {
    let events = play(&[CLOUD, PAY], &[(CLOUD, Happens::Reports, 0, 10), (PAY, Happens::Reports, 5, 60)], &pack());
    let over = events.last().expect("something is told");
    assert_eq!((over.state, over.series["query"].as_str()), (AlertState::Resolved, CLOUD));
    assert!(over.at >= Bucket(START + (FROM + 65) * 6).start(), "{}", over.at);
    let evidence = over.evidence.iter().find(|part| part.series["query"] == PAY).expect("it says so");
    assert!(evidence.over && evidence.kind == Some(AlertKind::Outage), "{evidence:?}");
}
