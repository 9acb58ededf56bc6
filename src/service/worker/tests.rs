//! When a transaction ends.

use super::*;
use crate::log::Place;
use crate::log::local::{LocalCluster, LocalLog};

/// Reads on, writes nothing.
#[derive(Debug, Default)]
struct Reading {
    next: BTreeMap<TopicPartition, i64>,
    open: bool,
}

impl Stage for Reading {
    fn restore(&mut self, _: &mut dyn Log, source: &TopicPartition, _: Option<&Committed>) -> Result<i64, StageError> {
        self.next.insert(source.clone(), 0);
        Ok(0)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.next.remove(source);
    }

    fn rollback(&mut self) {}

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        self.next.insert(record.source, record.offset + 1);
        self.open = true;
        Ok(())
    }

    fn at_end(&mut self, _: &TopicPartition, _: i64, _: Silence) {}

    fn is_open(&self) -> bool {
        self.open
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        self.open = false;
        let progress = |(source, next): (&TopicPartition, &i64)| Progress {
            source: source.clone(),
            next: *next,
            metadata: String::new(),
        };
        Ok(Batch { outputs: Vec::new(), progress: self.next.iter().map(progress).collect() })
    }

    fn landed(&mut self) {}
}

/// A worker on one partition with three records of ten bytes: two of key, eight of value.
fn worker(limits: Limits) -> Worker<Reading, LocalLog> {
    let cluster = LocalCluster::default();
    cluster.create("t", 1);
    let record = || Output {
        topic: "t".into(),
        place: Place::Exact(0),
        key: Some(vec![b'k'; 2]),
        value: Some(vec![b'v'; 8]),
        headers: Vec::new(),
    };
    cluster.append(vec![record(), record(), record()]).expect("the topic is there");
    let log = cluster.worker("g", vec![TopicPartition::new("t", 0)]);
    Worker::new(Reading::default(), log, limits, || Timestamp::clamped(0))
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
        let mut worker = worker(Limits { records_max, bytes_max, interval, poll: Duration::ZERO });
        assert_eq!(worker.turn().expect("assigned").applied, 0);
        let turn = worker.turn().expect("reads");
        let ended = turn.ended.map(|ended| (ended.commit, ended.records));
        assert_eq!(ended, expected.map(|records| (Commit::Landed, records)), "{records_max} {bytes_max} {interval:?}");
    }
}

#[test]
fn bytes_are_counted_per_transaction() {
    let mut worker =
        worker(Limits { records_max: 100, bytes_max: 15, interval: Duration::from_secs(3_600), poll: Duration::ZERO });
    worker.turn().expect("assigned");
    assert_eq!(worker.turn().expect("reads").ended.map(|ended| ended.records), Some(3));
    assert_eq!(worker.bytes, 0, "the next one begins anew");
}
