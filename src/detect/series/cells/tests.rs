//! A series against a model that keeps every cell, and walks them.

use super::*;
use crate::detect::series::{LEARN_AFTER, Series};
use crate::detect::{Bucket, Counted};
use proptest::prelude::*;

type Cell = (Counts, Told);

/// What a series did of its cells, one by one.
struct Dense {
    cells: VecDeque<Cell>,
    learned: Vec<Cell>,
}

impl Dense {
    fn push(&mut self, told: Told) {
        if self.cells.len() == CELLS {
            self.cells.pop_front();
        }
        self.cells.push_back((Counts::default(), told));
        if let Some(place) = self.cells.len().checked_sub(1 + LEARN_AFTER) {
            self.learned.push(self.cells[place]);
        }
    }

    fn add(&mut self, age: usize, counts: &Counts) {
        let place = (self.cells.len() - 1).saturating_sub(age);
        self.cells[place].0.add(counts);
    }

    fn tell(&mut self, cells: usize, change: impl Fn(&mut Told)) {
        self.cells.iter_mut().rev().take(cells).for_each(|cell| change(&mut cell.1));
    }

    fn sums(&self, back: usize, cells: usize, incidents: bool) -> Sums {
        let mut sums = Sums::default();
        for (counts, _) in
            self.cells.iter().rev().skip(back).take(cells).filter(|(_, told)| incidents || !told.incident)
        {
            sums.cells += 1;
            sums.add(counts);
        }
        sums
    }

    fn onset(&self, buckets: usize, expected: f64) -> usize {
        let usual = (expected / buckets as f64).max(0.2);
        let start = self.cells.len() - buckets.min(self.cells.len());
        let rises = |place: &usize| {
            let sum: u32 = self.cells.iter().skip(*place).take(3).map(|(counts, _)| counts.mentions).sum();
            self.cells[*place].0.mentions > 0 && f64::from(sum) >= 3.0 * (3.0 * usual).max(1.0)
        };
        self.cells.len() - 1 - (start..self.cells.len()).find(rises).unwrap_or(start)
    }

    fn onset_of_reports(&self, buckets: usize, expected: f64) -> usize {
        let usual = 2.0 * expected / buckets as f64;
        let first = self.cells.len() - buckets.min(self.cells.len());
        let (mut sum, mut most, mut since) = (0.0, f64::NEG_INFINITY, first);
        for place in (first..self.cells.len()).rev() {
            sum += f64::from(self.cells[place].0.outage) - usual;
            if self.cells[place].0.outage > 0 && sum >= most {
                (most, since) = (sum, place);
            }
        }
        self.cells.len() - 1 - since
    }
}

#[derive(Debug, Clone)]
enum Step {
    Pass(i64, Told),
    Count(i64, u64),
    Mark(usize),
    Unmark(usize),
    Adopt,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let told = (any::<bool>(), any::<bool>()).prop_map(|(incident, mood)| Told { incident, mood });
    let pass = (prop_oneof![6 => 1i64..4, 3 => 4i64..200, 1 => 200i64..1_100], told);
    let step = prop_oneof![
        8 => pass.prop_map(|(buckets, told)| Step::Pass(buckets, told)),
        8 => (0i64..900, 0u64..9).prop_map(|(age, mentions)| Step::Count(age, mentions)),
        1 => (0usize..900).prop_map(Step::Mark),
        1 => (0usize..900).prop_map(Step::Unmark),
        1 => Just(Step::Adopt),
    ];
    proptest::collection::vec(step, 1..60)
}

fn partial(mentions: u64) -> Partial {
    let (negative, outage) = (mentions / 2, mentions / 3);
    Partial { mentions, negative, outage, sentiment_percent: -7, sentiment_squares: 49, ..Partial::default() }
}

fn check(series: &Series, dense: &Dense) {
    assert_eq!(series.cells.len(), dense.cells.len());
    for (back, cells) in [(0, 12), (0, 30), (12, 360), (90, 360), (0, 720), (360, 400), (700, 40), (0, usize::MAX)] {
        for incidents in [false, true] {
            assert_eq!(series.cells.sums(back, cells, incidents), dense.sums(back, cells, incidents), "{back} {cells}");
        }
    }
    let told: Vec<Told> = (0..dense.cells.len()).rev().map(|age| series.cells.told(age)).collect();
    assert!(told.iter().eq(dense.cells.iter().map(|(_, told)| told)));
    for (buckets, expected) in [(30, 0.5), (360, 9.0), (900, 2.0)] {
        let back = |bucket: Bucket| usize::try_from(series.now.0 - bucket.0).unwrap();
        assert_eq!(back(series.onset(buckets, expected)), dense.onset(buckets, expected));
        assert_eq!(back(series.onset_of_reports(buckets, expected)), dense.onset_of_reports(buckets, expected));
    }
    let known = dense.cells.len().saturating_sub(30);
    let sums = (0..=known).step_by(7).map(|back| dense.sums(back, 30, true).reports).collect::<Vec<_>>();
    assert!(series.rolling(30, 7, Counted::Reports).iter().rev().eq(&sums));
}

proptest! {
    #[test]
    fn what_is_not_kept_answers_as_if_it_were(steps in steps()) {
        let mut series = Series::new(Bucket(70_000));
        let mut dense = Dense { cells: [Cell::default()].into(), learned: Vec::new() };
        let (mut baseline, mut meanwhile) = (series.baseline.clone(), None);
        let mut room = Series::new(Bucket(7));
        for step in steps {
            match step {
                Step::Pass(buckets, told) => {
                    series.advance(series.now.plus(buckets.min(1_081)), told.incident, told.mood, &[]);
                    (0..buckets.min(1_081)).for_each(|_| dense.push(told));
                }
                Step::Count(age, mentions) => {
                    series.merge(series.now.plus(-age), &partial(mentions));
                    dense.add(usize::try_from(age).unwrap(), &Counts::of(&partial(mentions)));
                }
                Step::Mark(cells) => {
                    series.mark_incident(cells);
                    dense.tell(cells, |told| told.incident = true);
                }
                Step::Unmark(cells) => {
                    series.unmark_incident(cells);
                    dense.tell(cells, |told| *told = Told::NOTHING);
                    meanwhile = None;
                }
                Step::Adopt => {
                    series.adopt();
                    if let Some(learned) = meanwhile.take() {
                        baseline = learned;
                        dense.tell(CELLS, |told| *told = Told::NOTHING);
                    }
                }
            }
            for (counts, told) in dense.learned.drain(..) {
                let untold = told == Told::NOTHING;
                let learning = if untold { &mut baseline } else { meanwhile.get_or_insert_default() };
                learning.learn_counts(&counts);
            }
            let learned = [Some(&series.baseline), series.meanwhile.as_deref()];
            for (learned, model) in learned.into_iter().zip([Some(&baseline), meanwhile.as_ref()]) {
                prop_assert_eq!(learned.is_some(), model.is_some());
                prop_assert!(learned.zip(model).is_none_or(|(learned, model)| learned.is_but_for_rounding(model)));
            }
            check(&series, &dense);
            let bytes = postcard::to_allocvec(&series).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Series>(&bytes).unwrap(), &series);
            // in the room of another, and with what follows
            let followed = [&bytes[..], b"more"].concat();
            prop_assert_eq!(room.unpack(&followed).unwrap(), b"more");
            prop_assert_eq!(&room, &series);
            prop_assert!(room.unpack(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn the_way_to_a_state_leaves_no_trace(passes in proptest::collection::vec((1usize..400, any::<bool>()), 1..12)) {
        let (mut at_once, mut one_by_one) = (Cells::new(), Cells::new());
        for (cells, incident) in passes {
            let told = Told { incident, mood: false };
            at_once.begin(cells, told);
            at_once.cut();
            for _ in 0..cells {
                one_by_one.begin(1, told);
                one_by_one.cut();
            }
            prop_assert_eq!(&at_once, &one_by_one);
        }
    }
}

#[test]
fn what_a_burst_took_is_given_back_and_the_quiet_take_little() {
    let mut cells = Cells::new();
    for _ in 0..2_000 {
        cells.begin(1, Told::NOTHING);
        cells.cut();
        cells.add(0, &Counts::of(&partial(1)));
    }
    assert_eq!(cells.filled.len(), CELLS);
    assert!(cells.filled.capacity() <= CELLS + GROWTH_MAX, "{}", cells.filled.capacity());
    cells.begin(717, Told::NOTHING);
    cells.cut();
    assert!(cells.filled.len() == 4 && cells.filled.capacity() < 10, "{}", cells.filled.capacity());
}
