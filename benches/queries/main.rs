//! How many texts a second the query engine matches on one core, at 1,000, 10,000 and 100,000 queries.
//!
//! ```text
//! cargo bench --bench queries -- [--texts FILE] [--seconds 3] [--lucene]
//! cargo bench --bench queries -- [--texts FILE] --swap
//! cargo bench --bench queries -- [--texts FILE] --brands
//! ```
//! The texts are NDJSON with a `t` (or `text`) each; by default `data/load/texts.ndjson` of the shared data
//! (`$GROUNDSWELL_SHARED` or `../shared`), ASCII ones only, lower case. The queries are made of the words of the texts:
//! AND, OR, NOT and phrases, seeded. Once with as many hits as come, once chosen so that a text has 2 ± 0.5 of them.
//! Every run counts its matches, and the count over the first texts is compared with a plain reading of the queries; a
//! difference ends the bench with code 1. One line of JSON for each run.
//!
//! With `--lucene`, Lucene's monitor (9.11.1, fetched by Maven) matches the same queries on the same texts in the same
//! run, once through; it must find as many, but for one in a thousand. Both rates are per second of the matching thread's
//! CPU time, without JIT and garbage collector for Lucene, so that a neighbour's load counts for neither.
//!
//! With `--swap`, packs of 100,000 queries are read, compiled and swapped one after the other by a second thread while
//! batches of mentions are decided, and the times of batches are told, without swaps and with.
//!
//! With `--brands`, the same texts are matched, and decided, without brands and with 1,000 of them.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod brands;
#[path = "../../tests/lucene/oracle.rs"]
mod oracle;
mod swap;
#[path = "../scoring/texts.rs"]
mod texts;

use groundswell::query::{Fields, QuerySet, Scratch};
use groundswell::text::Document;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Texts over which the matches are counted a second time.
const CHECKED_TEXTS: usize = 100;

fn main() {
    let asked = Asked::read();
    let texts = read_texts(&asked.texts);
    let words = Vocabulary::of(&texts);
    if asked.brands {
        return brands::run(&words.queries(1_000, 7), &texts);
    }
    if asked.swap {
        let queries: Vec<String> = words.queries(100_000, 7).iter().map(Made::text).collect();
        return swap::run(&queries, &texts);
    }
    for size in SIZES {
        let queries = words.queries(size, 7);
        let held = hold(&words, size, &texts);
        for (hits, queries) in [("as they come", &queries), ("2 per text", &held)] {
            let ours = run(hits, queries, &texts, asked.seconds);
            if asked.lucene {
                compare(&ours, queries, &texts);
            }
        }
    }
}

struct Asked {
    texts: PathBuf,
    seconds: f64,
    lucene: bool,
    swap: bool,
    brands: bool,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self { texts: texts::usual(), seconds: 3.0, lucene: false, swap: false, brands: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--texts" => asked.texts = arguments.next().unwrap().into(),
                "--seconds" => asked.seconds = arguments.next().unwrap().parse().unwrap(),
                "--swap" => asked.swap = true,
                "--brands" => asked.brands = true,
                "--lucene" => asked.lucene = true,
                // What cargo passes to every bench.
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        asked
    }
}

/// ASCII ones, in lower case, one line each for the oracle.
fn read_texts(path: &Path) -> Vec<String> {
    let plain = |text: String| text.to_lowercase().replace(|c: char| c.is_ascii_control(), " ");
    texts::read(path).into_iter().map(plain).filter(|text| text.is_ascii() && !text.is_empty()).collect()
}

/// Xorshift*: equal seeds, equal queries.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64).unwrap()
    }
}

/// A query as the bench knows it, for the second count.
#[derive(Clone)]
enum Made {
    All(Vec<String>),
    Any(Vec<String>),
    Except(String, String),
    Row(String, String),
    AllOfAny(String, String, String),
}

impl Made {
    fn text(&self) -> String {
        match self {
            Self::All(words) => words.join(" AND "),
            Self::Any(words) => words.join(" OR "),
            Self::Except(word, other) => format!("{word} NOT {other}"),
            Self::Row(one, two) => format!("\"{one} {two}\""),
            Self::AllOfAny(one, two, three) => format!("{one} AND ({two} OR {three})"),
        }
    }

    /// As the oracle reads it.
    fn postfix(&self) -> String {
        match self {
            Self::All(words) => format!("t:{}\tand:{}", words.join("\tt:"), words.len()),
            Self::Any(words) => format!("t:{}\tor:{}", words.join("\tt:"), words.len()),
            Self::Except(word, other) => format!("t:{word}\tt:{other}\tnot"),
            Self::Row(one, two) => format!("p:{one} {two}"),
            Self::AllOfAny(one, two, three) => format!("t:{one}\tt:{two}\tt:{three}\tor:2\tand:2"),
        }
    }

    fn holds(&self, words: &HashSet<&str>, rows: &HashSet<(&str, &str)>) -> bool {
        let has = |word: &String| words.contains(word.as_str());
        match self {
            Self::All(all) => all.iter().all(has),
            Self::Any(any) => any.iter().any(has),
            Self::Except(word, other) => has(word) && !has(other),
            Self::Row(one, two) => rows.contains(&(one.as_str(), two.as_str())),
            Self::AllOfAny(one, two, three) => has(one) && (has(two) || has(three)),
        }
    }
}

/// The words of the texts that are plain in the language, most frequent first.
struct Vocabulary {
    words: Vec<String>,
}

impl Vocabulary {
    fn of(texts: &[String]) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for text in texts {
            let document = Document::new(text);
            for token in document.tokens() {
                let word = document.token_text(token);
                if word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()) && !is_operator(word) {
                    *counts.entry(word.to_owned()).or_default() += 1;
                }
            }
        }
        let mut words: Vec<(String, usize)> = counts.into_iter().collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // What stands in every tenth text is nobody's keyword.
        let words = words.into_iter().skip(100).map(|(word, _)| word).collect();
        Self { words }
    }

    fn queries(&self, count: usize, seed: u64) -> Vec<Made> {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..count).map(|_| self.query(&mut random)).collect()
    }

    fn query(&self, random: &mut Random) -> Made {
        let mut word = || self.words[random.below(self.words.len())].clone();
        let (one, two, three) = (word(), word(), word());
        match random.below(5) {
            0 => Made::All(vec![one, two]),
            1 => Made::Any(vec![one, two]),
            2 => Made::Except(one, two),
            3 => Made::Row(one, two),
            _ => Made::AllOfAny(one, two, three),
        }
    }
}

fn is_operator(word: &str) -> bool {
    matches!(word, "and" | "or" | "not")
}

fn compile(queries: &[Made]) -> QuerySet {
    let texts: Vec<String> = queries.iter().map(Made::text).collect();
    QuerySet::compile(&texts).unwrap_or_else(|faults| panic!("{:?}", faults[0]))
}

/// Queries of which a text has two hits on average: of many, as many that hit as that takes, and others that do not.
fn hold(words: &Vocabulary, size: usize, texts: &[String]) -> Vec<Made> {
    let pool = words.queries(size * 2, 11);
    let set = compile(&pool);
    let mut hits = vec![0_usize; pool.len()];
    let (mut scratch, mut document) = (Scratch::default(), Document::default());
    for text in texts {
        document.read(text);
        for candidate in set.find(&document, &Fields::default(), &mut scratch) {
            hits[candidate.query as usize] += 1;
        }
    }
    let mut budget = texts.len() * 2;
    let mut held = Vec::with_capacity(size);
    for (query, hits) in pool.into_iter().zip(hits) {
        if hits <= budget && held.len() < size {
            budget -= hits;
            held.push(query);
        }
    }
    // Where the pool has too few that never hit, words that are nowhere stand in.
    for number in held.len()..size {
        held.push(Made::All(vec![format!("nowhere{number}"), words.words[number % words.words.len()].clone()]));
    }
    // A few hundred queries of rare words hit less than twice: frequent words make up for it.
    let mut frequent = words.words.iter();
    let mut place = size;
    while budget > texts.len() / 4 && place > size / 2 {
        let Some(word) = frequent.next() else { break };
        let set = compile(&[Made::Any(vec![word.clone()])]);
        let has = |text: &&String| !set.candidates(&Document::new(text), &Fields::default()).is_empty();
        let count = texts.iter().filter(has).count();
        if count <= budget {
            place -= 1;
            held[place] = Made::Any(vec![word.clone()]);
            budget -= count;
        }
    }
    held
}

/// What our run came to.
struct Ours {
    cpu_rate: f64,
    /// In all texts, once.
    matches: usize,
}

/// Lucene on the same queries and texts.
fn compare(ours: &Ours, queries: &[Made], texts: &[String]) {
    let postfix: Vec<String> = queries.iter().map(Made::postfix).collect();
    let (_, timing) = oracle::Oracle::compile().ask(&postfix, texts);
    let timing: serde_json::Value = serde_json::from_str(&timing).unwrap();
    let cpu_rate = texts.len() as f64 / timing["match_cpu_seconds"].as_f64().unwrap();
    println!("  Lucene: {timing}: {cpu_rate:.0} texts per CPU second; ours {:.1} times that", ours.cpu_rate / cpu_rate);
    // a word that is a part of a hashtag is found by ours only
    let theirs = usize::try_from(timing["hits"].as_u64().unwrap()).unwrap();
    if ours.matches.abs_diff(theirs) * 1_000 > theirs {
        eprintln!("Lucene finds {} matches, the engine {}", timing["hits"], ours.matches);
        std::process::exit(1);
    }
}

fn run(hits: &str, queries: &[Made], texts: &[String], seconds: f64) -> Ours {
    let begun = cpu_seconds();
    let mut compiled = None;
    let memory = allocation_counter::measure(|| compiled = Some(compile(queries)));
    let compile_seconds = cpu_seconds() - begun;
    let set = compiled.unwrap();
    check(&set, queries, texts);
    let (mut scratch, mut document) = (Scratch::default(), Document::default());
    let (mut read, mut matches, mut rounds) = (0_usize, 0_usize, 0_usize);
    let (begun, cpu_begun) = (Instant::now(), cpu_seconds());
    while rounds == 0 || begun.elapsed() < Duration::from_secs_f64(seconds) {
        for text in texts {
            document.read(text);
            matches += set.find(&document, &Fields::default(), &mut scratch).len();
        }
        read += texts.len();
        rounds += 1;
    }
    let rate = read as f64 / begun.elapsed().as_secs_f64();
    let cpu_rate = read as f64 / (cpu_seconds() - cpu_begun);
    let per_text = matches as f64 / read as f64;
    println!(
        "{{\"queries\":{},\"hits\":\"{hits}\",\"texts_per_second\":{rate:.0},\"texts_per_cpu_second\":{cpu_rate:.0},\"matches\":{},\"matches_per_text\":{per_text:.2},\
         \"compile_cpu_seconds\":{compile_seconds:.2},\"compiled_mib\":{},\"compile_peak_mib\":{},\"digest\":\"{}\"}}",
        set.len(),
        matches / rounds,
        memory.bytes_current >> 20,
        memory.bytes_max >> 20,
        set.digest(),
    );
    Ours { cpu_rate, matches: matches / rounds }
}

/// Compares the matches of the first texts with a plain reading of the queries.
fn check(set: &QuerySet, queries: &[Made], texts: &[String]) {
    let (mut found, mut expected) = (0, 0);
    let (mut scratch, mut document) = (Scratch::default(), Document::default());
    for text in texts.iter().take(CHECKED_TEXTS) {
        document.read(text);
        found += set.find(&document, &Fields::default(), &mut scratch).len();
        let tokens = document.tokens();
        let words: HashSet<&str> = tokens.iter().map(|token| document.token_text(token)).collect();
        let mut rows = HashSet::new();
        for token in tokens {
            let next =
                tokens.iter().filter(|next| next.position == token.position_end && next.position_end > next.position);
            rows.extend(next.map(|next| (document.token_text(token), document.token_text(next))));
        }
        expected += queries.iter().filter(|query| query.holds(&words, &rows)).count();
    }
    if found != expected {
        eprintln!("the engine finds {found} matches, a plain reading {expected}");
        std::process::exit(1);
    }
}

/// Time this thread has run: what the machine's other work does not change.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}
