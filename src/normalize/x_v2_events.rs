//! Compliance events of X API v2: what happened to posts and accounts, by id alone.
//!
//! Deletes and authors' actions become mentions; what comes back into view (undrop, undelete, unprotect …) does not,
//! because nothing that was erased returns with it.

use super::json::{self, Id, Written, given_id, missing};
use super::{Item, Normalized, found, x};
use crate::mention::Action;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const SHAPE: &str = "x v2 event";

#[derive(Deserialize)]
struct Root<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow)]
    delete: Option<Event<'a>>,
    #[serde(borrow)]
    drop: Option<Event<'a>>,
    #[serde(borrow)]
    withheld: Option<Event<'a>>,
    undrop: Option<IgnoredAny>,
    tweet_edit: Option<IgnoredAny>,
    #[serde(borrow)]
    user_delete: Option<Event<'a>>,
    #[serde(borrow)]
    user_protect: Option<Event<'a>>,
    #[serde(borrow)]
    user_suspend: Option<Event<'a>>,
    #[serde(borrow)]
    user_withheld: Option<Event<'a>>,
    user_undelete: Option<IgnoredAny>,
    user_unprotect: Option<IgnoredAny>,
    user_unsuspend: Option<IgnoredAny>,
    user_profile_modification: Option<IgnoredAny>,
    scrub_geo: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    tweet: Option<Reference<'a>>,
    #[serde(borrow)]
    user: Option<Reference<'a>>,
    favorite: Option<IgnoredAny>,
    #[serde(default)]
    event_at: Written,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    author_id: Option<Id<'a>>,
}

/// Reads a document whose `data` is no post.
pub(super) fn read(text: &str) -> Item {
    let root: Root<'_> = json::parse(text, SHAPE)?;
    if json::outline(root.data.get())?.key_count == 0 {
        return Err(missing("data.id"));
    }
    let events: Events<'_> = json::parse(root.data.get(), SHAPE)?;
    let of_posts =
        [(&events.delete, Action::Delete), (&events.drop, Action::Restrict), (&events.withheld, Action::Restrict)];
    for (event, action) in of_posts {
        if let Some(event) = event {
            return of_post(event, action);
        }
    }
    let of_authors = [
        (&events.user_delete, Action::AuthorDelete),
        (&events.user_protect, Action::AuthorRestrict),
        (&events.user_suspend, Action::AuthorRestrict),
        (&events.user_withheld, Action::AuthorRestrict),
    ];
    for (event, action) in of_authors {
        if let Some(event) = event {
            return of_author(event, action);
        }
    }
    Ok(Normalized::NotContent(other(&events)))
}

fn of_post(event: &Event<'_>, action: Action) -> Item {
    if event.favorite.is_some() {
        return Ok(Normalized::NotContent("like"));
    }
    let tweet = event.tweet.as_ref();
    let id = tweet.and_then(|tweet| given_id(tweet.id.as_ref())).ok_or_else(|| missing("data.tweet.id"))?;
    let author = tweet.and_then(|tweet| given_id(tweet.author_id.as_ref()));
    found(x::removal(id, author, action, event.event_at.0))
}

fn of_author(event: &Event<'_>, action: Action) -> Item {
    let user =
        event.user.as_ref().and_then(|user| given_id(user.id.as_ref())).ok_or_else(|| missing("data.user.id"))?;
    found(x::author_removal(user, action, event.event_at.0))
}

fn other(events: &Events<'_>) -> &'static str {
    let told = [
        (&events.undrop, "undrop"),
        (&events.tweet_edit, "tweet_edit"),
        (&events.scrub_geo, "scrub_geo"),
        (&events.user_undelete, "author_restored"),
        (&events.user_unprotect, "author_restored"),
        (&events.user_unsuspend, "author_restored"),
        (&events.user_profile_modification, "profile"),
    ];
    told.into_iter().find(|(event, _)| event.is_some()).map_or("unknown_type", |(_, name)| name)
}
