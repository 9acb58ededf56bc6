//! What is not public is found nowhere but on its owner's topic: direct messages and posts for followers in five shapes,
//! in the middle of an outage, each with a word that nobody else writes.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use groundswell::cli::{self, Cli, Exit, Io};
use groundswell::detect::{Bucket, Partial};
use groundswell::mention::Platform;
use groundswell::pipeline::{Context, Memory, Raw, contributions, triage};
use groundswell::rules;
use groundswell::score::Model;
use groundswell::wire::{self, Topics};
use serde_json::{Value, json};

const CANARY: &str = "zebrafinch";
/// Monday, 2 March 2026, 9:00, in seconds.
const START: i64 = 1_772_442_000;

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

fn public(number: i64) -> Value {
    let text = format!("nimbus cloud is down again, error 503, I cannot log in {number}");
    status(number, START + number * 4, "public", &text)
}

fn status(number: i64, at: i64, visibility: &str, text: &str) -> Value {
    json!({
        "id": (114_000_000_000_000_000 + number).to_string(), "uri": format!("https://kiosk.example/s/{number}"),
        "created_at": time(at), "visibility": visibility, "language": "en", "content": format!("<p>{text}</p>"),
        "account": {"id": format!("7{number}"), "acct": format!("lea{number}")},
    })
}

/// The same words in every shape that is not public, by somebody else each time.
fn private(number: i64) -> Vec<(Platform, Value)> {
    let text = format!("nimbus cloud is down, error 503, {CANARY} {CANARY}song, I cannot log in {number}");
    let (at, id) = (START + number * 4 + 1, 9_000 + number * 10);
    let user = |n: i64, protected: bool| json!({"id": n.to_string(), "username": format!("u{n}"), "name": "U", "protected": protected});
    vec![
        (
            Platform::X,
            json!({"data": [{"id": id.to_string(), "text": text, "event_type": "MessageCreate", "created_at": time(at),
                "sender_id": id.to_string(), "dm_conversation_id": format!("c{id}")}],
                "includes": {"users": [user(id, false)]}, "meta": {"result_count": 1}}),
        ),
        (
            Platform::X,
            json!({"for_user_id": "900100", "direct_message_events": [{"type": "message_create", "id": (id + 1).to_string(),
                "created_timestamp": (at * 1_000).to_string(),
                "message_create": {"sender_id": (id + 1).to_string(), "message_data": {"text": text}}}]}),
        ),
        (
            Platform::X,
            json!({"data": {"id": (1_780_000_000_000_000_000 + id).to_string(), "author_id": (id + 2).to_string(), "text": text,
                "created_at": time(at), "lang": "en"}, "includes": {"users": [user(id + 2, true)]}}),
        ),
        (Platform::Mastodon, status(id + 3, at, "direct", &text)),
        (Platform::Mastodon, status(id + 4, at, "private", &text)),
        (
            Platform::Reddit,
            json!({"kind": "t4", "data": {"id": format!("m{id}"), "name": format!("t4_m{id}"), "author": format!("red{id}"),
                "subject": "help", "body": text, "created_utc": at, "dest": "nimbus_official"}}),
        ),
    ]
}

/// Four hours in which little is said, for an alert to be told against.
fn quiet() -> Vec<(Platform, Value)> {
    let one = |number: i64| {
        let text = format!("wrote some notes on nimbus cloud over coffee {number}");
        (Platform::Mastodon, status(500_000 + number, START - 14_400 + number * 90, "public", &text))
    };
    // every platform has been heard of before
    let others =
        json!({"data": {"id": "1", "author_id": "1", "text": "a quiet day", "created_at": time(START - 14_400)}});
    let mail = json!({"kind": "t4", "data": {"id": "m1", "name": "t4_m1", "author": "red1", "subject": "a", "body": "b",
        "created_utc": START - 14_400, "dest": "red2"}});
    [(Platform::X, others), (Platform::Reddit, mail)].into_iter().chain((0..160).map(one)).collect()
}

fn payloads() -> Vec<(Platform, Value)> {
    let one = |number| {
        let mut both = vec![(Platform::Mastodon, public(number))];
        both.extend(if number % 3 == 0 { private(number) } else { Vec::new() });
        both
    };
    (0..60).flat_map(one).collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn a_word_of_a_direct_message_stays_with_its_owner() {
    let folder = std::env::temp_dir().join(format!("groundswell-private-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let input = folder.join("input.jsonl");
    let lines: Vec<String> =
        quiet().into_iter().chain(payloads()).map(|(platform, payload)| format!("{platform}:k\t{payload}")).collect();
    fs::write(&input, lines.join("\n")).unwrap();
    let out = folder.join("out");
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let (input, output) = (input.to_str().unwrap(), out.to_str().unwrap());
    let charts = out.join("charts");
    let arguments = [
        "groundswell",
        "replay",
        "--rules",
        rules,
        "--input",
        input,
        "--output",
        output,
        "--charts",
        charts.to_str().unwrap(),
    ];
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    assert_eq!(cli::run(&Cli::try_parse_from(arguments).unwrap(), &mut io).unwrap(), Exit::Ok);
    let alerts = fs::read_to_string(out.join("social.alerts.ndjson")).unwrap();
    assert!(alerts.contains("\"opened\"") && alerts.contains("error 503"), "an alert that tells terms: {alerts}");
    let mut found = Vec::new();
    files(&out, &mut found);
    let mut owned = 0;
    for file in &found {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(file).unwrap();
        let Some(team) = name.strip_prefix("social.routed.").and_then(|name| name.strip_suffix(".ndjson")) else {
            assert!(!text.contains(CANARY), "{name} holds the word");
            continue;
        };
        for line in text.lines().filter(|line| line.contains(CANARY)) {
            let item: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&item["route"]["team"], &item["route"]["also"]), (&json!(team), &json!([])), "{item}");
            owned += 1;
        }
    }
    assert_eq!(owned, 20 * 6, "every message reached its owner");
    for said in [stdout, stderr] {
        assert!(!String::from_utf8(said).unwrap().contains(CANARY));
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nor_does_it_stand_among_the_signals() {
    let pack = rules::load(&rules::shipped(), &[]).unwrap();
    let (topics, mut memory) = (Topics::new("social."), Memory::default());
    let mut counted = [0, 0];
    for (number, (platform, payload)) in payloads().into_iter().enumerate() {
        let value = payload.to_string();
        let raw =
            Raw { platform: Some(platform), topic: "t", partition: 0, offset: number as i64, value: value.as_bytes() };
        for item in triage(&raw, &mut Context::new(10), &pack, Model::shipped(), &mut memory) {
            let decided = item.decided().unwrap_or_else(|| panic!("{platform}: {item:?}"));
            for (query, contribution) in contributions(decided, &pack) {
                let mut partial = Partial::default();
                partial.add(&contribution);
                let record = wire::partial_record(&topics, &pack, &query, (Bucket(1), Bucket(1)), partial).unwrap();
                let text = String::from_utf8_lossy(record.value.as_deref().unwrap()).into_owned();
                assert!(!text.contains(CANARY), "{platform}: {text}");
                counted[usize::from(decided.mention.is_public())] += usize::from(contribution.counts);
            }
        }
    }
    assert_eq!(counted, [20 * 6, 60], "what is not public counts like the rest");
}
