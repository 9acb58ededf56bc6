//! The sections of the configuration, their defaults and what each key means. Values only.

use super::secret::scalar;
use super::{Period, Properties, Secret, Size};
use crate::mention::Platform;
use crate::normalize;
use crate::pipeline::{PhoneKey, Redact};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The whole configuration. Every key has a default; an empty file is a valid one.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The broker and the names of topics.
    pub kafka: Kafka,
    /// Name of this process, steady over restarts and unique among live ones: part of transactional ids. A
    /// `StatefulSet` ordinal will do; deliberately not the host's name, which changes.
    #[serde(deserialize_with = "scalar")]
    pub instance: String,
    /// What this process does.
    pub roles: Vec<Role>,
    /// Folder of the rule pack.
    pub rules: PathBuf,
    /// Folder of a pack that decides nothing: what it would have decided differently is written and counted.
    pub shadow: Option<PathBuf>,
    /// What history has taught (`replay --baseline`): a deployment of which nothing is kept yet begins with it. The same
    /// for every process.
    pub baseline: Option<PathBuf>,
    /// What is read.
    pub sources: Sources,
    /// Whether wall time enters as ticks.
    pub clock: Clock,
    /// Wall time without a record after which a partition of a live topic gets a tick.
    pub tick_after: Period,
    /// Wall time that a partition may hold everyone back before watch goes on without it; `clock: live` only.
    pub exclude_after: Period,
    /// What influences decisions: the same for every worker, and for a replay that is to be equal.
    pub decisions: Decisions,
    /// Bounds of one transaction.
    pub transaction: Transaction,
    /// Worker threads by role.
    pub threads: Threads,
    /// Bounds queues, batches, caches and how many partitions a worker accepts.
    pub memory_budget: Size,
    /// How often watch writes its state.
    pub snapshot: Snapshot,
    /// Metrics and health.
    pub http: Http,
    /// Logs.
    pub log: Log,
    /// Who is told of alerts.
    pub notify: Notify,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kafka: Kafka::default(),
            instance: "0".to_owned(),
            roles: Role::ALL.to_vec(),
            rules: PathBuf::from("rules"),
            shadow: None,
            baseline: None,
            sources: Sources::default(),
            clock: Clock::Live,
            tick_after: Period::seconds(10),
            exclude_after: Period::seconds(300),
            decisions: Decisions::default(),
            transaction: Transaction::default(),
            threads: Threads::default(),
            memory_budget: Size::mib(512),
            snapshot: Snapshot::default(),
            http: Http::default(),
            log: Log::default(),
            notify: Notify::default(),
        }
    }
}

/// `kafka`: the broker and the names of topics.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// Prefix of every topic and group: one tenant, one prefix.
    pub prefix: String,
    /// librdkafka properties for every client, such as `security.protocol`; in the environment `_` stands for `.`.
    pub properties: Properties,
    /// What to do when records are gone before they were read.
    pub on_gap: OnGap,
}

impl Default for Kafka {
    fn default() -> Self {
        let (brokers, prefix) = ("localhost:9092".to_owned(), "social.".to_owned());
        Self { brokers, prefix, properties: Properties::default(), on_gap: OnGap::Stop }
    }
}

/// What a worker does when the log begins after the offset that it is to read on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnGap {
    /// The process ends and says which records are gone.
    #[default]
    Stop,
    /// They are skipped and counted.
    Skip,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Raw mentions to items and signals.
    Triage,
    /// Signals to alerts and follow-ups.
    Watch,
    /// Alerts to people.
    Notify,
}

impl Role {
    /// Every role of this release.
    pub const ALL: [Self; 3] = [Self::Triage, Self::Watch, Self::Notify];

    /// The name used on the command line, in group names and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Watch => "watch",
            Self::Notify => "notify",
        }
    }
}

/// `sources`: what is read.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sources {
    /// Platforms whose raw topic is read.
    pub platforms: Vec<Platform>,
    /// Whether the feedback topic is read.
    pub feedback: FeedbackSource,
}

impl Default for Sources {
    fn default() -> Self {
        Self { platforms: normalize::PLATFORMS.to_vec(), feedback: FeedbackSource::Live }
    }
}

/// Whether what people say back is read. Only then do the clocks of people run: else nobody could answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackSource {
    /// Under `clock: live`, where a silent topic holds nobody back.
    Live,
    /// Under any clock: nothing is decided beyond what was said last, until the input ends.
    Always,
    /// Not at all.
    Never,
}

/// Whether wall time enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// As ticks, at the end of a partition that went silent.
    Live,
    /// Never: tests, backfills, replay.
    Data,
}

/// `decisions`: what influences a decision. The same for every worker of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Decisions {
    /// Records of a partition among which a duplicate is found. 1 to 10,000,000.
    pub duplicate_window_records: u32,
    /// Partitions of the signals topic; fixed when topics are applied. 1 to 1,024.
    pub signals_partitions: u32,
    /// Topics whose values carry no personal data: `mentions`, `routed`. Both false by default.
    pub redact: Redact,
    /// What phone numbers of authors and the accounts of the pack are hashed with; without one the hash can be found by
    /// trying all numbers, or handles.
    pub phone_key: Option<Secret>,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { duplicate_window_records: 100_000, signals_partitions: 16, redact: Redact::default(), phone_key: None }
    }
}

impl Decisions {
    /// The key that phone numbers and the accounts of the pack are hashed with.
    #[must_use]
    pub fn phone_key(&self) -> PhoneKey {
        PhoneKey::new(self.phone_key.as_ref().map_or("", Secret::expose))
    }
}

/// `transaction`: whichever bound is reached first ends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transaction {
    /// Longest time a transaction is kept open.
    pub interval: Period,
    /// Most records read in one.
    pub records_max: u32,
    /// Ended once so many bytes are read in it; the batch in hand may go over.
    pub bytes_max: Size,
}

impl Default for Transaction {
    fn default() -> Self {
        Self { interval: Period::millis(100), records_max: 5_000, bytes_max: Size::mib(16) }
    }
}

/// `threads`: workers by role, one OS thread with one producer each. 1 to 256.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threads {
    /// Triage workers.
    pub triage: u32,
    /// Watch workers.
    pub watch: u32,
}

impl Default for Threads {
    fn default() -> Self {
        Self { triage: 1, watch: 1 }
    }
}

/// `snapshot`: how often watch writes its state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Snapshot {
    /// Wall time between two snapshots of a partition, at least; each is a cut at a log bucket.
    pub interval: Period,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self { interval: Period::seconds(300) }
    }
}

/// `http`: `/metrics`, `/livez`, `/readyz`, and `/v1/feedback` and `/v1/overlay` where somebody
/// is let in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Secrets that sign feedback, of 16 bytes at least; any of them holds.
    pub feedback_secrets: Vec<Secret>,
    /// Secrets that sign changes of the pack for a time, of 16 bytes at least; any of them holds.
    pub overlay_secrets: Vec<Secret>,
    /// Bearer tokens for senders of feedback that cannot sign, of 16 bytes at least; any of them holds.
    pub feedback_tokens: Vec<Secret>,
}

impl Default for Http {
    fn default() -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 9464));
        Self { bind, feedback_secrets: Vec::new(), feedback_tokens: Vec::new(), overlay_secrets: Vec::new() }
    }
}

/// `log`: to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// A level, or directives such as `info,groundswell::notify=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, level: "info".to_owned() }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One readable line.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// `notify`: who is told of alerts, and how hard it is tried.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// Receivers by team.
    pub receivers: BTreeMap<String, Vec<Receiver>>,
    /// Everything goes to the receivers of this name instead, marked with whose it would be: to see what a pack would
    /// mean before anybody is called.
    pub observe: Option<String>,
    /// Messages show the chart of their alert, which this address serves; none: no charts.
    pub charts: Option<ChartLinks>,
    /// Hosts that may resolve to private addresses and may be spoken to without TLS. Nothing else may.
    pub allow_private: Vec<String>,
    /// Takes what looks personal (handles, mail addresses, long numbers) out of receivers' texts.
    pub redact: bool,
    /// One attempt takes no longer.
    pub timeout: Period,
    /// Attempts per receiver and event. 1 to 100.
    pub attempts_max: u32,
    /// Wait before the second attempt; doubles from there.
    pub backoff: Period,
    /// Longest wait, unless the receiver asks for a longer one (`Retry-After`).
    pub backoff_max: Period,
    /// No new attempt starts after this; then the event is dead for that receiver.
    pub give_up_after: Period,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            receivers: BTreeMap::new(),
            observe: None,
            charts: None,
            allow_private: Vec::new(),
            redact: true,
            timeout: Period::seconds(10),
            attempts_max: 10,
            backoff: Period::millis(500),
            backoff_max: Period::seconds(60),
            give_up_after: Period::seconds(600),
        }
    }
}

/// `notify.charts`: where chats find the charts of alerts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChartLinks {
    /// The address by which chats reach `http.bind`, without a path of ours: `https://groundswell.example`.
    pub url: String,
    /// Signs the addresses of charts, 16 bytes at least; the same where they are sent and where they are served.
    pub key: Secret,
}

/// Where a team is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Receiver {
    /// A Slack incoming webhook.
    Slack(SlackReceiver),
    /// A signed generic webhook.
    Webhook(WebhookReceiver),
}

impl Receiver {
    /// The kind, as written in the file and in labels.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Where it is sent.
    #[must_use]
    pub fn url(&self) -> &Secret {
        match self {
            Self::Slack(slack) => &slack.url,
            Self::Webhook(webhook) => &webhook.url,
        }
    }
}

/// A Slack incoming webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SlackReceiver {
    /// The webhook's address, which is the right to post.
    pub url: Secret,
}

/// A signed generic webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookReceiver {
    /// Where it is posted.
    pub url: Secret,
    /// Key of the HMAC-SHA256 signature.
    pub secret: Secret,
}
