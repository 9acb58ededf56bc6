//! How far a post will have spread in seven days, told from its first minutes.
//!
//! Must never look ahead: a forecast at a horizon knows the events up to it and nothing else. State is a few sums per
//! cascade, whatever its size; events come in time order.
//!
//! # Method
//! A forecast is `count × multiplier`, and the multiplier is read off known cascades that looked alike at that age:
//! 1. **Likeness** of four kinds, as a log weight of each reference: the audience of the first author (whose threads
//!    live long), the mean log audience of those who passed it on and its spread (one circle, or all kinds of people?),
//!    the share of events in the last quarter of the time (is it still coming?), each with a width, all but the first
//!    widened by the noise of few events.
//! 2. **Room.** What is observed may be any part of the traffic, from a hundredth to all of it, but never more than all
//!    of it: a reference that had fewer events at this age than are counted here weighs less, and so does one by which
//!    fewer than 20 would come in all. This is what tells a count of 3,000 from one of 30.
//! 3. **Multiplier.** A weighted quantile of the references' multipliers; the 45th of 100, because a relative error
//!    punishes the forecast that is too high. The interval is the 10th and the 90th, widened by the noise of the count.
//!
//! # What it is for
//! Threads like those it learned from: posts shared more than 2,000 times in a week, seen whole or in part, with at
//! least 20 shares of it seen in the end. Of a thread that never takes off it promises too much; whether one takes off
//! is the question of [`super::viral`].
//!
//! # Why so simple
//! Measured with every cascade left out in turn ([`measure`]), against count × median multiplier, ridge and robust
//! regressions on up to 29 log features of the self-exciting process (recent rates, remaining exposure under SEISMIC's
//! power-law memory, infectiousness), boosted trees, likelihoods of the whole shape in nine bins, stacks of these,
//! [`super::viral`]'s branching process mixed in, quantiles averaged or adjusted by a local regression (Beaumont, Zhang &
//! Balding 2002), and likeness in the mean log time, in halves and tenths, or in how the audience drifts: none gained
//! over this on both halves of the cascades. Nor did a posterior over the part of the traffic that is seen, with a
//! Poisson count of what is to come, means of this with ridge, trees and boosting, straight lines through what is left
//! over (fitted with the cascade left out; a slope chosen on all gains 0.003 of τ and would be chance), or the hour of
//! the day of the post. The reason is in the data: what makes a cascade late is somebody's later share, which the first
//! hour does not show. Over 20 drawn sets of three parts of every cascade, τ at an hour is 0.804, give or take 0.013 from
//! set to set; without the two of 50 that had not a twentieth of their shares by then it is 0.839; 0.96 if every
//! multiplier were known. Widths and quantile are round numbers, the same at every horizon; they were chosen looking at
//! the same cross-validation, which flatters them a little.

pub mod learn;
pub mod measure;
mod references;

use libm::{exp, log};

/// Ages at which a forecast is made, seconds since the post.
pub const HORIZONS_SECONDS: [u32; 4] = [600, 1800, 3600, 21_600];
/// How long shares count, seconds since the post.
pub const SPAN_SECONDS: f64 = 7.0 * 86_400.0;
/// More followers than there are people: taken as this many.
pub const FOLLOWERS_MAX: f64 = 1e10;

/// Width of likeness in the log of the first author's followers: a factor of 4.5.
const FIRST_WIDTH: f64 = 1.5;
/// Width in the mean log of followers: a factor of two.
const AUDIENCE_WIDTH: f64 = 0.7;
/// Spread of the log of followers among people, and how many people the usual mean counts for.
const AUDIENCE_SPREAD: f64 = 1.5;
const AUDIENCE_USUAL: f64 = 5.8;
const AUDIENCE_PRIOR: f64 = 3.0;
/// Width in the log of the standard deviation of that log: a third more or less.
const SPREAD_WIDTH: f64 = 0.3;
/// Variance of that log, times the people it is of: a half for a normal, far more under the tails that audiences have.
const SPREAD_NOISE: f64 = 4.0;
/// Width in the log odds of the last quarter's share.
const LATE_WIDTH: f64 = 0.5;
/// The usual share of the last quarter, and how many events it counts for.
const LATE_USUAL: f64 = 0.12;
const LATE_PRIOR: f64 = 4.0;
/// Softness of the two bounds: squared log ratio by which a reference may fall short at the price of 1.
const ROOM: f64 = 0.1;
/// Fewer shares than this in all is not a cascade.
const SIZE_MIN: f64 = 20.0;
/// The quantile that is the forecast, and those that are the interval's ends.
const POINT: f64 = 0.45;
const LOW: f64 = 0.1;
const HIGH: f64 = 0.9;
/// The interval is widened by this over the root of the count, in log: the noise of a Poisson count's 80 % is 1.28,
/// half of which the references bring themselves. Fitted to a coverage of 0.8 to 0.85.
const COUNT_NOISE: f64 = 0.6;

/// A forecast of the shares within seven days, those already seen included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// What is most likely, in shares; never below what was seen.
    pub predicted: f64,
    /// One in ten ends below.
    pub low: f64,
    /// One in ten ends above.
    pub high: f64,
}

/// A cascade as it comes in: sums only.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    first_followers: f64,
    count: u64,
    log_followers: f64,
    /// Sum of their squares.
    log_squares: f64,
    /// Events in the first three quarters of each horizon.
    early: [u64; 4],
    /// Horizons already told.
    told: usize,
}

/// What was known of a cascade at a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Index into [`HORIZONS_SECONDS`].
    pub horizon: usize,
    /// Shares up to the horizon.
    pub count: u64,
    /// Log of the first author's followers.
    first: f64,
    /// Mean log of the sharers' followers, drawn toward the usual.
    audience: f64,
    /// Log of the standard deviation of that log, drawn toward the usual.
    spread: f64,
    /// Log odds of the last quarter's share, drawn toward the usual.
    late: f64,
}

impl Cascade {
    /// A post by somebody with so many followers, just written.
    #[must_use]
    pub fn new(followers: f64) -> Self {
        Self {
            first_followers: bounded(followers),
            count: 0,
            log_followers: 0.0,
            log_squares: 0.0,
            early: [0; 4],
            told: 0,
        }
    }

    /// The next horizon that `seconds` lies beyond, with what was seen up to it; ask until there is none before
    /// [`Self::observe`]. Infinity asks for all that are left, as at the end of the input.
    pub fn due(&mut self, seconds: f64) -> Option<Seen> {
        let horizon = self.told;
        let end = f64::from(*HORIZONS_SECONDS.get(horizon)?);
        if seconds <= end {
            return None;
        }
        self.told += 1;
        let (count, late) = (self.count as f64, (self.count - self.early[horizon]) as f64);
        let share = (late + LATE_PRIOR * LATE_USUAL) / (count + LATE_PRIOR);
        let audience = (self.log_followers + AUDIENCE_PRIOR * AUDIENCE_USUAL) / (count + AUDIENCE_PRIOR);
        let squares = self.log_squares - 2.0 * audience * self.log_followers + count * audience * audience;
        let usual = AUDIENCE_PRIOR * AUDIENCE_SPREAD * AUDIENCE_SPREAD;
        Some(Seen {
            horizon,
            count: self.count,
            first: log(self.first_followers + 100.0),
            audience,
            spread: log((squares.max(0.0) + usual) / (count + AUDIENCE_PRIOR)) / 2.0,
            late: log(share / (1.0 - share)),
        })
    }

    /// True when no horizon is left to tell.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.told == HORIZONS_SECONDS.len()
    }

    /// Takes a share at `seconds` after the post, by somebody with so many followers.
    pub fn observe(&mut self, seconds: f64, followers: f64) {
        self.count += 1;
        let audience = log(bounded(followers) + 10.0);
        self.log_followers += audience;
        self.log_squares += audience * audience;
        for (early, horizon) in self.early.iter_mut().zip(HORIZONS_SECONDS) {
            *early += u64::from(seconds <= 0.75 * f64::from(horizon));
        }
    }
}

fn bounded(followers: f64) -> f64 {
    if followers.is_finite() { followers.clamp(0.0, FOLLOWERS_MAX) } else { 0.0 }
}

/// A known cascade, as it looked at each horizon and what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// Log of the first author's followers.
    pub first: f64,
    /// By horizon.
    pub at: [Look; 4],
}

/// How a known cascade looked at a horizon. All of it is logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Log of the shares so far.
    pub count: f64,
    /// Mean log of the sharers' followers.
    pub audience: f64,
    /// Log of the standard deviation of that log.
    pub spread: f64,
    /// Log odds of the last quarter's share.
    pub late: f64,
    /// Log of the shares in seven days over those so far.
    pub growth: f64,
}

/// Forecasts from references.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecaster {
    references: Vec<Reference>,
}

impl Forecaster {
    /// A forecaster that knows these cascades. With none it says that nothing more will come.
    #[must_use]
    pub fn new(references: Vec<Reference>) -> Self {
        Self { references }
    }

    /// The one that ships; see [`learn`] for where its references come from.
    #[must_use]
    pub fn shipped() -> Self {
        Self::new(references::REFERENCES.iter().map(learn::reference_of).collect())
    }

    /// The references known to it.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The forecast from what was seen.
    #[must_use]
    pub fn forecast(&self, seen: &Seen) -> Forecast {
        let weights: Vec<f64> = self.references.iter().map(|reference| likeness(seen, reference)).collect();
        let best = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weighted = weights.iter().zip(&self.references);
        let growths = sorted(weighted.map(|(weight, it)| (it.at[seen.horizon].growth, exp(weight - best))).collect());
        let noise = COUNT_NOISE / (seen.count as f64 + 1.0).sqrt();
        let [low, point, high] = [LOW, POINT, HIGH].map(|share| quantile(&growths, share));
        bracket(seen, low - noise, point, high + noise)
    }

    /// The forecast that every other must beat: count × the median multiplier at this age.
    #[must_use]
    pub fn baseline(&self, seen: &Seen) -> Forecast {
        let growths = sorted(self.references.iter().map(|it| (it.at[seen.horizon].growth, 1.0)).collect());
        let [low, point, high] = [LOW, 0.5, HIGH].map(|share| quantile(&growths, share));
        bracket(seen, low, point, high)
    }
}

/// Log of how alike a cascade and a reference are, and of how much room the reference leaves.
fn likeness(seen: &Seen, reference: &Reference) -> f64 {
    let (look, count) = (&reference.at[seen.horizon], seen.count as f64);
    let apart = |a: f64, b: f64, variance: f64| (a - b) * (a - b) / (2.0 * variance);
    let share = 1.0 / (1.0 + exp(-seen.late));
    let audience_noise = AUDIENCE_SPREAD * AUDIENCE_SPREAD / (count + AUDIENCE_PRIOR);
    let spread_noise = SPREAD_NOISE / (count + AUDIENCE_PRIOR);
    let late_noise = 1.0 / ((count + LATE_PRIOR) * share * (1.0 - share));
    let log_count = log(count + 0.5);
    let too_many = (log_count - look.count).max(0.0);
    let too_few = (log(SIZE_MIN) - log_count - look.growth).max(0.0);
    -apart(seen.first, reference.first, FIRST_WIDTH * FIRST_WIDTH)
        - apart(seen.audience, look.audience, AUDIENCE_WIDTH * AUDIENCE_WIDTH + audience_noise)
        - apart(seen.spread, look.spread, SPREAD_WIDTH * SPREAD_WIDTH + spread_noise)
        - apart(seen.late, look.late, LATE_WIDTH * LATE_WIDTH + late_noise)
        - (too_many * too_many + too_few * too_few) / ROOM
}

/// A forecast from three log multipliers, held to what was already seen.
fn bracket(seen: &Seen, low: f64, point: f64, high: f64) -> Forecast {
    let count = seen.count as f64;
    let [low, predicted, high] = [low, point, high].map(|growth| (exp(growth) * (count + 0.5)).max(count));
    Forecast { predicted, low: low.min(predicted), high: high.max(predicted) }
}

fn sorted(mut values: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values
}

/// The value below which `share` of the weight lies, linear between the middles of the weights; 0 of nothing.
fn quantile(values: &[(f64, f64)], share: f64) -> f64 {
    let wanted = share * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let (mut before, mut last) = (0.0, None::<(f64, f64)>);
    for &(value, weight) in values {
        let middle = before + weight / 2.0;
        if middle >= wanted {
            return last.map_or(value, |(place, known)| {
                known + (value - known) * (wanted - place) / (middle - place).max(f64::MIN_POSITIVE)
            });
        }
        last = Some((middle, value));
        before += weight;
    }
    last.map_or(0.0, |(_, value)| value)
}

#[cfg(test)]
mod tests;
