//! What is different about two routes of one mention, for whoever compares packs.

use super::Route;

/// One field in which two decisions differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// `team`, `severity` …
    pub field: &'static str,
    /// By the one.
    pub old: String,
    /// By the other.
    pub new: String,
}

impl Difference {
    /// None where both are the same.
    #[must_use]
    pub fn of(field: &'static str, old: impl Into<String>, new: impl Into<String>) -> Option<Self> {
        let (old, new) = (old.into(), new.into());
        (old != new).then_some(Self { field, old, new })
    }
}

/// In which fields two routes differ; clocks are left out, as they count from the event.
#[must_use]
pub fn differences(old: &Route, new: &Route) -> Vec<Difference> {
    let list = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let wording = |route: &Route| route.reply.as_ref().map_or("none", |reply| reply.id.as_str()).to_owned();
    let both = [
        Difference::of("team", &old.team, &new.team),
        Difference::of("intent", &old.intent, &new.intent),
        Difference::of("severity", old.severity.as_str(), new.severity.as_str()),
        Difference::of("tier", old.tier.as_str(), new.tier.as_str()),
        Difference::of("public response", &old.public_response, &new.public_response),
        Difference::of("private handoff", &old.private_handoff, &new.private_handoff),
        Difference::of("path", list(&old.path), list(&new.path)),
        Difference::of("approvals", list(&old.approvals), list(&new.approvals)),
        Difference::of("also", list(&old.also), list(&new.also)),
        Difference::of("reply", wording(old), wording(new)),
    ];
    both.into_iter().flatten().collect()
}
