//! Messages that stand alone in an X v1.1 stream: deletes, withheld content, authors' actions, and the stream's own
//! talk (limits, disconnects, warnings), of which nothing is extracted.

use super::json::{self, Id, Key, MILLIS, Outline, Time, missing};
use super::{Item, Normalized, found, x, x_v1::exact};
use crate::mention::Action;
use serde::Deserialize;
use serde::de::IgnoredAny;

const SHAPE: &str = "x v1 notice";

#[derive(Deserialize)]
struct Notices<'a> {
    #[serde(borrow)]
    delete: Option<PostNotice<'a>>,
    #[serde(borrow)]
    drop: Option<PostNotice<'a>>,
    #[serde(borrow)]
    status_withheld: Option<PostNotice<'a>>,
    #[serde(borrow)]
    user_delete: Option<Reference<'a>>,
    #[serde(borrow)]
    user_protect: Option<Reference<'a>>,
    #[serde(borrow)]
    user_suspend: Option<Reference<'a>>,
    #[serde(borrow)]
    user_withheld: Option<Reference<'a>>,
}

/// What happened to a post; older notices carry its ids themselves, newer ones in `status`.
#[derive(Deserialize)]
struct PostNotice<'a> {
    #[serde(borrow)]
    status: Option<Reference<'a>>,
    favorite: Option<IgnoredAny>,
    direct_message: Option<IgnoredAny>,
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    user_id_str: Option<Id<'a>>,
    #[serde(borrow)]
    user_id: Option<Id<'a>>,
    #[serde(default)]
    timestamp_ms: Time<MILLIS>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    id_str: Option<Id<'a>>,
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    user_id_str: Option<Id<'a>>,
    #[serde(borrow)]
    user_id: Option<Id<'a>>,
    #[serde(default)]
    timestamp_ms: Time<MILLIS>,
}

/// Reads one notice.
pub(super) fn read(text: &str, outline: &Outline<'_>) -> Item {
    let notices: Notices<'_> = json::parse(text, SHAPE)?;
    let of_posts = [
        (&notices.delete, Action::Delete),
        (&notices.drop, Action::Restrict),
        (&notices.status_withheld, Action::Restrict),
    ];
    for (notice, action) in of_posts {
        if let Some(notice) = notice {
            return of_post(notice, action);
        }
    }
    let of_authors = [
        (&notices.user_delete, Action::AuthorDelete),
        (&notices.user_protect, Action::AuthorRestrict),
        (&notices.user_suspend, Action::AuthorRestrict),
        (&notices.user_withheld, Action::AuthorRestrict),
    ];
    for (notice, action) in of_authors {
        if let Some(notice) = notice {
            let id = exact(notice.id_str.as_ref(), notice.id.as_ref());
            let id = id.or_else(|| exact(notice.user_id_str.as_ref(), notice.user_id.as_ref()));
            let id = id.ok_or_else(|| missing("user id"))?;
            return found(x::author_removal(id, action, notice.timestamp_ms.0));
        }
    }
    other(outline).map(Normalized::NotContent).ok_or_else(|| missing("notice"))
}

/// Reads one element of a webhook's `tweet_delete_events`.
pub(super) fn deletion(text: &str) -> Item {
    of_post(&json::parse(text, SHAPE)?, Action::Delete)
}

fn of_post(notice: &PostNotice<'_>, action: Action) -> Item {
    if notice.favorite.is_some() {
        return Ok(Normalized::NotContent("like"));
    }
    if notice.direct_message.is_some() {
        return Ok(Normalized::NotContent("dm_event"));
    }
    let (id, author) = match &notice.status {
        Some(status) => (
            exact(status.id_str.as_ref(), status.id.as_ref()),
            exact(status.user_id_str.as_ref(), status.user_id.as_ref()),
        ),
        None => (
            exact(notice.id_str.as_ref(), notice.id.as_ref()),
            exact(notice.user_id_str.as_ref(), notice.user_id.as_ref()),
        ),
    };
    let id = id.ok_or_else(|| missing("status.id_str"))?;
    let at = notice.timestamp_ms.0.or_else(|| notice.status.as_ref().and_then(|status| status.timestamp_ms.0));
    found(x::removal(id, author, action, at))
}

fn other(outline: &Outline<'_>) -> Option<&'static str> {
    let told = [
        (Key::Undrop, "undrop"),
        (Key::ScrubGeo, "scrub_geo"),
        (Key::Limit, "limit"),
        (Key::Disconnect, "disconnect"),
        (Key::Warning, "warning"),
        (Key::Info, "info"),
        (Key::Friends, "friends"),
        (Key::FriendsStr, "friends"),
        (Key::Control, "control"),
        (Key::DirectMessage, "dm_event"),
        (Key::UserUndelete, "author_restored"),
        (Key::UserUnprotect, "author_restored"),
        (Key::UserUnsuspend, "author_restored"),
        (Key::UserProfile, "profile"),
        (Key::TweetEdit, "tweet_edit"),
        (Key::Event, "user_event"),
        (Key::SearchMetadata, "empty_page"),
    ];
    told.into_iter().find(|(key, _)| outline.has(*key)).map(|(_, name)| name)
}
