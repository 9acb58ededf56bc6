//! What stands in the public topics, for commands that look back: from a folder that `replay` or `kcat` wrote, or from
//! Kafka as an onlooker.

use anyhow::Context as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// Largest line that is read: the largest record, and room for what other tools add.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Where the topics are.
#[derive(Debug, Clone, clap::Args)]
pub struct Stored {
    /// A folder with one NDJSON a topic, as `replay --output` writes it; without it, Kafka is read.
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// More records of any topic, one a line: feedback, for instance.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "from")]
    pub and: Vec<PathBuf>,
    /// The configuration that says where Kafka is, and the prefix of its topics.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Topics by what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Enriched mentions.
    Mentions,
    /// What teams, alerts, cases and feedback say.
    Others,
    /// Shares of voice.
    Voice,
}

impl Which {
    fn takes(self, topic: &str) -> bool {
        let is = |suffix: &str| topic == suffix || topic.ends_with(&format!(".{suffix}"));
        match self {
            Self::Mentions => is("mentions"),
            Self::Voice => is("voice"),
            Self::Others => {
                is("alerts")
                    || is("feedback")
                    || is("cases")
                    || topic.contains(".routed.")
                    || topic.starts_with("routed.")
            }
        }
    }
}

impl Stored {
    /// Calls `each` with topic and value of every record of these topics.
    ///
    /// # Errors
    /// When a file or Kafka cannot be read, or `each` says so.
    pub fn each(&self, which: Which, each: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        match &self.from {
            Some(folder) => self.each_of_folder(folder, which, each)?,
            None => self.each_of_kafka(which, each)?,
        }
        if which == Which::Others {
            self.and.iter().try_for_each(|file| each_line(file, "feedback", each))?;
        }
        Ok(())
    }

    fn each_of_folder(
        &self,
        folder: &Path,
        which: Which,
        each: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        for file in files {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(topic) = name.strip_suffix(".ndjson").filter(|topic| which.takes(topic)) {
                each_line(&file, topic, each)?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "kafka")]
    fn each_of_kafka(
        &self,
        which: Which,
        each: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        use crate::config::{Config, process_environment};
        use crate::log::kafka::{KafkaSettings, Onlooker};
        let (config, _) = Config::load(self.config.as_deref(), process_environment(), &Vec::new())?;
        let mut onlooker = Onlooker::new(&KafkaSettings {
            brokers: config.kafka.brokers.clone(),
            group: String::new(),
            transactional_id: String::new(),
            topics: Vec::new(),
            memory_budget_bytes: config.memory_budget.bytes(),
            extra: config.kafka.properties.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        });
        let topics = onlooker.topics().context("cannot read Kafka; --from reads a folder instead")?;
        for (topic, partitions) in topics {
            let Some(inner) = topic.strip_prefix(&config.kafka.prefix).filter(|inner| which.takes(inner)) else {
                continue;
            };
            let mut failed = Ok(());
            onlooker.read(&topic, partitions, &mut |record| {
                if let (Ok(()), Some(value)) = (&failed, &record.value) {
                    failed = each(inner, value);
                }
            })?;
            failed?;
        }
        Ok(())
    }

    #[cfg(not(feature = "kafka"))]
    fn each_of_kafka(&self, _: Which, _: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        anyhow::bail!("this build has no Kafka client: say with --from which folder to read")
    }
}

fn each_line(file: &Path, topic: &str, each: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let open = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    for (number, line) in BufReader::new(open).split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {}", file.display()))?;
        let line = line.trim_ascii();
        if line.is_empty() || line == b"null" {
            continue;
        }
        anyhow::ensure!(line.len() <= LINE_BYTES_MAX, "{}:{}: the line is too long", file.display(), number + 1);
        each(topic, line).with_context(|| format!("{}:{}", file.display(), number + 1))?;
    }
    Ok(())
}
