//! The shell: the worker loop, the stages that carry records to and from the core, and the wiring of roles.

pub mod calls;
pub mod local;
mod notify;
pub mod patience;
#[cfg(feature = "kafka")]
mod reload;
#[cfg(feature = "kafka")]
pub mod run;
#[cfg(feature = "kafka")]
mod supervise;
pub mod triage;
#[cfg(feature = "kafka")]
mod wall;
pub mod watch;
pub mod worker;
