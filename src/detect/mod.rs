//! Counting and judging: buckets of event time, the clocks of raw partitions, partial aggregates that merge in any
//! order, and series judged against their own past.
//!
//! It must never read a wall clock or depend on the order in which partials arrive.

mod ascending;
mod brand;
mod bucket;
mod clock;
mod emerging;
pub mod forecast;
pub mod level;
mod mix;
mod partial;
pub mod poisson;
pub mod residual;
mod sample;
mod series;
mod share;
mod silence;
mod threads;
mod turn;
pub mod univariate;
pub mod viral;
mod voices;

pub use brand::{BrandCounts, HOUR_BUCKETS, hour_of};
pub use bucket::{BUCKET_SECONDS, Bucket};
pub use clock::{CONFIRMATIONS, JUMP_MICROS, PartitionClock, WITHIN_RECORDS};
pub use emerging::{Form, Hour, LINK, Topic};
pub use level::Level;
pub use mix::{Mix, Stretch};
pub use partial::{Contribution, Example, Partial, PendingItem, ThreadPart};
pub use sample::{BottomK, Merge};
pub use series::{Counted, Judgement, LastHour, Mood, Series, Settings, Trend, Windowed};
pub use share::share_surprise;
pub use silence::{Gap, Source, Turn};
pub use threads::{ThreadStory, Threads, mark_parts};
pub use turn::{Parts, Stratum, take_apart};
pub use voices::{Distinctive, Said, Shown, Vocabulary, Voice, said};
