//! Share of voice from payloads to the topic: whose names count, what does not, and that a late post changes its hour.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use groundswell::mention::Platform;
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline, RawRecord};
use serde_json::{Value, json};

/// Monday, 2 March 2026, 9:00, in seconds.
const NINE: i64 = 1_772_442_000;

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

fn status(number: i64, at: i64, extra: &Value, text: &str) -> RawRecord {
    let mut payload = json!({
        "id": (114_000_000_000_000_000 + number).to_string(), "uri": format!("https://kiosk.example/s/{number}"),
        "created_at": time(at), "visibility": "public", "language": "en", "content": format!("<p>{text}</p>"),
        "account": {"id": format!("7{number}"), "acct": format!("lea{number}"), "followers_count": 100 + number},
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        payload[key] = value.clone();
    }
    RawRecord { platform: Platform::Mastodon, key: b"k".to_vec(), value: payload.to_string().into_bytes() }
}

/// All records of the topic, in their order.
fn voices(posts: &[RawRecord], batch: usize) -> Vec<(String, Value)> {
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 3,
        duplicate_window_records: 1_000,
    };
    let pack = Arc::new(rules::load(&rules::shipped(), &[]).unwrap());
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    for batch in posts.chunks(batch) {
        pipeline.feed(batch.to_vec()).unwrap();
    }
    pipeline.finish().unwrap();
    let records = pipeline.take_outputs().remove("social.voice").unwrap();
    let told = records.iter().map(|record| {
        let key = String::from_utf8(record.key.clone().unwrap()).unwrap();
        (key, serde_json::from_slice(record.value.as_deref().unwrap()).unwrap())
    });
    told.collect()
}

/// The newest of each key, as the compacted topic has it.
fn newest(told: &[(String, Value)]) -> BTreeMap<&str, &Value> {
    let mut newest: BTreeMap<&str, &Value> = BTreeMap::new();
    for (key, value) in told {
        let revision = |value: &Value| value["revision"].as_u64().unwrap();
        if newest.get(key.as_str()).is_none_or(|known| revision(known) < revision(value)) {
            newest.insert(key, value);
        }
    }
    newest
}

fn posts() -> Vec<RawRecord> {
    let none = json!({});
    let edited = json!({"edited_at": time(NINE + 200)});
    let own = json!({"account": {"id": "900", "acct": "nimbus@social.nimbus.example"}});
    // a clock believes in a jump at its third record
    let quiet =
        |number: i64, at: i64| (0..3).map(move |n| status(number + n, at + n, &json!({}), "a quiet day at the kiosk"));
    let first = [
        status(1, NINE + 10, &none, "Nimbus lost my invoice and nobody answers, terrible service"),
        status(2, NINE + 20, &none, "moved from Altocloud to Nimbus, Nimbus support is great, I love it"),
        status(3, NINE + 30, &none, "my Nimbus Cloud files are on the new phone now"),
        status(4, NINE + 40, &none, "Nimbus against Stratos Hosting, which of the two would you take"),
        // edited, by an own account, again: none of these counts
        status(1, NINE + 200, &edited, "Nimbus lost my invoice and nobody answers, terrible service!"),
        status(5, NINE + 210, &own, "Nimbus is here to help"),
        status(4, NINE + 40, &none, "Nimbus against Stratos Hosting, which of the two would you take"),
    ];
    let late = status(7, NINE + 50, &none, "Nimbus charged me twice");
    let too_late = status(9, NINE + 60, &none, "Nimbus charged my brother twice");
    let posts = first.into_iter().chain(quiet(20, NINE + 4_000)).chain([late]).chain(quiet(30, NINE + 14_400));
    posts.chain([too_late]).chain(quiet(40, NINE + 15_100)).collect()
}

#[test]
fn brands_and_competitors_by_topic_and_hour() {
    let told = voices(&posts(), 4);
    let newest = newest(&told);
    let of = |brand: &str, topic: &str, hour: i64| {
        let key = format!("{brand}/{topic}/{}", time(hour));
        newest.get(key.as_str()).unwrap_or_else(|| panic!("{key} is not told: {:?}", newest.keys()))
    };
    let nimbus = of("Nimbus", "all", NINE);
    assert_eq!((&nimbus["type"], &nimbus["own"]), (&json!("groundswell.voice.v1"), &json!(true)));
    assert_eq!((&nimbus["mentions"], &nimbus["people"], &nimbus["closed"]), (&json!(5), &json!(5), &json!(true)));
    assert_eq!(nimbus["reach"], json!(101 + 102 + 103 + 104 + 107));
    assert_eq!((&nimbus["share"], &nimbus["late"]), (&json!(0.7143), &json!(0)), "five of seven names");
    let moods = ["positive", "neutral", "negative"].map(|mood| nimbus[mood].as_u64().unwrap());
    assert_eq!(moods.iter().sum::<u64>(), 5, "{nimbus}");
    assert!(moods[0] >= 1 && moods[2] >= 2, "{nimbus}");
    for competitor in ["Altocloud", "Stratos Hosting"] {
        let one = of(competitor, "all", NINE);
        assert_eq!((&one["mentions"], &one["own"], &one["share"]), (&json!(1), &json!(false), &json!(0.1429)));
    }
    assert_eq!(of("Nimbus", "nimbus-cloud", NINE)["mentions"], json!(1), "a product counts for its brand, by query");
    let late = of("Nimbus", "all", NINE + 14_400);
    assert_eq!((&late["mentions"], &late["late"], &late["share"]), (&json!(0), &json!(1), &json!(0.0)));
    let versions: Vec<_> = told.iter().filter(|(key, _)| *key == format!("Nimbus/all/{}", time(NINE))).collect();
    let counted: Vec<_> = versions.iter().map(|(_, value)| (&value["revision"], &value["mentions"])).collect();
    let (one, two, three, four, five) = (json!(1), json!(2), json!(3), json!(4), json!(5));
    assert_eq!(counted, [(&one, &four), (&two, &five), (&three, &five)], "told, changed by a late post, closed");
}

#[test]
fn how_posts_were_spread_over_transactions_leaves_no_trace() {
    let sorted = |mut told: Vec<(String, Value)>| {
        told.sort_by_key(|(key, value)| (key.clone(), value["revision"].as_u64()));
        told
    };
    assert_eq!(sorted(voices(&posts(), 1)), sorted(voices(&posts(), 100)));
}
