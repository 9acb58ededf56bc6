//! Reading beside the assignment: watermarks, and a range of any partition for a restore.
//!
//! A range ends when the client's *position* has reached it: the last offsets are often control records, which no
//! one ever sees. It must never stop at the last stable offset: a crashed writer's open transaction hides newer
//! committed records until the broker ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::Offset;

use super::KafkaSettings;
use super::client::{ClientLog, REQUEST_TIMEOUT, lookup_config, reader_config, request_error};
use super::group::{list_at, to_record};
use crate::log::{Bounds, LogError, Record, TopicPartition};

/// Longest wait without progress.
const STALL_DEADLINE: Duration = Duration::from_secs(60);
/// A broker that does not answer in this time is told as unreachable.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often an open transaction is looked at again.
const RECHECK: Duration = Duration::from_millis(50);

/// Two clients, made when first needed.
pub(super) struct Reader {
    settings: KafkaSettings,
    records: Option<BaseConsumer<ClientLog>>,
    lookup: Option<BaseConsumer<ClientLog>>,
}

impl Reader {
    /// A reader that has not connected yet.
    pub(super) fn new(settings: &KafkaSettings) -> Self {
        Self { settings: settings.clone(), records: None, lookup: None }
    }

    /// Asks for a topic's metadata, and waits a short while only: is there a broker, and is the topic there.
    pub(super) fn probe(&mut self, topic: &str) -> Result<(), LogError> {
        let config = lookup_config(&self.settings);
        let lookup = connected(&mut self.lookup, &config, "lookup")?;
        let metadata = lookup.fetch_metadata(Some(topic), PROBE_TIMEOUT);
        let metadata = metadata.map_err(|error| request_error("looking for a broker", topic, &error))?;
        let is_there = |entry: &MetadataTopic| entry.name() == topic && entry.error().is_none();
        if metadata.topics().iter().any(is_there) {
            return Ok(());
        }
        Err(LogError::NoTopic { topic: topic.to_owned() })
    }

    /// Every topic there is, with its number of partitions, by name.
    pub(super) fn topics(&mut self) -> Result<Vec<(String, i32)>, LogError> {
        let config = lookup_config(&self.settings);
        let lookup = connected(&mut self.lookup, &config, "lookup")?;
        let metadata = lookup.fetch_metadata(None, PROBE_TIMEOUT);
        let metadata = metadata.map_err(|error| request_error("looking for topics", "all", &error))?;
        let count = |entry: &MetadataTopic| i32::try_from(entry.partitions().len()).unwrap_or(i32::MAX);
        let mut topics: Vec<_> =
            metadata.topics().iter().map(|entry| (entry.name().to_owned(), count(entry))).collect();
        topics.sort();
        Ok(topics)
    }

    /// See [`crate::log::Log::bounds`].
    pub(super) fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError> {
        let config = lookup_config(&self.settings);
        let lookup = connected(&mut self.lookup, &config, "lookup")?;
        let (low, high) = watermarks(lookup, source)?;
        Ok(Bounds { low, high })
    }

    /// See [`crate::log::Log::read`].
    pub(super) fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError> {
        if from >= to {
            return Ok(());
        }
        let config = reader_config(&self.settings);
        let consumer = connected(&mut self.records, &config, "reader")?;
        let mut range = Range { consumer, source, position: from, to, progress_at: Instant::now() };
        let outcome = range.run(each);
        if consumer.unassign().is_err() || outcome.is_err() {
            self.records = None;
        }
        outcome
    }
}

/// One range being read.
struct Range<'a> {
    consumer: &'a BaseConsumer<ClientLog>,
    source: &'a TopicPartition,
    position: i64,
    to: i64,
    progress_at: Instant,
}

impl Range<'_> {
    fn run(&mut self, each: &mut dyn FnMut(Record)) -> Result<(), LogError> {
        let mut read_up_to = i64::MIN;
        loop {
            let (_, stable) = watermarks(self.consumer, self.source)?;
            if stable > read_up_to {
                self.assign()?;
                if self.drain(stable >= self.to, each)? {
                    return Ok(());
                }
                read_up_to = stable;
            }
            // an open transaction stands before the end: its writer or the broker will end it
            self.check_stall()?;
            std::thread::sleep(RECHECK);
        }
    }

    /// Reads until the range is done, or until there is no more for now. `ends_beyond`: the stable end was at or
    /// past the range's before this began, so that meeting the end means the range is done.
    fn drain(&mut self, ends_beyond: bool, each: &mut dyn FnMut(Record)) -> Result<bool, LogError> {
        while self.position < self.to {
            match self.consumer.poll(Duration::from_millis(200)) {
                Some(Ok(message)) if message.offset() >= self.to => break,
                Some(Ok(message)) => {
                    self.advance(message.offset() + 1);
                    each(to_record(&message, Arc::clone(&self.source.topic)));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.advance(self.client_position());
                    return Ok(ends_beyond || self.position >= self.to);
                }
                Some(Err(error)) => tracing::debug!(source = %self.source, "read: {error}"),
                None => self.advance(self.client_position()),
            }
            self.check_stall()?;
        }
        Ok(true)
    }

    fn assign(&self) -> Result<(), LogError> {
        let assigned = list_at(self.source, self.position).and_then(|list| self.consumer.assign(&list));
        assigned.map_err(|error| request_error("assigning a range", &self.source.topic, &error))
    }

    fn advance(&mut self, position: i64) {
        if position > self.position {
            self.position = position;
            self.progress_at = Instant::now();
        }
    }

    fn client_position(&self) -> i64 {
        let positions = self.consumer.position().unwrap_or_default();
        match positions.find_partition(&self.source.topic, self.source.partition).map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => offset,
            _ => self.position,
        }
    }

    fn check_stall(&self) -> Result<(), LogError> {
        if self.progress_at.elapsed() < STALL_DEADLINE {
            return Ok(());
        }
        let (source, position, to) = (self.source, self.position, self.to);
        let cause = format!("no progress for {} s at {source}@{position} of {to}", STALL_DEADLINE.as_secs());
        Err(LogError::Retriable { doing: "reading a range", cause })
    }
}

fn connected<'a>(
    client: &'a mut Option<BaseConsumer<ClientLog>>,
    config: &rdkafka::ClientConfig,
    name: &'static str,
) -> Result<&'a BaseConsumer<ClientLog>, LogError> {
    if client.is_none() {
        let created = config.create_with_context(ClientLog::new(name));
        *client =
            Some(created.map_err(|error| LogError::Fatal { doing: "creating a reader", cause: error.to_string() })?);
    }
    Ok(client.as_ref().expect("set just above"))
}

fn watermarks(consumer: &BaseConsumer<ClientLog>, source: &TopicPartition) -> Result<(i64, i64), LogError> {
    let marks = consumer.fetch_watermarks(&source.topic, source.partition, REQUEST_TIMEOUT);
    marks.map_err(|error| request_error("reading watermarks", &source.topic, &error))
}
