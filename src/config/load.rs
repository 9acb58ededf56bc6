//! File, environment and flags made into one [`Config`], or the first thing that is wrong with them.

use super::environment::{key_path, overlay, set};
use super::error::{ConfigError, Warning, from_yaml, without_value};
use super::sections::{Config, Http, Receiver};
use super::{Period, Properties, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// No wait in a running process is longer.
const PERIOD_MAX: Period = Period::seconds(30 * 86_400);

/// A key that opens something from outside has so many bytes at least.
const KEY_BYTES_MIN: usize = 16;

/// What flags set: dotted keys such as `kafka.brokers`, with their text.
pub type Overrides = Vec<(String, String)>;

impl Config {
    /// Reads `file` (none: defaults), lays `environment` and then `overrides` over it, and reads the secrets.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place. Unknown keys of the file and of flags are errors; unknown
    /// variables are warnings.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<(Self, Vec<Warning>), ConfigError> {
        let environment: BTreeMap<String, String> = environment.collect();
        let mut tree = file.map_or_else(|| Ok(Value::Object(Map::new())), read)?;
        let known = serde_json::to_value(Self::default()).unwrap_or_default();
        let mut warnings = overlay(&mut tree, environment.iter(), &known)?;
        for (key, text) in overrides {
            let parts: Vec<&str> = key.split('.').collect();
            let path = key_path(&parts, &known)
                .map_err(|problem| ConfigError::Value { name: key.clone(), message: problem })?;
            set(&mut tree, &path, key, text)?;
        }
        let mut config = Self::deserialize(&tree).map_err(|error| ConfigError::Value {
            name: file.map_or_else(|| "configuration".to_owned(), |path| path.display().to_string()),
            message: without_value(&error.to_string()),
        })?;
        warnings.extend(config.resolve_secrets(&environment)?);
        config.check_ranges()?;
        Ok((config, warnings))
    }

    /// The effective configuration as YAML, secrets as `***`: what `--print-config` prints.
    #[must_use]
    pub fn render(&self) -> String {
        serde_saphyr::to_string(self).unwrap_or_else(|error| format!("# cannot be written: {error}\n"))
    }

    fn resolve_secrets(&mut self, environment: &BTreeMap<String, String>) -> Result<Vec<Warning>, ConfigError> {
        let mut warnings = Vec::new();
        for (key, secret, bare) in self.secrets() {
            if bare {
                warnings
                    .push(Warning(format!("{key} holds a secret in the open: write ${{env:NAME}} or ${{file:PATH}}")));
            }
            secret.resolve(environment).map_err(|source| ConfigError::Secret { key, source })?;
        }
        Ok(warnings)
    }

    /// Every secret with its key, and whether it was written as is.
    fn secrets(&mut self) -> Vec<(String, &mut Secret, bool)> {
        let mut all = Vec::new();
        for (name, value) in &mut self.kafka.properties.0 {
            let bare = Properties::is_bare_secret(name, value);
            all.push((format!("kafka.properties.{name}"), value, bare));
        }
        let Http { feedback_secrets, feedback_tokens, overlay_secrets, bind: _ } = &mut self.http;
        for (key, secrets) in [
            ("feedback_secrets", feedback_secrets),
            ("feedback_tokens", feedback_tokens),
            ("overlay_secrets", overlay_secrets),
        ] {
            for (place, secret) in secrets.iter_mut().enumerate() {
                let bare = !secret.is_reference();
                all.push((format!("http.{key}[{place}]"), secret, bare));
            }
        }
        if let Some(key) = &mut self.decisions.phone_key {
            let bare = !key.is_reference();
            all.push(("decisions.phone_key".to_owned(), key, bare));
        }
        if let Some(charts) = &mut self.notify.charts {
            let bare = !charts.key.is_reference();
            all.push(("notify.charts.key".to_owned(), &mut charts.key, bare));
        }
        for (team, receivers) in &mut self.notify.receivers {
            for (place, receiver) in receivers.iter_mut().enumerate() {
                let key = format!("notify.receivers.{team}[{place}].{}", receiver.kind());
                match receiver {
                    Receiver::Slack(slack) => {
                        let bare = !slack.url.is_reference();
                        all.push((format!("{key}.url"), &mut slack.url, bare));
                    }
                    Receiver::Webhook(webhook) => {
                        // The address of a signed webhook opens nothing by itself.
                        all.push((format!("{key}.url"), &mut webhook.url, false));
                        let bare = !webhook.secret.is_reference();
                        all.push((format!("{key}.secret"), &mut webhook.secret, bare));
                    }
                }
            }
        }
        all
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        let decisions = &self.decisions;
        for (key, value, max) in [
            ("decisions.duplicate_window_records", decisions.duplicate_window_records, 10_000_000),
            ("decisions.signals_partitions", decisions.signals_partitions, 1_024),
            ("transaction.records_max", self.transaction.records_max, 1_000_000),
            ("threads.triage", self.threads.triage, 256),
            ("threads.watch", self.threads.watch, 256),
            ("notify.attempts_max", self.notify.attempts_max, 100),
        ] {
            if value == 0 || value > max {
                return Err(range(key, &value, format!("1 to {max}")));
            }
        }
        for (key, period) in [
            ("tick_after", self.tick_after),
            ("exclude_after", self.exclude_after),
            ("transaction.interval", self.transaction.interval),
            ("snapshot.interval", self.snapshot.interval),
            ("notify.timeout", self.notify.timeout),
            ("notify.backoff", self.notify.backoff),
            ("notify.backoff_max", self.notify.backoff_max),
            ("notify.give_up_after", self.notify.give_up_after),
        ] {
            if period.get().is_zero() || period > PERIOD_MAX {
                return Err(range(key, &period, format!("more than 0, at most {PERIOD_MAX}")));
            }
        }
        for (key, size, least) in [
            ("transaction.bytes_max", self.transaction.bytes_max, super::Size::mib(1)),
            ("memory_budget", self.memory_budget, super::Size::mib(64)),
        ] {
            if size < least {
                return Err(range(key, &size, format!("at least {least}")));
            }
        }
        let charts = self.notify.charts.as_ref();
        if let Some(charts) = charts.filter(|charts| !charts.url.starts_with("https://")) {
            return Err(range("notify.charts.url", &charts.url, "an address that begins with https://".to_owned()));
        }
        let chart_key: &[Secret] = charts.map_or(&[], |charts| std::slice::from_ref(&charts.key));
        for (key, secrets) in [
            ("http.feedback_secrets", self.http.feedback_secrets.as_slice()),
            ("http.feedback_tokens", &self.http.feedback_tokens),
            ("http.overlay_secrets", &self.http.overlay_secrets),
            ("notify.charts.key", chart_key),
        ] {
            for secret in secrets {
                let bytes = secret.expose().len();
                if bytes < KEY_BYTES_MIN {
                    let value = format!("a key of {bytes} bytes");
                    return Err(range(key, &value, format!("at least {KEY_BYTES_MIN}: it opens a door")));
                }
            }
        }
        self.check_names()
    }

    fn check_names(&self) -> Result<(), ConfigError> {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if self.instance.is_empty() || self.instance.len() > 64 || !plain(&self.instance) {
            return Err(range(
                "instance",
                &self.instance,
                "1 to 64 letters, digits, dots, dashes or underscores".to_owned(),
            ));
        }
        if self.kafka.prefix.len() > 100 || !plain(&self.kafka.prefix) {
            return Err(range(
                "kafka.prefix",
                &self.kafka.prefix,
                "at most 100 letters, digits, dots, dashes or underscores".to_owned(),
            ));
        }
        if let Some(name) = &self.notify.observe
            && self.notify.receivers.get(name).is_none_or(Vec::is_empty)
        {
            return Err(range("notify.observe", name, "a name of notify.receivers that has one".to_owned()));
        }
        if self.kafka.brokers.trim().is_empty() {
            return Err(range("kafka.brokers", &"empty", "host:port, separated by commas".to_owned()));
        }
        Ok(())
    }
}

fn range(key: &'static str, value: &dyn std::fmt::Display, expected: String) -> ConfigError {
    ConfigError::Range { key, value: value.to_string(), expected }
}

/// The file as a tree. Read twice: once against the types, for errors with their line, once as the tree that variables
/// and flags are laid over.
fn read(path: &Path) -> Result<Value, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Value::Object(Map::new()));
    }
    serde_saphyr::from_str::<Config>(&text).map_err(|error| from_yaml(path.to_owned(), &error))?;
    serde_saphyr::from_str::<Value>(&text).map_err(|error| from_yaml(path.to_owned(), &error))
}
