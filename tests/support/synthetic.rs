//! A small made-up afternoon in four platform shapes: chatter about an invented company, an outage with many people,
//! posts about nothing, edits, redeliveries and broken records. A pure function of its seed.

#![allow(dead_code, clippy::panic, clippy::unwrap_used)]

use groundswell::mention::{Platform, Timestamp};
use groundswell::service::local::RawRecord;
use serde_json::{Value, json};

/// Where it begins, seconds: a Tuesday, 13:00 UTC.
pub const START: i64 = 1_767_704_400;
/// Seconds before the outage, and of it.
const CALM: i64 = 3 * 3_600;
const OUTAGE: i64 = 300;
const AFTER: i64 = 2_400;

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// True once in `sides`.
    pub fn once_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

const CHATTER: [&str; 8] = [
    "Just moved our shop to Nimbus, so far so good",
    "the new Nimbus dashboard looks nice",
    "Nimbus support answered within the hour, thanks",
    "comparing Nimbus with two others for our team",
    "anyone at the Nimbus meetup tonight?",
    "Nimbus invoices finally show the VAT number",
    "my refund from Nimbus has not arrived yet",
    "reading the Nimbus release notes over coffee",
];
const DOWN: [&str; 6] = [
    "Nimbus is down again, nothing loads, error 500 since minutes",
    "is Nimbus down for everyone? cannot log in at all",
    "Nimbus login broken, our whole team is locked out",
    "Nimbus outage? the app keeps timing out and crashing",
    "great, Nimbus not working in the middle of our sale, terrible",
    "cannot reach Nimbus, gateway error on every page, this is awful",
];
const OTHER: [&str; 4] =
    ["lunch was fine", "what a match last night", "learning to bake bread", "the train is late, as always"];

/// The afternoon of a seed, in order of arrival.
pub fn afternoon(seed: u64) -> Vec<RawRecord> {
    let (mut dice, mut posts, mut at) = (Dice(seed), Vec::new(), START);
    while at < START + CALM + OUTAGE + AFTER {
        let in_outage = (START + CALM..START + CALM + OUTAGE).contains(&at);
        at += i64::try_from(if in_outage { dice.roll(3) } else { 3 + dice.roll(16) }).unwrap();
        let text = match dice.roll(10) {
            _ if in_outage && !dice.once_in(6) => *dice.pick(&DOWN),
            0..5 => *dice.pick(&CHATTER),
            _ => *dice.pick(&OTHER),
        };
        let post = Post {
            number: posts.len() as u64,
            person: dice.roll(4_000),
            at,
            text: format!("{text} {}", dice.roll(900)),
        };
        posts.push(post);
    }
    arrive(&posts, &mut dice)
}

struct Post {
    number: u64,
    person: u64,
    at: i64,
    text: String,
}

/// Late posts, redeliveries, edits and broken ones among them.
fn arrive(posts: &[Post], dice: &mut Dice) -> Vec<RawRecord> {
    let mut arriving: Vec<(i64, RawRecord)> = Vec::new();
    for post in posts {
        let platform = *dice.pick(&[Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit]);
        let delay = if dice.once_in(50) { 240 } else { dice.roll(20) };
        let arrives = post.at + i64::try_from(delay).unwrap();
        let mut value = serde_json::to_vec(&shape(platform, post, None)).unwrap();
        if dice.once_in(60) {
            value.truncate(value.len() / 2);
        }
        let key = format!("u{}", post.person).into_bytes();
        let record = RawRecord { platform, key, value };
        if dice.once_in(40) {
            arriving.push((arrives + 30, record.clone()));
        }
        if platform == Platform::Mastodon && dice.once_in(20) {
            let edit = serde_json::to_vec(&shape(platform, post, Some(post.at + 45))).unwrap();
            arriving.push((arrives + 50, RawRecord { value: edit, ..record.clone() }));
        }
        arriving.push((arrives, record));
    }
    arriving.sort_by_key(|(at, _)| *at);
    arriving.into_iter().map(|(_, record)| record).collect()
}

fn time(at: i64) -> String {
    Timestamp::clamped(at * 1_000_000).to_string()
}

fn shape(platform: Platform, post: &Post, edited: Option<i64>) -> Value {
    let Post { number, person, at, text } = post;
    let (id, user, created) = ((10_000_000 + number).to_string(), format!("user{person}"), time(*at));
    match platform {
        Platform::X => json!({
            "data": {"id": id, "text": text, "author_id": person.to_string(), "conversation_id": id, "lang": "en",
                "created_at": created, "edit_history_tweet_ids": [id],
                "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 1, "quote_count": 0}},
            "includes": {"users": [{"id": person.to_string(), "name": user, "username": user, "verified": false,
                "public_metrics": {"followers_count": person * 3, "following_count": 5, "tweet_count": 9}}]}}),
        Platform::Bluesky => json!({
            "did": format!("did:plc:{user}"), "time_us": at * 1_000_000, "kind": "commit",
            "commit": {"rev": "3mabc", "operation": "create", "collection": "app.bsky.feed.post", "rkey": id,
                "cid": format!("bafyrei{id}"),
                "record": {"$type": "app.bsky.feed.post", "createdAt": created, "langs": ["en"], "text": text}}}),
        Platform::Mastodon => json!({
            "id": id, "created_at": created, "edited_at": edited.map(time), "visibility": "public", "language": "en",
            "uri": format!("https://social.example/users/{user}/statuses/{id}"),
            "url": format!("https://social.example/@{user}/{id}"), "content": format!("<p>{text}</p>"),
            "sensitive": false, "spoiler_text": "", "in_reply_to_id": null, "reblog": null,
            "replies_count": 0, "reblogs_count": 0, "favourites_count": 0,
            "account": {"id": person.to_string(), "username": user, "acct": user, "display_name": user, "bot": false,
                "followers_count": person, "following_count": 3, "statuses_count": 40},
            "media_attachments": [], "mentions": [], "tags": [], "emojis": []}),
        _ => json!({
            "kind": "t1",
            "data": {"id": format!("k{id}"), "name": format!("t1_k{id}"), "author": user,
                "author_fullname": format!("t2_{person}"), "created_utc": *at as f64, "edited": false, "body": text,
                "link_id": format!("t3_r{}", number / 7), "parent_id": format!("t3_r{}", number / 7),
                "subreddit": "sysadmin", "subreddit_id": "t5_sys", "score": 1, "ups": 1, "downs": 0,
                "permalink": format!("/r/sysadmin/comments/r/{id}/")}}),
    }
}
