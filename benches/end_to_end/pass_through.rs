//! The ceiling: records copied by librdkafka, with a transaction every 100 ms and nothing in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::metadata::MetadataPartition;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

const INTERVAL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

/// A partition that is copied.
struct Lane {
    partition: i32,
    target: i32,
    next: i64,
    high: i64,
}

/// Copies all of `sources` to `sink`, which has as many partitions as they have together. Returns the records copied.
pub fn run(brokers: &str, sources: &[String], sink: &str) -> u64 {
    let (consumer, producer) = clients(brokers);
    let mut lanes = lanes(&consumer, sources);
    let mut open = lanes.values().flatten().filter(|lane| lane.next < lane.high).count();
    producer.init_transactions(PATIENCE).unwrap();
    let mut copied = 0;
    while open > 0 {
        producer.begin_transaction().unwrap();
        let until = Instant::now() + INTERVAL;
        while Instant::now() < until && open > 0 {
            let Some(message) = consumer.poll(Duration::from_millis(10)) else { continue };
            let message = message.unwrap();
            let topic = lanes.get_mut(message.topic()).unwrap();
            let lane = topic.iter_mut().find(|lane| lane.partition == message.partition()).unwrap();
            lane.next = message.offset() + 1;
            send(&producer, sink, lane.target, message.key(), message.payload());
            copied += 1;
            open -= usize::from(lane.next == lane.high);
        }
        end(&consumer, &producer, &lanes);
    }
    copied
}

fn lanes(consumer: &BaseConsumer, sources: &[String]) -> BTreeMap<String, Vec<Lane>> {
    let (mut list, mut lanes, mut target) = (TopicPartitionList::new(), BTreeMap::new(), 0);
    for topic in sources {
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
        for partition in metadata.topics()[0].partitions().iter().map(MetadataPartition::id) {
            let (next, high) = consumer.fetch_watermarks(topic, partition, PATIENCE).unwrap();
            list.add_partition_offset(topic, partition, Offset::Offset(next)).unwrap();
            lanes.entry(topic.clone()).or_insert_with(Vec::new).push(Lane { partition, target, next, high });
            target += 1;
        }
    }
    consumer.assign(&list).unwrap();
    lanes
}

fn clients(brokers: &str) -> (BaseConsumer, BaseProducer) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", "bench-pass-through").set("enable.auto.commit", "false");
    config.set("isolation.level", "read_committed").set("fetch.queue.backoff.ms", "20");
    let consumer = config.create().unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("transactional.id", "bench-pass-through");
    config.set("compression.type", "lz4").set("linger.ms", "5").set("retry.backoff.ms", "20");
    (consumer, config.create().unwrap())
}

fn send(producer: &BaseProducer, sink: &str, partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) {
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(sink).partition(partition);
    (record.key, record.payload) = (key, value);
    while let Err((error, back)) = producer.send(record) {
        assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
        producer.poll(Duration::from_millis(1));
        record = back;
    }
}

fn end(consumer: &BaseConsumer, producer: &BaseProducer, lanes: &BTreeMap<String, Vec<Lane>>) {
    let mut offsets = TopicPartitionList::new();
    for (topic, lane) in lanes.iter().flat_map(|(topic, lanes)| lanes.iter().map(move |lane| (topic, lane))) {
        offsets.add_partition_offset(topic, lane.partition, Offset::Offset(lane.next)).unwrap();
    }
    // the client's own flush polls in slices of 100 ms
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
    }
    producer.send_offsets_to_transaction(&offsets, &consumer.group_metadata().unwrap(), PATIENCE).unwrap();
    producer.commit_transaction(PATIENCE).unwrap();
}
