//! Contract: what `detect` finds in real mention volumes with labelled anomalies and with bursts of known onset, by its
//! default configuration.
//!
//! The series and their scoring are shared material outside the repository; where they are missing this says so. Floors
//! are some points below what was measured, so that they catch a fault and not a rounding.

#![allow(clippy::print_stderr, reason = "a test that was not run must say so")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SERIES: [&str; 5] = ["AAPL", "CRM", "GOOG", "IBM", "PFE"];

fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("GROUNDSWELL_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let found = shared.join("tools/nab_score.py").exists();
    if !found {
        eprintln!("not run: no series in {} (set GROUNDSWELL_SHARED)", shared.display());
    }
    found.then_some(shared)
}

/// Scores every series of `data` into a folder of its own.
fn scored(data: &Path, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("groundswell-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    for series in SERIES {
        let file = format!("Twitter_volume_{series}.csv");
        let status = Command::new(env!("CARGO_BIN_EXE_groundswell"))
            .arg("detect")
            .stdin(File::open(data.join(&file)).expect("the series"))
            .stdout(Stdio::from(File::create(folder.join(&file)).expect("a file for the scores")))
            .status()
            .expect("the program runs");
        assert!(status.success(), "{file}");
    }
    folder
}

fn judged(arguments: &mut Command) -> serde_json::Value {
    let output = arguments.output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(of: &serde_json::Value) -> f64 {
    of.as_f64().expect("a number")
}

#[test]
fn labelled_anomalies_are_found_with_few_false_ones() {
    let Some(shared) = shared() else { return };
    let data = shared.join("data/nab");
    let scores = scored(&data, "labelled");
    let report = judged(
        Command::new("python3")
            .arg(shared.join("tools/nab_score.py"))
            .arg(&scores)
            .arg("--windows")
            .arg(data.join("windows.json"))
            .arg("--data")
            .arg(&data),
    );
    let standard = number(&report["profiles"]["standard"]["score"]);
    let false_per_week = number(&report["totals_standard"]["fp_episodes_per_series_week"]);
    assert!(standard >= 80.0 && false_per_week <= 0.75, "{report:#}");
    std::fs::remove_dir_all(scores).expect("the test's own folder");
}

#[test]
fn bursts_of_known_onset_are_found_soon() {
    let Some(shared) = shared() else { return };
    let data = shared.join("data/nab/injected");
    let scores = scored(&data, "injected");
    let report = judged(
        Command::new("python3")
            .arg(shared.join("tools/inject_bursts.py"))
            .arg("score")
            .arg(&scores)
            .arg(data.join("truth.json"))
            .args(["--budgets", "1"]),
    );
    let found = &report[0];
    assert!(number(&found["recall"]) >= 0.68 && number(&found["delay_min_median"]) <= 35.0, "{report:#}");
    std::fs::remove_dir_all(scores).expect("the test's own folder");
}
