//! What a platform's payloads can tell at all: which parts of a condition can ever hold of what it brings.
//!
//! Of a platform without a reader here nothing is denied.

use crate::mention::{Kind, Platform};

/// What the mentions of one platform can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fills {
    /// How many follow the author.
    pub followers: bool,
    /// Whether the platform verified the author.
    pub verified: bool,
    /// A country, or a language with its region.
    pub market: bool,
    /// What only some can read.
    pub private: bool,
    /// Kinds it has.
    pub kinds: &'static [Kind],
}

/// What can be known of a mention of that platform.
#[must_use]
pub fn fills(platform: Platform) -> Fills {
    use Kind::{Comment, Dm, Post, Quote, Reply, Repost};
    match platform {
        Platform::X => Fills {
            followers: true,
            verified: true,
            market: true,
            private: true,
            kinds: &[Post, Reply, Repost, Quote, Dm],
        },
        Platform::Mastodon => Fills {
            followers: true,
            verified: false,
            market: true,
            private: true,
            kinds: &[Post, Reply, Repost, Quote, Dm],
        },
        Platform::Bluesky => Fills {
            followers: false,
            verified: false,
            market: true,
            private: false,
            kinds: &[Post, Reply, Repost, Quote],
        },
        Platform::Reddit => Fills {
            followers: false,
            verified: false,
            market: false,
            private: true,
            kinds: &[Post, Comment, Reply, Repost, Dm],
        },
        Platform::Telegram => Fills {
            followers: false,
            verified: false,
            market: false,
            private: true,
            kinds: &[Post, Reply, Repost, Quote, Dm],
        },
        Platform::Whatsapp => Fills { followers: false, verified: false, market: false, private: true, kinds: &[Dm] },
        _ => Fills { followers: true, verified: true, market: true, private: true, kinds: &Kind::ALL },
    }
}
