//! A turn of mood taken apart: do the same voices sound worse, or do others speak?
//!
//! The change of a mean over strata (platforms, or languages) is the sum of two parts: the change within each stratum at
//! the mean of both shares, and the change of the shares at the mean of both moods (Kitagawa 1955, eq. 2). A stratum that
//! is heard on one side only has no change within: that it came or went is the mix.

/// Mentions and the sum of their sentiment on both sides of a turn, in one stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Mentions now.
    pub mentions: f64,
    /// Sum of their sentiment.
    pub sentiment: f64,
    /// Usual mentions, on any scale.
    pub usual_mentions: f64,
    /// Sum of their sentiment, on the same scale.
    pub usual_sentiment: f64,
}

/// The two parts of a turn; positive is worse. Their sum is the difference of the means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Parts {
    /// The same voices sound worse.
    pub within: f64,
    /// Others speak.
    pub mix: f64,
}

impl Parts {
    /// How much of the turn is that others speak, 0..1.
    #[must_use]
    pub fn mix_share(&self) -> f64 {
        let whole = self.within + self.mix;
        if whole > 0.0 { (self.mix / whole).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Takes a turn apart; nothing where one side is empty.
#[must_use]
pub fn take_apart(strata: &[Stratum]) -> Parts {
    let now: f64 = strata.iter().map(|stratum| stratum.mentions).sum();
    let usual: f64 = strata.iter().map(|stratum| stratum.usual_mentions).sum();
    if now <= 0.0 || usual <= 0.0 {
        return Parts::default();
    }
    let mean = |sum: f64, count: f64| (count > 0.0).then(|| sum / count);
    strata.iter().fold(Parts::default(), |parts, stratum| {
        let here = mean(stratum.sentiment, stratum.mentions);
        let there = mean(stratum.usual_sentiment, stratum.usual_mentions);
        let Some((here, there)) = here.or(there).zip(there.or(here)) else { return parts };
        let (share, usual_share) = (stratum.mentions / now, stratum.usual_mentions / usual);
        Parts {
            within: parts.within + f64::midpoint(share, usual_share) * (there - here),
            mix: parts.mix + (usual_share - share) * f64::midpoint(here, there),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stratum(mentions: f64, mood: f64, usual_mentions: f64, usual_mood: f64) -> Stratum {
        let (sentiment, usual_sentiment) = (mentions * mood, usual_mentions * usual_mood);
        Stratum { mentions, sentiment, usual_mentions, usual_sentiment }
    }

    #[test]
    fn who_speaks_and_how_are_told_apart() {
        // the same shares, every mood 0.2 worse
        let worse = take_apart(&[stratum(60.0, 0.1, 600.0, 0.3), stratum(40.0, -0.4, 400.0, -0.2)]);
        assert!((worse.within - 0.2).abs() < 1e-9 && worse.mix.abs() < 1e-9 && worse.mix_share() < 1e-6, "{worse:?}");
        // the same moods, the sour platform is louder
        let others = take_apart(&[stratum(20.0, 0.3, 600.0, 0.3), stratum(80.0, -0.2, 400.0, -0.2)]);
        assert!(
            others.within.abs() < 1e-9 && (others.mix - 0.2).abs() < 1e-9 && others.mix_share() > 0.99,
            "{others:?}"
        );
        // a platform that was never heard of
        let new = take_apart(&[stratum(50.0, 0.2, 500.0, 0.2), stratum(50.0, -0.6, 0.0, 0.0)]);
        assert!(new.within.abs() < 1e-9 && (new.mix - 0.4).abs() < 1e-9, "{new:?}");
        assert_eq!(take_apart(&[]), Parts::default());
        assert_eq!(take_apart(&[stratum(5.0, 0.1, 0.0, 0.0)]), Parts::default());
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_difference_of_the_means(
            rows in proptest::collection::vec((0.0..50.0f64, -1.0..1.0f64, 0.0..50.0f64, -1.0..1.0f64), 1..6),
        ) {
            let strata: Vec<Stratum> = rows.iter().map(|(n, m, un, um)| stratum(*n + 0.1, *m, *un + 0.1, *um)).collect();
            let sum = |of: fn(&Stratum) -> f64| strata.iter().map(of).sum::<f64>();
            let now = sum(|s| s.sentiment) / sum(|s| s.mentions);
            let usual = sum(|s| s.usual_sentiment) / sum(|s| s.usual_mentions);
            let parts = take_apart(&strata);
            prop_assert!((parts.within + parts.mix - (usual - now)).abs() < 1e-9);
        }
    }
}
