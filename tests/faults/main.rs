//! Faults on real Kafka: processes killed and stopped at named points, answers dropped and delayed, members that come
//! and go, brokers killed; and at the end the outputs equal those of an undisturbed run. Planted bugs must not.
//!
//! `cargo test --release --features faults --test faults [NAME]` runs all cases, or those whose name holds NAME;
//! `… -- soak --hours N --seed S` runs for so long and writes `target/soak-report.md`. Seeds choose orders and answers;
//! what they meet depends on timing. `GROUNDSWELL_TEST_MENTIONS` and `GROUNDSWELL_TEST_SEED` are those of the load,
//! `GROUNDSWELL_TEST_KAFKA_WORLDS` says how many random worlds there are.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout, missing_docs)]

mod cases;
mod cluster;
mod load;
mod meddling;
mod proxy;
mod report;
mod round;
mod segments;
mod soak;
mod storm;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/synthetic.rs"]
mod synthetic;
mod transactions;
mod victim;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use cases::{Case, World, groups};
use report::Totals;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "soak") {
        return soak::main(&arguments[1..]);
    }
    // options are those of cargo's own runner, which have no meaning here
    let mut names = arguments.iter().take_while(|argument| !argument.starts_with("--"));
    run(names.next().map(String::as_str))
}

fn run(wanted: Option<&str>) -> ExitCode {
    let (world, totals) = (World::default(), Mutex::new(Totals::default()));
    let (mut passed, mut failed) = (0, 0);
    let begun = Instant::now();
    for group in groups() {
        let cases: Vec<&Case> =
            group.iter().filter(|case| wanted.is_none_or(|name| case.name.contains(name))).collect();
        for is_ok in at_once(&cases, &world, &totals) {
            *(if is_ok { &mut passed } else { &mut failed }) += 1;
        }
    }
    let totals = totals.into_inner().unwrap();
    if wanted.is_none() && world.is_fed() {
        match cases::enough(&totals) {
            Ok(()) => passed += 1,
            Err(missing) => {
                println!("test enough_faults ... FAILED\n{missing}");
                failed += 1;
            }
        }
    }
    println!("\n{}", totals.text());
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let seconds = begun.elapsed().as_secs_f32();
    println!("test result: {word}. {passed} passed; {failed} failed; 0 ignored; finished in {seconds:.2}s");
    // the broker of this process ends with it
    ExitCode::from(u8::from(failed > 0))
}

/// Cases of one group share broker and machine, at the same time.
fn at_once(cases: &[&Case], world: &World, totals: &Mutex<Totals>) -> Vec<bool> {
    std::thread::scope(|scope| {
        let start = |case: &&Case| {
            let run = case.run;
            let name = case.name;
            (name, scope.spawn(move || (run)(world, totals)))
        };
        let running: Vec<_> = cases.iter().map(start).collect();
        let end = |(name, thread): (&str, std::thread::ScopedJoinHandle<'_, Result<(), String>>)| {
            let result = thread.join().unwrap_or_else(|_| Err("it panicked".to_owned()));
            match &result {
                Ok(()) => println!("test {name} ... ok"),
                Err(reason) => println!("test {name} ... FAILED\n{reason}"),
            }
            result.is_ok()
        };
        running.into_iter().map(end).collect()
    })
}
