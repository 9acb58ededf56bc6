//! Whether a mention reports trouble of ours: the posts that, when they come together, are an outage.
//!
//! A defect does not count: who dislikes a new layout calls it broken, and many of them are a turn of mood. Nor does
//! praise, whatever words it uses, nor what we are named beside: “theirs is down, glad we moved to Nimbus”. It reads the
//! words around our name only; it must never be asked whether a post is routed.

use super::Decided;
use crate::text::Span;

/// Probability of an outage from which a post counts as a report: the best of several guesses is none.
const SURE: f64 = 0.5;
/// Bytes read before our name, and after it.
const BEFORE: usize = 32;
const AFTER: usize = 24;

/// Ends of what stands before the name of those who are better off.
const BETTER_WITH: [&str; 16] = [
    "moved to",
    "moving to",
    "move to",
    "switched to",
    "switching to",
    "switch to",
    "migrated to",
    "gone with",
    "went with",
    "go with",
    "picked",
    "chose",
    "chosen",
    "meanwhile",
    "unlike",
    "thing we use",
];
/// Beginnings of what stands after it.
const STILL_WELL: [&str; 12] = [
    "just works",
    "works fine",
    "works here",
    "still works",
    "still up",
    "is still up",
    "runs fine",
    "is fine",
    "is up",
    "not affected",
    "is not affected",
    "unaffected",
];

/// True for a report of trouble, by a query that matched these spans of the text.
#[must_use]
pub(super) fn is_report(decided: &Decided, spans: &[Span]) -> bool {
    let Some(scores) = &decided.scores else { return false };
    let intent = scores.intents.first();
    decided.noise.is_none()
        && intent.is_some_and(|intent| intent.id == "outage" && intent.probability >= SURE)
        && scores.sentiment.label != "positive"
        && !spans.iter().any(|span| is_better_off(&decided.mention.text, span.start as usize, span.end as usize))
}

/// True when the words around our name say that we are the ones without trouble.
fn is_better_off(text: &str, start: usize, end: usize) -> bool {
    let from = (start.saturating_sub(BEFORE)..=start).find(|at| text.is_char_boundary(*at));
    let to = (end..=text.len().min(end.saturating_add(AFTER))).rev().find(|at| text.is_char_boundary(*at));
    let part = |from: Option<usize>, to: Option<usize>| {
        from.zip(to).and_then(|(from, to)| text.get(from..to)).unwrap_or_default().to_lowercase()
    };
    let (before, after) = (part(from, Some(start)), part(Some(end), to));
    let (before, after) = (before.trim_end(), after.trim_start());
    let article = before.strip_suffix("the").map_or(before, str::trim_end);
    BETTER_WITH.iter().any(|words| article.ends_with(words)) || STILL_WELL.iter().any(|words| after.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_beside_the_trouble_has_none() {
        for (text, expected) in [
            ("Stratovault is down again, glad we moved to Nimbus last year", true),
            ("Stratovault outage, day 3. Should have gone with Nimbus", true),
            ("they cannot log anyone in, meanwhile Nimbus just works", true),
            ("everybody is down, Nimbus still up here", true),
            ("Nimbus is down again", false),
            ("cannot log in to Nimbus, error 503", false),
            ("Nimbus is finally broken for good", false),
            ("Nimbus down, time to switch to Stratovault", false),
            ("störung seit übermorgen ☁️☁️☁️☁️☁️☁️☁️☁️☁️ Nimbus", false),
        ] {
            let start = text.find("Nimbus").expect("we are named");
            assert_eq!(is_better_off(text, start, start + 6), expected, "{text}");
        }
        assert!(!is_better_off("short", 40, 90), "spans of another text are no reason to fail");
    }
}
