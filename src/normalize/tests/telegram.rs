use super::*;

fn update(kind: &str, extra: Value) -> Value {
    let mut message = json!({"message_id": 31, "date": 1713250980, "from": {"id": 901, "is_bot": false, "first_name": "Lea",
        "last_name": "Kiosk", "username": "kiosk_lea", "language_code": "en"},
        "chat": {"id": -1001234567890i64, "title": "Nordbahn", "type": "supergroup", "username": "nordbahn"}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    json!({"update_id": 7, kind: message})
}

fn group(extra: Value) -> Value {
    update("message", extra)
}

#[test]
fn a_message_of_a_public_group() {
    let marks = json!([{"type": "hashtag", "offset": 3, "length": 5}, {"type": "mention", "offset": 9, "length": 3},
        {"type": "text_link", "offset": 13, "length": 4, "url": "https://nord.test/a"}, {"type": "bold", "offset": 0, "length": 2},
        {"type": "hashtag", "offset": 1, "length": 4}, {"type": "url", "offset": 13, "length": 99},
        {"type": "text_mention", "offset": 18, "length": 2, "user": {"id": 77}}]);
    let m = one(Platform::Telegram, &group(json!({"text": "🎉 #Nord @bo here Bo", "entities": marks})));
    assert_eq!((m.mention_id.as_str(), m.native_id.as_str()), ("telegram:-1001234567890:31", "31"));
    assert_eq!((m.kind, m.visibility, m.action), (Kind::Post, Visibility::Public, Action::Create));
    assert_eq!(m.url.as_deref(), Some("https://t.me/nordbahn/31"));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
    assert_eq!(
        marked(&m),
        [
            (EntityKind::Hashtag, "Nord", "#Nord"),
            (EntityKind::Mention, "bo", "@bo"),
            (EntityKind::Url, "https://nord.test/a", "here"),
            (EntityKind::Mention, "77", "Bo"),
        ],
        "offsets count UTF-16 units; what falls inside a pair or past the end is left out"
    );
    let author = m.author.expect("given");
    assert_eq!((author.id.as_deref(), author.handle.as_deref()), (Some("901"), Some("kiosk_lea")));
    assert_eq!((author.name.as_deref(), author.is_bot, author.is_brand), (Some("Lea Kiosk"), Some(false), false));
    let place = m.container.expect("given");
    assert_eq!((place.kind.as_str(), place.id.as_str()), ("supergroup", "-1001234567890"));
}

#[test]
fn who_can_see_it() {
    let private = json!({"id": 901, "first_name": "Lea", "username": "kiosk_lea", "type": "private"});
    let cases = [
        (private, Kind::Dm, Visibility::Private),
        (json!({"id": -5, "title": "Friends", "type": "group"}), Kind::Post, Visibility::Private),
        (json!({"id": -6, "title": "Nord", "type": "channel", "username": "nord"}), Kind::Post, Visibility::Public),
    ];
    for (chat, kind, visibility) in cases {
        let m = one(Platform::Telegram, &group(json!({"text": "hi", "chat": chat})));
        assert_eq!((m.kind, m.visibility), (kind, visibility), "{chat}");
        assert_eq!(
            (m.url.is_some(), m.is_public()),
            (visibility == Visibility::Public, visibility == Visibility::Public)
        );
    }
}

#[test]
fn replies_forwards_and_quotes() {
    let reply = json!({"text": "hi", "message_thread_id": 20, "reply_to_message": {"message_id": 25, "chat": {"id": -1001234567890i64}}});
    let forward =
        json!({"text": "hi", "forward_origin": {"type": "channel", "chat": {"id": -100777}, "message_id": 8}});
    let before = json!({"text": "hi", "forward_from_chat": {"id": -100777}, "forward_from_message_id": 8});
    let hidden = json!({"text": "hi", "forward_origin": {"type": "hidden_user", "sender_user_name": "Bo"}});
    let quote = json!({"text": "hi", "external_reply": {"chat": {"id": -100777}, "message_id": 8}});
    let there = Some("telegram:-100777:8");
    let cases = [
        (reply, Kind::Reply, Some("telegram:-1001234567890:25"), None, None),
        (forward, Kind::Repost, None, there, None),
        (before, Kind::Repost, None, there, None),
        (hidden, Kind::Post, None, None, None),
        (quote, Kind::Quote, None, None, there),
    ];
    for (extra, kind, parent, reposted, quoted) in cases {
        let m = one(Platform::Telegram, &group(extra.clone()));
        let ids = (m.parent_id.as_deref(), m.reposted_id.as_deref(), m.quoted_id.as_deref());
        assert_eq!((m.kind, ids), (kind, (parent, reposted, quoted)), "{extra}");
    }
    let threaded = one(Platform::Telegram, &group(json!({"text": "hi", "message_thread_id": 20})));
    assert_eq!(threaded.thread_id.as_deref(), Some("telegram:-1001234567890:20"));
}

#[test]
fn channels_speak_for_themselves() {
    let channel = json!({"id": -100777, "title": "Nord News", "type": "channel", "username": "nord_news"});
    for extra in [
        json!({"text": "hi", "from": null, "chat": channel}),
        json!({"text": "hi", "from": {"id": 1087968824, "is_bot": true}, "sender_chat": channel}),
    ] {
        let m = one(Platform::Telegram, &update("channel_post", extra.clone()));
        let author = m.author.unwrap_or_default();
        assert_eq!((author.id.as_deref(), author.handle.as_deref()), (Some("-100777"), Some("nord_news")), "{extra}");
        assert_eq!((author.name.as_deref(), author.is_bot), (Some("Nord News"), None));
    }
}

#[test]
fn edits_keep_the_id_and_business_chats_have_two_sides() {
    for kind in ["edited_message", "edited_channel_post", "edited_business_message"] {
        let m = one(Platform::Telegram, &update(kind, json!({"text": "better", "edit_date": 1713254400})));
        assert_eq!((m.action, at(m.edited_at).as_str()), (Action::Update, "2024-04-16T08:00:00Z"), "{kind}");
        assert_eq!(m.mention_id, "telegram:-1001234567890:31");
    }
    let with_customer = json!({"id": 901, "type": "private", "first_name": "Lea"});
    for (from, is_brand) in [(901, false), (5, true)] {
        let said = json!({"text": "hi", "chat": with_customer, "from": {"id": from, "first_name": "A"}});
        let m = one(Platform::Telegram, &update("business_message", said.clone()));
        assert_eq!((m.kind, m.author.map(|author| author.is_brand)), (Kind::Dm, Some(is_brand)));
        let plain = one(Platform::Telegram, &group(said));
        assert_eq!(plain.author.map(|author| author.is_brand), Some(false));
    }
    let gone = json!({"update_id": 8, "deleted_business_messages": {"business_connection_id": "b", "chat": with_customer, "message_ids": [4, 5]}});
    assert_eq!(outcomes(&read(Platform::Telegram, &gone)), ["delete:dm", "delete:dm"]);
}

#[test]
fn words_of_media() {
    let cases = [
        (
            json!({"caption": "look #a", "photo": [{}], "caption_entities": [{"type": "hashtag", "offset": 5, "length": 2}]}),
            "look #a",
            "photo",
            None,
        ),
        (json!({"document": {"file_name": "bill.pdf"}}), "", "document", Some("bill.pdf")),
        (json!({"animation": {}, "document": {"file_name": "a.mp4"}, "caption": "ha"}), "ha", "animation", None),
        (json!({"sticker": {"emoji": "😡"}}), "", "sticker", Some("😡")),
        (json!({"poll": {"question": "Late again?", "options": []}}), "Late again?", "poll", None),
        (json!({"voice": {}}), "", "voice", None),
    ];
    for (extra, text, kind, alt) in cases {
        let m = one(Platform::Telegram, &group(extra.clone()));
        assert_eq!((m.text.as_str(), m.media.len()), (text, 1), "{extra}");
        assert_eq!((m.media[0].kind.as_str(), m.media[0].alt.as_deref()), (kind, alt), "{extra}");
        assert_eq!(m.entities.len(), usize::from(text.contains('#')));
    }
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let other = |kind: &str| json!({"update_id": 9, kind: {"id": 1}});
    let cases = [
        (group(json!({"new_chat_members": [{"id": 1}]})), "not_content:service_message"),
        (group(json!({"dice": {"emoji": "🎲", "value": 2}})), "not_content:service_message"),
        (group(json!({"something_of_next_year": {}})), "not_content:service_message"),
        (other("message_reaction"), "not_content:reaction"),
        (other("message_reaction_count"), "not_content:reaction"),
        (other("my_chat_member"), "not_content:membership"),
        (other("callback_query"), "not_content:callback"),
        (other("poll_answer"), "not_content:poll"),
        (other("new_update_kind"), "not_content:unknown_type"),
        (json!({"update_id": 9}), "not_content:unknown_type"),
        (json!({"ok": false, "error_code": 429, "description": "Too Many Requests"}), "not_content:error"),
        (json!({"ok": true, "result": []}), "not_content:empty_page"),
        (group(json!({"text": ""})), "create:post"),
        (group(json!({})), "reject:missing_field"),
        (group(json!({"text": null})), "reject:missing_field"),
        (group(json!({"text": "a", "chat": null})), "reject:missing_field"),
        (group(json!({"text": 7})), "reject:wrong_type"),
        (other("deleted_business_messages"), "reject:missing_field"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Telegram, &payload)), [want], "{payload}");
    }
    let page =
        json!({"ok": true, "result": [group(json!({"text": "a"})), group(json!({"text": 7})), other("chat_member")]});
    assert_eq!(
        outcomes(&read(Platform::Telegram, &page)),
        ["create:post", "reject:wrong_type", "not_content:membership"]
    );
}
