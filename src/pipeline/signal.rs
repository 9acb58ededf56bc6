//! What watch is told: partial aggregates, how far clocks are, and which partitions it waits for.

use super::{Brands, Heard};
use crate::case::{CaseItem, Said};
use crate::detect::{Bucket, Partial};
use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// One record of the signals topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Signal {
    /// What a transaction adds to one event bucket of one query.
    Partial {
        /// Id of the query.
        query: String,
        /// In which log bucket the records were read.
        log: Bucket,
        /// To which bucket of event time they belong; never after `log`.
        event: Bucket,
        /// The aggregate.
        partial: Box<Partial>,
    },
    /// How far the clocks of a worker's partitions are, after all partials of the records that moved them.
    Clocks(Vec<SourceClock>),
    /// Which raw partitions there are: watch waits for exactly these.
    Members {
        /// From this log bucket on.
        at: Bucket,
        /// All of them, `raw.<platform>/<partition>`.
        members: Vec<String>,
    },
    /// A raw partition that holds everyone back is not waited for any more, or is again.
    Exclusion {
        /// From this log bucket on.
        at: Bucket,
        /// `raw.<platform>/<partition>`.
        source: String,
        /// False: it is waited for again.
        excluded: bool,
    },
    /// What the clocks of a worker's partitions have left behind, before it is told how far they are.
    Heard(Vec<Heard>),
    /// Routed items of cases that are kept here.
    Items {
        /// In which log bucket their records were read.
        log: Bucket,
        /// They, in a total order.
        items: Vec<CaseItem>,
    },
    /// What people said, in every partition: whoever does not know what it is about ignores it.
    Feedback {
        /// In which log bucket it counts.
        log: Bucket,
        /// It, in a total order.
        said: Vec<Said>,
    },
    /// Posts in threads that others began, in every partition: whoever does not keep a case of the thread ignores it.
    Threads {
        /// In which log bucket their records were read.
        log: Bucket,
        /// Hash of the thread, and how many; in the order of the hashes.
        posts: Vec<(u64, u64)>,
    },
    /// Wall time, recorded by watch itself: human clocks that are due by then run, nothing else.
    Tick(Timestamp),
    /// What a transaction adds to an hour of one topic, by brand.
    Voice {
        /// In which log bucket the records were read.
        log: Bucket,
        /// First bucket of the hour of event time they belong to; never after `log`.
        hour: Bucket,
        /// The topic.
        topic: String,
        /// What was counted.
        brands: Brands,
    },
}

/// The clock of one raw partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceClock {
    /// `raw.<platform>/<partition>`.
    pub source: String,
    /// The bucket it is in; everything before is complete. None while it has no clock.
    pub reached: Option<Bucket>,
    /// The bucket it was in when it first had a clock.
    pub since: Option<Bucket>,
    /// Its input has ended.
    pub ended: bool,
}
