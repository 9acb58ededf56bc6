//! What is written is read back; what is not whole is refused.

use super::*;
use crate::detect::Partial;
use crate::pipeline::{Signal, SourceClock, Spare, UndoLimits, watch};
use crate::rules;
use std::sync::OnceLock;

fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| rules::load(&rules::shipped(), &[]).expect("the shipped pack is clean"))
}

fn cut(next: i64) -> Cut<'static> {
    Cut { partition: 0, next, pack: pack() }
}

fn hear(state: &mut WatchState, query: &str, log: i64, reached: i64, terms: usize) {
    let mut partial = Partial { mentions: 1, ..Partial::default() };
    for number in 0..terms {
        partial.languages.insert(format!("language-{number:0>200}"), 1);
    }
    let (log, event, partial) = (Bucket(log), Bucket(log), Box::new(partial));
    watch(Signal::Partial { query: query.to_owned(), log, event, partial }, state, pack());
    let reached = Some(Bucket(reached));
    let clock = SourceClock { source: "t/0".into(), reached, since: Some(Bucket(1)), ended: false };
    watch(Signal::Members { at: Bucket(0), members: vec!["t/0".into()] }, state, pack());
    watch(Signal::Clocks(vec![clock]), state, pack());
}

/// A log of one state partition, as compaction would leave it.
#[derive(Default)]
struct Kept {
    records: StateRecords,
    written: Written,
}

impl Kept {
    fn take(&mut self, state: &mut WatchState, next: i64) -> usize {
        let snapshot = snapshot(&Topics::new("t."), cut(next), state, &self.written).expect("has a binary form");
        let count = snapshot.records.len();
        for record in snapshot.records {
            assert!(record.value.as_ref().is_none_or(|value| value.len() <= PART_BYTES_MAX + 100));
            let key = record.key.expect("every state record has a key");
            match record.value {
                Some(value) => drop(self.records.insert(key, value)),
                None => drop(self.records.remove(&key)),
            }
        }
        self.written.landed(snapshot.changes);
        state.snapshot_landed();
        count
    }

    fn read(&self) -> Restored {
        read_snapshot(self.records.clone()).expect("whole").expect("there is one")
    }

    fn refused(&self, change: impl FnOnce(&mut StateRecords)) -> String {
        let mut records = self.records.clone();
        change(&mut records);
        read_snapshot(records).expect_err("must be refused").to_string()
    }
}

fn hash_of(restored: Restored) -> u128 {
    let Restored { header, queries, pending, pages, voice, .. } = restored;
    let state = WatchState::restored(header.head, queries, pending, pages, voice, UndoLimits::default());
    state_hash(&state).expect("has a binary form")
}

#[test]
fn what_is_written_is_read_back_key_by_key() {
    let (mut state, mut kept) = (WatchState::default(), Kept::default());
    assert!(read_snapshot(StateRecords::new()).expect("nothing is no error").is_none());
    // (query, log bucket, clock, languages, records written at most: header, pack, then what changed, in parts
    for (next, (query, log, reached, terms, records)) in
        [("a", 5, 5, 0, 3), ("b", 5, 5, 0, 2), ("a", 7, 6, 9_000, 11), ("a", 7, 8, 0, 9), ("b", 8, 8, 0, 6)]
            .into_iter()
            .enumerate()
    {
        let next = i64::try_from(next).expect("small");
        hear(&mut state, query, log, reached, terms);
        let written = kept.take(&mut state, next);
        let restored = kept.read();
        assert_eq!((restored.header.next, &restored.header.pack), (next, &pack().digest));
        assert_eq!(restored.pack, pack().source);
        assert_eq!(restored.written, kept.written, "step {next}");
        assert_eq!(hash_of(restored), state_hash(&state).expect("has a binary form"), "step {next}");
        assert!(written <= records && written >= 2, "step {next}: {written} records, at most {records}");
    }
    assert_eq!(kept.take(&mut state, 9), 1, "nothing changed: the header only");
}

#[test]
fn a_query_that_is_silent_rests_and_wakes_as_it_was() {
    let rests = |queries: &Queries, query: &str| matches!(queries.get(query), Some(Watched::Resting(_)));
    let size = |state: &WatchState, query: &str| state.queries().get(query).unwrap().encode().unwrap().len();
    let mut watched = pack().queries.iter().filter(|query| query.watch).map(|query| query.id.as_str());
    let (silent, other, unknown) =
        (watched.next().expect("many"), watched.next().expect("many"), "not watched any more");
    let (mut state, mut kept) = (WatchState::default(), Kept::default());
    hear(&mut state, silent, 5, 5, 0);
    hear(&mut state, unknown, 6, 6, 0);
    for log in [10, 700, 720] {
        hear(&mut state, other, log, log, 0);
    }
    assert!([silent, other, unknown].iter().all(|query| rests(state.queries(), query)), "once its bucket is decided");
    assert!(state.of_query(silent).is_none());
    let heard = size(&state, silent);
    assert!(state.queries().contains_key(unknown), "not two hours yet");
    for log in 800..812 {
        hear(&mut state, other, log, log, 0);
    }
    let still = size(&state, silent);
    assert!(still < heard, "its details are dropped");
    assert!(rests(state.queries(), silent) && !rests(state.queries(), other), "what is heard often stays awake");
    assert!(!state.queries().contains_key(unknown), "what the pack does not watch is let go");
    state.landed();
    kept.take(&mut state, 1);
    let restored = kept.read();
    assert!(rests(&restored.queries, silent) && !rests(&restored.queries, other));
    let before = state_hash(&state).expect("has a binary form");
    assert_eq!(hash_of(restored), before);
    // an abort leaves it as it was; the next post wakes it
    hear(&mut state, silent, 820, 821, 0);
    assert!(size(&state, silent) > still && state.undo());
    assert!(rests(state.queries(), silent) && size(&state, silent) == still);
    assert_eq!(state_hash(&state).expect("has a binary form"), before);
    let mut kept = state.queries().get(silent).expect("it is watched").clone();
    let bytes = kept.encode().expect("has a binary form").into_owned();
    kept.wake(Bucket(0), &mut Spare::default());
    assert_eq!(kept.encode().expect("has a binary form"), bytes);
}

#[test]
fn large_values_stand_in_parts_and_leave_none_behind() {
    let (mut state, mut kept) = (WatchState::default(), Kept::default());
    hear(&mut state, "a", 5, 5, 9_000);
    kept.take(&mut state, 1);
    let parts = |kept: &Kept| kept.records.keys().filter(|key| key.starts_with(b"part:")).count();
    assert!(parts(&kept) >= 3, "{} parts", parts(&kept));
    assert_eq!(hash_of(kept.read()), state_hash(&state).expect("has a binary form"));
    let part = kept.records.keys().find(|key| key.starts_with(b"part:2:")).expect("there are three").clone();
    assert!(kept.refused(|records| drop(records.remove(&part))).contains("not the same number"));
    // the bucket is closed, and two hours later its details are gone
    hear(&mut state, "a", 900, 901, 0);
    kept.take(&mut state, 2);
    assert_eq!(parts(&kept), 0);
}

#[test]
fn what_is_not_whole_is_refused_in_words() {
    let (mut state, mut kept) = (WatchState::default(), Kept::default());
    hear(&mut state, "a", 5, 5, 0);
    hear(&mut state, "b", 5, 5, 0);
    kept.take(&mut state, 1);
    let key = b"pending:5:a".to_vec();
    assert!(kept.records.contains_key(&key));
    type Change = Box<dyn FnOnce(&mut StateRecords)>;
    let cases: Vec<(Change, &str)> = vec![
        (Box::new(|records| drop(records.remove(HEADER))), "no header"),
        (Box::new(|records| drop(records.remove(&b"pending:5:a".to_vec()))), "2 records, the header tells of 3"),
        (Box::new(|records| drop(records.insert(b"query:x".to_vec(), vec![2, 0]))), "4 records, the header tells of 3"),
        (
            Box::new(|records| {
                let value = records.remove(&b"pending:5:a".to_vec()).expect("is there");
                records.insert(b"pending:6:a".to_vec(), value);
            }),
            "3 records, the header tells of 3: others",
        ),
        (
            Box::new(|records| {
                *records.get_mut(&b"pending:5:b".to_vec()).and_then(|v| v.last_mut()).expect("long") ^= 1;
            }),
            "others",
        ),
        (Box::new(|records| records.get_mut(HEADER).expect("is there")[1] ^= 1), "the header is damaged"),
        (Box::new(|records| records.get_mut(HEADER).expect("is there").truncate(9)), "the header is damaged"),
        (Box::new(|records| records.get_mut(HEADER).expect("is there")[0] = 1), "format 1, this release reads 10"),
        (Box::new(|records| records.get_mut(HEADER).expect("is there").clear()), "format 0"),
    ];
    for (change, words) in cases {
        let refused = kept.refused(change);
        assert!(refused.contains(words), "{words:?} is not in {refused:?}");
    }
}
