//! `groundswell explain` on payloads of every outcome: what is said, and with which exit code.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::process::{Command, Stdio};

fn explain(arguments: &[&str], payload: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_groundswell"))
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a command that refuses its arguments does not read its input
    let _ = child.stdin.take().unwrap().write_all(payload);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A post on X as the filtered stream sends it.
fn post(text: &str, handle: &str, followers: u64) -> String {
    serde_json::json!({
        "data": {
            "id": "2028390000000000001", "author_id": "501", "created_at": "2026-03-02T09:43:11.000Z", "text": text,
            "lang": "en", "edit_history_tweet_ids": ["2028390000000000001"],
        },
        "includes": { "users": [{
            "id": "501", "username": handle, "name": "Somebody",
            "public_metrics": { "followers_count": followers, "following_count": 1, "tweet_count": 1, "listed_count": 0 },
        }] },
    })
    .to_string()
}

/// A post on Mastodon that only those addressed can read.
fn direct(text: &str) -> String {
    serde_json::json!({
        "id": "114000000000000001", "created_at": "2026-03-02T09:43:11.000Z", "visibility": "direct", "language": "en",
        "uri": "https://fedi.example/users/ada/statuses/114000000000000001", "content": format!("<p>{text}</p>"),
        "account": { "id": "77", "username": "ada", "acct": "ada", "url": "https://fedi.example/@ada" },
        "mentions": [], "tags": [], "media_attachments": [],
    })
    .to_string()
}

#[test]
fn each_payload_is_told_as_it_ended() {
    let billing = "Nimbus Pay charged me twice and I want my refund, or my lawyer will write to you";
    let table: &[(String, i32, &[&str])] = &[
        (
            post(billing, "amber_heron", 1_312),
            0,
            &[
                "Outcome     routed: to finance, S2, a person owns it (human)",
                "X post by @amber_heron, 1312 followers, 2026-03-02T09:43:11Z",
                "nimbus-pay (“Nimbus Pay”, watched for alerts)",
                "nimbus-payment (“Nimbus”, “charged”, “refund”)",
                "intent billing ",
                "for billing: ",
                "sentiment negative (-",
                "Route       to finance (Billing and refunds) on social.routed.finance: S2",
                "answer within 30 min (by 2026-03-02T10:13:11Z)",
                "when the clock runs out: General counsel, then Finance lead",
                "a public answer needs: General counsel",
                "query says-court matched: at least S2 [severity:legal]",
                "query says-court matched: a person owns it [tier:legal]",
                "Ticket      upsert: ",
                "tags: x, billing, S2, nimbus-brand, nimbus-pay, nimbus-payment, ticket:double-charge",
                "Decided by  pack ",
            ],
        ),
        (
            post("N1mbus Pai charged me twice, nimbsu owes me a refund", "amber_heron", 12),
            0,
            &[
                "nimbus-brand (“N1mbus Pai”, “nimbsu”)",
                "Names       “N1mbus Pai” read as Nimbus Pay: as it sounds",
                "“nimbsu” read as Nimbus: two letters swapped",
            ],
        ),
        (
            post("Nimbus Cloud is down, nobody can log in, error 503", "amber_heron", 12),
            0,
            &["Outcome     routed: to support", "Ticket      pending: ", "comes in crowds"],
        ),
        (
            post("Thanks for telling us about Nimbus Cloud!", "nimbushelp", 48_000),
            0,
            &["Outcome     noise: posted by an own account", "our own account"],
        ),
        (post("my cat is asleep again", "amber_heron", 3), 0, &["Outcome     unmatched: no query matched"]),
        (
            direct("nimbus help, is anybody there?"),
            0,
            &["Mastodon ", "not public", "only its owner is told", "in public: none"],
        ),
        (
            r#"{"data":{"delete":{"tweet":{"id":"1","author_id":"2"},"event_at":"2026-03-02T09:43:11.000Z"}}}"#.into(),
            0,
            &["Outcome     not_content: nothing that anybody wrote: delete"],
        ),
        (
            post(billing, "amber_heron", 1_312)[..90].to_owned(),
            1,
            &["Outcome     dead_letter: ", "Reason      truncated", "Where       x v2, line 1 column 90"],
        ),
        ("{}".into(), 1, &["Reason      empty"]),
        ("".into(), 1, &["Reason      empty"]),
        (r#"{"id":"1","text":"Nimbus"}"#.into(), 1, &["Reason      unknown_shape"]),
    ];
    for (payload, exit, said) in table {
        let (code, out, err) = explain(&["--rules", concat!(env!("CARGO_MANIFEST_DIR"), "/rules")], payload.as_bytes());
        assert_eq!((code, err.as_str()), (*exit, ""), "{payload}\n{out}");
        for part in *said {
            assert!(out.contains(part), "{part:?} for\n{payload}\nin\n{out}");
        }
        assert!(out.lines().all(|line| line.chars().count() <= 110), "{out}");
    }
}

#[test]
fn a_batch_is_told_item_by_item_and_one_bad_item_is_a_finding() {
    let one = post("Nimbus Mail found my letter", "amber_heron", 3);
    let batch = format!("[{one},{{}},{one}]");
    let (code, out, _) = explain(&[], batch.as_bytes());
    assert_eq!(code, 1, "{out}");
    let outcomes: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("Outcome     ")).collect();
    let names: Vec<&str> = outcomes.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["routed", "dead_letter", "duplicate"]);
    assert!(out.contains("Item 3 of 3"), "{out}");
}

#[test]
fn programs_get_the_item_as_json() {
    let payload = post("Nimbus Pay charged me twice, where is my refund?", "amber_heron", 3);
    let (code, out, _) = explain(&["--format", "json"], payload.as_bytes());
    let item: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    for (pointer, wanted) in [
        ("/outcome", "routed"),
        ("/type", "groundswell.item.v1"),
        ("/route/team", "finance"),
        ("/route/public_response", "acknowledge_and_move_to_private"),
        ("/ticket/action", "upsert"),
        ("/matches/0/query", "nimbus-brand"),
        ("/mention/author/handle", "amber_heron"),
    ] {
        assert_eq!(item.pointer(pointer).and_then(serde_json::Value::as_str), Some(wanted), "{pointer} in {out}");
    }
    let (code, out, _) = explain(&["--format", "json", "--platform", "bluesky"], payload.as_bytes());
    let item: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &item["outcome"]), (1, &"dead_letter".into()), "the platform that is named is the one tried");
}

#[test]
fn what_cannot_run_is_exit_2() {
    for arguments in [&["--rules", "/nowhere/at/all"][..], &["--platform", "carrier-pigeon"], &["--format", "verse"]] {
        let (code, out, err) = explain(arguments, b"{}");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_path_of_an_item_stands_in_the_topics() {
    let folder = std::env::temp_dir().join(format!("groundswell-explain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let input = folder.join("posts.ndjson");
    std::fs::write(&input, post("is Nimbus Cloud down for everyone?", "amber_heron", 1_312)).unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_groundswell")).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let from = folder.to_str().unwrap();
    let (code, _, error) = run(&["replay", "--rules", rules, "--input", input.to_str().unwrap(), "--output", from]);
    assert_eq!(code, 0, "{error}");
    let mention = "x:2028390000000000001";
    let (_, said, _) = run(&["explain", "--id", mention, "--from", from, "--format", "json"]);
    let record: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    let item = record["record"]["item_id"].as_str().unwrap().to_owned();
    // the first word comes first, whatever order they stand in
    let word = |kind: &str, at: &str| {
        serde_json::json!({"type": "groundswell.feedback.v1", "feedback_id": kind, "about": item, "kind": kind,
            "value": null, "by": "ana", "at": at})
        .to_string()
    };
    let feedback = folder.join("said.jsonl");
    let said = [word("resolved", "2026-03-02T11:00:00Z"), word("claimed", "2026-03-02T10:00:00Z")].join("\n");
    std::fs::write(&feedback, said).unwrap();
    let and = feedback.to_str().unwrap();
    for id in [mention, &item] {
        let (code, said, error) = run(&["explain", "--id", id, "--from", from, "--and", and]);
        assert_eq!(code, 0, "{error}");
        let mut rest = said.as_str();
        for part in [
            "mention x:2028390000000000001: routed",
            "(revision 0): outage to support, S2, assisted, ticket pending",
            "matrix:outage-urgent: row outage-urgent gives outage to support",
            "follow-up (revision 1): release, ticket upsert: no incident is open on the query it matched",
            "2026-03-02T10:00:00Z  claimed, by ana",
            "2026-03-02T11:00:00Z  resolved, by ana",
        ] {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} is missing or too early in:\n{said}"));
            rest = &rest[at..];
        }
    }
    let (code, _, error) = run(&["explain", "--id", "x:1", "--from", from]);
    assert_eq!((code, error.contains("nothing about \"x:1\"")), (1, true), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
