//! Reading whole topics from outside: belongs to no group, writes nothing, commits nothing.

use super::KafkaSettings;
use super::reader::Reader;
use crate::log::{LogError, Record, TopicPartition};
use std::sync::Arc;

/// Who only looks.
pub struct Onlooker {
    reader: Reader,
}

impl Onlooker {
    /// Connects when it is first asked something. Of the settings, the group and the topics mean nothing.
    #[must_use]
    pub fn new(settings: &KafkaSettings) -> Self {
        Self { reader: Reader::new(settings) }
    }

    /// Every topic there is, with its number of partitions, by name.
    ///
    /// # Errors
    /// When no broker answers.
    pub fn topics(&mut self) -> Result<Vec<(String, i32)>, LogError> {
        self.reader.topics()
    }

    /// Calls `each` with every committed record of a topic, partition by partition, up to what is there now.
    ///
    /// # Errors
    /// When the log is out of reach, or makes no progress for a minute.
    pub fn read(&mut self, topic: &str, partitions: i32, each: &mut dyn FnMut(Record)) -> Result<(), LogError> {
        let topic: Arc<str> = Arc::from(topic);
        for partition in 0..partitions {
            let source = TopicPartition::new(Arc::clone(&topic), partition);
            let bounds = self.reader.bounds(&source)?;
            self.reader.read(&source, bounds.low, bounds.high, each)?;
        }
        Ok(())
    }
}
