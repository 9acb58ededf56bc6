//! Incidents: what moves together is told once, and says what moves with it.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic)]

use groundswell::mention;

#[path = "support/days.rs"]
mod days;

use days::{Burst, CLOUD_FAILS_GERMAN, Crowd, DAY, Days, HOUR, LOGIN_FAILS, MAIL_FAILS, MINUTE, PAY_FAILS, START};
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

fn hours(alert: &AlertEvent) -> f64 {
    (alert.at.as_micros() as f64 / 1e6 - START as f64) / HOUR
}

fn in_words(alerts: &[AlertEvent]) -> String {
    let moved = |alert: &AlertEvent| {
        let parts = alert.evidence.iter().map(|part| format!("{:?} {} of {:?}", part.series, part.observed, part.expected));
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
    assert!(opened[0].evidence.iter().any(|part| part.series.contains_key("platform")), "where it moves");
}

#[test]
fn the_same_is_gathered_whatever_the_partitions() {
    let tell = |raw, signals| in_words(&told_on(&mut platform_wide(2), pack(), raw, signals));
    let one = tell(1, 1);
    assert!(!one.is_empty());
    for (raw, signals) in [(1, 16), (3, 5)] {
        assert_eq!(tell(raw, signals), one, "{raw} raw partitions, {signals} of signals");
    }
}
