//! The bytes of a model: int8 tables, row by row, little-endian throughout.
//!
//! Reading never trusts a length: a wrong byte is an error with its place, never a panic or a huge allocation.

use super::features::{LANGUAGE_BITS, MAIN_BITS};
use super::heads::{COLUMNS, HEADS, STRIDE};
use super::rows::{HalfLine, WholeLine};

/// What the file begins with; the digit is the format.
pub(crate) const MAGIC: &[u8; 8] = b"gsmodel2";
/// Most languages a row has room for.
pub(crate) const LANGUAGES_MAX: usize = 48;

/// Why bytes are no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    /// Another file, or another release's format.
    #[error("not a model of this format: expected it to begin with gsmodel2")]
    Magic,
    /// The file ends early.
    #[error("model ends early, at byte {0}")]
    Short(usize),
    /// The heads are not those of this release.
    #[error("model has {found} {what}, this release reads {expected}")]
    Shape {
        /// What was counted.
        what: &'static str,
        /// As found.
        found: usize,
        /// As this release has it.
        expected: usize,
    },
    /// A number or name that cannot stand where it stands.
    #[error("model has an impossible value at byte {0}")]
    Value(usize),
}

/// The parts of a model, as stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    /// One row of [`STRIDE`] weights per main feature.
    pub(crate) main: Vec<HalfLine<STRIDE>>,
    /// Weight of one step, per column; the calibration is folded in.
    pub(crate) scale: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// Below this probability of the best label a choice answers `unknown`.
    pub(crate) floor: Vec<f32>,
    pub(crate) languages: Vec<String>,
    pub(crate) language: Vec<WholeLine<LANGUAGES_MAX>>,
    pub(crate) language_scale: Vec<f32>,
    pub(crate) language_bias: Vec<f32>,
    pub(crate) language_floor: f32,
}

impl Parts {
    /// As bytes; equal parts give equal bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([u8_of(MAIN_BITS), u8_of(LANGUAGE_BITS), COLUMNS as u8, HEADS as u8, self.languages.len() as u8]);
        for code in &self.languages {
            out.push(code.len() as u8);
            out.extend(code.as_bytes());
        }
        for list in [&self.scale, &self.bias, &self.floor, &self.language_scale, &self.language_bias] {
            list.iter().for_each(|v| out.extend(v.to_le_bytes()));
        }
        out.extend(self.language_floor.to_le_bytes());
        let mut put = |row: &[i8]| out.extend(row.iter().map(|weight| weight.to_le_bytes()[0]));
        self.main.iter().for_each(|row| put(&row.weights()[..COLUMNS]));
        self.language.iter().for_each(|row| put(&row.weights()[..self.languages.len()]));
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let mut input = Input { bytes, at: 0 };
        if input.take(MAGIC.len()).map_err(|_| ArtefactError::Magic)? != MAGIC {
            return Err(ArtefactError::Magic);
        }
        input.expect("main bits", MAIN_BITS as usize)?;
        input.expect("language bits", LANGUAGE_BITS as usize)?;
        input.expect("columns", COLUMNS)?;
        input.expect("heads", HEADS)?;
        let count = input.byte()? as usize;
        if count > LANGUAGES_MAX {
            return Err(ArtefactError::Shape { what: "languages", found: count, expected: LANGUAGES_MAX });
        }
        let languages = (0..count).map(|_| input.name()).collect::<Result<Vec<_>, _>>()?;
        let scale = input.floats(COLUMNS)?;
        let bias = input.floats(COLUMNS)?;
        let floor = input.floats(HEADS)?;
        let language_scale = input.floats(count)?;
        let language_bias = input.floats(count)?;
        let language_floor = input.float()?;
        let main = input.table(COLUMNS, 1 << MAIN_BITS)?;
        let language = input.table(count, 1 << LANGUAGE_BITS)?;
        if input.at != bytes.len() {
            return Err(ArtefactError::Value(input.at));
        }
        Ok(Self { main, scale, bias, floor, languages, language, language_scale, language_bias, language_floor })
    }
}

fn u8_of(bits: u32) -> u8 {
    u8::try_from(bits).unwrap_or(u8::MAX)
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ArtefactError> {
        let end = self.at.saturating_add(count);
        let part = self.bytes.get(self.at..end).ok_or(ArtefactError::Short(self.bytes.len()))?;
        self.at = end;
        Ok(part)
    }

    fn byte(&mut self) -> Result<u8, ArtefactError> {
        Ok(self.take(1)?[0])
    }

    fn expect(&mut self, what: &'static str, expected: usize) -> Result<(), ArtefactError> {
        let found = self.byte()? as usize;
        if found == expected { Ok(()) } else { Err(ArtefactError::Shape { what, found, expected }) }
    }

    fn name(&mut self) -> Result<String, ArtefactError> {
        let at = self.at;
        let length = self.byte()? as usize;
        let name = self.take(length)?;
        String::from_utf8(name.to_vec()).map_err(|_| ArtefactError::Value(at))
    }

    fn float(&mut self) -> Result<f32, ArtefactError> {
        let at = self.at;
        let mut raw = [0; 4];
        raw.copy_from_slice(self.take(4)?);
        let value = f32::from_le_bytes(raw);
        if value.is_finite() { Ok(value) } else { Err(ArtefactError::Value(at)) }
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, ArtefactError> {
        (0..count).map(|_| self.float()).collect()
    }

    fn table<const N: usize, R>(&mut self, columns: usize, rows: usize) -> Result<Vec<R>, ArtefactError>
    where
        R: From<[i8; N]>,
    {
        let bytes = self.take(columns * rows)?;
        if columns == N {
            let (rows, _) = bytes.as_chunks::<N>();
            return Ok(rows.iter().map(|row| row.map(|byte| i8::from_le_bytes([byte])).into()).collect());
        }
        let row = |bytes: &[u8]| {
            let mut row = [0_i8; N];
            row.iter_mut().zip(bytes).for_each(|(weight, &byte)| *weight = i8::from_le_bytes([byte]));
            row.into()
        };
        Ok(bytes.chunks_exact(columns.max(1)).map(row).collect())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model that knows nothing but two languages, with a few odd weights.
    pub(crate) fn small() -> Parts {
        let one = |column: usize, weight: i8| {
            let mut row = [0; STRIDE];
            row[column] = weight;
            HalfLine::from(row)
        };
        let mut main = vec![HalfLine::from([0; STRIDE]); 1 << MAIN_BITS];
        (main[0], main[700], main[(1 << MAIN_BITS) - 1]) = (one(0, 127), one(27, -127), one(5, 1));
        Parts {
            main,
            scale: vec![0.01; COLUMNS],
            bias: vec![0.0; COLUMNS],
            floor: vec![0.0; HEADS],
            languages: vec!["en".into(), "de".into()],
            language: vec![WholeLine::from([0; LANGUAGES_MAX]); 1 << LANGUAGE_BITS],
            language_scale: vec![0.01; 2],
            language_bias: vec![0.0; 2],
            language_floor: 0.5,
        }
    }

    #[test]
    fn bytes_come_back_as_they_went() {
        let parts = small();
        let bytes = parts.to_bytes();
        assert!(bytes.len() < 10_000_000);
        assert_eq!(Parts::from_bytes(&bytes), Ok(parts));
    }

    #[test]
    fn wrong_bytes_are_told() {
        let bytes = small().to_bytes();
        assert_eq!(Parts::from_bytes(b"hello"), Err(ArtefactError::Magic));
        assert_eq!(Parts::from_bytes(&[]), Err(ArtefactError::Magic));
        for cut in [9, 40, 300, bytes.len() - 1] {
            assert_eq!(Parts::from_bytes(&bytes[..cut]), Err(ArtefactError::Short(cut)));
        }
        let mut other = bytes.clone();
        other[8] = 40;
        assert!(matches!(Parts::from_bytes(&other), Err(ArtefactError::Shape { what: "main bits", .. })));
        let mut long = bytes;
        long.push(1);
        assert!(matches!(Parts::from_bytes(&long), Err(ArtefactError::Value(_))));
    }
}
