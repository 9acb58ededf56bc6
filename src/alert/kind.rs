//! Telling an outage from a viral thread, a campaign of few voices and a plain spike, by what the excess is made of.

use super::AlertKind;
use crate::detect::{Partial, Series, Settings, Windowed, share_surprise};

/// −log10 of the chance that a share above the usual one is accident, at least.
const SHARE_SURPRISE: f64 = 2.0;
/// Of the reports so many come from different people and in different words, at least.
const OWN_SHARE: f64 = 0.3;
/// A negative share this much above the usual one, at least.
const NEGATIVE_EFFECT: f64 = 0.15;

/// The kind that the evidence of a window speaks for; none while it speaks for no kind in particular.
///
/// The order is one of care: copies and few voices first, because they can imitate everything else.
#[must_use]
pub fn classify(evidence: &Partial, window: &Windowed, series: &Series, settings: &Settings) -> Option<AlertKind> {
    let half = window.excess() / 2.0;
    if is_amplified(evidence, half) {
        return Some(AlertKind::Amplification);
    }
    if evidence.people.distinct() < settings.people {
        return None;
    }
    if is_one_thread(evidence, half, settings) {
        return Some(AlertKind::Viral);
    }
    is_outage(evidence, series).then_some(AlertKind::Outage)
}

/// Several people report trouble, each in their own words: neither a crowd of one nor a story that is copied.
#[must_use]
pub fn is_independent(evidence: &Partial, window: &Windowed, settings: &Settings) -> bool {
    let reporters = evidence.reporters.distinct();
    let share = |distinct: u64| distinct as f64 >= OWN_SHARE * window.observed as f64;
    reporters >= settings.people && share(reporters) && share(evidence.reports.distinct())
}

/// At least half of the excess is repetition: by the same people, of the same texts, or dropped as noise.
fn is_amplified(evidence: &Partial, half: f64) -> bool {
    let originals = evidence.mentions.saturating_sub(evidence.reposts);
    let repeated_people = evidence.mentions.saturating_sub(evidence.people.distinct());
    let repeated_texts = originals.saturating_sub(evidence.texts.distinct());
    [repeated_people, repeated_texts, evidence.noise].iter().any(|count| *count as f64 >= half)
}

/// At least half of the excess stands in one thread, by several people.
fn is_one_thread(evidence: &Partial, half: f64, settings: &Settings) -> bool {
    evidence
        .threads
        .iter()
        .any(|(_, thread)| thread.mentions as f64 >= half && thread.people.distinct() >= settings.people)
}

/// More negative, or more about an outage, than this query usually is; volume alone is not an outage.
fn is_outage(evidence: &Partial, series: &Series) -> bool {
    let mentions = evidence.mentions.max(1);
    let negative = evidence.negative as f64 / mentions as f64 - series.usual_negative();
    let negative_surprise = share_surprise(evidence.negative, mentions, series.usual_negative());
    let outage_surprise = share_surprise(evidence.outage, mentions, series.usual_outage());
    outage_surprise >= SHARE_SURPRISE || (negative >= NEGATIVE_EFFECT && negative_surprise >= SHARE_SURPRISE)
}
