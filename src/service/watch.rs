//! Watch as a stage: carries signals to [`watch`], and its alerts, follow-ups and snapshots to the log.
//!
//! Restore is the newest record per key of the last snapshot, then the signals from its offset to the committed one
//! with outputs suppressed: they are in the log already.

use super::patience::{Patience, Proposal};
use super::worker::{Batch, Silence, Stage, StageError};
use crate::alert::AlertEvent;
use crate::log::{Committed, Log, Output, Progress, Record, TopicPartition};
use crate::pipeline::{Verdict, WatchState, watch};
use crate::rules::Pack;
use crate::wire::{self, Header, StateKey, Topics, WireError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::debug;

/// What a watch worker works with.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// Topic names.
    pub topics: Topics,
    /// A snapshot at most this often; none for logs that do not outlive the process.
    pub snapshot_every: Option<Duration>,
}

#[derive(Debug)]
struct Owned {
    state: WatchState,
    next: i64,
    transactions: u64,
    touched: bool,
    snapshot_at: Instant,
    next_at_snapshot: i64,
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
}

impl WatchStage {
    /// A worker that owns nothing yet.
    #[must_use]
    pub fn new(settings: WatchSettings, pack: Arc<Pack>) -> Self {
        let (owned, outputs) = (BTreeMap::new(), Vec::new());
        Self {
            settings,
            pack,
            owned,
            outputs,
            alerts: Vec::new(),
            told: Vec::new(),
            patience: None,
            signals_partitions: 0,
            proposals: Vec::new(),
            proposing: Vec::new(),
            proposed: Vec::new(),
        }
    }

    /// Where it owns signals partition 0, it excludes raw partitions that hold everyone back for so long, by a record
    /// in every signals partition.
    #[must_use]
    pub fn excluding_after(mut self, exclude_after: Duration, signals_partitions: i32) -> Self {
        self.patience = Some(Patience::new(exclude_after));
        self.signals_partitions = signals_partitions;
        self
    }

    /// Decides by another pack from the next transaction on; call it between transactions.
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

    /// The owned partitions, and the offset of the next signal of each.
    #[must_use]
    pub fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.owned.iter().map(|(source, owned)| (source.clone(), owned.next)).collect()
    }

    fn write(&mut self, verdicts: Vec<Verdict>) -> Result<(), WireError> {
        let topics = &self.settings.topics;
        for verdict in verdicts {
            match verdict {
                Verdict::Alert(event) => {
                    self.outputs.push(wire::alert_record(topics, &event)?);
                    self.outputs.push(wire::routed_alert(topics, &self.pack, &event)?);
                    self.alerts.push(*event);
                }
                Verdict::FollowUp(follow_up) => {
                    self.outputs.push(wire::follow_up_record(topics, &self.pack, &follow_up)?);
                }
            }
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

    fn load_snapshot(&self, log: &mut dyn Log, partition: i32) -> Result<Option<(Header, WatchState)>, StageError> {
        let source = TopicPartition::new(self.settings.topics.state.clone(), partition);
        let bounds = log.bounds(&source)?;
        let mut newest: BTreeMap<StateKey, (i64, Vec<u8>)> = BTreeMap::new();
        log.read(&source, bounds.low, bounds.high, &mut |record| {
            let Some(key) = record.key.as_deref().and_then(wire::state_key) else { return };
            match record.value {
                Some(value) => newest.insert(key, (record.offset, value)),
                None => newest.remove(&key),
            };
        })?;
        read_snapshot(&source, newest)
    }
}

fn read_snapshot(
    source: &TopicPartition,
    mut newest: BTreeMap<StateKey, (i64, Vec<u8>)>,
) -> Result<Option<(Header, WatchState)>, StageError> {
    let Some((offset, header)) = newest.remove(&StateKey::Header) else { return Ok(None) };
    let header = wire::decode_header(&header).map_err(|error| unreadable(source, offset, &error))?;
    let mut state = WatchState::default();
    (state.closed, state.started) = (header.closed, header.started);
    for (key, (offset, value)) in newest {
        let failed = |error: WireError| unreadable(source, offset, &error);
        match key {
            StateKey::Header => {}
            StateKey::Query(query) => {
                state.queries.insert(query, wire::decode_query(&value).map_err(failed)?);
            }
            StateKey::Pending(log, query) => {
                state.pending.insert((log, query), wire::decode_pending(&value).map_err(failed)?);
            }
        }
    }
    state.members = header.members.clone();
    Ok(Some((header, state.restored())))
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
        let snapshot = match (committed, self.settings.snapshot_every) {
            (Some(_), Some(_)) => self.load_snapshot(log, source.partition)?,
            _ => None,
        };
        let low = log.bounds(source)?.low;
        let has_snapshot = snapshot.is_some();
        let (from, mut state) = snapshot.map_or((low, WatchState::default()), |(header, state)| (header.next, state));
        let next = committed.map_or(low, |committed| committed.next);
        debug!(%source, has_snapshot, from, next, "state restored");
        let pack = self.pack.clone();
        let mut failed = None;
        log.read(source, from, next, &mut |record| {
            match wire::decode_signal(record.value.as_deref().unwrap_or_default()) {
                // outputs are in the log already
                Ok(signal) => drop(watch(signal, &mut state, &pack)),
                Err(error) => failed = Some(unreadable(source, record.offset, &error)),
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        let transactions = committed.and_then(|committed| committed.metadata.parse().ok()).unwrap_or(0);
        let snapshot_at = Instant::now();
        let owned = Owned { state, next, transactions, touched: false, snapshot_at, next_at_snapshot: from };
        self.owned.insert(source.clone(), owned);
        Ok(next)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.owned.remove(source);
        if let Some(patience) = self.patience.as_mut().filter(|_| source.partition == 0) {
            patience.forget();
            self.proposals.clear();
        }
    }

    fn rollback(&mut self) {
        self.outputs.clear();
        self.alerts.clear();
        self.proposals.clear();
    }

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        let Some(owned) = self.owned.get_mut(&record.source) else { return Ok(()) };
        let signal = wire::decode_signal(record.value.as_deref().unwrap_or_default())
            .map_err(|error| unreadable(&record.source, record.offset, &error))?;
        owned.next = record.offset + 1;
        owned.touched = true;
        let verdicts = watch(signal, &mut owned.state, &self.pack);
        self.write(verdicts).map_err(|error| unreadable(&record.source, record.offset, &error))
    }

    /// At the end of partition 0 all clocks are heard: who is behind now holds everyone back.
    fn at_end(&mut self, source: &TopicPartition, _next: i64, silence: Silence) {
        let Some(patience) = self.patience.as_mut().filter(|_| source.partition == 0) else { return };
        let Some(owned) = self.owned.get_mut(source) else { return };
        let proposals = patience.look(&owned.state.members, silence.now);
        owned.touched |= !proposals.is_empty();
        self.proposals.extend(proposals);
    }

    fn is_open(&self) -> bool {
        self.owned.values().any(|owned| owned.touched)
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        let mut outputs = std::mem::take(&mut self.outputs);
        let signals = TopicPartition::new(self.settings.topics.signals.clone(), 0);
        self.write_proposals(&mut outputs).map_err(|error| unreadable(&signals, -1, &error))?;
        let mut progress = Vec::new();
        for (source, owned) in self.owned.iter_mut().filter(|(_, owned)| owned.touched) {
            owned.touched = false;
            owned.transactions += 1;
            let due = self.settings.snapshot_every.is_some_and(|every| owned.snapshot_at.elapsed() >= every);
            // also where nothing is watched: else a restore would read all of its clocks
            if due && owned.next_at_snapshot != owned.next {
                let digest = &self.pack.digest;
                let records = wire::snapshot_records(
                    &self.settings.topics,
                    source.partition,
                    owned.next,
                    digest,
                    &mut owned.state,
                );
                outputs.extend(records.map_err(|error| unreadable(source, owned.next, &error))?);
                owned.snapshot_at = Instant::now();
                owned.next_at_snapshot = owned.next;
            }
            let metadata = owned.transactions.to_string();
            progress.push(Progress { source: source.clone(), next: owned.next, metadata });
        }
        Ok(Batch { outputs, progress })
    }

    fn landed(&mut self) {
        self.told.append(&mut self.alerts);
        self.proposed.append(&mut self.proposing);
    }

    fn is_done(&self) -> bool {
        self.owned.values().all(|owned| !owned.touched && owned.state.is_done())
    }
}
