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
pub mod pack;
mod secret;
mod sections;
mod units;

pub use environment::PREFIX;
pub use error::{ConfigError, Warning};
pub use load::Overrides;
pub use secret::{Properties, Secret, SecretError};
pub use sections::{
    Clock, Config, Decisions, Http, Kafka, Log, LogFormat, Notify, Privacy, Receiver, Role, SlackReceiver, Snapshot,
    Sources, Threads, Transaction, WebhookReceiver,
};
pub use units::{Period, Size, UnitError};

/// The variables of this process; those that are not UTF-8 cannot be meant for us.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The entry of `known` that is nearest to `word`: at most a third of its letters away, at least one.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    known.into_iter().map(|k| (distance(word, k), k)).filter(|(d, _)| *d <= allowed).min().map(|(_, k)| k)
}

/// Levenshtein distance in characters; operators' keys are short, so one row at a time is enough.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
