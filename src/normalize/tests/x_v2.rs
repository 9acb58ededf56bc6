use super::*;

fn line(data: Value) -> Value {
    json!({"data": data, "includes": {
        "users": [
            {"id": "901", "username": "kiosk_lea", "name": "Lea", "verified": true, "public_metrics": {"followers_count": 77}},
            {"id": "902", "username": "closed_bo", "name": "Bo", "protected": true},
        ],
        "tweets": [{"id": "1700000000000000100", "author_id": "901", "lang": "de", "text": "Der Zug &amp; das Geld …",
            "note_tweet": {"text": "Der Zug &amp; das Geld sind weg #Nordbahn", "entities": {"hashtags": [{"start": 31, "end": 40, "tag": "Nordbahn"}]}}}],
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://img.test/1.jpg", "alt_text": "a ticket"}],
        "places": [{"id": "p1", "country_code": "DE"}],
    }, "matching_rules": [{"id": 17, "tag": "brand:nordbahn"}, {"id": "18", "tag": null}]})
}

fn post(extra: Value) -> Value {
    let mut data = json!({"id": "1780000000000000500", "author_id": "901", "created_at": "2024-04-16T07:03:00.120Z", "lang": "und",
        "conversation_id": "1780000000000000400", "edit_history_tweet_ids": ["1780000000000000500"],
        "text": "🎉 @kiosk_lea R&amp;D at #Nordbahn $NRDB https://t.co/x &lt;3",
        "entities": {"mentions": [{"start": 2, "end": 12, "username": "kiosk_lea"}], "hashtags": [{"start": 24, "end": 33, "tag": "Nordbahn"}],
            "cashtags": [{"start": 34, "end": 39, "tag": "NRDB"}], "urls": [{"start": 40, "end": 54, "url": "https://t.co/x", "expanded_url": "https://nordbahn.test/a"}]},
        "public_metrics": {"like_count": 4, "retweet_count": 3, "reply_count": 2, "quote_count": 1, "impression_count": 900},
        "attachments": {"media_keys": ["3_1", "3_none"]}, "geo": {"place_id": "p1", "coordinates": {"type": "Point", "coordinates": [9.99, 53.55]}}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        data[key] = value.clone();
    }
    line(data)
}

#[test]
fn a_post_with_everything() {
    let m = one(Platform::X, &post(json!({})));
    assert_eq!((m.mention_id.as_str(), m.native_id.as_str()), ("x:1780000000000000500", "1780000000000000500"));
    assert_eq!((m.action, m.kind, m.lang.as_deref()), (Action::Create, Kind::Post, None));
    assert_eq!(m.text, "🎉 @kiosk_lea R&D at #Nordbahn $NRDB https://t.co/x <3");
    assert_eq!(m.text_raw.as_deref(), Some("🎉 @kiosk_lea R&amp;D at #Nordbahn $NRDB https://t.co/x &lt;3"));
    assert_eq!(
        marked(&m),
        [
            (EntityKind::Mention, "kiosk_lea", "@kiosk_lea"),
            (EntityKind::Hashtag, "Nordbahn", "#Nordbahn"),
            (EntityKind::Cashtag, "NRDB", "$NRDB"),
            (EntityKind::Url, "https://nordbahn.test/a", "https://t.co/x"),
        ]
    );
    let author = m.author.as_ref().expect("given");
    assert_eq!(
        (author.handle.as_deref(), author.followers, author.verified),
        (Some("kiosk_lea"), Some(77), Some(true))
    );
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00.12Z");
    assert_eq!(m.thread_id.as_deref(), Some("x:1780000000000000400"));
    assert_eq!(m.url.as_deref(), Some("https://x.com/kiosk_lea/status/1780000000000000500"));
    assert_eq!((m.counts.likes, m.counts.reposts, m.counts.views), (Some(4), Some(3), Some(900)));
    assert_eq!(m.rule_hits, ["brand:nordbahn", "18"]);
    assert_eq!((m.media.len(), m.media[0].alt.as_deref()), (1, Some("a ticket")));
    let geo = m.geo.expect("given");
    assert_eq!((geo.country.as_deref(), geo.lat.is_some_and(|lat| lat > 53.0)), (Some("DE"), true));
}

#[test]
fn kinds_and_references() {
    let reference = |kind: &str, id: &str| json!({"type": kind, "id": id});
    let cases = [
        (json!([reference("replied_to", "5")]), Kind::Reply, [Some("x:5"), None, None]),
        (json!([reference("quoted", "6")]), Kind::Quote, [None, Some("x:6"), None]),
        (
            json!([reference("replied_to", "5"), reference("quoted", "6")]),
            Kind::Quote,
            [Some("x:5"), Some("x:6"), None],
        ),
        (json!([reference("retweeted", "7")]), Kind::Repost, [None, None, Some("x:7")]),
        (json!([reference("new_relation", "8")]), Kind::Post, [None, None, None]),
        (json!([]), Kind::Post, [None, None, None]),
    ];
    for (references, kind, ids) in cases {
        let m = one(Platform::X, &post(json!({"referenced_tweets": references})));
        assert_eq!(m.kind, kind, "{references}");
        assert_eq!([m.parent_id.as_deref(), m.quoted_id.as_deref(), m.reposted_id.as_deref()], ids, "{references}");
    }
}

#[test]
fn a_repost_has_the_whole_text_of_its_original_and_none_of_its_counts() {
    let m = one(
        Platform::X,
        &post(
            json!({"text": "RT @kiosk_lea: Der Zug …", "referenced_tweets": [{"type": "retweeted", "id": "1700000000000000100"}]}),
        ),
    );
    assert_eq!((m.text.as_str(), m.lang.as_deref()), ("Der Zug & das Geld sind weg #Nordbahn", Some("de")));
    assert_eq!(marked(&m), [(EntityKind::Hashtag, "Nordbahn", "#Nordbahn")]);
    assert!(m.counts.is_empty());
    let unmarked = one(Platform::X, &post(json!({"text": "RT @kiosk_lea: Der Zug …"})));
    assert_eq!(unmarked.kind, Kind::Repost);
}

#[test]
fn long_text_edits_and_protected_authors() {
    let long = one(Platform::X, &post(json!({"note_tweet": {"text": "the whole &gt; text"}})));
    assert_eq!(long.text, "the whole > text");
    let edit =
        one(Platform::X, &post(json!({"edit_history_tweet_ids": ["1780000000000000490", "1780000000000000500"]})));
    assert_eq!((edit.action, edit.edit_of.as_deref()), (Action::Update, Some("x:1780000000000000490")));
    assert_eq!((edit.identity(), edit.edited_at), ("x:1780000000000000490", edit.created_at));
    let closed = one(Platform::X, &post(json!({"author_id": "902"})));
    assert_eq!(closed.visibility, Visibility::Private);
    let bare = one(Platform::X, &json!({"data": {"id": "1780000000000000500", "text": ""}}));
    assert_eq!((bare.text.as_str(), bare.author.is_none()), ("", true));
    assert_eq!(at(bare.created_at), "2024-04-15T22:27:25.457Z", "the id holds the time");
    assert_eq!(bare.url.as_deref(), Some("https://x.com/i/status/1780000000000000500"));
}

#[test]
fn pages_keep_the_good_items() {
    let page = json!({"data": [
        {"id": "1", "text": "one", "author_id": "901"},
        {"id": "2", "author_id": "901"},
        {"id": "3", "text": "three", "created_at": "soon"},
        {"id": "901", "username": "kiosk_lea", "name": "Lea"},
        {"id": "4", "text": "dear Lea", "event_type": "MessageCreate", "sender_id": "901", "dm_conversation_id": "c1"},
        {"id": "5", "event_type": "ParticipantsJoin"},
    ], "includes": {"users": [{"id": "901", "username": "kiosk_lea"}]}, "meta": {"result_count": 6}, "errors": [{"title": "Not Found"}]});
    let items = read(Platform::X, &page);
    assert_eq!(
        outcomes(&items),
        [
            "create:post",
            "reject:missing_field",
            "reject:bad_time",
            "not_content:user",
            "create:dm",
            "not_content:dm_event"
        ]
    );
    assert_eq!(items[2].as_ref().map_err(|reject| reject.index), Err(2));
    let Ok(Normalized::Mention(dm)) = &items[4] else { panic!("a direct message") };
    assert_eq!((dm.visibility, dm.thread_id.as_deref()), (Visibility::Direct, Some("x:c1")));
}

#[test]
fn messages_without_posts() {
    let event = |name: &str, inner: Value| json!({"data": {name: inner}});
    let tweet = json!({"tweet": {"id": "11", "author_id": "901"}, "event_at": "2024-04-21T00:00:01.000Z"});
    let user = json!({"user": {"id": "901"}, "event_at": "2024-04-21T00:00:01.000Z"});
    let cases = [
        (event("delete", tweet.clone()), "delete:post"),
        (event("delete", json!({"favorite": {"id": "1"}, "event_at": "2024-04-21T00:00:01Z"})), "not_content:like"),
        (event("delete", json!({"event_at": "2024-04-21T00:00:01Z"})), "reject:missing_field"),
        (event("withheld", tweet.clone()), "restrict:post"),
        (event("drop", tweet.clone()), "restrict:post"),
        (event("undrop", tweet.clone()), "not_content:undrop"),
        (event("tweet_edit", tweet), "not_content:tweet_edit"),
        (event("user_delete", user.clone()), "author_delete:post"),
        (event("user_undelete", user.clone()), "not_content:author_restored"),
        (event("user_protect", user.clone()), "author_restrict:post"),
        (event("user_unprotect", user.clone()), "not_content:author_restored"),
        (event("user_suspend", user.clone()), "author_restrict:post"),
        (event("user_unsuspend", user.clone()), "not_content:author_restored"),
        (event("user_withheld", user.clone()), "author_restrict:post"),
        (event("user_profile_modification", user.clone()), "not_content:profile"),
        (event("scrub_geo", user), "not_content:scrub_geo"),
        (event("user_new_thing", json!({})), "not_content:unknown_type"),
        (json!({"data": {}}), "reject:missing_field"),
        (json!({"data": null, "errors": [{"title": "x"}]}), "not_content:error"),
        (json!({"meta": {"result_count": 0}}), "not_content:empty_page"),
        (json!({"data": [], "meta": {"result_count": 0}}), "not_content:empty_page"),
        (json!({"errors": [{"title": "operational-disconnect"}]}), "not_content:error"),
        (json!({"data": null, "includes": {}}), "reject:missing_field"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::X, &payload)), [want], "{payload}");
    }
    let gone = one(
        Platform::X,
        &json!({"data": {"user_delete": {"user": {"id": "901"}, "event_at": "2024-04-21T00:00:01Z"}}}),
    );
    assert_eq!((gone.mention_id.as_str(), at(gone.deleted_at).as_str()), ("x:author:901", "2024-04-21T00:00:01Z"));
    assert_eq!(gone.author.and_then(|author| author.id).as_deref(), Some("901"));
}

#[test]
fn a_large_page_is_not_searched_end_to_end_for_every_post() {
    let users: Vec<_> = (0..5000).map(|n| json!({"id": n.to_string(), "username": format!("u{n}")})).collect();
    let data: Vec<_> =
        (0..5000).map(|n| json!({"id": format!("9{n}"), "text": "t", "author_id": n.to_string()})).collect();
    let items = read(Platform::X, &json!({"data": data, "includes": {"users": users}}));
    for (n, item) in items.iter().enumerate() {
        let Ok(Normalized::Mention(mention)) = item else { panic!("{item:?}") };
        assert_eq!(mention.author.as_ref().and_then(|author| author.handle.clone()), Some(format!("u{n}")));
    }
}
