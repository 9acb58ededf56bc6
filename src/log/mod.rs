//! The log port: what a worker needs from a partitioned, transactional log, and nothing more.
//!
//! Contract of every adapter, in the order that matters:
//! 1. A worker sees each record of its partitions once per assignment, in offset order, committed records only.
//! 2. [`Log::commit`] is atomic: all outputs and all progress, or nothing. After [`Commit::Aborted`] nothing of the
//!    batch is in the log, and the worker must restore from what is committed. After [`Commit::Ambiguous`] it is
//!    one or the other, and [`Log::settle`] tells; nothing is committed before that.
//! 3. Between [`Event::Revoked`] and [`Log::release`] the partitions are still ours and may be committed; after
//!    [`Event::Lost`] they are not and must be forgotten at once.
//!
//! It must never look into a record's value.

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod local;
mod partitioner;

pub use partitioner::{murmur2, partition_for};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One partition of one topic, by its full name (prefix included).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Topic with its prefix.
    pub topic: Arc<str>,
    /// Partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// A partition by name.
    #[must_use]
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// Header names and bytes, in order.
pub type Headers = Vec<(String, Vec<u8>)>;

/// A record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub source: TopicPartition,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; absent is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Headers,
    /// When the broker took it, ms since the epoch. For latency metrics only: no decision may read it.
    pub appended_at_ms: Option<i64>,
}

/// Which partition an output goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// murmur2 of these bytes, as Kafka's default partitioner places a key.
    Hashed(Vec<u8>),
    /// Exactly this partition.
    Exact(i32),
}

/// A record to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Full topic name.
    pub topic: Arc<str>,
    /// Which partition.
    pub place: Place,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; absent is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Headers,
}

/// How far a source partition is read, committed with the outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The partition read.
    pub source: TopicPartition,
    /// Offset of the next record to read.
    pub next: i64,
    /// At most 4,096 bytes of text: the reader's context. With `next` it is never the same for two transactions of
    /// a partition that could be taken for each other: a reader whose `next` may stand still numbers its transactions
    /// in here.
    pub metadata: String,
}

impl Progress {
    /// Whether this is what is committed.
    #[must_use]
    pub fn is(&self, committed: Option<&Committed>) -> bool {
        committed.is_some_and(|committed| committed.next == self.next && committed.metadata == self.metadata)
    }
}

/// What is committed for a source partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Offset of the next record to read.
    pub next: i64,
    /// The reader's context.
    pub metadata: String,
}

/// What a poll brought.
#[derive(Debug)]
pub enum Event {
    /// These partitions are ours now; nothing of them comes before [`Log::start`].
    Assigned(Vec<TopicPartition>),
    /// These partitions are to be given up: commit what is open, then [`Log::release`] them.
    Revoked(Vec<TopicPartition>),
    /// These partitions are gone already: forget them, commit nothing of them.
    Lost(Vec<TopicPartition>),
    /// The next record of one of our partitions.
    Record(Record),
    /// Everything below this offset of the partition has been delivered and there is no more for now.
    End(TopicPartition, i64),
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Outputs and progress are in the log.
    Landed,
    /// Nothing is in the log; restore every partition from what is committed.
    Aborted,
    /// It is the one or the other, or will be: ask [`Log::settle`].
    Ambiguous,
}

/// What is known of a partition after an ambiguous transaction was ended for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// This is committed; if it is what we tried to commit, the partition has been ours all the time.
    At(Option<Committed>),
    /// What is committed may be somebody else's.
    Gone,
}

/// The first and one past the last offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Oldest offset that is still there.
    pub low: i64,
    /// High watermark: offset of the next record to be written.
    pub high: i64,
}

/// Why the log cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Trying again later may help: no broker, time-out.
    #[error("{doing}: {cause}")]
    Retriable {
        /// What was being done.
        doing: &'static str,
        /// What the client said.
        cause: String,
    },
    /// This client is of no use any more; a new one may be.
    #[error("{doing}: {cause}")]
    Fatal {
        /// What was being done.
        doing: &'static str,
        /// What the client said.
        cause: String,
    },
    /// Another live worker uses our transactional id.
    #[error(
        "fenced: another live worker writes as {id} ({cause}): give each process an `instance` of its own, or stop \
         one of them"
    )]
    Fenced {
        /// The transactional id: prefix, instance, role and thread.
        id: String,
        /// What the client said.
        cause: String,
    },
    /// A topic is not there.
    #[error("topic {topic} does not exist: run `groundswell topics apply`")]
    NoTopic {
        /// Its full name.
        topic: String,
    },
}

/// Who only adds to the log, from outside any group.
pub trait Append: Send {
    /// Writes records, all or none.
    ///
    /// # Errors
    /// When they are not in the log, or it is open whether they are: the same may be written again.
    fn append(&mut self, outputs: Vec<Output>) -> Result<(), LogError>;
}

/// One worker's view of the log: the partitions it reads, and one transactional writer.
pub trait Log {
    /// Waits at most `timeout` and returns at most `max_records` records, with what else happened, in order.
    ///
    /// # Errors
    /// When the log is out of reach or this client is of no use any more.
    fn poll(&mut self, max_records: usize, timeout: Duration) -> Result<Vec<Event>, LogError>;

    /// What is committed for these partitions, in their order; waits for transactions that are being ended.
    ///
    /// # Errors
    /// When the log is out of reach.
    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError>;

    /// Delivery of an assigned partition starts, or starts again, at `next`; what was polled before is void, an end too:
    /// it is told again.
    ///
    /// # Errors
    /// When the log is out of reach.
    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError>;

    /// Of the partitions that deliver, exactly these rest from now on, until this is called again without them or
    /// [`Self::start`] is called for them. What is polled already may still come. Saves memory, decides nothing.
    ///
    /// # Errors
    /// When this client is of no use any more.
    fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError>;

    /// Gives revoked partitions up, after their last commit.
    ///
    /// # Errors
    /// When the log is out of reach.
    fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError>;

    /// First offset and high watermark of any partition.
    ///
    /// # Errors
    /// When the log is out of reach or the topic is not there.
    fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError>;

    /// Calls `each` with every committed record of any partition in `from..to`, in order, besides the assignment.
    ///
    /// # Errors
    /// When the log is out of reach, or makes no progress for a minute.
    fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError>;

    /// Number of partitions of a topic.
    ///
    /// # Errors
    /// When the log is out of reach or the topic is not there.
    fn partitions(&mut self, topic: &str) -> Result<i32, LogError>;

    /// Writes outputs and progress in one transaction.
    ///
    /// # Errors
    /// When this client is of no use any more; what it left open is ended by its successor.
    fn commit(&mut self, outputs: Vec<Output>, progress: Vec<Progress>) -> Result<Commit, LogError>;

    /// After [`Commit::Ambiguous`]: ends that transaction for good, and says what is committed now for each partition
    /// that it was to move, in the order of `ours`, its progress. Ours = it landed, what stood before = it did not.
    ///
    /// # Errors
    /// When the log is out of reach or this client is of no use any more.
    fn settle(&mut self, ours: &[Progress]) -> Result<Vec<Settled>, LogError>;
}
