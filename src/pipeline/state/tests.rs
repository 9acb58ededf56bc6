//! When a bucket closes, and that a transaction can be undone.

use super::*;

fn clock(source: &str, reached: Option<i64>, ended: bool) -> SourceClock {
    SourceClock { source: source.into(), reached: reached.map(Bucket), since: reached.map(Bucket), ended }
}

/// Source, bucket it has reached, whether it has ended.
type Clock = (&'static str, Option<i64>, bool);

fn state(clocks: &[Clock], waiting: &[i64]) -> WatchState {
    let mut state = WatchState::default();
    for log in waiting {
        state.hold("q".into(), Bucket(*log), Bucket(*log), &Partial::default());
    }
    state.state_members(Bucket(0), vec!["a".to_owned(), "b".to_owned()]);
    state.hear(clocks.iter().map(|(source, reached, ended)| clock(source, *reached, *ended)).collect());
    state
}

#[test]
fn a_bucket_closes_when_every_clock_has_passed_it() {
    let cases: &[(&[Clock], &[i64], Option<i64>)] = &[
        (&[], &[5], None),
        (&[("a", Some(9), false)], &[5], None),
        (&[("a", Some(9), false), ("b", None, false)], &[5], None),
        (&[("a", Some(9), false), ("b", Some(5), false)], &[5], None),
        (&[("a", Some(9), false), ("b", Some(6), false)], &[5], Some(5)),
        (&[("a", Some(9), false), ("b", Some(6), false)], &[], None),
        (&[("a", Some(9), false), ("b", None, true)], &[8], Some(8)),
        (&[("a", Some(9), true), ("b", Some(4), true)], &[9], Some(9)),
        (&[("a", Some(9), true), ("b", None, true)], &[90], Some(9)),
        (&[("a", None, true), ("b", None, true)], &[7], Some(7)),
    ];
    for (clocks, waiting, expected) in cases {
        assert_eq!(state(clocks, waiting).next_closable(), expected.map(Bucket), "{clocks:?} {waiting:?}");
    }
}

#[test]
fn what_comes_after_its_bucket_waits_for_the_next() {
    let mut state = state(&[("a", Some(9), false), ("b", Some(9), false)], &[5]);
    assert_eq!(state.close(Bucket(5)).len(), 1);
    state.hold("q".into(), Bucket(3), Bucket(3), &Partial::default());
    assert_eq!(state.next_closable(), Some(Bucket(6)));
}
