//! Time is data, on the local log: ticks and their replay, partitions that are silent, behind, added or in the way,
//! wrong dates, records over every limit, restores at any offset, and aborted transactions.
#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "support/equality.rs"]
mod equality;
#[path = "support/synthetic.rs"]
mod synthetic;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use equality::{Outputs, assert_equal};
use groundswell::alert::AlertState;
use groundswell::log::local::{End, LocalCluster, LocalLog};
use groundswell::log::{
    Bounds, Commit, Committed, Event, Log, LogError, Output, Place, Progress, Record, Settled, TopicPartition,
};
use groundswell::mention::{Platform, Timestamp};
use groundswell::pipeline::{Signal, UndoLimits, WatchState, watch};
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord, Ticks};
use groundswell::service::triage::{ClockPolicy, TriageSettings, TriageStage};
use groundswell::service::watch::{WatchSettings, WatchStage};
use groundswell::service::worker::{Limits, Stage, Worker};
use groundswell::wire::{Tick, Topics, decode_signal, state_hash};
use serde_json::json;
use synthetic::afternoon;

const LIVE: ClockPolicy = ClockPolicy::Live { tick_after: Duration::ZERO };
/// A Tuesday, 13:00 UTC: where the synthetic afternoon begins.
const START: i64 = 1_767_704_400;
const WINDOW: u64 = 40;

thread_local! {
    static WALL: Cell<i64> = const { Cell::new(0) };
}

/// The wall clock, moved by the test.
fn wall() -> Timestamp {
    Timestamp::clamped(WALL.get() * 1_000_000)
}

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    let load = || Arc::new(rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean"));
    Arc::clone(PACK.get_or_init(load))
}

fn layout(platforms: &[Platform]) -> Layout {
    Layout {
        members: platforms.iter().map(|platform| (*platform, 0)).collect(),
        raw_partitions: 1,
        signals_partitions: 3,
        duplicate_window_records: WINDOW,
    }
}

const ALL: [Platform; 4] = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];

/// A post on X.
fn post(number: u64, at: i64, text: &str) -> RawRecord {
    let (id, created) = ((90_000_000 + number).to_string(), Timestamp::clamped(at * 1_000_000).to_string());
    let value = json!({"data": {"id": id, "text": text, "author_id": "7", "conversation_id": id, "lang": "en",
        "created_at": created, "edit_history_tweet_ids": [id]}});
    RawRecord { platform: Platform::X, key: id.into_bytes(), value: value.to_string().into_bytes() }
}

fn take(pipeline: &LocalPipeline, outputs: &mut Outputs, ticks: &mut Ticks) {
    for (topic, records) in pipeline.take_outputs() {
        for record in records {
            if topic == "social.clock" {
                let tick: Tick = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
                let topic = tick.source.strip_suffix("/0").unwrap();
                let platform = Topics::new("social.").platform(topic).unwrap();
                ticks.entry((platform, 0)).or_default().entry(tick.before_offset).or_default().push(tick.at);
            }
            outputs.add(&topic, record.key, record.value, record.headers);
        }
    }
}

/// When a record of the afternoon was posted, seconds.
fn posted_at(record: &RawRecord, before: i64) -> i64 {
    let text = String::from_utf8_lossy(&record.value);
    let found = text.split("2026-01-06T").nth(1).and_then(|rest| rest.get(..8)).and_then(|clock| {
        let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
        Some(parts.next()?? * 3_600 + parts.next()?? * 60 + parts.next()??)
    });
    found.map_or(before, |seconds| (START - START.rem_euclid(86_400) + seconds).max(before))
}

#[test]
fn a_live_run_equals_its_replay_with_the_recorded_ticks() {
    let mut live = LocalPipeline::with_clock(&layout(&ALL), pack(), Model::shipped(), LIVE, wall);
    let (mut outputs, mut ticks, mut now) = (Outputs::new("social."), Ticks::new(), START);
    let input = afternoon(3);
    let mut fed = Vec::new();
    for chunk in input.chunks(40) {
        let mut records = Vec::new();
        for record in chunk {
            now = posted_at(record, now);
            // reddit is silent for an hour, then back
            if record.platform != Platform::Reddit || !(START + 7_200..START + 10_800).contains(&now) {
                records.push(record.clone());
            }
        }
        WALL.set(now + 15);
        fed.extend(records.clone());
        live.feed(records).unwrap();
        take(&live, &mut outputs, &mut ticks);
    }
    live.finish().unwrap();
    take(&live, &mut outputs, &mut ticks);
    let of_reddit: usize = ticks[&(Platform::Reddit, 0)].values().map(Vec::len).max().unwrap();
    assert!(of_reddit > 5, "the silent partition ticked at one offset: {of_reddit}");
    let opened = outputs.values("alerts").iter().filter(|event| event["state"] == "opened").count();
    assert!(opened > 0, "{:?}", outputs.counts());

    let replay = |ticks: Ticks| {
        let mut pipeline = LocalPipeline::new(&layout(&ALL), pack(), Model::shipped());
        pipeline.set_recorded_ticks(ticks);
        let (mut outputs, mut again) = (Outputs::new("social."), Ticks::new());
        for chunk in fed.chunks(333) {
            pipeline.feed(chunk.to_vec()).unwrap();
            take(&pipeline, &mut outputs, &mut again);
        }
        pipeline.finish().unwrap();
        take(&pipeline, &mut outputs, &mut again);
        (outputs, again)
    };
    let (replayed, again) = replay(ticks.clone());
    assert_equal(&outputs, &replayed, "replay with ticks");
    assert_eq!(again, ticks, "the ticks of a replay are those it was given");
    let (without, _) = replay(Ticks::new());
    assert!(
        !equality::differences(&outputs, &without).is_empty(),
        "without ticks it must differ: else this proves nothing"
    );
}

/// A log whose offsets have gaps, as control records leave them.
struct Gappy {
    records: Vec<Record>,
    committed: Option<Committed>,
}

impl Log for Gappy {
    fn poll(&mut self, _: usize, _: Duration) -> Result<Vec<Event>, LogError> {
        Ok(Vec::new())
    }
    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        Ok(vec![self.committed.clone(); sources.len()])
    }
    fn start(&mut self, _: &TopicPartition, _: i64) -> Result<(), LogError> {
        Ok(())
    }
    fn pause(&mut self, _: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        Ok(())
    }
    fn release(&mut self, _: &[TopicPartition]) -> Result<(), LogError> {
        Ok(())
    }
    fn bounds(&mut self, _: &TopicPartition) -> Result<Bounds, LogError> {
        Ok(Bounds { low: 0, high: self.records.last().map_or(0, |record| record.offset + 1) })
    }
    fn read(&mut self, _: &TopicPartition, from: i64, to: i64, each: &mut dyn FnMut(Record)) -> Result<(), LogError> {
        self.records.iter().filter(|record| (from..to).contains(&record.offset)).cloned().for_each(each);
        Ok(())
    }
    fn partitions(&mut self, _: &str) -> Result<i32, LogError> {
        Ok(1)
    }
    fn commit(&mut self, _: Vec<Output>, _: Vec<Progress>) -> Result<Commit, LogError> {
        Ok(Commit::Aborted)
    }
    fn settle(&mut self, _: &[Progress]) -> Result<Vec<Settled>, LogError> {
        Ok(Vec::new())
    }
}

fn triage_stage(topics: &Topics, members: Vec<TopicPartition>, signals_partitions: i32) -> TriageStage {
    let settings = TriageSettings {
        topics: topics.clone(),
        members,
        signals_partitions,
        duplicate_window_records: WINDOW,
        clock: ClockPolicy::Data,
        redact: Default::default(),
    };
    TriageStage::new(settings, pack(), Model::shipped())
}

#[test]
fn restored_at_any_offset_it_decides_as_if_it_had_run_on() {
    let topics = Topics::new("social.");
    let source = TopicPartition::new(topics.raw(Platform::X), 0);
    // the same posts come again and again, within the window of 40 records and beyond it
    let at = |number: u64| START + i64::try_from(number).unwrap();
    let records: Vec<Record> = (0..160u64)
        .map(|number| {
            let which = (number * number + number / 7) % 61;
            let RawRecord { key, value, .. } = post(which, at(which), "Nimbus is down");
            let gaps = i64::try_from(number / 5 + (number / 31) * 9).unwrap();
            let offset = i64::try_from(number).unwrap() + gaps;
            Record {
                source: source.clone(),
                offset,
                key: Some(key),
                value: Some(value),
                headers: Vec::new(),
                appended_at_ms: None,
            }
        })
        .collect();
    let run = |from: usize, committed: Option<Committed>| {
        let mut log = Gappy { records: records.clone(), committed };
        let mut stage = triage_stage(&topics, vec![source.clone()], 1);
        let committed = log.committed(std::slice::from_ref(&source)).unwrap().remove(0);
        stage.restore(&mut log, &source, committed.as_ref()).unwrap();
        let mut commits = Vec::new();
        for record in &records[from..] {
            stage.apply(record.clone()).unwrap();
            let Progress { next, metadata, .. } = stage.seal().unwrap().progress.remove(0);
            stage.landed();
            commits.push(Committed { next, metadata });
        }
        commits
    };
    let whole = run(0, None);
    let last: serde_json::Value = serde_json::from_str(&whole.last().unwrap().metadata).unwrap();
    let duplicates = last["outcomes"][2].as_u64().unwrap();
    assert!((20..140).contains(&duplicates), "some stand in the window, some do not: {duplicates}");
    for cut in (0..records.len() - 1).step_by(3) {
        let again = run(cut + 1, Some(whole[cut].clone()));
        assert_eq!(again, whole[cut + 1..], "restored after record {cut}");
    }
}

/// A cluster with the raw topics of these platforms and every output topic.
fn cluster(topics: &Topics, platforms: &[Platform], signals_partitions: i32) -> LocalCluster {
    let cluster = LocalCluster::default();
    platforms.iter().for_each(|platform| cluster.create(&topics.raw(*platform), 1));
    cluster.create(&topics.signals, signals_partitions);
    for topic in [
        &topics.mentions,
        &topics.alerts,
        &topics.dead_letter,
        &topics.clock,
        &topics.state,
        &topics.cases,
        &topics.voice,
    ] {
        cluster.create(topic, 1);
    }
    pack().topics().iter().for_each(|team| cluster.create(&topics.routed(team), 1));
    cluster
}

fn append(cluster: &LocalCluster, topics: &Topics, records: Vec<RawRecord>) {
    let output = |record: RawRecord| Output {
        topic: topics.raw(record.platform),
        place: Place::Hashed(record.key.clone()),
        key: Some(record.key),
        value: Some(record.value),
        headers: Vec::new(),
    };
    cluster.append(records.into_iter().map(output).collect()).unwrap();
}

const AT_ONCE: Limits = Limits { records_max: 50, bytes_max: 1 << 24, interval: Duration::ZERO, poll: Duration::ZERO };

#[test]
fn an_aborted_transaction_moves_no_counter_and_is_read_again_once() {
    let topics = Topics::new("social.");
    let source = TopicPartition::new(topics.raw(Platform::X), 0);
    let cluster = cluster(&topics, &[Platform::X], 1);
    let log = cluster.worker("triage", vec![source.clone()]);
    let mut worker = Worker::new(triage_stage(&topics, vec![source], 1), log, AT_ONCE, wall);
    let feed = |worker: &mut Worker<TriageStage, LocalLog>, from: u64| {
        let broken = RawRecord { value: b"{".to_vec(), ..post(0, START, "") };
        let posts = (from..from + 9).map(|number| post(number, START + 5, "Nimbus is down, nothing works"));
        append(&cluster, &topics, posts.chain([broken]).collect());
        worker.turn().unwrap()
    };
    worker.turn().unwrap();
    feed(&mut worker, 0);
    let before = worker.stage().committed_counts();
    assert_eq!(before[0].1.outcomes.total(), 10);
    worker.stage_mut().take_landed();
    worker.log_mut().end_next(End::Aborted);
    let turn = feed(&mut worker, 100);
    assert_eq!(turn.ended.first().map(|ended| ended.commit), Some(Commit::Aborted), "something was aborted");
    assert_eq!(worker.stage().committed_counts(), before, "no counter moved");
    let landed = worker.stage_mut().take_landed();
    assert!(landed.dead.is_empty() && landed.event_times.is_empty(), "{landed:?}");
    worker.turn().unwrap();
    let after = &worker.stage().committed_counts()[0].1;
    assert_eq!((after.outcomes.total(), after.dead_letters["truncated"]), (20, 2), "read again, counted once");
    assert_eq!(worker.stage_mut().take_landed().dead.len(), 1);
}

/// What watch knows after the signals of partition 0, and the most buckets that waited at once.
fn hear(cluster: &LocalCluster, topics: &Topics, state: &mut WatchState) -> (Vec<Signal>, usize) {
    let (mut signals, mut most) = (Vec::new(), 0);
    for record in cluster.drain(&topics.signals) {
        let signal = decode_signal(record.value.as_deref().unwrap()).unwrap();
        signals.push(signal.clone());
        drop(watch(signal, state, &pack()));
        let buckets: BTreeSet<i64> = state.pending().keys().map(|(log, _)| log.0).collect();
        most = most.max(buckets.len());
    }
    (signals, most)
}

#[test]
fn a_partition_a_day_behind_is_read_first_and_what_waits_in_watch_is_bounded() {
    let topics = Topics::new("social.");
    let raw = topics.raw(Platform::X);
    let cluster = cluster(&topics, &[Platform::X], 1);
    cluster.grow(&raw, 2);
    // partition 1 is a day behind partition 0, which the log would hand out first
    let put = |partition: i32, number: u64, at: i64| {
        let record = post(number, at, "the Nimbus dashboard looks nice");
        let place = Place::Exact(partition);
        Output { topic: raw.clone(), place, key: Some(record.key), value: Some(record.value), headers: Vec::new() }
    };
    let of_partition = |partition: i32, from: i64| {
        (0..1_000).map(move |number: i64| (partition, from + number * 30, 1_000 * i64::from(partition) + number))
    };
    let all = of_partition(0, START + 86_400).chain(of_partition(1, START));
    let all = all.map(|(partition, at, number)| put(partition, u64::try_from(number).unwrap(), at)).collect();
    cluster.append(all).unwrap();
    WALL.set(START + 2 * 86_400);
    let sources = vec![TopicPartition::new(raw.clone(), 0), TopicPartition::new(raw.clone(), 1)];
    let mut stage = triage_stage(&topics, sources.clone(), 1);
    stage.set_clock(LIVE);
    let limits = Limits { records_max: 20, ..AT_ONCE };
    let mut worker = Worker::new(stage, cluster.worker("triage", sources), limits, wall);
    let (mut state, mut most, mut turns, mut read) = (WatchState::default(), 0, 0, 0);
    while read < 2_000 {
        worker.turn().unwrap();
        most = most.max(hear(&cluster, &topics, &mut state).1);
        turns += 1;
        read = worker.stage().committed_counts().iter().map(|(_, counts)| counts.outcomes.total()).sum();
        assert!(turns < 2_000, "it does not come to its end: {read} of 2000");
    }
    // five minutes are 30 buckets; a transaction of 20 records adds at most 20 to either side
    assert!((10..=30 + 2 * 20).contains(&most), "at most {most} buckets waited");
}

#[test]
fn a_partition_added_while_running_joins_by_a_record() {
    let topics = Topics::new("social.");
    let raw = topics.raw(Platform::X);
    let cluster = cluster(&topics, &[Platform::X], 1);
    let first = TopicPartition::new(raw.clone(), 0);
    let stage = triage_stage(&topics, vec![first.clone()], 1).following_topics();
    let mut worker = Worker::new(stage, cluster.worker("triage", vec![first]), AT_ONCE, wall);
    let put = |partition: i32, record: RawRecord| {
        let output = Output {
            topic: raw.clone(),
            place: Place::Exact(partition),
            key: Some(record.key),
            value: Some(record.value),
            headers: Vec::new(),
        };
        cluster.append(vec![output]).unwrap();
    };
    let say = |number: u64, at: i64| post(number, at, "the Nimbus dashboard looks nice");
    let mut state = WatchState::default();
    let mut signals = Vec::new();
    let mut turn = |worker: &mut Worker<TriageStage, LocalLog>, state: &mut WatchState| {
        (0..3).for_each(|_| drop(worker.turn().unwrap()));
        signals.extend(hear(&cluster, &topics, state).0);
    };
    (0..4).for_each(|number| put(0, say(number, START + 60)));
    put(0, say(4, START + 120));
    turn(&mut worker, &mut state);
    let closed = state.closed.expect("one partition: its buckets close");
    cluster.grow(&raw, 2);
    // the second partition exists; nobody has it yet
    put(0, say(5, START + 180));
    turn(&mut worker, &mut state);
    put(0, say(6, START + 240));
    turn(&mut worker, &mut state);
    let held = state.closed.unwrap();
    assert!(closed <= held && held.end().as_seconds() <= START + 180, "it is waited for since it was stated: {held:?}");
    let second = TopicPartition::new(raw.clone(), 1);
    (10..14).for_each(|number| put(1, say(number, START + 230)));
    let stage = triage_stage(&topics, vec![TopicPartition::new(raw.clone(), 0), second.clone()], 1);
    let mut other = Worker::new(stage, cluster.worker("triage", vec![second]), AT_ONCE, wall);
    turn(&mut other, &mut state);
    assert!(state.closed.unwrap() > held, "and closes with its clock");
    let again = || {
        let mut state = WatchState::default();
        signals.iter().for_each(|signal| drop(watch(signal.clone(), &mut state, &pack())));
        state
    };
    assert_eq!(state_hash(&again()).unwrap(), state_hash(&state).unwrap(), "the same signals, the same state");
    let stated = signals.iter().filter(|signal| matches!(signal, Signal::Members { .. })).count();
    assert_eq!(stated, 2, "once at the start, once when it was added");
}

#[test]
fn a_partition_that_holds_everyone_back_is_excluded_by_a_record_and_returns_by_one() {
    let topics = Topics::new("social.");
    let cluster = cluster(&topics, &ALL, 2);
    let all: Vec<TopicPartition> = ALL.iter().map(|platform| TopicPartition::new(topics.raw(*platform), 0)).collect();
    let stage = |all: &[TopicPartition]| {
        let mut stage = triage_stage(&topics, all.to_vec(), 2);
        stage.set_clock(LIVE);
        stage
    };
    // nobody reads X
    let (dead, heard): (Vec<_>, Vec<_>) =
        all.iter().cloned().partition(|source| source.topic == topics.raw(Platform::X));
    let mut triage = Worker::new(stage(&all), cluster.worker("triage", heard), AT_ONCE, wall);
    let signals: Vec<TopicPartition> = (0..2).map(|n| TopicPartition::new(topics.signals.clone(), n)).collect();
    let settings = WatchSettings { topics: topics.clone(), snapshot_every: None, undo: UndoLimits::default() };
    let patient = WatchStage::new(settings, pack()).excluding_after(Duration::from_secs(300), 2);
    let mut watcher = Worker::new(patient, cluster.worker("watch", signals.clone()), AT_ONCE, wall);
    let (input, mut now, mut proposed) = (afternoon(3), START, Vec::new());
    let mut settle = |triage: &mut Worker<TriageStage, LocalLog>| {
        for _ in 0..6 {
            triage.turn().unwrap();
            watcher.turn().unwrap();
            proposed.extend(watcher.stage_mut().take_proposed());
        }
        (watcher.stage_mut().take_alerts(), proposed.clone())
    };
    let mut alerts = Vec::new();
    for chunk in input.chunks(40) {
        now = chunk.iter().fold(now, |now, record| posted_at(record, now));
        WALL.set(now + 15);
        append(&cluster, &topics, chunk.to_vec());
        alerts.extend(settle(&mut triage).0);
    }
    let opened = alerts.iter().find(|alert| alert.state == AlertState::Opened).expect("an alert opens without X");
    assert_eq!(opened.incomplete, Some(vec!["raw.x/0".to_owned()]));
    let (_, said) = settle(&mut triage);
    assert!(said.iter().all(|one| one.excluded && one.source == "raw.x/0") && !said.is_empty(), "{said:?}");
    // somebody reads it at last
    let mut late = Worker::new(stage(&all), cluster.worker("triage", dead), AT_ONCE, wall);
    for minute in 0..200 {
        WALL.set(now + 15 + minute);
        settle(&mut late);
        triage.turn().unwrap();
    }
    let (_, said) = settle(&mut triage);
    assert!(!said.last().unwrap().excluded, "it has caught up: {said:?}");
    for signals in &signals {
        let mut words = Vec::new();
        let bounds = cluster.worker("look", Vec::new()).bounds(signals).unwrap();
        let mut each = |record: Record| words.push(decode_signal(record.value.as_deref().unwrap()).unwrap());
        cluster.worker("look", Vec::new()).read(signals, bounds.low, bounds.high, &mut each).unwrap();
        let count = |is: bool| {
            words.iter().filter(|word| matches!(word, Signal::Exclusion { excluded, .. } if *excluded == is)).count()
        };
        assert!(count(true) >= 1 && count(false) >= 1, "every signals partition is told: {signals}");
        let again = || {
            let mut state = WatchState::default();
            let verdicts: Vec<_> = words.iter().flat_map(|word| watch(word.clone(), &mut state, &pack())).collect();
            (verdicts, state_hash(&state).unwrap())
        };
        assert_eq!(again(), again(), "the same signals give the same");
    }
}

/// What a plain run over data makes of these records.
fn run_plain(records: &[RawRecord]) -> (Outputs, BTreeMap<String, u64>) {
    let mut pipeline = LocalPipeline::new(&layout(&ALL), pack(), Model::shipped());
    pipeline.feed(records.to_vec()).unwrap();
    pipeline.finish().unwrap();
    let mut outputs = Outputs::new("social.");
    take(&pipeline, &mut outputs, &mut Ticks::new());
    (outputs, pipeline.counts().1)
}

#[test]
fn wrong_dates_twice_and_in_disorder_move_no_alert() {
    let input = afternoon(5);
    let (expected, _) = run_plain(&input);
    let alerts = |outputs: &Outputs| {
        let events = outputs.values("alerts").into_iter();
        events.map(|event| (event["state"].clone(), event["onset"].clone(), event["at"].clone())).collect::<Vec<_>>()
    };
    assert!(!alerts(&expected).is_empty());
    // two of each wrong kind in any 64 records: a clock believes the third
    let (past, future) = (86_400, START + 315_360_000);
    let mut wrong = Vec::new();
    for (index, record) in input.iter().enumerate() {
        wrong.push(record.clone());
        let number = index as u64;
        match index % 400 {
            100 => wrong.push(post(number, past, "bread and butter, of 1970")),
            101 => wrong.push(post(number, future, "bread and butter, in ten years")),
            102 => wrong.push(wrong[wrong.len() - 2].clone()),
            _ => {}
        }
    }
    assert!(wrong.len() > input.len() + 9);
    let (outputs, _) = run_plain(&wrong);
    assert_eq!(alerts(&outputs), alerts(&expected));
}

#[test]
fn a_record_over_every_limit_fails_no_transaction() {
    let topics = Topics::new("social.");
    let source = TopicPartition::new(topics.raw(Platform::X), 0);
    let cluster = cluster(&topics, &[Platform::X], 1);
    let headers: Vec<(String, Vec<u8>)> = (0..10_000).map(|number| (format!("h{number}"), vec![b'x'; 50])).collect();
    let long = post(1, START, &"Nimbus is down again, nothing loads. ".repeat(40_000));
    let broken = vec![b'{'; 2 << 20];
    for value in [long.value, broken] {
        let headers = headers.clone();
        let output = Output {
            topic: source.topic.clone(),
            place: Place::Exact(0),
            key: Some(vec![b'k'; 8]),
            value: Some(value),
            headers,
        };
        cluster.append(vec![output]).unwrap();
    }
    append(&cluster, &topics, vec![post(2, START, "Nimbus is down, nothing works")]);
    let log = cluster.worker("triage", vec![source.clone()]);
    let mut worker = Worker::new(triage_stage(&topics, vec![source], 1), log, AT_ONCE, wall);
    (0..3).for_each(|_| drop(worker.turn().unwrap()));
    let counts = &worker.stage().committed_counts()[0].1;
    assert_eq!((counts.next, counts.outcomes.total()), (3, 3), "the worker went on: {counts:?}");
    let mut written = 0;
    for topic in cluster.topics().iter().filter(|topic| topics.platform(topic).is_none()) {
        for record in cluster.drain(topic) {
            let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            let bytes = record.value.as_ref().map_or(0, Vec::len) + headers;
            assert!(bytes < 1 << 20, "{topic}: {bytes} bytes");
            written += 1;
        }
    }
    assert!(written >= 3, "{written}");
}
