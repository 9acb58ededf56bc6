use super::*;
use std::collections::{BTreeSet, HashSet};

fn parsed(world: &World) -> Vec<Parsed> {
    let sound = |record: &WorldRecord| Some((record.platform, serde_json::from_slice(&record.value).ok()?, record.at));
    world.records.iter().filter_map(sound).collect()
}

/// The words of a payload, wherever its platform keeps them.
fn words(platform: Platform, payload: &Value) -> String {
    let text = match platform {
        Platform::X => payload["data"]["text"].as_str(),
        Platform::Bluesky => payload["commit"]["record"]["text"].as_str(),
        Platform::Mastodon => payload["content"].as_str(),
        _ => payload["data"]["body"].as_str().or(payload["data"]["title"].as_str()),
    };
    text.unwrap_or_default().to_lowercase()
}

type Parsed = (Platform, Value, Timestamp);

/// What arrived within `seconds` from `from` on.
fn between(all: &[Parsed], from: f64, seconds: f64) -> impl Iterator<Item = &Parsed> {
    let span = moment(from)..moment(from + seconds);
    all.iter().filter(move |(_, _, at)| span.contains(at))
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, again, other) = (world(7, 4_000), world(7, 4_000), world(8, 4_000));
    assert_eq!(one.records, again.records);
    assert_ne!(one.records, other.records);
}

#[test]
fn records_come_in_order_of_arrival_and_mostly_parse() {
    let world = world(1, 20_000);
    assert!(world.records.is_sorted_by_key(|record| record.at));
    let broken = world.records.len() - parsed(&world).len();
    let share = broken as f64 / world.records.len() as f64;
    assert!((0.001..0.01).contains(&share), "{share} do not parse");
    assert!((20_000..21_500).contains(&world.records.len()), "{}", world.records.len());
    let platforms: BTreeSet<Platform> = world.records.iter().map(|record| record.platform).collect();
    assert_eq!(platforms.len(), 4);
}

#[test]
fn shapes_carry_what_their_platform_sends() {
    let world = world(2, 6_000);
    for record in &world.records {
        let Ok(payload) = serde_json::from_slice::<Value>(&record.value) else { continue };
        let has = |pointer: &str| payload.pointer(pointer).is_some();
        let known = match record.platform {
            Platform::X => has("/data/text") && has("/includes/users/0/username") || has("/data/delete/tweet/id"),
            Platform::Bluesky => has("/commit/collection") && has("/time_us") && has("/did"),
            Platform::Mastodon => has("/content") && has("/account/acct") || has("/event"),
            _ => has("/data/created_utc") && (has("/data/title") || has("/data/body")),
        };
        let empty_or_nested = payload == serde_json::json!({}) || payload["data"].is_array();
        assert!(known || empty_or_nested, "{}", String::from_utf8_lossy(&record.value));
    }
}

#[test]
fn marks_fit_the_text_they_mark() {
    let mut seen = 0;
    for (platform, payload, _) in parsed(&world(3, 12_000)) {
        if platform == Platform::X && payload["data"]["text"].is_string() {
            let text: Vec<char> = payload["data"]["text"].as_str().expect("text").chars().collect();
            for tag in payload["data"]["entities"]["hashtags"].as_array().into_iter().flatten() {
                let place = |key: &str| usize::try_from(tag[key].as_u64().expect("a place")).expect("fits");
                let marked: String = text[place("start")..place("end")].iter().collect();
                assert_eq!(marked, format!("#{}", tag["tag"].as_str().expect("a tag")));
                seen += 1;
            }
        }
        for facet in payload["commit"]["record"]["facets"].as_array().into_iter().flatten() {
            let text = payload["commit"]["record"]["text"].as_str().expect("text");
            let place = |key: &str| usize::try_from(facet["index"][key].as_u64().expect("a place")).expect("fits");
            let marked = &text[place("byteStart")..place("byteEnd")];
            assert!(marked.starts_with('#') || marked.starts_with("https://"), "{marked}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn the_four_events_are_there_and_apart() {
    let world = world(4, POSTS);
    assert_eq!(world.truth.len(), 4);
    assert!(world.truth.windows(2).all(|pair| pair[0].onset < pair[1].onset));

    let all = parsed(&world);
    let count =
        |from, needle: &str| between(&all, from, 600.0).filter(|(p, v, _)| words(*p, v).contains(needle)).count();
    let outage = count(OUTAGE_AT, "nimbus cloud");
    assert!(outage > 300 && count(OUTAGE_AT - 600.0, "nimbus cloud") * 10 < outage, "{outage}");

    let longest_thread = |from, seconds| {
        let mut threads: BTreeMap<&str, usize> = BTreeMap::new();
        for root in between(&all, from, seconds).filter_map(|(_, v, _)| v["data"]["conversation_id"].as_str()) {
            *threads.entry(root).or_default() += 1;
        }
        threads.into_values().max().unwrap_or(0)
    };
    assert!(longest_thread(VIRAL_AT, VIRAL_SECONDS) > 450 && longest_thread(VIRAL_AT - 3600.0, 3000.0) < 20);

    let flood = between(&all, FLOOD_AT, FLOOD_SECONDS + 5.0).filter(|(p, v, _)| words(*p, v).contains("draining"));
    let by: Vec<&str> = flood.filter_map(|(_, v, _)| v["data"]["author_id"].as_str()).collect();
    let accounts: BTreeSet<&&str> = by.iter().collect();
    assert!(by.len() > 190 && accounts.len() == BOTS, "{} by {}", by.len(), accounts.len());
}

const BAD_WORDS: &[&str] = &[
    "redesign",
    "ads",
    "awful",
    "hate",
    "hides",
    "buried",
    "removed",
    "horrible",
    "unusable",
    "mess",
    "banners",
    "promotions",
    "ugly",
    "disaster",
];

#[test]
fn the_mood_turns_while_the_volume_does_not() {
    let world = world(5, POSTS);
    let all = parsed(&world);
    let is_bad = |text: &String| text.split(|c: char| !c.is_alphanumeric()).any(|word| BAD_WORDS.contains(&word));
    let mail = |from: f64, hours: f64| {
        let texts = between(&all, from, hours * HOUR).map(|(p, v, _)| words(*p, v));
        let posts: Vec<String> = texts.filter(|text| text.contains("nimbus mail")).collect();
        (posts.len(), posts.iter().filter(|text| is_bad(text)).count())
    };
    let ((before, before_bad), (after, after_bad)) = (mail(7.0 * HOUR, 4.0), mail(14.0 * HOUR, 3.0));
    let (per_hour_before, per_hour_after) = (before as f64 / 4.0, after as f64 / 3.0);
    assert!(
        (0.8..1.5).contains(&(per_hour_after / per_hour_before)),
        "{per_hour_before} then {per_hour_after} an hour"
    );
    let (share_before, share_after) = (before_bad as f64 / before as f64, after_bad as f64 / after as f64);
    assert!(share_before < 0.25 && share_after > 0.65, "{share_before} then {share_after}");
}

#[test]
fn redeliveries_edits_deletes_gestures_and_direct_messages_are_there() {
    let world = world(6, POSTS);
    let mut seen = HashSet::new();
    let again = world.records.iter().filter(|r| r.value.len() > 100 && !seen.insert((&r.key, &r.value))).count();
    assert!((150..500).contains(&again), "{again} redeliveries");
    let all = parsed(&world);
    let count = |test: &dyn Fn(&Value) -> bool| all.iter().filter(|(_, payload, _)| test(payload)).count();
    for (what, found) in [
        ("X edits", count(&|v| v["data"]["edit_history_tweet_ids"].as_array().is_some_and(|ids| ids.len() == 2))),
        ("Mastodon edits", count(&|v| v["event"] == "status.update")),
        ("Reddit edits", count(&|v| v["data"]["edited"].is_f64())),
        ("X deletes", count(&|v| v["data"]["delete"].is_object())),
        ("Mastodon deletes", count(&|v| v["event"] == "delete")),
        ("Bluesky deletes", count(&|v| v["commit"]["operation"] == "delete")),
        ("likes", count(&|v| v["commit"]["collection"] == "app.bsky.feed.like")),
        ("follows", count(&|v| v["commit"]["collection"] == "app.bsky.graph.follow")),
        ("direct messages", count(&|v| v["visibility"] == "direct")),
        ("replies", count(&|v| v["in_reply_to_id"].is_string())),
    ] {
        assert!(found >= 10, "{what}: {found}");
    }
}
