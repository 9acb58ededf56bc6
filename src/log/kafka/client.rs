//! What all librdkafka clients of a worker share: their properties, and where their log lines and errors go.
//!
//! It must never let a client log without a limit, nor let a property change the meaning of the port
//! (isolation, offsets, group protocol, transactions): those are set after the operator's own.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::KafkaSettings;
use crate::log::LogError;

/// One line per facility and client thread in this time.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// Distinct lines remembered by the limit.
const LOG_KEYS_MAX: usize = 256;
/// Metadata, watermarks and the like: one round trip, with room for a leader to move.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Which client a property is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Consumer,
    Producer,
    Both,
}

/// The group member: gets its partitions from the group, commits through the producer only.
pub(super) fn group_config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    fetching(&mut config, settings.memory_budget_bytes / 4);
    config.set("session.timeout.ms", "15000");
    // how soon a member hears of a rebalance
    config.set("heartbeat.interval.ms", "1000");
    // how soon partitions that are added to a topic are read
    config.set("topic.metadata.refresh.interval.ms", "60000");
    with_extra(&mut config, settings, Side::Consumer);
    config.set("group.id", &settings.group);
    config.set("group.protocol", "classic");
    config.set("partition.assignment.strategy", "cooperative-sticky");
    config.set("isolation.level", "read_committed");
    // an offset that is gone is for the worker to judge: a reset would lose records in silence
    config.set("auto.offset.reset", "error");
    never_commits(&mut config);
    config
}

/// A reader beside the assignment. librdkafka wants a group's name before it assigns; this one is never joined.
pub(super) fn reader_config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    fetching(&mut config, settings.memory_budget_bytes / 8);
    // the range after this one waits for the fetch that stands at this one's end: half a second by default, for each
    config.set("fetch.wait.max.ms", "10");
    with_extra(&mut config, settings, Side::Consumer);
    config.set("group.id", format!("{}-reader", settings.group));
    config.set("isolation.level", "read_committed");
    never_commits(&mut config);
    config
}

/// Asks for high watermarks: under read_committed the broker would answer with the last stable offset.
pub(super) fn lookup_config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    with_extra(&mut config, settings, Side::Consumer);
    config.set("isolation.level", "read_uncommitted");
    config
}

/// The transactional writer.
pub(super) fn producer_config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    let queue_kbytes = (settings.memory_budget_bytes / 4 / 1024).clamp(1_024, 1_048_576);
    config.set("queue.buffering.max.kbytes", queue_kbytes.to_string());
    config.set("compression.type", "lz4");
    // a transaction's records are queued at once: a longer wait makes latency, not larger batches
    config.set("linger.ms", "5");
    // the broker refuses a transaction until the last one's markers are written, which takes a few ms
    config.set("retry.backoff.ms", "20");
    config.set("transaction.timeout.ms", "10000");
    with_extra(&mut config, settings, Side::Producer);
    // a lost connection is told on a line of this kind only, see `ClientLog`
    config.set("debug", "broker");
    config.set_log_level(RDKafkaLogLevel::Debug);
    config.set("transactional.id", &settings.transactional_id);
    config
}

/// A client that only asks and administers, without a place in any group.
pub(super) fn admin_config(brokers: &str, extra: &BTreeMap<String, String>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set_log_level(RDKafkaLogLevel::Info);
    apply_extra(&mut config, extra, Side::Both);
    config
}

fn base(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers);
    config.set("client.id", &settings.transactional_id);
    config.set("socket.nagle.disable", "true");
    config.set("reconnect.backoff.max.ms", "2000");
    config.set_log_level(RDKafkaLogLevel::Info);
    config
}

fn fetching(config: &mut ClientConfig, budget_bytes: usize) {
    let queue_kbytes = (budget_bytes / 1024).clamp(1_024, 1_048_576);
    let fetch_bytes = (budget_bytes / 2).clamp(1_048_576, 52_428_800);
    config.set("queued.max.messages.kbytes", queue_kbytes.to_string());
    config.set("fetch.max.bytes", fetch_bytes.to_string());
    // a full queue is looked at again after this long; the default of a second starves a fast worker
    config.set("fetch.queue.backoff.ms", "20");
    config.set("auto.offset.reset", "earliest");
    config.set("enable.partition.eof", "true");
}

fn never_commits(config: &mut ClientConfig) {
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("enable.partition.eof", "true");
}

fn with_extra(config: &mut ClientConfig, settings: &KafkaSettings, side: Side) {
    apply_extra(config, &settings.extra, side);
}

/// `consumer.x` and `producer.x` go to that client only, anything else to all.
fn apply_extra(config: &mut ClientConfig, extra: &BTreeMap<String, String>, side: Side) {
    for (key, value) in extra {
        let (wanted, name) = match (key.strip_prefix("consumer."), key.strip_prefix("producer.")) {
            (Some(name), _) => (Side::Consumer, name),
            (_, Some(name)) => (Side::Producer, name),
            _ => (Side::Both, key.as_str()),
        };
        if wanted == Side::Both || wanted == side {
            config.set(name, value);
        }
    }
}

/// The facility of the line that librdkafka writes when a connection fails or a request times out.
const FAILED: &str = "FAIL";

/// Where one client's log lines and errors go: to `tracing`, limited, and whether its connections had trouble.
///
/// Why it looks at lines: librdkafka sends a transaction's requests again by itself after a lost connection, and tells
/// so neither by an error (a connection that the other side closed is none) nor more than twice a minute as a warning.
/// The debug line is the one thing it always says, before it tries again.
#[derive(Debug)]
pub(super) struct ClientLog {
    client: &'static str,
    seen: Mutex<BTreeMap<String, Seen>>,
    trouble: AtomicBool,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    held_back: u32,
}

impl ClientLog {
    /// The log of the client with this role.
    pub(super) fn new(client: &'static str) -> Self {
        Self { client, seen: Mutex::new(BTreeMap::new()), trouble: AtomicBool::new(false) }
    }

    /// Whether a connection or request of this client failed since the last call.
    pub(super) fn take_trouble(&self) -> bool {
        self.trouble.swap(false, Ordering::Relaxed)
    }

    /// How many like lines were held back before this one, or that this one is to be held back too.
    fn admit(&self, key: &str, now: Instant) -> Option<u32> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(entry) = seen.get_mut(key) {
            if now.saturating_duration_since(entry.at) < LOG_INTERVAL {
                entry.held_back = entry.held_back.saturating_add(1);
                return None;
            }
            entry.at = now;
            return Some(std::mem::take(&mut entry.held_back));
        }
        if seen.len() >= LOG_KEYS_MAX {
            seen.retain(|_, entry| now.saturating_duration_since(entry.at) < LOG_INTERVAL);
        }
        if seen.len() >= LOG_KEYS_MAX {
            return None;
        }
        seen.insert(key.to_owned(), Seen { at: now, held_back: 0 });
        Some(0)
    }
}

/// librdkafka names the thread, hence the broker, first: `[thrd:host:port/id]: …`.
fn log_key(facility: &str, line: &str) -> String {
    let thread = line.strip_prefix("[thrd:").and_then(|rest| rest.split(']').next()).unwrap_or("");
    format!("{facility} {thread}")
}

impl ClientContext for ClientLog {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        if facility == FAILED {
            self.trouble.store(true, Ordering::Relaxed);
        }
        if matches!(level, RDKafkaLogLevel::Debug) {
            return;
        }
        let Some(held_back) = self.admit(&log_key(facility, line), Instant::now()) else { return };
        let client = self.client;
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::warn!(client, facility, held_back, "kafka client: {line}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(client, facility, held_back, "kafka client: {line}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::info!(client, facility, held_back, "kafka client: {line}");
            }
        }
    }

    // the parsed variant logs one huge line, and fails on numbers it does not expect
    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        let KafkaError::Global(code) = error else { return };
        if code == RDKafkaErrorCode::PartitionEOF {
            return;
        }
        if is_connection_trouble(code) {
            self.trouble.store(true, Ordering::Relaxed);
        }
        if let Some(held_back) = self.admit(&format!("error {code:?}"), Instant::now()) {
            tracing::warn!(client = self.client, held_back, "kafka client: {code}: {reason}");
        }
    }
}

impl ConsumerContext for ClientLog {}

/// Codes after which it is open whether a request reached the broker.
pub(super) fn is_connection_trouble(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::TimedOutQueue
            | RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::NetworkException
    )
}

/// The port's error for a failed request; `topic` is what it was about.
pub(super) fn request_error(doing: &'static str, topic: &str, error: &KafkaError) -> LogError {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownPartition,
        ) => LogError::NoTopic { topic: topic.to_owned() },
        _ => LogError::Retriable { doing, cause: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> KafkaSettings {
        KafkaSettings {
            brokers: "localhost:1".into(),
            group: "g".into(),
            transactional_id: "t".into(),
            topics: vec!["a".into()],
            memory_budget_bytes: 64 << 20,
            extra: BTreeMap::from([
                ("isolation.level".into(), "read_uncommitted".into()),
                ("enable.auto.commit".into(), "true".into()),
                ("auto.offset.reset".into(), "latest".into()),
                ("consumer.session.timeout.ms".into(), "6000".into()),
                ("producer.linger.ms".into(), "1".into()),
                ("security.protocol".into(), "plaintext".into()),
            ]),
        }
    }

    #[test]
    fn extra_properties_reach_their_side_and_cannot_change_the_contract() {
        let (group, producer) = (group_config(&settings()), producer_config(&settings()));
        let cases = [
            (&group, "isolation.level", Some("read_committed")),
            (&group, "enable.auto.commit", Some("false")),
            (&group, "auto.offset.reset", Some("error")),
            (&group, "session.timeout.ms", Some("6000")),
            (&group, "linger.ms", None),
            (&group, "security.protocol", Some("plaintext")),
            (&group, "queued.max.messages.kbytes", Some("16384")),
            (&producer, "linger.ms", Some("1")),
            (&producer, "session.timeout.ms", None),
            (&producer, "queue.buffering.max.kbytes", Some("16384")),
            (&producer, "security.protocol", Some("plaintext")),
        ];
        for (config, key, expected) in cases {
            assert_eq!(config.get(key), expected, "{key}");
        }
    }

    #[test]
    fn lines_of_one_facility_and_broker_are_held_back_and_counted() {
        let log = ClientLog::new("test");
        let start = Instant::now();
        let key = log_key("FAIL", "[thrd:127.0.0.1:9092/1]: refused");
        assert_eq!(key, "FAIL 127.0.0.1:9092/1");
        assert_eq!(log.admit(&key, start), Some(0));
        assert_eq!(log.admit(&key, start + Duration::from_secs(1)), None);
        assert_eq!(log.admit("FAIL 127.0.0.1:9093/2", start), Some(0));
        assert_eq!(log.admit(&key, start + Duration::from_secs(11)), Some(1));
    }

    #[test]
    fn a_lost_connection_is_trouble_however_quietly_it_is_told() {
        let log = ClientLog::new("test");
        log.log(RDKafkaLogLevel::Debug, "STATE", "[thrd:127.0.0.1:9092/1]: up");
        assert!(!log.take_trouble());
        for level in [RDKafkaLogLevel::Debug, RDKafkaLogLevel::Info, RDKafkaLogLevel::Error] {
            log.log(level, "FAIL", "[thrd:127.0.0.1:9092/1]: disconnected");
            assert!(log.take_trouble() && !log.take_trouble(), "{level:?}");
        }
    }

    #[test]
    fn the_limit_itself_is_bounded() {
        let log = ClientLog::new("test");
        let start = Instant::now();
        for n in 0..LOG_KEYS_MAX {
            assert_eq!(log.admit(&format!("k{n}"), start), Some(0));
        }
        assert_eq!(log.admit("one too many", start), None);
        assert_eq!(log.admit("later", start + LOG_INTERVAL), Some(0));
    }
}
