//! A member that joins the groups of a deployment and leaves them, every two seconds. It is given partitions, reads
//! nothing of worth, and commits nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};

use crate::support::process::PLATFORMS;

const STAY: Duration = Duration::from_secs(2);

/// Counts the assignments it is given.
struct Visitor<'a>(&'a AtomicU64);

impl ClientContext for Visitor<'_> {}

impl ConsumerContext for Visitor<'_> {
    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance
            && list.count() > 0
        {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Goes on until it is over; `rebalances` counts those in which it was given something.
pub fn storm(config: &ClientConfig, prefix: &str, over: &AtomicBool, rebalances: &AtomicU64) {
    let raw: Vec<String> = PLATFORMS.iter().map(|platform| format!("{prefix}raw.{platform}")).collect();
    let roles = [("triage", raw), ("watch", vec![format!("{prefix}signals")])];
    let join = |(role, _): &(&str, Vec<String>)| -> BaseConsumer<Visitor<'_>> {
        let mut config = config.clone();
        config.set("group.id", format!("{prefix}{role}")).set("partition.assignment.strategy", "cooperative-sticky");
        config.set("session.timeout.ms", "6000").set("heartbeat.interval.ms", "500");
        config.set("enable.auto.commit", "false").set("auto.offset.reset", "latest");
        config.create_with_context(Visitor(rebalances)).expect("a member")
    };
    let members: Vec<_> = roles.iter().map(join).collect();
    let mut is_in = false;
    while !over.load(Ordering::Relaxed) {
        for (member, (_, topics)) in members.iter().zip(&roles) {
            if is_in {
                member.unsubscribe();
            } else {
                let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
                member.subscribe(&topics).expect("a subscription");
            }
        }
        is_in = !is_in;
        let until = Instant::now() + STAY;
        while Instant::now() < until && !over.load(Ordering::Relaxed) {
            members.iter().for_each(|member| drop(member.poll(Duration::from_millis(20))));
        }
    }
}
