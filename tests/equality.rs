//! The comparer catches what it must, and ignores only what it may: a test that cannot fail is a defect.
#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "support/equality.rs"]
mod equality;

use equality::{Outputs, assert_equal, differences};

/// Topic, key, value, headers.
type Written = (&'static str, &'static str, String, Vec<(&'static str, String)>);

fn mention(key: &'static str, text: &str, offset: u64) -> Written {
    let raw_ref = format!(r#""raw_ref":{{"topic":"t.raw.x","partition":0,"offset":{offset},"index":0}}"#);
    let value = format!(r#"{{"type":"groundswell.mention.v1","mention":{{"text":"{text}",{raw_ref},"n":[1,2]}}}}"#);
    ("mentions", key, value, vec![("ce_id", key.to_owned()), ("traceparent", format!("00-{offset}"))])
}

fn dead(key: &'static str, offset: u64, prefix: &str) -> Written {
    let headers = vec![
        ("__groundswell.errors.reason", "not_json".to_owned()),
        ("__groundswell.errors.topic", format!("{prefix}raw.x")),
        ("__groundswell.errors.offset", offset.to_string()),
    ];
    ("dead-letter", key, r#"{"raw_ref":{"kept":1},"broken"#.to_owned(), headers)
}

fn alert(topic: &'static str, key: &'static str, state: &str, at: u64) -> Written {
    let value = format!(r#"{{"alert_id":"{key}","state":"{state}","at":{at}}}"#);
    (topic, key, value, vec![("ce_type", "groundswell.alert.v1".to_owned())])
}

fn run(prefix: &str, written: Vec<Written>) -> Outputs {
    let mut outputs = Outputs::new(prefix);
    for (topic, key, value, headers) in written {
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
        outputs.add(&format!("{prefix}{topic}"), Some(key.into()), Some(value.into_bytes()), headers);
    }
    outputs
}

fn plain() -> Vec<Written> {
    vec![
        mention("a", "hello", 1),
        mention("b", "hello", 2),
        dead("c", 3, "social."),
        alert("alerts", "A", "opened", 10),
        alert("alerts", "A", "resolved", 20),
        alert("alerts", "B", "opened", 10),
        ("signals", "q", "whatever".to_owned(), vec![]),
    ]
}

/// The differences of the plain run from a changed one.
fn found(change: impl FnOnce(&mut Vec<Written>)) -> Vec<String> {
    let mut changed = plain();
    change(&mut changed);
    differences(&run("social.", plain()), &run("social.", changed))
}

#[test]
fn offsets_traces_prefixes_interleaving_and_internal_topics_do_not_count() {
    let other = vec![
        alert("alerts", "B", "opened", 10),
        alert("alerts", "A", "opened", 10),
        dead("c", 7, "tenant."),
        mention("b", "hello", 12),
        ("state", "header", "bytes".to_owned(), vec![]),
        alert("alerts", "A", "resolved", 20),
        mention("a", "hello", 11),
    ];
    assert_equal(&run("social.", plain()), &run("tenant.", other), "interleaved");
}

#[test]
fn what_was_lost_doubled_or_changed_is_told_in_words() {
    let cases: Vec<(Vec<String>, &str)> = vec![
        (found(|run| drop(run.remove(0))), "mentions: key a: only in the first"),
        (found(|run| run.push(mention("a", "hello", 1))), "mentions: key a: only in the second"),
        (found(|run| run.push(mention("z", "new", 1))), "mentions: key z: only in the second"),
        (found(|run| run[1] = mention("b", "other", 2)), r#"key b: mention.text is "hello" in the first, "other""#),
        (found(|run| run[1].2 = run[1].2.replace("[1,2]", "[1,3]")), "mention.n[1] is 2 in the first, 3"),
        (found(|run| run[0].3[0].1 = "A".to_owned()), "key a: header ce_id: a in the first, A in the second"),
        (found(|run| drop(run[0].3.remove(0))), "key a: header ce_id: a in the first, (none) in the second"),
        (found(|run| run[0].3.push(("extra", String::new()))), r#"headers ["ce_id"] in the first"#),
        (found(|run| run[2].2 = r#"{"raw_ref":{"kept":2},"broken"#.to_owned()), "dead-letter: key c: value"),
        (found(|run| run[2].3[1].1 = "social.raw.reddit".to_owned()), "header __groundswell.errors.topic"),
        (found(|run| run[2].3[0].1 = "empty".to_owned()), "header __groundswell.errors.reason: not_json in the first"),
        (found(|run| run[3] = alert("routed.comms", "A", "opened", 10)), "alerts: key A: only in the first"),
    ];
    for (index, (found, expected)) in cases.iter().enumerate() {
        assert!(found.iter().any(|line| line.contains(expected)), "case {index}: {expected:?} is not in {found:#?}");
    }
}

#[test]
fn white_space_and_field_order_count() {
    assert_eq!(found(|run| run[0].2 = run[0].2.replace(r#""n":["#, r#""n": ["#)).len(), 1);
}

#[test]
fn the_order_of_an_alerts_events_counts() {
    let found = found(|run| run.swap(3, 4));
    let expected =
        r#"alerts: alert A: ["opened at 10", "resolved at 20"] in the first, ["resolved at 20", "opened at 10"]"#;
    assert!(found.len() == 1 && found[0].contains(expected), "{found:#?}");
}

#[test]
#[should_panic(expected = "kills: the runs are not equal, 1 differences")]
fn unequal_runs_end_the_test() {
    assert_equal(&run("social.", plain()), &run("social.", plain().split_off(1)), "kills");
}
