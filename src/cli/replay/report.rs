//! What a replay leaves behind: one NDJSON a topic, and `report.json`.

use super::burden::Burden;
use super::truth::Judged;
use crate::alert::AlertEvent;
use crate::log::Record;
use crate::pipeline::{Outcome, Outcomes};
use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes outputs as they come.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    files: BTreeMap<String, BufWriter<File>>,
}

impl Writer {
    /// Makes the folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), files: BTreeMap::new() })
    }

    /// Appends records to the file of their topic.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&mut self, outputs: &BTreeMap<String, Vec<Record>>) -> anyhow::Result<()> {
        for (topic, records) in outputs {
            let path = self.folder.join(format!("{topic}.ndjson"));
            let file = match self.files.entry(topic.clone()) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
                    new.insert(BufWriter::new(file))
                }
            };
            for record in records {
                write_line(file, topic, record).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Writes the report and closes every file.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(&mut self, report: &Report) -> anyhow::Result<()> {
        for (topic, file) in &mut self.files {
            file.flush().with_context(|| format!("cannot write {topic}.ndjson"))?;
        }
        let path = self.folder.join("report.json");
        let mut text = serde_json::to_vec_pretty(report)?;
        text.push(b'\n');
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The value as it is; a dead letter with its headers, since its value need not be JSON or text.
fn write_line(file: &mut impl Write, topic: &str, record: &Record) -> std::io::Result<()> {
    let value = record.value.as_deref().unwrap_or(b"null");
    if topic.ends_with("dead-letter") {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers: BTreeMap<&str, String> =
            record.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
        let envelope = json!({ "key": record.key.as_deref().map(text), "headers": headers, "value": text(value) });
        serde_json::to_writer(&mut *file, &envelope)?;
    } else {
        file.write_all(value)?;
    }
    file.write_all(b"\n")
}

/// `report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Input lines.
    pub records: u64,
    /// Items they yielded.
    pub items: u64,
    /// Items by outcome; they sum to `items`.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Dead letters by reason.
    pub dead_letter_reasons: BTreeMap<String, u64>,
    /// Alert events that are told, by state.
    pub alerts: BTreeMap<String, u64>,
    /// Alerts that were written and not told, by what kept them back.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<&'static str, u64>,
    /// Who was called, how often and when.
    pub burden: Burden,
    /// Against the truth, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Judged>,
    /// Bounds of the budget that were missed; absent without a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_missed: Option<Vec<String>>,
}

impl Report {
    /// Puts the figures together.
    #[must_use]
    pub fn new(
        records: u64,
        outcomes: &Outcomes,
        dead_letter_reasons: BTreeMap<String, u64>,
        alerts: &[AlertEvent],
        burden: Burden,
        truth: Option<Judged>,
        budget_missed: Option<Vec<String>>,
    ) -> Self {
        let by_outcome = Outcome::ALL.iter().map(|outcome| (outcome.as_str(), outcomes.get(*outcome))).collect();
        let (mut by_state, mut suppressed) = (BTreeMap::new(), BTreeMap::new());
        for alert in alerts {
            match &alert.suppressed {
                None => *by_state.entry(alert.state.as_str().to_owned()).or_default() += 1,
                Some(kept) if alert.state.opens() => *suppressed.entry(kept.by.as_str()).or_default() += 1,
                Some(_) => {}
            }
        }
        let items = outcomes.total();
        Self {
            records,
            items,
            outcomes: by_outcome,
            dead_letter_reasons,
            alerts: by_state,
            suppressed,
            burden,
            truth,
            budget_missed,
        }
    }

    /// True when no bound was missed.
    #[must_use]
    pub fn within_budget(&self) -> bool {
        self.budget_missed.as_ref().is_none_or(Vec::is_empty)
    }

    /// For people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let list = |counts: Vec<String>| if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        let outcomes = list(self.outcomes.iter().map(|(name, count)| format!("{name} {count}")).collect());
        let alerts = list(self.alerts.iter().map(|(name, count)| format!("{name} {count}")).collect());
        let mut text = format!("{} records, {} items: {outcomes}\nalerts: {alerts}", self.records, self.items);
        if !self.suppressed.is_empty() {
            let kept = list(self.suppressed.iter().map(|(by, count)| format!("by {by} {count}")).collect());
            text.push_str(&format!("\nwritten and not told: {kept}"));
        }
        text.push_str(&format!("\n{}", self.burden.in_words()));
        if let Some(truth) = &self.truth {
            let figures = &truth.overall;
            text.push_str(&format!(
                "\n{} of {} events found, {} of {} alerts right, longest delay {:.0} s",
                figures.found, figures.events, figures.right, figures.opened, figures.delay_seconds_max
            ));
            text.push_str(&format!("\n{}", truth.in_words()));
        }
        for missed in self.budget_missed.iter().flatten() {
            text.push_str(&format!("\nbudget missed: {missed}"));
        }
        text
    }
}
