//! One partial aggregate of one query: what a batch of items adds to one event bucket, read in one log bucket.
//!
//! Merging is commutative and associative, and the encoding is canonical: integer sums, bottom-k samples, ordered
//! maps, minima under total orders. How items were spread over transactions leaves no trace after the merge. It must
//! never add floats, nor keep what came first.

use super::sample::{BottomK, Merge};
use super::threads::mark_parts;
use super::voices::{Shown, Voice, Voices, voice_key};
use crate::fault::{Bug, is_planted};
use crate::mention::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Distinct people, texts and threads kept per bucket; exact below.
const SAMPLE: usize = 256;
/// Examples kept per order.
const EXAMPLES: usize = 3;

/// What one item adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// False for an edit: it is decided anew, but counted once.
    pub counts: bool,
    /// Event time, clamped.
    pub at: Timestamp,
    /// Platform.
    pub platform: Platform,
    /// Language, ISO 639-1 or `unknown`.
    pub language: String,
    /// Sentiment label is negative.
    pub negative: bool,
    /// Sentiment score × 100, held to ±80: beyond, a model's certainty says nothing more about the mood.
    pub sentiment_percent: i64,
    /// Reports an outage of ours.
    pub outage: bool,
    /// Dropped as noise.
    pub noise: bool,
    /// A repost: its text is another's.
    pub repost: bool,
    /// Hash of the author.
    pub person: u64,
    /// Fingerprint of the text.
    pub text: u64,
    /// Hash of the thread; none for a post that stands alone.
    pub thread: Option<u64>,
    /// Followers of the author.
    pub followers: u64,
    /// Verified, or many followers.
    pub prominent: bool,
    /// A person must own it: danger, law, a regulator.
    pub alarm: bool,
    /// Mention id for examples; none for items that are not public.
    pub example: Option<String>,
    /// Words, pairs of words and hashtags, folded.
    pub terms: Vec<String>,
    /// What watch is to decide about the item, where triage left it pending.
    pub pending: Option<(String, PendingItem)>,
}

/// An item that left triage as pending. Ordered by revision first: of two, the greater one waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PendingItem {
    /// Revision of the item.
    pub revision: u64,
    /// Team whose topic it went to.
    pub team: String,
    /// Thread key its record was placed by.
    pub thread: String,
    /// Its intent.
    pub intent: String,
}

/// A mention id that may be shown, with the reach of its author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// What it is ordered by.
    pub rank: i64,
    /// The mention.
    pub mention_id: String,
}

/// Posts of one thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPart {
    /// How many.
    pub mentions: u64,
    /// By whom.
    pub people: BottomK<u64, 32>,
    /// Sum of [`mark_parts`] of their authors.
    pub marks: u64,
    /// Sum of their followers.
    pub reach: u64,
}

impl Merge for ThreadPart {
    fn merge(&mut self, other: &Self) {
        self.mentions = self.mentions.saturating_add(other.mentions);
        self.people.merge(&other.people);
        self.marks = self.marks.saturating_add(other.marks);
        self.reach = self.reach.saturating_add(other.reach);
    }
}

/// A partial aggregate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// Items, noise included.
    pub mentions: u64,
    /// Of them noise.
    pub noise: u64,
    /// Of them negative.
    pub negative: u64,
    /// Of them about trouble: reports.
    pub outage: u64,
    /// Of them reposts.
    pub reposts: u64,
    /// Of them by prominent accounts.
    pub prominent: u64,
    /// Sum of sentiment scores × 100.
    pub sentiment_percent: i64,
    /// Sum of their squares.
    pub sentiment_squares: u64,
    /// Sum of followers.
    pub reach: u64,
    /// Items by platform.
    pub platforms: BTreeMap<Platform, u64>,
    /// Items by language.
    pub languages: BTreeMap<String, u64>,
    /// Sum of sentiment scores × 100 by platform.
    pub platform_moods: BTreeMap<Platform, i64>,
    /// The same by language.
    pub language_moods: BTreeMap<String, i64>,
    /// Authors.
    pub people: BottomK<u64, SAMPLE>,
    /// Texts of items that are not reposts.
    pub texts: BottomK<u64, SAMPLE>,
    /// Authors of reports.
    pub reporters: BottomK<u64, SAMPLE>,
    /// Texts of reports that are not reposts.
    pub reports: BottomK<u64, SAMPLE>,
    /// Authors of what a person must own.
    pub alarmed: BottomK<u64, 32>,
    /// Threads.
    pub threads: BottomK<ThreadPart, SAMPLE>,
    /// What people say, a person each.
    pub voices: Voices,
    /// Widest reach first (rank is minus the followers).
    pub widest: Vec<Example>,
    /// Earliest first (rank is the time in µs).
    pub first: Vec<Example>,
    /// Items waiting for watch, by item id.
    pub pending: BTreeMap<String, PendingItem>,
}

impl Partial {
    /// Counts one item.
    pub fn add(&mut self, item: &Contribution) {
        if let Some((item_id, pending)) = &item.pending {
            keep_pending(&mut self.pending, item_id, pending);
        }
        if item.counts {
            self.count(item);
        }
    }

    fn count(&mut self, item: &Contribution) {
        self.mentions += 1;
        self.noise += u64::from(item.noise);
        self.negative += u64::from(item.negative);
        self.outage += u64::from(item.outage);
        self.reposts += u64::from(item.repost);
        self.prominent += u64::from(item.prominent);
        self.sentiment_percent += item.sentiment_percent;
        self.sentiment_squares += item.sentiment_percent.unsigned_abs().pow(2);
        self.reach = add_reach(self.reach, item.followers);
        *self.platforms.entry(item.platform).or_default() += 1;
        *self.languages.entry(item.language.clone()).or_default() += 1;
        *self.platform_moods.entry(item.platform).or_default() += item.sentiment_percent;
        *self.language_moods.entry(item.language.clone()).or_default() += item.sentiment_percent;
        self.people.add(item.person, &1);
        if !item.repost {
            self.texts.add(item.text, &1);
        }
        if item.outage {
            self.reporters.add(item.person, &1);
            if !item.repost {
                self.reports.add(item.text, &1);
            }
        }
        if item.alarm {
            self.alarmed.add(item.person, &1);
        }
        if let Some(thread) = item.thread {
            let mut people = BottomK::default();
            people.add(item.person, &1);
            let (marks, reach) = (mark_parts(item.followers), item.followers);
            self.threads.add(thread, &ThreadPart { mentions: 1, people, marks, reach });
        }
        let example = item.example.as_ref().filter(|_| !item.noise);
        let shown = example.map(|id| Shown::new(id.clone(), item.followers, &item.language));
        let voice = Voice::new(item.terms.iter().map(String::as_str), shown);
        self.voices.add(voice_key(item.person, item.outage), &voice);
        if let Some(mention_id) = &item.example {
            self.show(mention_id, item.followers, item.at);
        }
    }

    /// A post that may be shown, among the widest and the first.
    pub(super) fn show(&mut self, mention_id: &str, followers: u64, at: Timestamp) {
        let followers = i64::try_from(followers).unwrap_or(i64::MAX);
        keep_example(&mut self.widest, Example { rank: -followers, mention_id: mention_id.to_owned() });
        keep_example(&mut self.first, Example { rank: at.as_micros(), mention_id: mention_id.to_owned() });
    }

    /// A person whose post counts once, with the reach of it.
    pub(super) fn hear(&mut self, person: u64, platform: Option<Platform>, language: &str, followers: u64) {
        self.mentions += 1;
        self.people.add(person, &1);
        self.reach = add_reach(self.reach, followers);
        *self.languages.entry(language.to_owned()).or_default() += 1;
        if let Some(platform) = platform {
            *self.platforms.entry(platform).or_default() += 1;
        }
    }

    /// Takes another partial of the same buckets in.
    pub fn merge(&mut self, other: &Self) {
        // what is read back may be damaged: no sum may overflow, in whatever order
        for (sum, more) in [
            (&mut self.mentions, other.mentions),
            (&mut self.noise, other.noise),
            (&mut self.negative, other.negative),
            (&mut self.outage, other.outage),
            (&mut self.reposts, other.reposts),
            (&mut self.prominent, other.prominent),
            (&mut self.sentiment_squares, other.sentiment_squares),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.sentiment_percent = self.sentiment_percent.wrapping_add(other.sentiment_percent);
        self.reach = add_reach(self.reach, other.reach);
        for (platform, count) in &other.platforms {
            self.platforms.entry(*platform).or_default().merge(count);
        }
        for (language, count) in &other.languages {
            self.languages.entry(language.clone()).or_default().merge(count);
        }
        for (platform, sum) in &other.platform_moods {
            let kept = self.platform_moods.entry(*platform).or_default();
            *kept = kept.wrapping_add(*sum);
        }
        for (language, sum) in &other.language_moods {
            let kept = self.language_moods.entry(language.clone()).or_default();
            *kept = kept.wrapping_add(*sum);
        }
        self.people.merge(&other.people);
        self.texts.merge(&other.texts);
        self.reporters.merge(&other.reporters);
        self.reports.merge(&other.reports);
        self.alarmed.merge(&other.alarmed);
        self.threads.merge(&other.threads);
        self.voices.merge(&other.voices);
        for example in &other.widest {
            keep_example(&mut self.widest, example.clone());
        }
        for example in &other.first {
            keep_example(&mut self.first, example.clone());
        }
        for (item_id, pending) in &other.pending {
            keep_pending(&mut self.pending, item_id, pending);
        }
    }
}

impl Partial {
    /// The thread of most posts; of equals the one of greatest hash.
    #[must_use]
    pub fn largest_thread(&self) -> Option<(u64, &ThreadPart)> {
        let largest = self.threads.iter().max_by_key(|(hash, thread)| (thread.mentions, **hash));
        largest.map(|(hash, thread)| (*hash, thread))
    }

    /// Bytes in memory, about: what bounds are counted in.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// A key and a value of a small map, with its share of a node.
        const ENTRY: usize = 48;
        /// A thread with a few people, or a person with what they say.
        const GROUP: usize = 4 * ENTRY;
        let small = 2 * (self.platforms.len() + self.languages.len()) + self.people.len() + self.texts.len();
        let small = small + self.reporters.len() + self.reports.len() + self.alarmed.len();
        let groups = self.threads.len() + self.voices.len() + self.pending.len() + 2 * EXAMPLES;
        size_of::<Self>() + small * ENTRY + groups * GROUP
    }
}

/// Followers reached; planted, as a sum of floats: what comes first decides what is rounded away.
fn add_reach(reach: u64, more: u64) -> u64 {
    if is_planted(Bug::FloatSums) {
        return ((reach as f32 / 3.0 + more as f32 / 3.0) * 3.0) as u64;
    }
    reach.saturating_add(more)
}

/// Keeps the smallest examples under a total order that ends in the id.
fn keep_example(kept: &mut Vec<Example>, example: Example) {
    if let Err(place) = kept.binary_search(&example) {
        kept.insert(place, example);
        kept.truncate(EXAMPLES);
    }
}

/// Of two revisions of one item the later one waits.
fn keep_pending(kept: &mut BTreeMap<String, PendingItem>, item_id: &str, pending: &PendingItem) {
    match kept.get_mut(item_id) {
        Some(known) if *known >= *pending => {}
        Some(known) => *known = pending.clone(),
        None => {
            kept.insert(item_id.to_owned(), pending.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contribution(seed: u64) -> Contribution {
        let hash = xxhash_rust::xxh3::xxh3_64(&seed.to_le_bytes());
        let keys = if seed & 1 << 60 == 0 { 1 } else { u64::MAX / 20 };
        let platform = Platform::ALL[usize::try_from(hash % 5).unwrap()];
        let pending = PendingItem {
            team: "support".into(),
            thread: format!("t{}", hash % 7),
            revision: hash % 3,
            intent: "outage".into(),
        };
        Contribution {
            counts: hash & 512 == 0,
            at: Timestamp::clamped(i64::try_from(hash % 10_000_000).unwrap()),
            platform,
            language: if hash & 1 == 0 { "en".into() } else { "es".into() },
            negative: hash & 2 == 0,
            sentiment_percent: i64::try_from(hash % 161).unwrap() - 80,
            outage: hash & 4 == 0,
            noise: hash & 8 == 0,
            repost: hash & 16 == 0,
            person: hash % (11 * keys),
            text: hash % (13 * keys),
            thread: (hash & 32 == 0).then_some(hash % (3 * keys)),
            followers: hash % 1000,
            prominent: hash & 64 == 0,
            alarm: hash & 128 == 0,
            example: (hash & 128 == 0).then(|| format!("x:{}", hash % 17)),
            terms: vec![format!("tag{}", hash % (4 * keys))],
            pending: (hash & 256 == 0).then(|| (format!("item{}", hash % 5), pending)),
        }
    }

    fn bytes(partial: &Partial) -> Vec<u8> {
        postcard::to_allocvec(partial).unwrap()
    }

    /// Few different keys, so that they meet; and many, so that samples overflow.
    fn seeds() -> impl Strategy<Value = Vec<u64>> {
        let few = proptest::collection::vec(any::<u64>(), 1..80);
        let many = proptest::collection::vec(any::<u64>().prop_map(|seed| seed | 1 << 60), 300..600);
        prop_oneof![3 => few, 1 => many]
    }

    proptest! {
        /// Promise 3: items split, shuffled and regrouped over transactions in any way give the same bytes, and so do
        /// the parts merged in any order and by any tree.
        #[test]
        fn grouping_leaves_no_trace(seeds in seeds(), parts in 1usize..8, dice in any::<u64>()) {
            let mut whole = Partial::default();
            for seed in &seeds {
                whole.add(&contribution(*seed));
            }
            let roll = |index: usize, sides: usize| {
                let hash = xxhash_rust::xxh3::xxh3_64_with_seed(&index.to_le_bytes(), dice);
                usize::try_from(hash % sides as u64).unwrap()
            };
            let mut shuffled: Vec<(usize, u64)> = seeds.iter().copied().enumerate().collect();
            shuffled.sort_by_key(|(index, _)| roll(*index, 1 << 30));
            let mut split = vec![Partial::default(); parts];
            for (index, seed) in &shuffled {
                split[roll(index + 7, parts)].add(&contribution(*seed));
            }
            // any tree: two of what is left become one, until one is left
            let mut step = 0;
            while split.len() > 1 {
                step += 1;
                let part = split.swap_remove(roll(1_000 + step, split.len()));
                let into = roll(2_000 + step, split.len());
                split[into].merge(&part);
            }
            prop_assert_eq!(bytes(&split[0]), bytes(&whole));
            let mut read: Partial = postcard::from_bytes(&bytes(&whole)).unwrap();
            prop_assert_eq!(&read, &whole);
            read.merge(&Partial::default());
            prop_assert_eq!(bytes(&read), bytes(&whole), "nothing adds nothing");
        }
    }

    #[test]
    fn sums_that_are_too_large_stay_so() {
        let most = Partial { mentions: u64::MAX, reach: u64::MAX, sentiment_percent: i64::MAX, ..Partial::default() };
        let mut merged = most.clone();
        merged.merge(&most);
        assert_eq!((merged.mentions, merged.reach), (u64::MAX, u64::MAX));
    }
}
