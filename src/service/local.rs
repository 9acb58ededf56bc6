//! Triage and watch on the local log, in one thread: what demo, replay and the property tests run.
//!
//! The same stages and worker as on Kafka; only the log differs. Memory is bounded by what is fed at once: consumed
//! records are forgotten, outputs are taken out by the caller.

use super::triage::{ClockPolicy, TriageSettings, TriageStage};
use super::watch::{WatchSettings, WatchStage};
use super::worker::{Limits, StageError, Worker};
use crate::alert::AlertEvent;
use crate::case::Measured;
use crate::log::local::{LocalCluster, LocalLog};
use crate::log::{LogError, Output, Place, Record, TopicPartition};
use crate::mention::{Platform, Timestamp};
use crate::pipeline::{Outcomes, PhoneKey, Redact, UndoLimits};
use crate::rules::Pack;
use crate::score::Model;
use crate::wire::{Baseline, Topics, WireError};
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Records per transaction.
const RECORDS_MAX: usize = 2_000;
/// Bytes per transaction.
const BYTES_MAX: usize = 16 << 20;

/// One raw record from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Its platform, so its topic.
    pub platform: Platform,
    /// Its key, so its partition.
    pub key: Vec<u8>,
    /// Its payload.
    pub value: Vec<u8>,
}

/// Ticks of another run: by raw partition and the offset that they apply before, in their order.
pub type Ticks = BTreeMap<(Platform, i32), OffsetTicks>;

/// Ticks of one partition, by the offset that they apply before, in their order.
pub type OffsetTicks = BTreeMap<i64, Vec<Timestamp>>;

/// How a local run is laid out.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Raw partitions that will get records.
    pub members: BTreeSet<(Platform, i32)>,
    /// Partitions of every raw topic.
    pub raw_partitions: i32,
    /// Partitions of the signals topic.
    pub signals_partitions: i32,
    /// Records of the duplicate window.
    pub duplicate_window_records: u64,
}

/// Triage and watch on a log in memory.
#[derive(Debug)]
pub struct LocalPipeline {
    topics: Topics,
    cluster: LocalCluster,
    triage: Worker<TriageStage, LocalLog>,
    watch: Worker<WatchStage, LocalLog>,
}

impl LocalPipeline {
    /// An empty log with its topics, and one worker of each role. Data only: it has no ticks of its own.
    #[must_use]
    pub fn new(layout: &Layout, pack: Arc<Pack>, model: &'static Model) -> Self {
        // the wall clock is never asked for anything that counts
        Self::with_clock(layout, pack, model, ClockPolicy::Data, || Timestamp::clamped(0))
    }

    /// The same with another policy for silent partitions, and the wall clock it goes by.
    #[must_use]
    pub fn with_clock(
        layout: &Layout,
        pack: Arc<Pack>,
        model: &'static Model,
        clock: ClockPolicy,
        wall: fn() -> Timestamp,
    ) -> Self {
        Self::hearing(layout, 0, pack, model, clock, wall)
    }

    /// The same with so many partitions of feedback: where there are any, the clocks of people run.
    #[must_use]
    pub fn hearing(
        layout: &Layout,
        feedback_partitions: i32,
        pack: Arc<Pack>,
        model: &'static Model,
        clock: ClockPolicy,
        wall: fn() -> Timestamp,
    ) -> Self {
        let topics = Topics::new("social.");
        let cluster = LocalCluster::default();
        create_topics(&cluster, &topics, layout, &pack);
        if feedback_partitions > 0 {
            cluster.create(&topics.feedback, feedback_partitions);
        }
        let says = (0..feedback_partitions).map(|n| TopicPartition::new(topics.feedback.clone(), n));
        let raw = layout.members.iter().map(|(platform, n)| TopicPartition::new(topics.raw(*platform), *n));
        let members: Vec<TopicPartition> = raw.chain(says).collect();
        let signals = (0..layout.signals_partitions).map(|n| TopicPartition::new(topics.signals.clone(), n)).collect();
        let triage_stage = TriageStage::new(
            TriageSettings {
                topics: topics.clone(),
                members: members.clone(),
                signals_partitions: layout.signals_partitions,
                duplicate_window_records: layout.duplicate_window_records,
                clock,
                redact: Redact::default(),
            },
            pack.clone(),
            model,
        );
        let mut watch_stage = WatchStage::new(
            WatchSettings { topics: topics.clone(), snapshot_every: None, undo: UndoLimits::default() },
            pack,
        );
        if let ClockPolicy::Live { tick_after } = clock {
            watch_stage = watch_stage.calling_after(tick_after);
        }
        let limits =
            Limits { records_max: RECORDS_MAX, bytes_max: BYTES_MAX, interval: Duration::ZERO, poll: Duration::ZERO };
        Self {
            triage: Worker::new(triage_stage, cluster.worker("triage", members), limits, wall),
            watch: Worker::new(watch_stage, cluster.worker("watch", signals), limits, wall),
            topics,
            cluster,
        }
    }

    /// Appends what people say, by key; it is decided with what is fed next.
    ///
    /// # Errors
    /// When feedback is not part of the layout.
    pub fn say(&mut self, said: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), StageError> {
        let append = |(key, value): (Vec<u8>, Vec<u8>)| Output {
            topic: self.topics.feedback.clone(),
            place: Place::Hashed(key.clone()),
            key: Some(key),
            value: Some(value),
            headers: Vec::new(),
        };
        Ok(self.cluster.append(said.into_iter().map(append).collect())?)
    }

    /// The log itself: for whoever appends to it from outside.
    #[must_use]
    pub fn cluster(&self) -> LocalCluster {
        self.cluster.clone()
    }

    /// Appends records and decides all that can be decided.
    ///
    /// # Errors
    /// When a record's topic is not part of the layout, or a stage cannot go on.
    pub fn feed(&mut self, records: Vec<RawRecord>) -> Result<(), StageError> {
        let append = |record: RawRecord| Output {
            topic: self.topics.raw(record.platform),
            place: Place::Hashed(record.key.clone()),
            key: Some(record.key),
            value: Some(record.value),
            headers: Vec::new(),
        };
        self.cluster.append(records.into_iter().map(append).collect())?;
        self.settle()
    }

    /// Decides what is fed from now on by another pack, whose topics are made.
    pub fn set_pack(&mut self, pack: &Arc<Pack>) {
        pack.topics().iter().for_each(|team| self.cluster.create(&self.topics.routed(team), 1));
        self.triage.stage_mut().set_pack(Arc::clone(pack));
        self.watch.stage_mut().set_pack(Arc::clone(pack));
    }

    /// Says of every item from now on what this pack would have decided differently.
    pub fn set_shadow(&mut self, pack: Arc<Pack>) {
        self.triage.stage_mut().set_shadow(Some(Arc::new(ArcSwap::new(pack))));
    }

    /// The input has ended: decides the rest.
    ///
    /// # Errors
    /// When a stage cannot go on.
    pub fn finish(&mut self) -> Result<(), StageError> {
        self.triage.stage_mut().set_clock(ClockPolicy::UntilEnd);
        self.settle()
    }

    /// Applies the ticks of another run where it applied them; offsets count from each partition's first record here.
    pub fn set_recorded_ticks(&mut self, ticks: Ticks) {
        self.set_recorded_ticks_of_feedback(ticks, BTreeMap::new());
    }

    /// The same for the partitions of feedback, beside those of the raw topics.
    pub fn set_recorded_ticks_of_feedback(&mut self, ticks: Ticks, feedback: BTreeMap<i32, OffsetTicks>) {
        let raw = |(platform, partition)| TopicPartition::new(self.topics.raw(platform), partition);
        let says = |partition| TopicPartition::new(self.topics.feedback.clone(), partition);
        let ticks = ticks.into_iter().map(|(source, ticks)| (raw(source), ticks));
        let all = ticks.chain(feedback.into_iter().map(|(partition, ticks)| (says(partition), ticks)));
        self.triage.stage_mut().set_recorded_ticks(all.collect());
    }

    /// Hashes phone numbers of authors with this key; call it before the first record.
    pub fn set_phone_key(&mut self, key: PhoneKey) {
        self.triage.stage_mut().set_phone_key(key);
    }

    /// Takes personal data out of these topics from now on.
    pub fn set_redact(&mut self, redact: Redact) {
        self.triage.stage_mut().set_redact(redact);
    }

    /// Alert events told since this was last asked.
    pub fn take_alerts(&mut self) -> Vec<AlertEvent> {
        self.watch.stage_mut().take_alerts()
    }

    /// What was measured of the work on items since this was last asked.
    pub fn take_measured(&mut self) -> Vec<Measured> {
        self.watch.stage_mut().take_measured()
    }

    /// Every output since this was last asked, by topic name without prefix.
    #[must_use]
    pub fn take_outputs(&self) -> BTreeMap<String, Vec<Record>> {
        let Topics { signals, feedback, .. } = &self.topics;
        let internal =
            |topic: &str| *topic == **signals || *topic == **feedback || self.topics.platform(topic).is_some();
        let topics = self.cluster.topics();
        let outputs = topics.iter().filter(|topic| !internal(topic));
        outputs.map(|topic| (topic.to_string(), self.cluster.drain(topic))).collect()
    }

    /// What watch has learned so far.
    ///
    /// # Errors
    /// When something has no binary form.
    pub fn baseline(&self) -> Result<Baseline, WireError> {
        self.watch.stage().baseline()
    }

    /// Items by outcome, and dead letters by reason, so far.
    #[must_use]
    pub fn counts(&self) -> (Outcomes, BTreeMap<String, u64>) {
        let (mut outcomes, mut reasons) = (Outcomes::default(), BTreeMap::new());
        for (_, committed) in self.triage.stage().committed_counts() {
            outcomes.merge(&committed.outcomes);
            for (reason, count) in committed.dead_letters {
                *reasons.entry(reason).or_default() += count;
            }
        }
        (outcomes, reasons)
    }

    /// From when to when the records reach, in event time; none before any clock goes.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let clocks = self.triage.stage().committed_counts();
        let since = clocks.iter().filter_map(|(_, committed)| committed.since).min();
        since.zip(clocks.iter().filter_map(|(_, committed)| committed.reached).max())
    }

    fn settle(&mut self) -> Result<(), StageError> {
        loop {
            let applied = self.triage.turn()?.applied + self.watch.turn()?.applied;
            self.forget()?;
            if applied == 0 {
                return Ok(());
            }
        }
    }

    /// Drops what both roles have read.
    fn forget(&mut self) -> Result<(), LogError> {
        for (source, committed) in self.triage.stage().committed_counts() {
            self.cluster.forget_before(&source, committed.next);
        }
        for (source, next) in self.watch.stage().positions() {
            self.cluster.forget_before(&source, next);
        }
        Ok(())
    }
}

fn create_topics(cluster: &LocalCluster, topics: &Topics, layout: &Layout, pack: &Pack) {
    for (platform, _) in &layout.members {
        cluster.create(&topics.raw(*platform), layout.raw_partitions);
    }
    cluster.create(&topics.signals, layout.signals_partitions);
    for topic in [
        &topics.mentions,
        &topics.alerts,
        &topics.dead_letter,
        &topics.clock,
        &topics.shadow,
        &topics.cases,
        &topics.voice,
    ] {
        cluster.create(topic, 1);
    }
    for team in pack.topics() {
        cluster.create(&topics.routed(&team), 1);
    }
}

#[cfg(test)]
mod tests;
