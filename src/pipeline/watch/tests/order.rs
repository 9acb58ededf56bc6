//! Promise 3 for watch: however items and transactions are split, shuffled and regrouped, over however many raw
//! partitions and workers, and however many transactions are aborted and undone, the verdicts are the same in the same
//! order, and the state ends with the same bytes.

use super::*;
use crate::pipeline::UndoLimits;
use crate::wire::state_hash;

/// Two of one group, so that their alerts are gathered, and one of none.
const QUERIES: [&str; 3] = ["nimbus-cloud", "nimbus-pay", "quiet"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides.max(1) as u64).expect("below sides")
    }

    fn shuffle<T>(&mut self, of: &mut [T]) {
        (1..of.len()).rev().for_each(|last| of.swap(last, self.roll(last + 1)));
    }
}

/// What one raw partition holds, in its order: log bucket, event bucket, query, item.
type Reads = Vec<(i64, i64, &'static str, Contribution)>;

fn partitions(count: usize) -> Vec<Reads> {
    let mut partitions = vec![Reads::new(); count];
    let mut posts = world(Burst::Outage);
    // some come late
    for place in (7..posts.len()).step_by(7) {
        posts.swap(place, place - 5);
    }
    for (index, (event, item)) in posts.into_iter().enumerate() {
        let reads = &mut partitions[usize::try_from(item.person).expect("fits") % count];
        let log = reads.last().map_or(event, |(log, ..)| event.max(*log));
        for query in QUERIES.iter().take(1 + index % 3) {
            reads.push((log, event, query, item.clone()));
        }
    }
    partitions
}

/// Some posts of some partitions as one worker's transaction tells them.
fn transaction(reads: &[Reads], from: &mut [usize], dice: &mut Dice) -> Vec<Signal> {
    let mut groups: BTreeMap<(&str, i64, i64, usize), Partial> = BTreeMap::new();
    let mut told = Vec::new();
    let records = 1 + dice.roll(3);
    for (number, reads) in reads.iter().enumerate() {
        let rest = reads.len() - from[number];
        if dice.roll(2) == 0 || rest == 0 {
            continue;
        }
        let length = (1 + dice.roll(20)).min(rest);
        let mut items: Vec<_> = reads[from[number]..from[number] + length].iter().collect();
        dice.shuffle(&mut items);
        for (log, event, query, item) in items {
            groups.entry((query, *log, *event, dice.roll(records))).or_default().add(item);
        }
        from[number] += length;
        told.push(clock(number, reads, from[number], false));
    }
    let signal = |((query, log, event, _), partial): ((&str, i64, i64, usize), Partial)| Signal::Partial {
        query: query.to_owned(),
        log: Bucket(log),
        event: Bucket(event),
        partial: Box::new(partial),
    };
    let mut signals: Vec<Signal> = groups.into_iter().map(signal).collect();
    dice.shuffle(&mut signals);
    signals.extend((!told.is_empty()).then_some(Signal::Clocks(told)));
    signals
}

fn clock(number: usize, reads: &Reads, read: usize, ended: bool) -> SourceClock {
    let bucket = |place: usize| reads.get(place).map(|(log, ..)| Bucket(*log));
    SourceClock { source: format!("t/{number}"), reached: bucket(read - 1), since: bucket(0), ended }
}

/// Every raw partition there is, from the beginning.
fn members(count: usize) -> Signal {
    Signal::Members { at: Bucket(0), members: (0..count).map(|number| format!("t/{number}")).collect() }
}

/// Verdicts, hash of the last state, and how many transactions were undone and how many could not be.
fn play(reads: &[Reads], pack: &Pack, seed: u64, undo: UndoLimits) -> (Vec<Verdict>, u128, [u32; 2]) {
    let (mut dice, mut state, mut verdicts) = (Dice(seed), WatchState::new(undo), Vec::new());
    let (mut from, mut ends) = (vec![0; reads.len()], [0, 0]);
    verdicts.extend(watch(members(reads.len()), &mut state, pack));
    state.landed();
    while (0..reads.len()).any(|number| from[number] < reads[number].len()) {
        let aborted = dice.roll(4) == 0;
        let (before, mut next) = (aborted.then(|| state.clone()), from.clone());
        let decided: Vec<Verdict> = transaction(reads, &mut next, &mut dice)
            .into_iter()
            .flat_map(|signal| watch(signal, &mut state, pack))
            .collect();
        match before {
            None => {
                state.landed();
                verdicts.extend(decided);
                from = next;
            }
            Some(before) if state.undo() => {
                ends[0] += 1;
                assert_eq!(state_hash(&state).ok(), state_hash(&before).ok(), "seed {seed}: undone is untouched");
                assert_eq!(state.changes(), before.changes(), "seed {seed}: for the next snapshot too");
            }
            Some(before) => {
                ends[1] += 1;
                state = before;
            }
        }
    }
    let ended = (0..reads.len()).map(|number| clock(number, &reads[number], from[number], true)).collect();
    verdicts.extend(watch(Signal::Clocks(ended), &mut state, pack));
    assert!(state.is_done());
    (verdicts, state_hash(&state).expect("has a binary form"), ends)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn regrouping_and_undoing_leave_no_trace(seed in any::<u64>(), other in any::<u64>(), count in 1usize..5) {
        let (pack, reads) = (pack(), partitions(count));
        let small = UndoLimits { keys_max: 12, bytes_max: 1 << 20 };
        let (verdicts, hash, ends) = play(&reads, &pack, seed, UndoLimits::default());
        prop_assert!(alerts(&verdicts).len() >= 2, "something happens: {:?}", alerts(&verdicts));
        prop_assert_eq!(ends[1], 0, "within the limits every transaction can be undone");
        let (again, hash_again, _) = play(&reads, &pack, other, small);
        prop_assert_eq!(again, verdicts);
        prop_assert_eq!(hash_again, hash);
    }
}

#[test]
fn some_transactions_are_undone_and_some_are_over_the_limits() {
    let (pack, reads) = (pack(), partitions(3));
    let small = UndoLimits { keys_max: 12, bytes_max: 1 << 20 };
    let ends = (0..4).map(|seed| play(&reads, &pack, seed, small).2);
    let ends = ends.fold([0, 0], |sum, ends| [sum[0] + ends[0], sum[1] + ends[1]]);
    assert!(ends.iter().all(|count| *count > 0), "undone, over the limits: {ends:?}");
}
