//! Durations and sizes that carry their units: `30s`, `1h30m`, `64MiB`. A bare number is refused, because nobody can
//! tell whether it meant milliseconds.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Why a duration or size was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// A number alone.
    #[error("\"{0}\" has no unit: write for example {1}")]
    NoUnit(String, &'static str),
    /// A unit nobody knows.
    #[error("\"{0}\" has the unknown unit \"{1}\": use one of {2}")]
    UnknownUnit(String, String, &'static str),
    /// Not a number with a unit.
    #[error("\"{0}\" is not a whole number with a unit: write for example {1}")]
    NotANumber(String, &'static str),
    /// More than 64 bits hold.
    #[error("\"{0}\" is too large")]
    TooLarge(String),
}

/// A span of time, written with units: `100ms`, `30s`, `1h30m`, `7d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

impl Period {
    /// From seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// From milliseconds.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// As the standard library has it.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// In microseconds, the unit of event time; held to `i64`.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        i64::try_from(self.0.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Largest first, as [`fmt::Display`] writes them; milliseconds each.
const TIME_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl FromStr for Period {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &TIME_UNITS, "30s", "ms, s, m, h, d").map(Self::millis)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, millis) in TIME_UNITS {
            let whole = rest / millis;
            if whole > 0 {
                write!(f, "{whole}{unit}")?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

/// A number of bytes, written with a unit: `512B`, `64MiB`, `2GiB`, `10MB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// From mebibytes.
    #[must_use]
    pub const fn mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// From kibibytes.
    #[must_use]
    pub const fn kib(kib: u64) -> Self {
        Self(kib << 10)
    }

    /// In bytes, held to what this machine can address.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Bytes each; the binary ones first, largest first, as [`fmt::Display`] writes them.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

impl FromStr for Size {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &SIZE_UNITS, "64MiB", "B, kB, MB, GB, KiB, MiB, GiB").map(Self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |&&(_, bytes): &&(&str, u64)| self.0 >= bytes && self.0.is_multiple_of(bytes);
        let (unit, bytes) = SIZE_UNITS[..4].iter().find(fits).unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

/// A sum of whole numbers with units, in the smallest unit.
fn parse(text: &str, units: &[(&str, u64)], example: &'static str, known: &'static str) -> Result<u64, UnitError> {
    let mut rest = text.trim();
    let mut total = 0u64;
    if rest.is_empty() {
        return Err(UnitError::NotANumber(text.to_owned(), example));
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(UnitError::NotANumber(text.to_owned(), example));
        }
        let letters = rest[digits..].bytes().take_while(|b| !b.is_ascii_digit()).count();
        let (number, unit) = (&rest[..digits], rest[digits..digits + letters].trim());
        if unit.is_empty() {
            return Err(UnitError::NoUnit(text.to_owned(), example));
        }
        let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
            return Err(UnitError::UnknownUnit(text.to_owned(), unit.to_owned(), known));
        };
        let number: u64 = number.parse().map_err(|_| UnitError::TooLarge(text.to_owned()))?;
        total = number
            .checked_mul(*factor)
            .and_then(|n| n.checked_add(total))
            .ok_or_else(|| UnitError::TooLarge(text.to_owned()))?;
        rest = &rest[digits + letters..];
    }
    Ok(total)
}

macro_rules! text_value {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::secret::scalar(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}
text_value!(Period, Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_carry_units() {
        let cases =
            [("100ms", 100), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("0s", 0)];
        for (text, millis) in cases {
            let period: Period = text.parse().expect(text);
            assert_eq!(period, Period::millis(millis), "{text}");
            assert_eq!(period.to_string(), text, "is written as it was read");
        }
        for text in ["30", "", "s", "1.5s", "-1s", "5 parsecs", "99999999999999999999d", "213503982335d"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        assert_eq!(
            "30".parse::<Period>().expect_err("no unit").to_string(),
            "\"30\" has no unit: write for example 30s"
        );
    }

    #[test]
    fn sizes_carry_units() {
        let cases = [
            ("512B", 512, "512B"),
            ("64MiB", 64 << 20, "64MiB"),
            ("10MB", 10_000_000, "10000000B"),
            ("2GiB", 2 << 30, "2GiB"),
        ];
        for (text, bytes, written) in cases {
            let size: Size = text.parse().expect(text);
            assert_eq!((size.0, size.to_string().as_str()), (bytes, written), "{text}");
        }
        assert_eq!(
            "64mb".parse::<Size>().expect_err("no such unit").to_string(),
            "\"64mb\" has the unknown unit \"mb\": use one of B, kB, MB, GB, KiB, MiB, GiB"
        );
    }
}
