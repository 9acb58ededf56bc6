//! The loop around attempts: every receiver of an event is told, or declared dead after a bounded time.

use super::{Failure, Planner, Sender, observed, request, told_of};
use crate::alert::AlertEvent;
use crate::config::{Notify, Receiver};
use crate::mention::hash64;
use crate::telemetry::events::{AlertSent, NotifyFailed, NotifyRetried};
use crate::telemetry::{Event as _, Metrics};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// A wait is cut into pieces of this length, so that stopping is prompt.
const STOP_CHECK: Duration = Duration::from_millis(20);

/// What became of an event. Its offset may be committed for all but [`Delivery::Stopped`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Nobody is told of this event: an update that is no escalation.
    NotTold,
    /// The team has no receivers, and there are no default ones.
    NoReceiver,
    /// Every receiver has taken it.
    Delivered,
    /// These receivers have not and will not; the others have.
    Dead(Vec<DeadReceiver>),
    /// The process is stopping; the event is to be delivered again.
    Stopped,
}

/// A receiver that was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadReceiver {
    /// Its kind.
    pub receiver: &'static str,
    /// What went wrong last.
    pub cause: String,
    /// Attempts made.
    pub attempts: u32,
}

/// Tells people of alert events, one event at a time.
pub struct Notifier {
    config: Notify,
    planner: Planner,
    sender: Sender,
    metrics: Arc<Metrics>,
    stop: Arc<AtomicBool>,
}

enum Attempted {
    Sent,
    Dead(DeadReceiver),
    Stopped,
}

impl Notifier {
    /// A notifier with the receivers of `config`; `stop` ends a wait at once.
    #[must_use]
    pub fn new(config: Notify, metrics: Arc<Metrics>, stop: Arc<AtomicBool>) -> Self {
        let sender = Sender::new(&config);
        Self { config, planner: Planner::default(), sender, metrics, stop }
    }

    /// Tells every receiver of the event's team, of whoever is called next, or of who observes. Blocks: at most
    /// `give_up_after` and one time-out per receiver.
    pub fn deliver(&mut self, event: &AlertEvent) -> Delivery {
        if !self.planner.is_told(event) {
            return Delivery::NotTold;
        }
        let observed = observed(&self.config, event);
        let event = observed.as_ref().unwrap_or(event);
        let receivers = told_of(&self.config, event);
        if receivers.is_empty() {
            let cause = "the team has no receiver in notify.receivers";
            NotifyFailed { alert_id: &event.alert_id, team: &event.team, receiver: "none", cause, attempts: 0 }
                .emit(&self.metrics);
            return Delivery::NoReceiver;
        }
        let mut dead = Vec::new();
        for receiver in receivers {
            match self.tell(receiver, event) {
                Attempted::Sent => {}
                Attempted::Dead(receiver) => dead.push(receiver),
                Attempted::Stopped => return Delivery::Stopped,
            }
        }
        self.planner.told(event);
        if dead.is_empty() { Delivery::Delivered } else { Delivery::Dead(dead) }
    }

    fn tell(&self, receiver: &Receiver, event: &AlertEvent) -> Attempted {
        let started = Instant::now();
        let (alert_id, team, kind) = (event.alert_id.as_str(), event.team.as_str(), receiver.kind());
        let mut attempts = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Attempted::Stopped;
            }
            attempts += 1;
            let failure = match self.sender.send(&request(receiver, event, &self.config, unix_seconds())) {
                Ok(()) => {
                    AlertSent { alert_id, team, receiver: kind, attempts }.emit(&self.metrics);
                    return Attempted::Sent;
                }
                Err(failure) => failure,
            };
            let cause = failure.to_string();
            let Some(wait) = self.wait_after(&failure, alert_id, attempts, started.elapsed()) else {
                NotifyFailed { alert_id, team, receiver: kind, cause: &cause, attempts }.emit(&self.metrics);
                return Attempted::Dead(DeadReceiver { receiver: kind, cause, attempts });
            };
            NotifyRetried { alert_id, receiver: kind, cause: &cause, retry_in: wait }.emit(&self.metrics);
            if !self.sleep(wait) {
                return Attempted::Stopped;
            }
        }
    }

    /// How long to wait before the next attempt; none when there is to be none.
    fn wait_after(&self, failure: &Failure, alert_id: &str, attempts: u32, elapsed: Duration) -> Option<Duration> {
        let Failure::Retryable { after, .. } = failure else { return None };
        if attempts >= self.config.attempts_max {
            return None;
        }
        let own = backoff(self.config.backoff.get(), self.config.backoff_max.get(), alert_id, attempts);
        let wait = after.map_or(own, |asked| asked.max(own));
        (elapsed.saturating_add(wait) <= self.config.give_up_after.get()).then_some(wait)
    }

    /// False when told to stop.
    fn sleep(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        while !self.stop.load(Ordering::Relaxed) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(STOP_CHECK));
        }
        false
    }
}

/// `first` doubled with each attempt up to `longest`, less up to a half by a fixed hash: many alerts of one incident
/// do not come back at one moment, and a test knows when they do.
fn backoff(first: Duration, longest: Duration, alert_id: &str, attempts: u32) -> Duration {
    let doubled = first.saturating_mul(1u32.checked_shl(attempts.saturating_sub(1).min(16)).unwrap_or(u32::MAX));
    let whole = doubled.min(longest);
    let share = u32::try_from(hash64(&[alert_id, &attempts.to_string()]) % 512).unwrap_or(0);
    whole - (whole / 1024) * share
}

fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_the_same_each_time() {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(60));
        for attempts in 1..40 {
            let wait = backoff(first, longest, "alert", attempts);
            let whole = (first * 2u32.pow((attempts - 1).min(10))).min(longest);
            assert!(wait <= whole && wait >= whole / 2, "attempt {attempts}: {wait:?} of {whole:?}");
            assert_eq!(wait, backoff(first, longest, "alert", attempts));
        }
        assert_ne!(backoff(first, longest, "a", 1), backoff(first, longest, "b", 1));
    }
}
