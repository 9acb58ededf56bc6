//! People and clocks, on the local log: a crowd is one incident and a handful of tickets, and whoever is next is called
//! though every source is silent and triage is gone.
#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "support/synthetic.rs"]
mod synthetic;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use groundswell::alert::{AlertEvent, AlertState};
use groundswell::log::TopicPartition;
use groundswell::log::local::{LocalCluster, LocalLog};
use groundswell::log::{Output, Place};
use groundswell::mention::{Platform, Timestamp};
use groundswell::pipeline::UndoLimits;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::service::triage::{ClockPolicy, TriageSettings, TriageStage};
use groundswell::service::watch::{WatchSettings, WatchStage};
use groundswell::service::worker::{Limits, Worker};
use groundswell::wire::Topics;
use serde_json::{Value, json};
use synthetic::Dice;

/// A Tuesday, 13:00 UTC.
const START: i64 = 1_767_704_400;
const AT_ONCE: Limits =
    Limits { records_max: 1_000, bytes_max: 1 << 24, interval: Duration::ZERO, poll: Duration::ZERO };
const PAY_DOWN: [&str; 5] = [
    "Nimbus Pay is down, cannot log in, error 503",
    "is Nimbus Pay down for everyone? login fails on every device",
    "Nimbus Pay login is broken again, nothing works, error 500",
    "Nimbus Pay outage? it keeps timing out for our whole shop",
    "cannot reach Nimbus Pay, gateway error on every page",
];
const CALM: [&str; 4] = [
    "Nimbus Pay works fine in our shop",
    "reading the Nimbus Pay docs over coffee",
    "we moved our till to Nimbus Pay last week",
    "the Nimbus Pay team was at the fair",
];

thread_local! {
    static WALL: Cell<i64> = const { Cell::new(0) };
}

/// The wall clock, moved by the test.
fn wall() -> Timestamp {
    Timestamp::clamped(WALL.get() * 1_000_000)
}

/// A post of somebody else each time.
fn post(number: u64, at: i64, text: &str) -> RawRecord {
    let (id, created) = ((90_000_000 + number).to_string(), Timestamp::clamped(at * 1_000_000).to_string());
    let author = (500_000 + number).to_string();
    let value = json!({
        "data": {"id": id, "text": text, "author_id": author, "conversation_id": id, "lang": "en", "created_at": created,
            "edit_history_tweet_ids": [id]},
        "includes": {"users": [{"id": author, "name": format!("user{number}"), "username": format!("user{number}")}]}});
    RawRecord { platform: Platform::X, key: id.into_bytes(), value: value.to_string().into_bytes() }
}

/// Calm talk, then an outage of so many posts, spread evenly over so many seconds, then calm again.
fn outage(posts: u64, seconds: i64) -> Vec<RawRecord> {
    let (mut dice, mut planned) = (Dice(11), Vec::new());
    // a series judges once it is two hours old
    let begins = START + 3 * 3_600;
    let ends = begins + seconds;
    planned.extend((START..ends + 3_600).step_by(40).map(|at| (at, *dice.pick(&CALM))));
    for number in 0..posts {
        let at = begins + i64::try_from(number).unwrap() * seconds / i64::try_from(posts).unwrap();
        planned.push((at, *dice.pick(&PAY_DOWN)));
    }
    planned.sort_by_key(|(at, _)| *at);
    let number = planned.into_iter().enumerate();
    number.map(|(number, (at, text))| post(number as u64, at, &format!("{text} {}", dice.roll(9_000)))).collect()
}

/// The shipped pack, in which an outage of Nimbus Pay must be taken within a minute.
fn pack() -> Arc<Pack> {
    let files = rules::shipped().into_iter().map(|mut file| {
        file.text = file
            .text
            .replace("kind: outage, severity: S1, acknowledge: 15m", "kind: outage, severity: S1, acknowledge: 1m");
        file
    });
    let pack = rules::load(&files.collect::<Vec<_>>(), &[]).expect("the pack is clean");
    let rule = pack.alert_rule(groundswell::alert::AlertKind::Outage, "nimbus-pay");
    assert_eq!((rule.ack_minutes, rule.path.first().map(String::as_str)), (Some(1), Some("duty-manager")));
    Arc::new(pack)
}

/// A consumer that keeps one ticket per case: the cases with a ticket, the items attached by incident, and the items
/// that were told of its end.
fn consume(routed: &[Value]) -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let (mut tickets, mut attached, mut told) = (BTreeSet::new(), BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_item: BTreeMap<String, String> = routed
        .iter()
        .filter(|value| value["type"] == "groundswell.item.v1")
        .map(|item| (word(&item["item_id"]), word(&item["route"]["case_id"])))
        .collect();
    for value in routed.iter().filter(|value| value["item_id"].is_string()) {
        let item = word(&value["item_id"]);
        // what is decided of others is not looked at
        let Some(case) = of_item.get(&item) else { continue };
        if value["ticket"]["action"] == "upsert" {
            tickets.insert(case.clone());
        }
        match (value["action"].as_str(), value["incident_id"].as_str()) {
            (Some("attach"), Some(incident)) => drop(attached.entry(incident.to_owned()).or_default().insert(item)),
            (Some("release"), Some(_)) => drop(told.insert(item)),
            _ => {}
        }
    }
    (tickets, attached, told)
}

#[test]
fn an_outage_of_ten_thousand_posts_is_one_incident_and_a_handful_of_tickets() {
    let posts = 10_000;
    let input = outage(posts, 3_000);
    let layout = Layout {
        members: [(Platform::X, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 4,
        duplicate_window_records: 1_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack(), Model::shipped());
    let (mut routed, mut cases) = (Vec::new(), Vec::new());
    let mut take = |pipeline: &LocalPipeline| {
        for (topic, records) in pipeline.take_outputs() {
            let values = records.into_iter().filter_map(|record| record.value);
            let values = values.map(|value| serde_json::from_slice::<Value>(&value).unwrap_or_default());
            match topic.strip_prefix("social.") {
                Some("cases") => cases.extend(values),
                Some(name) if name.starts_with("routed.") => routed.extend(values),
                _ => {}
            }
        }
    };
    for chunk in input.chunks(2_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        take(&pipeline);
    }
    pipeline.finish().unwrap();
    take(&pipeline);
    // what was said before and after the outage is none of it
    let outage = "is Nimbus Pay|Nimbus Pay is down|Nimbus Pay login|Nimbus Pay outage|cannot reach";
    let of_outage = |value: &Value| {
        let text = value["mention"]["text"].as_str().unwrap_or_default();
        value["action"].is_string() || outage.split('|').any(|start| text.starts_with(start))
    };
    let routed: Vec<Value> = routed.into_iter().filter(of_outage).collect();
    let (tickets, attached, told) = consume(&routed);
    let items = routed.iter().filter(|value| value["type"] == "groundswell.item.v1").count();
    assert!(items > 9_900, "{items} of {posts} posts are routed");
    assert!(tickets.len() <= 20, "{} tickets", tickets.len());
    assert_eq!(attached.len(), 1, "one incident: {:?}", attached.keys());
    let attached = attached.into_values().next().unwrap();
    assert_eq!(attached.len() + tickets.len(), items, "all others are attached");
    assert_eq!(told, attached, "and told when it is over");
    let newest: BTreeMap<&str, &Value> = cases.iter().map(|case| (case["case_id"].as_str().unwrap(), case)).collect();
    let incidents: BTreeSet<&str> = newest.values().filter_map(|case| case["incident_id"].as_str()).collect();
    assert_eq!(incidents.len(), 1, "the cases name it");
}

/// A log with one raw partition, one of feedback and one of signals.
fn cluster(topics: &Topics, pack: &Pack) -> LocalCluster {
    let cluster = LocalCluster::default();
    let raw = topics.raw(Platform::X);
    for topic in [&raw, &topics.feedback, &topics.signals, &topics.state, &topics.mentions, &topics.alerts] {
        cluster.create(topic, 1);
    }
    [&topics.dead_letter, &topics.clock, &topics.cases, &topics.voice]
        .into_iter()
        .for_each(|topic| cluster.create(topic, 1));
    pack.topics().iter().for_each(|team| cluster.create(&topics.routed(team), 1));
    cluster
}

fn watcher(topics: &Topics, cluster: &LocalCluster, pack: &Arc<Pack>) -> Worker<WatchStage, LocalLog> {
    let (snapshot_every, undo) = (Some(Duration::ZERO), UndoLimits::default());
    let settings = WatchSettings { topics: topics.clone(), snapshot_every, undo };
    let stage = WatchStage::new(settings, Arc::clone(pack)).calling_after(Duration::from_secs(10));
    let signals = vec![TopicPartition::new(topics.signals.clone(), 0)];
    Worker::new(stage, cluster.worker("watch", signals), AT_ONCE, wall)
}

#[test]
fn whoever_is_next_is_called_once_though_everything_is_silent_and_triage_is_gone() {
    let (topics, pack) = (Topics::new("social."), pack());
    let cluster = cluster(&topics, &pack);
    let members =
        vec![TopicPartition::new(topics.raw(Platform::X), 0), TopicPartition::new(topics.feedback.clone(), 0)];
    let settings = TriageSettings {
        topics: topics.clone(),
        members: members.clone(),
        signals_partitions: 1,
        duplicate_window_records: 1_000,
        clock: ClockPolicy::Live { tick_after: Duration::ZERO },
        redact: Default::default(),
    };
    let stage = TriageStage::new(settings, Arc::clone(&pack), Model::shipped());
    let mut triage = Worker::new(stage, cluster.worker("triage", members), AT_ONCE, wall);
    let mut watch = watcher(&topics, &cluster, &pack);
    let mut events: Vec<AlertEvent> = Vec::new();
    let is_s1 = |event: &AlertEvent| event.state == AlertState::Opened && event.ack_by.is_some();
    let input = outage(200, 200);
    let mut now = START;
    for (second, record) in input.iter().enumerate() {
        let at = String::from_utf8_lossy(&record.value).split("\"created_at\":\"").nth(1).unwrap()[..20].to_owned();
        now = at.parse::<Timestamp>().unwrap().as_seconds();
        WALL.set(now);
        cluster
            .append(vec![Output {
                topic: topics.raw(record.platform),
                place: Place::Exact(0),
                key: Some(record.key.clone()),
                value: Some(record.value.clone()),
                headers: Vec::new(),
            }])
            .unwrap();
        if second % 5 == 0 {
            for _ in 0..3 {
                triage.turn().unwrap();
                watch.turn().unwrap();
            }
            events.extend(watch.stage_mut().take_alerts());
        }
        if events.iter().any(is_s1) {
            break;
        }
    }
    let opened = events.iter().find(|event| is_s1(event)).cloned().expect("an S1 opens");
    let ack_by = opened.ack_by.unwrap();
    assert_eq!(ack_by.as_seconds() - opened.at.as_seconds(), 60);
    // triage has no turn any more, and nothing is posted
    drop(triage);
    events.clear();
    let mut called_at = None;
    for tick in 1..=26 {
        WALL.set(now + tick * 10);
        if tick % 4 == 0 {
            // somebody starts watch anew
            watch = watcher(&topics, &cluster, &pack);
        }
        for _ in 0..4 {
            watch.turn().unwrap();
        }
        events.extend(watch.stage_mut().take_alerts());
        called_at = called_at.or((!events.is_empty()).then_some(now + tick * 10));
    }
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.state, event.escalation.clone().map(|called| (called.step, called.party)), event.at))
        .collect();
    let step = |number: u32, party: &str| Some((number, party.to_owned()));
    // those of the crisis first, then those of the alert
    let path = ["duty-manager", "comms-lead", "operations-lead", "comms"];
    let called = |(number, party): (u32, &&str)| {
        let at = ack_by.plus_seconds(60 * i64::from(number - 1));
        (AlertState::Updated, step(number, party), at)
    };
    let called: Vec<_> = (1..).zip(&path).map(called).collect();
    assert_eq!(told, called, "each of the path once, and nothing else");
    let late = called_at.unwrap() - ack_by.as_seconds();
    assert!((0..=30).contains(&late), "{late} s after it was due");
    assert_eq!(events[0].next_step.as_deref(), Some("Communications lead is told"));
    assert_eq!((events[0].alert_id.as_str(), events[3].ack_by), (opened.alert_id.as_str(), None));
    // it is a crisis: who runs it, whose word it needs by when, and nobody's word has come
    let crisis = opened.crisis.clone().expect("an S1 of that kind is a crisis");
    assert_eq!((crisis.team.as_str(), crisis.opened, crisis.over), ("comms", opened.at, false));
    assert_eq!((crisis.roles["incident_lead"].as_str(), crisis.statement.is_some()), ("duty-manager", true));
    let needed: Vec<_> = crisis.approvals.iter().map(|one| (one.who.as_str(), one.due)).collect();
    let due = opened.at.plus_seconds(1_800);
    assert_eq!(needed, [("operations-lead", due), ("general-counsel", due)]);
    events.clear();
    for minute in [29, 31, 32] {
        WALL.set(opened.at.as_seconds() + minute * 60);
        for _ in 0..4 {
            watch.turn().unwrap();
        }
        events.extend(watch.stage_mut().take_alerts());
        if minute == 29 {
            assert_eq!(events, [], "there is time left");
        }
    }
    let deputies: Vec<_> = events
        .iter()
        .map(|event| {
            let called = event.escalation.clone().expect("somebody is called");
            (event.at, called.party, called.stands_in_for.expect("in somebody's place"))
        })
        .collect();
    let deputy = |party: &str, who: &str| (due, party.to_owned(), who.to_owned());
    assert_eq!(deputies, [deputy("duty-manager", "operations-lead"), deputy("comms-lead", "general-counsel")]);
}

/// An answer of somebody else to the first post.
fn answer(number: u64, at: i64, text: &str) -> RawRecord {
    let mut record = post(number, at, text);
    let mut value: Value = serde_json::from_slice(&record.value).unwrap();
    value["data"]["conversation_id"] = json!("90000000");
    value["data"]["referenced_tweets"] = json!([{"type": "replied_to", "id": "90000000"}]);
    record.value = value.to_string().into_bytes();
    record
}

#[test]
fn a_thread_that_others_lengthen_raises_the_item_of_who_began_it_whatever_the_partitions() {
    // answers to the post; whether they raise it
    for (answers, is_raised) in [(80, true), (20, false)] {
        let mut told = Vec::new();
        for (raw_partitions, signals_partitions) in [(1, 1), (3, 5)] {
            let layout = Layout {
                members: (0..raw_partitions).map(|partition| (Platform::X, partition)).collect(),
                raw_partitions,
                signals_partitions,
                duplicate_window_records: 1_000,
            };
            let mut pipeline = LocalPipeline::new(&layout, pack(), Model::shipped());
            let mut input = vec![post(0, START, "Nimbus Pay charged me twice and nobody at Nimbus answers")];
            let text = |number: u64| format!("same here, Nimbus Pay charged me twice, number {number}");
            input.extend((1..=answers).map(|number| {
                let at = START + 60 + i64::try_from(number).unwrap() * 20;
                answer(number, at, &text(number))
            }));
            pipeline.feed(input).unwrap();
            pipeline.finish().unwrap();
            let outputs = pipeline.take_outputs().into_values().flatten();
            let values = outputs.filter_map(|record| serde_json::from_slice::<Value>(&record.value?).ok());
            let raised: Vec<Value> = values.filter(|value| value["action"] == "escalate").collect();
            assert_eq!(!raised.is_empty(), is_raised, "{answers} answers: {raised:?}");
            for value in &raised {
                let why = value["reasons"][0].as_str().unwrap();
                assert!(why.starts_with("thread_growth: ") && value["severity"] == "S2", "{value}");
                assert!(value["case_id"].is_string() && value["team"].is_string(), "{value}");
            }
            told.push(raised);
        }
        assert_eq!(told[0], told[1], "the same whatever the partitions");
    }
}
