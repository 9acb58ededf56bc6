//! Promise 3 on the local log, in random worlds: transaction bounds, workers with disjoint partitions in any
//! interleaving, restarts in the middle of a transaction, with and without snapshots, input in any chunks. Each world
//! must write what one plain run writes.
//!
//! `GROUNDSWELL_TEST_WORLDS` is the number of worlds (24 unless given); a failing one names its seed.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

#[path = "support/equality.rs"]
mod equality;
#[path = "support/synthetic.rs"]
mod synthetic;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use equality::{Outputs, assert_equal};
use groundswell::log::local::{LocalCluster, LocalLog};
use groundswell::log::{Output, Place, TopicPartition};
use groundswell::mention::{Platform, Timestamp};
use groundswell::pipeline::Outcomes;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::service::triage::{ClockPolicy, TriageSettings, TriageStage};
use groundswell::service::watch::{WatchSettings, WatchStage};
use groundswell::service::worker::{Limits, Stage, Worker};
use groundswell::wire::Topics;
use synthetic::{Dice, afternoon};

const PLATFORMS: [Platform; 4] = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];
const RAW_PARTITIONS: i32 = 2;
/// Small, so that restarts rebuild a window that has lost records already.
const DUPLICATE_WINDOW: u64 = 40;
const HOUR: Duration = Duration::from_secs(3_600);

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    let load = || Arc::new(rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean"));
    Arc::clone(PACK.get_or_init(load))
}

fn members() -> BTreeSet<(Platform, i32)> {
    PLATFORMS.iter().flat_map(|platform| (0..RAW_PARTITIONS).map(|n| (*platform, n))).collect()
}

/// What one plain run makes of the input.
fn plain(input: &[RawRecord]) -> (Outputs, Outcomes) {
    let layout = Layout {
        members: members(),
        raw_partitions: RAW_PARTITIONS,
        signals_partitions: 16,
        duplicate_window_records: DUPLICATE_WINDOW,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack(), Model::shipped());
    pipeline.feed(input.to_vec()).unwrap();
    pipeline.finish().unwrap();
    let mut outputs = Outputs::new("social.");
    for (topic, records) in pipeline.take_outputs() {
        records.into_iter().for_each(|r| outputs.add(&topic, r.key, r.value, r.headers));
    }
    (outputs, pipeline.counts().0)
}

/// A cluster, its workers, and the dice that decide what happens next.
struct World {
    dice: Dice,
    cluster: LocalCluster,
    topics: Topics,
    raw: Vec<TopicPartition>,
    signals: Vec<TopicPartition>,
    snapshots: bool,
    clock: ClockPolicy,
    triage: Vec<Worker<TriageStage, LocalLog>>,
    watch: Vec<Worker<WatchStage, LocalLog>>,
    restarts: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let (mut dice, cluster, topics) = (Dice(seed), LocalCluster::default(), Topics::new("tenant."));
        let signals_partitions = *dice.pick(&[1, 3, 16]);
        PLATFORMS.iter().for_each(|platform| cluster.create(&topics.raw(*platform), RAW_PARTITIONS));
        cluster.create(&topics.signals, signals_partitions);
        cluster.create(&topics.state, signals_partitions);
        for topic in [&topics.mentions, &topics.alerts, &topics.dead_letter, &topics.clock] {
            cluster.create(topic, 3);
        }
        pack().topics().iter().for_each(|team| cluster.create(&topics.routed(team), 3));
        let raw = members().iter().map(|(platform, n)| TopicPartition::new(topics.raw(*platform), *n)).collect();
        let signals = (0..signals_partitions).map(|n| TopicPartition::new(topics.signals.clone(), n)).collect();
        let snapshots = dice.once_in(2);
        let (triage, watch) = (Vec::new(), Vec::new());
        let clock = ClockPolicy::Data;
        let mut world = Self { dice, cluster, topics, raw, signals, snapshots, clock, triage, watch, restarts: 0 };
        world.start_triage();
        world.start_watch();
        world
    }

    /// Bounds of some transaction; one in three workers keeps it open for as long as it has room.
    fn limits(&mut self) -> Limits {
        let most = *self.dice.pick(&[1, 10, 300]);
        let records_max = usize::try_from(1 + self.dice.roll(most)).unwrap();
        let interval = if self.dice.once_in(3) { HOUR } else { Duration::ZERO };
        Limits { records_max, bytes_max: 1 << 24, interval, poll: Duration::ZERO }
    }

    /// One to three workers share the partitions in some way.
    fn share(&mut self, sources: &[TopicPartition]) -> Vec<Vec<TopicPartition>> {
        let mut shares = vec![Vec::new(); usize::try_from(1 + self.dice.roll(3)).unwrap()];
        for source in sources {
            let to = usize::try_from(self.dice.roll(shares.len() as u64)).unwrap();
            shares[to].push(source.clone());
        }
        shares
    }

    /// Every triage worker is gone, whatever it had open; others take over from what is committed.
    fn start_triage(&mut self) {
        let shares = self.share(&self.raw.clone());
        let settings = TriageSettings {
            topics: self.topics.clone(),
            members: self.raw.clone(),
            signals_partitions: i32::try_from(self.signals.len()).unwrap(),
            duplicate_window_records: DUPLICATE_WINDOW,
            clock: self.clock,
        };
        self.triage.clear();
        for share in shares {
            let stage = TriageStage::new(settings.clone(), pack(), Model::shipped());
            let limits = self.limits();
            self.triage.push(Worker::new(stage, self.cluster.worker("triage", share), limits, wall));
        }
    }

    fn start_watch(&mut self) {
        let shares = self.share(&self.signals.clone());
        let snapshot_every = self.snapshots.then_some(Duration::ZERO);
        let settings = WatchSettings { topics: self.topics.clone(), snapshot_every };
        self.watch.clear();
        for share in shares {
            let stage = WatchStage::new(settings.clone(), pack());
            let limits = self.limits();
            self.watch.push(Worker::new(stage, self.cluster.worker("watch", share), limits, wall));
        }
    }

    fn append(&self, records: &[RawRecord]) {
        let output = |record: &RawRecord| Output {
            topic: self.topics.raw(record.platform),
            place: Place::Hashed(record.key.clone()),
            key: Some(record.key.clone()),
            value: Some(record.value.clone()),
            headers: Vec::new(),
        };
        self.cluster.append(records.iter().map(output).collect()).unwrap();
    }

    /// Somebody has a turn, or somebody dies.
    fn step(&mut self) {
        if self.dice.once_in(60) {
            self.restarts += 1;
            if self.dice.once_in(2) { self.start_triage() } else { self.start_watch() }
        }
        let who = usize::try_from(self.dice.roll((self.triage.len() + self.watch.len()) as u64)).unwrap();
        match who.checked_sub(self.triage.len()) {
            None => drop(self.triage[who].turn().unwrap()),
            Some(who) => drop(self.watch[who].turn().unwrap()),
        }
    }

    /// The input has ended: everybody works until nothing happens any more.
    fn finish(&mut self) {
        self.clock = ClockPolicy::UntilEnd;
        if self.dice.once_in(2) {
            self.start_triage();
        } else {
            // the end of a partition is told of what was there: all of it must have been read before
            while self.triage.iter_mut().map(settle).sum::<usize>() > 0 {}
            self.triage.iter_mut().for_each(|worker| worker.stage_mut().set_clock(ClockPolicy::UntilEnd));
        }
        for _ in 0..40 {
            self.step();
        }
        loop {
            let mut applied = 0;
            for worker in &mut self.triage {
                applied += settle(worker);
            }
            for worker in &mut self.watch {
                applied += settle(worker);
            }
            if applied == 0 {
                break;
            }
        }
        assert!(self.triage.iter().all(|worker| worker.stage().is_done()), "triage has decided all");
        assert!(self.watch.iter().all(|worker| worker.stage().is_done()), "watch has decided all");
    }

    fn outputs(&self) -> Outputs {
        let mut outputs = Outputs::new("tenant.");
        for topic in self.cluster.topics() {
            for record in self.cluster.drain(&topic) {
                outputs.add(&topic, record.key, record.value, record.headers);
            }
        }
        outputs
    }

    fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let counts = self.triage.iter().flat_map(|worker| worker.stage().committed_counts());
        counts.for_each(|(_, committed)| outcomes.merge(&committed.outcomes));
        outcomes
    }
}

/// Turns and commits until there is nothing more; the records it took.
fn settle<S: Stage>(worker: &mut Worker<S, LocalLog>) -> usize {
    let mut applied = 0;
    loop {
        // the first turn after a start only brings the assignment
        let now = worker.turn().unwrap().applied + worker.turn().unwrap().applied;
        let ended = worker.commit().unwrap();
        applied += now;
        if now == 0 && ended.is_none() {
            return applied;
        }
    }
}

/// No ticks on this clock: it is never asked for anything that counts.
fn wall() -> Timestamp {
    Timestamp::clamped(0)
}

#[test]
fn every_world_equals_the_plain_run() {
    let input = afternoon(7);
    let (expected, outcomes) = plain(&input);
    let states: BTreeSet<String> =
        expected.values("alerts").iter().map(|event| event["state"].as_str().unwrap().to_owned()).collect();
    assert!(states.contains("opened") && states.contains("resolved"), "an alert opens and resolves: {states:?}");
    let follow_ups = expected.header("routed.support", "ce_type");
    let follow_ups = follow_ups.iter().flatten().filter(|kind| kind.contains("followup")).count();
    assert!(follow_ups > 50 && expected.count("dead-letter") > 5, "{follow_ups} follow-ups, {:?}", expected.counts());
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (first, worlds) = (number("GROUNDSWELL_TEST_FIRST_WORLD", 0), number("GROUNDSWELL_TEST_WORLDS", 24));
    let mut restarts = 0;
    for seed in first..first + worlds {
        let mut world = World::new(seed);
        let (mut rest, chunk_max) = (input.as_slice(), *world.dice.pick(&[3, 40, 500]));
        while !rest.is_empty() {
            let length = usize::try_from(1 + world.dice.roll(chunk_max)).unwrap().min(rest.len());
            let (chunk, later) = rest.split_at(length);
            world.append(chunk);
            rest = later;
            (0..world.dice.roll(6)).for_each(|_| world.step());
        }
        world.finish();
        assert_equal(&expected, &world.outputs(), &format!("world {seed}"));
        assert_eq!(world.outcomes(), outcomes, "world {seed}: committed counts");
        restarts += world.restarts;
    }
    eprintln!("{worlds} worlds of {} records, {restarts} restarts", input.len());
    assert!(u64::from(restarts) > worlds, "there were restarts: {restarts}");
}
