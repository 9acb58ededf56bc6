//! Personal data taken out of what is published: each find becomes its kind in brackets, `[email]`, `[card]`.
//!
//! Off by default, on by topic. Why it is in the `decisions` section of the configuration and not in the pack: what may
//! leave the raw topics is the operator's word, not that of who writes rules; and it changes outputs, so every worker
//! and a replay that is to be equal must have the same. It comes after the decision and never changes one: route,
//! fingerprint, case and signals are those of the whole text.

use super::Decided;
use crate::mention::{Entity, Mention};
use crate::score::{Pii, Scores, find_pii, fold_into_rest};
use crate::text::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `decisions.redact`: topics whose values carry no personal data that was found in the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redact {
    /// The topic of every matched mention.
    pub mentions: bool,
    /// The topics of the teams, tickets included.
    pub routed: bool,
}

impl Redact {
    /// True where any topic asks for it.
    #[must_use]
    pub fn any(self) -> bool {
        self.mentions || self.routed
    }
}

impl Decided {
    /// The same decision, told without personal data: in text, title, warning, answer, descriptions of media, entities,
    /// and the ticket. The text as sent is left out. `redacted` names the kinds that were taken out.
    ///
    /// Spans are those of the new text; one that touches what was taken out is left out, and what it explained counts
    /// as `rest`. `scores.pii` says where the brackets stand.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut out = self.clone();
        let text = Cut::of(&self.mention.text);
        let mut kinds = text.kinds();
        redact_mention(&mut out.mention, &text, &mut kinds);
        for matched in &mut out.matches {
            let placed = |span: &Span| text.place(span.start, span.end);
            matched.spans = matched.spans.iter().filter_map(placed).map(|(start, end)| Span { start, end }).collect();
        }
        out.brands.retain_mut(|named| {
            let placed = text.place(named.span.start, named.span.end);
            placed.map(|(start, end)| named.span = Span { start, end }).is_some()
        });
        if let Some(scores) = &mut out.scores {
            redact_scores(scores, &text, &mut kinds);
        }
        if let Some(routing) = &mut out.routing {
            routing.ticket.requote(&self.mention.text, &text.text);
            redact(&mut routing.ticket.subject, &mut kinds);
            // blanks are folded in a ticket, which may bring the parts of a number together
            redact(&mut routing.ticket.body, &mut kinds);
            if let Some(reply) = &mut routing.route.reply {
                redact(&mut reply.text, &mut kinds);
            }
        }
        out.redacted = kinds.into_iter().collect();
        out
    }
}

fn redact_mention(mention: &mut Mention, text: &Cut, kinds: &mut BTreeSet<String>) {
    mention.text.clone_from(&text.text);
    // markup can hide what the text shows, and show what the text hides
    mention.text_raw = None;
    place_entities(&mut mention.entities, text, kinds);
    let answer = mention.brand_reply.as_mut().map(|reply| &mut reply.text);
    let titles = [mention.title.as_mut(), mention.content_warning.as_mut(), answer];
    let alts = mention.media.iter_mut().filter_map(|media| media.alt.as_mut());
    for field in titles.into_iter().flatten().chain(alts) {
        redact(field, kinds);
    }
}

fn redact_scores(scores: &mut Scores, text: &Cut, kinds: &mut BTreeSet<String>) {
    place_entities(&mut scores.entities, text, kinds);
    scores.pii = text.brackets();
    for mut part in std::mem::take(&mut scores.explain) {
        match part.start.zip(part.end).map(|(start, end)| text.place(start, end)) {
            None if part.feature == "rest" => fold_into_rest(&mut scores.explain, part),
            None => scores.explain.push(part),
            Some(Some((start, end))) => {
                (part.start, part.end) = (Some(start), Some(end));
                scores.explain.push(part);
            }
            Some(None) => fold_into_rest(&mut scores.explain, part),
        }
    }
}

/// Keeps the entities that stand outside of what was taken out; an address behind a link may hold some, too.
fn place_entities(entities: &mut Vec<Entity>, text: &Cut, kinds: &mut BTreeSet<String>) {
    entities.retain_mut(|entity| {
        let Some((start, end)) = text.place(entity.start, entity.end) else { return false };
        (entity.start, entity.end) = (start, end);
        redact(&mut entity.value, kinds);
        true
    });
}

fn redact(field: &mut String, kinds: &mut BTreeSet<String>) {
    let cut = Cut::of(field);
    if !cut.found.is_empty() {
        kinds.append(&mut cut.kinds());
        *field = cut.text;
    }
}

/// A text without what is personal, and where everything went.
struct Cut {
    text: String,
    /// What was found, and one past the last byte of its brackets in the new text; in order.
    found: Vec<(Pii, u32)>,
}

impl Cut {
    fn of(text: &str) -> Self {
        let mut cut = Self { text: String::with_capacity(text.len()), found: Vec::new() };
        let mut from = 0;
        for pii in find_pii(text) {
            cut.text.push_str(&text[from..pii.start as usize]);
            cut.text.push('[');
            cut.text.push_str(&pii.kind);
            cut.text.push(']');
            from = pii.end as usize;
            let end = u32::try_from(cut.text.len()).unwrap_or(u32::MAX);
            cut.found.push((pii, end));
        }
        cut.text.push_str(&text[from..]);
        cut
    }

    fn kinds(&self) -> BTreeSet<String> {
        self.found.iter().map(|(pii, _)| pii.kind.to_string()).collect()
    }

    /// Where a range of the old text is in the new one; none where it touches what was taken out.
    fn place(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        let behind = self.found.partition_point(|(pii, _)| pii.end <= start);
        if self.found.get(behind).is_some_and(|(pii, _)| pii.start < end) {
            return None;
        }
        let moved = |at: u32| match behind.checked_sub(1).map(|last| &self.found[last]) {
            None => at,
            Some((pii, new_end)) => at - pii.end + new_end,
        };
        Some((moved(start), moved(end)))
    }

    /// The brackets, as finds in the new text.
    fn brackets(&self) -> Vec<Pii> {
        let bracket = |(pii, end): &(Pii, u32)| {
            let length = u32::try_from(pii.kind.len() + 2).unwrap_or(u32::MAX);
            Pii { start: end.saturating_sub(length), end: *end, kind: pii.kind.clone() }
        };
        self.found.iter().map(bracket).collect()
    }
}

#[cfg(test)]
mod tests;
