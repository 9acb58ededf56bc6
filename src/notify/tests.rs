//! Deliveries to a real server on the loopback, and the words and requests they carry.

use super::*;
use crate::alert::{
    AlertEvent, AlertKind, AlertState, Confidence, Crisis, Escalation, Nature, ShareForecast, ThreadEvidence, Trend,
};
use crate::config::{ChartLinks, Notify, Period, Receiver, Secret, SlackReceiver, WebhookReceiver};
use crate::mention::Timestamp;
use crate::route::{ApprovalDue, Severity};
use crate::telemetry::Metrics;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a receiver got.
#[derive(Debug, Clone)]
struct Got {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// A server that answers with each of `answers` in turn, the last one for ever.
struct Server {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (seen, answers) = (Arc::clone(&got), answers.iter().map(ToString::to_string).collect::<Vec<_>>());
        thread::spawn(move || {
            for (turn, stream) in listener.incoming().enumerate() {
                let mut stream = stream.expect("a connection");
                let Some(request) = read_request(&stream) else { continue };
                seen.lock().expect("not poisoned").push(request);
                let answer = &answers[turn.min(answers.len() - 1)];
                if answer == "hang" {
                    thread::sleep(Duration::from_millis(2000));
                }
                let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            }
        });
        Self { port, got }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in", self.port)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("not poisoned").clone()
    }
}

fn read_request(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Got { path: first.split(' ').nth(1)?.to_owned(), headers, body: String::from_utf8(body).ok()? })
}

fn config(receivers: Vec<Receiver>) -> Notify {
    Notify {
        receivers: BTreeMap::from([("engineering".to_owned(), receivers)]),
        allow_private: vec!["127.0.0.1".to_owned()],
        timeout: Period::millis(1500),
        backoff: Period::millis(10),
        backoff_max: Period::millis(40),
        attempts_max: 4,
        ..Notify::default()
    }
}

fn webhook(url: &str) -> Receiver {
    Receiver::Webhook(WebhookReceiver { url: Secret::new(url), secret: Secret::new("k3y") })
}

fn slack(url: &str) -> Receiver {
    Receiver::Slack(SlackReceiver { url: Secret::new(url) })
}

/// The receivers that were not told; none where all were.
fn dead(delivery: Delivery) -> Vec<DeadReceiver> {
    if let Delivery::Dead(dead) = delivery { dead } else { Vec::new() }
}

fn notifier(config: Notify) -> (Notifier, Arc<Metrics>, Arc<AtomicBool>) {
    let (metrics, stop) = (Arc::new(Metrics::new().expect("metrics")), Arc::new(AtomicBool::new(false)));
    (Notifier::new(config, Arc::clone(&metrics), Arc::clone(&stop)), metrics, stop)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn outage(state: AlertState) -> AlertEvent {
    AlertEvent {
        kind: AlertKind::Outage,
        state,
        severity: Severity::S2,
        alert_id: "a-1".to_owned(),
        incident_id: "i-1".to_owned(),
        onset: at("2026-01-05T02:51:00Z"),
        observed: 47.0,
        expected: 2.8,
        upper: 8.6,
        people: 44,
        texts: 43,
        platforms: [("x", 31), ("reddit", 12), ("mastodon", 4)].map(|(name, count)| (name.to_owned(), count)).into(),
        trend: Some(Trend::Growing),
        baseline_age: 6 * 86_400,
        confidence: Some(Confidence::High),
        terms: vec!["error 503".to_owned(), "@jo_doe".to_owned(), "<!channel> & co".to_owned()],
        headline: "Probable outage: nimbus-login.".to_owned(),
        ack_by: Some(at("2026-01-05T03:21:00Z")),
        next_step: Some("the duty manager is called".to_owned()),
        reply: Some("We are looking into it.".to_owned()),
        ..test_event("engineering", at("2026-01-05T03:03:00Z"))
    }
}

#[test]
fn the_first_message_is_readable_at_three_in_the_morning() {
    let text = Message::new(&outage(AlertState::Opened), true).text();
    assert_eq!(
        text,
        "S2 · Probable outage: nimbus-login.\n\
         47 mentions by 44 people in 12 min (usually about 2.8, at most 8), since 02:51 UTC. X 31, Reddit 12, Mastodon 4. \
         Often: \"error 503\", \"[…]\", \"<!channel> & co\". 43 different texts: people, not copies. Still \
         growing. Confidence high, against 6 d of history.\n\
         Owner: engineering; acknowledge by 03:21 UTC. Next: the duty manager is called. Approved line: We are looking into it."
    );
    let resolved = Message::new(&outage(AlertState::Resolved), true);
    assert_eq!(resolved.headline, "S2 · Resolved: Probable outage: nimbus-login.");
    assert_eq!(resolved.actions, ["Owner: engineering; nothing left to acknowledge."]);
    assert!(Message::new(&outage(AlertState::Opened), false).text().contains("@jo_doe"), "only when asked for");
}

#[test]
fn a_silent_source_and_a_thread_are_told_in_their_own_words() {
    let quiet = AlertEvent {
        kind: AlertKind::SilentSource,
        expected: 42.4,
        observed: 0.0,
        confidence: None,
        trend: None,
        platforms: BTreeMap::new(),
        terms: Vec::new(),
        ..outage(AlertState::Opened)
    };
    let facts = Message::new(&quiet, true).facts.join(" ");
    assert_eq!(facts, "Nothing for 12 min, since 02:51 UTC; usually about 42 posts in that time.");
    let forecast = Some(ShareForecast { predicted: 300.0, low: 200.0, high: 900.0 });
    let thread = ThreadEvidence {
        posts: 90,
        people: 80,
        reach: 7,
        branching_ratio: Some(1.1),
        feeds_itself: true,
        growing: true,
        forecast,
    };
    let nature = Some(Nature::IndividualGoesViral);
    let viral = AlertEvent { kind: AlertKind::Viral, thread: Some(thread), nature, ..outage(AlertState::Opened) };
    let facts = Message::new(&viral, true).facts.join(" ");
    assert!(facts.contains("an individual goes viral. In numbers, the thread holds 90 posts by 80 people"), "{facts}");
    assert!(facts.contains("about 300 in the end"), "{facts}");
}

#[test]
fn slack_text_is_escaped_everywhere() {
    let event = AlertEvent {
        headline: "a <b> & <@U1>".to_owned(),
        next_step: Some("<!here>".to_owned()),
        team: "engineering".to_owned(),
        incident_id: "<http://evil.example|click>".to_owned(),
        ..outage(AlertState::Opened)
    };
    let request = request(&slack("https://hooks.example/x"), &event, &Notify { redact: false, ..Notify::default() }, 0);
    assert!(!request.body.contains('<') && !request.body.contains('>'), "{}", request.body);
    let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    let text = body["text"].as_str().expect("a text");
    assert!(text.contains("a &lt;b&gt; &amp; &lt;@U1&gt;"), "{text}");
    assert!(text.contains("&lt;!channel&gt; &amp; co") && text.contains("&lt;!here&gt;"), "{text}");
    assert_eq!(body["blocks"][0]["type"], "section");
}

#[test]
fn a_message_shows_its_chart_where_charts_are_served() {
    let key = "a key of the tests";
    let charts = Some(ChartLinks { url: "https://groundswell.example/".to_owned(), key: Secret::new(key) });
    let served = Notify { charts, ..Notify::default() };
    let chart = serde_json::json!({"window_seconds": 300, "step_seconds": 300, "counts": [1, 2, 47]});
    let chart: Option<crate::alert::Chart> = serde_json::from_value(chart).expect("a chart");
    let with = |state| AlertEvent { chart: chart.clone(), ..outage(state) };
    let body = |receiver: &Receiver, event: &AlertEvent, notify: &Notify| -> serde_json::Value {
        serde_json::from_str(&request(receiver, event, notify, 0).body).expect("JSON")
    };
    let (slack, webhook) = (slack("https://hooks.example/x"), webhook("https://pager.example/in"));
    let (event, is_picture) = (with(AlertState::Opened), |block: &serde_json::Value| block["type"] == "image");
    let message = body(&slack, &event, &served);
    let picture = message["blocks"].as_array().and_then(|blocks| blocks.iter().find(|block| is_picture(block)));
    let address = picture.expect("a picture")["image_url"].as_str().expect("an address");
    assert!(picture.expect("a picture")["alt_text"].as_str().is_some_and(|said| said.contains("usually about")));
    let addresses = body(&webhook, &event, &served)["charts"].clone();
    assert_eq!(addresses["png"], address);
    assert_eq!(addresses["svg"], address.replace(".png", ".svg"));
    let name = address.strip_prefix("https://groundswell.example/v1/charts/").expect("our address");
    let plot = crate::wire::chart_named(name.strip_suffix(".png").expect("a PNG"), key).expect("signed");
    assert_eq!(Some(plot), crate::alert::Plot::of(&event, Message::clean), "without what looks personal");
    for (event, notify) in [
        (with(AlertState::Resolved), &served),
        (outage(AlertState::Opened), &served),
        (with(AlertState::Opened), &Notify::default()),
    ] {
        assert!(!body(&slack, &event, notify)["blocks"].as_array().expect("blocks").iter().any(is_picture));
        assert!(body(&webhook, &event, notify).get("charts").is_none());
    }
}

#[test]
fn a_webhook_is_signed_and_has_a_steady_key() {
    let server = Server::start(&["200 OK"]);
    let (mut notifier, metrics, _) = notifier(config(vec![webhook(&server.url())]));
    let event = outage(AlertState::Opened);
    assert_eq!(notifier.deliver(&event), Delivery::Delivered);
    assert_eq!(notifier.deliver(&event), Delivery::Delivered, "after a crash it is told again");
    let got = server.got();
    assert_eq!(got.len(), 2);
    for request in &got {
        assert_eq!(request.path, "/in");
        assert_eq!(request.headers["idempotency-key"], "a-1:opened:2026-01-05T03:03:00Z");
        let signature = &request.headers["x-groundswell-signature"];
        let t: i64 = signature[2..].split(',').next().expect("t").parse().expect("seconds");
        assert_eq!(*signature, sign("k3y", t, &request.body), "verifies over the bytes received");
        assert_ne!(*signature, sign("other", t, &request.body));
        assert_ne!(*signature, sign("k3y", t, &request.body.replace("47", "48")));
    }
    let body: serde_json::Value = serde_json::from_str(&got[0].body).expect("JSON");
    assert_eq!(body["type"], "groundswell.notification.v1");
    assert_eq!(body["id"], got[0].headers["idempotency-key"].as_str());
    assert_eq!(body["event"]["terms"][1], "[…]");
    let event: AlertEvent = serde_json::from_value(body["event"].clone()).expect("the event itself");
    assert_eq!((event.people, event.state), (44, AlertState::Opened));
    assert!(metrics.render().contains("groundswell_notifications_total{receiver=\"webhook\",result=\"sent\"} 2"));
}

#[test]
fn the_signature_is_the_documented_one() {
    // printf '1767603600.{"a":1}' | openssl dgst -sha256 -hmac k3y
    let expected = "t=1767603600,v1=a75585fffc984894a94d56bb4ed03c1614058d8a51c05351b181b94d0b543d34";
    assert_eq!(sign("k3y", 1_767_603_600, "{\"a\":1}"), expected);
}

#[test]
fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
    for (answers, outcome, attempts) in [
        (&["500 Oops", "200 OK"][..], "delivered", 2),
        (&["503 Busy", "429 Slow", "204 Fine"], "delivered", 3),
        (&["hang", "200 OK"], "delivered", 2),
        (&["400 Bad"], "answered 400: no", 1),
        (&["404 Gone"], "answered 404: no", 1),
        (
            &["302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/"],
            "answered 302: redirects are not followed",
            1,
        ),
        (&["302 Found\r\nLocation: /elsewhere"], "answered 302: redirects are not followed", 1),
        (&["500 Oops"], "answered 500: no", 4),
    ] {
        let server = Server::start(answers);
        let (mut notifier, _, _) = notifier(config(vec![webhook(&server.url())]));
        let said = match notifier.deliver(&outage(AlertState::Opened)) {
            Delivery::Delivered => "delivered".to_owned(),
            Delivery::Dead(dead) => {
                assert_eq!(dead[0].attempts as usize, attempts, "{answers:?}");
                dead[0].cause.clone()
            }
            other => format!("{other:?}"),
        };
        assert_eq!(said, outcome, "{answers:?}");
        assert_eq!(server.got().len(), attempts, "{answers:?}");
        assert!(server.got().iter().all(|got| got.path == "/in"), "nothing is fetched elsewhere");
    }
}

#[test]
fn retry_after_is_honoured_and_bounded() {
    let server = Server::start(&["429 Slow\r\nRetry-After: 1", "200 OK"]);
    let (mut notifier1, _, _) = notifier(config(vec![slack(&server.url())]));
    let started = Instant::now();
    assert_eq!(notifier1.deliver(&outage(AlertState::Opened)), Delivery::Delivered);
    assert!(started.elapsed() >= Duration::from_secs(1), "waited {:?}", started.elapsed());

    let server = Server::start(&["429 Slow\r\nRetry-After: 99999"]);
    let (mut notifier2, _, _) = notifier(config(vec![slack(&server.url())]));
    assert!(matches!(notifier2.deliver(&outage(AlertState::Opened)), Delivery::Dead(_)), "nobody waits a day");
    assert_eq!(server.got().len(), 1);
}

#[test]
fn one_dead_receiver_does_not_keep_the_others_from_being_told() {
    let (bad, good) = (Server::start(&["410 Gone"]), Server::start(&["200 OK"]));
    let (mut notifier, metrics, _) = notifier(config(vec![slack(&bad.url()), webhook(&good.url())]));
    let dead = dead(notifier.deliver(&outage(AlertState::Opened)));
    assert_eq!((dead.len(), dead[0].receiver), (1, "slack"));
    assert_eq!(good.got().len(), 1);
    assert!(metrics.render().contains("groundswell_notifications_total{receiver=\"slack\",result=\"failed\"} 1"));
}

#[test]
fn private_addresses_are_refused_unless_named() {
    let server = Server::start(&["200 OK"]);
    let port = server.port;
    for (url, allow, cause) in [
        (format!("https://127.0.0.1:{port}/in"), "", "private or reserved"),
        (format!("https://localhost:{port}/in"), "127.0.0.1", "private or reserved"),
        (format!("https://[::1]:{port}/in"), "", "private or reserved"),
        (format!("https://[::ffff:127.0.0.1]:{port}/in"), "", "private or reserved"),
        ("https://169.254.169.254/latest".to_owned(), "", "private or reserved"),
        (format!("http://127.0.0.1:{port}/in"), "", "only https"),
        ("file:///etc/passwd".to_owned(), "", "not a URL"),
        ("gopher://example.com/".to_owned(), "", "does not begin with https://"),
        ("no url at all".to_owned(), "", "not a URL"),
    ] {
        let config = Notify { allow_private: vec![allow.to_owned()], ..config(vec![webhook(&url)]) };
        let (mut notifier, _, _) = notifier(config);
        let dead = dead(notifier.deliver(&outage(AlertState::Opened)));
        assert_eq!(dead.len(), 1, "{url} must be refused");
        assert!(dead[0].cause.contains(cause), "{url}: {}", dead[0].cause);
        assert_eq!(dead[0].attempts, 1, "{url}: a refused address stays refused");
    }
    assert_eq!(server.got().len(), 0, "nothing was dialled");
    let named = Notify {
        allow_private: vec!["LOCALHOST".to_owned()],
        ..config(vec![webhook(&format!("http://localhost:{port}/in"))])
    };
    assert_eq!(notifier(named).0.deliver(&outage(AlertState::Opened)), Delivery::Delivered);
}

#[test]
fn stopping_ends_a_wait_at_once() {
    let server = Server::start(&["500 Oops"]);
    let slow =
        Notify { backoff: Period::seconds(60), backoff_max: Period::seconds(60), ..config(vec![slack(&server.url())]) };
    let (mut notifier, _, stop) = notifier(slow);
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
    });
    let started = Instant::now();
    assert_eq!(notifier.deliver(&outage(AlertState::Opened)), Delivery::Stopped);
    assert!(started.elapsed() < Duration::from_secs(5));
    stopper.join().expect("stops");
}

#[test]
fn an_update_is_told_when_it_escalates() {
    let event = |state, severity| AlertEvent { severity, ..outage(state) };
    let mut planner = Planner::default();
    assert!(planner.is_told(&event(AlertState::Updated, Severity::S3)), "not known: rather twice than never");
    planner.told(&event(AlertState::Opened, Severity::S3));
    for (state, severity, told) in [
        (AlertState::Updated, Severity::S3, false),
        (AlertState::Updated, Severity::S4, false),
        (AlertState::Updated, Severity::S2, true),
        (AlertState::Resolved, Severity::S3, true),
        (AlertState::Reopened, Severity::S3, true),
        (AlertState::Withdrawn, Severity::S3, true),
    ] {
        assert_eq!(planner.is_told(&event(state, severity)), told, "{state:?} {severity:?}");
    }
    let (mut notifier, _, _) = notifier(config(Vec::new()));
    assert_eq!(notifier.deliver(&event(AlertState::Opened, Severity::S1)), Delivery::NoReceiver);
}

#[test]
fn teams_without_receivers_fall_back_to_the_default_ones() {
    let mut config = config(vec![slack("https://one.example")]);
    assert_eq!(receivers_of(&config, "engineering").len(), 1);
    assert!(receivers_of(&config, "legal").is_empty());
    config
        .receivers
        .insert(DEFAULT_TEAM.to_owned(), vec![slack("https://two.example"), slack("https://three.example")]);
    assert_eq!(receivers_of(&config, "legal").len(), 2);
    assert_eq!(receivers_of(&config, "engineering").len(), 1);
}

#[test]
fn who_observes_is_told_of_everything_and_nobody_else_of_anything() {
    let (watched, teams) = (Server::start(&["200 OK"]), Server::start(&["200 OK"]));
    let mut receivers = config(vec![webhook(&teams.url())]).receivers;
    receivers.insert("trial".to_owned(), vec![slack(&watched.url())]);
    let config = Notify { receivers, observe: Some("trial".to_owned()), ..config(Vec::new()) };
    let (mut notifier, _, _) = notifier(config);
    assert_eq!(notifier.deliver(&outage(AlertState::Opened)), Delivery::Delivered);
    let got = watched.got();
    assert_eq!((got.len(), teams.got().len()), (1, 0));
    assert!(got[0].body.contains("[observing, for engineering] Probable outage"), "{}", got[0].body);
}

/// A crisis, run by another team than the alert's.
fn crisis(over: bool) -> Crisis {
    let approval = |who: &str, deputy: Option<&str>| ApprovalDue {
        who: who.to_owned(),
        deputy: deputy.map(str::to_owned),
        due: at("2026-01-05T03:33:00Z"),
    };
    Crisis {
        team: "comms".to_owned(),
        opened: at("2026-01-05T03:03:00Z"),
        over,
        roles: [("incident_lead", "duty"), ("legal", "counsel")].map(|(role, who)| (role.into(), who.into())).into(),
        approvals: vec![approval("chief", Some("duty")), approval("counsel", None)],
        statement: Some("We will come back with facts.".to_owned()),
    }
}

#[test]
fn a_crisis_says_who_runs_it_whose_word_it_needs_and_what_may_be_said() {
    let event = AlertEvent { crisis: Some(crisis(false)), ..outage(AlertState::Opened) };
    let actions = Message::new(&event, true).actions.join("\n");
    let run = "CRISIS, run by comms (incident lead duty, legal counsel); a public answer needs chief by 03:33 UTC, else duty; \
               counsel by 03:33 UTC.";
    assert!(actions.contains(run), "{actions}");
    assert!(actions.contains("Holding statement: We will come back with facts."), "{actions}");
    let stands_in_for = Some("chief".to_owned());
    let escalation = Some(Escalation { step: 1, party: "duty".to_owned(), stands_in_for });
    let late = AlertEvent { escalation, state: AlertState::Updated, ..event };
    let message = Message::new(&late, true);
    assert!(message.headline.contains("Not approved in time: "), "{}", message.headline);
    assert!(message.actions.iter().any(|line| line == "Called now: duty, in place of chief."), "{:?}", message.actions);
}

#[test]
fn who_runs_a_crisis_is_told_of_it_too_each_receiver_once() {
    let mut config = config(Vec::new());
    for (name, url) in [("engineering", "e"), ("comms", "c"), ("duty", "d"), ("counsel", "c"), ("default", "x")] {
        config.receivers.insert(name.to_owned(), vec![slack(url)]);
    }
    let told = |event: &AlertEvent| {
        let name = |receiver: &Receiver| ["e", "c", "d", "x"].into_iter().find(|url| *receiver == slack(url));
        told_of(&config, event).into_iter().filter_map(name).collect::<String>()
    };
    let event = outage(AlertState::Opened);
    let in_crisis = AlertEvent { crisis: Some(crisis(false)), ..event.clone() };
    let called = Some(Escalation { step: 1, party: "duty".to_owned(), stands_in_for: None });
    let escalated = AlertEvent { escalation: called, ..in_crisis.clone() };
    let over = AlertEvent { crisis: Some(crisis(true)), ..outage(AlertState::Resolved) };
    assert_eq!([&event, &in_crisis, &escalated, &over].map(told), ["e", "ecd", "d", "ecd"]);
}
