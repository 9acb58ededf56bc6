//! An open alert that people were told of: who is called next while nobody takes it.

use super::{Approvals, Clock, Overdue, Said, Step};
use crate::alert::{AlertEvent, AlertState, Escalation};
use crate::mention::Timestamp;
use crate::route::Approver;
use serde::{Deserialize, Serialize};

/// What is kept of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The query it is about; empty for a source.
    pub query: String,
    /// Alert events leave out what they have not, which only a format that names its fields can read back.
    #[serde(with = "as_json")]
    event: Box<AlertEvent>,
    clock: Option<Clock>,
    /// Whose word the crisis needs that it has opened.
    approvals: Approvals,
}

mod as_json {
    use crate::alert::AlertEvent;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::borrowed_box, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(event: &Box<AlertEvent>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(event).map_err(S::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Box<AlertEvent>, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Alarm {
    /// Of an event that people are told. Its clock runs where somebody must take it, by a path of the pack.
    #[must_use]
    pub fn new(event: &AlertEvent, path: &[String]) -> Self {
        let query = event.series.get("query").cloned().unwrap_or_default();
        let clock = event.ack_by.map(|by| {
            let seconds = by.as_seconds().saturating_sub(event.at.as_seconds());
            Clock::new(by, seconds, path)
        });
        let mut alarm = Self { query, event: Box::new(event.clone()), clock, approvals: Approvals::default() };
        alarm.ask();
        alarm
    }

    /// A crisis asks for its approvals as it opens; what is asked already stays.
    fn ask(&mut self) {
        let Some(crisis) = self.event.crisis.as_ref().filter(|crisis| !crisis.over) else { return };
        let seconds = |due: Timestamp| due.as_seconds().saturating_sub(crisis.opened.as_seconds());
        let approver = |needed: &crate::route::ApprovalDue| Approver {
            who: needed.who.clone(),
            deputy: needed.deputy.clone(),
            seconds: seconds(needed.due),
        };
        let approvers: Vec<Approver> = crisis.approvals.iter().map(approver).collect();
        let is_new = self.approvals.is_empty();
        self.approvals.need(&approvers);
        if is_new {
            self.approvals.ask_all(crisis.opened);
        }
    }

    /// What is said of the approvals.
    pub fn hear_approvals(&mut self, said: &Said) {
        self.approvals.hear(said);
    }

    /// A later event of the same alert. Who has taken it keeps it, also where it became more severe; it may become due
    /// sooner, never later.
    pub fn follow(&mut self, event: &AlertEvent, path: &[String]) {
        let later = Self::new(event, path);
        match (&mut self.clock, later.clock) {
            (Some(clock), Some(_)) => {
                if let Some(by) = event.ack_by {
                    clock.hasten(by);
                }
            }
            (none @ None, new) => *none = new,
            (Some(_), None) => {}
        }
        self.event = later.event;
        if let Some(clock) = self.clock.as_mut().filter(|_| self.event.crisis.is_some()) {
            clock.lead(path);
        }
        self.ask();
    }

    /// When somebody is to be called: the next of the path, or whoever stands in for a word that did not come.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.clock.as_ref().and_then(Clock::due).into_iter().chain(self.approvals.due()).min()
    }

    /// Somebody has taken it.
    pub fn stop(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.stop();
        }
    }

    /// Nobody has it any more.
    pub fn restart(&mut self, at: Timestamp) {
        if let Some(clock) = &mut self.clock {
            clock.restart(at);
        }
    }

    /// The next step that is due by `now`, as the event that tells it. `name` says a party as people call it.
    pub fn run(&mut self, now: Timestamp, name: impl Fn(&str) -> String) -> Option<AlertEvent> {
        if let Some(step) = self.clock.as_mut().and_then(|clock| clock.run(now)) {
            return Some(self.tell(step, name));
        }
        let overdue = self.approvals.run(now)?;
        Some(self.tell_overdue(overdue, name))
    }

    fn tell_overdue(&self, overdue: Overdue, name: impl Fn(&str) -> String) -> AlertEvent {
        let Overdue { who, deputy, at } = overdue;
        let said = &self.event;
        let mut event = AlertEvent { state: AlertState::Updated, at, late: false, ..(**said).clone() };
        event.explain = vec![
            format!("{} has not approved by {at}: {} is asked instead", name(&who), name(&deputy)),
            format!("the figures are those of {}", said.at),
        ];
        event.escalation = Some(Escalation { step: 1, party: deputy, stands_in_for: Some(who) });
        event
    }

    fn tell(&self, step: Step, name: impl Fn(&str) -> String) -> AlertEvent {
        let Step { party, number, at, by, next } = step;
        let said = &self.event;
        let called = name(&party);
        let mut event = AlertEvent { state: AlertState::Updated, at, ack_by: by, late: false, ..(**said).clone() };
        event.next_step = next.map(|next| format!("{} is told", name(&next)));
        event.explain = vec![
            format!("nobody has taken it: {called} is called now, step {number} of its path"),
            format!("the figures are those of {}", said.at),
        ];
        event.escalation = Some(Escalation { step: number, party, stands_in_for: None });
        event
    }

    /// The event that says there was nothing.
    #[must_use]
    pub fn withdrawn(&self, at: Timestamp, by: &str) -> AlertEvent {
        let said = &self.event;
        let mut event = AlertEvent { state: AlertState::Withdrawn, at, ack_by: None, late: false, ..(**said).clone() };
        (event.next_step, event.trend, event.confidence) = (None, None, None);
        event.resolves_when = None;
        if let Some(crisis) = &mut event.crisis {
            (crisis.over, crisis.statement) = (true, None);
            crisis.approvals.clear();
        }
        event.headline = format!("Withdrawn: {}", said.headline);
        event.explain = vec![format!("a false alarm, says {}", if by.is_empty() { "feedback" } else { by })];
        event
    }
}
