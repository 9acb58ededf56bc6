//! What watch knows of one signals partition: clocks, what waits for its bucket to close, and the series.
//!
//! Everything is kept in key order, so that walking it is the same everywhere. What changed since the last snapshot
//! is noted by key; a snapshot is those keys and the head, written as one cut. What the open transaction touches is
//! kept as it was, so that an abort can be undone. It must never change a key without noting both.

mod learned;
mod resting;
mod sweep;
mod table;
mod voice;

pub use resting::{Spare, Watched};
pub use table::Table;
pub use voice::{Brands, VoiceHour, VoiceKey, VoicePage, VoiceTold};

use super::book::{Book, waiting_key};
use super::sources::is_of;
use super::undo::{Undo, UndoLimits};
use super::{Heard, Members, SourceClock, SourceTurn, Sources};
use crate::alert::{AlertEvent, Tracker};
use crate::case::{CaseItem, Page, Said};
use crate::detect::{Bucket, Partial, Series, Threads};
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use voice::Ledger;

/// Series and alerts of one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryState {
    /// Counts and baseline.
    pub series: Series,
    /// Alerts.
    #[serde(with = "if_any")]
    pub tracker: Tracker,
    /// Threads that are alive.
    pub threads: Threads,
    /// What is kept over the night, in the order it was decided.
    #[serde(with = "kept")]
    pub kept: Vec<AlertEvent>,
}

/// The same without its series, as it is written.
#[derive(Deserialize)]
struct Alerts {
    #[serde(with = "if_any")]
    tracker: Tracker,
    threads: Threads,
    #[serde(with = "kept")]
    kept: Vec<AlertEvent>,
}

impl QueryState {
    /// Silent since `started`, when watching began.
    #[must_use]
    pub fn new(started: Bucket) -> Self {
        let (series, tracker, threads) = (Series::new(started), Tracker::default(), Threads::default());
        Self { series, tracker, threads, kept: Vec::new() }
    }

    /// Becomes what these bytes are of, in the room it has.
    fn unpack(&mut self, bytes: &[u8]) -> Result<(), postcard::Error> {
        let bytes = self.series.unpack(bytes)?;
        let Alerts { tracker, threads, kept } = postcard::from_bytes(bytes)?;
        (self.tracker, self.threads, self.kept) = (tracker, threads, kept);
        Ok(())
    }

    /// True when time alone may bring something to be told.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.tracker.is_open() || self.tracker.is_suspected() || !self.kept.is_empty()
    }

    /// Nothing was heard of it for so long that its details are of no use any more.
    fn is_still(&self, closed: Bucket) -> bool {
        self.series.is_still(closed)
    }

    /// Nobody asks for its alerts, and little is heard of it, or nothing any more.
    fn may_rest(&self, closed: Bucket) -> bool {
        (self.series.is_quiet() || self.is_still(closed)) && !self.is_waiting() && !self.tracker.has_told()
    }

    fn has_stale(&self, closed: Bucket) -> bool {
        self.series.has_stale(closed) || self.threads.have_stale(closed)
    }

    /// Drops what nothing can read any more, whatever is counted after `closed`.
    pub fn drop_stale(&mut self, closed: Bucket) {
        self.series.drop_stale(closed);
        self.threads.drop_stale(closed);
    }
}

/// What most queries have not is written as nothing.
mod if_any {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize + Default + PartialEq, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        Some(value).filter(|value| **value != T::default()).serialize(to)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or_default())
    }
}

/// Alert events leave out what they have not, which only a format that names its fields can read back.
mod kept {
    use crate::alert::AlertEvent;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(kept: &[AlertEvent], to: S) -> Result<S::Ok, S::Error> {
        let text =
            if kept.is_empty() { String::new() } else { serde_json::to_string(kept).map_err(S::Error::custom)? };
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AlertEvent>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() { Ok(Vec::new()) } else { serde_json::from_str(&text).map_err(D::Error::custom) }
    }
}

/// Series and alerts by query id.
pub type Queries = Table<Watched>;
/// What waits for one log bucket of one query to close, by event bucket. Shared with the copies that undo keeps.
pub type Pending = BTreeMap<Bucket, Arc<Partial>>;
/// Log bucket and query id.
pub type PartialKey = (Bucket, String);

/// The part of the state that is not kept by key: it stands whole in every snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The raw partitions, and their clocks as far as heard.
    pub members: Members,
    /// The last log bucket that was closed.
    pub closed: Option<Bucket>,
    /// Since when counts are watched.
    pub started: Option<Bucket>,
    /// What is heard of sources.
    pub sources: Sources,
    /// The last log bucket of the history that was learned from, where there is one: what was read by then is counted.
    pub counted_to: Option<Bucket>,
    /// The last query that was looked at for what nothing reads any more; none before the first of a round.
    pub swept_to: Option<String>,
}

/// Keys changed since the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Queries.
    pub queries: &'a BTreeSet<String>,
    /// What waits for a bucket to be counted.
    pub pending: &'a BTreeSet<PartialKey>,
    /// Pages of the book.
    pub pages: &'a BTreeSet<String>,
    /// Pages of share of voice.
    pub voice: &'a BTreeSet<VoiceKey>,
}

impl Changes<'_> {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.queries.len() + self.pending.len() + self.pages.len() + self.voice.len()
    }
}

/// The state of one signals partition.
#[derive(Debug, Clone, Default)]
pub struct WatchState {
    /// The raw partitions, and their clocks as far as heard.
    pub members: Members,
    /// The last log bucket that was closed.
    pub closed: Option<Bucket>,
    /// Since when counts are watched.
    pub started: Option<Bucket>,
    /// What is heard of sources.
    pub sources: Sources,
    /// The last log bucket of the history that was learned from.
    counted_to: Option<Bucket>,
    /// The last query that was swept.
    swept_to: Option<String>,
    /// This partition tells of sources; all hear of them.
    pub speaks: bool,
    /// Partials of log buckets that are not closed yet.
    pending: BTreeMap<PartialKey, Pending>,
    /// Series and alerts by query id.
    queries: Queries,
    /// Cases, alarms, and what waits for them.
    book: Book,
    /// Share of voice.
    voice: Ledger,
    open: BTreeSet<String>,
    spare: Spare,
    changed_queries: BTreeSet<String>,
    changed_pending: BTreeSet<PartialKey>,
    changed_pages: BTreeSet<String>,
    changed_voice: BTreeSet<VoiceKey>,
    undo: Undo,
}

impl WatchState {
    /// A state without anything, that keeps at most so much to undo a transaction.
    #[must_use]
    pub fn new(undo: UndoLimits) -> Self {
        Self { undo: Undo::new(undo), ..Self::default() }
    }

    /// A state read back: what is open follows from the queries.
    #[must_use]
    pub fn restored(
        head: Head,
        queries: Queries,
        pending: BTreeMap<PartialKey, Pending>,
        pages: BTreeMap<String, Page>,
        voice: BTreeMap<VoiceKey, VoicePage>,
        undo: UndoLimits,
    ) -> Self {
        let is_waiting = |kept: &Watched| kept.awake().is_some_and(QueryState::is_waiting);
        let open = queries.after(None).filter(|(_, kept)| is_waiting(kept)).map(|(query, _)| query).collect();
        let mut state =
            Self { queries, pending, open, book: Book::of(pages), voice: Ledger::of(voice), ..Self::new(undo) };
        state.set_head(head);
        state
    }

    /// What is not kept by key. Names every field, so that one that is added is not forgotten in snapshots and undo.
    #[must_use]
    pub fn head(&self) -> Head {
        let Self {
            members,
            closed,
            started,
            sources,
            counted_to,
            swept_to,
            // by key, or following from what is
            pending: _,
            queries: _,
            book: _,
            voice: _,
            open: _,
            // about the state, not of it
            speaks: _,
            spare: _,
            changed_queries: _,
            changed_pending: _,
            changed_pages: _,
            changed_voice: _,
            undo: _,
        } = self;
        Head {
            members: members.clone(),
            closed: *closed,
            started: *started,
            sources: sources.clone(),
            counted_to: *counted_to,
            swept_to: swept_to.clone(),
        }
    }

    fn set_head(&mut self, head: Head) {
        let Head { members, closed, started, sources, counted_to, swept_to } = head;
        (self.members, self.closed, self.started, self.sources) = (members, closed, started, sources);
        (self.counted_to, self.swept_to) = (counted_to, swept_to);
    }

    /// Series and alerts by query id.
    #[must_use]
    pub fn queries(&self) -> &Queries {
        &self.queries
    }

    /// Series and alerts of a query; none where nothing was heard of it, nor told, or not for hours.
    #[must_use]
    pub fn of_query(&self, query: &str) -> Option<&QueryState> {
        self.queries.get(query).and_then(Watched::awake)
    }

    /// Partials of log buckets that are not closed yet.
    #[must_use]
    pub fn pending(&self) -> &BTreeMap<PartialKey, Pending> {
        &self.pending
    }

    /// Cases, alarms and what waits for them, by key.
    #[must_use]
    pub fn pages(&self) -> &BTreeMap<String, Page> {
        self.book.pages()
    }

    /// Cases that are not over.
    #[must_use]
    pub fn cases_open(&self) -> usize {
        self.book.cases_open()
    }

    /// When somebody is to be called next, as far as is known.
    #[must_use]
    pub fn next_call(&self) -> Option<Timestamp> {
        self.book.next_call()
    }

    /// The bucket at which those that are waited for stand: while it moves, so do the clocks of people.
    #[must_use]
    pub fn stands_at(&self) -> Option<Bucket> {
        self.members.standing_at(self.closed.unwrap_or(Bucket::FIRST))
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Queries with an open alert, or one that is kept.
    #[must_use]
    pub fn open(&self) -> &BTreeSet<String> {
        &self.open
    }

    /// Call it before every signal: what the transaction changes in the head is kept.
    pub fn touch(&mut self) {
        let mut undo = std::mem::take(&mut self.undo);
        undo.keep_head(|| self.head());
        self.undo = undo;
    }

    /// The open transaction is in the log: there is no way back any more.
    pub fn landed(&mut self) {
        self.undo.clear();
    }

    /// Goes back to what the last landed transaction left. False when too much was touched: the state is of no use
    /// any more and must be dropped.
    #[must_use]
    pub fn undo(&mut self) -> bool {
        let Some(kept) = self.undo.take() else { return false };
        if let Some(head) = kept.head {
            self.set_head(head);
        }
        for (query, before) in kept.queries {
            let awake = before.value.as_ref().and_then(Watched::awake);
            self.note_open(&query, awake.is_some_and(QueryState::is_waiting));
            if !before.changed {
                self.changed_queries.remove(&query);
            }
            match before.value {
                Some(value) => drop(self.queries.insert(&query, value)),
                None => drop(self.queries.remove(&query)),
            }
        }
        for (key, before) in kept.pending {
            if !before.changed {
                self.changed_pending.remove(&key);
            }
            match before.value {
                Some(value) => drop(self.pending.insert(key, value)),
                None => drop(self.pending.remove(&key)),
            }
        }
        for (key, before) in kept.pages {
            if !before.changed {
                self.changed_pages.remove(&key);
            }
            self.book.take(&key);
            self.book.put(key, before.value);
        }
        for (key, before) in kept.voice {
            if !before.changed {
                self.changed_voice.remove(&key);
            }
            self.voice.take(&key);
            self.voice.put(&key, before.value);
        }
        true
    }

    /// Before the first change of a query in a transaction; notes that it is changed.
    fn touch_query(&mut self, query: &str) {
        let changed = !self.changed_queries.insert(query.to_owned());
        self.undo.keep_query(query, self.queries.get(query), changed);
    }

    /// Before the first change of what waits for a bucket in a transaction; notes that it is changed.
    fn touch_pending(&mut self, key: &PartialKey) {
        let changed = !self.changed_pending.insert(key.clone());
        self.undo.keep_pending(key, self.pending.get(key), changed);
    }

    /// Changes a page of the book; none: there is none, or is none any more.
    pub(super) fn turn<T>(&mut self, key: &str, change: impl FnOnce(&mut Option<Page>) -> T) -> T {
        let changed = !self.changed_pages.insert(key.to_owned());
        self.undo.keep_page(key, self.book.pages().get(key), changed);
        let mut page = self.book.take(key);
        let answer = change(&mut page);
        self.book.put(key.to_owned(), page);
        answer
    }

    /// Takes out a page that waited for its bucket; none where it is of another kind.
    pub(super) fn take_waiting(&mut self, key: &str) -> Option<Page> {
        let waits = matches!(self.book.pages().get(key), Some(Page::Arrivals(_) | Page::Said(_) | Page::Threads(_)));
        waits.then(|| self.turn(key, Option::take)).flatten()
    }

    /// Routed items wait for their bucket; of two revisions of one the later.
    pub fn arrive(&mut self, log: Bucket, items: Vec<CaseItem>) {
        self.turn(&waiting_key("arrivals", self.not_closed(log)), |page| {
            let page = page.get_or_insert_with(|| Page::Arrivals(BTreeMap::new()));
            let Page::Arrivals(arrived) = page else { return };
            for item in items {
                let kept = arrived.entry((item.key(), item.item_id.clone())).or_insert_with(|| item.clone());
                if (kept.revision, &*kept) < (item.revision, &item) {
                    *kept = item;
                }
            }
        });
    }

    /// What was said waits for its bucket.
    pub fn hear_people(&mut self, log: Bucket, said: Vec<Said>) {
        self.turn(&waiting_key("said", self.not_closed(log)), |page| {
            if let Page::Said(words) = page.get_or_insert_with(|| Page::Said(BTreeSet::new())) {
                words.extend(said);
            }
        });
    }

    /// Posts in threads wait for their bucket.
    pub fn hear_threads(&mut self, log: Bucket, posts: Vec<(u64, u64)>) {
        self.turn(&waiting_key("threads", self.not_closed(log)), |page| {
            let Page::Threads(threads) = page.get_or_insert_with(|| Page::Threads(BTreeMap::new())) else { return };
            for (thread, count) in posts {
                let known = threads.entry(thread).or_default();
                *known = known.saturating_add(count);
            }
        });
    }

    /// Puts a partial where it waits for its bucket. One that comes after its bucket was closed (from a partition that
    /// joined late) waits for the next.
    pub fn hold(&mut self, query: String, log: Bucket, event: Bucket, partial: &Partial) {
        let undecided = if self.is_counted(log) { Some(Self::undecided(partial)) } else { None };
        let partial = match &undecided {
            None => partial,
            Some(Some(undecided)) => undecided,
            Some(None) => return,
        };
        let log = self.not_closed(log);
        let key = (log, query);
        self.touch_pending(&key);
        Arc::make_mut(self.pending.entry(key).or_default().entry(event).or_default()).merge(partial);
    }

    /// Takes note of how far clocks are.
    pub fn hear(&mut self, clocks: Vec<SourceClock>) {
        self.members.hear(clocks);
    }

    /// Takes note of what was heard of sources.
    pub fn hear_sources(&mut self, heard: &[Heard]) {
        let open = self.closed.map_or(Bucket::FIRST, |closed| closed.plus(1));
        let new: Vec<Heard> = heard.iter().filter(|one| !self.is_counted(one.log)).copied().collect();
        self.sources.hear(&new, open);
    }

    /// What sources turn to as this bucket is closed; `missing` names partitions that were not waited for.
    pub fn close_sources(&mut self, bucket: Bucket, missing: &[String]) -> Vec<SourceTurn> {
        let Self { sources, members, .. } = self;
        sources.close(bucket, missing, &|platform| members.at(bucket).any(|source| is_of(platform, source)))
    }

    /// From bucket `at` on, or the next one that can still be closed, exactly these partitions are waited for.
    pub fn state_members(&mut self, at: Bucket, members: Vec<String>) {
        self.members.state(self.not_closed(at), members);
    }

    /// From bucket `at` on, or the next one that can still be closed, a partition is not waited for, or is again.
    pub fn exclude(&mut self, at: Bucket, source: String, excluded: bool) {
        self.members.exclude(self.not_closed(at), source, excluded);
    }

    /// True when the input has ended everywhere and nothing waits.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.members.have_ended()
            && self.pending.is_empty()
            && self.sources.is_settled()
            && self.book.last_waiting().is_none()
            && self.voice.last_waiting().is_none()
    }

    /// The next bucket that can be closed: every clock has passed it, and there is something in it, or an open alert
    /// for which time matters, or a source that is missed. Once all input has ended, up to the last bucket there is: what was read by partitions
    /// without a clock counts there.
    pub fn next_closable(&mut self) -> Option<Bucket> {
        let last = if self.members.have_ended() { Some(self.gather()?) } else { None };
        let waiting = self.pending.keys().next().map(|(log, _)| *log);
        let timer = self.closed.filter(|_| !self.open.is_empty()).map(|closed| closed.plus(1));
        let people = self.book.next().filter(|next| *next < Bucket(i64::MAX)).map(|next| self.not_closed(next));
        let voice = self.voice.next().map(|next| self.not_closed(next));
        let next = waiting.into_iter().chain(timer).chain(self.sources.next()).chain(people).chain(voice).min()?;
        if !last.map_or_else(|| self.members.have_passed(next), |last| next <= last) {
            return None;
        }
        if self.started.is_none() {
            self.started = self.members.middle_since(next);
        }
        Some(next)
    }

    /// Takes out what waited for a bucket, and names every query that has something to decide in it.
    pub fn close(&mut self, bucket: Bucket) -> BTreeMap<String, Pending> {
        let mut due: BTreeMap<String, Pending> =
            self.open.iter().map(|query| (query.clone(), Pending::new())).collect();
        let end = (bucket.plus(1), String::new());
        for key in self.pending.range(..end).map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.touch_pending(&key);
            let partials = self.pending.remove(&key).unwrap_or_default();
            due.insert(key.1, partials);
        }
        self.closed = Some(bucket);
        self.members.settle(bucket);
        due
    }

    /// The state of a query, to be changed; silent so far where it is new.
    pub fn query(&mut self, query: &str) -> &mut QueryState {
        self.touch_query(query);
        let started = self.started.or(self.closed).unwrap_or(Bucket(0));
        let new = || Watched::Awake(Box::new(QueryState::new(started)));
        self.queries.get_or_insert_with(query, new).wake(started, &mut self.spare)
    }

    /// Notes whether time alone may bring something to be told of a query.
    pub fn note_open(&mut self, query: &str, open: bool) {
        if open {
            self.open.insert(query.to_owned());
        } else {
            self.open.remove(query);
        }
    }

    /// Keys changed since the last snapshot.
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        Changes {
            queries: &self.changed_queries,
            pending: &self.changed_pending,
            pages: &self.changed_pages,
            voice: &self.changed_voice,
        }
    }

    /// A snapshot with all that changed is in the log.
    pub fn snapshot_landed(&mut self) {
        self.changed_queries.clear();
        self.changed_pending.clear();
        self.changed_pages.clear();
        self.changed_voice.clear();
    }

    /// A bucket that is not closed yet: this one, or the next that can be.
    fn not_closed(&self, bucket: Bucket) -> Bucket {
        self.closed.map_or(bucket, |closed| bucket.max(closed.plus(1)))
    }

    /// The last bucket of an input that has ended; moves what waits for later ones there.
    fn gather(&mut self) -> Option<Bucket> {
        let waiting = || self.pending.keys().map(|(log, _)| *log).max();
        let last = self
            .members
            .furthest()
            .or_else(|| waiting().max(self.book.last_waiting()).max(self.voice.last_waiting()))?;
        self.sources.gather(last);
        self.gather_voice(last);
        for key in self.book.later(last) {
            match self.take_waiting(&key) {
                Some(Page::Arrivals(items)) => self.arrive(last, items.into_values().collect()),
                Some(Page::Said(said)) => self.hear_people(last, said.into_iter().collect()),
                Some(Page::Threads(posts)) => self.hear_threads(last, posts.into_iter().collect()),
                Some(Page::Case(_) | Page::Alarm(_)) | None => {}
            }
        }
        let from = (last.plus(1), String::new());
        for key in self.pending.range(from..).map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.touch_pending(&key);
            for (event, partial) in self.pending.remove(&key).unwrap_or_default() {
                self.hold(key.1.clone(), last, event.min(last), &partial);
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests;
