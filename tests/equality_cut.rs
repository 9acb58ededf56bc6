//! Nothing after the deciding record has a part in an alert: the input cut right after it opens the same alert, byte
//! for byte, and cut right before it does not.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use groundswell::mention::{Platform, Timestamp};
use groundswell::normalize::{Normalized, normalize};
use groundswell::rules::Pack;
use groundswell::service::local::RawRecord;
use support::load::{Load, load_pack, members, number, replay_with, write_pack};
use support::process::temporary;

const PARTITIONS: i32 = 4;

/// Every `opened` of a run, as published.
fn opened(records: &[RawRecord], all: &BTreeSet<(Platform, i32)>, pack: &Arc<Pack>) -> Vec<serde_json::Value> {
    let replayed = replay_with(records, all.clone(), Arc::clone(pack), PARTITIONS);
    replayed.outputs.values("alerts").into_iter().filter(|event| event["state"] == "opened").collect()
}

/// Event time of a record, µs.
fn time(record: &RawRecord) -> Option<i64> {
    normalize(Some(record.platform), &record.value).into_iter().find_map(|one| match one {
        Ok(Normalized::Mention(mention)) => mention.created_at.map(Timestamp::as_micros),
        Ok(Normalized::NotContent(_)) | Err(_) => None,
    })
}

#[test]
fn the_input_cut_after_the_deciding_record_opens_the_same_alert() {
    let folder = temporary("cut");
    let Some(load) = Load::generate(number("GROUNDSWELL_TEST_CUT_MENTIONS", 20_000), 1, &folder) else { return };
    write_pack(&folder.join("rules"), &load.brands);
    let pack = Arc::new(load_pack(&folder.join("rules")));
    std::fs::remove_dir_all(folder).unwrap();
    let all = members(&load.records, PARTITIONS);
    let whole = opened(&load.records, &all, &pack);
    assert!(whole.len() >= 3, "{} alerts opened", whole.len());
    for event in &whole {
        let opens = |length: usize| opened(&load.records[..length], &all, &pack).contains(event);
        let (mut without, mut with) = (0, load.records.len());
        while with - without > 1 {
            let middle = without + (with - without) / 2;
            if opens(middle) { with = middle } else { without = middle }
        }
        let name = format!("{} on {}", event["kind"], event["series"]["query"]);
        assert!(opens(with) && !opens(without), "{name}: cut after record {with}");
        let decided = time(&load.records[with - 1]).unwrap();
        let at: Timestamp = serde_json::from_value(event["at"].clone()).unwrap();
        assert!(decided <= at.as_micros(), "{name}: decided by a record of {decided}, after {at}");
        assert!(with < load.records.len() / 100 * 95, "{name}: decided only by the end of the input, at record {with}");
        eprintln!("{name}: opened at {at} by record {with} of {}", load.records.len());
    }
}
