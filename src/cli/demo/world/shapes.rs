//! A post as each platform sends it: X API v2 stream, Bluesky Jetstream, Mastodon streaming, Reddit things.

use super::people::Author;
use super::rng::Rng;
use crate::mention::{Platform, Timestamp};
use serde_json::{Value, json};

/// A post before it has a shape.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) platform: Platform,
    pub(super) author: Author,
    pub(super) text: String,
    pub(super) lang: &'static str,
    /// When its author published it.
    pub(super) at: Timestamp,
    /// Unique in the world.
    pub(super) seq: u64,
    pub(super) refers: Refers,
    /// To the people addressed only (Mastodon).
    pub(super) direct: bool,
}

/// What a post refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refers {
    Nothing,
    /// Replies to a post of this native id, in the thread of this root.
    Reply {
        parent: String,
        root: String,
    },
    Quote(String),
}

/// A shaped post.
#[derive(Debug, Clone)]
pub(super) struct Shaped {
    /// The native id, which is the record key.
    pub(super) id: String,
    pub(super) payload: Value,
}

/// The payload of `draft`.
pub(super) fn shape(draft: &Draft) -> Shaped {
    match draft.platform {
        Platform::X => x(draft),
        Platform::Bluesky => bluesky(draft),
        Platform::Mastodon => mastodon(draft),
        _ => reddit(draft),
    }
}

fn millis(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1000)
}

fn iso_millis(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn x_id(at: Timestamp, seq: u64) -> String {
    let since = u64::try_from(millis(at) - 1_288_834_974_657).unwrap_or(0);
    (since << 22 | seq & 0x3f_ffff).to_string()
}

fn x(draft: &Draft) -> Shaped {
    let id = x_id(draft.at, draft.seq);
    let author = &draft.author;
    let author_id = author.number.to_string();
    let text = draft.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut rng = Rng::new(draft.seq, 0x0a);
    let mut data = json!({
        "id": id, "author_id": author_id, "conversation_id": id, "created_at": iso_millis(draft.at),
        "edit_history_tweet_ids": [id], "lang": draft.lang, "possibly_sensitive": false, "reply_settings": "everyone",
        "public_metrics": {
            "retweet_count": 0, "reply_count": 0, "like_count": rng.below(3), "quote_count": 0, "bookmark_count": 0,
            "impression_count": rng.below(40)
        },
    });
    let entities = x_entities(&text);
    if entities != json!({}) {
        data["entities"] = entities;
    }
    data["text"] = text.into();
    match &draft.refers {
        Refers::Nothing => {}
        Refers::Reply { parent, root } => {
            data["conversation_id"] = root.as_str().into();
            data["referenced_tweets"] = json!([{ "type": "replied_to", "id": parent }]);
        }
        Refers::Quote(quoted) => data["referenced_tweets"] = json!([{ "type": "quoted", "id": quoted }]),
    }
    let user = json!({
        "id": author_id, "username": author.handle, "name": author.name, "verified": author.verified,
        "created_at": iso_millis(Timestamp::clamped(author.since * 1_000_000)),
        "public_metrics": {
            "followers_count": author.followers, "following_count": author.followers / 3 + 7,
            "tweet_count": author.followers * 2, "listed_count": author.followers / 400
        },
    });
    let payload = json!({
        "data": data, "includes": { "users": [user] },
        "matching_rules": [{ "id": "1900000000000000001", "tag": "demo" }],
    });
    Shaped { id, payload }
}

/// Offsets in code points of the text as sent.
fn x_entities(text: &str) -> Value {
    let mut entities = json!({});
    for mark in marks(text) {
        let start = text[..mark.start].chars().count();
        let end = start + text[mark.start..mark.end].chars().count();
        let (list, entity) = match mark.sign {
            '#' => ("hashtags", json!({ "start": start, "end": end, "tag": &text[mark.start + 1..mark.end] })),
            '@' => ("mentions", json!({ "start": start, "end": end, "username": &text[mark.start + 1..mark.end] })),
            _ => {
                let url = &text[mark.start..mark.end];
                (
                    "urls",
                    json!({ "start": start, "end": end, "url": url, "expanded_url": url, "display_url": &url[8..] }),
                )
            }
        };
        match entities[list].as_array_mut() {
            Some(known) => known.push(entity),
            None => entities[list] = json!([entity]),
        }
    }
    entities
}

/// A hashtag, a handle or a link in a text, in bytes.
struct Mark {
    sign: char,
    start: usize,
    end: usize,
}

fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end_matches(|c: char| c.is_whitespace() || ".,!?:)".contains(c));
        let sign = bare.chars().next().unwrap_or(' ');
        let name = bare.len() > 1 && bare[sign.len_utf8()..].chars().all(|c| c.is_alphanumeric() || c == '_');
        if bare.starts_with("https://") {
            marks.push(Mark { sign: ':', start: at, end: at + bare.len() });
        } else if (sign == '#' || sign == '@') && name {
            marks.push(Mark { sign, start: at, end: at + bare.len() });
        }
        at += word.len();
    }
    marks
}

const BASE32: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

fn base32(mut number: u64, width: usize) -> String {
    let mut letters = vec![b'2'; width];
    for letter in letters.iter_mut().rev() {
        *letter = BASE32[(number & 31) as usize];
        number >>= 5;
    }
    letters.into_iter().map(char::from).collect()
}

fn cid(of: &str) -> String {
    let mut rng = Rng::new(crate::mention::hash64(&[of]), 0xc1d);
    format!("bafyrei{}", (0..52).map(|_| char::from(BASE32[rng.below(32)])).collect::<String>())
}

fn bluesky(draft: &Draft) -> Shaped {
    let relay = draft.at.as_micros() + 200_000 + i64::try_from(draft.seq % 500_000).unwrap_or(0);
    let rkey = base32(u64::try_from(draft.at.as_micros()).unwrap_or(0) << 10 | draft.seq & 1023, 13);
    let did = draft.author.did();
    let id = format!("at://{did}/app.bsky.feed.post/{rkey}");
    let mut record = json!({
        "$type": "app.bsky.feed.post", "createdAt": iso_millis(draft.at), "langs": [draft.lang], "text": draft.text,
    });
    let facets: Vec<Value> = marks(&draft.text).iter().filter_map(|mark| facet(mark, &draft.text)).collect();
    if !facets.is_empty() {
        record["facets"] = facets.into();
    }
    match &draft.refers {
        Refers::Nothing => {}
        Refers::Reply { parent, root } => {
            record["reply"] = json!({
                "parent": { "cid": cid(parent), "uri": parent }, "root": { "cid": cid(root), "uri": root }
            });
        }
        Refers::Quote(quoted) => {
            let record_ref = json!({ "cid": cid(quoted), "uri": quoted });
            record["embed"] = json!({ "$type": "app.bsky.embed.record", "record": record_ref });
        }
    }
    let commit = json!({
        "rev": base32(u64::try_from(relay).unwrap_or(0) << 10, 13), "operation": "create",
        "collection": "app.bsky.feed.post", "rkey": rkey, "record": record, "cid": cid(&id),
    });
    let payload = json!({ "did": did, "time_us": relay, "kind": "commit", "commit": commit });
    Shaped { id, payload }
}

/// Offsets in UTF-8 bytes; a handle alone has no identity on this wire, so it gets no facet.
fn facet(mark: &Mark, text: &str) -> Option<Value> {
    let feature = match mark.sign {
        '#' => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": &text[mark.start + 1..mark.end] }),
        ':' => json!({ "$type": "app.bsky.richtext.facet#link", "uri": &text[mark.start..mark.end] }),
        _ => return None,
    };
    Some(json!({ "features": [feature], "index": { "byteStart": mark.start, "byteEnd": mark.end } }))
}

fn mastodon(draft: &Draft) -> Shaped {
    let author = &draft.author;
    let instance = author.instance;
    let id = (u64::try_from(millis(draft.at)).unwrap_or(0) << 16 | draft.seq & 0xffff).to_string();
    let parent = match &draft.refers {
        Refers::Reply { parent, .. } => Value::from(parent.as_str()),
        _ => Value::Null,
    };
    let tags: Vec<Value> = marks(&draft.text)
        .iter()
        .filter(|mark| mark.sign == '#')
        .map(|mark| draft.text[mark.start + 1..mark.end].to_lowercase())
        .map(|tag| json!({ "name": tag, "url": format!("https://{instance}/tags/{tag}") }))
        .collect();
    let mentions: Vec<Value> = marks(&draft.text)
        .iter()
        .filter(|mark| mark.sign == '@')
        .map(|mark| &draft.text[mark.start + 1..mark.end])
        .map(|name| json!({ "id": "7001", "username": name, "acct": name, "url": format!("https://{instance}/@{name}") }))
        .collect();
    let payload = json!({
        "id": id, "created_at": iso_millis(draft.at), "in_reply_to_id": parent, "in_reply_to_account_id": null,
        "sensitive": false, "spoiler_text": "", "visibility": if draft.direct { "direct" } else { "public" },
        "language": draft.lang, "uri": format!("https://{instance}/users/{}/statuses/{id}", author.handle),
        "url": format!("https://{instance}/@{}/{id}", author.handle), "replies_count": 0, "reblogs_count": 0,
        "favourites_count": 0, "edited_at": null, "content": html(draft), "reblog": null,
        "account": mastodon_account(author), "media_attachments": [], "mentions": mentions, "tags": tags,
        "emojis": [], "card": null, "poll": null,
    });
    Shaped { id, payload }
}

fn mastodon_account(author: &Author) -> Value {
    let url = format!("https://{}/@{}", author.instance, author.handle);
    json!({
        "id": (author.number % 1_000_000_007).to_string(), "username": author.handle, "acct": author.handle,
        "display_name": author.name, "locked": false, "bot": false, "discoverable": true, "group": false,
        "created_at": iso_millis(Timestamp::clamped(author.since * 1_000_000)), "note": "<p></p>", "url": url,
        "followers_count": author.followers, "following_count": author.followers / 3 + 7,
        "statuses_count": author.followers * 2, "emojis": [], "fields": [],
    })
}

fn html(draft: &Draft) -> String {
    let instance = draft.author.instance;
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br />");
    let (mut out, mut done) = (String::from("<p>"), 0);
    for mark in marks(&draft.text) {
        out.push_str(&escaped(&draft.text[done..mark.start]));
        let shown = &draft.text[mark.start..mark.end];
        out.push_str(&match mark.sign {
            '#' => format!(
                "<a href=\"https://{instance}/tags/{0}\" class=\"mention hashtag\" rel=\"tag\">#<span>{1}</span></a>",
                shown[1..].to_lowercase(),
                &shown[1..]
            ),
            '@' => format!(
                "<span class=\"h-card\"><a href=\"https://{instance}/{shown}\" class=\"u-url mention\">@<span>{}</span></a></span>",
                &shown[1..]
            ),
            _ => format!(
                "<a href=\"{shown}\" rel=\"nofollow noopener\"><span class=\"invisible\">https://</span><span>{}</span></a>",
                &shown[8..]
            ),
        });
        done = mark.end;
    }
    out.push_str(&escaped(&draft.text[done..]));
    out.push_str("</p>");
    out
}

const SUBREDDITS: [&str; 8] =
    ["AskAnything", "cloudcorner", "dailychatter", "homeoffice", "moneytalk", "sysops", "travelnotes", "weekendcooks"];

fn base36(mut number: u64) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        letters.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]));
        number /= 36;
    }
    letters.iter().rev().collect()
}

fn reddit(draft: &Draft) -> Shaped {
    let author = &draft.author;
    let id = base36(36u64.pow(6) + draft.seq);
    let subreddit = SUBREDDITS[(author.number % 8) as usize];
    let link = match &draft.refers {
        Refers::Reply { parent, .. } => Some(parent),
        _ => None,
    };
    let kind = if link.is_some() { "t1" } else { "t3" };
    let name = format!("{kind}_{id}");
    #[allow(clippy::cast_precision_loss)] // the platform's own choice
    let created = draft.at.as_seconds() as f64;
    let mut data = json!({
        "id": id, "name": name, "author": author.handle, "author_fullname": format!("t2_{}", base36(author.number % 36u64.pow(6))),
        "created_utc": created, "distinguished": null, "edited": false, "over_18": false, "score": 1, "ups": 1, "downs": 0,
        "stickied": false, "subreddit": subreddit, "subreddit_id": format!("t5_{}", base36(900_000 + author.number % 8)),
        "subreddit_name_prefixed": format!("r/{subreddit}"), "permalink": format!("/r/{subreddit}/comments/{id}/"),
    });
    if let Some(link) = link {
        data["body"] = draft.text.as_str().into();
        data["link_id"] = link.as_str().into();
        data["parent_id"] = link.as_str().into();
        data["controversiality"] = 0.into();
    } else {
        let (title, body) = match draft.text.split_once(['.', '?', '\n']) {
            Some((title, body)) if title.len() > 20 && !body.trim().is_empty() => (title, body.trim()),
            _ => (draft.text.as_str(), ""),
        };
        data["title"] = title.into();
        data["selftext"] = body.into();
        data["num_comments"] = 0.into();
        data["is_self"] = true.into();
        data["domain"] = format!("self.{subreddit}").into();
        data["url"] = format!("https://www.reddit.com/r/{subreddit}/comments/{id}/").into();
    }
    Shaped { id: name, payload: json!({ "kind": kind, "data": data }) }
}

/// A like or a follow: content of nobody.
pub(super) fn bluesky_gesture(author: &Author, subject: &str, at: Timestamp, seq: u64) -> Shaped {
    let did = author.did();
    let follow = seq.is_multiple_of(4);
    let collection = if follow { "app.bsky.graph.follow" } else { "app.bsky.feed.like" };
    let rkey = base32(u64::try_from(at.as_micros()).unwrap_or(0) << 10 | seq & 1023, 13);
    let subject = if follow {
        Value::from(subject.split('/').nth(2).unwrap_or("did:plc:nobody"))
    } else {
        json!({ "cid": cid(subject), "uri": subject })
    };
    let record = json!({ "$type": collection, "createdAt": iso_millis(at), "subject": subject });
    let commit = json!({
        "rev": rkey, "operation": "create", "collection": collection, "rkey": rkey, "record": record, "cid": cid(&rkey),
    });
    let payload = json!({ "did": did, "time_us": at.as_micros() + 250_000, "kind": "commit", "commit": commit });
    Shaped { id: format!("at://{did}/{collection}/{rkey}"), payload }
}

/// The same post, edited at `at`: X gives it a new id in the chain, Mastodon and Reddit keep it, Bluesky has no edits.
pub(super) fn edited(draft: &Draft, first: &Shaped, at: Timestamp) -> Option<Value> {
    let text = format!("{} (edit: typo)", draft.text);
    match draft.platform {
        Platform::X => {
            let mut payload = x(&Draft { text, at, ..draft.clone() }).payload;
            let new_id = payload["data"]["id"].clone();
            payload["data"]["edit_history_tweet_ids"] = json!([first.id, new_id]);
            Some(payload)
        }
        Platform::Mastodon => {
            let mut payload = mastodon(&Draft { text, ..draft.clone() }).payload;
            payload["edited_at"] = iso_millis(at).into();
            Some(json!({ "stream": ["public"], "event": "status.update", "payload": payload.to_string() }))
        }
        Platform::Reddit => {
            let mut payload = first.payload.clone();
            #[allow(clippy::cast_precision_loss)]
            let edited = at.as_seconds() as f64;
            payload["data"]["edited"] = edited.into();
            let field = if payload["kind"] == "t1" { "body" } else { "selftext" };
            payload["data"][field] = text.into();
            Some(payload)
        }
        _ => None,
    }
}

/// The post is gone: ids only, as each platform says it.
pub(super) fn deleted(draft: &Draft, first: &Shaped, at: Timestamp) -> Option<Value> {
    match draft.platform {
        Platform::X => {
            let tweet = json!({ "id": first.id, "author_id": draft.author.number.to_string() });
            Some(json!({ "data": { "delete": { "tweet": tweet, "event_at": iso_millis(at) } } }))
        }
        Platform::Mastodon => Some(json!({ "stream": ["public"], "event": "delete", "payload": first.id })),
        Platform::Bluesky => {
            let commit = &first.payload["commit"];
            let commit = json!({
                "rev": commit["rev"], "operation": "delete", "collection": commit["collection"], "rkey": commit["rkey"],
            });
            let did = &first.payload["did"];
            Some(json!({ "did": did, "time_us": at.as_micros(), "kind": "commit", "commit": commit }))
        }
        _ => None,
    }
}
