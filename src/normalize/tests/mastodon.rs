use super::*;

fn status(extra: Value) -> Value {
    let mut status = json!({"id": "112", "created_at": "2024-04-16T07:03:00.120Z", "in_reply_to_id": null, "in_reply_to_account_id": null,
        "spoiler_text": "", "visibility": "public", "language": "fr", "uri": "https://kiosk.test/users/lea/statuses/112", "url": "https://kiosk.test/@lea/112",
        "replies_count": 1, "reblogs_count": 2, "favourites_count": 3, "quotes_count": 4, "edited_at": null, "reblog": null,
        "content": "<p>Le train <a href=\"https://kiosk.test/tags/nord\" class=\"mention hashtag\" rel=\"tag\">#<span>Nord</span></a><br>est &amp; reste</p>",
        "account": {"id": "7", "username": "lea", "acct": "lea", "display_name": "Léa", "url": "https://kiosk.test/@lea", "followers_count": 9, "bot": false},
        "media_attachments": [], "mentions": [], "tags": [], "card": null, "poll": null});
    for (key, value) in extra.as_object().into_iter().flatten() {
        status[key] = value.clone();
    }
    status
}

#[test]
fn a_status_with_everything() {
    let m = one(
        Platform::Mastodon,
        &status(
            json!({"spoiler_text": "trains", "media_attachments": [{"type": "image", "url": null, "remote_url": "https://m.test/1.png", "description": "quai"}],
            "poll": {"options": [{"title": "oui"}, {"title": "non"}]}, "card": {"url": "https://c.test", "title": "Carte"}}),
        ),
    );
    assert_eq!(
        (m.mention_id.as_str(), m.identity()),
        ("mastodon:kiosk.test:112", "https://kiosk.test/users/lea/statuses/112")
    );
    assert_eq!((m.kind, m.action, m.text.as_str()), (Kind::Post, Action::Create, "Le train #Nord\nest & reste"));
    assert_eq!(marked(&m), [(EntityKind::Hashtag, "Nord", "#Nord")]);
    assert_eq!((m.lang.as_deref(), m.content_warning.as_deref()), (Some("fr"), Some("trains")));
    assert_eq!(
        (m.counts.likes, m.counts.reposts, m.counts.replies, m.counts.quotes),
        (Some(3), Some(2), Some(1), Some(4))
    );
    let shown: Vec<_> = m.media.iter().map(|media| (media.kind.as_str(), media.alt.as_deref())).collect();
    assert_eq!(shown, [("image", Some("quai")), ("poll", Some("oui | non")), ("card", Some("Carte"))]);
    let author = m.author.expect("given");
    assert_eq!(
        (author.handle.as_deref(), author.name.as_deref(), author.is_bot),
        (Some("lea"), Some("Léa"), Some(false))
    );
}

#[test]
fn visibility_decides_before_references() {
    let reply = json!({"in_reply_to_id": "100"});
    for (visibility, want, kind) in [
        ("public", Visibility::Public, Kind::Reply),
        ("unlisted", Visibility::Unlisted, Kind::Reply),
        ("private", Visibility::Private, Kind::Reply),
        ("direct", Visibility::Direct, Kind::Dm),
    ] {
        let mut payload = status(reply.clone());
        payload["visibility"] = json!(visibility);
        let m = one(Platform::Mastodon, &payload);
        assert_eq!((m.visibility, m.kind), (want, kind), "{visibility}");
    }
}

#[test]
fn replies_find_the_host_of_their_parent() {
    let addressed = json!([{"id": "8", "url": "https://gare.test/@bo"}]);
    let cases = [
        (
            json!({"in_reply_to_id": "100", "in_reply_to_account_id": "8", "mentions": addressed}),
            "mastodon:gare.test:100",
        ),
        (
            json!({"in_reply_to_id": "100", "in_reply_to_account_id": "7", "mentions": addressed}),
            "mastodon:kiosk.test:100",
        ),
        (json!({"in_reply_to_id": "100", "in_reply_to_account_id": "9"}), "mastodon:kiosk.test:100"),
    ];
    for (extra, want) in cases {
        let m = one(Platform::Mastodon, &status(extra));
        assert_eq!((m.parent_id.as_deref(), m.kind), (Some(want), Kind::Reply));
    }
}

#[test]
fn equal_ids_of_two_instances_stay_apart() {
    let here = one(Platform::Mastodon, &status(json!({})));
    let there = one(Platform::Mastodon, &status(json!({"uri": "https://gare.test:8443/users/lea/statuses/112"})));
    assert_ne!(here.mention_id, there.mention_id);
    assert_eq!(there.mention_id, "mastodon:gare.test:112");
}

#[test]
fn quotes_and_reblogs() {
    let original = status(
        json!({"id": "55", "uri": "https://gare.test/users/bo/statuses/55", "content": "<p>RE</p>", "language": "nl"}),
    );
    let with_line =
        "<p class=\"quote-inline\">RE: <a href=\"https://gare.test/@bo/55\">gare.test/@bo/55</a></p><p>voilà</p>";
    let quote = one(
        Platform::Mastodon,
        &status(
            json!({"content": with_line, "in_reply_to_id": "1", "quote": {"state": "accepted", "quoted_status": original}}),
        ),
    );
    assert_eq!(
        (quote.kind, quote.quoted_id.as_deref(), quote.text.as_str()),
        (Kind::Quote, Some("mastodon:gare.test:55"), "voilà")
    );
    let plain = one(Platform::Mastodon, &status(json!({"content": with_line, "quote": null})));
    assert_eq!((plain.kind, plain.text.as_str()), (Kind::Post, "RE: gare.test/@bo/55\n\nvoilà"));
    for (quote, want) in [
        (json!({"state": "accepted", "quoted_status_id": "56"}), Some("mastodon:56")),
        (json!({"state": "pending", "quoted_status": null}), None),
        (json!({"id": "57", "uri": "https://fork.test/57"}), Some("mastodon:fork.test:57")),
    ] {
        let m = one(Platform::Mastodon, &status(json!({"quote": quote})));
        assert_eq!((m.kind, m.quoted_id.as_deref()), (Kind::Quote, want));
    }
    let reblog = one(Platform::Mastodon, &status(json!({"content": "", "language": null, "reblog": original})));
    assert_eq!((reblog.kind, reblog.reposted_id.as_deref()), (Kind::Repost, Some("mastodon:gare.test:55")));
    assert_eq!((reblog.text.as_str(), reblog.lang.as_deref(), reblog.counts.is_empty()), ("RE", Some("nl"), true));
}

#[test]
fn streamed_events() {
    let streamed =
        |event: &str, payload: &Value| json!({"stream": ["public"], "event": event, "payload": payload.to_string()});
    let notice = |kind: &str| json!({"id": "1", "type": kind, "created_at": "2024-04-16T07:03:00Z", "account": {"id": "8"}, "status": status(json!({}))});
    let direct = status(json!({"visibility": "direct"}));
    let cases = [
        (streamed("update", &status(json!({}))), "create:post"),
        (streamed("status.update", &status(json!({"edited_at": "2024-04-16T08:00:00Z"}))), "update:post"),
        (streamed("update", &json!({"id": "1"})), "reject:unknown_shape"),
        (streamed("update", &status(json!({"content": null}))), "reject:missing_field"),
        (json!({"stream": ["public"], "event": "update", "payload": status(json!({}))}), "create:post"),
        (json!({"stream": ["public"], "event": "delete", "payload": "112"}), "delete:post"),
        (json!({"event": "delete", "payload": "not an id"}), "reject:missing_field"),
        (json!({"event": "delete", "payload": 112}), "delete:post"),
        (json!({"event": "update", "payload": "{\"id\":"}), "reject:truncated"),
        (json!({"event": "update", "stream": ["user"]}), "reject:missing_field"),
        (json!({"event": "filters_changed", "stream": ["user"]}), "not_content:filters_changed"),
        (streamed("announcement", &json!({"id": "1", "content": "<p>Maintenance</p>"})), "not_content:announcement"),
        (json!({"event": "announcement.delete", "payload": "1"}), "not_content:announcement"),
        (streamed("new.event", &json!({})), "not_content:unknown_type"),
        (streamed("notification", &notice("mention")), "create:post"),
        (streamed("notification", &notice("update")), "update:post"),
        (streamed("notification", &notice("favourite")), "not_content:like"),
        (streamed("notification", &notice("reblog")), "not_content:reblog_notice"),
        (streamed("notification", &notice("follow")), "not_content:follow"),
        (streamed("notification", &notice("admin.sign_up")), "not_content:notification"),
        (
            streamed("conversation", &json!({"id": "1", "unread": true, "accounts": [], "last_status": direct})),
            "create:dm",
        ),
        (
            streamed("conversation", &json!({"id": "1", "unread": true, "accounts": [], "last_status": null})),
            "not_content:conversation",
        ),
        (notice("mention"), "create:post"),
        (notice("favourite"), "not_content:like"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Mastodon, &payload)), [want], "{payload}");
    }
}

#[test]
fn edits_and_deletes() {
    let edit = one(Platform::Mastodon, &status(json!({"edited_at": "2024-04-16T08:00:00.500Z"})));
    assert_eq!(
        (edit.action, at(edit.edited_at).as_str(), edit.version()),
        (Action::Update, "2024-04-16T08:00:00.5Z", 1_713_254_400_500)
    );
    let gone = one(Platform::Mastodon, &json!({"stream": ["public"], "event": "delete", "payload": "112"}));
    assert_eq!((gone.native_id.as_str(), gone.mention_id.as_str()), ("112", "mastodon:112"));
}

#[test]
fn contexts_and_searches_are_batches() {
    let context = json!({"ancestors": [status(json!({}))], "descendants": [{"id": "1", "account": {}}, status(json!({"id": "113"}))]});
    assert_eq!(outcomes(&read(Platform::Mastodon, &context)), ["create:post", "reject:missing_field", "create:post"]);
    let search = json!({"accounts": [], "statuses": [status(json!({}))], "hashtags": []});
    assert_eq!(outcomes(&read(Platform::Mastodon, &search)), ["create:post"]);
    let timeline = json!([status(json!({})), status(json!({"created_at": null}))]);
    assert_eq!(outcomes(&read(Platform::Mastodon, &timeline)), ["create:post", "reject:missing_field"]);
}
