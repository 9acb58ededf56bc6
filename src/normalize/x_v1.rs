//! X v1.1: statuses as the old streams, search and history files wrote them, search pages, and the envelope of account
//! activity webhooks. Ids come from the `_str` twins, since the numbers lose digits in other people's parsers.
//!
//! Notices of the stream are in [`super::x_v1_notices`].

use super::json::{self, Id, Key, MILLIS, Outline, Text, Time, Written, given, given_id, missing};
use super::x::{self, Mark};
use super::{Item, Normalized, Reject, found, x_v1_notices};
use crate::mention::{Action, Author, Counts, EntityKind, Geo, Kind, Media, Mention, Visibility};
use serde::Deserialize;
use serde_json::value::RawValue;

const SHAPE: &str = "x v1";
/// Most attachments kept of one post.
const MAX_MEDIA: usize = 64;

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(default)]
    created_at: Written,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    full_text: Option<Text<'a>>,
    #[serde(borrow)]
    extended_tweet: Option<Extended<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
    #[serde(borrow)]
    extended_entities: Option<Entities<'a>>,
    #[serde(borrow)]
    lang: Option<Text<'a>>,
    #[serde(borrow)]
    retweeted_status: Option<Box<Original<'a>>>,
    is_quote_status: Option<bool>,
    #[serde(borrow)]
    quoted_status_id_str: Option<Id<'a>>,
    #[serde(borrow)]
    quoted_status: Option<Reference<'a>>,
    #[serde(borrow)]
    in_reply_to_status_id_str: Option<Id<'a>>,
    #[serde(borrow)]
    in_reply_to_status_id: Option<Id<'a>>,
    favorite_count: Option<i64>,
    retweet_count: Option<i64>,
    reply_count: Option<i64>,
    quote_count: Option<i64>,
    coordinates: Option<Point>,
    #[serde(borrow)]
    place: Option<Place<'a>>,
    #[serde(borrow)]
    matching_rules: Option<Vec<Rule<'a>>>,
    #[serde(borrow)]
    edit_history: Option<EditHistory<'a>>,
}

/// The post that a retweet carries whole.
#[derive(Deserialize)]
struct Original<'a> {
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    full_text: Option<Text<'a>>,
    #[serde(borrow)]
    extended_tweet: Option<Extended<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
    #[serde(borrow)]
    lang: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Extended<'a> {
    #[serde(borrow)]
    full_text: Option<Text<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
    #[serde(borrow)]
    extended_entities: Option<Entities<'a>>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    screen_name: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    followers_count: Option<i64>,
    verified: Option<bool>,
    protected: Option<bool>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Entities<'a> {
    #[serde(borrow)]
    hashtags: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    symbols: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    user_mentions: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    urls: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    media: Option<Vec<Marked<'a>>>,
}

#[derive(Deserialize)]
struct Marked<'a> {
    indices: Option<Vec<i64>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    screen_name: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    expanded_url: Option<Text<'a>>,
    #[serde(borrow)]
    media_url_https: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    ext_alt_text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Point {
    /// Longitude, latitude.
    coordinates: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    country_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow)]
    tag: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct EditHistory<'a> {
    #[serde(borrow)]
    initial_tweet_id: Option<Id<'a>>,
}

#[derive(Deserialize)]
struct Search<'a> {
    #[serde(borrow)]
    statuses: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Webhook<'a> {
    #[serde(borrow)]
    tweet_create_events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    tweet_delete_events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    direct_message_events: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct DirectMessage<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(default)]
    created_timestamp: Time<MILLIS>,
    #[serde(borrow)]
    message_create: Option<MessageCreate<'a>>,
}

#[derive(Deserialize)]
struct MessageCreate<'a> {
    #[serde(borrow)]
    sender_id: Option<Id<'a>>,
    #[serde(borrow)]
    message_data: Option<MessageData<'a>>,
}

#[derive(Deserialize)]
struct MessageData<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
}

/// The id, from the string where there is one.
pub(super) fn exact<'i>(string: Option<&'i Id<'_>>, number: Option<&'i Id<'_>>) -> Option<&'i str> {
    given_id(string).or_else(|| given_id(number))
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if outline.has_any(&[Key::IdStr, Key::User, Key::Text, Key::FullText]) {
        items.push(read_status(text));
        return Ok(());
    }
    if outline.has(Key::Statuses) {
        let search: Search<'_> = json::parse(text, SHAPE)?;
        items.extend(search.statuses.into_iter().map(|status| read_status(status.get())));
        return Ok(());
    }
    if outline.has(Key::ForUserId) {
        return read_webhook(text, items);
    }
    items.push(x_v1_notices::read(text, outline));
    Ok(())
}

fn read_webhook(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let webhook: Webhook<'_> = json::parse(text, SHAPE)?;
    let before = items.len();
    for status in webhook.tweet_create_events.into_iter().flatten() {
        items.push(read_status(status.get()));
    }
    for event in webhook.tweet_delete_events.into_iter().flatten() {
        items.push(x_v1_notices::deletion(event.get()));
    }
    for event in webhook.direct_message_events.into_iter().flatten() {
        items.push(read_dm(event.get()));
    }
    if items.len() == before {
        items.push(Ok(Normalized::NotContent("webhook_event")));
    }
    Ok(())
}

fn read_status(text: &str) -> Item {
    let status: Status<'_> = json::parse(text, SHAPE)?;
    let id = exact(status.id_str.as_ref(), status.id.as_ref()).ok_or_else(|| missing("id_str"))?;
    let mut mention = x::mention(id);
    set_references(&mut mention, &status);
    set_words(&mut mention, &status)?;
    set_author(&mut mention, status.user.as_ref());
    mention.created_at = status.created_at.0.or_else(|| x::snowflake(id));
    let first = status.edit_history.as_ref().and_then(|history| given_id(history.initial_tweet_id.as_ref()));
    if let Some(first) = first.filter(|first| *first != id) {
        mention.edit_of = Some(x::scoped(first));
        mention.edited_at = mention.created_at;
        mention.action = Action::Update;
    }
    mention.media = media(&status);
    mention.geo = geo(&status);
    mention.rule_hits = status.matching_rules.iter().flatten().filter_map(|rule| given(rule.tag.as_ref())).collect();
    let handle = mention.author.as_ref().and_then(|author| author.handle.as_deref());
    mention.url = Some(x::permalink(handle, id));
    // the counts of a repost are those of its original
    if mention.kind != Kind::Repost {
        mention.counts = Counts {
            likes: status.favorite_count,
            reposts: status.retweet_count,
            replies: status.reply_count,
            quotes: status.quote_count,
            ..Counts::default()
        };
    }
    found(mention)
}

fn set_references(mention: &mut Mention, status: &Status<'_>) {
    let original = status.retweeted_status.as_ref();
    let quoted = status.quoted_status.as_ref();
    let quoted_id = given_id(status.quoted_status_id_str.as_ref())
        .or_else(|| quoted.and_then(|quoted| exact(quoted.id_str.as_ref(), quoted.id.as_ref())));
    let parent = exact(status.in_reply_to_status_id_str.as_ref(), status.in_reply_to_status_id.as_ref());
    mention.reposted_id = original.and_then(|o| exact(o.id_str.as_ref(), o.id.as_ref())).map(x::scoped);
    // what a retweeted post quotes is quoted by that post, not by who passed it on
    mention.quoted_id = if original.is_none() { quoted_id.map(x::scoped) } else { None };
    mention.parent_id = parent.map(x::scoped);
    let is_quote = status.is_quote_status == Some(true) || mention.quoted_id.is_some();
    mention.kind = x::kind(original.is_some(), is_quote, parent.is_some());
}

/// Text, entities and language: of the original for a retweet, whose own text is cut.
fn set_words(mention: &mut Mention, status: &Status<'_>) -> Result<(), Reject> {
    mention.lang = json::language(status.lang.as_ref());
    let extended = status.extended_tweet.as_ref();
    let own = words(status.text.as_ref(), status.full_text.as_ref(), extended, status.entities.as_ref());
    let (own, own_entities) = own.ok_or_else(|| missing("text"))?;
    let original = status.retweeted_status.as_deref();
    let whole = original
        .and_then(|o| words(o.text.as_ref(), o.full_text.as_ref(), o.extended_tweet.as_ref(), o.entities.as_ref()));
    let (text, entities) = whole.unwrap_or((own, own_entities));
    x::set_text(mention, text, &marks(entities));
    mention.lang = mention.lang.take().or_else(|| json::language(original.and_then(|o| o.lang.as_ref())));
    Ok(())
}

/// The longest text there is, and the entities that go with it.
fn words<'s>(
    text: Option<&'s Text<'_>>,
    full_text: Option<&'s Text<'_>>,
    extended: Option<&'s Extended<'s>>,
    entities: Option<&'s Entities<'s>>,
) -> Option<(&'s str, Option<&'s Entities<'s>>)> {
    match extended.and_then(|extended| Some((extended.full_text.as_ref()?, extended.entities.as_ref()))) {
        Some((text, own)) => Some((text.as_str(), own.or(entities))),
        None => Some((full_text.or(text)?.as_str(), entities)),
    }
}

fn marks<'s>(entities: Option<&'s Entities<'s>>) -> Vec<Mark<'s>> {
    let Some(entities) = entities else { return Vec::new() };
    let lists = [
        (EntityKind::Hashtag, &entities.hashtags),
        (EntityKind::Cashtag, &entities.symbols),
        (EntityKind::Mention, &entities.user_mentions),
        (EntityKind::Url, &entities.urls),
        (EntityKind::Url, &entities.media),
    ];
    lists.into_iter().flat_map(|(kind, list)| list.iter().flatten().map(move |marked| mark(kind, marked))).collect()
}

fn mark<'s>(kind: EntityKind, marked: &'s Marked<'_>) -> Mark<'s> {
    fn text<'t>(text: Option<&'t Text<'_>>) -> &'t str {
        text.map_or("", Text::as_str)
    }
    let word = match kind {
        EntityKind::Hashtag | EntityKind::Cashtag => text(marked.text.as_ref()),
        EntityKind::Mention => text(marked.screen_name.as_ref()),
        EntityKind::Url => text(marked.url.as_ref()),
    };
    let real = if kind == EntityKind::Url { text(marked.expanded_url.as_ref()) } else { "" };
    let at = match marked.indices.as_deref() {
        Some([start, end]) => Some((*start, *end)),
        _ => None,
    };
    Mark { kind, word, value: if real.is_empty() { word } else { real }, at }
}

fn set_author(mention: &mut Mention, user: Option<&User<'_>>) {
    let Some(user) = user else { return };
    let handle = given(user.screen_name.as_ref());
    mention.author = Some(Author {
        id: exact(user.id_str.as_ref(), user.id.as_ref()).map(str::to_owned),
        name: given(user.name.as_ref()),
        url: handle.as_deref().map(x::profile),
        handle,
        followers: user.followers_count,
        verified: user.verified,
        ..Author::default()
    });
    if user.protected == Some(true) {
        mention.visibility = Visibility::Private;
    }
}

fn media(status: &Status<'_>) -> Vec<Media> {
    let extended = status.extended_tweet.as_ref();
    let lists = [
        extended.and_then(|extended| extended.extended_entities.as_ref()),
        extended.and_then(|extended| extended.entities.as_ref()),
        status.extended_entities.as_ref(),
        status.entities.as_ref(),
    ];
    let list = lists.into_iter().flatten().find_map(|entities| entities.media.as_ref());
    let media = list.into_iter().flatten().take(MAX_MEDIA).map(|media| Media {
        kind: given(media.kind.as_ref()).unwrap_or_else(|| "media".to_owned()),
        url: given(media.media_url_https.as_ref()).or_else(|| given(media.url.as_ref())),
        alt: given(media.ext_alt_text.as_ref()),
    });
    media.collect()
}

fn geo(status: &Status<'_>) -> Option<Geo> {
    let country = status.place.as_ref().and_then(|place| given(place.country_code.as_ref()));
    let point = status.coordinates.as_ref().and_then(|point| point.coordinates.as_deref());
    let (lon, lat) = match point {
        Some([lon, lat, ..]) => (Some(*lon), Some(*lat)),
        _ => (None, None),
    };
    (country.is_some() || lat.is_some()).then_some(Geo { country, lat, lon })
}

fn read_dm(text: &str) -> Item {
    let message: DirectMessage<'_> = json::parse(text, SHAPE)?;
    let Some(create) = message.message_create else { return Ok(Normalized::NotContent("dm_event")) };
    let id = given_id(message.id.as_ref()).ok_or_else(|| missing("direct_message_events.id"))?;
    let data = create.message_data.as_ref();
    let raw = data.and_then(|data| data.text.as_ref()).ok_or_else(|| missing("message_data.text"))?;
    let mut mention = x::mention(id);
    mention.kind = Kind::Dm;
    mention.visibility = Visibility::Direct;
    mention.author = x::author(given_id(create.sender_id.as_ref()));
    mention.created_at = message.created_timestamp.0;
    x::set_text(&mut mention, raw.as_str(), &marks(data.and_then(|data| data.entities.as_ref())));
    found(mention)
}
