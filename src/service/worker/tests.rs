//! When a transaction ends, how, and what is made of it.
#![allow(clippy::panic)]

use super::*;
use crate::log::local::{End, LocalCluster, LocalLog};
use crate::log::{Bounds, Place};
use std::collections::BTreeSet;

/// Copies what it reads to `sink`, and numbers its transactions.
#[derive(Debug, Default)]
struct Copying {
    /// By partition: offset of the next record, and transactions so far.
    owned: BTreeMap<TopicPartition, (i64, u64)>,
    outputs: Vec<Output>,
    restored: usize,
    landed: usize,
}

impl Stage for Copying {
    fn restore(
        &mut self,
        _: &mut dyn Log,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        self.restored += 1;
        let number = committed.map_or(0, |committed| committed.metadata.parse().expect("a number"));
        let next = committed.map_or(0, |committed| committed.next);
        assert!(self.owned.insert(source.clone(), (next, number)).is_none(), "{source} was not forgotten");
        Ok(next)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.owned.remove(source);
    }

    fn rollback(&mut self) {
        self.outputs.clear();
    }

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        let owned = self.owned.get_mut(&record.source).expect("only what is owned comes");
        assert!(record.offset >= owned.0, "{} went back to {}", record.source, record.offset);
        owned.0 = record.offset + 1;
        self.outputs.push(output("sink", 0, &record.value.expect("a value")));
        Ok(())
    }

    fn at_end(&mut self, _: &TopicPartition, _: i64, _: Silence) {}

    fn is_open(&self) -> bool {
        !self.outputs.is_empty()
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        let mut progress = Vec::new();
        for (source, (next, number)) in &mut self.owned {
            *number += 1;
            progress.push(Progress { source: source.clone(), next: *next, metadata: number.to_string() });
        }
        Ok(Batch { outputs: std::mem::take(&mut self.outputs), progress })
    }

    fn landed(&mut self) {
        self.landed += 1;
    }
}

fn output(topic: &str, partition: i32, value: &[u8]) -> Output {
    Output {
        topic: topic.into(),
        place: Place::Exact(partition),
        key: Some(vec![b'k'; 2]),
        value: Some(value.to_vec()),
        headers: Vec::new(),
    }
}

/// Topics `t` with this many partitions of three records each, ten bytes a record: two of key, eight of value.
fn cluster(partitions: i32) -> LocalCluster {
    let cluster = LocalCluster::default();
    cluster.create("t", partitions);
    cluster.create("sink", 1);
    for (partition, n) in (0..partitions).flat_map(|partition| (0..3).map(move |n| (partition, n))) {
        let value = format!("v{partition:03}-{n:03}");
        cluster.append(vec![output("t", partition, value.as_bytes())]).expect("the topic is there");
    }
    cluster
}

fn worker(cluster: &LocalCluster, partitions: i32, limits: Limits) -> Worker<Copying, LocalLog> {
    let log = cluster.worker("g", (0..partitions).map(|n| TopicPartition::new("t", n)).collect());
    Worker::new(Copying::default(), log, limits, || Timestamp::clamped(0))
}

fn at_once(records_max: usize) -> Limits {
    Limits { records_max, bytes_max: 1_000, interval: Duration::ZERO, poll: Duration::ZERO }
}

#[test]
fn whichever_bound_is_reached_first_ends_it() {
    let hour = Duration::from_secs(3_600);
    // (records, bytes, interval) → records of the transaction that the first round with records ends
    for (records_max, bytes_max, interval, expected) in [
        (100, 1_000, hour, None),
        (100, 31, hour, None),
        (100, 30, hour, Some(3)),
        (2, 1_000, hour, Some(2)),
        (100, 1_000, Duration::ZERO, Some(3)),
    ] {
        let mut worker = worker(&cluster(1), 1, Limits { records_max, bytes_max, interval, poll: Duration::ZERO });
        assert_eq!(worker.turn().expect("assigned").applied, 0);
        let turn = worker.turn().expect("reads");
        let ended: Vec<(Commit, usize)> = turn.ended.iter().map(|ended| (ended.commit, ended.records)).collect();
        let expected: Vec<(Commit, usize)> = expected.into_iter().map(|records| (Commit::Landed, records)).collect();
        assert_eq!(ended, expected, "{records_max} {bytes_max} {interval:?}");
    }
}

#[test]
fn bytes_are_counted_per_transaction() {
    let limits = Limits { records_max: 100, bytes_max: 15, interval: Duration::from_secs(3_600), poll: Duration::ZERO };
    let mut worker = worker(&cluster(1), 1, limits);
    worker.turn().expect("assigned");
    assert_eq!(worker.turn().expect("reads").ended[0].records, 3);
    assert_eq!(worker.bytes, 0, "the next one begins anew");
}

/// Every way in which four transactions in a row can end, over two partitions.
#[test]
fn however_transactions_end_each_record_is_copied_once() {
    const ENDS: [End; 4] = [End::Landed, End::Aborted, End::InDoubtLanded, End::InDoubtAborted];
    for case in 0..ENDS.len().pow(4) {
        let mut ends: Vec<End> = (0..4).map(|n| ENDS[case / ENDS.len().pow(n) % ENDS.len()]).collect();
        let cluster = cluster(2);
        let mut worker = worker(&cluster, 2, at_once(2));
        let (mut landed, mut restored) = (0, 2);
        for _ in 0..20 {
            let end = ends.pop().unwrap_or_default();
            worker.log_mut().end_next(end);
            let turn = worker.turn().expect("goes on");
            let Some(ended) = turn.ended.first() else {
                ends.push(end);
                continue;
            };
            let lands = matches!(end, End::Landed | End::InDoubtLanded);
            landed += usize::from(lands);
            restored += if lands { 0 } else { 2 };
            assert_eq!(ended.commit, if lands { Commit::Landed } else { Commit::Aborted }, "{case}: {end:?}");
        }
        assert_eq!((worker.stage().landed, worker.stage().restored), (landed, restored), "{case}");
        let mut copied: Vec<Vec<u8>> = cluster.drain("sink").into_iter().filter_map(|record| record.value).collect();
        copied.sort();
        let expected = [0, 1].into_iter().flat_map(|p| (0..3).map(move |n| format!("v{p:03}-{n:03}").into_bytes()));
        assert_eq!(copied, expected.collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn a_partition_that_somebody_else_moved_is_restored_and_says_nothing() {
    let cluster = cluster(2);
    let moved = |partition: i32, next: i64, metadata: &str| Progress {
        source: TopicPartition::new("t", partition),
        next,
        metadata: metadata.to_owned(),
    };
    // how it ends, who moved on meanwhile → what is told, and how many partitions are restored
    let cases = [
        (End::InDoubtLanded, vec![moved(1, 3, "9")], Commit::Landed, 1),
        (End::InDoubtAborted, vec![moved(1, 3, "9")], Commit::Aborted, 2),
        (End::InDoubtLanded, vec![moved(0, 3, "9"), moved(1, 3, "9")], Commit::Ambiguous, 2),
    ];
    for (end, meanwhile, expected, restored) in cases {
        let mut worker = worker(&cluster, 2, at_once(4));
        worker.log = cluster.worker(&format!("{end:?}{expected:?}"), worker.log.sources());
        worker.turn().expect("assigned");
        worker.log.end_next(end);
        worker.log.interfere(meanwhile);
        let turn = worker.turn().expect("goes on");
        assert_eq!(turn.ended.iter().map(|ended| ended.commit).collect::<Vec<_>>(), [expected], "{end:?}");
        assert_eq!(worker.stage().restored, 2 + restored, "{end:?}");
        assert_eq!(worker.stage().landed, usize::from(expected == Commit::Landed), "{end:?}");
    }
}

/// A log that answers one poll with what it is given, and aborts every transaction.
struct Scripted {
    polls: Vec<Vec<Event>>,
    started: Vec<(TopicPartition, i64)>,
}

impl Log for Scripted {
    fn poll(&mut self, _: usize, _: Duration) -> Result<Vec<Event>, LogError> {
        Ok(if self.polls.is_empty() { Vec::new() } else { self.polls.remove(0) })
    }

    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        Ok(vec![None; sources.len()])
    }

    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.started.push((source.clone(), next));
        Ok(())
    }

    fn pause(&mut self, _: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        Ok(())
    }

    fn release(&mut self, _: &[TopicPartition]) -> Result<(), LogError> {
        Ok(())
    }

    fn bounds(&mut self, _: &TopicPartition) -> Result<Bounds, LogError> {
        Ok(Bounds { low: 0, high: 100 })
    }

    fn read(&mut self, _: &TopicPartition, _: i64, _: i64, _: &mut dyn FnMut(Record)) -> Result<(), LogError> {
        Ok(())
    }

    fn partitions(&mut self, _: &str) -> Result<i32, LogError> {
        Ok(2)
    }

    fn commit(&mut self, _: Vec<Output>, _: Vec<Progress>) -> Result<Commit, LogError> {
        Ok(Commit::Aborted)
    }

    fn settle(&mut self, _: &[Progress]) -> Result<Vec<Settled>, LogError> {
        Ok(Vec::new())
    }
}

#[test]
fn what_was_polled_before_a_rewind_is_void() {
    let (ours, gone) = (TopicPartition::new("t", 0), TopicPartition::new("t", 1));
    let record = |source: &TopicPartition, offset: i64| {
        let (key, value, headers) = (None, Some(b"v".to_vec()), Vec::new());
        Event::Record(Record { source: source.clone(), offset, key, value, headers, appended_at_ms: None })
    };
    let polls = vec![
        vec![Event::Assigned(vec![ours.clone(), gone.clone()])],
        // giving `gone` up commits, the commit is aborted, and all that is ours starts again
        vec![
            record(&ours, 0),
            record(&gone, 0),
            Event::Revoked(vec![gone.clone()]),
            record(&ours, 1),
            record(&gone, 1),
            Event::End(ours.clone(), 2),
        ],
        vec![record(&ours, 0)],
    ];
    let log = Scripted { polls, started: Vec::new() };
    let limits = Limits { interval: Duration::from_secs(3_600), ..at_once(100) };
    let mut worker = Worker::new(Copying::default(), log, limits, || Timestamp::clamped(0));
    worker.turn().expect("assigned");
    let turn = worker.turn().expect("revoked");
    let ended: Vec<(Commit, usize)> = turn.ended.iter().map(|ended| (ended.commit, ended.records)).collect();
    assert_eq!(ended, [(Commit::Aborted, 2)], "a commit for a rebalance is told like any other");
    assert_eq!(turn.applied, 2, "nothing after the rewind");
    assert!(worker.ends.is_empty() && !worker.stage().is_open());
    assert_eq!(worker.log.started.last(), Some(&(gone.clone(), 0)));
    assert_eq!(worker.assigned(), [ours]);
    assert_eq!(worker.turn().expect("reads again").applied, 1);
}

#[test]
fn records_that_are_gone_stop_it_or_are_skipped_and_told() {
    let (source, gone_to) = (TopicPartition::new("t", 0), 2);
    for on_gap in [OnGap::Stop, OnGap::Skip] {
        let cluster = cluster(1);
        let mut first = worker(&cluster, 1, at_once(1));
        first.turn().expect("assigned");
        assert_eq!(first.turn().expect("reads").ended.len(), 1);
        cluster.forget_before(&source, gone_to);
        let mut second = worker(&cluster, 1, at_once(100)).on_gap(on_gap);
        match (on_gap, second.turn()) {
            (OnGap::Stop, Err(StageError::Gap { source_name, next: 1, low: 2 })) => assert_eq!(source_name, "t/0"),
            (OnGap::Skip, Ok(turn)) => {
                assert_eq!(turn.gaps, [Gap { source: source.clone(), from: 1, to: gone_to }]);
                let turn = second.turn().expect("goes on");
                assert_eq!((turn.applied, turn.gaps), (1, Vec::new()), "told once");
            }
            (_, other) => panic!("{on_gap:?}: {other:?}"),
        }
    }
}
