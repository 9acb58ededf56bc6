//! `groundswell train layer`: what people said back about a deployment's items becomes a layer on top of the model, with
//! figures before and after. Nothing learns by itself: this command writes a file, a person puts it into the pack.

use super::super::check::{self, Format};
use super::super::{Exit, Io};
use super::write;
use crate::config::pack::read_pack;
use crate::mention::Timestamp;
use crate::rules::Pack;
use crate::score::Model;
use crate::score::train::{ReadFeedback, ReadItem, TrainedLayer, join, train_layer};
use crate::wire::{ITEM_TYPE, MENTION_TYPE};
use anyhow::{Context as _, Result};
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

/// Learn a layer from corrections.
///
/// Feedback of kind `intent` (also `urgency` and `noise`) says which label is right; of kind `team`, with --rules, which
/// team is, where that team owns one intent. What is written puts the corrections right and leaves the rest as it is;
/// it is measured on corrections held back in turn, and not written where it does no good.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  groundswell train layer --items routed.ndjson --feedback feedback.ndjson --output rules/layer.bin\n\nExit codes: 0 written, 1 not written because nothing gets better (or some lines could not be read), 2 usage or environment."
)]
pub struct LayerArgs {
    /// Values of `social.routed.<team>` or, for what was taken for noise, of `social.mentions`, one a line; follow-ups and
    /// alerts among them are passed over. May be repeated.
    #[arg(long, required = true)]
    pub items: Vec<PathBuf>,
    /// Values of `social.feedback`, one a line. May be repeated.
    #[arg(long, required = true)]
    pub feedback: Vec<PathBuf>,
    /// Where to write the layer; as layer.bin in the folder of a pack it is part of the pack.
    #[arg(long, default_value = "layer.bin")]
    pub output: PathBuf,
    /// The pack whose matrix says which team owns which intent.
    #[arg(long)]
    pub rules: Option<PathBuf>,
    /// Equal items, feedback and seed give equal bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write it even where nothing gets better.
    #[arg(long)]
    pub force: bool,
    /// How to tell the figures.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `type` of feedback.
const FEEDBACK_TYPE: &str = "groundswell.feedback.v1";
/// Unreadable lines that are told one by one.
const LINES_TOLD: usize = 5;

/// Which value of a topic it is.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

/// What is read of a routed item.
#[derive(Deserialize)]
struct ItemLine {
    item_id: String,
    revision: u64,
    mention: MentionLine,
    #[serde(default)]
    redacted: Vec<String>,
}

#[derive(Deserialize)]
struct MentionLine {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct FeedbackLine {
    feedback_id: String,
    about: String,
    kind: String,
    #[serde(default)]
    value: Value,
    at: Timestamp,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be read or written, or the pack cannot be used.
pub fn run(args: &LayerArgs, io: &mut Io<'_>) -> Result<Exit> {
    let Some(owned) = owned_intents(args, io)? else { return Ok(Exit::Unusable) };
    let mut reading = Reading::default();
    let items: Vec<ItemLine> = reading.files(&args.items, &[ITEM_TYPE, MENTION_TYPE], io)?;
    let feedback: Vec<FeedbackLine> = reading.files(&args.feedback, &[FEEDBACK_TYPE], io)?;
    let item = |line: ItemLine| ReadItem {
        id: line.item_id,
        revision: line.revision,
        text: line.mention.text,
        redacted: !line.redacted.is_empty(),
    };
    let said = |line: FeedbackLine| ReadFeedback {
        id: line.feedback_id,
        about: line.about,
        kind: line.kind,
        // what is no text is no label: it is counted among those that are unknown
        value: line.value.as_str().map_or_else(|| line.value.to_string(), ToOwned::to_owned),
        at: line.at,
    };
    let joined = join(items.into_iter().map(item).collect(), feedback.into_iter().map(said).collect(), &owned);
    let TrainedLayer { layer, mut report } = train_layer(Model::shipped(), &joined, args.seed, args.force);
    if let Some(layer) = &layer {
        write(&args.output, &layer.to_bytes())?;
    }
    report["written"] = layer.as_ref().map(|_| args.output.display().to_string()).into();
    report["unreadable_lines"] = json!(reading.unreadable);
    report["other_values"] = json!(reading.others);
    match args.format {
        Format::Json => io.write_json(&report)?,
        Format::Text => io.stdout.write_all(page(&report).as_bytes())?,
    }
    Ok(if layer.is_some() && reading.unreadable == 0 { Exit::Ok } else { Exit::Findings })
}

/// Which intents the matrix gives to which team; nothing without a pack, none where the pack has problems.
fn owned_intents(args: &LayerArgs, io: &mut Io<'_>) -> Result<Option<BTreeMap<String, Vec<String>>>> {
    let Some(folder) = &args.rules else { return Ok(Some(BTreeMap::new())) };
    let files = read_pack(folder)?;
    let pack = check::load(&files, &[], io)?;
    if pack.is_none() {
        writeln!(io.stderr, "a pack with problems owns nothing: mend them first (groundswell check)")?;
    }
    Ok(pack.as_ref().map(owned))
}

fn owned(pack: &Pack) -> BTreeMap<String, Vec<String>> {
    let mut owned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &pack.matrix.rows {
        let intents = owned.entry(row.team.clone()).or_default();
        if !intents.contains(&row.intent) {
            intents.push(row.intent.clone());
        }
    }
    owned
}

/// Reads lines and counts those that cannot be used.
#[derive(Default)]
struct Reading {
    unreadable: usize,
    others: usize,
}

impl Reading {
    /// Every value of those types; other values are passed over, what is unreadable is told without its content.
    fn files<T: DeserializeOwned>(&mut self, files: &[PathBuf], wanted: &[&str], io: &mut Io<'_>) -> Result<Vec<T>> {
        let mut values = Vec::new();
        for path in files {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
                let line = line.with_context(|| format!("cannot read {}", path.display()))?;
                if line.trim_ascii().is_empty() {
                    continue;
                }
                match self.value(&line, wanted) {
                    Ok(value) => values.extend(value),
                    Err(error) => {
                        self.unreadable += 1;
                        if self.unreadable <= LINES_TOLD {
                            let place = format!("{}:{}", path.display(), number + 1);
                            writeln!(io.stderr, "{place}: no {} (column {})", wanted[0], error.column())?;
                        }
                    }
                }
            }
        }
        Ok(values)
    }

    fn value<T: DeserializeOwned>(&mut self, line: &[u8], wanted: &[&str]) -> Result<Option<T>, serde_json::Error> {
        let Kind { kind } = serde_json::from_slice(line)?;
        if kind.is_some_and(|kind| !wanted.contains(&kind.as_str())) {
            self.others += 1;
            return Ok(None);
        }
        serde_json::from_slice(line).map(Some)
    }
}

/// The report for people.
fn page(report: &Value) -> String {
    let mut page = Vec::new();
    let count = |part: &str, key: &str| report[part][key].as_u64().unwrap_or(0);
    let some = |part: &str, what: &[(&str, &str)]| {
        let told = what.iter().filter(|(key, _)| count(part, key) > 0);
        told.map(|(key, words)| format!("; {} {words}", count(part, key))).collect::<String>()
    };
    let items = [("older_revisions", "older revisions"), ("without_text", "without a text"), ("redacted", "redacted")];
    page.push(format!("Items       {}{}", count("items", "items"), some("items", &items)));
    let feedback = [
        ("other_kinds", "of other kinds"),
        ("repeated", "repeated"),
        ("overruled", "overruled by later ones"),
        ("unknown_items", "about unknown items"),
        ("unknown_labels", "with unknown labels"),
        ("unclear_teams", "with a team that owns no intent, or several"),
        ("without_text", "about items without a text"),
    ];
    let used = count("feedback", "used");
    page.push(format!("Feedback    {} read, {used} used{}", count("feedback", "read"), some("feedback", &feedback)));
    for (head, figures) in report["heads"].as_object().into_iter().flatten() {
        page_of_head(head, figures, &mut page);
    }
    page.push(match (report["written"].as_str(), used) {
        (Some(path), _) => format!(
            "Written     {path}: layer {} of {} rows, {} bytes, on model {}",
            report["layer"].as_str().unwrap_or_default(),
            report["rows"],
            report["bytes"],
            report["model"].as_str().unwrap_or_default()
        ),
        (None, 0) => "Not written: no feedback corrects an item that was given".to_owned(),
        (None, _) => "Not written: nothing gets better beyond doubt; correct more, or answer for those that would \
                      change, or write it with --force"
            .to_owned(),
    });
    page.push(String::new());
    page.join("\n")
}

fn page_of_head(head: &str, figures: &Value, page: &mut Vec<String>) {
    let number = |place: &str| figures.pointer(place).and_then(Value::as_f64).unwrap_or(0.0);
    page.push(format!(
        "{head:<12}{} corrections, {} confirmations; held back in turn: {} put right, {} made wrong; {}",
        figures["corrections"],
        figures["confirmations"],
        figures["put_right"],
        figures["made_wrong"],
        if figures["kept"] == true { "kept" } else { "left out" }
    ));
    page.push("                       before  after".to_owned());
    for (name, place) in [("accuracy", "accuracy"), ("macro-F1", "macro_f1")] {
        let (before, after) = (number(&format!("/before/{place}")), number(&format!("/after/{place}")));
        page.push(format!("  {name:<20} {before:>6.3} {after:>6.3}"));
    }
    for label in figures["before"]["labels"].as_object().into_iter().flat_map(|labels| labels.keys()) {
        let f1 = |when: &str| number(&format!("/{when}/labels/{label}/f1"));
        page.push(format!("  F1 {label:<17} {:>6.3} {:>6.3}", f1("before"), f1("after")));
    }
    let (items, change) = (&figures["uncorrected"]["items"], &figures["uncorrected"]["change"]);
    page.push(format!("  of {items} that nobody corrected, {change} change"));
    for one in figures["uncorrected"]["examples"].as_array().into_iter().flatten() {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        page.push(format!("    {}: {} becomes {}", text("item_id"), text("from"), text("to")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::cli::score::{ScoreArgs, run as score};
    use std::fs;

    const OPENINGS: [&str; 8] =
        ["got", "seeing", "again", "hello,", "ugh", "since this morning", "here in Leeds", "why do I get"];
    const ENDINGS: [&str; 5] = ["on the tablet", "when I open it", "and nothing else", "every time", "for an hour now"];

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("groundswell-layer-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("scratch");
        let item = |n: usize, text: String| {
            json!({"type": ITEM_TYPE, "item_id": format!("item-{n}"), "revision": 16, "mention": {"text": text}, "route": {}}).to_string()
        };
        let mut items: Vec<String> =
            (0..40).map(|n| item(n, format!("{} the wheel of doom {}", OPENINGS[n % 8], ENDINGS[n / 8]))).collect();
        items.extend((0..20).map(|n| item(40 + n, format!("lovely weather today {}", ENDINGS[n % 5]))));
        items.push(json!({"type": ITEM_TYPE, "item_id": "gone", "revision": 16, "mention": {}}).to_string());
        items.push(json!({"type": "groundswell.followup.v1", "item_id": "item-1"}).to_string());
        fs::write(folder.join("items.ndjson"), items.join("\n")).expect("written");
        let said = |n: usize, about: &str, kind: &str, value: &str| {
            json!({"type": FEEDBACK_TYPE, "feedback_id": format!("f{n}"), "about": about, "kind": kind, "value": value, "by": "ana", "at": "2026-03-03T12:00:00Z"}).to_string()
        };
        let mut feedback: Vec<String> = (0..24).map(|n| said(n, &format!("item-{n}"), "intent", "presales")).collect();
        feedback.push(said(90, "alert-1", "ack", ""));
        feedback.push(said(91, "nobody", "intent", "outage"));
        feedback.push(said(92, "item-30", "intent", "dooom"));
        feedback.push(said(93, "gone", "intent", "outage"));
        feedback.push(said(94, "item-31", "team", "platform"));
        fs::write(folder.join("feedback.ndjson"), feedback.join("\n")).expect("written");
        folder
    }

    fn run_in(folder: &std::path::Path, change: impl Fn(&mut LayerArgs)) -> (Exit, String, String) {
        let mut args = LayerArgs {
            items: vec![folder.join("items.ndjson")],
            feedback: vec![folder.join("feedback.ndjson")],
            output: folder.join("layer.bin"),
            rules: None,
            seed: 1,
            force: false,
            format: Format::Json,
        };
        change(&mut args);
        with_io("", |io| run(&args, io))
    }

    fn with_io(input: &str, act: impl FnOnce(&mut Io<'_>) -> Result<Exit>) -> (Exit, String, String) {
        let (mut stdin, mut out, mut err) = (input.as_bytes(), Vec::new(), Vec::new());
        let exit = act(&mut Io { stdin: &mut stdin, stdout: &mut out, stderr: &mut err }).expect("runs");
        (exit, String::from_utf8(out).expect("UTF-8"), String::from_utf8(err).expect("UTF-8"))
    }

    #[test]
    fn a_layer_is_written_told_and_used() {
        let folder = scratch("used");
        let (exit, out, err) = run_in(&folder, |_| {});
        assert_eq!((exit, err.as_str()), (Exit::Ok, ""), "{out}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(report["items"], json!({"items": 61, "older_revisions": 0, "without_text": 1, "redacted": 0}));
        assert_eq!(report["other_values"], 1);
        for (what, count) in [
            ("read", 29),
            ("used", 24),
            ("other_kinds", 1),
            ("unknown_items", 1),
            ("unknown_labels", 1),
            ("unclear_teams", 1),
            ("without_text", 1),
        ] {
            assert_eq!(report["feedback"][what], count, "{what}: {report}");
        }
        let first = fs::read(folder.join("layer.bin")).expect("written");
        let (_, page, _) = run_in(&folder, |args| args.format = Format::Text);
        assert!(page.contains("before  after") && page.contains("Written     "), "{page}");
        assert_eq!(fs::read(folder.join("layer.bin")).expect("written"), first);
        let args = ScoreArgs { rules: None, heads: Vec::new(), layer: Some(folder.join("layer.bin")) };
        let line = "{\"id\":1,\"text\":\"ugh, got the wheel of doom and nothing else when I open it\"}\n";
        let (_, answer, _) = with_io(line, |io| score(&args, io));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["intents"][0]["id"], "presales");
        fs::remove_dir_all(folder).expect("removed");
    }

    fn command(arguments: &[&str], input: &str) -> (Exit, String, String) {
        let cli = <Cli as clap::Parser>::try_parse_from([&["groundswell"], arguments].concat()).expect("arguments");
        with_io(input, |io| crate::cli::run(&cli, io))
    }

    #[test]
    fn a_pack_with_a_layer_and_a_head_uses_both() {
        let folder = scratch("pack");
        for file in crate::rules::shipped() {
            let path = folder.join("rules").join(&file.path);
            fs::create_dir_all(path.parent().expect("has one")).expect("folder");
            fs::write(path, &file.text).expect("written");
        }
        let pack = folder.join("rules");
        fs::create_dir_all(pack.join("heads")).expect("folder");
        let rows = (0..40).map(|n| ["lawn and hedge\tgarden\n", "oven and pan\tkitchen\n"][n % 2]);
        let table = format!("text\tdesk\n{}", rows.collect::<String>());
        let head = crate::score::train::train_head(&table, "text", "desk", 1).expect("trains").head;
        fs::write(pack.join("heads/desk.head"), head.to_bytes()).expect("written");
        let trigger = "owner: comms\ntriggers:\n  - {id: garden-desk, when: {heads: {desk: {garden: 0.6}}}, severity: S2, tier: human}\n\
            tests:\n  - {text: Nimbus sold me a lawn and a hedge, heads: {desk: garden}, route: {rules: [\"tier:garden-desk\"]}}\n";
        fs::write(pack.join("intents/desk.yaml"), trigger).expect("written");
        let (exit, _, _) = run_in(&folder, |args| args.output = pack.join("layer.bin"));
        assert_eq!(exit, Exit::Ok);
        let rules = pack.to_str().expect("UTF-8");
        let (exit, out, err) = command(&["check", rules], "");
        assert!(exit == Exit::Ok && out.contains(", heads desk, layer "), "{out}{err}");
        let (exit, out, err) = command(&["test", rules], "");
        assert_eq!(exit, Exit::Ok, "{out}{err}");
        let text = "again the wheel of doom on my lawn and hedge";
        let (_, out, _) = command(&["score", "--rules", rules], &format!("{}\n", json!({"id": 1, "text": text})));
        let answer: crate::score::Scores = serde_json::from_str(&out).expect("scores");
        assert_eq!(answer.heads["desk"].label, "garden");
        let presales =
            |scores: &crate::score::Scores| scores.intents.iter().find(|i| i.id == "presales").map(|i| i.probability);
        assert!(presales(&answer) > presales(&Model::shipped().score(text, None)), "{out}");
        let post = json!({"id": "112", "uri": "https://k.example/users/lea/statuses/112", "created_at": "2026-03-03T12:00:00Z",
            "visibility": "public", "account": {"id": "7", "acct": "lea"},
            "content": "<p>Nimbus shows the wheel of doom again, for an hour now, call me on +44 20 7946 0958</p>"});
        let (_, out, _) = command(&["explain", "--rules", rules, "--format", "json"], &post.to_string());
        let item: Value = serde_json::from_str(&out).expect("JSON");
        let layer = fs::read(pack.join("layer.bin")).expect("written");
        let layer = crate::score::Layer::parse(&layer).expect("a layer");
        assert_eq!(item["decision"]["layer"], layer.digest());
        let told = item["decision"]["explain"].as_array().expect("told");
        let sum: f64 = told.iter().filter_map(|part| part["weight"].as_f64()).sum();
        let p = |n: usize| item["scores"]["intents"][n]["probability"].as_f64().expect("a number");
        assert!((sum - (p(0) / p(1)).ln()).abs() < 2e-4 + 1e-4 / p(1), "{told:?}");
        assert!(serde_json::to_string(told).expect("JSON").len() <= crate::route::EXPLAIN_BYTES_MAX);
        fs::write(pack.join("heads/desk.head"), b"gshead02").expect("written");
        let (exit, out, _) = command(&["check", rules], "");
        assert!(exit == Exit::Findings && out.contains("head \"desk\": head has the wrong length"), "{out}");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_does_no_good_or_cannot_be_read_is_told() {
        let folder = scratch("refused");
        let labels = ["billing", "safety", "presales", "reputation", "defect", "none"];
        let said = |n: usize| {
            json!({"type": FEEDBACK_TYPE, "feedback_id": format!("f{n}"), "about": format!("item-{n}"), "kind": "intent",
                "value": labels[(n * n + n / 5) % 6], "by": "ana", "at": "2026-03-03T12:00:00Z"})
            .to_string()
        };
        let feedback: Vec<String> = (40..60).map(said).chain(["nonsense of ana@example.com".to_owned()]).collect();
        fs::write(folder.join("feedback.ndjson"), feedback.join("\n")).expect("written");
        let (exit, out, err) = run_in(&folder, |args| args.format = Format::Text);
        assert_eq!(exit, Exit::Findings);
        assert!(out.contains("Not written: nothing gets better") && !folder.join("layer.bin").exists(), "{out}");
        assert!(err.contains("feedback.ndjson:21: no groundswell.feedback.v1") && !err.contains("ana"), "{err}");
        let (_, out, _) = run_in(&folder, |args| args.force = true);
        assert!(folder.join("layer.bin").exists(), "{out}");
        fs::remove_dir_all(folder).expect("removed");
    }
}
