//! What people made of the items: a week in figures, and the story of one incident.
//!
//! A [`Ledger`] takes what stands in the topics: items, noise, follow-ups, alerts, feedback and shares of voice, in any
//! order save that mentions come last; [`week`] and [`incident`] only count. No wall clock: the end of the period is an
//! argument, so the same topics give the same report.
//!
//! What the figures mean (an item is judged by its own feedback; of the same `feedback_id` one counts; in time order, then
//! by id):
//!
//! | figure | of | counts |
//! | --- | --- | --- |
//! | noise filtered | items that matched | those that ended as noise |
//! | tags agreed | items with a word on their intent | those whose last such word is the intent that owned them |
//! | routed right at first | items that somebody took up | those that no word on the team gave to another than the first |
//! | in time | tickets that are answered or overdue | those answered (a response published, or resolved) by `respond_by` |
//! | within the hour | the same | those answered within 3,600 s of the post |
//! | without escalation | the same | those of which nobody further along the path was called for want of an answer |
//! | called | items | those of which somebody more was called, by why: no answer, time raised it, an approval did not come |
//! | first response | answered tickets | seconds from the post to the answer |
//! | handling time | resolved items that were claimed | seconds from the first claim to the last resolution |
//! | reopened | items that were resolved | those reopened afterwards |
//! | closed by itself | items that were resolved | those that nobody claimed |
//! | voice | hours that begin in the period | mentions, share, sentiment and reach by topic and brand |
//!
//! Quantiles are those of the nearest rank.

mod figures;
mod incident;
mod ledger;
#[cfg(test)]
mod tests;
mod voice;
mod week;

pub use figures::{Ratio, Spread};
pub use incident::{IncidentReport, Moment, incident};
pub use ledger::{Called, Heard, Ledger, Moved, Tagged};
pub use voice::{BrandVoice, Voiced, Voices, mentions_of};
pub use week::{Approvals, CalledItems, Load, Mood, Satisfaction, WeekReport, week};
