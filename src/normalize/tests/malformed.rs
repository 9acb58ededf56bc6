use super::*;

/// One good payload of each shape.
pub(super) const GOOD: [(Platform, &str); 13] = [
    (
        Platform::X,
        r##"{"data":{"id":"1780000000000000500","author_id":"901","created_at":"2024-04-16T07:03:00.000Z","lang":"en","text":"late again #nord","entities":{"hashtags":[{"start":11,"end":16,"tag":"nord"}]},"public_metrics":{"like_count":1}},"includes":{"users":[{"id":"901","username":"kiosk_lea"}]},"matching_rules":[{"id":"1","tag":"a"}]}"##,
    ),
    (
        Platform::X,
        r#"{"created_at":"Tue Apr 16 07:03:00 +0000 2024","id":5,"id_str":"5","text":"late again","user":{"id_str":"901","screen_name":"kiosk_lea"},"favorite_count":1}"#,
    ),
    (
        Platform::Mastodon,
        r#"{"id":"112","created_at":"2024-04-16T07:03:00.000Z","visibility":"public","uri":"https://kiosk.test/s/112","content":"<p>late &amp; <a href=\"https://nord.test\">again</a></p>","account":{"id":"7","acct":"lea"},"favourites_count":1}"#,
    ),
    (
        Platform::Mastodon,
        r#"{"stream":["public"],"event":"update","payload":"{\"id\":\"112\",\"created_at\":\"2024-04-16T07:03:00.000Z\",\"content\":\"<p>late</p>\",\"account\":{\"id\":\"7\"}}"}"#,
    ),
    (
        Platform::Bluesky,
        r##"{"did":"did:plc:lea","time_us":1713250980300000,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"createdAt":"2024-04-16T07:03:00Z","text":"late #nord","facets":[{"index":{"byteStart":5,"byteEnd":10},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"nord"}]}]}}}"##,
    ),
    (
        Platform::Reddit,
        r#"{"kind":"t1","data":{"name":"t1_a","author":"lea","created_utc":1713250980.0,"edited":false,"body":"late &amp; https://nord.test","parent_id":"t3_p","link_id":"t3_p","score":1,"subreddit":"nord"}}"#,
    ),
    (
        Platform::Telegram,
        r##"{"update_id":7,"message":{"message_id":31,"from":{"id":901,"is_bot":false,"first_name":"Lea","username":"kiosk_lea"},"chat":{"id":-1009,"title":"Nordbahn","type":"supergroup","username":"nordbahn"},"date":1713250980,"text":"late again #nord","entities":[{"offset":11,"length":5,"type":"hashtag"}]}}"##,
    ),
    (
        Platform::Telegram,
        r#"{"ok":true,"result":[{"update_id":7,"channel_post":{"message_id":31,"chat":{"id":-1009,"title":"Nordbahn","type":"channel"},"date":1713250980,"caption":"late","photo":[{"file_id":"a"}]}}]}"#,
    ),
    (
        Platform::Whatsapp,
        r#"{"object":"whatsapp_business_account","entry":[{"id":"8","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550100001","phone_number_id":"77"},"contacts":[{"profile":{"name":"Lea"},"wa_id":"15550100009"}],"messages":[{"from":"15550100009","id":"wamid.a","timestamp":"1713250980","type":"text","text":{"body":"late again"}}]}}]}]}"#,
    ),
    (
        Platform::Discord,
        r#"{"op":0,"s":7,"t":"MESSAGE_CREATE","d":{"id":"122","type":0,"channel_id":"11","guild_id":"10","author":{"id":"8","username":"lea"},"content":"late again","timestamp":"2024-04-16T07:03:00Z"}}"#,
    ),
    (
        Platform::Facebook,
        r#"{"object":"page","entry":[{"id":"10","time":1713250990,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"5_6","post_id":"10_5","parent_id":"10_5","from":{"id":"8","name":"Lea"},"created_time":1713250980,"message":"late again"}}]}]}"#,
    ),
    (
        Platform::Instagram,
        r#"{"object":"instagram","entry":[{"id":"10","time":1713250990123,"messaging":[{"sender":{"id":"8"},"recipient":{"id":"10"},"timestamp":1713250980000,"message":{"mid":"aW","text":"late again"}}]}]}"#,
    ),
    (
        Platform::Instagram,
        r#"{"id":"178","caption":"late again","timestamp":"2024-04-16T07:03:00+0000","media_type":"IMAGE","permalink":"https://ig.test/p/1","username":"lea","like_count":1}"#,
    ),
];

fn reason(platform: Platform, payload: &str) -> Option<Reason> {
    let items = normalize(Some(platform), payload.as_bytes());
    assert_eq!(items.len(), 1);
    match &items[0] {
        Err(reject) => Some(reject.reason),
        Ok(_) => None,
    }
}

#[test]
fn good_payloads_are_good() {
    for (platform, payload) in GOOD {
        assert_eq!(reason(platform, payload), None, "{payload}");
        assert_eq!(detect(payload.as_bytes()), Some(platform), "{payload}");
    }
}

#[test]
fn every_kind_of_spoiled_payload_has_its_reason() {
    for (platform, good) in GOOD {
        let check = |what: &str, spoiled: String, want: Option<Reason>| {
            assert_ne!(spoiled, good, "{what} changed nothing in {good}");
            assert_eq!(reason(platform, &spoiled), want, "{what}: {spoiled}");
        };
        check("cut", good[..good.len() * 3 / 5].to_owned(), Some(Reason::Truncated));
        check("trailing", format!("{good} x"), Some(Reason::NotJson));
        check("not json", "upstream connect error".to_owned(), Some(Reason::NotJson));
        check("empty object", " {} ".to_owned(), Some(Reason::Empty));
        check("scalar", "7".to_owned(), Some(Reason::WrongType));
        check("unknown", r#"{"weather":{"rain":true}}"#.to_owned(), Some(Reason::UnknownShape));
        check("deep", format!(r#"{{"data":{}{}}}"#, "[".repeat(3000), "]".repeat(3000)), Some(Reason::TooDeep));
        check("unread huge number", good.replacen('{', &format!("{{\"seq\":{},", "9".repeat(400)), 1), None);
        check("unread lone surrogate", good.replacen('{', r#"{"sequel":"\ud83d","#, 1), None);
    }
}

#[test]
fn fields_that_are_read_are_strict() {
    let cases = [
        (0, r#""text":"late"#, r#""text":"\ud83d late"#, Reason::LoneSurrogate),
        (0, r#""text":"late again #nord""#, r#""text":{"value":["x"]}"#, Reason::WrongType),
        (0, r#""text":"late again #nord","#, "", Reason::MissingField),
        (0, r#""text":"late again #nord""#, r#""text":null"#, Reason::MissingField),
        (0, r#""matching_rules""#, r#""data":null,"matching_rules""#, Reason::DuplicateKey),
        (0, r#""lang":"en""#, r#""lang":"en","lang":"de""#, Reason::DuplicateKey),
        (0, r#""like_count":1"#, r#""like_count":1e999"#, Reason::NumberRange),
        (0, r#""like_count":1"#, r#""like_count":99999999999999999999"#, Reason::NumberRange),
        (0, r#""id":"1780000000000000500""#, r#""id":99999999999999999999999"#, Reason::NumberRange),
        (0, r#""id":"1780000000000000500""#, r#""id":"""#, Reason::MissingField),
        (0, "2024-04-16T07:03:00.000Z", "yesterday-ish", Reason::BadTime),
        (1, "Tue Apr 16", "Die Apr 16 16", Reason::BadTime),
        (1, r#""text":"late again","#, "", Reason::MissingField),
        (1, r#""id":5"#, r#""id":1e999"#, Reason::NumberRange),
        (2, r#""content":"<p>"#, r#""content":"\udc00<p>"#, Reason::LoneSurrogate),
        (2, r#""visibility""#, r#""content":"7","visibility""#, Reason::DuplicateKey),
        (2, "2024-04-16T07:03:00.000Z", "2024-04-31T07:03:00.000Z", Reason::BadTime),
        (3, r#"\"content\":\"<p>late</p>\","#, "", Reason::MissingField),
        (3, r#"<p>late"#, r#"\\ud83d late"#, Reason::LoneSurrogate),
        (3, r#"\"<p>late</p>\""#, &"[".repeat(200), Reason::TooDeep),
        (4, r#""time_us":1713250980300000"#, r#""time_us":1e999"#, Reason::NumberRange),
        (4, r#""time_us":1713250980300000"#, r#""time_us":1713250980300000000000"#, Reason::BadTime),
        (4, r#""kind":"commit""#, r#""kind":"commit","kind":"other""#, Reason::DuplicateKey),
        (4, r#""text":"late"#, r#""text":"\ud83d\u0020late"#, Reason::LoneSurrogate),
        (5, r#""body":"late"#, r#""body":"\ud83d late"#, Reason::LoneSurrogate),
        (5, r#""created_utc":1713250980.0"#, r#""created_utc":"yesterday-ish""#, Reason::BadTime),
        (5, r#""score":1"#, r#""score":1.5"#, Reason::WrongType),
        (5, r#""subreddit":"nord"}"#, r#""subreddit":"nord"},"data":null"#, Reason::DuplicateKey),
        (6, r#""text":"late"#, r#""text":"\ud83d late"#, Reason::LoneSurrogate),
        (6, r#""text":"late again #nord""#, r#""text":["late"]"#, Reason::WrongType),
        (6, r#""date":1713250980"#, r#""date":"yesterday-ish""#, Reason::BadTime),
        (6, r#""date":1713250980,"#, "", Reason::MissingField),
        (6, r#""message_id":31,"#, "", Reason::MissingField),
        (6, r#""id":-1009"#, r#""id":-1e999"#, Reason::NumberRange),
        (6, r#""text""#, r#""text":"a","text""#, Reason::DuplicateKey),
        (8, r#""body":"late"#, r#""body":"\ud83d late"#, Reason::LoneSurrogate),
        (8, r#""body":"late again""#, r#""body":null"#, Reason::MissingField),
        (8, r#""timestamp":"1713250980""#, r#""timestamp":"soon""#, Reason::BadTime),
        (8, r#""id":"wamid.a","#, "", Reason::MissingField),
        (9, r#""content":"late"#, r#""content":"\ud83d late"#, Reason::LoneSurrogate),
        (9, r#""content":"late again","#, "", Reason::MissingField),
        (9, "2024-04-16T07:03:00Z", "yesterday-ish", Reason::BadTime),
        (10, r#","message":"late again""#, "", Reason::MissingField),
        (10, r#""message":"late again""#, r#""message":7"#, Reason::WrongType),
        (10, r#""created_time":1713250980"#, r#""created_time":"soon""#, Reason::BadTime),
        (11, r#","text":"late again""#, "", Reason::MissingField),
        (11, r#""timestamp":1713250980000"#, r#""timestamp":null"#, Reason::MissingField),
        (12, r#""caption":"late again""#, r#""caption":["late"]"#, Reason::WrongType),
        (12, r#""like_count":1"#, r#""like_count":1e999"#, Reason::NumberRange),
    ];
    for (index, from, to, want) in cases {
        let (platform, good) = GOOD[index];
        assert!(good.contains(from), "{from}");
        let spoiled = good.replacen(from, to, 1);
        let got = reason(platform, &spoiled);
        let is_number = |reason| matches!(reason, Some(Reason::NumberRange | Reason::WrongType));
        assert!(got == Some(want) || (want == Reason::NumberRange && is_number(got)), "{got:?}, not {want}: {spoiled}");
    }
}

#[test]
fn nul_in_text_is_replaced() {
    for (index, from, to, want) in [
        (0, r#""text":"late"#, r#""text":"\u0000late"#, "\u{fffd}late again #nord"),
        (2, "<p>late", r"<p>\u0000late", "\u{fffd}late & again"),
        (4, r#""text":"late"#, r#""text":"\u0000late"#, "\u{fffd}late #nord"),
        (5, r#""body":"late"#, r#""body":"\u0000late"#, "\u{fffd}late & https://nord.test"),
        (6, r#""text":"late"#, r#""text":"\u0000late"#, "\u{fffd}late again #nord"),
        (8, r#""body":"late"#, r#""body":"\u0000late"#, "\u{fffd}late again"),
    ] {
        let (platform, good) = GOOD[index];
        let items = normalize(Some(platform), good.replacen(from, to, 1).as_bytes());
        let Ok(Normalized::Mention(mention)) = &items[0] else { panic!("{items:?}") };
        assert_eq!(mention.text, want);
        assert!(!mention.text_raw.as_deref().unwrap_or_default().contains('\0'));
    }
}

#[test]
fn what_is_read_is_listed() {
    let is_read = |platform: &Platform| shape::is_supported(*platform);
    let mut listed = PLATFORMS.to_vec();
    listed.sort_unstable();
    assert_eq!(Platform::ALL.iter().copied().filter(is_read).collect::<Vec<_>>(), listed);
}

#[test]
fn bytes_that_are_no_text() {
    for (bytes, want) in [
        (b"{\"data\":{\"text\":\"\xff\"}}".as_slice(), Reason::NotUtf8),
        (b"".as_slice(), Reason::Empty),
        (b" \n\t".as_slice(), Reason::Empty),
        (b"\xef\xbb\xbf{}".as_slice(), Reason::NotJson),
        (b"{".as_slice(), Reason::Truncated),
        (b"[{}".as_slice(), Reason::Truncated),
        (b"null".as_slice(), Reason::WrongType),
    ] {
        let items = normalize(None, bytes);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].as_ref().map_err(|reject| reject.reason), Err(want), "{bytes:?}");
    }
    let large = vec![b' '; MAX_PAYLOAD_BYTES + 1];
    assert_eq!(normalize(None, &large)[0].as_ref().map_err(|reject| reject.reason), Err(Reason::TooLarge));
    let unsupported = normalize(Some(Platform::Zendesk), b"{\"ticket\":1}");
    assert_eq!(unsupported[0].as_ref().map_err(|reject| reject.reason), Err(Reason::UnsupportedPlatform));
}

#[test]
fn a_reject_says_where_and_never_what() {
    let secret = "geheimnis";
    let spoiled = [
        format!(r#"{{"data":{{"id":"1","text":["{secret}"]}}}}"#),
        format!(r#"{{"data":{{"id":"1","text":"x","created_at":"{secret}"}}}}"#),
        format!(r#"{{"data":{{"id":"1","text":"x","lang":{{"{secret}":1}}}}}}"#),
        format!(r#"{{"data":{{"id":"1","text":"x","public_metrics":"{secret}"}}}}"#),
        format!(r#"{{"data":{{"id":"1","text":"x","text":"`{secret}`"}}}}"#),
    ];
    for payload in spoiled {
        let items = normalize(None, payload.as_bytes());
        let Err(reject) = &items[0] else { panic!("{payload} was read") };
        assert!(!reject.to_string().contains(secret), "{reject}");
        assert!(reject.detail.contains("line 1 column"), "{reject}");
    }
}

#[test]
fn names_of_reasons_are_distinct() {
    let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Reason::ALL.len());
}
