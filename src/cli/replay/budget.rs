//! What is asked of a pack, so that a CI job can fail on it.

use super::truth::{Figures, Judged};
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Bounds, overall and by alert kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    precision_min: Option<f64>,
    recall_min: Option<f64>,
    delay_seconds_max: Option<f64>,
    alerts_per_day_max: Option<f64>,
    #[serde(default)]
    kinds: BTreeMap<String, Bounds>,
}

/// Bounds of one alert kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    precision_min: Option<f64>,
    recall_min: Option<f64>,
    delay_seconds_max: Option<f64>,
    alerts_per_day_max: Option<f64>,
}

/// Reads a budget.
///
/// # Errors
/// When it cannot be read or holds something else.
pub fn read(path: &Path) -> anyhow::Result<Budget> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("{} is not a budget", path.display()))
}

impl Budget {
    /// Every bound that is missed, in words; none when all are kept.
    #[must_use]
    pub fn check(&self, judged: &Judged) -> Vec<String> {
        let overall = Bounds {
            precision_min: self.precision_min,
            recall_min: self.recall_min,
            delay_seconds_max: self.delay_seconds_max,
            alerts_per_day_max: self.alerts_per_day_max,
        };
        let mut missed = overall.check("overall", &judged.overall);
        for (kind, bounds) in &self.kinds {
            let figures = judged.kinds.get(kind.as_str()).cloned().unwrap_or_default();
            missed.extend(bounds.check(kind, &figures));
        }
        missed
    }
}

impl Bounds {
    fn check(&self, whose: &str, figures: &Figures) -> Vec<String> {
        let at_least = |what: &str, got: f64, bound: Option<f64>| {
            bound.filter(|bound| got < *bound).map(|bound| format!("{whose}: {what} {got:.3}, asked {bound} at least"))
        };
        let at_most = |what: &str, got: f64, bound: Option<f64>| {
            bound.filter(|bound| got > *bound).map(|bound| format!("{whose}: {what} {got:.1}, asked {bound} at most"))
        };
        [
            at_least("precision", figures.precision, self.precision_min),
            at_least("recall", figures.recall, self.recall_min),
            at_most("delay in seconds", figures.delay_seconds_max, self.delay_seconds_max),
            at_most("alerts a day", figures.alerts_per_day, self.alerts_per_day_max),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
