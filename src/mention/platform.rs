//! The platforms a mention can come from, by their fixed slugs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! platforms {
    ($($name:ident = $slug:literal),+ $(,)?) => {
        /// Where a mention was posted. One platform is one raw topic, whatever the payload's shape.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[allow(missing_docs)]
        pub enum Platform { $(#[serde(rename = $slug)] $name),+ }

        impl Platform {
            /// Every platform.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The slug used in ids, topics and queries.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $slug),+ } }
        }

        impl FromStr for Platform {
            type Err = UnknownPlatform;
            fn from_str(slug: &str) -> Result<Self, UnknownPlatform> {
                match slug { $($slug => Ok(Self::$name),)+ _ => Err(UnknownPlatform(slug.to_owned())) }
            }
        }
    };
}

platforms! {
    X = "x", Mastodon = "mastodon", Activitypub = "activitypub", Bluesky = "bluesky", Reddit = "reddit",
    Youtube = "youtube", Facebook = "facebook", Instagram = "instagram", Tiktok = "tiktok", Linkedin = "linkedin",
    Telegram = "telegram", Discord = "discord", Whatsapp = "whatsapp", Slack = "slack",
    GooglePlay = "google_play", AppStore = "app_store", Trustpilot = "trustpilot", Hackernews = "hackernews",
    Stackexchange = "stackexchange", News = "news", Zendesk = "zendesk",
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A slug that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown platform \"{0}\"")]
pub struct UnknownPlatform(pub String);
