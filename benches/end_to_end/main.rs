//! Groundswell next to librdkafka's transactional pass-through, on one broker, on the same input, in one run.
//!
//! ```text
//! cargo bench --bench end_to_end -- --input FILE [--partitions 4] [--rules rules] [--groundswell BINARY]
//! cargo bench --bench end_to_end -- --input FILE --exactly-once [--rounds 3] [--partitions 4] [--rules rules]
//! ```
//! The input is NDJSON with `platform:key<TAB>` in front of each line (`tools/gen_mentions.py --keyed`). A broker of
//! its own starts on free ports; its log folders say what was written, compression and control records included.
//! `groundswell run --until-end` is a child process; without the binary only the pass-through is measured. Rates of
//! two runs on a shared machine differ: compare within one run only.
//!
//! With `--exactly-once`, triage alone runs in this process, at 100 ms and 1 s, in transactions and at least once by
//! turns; the best of its rounds counts for each, as a neighbour's load only ever slows one down.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod input;
mod pass_through;
#[path = "../../tests/support/mod.rs"]
mod support;
mod triage;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use groundswell::log::kafka::topics::{TopicAdmin, TopicOptions};
use input::Input;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::TopicPartitionList;
use support::Broker;
use support::load::load_pack;
use triage::Writes;

const PREFIX: &str = "bench.";
const REQUEST: Duration = Duration::from_secs(10);

/// What the command line asked for.
struct Asked {
    input: PathBuf,
    partitions: i32,
    rules: PathBuf,
    groundswell: PathBuf,
    exactly_once: bool,
    rounds: u32,
}

/// One contender's result.
struct Measured {
    name: &'static str,
    seconds: f64,
    written: BTreeMap<String, u64>,
    /// The broker's log afterwards.
    after: BTreeMap<String, u64>,
}

fn main() {
    let asked = asked();
    let input = Input::read(&asked.input).unwrap();
    let broker = Broker::start();
    make_topics(&broker, &asked, &input);
    let begun = Instant::now();
    for (platform, records) in &input.platforms {
        broker.produce(&format!("{PREFIX}raw.{platform}"), records);
    }
    let mut out = std::io::stdout().lock();
    let (records, bytes) = (input.records, input.bytes);
    writeln!(out, "input: {records} records, {bytes} bytes, produced in {:.1} s", begun.elapsed().as_secs_f64())
        .unwrap();

    if asked.exactly_once {
        return price_of_transactions(&mut out, &broker, &asked, &input);
    }
    let sources: Vec<String> = input.platforms.keys().map(|platform| format!("{PREFIX}raw.{platform}")).collect();
    let passed = measure("pass-through", &broker, || {
        let copied = pass_through::run(&broker.brokers, &sources, "bench-pass-through");
        assert_eq!(copied, input.records, "the pass-through copies everything");
    });
    report(&mut out, &passed, &input, None);
    if asked.groundswell.exists() {
        let config = write_config(&broker, &asked, &input);
        let mut child =
            Command::new(&asked.groundswell).args(["run", "--until-end", "--config"]).arg(&config).spawn().unwrap();
        let mut measured = measure("groundswell", &broker, || wait_for_triage(&broker, &asked, &input, &mut child));
        let begun = Instant::now();
        let status = child.wait().unwrap();
        assert!(status.success(), "groundswell run: {status}");
        // what the end writes counts as written, the wait for the end is no work
        measured.written = written_since(&broker, &passed.after);
        report(&mut out, &measured, &input, Some(&passed));
        let after = begun.elapsed().as_secs_f64();
        writeln!(out, "  the process ended {after:.1} s after triage had committed everything").unwrap();
        let _ = std::fs::remove_file(config);
    } else {
        writeln!(out, "groundswell: NOT RUN: there is no {}", asked.groundswell.display()).unwrap();
    }
}

/// Triage by turns in transactions and at least once.
fn price_of_transactions(out: &mut impl Write, broker: &Broker, asked: &Asked, input: &Input) {
    for interval in [Duration::from_millis(100), Duration::from_secs(1)] {
        let mut best = BTreeMap::new();
        for _ in 0..asked.rounds {
            for writes in [Writes::AtLeastOnce, Writes::InTransactions] {
                let run = triage::run(broker, PREFIX, &asked.rules, input, writes, interval);
                let (rate, commits) = (input.records as f64 / run.seconds, run.commits);
                writeln!(out, "{writes:?}, {interval:?}: {rate:.0} records/s, {:.2} s, {commits} commits", run.seconds)
                    .unwrap();
                let least = best.entry(writes).or_insert(run.seconds);
                *least = run.seconds.min(*least);
            }
        }
        let ratio = best[&Writes::AtLeastOnce] / best[&Writes::InTransactions];
        writeln!(out, "{interval:?}: {:.1} % of the rate at least once", 100.0 * ratio).unwrap();
    }
}

fn asked() -> Asked {
    let mut asked = Asked {
        input: PathBuf::new(),
        partitions: 4,
        rules: PathBuf::from("rules"),
        groundswell: PathBuf::from("target/release/groundswell"),
        exactly_once: false,
        rounds: 3,
    };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        if flag == "--exactly-once" {
            asked.exactly_once = true;
            continue;
        }
        let mut value = || args.next().unwrap_or_else(|| panic!("{flag} wants a value"));
        match flag.as_str() {
            "--input" => asked.input = value().into(),
            "--partitions" => asked.partitions = value().parse().unwrap(),
            "--rules" => asked.rules = value().into(),
            "--groundswell" => asked.groundswell = value().into(),
            "--rounds" => asked.rounds = value().parse().unwrap(),
            // cargo says so to every bench
            "--bench" => {}
            other => panic!("unknown option {other}"),
        }
    }
    assert!(asked.input.is_file(), "--input FILE: keyed NDJSON, from tools/gen_mentions.py --keyed");
    asked
}

fn make_topics(broker: &Broker, asked: &Asked, input: &Input) {
    let platforms: Vec<String> = input.platforms.keys().cloned().collect();
    let options = TopicOptions {
        prefix: PREFIX.to_owned(),
        platforms,
        teams: load_pack(&asked.rules).topics().into_iter().collect(),
        raw_partitions: asked.partitions,
        ..TopicOptions::default()
    };
    let admin = TopicAdmin::new(&broker.brokers, &BTreeMap::new()).unwrap();
    admin.apply(&options, &admin.plan(&options).unwrap()).unwrap();
    let partitions = asked.partitions * i32::try_from(input.platforms.len()).unwrap();
    broker.create_topic("bench-pass-through", partitions, &[]);
}

fn write_config(broker: &Broker, asked: &Asked, input: &Input) -> PathBuf {
    let platforms: Vec<&str> = input.platforms.keys().map(String::as_str).collect();
    let config = format!(
        "kafka: {{ brokers: \"{}\", prefix: {PREFIX} }}\ninstance: bench\nrules: {}\nsources: {{ platforms: [{}] }}\n\
         clock: data\nhttp: {{ bind: \"127.0.0.1:0\" }}\n",
        broker.brokers,
        asked.rules.canonicalize().unwrap_or_else(|_| asked.rules.clone()).display(),
        platforms.join(", "),
    );
    let path = std::env::temp_dir().join(format!("groundswell-bench-{}.yaml", std::process::id()));
    std::fs::write(&path, config).unwrap();
    path
}

fn measure(name: &'static str, broker: &Broker, run: impl FnOnce()) -> Measured {
    let before = broker.log_bytes();
    let begun = Instant::now();
    run();
    let seconds = begun.elapsed().as_secs_f64();
    Measured { name, seconds, written: written_since(broker, &before), after: broker.log_bytes() }
}

fn written_since(broker: &Broker, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut written = broker.log_bytes();
    for (topic, bytes) in &mut written {
        *bytes -= before.get(topic).copied().unwrap_or(0).min(*bytes);
    }
    written.retain(|_, bytes| *bytes > 0);
    written
}

/// Waits until the offsets that triage has committed are the ends of the raw topics.
fn wait_for_triage(broker: &Broker, asked: &Asked, input: &Input, child: &mut Child) {
    let consumer: BaseConsumer = broker.config().set("group.id", format!("{PREFIX}triage")).create().unwrap();
    let mut ends = BTreeMap::new();
    for platform in input.platforms.keys() {
        let topic = format!("{PREFIX}raw.{platform}");
        for partition in 0..asked.partitions {
            let (_, high) = consumer.fetch_watermarks(&topic, partition, REQUEST).unwrap();
            ends.insert((topic.clone(), partition), high);
        }
    }
    loop {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in ends.keys() {
            list.add_partition(topic, *partition);
        }
        // while a transaction is open the broker gives no stable offset: ask again
        if let Ok(committed) = consumer.committed_offsets(list, REQUEST) {
            let at = |topic: &str, n| committed.find_partition(topic, n).and_then(|found| found.offset().to_raw());
            if ends.iter().all(|((topic, n), high)| *high == 0 || at(topic, *n) == Some(*high)) {
                return;
            }
        }
        assert!(child.try_wait().unwrap().is_none(), "groundswell ended before it was done");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn report(out: &mut impl Write, measured: &Measured, input: &Input, ceiling: Option<&Measured>) {
    let Measured { name, seconds, written, .. } = measured;
    let rate = |count: u64| count as f64 / seconds;
    let total: u64 = written.values().sum();
    let ratio = total as f64 / input.bytes as f64;
    write!(out, "{name}: {:.0} records/s, {:.2} MB/s", rate(input.records), rate(input.bytes) / 1e6).unwrap();
    write!(out, ", {seconds:.2} s, {ratio:.3} bytes written per input byte").unwrap();
    if let Some(ceiling) = ceiling {
        write!(out, ", {:.3} of the pass-through's rate", ceiling.seconds / seconds).unwrap();
    }
    writeln!(out).unwrap();
    for (topic, bytes) in written {
        writeln!(out, "  {topic}: {bytes} bytes, {:.4} per input byte", *bytes as f64 / input.bytes as f64).unwrap();
    }
}
