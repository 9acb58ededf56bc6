//! The metrics, by name: one prefix, base units, `_total` for counters, no ids in labels.
//!
//! `groundswell_items_total` is set from *committed* counts, not counted along the way: an aborted transaction never
//! shows, and a restart does not begin at zero. It is the sum over the partitions this process owns, so the sum over
//! all processes is the number of items ever; a partition that moves takes its counts with it.

use super::throttle::Throttle;
use super::voice::{VoiceGauges, VoiceShown};
use super::work::WorkMetrics;
use crate::alert::AlertEvent;
use crate::case::Measured;
use crate::log::TopicPartition;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Every outcome of an item, in the order they are tried; each is exposed from the start, at 0.
pub const OUTCOMES: [&str; 6] = ["dead_letter", "not_content", "duplicate", "unmatched", "noise", "routed"];

/// Upper bounds of the latency histograms, seconds: from a broker's round trip to an hour's backlog.
const LATENCY_SECONDS: [f64; 14] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0];

/// Every metric of a process. Cheap to call; share it in an [`Arc`].
pub struct Metrics {
    registry: Registry,
    items: Arc<Committed>,
    records: IntCounterVec,
    dead_letters: IntCounterVec,
    shadowed: IntCounterVec,
    alerts: IntCounterVec,
    transactions: IntCounterVec,
    notifications: IntCounterVec,
    broker_errors: IntCounterVec,
    exclusions: IntCounterVec,
    feedback: IntCounterVec,
    feedback_requests: IntCounterVec,
    escalations: IntCounterVec,
    work: WorkMetrics,
    cases_open: IntGaugeVec,
    series: IntGaugeVec,
    voice: VoiceGauges,
    skipped: IntCounterVec,
    lag_records: IntGaugeVec,
    lag_seconds: GaugeVec,
    event_to_commit: HistogramVec,
    arrival_to_commit: HistogramVec,
    pack: IntGaugeVec,
    reload_timestamp: Gauge,
    reload_success: IntGauge,
    pub(super) throttle: Throttle,
}

impl Metrics {
    /// All metrics in a registry of their own.
    ///
    /// # Errors
    /// Never in practice: when two metrics have one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some("groundswell".to_owned()), None)?;
        let items = Arc::new(Committed::new()?);
        registry.register(Box::new(Arc::clone(&items).collector()))?;
        Ok(Self {
            items,
            records: counters(&registry, "records_total", "Records read and committed.", &["role"])?,
            dead_letters: counters(&registry, "dead_letters_total", "Records dead-lettered, by reason.", &["reason"])?,
            shadowed: counters(
                &registry,
                "shadow_differences_total",
                "Items by the field in which the shadow pack differs; none: it agrees.",
                &["field"],
            )?,
            alerts: counters(&registry, "alerts_total", "Alert events, by kind and state.", &["kind", "state"])?,
            transactions: counters(
                &registry,
                "transactions_total",
                "Transactions, by how they ended.",
                &["role", "result"],
            )?,
            notifications: counters(
                &registry,
                "notifications_total",
                "Attempts to tell a receiver.",
                &["receiver", "result"],
            )?,
            skipped: counters(
                &registry,
                "skipped_offsets_total",
                "Offsets that the log no longer had when they were due.",
                &["role"],
            )?,
            broker_errors: counters(&registry, "broker_errors_total", "Times a broker could not be used.", &["role"])?,
            exclusions: counters(
                &registry,
                "partition_exclusions_total",
                "Times a raw partition was excluded, or returned.",
                &["result"],
            )?,
            feedback: counters(&registry, "feedback_total", "What people said back, by kind.", &["kind"])?,
            feedback_requests: counters(
                &registry,
                "feedback_requests_total",
                "Requests with feedback over HTTP, by how they ended.",
                &["result"],
            )?,
            escalations: counters(
                &registry,
                "escalations_total",
                "Times the next of a path was called, by what was not answered and step.",
                &["what", "step"],
            )?,
            work: WorkMetrics::new(&registry)?,
            cases_open: {
                let opts = Opts::new("cases_open", "Cases that are not over, by partition of the signals.");
                registered(&registry, IntGaugeVec::new(opts, &["partition"])?)?
            },
            series: {
                let help =
                    "Series that are kept, by partition of the signals: what the pack watches, once it was heard.";
                registered(&registry, IntGaugeVec::new(Opts::new("series", help), &["partition"])?)?
            },
            voice: VoiceGauges::new(&registry)?,
            lag_records: {
                let opts = Opts::new("lag_records", "Records between the position and the end of the partition.");
                registered(&registry, IntGaugeVec::new(opts, &["role", "topic", "partition"])?)?
            },
            lag_seconds: {
                let opts = Opts::new("lag_seconds", "Age of the oldest record not yet committed.");
                registered(&registry, GaugeVec::new(opts, &["role", "topic", "partition"])?)?
            },
            event_to_commit: latencies(
                &registry,
                "event_to_commit_seconds",
                "From when it was posted to the commit of what was made of it.",
            )?,
            arrival_to_commit: latencies(
                &registry,
                "arrival_to_commit_seconds",
                "From when the broker took it to the commit of what was made of it.",
            )?,
            pack: {
                let opts = Opts::new("pack_info", "The active rule pack: always 1.");
                registered(&registry, IntGaugeVec::new(opts, &["digest"])?)?
            },
            reload_timestamp: {
                let help = "When a pack was last read, seconds since the epoch.";
                registered(&registry, Gauge::with_opts(Opts::new("pack_last_reload_timestamp_seconds", help))?)?
            },
            reload_success: {
                let help = "1 if the pack that was last read is the active one, 0 if it was refused.";
                registered(&registry, IntGauge::with_opts(Opts::new("pack_last_reload_success", help))?)?
            },
            throttle: Throttle::default(),
            registry,
        })
    }

    /// Cumulative outcome counts of a partition, as committed. Smaller ones than before are ignored: what is committed
    /// does not become less.
    pub fn set_committed(&self, partition: &TopicPartition, counts: &[(&str, u64)]) {
        self.items.set(partition, counts);
    }

    /// The partition is no longer ours: its counts and lags go to whoever has it now.
    pub fn forget_partition(&self, role: &str, partition: &TopicPartition) {
        self.items.forget(partition);
        let labels = [role, &partition.topic, &partition.partition.to_string()];
        // Absent is fine: nothing was set yet.
        let _ = self.lag_records.remove_label_values(&labels);
        let _ = self.lag_seconds.remove_label_values(&labels);
        if role == "watch" {
            let _ = self.cases_open.remove_label_values(&[labels[2]]);
            let _ = self.series.remove_label_values(&[labels[2]]);
            self.voice.clear();
        }
    }

    /// A raw partition was excluded, or returned.
    pub fn count_exclusion(&self, result: &str) {
        self.exclusions.with_label_values(&[result]).inc();
    }

    /// Somebody said something.
    pub fn count_feedback(&self, kind: &str) {
        self.feedback.with_label_values(&[kind]).inc();
    }

    /// Feedback came over HTTP, and was taken or not.
    pub(super) fn count_feedback_request(&self, result: &str) {
        self.feedback_requests.with_label_values(&[result]).inc();
    }

    /// The next of a path was called: for a `case` or an `alert`.
    pub fn count_escalation(&self, what: &str, step: u32) {
        self.escalations.with_label_values(&[what, &step.to_string()]).inc();
    }

    /// Something was measured of the work on an item, and is committed.
    pub fn measure(&self, measured: &Measured) {
        self.work.measure(measured);
    }

    /// Cases of a signals partition that are not over.
    pub fn set_cases_open(&self, partition: i32, cases: usize) {
        let cases = i64::try_from(cases).unwrap_or(i64::MAX);
        self.cases_open.with_label_values(&[&partition.to_string()]).set(cases);
    }

    /// Series that are kept of a signals partition.
    pub fn set_series(&self, partition: i32, series: usize) {
        let series = i64::try_from(series).unwrap_or(i64::MAX);
        self.series.with_label_values(&[&partition.to_string()]).set(series);
    }

    /// What is said of a brand on a topic in an hour.
    pub fn set_voice(&self, voice: VoiceShown<'_>) {
        self.voice.set(voice);
    }

    /// Records read in a committed transaction.
    pub fn add_records(&self, role: &str, records: u64) {
        self.records.with_label_values(&[role]).inc_by(records);
    }

    /// How far a role is behind the end of a partition: records, and the age of the last one read where there are more.
    pub fn set_lag(&self, role: &str, partition: &TopicPartition, records: i64, seconds: f64) {
        let labels = [role, &partition.topic, &partition.partition.to_string()];
        self.lag_records.with_label_values(&labels).set(records);
        self.lag_seconds.with_label_values(&labels).set(seconds);
    }

    /// Seconds from posting to commit, once per item.
    pub fn observe_event_to_commit(&self, role: &str, seconds: f64) {
        self.event_to_commit.with_label_values(&[role]).observe(seconds.max(0.0));
    }

    /// Seconds from the broker's taking it to commit, once per record.
    pub fn observe_arrival_to_commit(&self, role: &str, seconds: f64) {
        self.arrival_to_commit.with_label_values(&[role]).observe(seconds.max(0.0));
    }

    pub(super) fn count_alert(&self, event: &AlertEvent) {
        let state = format!("{:?}", event.state).to_ascii_lowercase();
        self.alerts.with_label_values(&[event.kind.as_str(), &state]).inc();
    }

    /// Counts items in which the shadow pack differs in this field; `none`: it agrees.
    pub fn add_shadowed(&self, field: &str, items: u64) {
        self.shadowed.with_label_values(&[field]).inc_by(items);
    }

    /// Everything in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    pub(super) fn count_dead_letter(&self, reason: &str) {
        self.dead_letters.with_label_values(&[reason]).inc();
    }

    pub(super) fn count_transaction(&self, role: &str, result: &str) {
        self.transactions.with_label_values(&[role, result]).inc();
    }

    pub(super) fn count_notification(&self, receiver: &str, result: &str) {
        self.notifications.with_label_values(&[receiver, result]).inc();
    }

    pub(super) fn add_skipped(&self, role: &str, offsets: u64) {
        self.skipped.with_label_values(&[role]).inc_by(offsets);
    }

    pub(super) fn count_broker_error(&self, role: &str) {
        self.broker_errors.with_label_values(&[role]).inc();
    }

    pub(super) fn set_pack(&self, digest: &str, at_seconds: f64) {
        self.pack.reset();
        self.pack.with_label_values(&[digest]).set(1);
        self.reload_timestamp.set(at_seconds);
        self.reload_success.set(1);
    }

    pub(super) fn set_pack_refused(&self, at_seconds: f64) {
        self.reload_timestamp.set(at_seconds);
        self.reload_success.set(0);
    }

    pub(super) fn set_pack_mended(&self, at_seconds: f64) {
        self.reload_timestamp.set(at_seconds);
        self.reload_success.set(1);
    }
}

pub(super) fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(super) fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, prometheus::Error> {
    registered(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
}

fn latencies(registry: &Registry, name: &str, help: &str) -> Result<HistogramVec, prometheus::Error> {
    let opts = HistogramOpts::new(name, help).buckets(LATENCY_SECONDS.to_vec());
    registered(registry, HistogramVec::new(opts, &["role"])?)
}

/// Committed outcome counts by partition; a counter that is set, which the library's own cannot be.
struct Committed {
    counts: Mutex<BTreeMap<TopicPartition, BTreeMap<String, u64>>>,
    desc: Desc,
}

/// The registry wants to own a collector, and [`Metrics`] writes to it: both hold this.
struct CommittedCollector(Arc<Committed>);

impl Committed {
    fn new() -> Result<Self, prometheus::Error> {
        let help = "Items by outcome, as committed for the partitions of this process.".to_owned();
        let desc = Desc::new("items_total".to_owned(), help, vec!["outcome".to_owned()], HashMap::new())?;
        Ok(Self { counts: Mutex::default(), desc })
    }

    fn collector(self: Arc<Self>) -> CommittedCollector {
        CommittedCollector(self)
    }

    fn set(&self, partition: &TopicPartition, counts: &[(&str, u64)]) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = all.entry(partition.clone()).or_default();
        for (outcome, count) in counts {
            let known = ours.entry((*outcome).to_owned()).or_default();
            *known = (*known).max(*count);
        }
    }

    fn forget(&self, partition: &TopicPartition) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).remove(partition);
    }

    fn totals(&self) -> BTreeMap<String, u64> {
        let mut totals: BTreeMap<String, u64> = OUTCOMES.iter().map(|outcome| ((*outcome).to_owned(), 0)).collect();
        for counts in self.counts.lock().unwrap_or_else(PoisonError::into_inner).values() {
            for (outcome, count) in counts {
                *totals.entry(outcome.clone()).or_default() += count;
            }
        }
        totals
    }
}

impl Collector for CommittedCollector {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0.desc]
    }

    #[allow(clippy::cast_precision_loss)] // Prometheus counts in f64
    fn collect(&self) -> Vec<MetricFamily> {
        let metric = |(outcome, count): (String, u64)| {
            let mut label = LabelPair::default();
            label.set_name("outcome".to_owned());
            label.set_value(outcome);
            let mut counter = Counter::default();
            counter.set_value(count as f64);
            let mut metric = Metric::from_label(vec![label]);
            metric.set_counter(counter);
            metric
        };
        let mut family = MetricFamily::default();
        family.set_name(self.0.desc.fq_name.clone());
        family.set_help(self.0.desc.help.clone());
        family.set_field_type(MetricType::COUNTER);
        family.set_metric(self.0.totals().into_iter().map(metric).collect());
        vec![family]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Measure;
    use crate::route::{Severity, Tier};

    fn value(metrics: &Metrics, series: &str) -> Option<String> {
        metrics.render().lines().find_map(|line| line.strip_prefix(series).map(|rest| rest.trim().to_owned()))
    }

    #[test]
    fn committed_counts_sum_over_partitions_and_never_go_back() {
        let metrics = Metrics::new().expect("metrics");
        let (one, two) = (TopicPartition::new("social.raw.x", 0), TopicPartition::new("social.raw.x", 1));
        let routed = "groundswell_items_total{outcome=\"routed\"}";
        assert_eq!(value(&metrics, routed).as_deref(), Some("0"), "exposed before anything happened");
        metrics.set_committed(&one, &[("routed", 5), ("noise", 1)]);
        metrics.set_committed(&two, &[("routed", 7)]);
        assert_eq!(value(&metrics, routed).as_deref(), Some("12"));
        metrics.set_committed(&one, &[("routed", 3)]);
        assert_eq!(value(&metrics, routed).as_deref(), Some("12"), "a restore to an older count changes nothing");
        metrics.set_committed(&one, &[("routed", 6)]);
        assert_eq!(value(&metrics, routed).as_deref(), Some("13"));
        metrics.forget_partition("triage", &two);
        assert_eq!(value(&metrics, routed).as_deref(), Some("6"), "a partition takes its counts along");
        assert!(metrics.render().contains("# TYPE groundswell_items_total counter"));
    }

    fn measures() -> [Measure; 12] {
        [
            Measure::Arrived { tier: Tier::Human, severity: Severity::S2 },
            Measure::Tagged { said: "defect".to_owned() },
            Measure::TakenUp,
            Measure::Rerouted,
            Measure::Claimed,
            Measure::Answered { after_micros: 90_000_000, in_time: Some(true) },
            Measure::Answered { after_micros: 7_200_000_000, in_time: None },
            Measure::Overdue,
            Measure::Escalated,
            Measure::Resolved { claimed_for_micros: Some(60_000_000) },
            Measure::Reopened,
            Measure::Rated { percent: 400 },
        ]
    }

    #[test]
    fn the_work_is_counted_by_owner() {
        let text = moved().render();
        for line in [
            "groundswell_queue_items_total{severity=\"S2\",team=\"finance\",tier=\"human\"} 1",
            "groundswell_intent_feedback_total{agrees=\"no\",decided=\"billing\",said=\"defect\"} 1",
            "groundswell_responses_total{intent=\"billing\",result=\"in_time\",team=\"finance\"} 1",
            "groundswell_responses_total{intent=\"billing\",result=\"late\",team=\"finance\"} 1",
            "groundswell_first_response_seconds_bucket{intent=\"billing\",team=\"finance\",le=\"3600\"} 1",
            "groundswell_first_response_seconds_sum{intent=\"billing\",team=\"finance\"} 7290",
            "groundswell_handling_seconds_count{team=\"finance\"} 1",
            "groundswell_csat_rating_sum{team=\"finance\"} 4",
            "groundswell_csat_rating_bucket{team=\"finance\",le=\"3.99\"} 0",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    /// Every metric, with something in it.
    fn moved() -> Metrics {
        let metrics = Metrics::new().expect("metrics");
        metrics.set_lag("triage", &TopicPartition::new("t", 3), 9, 1.5);
        metrics.add_records("triage", 2);
        metrics.count_feedback("ack");
        metrics.count_feedback_request("accepted");
        for what in measures() {
            metrics.measure(&Measured { team: "finance".to_owned(), intent: "billing".to_owned(), what });
        }
        metrics.count_escalation("case", 2);
        metrics.set_cases_open(3, 7);
        metrics.set_series(3, 40);
        metrics.set_voice(VoiceShown {
            brand: "Nimbus",
            topic: "all",
            hour: 0,
            mentions: 3,
            share: 0.6,
            sentiment: -0.2,
            reach: 12,
        });
        metrics.count_transaction("triage", "committed");
        metrics.count_notification("slack", "sent");
        metrics.count_dead_letter("not_json");
        metrics.count_broker_error("watch");
        metrics.observe_event_to_commit("triage", 0.2);
        metrics.observe_arrival_to_commit("triage", -0.1);
        metrics.set_pack("sha256:1", 10.0);
        metrics.set_pack("sha256:2", 20.0);
        metrics
    }

    #[test]
    fn the_shipped_alerts_name_metrics_that_exist() {
        let rules = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/prometheus/groundswell.rules.yaml"));
        let parsed: serde_json::Value = serde_saphyr::from_str(rules).expect("YAML");
        let alerts = parsed["groups"][0]["rules"].as_array().expect("rules");
        let (text, mut seen) = (moved().render(), 0);
        for alert in alerts {
            let expr = alert["expr"].as_str().expect("an expression");
            for name in expr.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| w.starts_with("groundswell_"))
            {
                assert!(text.contains(&format!("# TYPE {name} ")), "{} asks for {name}", alert["alert"]);
                seen += 1;
            }
            assert!(alert["annotations"]["action"].is_string(), "{} says what to do", alert["alert"]);
        }
        assert!(seen >= 10, "{seen}");
    }

    #[test]
    fn names_keep_to_the_conventions() {
        let metrics = moved();
        let text = metrics.render();
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let (name, kind) = line[7..].split_once(' ').expect("name and type");
            assert!(name.starts_with("groundswell_"), "{name}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        }
        assert!(text.contains("groundswell_pack_info{digest=\"sha256:2\"} 1"), "{text}");
        assert!(!text.contains("sha256:1"), "only the active pack");
        assert!(text.contains("groundswell_lag_seconds{partition=\"3\",role=\"triage\",topic=\"t\"} 1.5"), "{text}");
        assert!(text.contains("groundswell_arrival_to_commit_seconds_bucket{role=\"triage\",le=\"0.01\"} 1"), "{text}");
        metrics.forget_partition("triage", &TopicPartition::new("t", 3));
        assert!(!metrics.render().contains("lag_seconds{"), "lags of others' partitions are not ours to report");
    }
}
