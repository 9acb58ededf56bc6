//! How far a count lies from what was expected, in units where Poisson noise has a standard deviation of about one.
//!
//! Pure functions of their arguments. They must never know where a count or an expectation comes from, and square
//! roots are the only operation that is not plain arithmetic (exact in IEEE 754, so equal on every machine).

/// Anscombe's constant: with it the transform's variance is nearest to constant for small means.
const OFFSET: f64 = 3.0 / 8.0;

/// Residual after Anscombe's square root: `2 (√(observed + 3/8) − √(expected + 3/8))`.
///
/// For a Poisson count of mean `expected` ≥ 4 or so it has mean ≈ 0 and variance ≈ 1; positive means more than
/// expected. Negative or not-a-number arguments count as 0.
///
/// F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948).
#[must_use]
pub fn anscombe_residual(observed: f64, expected: f64) -> f64 {
    2.0 * ((observed.max(0.0) + OFFSET).sqrt() - (expected.max(0.0) + OFFSET).sqrt())
}

/// The count whose [`anscombe_residual`] against `expected` is `residual`; 0 where no count lies that low.
///
/// Used to winsorise: a count above `count_at_residual(expected, 3.0 * scale)` is learned as that bound, so that one
/// burst cannot drag the level with it.
#[must_use]
pub fn count_at_residual(expected: f64, residual: f64) -> f64 {
    let root = (expected.max(0.0) + OFFSET).sqrt() + residual / 2.0;
    if root <= OFFSET.sqrt() { 0.0 } else { root * root - OFFSET }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn residual_follows_the_formula() {
        // by hand: √0.375 = 0.612372, √4.375 = 2.091650, √100.375 = 10.018733, √144.375 = 12.015615
        for (observed, expected, want) in
            [(0.0, 0.0, 0.0), (4.0, 0.0, 2.958556), (0.0, 4.0, -2.958556), (144.0, 100.0, 3.993764)]
        {
            let got = anscombe_residual(observed, expected);
            assert!((got - want).abs() < 2e-6, "{observed} against {expected}: {got}, wanted {want}");
        }
    }

    #[test]
    fn noise_of_a_poisson_count_has_unit_spread() {
        // exact second moment of the residual under Poisson(mean), summed over its mass
        for mean in [4.0_f64, 10.0, 50.0] {
            let (mut mass, mut first, mut second) = (libm::exp(-mean), 0.0, 0.0);
            for count in 0..400_u32 {
                let residual = anscombe_residual(f64::from(count), mean);
                first += mass * residual;
                second += mass * residual * residual;
                mass *= mean / f64::from(count + 1);
            }
            let variance = second - first * first;
            assert!((variance - 1.0).abs() < 0.06, "mean {mean}: variance {variance}");
        }
    }

    #[test]
    fn unusable_arguments_count_as_zero() {
        for bad in [-5.0, f64::NAN, f64::NEG_INFINITY] {
            assert!(anscombe_residual(bad, 1.0) < 0.0);
            assert!(anscombe_residual(1.0, bad) > 0.0);
        }
        assert!(count_at_residual(10.0, -1e9).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn count_at_residual_inverts(observed in 0.0..1e9_f64, expected in 0.0..1e9_f64) {
            let back = count_at_residual(expected, anscombe_residual(observed, expected));
            prop_assert!((back - observed).abs() <= 1e-9 * (1.0 + observed + expected));
        }
    }
}
