//! From an alert record on a real broker to a receiver over HTTP: once in the normal case, again under the same
//! idempotency key after `kill -9` between telling and committing.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use groundswell::alert::{AlertEvent, AlertState};
use groundswell::mention::Timestamp;
use groundswell::notify::{sign, test_event};
use groundswell::wire::{Topics, alert_record};
use support::broker;
use support::load::write_pack;
use support::process::Deployment;

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "a secret of the test";

/// One POST as it came.
#[derive(Debug, Clone)]
struct Got {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// A receiver on the loopback; while it holds, it takes requests and answers none.
struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    holds: Arc<AtomicBool>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (got, holds) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (into, holding) = (Arc::clone(&got), Arc::clone(&holds));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (into, holding) = (Arc::clone(&into), Arc::clone(&holding));
                std::thread::spawn(move || serve(stream, &into, &holding));
            }
        });
        Self { port, got, holds }
    }

    /// Requests on a path with this idempotency key.
    fn count(&self, path: &str, key: &str) -> usize {
        let got = self.got.lock().unwrap();
        got.iter()
            .filter(|got| got.path == path && got.headers.get("idempotency-key").is_some_and(|k| k == key))
            .count()
    }

    fn wait(&self, path: &str, key: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.count(path, key) < times {
            assert!(
                Instant::now() < deadline,
                "{path} {key} did not come {times} times: {:?}",
                self.got.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn find(&self, path: &str, key: &str) -> Got {
        let got = self.got.lock().unwrap();
        got.iter().find(|got| got.path == path && got.headers["idempotency-key"] == key).unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, into: &Mutex<Vec<Got>>, holds: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    into.lock().unwrap().push(Got { path, headers, body: String::from_utf8(body).unwrap() });
    while holds.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

fn event(id: &str, state: AlertState, minute: i64) -> AlertEvent {
    let mut event = test_event("engineering", Timestamp::clamped((1_767_700_000 + minute * 60) * 1_000_000));
    (event.alert_id, event.incident_id) = (id.to_owned(), format!("incident-{id}"));
    event.headline = format!("Nimbus: probable outage {id}");
    event.state = state;
    event
}

fn key(event: &AlertEvent) -> String {
    let state = serde_json::to_value(event.state).unwrap();
    format!("{}:{}:{}", event.alert_id, state.as_str().unwrap(), event.at)
}

fn publish(prefix: &str, event: &AlertEvent) {
    let output = alert_record(&Topics::new(prefix), event).unwrap();
    broker().produce(&output.topic, &[(output.key.unwrap(), output.value.unwrap(), output.headers)]);
}

#[test]
fn alerts_are_told_once_and_after_a_crash_again_under_the_same_key() {
    let receiver = Receiver::start();
    let deployment = Deployment::new(broker(), "notify");
    write_pack(&deployment.rules, &[]);
    deployment.apply_topics(1);
    let port = receiver.port;
    let config = format!(
        "roles: [notify]\nnotify:\n  allow_private: [127.0.0.1]\n  receivers:\n    engineering:\n      \
         - slack: {{ url: \"http://127.0.0.1:{port}/slack\" }}\n      \
         - webhook: {{ url: \"http://127.0.0.1:{port}/hook\", secret: \"{SECRET}\" }}\n"
    );
    let mut process = deployment.process("teller", &config);
    let prefix = &deployment.prefix;
    publish(prefix, &event("history", AlertState::Opened, 0));
    process.start();
    process.get_until("/readyz", "notify gets ready", PATIENCE, |status, _| status == 200);

    let (opened, resolved) = (event("a", AlertState::Opened, 1), event("a", AlertState::Resolved, 30));
    for event in [&opened, &resolved] {
        publish(prefix, event);
        receiver.wait("/slack", &key(event), 1);
        receiver.wait("/hook", &key(event), 1);
    }
    let slack = receiver.find("/slack", &key(&opened));
    let json: serde_json::Value = serde_json::from_str(&slack.body).unwrap();
    assert!(
        json["text"].as_str().unwrap().contains("Nimbus: probable outage a") && json["blocks"].is_array(),
        "{json}"
    );
    let hook = receiver.find("/hook", &key(&opened));
    let signature = &hook.headers["x-groundswell-signature"];
    let at = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
    assert_eq!(*signature, sign(SECRET, at, &hook.body), "the signature is over the body as received");
    let json: serde_json::Value = serde_json::from_str(&hook.body).unwrap();
    assert_eq!((&json["id"], &json["event"]["state"]), (&key(&opened).into(), &"opened".into()));

    // told, and killed before it can know and commit
    let crashed = event("b", AlertState::Opened, 40);
    receiver.holds.store(true, Ordering::Relaxed);
    publish(prefix, &crashed);
    receiver.wait("/slack", &key(&crashed), 1);
    process.kill();
    receiver.holds.store(false, Ordering::Relaxed);
    process.start();
    receiver.wait("/slack", &key(&crashed), 2);
    receiver.wait("/hook", &key(&crashed), 1);
    let last = event("b", AlertState::Resolved, 60);
    publish(prefix, &last);
    receiver.wait("/hook", &key(&last), 1);

    // what is committed is not told again, history is not told at all
    process.signal("-TERM");
    assert!(process.wait(PATIENCE).success());
    let counts = |path| [&opened, &resolved, &crashed, &last].map(|event| receiver.count(path, &key(event)));
    assert_eq!((counts("/slack"), counts("/hook")), ([1, 1, 2, 1], [1, 1, 1, 1]));
    assert_eq!(receiver.got.lock().unwrap().len(), 9, "nothing else came");
}
