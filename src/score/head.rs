//! A head of the user's own: a small classifier trained from a table, used by `score --head` and in packs.
//!
//! It looks at the same features as the shipped model, in a smaller table.

use super::LabelScore;
use super::calibrate::{best, round4, softmax};
use super::features::{Feature, Features, MAIN_BITS};
use super::heads::UNKNOWN;
use super::model::shares;

/// What the file begins with; the digit is the format.
const MAGIC: &[u8; 8] = b"gshead02";
/// Bits of a feature id in a user's table.
pub(crate) const HEAD_BITS: u32 = 16;
/// Most labels a head may have.
pub const HEAD_LABELS_MAX: usize = 100;
const LABEL_BYTES_MAX: usize = 200;

/// Why bytes are no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Another file, or another release's format.
    #[error("not a head of this format: expected a file written by train head")]
    Magic,
    /// The file is cut short or too long.
    #[error("head has the wrong length")]
    Length,
    /// A value that cannot stand there.
    #[error("head has an impossible value")]
    Value,
}

/// A user's classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    pub(crate) labels: Vec<String>,
    pub(crate) scale: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// Row by row, one weight per label.
    pub(crate) weights: Vec<i8>,
}

impl Head {
    /// Reads a head's bytes.
    ///
    /// # Errors
    /// Where they are not a head of this format.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeadError> {
        let body = bytes.strip_prefix(MAGIC.as_slice()).ok_or(HeadError::Magic)?;
        let (&count, mut body) = body.split_first().ok_or(HeadError::Length)?;
        let count = usize::from(count);
        if !(2..=HEAD_LABELS_MAX).contains(&count) {
            return Err(HeadError::Value);
        }
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            let (&length, rest) = body.split_first().ok_or(HeadError::Length)?;
            let (name, rest) = rest.split_at_checked(usize::from(length)).ok_or(HeadError::Length)?;
            labels.push(String::from_utf8(name.to_vec()).map_err(|_| HeadError::Value)?);
            body = rest;
        }
        let (numbers, weights) = body.split_at_checked(count * 8).ok_or(HeadError::Length)?;
        if weights.len() != count << HEAD_BITS {
            return Err(HeadError::Length);
        }
        let float = |raw: &[u8]| f32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]);
        let numbers: Vec<f32> = numbers.chunks_exact(4).map(float).collect();
        if numbers.iter().any(|v| !v.is_finite()) {
            return Err(HeadError::Value);
        }
        let (scale, bias) = (numbers[..count].to_vec(), numbers[count..].to_vec());
        let weights = weights.iter().map(|&b| i8::from_le_bytes([b])).collect();
        Ok(Self { labels, scale, bias, weights })
    }

    /// What it tells apart, in the order of its columns.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// As bytes; labels longer than 200 bytes are cut.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(u8::try_from(self.labels.len()).unwrap_or(u8::MAX));
        for label in &self.labels {
            let mut end = label.len().min(LABEL_BYTES_MAX);
            while !label.is_char_boundary(end) {
                end -= 1;
            }
            out.push(u8::try_from(end).unwrap_or(u8::MAX));
            out.extend(&label.as_bytes()[..end]);
        }
        self.scale.iter().chain(&self.bias).for_each(|v| out.extend(v.to_le_bytes()));
        out.extend(self.weights.iter().map(|w| w.to_le_bytes()[0]));
        out
    }

    /// The label of a text's features.
    pub(crate) fn answer(&self, features: &Features) -> LabelScore {
        let p = self.probabilities(features);
        let (top, probability) = best(&p);
        let label = if features.words.is_empty() { UNKNOWN.into() } else { self.labels[top].clone().into() };
        LabelScore { label, probability: round4(probability) }
    }

    /// Probabilities in the order of the labels.
    pub(crate) fn probabilities(&self, features: &Features) -> Vec<f64> {
        let count = self.labels.len();
        let mut z: Vec<f64> = self.bias.iter().map(|&b| f64::from(b)).collect();
        let groups = features.groups();
        for (list, share) in groups.into_iter().zip(shares(groups.map(<[Feature]>::len))) {
            let mut sums = vec![0_i64; count];
            for feature in list {
                let row = own_row(feature) as usize * count;
                for (sum, &weight) in sums.iter_mut().zip(&self.weights[row..row + count]) {
                    *sum += i64::from(weight);
                }
            }
            for ((z, sum), scale) in z.iter_mut().zip(sums).zip(&self.scale) {
                *z += sum as f64 * share * f64::from(*scale);
            }
        }
        softmax(&mut z);
        z
    }
}

/// The row of a feature in a user's table.
pub(crate) fn own_row(feature: &Feature) -> u32 {
    feature.row() >> (MAIN_BITS - HEAD_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_wrong_ones_are_told() {
        let head = Head {
            labels: vec!["a".into(), "é".into()],
            scale: vec![0.1, 0.2],
            bias: vec![0.0, -1.0],
            weights: vec![3; 2 << HEAD_BITS],
        };
        let bytes = head.to_bytes();
        assert_eq!(Head::parse(&bytes), Ok(head));
        assert_eq!(Head::parse(b"no"), Err(HeadError::Magic));
        assert_eq!(Head::parse(&bytes[..bytes.len() - 1]), Err(HeadError::Length));
        for cut in 8..24 {
            assert!(Head::parse(&bytes[..cut]).is_err());
        }
    }
}
