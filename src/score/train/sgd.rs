//! Logistic regression by stochastic gradient descent with per-weight rates (AdaGrad, Duchi et al. 2011), averaged
//! over the last epochs (Polyak). One thread, fixed order, `libm`: equal data and seed give equal bytes.

use super::pace::pace;
use super::rng::Rng;
use crate::score::features::GROUPS;
use crate::score::model::shares;
use std::collections::HashMap;
use std::ops::Range;

/// The features of many texts, end to end.
#[derive(Debug, Default)]
pub(crate) struct Store {
    ids: Vec<u32>,
    /// Bits of an id below its row.
    fine_bits: u32,
    /// Per text: what it is a variant of.
    origins: Vec<u32>,
    /// Per text: where each of its groups begins.
    starts: Vec<[usize; GROUPS]>,
}

impl Store {
    /// One whose ids tell features of a row apart by their last bits.
    pub(crate) fn fine(fine_bits: u32) -> Self {
        Self { fine_bits, ..Self::default() }
    }

    /// Says that a text is a variant of a template: what all its variants have is seen once.
    pub(crate) fn is_variant(&mut self, text: u32, template: usize) {
        self.origins[text as usize] = u32::MAX - u32::try_from(template).expect("fewer than 2^32 templates");
    }

    /// Adds a text's features, group by group; returns its number.
    pub(crate) fn add(&mut self, groups: [impl Iterator<Item = u32>; GROUPS]) -> u32 {
        let starts = groups.map(|ids| {
            let from = self.ids.len();
            self.ids.extend(ids);
            from
        });
        self.starts.push(starts);
        let text = u32::try_from(self.starts.len() - 1).expect("fewer than 2^32 texts");
        self.origins.push(text);
        text
    }

    pub(super) fn row(&self, id: u32) -> usize {
        (id >> self.fine_bits) as usize
    }

    /// Whether a text has a feature.
    pub(crate) fn has(&self, text: u32, id: u32) -> bool {
        self.all(text).contains(&id)
    }

    /// Where the groups of a text stand.
    fn ranges(&self, text: u32) -> [Range<usize>; GROUPS] {
        let text = text as usize;
        let starts = self.starts[text];
        let end = self.starts.get(text + 1).map_or(self.ids.len(), |s| s[0]);
        std::array::from_fn(|group| starts[group]..starts.get(group + 1).copied().unwrap_or(end))
    }

    /// All ids of a text.
    pub(super) fn all(&self, text: u32) -> &[u32] {
        let [first, .., last] = self.ranges(text);
        &self.ids[first.start..last.end]
    }

    /// The groups of a text, each with what one feature counts.
    fn groups(&self, text: u32) -> [Group<'_>; GROUPS] {
        let ranges = self.ranges(text);
        let shares = shares(std::array::from_fn(|group| ranges[group].len()));
        std::array::from_fn(|group| {
            let range = ranges[group].clone();
            Group { ids: &self.ids[range.clone()], from: range.start, share: shares[group] as f32 }
        })
    }
}

/// Features of a text whose weight is shared out together.
#[derive(Clone, Copy)]
struct Group<'a> {
    ids: &'a [u32],
    /// Where they stand in the store.
    from: usize,
    /// What one of them counts.
    share: f32,
}

/// One text with its right answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Example {
    pub(crate) text: u32,
    /// The right label, or 0 / 1 for a yes-or-no head.
    pub(crate) label: u8,
    pub(crate) weight: f32,
    /// Held back for calibration and measuring.
    pub(crate) held: bool,
    /// Where it is from, to measure apart.
    pub(crate) source: u8,
}

/// How to learn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) epochs: usize,
    pub(crate) rate: f32,
    /// Pull towards zero, per touch.
    pub(crate) decay: f32,
    /// 0: classes as they come; 1: as if all were equally frequent.
    pub(crate) balance: f32,
    /// Share of the truth given to all labels alike: no row is believed wholly (Szegedy et al. 2016).
    pub(crate) smoothing: f32,
    /// Labels; 1 for a yes-or-no head.
    pub(crate) width: usize,
    /// Number of rows.
    pub(crate) rows: usize,
    pub(crate) seed: u64,
    /// Learn what texts are about only, not their words: for heads with few posts.
    pub(crate) concepts_only: bool,
    /// Learn nothing of features seen in one text, or in variants of one template, alone.
    pub(crate) prunes: bool,
    /// How much faster features learn that tell the labels apart by their counts alone; 0: all learn alike.
    pub(crate) pace: f32,
}

/// Weights by row and label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) width: usize,
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Linear {
    /// Log-odds of a text.
    pub(crate) fn logits(&self, store: &Store, text: u32) -> Vec<f32> {
        let mut z = self.bias.clone();
        add_rows(&self.weights, self.width, store, store.groups(text), &mut z);
        z
    }
}

fn add_rows(weights: &[f32], width: usize, store: &Store, groups: [Group<'_>; GROUPS], z: &mut [f32]) {
    for Group { ids, share, .. } in groups {
        for &id in ids {
            let row = &weights[store.row(id) * width..][..width];
            for (z, w) in z.iter_mut().zip(row) {
                *z += share * w;
            }
        }
    }
}

/// Columns learned elsewhere that a head may lean on; their part is folded into its weights afterwards, so the
/// finished head is linear in the features still.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lean<'a> {
    pub(crate) on: &'a Linear,
    /// How many times faster its mixing weights learn.
    pub(crate) rate: f32,
}

/// Learns from the examples that are not held back (or from all).
pub(crate) fn learn(store: &Store, examples: &[Example], recipe: &Recipe, lean: Option<Lean<'_>>, all: bool) -> Linear {
    let mut order: Vec<Example> = examples.iter().filter(|e| all || !e.held).copied().collect();
    balance(&mut order, recipe);
    let rare = if recipe.prunes { rare(store, &order) } else { vec![false; store.ids.len()] };
    let leant = lean.map_or_else(Leant::default, |lean| Leant::new(store, &order, lean.on));
    let mut learner = Learner::new(recipe, lean, leant, pace(store, &order, recipe));
    let mut rng = Rng::new(recipe.seed);
    let averaged_from = recipe.epochs / 2;
    let mut sum = vec![0.0_f32; recipe.rows * recipe.width];
    let mut bias = vec![0.0_f32; recipe.width];
    let mut mixing = vec![0.0_f32; learner.mixing.len()];
    for epoch in 0..recipe.epochs {
        rng.shuffle(&mut order);
        for example in &order {
            learner.step(store, example, &rare);
        }
        if epoch >= averaged_from {
            add(&mut sum, &learner.weights);
            add(&mut bias, &learner.bias);
            add(&mut mixing, &learner.mixing);
        }
    }
    let part = 1.0 / (recipe.epochs - averaged_from).max(1) as f32;
    [&mut sum, &mut bias, &mut mixing].into_iter().for_each(|list| list.iter_mut().for_each(|v| *v *= part));
    if let Some(lean) = lean {
        fold_in(&mut sum, &mut bias, &mixing, lean.on, recipe.width);
    }
    Linear { width: recipe.width, weights: sum, bias }
}

fn add(sum: &mut [f32], values: &[f32]) {
    for (s, v) in sum.iter_mut().zip(values) {
        *s += v;
    }
}

fn fold_in(weights: &mut [f32], bias: &mut [f32], mixing: &[f32], on: &Linear, width: usize) {
    let mix = |source: &[f32], target: &mut [f32]| {
        for (s, &value) in source.iter().enumerate() {
            if value != 0.0 {
                for (k, t) in target.iter_mut().enumerate() {
                    *t += mixing[s * width + k] * value;
                }
            }
        }
    };
    for (row, target) in on.weights.chunks_exact(on.width).zip(weights.chunks_exact_mut(width)) {
        mix(row, target);
    }
    mix(&on.bias, bias);
}

/// Weighs the classes towards equal shares.
fn balance(examples: &mut [Example], recipe: &Recipe) {
    let classes = recipe.width.max(2);
    let mut mass = vec![0.0_f64; classes];
    for e in examples.iter() {
        mass[usize::from(e.label)] += f64::from(e.weight);
    }
    let total: f64 = mass.iter().sum();
    let factor: Vec<f32> = mass
        .iter()
        .map(|&m| if m > 0.0 { libm::pow(total / (classes as f64 * m), f64::from(recipe.balance)) as f32 } else { 0.0 })
        .collect();
    for e in examples {
        e.weight *= factor[usize::from(e.label)];
    }
}

/// Of all that the store holds, what is of features seen in fewer than two texts, or in variants of one template only:
/// they teach little that holds elsewhere, and crowd their row.
fn rare(store: &Store, examples: &[Example]) -> Vec<bool> {
    let mut seen: HashMap<u32, Seen> = HashMap::new();
    for e in examples {
        let origin = store.origins[e.text as usize];
        for &id in store.all(e.text) {
            let seen = seen.entry(id).or_insert(Seen { first: origin, again: false });
            seen.again |= seen.first != origin;
        }
    }
    store.ids.iter().map(|id| seen.get(id).is_none_or(|seen| !seen.again)).collect()
}

/// Where a feature was seen first, and whether anywhere else.
struct Seen {
    first: u32,
    again: bool,
}

struct Learner<'a> {
    recipe: &'a Recipe,
    lean: Option<Lean<'a>>,
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: Vec<f32>,
    bias_squares: Vec<f32>,
    mixing: Vec<f32>,
    mixing_squares: Vec<f32>,
    z: Vec<f32>,
    /// Log-odds of what is leant on, by text: the same in every epoch.
    leant: Leant,
    /// How fast each weight learns beside the others.
    pace: Vec<f32>,
}

/// Log-odds of the columns a head leans on, of every text it learns from.
#[derive(Debug, Default)]
struct Leant {
    /// By text: where its values begin.
    starts: Vec<u32>,
    values: Vec<f32>,
    width: usize,
}

impl Leant {
    fn new(store: &Store, examples: &[Example], on: &Linear) -> Self {
        let texts = examples.iter().map(|e| e.text as usize + 1).max().unwrap_or(0);
        let mut leant = Self { starts: vec![u32::MAX; texts], values: Vec::new(), width: on.width };
        for e in examples {
            let start = &mut leant.starts[e.text as usize];
            if *start == u32::MAX {
                *start = u32::try_from(leant.values.len()).expect("fewer than 2^32 values");
                leant.values.extend(on.logits(store, e.text));
            }
        }
        leant
    }

    fn of(&self, text: u32) -> &[f32] {
        self.starts.get(text as usize).map_or(&[], |&start| &self.values[start as usize..][..self.width])
    }
}

impl<'a> Learner<'a> {
    fn new(recipe: &'a Recipe, lean: Option<Lean<'a>>, leant: Leant, pace: Vec<f32>) -> Self {
        let size = recipe.rows * recipe.width;
        let mixing = lean.map_or(0, |l| l.on.width * recipe.width);
        Self {
            recipe,
            lean,
            weights: vec![0.0; size],
            squares: vec![1e-3; size],
            bias: vec![0.0; recipe.width],
            bias_squares: vec![1.0; recipe.width],
            mixing: vec![0.0; mixing],
            mixing_squares: vec![1.0; mixing],
            z: vec![0.0; recipe.width],
            leant,
            pace,
        }
    }

    fn step(&mut self, store: &Store, example: &Example, rare: &[bool]) {
        let width = self.recipe.width;
        let mut groups = store.groups(example.text);
        if self.recipe.concepts_only {
            [groups[0].ids, groups[1].ids] = [&[]; 2];
        }
        self.z.copy_from_slice(&self.bias);
        add_rows(&self.weights, width, store, groups, &mut self.z);
        for (s, &value) in self.leant.of(example.text).iter().enumerate() {
            for (k, z) in self.z.iter_mut().enumerate() {
                *z += value * self.mixing[s * width + k];
            }
        }
        gradient(&mut self.z, example, self.recipe.smoothing);
        if self.z.iter().all(|g| g.abs() < 1e-3) {
            return;
        }
        self.update(store, groups, rare);
        self.update_mixing(example.text);
    }

    /// Moves every weight against its gradient; `z` holds the gradient of the log-odds.
    fn update(&mut self, store: &Store, groups: [Group<'_>; GROUPS], rare: &[bool]) {
        let width = self.recipe.width;
        let (rate, decay) = (self.recipe.rate, self.recipe.decay);
        for Group { ids, from, share } in groups {
            for (&id, _) in ids.iter().zip(&rare[from..]).filter(|(_, is_rare)| !**is_rare) {
                let at = store.row(id) * width;
                let row = self.weights[at..at + width].iter_mut().zip(&mut self.squares[at..at + width]);
                for (((w, square), g), pace) in row.zip(&self.z).zip(&self.pace[at..at + width]) {
                    let g = g * share + decay * *w;
                    *square += g * g;
                    *w -= pace * rate * g / square.sqrt();
                }
            }
        }
        for ((b, square), g) in self.bias.iter_mut().zip(&mut self.bias_squares).zip(&self.z) {
            *square += g * g;
            *b -= rate * g / square.sqrt();
        }
    }

    fn update_mixing(&mut self, text: u32) {
        let rate = self.lean.map_or(0.0, |l| l.rate) * self.recipe.rate;
        for (s, value) in self.leant.of(text).iter().enumerate() {
            for (k, g) in self.z.iter().enumerate() {
                let (at, g) = (s * self.recipe.width + k, g * value);
                self.mixing_squares[at] += g * g;
                self.mixing[at] -= rate * g / self.mixing_squares[at].sqrt();
            }
        }
    }
}

/// Turns log-odds into the gradient of the loss.
fn gradient(z: &mut [f32], example: &Example, smoothing: f32) {
    let share = smoothing / z.len().max(2) as f32;
    if let [z] = z {
        let p = 1.0 / (1.0 + libm::expf(-*z));
        let right = f32::from(example.label) * (1.0 - smoothing) + share;
        *z = (p - right) * example.weight;
        return;
    }
    let top = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for v in z.iter_mut() {
        *v = libm::expf(*v - top);
        sum += *v;
    }
    for (k, v) in z.iter_mut().enumerate() {
        let right = f32::from(u8::from(k == usize::from(example.label))) * (1.0 - smoothing) + share;
        *v = (*v / sum - right) * example.weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toy() -> (Store, Vec<Example>, Recipe) {
        let mut store = Store::default();
        let mut examples = Vec::new();
        let mut rng = Rng::new(3);
        for i in 0..600_u32 {
            let label = i % 3;
            let noise = u32::try_from(rng.below(50)).unwrap() + 10;
            let text = store.add([vec![label, noise], vec![label + 3], vec![]].map(Vec::into_iter));
            examples.push(Example { text, label: label as u8, weight: 1.0, held: i % 5 == 0, source: 0 });
        }
        let recipe = Recipe {
            epochs: 4,
            rate: 0.3,
            decay: 0.0,
            balance: 1.0,
            smoothing: 0.0,
            width: 3,
            rows: 64,
            seed: 1,
            concepts_only: false,
            prunes: true,
            pace: 0.0,
        };
        (store, examples, recipe)
    }

    fn right(linear: &Linear, store: &Store, examples: &[Example]) -> usize {
        let best = |z: Vec<f32>| (0..3).max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap();
        examples.iter().filter(|e| best(linear.logits(store, e.text)) == usize::from(e.label)).count()
    }

    #[test]
    fn it_learns_and_repeats_itself() {
        let (store, examples, recipe) = toy();
        let linear = learn(&store, &examples, &recipe, None, false);
        assert!(right(&linear, &store, &examples) > 590);
        assert_eq!(linear, learn(&store, &examples, &recipe, None, false));
        assert_ne!(linear, learn(&store, &examples, &Recipe { seed: 2, ..recipe }, None, false));
    }

    #[test]
    fn smoothing_keeps_answers_from_certainty() {
        let (store, examples, recipe) = toy();
        let spread = |smoothing: f32| {
            let linear = learn(&store, &examples, &Recipe { smoothing, ..recipe }, None, false);
            assert!(right(&linear, &store, &examples) > 590);
            let z = linear.logits(&store, 0);
            z.iter().copied().fold(f32::MIN, f32::max) - z.iter().copied().fold(f32::MAX, f32::min)
        };
        assert!(spread(0.2) < spread(0.0));
    }

    #[test]
    fn what_was_leant_on_is_folded_in() {
        let (store, examples, recipe) = toy();
        let aux = learn(&store, &examples, &recipe, None, false);
        let one = Recipe { epochs: 1, rate: 0.05, ..recipe };
        let lean = Lean { on: &aux, rate: 10.0 };
        let leaning = learn(&store, &examples, &one, Some(lean), false);
        assert!(right(&leaning, &store, &examples) > 590);
    }
}
