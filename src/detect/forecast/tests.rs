use super::learn::{Event, looks, reference, size, table, thinned};
use super::measure::{Figures, Outcome, cross_validate};
use super::*;
use proptest::prelude::*;

/// A made cascade: a post by somebody with `first` followers and `count` shares, thinning out as a power law.
fn made(first: f64, count: u32, slow: f64) -> Vec<Event> {
    let share = |index: u32| {
        let part = f64::from(index) / f64::from(count);
        let seconds = 60.0 * (libm::pow(1.0 - 0.999 * part, -slow) - 1.0) / slow;
        (seconds.round(), f64::from(50 + 37 * (index % 41)))
    };
    std::iter::once((0.0, first)).chain((1..=count).map(share)).collect()
}

fn forecasts(events: &[Event]) -> Vec<Forecast> {
    let forecaster = Forecaster::shipped();
    looks(events).iter().map(|seen| forecaster.forecast(seen)).collect()
}

#[test]
fn the_shipped_references_are_cascades() {
    let forecaster = Forecaster::shipped();
    assert_eq!(forecaster.references().len(), 50);
    for reference in forecaster.references() {
        assert!((0.0..25.0).contains(&reference.first));
        for pair in reference.at.windows(2) {
            assert!(pair[0].count <= pair[1].count && pair[0].growth >= pair[1].growth);
        }
    }
}

#[test]
fn quantiles_lie_between_the_middles_of_weights() {
    let even = [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)];
    for (values, share, want) in [
        (&even[..], 0.5, 2.5),
        (&even, 0.0, 1.0),
        (&even, 1.0, 4.0),
        (&even, 0.125, 1.0),
        (&[(1.0, 9.0), (5.0, 1.0)], 0.5, 1.1 - 0.1 + 0.05 / 0.5 * 4.0),
        (&[(7.0, 1.0)], 0.3, 7.0),
        (&[], 0.5, 0.0),
    ] {
        let got = quantile(values, share);
        assert!((got - want).abs() < 1e-9, "{values:?} at {share}: {got}, wanted {want}");
    }
}

#[test]
fn a_horizon_is_due_once_when_passed_and_holds_what_came_up_to_it() {
    let mut cascade = Cascade::new(1000.0);
    assert_eq!(cascade.due(600.0), None, "the horizon itself still counts");
    cascade.observe(450.0, 10.0);
    cascade.observe(600.0, 10.0);
    let seen = cascade.due(601.0).expect("passed");
    assert_eq!((seen.horizon, seen.count), (0, 2));
    assert_eq!(cascade.due(601.0), None);
    let rest: Vec<_> =
        std::iter::from_fn(|| cascade.due(f64::INFINITY)).map(|seen| (seen.horizon, seen.count)).collect();
    assert_eq!(rest, [(1, 2), (2, 2), (3, 2)]);
    assert!(cascade.is_told() && cascade.due(f64::INFINITY).is_none());
}

#[test]
fn a_forecaster_without_references_says_nothing_more_comes() {
    let seen = looks(&made(1e4, 100, 0.5))[1];
    let forecast = Forecaster::new(Vec::new()).forecast(&seen);
    assert!((forecast.predicted - (seen.count as f64 + 0.5)).abs() < 1e-9);
}

#[test]
fn a_cascade_that_is_known_is_forecast_as_it_was() {
    let whole = made(1e5, 3000, 0.6);
    let forecaster = Forecaster::new(reference(&whole).into_iter().collect());
    for seen in looks(&whole) {
        let forecast = forecaster.forecast(&seen);
        assert!((forecast.predicted / 3000.0 - 1.0).abs() < 0.02, "{forecast:?}");
        assert!(forecast.low <= 3000.0 && forecast.high >= 3000.0);
    }
}

#[test]
fn figures_by_hand() {
    let outcome =
        |predicted, truth| Outcome { said: Forecast { predicted, low: predicted - 1.0, high: predicted + 1.0 }, truth };
    // errors 0, 0.5, 0.5, 1; of six pairs five agree, one disagrees; the largest is ranked highest
    let figures = Figures::of(&[outcome(10.0, 10.0), outcome(30.0, 20.0), outcome(20.0, 40.0), outcome(160.0, 80.0)]);
    let figures = figures.expect("four outcomes");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{figures:?}");
    close(figures.median_error, 0.5);
    close(figures.mean_error, 0.5);
    close(figures.tau, 4.0 / 6.0);
    close(figures.top_tenth, 1.0);
    close(figures.coverage, 0.25);
    assert_eq!(Figures::of(&[]), None);
    close(Figures::of(&[outcome(1.0, 1.0), outcome(1.0, 2.0)]).expect("two").tau, 0.0);
}

#[test]
fn parts_are_steady_and_keep_the_post() {
    let whole = made(5e4, 2500, 0.7);
    for seed in 0..20 {
        let part = thinned(&whole, 20, seed);
        assert_eq!((part[0], &part), (whole[0], &thinned(&whole, 20, seed)));
        assert!((20..=2500).contains(&size(&part)));
    }
    assert_ne!(thinned(&whole, 20, 1), thinned(&whole, 20, 2));
    assert_eq!(thinned(&whole[..5], 20, 1), whole[..5], "too small to be thinned");
}

#[test]
fn made_cascades_are_told_better_than_by_the_median() {
    let mut whole = Vec::new();
    for index in 0..24_u32 {
        let slow = 0.3 + 0.02 * f64::from(index);
        // the larger the audience, the longer it lives
        whole.push(made(1e4 * exp(f64::from(index) / 4.0), 2000 + 50 * index, slow));
    }
    let (table, _) = cross_validate(&whole, 3, &[], 1);
    let (forecast, baseline) = table.figures(2).expect("outcomes");
    assert!(forecast.median_error < baseline.median_error, "{table}");
    assert_eq!(cross_validate(&whole[..4], 2, &[], 7), cross_validate(&whole[..4], 2, &[], 7));
}

#[test]
fn a_table_reads_like_source() {
    let reference = reference(&made(1e5, 3000, 0.6)).expect("shares");
    let text = table(&[reference]);
    assert!(text.starts_with("//! ") && text.contains("[[f64; NUMBERS]; 1]") && text.ends_with("],\n];\n"));
    let row = text.lines().find(|line| line.starts_with("    [")).expect("a row");
    assert_eq!(row.split(", ").count(), learn::NUMBERS, "{row}");
    assert!(!text.contains("-0.0,") && !text.contains("-0.0]"), "{text}");
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let wild = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1e300), 0.0..1e12_f64];
    let share = (0.0..200_000.0_f64, prop_oneof![9 => 0.0..1e7_f64, 1 => wild]);
    (0.0..1e8_f64, proptest::collection::vec(share, 0..300)).prop_map(|(first, mut shares)| {
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        std::iter::once((0.0, first)).chain(shares).collect()
    })
}

proptest! {
    /// Whatever comes after a horizon leaves its forecast as it was.
    #[test]
    fn nothing_looks_ahead(events in events(), horizon in 0_usize..4) {
        let end = f64::from(HORIZONS_SECONDS[horizon]);
        let cut: Vec<Event> = events.iter().copied().filter(|(seconds, _)| *seconds <= end).collect();
        prop_assert_eq!(forecasts(&events)[..=horizon].to_vec(), forecasts(&cut)[..=horizon].to_vec());
    }

    /// Finite, ordered, and never below what was seen.
    #[test]
    fn forecasts_are_sane(events in events()) {
        for seen in looks(&events) {
            let Forecast { predicted, low, high } = Forecaster::shipped().forecast(&seen);
            prop_assert!(seen.count as f64 <= low && low <= predicted && predicted <= high && high.is_finite());
        }
    }
}
