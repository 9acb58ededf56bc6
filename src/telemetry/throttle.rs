//! Keeps one repeated happening from filling the log. Counters count every one; only the lines are held back.

use dashmap::DashMap;
use std::time::{Duration, Instant};

/// Lines of one kind per window.
const LINES_MAX: u32 = 5;
/// The window.
const WINDOW: Duration = Duration::from_secs(10);

/// Lines written and held back, by kind.
#[derive(Default)]
pub(super) struct Throttle {
    windows: DashMap<&'static str, Window>,
}

struct Window {
    since: Instant,
    written: u32,
    held_back: u64,
}

impl Throttle {
    /// Whether this line may be written, and if so how many were held back since the last one.
    pub(super) fn pass(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut window = self.windows.entry(kind).or_insert(Window { since: now, written: 0, held_back: 0 });
        if now.duration_since(window.since) >= WINDOW {
            window.since = now;
            window.written = 0;
        }
        if window.written == LINES_MAX {
            window.held_back += 1;
            return None;
        }
        window.written += 1;
        Some(std::mem::take(&mut window.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines_that_say_how_many_were_held_back() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let passed = (0..100).filter(|_| throttle.pass("a", start).is_some()).count();
        assert_eq!(passed, 5);
        assert_eq!(throttle.pass("b", start), Some(0), "kinds do not share a window");
        assert_eq!(throttle.pass("a", start + WINDOW), Some(95));
        assert_eq!(throttle.pass("a", start + WINDOW), Some(0));
    }
}
