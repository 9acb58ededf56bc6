//! From sums of weights to probabilities, the same on every machine: `libm`, never the platform's own functions.

/// Rounds to four decimals, so that JSON is short and equal everywhere.
pub(crate) fn round4(value: f64) -> f64 {
    // a number that large has no such decimals left, and what is none stays none
    let rounded = if value.abs() < 1e9 { (value * 1e4 + 0.5_f64.copysign(value)) as i64 as f64 / 1e4 } else { value };
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// The logistic function.
pub(crate) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + libm::exp(-z))
    } else {
        let e = libm::exp(z);
        e / (1.0 + e)
    }
}

/// Log-odds this far below the best count nothing: e^-20 is far below the four decimals that are told.
pub(crate) const NEGLIGIBLE: f64 = -20.0;

/// Log-odds to probabilities that sum to one, in place.
pub(crate) fn softmax(z: &mut [f64]) {
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in z.iter_mut() {
        let below = *value - top;
        *value = if below < NEGLIGIBLE { 0.0 } else { libm::exp(below) };
        sum += *value;
    }
    for value in z.iter_mut() {
        *value /= sum;
    }
}

/// Index and value of the largest; the first of equals.
pub(crate) fn best(values: &[f64]) -> (usize, f64) {
    let mut top = (0, f64::NEG_INFINITY);
    for (index, &value) in values.iter().enumerate() {
        if value > top.1 {
            top = (index, value);
        }
    }
    top
}

/// The factor that makes the probabilities of held-back choices fit best (temperature scaling, Guo et al. 2017).
/// `rows` are log-odds with the right label's index.
pub(crate) fn fit_temperature(rows: &[(Vec<f64>, usize)]) -> f64 {
    let loss = |factor: f64| -> f64 {
        rows.iter()
            .map(|(z, right)| {
                let mut p: Vec<f64> = z.iter().map(|v| v * factor).collect();
                softmax(&mut p);
                -libm::log(p[*right].max(1e-9))
            })
            .sum()
    };
    search(loss, 0.05, 8.0)
}

/// Slope and offset that make the probabilities of held-back yes-or-no answers fit best (Platt 1999), with the
/// targets drawn a little away from 0 and 1 as he does.
pub(crate) fn fit_platt(rows: &[(f64, bool)]) -> (f64, f64) {
    let yes = rows.iter().filter(|r| r.1).count() as f64;
    let no = rows.len() as f64 - yes;
    if yes < 1.0 || no < 1.0 {
        return (1.0, 0.0);
    }
    let targets = [1.0 / (no + 2.0), (yes + 1.0) / (yes + 2.0)];
    let mut at = (1.0_f64, 0.0_f64);
    for _ in 0..60 {
        let step = newton_step(rows, targets, at);
        let before = platt_loss(rows, targets, at);
        let mut part = 1.0;
        let mut next = at;
        // Newton's step overshoots where the answers are almost separable: go back until it helps
        while part > 1e-4 {
            next = ((at.0 - part * step.0).clamp(0.02, 20.0), (at.1 - part * step.1).clamp(-20.0, 20.0));
            if platt_loss(rows, targets, next) < before {
                break;
            }
            part /= 2.0;
        }
        if part <= 1e-4 {
            break;
        }
        at = next;
    }
    at
}

fn platt_loss(rows: &[(f64, bool)], targets: [f64; 2], at: (f64, f64)) -> f64 {
    let loss = |&(z, answer): &(f64, bool)| {
        let (t, p) = (targets[usize::from(answer)], sigmoid(at.0 * z + at.1).clamp(1e-12, 1.0 - 1e-12));
        -t * libm::log(p) - (1.0 - t) * libm::log(1.0 - p)
    };
    rows.iter().map(loss).sum()
}

fn newton_step(rows: &[(f64, bool)], targets: [f64; 2], at: (f64, f64)) -> (f64, f64) {
    let (mut g, mut h) = ([0.0; 2], [1e-6, 0.0, 1e-6]);
    for &(z, answer) in rows {
        let p = sigmoid(at.0 * z + at.1);
        let d = p - targets[usize::from(answer)];
        let w = p * (1.0 - p);
        g[0] += d * z;
        g[1] += d;
        h[0] += w * z * z;
        h[1] += w * z;
        h[2] += w;
    }
    let det = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
    ((h[2] * g[0] - h[1] * g[1]) / det, (h[0] * g[1] - h[1] * g[0]) / det)
}

/// One step of a lift, in log-odds.
const LIFT_STEP: f64 = 0.05;
/// No label is given more steps: what must not be missed must not swallow the rest either.
const LIFT_STEPS_MAX: u32 = 20;

/// The smallest lifts of some labels, in log-odds, at which each is answered in the wanted share of its rows, by label.
/// One after the other, twice, because what one label gains another loses.
pub(crate) fn fit_lifts(rows: &[(Vec<f64>, usize)], must_find: &[(usize, f64)], width: usize) -> Vec<f64> {
    let mut lifts = vec![0.0_f64; width];
    for &(label, wanted) in must_find.iter().chain(must_find) {
        let of_label = || rows.iter().filter(move |(_, right)| *right == label);
        let count = of_label().count() as f64;
        let found = |lifts: &[f64]| {
            let lifted = |z: &[f64]| -> Vec<f64> { z.iter().zip(lifts).map(|(v, lift)| v + lift).collect() };
            of_label().filter(|(z, _)| best(&lifted(z)).0 == label).count() as f64
        };
        for step in 1..=LIFT_STEPS_MAX {
            if found(&lifts) >= wanted * count {
                break;
            }
            lifts[label] = lifts[label].max(f64::from(step) * LIFT_STEP);
        }
    }
    lifts
}

/// Golden-section search for the minimum, over the logarithm of the argument.
fn search(loss: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let ratio = (libm::sqrt(5.0) - 1.0) / 2.0;
    let (mut a, mut b) = (libm::log(low), libm::log(high));
    for _ in 0..30 {
        let (c, d) = (b - ratio * (b - a), a + ratio * (b - a));
        if loss(libm::exp(c)) < loss(libm::exp(d)) {
            b = d;
        } else {
            a = c;
        }
    }
    libm::exp(f64::midpoint(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_behave_at_the_ends() {
        assert!(sigmoid(800.0) <= 1.0 && sigmoid(-800.0) >= 0.0);
        let mut z = [900.0, -900.0, 0.0];
        softmax(&mut z);
        assert!((z.iter().sum::<f64>() - 1.0).abs() < 1e-12 && z.iter().all(|p| p.is_finite()));
        assert_eq!(best(&[0.1, 0.4, 0.4]).0, 1);
        assert!(round4(-0.00001).is_sign_positive());
    }

    #[test]
    fn overconfidence_is_cooled() {
        let rows: Vec<_> = (0..400).map(|i| (vec![6.0, 0.0], usize::from(i % 4 == 0))).collect();
        let factor = fit_temperature(&rows);
        assert!((factor * 6.0 - libm::log(3.0)).abs() < 0.01, "{factor}");
    }

    #[test]
    fn lifts_are_as_small_as_they_may_be() {
        // of ten rows of label 1, four win by themselves, four lack 0.32, two lack 5
        let lack = |i: usize| {
            if i < 4 {
                -1.0
            } else if i < 8 {
                0.32
            } else {
                5.0
            }
        };
        let rows: Vec<_> = (0..10).map(|i| (vec![lack(i), 0.0], 1)).chain([(vec![1.0, 0.0], 0)]).collect();
        for (wanted, lift) in [(0.4, 0.0), (0.8, 0.35), (0.9, 1.0), (0.0, 0.0)] {
            let lifts = fit_lifts(&rows, &[(1, wanted)], 2);
            assert!(lifts[0].abs() < 1e-12 && (lifts[1] - lift).abs() < 1e-9, "{wanted}: {lifts:?}");
        }
        assert!(fit_lifts(&[], &[(0, 1.0)], 2).iter().all(|lift| lift.abs() < 1e-12));
    }

    #[test]
    fn platt_finds_the_base_rate() {
        let rows: Vec<_> = (0..1000).map(|i| (if i % 2 == 0 { 3.0 } else { -3.0 }, i % 10 == 0)).collect();
        let (slope, offset) = fit_platt(&rows);
        assert!((sigmoid(slope * 3.0 + offset) - 0.2).abs() < 0.01);
    }
}
