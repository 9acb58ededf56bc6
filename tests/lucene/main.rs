//! Boolean and phrase meaning against an outside oracle: Lucene's monitor, on the same queries and the same texts.
//!
//! The texts are those of the load data, when they are there: ASCII only, lower-cased, so that both tokenisations
//! agree. The queries are random trees over words and phrases that stand in them. `GROUNDSWELL_TEST_QUERIES` is their
//! number (10,000 unless given), `GROUNDSWELL_TEST_SEED` their seed.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

mod generate;
mod oracle;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use generate::Generator;
use oracle::{Answers, Oracle};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("GROUNDSWELL_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    shared.is_dir().then_some(shared)
}

/// Every ASCII text of the load data, lower-cased, as one line.
fn texts() -> Option<Vec<String>> {
    let Some(shared) = shared() else {
        eprintln!("NOT RUN: the shared data is not there");
        return None;
    };
    let lines = std::fs::read_to_string(shared.join("data/load/texts.ndjson")).unwrap();
    let text = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["t"].as_str().unwrap().to_owned();
    let plain = lines.lines().map(text).filter(|text| text.is_ascii());
    Some(plain.map(|text| text.to_lowercase().replace(|c: char| c.is_ascii_control(), " ")).collect())
}

/// What `groundswell match` says.
fn ours(queries: &[String], texts: &[String]) -> Answers {
    let folder = oracle::temporary("match");
    let (file, input) = (folder.join("queries.txt"), folder.join("texts.ndjson"));
    std::fs::write(&file, queries.join("\n")).unwrap();
    let mut lines = String::new();
    for (id, text) in texts.iter().enumerate() {
        writeln!(lines, "{}", serde_json::json!({"id": id, "text": text})).unwrap();
    }
    std::fs::write(&input, lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundswell"));
    command
        .args(["match", "--queries"])
        .arg(&file)
        .stdin(std::fs::File::open(&input).unwrap())
        .stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success(), "groundswell match: {}", output.status);
    let found = String::from_utf8(output.stdout).unwrap();
    let queries = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["queries"].as_array().unwrap().iter().map(|n| u32::try_from(n.as_u64().unwrap()).unwrap()).collect()
    };
    let answers = found.lines().map(queries).collect();
    std::fs::remove_dir_all(folder).unwrap();
    answers
}

/// The first differences, in words.
fn differences(queries: &[String], texts: &[String], ours: &Answers, theirs: &Answers) -> Vec<String> {
    assert_eq!((ours.len(), theirs.len()), (texts.len(), texts.len()), "one answer a text");
    let mut told = Vec::new();
    for ((text, ours), theirs) in texts.iter().zip(ours).zip(theirs) {
        let only_ours = ours.iter().filter(|n| !theirs.contains(n)).map(|n| (n, "only ours"));
        let only_theirs = theirs.iter().filter(|n| !ours.contains(n)).map(|n| (n, "only Lucene's"));
        for (query, whose) in only_ours.chain(only_theirs) {
            told.push(format!("{whose}: {}\n    on: {text}", queries[*query as usize]));
        }
    }
    told
}

#[test]
fn lucene_finds_the_same() {
    let Some(texts) = texts() else { return };
    let count = usize::try_from(number("GROUNDSWELL_TEST_QUERIES", 10_000)).unwrap();
    let trees: Vec<_> = Generator::new(&texts, number("GROUNDSWELL_TEST_SEED", 1)).take(count).collect();
    let queries: Vec<String> = trees.iter().map(generate::Tree::query).collect();
    let postfix: Vec<String> = trees.iter().map(generate::Tree::postfix).collect();
    let (theirs, timing) = Oracle::compile().ask(&postfix, &texts);
    let ours = ours(&queries, &texts);
    let hits: usize = theirs.iter().map(Vec::len).sum();
    eprintln!("{count} queries, {} texts, {hits} hits; Lucene: {timing}", texts.len());
    assert!(hits > texts.len(), "{hits} hits say too little");
    let matched = theirs.iter().flatten().collect::<std::collections::BTreeSet<_>>().len();
    assert!(matched * 4 > count * 3, "only {matched} of {count} queries match anything");
    let wrong = differences(&queries, &texts, &ours, &theirs);
    let shown = wrong.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} differences, the first:\n{shown}", wrong.len());
}
