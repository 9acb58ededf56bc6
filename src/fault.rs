//! Faults that tests plant: named points at which a process is killed, and known bugs that a test must catch.
//!
//! Without the feature `faults`, which no release has, every call here is nothing. It must never change what a
//! process does unless a test asked for it.

#[cfg(feature = "faults")]
mod armed;
#[cfg(feature = "faults")]
pub use armed::{is_planted, plant, reach, wall_off_micros};

/// Where a process can be killed. In the order in which a transaction meets them, then what happens besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// Records were polled and applied, and what they lead to is sealed; the transaction has not begun.
    Polled,
    /// The transaction has begun; its outputs are still with us.
    Begun,
    /// An output was handed to the producer.
    Produced,
    /// The offsets are in the transaction; not every output need be answered.
    OffsetsSent,
    /// Every output is answered.
    Flushed,
    /// The end of the transaction is about to be asked for.
    Ending,
    /// The end of the transaction is answered.
    Ended,
    /// The transaction is to be aborted.
    Aborting,
    /// A partition's state was read back; reading on has not started, nor have later partitions been read back.
    Restoring,
    /// Partitions are to be given up.
    Revoking,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Polled,
        Self::Begun,
        Self::Produced,
        Self::OffsetsSent,
        Self::Flushed,
        Self::Ending,
        Self::Ended,
        Self::Aborting,
        Self::Restoring,
        Self::Revoking,
    ];

    /// Its name in `GROUNDSWELL_FAULT` and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Polled => "polled",
            Self::Begun => "begun",
            Self::Produced => "produced",
            Self::OffsetsSent => "offsets-sent",
            Self::Flushed => "flushed",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Aborting => "aborting",
            Self::Restoring => "restoring",
            Self::Revoking => "revoking",
        }
    }
}

/// A known bug; each must fail its test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bug {
    /// Offsets are committed before the outputs are written.
    CommitBeforeProduce,
    /// After an abort, reading goes on where it was.
    NoRewind,
    /// Offsets are committed without the group's generation, and a producer without its predecessor's fence.
    NoFencing,
    /// A snapshot is taken for current: the signals after it are not read again.
    StaleRestore,
    /// After an abort, the state keeps what the transaction did.
    StateNotUndone,
    /// A snapshot is written without some of its records.
    TornSnapshot,
    /// Sums of floats in the order of arrival.
    FloatSums,
    /// A partition's clock follows the broker's timestamps.
    BrokerClock,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CommitBeforeProduce,
        Self::NoRewind,
        Self::NoFencing,
        Self::StaleRestore,
        Self::StateNotUndone,
        Self::TornSnapshot,
        Self::FloatSums,
        Self::BrokerClock,
    ];

    /// Its name in `GROUNDSWELL_BUG` and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommitBeforeProduce => "commit-before-produce",
            Self::NoRewind => "no-rewind",
            Self::NoFencing => "no-fencing",
            Self::StaleRestore => "stale-restore",
            Self::StateNotUndone => "state-not-undone",
            Self::TornSnapshot => "torn-snapshot",
            Self::FloatSums => "float-sums",
            Self::BrokerClock => "broker-clock",
        }
    }
}

/// The process has come to a point, with this many outputs in its transaction; a test may kill it here.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn reach(_point: Point, _outputs: usize) {}

/// Whether a test planted this bug.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[must_use]
pub const fn is_planted(_bug: Bug) -> bool {
    false
}

/// How much a test put the wall clock fast, µs.
#[cfg(not(feature = "faults"))]
#[inline(always)]
#[must_use]
pub const fn wall_off_micros() -> i64 {
    0
}
