//! Making weights small: one signed byte each, with one scale per column.

use super::sgd::Linear;

/// Share of the non-zero weights that may be cut at the largest step, so that a few odd ones do not coarsen the rest.
const CUT: f64 = 0.00002;

/// A column in steps, and what one step weighs.
pub(crate) fn column(linear: &Linear, column: usize) -> (Vec<i8>, f32) {
    let values = || linear.weights.iter().skip(column).step_by(linear.width);
    let mut sizes: Vec<f32> = values().map(|w| w.abs()).filter(|w| *w > 0.0).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let cut = (sizes.len() as f64 * (1.0 - CUT)) as usize;
    let largest = sizes.get(cut.min(sizes.len().saturating_sub(1))).copied().unwrap_or(1.0);
    let step = largest / 127.0;
    let steps = |w: &f32| libm::roundf(w / step).clamp(-127.0, 127.0) as i8;
    (values().map(steps).collect(), step)
}

/// As it is after its weights were made small: what is measured is what ships.
pub(crate) fn rounded(linear: &Linear) -> Linear {
    let columns: Vec<_> = (0..linear.width).map(|n| column(linear, n)).collect();
    let rows = linear.weights.len() / linear.width;
    let row = |row: usize| columns.iter().map(move |(steps, step)| f32::from(steps[row]) * step);
    Linear { width: linear.width, weights: (0..rows).flat_map(row).collect(), bias: linear.bias.clone() }
}

/// Columns side by side, row by row; unused places stay zero.
pub(crate) fn rows<const N: usize, R: From<[i8; N]>>(columns: &[Vec<i8>]) -> Vec<R> {
    let mut rows = vec![[0; N]; columns.first().map_or(0, Vec::len)];
    for (place, column) in columns.iter().enumerate().take(N) {
        for (row, &steps) in rows.iter_mut().zip(column) {
            row[place] = steps;
        }
    }
    rows.into_iter().map(R::from).collect()
}
