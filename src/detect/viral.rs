//! One thread as a self-exciting process: does every share bring another, is it still growing, where will it end?
//!
//! Must never read a clock or keep events. State is a dozen sums, whatever the size of the thread; events may come in
//! any order and states of parts of a thread merge, the result being the same but for the last bits of a sum. Where
//! replay must be equal to the bit, feed closed buckets in order.
//!
//! # Method
//! Two exponential kernels, of 5 minutes and of an hour. In each:
//! 1. **Mark.** An event weighs √(followers + 1): reach counts, but a star's followers do not share in proportion, and
//!    by a plain count every star's thread would seem to be dying.
//! 2. **Branching ratio** R: shares that came, over the shares that the marks before them would bring if every event
//!    brought one: A / (B / m). A is the faded count of shares; B is what the kernel says of the marks' effect that had
//!    come by then, faded alike; m is the faded mean mark. The fading is 15 minutes, so that the ratio is of the present.
//!    Above 1 the thread feeds itself; far below, one large audience answers, not one another.
//! 3. **Phase.** Still growing while the rate of the last minutes is at least that of the last hour (both corrected for
//!    a thread younger than its kernel); past its peak otherwise.
//! 4. **Forecast**, of both kernels as one: shares so far + R · pending / (1 − R), the total of a dying branching process;
//!    pending is the effect of the marks that has not come yet. R counts one more share on both sides, so that silence
//!    lowers it and few shares leave it near 1; it is capped, because no thread feeds itself forever, and so is the rest,
//!    at twenty times what came.
//!
//! # Measured
//! On the cascades of [`super::forecast`], thinned, with nothing learned but three round constants (the cap of R and the
//! interval's spread were chosen on them): median error 0.29 at 10 minutes, 0.26 at 30, 0.27 at an hour, 0.22 at six;
//! the interval holds 0.87, 0.89, 0.81 and 0.32. At six hours a kernel of an hour knows nothing of the next day.
//!
//! This says whether a thread takes off and roughly how far it carries. How far threads of its like went is for
//! [`super::forecast`], at that module's horizons: it ranks better, and has intervals that hold later.

use crate::mention::Timestamp;
use libm::exp;
use serde::{Deserialize, Serialize};

/// Time constants of the two kernels, seconds: what a screen shows now, and what people come back to.
pub const KERNELS_SECONDS: [f64; 2] = [300.0, 3600.0];
/// Memory of the ratio, seconds. Not a kernel's: the effect below has no closed form of that shape then.
const MEMORY_SECONDS: f64 = 900.0;
/// A thread does not feed itself forever; as a forecast, a ratio beyond this is a moment's.
const RATIO_CAP: f64 = 0.8;
/// What is still to come is at most this many times what came.
const GROWTH_CAP: f64 = 20.0;
/// Standard errors to either end of an 80 % interval.
const INTERVAL: f64 = 1.2816;
/// Standard deviation of the log of what is still to come, however many shares tell of it.
const REST_SPREAD: f64 = 0.9;
/// Where fewer shares than this came, and fewer were to be expected, a ratio is chance.
const SHARES_MIN: f64 = 5.0;

/// Whether a thread grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The last minutes are at least as busy as the last hour.
    Growing,
    /// They are not.
    PastPeak,
}

/// What a thread looks like at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Shares that each event brings, by kernel of [`KERNELS_SECONDS`]; `None` while there are too few to say.
    pub ratios: [Option<f64>; 2],
    /// Whether it grows.
    pub phase: Phase,
    /// Shares in the end, those that came included; `None` while there are too few to say.
    pub total: Option<Total>,
}

/// A capped forecast, in shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// Most likely.
    pub predicted: f64,
    /// One in ten ends below.
    pub low: f64,
    /// One in ten ends above.
    pub high: f64,
}

/// The state of one thread.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Thread {
    /// First and last instant known, microseconds.
    span: Option<(i64, i64)>,
    shares: u64,
    kernels: [Kernel; 2],
}

/// Sums of one kernel, all at the thread's last instant.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Kernel {
    /// Σ e^(−age/τ) over shares.
    recent: f64,
    /// Σ mark · e^(−age/τ): the effect that has not come yet.
    pending: f64,
    /// Effect that came, faded by the memory.
    came: f64,
    /// Σ e^(−age/memory) over shares.
    shares: f64,
    /// The same over all events, and over their marks: the mean mark.
    events: f64,
    marks: f64,
}

/// A thread as it is written: most were heard of once, and their kernels follow from that.
#[derive(Serialize, Deserialize)]
struct Written {
    /// First instant known, and microseconds to the last.
    span: Option<(i64, i64)>,
    shares: u64,
    kernels: Kernels,
}

#[derive(Serialize, Deserialize)]
enum Kernels {
    /// All shares came at the thread's last instant; the sum of their marks.
    Once(f64),
    Each([Kernel; 2]),
}

impl From<Thread> for Written {
    fn from(thread: Thread) -> Self {
        let Thread { span, shares, kernels } = thread;
        let marks = kernels[0].marks;
        let is_once = kernels.iter().all(|kernel| kernel.to_bits() == Kernel::once(shares, marks).to_bits());
        let kernels = if is_once { Kernels::Once(marks) } else { Kernels::Each(kernels) };
        Self { span: span.map(|(first, last)| (first, last.wrapping_sub(first))), shares, kernels }
    }
}

impl From<Written> for Thread {
    fn from(written: Written) -> Self {
        let Written { span, shares, kernels } = written;
        let kernels = match kernels {
            Kernels::Once(marks) => [Kernel::once(shares, marks); 2],
            Kernels::Each(kernels) => kernels,
        };
        Self { span: span.map(|(first, length)| (first, first.wrapping_add(length))), shares, kernels }
    }
}

impl Kernel {
    /// After so many shares of one instant, and no other event.
    fn once(shares: u64, marks: f64) -> Self {
        let shares = shares as f64;
        Self { recent: shares, pending: marks, came: 0.0, shares, events: shares, marks }
    }

    fn to_bits(self) -> [u64; 6] {
        let Self { recent, pending, came, shares, events, marks } = self;
        [recent, pending, came, shares, events, marks].map(f64::to_bits)
    }

    /// Lets `age` seconds pass.
    fn fade(&mut self, tau: f64, age: f64) {
        let (fast, slow) = (exp(-age / tau), exp(-age / MEMORY_SECONDS));
        self.came = self.came * slow + self.pending * effect(tau, fast, slow);
        self.pending *= fast;
        self.recent *= fast;
        for sum in [&mut self.shares, &mut self.events, &mut self.marks] {
            *sum *= slow;
        }
    }

    /// Events that happened `age` seconds before the instant of the sums.
    fn add(&mut self, tau: f64, age: f64, shares: f64, events: f64, marks: f64) {
        let mut late = Self { recent: shares, pending: marks, came: 0.0, shares, events, marks };
        if age > 0.0 {
            late.fade(tau, age);
        }
        self.merge(&late);
    }

    fn merge(&mut self, other: &Self) {
        self.recent += other.recent;
        self.pending += other.pending;
        self.came += other.came;
        self.shares += other.shares;
        self.events += other.events;
        self.marks += other.marks;
    }

    /// Shares that were to be expected if every event brought one: lately, and still to come. `None` before the first
    /// event, and when all of it is forgotten.
    fn expected(&self) -> Option<(f64, f64)> {
        let mean = self.marks / self.events;
        (mean.is_finite() && mean > 0.0).then(|| (self.came / mean, self.pending / mean))
    }

    fn ratio(&self) -> Option<f64> {
        let (expected, _) = self.expected()?;
        (expected > 0.0 && self.shares.max(expected) >= SHARES_MIN).then(|| self.shares / expected)
    }
}

/// How much of a mark's effect came within a span over which the kernel fell to `fast` and the memory to `slow`, faded
/// by the memory: ∫ 1/τ e^(−s/τ) e^(−(age−s)/memory) ds.
fn effect(tau: f64, fast: f64, slow: f64) -> f64 {
    (fast - slow) * MEMORY_SECONDS / (tau - MEMORY_SECONDS)
}

/// What an event weighs whose author has so many followers.
#[must_use]
pub fn mark(followers: u64) -> f64 {
    (followers as f64 + 1.0).sqrt()
}

impl Thread {
    /// Takes the post that began it.
    pub fn begin(&mut self, at: Timestamp, followers: u64) {
        self.add(at, 0, 1, mark(followers));
    }

    /// Takes one share.
    pub fn share(&mut self, at: Timestamp, followers: u64) {
        self.add(at, 1, 1, mark(followers));
    }

    /// Takes `shares` shares of one instant, as of a bucket that was counted elsewhere; `marks` is the sum of their
    /// [`mark`]s. Nothing happens without shares, or with marks that are no positive number.
    pub fn shares(&mut self, at: Timestamp, shares: u64, marks: f64) {
        self.add(at, shares, shares, marks);
    }

    fn add(&mut self, at: Timestamp, shares: u64, events: u64, marks: f64) {
        if events == 0 || !marks.is_finite() || marks <= 0.0 {
            return;
        }
        self.pass(at);
        let (_, last) = self.widen(at.as_micros());
        self.shares = self.shares.saturating_add(shares);
        let age = seconds(at.as_micros(), last);
        for (kernel, tau) in self.kernels.iter_mut().zip(KERNELS_SECONDS) {
            kernel.add(tau, age, shares as f64, events as f64, marks);
        }
    }

    /// Lets time pass up to `at`; earlier instants change nothing.
    pub fn pass(&mut self, at: Timestamp) {
        let Some((first, last)) = self.span else { return };
        let age = seconds(last, at.as_micros());
        if age > 0.0 {
            self.span = Some((first, at.as_micros()));
            for (kernel, tau) in self.kernels.iter_mut().zip(KERNELS_SECONDS) {
                kernel.fade(tau, age);
            }
        }
    }

    fn widen(&mut self, at: i64) -> (i64, i64) {
        let (first, last) = self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at)));
        self.span = Some((first, last));
        (first, last)
    }

    /// Adds what another state of the same thread has seen; no event may be in both.
    pub fn merge(&mut self, other: &Self) {
        let Some((first, last)) = other.span else { return };
        let mut other = *other;
        self.pass(Timestamp::clamped(last));
        let (_, end) = self.widen(last);
        self.widen(first);
        other.pass(Timestamp::clamped(end));
        self.shares = self.shares.saturating_add(other.shares);
        for (kernel, part) in self.kernels.iter_mut().zip(other.kernels) {
            kernel.merge(&part);
        }
    }

    /// Shares taken.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shares
    }

    /// How the thread looks at its last instant; [`Self::pass`] moves that on.
    #[must_use]
    pub fn read(&self) -> Reading {
        let few = (self.shares as f64) < SHARES_MIN;
        Reading {
            ratios: self.kernels.map(|kernel| kernel.ratio()),
            phase: if self.rate(0) >= self.rate(1) && self.shares > 0 { Phase::Growing } else { Phase::PastPeak },
            total: if few { None } else { Some(self.total()) },
        }
    }

    /// Shares a second lately, by a kernel.
    fn rate(&self, kernel: usize) -> f64 {
        let age = self.span.map_or(0.0, |(first, last)| seconds(first, last));
        let tau = KERNELS_SECONDS[kernel];
        // within its first second a thread has no rate that means anything
        self.kernels[kernel].recent / (tau * (1.0 - exp(-age.max(1.0) / tau)))
    }

    fn total(&self) -> Total {
        let [(came_fast, pending_fast), (came_slow, pending_slow)] =
            self.kernels.map(|kernel| kernel.expected().unwrap_or_default());
        let (expected, pending) = (f64::midpoint(came_fast, came_slow), f64::midpoint(pending_fast, pending_slow));
        let lately = self.kernels[0].shares + 1.0;
        let ratio = lately / (expected + 1.0);
        let held = ratio.min(RATIO_CAP);
        let came = self.shares as f64;
        let rest = held * pending / (1.0 - held);
        let spread = INTERVAL * (REST_SPREAD * REST_SPREAD + 1.0 / lately).sqrt();
        let end = |deviation: f64| came + (rest * exp(deviation)).min(GROWTH_CAP * came);
        Total { predicted: end(0.0), low: end(-spread), high: end(spread) }
    }
}

/// Seconds from one instant to another.
fn seconds(from: i64, to: i64) -> f64 {
    to.saturating_sub(from) as f64 / 1e6
}

#[cfg(test)]
mod tests;
