//! Undo of an open transaction by copy on first touch: what a key held when the last transaction landed.
//!
//! Why so: an abort is rare and restoring a large state is slow, while a transaction touches few keys. Copies share
//! their partials with the state until one of the two is written, so touching is cheap. What is kept is bounded: over
//! the limit everything kept is dropped, and the state says that it cannot go back. It must never go back halfway.

use super::state::{Head, PartialKey, Pending, VoiceKey, VoicePage, Watched};
use crate::case::Page;
use std::collections::BTreeMap;

/// How much is kept to undo one transaction on one signals partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoLimits {
    /// Keys copied.
    pub keys_max: usize,
    /// Bytes copied, about.
    pub bytes_max: usize,
}

impl Default for UndoLimits {
    fn default() -> Self {
        Self { keys_max: 10_000, bytes_max: 64 << 20 }
    }
}

/// What one key held, and whether it was to be in the next snapshot already.
#[derive(Debug, Clone)]
pub(super) struct Before<T> {
    pub(super) value: Option<T>,
    pub(super) changed: bool,
}

/// What everything touched by the open transaction held before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Undo {
    limits: UndoLimits,
    pub(super) head: Option<Head>,
    pub(super) queries: BTreeMap<String, Before<Watched>>,
    pub(super) pending: BTreeMap<PartialKey, Before<Pending>>,
    pub(super) pages: BTreeMap<String, Before<Page>>,
    pub(super) voice: BTreeMap<VoiceKey, Before<VoicePage>>,
    bytes: usize,
    over: bool,
}

impl Undo {
    pub(super) fn new(limits: UndoLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(super) fn keep_head(&mut self, head: impl FnOnce() -> Head) {
        if !self.over && self.head.is_none() {
            self.head = Some(head());
        }
    }

    pub(super) fn keep_query(&mut self, query: &str, value: Option<&Watched>, changed: bool) {
        if self.over || self.queries.contains_key(query) {
            return;
        }
        self.bytes += value.map_or(0, Watched::weight);
        self.queries.insert(query.to_owned(), Before { value: value.cloned(), changed });
        self.check();
    }

    pub(super) fn keep_pending(&mut self, key: &PartialKey, value: Option<&Pending>, changed: bool) {
        if self.over || self.pending.contains_key(key) {
            return;
        }
        self.bytes += value.map_or(0, |value| value.values().map(|partial| partial.weight()).sum());
        self.pending.insert(key.clone(), Before { value: value.cloned(), changed });
        self.check();
    }

    pub(super) fn keep_page(&mut self, key: &str, value: Option<&Page>, changed: bool) {
        if self.over || self.pages.contains_key(key) {
            return;
        }
        self.bytes += value.map_or(0, Page::weight);
        self.pages.insert(key.to_owned(), Before { value: value.cloned(), changed });
        self.check();
    }

    pub(super) fn keep_voice(&mut self, key: &VoiceKey, value: Option<&VoicePage>, changed: bool) {
        if self.over || self.voice.contains_key(key) {
            return;
        }
        self.bytes += value.map_or(0, VoicePage::weight);
        self.voice.insert(key.clone(), Before { value: value.cloned(), changed });
        self.check();
    }

    fn check(&mut self) {
        let keys = self.queries.len() + self.pending.len() + self.pages.len() + self.voice.len();
        if keys > self.limits.keys_max || self.bytes > self.limits.bytes_max {
            *self = Self { over: true, ..Self::new(self.limits) };
        }
    }

    /// Takes out what was kept; none when that was too much, however often it is asked.
    pub(super) fn take(&mut self) -> Option<Self> {
        (!self.over).then(|| std::mem::replace(self, Self::new(self.limits)))
    }

    /// The transaction landed: a new one begins.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limits);
    }
}
