//! What is not public is found nowhere but on its owner's topic: direct messages of five platforms and posts for the few,
//! in nine shapes, in the middle of an outage, each with a word that nobody else writes. Nor does anybody read a phone
//! number.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;
use groundswell::alert::AlertEvent;
use groundswell::cli::{self, Cli, Exit, Io};
use groundswell::config::{Notify, Receiver, Secret, SlackReceiver, WebhookReceiver};
use groundswell::detect::{Bucket, Partial};
use groundswell::mention::Platform;
use groundswell::notify::request;
use groundswell::pipeline::{Context, Memory, Raw, contributions, triage};
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::wire::{self, Topics};
use serde_json::{Value, json};

const CANARY: &str = "zebrafinch";
/// How every phone number of a customer begins.
const NUMBERS: &str = "1555019";
/// Shapes of what is not public.
const SHAPES: usize = 9;
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
        (Platform::Telegram, telegram(id, at, "private", &text)),
        (Platform::Telegram, telegram(id, at, "group", &text)),
        (Platform::Whatsapp, whatsapp(id, at, &text)),
    ]
}

fn telegram(id: i64, at: i64, chat: &str, text: &str) -> Value {
    let chat = json!({"id": if chat == "private" { id } else { -id }, "type": chat, "title": "Friends"});
    json!({"update_id": id, "message": {"message_id": id, "date": at, "chat": chat, "text": text,
        "from": {"id": id, "is_bot": false, "first_name": "Tel", "username": format!("tel{id}")}}})
}

fn whatsapp(id: i64, at: i64, text: &str) -> Value {
    let number = format!("{NUMBERS}{id}");
    let message = json!({"from": number, "id": format!("wamid.{id}"), "timestamp": at.to_string(), "type": "text", "text": {"body": text}});
    let value = json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550100001", "phone_number_id": "77"},
        "contacts": [{"profile": {"name": "Wat"}, "wa_id": number}], "messages": [message]});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "8", "changes": [{"field": "messages", "value": value}]}]})
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
    let telegram = telegram(1, START - 14_400, "supergroup", "a quiet day");
    let whatsapp = whatsapp(1, START - 14_400, "a quiet day");
    let heard = [
        (Platform::X, others),
        (Platform::Reddit, mail),
        (Platform::Telegram, telegram),
        (Platform::Whatsapp, whatsapp),
    ];
    heard.into_iter().chain((0..160).map(one)).collect()
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

/// Runs a command; what it says to people.
fn tell(arguments: &[&str], want: Exit) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let arguments = std::iter::once("groundswell").chain(arguments.iter().copied());
    let exit = cli::run(&Cli::try_parse_from(arguments).unwrap(), &mut io).unwrap();
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert_eq!(exit, want, "{said}");
    said
}

/// The shipped pack, where the owner of outages is another team.
fn other_pack() -> Vec<rules::SourceFile> {
    let (from, to) = ("intent: outage\n    team: support", "intent: outage\n    team: platform");
    let changed = |file: rules::SourceFile| {
        let text = if file.path == "matrix.yaml" { file.text.replace(from, to) } else { file.text.to_string() };
        rules::SourceFile::new(file.path, text)
    };
    rules::shipped().into_iter().map(changed).collect()
}

fn write_pack(files: &[rules::SourceFile], folder: &Path) {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.text.as_bytes()).unwrap();
    }
}

/// Looks through the files of a replay; the items with the word, each on its owner's topic.
fn owned(out: &Path) -> Vec<Value> {
    let (mut found, mut owned) = (Vec::new(), Vec::new());
    files(out, &mut found);
    for file in &found {
        let name = file.file_name().unwrap().to_str().unwrap();
        // a picture says what its twin, the SVG beside it, says
        if name.ends_with(".png") && file.with_extension("svg").is_file() {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains(NUMBERS), "{name} holds a phone number");
        let Some(team) = name.strip_prefix("social.routed.").and_then(|name| name.strip_suffix(".ndjson")) else {
            assert!(!text.contains(CANARY), "{name} holds the word");
            continue;
        };
        for line in text.lines().filter(|line| line.contains(CANARY)) {
            let item: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&item["route"]["team"], &item["route"]["also"]), (&json!(team), &json!([])), "{item}");
            owned.push(item);
        }
    }
    owned
}

/// What receivers would be sent of every alert, whether or not their texts are redacted.
fn sent(alerts: &str) -> Vec<String> {
    let slack = Receiver::Slack(SlackReceiver { url: Secret::new("https://hooks.example/a") });
    let webhook =
        Receiver::Webhook(WebhookReceiver { url: Secret::new("https://pager.example/in"), secret: Secret::new("k3y") });
    let events = alerts.lines().map(|line| serde_json::from_str::<AlertEvent>(line).unwrap());
    let bodies = |event: AlertEvent| {
        [(&slack, true), (&slack, false), (&webhook, true), (&webhook, false)].map(|(receiver, redact)| {
            let notify = Notify { redact, ..Notify::default() };
            request(receiver, &event, &notify, START).body
        })
    };
    events.flat_map(bodies).collect()
}

#[test]
fn a_word_of_a_direct_message_stays_with_its_owner() {
    let folder = std::env::temp_dir().join(format!("groundswell-private-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (input, out, charts) = (folder.join("input.jsonl"), folder.join("out"), folder.join("out/charts"));
    let lines: Vec<String> =
        quiet().into_iter().chain(payloads()).map(|(platform, payload)| format!("{platform}:k\t{payload}")).collect();
    fs::write(&input, lines.join("\n")).unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let [input, output, charts] = [&input, &out, &charts].map(|path| path.to_str().unwrap());
    let replay = ["replay", "--rules", rules, "--input", input, "--output", output, "--charts", charts];
    let mut said = vec![tell(&replay, Exit::Ok)];
    let alerts = fs::read_to_string(out.join("social.alerts.ndjson")).unwrap();
    assert!(alerts.contains("\"opened\"") && alerts.contains("error 503"), "an alert that tells terms: {alerts}");
    let owned = owned(&out);
    assert_eq!(owned.len(), 20 * SHAPES, "every message reached its owner");
    let platforms: BTreeSet<&str> = owned.iter().filter_map(|item| item["mention"]["platform"].as_str()).collect();
    assert_eq!(platforms.into_iter().collect::<Vec<_>>(), ["mastodon", "reddit", "telegram", "whatsapp", "x"]);
    let cases = fs::read_to_string(out.join("social.cases.ndjson")).unwrap();
    let followed = owned.iter().filter(|item| cases.contains(item["item_id"].as_str().unwrap())).count();
    assert!(followed > 0, "cases know them by reference");
    said.extend(sent(&alerts));
    said.push(tell(&["preview", "--rules", rules, "--input", input], Exit::Ok));
    for format in ["text", "json", "csv", "html"] {
        let period = ["--since", "2026-03-01", "--until", "2026-03-08", "--format", format];
        said.push(tell(&[&["report", "week", "--from", output][..], &period].concat(), Exit::Ok));
    }
    for item in owned.iter().step_by(20) {
        let id = item["item_id"].as_str().unwrap();
        said.push(tell(&["explain", "--id", id, "--from", output], Exit::Ok));
    }
    for text in &said {
        assert!(!text.contains(CANARY) && !text.contains(NUMBERS), "{text}");
    }
    let (other, compared) = (folder.join("other"), folder.join("compared"));
    write_pack(&other_pack(), &other);
    let differs =
        ["replay", "--diff", rules, other.to_str().unwrap(), "--input", input, "--output", compared.to_str().unwrap()];
    let text = tell(&differs, Exit::Ok);
    assert!(text.contains("platform") && !text.contains(CANARY) && !text.contains(NUMBERS), "{text}");
    let mut found = Vec::new();
    files(&compared, &mut found);
    assert!(!found.is_empty());
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(CANARY) && !text.contains(NUMBERS), "{}", file.display());
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nor_does_a_shadow_pack_tell_it() {
    let layout = Layout {
        members: payloads().into_iter().map(|(platform, _)| (platform, 0)).collect(),
        raw_partitions: 1,
        signals_partitions: 1,
        duplicate_window_records: 1_000,
    };
    let pack = |files: &[rules::SourceFile]| Arc::new(rules::load(files, &[]).unwrap());
    let mut pipeline = LocalPipeline::new(&layout, pack(&rules::shipped()), Model::shipped());
    pipeline.set_shadow(pack(&other_pack()));
    let raw = |(platform, payload): (Platform, Value)| RawRecord {
        platform,
        key: b"k".to_vec(),
        value: payload.to_string().into_bytes(),
    };
    pipeline.feed(payloads().into_iter().map(raw).collect()).unwrap();
    pipeline.finish().unwrap();
    let outputs = pipeline.take_outputs();
    assert!(outputs["social.shadow"].len() > 20, "it decides otherwise");
    for (topic, records) in outputs.iter().filter(|(topic, _)| !topic.starts_with("social.routed.")) {
        for record in records {
            let bytes = record.value.as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(CANARY) && !text.contains(NUMBERS), "{topic}: {text}");
        }
    }
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
    assert_eq!(counted, [20 * SHAPES, 60], "what is not public counts like the rest");
}
