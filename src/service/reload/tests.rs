//! A folder that changes all the time, half of it to something that is no pack: what is decided is decided by one.

mod versions;

use super::*;
use crate::config::pack::read_pack;
use crate::mention::Platform;
use crate::score::Model;
use crate::service::local::{Layout, LocalPipeline, RawRecord};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use versions::{BRAND, decided_by, files, write, write_first};

/// Changes of the folder, unless `GROUNDSWELL_TEST_RELOADS` says another number.
const RELOADS: u64 = 1_000;

struct Scene {
    path: PathBuf,
    folder: Folder,
    wanted: ArcSwap<Pack>,
    metrics: Metrics,
}

impl Scene {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("groundswell-reload-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        write_first(&path);
        let pack = rules::load(&read_pack(&path).expect("a folder"), &[]).expect("a sound pack");
        let pack = Arc::new(pack);
        let folder = Folder::new(&path, Arc::clone(&pack));
        Self { path, folder, wanted: ArcSwap::new(pack), metrics: Metrics::new().expect("metrics") }
    }

    fn look(&mut self) -> String {
        self.folder.look(&self.wanted, &self.metrics);
        self.wanted.load().digest.clone()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[test]
fn half_a_pack_is_none() {
    let mut scene = Scene::new("half");
    let first = scene.look();
    let [matrix, triggers] = files(1);
    // each half is sound beside the other version's: only two looks tell that somebody is not done
    write(&scene.path, &[matrix]);
    assert_eq!(scene.look(), first);
    write(&scene.path, &[triggers]);
    assert_eq!(scene.look(), first);
    let second = scene.look();
    assert_ne!(second, first);
    write(&scene.path, &[("matrix.yaml", "owner: lead\nrows: [".to_owned())]);
    assert_eq!((scene.look(), scene.look(), scene.look()), (second.clone(), second.clone(), second.clone()));
    write(&scene.path, &files(1));
    assert_eq!((scene.look(), scene.folder.told.as_str()), (second, ""));
}

fn post(number: u64) -> RawRecord {
    let payload = json!({
        "id": (7_000_000 + number).to_string(), "uri": format!("https://kiosk.test/s/{number}"),
        "created_at": "2026-03-02T06:00:00.000Z", "visibility": "public", "language": "en",
        "content": format!("<p>{BRAND} post number {number}</p>"), "account": {"id": "9", "acct": "p"},
    });
    RawRecord { platform: Platform::Mastodon, key: b"k".to_vec(), value: payload.to_string().into_bytes() }
}

/// What was decided since this was last asked: by which digest, and which versions its files were of.
fn decided(pipeline: &mut LocalPipeline, items: &mut BTreeMap<String, BTreeSet<String>>) -> u64 {
    let mut count = 0;
    for (topic, records) in pipeline.take_outputs() {
        for record in records.iter().filter(|_| topic.contains("routed.")) {
            let item: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
            let (pack, of) = decided_by(&item);
            items.entry(pack).or_default().extend(of);
            count += 1;
        }
    }
    count
}

#[test]
fn a_folder_that_never_rests() {
    let reloads = std::env::var("GROUNDSWELL_TEST_RELOADS").ok().and_then(|n| n.parse().ok()).unwrap_or(RELOADS);
    let mut scene = Scene::new("restless");
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 1,
        duplicate_window_records: 100,
    };
    let mut pipeline = LocalPipeline::new(&layout, scene.wanted.load_full(), Model::shipped());
    let (mut items, mut count) = (BTreeMap::new(), 0);
    let mut packs = BTreeSet::from([scene.look()]);
    for number in 1..=reloads {
        let [matrix, triggers] = files(number);
        match number % 4 {
            // broken for good, until the next one
            0 => write(&scene.path, &[(matrix.0, matrix.1.replace("support", "nobody"))]),
            // only half there at the first look
            2 => {
                write(&scene.path, &[matrix]);
                scene.look();
                write(&scene.path, &[triggers]);
            }
            _ => write(&scene.path, &[matrix, triggers]),
        }
        scene.look();
        packs.insert(scene.look());
        pipeline.set_pack(&scene.wanted.load_full());
        pipeline.feed(vec![post(number)]).expect("decides");
        count += decided(&mut pipeline, &mut items);
    }
    assert_eq!(count, reloads, "an item is lost or there twice");
    assert_eq!(packs.len() as u64, 1 + reloads - reloads / 4, "each sound pack was taken, no other");
    let mixed: Vec<_> =
        items.iter().filter(|(digest, versions)| versions.len() != 1 || !packs.contains(*digest)).collect();
    assert!(mixed.is_empty(), "decided by a mixed pack: {mixed:?}");
    assert!(scene.folder.offered.len() < 5, "packs that nobody decides by are kept");
}
