//! What reads as noise, read again part by part: one part of it may be somebody's matter.
//!
//! A complaint behind a call to share is a small share of its text, and the model sums over all of it. Only what the
//! pack would drop is read again, so the cost falls on few. The part that speaks is what the item is routed by.

use super::decide::{for_a_person, reached};
use super::facts::Facts;
use super::noise::{Noise, may_be_an_intent, noise};
use crate::mention::Mention;
use crate::rules::{Folded, Pack, QueryRule};
use crate::score::{Scores, parts};

/// A part of a text that is no noise though the text as a whole reads like it.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    /// What the model says of the part alone.
    pub scores: Scores,
    /// The rule that decided: `unless:part`.
    pub rule: String,
    /// The same in words: where the part stands and what it says, with the numbers compared.
    pub reason: String,
}

/// What is to be dropped of what matched, else the part of it by which it is routed, where it is not the whole.
///
/// # Errors
/// The noise that it is. `read` is the model: it scores one part; without it no part is looked at.
pub fn sift(
    mention: &Mention,
    folded: &Folded,
    matched: &[&QueryRule],
    scores: &Scores,
    pack: &Pack,
    read: Option<impl FnMut(&str) -> Scores>,
) -> Result<Option<Matter>, Noise> {
    let Some(noise) = noise(mention, folded, matched, scores, pack) else { return Ok(None) };
    read.and_then(|read| matter(mention, folded, matched, pack, read)).map(Some).ok_or(noise)
}

/// The part of a mention's text that, read alone, is no noise and has a threat, what one of the pack's triggers gives to
/// a person, an intent at the pack's threshold, or what the pack never drops for speaking of any intent: the first that
/// a person must own, else the first. None where the pack does not ask for it.
///
/// `read` is the model: it scores one part.
pub(super) fn matter(
    mention: &Mention,
    folded: &Folded,
    matched: &[&QueryRule],
    pack: &Pack,
    mut read: impl FnMut(&str) -> Scores,
) -> Option<Matter> {
    let parts = if pack.intents.noise.unless_part { parts(&mention.text) } else { Vec::new() };
    let matters = parts.into_iter().filter_map(|part| {
        let scores = read(&mention.text[part.clone()]);
        let is_grave = for_a_person(&Facts::new(mention, matched, &scores, &pack.lists, folded), pack);
        let why = says(&scores, is_grave, pack)?;
        let reason = format!("not noise: bytes {} to {} alone read as {why}", part.start, part.end);
        Some((is_grave, Matter { scores, rule: "unless:part".to_owned(), reason }))
    });
    // the first of those for a person, else the first
    matters.min_by_key(|(is_grave, _)| !is_grave).map(|(_, matter)| matter)
}

/// What of a part is somebody's matter, in words.
fn says(part: &Scores, is_grave: bool, pack: &Pack) -> Option<String> {
    if part.noise.label != "none" {
        return None;
    }
    let rule = &pack.intents.noise;
    let at_least = |what: &str, p: f64, least: f64| format!("{what} {p:.2}, at least {least:.2}");
    let p = part.threat.probability;
    let threat = rule.unless_threat.filter(|least| p >= *least).map(|least| at_least("threat", p, least));
    let human = || (rule.unless_human && is_grave).then(|| "for a person".to_owned());
    let intent = || reached(part, pack).next().map(|(score, least)| at_least(&score.id, score.probability, least));
    let any = || may_be_an_intent(part, rule).then(|| "what may be of an intent".to_owned());
    threat.or_else(human).or_else(intent).or_else(any)
}
