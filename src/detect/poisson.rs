//! How surprising a count is: upper tails of the Poisson and negative-binomial distributions, as −log10 p.
//!
//! For sparse series, where residuals are too coarse. Pure functions, `libm` only, a bounded number of steps, and never
//! a panic: arguments that make no sense give no evidence (0).
//!
//! The tails are the incomplete gamma and beta functions, by series where that converges and by Lentz's continued
//! fraction elsewhere (Press et al., "Numerical Recipes", sections 6.2 and 6.4; NIST DLMF 8.9.2 and 8.17.22). The
//! prefactor stays a logarithm throughout, so p may be far below the smallest `f64`.

use std::f64::consts::{LN_2, LN_10, PI, SQRT_2};

/// Counts and means above this go by the deviance's signed root, whose relative error falls as 1/√mean.
const LARGE: f64 = 1e9;
/// Below this dispersion the negative binomial is the Poisson for every count up to [`LARGE`] that matters.
const DISPERSION_MIN: f64 = 1e-9;
/// Above this the count is almost surely 0 or enormous, and the shape parameter too small to compute with.
const DISPERSION_MAX: f64 = 1e6;
/// The series and fractions need about 9 √mean steps when the count is near its mean.
const STEPS_MAX: u32 = 400_000;
/// Stop when a step changes the result by less than this share.
const PRECISION: f64 = 1e-15;
/// Stands in for a zero denominator in Lentz's method.
const TINY: f64 = 1e-300;
/// The smallest risk [`upper_bound`] distinguishes.
const RISK_MIN: f64 = 1e-300;

/// `−log10 P[X ≥ observed]` for a Poisson count of this mean; 0 (certain) and up.
///
/// `f64::INFINITY` when the mean is 0 and something was observed. A mean that is not a number is no evidence: 0.
#[must_use]
pub fn poisson_upper_tail_log10(observed: u64, mean: f64) -> f64 {
    if let Some(known) = trivial(observed, mean) {
        return known;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts above 2^53 are approximated anyway")]
    let count = observed as f64;
    if count > LARGE || mean > LARGE {
        return normal_upper_tail_log10(signed_root(count - 0.5, mean, 0.0));
    }
    let log_front = count * libm::log(mean) - mean - libm::lgamma(count);
    if mean < count + 1.0 {
        positive(-(log_front + libm::log(gamma_series(count, mean))) / LN_10)
    } else {
        complement_log10(log_front + libm::log(gamma_fraction(count, mean)))
    }
}

/// `−log10 P[X ≥ observed]` for a negative-binomial count with this mean and variance `mean + dispersion · mean²`.
///
/// 0 (certain) and up; with dispersion 0 (or below, or not a number) it is the Poisson tail, above 1e6 that of 1e6.
/// `f64::INFINITY` when the mean is 0 and something was observed. A mean that is not a number is no evidence: 0.
#[must_use]
pub fn negative_binomial_upper_tail_log10(observed: u64, mean: f64, dispersion: f64) -> f64 {
    if let Some(known) = trivial(observed, mean) {
        return known;
    }
    if dispersion.is_nan() || dispersion < DISPERSION_MIN {
        return poisson_upper_tail_log10(observed, mean);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts above 2^53 are approximated anyway")]
    let count = observed as f64;
    if count > LARGE || mean > LARGE {
        return normal_upper_tail_log10(signed_root(count - 0.5, mean, dispersion));
    }
    // X counts successes before the shape-th failure; P[X ≥ k] = I_q(k, shape), the incomplete beta function.
    let shape = 1.0 / dispersion.min(DISPERSION_MAX);
    let (log_success, log_failure) = (-libm::log1p(shape / mean), -libm::log1p(mean / shape));
    let success = mean / (mean + shape);
    let log_front = libm::lgamma(count + shape) - libm::lgamma(count) - libm::lgamma(shape)
        + count * log_success
        + shape * log_failure;
    if success < (count + 1.0) / (count + shape + 2.0) {
        positive(-(log_front + libm::log(beta_fraction(count, shape, success) / count)) / LN_10)
    } else {
        let failure = shape / (mean + shape);
        complement_log10(log_front + libm::log(beta_fraction(shape, count, failure) / shape))
    }
}

/// The smallest count whose upper tail is below `risk`: what is seen less often than that when nothing is going on.
///
/// Mean and dispersion as in [`negative_binomial_upper_tail_log10`]; `risk` is held to 1e-300..=1 (1: the first
/// count that is not certain). `u64::MAX` when no count is that rare, as with a mean that is not a number.
#[must_use]
pub fn upper_bound(mean: f64, dispersion: f64, risk: f64) -> u64 {
    let wanted = -libm::log10(if risk.is_nan() { 1.0 } else { risk.clamp(RISK_MIN, 1.0) });
    let rare = |count: u64| negative_binomial_upper_tail_log10(count, mean, dispersion) > wanted;
    let mut high = 1_u64;
    while !rare(high) {
        if high > u64::MAX / 2 {
            return u64::MAX;
        }
        high *= 2;
    }
    let mut low = high / 2; // not rare, or 0, which never is
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if rare(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The answers that need no arithmetic.
fn trivial(observed: u64, mean: f64) -> Option<f64> {
    if observed == 0 || mean.is_nan() || mean.is_infinite() {
        Some(0.0)
    } else if mean <= 0.0 {
        Some(f64::INFINITY)
    } else {
        None
    }
}

/// Rounding may carry −log10 of a certainty a hair below zero.
fn positive(log10: f64) -> f64 {
    log10.max(0.0)
}

/// −log10 (1 − p) from ln p.
fn complement_log10(log_lower: f64) -> f64 {
    positive(-libm::log1p(-libm::exp(log_lower.min(-f64::MIN_POSITIVE))) / LN_10)
}

/// Σ x^n / (a (a+1) … (a+n)): the lower incomplete gamma function over x^a e^−x, for x < a + 1.
fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut denominator) = (1.0 / a, 1.0 / a, a);
    for _ in 0..STEPS_MAX {
        denominator += 1.0;
        term *= x / denominator;
        sum += term;
        if term < sum * PRECISION {
            break;
        }
    }
    sum
}

/// The upper incomplete gamma function over x^a e^−x, for x ≥ a + 1, by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut value = d;
    for step in 1..=STEPS_MAX {
        let n = f64::from(step);
        let numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        value *= c * d;
        if (c * d - 1.0).abs() < PRECISION {
            break;
        }
    }
    value
}

/// The continued fraction of the incomplete beta function I_x(a, b), for x < (a + 1) / (a + b + 2), by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..=STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        value *= c * d;
        if (c * d - 1.0).abs() < PRECISION {
            break;
        }
    }
    value
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// Signed root of the deviance of `count` against `mean` (McCullagh & Nelder, "Generalized Linear Models", 1989):
/// nearly standard normal, and of the right order far into the tail, unlike (count − mean) / σ.
fn signed_root(count: f64, mean: f64, dispersion: f64) -> f64 {
    let above = count * libm::log(count / mean);
    let half_deviance = if dispersion < DISPERSION_MIN {
        above - (count - mean)
    } else {
        let shape = 1.0 / dispersion.min(DISPERSION_MAX);
        above - (count + shape) * libm::log((count + shape) / (mean + shape))
    };
    (2.0 * half_deviance.max(0.0)).sqrt().copysign(count - mean)
}

/// −log10 P[Z ≥ z] of a standard normal.
fn normal_upper_tail_log10(z: f64) -> f64 {
    if z < 30.0 {
        positive(-(libm::log(libm::erfc(z / SQRT_2)) - LN_2) / LN_10)
    } else {
        // Mills' ratio: the relative error is 1/z², and erfc underflows soon after
        (z * z / 2.0 + libm::log(z * (2.0 * PI).sqrt())) / LN_10
    }
}

#[cfg(test)]
mod tests;
