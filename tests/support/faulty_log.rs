//! The local log as a worker on a bad day sees it: partitions are moved from and to it, commits are aborted, and some
//! end without the worker being told how. It must never lose or change a record.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use groundswell::log::local::{End, LocalCluster, LocalLog};
use groundswell::log::{
    Bounds, Commit, Committed, Event, Log, LogError, Output, Progress, Record, Settled, TopicPartition,
};

use super::synthetic::{Dice, START};

/// What happens to a worker from outside, and what has happened to its commits.
#[derive(Debug, Default)]
pub struct Wire {
    /// Told to the worker before anything else.
    pub news: VecDeque<Event>,
    /// Commits that were aborted.
    pub aborted: u32,
    /// Commits of which the worker did not learn how they ended: in the log, not in the log. It dies of some, and asks
    /// about the others.
    pub unknown: [u32; 2],
}

/// How often commits go wrong: one in so many; 0 is never.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    pub aborted: u64,
    pub unknown: u64,
}

/// A [`LocalLog`] with faults.
#[derive(Debug)]
pub struct FaultyLog {
    inner: LocalLog,
    wire: Arc<Mutex<Wire>>,
    dice: Dice,
    odds: Odds,
    /// What the broker's clock says of every record, ms.
    arrives_ms: i64,
}

impl FaultyLog {
    /// A worker of `group` that owns nothing until it is told so; its log's clock is off by `off_seconds`.
    pub fn new(cluster: &LocalCluster, group: &str, mut dice: Dice, odds: Odds, wire: Arc<Mutex<Wire>>) -> Self {
        let off_seconds = i64::try_from(dice.roll(40_000)).unwrap() - 20_000;
        let inner = cluster.worker(group, Vec::new());
        Self { inner, wire, dice, odds, arrives_ms: (START + off_seconds) * 1_000 }
    }
}

impl FaultyLog {
    /// How the next transaction ends, counted.
    fn end(&mut self) -> End {
        let mut wire = self.wire.lock().unwrap();
        if hit(&mut self.dice, self.odds.aborted) {
            wire.aborted += 1;
            return End::Aborted;
        }
        if !hit(&mut self.dice, self.odds.unknown) {
            return End::Landed;
        }
        let lands = self.dice.once_in(2);
        wire.unknown[usize::from(!lands)] += 1;
        if lands { End::InDoubtLanded } else { End::InDoubtAborted }
    }
}

fn hit(dice: &mut Dice, one_in: u64) -> bool {
    one_in > 0 && dice.once_in(one_in)
}

impl Log for FaultyLog {
    fn poll(&mut self, max_records: usize, timeout: Duration) -> Result<Vec<Event>, LogError> {
        let news: Vec<Event> = self.wire.lock().unwrap().news.drain(..).collect();
        if !news.is_empty() {
            return Ok(news);
        }
        let mut events = self.inner.poll(max_records, timeout)?;
        for event in &mut events {
            if let Event::Record(record) = event {
                self.arrives_ms += 1;
                record.appended_at_ms = Some(self.arrives_ms);
            }
        }
        Ok(events)
    }

    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        self.inner.committed(sources)
    }

    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.inner.start(source, next)
    }

    fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        self.inner.pause(sources)
    }

    fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        self.inner.release(sources)
    }

    fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError> {
        self.inner.bounds(source)
    }

    fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError> {
        self.inner.read(source, from, to, each)
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        self.inner.partitions(topic)
    }

    fn commit(&mut self, outputs: Vec<Output>, progress: Vec<Progress>) -> Result<Commit, LogError> {
        let end = self.end();
        self.inner.end_next(end);
        let commit = self.inner.commit(outputs, progress)?;
        if commit == Commit::Ambiguous && self.dice.once_in(2) {
            return Err(LogError::Fatal { doing: "ending a transaction", cause: "nobody answered".to_owned() });
        }
        Ok(commit)
    }

    fn settle(&mut self, ours: &[Progress]) -> Result<Vec<Settled>, LogError> {
        self.inner.settle(ours)
    }
}
