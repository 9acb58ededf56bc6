//! What people said of a deployment's items: items and feedback brought together, contradictions settled, and everything
//! that cannot be used counted. Nothing here is fatal: one odd line must not cost the rest.

use super::super::heads::SPECS;
use super::super::layer::{MOVED, moved};
use crate::mention::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A routed item, as far as learning from it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadItem {
    /// Its id.
    pub id: String,
    /// Of two revisions the higher one counts.
    pub revision: u64,
    /// The text that was scored; empty where it was left out.
    pub text: String,
    /// Personal data stands in it as its kind in brackets.
    pub redacted: bool,
}

/// Something that was said back about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFeedback {
    /// Its own id.
    pub id: String,
    /// The item.
    pub about: String,
    /// `intent`, `urgency` and `noise` correct a label, `team` an owner; the rest says nothing of how a post was read.
    pub kind: String,
    /// The right label, or the right team.
    pub value: String,
    /// When it was said.
    pub at: Timestamp,
}

/// How many items were read, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ItemCounts {
    /// Items, each once.
    pub items: usize,
    /// Older revisions of an item.
    pub older_revisions: usize,
    /// Without a text: nothing can be learned of them.
    pub without_text: usize,
    /// With personal data taken out: read as they are.
    pub redacted: usize,
}

/// How much feedback was read, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FeedbackCounts {
    /// All that was read.
    pub read: usize,
    /// Decides a label.
    pub used: usize,
    /// Of a kind that says nothing of how a post was read.
    pub other_kinds: usize,
    /// Seen before under the same id.
    pub repeated: usize,
    /// Something was said later of the same item.
    pub overruled: usize,
    /// About items that are not among those given.
    pub unknown_items: usize,
    /// With a label that the head does not have.
    pub unknown_labels: usize,
    /// With a team that owns no intent, or several.
    pub unclear_teams: usize,
    /// About items without a text.
    pub without_text: usize,
}

/// An item with what was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) id: String,
    pub(crate) text: String,
    /// By head: the label that is right.
    pub(crate) said: BTreeMap<usize, usize>,
}

/// Items and feedback, brought together. A pure function of the two sets: their order does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// By id.
    pub(crate) posts: Vec<Post>,
    /// Of items.
    pub items: ItemCounts,
    /// Of feedback.
    pub feedback: FeedbackCounts,
}

/// Brings items and feedback together. Of two that contradict each other the later counts, by time and then by id; what
/// says an intent counts before what says a team only. `owned` gives the intents that a team owns.
#[must_use]
pub fn join(items: Vec<ReadItem>, feedback: Vec<ReadFeedback>, owned: &BTreeMap<String, Vec<String>>) -> Joined {
    let mut joined = Joined::default();
    let items = newest(items, &mut joined.items);
    let mut said = settle(feedback, &items, owned, &mut joined.feedback);
    for item in items.into_values() {
        let said = said.remove(&item.id).unwrap_or_default();
        if item.text.trim().is_empty() {
            joined.items.without_text += 1;
            joined.feedback.without_text += said.len();
            continue;
        }
        joined.items.redacted += usize::from(item.redacted);
        joined.feedback.used += said.len();
        joined.posts.push(Post { id: item.id, text: item.text, said });
    }
    joined
}

fn newest(items: Vec<ReadItem>, counts: &mut ItemCounts) -> BTreeMap<String, ReadItem> {
    let mut newest: BTreeMap<String, ReadItem> = BTreeMap::new();
    for item in items {
        match newest.get_mut(&item.id) {
            None => drop(newest.insert(item.id.clone(), item)),
            Some(known) => {
                counts.older_revisions += 1;
                if item.revision > known.revision {
                    *known = item;
                }
            }
        }
    }
    counts.items = newest.len();
    newest
}

/// By item and head the label that holds in the end.
fn settle(
    mut feedback: Vec<ReadFeedback>,
    items: &BTreeMap<String, ReadItem>,
    owned: &BTreeMap<String, Vec<String>>,
    counts: &mut FeedbackCounts,
) -> BTreeMap<String, BTreeMap<usize, usize>> {
    counts.read = feedback.len();
    // a team only hints at an intent: whatever is said of the intent itself comes after it
    feedback.sort_by(|a, b| {
        let rank = |f: &ReadFeedback| (f.kind != "team", f.at);
        rank(a).cmp(&rank(b)).then_with(|| (&a.id, &a.about, &a.value).cmp(&(&b.id, &b.about, &b.value)))
    });
    let mut seen = BTreeSet::new();
    let mut said: BTreeMap<String, BTreeMap<usize, usize>> = BTreeMap::new();
    for one in feedback {
        if one.kind != "team" && moved(&one.kind).is_none() {
            counts.other_kinds += 1;
        } else if !seen.insert(one.id.clone()) {
            counts.repeated += 1;
        } else if !items.contains_key(&one.about) {
            counts.unknown_items += 1;
        } else if let Some((head, label)) = label_of(&one, owned, counts) {
            let before = said.entry(one.about).or_default().insert(head, label);
            counts.overruled += usize::from(before.is_some());
        }
    }
    said
}

fn label_of(
    one: &ReadFeedback,
    owned: &BTreeMap<String, Vec<String>>,
    counts: &mut FeedbackCounts,
) -> Option<(usize, usize)> {
    let is_team = one.kind == "team";
    let value = match owned.get(&one.value).map(Vec::as_slice) {
        _ if !is_team => one.value.as_str(),
        Some([intent]) => intent,
        _ => {
            counts.unclear_teams += 1;
            return None;
        }
    };
    let (head, spec) = moved(if is_team { SPECS[MOVED[0]].name } else { &one.kind })?;
    let label = spec.labels.iter().position(|label| *label == value);
    match label {
        Some(label) => Some((head, label)),
        None => {
            // an intent of the pack's own is one that only a trigger can give
            counts.unknown_labels += usize::from(!is_team);
            counts.unclear_teams += usize::from(is_team);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::heads::{INTENT, NOISE};

    fn item(id: &str, revision: u64, text: &str) -> ReadItem {
        ReadItem { id: id.to_owned(), revision, text: text.to_owned(), redacted: text.contains('[') }
    }

    fn said(id: &str, about: &str, kind: &str, value: &str, at: i64) -> ReadFeedback {
        let own = |text: &str| text.to_owned();
        ReadFeedback { id: own(id), about: own(about), kind: own(kind), value: own(value), at: Timestamp::clamped(at) }
    }

    #[test]
    fn what_cannot_be_used_is_counted_and_the_last_word_holds() {
        let items =
            vec![item("b", 1, "second"), item("a", 32, "mail [email]"), item("a", 16, "mail ana"), item("c", 16, " ")];
        let feedback = vec![
            said("f1", "a", "intent", "billing", 10),
            said("f3", "a", "intent", "outage", 10),
            said("f2", "a", "intent", "defect", 10),
            said("f3", "a", "intent", "outage", 10),
            said("f4", "a", "noise", "spam", 1),
            said("f5", "b", "team", "money", 99),
            said("f6", "b", "intent", "safety", 1),
            said("f7", "b", "team", "all", 1),
            said("f8", "b", "intent", "outtage", 1),
            said("f9", "z", "intent", "outage", 1),
            said("fa", "c", "intent", "outage", 1),
            said("fb", "a", "csat", "5", 1),
        ];
        let owned = BTreeMap::from([
            ("money".to_owned(), vec!["billing".to_owned()]),
            ("all".to_owned(), vec!["defect".to_owned(), "outage".to_owned()]),
        ]);
        let joined = join(items.clone(), feedback.clone(), &owned);
        assert_eq!(joined.items, ItemCounts { items: 3, older_revisions: 1, without_text: 1, redacted: 1 });
        let label = |head: usize, name: &str| SPECS[head].labels.iter().position(|l| *l == name).expect("a label");
        let posts: Vec<_> = joined.posts.iter().map(|p| (p.id.as_str(), p.text.as_str(), p.said.clone())).collect();
        assert_eq!(
            posts,
            [
                ("a", "mail [email]", [(INTENT, label(INTENT, "outage")), (NOISE, label(NOISE, "spam"))].into()),
                ("b", "second", [(INTENT, label(INTENT, "safety"))].into()),
            ]
        );
        let counts = FeedbackCounts {
            read: 12,
            used: 3,
            other_kinds: 1,
            repeated: 1,
            overruled: 3,
            unknown_items: 1,
            unknown_labels: 1,
            unclear_teams: 1,
            without_text: 1,
        };
        assert_eq!(joined.feedback, counts);
        let backwards = join(items.into_iter().rev().collect(), feedback.into_iter().rev().collect(), &owned);
        assert_eq!(backwards, joined);
    }
}
