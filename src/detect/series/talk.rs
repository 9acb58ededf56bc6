//! What is usually said of a query, and where: learned of what is older than an hour.

use super::post::Post;
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

    /// The same of a bucket with one post.
    pub(super) fn learn_post(&mut self, bucket: Bucket, post: &Post<'_>) {
        let Post { platform, language, sentiment_percent, terms, .. } = *post;
        self.vocabulary.learn_voice(bucket, terms);
        self.mix.learn_post(bucket, platform, language, sentiment_percent);
    }

    /// Bytes on the heap, about.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.vocabulary.weight()
    }
}
