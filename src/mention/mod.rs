//! The nouns everything else speaks of: a mention, its author, its place, its numbers.
//!
//! Values only. Nothing here parses a payload, decides anything or knows where the bytes came from.

mod digest;
mod ids;
mod platform;
mod time;

pub use digest::{hex, mac, unhex};
pub use ids::{ScopedId, hash64, mention_id};
pub use platform::Platform;
pub use time::Timestamp;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the canonical mention written by this release.
pub const SCHEMA_VERSION: u16 = 1;

/// One normalised public (or private) item that queries look at. Absent means unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// Version of this record, [`SCHEMA_VERSION`].
    pub schema_version: u16,
    /// Where it was posted.
    pub platform: Platform,
    /// `platform:scope:native_id`; an empty scope is left out.
    pub mention_id: String,
    /// The id as the platform gave it, never through a float.
    pub native_id: String,
    /// The platform's global identifier where it has one (ActivityPub `object.id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native_uri: Option<String>,
    /// What happened to it.
    pub action: Action,
    /// What it is.
    pub kind: Kind,
    /// Who posted it; not every payload says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// When its author published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The platform's or relay's own clock, where the payload carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
    /// Plain text, whole, entities decoded.
    #[serde(default)]
    pub text: String,
    /// The text as sent, where it differs from `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_raw: Option<String>,
    /// Title, where the platform has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Content warning or spoiler line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_warning: Option<String>,
    /// Language as given, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Language as detected, ISO 639-1; set by triage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang_detected: Option<String>,
    /// Mentions, hashtags, cashtags and links; offsets are UTF-8 bytes of `text`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// Attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Mention id of what this replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Mention id of the root of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Mention id of the quoted post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted_id: Option<String>,
    /// Mention id of the reposted post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reposted_id: Option<String>,
    /// The place within the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// Permalink, given or built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Engagement counts, a snapshot.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// Stars, for reviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The brand's public answer to a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_reply: Option<BrandReply>,
    /// Who can see it.
    pub visibility: Visibility,
    /// Where it was posted from, given only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo: Option<Geo>,
    /// Filter rules or tags that fired at the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule_hits: Vec<String>,
    /// First mention id of an edit chain, where edits get new ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_of: Option<String>,
    /// Where the bytes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_ref: Option<RawRef>,
    /// Whose pack and topics, from the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Which feed brought it, from the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Mention {
    /// An empty public post under `native_id`; normalisers fill in what the payload says.
    #[must_use]
    pub fn new(platform: Platform, scope: &str, native_id: &str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            platform,
            mention_id: mention_id(platform, scope, native_id),
            native_id: native_id.to_owned(),
            native_uri: None,
            action: Action::Create,
            kind: Kind::Post,
            author: None,
            created_at: None,
            edited_at: None,
            deleted_at: None,
            observed_at: None,
            text: String::new(),
            text_raw: None,
            title: None,
            content_warning: None,
            lang: None,
            lang_detected: None,
            entities: Vec::new(),
            media: Vec::new(),
            parent_id: None,
            thread_id: None,
            quoted_id: None,
            reposted_id: None,
            container: None,
            url: None,
            counts: Counts::default(),
            rating: None,
            brand_reply: None,
            visibility: Visibility::Public,
            geo: None,
            rule_hits: Vec::new(),
            edit_of: None,
            raw_ref: None,
            tenant: None,
            source: None,
        }
    }

    /// Identity across payload shapes: the global URI where there is one, else the mention id.
    /// An edit that got a new id (X) keeps the identity of its chain.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.native_uri.as_deref().or(self.edit_of.as_deref()).unwrap_or(&self.mention_id)
    }

    /// Order of versions of one mention: 0 for the first, else the time of the edit in ms.
    #[must_use]
    pub fn version(&self) -> u64 {
        let edited = self.edited_at.or(if self.edit_of.is_some() { self.created_at } else { None });
        edited.map_or(0, |at| u64::try_from(at.as_micros() / 1000).unwrap_or(0))
    }

    /// The thread this belongs to; a post that belongs to none is its own.
    #[must_use]
    pub fn thread(&self) -> &str {
        self.thread_id.as_deref().unwrap_or_else(|| self.identity())
    }

    /// True for content: published or edited. Deletes, author actions and new counts are not.
    #[must_use]
    pub fn is_content(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update)
    }

    /// True for what may be shown as an example, listed or searched.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self.visibility, Visibility::Public | Visibility::Unlisted) && self.kind != Kind::Dm
    }
}

/// What happened to the mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Published.
    Create,
    /// Edited: a new version.
    Update,
    /// Gone.
    Delete,
    /// Its visibility changed; no new version.
    Restrict,
    /// Everything of its author must go.
    AuthorDelete,
    /// Everything of its author went private or was withheld.
    AuthorRestrict,
    /// New counts for known content.
    Metrics,
}

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Post,
    Reply,
    Repost,
    Quote,
    Comment,
    Dm,
    Review,
    Article,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] =
        [Self::Post, Self::Reply, Self::Repost, Self::Quote, Self::Comment, Self::Dm, Self::Review, Self::Article];

    /// The name used in queries and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Reply => "reply",
            Self::Repost => "repost",
            Self::Quote => "quote",
            Self::Comment => "comment",
            Self::Dm => "dm",
            Self::Review => "review",
            Self::Article => "article",
        }
    }
}

/// Who can see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Anyone.
    Public,
    /// Anyone who has the link.
    Unlisted,
    /// Followers or members.
    Private,
    /// The people addressed.
    Direct,
}

/// The account that posted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// The platform's id of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Handle without the leading @.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Profile address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Followers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followers: Option<i64>,
    /// Verified by the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// An own account: its posts are not scored.
    #[serde(default)]
    pub is_brand: bool,
    /// The platform says it is automated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_bot: Option<bool>,
    /// The own account that it passes itself off as; looked at where a query matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonates: Option<Impersonation>,
    /// What the pack's accounts know of it; looked up where a query matched. It is written nowhere: a decision tells what
    /// of it was asked for.
    #[serde(skip)]
    pub account: Option<AccountFacts>,
}

/// What the accounts of a pack know of an author; an absent part is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFacts {
    /// The tier of a customer, as the pack names it.
    pub tier: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub market: Option<String>,
    /// ISO 639-1.
    pub language: Option<String>,
}

/// Two names that are too much alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impersonation {
    /// The own account's, as the pack writes it.
    pub official: String,
    /// The author's handle or name.
    pub seen: String,
    /// In which way they are alike.
    pub how: Likeness,
}

/// In which way a name is like another one, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same letters, on another account.
    Same,
    /// Letters that look the same.
    LookAlike,
    /// With a word such as `support` or `official`.
    AddedWord,
    /// A letter or two changed.
    Edited,
}

impl Author {
    /// The steadiest key of the account: id, else handle, else name.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.id.as_deref().or(self.handle.as_deref()).or(self.name.as_deref())
    }
}

/// Engagement counts; absent is not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Counts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likes: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reposts: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views: Option<i64>,
    /// When they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_at: Option<Timestamp>,
}

impl Counts {
    /// True when the payload gave no count at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A marked-up part of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntityKind,
    /// Handle or tag without its sign, cashtag without `$`, the real address of a link.
    pub value: String,
    /// First byte in `text`.
    pub start: u32,
    /// One past the last byte in `text`.
    pub end: u32,
}

/// Kinds of [`Entity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum EntityKind {
    Mention,
    Hashtag,
    Cashtag,
    Url,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// image, video, audio, card …, as the platform says.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

/// The place within the platform: subreddit, channel, page, video, app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    /// subreddit, channel, page, video, app …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id or unique name.
    pub id: String,
    /// Its display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Stars of a review.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rating {
    /// What was given.
    pub value: f64,
    /// Out of how many.
    pub max: f64,
}

/// The brand's public answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BrandReply {
    /// What it says.
    pub text: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Where it was posted from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Geo {
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
}

/// Where the raw bytes of a mention are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RawRef {
    /// Topic, or `stdin`.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset, or the input line counted from 0.
    pub offset: i64,
    /// Place within a batch.
    pub index: u32,
}
