//! `groundswell run`: the roles of one process on Kafka, until it is told to stop or, on request, until the input ends.

use super::notify::NotifyStage;
use super::patience::Proposal;
use super::reload::Folder;
use super::supervise::{RoleStage, Shared, supervise};
use super::triage::{ClockPolicy, Landed, TriageSettings, TriageStage};
use super::wall::wall;
use super::watch::{WatchSettings, WatchStage};
use super::worker::{Limits, StageError, Worker};
use crate::api::{self, Desk, Door, Inbox, Keys};
use crate::config::{Clock, Config, FeedbackSource, Role};
use crate::log::kafka::{Appender, KafkaLog, KafkaSettings};
use crate::log::{Committed, Log, TopicPartition};
use crate::notify::Notifier;
use crate::pipeline::{Outcome, UndoLimits};
use crate::rules::Pack;
use crate::score::Model;
use crate::telemetry::events::{AlertPublished, PackReloaded, PartitionExcluded, RecordDeadLettered};
use crate::telemetry::{self, Event as _, Health, Metrics, VoiceShown, serve};
use crate::wire::{Baseline, BaselineError, Topics, VoiceRecord};
use anyhow::Context as _;
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The pack folder is looked at this often.
const RELOAD_EVERY: Duration = Duration::from_secs(2);
/// With `until-end`, every worker must say so for this long.
const DONE_FOR: Duration = Duration::from_secs(3);
/// A poll waits at most this long.
const POLL: Duration = Duration::from_millis(50);

/// Runs the roles of `config` until stopped. The pack has been checked already.
///
/// # Errors
/// When the process cannot start, or a role had to give up.
pub fn run(config: &Config, pack: Pack, shadow: Option<Pack>, until_end: bool) -> anyhow::Result<()> {
    let metrics = Arc::new(Metrics::new().context("cannot set up metrics")?);
    PackReloaded { digest: &pack.digest, queries: pack.queries.len() }.emit(&metrics);
    let pack = Arc::new(pack);
    let shared = Shared {
        metrics,
        health: Health::default(),
        brokers: config.kafka.brokers.clone(),
        stop: Arc::new(AtomicBool::new(false)),
        topics: Topics::new(&config.kafka.prefix),
        active: Arc::new(ArcSwap::new(Arc::clone(&pack))),
        wanted: Arc::new(ArcSwap::new(pack)),
        shadow: shadow.map(|pack| Arc::new(ArcSwap::from_pointee(pack))),
        baseline: read_baseline(config)?,
        until_end,
        failure: Arc::new(Mutex::new(None)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let router = telemetry::routes(Arc::clone(&shared.metrics), shared.health.clone());
    let router = router.merge(api::routes(door(config, &shared)?, desk(config, &shared)));
    let router = match &config.notify.charts {
        Some(charts) => router.merge(api::chart_routes(charts.key.clone())),
        None => router,
    };
    let (address, _server) = runtime.block_on(serve(config.http.bind, router, std::future::pending()))?;
    tracing::info!(%address, "metrics and health are served");
    runtime.spawn(stop_on_signal(Arc::clone(&shared.stop)));
    let workers = start_workers(config, &shared)?;
    oversee(config, &shared, &workers);
    for worker in workers {
        if worker.thread.join().is_err() {
            shared.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert("a worker panicked".to_owned());
        }
    }
    runtime.shutdown_timeout(Duration::from_secs(2));
    let failure = shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    failure.map_or(Ok(()), |reason| Err(anyhow::anyhow!(reason)))
}

/// Feedback over HTTP, where somebody is let in.
fn door(config: &Config, shared: &Shared) -> anyhow::Result<Door> {
    let (secrets, tokens) = (config.http.feedback_secrets.clone(), config.http.feedback_tokens.clone());
    let keys = Keys { secrets, tokens };
    let inbox = if keys.is_empty() {
        None
    } else {
        tracing::info!("feedback is taken at /v1/feedback");
        let (name, role) = ("feedback", Role::Triage);
        let appender = Appender::new(&settings(name, role, config, [shared.topics.feedback.to_string()]));
        Some(Inbox::open(appender).context("cannot start a thread")?)
    };
    let metrics = Arc::clone(&shared.metrics);
    Ok(Door { keys: Arc::new(keys), inbox, topics: shared.topics.clone(), metrics, now: wall })
}

/// Changes of the pack for a time over HTTP, where somebody is let in.
fn desk(config: &Config, shared: &Shared) -> Desk {
    let keys = Keys { secrets: config.http.overlay_secrets.clone(), tokens: Vec::new() };
    let metrics = Arc::clone(&shared.metrics);
    Desk { keys: Arc::new(keys), folder: config.rules.clone(), metrics, now: wall }
}

/// What history has taught; read where it may be needed.
fn read_baseline(config: &Config) -> anyhow::Result<Option<Arc<Baseline>>> {
    let Some(path) = config.baseline.as_deref().filter(|_| config.roles.contains(&Role::Watch)) else {
        return Ok(None);
    };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the baseline {}", path.display()))?;
    let baseline = Baseline::decode(&bytes).with_context(|| format!("cannot use the baseline {}", path.display()))?;
    Ok(Some(Arc::new(baseline)))
}

struct Running {
    thread: JoinHandle<()>,
    done: Arc<AtomicBool>,
}

async fn stop_on_signal(stop: Arc<AtomicBool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
        }
        Err(_) => drop(interrupted.await),
    }
    tracing::info!("stopping: committing what is open");
    stop.store(true, Ordering::Relaxed);
}

/// Waits for the end, and swaps the pack meanwhile.
fn oversee(config: &Config, shared: &Shared, workers: &[Running]) {
    let mut looked_at = Instant::now();
    let mut folder = Folder::new(&config.rules, shared.wanted.load_full());
    let shadow = config.shadow.as_ref().zip(shared.shadow.as_ref());
    let mut shadow = shadow.map(|(path, pack)| (Folder::of_shadow(path, pack.load_full()), Arc::clone(pack)));
    let mut done_since: Option<Instant> = None;
    while !shared.stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(100));
        let done = workers.iter().all(|worker| worker.done.load(Ordering::Relaxed) || worker.thread.is_finished());
        done_since = done.then(|| done_since.unwrap_or_else(Instant::now));
        if shared.until_end && done_since.is_some_and(|since| since.elapsed() >= DONE_FOR) {
            shared.stop.store(true, Ordering::Relaxed);
        }
        if looked_at.elapsed() >= RELOAD_EVERY {
            looked_at = Instant::now();
            folder.look(&shared.wanted, &shared.metrics);
            if let Some((folder, pack)) = &mut shadow {
                folder.look(pack, &shared.metrics);
            }
        }
    }
}

fn start_workers(config: &Config, shared: &Shared) -> anyhow::Result<Vec<Running>> {
    let mut workers = Vec::new();
    for role in &config.roles {
        let threads = match role {
            Role::Triage => config.threads.triage,
            Role::Watch => config.threads.watch,
            Role::Notify => 1,
        };
        if *role == Role::Notify && config.notify.receivers.is_empty() {
            tracing::info!("nobody is told of alerts: notify.receivers is empty");
            continue;
        }
        for thread in 0..threads {
            let name = format!("{}-{thread}", role.as_str());
            workers.push(start(*role, name, config.clone(), shared.clone())?);
        }
    }
    Ok(workers)
}

fn start(role: Role, name: String, config: Config, shared: Shared) -> anyhow::Result<Running> {
    let done = Arc::new(AtomicBool::new(role == Role::Notify));
    let told = Arc::clone(&done);
    let body = move || match role {
        Role::Triage => supervise(&name, &shared, &told, || connect_triage(&name, &config, &shared)),
        Role::Watch => supervise(&name, &shared, &told, || connect_watch(&name, &config, &shared)),
        Role::Notify => {
            let ignored = AtomicBool::new(true);
            supervise(&name, &shared, &ignored, || connect_notify(&name, &config, &shared));
        }
    };
    let thread = thread::Builder::new().name(role.as_str().to_owned()).spawn(body).context("cannot start a thread")?;
    Ok(Running { thread, done })
}

fn connect_triage(name: &str, config: &Config, shared: &Shared) -> Result<Worker<TriageStage, KafkaLog>, StageError> {
    let topics = Topics::new(&config.kafka.prefix);
    let sources: Vec<_> = config.sources.platforms.iter().map(|platform| topics.raw(*platform)).collect();
    let people = hears_people(config, shared).then(|| topics.feedback.to_string());
    let inputs = sources.iter().map(ToString::to_string).chain(people);
    let mut log = KafkaLog::connect(&settings(name, Role::Triage, config, inputs))?;
    let mut members = Vec::new();
    for topic in &sources {
        let count = log.partitions(topic)?;
        members.extend((0..count).map(|partition| TopicPartition::new(Arc::clone(topic), partition)));
    }
    if hears_people(config, shared) {
        let count = log.partitions(&topics.feedback)?;
        members.extend((0..count).map(|partition| TopicPartition::new(Arc::clone(&topics.feedback), partition)));
    }
    let pack = shared.active.load_full();
    for team in pack.topics() {
        log.partitions(&topics.routed(&team))?;
    }
    let clock = match config.clock {
        _ if shared.until_end => ClockPolicy::UntilEnd,
        Clock::Data => ClockPolicy::Data,
        Clock::Live => ClockPolicy::Live { tick_after: config.tick_after.0 },
    };
    let signals_partitions = log.partitions(&topics.signals)?;
    let duplicate_window_records = u64::from(config.decisions.duplicate_window_records);
    let redact = config.decisions.redact;
    let settings = TriageSettings { topics, members, signals_partitions, duplicate_window_records, clock, redact };
    let mut stage = TriageStage::new(settings, pack, Model::shipped()).following_topics();
    stage.set_shadow(shared.shadow.clone());
    stage.set_phone_key(config.decisions.phone_key());
    Ok(Worker::new(stage, log, limits(config), wall).on_gap(config.kafka.on_gap))
}

/// Whether the feedback topic is read: where its silence would hold everyone back, only when that is asked for.
fn hears_people(config: &Config, shared: &Shared) -> bool {
    match config.sources.feedback {
        FeedbackSource::Live => config.clock == Clock::Live && !shared.until_end,
        FeedbackSource::Always => true,
        FeedbackSource::Never => false,
    }
}

fn connect_watch(name: &str, config: &Config, shared: &Shared) -> Result<Worker<WatchStage, KafkaLog>, StageError> {
    let topics = Topics::new(&config.kafka.prefix);
    let signals = topics.signals.to_string();
    let mut log = KafkaLog::connect(&settings(name, Role::Watch, config, [signals]))?;
    let signals_partitions = log.partitions(&topics.signals)?;
    let settings =
        WatchSettings { topics, snapshot_every: Some(config.snapshot.interval.0), undo: UndoLimits::default() };
    if let Some(baseline) = &shared.baseline {
        let found = usize::try_from(signals_partitions).unwrap_or_default();
        let refuse = |error: BaselineError| StageError::Unreadable {
            source_name: "the baseline".to_owned(),
            offset: -1,
            reason: error.to_string(),
        };
        baseline.fits(found).map_err(refuse)?;
    }
    let mut stage = WatchStage::new(settings, shared.active.load_full()).beginning_with(shared.baseline.clone());
    if config.clock == Clock::Live {
        stage = stage.excluding_after(config.exclude_after.0, signals_partitions).calling_after(config.tick_after.0);
    }
    Ok(Worker::new(stage, log, limits(config), wall).on_gap(config.kafka.on_gap))
}

fn connect_notify(name: &str, config: &Config, shared: &Shared) -> Result<Worker<NotifyStage, KafkaLog>, StageError> {
    let alerts = Topics::new(&config.kafka.prefix).alerts.to_string();
    let mut settings = settings(name, Role::Notify, config, [alerts]);
    // telling people may take as long as it is tried, and one event is told at a time
    let longest = config.notify.give_up_after.0 + config.notify.timeout.0 * 4;
    settings.extra.insert("consumer.max.poll.interval.ms".to_owned(), longest.as_millis().to_string());
    let log = KafkaLog::connect(&settings)?;
    let notifier = Notifier::new(config.notify.clone(), Arc::clone(&shared.metrics), Arc::clone(&shared.stop));
    let limits = Limits { records_max: 1, ..limits(config) };
    Ok(Worker::new(NotifyStage::new(notifier), log, limits, wall).on_gap(config.kafka.on_gap))
}

fn settings(name: &str, role: Role, config: &Config, topics: impl IntoIterator<Item = String>) -> KafkaSettings {
    let prefix = &config.kafka.prefix;
    let workers = (config.threads.triage + config.threads.watch + 1) as usize;
    KafkaSettings {
        brokers: config.kafka.brokers.clone(),
        group: format!("{prefix}{}", role.as_str()),
        transactional_id: format!("{prefix}{}-{name}", config.instance),
        topics: topics.into_iter().collect(),
        memory_budget_bytes: config.memory_budget.bytes() / workers,
        extra: config.kafka.properties.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    }
}

fn limits(config: &Config) -> Limits {
    let records_max = usize::try_from(config.transaction.records_max).unwrap_or(usize::MAX);
    let bytes_max = config.transaction.bytes_max.bytes();
    let interval = config.transaction.interval.0;
    Limits { records_max, bytes_max, interval, poll: POLL.min(interval) }
}

impl RoleStage for TriageStage {
    const ROLE: &'static str = "triage";

    fn adopt(&mut self, pack: &Arc<Pack>) {
        self.set_pack(Arc::clone(pack));
    }

    fn pack_digest(&self) -> Option<&str> {
        Some(self.digest())
    }

    fn report(&mut self, metrics: &Metrics) {
        let now = wall();
        for (source, committed) in self.committed_counts() {
            let counts = Outcome::ALL.map(|outcome| (outcome.as_str(), committed.outcomes.get(outcome)));
            metrics.set_committed(&source, &counts);
        }
        let Landed { event_times, dead, said } = self.take_landed();
        for kind in said {
            metrics.count_feedback(kind.as_str());
        }
        for at in event_times {
            metrics.observe_event_to_commit(Self::ROLE, (now.as_micros() - at.as_micros()) as f64 / 1e6);
        }
        for (field, count) in self.take_shadowed() {
            metrics.add_shadowed(field, count);
        }
        for (reason, source, offset) in dead {
            let stage = self.stage_of(&source);
            RecordDeadLettered { reason, stage, source: &source, offset }.emit(metrics);
        }
    }

    fn positions(&self) -> Vec<(TopicPartition, i64)> {
        self.committed_counts().into_iter().map(|(source, committed)| (source, committed.next)).collect()
    }

    fn inputs(&self) -> Vec<Arc<str>> {
        TriageStage::inputs(self)
    }

    fn has_ended(&self, committed: Option<&Committed>) -> bool {
        TriageStage::has_ended(self, committed)
    }
}

impl RoleStage for WatchStage {
    const ROLE: &'static str = "watch";

    fn adopt(&mut self, pack: &Arc<Pack>) {
        self.set_pack(Arc::clone(pack));
    }

    fn pack_digest(&self) -> Option<&str> {
        Some(self.digest())
    }

    fn report(&mut self, metrics: &Metrics) {
        for event in self.take_alerts() {
            AlertPublished { event: &event }.emit(metrics);
        }
        for (what, step) in self.take_called() {
            metrics.count_escalation(what, step);
        }
        self.take_measured().iter().for_each(|measured| metrics.measure(measured));
        for (source, state) in self.owned() {
            metrics.set_cases_open(source.partition, state.cases_open());
            metrics.set_series(source.partition, state.queries().len());
        }
        for record in self.take_voiced() {
            let VoiceRecord { brand, topic, hour, mentions, share, sentiment, reach, .. } = &record;
            let (hour, mentions, share) = (hour.as_seconds(), *mentions, *share);
            metrics.set_voice(VoiceShown { brand, topic, hour, mentions, share, sentiment: *sentiment, reach: *reach });
        }
        for Proposal { source, excluded, .. } in self.take_proposed() {
            PartitionExcluded { source: &source, excluded }.emit(metrics);
        }
    }

    fn positions(&self) -> Vec<(TopicPartition, i64)> {
        WatchStage::positions(self)
    }

    fn inputs(&self) -> Vec<Arc<str>> {
        vec![self.signals()]
    }

    /// Clocks are told in every partition: one of which nothing is committed was not read yet.
    fn has_ended(&self, committed: Option<&Committed>) -> bool {
        committed.is_some()
    }
}

impl RoleStage for NotifyStage {
    const ROLE: &'static str = "notify";

    fn adopt(&mut self, _pack: &Arc<Pack>) {}

    fn pack_digest(&self) -> Option<&str> {
        None
    }

    fn report(&mut self, _metrics: &Metrics) {}

    fn positions(&self) -> Vec<(TopicPartition, i64)> {
        NotifyStage::positions(self)
    }

    /// Whoever is told is told of what its own worker has read.
    fn inputs(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn has_ended(&self, _: Option<&Committed>) -> bool {
        true
    }
}
