//! How long after a SIGKILL a deployment writes again, with many watched series.
//!
//! ```text
//! cargo bench --bench recovery -- [--series 100000] [--partitions 4] [--rounds 3] [--rate 200]
//! ```
//! A broker of its own, one `groundswell run` with both roles and a pack with one watched query per series. Posts come
//! all the time, each with twenty of the queries' words in turn. Once every series is in a snapshot, the process is
//! killed and started again at once, round after round. The broker gives its partitions to the new process when the
//! session of the killed one (6 s here, 15 s unless configured) is over; starting, compiling the pack and restoring go
//! on meanwhile or come after. Times are from the kill to the first mention that triage commits and to the first
//! transaction that watch commits.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use groundswell::mention::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::TopicPartitionList;
use serde_json::json;
use support::process::{Deployment, Process};
use support::{Broker, OnDrop, unique};

const WORDS_PER_POST: u64 = 20;
const SIGNALS_PARTITIONS: i32 = 16;
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(50);
const SETTINGS: &str = "tick_after: 5s\nroles: [triage, watch]\nlog: { format: json, level: \
                        \"info,groundswell::service=debug\" }";

struct Asked {
    series: u64,
    partitions: i32,
    rounds: u32,
    rate: u64,
}

fn main() {
    let asked = asked();
    let broker = Broker::start();
    let deployment = Deployment::new(&broker, "recovery");
    write_pack(&deployment, asked.series);
    deployment.apply_topics(asked.partitions);
    let mut process = deployment.process("one", SETTINGS);
    process.start();
    let (over, posted) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| post(&deployment, &asked, &posted, &over));
        // however it ends, posting ends
        let _over = OnDrop(&over);
        process.get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
        measure(&deployment, &asked, &mut process, &posted);
    });
    process.kill();
}

fn measure(deployment: &Deployment<'_>, asked: &Asked, process: &mut Process, posted: &AtomicU64) {
    let mut out = std::io::stdout().lock();
    let begun = Instant::now();
    while series_in_snapshots(deployment) < asked.series {
        assert!(begun.elapsed() < PATIENCE, "{} series after {PATIENCE:?}", series_in_snapshots(deployment));
        assert!(process.ended().is_none(), "it ended by itself: see {}", process.log.display());
        std::thread::sleep(Duration::from_secs(5));
    }
    let mut mentions = committed_reader(deployment, "mentions");
    for round in 1..=asked.rounds {
        // a snapshot or two between kills
        std::thread::sleep(Duration::from_secs(30));
        let (series, before) = (series_in_snapshots(deployment), watch_offsets(deployment));
        let (killed, killed_ms) = (Instant::now(), now_ms());
        process.kill();
        process.start();
        let triage = first_mention(&mut mentions, killed_ms, killed);
        while watch_offsets(deployment) == before {
            assert!(killed.elapsed() < PATIENCE, "watch does not go on");
            std::thread::sleep(LOOK);
        }
        let (triage, watch) = (triage.as_secs_f64(), killed.elapsed().as_secs_f64());
        let posts = posted.load(Ordering::Relaxed);
        writeln!(
            out,
            "round {round}: {series} series in snapshots, {posts} posts so far; from SIGKILL to triage's first \
             committed mention {triage:.2} s, to watch's first committed transaction at most {watch:.2} s"
        )
        .unwrap();
    }
}

fn asked() -> Asked {
    let mut asked = Asked { series: 100_000, partitions: 4, rounds: 3, rate: 200 };
    let mut args = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(flag) = args.next() {
        let value = args.next().unwrap_or_else(|| panic!("{flag} wants a value"));
        match flag.as_str() {
            "--series" => asked.series = value.parse().unwrap(),
            "--partitions" => asked.partitions = value.parse().unwrap(),
            "--rounds" => asked.rounds = value.parse().unwrap(),
            "--rate" => asked.rate = value.parse().unwrap(),
            other => panic!("unknown option {other}"),
        }
    }
    asked
}

fn word(number: u64) -> String {
    format!("zq{number:06}")
}

/// The default pack and one watched query per series.
fn write_pack(deployment: &Deployment<'_>, series: u64) {
    support::load::write_pack(&deployment.rules, &[]);
    let numbers: Vec<u64> = (0..series).collect();
    // a file of a pack is at most a MiB
    for (file, numbers) in numbers.chunks(10_000).enumerate() {
        let mut text = "owner: comms\n\nqueries:\n".to_owned();
        for number in numbers {
            let word = word(*number);
            writeln!(text, "  - {{id: series-{number}, about: a series, watch: true, query: {word}}}").unwrap();
        }
        std::fs::write(deployment.rules.join(format!("queries/series-{file}.yaml")), text).unwrap();
    }
}

/// Posts of now, so many a second, each with the next words.
fn post(deployment: &Deployment<'_>, asked: &Asked, posted: &AtomicU64, over: &AtomicBool) {
    let (feeder, begun, topic) = (deployment.broker.feeder(), Instant::now(), format!("{}raw.x", deployment.prefix));
    let mut number = 0;
    while !over.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_millis() as u64 * asked.rate / 1_000;
        let records: Vec<support::Keyed> = (number..due).map(|number| record(number, asked.series)).collect();
        feeder.feed(&topic, &records);
        number = due;
        posted.store(number, Ordering::Relaxed);
        std::thread::sleep(LOOK);
    }
}

fn record(number: u64, series: u64) -> support::Keyed {
    let words: Vec<String> = (0..WORDS_PER_POST).map(|n| word((number * WORDS_PER_POST + n) % series)).collect();
    let (id, person) = ((10_000_000 + number).to_string(), (number % 5_000).to_string());
    let value = json!({
        "data": {"id": id, "text": words.join(" "), "author_id": person, "conversation_id": id, "lang": "en",
            "created_at": Timestamp::clamped(now_ms() * 1_000).to_string(), "edit_history_tweet_ids": [id],
            "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 1, "quote_count": 0}},
        "includes": {"users": [{"id": person, "name": person, "username": format!("u{person}"), "verified": false,
            "public_metrics": {"followers_count": 7, "following_count": 5, "tweet_count": 9}}]}});
    (person.into_bytes(), serde_json::to_vec(&value).unwrap(), Vec::new())
}

fn now_ms() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

/// How many series the records of the state topic hold.
fn series_in_snapshots(deployment: &Deployment<'_>) -> u64 {
    let mut series = BTreeSet::new();
    for seen in deployment.broker.read_all(&format!("{}state", deployment.prefix)) {
        let key = seen.key.unwrap_or_default();
        let name = b"query:series-";
        if let Some(at) = key.windows(name.len()).position(|part| part == name) {
            series.insert(key[at..].to_vec());
        }
    }
    series.len() as u64
}

fn committed_reader(deployment: &Deployment<'_>, topic: &str) -> BaseConsumer {
    let mut config = deployment.broker.config();
    config.set("group.id", unique("recovery-reader")).set("isolation.level", "read_committed");
    config.set("auto.offset.reset", "latest").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[&format!("{}{topic}", deployment.prefix)]).unwrap();
    consumer
}

/// From the kill to the first committed mention that was written after it.
fn first_mention(consumer: &mut BaseConsumer, killed_ms: i64, killed: Instant) -> Duration {
    use rdkafka::message::Message as _;
    loop {
        assert!(killed.elapsed() < PATIENCE, "no mention since the kill");
        let Some(message) = consumer.poll(LOOK) else { continue };
        if message.unwrap().timestamp().to_millis().is_some_and(|written| written > killed_ms) {
            return killed.elapsed();
        }
    }
}

/// What watch has committed.
fn watch_offsets(deployment: &Deployment<'_>) -> Vec<Option<i64>> {
    let mut config = deployment.broker.config();
    let consumer: BaseConsumer = config.set("group.id", format!("{}watch", deployment.prefix)).create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_range(&format!("{}signals", deployment.prefix), 0, SIGNALS_PARTITIONS - 1);
    // while a transaction is open the broker gives no stable offset: ask again
    loop {
        if let Ok(committed) = consumer.committed_offsets(list.clone(), Duration::from_secs(5)) {
            return committed.elements().iter().map(|element| element.offset().to_raw()).collect();
        }
    }
}
