//! Is this process alive, is it ready, and if not, what is it that is not.
//!
//! Alive and ready are apart: a missing broker is a reason to get no work, not to be restarted; a thread that no
//! longer beats is a reason to be restarted.

use dashmap::DashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The state of one named part of the process, as `/readyz` and `/livez` show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Whether it does its work.
    pub ok: bool,
    /// Why not; or, where it is ok, what does not go as wished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The registry of parts. Clones share it.
#[derive(Clone, Default)]
pub struct Health {
    ready: Arc<DashMap<String, Component>>,
    beats: Arc<DashMap<String, Beat>>,
}

struct Beat {
    last: Instant,
    silence_max: Duration,
}

impl Health {
    /// The part does its work.
    pub fn set_ready(&self, name: &str) {
        self.ready.insert(name.to_owned(), Component { ok: true, reason: None });
    }

    /// The part does its work, but somebody should know this.
    pub fn set_ready_but(&self, name: &str, reason: impl Into<String>) {
        self.ready.insert(name.to_owned(), Component { ok: true, reason: Some(reason.into()) });
    }

    /// The part does not do its work, for this reason.
    pub fn set_not_ready(&self, name: &str, reason: impl Into<String>) {
        self.ready.insert(name.to_owned(), Component { ok: false, reason: Some(reason.into()) });
    }

    /// The part is gone for good, by intention: it is no longer asked for.
    pub fn remove(&self, name: &str) {
        self.ready.remove(name);
        self.beats.remove(name);
    }

    /// The thread of this name is alive now, and is dead if it does not say so again within `silence_max`.
    pub fn beat(&self, name: &str, silence_max: Duration) {
        self.beats.insert(name.to_owned(), Beat { last: Instant::now(), silence_max });
    }

    /// Every part, by name.
    #[must_use]
    pub fn readiness(&self) -> BTreeMap<String, Component> {
        self.ready.iter().map(|entry| (entry.key().clone(), entry.value().clone())).collect()
    }

    /// Every thread that beats, by name.
    #[must_use]
    pub fn liveness(&self) -> BTreeMap<String, Component> {
        self.liveness_at(Instant::now())
    }

    /// True when there is a part and every part does its work: before anything has started, nothing is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.readiness();
        !parts.is_empty() && parts.values().all(|part| part.ok)
    }

    fn liveness_at(&self, now: Instant) -> BTreeMap<String, Component> {
        let state = |beat: &Beat| {
            let silence = now.saturating_duration_since(beat.last);
            let ok = silence <= beat.silence_max;
            let reason = (!ok).then(|| {
                format!("silent for {} s, at most {} s allowed", silence.as_secs(), beat.silence_max.as_secs())
            });
            Component { ok, reason }
        };
        self.beats.iter().map(|entry| (entry.key().clone(), state(entry.value()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_when_every_part_is() {
        let health = Health::default();
        assert!(!health.is_ready(), "nothing has started");
        health.set_ready("pack");
        health.set_not_ready("kafka", "no broker at b:1");
        assert!(!health.is_ready());
        assert_eq!(health.readiness()["kafka"].reason.as_deref(), Some("no broker at b:1"));
        health.clone().set_ready("kafka");
        assert!(health.is_ready(), "clones share the registry");
        health.set_not_ready("notify", "stopped");
        health.remove("notify");
        assert!(health.is_ready());
    }

    #[test]
    fn a_silent_thread_is_dead() {
        let health = Health::default();
        health.beat("triage-0", Duration::from_secs(30));
        let now = Instant::now();
        assert!(health.liveness_at(now)["triage-0"].ok);
        let later = &health.liveness_at(now + Duration::from_secs(40))["triage-0"];
        assert!(!later.ok && later.reason.as_deref().is_some_and(|reason| reason.contains("at most 30 s")));
    }
}
