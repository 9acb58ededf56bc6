//! X API v2: lines of the filtered stream, pages of search and timelines, direct message events.
//!
//! The main posts alone become mentions; what `includes` carries (authors, quoted posts, media, places) only completes
//! them. Compliance events are in [`super::x_v2_events`].

use super::json::{self, Id, Key, Outline, Text, Written, given, given_id, missing};
use super::x::{self, Mark};
use super::{Item, Normalized, Reject, x_v2_events};
use crate::mention::{Action, Author, Counts, EntityKind, Geo, Kind, Media, Mention, Visibility};
use serde::Deserialize;
use serde_json::value::RawValue;

const SHAPE: &str = "x v2";
/// Most attachments kept of one post.
const MAX_MEDIA: usize = 64;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    data: Option<Post<'a>>,
    #[serde(borrow)]
    includes: Option<Includes<'a>>,
    #[serde(borrow)]
    matching_rules: Option<Vec<Rule<'a>>>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(borrow)]
    includes: Option<Includes<'a>>,
}

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    note_tweet: Option<Note<'a>>,
    #[serde(borrow)]
    author_id: Option<Id<'a>>,
    #[serde(default)]
    created_at: Written,
    #[serde(borrow)]
    lang: Option<Text<'a>>,
    #[serde(borrow)]
    conversation_id: Option<Id<'a>>,
    #[serde(borrow)]
    referenced_tweets: Option<Vec<Reference<'a>>>,
    public_metrics: Option<Metrics>,
    #[serde(borrow)]
    edit_history_tweet_ids: Option<Vec<Id<'a>>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
    #[serde(borrow)]
    attachments: Option<Attachments<'a>>,
    #[serde(borrow)]
    geo: Option<PostGeo<'a>>,
    /// On direct message events alone, as the two after it.
    #[serde(borrow)]
    event_type: Option<Text<'a>>,
    #[serde(borrow)]
    sender_id: Option<Id<'a>>,
    #[serde(borrow)]
    dm_conversation_id: Option<Id<'a>>,
    /// On users alone.
    #[serde(borrow)]
    username: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Note<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
}

#[derive(Deserialize, Clone, Copy)]
struct Metrics {
    like_count: Option<i64>,
    retweet_count: Option<i64>,
    reply_count: Option<i64>,
    quote_count: Option<i64>,
    impression_count: Option<i64>,
    followers_count: Option<i64>,
}

#[derive(Deserialize)]
struct Entities<'a> {
    #[serde(borrow)]
    hashtags: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    cashtags: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    mentions: Option<Vec<Marked<'a>>>,
    #[serde(borrow)]
    urls: Option<Vec<Marked<'a>>>,
}

#[derive(Deserialize)]
struct Marked<'a> {
    start: Option<i64>,
    end: Option<i64>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    expanded_url: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Attachments<'a> {
    #[serde(borrow)]
    media_keys: Option<Vec<Id<'a>>>,
}

#[derive(Deserialize)]
struct PostGeo<'a> {
    #[serde(borrow)]
    place_id: Option<Id<'a>>,
    coordinates: Option<Point>,
}

#[derive(Deserialize)]
struct Point {
    /// Longitude, latitude.
    coordinates: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
struct Includes<'a> {
    #[serde(borrow)]
    users: Option<Vec<User<'a>>>,
    #[serde(borrow)]
    tweets: Option<Vec<Original<'a>>>,
    #[serde(borrow)]
    media: Option<Vec<IncludedMedia<'a>>>,
    #[serde(borrow)]
    places: Option<Vec<IncludedPlace<'a>>>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    username: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    verified: Option<bool>,
    protected: Option<bool>,
    public_metrics: Option<Metrics>,
}

/// A post that another one quotes, reposts or answers.
#[derive(Deserialize)]
struct Original<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    note_tweet: Option<Note<'a>>,
    #[serde(borrow)]
    lang: Option<Text<'a>>,
    #[serde(borrow)]
    entities: Option<Entities<'a>>,
}

#[derive(Deserialize)]
struct IncludedMedia<'a> {
    #[serde(borrow)]
    media_key: Option<Id<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    preview_image_url: Option<Text<'a>>,
    #[serde(borrow)]
    alt_text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct IncludedPlace<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    country_code: Option<Text<'a>>,
}

/// What is looked up by its id.
trait Keyed {
    fn key(&self) -> &str;
}

macro_rules! keyed {
    ($($name:ident by $field:ident),+) => {
        $(impl Keyed for $name<'_> {
            fn key(&self) -> &str {
                self.$field.as_ref().map_or("", |id| &id.0)
            }
        })+
    };
}

keyed!(User by id, Original by id, IncludedMedia by media_key, IncludedPlace by id);

impl Includes<'_> {
    /// Puts every list into the order of its ids, so that a large page is not searched end to end for every post.
    fn sort(&mut self) {
        fn sort<T: Keyed>(list: &mut Option<Vec<T>>) {
            list.iter_mut().for_each(|list| list.sort_by(|a, b| a.key().cmp(b.key())));
        }
        sort(&mut self.users);
        sort(&mut self.tweets);
        sort(&mut self.media);
        sort(&mut self.places);
    }
}

/// The item with this id in a sorted list.
fn lookup<'i, T: Keyed>(sorted: Option<&'i Vec<T>>, id: &str) -> Option<&'i T> {
    let sorted = sorted?;
    sorted.get(sorted.partition_point(|item| item.key() < id)).filter(|item| item.key() == id)
}

/// Reads one document.
pub(super) fn read(text: &str, outline: &Outline<'_>, items: &mut Vec<Item>) -> Result<(), Reject> {
    if outline.data == b'[' {
        return read_page(text, items);
    }
    let line: Line<'_> = json::parse(text, SHAPE)?;
    let Some(post) = line.data else {
        let what = match (outline.has_any(&[Key::Errors, Key::Title]), outline.has(Key::Meta)) {
            (true, _) => "error",
            (_, true) => "empty_page",
            _ => return Err(missing("data")),
        };
        items.push(Ok(Normalized::NotContent(what)));
        return Ok(());
    };
    let mut includes = line.includes.unwrap_or_default();
    includes.sort();
    if post.id.is_none() && post.text.is_none() {
        items.push(x_v2_events::read(text));
        return Ok(());
    }
    let mut item = read_post(&post, &includes)?;
    if let Normalized::Mention(mention) = &mut item {
        mention.rule_hits = line.matching_rules.iter().flatten().filter_map(rule_name).collect();
    }
    items.push(Ok(item));
    Ok(())
}

fn read_page(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let page: Page<'_> = json::parse(text, SHAPE)?;
    let mut includes = page.includes.unwrap_or_default();
    includes.sort();
    items.reserve(page.data.len());
    for element in page.data {
        items.push(json::parse(element.get(), "x v2 item").and_then(|post| read_post(&post, &includes)));
    }
    Ok(())
}

fn rule_name(rule: &Rule<'_>) -> Option<String> {
    given(rule.tag.as_ref()).or_else(|| given_id(rule.id.as_ref()).map(str::to_owned))
}

fn read_post(post: &Post<'_>, includes: &Includes<'_>) -> Result<Normalized, Reject> {
    if post.username.is_some() && post.text.is_none() {
        return Ok(Normalized::NotContent("user"));
    }
    let id = given_id(post.id.as_ref()).ok_or_else(|| missing("data.id"))?;
    if let Some(event) = &post.event_type {
        return read_dm(post, id, event.as_str(), includes);
    }
    let mut mention = x::mention(id);
    set_references(&mut mention, post);
    set_words(&mut mention, post, includes)?;
    set_author(&mut mention, given_id(post.author_id.as_ref()), includes);
    set_versions(&mut mention, post, id);
    mention.thread_id = given_id(post.conversation_id.as_ref()).map(x::scoped);
    mention.media = media(post, includes);
    mention.geo = geo(post, includes);
    let handle = mention.author.as_ref().and_then(|author| author.handle.as_deref());
    mention.url = Some(x::permalink(handle, id));
    // the counts of a repost are those of its original
    if mention.kind != Kind::Repost {
        mention.counts = post.public_metrics.map(counts).unwrap_or_default();
    }
    Ok(Normalized::Mention(Box::new(mention)))
}

fn set_references(mention: &mut Mention, post: &Post<'_>) {
    for reference in post.referenced_tweets.iter().flatten() {
        let id = given_id(reference.id.as_ref()).map(x::scoped);
        match reference.kind.as_ref().map(Text::as_str) {
            Some("retweeted") => mention.reposted_id = id,
            Some("quoted") => mention.quoted_id = id,
            Some("replied_to") => mention.parent_id = id,
            _ => {}
        }
    }
    mention.kind = x::kind(mention.reposted_id.is_some(), mention.quoted_id.is_some(), mention.parent_id.is_some());
}

/// Text, entities and language: of the original for a repost that brings it, since the repost's own text is cut.
fn set_words(mention: &mut Mention, post: &Post<'_>, includes: &Includes<'_>) -> Result<(), Reject> {
    mention.lang = json::language(post.lang.as_ref());
    let own = words(post.text.as_ref(), post.note_tweet.as_ref(), post.entities.as_ref());
    let (own, own_entities) = own.ok_or_else(|| missing("data.text"))?;
    let original_id =
        post.referenced_tweets.iter().flatten().find(|r| r.kind.as_ref().is_some_and(|k| k.as_str() == "retweeted"));
    let original =
        original_id.and_then(|r| given_id(r.id.as_ref())).and_then(|id| lookup(includes.tweets.as_ref(), id));
    let whole = original.and_then(|o| words(o.text.as_ref(), o.note_tweet.as_ref(), o.entities.as_ref()));
    match (whole, original) {
        (Some((text, entities)), Some(original)) => {
            x::set_text(mention, text, &marks(entities));
            mention.lang = mention.lang.take().or_else(|| json::language(original.lang.as_ref()));
        }
        _ => x::set_text(mention, own, &marks(own_entities)),
    }
    if post.referenced_tweets.is_none() && x::is_marked_repost(own) {
        mention.kind = Kind::Repost;
    }
    Ok(())
}

/// The whole text where there is a long form, and the entities that go with it.
fn words<'p>(
    text: Option<&'p Text<'_>>,
    note: Option<&'p Note<'_>>,
    entities: Option<&'p Entities<'p>>,
) -> Option<(&'p str, Option<&'p Entities<'p>>)> {
    match note.and_then(|note| Some((note.text.as_ref()?, note.entities.as_ref()))) {
        Some((text, own)) => Some((text.as_str(), own.or(entities))),
        None => Some((text?.as_str(), entities)),
    }
}

fn marks<'p>(entities: Option<&'p Entities<'p>>) -> Vec<Mark<'p>> {
    let Some(entities) = entities else { return Vec::new() };
    let lists = [
        (EntityKind::Hashtag, &entities.hashtags),
        (EntityKind::Cashtag, &entities.cashtags),
        (EntityKind::Mention, &entities.mentions),
        (EntityKind::Url, &entities.urls),
    ];
    lists.into_iter().flat_map(|(kind, list)| list.iter().flatten().map(move |marked| mark(kind, marked))).collect()
}

fn mark<'p>(kind: EntityKind, marked: &'p Marked<'_>) -> Mark<'p> {
    fn text<'t>(text: Option<&'t Text<'_>>) -> &'t str {
        text.map_or("", Text::as_str)
    }
    let word = match kind {
        EntityKind::Hashtag | EntityKind::Cashtag => text(marked.tag.as_ref()),
        EntityKind::Mention => text(marked.username.as_ref()),
        EntityKind::Url => text(marked.url.as_ref()),
    };
    let real = if kind == EntityKind::Url { text(marked.expanded_url.as_ref()) } else { "" };
    Mark { kind, word, value: if real.is_empty() { word } else { real }, at: marked.start.zip(marked.end) }
}

fn set_author(mention: &mut Mention, id: Option<&str>, includes: &Includes<'_>) {
    let Some(id) = id else { return };
    let mut author = Author { id: Some(id.to_owned()), ..Author::default() };
    if let Some(user) = lookup(includes.users.as_ref(), id) {
        author.handle = given(user.username.as_ref());
        author.name = given(user.name.as_ref());
        author.url = author.handle.as_deref().map(x::profile);
        author.followers = user.public_metrics.and_then(|metrics| metrics.followers_count);
        author.verified = user.verified;
        if user.protected == Some(true) {
            mention.visibility = Visibility::Private;
        }
    }
    mention.author = Some(author);
}

/// Every edit gets an id of its own; the first id of the chain is the identity of all.
fn set_versions(mention: &mut Mention, post: &Post<'_>, id: &str) {
    mention.created_at = post.created_at.0.or_else(|| x::snowflake(id));
    let first = post.edit_history_tweet_ids.iter().flatten().next().and_then(Id::given);
    if let Some(first) = first.filter(|first| *first != id) {
        mention.edit_of = Some(x::scoped(first));
        mention.edited_at = mention.created_at;
        mention.action = Action::Update;
    }
}

fn counts(metrics: Metrics) -> Counts {
    Counts {
        likes: metrics.like_count,
        reposts: metrics.retweet_count,
        replies: metrics.reply_count,
        quotes: metrics.quote_count,
        views: metrics.impression_count,
        counts_at: None,
    }
}

fn media(post: &Post<'_>, includes: &Includes<'_>) -> Vec<Media> {
    let keys = post.attachments.iter().flat_map(|attachments| attachments.media_keys.iter().flatten());
    let included = keys.take(MAX_MEDIA).filter_map(|key| lookup(includes.media.as_ref(), &key.0));
    let media = included.map(|media| Media {
        kind: given(media.kind.as_ref()).unwrap_or_else(|| "media".to_owned()),
        url: given(media.url.as_ref()).or_else(|| given(media.preview_image_url.as_ref())),
        alt: given(media.alt_text.as_ref()),
    });
    media.collect()
}

fn geo(post: &Post<'_>, includes: &Includes<'_>) -> Option<Geo> {
    let given_geo = post.geo.as_ref()?;
    let place = given_id(given_geo.place_id.as_ref()).and_then(|id| lookup(includes.places.as_ref(), id));
    let country = place.and_then(|place| given(place.country_code.as_ref()));
    let point = given_geo.coordinates.as_ref().and_then(|point| point.coordinates.as_deref());
    let (lon, lat) = match point {
        Some([lon, lat, ..]) => (Some(*lon), Some(*lat)),
        _ => (None, None),
    };
    (country.is_some() || lat.is_some()).then_some(Geo { country, lat, lon })
}

fn read_dm(post: &Post<'_>, id: &str, event: &str, includes: &Includes<'_>) -> Result<Normalized, Reject> {
    if event != "MessageCreate" {
        return Ok(Normalized::NotContent("dm_event"));
    }
    let raw = post.text.as_ref().ok_or_else(|| missing("data.text"))?;
    let mut mention = x::mention(id);
    mention.kind = Kind::Dm;
    mention.visibility = Visibility::Direct;
    x::set_text(&mut mention, raw.as_str(), &marks(post.entities.as_ref()));
    set_author(&mut mention, given_id(post.sender_id.as_ref()), includes);
    mention.visibility = Visibility::Direct;
    mention.created_at = post.created_at.0.or_else(|| x::snowflake(id));
    mention.thread_id = given_id(post.dm_conversation_id.as_ref()).map(x::scoped);
    mention.media = media(post, includes);
    Ok(Normalized::Mention(Box::new(mention)))
}
