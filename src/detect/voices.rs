//! What people say in a window, and which of it is said more than usual.
//!
//! A window keeps a bottom-k sample of its people with the terms that each used: words, pairs of words, hashtags. So a
//! term is weighed by people, never by posts, and the sample merges in any order. People who report trouble are kept
//! before all others; where others fell out, both are weighed back to their number.
//!
//! What is usual is a [`Vocabulary`]: hashes of the terms most people use, with faded counts, of what is older than an
//! hour and belongs to no incident. It holds no word. A term is told where its log-odds against the usual, under a
//! Dirichlet prior of the pooled rates, is significant (Monroe, Colaresi & Quinn 2008, "Fightin' Words", eq. 15, 16, 20
//! and 22, per person rather than per word).
//!
//! It must never tell a term that fewer than three people used.

use super::level::kept_of_week;
use super::sample::{BottomK, Merge};
use super::{Bucket, Partial, share_surprise};
use crate::mention::hash64;
use libm::{log, sqrt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// People sampled; exact below. A term of a fifth of them stands at 10 ± 3.
pub const VOICES: usize = 48;
/// Terms kept of one person.
const TERMS_MAX: usize = 24;
/// Between the terms of a voice; stands in no term.
const BREAK: char = '\n';
/// People who must use a term before it is told.
const PEOPLE_MIN: u64 = 3;
/// Standard deviations above the usual from which a term is told: one in forty by accident.
const DEVIATIONS: f64 = 1.96;
/// And −log10 of the chance of its share: hundreds of terms are looked at, one in 300 may stand out by accident.
const SURPRISE: f64 = 2.5;
/// How many people the prior weighs: a rate that nobody was seen to have is drawn to the pooled one by so much.
const PRIOR_PEOPLE: f64 = 10.0;
/// A term that shares so much of its people with one that is told already says nothing new.
const SAME: f64 = 0.7;
/// Terms of a vocabulary; with four bytes of hash and four of count, 2 kB.
const USUAL_TERMS: usize = 256;

/// A post that may be shown. Ordered by its id first: of several, the smallest one stands for a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// The mention.
    pub mention_id: String,
    /// Followers of its author.
    pub followers: u64,
    /// Its language; none where it is unknown.
    language: Option<[u8; 2]>,
}

impl Shown {
    /// A post in a language (ISO 639-1; all else is unknown).
    #[must_use]
    pub fn new(mention_id: String, followers: u64, language: &str) -> Self {
        Self { mention_id, followers, language: language.as_bytes().try_into().ok() }
    }

    /// ISO 639-1, or `unknown`.
    #[must_use]
    pub fn language(&self) -> &str {
        self.language.as_ref().and_then(|code| std::str::from_utf8(code).ok()).unwrap_or("unknown")
    }

    /// Whether it is kept as one in this language.
    pub(super) fn is_in(&self, language: &str) -> bool {
        self.language == language.as_bytes().try_into().ok()
    }
}

/// What one person said in a window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// A post of theirs that may be shown and is no noise; of several, the smallest one.
    pub example: Option<Shown>,
    /// Terms, ascending by hash, with [`BREAK`] between them.
    terms: String,
}

impl Voice {
    /// Somebody who used these terms in a post.
    #[must_use]
    pub fn new<'a>(terms: impl Iterator<Item = &'a str>, example: Option<Shown>) -> Self {
        Self { example, terms: joined(terms) }
    }

    /// From the terms of another, as that keeps them.
    pub(super) fn of_joined(terms: String, example: Option<Shown>) -> Self {
        Self { example, terms }
    }

    /// The terms, as they are kept.
    pub(super) fn joined(&self) -> &str {
        &self.terms
    }

    /// The terms, each once.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        split(&self.terms)
    }
}

impl Merge for Voice {
    fn merge(&mut self, other: &Self) {
        if other.example.is_some() && (self.example.is_none() || other.example < self.example) {
            self.example.clone_from(&other.example);
        }
        if self.terms != other.terms {
            self.terms = joined(self.terms().chain(other.terms()));
        }
    }
}

fn split(joined: &str) -> impl Iterator<Item = &str> {
    joined.split(BREAK).filter(|term| !term.is_empty())
}

/// The smallest terms by hash, so that any grouping keeps the same.
fn joined<'a>(terms: impl Iterator<Item = &'a str>) -> String {
    let mut terms: Vec<(u64, &str)> = terms.map(|term| (hash64(&[term]), term)).collect();
    terms.sort_unstable();
    terms.dedup();
    terms.truncate(TERMS_MAX);
    let terms: Vec<&str> = terms.into_iter().map(|(_, term)| term).collect();
    terms.join("\n")
}

/// The key of a voice: people who report trouble come first, each group in the order of a fixed hash.
#[must_use]
pub fn voice_key(person: u64, reports: bool) -> u64 {
    (person >> 1) | (u64::from(!reports) << 63)
}

/// Half of a person's hash, the same however they speak.
pub(super) fn person_of(key: u64) -> u64 {
    key & !(1 << 63)
}

fn reports(key: u64) -> bool {
    key >> 63 == 0
}

/// For how many people a voice of each group stands: those that report, and the others.
fn weights(partial: &Partial) -> [f64; 2] {
    if partial.voices.len() < VOICES {
        return [1.0, 1.0];
    }
    let kept = partial.voices.iter().filter(|(key, _)| reports(**key)).count() as f64;
    let (people, reporters) = (partial.people.distinct() as f64, partial.reporters.distinct() as f64);
    let weight = |people: f64, voices: f64| if voices > 0.0 { (people / voices).max(1.0) } else { 1.0 };
    [weight(reporters, kept), weight(people - reporters, partial.voices.len() as f64 - kept)]
}

/// The terms that most people of a series use, by hash.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Faded number of people.
    people: f32,
    /// Faded number of people by term, ascending by hash.
    terms: Vec<(u32, f32)>,
    /// No term that fell out was used by more.
    rest: f32,
    /// When it was last faded.
    at: Option<Bucket>,
}

impl Vocabulary {
    /// One that has heard nobody.
    pub(super) const EMPTY: Self = Self { people: 0.0, terms: Vec::new(), rest: 0.0, at: None };

    /// Learns what people said in a bucket that is old enough to be usual. Buckets come in order.
    pub fn learn(&mut self, bucket: Bucket, partial: &Partial) {
        let weights = weights(partial);
        let weight = |key: u64| weights[usize::from(!reports(key))] as f32;
        self.hear(bucket, partial.voices.iter().map(|(key, voice)| (weight(*key), voice.joined())));
    }

    /// The same of one person, with the terms of their voice as it keeps them.
    pub(super) fn learn_voice(&mut self, bucket: Bucket, joined: &str) {
        self.hear(bucket, std::iter::once((1.0, joined)));
    }

    /// People by what each stands for, with their terms.
    fn hear<'a>(&mut self, bucket: Bucket, people: impl Iterator<Item = (f32, &'a str)>) {
        self.fade(bucket);
        let mut said: Vec<(u32, f32)> = Vec::with_capacity(people.size_hint().0 * TERMS_MAX);
        for (weight, terms) in people {
            self.people += weight;
            said.extend(split(terms).map(|term| (key_of(term), weight)));
        }
        // stable: of one term the weights are summed in the order of the voices
        said.sort_by_key(|(term, _)| *term);
        said.dedup_by(|more, sum| {
            let is_same = more.0 == sum.0;
            if is_same {
                sum.1 += more.1;
            }
            is_same
        });
        self.add(said);
        self.cut();
    }

    /// Adds people to terms; both ascend by hash.
    fn add(&mut self, mut said: Vec<(u32, f32)>) {
        said.retain(|(term, weight)| match self.place(*term) {
            Ok(place) => {
                self.terms[place].1 += weight;
                false
            }
            Err(_) => true,
        });
        // as large as it may become: a series has one, so none has much room to spare
        self.terms.reserve_exact(said.len());
        // the greatest first, so that each term known before moves once
        let mut known = self.terms.len();
        self.terms.resize(known + said.len(), (0, 0.0));
        for (before, new) in said.into_iter().enumerate().rev() {
            let place = self.terms[..known].partition_point(|(term, _)| *term < new.0);
            self.terms.copy_within(place..known, place + before + 1);
            self.terms[place + before] = new;
            known = place;
        }
    }

    fn place(&self, term: u32) -> Result<usize, usize> {
        self.terms.binary_search_by_key(&term, |(known, _)| *known)
    }

    fn fade(&mut self, bucket: Bucket) {
        let keep = kept_of_week(&mut self.at, bucket);
        self.people *= keep;
        self.rest *= keep;
        self.terms.iter_mut().for_each(|(_, count)| *count *= keep);
    }

    /// Keeps the terms of most people (Misra & Gries 1982, by batches).
    fn cut(&mut self) {
        if self.terms.len() <= USUAL_TERMS {
            return;
        }
        // by count, then the smaller hash, as one number: counts are not negative, and order as their bits do
        let rank = |(term, count): &(u32, f32)| u64::from(count.to_bits()) << 32 | u64::from(!term);
        let first_out = least(self.terms.iter().map(rank), self.terms.len() - USUAL_TERMS);
        self.rest = self.rest.max(f32::from_bits((first_out >> 32) as u32));
        self.terms.retain(|term| rank(term) > first_out);
        // room for the terms of a post stays: else a talkative series would ask for it at every one
        self.terms.shrink_to(USUAL_TERMS + TERMS_MAX);
    }

    /// Bytes on the heap.
    pub(super) fn weight(&self) -> usize {
        self.terms.len() * size_of::<(u32, f32)>()
    }

    /// Faded number of people heard.
    pub(super) fn people(&self) -> f64 {
        f64::from(self.people)
    }

    /// People who used a term, at most.
    pub(super) fn count(&self, term: &str) -> f64 {
        self.listed(term).unwrap_or(f64::from(self.rest))
    }

    /// The same, where the term is among those of most people.
    pub(super) fn listed(&self, term: &str) -> Option<f64> {
        self.place(key_of(term)).ok().map(|place| f64::from(self.terms[place].1))
    }
}

/// The `count`-th least of these, from 1.
fn least(values: impl ExactSizeIterator<Item = u64>, count: usize) -> u64 {
    // no room is asked for save where a crowd has come
    let (mut room, mut more) = ([0; USUAL_TERMS + 4 * TERMS_MAX], Vec::new());
    let of = if let Some(room) = room.get_mut(..values.len()) {
        room.iter_mut().zip(values).for_each(|(place, value)| *place = value);
        room
    } else {
        more.extend(values);
        &mut more[..]
    };
    *of.select_nth_unstable(count - 1).1
}

fn key_of(term: &str) -> u32 {
    (hash64(&[term]) >> 32) as u32
}

/// A term that is said more than usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Distinctive {
    /// The term.
    pub term: String,
    /// People of the sample who used it.
    pub people: u64,
    /// Share of the people of the window, 0..1.
    pub share: f64,
    /// Share that is usual, 0..1.
    pub usual: f64,
    /// Standard deviations above.
    pub deviations: f64,
}

/// What the window says more than is usual, most significant first, and which posts say most of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// The terms, each of them new beside those before it.
    pub terms: Vec<Distinctive>,
    /// Mention ids of typical posts, most typical first.
    pub typical: Vec<String>,
}

/// Reads a window against the hour `before` it and what is usual. `reported`: only those who report trouble speak.
#[must_use]
pub fn said(window: &Partial, before: &Partial, usual: &Vocabulary, reported: bool, terms_max: usize) -> Said {
    let now = Counted::of(window, reported);
    let then = Counted::of(before, false);
    let mut terms: Vec<Distinctive> = now
        .terms
        .iter()
        .filter(|(_, used)| used.voices >= PEOPLE_MIN)
        .map(|(term, used)| now.against(term, used, &then, usual))
        .filter(|term| term.deviations >= DEVIATIONS)
        .filter(|term| share_surprise(term.people, now.voices, term.usual) >= SURPRISE)
        .collect();
    let longer_first = |a: &Distinctive, b: &Distinctive| b.term.len().cmp(&a.term.len()).then(a.term.cmp(&b.term));
    terms.sort_unstable_by(|a, b| b.deviations.total_cmp(&a.deviations).then_with(|| longer_first(a, b)));
    terms = without_repeats(terms, terms_max);
    let typical = typical(window, reported, &terms);
    Said { terms, typical }
}

/// Drops what repeats a term that is told: its word where the pair is told, and the other way round. Of the two, a pair
/// says more.
fn without_repeats(ranked: Vec<Distinctive>, terms_max: usize) -> Vec<Distinctive> {
    let mut told: Vec<Distinctive> = Vec::new();
    for term in ranked {
        let holds = |long: &str, short: &str| long.split(' ').any(|word| word == short);
        let repeats = |known: &Distinctive| {
            let (a, b) = (known.people.min(term.people) as f64, known.people.max(term.people) as f64);
            (holds(&known.term, &term.term) || holds(&term.term, &known.term)) && a >= SAME * b
        };
        match told.iter().position(repeats) {
            Some(place) if term.term.len() > told[place].term.len() => told[place] = term,
            Some(_) => {}
            None if told.len() < terms_max => told.push(term),
            None => {}
        }
    }
    told
}

/// Posts by how much of the window's own terms they hold; without any, by the order of the sample.
fn typical(window: &Partial, reported: bool, terms: &[Distinctive]) -> Vec<String> {
    let holds = |voice: &Voice| {
        let of = |term: &&Distinctive| voice.terms().any(|used| used == term.term);
        terms.iter().filter(of).map(|term| term.deviations).sum::<f64>()
    };
    let shown = window.voices.iter().filter(|(key, _)| !reported || reports(**key));
    let mut ranked: Vec<(f64, u64, &String)> =
        shown.filter_map(|(key, voice)| Some((holds(voice), *key, &voice.example.as_ref()?.mention_id))).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked.into_iter().take(3).map(|(_, _, id)| id.clone()).collect()
}

/// People by term.
struct Counted<'a> {
    people: f64,
    voices: u64,
    terms: BTreeMap<&'a str, Used>,
}

#[derive(Default)]
struct Used {
    people: f64,
    voices: u64,
}

impl<'a> Counted<'a> {
    fn of(partial: &'a Partial, reported: bool) -> Self {
        let weights = weights(partial);
        let mut counted = Self { people: 0.0, voices: 0, terms: BTreeMap::new() };
        for (key, voice) in partial.voices.iter().filter(|(key, _)| !reported || reports(**key)) {
            let weight = weights[usize::from(!reports(*key))];
            counted.people += weight;
            counted.voices += 1;
            for term in voice.terms() {
                let used = counted.terms.entry(term).or_default();
                used.people += weight;
                used.voices += 1;
            }
        }
        counted
    }

    /// The log-odds ratio of a term in standard deviations.
    fn against(&self, term: &str, used: &Used, then: &Counted<'_>, usual: &Vocabulary) -> Distinctive {
        let known = f64::from(usual.people) + then.people;
        let before = usual.count(term) + then.terms.get(term).map_or(0.0, |used| used.people);
        let pooled = (used.people + before) / (self.people + known).max(1.0);
        let prior = PRIOR_PEOPLE * pooled;
        let log_odds = |count: f64, of: f64| {
            let others = (of + PRIOR_PEOPLE - count - prior).max(0.5);
            log((count + prior) / others)
        };
        let variance = 1.0 / (used.people + prior) + 1.0 / (before + prior);
        let ratio = log_odds(used.people, self.people) - log_odds(before.min(known), known);
        Distinctive {
            term: term.to_owned(),
            people: used.voices,
            share: used.people / self.people.max(1.0),
            usual: before.min(known) / known.max(1.0),
            deviations: ratio / sqrt(variance),
        }
    }
}

/// A sample of the people of a window.
pub type Voices = BottomK<Voice, VOICES>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A window of people who each say one of these, in turn.
    fn window(people: std::ops::Range<u64>, texts: &[&[&str]], reports: bool) -> Partial {
        let mut partial = Partial::default();
        for person in people {
            let hash = hash64(&[&person.to_string()]);
            let terms = texts[usize::try_from(person).unwrap() % texts.len()];
            let voice = Voice::new(terms.iter().copied(), Some(Shown::new(format!("x:{person}"), 0, "en")));
            partial.voices.add(voice_key(hash, reports), &voice);
            partial.people.add(hash, &1);
            if reports {
                partial.reporters.add(hash, &1);
            }
        }
        partial
    }

    const USUAL: [&[&str]; 3] = [&["nimbus", "nice"], &["nimbus", "choir", "login"], &["nimbus", "band"]];
    const TROUBLE: [&[&str]; 2] =
        [&["nimbus", "error", "503", "error 503"], &["nimbus", "login", "error", "503", "error 503"]];

    fn usual() -> Vocabulary {
        let mut usual = Vocabulary::default();
        for hour in 0..24 {
            usual.learn(
                Bucket(hour * 360),
                &window(1000 + 20 * hour.unsigned_abs()..1020 + 20 * hour.unsigned_abs(), &USUAL, false),
            );
        }
        usual
    }

    fn terms(said: &Said) -> Vec<&str> {
        said.terms.iter().map(|term| term.term.as_str()).collect()
    }

    #[test]
    fn what_is_new_is_told_and_what_everybody_says_is_not() {
        let window = window(0..12, &TROUBLE, true);
        let said = said(&window, &Partial::default(), &usual(), false, 5);
        assert_eq!(terms(&said), ["error 503"], "{said:?}");
        let told = &said.terms[0];
        assert!(
            told.people == 12 && told.share > 0.99 && told.usual < 0.01 && told.deviations > DEVIATIONS,
            "{told:?}"
        );
        assert_eq!(said.typical.len(), 3);
    }

    #[test]
    fn two_people_are_not_enough_and_the_usual_says_nothing() {
        for window in [window(0..2, &TROUBLE, true), window(0..40, &USUAL, false)] {
            let said = said(&window, &Partial::default(), &usual(), false, 5);
            assert!(said.terms.is_empty() && !said.typical.is_empty(), "{said:?}");
        }
    }

    #[test]
    fn reports_stand_first_and_are_weighed_back() {
        let mut crowd = window(0..400, &USUAL, false);
        crowd.merge(&window(500..520, &TROUBLE, true));
        assert_eq!(crowd.voices.len(), VOICES);
        let counted = Counted::of(&crowd, false);
        let share = counted.terms["503"].people / counted.people;
        assert!((0.03..0.08).contains(&share), "20 of 420, told as {share}");
        let said = said(&crowd, &Partial::default(), &usual(), true, 5);
        assert_eq!(terms(&said), ["error 503"]);
        assert!(said.typical.iter().all(|id| id.len() == 5), "typical are reports: {said:?}");
    }

    #[test]
    fn a_vocabulary_is_bounded_and_forgets() {
        let mut usual = Vocabulary::default();
        for round in 0..40u64 {
            let words: Vec<String> = (0..20).map(|word| format!("word{}", round * 20 + word)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["nimbus"]).collect();
            usual.learn(Bucket(i64::try_from(round).unwrap()), &window(0..3, &[&words], false));
        }
        assert_eq!(usual.terms.len(), USUAL_TERMS);
        assert!((usual.count("nimbus") - 120.0).abs() < 0.1 && (usual.count("never seen") - 3.0).abs() < 0.1);
        usual.learn(Bucket(60_480 + 39), &Partial::default());
        assert!((usual.count("nimbus") - 60.0).abs() < 0.1);
    }

    proptest! {
        #[test]
        fn a_vocabulary_keeps_what_a_map_would(buckets in proptest::collection::vec((1u64..60, 0i64..9_000), 1..20)) {
            let (mut usual, mut model, mut rest, mut now) = (Vocabulary::default(), BTreeMap::new(), 0f32, Bucket(0));
            for (people, pass) in buckets {
                now = now.plus(pass);
                let words: Vec<String> = (0..14).map(|word| format!("word{}", people * word % 331)).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let said = window(0..people, &[&words[..9], &words[4..], &words], people.is_multiple_of(2));
                let keep = kept_of_week(&mut usual.at.clone(), now);
                model.values_mut().chain([&mut rest]).for_each(|count| *count *= keep);
                let weights = weights(&said);
                let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
                for (key, voice) in said.voices.iter() {
                    let weight = weights[usize::from(!reports(*key))] as f32;
                    voice.terms().for_each(|term| *sums.entry(key_of(term)).or_default() += weight);
                }
                sums.into_iter().for_each(|(term, weight)| *model.entry(term).or_default() += weight);
                while model.len() > USUAL_TERMS {
                    let rarest = model.iter().min_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map(|(term, _)| *term);
                    rest = rest.max(model.remove(&rarest.unwrap()).unwrap());
                }
                usual.learn(now, &said);
                prop_assert!(usual.terms.iter().copied().eq(model.iter().map(|(term, count)| (*term, *count))));
                prop_assert_eq!(usual.rest.to_bits(), rest.to_bits());
            }
        }

        #[test]
        fn voices_merge_in_any_grouping(people in proptest::collection::vec(0u64..9, 1..60), cut in 0usize..60) {
            let voice = |place: usize, person: u64| {
                let words: Vec<String> = (0..9).map(|word| format!("w{}", (place * 7 + word) % 40)).collect();
                let shown = || Shown::new(format!("x:{}", place / 2), place as u64 % 3, ["en", "fr"][place % 2]);
                Voice::new(words.iter().map(String::as_str), person.is_multiple_of(2).then(shown))
            };
            let (mut whole, mut left, mut right) = (Voices::default(), Voices::default(), Voices::default());
            for (place, person) in people.iter().enumerate() {
                let voice = voice(place, *person);
                whole.add(*person, &voice);
                if place < cut { left.add(*person, &voice) } else { right.add(*person, &voice) }
            }
            right.merge(&left);
            prop_assert_eq!(whole, right);
        }
    }
}
