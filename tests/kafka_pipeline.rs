//! Replay is truth: what two processes write to a real broker equals what the local log makes of the same records.
//! The same under faults is in `tests/faults`.
//!
//! `GROUNDSWELL_TEST_MENTIONS` is the number of mentions (40,000 unless given), `GROUNDSWELL_TEST_SEED` their seed.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use groundswell::pipeline::Outcome;
use groundswell::service::local::RawRecord;
use support::equality::assert_equal;
use support::load::{Load, Replayed, by_platform, load_pack, number, replay, write_pack};
use support::process::{Deployment, Process, temporary};
use support::{Feeder, broker};

const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(180);

/// The input of this test binary and what it must become; none where the generator is not there.
fn expected() -> Option<&'static (Load, Replayed)> {
    static EXPECTED: OnceLock<Option<(Load, Replayed)>> = OnceLock::new();
    let make = || {
        let folder = temporary("load");
        let count = number("GROUNDSWELL_TEST_MENTIONS", 40_000);
        let load = Load::generate(count, number("GROUNDSWELL_TEST_SEED", 1), &folder)?;
        write_pack(&folder.join("rules"), &load.brands);
        let begun = Instant::now();
        let replayed = replay(&load.records, load_pack(&folder.join("rules")), PARTITIONS);
        eprintln!("replayed {count} in {:.1?}: {:?}", begun.elapsed(), replayed.outputs.counts());
        std::fs::remove_dir_all(folder).unwrap();
        Some((load, replayed))
    };
    EXPECTED.get_or_init(make).as_ref()
}

/// A tenant with topics, and two processes that have not started.
fn deploy(name: &str, load: &Load) -> (Deployment<'static>, [Process; 2]) {
    let deployment = Deployment::new(broker(), name);
    write_pack(&deployment.rules, &load.brands);
    deployment.apply_topics(PARTITIONS);
    let processes = ["one", "two"].map(|instance| deployment.process(instance, "clock: data"));
    (deployment, processes)
}

/// Produces records in their order.
fn produce(feeder: &Feeder, prefix: &str, records: &[RawRecord]) {
    for (platform, records) in by_platform(records) {
        feeder.feed(&format!("{prefix}raw.{platform}"), &records);
    }
}

/// Both decide the rest, to the end of what is in the raw topics.
fn finish(processes: &mut [Process]) {
    for process in &mut *processes {
        process.until_end = true;
        process.start();
    }
    for process in processes {
        let status = process.wait(PATIENCE);
        assert!(status.success(), "{status}:\n{}", process.log_text());
    }
}

/// Outputs equal, outcomes sum to the items, every dead letter explained.
fn check(deployment: &Deployment<'_>, replayed: &Replayed, what: &str) {
    let outputs = deployment.outputs();
    let (outcomes, reasons) = deployment.committed_counts(PARTITIONS);
    eprintln!("{what}: {outcomes:?} {reasons:?} {:?}", outputs.counts());
    assert_equal(&replayed.outputs, &outputs, what);
    assert_eq!(outcomes, replayed.outcomes, "{what}: committed outcomes");
    assert_eq!(reasons, replayed.dead_letters, "{what}: reasons of dead letters");
    let dead = outputs.count("dead-letter") as u64;
    assert_eq!(dead, outcomes.get(Outcome::DeadLetter), "{what}: one dead letter for each item counted as one");
    let explained = outputs.header("dead-letter", "__groundswell.errors.reason");
    assert!(explained.iter().all(|reason| reason.as_ref().is_some_and(|r| !r.is_empty())), "{what}: unexplained");
    assert_eq!(outputs.count("mentions") as u64, outcomes.get(Outcome::Routed) + outcomes.get(Outcome::Noise));
    let opened = outputs.values("alerts").iter().filter(|event| event["state"] == "opened").count();
    assert!(opened >= 3, "{what}: {opened} alerts opened: too few to say anything about alerts");
}

#[test]
fn two_processes_equal_a_replay() {
    let Some((load, replayed)) = expected() else { return };
    assert!(replayed.outcomes.total() >= load.records.len() as u64, "every record is at least one item");
    let (deployment, mut processes) = deploy("pair", load);
    produce(&broker().feeder(), &deployment.prefix, &load.records);
    let begun = Instant::now();
    finish(&mut processes);
    eprintln!("two processes took {:.1?}", begun.elapsed());
    check(&deployment, replayed, "two processes");
}
