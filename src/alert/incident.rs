//! One incident for what moves together: the series that leads tells the alert, the others are its evidence.
//!
//! Why so: a failure of a platform shows on every product, in every language and in the mood; told one by one it is ten
//! calls about one thing (Alertmanager's grouping). Who leads is decided by gravity, time and name alone, never by what
//! was read first. It must never let an alert go unheard: what joins stands in the events of the one that leads.

use super::event::tenth;
use super::{AlertKind, Episode, is_false};
use crate::detect::{Bucket, Partial};
use crate::mention::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Series that begin within so many buckets (an hour) of the last one of an incident belong to it.
const TOGETHER: i64 = 360;
/// The mood is looked at over two hours, so what it turns with may have begun that much apart (three hours).
const MOOD_TOGETHER: i64 = 1080;
/// For so many buckets (six hours) after an incident a turn of mood is its echo.
const ECHO: i64 = 2160;
/// Other series told of with one alert.
pub const MEMBERS_MAX: usize = 8;
/// Platforms and languages told of with one alert.
const FACETS_MAX: usize = 6;
/// Mentions of a platform or language that are worth to be told.
const FACET_LEAST: u64 = 5;
/// So many times its usual count at least makes a platform or language move.
const FACET_RATIO: f64 = 2.0;
/// From so many mentions on the hour before tells how they are usually spread.
const ENOUGH: u64 = 20;

/// Which of the alerts of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The one on its counts.
    Counts,
    /// The one on its mood.
    Mood,
    /// The one on what is new in it.
    Topic,
}

impl Slot {
    /// Every one, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Counts, Self::Mood, Self::Topic];
}

/// A series, or a part of one, that moves with the one that leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// Which: `{"query": …}`, or a part of the leading one: `{"query": …, "platform": …}` or `language`.
    pub series: BTreeMap<String, String>,
    /// What it would be told as on its own; absent for a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AlertKind>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Timestamp>,
    /// Most counted in its window (of a shift of mood: negative ones; of a new topic: people who say it).
    pub observed: f64,
    /// Expected there; absent where too little is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// True once it is calm again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub over: bool,
}

/// How grave a kind is against the others; what is graver leads.
#[must_use]
pub fn gravity(kind: AlertKind) -> u8 {
    match kind {
        AlertKind::Amplification => 0,
        AlertKind::Emerging | AlertKind::SilentSource => 1,
        AlertKind::SentimentShift => 2,
        AlertKind::Spike => 3,
        AlertKind::Outage | AlertKind::Viral => 4,
    }
}

/// True when an alert that opens belongs to the incident of an open one, whose last member began at `latest`. On
/// different queries of a group one post that goes round is never the trouble of many.
#[must_use]
pub fn moves_together(opening: &Episode, leading: &Episode, latest: Bucket, same_query: bool) -> bool {
    let is_mood = |episode: &Episode| episode.kind == AlertKind::SentimentShift;
    let within = if is_mood(opening) || is_mood(leading) { MOOD_TOGETHER } else { TOGETHER };
    let apart = opening.since.0.saturating_sub(latest.0).abs();
    let viral = |episode: &Episode| episode.kind == AlertKind::Viral;
    apart <= within && (same_query || viral(opening) == viral(leading))
}

/// True when a mood that turns now is the echo of an incident on the same counts that was over at `closed`.
#[must_use]
pub fn is_echo(kind: AlertKind, of: &Episode, now: Bucket) -> bool {
    let closed = of.closed.filter(|_| of.withdrawn.is_none());
    let lately = closed.is_some_and(|closed| now.0.saturating_sub(closed.0) < ECHO);
    kind == AlertKind::SentimentShift && gravity(of.kind) >= gravity(AlertKind::Spike) && lately
}

/// Who of several that open in one bucket leads: the widest, the gravest, the earliest, the first by name.
#[must_use]
pub fn lead_order<'a>(is_parent: bool, episode: &Episode, query: &'a str) -> impl Ord + use<'a> {
    (!is_parent, u8::MAX - gravity(episode.kind), episode.since, query)
}

/// What a member of an incident adds to the evidence of the one that leads.
#[must_use]
pub fn moved(query: &str, episode: &Episode) -> Moved {
    Moved {
        series: BTreeMap::from([("query".to_owned(), query.to_owned())]),
        kind: Some(episode.kind),
        onset: Some(episode.since.start()),
        observed: episode.told as f64,
        expected: Some(tenth(episode.expected)),
        over: !episode.is_open(),
    }
}

/// The platforms and languages that moved most: those of the window against `usual` mentions spread as in the hour before.
#[must_use]
pub fn facets(query: &str, window: &Partial, before: &Partial, usual: f64) -> Vec<Moved> {
    let platforms = window.platforms.iter().map(|(platform, count)| {
        ("platform", platform.as_str().to_owned(), *count, before.platforms.get(platform).copied().unwrap_or(0))
    });
    let languages = window.languages.iter().map(|(language, count)| {
        ("language", language.clone(), *count, before.languages.get(language).copied().unwrap_or(0))
    });
    let mut moved: Vec<(f64, Moved)> = Vec::new();
    for (facet, name, count, was) in platforms.chain(languages) {
        let expected = (before.mentions >= ENOUGH).then(|| usual * was as f64 / before.mentions as f64);
        let observed = count as f64;
        if count < FACET_LEAST || expected.is_some_and(|expected| observed < FACET_RATIO * expected) {
            continue;
        }
        let series = [("query", query), (facet, &name)].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let series = BTreeMap::from(series);
        let expected = expected.map(tenth);
        let part = Moved { series, kind: None, onset: None, observed, expected, over: false };
        moved.push((observed - expected.unwrap_or(0.0), part));
    }
    moved.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.series.cmp(&b.1.series)));
    moved.truncate(FACETS_MAX);
    moved.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Platform;
    use crate::route::Severity;

    fn episode(kind: AlertKind, onset: i64) -> Episode {
        Episode::new("q", kind, Bucket(onset), Severity::S3)
    }

    #[test]
    fn what_moves_together_is_one_incident() {
        use AlertKind::{Amplification, Outage, SentimentShift, Spike, Viral};
        // opening and its onset, leading and its onset, on the same query, together
        for (opening, leading, same_query, together) in [
            ((Outage, 100), (Outage, 0), false, true),
            ((Outage, 361), (Outage, 0), false, false),
            ((Outage, 0), (Spike, 300), false, true),
            ((SentimentShift, 1000), (Outage, 0), false, true),
            ((Outage, 1000), (SentimentShift, 0), true, true),
            ((SentimentShift, 1100), (Outage, 0), true, false),
            ((Amplification, 60), (Outage, 0), false, true),
            ((Viral, 60), (Outage, 0), false, false),
            ((Outage, 60), (Viral, 0), false, false),
            ((Viral, 60), (Viral, 0), false, true),
            ((SentimentShift, 60), (Viral, 0), true, true),
        ] {
            let (a, b) = (episode(opening.0, opening.1), episode(leading.0, leading.1));
            assert_eq!(moves_together(&a, &b, b.onset, same_query), together, "{opening:?} {leading:?}");
        }
    }

    #[test]
    fn who_leads_is_a_matter_of_width_gravity_time_and_name() {
        let (outage, early) = (episode(AlertKind::Outage, 10), episode(AlertKind::Outage, 5));
        let spike = episode(AlertKind::Spike, 1);
        assert!(lead_order(true, &spike, "z") < lead_order(false, &outage, "a"), "the parent");
        assert!(lead_order(false, &outage, "z") < lead_order(false, &spike, "a"), "the graver");
        assert!(lead_order(false, &early, "z") < lead_order(false, &outage, "a"), "the earlier");
        assert!(lead_order(false, &outage, "a") < lead_order(false, &outage, "b"), "the name");
    }

    #[test]
    fn a_mood_soon_after_an_incident_is_its_echo() {
        let mut over = episode(AlertKind::Outage, 0);
        assert!(!is_echo(AlertKind::SentimentShift, &over, Bucket(50)), "it is open");
        over.closed = Some(Bucket(100));
        assert!(is_echo(AlertKind::SentimentShift, &over, Bucket(2259)));
        assert!(!is_echo(AlertKind::SentimentShift, &over, Bucket(2260)), "too long ago");
        assert!(!is_echo(AlertKind::Outage, &over, Bucket(200)), "no mood");
    }

    #[test]
    fn facets_tell_where_it_moves() {
        let spread = |x, reddit, en: u64| Partial {
            mentions: x + reddit,
            platforms: [(Platform::X, x), (Platform::Reddit, reddit)].into(),
            languages: [("en".to_owned(), en), ("de".to_owned(), x + reddit - en)].into(),
            ..Partial::default()
        };
        let moved = facets("q", &spread(40, 4, 20), &spread(10, 10, 20), 4.0);
        assert_eq!(moved.len(), 3, "four on reddit are too few: {moved:?}");
        assert_eq!(moved[0].series["platform"], "x");
        assert_eq!((moved[0].observed, moved[0].expected), (40.0, Some(2.0)));
        assert_eq!((moved[1].series["language"].as_str(), moved[1].expected), ("de", Some(0.0)));
        let unknown = facets("q", &spread(40, 4, 20), &Partial::default(), 4.0);
        assert!(unknown.iter().all(|part| part.expected.is_none()), "the hour before says nothing");
    }
}
