//! A seeded day in the life of an invented company, in real platform shapes.
//!
//! Nimbus sells Nimbus Cloud, Nimbus Pay and Nimbus Mail; `@nimbushelp` answers. Around some nine thousand posts about
//! it goes the ordinary talk of thirty thousand people. Four things happen, far apart and to different products:
//!
//! | from | what | to |
//! | --- | --- | --- |
//! | 09:40, 10 min | login fails: hundreds of people in many words | Nimbus Cloud |
//! | 11:00, ramp of 4 h | the redesign: as many posts as ever, ever more of them negative | Nimbus Mail |
//! | 18:30, 40 min | one thread about an airport ad grows and grows | Nimbus |
//! | 21:30, 4 min | twelve accounts copy one text | Nimbus Pay |
//!
//! Pure: the same seed and size give the same bytes. It must never hold a real brand, person or post.

mod people;
mod rng;
mod shapes;
mod spoil;
mod texts;

use crate::alert::AlertKind;
use crate::mention::{Platform, Timestamp};
use people::{Author, FIRST_BOT, SUPPORT, TRAVELLER, platform, somebody};
use rng::Rng;
use serde_json::Value;
use shapes::{Draft, Refers, Shaped, bluesky_gesture, deleted, edited, shape};
use std::collections::{BTreeMap, VecDeque};
use texts::{Topic, VIRAL_ROOT};

/// Posts of a full day, about; some two per cent more records come with redeliveries, edits and deletes.
pub const POSTS: usize = 70_000;

/// 2026-03-02T00:00:00Z, a Monday.
const START_SECONDS: i64 = 1_772_409_600;
const DAY: f64 = 86_400.0;
const HOUR: f64 = 3_600.0;

const OUTAGE_AT: f64 = 9.0 * HOUR + 40.0 * 60.0;
const OUTAGE_SECONDS: f64 = 600.0;
const OUTAGE_POSTS: usize = 420;
const SHIFT_AT: f64 = 11.0 * HOUR;
const SHIFT_RAMP: f64 = 4.0 * HOUR;
const SHIFT_END: f64 = 17.0 * HOUR;
const VIRAL_AT: f64 = 18.5 * HOUR;
const VIRAL_SECONDS: f64 = 2_400.0;
const VIRAL_POSTS: usize = 700;
const FLOOD_AT: f64 = 21.5 * HOUR;
const FLOOD_SECONDS: f64 = 240.0;
const FLOOD_POSTS: usize = 220;
const BOTS: usize = 12;

/// Share of negative posts about Nimbus Mail before and after the ramp.
const SHIFT_SHARES: (f64, f64) = (0.15, 0.85);

/// Posts a day about each topic in a full day; the rest is chatter.
const BRAND_POSTS: [(Topic, usize); 19] = [
    (Topic::Homonym, 120),
    (Topic::Brand, 1_500),
    (Topic::CloudPraise, 800),
    (Topic::CloudQuestion, 350),
    (Topic::CloudDefect, 380),
    (Topic::CloudBlip, 60),
    (Topic::PayPraise, 700),
    (Topic::PayBilling, 480),
    (Topic::PayQuestion, 260),
    (Topic::MailGood, 2_300), // good and bad: the mood decides
    (Topic::Account, 180),
    (Topic::Giveaway, 380),
    (Topic::Scam, 40),
    (Topic::Threat, 1),
    (Topic::Legal, 5),
    (Topic::Safety, 2),
    (Topic::Press, 2),
    (Topic::Direct, 16),
    (Topic::Support, 60),
];

/// Likes and follows in a full day: content of nobody.
const GESTURES: usize = 2_200;

/// A day to be read.
#[derive(Debug, Clone)]
pub struct World {
    /// In order of arrival.
    pub records: Vec<WorldRecord>,
    /// What happened, in order of onset.
    pub truth: Vec<TruthEvent>,
    /// When the day began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
}

/// One raw record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldRecord {
    /// Which raw topic.
    pub platform: Platform,
    /// Its key: the native id of the mention, of the first one in an edit chain.
    pub key: String,
    /// When it arrived.
    pub at: Timestamp,
    /// The payload as received.
    pub value: Vec<u8>,
    /// What its author had in mind, for those who judge; the pipeline never sees it.
    pub about: &'static str,
}

/// Something that happened, and should be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthEvent {
    /// The kind of alert it deserves.
    pub kind: AlertKind,
    /// What it happened to.
    pub brand: &'static str,
    /// When it began.
    pub onset: Timestamp,
    /// When the last of it was over.
    pub end: Timestamp,
}

/// A post that will be made: seconds of the day, and what about.
#[derive(Clone, Copy)]
struct Planned {
    at: f64,
    what: What,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Post(Topic),
    Gesture,
    ViralRoot,
}

/// The day of `seed`, with about `posts` posts ([`POSTS`] is a full one; the four events keep their size).
#[must_use]
pub fn world(seed: u64, posts: usize) -> World {
    let mut planned = plan(seed, posts);
    planned.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut day = Day::new(seed, posts);
    for (seq, post) in planned.iter().enumerate() {
        day.make(u64::try_from(seq).unwrap_or(0), *post);
    }
    day.records.sort_by_key(|(at, order, _)| (*at, *order));
    World {
        records: day.records.into_iter().map(|(_, _, record)| record).collect(),
        truth: truth(),
        start: moment(0.0),
        end: moment(DAY),
    }
}

fn truth() -> Vec<TruthEvent> {
    let event = |kind, brand, onset, end| TruthEvent { kind, brand, onset: moment(onset), end: moment(end) };
    vec![
        event(AlertKind::Outage, "nimbus cloud", OUTAGE_AT, OUTAGE_AT + OUTAGE_SECONDS),
        event(AlertKind::SentimentShift, "nimbus mail", SHIFT_AT, SHIFT_END),
        event(AlertKind::Viral, "nimbus", VIRAL_AT, VIRAL_AT + VIRAL_SECONDS),
        event(AlertKind::Amplification, "nimbus pay", FLOOD_AT, FLOOD_AT + FLOOD_SECONDS),
    ]
}

#[allow(clippy::cast_possible_truncation)] // a day of microseconds fits
fn moment(seconds: f64) -> Timestamp {
    Timestamp::clamped(START_SECONDS * 1_000_000 + (seconds * 1e6) as i64)
}

fn plan(seed: u64, posts: usize) -> Vec<Planned> {
    let mut rng = Rng::new(seed, 1);
    let mut planned = Vec::with_capacity(posts + posts / 20);
    for (topic, of_full) in BRAND_POSTS {
        let count = (of_full * posts).div_ceil(POSTS);
        planned.extend((0..count).map(|_| Planned { at: time_of_day(&mut rng), what: What::Post(topic) }));
    }
    planned.extend((0..GESTURES * posts / POSTS).map(|_| Planned { at: time_of_day(&mut rng), what: What::Gesture }));
    plan_events(&mut rng, &mut planned);
    let chatter = posts.saturating_sub(planned.len());
    planned.extend((0..chatter).map(|_| Planned { at: time_of_day(&mut rng), what: What::Post(Topic::Chatter) }));
    planned
}

fn plan_events(rng: &mut Rng, planned: &mut Vec<Planned>) {
    for place in 0..OUTAGE_POSTS {
        // The last eighth are those who come late, over the ten minutes after it is fixed.
        let late = place % 8 == 7;
        let u = rng.unit();
        let at = if late { OUTAGE_SECONDS * (1.0 + u * u) } else { OUTAGE_SECONDS * libm::pow(u, 0.9) };
        planned.push(Planned { at: OUTAGE_AT + at, what: What::Post(Topic::Outage) });
    }
    planned.push(Planned { at: VIRAL_AT - 90.0, what: What::ViralRoot });
    for _ in 0..VIRAL_POSTS {
        let u = rng.unit();
        // A fast rise over the first tenth, then a long tail.
        let share = if u < 0.25 { 0.1 * libm::sqrt(u / 0.25) } else { 0.1 + 0.9 * libm::pow((u - 0.25) / 0.75, 2.2) };
        planned.push(Planned { at: VIRAL_AT + share * VIRAL_SECONDS, what: What::Post(Topic::Viral) });
    }
    for _ in 0..FLOOD_POSTS {
        planned.push(Planned { at: FLOOD_AT + rng.unit() * FLOOD_SECONDS, what: What::Post(Topic::Flood) });
    }
}

/// A moment of the day, quietest at four in the morning, busiest at four in the afternoon.
fn time_of_day(rng: &mut Rng) -> f64 {
    loop {
        let at = rng.unit() * DAY;
        let rhythm = 1.0 - 0.3 * libm::cos(std::f64::consts::TAU * (at / HOUR - 4.0) / 24.0);
        if rng.unit() * 1.3 < rhythm {
            return at;
        }
    }
}

/// Probability that a post about Nimbus Mail at this moment is negative.
fn mail_negative(at: f64) -> f64 {
    let (before, after) = SHIFT_SHARES;
    let risen = ((at - SHIFT_AT) / SHIFT_RAMP).clamp(0.0, 1.0);
    let fallen = ((at - SHIFT_END) / (1.5 * HOUR)).clamp(0.0, 1.0);
    before + (after - before) * (risen - fallen)
}

/// A recent post that others may answer.
#[derive(Clone)]
struct Recent {
    id: String,
    root: String,
}

const RECENT_MAX: usize = 200;

/// The day as it is being made.
struct Day {
    rng: Rng,
    people: usize,
    authors: BTreeMap<u64, Author>,
    recent: BTreeMap<Platform, VecDeque<Recent>>,
    viral: Vec<String>,
    /// What the records being made are about.
    about: &'static str,
    records: Vec<(Timestamp, usize, WorldRecord)>,
}

impl Day {
    fn new(seed: u64, posts: usize) -> Self {
        Self {
            rng: Rng::new(seed, 2),
            people: (posts * 3 / 7).max(500),
            authors: BTreeMap::new(),
            recent: BTreeMap::new(),
            viral: Vec::new(),
            about: "",
            records: Vec::with_capacity(posts + posts / 20),
        }
    }

    fn make(&mut self, seq: u64, planned: Planned) {
        self.about = match planned.what {
            What::Gesture => "gesture",
            What::ViralRoot => Topic::Viral.name(),
            What::Post(topic) => topic.name(),
        };
        match planned.what {
            What::Gesture => self.gesture(seq, planned.at),
            What::ViralRoot => self.viral_root(seq, planned.at),
            What::Post(topic) => self.post(seq, planned.at, topic),
        }
    }

    fn author(&mut self, k: u64) -> Author {
        self.authors.entry(k).or_insert_with(|| Author::new(k)).clone()
    }

    fn gesture(&mut self, seq: u64, at: f64) {
        let subject = match self.recent.get(&Platform::Bluesky).and_then(VecDeque::back) {
            Some(recent) => recent.id.clone(),
            None => return,
        };
        let k = somebody(&mut self.rng, self.people);
        let shaped = bluesky_gesture(&self.author(k), &subject, moment(at), seq);
        self.arrive(Platform::Bluesky, &shaped.id, at, shaped.payload.to_string().into_bytes());
    }

    fn viral_root(&mut self, seq: u64, at: f64) {
        let draft = Draft {
            platform: Platform::X,
            author: self.author(TRAVELLER),
            text: VIRAL_ROOT.to_owned(),
            lang: "en",
            at: moment(at),
            seq,
            refers: Refers::Nothing,
            direct: false,
        };
        let shaped = shape(&draft);
        self.arrive(Platform::X, &shaped.id, at, shaped.payload.to_string().into_bytes());
        self.viral.push(shaped.id);
    }

    fn post(&mut self, seq: u64, at: f64, topic: Topic) {
        let draft = self.draft(seq, at, topic);
        let shaped = shape(&draft);
        self.remember(&draft, &shaped, topic);
        let sound = shaped.payload.to_string().into_bytes();
        if topic == Topic::Chatter && self.rng.chance(0.006) {
            let broken = spoil::spoil(&shaped.payload, draft.platform, &mut self.rng);
            self.about = "broken";
            self.arrive(draft.platform, &shaped.id, at, broken);
            return;
        }
        let arrived = self.arrive(draft.platform, &shaped.id, at, sound.clone());
        if self.rng.chance(0.004) {
            let again = self.rng.unit() * 90.0 + 0.5;
            self.put(draft.platform, &shaped.id, arrived + again, sound);
        }
        if self.rng.chance(0.005) {
            let later = at + 30.0 + self.rng.unit() * 600.0;
            self.follow(&draft, &shaped, later, edited(&draft, &shaped, moment(later)));
        } else if self.rng.chance(0.005) {
            let later = at + 60.0 + self.rng.unit() * HOUR;
            self.follow(&draft, &shaped, later, deleted(&draft, &shaped, moment(later)));
        }
    }

    fn follow(&mut self, draft: &Draft, first: &Shaped, at: f64, payload: Option<Value>) {
        if let Some(payload) = payload {
            // an edited giveaway is one still
            if self.about != Topic::Giveaway.name() {
                self.about = "follow-up";
            }
            self.arrive(draft.platform, &first.id, at, payload.to_string().into_bytes());
        }
    }

    fn draft(&mut self, seq: u64, at: f64, topic: Topic) -> Draft {
        let topic = match topic {
            Topic::MailGood if self.rng.chance(mail_negative(at)) => Topic::MailBad,
            other => other,
        };
        self.about = topic.name();
        let platform = match topic {
            Topic::Viral | Topic::Flood | Topic::Support => Platform::X,
            Topic::Direct => Platform::Mastodon,
            _ => platform(&mut self.rng),
        };
        let k = match topic {
            Topic::Support => SUPPORT,
            Topic::Flood => FIRST_BOT - u64::try_from(self.rng.below(BOTS)).unwrap_or(0),
            _ => somebody(&mut self.rng, self.people),
        };
        let (text, lang) = self.text(topic);
        let refers = self.refers(topic, platform);
        let author = self.author(k);
        let direct = topic == Topic::Direct;
        Draft { platform, author, text, lang, at: moment(at), seq, refers, direct }
    }

    fn text(&mut self, topic: Topic) -> (String, &'static str) {
        if matches!(topic, Topic::Chatter | Topic::Brand) && self.rng.chance(0.05) {
            self.about = "another language";
            return texts::foreign(&mut self.rng);
        }
        let mut text = texts::write(topic, &mut self.rng);
        if topic == Topic::Flood {
            text.push_str(&"!".repeat(self.rng.below(4)));
        }
        (text, "en")
    }

    fn refers(&mut self, topic: Topic, platform: Platform) -> Refers {
        match topic {
            Topic::Viral => self.viral_reference(),
            Topic::Chatter | Topic::Support if topic == Topic::Support || self.rng.chance(0.15) => {
                let Some(recent) = self.recent.get(&platform).filter(|recent| !recent.is_empty()) else {
                    return Refers::Nothing;
                };
                let answered = &recent[self.rng.below(recent.len())];
                Refers::Reply { parent: answered.id.clone(), root: answered.root.clone() }
            }
            _ => Refers::Nothing,
        }
    }

    /// Four of five answer in the thread, half of them to the root itself; the fifth quotes it.
    fn viral_reference(&mut self) -> Refers {
        let Some(root) = self.viral.first().cloned() else { return Refers::Nothing };
        if self.rng.chance(0.2) {
            return Refers::Quote(root);
        }
        let parent =
            if self.rng.chance(0.5) { root.clone() } else { self.viral[self.rng.below(self.viral.len())].clone() };
        Refers::Reply { parent, root }
    }

    fn remember(&mut self, draft: &Draft, shaped: &Shaped, topic: Topic) {
        if topic == Topic::Viral && matches!(draft.refers, Refers::Reply { .. }) {
            self.viral.push(shaped.id.clone());
        }
        // On Reddit only posts are answered here, so that the link is always the post.
        let answerable =
            topic == Topic::Chatter && (draft.platform != Platform::Reddit || shaped.id.starts_with("t3_"));
        if answerable {
            let root = match &draft.refers {
                Refers::Reply { root, .. } => root.clone(),
                _ => shaped.id.clone(),
            };
            let recent = self.recent.entry(draft.platform).or_default();
            recent.push_back(Recent { id: shaped.id.clone(), root });
            if recent.len() > RECENT_MAX {
                recent.pop_front();
            }
        }
    }

    /// A record, after the usual delay: about a second, for one in a hundred minutes. Returns when it arrives.
    fn arrive(&mut self, platform: Platform, key: &str, at: f64, value: Vec<u8>) -> f64 {
        let delay = match self.rng.below(1000) {
            0..985 => libm::exp(0.7 * self.rng.normal()),
            985..999 => 60.0 + 120.0 * self.rng.unit(),
            _ => 600.0 + 1_800.0 * self.rng.unit(),
        };
        self.put(platform, key, at + delay, value);
        at + delay
    }

    fn put(&mut self, platform: Platform, key: &str, arrived: f64, value: Vec<u8>) {
        let (at, order) = (moment(arrived), self.records.len());
        self.records.push((at, order, WorldRecord { platform, key: key.to_owned(), at, value, about: self.about }));
    }
}

#[cfg(test)]
mod tests;
