use super::*;

const LEA: &str = "15550100009";

fn value(extra: Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550100001", "phone_number_id": "77"},
        "contacts": [{"profile": {"name": "Lea"}, "wa_id": LEA}]});
    for (key, part) in extra.as_object().into_iter().flatten() {
        value[key] = part.clone();
    }
    value
}

fn delivery(field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "8", "changes": [{"field": field, "value": value}]}]})
}

fn message(kind: &str, body: Value) -> Value {
    let mut message = json!({"from": LEA, "id": "wamid.a", "timestamp": "1713250980", "type": kind});
    for (key, part) in body.as_object().into_iter().flatten() {
        message[key] = part.clone();
    }
    message
}

fn sent(kind: &str, body: Value) -> Value {
    delivery("messages", value(json!({"messages": [message(kind, body)]})))
}

#[test]
fn a_message_to_the_business() {
    let reply = json!({"text": {"body": "late again"}, "context": {"from": "15550100001", "id": "wamid.before"}});
    let m = one(Platform::Whatsapp, &sent("text", reply));
    assert_eq!((m.mention_id.as_str(), m.text.as_str()), ("whatsapp:wamid.a", "late again"));
    assert_eq!((m.kind, m.visibility, m.is_public()), (Kind::Dm, Visibility::Direct, false));
    assert_eq!(at(m.created_at), "2024-04-16T07:03:00Z");
    assert_eq!(m.parent_id.as_deref(), Some("whatsapp:wamid.before"));
    let author = m.author.expect("given");
    assert_eq!((author.id.as_deref(), author.name.as_deref(), author.is_brand), (Some(LEA), Some("Lea"), false));
    let place = m.container.expect("given");
    assert_eq!((place.id.as_str(), place.name.as_deref()), ("77", Some("15550100001")));
    let bare = one(Platform::Whatsapp, &value(json!({"messages": [message("text", json!({"text": {"body": "hi"}}))]})));
    assert_eq!(bare.text, "hi", "the value of a change alone, as some bridges pass it on");
}

#[test]
fn words_by_type() {
    let cases = [
        ("image", json!({"image": {"caption": "look", "id": "1"}}), "look", Some("image")),
        ("audio", json!({"audio": {"id": "1", "voice": true}}), "", Some("audio")),
        ("document", json!({"document": {"filename": "bill.pdf", "caption": "my bill"}}), "my bill", Some("document")),
        ("contacts", json!({"contacts": [{"name": {"formatted_name": "Bo"}}]}), "", Some("contacts")),
        ("location", json!({"location": {"latitude": 1.5, "longitude": 2}}), "", Some("location")),
        ("button", json!({"button": {"text": "Yes", "payload": "y"}}), "Yes", None),
        (
            "interactive",
            json!({"interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "No"}}}),
            "No",
            None,
        ),
        (
            "interactive",
            json!({"interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Two"}}}),
            "Two",
            None,
        ),
        ("interactive", json!({"interactive": {"type": "nfm_reply", "nfm_reply": {}}}), "", None),
        ("order", json!({"order": {"text": "and quick", "product_items": []}}), "and quick", Some("order")),
    ];
    for (kind, body, text, media) in cases {
        let m = one(Platform::Whatsapp, &sent(kind, body.clone()));
        assert_eq!(m.text, text, "{body}");
        assert_eq!(m.media.first().map(|media| media.kind.as_str()), media, "{body}");
    }
}

#[test]
fn edits_revocations_and_echoes() {
    let edit = json!({"id": "wamid.later", "edit": {"original_message_id": "wamid.a", "message": {"type": "text", "text": {"body": "late, sorry"}}}});
    let m = one(Platform::Whatsapp, &sent("edit", edit));
    assert_eq!((m.action, m.mention_id.as_str(), m.text.as_str()), (Action::Update, "whatsapp:wamid.a", "late, sorry"));
    assert_eq!((at(m.edited_at), m.version() > 0), ("2024-04-16T07:03:00Z".to_owned(), true));
    let revoke = json!({"id": "wamid.later", "revoke": {"original_message_id": "wamid.a"}});
    let gone = one(Platform::Whatsapp, &sent("revoke", revoke));
    assert_eq!((gone.action, gone.mention_id.as_str()), (Action::Delete, "whatsapp:wamid.a"));
    assert_eq!((at(gone.deleted_at).as_str(), gone.text.as_str()), ("2024-04-16T07:03:00Z", ""));
    let echo = json!({"from": "15550100001", "to": LEA, "text": {"body": "we are sorry"}});
    let echo = delivery("smb_message_echoes", value(json!({"message_echoes": [message("text", echo)]})));
    let own = one(Platform::Whatsapp, &echo).author.expect("given");
    assert_eq!((own.id.as_deref(), own.name, own.is_brand), (Some("15550100001"), None, true));
}

#[test]
fn people_may_hide_their_number() {
    let hidden = json!({"from": null, "from_user_id": "US.134", "text": {"body": "hi"}});
    let contacts = json!([{"profile": {"name": "Lea", "username": "kiosk_lea"}, "user_id": "US.134"}]);
    let payload = delivery("messages", value(json!({"contacts": contacts, "messages": [message("text", hidden)]})));
    let author = one(Platform::Whatsapp, &payload).author.expect("given");
    assert_eq!((author.id.as_deref(), author.handle.as_deref()), (Some("US.134"), Some("kiosk_lea")));
}

#[test]
fn what_is_not_content_and_what_is_broken() {
    let cases = [
        (sent("reaction", json!({"reaction": {"emoji": "👍"}})), "not_content:reaction"),
        (sent("system", json!({"system": {"body": "changed number"}})), "not_content:system"),
        (sent("unsupported", json!({"errors": [{"code": 131051}]})), "not_content:unsupported"),
        (sent("hologram", json!({})), "not_content:unknown_type"),
        (
            delivery("messages", value(json!({"statuses": [{"id": "wamid.a", "status": "read"}]}))),
            "not_content:receipt",
        ),
        (delivery("messages", value(json!({"errors": [{"code": 130429}]}))), "not_content:error"),
        (delivery("account_update", json!({"event": "VERIFIED"})), "not_content:account_notice"),
        (json!({"object": "whatsapp_business_account", "entry": []}), "not_content:empty_page"),
        (json!({"object": "whatsapp_business_account", "entry": null}), "reject:missing_field"),
        (delivery("messages", Value::Null), "reject:missing_field"),
        (sent("text", json!({"text": {"body": ""}})), "create:dm"),
        (sent("text", json!({})), "reject:missing_field"),
        (sent("text", json!({"text": {"body": 7}})), "reject:wrong_type"),
        (sent("text", json!({"text": {"body": "a"}, "timestamp": null})), "reject:missing_field"),
        (sent("edit", json!({"edit": {"original_message_id": "wamid.b"}})), "reject:missing_field"),
        (sent("revoke", json!({})), "reject:missing_field"),
    ];
    for (payload, want) in cases {
        assert_eq!(outcomes(&read(Platform::Whatsapp, &payload)), [want], "{payload}");
    }
}

#[test]
fn a_delivery_is_a_batch() {
    let good = message("text", json!({"text": {"body": "a"}}));
    let mut entries = delivery(
        "messages",
        value(json!({"messages": [good, message("text", json!({})), message("reaction", json!({}))]})),
    );
    let more = entries["entry"][0].clone();
    entries["entry"].as_array_mut().expect("a list").push(more);
    let one = ["create:dm", "reject:missing_field", "not_content:reaction"];
    assert_eq!(outcomes(&read(Platform::Whatsapp, &entries)), [one, one].concat());
}
