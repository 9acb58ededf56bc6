//! Bluesky: Jetstream events. Posts and reposts are content; likes, follows, blocks and the like are not.
//!
//! `createdAt` is the client's clock, `time_us` the relay's; both are kept. Facets count UTF-8 bytes and may be wrong:
//! a bad facet is dropped, never the post.

use super::json::{self, Id, MICROS, Text, Time, Written, given, given_id, missing};
use super::rebase::{Escapes, MAX_ENTITIES, Rebased, Unit};
use super::{Item, Normalized, Reject, found};
use crate::mention::{Action, Author, Entity, EntityKind, Kind, Media, Mention, Platform, Visibility, mention_id};
use serde::Deserialize;
use serde_json::value::RawValue;

const SHAPE: &str = "bluesky";
const POST: &str = "app.bsky.feed.post";
const REPOST: &str = "app.bsky.feed.repost";
/// Most attachments kept of one post.
const MAX_MEDIA: usize = 64;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    did: Option<Text<'a>>,
    #[serde(default)]
    time_us: Time<MICROS>,
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    commit: Option<Commit<'a>>,
    #[serde(borrow)]
    account: Option<Account<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    operation: Option<Text<'a>>,
    #[serde(borrow)]
    collection: Option<Text<'a>>,
    #[serde(borrow)]
    rkey: Option<Id<'a>>,
    /// Read only for posts and reposts: other records have other fields.
    #[serde(borrow)]
    record: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Account<'a> {
    active: Option<bool>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(default)]
    time: Written,
}

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(rename = "createdAt", default)]
    created_at: Written,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    langs: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    reply: Option<Reply<'a>>,
    #[serde(borrow)]
    embed: Option<Embed<'a>>,
    #[serde(borrow)]
    facets: Option<Vec<Facet<'a>>>,
}

#[derive(Deserialize)]
struct Repost<'a> {
    #[serde(rename = "createdAt", default)]
    created_at: Written,
    #[serde(borrow)]
    subject: Option<Link<'a>>,
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    parent: Option<Link<'a>>,
    #[serde(borrow)]
    root: Option<Link<'a>>,
}

/// A reference to a record; the one of `recordWithMedia` is wrapped once more.
#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow)]
    record: Option<Box<Link<'a>>>,
}

#[derive(Deserialize)]
struct Embed<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    record: Option<Link<'a>>,
    #[serde(borrow)]
    media: Option<Box<Embed<'a>>>,
    #[serde(borrow)]
    images: Option<Vec<Image<'a>>>,
    #[serde(borrow)]
    external: Option<External<'a>>,
    #[serde(borrow)]
    alt: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow)]
    alt: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct External<'a> {
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Facet<'a> {
    index: Option<Index>,
    #[serde(borrow)]
    features: Option<Vec<Feature<'a>>>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(rename = "byteStart")]
    byte_start: Option<i64>,
    #[serde(rename = "byteEnd")]
    byte_end: Option<i64>,
}

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
    #[serde(borrow)]
    did: Option<Text<'a>>,
}

/// Reads one document.
pub(super) fn read(text: &str, items: &mut Vec<Item>) -> Result<(), Reject> {
    let event: Event<'_> = json::parse(text, SHAPE)?;
    items.push(read_event(&event));
    Ok(())
}

fn read_event(event: &Event<'_>) -> Item {
    let kind = event.kind.as_ref().map(Text::as_str);
    match (kind, &event.commit, &event.account) {
        (Some("commit") | None, Some(commit), _) => read_commit(event, commit),
        (Some("account") | None, _, Some(account)) => read_account(event, account),
        (Some("commit"), None, _) => Err(missing("commit")),
        (Some("account"), _, None) => Err(missing("account")),
        (Some("identity"), ..) => Ok(Normalized::NotContent("identity")),
        (Some(_), ..) => Ok(Normalized::NotContent("unknown_type")),
        (None, ..) => Err(missing("kind")),
    }
}

fn read_commit(event: &Event<'_>, commit: &Commit<'_>) -> Item {
    let did = author(event)?;
    let collection = commit.collection.as_ref().ok_or_else(|| missing("commit.collection"))?.as_str();
    if collection != POST && collection != REPOST {
        return Ok(Normalized::NotContent(other(collection)));
    }
    let rkey = given_id(commit.rkey.as_ref()).ok_or_else(|| missing("commit.rkey"))?;
    let mut mention = Mention::new(Platform::Bluesky, "", &format!("at://{did}/{collection}/{rkey}"));
    mention.author = Some(Author {
        id: Some(did.to_owned()),
        url: Some(format!("https://bsky.app/profile/{did}")),
        ..Author::default()
    });
    mention.observed_at = event.time_us.0;
    mention.kind = if collection == REPOST { Kind::Repost } else { Kind::Post };
    if collection == POST {
        mention.url = Some(format!("https://bsky.app/profile/{did}/post/{rkey}"));
    }
    match commit.operation.as_ref().map(Text::as_str) {
        Some("delete") => {
            mention.action = Action::Delete;
            mention.deleted_at = mention.observed_at;
            return found(mention);
        }
        Some("create") => {}
        Some("update") => {
            mention.action = Action::Update;
            mention.edited_at = mention.observed_at;
        }
        Some(_) => return Ok(Normalized::NotContent("unknown_type")),
        None => return Err(missing("commit.operation")),
    }
    let record = commit.record.ok_or_else(|| missing("commit.record"))?.get();
    if collection == REPOST {
        read_repost(&mut mention, record)?;
    } else {
        read_post(&mut mention, record)?;
    }
    // without the client's clock the relay's is the best there is
    mention.created_at = mention.created_at.or(mention.observed_at);
    found(mention)
}

fn read_repost(mention: &mut Mention, record: &str) -> Result<(), Reject> {
    let repost: Repost<'_> = json::parse(record, "bluesky record")?;
    mention.created_at = repost.created_at.0;
    mention.reposted_id = Some(scoped(repost.subject.as_ref()).ok_or_else(|| missing("record.subject.uri"))?);
    Ok(())
}

fn read_post(mention: &mut Mention, record: &str) -> Result<(), Reject> {
    let post: Post<'_> = json::parse(record, "bluesky record")?;
    let raw = post.text.as_ref().ok_or_else(|| missing("record.text"))?.as_str();
    mention.created_at = post.created_at.0;
    mention.lang = post.langs.iter().flatten().find_map(|lang| json::language(Some(lang)));
    let text = Rebased::new(raw, Escapes::Keep, Unit::Byte, true);
    mention.entities = entities(&text, post.facets.as_deref().unwrap_or_default());
    mention.text = text.text;
    if let Some(reply) = &post.reply {
        mention.parent_id = scoped(reply.parent.as_ref());
        mention.thread_id = scoped(reply.root.as_ref()).or_else(|| mention.parent_id.clone());
        mention.kind = Kind::Reply;
    }
    if let Some(embed) = &post.embed {
        set_embed(mention, embed);
    }
    Ok(())
}

/// A record embed quotes only where it names a post: lists, feeds and starter packs are embedded the same way.
fn set_embed(mention: &mut Mention, embed: &Embed<'_>) {
    let target = embed.record.as_ref().and_then(|link| link.record.as_deref().or(Some(link)));
    let is_post = |link: &&Link<'_>| link.uri.as_ref().is_some_and(|uri| uri.as_str().contains("/app.bsky.feed.post/"));
    if let Some(link) = target.filter(is_post) {
        mention.quoted_id = scoped(Some(link));
        mention.kind = Kind::Quote;
    }
    mention.media = media(embed.media.as_deref().unwrap_or(embed));
}

fn media(embed: &Embed<'_>) -> Vec<Media> {
    let one = |kind: &str, url: Option<String>, alt: Option<String>| Media { kind: kind.to_owned(), url, alt };
    if let Some(images) = &embed.images {
        return images.iter().take(MAX_MEDIA).map(|image| one("image", None, given(image.alt.as_ref()))).collect();
    }
    if let Some(external) = &embed.external {
        return vec![one("card", given(external.uri.as_ref()), given(external.title.as_ref()))];
    }
    match embed.kind.as_ref().map(Text::as_str) {
        Some("app.bsky.embed.video") => vec![one("video", None, given(embed.alt.as_ref()))],
        _ => Vec::new(),
    }
}

fn entities(text: &Rebased, facets: &[Facet<'_>]) -> Vec<Entity> {
    let mut entities = Vec::with_capacity(facets.len().min(MAX_ENTITIES));
    for facet in facets {
        let index = facet.index.as_ref().and_then(|index| index.byte_start.zip(index.byte_end));
        let Some(range) = index.and_then(|(start, end)| text.range(start, end)) else { continue };
        for feature in facet.features.iter().flatten() {
            if entities.len() == MAX_ENTITIES {
                return entities;
            }
            if let Some((kind, value)) = marked(feature, text.slice(range)) {
                entities.push(Entity { kind, value, start: range.0, end: range.1 });
            }
        }
    }
    entities
}

fn marked(feature: &Feature<'_>, shown: &str) -> Option<(EntityKind, String)> {
    let kind = feature.kind.as_ref()?.as_str();
    match kind.rsplit_once('#')?.1 {
        "link" => Some((EntityKind::Url, given(feature.uri.as_ref())?)),
        "tag" => {
            let tag = given(feature.tag.as_ref())?;
            Some((EntityKind::Hashtag, tag.trim_start_matches(['#', '＃']).to_owned()))
        }
        // people know the handle that is shown; the wire has the account's id only
        "mention" => match shown.strip_prefix('@').filter(|handle| !handle.is_empty()) {
            Some(handle) => Some((EntityKind::Mention, handle.to_owned())),
            None => Some((EntityKind::Mention, given(feature.did.as_ref())?)),
        },
        _ => None,
    }
}

fn read_account(event: &Event<'_>, account: &Account<'_>) -> Item {
    let did = author(event)?;
    let active = account.active.ok_or_else(|| missing("account.active"))?;
    if active {
        return Ok(Normalized::NotContent("account_active"));
    }
    let mut mention = Mention::new(Platform::Bluesky, "author", did);
    mention.author = Some(Author { id: Some(did.to_owned()), ..Author::default() });
    mention.observed_at = event.time_us.0;
    match account.status.as_ref().map(Text::as_str) {
        Some("deleted") => {
            mention.action = Action::AuthorDelete;
            mention.deleted_at = account.time.0.or(mention.observed_at);
        }
        // trouble of a host, not a change of what may be shown
        Some("desynchronized" | "throttled") => return Ok(Normalized::NotContent("account_host")),
        // taken down, suspended, deactivated, or a state that is not known yet: it can come back
        _ => {
            mention.action = Action::AuthorRestrict;
            mention.visibility = Visibility::Private;
        }
    }
    found(mention)
}

fn author<'e>(event: &'e Event<'_>) -> Result<&'e str, Reject> {
    event.did.as_ref().map(Text::as_str).filter(|did| !did.is_empty()).ok_or_else(|| missing("did"))
}

fn scoped(link: Option<&Link<'_>>) -> Option<String> {
    let uri = link?.uri.as_ref().map(Text::as_str).filter(|uri| !uri.is_empty())?;
    Some(mention_id(Platform::Bluesky, "", uri))
}

fn other(collection: &str) -> &'static str {
    match collection {
        "app.bsky.feed.like" => "like",
        "app.bsky.graph.follow" => "follow",
        "app.bsky.graph.block" | "app.bsky.graph.listblock" => "block",
        "app.bsky.graph.list" | "app.bsky.graph.listitem" => "list",
        "app.bsky.graph.starterpack" => "starterpack",
        "app.bsky.feed.threadgate" | "app.bsky.feed.postgate" => "gate",
        "app.bsky.feed.generator" => "generator",
        "app.bsky.actor.profile" | "app.bsky.actor.status" => "profile",
        _ => "unknown_type",
    }
}
