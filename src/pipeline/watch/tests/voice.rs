//! Share of voice: what is told of an hour in the end is a naive recount, however the signals were cut and in whatever
//! order they came; and what came too late is counted apart.

use super::*;
use crate::detect::{BrandCounts, hour_of};
use crate::pipeline::{Brands, UndoLimits, VoiceTold};
use crate::wire::state_hash;

const HOUR: i64 = 360;
/// The begin of an hour.
const FIRST: i64 = 176_760_360;

/// Log bucket, event bucket, brand, topic, counts.
type Said = (i64, i64, &'static str, &'static str, BrandCounts);

fn said(seed: u64, lasts: i64) -> Said {
    let dice = |what: u64, sides: u64| dice(i64::try_from(seed).unwrap_or(0), what, sides);
    let log = FIRST + i64::try_from(dice(1, 1 << 20)).unwrap_or(0) % lasts;
    let behind = [0, 0, 0, 7, 400, 900, 3_000][usize::try_from(dice(2, 7)).unwrap_or(0)];
    let brand = ["Nimbus", "Altocloud", "Stratos"][usize::try_from(dice(3, 3)).unwrap_or(0)];
    let topic = ["all", "login"][usize::try_from(dice(4, 2)).unwrap_or(0)];
    let mut item = post(log, seed);
    item.noise = dice(5, 5) == 0;
    (log, log - behind, brand, topic, BrandCounts::of(&item, item.sentiment_percent > 0))
}

fn signal((log, event, brand, topic, counts): &Said) -> Signal {
    let brands = Brands::from([((*brand).to_owned(), counts.clone())]);
    Signal::Voice { log: Bucket(*log), hour: hour_of(Bucket(*event)), topic: (*topic).to_owned(), brands }
}

fn passed(bucket: i64, ended: bool) -> Signal {
    let clock = |source: &str| SourceClock {
        source: source.into(),
        reached: Some(Bucket(bucket)),
        since: Some(Bucket(FIRST)),
        ended,
    };
    Signal::Clocks(vec![clock("a/0")])
}

fn started() -> WatchState {
    let mut state = WatchState::default();
    state.state_members(Bucket(FIRST), vec!["a/0".into()]);
    state
}

fn told(verdicts: Vec<Verdict>) -> Vec<VoiceTold> {
    let voice = |verdict| match verdict {
        Verdict::Voice(told) => Some(*told),
        Verdict::Alert(_) | Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) => None,
    };
    verdicts.into_iter().filter_map(voice).collect()
}

/// All signals of a stretch of log time, then the clock; with an undone transaction now and then.
fn play(all: &[Said], stretch: i64, lasts: i64, pack: &Pack) -> Vec<VoiceTold> {
    let mut state = started();
    let mut verdicts = Vec::new();
    for from in (0..lasts).step_by(usize::try_from(stretch).unwrap_or(1)) {
        let within = FIRST + from..FIRST + (from + stretch).min(lasts);
        let mut signals: Vec<Signal> = all.iter().filter(|one| within.contains(&one.0)).map(signal).collect();
        signals.push(passed(within.end, within.end == FIRST + lasts));
        let before = state_hash(&state).expect("has a binary form");
        if from % (3 * stretch) == 0 {
            signals.iter().for_each(|signal| drop(watch(signal.clone(), &mut state, pack)));
            assert!(state.undo(), "little was touched");
            assert_eq!(state_hash(&state).expect("has a binary form"), before, "undone is untouched");
        }
        verdicts.extend(signals.into_iter().flat_map(|signal| watch(signal, &mut state, pack)));
        state.landed();
        if from % (5 * stretch) == 0 {
            state = WatchState::restored(
                state.head(),
                state.queries().clone(),
                state.pending().clone(),
                state.pages().clone(),
                state.voice().clone(),
                UndoLimits::default(),
            );
        }
    }
    assert!(state.is_done() && state.voice().len() <= 2 * 4, "hours are let go: {}", state.voice().len());
    told(verdicts)
}

/// By topic and hour, counted one by one.
fn recount(all: &[Said]) -> BTreeMap<(String, Bucket), Brands> {
    let mut hours: BTreeMap<(String, Bucket), Brands> = BTreeMap::new();
    for (log, event, brand, topic, counts) in all {
        let own = event.div_euclid(HOUR) * HOUR;
        let is_late = *log >= own + 3 * HOUR;
        let hour = if is_late { log.div_euclid(HOUR) * HOUR } else { own };
        let kept =
            hours.entry(((*topic).to_owned(), Bucket(hour))).or_default().entry((*brand).to_owned()).or_default();
        if is_late {
            kept.late += counts.mentions + counts.noise;
            continue;
        }
        kept.mentions += counts.mentions;
        kept.noise += counts.noise;
        kept.positive += counts.positive;
        kept.negative += counts.negative;
        kept.sentiment_percent += counts.sentiment_percent;
        kept.reach += counts.reach;
        counts.people.iter().for_each(|(person, times)| kept.people.add(*person, times));
    }
    hours
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_last_word_of_an_hour_is_a_recount(seed in 0u64..1 << 40, turn in 1usize..50, stretch in 1i64..200) {
        let (pack, lasts) = (pack(), 6 * HOUR);
        let mut all: Vec<Said> = (0..300).map(|number| said(seed + number, lasts)).collect();
        let first = play(&all, 1, lasts, &pack);
        all.rotate_left(turn);
        all.reverse();
        let second = play(&all, stretch, lasts, &pack);
        let sorted = |mut told: Vec<VoiceTold>| {
            told.sort_by(|a, b| (a.hour, &a.topic, a.revision).cmp(&(b.hour, &b.topic, b.revision)));
            told
        };
        let (first, second) = (sorted(first), sorted(second));
        prop_assert_eq!(&first, &second, "how the signals were cut leaves no trace");
        let mut last = BTreeMap::new();
        for (place, one) in first.iter().enumerate() {
            let follows = place > 0 && (first[place - 1].hour, &first[place - 1].topic) == (one.hour, &one.topic);
            prop_assert_eq!(one.revision, if follows { first[place - 1].revision + 1 } else { 1 });
            prop_assert!(!follows || !first[place - 1].closed, "nothing is told after the end");
            last.insert((one.topic.clone(), one.hour), one.brands.clone());
        }
        prop_assert_eq!(last, recount(&all));
    }
}

#[test]
fn an_hour_is_told_every_ten_minutes_it_changes_and_once_more_when_it_is_closed() {
    let pack = pack();
    let mut state = started();
    let counts = BrandCounts { mentions: 1, ..BrandCounts::default() };
    let one = |log: i64, event: i64| signal(&(log, event, "Nimbus", "all", counts.clone()));
    let mut tell = |signals: Vec<Signal>| {
        let verdicts = signals.into_iter().flat_map(|signal| watch(signal, &mut state, &pack)).collect();
        let told = told(verdicts).into_iter();
        let short = |told: VoiceTold| {
            let counts = &told.brands["Nimbus"];
            let at = Bucket::of(told.at).0 - FIRST;
            (told.hour.0 - FIRST, told.revision, at, counts.mentions, counts.late, told.closed)
        };
        told.map(short).collect::<Vec<_>>()
    };
    assert_eq!(tell(vec![one(FIRST + 5, FIRST + 5), one(FIRST + 59, FIRST + 2), passed(FIRST + 59, false)]), []);
    assert_eq!(tell(vec![passed(FIRST + 60, false)]), [(0, 1, 60, 2, 0, false)]);
    assert_eq!(tell(vec![passed(FIRST + 400, false)]), [], "nothing has changed");
    assert_eq!(tell(vec![one(FIRST + 401, FIRST + 9), passed(FIRST + 421, false)]), [(0, 2, 420, 3, 0, false)]);
    assert_eq!(tell(vec![passed(FIRST + 1_079, false)]), []);
    assert_eq!(tell(vec![passed(FIRST + 1_080, false)]), [(0, 3, 1_080, 3, 0, true)], "two hours after it is over");
    let late = vec![one(FIRST + 1_080, FIRST + 9), passed(FIRST + 1_141, false)];
    assert_eq!(tell(late), [(1_080, 1, 1_140, 0, 1, false)], "late, in the hour in which it was read");
    let end = vec![one(FIRST + 1_142, FIRST + 1_142), passed(FIRST + 1_143, true)];
    assert_eq!(tell(end), [(1_080, 2, 1_143, 1, 1, false)], "the input has ended");
    assert_eq!(tell(vec![passed(FIRST + 1_143, true)]), [], "once");
}
