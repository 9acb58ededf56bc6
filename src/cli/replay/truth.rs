//! What really happened, as the load generator wrote it, against the alerts that opened.

use crate::alert::{AlertEvent, AlertKind, AlertState};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An alert counts for an event until so long after its end.
const AFTER_SECONDS: f64 = 1800.0;
const DAY_SECONDS: f64 = 86_400.0;

/// `truth.json`; what else it holds is not read.
#[derive(Debug, Deserialize)]
pub struct Truth {
    event_time: [f64; 2],
    events: Vec<TrueEvent>,
}

/// One injected event.
#[derive(Debug, Deserialize)]
struct TrueEvent {
    #[serde(rename = "type")]
    kind: String,
    alert: bool,
    brand: Option<String>,
    onset: f64,
    end: f64,
}

impl TrueEvent {
    /// The kind it is counted under.
    fn fitting(&self) -> Option<AlertKind> {
        match self.kind.as_str() {
            "outage" => Some(AlertKind::Outage),
            "viral_cascade" => Some(AlertKind::Viral),
            "bot_flood" => Some(AlertKind::Amplification),
            "sentiment_shift" => Some(AlertKind::SentimentShift),
            _ => None,
        }
    }

    /// True for an alert of the right kind; an outage whose words speak of none is a spike.
    fn is_met_by(&self, alert: &AlertEvent) -> bool {
        let fitting = self.fitting();
        let plain = fitting == Some(AlertKind::Outage) && alert.kind == AlertKind::Spike;
        plain || fitting == Some(alert.kind)
    }

    /// True when the alert is about this event: its series, its time.
    fn explains(&self, alert: &AlertEvent) -> bool {
        let at = alert.at.as_micros() as f64 / 1e6;
        let same = |brand: &String| alert.series.get("query").is_some_and(|query| query.eq_ignore_ascii_case(brand));
        self.alert && self.brand.as_ref().is_some_and(same) && at >= self.onset && at <= self.end + AFTER_SECONDS
    }
}

/// How well alerts met events, overall or for one kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Injected events that ask for an alert.
    pub events: u64,
    /// Of them met by an alert of the fitting kind.
    pub found: u64,
    /// Alerts that opened.
    pub opened: u64,
    /// Of them about an event.
    pub right: u64,
    /// `right / opened`; 1 when none opened.
    pub precision: f64,
    /// `found / events`; 1 when there were none.
    pub recall: f64,
    /// Time from onset to the alert, for half of those found at most.
    pub delay_seconds_median: f64,
    /// The same for nine of ten.
    pub delay_seconds_p90: f64,
    /// Longest time from onset to the alert.
    pub delay_seconds_max: f64,
    /// Alerts opened per day of event time.
    pub alerts_per_day: f64,
    /// From onset to the alert, of each event found.
    #[serde(skip)]
    delays: Vec<f64>,
}

/// One event and what was made of it.
#[derive(Debug, Clone, Serialize)]
pub struct Met {
    /// As the generator calls it.
    pub event: String,
    /// Its series.
    pub brand: String,
    /// Kind of the alert that met it.
    pub kind: Option<AlertKind>,
    /// From onset to the alert.
    pub delay_seconds: Option<f64>,
    /// Alerts opened about it; one is right.
    pub alerts: u64,
}

/// The judgement.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Judged {
    /// Overall.
    pub overall: Figures,
    /// By alert kind.
    pub kinds: BTreeMap<&'static str, Figures>,
    /// By rule: the query that the alert watches.
    pub rules: BTreeMap<String, Figures>,
    /// By event.
    pub events: Vec<Met>,
    /// Ids of alerts about nothing.
    pub false_alerts: Vec<String>,
}

/// Reads `truth.json`.
///
/// # Errors
/// When it cannot be read or is of another shape.
pub fn read(path: &Path) -> anyhow::Result<Truth> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a truth file of the generator", path.display()))
}

/// Holds the alerts that opened against the events.
#[must_use]
pub fn judge(truth: &Truth, alerts: &[AlertEvent]) -> Judged {
    let told = || alerts.iter().filter(|alert| alert.suppressed.is_none());
    let opened: Vec<&AlertEvent> = told().filter(|alert| alert.state == AlertState::Opened).collect();
    let mut judged = Judged::default();
    let mut right = BTreeSet::new();
    for event in truth.events.iter().filter(|event| event.alert) {
        let about: Vec<&&AlertEvent> = opened.iter().filter(|alert| event.explains(alert)).collect();
        right.extend(about.iter().map(|alert| alert.alert_id.clone()));
        // what opens as a lesser kind may turn out to be graver under the same id
        let mut its = told().filter(|alert| about.iter().any(|opened| opened.alert_id == alert.alert_id));
        let fitting = its.find(|alert| alert.state != AlertState::Resolved && event.is_met_by(alert));
        let delay = fitting.map(|alert| alert.at.as_micros() as f64 / 1e6 - event.onset);
        let kind = event.fitting().map_or("none", AlertKind::as_str);
        let brand = event.brand.clone().unwrap_or_default();
        let rule = about.first().map_or_else(|| brand.to_lowercase(), |alert| rule_of(alert));
        judged.figures(kind, &rule).into_iter().for_each(|figures| figures.meet(delay));
        judged.events.push(Met {
            event: event.kind.clone(),
            brand,
            kind: about.first().map(|alert| alert.kind),
            delay_seconds: delay,
            alerts: about.len() as u64,
        });
    }
    for alert in &opened {
        let is_right = right.contains(&alert.alert_id);
        for figures in judged.figures(alert.kind.as_str(), &rule_of(alert)) {
            figures.opened += 1;
            figures.right += u64::from(is_right);
        }
        if !is_right {
            judged.false_alerts.push(alert.alert_id.clone());
        }
    }
    let days = ((truth.event_time[1] - truth.event_time[0]) / DAY_SECONDS).max(1e-9);
    let Judged { overall, kinds, rules, .. } = &mut judged;
    kinds.values_mut().chain(rules.values_mut()).chain([overall]).for_each(|figures| figures.close(days));
    judged
}

fn rule_of(alert: &AlertEvent) -> String {
    alert.series.get("query").cloned().unwrap_or_default()
}

impl Judged {
    /// The figures that something of a kind and a rule counts in.
    fn figures(&mut self, kind: &'static str, rule: &str) -> [&mut Figures; 3] {
        let kind = self.kinds.entry(kind).or_default();
        [&mut self.overall, kind, self.rules.entry(rule.to_owned()).or_default()]
    }

    /// A table for people: a line for each kind, then for each rule, then overall.
    #[must_use]
    pub fn in_words(&self) -> String {
        let head = ["", "events", "found", "opened", "right", "precision", "recall", "median s", "p90 s", "a day"];
        let mut text = row(&head.map(str::to_owned));
        let kinds = self.kinds.iter().map(|(kind, figures)| ((*kind).to_owned(), figures));
        let rules = self.rules.iter().map(|(rule, figures)| (format!("rule {rule}"), figures));
        for (name, figures) in kinds.chain(rules).chain([("overall".to_owned(), &self.overall)]) {
            text.push('\n');
            text.push_str(&row(&figures.cells(name)));
        }
        text
    }
}

fn row(cells: &[String; 10]) -> String {
    let [name, numbers @ ..] = cells;
    numbers.iter().fold(format!("{name:<28}"), |row, cell| format!("{row} {cell:>9}"))
}

impl Figures {
    /// An event, and how long it took to be told; none where it was not.
    fn meet(&mut self, delay: Option<f64>) {
        self.events += 1;
        self.found += u64::from(delay.is_some());
        self.delays.extend(delay);
    }

    /// Everything is counted: the rates follow.
    fn close(&mut self, days: f64) {
        self.precision = ratio(self.right, self.opened);
        self.recall = ratio(self.found, self.events);
        self.alerts_per_day = self.opened as f64 / days;
        self.delays.sort_unstable_by(f64::total_cmp);
        let rank = |share: f64| {
            let place = libm::ceil(share * self.delays.len() as f64) as usize;
            self.delays.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        (self.delay_seconds_median, self.delay_seconds_p90, self.delay_seconds_max) = (rank(0.5), rank(0.9), rank(1.0));
    }

    fn cells(&self, name: String) -> [String; 10] {
        let counts = [self.events, self.found, self.opened, self.right].map(|count| count.to_string());
        let [events, found, opened, right] = counts;
        let rates = [self.precision, self.recall].map(|rate| format!("{rate:.2}"));
        let [precision, recall] = rates;
        let delays = [self.delay_seconds_median, self.delay_seconds_p90].map(|delay| format!("{delay:.0}"));
        let [median, p90] = delays;
        [name, events, found, opened, right, precision, recall, median, p90, format!("{:.1}", self.alerts_per_day)]
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
