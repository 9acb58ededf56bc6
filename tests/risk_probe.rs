//! Contract: what a person must decide reaches a person, what is ordinary does not, and no complaint ends as noise.
//!
//! Every post of `fixtures/risk_probe` goes through the whole triage with the default pack, once as a direct message
//! and once in public. The posts were written for this project, by hand; rules, lists and templates were tuned on the
//! dev half, never on the test half. The floors stand a little below what is reached; the aims stand beside them.

use groundswell::config::pack::read_pack;
use groundswell::pipeline::{Context, Item, Memory, Raw, triage};
use groundswell::route::Tier;
use groundswell::rules::{self, Pack};
use groundswell::score::Model;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Kinds that a person must decide.
const RISKS: [&str; 8] = ["legal", "regulator", "distress", "danger", "minors", "press", "threat", "harassment"];

/// One post of a half.
struct Post {
    kind: String,
    text: String,
}

/// How the posts of one kind ended, counted over both ways they came.
#[derive(Debug, Default)]
struct Tally {
    posts: u32,
    for_a_person: u32,
    noise: u32,
    unmatched: u32,
    amiss: String,
}

impl Tally {
    fn share(&self) -> f64 {
        f64::from(self.for_a_person) / f64::from(self.posts.max(1))
    }
}

fn read(half: &str) -> Vec<Post> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/risk_probe");
    let mut posts = Vec::new();
    for file in [format!("{half}.txt"), format!("{half}_other.txt")] {
        let text = std::fs::read_to_string(folder.join(&file)).expect("the fixture");
        let mut kind = String::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => kind = name.to_owned(),
                None => {
                    let (_, text) = line.split_once(": ").expect("language: text");
                    posts.push(Post { kind: kind.clone(), text: text.to_owned() });
                }
            }
        }
    }
    posts
}

/// A status of Mastodon; in public it names the brand.
fn payload(number: usize, text: &str, visibility: &str) -> Vec<u8> {
    let named = text.to_lowercase().contains("nimbus");
    let text = if visibility == "public" && !named { format!("@nimbus {text}") } else { text.to_owned() };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let id = format!("{number}");
    json!({
        "id": id,
        "uri": format!("https://fosstodon.example/users/u{number}/statuses/{id}"),
        "created_at": "2026-03-03T11:00:00.000Z",
        "visibility": visibility,
        "content": format!("<p>{escaped}</p>"),
        "account": {"id": id, "username": format!("u{number}"), "acct": format!("u{number}"),
            "display_name": format!("Person {number}"), "followers_count": 120},
        "mentions": [],
    })
    .to_string()
    .into_bytes()
}

fn run(posts: &[Post], pack: &Pack) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut memory = Memory::default();
    for (number, post) in posts.iter().enumerate() {
        for visibility in ["direct", "public"] {
            let value = payload(number, &post.text, visibility);
            let raw = Raw { platform: None, topic: "probe", partition: 0, offset: 0, value: &value };
            let items = triage(&raw, &mut Context::new(1), pack, Model::shipped(), &mut memory);
            let item = items.first().expect("one item a payload");
            count(tallies.entry(post.kind.clone()).or_default(), post, item, visibility);
        }
    }
    tallies
}

fn count(tally: &mut Tally, post: &Post, item: &Item, visibility: &str) {
    tally.posts += 1;
    let routing = item.decided().and_then(|decided| decided.routing.as_ref());
    let human = routing.is_some_and(|routing| routing.route.tier == Tier::Human);
    let noise = item.decided().and_then(|decided| decided.noise.as_ref()).map(|noise| noise.reason.as_str());
    tally.for_a_person += u32::from(human);
    tally.noise += u32::from(noise.is_some());
    tally.unmatched += u32::from(item.decided().is_none());
    let risky = RISKS.contains(&post.kind.as_str()) || post.kind == "giveaway_severe";
    if human != risky || noise.is_some() || item.decided().is_none() {
        let rules = routing.map(|routing| routing.decision.rules.join(" "));
        let _ = writeln!(
            tally.amiss,
            "  {visibility}: {} [{}]",
            post.text,
            noise.map_or_else(|| rules.unwrap_or_default(), str::to_owned)
        );
    }
}

/// Shares of each kind marked for a person, and what was amiss.
fn report(half: &str, tallies: &BTreeMap<String, Tally>) -> String {
    let mut report = format!("half {half}\n");
    for (kind, tally) in tallies {
        let Tally { posts, for_a_person, noise, unmatched, amiss } = tally;
        let share = tally.share();
        let _ = writeln!(
            report,
            "{kind}: {for_a_person} of {posts} for a person ({share:.3}), {noise} noise, {unmatched} unmatched\n{amiss}"
        );
    }
    report
}

/// The least share marked for a person, by kind; aim 0.95 of each.
type Floors = [(&'static str, f64)];

fn check(half: &str, floors: &Floors, ordinary_most: f64, traps_most: f64, noise_most: u32) {
    let files = read_pack(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("the default pack");
    let pack = rules::load(&files, &[]).expect("a pack without problems");
    let tallies = run(&read(half), &pack);
    let report = report(half, &tallies);
    if std::env::var_os("GROUNDSWELL_PROBE").is_some_and(|wanted| wanted == half) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("risk_probe_{half}.txt"));
        std::fs::write(path, &report).expect("the report");
    }
    for (kind, floor) in floors {
        let share = tallies.get(*kind).expect("a kind of the fixture").share();
        assert!(share >= *floor, "{kind}: {share:.3} below {floor}\n{report}");
    }
    for (kinds, most) in [(&["ordinary"][..], ordinary_most), (&["figurative", "near"][..], traps_most)] {
        let sum = |of: fn(&Tally) -> u32| kinds.iter().filter_map(|kind| tallies.get(*kind)).map(of).sum::<u32>();
        let share = f64::from(sum(|tally| tally.for_a_person)) / f64::from(sum(|tally| tally.posts));
        assert!(share <= most, "{kinds:?}: {share:.4} are given to a person\n{report}");
    }
    let risky = RISKS.iter().chain(&["giveaway_severe"]).filter_map(|kind| tallies.get(*kind));
    assert_eq!(risky.map(|tally| tally.noise + tally.unmatched).sum::<u32>(), 0, "a risk is lost\n{report}");
    let noise: u32 = tallies.values().map(|tally| tally.noise).sum();
    assert!(noise <= noise_most, "{noise} posts end as noise\n{report}");
}

#[test]
fn the_half_that_was_tuned_on() {
    let floors = [
        ("legal", 0.95),
        ("regulator", 0.95),
        ("distress", 0.97),
        ("danger", 0.95),
        ("minors", 0.92),
        ("press", 0.93),
        ("threat", 0.95),
        ("harassment", 0.95),
    ];
    // aim: at most 0.03 of ordinary posts, no noise
    check("dev", &floors, 0.03, 0.2, 0);
}

#[test]
fn the_half_that_was_not() {
    let floors = [
        ("legal", 0.95),
        ("regulator", 0.93),
        ("distress", 0.9),
        ("danger", 0.93),
        ("minors", 0.93),
        ("press", 0.95),
        ("threat", 0.9),
        ("harassment", 0.95),
    ];
    // aim: at most 0.03 of ordinary posts, no noise
    check("test", &floors, 0.05, 0.2, 2);
}
