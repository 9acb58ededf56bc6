//! The lifecycle: quiet → onset → open → resolved, with hysteresis, so that one event is one alert.
//!
//! A refractory step is worth more than any choice of statistic (DETECTION.md, lesson 1): it opens on two of three
//! evaluations, closes only after the counts were calm for a while, and what follows soon after belongs to the same alert.

use super::incident::{Slot, gravity};
use super::{AlertKind, AlertState, Beside, Suppressed, Topics};
use crate::detect::{Bucket, Judgement, Mood, Partial, Settings, Windowed};
use crate::mention::hash64;
use crate::route::Severity;
use serde::{Deserialize, Serialize};

/// Evaluations in a row without reaching half of the bound, before an alert is resolved.
const CALM_EVALUATIONS: u32 = 18;
/// A rise that fits no kind opens as a plain spike after so many buckets (two minutes): kinds come first.
const PLAIN_AFTER: i64 = 12;
/// A window of fewer buckets (five minutes) asks for so many times the floor: it takes that many posts to tell a crowd
/// from a dozen accounts.
const SUDDEN_BELOW: usize = 30;
const SUDDEN_FLOORS: u64 = 3;
/// After an alert, a new rise on the same query belongs to it for so many buckets (one hour), whatever its kind.
const SAME_EVENT: i64 = 360;
/// For so many buckets (24 h) a rise of the same kind reopens the alert, or is left alone where it is no stronger.
const REFRACTORY: i64 = 8640;
/// A rise in refractory time must be this much stronger than the last one.
const STRONGER: f64 = 1.5;
/// An open alert is updated when its window has grown by this factor.
const GROWTH: f64 = 2.0;
/// So much more surprise than asked for is enough at once.
const SURE: f64 = 2.0;
/// A change of mood must hold for so many buckets (half a minute) before it is told.
const MOOD_HOLDS: i64 = 3;
/// While the counts are unusual, too, it waits for so many (half an hour): what they tell comes first.
const MOOD_WAITS: i64 = 180;

/// For so many buckets (15 min) after it opened an outage may turn out to be the work of a few accounts.
const FEW_SHOW_WITHIN: i64 = 90;
/// So many times as many people as those few are a crowd of its own.
const CROWD_OF_FEW: u64 = 2;

/// So many times as long as a window must an episode be open for that window to say when it is over: what lasted for hours
/// is not over in three quiet minutes.
const LASTS_FOR: i64 = 6;
/// An outage or a viral thread that is open for so many buckets (seven days) is usual from then on. No crisis is to become
/// so, a new level must; and a week holds each hour of the week once, so that what is taken over is the whole of it.
const LASTING_IS_USUAL_AFTER: i64 = 60_480;
/// The same of every other kind: a day.
const USUAL_AFTER: i64 = 8640;

/// What the pack says about alerts of one kind on one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Who owns the alert.
    pub team: String,
    /// How severe at least.
    pub severity: Severity,
    /// Minutes to take it; none where nobody is woken.
    pub ack_minutes: Option<i64>,
    /// What happens when nobody takes it.
    pub next_step: Option<String>,
    /// Approved wording.
    pub reply: Option<String>,
}

/// One event on one query, from its onset until it can no longer be reopened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Id of the alert.
    pub alert_id: String,
    /// Id of the incident.
    pub incident_id: String,
    /// Its kind, fixed at the onset, save that it may turn out to be graver, or the work of a few.
    pub kind: AlertKind,
    /// First unusual bucket.
    pub onset: Bucket,
    /// The same of its present opening: later where it was reopened.
    pub since: Bucket,
    /// Severity last told.
    pub severity: Severity,
    /// Window that decided, in buckets.
    pub buckets: u32,
    /// Largest count told.
    pub told: u64,
    /// Expected where that was counted.
    pub expected: f64,
    /// It was found by its reports, so what it counts are reports.
    pub reports: bool,
    /// Evaluations in a row that were calm.
    calm: u32,
    /// When it was resolved or withdrawn; none while open.
    pub closed: Option<Bucket>,
    /// It turned out to be none, and by whom: what comes after it opens anew.
    pub withdrawn: Option<Withdrawal>,
    /// What its present opening was decided on, where that was a window of counts or of mood.
    pub opening: Option<Opening>,
    /// The query whose alert leads the incident it belongs to; none where it is told itself.
    pub led_by: Option<String>,
    /// People behind it when it opened.
    pub people: u64,
    /// People were told of its present opening.
    pub known: bool,
    /// Why they were not told of what last called them; none where they were.
    pub untold: Option<Suppressed>,
    /// When its present opening became a crisis.
    pub crisis: Option<Bucket>,
    /// It turned out to be the work of a few: people there were then.
    pub few: Option<u64>,
}

/// Why an alert was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Withdrawal {
    /// What was read later puts it right.
    PutRight,
    /// A person says so: while it lasts it is left alone.
    FalseAlarm,
}

/// The window that opened an alert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The bucket that decided.
    pub at: Bucket,
    /// The kind it opened as.
    pub kind: AlertKind,
    /// Length of the window, in buckets.
    pub buckets: u32,
    /// Expected in it.
    pub expected: f64,
    /// It counted reports of trouble, not mentions.
    pub reports: bool,
}

impl Opening {
    fn of(at: Bucket, kind: AlertKind, rise: &Rise) -> Self {
        let buckets = u32::try_from(rise.window.buckets).unwrap_or(u32::MAX);
        Self { at, kind, buckets, expected: rise.window.expected, reports: rise.reports }
    }

    fn of_mood(at: Bucket, shift: &Mood) -> Self {
        let buckets = u32::try_from(shift.buckets).unwrap_or(u32::MAX);
        Self { at, kind: AlertKind::SentimentShift, buckets, expected: shift.expected, reports: false }
    }
}

impl Episode {
    pub(super) fn new(query: &str, kind: AlertKind, onset: Bucket, severity: Severity) -> Self {
        let bucket = onset.0.to_string();
        Self {
            alert_id: format!("alert-{:016x}", hash64(&[query, kind.as_str(), &bucket])),
            incident_id: format!("incident-{:016x}", hash64(&[query, &bucket])),
            kind,
            onset,
            since: onset,
            severity,
            buckets: 0,
            told: 0,
            expected: 0.0,
            reports: false,
            calm: 0,
            closed: None,
            withdrawn: None,
            opening: None,
            led_by: None,
            people: 0,
            known: false,
            untold: None,
            crisis: None,
            few: None,
        }
    }

    /// The same alert, open again since then.
    pub(super) fn again(self, since: Bucket) -> Self {
        Self { since, closed: None, calm: 0, ..self }
    }

    /// Counts evaluations in a row that are calm; true once there are so many.
    pub(super) fn is_calm_for(&mut self, calm: bool, evaluations: u32) -> bool {
        self.calm = if calm { self.calm.saturating_add(1) } else { 0 };
        self.calm >= evaluations
    }

    /// From now on this window and its count stand for it.
    fn count(&mut self, window: &Windowed, reports: bool) {
        self.buckets = u32::try_from(window.buckets).unwrap_or(u32::MAX);
        (self.told, self.expected) = (window.observed, window.expected);
        self.reports = reports;
    }

    /// Longest window that says when it is over: the one that stands for it, or longer ones as it lasts; five minutes at
    /// least, or what came at once would be over at once.
    fn reach(&self, at: Bucket) -> usize {
        let by_age = at.0.saturating_sub(self.since.0) / LASTS_FOR;
        usize::try_from(by_age.max(i64::from(self.buckets))).unwrap_or(0).max(SUDDEN_BELOW)
    }

    /// The windows of what it counts, up to so long a one.
    fn windows<'a>(&self, judgement: &'a Judgement, buckets: usize) -> impl Iterator<Item = &'a Windowed> {
        let windows = if self.reports { &judgement.reports } else { &judgement.windows };
        windows.iter().filter(move |window| window.buckets <= buckets)
    }

    /// Days after which it is usual, once it has lasted as long.
    #[must_use]
    pub fn outlasted_days(&self, at: Bucket) -> Option<i64> {
        let lasting = matches!(self.kind, AlertKind::Outage | AlertKind::Viral);
        let most = if lasting { LASTING_IS_USUAL_AFTER } else { USUAL_AFTER };
        (at.0.saturating_sub(self.since.0) >= most).then_some(most / USUAL_AFTER)
    }

    /// The window that stands for it.
    #[must_use]
    pub fn window(&self, judgement: &Judgement) -> Option<Windowed> {
        let buckets = usize::try_from(self.buckets).unwrap_or(usize::MAX);
        self.windows(judgement, buckets).find(|window| window.buckets == buckets).copied()
    }

    /// What began as copies or as plain volume turns out to be graver: the same event all the same.
    fn turns_into(&self, kind: AlertKind) -> bool {
        gravity(kind) > gravity(self.kind)
    }

    /// The same by this rise: what is known to be the work of a few only a crowd beyond them makes graver.
    fn is_made_graver(&self, kind: AlertKind, rise: &Rise) -> bool {
        self.turns_into(kind) && self.few.is_none_or(|few| rise.people >= CROWD_OF_FEW * few)
    }

    /// The kind a rise turns it into: a graver one, or amplification where what began like an outage turns out to be the
    /// work of a few.
    fn turned_by(&self, at: Bucket, rise: &Rise) -> Option<AlertKind> {
        let kind = rise.kind?;
        let is_young = at.0.saturating_sub(self.since.0) < FEW_SHOW_WITHIN;
        let is_fewer = self.kind == AlertKind::Outage && kind == AlertKind::Amplification && rise.by_few;
        let turns = self.is_made_graver(kind, rise) || (is_fewer && is_young && self.few.is_none());
        turns.then_some(kind)
    }

    fn turn(&mut self, kind: AlertKind, rise: &Rise) {
        self.few = (!self.turns_into(kind)).then_some(rise.people).or(self.few);
        self.kind = kind;
        self.severity = self.severity.min(rise.severity);
        self.calm = 0;
        self.count(&rise.window, rise.reports);
    }

    /// A person has called it a false alarm and it goes on: notes that it does. What is graver is another matter.
    fn is_dismissed(&mut self, at: Bucket, kind: AlertKind) -> bool {
        let lately = self.closed.is_some_and(|closed| at.0.saturating_sub(closed.0) < SAME_EVENT);
        let dismissed = lately && self.withdrawn == Some(Withdrawal::FalseAlarm) && !self.turns_into(kind);
        if dismissed {
            self.closed = Some(at);
        }
        dismissed
    }

    /// True from opened to resolved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

/// A step in the life of an alert that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The state it comes to.
    pub state: AlertState,
    /// True for the alert on mood, false for the alert on counts.
    pub mood: bool,
}

/// What one evaluation of the counts found.
#[derive(Debug, Clone, PartialEq)]
pub struct Rise {
    /// The window that deviates most.
    pub window: Windowed,
    /// The kind its evidence speaks for.
    pub kind: Option<AlertKind>,
    /// Its first unusual bucket.
    pub onset: Bucket,
    /// How severe.
    pub severity: Severity,
    /// The window counts reports of trouble, not mentions.
    pub reports: bool,
    /// People behind it.
    pub people: u64,
    /// They are few for all they say.
    pub by_few: bool,
}

/// The alerts of one query. Most queries have none, so an episode costs a pointer before there is one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tracker {
    /// Alert on counts: outage, viral, amplification or spike.
    pub volume: Option<Box<Episode>>,
    /// Alert on mood.
    pub mood: Option<Box<Episode>>,
    /// Last three evaluations, newest first.
    hits: [bool; 3],
    /// The last evaluation found reports of trouble that have risen.
    reports_rise: bool,
    /// The alert on new topics.
    pub topics: Topics,
    /// Since when the counts have been unusual.
    hot_since: Option<Bucket>,
    /// Since when the mood has been unusual.
    mood_since: Option<Bucket>,
}

impl Tracker {
    /// What an alert on a new topic stands beside.
    #[must_use]
    pub fn beside(&self, at: Bucket) -> Beside {
        let lately = |closed: Bucket| at.0.saturating_sub(closed.0) < SAME_EVENT;
        let told = self.volume.as_ref().filter(|episode| episode.withdrawn.is_none());
        let explained = told.is_some_and(|episode| episode.closed.is_none_or(lately));
        Beside { explained, unusual: self.hot_since.is_some() }
    }

    /// True while the alert on counts is open.
    #[must_use]
    pub fn volume_open(&self) -> bool {
        self.volume.as_deref().is_some_and(Episode::is_open)
    }

    /// How many buckets back a window may reach: what belongs to an episode of counts that is over speaks of nothing new.
    #[must_use]
    pub fn free_buckets(&self, now: Bucket) -> usize {
        // what somebody called a false alarm happened all the same; what was put right did not
        let happened = |episode: &&Episode| episode.withdrawn != Some(Withdrawal::PutRight);
        let closed = self.volume.as_deref().filter(happened).and_then(|episode| episode.closed);
        closed.map_or(usize::MAX, |closed| usize::try_from(now.0.saturating_sub(closed.0)).unwrap_or(0))
    }

    /// Where the open alert of that id stands.
    #[must_use]
    pub fn open_slot(&self, alert_id: &str) -> Option<Slot> {
        let is_meant = |episode: &&Episode| episode.is_open() && episode.alert_id == alert_id;
        [Slot::Counts, Slot::Mood, Slot::Topic].into_iter().find(|slot| self.slot(*slot).filter(is_meant).is_some())
    }

    /// One of the alerts.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> Option<&Episode> {
        match slot {
            Slot::Counts => self.volume.as_deref(),
            Slot::Mood => self.mood.as_deref(),
            Slot::Topic => self.topics.episode(),
        }
    }

    /// The open alert of a slot turns out to be none. False where none is open.
    pub fn withdraw(&mut self, slot: Slot, at: Bucket, by: Withdrawal) -> bool {
        let Some(episode) = self.slot_mut(slot).filter(|episode| episode.is_open()) else { return false };
        (episode.closed, episode.withdrawn) = (Some(at), Some(by));
        if slot == Slot::Counts {
            (self.hits, self.reports_rise, self.hot_since) = ([false; 3], false, None);
        }
        true
    }

    /// The same, to be changed.
    pub fn slot_mut(&mut self, slot: Slot) -> Option<&mut Episode> {
        match slot {
            Slot::Counts => self.volume.as_deref_mut(),
            Slot::Mood => self.mood.as_deref_mut(),
            Slot::Topic => self.topics.episode_mut(),
        }
    }

    /// Whether what is counted in this bucket teaches nothing yet: in an incident, in a turn of mood.
    #[must_use]
    pub fn frozen(&self, at: Bucket) -> (bool, bool) {
        let frozen = |episode: &Option<Box<Episode>>| {
            episode.as_ref().is_some_and(|episode| episode.is_open() && episode.outlasted_days(at).is_none())
        };
        (frozen(&self.volume), frozen(&self.mood))
    }

    /// True where reports of trouble have risen and are not told yet: the next bucket decides, whether or not posts come.
    /// Mere volume may wait for the next post.
    #[must_use]
    pub fn is_suspected(&self) -> bool {
        self.reports_rise && !self.volume_open()
    }

    /// True where an alert was told, or withheld, whether it is over or not.
    #[must_use]
    pub fn has_told(&self) -> bool {
        Slot::ALL.into_iter().any(|slot| self.slot(slot).is_some())
    }

    /// True while any alert is open: time alone may then change something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.volume_open() || self.mood.as_deref().is_some_and(Episode::is_open) || self.topics.is_open()
    }

    /// Takes one evaluation of the counts. `held`: other series of its incident are open, so it is not over.
    pub fn step_volume(
        &mut self,
        query: &str,
        at: Bucket,
        judgement: &Judgement,
        rise: Option<&Rise>,
        settings: &Settings,
        held: bool,
    ) -> Option<Transition> {
        self.hits = [rise.is_some(), self.hits[0], self.hits[1]];
        self.reports_rise = rise.is_some_and(|rise| rise.reports);
        let told = |state| Some(Transition { state, mood: false });
        if self.volume_open() {
            return self.follow_volume(at, judgement, rise, settings.surprise, held).and_then(told);
        }
        let Some(rise) = rise else {
            if !self.hits.contains(&true) {
                self.hot_since = None;
            }
            return None;
        };
        let hot_since = *self.hot_since.get_or_insert(at);
        let sure = rise.window.surprise >= settings.surprise + SURE;
        if !sure && self.hits.iter().filter(|hit| **hit).count() < 2 {
            return None;
        }
        let waited = at.0.saturating_sub(hot_since.0) >= PLAIN_AFTER;
        let kind = rise.kind.or(waited.then_some(AlertKind::Spike))?;
        self.hot_since = None;
        self.open_volume(query, at, kind, rise).and_then(told)
    }

    /// Opens a new alert, or the last one again where this still belongs to it.
    fn open_volume(&mut self, query: &str, at: Bucket, kind: AlertKind, rise: &Rise) -> Option<AlertState> {
        let observed = rise.window.observed;
        let opening = Some(Opening::of(at, kind, rise));
        if self.volume.as_mut().is_some_and(|last| last.is_dismissed(at, kind)) {
            return None;
        }
        if let Some(last) = self.volume.as_mut().filter(|last| last.withdrawn.is_none())
            && let Some(closed) = last.closed
        {
            let since = at.0.saturating_sub(closed.0);
            let lasting = matches!(last.kind, AlertKind::Outage | AlertKind::Viral);
            let stronger = observed as f64 >= STRONGER * last.told as f64;
            if since < SAME_EVENT || (since < REFRACTORY && last.kind == kind) {
                let graver = last.is_made_graver(kind, rise);
                if !lasting && !stronger && !graver {
                    return None;
                }
                last.closed = None;
                last.calm = 0;
                (last.since, last.opening) = (rise.onset, opening);
                last.kind = if graver { kind } else { last.kind };
                last.severity = last.severity.min(rise.severity);
                let told = last.told;
                let same = last.reports == rise.reports;
                last.count(&rise.window, rise.reports);
                last.told = if same { told.max(observed) } else { observed };
                return Some(AlertState::Reopened);
            }
        }
        let mut episode = Episode { opening, ..Episode::new(query, kind, rise.onset, rise.severity) };
        episode.count(&rise.window, rise.reports);
        self.volume = Some(Box::new(episode));
        Some(AlertState::Opened)
    }

    /// Follows an open alert on counts: growth is told, calm resolves it.
    fn follow_volume(
        &mut self,
        at: Bucket,
        judgement: &Judgement,
        rise: Option<&Rise>,
        surprise: f64,
        held: bool,
    ) -> Option<AlertState> {
        let episode = self.volume.as_mut()?;
        let sure = |rise: &&Rise| rise.window.surprise >= surprise + SURE;
        if let Some(rise) = rise.filter(sure)
            && let Some(kind) = episode.turned_by(at, rise)
        {
            episode.turn(kind, rise);
            return Some(AlertState::Updated);
        }
        // what was found by its reports is not over while the counts themselves are unusual
        let reach = episode.reach(at);
        let noisy = rise.is_some_and(|rise| episode.reports && !rise.reports && rise.window.buckets <= reach);
        if !noisy && episode.windows(judgement, reach).all(is_calm) {
            episode.calm = episode.calm.saturating_add(1);
            if episode.calm >= CALM_EVALUATIONS && !held {
                episode.closed = Some(at);
                self.hits = [false; 3];
                return Some(AlertState::Resolved);
            }
            return None;
        }
        episode.calm = 0;
        let window = episode.window(judgement)?;
        if window.observed as f64 >= GROWTH * episode.told as f64 {
            (episode.told, episode.expected) = (window.observed, window.expected);
            return Some(AlertState::Updated);
        }
        None
    }

    /// Takes one evaluation of the mood. `people` counts the authors behind it.
    pub fn step_mood(
        &mut self,
        query: &str,
        at: Bucket,
        mood: Option<&Mood>,
        evidence: &Partial,
        severity: Severity,
        settings: &Settings,
    ) -> Option<Transition> {
        let told = |state| Some(Transition { state, mood: true });
        let people_floor = settings.people * 4;
        let is_shift = |mood: &&Mood| has_turned(mood, settings) && evidence.people.distinct() >= people_floor;
        if let Some(episode) = self.mood.as_mut().filter(|episode| episode.is_open()) {
            let calm = mood.is_none_or(|mood| mood.deviations < settings.mood_deviations / 2.0);
            if episode.is_calm_for(calm, CALM_EVALUATIONS) {
                episode.closed = Some(at);
                return told(AlertState::Resolved);
            }
            return None;
        }
        if self.volume_open() {
            return None;
        }
        let Some(shift) = mood.filter(is_shift) else {
            self.mood_since = None;
            return None;
        };
        let since = *self.mood_since.get_or_insert(at);
        let holds = if self.hot_since.is_some() { MOOD_WAITS } else { MOOD_HOLDS };
        if at.0.saturating_sub(since.0) < holds {
            return None;
        }
        self.mood_since = None;
        self.open_mood(query, at, since, shift, severity).and_then(told)
    }

    fn open_mood(
        &mut self,
        query: &str,
        at: Bucket,
        since: Bucket,
        shift: &Mood,
        severity: Severity,
    ) -> Option<AlertState> {
        if self.mood.as_mut().is_some_and(|last| last.is_dismissed(at, AlertKind::SentimentShift)) {
            return None;
        }
        if let Some(last) = self.mood.as_mut().filter(|last| last.withdrawn.is_none())
            && let Some(closed) = last.closed
            && at.0.saturating_sub(closed.0) < REFRACTORY
        {
            if (shift.negative as f64) < STRONGER * last.told as f64 {
                return None;
            }
            last.closed = None;
            last.calm = 0;
            (last.since, last.opening) = (since, Some(Opening::of_mood(at, shift)));
            (last.told, last.expected) = (shift.negative, shift.expected);
            return Some(AlertState::Reopened);
        }
        let mut episode = Episode::new(query, AlertKind::SentimentShift, since, severity);
        episode.buckets = u32::try_from(shift.buckets).unwrap_or(u32::MAX);
        episode.opening = Some(Opening::of_mood(at, shift));
        (episode.told, episode.expected) = (shift.negative, shift.expected);
        self.mood = Some(Box::new(episode));
        Some(AlertState::Opened)
    }
}

/// Below half of what would open it.
fn is_calm(window: &Windowed) -> bool {
    window.observed as f64 <= window.calm_most()
}

/// True when a mood is far enough from the usual, and surely so.
#[must_use]
pub fn has_turned(mood: &Mood, settings: &Settings) -> bool {
    mood.deviations >= settings.mood_deviations && mood.effect >= settings.mood_effect
}

/// True when a window meets the minimum effect.
#[must_use]
pub fn meets(window: &Windowed, settings: &Settings) -> bool {
    let floor = if window.buckets < SUDDEN_BELOW { SUDDEN_FLOORS * settings.floor } else { settings.floor };
    window.observed >= floor
        && window.ratio() >= settings.ratio
        && window.excess() >= settings.excess
        && window.surprise >= settings.surprise
}

/// The most surprising window that meets the minimum effect.
#[must_use]
pub fn risen<'a>(windows: &'a [Windowed], settings: &Settings) -> Option<&'a Windowed> {
    let risen = windows.iter().filter(|window| meets(window, settings));
    risen.reduce(|a, b| if b.surprise > a.surprise { b } else { a })
}

#[cfg(test)]
mod tests;
