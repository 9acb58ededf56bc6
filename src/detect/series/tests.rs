//! A series as its alerts see it.

use super::*;
use crate::detect::Contribution;
use crate::mention::Platform;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn partial(mentions: u64) -> Partial {
    Partial { mentions, ..Partial::default() }
}

/// A series that saw `usual` mentions a bucket for `buckets`.
fn steady(usual: u64, buckets: i64) -> Series {
    let mut series = Series::new(Bucket(0));
    for bucket in 1..=buckets {
        series.advance(Bucket(bucket), false, false, &[]);
        series.merge(Bucket(bucket), &partial(usual));
    }
    series
}

fn five_minutes(series: &Series) -> Windowed {
    series.judge(false, &Settings::default()).windows[1]
}

#[test]
fn a_young_series_is_not_judged() {
    assert!(steady(5, 719).judge(false, &Settings::default()).windows.is_empty());
    assert_eq!(steady(5, 720).judge(false, &Settings::default()).windows.len(), VOLUME_WINDOWS.len());
}

#[test]
fn the_usual_is_expected_and_a_burst_surprises() {
    let mut series = steady(2, 1500);
    let usual = five_minutes(&series);
    assert!((usual.expected - 60.0).abs() < 1.0 && usual.observed == 60, "{usual:?}");
    series.merge(Bucket(1500), &partial(100));
    let burst = five_minutes(&series);
    assert!(burst.observed == 160 && burst.surprise > 8.0 && burst.upper < 120.0, "{burst:?}");
    assert!((burst.expected - usual.expected).abs() < 1e-9, "a burst is not its own baseline");
}

#[test]
fn what_belongs_to_an_incident_is_not_learned_nor_judged_again() {
    let mut series = steady(2, 1500);
    for bucket in 1501..=1600 {
        series.advance(Bucket(bucket), true, false, &[]);
        series.merge(Bucket(bucket), &partial(50));
    }
    assert_eq!(series.judge(true, &Settings::default()).windows[1].observed, 1500);
    assert_eq!(five_minutes(&series).observed, 0, "an incident that is over is left out");
    for bucket in 1601..=2100 {
        series.advance(Bucket(bucket), false, false, &[]);
        series.merge(Bucket(bucket), &partial(2));
    }
    assert!((five_minutes(&series).expected - 60.0).abs() < 2.0);
}

#[test]
fn what_is_told_is_learned_apart_and_may_be_adopted() {
    for (in_incident, in_mood) in [(true, false), (false, true)] {
        let mut series = steady(2, 1500);
        series.freeze();
        for bucket in 1501..=6000 {
            series.advance(Bucket(bucket), in_incident, in_mood, &[]);
            series.merge(Bucket(bucket), &partial(8));
        }
        assert!((series.expected(30) - 60.0).abs() < 0.1, "however long: {}", series.expected(30));
        series.adopt();
        assert!((series.expected(30) - 240.0).abs() < 1.0, "{}", series.expected(30));
        let calm = five_minutes(&series);
        assert!(calm.observed == 240 && calm.surprise < 1.0, "{calm:?}");
        series.adopt();
        assert!((series.expected(30) - 240.0).abs() < 1.0, "there is nothing more to adopt");
    }
}

#[test]
fn a_long_silence_is_learned_at_once() {
    let mut at_once = steady(2, 1500);
    let mut one_by_one = at_once.clone();
    at_once.advance(Bucket(5000), false, false, &[]);
    for bucket in 1501..=5000 {
        one_by_one.advance(Bucket(bucket), false, false, &[]);
    }
    let (a, b) = (five_minutes(&at_once).expected, five_minutes(&one_by_one).expected);
    assert!((a - b).abs() < 1e-6 && a < 45.0, "{a} {b}");
    at_once.advance(Bucket(i64::MAX / 2), false, false, &[]);
    assert_eq!(five_minutes(&at_once).observed, 0, "however long");
}

#[test]
fn the_baseline_rests_while_a_source_it_lives_on_is_silent() {
    use crate::mention::Platform;
    let of = |platform, mentions| {
        let platforms = BTreeMap::from([(platform, mentions)]);
        Partial { mentions, platforms, ..Partial::default() }
    };
    // three days of four posts a bucket, three of them on X, which is silent on the fourth
    let day = |series: &mut Series, day: i64, silences: &[Stretch]| {
        for bucket in day * 8_640 + 1..=(day + 1) * 8_640 {
            series.advance(Bucket(bucket), false, false, silences);
            series.merge(Bucket(bucket), &of(Platform::Reddit, 1));
            if day != 3 {
                series.merge(Bucket(bucket), &of(Platform::X, 3));
            }
        }
    };
    let mut resting = Series::new(Bucket(0));
    (0..3).for_each(|number| day(&mut resting, number, &[]));
    let mut learning = resting.clone();
    let silences = [Stretch { platform: Platform::X, since: Bucket(3 * 8_640 + 1), until: None }];
    day(&mut resting, 3, &silences);
    day(&mut learning, 3, &[]);
    let (rested, learned) = (resting.expected(30), learning.expected(30));
    assert!((rested - 120.0).abs() < 1.0 && learned < 80.0, "{rested} {learned}");
    let over = [Stretch { until: Some(Bucket(4 * 8_640)), ..silences[0] }];
    day(&mut resting, 4, &over);
    assert!(resting.judge(false, &Settings::default()).windows.iter().all(|window| window.surprise < 3.0));
}

#[test]
fn late_posts_count_where_they_belong() {
    let mut series = steady(2, 1500);
    series.merge(Bucket(1490), &partial(7));
    series.merge(Bucket(-9_000_000), &partial(1000));
    assert_eq!(five_minutes(&series).observed, 67);
}

#[test]
fn evidence_reaches_back_an_hour() {
    let series = steady(2, 1500);
    assert_eq!(series.evidence(30).mentions, 60);
    assert_eq!(series.evidence(90).mentions, 180);
    let hour = series.evidence(360).mentions;
    assert!((660..=720).contains(&hour), "whole five minutes only, got {hour}");
}

/// A post of a person.
fn post(bucket: Bucket, person: u64) -> Partial {
    let mut partial = Partial::default();
    partial.add(&Contribution {
        counts: true,
        at: bucket.start(),
        platform: Platform::X,
        language: "en".into(),
        negative: false,
        sentiment_percent: 5,
        outage: person.is_multiple_of(3),
        noise: false,
        repost: false,
        person,
        text: person,
        thread: None,
        followers: 0,
        prominent: false,
        alarm: false,
        example: Some(format!("x:{person}")),
        terms: vec![format!("word{}", person % 7)],
        pending: None,
    });
    partial
}

proptest! {
    /// Whenever a series is looked at between its posts, what it says after the next is the same.
    #[test]
    fn what_is_stale_is_missed_by_nothing(
        posts in proptest::collection::vec((0i64..40, 1i64..9, 0i64..120, any::<u64>()), 1..30),
    ) {
        let (mut kept, mut swept, mut now) = (Series::new(Bucket(0)), Series::new(Bucket(0)), Bucket(0));
        for (pass, looks, late, person) in posts {
            let next = now.plus(1 + pass * pass);
            for look in 1..=looks {
                let closed = now.plus((next.0 - now.0 - 1) * look / looks);
                prop_assert!(!swept.is_still(closed) || swept.details.oldest().is_none() || swept.has_stale(closed));
                swept.drop_stale(closed);
                prop_assert!(!swept.has_stale(closed));
            }
            now = next;
            for series in [&mut kept, &mut swept] {
                series.advance(now, person.is_multiple_of(5), false, &[]);
                series.merge(now.plus(-late), &post(now, person));
            }
            prop_assert_eq!(&kept, &swept);
        }
    }
}
