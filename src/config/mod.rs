//! The operator's configuration: one YAML file < `GROUNDSWELL__SECTION__KEY` environment < flags.
//!
//! Whoever runs Groundswell learns here, before anything starts, what is wrong with what they wrote: an unknown key
//! with its line and the nearest known one, a duration without a unit, a secret that is not there. It must never print
//! a secret, nor guess what a misspelt key may have meant.
//!
//! Nothing in here influences a decision except the [`Decisions`] section, which all workers of a deployment share.

mod environment;
mod error;
mod load;
pub mod overlay;
pub mod owners;
pub mod pack;
mod secret;
mod sections;
mod units;

pub use environment::PREFIX;
pub use error::{ConfigError, Warning};
pub use load::Overrides;
pub use secret::{Properties, Secret, SecretError};
pub use sections::{
    ChartLinks, Clock, Config, Decisions, FeedbackSource, Http, Kafka, Log, LogFormat, Notify, OnGap, Receiver, Role,
    SlackReceiver, Snapshot, Sources, Threads, Transaction, WebhookReceiver,
};
pub use units::{Period, Size, UnitError};

/// The variables of this process; those that are not UTF-8 cannot be meant for us.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests;
