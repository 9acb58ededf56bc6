//! What a run of faults has shown: a line per fault, totals, and the file of a long run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::round::Told;
use crate::transactions::End;

/// Differences told in words.
const TOLD_MAX: usize = 8;

/// Sums over rounds.
#[derive(Debug, Default)]
pub struct Totals {
    pub mentions: usize,
    /// By kind and point: hits that landed, aborted, found nothing open.
    pub hits: BTreeMap<(&'static str, String), [usize; 3]>,
    pub answers: BTreeMap<String, u64>,
    pub broker_kills: usize,
    pub rebalances: u64,
    pub restored: usize,
    /// Between faults: opened, later events of an alert.
    pub alerts: [usize; 2],
    pub lost: usize,
    pub twice: usize,
    pub torn: usize,
}

impl Totals {
    pub fn add(&mut self, told: &Told) {
        self.mentions += told.mentions;
        for (hit, end) in &told.hits {
            let place = match end {
                End::Landed => 0,
                End::Aborted => 1,
                End::NoneOpen => 2,
            };
            self.hits.entry((hit.kind, hit.point.clone())).or_default()[place] += 1;
        }
        for ((api, how), count) in &told.answers {
            *self.answers.entry(format!("{api:?} {how}")).or_default() += count;
        }
        self.rebalances += told.rebalances;
        self.restored += told.restored;
        self.alerts.iter_mut().zip(told.alerts).for_each(|(sum, count)| *sum += count);
        for difference in &told.differences {
            let sum = if difference.contains(": only in the first: ") {
                &mut self.lost
            } else if difference.contains(": only in the second: ") {
                &mut self.twice
            } else {
                &mut self.torn
            };
            *sum += 1;
        }
    }

    /// Hits of a kind: landed, aborted, none open.
    pub fn of(&self, kind: &str) -> [usize; 3] {
        let mut sums = [0; 3];
        for (_, counts) in self.hits.iter().filter(|((known, _), _)| *known == kind) {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    pub fn answers_total(&self) -> u64 {
        self.answers.values().sum()
    }

    /// As a table and lines.
    pub fn text(&self) -> String {
        let mut text = "| fault | point | landed | aborted | none open |\n| --- | --- | --- | --- | --- |\n".to_owned();
        for ((kind, point), [landed, aborted, none]) in &self.hits {
            let _ = writeln!(text, "| {kind} | {point} | {landed} | {aborted} | {none} |");
        }
        for kind in ["kill", "stop"] {
            let [landed, aborted, none] = self.of(kind);
            let _ = writeln!(text, "| {kind} | all | {landed} | {aborted} | {none} |");
        }
        let _ = writeln!(text, "\nanswers: {} ({:?})", self.answers_total(), self.answers);
        let _ = writeln!(text, "broker kills: {}", self.broker_kills);
        let _ = writeln!(text, "rebalances by a member that joins and leaves: {}", self.rebalances);
        let [opened, later] = self.alerts;
        let _ = writeln!(text, "between faults: {opened} alerts opened, {later} later events of alerts");
        let _ = writeln!(text, "partitions restored from a snapshot: {}", self.restored);
        let _ = writeln!(text, "mentions: {}", self.mentions);
        let _ = writeln!(text, "lost: {}, twice: {}, torn: {}", self.lost, self.twice, self.torn);
        text
    }
}

/// One line per fault.
pub fn lines(told: &Told) -> String {
    let mut text = String::new();
    for (hit, end) in &told.hits {
        let _ = writeln!(text, "  {} {} at {}: {}", told.name, hit.process, hit.point, end.as_str());
    }
    for ((api, how), count) in &told.answers {
        let _ = writeln!(text, "  {} answers to {api:?} {how}: {count}", told.name);
    }
    let [opened, later] = told.alerts;
    let _ = writeln!(
        text,
        "  {}: {} of {} faults with a transaction open; between them {opened} alerts opened, {later} later events of alerts; {} \
         partitions restored from a snapshot; {} rebalances by a visitor",
        told.name,
        told.counted(),
        told.hits.len(),
        told.restored,
        told.rebalances
    );
    text
}

/// Equal, or the first differences.
pub fn must_be_equal(told: &Told) -> Result<(), String> {
    if told.differences.is_empty() {
        return Ok(());
    }
    let mut text = format!("{}: not equal to the undisturbed run, {} differences", told.name, told.differences.len());
    for difference in told.differences.iter().take(TOLD_MAX) {
        let _ = write!(text, "\n    {difference}");
    }
    Err(text)
}

/// The file of a long run.
pub fn soak(totals: &Totals, seed: u64, command: &str, took: Duration, failures: &[String]) -> String {
    let minutes = took.as_secs() / 60;
    let mut text = format!("# Soak\n\nseed {seed}, `{command}`, {minutes} min\n\n{}\n", totals.text());
    let _ = writeln!(text, "failures: {}", failures.len());
    for failure in failures {
        let _ = writeln!(text, "- {failure}");
    }
    text
}
