//! The workers of one role in a random world: who owns which partitions, and how that changes. Every restore of
//! watch is compared with the state that was left, by hash. It must never let two workers own one partition.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use groundswell::log::local::LocalCluster;
use groundswell::log::{Event, LogError, TopicPartition};
use groundswell::mention::Timestamp;
use groundswell::service::triage::TriageStage;
use groundswell::service::watch::WatchStage;
use groundswell::service::worker::{Limits, Stage, StageError, Worker};

use super::faulty_log::{FaultyLog, Odds, Wire};
use super::synthetic::Dice;

/// A stage of which the state can be compared.
pub trait Comparable: Stage {
    /// Offset of the next record and hash of everything known of a partition.
    fn hash(&self, source: &TopicPartition) -> Option<(i64, u128)>;
}

impl Comparable for WatchStage {
    fn hash(&self, source: &TopicPartition) -> Option<(i64, u128)> {
        self.state_hash(source)
    }
}

impl Comparable for TriageStage {
    fn hash(&self, _: &TopicPartition) -> Option<(i64, u128)> {
        None
    }
}

struct Member<S> {
    worker: Worker<S, FaultyLog>,
    wire: Arc<Mutex<Wire>>,
}

/// What has happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub kills: u32,
    pub moves: u32,
    pub lost: u32,
    pub aborted: u32,
    pub unknown: [u32; 2],
    /// Restored states that were compared with the ones left.
    pub compared: u32,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.moves += other.moves;
        self.lost += other.lost;
        self.aborted += other.aborted;
        self.unknown[0] += other.unknown[0];
        self.unknown[1] += other.unknown[1];
        self.compared += other.compared;
    }
}

/// The workers of one role.
pub struct Members<S> {
    group: &'static str,
    cluster: LocalCluster,
    sources: Vec<TopicPartition>,
    living: Vec<Member<S>>,
    odds: Odds,
    /// State that was left, by partition: offset of the next record, hash.
    left: BTreeMap<TopicPartition, (i64, u128)>,
    pub tally: Tally,
}

/// Makes the stage and the bounds of a new worker.
pub type Make<'a, S> = &'a mut dyn FnMut(&mut Dice) -> (S, Limits);

impl<S: Comparable> Members<S> {
    pub fn new(group: &'static str, cluster: &LocalCluster, sources: Vec<TopicPartition>, odds: Odds) -> Self {
        let (cluster, tally) = (cluster.clone(), Tally::default());
        Self { group, cluster, sources, living: Vec::new(), odds, left: BTreeMap::new(), tally }
    }

    pub fn len(&self) -> usize {
        self.living.len()
    }

    /// The stages of all workers.
    pub fn stages(&mut self) -> impl Iterator<Item = &mut S> {
        self.living.iter_mut().map(|member| member.worker.stage_mut())
    }

    /// Everybody is gone, whatever they had open; one to four others take over from what is committed.
    pub fn start(&mut self, dice: &mut Dice, make: Make<'_, S>) {
        while !self.living.is_empty() {
            self.bury(0);
            self.tally.kills += 1;
        }
        for _ in 0..=dice.roll(4) {
            self.join(dice, make);
        }
        for source in self.sources.clone() {
            let to = self.pick(dice);
            self.assign(to, vec![source]);
        }
    }

    /// One is gone; what it owned goes to others, or to one that comes in its place.
    pub fn kill(&mut self, who: usize, dice: &mut Dice, make: Make<'_, S>) {
        self.tally.kills += 1;
        let orphans = self.bury(who);
        if self.living.is_empty() || dice.once_in(2) {
            self.join(dice, make);
        }
        for source in orphans {
            let to = self.pick(dice);
            self.assign(to, vec![source]);
        }
    }

    /// Some partitions go from one living worker to another, in good order or not.
    pub fn hand_over(&mut self, dice: &mut Dice) -> Result<(), String> {
        let (from, to) = (self.pick(dice), self.pick(dice));
        let owned = self.living[from].worker.assigned().to_vec();
        let moved: Vec<TopicPartition> = owned.into_iter().filter(|_| dice.once_in(2)).collect();
        if from == to || moved.is_empty() || !self.living[from].wire.lock().unwrap().news.is_empty() {
            return Ok(());
        }
        if dice.once_in(3) {
            // it learns of it before anything else, but after the other has begun
            self.leave(from, &moved);
            self.tally.lost += 1;
            self.living[from].wire.lock().unwrap().news.push_back(Event::Lost(moved.clone()));
        } else {
            self.tally.moves += 1;
            self.living[from].wire.lock().unwrap().news.push_back(Event::Revoked(moved.clone()));
            if !self.turn(from)? {
                // it died while it gave them up, and with them everything it had is free
                return Ok(());
            }
        }
        self.assign(to, moved);
        Ok(())
    }

    /// One round of one worker. False when it is of no use any more and was replaced.
    pub fn turn(&mut self, who: usize) -> Result<bool, String> {
        let turned = self.living[who].worker.turn().map(|turn| turn.applied > 0 || !turn.ended.is_empty());
        self.after(who, turned).map(|busy| busy.is_some())
    }

    /// Rounds and commits of everybody until there is nothing more; false when there was nothing.
    pub fn settle(&mut self, dice: &mut Dice, make: Make<'_, S>) -> Result<bool, String> {
        let (mut any, mut rounds, mut idle) = (false, 0, 0);
        loop {
            let mut busy = false;
            let mut who = 0;
            while who < self.living.len() {
                busy |= !self.living[who].wire.lock().unwrap().news.is_empty();
                let worker = &mut self.living[who].worker;
                let done = worker.turn().and_then(|turn| {
                    let ended = worker.commit()?;
                    Ok(turn.applied > 0 || !turn.ended.is_empty() || ended.is_some())
                });
                match self.after(who, done)? {
                    Some(was_busy) => {
                        busy |= was_busy;
                        who += 1;
                    }
                    None => busy = true,
                }
            }
            self.replace(dice, make);
            any |= busy;
            rounds += 1;
            assert!(rounds < 100_000, "{}: no end", self.group);
            // one round may bring nothing but the ends of some partitions
            idle = if busy { 0 } else { idle + 1 };
            if idle == 2 {
                return Ok(any);
            }
        }
    }

    /// Somebody new, where workers died and nobody is left, or partitions have no owner.
    pub fn replace(&mut self, dice: &mut Dice, make: Make<'_, S>) {
        let owned = |source: &TopicPartition| {
            self.living.iter().any(|member| {
                let is_of = |sources: &Vec<TopicPartition>| sources.contains(source);
                let wire = member.wire.lock().unwrap();
                let comes = wire.news.iter().any(|event| matches!(event, Event::Assigned(sources) if is_of(sources)));
                let goes = wire.news.iter().any(|event| matches!(event, Event::Lost(sources) if is_of(sources)));
                comes || (member.worker.assigned().contains(source) && !goes)
            })
        };
        let orphans: Vec<TopicPartition> = self.sources.iter().filter(|source| !owned(source)).cloned().collect();
        if self.living.is_empty() || (!orphans.is_empty() && dice.once_in(2)) {
            self.join(dice, make);
        }
        for source in orphans {
            let to = self.pick(dice);
            self.assign(to, vec![source]);
        }
    }

    fn pick(&self, dice: &mut Dice) -> usize {
        usize::try_from(dice.roll(self.living.len() as u64)).unwrap()
    }

    fn join(&mut self, dice: &mut Dice, make: Make<'_, S>) {
        let wire = Arc::new(Mutex::new(Wire::default()));
        let log = FaultyLog::new(&self.cluster, self.group, Dice(dice.next()), self.odds, Arc::clone(&wire));
        let (stage, limits) = make(dice);
        let wall: fn() -> Timestamp = *dice.pick(&[long_ago, at_zero, far_ahead]);
        self.living.push(Member { worker: Worker::new(stage, log, limits, wall), wire });
    }

    fn assign(&mut self, to: usize, sources: Vec<TopicPartition>) {
        self.living[to].wire.lock().unwrap().news.push_back(Event::Assigned(sources));
    }

    /// Takes a worker out; what it owned, or was about to.
    fn bury(&mut self, who: usize) -> Vec<TopicPartition> {
        let news: Vec<Event> = self.living[who].wire.lock().unwrap().news.drain(..).collect();
        let (mut owned, mut coming) = (self.living[who].worker.assigned().to_vec(), Vec::new());
        // who has lost some was asked to undo already: a state that cannot go back is of no use for a second look
        let lost = news.iter().any(|event| matches!(event, Event::Lost(_)));
        for event in news {
            match event {
                Event::Assigned(sources) => coming.extend(sources),
                Event::Lost(sources) | Event::Revoked(sources) => owned.retain(|known| !sources.contains(known)),
                Event::Record(_) | Event::End(..) => {}
            }
        }
        if lost {
            self.left.retain(|source, _| !owned.contains(source));
        } else {
            self.leave(who, &owned);
        }
        let member = self.living.remove(who);
        let wire = member.wire.lock().unwrap();
        self.count(&wire);
        owned.extend(coming);
        owned
    }

    fn count(&mut self, wire: &Wire) {
        self.tally.aborted += wire.aborted;
        self.tally.unknown[0] += wire.unknown[0];
        self.tally.unknown[1] += wire.unknown[1];
    }

    /// Notes the state that whoever takes over must come to: what is open is undone first, where that can be done.
    fn leave(&mut self, who: usize, sources: &[TopicPartition]) {
        let stage = self.living[who].worker.stage_mut();
        if stage.undo().is_none() {
            return;
        }
        for source in sources {
            if let Some(hash) = stage.hash(source) {
                self.left.insert(source.clone(), hash);
            }
        }
    }

    /// Looks at what a worker did: none when it died of it and was taken out.
    fn after(&mut self, who: usize, done: Result<bool, StageError>) -> Result<Option<bool>, String> {
        match done {
            Ok(busy) => {
                self.compare(who)?;
                Ok(Some(busy))
            }
            Err(StageError::Log(LogError::Fatal { .. })) => {
                // how its last transaction ended is not known: its state is not what others must come to
                let member = self.living.remove(who);
                self.left.clear();
                let wire = member.wire.lock().unwrap();
                self.count(&wire);
                Ok(None)
            }
            Err(error) => Err(format!("{}: {error}", self.group)),
        }
    }

    /// A restored state must be the one that was left.
    fn compare(&mut self, who: usize) -> Result<(), String> {
        let Self { living, left, tally, .. } = self;
        let worker = &living[who].worker;
        for source in worker.assigned() {
            let Some((next, hash)) = left.get(source).copied() else { continue };
            let Some((is_next, is_hash)) = worker.stage().hash(source) else { continue };
            left.remove(source);
            // it may have gone on in the same round
            if is_next == next {
                tally.compared += 1;
                if is_hash != hash {
                    return Err(format!("{source} at {next}: the restored state is not the one that was left"));
                }
            }
        }
        Ok(())
    }

    /// Who owns what, for a world that did not end well.
    pub fn owners(&self) -> Vec<String> {
        let owner = |(number, member): (usize, &Member<S>)| {
            let names: Vec<String> = member.worker.assigned().iter().map(ToString::to_string).collect();
            format!("{} {number} (done: {}): {}", self.group, member.worker.stage().is_done(), names.join(" "))
        };
        self.living.iter().enumerate().map(owner).collect()
    }

    /// Counts what the living have met.
    pub fn finish(&mut self) -> Tally {
        for member in std::mem::take(&mut self.living) {
            let wire = member.wire.lock().unwrap();
            self.count(&wire);
        }
        self.tally
    }
}

// workers do not agree on the time, and it must not matter
fn long_ago() -> Timestamp {
    Timestamp::clamped(1_000_000)
}

fn at_zero() -> Timestamp {
    Timestamp::clamped(0)
}

fn far_ahead() -> Timestamp {
    Timestamp::clamped(4_000_000_000_000_000)
}
