//! The clock of a response: who is called when nobody answers, one after the other, each once.
//!
//! A step is due at a time, not when that time is noticed: whether a log bucket or a tick brings it, it is the same step
//! at the same time. Each of the path has as long as the first answer had; the last one is not followed by anybody.

use crate::mention::Timestamp;
use serde::{Deserialize, Serialize};

/// Steps of a path, at most: what is called beyond would be told nothing new.
pub const PATH_MAX: usize = 12;
/// Shortest time between two steps, seconds: a path is no burst.
const STEP_SECONDS_MIN: i64 = 60;

/// One step of a path that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is called: a team or a contact of the pack.
    pub party: String,
    /// From 1.
    pub number: u32,
    /// When it was due.
    pub at: Timestamp,
    /// When the next one is called; none after the last.
    pub by: Option<Timestamp>,
    /// The next one.
    pub next: Option<String>,
}

/// Runs towards the next step, until somebody answers or nobody is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    due: Timestamp,
    every_seconds: i64,
    path: Vec<String>,
    taken: u32,
    stopped: bool,
}

impl Clock {
    /// A clock that is due at `by`, and for each further step `seconds` later.
    #[must_use]
    pub fn new(by: Timestamp, seconds: i64, path: &[String]) -> Self {
        let path = path.iter().take(PATH_MAX).cloned().collect();
        Self { due: by, every_seconds: seconds.max(STEP_SECONDS_MIN), path, taken: 0, stopped: false }
    }

    /// When the next step is due; none where it was stopped, or nobody is left.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let left = !self.stopped && (self.taken as usize) < self.path.len();
        left.then_some(self.due)
    }

    /// Steps taken so far.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.taken
    }

    /// Takes the next step where it is due by `now`; call it until there is none.
    pub fn run(&mut self, now: Timestamp) -> Option<Step> {
        let at = self.due().filter(|due| *due <= now)?;
        let party = self.path.get(self.taken as usize)?.clone();
        self.taken += 1;
        self.due = at.plus_seconds(self.every_seconds);
        let next = self.path.get(self.taken as usize).cloned();
        Some(Step { party, number: self.taken, at, by: next.is_some().then_some(self.due), next })
    }

    /// Somebody has answered.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// True when somebody has answered.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// It begins again: the whole response time from `at` on, and the whole path.
    pub fn restart(&mut self, at: Timestamp) {
        (self.due, self.taken, self.stopped) = (at.plus_seconds(self.every_seconds), 0, false);
    }

    /// Others are called from now on, where nobody has been called yet.
    pub fn lead(&mut self, path: &[String]) {
        if self.taken == 0 {
            self.path = path.iter().take(PATH_MAX).cloned().collect();
        }
    }

    /// The first step is due by then at the latest, where nobody has been called yet.
    pub fn hasten(&mut self, by: Timestamp) {
        if self.taken == 0 {
            self.due = self.due.min(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::clamped(seconds * 1_000_000)
    }

    /// Steps as (second, party, when the next is due), over some looks at the clock.
    fn taken(clock: &mut Clock, looks: &[i64]) -> Vec<(i64, String, Option<i64>)> {
        let mut steps = Vec::new();
        for look in looks {
            while let Some(step) = clock.run(at(*look)) {
                steps.push((step.at.as_seconds(), step.party, step.by.map(Timestamp::as_seconds)));
            }
        }
        steps
    }

    #[test]
    fn each_of_the_path_is_called_once_and_when_it_is_due() {
        let path: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let new = || Clock::new(at(1_000), 100, &path);
        let all = [(1_000, "a".into(), Some(1_100)), (1_100, "b".into(), Some(1_200)), (1_200, "c".into(), None)];
        // however often, and however late it is looked at
        for looks in [vec![999, 1_000, 1_050, 1_100, 1_200, 9_000], vec![5_000], vec![1_150, 1_150, 1_199, 1_300]] {
            assert_eq!(taken(&mut new(), &looks), all, "{looks:?}");
        }
        assert_eq!(taken(&mut new(), &[999]), []);
        let mut clock = new();
        taken(&mut clock, &[1_000]);
        clock.stop();
        assert_eq!((taken(&mut clock, &[9_000]), clock.due()), (Vec::new(), None));
        clock.restart(at(8_000));
        assert_eq!(taken(&mut clock, &[8_050, 8_100]), [(8_100, "a".into(), Some(8_200))]);
        clock.hasten(at(8_110));
        assert_eq!(clock.due(), Some(at(8_200)), "somebody was called already");
        let mut hastened = new();
        hastened.hasten(at(900));
        assert_eq!(hastened.due(), Some(at(900)));
    }

    #[test]
    fn nobody_is_called_where_nobody_is_named_and_never_more_than_the_bound() {
        assert_eq!(Clock::new(at(0), 60, &[]).due(), None);
        let crowd: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        assert_eq!(taken(&mut Clock::new(at(0), 0, &crowd), &[1_000_000]).len(), PATH_MAX);
    }
}
