use super::*;

const DID: &str = "did:plc:leakiosk";

fn commit(operation: &str, collection: &str, record: &Value) -> Value {
    let mut event = json!({"did": DID, "time_us": 1713250980300000i64, "kind": "commit",
        "commit": {"rev": "3k", "operation": operation, "collection": collection, "rkey": "3kabc", "cid": "bafy"}});
    if !record.is_null() {
        event["commit"]["record"] = record.clone();
    }
    event
}

fn post(extra: Value) -> Value {
    let mut record = json!({"$type": "app.bsky.feed.post", "createdAt": "2024-04-16T07:03:00.120Z", "langs": ["pt-BR", "en"],
        "text": "Olá @bo.test é #Nord ver nord.test/…"});
    for (key, value) in extra.as_object().into_iter().flatten() {
        record[key] = value.clone();
    }
    commit("create", "app.bsky.feed.post", &record)
}

fn facet(start: i64, end: i64, feature: Value) -> Value {
    json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
}

#[test]
fn a_post_with_facets() {
    let link = json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://nord.test/a/b"});
    let tag = json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Nord"});
    let mention = json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bo"});
    let facets = json!([
        facet(5, 13, mention), facet(17, 22, tag.clone()), facet(27, 40, link.clone()),
        facet(15, 22, tag.clone()), facet(-1, 3, tag.clone()), facet(5, 500, tag.clone()), facet(9, 9, tag.clone()), facet(9, 5, tag),
        {"features": [link]}, facet(0, 3, json!({"$type": "app.bsky.richtext.facet#new"})),
    ]);
    let m = one(Platform::Bluesky, &post(json!({"facets": facets})));
    assert_eq!(m.mention_id, "bluesky:at://did:plc:leakiosk/app.bsky.feed.post/3kabc");
    assert_eq!(
        marked(&m),
        [
            (EntityKind::Mention, "bo.test", "@bo.test"),
            (EntityKind::Hashtag, "Nord", "#Nord"),
            (EntityKind::Url, "https://nord.test/a/b", "nord.test/…"),
        ],
        "bad facets are dropped, the post is not"
    );
    assert_eq!((m.kind, m.lang.as_deref()), (Kind::Post, Some("pt-BR")));
    assert_eq!(
        (at(m.created_at).as_str(), at(m.observed_at).as_str()),
        ("2024-04-16T07:03:00.12Z", "2024-04-16T07:03:00.3Z")
    );
    assert_eq!(m.url.as_deref(), Some("https://bsky.app/profile/did:plc:leakiosk/post/3kabc"));
    assert!(m.counts.is_empty());
}

#[test]
fn replies_quotes_and_attachments() {
    let uri = |key: &str| format!("at://did:plc:bo/app.bsky.feed.post/{key}");
    let reply = json!({"parent": {"uri": uri("p"), "cid": "c"}, "root": {"uri": uri("r"), "cid": "c"}});
    let m = one(Platform::Bluesky, &post(json!({"reply": reply})));
    assert_eq!(
        (m.kind, m.parent_id, m.thread_id),
        (Kind::Reply, Some(format!("bluesky:{}", uri("p"))), Some(format!("bluesky:{}", uri("r"))))
    );
    let record = json!({"$type": "app.bsky.embed.record", "record": {"uri": uri("q"), "cid": "c"}});
    let m = one(Platform::Bluesky, &post(json!({"reply": reply, "embed": record})));
    assert_eq!(
        (m.kind, m.quoted_id, m.parent_id.is_some()),
        (Kind::Quote, Some(format!("bluesky:{}", uri("q"))), true)
    );
    let images = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "quai"}, {"alt": ""}]});
    let both = json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"$type": "app.bsky.embed.record", "record": {"uri": uri("q"), "cid": "c"}}, "media": images});
    let m = one(Platform::Bluesky, &post(json!({"embed": both})));
    assert_eq!((m.kind, m.media.len(), m.media[0].alt.as_deref()), (Kind::Quote, 2, Some("quai")));
    let list = json!({"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:bo/app.bsky.graph.list/1", "cid": "c"}});
    let m = one(Platform::Bluesky, &post(json!({"embed": list})));
    assert_eq!((m.kind, m.quoted_id), (Kind::Post, None));
    let external = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://nord.test", "title": "Nord", "description": ""}});
    let m = one(Platform::Bluesky, &post(json!({"embed": external})));
    assert_eq!((m.media[0].kind.as_str(), m.media[0].url.as_deref()), ("card", Some("https://nord.test")));
}

#[test]
fn edits_deletes_and_reposts() {
    let mut edit = post(json!({}));
    edit["commit"]["operation"] = json!("update");
    let m = one(Platform::Bluesky, &edit);
    assert_eq!((m.action, m.edited_at), (Action::Update, m.observed_at));
    let gone = one(Platform::Bluesky, &commit("delete", "app.bsky.feed.post", &Value::Null));
    assert_eq!(
        (gone.action, gone.mention_id.as_str()),
        (Action::Delete, "bluesky:at://did:plc:leakiosk/app.bsky.feed.post/3kabc")
    );
    let record = json!({"createdAt": "2024-04-16T07:03:00Z", "subject": {"uri": "at://did:plc:bo/app.bsky.feed.post/q", "cid": "c"}});
    let repost = one(Platform::Bluesky, &commit("create", "app.bsky.feed.repost", &record));
    assert_eq!(
        (repost.kind, repost.reposted_id.as_deref()),
        (Kind::Repost, Some("bluesky:at://did:plc:bo/app.bsky.feed.post/q"))
    );
    let clockless = one(Platform::Bluesky, &post(json!({"createdAt": null})));
    assert_eq!(at(clockless.created_at), "2024-04-16T07:03:00.3Z", "the relay's clock stands in");
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let account = |active: bool, status: Value| {
        json!({"did": DID, "time_us": 1, "kind": "account",
        "account": {"active": active, "did": DID, "seq": 1, "status": status, "time": "2024-09-09T19:46:02.400Z"}})
    };
    let odd = json!({"createdAt": 7, "text": {}});
    let cases = [
        (commit("create", "app.bsky.feed.like", &odd), "not_content:like"),
        (commit("delete", "app.bsky.feed.like", &Value::Null), "not_content:like"),
        (commit("create", "app.bsky.graph.follow", &odd), "not_content:follow"),
        (commit("create", "app.bsky.graph.block", &odd), "not_content:block"),
        (commit("create", "com.example.new", &odd), "not_content:unknown_type"),
        (commit("rename", "app.bsky.feed.post", &odd), "not_content:unknown_type"),
        (json!({"did": DID, "time_us": 1, "kind": "identity", "identity": {"did": DID}}), "not_content:identity"),
        (json!({"did": DID, "time_us": 1, "kind": "sync"}), "not_content:unknown_type"),
        (account(true, Value::Null), "not_content:account_active"),
        (account(false, json!("deleted")), "author_delete:post"),
        (account(false, json!("takendown")), "author_restrict:post"),
        (account(false, json!("suspended")), "author_restrict:post"),
        (account(false, json!("deactivated")), "author_restrict:post"),
        (account(false, json!("throttled")), "not_content:account_host"),
        (account(false, Value::Null), "author_restrict:post"),
        (post(json!({"text": null})), "reject:missing_field"),
        (post(json!({"text": {}})), "reject:wrong_type"),
        (post(json!({"createdAt": "yesterday-ish"})), "reject:bad_time"),
        (commit("create", "app.bsky.feed.post", &Value::Null), "reject:missing_field"),
        (
            commit("create", "app.bsky.feed.repost", &json!({"createdAt": "2024-04-16T07:03:00Z"})),
            "reject:missing_field",
        ),
        (json!({"did": DID, "time_us": 1}), "reject:missing_field"),
        (
            json!({"did": "", "kind": "commit", "commit": {"operation": "delete", "collection": "app.bsky.feed.post", "rkey": "k"}}),
            "reject:missing_field",
        ),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Bluesky, &payload)), [want], "{payload}");
    }
    let gone = one(Platform::Bluesky, &account(false, json!("deleted")));
    assert_eq!(
        (gone.mention_id.as_str(), at(gone.deleted_at).as_str()),
        ("bluesky:author:did:plc:leakiosk", "2024-09-09T19:46:02.4Z")
    );
}
