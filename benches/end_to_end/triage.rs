//! Triage in this process, on the same log with and without transactions: what exactly once costs.
//!
//! At least once is the same stage in the same worker; only the commit differs: an idempotent producer, a flush, then
//! the offsets. `groundswell run` has no such setting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use groundswell::log::kafka::{KafkaLog, KafkaSettings};
use groundswell::log::{
    Bounds, Commit, Committed, Event, Log, LogError, Output, Place, Progress, Record, Settled, TopicPartition,
    partition_for,
};
use groundswell::mention::Timestamp;
use groundswell::pipeline::Redact;
use groundswell::score::Model;
use groundswell::service::triage::{ClockPolicy, TriageSettings, TriageStage};
use groundswell::service::worker::{Limits, Worker};
use groundswell::wire::Topics;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::input::Input;
use crate::support::load::load_pack;
use crate::support::{Broker, unique};

const PATIENCE: Duration = Duration::from_secs(60);
/// Records of one poll: some 20 ms of work, so that the interval, not the batch, ends a transaction.
const POLL_RECORDS_MAX: usize = 300;

/// How outputs and offsets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writes {
    InTransactions,
    AtLeastOnce,
}

/// One run over all raw records.
pub struct Run {
    pub seconds: f64,
    pub commits: usize,
}

/// Decides the whole input anew, as a group of its own, and writes to the topics that are there.
pub fn run(broker: &Broker, prefix: &str, rules: &Path, input: &Input, writes: Writes, interval: Duration) -> Run {
    let topics = Topics::new(prefix);
    let sources: Vec<String> = input.platforms.keys().map(|platform| format!("{prefix}raw.{platform}")).collect();
    let group = unique("bench-triage");
    let settings = KafkaSettings {
        brokers: broker.brokers.clone(),
        transactional_id: group.clone(),
        group,
        topics: sources.clone(),
        memory_budget_bytes: 512 << 20,
        extra: BTreeMap::new(),
    };
    let mut log = KafkaLog::connect(&settings).unwrap();
    let mut members = Vec::new();
    for topic in &sources {
        let count = log.partitions(topic).unwrap();
        members.extend((0..count).map(|n| TopicPartition::new(topic.as_str(), n)));
    }
    let signals_partitions = log.partitions(&topics.signals).unwrap();
    let clock = ClockPolicy::Data;
    let (duplicate_window_records, redact) = (100_000, Redact::default());
    let triage = TriageSettings { topics, members, signals_partitions, duplicate_window_records, clock, redact };
    let stage = TriageStage::new(triage, Arc::new(load_pack(rules)), Model::shipped());
    // the interval alone ends a transaction
    let limits = Limits { records_max: usize::MAX, bytes_max: usize::MAX, interval, poll: Duration::from_millis(50) };
    let plain = (writes == Writes::AtLeastOnce).then(|| AtLeastOnce::new(&settings));
    let (seconds, commits) = measure(stage, BenchLog { inner: log, plain }, limits, input.records);
    Run { seconds, commits }
}

/// Seconds from the first record to the last commit, and the number of commits.
fn measure(stage: TriageStage, log: BenchLog, limits: Limits, records: u64) -> (f64, usize) {
    let mut worker = Worker::new(stage, log, limits, || Timestamp::clamped(0));
    let (mut begun, mut applied, mut commits, deadline) = (None, 0, 0, Instant::now() + 10 * PATIENCE);
    while applied < records {
        assert!(Instant::now() < deadline, "{applied} of {records} records");
        let turn_begun = Instant::now();
        let turn = worker.turn().unwrap();
        applied += turn.applied as u64;
        if turn.applied > 0 {
            begun.get_or_insert(turn_begun);
        }
        commits += turn.ended.len();
        assert!(turn.ended.iter().all(|ended| ended.commit == Commit::Landed), "every transaction lands");
    }
    commits += usize::from(worker.commit().unwrap().is_some());
    let seconds = begun.unwrap_or_else(Instant::now).elapsed().as_secs_f64();
    worker.close().unwrap();
    (seconds, commits)
}

#[derive(Default)]
struct Failures(AtomicU64);

impl ClientContext for Failures {}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.0.fetch_add(u64::from(result.is_err()), Ordering::Relaxed);
    }
}

/// Writes without transactions.
struct AtLeastOnce {
    producer: BaseProducer<Failures>,
    offsets: BaseConsumer,
    counts: BTreeMap<Arc<str>, i32>,
}

impl AtLeastOnce {
    fn new(settings: &KafkaSettings) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &settings.brokers);
        // offsets of a group without members are anybody's
        let offsets = config.clone().set("group.id", unique("bench-offsets")).create().unwrap();
        config.set("enable.idempotence", "true").set("compression.type", "lz4").set("linger.ms", "5");
        config.set("queue.buffering.max.kbytes", (settings.memory_budget_bytes / 4 / 1024).to_string());
        let producer = config.create_with_context(Failures::default()).unwrap();
        Self { producer, offsets, counts: BTreeMap::new() }
    }

    fn produce(&mut self, inner: &mut KafkaLog, output: &Output) {
        let partition = match &output.place {
            Place::Exact(partition) => *partition,
            Place::Hashed(key) => {
                let count = self.counts.entry(Arc::clone(&output.topic));
                partition_for(key, *count.or_insert_with(|| inner.partitions(&output.topic).unwrap()))
            }
        };
        let mut headers = OwnedHeaders::new_with_capacity(output.headers.len());
        for (key, value) in &output.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(&output.topic).partition(partition).headers(headers);
        (record.key, record.payload) = (output.key.as_deref(), output.value.as_deref());
        while let Err((error, back)) = self.producer.send(record) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            self.producer.poll(Duration::from_millis(1));
            record = back;
        }
    }
}

impl AtLeastOnce {
    fn commit(&mut self, inner: &mut KafkaLog, outputs: &[Output], progress: &[Progress]) {
        for output in outputs {
            self.produce(inner, output);
        }
        let deadline = Instant::now() + PATIENCE;
        while self.producer.in_flight_count() > 0 {
            assert!(Instant::now() < deadline, "not taken in {PATIENCE:?}");
            self.producer.poll(Duration::from_millis(1));
        }
        assert_eq!(self.producer.context().0.load(Ordering::Relaxed), 0, "every record is delivered");
        let mut list = TopicPartitionList::with_capacity(progress.len());
        for Progress { source, next, metadata } in progress {
            let mut element = list.add_partition(&source.topic, source.partition);
            element.set_offset(Offset::Offset(*next)).unwrap();
            element.set_metadata(metadata);
        }
        self.offsets.commit(&list, CommitMode::Sync).unwrap();
    }
}

/// The Kafka log; commits go the other way where there is one.
struct BenchLog {
    inner: KafkaLog,
    plain: Option<AtLeastOnce>,
}

impl Log for BenchLog {
    fn poll(&mut self, max_records: usize, timeout: Duration) -> Result<Vec<Event>, LogError> {
        self.inner.poll(max_records.min(POLL_RECORDS_MAX), timeout)
    }

    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        self.inner.committed(sources)
    }

    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.inner.start(source, next)
    }

    fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        self.inner.pause(sources)
    }

    fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        self.inner.release(sources)
    }

    fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError> {
        self.inner.bounds(source)
    }

    fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError> {
        self.inner.read(source, from, to, each)
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        self.inner.partitions(topic)
    }

    fn commit(&mut self, outputs: Vec<Output>, progress: Vec<Progress>) -> Result<Commit, LogError> {
        match &mut self.plain {
            Some(plain) => plain.commit(&mut self.inner, &outputs, &progress),
            None => return self.inner.commit(outputs, progress),
        }
        Ok(Commit::Landed)
    }

    fn settle(&mut self, ours: &[Progress]) -> Result<Vec<Settled>, LogError> {
        self.inner.settle(ours)
    }
}
