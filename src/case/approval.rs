//! Whose word a public answer needs: asked, given or refused, and who is asked instead when it does not come in time.
//!
//! A word is due at a time, not when that is noticed, and whoever stands in is called once: the same rule as for the
//! [`super::Clock`] of an answer.

use super::{Said, SaidKind};
use crate::mention::Timestamp;
use crate::route::Approver;
use serde::{Deserialize, Serialize};

/// Approvals of one case or alert, at most.
pub const APPROVALS_MAX: usize = 8;

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Approval {
    of: Approver,
    /// When it was asked for, and is not answered.
    asked: Option<Timestamp>,
    /// Whoever stands in was called.
    called: bool,
}

/// A word that did not come in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Who was asked.
    pub who: String,
    /// Who is asked now.
    pub deputy: String,
    /// When it was due.
    pub at: Timestamp,
}

/// All approvals that a case or an alert needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals(Vec<Approval>);

impl Approvals {
    /// These are needed from now on; what is asked for already stays.
    pub fn need(&mut self, approvers: &[Approver]) {
        for of in approvers {
            if let Some(known) = self.0.iter_mut().find(|known| known.of.who == of.who) {
                known.of.clone_from(of);
            } else if self.0.len() < APPROVALS_MAX {
                self.0.push(Approval { of: of.clone(), asked: None, called: false });
            }
        }
    }

    /// None is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them are asked for, those that are not yet.
    pub fn ask_all(&mut self, at: Timestamp) {
        self.0.iter_mut().filter(|one| one.asked.is_none()).for_each(|one| one.ask(at));
    }

    /// What is said of approvals. A request names whom it asks in its value; one that names nobody asks all. A word is
    /// that of whom it names, else of who says it, or whom they stand in for, else of the one that is asked.
    pub fn hear(&mut self, said: &Said) {
        match said.kind {
            SaidKind::ApprovalRequested => {
                let named = self.0.iter().any(|one| one.of.who == said.value);
                let asked = self.0.iter_mut().filter(|one| !named || one.of.who == said.value);
                asked.for_each(|one| one.ask(said.at));
            }
            SaidKind::Approved | SaidKind::Rejected => {
                let (value, by) = (&said.value, &said.by);
                let open = || self.0.iter().enumerate().filter(|(_, one)| one.asked.is_some());
                let of = |is: &dyn Fn(&Approver) -> bool| open().find(|(_, one)| is(&one.of)).map(|(place, _)| place);
                let named = of(&|of| of.who == *value).or_else(|| of(&|of| of.who == *by));
                let place = named.or_else(|| of(&|of| of.deputy.as_ref() == Some(by))).or_else(|| of(&|_| true));
                if let Some(one) = place.and_then(|place| self.0.get_mut(place)) {
                    one.asked = None;
                }
            }
            SaidKind::Resolved | SaidKind::FalseAlarm | SaidKind::ResponsePublished => {
                // nobody need say anything any more
                self.0.iter_mut().for_each(|one| one.asked = None);
            }
            _ => {}
        }
    }

    /// When somebody is to be asked instead.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Approval::due).min()
    }

    /// The next word that did not come by `now`, in order of time and of the pack; call it until there is none.
    pub fn run(&mut self, now: Timestamp) -> Option<Overdue> {
        let at = self.due().filter(|due| *due <= now)?;
        let one = self.0.iter_mut().find(|one| one.due() == Some(at))?;
        one.called = true;
        let deputy = one.of.deputy.clone()?;
        Some(Overdue { who: one.of.who.clone(), deputy, at })
    }
}

impl Approval {
    fn ask(&mut self, at: Timestamp) {
        (self.asked, self.called) = (Some(at), false);
    }

    fn due(&self) -> Option<Timestamp> {
        let waits = !self.called && self.of.deputy.is_some();
        self.asked.filter(|_| waits).map(|at| at.plus_seconds(self.of.seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::clamped(seconds * 1_000_000)
    }

    fn said(second: i64, kind: SaidKind, value: &str, by: &str) -> Said {
        let [value, by] = [value, by].map(str::to_owned);
        Said { at: at(second), feedback_id: second.to_string(), about: "item".into(), kind, value, by }
    }

    fn needed() -> Approvals {
        let mut approvals = Approvals::default();
        let of = |who: &str, deputy: Option<&str>, seconds| Approver {
            who: who.into(),
            deputy: deputy.map(str::to_owned),
            seconds,
        };
        approvals.need(&[of("lead", Some("chief"), 600), of("counsel", Some("partner"), 900), of("alone", None, 60)]);
        approvals
    }

    #[test]
    fn who_stands_in_is_called_once_when_a_word_does_not_come_in_time() {
        use SaidKind::{ApprovalRequested, Approved, Csat, Rejected, Resolved};
        type Words = &'static [(i64, SaidKind, &'static str, &'static str)];
        // what is said; who is called when
        let cases: [(Words, &[(i64, &str)]); 11] = [
            (&[], &[]),
            (&[(0, ApprovalRequested, "", "ben")], &[(600, "chief"), (900, "partner")]),
            (&[(0, ApprovalRequested, "lead", "ben")], &[(600, "chief")]),
            (&[(0, ApprovalRequested, "", "ben"), (60, Approved, "", "lead")], &[(900, "partner")]),
            (&[(0, ApprovalRequested, "", "ben"), (60, Approved, "counsel", "x")], &[(600, "chief")]),
            (&[(0, ApprovalRequested, "lead", "ben"), (60, Rejected, "", "chief")], &[]),
            (&[(0, ApprovalRequested, "lead", "ben"), (60, Approved, "", "somebody")], &[]),
            (&[(0, ApprovalRequested, "", "ben"), (60, Csat, "5", "lead")], &[(600, "chief"), (900, "partner")]),
            (&[(0, ApprovalRequested, "", "ben"), (60, Resolved, "", "ben")], &[]),
            (&[(0, Approved, "", "lead")], &[]),
            (
                &[
                    (0, ApprovalRequested, "lead", "ben"),
                    (9, Rejected, "", "lead"),
                    (20, ApprovalRequested, "lead", "ben"),
                ],
                &[(620, "chief")],
            ),
        ];
        for (words, called) in cases {
            let mut approvals = needed();
            words.iter().for_each(|(second, kind, value, by)| approvals.hear(&said(*second, *kind, value, by)));
            let overdue: Vec<_> = std::iter::from_fn(|| approvals.run(at(5_000))).collect();
            let overdue: Vec<_> = overdue.iter().map(|one| (one.at.as_seconds(), one.deputy.as_str())).collect();
            assert_eq!(overdue, called, "{words:?}");
            assert_eq!(approvals.due(), None, "once: {words:?}");
        }
        let mut approvals = needed();
        approvals.ask_all(at(0));
        assert_eq!((approvals.run(at(599)), approvals.due()), (None, Some(at(600))));
    }

    #[test]
    fn they_are_bounded() {
        let mut approvals = Approvals::default();
        for number in 0..40 {
            approvals.need(&[Approver { who: number.to_string(), deputy: None, seconds: 1 }]);
        }
        assert_eq!(approvals.0.len(), APPROVALS_MAX);
    }
}
