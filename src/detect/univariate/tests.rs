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
    assert!(scores[2500] > 0.7, "{}", scores[2500]);
    assert!(scores[2500] > before + 0.2, "{} after {before}", scores[2500]);
}

#[test]
fn a_burst_that_goes_on_is_not_emitted_again_and_again() {
    let mut values: Vec<f64> = (0..3000).map(usual).collect();
    for value in &mut values[2000..2100] {
        *value *= 5.0;
    }
    let emitted = scores(&values)[2000..2250].iter().filter(|&&score| score > 0.5).count();
    assert!((1..=6).contains(&emitted), "{emitted} rows");
}

#[test]
fn a_second_equal_burst_is_silent_within_a_day_and_heard_after_it() {
    let quiet_then = |gap: usize| {
        let mut values: Vec<f64> = (0..3600).map(usual).collect();
        values[2500] = 400.0;
        values[2500 + gap] = 400.0;
        scores(&values)[2500 + gap]
    };
    assert!(quiet_then(200) < f64::EPSILON);
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
        assert!(holed.level.mean().zip(plain.level.mean()).is_some_and(|(a, b)| (a - b).abs() < 1e-9));
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
    let before = detector.level.mean().expect("learned");
    detector.observe(at(2000), Some(25_000.0));
    let after = detector.level.mean().expect("learned");
    assert!(after < before * 1.02, "{before} then {after}");
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = Settings { record_ratio: 0.5, ..Settings::default() };
    assert_eq!(bad.check().expect_err("below 1").name, "record_ratio");
    let bad = Settings { level_half_life_hours: f64::NAN, ..Settings::default() };
    assert!(Univariate::new(bad).is_err());
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
            prop_assert!(detector.record.slots.len() <= 289);
        }
    }

    #[test]
    fn the_record_is_the_highest_of_the_span(values in prop::collection::vec(-5.0..50.0_f64, 1..900)) {
        let mut record = Record::new(DAY);
        for row in 0..values.len() {
            let naive = values[row.saturating_sub(288)..row].iter().copied().fold(0.0, f64::max);
            let elapsed = 300.0 * f64::from(u32::try_from(row).expect("small"));
            prop_assert!((record.highest(elapsed) - naive).abs() < f64::EPSILON);
            record.enter(values[row]);
        }
    }
}
