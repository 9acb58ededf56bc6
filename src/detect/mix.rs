//! What a series is usually made of: shares of platforms and languages, faded with a half-life of a week.
//!
//! Two uses: the baseline rests while a platform it lives on is silent, and an alert says which platform or language is
//! louder than usual. Bounded: platforms are few, of languages the most frequent are kept.

use super::ascending::value_of;
use super::level::kept_of_week;
use super::{Bucket, Partial, Parts, Stratum, share_surprise, take_apart};
use crate::mention::Platform;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// Languages kept.
const LANGUAGES: usize = 12;
/// A series lives on a platform that brings so much of it: without less nobody sees it miss.
const LIVES_ON: f64 = 0.05;
/// A baseline rests for at most so many buckets of one silence: a day; then the silence is the usual.
const REST_MAX: i64 = 8_640;

/// A share is louder that is so much above the usual, and by accident so only in one of 10^2.
const LOUDER: f64 = 0.15;
const LOUDER_SURPRISE: f64 = 2.0;
/// Shares of fewer mentions tell nothing.
const KNOWN_MENTIONS: f64 = 50.0;

/// A stretch in which a source was silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Which source.
    pub platform: Platform,
    /// First bucket.
    pub since: Bucket,
    /// First bucket after it; none while it lasts.
    pub until: Option<Bucket>,
}

impl Stretch {
    fn holds(&self, bucket: Bucket) -> bool {
        let until = self.until.unwrap_or(Bucket(i64::MAX)).min(self.since.plus(REST_MAX));
        self.since <= bucket && bucket < until
    }
}

/// What one platform or language brings, faded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Part {
    mentions: f32,
    /// Sum of sentiment scores × 100.
    sentiment: f32,
}

impl Part {
    fn add(&mut self, mentions: u64, sentiment: i64) {
        self.mentions += mentions as f32;
        self.sentiment += sentiment as f32;
    }

    fn fade(&mut self, keep: f32) {
        self.mentions *= keep;
        self.sentiment *= keep;
    }
}

/// A few parts, ascending by name: most series have one or two, so they are looked through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Named<K>(Vec<(K, Part)>);

impl<K> Named<K> {
    const EMPTY: Self = Self(Vec::new());
}

impl<K> Default for Named<K> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<K: Ord> Named<K> {
    fn get<Q: PartialEq + ?Sized>(&self, name: &Q) -> Option<&Part>
    where
        K: Borrow<Q>,
    {
        self.0.iter().find(|(known, _)| known.borrow() == name).map(|(_, part)| part)
    }

    fn add<Q: Ord + ToOwned<Owned = K> + ?Sized>(&mut self, name: &Q, mentions: u64, sentiment: i64)
    where
        K: Borrow<Q>,
    {
        value_of(&mut self.0, name, Part::default).add(mentions, sentiment);
    }

    fn fade(&mut self, keep: f32) {
        self.0.iter_mut().for_each(|(_, part)| part.fade(keep));
    }
}

/// Shares of platforms and languages, and how each of them sounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    mentions: f32,
    platforms: Named<Platform>,
    languages: Named<String>,
    at: Option<Bucket>,
}

impl Mix {
    /// One that has heard nothing.
    pub(super) const EMPTY: Self = Self { mentions: 0.0, platforms: Named::EMPTY, languages: Named::EMPTY, at: None };

    /// Learns a bucket that is old enough to be usual. Buckets come in order.
    pub fn learn(&mut self, bucket: Bucket, partial: &Partial) {
        self.count(bucket, partial.mentions);
        for (platform, count) in &partial.platforms {
            let sentiment = partial.platform_moods.get(platform).copied().unwrap_or(0);
            self.platforms.add(platform, *count, sentiment);
        }
        for (language, count) in &partial.languages {
            let sentiment = partial.language_moods.get(language).copied().unwrap_or(0);
            self.languages.add(language.as_str(), *count, sentiment);
        }
        self.cut();
    }

    /// The same of a bucket with one post.
    pub(super) fn learn_post(&mut self, bucket: Bucket, platform: Platform, language: &str, sentiment: i64) {
        self.count(bucket, 1);
        self.platforms.add(&platform, 1, sentiment);
        self.languages.add(language, 1, sentiment);
        self.cut();
    }

    fn count(&mut self, bucket: Bucket, mentions: u64) {
        let keep = kept_of_week(&mut self.at, bucket);
        self.mentions = self.mentions * keep + mentions as f32;
        self.platforms.fade(keep);
        self.languages.fade(keep);
    }

    /// Keeps the most frequent languages.
    fn cut(&mut self) {
        let languages = &mut self.languages.0;
        while languages.len() > LANGUAGES {
            let rarer = |a: &&(String, Part), b: &&(String, Part)| {
                a.1.mentions.total_cmp(&b.1.mentions).then_with(|| b.0.cmp(&a.0))
            };
            let rarest = languages.iter().min_by(rarer).map(|(language, _)| language.clone());
            languages.retain(|(language, _)| Some(language) != rarest.as_ref());
        }
    }

    /// A turn of mood taken apart, by platforms or by languages, whichever explain more of it by others who speak.
    #[must_use]
    pub fn take_apart(&self, window: &Partial) -> Parts {
        let platforms = strata(&window.platforms, &window.platform_moods, &self.platforms);
        let languages = strata(&window.languages, &window.language_moods, &self.languages);
        let (platforms, languages) = (take_apart(&platforms), take_apart(&languages));
        if platforms.mix >= languages.mix { platforms } else { languages }
    }

    /// Platforms and languages that are louder in a window than usual, beyond accident: name, share now, usual share.
    #[must_use]
    pub fn louder(&self, window: &Partial) -> Vec<(String, f64, f64)> {
        let of = window.mentions.max(1);
        let is_louder = |count: u64, usual: f64| {
            count as f64 / of as f64 >= usual + LOUDER && share_surprise(count, of, usual) >= LOUDER_SURPRISE
        };
        let platforms = window.platforms.iter().map(|(name, count)| (name.to_string(), *count, self.platform(*name)));
        let languages = window.languages.iter().map(|(name, count)| (name.clone(), *count, self.language(name)));
        let known = self.mentions() >= KNOWN_MENTIONS;
        let louder = platforms.chain(languages).filter(|(_, count, usual)| known && is_louder(*count, *usual));
        louder.map(|(name, count, usual)| (name, count as f64 / of as f64, usual)).collect()
    }

    /// Mentions that the shares rest on.
    #[must_use]
    pub fn mentions(&self) -> f64 {
        f64::from(self.mentions)
    }

    /// Usual share of a platform, 0..1.
    #[must_use]
    pub fn platform(&self, platform: Platform) -> f64 {
        self.share(self.platforms.get(&platform))
    }

    /// Usual share of a language, 0..1.
    #[must_use]
    pub fn language(&self, language: &str) -> f64 {
        self.share(self.languages.get(language))
    }

    fn share(&self, part: Option<&Part>) -> f64 {
        part.map_or(0.0, |part| f64::from(part.mentions / self.mentions.max(1.0)).min(1.0))
    }

    /// True when a source that the series lives on was silent in this bucket: what was counted then is no baseline.
    #[must_use]
    pub fn rests(&self, bucket: Bucket, stretches: &[Stretch]) -> bool {
        stretches.iter().any(|stretch| stretch.holds(bucket) && self.platform(stretch.platform) >= LIVES_ON)
    }
}

/// Both sides of every stratum that is heard on one of them.
fn strata<K: Ord + Clone>(now: &BTreeMap<K, u64>, moods: &BTreeMap<K, i64>, usual: &Named<K>) -> Vec<Stratum> {
    let keys: BTreeSet<&K> = now.keys().chain(usual.0.iter().map(|(name, _)| name)).collect();
    let stratum = |key: &K| {
        let usual = usual.get(key).copied().unwrap_or_default();
        Stratum {
            mentions: now.get(key).map_or(0.0, |count| *count as f64),
            sentiment: moods.get(key).map_or(0.0, |sum| *sum as f64),
            usual_mentions: f64::from(usual.mentions),
            usual_sentiment: f64::from(usual.sentiment),
        }
    };
    keys.into_iter().map(stratum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(x: u64, reddit: u64) -> Partial {
        let platforms = BTreeMap::from([(Platform::X, x), (Platform::Reddit, reddit)]);
        let languages = BTreeMap::from([("en".to_owned(), x), ("de".to_owned(), reddit)]);
        Partial { mentions: x + reddit, platforms, languages, ..Partial::default() }
    }

    #[test]
    fn shares_fade_and_are_bounded() {
        let mut mix = Mix::default();
        mix.learn(Bucket(0), &partial(30, 10));
        assert!((mix.platform(Platform::X) - 0.75).abs() < 1e-6 && (mix.language("de") - 0.25).abs() < 1e-6);
        mix.learn(Bucket(60_480), &partial(0, 20));
        assert!((mix.platform(Platform::X) - 15.0 / 40.0).abs() < 1e-6);
        for number in 0..40 {
            let languages = BTreeMap::from([(format!("q{number}"), 1)]);
            mix.learn(Bucket(60_480), &Partial { mentions: 1, languages, ..Partial::default() });
        }
        assert_eq!(mix.languages.0.len(), LANGUAGES);
        assert!(mix.language("en") > 0.0 && mix.platform(Platform::Slack) == 0.0);
    }

    #[test]
    fn a_turn_of_mood_is_taken_apart_and_who_is_louder_is_named() {
        let moods = |x: i64, reddit: i64| BTreeMap::from([(Platform::X, x), (Platform::Reddit, reddit)]);
        let mut mix = Mix::default();
        mix.learn(Bucket(0), &Partial { platform_moods: moods(90 * 40, -10 * 40), ..partial(90, 10) });
        let sour = Partial { platform_moods: moods(-90 * 10, -10 * 90), ..partial(90, 10) };
        let parts = mix.take_apart(&sour);
        assert!((parts.within - 50.0).abs() < 0.1 && parts.mix_share() < 0.01, "{parts:?}");
        let others = Partial { platform_moods: moods(30 * 40, -70 * 40), ..partial(30, 70) };
        let parts = mix.take_apart(&others);
        assert!(parts.within.abs() < 0.1 && parts.mix_share() > 0.99, "{parts:?}");
        let louder = mix.louder(&others);
        let names: Vec<&str> = louder.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["reddit", "de"]);
        assert!((louder[0].1 - 0.7).abs() < 1e-6 && (louder[0].2 - 0.1).abs() < 1e-6);
        assert!(mix.louder(&sour).is_empty());
    }

    #[test]
    fn a_baseline_rests_for_a_day_while_what_it_lives_on_is_silent() {
        let mut mix = Mix::default();
        mix.learn(Bucket(0), &partial(99, 1));
        let silent = |platform, until| Stretch { platform, since: Bucket(100), until };
        for (stretch, bucket, rests) in [
            (silent(Platform::X, None), 99, false),
            (silent(Platform::X, None), 100, true),
            (silent(Platform::X, None), 8_739, true),
            (silent(Platform::X, None), 8_740, false),
            (silent(Platform::X, Some(Bucket(200))), 199, true),
            (silent(Platform::X, Some(Bucket(200))), 200, false),
            (silent(Platform::Reddit, None), 150, false),
        ] {
            assert_eq!(mix.rests(Bucket(bucket), &[stretch]), rests, "{stretch:?} at {bucket}");
        }
    }
}
