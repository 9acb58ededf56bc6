//! What the work on items comes to, as it becomes known: the figures of a report, counted while they happen.
//!
//! Of an item each thing is measured once, the first time; what is taken back later stays counted, as counters only
//! grow. Where a report looks back over a week (the last word, the last resolution), this says what was known first.
//! An item is measured by what is said of itself, like in a report, and while its case names it.

use super::{Said, SaidKind};
use crate::mention::Timestamp;
use crate::route::{Severity, Tier};
use serde::{Deserialize, Serialize};

/// Something measured of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Who owned it first.
    pub team: String,
    /// The intent that owns it.
    pub intent: String,
    /// What.
    pub what: Measure,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// It came to a queue.
    Arrived {
        /// How much a machine may do.
        tier: Tier,
        /// How severe it is.
        severity: Severity,
    },
    /// Somebody named its intent: each word counts.
    Tagged {
        /// The intent named.
        said: String,
    },
    /// Somebody took it up.
    TakenUp,
    /// Somebody named another team than the first.
    Rerouted,
    /// Somebody claimed it.
    Claimed,
    /// Its ticket was answered.
    Answered {
        /// From the post to the answer, microseconds.
        after_micros: i64,
        /// By when it was due; none where it was counted as overdue already.
        in_time: Option<bool>,
    },
    /// Its ticket was not answered when that was due.
    Overdue,
    /// The next of its path was called.
    Escalated,
    /// It was resolved.
    Resolved {
        /// From the first claim, microseconds; none where nobody claimed it.
        claimed_for_micros: Option<i64>,
    },
    /// It was reopened after it was resolved.
    Reopened,
    /// Its customer said how content they are.
    Rated {
        /// 1 to 5, hundredths.
        percent: i64,
    },
}

/// What was measured of an item already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    claimed: Option<Timestamp>,
    taken_up: bool,
    rerouted: bool,
    answered: bool,
    overdue: bool,
    escalated: bool,
    resolved: bool,
    reopened: bool,
}

/// What the work on an item is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    /// When it was posted.
    pub(super) posted: Timestamp,
    /// When its answer is due.
    pub(super) respond_by: Timestamp,
    /// It has a ticket now.
    pub(super) ticketed: bool,
    /// Who owned it first.
    pub(super) team: &'a str,
}

impl Work {
    /// Somebody said something of the item.
    pub(super) fn hear(&mut self, said: &Said, terms: Terms<'_>) -> Vec<Measure> {
        let mut measures = Vec::new();
        if takes_up(said.kind) && first(&mut self.taken_up) {
            measures.push(Measure::TakenUp);
        }
        match said.kind {
            SaidKind::Intent => measures.push(Measure::Tagged { said: said.value.clone() }),
            SaidKind::Team if said.value != terms.team && first(&mut self.rerouted) => measures.push(Measure::Rerouted),
            SaidKind::Claimed if self.claimed.is_none() => {
                self.claimed = Some(said.at);
                measures.push(Measure::Claimed);
            }
            SaidKind::ResponsePublished => measures.extend(self.answer(said.at, terms)),
            SaidKind::Resolved => {
                measures.extend(self.answer(said.at, terms));
                let claimed_for = |claimed| micros_between(claimed, said.at).max(0);
                let resolved = Measure::Resolved { claimed_for_micros: self.claimed.map(claimed_for) };
                measures.extend(first(&mut self.resolved).then_some(resolved));
            }
            SaidKind::Reopened if self.resolved && first(&mut self.reopened) => measures.push(Measure::Reopened),
            SaidKind::Csat => measures.extend(rating(&said.value).map(|percent| Measure::Rated { percent })),
            _ => {}
        }
        measures
    }

    fn answer(&mut self, at: Timestamp, terms: Terms<'_>) -> Option<Measure> {
        if !terms.ticketed || !first(&mut self.answered) {
            return None;
        }
        let in_time = (!self.overdue).then_some(at <= terms.respond_by);
        Some(Measure::Answered { after_micros: micros_between(terms.posted, at), in_time })
    }

    /// Whether it is to be looked at when its answer is due.
    pub(super) fn is_awaited(self) -> bool {
        !self.answered && !self.overdue
    }

    /// Its answer was due and is not there.
    pub(super) fn miss(&mut self) -> Measure {
        self.overdue = true;
        Measure::Overdue
    }

    /// The next of the path was called for it.
    pub(super) fn escalate(&mut self) -> Option<Measure> {
        first(&mut self.escalated).then_some(Measure::Escalated)
    }
}

/// True the first time.
fn first(known: &mut bool) -> bool {
    !std::mem::replace(known, true)
}

fn takes_up(kind: SaidKind) -> bool {
    use SaidKind::{Ack, Claimed, Resolved, ResponsePublished, Team, Ticket};
    matches!(kind, Claimed | Ticket | Ack | Team | ResponsePublished | Resolved)
}

fn micros_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_micros() - from.as_micros()
}

/// A rating of 1 to 5, hundredths; none for what is no rating.
fn rating(value: &str) -> Option<i64> {
    let rating: f64 = value.parse().ok()?;
    (1.0..=5.0).contains(&rating).then(|| libm::round(rating * 100.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_772_442_000 + second).expect("a time")
    }

    fn told(words: &[(SaidKind, &str, i64)], ticketed: bool) -> Vec<Measure> {
        let mut work = Work::default();
        let terms = Terms { posted: at(0), respond_by: at(60), ticketed, team: "finance" };
        let word = |(kind, value, second): &(SaidKind, &str, i64)| {
            let [feedback_id, about, by] = ["f", "item", "ana"].map(str::to_owned);
            Said { at: at(*second), feedback_id, about, kind: *kind, value: (*value).to_owned(), by }
        };
        words.iter().map(word).flat_map(|said| work.hear(&said, terms)).collect()
    }

    #[test]
    fn each_thing_is_measured_once() {
        use SaidKind::{Ack, Claimed, Csat, Intent, Reopened, Resolved, ResponsePublished, Team, Urgency};
        let answered = |second: i64, in_time| Measure::Answered { after_micros: second * 1_000_000, in_time };
        let resolved = |seconds: Option<i64>| Measure::Resolved { claimed_for_micros: seconds.map(|s| s * 1_000_000) };
        let tagged = |said: &str| Measure::Tagged { said: said.to_owned() };
        let cases = [
            (vec![(Ack, "", 5), (Ack, "", 6)], vec![Measure::TakenUp]),
            (vec![(Claimed, "", 5), (Claimed, "", 6)], vec![Measure::TakenUp, Measure::Claimed]),
            (vec![(Team, "finance", 5)], vec![Measure::TakenUp]),
            (vec![(Team, "legal", 5), (Team, "comms", 5)], vec![Measure::TakenUp, Measure::Rerouted]),
            (vec![(Intent, "a", 5), (Intent, "b", 6)], vec![tagged("a"), tagged("b")]),
            (vec![(ResponsePublished, "", 60)], vec![Measure::TakenUp, answered(60, Some(true))]),
            (
                vec![(Resolved, "", 61), (Reopened, "", 62), (Resolved, "", 63), (Reopened, "", 64)],
                vec![Measure::TakenUp, answered(61, Some(false)), resolved(None), Measure::Reopened],
            ),
            (
                vec![(Claimed, "", 10), (ResponsePublished, "", 20), (Resolved, "", 40)],
                vec![Measure::TakenUp, Measure::Claimed, answered(20, Some(true)), resolved(Some(30))],
            ),
            (vec![(Reopened, "", 5), (Urgency, "now", 6)], vec![]),
            (
                vec![(Csat, "4.5", 5), (Csat, "6", 5), (Csat, "NaN", 5), (Csat, "good", 5)],
                vec![Measure::Rated { percent: 450 }],
            ),
        ];
        for (words, expected) in cases {
            assert_eq!(told(&words, true), expected, "{words:?}");
        }
        assert_eq!(
            told(&[(ResponsePublished, "", 60)], false),
            [Measure::TakenUp],
            "without a ticket there is no clock"
        );
    }

    #[test]
    fn who_answers_what_is_overdue_is_not_late_twice() {
        let mut work = Work::default();
        assert!(work.is_awaited());
        assert_eq!((work.miss(), work.escalate(), work.escalate()), (Measure::Overdue, Some(Measure::Escalated), None));
        assert!(!work.is_awaited());
        let terms = Terms { posted: at(0), respond_by: at(60), ticketed: true, team: "finance" };
        assert_eq!(work.answer(at(90), terms), Some(Measure::Answered { after_micros: 90_000_000, in_time: None }));
        assert_eq!(work.answer(at(91), terms), None);
    }
}
