//! Small worlds through triage and watch on the local log: what comes out, topic by topic.
//!
//! Every world is run three times, fed at once, line by line and in sevens; the outputs must be equal (DESIGN.md,
//! promise 3). What is golden is told in one line a record by [`Played::told`].

#![allow(clippy::unwrap_used, clippy::panic)]

use groundswell::alert::{AlertEvent, AlertState, Nature};
use groundswell::log::{Record, partition_for};
use groundswell::mention::Platform;
use groundswell::pipeline::{Outcome, Outcomes};
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// 2026-03-02T06:00:00Z.
const START: i64 = 1_772_431_200;

fn pack() -> Arc<Pack> {
    static PACK: OnceLock<Arc<Pack>> = OnceLock::new();
    PACK.get_or_init(|| Arc::new(rules::load(&rules::shipped(), &[]).unwrap())).clone()
}

fn time(second: i64) -> String {
    groundswell::mention::Timestamp::clamped((START + second) * 1_000_000).to_string()
}

/// A post on X, at a second of the morning.
#[derive(Clone)]
struct Post<'a> {
    id: &'a str,
    second: i64,
    handle: &'a str,
    followers: u64,
    text: &'a str,
    /// The first id of its edit chain, where it is an edit.
    edit_of: Option<&'a str>,
    /// The post it answers, where it is an answer.
    answers: Option<&'a str>,
}

impl Default for Post<'_> {
    fn default() -> Self {
        Self { id: "1", second: 0, handle: "ada", followers: 120, text: "", edit_of: None, answers: None }
    }
}

impl Post<'_> {
    fn line(&self) -> RawRecord {
        let history: Vec<&str> = self.edit_of.into_iter().chain([self.id]).collect();
        let author = format!("7{}", self.handle.bytes().map(u64::from).fold(1, |a, b| a * 31 % 99_991 + b));
        let mut payload = json!({
            "data": {
                "id": self.id, "author_id": author, "conversation_id": self.answers.unwrap_or(history[0]), "created_at": time(self.second),
                "edit_history_tweet_ids": history, "lang": "en", "text": self.text,
            },
            "includes": { "users": [{
                "id": author, "username": self.handle, "name": self.handle,
                "public_metrics": {
                    "followers_count": self.followers, "following_count": 1, "tweet_count": 1, "listed_count": 0
                },
            }] },
        });
        if let Some(root) = self.answers {
            payload["data"]["referenced_tweets"] = json!([{ "type": "replied_to", "id": root }]);
        }
        raw(Platform::X, history[0], payload.to_string().as_bytes())
    }
}

/// A status on Mastodon that only those addressed can read.
fn direct(id: &str, second: i64, text: &str) -> RawRecord {
    let payload = json!({
        "id": id, "created_at": time(second), "visibility": "direct", "language": "en", "content": format!("<p>{text}</p>"),
        "uri": format!("https://fedi.example/users/eve/statuses/{id}"),
        "account": {
            "id": "77", "username": "eve", "acct": "eve", "url": "https://fedi.example/@eve", "followers_count": 900_000,
        },
        "mentions": [], "tags": [], "media_attachments": [],
    });
    raw(Platform::Mastodon, id, payload.to_string().as_bytes())
}

fn raw(platform: Platform, key: &str, value: &[u8]) -> RawRecord {
    RawRecord { platform, key: key.as_bytes().to_vec(), value: value.to_vec() }
}

/// What came out.
#[derive(PartialEq)]
struct Played {
    /// By topic without prefix; the records sorted.
    outputs: BTreeMap<String, Vec<Written>>,
    alerts: Vec<AlertEvent>,
    outcomes: Outcomes,
}

/// Key, value, headers.
type Written = (Vec<u8>, Vec<u8>, Vec<(String, Vec<u8>)>);

fn play(lines: &[RawRecord]) -> Played {
    let whole = play_in(lines, usize::MAX);
    for at_once in [1, 7] {
        assert!(play_in(lines, at_once) == whole, "fed by {at_once} at a time, other things come out");
    }
    whole
}

fn play_in(lines: &[RawRecord], at_once: usize) -> Played {
    let member = |line: &RawRecord| (line.platform, partition_for(&line.key, 1));
    let layout = Layout {
        members: lines.iter().map(member).collect(),
        raw_partitions: 1,
        signals_partitions: 4,
        duplicate_window_records: 1_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack(), Model::shipped());
    let mut outputs: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    let mut alerts = Vec::new();
    let mut take = |pipeline: &mut LocalPipeline| {
        for (topic, records) in pipeline.take_outputs() {
            let topic = topic.strip_prefix("social.").unwrap().to_owned();
            outputs.entry(topic).or_default().extend(records.into_iter().map(written));
        }
        alerts.extend(pipeline.take_alerts());
    };
    for chunk in lines.chunks(at_once.min(lines.len())) {
        pipeline.feed(chunk.to_vec()).unwrap();
        take(&mut pipeline);
    }
    pipeline.finish().unwrap();
    take(&mut pipeline);
    outputs.retain(|_, records| !records.is_empty());
    outputs.values_mut().for_each(|records| records.sort_unstable());
    Played { outputs, alerts, outcomes: pipeline.counts().0 }
}

fn written(record: Record) -> Written {
    (record.key.unwrap_or_default(), record.value.unwrap_or_default(), record.headers)
}

impl Played {
    fn json(&self, topic: &str) -> Vec<Value> {
        let records = self.outputs.get(topic).into_iter().flatten();
        records.map(|(_, value, _)| serde_json::from_slice(value).unwrap()).collect()
    }

    /// One line a record of the public topics, sorted: topic, what, whose, decision.
    fn told(&self) -> Vec<String> {
        let readable = self.outputs.keys().filter(|topic| !["dead-letter", "cases", "voice"].contains(&topic.as_str()));
        let values: Vec<(&String, Value)> =
            readable.flat_map(|topic| self.json(topic).into_iter().map(move |value| (topic, value))).collect();
        let names: BTreeMap<String, String> = values
            .iter()
            .map(|(_, v)| (word(&v["item_id"]), at(v, "/mention/native_id")))
            .filter(|n| !n.1.is_empty())
            .collect();
        let line = |(topic, value): &(&String, Value)| {
            let kind = word(&value["type"]).replace("groundswell.", "").replace(".v1", "");
            let name = names.get(&word(&value["item_id"])).cloned().unwrap_or_default();
            let said: &[&str] = match kind.as_str() {
                "item" => &["/route/intent", "/route/severity", "/ticket/action"],
                "followup" => &["/action", "/ticket/action"],
                "mention" => &["/outcome", "/noise"],
                _ => &["/kind", "/state"],
            };
            let said: Vec<String> = said.iter().map(|pointer| at(value, pointer)).collect();
            format!("{topic} {kind} {name} {}", said.join(" ")).split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let mut lines: Vec<String> = values.iter().map(line).collect();
        lines.sort_unstable();
        lines
    }

    /// Topics whose records hold these bytes anywhere.
    fn topics_with(&self, needle: &str) -> Vec<&str> {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        let found = self.outputs.iter().filter(|(_, records)| {
            records.iter().any(|(key, value, headers)| {
                holds(key) || holds(value) || headers.iter().any(|(_, header)| holds(header))
            })
        });
        found.map(|(topic, _)| topic.as_str()).collect()
    }

    fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome)
    }
}

fn at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(word).unwrap_or_default()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

const BILLING: &str = "Nimbus Pay charged me twice for one order, I want my refund";

#[test]
fn a_direct_message_never_leaves_its_owners_topic() {
    let played = play(&[
        direct("900", 5, "Nimbus Pay charged me twice, my order is zebra-4711, where is my refund?"),
        Post { id: "1", second: 6, text: BILLING, ..Post::default() }.line(),
    ]);
    assert_eq!(played.topics_with("zebra"), ["routed.finance"]);
    assert_eq!(
        played.told(),
        [
            "mentions mention 1 routed",
            "routed.finance item 1 billing S3 upsert",
            "routed.finance item 900 billing S3 upsert",
        ]
    );
    let items = played.json("routed.finance");
    let private = items.iter().find(|item| item["mention"]["native_id"] == "900").unwrap();
    assert_eq!((&private["route"]["public_response"], &private["route"]["also"]), (&"none".into(), &json!([])));
}

#[test]
fn an_edit_routes_again_with_a_higher_revision() {
    let edited = "Nimbus Cloud is down, nobody in the office can log in, error 503";
    let played = play(&[
        Post { id: "1", second: 5, text: BILLING, ..Post::default() }.line(),
        Post { id: "2", second: 65, text: edited, edit_of: Some("1"), ..Post::default() }.line(),
    ]);
    let (first, second) = (&played.json("routed.finance")[0], &played.json("routed.support"));
    let second = second.iter().find(|value| value["type"] == "groundswell.item.v1").unwrap();
    assert_eq!(first["item_id"], second["item_id"], "one item");
    assert_eq!(first["revision"], 0);
    assert!(second["revision"].as_u64() > Some(0), "{}", second["revision"]);
    assert_eq!((&first["route"]["team"], &second["route"]["team"]), (&"finance".into(), &"support".into()));
    let follow_up = played.json("routed.support").into_iter().find(|v| v["type"] == "groundswell.followup.v1").unwrap();
    assert_eq!(follow_up["item_id"], second["item_id"]);
    assert!(follow_up["revision"].as_u64() > second["revision"].as_u64(), "the later word is watch's");
    assert_eq!((played.count(Outcome::Routed), played.outcomes.total()), (2, 2));
}

#[test]
fn deletes_duplicates_own_voice_and_the_rest() {
    let ours = "Nimbus Pay works again. Sorry for the trouble!";
    let first = Post { id: "1", second: 5, text: BILLING, ..Post::default() }.line();
    let delete = json!({ "data": { "delete": { "tweet": { "id": "1", "author_id": "71" }, "event_at": time(9) } } });
    let played = play(&[
        first.clone(),
        Post { id: "2", second: 6, handle: "nimbushelp", followers: 48_000, text: ours, ..Post::default() }.line(),
        first.clone(),
        raw(Platform::X, "1", delete.to_string().as_bytes()),
        Post { id: "3", second: 8, text: "a walrus named Gustav took my seat", ..Post::default() }.line(),
        first,
    ]);
    assert_eq!(
        played.told(),
        ["mentions mention 1 routed", "mentions mention 2 noise own_voice", "routed.finance item 1 billing S3 upsert"]
    );
    for (outcome, count) in [
        (Outcome::Routed, 1),
        (Outcome::Noise, 1),
        (Outcome::Duplicate, 2),
        (Outcome::NotContent, 1),
        (Outcome::Unmatched, 1),
        (Outcome::DeadLetter, 0),
    ] {
        assert_eq!(played.count(outcome), count, "{outcome:?}");
    }
    assert!(played.topics_with("Gustav").is_empty(), "what nobody listens for is counted, not kept");
    let own = played.json("mentions").into_iter().find(|value| value["noise"] == "own_voice").unwrap();
    assert!(own.get("scores").is_none() && own.get("route").is_none(), "own voice is not scored");
}

const SYMPTOMS: [&str; 6] = [
    "Nimbus Cloud is down, nobody can log in",
    "is nimbus cloud down? error 503 on every device",
    "cannot sign in to Nimbus Cloud since a few minutes, outage?",
    "nimbus cloud login not working, error 503",
    "Nimbus Cloud outage again, the whole office is waiting",
    "locked out of Nimbus Cloud, login says service unavailable",
];

const PLACES: [&str; 10] = [
    "here in Oakport",
    "at our school",
    "on the ferry to Halden",
    "while the choir waits",
    "right before a deadline",
    "with a client on the phone",
    "at home and at work",
    "for my whole team",
    "since breakfast",
    "in every browser",
];

/// Three quiet hours of Nimbus Cloud, then 60 reports in three minutes, then twenty minutes of calm.
fn outage() -> Vec<RawRecord> {
    let mut lines = Vec::new();
    let mut put = |second: i64, text: String| {
        let (id, handle) = (format!("{}", 1_000 + lines.len()), format!("person{}", lines.len()));
        lines.push(Post { id: &id, second, handle: &handle, text: &text, ..Post::default() }.line());
    };
    for place in 0..150 {
        put(place * 72, format!("Nimbus Cloud sharing works nicely for our choir, part {place}"));
    }
    for (place, second) in (0..180).step_by(3).enumerate() {
        let (symptom, place) = (SYMPTOMS[place % SYMPTOMS.len()], PLACES[place / SYMPTOMS.len()]);
        put(10_800 + second, format!("{symptom} {place}"));
    }
    for place in 0..20 {
        put(11_000 + place * 60, format!("Nimbus Cloud sharing works nicely for our band, part {place}"));
    }
    lines
}

/// What an alert is to tell beside its kind: every event of these worlds.
fn check_evidence(alerts: &[AlertEvent]) {
    for alert in alerts {
        let chart = alert.chart.as_ref().expect("counts that led to it");
        assert_eq!(chart.counts.last().map(|count| *count as f64), Some(alert.observed), "the chart ends at the text");
        assert!(alert.examples.len() <= 3 && alert.terms.len() <= 5);
        let lasts = !alert.state.ends();
        let told = [alert.trend.is_some(), alert.confidence.is_some(), alert.resolves_when.is_some()];
        assert_eq!(told, [lasts; 3], "{:?}", alert.state);
        assert!(alert.headline.contains(&format!("{}", alert.observed)) || !lasts, "{}", alert.headline);
    }
}

#[test]
fn an_outage_tells_what_its_people_say() {
    let played = play(&outage());
    check_evidence(&played.alerts);
    let fullest = played.alerts.iter().max_by_key(|alert| alert.people).unwrap();
    assert!(fullest.terms.iter().any(|term| term == "error 503"), "{:?}", fullest.terms);
    assert!(
        fullest.terms.iter().all(|term| !term.contains("sharing") && !term.contains("choir")),
        "{:?}",
        fullest.terms
    );
    assert!(
        fullest.explain.iter().any(|line| line.starts_with("\u{201c}error 503\u{201d} is said by")),
        "{:?}",
        fullest.explain
    );
    assert!(fullest.nature == Some(Nature::SystemicIssue) && fullest.thread.is_none());
}

/// Three quiet hours, then 60 people answer one post within three minutes.
#[test]
fn a_post_that_goes_round_tells_its_thread() {
    let mut lines: Vec<RawRecord> = outage().into_iter().take(150).collect();
    for place in 0..60 {
        let (id, handle) = (format!("{}", 5_000 + place), format!("fan{place}"));
        let text = format!("haha nimbus cloud, this cat is number {place} in {}", PLACES[place % PLACES.len()]);
        let second = 10_800 + 3 * i64::try_from(place).unwrap();
        let answers = Some("4999");
        lines.push(
            Post { id: &id, second, handle: &handle, followers: 200, text: &text, answers, ..Post::default() }.line(),
        );
    }
    let played = play(&lines);
    check_evidence(&played.alerts);
    let opened = &played.alerts[0];
    assert_eq!((opened.kind.as_str(), opened.nature), ("viral", Some(Nature::IndividualGoesViral)));
    let thread = opened.thread.expect("its thread");
    assert!(thread.reach == 200 * thread.posts && thread.people.abs_diff(thread.posts) <= 1, "{thread:?}");
    let forecast = thread.forecast.expect("enough to say");
    assert!(forecast.low >= thread.posts as f64 - 1.0 && forecast.high >= forecast.predicted, "{thread:?}");
    assert!(opened.terms.iter().any(|term| term.contains("cat")), "{:?}", opened.terms);
}

/// Reports that watch attached or released, by follow-up action.
fn follow_ups(played: &Played, action: &str) -> Vec<Value> {
    played.json("routed.support").into_iter().filter(|value| value["action"] == action).collect()
}

#[test]
fn a_crowd_item_is_released_where_nothing_happens() {
    let played = play(&[
        Post { id: "1", second: 5, text: SYMPTOMS[0], ..Post::default() }.line(),
        Post { id: "2", second: 600, text: BILLING, ..Post::default() }.line(),
    ]);
    assert_eq!(
        played.told(),
        [
            "mentions mention 1 routed",
            "mentions mention 2 routed",
            "routed.finance item 2 billing S3 upsert",
            "routed.support followup 1 release upsert",
            "routed.support item 1 outage S2 pending",
        ]
    );
}

#[test]
fn a_crowd_is_one_incident_and_its_items_join_it() {
    let played = play(&outage());
    let states: Vec<AlertState> = played.alerts.iter().map(|alert| alert.state).collect();
    assert_eq!((states.first(), states.last()), (Some(&AlertState::Opened), Some(&AlertState::Resolved)));
    let opened = &played.alerts[0];
    assert_eq!((opened.kind.as_str(), opened.series["query"].as_str()), ("outage", "nimbus-cloud"));
    assert!(played.alerts.iter().all(|alert| alert.alert_id == opened.alert_id), "one event, one alert");
    assert_eq!(played.json("alerts").len(), played.alerts.len());
    assert_eq!(played.json("routed.engineering").len(), played.alerts.len(), "its team reads it too");

    let attached = follow_ups(&played, "attach");
    let (told, released): (Vec<_>, Vec<_>) =
        follow_ups(&played, "release").into_iter().partition(|value| value["incident_id"].is_string());
    let pending = played.json("routed.support").iter().filter(|v| v["ticket"]["action"] == "pending").count();
    assert_eq!(attached.len() + released.len(), pending, "each that waited is decided, once");
    assert!(attached.len() > 2 * released.len(), "{} attached, {} released", attached.len(), released.len());
    assert!(attached.iter().all(|value| value["incident_id"] == opened.incident_id.as_str()));
    assert!(attached.iter().all(|value| value["ticket"]["action"] == "none"), "no ticket of their own");
    assert_eq!(told.len(), attached.len(), "and each is told when it is over");
    assert!(
        told.iter()
            .all(|value| value["ticket"]["action"] == "none" && value["incident_id"] == opened.incident_id.as_str())
    );
}

#[test]
fn deliveries_that_repeat_do_not_count_twice() {
    let once = outage();
    // the first records make the clock of their partition: three that agree, be they the same
    let repeats = |place: usize| if place < 10 { 1 } else { 2 };
    let again = |(place, line): (usize, &RawRecord)| vec![line.clone(); repeats(place)];
    let twice: Vec<RawRecord> = once.iter().enumerate().flat_map(again).collect();
    let (once, twice) = (play(&once), play(&twice));
    assert!(once.alerts == twice.alerts, "the same alerts, number by number");
    assert_eq!(once.told(), twice.told());
    assert_eq!(twice.count(Outcome::Duplicate), once.outcomes.total() - 10);
}

#[test]
fn a_private_report_counts_and_is_never_shown() {
    let mut lines = outage();
    // Mastodon's clock has to move too, or it would hold watch back: it is a partition like any other
    for place in 0..150 {
        lines.push(direct(&format!("{}", 800 + place), place * 72, "a zebra on Nimbus Cloud"));
    }
    for place in 0..20 {
        lines.push(direct(&format!("{}", 960 + place), 10_800 + place * 9, "zebra: Nimbus Cloud is down, error 503"));
    }
    let played = play(&lines);
    assert!(!played.alerts.is_empty());
    let topics = played.topics_with("zebra");
    assert!(topics.iter().all(|topic| topic.starts_with("routed.")), "{topics:?}");
    for alert in &played.alerts {
        assert!(alert.examples.iter().all(|id| id.starts_with("x:")), "{:?}", alert.examples);
    }
    let with = played.alerts.iter().map(|alert| alert.platforms.get("mastodon").copied().unwrap_or(0)).max();
    assert!(with > Some(0), "they count");
}

/// A bad payload, and the reason it is dead-lettered for.
fn bad() -> Vec<(Platform, Vec<u8>, &'static str)> {
    let sound = Post { id: "5", second: 30, text: "zebra", ..Post::default() }.line().value;
    let sound = String::from_utf8(sound).unwrap();
    let on_x = vec![
        (sound.as_bytes()[..sound.len() / 2].to_vec(), "truncated"),
        (b"upstream connect error".to_vec(), "not_json"),
        ([sound.as_bytes(), b"\xff\xfe"].concat(), "not_utf8"),
        ([b"{\"data\":".to_vec(), b"[".repeat(300), b"]".repeat(300), b"}".to_vec()].concat(), "too_deep"),
        (sound.replace("\"zebra\"", "{\"a\":1}").into_bytes(), "wrong_type"),
        (sound.replace("2026-03-02T", "soonish").into_bytes(), "bad_time"),
        (b"{}".to_vec(), "empty"),
        (b"null".to_vec(), "wrong_type"),
        (b"7".to_vec(), "wrong_type"),
        (sound.replace("zebra", &"z".repeat(17 << 20)).into_bytes(), "too_large"),
    ];
    // a blank line keeps a stream of X open; elsewhere it is an empty payload
    let blank = (Platform::Mastodon, Vec::new(), "empty");
    on_x.into_iter().map(|(value, reason)| (Platform::X, value, reason)).chain([blank]).collect()
}

#[test]
fn bad_input_is_kept_untouched_with_its_reason_and_the_rest_goes_on() {
    let bad = bad();
    let mut lines = vec![Post { id: "1", second: 5, text: BILLING, ..Post::default() }.line()];
    let line =
        |(place, (platform, value, _)): (usize, &(Platform, Vec<u8>, _))| raw(*platform, &format!("bad{place}"), value);
    lines.extend(bad.iter().enumerate().map(line));
    lines.push(Post { id: "2", second: 60, handle: "ben", text: BILLING, ..Post::default() }.line());
    let played = play(&lines);
    assert_eq!(
        played.told(),
        [
            "mentions mention 1 routed",
            "mentions mention 2 routed",
            "routed.finance item 1 billing S3 upsert",
            "routed.finance item 2 billing S3 upsert",
        ]
    );
    assert_eq!(played.count(Outcome::DeadLetter), bad.len() as u64);
    for (place, (platform, value, reason)) in bad.iter().enumerate() {
        let key = format!("bad{place}");
        let found = played.outputs["dead-letter"].iter().find(|(found, ..)| found == key.as_bytes());
        let (_, kept, headers) = found.unwrap_or_else(|| panic!("{key} ({reason}) has no dead letter"));
        let header = |name: &str| {
            let name = format!("__groundswell.errors.{name}");
            headers.iter().find(|(found, _)| *found == name).map(|(_, value)| String::from_utf8(value.clone()).unwrap())
        };
        let says = |name: &str| header(name).unwrap_or_default();
        assert_eq!((says("reason").as_str(), says("stage").as_str()), (*reason, "normalize"), "{key}");
        let origin = (says("topic"), says("partition"), says("offset"));
        let offset = if *platform == Platform::X { place + 1 } else { 0 };
        assert_eq!(origin, (format!("social.raw.{platform}"), "0".to_owned(), offset.to_string()), "{key}");
        assert!(!says("detail").contains("zebra"), "no text of a payload in a header");
        if *reason == "too_large" {
            assert_eq!((kept.as_slice(), says("length")), (&value[..64 * 1024], value.len().to_string()));
            assert_eq!(says("sha256").len(), 64);
        } else {
            assert!(kept == value, "{key} ({reason}): the bytes as they came");
            assert_eq!(header("length"), None);
        }
    }
}
