//! The life of an alert on a new topic: one at a time on a query, told once.
//!
//! It is looked for every other minute and must be seen twice. What an open alert explains, on the counts or on another
//! topic, is known from then on, and so is what was told: for a week nobody is told of it again, save that the last topic
//! comes back stronger within a day. It never freezes a baseline: how much is said need not change.

use super::{AlertKind, AlertState, Episode};
use crate::detect::{Bucket, Form, Topic};
use crate::mention::Timestamp;
use crate::route::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From one look to the next: two minutes of buckets.
const LOOK_EVERY: i64 = 12;
/// What was told or explained is known for so long: a week of buckets.
const KNOWN_FOR: i64 = 60_480;
/// Topics known at once; of more, the oldest are forgotten.
const KNOWN_MAX: usize = 32;
/// While the counts are unusual a topic waits for so many buckets (half an hour): what they tell comes first.
const WAITS: i64 = 180;
/// For so many buckets (24 h) the last topic comes back under its old name, where it is stronger by this factor.
const REFRACTORY: i64 = 8_640;
const STRONGER: f64 = 1.5;
/// It is told again when so many times the people say it.
const GROWTH: u64 = 2;
/// Looks in a row below half of what it takes to open, before it is over.
const CALM_LOOKS: u32 = 2;

/// A term that is known, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    term: String,
    at: Bucket,
}

/// The alert on new topics of one query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Topics {
    looked: Option<Bucket>,
    /// None while there is nothing in it, as in most queries.
    history: Option<Box<History>>,
}

/// What was seen, told or explained of the topics of a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct History {
    /// The alert told last.
    episode: Option<Episode>,
    /// What it is about; empty before the first.
    term: String,
    /// When it was opened last, and how many people said it by then.
    opening: Option<(Bucket, u64)>,
    /// The topic of the last look, and since when it is there.
    seen: Option<(String, Bucket)>,
    known: Vec<Known>,
}

/// What the other alerts of the query say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// An alert on the counts is open or ended within the hour: what is said is explained by it.
    pub explained: bool,
    /// The counts are unusual, and nothing is told of it yet.
    pub unusual: bool,
}

impl Topics {
    /// True while an alert is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.episode().is_some_and(Episode::is_open)
    }

    /// The alert told last.
    #[must_use]
    pub fn episode(&self) -> Option<&Episode> {
        self.history.as_ref()?.episode.as_ref()
    }

    /// The same, to be changed.
    pub(super) fn episode_mut(&mut self) -> Option<&mut Episode> {
        self.history.as_mut()?.episode.as_mut()
    }

    /// What it is about; empty before the first.
    #[must_use]
    pub fn term(&self) -> &str {
        self.history.as_ref().map_or("", |history| &history.term)
    }

    /// When it was opened last, and how many people said it by then.
    #[must_use]
    pub fn opening(&self) -> Option<(Bucket, u64)> {
        self.history.as_ref()?.opening
    }

    /// Whether this is a bucket to look in; notes that it was.
    pub fn is_due(&mut self, at: Bucket) -> bool {
        let due = self.looked.is_none_or(|looked| at.0.saturating_sub(looked.0) >= LOOK_EVERY);
        if due {
            self.looked = Some(at);
        }
        due
    }

    /// Takes one look at the topics that are new.
    pub fn look(
        &mut self,
        query: &str,
        at: Bucket,
        found: &[Topic],
        beside: Beside,
        severity: Severity,
    ) -> Option<AlertState> {
        let mut history = self.history.take().unwrap_or_default();
        let state = history.look(query, at, found, beside, severity);
        self.history = (*history != History::default()).then_some(history);
        state
    }

    /// Follows the open topic, of which so many people speak.
    pub fn follow(&mut self, at: Bucket, people: u64, people_min: u64) -> Option<AlertState> {
        let episode = self.episode_mut().filter(|episode| episode.is_open())?;
        let calm = episode.is_calm_for(2 * people < people_min, CALM_LOOKS);
        if calm || episode.outlasted_days(at).is_some() {
            episode.closed = Some(at);
            return Some(AlertState::Resolved);
        }
        if people >= GROWTH * episode.told {
            episode.told = people;
            return Some(AlertState::Updated);
        }
        None
    }
}

impl History {
    fn look(
        &mut self,
        query: &str,
        at: Bucket,
        found: &[Topic],
        beside: Beside,
        severity: Severity,
    ) -> Option<AlertState> {
        self.known.retain(|known| at.0.saturating_sub(known.at.0) < KNOWN_FOR);
        if beside.explained || self.episode.as_ref().is_some_and(Episode::is_open) {
            self.seen = None;
            found.iter().for_each(|topic| self.know(&topic.term, at));
            return None;
        }
        let Some(topic) = found.iter().find(|topic| self.is_news(topic, at)) else {
            self.seen = None;
            return None;
        };
        let still = |term: &str| found.iter().any(|topic| is_related(term, &topic.term));
        let before = self.seen.take().filter(|(term, _)| still(term));
        let since = before.as_ref().map_or(at, |(_, since)| *since);
        let waits = if beside.unusual { WAITS } else { LOOK_EVERY };
        if at.0.saturating_sub(since.0) < waits {
            self.seen = Some((topic.term.clone(), since));
            return None;
        }
        let state = self.open(query, at, topic, severity);
        found.iter().for_each(|topic| self.know(&topic.term, at));
        Some(state)
    }

    fn open(&mut self, query: &str, at: Bucket, topic: &Topic, severity: Severity) -> AlertState {
        let again = self.episode.take().filter(|last| last.withdrawn.is_none() && is_related(&self.term, &topic.term));
        let (state, mut episode) = match again {
            Some(last) => (AlertState::Reopened, last.again(topic.since)),
            None => (AlertState::Opened, Episode::new(query, AlertKind::Emerging, topic.since, severity)),
        };
        (episode.told, episode.expected, episode.people) = (topic.people, topic.expected, topic.people);
        self.episode = Some(episode);
        self.opening = Some((at, topic.people));
        self.term.clone_from(&topic.term);
        state
    }

    /// Neither told nor explained before; or the last topic, stronger than it was.
    fn is_news(&self, topic: &Topic, at: Bucket) -> bool {
        let last = self.episode.as_ref().filter(|last| last.withdrawn.is_none() && is_related(&self.term, &topic.term));
        if let Some(last) = last
            && last.closed.is_some_and(|closed| at.0.saturating_sub(closed.0) < REFRACTORY)
        {
            return topic.people as f64 >= STRONGER * last.told as f64;
        }
        !self.known.iter().any(|known| is_related(&known.term, &topic.term))
    }

    fn know(&mut self, term: &str, at: Bucket) {
        self.known.retain(|known| known.term != term);
        self.known.push(Known { term: term.to_owned(), at });
        let over = self.known.len().saturating_sub(KNOWN_MAX);
        self.known.drain(..over);
    }
}

/// The same topic in other words: all of the shorter one stands in the longer one, or they differ in spaces and signs.
fn is_related(a: &str, b: &str) -> bool {
    let words =
        |term: &str| -> Vec<String> { term.split(' ').map(|word| word.trim_start_matches('#').to_owned()).collect() };
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    short.iter().all(|word| long.contains(word)) || a.concat() == b.concat()
}

/// What an alert on a new topic is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopicEvidence {
    /// The phrase, hashtag or link.
    pub term: String,
    /// What it is.
    pub form: TopicForm,
    /// When it was first said in the hour before it was told.
    pub since: Timestamp,
    /// People who said it within the hour.
    pub people: u64,
    /// Texts of theirs that are no copies of each other.
    pub texts: u64,
}

/// What a topic is told as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum TopicForm {
    Phrase,
    Hashtag,
    Link,
}

impl TopicEvidence {
    /// What there is to say of a topic that began at `since`.
    #[must_use]
    pub(super) fn of(topic: &Topic, since: Bucket) -> Self {
        let form = match Form::of(&topic.term) {
            Form::Hashtag => TopicForm::Hashtag,
            Form::Link => TopicForm::Link,
            Form::Phrase | Form::Word => TopicForm::Phrase,
        };
        Self { term: topic.term.clone(), form, since: since.start(), people: topic.people, texts: topic.texts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Partial;

    const ALONE: Beside = Beside { explained: false, unusual: false };
    const EXPLAINED: Beside = Beside { explained: true, unusual: false };
    const UNUSUAL: Beside = Beside { explained: false, unusual: true };

    fn topic(term: &str, people: u64) -> Topic {
        Topic {
            term: term.to_owned(),
            people,
            of: 100,
            expected: 0.5,
            upper: 5,
            surprise: 12.0,
            texts: people,
            since: Bucket(0),
            examples: Vec::new(),
            growth: Vec::new(),
            evidence: Partial::default(),
        }
    }

    /// Looks every two minutes; at each, the topics found and how many people say the open one.
    fn told(looks: &[(&[(&str, u64)], Beside)]) -> Vec<(usize, AlertState)> {
        let mut topics = Topics::default();
        let mut told = Vec::new();
        for (place, (found, beside)) in looks.iter().enumerate() {
            let at = Bucket(LOOK_EVERY * i64::try_from(place).unwrap());
            assert!(topics.is_due(at) && !topics.is_due(at.plus(1)));
            let found: Vec<Topic> = found.iter().map(|(term, people)| topic(term, *people)).collect();
            let opened = topics.look("q", at, &found, *beside, Severity::S3);
            let people = found.iter().find(|topic| topic.term == topics.term()).map_or(0, |topic| topic.people);
            let state = opened.or_else(|| topics.follow(at, people, 15));
            told.extend(state.map(|state| (place, state)));
        }
        told
    }

    #[test]
    fn one_topic_is_told_once() {
        use AlertState::{Opened, Reopened, Resolved, Updated};
        const NEW: (&[(&str, u64)], Beside) = (&[("#next", 20)], ALONE);
        const NONE: (&[(&str, u64)], Beside) = (&[], ALONE);
        for (name, looks, expected) in [
            ("one look is not enough", vec![NEW, NONE, NEW, NONE], vec![]),
            ("two are, and two below end it", vec![NEW, NEW, NEW, NONE, NONE], vec![(1, Opened), (4, Resolved)]),
            (
                "it grows",
                vec![NEW, NEW, (&[("#next", 39)], ALONE), (&[("#next", 40)], ALONE)],
                vec![(1, Opened), (3, Updated)],
            ),
            ("the same again is no news", vec![NEW, NEW, NONE, NONE, NEW, NEW], vec![(1, Opened), (3, Resolved)]),
            (
                "unless it is stronger",
                vec![NEW, NEW, NONE, NONE, (&[("#next", 30)], ALONE), (&[("#next", 30)], ALONE)],
                vec![(1, Opened), (3, Resolved), (5, Reopened)],
            ),
            (
                "another is",
                vec![NEW, NEW, NONE, NONE, (&[("dark mode", 16)], ALONE), (&[("dark mode", 16)], ALONE)],
                vec![(1, Opened), (3, Resolved), (5, Opened)],
            ),
            (
                "what was said beside it is not",
                vec![
                    NEW,
                    (&[("#next", 20), ("dark mode", 16)], ALONE),
                    NONE,
                    NONE,
                    (&[("dark mode", 16)], ALONE),
                    (&[("dark mode", 16)], ALONE),
                ],
                vec![(1, Opened), (3, Resolved)],
            ),
            ("nor what another alert explained", vec![(&[("#next", 20)], EXPLAINED), NEW, NEW], vec![]),
            ("it waits while the counts are unusual", vec![(&[("#next", 20)], UNUSUAL); 16], vec![(15, Opened)]),
        ] {
            assert_eq!(told(&looks), expected, "{name}");
        }
    }

    #[test]
    fn a_topic_is_the_same_in_fewer_words() {
        for (a, b, same) in [
            ("aurora canvas", "canvas", true),
            ("#nimbusnext", "nimbus next", true),
            ("dark mode", "offline mode", false),
            ("#next", "next", true),
        ] {
            assert_eq!((is_related(a, b), is_related(b, a)), (same, same), "{a} {b}");
        }
    }

    #[test]
    fn what_is_known_is_bounded_and_forgotten_after_a_week() {
        let mut topics = Topics::default();
        let mut history = History::default();
        for place in 0..100 {
            history.know(&format!("word{place}"), Bucket(place));
        }
        assert_eq!(history.known.len(), KNOWN_MAX);
        assert!(
            !history.is_news(&topic("word99", 20), Bucket(100)) && history.is_news(&topic("word1", 20), Bucket(100))
        );
        topics.history = Some(Box::new(history));
        topics.look("q", Bucket(99 + KNOWN_FOR), &[], ALONE, Severity::S3);
        assert_eq!(topics, Topics::default(), "nothing is left of it");
    }
}
