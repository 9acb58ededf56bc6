//! The counts of the last two hours by bucket, kept where something was counted.
//!
//! A cell is one bucket, found by its age: the newest has age 0. A bucket without counts takes no room, and what is
//! told while buckets pass is kept as runs, so a quiet series costs what was said in it, not the time that went by. It
//! must answer as if every cell were there.

use crate::detect::Partial;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Range;

/// Cells kept: two hours of buckets, plus the one being filled.
pub(super) const CELLS: usize = 721;
/// Cells that room is made for at once, at most: doubling would leave a third of it unused in every busy series.
const GROWTH_MAX: usize = 120;

/// What was counted in one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) mentions: u32,
    pub(super) negative: u32,
    pub(super) outage: u32,
    pub(super) sentiment_percent: i32,
    pub(super) sentiment_squares: u32,
}

impl Counts {
    pub(super) fn of(partial: &Partial) -> Self {
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let percent = partial.sentiment_percent.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        Self {
            mentions: count(partial.mentions),
            negative: count(partial.negative),
            outage: count(partial.outage),
            sentiment_percent: i32::try_from(percent).unwrap_or(0),
            sentiment_squares: count(partial.sentiment_squares),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, more: &Self) {
        self.mentions = self.mentions.saturating_add(more.mentions);
        self.negative = self.negative.saturating_add(more.negative);
        self.outage = self.outage.saturating_add(more.outage);
        self.sentiment_percent = self.sentiment_percent.saturating_add(more.sentiment_percent);
        self.sentiment_squares = self.sentiment_squares.saturating_add(more.sentiment_squares);
    }
}

/// What is told while a bucket passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// It belongs to an incident.
    pub(super) incident: bool,
    /// Or a turn of mood is told: not learned either, but judged.
    pub(super) mood: bool,
}

impl Told {
    pub(super) const NOTHING: Self = Self { incident: false, mood: false };
}

/// Sums over a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Cells of the window.
    pub(super) cells: u32,
    pub(super) mentions: u64,
    pub(super) negative: u64,
    pub(super) reports: u64,
    pub(super) sentiment: i64,
}

impl Sums {
    fn add(&mut self, counts: &Counts) {
        self.mentions += u64::from(counts.mentions);
        self.negative += u64::from(counts.negative);
        self.reports += u64::from(counts.outage);
        self.sentiment += i64::from(counts.sentiment_percent);
    }
}

/// Cells that follow each other and are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alike {
    pub(super) ages: Range<usize>,
    pub(super) counts: Counts,
    pub(super) told: Told,
}

/// A cell in which something was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Filled {
    number: u16,
    counts: Counts,
}

/// What is told from a cell on, up to the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    from: u16,
    told: Told,
}

/// The cells, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cells {
    /// Number of the newest cell. Numbers begin anew after the greatest: far fewer cells are known at once.
    newest: u16,
    known: u16,
    filled: VecDeque<Filled>,
    /// Neighbours differ, and before the first nothing is told.
    runs: Vec<Run>,
}

impl Cells {
    /// One cell, empty.
    pub(super) fn new() -> Self {
        Self { newest: 0, known: 1, filled: VecDeque::new(), runs: Vec::new() }
    }

    /// Reads what begins with them, in the room there is; what follows.
    pub(super) fn unpack<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], postcard::Error> {
        let ((newest, known, count), mut bytes) = postcard::take_from_bytes::<(u16, u16, usize)>(bytes)?;
        (self.newest, self.known) = (newest, known);
        self.filled.clear();
        self.filled.reserve_exact(count.min(CELLS));
        for _ in 0..count {
            let (filled, rest) = postcard::take_from_bytes(bytes)?;
            self.filled.push_back(filled);
            bytes = rest;
        }
        let (runs, bytes) = postcard::take_from_bytes(bytes)?;
        self.runs = runs;
        Ok(bytes)
    }

    /// How many cells are known.
    pub(super) fn len(&self) -> usize {
        usize::from(self.known)
    }

    /// In how many of them something was counted.
    pub(super) fn counted(&self) -> usize {
        self.filled.len()
    }

    /// Bytes on the heap, about.
    pub(super) fn weight(&self) -> usize {
        self.filled.len() * size_of::<Filled>() + self.runs.len() * size_of::<Run>()
    }

    /// So many cells begin, while this is told. [`Self::cut`] is to follow: until then those stay known that grow old.
    pub(super) fn begin(&mut self, cells: usize, told: Told) {
        let cells = u16::try_from(cells).unwrap_or(u16::MAX);
        if cells > 0 && told != self.told(0) {
            self.runs.push(Run { from: self.newest.wrapping_add(1), told });
        }
        self.newest = self.newest.wrapping_add(cells);
        self.known = self.known.saturating_add(cells);
    }

    /// Forgets the cells that are older than two hours.
    pub(super) fn cut(&mut self) {
        self.known = self.known.min(CELLS as u16);
        let over = self.place(self.len().saturating_sub(1));
        self.filled.drain(..over);
        // what a burst took is given back
        if self.filled.capacity() > 4 * (self.filled.len() + 2) {
            self.filled.shrink_to_fit();
        }
        self.tidy_runs();
    }

    /// Counts in the cell of an age, or in the oldest.
    pub(super) fn add(&mut self, age: usize, counts: &Counts) {
        if counts.is_empty() {
            return;
        }
        let age = age.min(self.len().saturating_sub(1));
        let (number, place) = (self.number(age), self.place(age));
        match self.filled.get_mut(place) {
            Some(filled) if filled.number == number => filled.counts.add(counts),
            _ => {
                self.make_room();
                self.filled.insert(place, Filled { number, counts: *counts });
            }
        }
    }

    /// What is told in the cell of an age.
    pub(super) fn told(&self, age: usize) -> Told {
        let run = self.runs.iter().rev().find(|run| self.age(run.from) >= age);
        run.map_or(Told::NOTHING, |run| run.told)
    }

    /// Changes what is told in the newest cells.
    pub(super) fn tell(&mut self, cells: usize, change: impl Fn(&mut Told)) {
        let Some(oldest) = cells.min(self.len()).checked_sub(1) else { return };
        let (told, from) = (self.told(oldest), self.number(oldest));
        let place = self.runs.partition_point(|run| self.age(run.from) > oldest);
        if self.runs.get(place).is_none_or(|run| run.from != from) {
            self.runs.insert(place, Run { from, told });
        }
        self.runs[place..].iter_mut().for_each(|run| change(&mut run.told));
        self.tidy_runs();
    }

    /// Sums over the `cells` that end `back` cells ago; what belongs to an incident only where `incidents` count.
    pub(super) fn sums(&self, back: usize, cells: usize, incidents: bool) -> Sums {
        let ages = self.ages(back, cells);
        let told = if incidents { 0 } else { self.in_incidents(&ages) };
        let mut sums =
            Sums { cells: u32::try_from(ages.len().saturating_sub(told)).unwrap_or(u32::MAX), ..Sums::default() };
        for filled in self.filled_in(ages) {
            if incidents || !self.told(self.age(filled.number)).incident {
                sums.add(&filled.counts);
            }
        }
        sums
    }

    /// The cells of these ages in which something was counted, oldest first, with their ages.
    pub(super) fn filled(&self, back: usize, cells: usize) -> impl Iterator<Item = (usize, &Counts)> {
        self.filled_in(self.ages(back, cells)).map(|filled| (self.age(filled.number), &filled.counts))
    }

    /// Every cell of these ages, oldest first; empty ones that follow each other as one stretch.
    pub(super) fn alike(&self, back: usize, cells: usize) -> impl Iterator<Item = Alike> {
        let ages = self.ages(back, cells);
        let mut filled = self.filled_in(ages.clone()).peekable();
        let mut end = ages.end;
        std::iter::from_fn(move || {
            let oldest = end.checked_sub(1).filter(|oldest| *oldest >= ages.start)?;
            let told = self.told(oldest);
            let counts = filled.next_if(|filled| self.age(filled.number) == oldest).map(|filled| filled.counts);
            end = match counts {
                Some(_) => oldest,
                None => {
                    let filled = filled.peek().map(|filled| self.age(filled.number));
                    let other = self.runs.iter().map(|run| self.age(run.from)).find(|age| *age < oldest);
                    // whatever is read back, a stretch is a cell at least
                    filled.max(other).map_or(ages.start, |age| ages.start.max(age + 1)).min(oldest)
                }
            };
            Some(Alike { ages: end..oldest + 1, counts: counts.unwrap_or_default(), told })
        })
    }

    /// Ages of those cells that are known.
    fn ages(&self, back: usize, cells: usize) -> Range<usize> {
        let end = back.saturating_add(cells).min(self.len());
        back.min(end)..end
    }

    fn filled_in(&self, ages: Range<usize>) -> impl Iterator<Item = &Filled> {
        // from the first that is younger than the end to the last that is no younger than the start
        let to = self.filled.partition_point(|filled| self.age(filled.number) >= ages.start);
        let from = self.filled.partition_point(|filled| self.age(filled.number) >= ages.end);
        self.filled.range(from.min(to)..to)
    }

    /// How many cells of these ages belong to an incident.
    fn in_incidents(&self, ages: &Range<usize>) -> usize {
        let ends = self.runs.iter().skip(1).map(|run| self.age(run.from) + 1).chain([0]);
        let runs = self.runs.iter().zip(ends).filter(|(run, _)| run.told.incident);
        let shared = |(run, end): (&Run, usize)| {
            let after = (self.age(run.from) + 1).min(ages.end);
            after.saturating_sub(end.max(ages.start))
        };
        runs.map(shared).sum()
    }

    fn age(&self, number: u16) -> usize {
        usize::from(self.newest.wrapping_sub(number))
    }

    fn number(&self, age: usize) -> u16 {
        self.newest.wrapping_sub(u16::try_from(age).unwrap_or(u16::MAX))
    }

    /// Where the cell of an age stands among the filled ones, or would.
    fn place(&self, age: usize) -> usize {
        self.filled.partition_point(|filled| self.age(filled.number) > age)
    }

    fn make_room(&mut self) {
        let filled = self.filled.len();
        if filled == self.filled.capacity() {
            self.filled.reserve_exact((filled / 4).clamp(1, GROWTH_MAX));
        }
    }

    /// Runs begin within what is known, neighbours differ, and the first tells something.
    fn tidy_runs(&mut self) {
        if self.runs.is_empty() {
            return;
        }
        let oldest = self.len().saturating_sub(1);
        let begun = self.runs.partition_point(|run| self.age(run.from) >= oldest);
        self.runs.drain(..begun.saturating_sub(1));
        let from = self.number(oldest);
        if let Some(first) = self.runs.first_mut().filter(|_| begun > 0) {
            first.from = from;
        }
        self.runs.dedup_by_key(|run| run.told);
        if self.runs.first().is_some_and(|run| run.told == Told::NOTHING) {
            self.runs.remove(0);
        }
        if self.runs.is_empty() {
            self.runs = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;
