//! Which shape a payload has, told by the keys at its top. Never looks into values deeper than that.

use super::json::{Key, Outline};
use crate::mention::Platform;

/// One way in which a platform writes payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// X API v2: stream lines, pages, compliance events.
    XV2,
    /// X v1.1: statuses, search pages, stream notices, account activity webhooks.
    XV1,
    /// Mastodon: entities of the REST API and envelopes of the streaming API.
    Mastodon,
    /// Bluesky: Jetstream events.
    Bluesky,
    /// Reddit: things and listings.
    Reddit,
    /// Telegram: updates of the Bot API and pages of them.
    Telegram,
    /// WhatsApp Cloud API: webhook deliveries.
    Whatsapp,
    /// Discord: dispatches of the gateway and messages.
    Discord,
    /// Facebook: webhook deliveries, and posts and comments of the Graph API.
    Facebook,
    /// Instagram: the same.
    Instagram,
}

/// In the order they are tried when nothing is known: those with the most telling keys first.
const ALL: [Shape; 10] = [
    Shape::Telegram,
    Shape::Whatsapp,
    Shape::Discord,
    Shape::Facebook,
    Shape::Instagram,
    Shape::Bluesky,
    Shape::Mastodon,
    Shape::XV2,
    Shape::Reddit,
    Shape::XV1,
];

impl Shape {
    /// Where payloads of this shape come from.
    pub fn platform(self) -> Platform {
        match self {
            Self::XV2 | Self::XV1 => Platform::X,
            Self::Mastodon => Platform::Mastodon,
            Self::Bluesky => Platform::Bluesky,
            Self::Reddit => Platform::Reddit,
            Self::Telegram => Platform::Telegram,
            Self::Whatsapp => Platform::Whatsapp,
            Self::Discord => Platform::Discord,
            Self::Facebook => Platform::Facebook,
            Self::Instagram => Platform::Instagram,
        }
    }

    /// Whether the keys alone tell that this is the shape.
    fn is_told_by(self, top: &Outline<'_>) -> bool {
        match self {
            Self::Bluesky => top.has(Key::Did) && top.has_any(&[Key::Commit, Key::Identity, Key::TimeUs, Key::Kind]),
            Self::Mastodon => is_mastodon(top),
            Self::XV2 => is_x_v2(top),
            Self::Reddit => top.has(Key::Kind) && top.has(Key::Data),
            Self::XV1 => is_x_v1(top),
            Self::Telegram => is_telegram(top),
            Self::Whatsapp => is_whatsapp(top),
            Self::Discord => is_discord(top),
            Self::Facebook => is_facebook(top),
            Self::Instagram => is_instagram(top),
        }
    }

    /// Whether the keys allow for the shape, where the platform is known and has no other.
    fn is_possible(self, top: &Outline<'_>) -> bool {
        match self {
            Self::Bluesky => top.has_any(&[Key::Did, Key::Kind, Key::Commit, Key::Account]),
            Self::Reddit => top.has_any(&[Key::Kind, Key::Data]),
            Self::Mastodon => top.has_any(&MASTODON),
            Self::Telegram => is_telegram(top) || top.has_any(&TELEGRAM),
            Self::Whatsapp => is_whatsapp(top) || top.has(Key::Entry),
            Self::Discord => is_discord(top) || top.has_any(&[Key::Op, Key::Content]),
            Self::Facebook => is_facebook(top) || top.has_any(&[Key::Entry, Key::Data, Key::CreatedTime]),
            Self::Instagram => {
                is_instagram(top)
                    || top.has_any(&[Key::Entry, Key::Data, Key::SentAt])
                    || top.has_any(&[Key::MediaType, Key::Permalink])
            }
            Self::XV2 | Self::XV1 => self.is_told_by(top),
        }
    }
}

/// Keys of a Mastodon entity or envelope, each of which is enough where the platform is known.
const MASTODON: [Key; 12] = [
    Key::Account,
    Key::Content,
    Key::Visibility,
    Key::SpoilerText,
    Key::Reblog,
    Key::Event,
    Key::Type,
    Key::LastStatus,
    Key::Ancestors,
    Key::Descendants,
    Key::Statuses,
    Key::Payload,
];

/// Kinds of updates that bring messages, enough where the platform is known.
const TELEGRAM: [Key; 5] =
    [Key::Message, Key::EditedMessage, Key::ChannelPost, Key::EditedChannelPost, Key::BusinessMessage];

/// The shape of a payload of any platform.
pub(super) fn detect(top: &Outline<'_>) -> Option<Shape> {
    ALL.into_iter().find(|shape| shape.is_told_by(top))
}

/// The shape of a payload that is known to come from `platform`.
pub(super) fn of(platform: Platform, top: &Outline<'_>) -> Option<Shape> {
    let mut own = ALL.into_iter().filter(|shape| shape.platform() == platform);
    match (own.next(), own.next()) {
        (Some(only), None) => only.is_possible(top).then_some(only),
        _ => ALL.into_iter().find(|shape| shape.platform() == platform && shape.is_told_by(top)),
    }
}

/// Whether any shape of `platform` is known.
pub(super) fn is_supported(platform: Platform) -> bool {
    ALL.into_iter().any(|shape| shape.platform() == platform)
}

fn is_mastodon(top: &Outline<'_>) -> bool {
    let is_status = top.has(Key::Account)
        && top.has_any(&[Key::Content, Key::Visibility, Key::SpoilerText, Key::Reblog, Key::Type]);
    let is_envelope = top.has(Key::Event) && top.has_any(&[Key::Payload, Key::Stream]);
    let is_context = top.has(Key::Ancestors) && top.has(Key::Descendants);
    let is_search = top.has(Key::Statuses) && top.has(Key::Accounts);
    is_status || is_envelope || is_context || is_search || top.has(Key::LastStatus)
}

fn is_telegram(top: &Outline<'_>) -> bool {
    top.has(Key::UpdateId) || (top.has(Key::Ok) && top.has_any(&[Key::Result, Key::ErrorCode]))
}

fn is_whatsapp(top: &Outline<'_>) -> bool {
    (top.has(Key::Entry) && top.object == "whatsapp_business_account") || top.has(Key::MessagingProduct)
}

fn is_discord(top: &Outline<'_>) -> bool {
    (top.has(Key::Op) && top.has_any(&[Key::D, Key::T])) || (top.has(Key::ChannelId) && top.has(Key::Author))
}

fn is_facebook(top: &Outline<'_>) -> bool {
    let is_node = top.has(Key::CreatedTime) && top.has_any(&[Key::Message, Key::PermalinkUrl, Key::Story]);
    (top.has(Key::Entry) && top.object == "page") || is_node
}

fn is_instagram(top: &Outline<'_>) -> bool {
    let is_comment = top.has(Key::Text) && top.has(Key::Username) && top.has(Key::SentAt);
    let is_node = top.has(Key::MediaType) && top.has_any(&[Key::Permalink, Key::SentAt]);
    (top.has(Key::Entry) && top.object == "instagram") || is_comment || is_node
}

fn is_x_v2(top: &Outline<'_>) -> bool {
    if top.has_any(&[Key::Did, Key::Account]) {
        return false;
    }
    let has_company = top.has_any(&[Key::Includes, Key::MatchingRules, Key::Errors, Key::Meta]);
    // a v1.1 status from an enterprise stream has matching rules too
    let is_v1 = top.has_any(&[Key::IdStr, Key::User]);
    (top.has(Key::Data) && (has_company || !top.has(Key::Kind))) || (has_company && !is_v1)
}

fn is_x_v1(top: &Outline<'_>) -> bool {
    let is_status = top.has_any(&[Key::IdStr, Key::User]) && top.has_any(&[Key::Text, Key::FullText, Key::IdStr]);
    let is_search = top.has(Key::Statuses) && top.has(Key::SearchMetadata);
    let is_user_event = top.has(Key::Event) && top.has(Key::Target);
    is_status || is_search || is_user_event || top.has_any(&NOTICES)
}

/// Keys of the messages that stand alone in a v1.1 stream, and of the webhook envelope.
const NOTICES: [Key; 24] = [
    Key::Delete,
    Key::ScrubGeo,
    Key::Limit,
    Key::Disconnect,
    Key::Warning,
    Key::StatusWithheld,
    Key::UserWithheld,
    Key::ForUserId,
    Key::Friends,
    Key::FriendsStr,
    Key::Control,
    Key::Drop,
    Key::Undrop,
    Key::Info,
    Key::UserDelete,
    Key::UserUndelete,
    Key::UserProtect,
    Key::UserUnprotect,
    Key::UserSuspend,
    Key::UserUnsuspend,
    Key::UserProfile,
    Key::TweetEdit,
    Key::DirectMessage,
    Key::SearchMetadata,
];
