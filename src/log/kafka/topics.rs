//! The topic table, planned against a cluster and applied to it.
//!
//! Plan first, apply exactly that, and applying twice changes nothing. It must never delete a topic, nor change a
//! number of partitions: placement by key hangs on it, so that is a new generation, by a person's hand.

mod admin;
mod table;

pub use admin::TopicAdmin;
pub use table::{TopicOptions, TopicSpec, table};

use std::collections::BTreeMap;

/// What is to be done to one topic.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TopicPlan {
    /// Full name.
    pub topic: String,
    /// What to do.
    #[serde(flatten)]
    pub action: TopicAction,
    /// What differs and stays as it is, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// What `apply` would do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum TopicAction {
    /// It is not there.
    Create {
        /// Number of partitions.
        partitions: i32,
        /// Copies of each.
        replication: i32,
        /// Topic settings.
        settings: BTreeMap<String, String>,
    },
    /// It is there with other settings.
    Alter {
        /// What to set.
        changes: Vec<SettingChange>,
    },
    /// It is there as it should be.
    None,
}

/// One setting of a topic that is to change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SettingChange {
    /// Its name.
    pub setting: String,
    /// What it is.
    pub from: String,
    /// What it will be.
    pub to: String,
}

impl TopicPlan {
    /// Whether `apply` would do anything.
    #[must_use]
    pub fn is_to_do(&self) -> bool {
        self.action != TopicAction::None
    }
}

/// A topic as the cluster has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Existing {
    pub(crate) partitions: i32,
    pub(crate) replication: i32,
    pub(crate) settings: BTreeMap<String, String>,
}

/// What is to be done to one topic, given what is there.
pub(crate) fn plan_one(spec: &TopicSpec, existing: Option<&Existing>) -> TopicPlan {
    let topic = spec.name.clone();
    let Some(existing) = existing else {
        let (partitions, replication, settings) = (spec.partitions, spec.replication, spec.settings.clone());
        return TopicPlan {
            topic,
            action: TopicAction::Create { partitions, replication, settings },
            kept: Vec::new(),
        };
    };
    let changes: Vec<SettingChange> = spec
        .settings
        .iter()
        .filter_map(|(setting, to)| {
            let from = existing.settings.get(setting).cloned().unwrap_or_default();
            (from != *to).then(|| SettingChange { setting: setting.clone(), from, to: to.clone() })
        })
        .collect();
    let mut kept = Vec::new();
    if existing.partitions != spec.partitions {
        kept.push(format!("{} partitions, asked for {}", existing.partitions, spec.partitions));
    }
    if existing.replication != spec.replication {
        kept.push(format!("replication {}, asked for {}", existing.replication, spec.replication));
    }
    let action = if changes.is_empty() { TopicAction::None } else { TopicAction::Alter { changes } };
    TopicPlan { topic, action, kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TopicSpec {
        let settings = BTreeMap::from([("retention.ms".to_owned(), "5".to_owned())]);
        TopicSpec { name: "a".into(), partitions: 4, replication: 1, settings }
    }

    #[test]
    fn a_topic_is_created_altered_or_left() {
        let at = |retention: &str, partitions: i32| Existing {
            partitions,
            replication: 1,
            settings: BTreeMap::from([
                ("retention.ms".to_owned(), retention.to_owned()),
                ("other".to_owned(), "1".to_owned()),
            ]),
        };
        let created = plan_one(&spec(), None);
        assert!(matches!(&created.action, TopicAction::Create { partitions: 4, replication: 1, .. }));
        let altered = plan_one(&spec(), Some(&at("6", 4)));
        let change = SettingChange { setting: "retention.ms".into(), from: "6".into(), to: "5".into() };
        assert_eq!(altered.action, TopicAction::Alter { changes: vec![change] });
        let left = plan_one(&spec(), Some(&at("5", 4)));
        assert!(!left.is_to_do() && left.kept.is_empty());
        let kept = plan_one(&spec(), Some(&at("5", 8)));
        assert!(!kept.is_to_do(), "a number of partitions is never changed");
        assert_eq!(kept.kept, ["8 partitions, asked for 4"]);
    }
}
