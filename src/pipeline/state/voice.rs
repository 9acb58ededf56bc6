//! Share of voice in the state of watch: what waits for its log bucket, and the hours that are still open.
//!
//! A page per topic and hour, with all of its brands, so that their shares are of one moment. What was counted waits
//! until its log bucket closes; then it is merged into its hour. An hour that changed is told at the end of every ten
//! minutes of log time, and once more when it is closed: two hours after it is over. What comes later counts as late
//! in the hour in which it was read. So what is told, and when, follows from the records alone, and of one topic no
//! more than four hours are kept.
//!
//! It must never change a page without noting it for undo and for the next snapshot.

use super::WatchState;
use crate::detect::{BrandCounts, Bucket, HOUR_BUCKETS, Merge, hour_of};
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Counts by brand.
pub type Brands = BTreeMap<String, BrandCounts>;

/// A changed hour is told at the end of so many buckets of log time.
const TOLD_EVERY: i64 = 60;
/// An hour is open for so many buckets after it is over.
const OPEN_FOR: i64 = 2 * HOUR_BUCKETS;

/// What a page is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VoiceKey {
    /// What waits for a log bucket of one topic to close.
    Waiting(Bucket, String),
    /// An open hour of one topic, by its first bucket.
    Hour(Bucket, String),
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VoicePage {
    /// By the first bucket of the hour it belongs to.
    Waiting(BTreeMap<Bucket, Brands>),
    /// An open hour.
    Hour(VoiceHour),
}

/// An open hour of one topic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceHour {
    /// What was counted.
    pub brands: Brands,
    /// How often it was told.
    pub revision: u32,
    /// At the end of which bucket it is to be told; none where nothing has changed since.
    tell_at: Option<Bucket>,
}

/// An hour of one topic as it is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceTold {
    /// The topic.
    pub topic: String,
    /// First bucket of the hour.
    pub hour: Bucket,
    /// Counts up with every telling.
    pub revision: u32,
    /// Nothing will be added to it any more.
    pub closed: bool,
    /// End of the log bucket that told it.
    pub at: Timestamp,
    /// What was counted.
    pub brands: Brands,
}

impl VoicePage {
    /// Bytes in memory, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// An entry of the sample of people.
        const PERSON: usize = 32;
        let of = |brands: &Brands| brands.values().map(|c| size_of::<BrandCounts>() + c.people.len() * PERSON).sum();
        match self {
            Self::Waiting(hours) => hours.values().map(of).sum(),
            Self::Hour(hour) => of(&hour.brands),
        }
    }

    fn due(&self, key: &VoiceKey) -> Bucket {
        match (key, self) {
            (VoiceKey::Hour(hour, _), Self::Hour(page)) => {
                page.tell_at.map_or(closes_at(*hour), |at| at.min(closes_at(*hour)))
            }
            (VoiceKey::Waiting(bucket, _) | VoiceKey::Hour(bucket, _), _) => *bucket,
        }
    }
}

/// The bucket with which an hour is closed.
fn closes_at(hour: Bucket) -> Bucket {
    hour.plus(HOUR_BUCKETS + OPEN_FOR - 1)
}

fn merge(into: &mut Brands, brands: &Brands) {
    for (brand, counts) in brands {
        into.entry(brand.clone()).or_default().merge(counts);
    }
}

/// All pages, and when each is to be looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pages: BTreeMap<VoiceKey, VoicePage>,
    agenda: BTreeSet<(Bucket, VoiceKey)>,
}

impl Ledger {
    /// One read back.
    pub(super) fn of(pages: BTreeMap<VoiceKey, VoicePage>) -> Self {
        let agenda = pages.iter().map(|(key, page)| (page.due(key), key.clone())).collect();
        Self { pages, agenda }
    }

    pub(super) fn take(&mut self, key: &VoiceKey) -> Option<VoicePage> {
        let page = self.pages.remove(key)?;
        self.agenda.remove(&(page.due(key), key.clone()));
        Some(page)
    }

    /// Puts a page in; none leaves it out. There is none of that key.
    pub(super) fn put(&mut self, key: &VoiceKey, page: Option<VoicePage>) {
        let Some(page) = page else { return };
        self.agenda.insert((page.due(key), key.clone()));
        self.pages.insert(key.clone(), page);
    }

    /// The next bucket in which something is to be looked at.
    pub(super) fn next(&self) -> Option<Bucket> {
        self.agenda.first().map(|(bucket, _)| *bucket)
    }

    /// The last bucket that something waits for to close; none where nothing does.
    pub(super) fn last_waiting(&self) -> Option<Bucket> {
        self.pages.keys().rev().find_map(|key| match key {
            VoiceKey::Waiting(bucket, _) => Some(*bucket),
            VoiceKey::Hour(..) => None,
        })
    }

    fn due(&self, bucket: Bucket) -> Vec<VoiceKey> {
        self.agenda.iter().take_while(|(at, _)| *at <= bucket).map(|(_, key)| key.clone()).collect()
    }
}

impl WatchState {
    /// Pages of share of voice, by key.
    #[must_use]
    pub fn voice(&self) -> &BTreeMap<VoiceKey, VoicePage> {
        &self.voice.pages
    }

    /// Changes a page; none: there is none, or is none any more.
    fn turn_voice<T>(&mut self, key: &VoiceKey, change: impl FnOnce(&mut Option<VoicePage>) -> T) -> T {
        let changed = !self.changed_voice.insert(key.clone());
        self.undo.keep_voice(key, self.voice.pages.get(key), changed);
        let mut page = self.voice.take(key);
        let answer = change(&mut page);
        self.voice.put(key, page);
        answer
    }

    /// What was counted of one topic waits for its log bucket; `hour` is any bucket of the hour it belongs to.
    pub fn hold_voice(&mut self, log: Bucket, hour: Bucket, topic: String, brands: &Brands) {
        if self.is_counted(log) {
            return;
        }
        let key = VoiceKey::Waiting(self.not_closed(log), topic);
        self.turn_voice(&key, |page| {
            let page = page.get_or_insert_with(|| VoicePage::Waiting(BTreeMap::new()));
            if let VoicePage::Waiting(hours) = page {
                merge(hours.entry(hour_of(hour)).or_default(), brands);
            }
        });
    }

    /// The input has ended: what waits for later buckets than the last counts there.
    pub(super) fn gather_voice(&mut self, last: Bucket) {
        let waits = |key: &&VoiceKey| matches!(key, VoiceKey::Waiting(bucket, _) if *bucket > last);
        for key in self.voice.pages.keys().filter(waits).cloned().collect::<Vec<_>>() {
            let Some(VoicePage::Waiting(hours)) = self.turn_voice(&key, Option::take) else { continue };
            let VoiceKey::Waiting(_, topic) = key else { continue };
            for (hour, brands) in hours {
                self.hold_voice(last, hour.min(last), topic.clone(), &brands);
            }
        }
    }

    /// A bucket is closed: what waited for it is counted, and what is due is told.
    pub(in crate::pipeline) fn close_voice(&mut self, bucket: Bucket) -> Vec<VoiceTold> {
        for key in self.voice.due(bucket) {
            let VoiceKey::Waiting(_, topic) = &key else { continue };
            let Some(VoicePage::Waiting(hours)) = self.turn_voice(&key, Option::take) else { continue };
            for (hour, brands) in hours {
                self.count_voice(bucket, hour, topic, &brands);
            }
        }
        let due = self.voice.due(bucket);
        due.iter().filter_map(|key| self.tell_voice(key, bucket, bucket.end())).collect()
    }

    fn count_voice(&mut self, bucket: Bucket, hour: Bucket, topic: &str, brands: &Brands) {
        let is_late = bucket > closes_at(hour);
        let hour = if is_late { hour_of(bucket) } else { hour };
        let late: Brands;
        let brands = if is_late {
            late = brands.iter().map(|(brand, counts)| (brand.clone(), counts.too_late())).collect();
            &late
        } else {
            brands
        };
        let tell_at = Bucket(bucket.0.div_euclid(TOLD_EVERY).saturating_add(1).saturating_mul(TOLD_EVERY) - 1);
        self.turn_voice(&VoiceKey::Hour(hour, topic.to_owned()), |page| {
            let page = page.get_or_insert_with(|| VoicePage::Hour(VoiceHour::default()));
            if let VoicePage::Hour(page) = page {
                merge(&mut page.brands, brands);
                page.tell_at.get_or_insert(tell_at);
            }
        });
    }

    /// Nothing comes any more: what has changed since it was last told is told.
    pub(in crate::pipeline) fn rest_voice(&mut self) -> Vec<VoiceTold> {
        let changed =
            |(_, page): &(&VoiceKey, &VoicePage)| matches!(page, VoicePage::Hour(VoiceHour { tell_at: Some(_), .. }));
        let keys: Vec<VoiceKey> = self.voice.pages.iter().filter(changed).map(|(key, _)| key.clone()).collect();
        let last = self.closed.unwrap_or(Bucket::FIRST);
        keys.iter().filter_map(|key| self.tell_voice(key, last, last.end())).collect()
    }

    fn tell_voice(&mut self, key: &VoiceKey, bucket: Bucket, at: Timestamp) -> Option<VoiceTold> {
        let VoiceKey::Hour(hour, topic) = key else { return None };
        let closed = bucket >= closes_at(*hour);
        self.turn_voice(key, |page| {
            let Some(VoicePage::Hour(open)) = page else { return None };
            (open.revision, open.tell_at) = (open.revision + 1, None);
            let (brands, revision) = (open.brands.clone(), open.revision);
            if closed {
                *page = None;
            }
            Some(VoiceTold { topic: topic.clone(), hour: *hour, revision, closed, at, brands })
        })
    }
}
