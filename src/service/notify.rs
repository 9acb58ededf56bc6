//! Notify as a stage: tells people of each alert event, then commits that it was told.
//!
//! At least once: a crash between telling and committing tells again, under the same idempotency key.

use super::worker::{Batch, Silence, Stage, StageError};
use crate::alert::AlertEvent;
use crate::log::{Committed, Log, Progress, Record, TopicPartition};
use crate::notify::{Delivery, Notifier};
use std::collections::BTreeMap;
use tracing::warn;

/// The state of the notify worker: only how far it is.
pub struct NotifyStage {
    notifier: Notifier,
    next: BTreeMap<TopicPartition, i64>,
    moved: BTreeMap<TopicPartition, i64>,
    stopped: bool,
}

impl NotifyStage {
    /// A worker that tells through `notifier`.
    #[must_use]
    pub fn new(notifier: Notifier) -> Self {
        Self { notifier, next: BTreeMap::new(), moved: BTreeMap::new(), stopped: false }
    }
}

impl NotifyStage {
    /// The owned partitions, and the offset of the next event of each.
    #[must_use]
    pub fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.next.iter().map(|(source, next)| (source.clone(), *next)).collect()
    }
}

impl Stage for NotifyStage {
    fn restore(
        &mut self,
        log: &mut dyn Log,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        // a new group starts at the end of history: nobody wants to be woken for last month's alerts
        let next = match committed {
            Some(committed) => committed.next,
            None => log.bounds(source)?.high,
        };
        self.next.insert(source.clone(), next);
        if committed.is_none() {
            self.moved.insert(source.clone(), next);
        }
        Ok(next)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.next.remove(source);
        self.moved.remove(source);
    }

    fn rollback(&mut self) {
        self.moved.clear();
    }

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        if self.stopped {
            return Ok(());
        }
        match serde_json::from_slice::<AlertEvent>(record.value.as_deref().unwrap_or_default()) {
            Ok(event) => self.stopped = self.notifier.deliver(&event) == Delivery::Stopped,
            // a newer release may write what this one does not know; it is not ours to lose sleep over
            Err(_) => warn!(source = %record.source, offset = record.offset, "not an alert event of this release"),
        }
        if !self.stopped {
            self.next.insert(record.source.clone(), record.offset + 1);
            self.moved.insert(record.source, record.offset + 1);
        }
        Ok(())
    }

    fn at_end(&mut self, _source: &TopicPartition, _next: i64, _silence: Silence) {}

    fn is_open(&self) -> bool {
        !self.moved.is_empty()
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        let moved = std::mem::take(&mut self.moved);
        let progress = |(source, next)| Progress { source, next, metadata: String::new() };
        Ok(Batch { outputs: Vec::new(), progress: moved.into_iter().map(progress).collect() })
    }

    fn landed(&mut self) {}
}
