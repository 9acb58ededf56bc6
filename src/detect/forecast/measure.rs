//! How good forecasts are: the figures, and a cross-validation that leaves out whole cascades.
//!
//! Parts of one cascade never stand on both sides: they share their future.

use super::learn::{Event, looks, reference, size, thinned};
use super::{Forecast, Forecaster, HORIZONS_SECONDS, Reference};

/// What a forecast said and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// What was said.
    pub said: Forecast,
    /// Shares within seven days, 1 or more.
    pub truth: f64,
}

/// Figures over outcomes of one horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Outcomes.
    pub outcomes: usize,
    /// Median of |predicted − truth| / truth.
    pub median_error: f64,
    /// Mean of the same.
    pub mean_error: f64,
    /// Kendall's τ-b between predictions and truths.
    pub tau: f64,
    /// Share of the truly largest tenth among the tenth ranked highest.
    pub top_tenth: f64,
    /// Share of truths within the interval.
    pub coverage: f64,
}

impl Figures {
    /// The figures; `None` of nothing.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Option<Self> {
        if outcomes.is_empty() {
            return None;
        }
        let count = outcomes.len() as f64;
        let mut errors: Vec<f64> = outcomes.iter().map(|it| (it.said.predicted - it.truth).abs() / it.truth).collect();
        errors.sort_by(f64::total_cmp);
        let middle = outcomes.len() / 2;
        let median =
            if outcomes.len() % 2 == 1 { errors[middle] } else { f64::midpoint(errors[middle - 1], errors[middle]) };
        let covered = outcomes.iter().filter(|it| (it.said.low..=it.said.high).contains(&it.truth)).count();
        Some(Self {
            outcomes: outcomes.len(),
            median_error: median,
            mean_error: errors.iter().sum::<f64>() / count,
            tau: tau(outcomes),
            top_tenth: top_tenth(outcomes),
            coverage: covered as f64 / count,
        })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>8} {:>8.3} {:>8.3} {:>8.3} {:>8.3} {:>8.3}",
            self.outcomes, self.median_error, self.mean_error, self.tau, self.top_tenth, self.coverage
        )
    }
}

/// Kendall's τ-b: agreeing minus disagreeing pairs, over the root of the pairs not tied on either side. 0 when all are
/// tied.
fn tau(outcomes: &[Outcome]) -> f64 {
    let (mut agreement, mut said, mut came) = (0_i64, 0_u64, 0_u64);
    for (index, a) in outcomes.iter().enumerate() {
        for b in &outcomes[..index] {
            let predicted = a.said.predicted.total_cmp(&b.said.predicted) as i64;
            let truth = a.truth.total_cmp(&b.truth) as i64;
            agreement += predicted * truth;
            said += predicted.unsigned_abs();
            came += truth.unsigned_abs();
        }
    }
    if said == 0 || came == 0 { 0.0 } else { agreement as f64 / (said as f64 * came as f64).sqrt() }
}

fn top_tenth(outcomes: &[Outcome]) -> f64 {
    let tenth = ((outcomes.len() + 5) / 10).max(1);
    let highest = |value: fn(&Outcome) -> f64| {
        let mut order: Vec<usize> = (0..outcomes.len()).collect();
        order.sort_by(|a, b| value(&outcomes[*b]).total_cmp(&value(&outcomes[*a])));
        order.truncate(tenth);
        order
    };
    let (ranked, largest) = (highest(|it| it.said.predicted), highest(|it| it.truth));
    ranked.iter().filter(|index| largest.contains(index)).count() as f64 / tenth as f64
}

/// Outcomes by horizon, of the forecast and of the baseline, over the same cascades.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// By horizon: the forecast's.
    pub forecast: [Vec<Outcome>; 4],
    /// By horizon: count × median multiplier.
    pub baseline: [Vec<Outcome>; 4],
}

impl Table {
    /// Enters a cascade with its whole future: what `forecaster` says at every horizon.
    pub fn enter(&mut self, forecaster: &Forecaster, events: &[Event]) {
        let truth = size(events) as f64;
        for seen in looks(events) {
            self.forecast[seen.horizon].push(Outcome { said: forecaster.forecast(&seen), truth });
            self.baseline[seen.horizon].push(Outcome { said: forecaster.baseline(&seen), truth });
        }
    }

    /// The figures at a horizon: forecast, baseline. `None` of nothing.
    #[must_use]
    pub fn figures(&self, horizon: usize) -> Option<(Figures, Figures)> {
        Some((Figures::of(self.forecast.get(horizon)?)?, Figures::of(self.baseline.get(horizon)?)?))
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seconds  method     cascades   median     mean      tau   top10%    cover")?;
        for (horizon, seconds) in HORIZONS_SECONDS.iter().enumerate() {
            if let Some((forecast, baseline)) = self.figures(horizon) {
                writeln!(f, "{seconds:>7}  forecast   {forecast}\n{seconds:>7}  baseline   {baseline}")?;
            }
        }
        Ok(())
    }
}

/// Leaves every cascade out in turn and forecasts `parts` thinned versions of it from the others. `given` are further
/// versions, each with the index of its whole cascade, judged in the same folds, in a table of their own.
#[must_use]
pub fn cross_validate(whole: &[Vec<Event>], parts: u64, given: &[(usize, Vec<Event>)], seed: u64) -> (Table, Table) {
    /// Shares that every version keeps at least, as in the given ones.
    const LEAST: usize = 20;
    let (mut own, mut theirs) = (Table::default(), Table::default());
    for (left_out, events) in whole.iter().enumerate() {
        let others = whole.iter().enumerate().filter(|(index, _)| *index != left_out);
        let references: Vec<Reference> = others.filter_map(|(_, events)| reference(events)).collect();
        let forecaster = Forecaster::new(references);
        for part in 0..parts {
            let seed = seed.wrapping_add(left_out as u64 * parts + part);
            own.enter(&forecaster, &thinned(events, LEAST, seed));
        }
        for (_, version) in given.iter().filter(|(source, _)| *source == left_out) {
            theirs.enter(&forecaster, version);
        }
    }
    (own, theirs)
}
