//! Share of voice as gauges: the latest hour that was told of each brand on each topic.
//!
//! Brands and topics are the pack's; beyond [`PAIRS_MAX`] of them together the rest is on the topic alone.

use super::metrics::registered;
use prometheus::{GaugeVec, Opts, Registry};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Pairs of a brand and a topic with gauges.
const PAIRS_MAX: usize = 1_000;

/// What is shown of one brand on one topic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoiceShown<'a> {
    /// The brand.
    pub brand: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// Begin of the hour, seconds since the epoch.
    pub hour: i64,
    /// Mentions in it.
    pub mentions: u64,
    /// Share of the mentions of all brands, 0..1.
    pub share: f64,
    /// Mean sentiment, -1..1.
    pub sentiment: f64,
    /// Followers of the authors.
    pub reach: u64,
}

/// The gauges.
#[derive(Debug)]
pub(super) struct VoiceGauges {
    mentions: GaugeVec,
    share: GaugeVec,
    sentiment: GaugeVec,
    reach: GaugeVec,
    /// The hour that is shown of each pair.
    shown: Mutex<BTreeMap<(String, String), i64>>,
}

impl VoiceGauges {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| {
            let opts = Opts::new(name, format!("{help}, in the latest hour told, by brand and topic."));
            registered(registry, GaugeVec::new(opts, &["brand", "topic"])?)
        };
        Ok(Self {
            mentions: gauge("voice_mentions", "Mentions that name it, noise apart")?,
            share: gauge("voice_share_ratio", "Their share of those of all brands")?,
            sentiment: gauge("voice_sentiment", "Their mean sentiment, -1 to 1")?,
            reach: gauge("voice_reach", "Followers of their authors")?,
            shown: Mutex::default(),
        })
    }

    /// Shows an hour, unless a later one is shown.
    pub(super) fn set(&self, voice: VoiceShown<'_>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (voice.brand.to_owned(), voice.topic.to_owned());
        let is_full = shown.len() >= PAIRS_MAX && !shown.contains_key(&pair);
        if is_full || shown.get(&pair).is_some_and(|hour| *hour > voice.hour) {
            return;
        }
        shown.insert(pair, voice.hour);
        let labels = [voice.brand, voice.topic];
        self.mentions.with_label_values(&labels).set(voice.mentions as f64);
        self.share.with_label_values(&labels).set(voice.share);
        self.sentiment.with_label_values(&labels).set(voice.sentiment);
        self.reach.with_label_values(&labels).set(voice.reach as f64);
    }

    /// Shows nothing: what is still ours is told again within ten minutes of log time.
    pub(super) fn clear(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clear();
        [&self.mentions, &self.share, &self.sentiment, &self.reach].into_iter().for_each(GaugeVec::reset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(brand: &str, hour: i64, mentions: u64) -> VoiceShown<'_> {
        VoiceShown { brand, topic: "all", hour, mentions, share: 0.5, sentiment: -0.25, reach: 9 }
    }

    #[test]
    fn the_latest_hour_is_shown_and_pairs_are_bounded() {
        let gauges = VoiceGauges::new(&Registry::new()).expect("gauges");
        let shown = |brand: &str| gauges.mentions.with_label_values(&[brand, "all"]).get();
        for (hour, mentions, want) in [(3_600, 4, 4.0), (7_200, 1, 1.0), (3_600, 5, 1.0), (7_200, 2, 2.0)] {
            gauges.set(voice("Nimbus", hour, mentions));
            assert!((shown("Nimbus") - want).abs() < 1e-9, "{hour} {mentions}");
        }
        let names: Vec<String> = (0..2 * PAIRS_MAX).map(|number| number.to_string()).collect();
        for name in &names {
            gauges.set(voice(name, 0, 1));
        }
        assert_eq!(gauges.shown.lock().expect("free").len(), PAIRS_MAX);
        gauges.clear();
        assert_eq!(prometheus::core::Collector::collect(&gauges.share)[0].get_metric().len(), 0);
    }
}
