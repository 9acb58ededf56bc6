//! What operators see: metrics, health and logs.
//!
//! Each thing that can happen is one struct in [`events`] that emits its log line and its counter together, so neither
//! is forgotten. It must never carry an author, a text or an id in a label, nor payload text in a log line.

pub mod events;
mod health;
mod http;
mod logs;
mod metrics;
mod throttle;
mod voice;
mod work;

pub use events::Event;
pub use health::{Component, Health};
pub use http::{HttpError, routes, serve};
pub use logs::{LogError, init as init_logs};
pub use metrics::{Metrics, OUTCOMES};
pub use voice::VoiceShown;
