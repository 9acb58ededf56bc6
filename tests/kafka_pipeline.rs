//! Replay is truth: what two processes write to a real broker equals what the local log makes of the same records,
//! with and without `kill -9` in open transactions.
//!
//! `GROUNDSWELL_TEST_MENTIONS` is the number of mentions (40,000 unless given), `GROUNDSWELL_TEST_SEED` their seed.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use groundswell::pipeline::Outcome;
use groundswell::service::local::RawRecord;
use support::equality::assert_equal;
use support::load::{Load, Replayed, by_platform, load_pack, number, replay, write_pack};
use support::open_transaction::Observer;
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
fn deploy(name: &str, load: &Load, more: &str) -> (Deployment<'static>, [Process; 2]) {
    // the roles' offsets in partitions of their own: see `Observer::roles`
    let tells = |deployment: &Deployment<'_>| Observer::tells_roles(&deployment.prefix);
    let deployment = std::iter::repeat_with(|| Deployment::new(broker(), name)).find(tells).expect("one of many names");
    write_pack(&deployment.rules, &load.brands);
    deployment.apply_topics(PARTITIONS);
    let more = format!("clock: data\n{more}");
    let processes = ["one", "two"].map(|instance| deployment.process(instance, &more));
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
    let (deployment, mut processes) = deploy("pair", load, "");
    produce(&broker().feeder(), &deployment.prefix, &load.records);
    let begun = Instant::now();
    finish(&mut processes);
    eprintln!("two processes took {:.1?}", begun.elapsed());
    check(&deployment, replayed, "two processes");
}

/// Each of a process with a transaction open, where one is met in time.
const KILLS: usize = 5;
/// How long an open transaction is looked for; then the process is killed wherever it is.
const SEARCH: Duration = Duration::from_secs(8);
/// The load is spread over this: it lasts until the last kill.
const KILLING: Duration = Duration::from_secs(120);

#[test]
fn kills_leave_no_trace() {
    let Some((load, replayed)) = expected() else { return };
    let more = "snapshot: { interval: 500ms }\nlog: { format: json, level: \"info,groundswell::service=debug\" }";
    let (deployment, mut processes) = deploy("killed", load, more);
    processes.iter_mut().for_each(Process::start);
    for process in &processes {
        process.get_until("/readyz", "a process gets ready", PATIENCE, |status, _| status == 200);
    }
    let observer =
        Observer::new(broker(), &deployment.prefix, &["signals", "mentions", "dead-letter", "state", "alerts"]);
    let over = AtomicBool::new(false);
    let deadline = Instant::now() + KILLING;
    std::thread::scope(|scope| {
        scope.spawn(|| trickle(&deployment.prefix, load, deadline, &over));
        // a failed test must not wait for the trickle to run dry
        let _over = OnDrop(&over);
        for kill in 0..KILLS {
            let victim = &mut processes[kill % 2];
            victim.get_until("/readyz", "a process gets ready", PATIENCE, |status, _| status == 200);
            let met = kill_in_transaction(victim, &observer);
            eprintln!("kill {}: process {} had open {met:?}", kill + 1, kill % 2 + 1);
            victim.start();
        }
    });
    for process in &mut processes {
        process.signal("-TERM");
        let status = process.wait(PATIENCE);
        assert!(status.success(), "{status}:\n{}", process.log_text());
    }
    finish(&mut processes);
    let restored =
        |process: &Process| process.log_text().lines().filter(|line| line.contains("\"has_snapshot\":true")).count();
    let restored: usize = processes.iter().map(restored).sum();
    eprintln!("{restored} partitions were restored from a snapshot");
    assert!(restored > 0, "no state was restored from a snapshot");
    check(&deployment, replayed, "kills");
}

/// Sets the flag at the end of a scope, however that ends.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Produces the load bit by bit, spread over the time until the deadline, so that there is something to do until the
/// last kill; then the rest.
fn trickle(prefix: &str, load: &Load, deadline: Instant, over: &AtomicBool) {
    const STEP: Duration = Duration::from_millis(200);
    let (feeder, mut rest) = (broker().feeder(), load.records.as_slice());
    while !over.load(Ordering::Relaxed) && !rest.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now()).max(STEP);
        let steps = usize::try_from(left.as_millis() / STEP.as_millis()).unwrap();
        let (slice, after) = rest.split_at(rest.len().div_ceil(steps));
        produce(&feeder, prefix, slice);
        rest = after;
        std::thread::sleep(STEP);
    }
    eprintln!("{} records were left after the last kill", rest.len());
    produce(&feeder, prefix, rest);
}

/// Stops the process when somebody is seen to commit; if a transaction of this one is open there, `kill -9`, else it
/// goes on and is looked at again. Nothing in the process helps: it is stopped at whatever point it has reached.
fn kill_in_transaction(victim: &mut Process, observer: &Observer) -> Vec<&'static str> {
    let deadline = Instant::now() + SEARCH;
    loop {
        observer.await_commit(None, deadline);
        victim.signal("-STOP");
        let held = observer.held(None);
        if !held.is_empty() || Instant::now() >= deadline {
            victim.kill();
            return observer.roles(&held);
        }
        victim.signal("-CONT");
        std::thread::sleep(Duration::from_millis(100));
    }
}
