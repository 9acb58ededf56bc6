//! The schemas in `deploy/schemas` say what is written: they equal the Rust types, and real outputs keep to them.
//!
//! After a change of a public value: `GROUNDSWELL_BLESS=1 cargo test --release --test schemas`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

#[path = "support/schema_check.rs"]
mod schema_check;

use groundswell::case;
use groundswell::mention::Platform;
use groundswell::pipeline::Redact;
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::wire;
use groundswell::wire::schemas::{schema_file, schemas};
use schema_check::Checker;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BLESS: &str = "GROUNDSWELL_BLESS=1 cargo test --release --test schemas";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/schemas")
}

#[test]
fn the_files_equal_the_types() {
    let bless = std::env::var_os("GROUNDSWELL_BLESS").is_some();
    let mut expected = BTreeSet::new();
    for (kind, schema) in schemas() {
        let path = folder().join(schema_file(kind));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if bless {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is not what the types say: {BLESS}", path.display());
        expected.insert(schema_file(kind));
    }
    let entries = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // those of packs' files are compared by a test of their own
    expected.insert("pack".to_owned());
    assert_eq!(found, expected, "files of schemas that are no more, or not there");
}

#[test]
fn the_check_finds_faults() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "n": {"type": ["integer", "null"], "minimum": 0}, "k": {"const": "k"},
            "m": {"type": "object", "additionalProperties": {"type": "number"}},
            "l": {"type": "array", "items": {"enum": ["x", "y"]}}},
        "required": ["k"],
        "$defs": {"A": {"oneOf": [{"const": "one"}, {"type": "boolean"}]}}
    });
    let good = json!({"a": true, "n": null, "k": "k", "m": {"any": 0.5}, "l": ["x"]});
    assert_eq!(Checker::faults(&schema, &good), [""; 0]);
    for (bad, fault) in [
        (json!({}), "$ lacks k"),
        (json!({"k": "x"}), "$.k is not \"k\""),
        (json!({"k": "k", "z": 1}), "$ has the unknown field z"),
        (json!({"k": "k", "a": "two"}), "$.a fits none of the forms"),
        (json!({"k": "k", "n": -1}), "$.n is below 0"),
        (json!({"k": "k", "n": 0.5}), "$.n is not [\"integer\",\"null\"]"),
        (json!({"k": "k", "m": {"any": "x"}}), "$.m.any is not \"number\""),
        (json!({"k": "k", "l": ["x", "z"]}), "$.l[1] is not of [\"x\",\"y\"]"),
    ] {
        assert_eq!(Checker::faults(&schema, &bad), [fault]);
    }
}

/// A status of somebody at a second of a day in 2026.
fn status(number: usize, second: usize, visibility: &str, text: &str) -> RawRecord {
    let (person, id) = (format!("p{number}"), 5_000_000 + number);
    let at = format!("2026-03-02T{:02}:{:02}:{:02}.000Z", 6 + second / 3_600, second / 60 % 60, second % 60);
    let payload = json!({
        "id": id.to_string(), "uri": format!("https://kiosk.test/users/{person}/statuses/{id}"),
        "url": format!("https://kiosk.test/@{person}/{id}"), "created_at": at, "visibility": visibility,
        "language": "en", "content": format!("<p>{text}</p>"), "spoiler_text": "", "in_reply_to_id": null,
        "replies_count": 0, "reblogs_count": 1, "favourites_count": 2, "edited_at": null, "reblog": null,
        "account": {"id": (number % 900).to_string(), "username": person, "acct": person, "display_name": "Somebody",
            "url": format!("https://kiosk.test/@{person}"), "followers_count": 40 + number, "bot": false},
        "media_attachments": [], "mentions": [], "tags": [], "card": null, "poll": null
    });
    RawRecord {
        platform: Platform::Mastodon,
        key: id.to_string().into_bytes(),
        value: payload.to_string().into_bytes(),
    }
}

/// Four hours of ordinary talk with an outage in the third, in order of time.
fn day() -> Vec<RawRecord> {
    let ordinary = [
        "Nimbus works fine for our little shop",
        "reading the Nimbus docs today",
        "my invoice from Nimbus is \
                    wrong, charged twice, want my refund",
        "Nimbus giveaway! follow and repost to win $1000 #win #free",
    ];
    let reports = [
        "Nimbus Cloud is down, cannot log in",
        "nimbus login broken again? error 503 for everybody here",
        "is nimbus down for anyone else, nothing loads",
        "Nimbus outage, our site is offline",
    ];
    let mut posts: Vec<(usize, &str, String)> = Vec::new();
    posts.extend((0..14_400).step_by(20).map(|second| (second, "public", ordinary[second / 20 % 4].to_owned())));
    posts.extend(
        (9_000..9_600).step_by(2).map(|second| (second, "public", format!("{} {second}", reports[second / 2 % 4]))),
    );
    posts.push((9_100, "direct", "@nimbus my account was hacked, please help, I am ana@example.com".to_owned()));
    posts.sort_by_key(|(second, _, _)| *second);
    let records = posts.iter().enumerate();
    records.map(|(number, (second, visibility, text))| status(number, *second, visibility, text)).collect()
}

/// The shipped pack, but billing goes elsewhere.
fn other_pack() -> Arc<rules::Pack> {
    let files = rules::shipped().into_iter().map(|file| {
        let text = file.text.replace("team: finance\n", "team: support\n");
        rules::SourceFile::new(file.path, text)
    });
    let pack = rules::load(&files.collect::<Vec<_>>(), &[]);
    Arc::new(pack.unwrap_or_else(|problems| panic!("{problems:?}")))
}

#[test]
fn real_outputs_keep_to_the_schemas() {
    let pack = Arc::new(rules::load(&rules::shipped(), &[]).unwrap_or_else(|problems| panic!("{problems:?}")));
    let layout = Layout {
        members: (0..2).map(|partition| (Platform::Mastodon, partition)).collect(),
        raw_partitions: 2,
        signals_partitions: 4,
        duplicate_window_records: 1_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    pipeline.set_redact(Redact { mentions: true, routed: true });
    pipeline.set_shadow(other_pack());
    pipeline.feed(day()).unwrap();
    pipeline.finish().unwrap();
    let schemas: BTreeMap<&str, Value> = schemas().into_iter().collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut redacted = false;
    for (topic, records) in pipeline.take_outputs() {
        for record in records.iter().filter(|_| !topic.ends_with("dead-letter")) {
            let value: Value = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
            let kind = value["type"].as_str().unwrap();
            let faults = Checker::faults(&schemas[kind], &value);
            assert!(faults.is_empty(), "{topic} {kind}: {faults:?}");
            redacted |= value["redacted"] == json!(["email"]);
            *seen.entry(kind.to_owned()).or_default() += 1;
        }
    }
    // what is said over HTTP is written by nobody else
    let said = json!({"type": "groundswell.feedback.v1", "feedback_id": "f-1", "about": "item-1", "kind": "csat", "value": 4,
        "by": "ana", "at": "2026-03-02T09:00:00Z", "text": "not ours to keep"});
    let said =
        wire::said_record(&wire::Topics::new("social."), &case::read(said.to_string().as_bytes()).unwrap()).unwrap();
    let value: Value = serde_json::from_slice(&said.value.unwrap()).unwrap();
    assert_eq!(Checker::faults(&schemas["groundswell.feedback.v1"], &value), [""; 0]);
    seen.insert("groundswell.feedback.v1".to_owned(), 1);
    let kinds: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(kinds, schemas.keys().copied().collect::<Vec<_>>(), "every public value is among them: {seen:?}");
    assert!(redacted, "one of them had personal data");
}
