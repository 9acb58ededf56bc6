//! A line of JSON under the pen: pieces of fixed sizes are moved into room that is there already.
//!
//! A move of a size that is known where it is written is an instruction or two, and needs no call; what is too much of
//! it is written over by the next piece. Room is asked for in large steps and cut off at the end.

use crate::score::{Label, LabelScore, Probability};
use serde::Serialize;

/// Bytes of room that is made at once, which have to be cleared: a line takes about two of them.
const ROOM: usize = 1024;

/// What is written behind the bytes of a buffer.
pub(super) struct Line<'a> {
    /// What is written, and room behind it.
    bytes: &'a mut Vec<u8>,
    /// One past what is written.
    end: usize,
}

impl<'a> Line<'a> {
    /// Goes on where the buffer ends.
    pub(super) fn behind(bytes: &'a mut Vec<u8>) -> Self {
        let end = bytes.len();
        bytes.resize(end + ROOM, 0);
        Self { bytes, end }
    }

    /// Gives back the room that was not needed.
    pub(super) fn finish(self) {
        self.bytes.truncate(self.end);
    }

    /// JSON of a length that is known where it is written.
    #[inline(always)]
    pub(super) fn raw<const N: usize>(&mut self, json: &[u8; N]) -> &mut Self {
        match self.bytes.get_mut(self.end..).and_then(|room| room.first_chunk_mut()) {
            Some(place) => *place = *json,
            None => self.make_room(json),
        }
        self.end += N;
        self
    }

    /// JSON of any length.
    pub(super) fn verbatim(&mut self, json: &[u8]) -> &mut Self {
        let end = self.end + json.len();
        match self.bytes.get_mut(self.end..end) {
            Some(place) => place.copy_from_slice(json),
            None => self.make_room(json),
        }
        self.end = end;
        self
    }

    /// Writes where there is no room, and makes some behind it.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, json: &[u8]) {
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(json);
        self.bytes.resize(self.bytes.len() + ROOM, 0);
    }

    /// As serde writes it.
    #[cold]
    #[inline(never)]
    fn any(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        // texts and numbers have a form in JSON
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        self.verbatim(json.as_bytes())
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        if text.bytes().any(|byte| SPECIAL[usize::from(byte)]) {
            return self.any(text);
        }
        self.quoted(text)
    }

    /// A text that holds nothing special.
    pub(super) fn quoted(&mut self, text: &str) -> &mut Self {
        self.raw(b"\"").verbatim(text.as_bytes()).raw(b"\"")
    }

    /// A label: those that are borrowed are names of the model, and hold nothing special.
    pub(super) fn name(&mut self, label: &Label) -> &mut Self {
        match label {
            Label::Borrowed(name) => self.quoted(name),
            Label::Owned(name) => self.text(name),
        }
    }

    pub(super) fn whole(&mut self, value: u32) -> &mut Self {
        let Some(&[a, b, c, length]) = WHOLE.get(value as usize) else { return self.any(&value) };
        self.raw(&[a, b, c]);
        self.end -= 3 - usize::from(length);
        self
    }

    /// A number of at most four decimals.
    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        let size = value.abs();
        // the nearest whole number is in the lower bits, as long as it fits them; what does not is told from it below
        let steps = (size * 1e4 + UNIT_IS_ONE).to_bits() as u32;
        let is_fixed = (f64::from(steps) / 1e4).to_bits() == size.to_bits();
        let is_negative = value.is_sign_negative();
        if !is_fixed || steps >= STEPS_MAX || (steps == 0 && is_negative) {
            return self.any(&value);
        }
        let (whole, part) = (steps / 10_000, steps % 10_000);
        let ([a, b], [c, d]) = (pair(part / 100), pair(part % 100));
        // the digits but the first of them, zeros as zero: how many are behind the last that is none
        let zeros = (u32::from_le_bytes([1, b, c, d]) ^ 0x3030_3000).leading_zeros() as usize / 8;
        // no branch depends on the sign or the digits
        let text = u64::from_le_bytes([b'-', b'0' + whole as u8, b'.', a, b, c, d, 0]);
        self.raw(&(text >> if is_negative { 0 } else { 8 }).to_le_bytes());
        self.end -= 2 - usize::from(is_negative) + zeros;
        self
    }

    pub(super) fn span(&mut self, start: u32, end: u32) -> &mut Self {
        self.raw(b",\"start\":").whole(start).raw(b",\"end\":").whole(end)
    }

    pub(super) fn label(&mut self, score: &LabelScore) -> &mut Self {
        self.raw(b"{\"label\":").name(&score.label).raw(b",\"probability\":").number(score.probability).raw(b"}")
    }

    pub(super) fn probability(&mut self, score: Probability) -> &mut Self {
        self.raw(b"{\"probability\":").number(score.probability).raw(b"}")
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) -> &mut Self {
        let mut mark = b'[';
        for item in items {
            self.raw(&[std::mem::replace(&mut mark, b',')]);
            write(self, item);
        }
        if items.is_empty() { self.raw(b"[]") } else { self.raw(b"]") }
    }
}

/// Added to a number below 2^32, leaves it rounded in the lower bits of the sum.
const UNIT_IS_ONE: f64 = (1_u64 << 52) as f64;
/// Numbers with one digit before the point, in steps of their last decimal.
const STEPS_MAX: u32 = 100_000;

/// Bytes that JSON writes another way.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    (special[b'"' as usize], special[b'\\' as usize]) = (true, true);
    special
};

/// Two digits of every number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
        value += 1;
    }
    pairs
};

/// Both digits of a number below a hundred.
fn pair(value: u32) -> [u8; 2] {
    PAIRS[value as usize % 100]
}

/// The digits of every number below a thousand, and how many they are.
static WHOLE: [[u8; 4]; 1000] = {
    let mut whole = [[0; 4]; 1000];
    let mut value = 0;
    while value < 1000 {
        let (hundreds, [tens, ones]) = (b'0' + (value / 100) as u8, PAIRS[value % 100]);
        whole[value] = match value {
            0..10 => [ones, 0, 0, 1],
            10..100 => [tens, ones, 0, 2],
            _ => [hundreds, tens, ones, 3],
        };
        value += 1;
    }
    whole
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut bytes = b"> ".to_vec();
        let mut line = Line::behind(&mut bytes);
        write(&mut line);
        line.finish();
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn number(value: f64) -> String {
        let write = |line: &mut Line<'_>| {
            line.number(value);
        };
        written(write).split_off(2)
    }

    #[test]
    fn odd_numbers() {
        for value in [0.0, -0.0, 1.0, -1.0, 0.5, 0.0001, -12.3456, 1e-9, 1e300, 0.12345, 123_456.789_1, 4e5, 5e5] {
            assert_eq!(number(value), serde_json::to_string(&value).expect("a number"));
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(value), "null");
        }
    }

    #[test]
    fn whole_numbers() {
        for value in (0..2000).chain([u32::MAX]) {
            let write = |line: &mut Line<'_>| {
                line.whole(value);
            };
            assert_eq!(written(write), format!("> {value}"));
        }
    }

    #[test]
    fn a_line_may_be_longer_than_its_room() {
        let texts = ["é".repeat(ROOM - 1), "a".repeat(ROOM), "\"".repeat(ROOM)];
        let got = written(|line| {
            for text in &texts {
                line.text(text).raw(b", ").whole(7);
            }
        });
        let want: String = texts.iter().map(|text| serde_json::to_string(text).expect("JSON") + ", 7").collect();
        assert_eq!(got, format!("> {want}"));
    }

    proptest! {
        #[test]
        fn numbers_are_what_serde_writes(steps in -110_000_i64..110_000) {
            let value = steps as f64 / 1e4;
            prop_assert_eq!(number(value), serde_json::to_string(&value).expect("a number"));
        }
    }
}
