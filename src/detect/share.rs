//! How unlikely it is that a property is so frequent in a window by accident.

use libm::{exp, log, log10};

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

    #[test]
    fn shares_above_the_usual_surprise() {
        assert!(share_surprise(3, 10, 0.3).abs() < 1e-12);
        assert!(share_surprise(9, 10, 0.3) > 2.0);
        assert!(share_surprise(90, 100, 0.3) > share_surprise(9, 10, 0.3));
    }
}
