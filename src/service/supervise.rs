//! One worker thread: connects, turns, and connects again with backoff when its log is of no use any more.

use super::wall::wall;
use super::worker::{Ended, Gap, Stage, StageError, Worker};
use crate::log::kafka::KafkaLog;
use crate::log::{Bounds, Commit, Committed, Log, LogError, TopicPartition};
use crate::rules::Pack;
use crate::telemetry::events::{
    BrokerUnreachable, GapSkipped, PackPending, PackReloaded, PartitionsMoved, ProducerFenced, TransactionAborted,
    TransactionCommitted, TransactionInDoubt,
};
use crate::telemetry::{Event as _, Health, Metrics};
use crate::wire::{Baseline, Topics};
use arc_swap::ArcSwap;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// First and longest wait before connecting again.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A worker that says nothing for so long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// Lag is measured this often.
const LAG_EVERY: Duration = Duration::from_secs(10);
/// Topics of a pending pack are looked for this often.
const PENDING_EVERY: Duration = Duration::from_secs(2);
/// A worker that was fenced by a twin takes its id back once; fenced again within this time, it is the one that ends.
const FENCE_MEMORY: Duration = Duration::from_secs(300);
/// With `until-end`, a worker that has nothing left asks this often whether its whole group has nothing left.
const FINISH_EVERY: Duration = Duration::from_secs(1);

/// What all workers of a process share.
#[derive(Clone)]
pub struct Shared {
    /// Everything that is counted.
    pub metrics: Arc<Metrics>,
    /// Who is ready.
    pub health: Health,
    /// Where the brokers are.
    pub brokers: String,
    /// Set to end the process in good order.
    pub stop: Arc<AtomicBool>,
    /// What history has taught, for a deployment of which nothing is kept yet.
    pub baseline: Option<Arc<Baseline>>,
    /// Names of the topics.
    pub topics: Topics,
    /// The pack that the workers decide by, and start with.
    pub active: Arc<ArcSwap<Pack>>,
    /// The pack they are to decide by as soon as its topics are there.
    pub wanted: Arc<ArcSwap<Pack>>,
    /// The pack that is asked beside, and decides nothing.
    pub shadow: Option<Arc<ArcSwap<Pack>>>,
    /// Ends when the input ends.
    pub until_end: bool,
    /// The first reason to give up.
    pub failure: Arc<Mutex<Option<String>>>,
}

impl Shared {
    fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends the process: with a dead worker it would only look alive.
    fn fail(&self, reason: String) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What a role does besides its stage's work.
pub trait RoleStage: Stage {
    /// Its name in metrics.
    const ROLE: &'static str;

    /// Decides by this pack from the next transaction on.
    fn adopt(&mut self, pack: &Arc<Pack>);

    /// Digest of the pack it decides by; none for roles without one.
    fn pack_digest(&self) -> Option<&str>;

    /// Says what a landed transaction changed.
    fn report(&mut self, metrics: &Metrics);

    /// Where each owned partition is: offset of the next record.
    fn positions(&self) -> Vec<(TopicPartition, i64)>;

    /// The topics whose end is the end of its work.
    fn inputs(&self) -> Vec<Arc<str>>;

    /// Whether a partition has ended for good, as far as what is committed for it says.
    fn has_ended(&self, committed: Option<&Committed>) -> bool;
}

/// Runs a worker until the process stops. `done` is set while all input has ended and is decided.
pub fn supervise<S: RoleStage>(
    name: &str,
    shared: &Shared,
    done: &AtomicBool,
    connect: impl Fn() -> Result<Worker<S, KafkaLog>, StageError>,
) {
    let (mut backoff, mut fenced_at) = (BACKOFF.0, None);
    while !shared.stopping() {
        shared.health.beat(name, SILENCE_MAX);
        let started = Instant::now();
        let Err(error) = serve(name, shared, done, &connect) else { break };
        shared.health.set_not_ready(name, error.to_string());
        if started.elapsed() > BACKOFF.1 {
            backoff = BACKOFF.0;
        }
        if gives_up(&error, &mut fenced_at) {
            shared.fail(format!("{name}: {error}"));
            break;
        }
        tell(S::ROLE, &error, backoff, shared);
        pause(backoff, name, shared);
        backoff = (backoff * 2).min(BACKOFF.1);
    }
    shared.health.remove(name);
}

/// Whether another start would not help. Why a twin's fence is answered once: the first may be an old connection's
/// late request; of two that answer each other, the one that was there first is fenced twice first, and ends.
fn gives_up(error: &StageError, fenced_at: &mut Option<Instant>) -> bool {
    match error {
        StageError::Unreadable { .. } | StageError::Gap { .. } => true,
        StageError::Log(LogError::Fenced { .. }) => {
            fenced_at.replace(Instant::now()).is_some_and(|before| before.elapsed() < FENCE_MEMORY)
        }
        StageError::Log(_) => false,
    }
}

fn tell(role: &'static str, error: &StageError, retry_in: Duration, shared: &Shared) {
    let (metrics, brokers) = (&shared.metrics, shared.brokers.as_str());
    let cause = error.to_string();
    match error {
        StageError::Log(LogError::Fatal { .. } | LogError::Fenced { .. }) => {
            ProducerFenced { role, cause: &cause }.emit(metrics);
        }
        StageError::Log(_) | StageError::Gap { .. } | StageError::Unreadable { .. } => {
            BrokerUnreachable { role, brokers, cause: &cause, retry_in }.emit(metrics);
        }
    }
}

fn pause(wait: Duration, name: &str, shared: &Shared) {
    let until = Instant::now() + wait;
    while Instant::now() < until && !shared.stopping() {
        std::thread::sleep(Duration::from_millis(50));
        shared.health.beat(name, SILENCE_MAX);
    }
}

fn serve<S: RoleStage>(
    name: &str,
    shared: &Shared,
    done: &AtomicBool,
    connect: &impl Fn() -> Result<Worker<S, KafkaLog>, StageError>,
) -> Result<(), StageError> {
    shared.health.set_not_ready(name, "connecting to the broker");
    let mut worker = connect()?;
    let (mut watched, mut adoption, mut finish) = (Watched::default(), Adoption::default(), Finish::default());
    while !shared.stopping() {
        let turn = worker.turn()?;
        shared.health.beat(name, SILENCE_MAX);
        for Gap { source, from, to } in turn.gaps {
            GapSkipped { role: S::ROLE, source: &source, from, to }.emit(&shared.metrics);
        }
        for ended in turn.ended {
            report(&mut worker, ended, &shared.metrics);
        }
        watched.look(name, &mut worker, shared)?;
        adoption.look(name, &mut worker, shared)?;
        done.store(shared.until_end && finish.look(&mut worker), Ordering::Relaxed);
    }
    if let Some(ended) = worker.commit()? {
        report(&mut worker, ended, &shared.metrics);
    }
    worker.close()
}

fn report<S: RoleStage>(worker: &mut Worker<S, KafkaLog>, ended: Ended, metrics: &Metrics) {
    let Ended { commit, records, arrived_ms, took } = ended;
    match commit {
        Commit::Landed => {
            TransactionCommitted { role: S::ROLE, records: records as u64, took }.emit(metrics);
            let now_ms = wall().as_micros() / 1000;
            for arrived in arrived_ms {
                metrics.observe_arrival_to_commit(S::ROLE, (now_ms - arrived) as f64 / 1000.0);
            }
            worker.stage_mut().report(metrics);
        }
        Commit::Aborted => TransactionAborted { role: S::ROLE, cause: "the broker asked for it" }.emit(metrics),
        Commit::Ambiguous => TransactionInDoubt { role: S::ROLE }.emit(metrics),
    }
}

/// Whether there is nothing left to do, for the whole group: a partition that nobody has at the moment, because it is on
/// its way from one member to another, is not done because nobody says that it is not.
#[derive(Default)]
struct Finish {
    asked: Option<(Instant, bool)>,
}

impl Finish {
    fn look<S: RoleStage>(&mut self, worker: &mut Worker<S, KafkaLog>) -> bool {
        if !worker.assigned().is_empty() && !worker.stage().is_done() {
            self.asked = None;
            return false;
        }
        if let Some((_, is_finished)) = self.asked.filter(|(at, _)| at.elapsed() < FINISH_EVERY) {
            return is_finished;
        }
        // a broker that cannot say is asked again
        let is_finished = is_finished(worker).unwrap_or(false);
        self.asked = Some((Instant::now(), is_finished));
        is_finished
    }
}

/// True when every partition of every input has ended, and nothing committed stands behind what was read of it.
fn is_finished<S: RoleStage>(worker: &mut Worker<S, KafkaLog>) -> Result<bool, LogError> {
    for topic in worker.stage().inputs() {
        let count = worker.log_mut().partitions(&topic)?;
        let sources: Vec<_> = (0..count).map(|partition| TopicPartition::new(Arc::clone(&topic), partition)).collect();
        let committed = worker.log_mut().committed(&sources)?;
        for (source, committed) in sources.iter().zip(committed) {
            if !worker.stage().has_ended(committed.as_ref()) {
                return Ok(false);
            }
            let Bounds { low, high } = worker.log_mut().bounds(source)?;
            let (next, mut left) = (committed.map_or(low, |committed| committed.next.max(low)), 0);
            // the last offsets are often control records
            worker.log_mut().read(source, next, high, &mut |_| left += 1)?;
            if left > 0 {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Changes the pack between transactions, once every topic it routes to is there; until then it is pending.
#[derive(Default)]
struct Adoption {
    /// Digest of the pack that waits, and when its topics were last looked for.
    pending: Option<(String, Instant)>,
}

impl Adoption {
    fn look<S: RoleStage>(
        &mut self,
        name: &str,
        worker: &mut Worker<S, KafkaLog>,
        shared: &Shared,
    ) -> Result<(), StageError> {
        let Some(digest) = worker.stage().pack_digest() else { return Ok(()) };
        let pack = shared.wanted.load();
        if *digest == *pack.digest {
            if self.pending.take().is_some() {
                // the folder holds the active pack again
                shared.health.set_ready(name);
            }
            return Ok(());
        }
        let waits = self.pending.as_ref().filter(|(digest, _)| *digest == pack.digest);
        if waits.is_some_and(|(_, at)| at.elapsed() < PENDING_EVERY) {
            return Ok(());
        }
        let is_new = waits.is_none();
        if let Some(topic) = missing_topic(worker.log_mut(), shared, &pack)? {
            self.pending = Some((pack.digest.clone(), Instant::now()));
            let reason = format!("pack {} is pending: topic {topic} does not exist", pack.digest);
            shared.health.set_ready_but(name, reason);
            if is_new {
                PackPending { digest: &pack.digest, topic: &topic }.emit(&shared.metrics);
            }
            return Ok(());
        }
        self.pending = None;
        if let Some(ended) = worker.commit()? {
            report(worker, ended, &shared.metrics);
        }
        worker.stage_mut().adopt(&pack);
        shared.health.set_ready(name);
        if shared.active.swap(Arc::clone(&pack)).digest != pack.digest {
            PackReloaded { digest: &pack.digest, queries: pack.queries.len() }.emit(&shared.metrics);
        }
        Ok(())
    }
}

/// The first topic a pack routes to that is not there.
fn missing_topic(log: &mut dyn Log, shared: &Shared, pack: &Pack) -> Result<Option<String>, StageError> {
    for team in pack.topics() {
        match log.partitions(&shared.topics.routed(&team)) {
            Ok(_) => {}
            Err(LogError::NoTopic { topic }) => return Ok(Some(topic)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// What is looked at now and then: which partitions are ours, and how far behind they are.
#[derive(Default)]
struct Watched {
    owned: BTreeSet<TopicPartition>,
    lag_at: Option<Instant>,
    ready: bool,
}

impl Watched {
    fn look<S: RoleStage>(
        &mut self,
        name: &str,
        worker: &mut Worker<S, KafkaLog>,
        shared: &Shared,
    ) -> Result<(), StageError> {
        let owned: BTreeSet<TopicPartition> = worker.assigned().iter().cloned().collect();
        let gone: Vec<TopicPartition> = self.owned.difference(&owned).cloned().collect();
        let come: Vec<TopicPartition> = owned.difference(&self.owned).cloned().collect();
        for (how, partitions) in [("revoked", gone), ("assigned", come)].iter().filter(|(_, moved)| !moved.is_empty()) {
            PartitionsMoved { role: S::ROLE, how, partitions }.emit(&shared.metrics);
        }
        if !owned.is_empty() && !self.ready {
            self.ready = true;
            shared.health.set_ready(name);
        }
        self.owned = owned;
        if self.lag_at.is_none_or(|at| at.elapsed() >= LAG_EVERY) {
            self.lag_at = Some(Instant::now());
            for (source, next) in worker.stage().positions() {
                let behind = (worker.log_mut().bounds(&source)?.high - next).max(0);
                let now_ms = wall().as_micros() / 1000;
                let since = worker.last_arrived_ms(&source).filter(|_| behind > 0);
                let seconds = since.map_or(0.0, |arrived| (now_ms - arrived).max(0) as f64 / 1000.0);
                shared.metrics.set_lag(S::ROLE, &source, behind, seconds);
            }
        }
        Ok(())
    }
}
