//! Reading a text: folded form with a map back, tokens, entities, fingerprint. Pure functions of the text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// UTF-8 byte range in the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A text made ready for matching: folded, tokenised, every token with its place in the original.
#[derive(Debug, Clone)]
pub struct Document {}

impl Document {
    /// Reads a text in time linear in its length.
    #[must_use]
    pub fn new(_text: &str) -> Self {
        Self {}
    }
}
