//! How sure an alert is, in one word for people who have ten seconds.
//!
//! Three things are asked: is it far from chance, is the baseline old enough to know a night and a day, and are there
//! many people behind it. It must never say more than the numbers beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// −log10 of the chance from which a count is far from accident: a thousand times less likely than what opens.
const SURE: f64 = 9.0;
/// Standard deviations from which a mood is: a chance of the same size.
const SURE_DEVIATIONS: f64 = 6.0;
/// Seconds from which a baseline knows a night and a day: three days.
const OLD_SECONDS: i64 = 3 * 86_400;
/// People from which it does not hang on a few.
const MANY_PEOPLE: u64 = 20;

/// How sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    /// From a count's surprise (−log10 of its chance), the people behind it and the age of the baseline.
    #[must_use]
    pub fn of_count(surprise: f64, people: u64, baseline_seconds: i64) -> Self {
        Self::of(surprise >= SURE, people, baseline_seconds)
    }

    /// From the standard deviations of a mood.
    #[must_use]
    pub fn of_mood(deviations: f64, people: u64, baseline_seconds: i64) -> Self {
        Self::of(deviations >= SURE_DEVIATIONS, people, baseline_seconds)
    }

    fn of(sure: bool, people: u64, baseline_seconds: i64) -> Self {
        match [sure, people >= MANY_PEOPLE, baseline_seconds >= OLD_SECONDS].iter().filter(|holds| **holds).count() {
            3 => Self::High,
            2 => Self::Medium,
            _ => Self::Low,
        }
    }

    /// One step less: something was not heard.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }

    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_three_things_counts() {
        use Confidence::{High, Low, Medium};
        for (surprise, people, days, expected) in [
            (12.0, 50, 7, High),
            (12.0, 50, 1, Medium),
            (12.0, 8, 7, Medium),
            (7.0, 50, 7, Medium),
            (12.0, 8, 1, Low),
            (7.0, 8, 1, Low),
        ] {
            assert_eq!(Confidence::of_count(surprise, people, days * 86_400), expected, "{surprise} {people} {days}");
        }
        assert_eq!(Confidence::of_mood(7.0, 50, 7 * 86_400), High);
        assert_eq!((High.lowered(), Medium.lowered(), Low.lowered()), (Medium, Low, Low));
    }
}
