//! The product, in two functions: [`triage`] decides what one mention can tell, [`watch`] what needs counts.
//!
//! Values in, values out. Neither knows where records come from, what time it is, or how often it was run before.

mod book;
mod context;
mod duplicate;
mod item;
mod members;
mod outcome;
mod phones;
mod redact;
mod shadow;
mod signal;
mod sources;
mod state;
mod terms;
mod triage;
mod trouble;
mod undo;
mod voice;
mod watch;

pub use context::{Context, ContextBefore};
pub use duplicate::DuplicateWindow;
pub use item::{Decided, Item, Matched, case_item, contributions, lengthened_thread};
pub use members::{Members, Standing};
pub use outcome::{Outcome, Outcomes};
pub use phones::PhoneKey;
pub use redact::Redact;
pub use shadow::{Shadowed, shadow};
pub use signal::{Signal, SourceClock};
pub use sources::{Heard, SourceTurn, Sources};
pub use state::{
    Brands, Changes, Head, PartialKey, Pending, Queries, QueryState, Spare, Table, VoiceHour, VoiceKey, VoicePage,
    VoiceTold, WatchState, Watched,
};
pub use triage::{Memory, Raw, triage};
pub use undo::UndoLimits;
pub use voice::{ALL, Spoken, is_own_brand, spoken};
pub use watch::{CaseTold, FollowUp, FollowUpAction, RaisedTo, Verdict, watch};
