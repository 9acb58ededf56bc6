//! A run of digits with the separators people put into numbers, and how it is grouped.

/// Digits of the longest number that is looked at; a longer one is nobody's.
pub(super) const DIGITS_MAX: usize = 19;
/// Digits read, so that a longer number is known to be longer.
const ROOM: usize = 25;

pub(super) const SPACE: u8 = 1;
pub(super) const DASH: u8 = 2;
pub(super) const DOT: u8 = 4;
pub(super) const BRACKETS: u8 = 8;
/// Between an area code and a number, as in `030/1234567`; never in a date or a fraction.
pub(super) const SLASH: u8 = 16;
/// Digits of an area code before a slash, its nought among them; and those behind it that make it one, at least.
const AREA_DIGITS: std::ops::RangeInclusive<usize> = 3..=5;
const BEHIND_SLASH_MIN: usize = 5;

/// A run of digits.
#[derive(Debug, Clone)]
pub(super) struct Run {
    digits: [u8; ROOM],
    len: usize,
    groups: [usize; ROOM],
    group_count: usize,
    /// Begins with a plus.
    pub(super) plus: bool,
    /// Which separators stand in it: [`SPACE`], [`DASH`], [`DOT`], [`BRACKETS`], [`SLASH`].
    pub(super) separators: u8,
    /// First byte, a plus or bracket included.
    pub(super) start: usize,
    /// One past the first group; `start` where it does not begin with a digit.
    pub(super) first_end: usize,
    /// One past the last digit.
    pub(super) end: usize,
}

impl Run {
    pub(super) fn read(bytes: &[u8], start: usize) -> Self {
        let mut run = Self {
            digits: [0; ROOM],
            len: 0,
            groups: [0; ROOM],
            group_count: 0,
            plus: false,
            separators: 0,
            start,
            first_end: start,
            end: start,
        };
        let mut apart = true;
        let mut i = start;
        while i < bytes.len() && run.len < ROOM {
            match bytes[i] {
                digit @ b'0'..=b'9' => {
                    run.digit(digit - b'0', apart);
                    run.end = i + 1;
                    if run.group_count == 1 && bytes[start].is_ascii_digit() {
                        run.first_end = i + 1;
                    }
                    apart = false;
                }
                b'+' if i == start => run.plus = true,
                b'(' if bytes[i..].iter().take(6).any(|&b| b == b')') => {
                    run.separators |= BRACKETS;
                    apart = true;
                }
                b')' if run.has(BRACKETS) => apart = true,
                b'/' if run.is_area_code() && number_follows(bytes, i) => {
                    run.separators |= SLASH;
                    apart = true;
                }
                separator @ (b' ' | b'-' | b'.') if follows(bytes, i) => {
                    run.separators |= match separator {
                        b' ' => SPACE,
                        b'-' => DASH,
                        _ => DOT,
                    };
                    apart = true;
                }
                _ => break,
            }
            i += 1;
        }
        run
    }

    fn digit(&mut self, digit: u8, apart: bool) {
        self.digits[self.len] = digit;
        self.len += 1;
        self.group_count += usize::from(apart);
        self.groups[self.group_count - 1] += 1;
    }

    /// A nought, another digit, and as many as area codes have.
    fn is_area_code(&self) -> bool {
        self.group_count == 1 && !self.plus && AREA_DIGITS.contains(&self.len) && self.head(1) == 0 && self.head(2) != 0
    }

    /// Digits, of which there may be one more than [`DIGITS_MAX`] or more.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Values 0 to 9.
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// Lengths of the groups between separators.
    pub(super) fn groups(&self) -> &[usize] {
        &self.groups[..self.group_count]
    }

    pub(super) fn has(&self, separator: u8) -> bool {
        self.separators & separator != 0
    }

    /// The first `count` digits as a number.
    pub(super) fn head(&self, count: usize) -> u32 {
        value(&self.digits()[..count.min(self.len)])
    }
}

/// Digits read as a number; at most nine.
pub(super) fn value(digits: &[u8]) -> u32 {
    digits.iter().take(9).fold(0, |value, &digit| value * 10 + u32::from(digit))
}

/// Behind the sign at `i`, so many digits as make a number, in a row or in groups.
fn number_follows(bytes: &[u8], i: usize) -> bool {
    let behind = bytes[i + 1..].iter().take(2 * BEHIND_SLASH_MIN);
    let digits = behind.take_while(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-')).filter(|b| b.is_ascii_digit());
    follows(bytes, i) && digits.count() >= BEHIND_SLASH_MIN
}

/// One separator, then a digit or bracket (a bracket may follow a space).
fn follows(bytes: &[u8], i: usize) -> bool {
    bytes.get(i + 1).is_some_and(|b| b.is_ascii_digit() || *b == b'(')
}
