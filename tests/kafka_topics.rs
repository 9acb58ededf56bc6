//! `groundswell topics` against a real broker: planned, applied, and nothing to do after it.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use groundswell::cli::topics::{PlanFormat, TopicsArgs, TopicsCommand, TopicsDefaults, TopicsOptions, run_with};
use groundswell::cli::{Exit, Io};
use groundswell::log::kafka::topics::{TopicAction, TopicAdmin, TopicOptions};
use support::{broker, unique};

fn options(prefix: &str) -> TopicOptions {
    TopicOptions {
        prefix: prefix.to_owned(),
        platforms: vec!["x".into()],
        teams: vec!["support".into()],
        signals_partitions: 2,
        ..TopicOptions::default()
    }
}

fn run(command: TopicsCommand, prefix: &str) -> (Exit, String) {
    let defaults =
        TopicsDefaults { brokers: broker().brokers.clone(), properties: BTreeMap::new(), options: options(prefix) };
    let (mut input, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut input, stdout: &mut out, stderr: &mut err };
    let exit = run_with(&TopicsArgs { command }, &defaults, &mut io).unwrap();
    (exit, String::from_utf8(out).unwrap())
}

#[test]
fn what_is_planned_is_applied_once() {
    let prefix = format!("{}.", unique("planned"));
    let plan = || TopicsCommand::Plan(TopicsOptions::default());
    let (exit, text) = run(plan(), &prefix);
    assert_eq!(exit, Exit::Findings);
    assert_eq!(text.lines().filter(|line| line.starts_with("create")).count(), 13, "{text}");
    let (exit, text) = run(TopicsCommand::Apply(TopicsOptions::default()), &prefix);
    assert_eq!(exit, Exit::Ok);
    assert!(text.ends_with("applied: 13 topics created or changed\n"), "{text}");
    let (exit, text) = run(plan(), &prefix);
    assert_eq!(exit, Exit::Ok, "{text}");
    let (exit, text) = run(
        TopicsCommand::Plan(TopicsOptions {
            raw_partitions: Some(9),
            format: PlanFormat::Json,
            ..TopicsOptions::default()
        }),
        &prefix,
    );
    assert_eq!(exit, Exit::Ok, "partitions are left: {text}");
    assert!(text.contains("4 partitions, asked for 9"), "{text}");
}

#[test]
fn a_changed_setting_is_put_right_and_others_stay() {
    let prefix = format!("{}.", unique("changed"));
    let signals = format!("{prefix}signals");
    broker().create_topic(&signals, 2, &[("retention.ms", "1000"), ("max.message.bytes", "2000000")]);
    let admin = TopicAdmin::new(&broker().brokers, &BTreeMap::new()).unwrap();
    let plans = admin.plan(&options(&prefix)).unwrap();
    let plan = plans.iter().find(|plan| plan.topic == signals).unwrap();
    let TopicAction::Alter { changes } = &plan.action else { panic!("{plan:?}") };
    let changed: Vec<(&str, &str)> = changes.iter().map(|c| (c.setting.as_str(), c.to.as_str())).collect();
    assert_eq!(changed, [("message.timestamp.type", "LogAppendTime"), ("retention.ms", "172800000")]);
    admin.apply(&options(&prefix), &plans).unwrap();
    assert!(admin.plan(&options(&prefix)).unwrap().iter().all(|plan| !plan.is_to_do()), "applied twice");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let resource = rdkafka::admin::ResourceSpecifier::Topic(&signals);
    let answer = runtime.block_on(broker().admin().describe_configs([&resource], &rdkafka::admin::AdminOptions::new()));
    let resource = answer.unwrap().remove(0).unwrap();
    assert_eq!(resource.get("max.message.bytes").unwrap().value.as_deref(), Some("2000000"));
}

#[test]
fn a_cluster_out_of_reach_is_said_to_be() {
    let admin = TopicAdmin::new("127.0.0.1:1", &BTreeMap::new()).unwrap();
    let error = admin.plan(&options("x.")).unwrap_err();
    assert!(matches!(error, groundswell::log::LogError::Retriable { .. }), "{error}");
}
