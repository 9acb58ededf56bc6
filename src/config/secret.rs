//! Values that must not be seen: kept out of `Debug`, of `Serialize` and so of logs and `--print-config`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::fmt;

/// What is shown instead of a secret.
const HIDDEN: &str = "***";

/// A largest secret file, bytes; more is a wrong path.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A value that is never printed. Written in the file as `${env:NAME}` or `${file:PATH}`, or (with a warning) as is.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret {
    written: String,
    value: Option<String>,
}

/// Why a secret could not be read. Names the reference, never the value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("cannot read the secret file {path}")]
    NoFile {
        /// As written.
        path: String,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// The file is too large to be a secret.
    #[error("the secret file {0} is larger than 64KiB")]
    TooLarge(String),
    /// Not one of the two forms.
    #[error("a secret is written ${{env:NAME}} or ${{file:PATH}}")]
    BadReference,
}

impl Secret {
    /// A secret whose value is already known: tests, flags.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self { written: value.to_owned(), value: Some(value.to_owned()) }
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.written)
    }

    /// True when it was written as a reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.written.starts_with("${")
    }

    /// Reads what the reference points at; a value written as is stays as it is.
    ///
    /// # Errors
    /// When the variable or file is not there or is not a secret.
    pub fn resolve(&mut self, environment: &BTreeMap<String, String>) -> Result<(), SecretError> {
        if !self.is_reference() {
            return Ok(());
        }
        let inner = self.written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        self.value = Some(match inner.and_then(|inner| inner.split_once(':')) {
            Some(("env", name)) => {
                environment.get(name).cloned().ok_or_else(|| SecretError::NoVariable(name.to_owned()))?
            }
            Some(("file", path)) => read_file(path)?,
            _ => return Err(SecretError::BadReference),
        });
        Ok(())
    }
}

fn read_file(path: &str) -> Result<String, SecretError> {
    let no_file = |source| SecretError::NoFile { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(no_file)?.len() > FILE_BYTES_MAX {
        return Err(SecretError::TooLarge(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(no_file)?;
    // Editors and `kubectl create secret` leave a line end behind that nobody means.
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer).map(|written| Self { written, value: None })
    }
}

/// Settings handed to librdkafka as they are. Shown, except those that hold a secret.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Properties(pub(super) BTreeMap<String, Secret>);

/// Parts of librdkafka's property names whose values are secrets however they were written.
const SECRET_NAMES: [&str; 6] = ["password", "secret", "ssl.key.pem", "sasl.jaas", "oauthbearer.config", "token"];

impl Properties {
    /// Names and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    fn shown<'a>(name: &str, value: &'a Secret) -> &'a str {
        let hidden = value.is_reference() || SECRET_NAMES.iter().any(|part| name.contains(part));
        if hidden { HIDDEN } else { value.expose() }
    }

    /// True when the property of this name holds a secret although it was written as is.
    pub(super) fn is_bare_secret(name: &str, value: &Secret) -> bool {
        !value.is_reference() && SECRET_NAMES.iter().any(|part| name.contains(part))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, value)| (name, Self::shown(name, value)))).finish()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Self::shown(name, value))))
    }
}

/// Text, or a number or truth value as its text: people write `linger.ms: 5` and `instance: 0`.
pub(super) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Scalar;
    impl de::Visitor<'_> for Scalar {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or number")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<String, E> {
            Ok(value.to_string())
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
            Ok(value.to_string())
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<String, E> {
            Ok(value.to_string())
        }
    }
    deserializer.deserialize_any(Scalar)
}
