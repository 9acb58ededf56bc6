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

/// Kills that count, each of a process with a transaction open.
const KILLS: usize = 5;
/// How often it is tried to meet an open transaction, at most.
const TRIES: u64 = 150;
/// Of what is left, this part is produced at once.
const SHARE: usize = 150;

#[test]
fn kills_in_open_transactions_leave_no_trace() {
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
    let mut roles: Vec<&str> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| trickle(&deployment.prefix, load, &over));
        // a failed test must not wait for the trickle to run dry
        let _over = OnDrop(&over);
        for kill in 0..KILLS {
            let victim = &mut processes[kill % 2];
            victim.get_until("/readyz", "a process gets ready", PATIENCE, |status, _| status == 200);
            // the last kills are for the role that was not met yet
            let wanted =
                if kill + 2 < KILLS { None } else { ["triage", "watch"].into_iter().find(|r| !roles.contains(r)) };
            let met = kill_in_transaction(victim, &observer, wanted);
            eprintln!("kill {}: process {} had open {met:?}", kill + 1, kill % 2 + 1);
            roles.extend(met);
            victim.start();
        }
    });
    assert!(roles.contains(&"triage") && roles.contains(&"watch"), "both roles were killed: {roles:?}");
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

/// Produces the load bit by bit, each time a share of what is left, so that there is something to do until the last
/// kill; then the rest.
fn trickle(prefix: &str, load: &Load, over: &AtomicBool) {
    let (feeder, mut rest) = (broker().feeder(), load.records.as_slice());
    while !over.load(Ordering::Relaxed) && !rest.is_empty() {
        let (slice, after) = rest.split_at((rest.len() / SHARE).max(4).min(rest.len()));
        produce(&feeder, prefix, slice);
        rest = after;
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("{} records were left after the last kill", rest.len());
    produce(&feeder, prefix, rest);
}

/// Stops the process when somebody is seen to commit; if a transaction of this one is open there, `kill -9`, else it
/// goes on. Nothing in the process helps: it is stopped at whatever point it has reached.
fn kill_in_transaction(victim: &mut Process, observer: &Observer, wanted: Option<&'static str>) -> Vec<&'static str> {
    for _ in 0..TRIES {
        observer.await_commit(wanted);
        victim.signal("-STOP");
        let held = observer.held();
        let roles = observer.roles(&held);
        if !held.is_empty() && wanted.is_none_or(|wanted| roles.contains(&wanted)) {
            victim.kill();
            return roles;
        }
        victim.signal("-CONT");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no transaction was open in {TRIES} looks, wanted {wanted:?}");
}
