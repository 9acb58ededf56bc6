//! Packs of many queries compiled and swapped while batches are decided: how long the longest batch took.

use arc_swap::ArcSwap;
use groundswell::config::pack::read_pack;
use groundswell::mention::{Platform, Timestamp};
use groundswell::rules::{self, Pack, SourceFile};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const BATCH: usize = 100;
const SWAPS: u64 = 6;

/// Decides batches without and with packs swapped between them, and prints the times of batches.
pub fn run(queries: &[String], texts: &[String]) {
    let begun = Instant::now();
    let first = Arc::new(pack(queries, 0));
    println!("a pack of {} queries is read and compiled in {:.2} s", queries.len(), begun.elapsed().as_secs_f64());
    let calm = decide(&ArcSwap::from(Arc::clone(&first)), texts, &AtomicBool::new(false), Duration::from_secs(8));
    calm.tell("without swaps");
    let (current, over) = (ArcSwap::from(first), AtomicBool::new(false));
    let swapped = std::thread::scope(|scope| {
        scope.spawn(|| {
            // packs are freed here, as `run` frees them off its workers
            let mut offered = vec![current.load_full()];
            for number in 1..=SWAPS {
                let pack = Arc::new(pack(queries, number));
                offered.push(Arc::clone(&pack));
                current.store(pack);
                offered.retain(|pack| Arc::strong_count(pack) > 1);
            }
            // time for a batch by the last one
            std::thread::sleep(Duration::from_secs(1));
            over.store(true, Ordering::Relaxed);
        });
        decide(&current, texts, &over, Duration::from_secs(300))
    });
    swapped.tell("while packs are compiled and swapped");
    assert_eq!(swapped.packs, SWAPS, "every pack was decided by");
    assert_eq!(swapped.decided, swapped.fed, "nothing is dropped");
}

/// Milliseconds of wall time.
struct Batches {
    all: Vec<f64>,
    /// Those that began with another pack.
    swapping: Vec<f64>,
    packs: u64,
    fed: u64,
    decided: u64,
}

impl Batches {
    fn tell(&self, name: &str) {
        let mut all = self.all.clone();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize];
        let (median, most, longest) = (at(0.5), at(0.99), at(1.0));
        println!(
            "{name}: {} batches of {BATCH}: median {median:.1} ms, 99 % {most:.1} ms, longest {longest:.1} ms; those that \
             began with another pack: {:.1?} ms; {} mentions fed, {} decided",
            all.len(),
            self.swapping,
            self.fed,
            self.decided
        );
    }
}

fn decide(current: &ArcSwap<Pack>, texts: &[String], over: &AtomicBool, most: Duration) -> Batches {
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 4,
        duplicate_window_records: 100_000,
    };
    let mut digest = current.load().digest.clone();
    let mut pipeline = LocalPipeline::new(&layout, current.load_full(), Model::shipped());
    let mut batches = Batches { all: Vec::new(), swapping: Vec::new(), packs: 0, fed: 0, decided: 0 };
    let begun = Instant::now();
    while begun.elapsed() < most && !over.load(Ordering::Relaxed) {
        let records: Vec<RawRecord> = (0..BATCH as u64).map(|n| record(batches.fed + n, texts)).collect();
        let batch_begun = Instant::now();
        let pack = current.load_full();
        let is_new = pack.digest != digest;
        if is_new {
            digest.clone_from(&pack.digest);
            pipeline.set_pack(&pack);
            batches.packs += 1;
        }
        pipeline.feed(records).unwrap();
        let took = batch_begun.elapsed().as_secs_f64() * 1e3;
        drop(pack);
        drop(pipeline.take_outputs());
        batches.fed += BATCH as u64;
        batches.all.push(took);
        if is_new {
            batches.swapping.push(took);
        }
    }
    batches.decided = pipeline.counts().0.total();
    batches
}

/// The default pack with these queries, and a query that makes it another one each time.
fn pack(queries: &[String], number: u64) -> Pack {
    let mut files = read_pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let text = format!("owner: comms\n\nqueries:\n  - {{id: number, about: n, watch: false, query: q{number}q}}\n");
    files.push(SourceFile::new("queries/number.yaml", text));
    // a file of a pack has at most so many nodes
    for (file, queries) in queries.chunks(10_000).enumerate() {
        let mut text = "owner: comms\n\nqueries:\n".to_owned();
        for (at, query) in queries.iter().enumerate() {
            writeln!(text, "  - {{id: made-{file}-{at}, about: made, watch: false, query: '{query}'}}").unwrap();
        }
        files.push(SourceFile::new(format!("queries/made-{file}.yaml"), text));
    }
    rules::load(&files, &[]).unwrap_or_else(|problems| panic!("{}", problems[0]))
}

pub fn record(number: u64, texts: &[String]) -> RawRecord {
    let (id, at) = ((20_000_000 + number).to_string(), 1_767_704_400_000_000 + number as i64 * 1_000);
    let text = &texts[number as usize % texts.len()];
    let value = json!({"id": id, "created_at": Timestamp::clamped(at).to_string(), "content": format!("<p>{text}</p>"),
        "uri": format!("https://social.example/{id}"), "url": format!("https://social.example/@a/{id}"),
        "visibility": "public", "language": "en", "account": {"id": id, "acct": "a", "username": "a"}});
    RawRecord { platform: Platform::Mastodon, key: b"a".to_vec(), value: serde_json::to_vec(&value).unwrap() }
}
