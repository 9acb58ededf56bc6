//! What is changed of a pack for three days at most: checked like the pack, named in what it decides, over by itself, and
//! the same again in a replay.
#![allow(clippy::panic, clippy::unwrap_used)]

use clap::Parser as _;
use groundswell::alert::{AlertEvent, AlertKind};
use groundswell::cli::{self, Cli, Exit, Io};
use groundswell::mention::{Platform, Timestamp};
use groundswell::rules::{self, Pack, SourceFile};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A Tuesday, 13:00 UTC.
const START: i64 = 1_767_704_400;

fn time(at: i64) -> String {
    Timestamp::from_seconds(at).unwrap().to_string()
}

/// An entry that holds for these seconds after the start.
fn entry(id: &str, from: i64, until: i64, change: &str) -> String {
    let (from, until) = (time(START + from), time(START + until));
    format!(
        "  - id: {id}\n    author: duty-manager\n    reason: said at three\n    from: \"{from}\"\n    until: \"{until}\"\n    \
         {change}\n"
    )
}

fn files(overlay: &str) -> Vec<SourceFile> {
    let mut files = rules::shipped();
    if !overlay.is_empty() {
        files.push(SourceFile::new("overlay.yaml", overlay));
    }
    files
}

fn pack(entries: &str) -> Arc<Pack> {
    let overlay = if entries.is_empty() { String::new() } else { format!("owner: comms\nentries:\n{entries}") };
    Arc::new(rules::load(&files(&overlay), &[]).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

#[test]
fn a_fault_is_told_with_its_line_and_what_to_write() {
    let whole = |change: &str| format!("owner: comms\nentries:\n{}", entry("e", 0, 3_600, change));
    let good = whole("silence: {queries: [nimbus-pay]}");
    let cases = [
        (good.replace("    author: duty-manager\n", ""), 3, "lacks \"author\"", "add \"author: …\""),
        (good.replace("    reason: said at three\n", ""), 3, "lacks \"reason\"", "add \"reason: …\""),
        (good.replace("until:", "un:"), 7, "unknown key \"un\"", ""),
        (good.replace(&time(START + 3_600), "tomorrow"), 7, "\"until\" is no time", "2026-03-05T17:00:00Z"),
        (good.replace(&time(START + 3_600), &time(START)), 7, "it ends before it begins", "after \"from\""),
        (
            good.replace(&time(START + 3_600), &time(START + 72 * 3_600 + 1)),
            7,
            "at most 72 hours",
            &time(START + 72 * 3_600),
        ),
        (
            good.replace("duty-manager", "duty-manger"),
            4,
            "unknown team or contact \"duty-manger\"",
            "\"duty-manager\"?",
        ),
        (good.replace("nimbus-pay", "nimbus-pey"), 8, "unknown query \"nimbus-pey\"", "\"nimbus-pay\"?"),
        (whole("silence: {up_to: S1}"), 8, "a silence of everything", "name its"),
        (whole("watch: {query: 'nimbus AND ('}"), 8, "query \"e\": ", ""),
        (whole("watch: {query: nimbus, team: finanse}"), 8, "unknown team \"finanse\"", "\"finance\"?"),
        (whole("exclude: {query: nimbus-pay, term: 'a OR OR b'}"), 8, "query \"overlay:e\": ", ""),
        (whole("exclude: {query: nimbus-pay}"), 8, "lacks \"term\"", "add \"term: …\""),
        (whole("threshold: {query: nimbus-pay}"), 8, "changes nothing", "write floor"),
        (whole("threshold: {query: nimbus-pay, kind: outages, floor: 9}"), 8, "is no kind", "\"outage\"?"),
        (whole("until: x"), 8, "", ""),
        (
            good.replace("    silence: {queries: [nimbus-pay]}\n", ""),
            3,
            "changes one thing, this one 0",
            "write one of",
        ),
        (
            format!("{good}{}", entry("e", 0, 60, "silence: {kinds: [outage]}")),
            9,
            "overlay \"e\" is defined twice",
            "another id",
        ),
        (whole("watch: {query: nimbus}").replace("id: e", "id: nimbus-pay"), 3, "defined twice", "another id"),
    ];
    assert!(rules::load(&files(&good), &[]).is_ok());
    for (text, line, message, suggestion) in cases {
        let problems = rules::load(&files(&text), &[]).expect_err(&text);
        let ours: Vec<_> = problems.iter().filter(|problem| problem.path == "overlay.yaml").collect();
        let is_told = |problem: &&&rules::Problem| {
            problem.message.contains(message)
                && (message.is_empty() || problem.line == line)
                && problem.suggestion.as_deref().unwrap_or_default().contains(suggestion)
        };
        // of two queries of one name, either may be the second
        let elsewhere = problems.iter().any(|problem| message == "defined twice" && problem.message.contains(message));
        assert!(ours.iter().any(|problem| is_told(&problem)) || elsewhere, "{message}: {problems:#?}\n{text}");
    }
}

#[test]
fn what_has_ended_is_a_finding_and_nothing_else() {
    let pack = pack(&entry("e", 0, 3_600, "silence: {queries: [nimbus-pay]}"));
    let found = |after: i64| {
        let found = rules::overdue(&pack, Timestamp::from_seconds(START + after).unwrap());
        found.into_iter().filter(|finding| finding.problem.path == "overlay.yaml").collect::<Vec<_>>()
    };
    assert_eq!(found(3_599), []);
    let [past] = &found(3_600)[..] else { panic!("one: {:?}", found(3_600)) };
    assert_eq!((past.code, past.problem.line), ("past-overlay", 3));
    assert!(past.problem.suggestion.as_ref().unwrap().contains("overlay remove e"), "{past:?}");
    let covered = rules::Covered::default();
    let watched = self::pack(&entry("e", 0, 60, "watch: {query: zephyr}"));
    let untested = rules::untested(&watched, &covered);
    assert!(!untested.iter().any(|finding| finding.problem.path == "overlay.yaml"), "it needs no test: {untested:?}");
}

fn post(number: i64, at: i64, text: &str) -> RawRecord {
    let (id, author) = ((94_000_000 + number).to_string(), (600_000 + number).to_string());
    let value = json!({
        "data": {"id": id, "text": text, "author_id": author, "conversation_id": id, "lang": "en", "created_at": time(at),
            "edit_history_tweet_ids": [id]},
        "includes": {"users": [{"id": author, "name": format!("user{number}"), "username": format!("user{number}")}]}});
    RawRecord { platform: Platform::X, key: id.into_bytes(), value: value.to_string().into_bytes() }
}

/// Decides posts, so many at once; with another pack from that number of posts on.
fn decide(
    posts: &[RawRecord],
    at_once: usize,
    first: &Arc<Pack>,
    then: Option<(usize, &Arc<Pack>)>,
) -> BTreeMap<String, Vec<Value>> {
    let layout = Layout {
        members: [(Platform::X, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 2,
        duplicate_window_records: 10_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, Arc::clone(first), Model::shipped());
    let (before, after) = posts.split_at(then.map_or(posts.len(), |(number, _)| number));
    let feed = |pipeline: &mut LocalPipeline, posts: &[RawRecord]| {
        posts.chunks(at_once).for_each(|chunk| pipeline.feed(chunk.to_vec()).unwrap());
        pipeline.feed(Vec::new()).unwrap();
    };
    feed(&mut pipeline, before);
    if let Some((_, pack)) = then {
        pipeline.set_pack(pack);
    }
    feed(&mut pipeline, after);
    pipeline.finish().unwrap();
    let mut outputs = BTreeMap::new();
    for (topic, records) in pipeline.take_outputs() {
        let mut values: Vec<Value> =
            records.iter().filter_map(|record| serde_json::from_slice(record.value.as_deref()?).ok()).collect();
        values.sort_by_key(ToString::to_string);
        outputs.insert(topic, values);
    }
    outputs
}

/// Minutes of the posts that say this and were enriched, each with the rules that decided.
fn decided(outputs: &BTreeMap<String, Vec<Value>>, says: &str) -> BTreeMap<i64, String> {
    let said =
        outputs["social.mentions"].iter().filter(|value| value["mention"]["text"].as_str().unwrap().contains(says));
    let minute = |value: &Value| {
        let at: Timestamp = value["mention"]["created_at"].as_str().unwrap().parse().unwrap();
        (at.as_seconds() - START) / 60
    };
    said.map(|value| (minute(value), value["decision"].to_string())).collect()
}

#[test]
fn a_term_is_watched_or_excluded_for_its_time_and_named() {
    let exclude = |id: &str, query: &str, term: &str| {
        entry(id, 600, 1_200, &format!("exclude: {{query: {query}, term: '\"{term}\"'}}"))
    };
    let entries = entry("festival", 600, 1_200, "watch: {query: 'zephyrfest AND parking', team: comms}")
        + &exclude("tour", "nimbus-company", "on tour")
        + &exclude("stage", "nimbus-company", "main stage")
        + &exclude("stage-brand", "nimbus-brand", "main stage");
    let (plain, overlaid) = (pack(""), pack(&entries));
    assert_ne!(plain.digest, overlaid.digest, "its digest covers the overlay");
    // one of each kind in every minute of half an hour
    let texts = [
        "no parking left at zephyrfest",
        "nimbus on the main stage tonight",
        "nimbus is on tour tonight",
        "nimbus is fine today",
    ];
    let of_minute =
        |minute: i64| texts.iter().zip(0..).map(move |(text, n)| post(minute * 4 + n, START + minute * 60 + n, text));
    let posts: Vec<RawRecord> = (0..30).flat_map(of_minute).collect();
    let outputs = decide(&posts, 7, &overlaid, None);
    let parking = decided(&outputs, "parking");
    assert_eq!(parking.keys().copied().collect::<Vec<_>>(), (10..20).collect::<Vec<_>>(), "only while it is watched");
    assert!(parking.values().all(|decision| decision.contains("overlay:festival")), "{parking:?}");
    let reason = parking.values().next().unwrap();
    assert!(reason.contains("said at three") && reason.contains("duty-manager"), "by whose word and why: {reason}");
    let stage = decided(&outputs, "main stage");
    let expected: Vec<i64> = (0..10).chain(20..30).collect();
    assert_eq!(stage.keys().copied().collect::<Vec<_>>(), expected, "excluded for its time");
    assert!(stage.values().all(|decision| !decision.contains("overlay:")), "{stage:?}");
    let tour = decided(&outputs, "on tour");
    let named: Vec<i64> =
        tour.iter().filter(|(_, by)| by.contains("overlay:tour")).map(|(minute, _)| *minute).collect();
    assert_eq!((tour.len(), named), (30, (10..20).collect()), "another query of it matches all the same");
    let fine = decided(&outputs, "fine today");
    assert!(fine.len() == 30 && fine.values().all(|decision| !decision.contains("overlay:")), "{fine:?}");

    // the same records are decided the same again, whatever the transactions
    assert!(decide(&posts, 31, &overlaid, None) == outputs, "a replay differs");
    // added while it runs: what came before was decided without it
    let added = decide(&posts, 7, &plain, Some((60, &overlaid)));
    assert_eq!(decided(&added, "parking").keys().copied().collect::<Vec<_>>(), (15..20).collect::<Vec<_>>());
    let after = (15..20).all(|minute| !decided(&added, "main stage").contains_key(&minute));
    assert!(after && decided(&added, "main stage").contains_key(&12), "excluded from then on");
}

#[test]
fn before_and_after_its_time_nothing_is_read_otherwise() {
    // what a query of the pack asks for is no slip of a name: what is asked for a time must not change that
    let later = pack(&entry("later", 86_400, 90_000, "watch: {query: 'nimbuss AND sale'}"));
    let posts: Vec<RawRecord> =
        (0..3).map(|number| post(number, START + number * 60, "Nimbuss charged my card twice")).collect();
    let matches = |outputs: &BTreeMap<String, Vec<Value>>| -> Vec<Value> {
        outputs["social.mentions"].iter().map(|value| value["matches"].clone()).collect()
    };
    let plain = matches(&decide(&posts, 1, &pack(""), None));
    assert!(plain.len() == 3 && plain[0].to_string().contains("nimbus-company"), "{plain:?}");
    assert_eq!(matches(&decide(&posts, 1, &later, None)), plain);
}

/// Calm talk for three hours, then many who cannot log in for five minutes, then calm again.
fn outage() -> Vec<RawRecord> {
    let calm = ["Nimbus Pay works fine in our shop", "reading the Nimbus Pay docs over coffee"];
    let down = ["Nimbus Pay is down, cannot log in, error 503", "is Nimbus Pay down for everyone? login fails"];
    let begins = START + 3 * 3_600;
    let mut planned: Vec<(i64, &str)> =
        (START..begins + 3_600).step_by(40).map(|at| (at, calm[at as usize / 40 % 2])).collect();
    planned.extend((begins..begins + 300).step_by(4).map(|at| (at, down[at as usize / 4 % 2])));
    planned.sort_unstable();
    planned.iter().zip(0..).map(|((at, text), number)| post(number, *at, &format!("{text} {number}"))).collect()
}

/// The events of outages on Nimbus Pay.
fn alerts(entries: &str) -> Vec<AlertEvent> {
    let outputs = decide(&outage(), 50, &pack(entries), None);
    let events =
        outputs["social.alerts"].iter().map(|value| serde_json::from_value::<AlertEvent>(value.clone()).unwrap());
    events.filter(|event| event.kind == AlertKind::Outage && event.series["query"] == "nimbus-pay").collect()
}

#[test]
fn thresholds_and_silences_hold_for_their_time_and_are_named() {
    assert!(!alerts("").is_empty());
    let all_along = (3 * 3_600 - 600, 5 * 3_600);
    let high = "threshold: {query: nimbus-pay, floor: 100000}";
    assert_eq!(alerts(&entry("high", all_along.0, all_along.1, high)), [], "nothing is so loud");
    // over before it begins: as if it had not been
    let over = alerts(&entry("high", 0, 3 * 3_600 - 600, high));
    assert!(!over.is_empty());
    assert!(over.iter().all(|event| !event.explain.iter().any(|line| line.contains("overlay:"))), "{over:?}");
    let low =
        alerts(&entry("low", all_along.0, all_along.1, "threshold: {query: nimbus-pay, kind: outage, people: 4}"));
    let named = |event: &AlertEvent| event.explain.iter().any(|line| line.starts_with("overlay:low: other thresholds"));
    assert!(!low.is_empty() && low.iter().all(named), "{low:?}");
    let kept = alerts(&entry("hush", all_along.0, all_along.1, "silence: {queries: [nimbus-pay], up_to: S1}"));
    let by = kept
        .iter()
        .map(|event| event.suppressed.as_ref().map(|by| (by.id.as_str(), by.reason.contains("said at three"))));
    assert!(
        !kept.is_empty() && by.clone().all(|by| by == Some(("overlay:hush", true))),
        "{:?}",
        by.collect::<Vec<_>>()
    );
}

fn groundswell(arguments: &[&str]) -> (Exit, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once("groundswell").chain(arguments.iter().copied())).unwrap();
    let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let exit = cli::run(&cli, &mut io).unwrap();
    (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("groundswell-overlay-{}", std::process::id()));
    for file in rules::shipped() {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    folder
}

#[test]
fn the_command_writes_what_checks_clean_and_nothing_else() {
    let folder = folder();
    let rules = folder.to_str().unwrap();
    let text = || fs::read_to_string(folder.join("overlay.yaml")).unwrap_or_default();
    let add = |more: &[&str]| {
        let who = ["overlay", "add", "--rules", rules, "--author", "duty-manager", "--reason", "said: \"at three\" #1"];
        groundswell(&[&who[..], more].concat())
    };
    for change in [
        &["one", "--for", "24h", "--watch", "zephyrfest AND parking", "--team", "comms"][..],
        &["two", "--for", "90m", "--query", "nimbus-company", "--exclude", "\"main stage\" OR stages"],
        &["three", "--for", "72h", "--query", "nimbus-pay", "--kind", "outage", "--threshold", "floor=30", "ratio=2.5"],
        &["four", "--for", "2h", "--silence", "--query", "nimbus-pay", "--query", "nimbus-cloud", "--up-to", "S1"],
    ] {
        let (exit, out, err) = add(change);
        assert!(exit == Exit::Ok && out.contains("holds until"), "{change:?}: {out}{err}");
    }
    let written = text();
    let (exit, _, err) = add(&["five", "--for", "1h", "--watch", "nimbus AND ("]);
    assert!(exit == Exit::Findings && err.contains("overlay.yaml:") && err.contains("nothing was changed"), "{err}");
    let (exit, _, err) = add(&["five", "--for", "73h", "--watch", "zephyr"]);
    assert!(exit == Exit::Unusable && err.contains("at most 72h"), "{err}");
    let (exit, _, err) = add(&["one", "--for", "1h", "--watch", "zephyr"]);
    assert!(exit == Exit::Findings && err.contains("defined twice"), "{err}");
    assert_eq!(text(), written, "what is refused is not written");
    for missing in [&["--watch", "x"][..], &["--for", "1h"], &["--for", "1h", "--watch", "x", "--silence"]] {
        let who = ["groundswell", "overlay", "add", "five", "--author", "a", "--reason", "b"];
        assert!(Cli::try_parse_from([&who[..], missing].concat()).is_err(), "{missing:?}");
    }

    let (_, out, _) = groundswell(&["overlay", "list", "--rules", rules, "--format", "json"]);
    let listed: Value = serde_json::from_str(&out).unwrap();
    let ids: Vec<&str> =
        listed["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["one", "two", "three", "four"]);
    assert_eq!(
        (&listed["entries"][0]["state"], &listed["entries"][0]["reason"]),
        (&json!("holds"), &json!("said: \"at three\" #1"))
    );
    patches_mend(&folder, rules);

    for id in ["two", "four", "one", "three"] {
        assert!(text().contains(&format!("id: \"{id}\"")));
        let (exit, out, err) = groundswell(&["overlay", "remove", id, "--rules", rules]);
        assert!(exit == Exit::Ok && out.contains("is removed"), "{out}{err}");
        assert!(!text().contains(&format!("id: \"{id}\"")));
    }
    assert!(!folder.join("overlay.yaml").exists());
    let (exit, _, err) = groundswell(&["overlay", "remove", "two", "--rules", rules]);
    assert!(exit == Exit::Findings && err.contains("there is none"), "{err}");
    fs::remove_dir_all(&folder).unwrap();
}

/// What a patch says may be written where it says.
fn patches_mend(folder: &Path, rules: &str) {
    let patch = |id: &str| {
        let (exit, out, err) = groundswell(&["overlay", "patch", id, "--rules", rules]);
        assert_eq!(exit, Exit::Ok, "{err}");
        out
    };
    let yaml = |text: &str| {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect::<String>()
    };
    let watch = patch("one").replace("\"…\"", "zephyr");
    assert!(watch.contains("queries/one.yaml"), "{watch}");
    let kept = fs::read_to_string(folder.join("overlay.yaml")).unwrap();
    fs::remove_file(folder.join("overlay.yaml")).unwrap();
    fs::write(folder.join("queries/one.yaml"), yaml(&watch)).unwrap();
    let (exit, out, _) = groundswell(&["check", rules, "--today", "2026-03-03"]);
    assert_eq!(exit, Exit::Ok, "{out}\n{watch}");
    fs::remove_file(folder.join("queries/one.yaml")).unwrap();
    fs::write(folder.join("overlay.yaml"), kept).unwrap();
    let exclude = patch("two");
    assert!(exclude.contains("# queries/brand.yaml:29, query nimbus-company"), "{exclude}");
    assert!(exclude.contains(") NOT (\\\"main stage\\\" OR stages)\""), "{exclude}");
    assert!(
        patch("three").contains("  - {query: nimbus-pay, kind: outage, floor: 30, ratio: 2.5}\n"),
        "{}",
        patch("three")
    );
    let silence = patch("four");
    assert!(
        silence.contains("    queries: [nimbus-pay, nimbus-cloud]\n    up_to: S1\n    author: duty-manager\n"),
        "{silence}"
    );
}
