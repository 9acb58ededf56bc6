//! What others say to us over HTTP, signed and bounded: `POST /v1/feedback`, in the log before it is answered,
//! `POST /v1/overlay`, and charts by their signed names.
//!
//! | part | what it is |
//! | --- | --- |
//! | `signature` | whose word it is: our signature, Zendesk's, or a bearer token |
//! | `feedback` | a body into what was said, or every flaw with its place and what to do |
//! | `inbox` | the bounded way into the log: all or nothing, answered after the acknowledgement |
//! | `overlay` | what changes of the pack for a time |
//! | `charts` | the picture of an alert, drawn from its signed name |
//! | `http` | the door, its bounds and its answers |
//!
//! Why 202 means something: a batch is one transaction, and the answer waits for its end. Where that is in doubt the
//! answer is 503, and the sender says it again: of the same `feedback_id` one counts (see `pipeline::Context`). It must
//! never log or answer with what was said, nor tell a wrong signature from an unknown sender.

mod charts;
mod feedback;
mod http;
mod inbox;
mod overlay;
mod signature;

pub use charts::chart_routes;
pub use feedback::{EVENTS_MAX, Flaw, read_batch};
pub use http::{BODY_BYTES_MAX, Door, problem, routes};
pub use inbox::Inbox;
pub use overlay::Desk;
pub use signature::{Keys, TOLERANCE_SECONDS, Unsigned};
