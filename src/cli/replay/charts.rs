//! The charts of a replay, as SVG and PNG: one of each for each alert event that people are told of while it lasts.

use crate::alert::{AlertEvent, Plot};
use anyhow::Context as _;
use std::path::Path;

/// Charts written at most, the first ones: who replays a year does not look at more.
const CHARTS_MAX: usize = 1_000;

/// Writes `<alert id>-<number>-<state>.svg` and `.png` for each.
///
/// # Errors
/// When the folder or a file cannot be written, or a chart not be encoded.
pub fn write(folder: &Path, alerts: &[AlertEvent]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lasts = |alert: &&AlertEvent| !alert.state.ends();
    let charts = alerts.iter().filter(lasts).filter_map(|alert| Some((alert, Plot::of(alert, str::to_owned)?)));
    for (number, (alert, plot)) in charts.take(CHARTS_MAX).enumerate() {
        let name = format!("{}-{number:03}-{}", alert.alert_id, alert.state.as_str());
        write_file(&folder.join(format!("{name}.svg")), plot.svg().as_bytes())?;
        write_file(&folder.join(format!("{name}.png")), &plot.png()?)?;
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
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
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        let begins = |name: &str| std::fs::read(folder.join(name)).expect("a file")[..4].to_vec();
        assert_eq!(
            (begins("test-0-000-opened.svg"), begins("test-0-000-opened.png")),
            (b"<svg".to_vec(), b"\x89PNG".to_vec())
        );
        std::fs::remove_dir_all(&folder).expect("removed");
        files.sort();
        assert_eq!(files, ["test-0-000-opened.png", "test-0-000-opened.svg"]);
    }
}
