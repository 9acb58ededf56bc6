//! Which partitions are ours, and which of them deliver.
//!
//! A partition is *assigned* until the worker says where it starts, then it is *started*; revoked or restarting, it
//! is silent again. Records that were fetched for an earlier life of a partition must never come out of here.

use std::sync::Arc;

use crate::log::TopicPartition;

/// One partition of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    partition: i32,
    /// The client has it: it was started once since it was assigned.
    fetched: bool,
    /// It delivers.
    started: bool,
    /// Where it was started last.
    from: i64,
    /// Offset that the next record has at least.
    next: i64,
    /// The end last told, −1 when none was since the start.
    told_end: i64,
}

/// The partitions of one topic.
#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    slots: Vec<Slot>,
}

/// The partitions of this worker. A worker has a handful of topics: lookups scan.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    topics: Vec<Topic>,
}

impl Assignment {
    /// Takes a partition in, silent.
    pub(super) fn add(&mut self, source: &TopicPartition) {
        self.remove(source);
        let slot = Slot { partition: source.partition, fetched: false, started: false, from: 0, next: 0, told_end: -1 };
        match self.topics.iter_mut().find(|topic| topic.name == source.topic) {
            Some(topic) => topic.slots.push(slot),
            None => self.topics.push(Topic { name: Arc::clone(&source.topic), slots: vec![slot] }),
        }
    }

    /// Forgets a partition.
    pub(super) fn remove(&mut self, source: &TopicPartition) {
        if let Some(topic) = self.topics.iter_mut().find(|topic| topic.name == source.topic) {
            topic.slots.retain(|slot| slot.partition != source.partition);
        }
    }

    /// Silences a partition that is still ours.
    pub(super) fn silence(&mut self, source: &TopicPartition) {
        if let Some(slot) = self.slot(&source.topic, source.partition) {
            slot.started = false;
        }
    }

    /// Whether a partition is ours, started or not.
    pub(super) fn owns(&self, source: &TopicPartition) -> bool {
        self.find(source).is_some()
    }

    /// Whether the client has been given this partition.
    pub(super) fn is_fetched(&self, source: &TopicPartition) -> bool {
        self.find(source).is_some_and(|slot| slot.fetched)
    }

    /// Whether a partition delivers.
    pub(super) fn is_started(&self, source: &TopicPartition) -> bool {
        self.find(source).is_some_and(|slot| slot.started)
    }

    /// Whether a partition was started at this offset and has told nothing since, neither a record nor its end: starting
    /// it again is done.
    pub(super) fn stands_at(&self, source: &TopicPartition, next: i64) -> bool {
        let stands = |slot: &Slot| slot.started && slot.from == next && slot.next == next && slot.told_end < 0;
        self.find(source).is_some_and(stands)
    }

    /// Starts a partition at an offset.
    pub(super) fn start(&mut self, source: &TopicPartition, next: i64) {
        if let Some(slot) = self.slot(&source.topic, source.partition) {
            *slot = Slot { partition: source.partition, fetched: true, started: true, from: next, next, told_end: -1 };
        }
    }

    /// The shared name of the topic if a record at this place is to be delivered; it is then behind us.
    pub(super) fn admit(&mut self, topic: &str, partition: i32, offset: i64) -> Option<Arc<str>> {
        let entry = self.topics.iter_mut().find(|entry| &*entry.name == topic)?;
        let slot = entry.slots.iter_mut().find(|slot| slot.partition == partition)?;
        if !slot.started || offset < slot.next {
            return None;
        }
        slot.next = offset + 1;
        Some(Arc::clone(&entry.name))
    }

    /// Partitions of this number that could be the one whose end was met: started, and past the end last told.
    /// The client names the number only. `position` is how far the client is, by topic name, if it knows.
    pub(super) fn ends(
        &mut self,
        partition: i32,
        position: impl Fn(&str) -> Option<i64>,
    ) -> Vec<(TopicPartition, i64)> {
        let mut ends = Vec::new();
        for topic in &mut self.topics {
            for slot in topic.slots.iter_mut().filter(|slot| slot.partition == partition && slot.started) {
                // control records move the client's position past the last record
                slot.next = slot.next.max(position(&topic.name).unwrap_or(slot.next));
                if slot.next > slot.told_end {
                    ends.push((TopicPartition::new(Arc::clone(&topic.name), partition), slot.next));
                }
            }
        }
        ends
    }

    /// How many topics have a partition of this number here.
    pub(super) fn sharing(&self, partition: i32) -> usize {
        self.topics.iter().filter(|topic| topic.slots.iter().any(|slot| slot.partition == partition)).count()
    }

    /// Remembers an end as told.
    pub(super) fn tell_end(&mut self, source: &TopicPartition, offset: i64) {
        if let Some(slot) = self.slot(&source.topic, source.partition) {
            slot.told_end = offset;
        }
    }

    fn find(&self, source: &TopicPartition) -> Option<&Slot> {
        let topic = self.topics.iter().find(|topic| topic.name == source.topic)?;
        topic.slots.iter().find(|slot| slot.partition == source.partition)
    }

    fn slot(&mut self, topic: &str, partition: i32) -> Option<&mut Slot> {
        let topic = self.topics.iter_mut().find(|entry| &*entry.name == topic)?;
        topic.slots.iter_mut().find(|slot| slot.partition == partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition::new(topic, partition)
    }

    #[test]
    fn nothing_is_delivered_before_the_start_or_from_before_it() {
        let mut ours = Assignment::default();
        ours.add(&place("a", 0));
        assert!(ours.admit("a", 0, 5).is_none(), "not started");
        ours.start(&place("a", 0), 5);
        assert!(ours.stands_at(&place("a", 0), 5) && !ours.stands_at(&place("a", 0), 4));
        assert!(ours.admit("a", 0, 4).is_none(), "from before the start");
        assert!(ours.admit("a", 0, 5).is_some());
        assert!(ours.is_fetched(&place("a", 0)) && !ours.stands_at(&place("a", 0), 5), "it has delivered");
        assert!(ours.admit("a", 0, 5).is_none(), "twice");
        assert!(ours.admit("a", 0, 9).is_some(), "a gap is left by control records and compaction");
        assert!(ours.admit("a", 1, 9).is_none() && ours.admit("b", 0, 9).is_none(), "not ours");
        ours.silence(&place("a", 0));
        assert!(ours.owns(&place("a", 0)) && ours.admit("a", 0, 10).is_none(), "revoked");
        ours.start(&place("a", 0), 2);
        assert!(ours.admit("a", 0, 2).is_some(), "started again, further back");
        ours.remove(&place("a", 0));
        assert!(!ours.owns(&place("a", 0)) && ours.admit("a", 0, 3).is_none(), "gone");
    }

    #[test]
    fn an_end_is_told_once_and_again_after_progress() {
        let mut ours = Assignment::default();
        for topic in ["a", "b"] {
            ours.add(&place(topic, 0));
            ours.start(&place(topic, 0), 0);
        }
        assert_eq!(ours.sharing(0), 2);
        let both = ours.ends(0, |topic| (topic == "a").then_some(7));
        assert_eq!(both, [(place("a", 0), 7), (place("b", 0), 0)]);
        ours.tell_end(&place("a", 0), 7);
        ours.tell_end(&place("b", 0), 0);
        assert!(!ours.stands_at(&place("b", 0), 0), "who starts it again waits for its end");
        ours.start(&place("b", 0), 0);
        assert!(ours.stands_at(&place("b", 0), 0));
        assert_eq!(ours.ends(0, |_| None), [(place("b", 0), 0)]);
        assert!(ours.admit("a", 0, 7).is_some());
        assert_eq!(ours.ends(0, |_| None), [(place("a", 0), 8), (place("b", 0), 0)]);
    }
}
