//! What is known of the posts of the last hour beyond their counts, by bucket.
//!
//! Old details are kept by five minutes: a window that reaches them needs no finer ones. A detail of few posts is kept
//! as its encoding, a tenth of the partial's size, and read when an alert asks for it, which of a quiet series hardly
//! one does. Details are shared with the copies that undo keeps, until one of them is written.

use super::BLOCK;
use crate::detect::{Bucket, Partial};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Details older than this many buckets (15 min) are kept by five minutes.
const FINE: i64 = 90;
/// A detail of so many posts is kept encoded: a busy one changes too often to be read and written every time.
const ENCODED_MAX: u64 = 16;
/// Most details are no longer than this when they are encoded, bytes.
const SMALL: usize = 1_024;

/// A detail, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Detail {
    Encoded(Arc<[u8]>),
    Open(Arc<Partial>),
}

impl Detail {
    /// Which of the two follows from what is kept alone, so equal details are the same bytes.
    fn of(partial: &Partial) -> Self {
        let encoded = (partial.mentions <= ENCODED_MAX).then(|| encoded(partial)).flatten();
        encoded.map_or_else(|| Self::Open(Arc::new(partial.clone())), Self::Encoded)
    }

    /// The partial. What was encoded here can be read; anything else tells nothing.
    pub(super) fn read(&self) -> Arc<Partial> {
        match self {
            Self::Encoded(bytes) => Arc::new(postcard::from_bytes(bytes).unwrap_or_default()),
            Self::Open(partial) => Arc::clone(partial),
        }
    }

    fn merge(&mut self, partial: &Partial) {
        match self {
            Self::Open(kept) => Arc::make_mut(kept).merge(partial),
            Self::Encoded(_) => {
                let mut kept = Arc::unwrap_or_clone(self.read());
                kept.merge(partial);
                *self = Self::of(&kept);
            }
        }
    }
}

/// The encoding of a partial; written where it costs nothing first, for its length is not known before.
fn encoded(partial: &Partial) -> Option<Arc<[u8]>> {
    let mut room = [0; SMALL];
    let bytes = postcard::to_slice(partial, &mut room).map(|bytes| Arc::from(&*bytes));
    bytes.or_else(|_| postcard::to_allocvec(partial).map(Arc::from)).ok()
}

/// Details by bucket, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Details {
    kept: Vec<(Bucket, Detail)>,
}

impl Details {
    /// Merges what was read of a bucket, as it stands `now`, without the items that wait for a decision.
    pub(super) fn merge(&mut self, bucket: Bucket, now: Bucket, partial: &Partial) {
        let (key, partial) = (key(bucket, now), &*decided(partial));
        match self.kept.binary_search_by_key(&key, |(bucket, _)| *bucket) {
            Ok(place) => self.kept[place].1.merge(partial),
            Err(place) => {
                self.make_room();
                self.kept.insert(place, (key, Detail::of(partial)));
            }
        }
    }

    fn make_room(&mut self) {
        if self.kept.len() == self.kept.capacity() {
            self.kept.reserve_exact((self.kept.len() / 4).max(1));
        }
    }

    /// Takes out what is older than a bucket.
    pub(super) fn take_before(&mut self, bucket: Bucket) -> Vec<(Bucket, Detail)> {
        let end = self.kept.partition_point(|(at, _)| *at < bucket);
        self.kept.drain(..end).collect()
    }

    /// Brings what is no longer new together by five minutes.
    pub(super) fn thin(&mut self, now: Bucket) {
        let mut place = 0;
        while self.kept.get(place).is_some_and(|(bucket, _)| *bucket < fine(now)) {
            let key = key(self.kept[place].0, now);
            self.kept[place].0 = key;
            if place > 0 && self.kept[place - 1].0 == key {
                let (_, detail) = self.kept.remove(place);
                self.kept[place - 1].1.merge(&detail.read());
            } else {
                place += 1;
            }
        }
        if self.kept.capacity() > 2 * (self.kept.len() + 1) {
            self.fit();
        }
    }

    /// Gives back the room of what was taken out.
    pub(super) fn fit(&mut self) {
        self.kept.shrink_to_fit();
    }

    /// The oldest bucket that something is known of.
    pub(super) fn oldest(&self) -> Option<Bucket> {
        self.kept.first().map(|(bucket, _)| *bucket)
    }

    /// What is known from a bucket on.
    pub(super) fn since(&self, first: Bucket) -> impl Iterator<Item = (Bucket, Arc<Partial>)> {
        let from = self.kept.partition_point(|(at, _)| *at < first);
        self.kept[from..].iter().map(|(at, detail)| (*at, detail.read()))
    }

    /// What is known before a bucket.
    pub(super) fn before(&self, end: Bucket) -> impl Iterator<Item = Arc<Partial>> {
        self.kept.iter().take_while(move |(at, _)| *at < end).map(|(_, detail)| detail.read())
    }

    /// Bytes of a copy that shares its details, about.
    pub(super) fn weight(&self) -> usize {
        self.kept.len() * size_of::<(Bucket, Detail)>()
    }
}

/// What is left where nothing waits any more.
fn decided(partial: &Partial) -> Cow<'_, Partial> {
    if partial.pending.is_empty() {
        return Cow::Borrowed(partial);
    }
    let mut decided = partial.clone();
    decided.pending.clear();
    Cow::Owned(decided)
}

/// The first bucket that is kept by itself.
fn fine(now: Bucket) -> Bucket {
    now.plus(-FINE)
}

/// The bucket that a bucket's detail is kept under.
fn key(bucket: Bucket, now: Bucket) -> Bucket {
    if bucket >= fine(now) { bucket } else { Bucket(bucket.0 - bucket.0.rem_euclid(i64::from(BLOCK))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Contribution, PendingItem};
    use crate::mention::{Platform, Timestamp, hash64};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn partial(seed: u64, posts: u64) -> Partial {
        let mut partial = Partial::default();
        for post in 0..posts {
            let person = hash64(&[&(seed * 31 + post).to_string()]);
            let waits = PendingItem { revision: 0, team: "t".into(), thread: "h".into(), intent: "i".into() };
            partial.add(&Contribution {
                counts: true,
                at: Timestamp::clamped(i64::try_from(seed).unwrap()),
                platform: Platform::X,
                language: "en".into(),
                negative: person.is_multiple_of(2),
                sentiment_percent: 5,
                outage: person.is_multiple_of(3),
                noise: false,
                repost: false,
                person,
                text: person ^ 1,
                thread: person.is_multiple_of(4).then_some(person % 9),
                followers: person % 100,
                prominent: false,
                alarm: false,
                example: Some(format!("x:{seed}-{post}")),
                terms: vec![format!("word{}", person % 20)],
                pending: person.is_multiple_of(5).then(|| (format!("item{person}"), waits)),
            });
        }
        partial
    }

    /// As they were kept before they were encoded: every one open, in a map.
    #[derive(Default)]
    struct Model(BTreeMap<Bucket, Partial>);

    impl Model {
        fn merge(&mut self, bucket: Bucket, now: Bucket, partial: &Partial) {
            let kept = self.0.entry(key(bucket, now)).or_default();
            kept.merge(partial);
            kept.pending.clear();
        }

        fn thin(&mut self, now: Bucket) {
            for (bucket, partial) in std::mem::take(&mut self.0) {
                self.0.entry(key(bucket, now)).or_default().merge(&partial);
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_as_if_it_were_open(
            steps in proptest::collection::vec((0i64..60, 0i64..380, 0u64..12), 1..40),
        ) {
            let (mut details, mut model, mut now) = (Details::default(), Model::default(), Bucket(10_000));
            for (seed, (pass, age, posts)) in steps.into_iter().enumerate() {
                now = now.plus(pass);
                let old = details.take_before(now.plus(-360));
                let kept = model.0.split_off(&now.plus(-360));
                let dropped = std::mem::replace(&mut model.0, kept);
                let old: Vec<(Bucket, Arc<Partial>)> = old.into_iter().map(|(at, detail)| (at, detail.read())).collect();
                prop_assert!(old.iter().map(|(at, partial)| (at, &**partial)).eq(&dropped));
                details.thin(now);
                model.thin(now);
                let partial = partial(seed as u64, posts);
                details.merge(now.plus(-age), now, &partial);
                model.merge(now.plus(-age), now, &partial);
                let read: Vec<(Bucket, Arc<Partial>)> = details.since(Bucket::FIRST).collect();
                prop_assert!(read.iter().map(|(at, partial)| (at, &**partial)).eq(&model.0));
                let first = now.plus(-100);
                prop_assert!(details.before(first).count() == model.0.range(..first).count());
                let bytes = postcard::to_allocvec(&details).unwrap();
                prop_assert_eq!(&postcard::from_bytes::<Details>(&bytes).unwrap(), &details);
            }
        }
    }
}
