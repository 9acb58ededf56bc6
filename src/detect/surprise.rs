//! How unlikely a count is: upper tails of the Poisson distribution, in −log10.

use libm::{exp, lgamma, log, log10};

/// Terms summed at most: beyond, each is less than the last by a factor that no longer matters.
const TERMS_MAX: u32 = 2_000;

/// −log10 P(X ≥ observed) for X ~ Poisson(mean); both may be scaled by a dispersion, so they need not be whole.
/// 0 where the count is not above the mean.
#[must_use]
pub fn poisson_surprise(observed: f64, mean: f64) -> f64 {
    if observed <= mean || mean <= 0.0 {
        return 0.0;
    }
    // ln of the first term, then the series 1 + m/(k+1) + m²/((k+1)(k+2)) + …
    let first = observed * log(mean) - mean - lgamma(observed + 1.0);
    let (mut sum, mut term) = (1.0, 1.0);
    for step in 1..=TERMS_MAX {
        term *= mean / (observed + f64::from(step));
        sum += term;
        if term < 1e-12 * sum {
            break;
        }
    }
    -(first + log(sum)) / std::f64::consts::LN_10
}

/// The smallest whole count whose surprise reaches `surprise`, less one: the largest that is still usual.
#[must_use]
pub fn upper_bound(mean: f64, surprise: f64) -> f64 {
    let (mut low, mut high) = (mean.max(0.0), mean.max(1.0) * 2.0 + 20.0 + surprise * 4.0);
    while poisson_surprise(high, mean) < surprise {
        high *= 2.0;
    }
    // 60 halvings of a bounded interval
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if poisson_surprise(middle, mean) < surprise {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::floor(low)
}

/// Probability that `k` or more of `n` show a property of share `p`: −log10 of Chernoff's bound
/// exp(−n·KL(k/n ‖ p)) (Hoeffding 1963). 0 where k/n is not above p.
#[must_use]
pub fn share_surprise(k: u64, n: u64, p: f64) -> f64 {
    let p = p.clamp(0.01, 0.99);
    let share = k as f64 / (n.max(1)) as f64;
    if share <= p {
        return 0.0;
    }
    let part = |a: f64, b: f64| if a <= 0.0 { 0.0 } else { a * log(a / b) };
    let divergence = part(share, p) + part(1.0 - share, 1.0 - p);
    -log10(exp(-(n as f64) * divergence).max(1e-300))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from scipy.stats.poisson.sf(k - 1, m).
    #[test]
    fn tails_agree_with_tables() {
        let cases = [(10.0, 0.5, 9.767), (25.0, 5.0, 9.796), (15.0, 5.0, 3.645), (120.0, 60.0, 11.211)];
        for (observed, mean, expected) in cases {
            let got = poisson_surprise(observed, mean);
            assert!((got - expected).abs() < 0.001, "P[X >= {observed}] at {mean}: 1e-{got}, want 1e-{expected}");
        }
        assert!(poisson_surprise(3.0, 5.0).abs() < 1e-12);
    }

    #[test]
    fn the_bound_is_the_last_usual_count() {
        for mean in [0.1, 1.0, 5.0, 80.0, 4000.0] {
            let bound = upper_bound(mean, 6.0);
            assert!(poisson_surprise(bound, mean) <= 6.0 && poisson_surprise(bound + 1.0, mean) >= 6.0, "{mean}");
        }
    }

    #[test]
    fn shares_above_the_usual_surprise() {
        assert!(share_surprise(3, 10, 0.3).abs() < 1e-12);
        assert!(share_surprise(9, 10, 0.3) > 2.0);
        assert!(share_surprise(90, 100, 0.3) > share_surprise(9, 10, 0.3));
    }
}
