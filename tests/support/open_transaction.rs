//! Who has a transaction open: the proof that a kill hit one.
//!
//! A partition whose last stable offset stands still before its high watermark holds records of a transaction that
//! has not ended. A stopped process ends none; every other one ends its own within [`SETTLE`]. So what stands still
//! while one process is stopped is that process's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::Broker;

/// Longer than a transaction of the tests takes.
const SETTLE: Duration = Duration::from_millis(400);
const REQUEST: Duration = Duration::from_secs(10);
const OFFSETS: &str = "__consumer_offsets";
/// As `deploy/kafka/kafka.sh` configures it.
const OFFSETS_PARTITIONS: i32 = 4;
const ROLES: [&str; 2] = ["triage", "watch"];

/// Looks at the partitions that the workers of one tenant write to.
pub struct Observer {
    stable: BaseConsumer,
    written: BaseConsumer,
    partitions: Vec<(String, i32)>,
    /// Partition of the offsets topic, by role.
    offsets: BTreeMap<i32, &'static str>,
}

impl Observer {
    /// Looks at these topics, and at the committed offsets of the groups of triage and watch.
    pub fn new(broker: &Broker, prefix: &str, topics: &[&str]) -> Self {
        let client =
            |isolation: &str| broker.config().set("isolation.level", isolation).create::<BaseConsumer>().unwrap();
        let (stable, written) = (client("read_committed"), client("read_uncommitted"));
        let count = |topic: &str| {
            let metadata = written.fetch_metadata(Some(topic), REQUEST).unwrap();
            i32::try_from(metadata.topics()[0].partitions().len()).unwrap()
        };
        let names = topics.iter().map(|topic| format!("{prefix}{topic}")).chain([OFFSETS.to_owned()]);
        let partitions = names.flat_map(|name| (0..count(&name)).map(|n| (name.clone(), n)).collect::<Vec<_>>());
        let partitions = partitions.collect();
        let mut offsets = BTreeMap::new();
        assert_eq!(count(OFFSETS), OFFSETS_PARTITIONS);
        for role in ROLES {
            offsets.insert(offsets_partition(prefix, role), role);
        }
        Self { stable, written, partitions, offsets }
    }

    /// Whether the offsets of triage and watch stand in partitions of their own, so that one tells the role.
    pub fn tells_roles(prefix: &str) -> bool {
        offsets_partition(prefix, ROLES[0]) != offsets_partition(prefix, ROLES[1])
    }

    /// Waits until somebody is about to commit offsets of a role, or of either, or until the deadline.
    pub fn await_commit(&self, wanted: Option<&str>, deadline: Instant) {
        while Instant::now() < deadline && !self.commits(wanted) {}
    }

    fn open_at(&self, topic: &str, partition: i32) -> Option<i64> {
        let (_, stable) = self.stable.fetch_watermarks(topic, partition, REQUEST).unwrap();
        let (_, high) = self.written.fetch_watermarks(topic, partition, REQUEST).unwrap();
        (stable < high).then_some(stable)
    }

    /// Partitions with an open transaction, and where it begins.
    fn open(&self) -> BTreeMap<(String, i32), i64> {
        let mut open = BTreeMap::new();
        for (topic, partition) in &self.partitions {
            if let Some(stable) = self.open_at(topic, *partition) {
                open.insert((topic.clone(), *partition), stable);
            }
        }
        open
    }

    /// Partitions with a transaction of a process that is stopped right now, one of a role if that is wanted. Looks at
    /// committed offsets first, as every transaction writes them: a process is not to be stopped long for nothing.
    pub fn held(&self, wanted: Option<&str>) -> Vec<(String, i32)> {
        if !self.commits(wanted) {
            return Vec::new();
        }
        let mut held = self.open();
        std::thread::sleep(SETTLE);
        held.retain(|(topic, partition), stable| self.open_at(topic, *partition) == Some(*stable));
        held.into_keys().collect()
    }

    /// Whether anybody has offsets of a role, or of either, in an open transaction.
    fn commits(&self, wanted: Option<&str>) -> bool {
        let mut asked = self.offsets.iter().filter(|(_, role)| wanted.is_none_or(|wanted| wanted == **role));
        asked.any(|(partition, _)| self.open_at(OFFSETS, *partition).is_some())
    }

    /// Whose transactions they are.
    pub fn roles(&self, held: &[(String, i32)]) -> Vec<&'static str> {
        let role = |(topic, partition): &(String, i32)| match topic.rsplit('.').next().unwrap_or_default() {
            "state" | "alerts" => Some("watch"),
            "signals" | "mentions" | "dead-letter" => Some("triage"),
            OFFSETS => self.offsets.get(partition).copied(),
            _ => None,
        };
        let mut roles: Vec<&str> = held.iter().filter_map(role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

/// Where Kafka keeps a group's offsets: the hash of a Java string.
fn offsets_partition(prefix: &str, role: &str) -> i32 {
    let group = format!("{prefix}{role}");
    let hash =
        group.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit.cast_signed())));
    (hash & i32::MAX) % OFFSETS_PARTITIONS
}
