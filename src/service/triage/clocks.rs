//! Clocks of a triage worker's partitions: what is told of them, who the members are, ticks, and who rests.
//!
//! A partition whose clock is more than five minutes ahead of the slowest that this worker has yet to read rests:
//! what waits for a bucket in watch stays bounded by that and one transaction. One that is at its end, or of which
//! nothing has come for a while, is not waited for. Why only this worker's: it hears of no other without reading
//! signals; what other workers' partitions run ahead waits in watch.
//!
//! It must never let what rests, or for how long, change a decision.

use super::{Owned, TriageStage};
use crate::detect::Bucket;
use crate::log::{Log, TopicPartition};
use crate::mention::Timestamp;
use crate::pipeline::SourceClock;
use crate::wire::{self, WireError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Log time, µs, that a partition may be ahead of the slowest one. Half of it, to go on.
const AHEAD_MICROS_MAX: i64 = 5 * 60 * 1_000_000;
/// A partition that is not at its end and brings nothing for so long is out of reach: nobody rests for it.
const OUT_OF_REACH: Duration = Duration::from_secs(60);
/// Members are stated again when the clock enters another stretch of so many buckets: ten minutes.
const RESTATE_BUCKETS: i64 = 60;

/// What is known to be stated: members, and in which stretch of log time.
pub(super) type Stated = (Vec<TopicPartition>, i64);

impl TriageStage {
    /// The clocks to tell: all of this worker's, when one of them entered a new bucket, gained a clock or ended.
    pub(super) fn clocks(&mut self) -> Option<Vec<SourceClock>> {
        let mut clocks = Vec::with_capacity(self.owned.len());
        let mut news = false;
        for (source, owned) in &mut self.owned {
            let clock = &owned.context.clock;
            let now = SourceClock {
                source: self.settings.topics.member(source),
                reached: clock.reached().map(Bucket::of),
                since: clock.since().map(Bucket::of),
                ended: clock.is_ended(),
            };
            news |= owned.told.as_ref() != Some(&now);
            owned.told = Some(now.clone());
            clocks.push(now);
        }
        news.then_some(clocks)
    }

    /// What the clocks left behind, before it is told how far they are: who has passed a bucket has told all of it.
    pub(super) fn seal_heard(&mut self) -> Result<(), WireError> {
        for (source, owned) in &mut self.owned {
            let platform = self.settings.topics.platform(&source.topic);
            self.heard.extend(platform.zip(owned.context.leave_bucket()).map(super::heard_of));
        }
        let heard = std::mem::take(&mut self.heard);
        let partitions = if heard.is_empty() { 0 } else { self.settings.signals_partitions };
        for partition in 0..partitions {
            self.outputs.push(wire::heard_record(&self.settings.topics, partition, heard.clone())?);
        }
        Ok(())
    }

    /// States the members where this worker is the one to do it and they are news, or were not stated for a while.
    pub(super) fn seal_members(&mut self) -> Result<(), WireError> {
        self.stating = None;
        // of the raw ones: what nobody says anything in may never be touched
        let says = |member: &&TopicPartition| member.topic == self.settings.topics.feedback;
        let Some(smallest) = self.settings.members.iter().filter(|member| !says(member)).min() else { return Ok(()) };
        let Some(owned) = self.owned.get(smallest).filter(|owned| owned.touched) else { return Ok(()) };
        // no earlier than what this clock was told to have reached: nobody can have closed it
        let at = owned.context.clock.reached().map_or(Bucket::FIRST, Bucket::of);
        let stretch = at.0.div_euclid(RESTATE_BUCKETS);
        if self.stated.as_ref().is_some_and(|(members, since)| *since == stretch && *members == self.settings.members) {
            return Ok(());
        }
        let names: Vec<String> =
            self.settings.members.iter().map(|member| self.settings.topics.member(member)).collect();
        for partition in 0..self.settings.signals_partitions {
            self.outputs.push(wire::members_record(&self.settings.topics, partition, at, names.clone())?);
        }
        self.stating = Some((self.settings.members.clone(), stretch));
        Ok(())
    }

    /// Applies the ticks that another run recorded before this offset.
    pub(super) fn apply_recorded_ticks(&mut self, source: &TopicPartition, offset: i64) -> Result<(), WireError> {
        let Some(recorded) = self.ticks.get_mut(source) else { return Ok(()) };
        let later = recorded.split_off(&offset.saturating_add(1));
        for (before, times) in std::mem::replace(recorded, later) {
            for at in times {
                self.tick(source, before, at)?;
            }
        }
        Ok(())
    }

    /// A tick: recorded in the transaction that applies it.
    pub(super) fn tick(&mut self, source: &TopicPartition, before: i64, at: Timestamp) -> Result<(), WireError> {
        let Some(owned) = self.owned.get_mut(source) else { return Ok(()) };
        owned.touch();
        owned.context.clock.tick(at);
        self.outputs.push(wire::tick_record(&self.settings.topics, source, before, at)?);
        Ok(())
    }

    /// Partitions that were added to the raw topics become members; they are stated with the next statement.
    pub(super) fn follow_topics(&mut self, log: &mut dyn Log) {
        let mut known: BTreeMap<&Arc<str>, i32> = BTreeMap::new();
        for member in &self.settings.members {
            *known.entry(&member.topic).or_default() += 1;
        }
        let mut grown = Vec::new();
        for (topic, known) in known {
            // a log that cannot say is asked again
            let count = log.partitions(topic).unwrap_or(0);
            grown.extend((known..count).map(|partition| TopicPartition::new(Arc::clone(topic), partition)));
        }
        self.settings.members.extend(grown);
    }

    /// The partitions that are too far ahead of the slowest one that is still to be read. One without a clock is the
    /// slowest: three records or its end give it one.
    pub(super) fn ahead(&self) -> BTreeSet<TopicPartition> {
        let reached = |owned: &Owned| owned.context.clock.reached().map(Timestamp::as_micros);
        let is_waited_for = |source: &TopicPartition, owned: &Owned| {
            !owned.at_end && (self.resting.contains(source) || owned.heard.elapsed() < OUT_OF_REACH)
        };
        let waited_for = self.owned.iter().filter(|(source, owned)| is_waited_for(source, owned));
        let Some(slowest) = waited_for.map(|(_, owned)| reached(owned).unwrap_or(i64::MIN)).min() else {
            return BTreeSet::new();
        };
        let is_ahead = |source: &TopicPartition, owned: &Owned| {
            let most = if self.resting.contains(source) { AHEAD_MICROS_MAX / 2 } else { AHEAD_MICROS_MAX };
            // one at its end has nothing to read, and may tick
            !owned.at_end && reached(owned).is_some_and(|reached| reached > slowest.saturating_add(most))
        };
        let ahead = self.owned.iter().filter(|(source, owned)| is_ahead(source, owned));
        ahead.map(|(source, _)| source.clone()).collect()
    }
}
