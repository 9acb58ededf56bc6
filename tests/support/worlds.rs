//! Random worlds on the local log: one seed decides transaction bounds, how many workers share the partitions, who
//! dies or hands over what and when, which commits are aborted or end unknown, when snapshots are taken, what is kept
//! to undo, how far clocks are off, in which chunks the input comes, and whether the pack is changed in the middle.
//! Each world must write what one plain run writes, and every restored state must be the one that was left.
//!
//! A change of pack is part of the data: it comes when everything before a given raw record is decided, and what
//! comes after is decided by the new one. Only then are two runs comparable, however they were disturbed.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use groundswell::log::local::LocalCluster;
use groundswell::log::{Log as _, Output, Place, TopicPartition};
use groundswell::mention::{Platform, Timestamp};
use groundswell::normalize::{Normalized, normalize};
use groundswell::pipeline::{Outcomes, UndoLimits};
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::service::triage::{ClockPolicy, TriageSettings, TriageStage};
use groundswell::service::watch::{WatchSettings, WatchStage};
use groundswell::service::worker::{Limits, Stage as _};
use groundswell::wire::Topics;

use super::equality::{Outputs, differences};
use super::faulty_log::Odds;
use super::members::{Members, Tally};
use super::synthetic::{Dice, START, afternoon};
use serde_json::{Value, json};

const PLATFORMS: [Platform; 4] = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];
const RAW_PARTITIONS: i32 = 2;
const FEEDBACK_PARTITIONS: i32 = 2;
/// Somebody says something every so many seconds, so that its partitions hold nobody back for long.
const SAID_EVERY: usize = 15;
/// Small, so that restarts rebuild a window that has lost records already.
const DUPLICATE_WINDOW: u64 = 40;
const HOUR: Duration = Duration::from_secs(3_600);

/// The shipped pack, and one by which no alert would open.
fn packs() -> [Arc<Pack>; 2] {
    static PACKS: OnceLock<[Arc<Pack>; 2]> = OnceLock::new();
    let load = || {
        let other = rules::shipped().into_iter().map(|mut file| {
            file.text = file.text.replace("  floor: 10 ", "  floor: 9000 ").replace("  floor: 6 ", "  floor: 9000 ");
            file
        });
        let load = |files: Vec<_>| Arc::new(rules::load(&files, &[]).expect("the pack is clean"));
        let packs = [load(rules::shipped()), load(other.collect())];
        assert_ne!(packs[0].digest, packs[1].digest);
        packs
    };
    PACKS.get_or_init(load).clone()
}

fn members() -> BTreeSet<(Platform, i32)> {
    PLATFORMS.iter().flat_map(|platform| (0..RAW_PARTITIONS).map(|n| (*platform, n))).collect()
}

/// What somebody says back, when so many raw records are there.
#[derive(Debug, Clone)]
struct Saying {
    after: usize,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// The input of all worlds and what plain runs make of it.
pub struct Truth {
    input: Vec<RawRecord>,
    said: Vec<Saying>,
    /// Records before the pack is changed: within the outage, while its alert is open.
    change_at: usize,
    plain: (Outputs, Outcomes),
    changed: (Outputs, Outcomes),
}

impl Truth {
    /// Of the afternoon of a seed.
    pub fn of(seed: u64) -> Self {
        let input = afternoon(seed);
        let change_at = input.len() * 3 / 4;
        // who answers must know what was asked
        let said = sayings(&plain(&input, &[], &[], 0).0, &times(&input), seed);
        let whole = plain(&input, &[], &said, FEEDBACK_PARTITIONS);
        let changed = plain(&input[..change_at], &input[change_at..], &said, FEEDBACK_PARTITIONS);
        Self { input, said, change_at, plain: whole, changed }
    }

    /// What is said, of those between two raw records.
    fn said_between(&self, from: usize, to: usize) -> &[Saying] {
        let place = |at: usize| self.said.partition_point(|saying| saying.after < at);
        &self.said[place(from)..place(to)]
    }

    /// Outputs without and with the change of pack.
    pub fn outputs(&self) -> [&Outputs; 2] {
        [&self.plain.0, &self.changed.0]
    }

    /// Raw records.
    pub fn records(&self) -> usize {
        self.input.len()
    }

    /// Lives through the world of a seed.
    ///
    /// # Errors
    /// What is not as it must be, in words.
    pub fn world(&self, seed: u64) -> Result<Tally, String> {
        let mut world = World::new(seed);
        let cut = if world.changes_pack { self.change_at } else { self.input.len() };
        let (before, after) = self.input.split_at(cut);
        world.feed(before, self.said_between(0, if world.changes_pack { cut } else { usize::MAX }))?;
        if world.changes_pack {
            world.change_pack()?;
            world.feed(after, self.said_between(cut, usize::MAX))?;
        }
        world.finish()?;
        let expected = if world.changes_pack { &self.changed } else { &self.plain };
        let found = differences(&expected.0, &world.outputs());
        if let Some(first) = found.first() {
            return Err(format!("world {seed}: {} differences, the first: {first}", found.len()));
        }
        let outcomes = world.outcomes();
        if outcomes != expected.1 {
            return Err(format!("world {seed}: committed counts are {outcomes:?}, not {:?}", expected.1));
        }
        let mut tally = world.triage.finish();
        tally.add(&world.watch.finish());
        Ok(tally)
    }
}

/// Somebody answers, claims, resolves or reopens some of what was routed; some of it twice, and some that is broken.
fn sayings(outputs: &Outputs, times: &[i64], seed: u64) -> Vec<Saying> {
    const KINDS: [&str; 9] =
        ["ack", "claimed", "ticket", "response_published", "resolved", "reopened", "csat", "approved", "customer"];
    let mut dice = Dice(seed ^ 0xfeed);
    let mut items: Vec<(String, i64)> = Vec::new();
    for topic in outputs.counts().keys().filter(|topic| topic.starts_with("routed.")) {
        for value in outputs.values(topic).iter().filter(|value| value["type"] == "groundswell.item.v1") {
            let at: Timestamp = serde_json::from_value(value["mention"]["created_at"].clone()).unwrap();
            items.push((value["item_id"].as_str().unwrap().to_owned(), at.as_seconds()));
        }
    }
    items.sort();
    let of_alert = |value: &Value| {
        let at: Timestamp = serde_json::from_value(value["at"].clone()).unwrap();
        (value["alert_id"].as_str().unwrap().to_owned(), at.as_seconds())
    };
    let mut about: Vec<(String, i64)> = items.into_iter().filter(|_| dice.once_in(4)).collect();
    about.extend(outputs.values("alerts").iter().map(of_alert));
    let mut said: Vec<Saying> = Vec::new();
    for (number, (about, at)) in about.iter().enumerate() {
        for round in 0..=dice.roll(3) {
            let at = at + i64::try_from(5 + dice.roll(4_000)).unwrap();
            let text = json!({"type": "groundswell.feedback.v1", "feedback_id": format!("f{number}-{round}"), "about": about,
                "kind": *dice.pick(&KINDS), "value": "v", "by": "ana",
                "at": Timestamp::clamped(at * 1_000_000).to_string()});
            let mut value = text.to_string().into_bytes();
            if dice.once_in(12) {
                value.truncate(value.len() / 2);
            }
            let after = times.partition_point(|time| *time < at);
            let saying = Saying { after, key: about.clone().into_bytes(), value };
            said.extend(std::iter::repeat_n(saying, if dice.once_in(6) { 2 } else { 1 }));
        }
    }
    for (number, at) in (START..times.last().copied().unwrap_or(START)).step_by(SAID_EVERY).enumerate() {
        let value = json!({"type": "groundswell.feedback.v1", "feedback_id": format!("n{number}"), "about": "nobody",
            "kind": "csat", "value": 5, "by": "", "at": Timestamp::clamped(at * 1_000_000).to_string()});
        let (key, value) = (number.to_string().into_bytes(), value.to_string().into_bytes());
        said.push(Saying { after: times.partition_point(|time| *time < at), key, value });
    }
    said.sort_by_key(|saying| saying.after);
    said
}

/// When each record is there, seconds: the latest time of it and those before.
fn times(input: &[RawRecord]) -> Vec<i64> {
    let created = |record: &RawRecord| {
        let items = normalize(Some(record.platform), &record.value).into_iter();
        let times = items.filter_map(|item| match item {
            Ok(Normalized::Mention(mention)) => mention.created_at.map(Timestamp::as_seconds),
            Ok(Normalized::NotContent(_)) | Err(_) => None,
        });
        times.max().unwrap_or(START)
    };
    let running = input.iter().scan(START, |latest, record| {
        *latest = created(record).max(*latest);
        Some(*latest)
    });
    running.collect()
}

/// What one plain run makes of the input, the second part by the other pack.
fn plain(first: &[RawRecord], second: &[RawRecord], said: &[Saying], feedback_partitions: i32) -> (Outputs, Outcomes) {
    let layout = Layout {
        members: members(),
        raw_partitions: RAW_PARTITIONS,
        signals_partitions: 16,
        duplicate_window_records: DUPLICATE_WINDOW,
    };
    let [pack, other] = packs();
    let wall = || Timestamp::clamped(0);
    let clock = ClockPolicy::Data;
    let mut pipeline = LocalPipeline::hearing(&layout, feedback_partitions, pack, Model::shipped(), clock, wall);
    let cut = said.partition_point(|saying| second.is_empty() || saying.after < first.len());
    let words = |said: &[Saying]| said.iter().map(|saying| (saying.key.clone(), saying.value.clone())).collect();
    // the first round only brings the assignment
    pipeline.feed(Vec::new()).unwrap();
    if !said.is_empty() {
        pipeline.say(words(&said[..cut])).unwrap();
    }
    pipeline.feed(first.to_vec()).unwrap();
    if !second.is_empty() {
        pipeline.set_pack(&other);
        pipeline.say(words(&said[cut..])).unwrap();
        pipeline.feed(second.to_vec()).unwrap();
    }
    pipeline.finish().unwrap();
    let mut outputs = Outputs::new("social.");
    for (topic, records) in pipeline.take_outputs() {
        records.into_iter().for_each(|r| outputs.add(&topic, r.key, r.value, r.headers));
    }
    (outputs, pipeline.counts().0)
}

/// What new workers of both roles are made of.
#[derive(Clone)]
struct Making {
    topics: Topics,
    raw: Vec<TopicPartition>,
    signals_partitions: i32,
    snapshots: bool,
    clock: ClockPolicy,
    pack: Arc<Pack>,
}

impl Making {
    fn triage(&self, dice: &mut Dice) -> (TriageStage, Limits) {
        let settings = TriageSettings {
            topics: self.topics.clone(),
            members: self.raw.clone(),
            signals_partitions: self.signals_partitions,
            duplicate_window_records: DUPLICATE_WINDOW,
            clock: self.clock,
            redact: Default::default(),
        };
        (TriageStage::new(settings, Arc::clone(&self.pack), Model::shipped()), limits(dice))
    }

    fn watch(&self, dice: &mut Dice) -> (WatchStage, Limits) {
        let every = if dice.once_in(2) { Duration::ZERO } else { HOUR };
        let snapshot_every = self.snapshots.then_some(every);
        let small = UndoLimits { keys_max: 3, bytes_max: 1 << 16 };
        let undo = if dice.once_in(3) { small } else { UndoLimits::default() };
        let settings = WatchSettings { topics: self.topics.clone(), snapshot_every, undo };
        (WatchStage::new(settings, Arc::clone(&self.pack)), limits(dice))
    }
}

/// Bounds of some transaction; one in three workers keeps it open for as long as it has room.
fn limits(dice: &mut Dice) -> Limits {
    let most = *dice.pick(&[1, 10, 300]);
    let records_max = usize::try_from(1 + dice.roll(most)).unwrap();
    let interval = if dice.once_in(3) { HOUR } else { Duration::ZERO };
    Limits { records_max, bytes_max: 1 << 24, interval, poll: Duration::ZERO }
}

/// A cluster, its workers, and the dice that decide what happens next.
struct World {
    dice: Dice,
    cluster: LocalCluster,
    making: Making,
    changes_pack: bool,
    triage: Members<TriageStage>,
    watch: Members<WatchStage>,
}

impl World {
    fn new(seed: u64) -> Self {
        let (mut dice, cluster, topics) = (Dice(seed), LocalCluster::default(), Topics::new("tenant."));
        let signals_partitions = *dice.pick(&[1, 3, 16]);
        create_topics(&cluster, &topics, signals_partitions);
        let says = (0..FEEDBACK_PARTITIONS).map(|n| TopicPartition::new(topics.feedback.clone(), n));
        let members = members();
        let raw = members.iter().map(|(platform, n)| TopicPartition::new(topics.raw(*platform), *n));
        let raw: Vec<TopicPartition> = raw.chain(says).collect();
        let signals = (0..signals_partitions).map(|n| TopicPartition::new(topics.signals.clone(), n)).collect();
        let snapshots = !dice.once_in(4);
        // without snapshots a restore reads all signals, by whichever pack there is
        let changes_pack = snapshots && dice.once_in(3);
        let odds = Odds { aborted: *dice.pick(&[0, 4, 20]), unknown: *dice.pick(&[0, 0, 30]) };
        let clock = ClockPolicy::Data;
        let [pack, _] = packs();
        let making = Making { topics, raw: raw.clone(), signals_partitions, snapshots, clock, pack };
        let triage = Members::new("triage", &cluster, raw, odds);
        let watch = Members::new("watch", &cluster, signals, odds);
        let mut world = Self { dice, cluster, making, changes_pack, triage, watch };
        world.triage.start(&mut world.dice, &mut |dice| world.making.triage(dice));
        world.watch.start(&mut world.dice, &mut |dice| world.making.watch(dice));
        world
    }

    fn feed(&mut self, input: &[RawRecord], mut said: &[Saying]) -> Result<(), String> {
        let (mut rest, chunk_max) = (input, *self.dice.pick(&[3, 40, 500]));
        let mut fed = said.first().map_or(0, |saying| saying.after);
        while !rest.is_empty() {
            let length = usize::try_from(1 + self.dice.roll(chunk_max)).unwrap().min(rest.len());
            let (chunk, later) = rest.split_at(length);
            self.append(chunk);
            rest = later;
            // who answers is early or late, as it comes: only the order within a partition counts
            fed += length;
            let now = if later.is_empty() { said.len() } else { said.partition_point(|saying| saying.after < fed) };
            let (words, others) = said.split_at(now);
            self.say(words);
            said = others;
            for _ in 0..self.dice.roll(6) {
                self.step()?;
            }
        }
        Ok(())
    }

    fn append(&self, records: &[RawRecord]) {
        let output = |record: &RawRecord| Output {
            topic: self.making.topics.raw(record.platform),
            place: Place::Hashed(record.key.clone()),
            key: Some(record.key.clone()),
            value: Some(record.value.clone()),
            headers: Vec::new(),
        };
        self.cluster.append(records.iter().map(output).collect()).unwrap();
    }

    fn say(&self, said: &[Saying]) {
        let output = |saying: &Saying| Output {
            topic: self.making.topics.feedback.clone(),
            place: Place::Hashed(saying.key.clone()),
            key: Some(saying.key.clone()),
            value: Some(saying.value.clone()),
            headers: Vec::new(),
        };
        self.cluster.append(said.iter().map(output).collect()).unwrap();
    }

    /// Somebody has a turn, or dies, or hands over.
    fn step(&mut self) -> Result<(), String> {
        let Self { dice, making, triage, watch, .. } = self;
        let mut make_triage = |dice: &mut Dice| making.triage(dice);
        let mut make_watch = |dice: &mut Dice| making.watch(dice);
        triage.replace(dice, &mut make_triage);
        watch.replace(dice, &mut make_watch);
        let who = usize::try_from(dice.roll((triage.len() + watch.len()) as u64)).unwrap();
        let in_watch = who.checked_sub(triage.len());
        match (dice.roll(60), in_watch) {
            (0, None) => triage.start(dice, &mut make_triage),
            (0, Some(_)) => watch.start(dice, &mut make_watch),
            (1, None) => triage.kill(who, dice, &mut make_triage),
            (1, Some(who)) => watch.kill(who, dice, &mut make_watch),
            (2 | 3, None) => triage.hand_over(dice)?,
            (2 | 3, Some(_)) => watch.hand_over(dice)?,
            (_, None) => drop(triage.turn(who)?),
            (_, Some(who)) => drop(watch.turn(who)?),
        }
        Ok(())
    }

    /// Everybody works until nothing happens any more.
    fn settle(&mut self) -> Result<(), String> {
        let Self { dice, making, triage, watch, .. } = self;
        loop {
            let decided = triage.settle(dice, &mut |dice| making.triage(dice))?;
            let watched = watch.settle(dice, &mut |dice| making.watch(dice))?;
            if !decided && !watched {
                return Ok(());
            }
        }
    }

    /// What was fed is decided by the pack there was; the rest by the other one.
    fn change_pack(&mut self) -> Result<(), String> {
        self.settle()?;
        let [_, pack] = packs();
        self.making.pack = Arc::clone(&pack);
        self.triage.stages().for_each(|stage| stage.set_pack(Arc::clone(&pack)));
        self.watch.stages().for_each(|stage| stage.set_pack(Arc::clone(&pack)));
        Ok(())
    }

    /// The input has ended.
    fn finish(&mut self) -> Result<(), String> {
        if self.dice.once_in(2) {
            self.making.clock = ClockPolicy::UntilEnd;
            self.triage.start(&mut self.dice, &mut |dice| self.making.triage(dice));
        } else {
            // the end of a partition is told of what was there: all of it must have been read before
            self.settle()?;
            self.making.clock = ClockPolicy::UntilEnd;
            self.triage.stages().for_each(|stage| stage.set_clock(ClockPolicy::UntilEnd));
        }
        for _ in 0..40 {
            self.step()?;
        }
        self.settle()?;
        let decided = self.triage.stages().all(|stage| stage.is_done());
        let watched = self.watch.stages().all(|stage| stage.is_done());
        if decided && watched {
            return Ok(());
        }
        let mut words = format!("all decided: {decided}, all watched: {watched}");
        for owner in self.triage.owners().into_iter().chain(self.watch.owners()) {
            words.push_str("\n  ");
            words.push_str(&owner);
        }
        for (source, committed) in self.triage.stages().flat_map(|stage| stage.committed_counts()) {
            let high = self.cluster.worker("look", Vec::new()).bounds(&source).map(|bounds| bounds.high);
            words.push_str(&format!("\n  {source}: {} of {high:?}, at {:?}", committed.next, committed.reached));
        }
        Err(words)
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

    fn outcomes(&mut self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let counts = self.triage.stages().flat_map(|stage| stage.committed_counts());
        counts.for_each(|(_, committed)| outcomes.merge(&committed.outcomes));
        outcomes
    }
}

fn create_topics(cluster: &LocalCluster, topics: &Topics, signals_partitions: i32) {
    PLATFORMS.iter().for_each(|platform| cluster.create(&topics.raw(*platform), RAW_PARTITIONS));
    cluster.create(&topics.feedback, FEEDBACK_PARTITIONS);
    cluster.create(&topics.signals, signals_partitions);
    cluster.create(&topics.state, signals_partitions);
    for topic in [&topics.mentions, &topics.alerts, &topics.dead_letter, &topics.clock, &topics.cases, &topics.voice] {
        cluster.create(topic, 3);
    }
    packs().iter().flat_map(|pack| pack.topics()).for_each(|team| cluster.create(&topics.routed(&team), 3));
}
