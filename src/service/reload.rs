//! The pack folder, looked at now and then: reads it, and compiles it only when it says something else than before.
//!
//! Whoever changes several files is not done with all of them at once, and a mounted folder may change between two files
//! that are read: what two looks in a row find the same is a pack, everything else is half of one.
//!
//! Packs that nobody decides by any more are dropped here, off the hot path: freeing a large one takes longer than a
//! batch may wait. It must never make a worker change its pack: it offers one, and workers take it between transactions.

use crate::config::pack::read_pack_again;
use crate::rules::{self, Pack, SourceFile};
use crate::telemetry::events::{PackMended, PackRefused, ShadowRefused};
use crate::telemetry::{Event as _, Metrics};
use arc_swap::ArcSwap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a pack.
pub(super) struct Folder {
    path: PathBuf,
    /// Whether its pack decides nothing: then it is not what the metrics of the pack tell of.
    is_shadow: bool,
    /// What the last look found, where it is not what is wanted already.
    found: Option<Vec<SourceFile>>,
    /// What was refused last: not compiled again.
    refused: Option<Vec<SourceFile>>,
    /// The last reason to refuse it: told once.
    told: String,
    /// Every pack that may still be decided by, and those that were.
    offered: Vec<Arc<Pack>>,
}

impl Folder {
    pub(super) fn new(path: &Path, pack: Arc<Pack>) -> Self {
        Self {
            path: path.to_owned(),
            is_shadow: false,
            found: None,
            refused: None,
            told: String::new(),
            offered: vec![pack],
        }
    }

    /// The folder of a shadow.
    pub(super) fn of_shadow(path: &Path, pack: Arc<Pack>) -> Self {
        Self { is_shadow: true, ..Self::new(path, pack) }
    }

    /// Offers the workers the pack of the folder when it is another one that checks clean; a broken one is told once
    /// and left.
    pub(super) fn look(&mut self, wanted: &ArcSwap<Pack>, metrics: &Metrics) {
        // one that only this list holds is nobody's any more
        self.offered.retain(|pack| Arc::strong_count(pack) > 1);
        let current = wanted.load();
        let before = self.refused.as_deref().unwrap_or(&current.source.files);
        let files = match read_pack_again(&self.path, before) {
            Ok(files) => files,
            Err(error) => return self.refuse(1, &error.to_string(), metrics),
        };
        if files == current.source.files {
            if !self.told.is_empty() && !self.is_shadow {
                PackMended { digest: &current.digest }.emit(metrics);
            }
            (self.found, self.refused, self.told) = (None, None, String::new());
            return;
        }
        if self.refused.as_ref() == Some(&files) {
            return;
        }
        if self.found.as_ref() != Some(&files) {
            self.found = Some(files);
            return;
        }
        match rules::load(&files, &[]) {
            Ok(pack) => {
                (self.found, self.refused, self.told) = (None, None, String::new());
                let pack = Arc::new(pack);
                self.offered.push(Arc::clone(&pack));
                // each worker takes it when the topics it routes to are there, and says so
                wanted.store(pack);
            }
            Err(problems) => {
                self.refused = Some(files);
                self.refuse(problems.len(), &problems.first().map(ToString::to_string).unwrap_or_default(), metrics);
            }
        }
    }

    fn refuse(&mut self, problems: usize, first: &str, metrics: &Metrics) {
        if self.told != first {
            let folder = &self.path.display().to_string();
            if self.is_shadow {
                ShadowRefused { folder, problems, first }.emit(metrics);
            } else {
                PackRefused { folder, problems, first }.emit(metrics);
            }
            first.clone_into(&mut self.told);
        }
    }
}

#[cfg(test)]
mod tests;
