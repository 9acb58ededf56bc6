//! One deployment under faults, from its first record to the comparison with the undisturbed run.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::load::Expected;
use crate::meddling::{Counts, Meddling, Rates};
use crate::storm::storm;
use crate::support::equality::differences;
use crate::support::load::{by_platform, write_pack};
use crate::support::process::Deployment;
use crate::support::{Broker, OnDrop};
use crate::transactions::{End, Transactions};
use crate::victim::{Hit, Order, Orders, Victim};

pub const PARTITIONS: i32 = 4;
/// Deciding what is left, once there are no more faults: without a sign of life, and at most.
const PATIENCE: Duration = Duration::from_secs(120);
const PATIENCE_MAX: Duration = Duration::from_secs(1_200);
const TICK: Duration = Duration::from_millis(15);
const INSTANCES: [&str; 4] = ["one", "two", "three", "four"];
/// What processes are set to, unless a plan says otherwise.
pub const USUAL: &str = "snapshot: { interval: 500ms }\ntransaction: { interval: 100ms, records_max: 200 }";

/// Where a round runs.
pub struct Place<'a> {
    pub broker: &'a Broker,
    /// How processes reach it.
    pub brokers: String,
    pub meddling: Meddling,
}

/// What is done to a deployment.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: String,
    pub seed: u64,
    pub processes: usize,
    /// Lines of configuration of every process.
    pub settings: String,
    /// How much the wall clock of each is fast, seconds, the next one twice as much, and so on.
    pub wall_off: i64,
    /// Processes that get orders; the others live.
    pub victims: usize,
    /// Over when so many kills or stops have hit an open transaction, and alerts opened and moved between them …
    pub hits: usize,
    /// A hit counts with no transaction open, too, once the process is started again.
    pub any: bool,
    /// … or after this long. The load is spread over it.
    pub window: Duration,
    pub rates: Option<Rates>,
    pub storm: bool,
    /// Victims are stopped and continued rather than killed.
    pub zombies: bool,
    /// Orders instead of those of [`Orders`], for every victim.
    pub orders: Option<Order>,
    pub bug: Option<&'static str>,
    /// A point that is not reached for so long is given up.
    pub patience: Duration,
}

/// What a round has shown.
#[derive(Debug, Default)]
pub struct Told {
    pub name: String,
    pub hits: Vec<(Hit, End)>,
    pub answers: Counts,
    pub rebalances: u64,
    pub restored: usize,
    /// Alert events between the first and the last fault, as processes log them: opened, and later ones.
    pub alerts: [usize; 2],
    pub mentions: usize,
    pub differences: Vec<String>,
}

impl Told {
    /// Hits with a transaction open, or just ended.
    pub fn counted(&self) -> usize {
        self.hits.iter().filter(|(_, end)| *end != End::NoneOpen).count()
    }
}

/// Runs it. `other` is done meanwhile, until the flag is set, and sets it when it has done enough.
///
/// # Errors
/// When a process ends by itself, or does not end when it should.
pub fn run(
    plan: &Plan,
    place: &Place<'_>,
    load: &Expected,
    other: impl FnOnce(&AtomicBool) + Send,
) -> Result<Told, String> {
    let deployment = Deployment::new(place.broker, &plan.name);
    let told = run_in(&deployment, plan, place, load, other);
    let is_wanted = told.as_ref().is_ok_and(|told| told.differences.is_empty() || plan.bug.is_some());
    if !is_wanted {
        eprintln!("{}: configuration and logs are kept in {}", plan.name, deployment.folder.display());
        std::mem::forget(deployment);
    }
    told
}

fn run_in(
    deployment: &Deployment<'_>,
    plan: &Plan,
    place: &Place<'_>,
    load: &Expected,
    other: impl FnOnce(&AtomicBool) + Send,
) -> Result<Told, String> {
    write_pack(&deployment.rules, &load.brands);
    deployment.apply_topics(PARTITIONS);
    let mut victims: Vec<Victim> =
        INSTANCES[..plan.processes].iter().zip(1..).map(|(name, n)| victim(deployment, place, name, plan, n)).collect();
    let (over, seen, rebalances) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicU64::new(0));
    if let Some(rates) = plan.rates {
        place.meddling.begin(&deployment.prefix, plan.seed, rates);
    }
    let hits = std::thread::scope(|scope| {
        scope.spawn(|| trickle(deployment, load, plan, &over, &seen));
        scope.spawn(|| other(&over));
        if plan.storm {
            scope.spawn(|| storm(&place.broker.config(), &deployment.prefix, &over, &rebalances));
        }
        // whatever happens here, the others must hear that it is over
        let _over = OnDrop(&over);
        disturb(plan, place, deployment, &mut victims, (&over, &seen))
    })?;
    place.meddling.end(&deployment.prefix);
    victims.iter_mut().for_each(Victim::stop);
    let logs: Vec<String> = victims.iter().map(|victim| victim.process.log_text()).collect();
    finish(&mut victims, deployment)?;
    let hits = ends(place, deployment, hits);
    let outputs = deployment.outputs();
    Ok(Told {
        name: plan.name.clone(),
        hits,
        answers: place.meddling.counts(&deployment.prefix),
        rebalances: rebalances.into_inner(),
        restored: logs.iter().map(|log| log.matches("\"state restored\"").count()).sum(),
        alerts: alerts_between_faults(&logs),
        mentions: load.records.len(),
        differences: differences(&load.replayed.outputs, &outputs),
    })
}

fn victim(deployment: &Deployment<'_>, place: &Place<'_>, name: &str, plan: &Plan, number: i64) -> Victim {
    let more = format!(
        "clock: data\nroles: [triage, watch]\n{}\nlog: {{ format: json, level: \"info,groundswell::service=debug\" }}",
        plan.settings
    );
    let process = deployment.process_at(&place.brokers, name, &more);
    let wall_off = plan.wall_off * number;
    Victim::new(process, &deployment.prefix, name, place.meddling.clone(), plan.patience).wall_off(wall_off)
}

/// Lets the faults happen until there are enough of them.
fn disturb(
    plan: &Plan,
    place: &Place<'_>,
    deployment: &Deployment<'_>,
    victims: &mut [Victim],
    (over, seen): (&AtomicBool, &AtomicUsize),
) -> Result<Vec<Hit>, String> {
    let mut orders: Vec<Orders> =
        (0..plan.victims as u64).map(|n| Orders::new(plan.seed * 31 + n * 3, plan.zombies)).collect();
    let mut order_of = |number: usize| match (orders.get_mut(number), plan.orders) {
        (None, _) => Order::Live,
        (_, Some(order)) => order,
        (Some(orders), None) => orders.next(),
    };
    for (number, victim) in victims.iter_mut().enumerate() {
        victim.start(order_of(number), plan.bug);
    }
    let (mut hits, deadline) = (Vec::new(), Instant::now() + plan.window);
    let (mut looked, mut restarts) = (Instant::now(), 0);
    while Instant::now() < deadline && !over.load(Ordering::Relaxed) {
        for (number, victim) in victims.iter_mut().enumerate() {
            let (hit, is_gone) = victim.look().map_err(|error| format!("{}: {error}", plan.name))?;
            hits.extend(hit);
            seen.store(hits.len(), Ordering::Relaxed);
            if is_gone {
                restarts += 1;
                victim.start(order_of(number), plan.bug);
            }
        }
        if plan.any && restarts >= plan.hits {
            break;
        }
        // asking the log costs something, and kills are seconds apart
        if hits.len() >= plan.hits && looked.elapsed() > Duration::from_secs(3) {
            looked = Instant::now();
            let ends = ends(place, deployment, hits.clone());
            let counted = ends.iter().filter(|(_, end)| *end != End::NoneOpen).count();
            let logs: Vec<String> = victims.iter().map(|victim| victim.process.log_text()).collect();
            if counted >= plan.hits && alerts_between_faults(&logs).iter().all(|count| *count > 0) {
                break;
            }
        }
        std::thread::sleep(TICK);
    }
    Ok(hits)
}

/// Produces the load bit by bit, as far as the window has gone or the hits have come, whichever is more; when it is
/// over, the rest. Some is kept until the end of the window, so that there is always something to do.
fn trickle(deployment: &Deployment<'_>, load: &Expected, plan: &Plan, over: &AtomicBool, seen: &AtomicUsize) {
    const STEP: Duration = Duration::from_millis(100);
    const BY_HITS_MAX: f64 = 0.8;
    let (feeder, begun, all) = (deployment.broker.feeder(), Instant::now(), load.records.len());
    let mut fed = 0;
    while fed < all {
        let by_time = begun.elapsed().as_secs_f64() / plan.window.as_secs_f64();
        let by_hits = (seen.load(Ordering::Relaxed) as f64 / plan.hits as f64).min(BY_HITS_MAX);
        let share = if over.load(Ordering::Relaxed) { 1.0 } else { by_time.max(by_hits).min(1.0) };
        let to = ((all as f64 * share) as usize).clamp(fed, all);
        for (platform, records) in by_platform(&load.records[fed..to]) {
            feeder.feed(&format!("{}raw.{platform}", deployment.prefix), &records);
        }
        fed = to;
        std::thread::sleep(STEP);
    }
}

/// All decide the rest, undisturbed, to the end of what is in the raw topics.
fn finish(victims: &mut [Victim], deployment: &Deployment<'_>) -> Result<(), String> {
    for victim in &mut *victims {
        victim.process.until_end = true;
        victim.start(Order::Live, None);
    }
    let begun = Instant::now();
    for victim in victims {
        let (mut said, mut heard) = (0, Instant::now());
        let status = loop {
            if let Some(status) = victim.process.ended() {
                break status;
            }
            // it logs every transaction that has something to tell
            let says = victim.process.log_bytes();
            if says != said {
                (said, heard) = (says, Instant::now());
            }
            if heard.elapsed() >= PATIENCE || begun.elapsed() >= PATIENCE_MAX {
                let waited = begun.elapsed().as_secs();
                return Err(format!("not decided in {waited} s, see {}", victim.process.log.display()));
            }
            std::thread::sleep(TICK);
        };
        if !status.success() {
            let (prefix, word, log) = (&deployment.prefix, victim.last_word(), victim.process.log.display());
            return Err(format!("{prefix}ended with {status}: {word}, see {log}"));
        }
    }
    Ok(())
}

/// What became of each hit's transaction; where the log is on no disk of ours, nothing is known.
fn ends(place: &Place<'_>, deployment: &Deployment<'_>, hits: Vec<Hit>) -> Vec<(Hit, End)> {
    let Some(logs) = place.broker.logs() else { return Vec::new() };
    let mut transactions = Transactions::read(&logs, &deployment.prefix);
    let end = |hit: Hit| {
        let process = format!("{}{}-", deployment.prefix, hit.process);
        let end = transactions.end_of(&process, hit.at_ms, hit.has_ended());
        (hit, end)
    };
    hits.into_iter().map(end).collect()
}

/// Alert events between the first and the last fault of each log: opened, and later ones of an alert.
fn alerts_between_faults(logs: &[String]) -> [usize; 2] {
    let mut sums = [0; 2];
    for log in logs {
        let first = log.find("fault seen: ").unwrap_or(log.len());
        let last = log.rfind("fault seen: ").unwrap_or(first);
        let opened = log[first..last].matches("\"state\":\"Opened\"").count();
        let all = log[first..last].matches("\"message\":\"alert\"").count();
        sums = [sums[0] + opened, sums[1] + all.saturating_sub(opened)];
    }
    sums
}
