//! One query's counts over event time, its baseline, and the judgement whether now is unusual.
//!
//! Why so: the level is an exponentially weighted mean that learns a bucket only once it is an hour old and never
//! one that belongs to an incident, so a burst is not its own baseline; the hour before the window is a second
//! expectation, and the larger of the two counts, so a Monday morning is not an outage. Everything is walked in the
//! order of buckets, so the floats are the same on every replay.

mod baseline;
mod reports;

use super::poisson::{negative_binomial_upper_tail_log10, upper_bound};
use super::{BUCKET_SECONDS, Bucket, Hour, Mix, Partial, Said, Stretch, Vocabulary, said};
use baseline::Baseline;
use libm::{exp10, sqrt};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

/// Cells kept: two hours of buckets, plus the one being filled.
const CELLS: usize = 721;
/// Cells that room is made for at once.
const CELLS_GROWTH: usize = 120;
/// A cell is learned when it is this many buckets old (one hour).
const LEARN_AFTER: usize = 360;
/// Cells of one block of the dispersion estimate: five minutes.
const BLOCK: u32 = 30;
/// Silence longer than this is learned as this much: 24 h of buckets.
const SILENCE_MAX: i64 = 8640;
/// Windows judged for volume, in buckets: 2, 5, 15 and 60 min. The shortest finds a sudden outage of a brand that is much
/// spoken of before it stands out of five minutes.
pub const VOLUME_WINDOWS: [usize; 4] = [12, 30, 90, 360];
/// Windows judged for mood, in buckets: 60, 90 and 120 min.
const MOOD_WINDOWS: [usize; 3] = [360, 540, 720];
/// Details older than this many buckets (15 min) are kept by five minutes: a window that long needs no finer ones.
const FINE: i64 = 90;
/// Age below which a series is not judged: two hours of buckets.
const COLD_BUCKETS: i64 = 720;

/// What must hold, all at once, before anything is a finding (DETECTION: minimum effect).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Mentions in the window, at least.
    pub floor: u64,
    /// Observed / expected, at least.
    pub ratio: f64,
    /// Observed − expected, at least.
    pub excess: f64,
    /// Distinct people, at least.
    pub people: u64,
    /// −log10 of the tail probability, at least.
    pub surprise: f64,
    /// Mentions in a mood window, at least.
    pub mood_floor: u64,
    /// Worsening of the mean sentiment, at least, on its scale of −1 to 1.
    pub mood_effect: f64,
    /// Standard deviations of that change, at least.
    pub mood_deviations: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            floor: 10,
            ratio: 2.0,
            excess: 6.0,
            people: 5,
            surprise: 6.0,
            mood_floor: 100,
            mood_effect: 0.10,
            mood_deviations: 3.4,
        }
    }
}

/// Counts of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    mentions: u32,
    negative: u32,
    outage: u32,
    sentiment_percent: i32,
    sentiment_squares: u32,
    in_incident: bool,
    /// Or while a turn of mood is told: not learned either, but judged.
    in_mood: bool,
}

/// One window against what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Windowed {
    /// Length in buckets.
    pub buckets: usize,
    /// Mentions counted.
    pub observed: u64,
    /// Mentions expected.
    pub expected: f64,
    /// Largest count that would still be usual at the surprise of the settings; known for windows worth judging.
    pub upper: f64,
    /// −log10 of the probability of so many or more.
    pub surprise: f64,
}

impl Windowed {
    /// Observed / expected.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.observed as f64 / self.expected.max(0.1)
    }

    /// Half of the way from what is expected to what would be unusual: up to there it is calm.
    #[must_use]
    pub fn calm_most(&self) -> f64 {
        self.expected + (self.upper - self.expected).max(0.0) / 2.0
    }

    /// Observed − expected, 0 at least.
    #[must_use]
    pub fn excess(&self) -> f64 {
        (self.observed as f64 - self.expected).max(0.0)
    }
}

/// Mood of one window against the baseline.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mood {
    /// Length in buckets.
    pub buckets: usize,
    /// Mentions counted.
    pub mentions: u64,
    /// Of them negative.
    pub negative: u64,
    /// Negative ones expected.
    pub expected: f64,
    /// Standard deviations away; positive is worse than usual.
    pub deviations: f64,
    /// How much worse the mean sentiment is than usual, −2..2.
    pub effect: f64,
}

/// What is counted of mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Counted {
    Mentions,
    Reports,
    Negative,
}

/// Where the counts of a window are going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Trend {
    Growing,
    Steady,
    Fading,
}

/// What the series says now.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Every volume window, shortest first; empty while the series is too young.
    pub windows: Vec<Windowed>,
    /// The same of reports of trouble alone.
    pub reports: Vec<Windowed>,
    /// The mood window that deviates most, where there is enough to judge.
    pub mood: Option<Mood>,
}

/// Counts, details and baseline of one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    started: Bucket,
    now: Bucket,
    cells: VecDeque<Cell>,
    /// Shared with the copies that undo keeps, until one of them is written.
    details: BTreeMap<Bucket, Arc<Partial>>,
    baseline: Baseline,
    /// What would be usual if what is told now never ended.
    meanwhile: Option<Box<Baseline>>,
    vocabulary: Vocabulary,
    mix: Mix,
}

impl Series {
    /// A series that has been silent since `started`, when watching began.
    #[must_use]
    pub fn new(started: Bucket) -> Self {
        Self {
            started,
            now: started,
            cells: VecDeque::from([Cell::default()]),
            details: BTreeMap::new(),
            baseline: Baseline::default(),
            meanwhile: None,
            vocabulary: Vocabulary::default(),
            mix: Mix::default(),
        }
    }

    /// Moves to `bucket`, learning what grows old on the way; what was counted in stretches in which its sources were
    /// silent is not learned. `in_incident` marks the new cells, or `in_mood` while only a turn of mood is told.
    pub fn advance(&mut self, bucket: Bucket, in_incident: bool, in_mood: bool, silences: &[Stretch]) {
        let steps = bucket.0.saturating_sub(self.now.0);
        let walked = steps.min(i64::try_from(CELLS).unwrap_or(0) + i64::try_from(LEARN_AFTER).unwrap_or(0));
        for left in (0..walked).rev() {
            let old = bucket.plus(-left - LEARN_AFTER as i64);
            self.push(Cell { in_incident, in_mood, ..Cell::default() }, self.mix.rests(old, silences));
        }
        if steps > walked && !self.mix.rests(bucket, silences) {
            let silent = u32::try_from((steps - walked).min(SILENCE_MAX)).unwrap_or(0);
            self.baseline.learn_silence(silent);
        }
        if steps > 0 {
            self.now = bucket;
            self.thin_details();
        }
    }

    /// Drops details that no window reaches, once their words are learned, and keeps the older ones by five minutes.
    fn thin_details(&mut self) {
        let oldest = self.now.plus(-(LEARN_AFTER as i64));
        let kept = self.details.split_off(&oldest);
        for (bucket, partial) in std::mem::replace(&mut self.details, kept) {
            if self.cell(bucket).is_some_and(|cell| !cell.in_incident) {
                self.vocabulary.learn(bucket, &partial);
                self.mix.learn(bucket, &partial);
            }
        }
        let coarse = self.details.range(..self.now.plus(-FINE)).map(|(bucket, _)| *bucket);
        let older: Vec<Bucket> = coarse.filter(|bucket| self.detail_key(*bucket) != *bucket).collect();
        for bucket in older {
            let Some(partial) = self.details.remove(&bucket) else { continue };
            match self.details.entry(self.detail_key(bucket)) {
                Entry::Vacant(empty) => drop(empty.insert(partial)),
                Entry::Occupied(mut kept) => Arc::make_mut(kept.get_mut()).merge(&partial),
            }
        }
    }

    fn detail_key(&self, bucket: Bucket) -> Bucket {
        let fine = bucket >= self.now.plus(-FINE);
        if fine { bucket } else { Bucket(bucket.0 - bucket.0.rem_euclid(i64::from(BLOCK))) }
    }

    /// Merges what was read of one event bucket; older than the cells, it only counts towards the oldest.
    pub fn merge(&mut self, bucket: Bucket, partial: &Partial) {
        let age = usize::try_from(self.now.0.saturating_sub(bucket.0).max(0)).unwrap_or(usize::MAX);
        let place = self.cells.len().saturating_sub(1).saturating_sub(age);
        let Some(cell) = self.cells.get_mut(place) else { return };
        let add = |to: &mut u32, more: u64| *to = to.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        add(&mut cell.mentions, partial.mentions);
        add(&mut cell.negative, partial.negative);
        add(&mut cell.outage, partial.outage);
        add(&mut cell.sentiment_squares, partial.sentiment_squares);
        let percent = partial.sentiment_percent.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        let percent = i32::try_from(percent).unwrap_or(0);
        cell.sentiment_percent = cell.sentiment_percent.saturating_add(percent);
        if age <= LEARN_AFTER {
            let detail = Arc::make_mut(self.details.entry(self.detail_key(bucket)).or_default());
            detail.merge(partial);
            detail.pending.clear();
        }
    }

    /// Something begins to be told: what is counted from now on is learned apart.
    pub fn freeze(&mut self) {
        self.meanwhile = None;
    }

    /// What has lasted is usual from now on: what was learned apart is the baseline.
    pub fn adopt(&mut self) {
        if let Some(meanwhile) = self.meanwhile.take() {
            self.baseline = *meanwhile;
            for cell in &mut self.cells {
                (cell.in_incident, cell.in_mood) = (false, false);
            }
        }
    }

    /// Marks the last `buckets` cells as part of an incident: they are not learned.
    pub fn mark_incident(&mut self, buckets: usize) {
        for cell in self.cells.iter_mut().rev().take(buckets) {
            cell.in_incident = true;
        }
    }

    /// What was marked as part of an incident is none: the last `buckets` cells are learned like others.
    pub fn unmark_incident(&mut self, buckets: usize) {
        for cell in self.cells.iter_mut().rev().take(buckets) {
            (cell.in_incident, cell.in_mood) = (false, false);
        }
        self.meanwhile = None;
    }

    /// Bytes of a copy that shares its details, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.cells.len() * size_of::<Cell>() + self.details.len() * size_of::<(Bucket, usize)>() * 2
    }

    /// Seconds of history the baseline rests on.
    #[must_use]
    pub fn age_seconds(&self) -> i64 {
        self.now.0.saturating_sub(self.started.0).saturating_mul(BUCKET_SECONDS)
    }

    /// Negative share of the baseline, 0..1.
    #[must_use]
    pub fn usual_negative(&self) -> f64 {
        share(self.baseline.negative.sum(), self.baseline.mentions.sum())
    }

    /// Share of the baseline that speaks of an outage, 0..1.
    #[must_use]
    pub fn usual_outage(&self) -> f64 {
        share(self.baseline.outage.sum(), self.baseline.mentions.sum())
    }

    /// Everything known of the last `buckets` buckets, merged.
    #[must_use]
    pub fn evidence(&self, buckets: usize) -> Partial {
        let first = self.now.plus(1 - i64::try_from(buckets).unwrap_or(i64::MAX));
        let mut merged = Partial::default();
        for partial in self.details.range(first..).map(|(_, partial)| partial) {
            merged.merge(partial);
        }
        merged
    }

    /// What is known of the hour that ends with the bucket just closed, without the last `buckets` of it.
    #[must_use]
    pub fn evidence_before(&self, buckets: usize) -> Partial {
        let first = self.now.plus(1 - i64::try_from(buckets).unwrap_or(i64::MAX));
        let mut merged = Partial::default();
        for partial in self.details.range(..first).map(|(_, partial)| partial) {
            merged.merge(partial);
        }
        merged
    }

    /// What the last `buckets` buckets say more than usual, in `terms_max` terms, and typical posts of them. `reported`:
    /// as those say it who report trouble.
    #[must_use]
    pub fn said(&self, evidence: &Partial, buckets: usize, reported: bool, terms_max: usize) -> Said {
        said(evidence, &self.evidence_before(buckets), &self.vocabulary, reported, terms_max)
    }

    /// What the people of the last hour say, against what is usual.
    #[must_use]
    pub fn hour(&self) -> Hour<'_> {
        self.hour_until(self.now)
    }

    /// The same as far as it was said by the end of a bucket, which is no more than fifteen minutes past.
    #[must_use]
    pub fn hour_until(&self, last: Bucket) -> Hour<'_> {
        let first = self.now.plus(1 - LEARN_AFTER as i64);
        let details = self.details.range(first..).take_while(|(at, _)| **at <= last);
        Hour::new(details.map(|(at, partial)| (*at, &**partial)).collect(), &self.vocabulary)
    }

    /// Sums of windows of so many buckets, `step` buckets apart, as far as all of one is known; the last ends now.
    #[must_use]
    pub fn rolling(&self, buckets: usize, step: usize, counted: Counted) -> Vec<u64> {
        let of = |cell: &Cell| match counted {
            Counted::Mentions => cell.mentions,
            Counted::Reports => cell.outage,
            Counted::Negative => cell.negative,
        };
        let sum = |back: usize| self.cells.iter().rev().skip(back).take(buckets).map(|cell| u64::from(of(cell))).sum();
        let known = self.cells.len().saturating_sub(buckets.max(1));
        let mut sums: Vec<u64> = (0..=known).step_by(step.max(1)).map(sum).collect();
        sums.reverse();
        sums
    }

    /// What the series is usually made of.
    #[must_use]
    pub fn mix(&self) -> &Mix {
        &self.mix
    }

    /// Whether the last of so many buckets hold more than their share: the last third of them against half of it.
    #[must_use]
    pub fn trend(&self, buckets: usize) -> Trend {
        let third = (buckets / 3).max(1);
        let sum = |skip: usize, take: usize| -> u64 {
            self.cells.iter().rev().skip(skip).take(take).map(|cell| u64::from(cell.mentions)).sum()
        };
        let (last, before) = (sum(0, third) as f64, sum(third, 2 * third) as f64 / 2.0);
        // twice the root: two standard deviations of the difference of two Poisson counts of a like size
        let noise = 2.0 * sqrt(last + before / 2.0).max(1.0);
        if last - before > noise {
            Trend::Growing
        } else if before - last > noise {
            Trend::Fading
        } else {
            Trend::Steady
        }
    }

    /// Mentions that are usual in so many buckets.
    #[must_use]
    pub fn expected(&self, buckets: usize) -> f64 {
        self.usual() * buckets as f64
    }

    /// The first bucket of the last `buckets` in which the counts leave the usual behind.
    #[must_use]
    pub fn onset(&self, buckets: usize, expected: f64) -> Bucket {
        let usual = (expected / buckets.max(1) as f64).max(0.2);
        let length = buckets.min(self.cells.len());
        let start = self.cells.len() - length;
        for place in start..self.cells.len() {
            let ahead = self.cells.iter().skip(place).take(3);
            let sum: u32 = ahead.map(|cell| cell.mentions).sum();
            if self.cells[place].mentions > 0 && f64::from(sum) >= 3.0 * (3.0 * usual).max(1.0) {
                return self.bucket_at(place);
            }
        }
        self.bucket_at(start)
    }

    /// Judges the bucket just closed; `open` while an alert on the counts is open.
    #[must_use]
    pub fn judge(&self, open: bool, settings: &Settings) -> Judgement {
        if self.now.0.saturating_sub(self.started.0) < COLD_BUCKETS {
            return Judgement { windows: Vec::new(), reports: Vec::new(), mood: None };
        }
        let windows = VOLUME_WINDOWS.iter().map(|buckets| self.windowed(*buckets, 0, open, settings)).collect();
        Judgement { windows, reports: self.reported_windows(open, settings), mood: self.mood(settings) }
    }

    /// A window as it stood `back` buckets ago, with what was read of that time since then.
    #[must_use]
    pub fn judge_again(&self, buckets: usize, back: usize, reports: bool, settings: &Settings) -> Windowed {
        if reports {
            self.reported(buckets, back, true, settings)
        } else {
            self.windowed(buckets, back, true, settings)
        }
    }

    /// The window that ended `back` buckets ago, against the level and against the hour before it, whichever expects
    /// more. What belonged to an incident that is over is left out, or its end would be the onset of the next.
    fn windowed(&self, buckets: usize, back: usize, open: bool, settings: &Settings) -> Windowed {
        let counted = |cell: &&Cell| open || !cell.in_incident;
        let (mut observed, mut length) = (0u64, 0u32);
        for cell in self.cells.iter().rev().skip(back).take(buckets).filter(counted) {
            observed += u64::from(cell.mentions);
            length += 1;
        }
        let (mut before, mut cells) = (0u64, 0u32);
        for cell in self.cells.iter().rev().skip(back + buckets).take(LEARN_AFTER).filter(|cell| !cell.in_incident) {
            before += u64::from(cell.mentions);
            cells += 1;
        }
        let recent = if cells >= BLOCK { before as f64 / f64::from(cells) } else { 0.0 };
        let (per_bucket, known) =
            if self.usual() >= recent { (self.usual(), self.baseline.mentions.sum()) } else { (recent, before as f64) };
        let expected = (per_bucket * f64::from(length)).max(0.1);
        let mut window = Windowed { buckets, observed, expected, upper: expected, surprise: 0.0 };
        if open || (observed >= settings.floor && window.ratio() >= settings.ratio) {
            // variance = spread × mean, as a negative binomial: mean + dispersion × mean²; and the mean itself is
            // known from so many mentions only (a gamma of that shape: the predictive distribution, Gelman 2013, 2.6)
            let dispersion = (self.spread() - 1.0) / expected + 1.0 / known.max(1.0);
            window.surprise = negative_binomial_upper_tail_log10(observed, expected, dispersion);
            window.upper = upper_bound(expected, dispersion, exp10(-settings.surprise)) as f64;
        }
        window
    }

    /// Variance over mean of five-minute counts, at least 1.
    fn spread(&self) -> f64 {
        self.baseline.spread()
    }

    /// Mentions per bucket that are usual.
    fn usual(&self) -> f64 {
        self.baseline.usual()
    }

    /// The mood window that deviates most from the baseline, by its mean sentiment.
    fn mood(&self, settings: &Settings) -> Option<Mood> {
        let judged = MOOD_WINDOWS.iter().filter_map(|buckets| self.mood_of(*buckets, 0, settings));
        judged.reduce(|a, b| if b.deviations > a.deviations { b } else { a })
    }

    /// A mood window as it stood `back` buckets ago, with what was read of that time since then.
    #[must_use]
    pub fn mood_of(&self, buckets: usize, back: usize, settings: &Settings) -> Option<Mood> {
        let known = self.baseline.mentions.sum();
        if known < settings.mood_floor as f64 {
            return None;
        }
        let mean = self.baseline.sentiment.sum() / known;
        let variance = (self.baseline.sentiment_squares.sum() / known - mean * mean).max(1.0);
        let (mut mentions, mut negative, mut sentiment) = (0u64, 0u64, 0i64);
        for cell in self.cells.iter().rev().skip(back).take(buckets).filter(|cell| !cell.in_incident) {
            mentions += u64::from(cell.mentions);
            negative += u64::from(cell.negative);
            sentiment += i64::from(cell.sentiment_percent);
        }
        let n = mentions as f64;
        // both the window and the baseline are samples
        let deviation = sqrt(variance / n.max(1.0) * (1.0 + n / known));
        let effect = mean - sentiment as f64 / n.max(1.0);
        (mentions >= settings.mood_floor).then(|| Mood {
            buckets,
            mentions,
            negative,
            expected: n * self.usual_negative(),
            deviations: effect / deviation,
            effect: effect / 100.0,
        })
    }

    /// The cell of a bucket; none where it is no longer known.
    fn cell(&self, bucket: Bucket) -> Option<&Cell> {
        let age = usize::try_from(self.now.0.saturating_sub(bucket.0)).ok()?;
        self.cells.get(self.cells.len().checked_sub(1)?.checked_sub(age)?)
    }

    fn bucket_at(&self, place: usize) -> Bucket {
        let back = self.cells.len() - 1 - place;
        self.now.plus(-i64::try_from(back).unwrap_or(0))
    }

    /// Begins a cell, and learns the one that grows old, unless the baseline `rests`.
    fn push(&mut self, cell: Cell, rests: bool) {
        if self.cells.len() >= CELLS {
            self.cells.pop_front();
        }
        // room for twenty minutes at a time: doubling would leave a third of it unused in every series
        if self.cells.len() == self.cells.capacity() {
            self.cells.reserve_exact(CELLS_GROWTH.min(CELLS - self.cells.len()));
        }
        self.cells.push_back(cell);
        if let Some(place) = self.cells.len().checked_sub(1 + LEARN_AFTER) {
            let old = self.cells[place];
            if !rests {
                self.learn(old);
            }
        }
    }

    /// A cell that is an hour old. What is told at that time teaches nothing that counts before it has lasted.
    fn learn(&mut self, cell: Cell) {
        if cell.in_incident || cell.in_mood {
            self.meanwhile.get_or_insert_default().learn(&cell);
        } else {
            self.baseline.learn(&cell);
        }
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(mentions: u64) -> Partial {
        Partial { mentions, ..Partial::default() }
    }

    /// A series that saw `usual` mentions a bucket for `buckets`.
    fn steady(usual: u64, buckets: i64) -> Series {
        let mut series = Series::new(Bucket(0));
        for bucket in 1..=buckets {
            series.advance(Bucket(bucket), false, false, &[]);
            series.merge(Bucket(bucket), &partial(usual));
        }
        series
    }

    fn five_minutes(series: &Series) -> Windowed {
        series.judge(false, &Settings::default()).windows[1]
    }

    #[test]
    fn a_young_series_is_not_judged() {
        assert!(steady(5, 719).judge(false, &Settings::default()).windows.is_empty());
        assert_eq!(steady(5, 720).judge(false, &Settings::default()).windows.len(), VOLUME_WINDOWS.len());
    }

    #[test]
    fn the_usual_is_expected_and_a_burst_surprises() {
        let mut series = steady(2, 1500);
        let usual = five_minutes(&series);
        assert!((usual.expected - 60.0).abs() < 1.0 && usual.observed == 60, "{usual:?}");
        series.merge(Bucket(1500), &partial(100));
        let burst = five_minutes(&series);
        assert!(burst.observed == 160 && burst.surprise > 8.0 && burst.upper < 120.0, "{burst:?}");
        assert!((burst.expected - usual.expected).abs() < 1e-9, "a burst is not its own baseline");
    }

    #[test]
    fn what_belongs_to_an_incident_is_not_learned_nor_judged_again() {
        let mut series = steady(2, 1500);
        for bucket in 1501..=1600 {
            series.advance(Bucket(bucket), true, false, &[]);
            series.merge(Bucket(bucket), &partial(50));
        }
        assert_eq!(series.judge(true, &Settings::default()).windows[1].observed, 1500);
        assert_eq!(five_minutes(&series).observed, 0, "an incident that is over is left out");
        for bucket in 1601..=2100 {
            series.advance(Bucket(bucket), false, false, &[]);
            series.merge(Bucket(bucket), &partial(2));
        }
        assert!((five_minutes(&series).expected - 60.0).abs() < 2.0);
    }

    #[test]
    fn what_is_told_is_learned_apart_and_may_be_adopted() {
        for (in_incident, in_mood) in [(true, false), (false, true)] {
            let mut series = steady(2, 1500);
            series.freeze();
            for bucket in 1501..=6000 {
                series.advance(Bucket(bucket), in_incident, in_mood, &[]);
                series.merge(Bucket(bucket), &partial(8));
            }
            assert!((series.expected(30) - 60.0).abs() < 0.1, "however long: {}", series.expected(30));
            series.adopt();
            assert!((series.expected(30) - 240.0).abs() < 1.0, "{}", series.expected(30));
            let calm = five_minutes(&series);
            assert!(calm.observed == 240 && calm.surprise < 1.0, "{calm:?}");
            series.adopt();
            assert!((series.expected(30) - 240.0).abs() < 1.0, "there is nothing more to adopt");
        }
    }

    #[test]
    fn a_long_silence_is_learned_at_once() {
        let mut at_once = steady(2, 1500);
        let mut one_by_one = at_once.clone();
        at_once.advance(Bucket(5000), false, false, &[]);
        for bucket in 1501..=5000 {
            one_by_one.advance(Bucket(bucket), false, false, &[]);
        }
        let (a, b) = (five_minutes(&at_once).expected, five_minutes(&one_by_one).expected);
        assert!((a - b).abs() < 1e-6 && a < 45.0, "{a} {b}");
        at_once.advance(Bucket(i64::MAX / 2), false, false, &[]);
        assert_eq!(five_minutes(&at_once).observed, 0, "however long");
    }

    #[test]
    fn the_baseline_rests_while_a_source_it_lives_on_is_silent() {
        use crate::mention::Platform;
        let of = |platform, mentions| {
            let platforms = BTreeMap::from([(platform, mentions)]);
            Partial { mentions, platforms, ..Partial::default() }
        };
        // three days of four posts a bucket, three of them on X, which is silent on the fourth
        let day = |series: &mut Series, day: i64, silences: &[Stretch]| {
            for bucket in day * 8_640 + 1..=(day + 1) * 8_640 {
                series.advance(Bucket(bucket), false, false, silences);
                series.merge(Bucket(bucket), &of(Platform::Reddit, 1));
                if day != 3 {
                    series.merge(Bucket(bucket), &of(Platform::X, 3));
                }
            }
        };
        let mut resting = Series::new(Bucket(0));
        (0..3).for_each(|number| day(&mut resting, number, &[]));
        let mut learning = resting.clone();
        let silences = [Stretch { platform: Platform::X, since: Bucket(3 * 8_640 + 1), until: None }];
        day(&mut resting, 3, &silences);
        day(&mut learning, 3, &[]);
        let (rested, learned) = (resting.expected(30), learning.expected(30));
        assert!((rested - 120.0).abs() < 1.0 && learned < 80.0, "{rested} {learned}");
        let over = [Stretch { until: Some(Bucket(4 * 8_640)), ..silences[0] }];
        day(&mut resting, 4, &over);
        assert!(resting.judge(false, &Settings::default()).windows.iter().all(|window| window.surprise < 3.0));
    }

    #[test]
    fn late_posts_count_where_they_belong() {
        let mut series = steady(2, 1500);
        series.merge(Bucket(1490), &partial(7));
        series.merge(Bucket(-9_000_000), &partial(1000));
        assert_eq!(five_minutes(&series).observed, 67);
    }

    #[test]
    fn a_series_holds_no_more_cells_than_it_needs() {
        let mut series = steady(2, 1500);
        for _ in 0..2 {
            assert_eq!((series.cells.len(), series.cells.capacity()), (CELLS, CELLS));
            // a copy has no room to spare: the next cell must not double it
            series = series.clone();
            series.advance(series.now.plus(3), false, false, &[]);
        }
        assert_eq!((series.cells.len(), series.cells.capacity()), (CELLS, CELLS));
    }

    #[test]
    fn evidence_reaches_back_an_hour() {
        let series = steady(2, 1500);
        assert_eq!(series.evidence(30).mentions, 60);
        assert_eq!(series.evidence(90).mentions, 180);
        let hour = series.evidence(360).mentions;
        assert!((660..=720).contains(&hour), "whole five minutes only, got {hour}");
    }
}
