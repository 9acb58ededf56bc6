//! `groundswell run` when the world is not as it should be: no broker, a broken pack, a pack that breaks or waits for
//! a topic while it runs.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod support;
#[path = "../src/service/reload/tests/versions.rs"]
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use support::load::{load_pack, write_pack};
use support::process::{Deployment, Process};
use support::{Broker, Keyed, broker, free_ports};

const PATIENCE: Duration = Duration::from_secs(60);
const ROLES: &str = "roles: [triage, watch]\nlog: { format: json, level: info }";

#[test]
fn without_a_broker_it_says_so_and_goes_on_when_one_comes() {
    let ports = free_ports();
    let absent = Broker::absent(ports);
    let deployment = Deployment::new(&absent, "late");
    write_pack(&deployment.rules, &[]);
    let mut process = deployment.process("early", ROLES);
    process.start();
    let body = process.get_until("/readyz", "not ready", PATIENCE, |status, body| {
        status == 503 && body.contains("looking for a broker")
    });
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(json["not"].as_array().unwrap().iter().any(|name| name == "triage-0"), "{json}");
    assert_eq!(process.get("/livez").unwrap().0, 200, "a missing broker is no reason to be restarted");
    let told = |process: &Process| process.log_text().matches("broker unreachable, trying again").count();
    let deadline = Instant::now() + PATIENCE;
    while told(&process) < 2 {
        assert!(Instant::now() < deadline, "it is not tried again:\n{}", process.log_text());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(process.log_text().contains(&absent.brokers), "the line names the broker");
    let _late = Broker::start_on(ports);
    deployment.apply_topics(1);
    process.get_until("/readyz", "ready once the broker is there", PATIENCE, |status, _| status == 200);
    process.signal("-TERM");
    assert!(process.wait(PATIENCE).success());
}

#[test]
fn a_broken_pack_is_told_whole_and_nothing_starts() {
    let deployment = Deployment::new(broker(), "broken");
    write_pack(&deployment.rules, &[]);
    let file = deployment.rules.join("queries/broken.yaml");
    let text = "owner: comms\nqueries:\n  - id: one\n    query: 'nimbus AND ('\n  - id: two\n    query: 'a OR OR b'\n";
    std::fs::write(&file, text).unwrap();
    let mut process = deployment.process("refused", ROLES);
    process.start();
    let status = process.wait(PATIENCE);
    let log = process.log_text();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("queries/broken.yaml:4") && log.contains("queries/broken.yaml:6"), "every problem: {log}");
    assert!(log.contains("nothing was started") && !log.contains("metrics and health are served"), "{log}");
}

#[test]
fn a_running_process_keeps_its_pack_until_another_one_is_whole_and_has_its_topics() {
    let deployment = Deployment::new(broker(), "reload");
    write_pack(&deployment.rules, &[]);
    deployment.apply_topics(1);
    let mut process = deployment.process("steady", ROLES);
    process.start();
    process.get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
    let info = |digest: &str| format!("groundswell_pack_info{{digest=\"{digest}\"}} 1");
    let active = |what: &str, digest: &str, success: u8| {
        let (info, success) = (info(digest), format!("groundswell_pack_last_reload_success {success}"));
        process.get_until("/metrics", what, PATIENCE, |_, text| text.contains(&info) && text.contains(&success));
    };
    let first = load_pack(&deployment.rules).digest;
    active("the first pack", &first, 1);

    let query = deployment.rules.join("queries/more.yaml");
    std::fs::write(&query, "owner: comms\nqueries:\n  - id: more\n    query: 'nimbus AND ('\n").unwrap();
    active("a broken folder", &first, 0);
    assert_eq!(process.get("/readyz").unwrap().0, 200, "a broken folder does not stop the work");
    std::fs::remove_file(&query).unwrap();
    active("the folder as it was", &first, 1);

    let whole = "owner: comms\nqueries:\n  - id: more\n    query: nimbusmore\ntests:\n  - name: it\n    text: nimbusmore\n    \
                 match: [more]\n  - name: not it\n    text: other\n    no_match: [more]\n";
    std::fs::write(&query, whole).unwrap();
    let second = load_pack(&deployment.rules).digest;
    assert_ne!(first, second);
    active("another pack", &second, 1);

    // a new team: its topic is not there yet
    let teams = deployment.rules.join("teams.yaml");
    let text = std::fs::read_to_string(&teams).unwrap();
    let team = "teams:\n  - id: night-shift\n    name: Night shift\n    time_zone: UTC\n    \
                hours: {days: [mon], from: \"00:00\", to: \"24:00\"}\n    contacts: [duty-manager]\n";
    std::fs::write(&teams, text.replacen("teams:\n", team, 1)).unwrap();
    let third = load_pack(&deployment.rules).digest;
    let missing = format!("pack {third} is pending: topic {}routed.night-shift does not exist", deployment.prefix);
    let body = process.get_until("/readyz", "pending is visible", PATIENCE, |_, body| body.contains(&missing));
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(json["components"]["triage-0"]["ok"] == true && json["components"]["watch-0"]["ok"] == true, "{json}");
    active("the pack before stays active", &second, 0);
    deployment.apply_topics(1);
    active("its topic is there", &third, 1);
    process.get_until("/readyz", "nothing is pending", PATIENCE, |status, body| {
        status == 200 && !body.contains("pending")
    });
    process.signal("-TERM");
    assert!(process.wait(PATIENCE).success());
    // before that, a busy broker may not lead its new partitions yet
    let log = process.log_text();
    let since = log.find("pack pending").expect("it was told");
    assert!(!log[since..].contains("broker unreachable"), "no worker fell over:\n{log}");
}

/// Changes of the folder, unless `GROUNDSWELL_TEST_KAFKA_RELOADS` says another number; each takes two looks of two seconds.
const RELOADS: u64 = 8;

/// Which versions' files decided, by digest, and how many items there are, each once.
fn decided(deployment: &Deployment<'_>) -> (BTreeMap<String, BTreeSet<String>>, usize) {
    let (mut versions, mut items): (BTreeMap<_, BTreeSet<_>>, _) = (BTreeMap::new(), BTreeSet::new());
    for value in deployment.broker.read_values(&format!("{}routed.support", deployment.prefix)) {
        let item: serde_json::Value = serde_json::from_str(&value).unwrap();
        assert!(items.insert(item["item_id"].to_string()), "decided twice: {item}");
        let (pack, of) = versions::decided_by(&item);
        versions.entry(pack).or_default().extend(of);
    }
    (versions, items.len())
}

/// Half of what comes into the folder is no pack, posts never cease, and on the way a second process joins.
#[test]
fn a_folder_that_changes_under_load_loses_nothing_and_mixes_nothing() {
    let reloads = std::env::var("GROUNDSWELL_TEST_KAFKA_RELOADS").ok().and_then(|n| n.parse().ok()).unwrap_or(RELOADS);
    let deployment = Deployment::new(broker(), "restless");
    versions::write_first(&deployment.rules);
    deployment.apply_topics(2);
    let (topic, feeder) = (format!("{}raw.x", deployment.prefix), deployment.broker.feeder());
    let mut processes = [deployment.process("first", ROLES), deployment.process("second", ROLES)];
    processes[0].start();
    processes[0].get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
    let (mut sent, mut running, mut digest) = (0, 1, load_pack(&deployment.rules).digest);
    let mut sound = BTreeSet::from([digest.clone()]);
    for number in 1..=reloads {
        if number == reloads / 2 {
            processes[1].start();
            processes[1].get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
            running = 2;
        }
        let is_broken = number % 2 == 0;
        let broken = |text: String| text.replace("S2", "S9").replace("support", "nobody");
        let files = versions::files(number).map(|(name, text)| (name, if is_broken { broken(text) } else { text }));
        versions::write(&deployment.rules, &files);
        if !is_broken {
            digest = load_pack(&deployment.rules).digest;
            sound.insert(digest.clone());
        }
        let active = format!("groundswell_pack_info{{digest=\"{digest}\"}} 1");
        let told = format!("groundswell_pack_last_reload_success {}", u8::from(!is_broken));
        let has_taken = |process: &Process| {
            process.get("/metrics").is_some_and(|(_, text)| text.contains(&active) && text.contains(&told))
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            feeder.feed(&topic, &posts(sent..sent + 20));
            sent += 20;
            if processes[..running].iter().all(has_taken) {
                break;
            }
            assert!(Instant::now() < deadline, "change {number}:\n{}", processes[0].log_text());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let (mut seen, mut deadline) = (0, Instant::now() + PATIENCE);
    while seen < sent {
        let now = decided(&deployment).1 as u64;
        assert!(now > seen || Instant::now() < deadline, "{now} of {sent} items:\n{}", processes[0].log_text());
        if now > seen {
            (seen, deadline) = (now, Instant::now() + PATIENCE);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    for process in &mut processes[..running] {
        process.signal("-TERM");
        assert!(process.wait(PATIENCE).success());
    }
    let (versions, items) = decided(&deployment);
    assert_eq!(items as u64, sent, "each post is one item");
    let mixed: Vec<_> = versions.iter().filter(|(pack, of)| of.len() != 1 || !sound.contains(*pack)).collect();
    assert!(mixed.is_empty(), "decided by a mixed pack: {mixed:?}");
    assert!(versions.len() > sound.len() / 2, "packs changed while posts came: {versions:?}");
    eprintln!("{reloads} changes, {} sound packs, {sent} items", sound.len());
}

#[test]
fn a_folder_that_cannot_be_read_is_a_usage_error() {
    let binary = env!("CARGO_BIN_EXE_groundswell");
    let output = Command::new(binary).args(["run", "--rules", "/nowhere/at/all"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/at/all"));
}

#[test]
fn of_two_processes_with_one_instance_the_older_ends_and_says_why() {
    let deployment = Deployment::new(broker(), "twins");
    write_pack(&deployment.rules, &[]);
    deployment.apply_topics(1);
    // ticks alone make transactions on both sides
    let config = format!("{ROLES}\ntick_after: 1s");
    let mut older = deployment.process("twin", &config);
    older.start();
    older.get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
    let mut newer = deployment.process("twin", &config);
    newer.start();
    let status = older.wait(2 * PATIENCE);
    let log = older.log_text();
    // the environment is wrong, not the data
    assert_eq!(status.code(), Some(2), "{log}");
    assert!(log.contains("another live worker writes as") && log.contains("twin-triage-0"), "{log}");
    newer.get_until("/readyz", "the newer one goes on", PATIENCE, |status, _| status == 200);
    assert!(newer.ended().is_none());
}

#[test]
fn a_partition_added_while_it_runs_is_read_from_its_first_record() {
    let deployment = Deployment::new(broker(), "grown");
    write_pack(&deployment.rules, &[]);
    deployment.apply_topics(1);
    let mut process = deployment.process("steady", ROLES);
    process.start();
    process.get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
    let topic = format!("{}raw.x", deployment.prefix);
    let decided = |count: usize| {
        let mentions = format!("{}mentions", deployment.prefix);
        let deadline = Instant::now() + PATIENCE;
        while deployment.broker.read_all(&mentions).len() < count {
            assert!(Instant::now() < deadline, "not {count} mentions:\n{}", process.log_text());
            std::thread::sleep(Duration::from_millis(200));
        }
        // none twice, either
        let ids = deployment.broker.read_all(&mentions).into_iter().filter_map(|seen| seen.value).map(|value| {
            serde_json::from_slice::<serde_json::Value>(&value).unwrap()["item_id"].as_str().unwrap().to_owned()
        });
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), count);
    };
    deployment.broker.produce(&topic, &posts(0..40));
    decided(40);
    deployment.broker.grow_topic(&topic, 3);
    // written before anybody reads the new partitions
    deployment.broker.produce(&topic, &posts(40..120));
    let used: BTreeSet<i32> = deployment.broker.read_all(&topic).iter().map(|seen| seen.partition).collect();
    assert_eq!(used.len(), 3, "all partitions have records");
    decided(120);
    process.signal("-TERM");
    assert!(process.wait(PATIENCE).success());
    let said = looked_back(&deployment, &["explain", "--id", "x:30000077"]);
    assert!(said.contains("mention x:30000077: routed") && said.contains("matrix:"), "{said}");
    let period = ["report", "week", "--since", "2026-01-06", "--until", "2026-01-07", "--format", "csv"];
    let said = looked_back(&deployment, &period);
    assert!(said.contains("items_routed,,120,"), "{said}");
}

/// What a command tells from the topics of a deployment.
fn looked_back(deployment: &Deployment<'_>, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundswell"));
    command.env("GROUNDSWELL__KAFKA__BROKERS", &deployment.broker.brokers);
    command.env("GROUNDSWELL__KAFKA__PREFIX", &deployment.prefix);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Posts about the brand, each by somebody else.
fn posts(numbers: std::ops::Range<u64>) -> Vec<Keyed> {
    let post = |number: u64| {
        let (id, person) = ((30_000_000 + number).to_string(), number.to_string());
        let value = json!({"data": {"id": id, "text": format!("my Nimbus invoice {number}"), "author_id": person,
            "conversation_id": id, "lang": "en", "created_at": "2026-01-06T13:00:00.000Z"}});
        (person.into_bytes(), serde_json::to_vec(&value).unwrap(), Vec::new())
    };
    numbers.map(post).collect()
}

#[test]
fn feedback_over_http_is_in_the_topic_once_it_is_answered() {
    let secret = "a secret of the tests";
    let said = json!({"type": "groundswell.feedback.v1", "feedback_id": "f-1", "about": "item-1", "kind": "claimed",
        "by": "ana", "at": "2026-03-02T09:00:00Z"})
    .to_string();
    let say = |process: &Process| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let signature = groundswell::notify::sign(secret, i64::try_from(now).unwrap(), &said);
        process.post("/v1/feedback", &format!("X-Groundswell-Signature: {signature}"), &said).unwrap()
    };
    let deployment = Deployment::new(broker(), "feedback");
    write_pack(&deployment.rules, &[]);
    deployment.apply_topics(1);
    let open = |mut process: Process| {
        process.environment.push(("GROUNDSWELL__HTTP__FEEDBACK_SECRETS", secret.to_owned()));
        process.start();
        process
    };
    let process = open(deployment.process("door", ROLES));
    process.get_until("/readyz", "ready", PATIENCE, |status, _| status == 200);
    for _ in 0..2 {
        let (status, body) = say(&process);
        assert_eq!((status, body.as_str()), (202, "{\"accepted\":1}"), "{}", process.log_text());
    }
    assert_eq!(deployment.broker.read_values(&format!("{}feedback", deployment.prefix)).len(), 2, "both are there");
    let once = "groundswell_feedback_total{kind=\"claimed\"} 1";
    let text = process.get_until("/metrics", "it is heard, once", PATIENCE, |_, text| text.contains(once));
    assert!(text.contains("groundswell_feedback_requests_total{result=\"accepted\"} 2"), "{text}");
    assert_eq!(process.post("/v1/feedback", "X-Other: none", &said).unwrap().0, 401);

    // nobody there: it says so soon, and nothing is lost that was told as taken
    let absent = Broker::absent(free_ports());
    let process = open(deployment.process_at(&absent.brokers, "nobody", ROLES));
    process.get_until("/livez", "alive", PATIENCE, |status, _| status == 200);
    let (status, body) = say(&process);
    assert!(status == 503 && body.contains("send the same again"), "{status} {body}");
    process.get_until("/metrics", "it is counted", PATIENCE, |_, text| {
        text.contains("groundswell_feedback_requests_total{result=\"unreachable\"} 1")
    });
}
