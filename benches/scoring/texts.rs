//! The texts that benches read: those of a file of NDJSON, or of the shared data.

use std::path::{Path, PathBuf};

/// Where they are unless somebody says otherwise (`$GROUNDSWELL_SHARED`, or `../shared`).
pub fn usual() -> PathBuf {
    let shared = std::env::var_os("GROUNDSWELL_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    shared.join("data/load/texts.ndjson")
}

/// The `t` (or `text`) of every line; without the file the bench says so and ends.
pub fn read(path: &Path) -> Vec<String> {
    let Ok(lines) = std::fs::read_to_string(path) else {
        eprintln!("not run: there are no texts at {}; give --texts FILE", path.display());
        std::process::exit(0);
    };
    let text = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["t"].as_str().or(row["text"].as_str()).unwrap_or_default().to_owned()
    };
    lines.lines().map(text).collect()
}
