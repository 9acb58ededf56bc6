//! The bug `no-fencing`, as a test plants it: a transactional id of its own per start, so that no successor fences
//! its predecessor, and offsets committed by somebody who is no member, so that no generation does.
//!
//! Without the feature `faults` this is nothing.

use rdkafka::consumer::BaseConsumer;
use std::time::{SystemTime, UNIX_EPOCH};

use super::KafkaSettings;
use super::client::{ClientLog, reader_config};
use crate::fault::{self, Bug};
use crate::log::LogError;

/// Settings of a writer that its successor does not fence; none unless the bug is planted.
pub(super) fn unfenced(settings: &KafkaSettings) -> Option<KafkaSettings> {
    fault::is_planted(Bug::NoFencing).then(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let transactional_id = format!("{}-{}", settings.transactional_id, now.as_nanos());
        KafkaSettings { transactional_id, ..settings.clone() }
    })
}

/// A client that names the group and never joins it; none unless the bug is planted.
pub(super) fn outsider(settings: &KafkaSettings) -> Result<Option<BaseConsumer<ClientLog>>, LogError> {
    if !fault::is_planted(Bug::NoFencing) {
        return Ok(None);
    }
    let mut config = reader_config(settings);
    config.set("group.id", &settings.group);
    let created = config.create_with_context(ClientLog::new("outsider"));
    created.map(Some).map_err(|error| LogError::Fatal { doing: "creating a reader", cause: error.to_string() })
}
