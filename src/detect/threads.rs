//! The threads of one query that are alive: a small table of self-exciting processes, fed by closed buckets in order.
//!
//! Bounded: the busiest of those last heard of stay, so one that takes off is never pushed out by passers-by; a thread
//! that is quiet for six hours is forgotten. Reach is the sum of followers, an upper bound of readers.
//!
//! It must never keep an event or an id: a thread is a hash, and sums.

use super::ascending::value_of;
use super::partial::ThreadPart;
use super::sample::BottomK;
use super::viral::{Phase, Reading, Thread};
use super::{Bucket, Partial};
use serde::{Deserialize, Serialize};

/// Threads kept of one query.
const THREADS_MAX: usize = 8;
/// A thread is forgotten when it was quiet for so many buckets: six hours.
const QUIET_MAX: i64 = 2_160;
/// Marks are counted in so many parts of one, so that their sum is exact.
const MARK_PARTS: f64 = 16.0;
/// A ratio beyond this is a moment's: what a young thread's posts will bring has not come yet.
const RATIO_MAX: f64 = 5.0;
/// Shares that each share brings, from which a thread feeds itself (DETECTION, 5).
const FEEDS_ITSELF: f64 = 0.8;

/// The mark of an author with so many followers, in sixteenths: √(followers + 1), rounded down.
#[must_use]
pub fn mark_parts(followers: u64) -> u64 {
    followers.saturating_add(1).saturating_mul(256).isqrt()
}

/// One thread that is alive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Alive {
    process: Thread,
    /// The last bucket it was heard in.
    last: Bucket,
    posts: u64,
    people: BottomK<u64, 32>,
    reach: u64,
}

/// What a thread tells at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThreadStory {
    /// Posts in it since it was first heard of.
    pub posts: u64,
    /// People in it; estimated above 32.
    pub people: u64,
    /// Sum of their followers.
    pub reach: u64,
    /// How it grows, and how far.
    pub reading: Reading,
}

impl ThreadStory {
    /// Shares that each share brings by the kernel of minutes, 5 at most; none while there are too few to say.
    #[must_use]
    pub fn branching_ratio(&self) -> Option<f64> {
        self.reading.ratios[0].map(|ratio| ratio.min(RATIO_MAX))
    }

    /// True unless it is known that its posts answer one large audience and not one another.
    #[must_use]
    pub fn feeds_itself(&self) -> bool {
        self.branching_ratio().is_none_or(|ratio| ratio >= FEEDS_ITSELF)
    }

    /// Whether it still grows.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.reading.phase == Phase::Growing
    }
}

/// The threads of one query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Threads {
    /// Ascending by hash; they are few.
    alive: Vec<(u64, Alive)>,
}

impl Threads {
    /// Takes what closed bucket `now` brought for one event bucket. Event buckets of one `now` come in order.
    pub fn take(&mut self, event: Bucket, now: Bucket, partial: &Partial) {
        for (hash, part) in partial.threads.iter() {
            value_of(&mut self.alive, hash, || Alive::new(now)).take(event, now, part);
        }
        self.drop_stale(now);
        while self.alive.len() > THREADS_MAX {
            let order = |(hash, thread): &(u64, Alive)| (thread.last, thread.posts, *hash);
            let least = self.alive.iter().map(order).min();
            self.alive.retain(|thread| Some(order(thread)) != least);
        }
        if self.alive.capacity() > 2 * self.alive.len() {
            self.alive.shrink_to_fit();
        }
    }

    /// Whether one is known that was quiet for so long that it is forgotten when something is heard next.
    #[must_use]
    pub fn have_stale(&self, now: Bucket) -> bool {
        self.alive.iter().any(|(_, thread)| thread.is_stale(now))
    }

    /// Forgets those.
    pub fn drop_stale(&mut self, now: Bucket) {
        self.alive.retain(|(_, thread)| !thread.is_stale(now));
        if self.alive.is_empty() {
            self.alive = Vec::new();
        }
    }

    /// What a thread tells at the end of a bucket; none where it is not known.
    #[must_use]
    pub fn story(&self, hash: u64, now: Bucket) -> Option<ThreadStory> {
        let (_, thread) = self.alive.iter().find(|(known, _)| *known == hash)?;
        let mut process = thread.process;
        process.pass(now.end());
        let (posts, reach) = (thread.posts, thread.reach);
        Some(ThreadStory { posts, people: thread.people.distinct().min(posts), reach, reading: process.read() })
    }

    /// Bytes in memory, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.alive
            .iter()
            .map(|(_, thread)| size_of::<(u64, Alive)>() + thread.people.len() * 2 * size_of::<u64>())
            .sum()
    }
}

impl Alive {
    fn new(now: Bucket) -> Self {
        Self { process: Thread::default(), last: now, posts: 0, people: BottomK::default(), reach: 0 }
    }

    fn is_stale(&self, now: Bucket) -> bool {
        now.0.saturating_sub(self.last.0) > QUIET_MAX
    }

    fn take(&mut self, event: Bucket, now: Bucket, part: &ThreadPart) {
        // at its end, as it is read: else a steady stream would seem to be fading
        self.process.shares(event.end(), part.mentions, part.marks as f64 / MARK_PARTS);
        self.last = self.last.max(now);
        self.posts = self.posts.saturating_add(part.mentions);
        self.people.merge(&part.people);
        self.reach = self.reach.saturating_add(part.reach);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(thread: u64, posts: u64, person: u64) -> Partial {
        let mut partial = Partial::default();
        for post in 0..posts {
            let mut people = BottomK::default();
            people.add(crate::mention::hash64(&[&(person + post).to_string()]), &1);
            partial.threads.add(thread, &ThreadPart { mentions: 1, people, marks: mark_parts(300), reach: 300 });
        }
        partial
    }

    #[test]
    fn a_thread_that_doubles_feeds_itself_and_one_that_fades_is_past_its_peak() {
        let (mut growing, mut fading) = (Threads::default(), Threads::default());
        for step in 0..90i64 {
            let up = u64::from(libm::exp2(step as f64 / 20.0) as u32);
            growing.take(Bucket(step), Bucket(step), &partial(7, up, 1_000 * step.unsigned_abs()));
            let down = u64::from(libm::exp2((90 - step) as f64 / 20.0) as u32);
            fading.take(Bucket(step), Bucket(step), &partial(7, down, 1_000 * step.unsigned_abs()));
        }
        let (up, down) = (growing.story(7, Bucket(89)).expect("known"), fading.story(7, Bucket(150)).expect("known"));
        assert!(up.is_growing() && up.feeds_itself() && up.branching_ratio() > Some(1.0), "{up:?}");
        assert!(!down.is_growing() && down.branching_ratio() < up.branching_ratio(), "{down:?}");
        assert_eq!(up.reach, 300 * up.posts);
        let total = down.reading.total.expect("enough");
        assert!(total.low <= total.predicted && total.predicted <= total.high && total.low >= down.posts as f64 - 1.0);
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_busy() {
        let mut threads = Threads::default();
        for step in 0..400i64 {
            threads.take(Bucket(step), Bucket(step), &partial(7, 2, 5));
            threads.take(Bucket(step), Bucket(step), &partial(1_000 + step.unsigned_abs(), 1, 5));
        }
        assert_eq!(threads.alive.len(), THREADS_MAX);
        assert_eq!(threads.story(7, Bucket(400)).map(|story| story.posts), Some(800));
        threads.take(Bucket(400 + QUIET_MAX), Bucket(400 + QUIET_MAX), &Partial::default());
        assert!(threads.alive.is_empty(), "what is quiet is forgotten");
    }

    #[test]
    fn marks_are_whole_numbers_that_sum_exactly() {
        assert_eq!((mark_parts(0), mark_parts(99), mark_parts(u64::MAX)), (16, 160, u64::from(u32::MAX)));
    }
}
