//! The smallest counted interval: 10 s of event time.

use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// Length of a bucket in seconds.
pub const BUCKET_SECONDS: i64 = 10;
const BUCKET_MICROS: i64 = BUCKET_SECONDS * 1_000_000;

/// A bucket by its number: whole buckets since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bucket(pub i64);

impl Bucket {
    /// Before every other.
    pub const FIRST: Self = Self(i64::MIN);

    /// The bucket an instant falls in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_micros().div_euclid(BUCKET_MICROS))
    }

    /// Its first instant.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::clamped(self.0.saturating_mul(BUCKET_MICROS))
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.plus(1).start()
    }

    /// The bucket `buckets` later.
    #[must_use]
    pub fn plus(self, buckets: i64) -> Self {
        Self(self.0.saturating_add(buckets))
    }
}
