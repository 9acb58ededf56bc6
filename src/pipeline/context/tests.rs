//! What goes into an offset commit comes back, and stays small under every condition.

use super::*;
use crate::mention::Timestamp;
use crate::normalize::Reason;
use proptest::prelude::*;

/// What a broker takes by default (`offset.metadata.max.bytes`).
const METADATA_BYTES_MAX: usize = 4_096;

proptest! {
    #[test]
    fn it_fits_an_offset_commit_and_comes_back(
        times in proptest::collection::vec(any::<i64>(), 0..200),
        foreign in proptest::collection::btree_map("[a-z_\"\u{1}]{0,80}", any::<u64>(), 0..60),
    ) {
        let mut context = Context::new(10);
        for at in times {
            context.clock.observe(Some(Timestamp::clamped(at)));
        }
        context.transactions = u64::MAX;
        context.outcomes = serde_json::from_str(&format!("{:?}", [u64::MAX; 6])).expect("six counts");
        for reason in Reason::ALL {
            context.count_dead_letters(reason.as_str(), u64::MAX);
        }
        for (reason, count) in &foreign {
            context.count_dead_letters(reason, *count);
        }
        prop_assert!(Reason::ALL.iter().all(|reason| context.dead_letters[reason.as_str()] == u64::MAX));
        let text = context.encode().expect("it has a JSON form");
        prop_assert!(text.len() <= METADATA_BYTES_MAX, "{} bytes", text.len());
        prop_assert_eq!(Context::decode(&text, 10).expect("it is read back").encode().expect("again"), text);
    }
}

#[test]
fn what_is_told_apart_is_read_back_beside_what_is_not() {
    let mut context = Context::new(10);
    for number in 0..=REASONS_MAX {
        context.count_dead_letters(&format!("reason_{number:02}"), 1);
    }
    assert_eq!((context.dead_letters.len(), context.dead_letters[OTHER]), (REASONS_MAX + 1, 1));
    let text = context.encode().expect("it has a JSON form");
    let read = Context::decode(&text, 10).expect("it is read back");
    assert_eq!(read.dead_letters, context.dead_letters);
}

#[test]
fn what_another_release_wrote_is_bounded_or_refused() {
    let many: BTreeMap<String, u64> = (0..1_000).map(|number| (format!("reason_{number}"), 1)).collect();
    let kept = Kept {
        v: VERSION,
        clock: PartitionClock::default(),
        outcomes: Outcomes::default(),
        dead_letters: many,
        transactions: 3,
        heard: HeardHere::default(),
    };
    let context = Context::decode(&serde_json::to_string(&kept).expect("JSON"), 10).expect("it is read");
    assert_eq!(context.dead_letters.values().sum::<u64>(), 1_000, "none is lost");
    assert!(context.dead_letters.len() <= REASONS_MAX + 1);
    let refused = Context::decode(&serde_json::to_string(&Kept { v: 9, ..kept }).expect("JSON"), 10);
    assert!(refused.expect_err("another version").to_string().contains("context of version 9"));
}

/// What somebody says at a second.
fn said(id: &str, second: i64) -> Vec<u8> {
    let at = Timestamp::clamped(second * 1_000_000);
    format!(r#"{{"type":"groundswell.feedback.v1","feedback_id":"{id}","about":"item-1","kind":"ack","at":"{at}"}}"#)
        .into_bytes()
}

#[test]
fn what_is_said_twice_counts_once_also_after_a_restore_and_in_the_bucket_of_its_time() {
    let mut context = Context::new(3);
    let heard = |context: &mut Context, value: &[u8]| context.hear_people(value).map(|said| said.is_some());
    assert_eq!(heard(&mut context, &said("a", 1_000)), Ok(true));
    assert_eq!(heard(&mut context, &said("a", 1_000)), Ok(false));
    assert_eq!(heard(&mut context, &said("b", 1_005)), Ok(true));
    assert!(heard(&mut context, b"{").is_err());
    assert_eq!((context.outcomes.get(Outcome::DeadLetter), context.outcomes.total()), (1, 1));
    assert_eq!(context.dead_letters["truncated"], 1);
    // a restored one is told what the tail of the partition holds
    let text = context.encode().unwrap();
    let mut restored = Context::decode(&text, 3).unwrap();
    for (record, value) in [(2, said("a", 1_000)), (3, said("b", 1_005)), (4, b"{".to_vec())] {
        restored.recall_said(record, &value);
    }
    for context in [&mut context, &mut restored] {
        assert_eq!(heard(context, &said("b", 1_005)), Ok(false), "two records ago");
        assert_eq!(heard(context, &said("a", 1_000)), Ok(true), "more records ago than are remembered");
    }
    let bucket = |id: &str, second: i64| {
        let word = case::read(&said(id, second)).unwrap();
        context.bucket_of(&word).start().as_seconds()
    };
    assert_eq!(bucket("late", 500), 1_000, "never before its partition's clock");
    assert_eq!(bucket("ahead", 9_000), 9_000, "a jump that is not confirmed waits for its own time");
}
