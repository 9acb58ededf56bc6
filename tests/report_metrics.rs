//! The figures of a report and the metrics that count them while they happen agree, over one afternoon of posts and words.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/synthetic.rs"]
mod synthetic;

use clap::Parser as _;
use groundswell::cli::{self, Cli, Exit, Io};
use groundswell::log::Record;
use groundswell::mention::{Platform, Timestamp};
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use groundswell::service::triage::ClockPolicy;
use groundswell::telemetry::Metrics;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use synthetic::Dice;

/// Monday, 2 March 2026, 12:00 UTC.
const NOON: i64 = 1_772_452_800;
const POSTS: i64 = 500;
/// Everything is due long before.
const END: i64 = NOON + 20 * 86_400;

fn time(at: i64) -> String {
    Timestamp::from_seconds(at).unwrap().to_string()
}

fn post(number: i64, at: i64, text: &str) -> RawRecord {
    let (id, author) = ((93_000_000 + number).to_string(), (700_000 + number).to_string());
    let value = json!({
        "data": {"id": id, "text": text, "author_id": author, "conversation_id": id, "lang": "en", "created_at": time(at),
            "edit_history_tweet_ids": [id]},
        "includes": {"users": [{"id": author, "name": format!("user{number}"), "username": format!("user{number}")}]}});
    RawRecord { platform: Platform::X, key: id.into_bytes(), value: value.to_string().into_bytes() }
}

/// Half a minute apart, then some that only tell that time went on.
fn posts() -> Vec<(i64, RawRecord)> {
    let mut dice = Dice(5);
    let texts = [
        "Nimbus charged my card twice, I want a refund",
        "the Nimbus app crashes each time I open an invoice",
        "somebody pretends to be Nimbus support, a scam, they asked for my password",
        "what is the pricing of Nimbus for a team of ten?",
        "buy 10k followers now, cheap, nimbus promo code, click the link in my bio",
        "nimbus support was kind and quick, thank you",
    ];
    let talk = |number: i64| {
        let at = NOON + 30 * number;
        let text = format!("{} {}", dice.pick(&texts), dice.roll(100_000));
        (at, post(number, at, &text))
    };
    let mut posts: Vec<(i64, RawRecord)> = (0..POSTS).map(talk).collect();
    posts.extend((0..8).map(|number| (END + number, post(POSTS + number, END + number, "a walk in the park"))));
    posts
}

fn values(records: &[Record]) -> Vec<Value> {
    records.iter().filter_map(|record| serde_json::from_slice(record.value.as_deref()?).ok()).collect()
}

/// A log and all that was decided on it.
struct Run {
    pipeline: LocalPipeline,
    outputs: BTreeMap<String, Vec<Record>>,
}

impl Run {
    fn new() -> Self {
        let pack = Arc::new(rules::load(&rules::shipped(), &[]).unwrap_or_else(|problems| panic!("{problems:?}")));
        let layout = Layout {
            members: [(Platform::X, 0), (Platform::X, 1)].into(),
            raw_partitions: 2,
            signals_partitions: 3,
            duplicate_window_records: 10_000,
        };
        let wall = || Timestamp::clamped(0);
        let pipeline = LocalPipeline::hearing(&layout, 2, pack, Model::shipped(), ClockPolicy::Data, wall);
        Self { pipeline, outputs: BTreeMap::new() }
    }

    fn take(&mut self) {
        for (topic, records) in self.pipeline.take_outputs() {
            self.outputs.entry(topic).or_default().extend(records);
        }
    }

    /// Posts and words in the order of time.
    fn run(mut self, posts: &[(i64, RawRecord)], words: &[(i64, Value)]) -> Self {
        let mut words = words.iter().peekable();
        for chunk in posts.chunks(10) {
            let until = chunk.last().unwrap().0;
            let mut said = Vec::new();
            while let Some((_, word)) = words.next_if(|(at, _)| *at <= until) {
                said.push((word["about"].as_str().unwrap().into(), word.to_string().into_bytes()));
            }
            self.pipeline.say(said).unwrap();
            self.pipeline.feed(chunk.iter().map(|(_, post)| post.clone()).collect()).unwrap();
            self.take();
        }
        self.pipeline.finish().unwrap();
        self.take();
        self
    }
}

/// What people say of the items, in the order of time. Nobody takes a word back: counters only grow.
fn words(outputs: &BTreeMap<String, Vec<Record>>) -> Vec<(i64, Value)> {
    let (mut dice, mut words) = (Dice(8), Vec::new());
    let routed =
        outputs.iter().filter(|(topic, _)| topic.contains(".routed.")).flat_map(|(_, records)| values(records));
    for item in routed.filter(|value| value["type"] == "groundswell.item.v1") {
        let about = item["item_id"].as_str().unwrap();
        let posted: Timestamp = item["mention"]["created_at"].as_str().unwrap().parse().unwrap();
        let mut at = posted.as_seconds() + 200;
        let mut say = |kind: &str, value: Value, after: u64, dice: &mut Dice| {
            at += i64::try_from(1 + dice.roll(after)).unwrap();
            let id = format!("{about}-{kind}");
            let word = json!({"type": "groundswell.feedback.v1", "feedback_id": id, "about": about, "kind": kind,
                "value": value, "by": "ana", "at": time(at)});
            words.push((at, word));
        };
        if dice.once_in(5) {
            continue;
        }
        if dice.once_in(2) {
            say("claimed", Value::Null, 600, &mut dice);
        }
        if dice.once_in(3) {
            let right = dice.pick(&["billing", "defect", "none", "a matter of taste"]).to_string();
            let right = if dice.once_in(2) { right.into() } else { item["route"]["intent"].clone() };
            say("intent", right, 60, &mut dice);
        }
        if dice.once_in(6) {
            say("team", json!(dice.pick(&["support", "finance"])), 60, &mut dice);
        }
        if dice.once_in(3) {
            say("response_published", json!("r1"), 9_000, &mut dice);
        }
        if dice.once_in(2) {
            say("resolved", Value::Null, 4_000, &mut dice);
            if dice.once_in(4) {
                say("reopened", Value::Null, 600, &mut dice);
            }
            if dice.once_in(3) {
                say("csat", json!(1 + dice.roll(5)), 600, &mut dice);
            }
        }
    }
    words.extend((0..40).map(|number| {
        let (at, id) = (END + number / 8, format!("end-{number}"));
        let word =
            json!({"type": "groundswell.feedback.v1", "feedback_id": id, "about": id, "kind": "ack", "at": time(at)});
        (at, word)
    }));
    words.sort_by_key(|(at, _)| *at);
    words
}

/// `report week` over what stands in the topics.
fn report(outputs: &BTreeMap<String, Vec<Record>>, words: &[(i64, Value)]) -> Value {
    let folder = std::env::temp_dir().join(format!("groundswell-report-metrics-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let write = |path: &Path, values: Vec<Value>| {
        let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
        fs::write(path, lines).unwrap();
    };
    for (topic, records) in outputs.iter().filter(|(topic, _)| !topic.ends_with("clock")) {
        write(&folder.join(format!("{topic}.ndjson")), values(records));
    }
    let said = folder.join("said.jsonl");
    write(&said, words.iter().map(|(_, word)| word.clone()).collect());
    let period = [time(NOON), time(END - 86_400)];
    let asked = ["groundswell", "report", "week", "--from", folder.to_str().unwrap(), "--and", said.to_str().unwrap()];
    let asked = asked.into_iter().chain(["--since", &period[0], "--until", &period[1], "--format", "json"]);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let exit = cli::run(&Cli::try_parse_from(asked).unwrap(), &mut io).unwrap();
    assert_eq!(exit, Exit::Ok, "{}", String::from_utf8_lossy(&stderr));
    fs::remove_dir_all(&folder).unwrap();
    serde_json::from_slice(&stdout).unwrap()
}

/// Sum of a metric over its series that carry all of these labels.
fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
    let series = text.lines().filter_map(|line| {
        let (series, value) = line.strip_prefix("groundswell_")?.strip_prefix(name)?.rsplit_once(' ')?;
        let wanted = series.starts_with('{') && labels.iter().all(|label| series.contains(label.as_str()));
        wanted.then(|| value.parse::<f64>().unwrap())
    });
    series.sum()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_metrics_say_what_the_report_says() {
    let posts = posts();
    let words = words(&Run::new().run(&posts, &[]).outputs);
    let mut run = Run::new().run(&posts, &words);
    let metrics = Metrics::new().unwrap();
    run.pipeline.take_measured().iter().for_each(|measured| metrics.measure(measured));
    let (text, report) = (metrics.render(), report(&run.outputs, &words));
    let (outcomes, dead) = run.pipeline.counts();
    assert!(dead.is_empty(), "{dead:?}");

    let mut differences = Vec::new();
    let mut equal = |what: String, counted: f64, reported: &Value| {
        if (counted - number(reported)).abs() > 1e-6 {
            differences.push(format!("{what}: {counted} counted, {reported} reported"));
        }
    };
    for (queue, load) in report["load"].as_object().unwrap() {
        let (team, tier) = queue.split_once('/').unwrap();
        equal(queue.clone(), sum(&text, "queue_items_total", &[("team", team), ("tier", tier)]), &load["items"]);
    }
    for (decided, said) in report["confusion"].as_object().unwrap() {
        for (said, count) in said.as_object().unwrap() {
            let label = if said == "a matter of taste" { "other" } else { said };
            let counted = sum(&text, "intent_feedback_total", &[("decided", decided), ("said", label)]);
            equal(format!("{decided} → {said}"), counted, count);
        }
    }
    for (owner, ratio) in report["in_time_by_owner"].as_object().unwrap() {
        let (intent, team) = owner.split_once('/').unwrap();
        let labels = [("intent", intent), ("team", team)];
        equal(format!("tickets of {owner}"), sum(&text, "responses_total", &labels), &ratio["whole"]);
        let in_time = [labels[0], labels[1], ("result", "in_time")];
        equal(format!("in time of {owner}"), sum(&text, "responses_total", &in_time), &ratio["part"]);
    }
    let whole = |figure: &str| number(&report[figure]["whole"]);
    let missing = |figure: &str| json!(whole(figure) - number(&report[figure]["part"]));
    let satisfaction = &report["satisfaction"];
    for (what, counted, reported) in [
        ("noise", outcomes.get(groundswell::pipeline::Outcome::Noise) as f64, &report["noise_filtered"]["part"]),
        ("routed", sum(&text, "queue_items_total", &[]), &report["routed"]),
        ("taken up", sum(&text, "taken_up_items_total", &[]), &report["routed_right"]["whole"]),
        ("rerouted", sum(&text, "rerouted_items_total", &[]), &missing("routed_right")),
        (
            "within the hour",
            sum(&text, "first_response_seconds_bucket", &[("le", "3600")]),
            &report["within_hour"]["part"],
        ),
        ("agreed", sum(&text, "intent_feedback_total", &[("agrees", "yes")]), &report["tags_agreed"]["part"]),
        ("escalated", sum(&text, "escalated_items_total", &[]), &missing("without_escalation")),
        ("answers", sum(&text, "first_response_seconds_count", &[]), &report["first_response"]["count"]),
        ("handled", sum(&text, "handling_seconds_count", &[]), &report["handling"]["count"]),
        ("resolved", sum(&text, "resolved_items_total", &[]), &report["reopened"]["whole"]),
        ("reopened", sum(&text, "reopened_items_total", &[]), &report["reopened"]["part"]),
        ("by itself", sum(&text, "resolved_items_total", &[("claimed", "no")]), &report["closed_by_itself"]["part"]),
        ("claimed", sum(&text, "claimed_items_total", &[]), &report["reviewers"]["ana"]),
        ("ratings", sum(&text, "csat_rating_count", &[]), &satisfaction["ratings"]),
        (
            "satisfied",
            sum(&text, "csat_rating_count", &[]) - sum(&text, "csat_rating_bucket", &[("le", "3.99")]),
            &satisfaction["satisfied"]["part"],
        ),
    ] {
        equal(what.to_owned(), counted, reported);
        assert!(counted > 5.0, "{what} is hardly asked: {counted}");
    }
    let mean = sum(&text, "csat_rating_sum", &[]) / sum(&text, "csat_rating_count", &[]);
    equal("mean rating".to_owned(), mean, &satisfaction["mean"]);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for figure in ["tags_agreed", "in_time", "within_hour", "without_escalation"] {
        let (part, whole) = (number(&report[figure]["part"]), whole(figure));
        assert!(part > 5.0 && part < whole && whole > 50.0, "{figure}: {part} of {whole}");
    }
}
