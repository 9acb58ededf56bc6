use super::*;
use proptest::prelude::*;

/// −log10 P[X ≥ k], computed with mpmath 1.3 at 40 digits: regularized lower incomplete gamma P(k, m).
const POISSON: &[(u64, f64, f64)] = &[
    (1, 0.5, 0.405_089_102_854_537),
    (3, 1.0, 1.095_276_898_866_78),
    (5, 0.1, 7.115_329_127_889_36),
    (10, 3.0, 2.957_626_077_645_25),
    (20, 5.0, 6.461_912_125_728_18),
    (50, 30.0, 3.284_923_474_802_82),
    (100, 100.0, 0.289_629_752_496_193),
    (150, 100.0, 5.724_870_588_202_32),
    (500, 100.0, 177.419_217_050_564),
    (1000, 900.0, 3.259_714_490_930_78),
    (10_000, 10_000.0, 0.299_876_472_102_114),
    (10_500, 10_000.0, 6.443_746_988_121_62),
    (1_000_000, 1e6, 0.300_914_505_399_991),
    (1_010_000, 1e6, 23.043_869_696_964_4),
    (2, 50.0, 4.271_991_621_306_57e-21),
    (1, 1e-9, 9.000_000_000_217_15),
    (100_000, 10.0, 356_577.793_801_359),
];

/// The same for variance m + d m², computed with mpmath 1.3 at 40 digits as the sum of the masses.
const NEGATIVE_BINOMIAL: &[(u64, f64, f64, f64)] = &[
    (1, 0.5, 1.0, 0.477_121_254_719_662),
    (3, 1.0, 0.5, 0.954_242_509_439_325),
    (10, 3.0, 0.2, 1.977_415_019_373_16),
    (20, 5.0, 1.0, 1.583_624_920_952_5),
    (50, 30.0, 0.1, 1.284_380_760_194_59),
    (100, 100.0, 0.5, 0.388_610_404_996_523),
    (500, 100.0, 0.1, 11.215_287_181_543_2),
    (1000, 100.0, 0.5, 7.286_139_221_987_26),
    (10_500, 1e4, 0.001, 1.169_518_586_647_5),
    (30_000, 1e4, 0.05, 9.184_817_626_463_18),
    (2, 50.0, 0.3, 0.000_173_604_823_732_652),
    (8, 0.1, 2.0, 6.897_233_188_677_52),
];

fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-9 * want + 1e-12
}

#[test]
fn poisson_tails_are_those_of_the_table() {
    for &(count, mean, want) in POISSON {
        let got = poisson_upper_tail_log10(count, mean);
        assert!(near(got, want), "P[X >= {count}], mean {mean}: {got}, wanted {want}");
    }
}

#[test]
fn negative_binomial_tails_are_those_of_the_table() {
    for &(count, mean, dispersion, want) in NEGATIVE_BINOMIAL {
        let got = negative_binomial_upper_tail_log10(count, mean, dispersion);
        assert!(near(got, want), "P[X >= {count}], mean {mean}, dispersion {dispersion}: {got}, wanted {want}");
    }
}

/// Bounds from scipy 1.x: `poisson.isf(risk, mean) + 1` and `nbinom.isf(risk, 1/d, 1/(1 + d m)) + 1`.
#[test]
fn upper_bounds_are_those_of_the_table() {
    let risks = [1e-2, 1e-3, 1e-6];
    for (mean, dispersion, want) in [
        (0.1, 0.0, [2, 3, 5]),
        (1.0, 0.0, [5, 6, 10]),
        (3.0, 0.0, [9, 11, 15]),
        (5.0, 0.0, [12, 14, 20]),
        (50.0, 0.0, [68, 74, 88]),
        (1000.0, 0.0, [1075, 1100, 1155]),
        (0.1, 2.0, [3, 4, 7]),
        (3.0, 0.2, [11, 14, 23]),
        (5.0, 1.0, [26, 38, 76]),
        (50.0, 0.1, [99, 120, 176]),
        (1000.0, 0.05, [1599, 1844, 2457]),
    ] {
        let got = risks.map(|risk| upper_bound(mean, dispersion, risk));
        assert_eq!(got, want, "mean {mean}, dispersion {dispersion}");
    }
}

#[test]
fn arguments_without_sense_are_no_evidence() {
    assert!(poisson_upper_tail_log10(5, f64::NAN) < f64::EPSILON);
    assert!(poisson_upper_tail_log10(5, f64::INFINITY) < f64::EPSILON);
    assert!(poisson_upper_tail_log10(0, 0.0) < f64::EPSILON);
    assert!(poisson_upper_tail_log10(1, 0.0).is_infinite());
    assert!(poisson_upper_tail_log10(1, -3.0).is_infinite());
    assert_eq!(upper_bound(f64::NAN, 0.0, 1e-3), u64::MAX);
    assert_eq!(upper_bound(0.0, 0.0, 1e-3), 1);
    assert_eq!(upper_bound(4.0, 0.0, 1.0), 1);
    assert!(upper_bound(4.0, 0.0, 0.0) > 100);
}

#[test]
fn the_approximation_for_huge_counts_joins_the_exact_tail() {
    // either side of LARGE at the same distance in standard deviations
    for (z, dispersion) in [(-2.0, 0.0), (0.0, 0.0), (3.0, 0.0), (8.0, 0.0)] {
        let at = |mean: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "around 1e9")]
            let count = (mean + z * mean.sqrt()).round() as u64;
            negative_binomial_upper_tail_log10(count, mean, dispersion)
        };
        let (exact, rough) = (at(9.9e8), at(1.01e9));
        assert!((exact - rough).abs() < 1e-3 * (1.0 + exact), "z {z}: {exact} and {rough}");
    }
    assert!(poisson_upper_tail_log10(u64::MAX, 1.0).is_finite());
    assert!(negative_binomial_upper_tail_log10(u64::MAX, 1e300, 5.0).is_finite());
}

/// P[X ≥ count] by adding masses: the naive model, good where p is not tiny.
fn naive(count: u64, mean: f64, dispersion: f64) -> f64 {
    let shape = 1.0 / dispersion;
    let mut mass = if dispersion > 0.0 { libm::exp(-shape * libm::log1p(mean / shape)) } else { libm::exp(-mean) };
    let mut below = 0.0;
    for n in 0..count {
        below += mass;
        let n = n as f64;
        mass *= if dispersion > 0.0 { (shape + n) / (n + 1.0) * mean / (mean + shape) } else { mean / (n + 1.0) };
    }
    -libm::log10(1.0 - below)
}

proptest! {
    #[test]
    fn tails_equal_the_sum_of_masses(count in 0_u64..60, mean in 0.01..40.0_f64, dispersion in 0.01..3.0_f64) {
        for (got, want) in [
            (poisson_upper_tail_log10(count, mean), naive(count, mean, 0.0)),
            (negative_binomial_upper_tail_log10(count, mean, dispersion), naive(count, mean, dispersion)),
        ] {
            if want < 8.0 {
                prop_assert!((got - want).abs() < 1e-6, "{got} and {want}");
            }
        }
    }

    #[test]
    fn more_is_never_less_surprising(count in 0_u64..100_000, mean in 1e-6..1e5_f64, dispersion in 0.0..5.0_f64) {
        let here = negative_binomial_upper_tail_log10(count, mean, dispersion);
        let next = negative_binomial_upper_tail_log10(count + 1, mean, dispersion);
        prop_assert!(here >= 0.0);
        prop_assert!(next >= here - 1e-9 * (1.0 + here), "{here} then {next}");
    }

    #[test]
    fn the_bound_is_the_smallest(mean in 0.0..5000.0_f64, dispersion in 0.0..3.0_f64, exponent in 0.5..12.0_f64) {
        let bound = upper_bound(mean, dispersion, libm::exp10(-exponent));
        prop_assert!(negative_binomial_upper_tail_log10(bound, mean, dispersion) > exponent - 1e-9);
        prop_assert!(negative_binomial_upper_tail_log10(bound - 1, mean, dispersion) <= exponent + 1e-9);
    }
}
