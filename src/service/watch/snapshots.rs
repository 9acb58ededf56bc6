//! When one partition of watch takes a snapshot, and how it is restored from the last one.
//!
//! Invariant: every signal from a snapshot's cut to the committed offset was decided by the pack the snapshot names.
//! So the first transaction that decides by another pack carries a snapshot, the first of a partition too, and a
//! restore never decides history by another pack than the one that decided it. A snapshot that is not whole, or does
//! not fit the committed offset, is refused in words; it must never be used in part.

use super::WatchSettings;
use crate::fault::{Bug, is_planted};
use crate::log::{Committed, Log, LogError, Output, TopicPartition};
use crate::pipeline::{WatchState, watch};
use crate::rules::{self, Pack};
use crate::service::worker::StageError;
use crate::wire::{self, Baseline, BaselineError, Cut, Restored, StateRecords, WireError, Written};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{debug, info, warn};

/// A snapshot is taken as soon as so many keys changed, however recent the last one: what one transaction has to carry
/// stays bounded.
pub const CHANGES_MAX: usize = 20_000;

/// What is known of the snapshots of one partition.
#[derive(Debug)]
pub(super) struct Snapshots {
    written: Written,
    /// Pack that the last one names; none before the first.
    pack: Option<String>,
    /// Its cut.
    next: i64,
    at: Instant,
    sealed: Option<Sealed>,
}

/// A snapshot in the transaction that is being committed.
#[derive(Debug)]
struct Sealed {
    changes: BTreeMap<Vec<u8>, Option<u128>>,
    pack: String,
    next: i64,
}

impl Snapshots {
    fn new(written: Written, pack: Option<String>, next: i64) -> Self {
        Self { written, pack, next, at: Instant::now(), sealed: None }
    }

    /// Also where nothing is watched: else a restore would read all of its clocks.
    fn is_due(&self, every: Duration, next: i64, pack: &Pack, state: &WatchState) -> bool {
        let many = state.changes().count() >= CHANGES_MAX;
        let late = self.at.elapsed() >= every && self.next != next;
        self.pack.as_deref() != Some(&pack.digest) || many || late
    }

    /// The records of a snapshot, when one is due.
    pub(super) fn seal(
        &mut self,
        settings: &WatchSettings,
        cut: Cut<'_>,
        state: &WatchState,
    ) -> Result<Vec<Output>, WireError> {
        self.sealed = None;
        let Some(every) = settings.snapshot_every else { return Ok(Vec::new()) };
        if !self.is_due(every, cut.next, cut.pack, state) {
            return Ok(Vec::new());
        }
        let snapshot = wire::snapshot(&settings.topics, cut, state, &self.written)?;
        self.sealed = Some(Sealed { changes: snapshot.changes, pack: cut.pack.digest.clone(), next: cut.next });
        Ok(snapshot.records)
    }

    /// The sealed batch is in the log, with its snapshot where it had one.
    pub(super) fn landed(&mut self, state: &mut WatchState) {
        let Some(Sealed { changes, pack, next }) = self.sealed.take() else { return };
        self.written.landed(changes);
        (self.pack, self.next, self.at) = (Some(pack), next, Instant::now());
        state.snapshot_landed();
    }

    /// The sealed batch is not in the log.
    pub(super) fn undo(&mut self) {
        self.sealed = None;
    }
}

/// A partition as the committed offset left it.
#[derive(Debug)]
pub(super) struct Rebuilt {
    pub(super) state: WatchState,
    pub(super) snapshots: Snapshots,
    pub(super) next: i64,
}

/// The newest record per key of the last snapshot, then the signals from its cut to the committed offset, with outputs
/// suppressed: they are in the log already.
pub(super) fn rebuild(
    log: &mut dyn Log,
    source: &TopicPartition,
    committed: Option<&Committed>,
    settings: &WatchSettings,
    pack: &Arc<Pack>,
    history: Option<&Baseline>,
) -> Result<Rebuilt, StageError> {
    let low = log.bounds(source)?.low;
    let next = committed.map_or(low, |committed| committed.next);
    let kept = match settings.snapshot_every {
        Some(_) => load(log, settings, source, committed)?,
        None => None,
    };
    let Some(kept) = kept else {
        if committed.is_some() && settings.snapshot_every.is_some() {
            warn!(%source, from = low, next, "no snapshot: the state is rebuilt from the signals still held");
        }
        // its first transaction carries a snapshot with all of it: from then on the file is not needed
        let mut state = match history.filter(|_| committed.is_none()) {
            Some(history) => begin(history, source, settings, pack)?,
            None => WatchState::new(settings.undo),
        };
        replay(log, source, low, next, &mut state, pack)?;
        return Ok(Rebuilt { state, snapshots: Snapshots::new(Written::default(), None, low), next });
    };
    let Restored { header, queries, pending, pages, voice, pack: sources, written } = kept;
    let from = header.next;
    if low > from && low == next && committed.is_some() {
        warn!(%source, from, next, "signals between the snapshot and the committed offset are gone: the state lacks them");
    } else if low > from && from < next {
        let reason = format!("the signals from offset {from} on, which the snapshot needs, are gone: {REBUILD}");
        return Err(StageError::Unreadable { source_name: source.to_string(), offset: low, reason });
    }
    let decided_by = if header.pack == pack.digest || from >= next {
        // nothing is to be decided again
        Arc::clone(pack)
    } else {
        Arc::new(load_pack(source, &header.pack, &sources)?)
    };
    let mut state = WatchState::restored(header.head, queries, pending, pages, voice, settings.undo);
    debug!(%source, from, next, "state restored");
    if !is_planted(Bug::StaleRestore) {
        replay(log, source, from, next, &mut state, &decided_by)?;
    }
    Ok(Rebuilt { state, snapshots: Snapshots::new(written, Some(header.pack), from), next })
}

/// The state with which a partition begins that has none yet.
fn begin(
    history: &Baseline,
    source: &TopicPartition,
    settings: &WatchSettings,
    pack: &Pack,
) -> Result<WatchState, StageError> {
    let refuse = |error: BaselineError| {
        let reason = format!("{error}; or begin without it (baseline: null)");
        StageError::Unreadable { source_name: source.to_string(), offset: -1, reason }
    };
    let state = history.state(source.partition, pack, settings.undo).map_err(refuse)?;
    info!(%source, series = state.queries().len(), "begins with the baseline");
    Ok(state)
}

/// What to do about a snapshot that cannot be used.
const REBUILD: &str = "start the release that wrote it, or stop watch, delete the records of this partition of the \
    state topic (kafka-delete-records), and start: the state is then rebuilt from the signals still held";

fn load(
    log: &mut dyn Log,
    settings: &WatchSettings,
    source: &TopicPartition,
    committed: Option<&Committed>,
) -> Result<Option<Restored>, StageError> {
    let kept = TopicPartition::new(settings.topics.state.clone(), source.partition);
    let bounds = log.bounds(&kept)?;
    let mut newest = StateRecords::new();
    log.read(&kept, bounds.low, bounds.high, &mut |record| {
        let key = record.key.unwrap_or_default();
        match record.value {
            Some(value) => newest.insert(key, value),
            None => newest.remove(&key),
        };
    })?;
    let refuse = |reason: String| StageError::Unreadable {
        source_name: kept.to_string(),
        offset: bounds.high,
        reason: format!("{reason}: {REBUILD}"),
    };
    let Some(restored) = wire::read_snapshot(newest).map_err(|error| refuse(error.to_string()))? else {
        return Ok(None);
    };
    let cut = restored.header.next;
    if committed.is_some_and(|committed| committed.next >= cut) {
        return Ok(Some(restored));
    }
    // a process that was stopped for long after it asked what is committed finds what its successor has written since
    if log.committed(std::slice::from_ref(source))?.first().and_then(Option::as_ref) != committed {
        let cause = format!("somebody else moved {source} on meanwhile");
        return Err(LogError::Retriable { doing: "restoring a partition", cause }.into());
    }
    Err(refuse(match committed {
        Some(Committed { next, .. }) => {
            format!("the snapshot holds signals up to offset {cut}, only {next} is committed")
        }
        None => format!("the snapshot holds signals up to offset {cut}, and no offset is committed"),
    }))
}

fn load_pack(source: &TopicPartition, digest: &str, sources: &rules::PackSource) -> Result<Pack, StageError> {
    let pack = rules::load(&sources.files, &sources.extra).map_err(|problems| StageError::Unreadable {
        source_name: source.to_string(),
        offset: -1,
        reason: format!(
            "pack {digest}, by which signals after the snapshot were decided, has {} problems in this release: {REBUILD}",
            problems.len()
        ),
    })?;
    debug!(%source, digest, "signals are replayed by the pack that decided them");
    Ok(pack)
}

fn replay(
    log: &mut dyn Log,
    source: &TopicPartition,
    from: i64,
    to: i64,
    state: &mut WatchState,
    pack: &Pack,
) -> Result<(), StageError> {
    let mut failed = None;
    log.read(source, from, to, &mut |record| {
        match wire::decode_signal(record.value.as_deref().unwrap_or_default()) {
            Ok(signal) => drop(watch(signal, state, pack)),
            Err(error) => failed = Some(super::unreadable(source, record.offset, &error)),
        }
        // each stands on its own: nothing of it is to be undone
        state.landed();
    })?;
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
