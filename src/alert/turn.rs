//! What an alert says of a turn of mood: are the same voices sourer, or do others speak?

use crate::detect::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A turn of mood taken apart; the parts sum to the whole. On the scale of sentiment, positive is worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MoodTurn {
    /// How much worse the mean sentiment is than usual.
    pub effect: f64,
    /// Of it, within the same platforms and languages.
    pub within: f64,
    /// Of it, because other platforms or languages speak than usual.
    pub mix: f64,
}

impl MoodTurn {
    /// The effect, split as the evidence splits; two decimals.
    #[must_use]
    pub fn of(effect: f64, parts: &Parts) -> Self {
        let cent = |value: f64| libm::round(value * 100.0) / 100.0;
        let (effect, mix) = (cent(effect), cent(effect * parts.mix_share()));
        Self { effect, within: cent(effect - mix), mix }
    }

    /// True when more of it is that others speak.
    #[must_use]
    pub fn is_of_mix(&self) -> bool {
        self.mix > self.within
    }

    /// The same in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { within, mix, .. } = self;
        format!("of it {within:.2} is the mood of the same platforms and languages, {mix:.2} is that others speak")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_sum_to_the_whole() {
        for (within, mix, expected, of_mix) in [
            (10.0, 0.0, (0.21, 0.0), false),
            (0.0, 9.0, (0.0, 0.21), true),
            (20.0, 10.0, (0.14, 0.07), false),
            (10.0, -4.0, (0.21, 0.0), false),
        ] {
            let turn = MoodTurn::of(0.2101, &Parts { within, mix });
            assert_eq!((turn.within, turn.mix), expected, "{within} {mix}");
            assert_eq!((turn.effect, turn.is_of_mix()), (0.21, of_mix));
        }
    }
}
