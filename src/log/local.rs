//! The log in this process's memory: fixed partitions, atomic batch append, committed progress per group.
//!
//! First class, not a mock: demo, replay, pack tests and the property tests run on it with the code that runs on Kafka.
//! Membership is given, not negotiated: each worker is told its partitions once.

use super::{Append, Bounds, Commit, Committed, Event, Log, LogError, Output, Place, Progress, Record};
use super::{Headers, Settled, TopicPartition, partition_for};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
struct Partition {
    /// Offset of the first record that is still kept.
    low: i64,
    records: VecDeque<Record>,
}

impl Partition {
    fn high(&self) -> i64 {
        self.low + i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }

    fn get(&self, offset: i64) -> Option<&Record> {
        self.records.get(usize::try_from(offset.checked_sub(self.low)?).ok()?)
    }
}

#[derive(Debug, Default)]
struct Inner {
    topics: BTreeMap<Arc<str>, Vec<Partition>>,
    groups: BTreeMap<(String, TopicPartition), Committed>,
}

/// All topics of one process; clones share them.
#[derive(Debug, Clone, Default)]
pub struct LocalCluster {
    inner: Arc<Mutex<Inner>>,
}

impl LocalCluster {
    /// Makes a topic; one that is there stays as it is.
    pub fn create(&self, topic: &str, partitions: i32) {
        let count = usize::try_from(partitions.max(1)).unwrap_or(1);
        self.lock()
            .topics
            .entry(topic.into())
            .or_insert_with(|| std::iter::repeat_with(Partition::default).take(count).collect());
    }

    /// Adds partitions to a topic until it has so many.
    pub fn grow(&self, topic: &str, partitions: i32) {
        if let Some(all) = self.lock().topics.get_mut(topic) {
            let count = usize::try_from(partitions).unwrap_or(0).max(all.len());
            all.resize_with(count, Partition::default);
        }
    }

    /// Appends records from outside, all or none.
    ///
    /// # Errors
    /// When a topic is not there.
    pub fn append(&self, outputs: Vec<Output>) -> Result<(), LogError> {
        append(&mut self.lock(), outputs)
    }

    /// Takes all records of a topic out, in the order of partitions, and forgets them.
    #[must_use]
    pub fn drain(&self, topic: &str) -> Vec<Record> {
        let mut inner = self.lock();
        let partitions = inner.topics.get_mut(topic).into_iter().flatten();
        let mut drained = Vec::new();
        for partition in partitions {
            partition.low = partition.high();
            drained.extend(partition.records.drain(..));
        }
        drained
    }

    /// Forgets records that every reader has committed past.
    pub fn forget_before(&self, source: &TopicPartition, offset: i64) {
        let mut inner = self.lock();
        let index = usize::try_from(source.partition).unwrap_or(usize::MAX);
        let Some(partition) = inner.topics.get_mut(&source.topic).and_then(|all| all.get_mut(index)) else { return };
        while partition.low < offset && partition.records.pop_front().is_some() {
            partition.low += 1;
        }
    }

    /// Names of all topics.
    #[must_use]
    pub fn topics(&self) -> Vec<Arc<str>> {
        self.lock().topics.keys().cloned().collect()
    }

    /// A worker of `group` that owns `sources`.
    #[must_use]
    pub fn worker(&self, group: &str, sources: Vec<TopicPartition>) -> LocalLog {
        LocalLog {
            cluster: self.clone(),
            group: group.to_owned(),
            positions: sources.iter().map(|source| (source.clone(), None)).collect(),
            told_end: BTreeMap::new(),
            paused: BTreeSet::new(),
            news: vec![Event::Assigned(sources)],
            next_end: End::default(),
            in_doubt: false,
            meanwhile: Vec::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // a panic of another worker leaves whole batches only: each is applied after it was checked
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Append for LocalCluster {
    fn append(&mut self, outputs: Vec<Output>) -> Result<(), LogError> {
        Self::append(self, outputs)
    }
}

/// Checks every output first, then appends all: atomic under the lock.
fn append(inner: &mut Inner, outputs: Vec<Output>) -> Result<(), LogError> {
    let mut placed = Vec::with_capacity(outputs.len());
    for output in outputs {
        let no_topic = || LogError::NoTopic { topic: output.topic.to_string() };
        let count = inner.topics.get(&output.topic).ok_or_else(no_topic)?.len();
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let partition = match &output.place {
            Place::Hashed(key) => partition_for(key, count),
            Place::Exact(partition) => *partition,
        };
        if !(0..count).contains(&partition) {
            return Err(no_topic());
        }
        placed.push((partition, output));
    }
    for (partition, output) in placed {
        let Output { topic, key, value, headers, place: _ } = output;
        push(inner, TopicPartition { topic, partition }, key, value, headers);
    }
    Ok(())
}

fn push(inner: &mut Inner, to: TopicPartition, key: Option<Vec<u8>>, value: Option<Vec<u8>>, headers: Headers) {
    let index = usize::try_from(to.partition).unwrap_or(usize::MAX);
    if let Some(partition) = inner.topics.get_mut(&to.topic).and_then(|all| all.get_mut(index)) {
        let offset = partition.high();
        partition.records.push_back(Record { source: to, offset, key, value, headers, appended_at_ms: None });
    }
}

/// How a transaction is to end: a log in memory has no trouble of its own, so tests bring it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// It lands, and the worker hears so.
    #[default]
    Landed,
    /// It is aborted, and the worker hears so.
    Aborted,
    /// It lands, and the worker has to ask.
    InDoubtLanded,
    /// It is aborted, and the worker has to ask.
    InDoubtAborted,
}

/// One worker's view of a [`LocalCluster`].
#[derive(Debug)]
pub struct LocalLog {
    cluster: LocalCluster,
    group: String,
    positions: BTreeMap<TopicPartition, Option<i64>>,
    told_end: BTreeMap<TopicPartition, i64>,
    paused: BTreeSet<TopicPartition>,
    news: Vec<Event>,
    next_end: End,
    in_doubt: bool,
    /// What others commit before the next transaction in doubt is settled.
    meanwhile: Vec<Progress>,
}

impl LocalLog {
    /// Ends this worker's next transaction in this way.
    pub fn end_next(&mut self, end: End) {
        self.next_end = end;
    }

    /// Somebody else of the group commits this after this worker's next transaction in doubt, before it can ask.
    pub fn interfere(&mut self, progress: Vec<Progress>) {
        self.meanwhile = progress;
    }

    /// The partitions it owns.
    #[must_use]
    pub fn sources(&self) -> Vec<TopicPartition> {
        self.positions.keys().cloned().collect()
    }

    fn move_on(&self, inner: &mut Inner, progress: Vec<Progress>) {
        for Progress { source, next, metadata } in progress {
            inner.groups.insert((self.group.clone(), source), Committed { next, metadata });
        }
    }
}

impl Log for LocalLog {
    fn poll(&mut self, max_records: usize, _timeout: Duration) -> Result<Vec<Event>, LogError> {
        if !self.news.is_empty() {
            return Ok(std::mem::take(&mut self.news));
        }
        let inner = self.cluster.lock();
        let (mut events, mut records) = (Vec::new(), 0);
        for (source, position) in &mut self.positions {
            let Some(next) = position.as_mut().filter(|_| !self.paused.contains(source)) else { continue };
            let index = usize::try_from(source.partition).unwrap_or(usize::MAX);
            let Some(partition) = inner.topics.get(&source.topic).and_then(|all| all.get(index)) else { continue };
            *next = (*next).max(partition.low);
            // ends take no room, or a worker of many partitions could come back with nothing while there is more
            while records < max_records
                && let Some(record) = partition.get(*next)
            {
                events.push(Event::Record(record.clone()));
                *next += 1;
                records += 1;
            }
            if *next >= partition.high() && self.told_end.get(source) != Some(next) {
                self.told_end.insert(source.clone(), *next);
                events.push(Event::End(source.clone(), *next));
            }
        }
        Ok(events)
    }

    fn committed(&mut self, sources: &[TopicPartition]) -> Result<Vec<Option<Committed>>, LogError> {
        let inner = self.cluster.lock();
        let find = |source: &TopicPartition| inner.groups.get(&(self.group.clone(), source.clone())).cloned();
        Ok(sources.iter().map(find).collect())
    }

    fn start(&mut self, source: &TopicPartition, next: i64) -> Result<(), LogError> {
        self.positions.insert(source.clone(), Some(next));
        self.told_end.remove(source);
        self.paused.remove(source);
        Ok(())
    }

    fn pause(&mut self, sources: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        self.paused.clone_from(sources);
        Ok(())
    }

    fn release(&mut self, sources: &[TopicPartition]) -> Result<(), LogError> {
        for source in sources {
            self.positions.remove(source);
        }
        Ok(())
    }

    fn bounds(&mut self, source: &TopicPartition) -> Result<Bounds, LogError> {
        let inner = self.cluster.lock();
        let index = usize::try_from(source.partition).unwrap_or(usize::MAX);
        inner
            .topics
            .get(&source.topic)
            .and_then(|all| all.get(index))
            .map(|partition| Bounds { low: partition.low, high: partition.high() })
            .ok_or_else(|| LogError::NoTopic { topic: source.topic.to_string() })
    }

    fn read(
        &mut self,
        source: &TopicPartition,
        from: i64,
        to: i64,
        each: &mut dyn FnMut(Record),
    ) -> Result<(), LogError> {
        let bounds = self.bounds(source)?;
        let index = usize::try_from(source.partition).unwrap_or(usize::MAX);
        for offset in from.max(bounds.low)..to.min(bounds.high) {
            let inner = self.cluster.lock();
            let partition = inner.topics.get(&source.topic).and_then(|all| all.get(index));
            let record = partition.and_then(|partition| partition.get(offset)).cloned();
            drop(inner);
            record.into_iter().for_each(&mut *each);
        }
        Ok(())
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        let inner = self.cluster.lock();
        let count = inner.topics.get(topic).map(Vec::len);
        count.and_then(|count| i32::try_from(count).ok()).ok_or_else(|| LogError::NoTopic { topic: topic.to_owned() })
    }

    fn commit(&mut self, outputs: Vec<Output>, progress: Vec<Progress>) -> Result<Commit, LogError> {
        if self.in_doubt {
            let cause = "the transaction before is not settled".to_owned();
            return Err(LogError::Fatal { doing: "committing", cause });
        }
        let end = std::mem::take(&mut self.next_end);
        self.in_doubt = matches!(end, End::InDoubtLanded | End::InDoubtAborted);
        if matches!(end, End::Landed | End::InDoubtLanded) {
            let mut inner = self.cluster.lock();
            append(&mut inner, outputs)?;
            self.move_on(&mut inner, progress);
        }
        Ok(match end {
            End::Landed => Commit::Landed,
            End::Aborted => Commit::Aborted,
            End::InDoubtLanded | End::InDoubtAborted => Commit::Ambiguous,
        })
    }

    fn settle(&mut self, ours: &[Progress]) -> Result<Vec<Settled>, LogError> {
        self.in_doubt = false;
        let meanwhile = std::mem::take(&mut self.meanwhile);
        let mut inner = self.cluster.lock();
        self.move_on(&mut inner, meanwhile);
        let settled = |ours: &Progress| match self.positions.contains_key(&ours.source) {
            true => Settled::At(inner.groups.get(&(self.group.clone(), ours.source.clone())).cloned()),
            false => Settled::Gone,
        };
        Ok(ours.iter().map(settled).collect())
    }
}
