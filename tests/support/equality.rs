//! Promise 3 in one piece of code: when are two runs equal.
//!
//! Per public output topic the multisets of (key, value, headers) are equal, without `raw_ref`, the offset a dead
//! letter came from and `traceparent`; and the records of each alert id stand in the same order. Signals, state and
//! the clock are internal and not compared. Everything else counts to the byte. It must never compare less to make
//! a test pass.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Differences told in words; the rest is counted.
const TOLD_MAX: usize = 12;
/// Characters shown of a value.
const SHOWN_CHARS: usize = 120;
/// Headers of a dead letter that depend on where the raw record stood.
const OFFSET_HEADER: &str = "__groundswell.errors.offset";
const TOPIC_HEADER: &str = "__groundswell.errors.topic";

/// One record, without what may differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
}

/// Everything one run wrote for others to read.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    prefix: String,
    /// By topic without prefix, in the order of the log within each partition.
    topics: BTreeMap<String, Vec<Line>>,
}

impl Outputs {
    /// The outputs of a run whose topics begin with `prefix`.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), topics: BTreeMap::new() }
    }

    /// Takes the next record of a topic. Records of one partition must come in their order.
    pub fn add(&mut self, topic: &str, key: Option<Vec<u8>>, value: Option<Vec<u8>>, headers: Vec<(String, Vec<u8>)>) {
        let Some(name) = topic.strip_prefix(&self.prefix) else {
            panic!("{topic} does not begin with {}", self.prefix)
        };
        if !is_public(name) {
            return;
        }
        let value = if name == "dead-letter" { value } else { value.map(|value| without_raw_ref(&value)) };
        let headers = headers.into_iter().filter(|(name, _)| name != "traceparent" && name != OFFSET_HEADER);
        let headers = headers.map(|(name, value)| {
            let prefix = self.prefix.as_bytes();
            let short = if name == TOPIC_HEADER { value.strip_prefix(prefix).map(<[u8]>::to_vec) } else { None };
            (name, short.unwrap_or(value))
        });
        let line = Line { key, value, headers: headers.collect() };
        self.topics.entry(name.to_owned()).or_default().push(line);
    }

    /// Records of a topic without prefix.
    pub fn count(&self, topic: &str) -> usize {
        self.topics.get(topic).map_or(0, Vec::len)
    }

    /// Records of all topics.
    pub fn total(&self) -> usize {
        self.topics.values().map(Vec::len).sum()
    }

    /// `topic count`, for a report.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        self.topics.iter().map(|(topic, lines)| (topic.as_str(), lines.len())).collect()
    }

    /// Values of a topic without prefix, as JSON.
    pub fn values(&self, topic: &str) -> Vec<serde_json::Value> {
        let lines = self.topics.get(topic).into_iter().flatten();
        lines.filter_map(|line| line.value.as_deref()).map(|value| serde_json::from_slice(value).unwrap()).collect()
    }

    /// Header `name` of every record of a topic.
    pub fn header(&self, topic: &str, name: &str) -> Vec<Option<String>> {
        let find = |line: &Line| {
            let found = line.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        self.topics.get(topic).into_iter().flatten().map(find).collect()
    }
}

/// What is for others to read; a new topic counts until somebody says otherwise here.
fn is_public(name: &str) -> bool {
    !matches!(name, "signals" | "state" | "clock" | "feedback") && !name.starts_with("raw.")
}

/// Cuts `"raw_ref":{…}` out of a JSON text. Its quotes are bare, so it cannot stand within a string; it holds no
/// braces of its own, as topic names have none.
fn without_raw_ref(value: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"\"raw_ref\":{";
    let Some(from) = value.windows(NAME.len()).position(|window| window == NAME) else { return value.to_vec() };
    let Some(length) = value[from..].iter().position(|byte| *byte == b'}') else { return value.to_vec() };
    let mut to = from + length + 1;
    let mut from = from;
    if value.get(to) == Some(&b',') {
        to += 1;
    } else if from > 0 && value[from - 1] == b',' {
        from -= 1;
    }
    [&value[..from], &value[to..]].concat()
}

/// The differences of two runs, in words; empty when they are equal.
pub fn differences(first: &Outputs, second: &Outputs) -> Vec<String> {
    let topics: BTreeSet<&String> = first.topics.keys().chain(second.topics.keys()).collect();
    let mut found = Vec::new();
    for topic in topics {
        let (one, two) = (lines(first, topic), lines(second, topic));
        let before = found.len();
        multisets(topic, one, two, &mut found);
        if found.len() == before {
            sequences(topic, one, two, &mut found);
        }
    }
    found
}

/// Panics with the first differences unless the runs are equal.
pub fn assert_equal(first: &Outputs, second: &Outputs, what: &str) {
    let found = differences(first, second);
    if found.is_empty() {
        return;
    }
    let mut text = format!("{what}: the runs are not equal, {} differences\n", found.len());
    for difference in found.iter().take(TOLD_MAX) {
        let _ = writeln!(text, "  {difference}");
    }
    let _ = writeln!(text, "  first: {:?}\n  second: {:?}", first.counts(), second.counts());
    panic!("{text}");
}

fn lines<'a>(outputs: &'a Outputs, topic: &str) -> &'a [Line] {
    outputs.topics.get(topic).map_or(&[], Vec::as_slice)
}

/// Lines that only one of two outputs has: of the first, of the second.
type Odd<'a> = (Vec<&'a Line>, Vec<&'a Line>);

fn multisets(topic: &str, one: &[Line], two: &[Line], found: &mut Vec<String>) {
    let mut balance: BTreeMap<&Line, i64> = BTreeMap::new();
    one.iter().for_each(|line| *balance.entry(line).or_default() += 1);
    two.iter().for_each(|line| *balance.entry(line).or_default() -= 1);
    // by key, so that a changed record is told as changed and not as one lost and one found
    let mut keys: BTreeMap<&Option<Vec<u8>>, Odd<'_>> = BTreeMap::new();
    for (line, count) in balance.into_iter().filter(|(_, count)| *count != 0) {
        let (missing, extra) = keys.entry(&line.key).or_default();
        let side = if count > 0 { missing } else { extra };
        side.extend(std::iter::repeat_n(line, usize::try_from(count.abs()).unwrap()));
    }
    for (key, (missing, extra)) in keys {
        let key = shown(key.as_deref());
        for (a, b) in missing.iter().zip(&extra) {
            found.push(format!("{topic}: key {key}: {}", change(a, b)));
        }
        for line in missing.iter().skip(extra.len()) {
            found.push(format!("{topic}: key {key}: only in the first: {}", shown(line.value.as_deref())));
        }
        for line in extra.iter().skip(missing.len()) {
            found.push(format!("{topic}: key {key}: only in the second: {}", shown(line.value.as_deref())));
        }
    }
}

/// The records of one alert id, in their order. All of them have one key, so they stand in one partition.
fn sequences(topic: &str, one: &[Line], two: &[Line], found: &mut Vec<String>) {
    let (one, two) = (by_alert(one), by_alert(two));
    for (key, lines) in &one {
        if two.get(key) != Some(lines) {
            let states =
                |lines: Option<&Vec<&Line>>| lines.into_iter().flatten().map(|line| state(line)).collect::<Vec<_>>();
            let (a, b) = (states(Some(lines)), states(two.get(key)));
            found.push(format!("{topic}: alert {}: {a:?} in the first, {b:?} in the second", shown(Some(key))));
        }
    }
}

fn by_alert(lines: &[Line]) -> BTreeMap<&[u8], Vec<&Line>> {
    let mut alerts: BTreeMap<&[u8], Vec<&Line>> = BTreeMap::new();
    let is_alert = |line: &&Line| {
        line.headers.iter().any(|(name, value)| name == "ce_type" && value.starts_with(b"groundswell.alert."))
    };
    for line in lines.iter().filter(is_alert) {
        alerts.entry(line.key.as_deref().unwrap_or_default()).or_default().push(line);
    }
    alerts
}

fn state(line: &Line) -> String {
    let value: serde_json::Value =
        serde_json::from_slice(line.value.as_deref().unwrap_or_default()).unwrap_or_default();
    format!("{} at {}", value["state"].as_str().unwrap_or("?"), value["at"])
}

fn change(one: &Line, two: &Line) -> String {
    for (name, value) in &one.headers {
        let other = two.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice());
        if other != Some(value) {
            return format!("header {name}: {} in the first, {} in the second", shown(Some(value)), shown(other));
        }
    }
    if one.headers != two.headers {
        let names = |line: &Line| line.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        return format!("headers {:?} in the first, {:?} in the second", names(one), names(two));
    }
    let parse = |line: &Line| serde_json::from_slice(line.value.as_deref().unwrap_or_default()).ok();
    let path = parse(one).zip(parse(two)).and_then(|(a, b)| first_difference("", &a, &b));
    path.unwrap_or_else(|| {
        format!("value {} in the first, {} in the second", shown(one.value.as_deref()), shown(two.value.as_deref()))
    })
}

fn first_difference(path: &str, one: &serde_json::Value, two: &serde_json::Value) -> Option<String> {
    use serde_json::Value::{Array, Null, Object};
    match (one, two) {
        (Object(a), Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let value =
                |map: &serde_json::Map<String, serde_json::Value>, name: &str| map.get(name).cloned().unwrap_or(Null);
            names
                .into_iter()
                .find_map(|name| first_difference(&format!("{path}.{name}"), &value(a, name), &value(b, name)))
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (a, b))| first_difference(&format!("{path}[{index}]"), a, b))
        }
        _ if one == two => None,
        _ => {
            let text = |value: &serde_json::Value| shown(Some(value.to_string().as_bytes()));
            Some(format!("{} is {} in the first, {} in the second", path.trim_start_matches('.'), text(one), text(two)))
        }
    }
}

fn shown(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "(none)".to_owned() };
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.into_owned(),
    }
}
