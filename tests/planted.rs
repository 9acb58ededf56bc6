//! Planted bugs of the core and the local path: the random worlds must catch each of them, and find nothing without.
//! A test that cannot fail is a defect, and this is where it must fail.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

#[path = "support/equality.rs"]
mod equality;
#[path = "support/faulty_log.rs"]
mod faulty_log;
#[path = "support/members.rs"]
mod members;
#[path = "support/synthetic.rs"]
mod synthetic;
#[path = "support/worlds.rs"]
mod worlds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use groundswell::fault::{Bug, plant};
use worlds::Truth;

/// Bugs that the local log can show; the others need Kafka (tests/faults).
const LOCAL: [Bug; 6] =
    [Bug::NoRewind, Bug::StaleRestore, Bug::StateNotUndone, Bug::TornSnapshot, Bug::FloatSums, Bug::BrokerClock];
/// Worlds in which a bug must show at least once.
const WORLDS: u64 = 12;

/// The first of the worlds that is not equal, in words.
fn caught(truth: &Truth) -> Option<String> {
    (0..WORLDS).find_map(|seed| match catch_unwind(AssertUnwindSafe(|| truth.world(seed))) {
        Ok(lived) => lived.err(),
        Err(_) => Some(format!("world {seed}: panicked")),
    })
}

/// One test: a bug is planted in the whole process.
#[test]
fn every_planted_bug_is_caught() {
    let truth = Truth::of(7);
    for bug in LOCAL {
        plant(Some(bug));
        let words = caught(&truth);
        plant(None);
        let words = words.unwrap_or_else(|| panic!("{} was not caught in {WORLDS} worlds", bug.as_str()));
        eprintln!("{}: {words}", bug.as_str());
    }
    assert_eq!(caught(&truth), None, "without a bug every world is equal");
}
