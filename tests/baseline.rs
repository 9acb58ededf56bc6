//! Day one: a history that is replayed writes what it has taught, the same file every time.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::Parser as _;
use groundswell::cli::{self, Cli, Exit, Io};
use groundswell::pipeline::UndoLimits;
use groundswell::rules;
use groundswell::wire::{Baseline, state_hash};
use serde_json::json;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

/// A day of a post every ten minutes.
fn history() -> String {
    let one = |number: i64| {
        let at = jiff::Timestamp::from_second(1_772_442_000 + number * 600).unwrap().to_string();
        let payload = json!({
            "id": (114_000_000_000_000_000 + number).to_string(), "uri": format!("https://kiosk.example/s/{number}"),
            "created_at": at, "visibility": "public", "language": "en",
            "content": format!("<p>wrote some notes on nimbus cloud over coffee {number}</p>"),
            "account": {"id": format!("7{number}"), "acct": format!("lea{number}")},
        });
        format!("mastodon:k{number}\t{payload}\n")
    };
    (0..144).map(one).collect()
}

fn replay(folder: &Path, name: &str) -> Baseline {
    let (input, output, file) =
        (folder.join("input.ndjson"), folder.join(name), folder.join(format!("{name}.baseline")));
    let [input, output, baseline] = [&input, &output, &file].map(|path| path.to_str().unwrap());
    let arguments =
        ["groundswell", "replay", "--rules", RULES, "--input", input, "--output", output, "--baseline", baseline];
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    assert_eq!(cli::run(&Cli::try_parse_from(arguments).unwrap(), &mut io).unwrap(), Exit::Ok);
    Baseline::decode(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_replay_writes_what_the_history_has_taught() {
    let folder = std::env::temp_dir().join(format!("groundswell-baseline-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("input.ndjson"), history()).unwrap();
    let (one, two) = (replay(&folder, "one"), replay(&folder, "two"));
    assert_eq!(one, two);
    let pack = rules::load(&rules::shipped(), &[]).unwrap();
    one.fits(16).unwrap();
    let states: Vec<_> = (0..16).map(|n| one.state(n, &pack, UndoLimits::default()).unwrap()).collect();
    let queries: BTreeSet<String> = states.iter().flat_map(|state| state.queries().keys()).collect();
    assert!(queries.contains("nimbus-cloud"), "{queries:?}");
    assert!(states.iter().any(|state| state.counted_to().is_some()));
    let again: Vec<_> = (0..16).map(|n| two.state(n, &pack, UndoLimits::default()).unwrap()).collect();
    for (one, two) in states.iter().zip(&again) {
        assert_eq!(state_hash(one).unwrap(), state_hash(two).unwrap());
        assert_eq!(state_hash(one).unwrap(), state_hash(&one.learned()).unwrap(), "it is all that is learned");
        assert!(one.pages().is_empty() && one.voice().is_empty() && one.pending().is_empty());
    }
    fs::remove_dir_all(&folder).unwrap();
}
