//! What is usually said of a query, and where: learned of what is older than an hour.

use crate::detect::{Bucket, Mix, Partial, Vocabulary};
use serde::{Deserialize, Serialize};

/// Words and mix, which are learned together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Talk {
    pub(super) vocabulary: Vocabulary,
    pub(super) mix: Mix,
}

impl Talk {
    /// Before anything was learned.
    pub(super) const NONE: Self = Self { vocabulary: Vocabulary::EMPTY, mix: Mix::EMPTY };

    pub(super) fn learn(&mut self, bucket: Bucket, partial: &Partial) {
        self.vocabulary.learn(bucket, partial);
        self.mix.learn(bucket, partial);
    }

    /// Bytes on the heap, about.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.vocabulary.weight()
    }
}
