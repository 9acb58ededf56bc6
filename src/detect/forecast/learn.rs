//! Where references come from: whole cascades, looked at once at each horizon.
//!
//! `groundswell train forecast --data data/cascades` makes `references.rs` anew, byte for byte; `tests/forecast.rs`
//! compares. A reference is five numbers a horizon, rounded to a thousandth: no event of a cascade can be told from
//! them. Learned from half of a hundred cascades of SEISMIC's tweets (Zhao and others, KDD 2015) in the sample of
//! github.com/NII-Kobayashi/TiDeH (MIT).

use super::{Cascade, HORIZONS_SECONDS, Look, Reference, SPAN_SECONDS, Seen};
use libm::log;
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// One event: seconds since the post, followers of its author. The first of a cascade is the post.
pub type Event = (f64, f64);

/// Numbers of a reference in the table: the first author, then five a horizon.
pub const NUMBERS: usize = 1 + LOOK_NUMBERS * HORIZONS_SECONDS.len();

/// Of them at a horizon.
const LOOK_NUMBERS: usize = 5;

/// Shares of a cascade within seven days.
#[must_use]
pub fn size(events: &[Event]) -> usize {
    events.iter().skip(1).filter(|(seconds, _)| *seconds <= SPAN_SECONDS).count()
}

/// What was seen of a cascade at every horizon, in order; none of a cascade without events.
#[must_use]
pub fn looks(events: &[Event]) -> Vec<Seen> {
    let Some((&(_, first), shares)) = events.split_first() else { return Vec::new() };
    let (mut cascade, mut seen) = (Cascade::new(first), Vec::new());
    for &(seconds, followers) in shares {
        seen.extend(std::iter::from_fn(|| cascade.due(seconds)));
        cascade.observe(seconds, followers);
    }
    seen.extend(std::iter::from_fn(|| cascade.due(f64::INFINITY)));
    seen
}

/// The reference that a whole cascade makes; none of one without shares.
#[must_use]
pub fn reference(events: &[Event]) -> Option<Reference> {
    let total = size(events) as f64;
    if total < 1.0 {
        return None;
    }
    let mut numbers = [0.0; NUMBERS];
    for seen in looks(events) {
        let count = seen.count as f64;
        numbers[0] = seen.first;
        let look = [log(count.max(0.5)), seen.audience, seen.spread, seen.late, log(total / (count + 0.5))];
        numbers[1 + LOOK_NUMBERS * seen.horizon..][..LOOK_NUMBERS].copy_from_slice(&look);
    }
    // plus zero: a zero in the table has no sign
    Some(reference_of(&numbers.map(|number| (number * 1e3).round() / 1e3 + 0.0)))
}

/// A reference from its line in the table.
pub(super) fn reference_of(numbers: &[f64; NUMBERS]) -> Reference {
    let look = |horizon: usize| {
        let [count, audience, spread, late, growth] =
            std::array::from_fn(|place| numbers[1 + LOOK_NUMBERS * horizon + place]);
        Look { count, audience, spread, late, growth }
    };
    Reference { first: numbers[0], at: std::array::from_fn(look) }
}

/// The source file `references.rs`, made of these references.
#[must_use]
pub fn table(references: &[Reference]) -> String {
    let mut text = format!(
        "//! Made by `groundswell train forecast`; see `learn.rs`. One known cascade a line: log of the first author's\n\
         //! followers, then per horizon log count, mean log audience, log of its spread, log odds of the last quarter,\n\
         //! log growth.\n\n\
         use super::learn::NUMBERS;\n\n\
         #[rustfmt::skip]\n#[allow(clippy::approx_constant, reason = \"what is learned may lie near e\")]\npub(super) const REFERENCES: [[f64; NUMBERS]; {}] = [\n",
        references.len()
    );
    for reference in references {
        let looks =
            reference.at.iter().flat_map(|look| [look.count, look.audience, look.spread, look.late, look.growth]);
        let numbers: Vec<String> =
            std::iter::once(reference.first).chain(looks).map(|number| format!("{number:?}")).collect();
        // writing to a string cannot fail
        let _ = writeln!(text, "    [{}],", numbers.join(", "));
    }
    text + "];\n"
}

/// A part of a cascade, as a stream sees it that carries only some of the traffic: the post, and every share with a
/// probability drawn log-uniformly from 0.01 to 1, drawn anew until at least `least` are left. The same `seed` gives
/// the same part.
#[must_use]
pub fn thinned(events: &[Event], least: usize, seed: u64) -> Vec<Event> {
    /// Draws before giving up and keeping all.
    const DRAWS: u64 = 1000;
    let uniform = |draw: u64, index: usize| {
        let hash = xxh3_64_with_seed(&(index as u64).to_le_bytes(), seed.wrapping_mul(DRAWS).wrapping_add(draw));
        (hash >> 11) as f64 / (1_u64 << 53) as f64
    };
    for draw in 0..DRAWS {
        let keep = libm::pow(0.01, uniform(draw, usize::MAX));
        let kept = events.iter().enumerate().filter(|(index, _)| *index == 0 || uniform(draw, *index) < keep);
        let part: Vec<Event> = kept.map(|(_, event)| *event).collect();
        if size(&part) >= least {
            return part;
        }
    }
    events.to_vec()
}
