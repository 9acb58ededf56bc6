//! The charts of a replay: one SVG for each alert event that people are told of while it lasts.

use crate::alert::{AlertEvent, Chart};
use anyhow::Context as _;
use std::path::Path;

/// Charts written at most, the first ones: who replays a year does not look at more.
const CHARTS_MAX: usize = 1_000;

/// Writes `<alert id>-<number>-<state>.svg` for each.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write(folder: &Path, alerts: &[AlertEvent]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lasts = |alert: &&AlertEvent| !alert.state.ends();
    let charts = alerts.iter().filter(lasts).filter_map(|alert| Some((alert, Chart::svg(alert)?)));
    for (number, (alert, svg)) in charts.take(CHARTS_MAX).enumerate() {
        let state = alert.state.as_str();
        let path = folder.join(format!("{}-{number:03}-{state}.svg", alert.alert_id));
        std::fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertState;
    use crate::notify::test_event;

    #[test]
    fn what_lasts_and_has_counts_gets_a_chart() {
        let folder = std::env::temp_dir().join(format!("groundswell-charts-{}", std::process::id()));
        let event = |state, counted: bool| {
            let chart = serde_json::json!({"window_seconds": 300, "step_seconds": 300, "counts": [1, 2]});
            let chart = counted.then(|| serde_json::from_value(chart).expect("a chart"));
            AlertEvent { state, chart, ..test_event("t", crate::mention::Timestamp::clamped(0)) }
        };
        let alerts =
            [event(AlertState::Opened, true), event(AlertState::Updated, false), event(AlertState::Resolved, true)];
        write(&folder, &alerts).expect("written");
        let files: Vec<String> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        std::fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(files, ["test-0-000-opened.svg"]);
    }
}
