//! How good the answers are on texts that were held back.

use serde_json::{Value, json};

/// Right label and answered label of many texts, and the log-odds of "yes" for a yes-or-no head.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pairs: Vec<(usize, usize)>,
    ranks: Vec<(f64, bool)>,
}

impl Tally {
    pub(crate) fn choice(&mut self, right: usize, answer: usize) {
        self.pairs.push((right, answer));
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
    fn ranking_counts_ties_half() {
        let mut tally = Tally::default();
        for (right, p) in [(true, 0.9), (true, 0.5), (false, 0.5), (false, 0.1)] {
            tally.flag(right, p);
        }
        assert!((tally.auroc() - 0.875).abs() < 1e-12);
    }
}
