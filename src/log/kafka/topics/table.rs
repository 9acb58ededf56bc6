//! The topic table itself (DESIGN.md, section 3): names, partitions, policies. Pure.

use std::collections::BTreeMap;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Topics with few records and their own keys.
const SMALL_PARTITIONS: i32 = 4;

/// What the table depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicOptions {
    /// In front of every name, with its dot: `social.`.
    pub prefix: String,
    /// Slugs of the platforms with a raw topic.
    pub platforms: Vec<String>,
    /// Teams with a routed topic.
    pub teams: Vec<String>,
    /// Partitions of the raw topics, and of those keyed by thread or as read.
    pub raw_partitions: i32,
    /// Partitions of the signals and of the state that belongs to them.
    pub signals_partitions: i32,
    /// Copies of each partition; `None`: three, or as many as there are brokers.
    pub replication: Option<i32>,
}

impl Default for TopicOptions {
    fn default() -> Self {
        Self {
            prefix: "social.".to_owned(),
            platforms: Vec::new(),
            teams: Vec::new(),
            raw_partitions: 4,
            signals_partitions: 16,
            replication: None,
        }
    }
}

/// One topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Full name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Copies of each partition.
    pub replication: i32,
    /// Topic settings, by Kafka's names.
    pub settings: BTreeMap<String, String>,
}

/// How long a topic keeps its records.
#[derive(Debug, Clone, Copy)]
enum Policy {
    /// Deleted after days.
    Delete(u64),
    /// The newest of each key; tombstones stay for days, longer than the longest outage.
    Compact(u64),
    /// The newest of each key, deleted after days too: keys that come to an end by themselves.
    Both(u64),
}

/// The table for a cluster of so many brokers, in the order a mention flows.
#[must_use]
pub fn table(options: &TopicOptions, brokers: usize) -> Vec<TopicSpec> {
    let (raw, signals) = (options.raw_partitions, options.signals_partitions);
    let mut rows: Vec<(String, i32, Policy)> = Vec::new();
    rows.extend(options.platforms.iter().map(|platform| (format!("raw.{platform}"), raw, Policy::Delete(7))));
    rows.push(("clock".to_owned(), 1, Policy::Delete(7)));
    rows.push(("mentions".to_owned(), raw, Policy::Delete(7)));
    rows.extend(options.teams.iter().map(|team| (format!("routed.{team}"), raw, Policy::Delete(7))));
    rows.push(("signals".to_owned(), signals, Policy::Delete(2)));
    rows.push(("state".to_owned(), signals, Policy::Compact(7)));
    rows.push(("alerts".to_owned(), SMALL_PARTITIONS, Policy::Delete(90)));
    rows.push(("feedback".to_owned(), SMALL_PARTITIONS, Policy::Delete(90)));
    rows.push(("cases".to_owned(), SMALL_PARTITIONS, Policy::Compact(7)));
    rows.push(("voice".to_owned(), SMALL_PARTITIONS, Policy::Both(400)));
    rows.push(("erasures".to_owned(), SMALL_PARTITIONS, Policy::Compact(7)));
    rows.push(("shadow".to_owned(), SMALL_PARTITIONS, Policy::Delete(7)));
    rows.push(("dead-letter".to_owned(), raw, Policy::Delete(7)));
    let available = i32::try_from(brokers).unwrap_or(i32::MAX).max(1);
    let replication = options.replication.unwrap_or_else(|| available.min(3));
    rows.into_iter()
        .map(|(name, partitions, policy)| TopicSpec {
            name: format!("{}{name}", options.prefix),
            partitions,
            replication,
            settings: settings(policy, replication),
        })
        .collect()
}

fn settings(policy: Policy, replication: i32) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut set = |key: &str, value: String| settings.insert(key.to_owned(), value);
    // kept by arrival: a post from years ago must not be deleted the moment it comes in
    set("message.timestamp.type", "LogAppendTime".to_owned());
    // one copy may be down without stopping writers, and an acknowledged record is on two
    set("min.insync.replicas", if replication >= 3 { "2" } else { "1" }.to_owned());
    match policy {
        Policy::Delete(days) => {
            set("cleanup.policy", "delete".to_owned());
            set("retention.ms", (days * DAY_MS).to_string());
        }
        Policy::Both(days) => {
            set("cleanup.policy", "compact,delete".to_owned());
            set("retention.ms", (days * DAY_MS).to_string());
        }
        Policy::Compact(tombstone_days) => {
            set("cleanup.policy", "compact".to_owned());
            set("delete.retention.ms", (tombstone_days * DAY_MS).to_string());
            // a restore reads the whole topic: roll and clean often
            set("segment.bytes", (64 << 20).to_string());
            set("min.cleanable.dirty.ratio", "0.2".to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_designs() {
        let options = TopicOptions {
            platforms: vec!["x".into(), "reddit".into()],
            teams: vec!["support".into()],
            ..TopicOptions::default()
        };
        // (topic, partitions, cleanup, retention in days)
        let expected = [
            ("social.raw.x", 4, "delete", 7),
            ("social.raw.reddit", 4, "delete", 7),
            ("social.clock", 1, "delete", 7),
            ("social.mentions", 4, "delete", 7),
            ("social.routed.support", 4, "delete", 7),
            ("social.signals", 16, "delete", 2),
            ("social.state", 16, "compact", 0),
            ("social.alerts", 4, "delete", 90),
            ("social.feedback", 4, "delete", 90),
            ("social.cases", 4, "compact", 0),
            ("social.voice", 4, "compact,delete", 400),
            ("social.erasures", 4, "compact", 0),
            ("social.shadow", 4, "delete", 7),
            ("social.dead-letter", 4, "delete", 7),
        ];
        let specs = table(&options, 1);
        assert_eq!(specs.len(), expected.len());
        for (spec, (name, partitions, cleanup, days)) in specs.iter().zip(expected) {
            assert_eq!((spec.name.as_str(), spec.partitions, spec.replication), (name, partitions, 1));
            assert_eq!(spec.settings["cleanup.policy"], cleanup, "{name}");
            let retention = spec.settings.get("retention.ms").map(String::as_str);
            assert_eq!(retention, (days > 0).then(|| (days * DAY_MS).to_string()).as_deref(), "{name}");
        }
    }

    #[test]
    fn copies_follow_the_cluster_unless_told() {
        // (brokers, told) → (copies, in sync)
        for (brokers, told, copies, in_sync) in
            [(1, None, 1, "1"), (2, None, 2, "1"), (3, None, 3, "2"), (9, None, 3, "2"), (9, Some(1), 1, "1")]
        {
            let spec = &table(&TopicOptions { replication: told, ..TopicOptions::default() }, brokers)[0];
            assert_eq!((spec.replication, spec.settings["min.insync.replicas"].as_str()), (copies, in_sync));
        }
    }
}
