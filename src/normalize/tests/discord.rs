use super::*;

fn message(extra: Value) -> Value {
    let mut message = json!({"id": "1229450000000000001", "type": 0, "channel_id": "11", "guild_id": "10",
        "author": {"id": "8", "username": "lea", "global_name": "Lea", "bot": false}, "content": "late again",
        "timestamp": "2024-04-16T07:03:00.123000+00:00", "edited_timestamp": null, "mentions": [], "attachments": []});
    for (key, part) in extra.as_object().into_iter().flatten() {
        message[key] = part.clone();
    }
    message
}

fn dispatch(kind: &str, d: Value) -> Value {
    json!({"op": 0, "s": 42, "t": kind, "d": d})
}

#[test]
fn a_message_of_a_server() {
    let users = json!([{"id": "9", "username": "bo"}]);
    let extra = json!({"content": "<@9> and <@!7> see https://nord.test/a <:fire:111> <@x>", "mentions": users, "reactions": [{"count": 2}, {"count": 1}],
        "attachments": [{"content_type": "image/png", "url": "https://cdn.test/a.png", "filename": "a.png"}]});
    let m = one(Platform::Discord, &dispatch("MESSAGE_CREATE", message(extra)));
    assert_eq!((m.mention_id.as_str(), m.kind), ("discord:1229450000000000001", Kind::Post));
    assert_eq!((m.visibility, m.is_public()), (Visibility::Private, false), "a server is for its members");
    assert_eq!(m.url.as_deref(), Some("https://discord.com/channels/10/11/1229450000000000001"));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00.123Z");
    assert_eq!(
        marked(&m),
        [
            (EntityKind::Mention, "bo", "<@9>"),
            (EntityKind::Mention, "7", "<@!7>"),
            (EntityKind::Url, "https://nord.test/a", "https://nord.test/a"),
        ]
    );
    let author = m.author.expect("given");
    assert_eq!((author.handle.as_deref(), author.name.as_deref()), (Some("lea"), Some("Lea")));
    assert_eq!((m.counts.likes, m.media[0].kind.as_str()), (Some(3), "image"));
    assert_eq!(m.container.map(|container| container.id).as_deref(), Some("11"));
}

#[test]
fn kinds_and_versions() {
    let reply = json!({"type": 19, "message_reference": {"type": 0, "message_id": "5"}});
    let m = one(Platform::Discord, &dispatch("MESSAGE_CREATE", message(reply)));
    assert_eq!((m.kind, m.parent_id.as_deref()), (Kind::Reply, Some("discord:5")));
    let passed_on = json!({"content": "", "message_reference": {"type": 1, "message_id": "5"}, "message_snapshots": [{"message": {"content": "look"}}]});
    let m = one(Platform::Discord, &dispatch("MESSAGE_CREATE", message(passed_on)));
    assert_eq!((m.kind, m.reposted_id.as_deref(), m.text.as_str()), (Kind::Repost, Some("discord:5"), "look"));
    let direct = one(Platform::Discord, &dispatch("MESSAGE_CREATE", message(json!({"guild_id": null}))));
    assert_eq!((direct.kind, direct.visibility), (Kind::Dm, Visibility::Direct));
    assert_eq!(direct.url.as_deref(), Some("https://discord.com/channels/@me/11/1229450000000000001"));
    let rest = one(Platform::Discord, &message(json!({"guild_id": null})));
    assert_eq!((rest.kind, rest.visibility, rest.url), (Kind::Post, Visibility::Private, None));
    let edited = json!({"edited_timestamp": "2024-04-16T08:00:00+00:00"});
    let m = one(Platform::Discord, &dispatch("MESSAGE_UPDATE", message(edited)));
    assert_eq!((m.action, at(m.edited_at).as_str()), (Action::Update, "2024-04-16T08:00:00Z"));
    let preview = one(Platform::Discord, &dispatch("MESSAGE_UPDATE", message(json!({}))));
    assert_eq!((preview.action, preview.version()), (Action::Create, 0), "a preview is no edit");
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let cases = [
        (dispatch("MESSAGE_CREATE", message(json!({"type": 7}))), vec!["not_content:system"]),
        (
            dispatch("MESSAGE_UPDATE", json!({"id": "1", "channel_id": "11", "embeds": []})),
            vec!["not_content:partial_update"],
        ),
        (dispatch("MESSAGE_DELETE", json!({"id": "1", "channel_id": "11"})), vec!["delete:post"]),
        (dispatch("MESSAGE_DELETE_BULK", json!({"ids": ["1", "2"], "channel_id": "11"})), vec!["delete:post"; 2]),
        (dispatch("MESSAGE_DELETE", json!({"channel_id": "11"})), vec!["reject:missing_field"]),
        (dispatch("MESSAGE_REACTION_ADD", json!({"user_id": "1"})), vec!["not_content:reaction"]),
        (dispatch("GUILD_MEMBER_ADD", json!({})), vec!["not_content:membership"]),
        (dispatch("SOMETHING_NEW", json!({})), vec!["not_content:unknown_type"]),
        (json!({"op": 11, "d": null, "s": null, "t": null}), vec!["not_content:gateway"]),
        (json!({"op": 0, "d": {}, "t": null}), vec!["reject:missing_field"]),
        (dispatch("MESSAGE_CREATE", Value::Null), vec!["reject:missing_field"]),
        (dispatch("MESSAGE_CREATE", message(json!({"content": null}))), vec!["reject:missing_field"]),
        (dispatch("MESSAGE_CREATE", message(json!({"content": 7}))), vec!["reject:wrong_type"]),
        (dispatch("MESSAGE_CREATE", message(json!({"timestamp": "soon"}))), vec!["reject:bad_time"]),
        (dispatch("MESSAGE_CREATE", message(json!({"content": ""}))), vec!["create:post"]),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Discord, &payload)), want, "{payload}");
    }
    let page = json!([message(json!({})), message(json!({"content": null}))]);
    assert_eq!(outcomes(&read(Platform::Discord, &page)), ["create:post", "reject:missing_field"]);
}
