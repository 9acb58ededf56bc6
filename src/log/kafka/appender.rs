//! A transactional producer that belongs to no group: what comes from outside, all or none.
//!
//! It connects when it is first asked something, and anew after trouble. A batch of which it is open whether it landed is
//! told as an error: whoever says it again must be one whose word counts once.

use super::KafkaSettings;
use super::reader::Reader;
use super::writer::Writer;
use crate::log::{Append, Commit, LogError, Output, Place};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A producer that the broker has forgotten is replaced once in the same call.
const TRIES: u32 = 2;

/// Who adds to the log from outside.
pub struct Appender {
    settings: KafkaSettings,
    reader: Reader,
    writer: Option<Writer>,
    counts: BTreeMap<Arc<str>, i32>,
}

impl Appender {
    /// Connects when it is first asked something. Of the settings, the group and the topics mean nothing.
    #[must_use]
    pub fn new(settings: &KafkaSettings) -> Self {
        Self { settings: settings.clone(), reader: Reader::new(settings), writer: None, counts: BTreeMap::new() }
    }

    /// Partition counts of the topics that outputs are hashed over, as they were at the last connection.
    fn count(&mut self, outputs: &[Output]) -> Result<(), LogError> {
        for output in outputs.iter().filter(|output| matches!(output.place, Place::Hashed(_))) {
            if self.counts.contains_key(&output.topic) {
                continue;
            }
            let topics = self.reader.topics()?;
            let found = topics.into_iter().find(|(name, count)| **name == *output.topic && *count > 0);
            let (_, count) = found.ok_or_else(|| LogError::NoTopic { topic: output.topic.to_string() })?;
            self.counts.insert(Arc::clone(&output.topic), count);
        }
        Ok(())
    }

    fn write(&mut self, outputs: Vec<Output>) -> Result<Commit, LogError> {
        self.count(&outputs)?;
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::open(&self.settings)?,
        };
        let commit = writer.commit(outputs, &[], &self.counts, None)?;
        if commit != Commit::Ambiguous {
            self.writer = Some(writer);
        }
        Ok(commit)
    }
}

impl Append for Appender {
    fn append(&mut self, outputs: Vec<Output>) -> Result<(), LogError> {
        let doing = "writing from outside";
        for _ in 1..TRIES {
            match self.write(outputs.clone()) {
                Ok(Commit::Landed) => return Ok(()),
                Err(LogError::Fatal { .. }) | Ok(Commit::Aborted | Commit::Ambiguous) => {}
                Err(error) => {
                    self.counts.clear();
                    return Err(error);
                }
            }
        }
        // the counts may have changed with whatever went wrong
        self.counts.clear();
        match self.write(outputs)? {
            Commit::Landed => Ok(()),
            Commit::Aborted => Err(LogError::Retriable { doing, cause: "the broker asked for an abort".to_owned() }),
            Commit::Ambiguous => Err(LogError::Retriable { doing, cause: "the broker did not answer".to_owned() }),
        }
    }
}
