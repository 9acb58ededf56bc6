//! The Kafka adapter of the log port, for one worker on one thread.
//!
//! | part | what it is |
//! | --- | --- |
//! | `group` | the consumer: assignment, records, committed offsets |
//! | `writer` | the transactional producer |
//! | `transaction` | its states, and what each error of the client does to them |
//! | `reader` | ranges and watermarks beside the assignment |
//! | `appender` | a transactional producer without a group |
//! | `onlooker` | whole topics, read from outside |
//! | `client` | properties, log lines, error codes |
//! | `planted` | the bug of a writer that nobody fences, for tests |
//! | [`topics`] | the topic table, planned and applied |
//!
//! Exactly once, in this order: the producer starts first and ends whatever its predecessor with the same id left
//! open; then the group is joined; what is committed is read with stable offsets; each batch's outputs, snapshots and
//! next offsets go in one transaction, fenced by the member's generation. After [`Commit::Aborted`] nothing of a
//! batch is there. After [`Commit::Ambiguous`] a new producer with the same id ends the transaction for good, and
//! [`Log::settle`] reads how. After [`LogError::Fatal`] it is open whether it is: drop this log, make a new one and restore from
//! what is committed. The client's calls block: never use it on an async thread.

mod appender;
mod assignment;
mod client;
mod group;
mod onlooker;
mod planted;
mod reader;
pub mod topics;
mod transaction;
mod writer;

pub use self::appender::Appender;
pub use self::onlooker::Onlooker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};

use self::client::ClientLog;
use self::group::Group;
use self::reader::Reader;
use self::writer::Writer;
use super::{
    Bounds, Commit, Committed, Event, Log, LogError, Output, Place, Progress, Record, Settled, TopicPartition,
};

/// An ambiguous transaction is settled by another one, which may itself be ambiguous.
const SETTLE_TRIES: u32 = 3;
/// A worker's question for the number of partitions is answered from memory this long.
const PARTITIONS_AGE_MAX: Duration = Duration::from_secs(60);

/// What one worker needs to know of Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// `host:port`, comma separated.
    pub brokers: String,
    /// Consumer group.
    pub group: String,
    /// Prefix, instance, role and thread: the same after a restart, used by no other live worker.
    pub transactional_id: String,
    /// Topics to subscribe to, by full name; at least one.
    pub topics: Vec<String>,
    /// Bytes for the clients' queues and one batch: a quarter each for fetched records, outputs and a batch, an
    /// eighth for a restore.
    pub memory_budget_bytes: usize,
    /// librdkafka properties; `consumer.` or `producer.` in front limits one to that client. Those that the port's
    /// contract depends on cannot be changed.
    pub extra: BTreeMap<String, String>,
}

/// The log, as one worker sees it.
pub struct KafkaLog {
    // dropped in this order: leave the group before the producer goes
    group: Group,
    writer: Writer,
    reader: Reader,
    partitions: BTreeMap<Arc<str>, (i32, Instant)>,
    /// Only when a test planted the bug: offsets go by its word, which no generation fences.
    unfenced: Option<BaseConsumer<ClientLog>>,
}

impl KafkaLog {
    /// Starts the producer, which ends whatever its predecessor left open, then joins the group.
    ///
    /// # Errors
    /// `Retriable` when no broker answers within 5 s, or does not start transactions within 30 s, `NoTopic` when a
    /// topic to read is not there, `Fatal` when a setting is refused.
    pub fn connect(settings: &KafkaSettings) -> Result<Self, LogError> {
        // starting transactions waits half a minute for a broker: look for one first, to say soon that there is none
        let mut reader = Reader::new(settings);
        for topic in &settings.topics {
            reader.probe(topic)?;
        }
        let writer = Writer::open(planted::unfenced(settings).as_ref().unwrap_or(settings))?;
        let group = Group::join(settings)?;
        let unfenced = planted::outsider(settings)?;
        let mut log = Self { group, writer, reader, partitions: BTreeMap::new(), unfenced };
        for topic in &settings.topics {
            log.partitions(topic)?;
        }
        Ok(log)
    }

    fn count_partitions(&mut self, topic: &str, age_max: Option<Duration>) -> Result<i32, LogError> {
        if let Some((count, at)) = self.partitions.get(topic)
            && age_max.is_none_or(|age_max| at.elapsed() < age_max)
        {
            return Ok(*count);
        }
        let metadata = self.group.metadata(topic)?;
        let found = metadata.topics().iter().find(|entry| entry.name() == topic && entry.error().is_none());
        let count = found.map_or(0, |entry| i32::try_from(entry.partitions().len()).unwrap_or(i32::MAX));
        if count == 0 {
            return Err(LogError::NoTopic { topic: topic.to_owned() });
        }
        self.partitions.insert(Arc::from(topic), (count, Instant::now()));
        Ok(count)
    }

    /// Partition counts of the topics that outputs are hashed over. A topic keeps the count first seen for placing
    /// until a worker asks for it again.
    fn counts_for(&mut self, outputs: &[Output]) -> Result<BTreeMap<Arc<str>, i32>, LogError> {
        let mut counts = BTreeMap::new();
        for output in outputs.iter().filter(|output| matches!(output.place, Place::Hashed(_))) {
            if !counts.contains_key(&output.topic) {
                counts.insert(Arc::clone(&output.topic), self.count_partitions(&output.topic, None)?);
            }
        }
        Ok(counts)
    }
}

impl Log for KafkaLog {
    fn poll(&mut self, max_records: usize, timeout: Duration) -> Result<Vec<Event>, LogError> {
        self.group.poll(max_records, timeout)
    }

    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        self.group.committed(sources)
    }

    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.group.start(source, next)
    }

    fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        self.group.pause(sources)
    }

    fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        self.group.release(sources)
    }

    fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError> {
        self.reader.bounds(source)
    }

    fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError> {
        self.reader.read(source, from, to, each)
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        self.count_partitions(topic, Some(PARTITIONS_AGE_MAX))
    }

    fn commit(&mut self, outputs: Vec<Output>, progress: Vec<Progress>) -> Result<Commit, LogError> {
        if outputs.is_empty() && progress.is_empty() {
            return Ok(Commit::Landed);
        }
        let counts = self.counts_for(&outputs)?;
        let fence = match &self.unfenced {
            Some(outsider) => outsider.group_metadata(),
            None => self.group.fence(),
        };
        self.writer.commit(outputs, &progress, &counts, fence.as_ref())
    }

    fn settle(&mut self, ours: &[Progress]) -> Result<Vec<Settled>, LogError> {
        let sources: Vec<TopicPartition> = ours.iter().map(|progress| progress.source.clone()).collect();
        for _ in 0..SETTLE_TRIES {
            self.writer.succeed()?;
            let found = self.group.committed(&sources)?;
            let landed = |(ours, found): &(&Progress, &Option<Committed>)| ours.is(found.as_ref());
            let landed = ours.iter().zip(&found).filter(landed).map(|(ours, _)| ours);
            let landed: Vec<Progress> = landed.filter(|ours| self.group.owns(&ours.source)).cloned().collect();
            // the same again, fenced by our generation: taken means that nobody else had these partitions meanwhile
            let proof = self.commit(Vec::new(), landed.clone())?;
            if proof == Commit::Ambiguous {
                continue;
            }
            let is_proven = |ours: &Progress| proof == Commit::Landed && landed.contains(ours);
            let settle = |(ours, found): (&Progress, Option<Committed>)| match ours.is(found.as_ref()) {
                true if !is_proven(ours) => Settled::Gone,
                _ => Settled::At(found),
            };
            return Ok(ours.iter().zip(found).map(settle).collect());
        }
        let cause = format!("in doubt after {SETTLE_TRIES} tries");
        Err(LogError::Retriable { doing: "settling a transaction", cause })
    }
}
