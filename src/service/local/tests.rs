use super::*;
use crate::rules;
use serde_json::{Value, json};

/// What nobody but the raw topic may see, in text, markup and a link.
const SECRETS: [&str; 6] =
    ["ana.b@example.com", "4111 1111 1111 1111", "4111111111111111", "12 High Street", "123-45-6789", "7946"];

fn status(number: usize, visibility: &str, text: &str) -> RawRecord {
    let payload = json!({
        "id": (5_000_000 + number).to_string(), "uri": format!("https://kiosk.test/s/{number}"),
        "url": format!("https://kiosk.test/@p/{number}"), "created_at": format!("2026-03-02T06:{number:02}:00.000Z"),
        "visibility": visibility, "language": "en", "content": format!("<p>{text}</p>"), "spoiler_text": "",
        "in_reply_to_id": null, "replies_count": 0, "reblogs_count": 1, "favourites_count": 2, "edited_at": null,
        "reblog": null, "media_attachments": [], "mentions": [], "tags": [], "card": null, "poll": null,
        "account": {"id": "9", "username": "p", "acct": "p", "display_name": "Somebody",
            "url": "https://kiosk.test/@p", "followers_count": 40, "bot": false}
    });
    let (platform, key) = (Platform::Mastodon, number.to_string().into_bytes());
    RawRecord { platform, key, value: payload.to_string().into_bytes() }
}

fn posts() -> Vec<RawRecord> {
    let texts = [
        (
            "public",
            "Nimbus charged my card <b>4111 1111 1111 1111</b> twice, refund to ana.b@example.com please #nimbus",
        ),
        ("public", "is Nimbus down? call me +44 20 7946 0958 or come to 12 High Street, cannot log in"),
        ("direct", "@nimbus my account was hacked, my ssn is 123-45-6789, card 4111111111111111"),
        ("public", "Nimbus works fine for our little shop"),
        (
            "public",
            "Nimbus billed the wrong invoice for months and nobody at support answers or cares, so here is the card that \
             you charged: 4111 1111 1111 1111, refund it",
        ),
    ];
    texts.iter().enumerate().map(|(number, (visibility, text))| status(number, visibility, text)).collect()
}

/// Values by topic.
fn play(redact: Redact) -> BTreeMap<String, Vec<Value>> {
    let pack = Arc::new(rules::load(&rules::shipped(), &[]).expect("the shipped pack is sound"));
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 1,
        duplicate_window_records: 100,
    };
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    pipeline.set_redact(redact);
    pipeline.feed(posts()).expect("decides");
    pipeline.finish().expect("ends");
    let value = |record: &Record| {
        let bytes = record.value.as_deref().unwrap_or_default();
        // signals are not JSON
        serde_json::from_slice(bytes).unwrap_or_else(|_| json!({ "bytes": bytes }))
    };
    let topics = pipeline.take_outputs().into_iter();
    topics.map(|(topic, records)| (topic, records.iter().map(value).collect())).collect()
}

fn is_routed(topic: &str) -> bool {
    topic.contains("routed.")
}

fn holds_secret(values: &[Value]) -> Option<&'static str> {
    let text = Value::Array(values.to_vec()).to_string();
    SECRETS.into_iter().find(|secret| text.contains(secret))
}

#[test]
fn personal_data_leaves_only_the_topics_that_are_asked() {
    for (mentions, routed) in [(false, false), (true, false), (false, true), (true, true)] {
        let (mut seen, topics) = ([0, 0], play(Redact { mentions, routed }));
        for (topic, values) in topics.iter().filter(|(topic, _)| topic.ends_with("mentions") || is_routed(topic)) {
            let redacted = if is_routed(topic) { routed } else { mentions };
            let secret = holds_secret(values);
            assert!(!redacted || secret.is_none(), "{topic} shows {secret:?}");
            seen[usize::from(is_routed(topic))] += usize::from(secret.is_some());
        }
        assert_eq!((seen[0] > 0, seen[1] > 0), (!mentions, !routed), "what is not asked for stays whole");
    }
}

/// A value without what redaction may change.
fn decision_of(value: &Value) -> Value {
    let mut value = value.clone();
    for path in [
        "/mention/text",
        "/scores/pii",
        "/scores/entities",
        "/scores/explain",
        "/decision/explain",
        "/matches",
        "/brands",
        "/ticket/body",
    ] {
        if let Some(part) = value.pointer_mut(path) {
            *part = Value::Null;
        }
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("redacted");
    }
    if let Some(fields) = value.get_mut("mention").and_then(Value::as_object_mut) {
        fields.remove("text_raw");
        fields.remove("entities");
    }
    value
}

#[test]
fn no_decision_changes() {
    let (whole, redacted) = (play(Redact::default()), play(Redact { mentions: true, routed: true }));
    assert_eq!(whole.keys().collect::<Vec<_>>(), redacted.keys().collect::<Vec<_>>());
    for (topic, values) in &whole {
        let told = is_routed(topic) || topic.ends_with("mentions");
        let decisions = |values: &[Value]| values.iter().map(decision_of).collect::<Vec<_>>();
        if told {
            let changes = holds_secret(values).is_some();
            assert_eq!(values != &redacted[topic], changes, "{topic} was redacted");
            assert_eq!(decisions(values), decisions(&redacted[topic]), "{topic}");
        } else {
            assert_eq!(values, &redacted[topic], "{topic} is the same to the byte");
        }
    }
}

#[test]
fn the_record_says_which_kinds_are_gone() {
    let topics = play(Redact { mentions: true, routed: true });
    let mentions = topics.iter().find(|(topic, _)| topic.ends_with("mentions")).expect("has mentions").1;
    let text = |value: &Value| value["mention"]["text"].as_str().unwrap_or_default().to_owned();
    let first = mentions.iter().find(|value| text(value).contains("refund to")).expect("published");
    assert_eq!(text(first), "Nimbus charged my card [card] twice, refund to [email] please #nimbus");
    assert_eq!(first["redacted"], json!(["card", "email"]));
    let plain = mentions.iter().find(|value| text(value).contains("works fine")).expect("published");
    assert!(plain.get("redacted").is_none());
}

/// The shipped pack, with other words in its matrix.
fn pack_with(from: &str, to: &str) -> Arc<Pack> {
    let files = rules::shipped().into_iter().map(|file| {
        let text = if file.path == "matrix.yaml" { file.text.replacen(from, to, 1) } else { file.text.to_string() };
        rules::SourceFile::new(file.path, text)
    });
    Arc::new(rules::load(&files.collect::<Vec<_>>(), &[]).expect("sound"))
}

#[test]
fn a_shadow_says_what_it_would_have_decided_and_decides_nothing() {
    let layout = Layout {
        members: [(Platform::Mastodon, 0)].into(),
        raw_partitions: 1,
        signals_partitions: 1,
        duplicate_window_records: 100,
    };
    let play = |shadow: Option<Arc<Pack>>| {
        let mut pipeline = LocalPipeline::new(&layout, pack_with("", ""), Model::shipped());
        shadow.into_iter().for_each(|pack| pipeline.set_shadow(pack));
        pipeline.feed([posts(), posts()].concat()).expect("decides");
        pipeline.finish().expect("ends");
        let counted = pipeline.triage.stage_mut().take_shadowed();
        (pipeline.take_outputs(), counted)
    };
    let row = "    intent: billing\n    team: finance\n";
    let (mut outputs, counted) = play(Some(pack_with(row, &row.replace("finance", "support"))));
    let told = outputs.remove("social.shadow").expect("a topic");
    let (mut alone, _) = play(None);
    assert_eq!(alone.remove("social.shadow"), Some(Vec::new()));
    assert_eq!(outputs, alone, "a shadow changes what is decided");
    assert!(!told.is_empty());
    for record in &told {
        let said: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
        let team = &said["differences"][0];
        assert_eq!(
            (&team["field"], &team["live"], &team["shadow"]),
            (&"team".into(), &"finance".into(), &"support".into())
        );
        assert!(said["item_id"].is_string() && said["live"] != said["shadow"], "{said}");
        assert_eq!(holds_secret(&[said]), None);
    }
    assert_eq!(counted["team"], told.len() as u64, "the second copy of a post is compared by neither");
    assert_eq!(counted["team"] + counted["none"], 2 * posts().len() as u64);
    let (outputs, counted) = play(Some(pack_with("", "")));
    assert_eq!((outputs["social.shadow"].len(), counted.len()), (0, 1), "{counted:?}");
}
