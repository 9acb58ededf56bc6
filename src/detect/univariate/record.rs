//! When a finding is worth saying again: only when it tops what was there before.
//!
//! One burst is one finding, an escalation a new one. State is bounded: slots of a 288th of the span (five minutes of
//! a day), and the rows of the climb.

use std::collections::VecDeque;

/// Slots of the ring.
const SLOTS: u32 = 288;

/// The highest deviation of a trailing span, in a ring of slots: exact at its recent end, and at its old end to one
/// slot.
#[derive(Debug, Clone)]
pub(super) struct Record {
    slot_seconds: f64,
    /// (slot number, highest deviation in it), oldest first, at most [`SLOTS`] + 1; deviations fall from front to back.
    slots: VecDeque<(f64, f64)>,
    now: f64,
}

impl Record {
    pub(super) fn new(span_seconds: f64) -> Self {
        Self { slot_seconds: span_seconds / f64::from(SLOTS), slots: VecDeque::new(), now: 0.0 }
    }

    /// The highest deviation of the span before this row, 0 when there was none.
    pub(super) fn highest(&mut self, elapsed_seconds: f64) -> f64 {
        self.now = (elapsed_seconds / self.slot_seconds).floor();
        while self.slots.front().is_some_and(|&(slot, _)| slot < self.now - f64::from(SLOTS)) {
            self.slots.pop_front();
        }
        self.slots.front().map_or(0.0, |&(_, highest)| highest)
    }

    /// Enters a deviation of the row at `elapsed_seconds`, no earlier than the one entered before.
    pub(super) fn enter(&mut self, elapsed_seconds: f64, deviation: f64) {
        let slot = (elapsed_seconds / self.slot_seconds).floor();
        while self.slots.back().is_some_and(|&(_, highest)| highest <= deviation) {
            self.slots.pop_back();
        }
        // A row within the newest slot that tops nothing adds nothing that outlives it.
        if self.slots.back().is_none_or(|&(newest, _)| newest < slot) && deviation > 0.0 {
            self.slots.push_back((slot, deviation));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

/// A record that forgives a climb: a row must top every row of the span but those of the last minutes, and everything
/// said within the span, each by a ratio.
///
/// Without the exception a burst that climbs by less than the ratio from row to row would set its own record unsaid,
/// and the finer the rows, the surer.
#[derive(Debug, Clone)]
pub(super) struct Escalation {
    ratio: f64,
    climb_seconds: f64,
    span_seconds: f64,
    record: Record,
    /// (inner clock, deviation) of the rows of the climb, oldest first.
    climb: VecDeque<(f64, f64)>,
    said: Option<(f64, f64)>,
}

impl Escalation {
    pub(super) fn new(span_seconds: f64, climb_seconds: f64, ratio: f64) -> Self {
        Self {
            ratio,
            climb_seconds,
            span_seconds,
            record: Record::new(span_seconds),
            climb: VecDeque::new(),
            said: None,
        }
    }

    /// Whether this row is worth saying; then remembers it.
    pub(super) fn tops(&mut self, elapsed_seconds: f64, deviation: f64) -> bool {
        while let Some(&(at, climbed)) = self.climb.front() {
            if at > elapsed_seconds - self.climb_seconds {
                break;
            }
            self.record.enter(at, climbed);
            self.climb.pop_front();
        }
        let mut highest = self.record.highest(elapsed_seconds);
        if let Some((at, said)) = self.said
            && at >= elapsed_seconds - self.span_seconds
        {
            highest = highest.max(said);
        }
        self.climb.push_back((elapsed_seconds, deviation));
        let tops = deviation > 0.0 && deviation > highest * self.ratio;
        if tops {
            self.said = Some((elapsed_seconds, deviation));
        }
        tops
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.record.len() + self.climb.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_climb_is_said_step_by_step_and_a_wobble_is_not() {
        let mut escalation = Escalation::new(86_400.0, 900.0, 1.2);
        let rows = [1.0, 1.15, 1.3, 1.5, 1.5, 1.4, 1.7, 1.75, 1.9];
        let said: Vec<bool> = rows.iter().enumerate().map(|(row, &z)| escalation.tops(300.0 * row as f64, z)).collect();
        // 1.3 tops the 1.0 that was said and not yet the record; the 1.5 unsaid is one 15 min later, and 1.9 tops it
        assert_eq!(said, [true, false, true, false, false, false, false, false, true]);
    }

    proptest! {
        #[test]
        fn the_record_is_the_highest_of_the_span(values in prop::collection::vec(-5.0..50.0_f64, 1..900)) {
            let mut record = Record::new(86_400.0);
            for row in 0..values.len() {
                let naive = values[row.saturating_sub(288)..row].iter().copied().fold(0.0, f64::max);
                let elapsed = 300.0 * row as f64;
                prop_assert!((record.highest(elapsed) - naive).abs() < f64::EPSILON);
                record.enter(elapsed, values[row]);
            }
        }

        #[test]
        fn what_is_said_tops_everything_said_within_a_day(values in prop::collection::vec(-5.0..50.0_f64, 1..900)) {
            let mut escalation = Escalation::new(86_400.0, 900.0, 1.2);
            let mut said: Vec<(usize, f64)> = Vec::new();
            for (row, &value) in values.iter().enumerate() {
                if escalation.tops(300.0 * row as f64, value) {
                    prop_assert!(said.iter().all(|&(at, before)| row - at > 288 || value > 1.2 * before));
                    said.push((row, value));
                }
                prop_assert!(escalation.len() <= 292);
            }
        }
    }
}
