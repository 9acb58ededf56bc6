//! A partition comes back as it was left, by the pack that decided, or not at all.

use super::rebuild;
use crate::detect::{Bucket, Partial};
use crate::log::local::{LocalCluster, LocalLog};
use crate::log::{Committed, Log as _, Output, Place, TopicPartition};
use crate::mention::Timestamp;
use crate::pipeline::{SourceClock, UndoLimits};
use crate::rules::{self, Pack};
use crate::service::watch::{WatchSettings, WatchStage};
use crate::service::worker::{Limits, StageError, Worker};
use crate::wire::STATE_FORMAT;
use crate::wire::{self, Baseline, BaselineError, Topics};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

fn pack(extra: &str) -> Arc<Pack> {
    let extra = [("watched".to_owned(), extra.to_owned())];
    Arc::new(rules::load(&rules::shipped(), &extra).expect("the shipped pack is clean"))
}

/// One signals partition, and everything watch writes to.
struct Bench {
    cluster: LocalCluster,
    topics: Topics,
    source: TopicPartition,
    kept: TopicPartition,
}

impl Bench {
    fn new() -> Self {
        let (cluster, topics) = (LocalCluster::default(), Topics::new("t."));
        for topic in [&topics.signals, &topics.state, &topics.alerts, &topics.cases, &topics.voice] {
            cluster.create(topic, 1);
        }
        let partition = |topic: &Arc<str>| TopicPartition::new(Arc::clone(topic), 0);
        let (source, kept) = (partition(&topics.signals), partition(&topics.state));
        Self { cluster, topics, source, kept }
    }

    fn worker(&self, pack: &Arc<Pack>, every: Duration) -> Worker<WatchStage, LocalLog> {
        let settings =
            WatchSettings { topics: self.topics.clone(), snapshot_every: Some(every), undo: UndoLimits::default() };
        let limits = Limits { records_max: 100, bytes_max: 1 << 20, interval: Duration::ZERO, poll: Duration::ZERO };
        let log = self.cluster.worker("watch", vec![self.source.clone()]);
        Worker::new(WatchStage::new(settings, Arc::clone(pack)), log, limits, || Timestamp::clamped(0))
    }

    /// A mention in each of these log buckets, and the clock after each; before the first, who is waited for.
    fn signals(&self, buckets: std::ops::Range<i64>) {
        let pack = rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean");
        let members = wire::members_record(&self.topics, 0, Bucket(buckets.start), vec!["r/0".into()]);
        self.cluster.append(vec![members.expect("has a binary form")]).expect("is there");
        for bucket in buckets {
            let partial = Partial { mentions: 1, ..Partial::default() };
            let at = Bucket(bucket);
            let clock = SourceClock { source: "r/0".into(), reached: Some(at), since: Some(Bucket(1)), ended: false };
            let records = [
                wire::partial_record(&self.topics, &pack, "q", (at, at), partial),
                wire::clocks_record(&self.topics, 0, vec![clock]),
            ];
            self.cluster.append(records.map(|record| record.expect("has a binary form")).to_vec()).expect("is there");
        }
    }

    /// Records of the state topic, with their keys as text.
    fn keys(&self) -> Vec<String> {
        let (mut log, mut keys) = (self.cluster.worker("look", Vec::new()), Vec::new());
        let high = log.bounds(&self.kept).expect("is there").high;
        let mut take = |record: crate::log::Record| {
            keys.push(String::from_utf8(record.key.unwrap_or_default()).expect("keys are text"));
        };
        log.read(&self.kept, 0, high, &mut take).expect("is there");
        keys
    }

    fn write_state(&self, key: &str, value: Option<Vec<u8>>) {
        let (topic, key) = (Arc::clone(&self.topics.state), Some(key.as_bytes().to_vec()));
        let output = Output { topic, place: Place::Exact(0), key, value, headers: Vec::new() };
        self.cluster.append(vec![output]).expect("is there");
    }

    fn refused(&self, pack: &Arc<Pack>) -> String {
        match self.worker(pack, HOUR).turn() {
            Err(error @ StageError::Unreadable { .. }) => error.to_string(),
            other => unreachable!("must be refused: {other:?}"),
        }
    }
}

fn settle(worker: &mut Worker<WatchStage, LocalLog>) {
    // the first turn after a start only brings the assignment
    worker.turn().expect("turns");
    while worker.turn().expect("turns").applied > 0 {}
    worker.commit().expect("commits");
}

fn snapshots(keys: &[String]) -> usize {
    keys.iter().filter(|key| *key == "header").count()
}

#[test]
fn history_is_replayed_by_the_pack_that_decided_it() {
    let (bench, one, two) = (Bench::new(), pack("nimbus"), pack("nimbus AND down"));
    bench.signals(1..20);
    let mut worker = bench.worker(&one, HOUR);
    settle(&mut worker);
    assert_eq!(snapshots(&bench.keys()), 1, "the first transaction carries one");
    bench.signals(20..40);
    settle(&mut worker);
    assert_eq!(snapshots(&bench.keys()), 1);
    let left = worker.stage().state_hash(&bench.source);
    drop(worker);
    // somebody else takes over, who has another pack only
    let mut worker = bench.worker(&two, HOUR);
    worker.turn().expect("restores by the pack that the snapshot carries");
    assert_eq!(worker.stage().state_hash(&bench.source), left);
    assert_eq!(worker.stage().digest(), two.digest);
    bench.signals(40..41);
    settle(&mut worker);
    let keys = bench.keys();
    assert_eq!(snapshots(&keys), 2, "the first transaction by another pack carries one");
    assert!(keys.contains(&format!("pack:{}", two.digest)), "with the pack: {keys:?}");
    let left = worker.stage().state_hash(&bench.source);
    drop(worker);
    let mut worker = bench.worker(&two, HOUR);
    worker.turn().expect("restores");
    assert_eq!(worker.stage().state_hash(&bench.source), left);
}

#[test]
fn a_change_of_pack_takes_a_snapshot_at_once() {
    let (bench, one, two) = (Bench::new(), pack("nimbus"), pack("nimbus AND down"));
    let mut worker = bench.worker(&one, HOUR);
    bench.signals(1..5);
    settle(&mut worker);
    worker.stage_mut().set_pack(Arc::clone(&two));
    settle(&mut worker);
    assert_eq!(snapshots(&bench.keys()), 1, "nothing was decided by the other pack yet");
    for (signals, expected) in [(5..6, 2), (6..7, 2)] {
        bench.signals(signals);
        settle(&mut worker);
        assert_eq!(snapshots(&bench.keys()), expected);
    }
}

#[test]
fn a_snapshot_that_cannot_be_used_is_refused_with_what_to_do() {
    let one = pack("nimbus");
    let ready = || {
        let bench = Bench::new();
        bench.signals(1..20);
        settle(&mut bench.worker(&one, Duration::ZERO));
        bench
    };
    let what_to_do = "kafka-delete-records";

    let bench = ready();
    bench.write_state("query:q", None);
    let refused = bench.refused(&one);
    assert!(refused.contains("not whole") && refused.contains(what_to_do), "{refused}");

    let bench = ready();
    bench.write_state("somebody", Some(b"else".to_vec()));
    assert!(bench.refused(&one).contains("not whole"));

    let bench = ready();
    bench.write_state("header", Some(vec![1, 0, 0]));
    let refused = bench.refused(&one);
    let formats = format!("format 1, this release reads {STATE_FORMAT}");
    assert!(refused.contains(&formats) && refused.contains(what_to_do), "{refused}");

    let bench = ready();
    let mut log = bench.cluster.worker("watch", Vec::new());
    let back = crate::log::Progress { source: bench.source.clone(), next: 3, metadata: String::new() };
    log.commit(Vec::new(), vec![back]).expect("commits");
    let refused = bench.refused(&one);
    assert!(refused.contains("up to offset 39, only 3 is committed"), "{refused}");

    let bench = Bench::new();
    bench.signals(1..5);
    let mut worker = bench.worker(&one, HOUR);
    settle(&mut worker);
    bench.signals(5..9);
    settle(&mut worker);
    bench.cluster.forget_before(&bench.source, 12);
    let refused = bench.refused(&one);
    assert!(refused.contains("from offset 9 on, which the snapshot needs, are gone"), "{refused}");
}

#[test]
fn who_was_stopped_while_restoring_starts_again() {
    let (bench, one) = (Bench::new(), pack("nimbus"));
    bench.signals(1..20);
    settle(&mut bench.worker(&one, Duration::ZERO));
    // what was committed when it asked; its successor has gone on since
    let stale = Committed { next: 3, metadata: String::new() };
    let settings =
        WatchSettings { topics: bench.topics.clone(), snapshot_every: Some(HOUR), undo: UndoLimits::default() };
    let mut log = bench.cluster.worker("watch", vec![bench.source.clone()]);
    let error = rebuild(&mut log, &bench.source, Some(&stale), &settings, &one, None).expect_err("it is behind");
    assert!(error.is_retriable(), "{error}");
}

/// What a bench has learned in these buckets.
fn history(pack: &Arc<Pack>, buckets: std::ops::Range<i64>) -> Baseline {
    let bench = Bench::new();
    bench.signals(buckets);
    let mut worker = bench.worker(pack, HOUR);
    settle(&mut worker);
    let written = worker.stage().baseline().expect("has a binary form").encode().expect("has a binary form");
    Baseline::decode(&written).expect("what is written is read back")
}

fn beginning(bench: &Bench, pack: &Arc<Pack>, baseline: &Baseline) -> Worker<WatchStage, LocalLog> {
    let mut worker = bench.worker(pack, HOUR);
    let stage = std::mem::replace(worker.stage_mut(), WatchStage::new(settings(bench), Arc::clone(pack)));
    *worker.stage_mut() = stage.beginning_with(Some(Arc::new(baseline.clone())));
    worker
}

fn settings(bench: &Bench) -> WatchSettings {
    WatchSettings { topics: bench.topics.clone(), snapshot_every: Some(HOUR), undo: UndoLimits::default() }
}

#[test]
fn a_deployment_begins_with_what_history_has_taught() {
    let (bench, one) = (Bench::new(), pack("nimbus"));
    let baseline = history(&one, 1..200);
    let learned = baseline.state(0, &one, UndoLimits::default()).expect("of this pack");
    assert!(learned.queries().contains_key("q") && learned.counted_to() == Some(Bucket(198)));
    // raw topics still hold the end of the history: it is not counted again
    bench.signals(150..199);
    let mut worker = beginning(&bench, &one, &baseline);
    worker.turn().expect("begins");
    let began = worker.stage().state_hash(&bench.source).expect("ours");
    assert_eq!(began, (0, wire::state_hash(&learned).expect("has a binary form")), "as the history ended");
    settle(&mut worker);
    assert_eq!(worker.stage().baseline().expect("has a binary form"), baseline, "nothing is learned twice");
    assert_eq!(snapshots(&bench.keys()), 1, "the first transaction carries all of it");
    let left = worker.stage().state_hash(&bench.source);
    drop(worker);
    // the file is needed no more, and another one changes nothing
    let other = history(&one, 1..20);
    for mut worker in [bench.worker(&one, HOUR), beginning(&bench, &one, &other)] {
        worker.turn().expect("restores");
        assert_eq!(worker.stage().state_hash(&bench.source), left);
    }
    bench.signals(199..230);
    let mut worker = bench.worker(&one, HOUR);
    settle(&mut worker);
    let grown = worker.stage().baseline().expect("has a binary form");
    assert_eq!(grown, history(&one, 1..230), "from there on it is as if history had never been cut");
}

#[test]
fn a_baseline_that_does_not_fit_is_refused_in_words() {
    let (bench, one, two) = (Bench::new(), pack("nimbus"), pack("nimbus AND down"));
    let baseline = history(&one, 1..20);
    bench.signals(20..30);
    match beginning(&bench, &two, &baseline).turn() {
        Err(error @ StageError::Unreadable { .. }) => {
            let text = error.to_string();
            assert!(text.contains("learned by pack") && text.contains("replay the history"), "{text}");
        }
        other => unreachable!("must be refused: {other:?}"),
    }
    assert!(matches!(baseline.fits(2), Err(BaselineError::Partitions { learned: 1, found: 2 })));
    assert!(baseline.fits(1).is_ok());
    let good = baseline.encode().expect("has a binary form");
    let place = "groundswell baseline\n".len();
    let spoiled = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        Baseline::decode(&bytes)
    };
    assert!(matches!(spoiled(place), Err(BaselineError::Format(_))), "of another release");
    for at in [0, place + 1, good.len() / 2, good.len() - 1] {
        assert!(matches!(spoiled(at), Err(BaselineError::NotOne)), "byte {at}");
    }
    for cut in [0, 5, place, place + 4, good.len() - 1] {
        assert!(Baseline::decode(&good[..cut]).is_err(), "cut at {cut}");
    }
}
