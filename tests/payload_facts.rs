//! Contract: the facts that any correct normaliser must extract from sample payloads of real platforms.
//!
//! The samples and their judge are shared material outside the repository; where they are missing this says so.

#![allow(clippy::print_stderr, reason = "a test that was not run must say so")]

use std::path::PathBuf;
use std::process::Command;

const FOLDERS: &str = "x_v1,x_v2,mastodon,bluesky,reddit,telegram,whatsapp,discord,facebook,instagram";

#[test]
fn every_fact_of_the_sample_payloads_holds() {
    let given = std::env::var_os("GROUNDSWELL_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let judge = shared.join("tools/check_facts.py");
    if !judge.exists() {
        eprintln!("not run: no {} (set GROUNDSWELL_SHARED)", judge.display());
        return;
    }
    let output = Command::new("python3")
        .arg(&judge)
        .arg(shared.join("data/payloads"))
        .args(["--only", FOLDERS, "--verbose", "20", "--", env!("CARGO_BIN_EXE_groundswell"), "normalize"])
        .output()
        .expect("python3 runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    for folder in FOLDERS.split(',') {
        assert!(report.contains(folder), "{folder} was not judged:\n{report}");
    }
}
