//! Injected events of the load generator: one alert of a fitting kind each, early, and none for the decoys.
#![allow(clippy::unwrap_used, clippy::print_stderr)]
// this binary uses a part of what the tests share
#![allow(dead_code)]

mod support;

use groundswell::alert::{AlertEvent, AlertState};
use groundswell::log::partition_for;
use groundswell::rules::Pack;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use std::sync::Arc;
use support::load::{Load, load_pack, slug, write_pack};
use support::process::temporary;

const PARTITIONS: i32 = 4;

/// The load of a seed and the pack that watches its brands; none where the generator is not there, which is said.
fn load(count: u64, seed: u64) -> Option<(Load, Arc<Pack>)> {
    let folder = temporary("events");
    let load = Load::generate(count, seed, &folder)?;
    write_pack(&folder.join("rules"), &load.brands);
    let pack = Arc::new(load_pack(&folder.join("rules")));
    std::fs::remove_dir_all(folder).unwrap();
    Some((load, pack))
}

/// The alert events of a run over these records and no others.
fn alerts(records: &[RawRecord], pack: &Arc<Pack>) -> Vec<AlertEvent> {
    let place = |record: &RawRecord| (record.platform, partition_for(&record.key, PARTITIONS));
    let layout = Layout {
        members: records.iter().map(place).collect(),
        raw_partitions: PARTITIONS,
        signals_partitions: 16,
        duplicate_window_records: 100_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, Arc::clone(pack), Model::shipped());
    for chunk in records.chunks(5_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        drop(pipeline.take_outputs());
    }
    pipeline.finish().unwrap();
    pipeline.take_alerts()
}

fn opened(alerts: &[AlertEvent]) -> Vec<&AlertEvent> {
    alerts.iter().filter(|alert| alert.state == AlertState::Opened).collect()
}

/// Eleven hours at five posts a second, the four events as the issue asks for them.
#[test]
fn each_event_gives_one_alert_and_the_decoys_none() {
    let Some((load, pack)) = load(200_000, 1) else { return };
    let alerts = alerts(&load.records, &pack);
    let mut opened = opened(&alerts);
    opened.retain(|alert| alert.series["query"] != "nimbus-company");
    for (event, brand, onset) in load.events() {
        let about: Vec<_> = opened.iter().filter(|alert| alert.series["query"] == slug(brand)).collect();
        assert_eq!(about.len(), 1, "{event} on {brand}: {:?}", about.iter().map(|a| &a.headline).collect::<Vec<_>>());
        let (kinds, seconds_max): (&[&str], _) = match event {
            // its texts are angry, and few of them tell of trouble
            "outage" => (&["outage", "spike"], 300.0),
            "viral_cascade" => (&["viral"], 300.0),
            "bot_flood" => (&["amplification"], 300.0),
            // half of a ramp of five hours
            _ => (&["sentiment_shift"], 8_970.0),
        };
        let delay = about[0].at.as_micros() as f64 / 1e6 - onset;
        eprintln!("{event} on {brand}: {} after {delay:.0} s", about[0].kind.as_str());
        assert!(kinds.contains(&about[0].kind.as_str()), "{event} on {brand}: {}", about[0].kind.as_str());
        assert_eq!(about[0].thread.is_some(), event == "viral_cascade", "{event}: {:?}", about[0].thread);
        assert!((0.0..=seconds_max).contains(&delay), "{event} on {brand}: after {delay} s");
    }
    assert_eq!(opened.len(), load.events().len(), "something else opened: {opened:?}");
}
