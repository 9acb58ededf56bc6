//! Sums of rows of small weights: whole numbers, so that no order of adding matters.

/// Rows whose sum fits 16 bits for certain: 258 × 127 < 2^15.
const RUN: u32 = 256;

/// Sums rows of a table. In runs short enough for 16-bit sums, which the compiler turns into wide instructions, but not
/// where it has inlined them into something larger.
#[inline(never)]
pub(crate) fn sum_rows<const N: usize>(table: &[[i8; N]], ids: impl Iterator<Item = u32>) -> [i32; N] {
    let mut total = [0_i32; N];
    let mut part = [0_i16; N];
    let mut left = RUN;
    for id in ids {
        add_row(&mut part, &table[id as usize]);
        left -= 1;
        if left == 0 {
            flush(&mut total, &mut part);
            left = RUN;
        }
    }
    flush(&mut total, &mut part);
    total
}

/// Adds one row; no more than [`RUN`] of them may be added to one sum.
pub(crate) fn add_row<const N: usize>(sum: &mut [i16; N], row: &[i8; N]) {
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

fn flush<const N: usize>(total: &mut [i32; N], part: &mut [i16; N]) {
    add_sum(total, part);
    *part = [0; N];
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
    }
}
