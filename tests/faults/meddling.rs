//! Which answers are dropped, delayed or refused: by deployment, from a seed, counted.
//!
//! It must never meddle with a client of a deployment that did not ask for it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::proxy::{Api, Fate};
use crate::synthetic::Dice;

/// Of transactions that may be refused, one in so many is.
const REFUSED_ONE_IN: u64 = 5;

/// One answer of so many is meddled with.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Dropped, for all kinds but `EndTxn`.
    pub drop_one_in: u64,
    /// `EndTxn` dropped: the costliest.
    pub drop_end_one_in: u64,
    /// Delayed.
    pub delay_one_in: u64,
    /// Longest delay.
    pub delay_max: Duration,
}

/// What happened to answers of a deployment, by kind.
pub type Counts = BTreeMap<(Api, &'static str), u64>;

/// What is done to the clients of one deployment.
#[derive(Default)]
struct Plan {
    dice: Option<Dice>,
    rates: Option<Rates>,
    counts: Counts,
    /// By instance: the process to be killed when so many of its transactions have ended, before it learns of the last.
    kill_at_end: BTreeMap<String, (u32, u64)>,
    /// Instances whose transactions are refused, once for each time that it stands here.
    refuse: Vec<String>,
    /// Transactions since one was to be refused.
    asked: u64,
}

/// All deployments behind one proxy, by prefix.
#[derive(Default, Clone)]
pub struct Meddling(Arc<Mutex<BTreeMap<String, Plan>>>);

impl Meddling {
    fn plans(&self) -> MutexGuard<'_, BTreeMap<String, Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops and delays answers of this deployment from now on.
    pub fn begin(&self, prefix: &str, seed: u64, rates: Rates) {
        let mut plans = self.plans();
        let plan = plans.entry(prefix.to_owned()).or_default();
        (plan.dice, plan.rates) = (Some(Dice(seed)), Some(rates));
    }

    /// Leaves this deployment in peace from now on.
    pub fn end(&self, prefix: &str) {
        if let Some(plan) = self.plans().get_mut(prefix) {
            plan.rates = None;
            plan.kill_at_end.clear();
            plan.refuse.clear();
        }
    }

    /// What was done to it.
    pub fn counts(&self, prefix: &str) -> Counts {
        self.plans().get(prefix).map(|plan| plan.counts.clone()).unwrap_or_default()
    }

    /// What was done to all.
    pub fn total(&self) -> u64 {
        self.plans().values().flat_map(|plan| plan.counts.values()).sum()
    }

    /// Kills a process once the broker has ended so many of its transactions, instead of answering.
    pub fn kill_at_end(&self, prefix: &str, instance: &str, pid: u32, ends: u64) {
        self.plans().entry(prefix.to_owned()).or_default().kill_at_end.insert(instance.to_owned(), (pid, ends));
    }

    /// Takes back what was ordered for a process that is gone.
    pub fn forget(&self, prefix: &str, instance: &str) {
        if let Some(plan) = self.plans().get_mut(prefix) {
            plan.kill_at_end.remove(instance);
            plan.refuse.retain(|other| other != instance);
        }
    }

    /// Refuses the offsets of its next transactions.
    pub fn refuse(&self, prefix: &str, instance: &str, times: u64) {
        let mut plans = self.plans();
        let plan = plans.entry(prefix.to_owned()).or_default();
        (0..times).for_each(|_| plan.refuse.push(instance.to_owned()));
    }

    /// See [`crate::proxy::Decide`]. A worker's client id is `PREFIX INSTANCE -ROLE-NUMBER`.
    pub fn decide(&self, client: &str, api: Api) -> Fate {
        let mut plans = self.plans();
        let Some((prefix, plan)) = plans.iter_mut().find(|(prefix, _)| client.starts_with(prefix.as_str())) else {
            return Fate::Pass;
        };
        let instance = client[prefix.len()..].split('-').next().unwrap_or_default();
        if api == Api::EndTxn
            && let Some((pid, ends)) = plan.kill_at_end.get_mut(instance)
        {
            *ends = ends.saturating_sub(1);
            if *ends == 0 {
                let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
                plan.kill_at_end.remove(instance);
                return Fate::Drop;
            }
        }
        if api == Api::AddOffsetsToTxn
            && let Some(at) = plan.refuse.iter().position(|asked| asked == instance)
        {
            plan.asked += 1;
            // others land between two that are refused: only then is what an abort forgot lost for good
            if plan.asked % REFUSED_ONE_IN != 1 {
                return Fate::Pass;
            }
            plan.refuse.remove(at);
            *plan.counts.entry((api, "refused")).or_default() += 1;
            return Fate::Refuse;
        }
        plan.roll(api)
    }
}

impl Plan {
    fn roll(&mut self, api: Api) -> Fate {
        let (Some(dice), Some(rates)) = (&mut self.dice, self.rates) else { return Fate::Pass };
        let drop_one_in = if api == Api::EndTxn { rates.drop_end_one_in } else { rates.drop_one_in };
        let (fate, name) = if dice.once_in(drop_one_in) {
            (Fate::Drop, "dropped")
        } else if dice.once_in(rates.delay_one_in) {
            let longest = u64::try_from(rates.delay_max.as_millis()).expect("a short delay");
            (Fate::Delay(Duration::from_millis(20 + dice.roll(longest))), "delayed")
        } else {
            return Fate::Pass;
        };
        *self.counts.entry((api, name)).or_default() += 1;
        fate
    }
}
