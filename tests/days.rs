//! Days of a made-up company: what must open an alert, what must not, and how often anybody is called at all.
//!
//! Each line of the promises is a scenario: a small brand, a slow rise, an outage that comes back, a crisis of three
//! days, everything that looks like an outage and is none, and whole ordinary weeks.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic)]

use groundswell::mention;

#[path = "support/days.rs"]
mod days;

use days::{Burst, Crowd, DAY, Days, HOUR, LOGIN_FAILS, MINUTE, START};
use groundswell::alert::{AlertEvent, AlertKind, AlertState};
use groundswell::mention::Platform;
use groundswell::route::Severity;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    PACK.get_or_init(|| Arc::new(rules::load(&rules::shipped(), &[]).unwrap())).clone()
}

/// Everything that is told of these days.
fn told(days: &mut Days) -> Vec<AlertEvent> {
    let platforms = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];
    let layout = Layout {
        members: platforms.into_iter().map(|platform| (platform, 0)).collect(),
        raw_partitions: 1,
        signals_partitions: 4,
        duplicate_window_records: 10_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack(), Model::shipped());
    for chunk in days.records().chunks(5_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        drop(pipeline.take_outputs());
    }
    pipeline.finish().unwrap();
    pipeline.take_alerts()
}

/// Seconds since the start at which an event was decided.
fn at(alert: &AlertEvent) -> f64 {
    alert.at.as_micros() as f64 / 1e6 - START as f64
}

/// What somebody is called for: what opens, opens again or becomes more severe; the lowest severity is for the daily
/// digest, and what is suppressed calls nobody.
fn calls(alerts: &[AlertEvent]) -> Vec<&AlertEvent> {
    let (mut told, mut calls) = (BTreeMap::new(), Vec::new());
    for alert in alerts.iter().filter(|alert| alert.suppressed.is_none()) {
        let before = told.insert(&alert.alert_id, alert.severity);
        let opens = matches!(alert.state, AlertState::Opened | AlertState::Reopened) || alert.late;
        let graver = before.is_some_and(|before| alert.severity < before);
        if (opens || graver) && alert.severity < Severity::S4 {
            calls.push(alert);
        }
    }
    calls
}

fn in_words(alerts: &[&AlertEvent]) -> String {
    let word = |alert: &&AlertEvent| {
        format!(
            "{:.2} h {:?} {:?} {} {:?}",
            at(alert) / HOUR,
            alert.state,
            alert.severity,
            alert.headline,
            alert.explain
        )
    };
    alerts.iter().map(word).collect::<Vec<_>>().join("\n")
}

/// Tuesday noon: a day and a half of baseline.
const NOON: f64 = 1.5 * DAY;

/// Each of them five minutes after the eighth report, which comes within the quarter of an hour. Some of the eight are
/// not read as reports, and nobody else need say anything more.
#[test]
fn eight_people_with_one_symptom_are_an_outage_of_a_small_brand() {
    let mut found = 0;
    for seed in 1..=10 {
        let mut days = Days::new(seed);
        days.ordinary_cloud(1.6, 200).chatter(1.6, 4_000);
        days.happen(&Burst { at: NOON, seconds: 15.0 * MINUTE, posts: 8, texts: LOGIN_FAILS, ..Burst::default() });
        let alerts = told(&mut days);
        let calls = calls(&alerts);
        let late = |call: &&&AlertEvent| !(0.0..=20.0 * MINUTE).contains(&(at(call) - NOON));
        for call in calls.iter().filter(late) {
            eprintln!("small brand, seed {seed}: late or early: {}", in_words(&[call]));
        }
        let in_time: Vec<_> = calls.iter().filter(|call| !late(call)).collect();
        for call in &in_time {
            assert_eq!((call.kind, call.series["query"].as_str()), (AlertKind::Outage, "nimbus-cloud"));
            eprintln!("small brand, seed {seed}: {:.0} s after the first report", at(call) - NOON);
        }
        assert!(in_time.len() <= 1, "seed {seed}: {}", in_words(&calls));
        found += in_time.len();
    }
    assert_eq!(found, 10);
}

#[test]
fn a_problem_that_triples_the_talk_within_half_an_hour_is_found_within_twenty_minutes() {
    for seed in 1..=3 {
        let mut days = Days::new(seed);
        days.ordinary_cloud(2.0, 2_000).chatter(2.0, 4_000);
        // at this hour 1.35 times the mean of the day: 1.9 a minute; three-fold is 3.8 more
        days.happen(&Burst {
            at: NOON,
            seconds: 30.0 * MINUTE,
            posts: 57,
            ramp: true,
            texts: LOGIN_FAILS,
            ..Burst::default()
        });
        days.happen(&Burst {
            at: NOON + 30.0 * MINUTE,
            seconds: HOUR,
            posts: 225,
            texts: LOGIN_FAILS,
            ..Burst::default()
        });
        let alerts = told(&mut days);
        let mut calls = calls(&alerts);
        // the mood may be told first: then the outage takes its alert over
        let incidents: BTreeSet<&str> = alerts.iter().map(|alert| alert.incident_id.as_str()).collect();
        assert_eq!(incidents.len(), 1, "seed {seed}: {}", in_words(&calls));
        calls.retain(|call| call.kind != AlertKind::SentimentShift);
        calls.dedup_by_key(|call| &call.alert_id);
        assert_eq!(calls.len(), 1, "seed {seed}: {}", in_words(&calls));
        let after = at(calls[0]) - NOON;
        eprintln!("ramp, seed {seed}: {} after {after:.0} s", calls[0].kind.as_str());
        assert!(calls[0].kind == AlertKind::Outage && (0.0..=20.0 * MINUTE).contains(&after), "after {after:.0} s");
    }
}

#[test]
fn two_equal_outages_six_hours_apart_call_twice() {
    let mut days = Days::new(4);
    days.ordinary_cloud(2.0, 1_000).chatter(2.0, 4_000);
    for hour in [0.0, 6.0] {
        let at = NOON + hour * HOUR;
        days.happen(&Burst { at, seconds: 10.0 * MINUTE, posts: 60, texts: LOGIN_FAILS, ..Burst::default() });
    }
    let alerts = told(&mut days);
    let mut calls = calls(&alerts);
    calls.retain(|call| call.state != AlertState::Updated);
    assert_eq!(calls.len(), 2, "{}", in_words(&calls));
    assert!(calls.iter().all(|call| call.kind == AlertKind::Outage), "{}", in_words(&calls));
    assert!((at(calls[0]) - NOON < 10.0 * MINUTE) && (at(calls[1]) - NOON - 6.0 * HOUR).abs() < 10.0 * MINUTE);
}

#[test]
fn a_crisis_of_three_days_is_one_incident() {
    let mut days = Days::new(5);
    days.ordinary_cloud(5.0, 500).chatter(5.0, 3_000);
    for hour in 0..72 {
        // people sleep in a crisis, too
        let posts = if (hour + 12) % 24 < 6 { 15 } else { 100 };
        let at = NOON + f64::from(hour) * HOUR;
        days.happen(&Burst { at, seconds: HOUR, posts, texts: LOGIN_FAILS, ..Burst::default() });
    }
    let alerts = told(&mut days);
    let incidents: BTreeSet<&str> = alerts.iter().map(|alert| alert.incident_id.as_str()).collect();
    let calls = calls(&alerts);
    assert_eq!(incidents.len(), 1, "{}", in_words(&calls));
    let openings = calls.iter().filter(|call| call.state != AlertState::Updated).count();
    // and one more at most: it becomes more severe
    assert!(openings == 1 && calls.len() <= 2, "{}", in_words(&calls));
    eprintln!("crisis: {} calls", calls.len());
    let over = alerts.last().unwrap();
    let end = NOON + 72.0 * HOUR;
    eprintln!("crisis: over {:.1} h after its end", (at(over) - end) / HOUR);
    assert!(over.state == AlertState::Resolved && (end..end + 2.0 * HOUR).contains(&at(over)), "{}", in_words(&[over]));
}

/// What looks like an outage, and its texts.
fn look_alikes() -> Vec<(&'static str, Burst<'static>)> {
    let burst =
        |posts, minutes: f64, texts| Burst { at: NOON, seconds: minutes * MINUTE, posts, texts, ..Burst::default() };
    const LAUNCH: &[&str] = &[
        "Nimbus Cloud {4|Next} {is out|just launched}! {The new editor|Offline mode|The price} {looks great|is what I waited for|wow}",
        "{Trying|Installed|Updating to} the new Nimbus Cloud {right now|today}, {love it|so fast|first impressions are good}",
        "Watching the Nimbus Cloud launch {live|with the team}: {dark mode at last|great demo|big applause in $city}",
    ];
    const GIVEAWAY: &[&str] = &[
        "{Entering|I'm in}! Nimbus Cloud giveaway, {tagging my friends|fingers crossed|pick me} #giveaway $number",
        "GIVEAWAY! Win a year of Nimbus Cloud! Follow + repost + tag 3 friends to enter #giveaway #win $number",
    ];
    const HOMONYM: &[&str] = &[
        "Storm Nimbus {floods|hits|closes roads in} $city, {terrible pictures|two injured|power is out in $number streets}",
        "{Awful|Terrible} night in $city, storm Nimbus {took our roof|broke $number trees|left us without power}",
        "School closed {today|tomorrow} because of storm Nimbus, {stay safe|worst storm in years|so scared}",
    ];
    const COMPETITOR: &[&str] = &[
        "Stratovault is down {again|for hours}, {glad|so happy} we moved to Nimbus Cloud {last year|in March}",
        "Stratovault outage day $number. Should have {gone with|picked} Nimbus Cloud {like $team|instead}",
        "{Our old provider|Stratovault|Larchbox} cannot log anyone in, meanwhile Nimbus Cloud {just works|runs fine here in $city}",
    ];
    const WIRE: &[&str] =
        &["Nimbus Cloud reports an outage of $number minutes on Sunday, cause was a network fault, company says"];
    vec![
        ("a launch", burst(250, 60.0, LAUNCH)),
        ("a giveaway", burst(150, 30.0, GIVEAWAY)),
        ("a homonym in the news", burst(250, 60.0, HOMONYM)),
        ("an outage of a competitor", burst(80, 30.0, COMPETITOR)),
        ("a wire story copied forty times", Burst { crowd: Crowd::Everybody, ..burst(40, 20.0, WIRE) }),
    ]
}

#[test]
fn what_looks_like_an_outage_and_is_none_is_not_told_as_one() {
    let mut wrong = Vec::new();
    for (name, burst) in look_alikes() {
        let mut days = Days::new(6);
        days.ordinary(2.0, 3_000).chatter(2.0, 3_000).happen(&burst);
        let alerts = told(&mut days);
        let calls = calls(&alerts);
        eprintln!("{name}: {}", in_words(&calls));
        if calls.iter().any(|call| call.kind == AlertKind::Outage) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "told as an outage: {wrong:?}");
}

#[test]
fn a_backlog_that_catches_up_is_no_event() {
    let mut days = Days::new(7);
    days.ordinary(2.0, 3_000).chatter(2.0, 3_000).backlog(NOON, NOON + 2.0 * HOUR);
    let alerts = told(&mut days);
    assert!(calls(&alerts).is_empty(), "{}", in_words(&calls(&alerts)));
}

/// A dead connector calls those who run the pipeline, once, and nobody when it is back: neither the silence nor the
/// return is an event of the brand. One that was never heard of much is no source that can be missed.
#[test]
fn a_source_that_goes_silent_is_one_alert_and_its_return_none() {
    let mut days = Days::new(8);
    let (from, to) = (3.4 * DAY, 4.2 * DAY);
    days.ordinary(5.0, 3_000).chatter(5.0, 3_000).mute(Platform::X, from, to);
    let alerts = told(&mut days);
    let silences: Vec<&AlertEvent> = alerts.iter().filter(|alert| alert.kind == AlertKind::SilentSource).collect();
    let states: Vec<AlertState> = silences.iter().map(|alert| alert.state).collect();
    assert_eq!(states, [AlertState::Opened, AlertState::Resolved], "{}", in_words(&silences));
    assert!(silences.iter().all(|alert| alert.series["source"] == "x" && alert.team == "platform"));
    let (missed, back) = (at(silences[0]) - from, at(silences[1]) - to);
    eprintln!("silent source: missed after {missed:.0} s, back after {back:.0} s");
    assert!((0.0..=30.0 * MINUTE).contains(&missed) && (-MINUTE..=30.0 * MINUTE).contains(&back), "{missed} {back}");
    let others: Vec<&AlertEvent> =
        calls(&alerts).into_iter().filter(|call| call.kind != AlertKind::SilentSource && at(call) > from).collect();
    assert!(others.iter().all(|call| call.severity > Severity::S2), "{}", in_words(&others));
    let after_return = others.iter().filter(|call| at(call) > to && at(call) < to + 6.0 * HOUR).count();
    assert_eq!(after_return, 0, "{}", in_words(&others));
}

#[test]
fn ordinary_weeks_call_hardly_anybody() {
    for seed in 1..=3 {
        let mut days = Days::new(100 + seed);
        days.ordinary(7.0, 3_000).chatter(7.0, 2_000);
        let alerts = told(&mut days);
        let silent = alerts.iter().filter(|alert| alert.kind == AlertKind::SilentSource).count();
        assert_eq!(silent, 0, "seed {seed}: nobody is silent in an ordinary week");
        let calls = calls(&alerts);
        let urgent = calls.iter().filter(|call| call.severity <= Severity::S2).count();
        eprintln!("week {seed}: {} calls, {urgent} urgent\n{}", calls.len(), in_words(&calls));
        assert!(urgent <= 2 && calls.len() <= 21, "seed {seed}: {}", in_words(&calls));
        let pack = pack();
        let idle = |call: &&&AlertEvent| {
            let hour = pack.teams[&call.team].hours.hour(call.at);
            call.severity > Severity::S2 && !(7..22).contains(&hour)
        };
        assert_eq!(calls.iter().filter(idle).count(), 0, "at night: {}", in_words(&calls));
    }
}
