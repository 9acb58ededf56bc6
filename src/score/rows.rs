//! Sums of rows of small weights: whole numbers, so that no order of adding matters.

/// Rows whose sum fits 16 bits for certain: 256 × 128 = 2^15.
const RUN_MAX: u16 = 255;

/// Sums rows of a table, in runs short enough for 16-bit sums.
pub(crate) fn sum_rows<const N: usize>(table: &[[i8; N]], ids: impl Iterator<Item = u32>) -> [i32; N] {
    let (mut total, mut ids) = ([0_i32; N], ids);
    loop {
        let (sum, rows) = sum_run(table, &mut ids);
        add_sum(&mut total, &sum);
        if rows < RUN_MAX {
            return total;
        }
    }
}

/// The sum of the next rows, at most [`RUN_MAX`], and how many they were. Compiled by itself: the compiler turns it into wide instructions,
/// but into narrower ones beside sums of 32 bits.
#[inline(never)]
pub(crate) fn sum_run<const N: usize>(table: &[[i8; N]], ids: &mut impl Iterator<Item = u32>) -> ([i16; N], u16) {
    let (mut sum, mut rows) = ([0_i16; N], 0);
    while rows < RUN_MAX
        && let Some(id) = ids.next()
    {
        add_row(&mut sum, &table[id as usize]);
        rows += 1;
    }
    (sum, rows)
}

/// Adds one row; no more than [`RUN_MAX`] of them may be added to one sum.
fn add_row<const N: usize>(sum: &mut [i16; N], row: &[i8; N]) {
    for (sum, &weight) in sum.iter_mut().zip(row) {
        *sum += i16::from(weight);
    }
}

/// Adds a sum of rows to a larger one.
pub(crate) fn add_sum<const N: usize>(total: &mut [i32; N], sum: &[i16; N]) {
    for (total, &sum) in total.iter_mut().zip(sum) {
        *total += i32::from(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_do_not_overflow() {
        let table = [[127_i8, -127], [1, 0]];
        assert_eq!(sum_rows(&table, (0..100_000).map(|_| 0)), [12_700_000, -12_700_000]);
        assert_eq!(sum_rows(&table, [0, 1, 1].into_iter()), [129, -127]);
        assert_eq!(sum_rows(&table, std::iter::empty()), [0, 0]);
        let extremes = [[-128_i8, 127, 0, -1]];
        for rows in [RUN_MAX - 1, RUN_MAX, RUN_MAX + 1, 3 * RUN_MAX] {
            let ids = (0..rows).map(|_| 0);
            assert_eq!(sum_rows(&extremes, ids), extremes[0].map(|weight| i32::from(weight) * i32::from(rows)));
        }
    }
}
