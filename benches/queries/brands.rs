//! What finding 1,000 brands costs: matching, and deciding, the same texts without them and with them, in turns.

use super::{Made, Random, compile, swap};
use groundswell::config::pack::read_pack;
use groundswell::mention::Platform;
use groundswell::query::{Fields, QuerySet, Scratch};
use groundswell::rules::{self, Pack, SourceFile};
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline};
use groundswell::text::Document;
use groundswell::text::brands::{Brands, Listed, Memory};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const BRANDS: usize = 1_000;
const TEXTS: usize = 20_000;
const ROUNDS: usize = 5;
const BATCH: usize = 100;

/// Prints texts per second without and with brands, and their ratio; of several rounds the fastest of each counts.
pub fn run(queries: &[Made], texts: &[String]) {
    let texts = &texts[..texts.len().min(TEXTS)];
    let names = names();
    let set = compile(queries);
    let list: Vec<Listed> = names.iter().map(|name| Listed { brand: name.clone(), ..Listed::default() }).collect();
    let begun = Instant::now();
    let (none, all) = (Brands::default(), Brands::compile(&list, set.words()));
    println!("{BRANDS} brands compile in {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let set = &set;
    let matched = [&none, &all].map(|brands| move || find(set, brands, texts));
    tell("match, 1,000 queries", texts.len(), &matched);
    let packs = [pack(&[]), pack(&names)];
    let decided = packs.each_ref().map(|pack| move || decide(pack, texts));
    tell("triage, default pack", texts.len(), &decided);
}

/// Runs both in turns; each gives its seconds and what it found.
fn tell<F: Fn() -> (f64, usize)>(name: &str, texts: usize, both: &[F; 2]) {
    let mut best = [(f64::MAX, 0); 2];
    for _ in 0..ROUNDS {
        for (best, run) in best.iter_mut().zip(both) {
            let (seconds, found) = run();
            *best = (best.0.min(seconds), found);
        }
    }
    let [without, with] = best.map(|(seconds, _)| texts as f64 / seconds);
    println!(
        "{name}: {without:.0} texts/s without brands, {with:.0} with {BRANDS} ({} found): ratio {:.3}",
        best[1].1,
        with / without
    );
}

fn find(set: &QuerySet, brands: &Brands, texts: &[String]) -> (f64, usize) {
    let (mut document, mut memory, mut scratch) = (Document::default(), Memory::default(), Scratch::default());
    let (begun, mut found) = (Instant::now(), 0);
    for text in texts {
        document.read(text);
        let seen = brands.see(&document, &mut memory);
        found += seen.found().len();
        set.find(&document, &Fields { brands: seen, ..Fields::default() }, &mut scratch);
    }
    (begun.elapsed().as_secs_f64(), found)
}

fn decide(pack: &Arc<Pack>, texts: &[String]) -> (f64, usize) {
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 4,
        duplicate_window_records: 100_000,
    };
    let mut pipeline = LocalPipeline::new(&layout, Arc::clone(pack), Model::shipped());
    let mut records: Vec<_> = (0..texts.len() as u64).map(|number| swap::record(number, texts)).collect();
    let (begun, mut outputs) = (Instant::now(), 0);
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(BATCH));
        pipeline.feed(std::mem::replace(&mut records, rest)).unwrap();
        outputs += pipeline.take_outputs().len();
    }
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(pipeline.counts().0.total(), texts.len() as u64, "every text is decided");
    (took, outputs)
}

/// The default pack, with its own brands and these.
fn pack(names: &[String]) -> Arc<Pack> {
    let mut files = read_pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let brands: &mut SourceFile = files.iter_mut().find(|file| file.path == "brands.yaml").unwrap();
    let list = names.iter().fold(String::new(), |mut list, name| {
        writeln!(list, "  - {{name: {name}}}").unwrap();
        list
    });
    brands.text = brands.text.replacen("brands:\n", &format!("brands:\n{list}"), 1);
    Arc::new(rules::load(&files, &[]).unwrap_or_else(|problems| panic!("{}", problems[0])))
}

/// Names of two to four syllables, some of two words.
fn names() -> Vec<String> {
    const ONSETS: [&str; 16] = ["b", "br", "d", "f", "gl", "k", "l", "m", "n", "p", "qu", "r", "st", "t", "v", "z"];
    const RIMES: [&str; 12] = ["a", "an", "ela", "en", "ia", "ill", "o", "or", "u", "yx", "em", "oft"];
    let mut random = Random(0x6a09_e667);
    let mut names = std::collections::BTreeSet::new();
    while names.len() < BRANDS {
        let mut word = |syllables: usize| -> String {
            (0..syllables).map(|_| format!("{}{}", ONSETS[random.below(16)], RIMES[random.below(12)])).collect()
        };
        let (one, two) = (word(2 + names.len() % 3), word(2));
        let name = if names.len() % 5 == 0 { format!("{one} {two}") } else { one };
        if (5..=24).contains(&name.len()) {
            names.insert(name);
        }
    }
    names.into_iter().collect()
}
