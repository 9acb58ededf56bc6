//! Tables of cases, and a naive model that keeps everything that was ever said.

use super::*;
use crate::detect::Partial;
use crate::pipeline::WatchState;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn clock(source: usize, reached: i64) -> SourceClock {
    let reached = Some(Bucket(reached));
    SourceClock { source: NAMES[source].into(), reached, since: reached, ended: false }
}

fn names(sources: &[usize]) -> Vec<String> {
    sources.iter().map(|source| NAMES[*source].to_owned()).collect()
}

/// What a signals log says.
#[derive(Debug, Clone)]
enum Said {
    Members(i64, Vec<usize>),
    Excluded(i64, usize, bool),
    Clock(usize, i64),
    Partial(i64),
}
use Said::{Clock, Excluded, Members as Stated};

/// The buckets that each word closes, with who was missing.
fn closed(said: &[Said]) -> Vec<Vec<(i64, Vec<String>)>> {
    let mut state = WatchState::default();
    let mut closings = Vec::new();
    for word in said {
        match word.clone() {
            Stated(at, members) => state.state_members(Bucket(at), names(&members)),
            Excluded(at, source, excluded) => state.exclude(Bucket(at), NAMES[source].into(), excluded),
            Clock(source, reached) => state.hear(vec![clock(source, reached)]),
            Said::Partial(log) => state.hold("q".into(), Bucket(log), Bucket(log), &Partial::default()),
        }
        let mut of_this = Vec::new();
        while let Some(bucket) = state.next_closable() {
            of_this.push((bucket.0, state.members.missing(bucket)));
            state.close(bucket);
        }
        closings.push(of_this);
    }
    closings
}

/// The buckets closed in the end, in order.
fn all_closed(said: &[Said]) -> Vec<i64> {
    closed(said).into_iter().flatten().map(|(bucket, _)| bucket).collect()
}

/// Something in each of these buckets.
fn partials(buckets: std::ops::Range<i64>) -> Vec<Said> {
    buckets.map(Said::Partial).collect()
}

#[test]
fn who_is_waited_for_is_what_was_stated_from_its_bucket_on() {
    let cases: &[(&str, &[Said], &[i64])] = &[
        ("nobody was named", &[Clock(0, 9), Clock(1, 9)], &[]),
        ("nobody is no statement", &[Stated(0, vec![]), Clock(0, 9)], &[]),
        ("the first statement counts from the beginning", &[Stated(50, vec![0]), Clock(0, 4)], &[0, 1, 2, 3]),
        ("one is silent", &[Stated(0, vec![0, 1]), Clock(0, 4)], &[]),
        ("the slowest decides", &[Stated(0, vec![0, 1]), Clock(0, 4), Clock(1, 2)], &[0, 1]),
        ("a stranger's clock is nobody's", &[Stated(0, vec![0]), Clock(1, 9)], &[]),
        ("one joins at 2", &[Stated(0, vec![0]), Stated(2, vec![0, 1]), Clock(0, 9)], &[0, 1]),
        (
            "and is waited for from then on",
            &[Stated(0, vec![0]), Stated(2, vec![0, 1]), Clock(0, 9), Clock(1, 4)],
            &[0, 1, 2, 3],
        ),
        ("one leaves at 2", &[Stated(0, vec![0, 1]), Stated(2, vec![0]), Clock(0, 5), Clock(1, 1)], &[0]),
        ("and is not waited for any more", &[Stated(0, vec![0, 1]), Stated(0, vec![0]), Clock(0, 5)], &[0, 1, 2, 3, 4]),
        (
            "a closed bucket stays closed",
            &[Stated(0, vec![0]), Clock(0, 3), Stated(1, vec![0, 1]), Clock(0, 9)],
            &[0, 1, 2],
        ),
        (
            "the last word counts",
            &[Stated(0, vec![0]), Stated(5, vec![0, 1]), Stated(2, vec![0]), Clock(0, 9)],
            &[0, 1, 2, 3, 4, 5, 6, 7],
        ),
        (
            "the same again is nothing",
            &[Stated(0, vec![0]), Stated(4, vec![0]), Clock(0, 3), Stated(7, vec![0])],
            &[0, 1, 2],
        ),
        ("excluded", &[Stated(0, vec![0, 1]), Excluded(0, 1, true), Clock(0, 3)], &[0, 1, 2]),
        ("excluded from 2 on", &[Stated(0, vec![0, 1]), Excluded(2, 1, true), Clock(0, 5), Clock(1, 1)], &[0]),
        (
            "back from 2 on",
            &[Stated(0, vec![0, 1]), Excluded(0, 1, true), Excluded(2, 1, false), Clock(0, 5), Clock(1, 1)],
            &[0, 1],
        ),
        ("when nobody is left, nothing closes", &[Stated(0, vec![0]), Excluded(0, 0, true), Clock(0, 5)], &[]),
    ];
    for (what, words, expected) in cases {
        let said = [partials(0..8), words.to_vec()].concat();
        assert_eq!(all_closed(&said), *expected, "{what}");
    }
}

#[test]
fn what_an_excluded_partition_still_says_counts_in_the_next_bucket() {
    let said = [Stated(0, vec![0, 1]), Excluded(0, 1, true), Clock(0, 9), Said::Partial(8), Said::Partial(3)];
    let back = [Clock(0, 10), Clock(1, 9), Excluded(11, 1, false), Said::Partial(12), Clock(0, 20)];
    let closings = closed(&[&said[..], &back[..]].concat());
    let missing = vec!["b".to_owned()];
    assert_eq!(closings[3], [(8, missing.clone())]);
    assert_eq!(closings[5], [(9, missing)], "the partial of 3 came too late for 3");
    assert_eq!(closings[9], [], "12 waits for b again");
    let told = [&said[..], &back[..], &[Clock(1, 13)]].concat();
    assert_eq!(closed(&told).pop(), Some(vec![(12, vec![])]), "and is complete");
}

#[test]
fn plans_are_bounded() {
    let mut members = Members::default();
    members.state(Bucket(0), names(&[0]));
    for at in 1..10_000 {
        members.state(Bucket(at), names(if at % 2 == 0 { &[0] } else { &[1] }));
    }
    assert!(members.stated.later.len() <= PLANNED_MAX);
    assert!(members.stated.last().contains("b"), "the last word counts");
}

#[test]
fn what_was_lifted_is_forgotten() {
    let mut members = Members::default();
    members.exclude(Bucket(1), "a".into(), true);
    members.exclude(Bucket(5), "a".into(), false);
    members.settle(Bucket(4));
    assert_eq!(members.excluded.len(), 1);
    members.settle(Bucket(5));
    assert!(members.excluded.is_empty());
}

/// Keeps every word with the bucket it takes effect at, and looks through all of them each time.
#[derive(Default)]
struct Naive {
    stated: Vec<(i64, Vec<usize>)>,
    excluded: Vec<(i64, usize, bool)>,
    clocks: Vec<(usize, i64)>,
    waiting: Vec<i64>,
    closed: Option<i64>,
}

impl Naive {
    fn take(&mut self, word: &Said) -> Vec<(i64, Vec<String>)> {
        let open = |at: i64| self.closed.map_or(at, |closed| at.max(closed + 1));
        match word.clone() {
            Stated(_, members) if members.is_empty() => {}
            Stated(at, members) => {
                let at = if self.stated.is_empty() { i64::MIN } else { open(at) };
                self.stated.push((at, members));
            }
            Excluded(at, source, excluded) => self.excluded.push((open(at), source, excluded)),
            Clock(source, reached) => self.clocks.push((source, reached)),
            Said::Partial(log) => self.waiting.push(open(log)),
        }
        let mut closings = Vec::new();
        while let Some(next) = self.waiting.iter().min().copied()
            && let Some(missing) = self.missing_if_passed(next)
        {
            self.waiting.retain(|log| *log > next);
            self.closed = Some(next);
            closings.push((next, missing));
        }
        closings
    }

    fn missing_if_passed(&self, bucket: i64) -> Option<Vec<String>> {
        let members = &self.stated.iter().rfind(|(at, _)| *at <= bucket)?.1;
        let members: BTreeSet<usize> = members.iter().copied().collect();
        let is_excluded = |source: &usize| {
            let last = self.excluded.iter().rfind(|(at, whose, _)| *at <= bucket && whose == source);
            last.is_some_and(|(_, _, excluded)| *excluded)
        };
        let (missing, heard): (Vec<usize>, Vec<usize>) = members.into_iter().partition(is_excluded);
        let has_passed = |source: &usize| {
            let last = self.clocks.iter().rfind(|(whose, _)| whose == source);
            last.is_some_and(|(_, reached)| *reached > bucket)
        };
        (!heard.is_empty() && heard.iter().all(has_passed)).then(|| names(&missing))
    }
}

fn words() -> impl Strategy<Value = Vec<Said>> {
    let bucket = 0..40i64;
    let word = prop_oneof![
        1 => (bucket.clone(), proptest::collection::vec(0..4usize, 0..4)).prop_map(|(at, of)| Stated(at, of)),
        1 => (bucket.clone(), 0..4usize, any::<bool>()).prop_map(|(at, of, is)| Excluded(at, of, is)),
        6 => (0..4usize, bucket.clone()).prop_map(|(of, reached)| Clock(of, reached)),
        4 => bucket.prop_map(Said::Partial),
    ];
    proptest::collection::vec(word, 0..60)
}

proptest! {
    #[test]
    fn equals_the_naive_model(said in words()) {
        let mut naive = Naive::default();
        let expected: Vec<_> = said.iter().map(|word| naive.take(word)).collect();
        prop_assert_eq!(closed(&said), expected);
    }

    #[test]
    fn survives_its_encoding(said in words()) {
        let mut members = Members::default();
        for word in &said {
            match word.clone() {
                Stated(at, of) => members.state(Bucket(at), names(&of)),
                Excluded(at, of, is) => members.exclude(Bucket(at), NAMES[of].into(), is),
                Clock(of, reached) => members.hear(vec![clock(of, reached)]),
                Said::Partial(closed) => members.settle(Bucket(closed)),
            }
        }
        let bytes = postcard::to_allocvec(&members).expect("it has a binary form");
        prop_assert_eq!(postcard::from_bytes::<Members>(&bytes).expect("and is read back"), members);
    }
}
