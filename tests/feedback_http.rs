//! Feedback over HTTP, from the socket to the case: who is let in, what is taken, and that a retry changes nothing.
#![allow(clippy::panic, clippy::unwrap_used)]

use groundswell::api::{BODY_BYTES_MAX, Desk, Door, Inbox, Keys, read_batch, routes};
use groundswell::config::Secret;
use groundswell::log::local::LocalCluster;
use groundswell::mention::{Platform, Timestamp};
use groundswell::notify::sign;
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::service::triage::ClockPolicy;
use groundswell::telemetry::{Metrics, serve};
use groundswell::wire::Topics;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

/// Monday, 2 March 2026, 09:00 UTC.
const NOW: i64 = 1_772_442_000;
const SECRET: &str = "a secret of the tests";
const CHANGES: &str = "a secret of changes";
const TOKEN: &str = "a token of the tests";

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW).unwrap()
}

/// A process that serves only this, on a free port.
struct Served {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    _runtime: tokio::runtime::Runtime,
}

impl Served {
    fn new(keys: Keys, cluster: &LocalCluster) -> Self {
        Self::over(keys, cluster, Path::new("/nowhere"))
    }

    /// The same with this folder of a pack.
    fn over(keys: Keys, cluster: &LocalCluster, folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let inbox = Some(Inbox::open(cluster.clone()).unwrap());
        let topics = Topics::new("social.");
        let door = Door { keys: Arc::new(keys), inbox, topics, metrics: Arc::clone(&metrics), now };
        let changes = Keys { secrets: vec![Secret::new(CHANGES)], tokens: Vec::new() };
        let desk = Desk { keys: Arc::new(changes), folder: folder.to_owned(), metrics: Arc::clone(&metrics), now };
        let bind = "127.0.0.1:0".parse().unwrap();
        let (address, _) = runtime.block_on(serve(bind, routes(door, desk), std::future::pending())).unwrap();
        Self { address, metrics, _runtime: runtime }
    }

    /// Status, head and body of the answer.
    fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, Value) {
        self.post_to("feedback", headers, body)
    }

    fn post_to(&self, route: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let mut head = format!("POST /v1/{route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        // whoever refuses a body may close before all of it is sent
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        (head[9..12].parse().unwrap(), head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
    }

    fn signed(&self, body: &str) -> (u16, String, Value) {
        self.post(&[("X-Groundswell-Signature", &sign(SECRET, NOW, body))], body.as_bytes())
    }

    fn count(&self, result: &str) -> u64 {
        let line = format!("groundswell_feedback_requests_total{{result=\"{result}\"}} ");
        let text = self.metrics.render();
        text.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    }
}

fn keys() -> Keys {
    Keys { secrets: vec![Secret::new(SECRET)], tokens: vec![Secret::new(TOKEN)] }
}

fn said(id: &str, about: &str, kind: &str, at: i64) -> Value {
    json!({"type": "groundswell.feedback.v1", "feedback_id": id, "about": about, "kind": kind, "by": "ana",
        "at": Timestamp::from_seconds(at).unwrap().to_string()})
}

fn log() -> LocalCluster {
    let cluster = LocalCluster::default();
    cluster.create("social.feedback", 2);
    cluster
}

#[test]
fn only_whole_batches_of_who_is_let_in_are_taken() {
    let cluster = log();
    let served = Served::new(keys(), &cluster);
    let batch = json!([said("a", "item-1", "claimed", NOW), said("b", "item-2", "csat", NOW)]).to_string();
    let (status, _, answer) = served.signed(&batch);
    assert_eq!((status, answer), (202, json!({"accepted": 2})));
    let taken = cluster.drain("social.feedback");
    let keys: Vec<&[u8]> = taken.iter().map(|record| record.key.as_deref().unwrap()).collect();
    assert!(keys.len() == 2 && keys.contains(&&b"item-1"[..]) && keys.contains(&&b"item-2"[..]), "{taken:?}");

    let one = said("c", "item-1", "ack", NOW).to_string();
    let (status, ..) = served.post(&[("Authorization", &format!("Bearer {TOKEN}"))], one.as_bytes());
    assert_eq!((status, cluster.drain("social.feedback").len()), (202, 1), "by its token");

    let half = json!([said("d", "item-1", "ack", NOW), said("e", "", "ack", NOW), said("f", "x", "secret", NOW)]);
    let (status, head, answer) = served.signed(&half.to_string());
    assert!(status == 400 && head.contains("application/problem+json"), "{head}");
    let errors: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["place"]).collect();
    assert_eq!(errors, ["/1", "/2"], "{answer}");
    assert!(!answer.to_string().contains("secret"), "{answer}");

    let (status, ..) = served.post(&[], one.as_bytes());
    assert_eq!(status, 401);
    let (status, ..) =
        served.post(&[("X-Groundswell-Signature", &sign("of somebody else", NOW, &one))], one.as_bytes());
    assert_eq!(status, 401);
    let large = "x".repeat(BODY_BYTES_MAX + 1);
    let (status, ..) = served.signed(&large);
    assert_eq!(status, 413);
    assert_eq!(cluster.drain("social.feedback").len(), 0, "nothing of what was refused is in the log");
    let counts = ["accepted", "refused", "unsigned", "too_large", "off"].map(|result| served.count(result));
    assert_eq!(counts, [2, 1, 2, 1, 0]);
}

#[test]
fn where_nobody_is_let_in_it_says_so_and_where_the_log_is_not_there_it_asks_for_patience() {
    let one = said("c", "item-1", "ack", NOW).to_string();
    let off = Served::new(Keys::default(), &log());
    let (status, _, answer) = off.signed(&one);
    assert!(status == 404 && answer["detail"].as_str().unwrap().contains("http.feedback_secrets"), "{answer}");
    let nowhere = Served::new(keys(), &LocalCluster::default());
    let (status, head, answer) = nowhere.signed(&one);
    assert!(status == 503 && head.contains("retry-after: 5"), "{head}");
    assert!(answer["detail"].as_str().unwrap().contains("topics apply"), "{answer}");
    assert_eq!((off.count("off"), nowhere.count("unreachable")), (1, 1));
}

fn post(number: i64, at: i64, text: &str) -> RawRecord {
    let (id, created) = ((91_000_000 + number).to_string(), Timestamp::from_seconds(at).unwrap().to_string());
    let value = json!({
        "data": {"id": id, "text": text, "author_id": "5", "conversation_id": id, "lang": "en", "created_at": created,
            "edit_history_tweet_ids": [id]},
        "includes": {"users": [{"id": "5", "name": "user5", "username": "user5"}]}});
    RawRecord { platform: Platform::X, key: id.into_bytes(), value: value.to_string().into_bytes() }
}

/// Every entry of kind `claimed` in the newest record of each case.
fn claims(cases: &[Value]) -> usize {
    let newest: std::collections::BTreeMap<&str, &Value> =
        cases.iter().map(|case| (case["case_id"].as_str().unwrap(), case)).collect();
    let entries = newest.values().flat_map(|case| case["timeline"].as_array().unwrap());
    entries.filter(|entry| entry["what"] == "claimed").count()
}

#[test]
fn a_retry_changes_nothing() {
    let pack = Arc::new(rules::load(&rules::shipped(), &[]).unwrap_or_else(|problems| panic!("{problems:?}")));
    let layout = Layout {
        members: [(Platform::X, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 2,
        duplicate_window_records: 1_000,
    };
    let mut pipeline =
        LocalPipeline::hearing(&layout, 2, pack, Model::shipped(), ClockPolicy::Data, || Timestamp::clamped(0));
    let served = Served::new(keys(), &pipeline.cluster());
    let charged = "Nimbus charged my card twice, I want a refund";
    // the first look at the log finds what there is, the second reads it
    pipeline.feed(vec![post(1, NOW, charged)]).unwrap();
    pipeline.feed(Vec::new()).unwrap();
    let routed: Vec<Value> = pipeline
        .take_outputs()
        .iter()
        .filter(|(topic, _)| topic.contains("routed."))
        .flat_map(|(_, records)| {
            records.iter().map(|record| serde_json::from_slice(record.value.as_ref().unwrap()).unwrap())
        })
        .collect();
    let item = routed[0]["item_id"].as_str().unwrap();
    let batch = json!([said("f-1", item, "claimed", NOW + 30), said("f-2", "item-0", "ack", NOW + 30)]).to_string();
    for _ in 0..3 {
        assert_eq!(served.signed(&batch).0, 202);
    }
    pipeline.feed(vec![post(2, NOW + 600, "a walk in the park")]).unwrap();
    // the same again, much later
    assert_eq!(served.signed(&batch).0, 202);
    pipeline.finish().unwrap();
    let outputs = pipeline.take_outputs();
    let cases = &outputs["social.cases"];
    let cases: Vec<Value> =
        cases.iter().map(|record| serde_json::from_slice(record.value.as_ref().unwrap()).unwrap()).collect();
    assert_eq!(claims(&cases), 1, "{cases:?}");
    assert_eq!(outputs.get("social.dead-letter").map_or(0, Vec::len), 0);
}

/// The blocks of a kind in a recipe.
fn blocks<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let fence = format!("```{kind}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A template as its sender fills it: times where a time is asked for, else an id.
fn filled(template: &str) -> String {
    let mut text = template.to_owned();
    for (open, close) in [("{{", "}}"), ("{!", "}")] {
        while let Some(start) = text.find(open) {
            let end = start + text[start..].find(close).unwrap() + close.len();
            let is_time = text[start..end].contains("timestamp") || &text[start..end] == "{!At}";
            text.replace_range(start..end, if is_time { "2026-03-02T09:05:00Z" } else { "4711" });
        }
    }
    text
}

#[test]
fn the_templates_of_the_recipes_are_taken() {
    for (recipe, least) in [("zendesk", 6), ("salesforce", 5)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("deploy/recipes/{recipe}.md"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut events = 0;
        for template in blocks(&text, "json") {
            let said = read_batch(filled(template).as_bytes()).unwrap_or_else(|flaws| panic!("{template}: {flaws:?}"));
            assert!(said.iter().all(|said| said.about == "4711" && !said.by.is_empty()), "{template}");
            events += said.len();
        }
        assert!(events >= least, "{recipe}: {events}");
    }
    // without seconds, as Zendesk writes a time in places
    assert!("2013-12-12T05:35Z".parse::<Timestamp>().is_ok());
}

#[test]
fn a_change_for_a_time_is_written_where_it_checks_clean() {
    let folder = std::env::temp_dir().join(format!("groundswell-overlay-http-{}", std::process::id()));
    for file in rules::shipped() {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    let served = Served::over(keys(), &log(), &folder);
    let change = |secret: &str, wanted: &Value| {
        let body = wanted.to_string();
        served.post_to("overlay", &[("X-Groundswell-Signature", &sign(secret, NOW, &body))], body.as_bytes())
    };
    let wanted = |id: &str, query: &str, lasts: &str| json!({"id": id, "author": "duty-manager", "reason": "a rumour", "for": lasts, "watch": {"query": query}});
    let (status, _, answer) = change(CHANGES, &wanted("zephyr", "zephyr AND nimbus", "12h"));
    let until = Timestamp::from_seconds(NOW + 12 * 3_600).unwrap().to_string();
    assert!(status == 201 && answer["until"] == until.as_str(), "{answer}");
    let written = std::fs::read_to_string(folder.join("overlay.yaml")).unwrap();
    let pack = rules::load(&groundswell::config::pack::read_pack(&folder).unwrap(), &[]).unwrap();
    assert_eq!((&*pack.overlay[0].id, answer["digest"].as_str()), ("zephyr", Some(&*pack.digest)));
    for (wanted, expected, told) in [
        (wanted("b", "zephyr AND (", "12h"), 400, "overlay.yaml:"),
        (wanted("zephyr", "zephyr", "12h"), 400, "defined twice"),
        (wanted("b", "zephyr", "73h"), 400, "at most 72h"),
        (json!({"id": "b", "author": "duty-manager"}), 400, "send id, author, reason"),
        (
            json!({"id": "b", "author": "nobody", "reason": "c", "for": "1h", "silence": {"kinds": ["spike"]}}),
            400,
            "nobody",
        ),
    ] {
        let (status, _, answer) = change(CHANGES, &wanted);
        assert!(status == expected && answer.to_string().contains(told), "{told}: {status} {answer}");
    }
    assert_eq!(change(SECRET, &wanted("b", "zephyr", "1h")).0, 401, "a key of feedback opens no rules");
    assert_eq!(
        std::fs::read_to_string(folder.join("overlay.yaml")).unwrap(),
        written,
        "what is refused is not written"
    );
    // what cannot be replaced: a folder stands where the file is to be made ready
    std::fs::create_dir(folder.join(".overlay.yaml.new")).unwrap();
    let (status, _, answer) = change(CHANGES, &wanted("b", "zephyr", "1h"));
    assert!(status == 409 && answer["detail"].as_str().unwrap().contains("where the folder comes from"), "{answer}");
    std::fs::remove_dir_all(&folder).unwrap();
}
