//! Sums of rows of small weights: whole numbers, so that no order of adding matters.

use super::ahead::fetch;

/// The weights of one feature, each [`ABOVE`] what it is: a byte without a sign is made a wider number in one step, one
/// with a sign takes two.
pub(crate) trait Row<const N: usize> {
    fn lifted(&self) -> &[u8; N];
}

/// What is added to each weight, so that none is below nothing.
const ABOVE: u8 = 128;

/// A weight, lifted.
const fn lift(weight: i8) -> u8 {
    weight.cast_unsigned() ^ ABOVE
}

/// The weight that was lifted.
pub(crate) const fn lowered(lifted: u8) -> i8 {
    (lifted ^ ABOVE).cast_signed()
}

/// Rows are read all over a table, so that memory is waited for; one that lay across two cache lines would be waited
/// for twice.
macro_rules! rows_within_lines {
    ($($name:ident of $bytes:literal: $what:literal,)*) => {$(
        #[doc = $what]
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[repr(align($bytes))]
        pub(crate) struct $name<const N: usize>([u8; N]);

        impl<const N: usize> From<[i8; N]> for $name<N> {
            fn from(weights: [i8; N]) -> Self {
                Self(weights.map(lift))
            }
        }

        impl<const N: usize> $name<N> {
            /// The weights as they are.
            pub(crate) fn weights(&self) -> [i8; N] {
                self.0.map(lowered)
            }
        }

        impl<const N: usize> Row<N> for $name<N> {
            fn lifted(&self) -> &[u8; N] {
                &self.0
            }
        }
    )*};
}

rows_within_lines! {
    HalfLine of 32: "A row in half a cache line.",
    WholeLine of 64: "A row in a whole cache line.",
}

/// Rows whose sum fits 16 bits for certain: 255 × 255 < 2^16, and 255 × 128 < 2^15.
const RUN_MAX: u16 = 255;

/// Sums rows of a table, in runs short enough for 16-bit sums.
pub(crate) fn sum_rows<const N: usize>(table: &[impl Row<N>], ids: impl Iterator<Item = u32> + Clone) -> [i32; N] {
    let (mut total, mut ids) = (Total::default(), ids);
    loop {
        let (sum, rows) = sum_run(table, &mut ids);
        total.add(&sum, rows);
        if rows < RUN_MAX {
            return total.get();
        }
    }
}

/// The sum of the next rows, at most [`RUN_MAX`], and how many they were. Compiled by itself: the compiler turns it into
/// wide instructions, but into narrower ones beside sums of 32 bits.
#[inline(never)]
pub(crate) fn sum_run<const N: usize>(
    table: &[impl Row<N>],
    ids: &mut (impl Iterator<Item = u32> + Clone),
) -> ([i16; N], u16) {
    let row = |id: u32| table[id as usize].lifted();
    fetch(ids.clone().take(RUN_MAX.into()).map(|id| row(id)[0]));
    let (mut sum, mut rows) = ([0_u16; N], 0);
    for id in ids.take(RUN_MAX.into()) {
        add_row(&mut sum, row(id));
        rows += 1;
    }
    let (mut lowered, above) = ([0_i16; N], rows * u16::from(ABOVE));
    lowered.iter_mut().zip(sum).for_each(|(lowered, sum)| *lowered = sum.wrapping_sub(above).cast_signed());
    (lowered, rows)
}

/// Adds one row, lifted; no more than [`RUN_MAX`] of them may be added to one sum.
fn add_row<const N: usize>(sum: &mut [u16; N], row: &[u8; N]) {
    for (sum, &weight) in sum.iter_mut().zip(row) {
        *sum += u16::from(weight);
    }
}

/// A sum of sums of rows, in 16 bits for as long as it fits them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Total<const N: usize> {
    run: [i16; N],
    /// Rows of the run.
    run_rows: u16,
    before: [i32; N],
}

impl<const N: usize> Default for Total<N> {
    fn default() -> Self {
        Self { run: [0; N], run_rows: 0, before: [0; N] }
    }
}

impl<const N: usize> Total<N> {
    /// Adds the sum of so many rows, at most [`RUN_MAX`].
    pub(crate) fn add(&mut self, sum: &[i16; N], rows: u16) {
        debug_assert!(rows <= RUN_MAX);
        if self.run_rows + rows > RUN_MAX {
            self.before = self.get();
            (self.run, self.run_rows) = ([0; N], 0);
        }
        self.run.iter_mut().zip(sum).for_each(|(total, sum)| *total += sum);
        self.run_rows += rows;
    }

    /// Adds the sum of any number of rows.
    pub(crate) fn add_large(&mut self, sum: &[i32; N]) {
        self.before.iter_mut().zip(sum).for_each(|(total, sum)| *total += sum);
    }

    pub(crate) fn get(&self) -> [i32; N] {
        let mut total = self.before;
        total.iter_mut().zip(self.run).for_each(|(total, sum)| *total += i32::from(sum));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_those_of_single_rows() {
        for rows in [0, 1, 100, 127, 128, RUN_MAX] {
            let sum = [-128, 127, 0, -1].map(|weight: i16| weight * rows.cast_signed());
            let mut total = Total::default();
            (0..1000).for_each(|_| total.add(&sum, rows));
            total.add_large(&[1, 2, 3, 4]);
            let naive = [-128, 127, 0, -1].map(|weight| weight * i32::from(rows) * 1000);
            assert_eq!(total.get(), [naive[0] + 1, naive[1] + 2, naive[2] + 3, naive[3] + 4], "{rows}");
        }
    }

    #[test]
    fn long_sums_do_not_overflow() {
        let table = [[127_i8, -127], [1, 0]].map(HalfLine::from);
        assert_eq!(sum_rows(&table, (0..100_000).map(|_| 0)), [12_700_000, -12_700_000]);
        assert_eq!(sum_rows(&table, [0, 1, 1].into_iter()), [129, -127]);
        assert_eq!(sum_rows(&table, std::iter::empty()), [0, 0]);
        let extremes = [-128_i8, 127, 0, -1];
        for rows in [RUN_MAX - 1, RUN_MAX, RUN_MAX + 1, 3 * RUN_MAX] {
            let ids = (0..rows).map(|_| 0);
            let sum = extremes.map(|weight| i32::from(weight) * i32::from(rows));
            assert_eq!(sum_rows(&[WholeLine::from(extremes)], ids), sum);
        }
    }

    #[test]
    fn weights_come_back_as_they_were_lifted() {
        let weights: [i8; 256] = std::array::from_fn(|byte| (byte as u8).cast_signed());
        assert_eq!(HalfLine::from(weights).weights(), weights);
    }
}
