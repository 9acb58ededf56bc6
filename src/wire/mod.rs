//! What is written, byte for byte: JSON of public topics, binary of internal ones, headers, dead-letter envelopes.
//!
//! Nothing here decides. A record is checked against its limit before it is produced: a mention that is too large
//! loses, in this order and flagged, explanation, raw text, text.

mod baseline;
mod case;
mod chart;
mod dead_letter;
mod headers;
mod item;
mod said;
pub mod schemas;
mod scores;
mod shadow;
mod signal;
mod snapshot;
mod tick;
mod topics;
mod voice;

pub use baseline::{Baseline, BaselineError};
pub use case::{CASE_TYPE, CaseItemRecord, CaseRecord, TimelineEntry, case_record};
pub use chart::{CHART_NAME_BYTES_MAX, CHARTS_PATH, chart_name, chart_named};
pub use dead_letter::dead_letter;
pub use headers::{CloudEvent, header};
pub use item::{
    FOLLOW_UP_TYPE, FollowUpRecord, FollowUpStep, FollowUpTicket, ITEM_TYPE, Links, MENTION_TYPE, MentionRecord,
    PublishedOutcome, RoutedItem, RoutedMention, alert_record, follow_up_record, handed_over_record, mention_record,
    routed_alert, routed_record,
};
pub use said::{FeedbackRecord, said_record};
pub use scores::write_scores;
pub use shadow::{SHADOW_TYPE, ShadowDifference, ShadowRecord, shadow_record};
pub use signal::{
    case_partition, clocks_record, decode_signal, exclusion_record, feedback_record, heard_record, items_record,
    members_record, partial_record, threads_record, voice_signal, watch_tick_record,
};
pub use snapshot::{
    Cut, Header, Restored, STATE_FORMAT, Snapshot, StateRecords, Written, read_snapshot, snapshot, state_hash,
};
pub use tick::{Tick, tick_record};
pub use topics::Topics;
pub use voice::{VOICE_TYPE, VoiceRecord, voice_record};

/// Largest public record, bytes; below Kafka's default of 1 MiB with room for headers.
pub const RECORD_BYTES_MAX: usize = 900_000;

/// Why something could not be written down or read back.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A value has no JSON form.
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A value has no binary form, or bytes are not of it.
    #[error("not in the binary format of this release")]
    Binary(#[from] postcard::Error),
    /// Of another version.
    #[error("format {found}, this release reads {reads}: run the release that wrote it, or let it be rebuilt")]
    Version {
        /// What was found.
        found: u8,
        /// What is read.
        reads: u8,
    },
    /// A snapshot of which something is missing, or that something else stands among.
    #[error("the snapshot is not whole: {found}")]
    Torn {
        /// What is wrong.
        found: String,
    },
}
