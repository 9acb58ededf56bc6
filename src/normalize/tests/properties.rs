use super::malformed::GOOD;
use super::*;
use proptest::prelude::*;

/// What must hold of whatever comes out, for any bytes.
fn check(platform: Option<Platform>, value: &[u8]) {
    let items = normalize(platform, value);
    assert!(!items.is_empty());
    assert_eq!(items, normalize(platform, value), "a pure function of the bytes");
    for (index, item) in items.iter().enumerate() {
        match item {
            Ok(Normalized::Mention(mention)) => check_mention(mention),
            Ok(Normalized::NotContent(what)) => assert!(!what.is_empty()),
            Err(reject) => assert_eq!(reject.index as usize, index),
        }
    }
}

fn check_mention(mention: &Mention) {
    assert!(mention.mention_id.starts_with(mention.platform.as_str()));
    assert!(mention.mention_id.ends_with(&mention.native_id) && !mention.native_id.is_empty());
    assert!(!mention.text.contains('\0'));
    for entity in &mention.entities {
        let covered = mention.text.get(entity.start as usize..entity.end as usize);
        assert!(covered.is_some_and(|text| !text.is_empty()), "{entity:?} in {:?}", mention.text);
    }
    let written = serde_json::to_string(mention).expect("a mention can be written");
    let back: Mention = serde_json::from_str(&written).expect("and read again");
    assert_eq!(&back, mention);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(None, &value);
        check(Some(Platform::X), &value);
    }

    #[test]
    fn any_text_of_json_pieces(pieces in proptest::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        check(None, text.as_bytes());
        for platform in Platform::ALL {
            check(Some(*platform), text.as_bytes());
        }
    }

    #[test]
    fn a_good_payload_with_some_bytes_changed(which in 0..GOOD.len(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6)) {
        let (platform, good) = GOOD[which];
        let mut value = good.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at.index(value.len().max(1));
            if value.is_empty() {
                break;
            }
            match how {
                0 => value[at] = byte,
                1 => value.insert(at, byte),
                2 => { value.remove(at); }
                _ => value.truncate(at.max(1)),
            }
        }
        check(None, &value);
        check(Some(platform), &value);
    }

    #[test]
    fn any_text_comes_through_bluesky_whole(text in "\\PC{0,60}") {
        let payload = json!({"did": "did:plc:a", "time_us": 1, "kind": "commit", "commit": {"operation": "create", "collection": "app.bsky.feed.post",
            "rkey": "k", "record": {"createdAt": "2024-04-16T07:03:00Z", "text": text}}});
        prop_assert_eq!(one(Platform::Bluesky, &payload).text, text);
    }

    #[test]
    fn any_text_comes_through_x_once_unescaped(text in "[ -~é😀]{0,60}") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let payload = json!({"data": {"id": "1", "text": escaped}});
        prop_assert_eq!(one(Platform::X, &payload).text, text);
    }
}

fn piece() -> impl Strategy<Value = String> {
    const PIECES: [&str; 34] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"data\":",
        "\"id\":\"1\"",
        "\"text\":\"a\"",
        "\"kind\":\"t1\"",
        "\"did\":\"d\"",
        "\"commit\":{",
        "\"account\":{}",
        "\"content\":\"<p>\"",
        "\"body\":\"b\"",
        "\"event\":\"update\"",
        "\"payload\":\"{}\"",
        "\"delete\":{\"status\":{\"id\":1}}",
        "null",
        "1e999",
        "\\ud83d",
        "\"created_at\":\"\"",
        "\"children\":[",
        "\"update_id\":1",
        "\"object\":\"page\"",
        "\"messaging\":[{\"message\":{",
        "\"op\":0,\"t\":\"MESSAGE_CREATE\",\"d\":{",
        "\"created_time\":1",
        "\"message\":{",
        "\"chat\":{\"id\":-1}",
        "\"entry\":[",
        "\"object\":\"whatsapp_business_account\"",
        "\"changes\":[{\"field\":\"messages\",\"value\":{",
    ];
    prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned)
}
