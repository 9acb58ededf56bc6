//! Incidents: what moves together is told once, and says what moves with it.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic)]

use groundswell::mention;

#[path = "support/days.rs"]
mod days;

use days::{Burst, CLOUD_FAILS_GERMAN, DAY, Days, HOUR, LOGIN_FAILS, MAIL_FAILS, MINUTE, PAY_FAILS, START};
use groundswell::alert::{AlertEvent, AlertKind, AlertState};
use groundswell::mention::Platform;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Tuesday noon: a day and a half of baseline.
const NOON: f64 = 1.5 * DAY;

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    PACK.get_or_init(|| Arc::new(rules::load(&rules::shipped(), &[]).unwrap())).clone()
}

/// Everything that is told of these days, over so many raw and signals partitions.
fn told_on(days: &mut Days, pack: Arc<Pack>, raw: i32, signals: i32) -> Vec<AlertEvent> {
    let platforms = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];
    let layout = Layout {
        members: platforms.into_iter().flat_map(|platform| (0..raw).map(move |number| (platform, number))).collect(),
        raw_partitions: raw,
        signals_partitions: signals,
        duplicate_window_records: 10_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    for chunk in days.records().chunks(5_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        drop(pipeline.take_outputs());
    }
    pipeline.finish().unwrap();
    pipeline.take_alerts()
}

fn told(days: &mut Days) -> Vec<AlertEvent> {
    told_on(days, pack(), 1, 4)
}

/// The shipped pack with more in its alerts.
fn pack_with(more: &str) -> Arc<Pack> {
    let mut files = rules::shipped();
    let alerts = files.iter_mut().find(|file| file.path == "alerts/alerts.yaml").unwrap();
    alerts.text.push_str(more);
    Arc::new(rules::load(&files, &[]).unwrap())
}

fn hours(alert: &AlertEvent) -> f64 {
    (alert.at.as_micros() as f64 / 1e6 - START as f64) / HOUR
}

fn in_words(alerts: &[AlertEvent]) -> String {
    let moved = |alert: &AlertEvent| {
        let parts =
            alert.evidence.iter().map(|part| format!("{:?} {} of {:?}", part.series, part.observed, part.expected));
        parts.collect::<Vec<_>>().join("; ")
    };
    let word = |alert: &AlertEvent| {
        let AlertEvent { state, severity, headline, explain, incident_id, .. } = alert;
        format!("{:.2} h {incident_id} {state:?} {severity:?} {headline} {explain:?} [{}]", hours(alert), moved(alert))
    };
    alerts.iter().map(word).collect::<Vec<_>>().join("\n")
}

fn opened(alerts: &[AlertEvent]) -> Vec<&AlertEvent> {
    alerts.iter().filter(|alert| matches!(alert.state, AlertState::Opened | AlertState::Reopened)).collect()
}

/// Nobody can log in anywhere, in two languages, for twenty minutes; one product begins a little later.
fn platform_wide(seed: u64) -> Days {
    let mut days = Days::new(seed);
    days.ordinary(1.8, 3_000).chatter(1.8, 4_000);
    let burst = |after: f64, posts, lang, texts| Burst {
        at: NOON + after * MINUTE,
        seconds: (20.0 - after) * MINUTE,
        posts,
        lang,
        texts,
        ..Burst::default()
    };
    for burst in [
        burst(0.0, 60, "en", LOGIN_FAILS),
        burst(0.0, 30, "de", CLOUD_FAILS_GERMAN),
        burst(2.0, 50, "en", PAY_FAILS),
        burst(5.0, 40, "en", MAIL_FAILS),
    ] {
        days.happen(&burst);
    }
    days
}

#[test]
fn an_outage_of_the_whole_platform_is_one_incident_with_evidence() {
    let alerts = told(&mut platform_wide(1));
    let alerts: Vec<AlertEvent> = alerts.into_iter().filter(|alert| hours(alert) >= NOON / HOUR).collect();
    eprintln!("{}", in_words(&alerts));
    let opened = opened(&alerts);
    assert_eq!(opened.len(), 1, "{}", in_words(&alerts));
    assert_eq!(opened[0].kind, AlertKind::Outage);
    let ids: BTreeSet<_> = alerts.iter().map(|alert| (&alert.alert_id, &alert.incident_id)).collect();
    assert_eq!(ids.len(), 1, "one alert, one incident");
    let over = alerts.last().unwrap();
    assert_eq!(over.state, AlertState::Resolved);
    let queries: BTreeSet<&str> = over.evidence.iter().map(|part| part.series["query"].as_str()).collect();
    let all: BTreeSet<&str> = queries.iter().copied().chain([over.series["query"].as_str()]).collect();
    for product in ["nimbus-cloud", "nimbus-pay", "nimbus-mail"] {
        assert!(all.contains(product), "{product}: {}", in_words(&alerts));
    }
    assert!(over.evidence.iter().all(|part| part.over), "nothing of it goes on");
    let joined = alerts.iter().filter(|alert| alert.explain.iter().any(|line| line.contains("moves with it")));
    assert!(joined.count() >= 1, "it says when another series joins");
    let mut parts = alerts.iter().flat_map(|alert| &alert.evidence);
    assert!(parts.any(|part| part.series.get("language").is_some_and(|language| language == "de")), "where it moves");
}

#[test]
fn the_same_is_gathered_whatever_the_partitions() {
    let tell = |signals| in_words(&told_on(&mut platform_wide(2), pack(), 2, signals));
    let one = tell(1);
    assert!(one.contains("moves with it"), "{one}");
    assert_eq!(tell(16), one);
}

/// Nobody can log in to one product, from noon on, for so many minutes.
fn one_product(minutes: f64) -> Days {
    let mut days = Days::new(3);
    days.ordinary_cloud(1.7, 1_000).chatter(1.7, 3_000);
    let posts = (5.0 * minutes) as usize;
    days.happen(&Burst { at: NOON, seconds: minutes * MINUTE, posts, texts: LOGIN_FAILS, ..Burst::default() });
    days
}

/// (state, kept back by, told late)
fn kept(alerts: &[AlertEvent]) -> Vec<(AlertState, Option<&str>, bool)> {
    let of_noon =
        alerts.iter().filter(|alert| hours(alert) >= NOON / HOUR && alert.state != AlertState::Updated || alert.late);
    of_noon.map(|alert| (alert.state, alert.suppressed.as_ref().map(|kept| kept.id.as_str()), alert.late)).collect()
}

#[test]
fn what_is_silenced_is_written_and_told_once_when_the_silence_ends() {
    use AlertState::{Opened, Resolved, Updated};
    let silence = |until: &str| {
        format!(
            "\nsilences:\n  - {{id: move, queries: [nimbus-cloud], author: comms, reason: we move, up_to: S1, \
             from: 2026-03-03T08:00, until: {until}}}\n"
        )
    };
    let maintenance = "\nmaintenance:\n  - {id: tuesdays, up_to: S1, author: comms, reason: deploys, clock: comms, \
                       every: {days: [tue], from: '13:00', to: '13:20'}}\n";
    // what is told, and when the late word comes, minutes after noon
    for (name, more, expected, late) in [
        ("nothing", String::new(), vec![(Opened, None, false), (Resolved, None, false)], None),
        (
            "a silence over all of it",
            silence("2026-03-03T14:00"),
            vec![(Opened, Some("move"), false), (Resolved, Some("move"), false)],
            None,
        ),
        (
            "a silence that ends while it is open",
            silence("2026-03-03T12:30"),
            vec![(Opened, Some("move"), false), (Updated, None, true), (Resolved, None, false)],
            Some(30.0),
        ),
        (
            "a silence that is over",
            silence("2026-03-03T11:00"),
            vec![(Opened, None, false), (Resolved, None, false)],
            None,
        ),
        (
            "a window by the clock of Berlin, an hour ahead",
            maintenance.to_owned(),
            vec![(Opened, Some("tuesdays"), false), (Updated, None, true), (Resolved, None, false)],
            Some(20.0),
        ),
    ] {
        let alerts = told_on(&mut one_product(40.0), pack_with(&more), 1, 4);
        assert_eq!(kept(&alerts), expected, "{name}: {}", in_words(&alerts));
        let told_late = alerts.iter().find(|alert| alert.late).map(|alert| hours(alert) * 60.0 - NOON / MINUTE);
        assert!(told_late.map(libm::round) == late, "{name}: after {told_late:?} min");
        let calls = alerts.iter().filter(|alert| alert.late);
        assert!(calls.into_iter().all(|alert| alert.ack_by.is_some()), "{name}: it is a call like another");
    }
}
