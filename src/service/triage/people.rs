//! What a triage worker tells of cases and of what people say: kept over the transaction, told before the clocks.

use super::TriageStage;
use crate::case::{CaseItem, Said};
use crate::detect::Bucket;
use crate::log::{Record, TopicPartition};
use crate::wire::{self, WireError};
use std::collections::BTreeMap;

/// What the open transaction is to tell.
#[derive(Debug, Default)]
pub(super) struct Open {
    items: BTreeMap<(i32, Bucket), Vec<CaseItem>>,
    said: BTreeMap<Bucket, Vec<Said>>,
    threads: BTreeMap<Bucket, BTreeMap<u64, u64>>,
}

impl Open {
    /// A routed item; none where it was not routed.
    pub(super) fn arrive(&mut self, log: Bucket, item: Option<CaseItem>, signals_partitions: i32) {
        if let Some(item) = item {
            let partition = wire::case_partition(&item, signals_partitions);
            self.items.entry((partition, log)).or_default().push(item);
        }
    }

    /// A post that lengthens a thread of somebody else's; none where it does not.
    pub(super) fn lengthen(&mut self, log: Bucket, thread: Option<u64>) {
        if let Some(thread) = thread {
            *self.threads.entry(log).or_default().entry(thread).or_default() += 1;
        }
    }
}

impl TriageStage {
    /// Where what cannot be read of a partition is refused.
    #[must_use]
    pub fn stage_of(&self, source: &TopicPartition) -> &'static str {
        self.settings.topics.stage(&source.topic)
    }

    /// A record of feedback: said once, or a dead letter.
    pub(super) fn hear_people(&mut self, record: &Record) {
        let Some(owned) = self.owned.get_mut(&record.source) else { return };
        match owned.context.hear_people(record.value.as_deref().unwrap_or_default()) {
            Ok(Some(said)) => {
                self.open.said.push(said.kind);
                self.people.said.entry(owned.context.bucket_of(&said)).or_default().push(said);
            }
            Ok(None) => {}
            Err(reject) => {
                self.outputs.push(wire::dead_letter(&self.settings.topics, record, &reject));
                self.open.dead.push((reject.reason.as_str(), record.source.clone(), record.offset));
            }
        }
    }

    /// Items to the part of watch that keeps their cases; what people say, and how threads grow, to all of them: whoever
    /// does not know what it is about ignores it, people say little, and of threads only counts are told.
    pub(super) fn seal_people(&mut self) -> Result<(), WireError> {
        let Open { items, said, threads } = std::mem::take(&mut self.people);
        let topics = &self.settings.topics;
        for ((partition, log), mut items) in items {
            items.sort_unstable();
            self.outputs.push(wire::items_record(topics, partition, log, items)?);
        }
        for (log, mut said) in said {
            said.sort_unstable();
            for partition in 0..self.settings.signals_partitions {
                self.outputs.push(wire::feedback_record(topics, partition, log, said.clone())?);
            }
        }
        for (log, posts) in threads {
            let posts: Vec<(u64, u64)> = posts.into_iter().collect();
            for partition in 0..self.settings.signals_partitions {
                self.outputs.push(wire::threads_record(topics, partition, log, posts.clone())?);
            }
        }
        Ok(())
    }
}
