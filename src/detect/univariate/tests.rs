use super::*;
use proptest::prelude::*;

fn detector() -> Univariate {
    Univariate::new(Settings::default()).expect("defaults are in range")
}

/// A steady series with a daily swing and a fixed ripple; `row` counts five-minute rows.
fn usual(row: usize) -> f64 {
    let swing = [20.0, 24.0, 30.0, 26.0][row / 72 % 4];
    swing + [0.0, 4.0, -3.0, 1.0, -5.0, 6.0, 2.0][row % 7]
}

fn at(row: usize) -> Option<Timestamp> {
    Timestamp::from_seconds(1_700_000_000 + 300 * i64::try_from(row).expect("small"))
}

fn scores(values: &[f64]) -> Vec<f64> {
    let mut detector = detector();
    values.iter().enumerate().map(|(row, &value)| detector.observe(at(row), Some(value))).collect()
}

#[test]
fn a_burst_tops_everything_before_it_and_is_found_in_its_first_row() {
    let mut values: Vec<f64> = (0..3000).map(usual).collect();
    for value in &mut values[2500..2520] {
        *value *= 5.0;
    }
    let scores = scores(&values);
    let before = scores[300..2500].iter().copied().fold(0.0, f64::max);
    assert!(scores[2500] > 0.6, "{}", scores[2500]);
    assert!(before < 0.5, "{before}");
}

#[test]
fn a_burst_that_goes_on_is_not_emitted_again_and_again() {
    let mut values: Vec<f64> = (0..3000).map(usual).collect();
    for value in &mut values[2000..2100] {
        *value *= 5.0;
    }
    let emitted = scores(&values)[2000..2250].iter().filter(|&&score| score >= 0.5).count();
    assert!((1..=14).contains(&emitted), "{emitted} rows");
}

#[test]
fn a_second_equal_burst_is_silent_within_a_day_and_heard_after_it() {
    let quiet_then = |gap: usize| {
        let mut values: Vec<f64> = (0..3600).map(usual).collect();
        values[2500] = 400.0;
        values[2500 + gap] = 400.0;
        scores(&values)[2500 + gap]
    };
    assert!(quiet_then(200) < 0.5);
    assert!(quiet_then(310) > 0.5);
}

#[test]
fn what_comes_later_changes_nothing_earlier() {
    let values: Vec<f64> = (0..1500).map(usual).collect();
    let mut changed = values.clone();
    changed[1000] = 900.0;
    assert_eq!(scores(&values)[..1000], scores(&changed)[..1000]);
    assert_ne!(scores(&values)[1000..], scores(&changed)[1000..]);
}

#[test]
fn the_first_two_hours_say_nothing() {
    let mut values: Vec<f64> = (0..60).map(usual).collect();
    values[20] = 5000.0;
    assert!(scores(&values)[..24].iter().all(|&score| score < f64::EPSILON));
}

#[test]
fn missing_rows_score_zero_and_are_not_learned() {
    let mut plain = detector();
    let mut holed = detector();
    for row in 0..1000 {
        plain.observe(at(row), Some(usual(row)));
        holed.observe(at(row), Some(usual(row)));
    }
    for bad in [None, Some(f64::NAN), Some(-1.0), Some(f64::INFINITY), Some(VALUE_MAX * 2.0)] {
        assert!(holed.observe(at(1000), bad) < f64::EPSILON);
        assert!(holed.expectation.level().zip(plain.expectation.level()).is_some_and(|(a, b)| (a - b).abs() < 1e-9));
    }
}

#[test]
fn unreadable_times_fall_back_to_the_previous_step() {
    let values: Vec<f64> = (0..1200).map(|row| if row == 1100 { 300.0 } else { usual(row) }).collect();
    let mut detector = detector();
    let blind: Vec<f64> = values
        .iter()
        .enumerate()
        // half of the times unreadable, the rest standing still: each counts as one step of five minutes
        .map(|(row, &value)| detector.observe(if row % 2 == 0 { at(0) } else { None }, Some(value)))
        .collect();
    assert_eq!(blind, scores(&values));
}

#[test]
fn one_burst_of_a_thousand_times_does_not_become_the_level() {
    let mut detector = detector();
    for row in 0..2000 {
        detector.observe(at(row), Some(usual(row)));
    }
    let before = detector.expectation.level().expect("learned");
    detector.observe(at(2000), Some(25_000.0));
    let after = detector.expectation.level().expect("learned");
    assert!(after < before * 1.02, "{before} then {after}");
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = Settings { record_ratio: 0.5, ..Settings::default() };
    assert_eq!(bad.check().expect_err("below 1").name, "record_ratio");
    let bad = Settings { level_half_life_hours: f64::NAN, ..Settings::default() };
    assert!(Univariate::new(bad).is_err());
}

/// The highest score of a series of 4,000 rows of which one stretch is replaced.
fn highest(from: usize, rows: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = (0..4000).map(usual).collect();
    for (row, value) in rows.into_iter().enumerate() {
        values[from + row] = value;
    }
    scores(&values)[from..].iter().copied().fold(0.0, f64::max)
}

#[test]
fn a_rise_that_lasts_is_heard_below_the_band_of_size() {
    let rise = highest(3000, (3000..3010).map(|row| 1.3 * usual(row)));
    let ordinary = highest(3000, []);
    assert!(rise > 0.2 && ordinary < rise, "{rise} against {ordinary}");
}

#[test]
fn weeks_of_one_value_say_nothing() {
    for value in [0.0, 1.0, 37.0, 1e9] {
        assert!(scores(&[value; 8000]).iter().all(|&score| score < f64::EPSILON), "{value}");
    }
}

#[test]
fn weeks_of_zeros_do_not_turn_the_first_posts_into_an_event_of_size() {
    let mut values = vec![0.0; 8000];
    values[7000] = 2.0;
    values[7001] = 1.0;
    assert!(scores(&values).iter().all(|&score| score < 0.5));
    values[7000] = 40.0;
    assert!(scores(&values)[7000] > 0.5, "but forty at once are");
}

#[test]
fn one_giant_row_does_not_hide_the_burst_of_the_next_days() {
    let mut values: Vec<f64> = (0..4000).map(usual).collect();
    values[2000] = 1e6;
    for value in &mut values[2600..2612] {
        *value *= 6.0;
    }
    let scores = scores(&values);
    assert!(scores[2000] > 0.9);
    assert!(scores[2600..2612].iter().any(|&score| score >= 0.5), "{:?}", &scores[2600..2612]);
}

#[test]
fn days_without_rows_are_neither_an_event_nor_forgotten() {
    let mut detector = detector();
    for row in 0..3000 {
        detector.observe(at(row), Some(usual(row)));
    }
    let level = detector.expectation.level().expect("learned");
    for row in 4440..4600 {
        assert!(detector.observe(at(row), Some(usual(row))) < 0.5, "row {row}");
    }
    assert!((detector.expectation.level().expect("learned") / level - 1.0).abs() < 0.2);
}

#[test]
fn memory_is_bounded_whatever_the_step() {
    for step_millis in [1_000, 300_000, 86_400_000_i64] {
        let mut detector = detector();
        for row in 0..60_000_i64 {
            detector.observe(Some(Timestamp::clamped(row * step_millis * 1000)), Some((row % 9) as f64));
            if row % 1000 == 0 {
                assert!(kept(&detector) <= 2 * 289 + 900 + 7 * 257, "{}", kept(&detector));
            }
        }
    }
}

/// Everything that could grow.
fn kept(detector: &Univariate) -> usize {
    let windows: usize = detector.windows.iter().map(|(rows, _)| rows.len()).sum();
    detector.sizes.len() + detector.rises.len() + detector.lasting.len() + windows
}

proptest! {
    #[test]
    fn scores_are_within_zero_and_one_whatever_comes(
        rows in prop::collection::vec((prop::option::of(any::<i64>()), prop::option::of(any::<f64>())), 0..300)
    ) {
        let mut detector = detector();
        for (micros, value) in rows {
            let score = detector.observe(micros.map(Timestamp::clamped), value);
            prop_assert!((0.0..=1.0).contains(&score), "{score}");
            prop_assert!(detector.expectation.level().is_none_or(f64::is_finite));
        }
    }
}
