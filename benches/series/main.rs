//! What a series costs: bytes on the heap, time to take a post in, bytes of its snapshot, time to restore it.
//!
//! ```text
//! taskset -c 1 cargo bench --bench series -- [--series 100000] [--partials 4096] [--awake] [--kind quiet|daily|busy]
//! ```
//! Three kinds: a quiet series has a post every eight hours, watched for a week; a daily one 200 posts a day, for a day;
//! a busy one twenty posts in every bucket, for two hours. There are as many quiet ones as asked for, a tenth as many
//! daily ones and a thousandth as many busy ones. A post has twenty terms; one in four stands in a thread.
//!
//! All series of a kind are walked in the order of time, as watch does when a bucket closes: the series wakes, moves to
//! the bucket, a partial is merged, and where it is quiet it rests. After two and a half hours of silence it is swept.
//! With `--awake` none rests and none is swept, which tells what the post itself costs.
//! Nothing is judged, and making the partials does not count. They are taken in turn: 4,096 do not stay in the caches of
//! a core, 64 do, as one that watch has just decoded. Bytes are those asked of the allocator, with the key and the table
//! they stand in, as the last bucket is closed; times are CPU times of one thread, with an allocator that counts. The
//! snapshot is of four partitions, read back one after the other; a state that is not the one that was written ends the
//! bench with code 1. `ns_to_sweep` is by partial, too; `resting` is how many in a hundred are encoded at the end.
//! One line of JSON for each kind.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use groundswell::detect::{Bucket, Contribution, Partial};
use groundswell::mention::{Platform, hash64};
use groundswell::pipeline::{Head, Queries, QueryState, Spare, UndoLimits, WatchState, Watched};
use groundswell::rules::{self, Pack};
use groundswell::wire::{Cut, StateRecords, Topics, Written, read_snapshot, snapshot, state_hash};

const PARTITIONS: usize = 4;
/// Partials that are made before the clock runs, and taken in turn.
const PARTIALS: usize = 4_096;
/// A series is swept within an hour after it has been silent for two, buckets.
const SWEPT_AFTER: i64 = 900;
const TERMS_OF_POST: u64 = 20;
const STARTED: Bucket = Bucket(170_000_000);

#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    /// Of so many series that are asked for there is one of these.
    one_in: usize,
    /// Buckets from one post to the next, and how often there is one.
    every: i64,
    times: i64,
    posts: u64,
}

const KINDS: [Kind; 3] = [
    Kind { name: "quiet", one_in: 1, every: 2_880, times: 21, posts: 1 },
    Kind { name: "daily", one_in: 10, every: 43, times: 200, posts: 1 },
    Kind { name: "busy", one_in: 1_000, every: 1, times: 720, posts: 20 },
];

fn main() {
    let asked = Asked::read();
    let pack = rules::load(&rules::shipped(), &[]).unwrap();
    for kind in KINDS.iter().filter(|kind| asked.kind.as_ref().is_none_or(|name| kind.name == name)) {
        run(kind, &asked, &pack);
    }
}

fn run(kind: &Kind, asked: &Asked, pack: &Pack) {
    let series = (asked.series / kind.one_in).max(1);
    let partials: Vec<Partial> = (0..asked.partials as u64).map(|number| partial(number, kind.posts)).collect();
    let (mut states, mut seconds) = (vec![Queries::new(); PARTITIONS], [0.0; 2]);
    let held = allocation_counter::measure(|| {
        make(&mut states, series);
        seconds = walk(&mut states, kind, &partials, asked);
    });
    let taken = series as f64 * kind.times as f64;
    let resting = resting(&states);
    let restored = restore(states, kind, pack);
    println!(
        "{{\"kind\":\"{}\",\"series\":{series},\"heap_bytes\":{:.0},\"ns_per_partial\":{:.0},\"ns_to_sweep\":{:.0},\
         \"resting\":{:.0},\"snapshot_bytes\":{:.0},\"restore_seconds\":{:.2},\"restore_us_per_series\":{:.2}}}",
        kind.name,
        held.bytes_current as f64 / series as f64,
        1e9 * seconds[0] / taken,
        1e9 * seconds[1] / taken,
        100.0 * resting as f64 / series as f64,
        restored.bytes as f64 / series as f64,
        restored.seconds,
        1e6 * restored.seconds / series as f64,
    );
}

fn make(states: &mut [Queries], series: usize) {
    for number in 0..series {
        let state = Watched::Awake(Box::new(QueryState::new(STARTED)));
        states[number % PARTITIONS].insert(format!("watched-query-{number}"), state);
    }
}

/// Every series gets its posts, one after the other; CPU seconds of that, and of sweeping.
fn walk(states: &mut [Queries], kind: &Kind, partials: &[Partial], asked: &Asked) -> [f64; 2] {
    let (mut number, mut spare, mut seconds) = (0, Spare::default(), [0.0; 2]);
    for time in 1..=kind.times {
        // apart from each other, as posts of different series are
        let at = |place: usize| STARTED.plus(time * kind.every + place as i64 % kind.every);
        let begun = cpu_seconds();
        for (place, kept) in states.iter_mut().flat_map(Queries::values_mut).enumerate() {
            number = (number + 1) % partials.len();
            let (bucket, state) = (at(place), kept.wake(STARTED, &mut spare));
            state.series.advance(bucket, false, false, &[]);
            state.series.merge(bucket, &partials[number]);
            state.threads.take(bucket, bucket, &partials[number]);
            if !asked.awake {
                kept.rest(bucket, &mut spare);
            }
        }
        let walked = cpu_seconds();
        let swept = |place: usize| at(place).plus(SWEPT_AFTER);
        for (place, kept) in states.iter_mut().flat_map(Queries::values_mut).enumerate() {
            if !asked.awake && kind.every > SWEPT_AFTER && (time < kind.times || swept(place) <= closed(kind)) {
                kept.sweep(swept(place), &mut spare);
            }
        }
        seconds = [seconds[0] + walked - begun, seconds[1] + cpu_seconds() - walked];
    }
    seconds
}

/// The last bucket that is closed.
fn closed(kind: &Kind) -> Bucket {
    STARTED.plus((kind.times + 1) * kind.every)
}

/// How many are at rest then.
fn resting(states: &[Queries]) -> usize {
    states.iter().flat_map(Queries::values).filter(|kept| kept.awake().is_none()).count()
}

struct Restore {
    bytes: usize,
    seconds: f64,
}

fn restore(states: Vec<Queries>, kind: &Kind, pack: &Pack) -> Restore {
    let mut sum = Restore { bytes: 0, seconds: 0.0 };
    for queries in states {
        let state =
            WatchState::begun(Head { closed: Some(closed(kind)), ..Head::default() }, queries, UndoLimits::default());
        let cut = Cut { partition: 0, next: 0, pack };
        let written = snapshot(&Topics::new(""), cut, &state, &Written::default()).unwrap();
        let record = |output: groundswell::log::Output| Some((output.key?, output.value?));
        let records: StateRecords = written.records.into_iter().filter_map(record).collect();
        sum.bytes += records.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let expected = state_hash(&state).unwrap();
        drop(state);
        let begun = cpu_seconds();
        let read = read_snapshot(records).unwrap().unwrap();
        let undo = UndoLimits::default();
        let state = WatchState::restored(read.header.head, read.queries, read.pending, read.pages, read.voice, undo);
        sum.seconds += cpu_seconds() - begun;
        if state_hash(&state).unwrap() != expected {
            eprintln!("what was read back is not what was written");
            std::process::exit(1);
        }
    }
    sum
}

fn partial(number: u64, posts: u64) -> Partial {
    let mut partial = Partial::default();
    for post in 0..posts {
        partial.add(&contribution(number * posts + post));
    }
    partial
}

/// Words as a language has them: few are often said, most are rare.
fn contribution(seed: u64) -> Contribution {
    let random = |what: &str| hash64(&[what, &seed.to_string()]);
    let term = |place: u64| {
        let share = random(&format!("term {place}")) as f64 / u64::MAX as f64;
        format!("word{:.0}", libm::exp2(14.0 * share))
    };
    let person = random("person");
    Contribution {
        counts: true,
        at: STARTED.start(),
        platform: Platform::ALL[usize::try_from(person % 2).unwrap()],
        language: ["en", "en", "es"][usize::try_from(person % 3).unwrap()].to_owned(),
        negative: person.is_multiple_of(5),
        sentiment_percent: i64::try_from(person % 161).unwrap() - 80,
        outage: person.is_multiple_of(20),
        noise: false,
        repost: person.is_multiple_of(6),
        person,
        text: random("text"),
        thread: person.is_multiple_of(4).then(|| random("thread")),
        followers: person % 2_000,
        prominent: false,
        alarm: false,
        example: Some(format!("x:{person}")),
        terms: (0..TERMS_OF_POST).map(term).collect(),
        pending: None,
    }
}

struct Asked {
    series: usize,
    partials: usize,
    awake: bool,
    kind: Option<String>,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self { series: 100_000, partials: PARTIALS, awake: false, kind: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--series" => asked.series = arguments.next().unwrap().parse().unwrap(),
                "--partials" => asked.partials = arguments.next().unwrap().parse().unwrap(),
                "--awake" => asked.awake = true,
                "--kind" => asked.kind = arguments.next(),
                // what cargo passes to every bench
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        asked
    }
}

/// CPU time of this thread.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}
