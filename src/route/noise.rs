//! Whether a person needs to see it at all.

use super::decide::for_a_person;
use super::facts::Facts;
use crate::mention::Mention;
use crate::rules::{Folded, NO_INTENT, NoiseRule, Pack, QueryRule};
use crate::score::Scores;

/// Why an item is noise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// spam, giveaway, bot or `low_value`.
    pub kind: String,
    /// The rule that decided: `noise:spam`.
    pub rule: String,
    /// The same in words, with the numbers compared.
    pub reason: String,
}

/// Says whether the scores make an item noise under the pack's thresholds, and why.
///
/// A label that the pack gives no threshold never is; nor, where the pack says so, is anything with a threat, what may be
/// of any intent (what victims of a scam write looks like a scam), what one of its triggers gives to a person, or what
/// one of its queries matched. Nor is what an account posts that bears our name.
pub(super) fn noise(
    mention: &Mention,
    folded: &Folded,
    matched: &[&QueryRule],
    scores: &Scores,
    pack: &Pack,
) -> Option<Noise> {
    let rule = &pack.intents.noise;
    let label = scores.noise.label.as_ref();
    let threshold = *rule.thresholds.get(label)?;
    let probability = scores.noise.probability;
    let threat = rule.unless_threat.is_some_and(|least| scores.threat.probability >= least);
    let takes_our_name = mention.author.as_ref().is_some_and(|author| author.impersonates.is_some());
    let asked_for = matched.iter().any(|query| rule.unless_queries.contains(&query.id));
    if probability < threshold || threat || takes_our_name || asked_for || may_be_an_intent(scores, rule) {
        return None;
    }
    if rule.unless_human && for_a_person(&Facts::new(mention, matched, scores, &pack.lists, folded), pack) {
        return None;
    }
    Some(Noise {
        kind: label.to_owned(),
        rule: format!("noise:{label}"),
        reason: format!("noise {label} {probability:.2}, at least {threshold:.2}"),
    })
}

/// What speaks for any intent at all is somebody's matter, though none may come to its own threshold.
pub(super) fn may_be_an_intent(scores: &Scores, rule: &NoiseRule) -> bool {
    let any: f64 = scores.intents.iter().filter(|score| score.id != NO_INTENT).map(|score| score.probability).sum();
    rule.unless_any_intent.is_some_and(|least| any >= least)
}
