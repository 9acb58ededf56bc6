//! What can be wrong with a configuration, in words that say where and what to write instead.

use super::SecretError;
use crate::text::nearest;
use std::path::PathBuf;

/// Why there is no configuration. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// The file says something wrong.
    #[error("{path}:{line}:{column}: {message}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A variable or flag has a value its key does not take.
    #[error("{name}: {message}")]
    Value {
        /// The variable or the flag's key.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A secret is not there.
    #[error("{key}: {source}")]
    Secret {
        /// The key that holds it.
        key: String,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// A value that is well formed but cannot be meant.
    #[error("{key} is {value}: {expected}")]
    Range {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        expected: String,
    },
}

/// Something odd that does not keep anything from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub String);

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `unknown key "x": did you mean "y"?`, or the list of known ones where nothing is near.
pub(super) fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} \"{word}\": did you mean \"{near}\"?"),
        None => format!("unknown {what} \"{word}\": known are {}", known.join(", ")),
    }
}

/// The YAML reader's error in our words, with its place.
pub(super) fn from_yaml(path: PathBuf, error: &serde_saphyr::Error) -> ConfigError {
    let error = error.without_snippet();
    let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    let message = match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            unknown("key", field, expected.iter().copied())
        }
        serde_saphyr::Error::SerdeUnknownVariant { variant, expected, .. } => {
            unknown("value", variant, expected.iter().copied())
        }
        other => without_value(&other.to_string()),
    };
    ConfigError::File { path, line, column, message }
}

/// The first line of a message, without the value that serde quotes: it may be a secret in the wrong place.
pub(super) fn without_value(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    match line.rsplit_once(", expected ") {
        Some((_, expected)) if line.contains("invalid ") => format!("expected {expected}"),
        _ => line.to_owned(),
    }
}
