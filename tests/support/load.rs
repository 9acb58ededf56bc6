//! Generated mentions with known events: lines of the load generator, the pack that watches its brands, and what the
//! local log makes of both. Needs the shared folder (`GROUNDSWELL_SHARED`, or `../shared`).

#![allow(clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use groundswell::config::pack::read_pack;
use groundswell::log::{Record, partition_for};
use groundswell::mention::Platform;
use groundswell::pipeline::Outcomes;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};

use super::equality::Outputs;

/// The shared folder, where it is there.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("GROUNDSWELL_SHARED").map_or(beside, PathBuf::from);
    shared.join("tools/gen_mentions.py").is_file().then_some(shared)
}

/// A number from the environment.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: not a number")))
}

/// One day of the generator.
pub struct Load {
    /// Its records, in order of arrival.
    pub records: Vec<RawRecord>,
    /// Names of the brands with an event, decoys included.
    pub brands: Vec<String>,
    /// `truth.json`.
    pub truth: serde_json::Value,
}

impl Load {
    /// About eleven hours of `count` mentions; none where the generator is not there, which is said.
    #[allow(clippy::print_stderr, reason = "who runs the tests must see what was not run")]
    pub fn generate(count: u64, seed: u64, folder: &Path) -> Option<Self> {
        let Some(shared) = shared() else {
            eprintln!("NOT RUN: the load generator is not here (set GROUNDSWELL_SHARED)");
            return None;
        };
        let (lines, truth) = (folder.join("mentions.ndjson"), folder.join("truth.json"));
        let rate = count as f64 / 40_000.0;
        let status = Command::new("python3")
            .arg(shared.join("tools/gen_mentions.py"))
            .args(["--n", &count.to_string(), "--rate", &rate.to_string(), "--seed", &seed.to_string(), "--keyed"])
            .arg("--out")
            .arg(&lines)
            .arg("--truth")
            .arg(&truth)
            .status()
            .unwrap();
        assert!(status.success(), "gen_mentions.py: {status}");
        let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
        let brands = truth["events"].as_array().unwrap().iter().filter_map(|event| event["brand"].as_str());
        let brands = brands.map(str::to_owned).collect();
        let text = std::fs::read(lines).unwrap();
        let records = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(keyed).collect();
        Some(Self { records, brands, truth })
    }

    /// The alert kinds that fit each event with a brand; none for decoys.
    pub fn events(&self) -> Vec<(&str, &str, f64)> {
        let events = self.truth["events"].as_array().unwrap().iter();
        let named = events.filter(|event| event["alert"] == true);
        named
            .map(|e| (e["type"].as_str().unwrap(), e["brand"].as_str().unwrap(), e["onset"].as_f64().unwrap()))
            .collect()
    }
}

/// Records by platform, as a producer wants them.
pub fn by_platform(records: &[RawRecord]) -> BTreeMap<Platform, Vec<super::Keyed>> {
    let mut platforms: BTreeMap<Platform, Vec<super::Keyed>> = BTreeMap::new();
    for RawRecord { platform, key, value } in records {
        platforms.entry(*platform).or_default().push((key.clone(), value.clone(), Vec::new()));
    }
    platforms
}

/// Splits `platform:key<TAB>payload`.
fn keyed(line: &[u8]) -> RawRecord {
    let tab = line.iter().position(|byte| *byte == b'\t').expect("every line is keyed");
    let (platform, key) = std::str::from_utf8(&line[..tab]).unwrap().split_once(':').expect("platform:key");
    RawRecord { platform: platform.parse().unwrap(), key: key.as_bytes().to_vec(), value: line[tab + 1..].to_vec() }
}

/// Writes the default pack with one watched query per brand.
pub fn write_pack(folder: &Path, brands: &[String]) {
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), folder);
    if brands.is_empty() {
        return;
    }
    let mut text = "owner: comms\n\nqueries:\n".to_owned();
    for brand in brands {
        writeln!(text, "  - id: {}\n    about: a brand of the load generator\n    watch: true", slug(brand)).unwrap();
        writeln!(text, "    query: '\"{brand}\"'").unwrap();
    }
    text.push_str("\ntests:\n");
    for brand in brands {
        writeln!(text, "  - name: {brand}\n    text: what is it with {brand} today").unwrap();
        writeln!(text, "    match: [{}]", slug(brand)).unwrap();
        writeln!(text, "  - name: not {brand}\n    text: nothing to see here\n    no_match: [{}]", slug(brand))
            .unwrap();
    }
    std::fs::write(folder.join("queries/brands.yaml"), text).unwrap();
}

/// A brand as a query's id.
pub fn slug(brand: &str) -> String {
    brand.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The pack of a folder.
pub fn load_pack(folder: &Path) -> Pack {
    rules::load(&read_pack(folder).unwrap(), &[]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What the local log makes of a load: the truth that a run on Kafka is held against.
pub struct Replayed {
    pub outputs: Outputs,
    pub outcomes: Outcomes,
    pub dead_letters: BTreeMap<String, u64>,
}

/// Raw partitions that get a record.
pub fn members(records: &[RawRecord], partitions: i32) -> BTreeSet<(Platform, i32)> {
    records.iter().map(|r| (r.platform, partition_for(&r.key, partitions))).collect()
}

/// As `groundswell replay --partitions N` does it, with keys and headers.
pub fn replay(records: &[RawRecord], pack: Pack, partitions: i32) -> Replayed {
    replay_with(records, members(records, partitions), Arc::new(pack), partitions)
}

/// The same with these raw partitions.
pub fn replay_with(
    records: &[RawRecord],
    members: BTreeSet<(Platform, i32)>,
    pack: Arc<Pack>,
    partitions: i32,
) -> Replayed {
    let layout =
        Layout { members, raw_partitions: partitions, signals_partitions: 16, duplicate_window_records: 100_000 };
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    let mut outputs = Outputs::new("social.");
    for chunk in records.chunks(5_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        take(&mut outputs, pipeline.take_outputs());
    }
    pipeline.finish().unwrap();
    take(&mut outputs, pipeline.take_outputs());
    let (outcomes, dead_letters) = pipeline.counts();
    Replayed { outputs, outcomes, dead_letters }
}

/// Adds what a local run has written since it was last asked.
pub fn take(outputs: &mut Outputs, topics: BTreeMap<String, Vec<Record>>) {
    for (topic, records) in topics {
        for record in records {
            outputs.add(&topic, record.key, record.value, record.headers);
        }
    }
}
