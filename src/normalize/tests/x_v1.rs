use super::*;

fn status(extra: Value) -> Value {
    let mut status = json!({"created_at": "Tue Apr 16 07:03:00 +0000 2024", "id": 1780000000000000500u64, "id_str": "1780000000000000500",
        "text": "Caf\u{e9} #Nordbahn &amp; @kiosk_lea https://t.co/x", "lang": "de", "is_quote_status": false, "truncated": false,
        "user": {"id": 901, "id_str": "901", "screen_name": "kiosk_lea", "name": "Lea", "followers_count": 77, "verified": false, "protected": false},
        "entities": {"hashtags": [{"text": "Nordbahn", "indices": [5, 14]}], "symbols": [], "user_mentions": [{"screen_name": "kiosk_lea", "indices": [21, 31], "id": 901}],
            "urls": [{"url": "https://t.co/x", "expanded_url": "https://nordbahn.test/a", "indices": [32, 46]}]},
        "extended_entities": {"media": [{"type": "photo", "url": "https://t.co/p", "media_url_https": "https://img.test/1.jpg", "indices": [0, 1]}]},
        "favorite_count": 4, "retweet_count": 3, "reply_count": 2, "quote_count": 1, "place": {"country_code": "DE"},
        "coordinates": {"coordinates": [9.99, 53.55], "type": "Point"}, "matching_rules": [{"tag": null}, {"tag": "nord"}]});
    for (key, value) in extra.as_object().into_iter().flatten() {
        status[key] = value.clone();
    }
    status
}

#[test]
fn a_status_with_everything() {
    let m = one(Platform::X, &status(json!({})));
    assert_eq!((m.mention_id.as_str(), m.kind, m.lang.as_deref()), ("x:1780000000000000500", Kind::Post, Some("de")));
    assert_eq!(m.text, "Café #Nordbahn & @kiosk_lea https://t.co/x");
    assert_eq!(
        marked(&m),
        [
            (EntityKind::Hashtag, "Nordbahn", "#Nordbahn"),
            (EntityKind::Mention, "kiosk_lea", "@kiosk_lea"),
            (EntityKind::Url, "https://nordbahn.test/a", "https://t.co/x"),
        ]
    );
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
    assert_eq!((m.counts.likes, m.counts.quotes), (Some(4), Some(1)));
    assert_eq!((m.rule_hits.as_slice(), m.media.len()), (["nord".to_owned()].as_slice(), 1));
    assert_eq!(m.geo.and_then(|geo| geo.country).as_deref(), Some("DE"));
    assert_eq!(m.author.and_then(|author| author.id).as_deref(), Some("901"));
}

#[test]
fn long_forms_references_and_edits() {
    let extended = status(
        json!({"text": "cut…", "extended_tweet": {"full_text": "not cut #Juno", "entities": {"hashtags": [{"text": "Juno", "indices": [8, 13]}]}}}),
    );
    let m = one(Platform::X, &extended);
    assert_eq!((m.text.as_str(), marked(&m).len()), ("not cut #Juno", 1));
    let full = one(Platform::X, &status(json!({"text": null, "full_text": "all of it"})));
    assert_eq!(full.text, "all of it");
    let retweet = status(
        json!({"text": "RT @bo: cut…", "lang": null, "retweeted_status": {"id_str": "99", "id": 99, "lang": "nl", "text": "x", "extended_tweet": {"full_text": "helemaal"}}, "is_quote_status": true, "quoted_status_id_str": "98"}),
    );
    let m = one(Platform::X, &retweet);
    assert_eq!((m.kind, m.text.as_str(), m.lang.as_deref()), (Kind::Repost, "helemaal", Some("nl")));
    assert_eq!((m.reposted_id.as_deref(), m.quoted_id), (Some("x:99"), None));
    assert!(m.counts.is_empty());
    let quote = one(
        Platform::X,
        &status(json!({"is_quote_status": true, "quoted_status_id_str": "98", "in_reply_to_status_id_str": "97"})),
    );
    assert_eq!(
        (quote.kind, quote.quoted_id.as_deref(), quote.parent_id.as_deref()),
        (Kind::Quote, Some("x:98"), Some("x:97"))
    );
    let reply = one(Platform::X, &status(json!({"in_reply_to_status_id": 97})));
    assert_eq!((reply.kind, reply.parent_id.as_deref()), (Kind::Reply, Some("x:97")));
    let edit = one(
        Platform::X,
        &status(json!({"edit_history": {"initial_tweet_id": "96", "edit_tweet_ids": ["96", "1780000000000000500"]}})),
    );
    assert_eq!((edit.action, edit.edit_of.as_deref()), (Action::Update, Some("x:96")));
}

#[test]
fn both_formats_give_one_identity() {
    let v1 = one(Platform::X, &status(json!({})));
    let v2 = one(Platform::X, &json!({"data": {"id": "1780000000000000500", "text": "t"}}));
    assert_eq!(v1.identity(), v2.identity());
}

#[test]
fn messages_of_the_stream() {
    let ids = json!({"id": 11, "id_str": "11", "user_id": 901, "user_id_str": "901"});
    let cases = [
        (json!({"delete": {"status": ids, "timestamp_ms": "1713657601000"}}), "delete:post"),
        (json!({"delete": {"favorite": {"tweet_id": 1}}}), "not_content:like"),
        (json!({"delete": {"direct_message": {"id": 1}}}), "not_content:dm_event"),
        (json!({"delete": {"status": {}}}), "reject:missing_field"),
        (json!({"status_withheld": {"id": 11, "user_id": 901, "withheld_in_countries": ["DE"]}}), "restrict:post"),
        (json!({"drop": {"status": ids}}), "restrict:post"),
        (json!({"undrop": {"status": ids}}), "not_content:undrop"),
        (json!({"user_withheld": {"id": 901, "withheld_in_countries": ["DE"]}}), "author_restrict:post"),
        (json!({"user_delete": {"id": 901}}), "author_delete:post"),
        (json!({"user_protect": {"id_str": "901", "timestamp_ms": 1713657601000i64}}), "author_restrict:post"),
        (json!({"user_unprotect": {"id": 901}}), "not_content:author_restored"),
        (json!({"scrub_geo": {"user_id": 901, "up_to_status_id": 11}}), "not_content:scrub_geo"),
        (json!({"limit": {"track": 1234}}), "not_content:limit"),
        (json!({"disconnect": {"code": 4}}), "not_content:disconnect"),
        (json!({"warning": {"code": "FALLING_BEHIND"}}), "not_content:warning"),
        (json!({"friends": [1, 2]}), "not_content:friends"),
        (json!({"event": "favorite", "source": {}, "target": {}, "created_at": "x"}), "not_content:user_event"),
        (json!({"for_user_id": "1", "favorite_events": [{}]}), "not_content:webhook_event"),
        (json!({"statuses": [], "search_metadata": {}}), "not_content:empty_page"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::X, &payload)), [want], "{payload}");
    }
    let gone = one(Platform::X, &json!({"delete": {"status": ids, "timestamp_ms": "1713657601000"}}));
    assert_eq!((gone.mention_id.as_str(), at(gone.deleted_at).as_str()), ("x:11", "2024-04-21T00:00:01Z"));
    assert_eq!(gone.author.and_then(|author| author.id).as_deref(), Some("901"));
}

#[test]
fn pages_and_webhooks_are_batches() {
    let search = json!({"statuses": [status(json!({})), {"id_str": "5"}], "search_metadata": {"count": 2}});
    assert_eq!(outcomes(&read(Platform::X, &search)), ["create:post", "reject:missing_field"]);
    let array = json!([status(json!({})), {"limit": {"track": 1}}, 7, {}]);
    let items = read(Platform::X, &array);
    assert_eq!(outcomes(&items), ["create:post", "not_content:limit", "reject:wrong_type", "reject:empty"]);
    assert_eq!(items[3].as_ref().map_err(|reject| reject.index), Err(3));
    let webhook = json!({"for_user_id": "1", "tweet_create_events": [status(json!({}))],
        "tweet_delete_events": [{"status": {"id": "11", "user_id": "901"}, "timestamp_ms": "1713657601000"}],
        "direct_message_events": [{"type": "message_create", "id": "12", "created_timestamp": "1713657601000",
            "message_create": {"sender_id": "901", "message_data": {"text": "a &amp; b"}}}, {"type": "typing"}]});
    let items = read(Platform::X, &webhook);
    assert_eq!(outcomes(&items), ["create:post", "delete:post", "create:dm", "not_content:dm_event"]);
    assert_eq!(outcomes(&normalize(Some(Platform::X), b"\r\n")), ["not_content:heartbeat"]);
}
