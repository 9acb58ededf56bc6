//! Shares and spreads, as integers where they can be.

use serde::Serialize;

/// `part` of `whole`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ratio {
    /// How many hold.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

impl Ratio {
    /// Takes one more in.
    pub fn add(&mut self, holds: bool) {
        self.whole += 1;
        self.part += u64::from(holds);
    }

    /// 0..1; none of nothing.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

/// Durations, seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// The middle one.
    pub median_seconds: i64,
    /// Nine of ten are no longer.
    pub p90_seconds: i64,
}

impl Spread {
    /// Of these durations.
    #[must_use]
    pub fn of(mut seconds: Vec<i64>) -> Self {
        seconds.sort_unstable();
        Self { count: seconds.len() as u64, median_seconds: at(&seconds, 50), p90_seconds: at(&seconds, 90) }
    }
}

/// The smallest value that so many percent do not exceed: the nearest rank.
fn at(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_ranks() {
        for (seconds, median, p90) in [
            (vec![], 0, 0),
            (vec![7], 7, 7),
            (vec![2, 1], 1, 2),
            (vec![3, 1, 2], 2, 3),
            ((1..=10).collect(), 5, 9),
            ((1..=11).collect(), 6, 10),
        ] {
            let spread = Spread::of(seconds.clone());
            assert_eq!((spread.median_seconds, spread.p90_seconds), (median, p90), "{seconds:?}");
        }
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        let mut ratio = Ratio::default();
        assert_eq!(ratio.value(), None);
        [true, false, false, true].into_iter().for_each(|holds| ratio.add(holds));
        assert_eq!(ratio.value(), Some(0.5));
    }
}
