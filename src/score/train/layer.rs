//! Learning a layer of corrections: weights on top of the model that put right what people corrected and leave the rest.
//!
//! A corrected post should get its label, every other post the probabilities it has: those are the anchors, so that a
//! few corrections do not carry away what nobody complained of. The sum of both losses and of the squared weights, times
//! a strength, is as small as it can be; the strength is the one that does best on corrections held back in five parts,
//! near-duplicates of a post in one part with it. What helps no more than luck would (McNemar 1947) is not kept.
//! Seeded, one thread, `libm`: equal items, feedback and seed give equal bytes, whatever their order.

use super::feedback::{Joined, Post};
use super::metrics::Tally;
use super::rng::Rng;
use crate::mention::hash64;
use crate::score::calibrate::{best, round4, softmax};
use crate::score::features::{Feature, extract};
use crate::score::heads::{COLUMNS, HeadSpec, SPECS};
use crate::score::layer::{Layer, MOVED};
use crate::score::model::Model;
use crate::score::tokens::Reading;
use crate::text::Template;
use crate::text::near::Near;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Parts that are held back in turn.
const PARTS: usize = 5;
/// How strongly weights are pulled to zero, in the order tried: of equals the strongest pull is taken.
const STRENGTHS: [f64; 4] = [4.0, 1.0, 0.25, 0.06];
/// Posts that nobody corrected: so many are looked at, a fixed sample of them.
const ANCHORS_MAX: usize = 10_000;
/// Of those so many are learned from for each corrected post, and no fewer than the second.
const ANCHORS_EACH: usize = 20;
const ANCHORS_MIN: usize = 1_000;
/// Corrected posts that the others are likened to.
const LIKENED_MAX: usize = 1_000;
const EPOCHS: usize = 12;
const RATE: f64 = 0.2;
/// Posts told that change though nobody corrected them.
const CHANGES_TOLD: usize = 20;
/// Deviations by which what is put right must outnumber what is made wrong.
const DEVIATIONS: f64 = 2.0;

/// A layer and what it does.
#[derive(Debug)]
pub struct TrainedLayer {
    /// The layer; none where no head got better.
    pub layer: Option<Layer>,
    /// Counts, figures before and after on what was held back, what else changes.
    pub report: Value,
}

/// Learns a layer on top of a model. With `force` a head that does not get better is kept all the same.
#[must_use]
pub fn train_layer(model: &Model, joined: &Joined, seed: u64, force: bool) -> TrainedLayer {
    let sheet = Sheet::new(model, &joined.posts, seed);
    let mut weights: BTreeMap<u32, [f64; COLUMNS]> = BTreeMap::new();
    let mut heads = json!({});
    for head in MOVED {
        let spec = &SPECS[head];
        let task = Task::new(&sheet, head);
        if task.judged.is_empty() {
            continue;
        }
        let trial = task.best_trial(seed);
        let is_kept = trial.is_better() || force;
        heads[spec.name] = trial.report(&task, is_kept);
        if is_kept {
            let all: Vec<usize> = (0..sheet.texts.len()).collect();
            task.learn(&all, trial.strength, seed).add_to(spec, &sheet.live, &mut weights);
        }
    }
    let layer = Layer::from_weights(model.digest(), weights.into_iter().collect());
    let layer = Some(layer).filter(|layer| !layer.is_empty());
    let report = json!({
        "model": model.digest(),
        "layer": layer.as_ref().map(Layer::digest),
        "rows": layer.as_ref().map_or(0, Layer::len),
        "bytes": layer.as_ref().map_or(0, |layer| layer.to_bytes().len()),
        "seed": seed,
        "items": joined.items,
        "feedback": joined.feedback,
        "heads": heads,
    });
    TrainedLayer { layer, report }
}

/// A post as numbers.
struct Text<'a> {
    post: &'a Post,
    /// Place among the live rows, and how much it counts.
    features: Vec<(u32, f64)>,
    /// What the model alone says.
    z: [f64; COLUMNS],
    /// Which part it is held back with.
    part: usize,
    /// How much it says that nobody corrected it, 0 to 1: the less, the more it is like a post that somebody did.
    voice: f64,
}

/// All posts that are looked at.
struct Sheet<'a> {
    texts: Vec<Text<'a>>,
    /// Rows of the model that corrections can move: of features that stand in a corrected post and in another one.
    live: Vec<u32>,
    /// Posts that nobody corrected, for each of those looked at.
    each: f64,
}

impl<'a> Sheet<'a> {
    fn new(model: &Model, posts: &'a [Post], seed: u64) -> Self {
        let (looked_at, each) = sample(posts, seed);
        let parts = parts(&looked_at, seed);
        let live = live(&looked_at);
        let text = |(at, post): (usize, &'a Post)| {
            let features = extract(&Reading::new(&post.text));
            let logits = model.logits_of(&features);
            let mut counted: BTreeMap<u32, f64> = BTreeMap::new();
            for (group, share) in features.groups().into_iter().zip(logits.shares) {
                group.iter().for_each(|feature| *counted.entry(feature.row()).or_default() += share);
            }
            let length = libm::sqrt(counted.values().map(|count| count * count).sum());
            let place = |(id, count): (u32, f64)| Some((u32::try_from(live.binary_search(&id).ok()?).ok()?, count));
            let features: Vec<(u32, f64)> = counted.into_iter().filter_map(place).collect();
            (Text { post, features, z: logits.z, part: parts.of_cluster[parts.clusters[at]], voice: 1.0 }, length)
        };
        let (mut texts, lengths): (Vec<Text<'a>>, Vec<f64>) = looked_at.iter().copied().enumerate().map(text).unzip();
        quieten(&mut texts, &lengths, live.len());
        Self { texts, live, each }
    }
}

/// Lowers the voice of posts that are like a corrected one: where people corrected some of many alike, their silence
/// about the others is no consent. Likeness is the cosine of the features.
fn quieten(texts: &mut [Text<'_>], lengths: &[f64], live: usize) {
    let mut corrected: Vec<Vec<(usize, f64)>> = vec![Vec::new(); live];
    let said = texts.iter().zip(lengths).filter(|(text, _)| !text.post.said.is_empty());
    for (number, (text, length)) in said.take(LIKENED_MAX).enumerate() {
        for &(place, count) in &text.features {
            corrected[place as usize].push((number, count / length));
        }
    }
    let mut likeness = vec![0.0; LIKENED_MAX];
    for (text, length) in texts.iter_mut().zip(lengths).filter(|(text, _)| text.post.said.is_empty()) {
        likeness.fill(0.0);
        for &(place, count) in &text.features {
            corrected[place as usize].iter().for_each(|(number, other)| likeness[*number] += other * count / length);
        }
        let most = likeness.iter().copied().fold(0.0, f64::max).min(1.0);
        text.voice = (1.0 - most) * (1.0 - most);
    }
}

/// Every post that something was said of, and a sample of the others; how many of the others each stands for.
fn sample(posts: &[Post], seed: u64) -> (Vec<&Post>, f64) {
    let (said, mut silent): (Vec<&Post>, Vec<&Post>) = posts.iter().partition(|post| !post.said.is_empty());
    let all = silent.len();
    let order = |post: &&Post| hash64(&["layer", &seed.to_string(), &post.id]);
    silent.sort_by_cached_key(order);
    silent.truncate(ANCHORS_MAX);
    let each = all as f64 / silent.len().max(1) as f64;
    let mut looked_at = said;
    looked_at.append(&mut silent);
    looked_at.sort_by(|a, b| a.id.cmp(&b.id));
    (looked_at, each)
}

/// Features that stand in a post of which something was said, and in at least two posts, ascending.
fn live(posts: &[&Post]) -> Vec<u32> {
    let ids = |post: &Post| -> BTreeSet<u32> {
        let features = extract(&Reading::new(&post.text));
        features.groups().into_iter().flatten().map(Feature::row).collect()
    };
    let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
    for post in posts.iter().filter(|post| !post.said.is_empty()) {
        ids(post).into_iter().for_each(|id| *seen.entry(id).or_default() += 1);
    }
    for post in posts.iter().filter(|post| post.said.is_empty()) {
        for id in ids(post) {
            if let Some(count) = seen.get_mut(&id) {
                *count += 1;
            }
        }
    }
    seen.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id).collect()
}

/// Near-duplicates in one cluster, clusters in parts of about the same size, those with corrections apart.
struct Parts {
    clusters: Vec<usize>,
    of_cluster: Vec<usize>,
}

fn parts(posts: &[&Post], seed: u64) -> Parts {
    let (mut near, mut template) = (Near::default(), Template::default());
    let cluster = |(at, post): (usize, &&Post)| {
        template.read(&post.text);
        near.join(&post.text, &template, || at)
    };
    let clusters: Vec<usize> = posts.iter().enumerate().map(cluster).collect();
    let mut of_cluster = vec![0; posts.len()];
    let mut rng = Rng::new(seed);
    let said = |(cluster, post): (&usize, &&Post)| (!post.said.is_empty()).then_some(*cluster);
    let with: BTreeSet<usize> = clusters.iter().zip(posts).filter_map(said).collect();
    let without: BTreeSet<usize> = clusters.iter().copied().filter(|cluster| !with.contains(cluster)).collect();
    let (with, without) = (Vec::from_iter(with), Vec::from_iter(without));
    for mut list in [with, without] {
        rng.shuffle(&mut list);
        list.into_iter().enumerate().for_each(|(place, cluster)| of_cluster[cluster] = place % PARTS);
    }
    Parts { clusters, of_cluster }
}

/// One head to be moved.
struct Task<'a> {
    sheet: &'a Sheet<'a>,
    head: usize,
    spec: &'static HeadSpec,
    /// Texts of which the label was said.
    judged: Vec<usize>,
    /// The other ones that are learned from: they are to stay as they are.
    anchors: BTreeSet<usize>,
}

impl<'a> Task<'a> {
    fn new(sheet: &'a Sheet<'a>, head: usize) -> Self {
        let texts = 0..sheet.texts.len();
        let said = |&at: &usize| sheet.texts[at].post.said.contains_key(&head);
        let judged: Vec<usize> = texts.clone().filter(said).collect();
        let mut others: Vec<usize> = texts.filter(|at| !said(at)).collect();
        others.sort_by_cached_key(|&at| hash64(&["anchor", &sheet.texts[at].post.id]));
        others.truncate((judged.len() * ANCHORS_EACH).max(ANCHORS_MIN));
        Self { sheet, head, spec: &SPECS[head], judged, anchors: others.into_iter().collect() }
    }

    fn said(&self, at: usize) -> Option<usize> {
        self.sheet.texts[at].post.said.get(&self.head).copied()
    }

    /// What the model alone answers.
    fn before(&self, at: usize) -> usize {
        best(self.base(at)).0
    }

    fn base(&self, at: usize) -> &[f64] {
        &self.sheet.texts[at].z[self.spec.first..][..self.spec.width()]
    }

    /// The strength that does best on what is held back; of equals the strongest.
    fn best_trial(&self, seed: u64) -> Trial {
        let mut trials: Vec<Trial> = STRENGTHS.iter().map(|&strength| self.attempt(strength, seed)).collect();
        let gain = trials.iter().map(Trial::gain).fold(f64::NEG_INFINITY, f64::max);
        let place = trials.iter().position(|trial| trial.gain() >= gain).unwrap_or(0);
        trials.swap_remove(place)
    }

    /// Learns without each part in turn and notes what becomes of it.
    fn attempt(&self, strength: f64, seed: u64) -> Trial {
        let texts = &self.sheet.texts;
        let mut trial = Trial { strength, each: self.sheet.each, after: vec![0; texts.len()], ..Trial::default() };
        for part in 0..PARTS {
            let (held, learned): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(|&at| texts[at].part == part);
            let moves = self.learn(&learned, strength, seed);
            for at in held {
                trial.after[at] = best(&moves.apply(self.base(at), &texts[at].features)).0;
            }
        }
        for (at, text) in texts.iter().enumerate() {
            let (before, after) = (self.before(at), trial.after[at]);
            match self.said(at) {
                Some(right) => {
                    trial.put_right += usize::from(before != right && after == right);
                    trial.made_wrong += usize::from(before == right && after != right);
                }
                None if before != after => {
                    let mut belief = self.base(at).to_vec();
                    softmax(&mut belief);
                    trial.changed += 1;
                    trial.cost += text.voice * (belief[before] - belief[after]);
                }
                None => {}
            }
        }
        trial
    }

    /// Learns from some of the texts.
    fn learn(&self, from: &[usize], strength: f64, seed: u64) -> Moves {
        let mut order: Vec<usize> =
            from.iter().copied().filter(|at| self.said(*at).is_some() || self.anchors.contains(at)).collect();
        let mut learner = Learner::new(self, &order, strength);
        let mut rng = Rng::new(seed ^ self.head as u64);
        let averaged_from = EPOCHS / 2;
        let mut sum = vec![0.0; learner.moves.weights.len()];
        for epoch in 0..EPOCHS {
            rng.shuffle(&mut order);
            order.iter().for_each(|&at| learner.step(self, at));
            if epoch >= averaged_from {
                sum.iter_mut().zip(&learner.moves.weights).for_each(|(sum, weight)| *sum += weight);
            }
        }
        let part = 1.0 / (EPOCHS - averaged_from) as f64;
        Moves { width: self.spec.width(), weights: sum.into_iter().map(|weight| weight * part).collect() }
    }
}

/// Weights by live row and label.
struct Moves {
    width: usize,
    weights: Vec<f64>,
}

impl Moves {
    fn apply(&self, base: &[f64], features: &[(u32, f64)]) -> Vec<f64> {
        let mut z = base.to_vec();
        for &(place, count) in features {
            let row = &self.weights[place as usize * self.width..][..self.width];
            z.iter_mut().zip(row).for_each(|(z, weight)| *z += count * weight);
        }
        z
    }

    fn add_to(&self, spec: &HeadSpec, live: &[u32], weights: &mut BTreeMap<u32, [f64; COLUMNS]>) {
        for (id, row) in live.iter().zip(self.weights.chunks_exact(self.width)) {
            weights.entry(*id).or_insert([0.0; COLUMNS])[spec.first..][..self.width].copy_from_slice(row);
        }
    }
}

/// Stochastic gradient descent with a rate per weight (AdaGrad, Duchi et al. 2011).
struct Learner {
    moves: Moves,
    squares: Vec<f64>,
    /// Pull to zero at one touch, by live row: over a round it sums to the strength, however often a row is touched.
    pull: Vec<f64>,
}

impl Learner {
    fn new(task: &Task<'_>, order: &[usize], strength: f64) -> Self {
        let (rows, width) = (task.sheet.live.len(), task.spec.width());
        let mut touched = vec![0.0_f64; rows];
        for &at in order {
            task.sheet.texts[at].features.iter().for_each(|(place, _)| touched[*place as usize] += 1.0);
        }
        let moves = Moves { width, weights: vec![0.0; rows * width] };
        let pull = touched.into_iter().map(|count| strength / count.max(1.0)).collect();
        Self { moves, squares: vec![1e-2; rows * width], pull }
    }

    fn step(&mut self, task: &Task<'_>, at: usize) {
        let features = &task.sheet.texts[at].features;
        let base = task.base(at);
        let mut slope = self.moves.apply(base, features);
        softmax(&mut slope);
        match task.said(at) {
            Some(right) => slope[right] -= 1.0,
            None => {
                let mut wanted = base.to_vec();
                softmax(&mut wanted);
                let voice = task.sheet.texts[at].voice;
                slope.iter_mut().zip(wanted).for_each(|(slope, wanted)| *slope = (*slope - wanted) * voice);
            }
        }
        let width = self.moves.width;
        for &(place, count) in features {
            let (from, pull) = (place as usize * width, self.pull[place as usize]);
            let row = self.moves.weights[from..from + width].iter_mut().zip(&mut self.squares[from..from + width]);
            for ((weight, square), slope) in row.zip(&slope) {
                let step = slope * count + pull * *weight;
                *square += step * step;
                *weight -= RATE * step / libm::sqrt(*square);
            }
        }
    }
}

/// What a strength does to what is held back.
#[derive(Default)]
struct Trial {
    strength: f64,
    each: f64,
    /// The answer of every text, by a layer that has not seen it.
    after: Vec<usize>,
    put_right: usize,
    made_wrong: usize,
    /// Nobody said anything of them, and their answer changes.
    changed: usize,
    /// How many of those the model believes to be made wrong, more than put right.
    cost: f64,
}

impl Trial {
    /// What gets worse. Of a post that nobody corrected the model's own probabilities are believed, so a change costs as
    /// much as the old label was likelier than the new one, times what the silence says.
    fn worse(&self) -> f64 {
        self.made_wrong as f64 + self.cost * self.each
    }

    fn gain(&self) -> f64 {
        self.put_right as f64 - self.worse()
    }

    /// Better than luck: as many more are put right as two deviations of a coin thrown for each post that changes.
    fn is_better(&self) -> bool {
        self.gain() > 0.0 && self.gain() >= DEVIATIONS * libm::sqrt(self.put_right as f64 + self.worse())
    }

    fn report(&self, task: &Task<'_>, is_kept: bool) -> Value {
        let texts = &task.sheet.texts;
        let labels = task.spec.labels;
        let corrections = task.judged.iter().filter(|&&at| task.said(at) != Some(task.before(at))).count();
        let silent: Vec<usize> = (0..texts.len()).filter(|&at| task.said(at).is_none()).collect();
        let told = |&at: &usize| json!({"item_id": texts[at].post.id, "from": labels[task.before(at)], "to": labels[self.after[at]]});
        let changes = silent.iter().filter(|&&at| self.after[at] != task.before(at));
        json!({
            "kept": is_kept,
            "better": self.is_better(),
            "strength": self.strength,
            "corrections": corrections,
            "confirmations": task.judged.len() - corrections,
            "put_right": self.put_right,
            "made_wrong": self.made_wrong,
            "before": figures(task, &task.judged, |at| task.before(at)),
            "after": figures(task, &task.judged, |at| self.after[at]),
            "uncorrected": {
                "items": silent.len(),
                "change": self.changed,
                "cost": round4(self.cost),
                "share": round4(self.changed as f64 / silent.len().max(1) as f64),
                "examples": changes.take(CHANGES_TOLD).map(told).collect::<Vec<_>>(),
            },
        })
    }
}

/// How right the answers are where people said what is right.
fn figures(task: &Task<'_>, judged: &[usize], answer: impl Fn(usize) -> usize) -> Value {
    let mut tally = Tally::default();
    for &at in judged {
        tally.choice(task.said(at).unwrap_or_default(), answer(at));
    }
    let mut figures = tally.to_json();
    figures["labels"] = tally.by_label(task.spec.labels);
    figures
}

#[cfg(test)]
mod tests {
    use super::super::feedback::{ReadFeedback, ReadItem, join};
    use super::*;
    use crate::mention::Timestamp;
    use crate::score::Additions;

    const OPENINGS: [&str; 8] =
        ["got", "seeing", "again", "hello,", "ugh", "since this morning", "here in Leeds", "why do I get"];
    const ENDINGS: [&str; 5] = ["on the tablet", "when I open it", "and nothing else", "every time", "for an hour now"];
    /// Posts that the deployment also has, and that nobody corrects.
    const OTHERS: [&str; 6] = [
        "lovely weather in Porto today",
        "my card was charged twice, I want a refund",
        "the app crashes when I open settings",
        "how much is the family plan",
        "the new wheel on my bike is great",
        "watched a film about doom and gloom",
    ];

    /// Forty posts in words of the house (the wheel of doom is a raffle, so they ask for a thing to buy, which no model
    /// would guess), and sixty others.
    fn items() -> Vec<ReadItem> {
        let jargon = (0..40).map(|n| format!("{} the wheel of doom {}", OPENINGS[n % 8], ENDINGS[n / 8]));
        let others = (0..60).map(|n| format!("{} {}", OTHERS[n % 6], ENDINGS[n / 6 % 5]));
        let item =
            |(n, text): (usize, String)| ReadItem { id: format!("item-{n:03}"), revision: 16, text, redacted: false };
        jargon.chain(others).enumerate().map(item).collect()
    }

    fn said(about: usize, kind: &str, value: &str) -> ReadFeedback {
        let (kind, value) = (kind.to_owned(), value.to_owned());
        let at = Timestamp::clamped(1);
        ReadFeedback { id: format!("f-{kind}-{about}"), about: format!("item-{about:03}"), kind, value, at }
    }

    fn learn(feedback: Vec<ReadFeedback>, force: bool) -> TrainedLayer {
        train_layer(Model::shipped(), &join(items(), feedback, &BTreeMap::new()), 1, force)
    }

    fn corrected() -> Vec<ReadFeedback> {
        (0..24).map(|n| said(n, "intent", "presales")).collect()
    }

    #[test]
    fn corrections_hold_for_posts_like_them_and_the_rest_stays() {
        let trained = learn(corrected(), false);
        let figures = &trained.report["heads"]["intent"];
        assert_eq!((&figures["kept"], &figures["made_wrong"]), (&json!(true), &json!(0)), "{figures}");
        assert!(figures["after"]["accuracy"].as_f64() > figures["before"]["accuracy"].as_f64(), "{figures}");
        assert!(trained.report["heads"]["urgency"].is_null());
        let model = Model::shipped();
        let additions = Additions { layer: trained.layer, ..Additions::default() };
        let best = |text: &str| model.score_with(text, None, &additions).intents[0].id.to_string();
        assert_eq!(best("ugh, got the wheel of doom and nothing else when I open it"), "presales");
        for other in OTHERS {
            assert_eq!(best(other), model.score(other, None).intents[0].id, "{other}");
        }
    }

    #[test]
    fn equal_feedback_gives_equal_bytes_in_any_order() {
        let bytes = |trained: TrainedLayer| trained.layer.expect("a layer").to_bytes();
        let first = bytes(learn(corrected(), false));
        assert_eq!(first, bytes(learn(corrected().into_iter().rev().collect(), false)));
        assert_eq!(Layer::parse(&first).expect("a layer").model(), Model::shipped().digest());
    }

    #[test]
    fn what_does_no_good_is_not_kept_unless_it_must_be() {
        let labels = ["billing", "safety", "presales", "reputation", "defect", "none", "outage"];
        let odd = || (40..70).map(|n| said(n, "intent", labels[(n * n + n / 3) % 7])).collect::<Vec<_>>();
        let refused = learn(odd(), false);
        assert!(refused.layer.is_none() && refused.report["layer"].is_null(), "{}", refused.report);
        let forced = learn(odd(), true);
        assert!(forced.layer.is_some() && forced.report["heads"]["intent"]["better"] == false);
        assert!(learn(Vec::new(), true).layer.is_none());
    }

    #[test]
    fn other_heads_are_moved_apart() {
        let mut feedback = corrected();
        feedback.extend((0..24).map(|n| said(n, "urgency", "now")));
        let trained = learn(feedback, false);
        let heads: Vec<&String> = trained.report["heads"].as_object().expect("heads").keys().collect();
        assert_eq!(heads, ["intent", "urgency"]);
        let additions = Additions { layer: trained.layer, ..Additions::default() };
        let scores = Model::shipped().score_with("here it is, the wheel of doom for an hour", None, &additions);
        assert_eq!((scores.intents[0].id.as_ref(), scores.urgency.label.as_ref()), ("presales", "now"));
    }
}
