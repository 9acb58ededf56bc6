//! Days in the life of the invented company with nothing special in them, and things that may happen on one.
//!
//! Texts, people and payload shapes are those of the demo. The rhythm is that of a real brand: nights of a tenth,
//! two humps, Mondays that begin with a push, weekends late and thin; some posts are answered, some copied, and once a
//! day a small story is shared. A pure function of the seed and of the calls.

#![allow(dead_code, clippy::unwrap_used)]

#[path = "../../src/cli/demo/world/people.rs"]
mod people;
#[path = "../../src/cli/demo/world/rng.rs"]
mod rng;
#[path = "../../src/cli/demo/world/shapes.rs"]
mod shapes;
#[path = "../../src/cli/demo/world/texts.rs"]
mod texts;

use crate::mention::{Platform, Timestamp};
use groundswell::service::local::RawRecord;
use people::{Author, platform, somebody};
use rng::Rng;
use shapes::{Draft, Refers, shape};
use texts::Topic;

pub const MINUTE: f64 = 60.0;
pub const HOUR: f64 = 3_600.0;
pub const DAY: f64 = 86_400.0;

/// 2026-03-02T00:00:00Z, a Monday.
pub const START: i64 = 1_772_409_600;

/// How much is posted in each hour, against the mean of the day; weekends begin two hours later.
const RHYTHM: [f64; 24] = [
    0.35, 0.2, 0.12, 0.1, 0.1, 0.2, 0.5, 0.9, 1.4, 1.55, 1.45, 1.4, 1.35, 1.35, 1.3, 1.3, 1.3, 1.35, 1.5, 1.65, 1.6,
    1.4, 0.95, 0.6,
];
/// How much is posted on each day, Monday first.
const WEEK: [f64; 7] = [1.15, 1.05, 1.0, 1.0, 1.05, 0.7, 0.65];

/// What an ordinary thousand posts are about.
const MIX: [(Topic, usize); 14] = [
    (Topic::Brand, 190),
    (Topic::CloudPraise, 100),
    (Topic::CloudQuestion, 45),
    (Topic::CloudDefect, 48),
    (Topic::CloudBlip, 8),
    (Topic::PayPraise, 88),
    (Topic::PayBilling, 60),
    (Topic::PayQuestion, 33),
    (Topic::MailGood, 245),
    (Topic::MailBad, 43),
    (Topic::Account, 23),
    (Topic::Giveaway, 48),
    (Topic::Scam, 5),
    (Topic::Chatter, 64),
];

/// Who writes a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crowd {
    /// Somebody else each time.
    Everybody,
    /// So many accounts.
    Few(u64),
}

/// Something that happens: so many posts of these templates, `{a|b}` being alternatives.
#[derive(Debug, Clone)]
pub struct Burst<'a> {
    /// Seconds since the start.
    pub at: f64,
    /// How long it lasts.
    pub seconds: f64,
    pub posts: usize,
    /// Grows from nothing to its full rate over its length.
    pub ramp: bool,
    pub crowd: Crowd,
    /// Answers to one post.
    pub thread: bool,
    /// ISO 639-1.
    pub lang: &'static str,
    pub texts: &'a [&'a str],
}

impl Default for Burst<'_> {
    fn default() -> Self {
        Self {
            at: 0.0,
            seconds: 600.0,
            posts: 0,
            ramp: false,
            crowd: Crowd::Everybody,
            thread: false,
            lang: "en",
            texts: &[],
        }
    }
}

/// Reports of one outage of Nimbus Cloud, in the words of many.
pub const LOGIN_FAILS: &[&str] = &[
    "{Can't|Cannot|can't even} log in to Nimbus Cloud, {getting|just} $code {for $number minutes|since a few minutes|here in $city}",
    "Nimbus Cloud login is down {again|for our whole office|in $city}, {anyone else|$number people waiting|nothing works}",
    "is nimbus cloud down?? {login fails|cannot sign in|error $code} {on every device|on phone and laptop|for all of us}",
    "{Locked out|Thrown out} of Nimbus Cloud {in the middle of a presentation|right before the deadline}, {login error|it says} $code",
    "@nimbushelp nimbus cloud login not working {in $city|for $number of us|on any browser}, {error $code|what is going on}",
];

/// The same of Nimbus Pay.
pub const PAY_FAILS: &[&str] = &[
    "{Can't|Cannot|can't even} log in to Nimbus Pay, {getting|just} $code {for $number minutes|here in $city}",
    "Nimbus Pay login is down {again|for our whole shop|in $city}, {anyone else|$number customers waiting|nothing works}",
    "is nimbus pay down?? {login fails|cannot sign in|error $code} {on every device|at the till|for all of us}",
];

/// The same of Nimbus Mail.
pub const MAIL_FAILS: &[&str] = &[
    "{Can't|Cannot|can't even} log in to Nimbus Mail, {getting|just} $code {for $number minutes|here in $city}",
    "Nimbus Mail login is down {again|for our whole office|in $city}, {anyone else|$number of us|nothing works}",
    "is nimbus mail down?? {login fails|cannot sign in|error $code} {on every device|on phone and laptop|for all of us}",
];

/// The same of Nimbus Cloud, in German.
pub const CLOUD_FAILS_GERMAN: &[&str] = &[
    "Nimbus Cloud ist down, {niemand|keiner} kann sich anmelden, {Fehler $code|seit $number Minuten|hier in $city}",
    "Anmeldung bei Nimbus Cloud geht nicht, {Fehler $code|auf keinem Gerät|seit $number Minuten}",
    "{Komme|Kommen} nicht mehr in Nimbus Cloud rein, {Ausfall|Störung|Login kaputt} {in $city|seit $number Minuten}",
];

/// A post that will be made.
#[derive(Clone)]
struct Planned {
    at: f64,
    text: String,
    platform: Platform,
    author: u64,
    lang: &'static str,
    refers: Refers,
    /// Arrives so much later than usual.
    late: f64,
}

/// Days being made up.
pub struct Days {
    rng: Rng,
    posts: Vec<Planned>,
    strangers: u64,
}

impl Days {
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed, 0xda15), posts: Vec::new(), strangers: 5_000_000 }
    }

    /// Ordinary talk of so many posts a day, from the start on.
    pub fn ordinary(&mut self, days: f64, per_day: usize) -> &mut Self {
        self.talk(days, per_day, &MIX)
    }

    /// Ordinary talk about Nimbus Cloud alone.
    pub fn ordinary_cloud(&mut self, days: f64, per_day: usize) -> &mut Self {
        self.talk(
            days,
            per_day,
            &[
                (Topic::CloudPraise, 500),
                (Topic::CloudQuestion, 220),
                (Topic::CloudDefect, 240),
                (Topic::CloudBlip, 40),
            ],
        )
    }

    /// Talk of other people about other things, spread evenly: what keeps the clocks going.
    pub fn chatter(&mut self, days: f64, per_day: usize) -> &mut Self {
        for _ in 0..(per_day as f64 * days) as usize {
            let at = self.rng.unit() * days * DAY;
            let text = texts::write(Topic::Chatter, &mut self.rng);
            self.plan(at, text, None, None, Refers::Nothing);
        }
        self
    }

    fn talk(&mut self, days: f64, per_day: usize, mix: &[(Topic, usize)]) -> &mut Self {
        let whole: usize = mix.iter().map(|(_, share)| share).sum();
        let people = (per_day * 4).max(300);
        for hour in 0..(days * 24.0).ceil() as usize {
            let (day, of_day) = (hour / 24 % 7, hour % 24);
            let shifted = if day >= 5 { (of_day + 22) % 24 } else { of_day };
            let mean = per_day as f64 / 24.0 * WEEK[day] * RHYTHM[shifted];
            for _ in 0..self.poisson(mean) {
                let at = (hour as f64 + self.rng.unit()) * HOUR;
                let mut roll = self.rng.below(whole);
                let topic = mix.iter().find(|(_, share)| {
                    let here = roll < *share;
                    roll = roll.saturating_sub(*share);
                    here
                });
                let topic = topic.map_or(Topic::Brand, |(topic, _)| *topic);
                let text = texts::write(topic, &mut self.rng);
                let author = somebody(&mut self.rng, people);
                self.plan(at, text, None, Some(author), Refers::Nothing);
                self.echo(at);
            }
        }
        for day in 0..days.ceil() as usize {
            if per_day >= 1_000 {
                let at = (day as f64 + 0.3 + 0.5 * self.rng.unit()) * DAY;
                self.story(at, per_day / 300);
            }
        }
        self
    }

    /// Some posts are answered, some are copied.
    fn echo(&mut self, at: f64) {
        let Some(post) = self.posts.last().cloned() else { return };
        if post.platform == Platform::X && self.rng.chance(0.06) {
            let root = self.last_x_id();
            for _ in 0..1 + self.rng.below(5) {
                let later = at + 60.0 + self.rng.unit() * self.rng.unit() * 2.0 * HOUR;
                let text = texts::expand(
                    "{same here|not for me|which version?|thanks for the hint|oh nimbus|nimbus, well}",
                    &mut self.rng,
                );
                self.plan(
                    later,
                    text,
                    Some(Platform::X),
                    None,
                    Refers::Reply { parent: root.clone(), root: root.clone() },
                );
            }
        } else if self.rng.chance(0.02) {
            for _ in 0..1 + self.rng.below(3) {
                let later = at + 60.0 + self.rng.unit() * HOUR;
                self.plan(later, post.text.clone(), Some(post.platform), None, Refers::Nothing);
            }
        }
    }

    fn last_x_id(&mut self) -> String {
        (1_900_000_000_000_000_000_u64 + self.rng.next() % 1_000_000_000_000).to_string()
    }

    /// A headline that some share within two hours.
    fn story(&mut self, at: f64, posts: usize) {
        let headline = texts::expand(
            "Nimbus {opens an office in|hires $number people in|sponsors a school in} $city, says the {Ledger|Herald}",
            &mut self.rng,
        );
        for _ in 0..posts {
            let after = self.rng.unit() * self.rng.unit() * 2.0 * HOUR;
            let own = texts::expand("{: good news|: about time|, hm|! congratulations||}", &mut self.rng);
            self.plan(at + after, format!("{headline}{own}"), None, None, Refers::Nothing);
        }
    }

    /// Something that happens.
    pub fn happen(&mut self, burst: &Burst<'_>) -> &mut Self {
        let root = self.last_x_id();
        for place in 0..burst.posts {
            // even spacing with a jitter: the count of any part of it is the same for every seed, about
            let share = (place as f64 + self.rng.unit()) / burst.posts as f64;
            let share = if burst.ramp { libm::sqrt(share) } else { share };
            let template = self.rng.pick(burst.texts).to_owned();
            let text = texts::expand(&template, &mut self.rng);
            let author = match burst.crowd {
                Crowd::Everybody => None,
                Crowd::Few(accounts) => Some(7_000_000 + self.rng.next() % accounts),
            };
            let refers =
                if burst.thread { Refers::Reply { parent: root.clone(), root: root.clone() } } else { Refers::Nothing };
            let platform = burst.thread.then_some(Platform::X);
            self.plan(burst.at + share * burst.seconds, text, platform, author, refers);
            if let Some(post) = self.posts.last_mut() {
                post.lang = burst.lang;
            }
        }
        self
    }

    /// A connector was down: what was posted in between arrives at its end, all at once.
    pub fn backlog(&mut self, from: f64, to: f64) -> &mut Self {
        for post in self.posts.iter_mut().filter(|post| (from..to).contains(&post.at)) {
            post.late = to - post.at;
        }
        self
    }

    /// A connector is dead: nothing of this platform comes, and nothing of it ever will.
    pub fn mute(&mut self, platform: Platform, from: f64, to: f64) -> &mut Self {
        self.posts.retain(|post| post.platform != platform || !(from..to).contains(&post.at));
        self
    }

    fn plan(&mut self, at: f64, text: String, on: Option<Platform>, author: Option<u64>, refers: Refers) {
        let author = author.unwrap_or_else(|| {
            self.strangers += 1;
            self.strangers
        });
        let on = on.unwrap_or_else(|| platform(&mut self.rng));
        self.posts.push(Planned { at, text, platform: on, author, lang: "en", refers, late: 0.0 });
    }

    fn poisson(&mut self, mean: f64) -> usize {
        // posts of people come in clumps: the mean itself wavers a little from hour to hour
        let mean = mean * libm::exp(0.12 * self.rng.normal());
        let (limit, mut product, mut count) = (libm::exp(-mean.min(600.0)), 1.0, 0);
        if mean > 600.0 {
            return libm::round(mean + libm::sqrt(mean) * self.rng.normal()).max(0.0) as usize;
        }
        loop {
            product *= self.rng.unit();
            if product <= limit {
                return count;
            }
            count += 1;
        }
    }

    /// Raw records in order of arrival.
    pub fn records(&mut self) -> Vec<RawRecord> {
        self.posts.sort_by(|a, b| a.at.total_cmp(&b.at));
        let posts = std::mem::take(&mut self.posts);
        let mut arriving: Vec<(f64, RawRecord)> = Vec::with_capacity(posts.len());
        for (seq, post) in posts.into_iter().enumerate() {
            let delay = match self.rng.below(1000) {
                0..990 => libm::exp(0.7 * self.rng.normal()),
                _ => 60.0 + 120.0 * self.rng.unit(),
            };
            let at = Timestamp::clamped(START * 1_000_000 + (post.at * 1e6) as i64);
            let draft = Draft {
                platform: post.platform,
                author: Author::new(post.author),
                text: post.text,
                lang: post.lang,
                at,
                seq: seq as u64,
                refers: post.refers,
                direct: false,
            };
            let shaped = shape(&draft);
            let value = shaped.payload.to_string().into_bytes();
            let record = RawRecord { platform: post.platform, key: shaped.id.into_bytes(), value };
            arriving.push((post.at + post.late + delay, record));
        }
        arriving.sort_by(|a, b| a.0.total_cmp(&b.0));
        arriving.into_iter().map(|(_, record)| record).collect()
    }
}
