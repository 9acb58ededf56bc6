//! How good the answers are on texts that were held back.

use serde_json::{Value, json};

/// How many ordinary posts in a hundred may be marked for a person.
const FALSE_ALARMS: f64 = 0.03;

/// Right label and answered label of many texts, and the log-odds of "yes" for a yes-or-no head.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pairs: Vec<(usize, usize)>,
    ranks: Vec<(f64, bool)>,
    /// How sure each choice was, and whether it was right.
    sure: Vec<(f64, bool)>,
}

impl Tally {
    pub(crate) fn choice(&mut self, right: usize, answer: usize) {
        self.pairs.push((right, answer));
    }

    /// A choice with its probability.
    pub(crate) fn choice_at(&mut self, right: usize, answer: usize, probability: f64) {
        self.choice(right, answer);
        self.sure.push((probability, right == answer));
    }

    /// A yes-or-no answer with its probability.
    pub(crate) fn flag(&mut self, right: bool, probability: f64) {
        self.pairs.push((usize::from(right), usize::from(probability >= 0.5)));
        self.ranks.push((probability, right));
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(crate) fn accuracy(&self) -> f64 {
        let right = self.pairs.iter().filter(|(r, a)| r == a).count();
        right as f64 / self.pairs.len().max(1) as f64
    }

    /// Precision, recall and F1 of a label.
    pub(crate) fn f1(&self, label: usize) -> (f64, f64, f64) {
        let count = |f: &dyn Fn(&(usize, usize)) -> bool| self.pairs.iter().filter(|p| f(p)).count() as f64;
        let hit = count(&|p| p.0 == label && p.1 == label);
        let precision = hit / count(&|p| p.1 == label).max(1.0);
        let recall = hit / count(&|p| p.0 == label).max(1.0);
        (precision, recall, 2.0 * precision * recall / (precision + recall).max(1e-12))
    }

    /// Mean of a figure over the labels that occur among the right ones.
    fn macro_mean(&self, figure: impl Fn(usize) -> f64) -> f64 {
        let mut labels: Vec<usize> = self.pairs.iter().map(|p| p.0).collect();
        labels.sort_unstable();
        labels.dedup();
        labels.iter().map(|&l| figure(l)).sum::<f64>() / labels.len().max(1) as f64
    }

    pub(crate) fn macro_f1(&self) -> f64 {
        self.macro_mean(|l| self.f1(l).2)
    }

    pub(crate) fn macro_recall(&self) -> f64 {
        self.macro_mean(|l| self.f1(l).1)
    }

    /// Probability that a "yes" stands above a "no" (Mann and Whitney); ties count half.
    pub(crate) fn auroc(&self) -> f64 {
        let mut ranks = self.ranks.clone();
        ranks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut sum, mut yes, mut i) = (0.0, 0.0, 0);
        while i < ranks.len() {
            let mut end = i;
            while end < ranks.len() && ranks[end].0.total_cmp(&ranks[i].0).is_eq() {
                end += 1;
            }
            let rank = (i + end + 1) as f64 / 2.0;
            let here = ranks[i..end].iter().filter(|r| r.1).count() as f64;
            sum += rank * here;
            yes += here;
            i = end;
        }
        let no = ranks.len() as f64 - yes;
        if yes < 1.0 || no < 1.0 { 0.5 } else { (sum - yes * (yes + 1.0) / 2.0) / (yes * no) }
    }

    /// The lowest threshold at which no more than this share of the "no" passes, and the share of the "yes" that does.
    pub(crate) fn recall_at(&self, false_alarms: f64) -> (f64, f64) {
        let side = |wanted: bool| self.ranks.iter().filter(move |r| r.1 == wanted).map(|r| r.0);
        let mut no: Vec<f64> = side(false).collect();
        no.sort_by(|a, b| b.total_cmp(a));
        let allowed = (no.len() as f64 * false_alarms) as usize;
        let threshold = no.get(allowed).copied().unwrap_or(0.0);
        let passed = side(true).filter(|p| *p > threshold).count();
        (threshold, passed as f64 / side(true).count().max(1) as f64)
    }

    /// How far the probability of the answers is from how often they are right: expected calibration error over
    /// fifteen bins of equal width (Guo et al. 2017).
    pub(crate) fn calibration_error(&self) -> f64 {
        const BINS: usize = 15;
        let mut bins = [(0.0_f64, 0.0_f64); BINS];
        for &(probability, right) in &self.sure {
            let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
            bin.0 += probability;
            bin.1 += f64::from(u8::from(right));
        }
        bins.iter().map(|(sure, right)| (sure - right).abs()).sum::<f64>() / self.sure.len().max(1) as f64
    }

    /// Precision, recall and F1 of each label that occurs, by name.
    pub(crate) fn by_label(&self, labels: &[&str]) -> Value {
        let r = crate::score::calibrate::round4;
        let occurs = |n: usize| self.pairs.iter().any(|p| p.0 == n);
        let figures = labels.iter().enumerate().filter(|(n, _)| occurs(*n)).map(|(n, label)| {
            let (precision, recall, f1) = self.f1(n);
            ((*label).to_owned(), json!({"precision": r(precision), "recall": r(recall), "f1": r(f1)}))
        });
        Value::Object(figures.collect())
    }

    /// As JSON, four decimals.
    pub(crate) fn to_json(&self) -> Value {
        let r = crate::score::calibrate::round4;
        let mut figures = json!({
            "texts": self.len(),
            "accuracy": r(self.accuracy()),
            "macro_f1": r(self.macro_f1()),
            "macro_recall": r(self.macro_recall()),
        });
        if !self.ranks.is_empty() {
            let (precision, recall, f1) = self.f1(1);
            figures["f1"] = json!(r(f1));
            figures["precision"] = json!(r(precision));
            figures["recall"] = json!(r(recall));
            figures["auroc"] = json!(r(self.auroc()));
            let (threshold, recall) = self.recall_at(FALSE_ALARMS);
            figures["at_three_percent_false_alarms"] = json!({"threshold": r(threshold), "recall": r(recall)});
        }
        if !self.sure.is_empty() {
            figures["calibration_error"] = json!(r(self.calibration_error()));
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_small_table() {
        let mut tally = Tally::default();
        for (right, answer) in [(0, 0), (0, 1), (1, 1), (1, 1), (2, 0)] {
            tally.choice(right, answer);
        }
        assert!((tally.accuracy() - 0.6).abs() < 1e-12);
        assert!((tally.macro_recall() - 0.5).abs() < 1e-12);
        assert!((tally.macro_f1() - (0.5 + 0.8 + 0.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn calibration_error_is_the_gap_per_bin() {
        let mut tally = Tally::default();
        for (right, answer, p) in [(0, 0, 0.9), (1, 0, 0.9), (1, 1, 0.5), (0, 0, 0.5)] {
            tally.choice_at(right, answer, p);
        }
        // two at 0.9 of which half are right: off by 0.8; two at 0.5, both right: off by 1.0
        assert!((tally.calibration_error() - 1.8 / 4.0).abs() < 1e-12);
        assert_eq!(tally.by_label(&["a", "b", "c"])["a"]["recall"], 1.0);
        assert!(tally.by_label(&["a", "b", "c"])["c"].is_null());
    }

    #[test]
    fn ranking_counts_ties_half() {
        let mut tally = Tally::default();
        for (right, p) in [(true, 0.9), (true, 0.5), (false, 0.5), (false, 0.1)] {
            tally.flag(right, p);
        }
        assert!((tally.auroc() - 0.875).abs() < 1e-12);
        assert_eq!(tally.recall_at(0.5), (0.1, 1.0));
        assert_eq!(tally.recall_at(0.0), (0.5, 0.5));
    }
}
