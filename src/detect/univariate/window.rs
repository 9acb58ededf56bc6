//! The rows of a trailing span, and the usual size of a residual.
//!
//! Both are bounded whatever the step of the series: a span is kept in at most 257 slots, so rows that come faster than
//! a 256th of it are added up.

use crate::detect::level::Level;
use std::collections::VecDeque;

/// Slots a span is kept in.
const SLOTS: f64 = 256.0;
/// A scale is believed, and outliers held to it, from this many rows on.
const SETTLED_ROWS: f64 = 100.0;

/// Rows added up, from the time of the first.
#[derive(Debug, Clone, Copy)]
struct Slot {
    at: f64,
    rows: u32,
    first: f64,
    second: f64,
}

/// Sums of two quantities over the rows of a trailing span.
#[derive(Debug, Clone)]
pub(super) struct Trailing {
    span_seconds: f64,
    slots: VecDeque<Slot>,
    total: Slot,
}

impl Trailing {
    pub(super) fn new(span_seconds: f64) -> Self {
        let total = Slot { at: 0.0, rows: 0, first: 0.0, second: 0.0 };
        Self { span_seconds, slots: VecDeque::new(), total }
    }

    /// Drops what left the span that ends at `now`.
    pub(super) fn forget(&mut self, now: f64) {
        while let Some(slot) = self.slots.front().copied() {
            if slot.at > now - self.span_seconds {
                break;
            }
            self.total.rows -= slot.rows;
            self.total.first -= slot.first;
            self.total.second -= slot.second;
            self.slots.pop_front();
        }
        if self.slots.is_empty() {
            // fractions leave rounding behind, counts do not
            (self.total.first, self.total.second) = (0.0, 0.0);
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, now: f64, first: f64, second: f64) {
        self.total.rows += 1;
        self.total.first += first;
        self.total.second += second;
        match self.slots.back_mut() {
            Some(slot) if now - slot.at < self.span_seconds / SLOTS => {
                slot.rows += 1;
                slot.first += first;
                slot.second += second;
            }
            _ => self.slots.push_back(Slot { at: now, rows: 1, first, second }),
        }
    }

    /// Rows in the span.
    pub(super) fn rows(&self) -> f64 {
        f64::from(self.total.rows)
    }

    /// The sums of both quantities.
    pub(super) fn sums(&self) -> (f64, f64) {
        (self.total.first, self.total.second)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

/// Root of the moving mean square of the positive residuals.
///
/// Only the positive: upper tails here are far heavier than lower ones, and quiet hours must not make a series look
/// steady. An outlier is learned as `outlier` scales: the one burst of the year must not deafen the series for a month.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    squares: Level,
    floor: f64,
    outlier: f64,
}

impl Scale {
    pub(super) fn new(half_life_seconds: f64, floor: f64, outlier: f64) -> Self {
        Self { squares: Level::new(half_life_seconds), floor, outlier }
    }

    pub(super) fn fade(&mut self, step_seconds: f64) {
        self.squares.fade(step_seconds);
    }

    /// The present scale, no less than its floor.
    pub(super) fn get(&self) -> f64 {
        self.squares.mean().map_or(self.floor, |mean| mean.sqrt().max(self.floor))
    }

    pub(super) fn learn(&mut self, residual: f64) {
        if residual > 0.0 {
            let settled = self.squares.weight() > SETTLED_ROWS;
            let held = if settled { residual.min(self.outlier * self.get()) } else { residual };
            self.squares.learn(held * held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_span() {
        for step in [300.0, 7.0, 900.0] {
            let mut trailing = Trailing::new(3600.0);
            for row in 0..2000_u32 {
                let now = f64::from(row) * step;
                trailing.forget(now);
                trailing.push(now, f64::from(row % 5), 1.0);
                let (first, second) = trailing.sums();
                assert!((second - trailing.rows()).abs() < 1e-9 && first <= 4.0 * second);
                let full = (3600.0 / step).ceil().min(f64::from(row) + 1.0);
                assert!((trailing.rows() - full).abs() <= (3600.0 / 256.0 / step).ceil(), "step {step}: {second}");
                assert!(trailing.len() <= 257);
            }
        }
    }

    #[test]
    fn one_giant_does_not_deafen_the_scale() {
        let mut scale = Scale::new(7.0 * 86_400.0, 1.0, 8.0);
        for _ in 0..2000 {
            scale.fade(300.0);
            scale.learn(1.5);
        }
        let before = scale.get();
        scale.learn(1e6);
        assert!(scale.get() < 1.05 * before);
        scale.learn(-1e9);
        assert!(scale.get() >= before);
    }
}
