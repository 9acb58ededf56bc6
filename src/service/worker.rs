//! The worker loop: poll, apply, commit, over any log and any stage.
//!
//! One worker is one thread with its own reader and transactional writer. Outputs, state and progress move in one
//! transaction. After an abort nothing in memory is trusted: every partition is restored from what is committed.

use crate::fault::{self, Bug, Point};
use crate::log::{Commit, Committed, Event, Log, LogError, Output, Progress, Record, TopicPartition};
use crate::mention::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

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

    /// True when there is something to commit.
    fn is_open(&self) -> bool;

    /// Hands out what the open transaction is to hold.
    ///
    /// # Errors
    /// When something cannot be written down.
    fn seal(&mut self) -> Result<Batch, StageError>;

    /// The sealed batch is in the log.
    fn landed(&mut self);

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
        matches!(self, Self::Log(LogError::Retriable { .. } | LogError::Fatal { .. }))
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
    /// How a transaction ended in this round, where one did.
    pub ended: Option<Ended>,
}

/// A transaction that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
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
            opened: None,
            wall,
        }
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
        let mut turn = Turn::default();
        for event in events {
            turn.applied += self.take(event)?;
        }
        self.mark_silence();
        if self.is_due() {
            turn.ended = self.commit()?;
        }
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
        let commit = self.log.commit(outputs, progress)?;
        match commit {
            Commit::Landed => self.stage.landed(),
            Commit::Aborted => self.restore_all()?,
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

    fn take(&mut self, event: Event) -> Result<usize, StageError> {
        match event {
            Event::Assigned(sources) => self.own(sources)?,
            Event::Revoked(sources) => {
                fault::reach(Point::Revoking, self.records);
                // what is open is still ours to commit
                self.commit()?;
                self.disown(&sources);
                self.log.release(&sources)?;
            }
            Event::Lost(sources) => {
                // what is open may hold their records: it must not be committed
                self.disown(&sources);
                self.log.release(&sources)?;
                self.restore_all()?;
            }
            Event::End(source, next) => {
                self.ends.retain(|(known, _, _)| *known != source);
                self.ends.push((source, next, Instant::now()));
            }
            Event::Record(record) => return self.apply(record),
        }
        Ok(0)
    }

    fn apply(&mut self, record: Record) -> Result<usize, StageError> {
        if !self.assigned.contains(&record.source) {
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
            self.stage.forget(source);
        }
    }

    fn restore_all(&mut self) -> Result<(), StageError> {
        self.opened = None;
        self.records = 0;
        self.bytes = 0;
        self.arrived_ms.clear();
        self.ends.clear();
        self.stage.rollback();
        let assigned = self.assigned.clone();
        for source in &assigned {
            self.stage.forget(source);
        }
        if fault::is_planted(Bug::NoRewind) {
            let committed = self.log.committed(&assigned)?;
            for (source, committed) in assigned.iter().zip(committed) {
                self.stage.restore(&mut self.log, source, committed.as_ref())?;
            }
            return Ok(());
        }
        self.restore(&assigned)
    }

    fn restore(&mut self, sources: &[TopicPartition]) -> Result<(), StageError> {
        let committed = self.log.committed(sources)?;
        for (source, committed) in sources.iter().zip(committed) {
            let next = self.stage.restore(&mut self.log, source, committed.as_ref())?;
            fault::reach(Point::Restoring, 0);
            self.log.start(source, next)?;
        }
        Ok(())
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
