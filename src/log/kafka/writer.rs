//! The transactional writer: outputs and progress in one transaction.
//!
//! How a transaction may end: *landed*; *aborted*, when the broker or the client refused it and the abort is
//! confirmed; or *dead*, when it is not known. librdkafka has no client side of KIP-890, so a delayed EndTxn could
//! end a later transaction: after a time-out or a transport error at the end, this producer begins no other one.
//! A new producer with the same id ends what the old one left, at its start.
//!
//! It must never report *landed* or *aborted* on a guess.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::KafkaSettings;
use super::client::{ClientLog, is_connection_trouble, producer_config};
use crate::fault::{self, Bug, Point};
use crate::log::{Commit, LogError, Output, Place, Progress, partition_for};

/// The broker ends a predecessor's transaction after 10 s.
const INIT_DEADLINE: Duration = Duration::from_secs(30);
/// One step of a transaction; the broker gives the whole of it 10 s.
const STEP_DEADLINE: Duration = Duration::from_secs(15);
/// Aborting waits for what is in flight.
const ABORT_DEADLINE: Duration = Duration::from_secs(30);
/// A blocking call gives up the thread this often, to serve delivery reports.
const SLICE: Duration = Duration::from_millis(500);
/// What Kafka takes as an offset's metadata.
pub(super) const METADATA_BYTES_MAX: usize = 4_096;

/// The producer's callbacks: keeps the first delivery that failed for good.
struct WriterContext {
    log: ClientLog,
    failed: Mutex<Option<(String, RDKafkaErrorCode)>>,
}

impl ClientContext for WriterContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.log.log(level, facility, line);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.log.error(error, reason);
    }
}

impl ProducerContext for WriterContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        let Some(code) = error.rdkafka_error_code() else { return };
        // an abort purges what it has not sent: that says nothing about the record
        if matches!(code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) {
            return;
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert_with(|| (message.topic().to_owned(), code));
    }
}

/// Why a transaction did not land.
#[derive(Debug)]
enum Failure {
    /// It must be aborted; another try may land.
    Abort(String),
    /// It must be aborted, and the same outputs would be refused again.
    Refused(String),
    /// It is not known how it ended, or this producer is fenced.
    Dead(&'static str, String),
}

/// The producer of one worker.
pub(super) struct Writer {
    settings: KafkaSettings,
    /// Absent after a death, or when the last transaction landed in spite of connection trouble.
    producer: Option<BaseProducer<WriterContext>>,
    dead: bool,
}

impl Writer {
    /// Connects and ends whatever a predecessor with the same id left open.
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let producer = open_producer(settings)?;
        Ok(Self { settings: settings.clone(), producer: Some(producer), dead: false })
    }

    /// See [`crate::log::Log::commit`]. `partitions` counts those of the topics that are hashed; `fence` is absent
    /// when the assignment is lost.
    pub(super) fn commit(
        &mut self,
        outputs: Vec<Output>,
        progress: &[Progress],
        partitions: &BTreeMap<Arc<str>, i32>,
        fence: Option<&ConsumerGroupMetadata>,
    ) -> Result<Commit, LogError> {
        if self.dead {
            let cause = "an earlier transaction ended this producer".to_owned();
            return Err(LogError::Fatal { doing: "committing", cause });
        }
        let offsets = offsets_of(progress)?;
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => open_producer(&self.settings)?,
        };
        // until it is known how this ends
        self.dead = true;
        let transaction = Transaction { producer: &producer, outputs: outputs.len() };
        let committed = match transaction.run_or_misrun(outputs, &offsets, partitions, fence) {
            Ok(()) => Ok(Commit::Landed),
            Err(Failure::Abort(cause)) => {
                tracing::warn!("transaction aborted: {cause}");
                transaction.abort().map(|()| Commit::Aborted)
            }
            Err(Failure::Refused(cause)) => transaction.abort().and(Err(Failure::Dead("writing outputs", cause))),
            Err(dead) => Err(dead),
        };
        producer.poll(Duration::ZERO);
        match committed {
            Ok(commit) => {
                self.dead = false;
                let trouble = producer.context().log.take_trouble();
                self.producer = (!trouble).then_some(producer);
                Ok(commit)
            }
            Err(Failure::Dead(doing, cause)) => Err(LogError::Fatal { doing, cause }),
            Err(Failure::Abort(cause) | Failure::Refused(cause)) => Err(LogError::Fatal { doing: "aborting", cause }),
        }
    }
}

/// One transaction of a producer.
struct Transaction<'a> {
    producer: &'a BaseProducer<WriterContext>,
    outputs: usize,
}

impl Transaction<'_> {
    /// [`Self::run`], but for the bug that moves the offsets first.
    fn run_or_misrun(
        &self,
        outputs: Vec<Output>,
        offsets: &TopicPartitionList,
        partitions: &BTreeMap<Arc<str>, i32>,
        fence: Option<&ConsumerGroupMetadata>,
    ) -> Result<(), Failure> {
        if !fault::is_planted(Bug::CommitBeforeProduce) {
            return self.run(outputs, offsets, partitions, fence);
        }
        let first = Self { producer: self.producer, outputs: 0 };
        first.run(Vec::new(), offsets, partitions, fence)?;
        self.run(outputs, &TopicPartitionList::new(), partitions, fence)
    }

    fn run(
        &self,
        outputs: Vec<Output>,
        offsets: &TopicPartitionList,
        partitions: &BTreeMap<Arc<str>, i32>,
        fence: Option<&ConsumerGroupMetadata>,
    ) -> Result<(), Failure> {
        self.producer.context().log.take_trouble();
        self.producer.context().failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let begun = self.producer.begin_transaction();
        begun.map_err(|error| Failure::Dead("beginning a transaction", explain(&error)))?;
        fault::reach(Point::Begun, self.outputs);
        let (count, mut laps) = (outputs.len(), Laps::start());
        for (output, number) in outputs.into_iter().zip(1..) {
            self.produce(&output, partitions)?;
            fault::reach(Point::Produced, number);
        }
        let produced_ms = laps.next_ms();
        if offsets.count() > 0 {
            let fence = fence.ok_or_else(|| Failure::Abort("the assignment was lost".to_owned()))?;
            self.step("committing offsets", || {
                self.producer.send_offsets_to_transaction(offsets, fence, STEP_DEADLINE)
            })?;
        }
        fault::reach(Point::OffsetsSent, self.outputs);
        let offsets_ms = laps.next_ms();
        self.flush()?;
        fault::reach(Point::Flushed, self.outputs);
        let flushed_ms = laps.next_ms();
        fault::reach(Point::Ending, self.outputs);
        self.step("ending a transaction", || self.producer.commit_transaction(STEP_DEADLINE))?;
        fault::reach(Point::Ended, self.outputs);
        let ended_ms = laps.next_ms();
        tracing::debug!(count, produced_ms, offsets_ms, flushed_ms, ended_ms, "transaction ended");
        Ok(())
    }

    fn produce(&self, output: &Output, partitions: &BTreeMap<Arc<str>, i32>) -> Result<(), Failure> {
        let partition = match &output.place {
            Place::Exact(partition) => *partition,
            Place::Hashed(key) => partition_for(key, partitions.get(&output.topic).copied().unwrap_or(1)),
        };
        let mut headers = OwnedHeaders::new_with_capacity(output.headers.len());
        for (key, value) in &output.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(&output.topic).partition(partition).headers(headers);
        record.key = output.key.as_deref();
        record.payload = output.value.as_deref();
        let deadline = Instant::now() + STEP_DEADLINE;
        loop {
            let (error, back) = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            match error.rdkafka_error_code() {
                // the queue is the bound: wait until the broker has taken some
                Some(RDKafkaErrorCode::QueueFull) if Instant::now() < deadline => {
                    self.producer.poll(Duration::from_millis(50));
                    record = back;
                }
                // the transaction has failed already: its cause is with the deliveries
                Some(RDKafkaErrorCode::State | RDKafkaErrorCode::Fatal | RDKafkaErrorCode::QueueFull) => {
                    self.check_deliveries()?;
                    return Err(Failure::Abort(format!("{}: {error}", output.topic)));
                }
                _ => return Err(Failure::Refused(format!("{}/{partition}: {error}", output.topic))),
            }
        }
    }

    /// Waits until all outputs are answered. The client's own flush polls in slices of 100 ms that never end early.
    fn flush(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + STEP_DEADLINE;
        while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
            self.producer.poll(Duration::from_millis(1));
        }
        self.check_deliveries()?;
        match self.producer.in_flight_count() {
            0 => Ok(()),
            open => Err(Failure::Dead("flushing outputs", format!("{open} records are not answered"))),
        }
    }

    fn check_deliveries(&self) -> Result<(), Failure> {
        let failed = self.producer.context().failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match failed {
            None => Ok(()),
            Some((topic, code)) if is_connection_trouble(code) => Err(Failure::Abort(format!("{topic}: {code}"))),
            Some((topic, code)) => Err(Failure::Refused(format!("{topic}: {code}"))),
        }
    }

    /// Calls again what may be called again, until its time is over.
    fn step(&self, doing: &'static str, call: impl Fn() -> Result<(), KafkaError>) -> Result<(), Failure> {
        let deadline = Instant::now() + STEP_DEADLINE;
        loop {
            let Err(error) = call() else { return Ok(()) };
            match judge(&error) {
                Class::Again if Instant::now() < deadline => self.producer.poll(Duration::from_millis(20)),
                Class::Abort => {
                    self.check_deliveries()?;
                    return Err(Failure::Abort(format!("{doing}: {error}")));
                }
                Class::Again | Class::Dead => return Err(Failure::Dead(doing, explain(&error))),
            }
        }
    }

    /// Aborts, serving the delivery reports that the abort waits for.
    fn abort(&self) -> Result<(), Failure> {
        fault::reach(Point::Aborting, self.outputs);
        let deadline = Instant::now() + ABORT_DEADLINE;
        loop {
            let Err(error) = self.producer.abort_transaction(SLICE) else { return Ok(()) };
            let again = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
            if !again || Instant::now() >= deadline {
                return Err(Failure::Dead("aborting a transaction", explain(&error)));
            }
            self.producer.poll(Duration::from_millis(20));
        }
    }
}

/// Times of the steps of a transaction, for whoever asks why it is slow.
struct Laps(Instant);

impl Laps {
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the last lap.
    fn next_ms(&mut self) -> u128 {
        let took = self.0.elapsed();
        self.0 += took;
        took.as_millis()
    }
}

/// What an error of a transaction call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Again,
    Abort,
    Dead,
}

fn judge(error: &KafkaError) -> Class {
    let KafkaError::Transaction(cause) = error else { return Class::Dead };
    classify(cause.code(), cause.is_fatal(), cause.txn_requires_abort(), cause.is_retriable())
}

/// The order matters: a time-out that librdkafka would let us abort is still one whose request may arrive later.
fn classify(code: RDKafkaErrorCode, fatal: bool, requires_abort: bool, retriable: bool) -> Class {
    if fatal || is_connection_trouble(code) {
        Class::Dead
    } else if requires_abort {
        Class::Abort
    } else if retriable {
        Class::Again
    } else {
        Class::Dead
    }
}

fn explain(error: &KafkaError) -> String {
    let fenced = matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
    );
    let hint = if fenced { " (does another live worker use the same instance name?)" } else { "" };
    format!("{error}{hint}")
}

fn offsets_of(progress: &[Progress]) -> Result<TopicPartitionList, LogError> {
    let mut list = TopicPartitionList::with_capacity(progress.len());
    for Progress { source, next, metadata } in progress {
        let fatal = |cause: String| LogError::Fatal { doing: "committing offsets", cause };
        if metadata.len() > METADATA_BYTES_MAX {
            return Err(fatal(format!("{source}: context of {} bytes, over {METADATA_BYTES_MAX}", metadata.len())));
        }
        let mut element = list.add_partition(&source.topic, source.partition);
        element.set_offset(Offset::Offset(*next)).map_err(|error| fatal(format!("{source}: {error}")))?;
        element.set_metadata(metadata);
    }
    Ok(list)
}

fn open_producer(settings: &KafkaSettings) -> Result<BaseProducer<WriterContext>, LogError> {
    let context = WriterContext { log: ClientLog::new("writer"), failed: Mutex::new(None) };
    let producer: BaseProducer<WriterContext> = producer_config(settings)
        .create_with_context(context)
        .map_err(|error| LogError::Fatal { doing: "creating the producer", cause: error.to_string() })?;
    let doing = "starting transactions";
    let deadline = Instant::now() + INIT_DEADLINE;
    loop {
        let Err(error) = producer.init_transactions(SLICE * 10) else { break };
        let retriable = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable() && !cause.is_fatal());
        if !retriable {
            return Err(LogError::Fatal { doing, cause: explain(&error) });
        }
        if Instant::now() >= deadline {
            return Err(LogError::Retriable { doing, cause: error.to_string() });
        }
        producer.poll(Duration::ZERO);
    }
    producer.context().log.take_trouble();
    Ok(producer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TopicPartition;

    #[test]
    fn an_error_is_classed_by_what_is_known_of_the_transaction() {
        use RDKafkaErrorCode as Code;
        // (code, fatal, requires abort, retriable) → what to do
        let cases = [
            (Code::UnknownMemberId, false, true, false, Class::Abort),
            (Code::IllegalGeneration, false, true, false, Class::Abort),
            (Code::CoordinatorLoadInProgress, false, false, true, Class::Again),
            (Code::OperationTimedOut, false, false, true, Class::Dead),
            (Code::OperationTimedOut, false, true, false, Class::Dead),
            (Code::BrokerTransportFailure, false, true, true, Class::Dead),
            (Code::RequestTimedOut, false, true, false, Class::Dead),
            (Code::Fenced, true, false, false, Class::Dead),
            (Code::State, false, false, false, Class::Dead),
        ];
        for (code, fatal, abort, retriable, expected) in cases {
            assert_eq!(classify(code, fatal, abort, retriable), expected, "{code:?}");
        }
    }

    #[test]
    fn a_context_over_the_limit_is_refused_before_anything_is_written() {
        let of = |bytes: usize| {
            let source = TopicPartition::new("a", 0);
            offsets_of(&[Progress { source, next: 1, metadata: "x".repeat(bytes) }])
        };
        assert!(of(METADATA_BYTES_MAX).is_ok());
        assert!(matches!(of(METADATA_BYTES_MAX + 1), Err(LogError::Fatal { .. })));
    }
}
