//! Names of topics under one prefix.

use crate::log::TopicPartition;
use crate::mention::Platform;
use std::sync::Arc;

/// The topics of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    prefix: String,
    /// Enriched mentions.
    pub mentions: Arc<str>,
    /// Partial aggregates and clocks, internal.
    pub signals: Arc<str>,
    /// Snapshots, internal.
    pub state: Arc<str>,
    /// Alert events.
    pub alerts: Arc<str>,
    /// Records that could not be read.
    pub dead_letter: Arc<str>,
    /// Ticks.
    pub clock: Arc<str>,
    /// What a shadow pack would have decided differently.
    pub shadow: Arc<str>,
    /// What people and ticketing systems say back.
    pub feedback: Arc<str>,
    /// Cases.
    pub cases: Arc<str>,
    /// Share of voice.
    pub voice: Arc<str>,
}

impl Topics {
    /// The topics under a prefix such as `social.`.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let name = |suffix: &str| Arc::from(format!("{prefix}{suffix}"));
        Self {
            prefix: prefix.to_owned(),
            mentions: name("mentions"),
            signals: name("signals"),
            state: name("state"),
            alerts: name("alerts"),
            dead_letter: name("dead-letter"),
            clock: name("clock"),
            shadow: name("shadow"),
            feedback: name("feedback"),
            cases: name("cases"),
            voice: name("voice"),
        }
    }

    /// Raw mentions of a platform.
    #[must_use]
    pub fn raw(&self, platform: Platform) -> Arc<str> {
        Arc::from(format!("{}raw.{platform}", self.prefix))
    }

    /// What a team is to work on.
    #[must_use]
    pub fn routed(&self, team: &str) -> Arc<str> {
        Arc::from(format!("{}routed.{team}", self.prefix))
    }

    /// The platform of a raw topic.
    #[must_use]
    pub fn platform(&self, topic: &str) -> Option<Platform> {
        topic.strip_prefix(&self.prefix)?.strip_prefix("raw.")?.parse().ok()
    }

    /// Where what cannot be read of a topic is refused, for dead letters and metrics.
    #[must_use]
    pub fn stage(&self, topic: &str) -> &'static str {
        if *topic == *self.feedback { "feedback" } else { "normalize" }
    }

    /// How signals and alerts name a raw partition: `raw.x/0`, the same under every prefix.
    #[must_use]
    pub fn member(&self, source: &TopicPartition) -> String {
        format!("{}/{}", self.without_prefix(&source.topic), source.partition)
    }

    /// The name without the prefix, for reports and file names that do not depend on it.
    #[must_use]
    pub fn without_prefix<'a>(&self, topic: &'a str) -> &'a str {
        topic.strip_prefix(&self.prefix).unwrap_or(topic)
    }
}
