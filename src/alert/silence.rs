//! Why an alert is written and nobody is called: a person said so, work is planned, or a wider alert is open.
//!
//! What is not told is never lost: its events are written with the reason, and the notifier passes them by. When the reason
//! ends while the alert is open, it is told once, late. It must never keep back the end of what people were told of.

use super::{AlertKind, Episode, gravity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What keeps an event back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedBy {
    /// Somebody said so, until a time.
    Silence,
    /// Work is planned.
    Maintenance,
    /// A wider alert is open, or was just now.
    Inhibition,
}

impl SuppressedBy {
    /// The name used in JSON and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Maintenance => "maintenance",
            Self::Inhibition => "inhibition",
        }
    }
}

/// Why an event is written and nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// What keeps it back.
    pub by: SuppressedBy,
    /// The silence or window of the pack, or the alert that is wider.
    pub id: String,
    /// Who said so and why, in words.
    pub reason: String,
}

/// True while an open alert keeps a narrower one from being told: that of a parent everything that is no graver, any other
/// of the group only what is no trouble of its own. One post that goes round is always told, and so is what is more severe.
#[must_use]
pub fn inhibits(wider: &Episode, wider_is_parent: bool, narrower: &Episode) -> bool {
    let (wide, narrow) = (gravity(wider.kind), gravity(narrower.kind));
    if narrower.kind == AlertKind::Viral || narrower.severity < wider.severity {
        return false;
    }
    let is_narrower = if wider_is_parent {
        narrow <= wide
    } else {
        wider.kind != AlertKind::Viral && wide >= gravity(AlertKind::Spike) && narrow < gravity(AlertKind::Spike)
    };
    is_narrower && wider.since <= narrower.since
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Bucket;
    use crate::route::Severity;

    #[test]
    fn the_wider_keeps_the_narrower_back() {
        use AlertKind::{Amplification, Outage, SentimentShift, Spike, Viral};
        use Severity::{S1, S2, S3};
        // wider, by the parent, narrower, kept back
        for (wider, parent, narrower, kept) in [
            ((Outage, S2), true, (Outage, S2), true),
            ((Outage, S2), true, (SentimentShift, S3), true),
            ((Outage, S2), false, (Outage, S2), false),
            ((Outage, S2), false, (SentimentShift, S3), true),
            ((Spike, S3), false, (Amplification, S3), true),
            ((Spike, S3), false, (Spike, S3), false),
            ((Spike, S3), true, (Outage, S2), false),
            ((Outage, S2), true, (Outage, S1), false),
            ((Outage, S2), true, (Viral, S2), false),
            ((Viral, S2), false, (SentimentShift, S3), false),
            ((SentimentShift, S3), false, (Amplification, S3), false),
        ] {
            let episode = |(kind, severity), onset| Episode::new("q", kind, Bucket(onset), severity);
            let (open, opening) = (episode(wider, 100), episode(narrower, 900));
            assert_eq!(inhibits(&open, parent, &opening), kept, "{wider:?} {parent} {narrower:?}");
            assert!(!inhibits(&episode(wider, 1000), parent, &opening), "what came first is told");
        }
    }
}
