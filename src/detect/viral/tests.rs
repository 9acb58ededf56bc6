use super::*;
use proptest::prelude::*;

const START: i64 = 1_700_000_000;

fn at(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "test times are small")]
    Timestamp::clamped(START * 1_000_000 + (seconds * 1e6) as i64)
}

/// (seconds, followers) of shares after a post at 0 by somebody with 1,000 followers.
fn thread(shares: &[(f64, u64)]) -> Thread {
    let mut thread = Thread::default();
    thread.begin(at(0.0), 1000);
    for &(seconds, followers) in shares {
        thread.share(at(seconds), followers);
    }
    thread
}

/// The ratio from its definition: every pair of events looked at, the effect summed in closed form.
fn naive_ratio(shares: &[(f64, u64)], now: f64, tau: f64) -> Option<f64> {
    let memory = MEMORY_SECONDS;
    let all = || std::iter::once((0.0, 1000)).chain(shares.iter().copied());
    let came: f64 = shares.iter().map(|(seconds, _)| exp(-(now - seconds) / memory)).sum();
    let (mut effect, mut marks, mut weight) = (0.0, 0.0, 0.0);
    for (seconds, followers) in all() {
        let (age, size) = (now - seconds, (followers as f64 + 1.0).sqrt());
        // ∫ over the age of 1/τ e^(−s/τ) e^(−(age−s)/memory) ds, by the trapezium rule
        let steps = 20_000;
        let value = |step: i32| {
            let s = age * f64::from(step) / f64::from(steps);
            exp(-s / tau) * exp(-(age - s) / memory) / tau
        };
        let sum: f64 = (0..steps).map(|step| f64::midpoint(value(step), value(step + 1))).sum();
        effect += size * sum * age / f64::from(steps);
        marks += size * exp(-age / memory);
        weight += exp(-age / memory);
    }
    (came >= SHARES_MIN && effect > 0.0).then(|| came / (effect * weight / marks))
}

#[test]
fn the_ratio_is_what_its_definition_says() {
    let shares: Vec<(f64, u64)> = (1..60).map(|i| (f64::from(i * i), u64::try_from(i * 37 % 900).unwrap())).collect();
    let now = 3481.0;
    let reading = thread(&shares).read();
    for (ratio, tau) in reading.ratios.into_iter().zip(KERNELS_SECONDS) {
        let (got, want) = (ratio.expect("enough"), naive_ratio(&shares, now, tau).expect("enough"));
        assert!((got / want - 1.0).abs() < 1e-4, "{tau}: {got}, wanted {want}");
    }
}

#[test]
fn growing_and_dying_threads_are_told_apart() {
    // shares that double every ten minutes, and the same backwards
    let growing: Vec<(f64, u64)> = (1..250).map(|i| (600.0 * libm::log2(f64::from(i)), 500)).collect();
    let end = growing.last().expect("some").0;
    let dying: Vec<(f64, u64)> = growing.iter().rev().map(|(seconds, people)| (end - seconds, *people)).collect();
    let (up, down) = (thread(&growing).read(), thread(&dying).read());
    assert_eq!((up.phase, down.phase), (Phase::Growing, Phase::PastPeak));
    assert!(up.ratios[1] > down.ratios[1], "{up:?} {down:?}");
    assert!(up.ratios[1].expect("enough") > 1.0);
    let total = down.total.expect("enough");
    assert!(total.predicted < 2.0 * 250.0, "{total:?}");
    let mut later = thread(&growing);
    later.pass(at(end + 4.0 * 3600.0));
    assert_eq!(later.read().phase, Phase::PastPeak, "silence ends growth");
    let total = later.read().total.expect("enough");
    assert!(total.predicted < 1.05 * 249.0 && total.high < 1.4 * 249.0, "and what is to come: {total:?}");
}

#[test]
fn few_shares_say_nothing_and_nonsense_is_left_out() {
    assert_eq!(Thread::default().read(), Reading { ratios: [None; 2], phase: Phase::PastPeak, total: None });
    let mut few = thread(&[(10.0, 5), (20.0, 5)]);
    assert_eq!((few.read().ratios, few.read().total), ([None; 2], None));
    let before = few;
    few.shares(at(30.0), 0, 1.0);
    for marks in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        few.shares(at(30.0), 3, marks);
    }
    few.merge(&Thread::default());
    assert_eq!(few, before);
    // everything at one instant
    assert!(thread(&[(0.0, 9); 50]).read().total.is_none_or(|total| total.predicted.is_finite()));
}

#[test]
fn a_bucket_of_shares_is_its_shares() {
    let one_by_one = thread(&[(60.0, 8), (60.0, 15), (60.0, 24)]);
    let mut at_once = thread(&[]);
    at_once.shares(at(60.0), 3, 3.0 + 4.0 + 5.0);
    assert!(is_near(&at_once, &one_by_one));
}

fn is_near(a: &Thread, b: &Thread) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs() + b.abs());
    let sums =
        |kernel: &Kernel| [kernel.recent, kernel.pending, kernel.came, kernel.shares, kernel.events, kernel.marks];
    let mut pairs = a.kernels.iter().zip(&b.kernels).flat_map(|(a, b)| sums(a).into_iter().zip(sums(b)));
    a.span == b.span && a.shares == b.shares && pairs.all(|(a, b)| near(a, b))
}

fn shares() -> impl Strategy<Value = Vec<(f64, u64)>> {
    proptest::collection::vec((0.0..50_000.0_f64, 0..10_000_000_u64), 0..80)
}

proptest! {
    /// Any order, and parts merged in either direction, leave the same state.
    #[test]
    fn order_and_parts_leave_no_trace(shares in shares(), cut in 0.0..1.0_f64, flip in any::<bool>()) {
        let mut sorted = shares.clone();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let whole = thread(&sorted);
        prop_assert!(is_near(&thread(&shares), &whole));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the length")]
        let (left, right) = shares.split_at((cut * shares.len() as f64) as usize);
        let (mut one, mut two) = (thread(left), Thread::default());
        for &(seconds, followers) in right {
            two.share(at(seconds), followers);
        }
        if flip {
            std::mem::swap(&mut one, &mut two);
        }
        one.merge(&two);
        prop_assert!(is_near(&one, &whole));
    }

    /// Readings are finite, and totals lie in order between what came and the cap.
    #[test]
    fn readings_are_sane(shares in shares()) {
        let thread = thread(&shares);
        if let Some(Total { predicted, low, high }) = thread.read().total {
            let came = thread.count() as f64;
            prop_assert!(came <= low && low <= predicted && predicted <= high && high <= (1.0 + GROWTH_CAP) * came);
        }
        prop_assert!(thread.read().ratios.into_iter().flatten().all(f64::is_finite));
    }
}

#[test]
fn a_thread_is_written_in_few_bytes_until_time_passes_in_it() {
    let mut thread = Thread::default();
    let written = |thread: &Thread| {
        let bytes = postcard::to_allocvec(thread).unwrap();
        assert_eq!(postcard::from_bytes::<Thread>(&bytes).unwrap(), *thread);
        bytes.len()
    };
    assert!(written(&thread) < 20);
    for (seconds, shares, least, most) in [(10.0, 3, 0, 24), (10.0, 2, 0, 24), (25.0, 1, 96, 140), (9.0, 4, 96, 140)] {
        thread.shares(at(seconds), shares, shares as f64 * 7.25);
        assert!((least..most).contains(&written(&thread)), "{} bytes at {seconds}", written(&thread));
    }
}
