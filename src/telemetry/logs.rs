//! Log lines to standard error, for people or for machines. Standard output belongs to the commands.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is none.
    #[error("log.level \"{level}\" is neither a level nor directives such as \"info,groundswell::notify=debug\"")]
    Level {
        /// As configured.
        level: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Somebody was here before.
    #[error("logs are already set up")]
    AlreadySet,
}

/// Sets up logs for the whole process, once. `RUST_LOG` is not looked at: there is one place for the level.
///
/// # Errors
/// When the level cannot be read, or logs are already set up.
pub fn init(log: &Log) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&log.level)?).with_writer(std::io::stderr);
    let set = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Pretty => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    set.map_err(|_| LogError::AlreadySet)
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(level).map_err(|source| LogError::Level { level: level.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_directives_are_read() {
        for level in ["info", "warn,groundswell::notify=debug"] {
            assert!(filter(level).is_ok(), "{level}");
        }
        let error = filter("groundswell=loud").expect_err("no such level").to_string();
        assert!(error.starts_with("log.level \"groundswell=loud\""), "{error}");
    }
}
