//! A real broker for integration tests, and what tests do with it.
//!
//! `mod support;` in a test file, then [`broker`]: one broker per test binary, on free ports, with its data in a
//! temporary folder. It ends with the test process, however that ends. Set `GROUNDSWELL_TEST_BROKERS` to use a
//! running broker instead. It must never touch a topic that the test did not name.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

pub mod equality;
pub mod load;
pub mod process;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers as _, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(60);
/// Brokers may be killed meanwhile.
const FEEDING: Duration = Duration::from_secs(240);

/// A broker that this process started, or was pointed at.
pub struct Broker {
    pub brokers: String,
    child: Option<Child>,
    data: Option<PathBuf>,
}

/// The one broker of this test binary.
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(Broker::start)
}

/// A name nobody used before: topics and groups of one test.
pub fn unique(name: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() % 1_000_000_000;
    format!("{name}-{stamp}-{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// A record as a reader of committed records sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// A record to be produced without a transaction: key, value, headers.
pub type Keyed = (Vec<u8>, Vec<u8>, Vec<(String, Vec<u8>)>);

impl Broker {
    /// Starts a broker and waits until it answers.
    pub fn start() -> Self {
        if let Ok(brokers) = std::env::var("GROUNDSWELL_TEST_BROKERS") {
            return Self { brokers, child: None, data: None };
        }
        Self::start_on(free_ports())
    }

    /// The address of a broker that is not there.
    pub fn absent((port, _): (u16, u16)) -> Self {
        Self { brokers: format!("127.0.0.1:{port}"), child: None, data: None }
    }

    /// Brokers that somebody else starts and ends.
    pub fn at(brokers: String) -> Self {
        Self { brokers, child: None, data: None }
    }

    /// Starts a broker on these ports, the second for its controller, and waits until it answers.
    pub fn start_on(ports: (u16, u16)) -> Self {
        Self::start_with(ports, &[])
    }

    /// The same with further options of `kafka.sh start`.
    pub fn start_with((port, controller_port): (u16, u16), more: &[String]) -> Self {
        let data = std::env::temp_dir().join(unique(&format!("groundswell-kafka-{}", std::process::id())));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kafka/kafka.sh");
        let fetched = Command::new("bash").arg(&script).arg("fetch").stdout(Stdio::null()).status().unwrap();
        assert!(fetched.success(), "deploy/kafka/kafka.sh fetch: {fetched}");
        let child = Command::new("bash")
            .arg(&script)
            .args(["start", "--temporary", "--port", &port.to_string()])
            .args(["--controller-port", &controller_port.to_string()])
            .args(["--die-with", &std::process::id().to_string()])
            .arg("--data")
            .arg(&data)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Self { brokers: format!("127.0.0.1:{port}"), child: Some(child), data: Some(data) };
        broker.wait_until_up();
        broker
    }

    /// The broker's process, when this process started it.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Where it keeps its log, when this process started it.
    pub fn logs(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|data| data.join("logs"))
    }

    /// Bytes in the broker's log of each topic, as they stand on disk. Empty for a broker that this process did not
    /// start.
    pub fn log_bytes(&self) -> BTreeMap<String, u64> {
        let mut sizes = BTreeMap::new();
        let Some(logs) = self.logs() else { return sizes };
        for folder in std::fs::read_dir(logs).unwrap().flatten() {
            let name = folder.file_name().to_string_lossy().into_owned();
            let Some((topic, partition)) = name.rsplit_once('-') else { continue };
            if partition.parse::<i32>().is_err() || !folder.path().is_dir() {
                continue;
            }
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                if file.path().extension().is_some_and(|extension| extension == "log") {
                    *sizes.entry(topic.to_owned()).or_default() += file.metadata().unwrap().len();
                }
            }
        }
        sizes
    }

    fn wait_until_up(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("the broker ended at its start: {status}");
            }
            let address = self.brokers.parse().unwrap();
            if std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
                && self.client().fetch_metadata(None, Duration::from_secs(5)).is_ok_and(|m| m.brokers().len() == 1)
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the broker did not answer in {PATIENCE:?}");
    }

    /// A client of this broker, to be configured further.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    /// A client that only asks.
    pub fn client(&self) -> BaseConsumer {
        self.config().create().unwrap()
    }

    /// An administrator of this broker.
    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    /// Creates a topic with these settings and waits until it is readable.
    pub fn create_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in settings {
            topic = topic.set(key, value);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let created = runtime.block_on(self.admin().create_topics([&topic], &AdminOptions::new())).unwrap();
        assert!(created.iter().all(Result::is_ok), "{created:?}");
        self.wait_for_topic(name, partitions);
    }

    /// Adds partitions to a topic, so that it has this many, and waits until they are readable.
    pub fn grow_topic(&self, name: &str, partitions: i32) {
        let more = [NewPartitions::new(name, usize::try_from(partitions).unwrap())];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let grown = runtime.block_on(self.admin().create_partitions(&more, &AdminOptions::new())).unwrap();
        assert!(grown.iter().all(Result::is_ok), "{grown:?}");
        self.wait_for_topic(name, partitions);
    }

    fn wait_for_topic(&self, name: &str, partitions: i32) {
        let (client, deadline) = (self.client(), Instant::now() + PATIENCE);
        let ready = |partition| client.fetch_watermarks(name, partition, Duration::from_secs(1)).is_ok();
        while !(0..partitions).all(ready) {
            assert!(Instant::now() < deadline, "topic {name} did not appear");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Produces records, placed by their keys as Java's producer places them.
    pub fn produce(&self, topic: &str, records: &[Keyed]) {
        self.feeder().feed(topic, records);
    }

    /// A producer to use more than once: making one takes half a second.
    pub fn feeder(&self) -> Feeder {
        let mut config = self.config();
        config.set("partitioner", "murmur2_random").set("linger.ms", "5").set("enable.idempotence", "true");
        Feeder(config.create().unwrap())
    }

    /// Produces `key`, `value` texts without headers.
    pub fn produce_texts(&self, topic: &str, records: &[(String, String)]) {
        let keyed = |(key, value): &(String, String)| (key.clone().into_bytes(), value.clone().into_bytes(), vec![]);
        self.produce(topic, &records.iter().map(keyed).collect::<Vec<_>>());
    }

    /// All committed records of a topic, up to the high watermark, by partition and offset. Waits for transactions
    /// that are being ended.
    pub fn read_all(&self, topic: &str) -> Vec<Seen> {
        let mut lookup = self.config();
        let lookup: BaseConsumer = lookup.set("isolation.level", "read_uncommitted").create().unwrap();
        let mut config = self.config();
        config
            .set("group.id", unique("read-all"))
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        let metadata = lookup.fetch_metadata(Some(topic), PATIENCE).unwrap();
        let (mut list, mut open) = (TopicPartitionList::new(), BTreeMap::new());
        for partition in metadata.topics()[0].partitions() {
            let (low, high) = lookup.fetch_watermarks(topic, partition.id(), PATIENCE).unwrap();
            if low < high {
                list.add_partition_offset(topic, partition.id(), Offset::Offset(low)).unwrap();
                open.insert(partition.id(), high);
            }
        }
        consumer.assign(&list).unwrap();
        let (mut seen, deadline) = (Vec::new(), Instant::now() + PATIENCE);
        while !open.is_empty() {
            assert!(Instant::now() < deadline, "{topic} was not read in {PATIENCE:?}: {open:?}");
            match consumer.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => seen.push(to_seen(&message)),
                Some(Err(error)) => panic!("{topic}: {error}"),
                // control records move the position, not the messages
                None => {
                    for element in consumer.position().unwrap().elements() {
                        let position = element.offset().to_raw().unwrap_or(0);
                        open.retain(|partition, high| *partition != element.partition() || position < *high);
                    }
                }
            }
        }
        seen.sort_unstable();
        seen
    }

    /// Values of all committed records of a topic, as text.
    pub fn read_values(&self, topic: &str) -> Vec<String> {
        let value = |seen: Seen| String::from_utf8(seen.value.unwrap_or_default()).unwrap();
        self.read_all(topic).into_iter().map(value).collect()
    }
}

/// Sets the flag at the end of a scope, however that ends.
pub struct OnDrop<'a>(pub &'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A producer of raw records.
pub struct Feeder(BaseProducer);

impl Feeder {
    /// Produces records and waits until the broker has them.
    pub fn feed(&self, topic: &str, records: &[Keyed]) {
        for (key, value, headers) in records {
            let mut owned = OwnedHeaders::new();
            for (name, value) in headers {
                owned = owned.insert(Header { key: name, value: Some(value) });
            }
            let mut record = BaseRecord::to(topic).key(key.as_slice()).payload(value.as_slice()).headers(owned);
            while let Err((error, back)) = self.0.send(record) {
                assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
                self.0.poll(Duration::from_millis(50));
                record = back;
            }
        }
        // the client's own flush polls in slices of 100 ms
        let deadline = Instant::now() + FEEDING;
        while self.0.in_flight_count() > 0 {
            assert!(Instant::now() < deadline, "{topic}: not taken in {FEEDING:?}");
            self.0.poll(Duration::from_millis(1));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(data) = self.data.take() {
            let _ = std::fs::remove_dir_all(data);
        }
    }
}

fn to_seen(message: &impl Message<Headers = rdkafka::message::BorrowedHeaders>) -> Seen {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec())).collect()
    });
    Seen {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}

/// A port that nobody listens on and that no test of this process was given. A server that is started again listens on
/// it again, so it lies below the ports that the kernel gives to connections: one of those may be taken meanwhile.
pub fn free_port() -> u16 {
    const PORTS: std::ops::Range<u32> = 12_000..32_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let ports = PORTS.end - PORTS.start;
    // test processes that run side by side begin at different ports
    let first = std::process::id().wrapping_mul(97);
    let next = || PORTS.start + first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % ports;
    let mut candidates = (0..ports).map(|_| u16::try_from(next()).unwrap());
    candidates.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Two of them.
pub fn free_ports() -> (u16, u16) {
    (free_port(), free_port())
}
