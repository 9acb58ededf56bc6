use super::*;

fn thing(kind: &str, extra: Value) -> Value {
    let mut data = json!({"id": "abc", "name": format!("{kind}_abc"), "author": "kiosk_lea", "author_fullname": "t2_lea", "created_utc": 1713250980.0,
        "edited": false, "score": -3, "subreddit": "nordbahn", "subreddit_type": "public", "replies": ""});
    let own = match kind {
        "t3" => {
            json!({"title": "Late &amp; later", "selftext": "", "selftext_html": null, "num_comments": 5, "permalink": "/r/nordbahn/comments/abc/late/",
            "url": "https://img.test/1.jpg", "is_self": false})
        }
        "t4" => {
            json!({"subject": "hello", "body": "it's me", "dest": "bo", "first_message_name": "t4_first", "parent_id": "t4_p", "score": 0})
        }
        _ => json!({"body": "x &gt; y", "parent_id": "t3_post", "link_id": "t3_post", "num_comments": 9}),
    };
    for (key, value) in own.as_object().into_iter().chain(extra.as_object()).flatten() {
        data[key] = value.clone();
    }
    json!({"kind": kind, "data": data})
}

#[test]
fn a_post() {
    let m = one(Platform::Reddit, &thing("t3", json!({})));
    assert_eq!((m.mention_id.as_str(), m.native_id.as_str(), m.kind), ("reddit:t3_abc", "t3_abc", Kind::Post));
    assert_eq!((m.text.as_str(), m.title.as_deref()), ("Late & later", Some("Late & later")));
    assert_eq!((m.counts.likes, m.counts.replies), (Some(-3), Some(5)));
    assert_eq!(m.url.as_deref(), Some("https://www.reddit.com/r/nordbahn/comments/abc/late/"));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
    assert_eq!(m.container.map(|container| container.id).as_deref(), Some("nordbahn"));
    assert_eq!(m.media[0].url.as_deref(), Some("https://img.test/1.jpg"));
    let author = m.author.expect("given");
    assert_eq!((author.handle.as_deref(), author.id.as_deref()), (Some("kiosk_lea"), Some("t2_lea")));
    let joined = one(
        Platform::Reddit,
        &thing("t3", json!({"selftext": "see https://nord.test/a.", "crosspost_parent": "t3_orig"})),
    );
    assert_eq!(
        (joined.text.as_str(), joined.reposted_id.as_deref()),
        ("Late & later\n\nsee https://nord.test/a.", Some("reddit:t3_orig"))
    );
    assert_eq!(marked(&joined), [(EntityKind::Url, "https://nord.test/a", "https://nord.test/a")]);
}

#[test]
fn comments_and_messages() {
    let top = one(Platform::Reddit, &thing("t1", json!({})));
    assert_eq!(
        (top.kind, top.parent_id.as_deref(), top.thread_id.as_deref()),
        (Kind::Comment, Some("reddit:t3_post"), Some("reddit:t3_post"))
    );
    assert_eq!((top.text.as_str(), top.counts.replies), ("x > y", None), "a comment's num_comments is the post's");
    assert_eq!(top.url.as_deref(), Some("https://www.reddit.com/r/nordbahn/comments/post/_/abc/"));
    let reply = one(Platform::Reddit, &thing("t1", json!({"parent_id": "t1_up", "score_hidden": true})));
    assert_eq!((reply.kind, reply.parent_id.as_deref()), (Kind::Reply, Some("reddit:t1_up")));
    let dm = one(Platform::Reddit, &thing("t4", json!({})));
    assert_eq!(
        (dm.kind, dm.visibility, dm.title.as_deref(), dm.text.as_str()),
        (Kind::Dm, Visibility::Direct, Some("hello"), "it's me")
    );
    assert_eq!((dm.parent_id.as_deref(), dm.counts.is_empty()), (Some("reddit:t4_p"), true));
}

#[test]
fn escapes_are_undone_only_where_reddit_put_them() {
    for (html, want) in [
        (json!("<div class=\"md\"><p>AT&amp;amp;T</p></div>"), "AT&amp;T"),
        (json!("&lt;div class=\"md\"&gt;AT&amp;amp;T"), "AT&T"),
        (Value::Null, "AT&T"),
    ] {
        assert_eq!(
            one(Platform::Reddit, &thing("t1", json!({"body": "AT&amp;T", "body_html": html}))).text,
            want,
            "{html}"
        );
    }
}

#[test]
fn edited_deleted_removed() {
    let edited = one(Platform::Reddit, &thing("t1", json!({"edited": 1713254400.0})));
    assert_eq!((edited.action, at(edited.edited_at).as_str()), (Action::Update, "2024-04-16T08:00:00Z"));
    let long_ago = one(Platform::Reddit, &thing("t1", json!({"edited": true})));
    assert_eq!((long_ago.action, long_ago.edited_at), (Action::Update, None));
    let gone = one(
        Platform::Reddit,
        &thing(
            "t1",
            json!({"author": "[deleted]", "author_fullname": null, "body": "[deleted]", "edited": 1713254400}),
        ),
    );
    assert_eq!((gone.action, gone.author, gone.edited_at.is_some()), (Action::Delete, None, true));
    for (extra, want) in [
        (json!({"selftext": "[removed]"}), Action::Delete),
        (json!({"removed_by_category": "deleted"}), Action::Delete),
        (json!({"removed_by_category": "moderator", "selftext": "still here"}), Action::Restrict),
        (json!({"author": "[deleted]"}), Action::Create),
    ] {
        assert_eq!(one(Platform::Reddit, &thing("t3", extra.clone())).action, want, "{extra}");
    }
}

#[test]
fn listings_and_trees_are_batches() {
    let inner = json!({"kind": "Listing", "data": {"children": [thing("t1", json!({"name": "t1_below"})), {"kind": "more", "data": {"children": ["q"]}}]}});
    let page = json!({"kind": "Listing", "data": {"after": null, "children": [
        thing("t1", json!({"name": "t1_above", "replies": inner})), thing("t3", json!({"title": null})), thing("t3", json!({"created_utc": "soon"})), thing("t3", json!({})),
    ]}});
    let items = read(Platform::Reddit, &page);
    assert_eq!(
        outcomes(&items),
        [
            "create:comment",
            "create:comment",
            "not_content:more",
            "reject:missing_field",
            "reject:bad_time",
            "create:post"
        ]
    );
    assert_eq!(items[4].as_ref().map_err(|reject| reject.index), Err(4));
    let comments = json!([{"kind": "Listing", "data": {"children": [thing("t3", json!({}))]}}, {"kind": "Listing", "data": {"children": []}}]);
    assert_eq!(outcomes(&read(Platform::Reddit, &comments)), ["create:post"]);
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let cases = [
        (json!({"kind": "t2", "data": {"name": 7}}), "not_content:account"),
        (json!({"kind": "t5", "data": {"title": {}}}), "not_content:subreddit"),
        (json!({"kind": "t99", "data": {}}), "not_content:unknown_type"),
        (json!({"kind": "Listing", "data": {"children": []}}), "not_content:empty_page"),
        (json!({"kind": "Listing", "data": {}}), "reject:missing_field"),
        (json!({"kind": "t1", "data": null}), "reject:missing_field"),
        (thing("t1", json!({"body": null})), "reject:missing_field"),
        (thing("t1", json!({"body": 7})), "reject:wrong_type"),
        (thing("t1", json!({"created_utc": null})), "reject:missing_field"),
        (thing("t1", json!({"created_utc": 1e300})), "reject:bad_time"),
        (thing("t1", json!({"body": ""})), "create:comment"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Reddit, &payload)), [want], "{payload}");
    }
}
