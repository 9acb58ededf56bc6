//! How many texts a second are scored on one core, all heads: answered by the heads alone, which is what others do of
//! one head, and as `groundswell score` does: read, scored, explained, clustered, written; how long a text takes at most;
//! and what texts cost that are made to be slow.
//!
//! ```text
//! taskset -c 1 cargo bench --bench scoring -- [--texts FILE] [--rounds 5] [--vader] [--answers]
//! ```
//! The texts are NDJSON with a `t` (or `text`) each; by default `data/load/texts.ndjson` of the shared data
//! (`$GROUNDSWELL_SHARED` or `../shared`). Rates are per second of the thread's CPU time, of the best round, and each
//! text's time is that of its fastest round, as a neighbour's load only ever slows one down. A round whose answers
//! differ from those of the first ends the bench with code 1; `--answers` writes them to standard output instead.
//!
//! With `--vader`, VADER (`pip install vaderSentiment`) and both its crates (`peers`, built by itself) score the same
//! texts between the rounds. They read no JSON, explain nothing and write nothing, as our heads alone.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod texts;

use groundswell::score::{Additions, Model, Scratch};
use groundswell::text::near::Near;
use groundswell::wire::write_scores;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Instant;
use xxhash_rust::xxh3::Xxh3Default;

/// Bytes of a text that is made to be slow.
const SLOW_BYTES: usize = 100_000;

fn main() {
    let asked = Asked::read();
    let texts = texts::read(&asked.texts);
    if asked.answers {
        Round::of(&texts, |answer| std::io::stdout().write_all(answer).unwrap());
        return;
    }
    let (mut best, mut peers) = (Round::hashed(&texts), BTreeMap::new());
    let mut heads = heads_seconds(&texts);
    for _ in 1..asked.rounds {
        heads = heads.min(heads_seconds(&texts));
        let round = Round::hashed(&texts);
        if round.digest != best.digest {
            eprintln!("the answers of two rounds differ");
            std::process::exit(1);
        }
        best.keep_fastest(&round);
        if asked.vader {
            time_peers(&texts, &mut peers);
        }
    }
    best.tell(&texts, heads);
    for (name, seconds) in peers {
        let rate = texts.len() as f64 / seconds;
        let (alone, whole) = (seconds / heads, seconds / best.cpu_seconds);
        println!(
            "  {name}: {rate:.0} texts per CPU second; our heads {alone:.1} times that, the whole command {whole:.1}"
        );
    }
    tell_slow(&texts, asked.rounds);
}

struct Asked {
    texts: PathBuf,
    rounds: usize,
    vader: bool,
    answers: bool,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self { texts: texts::usual(), rounds: 5, vader: false, answers: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--texts" => asked.texts = arguments.next().unwrap().into(),
                "--rounds" => asked.rounds = arguments.next().unwrap().parse().unwrap(),
                "--vader" => asked.vader = true,
                "--answers" => asked.answers = true,
                // What cargo passes to every bench.
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        asked
    }
}

/// Once through the texts.
struct Round {
    cpu_seconds: f64,
    /// Of each text.
    nanoseconds: Vec<u64>,
    digest: u64,
}

impl Round {
    fn hashed(texts: &[String]) -> Self {
        let mut hash = Xxh3Default::new();
        let mut round = Self::of(texts, |answer| hash.update(answer));
        round.digest = hash.digest();
        round
    }

    /// Scores the texts as a stream, from lines of JSON to lines of JSON, in memory of its own.
    fn of(texts: &[String], mut keep: impl FnMut(&[u8])) -> Self {
        let lines: Vec<String> = texts.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
        let (model, additions, mut scratch) = (Model::shipped(), Additions::default(), Scratch::default());
        let (mut clusters, mut written) = (Near::<Rc<str>>::default(), Vec::new());
        let mut nanoseconds = Vec::with_capacity(texts.len());
        // the tables are made once for all texts
        drop(model.score_in("", None, &additions, &mut scratch));
        let begun = cpu_seconds();
        for (number, line) in lines.iter().enumerate() {
            let begun = Instant::now();
            let id = RawValue::from_string(number.to_string()).unwrap();
            let text: std::borrow::Cow<'_, str> = serde_json::from_str(line).unwrap();
            let scores = model.score_in(&text, None, &additions, &mut scratch);
            let cluster = clusters.join(&text, scratch.template(), || id.get().into());
            written.clear();
            write_scores(&id, &scores, &cluster, &mut written);
            written.push(b'\n');
            scratch.take_back(scores);
            nanoseconds.push(u64::try_from(begun.elapsed().as_nanos()).unwrap());
            keep(&written);
        }
        Self { cpu_seconds: cpu_seconds() - begun, nanoseconds, digest: 0 }
    }

    fn keep_fastest(&mut self, other: &Self) {
        self.cpu_seconds = self.cpu_seconds.min(other.cpu_seconds);
        self.nanoseconds.iter_mut().zip(&other.nanoseconds).for_each(|(own, other)| *own = (*own).min(*other));
    }

    fn tell(&self, texts: &[String], heads: f64) {
        let mut times = self.nanoseconds.clone();
        times.sort_unstable();
        let micros = |share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64 / 1e3;
        println!(
            "{{\"texts\":{},\"texts_per_cpu_second\":{:.0},\"heads_per_cpu_second\":{:.0},\"p50_us\":{:.1},\"p99_us\":{:.1},\"p999_us\":{:.1},\"digest\":\"{:016x}\"}}",
            texts.len(),
            texts.len() as f64 / self.cpu_seconds,
            texts.len() as f64 / heads,
            micros(0.5),
            micros(0.99),
            micros(0.999),
            self.digest,
        );
    }
}

/// CPU seconds of once through the texts, asking the heads alone.
fn heads_seconds(texts: &[String]) -> f64 {
    let (model, additions, mut scratch) = (Model::shipped(), Additions::default(), Scratch::default());
    drop(model.answers_in("", None, &additions, &mut scratch));
    let begun = cpu_seconds();
    for text in texts {
        black_box(model.answers_in(text, None, &additions, &mut scratch));
    }
    cpu_seconds() - begun
}

/// Puts the CPU seconds of VADER and its crates to theirs, where they are less.
fn time_peers(texts: &[String], best: &mut BTreeMap<String, f64>) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scoring/peers"));
    let mut python = Command::new("python3");
    python.arg(folder.join("vader.py"));
    let mut crates = Command::new("cargo");
    crates.args(["run", "--quiet", "--release", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    // not among what cargo builds for us
    crates.env("CARGO_TARGET_DIR", folder.join("target"));
    for mut command in [python, crates] {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        for text in texts {
            writeln!(input, "{}", serde_json::to_string(text).unwrap()).unwrap();
        }
        drop(input);
        let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        for (name, seconds) in output.lines().filter_map(|line| line.split_once(' ')) {
            let seconds: f64 = seconds.parse().unwrap();
            best.entry(name.to_owned()).and_modify(|best| *best = best.min(seconds)).or_insert(seconds);
        }
    }
}

/// What texts cost that are made to be slow, beside ordinary ones put together to the same length.
fn tell_slow(texts: &[String], rounds: usize) {
    let repeat = |unit: &str| unit.repeat(SLOW_BYTES / unit.len());
    let numbers = 0..SLOW_BYTES as u64 / 8;
    let new_word = |number: u64| format!("{:07x} ", number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 36);
    let mut prose = texts.join(" ");
    prose.truncate(prose.floor_char_boundary(SLOW_BYTES));
    let slow = [
        ("ordinary", prose),
        ("emoji", repeat("😀🔥👍🏽❤️")),
        ("marks", repeat("a\u{301}\u{302}\u{316}")),
        ("one word", repeat("a")),
        ("handles", repeat("@nimbus ")),
        ("links", repeat("https://a.example/b?c=d ")),
        ("digits", repeat("4111 1111 ")),
        ("streets", repeat("12 High Street 5 ")),
        ("dots", repeat("a.b.")),
        ("signs", repeat("@#$!")),
        ("new words", numbers.map(new_word).collect()),
    ];
    for (name, text) in slow {
        let bytes = text.len() as f64;
        let text = [text];
        let mut best = Round::hashed(&text);
        (1..rounds).for_each(|_| best.keep_fastest(&Round::hashed(&text)));
        println!("  {name}: {:.1} ns a byte", best.nanoseconds[0] as f64 / bytes);
    }
}

/// Time this thread has run: what the machine's other work does not change.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}
