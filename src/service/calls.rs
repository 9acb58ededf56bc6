//! When watch records wall time by itself: somebody is to be called, and log time stands still.
//!
//! Log time moves with the records and ticks of triage. Where it does not, because every source is silent and triage
//! gone, or one partition is stuck, the clocks of people must run all the same. A tick goes into the signals partition
//! whose clock is due, in a transaction of its own; what counts is that record, so a restart, a restore and a replay of
//! the signals call nobody twice.
//!
//! Why wall time may be read here: as in `patience`, it decides only what is recorded. While watch catches up its log time
//! moves, and nobody is called for what the next records may say.

use crate::detect::Bucket;
use crate::log::TopicPartition;
use crate::mention::Timestamp;
use crate::pipeline::WatchState;
use std::collections::BTreeMap;
use std::time::Duration;

/// A tick that had no effect for so long is recorded again, and two are never closer: ten seconds.
const AGAIN_AFTER_MICROS: i64 = 10 * 1_000_000;

/// What is known of the log time of each partition, and the ticks to be recorded.
#[derive(Debug)]
pub struct Calls {
    stands_for: Duration,
    stood: BTreeMap<TopicPartition, (Option<Bucket>, Timestamp)>,
    ticked: BTreeMap<TopicPartition, Timestamp>,
    ticks: Vec<(TopicPartition, Timestamp)>,
}

impl Calls {
    /// Log time that does not move for so long stands still.
    #[must_use]
    pub fn new(stands_for: Duration) -> Self {
        Self { stands_for, stood: BTreeMap::new(), ticked: BTreeMap::new(), ticks: Vec::new() }
    }

    /// Looks at a partition of which everything is read; `now` is wall time. True when a tick is to be recorded.
    pub fn look(&mut self, source: &TopicPartition, state: &WatchState, now: Timestamp) -> bool {
        let stands_at = state.stands_at();
        let (known, since) = self.stood.entry(source.clone()).or_insert((stands_at, now));
        if *known != stands_at || now < *since {
            (*known, *since) = (stands_at, now);
        }
        let stood = Duration::from_micros(u64::try_from(now.as_micros() - since.as_micros()).unwrap_or(0));
        let recently = self
            .ticked
            .get(source)
            .is_some_and(|at| (0..AGAIN_AFTER_MICROS).contains(&now.as_micros().saturating_sub(at.as_micros())));
        if stood < self.stands_for || recently || state.next_call().is_none_or(|due| due > now) {
            return false;
        }
        self.ticked.insert(source.clone(), now);
        self.ticks.push((source.clone(), now));
        true
    }

    /// The ticks to be recorded, once.
    pub fn take(&mut self) -> Vec<(TopicPartition, Timestamp)> {
        std::mem::take(&mut self.ticks)
    }

    /// The partition is somebody else's, or is about to be restored.
    pub fn forget(&mut self, source: &TopicPartition) {
        self.stood.remove(source);
        self.ticked.remove(source);
        self.ticks.retain(|(of, _)| of != source);
    }
}
