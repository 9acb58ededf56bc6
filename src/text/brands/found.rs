//! What was found: a name, where it stands, and how it was written there.

use super::Brands;
use super::list::Listed;
use crate::text::{Document, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names told in the record of one mention; the first ones are kept.
pub const TOLD_MAX: usize = 16;

/// How a name was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// As the list spells it.
    Exact,
    /// In look-alike letters.
    Lookalike,
    /// In more words than it has.
    Split,
    /// In fewer words than it has, or as a part of a hashtag or handle.
    Joined,
    /// With a slip of the hand, or in a spelling the list knows.
    Slip,
    /// As it sounds.
    Phonetic,
}

/// Which slip it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "`Found::how` says each in words")]
pub enum Slip {
    None,
    Tag,
    DrawnOut,
    Known,
    Doubled,
    Single,
    Missing,
    Added,
    Swapped,
    Alike,
    Neighbor,
    Replaced,
    Several,
    Sound,
}

/// A name that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its place in the list.
    pub name: u32,
    /// In the original text.
    pub span: Span,
    /// Position of its first word.
    pub position: u32,
    /// Position after its last word.
    pub position_end: u32,
    /// How it was written.
    pub why: Why,
    /// Which slip.
    pub slip: Slip,
    /// The lower the nearer; 0 as spelt.
    pub cost: u8,
}

impl Found {
    /// How it was written, in words.
    #[must_use]
    pub fn how(&self) -> &'static str {
        match (self.slip, self.why) {
            (Slip::None, Why::Exact | Why::Slip) => "as spelt",
            (Slip::None, Why::Lookalike) => "in look-alike letters",
            (Slip::None, Why::Split) => "in two words",
            (Slip::None, Why::Joined) => "in one word",
            (Slip::Tag, _) => "as a part of a tag",
            (Slip::DrawnOut, _) => "a letter drawn out",
            (Slip::Known, _) => "a known misspelling",
            (Slip::Doubled, _) => "one letter doubled",
            (Slip::Single, _) => "one letter of two missing",
            (Slip::Missing, _) => "one letter missing",
            (Slip::Added, _) => "one letter more",
            (Slip::Swapped, _) => "two letters swapped",
            (Slip::Alike, _) => "a letter that looks like it",
            (Slip::Neighbor, _) => "a neighboring key",
            (Slip::Replaced, _) => "one letter replaced",
            (Slip::Several, _) => "two letters changed",
            (Slip::Sound, _) | (Slip::None, Why::Phonetic) => "as it sounds",
        }
    }
}

/// A brand or product named in a mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedBrand {
    /// The brand, as the pack writes it.
    pub brand: String,
    /// The product, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// What the author wrote.
    pub written: String,
    /// Where, as a byte range of the text.
    pub span: Span,
    /// Why it is read so.
    pub why: Why,
    /// The same in words, such as `one letter doubled`.
    pub how: String,
}

/// The names found in a text, with the list they are from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    pub(super) brands: Option<&'a Brands>,
    pub(super) found: &'a [Found],
}

impl<'a> Seen<'a> {
    /// The names, ascending by place.
    #[must_use]
    pub fn found(&self) -> &'a [Found] {
        self.found
    }

    /// Calls `each` with every name found and each [`key`] that a query may call it by: its brand's, and its own.
    pub fn for_each_key(&self, mut each: impl FnMut(&'a str, &'a Found)) {
        let Some(brands) = self.brands else { return };
        for found in self.found {
            let Some(name) = brands.names.get(found.name as usize) else { continue };
            each(&name.brand_key, found);
            if let Some(product) = &name.product_key {
                each(product, found);
            }
        }
    }

    /// The names as they are told, at most [`TOLD_MAX`].
    #[must_use]
    pub fn told(&self, document: &Document) -> Vec<NamedBrand> {
        let Some(brands) = self.brands else { return Vec::new() };
        let named = |found: &Found| {
            let Listed { brand, product, .. } = &brands.names.get(found.name as usize)?.listed;
            Some(NamedBrand {
                brand: brand.clone(),
                product: product.clone(),
                written: document.original(found.span).to_owned(),
                span: found.span,
                why: found.why,
                how: found.how().to_owned(),
            })
        };
        self.found.iter().take(TOLD_MAX).filter_map(named).collect()
    }
}
