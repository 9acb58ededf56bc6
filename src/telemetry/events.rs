//! Everything that can happen and that an operator may want to know: one struct each, which emits its log line and
//! its counter together.
//!
//! WARN: odd, nothing lost. ERROR: a human is needed. No struct here can hold payload text.

use super::Metrics;
use crate::alert::AlertEvent;
use crate::log::TopicPartition;
use std::time::{Duration, Instant, SystemTime};
use tracing::{debug, error, info, warn};

/// A thing that happened.
pub trait Event {
    /// Writes its line and moves its metrics.
    fn emit(self, metrics: &Metrics);
}

/// A record could not be read as a mention and was kept whole in the dead-letter topic.
#[derive(Debug)]
pub struct RecordDeadLettered<'a> {
    /// Why, from the fixed set of reasons.
    pub reason: &'a str,
    /// Where it failed.
    pub stage: &'a str,
    /// Where it stands.
    pub source: &'a TopicPartition,
    /// Its offset.
    pub offset: i64,
}

impl Event for RecordDeadLettered<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_dead_letter(self.reason);
        if let Some(held_back) = metrics.throttle.pass("dead_letter", Instant::now()) {
            let Self { reason, stage, source, offset } = self;
            warn!(reason, stage, %source, offset, held_back, "record dead-lettered");
        }
    }
}

/// A transaction was committed.
#[derive(Debug)]
pub struct TransactionCommitted<'a> {
    /// Whose.
    pub role: &'a str,
    /// Records read in it.
    pub records: u64,
    /// How long it was open.
    pub took: Duration,
}

impl Event for TransactionCommitted<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_transaction(self.role, "committed");
        metrics.add_records(self.role, self.records);
        debug!(role = self.role, records = self.records, took = ?self.took, "transaction committed");
    }
}

/// A transaction was aborted; what it read is read again.
#[derive(Debug)]
pub struct TransactionAborted<'a> {
    /// Whose.
    pub role: &'a str,
    /// Why.
    pub cause: &'a str,
}

impl Event for TransactionAborted<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_transaction(self.role, "aborted");
        warn!(role = self.role, cause = self.cause, "transaction aborted, reading again from what is committed");
    }
}

/// It cannot be told any more whether a transaction landed: its partitions were somebody else's when it was looked at.
#[derive(Debug)]
pub struct TransactionInDoubt<'a> {
    /// Whose.
    pub role: &'a str,
}

impl Event for TransactionInDoubt<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_transaction(self.role, "in_doubt");
        warn!(role = self.role, "transaction in doubt, reading again from what is committed");
    }
}

/// Records were gone before they were read, and are skipped.
#[derive(Debug)]
pub struct GapSkipped<'a> {
    /// Who was to read them.
    pub role: &'a str,
    /// Of which partition.
    pub source: &'a TopicPartition,
    /// Offset that was to be read next.
    pub from: i64,
    /// The first that is there.
    pub to: i64,
}

impl Event for GapSkipped<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { role, source, from, to } = self;
        metrics.add_skipped(role, u64::try_from(to - from).unwrap_or(0));
        error!(role, %source, from, to, "records were gone before they were read, and are skipped (kafka.on_gap)");
    }
}

/// A producer can no longer be used; a new one takes its place.
#[derive(Debug)]
pub struct ProducerFenced<'a> {
    /// Whose.
    pub role: &'a str,
    /// Why.
    pub cause: &'a str,
}

impl Event for ProducerFenced<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_transaction(self.role, "fenced");
        warn!(role = self.role, cause = self.cause, "producer fenced or in doubt, starting a new one");
    }
}

/// A rule pack became the active one.
#[derive(Debug)]
pub struct PackReloaded<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// Its queries.
    pub queries: usize,
}

impl Event for PackReloaded<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.set_pack(self.digest, now_seconds());
        info!(digest = self.digest, queries = self.queries, "pack active");
    }
}

/// A rule pack has problems; the one before stays active.
#[derive(Debug)]
pub struct PackRefused<'a> {
    /// Its folder.
    pub folder: &'a str,
    /// How many problems.
    pub problems: usize,
    /// The first, with file and line.
    pub first: &'a str,
}

impl Event for PackRefused<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.set_pack_refused(now_seconds());
        let Self { folder, problems, first } = self;
        error!(folder, problems, first, "pack refused, the one before stays active: run `groundswell check`");
    }
}

/// The pack of the shadow has problems; the one before is asked on. Nothing is decided by either.
#[derive(Debug)]
pub struct ShadowRefused<'a> {
    /// Its folder.
    pub folder: &'a str,
    /// How many problems.
    pub problems: usize,
    /// The first, with file and line.
    pub first: &'a str,
}

impl Event for ShadowRefused<'_> {
    fn emit(self, _: &Metrics) {
        let Self { folder, problems, first } = self;
        warn!(folder, problems, first, "shadow pack refused, the one before is asked on: run `groundswell check`");
    }
}

/// The folder says again what it said before it had problems.
#[derive(Debug)]
pub struct PackMended<'a> {
    /// Its digest.
    pub digest: &'a str,
}

impl Event for PackMended<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.set_pack_mended(now_seconds());
        info!(digest = self.digest, "the pack's folder is whole again");
    }
}

/// A clean pack waits for a topic it routes to; the one before stays active.
#[derive(Debug)]
pub struct PackPending<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// The first topic that is missing.
    pub topic: &'a str,
}

impl Event for PackPending<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.set_pack_refused(now_seconds());
        let Self { digest, topic } = self;
        warn!(digest, topic, "pack pending, the one before stays active: run `groundswell topics apply`");
    }
}

/// A raw partition held everyone back, and watch goes on without it; or it has caught up, and is waited for again.
#[derive(Debug)]
pub struct PartitionExcluded<'a> {
    /// `raw.<platform>/<partition>`.
    pub source: &'a str,
    /// False: it is waited for again.
    pub excluded: bool,
}

impl Event for PartitionExcluded<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { source, excluded } = self;
        if excluded {
            metrics.count_exclusion("excluded");
            warn!(source, "partition excluded: it held everyone back, alerts are incomplete until it has caught up");
        } else {
            metrics.count_exclusion("returned");
            info!(source, "partition is waited for again");
        }
    }
}

/// The broker does not answer; it is tried again.
#[derive(Debug)]
pub struct BrokerUnreachable<'a> {
    /// Who wanted it.
    pub role: &'a str,
    /// Which.
    pub brokers: &'a str,
    /// The client's word.
    pub cause: &'a str,
    /// When it is tried again.
    pub retry_in: Duration,
}

impl Event for BrokerUnreachable<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_broker_error(self.role);
        if let Some(held_back) = metrics.throttle.pass("broker_unreachable", Instant::now()) {
            let Self { role, brokers, cause, retry_in } = self;
            warn!(role, brokers, cause, ?retry_in, held_back, "broker unreachable, trying again");
        }
    }
}

/// Partitions came or went.
#[derive(Debug)]
pub struct PartitionsMoved<'a> {
    /// Whose.
    pub role: &'a str,
    /// `assigned`, `revoked` or `lost`.
    pub how: &'a str,
    /// Which.
    pub partitions: &'a [TopicPartition],
}

impl Event for PartitionsMoved<'_> {
    fn emit(self, metrics: &Metrics) {
        if self.how != "assigned" {
            for partition in self.partitions {
                metrics.forget_partition(self.role, partition);
            }
        }
        let names: Vec<String> = self.partitions.iter().map(ToString::to_string).collect();
        info!(role = self.role, how = self.how, count = names.len(), partitions = names.join(" "), "partitions moved");
    }
}

/// An alert event was committed to the alerts topic.
#[derive(Debug)]
pub struct AlertPublished<'a> {
    /// The event; only its ids and numbers are logged.
    pub event: &'a AlertEvent,
}

impl Event for AlertPublished<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_alert(self.event);
        let AlertEvent { alert_id, kind, state, severity, team, people, .. } = self.event;
        info!(alert_id, kind = kind.as_str(), ?state, severity = severity.as_str(), team, people, "alert");
    }
}

/// How a request with feedback ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// All of it is in the log.
    Accepted,
    /// It is of no form that is read.
    Refused,
    /// It is nobody's word.
    Unsigned,
    /// It is too large.
    TooLarge,
    /// Too many came at once.
    Busy,
    /// The log did not take it.
    Unreachable,
    /// Nobody is let in here.
    Off,
}

impl Taken {
    /// The name used in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unsigned => "unsigned",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Off => "off",
        }
    }
}

/// Somebody asked for feedback to be taken.
#[derive(Debug)]
pub struct FeedbackRequested<'a> {
    /// How it ended.
    pub result: Taken,
    /// Events taken.
    pub events: usize,
    /// Why it was not taken; empty where it was.
    pub cause: &'a str,
}

impl Event for FeedbackRequested<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { result, events, cause } = self;
        metrics.count_feedback_request(result.as_str());
        if result == Taken::Accepted {
            debug!(events, "feedback taken");
        } else if let Some(held_back) = metrics.throttle.pass("feedback_request", Instant::now()) {
            warn!(result = result.as_str(), cause, held_back, "feedback over HTTP not taken");
        }
    }
}

/// Somebody changed the pack for a time, over HTTP.
#[derive(Debug)]
pub struct OverlayAdded<'a> {
    /// Name of the entry.
    pub id: &'a str,
    /// Digest of the pack with it.
    pub digest: &'a str,
}

impl Event for OverlayAdded<'_> {
    fn emit(self, _: &Metrics) {
        info!(id = self.id, digest = self.digest, "overlay added over HTTP");
    }
}

/// A receiver has taken an alert.
#[derive(Debug)]
pub struct AlertSent<'a> {
    /// The alert.
    pub alert_id: &'a str,
    /// The team told.
    pub team: &'a str,
    /// Kind of receiver.
    pub receiver: &'a str,
    /// Attempts it took.
    pub attempts: u32,
}

impl Event for AlertSent<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_notification(self.receiver, "sent");
        let Self { alert_id, team, receiver, attempts } = self;
        info!(alert_id, team, receiver, attempts, "alert sent");
    }
}

/// An attempt to tell a receiver failed; it is tried again.
#[derive(Debug)]
pub struct NotifyRetried<'a> {
    /// The alert.
    pub alert_id: &'a str,
    /// Kind of receiver.
    pub receiver: &'a str,
    /// What went wrong.
    pub cause: &'a str,
    /// When it is tried again.
    pub retry_in: Duration,
}

impl Event for NotifyRetried<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_notification(self.receiver, "retried");
        let Self { alert_id, receiver, cause, retry_in } = self;
        warn!(alert_id, receiver, cause, ?retry_in, "receiver not reached, trying again");
    }
}

/// A receiver was not told and will not be.
#[derive(Debug)]
pub struct NotifyFailed<'a> {
    /// The alert.
    pub alert_id: &'a str,
    /// The team that was to be told.
    pub team: &'a str,
    /// Kind of receiver.
    pub receiver: &'a str,
    /// What went wrong last.
    pub cause: &'a str,
    /// Attempts made.
    pub attempts: u32,
}

impl Event for NotifyFailed<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.count_notification(self.receiver, "failed");
        let Self { alert_id, team, receiver, cause, attempts } = self;
        error!(
            alert_id,
            team, receiver, cause, attempts, "alert not delivered: check the receiver with `groundswell notify --test`"
        );
    }
}

fn now_seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_moves_its_metric() {
        let metrics = Metrics::new().expect("metrics");
        let source = TopicPartition::new("social.raw.x", 0);
        for offset in 0..20 {
            RecordDeadLettered { reason: "not_json", stage: "parse", source: &source, offset }.emit(&metrics);
        }
        TransactionCommitted { role: "triage", records: 7, took: Duration::ZERO }.emit(&metrics);
        TransactionAborted { role: "triage", cause: "timeout" }.emit(&metrics);
        ProducerFenced { role: "watch", cause: "epoch" }.emit(&metrics);
        TransactionInDoubt { role: "watch" }.emit(&metrics);
        GapSkipped { role: "watch", source: &source, from: 3, to: 8 }.emit(&metrics);
        BrokerUnreachable { role: "triage", brokers: "b:1", cause: "refused", retry_in: Duration::ZERO }.emit(&metrics);
        AlertSent { alert_id: "a", team: "comms", receiver: "slack", attempts: 1 }.emit(&metrics);
        NotifyRetried { alert_id: "a", receiver: "slack", cause: "500", retry_in: Duration::ZERO }.emit(&metrics);
        NotifyFailed { alert_id: "a", team: "comms", receiver: "webhook", cause: "400", attempts: 1 }.emit(&metrics);
        PackReloaded { digest: "d1", queries: 3 }.emit(&metrics);
        PackPending { digest: "d2", topic: "social.routed.new" }.emit(&metrics);
        PackRefused { folder: "rules", problems: 2, first: "rules/x.yaml:1: …" }.emit(&metrics);
        FeedbackRequested { result: Taken::Accepted, events: 2, cause: "" }.emit(&metrics);
        FeedbackRequested { result: Taken::Unsigned, events: 0, cause: "no signature" }.emit(&metrics);
        let text = metrics.render();
        for line in [
            "groundswell_feedback_requests_total{result=\"accepted\"} 1",
            "groundswell_feedback_requests_total{result=\"unsigned\"} 1",
            "groundswell_dead_letters_total{reason=\"not_json\"} 20",
            "groundswell_transactions_total{result=\"committed\",role=\"triage\"} 1",
            "groundswell_transactions_total{result=\"aborted\",role=\"triage\"} 1",
            "groundswell_transactions_total{result=\"fenced\",role=\"watch\"} 1",
            "groundswell_transactions_total{result=\"in_doubt\",role=\"watch\"} 1",
            "groundswell_skipped_offsets_total{role=\"watch\"} 5",
            "groundswell_records_total{role=\"triage\"} 7",
            "groundswell_broker_errors_total{role=\"triage\"} 1",
            "groundswell_notifications_total{receiver=\"slack\",result=\"sent\"} 1",
            "groundswell_notifications_total{receiver=\"slack\",result=\"retried\"} 1",
            "groundswell_notifications_total{receiver=\"webhook\",result=\"failed\"} 1",
            "groundswell_pack_info{digest=\"d1\"} 1",
            "groundswell_pack_last_reload_success 0",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn partitions_that_go_take_their_counts() {
        let metrics = Metrics::new().expect("metrics");
        let moved = [TopicPartition::new("social.raw.x", 0)];
        metrics.set_committed(&moved[0], &[("routed", 4)]);
        PartitionsMoved { role: "triage", how: "assigned", partitions: &moved }.emit(&metrics);
        assert!(metrics.render().contains("outcome=\"routed\"} 4"));
        PartitionsMoved { role: "triage", how: "lost", partitions: &moved }.emit(&metrics);
        assert!(metrics.render().contains("outcome=\"routed\"} 0"));
    }
}
