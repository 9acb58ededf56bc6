//! One deployment under faults, from its first record to the comparison with the undisturbed run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::Expected;
use crate::meddling::{Counts, Meddling, Rates};
use crate::storm::storm;
use crate::support::Broker;
use crate::support::equality::differences;
use crate::support::load::{by_platform, write_pack};
use crate::support::process::Deployment;
use crate::transactions::{End, Transactions};
use crate::victim::{Hit, Order, Orders, Victim};

pub const PARTITIONS: i32 = 4;
/// Deciding what is left, once there are no more faults.
const PATIENCE: Duration = Duration::from_secs(240);
const TICK: Duration = Duration::from_millis(15);
const INSTANCES: [&str; 3] = ["one", "two", "three"];

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
    /// Processes that get orders; the others live.
    pub victims: usize,
    /// Over when so many kills or stops have hit an open transaction …
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
}

/// What a round has shown.
#[derive(Debug, Default)]
pub struct Told {
    pub name: String,
    pub hits: Vec<(Hit, End)>,
    pub answers: Counts,
    pub rebalances: u64,
    pub restored: usize,
    /// Alerts opened and updated between the first and the last fault, as processes log them.
    pub alerts: (usize, usize),
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
        INSTANCES[..plan.processes].iter().map(|name| victim(deployment, place, name)).collect();
    let (over, rebalances) = (AtomicBool::new(false), AtomicU64::new(0));
    if let Some(rates) = plan.rates {
        place.meddling.begin(&deployment.prefix, plan.seed, rates);
    }
    let hits = std::thread::scope(|scope| {
        scope.spawn(|| trickle(deployment, load, plan.window, &over));
        scope.spawn(|| other(&over));
        if plan.storm {
            scope.spawn(|| storm(&place.broker.config(), &deployment.prefix, &over, &rebalances));
        }
        // whatever happens here, the others must hear that it is over
        let _over = OnDrop(&over);
        disturb(plan, place, deployment, &mut victims, &over)
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
        restored: logs.iter().map(|log| log.matches("\"has_snapshot\":true").count()).sum(),
        alerts: (between_faults(&logs, "Opened"), between_faults(&logs, "Updated")),
        mentions: load.records.len(),
        differences: differences(&load.replayed.outputs, &outputs),
    })
}

fn victim(deployment: &Deployment<'_>, place: &Place<'_>, name: &str) -> Victim {
    let more = "clock: data\nroles: [triage, watch]\nsnapshot: { interval: 500ms }\ntransaction: { interval: 100ms, records_max: 200 }\n\
                log: { format: json, level: \"info,groundswell::service=debug\" }";
    let process = deployment.process_at(&place.brokers, name, more);
    Victim::new(process, &deployment.prefix, name, place.meddling.clone())
}

/// Sets the flag at the end of a scope, however that ends.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets the faults happen until there are enough of them.
fn disturb(
    plan: &Plan,
    place: &Place<'_>,
    deployment: &Deployment<'_>,
    victims: &mut [Victim],
    over: &AtomicBool,
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
            if ends.iter().filter(|(_, end)| *end != End::NoneOpen).count() >= plan.hits {
                break;
            }
        }
        std::thread::sleep(TICK);
    }
    Ok(hits)
}

/// Produces the load bit by bit, spread over the window; then, or when it is over, the rest.
fn trickle(deployment: &Deployment<'_>, load: &Expected, window: Duration, over: &AtomicBool) {
    const STEP: Duration = Duration::from_millis(100);
    let (feeder, deadline) = (deployment.broker.feeder(), Instant::now() + window);
    let mut rest = load.records.as_slice();
    while !rest.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        let steps = if over.load(Ordering::Relaxed) { 1 } else { (left.as_millis() / STEP.as_millis()).max(1) };
        let (slice, after) = rest.split_at(rest.len().div_ceil(usize::try_from(steps).expect("a short window")));
        for (platform, records) in by_platform(slice) {
            feeder.feed(&format!("{}raw.{platform}", deployment.prefix), &records);
        }
        rest = after;
        std::thread::sleep(STEP);
    }
}

/// All decide the rest, undisturbed, to the end of what is in the raw topics.
fn finish(victims: &mut [Victim], deployment: &Deployment<'_>) -> Result<(), String> {
    for victim in &mut *victims {
        victim.process.until_end = true;
        victim.start(Order::Live, None);
    }
    let deadline = Instant::now() + PATIENCE;
    for victim in victims {
        let status = loop {
            if let Some(status) = victim.process.ended() {
                break status;
            }
            if Instant::now() >= deadline {
                return Err(format!("not decided in {PATIENCE:?}, see {}", victim.process.log.display()));
            }
            std::thread::sleep(TICK);
        };
        if !status.success() {
            return Err(format!("{}ended with {status}, see {}", deployment.prefix, victim.process.log.display()));
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

/// Alerts of a state between the first and the last fault of each log.
fn between_faults(logs: &[String], state: &str) -> usize {
    let alert = format!("\"state\":\"{state}\"");
    let count = |log: &String| {
        let first = log.find("fault seen: ").unwrap_or(log.len());
        let last = log.rfind("fault seen: ").unwrap_or(first);
        log[first..last].matches(&alert).count()
    };
    logs.iter().map(count).sum()
}
