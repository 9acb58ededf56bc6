//! Contract: the default pack's own tests and `check` notice when any single value that decides something is changed.
//!
//! Every scalar of teams, calendars, contacts, matrix, intents, triggers, noise, alerts, replies, accounts and lists is
//! changed by itself: numbers up and down, durations, times and dates moved, names exchanged for others of their kind,
//! flags turned. A change is noticed when the pack no longer loads, `check` tells something new, or a test fails. Of
//! these, every so-many-th runs by default; `GROUNDSWELL_MUTATIONS=all` runs all, a number as many. What is not noticed is printed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

use groundswell::cli::test::run_tests;
use groundswell::mention::Timestamp;
use groundswell::rules::{self, Pack, SourceFile, load, shipped};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Changes that are tried by default.
const SAMPLE: usize = 60;
/// Share that must be noticed.
const NOTICED_MIN: f64 = 0.95;

/// Words for people, addresses, and whose word something is: they decide nothing of an item or alert.
const FOR_PEOPLE: [&str; 8] = ["about", "name", "text", "owner", "approved_by", "url", "secret", "variables"];

/// Files whose values are changed.
const FILES: [&str; 7] =
    ["teams.yaml", "matrix.yaml", "intents/", "alerts/", "replies/", "accounts.yaml", "lists.yaml"];

/// YAML as scalars with their places.
enum Tree {
    Scalar,
    List(Vec<Spanned<Tree>>),
    Map(Vec<(String, Spanned<Tree>)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTree)
    }
}

struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}

/// One value of one file.
struct Scalar {
    file: usize,
    key: String,
    bytes: Range<usize>,
    written: String,
}

/// One change of it.
struct Change<'a> {
    scalar: &'a Scalar,
    to: String,
}

fn scalars(files: &[SourceFile]) -> Vec<Scalar> {
    let mut all = Vec::new();
    for (number, file) in files.iter().enumerate() {
        if FILES.iter().any(|name| file.path.starts_with(name)) {
            let tree: Spanned<Tree> = serde_saphyr::from_str(&file.text).unwrap();
            collect(&tree, "", &file.text, number, &mut all);
        }
    }
    all
}

fn collect(tree: &Spanned<Tree>, key: &str, text: &str, file: usize, into: &mut Vec<Scalar>) {
    match &tree.value {
        Tree::Map(entries) => {
            for (name, value) in
                entries.iter().filter(|(name, _)| name != "tests" && !FOR_PEOPLE.contains(&name.as_str()))
            {
                collect(value, name, text, file, into);
            }
        }
        Tree::List(items) => items.iter().for_each(|item| collect(item, key, text, file, into)),
        Tree::Scalar => {
            let span = tree.referenced.span();
            let start = usize::try_from(span.byte_offset().unwrap()).unwrap();
            let end = start + usize::try_from(span.byte_len().unwrap()).unwrap();
            let written = text[start..end].trim().to_owned();
            if !written.is_empty() {
                into.push(Scalar { file, key: key.to_owned(), bytes: start..start + written.len(), written });
            }
        }
    }
}

/// Names of a pack by kind: one is exchanged for the next of its kind.
fn names(pack: &Pack) -> Vec<Vec<String>> {
    let of_intents = pack.intents.list.iter().map(|intent| intent.id.clone()).collect();
    vec![
        pack.teams.keys().cloned().collect(),
        pack.contacts.keys().cloned().collect(),
        of_intents,
        pack.queries.iter().map(|query| query.id.clone()).collect(),
        pack.replies.list.iter().map(|reply| reply.id.clone()).collect(),
        pack.matrix.rows.iter().map(|row| row.id.clone()).collect(),
        ["germany", "united-states"].map(str::to_owned).to_vec(),
        ["automatic", "assisted", "human"].map(str::to_owned).to_vec(),
        ["S1", "S2", "S3", "S4"].map(str::to_owned).to_vec(),
        ["public", "private", "any"].map(str::to_owned).to_vec(),
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_owned).to_vec(),
        ["x", "mastodon", "bluesky", "reddit"].map(str::to_owned).to_vec(),
        ["true", "false"].map(str::to_owned).to_vec(),
        ["slack", "webhook"].map(str::to_owned).to_vec(),
        ["en", "es", "pt", "fr", "de"].map(str::to_owned).to_vec(),
        ["Europe/Berlin", "Asia/Tokyo", "UTC", "America/New_York", "Europe/Dublin", "America/Chicago"]
            .map(str::to_owned)
            .to_vec(),
    ]
}

/// What a value is changed to: a number both up and down, else one other value of its kind.
fn changes(scalar: &Scalar, names: &[Vec<String>]) -> Vec<String> {
    let quoted = scalar.written.starts_with('"');
    let bare = scalar.written.trim_matches('"');
    let number = bare.parse::<f64>().ok().filter(|_| !quoted);
    if let Some(number) = number {
        let step = if number.fract() == 0.0 && number > 1.0 { (number * 0.1).ceil() } else { number * 0.1 };
        let rounded = |value: f64| ((value * 1e6).round() / 1e6).to_string();
        return vec![rounded((number - step).max(0.0)), rounded(number + step)];
    }
    let other = if let Some((at, kind)) = names.iter().find_map(|k| Some((k.iter().position(|n| n == bare)?, k))) {
        kind[(at + 1) % kind.len()].clone()
    } else {
        moved(bare).unwrap_or_else(|| format!("{bare}x"))
    };
    vec![if quoted { format!("\"{other}\"") } else { other }]
}

/// Durations, times of day and dates, later.
fn moved(bare: &str) -> Option<String> {
    if let Ok(date) = bare.parse::<jiff::civil::Date>() {
        return date.tomorrow().ok().map(|date| date.to_string());
    }
    if let Some((hour, minute)) = bare.split_once(':') {
        let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
        let later = if hour >= 24 { hour * 60 - 30 } else { hour * 60 + minute + 30 };
        return Some(format!("{:02}:{:02}", later / 60, later % 60));
    }
    if let Some((month, day)) = bare.split_once('-').filter(|(month, _)| month.len() == 2) {
        let day = day.parse::<u32>().ok()?;
        return Some(format!("{month}-{:02}", if day > 1 { day - 1 } else { day + 1 }));
    }
    let (count, unit) = bare.split_at(bare.len().checked_sub(1)?);
    let count = count.parse::<u32>().ok().filter(|_| "smhd".contains(unit))?;
    Some(format!("{}{unit}", count + 1))
}

/// Kinds of findings, counted.
fn told(pack: &Pack) -> BTreeMap<&'static str, usize> {
    let now = Timestamp::clamped(1_772_539_200_000_000);
    let mut counts = BTreeMap::new();
    for finding in rules::lint(pack).into_iter().chain(rules::overdue(pack, now)) {
        *counts.entry(finding.code).or_default() += 1;
    }
    counts
}

fn is_noticed(files: &[SourceFile], change: &Change<'_>, usual: &BTreeMap<&'static str, usize>) -> bool {
    let mut files = files.to_vec();
    files[change.scalar.file].text.replace_range(change.scalar.bytes.clone(), &change.to);
    let Ok(pack) = load(&files, &[]) else { return true };
    if told(&pack) != *usual {
        return true;
    }
    let ran = run_tests(&pack);
    !ran.failures.is_empty() || !ran.untested.is_empty()
}

/// Every n-th change, from a fixed start: the same sample each time.
fn chosen<'a>(all: Vec<Change<'a>>, count: usize) -> Vec<Change<'a>> {
    let step = all.len().div_ceil(count).max(1);
    all.into_iter().skip(step / 2).step_by(step).collect()
}

#[test]
#[allow(clippy::print_stderr, reason = "what is not noticed is to be read")]
fn changes_of_single_values_are_noticed() {
    let files = shipped();
    let pack = load(&files, &[]).unwrap();
    let usual = told(&pack);
    let ran = run_tests(&pack);
    assert!(ran.failures.is_empty() && ran.untested.is_empty(), "{:?} {:?}", ran.failures, ran.untested);
    let names = names(&pack);
    let scalars = scalars(&files);
    let to = |scalar| changes(scalar, &names).into_iter().map(move |to| Change { scalar, to });
    let all: Vec<Change<'_>> = scalars.iter().flat_map(to).collect();
    assert!(all.len() > 1000, "{} changes", all.len());
    let tried = match std::env::var("GROUNDSWELL_MUTATIONS") {
        Ok(asked) if asked == "all" => all,
        asked => chosen(all, asked.ok().and_then(|count| count.parse().ok()).unwrap_or(SAMPLE)),
    };
    let missed: Vec<&Change<'_>> = tried.iter().filter(|change| !is_noticed(&files, change, &usual)).collect();
    for Change { scalar, to } in &missed {
        let file = &files[scalar.file];
        let line = file.text[..scalar.bytes.start].matches('\n').count() + 1;
        eprintln!("not noticed: {}:{line}: {} {} -> {to}", file.path, scalar.key, scalar.written);
    }
    let share = 1.0 - missed.len() as f64 / tried.len() as f64;
    eprintln!("{} of {} changes noticed ({:.1} %)", tried.len() - missed.len(), tried.len(), share * 100.0);
    assert!(share >= NOTICED_MIN, "{:.1} % noticed", share * 100.0);
}
