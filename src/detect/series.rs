//! One query's counts over event time, its baseline, and the judgement whether now is unusual.
//!
//! Why so: the level is an exponentially weighted mean that learns a bucket only once it is an hour old and never
//! one that belongs to an incident, so a burst is not its own baseline; the hour before the window is a second
//! expectation, and the larger of the two counts, so a Monday morning is not an outage. Everything is walked in the
//! order of buckets, so the floats are the same on every replay.

mod baseline;
mod cells;
mod details;
mod post;
mod reports;
mod talk;

use super::poisson::{negative_binomial_upper_tail_log10, upper_bound};
use super::{BUCKET_SECONDS, Bucket, Hour, Mix, Partial, Said, Stretch, Vocabulary, said};
use baseline::Baseline;
use cells::{Alike, CELLS, Cells, Counts, Sums, Told};
use details::Details;
use libm::{exp10, sqrt};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use talk::Talk;

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
/// What a series has to say before anything was learned.
static NO_TALK: Talk = Talk::NONE;
/// A quiet series counted something in so many of the buckets it knows, at most.
const QUIET_CELLS: usize = 4;
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

/// Details of an hour, read.
#[derive(Debug)]
pub struct LastHour<'a> {
    details: Vec<(Bucket, Arc<Partial>)>,
    usual: &'a Vocabulary,
}

impl LastHour<'_> {
    /// What people say in it, against what is usual.
    #[must_use]
    pub fn heard(&self) -> Hour<'_> {
        Hour::new(self.details.iter().map(|(at, partial)| (*at, &**partial)).collect(), self.usual)
    }
}

/// Counts, details and baseline of one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    started: Bucket,
    now: Bucket,
    cells: Cells,
    details: Details,
    baseline: Baseline,
    /// What would be usual if what is told now never ended.
    meanwhile: Option<Box<Baseline>>,
    /// None while nothing was learned, as in most series.
    talk: Option<Box<Talk>>,
}

impl Series {
    /// A series that has been silent since `started`, when watching began.
    #[must_use]
    pub fn new(started: Bucket) -> Self {
        Self {
            started,
            now: started,
            cells: Cells::new(),
            details: Details::default(),
            baseline: Baseline::default(),
            meanwhile: None,
            talk: None,
        }
    }

    /// Becomes the series that these bytes begin with, in the room it has, as if read from them; what follows. One that
    /// cannot be read leaves a series of no meaning.
    ///
    /// # Errors
    /// When they are none.
    pub fn unpack<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], postcard::Error> {
        let Self { started, now, cells, details, baseline, meanwhile, talk } = self;
        ((*started, *now), bytes) = postcard::take_from_bytes(bytes)?;
        bytes = details.unpack(cells.unpack(bytes)?)?;
        ((*baseline, *meanwhile, *talk), bytes) = postcard::take_from_bytes(bytes)?;
        Ok(bytes)
    }

    /// Moves to `bucket`, learning what grows old on the way; what was counted in stretches in which its sources were
    /// silent is not learned. `in_incident` marks the new cells, or `in_mood` while only a turn of mood is told.
    pub fn advance(&mut self, bucket: Bucket, in_incident: bool, in_mood: bool, silences: &[Stretch]) {
        let steps = bucket.0.saturating_sub(self.now.0);
        if steps <= 0 {
            return;
        }
        let walked = usize::try_from(steps).unwrap_or(usize::MAX).min(CELLS + LEARN_AFTER);
        self.now = bucket;
        self.cells.begin(walked, Told { incident: in_incident, mood: in_mood });
        self.learn(walked, silences);
        self.cells.cut();
        let passed_over = steps.saturating_sub(i64::try_from(walked).unwrap_or(0)).min(SILENCE_MAX);
        if passed_over > 0 && !self.mix().rests(bucket, silences) {
            self.baseline.learn_silence(u32::try_from(passed_over).unwrap_or(0));
        }
        self.thin_details();
    }

    /// Learns the cells that have come to be an hour old within the last `walked` buckets. What was told at their time
    /// teaches nothing that counts before it has lasted.
    fn learn(&mut self, walked: usize, silences: &[Stretch]) {
        let Self { now, cells, baseline, meanwhile, talk, .. } = self;
        let mix = &usual_talk(talk.as_deref()).mix;
        let rests = |age: &usize| mix.rests(now.plus(-i64::try_from(*age).unwrap_or(0)), silences);
        for Alike { ages, counts, told } in cells.alike(LEARN_AFTER, walked) {
            let learned = if silences.is_empty() { ages.len() } else { ages.filter(|age| !rests(age)).count() };
            if told == Told::NOTHING {
                baseline.learn(&counts, learned);
            } else if learned > 0 {
                meanwhile.get_or_insert_default().learn(&counts, learned);
            }
        }
    }

    /// Drops details that no window reaches, once their words are learned, and keeps the older ones by five minutes.
    fn thin_details(&mut self) {
        let Self { now, cells, details, talk, .. } = self;
        for (bucket, detail) in details.take_before(now.plus(-(LEARN_AFTER as i64))) {
            if age_of(bucket, *now, cells).is_some_and(|age| !cells.told(age).incident) {
                detail.teach(bucket, talk.get_or_insert_with(|| Box::new(Talk::NONE)));
            }
        }
        details.thin(*now);
    }

    /// Nothing was counted for so long that no detail has a cell any more.
    #[must_use]
    pub fn is_still(&self, closed: Bucket) -> bool {
        Self::is_still_since(self.now, closed)
    }

    /// The same of a series that moved to `now` last.
    #[must_use]
    pub fn is_still_since(now: Bucket, closed: Bucket) -> bool {
        now < stale(closed)
    }

    /// So little was said lately that its state is read and written faster than it is kept.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.cells.counted() <= QUIET_CELLS && self.details.are_few()
    }

    /// Whether details are kept that nothing will read any more.
    #[must_use]
    pub fn has_stale(&self, closed: Bucket) -> bool {
        self.details.oldest().is_some_and(|oldest| oldest < stale(closed))
    }

    /// Drops them. Whatever comes next, it moves the series beyond `closed`: they would go unlearned then.
    pub fn drop_stale(&mut self, closed: Bucket) {
        self.details.take_before(stale(closed)).for_each(drop);
        self.details.fit();
    }

    /// Merges what was read of one event bucket; older than the cells, it only counts towards the oldest.
    pub fn merge(&mut self, bucket: Bucket, partial: &Partial) {
        let age = usize::try_from(self.now.0.saturating_sub(bucket.0).max(0)).unwrap_or(usize::MAX);
        self.cells.add(age, &Counts::of(partial));
        if age <= LEARN_AFTER {
            self.details.merge(bucket, self.now, partial);
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
            self.cells.tell(CELLS, |told| *told = Told::NOTHING);
        }
    }

    /// Marks the last `buckets` cells as part of an incident: they are not learned.
    pub fn mark_incident(&mut self, buckets: usize) {
        self.cells.tell(buckets, |told| told.incident = true);
    }

    /// What was marked as part of an incident is none: the last `buckets` cells are learned like others.
    pub fn unmark_incident(&mut self, buckets: usize) {
        self.cells.tell(buckets, |told| *told = Told::NOTHING);
        self.meanwhile = None;
    }

    /// Bytes of a copy that shares its details, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.cells.weight() + self.details.weight() + self.talk.as_deref().map_or(0, Talk::weight)
    }

    /// Seconds of history the baseline rests on.
    #[must_use]
    pub fn age_seconds(&self) -> i64 {
        self.now.0.saturating_sub(self.started.0).saturating_mul(BUCKET_SECONDS)
    }

    /// Negative share of the baseline, 0..1.
    #[must_use]
    pub fn usual_negative(&self) -> f64 {
        share(self.baseline.negative, self.baseline.mentions)
    }

    /// Share of the baseline that speaks of an outage, 0..1.
    #[must_use]
    pub fn usual_outage(&self) -> f64 {
        share(self.baseline.outage, self.baseline.mentions)
    }

    /// Everything known of the last `buckets` buckets, merged.
    #[must_use]
    pub fn evidence(&self, buckets: usize) -> Partial {
        let first = self.now.plus(1 - i64::try_from(buckets).unwrap_or(i64::MAX));
        let mut merged = Partial::default();
        for (_, partial) in self.details.since(first) {
            merged.merge(&partial);
        }
        merged
    }

    /// What is known of the hour that ends with the bucket just closed, without the last `buckets` of it.
    #[must_use]
    pub fn evidence_before(&self, buckets: usize) -> Partial {
        let first = self.now.plus(1 - i64::try_from(buckets).unwrap_or(i64::MAX));
        let mut merged = Partial::default();
        for partial in self.details.before(first) {
            merged.merge(&partial);
        }
        merged
    }

    /// What the last `buckets` buckets say more than usual, in `terms_max` terms, and typical posts of them. `reported`:
    /// as those say it who report trouble.
    #[must_use]
    pub fn said(&self, evidence: &Partial, buckets: usize, reported: bool, terms_max: usize) -> Said {
        said(evidence, &self.evidence_before(buckets), self.vocabulary(), reported, terms_max)
    }

    /// Mentions of the last hour: no more people were heard in it.
    #[must_use]
    pub fn counted_in_hour(&self) -> u64 {
        self.cells.sums(0, LEARN_AFTER, true).mentions
    }

    /// What is known of the last hour.
    #[must_use]
    pub fn last_hour(&self) -> LastHour<'_> {
        self.last_hour_until(self.now)
    }

    /// The same as far as it was said by the end of a bucket, which is no more than fifteen minutes past.
    #[must_use]
    pub fn last_hour_until(&self, last: Bucket) -> LastHour<'_> {
        let first = self.now.plus(1 - LEARN_AFTER as i64);
        let details = self.details.since(first).take_while(|(at, _)| *at <= last).collect();
        LastHour { details, usual: self.vocabulary() }
    }

    /// Sums of windows of so many buckets, `step` buckets apart, as far as all of one is known; the last ends now.
    #[must_use]
    pub fn rolling(&self, buckets: usize, step: usize, counted: Counted) -> Vec<u64> {
        let of = |sums: Sums| match counted {
            Counted::Mentions => sums.mentions,
            Counted::Reports => sums.reports,
            Counted::Negative => sums.negative,
        };
        let known = self.cells.len().saturating_sub(buckets.max(1));
        let back = (0..=known).step_by(step.max(1));
        let mut sums: Vec<u64> = back.map(|back| of(self.cells.sums(back, buckets, true))).collect();
        sums.reverse();
        sums
    }

    /// What the series is usually made of.
    #[must_use]
    pub fn mix(&self) -> &Mix {
        &usual_talk(self.talk.as_deref()).mix
    }

    fn vocabulary(&self) -> &Vocabulary {
        &usual_talk(self.talk.as_deref()).vocabulary
    }

    /// Whether the last of so many buckets hold more than their share: the last third of them against half of it.
    #[must_use]
    pub fn trend(&self, buckets: usize) -> Trend {
        let third = (buckets / 3).max(1);
        let sum = |back: usize, cells: usize| self.cells.sums(back, cells, true).mentions;
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
        for (age, _) in self.cells.filled(0, buckets).filter(|(_, counts)| counts.mentions > 0) {
            let ahead = self.cells.sums((age + 1).saturating_sub(3), 3.min(age + 1), true).mentions;
            if ahead as f64 >= 3.0 * (3.0 * usual).max(1.0) {
                return self.bucket_of(age);
            }
        }
        self.first_of(buckets)
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
        let Sums { mentions: observed, cells: length, .. } = self.cells.sums(back, buckets, open);
        let Sums { mentions: before, cells, .. } = self.cells.sums(back.saturating_add(buckets), LEARN_AFTER, false);
        let recent = if cells >= BLOCK { before as f64 / f64::from(cells) } else { 0.0 };
        let (per_bucket, known) =
            if self.usual() >= recent { (self.usual(), self.baseline.mentions) } else { (recent, before as f64) };
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
        let known = self.baseline.mentions;
        if known < settings.mood_floor as f64 {
            return None;
        }
        let mean = self.baseline.sentiment / known;
        let variance = (self.baseline.sentiment_squares / known - mean * mean).max(1.0);
        let Sums { mentions, negative, sentiment, .. } = self.cells.sums(back, buckets, false);
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

    fn bucket_of(&self, age: usize) -> Bucket {
        self.now.plus(-i64::try_from(age).unwrap_or(0))
    }

    /// The first of the last `buckets` buckets, as far as they are known; after the last where there are none.
    fn first_of(&self, buckets: usize) -> Bucket {
        self.bucket_of(buckets.min(self.cells.len())).plus(1)
    }
}

/// What was learned of what is said.
fn usual_talk(talk: Option<&Talk>) -> &Talk {
    talk.unwrap_or(&NO_TALK)
}

/// The age of a bucket's cell; none where it is not known, or no longer.
fn age_of(bucket: Bucket, now: Bucket, cells: &Cells) -> Option<usize> {
    let age = usize::try_from(now.0.saturating_sub(bucket.0)).ok()?;
    (age < cells.len()).then_some(age)
}

/// What is older than this has no cell any more once a later bucket is counted.
fn stale(closed: Bucket) -> Bucket {
    closed.plus(-(CELLS as i64))
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests;
