//! The cases: what is done to which deployment, and what must come of it.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use groundswell::fault::{Bug, Point};

use crate::cluster::Cluster;
use crate::load::Expected;
use crate::meddling::{Meddling, Rates};
use crate::report::{Totals, lines, must_be_equal};
use crate::round::{Place, Plan, Told, USUAL, run};
use crate::support::load::number;
use crate::support::{Broker, free_ports};
use crate::synthetic::Dice;
use crate::transactions::End;
use crate::victim::Order;
use crate::{proxy, segments, transactions};

/// What `tests/run` must have met at least: half of what it meets on two idle cores, as a slow machine has its windows
/// over sooner. The report says what it was.
const KILLS_MIN: usize = 30;
const ANSWERS_MIN: u64 = 50;
const BROKER_KILLS_MIN: usize = 5;
const REBALANCES_MIN: u64 = 10;
/// What the rounds go on for, while their windows last.
const ANSWERS_WANTED: u64 = 100;
const BROKER_KILLS_WANTED: usize = 10;
const SHARE_MIN_PERCENT: usize = 30;
/// Rounds in which a planted bug must show.
const PLANTED_ROUNDS_MAX: u64 = 5;
/// Random worlds unless `GROUNDSWELL_TEST_KAFKA_WORLDS` says another number; those on the local log are many more.
const WORLDS: u64 = 5;
const WORLD_MENTIONS: u64 = 10_000;
/// Worlds at the same time.
const LANES: usize = 5;

type Run = fn(&World, &Mutex<Totals>) -> Result<(), String>;

pub struct Case {
    pub name: &'static str,
    pub run: Run,
}

/// Groups, one after the other; the cases of one run at the same time.
pub fn groups() -> Vec<Vec<Case>> {
    let group = |cases: &[(&'static str, Run)]| cases.iter().map(|(name, run)| Case { name, run: *run }).collect();
    vec![
        group(&[
            ("frames_are_read", |_, _| sound(proxy::test_frames)),
            ("markers_are_read", |_, _| sound(segments::test_a_marker)),
            ("states_are_read", |_, _| sound(transactions::test_states)),
        ]),
        group(&[
            ("kills_at_named_points_first", |world, totals| kills(world, totals, "kills-first", 11)),
            ("kills_at_named_points_second", |world, totals| kills(world, totals, "kills-second", 12)),
            ("kills_at_named_points_third", |world, totals| kills(world, totals, "kills-third", 13)),
        ]),
        group(&[("answers_dropped_and_delayed", answers), ("members_come_and_go_and_zombies_rise", zombies)]),
        group(&[
            ("worlds_first", |world, totals| worlds(world, totals, 0)),
            ("worlds_second", |world, totals| worlds(world, totals, 1)),
            ("worlds_third", |world, totals| worlds(world, totals, 2)),
            ("worlds_fourth", |world, totals| worlds(world, totals, 3)),
            ("worlds_fifth", |world, totals| worlds(world, totals, 4)),
        ]),
        // brokers of their own, and processes that wait for sessions to end: neither takes much of the machine
        group(&[
            ("brokers_killed_one_at_a_time", brokers),
            ("planted_commit_before_produce", |world, _| {
                planted(world, Bug::CommitBeforeProduce, 1, Order::Kill(Point::Begun, 5), 2)
            }),
            ("planted_no_rewind", |world, _| planted(world, Bug::NoRewind, 1, Order::Kill(Point::Aborting, 5), 1)),
            ("planted_no_fencing", |world, _| planted(world, Bug::NoFencing, 2, Order::Stop(Point::Begun, 4), 2)),
        ]),
    ]
}

/// A check without a broker; it panics when it fails.
fn sound(check: fn()) -> Result<(), String> {
    check();
    Ok(())
}

/// What all cases share, made when first wanted.
#[derive(Default)]
pub struct World {
    load: OnceLock<Option<Expected>>,
    small: OnceLock<Option<Expected>>,
    proxied: OnceLock<(Broker, String, Meddling)>,
}

impl World {
    /// The load, unless there is no generator.
    fn load(&self) -> Option<&Expected> {
        let count = number("GROUNDSWELL_TEST_MENTIONS", 40_000);
        let make = || Expected::generate(count, number("GROUNDSWELL_TEST_SEED", 1));
        self.load.get_or_init(make).as_ref()
    }

    /// A load that many worlds can decide one after the other.
    fn small_load(&self) -> Option<&Expected> {
        let make = || Expected::generate(WORLD_MENTIONS, number("GROUNDSWELL_TEST_SEED", 1));
        self.small.get_or_init(make).as_ref()
    }

    /// Whether there was a load.
    pub fn is_fed(&self) -> bool {
        self.load.get().is_some_and(Option::is_some)
    }

    /// One broker that clients reach through the proxy.
    pub fn place(&self) -> Place<'_> {
        let (broker, brokers, meddling) = self.proxied.get_or_init(proxied);
        Place { broker, brokers: brokers.clone(), meddling: meddling.clone() }
    }
}

fn proxied() -> (Broker, String, Meddling) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (port, (behind, _)) = (listener.local_addr().unwrap().port(), free_ports());
    let broker = Broker::start_with(free_ports(), &["--second".to_owned(), format!("{behind}:{port}")]);
    assert!(broker.logs().is_some(), "these tests read the broker's log: they start their own");
    let meddling = Meddling::default();
    let decide = meddling.clone();
    proxy::start(listener, behind, Arc::new(move |client: &str, api| decide.decide(client, api)));
    (broker, format!("127.0.0.1:{port}"), meddling)
}

/// A plan of kills.
pub fn kill_plan(name: &str, seed: u64) -> Plan {
    Plan {
        name: name.to_owned(),
        seed,
        processes: 2,
        settings: USUAL.to_owned(),
        wall_off: 0,
        victims: 2,
        hits: 22,
        any: false,
        window: Duration::from_secs(240),
        rates: None,
        storm: false,
        zombies: false,
        orders: None,
        bug: None,
        patience: Duration::from_secs(25),
    }
}

/// Runs it, with what else is done meanwhile; tells it, counts it.
pub fn told(
    plan: &Plan,
    place: &Place<'_>,
    load: &Expected,
    totals: &Mutex<Totals>,
    other: impl FnOnce(&AtomicBool) + Send,
) -> Result<Told, String> {
    let told = run(plan, place, load, other)?;
    println!("{}", lines(&told));
    totals.lock().unwrap().add(&told);
    must_be_equal(&told)?;
    Ok(told)
}

fn kills(world: &World, totals: &Mutex<Totals>, name: &str, seed: u64) -> Result<(), String> {
    let Some(load) = world.load() else { return Ok(()) };
    let told = told(&kill_plan(name, seed), &world.place(), load, totals, |_| {})?;
    if told.restored == 0 {
        return Err(format!("{name}: no snapshot was restored between faults"));
    }
    Ok(())
}

fn answers(world: &World, totals: &Mutex<Totals>) -> Result<(), String> {
    let Some(load) = world.load() else { return Ok(()) };
    let rates =
        Rates { drop_one_in: 150, drop_end_one_in: 120, delay_one_in: 25, delay_max: Duration::from_millis(1_500) };
    let plan = Plan { victims: 0, hits: usize::MAX, rates: Some(rates), ..kill_plan("answers", 21) };
    let place = world.place();
    // kills refused some before
    let before = place.meddling.total();
    let until = |over: &AtomicBool| {
        while !over.load(Ordering::Relaxed) && place.meddling.total() < before + ANSWERS_WANTED {
            std::thread::sleep(Duration::from_millis(100));
        }
        over.store(true, Ordering::Relaxed);
    };
    told(&plan, &place, load, totals, until).map(drop)
}

fn zombies(world: &World, totals: &Mutex<Totals>) -> Result<(), String> {
    let Some(load) = world.load() else { return Ok(()) };
    let window = Duration::from_secs(120);
    let name = "zombies";
    let plan = Plan { processes: 3, hits: usize::MAX, window, storm: true, zombies: true, ..kill_plan(name, 31) };
    let told = told(&plan, &world.place(), load, totals, |_| {})?;
    let risen = told.hits.iter().filter(|(hit, _)| hit.kind == "stop");
    if risen.clone().any(|(_, end)| *end == End::Landed) {
        return Err(format!("{name}: a zombie's transaction landed"));
    }
    if risen.count() == 0 {
        return Err(format!("{name}: no process was stopped"));
    }
    Ok(())
}

/// Random worlds over the same load, one after the other: how many processes and threads, how much a transaction holds,
/// when snapshots are taken, who is killed and who comes and goes, what the clock on the wall says.
fn worlds(world: &World, totals: &Mutex<Totals>, first: u64) -> Result<(), String> {
    let Some(load) = world.small_load() else { return Ok(()) };
    for seed in (first..number("GROUNDSWELL_TEST_KAFKA_WORLDS", WORLDS)).step_by(LANES) {
        told(&random_plan(seed), &world.place(), load, totals, |_| {})?;
    }
    Ok(())
}

fn random_plan(seed: u64) -> Plan {
    let mut dice = Dice(seed * 977 + 61);
    let records = *dice.pick(&[50_u32, 200, 2_000, 50_000]);
    let interval = *dice.pick(&["50ms", "100ms", "1s"]);
    let snapshot = *dice.pick(&["100ms", "500ms", "5s", "1h"]);
    let (triage, watch) = (1 + dice.roll(2), 1 + dice.roll(2));
    let processes = 1 + usize::try_from(dice.roll(4)).unwrap();
    let settings = format!(
        "transaction: {{ interval: {interval}, records_max: {records} }}\nsnapshot: {{ interval: {snapshot} }}\n\
         threads: {{ triage: {triage}, watch: {watch} }}"
    );
    let window = Duration::from_secs(8 + dice.roll(8));
    let base = kill_plan(&format!("world-{seed}"), 600 + seed);
    let wall_off = i64::try_from(dice.roll(40_000)).unwrap() - 20_000;
    let victims = processes.min(usize::try_from(dice.roll(3)).unwrap());
    let storm = dice.once_in(2);
    println!("  world-{seed}: {processes} processes, {victims} of them killed, visited: {storm}, {settings}");
    Plan { processes, settings, wall_off, victims, storm, hits: usize::MAX, window, ..base }
}

fn brokers(world: &World, totals: &Mutex<Totals>) -> Result<(), String> {
    let Some(load) = world.load() else { return Ok(()) };
    let mut cluster = Cluster::start()?;
    let broker = Broker::at(cluster.broker.brokers.clone());
    let place = Place { broker: &broker, brokers: broker.brokers.clone(), meddling: Meddling::default() };
    let window = Duration::from_secs(400);
    let plan = Plan { victims: 0, hits: usize::MAX, window, ..kill_plan("brokers", 41) };
    let mut killed = Ok(0);
    let told = run(&plan, &place, load, |over: &AtomicBool| {
        killed = cluster.kill_in_turn(BROKER_KILLS_WANTED, over);
        over.store(true, Ordering::Relaxed);
    })?;
    println!("{}", lines(&told));
    let mut totals = totals.lock().unwrap();
    totals.add(&told);
    totals.broker_kills += killed?;
    must_be_equal(&told)
}

/// What every refusal of a damaged state tells to do.
const STATE_REFUSED: &str = "(kafka-delete-records)";

/// A planted bug must show, with few faults: the outputs must differ, or a process must find its state damaged. Where
/// a fault happens to hit a transaction that says nothing twice, another round is run.
fn planted(world: &World, bug: Bug, processes: usize, order: Order, hits: usize) -> Result<(), String> {
    let Some(load) = world.load() else { return Ok(()) };
    let (name, window, patience) = (bug.as_str(), Duration::from_secs(120), Duration::from_secs(100));
    for round in 0..PLANTED_ROUNDS_MAX {
        let base = kill_plan(name, 51 + round);
        let (orders, bug) = (Some(order), Some(name));
        let plan = Plan { processes, victims: 1, hits, any: true, window, orders, bug, patience, ..base };
        let told = match run(&plan, &world.place(), load, |_| {}) {
            // two writers of one snapshot: a restore says so before the outputs can
            Err(reason) if reason.contains(STATE_REFUSED) => {
                println!("  {name}: refused to go on: {reason}");
                return Ok(());
            }
            told => told?,
        };
        println!("{}  {name}: {} differences", lines(&told), told.differences.len());
        if !told.differences.is_empty() {
            return Ok(());
        }
    }
    Err(format!("{name}: the bug was not seen: the runs are equal"))
}

/// Whether a whole run has met what it must.
pub fn enough(totals: &Totals) -> Result<(), String> {
    let [landed, aborted, _] = totals.of("kill");
    let counted = landed + aborted;
    let wanted = [
        (counted >= KILLS_MIN, format!("{counted} kills counted, wanted {KILLS_MIN}")),
        (landed * 100 >= counted * SHARE_MIN_PERCENT, format!("{landed} of {counted} landed")),
        (aborted * 100 >= counted * SHARE_MIN_PERCENT, format!("{aborted} of {counted} aborted")),
        (totals.answers_total() >= ANSWERS_MIN, format!("{} answers, wanted {ANSWERS_MIN}", totals.answers_total())),
        (totals.broker_kills >= BROKER_KILLS_MIN, format!("{} brokers killed", totals.broker_kills)),
        (totals.rebalances >= REBALANCES_MIN, format!("{} rebalances by a visitor", totals.rebalances)),
        // of all rounds together: which of them meets the outage between two kills depends on the machine
        (!totals.alerts.contains(&0), format!("alerts between faults: {:?} opened and moved", totals.alerts)),
    ];
    let missing: Vec<String> = wanted.into_iter().filter(|(met, _)| !met).map(|(_, text)| text).collect();
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n")) }
}
