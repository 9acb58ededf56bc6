//! A week of feedback on ten thousand posts: every figure equals a recount in Python from the same topics.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/synthetic.rs"]
mod synthetic;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::Parser as _;
use groundswell::cli::{self, Cli, Exit, Io};
use serde_json::{Value, json};
use synthetic::Dice;

const POSTS: u64 = 10_000;
/// Monday, 2 March 2026, in seconds.
const MONDAY: i64 = 1_772_409_600;

fn groundswell(arguments: &[&str]) -> (Exit, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once("groundswell").chain(arguments.iter().copied())).unwrap();
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let exit = cli::run(&cli, &mut io).unwrap();
    (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// A status on Mastodon; one in four answers an earlier one.
fn status(number: u64, at: i64, dice: &mut Dice) -> String {
    let text = dice.pick(&[
        "Nimbus charged my card twice, I want a refund",
        "the Nimbus app crashes each time I open an invoice",
        "is Nimbus down for everyone?",
        "somebody pretends to be Nimbus support, a scam, they asked for my password",
        "what is the pricing of Nimbus for a team of ten?",
        "saw the Nimbus booth today",
        "moved from Altocloud to Nimbus Cloud, much better, I love it",
        "Altocloud is down again, Nimbus would not do that to us",
        "buy 10k followers now, cheap, nimbus promo code, click the link in my bio",
        "nimbus support was kind and quick, thank you",
    ]);
    let id = |number: u64| format!("{}", 114_000_000_000_000_000 + number);
    let parent = dice.once_in(4).then(|| id(number.saturating_sub(1 + dice.roll(3)).max(1)));
    json!({
        "id": id(number), "uri": format!("https://kiosk.example/statuses/{number}"), "created_at": time(at),
        "visibility": if dice.once_in(20) { "direct" } else { "public" }, "language": "en",
        "in_reply_to_id": parent, "content": format!("<p>{text} {}</p>", dice.roll(1_000)),
        "account": {"id": format!("{}", 7_000 + dice.roll(900)), "acct": format!("lea{}", dice.roll(900)), "followers_count": 10},
    })
    .to_string()
}

/// What people say of an item, in the order they say it; some words come twice, some out of order.
fn words(item: &Value, dice: &mut Dice, told: &mut Vec<String>) {
    let route = &item["route"];
    let posted: jiff::Timestamp = item["mention"]["created_at"].as_str().unwrap().parse().unwrap();
    let mut at = posted.as_second() + 30 + i64::try_from(dice.roll(1_800)).unwrap();
    let mut said = Vec::new();
    let mut say = |kind: &str, value: Value, at: i64, by: &str| {
        let id = format!("fb-{}-{}", item["item_id"].as_str().unwrap(), said.len());
        said.push(
            json!({"type": "groundswell.feedback.v1", "feedback_id": id, "about": item["item_id"], "kind": kind,
                "value": value, "by": by, "at": time(at)})
            .to_string(),
        );
    };
    let by = *dice.pick(&["ana", "bo", "chris"]);
    let claimed = !dice.once_in(5);
    if claimed {
        say("claimed", Value::Null, at, by);
    }
    if dice.once_in(3) {
        let right = *dice.pick(&["billing", "defect", "outage", "safety", "presales", "none"]);
        let right = if dice.once_in(4) { json!(right) } else { route["intent"].clone() };
        say("intent", right, at + 5, by);
    }
    if dice.once_in(6) {
        let team = *dice.pick(&["support", "finance", "comms"]);
        say("team", json!(team), at + 7, by);
    }
    if dice.once_in(8) {
        say("approval_requested", Value::Null, at + 20, by);
        say(if dice.once_in(4) { "rejected" } else { "approved" }, Value::Null, at + 200, "dana");
    }
    at += i64::try_from(dice.roll(9_000)).unwrap();
    if dice.once_in(2) {
        say("response_published", json!("r1"), at, by);
    }
    at += i64::try_from(dice.roll(4_000)).unwrap();
    if !dice.once_in(3) {
        say("resolved", Value::Null, at, by);
        if dice.once_in(9) {
            say("reopened", Value::Null, at + 100, by);
            say("resolved", Value::Null, at + 900, by);
        }
        if dice.once_in(4) {
            say("csat", json!(1 + dice.roll(5)), at + 1_000, "customer");
        }
    }
    if dice.once_in(10) {
        said.extend(said.first().cloned());
    }
    if dice.once_in(3) {
        said.reverse();
    }
    told.append(&mut said);
}

/// A follow-up that calls somebody: the next of the path, a deputy, or whose it is now that time has raised it. Its revision
/// comes after those of real ones.
fn call(item: &Value, dice: &mut Dice) -> Value {
    let mut call = json!({
        "type": "groundswell.followup.v1", "item_id": item["item_id"], "revision": item["revision"].as_u64().unwrap() + 12,
        "action": "escalate", "team": item["route"]["team"], "ticket": {"action": "upsert"}, "reasons": ["because"],
    });
    let step = json!({"party": "duty-manager", "number": 1});
    match dice.roll(3) {
        0 => call["step"] = step,
        1 => (call["step"], call["stands_in_for"]) = (step, json!("finance-lead")),
        _ => (call["severity"], call["case_id"]) = (json!("S2"), item["route"]["case_id"].clone()),
    }
    call
}

/// The posts of a week decided, and a file of feedback on them.
fn decided(folder: &PathBuf) -> String {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    let mut dice = Dice(41);
    let mut at = MONDAY - 3_600;
    let posts: Vec<String> = (1..=POSTS)
        .map(|number| {
            at += i64::try_from(dice.roll(120)).unwrap();
            status(number, at, &mut dice)
        })
        .collect();
    let input = folder.join("posts.ndjson");
    fs::write(&input, posts.join("\n")).unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let (input, output) = (input.to_str().unwrap(), folder.to_str().unwrap());
    let (exit, _, stderr) = groundswell(&["replay", "--rules", rules, "--input", input, "--output", output]);
    assert_eq!(exit, Exit::Ok, "{stderr}");
    let (mut told, mut called, mut luck) = (Vec::new(), Vec::new(), Dice(7));
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.to_str().unwrap().contains("social.routed.")) {
        for line in fs::read_to_string(file).unwrap().lines() {
            let item: Value = serde_json::from_str(line).unwrap();
            if item["type"] == "groundswell.item.v1" && dice.once_in(2) {
                words(&item, &mut dice, &mut told);
            }
            if item["type"] == "groundswell.item.v1" && luck.once_in(5) {
                called.push(call(&item, &mut luck).to_string());
            }
        }
    }
    // a replay has no ticks, by which somebody would be called
    fs::write(folder.join("social.routed.called.ndjson"), called.join("\n")).unwrap();
    let feedback = folder.join("said.jsonl");
    fs::write(&feedback, told.join("\n")).unwrap();
    feedback.to_str().unwrap().to_owned()
}

/// The same numbers, floats to the last digits.
fn same(ours: &Value, theirs: &Value, place: &str, differences: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(json!("missing"));
                same(&of(a), &of(b), &format!("{place}.{key}"), differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                same(a, b, &format!("{place}[{at}]"), differences);
            }
        }
        (Value::Number(a), Value::Number(b)) if (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9 => {}
        (a, b) if a == b => {}
        (a, b) => differences.push(format!("{place}: {a} is {b} by the recount")),
    }
}

#[test]
fn every_figure_of_a_week_equals_a_recount() {
    let folder = std::env::temp_dir().join(format!("groundswell-report-{}", std::process::id()));
    let feedback = decided(&folder);
    let (from, period) = (folder.to_str().unwrap(), ["2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z"]);
    let asked = ["report", "week", "--from", from, "--and", &feedback, "--since", period[0], "--until", period[1]];
    let (exit, ours, stderr) = groundswell(&[&asked[..], &["--format", "json"]].concat());
    assert_eq!(exit, Exit::Ok, "{stderr}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report_recount.py");
    let theirs = Command::new("python3").args([script, from, &feedback, period[0], period[1]]).output().unwrap();
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    let (ours, theirs) = (serde_json::from_str(&ours).unwrap(), serde_json::from_slice(&theirs.stdout).unwrap());
    let mut differences = Vec::new();
    same(&ours, &theirs, "report", &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // a recount of nothing would be equal too
    for figure in
        ["tags_agreed", "routed_right", "in_time", "without_escalation", "within_hour", "reopened", "closed_by_itself"]
    {
        let Value::Object(ratio) = &ours[figure] else { panic!("{figure} is missing") };
        let (part, whole) = (ratio["part"].as_u64().unwrap(), ratio["whole"].as_u64().unwrap());
        assert!(part > 20 && part < whole && whole > 200, "{figure}: {part} of {whole}");
    }
    assert!(ours["noise_filtered"]["part"].as_u64().unwrap() > 200, "{}", ours["noise_filtered"]);
    assert!(ours["responses"].as_array().unwrap().len() > 500);
    for figure in ["unanswered", "raised", "deputies"] {
        assert!(ours["called"][figure].as_u64().unwrap() > 20, "{figure}: {}", ours["called"]);
    }
    let voice = &ours["voice"];
    let (nimbus, altocloud) = (&voice["all"]["Nimbus"], &voice["all"]["Altocloud"]);
    assert_eq!((&nimbus["own"], &altocloud["own"]), (&json!(true), &json!(false)));
    let (share, less) = (nimbus["share"].as_f64().unwrap(), altocloud["share"].as_f64().unwrap());
    assert!(less > 0.05 && share > less && (share + less - 1.0).abs() < 1e-9, "{share} and {less}");
    assert!(nimbus["mentions"].as_u64() > voice["nimbus-cloud"]["Nimbus"]["mentions"].as_u64(), "{voice}");
    assert!(altocloud["mentions"].as_u64().unwrap() > 500 && altocloud["reach"].as_u64().unwrap() > 500, "{altocloud}");
    for (format, begins) in [("csv", "metric,of,value,count\r\n"), ("html", "<!doctype html>"), ("text", "What people")]
    {
        let (_, told, _) = groundswell(&[&asked[..], &["--format", format]].concat());
        assert!(told.starts_with(begins) && told.contains("in_time_ratio"), "{told}");
        assert!(told.contains("voice_share_ratio") && told.contains("all/Altocloud"), "{told}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn who_asks_for_what_is_not_there_is_told() {
    let folder = std::env::temp_dir().join(format!("groundswell-report-none-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (exit, _, stderr) = groundswell(&["report", "inc-0", "--from", folder.to_str().unwrap()]);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(exit, Exit::Findings);
    assert!(stderr.contains("no incident or alert \"inc-0\""), "{stderr}");
    assert!(Cli::try_parse_from(["groundswell", "report", "week", "--since", "Monday"]).is_err());
}
