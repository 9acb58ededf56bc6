//! Telling an outage from a viral thread, a campaign of few voices and a plain spike, by what the excess is made of.

use super::AlertKind;
use crate::detect::{Partial, Series, Settings, Windowed, share_surprise};

/// −log10 of the chance that a share above the usual one is accident, at least.
const SHARE_SURPRISE: f64 = 2.0;
/// Of the reports so many come from different people and in different words, at least.
const OWN_SHARE: f64 = 0.3;
/// Of an excess so much must speak of an outage, at least; some of any other talk is taken for it.
const REPORT_SHARE: f64 = 0.2;
/// From so many mentions on the time before tells what is usual.
const ENOUGH: u64 = 20;
/// A negative share this much above the usual one, at least.
const NEGATIVE_EFFECT: f64 = 0.15;

const DAY_SECONDS: i64 = 86_400;
const HOUR_BUCKETS: usize = 360;
/// Between the quietest and the loudest hour of a day lies less than this.
const FIRST_DAY_RATIO: f64 = 10.0;
/// No morning rises so much within an hour.
const SUDDEN_RATIO: f64 = 3.0;

/// The kind that the evidence of a window speaks for; none while it speaks for no kind in particular.
///
/// The order is one of care: copies and few voices first, because they can imitate everything else. Many people who are
/// angry, and tell of no trouble of ours, are a spike: a storm of that name, a scandal, a strike.
#[must_use]
pub fn classify(evidence: &Partial, window: &Windowed, series: &Series, settings: &Settings) -> Option<AlertKind> {
    let half = window.excess() / 2.0;
    if is_amplified(evidence, &series.evidence_before(window.buckets), half) {
        return Some(AlertKind::Amplification);
    }
    if evidence.people.distinct() < settings.people {
        return None;
    }
    if is_one_thread(evidence, half, settings) {
        return Some(AlertKind::Viral);
    }
    if is_outage(evidence, window, series) {
        return Some(AlertKind::Outage);
    }
    is_sour(evidence, series).then_some(AlertKind::Spike)
}

/// A rise that may be a morning: a series that has not seen a day and a night knows neither, so that until then volume
/// alone must rise at once, against the hour before it, or tenfold.
#[must_use]
pub fn may_be_a_morning(kind: Option<AlertKind>, window: &Windowed, series: &Series) -> bool {
    if kind.is_some_and(|kind| kind != AlertKind::Spike) || series.age_seconds() >= DAY_SECONDS {
        return false;
    }
    let observed = window.observed as f64;
    let before = HOUR_BUCKETS.saturating_sub(window.buckets);
    if before == 0 {
        return observed < FIRST_DAY_RATIO * window.expected;
    }
    let usual = series.evidence_before(window.buckets).mentions as f64 * window.buckets as f64 / before as f64;
    observed < SUDDEN_RATIO * usual
}

/// Several people report trouble, each in their own words: neither a crowd of one nor a story that is copied. Where more
/// is said than usual, it is said about that trouble.
#[must_use]
pub fn is_independent(evidence: &Partial, window: &Windowed, series: &Series, settings: &Settings) -> bool {
    let reporters = evidence.reporters.distinct();
    let share = |distinct: u64| distinct as f64 >= OWN_SHARE * window.observed as f64;
    let excess = evidence.mentions as f64 - series.expected(window.buckets);
    let is_about_it = window.excess() >= REPORT_SHARE * excess;
    reporters >= settings.people && share(reporters) && share(evidence.reports.distinct()) && is_about_it
}

/// Few people say most of it. From a few posts nobody can tell: those who are cut off say so twice.
#[must_use]
pub fn is_by_few(evidence: &Partial) -> bool {
    let (people, mentions) = (evidence.people.distinct(), evidence.mentions);
    mentions >= ENOUGH && (people as f64) < OWN_SHARE * mentions as f64
}

/// At least half of the excess is repetition beyond the usual one: by the same people, of the same texts, or dropped as
/// noise.
fn is_amplified(evidence: &Partial, before: &Partial, half: f64) -> bool {
    let originals = |partial: &Partial| partial.mentions.saturating_sub(partial.reposts);
    let by_people = |partial: &Partial| partial.mentions.saturating_sub(partial.people.distinct());
    let by_texts = |partial: &Partial| originals(partial).saturating_sub(partial.texts.distinct());
    let usual = |count: u64, of: u64| if of < ENOUGH { 0.0 } else { count as f64 / of as f64 };
    let unusual = |count: u64, of: u64, usual: f64| count as f64 - usual * of as f64 >= half;
    unusual(by_people(evidence), evidence.mentions, usual(by_people(before), before.mentions))
        || unusual(by_texts(evidence), originals(evidence), usual(by_texts(before), originals(before)))
        || unusual(evidence.noise, evidence.mentions, usual(before.noise, before.mentions))
}

/// At least half of the excess stands in one thread, by several people.
fn is_one_thread(evidence: &Partial, half: f64, settings: &Settings) -> bool {
    evidence
        .threads
        .iter()
        .any(|(_, thread)| thread.mentions as f64 >= half && thread.people.distinct() >= settings.people)
}

/// More about an outage than this query usually is, and a good part of the excess: volume alone is not an outage, nor is
/// anger.
fn is_outage(evidence: &Partial, window: &Windowed, series: &Series) -> bool {
    let usual = series.usual_outage();
    let excess = evidence.outage as f64 - usual * window.expected;
    excess >= REPORT_SHARE * window.excess()
        && share_surprise(evidence.outage, evidence.mentions.max(1), usual) >= SHARE_SURPRISE
}

/// Clearly more negative than this query usually is.
#[must_use]
pub fn is_sour(evidence: &Partial, series: &Series) -> bool {
    let (mentions, usual) = (evidence.mentions.max(1), series.usual_negative());
    let effect = evidence.negative as f64 / mentions as f64 - usual;
    effect >= NEGATIVE_EFFECT && share_surprise(evidence.negative, mentions, usual) >= SHARE_SURPRISE
}
