//! The worker loop: poll, apply, commit, over any log and any stage.
//!
//! One worker is one thread with its own reader and transactional writer. Outputs, state and progress move in one
//! transaction. After an abort every partition goes back to what the last landed transaction left: undone where the
//! stage kept what it touched, restored from what is committed where that was too much. After an ambiguous end the log
//! is asked what is committed: our progress means that it landed, what stood before means that it did not, and a
//! partition that says neither is restored.

use crate::config::OnGap;
use crate::fault::{self, Bug, Point};
use crate::log::{Commit, Committed, Event, Log, LogError, Output, Progress, Record, Settled, TopicPartition};
use crate::mention::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

mod settle;

use self::settle::Verdict;

/// What a role does with records. It owns the state of its partitions; the worker owns the transaction.
pub trait Stage {
    /// Builds the state of a partition from what is committed and says where to read on.
    ///
    /// # Errors
    /// When the log is out of reach or what it holds is not readable by this release.
    fn restore(
        &mut self,
        log: &mut dyn Log,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError>;

    /// Forgets a partition that is owned by someone else now, or is about to be restored.
    fn forget(&mut self, source: &TopicPartition);

    /// Drops what the open transaction was to hold; every partition is forgotten and restored after this.
    fn rollback(&mut self);

    /// Takes the next record.
    ///
    /// # Errors
    /// When the record cannot be one of ours; a bad mention is an outcome, not an error.
    fn apply(&mut self, record: Record) -> Result<(), StageError>;

    /// The partition has no more for now; `silent_since` is when that was first seen, by the wall clock.
    fn at_end(&mut self, source: &TopicPartition, next: i64, silence: Silence);

    /// Looks at the log between polls, and says which partitions are to rest.
    ///
    /// # Errors
    /// When the log is of no use any more.
    fn steer(&mut self, log: &mut dyn Log) -> Result<(), StageError> {
        let _ = log;
        Ok(())
    }

    /// True when there is something to commit.
    fn is_open(&self) -> bool;

    /// Hands out what the open transaction is to hold.
    ///
    /// # Errors
    /// When something cannot be written down.
    fn seal(&mut self) -> Result<Batch, StageError>;

    /// The sealed batch is in the log.
    fn landed(&mut self);

    /// The sealed batch is not in the log: goes back to exactly what the last landed transaction left, and says where
    /// each partition reads on. None when it cannot: everything is then rolled back, forgotten and restored.
    fn undo(&mut self) -> Option<Vec<(TopicPartition, i64)>> {
        None
    }

    /// True when the input has ended and all of it is decided.
    fn is_done(&self) -> bool {
        false
    }
}

/// How long a partition has had nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// For how long.
    pub lasted: Duration,
    /// Wall time now; enters decisions only as a recorded tick.
    pub now: Timestamp,
}

/// What one transaction holds.
#[derive(Debug, Default)]
pub struct Batch {
    /// Records to write.
    pub outputs: Vec<Output>,
    /// How far each source is read.
    pub progress: Vec<Progress>,
}

/// Why a stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Records are gone before they were read, and that is not to be accepted.
    #[error(
        "{source_name}: offsets {next} to {low} are gone before they were read: the log keeps its records for less \
         time than this was down; keep them longer, and to go on without them set `kafka.on_gap: skip`"
    )]
    Gap {
        /// Partition.
        source_name: String,
        /// Offset that was to be read next.
        next: i64,
        /// The first that is there.
        low: i64,
    },
    /// State or signal of a version this release does not read, or a damaged one.
    #[error("{source_name} at offset {offset}: {reason}")]
    Unreadable {
        /// Partition.
        source_name: String,
        /// Offset.
        offset: i64,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl StageError {
    /// True when trying again later may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Log(LogError::Retriable { .. } | LogError::Fatal { .. } | LogError::Fenced { .. }))
    }
}

/// Bounds of a transaction.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Records read per transaction, at most.
    pub records_max: usize,
    /// A transaction is ended once so many bytes of keys and values are read; the batch in hand may go over.
    pub bytes_max: usize,
    /// A transaction is ended after this long.
    pub interval: Duration,
    /// A poll waits at most this long.
    pub poll: Duration,
}

/// What one round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn {
    /// Records applied.
    pub applied: usize,
    /// The transactions that ended in this round: at the most one that was due, and one per rebalance before it.
    pub ended: Vec<Ended>,
    /// What was skipped because the log no longer had it.
    pub gaps: Vec<Gap>,
}

/// Records that were gone before they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Of which partition.
    pub source: TopicPartition,
    /// Offset that was to be read next.
    pub from: i64,
    /// The first that is there.
    pub to: i64,
}

/// A transaction that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How; `Ambiguous` if that cannot be told any more: it was somebody else's by the time it was looked at.
    pub commit: Commit,
    /// Records read in it.
    pub records: usize,
    /// When the log took them, ms since the epoch, where it says.
    pub arrived_ms: Vec<i64>,
    /// Since its first record was read.
    pub took: Duration,
}

/// A stage on a log.
#[derive(Debug)]
pub struct Worker<S, L> {
    stage: S,
    log: L,
    limits: Limits,
    assigned: Vec<TopicPartition>,
    ends: Vec<(TopicPartition, i64, Instant)>,
    records: usize,
    bytes: usize,
    arrived_ms: Vec<i64>,
    last_arrived_ms: BTreeMap<TopicPartition, i64>,
    /// What is committed for the partitions owned, as far as this worker knows.
    committed: BTreeMap<TopicPartition, Option<Committed>>,
    /// Started again since the last poll: what that poll brought of them is void.
    rewound: Vec<TopicPartition>,
    on_gap: OnGap,
    gaps: Vec<Gap>,
    opened: Option<Instant>,
    wall: fn() -> Timestamp,
}

impl<S: Stage, L: Log> Worker<S, L> {
    /// A worker; `wall` is read only to record ticks.
    pub fn new(stage: S, log: L, limits: Limits, wall: fn() -> Timestamp) -> Self {
        Self {
            stage,
            log,
            limits,
            assigned: Vec::new(),
            ends: Vec::new(),
            records: 0,
            bytes: 0,
            arrived_ms: Vec::new(),
            last_arrived_ms: BTreeMap::new(),
            committed: BTreeMap::new(),
            rewound: Vec::new(),
            on_gap: OnGap::Stop,
            gaps: Vec::new(),
            opened: None,
            wall,
        }
    }

    /// Treats records that are gone before they were read in this way; unless told, it stops.
    #[must_use]
    pub fn on_gap(self, on_gap: OnGap) -> Self {
        Self { on_gap, ..self }
    }

    /// When the log took the last record read of a partition, ms since the epoch.
    pub fn last_arrived_ms(&self, source: &TopicPartition) -> Option<i64> {
        self.last_arrived_ms.get(source).copied()
    }

    /// The stage.
    pub fn stage(&self) -> &S {
        &self.stage
    }

    /// The stage, to change its settings between transactions.
    pub fn stage_mut(&mut self) -> &mut S {
        &mut self.stage
    }

    /// The partitions owned now.
    pub fn assigned(&self) -> &[TopicPartition] {
        &self.assigned
    }

    /// The log, to ask it about partitions.
    pub fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// One round: poll, apply, commit when due.
    ///
    /// # Errors
    /// When this worker's log is of no use any more, or its state is not readable.
    pub fn turn(&mut self) -> Result<Turn, StageError> {
        let room = self.limits.records_max.saturating_sub(self.records).max(1);
        let events = self.log.poll(room, self.limits.poll)?;
        self.rewound.clear();
        let mut turn = Turn::default();
        for event in events {
            self.take(event, &mut turn)?;
        }
        self.mark_silence();
        self.stage.steer(&mut self.log)?;
        if self.is_due() {
            turn.ended.extend(self.commit()?);
        }
        turn.gaps.append(&mut self.gaps);
        Ok(turn)
    }

    /// Commits what is open; none when there was nothing.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn commit(&mut self) -> Result<Option<Ended>, StageError> {
        let took = self.opened.take().map_or(Duration::ZERO, |since| since.elapsed());
        let records = std::mem::take(&mut self.records);
        self.bytes = 0;
        let arrived_ms = std::mem::take(&mut self.arrived_ms);
        if !self.stage.is_open() {
            return Ok(None);
        }
        let Batch { outputs, progress } = self.stage.seal()?;
        fault::reach(Point::Polled, outputs.len());
        let sealed = progress.clone();
        let mut commit = self.log.commit(outputs, progress)?;
        match commit {
            Commit::Landed => self.land(sealed),
            Commit::Aborted => self.step_back()?,
            Commit::Ambiguous => commit = self.settle(sealed)?,
        }
        Ok(Some(Ended { commit, records, arrived_ms, took }))
    }

    /// Commits what is open and gives everything up.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn close(mut self) -> Result<(), StageError> {
        self.commit()?;
        Ok(self.log.release(&self.assigned)?)
    }

    fn land(&mut self, sealed: Vec<Progress>) {
        self.stage.landed();
        for Progress { source, next, metadata } in sealed {
            self.committed.insert(source, Some(Committed { next, metadata }));
        }
    }

    /// Finds out how the transaction that was to commit `sealed` ended, and goes on from there.
    fn settle(&mut self, sealed: Vec<Progress>) -> Result<Commit, StageError> {
        let now = self.log.settle(&sealed)?;
        let verdict = |(ours, now): (&Progress, &Settled)| {
            let before = self.committed.get(&ours.source).and_then(Option::as_ref);
            settle::of_partition(ours, before, now)
        };
        let verdicts: Vec<Verdict> = sealed.iter().zip(&now).map(verdict).collect();
        let is_unknown = |(_, verdict): &(&Progress, &Verdict)| **verdict == Verdict::Unknown;
        let unknown = sealed.iter().zip(&verdicts).filter(is_unknown).map(|(ours, _)| ours.source.clone());
        let unknown: Vec<TopicPartition> = unknown.filter(|source| self.assigned.contains(source)).collect();
        match settle::of_all(&verdicts) {
            Verdict::Landed => {
                self.land(sealed);
                unknown.iter().for_each(|source| self.stage.forget(source));
                self.restore(&unknown)?;
                Ok(Commit::Landed)
            }
            Verdict::Aborted if unknown.is_empty() => self.step_back().map(|()| Commit::Aborted),
            Verdict::Aborted => self.restore_all().map(|()| Commit::Aborted),
            Verdict::Unknown => self.restore_all().map(|()| Commit::Ambiguous),
        }
    }

    fn take(&mut self, event: Event, turn: &mut Turn) -> Result<(), StageError> {
        match event {
            Event::Assigned(sources) => self.own(sources)?,
            Event::Revoked(sources) => {
                fault::reach(Point::Revoking, self.records);
                // what is open is still ours to commit
                turn.ended.extend(self.commit()?);
                self.disown(&sources);
                self.log.release(&sources)?;
            }
            Event::Lost(sources) => {
                // what is open may hold their records: it must not be committed
                self.disown(&sources);
                self.log.release(&sources)?;
                self.restore_all()?;
            }
            Event::End(source, _) if self.rewound.contains(&source) => {}
            Event::End(source, next) => {
                self.ends.retain(|(known, _, _)| *known != source);
                self.ends.push((source, next, Instant::now()));
            }
            Event::Record(record) => turn.applied += self.apply(record)?,
        }
        Ok(())
    }

    fn apply(&mut self, record: Record) -> Result<usize, StageError> {
        if !self.assigned.contains(&record.source) || self.rewound.contains(&record.source) {
            return Ok(0);
        }
        self.ends.retain(|(known, _, _)| *known != record.source);
        self.opened.get_or_insert_with(Instant::now);
        self.records += 1;
        self.bytes += [&record.key, &record.value].into_iter().flatten().map(Vec::len).sum::<usize>();
        if let Some(arrived) = record.appended_at_ms {
            self.arrived_ms.push(arrived);
            self.last_arrived_ms.insert(record.source.clone(), arrived);
        }
        self.stage.apply(record)?;
        Ok(1)
    }

    fn own(&mut self, sources: Vec<TopicPartition>) -> Result<(), StageError> {
        self.restore(&sources)?;
        self.assigned.extend(sources);
        Ok(())
    }

    fn disown(&mut self, sources: &[TopicPartition]) {
        self.assigned.retain(|source| !sources.contains(source));
        self.ends.retain(|(source, _, _)| !sources.contains(source));
        for source in sources {
            self.last_arrived_ms.remove(source);
            self.committed.remove(source);
            self.stage.forget(source);
        }
    }

    /// After an abort: back to what the last landed transaction left, by undo where the stage can.
    fn step_back(&mut self) -> Result<(), StageError> {
        let Some(positions) = self.stage.undo() else { return self.restore_all() };
        self.clear_open();
        for (source, next) in positions {
            self.rewind(&source, next)?;
        }
        Ok(())
    }

    fn clear_open(&mut self) {
        self.opened = None;
        self.records = 0;
        self.bytes = 0;
        self.arrived_ms.clear();
        self.ends.clear();
    }

    fn restore_all(&mut self) -> Result<(), StageError> {
        self.clear_open();
        self.stage.rollback();
        let assigned = self.assigned.clone();
        for source in &assigned {
            self.stage.forget(source);
        }
        self.restore(&assigned)
    }

    fn restore(&mut self, sources: &[TopicPartition]) -> Result<(), StageError> {
        let committed = self.log.committed(sources)?;
        for (source, committed) in sources.iter().zip(committed) {
            let bridged = self.bridge(source, committed.as_ref())?;
            let next = self.stage.restore(&mut self.log, source, bridged.as_ref())?;
            fault::reach(Point::Restoring, 0);
            self.rewind(source, next)?;
            self.committed.insert(source.clone(), committed);
        }
        Ok(())
    }

    /// Reading goes on at `next`; what was polled of the partition before is void.
    fn rewind(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        if fault::is_planted(Bug::NoRewind) && self.committed.contains_key(source) {
            return Ok(());
        }
        self.ends.retain(|(known, _, _)| known != source);
        self.rewound.push(source.clone());
        self.log.start(source, next)
    }

    /// What is committed, or where the log begins if that is later and may be.
    fn bridge(
        &mut self,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<Option<Committed>, StageError> {
        let Some(Committed { next, metadata }) = committed else { return Ok(None) };
        let low = self.log.bounds(source)?.low;
        if low > *next && self.on_gap == OnGap::Stop {
            return Err(StageError::Gap { source_name: source.to_string(), next: *next, low });
        }
        if low > *next {
            self.gaps.push(Gap { source: source.clone(), from: *next, to: low });
        }
        Ok(Some(Committed { next: low.max(*next), metadata: metadata.clone() }))
    }

    fn mark_silence(&mut self) {
        let now = (self.wall)();
        for (source, next, since) in &self.ends {
            self.stage.at_end(source, *next, Silence { lasted: since.elapsed(), now });
        }
    }

    fn is_due(&self) -> bool {
        let full = self.records >= self.limits.records_max || self.bytes >= self.limits.bytes_max;
        let late = self.opened.is_none_or(|since| since.elapsed() >= self.limits.interval);
        self.stage.is_open() && (full || late)
    }
}

#[cfg(test)]
mod tests;
