//! A layer of corrections: what people said of a deployment's own posts, as a few weights on top of the model's.
//!
//! It moves intent, urgency and noise and nothing else, by the same features as the model, so a score is still a sum
//! that can be told back word by word. It belongs to the model it was learned on and says so; on another one its
//! weights would mean nothing. It must never learn here: `train layer` writes it, people put it into a pack.

use super::features::{Feature, Features, GROUPS, MAIN_BITS};
use super::heads::{COLUMNS, HeadSpec, INTENT, NOISE, SPECS, URGENCY};
use super::model::{Logits, digest};

/// What the file begins with; the digit is the format.
const MAGIC: &[u8; 8] = b"gslayer1";
/// Most rows of a layer: it stays small beside the model.
pub const LAYER_ROWS_MAX: usize = 1 << 14;
/// The heads that a layer moves, one behind the other in the model's columns.
pub(crate) const MOVED: [usize; 3] = [INTENT, URGENCY, NOISE];
/// The first column that it moves, and how many.
const FIRST: usize = SPECS[INTENT].first;
const WIDTH: usize = SPECS[NOISE].first + SPECS[NOISE].width() - FIRST;
/// Bytes of a digest in the file.
const DIGEST_BYTES: usize = 16;

/// Why bytes are no layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayerError {
    /// Another file, or another release's format.
    #[error("not a layer of this format: expected a file written by train layer")]
    Magic,
    /// The file is cut short or too long.
    #[error("layer has the wrong length")]
    Length,
    /// A value that cannot stand there.
    #[error("layer has an impossible value")]
    Value,
}

/// Corrections of one deployment, on top of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    model: String,
    digest: String,
    /// Weight of one step, per column.
    scale: [f32; WIDTH],
    /// The model's rows that it moves, ascending.
    ids: Vec<u32>,
    rows: Vec<[i8; WIDTH]>,
    index: Index,
}

impl Layer {
    /// Reads a layer's bytes.
    ///
    /// # Errors
    /// Where they are not a layer of this format.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayerError> {
        let body = bytes.strip_prefix(MAGIC.as_slice()).ok_or(LayerError::Magic)?;
        let (model, body) = body.split_at_checked(DIGEST_BYTES).ok_or(LayerError::Length)?;
        let model = std::str::from_utf8(model).map_err(|_| LayerError::Value)?.to_owned();
        let (scales, body) = body.split_at_checked(WIDTH * 4).ok_or(LayerError::Length)?;
        let mut scale = [0.0; WIDTH];
        for (scale, raw) in scale.iter_mut().zip(scales.chunks_exact(4)) {
            *scale = f32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]);
        }
        let is_digest = model.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_digest || scale.iter().any(|s| !s.is_finite()) {
            return Err(LayerError::Value);
        }
        if body.len() % (4 + WIDTH) != 0 || body.len() / (4 + WIDTH) > LAYER_ROWS_MAX {
            return Err(LayerError::Length);
        }
        let mut layer = Self::empty(&model, scale);
        for raw in body.chunks_exact(4 + WIDTH) {
            let id = u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]);
            if id >> MAIN_BITS != 0 || layer.ids.last().is_some_and(|last| *last >= id) {
                return Err(LayerError::Value);
            }
            layer.ids.push(id);
            layer.rows.push(std::array::from_fn(|column| i8::from_le_bytes([raw[4 + column]])));
        }
        layer.index = Index::of(&layer.ids);
        layer.digest = digest(bytes);
        Ok(layer)
    }

    fn empty(model: &str, scale: [f32; WIDTH]) -> Self {
        let index = Index::of(&[]);
        Self { model: model.to_owned(), digest: String::new(), scale, ids: Vec::new(), rows: Vec::new(), index }
    }

    /// From weights by row of the model and by column of it, ascending by row; the largest rows where there are more
    /// than [`LAYER_ROWS_MAX`]. What rounds to nothing is left out.
    pub(crate) fn from_weights(model: &str, weights: Vec<(u32, [f64; COLUMNS])>) -> Self {
        let mut weights = weights;
        if weights.len() > LAYER_ROWS_MAX {
            let size = |row: &[f64; COLUMNS]| row.iter().map(|w| w * w).sum::<f64>();
            weights.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then(a.0.cmp(&b.0)));
            weights.truncate(LAYER_ROWS_MAX);
            weights.sort_by_key(|(id, _)| *id);
        }
        let largest = |column: usize| weights.iter().map(|(_, row)| row[FIRST + column].abs()).fold(0.0, f64::max);
        let scale: [f32; WIDTH] = std::array::from_fn(|column| (largest(column) / 127.0) as f32);
        let mut layer = Self::empty(model, scale);
        for (id, row) in weights {
            let steps = |column: usize| match f64::from(scale[column]) {
                step if step > 0.0 => libm::round(row[FIRST + column] / step).clamp(-127.0, 127.0) as i8,
                _ => 0,
            };
            let row: [i8; WIDTH] = std::array::from_fn(steps);
            if row.iter().any(|&weight| weight != 0) {
                layer.ids.push(id);
                layer.rows.push(row);
            }
        }
        layer.index = Index::of(&layer.ids);
        layer.digest = digest(&layer.to_bytes());
        layer
    }

    /// As bytes; equal layers give equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.model.as_bytes());
        self.scale.iter().for_each(|scale| out.extend(scale.to_le_bytes()));
        for (id, row) in self.ids.iter().zip(&self.rows) {
            out.extend(id.to_le_bytes());
            out.extend(row.iter().map(|weight| weight.to_le_bytes()[0]));
        }
        out
    }

    /// Digest of the model it was learned on.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// First 16 hex digits of the SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Rows of the model that it moves.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True where it moves nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Moves the log-odds of a text.
    pub(crate) fn add_to(&self, features: &Features, logits: &mut Logits) {
        for (group, share) in features.groups().into_iter().zip(logits.shares) {
            let mut sums = [0_i32; WIDTH];
            for row in self.rows_of(group).map(|(_, row)| row) {
                sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += i32::from(weight));
            }
            let moved = logits.z[FIRST..].iter_mut().zip(sums).zip(self.scale);
            moved.for_each(|((z, sum), scale)| *z += f64::from(sum) * share * f64::from(scale));
        }
    }

    /// Adds its part of `z[a] - z[b]` to every unit's.
    pub(crate) fn add_units(
        &self,
        features: &Features,
        shares: [f64; GROUPS],
        (a, b): (usize, usize),
        mut add: impl FnMut(usize, f64),
    ) {
        let weight = |row: &[i8; WIDTH], column: usize| match column.checked_sub(FIRST) {
            Some(place) if place < WIDTH => f64::from(row[place]) * f64::from(self.scale[place]),
            _ => 0.0,
        };
        for (group, share) in features.groups().into_iter().zip(shares) {
            for (feature, row) in self.rows_of(group) {
                add(feature.unit as usize, share * (weight(row, a) - weight(row, b)));
            }
        }
    }

    fn rows_of<'a>(&'a self, group: &'a [Feature]) -> impl Iterator<Item = (&'a Feature, &'a [i8; WIDTH])> {
        group.iter().filter_map(|feature| Some((feature, &self.rows[self.index.place(feature.row())?])))
    }
}

/// Where a row of the model stands among a few: one bit for each, and how many bits stand before each word of them.
#[derive(Debug, Clone, PartialEq)]
struct Index {
    words: Vec<u64>,
    before: Vec<u32>,
}

impl Index {
    fn of(ids: &[u32]) -> Self {
        let mut words = vec![0_u64; 1 << (MAIN_BITS - 6)];
        ids.iter().for_each(|id| words[(id >> 6) as usize] |= 1 << (id & 63));
        let mut count = 0;
        let before = words.iter().map(|word| {
            count += word.count_ones();
            count - word.count_ones()
        });
        Self { before: before.collect(), words }
    }

    fn place(&self, id: u32) -> Option<usize> {
        let at = (id >> 6) as usize;
        let word = *self.words.get(at)?;
        let bit = 1_u64 << (id & 63);
        (word & bit != 0).then(|| (self.before[at] + (word & (bit - 1)).count_ones()) as usize)
    }
}

/// The head of that name, where a layer moves it.
pub(crate) fn moved(name: &str) -> Option<(usize, &'static HeadSpec)> {
    MOVED.into_iter().map(|head| (head, &SPECS[head])).find(|(_, spec)| spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Additions, Model};

    fn row(column: usize, weight: f64) -> [f64; COLUMNS] {
        let mut row = [0.0; COLUMNS];
        row[column] = weight;
        row
    }

    #[test]
    fn the_moved_heads_stand_side_by_side() {
        let mut next = FIRST;
        for head in MOVED {
            assert_eq!(SPECS[head].first, next);
            next += SPECS[head].width();
        }
        assert_eq!(next, FIRST + WIDTH);
        assert_eq!(moved("noise").map(|(head, _)| head), Some(NOISE));
        assert!(moved("sentiment").is_none());
    }

    #[test]
    fn bytes_come_back_and_wrong_ones_are_told() {
        let weights = vec![
            (0, row(FIRST, 1.0)),
            (63, row(FIRST + 14, -0.5)),
            (64, row(FIRST, 0.001)),
            (9999, row(FIRST + 7, 3.0)),
        ];
        let layer = Layer::from_weights("0123456789abcdef", weights);
        // a weight far below the largest of its column rounds to nothing
        assert_eq!((layer.len(), layer.model()), (3, "0123456789abcdef"));
        let places: Vec<_> = [0, 63, 64, 9999, 10_000].map(|id| layer.index.place(id)).into();
        assert_eq!(places, [Some(0), Some(1), None, Some(2), None]);
        let bytes = layer.to_bytes();
        assert_eq!(Layer::parse(&bytes).as_ref(), Ok(&layer));
        assert_eq!(Layer::parse(b"no"), Err(LayerError::Magic));
        for cut in [9, 30, 70, bytes.len() - 1] {
            assert_eq!(Layer::parse(&bytes[..cut]), Err(LayerError::Length), "{cut}");
        }
        let last = bytes.len() - (4 + WIDTH);
        let mut twice = bytes.clone();
        twice.extend(&bytes[last..]);
        assert_eq!(Layer::parse(&twice), Err(LayerError::Value));
        let mut far = bytes.clone();
        far[last + 3] = 0xff;
        assert_eq!(Layer::parse(&far), Err(LayerError::Value));
        let mut odd = bytes;
        odd[MAGIC.len()] = b'x';
        assert_eq!(Layer::parse(&odd), Err(LayerError::Value));
    }

    #[test]
    fn only_so_many_rows_are_kept_and_those_are_the_largest() {
        let weights = (0..20_000_u32).map(|id| (id, row(FIRST, 1.0 + f64::from(id)))).collect();
        let layer = Layer::from_weights("0123456789abcdef", weights);
        assert_eq!((layer.len(), layer.ids[0]), (LAYER_ROWS_MAX, 20_000 - LAYER_ROWS_MAX as u32));
    }

    #[test]
    fn a_layer_moves_its_heads_only_and_is_told_back_exactly() {
        let model = Model::shipped();
        let text = "the wheel of doom again on my frobnicator";
        let reading = crate::score::tokens::Reading::new(text);
        let features = crate::score::features::extract(&reading);
        let mut ids: Vec<u32> = features.words.iter().map(Feature::row).collect();
        ids.sort_unstable();
        ids.dedup();
        let outage = SPECS[INTENT].first + 2;
        let weights = ids.into_iter().map(|id| (id, row(outage, 2.0))).collect();
        let additions = Additions { layer: Some(Layer::from_weights(model.digest(), weights)), ..Additions::default() };
        let (before, after) = (model.score(text, None), model.score_with(text, None, &additions));
        assert_eq!(after.intents[0].id, "outage");
        assert_eq!(
            (&before.sentiment, &before.noise, &before.urgency),
            (&after.sentiment, &after.noise, &after.urgency)
        );
        let told = after.explain.iter().filter(|part| part.head == "intent.outage").map(|part| part.weight);
        let odds = (after.intents[0].probability / after.intents[1].probability).ln();
        assert!((told.sum::<f64>() - odds).abs() < 2e-4 + 1e-4 / after.intents[1].probability);
        assert!(
            after.explain.iter().any(|part| part.feature.contains("frobnicator") && part.weight > 0.2),
            "{:?}",
            after.explain
        );
    }
}
