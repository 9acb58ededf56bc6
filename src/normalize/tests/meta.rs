use super::*;

fn page(field: &str, value: Value) -> Value {
    json!({"object": "page", "entry": [{"id": "10", "time": 1713250990, "changes": [{"field": field, "value": value}]}]})
}

fn feed(extra: Value) -> Value {
    let mut value = json!({"item": "post", "verb": "add", "post_id": "10_5", "from": {"id": 8, "name": "Lea"}, "created_time": 1713250980,
        "message": "late again"});
    for (key, part) in extra.as_object().into_iter().flatten() {
        value[key] = part.clone();
    }
    page("feed", value)
}

fn direct(object: &str, extra: Value) -> Value {
    let mut message = json!({"sender": {"id": "8"}, "recipient": {"id": "10"}, "timestamp": 1713250980000i64});
    for (key, part) in extra.as_object().into_iter().flatten() {
        message[key] = part.clone();
    }
    json!({"object": object, "entry": [{"id": "10", "time": 1713250990123i64, "messaging": [message]}]})
}

#[test]
fn posts_and_comments_of_a_page() {
    let m = one(Platform::Facebook, &feed(json!({})));
    assert_eq!((m.mention_id.as_str(), m.kind, m.text.as_str()), ("facebook:10_5", Kind::Post, "late again"));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
    let author = m.author.expect("given");
    assert_eq!((author.id.as_deref(), author.name.as_deref()), (Some("8"), Some("Lea")));
    assert_eq!(m.container.map(|container| container.id).as_deref(), Some("10"), "the page that it was said on");
    let cases = [
        (json!({"comment_id": "5_6", "parent_id": "10_5"}), Kind::Comment, "facebook:10_5"),
        (json!({"comment_id": "5_6", "parent_id": "5_4"}), Kind::Reply, "facebook:5_4"),
        (json!({"comment_id": "5_6"}), Kind::Comment, "facebook:10_5"),
    ];
    for (mut extra, kind, parent) in cases {
        extra["item"] = json!("comment");
        let m = one(Platform::Facebook, &feed(extra));
        assert_eq!((m.mention_id.as_str(), m.kind, m.parent_id.as_deref()), ("facebook:5_6", kind, Some(parent)));
        assert_eq!(m.thread_id.as_deref(), Some("facebook:10_5"));
    }
    let older = json!({"from": null, "sender_id": 9, "sender_name": "Bo", "created_time": null});
    let m = one(Platform::Facebook, &feed(older));
    assert_eq!(m.author.and_then(|author| author.id).as_deref(), Some("9"));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:10Z", "else when it was delivered");
}

#[test]
fn versions_of_a_page() {
    let edited = one(Platform::Facebook, &feed(json!({"verb": "edited"})));
    assert_eq!((edited.action, at(edited.edited_at).as_str()), (Action::Update, "2024-04-16T07:03:10Z"));
    for (verb, want) in [("remove", "delete:post"), ("hide", "restrict:post"), ("unhide", "not_content:moderation")] {
        assert_eq!(outcomes(&read(Platform::Facebook, &feed(json!({"verb": verb, "message": null})))), [want]);
    }
}

#[test]
fn direct_messages_of_both() {
    for (object, platform) in [("page", Platform::Facebook), ("instagram", Platform::Instagram)] {
        let text = json!({"message": {"mid": "m1", "text": "late again", "reply_to": {"mid": "m0"}}});
        let m = one(platform, &direct(object, text));
        assert_eq!((m.kind, m.visibility, m.text.as_str()), (Kind::Dm, Visibility::Direct, "late again"));
        assert_eq!(m.parent_id, Some(format!("{platform}:m0")));
        assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
        let echo = one(platform, &direct(object, json!({"message": {"mid": "m2", "text": "sorry", "is_echo": true}})));
        assert_eq!(echo.author.map(|author| author.is_brand), Some(true));
        let gone = one(platform, &direct(object, json!({"message": {"mid": "m1", "is_deleted": true}})));
        assert_eq!((gone.action, gone.kind), (Action::Delete, Kind::Dm));
        let photo =
            one(platform, &direct(object, json!({"message": {"mid": "m3", "attachments": [{"type": "image"}]}})));
        assert_eq!((photo.text.as_str(), photo.media[0].kind.as_str()), ("", "image"));
        for (extra, want) in [
            (json!({"read": {"mid": "m1"}}), "not_content:receipt"),
            (json!({"delivery": {"mids": ["m1"]}}), "not_content:receipt"),
            (json!({"reaction": {"mid": "m1"}}), "not_content:reaction"),
            (json!({"postback": {"title": "Start"}}), "not_content:postback"),
            (json!({"optin": {}}), "not_content:unknown_type"),
            (json!({"message": {"mid": "m1"}}), "reject:missing_field"),
            (json!({"message": {"text": "a"}}), "reject:missing_field"),
        ] {
            assert_eq!(outcomes(&read(platform, &direct(object, extra.clone()))), [want], "{extra}");
        }
    }
}

#[test]
fn comments_of_instagram() {
    let delivery = |value: Value| json!({"object": "instagram", "entry": [{"id": "10", "time": 1713250990, "changes": [{"field": "comments", "value": value}]}]});
    let top = one(
        Platform::Instagram,
        &delivery(
            json!({"id": "6", "text": "late again", "from": {"id": "8", "username": "lea"}, "media": {"id": "5"}}),
        ),
    );
    assert_eq!((top.kind, top.thread_id.as_deref()), (Kind::Comment, Some("instagram:5")));
    assert_eq!(
        (at(top.created_at).as_str(), top.author.and_then(|author| author.handle).as_deref()),
        ("2024-04-16T07:03:10Z", Some("lea"))
    );
    let reply =
        one(Platform::Instagram, &delivery(json!({"id": "7", "text": "yes", "parent_id": "6", "media": {"id": "5"}})));
    assert_eq!((reply.kind, reply.parent_id.as_deref(), reply.author), (Kind::Reply, Some("instagram:6"), None));
    let mut pointer = delivery(json!({"media_id": "9"}));
    pointer["entry"][0]["changes"][0]["field"] = json!("mentions");
    assert_eq!(outcomes(&read(Platform::Instagram, &pointer)), ["not_content:pointer"]);
}

#[test]
fn what_the_graph_gives() {
    let post = json!({"id": "10_5", "created_time": "2024-04-16T07:03:00+0000", "message": "late again", "permalink_url": "https://fb.test/10/posts/5",
        "reactions": {"summary": {"total_count": 3}}, "comments": {"summary": {"total_count": 2}}, "shares": {"count": 1}});
    let m = one(Platform::Facebook, &post);
    assert_eq!((m.kind, m.counts.likes, m.counts.replies, m.counts.reposts), (Kind::Post, Some(3), Some(2), Some(1)));
    assert_eq!(m.url.as_deref(), Some("https://fb.test/10/posts/5"));
    let comment = json!({"created_time": "2024-04-16T07:03:00+0000", "message": "late", "permalink_url": "https://fb.test/10/posts/5/?comment_id=6", "comment_count": 0, "like_count": 4});
    let m = one(Platform::Facebook, &comment);
    assert_eq!((m.mention_id.as_str(), m.kind, m.counts.likes), ("facebook:5_6", Kind::Comment, Some(4)));
    let media = json!({"id": "178", "caption": "late again", "media_type": "IMAGE", "permalink": "https://ig.test/p/1", "comments_count": 2, "like_count": 0});
    let m = one(Platform::Instagram, &media);
    assert_eq!((m.kind, m.created_at, m.author), (Kind::Post, None, None), "media found by a hashtag");
    assert_eq!((m.counts.likes, m.counts.replies), (Some(0), Some(2)));
    let comment = json!({"id": "6", "text": "late", "timestamp": "2024-04-16T07:03:00+0000", "username": "lea"});
    let m = one(Platform::Instagram, &comment);
    assert_eq!((m.kind, m.author.and_then(|author| author.handle).as_deref()), (Kind::Comment, Some("lea")));
    let pages = json!({"data": [post, {"message": "no id"}], "paging": {}}).to_string();
    let items = normalize(Some(Platform::Facebook), pages.as_bytes());
    assert_eq!(outcomes(&items), ["create:post", "reject:missing_field"]);
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let cases = [
        (feed(json!({"item": "reaction"})), "not_content:reaction"),
        (feed(json!({"item": "like"})), "not_content:reaction"),
        (feed(json!({"item": "event"})), "not_content:unknown_type"),
        (page("ratings", json!({})), "not_content:account_notice"),
        (feed(json!({"message": null})), "reject:missing_field"),
        (feed(json!({"message": null, "item": "photo", "link": "https://cdn.test/a.jpg"})), "create:post"),
        (feed(json!({"post_id": null})), "reject:missing_field"),
        (feed(json!({"item": null})), "reject:missing_field"),
        (feed(json!({"created_time": "soon"})), "reject:bad_time"),
        (json!({"object": "page", "entry": []}), "not_content:empty_page"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Facebook, &payload)), [want], "{payload}");
    }
}
