//! Watch as a stage: carries signals to [`watch`], and its alerts, follow-ups and snapshots to the log.
//!
//! A partition changes pack with the first signal of a transaction, so between two signals, where no log bucket is
//! half closed. It must never decide one signal by two packs: see [`snapshots`] for how a restore keeps to that.

mod snapshots;

pub use snapshots::CHANGES_MAX;

use super::calls::Calls;
use super::patience::{Patience, Proposal};
use super::worker::{Batch, Silence, Stage, StageError};
use crate::alert::AlertEvent;
use crate::case::Measured;
use crate::fault::{Bug, is_planted};
use crate::log::{Committed, Log, Output, Progress, Record, TopicPartition};
use crate::pipeline::{UndoLimits, Verdict, WatchState, watch};
use crate::rules::Pack;
use crate::wire::{self, Baseline, Cut, Topics, VoiceRecord, WireError};
use snapshots::{Rebuilt, Snapshots, rebuild};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Calls, and shares of voice, kept for whoever counts them.
const CALLED_MAX: usize = 10_000;

/// Measures kept for whoever counts them.
const MEASURED_MAX: usize = 100_000;

/// What a watch worker works with.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// Topic names.
    pub topics: Topics,
    /// A snapshot at most this often; none for logs that do not outlive the process.
    pub snapshot_every: Option<Duration>,
    /// What is kept to undo a transaction, per partition.
    pub undo: UndoLimits,
}

#[derive(Debug)]
struct Owned {
    state: WatchState,
    /// What the open transaction decides by.
    pack: Arc<Pack>,
    at: Position,
    /// Where the last transaction landed.
    landed: Position,
    touched: bool,
    snapshots: Snapshots,
}

/// How far a partition is.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// Offset of the next signal.
    next: i64,
    /// Transactions that moved it.
    transactions: u64,
}

impl Owned {
    /// The first change of a transaction decides by which pack.
    fn touch(&mut self, pack: &Arc<Pack>) {
        if !self.touched {
            self.pack = Arc::clone(pack);
            self.touched = true;
        }
    }

    fn landed(&mut self) {
        self.landed = self.at;
        self.snapshots.landed(&mut self.state);
        self.state.landed();
    }

    fn undo(&mut self) -> bool {
        (self.at, self.touched) = (self.landed, false);
        self.snapshots.undo();
        if is_planted(Bug::StateNotUndone) {
            self.state.landed();
            return true;
        }
        self.state.undo()
    }
}

/// The state of one watch worker.
#[derive(Debug)]
pub struct WatchStage {
    settings: WatchSettings,
    pack: Arc<Pack>,
    owned: BTreeMap<TopicPartition, Owned>,
    outputs: Vec<Output>,
    alerts: Vec<AlertEvent>,
    told: Vec<AlertEvent>,
    patience: Option<Patience>,
    signals_partitions: i32,
    proposals: Vec<Proposal>,
    proposing: Vec<Proposal>,
    proposed: Vec<Proposal>,
    calls: Option<Calls>,
    calling: Vec<(&'static str, u32)>,
    called: Vec<(&'static str, u32)>,
    measuring: Vec<Measured>,
    measured: Vec<Measured>,
    baseline: Option<Arc<Baseline>>,
    voicing: Vec<VoiceRecord>,
    voiced: Vec<VoiceRecord>,
}

impl WatchStage {
    /// A worker that owns nothing yet.
    #[must_use]
    pub fn new(settings: WatchSettings, pack: Arc<Pack>) -> Self {
        Self {
            settings,
            pack,
            owned: BTreeMap::new(),
            outputs: Vec::new(),
            alerts: Vec::new(),
            told: Vec::new(),
            patience: None,
            signals_partitions: 0,
            proposals: Vec::new(),
            proposing: Vec::new(),
            proposed: Vec::new(),
            calls: None,
            calling: Vec::new(),
            called: Vec::new(),
            measuring: Vec::new(),
            measured: Vec::new(),
            baseline: None,
            voicing: Vec::new(),
            voiced: Vec::new(),
        }
    }

    /// Where the clocks of people are due and log time has stood still for so long, wall time is recorded.
    #[must_use]
    pub fn calling_after(mut self, stands_for: Duration) -> Self {
        self.calls = Some(Calls::new(stands_for));
        self
    }

    /// Where it owns signals partition 0, it excludes raw partitions that hold everyone back for so long, by a record
    /// in every signals partition.
    #[must_use]
    pub fn excluding_after(mut self, exclude_after: Duration, signals_partitions: i32) -> Self {
        self.patience = Some(Patience::new(exclude_after));
        self.signals_partitions = signals_partitions;
        self
    }

    /// A partition of which nothing is committed and nothing kept begins with what history has taught.
    #[must_use]
    pub fn beginning_with(mut self, baseline: Option<Arc<Baseline>>) -> Self {
        self.baseline = baseline;
        self
    }

    /// What the owned partitions have learned.
    ///
    /// # Errors
    /// When something has no binary form.
    pub fn baseline(&self) -> Result<Baseline, WireError> {
        Baseline::of(self.owned.values().map(|owned| &owned.state), &self.pack)
    }

    /// Decides by another pack from the next transaction on.
    pub fn set_pack(&mut self, pack: Arc<Pack>) {
        self.pack = pack;
    }

    /// Digest of the pack it decides by.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.pack.digest
    }

    /// Alerts committed since this was last asked.
    pub fn take_alerts(&mut self) -> Vec<AlertEvent> {
        std::mem::take(&mut self.told)
    }

    /// What was proposed and committed since this was last asked.
    pub fn take_proposed(&mut self) -> Vec<Proposal> {
        std::mem::take(&mut self.proposed)
    }

    /// Who was called since this was last asked: for a case or an alert, and at which step.
    pub fn take_called(&mut self) -> Vec<(&'static str, u32)> {
        std::mem::take(&mut self.called)
    }

    /// What was measured of the work on items since this was last asked.
    pub fn take_measured(&mut self) -> Vec<Measured> {
        std::mem::take(&mut self.measured)
    }

    /// Shares of voice told since this was last asked.
    pub fn take_voiced(&mut self) -> Vec<VoiceRecord> {
        std::mem::take(&mut self.voiced)
    }

    /// What is known of the partitions it owns.
    pub fn owned(&self) -> impl Iterator<Item = (&TopicPartition, &WatchState)> {
        self.owned.iter().map(|(source, owned)| (source, &owned.state))
    }

    /// The topic it reads.
    #[must_use]
    pub fn signals(&self) -> Arc<str> {
        self.settings.topics.signals.clone()
    }

    /// The owned partitions, and the offset of the next signal of each.
    #[must_use]
    pub fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.owned.iter().map(|(source, owned)| (source.clone(), owned.at.next)).collect()
    }

    /// Hash of what is known of a partition, and the offset of its next signal; none when it is not ours.
    #[must_use]
    pub fn state_hash(&self, source: &TopicPartition) -> Option<(i64, u128)> {
        let owned = self.owned.get(source)?;
        Some((owned.at.next, wire::state_hash(&owned.state).ok()?))
    }

    fn write(&mut self, pack: &Pack, verdicts: Vec<Verdict>) -> Result<(), WireError> {
        let topics = &self.settings.topics;
        for verdict in verdicts {
            self.calling.extend(verdict.calls());
            match verdict {
                Verdict::Alert(event) => {
                    self.outputs.push(wire::alert_record(topics, &event)?);
                    self.outputs.push(wire::routed_alert(topics, pack, &event)?);
                    self.alerts.push(*event);
                }
                Verdict::FollowUp(follow_up) => {
                    self.outputs.push(wire::follow_up_record(topics, pack, &follow_up)?);
                    self.outputs.extend(wire::handed_over_record(topics, pack, &follow_up)?);
                }
                Verdict::Case(told) => self.outputs.push(wire::case_record(topics, &told)?),
                Verdict::Measured(measured) => self.measuring.push(measured),
                Verdict::Voice(told) => {
                    for record in VoiceRecord::of(&told, pack) {
                        self.outputs.push(wire::voice_record(topics, &record, told.at)?);
                        self.voicing.push(record);
                    }
                }
            }
        }
        Ok(())
    }

    fn write_ticks(&mut self, outputs: &mut Vec<Output>) -> Result<(), WireError> {
        let ticks = self.calls.as_mut().map(Calls::take).unwrap_or_default();
        for (source, at) in ticks {
            outputs.push(wire::watch_tick_record(&self.settings.topics, source.partition, at)?);
        }
        Ok(())
    }

    fn write_proposals(&mut self, outputs: &mut Vec<Output>) -> Result<(), WireError> {
        self.proposing = std::mem::take(&mut self.proposals);
        for Proposal { at, source, excluded } in &self.proposing {
            for partition in 0..self.signals_partitions {
                outputs.push(wire::exclusion_record(&self.settings.topics, partition, *at, source, *excluded)?);
            }
        }
        Ok(())
    }
}

fn unreadable(source: &TopicPartition, offset: i64, error: &WireError) -> StageError {
    StageError::Unreadable { source_name: source.to_string(), offset, reason: error.to_string() }
}

impl Stage for WatchStage {
    fn restore(
        &mut self,
        log: &mut dyn Log,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let history = self.baseline.as_deref();
        let Rebuilt { mut state, snapshots, next } =
            rebuild(log, source, committed, &self.settings, &self.pack, history)?;
        // one of them speaks for all
        state.speaks = source.partition == 0;
        state.landed();
        let transactions = committed.and_then(|committed| committed.metadata.parse().ok()).unwrap_or(0);
        let at = Position { next, transactions };
        let owned = Owned { state, pack: Arc::clone(&self.pack), at, landed: at, touched: false, snapshots };
        self.owned.insert(source.clone(), owned);
        Ok(next)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.owned.remove(source);
        if let Some(calls) = &mut self.calls {
            calls.forget(source);
        }
        if let Some(patience) = self.patience.as_mut().filter(|_| source.partition == 0) {
            patience.forget();
            self.proposals.clear();
        }
    }

    fn rollback(&mut self) {
        self.outputs.clear();
        self.alerts.clear();
        self.proposals.clear();
        self.calling.clear();
        self.measuring.clear();
        self.voicing.clear();
        if let Some(calls) = &mut self.calls {
            calls.take();
        }
    }

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        let Some(owned) = self.owned.get_mut(&record.source) else { return Ok(()) };
        let signal = wire::decode_signal(record.value.as_deref().unwrap_or_default())
            .map_err(|error| unreadable(&record.source, record.offset, &error))?;
        owned.touch(&self.pack);
        owned.at.next = record.offset + 1;
        let pack = Arc::clone(&owned.pack);
        let verdicts = watch(signal, &mut owned.state, &pack);
        self.write(&pack, verdicts).map_err(|error| unreadable(&record.source, record.offset, &error))
    }

    /// At the end of partition 0 all clocks are heard: who is behind now holds everyone back. At the end of any, all
    /// that is known of its people is heard.
    fn at_end(&mut self, source: &TopicPartition, _next: i64, silence: Silence) {
        if let (Some(calls), Some(owned)) = (&mut self.calls, self.owned.get_mut(source))
            && calls.look(source, &owned.state, silence.now)
        {
            owned.touch(&self.pack);
        }
        let Some(patience) = self.patience.as_mut().filter(|_| source.partition == 0) else { return };
        let Some(owned) = self.owned.get_mut(source) else { return };
        let proposals = patience.look(&owned.state.members, silence.now);
        if !proposals.is_empty() {
            owned.touch(&self.pack);
            self.proposals.extend(proposals);
        }
    }

    fn is_open(&self) -> bool {
        self.owned.values().any(|owned| owned.touched)
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        let mut outputs = std::mem::take(&mut self.outputs);
        let signals = TopicPartition::new(self.settings.topics.signals.clone(), 0);
        self.write_proposals(&mut outputs).map_err(|error| unreadable(&signals, -1, &error))?;
        self.write_ticks(&mut outputs).map_err(|error| unreadable(&signals, -1, &error))?;
        let mut progress = Vec::new();
        for (source, owned) in self.owned.iter_mut().filter(|(_, owned)| owned.touched) {
            owned.touched = false;
            owned.at.transactions += 1;
            let next = owned.at.next;
            let cut = Cut { partition: source.partition, next, pack: &owned.pack };
            let records = owned.snapshots.seal(&self.settings, cut, &owned.state);
            outputs.extend(records.map_err(|error| unreadable(source, next, &error))?);
            let metadata = owned.at.transactions.to_string();
            progress.push(Progress { source: source.clone(), next, metadata });
        }
        Ok(Batch { outputs, progress })
    }

    fn landed(&mut self) {
        self.told.append(&mut self.alerts);
        self.proposed.append(&mut self.proposing);
        self.called.append(&mut self.calling);
        // where nobody looks, the oldest is let go
        let surplus = self.called.len().saturating_sub(CALLED_MAX);
        self.called.drain(..surplus);
        if self.measured.len() > MEASURED_MAX {
            self.measured.clear();
        }
        self.measured.append(&mut self.measuring);
        self.voiced.append(&mut self.voicing);
        let surplus = self.voiced.len().saturating_sub(CALLED_MAX);
        self.voiced.drain(..surplus);
        self.owned.values_mut().for_each(Owned::landed);
    }

    fn undo(&mut self) -> Option<Vec<(TopicPartition, i64)>> {
        self.rollback();
        let back = self.owned.iter_mut().map(|(source, owned)| owned.undo().then(|| (source.clone(), owned.at.next)));
        back.collect()
    }

    fn is_done(&self) -> bool {
        self.owned.values().all(|owned| !owned.touched && owned.state.is_done())
    }
}
