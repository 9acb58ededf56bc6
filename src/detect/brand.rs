//! What is said of one brand on one topic in one hour: sums and a sample of people, merged in any order and grouping.

use super::sample::{BottomK, Merge};
use super::{Bucket, Contribution};
use serde::{Deserialize, Serialize};

/// Buckets of an hour.
pub const HOUR_BUCKETS: i64 = 360;
/// People kept; exact below.
const SAMPLE: usize = 128;

/// Counts of one brand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandCounts {
    /// Mentions, noise apart.
    pub mentions: u64,
    /// Noise: nothing else is counted of it.
    pub noise: u64,
    /// Mentions and noise that came after their own hour was closed: nothing else is counted of them.
    pub late: u64,
    /// Of the mentions, those of positive sentiment.
    pub positive: u64,
    /// Those of negative sentiment.
    pub negative: u64,
    /// Sum of their sentiment scores × 100.
    pub sentiment_percent: i64,
    /// Sum of the followers of their authors.
    pub reach: u64,
    /// Their authors.
    pub people: BottomK<u64, SAMPLE>,
}

impl BrandCounts {
    /// The counts of one item; `positive` is the label of its sentiment.
    #[must_use]
    pub fn of(item: &Contribution, positive: bool) -> Self {
        if item.noise {
            return Self { noise: 1, ..Self::default() };
        }
        let mut people = BottomK::default();
        people.add(item.person, &1);
        Self {
            mentions: 1,
            positive: u64::from(positive),
            negative: u64::from(item.negative),
            sentiment_percent: item.sentiment_percent,
            reach: item.followers,
            people,
            ..Self::default()
        }
    }

    /// The same, come too late for its hour.
    #[must_use]
    pub fn too_late(&self) -> Self {
        let late = self.mentions.saturating_add(self.noise).saturating_add(self.late);
        Self { late, ..Self::default() }
    }

    /// Mean sentiment score of the mentions, -1..1; 0 without any.
    #[must_use]
    pub fn sentiment(&self) -> f64 {
        if self.mentions == 0 { 0.0 } else { self.sentiment_percent as f64 / self.mentions as f64 / 100.0 }
    }
}

impl Merge for BrandCounts {
    fn merge(&mut self, other: &Self) {
        // what is read back may be damaged: no sum may overflow, in whatever order
        for (sum, more) in [
            (&mut self.mentions, other.mentions),
            (&mut self.noise, other.noise),
            (&mut self.late, other.late),
            (&mut self.positive, other.positive),
            (&mut self.negative, other.negative),
            (&mut self.reach, other.reach),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.sentiment_percent = self.sentiment_percent.wrapping_add(other.sentiment_percent);
        self.people.merge(&other.people);
    }
}

/// The first bucket of the hour that a bucket is in.
#[must_use]
pub fn hour_of(bucket: Bucket) -> Bucket {
    Bucket(bucket.0.div_euclid(HOUR_BUCKETS).saturating_mul(HOUR_BUCKETS))
}
