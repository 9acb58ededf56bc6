//! What people are to do, by when, and what they say back: cases, the clocks that run on them, feedback.
//!
//! A case is one author × one issue, over all their posts; an alarm is an alert that somebody must take. On both runs
//! the same clock: unanswered at its time, the next of the path is called, once each, and the last is a person. What is
//! said back stops it.
//!
//! It must never ask what time it is: clocks run on the times of log buckets and recorded ticks.

mod alarm;
mod approval;
mod clock;
mod feedback;
mod rise;
mod state;
mod work;

pub use alarm::Alarm;
pub use approval::{APPROVALS_MAX, Approvals, Overdue};
pub use clock::{Clock, PATH_MAX, Step};
pub use feedback::{FEEDBACK_TYPE, Said, SaidKind, read};
pub use rise::{Raised, Rise};
pub use state::{
    Case, CaseItem, CaseState, Crowd, Entry, ITEMS_MAX, ItemRef, Page, Standing, TIMELINE_MAX, Told, What,
};
pub use work::{Measure, Measured, Work};
