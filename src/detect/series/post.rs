//! A partial of one post, as it is kept: each of its parts once.
//!
//! Why so: most details of a quiet series are one post, whose partial holds its author, its id, its language and its
//! reach several times over. What is not exactly the partial of one counted post is none, and kept as it is: reading a
//! post gives back the partial it was taken from.

use crate::detect::partial::{Example, ThreadPart};
use crate::detect::threads::mark_parts;
use crate::detect::voices::{Shown, Voice, voice_key};
use crate::detect::{BottomK, Partial};
use crate::mention::Platform;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a post is or has, a bit each.
const NOISE: u8 = 1;
const NEGATIVE: u8 = 1 << 1;
const OUTAGE: u8 = 1 << 2;
const REPOST: u8 = 1 << 3;
const PROMINENT: u8 = 1 << 4;
const ALARM: u8 = 1 << 5;
/// It may be shown.
const EXAMPLE: u8 = 1 << 6;
/// And stands for its author.
const VOICE: u8 = 1 << 7;

/// The one post of a partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Post<'a> {
    is: u8,
    pub(super) sentiment_percent: i64,
    reach: u64,
    pub(super) platform: Platform,
    pub(super) language: &'a str,
    #[serde(with = "postcard::fixint::le")]
    person: u64,
    /// Of one that is no repost; else 0.
    #[serde(with = "postcard::fixint::le")]
    text: u64,
    thread: Option<u64>,
    /// When, and its id; empty where it may not be shown.
    at_micros: i64,
    mention_id: &'a str,
    /// As its voice keeps them.
    pub(super) terms: &'a str,
}

impl<'a> Post<'a> {
    /// None where this is not exactly the partial of one post.
    pub(super) fn of(partial: &'a Partial) -> Option<Self> {
        let (platform, 1) = only(partial.platforms.iter())? else { return None };
        let (language, 1) = only(partial.languages.iter())? else { return None };
        let (person, _) = only(partial.people.iter())?;
        let (_, voice) = only(partial.voices.iter())?;
        let example = match (&partial.widest[..], &partial.first[..]) {
            ([], []) => None,
            ([_], [first]) => Some(first),
            _ => return None,
        };
        let marks = [
            (NOISE, partial.noise),
            (NEGATIVE, partial.negative),
            (OUTAGE, partial.outage),
            (REPOST, partial.reposts),
            (PROMINENT, partial.prominent),
            (ALARM, partial.alarmed.len() as u64),
            (EXAMPLE, u64::from(example.is_some())),
            (VOICE, u64::from(voice.example.is_some())),
        ];
        let post = Self {
            is: marks.iter().fold(0, |is, (mark, count)| if *count == 0 { is } else { is | mark }),
            sentiment_percent: partial.sentiment_percent,
            reach: partial.reach,
            platform: *platform,
            language,
            person: *person,
            text: partial.texts.iter().next().map_or(0, |(text, _)| *text),
            thread: partial.threads.iter().next().map(|(thread, _)| *thread),
            at_micros: example.map_or(0, |first| first.rank),
            mention_id: example.map_or("", |first| &first.mention_id),
            terms: voice.joined(),
        };
        post.is_of(partial).then_some(post)
    }

    /// Whether reading it gives back this partial. Names every field, so that one that is added is not forgotten.
    fn is_of(&self, partial: &Partial) -> bool {
        let Partial {
            mentions,
            noise,
            negative,
            outage,
            reposts,
            prominent,
            sentiment_percent,
            sentiment_squares,
            reach,
            platforms,
            languages,
            platform_moods,
            language_moods,
            people,
            texts,
            reporters,
            reports,
            alarmed,
            threads,
            voices,
            widest,
            first,
            pending,
        } = partial;
        let flag = |mark: u8| u64::from(self.has(mark));
        let counts = [*mentions, *noise, *negative, *outage, *reposts, *prominent, *sentiment_squares, *reach];
        let squares = self.squares();
        counts == [1, flag(NOISE), flag(NEGATIVE), flag(OUTAGE), flag(REPOST), flag(PROMINENT), squares, self.reach]
            && *sentiment_percent == self.sentiment_percent
            && platforms.iter().eq([(&self.platform, &1)])
            && languages.iter().map(|(language, count)| (&**language, *count)).eq([(self.language, 1)])
            && platform_moods.iter().eq([(&self.platform, &self.sentiment_percent)])
            && language_moods
                .iter()
                .map(|(language, sum)| (&**language, *sum))
                .eq([(self.language, *sentiment_percent)])
            && holds(people, Some(self.person))
            && holds(texts, self.text())
            && holds(reporters, self.has(OUTAGE).then_some(self.person))
            && holds(reports, self.text().filter(|_| self.has(OUTAGE)))
            && holds(alarmed, self.has(ALARM).then_some(self.person))
            && self.is_thread(threads.iter())
            && voices.iter().all(|(key, voice)| *key == self.voice_key() && self.is_example(voice.example.as_ref()))
            && widest.iter().all(|example| example.rank == self.width() && example.mention_id == self.mention_id)
            && first.iter().all(|example| example.rank == self.at_micros && example.mention_id == self.mention_id)
            && pending.is_empty()
    }

    fn is_thread<'t>(&self, mut threads: impl Iterator<Item = (&'t u64, &'t ThreadPart)>) -> bool {
        let Some((_, part)) = threads.next() else { return true };
        let ThreadPart { mentions, people, marks, reach } = part;
        let is_one = (*mentions, *marks, *reach) == (1, mark_parts(self.reach), self.reach);
        is_one && holds(people, Some(self.person)) && threads.next().is_none()
    }

    fn is_example(&self, shown: Option<&Shown>) -> bool {
        shown.is_none_or(|shown| {
            self.has(EXAMPLE)
                && shown.mention_id == self.mention_id
                && shown.followers == self.reach
                && shown.is_in(self.language)
        })
    }

    /// The partial it was taken from.
    pub(super) fn partial(&self) -> Partial {
        let Self { sentiment_percent, reach, platform, language, person, mention_id, .. } = *self;
        let flag = |mark: u8| u64::from(self.has(mark));
        let example = |rank: i64| Example { rank, mention_id: mention_id.to_owned() };
        let examples = |rank: i64| self.has(EXAMPLE).then(|| example(rank)).into_iter().collect();
        let shown = self.has(VOICE).then(|| Shown::new(mention_id.to_owned(), reach, language));
        let part = || ThreadPart { mentions: 1, people: one(Some(person)), marks: mark_parts(reach), reach };
        let mut partial = Partial {
            mentions: 1,
            noise: flag(NOISE),
            negative: flag(NEGATIVE),
            outage: flag(OUTAGE),
            reposts: flag(REPOST),
            prominent: flag(PROMINENT),
            sentiment_percent,
            sentiment_squares: self.squares(),
            reach,
            platforms: BTreeMap::from([(platform, 1)]),
            languages: BTreeMap::from([(language.to_owned(), 1)]),
            platform_moods: BTreeMap::from([(platform, sentiment_percent)]),
            language_moods: BTreeMap::from([(language.to_owned(), sentiment_percent)]),
            people: one(Some(person)),
            texts: one(self.text()),
            reporters: one(self.has(OUTAGE).then_some(person)),
            reports: one(self.text().filter(|_| self.has(OUTAGE))),
            alarmed: one(self.has(ALARM).then_some(person)),
            widest: examples(self.width()),
            first: examples(self.at_micros),
            ..Partial::default()
        };
        partial.voices.add(self.voice_key(), &Voice::of_joined(self.terms.to_owned(), shown));
        if let Some(thread) = self.thread {
            partial.threads.add(thread, &part());
        }
        partial
    }

    fn has(&self, mark: u8) -> bool {
        self.is & mark != 0
    }

    fn text(&self) -> Option<u64> {
        (!self.has(REPOST)).then_some(self.text)
    }

    fn squares(&self) -> u64 {
        self.sentiment_percent.unsigned_abs().saturating_pow(2)
    }

    fn voice_key(&self) -> u64 {
        voice_key(self.person, self.has(OUTAGE))
    }

    /// Its rank among the widest.
    fn width(&self) -> i64 {
        -i64::try_from(self.reach).unwrap_or(i64::MAX)
    }
}

/// The only one of these.
fn only<T>(mut of: impl Iterator<Item = T>) -> Option<T> {
    of.next().filter(|_| of.next().is_none())
}

fn holds<const K: usize>(sample: &BottomK<u64, K>, hash: Option<u64>) -> bool {
    sample.iter().map(|(hash, count)| (*hash, *count)).eq(hash.map(|hash| (hash, 1)))
}

fn one<const K: usize>(hash: Option<u64>) -> BottomK<u64, K> {
    let mut sample = BottomK::default();
    if let Some(hash) = hash {
        sample.add(hash, &1);
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Contribution, PendingItem};
    use crate::mention::{Timestamp, hash64};
    use proptest::prelude::*;

    fn contribution(seed: u64) -> Contribution {
        let random = |what: &str, sides: u64| hash64(&[what, &seed.to_string()]) % sides;
        let is = |what: &str| random(what, 2) == 0;
        Contribution {
            counts: true,
            at: Timestamp::clamped(i64::try_from(random("at", 1 << 52)).unwrap()),
            platform: Platform::ALL[usize::try_from(random("platform", 5)).unwrap()],
            language: ["en", "de", "unknown"][usize::try_from(random("language", 3)).unwrap()].to_owned(),
            negative: is("negative"),
            sentiment_percent: i64::try_from(random("sentiment", 201)).unwrap() - 100,
            outage: is("outage"),
            noise: is("noise"),
            repost: is("repost"),
            person: random("person", u64::MAX),
            text: random("text", u64::MAX),
            thread: is("thread").then(|| random("hash", u64::MAX)),
            followers: random("followers", 1 << 20),
            prominent: is("prominent"),
            alarm: is("alarm"),
            example: is("example").then(|| format!("x:{seed}")),
            terms: (0..random("terms", 30)).map(|term| format!("word{}", random(&term.to_string(), 40))).collect(),
            pending: None,
        }
    }

    fn partial(seed: u64) -> Partial {
        let mut partial = Partial::default();
        partial.add(&contribution(seed));
        partial
    }

    /// One number of a partial is another one.
    fn change(partial: &mut Partial, which: u64) {
        let two = |sample: &mut BottomK<u64, 256>| {
            let known = sample.iter().next().map_or(7, |(hash, _)| *hash);
            sample.add(known, &1);
        };
        let waits = PendingItem { revision: 0, team: "t".into(), thread: "h".into(), intent: "i".into() };
        match which {
            0 => partial.mentions += 1,
            1 => partial.noise += 1,
            2 => partial.negative += 2,
            3 => partial.outage ^= 1,
            4 => partial.reposts ^= 1,
            5 => partial.prominent += 2,
            6 => partial.sentiment_percent += 1,
            7 => partial.sentiment_squares += 1,
            8 => partial.reach += 1,
            9 => partial.platforms.values_mut().for_each(|count| *count += 1),
            10 => drop(partial.languages.insert("fr".into(), 1)),
            11 => partial.platform_moods.clear(),
            12 => partial.language_moods.values_mut().for_each(|sum| *sum += 1),
            13 => two(&mut partial.people),
            14 => two(&mut partial.texts),
            15 => two(&mut partial.reporters),
            16 => two(&mut partial.reports),
            17 => partial.alarmed.add(9, &1),
            18 => partial.threads.add(9, &ThreadPart::default()),
            19 => partial.voices.add(9, &Voice::default()),
            20 => partial.widest.push(Example { rank: 0, mention_id: "x:0".into() }),
            21 => partial.first.clear(),
            22 => drop(partial.pending.insert("item".into(), waits)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn a_post_is_read_as_the_partial_it_was_taken_from(seed in any::<u64>()) {
            let partial = partial(seed);
            let post = Post::of(&partial).expect("it is one");
            prop_assert_eq!(&post.partial(), &partial);
            let bytes = postcard::to_allocvec(&post).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Post<'_>>(&bytes).unwrap(), post);
        }

        #[test]
        fn what_is_not_exactly_one_post_is_none(seed in any::<u64>(), which in 0u64..24, other in any::<u64>()) {
            let mut changed = partial(seed);
            if which == 23 { changed.merge(&partial(other)) } else { change(&mut changed, which) }
            prop_assert!(Post::of(&changed).is_none_or(|post| post.partial() == changed));
        }
    }

    #[test]
    fn nothing_is_no_post() {
        assert_eq!(Post::of(&Partial::default()), None);
    }
}
