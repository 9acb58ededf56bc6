//! Triage as a stage: carries raw records to [`triage`] and what it decides to the log.
//!
//! Partial aggregates are merged over the transaction; clocks are told after them, when one entered a new bucket.
//! Before them, the worker that owns the smallest raw partition states which partitions there are: in transactions
//! that move that partition, so that all statements are in one order (see `pipeline::Members`).

mod clocks;
mod people;
mod shadows;
mod voice;

use super::worker::{Batch, Silence, Stage, StageError};
use crate::case::SaidKind;
use crate::detect::{Bucket, Partial};
use crate::fault::{Bug, is_planted};
use crate::log::{Committed, Log, Output, Progress, Record, TopicPartition};
use crate::mention::{Platform, Timestamp};
use crate::normalize::normalize;
use crate::pipeline::{
    Context, ContextBefore, Heard, Item, Memory, Outcome, Outcomes, PhoneKey, Raw, Redact, SourceClock, case_item,
    contributions, lengthened_thread, triage,
};
use crate::rules::Pack;
use crate::score::Model;
use crate::wire::{self, Topics, WireError};
use arc_swap::ArcSwap;
use shadows::Shadow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Ticks of another run, by partition and the offset that they apply before.
pub type RecordedTicks = BTreeMap<TopicPartition, BTreeMap<i64, Vec<Timestamp>>>;

/// How the clocks of partitions that are silent move on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockPolicy {
    /// A partition silent for this long gets a tick of wall time.
    Live {
        /// How long.
        tick_after: Duration,
    },
    /// Data only: silence holds watch back.
    Data,
    /// Data only, and what is in the log now is all there is: the end of a partition is the end of its input.
    UntilEnd,
}

/// What a triage worker works with.
#[derive(Debug, Clone)]
pub struct TriageSettings {
    /// Topic names.
    pub topics: Topics,
    /// Every raw partition there is, and those of feedback where it is read.
    pub members: Vec<TopicPartition>,
    /// Partitions of the signals topic.
    pub signals_partitions: i32,
    /// Records of the duplicate window.
    pub duplicate_window_records: u64,
    /// Silent partitions.
    pub clock: ClockPolicy,
    /// Topics without personal data.
    pub redact: Redact,
}

/// Committed counts of one partition, for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committing {
    /// Items by outcome since the beginning of the partition.
    pub outcomes: Outcomes,
    /// Dead letters by reason.
    pub dead_letters: BTreeMap<String, u64>,
    /// Offset of the next record.
    pub next: i64,
    /// Event time of the partition when it first had a clock.
    pub since: Option<Timestamp>,
    /// Event time reached.
    pub reached: Option<Timestamp>,
}

/// What the transactions since the last look have brought, for metrics and logs; where nobody looks, the oldest of it is
/// let go.
#[derive(Debug, Default)]
pub struct Landed {
    /// Event times of decided items.
    pub event_times: Vec<Timestamp>,
    /// Dead letters: reason, and the record's partition and offset.
    pub dead: Vec<(&'static str, TopicPartition, i64)>,
    /// What people said.
    pub said: Vec<SaidKind>,
}

/// As many items of landed transactions are kept for whoever looks.
const LANDED_MAX: usize = 100_000;

impl Landed {
    fn add(&mut self, more: &mut Self) {
        if self.event_times.len() + self.dead.len() + self.said.len() > LANDED_MAX {
            *self = Self::default();
        }
        self.event_times.append(&mut more.event_times);
        self.dead.append(&mut more.dead);
        self.said.append(&mut more.said);
    }
}

#[derive(Debug)]
struct Owned {
    context: Context,
    next: i64,
    told: Option<SourceClock>,
    touched: bool,
    /// Nothing more to read for now.
    at_end: bool,
    heard: Instant,
    before: Before,
}

/// What a partition was when the last transaction landed.
#[derive(Debug)]
struct Before {
    next: i64,
    told: Option<SourceClock>,
    /// None while the open transaction has not touched it.
    context: Option<ContextBefore>,
}

impl Owned {
    fn new(context: Context, next: i64) -> Self {
        let before = Before { next, told: None, context: None };
        Self { context, next, told: None, touched: false, at_end: false, heard: Instant::now(), before }
    }

    /// Before the first change in a transaction.
    fn touch(&mut self) {
        self.touched = true;
        if self.before.context.is_none() {
            self.before.context = Some(self.context.before());
        }
    }

    fn landed(&mut self) {
        self.before = Before { next: self.next, told: self.told.clone(), context: None };
        self.context.landed();
    }

    fn undo(&mut self) -> bool {
        (self.next, self.told, self.touched) = (self.before.next, self.before.told.clone(), false);
        self.at_end = false;
        let context = self.before.context.take();
        context.is_none_or(|before| is_planted(Bug::StateNotUndone) || self.context.undo(before))
    }
}

/// The state of one triage worker.
#[derive(Debug)]
pub struct TriageStage {
    settings: TriageSettings,
    pack: Arc<Pack>,
    model: &'static Model,
    memory: Memory,
    owned: BTreeMap<TopicPartition, Owned>,
    outputs: Vec<Output>,
    partials: BTreeMap<(String, Bucket, Bucket), Partial>,
    people: people::Open,
    voice: voice::Open,
    heard: Vec<Heard>,
    failed: Option<WireError>,
    stating: Option<clocks::Stated>,
    stated: Option<clocks::Stated>,
    follows_topics: bool,
    ticks: RecordedTicks,
    resting: BTreeSet<TopicPartition>,
    open: Landed,
    landed: Landed,
    shadow: Option<Shadow>,
    phones: PhoneKey,
}

impl TriageStage {
    /// A worker that owns nothing yet.
    #[must_use]
    pub fn new(settings: TriageSettings, pack: Arc<Pack>, model: &'static Model) -> Self {
        Self {
            settings,
            pack,
            model,
            memory: Memory::default(),
            owned: BTreeMap::new(),
            outputs: Vec::new(),
            partials: BTreeMap::new(),
            people: people::Open::default(),
            voice: voice::Open::default(),
            heard: Vec::new(),
            failed: None,
            stating: None,
            stated: None,
            follows_topics: false,
            ticks: RecordedTicks::new(),
            resting: BTreeSet::new(),
            open: Landed::default(),
            landed: Landed::default(),
            shadow: None,
            phones: PhoneKey::default(),
        }
    }

    /// Says of every item what this pack would have decided differently.
    pub fn set_shadow(&mut self, pack: Option<Arc<ArcSwap<Pack>>>) {
        self.shadow = pack.map(Shadow::new);
    }

    /// Items by the field in which the shadow differs, `none` for those it agrees with, since this was last asked.
    pub fn take_shadowed(&mut self) -> BTreeMap<&'static str, u64> {
        self.shadow.as_mut().map(Shadow::take_landed).unwrap_or_default()
    }

    /// Takes partitions that are added to a raw topic later for members too.
    #[must_use]
    pub fn following_topics(mut self) -> Self {
        self.follows_topics = true;
        self
    }

    /// Applies the ticks of another run where it applied them. For a log on which nothing aborts: each applies once.
    pub fn set_recorded_ticks(&mut self, ticks: RecordedTicks) {
        self.ticks = ticks;
    }

    /// Takes personal data out of these topics from now on.
    pub fn set_redact(&mut self, redact: Redact) {
        self.settings.redact = redact;
    }

    /// Hashes phone numbers of authors with this key; call it before there is a partition.
    pub fn set_phone_key(&mut self, key: PhoneKey) {
        self.phones = key;
    }

    /// Decides by another pack from the next transaction on; call it between transactions.
    pub fn set_pack(&mut self, pack: Arc<Pack>) {
        self.pack = pack;
    }

    /// Digest of the pack it decides by.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.pack.digest
    }

    /// What landed since this was last asked.
    pub fn take_landed(&mut self) -> Landed {
        std::mem::take(&mut self.landed)
    }

    /// The topics it reads.
    #[must_use]
    pub fn inputs(&self) -> Vec<Arc<str>> {
        let topics: BTreeSet<&Arc<str>> = self.settings.members.iter().map(|member| &member.topic).collect();
        topics.into_iter().cloned().collect()
    }

    /// Whether a partition of which this is committed was read to the end of its input.
    #[must_use]
    pub fn has_ended(&self, committed: Option<&Committed>) -> bool {
        let window = self.settings.duplicate_window_records;
        let context = committed.map(|committed| Context::decode(&committed.metadata, window));
        context.is_some_and(|context| context.is_ok_and(|context| context.clock.is_ended()))
    }

    /// Treats silent partitions by another policy from now on.
    pub fn set_clock(&mut self, clock: ClockPolicy) {
        self.settings.clock = clock;
    }

    /// Counts of every owned partition, as of the last commit when called after one.
    #[must_use]
    pub fn committed_counts(&self) -> Vec<(TopicPartition, Committing)> {
        let count = |owned: &Owned| Committing {
            outcomes: owned.context.outcomes,
            dead_letters: owned.context.dead_letters.clone(),
            next: owned.next,
            since: owned.context.clock.since(),
            reached: owned.context.clock.reached(),
        };
        self.owned.iter().map(|(source, owned)| (source.clone(), count(owned))).collect()
    }

    fn decide(&mut self, record: &Record) -> Result<(), WireError> {
        self.apply_recorded_ticks(&record.source, record.offset)?;
        let Some(owned) = self.owned.get_mut(&record.source) else { return Ok(()) };
        owned.touch();
        owned.next = record.offset + 1;
        (owned.at_end, owned.heard) = (false, Instant::now());
        if record.source.topic == self.settings.topics.feedback {
            self.hear_people(record);
            return Ok(());
        }
        let raw = Raw {
            platform: self.settings.topics.platform(&record.source.topic),
            topic: &record.source.topic,
            partition: record.source.partition,
            offset: record.offset,
            value: record.value.as_deref().unwrap_or_default(),
        };
        if is_planted(Bug::BrokerClock)
            && let Some(arrived) = record.appended_at_ms
        {
            owned.context.clock.tick(Timestamp::clamped(arrived * 1_000));
        }
        let items = triage(&raw, &mut owned.context, &self.pack, self.model, &mut self.memory);
        if let Some(shadow) = &mut self.shadow {
            let live = (&items[..], &*self.pack.digest, &self.phones);
            shadow.look(&self.settings.topics, &raw, live, self.model, &mut self.outputs)?;
        }
        self.heard.extend(raw.platform.zip(owned.context.leave_bucket()).map(heard_of));
        let is_news = |item: &Item| !matches!(item.outcome(), Outcome::DeadLetter | Outcome::Duplicate);
        if items.iter().any(is_news) {
            owned.context.hear();
        }
        let log = owned.context.clock.log_bucket();
        for item in items {
            self.write(record, log, &item)?;
        }
        Ok(())
    }

    fn write(&mut self, record: &Record, log: Bucket, item: &Item) -> Result<(), WireError> {
        let topics = &self.settings.topics;
        if let Item::DeadLetter(reject) = item {
            self.outputs.push(wire::dead_letter(topics, record, reject));
            self.open.dead.push((reject.reason.as_str(), record.source.clone(), record.offset));
        }
        let Some(decided) = item.decided() else { return Ok(()) };
        self.open.event_times.push(decided.event_at);
        let redact = self.settings.redact;
        let redacted = redact.any().then(|| decided.redacted());
        let told = |is_redacted: bool| redacted.as_ref().filter(|_| is_redacted).unwrap_or(decided);
        self.outputs.extend(wire::mention_record(topics, &self.pack, self.model.digest(), told(redact.mentions))?);
        self.outputs.extend(wire::routed_record(topics, &self.pack, told(redact.routed))?);
        for (query, contribution) in contributions(decided, &self.pack) {
            let event = Bucket::of(contribution.at).min(log);
            self.partials.entry((query, log, event)).or_default().add(&contribution);
        }
        self.voice.hear(log, decided, &self.pack);
        let item = case_item(decided, &self.pack);
        self.people.arrive(log, item, self.settings.signals_partitions);
        if self.pack.intents.counts_threads() {
            self.people.lengthen(log, lengthened_thread(decided));
        }
        Ok(())
    }

    fn seal_signals(&mut self) -> Result<(), WireError> {
        for ((query, log, event), partial) in std::mem::take(&mut self.partials) {
            self.outputs.push(wire::partial_record(&self.settings.topics, &self.pack, &query, (log, event), partial)?);
        }
        self.voice.seal(&self.settings.topics, &mut self.outputs)?;
        self.seal_people()?;
        self.seal_members()?;
        self.seal_heard()?;
        let Some(clocks) = self.clocks() else { return Ok(()) };
        for partition in 0..self.settings.signals_partitions {
            self.outputs.push(wire::clocks_record(&self.settings.topics, partition, clocks.clone())?);
        }
        Ok(())
    }

    /// Reads back as much of the partition as the duplicate window holds.
    fn recall(
        &self,
        log: &mut dyn Log,
        source: &TopicPartition,
        next: i64,
        context: &mut Context,
    ) -> Result<(), StageError> {
        let low = log.bounds(source)?.low;
        let wanted = self.settings.duplicate_window_records.min(context.clock.records());
        let mut tail: Vec<Record> = Vec::new();
        let mut reach = i64::try_from(wanted).unwrap_or(i64::MAX);
        // control records leave gaps in the offsets: reach further back until there are enough
        while (tail.len() as u64) < wanted {
            let from = next.saturating_sub(reach).max(low);
            tail.clear();
            log.read(source, from, next, &mut |record| tail.push(record))?;
            if from == low {
                break;
            }
            reach = reach.saturating_mul(2);
        }
        let skip = tail.len().saturating_sub(usize::try_from(wanted).unwrap_or(usize::MAX));
        let kept = &tail[skip..];
        let platform = self.settings.topics.platform(&source.topic);
        let says = source.topic == self.settings.topics.feedback;
        let first = context.clock.records().saturating_sub(kept.len() as u64) + 1;
        for (record, number) in kept.iter().zip(first..) {
            let value = record.value.as_deref().unwrap_or_default();
            if says {
                context.recall_said(number, value);
            } else {
                context.recall(number, &normalize(platform, value));
            }
        }
        Ok(())
    }
}

impl Stage for TriageStage {
    fn restore(
        &mut self,
        log: &mut dyn Log,
        source: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let window = self.settings.duplicate_window_records;
        let (next, mut context) = match committed {
            None => (log.bounds(source)?.low, Context::new(window)),
            Some(committed) => {
                let unreadable = |error: serde_json::Error| StageError::Unreadable {
                    source_name: source.to_string(),
                    offset: committed.next,
                    reason: format!("the context in the committed offset is not readable: {error}"),
                };
                let mut context = Context::decode(&committed.metadata, window).map_err(unreadable)?;
                self.recall(log, source, committed.next, &mut context)?;
                (committed.next, context)
            }
        };
        context.phones = self.phones.clone();
        context.landed();
        self.owned.insert(source.clone(), Owned::new(context, next));
        Ok(next)
    }

    fn forget(&mut self, source: &TopicPartition) {
        self.owned.remove(source);
        // whoever owns the smallest next states the members anew
        self.stated = None;
    }

    fn rollback(&mut self) {
        self.outputs.clear();
        self.partials.clear();
        self.people = people::Open::default();
        self.voice = voice::Open::default();
        self.heard.clear();
        self.open = Landed::default();
        self.shadow.iter_mut().for_each(Shadow::rollback);
    }

    fn apply(&mut self, record: Record) -> Result<(), StageError> {
        if let Err(error) = self.decide(&record) {
            self.failed = Some(error);
        }
        Ok(())
    }

    fn at_end(&mut self, source: &TopicPartition, next: i64, silence: Silence) {
        let Some(owned) = self.owned.get_mut(source).filter(|owned| owned.next <= next) else { return };
        owned.at_end = true;
        let ticked = match self.settings.clock {
            ClockPolicy::Data => Ok(()),
            ClockPolicy::UntilEnd if owned.context.clock.is_ended() => Ok(()),
            ClockPolicy::UntilEnd => {
                owned.touch();
                owned.context.clock.end();
                self.apply_recorded_ticks(source, next)
            }
            ClockPolicy::Live { tick_after } => {
                let bucket = Bucket::of(silence.now);
                let moves = owned.context.clock.reached().map(Bucket::of).is_none_or(|reached| reached < bucket);
                let before = owned.next;
                if silence.lasted >= tick_after && moves { self.tick(source, before, silence.now) } else { Ok(()) }
            }
        };
        if let Err(error) = ticked {
            self.failed = Some(error);
        }
    }

    fn steer(&mut self, log: &mut dyn Log) -> Result<(), StageError> {
        if self.follows_topics {
            self.follow_topics(log);
        }
        self.resting = self.ahead();
        Ok(log.pause(&self.resting)?)
    }

    fn is_open(&self) -> bool {
        self.owned.values().any(|owned| owned.touched)
    }

    fn seal(&mut self) -> Result<Batch, StageError> {
        if let Some(error) = self.failed.take() {
            return Err(unwritable(&error));
        }
        self.seal_signals().map_err(|error| unwritable(&error))?;
        let mut progress = Vec::new();
        for (source, owned) in self.owned.iter_mut().filter(|(_, owned)| owned.touched) {
            owned.touched = false;
            owned.context.transactions += 1;
            let metadata = owned.context.encode().map_err(|error| unwritable(&error.into()))?;
            progress.push(Progress { source: source.clone(), next: owned.next, metadata });
        }
        Ok(Batch { outputs: std::mem::take(&mut self.outputs), progress })
    }

    fn landed(&mut self) {
        self.stated = self.stating.take().or(self.stated.take());
        self.landed.add(&mut self.open);
        self.shadow.iter_mut().for_each(Shadow::landed);
        self.owned.values_mut().for_each(Owned::landed);
    }

    fn undo(&mut self) -> Option<Vec<(TopicPartition, i64)>> {
        self.rollback();
        let back = self.owned.iter_mut().map(|(source, owned)| owned.undo().then(|| (source.clone(), owned.next)));
        back.collect()
    }

    fn is_done(&self) -> bool {
        self.settings.clock == ClockPolicy::UntilEnd
            && self.owned.values().all(|owned| owned.context.clock.is_ended() && !owned.touched)
    }
}

/// What the clock of a partition of this platform left behind.
fn heard_of((platform, (log, records)): (Platform, (Bucket, u64))) -> Heard {
    Heard { platform, log, records }
}

fn unwritable(error: &WireError) -> StageError {
    StageError::Unreadable { source_name: "outputs".to_owned(), offset: -1, reason: error.to_string() }
}
