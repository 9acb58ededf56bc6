//! New topics: a phrase, a hashtag or a link that many people of a series say within an hour and nobody said before.
//!
//! It goes by people, never by posts, and by the share of the people who speak, so that neither a loud author nor a
//! busy morning makes anything new. What is known is the [`Vocabulary`](super::Vocabulary) of the series, which holds
//! what is older than an hour. Copies of one text and answers to one post are other findings, so a topic needs people
//! with words of their own, spread over threads. It must never be asked about people whose posts may not be shown.

use super::voices::{Vocabulary, Voice, person_of};
use super::{Bucket, Partial, Settings, share_surprise};
use crate::mention::{Platform, hash64};
use std::collections::{BTreeMap, BTreeSet};

/// Whoever said it in the past week, faded, is no more than this part of those who say it in an hour.
const KNOWN_SHARE: f64 = 0.25;
/// Of the people who say it so many do so in words of their own, at least.
const OWN_SHARE: f64 = 0.3;
/// Of the people who say it so many in one thread make it a matter of that thread.
const THREAD_SHARE: f64 = 0.5;
/// Two posts that share so much of their rarer terms are one text (Jaccard).
const SAME_TEXT: f64 = 0.6;
/// A term that so many people of the series use says nothing about whether two texts are one.
const USUAL_SHARE: f64 = 0.1;
/// People whose texts are compared; of more, a sample by hash.
const COMPARED_MAX: usize = 64;
/// Topics found at once.
const TOPICS_MAX: usize = 8;
/// Of the people of the largest topic so many at least say what names it.
const NAMES_IT: f64 = 0.7;
/// Posts shown.
const EXAMPLES_MAX: usize = 3;

/// What a topic is told as. Ordered by how well it names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Form {
    Hashtag,
    Phrase,
    Link,
    Word,
}

impl Form {
    /// The form of a term.
    #[must_use]
    pub fn of(term: &str) -> Self {
        if term.starts_with('#') {
            Self::Hashtag
        } else if term.starts_with(LINK) {
            Self::Link
        } else if term.contains(' ') {
            Self::Phrase
        } else {
            Self::Word
        }
    }
}

/// How a link begins among terms.
pub const LINK: &str = "https://";

/// A term, and the people who say it within an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// The phrase, hashtag or link.
    pub term: String,
    /// People who say it.
    pub people: u64,
    /// People who say anything.
    pub of: u64,
    /// People who usually would, of so many.
    pub expected: f64,
    /// Largest number that would still be usual.
    pub upper: u64,
    /// −log10 of the probability of so many or more, less what is owed to the number of terms looked at.
    pub surprise: f64,
    /// Texts that are no copies of each other.
    pub texts: u64,
    /// First bucket of this hour in which somebody said it.
    pub since: Bucket,
    /// Ids of posts that may be shown, the first one first, each in other words where there are such.
    pub examples: Vec<String>,
    /// People who had said it so far, every five minutes of the hour; the last is `people`.
    pub growth: Vec<u64>,
    /// The same people as counts, to be told from.
    pub evidence: Partial,
}

/// One person in the hour: when, and what they said.
#[derive(Debug, Clone, Copy)]
struct Spoken<'a> {
    person: u64,
    at: Bucket,
    voice: &'a Voice,
}

/// What the people of an hour say, ready to be asked.
#[derive(Debug)]
pub struct Hour<'a> {
    /// By person, then by time.
    spoken: Vec<Spoken<'a>>,
    details: Vec<(Bucket, &'a Partial)>,
    usual: &'a Vocabulary,
    people: u64,
}

impl<'a> Hour<'a> {
    /// Reads the details of an hour. Only people whose posts may be shown and are no noise speak.
    #[must_use]
    pub fn new(details: Vec<(Bucket, &'a Partial)>, usual: &'a Vocabulary) -> Self {
        let spoken = details.iter().flat_map(|(at, partial)| {
            let shown = partial.voices.iter().filter(|(_, voice)| voice.example.is_some());
            shown.map(|(key, voice)| Spoken { person: person_of(*key), at: *at, voice })
        });
        let mut spoken: Vec<Spoken<'_>> = spoken.collect();
        spoken.sort_by_key(|spoken| (spoken.person, spoken.at));
        let people = spoken.chunk_by(|a, b| a.person == b.person).count() as u64;
        Self { spoken, details, usual, people }
    }

    /// New topics, the one that is best named first. `fits` says which terms may be one.
    #[must_use]
    pub fn topics(&self, settings: &Settings, fits: impl Fn(&str) -> bool) -> Vec<Topic> {
        let (said, looked_at) = self.said_by(settings.floor.max(settings.people));
        let owed = libm::log10(looked_at.max(1) as f64);
        let new = said.into_iter().filter(|(term, people)| fits(term) && self.is_new(term, *people, settings, owed));
        let mut topics: Vec<Topic> = new.filter_map(|(term, _)| self.independent(term, settings, owed)).collect();
        let most = topics.iter().map(|topic| topic.people).max().unwrap_or(0);
        let rank = |topic: &Topic| {
            let names_it = topic.people as f64 >= NAMES_IT * most as f64;
            (!names_it, names_it.then(|| Form::of(&topic.term)), u64::MAX - topic.people)
        };
        topics.sort_by(|a, b| (rank(a), &a.term).cmp(&(rank(b), &b.term)));
        topics.truncate(TOPICS_MAX);
        topics
    }

    /// Terms that so many people say, and how many different ones are said at all.
    fn said_by(&self, people_min: u64) -> (Vec<(&'a str, u64)>, usize) {
        if self.people < people_min {
            return (Vec::new(), 0);
        }
        let mut hashes: Vec<u64> = Vec::new();
        for of_person in self.spoken.chunk_by(|a, b| a.person == b.person) {
            let from = hashes.len();
            hashes.extend(of_person.iter().flat_map(|spoken| spoken.voice.terms()).map(|term| hash64(&[term])));
            if of_person.len() > 1 {
                hashes[from..].sort_unstable();
                let mut own = hashes.split_off(from);
                own.dedup();
                hashes.append(&mut own);
            }
        }
        hashes.sort_unstable();
        let mut looked_at = 0;
        let mut many: BTreeMap<u64, u64> = BTreeMap::new();
        for run in hashes.chunk_by(|a, b| a == b) {
            looked_at += 1;
            if run.len() as u64 >= people_min {
                many.insert(run[0], run.len() as u64);
            }
        }
        let mut named: BTreeMap<&str, u64> = BTreeMap::new();
        for term in self.spoken.iter().flat_map(|spoken| spoken.voice.terms()) {
            if let Some(people) = many.get(&hash64(&[term])) {
                named.insert(term, *people);
            }
            if named.len() == many.len() {
                break;
            }
        }
        (named.into_iter().collect(), looked_at)
    }

    /// The usual share of people who say it, at most; one more than were seen, for who was not heard.
    fn usual_share(&self, term: &str) -> f64 {
        ((self.usual.count(term) + 1.0) / (self.usual.people() + 1.0)).min(1.0)
    }

    fn is_new(&self, term: &str, people: u64, settings: &Settings, owed: f64) -> bool {
        let (said, usual) = (people as f64, self.usual_share(term));
        let known = self.usual.listed(term).unwrap_or(0.0);
        let expected = usual * self.people as f64;
        known <= KNOWN_SHARE * said
            && said >= settings.ratio * expected
            && said - expected >= settings.excess
            && share_surprise(people, self.people, usual) - owed >= settings.surprise
    }

    /// The topic, where people say it in words of their own and not all in one thread.
    fn independent(&self, term: &str, settings: &Settings, owed: f64) -> Option<Topic> {
        let topic = self.topic(term, settings, owed);
        let own = (OWN_SHARE * topic.people as f64).max(settings.people as f64);
        (topic.texts as f64 >= own && !self.is_one_thread(term)).then_some(topic)
    }

    /// Everything about one term, new or not.
    #[must_use]
    pub fn topic(&self, term: &str, settings: &Settings, owed: f64) -> Topic {
        let who = self.who(term);
        let people = who.len() as u64;
        let usual = self.usual_share(term);
        let evidence = evidence(&who);
        let is_usual = |count: &u64| share_surprise(*count, self.people, usual) - owed < settings.surprise;
        let (texts, examples) = self.texts(term, &who);
        Topic {
            term: term.to_owned(),
            people,
            of: self.people,
            expected: usual * self.people as f64,
            upper: (0..=self.people).take_while(is_usual).last().unwrap_or(0),
            surprise: (share_surprise(people, self.people, usual) - owed).max(0.0),
            texts,
            since: who.iter().map(|spoken| spoken.at).min().unwrap_or(Bucket::FIRST),
            examples,
            growth: self.growth(&who),
            evidence,
        }
    }

    /// Whether people say it in words of their own and not all in one thread, whatever is usual.
    #[must_use]
    pub fn is_independent(&self, term: &str, settings: &Settings) -> bool {
        self.independent(term, settings, 0.0).is_some()
    }

    /// People who say it.
    #[must_use]
    pub fn people_of(&self, term: &str) -> u64 {
        self.who(term).len() as u64
    }

    /// Who says it, each when they first did.
    fn who(&self, term: &str) -> Vec<Spoken<'a>> {
        let says = |spoken: &&Spoken<'_>| spoken.voice.terms().any(|said| said == term);
        let mut who: Vec<Spoken<'_>> = self.spoken.iter().filter(says).copied().collect();
        who.dedup_by_key(|spoken| spoken.person);
        who
    }

    /// How many texts are no copies, and posts of them, the earliest first.
    fn texts(&self, term: &str, who: &[Spoken<'a>]) -> (u64, Vec<String>) {
        let mut order: Vec<&Spoken<'a>> = who.iter().take(COMPARED_MAX).collect();
        let compared = order.len();
        order.sort_by_key(|spoken| (spoken.at, spoken.person));
        let own = |voice: &'a Voice| -> BTreeSet<&str> {
            voice.terms().filter(|said| !overlaps(said, term) && self.usual_share(said) < USUAL_SHARE).collect()
        };
        let mut texts: Vec<BTreeSet<&str>> = Vec::new();
        let mut examples: Vec<String> = Vec::new();
        for spoken in order {
            let words = own(spoken.voice);
            if !texts.iter().any(|text| is_same(text, &words)) {
                texts.push(words);
                let id = spoken.voice.example.as_ref().map(|shown| shown.mention_id.clone());
                examples.extend(id.filter(|_| examples.len() < EXAMPLES_MAX));
            }
        }
        let scale = who.len() as f64 / compared.max(1) as f64;
        (libm::round(texts.len() as f64 * scale) as u64, examples)
    }

    fn is_one_thread(&self, term: &str) -> bool {
        let who = self.who(term);
        let speaks = |person: u64| who.binary_search_by_key(&person, |spoken| spoken.person).is_ok();
        let mut threads: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (hash, thread) in self.details.iter().flat_map(|(_, partial)| partial.threads.iter()) {
            let people = thread.people.iter().map(|(person, _)| person >> 1);
            threads.entry(*hash).or_default().extend(people.filter(|person| speaks(*person)));
        }
        threads.values().any(|people| people.len() as f64 >= THREAD_SHARE * who.len() as f64)
    }

    fn growth(&self, who: &[Spoken<'_>]) -> Vec<u64> {
        let (Some(first), Some(last)) = (self.details.first(), self.details.last()) else { return Vec::new() };
        let so_far = |at: Bucket| who.iter().filter(|spoken| spoken.at <= at).count() as u64;
        let mut steps: Vec<Bucket> = vec![last.0];
        while steps.len() < STEPS_MAX && steps[steps.len() - 1].plus(-STEP) > first.0 {
            steps.push(steps[steps.len() - 1].plus(-STEP));
        }
        steps.into_iter().rev().map(so_far).collect()
    }
}

/// Buckets between two points of growth, and points of an hour.
const STEP: i64 = 30;
const STEPS_MAX: usize = 13;

/// The people as counts, each by the post of theirs which may be shown: its platform, its language and its reach.
fn evidence(who: &[Spoken<'_>]) -> Partial {
    let mut partial = Partial::default();
    for spoken in who {
        let Some(shown) = &spoken.voice.example else { continue };
        let platform = shown.mention_id.split(':').next().and_then(|name| name.parse::<Platform>().ok());
        partial.hear(spoken.person, platform, shown.language(), shown.followers);
        partial.show(&shown.mention_id, shown.followers, spoken.at.start());
    }
    partial
}

/// The term itself, or one of its words, or a pair with one of them.
fn overlaps(said: &str, term: &str) -> bool {
    said.split(' ').any(|word| term.split(' ').any(|of_term| word == of_term))
}

/// True when two sets of terms are one text.
fn is_same(a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> bool {
    let both = a.intersection(b).count();
    let either = a.len() + b.len() - both;
    both as f64 >= SAME_TEXT * either as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::voices::{Shown, voice_key};

    /// Every fourth in French, everybody with as many followers as their number.
    fn shown(person: u64) -> Shown {
        Shown::new(format!("x:{person}"), person, if person.is_multiple_of(4) { "fr" } else { "en" })
    }

    /// People who each say these words, one of them their own.
    fn bucket(people: std::ops::Range<u64>, words: &[&str], own: bool) -> Partial {
        let mut partial = Partial::default();
        for person in people {
            let (hash, mine) = (hash64(&[&person.to_string()]), [format!("own{person}"), format!("my{person}")]);
            let mine = mine.iter().map(String::as_str).take(if own { 2 } else { 0 });
            let voice = Voice::new(words.iter().copied().chain(mine), Some(shown(person)));
            partial.voices.add(voice_key(hash, person.is_multiple_of(3)), &voice);
            partial.people.add(hash, &1);
        }
        partial
    }

    /// Two days of twenty people an hour.
    fn usual() -> Vocabulary {
        let mut usual = Vocabulary::default();
        for hour in 0..48_u64 {
            let words: &[&str] = if hour % 24 == 8 { &["nimbus", "#teatime"] } else { &["nimbus", "nice"] };
            usual.learn(Bucket(360 * hour.cast_signed()), &bucket(1_000 + 20 * hour..1_020 + 20 * hour, words, true));
        }
        usual
    }

    fn settings() -> Settings {
        Settings { floor: 15, ratio: 8.0, excess: 12.0, ..Settings::default() }
    }

    fn found(details: &[Partial]) -> Vec<(String, u64)> {
        let usual = usual();
        let details = details.iter().enumerate().map(|(place, partial)| (Bucket(30 * place as i64), partial));
        let topics = Hour::new(details.collect(), &usual).topics(&settings(), |_| true);
        topics.into_iter().map(|topic| (topic.term, topic.people)).collect()
    }

    #[test]
    fn a_topic_is_what_many_people_say_and_nobody_did() {
        let quiet = bucket(5_000..5_030, &["nimbus", "nice"], true);
        let tag = |range, own| bucket(range, &["nimbus", "#next"], own);
        let one = |term: &str, people| vec![(term.to_owned(), people)];
        let mut thread = tag(0..20, true);
        for person in 0..20_u64 {
            let mut part = crate::detect::ThreadPart { mentions: 1, ..Default::default() };
            part.people.add(hash64(&[&person.to_string()]), &1);
            thread.threads.add(7, &part);
        }
        let mut noise = tag(0..20, true);
        noise.voices = Default::default();
        for person in 0..20_u64 {
            noise
                .voices
                .add(voice_key(hash64(&[&person.to_string()]), false), &Voice::new(["#next"].into_iter(), None));
        }
        for (name, details, expected) in [
            ("nothing new", vec![quiet.clone()], vec![]),
            ("enough people", vec![quiet.clone(), tag(0..8, true), tag(8..15, true)], one("#next", 15)),
            ("one less", vec![quiet.clone(), tag(0..8, true), tag(8..14, true)], vec![]),
            ("the same people again", vec![quiet.clone(), tag(0..10, true), tag(0..10, true)], vec![]),
            ("one text", vec![quiet.clone(), tag(0..40, false)], vec![]),
            ("one thread", vec![quiet.clone(), thread], vec![]),
            ("noise", vec![quiet.clone(), noise], vec![]),
            ("what comes back every day", vec![quiet.clone(), bucket(0..20, &["nimbus", "#teatime"], true)], vec![]),
            (
                "a pair names it better than its words",
                vec![quiet, bucket(0..20, &["nimbus", "aurora", "aurora canvas", "canvas"], true)],
                ["aurora canvas", "aurora", "canvas"].map(|term| (term.to_owned(), 20)).to_vec(),
            ),
        ] {
            assert_eq!(found(&details), expected, "{name}");
        }
    }

    #[test]
    fn a_topic_tells_its_people_texts_and_growth() {
        let details = [bucket(0..9, &["nimbus", "#next"], true), bucket(9..24, &["nimbus", "#next"], true)];
        let details = details.iter().zip([Bucket(0), Bucket(60)]).map(|(partial, at)| (at, partial)).collect();
        let usual = usual();
        let topic = Hour::new(details, &usual).topic("#next", &settings(), 0.0);
        assert_eq!((topic.people, topic.of, topic.texts, topic.since), (24, 24, 24, Bucket(0)));
        assert_eq!(topic.growth, [9, 24], "an hour ends with all of them: {:?}", topic.growth);
        assert!(topic.expected < 0.1 && topic.upper < 15 && topic.surprise > 20.0, "{topic:?}");
        assert_eq!((topic.examples.len(), topic.evidence.platforms[&Platform::X]), (EXAMPLES_MAX, 24));
        let (languages, widest) = (&topic.evidence.languages, &topic.evidence.widest[0].mention_id);
        assert_eq!((languages["en"], languages["fr"], topic.evidence.reach), (18, 6, 276));
        assert_eq!((widest.as_str(), topic.evidence.first[0].rank), ("x:23", Bucket(0).start().as_micros()));
    }
}
