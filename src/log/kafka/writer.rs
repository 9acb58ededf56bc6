//! The transactional writer: outputs and progress in one transaction.
//!
//! How a transaction may end: *landed*; *aborted*, when the broker or the client refused it and the abort is
//! confirmed; *ambiguous*, when a request was not answered; or the writer is dead. The states and what each error
//! does to them stand in `transaction`. A producer that had any trouble with a connection while a transaction was open
//! is replaced even when the transaction landed: librdkafka asks again by itself, so a first, delayed EndTxn may still
//! be on its way, and would end a later transaction of the same producer. The new one's start fences it.
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
use super::transaction::{Event, State, event_of, is_fence};
use crate::fault::{self, Bug, Point};
use crate::log::{Commit, LogError, Output, Place, Progress, partition_for};

/// The broker ends a predecessor's transaction after 10 s.
const INIT_DEADLINE: Duration = Duration::from_secs(30);
/// The broker gives a transaction this long, unless it is told otherwise.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Aborting waits for what is in flight.
const ABORT_DEADLINE: Duration = Duration::from_secs(30);
/// A blocking call gives up the thread this often, to serve delivery reports.
const SLICE: Duration = Duration::from_millis(500);
/// What Kafka takes as an offset's metadata.
pub(super) const METADATA_BYTES_MAX: usize = 4_096;
/// Callbacks served at once, at most, before the trouble they tell of is looked at.
const CALLBACKS_MAX: usize = 10_000;

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
struct Failure {
    doing: &'static str,
    cause: String,
    kind: Kind,
}

/// What a failure means beyond the state that it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another try may land.
    Passing,
    /// The same outputs would be refused again.
    Refused,
    /// A newer producer has this id, or the broker gave this one up.
    Fenced,
}

/// The producer of one worker.
pub(super) struct Writer {
    settings: KafkaSettings,
    /// How long the broker leaves a transaction open.
    timeout: Duration,
    /// Absent after trouble; a new one is made when it is needed.
    producer: Option<BaseProducer<WriterContext>>,
    state: State,
}

impl Writer {
    /// Connects and ends whatever a predecessor with the same id left open.
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let producer = open_producer(settings)?;
        let millis = producer_config(settings).get("transaction.timeout.ms").and_then(|text| text.parse().ok());
        let timeout = millis.map_or(TRANSACTION_TIMEOUT, Duration::from_millis);
        Ok(Self { settings: settings.clone(), timeout, producer: Some(producer), state: State::Idle })
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
        if self.state != State::Idle {
            let cause = format!("an earlier transaction left this producer {:?}", self.state).to_lowercase();
            return Err(LogError::Fatal { doing: "committing", cause });
        }
        let offsets = offsets_of(progress)?;
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => open_producer(&self.settings)?,
        };
        let begun = Instant::now();
        let mut transaction =
            Transaction { producer: &producer, state: self.state, outputs: 0, deadline: begun + self.timeout };
        let ran = transaction.run_or_misrun(outputs, &offsets, partitions, fence);
        let ended = transaction.end(ran);
        self.state = transaction.state;
        let trouble = take_trouble(&producer);
        match ended {
            Ok(commit) => {
                self.producer = (!trouble && self.state == State::Idle).then_some(producer);
                Ok(commit)
            }
            // only a twin fences a transaction that the broker had no reason to give up
            Err(Failure { cause, kind: Kind::Fenced, .. }) if begun.elapsed() < self.timeout => {
                Err(LogError::Fenced { id: self.settings.transactional_id.clone(), cause })
            }
            Err(Failure { doing, cause, .. }) => Err(LogError::Fatal { doing, cause }),
        }
    }

    /// Ends an ambiguous transaction for good: a new producer with the same id either finds it ended or ends it.
    pub(super) fn succeed(&mut self) -> Result<(), LogError> {
        drop(self.producer.take());
        self.producer = Some(open_producer(&self.settings)?);
        self.state = self.state.after(Event::Succeeded);
        Ok(())
    }
}

/// One transaction of a producer.
struct Transaction<'a> {
    producer: &'a BaseProducer<WriterContext>,
    state: State,
    outputs: usize,
    /// When the broker gives it up.
    deadline: Instant,
}

impl Transaction<'_> {
    /// [`Self::run`], but for the bug that moves the offsets first.
    fn run_or_misrun(
        &mut self,
        outputs: Vec<Output>,
        offsets: &TopicPartitionList,
        partitions: &BTreeMap<Arc<str>, i32>,
        fence: Option<&ConsumerGroupMetadata>,
    ) -> Result<(), Failure> {
        if !fault::is_planted(Bug::CommitBeforeProduce) {
            return self.run(outputs, offsets, partitions, fence);
        }
        self.run(Vec::new(), offsets, partitions, fence)?;
        self.run(outputs, &TopicPartitionList::new(), partitions, fence)
    }

    fn run(
        &mut self,
        outputs: Vec<Output>,
        offsets: &TopicPartitionList,
        partitions: &BTreeMap<Arc<str>, i32>,
        fence: Option<&ConsumerGroupMetadata>,
    ) -> Result<(), Failure> {
        self.outputs = outputs.len();
        take_trouble(self.producer);
        self.producer.context().failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.step("beginning a transaction", |producer, _| producer.begin_transaction())?;
        self.state = self.state.after(Event::Begun);
        fault::reach(Point::Begun, self.outputs);
        let (count, mut laps) = (outputs.len(), Laps::start());
        for (output, number) in outputs.into_iter().zip(1..) {
            self.produce(&output, partitions)?;
            fault::reach(Point::Produced, number);
        }
        let produced_ms = laps.next_ms();
        if offsets.count() > 0 {
            let doing = "committing offsets";
            let fence =
                fence.ok_or_else(|| self.fail(doing, Event::MustAbort, "the assignment was lost".to_owned()))?;
            self.step(doing, |producer, wait| producer.send_offsets_to_transaction(offsets, fence, wait))?;
        }
        fault::reach(Point::OffsetsSent, self.outputs);
        let offsets_ms = laps.next_ms();
        self.flush()?;
        fault::reach(Point::Flushed, self.outputs);
        let flushed_ms = laps.next_ms();
        fault::reach(Point::Ending, self.outputs);
        self.state = self.state.after(Event::Ending);
        self.step("ending a transaction", Producer::commit_transaction)?;
        self.state = self.state.after(Event::Landed);
        fault::reach(Point::Ended, self.outputs);
        let ended_ms = laps.next_ms();
        tracing::debug!(count, produced_ms, offsets_ms, flushed_ms, ended_ms, "transaction ended");
        Ok(())
    }

    /// How it ended: aborts what is still open.
    fn end(&mut self, ran: Result<(), Failure>) -> Result<Commit, Failure> {
        let Err(failure) = ran else { return Ok(Commit::Landed) };
        let Failure { doing, cause, kind } = &failure;
        if self.state == State::Open {
            tracing::warn!("transaction is to be aborted: {doing}: {cause}");
            if let Err(failure) = self.abort()
                && self.state == State::Dead
            {
                return Err(failure);
            }
        }
        match self.state {
            State::Idle if *kind == Kind::Passing => Ok(Commit::Aborted),
            State::Ambiguous if *kind == Kind::Passing => {
                tracing::warn!("transaction in doubt: {doing}: {cause}");
                Ok(Commit::Ambiguous)
            }
            _ => {
                self.state = self.state.after(Event::Fatal);
                Err(failure)
            }
        }
    }

    /// Takes an event, and makes it a failure.
    fn fail(&mut self, doing: &'static str, event: Event, cause: String) -> Failure {
        self.state = self.state.after(event);
        Failure { doing, cause, kind: if event == Event::Fenced { Kind::Fenced } else { Kind::Passing } }
    }

    fn produce(&mut self, output: &Output, partitions: &BTreeMap<Arc<str>, i32>) -> Result<(), Failure> {
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
        loop {
            let (error, back) = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            match error.rdkafka_error_code() {
                // the queue is the bound: wait until the broker has taken some
                Some(RDKafkaErrorCode::QueueFull) if Instant::now() < self.deadline => {
                    self.producer.poll(Duration::from_millis(50));
                    record = back;
                }
                // the transaction has failed already: its cause is with the client or the deliveries
                Some(RDKafkaErrorCode::State | RDKafkaErrorCode::Fatal | RDKafkaErrorCode::QueueFull) => {
                    self.check_client()?;
                    self.check_deliveries()?;
                    return Err(self.fail("producing", Event::MustAbort, format!("{}: {error}", output.topic)));
                }
                _ => return Err(self.refuse(format!("{}/{partition}: {error}", output.topic))),
            }
        }
    }

    fn refuse(&mut self, cause: String) -> Failure {
        Failure { kind: Kind::Refused, ..self.fail("writing outputs", Event::MustAbort, cause) }
    }

    /// Waits until all outputs are answered. The client's own flush polls in slices of 100 ms that never end early.
    fn flush(&mut self) -> Result<(), Failure> {
        while self.producer.in_flight_count() > 0 && Instant::now() < self.deadline {
            self.producer.poll(Duration::from_millis(1));
        }
        self.check_deliveries()?;
        match self.producer.in_flight_count() {
            0 => Ok(()),
            open => Err(self.fail("flushing outputs", Event::NoAnswer, format!("{open} records are not answered"))),
        }
    }

    /// A client that is of no use any more says why only when it is asked.
    fn check_client(&mut self) -> Result<(), Failure> {
        let Some((code, reason)) = self.producer.client().fatal_error() else { return Ok(()) };
        let event = if is_fence(code) { Event::Fenced } else { Event::Fatal };
        Err(self.fail("producing", event, reason))
    }

    fn check_deliveries(&mut self) -> Result<(), Failure> {
        let failed = self.producer.context().failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match failed {
            None => Ok(()),
            Some((topic, code)) if is_connection_trouble(code) => {
                Err(self.fail("writing outputs", Event::MustAbort, format!("{topic}: {code}")))
            }
            Some((topic, code)) => {
                self.check_client()?;
                Err(self.refuse(format!("{topic}: {code}")))
            }
        }
    }

    /// Calls again what may be called again, until the transaction's time is over.
    fn step(
        &mut self,
        doing: &'static str,
        call: impl Fn(&BaseProducer<WriterContext>, Duration) -> Result<(), KafkaError>,
    ) -> Result<(), Failure> {
        loop {
            let wait = self.deadline.saturating_duration_since(Instant::now()).max(SLICE);
            let Err(error) = call(self.producer, wait) else { return Ok(()) };
            let mut event = event_of(&error);
            // the client asked again by itself after losing a connection: what it says is about the last try only
            if event == Event::MustAbort && self.state == State::Committing && take_trouble(self.producer) {
                event = Event::NoAnswer;
            }
            if event == Event::Again && Instant::now() < self.deadline {
                self.state = self.state.after(event);
                self.producer.poll(Duration::from_millis(20));
                continue;
            }
            if event == Event::MustAbort {
                self.check_deliveries()?;
            }
            let event = if event == Event::Again { Event::NoAnswer } else { event };
            return Err(self.fail(doing, event, explain(&error)));
        }
    }

    /// Aborts, serving the delivery reports that the abort waits for.
    fn abort(&mut self) -> Result<(), Failure> {
        fault::reach(Point::Aborting, self.outputs);
        let deadline = Instant::now() + ABORT_DEADLINE;
        loop {
            let Err(error) = self.producer.abort_transaction(SLICE) else {
                self.state = self.state.after(Event::Aborted);
                return Ok(());
            };
            let again = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
            if !again || Instant::now() >= deadline {
                let event = if again { Event::NoAnswer } else { event_of(&error) };
                let event = if event == Event::MustAbort { Event::Fatal } else { event };
                return Err(self.fail("aborting a transaction", event, explain(&error)));
            }
            self.producer.poll(Duration::from_millis(20));
        }
    }
}

/// Serves what the client has to say, then: had a connection trouble since this was last asked?
fn take_trouble(producer: &BaseProducer<WriterContext>) -> bool {
    let mut left = CALLBACKS_MAX;
    while producer.in_flight_count() > 0 && left > 0 {
        producer.poll(Duration::ZERO);
        left -= 1;
    }
    producer.context().log.take_trouble()
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

fn explain(error: &KafkaError) -> String {
    match event_of(error) {
        Event::Fenced => format!("{error} (a newer producer has its id, or the transaction took too long)"),
        _ => error.to_string(),
    }
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
    take_trouble(&producer);
    Ok(producer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TopicPartition;

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
