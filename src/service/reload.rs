//! The pack folder, looked at now and then: reads it, and compiles it only when it says something else than before.
//!
//! Packs that nobody decides by any more are dropped here, off the hot path: freeing a large one takes longer than a
//! batch may wait. It must never make a worker change its pack: it offers one, and workers take it between transactions.

use super::supervise::Shared;
use crate::config::pack::read_pack;
use crate::rules::{self, Pack, SourceFile};
use crate::telemetry::Event as _;
use crate::telemetry::events::{PackMended, PackRefused};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a pack.
pub(super) struct Folder {
    path: PathBuf,
    /// What was refused last: not compiled again.
    refused: Option<Vec<SourceFile>>,
    /// The last reason to refuse it: told once.
    told: String,
    /// Every pack that may still be decided by, and those that were.
    offered: Vec<Arc<Pack>>,
}

impl Folder {
    pub(super) fn new(path: &Path, pack: Arc<Pack>) -> Self {
        Self { path: path.to_owned(), refused: None, told: String::new(), offered: vec![pack] }
    }

    /// Offers the workers the pack of the folder when it is another one that checks clean; a broken one is told once
    /// and left.
    pub(super) fn look(&mut self, shared: &Shared) {
        // one that only this list holds is nobody's any more
        self.offered.retain(|pack| Arc::strong_count(pack) > 1);
        let files = match read_pack(&self.path) {
            Ok(files) => files,
            Err(error) => return self.refuse(1, &error.to_string(), shared),
        };
        let wanted = shared.wanted.load();
        if files == wanted.source.files {
            if !self.told.is_empty() {
                PackMended { digest: &wanted.digest }.emit(&shared.metrics);
            }
            (self.refused, self.told) = (None, String::new());
            return;
        }
        if self.refused.as_ref() == Some(&files) {
            return;
        }
        match rules::load(&files, &[]) {
            Ok(pack) => {
                (self.refused, self.told) = (None, String::new());
                let pack = Arc::new(pack);
                self.offered.push(Arc::clone(&pack));
                // each worker takes it when the topics it routes to are there, and says so
                shared.wanted.store(pack);
            }
            Err(problems) => {
                self.refused = Some(files);
                self.refuse(problems.len(), &problems.first().map(ToString::to_string).unwrap_or_default(), shared);
            }
        }
    }

    fn refuse(&mut self, problems: usize, first: &str, shared: &Shared) {
        if self.told != first {
            PackRefused { folder: &self.path.display().to_string(), problems, first }.emit(&shared.metrics);
            first.clone_into(&mut self.told);
        }
    }
}
