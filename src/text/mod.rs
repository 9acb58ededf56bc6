//! Reading a text: folded form with a map back, tokens, entities, fingerprint, near-duplicates. Pure functions of the text.
//!
//! Every function here is linear in the length of the text and never fails. Offsets are UTF-8 bytes of the original
//! text and always lie on character boundaries.

mod as_is;
pub mod brands;
pub mod entity;
pub mod fingerprint;
pub mod fold;
pub(crate) mod lookalike;
pub mod near;
mod nearest;
mod scan;
pub mod token;
mod url;

pub(crate) use as_is::AsIs;
pub use entity::entities;
pub use fingerprint::{Template, fingerprint};
pub(crate) use nearest::are_within;
pub use nearest::{edits, nearest};
pub(crate) use scan::next_byte;
pub use token::{Token, TokenKind};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// UTF-8 byte range in the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A text made ready for matching: folded, tokenised, every token with its place in the original.
#[derive(Debug, Clone, Default)]
pub struct Document {
    original: String,
    folded: fold::Folded,
    tokens: Vec<Token>,
    memory: token::Memory,
}

impl Document {
    /// Reads a text in time linear in its length. Beyond [`fold::TEXT_BYTES_MAX`] nothing is read.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut document = Self::default();
        document.read(text);
        document
    }

    /// Reads another text in place of this one. Allocates nothing once it has read as large a text.
    pub fn read(&mut self, text: &str) {
        self.original.clear();
        self.original.push_str(&text[..text.floor_char_boundary(fold::TEXT_BYTES_MAX)]);
        fold::fold_into(&self.original, &mut self.folded);
        token::tokens_into(&self.original, &self.folded, &mut self.tokens, &mut self.memory);
    }

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.original
    }

    /// The folded text.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded.text
    }

    /// The tokens, ascending by position; tokens over the same words stand beside each other.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The folded text of a token of this document; empty for one of another document that does not fit.
    #[must_use]
    pub fn token_text(&self, token: &Token) -> &str {
        self.folded.text.get(token.folded.start as usize..token.folded.end as usize).unwrap_or_default()
    }

    /// The place in the original text of a part of the folded one; empty where it does not fit.
    #[must_use]
    pub fn original_place(&self, folded: std::ops::Range<usize>) -> Span {
        match (u32::try_from(folded.start), u32::try_from(folded.end)) {
            (Ok(start), Ok(end)) if start < end => self.folded.map.original(start..end),
            _ => Span { start: 0, end: 0 },
        }
    }

    /// The original text under a span; empty where the span does not fit.
    #[must_use]
    pub fn original(&self, span: Span) -> &str {
        self.original.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// The hash that [`Token::hash`] holds, of folded bytes.
#[must_use]
pub fn hash_word(folded: &[u8]) -> u64 {
    xxh3_64(folded)
}
