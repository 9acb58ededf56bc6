//! How fast the weights of a feature learn: those whose counts alone tell the labels apart faster than others.
//!
//! Why so: of few posts a learner makes every word of a post a sign of its label. How often a feature stands under a label
//! and how often elsewhere is known before anything is learned, and says which of them are worth believing: the log-count
//! ratio of naive Bayes, as a scale of features (Wang and Manning 2012, *Baselines and Bigrams*). Scaled features and
//! AdaGrad come to scaled rates, so the weights are those of plain features still.

use super::sgd::{Example, Recipe, Store};

/// Texts that every feature is taken to have been seen in besides, spread over the labels as these are.
const PRIOR: f32 = 1.0;
/// No feature tells less than this: every weight learns a little.
const RATIO_MIN: f32 = 0.02;

/// The pace of each weight, row by row; one on average over all that is learned from.
pub(super) fn pace(store: &Store, examples: &[Example], recipe: &Recipe) -> Vec<f32> {
    let width = recipe.width;
    let mut pace = vec![1.0; recipe.rows * width];
    if recipe.pace == 0.0 {
        return pace;
    }
    let counts = Counts::new(store, examples, recipe);
    let (mut met, mut sum) = (0.0, 0.0);
    for (row, pace) in pace.chunks_exact_mut(width).enumerate() {
        let in_row = counts.in_row(row);
        for (label, pace) in pace.iter_mut().enumerate() {
            // the one column of a yes-or-no head is that of its yes
            *pace = libm::powf(counts.ratio(row, in_row, if width == 1 { 1 } else { label }), recipe.pace);
            met += f64::from(in_row);
            sum += f64::from(in_row * *pace);
        }
    }
    let mean = if met > 0.0 { sum / met } else { 1.0 };
    pace.iter_mut().for_each(|pace| *pace /= mean as f32);
    pace
}

/// Weight of the texts with a feature of each row, by label.
struct Counts {
    labels: usize,
    by_row: Vec<f32>,
    of_label: Vec<f32>,
    all: f32,
}

impl Counts {
    fn new(store: &Store, examples: &[Example], recipe: &Recipe) -> Self {
        let labels = recipe.width.max(2);
        let by_row = vec![0.0; recipe.rows * labels];
        let mut counts = Self { labels, by_row, of_label: vec![0.0; labels], all: 0.0 };
        let mut last = vec![u32::MAX; recipe.rows];
        for example in examples {
            let label = usize::from(example.label);
            counts.of_label[label] += example.weight;
            for row in store.all(example.text).iter().map(|id| store.row(*id)) {
                // a text counts once in a row
                if std::mem::replace(&mut last[row], example.text) != example.text {
                    counts.by_row[row * labels + label] += example.weight;
                }
            }
        }
        counts.all = counts.of_label.iter().sum();
        counts
    }

    /// Under any label.
    fn in_row(&self, row: usize) -> f32 {
        self.by_row[row * self.labels..][..self.labels].iter().sum()
    }

    /// How much more often, or more rarely, a row is met under a label than elsewhere, as a logarithm without its sign;
    /// `in_row` is how often it is met at all.
    fn ratio(&self, row: usize, in_row: f32, label: usize) -> f32 {
        let all = self.all;
        let (under, elsewhere) = (self.of_label[label], all - self.of_label[label]);
        if under <= 0.0 || elsewhere <= 0.0 {
            return 1.0;
        }
        let met = self.by_row[row * self.labels + label];
        let share = |met: f32, of: f32| (met + PRIOR * of / all) / of;
        libm::logf(share(met, under) / share(in_row - met, elsewhere)).abs().max(RATIO_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace_of(power: f32, width: usize) -> Vec<f32> {
        let mut store = Store::default();
        let examples: Vec<Example> = (0..400)
            .map(|n| {
                // row 0 tells the labels apart, row 1 half so, row 2 not at all
                let (label, half) = (n % 2, (n + u32::from(n % 8 == 0)) % 2);
                let rows = [(label == 1).then_some(0), (half == 1).then_some(1), (n % 4 < 2).then_some(2)];
                let text = store.add([rows.into_iter().flatten().collect(), vec![], vec![]].map(Vec::into_iter));
                Example { text, label: label as u8, weight: 1.0, held: false, source: 0 }
            })
            .collect();
        let recipe = Recipe {
            epochs: 1,
            rate: 0.1,
            decay: 0.0,
            balance: 0.0,
            smoothing: 0.0,
            width,
            rows: 4,
            seed: 1,
            concepts_only: false,
            prunes: false,
            pace: power,
        };
        pace(&store, &examples, &recipe)
    }

    #[test]
    fn what_tells_labels_apart_learns_faster() {
        for width in [1, 2] {
            let pace = pace_of(0.5, width);
            let [clear, half, none] = [0, 1, 2].map(|row| pace[row * width]);
            assert!(clear > 1.5 * half && half > 2.0 * none && none > 0.0, "{pace:?}");
            assert!(pace_of(0.0, width).iter().all(|pace| (pace - 1.0).abs() < f32::EPSILON));
        }
    }

    #[test]
    fn labels_that_are_never_met_leave_the_pace_finite() {
        assert!(pace_of(0.5, 3).iter().all(|pace| pace.is_finite() && *pace > 0.0));
    }
}
