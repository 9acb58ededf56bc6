//! The house keeps its shape: imports go one way, the core has no I/O, the map in `lib.rs` equals the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rings from the inside out. A module imports from its own ring only what `SIBLINGS` names, and from rings inside.
const RINGS: [&[&str]; 7] = [
    &["fault"],
    &["mention", "text"],
    &["normalize", "query", "score", "route", "detect", "alert", "case", "report", "rules"],
    &["pipeline"],
    &["wire", "log", "api", "notify", "telemetry", "config"],
    &["service"],
    &["cli"],
];

/// Who may look at a neighbour, because the domain says so.
const SIBLINGS: [(&str, &[&str]); 12] = [
    ("text", &["mention"]),
    ("route", &["rules", "score"]),
    ("alert", &["detect", "route"]),
    ("report", &["alert", "case", "route"]),
    ("case", &["alert", "route", "normalize"]),
    ("rules", &["query", "alert", "route", "score", "normalize"]),
    ("wire", &["log"]),
    ("api", &["config", "log", "telemetry", "wire"]),
    ("notify", &["config", "telemetry", "wire"]),
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
            modules.entry(module).or_default().push((path, without_tests(&text)));
        }
    }
    modules
}

/// The text up to its `#[cfg(test)] mod … {`, whatever attributes stand between.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |at: usize| {
        let mut after = lines[at + 1..].iter().skip_while(|line| line.starts_with("#["));
        lines[at] == "#[cfg(test)]" && after.next().is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let end = (0..lines.len()).find(|at| opens_tests(*at)).unwrap_or(lines.len());
    lines[..end].iter().map(|line| format!("{line}\n")).collect()
}

/// Top-level modules that a file names after `crate::`, alone or between braces.
fn imports(code: &str) -> BTreeSet<String> {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => drop(found.insert(word(part))),
            Some(group) => {
                let mut depth = 0;
                for piece in group.split_inclusive(['{', '}', ',']) {
                    if depth == 0 {
                        found.insert(word(piece));
                    }
                    depth += i32::from(piece.ends_with('{')) - i32::from(piece.ends_with('}'));
                    if depth < 0 {
                        break;
                    }
                }
            }
        }
    }
    found.retain(|name| RINGS.iter().any(|ring| ring.contains(&name.as_str())));
    found
}

#[test]
fn imports_are_found_however_they_are_written() {
    for (code, expected) in [
        ("use crate::log::Log;\n// crate::wire\nlet a = crate::text::fold();", vec!["log", "text"]),
        ("use crate::{log::Log, text};", vec!["log", "text"]),
        ("use crate::{\n    log::{Log, Record},\n    text,\n};\nuse wire::x;", vec!["log", "text"]),
        ("use super::wire;", vec![]),
    ] {
        assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), expected, "{code}");
    }
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
        if !(1..=3).contains(&ring(&module)) {
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

/// True when the text holds the name as a word of its own; what begins with a dot may follow one.
fn names(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back().filter(|_| !name.starts_with('.'));
        let after = text[start + name.len()..].chars().next();
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

/// Every key of a tree of settings, without its sections; a map that is empty by default takes any key.
fn keys(tree: &serde_json::Value, into: &mut BTreeSet<String>) {
    for (key, value) in tree.as_object().into_iter().flatten() {
        if value.as_object().is_none_or(serde_json::Map::is_empty) {
            into.insert(key.clone());
        }
        keys(value, into);
    }
}

#[test]
fn every_key_of_the_configuration_is_read() {
    let mut unread = BTreeSet::new();
    keys(&serde_json::to_value(groundswell::config::Config::default()).unwrap(), &mut unread);
    assert!(unread.contains("brokers") && unread.contains("receivers"), "{unread:?}");
    for (_, files) in modules().into_iter().filter(|(module, _)| module != "config") {
        for (_, code) in files {
            unread.retain(|key| !names(&code, &format!(".{key}")));
        }
    }
    assert!(unread.is_empty(), "keys that nothing reads: {unread:?}");
}
