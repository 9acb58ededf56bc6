//! What is known of the posts of the last hour beyond their counts, by bucket.
//!
//! Old details are kept by five minutes: a window that reaches them needs no finer ones. A detail of few posts is kept
//! as its encoding, a tenth of the partial's size and less of one post, and read when an alert asks for it, which of a
//! quiet series hardly one does. Details are shared with the copies that undo keeps, until one of them is written.

use super::BLOCK;
use super::post::Post;
use super::talk::Talk;
use crate::detect::{Bucket, Partial};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Details older than this many buckets (15 min) are kept by five minutes.
const FINE: i64 = 90;
/// A detail of so many posts is kept encoded: a busy one changes too often to be read and written every time.
const ENCODED_MAX: u64 = 16;
/// Details of a quiet series, at most.
const FEW: usize = 4;
/// Most details are no longer than this when they are encoded, bytes.
const SMALL: usize = 512;

/// A detail, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Detail {
    #[serde(with = "bytes")]
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
            Self::Encoded(bytes) => Arc::new(decoded(bytes).unwrap_or_default()),
            Self::Open(partial) => Arc::clone(partial),
        }
    }

    /// Teaches what is usually said; of a post without its partial.
    pub(super) fn teach(&self, bucket: Bucket, talk: &mut Talk) {
        match self.post() {
            Some(post) => talk.learn_post(bucket, &post),
            None => talk.learn(bucket, &self.read()),
        }
    }

    fn post(&self) -> Option<Post<'_>> {
        match self {
            Self::Encoded(bytes) => post(bytes),
            Self::Open(_) => None,
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

/// What an encoding begins with: that of a post, or of any other partial.
const OF_POST: u8 = 0;
const OF_PARTIAL: u8 = 1;

/// The encoding of a partial; written where it costs nothing first, for its length is not known before.
fn encoded(partial: &Partial) -> Option<Arc<[u8]>> {
    match Post::of(partial) {
        Some(post) => written(OF_POST, &post),
        None => written(OF_PARTIAL, partial),
    }
}

fn written(form: u8, value: &impl Serialize) -> Option<Arc<[u8]>> {
    let mut room = [form; SMALL];
    if let Ok(bytes) = postcard::to_slice(value, &mut room[1..]) {
        let length = 1 + bytes.len();
        return Some(Arc::from(&room[..length]));
    }
    postcard::to_extend(value, vec![form]).map(Arc::from).ok()
}

fn decoded(bytes: &[u8]) -> Option<Partial> {
    match bytes.split_first()? {
        (&OF_PARTIAL, bytes) => postcard::from_bytes(bytes).ok(),
        _ => post(bytes).map(|post| post.partial()),
    }
}

fn post(bytes: &[u8]) -> Option<Post<'_>> {
    let (_, bytes) = bytes.split_first().filter(|(form, _)| **form == OF_POST)?;
    postcard::from_bytes(bytes).ok()
}

/// Bytes at once, and not one by one.
mod bytes {
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(bytes: &Arc<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[u8]>, D::Error> {
        from.deserialize_bytes(Bytes)
    }

    struct Bytes;

    impl Visitor<'_> for Bytes {
        type Value = Arc<[u8]>;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(bytes.into())
        }
    }
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

    /// Reads what begins with them, in the room there is; what follows.
    pub(super) fn unpack<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], postcard::Error> {
        let (count, mut bytes) = postcard::take_from_bytes::<usize>(bytes)?;
        self.kept.clear();
        self.kept.reserve_exact(count.min(2 * FINE as usize));
        for _ in 0..count {
            let (detail, rest) = postcard::take_from_bytes(bytes)?;
            self.kept.push(detail);
            bytes = rest;
        }
        Ok(bytes)
    }

    fn make_room(&mut self) {
        if self.kept.len() == self.kept.capacity() {
            self.kept.reserve_exact((self.kept.len() / 4).max(1));
        }
    }

    /// Takes out what is older than a bucket.
    pub(super) fn take_before(&mut self, bucket: Bucket) -> impl Iterator<Item = (Bucket, Detail)> {
        let end = self.kept.partition_point(|(at, _)| *at < bucket);
        self.kept.drain(..end)
    }

    /// Whether they are few, and encoded.
    pub(super) fn are_few(&self) -> bool {
        self.kept.len() <= FEW && self.kept.iter().all(|(_, detail)| matches!(detail, Detail::Encoded(_)))
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

    #[test]
    fn a_post_teaches_what_its_partial_would() {
        let (mut of_posts, mut of_partials) = (Talk::NONE, Talk::NONE);
        for seed in 0..60 {
            let (bucket, partial) = (Bucket(i64::try_from(seed).unwrap() * 700), partial(seed, 1 + seed % 2));
            let detail = Detail::of(&decided(&partial));
            assert_eq!(detail.post().is_some(), seed % 2 == 0);
            detail.teach(bucket, &mut of_posts);
            of_partials.learn(bucket, &partial);
            assert_eq!(of_posts, of_partials, "{seed}");
        }
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
                let old: Vec<(Bucket, Arc<Partial>)> = old.map(|(at, detail)| (at, detail.read())).collect();
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
