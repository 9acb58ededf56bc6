//! What triage tells watch: partial aggregates, and how far the clocks of its partitions are.

use crate::detect::{Bucket, Partial};
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
    /// How far clocks are, after all partials of the records that moved them.
    Clocks {
        /// Every raw partition there is: watch waits for all of them.
        members: Vec<String>,
        /// The clocks of the partitions this worker owns.
        clocks: Vec<SourceClock>,
    },
}

/// The clock of one raw partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceClock {
    /// `topic/partition`.
    pub source: String,
    /// The bucket it is in; everything before is complete. None while it has no clock.
    pub reached: Option<Bucket>,
    /// The bucket it was in when it first had a clock.
    pub since: Option<Bucket>,
    /// Its input has ended.
    pub ended: bool,
}
