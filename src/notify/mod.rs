//! Alerts to people, at least once.
//!
//! ```text
//! social.alerts ─▶ plan (is it told, to whom) ─▶ message ─▶ request (Slack | signed webhook) ─▶ send ─▶ receiver
//!                                                                 ▲────── backoff, bounded ──────┘
//! ```
//! The offset of an alert event may be committed only after [`Notifier::deliver`] returned, so a crash tells twice
//! rather than never; the idempotency key lets a receiver drop the second. Planning, words and requests are pure;
//! only `send` touches a socket and only `deliver` waits.
//!
//! It must never send the text of a post, follow a redirect, or dial an address that was not checked.

mod address;
mod deliver;
mod message;
mod picture;
mod plan;
mod request;
mod send;

pub use deliver::{DeadReceiver, Delivery, Notifier};
pub use message::{Message, platform_name, span_words};
pub use plan::{DEFAULT_TEAM, Planner, observed, receivers_of, told_of};
pub use request::{Request, idempotency_key, request, sign, test_event};
pub use send::{Failure, Sender};

#[cfg(test)]
mod tests;
