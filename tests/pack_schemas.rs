//! The schemas of a pack's files in `deploy/schemas/pack` are those of the release; packs keep to them, broken ones do not.
//!
//! After a change of the readers: `GROUNDSWELL_BLESS=1 cargo test --release --test pack_schemas`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

#[path = "support/faults_of_packs.rs"]
mod faults_of_packs;
#[path = "support/schema_check.rs"]
mod schema_check;

use clap::Parser as _;
use faults_of_packs::{FAULTS, broken};
use groundswell::cli::{Cli, Exit, Io, run};
use groundswell::config::pack::read_pack;
use groundswell::rules::{SourceFile, pack_schema_file, pack_schemas, schema_of, shipped};
use schema_check::Checker;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an editor can see of a fault: keys, types, words of a fixed list.
const SEEN: [&str; 17] = [
    "unknown key",
    "must be a list",
    "must be true or false",
    "must be a number",
    "must be text",
    "must be a mapping",
    "must be from 2 to 16",
    "no duration",
    "no tier",
    "no severity",
    "no channel",
    "no language",
    "no platform",
    "no market",
    "no time of day",
    "from 0 to 1",
    "lacks \"owner\"",
];

fn schemas() -> BTreeMap<&'static str, Value> {
    pack_schemas().into_iter().collect()
}

/// Files that do not keep to their schema, with why.
fn faulty(files: &[SourceFile]) -> BTreeMap<String, Vec<String>> {
    let schemas = schemas();
    let judged = files.iter().filter_map(|file| {
        let value: Value = serde_saphyr::from_str(&file.text).unwrap();
        Some((file.path.clone(), Checker::faults(&schemas[schema_of(&file.path)?], &value)))
    });
    judged.filter(|(_, faults)| !faults.is_empty()).collect()
}

#[test]
fn the_files_equal_the_release() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/schemas/pack");
    let mut expected = BTreeSet::new();
    for (name, schema) in pack_schemas() {
        let path = folder.join(pack_schema_file(name));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("GROUNDSWELL_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is not that of the release: see the top of this file", path.display());
        expected.insert(pack_schema_file(name));
    }
    let entries = std::fs::read_dir(&folder).unwrap();
    let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_default_pack_keeps_to_them_and_what_an_editor_can_see_of_a_fault_does_not() {
    assert_eq!(faulty(&shipped()), BTreeMap::new());
    let seen: Vec<_> = FAULTS.iter().filter(|fault| SEEN.iter().any(|part| fault.4.contains(part))).collect();
    let missed: Vec<_> = seen.iter().filter(|fault| !faulty(&broken(fault).0).contains_key(fault.0)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(seen.len() >= 35, "{} faults", seen.len());
}

#[test]
fn the_pack_of_init_keeps_to_them() {
    let dir = std::env::temp_dir().join(format!("groundswell-pack-schemas-{}", std::process::id()));
    let flags = ["--company", "Quarvo", "--not", "planet", "--products", "Quarvo Pay", "--accounts", "x:quarvo"];
    let arguments = ["groundswell", "init", dir.to_str().unwrap(), "--time-zone", "UTC"].into_iter().chain(flags);
    let cli = Cli::try_parse_from(arguments).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut out, stderr: &mut err };
    assert_eq!(run(&cli, &mut io).unwrap(), Exit::Ok, "{}", String::from_utf8_lossy(&err));
    let files = read_pack(&dir).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(files.len() >= 6, "{}", files.len());
    assert_eq!(faulty(&files), BTreeMap::new());
}
