//! Contract: forecasts of real cascades, by the shipped command, and the table it ships made anew.
//!
//! The cascades are shared material outside the repository; where they are missing this says so.

#![allow(clippy::print_stderr, reason = "a test that was not run must say so, and figures are read by people")]

use groundswell::cli::train::{ForecastArgs, TrainArgs, TrainWhat, run};
use groundswell::cli::{Exit, Io};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn cascades() -> Option<PathBuf> {
    let given = std::env::var_os("GROUNDSWELL_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let folder = shared.join("data/cascades");
    if folder.join("events_thinned.csv").exists() {
        return Some(folder);
    }
    eprintln!("not run: no {} (set GROUNDSWELL_SHARED)", folder.display());
    None
}

/// The figures of a printed table at a horizon, by method: cascades, median, mean, τ, top tenth, coverage.
fn figures(table: &str, seconds: &str, method: &str) -> Vec<f64> {
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line =
        lines.find(|line| line.len() == 8 && line[0] == seconds && line[1] == method).expect("a line of figures");
    line[2..].iter().map(|figure| figure.parse().expect("a number")).collect()
}

#[test]
fn the_table_is_made_anew_and_holds_on_cascades_left_out() {
    let Some(data) = cascades() else { return };
    let output = std::env::temp_dir().join(format!("groundswell-references-{}.rs", std::process::id()));
    let args = ForecastArgs { data, output: Some(output.clone()), parts: 20, seed: 1 };
    let (mut stdin, mut stdout, mut stderr) = (&b""[..], Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let exit = run(&TrainArgs { what: TrainWhat::Forecast(args) }, &mut io).expect("cascades are there");
    assert_eq!(exit, Exit::Ok);
    let made = std::fs::read_to_string(&output).expect("written");
    std::fs::remove_file(&output).expect("the test's own file");
    assert!(
        made == include_str!("../src/detect/forecast/references.rs"),
        "run `groundswell train forecast --data … --output src/detect/forecast/references.rs`"
    );
    let printed = String::from_utf8(stdout).expect("UTF-8");
    eprintln!("{printed}");
    // floors, well below what is measured: 50 cascades are few
    for table in printed.split("\n\n") {
        let (hour, baseline) = (figures(table, "3600", "forecast"), figures(table, "3600", "baseline"));
        assert!(hour[1] <= 0.27 && hour[1] < 0.85 * baseline[1] && hour[2] < baseline[2], "error at an hour: {table}");
        assert!(hour[3] >= 0.79 && hour[3] > baseline[3], "order at an hour: {table}");
        for seconds in ["600", "1800", "3600", "21600"] {
            assert!((0.7..=0.9).contains(&figures(table, seconds, "forecast")[5]), "coverage at {seconds}: {table}");
        }
    }
    let given = printed.split("\n\n").nth(1).expect("the given versions");
    assert!(figures(given, "1800", "forecast")[4] >= 0.93, "{given}");
}

#[test]
fn the_command_answers_for_every_cascade() {
    let Some(data) = cascades() else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_groundswell"))
        .args(["forecast", "--truth"])
        .arg(data.join("index_thinned.csv"))
        .stdin(std::fs::File::open(data.join("events_thinned.csv")).expect("checked"))
        .stderr(Stdio::piped())
        .output()
        .expect("it runs");
    let figures = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{figures}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1 + 4 * 148);
    assert_eq!(figures.lines().count(), 1 + 2 * 4, "{figures}");
}
