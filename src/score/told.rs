//! Telling less of a score without telling it wrong: what is left out counts as `rest`, so the parts still sum to it.

use super::Explanation;
use super::calibrate::round4;

/// The feature that stands for all that is not listed.
const REST: &str = "rest";

/// Adds a part to those told: to the `rest` of its head where it is one, or where it is not to be told by itself.
pub fn fold_into_rest(told: &mut Vec<Explanation>, part: Explanation) {
    let same = |other: &&mut Explanation| other.feature == REST && other.head == part.head;
    match told.iter_mut().find(same) {
        Some(rest) => rest.weight = round4(rest.weight + part.weight),
        None => told.push(Explanation { feature: REST.into(), start: None, end: None, ..part }),
    }
}

/// The largest parts of an explanation that take no more than so many bytes as JSON, in their order; the bias of a head
/// is kept before words. Empty where not even the sums fit.
#[must_use]
pub fn told_within(mut told: Vec<Explanation>, bytes_max: usize) -> Vec<Explanation> {
    while !told.is_empty() && bytes(&told) > bytes_max {
        let rank = |part: &Explanation| (part.feature == "bias", part.weight.abs());
        let smaller = |a: &(usize, &Explanation), b: &(usize, &Explanation)| {
            let ((a_bias, a), (b_bias, b)) = (rank(a.1), rank(b.1));
            a_bias.cmp(&b_bias).then(a.total_cmp(&b))
        };
        let parts = told.iter().enumerate().filter(|(_, part)| part.feature != REST);
        match parts.min_by(smaller).map(|(place, _)| place) {
            Some(place) => {
                let part = told.remove(place);
                fold_into_rest(&mut told, part);
            }
            None => told.clear(),
        }
    }
    told
}

/// As a JSON array; two bytes of brackets, one between two parts.
fn bytes(told: &[Explanation]) -> usize {
    serde_json::to_string(told).map_or(usize::MAX, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Model;
    use std::collections::BTreeMap;

    /// The parts of each head in ten-thousandths, summed.
    fn sums(told: &[Explanation]) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for part in told {
            *sums.entry(part.head.to_string()).or_default() += libm::round(part.weight * 1e4) as i64;
        }
        sums
    }

    #[test]
    fn sums_hold_whatever_the_cap() {
        for text in [
            "charged twice, want my money back 😡",
            "WIN a free phone!!! follow and retweet now https://x.example",
            "supercalifragilisticexpialidociousness_of_the_very_longest_word is down again \"quoted\" é",
        ] {
            let whole = Model::shipped().score(text, None).explain;
            let all = sums(&whole);
            assert!(whole.len() > 6, "{text}");
            for cap in (0..1600).step_by(7) {
                let told = told_within(whole.clone(), cap);
                assert!(told.is_empty() && cap < 400 || serde_json::to_string(&told).expect("JSON").len() <= cap);
                assert!(told.is_empty() || sums(&told) == all, "{text} {cap} {told:?}");
            }
            assert_eq!(told_within(whole.clone(), 1 << 20), whole);
        }
    }

    #[test]
    fn the_smallest_part_goes_first_and_the_bias_last() {
        let part = |feature: &'static str, weight: f64| Explanation {
            head: "intent.outage".into(),
            feature: feature.into(),
            start: Some(0),
            end: Some(4),
            weight,
        };
        let whole = vec![part("down", 2.0), part("again", -0.5), part("bias", 0.1), part("rest", 0.25)];
        let features = |cap: usize| -> Vec<String> {
            told_within(whole.clone(), cap).iter().map(|part| part.feature.to_string()).collect()
        };
        let one = bytes(&whole) / 4;
        assert_eq!(features(one * 4 - 8), ["down", "bias", "rest"]);
        assert_eq!(features(one * 3 - 12), ["bias", "rest"]);
        assert_eq!(sums(&told_within(whole.clone(), one * 3 - 12)), sums(&whole));
        assert_eq!(features(bytes(&whole[3..])), ["rest"]);
        assert!(features(10).is_empty());
    }
}
