//! Promise 3 on the local log, in random worlds (see `support/worlds.rs`): each must write what one plain run writes.
//!
//! `GROUNDSWELL_TEST_WORLDS` is the number of worlds (30 unless given), `GROUNDSWELL_TEST_FIRST_WORLD` the first seed; a
//! failing one names its seed.
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

use std::collections::BTreeSet;

use members::Tally;
use worlds::Truth;

#[test]
fn every_world_equals_the_plain_run() {
    let truth = Truth::of(7);
    let [expected, changed] = truth.outputs();
    for outputs in [expected, changed] {
        let states: BTreeSet<String> =
            outputs.values("alerts").iter().map(|event| event["state"].as_str().unwrap().to_owned()).collect();
        assert!(
            states.contains("opened") && states.contains("resolved"),
            "an alert opens and resolves: {states:?} {:?}",
            outputs.counts()
        );
        let follow_ups = outputs.header("routed.support", "ce_type");
        let follow_ups = follow_ups.iter().flatten().filter(|kind| kind.contains("followup")).count();
        assert!(follow_ups > 50 && outputs.count("dead-letter") > 5, "{follow_ups} follow-ups, {:?}", outputs.counts());
    }
    let actions: Vec<String> = expected
        .values("routed.support")
        .iter()
        .filter(|value| value["type"] == "groundswell.followup.v1")
        .map(|value| value["action"].as_str().unwrap().to_owned())
        .collect();
    let count = |action: &str| actions.iter().filter(|one| *one == action).count();
    assert!(["attach", "release", "escalate"].iter().all(|action| count(action) > 5), "{actions:?}");
    let said: BTreeSet<String> = expected
        .values("cases")
        .iter()
        .flat_map(|case| case["timeline"].as_array().unwrap().clone())
        .map(|entry| entry["what"].as_str().unwrap().to_owned())
        .collect();
    let known = ["ack", "attached", "claimed", "escalated", "opened", "released", "reopened", "resolved", "ticket"];
    assert!(known.iter().all(|what| said.contains(*what)), "{said:?}");
    let packs: BTreeSet<String> = changed.values("alerts").iter().map(|event| event["pack"].to_string()).collect();
    assert_eq!(packs.len(), 2, "one pack opens, the other resolves");

    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (first, worlds) = (number("GROUNDSWELL_TEST_FIRST_WORLD", 0), number("GROUNDSWELL_TEST_WORLDS", 30));
    let (mut tally, mut unequal) = (Tally::default(), Vec::new());
    for seed in first..first + worlds {
        match truth.world(seed) {
            Ok(of_world) => tally.add(&of_world),
            Err(words) => unequal.push(format!("GROUNDSWELL_TEST_FIRST_WORLD={seed}: {words}")),
        }
    }
    eprintln!("{worlds} worlds of {} records: {tally:?}", truth.records());
    assert!(unequal.is_empty(), "{} of {worlds} worlds are not equal:\n{}", unequal.len(), unequal.join("\n"));
    if worlds >= 20 {
        let often = [tally.kills, tally.moves, tally.aborted, tally.compared].map(u64::from);
        assert!(often.iter().all(|count| *count > worlds), "too little happened: {tally:?}");
        assert!(tally.lost > 0 && tally.unknown.iter().all(|count| *count > 0), "too little happened: {tally:?}");
    }
}
