//! The house keeps its shape: imports go one way, the core has no I/O, the map in `lib.rs` equals the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rings from the inside out. A module imports from its own ring only what `SIBLINGS` names, and from rings inside.
const RINGS: [&[&str]; 6] = [
    &["mention", "text"],
    &["normalize", "query", "score", "route", "detect", "alert", "rules"],
    &["pipeline"],
    &["wire", "log", "notify", "telemetry", "config"],
    &["service"],
    &["cli"],
];

/// Who may look at a neighbour, because the domain says so.
const SIBLINGS: [(&str, &[&str]); 9] = [
    ("text", &["mention"]),
    ("route", &["rules", "score"]),
    ("alert", &["detect", "route"]),
    ("rules", &["query", "alert", "route", "score", "normalize"]),
    ("wire", &["log"]),
    ("notify", &["config", "telemetry"]),
    ("telemetry", &["config", "log"]),
    ("config", &["log"]),
    ("log", &[]),
];

/// What the core must never name: I/O, clocks, threads, logs, clients.
const FORBIDDEN_IN_CORE: [&str; 14] = [
    "tokio",
    "rdkafka",
    "tracing",
    "axum",
    "ureq",
    "prometheus",
    "std::fs",
    "std::net",
    "std::io",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant",
    "Timestamp::now",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn ring(module: &str) -> usize {
    let ring = RINGS.iter().position(|ring| ring.contains(&module));
    ring.unwrap_or_else(|| {
        panic!("module `{module}` belongs to no ring: add it to tests/structure.rs and to the map in lib.rs")
    })
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every source file below `src/`, by module, without its tests.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in all {
        let inside = path.strip_prefix(source()).unwrap();
        let is_test = inside.iter().any(|part| part == "tests.rs" || part == "tests");
        if inside.iter().count() > 1 && !is_test {
            let module = inside.iter().next().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            modules.entry(module).or_default().push((path, code));
        }
    }
    modules
}

/// Top-level modules that a file names after `crate::`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for part in line.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            found.insert(name);
        }
    }
    found.retain(|name| RINGS.iter().any(|ring| ring.contains(&name.as_str())));
    found
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let allowed = SIBLINGS.iter().find(|(name, _)| *name == module).map_or(&[][..], |(_, siblings)| siblings);
        for (path, code) in files {
            for import in imports(&code) {
                let outward = ring(&import) > ring(&module);
                let sideways =
                    ring(&import) == ring(&module) && import != module && !allowed.contains(&import.as_str());
                if outward || sideways {
                    wrong.push(format!("{} imports {import}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the grain:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_has_no_io() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        if ring(&module) > 2 {
            continue;
        }
        for (path, code) in files {
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                wrong.extend(
                    FORBIDDEN_IN_CORE
                        .iter()
                        .filter(|name| names(line, name))
                        .map(|name| format!("{}: {name}: {line}", path.display())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "the core reaches outside:\n{}", wrong.join("\n"));
}

/// True when the line holds the name as a word of its own.
fn names(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + name.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[test]
fn the_map_equals_the_tree() {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next().map(str::to_owned));
    let map: BTreeSet<String> = rows.collect();
    let tree: BTreeSet<String> = modules().into_keys().collect();
    assert_eq!(map, tree, "the table in lib.rs and the folders of src/ differ");
    let declared: BTreeSet<String> =
        lib.lines().filter_map(|line| Some(line.strip_prefix("pub mod ")?.trim_end_matches(';').to_owned())).collect();
    assert_eq!(declared, tree, "the modules of lib.rs and the folders of src/ differ");
}

#[test]
fn only_their_owners_name_the_client_and_the_broker() {
    for (module, files) in modules() {
        for (path, code) in files {
            let mut lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let inside = path.strip_prefix(source()).unwrap().starts_with("log/kafka");
            assert!(inside || !lines.any(|line| names(line, "rdkafka")), "{module}: {} names rdkafka", path.display());
        }
    }
}

#[test]
fn files_say_what_they_are_for_and_stay_readable() {
    let mut wrong = Vec::new();
    for (path, code) in modules().into_values().flatten() {
        if !code.starts_with("//!") {
            wrong.push(format!("{} does not open with //!", path.display()));
        }
        if code.lines().count() > 800 {
            wrong.push(format!("{} has {} lines", path.display(), code.lines().count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
