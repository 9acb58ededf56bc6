//! The wall clock of the shell. It enters decisions only as a recorded tick, and metrics.

use crate::fault;
use crate::mention::Timestamp;
use std::time::SystemTime;

/// Wall time now.
pub(super) fn wall() -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
    Timestamp::clamped(micros.saturating_add(fault::wall_off_micros()))
}
