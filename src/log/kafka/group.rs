//! The group member: the partitions Kafka gives us, their records, and what is committed for them.
//!
//! The rebalance callback runs inside `poll`. It notes what is assigned, lets go of what is lost, and only notes what
//! is to be revoked: the worker commits first, and [`Group::release`] gives it up, outside of the callback. librdkafka
//! waits for that call; heartbeats go on meanwhile.
//!
//! Why an assigned partition is handed to the client only by [`Group::start`], at its offset: assigned at a logical
//! offset (end, beginning, stored) it looks that up first, and a seek during the look-up is undone half a second
//! later, when librdkafka 2.12 repeats the outdated look-up and jumps there (`rd_kafka_toppar_handle_Offset`). With
//! `end`, that loses records; our tests caught it.
//!
//! It must never commit: offsets move with the producer's transaction only.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message};
use rdkafka::metadata::Metadata;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;

use super::KafkaSettings;
use super::assignment::Assignment;
use super::client::{ClientLog, REQUEST_TIMEOUT, group_config, request_error};
use crate::log::{Committed, Event, Headers, LogError, Record, TopicPartition};

/// A seek waits this long for the assignment to take hold.
const SEEK_DEADLINE: Duration = Duration::from_secs(15);
/// Committed offsets may hang on a transaction that the broker ends after its time-out of 10 s.
const COMMITTED_DEADLINE: Duration = Duration::from_secs(40);
/// Leaving the group may take this long; then the client is left behind rather than the worker blocked.
const CLOSE_DEADLINE: Duration = Duration::from_secs(10);

/// What a rebalance did or wants.
#[derive(Debug)]
enum Change {
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
    Failed(String),
}

/// The consumer's callbacks.
struct GroupContext {
    log: ClientLog,
    changes: Mutex<VecDeque<Change>>,
    /// Nobody will release anything any more.
    closing: AtomicBool,
}

impl GroupContext {
    fn changes(&self) -> MutexGuard<'_, VecDeque<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Change {
        // the client goes on once it is answered, with whatever list: see the module's Why
        match consumer.incremental_assign(&TopicPartitionList::new()) {
            Ok(()) => Change::Assigned(places(list)),
            Err(error) => Change::Failed(format!("assign: {error}")),
        }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Change {
        let lost = consumer.assignment_lost();
        if !lost && !self.closing.load(Ordering::Relaxed) {
            return Change::Revoked(places(list));
        }
        let lost = places(list);
        match unassign_of(consumer, &lost) {
            Ok(()) => Change::Lost(lost),
            Err(error) => Change::Failed(format!("unassign: {error}")),
        }
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.log.log(level, facility, line);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.log.error(error, reason);
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, wanted: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let change = match wanted {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        };
        self.changes().push_back(change);
    }
}

/// One member of the consumer group.
pub(super) struct Group {
    /// Absent only while it is being dropped.
    consumer: Option<BaseConsumer<GroupContext>>,
    assignment: Assignment,
    /// Revoked and not yet released.
    revoking: Vec<TopicPartition>,
    /// Released, and to be unassigned with the last of `revoking`.
    released: Vec<TopicPartition>,
    /// What the client was told to pause; it may still say so of a partition that went and came back.
    paused: BTreeSet<TopicPartition>,
    /// Numbers of which an end was met while the broker could not say of which topic.
    unsure: BTreeSet<i32>,
    batch_bytes_max: usize,
}

impl Group {
    /// Creates the member and subscribes; joining happens in `poll`.
    pub(super) fn join(settings: &KafkaSettings) -> Result<Self, LogError> {
        let context = GroupContext {
            log: ClientLog::new("group"),
            changes: Mutex::new(VecDeque::new()),
            closing: AtomicBool::new(false),
        };
        let consumer: BaseConsumer<GroupContext> = group_config(settings)
            .create_with_context(context)
            .map_err(|error| fatal("creating the consumer", &error.to_string()))?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        if !topics.is_empty() {
            consumer.subscribe(&topics).map_err(|error| fatal("subscribing", &error.to_string()))?;
        }
        Ok(Self {
            consumer: Some(consumer),
            assignment: Assignment::default(),
            revoking: Vec::new(),
            released: Vec::new(),
            paused: BTreeSet::new(),
            unsure: BTreeSet::new(),
            batch_bytes_max: (settings.memory_budget_bytes / 4).max(1 << 20),
        })
    }

    fn consumer(&self) -> &BaseConsumer<GroupContext> {
        self.consumer.as_ref().expect("the consumer is there until the drop")
    }

    /// See [`crate::log::Log::poll`]. Ends at once after a rebalance, so that the worker sees it first.
    pub(super) fn poll(&mut self, max_records: usize, timeout: Duration) -> Result<Vec<Event>, LogError> {
        let deadline = Instant::now() + timeout;
        let mut events = Vec::new();
        let (mut records, mut bytes) = (0, 0);
        while records < max_records && bytes < self.batch_bytes_max {
            let wait =
                if events.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.next(wait)? {
                Step::Record(record) => {
                    bytes += record.value.as_ref().map_or(0, Vec::len) + record.key.as_ref().map_or(0, Vec::len);
                    records += 1;
                    events.push(Event::Record(record));
                }
                Step::Ends(ends) => events.extend(ends),
                Step::Skipped if Instant::now() < deadline => {}
                Step::Nothing if events.is_empty() && Instant::now() < deadline => {}
                Step::Skipped | Step::Nothing => break,
                Step::Changed(changes) => {
                    events.extend(changes);
                    break;
                }
            }
        }
        Ok(events)
    }

    fn next(&mut self, wait: Duration) -> Result<Step, LogError> {
        let Self { consumer, assignment, unsure, .. } = self;
        let consumer = consumer.as_ref().expect("the consumer is there until the drop");
        let met_end = match consumer.poll(wait) {
            // the client tells an end once
            None => unsure.pop_first(),
            Some(Ok(message)) => {
                let admitted = assignment.admit(message.topic(), message.partition(), message.offset());
                return Ok(admitted.map_or(Step::Skipped, |topic| Step::Record(to_record(&message, topic))));
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => Some(partition),
            Some(Err(error)) => return judge_poll(&error),
        };
        if let Some(partition) = met_end {
            let ends = self.ends(partition);
            return Ok(if ends.is_empty() { Step::Skipped } else { Step::Ends(ends) });
        }
        let changes: Vec<Change> = self.consumer().context().changes().drain(..).collect();
        let events =
            changes.into_iter().filter_map(|change| self.apply(change).transpose()).collect::<Result<_, _>>()?;
        Ok(if Vec::is_empty(&events) { Step::Nothing } else { Step::Changed(events) })
    }

    fn apply(&mut self, change: Change) -> Result<Option<Event>, LogError> {
        match change {
            Change::Assigned(sources) => {
                sources.iter().for_each(|source| self.assignment.add(source));
                Ok((!sources.is_empty()).then_some(Event::Assigned(sources)))
            }
            Change::Revoked(sources) if sources.is_empty() => self.unassign(&sources).map(|()| None),
            Change::Revoked(sources) => {
                sources.iter().for_each(|source| self.assignment.silence(source));
                self.revoking.extend(sources.iter().cloned());
                Ok(Some(Event::Revoked(sources)))
            }
            Change::Lost(sources) => {
                sources.iter().for_each(|source| self.assignment.remove(source));
                self.revoking.retain(|source| !sources.contains(source));
                Ok((!sources.is_empty()).then_some(Event::Lost(sources)))
            }
            Change::Failed(cause) => Err(fatal("rebalancing", &cause)),
        }
    }

    /// The client says which number met its end, not of which topic: where topics share the number, ask the broker.
    fn ends(&mut self, partition: i32) -> Vec<Event> {
        let positions = self.consumer().position().unwrap_or_default();
        let position = |topic: &str| match positions.find_partition(topic, partition)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        };
        let candidates = self.assignment.ends(partition, position);
        let sure = self.assignment.sharing(partition) == 1;
        let mut events = Vec::new();
        for (source, offset) in candidates {
            let end = if sure { Some(offset) } else { self.stable_end(&source) };
            if end.is_none() {
                self.unsure.insert(partition);
            }
            if end.is_some_and(|end| end <= offset) {
                self.assignment.tell_end(&source, offset);
                events.push(Event::End(source, offset));
            }
        }
        events
    }

    fn stable_end(&self, source: &TopicPartition) -> Option<i64> {
        let marks = self.consumer().fetch_watermarks(&source.topic, source.partition, Duration::from_secs(1));
        marks.ok().map(|(_, stable)| stable)
    }

    /// See [`crate::log::Log::committed`].
    pub(super) fn committed(&self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + COMMITTED_DEADLINE;
        loop {
            let found = self.consumer().committed_offsets(list_of(sources), REQUEST_TIMEOUT);
            match found.and_then(|list| sources.iter().map(|source| committed_in(&list, source)).collect()) {
                Ok(committed) => return Ok(committed),
                Err(error) if Instant::now() >= deadline => {
                    let cause = error.to_string();
                    return Err(LogError::Retriable { doing: "reading committed offsets", cause });
                }
                Err(error) => {
                    tracing::debug!("committed offsets are not readable yet: {error}");
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    /// See [`crate::log::Log::start`]. A partition that is no longer ours is left alone: its loss is being told.
    pub(super) fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        if !self.assignment.owns(source) || self.revoking.contains(source) {
            return Ok(());
        }
        if self.assignment.stands_at(source, next) {
            return self.resume(std::slice::from_ref(source));
        }
        if self.assignment.is_fetched(source) {
            self.restart(source, next)?;
        } else {
            let list = list_at(source, next);
            let assigned = list.and_then(|list| self.consumer().incremental_assign(&list));
            assigned.map_err(|error| fatal("taking a partition", &error.to_string()))?;
        }
        self.assignment.start(source, next);
        self.resume(std::slice::from_ref(source))
    }

    /// See [`crate::log::Log::pause`]. The client drops what it fetched of a paused partition and fetches it again.
    pub(super) fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        let is_new = |source: &&TopicPartition| !self.paused.contains(*source) && self.assignment.is_started(source);
        let new: Vec<TopicPartition> = sources.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            self.consumer().pause(&list_of(&new)).map_err(|error| fatal("pausing", &error.to_string()))?;
            self.paused.extend(new);
        }
        let over = |source: &&TopicPartition| !sources.contains(*source) && self.assignment.is_started(source);
        let over: Vec<TopicPartition> = self.paused.iter().filter(over).cloned().collect();
        self.resume(&over)
    }

    fn resume(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        let paused: Vec<TopicPartition> = sources.iter().filter(|s| self.paused.remove(s)).cloned().collect();
        if paused.is_empty() {
            return Ok(());
        }
        self.consumer().resume(&list_of(&paused)).map_err(|error| fatal("resuming", &error.to_string()))
    }

    fn restart(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.assignment.silence(source);
        let deadline = Instant::now() + SEEK_DEADLINE;
        loop {
            // the client moves its version barrier: what it fetched before is dropped on its own queue
            match self.seek(source, next) {
                Ok(()) => return Ok(()),
                // the assignment is taking hold on the client's own thread
                Err(error) if Instant::now() < deadline => {
                    tracing::trace!(%source, "seek is not possible yet: {error}");
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(LogError::Retriable { doing: "seeking", cause: error.to_string() }),
            }
        }
    }

    fn seek(&self, source: &TopicPartition, next: i64) -> Result<(), KafkaError> {
        let answer = self.consumer().seek_partitions(list_at(source, next)?, REQUEST_TIMEOUT)?;
        answer.elements().iter().try_for_each(TopicPartitionListElem::error)
    }

    /// See [`crate::log::Log::release`]. The client wants all that one rebalance revoked in one call.
    pub(super) fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        for source in sources {
            if let Some(at) = self.revoking.iter().position(|revoked| revoked == source) {
                self.assignment.remove(source);
                self.released.push(self.revoking.swap_remove(at));
            }
        }
        if !self.revoking.is_empty() || self.released.is_empty() {
            return Ok(());
        }
        let released = std::mem::take(&mut self.released);
        self.unassign(&released)
    }

    fn unassign(&self, sources: &[TopicPartition]) -> Result<(), LogError> {
        unassign_of(self.consumer(), sources).map_err(|error| fatal("giving partitions up", &error.to_string()))
    }

    /// Whether a partition is ours, to be revoked or not.
    pub(super) fn owns(&self, source: &TopicPartition) -> bool {
        self.assignment.owns(source)
    }

    /// What fences this member's offsets in a transaction: `None` when its assignment is lost already.
    pub(super) fn fence(&self) -> Option<ConsumerGroupMetadata> {
        // metadata first: if the assignment still stands afterwards, it stood when the metadata was taken
        let metadata = self.consumer().group_metadata()?;
        (!self.consumer().assignment_lost()).then_some(metadata)
    }

    /// Metadata of one topic.
    pub(super) fn metadata(&self, topic: &str) -> Result<Metadata, LogError> {
        let metadata = self.consumer().fetch_metadata(Some(topic), REQUEST_TIMEOUT);
        metadata.map_err(|error| request_error("reading metadata", topic, &error))
    }
}

impl Drop for Group {
    /// Leaves the group. Closing serves rebalances and can hang (rust-rdkafka), so it happens on a thread of its own.
    fn drop(&mut self) {
        let Some(consumer) = self.consumer.take() else { return };
        consumer.context().closing.store(true, Ordering::Relaxed);
        self.revoking.append(&mut self.released);
        if !self.revoking.is_empty() {
            // else the client waits for this call for ever
            let _ = unassign_of(&consumer, &self.revoking);
        }
        let (done, closed) = mpsc::channel();
        std::thread::spawn(move || {
            drop(consumer);
            let _ = done.send(());
        });
        if closed.recv_timeout(CLOSE_DEADLINE).is_err() {
            tracing::warn!("the consumer did not close in {} s and is left behind", CLOSE_DEADLINE.as_secs());
        }
    }
}

/// What one step of the client brought.
enum Step {
    Record(Record),
    /// A record of a partition that does not deliver, or a passing trouble of the client's.
    Skipped,
    Ends(Vec<Event>),
    Changed(Vec<Event>),
    Nothing,
}

/// The client gets over most errors itself; what it cannot get over ends the poll.
fn judge_poll(error: &KafkaError) -> Result<Step, LogError> {
    let code = error.rdkafka_error_code();
    match (error, code) {
        (KafkaError::MessageConsumptionFatal(_), _) => Err(fatal("polling", &error.to_string())),
        (
            _,
            Some(
                RDKafkaErrorCode::AllBrokersDown
                // the offset to read at is gone: a new start finds that out by itself
                | RDKafkaErrorCode::AutoOffsetReset
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::UnknownTopicOrPartition,
            ),
        ) => Err(LogError::Retriable { doing: "polling", cause: error.to_string() }),
        _ => {
            tracing::debug!("poll: {error}");
            Ok(Step::Skipped)
        }
    }
}

fn fatal(doing: &'static str, cause: &str) -> LogError {
    LogError::Fatal { doing, cause: cause.to_owned() }
}

fn places(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let mut places: Vec<TopicPartition> =
        list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect();
    places.sort();
    places
}

/// Takes those of these partitions from the client that it has; called with none left, it still ends a rebalance.
fn unassign_of(consumer: &BaseConsumer<GroupContext>, sources: &[TopicPartition]) -> Result<(), KafkaError> {
    let fetched = places(&consumer.assignment()?);
    let taken: Vec<TopicPartition> = sources.iter().filter(|source| fetched.contains(source)).cloned().collect();
    consumer.incremental_unassign(&list_of(&taken))
}

/// The client's list of one partition at an offset.
pub(super) fn list_at(source: &TopicPartition, next: i64) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&source.topic, source.partition, Offset::Offset(next))?;
    Ok(list)
}

/// The client's list of these partitions, without offsets.
fn list_of(sources: &[TopicPartition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(sources.len());
    for source in sources {
        list.add_partition(&source.topic, source.partition);
    }
    list
}

fn committed_in(list: &TopicPartitionList, source: &TopicPartition) -> Result<Option<Committed>, KafkaError> {
    let Some(element) = list.find_partition(&source.topic, source.partition) else { return Ok(None) };
    element.error()?;
    Ok(match element.offset() {
        Offset::Offset(next) => Some(Committed { next, metadata: element.metadata().to_owned() }),
        _ => None,
    })
}

/// The port's record for a client's message.
pub(super) fn to_record(message: &BorrowedMessage<'_>, topic: Arc<str>) -> Record {
    let headers: Headers = message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec())).collect()
    });
    Record {
        source: TopicPartition { topic, partition: message.partition() },
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
        appended_at_ms: message.timestamp().to_millis(),
    }
}
