//! What triage knows of one raw partition besides the record before it. Written into the committed offset.

use super::{DuplicateWindow, Outcome, Outcomes, PhoneKey};
use crate::case::{self, Said};
use crate::detect::{Bucket, PartitionClock};
use crate::mention::{Mention, Timestamp};
use crate::normalize::{Normalized, Reject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// The context of one raw partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its clock.
    pub clock: PartitionClock,
    /// Items by outcome since the beginning of the partition.
    pub outcomes: Outcomes,
    /// Dead letters by reason since the beginning of the partition.
    pub dead_letters: BTreeMap<String, u64>,
    /// Transactions that moved this partition: tells, after a doubtful commit, whether it landed.
    pub transactions: u64,
    /// Records heard in the log bucket that its clock is in.
    pub heard: HeardHere,
    /// What phone numbers of authors are hashed with; from the configuration.
    pub phones: PhoneKey,
    window: DuplicateWindow,
}

/// Records heard since the clock of a partition entered its log bucket; before it has a clock, all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardHere {
    log: Option<Bucket>,
    records: u64,
}

impl HeardHere {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The part that cannot be rebuilt from the tail of the partition.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    v: u8,
    clock: PartitionClock,
    outcomes: Outcomes,
    dead_letters: BTreeMap<String, u64>,
    transactions: u64,
    #[serde(default, skip_serializing_if = "HeardHere::is_empty")]
    heard: HeardHere,
}

const VERSION: u8 = 1;
/// Reasons of dead letters that are told apart; what goes beyond counts as [`OTHER`].
const REASONS_MAX: usize = 24;
/// Reasons that are not told apart.
const OTHER: &str = "other";
/// A longer name of a reason counts as `other`.
const REASON_BYTES_MAX: usize = 32;

/// What a context was when the last transaction landed; its duplicate window keeps its own way back.
#[derive(Debug, Clone)]
pub struct ContextBefore {
    clock: PartitionClock,
    outcomes: Outcomes,
    dead_letters: BTreeMap<String, u64>,
    transactions: u64,
    heard: HeardHere,
}

impl Context {
    /// What [`Self::undo`] goes back to; ask before the first change of a transaction.
    #[must_use]
    pub fn before(&self) -> ContextBefore {
        let Self { clock, outcomes, dead_letters, transactions, heard, phones: _, window: _ } = self;
        ContextBefore {
            clock: clock.clone(),
            outcomes: *outcomes,
            dead_letters: dead_letters.clone(),
            transactions: *transactions,
            heard: *heard,
        }
    }

    /// What changed since the last call is in the log: there is no way back any more.
    pub fn landed(&mut self) {
        self.window.landed();
    }

    /// Goes back to where the last transaction landed. False when the duplicate window cannot: the context is of no
    /// use any more and must be restored.
    #[must_use]
    pub fn undo(&mut self, before: ContextBefore) -> bool {
        let ContextBefore { clock, outcomes, dead_letters, transactions, heard } = before;
        (self.clock, self.outcomes, self.dead_letters, self.transactions, self.heard) =
            (clock, outcomes, dead_letters, transactions, heard);
        self.window.undo()
    }

    /// The context at the beginning of a partition.
    #[must_use]
    pub fn new(duplicate_window_records: u64) -> Self {
        Self {
            clock: PartitionClock::default(),
            outcomes: Outcomes::default(),
            dead_letters: BTreeMap::new(),
            transactions: 0,
            heard: HeardHere::default(),
            phones: PhoneKey::default(),
            window: DuplicateWindow::new(duplicate_window_records),
        }
    }

    /// As text for the offset commit, at most 4 kB. The duplicate window is left out: the tail of the partition has it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Kept {
            v: VERSION,
            clock: self.clock.clone(),
            outcomes: self.outcomes,
            dead_letters: self.dead_letters.clone(),
            transactions: self.transactions,
            heard: self.heard,
        })
    }

    /// From the text of an offset commit, with an empty duplicate window.
    ///
    /// # Errors
    /// When the text is not a context of a version this release reads.
    pub fn decode(text: &str, duplicate_window_records: u64) -> Result<Self, serde_json::Error> {
        let Kept { v, clock, outcomes, dead_letters, transactions, heard } = serde_json::from_str(text)?;
        if v != VERSION {
            return Err(serde::de::Error::custom(format!("context of version {v}, this release reads {VERSION}")));
        }
        let mut context = Self { clock, outcomes, transactions, heard, ..Self::new(duplicate_window_records) };
        for (reason, count) in dead_letters {
            context.count_dead_letters(&reason, count);
        }
        Ok(context)
    }

    /// The clock takes the next record: its largest event time.
    pub fn observe(&mut self, normalized: &[Result<Normalized, Reject>]) {
        let event_times = normalized.iter().filter_map(|one| match one {
            Ok(Normalized::Mention(mention)) => event_time(mention),
            Ok(Normalized::NotContent(_)) | Err(_) => None,
        });
        self.clock.observe(event_times.max());
    }

    /// When the mention happened: as its author says, but never later than the clock of its partition.
    #[must_use]
    pub fn event_at(&self, mention: &Mention) -> Timestamp {
        let limit = self.clock.limit();
        event_time(mention).map_or(limit, |at| at.min(limit))
    }

    /// Notes a version of a mention and says whether it stood in the window already.
    pub fn is_duplicate(&mut self, mention: &Mention) -> bool {
        let record = self.clock.records();
        self.window.note(duplicate_key(mention), record)
    }

    /// Rebuilds the duplicate window: notes what the record with this number held.
    pub fn recall(&mut self, record: u64, normalized: &[Result<Normalized, Reject>]) {
        for one in normalized {
            if let Ok(Normalized::Mention(mention)) = one
                && mention.is_content()
            {
                self.window.note(duplicate_key(mention), record);
            }
        }
    }

    /// Takes what somebody said, or why it cannot be read: the clock takes its time, and what was said before is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn hear_people(&mut self, value: &[u8]) -> Result<Option<Said>, Reject> {
        let read = case::read(value);
        self.clock.observe(read.as_ref().ok().map(|said| said.at));
        let said = read.inspect_err(|reject| {
            self.count_dead_letters(reject.reason.as_str(), 1);
            self.count(Outcome::DeadLetter);
        })?;
        let record = self.clock.records();
        Ok((!self.window.note(said_key(&said), record)).then_some(said))
    }

    /// The log bucket of what somebody said: of its own time, or of the clock where that is later. Why not the clock
    /// alone: people say little, and a clock believes in a jump only once it was confirmed.
    #[must_use]
    pub fn bucket_of(&self, said: &Said) -> Bucket {
        Bucket::of(said.at).max(self.clock.log_bucket())
    }

    /// Rebuilds the duplicate window of what people say.
    pub fn recall_said(&mut self, record: u64, value: &[u8]) {
        if let Ok(said) = case::read(value) {
            self.window.note(said_key(&said), record);
        }
    }

    /// Counts dead letters of a reason. There are few reasons; the text of an offset commit must stay small whatever
    /// another release wrote into it.
    pub fn count_dead_letters(&mut self, reason: &str, count: u64) {
        // what is told apart has its room whether or not something counts as other, or reading it back would lose one
        let told_apart = self.dead_letters.len() - usize::from(self.dead_letters.contains_key(OTHER));
        let has_room = told_apart < REASONS_MAX && reason.len() <= REASON_BYTES_MAX;
        let reason = if has_room || self.dead_letters.contains_key(reason) { reason } else { OTHER };
        let counted = self.dead_letters.entry(reason.to_owned()).or_default();
        *counted = counted.saturating_add(count);
    }

    /// What was heard in the log bucket that the clock has left, once: bucket and records. A clock leaves its bucket when
    /// it enters another, and at the end of its input.
    pub fn leave_bucket(&mut self) -> Option<(Bucket, u64)> {
        let now = Bucket::of(self.clock.reached()?);
        let HeardHere { log, records } = self.heard;
        let log = log.unwrap_or(now);
        if log >= now && !self.clock.is_ended() {
            return None;
        }
        self.heard = HeardHere::default();
        (records > 0).then_some((log, records))
    }

    /// A record of which something could be read that was not known was heard in the log bucket that the clock is in.
    pub fn hear(&mut self) {
        if let Some(reached) = self.clock.reached() {
            self.heard.log = Some(Bucket::of(reached));
        }
        self.heard.records += 1;
    }

    /// Counts an outcome.
    pub fn count(&mut self, outcome: Outcome) {
        self.outcomes.add(outcome);
    }
}

fn event_time(mention: &Mention) -> Option<Timestamp> {
    mention.is_content().then_some(mention.edited_at.or(mention.created_at)).flatten()
}

fn duplicate_key(mention: &Mention) -> u128 {
    let mut bytes = mention.mention_id.clone().into_bytes();
    bytes.push(0xff);
    bytes.extend_from_slice(&mention.version().to_le_bytes());
    xxh3_128(&bytes)
}

fn said_key(said: &Said) -> u128 {
    xxh3_128(said.feedback_id.as_bytes())
}

#[cfg(test)]
mod tests;
