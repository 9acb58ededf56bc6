//! Two packs over the same posts, and a look ahead at one: what is told of items and alerts that would change.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use groundswell::cli::{self, Cli, Exit, Io};
use serde_json::{Value, json};

/// A folder that is gone with its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("groundswell-backtest-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// The default pack, with other words in one file.
    fn pack(&self, name: &str, file: &str, from: &str, to: &str) -> String {
        let folder = self.0.join(name);
        for source in groundswell::rules::shipped() {
            let path = folder.join(&source.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = source.text.to_string();
            let text = if source.path == file { text.replacen(from, to, 1) } else { text };
            fs::write(path, text).unwrap();
        }
        folder.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn groundswell(arguments: &[&str]) -> (Exit, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once("groundswell").chain(arguments.iter().copied())).unwrap();
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let exit = cli::run(&cli, &mut io).unwrap();
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
    (exit, String::from_utf8(stdout).unwrap())
}

/// A status on Mastodon, one a minute.
fn status(number: u64, visibility: &str, text: &str) -> String {
    json!({
        "id": format!("11400000000000{number:04}"), "uri": format!("https://kiosk.example/statuses/{number}"),
        "created_at": format!("2026-03-02T09:{:02}:00.000Z", number % 60), "visibility": visibility, "language": "en",
        "content": format!("<p>{text}</p>"), "account": {"id": format!("7{number}"), "acct": format!("lea{number}")},
    })
    .to_string()
}

const SECRET: &str = "my private number is on the invoice";

fn posts(folder: &Scratch) -> String {
    let texts = [
        ("public", "Nimbus charged my card twice, I want a refund"),
        ("direct", &format!("Nimbus charged my card twice, I want a refund, {SECRET}")),
        ("public", "somebody pretends to be Nimbus support, a scam, they asked for my password"),
        ("public", "lovely weather today"),
    ];
    let lines: Vec<String> = (1..).zip(texts).map(|(number, (seen, text))| status(number, seen, text)).collect();
    fs::write(folder.path("day.ndjson"), lines.join("\n")).unwrap();
    folder.path("day.ndjson")
}

fn read(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_a_change_of_the_matrix_would_do() {
    let folder = Scratch::new("diff");
    let old = folder.pack("old", "", "", "");
    let row = "    intent: billing\n    team: finance\n";
    let new = folder.pack("new", "matrix.yaml", row, &row.replace("finance", "support"));
    let (input, out) = (posts(&folder), folder.path("out"));
    let (exit, told) = groundswell(&["replay", "--diff", &old, &new, "--input", &input, "--output", &out]);
    assert_eq!(exit, Exit::Ok, "{told}");
    let diff = read(&format!("{out}/diff.json"));
    let of_team = diff["changes"].as_array().unwrap().iter().find(|change| change["field"] == "team").unwrap();
    assert_eq!(
        (&of_team["old"], &of_team["new"], &of_team["count"]),
        (&json!("finance"), &json!("support"), &json!(2))
    );
    assert_eq!((&diff["records"], &diff["items"], &diff["changed"]), (&json!(4), &json!(3), &json!(2)), "{diff:#}");
    assert!(told.contains("      2  team: finance → support\n"), "{told}");
    // what is not public is told by its id only
    let changed = fs::read_to_string(format!("{out}/changed.ndjson")).unwrap();
    for said in [&told, &changed, &diff.to_string()] {
        assert!(said.contains("charged my card twice") && !said.contains(SECRET), "{said}");
    }
    assert_eq!(changed.lines().count(), 2, "{changed}");
}

#[test]
fn a_pack_that_is_the_same_changes_nothing() {
    let folder = Scratch::new("same");
    let (old, new) = (folder.pack("old", "", "", ""), folder.pack("new", "", "", ""));
    let (input, out) = (posts(&folder), folder.path("out"));
    let (exit, told) = groundswell(&["replay", "--diff", &old, &new, "--input", &input, "--output", &out]);
    assert_eq!(exit, Exit::Ok);
    assert!(told.contains("3 items matched, 0 of them decided differently\nalerts: 0 the same, 0 gone"), "{told}");
}

#[test]
fn items_that_only_one_of_them_finds() {
    let folder = Scratch::new("outcome");
    let (old, new) = (folder.pack("old", "", "", ""), folder.pack("new", "", "", ""));
    let more = "owner: comms\nqueries:\n  - {id: kestrel, query: kestrelco}\n";
    fs::write(format!("{new}/queries/kestrel.yaml"), more).unwrap();
    let input = folder.path("day.ndjson");
    fs::write(&input, status(1, "public", "the invoice of kestrelco looks odd")).unwrap();
    let out = folder.path("out");
    let (_, told) = groundswell(&["replay", "--diff", &old, &new, "--input", &input, "--output", &out]);
    let diff = read(&format!("{out}/diff.json"));
    let change = &diff["changes"][0];
    let ends = (&change["field"], &change["old"], &change["new"]);
    assert_eq!(ends, (&json!("outcome"), &json!("unmatched"), &json!("routed")), "{told}");
    assert_eq!(change["examples"][0]["rules_new"][0], "query:kestrel", "{diff:#}");
}

#[test]
fn a_look_ahead_counts_each_team() {
    let folder = Scratch::new("preview");
    let pack = folder.pack("pack", "", "", "");
    let input = posts(&folder);
    let (exit, told) = groundswell(&["preview", "--rules", &pack, "--input", &input, "--format", "json"]);
    assert_eq!(exit, Exit::Ok);
    let seen: Value = serde_json::from_str(&told).unwrap();
    let (days, finance) = (seen["days"].as_f64().unwrap(), &seen["teams"]["finance"]);
    assert!((finance["items_per_day"].as_f64().unwrap() * days - 2.0).abs() < 1e-9, "{seen:#}");
    assert_eq!(seen["teams"]["trust-safety"]["human"], 1, "{seen:#}");
    assert_eq!((&seen["records"], &seen["matched"]), (&json!(4), &json!(3)));
    let rules = seen["noisiest"].as_array().unwrap();
    assert_eq!((&rules[0]["rule"], &rules[0]["items"]), (&json!("query:nimbus-brand"), &json!(3)), "{seen:#}");
    let (_, words) = groundswell(&["preview", "--rules", &pack, "--input", &input]);
    assert!(words.contains("less than a day was recorded") && words.contains("finance "), "{words}");
    assert!(!words.contains(SECRET) && Path::new(&input).exists());
}
