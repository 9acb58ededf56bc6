//! Versions of a small pack: two of its files say which version they are of, and so does what they decide.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What every post that matches says.
pub const BRAND: &str = "nimbus";

const TEAMS: &str = "owner: lead
teams:
  - {id: support, name: Support, contacts: [lead]}
contacts:
  - {id: lead, name: The lead, team: support}
";

/// The files of a version: a row of the matrix, and a trigger.
pub fn files(version: u64) -> [(&'static str, String); 2] {
    [
        (
            "matrix.yaml",
            format!(
                "owner: lead\nrows:\n  - {{id: other, intent: none, team: support, public_response: say-{version}, \
                 private_handoff: ticket, path: [lead]}}\n"
            ),
        ),
        (
            "intents/triggers.yaml",
            format!("owner: lead\ntriggers:\n  - {{id: t{version}, when: {{phrases: [{BRAND}]}}, severity: S2}}\n"),
        ),
    ]
}

/// Writes the pack of version 0 into a folder.
pub fn write_first(folder: &Path) {
    for part in ["queries", "intents"] {
        std::fs::create_dir_all(folder.join(part)).expect("a folder");
    }
    let queries = format!("owner: lead\nqueries:\n  - {{id: brand, query: {BRAND}, watch: false}}\n");
    write(folder, &[("teams.yaml", TEAMS.to_owned()), ("queries/brand.yaml", queries)]);
    write(folder, &files(0));
}

pub fn write(folder: &Path, files: &[(&str, String)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("written");
    }
}

/// By which digest an item was decided, and of which versions the files were.
pub fn decided_by(item: &Value) -> (String, BTreeSet<String>) {
    let said = item["route"]["public_response"].as_str().expect("text").trim_start_matches("say-").to_owned();
    let rules = item["decision"]["rules"].as_array().expect("rules").iter().filter_map(Value::as_str);
    let fired = rules.filter_map(|rule| rule.strip_prefix("severity:t")).map(str::to_owned);
    (item["decision"]["pack"].as_str().expect("digest").to_owned(), fired.chain([said]).collect())
}
